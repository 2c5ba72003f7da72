/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * discover.h - which of several identity providers a person wants
 */
#ifndef AUTH_SAML_DISCOVER_H
#define AUTH_SAML_DISCOVER_H

#include "job.h"

/* The first round: the only one, or the one that a hint names, is asked at
 * once; else a page. */
uint32_t discover_begin(const struct job *, const struct csn_req *,
    struct csn_reply *);
/* What was chosen or typed on that page. */
uint32_t discover_form(const struct job *, const struct csn_req *,
    struct csn_reply *);
/* A page elsewhere leads here: to a login at the provider of `entityID`, or of
 * the mail domain of `login_hint`, for the address `target`. */
uint32_t discover_link(const struct csn_req *, struct csn_reply *);

#endif
