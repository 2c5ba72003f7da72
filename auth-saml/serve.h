/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * serve.h - what is asked of the factor outside a login
 */
#ifndef AUTH_SAML_SERVE_H
#define AUTH_SAML_SERVE_H

#include "job.h"

/* Metadata, messages of logouts, and our own leaving. */
uint32_t serve_run(const struct job *, const struct csn_req *,
    struct csn_reply *);

#endif
