/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_uri.c - the otpauth URI that authenticator apps read
 *
 * Blanks become %20, never '+', which apps show as it is; there is no ':' in
 * issuer or account, where it separates; "SHA1" is in upper case without a
 * dash. It must never log what it makes: it is the secret.
 */
#include "key_uri.h"

#include <stdlib.h>

#include <liboath/oath.h>

#include "lib/secret.h"
#include "lib/url.h"

#include "otp.h"
#include "record.h"

#define URI_MAX		2376u	/* what a picture of medium quality holds */
#define BASE32_MAX	120u

/* Base32 (RFC 4648 6) without padding; borrows `memory`. */
static int
key_base32(struct csn_str secret, struct buf *ret)
{
	struct csn_str s;
	char *text = NULL;
	size_t n = 0;

	if (oath_base32_encode(secret.p, secret.n, &text, &n) != OATH_OK)
		return -1;
	s = str_of(text, n);
	while (s.n > 0 && s.p[s.n - 1] == '=')
		s.n--;
	buf_str_put(ret, s);
	secret_wipe(text, n);
	free(text);
	return buf_failed(ret) ? -1 : 0;
}

static void
put_name(struct buf *b, struct csn_str name)
{
	for (size_t i = 0; i < name.n; i++)
		buf_char(b, name.p[i] == ':' ? '_' : name.p[i]);
}

static int
make_account(const struct round *r, struct key_texts *ret)
{
	size_t size = strlen(r->t->issuer) + 2 + r->req->subject.n + 1;
	char *memory = round_alloc(r, size);
	struct buf b;

	if (memory == NULL)
		return -1;
	buf_init_fixed(&b, memory, size);
	buf_puts(&b, r->t->issuer);
	buf_puts(&b, ": ");
	put_name(&b, r->req->subject);
	ret->account = buf_str(&b);
	return buf_failed(&b) ? -1 : 0;
}

static int
make_uri(const struct round *r, const struct totp_params *p,
    struct csn_str base32, struct key_texts *ret)
{
	struct csn_str name = str_from_at(ret->account,
	    strlen(r->t->issuer) + 2);
	char *memory = round_alloc(r, URI_MAX + 1);
	struct buf b;

	if (memory == NULL)
		return -1;
	buf_init_fixed(&b, memory, URI_MAX + 1);
	buf_puts(&b, "otpauth://totp/");
	url_escape(&b, str_from(r->t->issuer));
	buf_char(&b, ':');
	url_escape(&b, name);
	buf_puts(&b, "?secret=");
	buf_str_put(&b, base32);
	buf_puts(&b, "&issuer=");
	url_escape(&b, str_from(r->t->issuer));
	buf_printf(&b, "&algorithm=%s&digits=%u&period=%u",
	    otp_alg_name(p->alg), (unsigned)p->digits, (unsigned)p->period);
	ret->uri = buf_str(&b);
	return buf_failed(&b) ? -1 : 0;
}

static int
make_groups(const struct round *r, struct csn_str base32,
    struct key_texts *ret)
{
	char *memory = round_alloc(r, 2 * BASE32_MAX);
	struct buf b;

	if (memory == NULL)
		return -1;
	buf_init_fixed(&b, memory, 2 * BASE32_MAX);
	for (size_t i = 0; i < base32.n; i++) {
		if (i > 0 && i % 4 == 0)
			buf_char(&b, ' ');
		buf_char(&b, base32.p[i]);
	}
	ret->groups = buf_str(&b);
	return buf_failed(&b) ? -1 : 0;
}

static int
make_settings(const struct round *r, const struct totp_params *p,
    struct key_texts *ret)
{
	char memory[48];
	struct buf b;

	ret->settings = STR("");
	if (p->alg == TOTP_SHA1 && p->digits == 6 && p->period == 30)
		return 0;
	buf_init_fixed(&b, memory, sizeof(memory));
	buf_printf(&b, "%s, %u, %u s", otp_alg_name(p->alg),
	    (unsigned)p->digits, (unsigned)p->period);
	return round_copy(r, buf_str(&b), &ret->settings) ? 0 : -1;
}

int
key_texts(const struct round *r, const struct totp_params *p,
    struct csn_str secret, struct key_texts *ret)
{
	struct key_texts texts;
	char memory[BASE32_MAX];
	struct buf base32;
	int rc = -1;

	buf_init_fixed(&base32, memory, sizeof(memory));
	if (key_base32(secret, &base32) == 0 &&
	    make_account(r, &texts) == 0 &&
	    make_uri(r, p, buf_str(&base32), &texts) == 0 &&
	    make_groups(r, buf_str(&base32), &texts) == 0 &&
	    make_settings(r, p, &texts) == 0) {
		*ret = texts;
		rc = 0;
	}
	buf_free(&base32);
	return rc;
}

int
key_uri_write(const struct round *r, const struct device *d,
    struct csn_str *ret)
{
	struct key_texts texts = { .uri = STR("") };

	if (key_texts(r, &d->params, device_secret(d), &texts) < 0)
		return -1;
	*ret = texts.uri;
	return 0;
}
