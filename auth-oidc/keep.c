/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * keep.c - the keep's bytes, and the names of a session
 *
 * Tokens are kept only where something is done with them.
 */
#include <openssl/evp.h>

#include "keep.h"

#include "lib/base64url.h"

#define KEEP_VERSION	2u

struct csn_str
keep_session_key(const struct round *r, const char *kind,
    struct csn_str value)
{
	struct csn_str issuer = r->o->opt.text[OPT_ISSUER];
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned int n = 0;
	struct buf text, b;

	round_buf(r, &b, 64);
	buf_init(&text, 8192);
	buf_lv16(&text, issuer);
	buf_lv16(&text, value);
	if (!buf_failed(&text) && EVP_Digest(text.p, text.n, hash, &n,
	    EVP_sha256(), NULL) == 1) {
		buf_puts(&b, kind);
		buf_char(&b, ':');
		base64url_encode(&b, str_of(hash, n));
	} else {
		b.failed = true;
	}
	buf_free(&text);
	return buf_failed(&b) ? str_of(NULL, 0) : buf_str(&b);
}

static void
keep_put(struct buf *b, const struct keep *k)
{
	buf_u8(b, KEEP_VERSION);
	buf_u64(b, (uint64_t)k->iat);
	buf_u64(b, (uint64_t)(k->auth_time + 1));
	buf_lv16(b, k->sub);
	buf_lv16(b, k->nonce);
	buf_lv16(b, k->refresh_token);
	buf_lv16(b, k->access_token);
	buf_lv16(b, k->id_token);
	buf_lv16(b, k->dpop);
}

/* A keep has its size: the hint goes first, then what would be revoked. */
int
keep_write(const struct round *r, const struct keep *k, struct csn_str *ret)
{
	struct keep less = *k;

	for (int i = 0; i < 3; i++) {
		struct buf b;

		round_buf(r, &b, CSN_STATE_MAX + 1);
		keep_put(&b, &less);
		if (!buf_failed(&b)) {
			*ret = buf_str(&b);
			return 0;
		}
		if (i == 0)
			less.id_token = STR("");
		else
			less.access_token = STR("");
	}
	return -1;
}

int
keep_read(const struct round *r, struct keep *ret)
{
	struct reader in;

	reader_init(&in, r->req->keep);
	if (reader_u8(&in) != KEEP_VERSION)
		return -1;
	ret->iat = (int64_t)reader_u64(&in);
	ret->auth_time = (int64_t)reader_u64(&in) - 1;
	ret->sub = reader_lv16(&in);
	ret->nonce = reader_lv16(&in);
	ret->refresh_token = reader_lv16(&in);
	ret->access_token = reader_lv16(&in);
	ret->id_token = reader_lv16(&in);
	ret->dpop = reader_lv16(&in);
	return reader_end(&in);
}

/* Of the person, and of the session: by the provider's name for it, or as one
 * that has none (back_channel.c). */
static enum outcome
keys_fill(const struct round *r, const struct id_token *id)
{
	struct csn_str *v = round_alloc(r, 2 * sizeof(*v));

	if (v == NULL)
		return OUTCOME_ERROR;
	v[0] = keep_session_key(r, "sub", id->sub);
	v[1] = id->sid.n > 0 ? keep_session_key(r, "sid", id->sid) :
	    keep_session_key(r, "nameless", id->sub);
	r->reply->session_keys = (struct csn_strs){ v, 2 };
	return v[0].p == NULL || v[1].p == NULL ? OUTCOME_ERROR :
	    OUTCOME_AGAIN;
}

enum outcome
keep_fill(const struct round *r, const struct person_source *s)
{
	const struct options *o = &r->o->opt;
	bool renew = o->num[OPT_RENEW] == 1;
	bool revoke = o->num[OPT_REVOKE] == 1 && r->p->revocation.n > 0;
	struct keep k = { .sub = s->id->sub, .nonce = s->nonce,
	    .iat = s->id->iat, .auth_time = s->id->auth_time,
	    .id_token = STR(""), .access_token = STR(""),
	    .refresh_token = STR(""), .dpop = str_of(r->dpop,
	    r->dpop_key == NULL ? 0 : DPOP_KEY) };

	if (o->num[OPT_PROVIDER_LOGOUT] == 1 && r->p->end_session.n > 0)
		k.id_token = s->hint;	/* OIDC Core 3.1.2.1 */
	if (revoke)
		k.access_token = s->answer->access_token;
	if (renew || revoke)
		k.refresh_token = s->answer->refresh_token;
	if (keep_write(r, &k, &r->reply->keep) < 0)
		return round_trouble(r, "keep-too-long", STR(""));
	if (renew && k.refresh_token.n > 0)
		r->reply->flags |= CSN_RP_RENEW;
	return keys_fill(r, s->id);
}
