/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otp.h - codes: what a person typed, what a device shows, and the comparison
 */
#ifndef COUNTERSIGN_TOTP_OTP_H
#define COUNTERSIGN_TOTP_OTP_H

#include "totp.h"

#define OTP_TYPED_MAX	64u	/* bytes; eight full-width digits, blanks */
#define OTP_DIGITS_MIN	6u
#define OTP_DIGITS_MAX	8u

struct otp_code { char digits[OTP_DIGITS_MAX + 1]; size_t n; };

/* Blanks and dashes, as people put them between groups. */
bool otp_filler(uint32_t c);
/* Takes full-width digits, blanks and dashes; 0, or -1 if what is left is not
 * 6 to 8 ASCII digits. *ret is a secret: the caller wipes. */
int otp_read(struct csn_str typed, struct otp_code *ret);

bool otp_params_valid(const struct totp_params *);
const char *otp_alg_name(enum totp_alg);	/* "SHA1": as in a key URI */
size_t otp_secret_size(enum totp_alg);		/* of new ones, in bytes */

/* The code of one time step. 0, or -1: parameters or secret are not valid, or
 * the library failed. ret holds digits and a NUL; the caller wipes. */
int otp_generate(const struct totp_params *, struct csn_str secret,
    uint64_t step, char ret[OTP_DIGITS_MAX + 1]);

/* The step of a moment; -1 before TOTP_EARLIEST_MS. */
int otp_step(const struct totp_params *, int64_t now_ms, uint64_t *ret);

struct otp_search {
	const struct totp_params *params;
	struct csn_str secret;
	uint64_t step;			/* now */
	int from, to;			/* offsets looked at, both included */
	uint64_t after;			/* only steps greater than this count */
};

struct otp_found {
	bool fresh;			/* a greater step has this code */
	bool used;			/* a step that is not greater has */
	uint64_t step;			/* of fresh; of used if not fresh */
	int offset;			/* the same, counted from now */
};

/* Looks at every step of the search, without an early exit, comparing in
 * constant time. 0, or -1 if a code could not be computed; then nothing was
 * found. A code of another length is found nowhere. */
int otp_search(const struct otp_search *, const struct otp_code *,
    struct otp_found *ret);

/* Known answers of RFC 6238 appendix B through the library. 0 or -1. */
int otp_selftest(void);

#endif
