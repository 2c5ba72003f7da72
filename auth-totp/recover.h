/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recover.h - the rounds about recovery codes: used, shown, made anew
 */
#ifndef COUNTERSIGN_TOTP_RECOVER_H
#define COUNTERSIGN_TOTP_RECOVER_H

#include "record.h"
#include "state.h"

/* A recovery code would be taken: the host says it counts here, this factor
 * has them, and this person has some left. */
bool recover_offered(const struct round *, const struct record *);
/* The form for a recovery code; message NULL is the usual one. */
enum outcome recover_ask(const struct round *, const char *message);
/* The form's answer. A right code is used up, and how many are left is said
 * before anything else happens. */
enum outcome recover_code(const struct round *, struct record *);
/* After that page: PROVED with CSN_RP_RECOVERY; or new codes, if asked for. */
enum outcome recover_go_on(const struct round *, const struct record *);

/* A fresh set, shown; it counts once its owner says that it is kept. *s says
 * what for; its codes are made here. */
enum outcome recover_show(const struct round *, struct state_codes *s);
/* Whether the page's box was ticked; if not, the page again: *ret. */
bool recover_kept(const struct round *, const struct state_codes *,
    enum outcome *ret);
/* The answer to the page of somebody who has a device: the set replaces the
 * old one, and the proof that came before it is given on. */
enum outcome recover_replace(const struct round *, struct record *);

#endif
