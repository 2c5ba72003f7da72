/* SPDX-License-Identifier: Apache-2.0 */
/*
 * familiar.h - where somebody has logged in before: their browser, their
 * network
 *
 * Whoever guesses at a name from elsewhere uses up what is for strangers, and
 * those whose name it is go on here (throttle.h). It is no proof of anything
 * and must never open what a factor has to.
 */
#ifndef COUNTERSIGN_HOST_FAMILIAR_H
#define COUNTERSIGN_HOST_FAMILIAR_H

#include "visit.h"

/* THROTTLE_BROWSER, THROTTLE_NETWORK, both, or 0. Asks the store. */
unsigned familiar_here(struct visit *, struct csn_str realm,
    struct csn_str subject);
/* The same, as struct csn_call wants it; the argument is a visit. */
unsigned familiar_of_visit(void *, struct csn_str realm,
    struct csn_str subject);
/* The limit of the address that a visit comes from (security.md P3); of one
 * that is over it, a browser that somebody logged in with has its own. */
bool familiar_source_over(struct visit *, int64_t *ret_until_ms);
void familiar_source_failed(struct visit *);
/* A form that was no try: where nobody is named, many are a limit too. */
void familiar_source_asked(struct visit *);
/* And it led to a proof: what this visit came to, and so many before it, count
 * no more. */
void familiar_source_returned(struct visit *, unsigned before);
/* After a whole login, with its commit. What cannot be kept stops nothing. */
void familiar_keep(struct visit *, const struct person *);
/* "This was not me": wherever they were until now counts no more. A store
 * result. */
int familiar_forget(struct visit *, const struct person *);

#endif
