/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * jwe.h - an encrypted message in its compact form (RFC 7516 3.1), opened
 *
 * The private key stays in the host. Whatever goes wrong once a private key
 * or a content key was used is one and the same refusal, after the same work
 * (RFC 7516 11.5): a wrong key is replaced by a random one and the content
 * tried all the same. There is no RSA1_5, no password, and no compression.
 */
#ifndef AUTH_OIDC_JWE_H
#define AUTH_OIDC_JWE_H

#include "compact.h"
#include "json.h"
#include "jwe_alg.h"

#define JWE_BYTES_MAX	COMPACT_BYTES_MAX
#define JWE_KEYS_MAX	4u

struct jwe_key {
	uint32_t val;		/* of host->decrypt() */
	struct csn_str kid;	/* as we publish it; "" if we do not */
};

/* With what we open; borrowed. */
struct jwe_opener {
	const struct csn_host *host;
	struct csn_call *call;
	const struct jwe_key *keys;	/* at most JWE_KEYS_MAX are tried */
	size_t nkeys;
	uint32_t algs, encs;	/* JWE_BIT() of each that is allowed */
	struct csn_str secret;	/* for a JWE_DIR that is allowed: the client
				 * secret (OIDC Core 10.2) */
	bool required;		/* refuse what is not encrypted; token.h */
	bool foreign_kids;	/* a kid that is none of theirs says nothing:
				 * the sender has names of its own */
};

/* Is it of five parts, and so to be opened? */
bool jwe_looks(struct csn_str compact);
/* The plain text, in the arena. */
enum refusal jwe_open(struct csn_str compact, const struct jwe_opener *,
    struct arena *, struct csn_str *ret);

#endif
