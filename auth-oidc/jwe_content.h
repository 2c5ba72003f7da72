/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * jwe_content.h - content decrypted and proved whole (RFC 7518 5), for jwe.c
 */
#ifndef AUTH_OIDC_JWE_CONTENT_H
#define AUTH_OIDC_JWE_CONTENT_H

#include "jwe_alg.h"
#include "lib/arena.h"

struct jwe_content {
	struct csn_str aad, iv, text, tag;
};

/* The plain text, in the arena. Key, vector and tag have the row's lengths
 * (the caller saw to it). 0 or -1: why, nobody learns. */
int jwe_content_open(const struct jwe_enc_row *, struct csn_str key,
    const struct jwe_content *, struct arena *, struct csn_str *ret);

#endif
