/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * claims.h - the checks that several kinds of token share
 *
 * Each looks at one claim of a token whose signature was checked, and has
 * three refusals of its own: missing, wrong type, wrong value.
 */
#ifndef AUTH_OIDC_CLAIMS_H
#define AUTH_OIDC_CLAIMS_H

#include "token.h"

#define CLAIMS_SKEW_S	60	/* the default of the option */
#define CLAIMS_SKEW_MAX_S 300	/* more is taken as that */
#define CLAIMS_AGE_S	600	/* likewise: Entra dates a token 5 minutes
				 * back */
#define CLAIMS_SUB_MAX	255u	/* OIDC Core 2 */
#define CLAIMS_AUD_MAX	16u

/* What a client knows of its provider and itself; from the configuration. */
struct claims_rules {
	struct csn_str issuer, client_id;
	struct csn_strs trusted;	/* audiences besides client_id that may
					 * be in aud */
	int64_t skew_s;			/* of clocks; 0 to 300 */
	int64_t age_s;			/* iat may be so long ago, skew not
					 * counted; 0: not looked at */
	int64_t now_ms;			/* host->now_ms() */
};

/* From what reading a member gave: REFUSAL_NONE, X_MISSING, or X_TYPE, which
 * is the next reason after X_MISSING. The second takes one that is not there
 * for good. */
enum refusal claims_member(enum json_member, enum refusal missing);
enum refusal claims_optional(enum json_member, enum refusal missing);
/* Seconds since 1970; and the skew within its bounds. */
int64_t claims_now(const struct claims_rules *);
int64_t claims_skew(const struct claims_rules *);

/* RFC 7519 4.1.1: byte for byte. */
enum refusal claims_iss(const json_t *, const struct claims_rules *);
/* String of 1 to 255 bytes, no control characters; borrowed. */
enum refusal claims_sub(const json_t *, struct csn_str *ret);
/* OIDC Core 3.1.3.7 (3): string or array of strings; client_id is among them,
 * and nobody who is not trusted. */
enum refusal claims_aud(const json_t *, const struct claims_rules *,
    struct arena *, size_t *ret_n);
/* Present and later than now. */
enum refusal claims_exp(const json_t *, const struct claims_rules *,
    int64_t *ret);
/* Present, not ahead, not older than age_s. */
enum refusal claims_iat(const json_t *, const struct claims_rules *,
    int64_t *ret);
/* Absent, or not ahead. */
enum refusal claims_nbf(const json_t *, const struct claims_rules *);
/* The three of them, where they need not be there but must be right. */
enum refusal claims_times(const json_t *, const struct claims_rules *);

#endif
