/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * provider.h - which identity providers there are, now
 *
 * By hand, from a file, or from metadata that is fetched in the background and
 * kept in the store. A login never waits for it.
 */
#ifndef AUTH_SAML_PROVIDER_H
#define AUTH_SAML_PROVIDER_H

#include "idp.h"
#include "job.h"

/* For open(): reads what needs no network. NULL after a FAIL report. */
struct provider *provider_new(const struct csn_host *, struct csn_call *,
    const struct options *);
void provider_free(struct provider *);

/* The set as it is, with a reference of the caller's, from the store if this
 * process has none yet; NULL if there is none anywhere. */
struct idp_set *provider_get(const struct job *);
/* One of the set that has not expired; NULL if it is not there. */
const struct idp *provider_find(const struct job *, const struct idp_set *,
    struct csn_str entity_id);

/* The provider, if its scopes bind whom it names: where there are several,
 * those that cannot be used too, and `unscoped_subject` is not accepted; else
 * NULL. */
const struct idp *provider_bound(const struct job *, const struct idp_set *,
    const struct idp *);

/* A signature was by no key that we know: if it was not fetched for a minute,
 * or tried to, it is fetched anew: the provider may have changed its key. */
void provider_stale(const struct job *);

/* For refresh(): fetches, verifies, keeps. */
int32_t provider_refresh(const struct job *, uint32_t *ret_next_s);
/* For selftest(): fetches and says what is there. 0 or -1 and a sentence. */
int provider_fetch(const struct job *, struct idp_set **ret,
    const char **why);

#endif
