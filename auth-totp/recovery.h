/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recovery.h - recovery codes: made, read as people type them, compared
 *
 * A code is 60 random bits in twelve digits and letters without I, L, O and U
 * (Crockford's base 32), shown in groups of four. Of a set only a salt and a
 * hash per code are kept (NIST SP 800-63B-4 3.1.2.2).
 */
#ifndef COUNTERSIGN_TOTP_RECOVERY_H
#define COUNTERSIGN_TOTP_RECOVERY_H

#include "totp.h"

#define RECOVERY_MAX	16u	/* codes of a set */
#define RECOVERY_LEN	12u	/* letters of a code */
#define RECOVERY_SALT	16u
#define RECOVERY_HASH	16u

struct recovery {		/* what is stored of a set: the unused ones */
	uint32_t n;
	int64_t made_ms;
	uint8_t salt[RECOVERY_SALT];
	uint8_t hash[RECOVERY_MAX][RECOVERY_HASH];
};

struct recovery_code { char text[RECOVERY_LEN + 1]; };

struct recovery_codes {		/* a set in clear: a secret */
	uint32_t n;
	struct recovery_code v[RECOVERY_MAX];
};

/* n fresh ones, n at most RECOVERY_MAX. */
void recovery_make(const struct round *, uint32_t n,
    struct recovery_codes *ret);
/* Salt and hashes of a set. 0, or -1: the library failed. */
int recovery_hash(const struct round *, const struct recovery_codes *,
    struct recovery *ret);
/* What was typed: blanks, dashes, lower case and full-width letters are
 * taken, O for 0, I and L for 1. 0, or -1: no code could be that. The caller
 * wipes *ret. */
int recovery_read(struct csn_str typed, struct recovery_code *ret);
/* Takes the code out of the set: 1; 0 if it is not in it; -1 if that could not
 * be computed. */
int recovery_take(struct recovery *, const struct recovery_code *);
/* The set as lines for people, in the call's memory. 0, or -1: refused. */
int recovery_lines(const struct round *, const struct recovery_codes *,
    struct csn_str *ret);

#endif
