/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otp.c - RFC 6238 codes by liboath, everything around them by ourselves
 *
 * liboath's oath_totp_validate takes the number of digits from what was typed
 * and stops at the first match, so it is never called: codes are generated
 * for each step and compared here. It must never compare a code of another
 * length than the device's.
 */
#include "otp.h"

#include <liboath/oath.h>

#include "lib/secret.h"
#include "lib/text.h"

bool
otp_filler(uint32_t c)
{
	switch (c) {
	case ' ': case '\t': case '-': case 0x00a0:
	case 0x2010: case 0x2011: case 0x2012: case 0x2013: case 0x2014:
	case 0x2015: case 0x2212: case 0x30fc:
		return true;
	default:
		return false;
	}
}

int
otp_read(struct csn_str typed, struct otp_code *ret)
{
	char memory[OTP_TYPED_MAX + 1];
	struct buf narrow;
	struct csn_str s;
	struct otp_code code = { .n = 0 };
	uint32_t c;
	int rc = -1;

	if (typed.n > OTP_TYPED_MAX)
		return -1;
	buf_init_fixed(&narrow, memory, sizeof(memory));
	text_narrow(&narrow, typed);
	s = buf_str(&narrow);
	for (size_t at = 0; at < s.n;) {
		c = text_next(s, &at);
		if (otp_filler(c))
			continue;
		if (c < '0' || c > '9' || code.n == OTP_DIGITS_MAX)
			goto out;
		code.digits[code.n++] = (char)c;
	}
	if (code.n >= OTP_DIGITS_MIN) {
		*ret = code;
		rc = 0;
	}
out:
	secret_wipe(&code, sizeof(code));
	buf_free(&narrow);
	return rc;
}

bool
otp_params_valid(const struct totp_params *p)
{
	return p->alg >= TOTP_SHA1 && p->alg <= TOTP_SHA512 &&
	    p->digits >= OTP_DIGITS_MIN && p->digits <= OTP_DIGITS_MAX &&
	    p->period >= TOTP_PERIOD_MIN && p->period <= TOTP_PERIOD_MAX;
}

const char *
otp_alg_name(enum totp_alg alg)
{
	switch (alg) {
	case TOTP_SHA1: return "SHA1";
	case TOTP_SHA256: return "SHA256";
	case TOTP_SHA512: return "SHA512";
	}
	return "";
}

/* As long as the hash: RFC 6238 5.1 and the reference of its appendix. */
size_t
otp_secret_size(enum totp_alg alg)
{
	switch (alg) {
	case TOTP_SHA1: return 20;
	case TOTP_SHA256: return 32;
	case TOTP_SHA512: return 64;
	}
	return 0;
}

static int
otp_flags(enum totp_alg alg)
{
	switch (alg) {
	case TOTP_SHA1: return 0;
	case TOTP_SHA256: return OATH_TOTP_HMAC_SHA256;
	case TOTP_SHA512: return OATH_TOTP_HMAC_SHA512;
	}
	return 0;
}

int
otp_generate(const struct totp_params *p, struct csn_str secret,
    uint64_t step, char ret[OTP_DIGITS_MAX + 1])
{
	char code[OTP_DIGITS_MAX + 1] = "";
	int rc = -1;

	/* an empty secret is one code for everybody (RFC 4226 4 R6) */
	if (!otp_params_valid(p) || secret.n < TOTP_SECRET_MIN ||
	    secret.n > TOTP_SECRET_MAX || step > INT64_MAX)
		return -1;
	/* a step of one second, so that the moment is the counter itself */
	if (oath_totp_generate2(secret.p, secret.n, (time_t)step, 1, 0,
	    p->digits, otp_flags(p->alg), code) == OATH_OK &&
	    strnlen(code, sizeof(code)) == p->digits) {
		memcpy(ret, code, sizeof(code));
		rc = 0;
	}
	secret_wipe(code, sizeof(code));
	return rc;
}

int
otp_step(const struct totp_params *p, int64_t now_ms, uint64_t *ret)
{
	if (now_ms < TOTP_EARLIEST_MS)
		return -1;
	*ret = (uint64_t)now_ms / 1000 / p->period;
	return 0;
}

int
otp_search(const struct otp_search *s, const struct otp_code *code,
    struct otp_found *ret)
{
	struct otp_found found = { .fresh = false };
	char want[OTP_DIGITS_MAX + 1];
	uint64_t step;
	int rc = 0;

	if (code->n != s->params->digits) {
		*ret = found;
		return 0;
	}
	for (int offset = s->from; offset <= s->to; offset++) {
		step = s->step + (uint64_t)(int64_t)offset;
		if (offset < 0 && s->step < (uint64_t)-(int64_t)offset)
			continue;
		if (otp_generate(s->params, s->secret, step, want) < 0) {
			rc = -1;
			break;
		}
		if (!secret_equal(str_of(want, s->params->digits),
		    str_of(code->digits, code->n)))
			continue;
		if (step <= s->after && found.fresh)
			continue;
		found.fresh = step > s->after;
		found.used |= step <= s->after;
		found.step = step;
		found.offset = offset;
	}
	secret_wipe(want, sizeof(want));
	if (rc == 0)
		*ret = found;
	return rc;
}

int
otp_selftest(void)
{
	static const struct {
		enum totp_alg alg;
		const char *secret, *code;
	} known[] = {		/* RFC 6238 appendix B, time 1111111109 */
		{ TOTP_SHA1, "12345678901234567890", "07081804" },
		{ TOTP_SHA256, "12345678901234567890123456789012",
		    "68084774" },
		{ TOTP_SHA512, "12345678901234567890123456789012345678901234"
		    "56789012345678901234", "25091201" },
	};
	struct totp_params p = { .digits = 8, .period = 30 };
	char code[OTP_DIGITS_MAX + 1];

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		p.alg = known[i].alg;
		if (otp_generate(&p, str_from(known[i].secret),
		    1111111109 / 30, code) < 0 ||
		    strcmp(code, known[i].code) != 0)
			return -1;
	}
	return 0;
}
