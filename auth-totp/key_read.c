/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_read.c - key URIs of other systems, read strictly
 *
 * They come from files that an operator hands in. It must never take a key
 * that is not exactly what was written: no letter is guessed, no bit dropped.
 */
#include "key_uri.h"

#include "lib/secret.h"
#include "lib/text.h"
#include "lib/url.h"

#include "otp.h"
#include "record.h"

#define HEAD "otpauth://totp/"

static int
base32_value(char c)
{
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

/* RFC 4648 6, blanks, dashes and padding left out; the bits that are left over
 * are zero, or it is cut. */
static int
base32_read(struct csn_str s, struct device *d)
{
	uint32_t bits = 0, held = 0;

	d->secret_n = 0;
	for (size_t i = 0; i < s.n; i++) {
		int v = base32_value(s.p[i]);

		if (s.p[i] == ' ' || s.p[i] == '-' || s.p[i] == '=')
			continue;
		if (v < 0 || d->secret_n == TOTP_SECRET_MAX)
			return -1;
		bits = bits << 5 | (uint32_t)v;
		held += 5;
		if (held < 8)
			continue;
		held -= 8;
		d->secret[d->secret_n++] = (uint8_t)(bits >> held);
		bits &= (1u << held) - 1;
	}
	return held >= 5 || bits != 0 || d->secret_n < TOTP_SECRET_MIN ? -1 : 0;
}

static int
algorithm_read(struct csn_str s, struct device *d)
{
	if (str_equal_fold(s, STR("SHA1")) ||
	    str_equal_fold(s, STR("HmacSHA1")))
		d->params.alg = TOTP_SHA1;
	else if (str_equal_fold(s, STR("SHA256")) ||
	    str_equal_fold(s, STR("HmacSHA256")))
		d->params.alg = TOTP_SHA256;
	else if (str_equal_fold(s, STR("SHA512")) ||
	    str_equal_fold(s, STR("HmacSHA512")))
		d->params.alg = TOTP_SHA512;
	else
		return -1;
	return 0;
}

static int
param_read(struct csn_str name, struct csn_str value, struct device *d,
    unsigned *seen)
{
	static const char *const names[] = { "secret", "algorithm", "digits",
		"period" };
	uint64_t n = 0;
	unsigned at = 0;

	while (at < 4 && !str_equal_fold(name, str_from(names[at])))
		at++;
	if (at == 4)
		return 0;	/* issuer, image and what others add */
	if ((*seen >> at & 1) != 0)
		return -1;
	*seen |= 1u << at;
	if (at == 0)
		return base32_read(value, d);
	if (at == 1)
		return algorithm_read(value, d);
	if (str_u64(value, TOTP_PERIOD_MAX, &n) < 0)
		return -1;
	if (at == 2)
		d->params.digits = (uint32_t)n;
	else
		d->params.period = (uint32_t)n;
	return 0;
}

static int
params_read(struct csn_str query, struct device *d)
{
	struct csn_str pair, name;
	unsigned seen = 0;
	int rc = 0;

	while (rc == 0 && str_cut(&query, '&', &pair)) {
		struct buf value;

		if (!str_cut(&pair, '=', &name) || pair.p == NULL)
			return -1;
		buf_init(&value, 1024);
		rc = url_unescape(&value, pair);
		if (rc == 0 && !buf_failed(&value))
			rc = param_read(name, buf_str(&value), d, &seen);
		buf_free(&value);
	}
	return rc == 0 && (seen & 1) != 0 && otp_params_valid(&d->params) ?
	    0 : -1;
}

int
key_uri_read(struct csn_str uri, struct device *ret)
{
	struct csn_str label, query = uri;
	int rc;

	memset(ret, 0, sizeof(*ret));
	ret->params = (struct totp_params){ TOTP_SHA1, 6, 30 };
	if (uri.n > 2048 || !str_starts(uri, STR(HEAD)) ||
	    !str_cut(&query, '?', &label) || query.p == NULL)
		return -1;
	rc = params_read(query, ret);
	if (rc < 0)
		secret_wipe(ret, sizeof(*ret));
	return rc;
}
