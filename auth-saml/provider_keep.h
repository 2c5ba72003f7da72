/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * provider_keep.h - identity providers in the store, for the next start and
 * for other nodes
 */
#ifndef AUTH_SAML_PROVIDER_KEEP_H
#define AUTH_SAML_PROVIDER_KEEP_H

#include "idp.h"
#include "job.h"

/* What is kept, with the time when it was fetched; NULL if there is nothing
 * that is whole and ours, or none that was fetched later than `than_ms`. At
 * most `most` bytes of it: a login has less memory than a refresh. */
struct idp_set *provider_kept_read(const struct job *, uint32_t most,
    int64_t than_ms, int64_t *ret_fetched_ms);
/* Puts it in place of what is kept, unless that was fetched later. 0 or -1. */
int provider_kept_write(const struct job *, const struct idp_set *,
    int64_t now_ms);

#endif
