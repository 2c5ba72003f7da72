/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * client_auth.h - how this application proves itself to the provider
 */
#ifndef AUTH_OIDC_CLIENT_AUTH_H
#define AUTH_OIDC_CLIENT_AUTH_H

#include "fetch.h"
#include "jws_make.h"
#include "params.h"

/* Adds what the configured method wants to the parameters or the headers of a
 * request to f->url. 0, or -1, which is logged. */
int client_auth_add(const struct round *, struct params *, struct fetch *);

/* The key of the configuration, for assertions, request objects and DPoP. 0,
 * or -1: there is no algorithm for it, which is logged. */
int client_signer(const struct round *, struct jws_signer *ret);

/* The name of a key of ours as keys.c publishes it, or "". */
struct csn_str client_key_name(const struct round *, uint32_t val);

/* The client's secret, in the call's memory. 0 or -1. */
int client_secret(const struct round *, struct csn_str *ret);

#endif
