/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * compact.h - parts of base64url with dots between (RFC 7515 7.1, RFC 7516
 * 7.1)
 */
#ifndef AUTH_OIDC_COMPACT_H
#define AUTH_OIDC_COMPACT_H

#include "lib/arena.h"
#include "refusal.h"

#define COMPACT_BYTES_MAX 16384u	/* before anything is decoded */

/* Exactly n parts, borrowed; they may be empty. */
enum refusal compact_split(struct csn_str, struct csn_str *ret_parts,
    size_t n);
/* How many parts there are, but at most max. */
size_t compact_parts(struct csn_str, size_t max);
/* Strict base64url, into the arena, with a NUL behind it. */
enum refusal compact_decode(struct csn_str, struct arena *,
    struct csn_str *ret);

#endif
