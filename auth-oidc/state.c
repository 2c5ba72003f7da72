/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * state.c - the state's bytes, and the texts made of them
 */
#include <openssl/sha.h>

#include "state.h"

#include "lib/base64url.h"

#define STATE_BYTES	256u

void
state_begin(const struct round *r, struct state *ret)
{
	*ret = (struct state){ .begun_ms = r->now_ms, .max_age_s = -1,
	    .sent = r->req->resume };
	r->o->host->random(r->call, ret->verifier, sizeof(ret->verifier));
	r->o->host->random(r->call, ret->nonce, sizeof(ret->nonce));
}

int
state_write(const struct round *r, const struct state *s,
    struct csn_str *ret)
{
	struct buf b;

	round_buf(r, &b, STATE_BYTES);
	buf_u64(&b, (uint64_t)s->waiting_ms);
	buf_u64(&b, (uint64_t)s->begun_ms);
	buf_u64(&b, (uint64_t)(s->max_age_s + 1));
	buf_put(&b, s->verifier, sizeof(s->verifier));
	buf_put(&b, s->nonce, sizeof(s->nonce));
	buf_lv16(&b, str_of(s->dpop, s->has_dpop ? DPOP_KEY : 0));
	buf_lv16(&b, s->sent);
	if (buf_failed(&b))
		return -1;
	*ret = buf_str(&b);
	return 0;
}

int
state_read(const struct round *r, struct state *ret)
{
	struct csn_str verifier, nonce, dpop;
	struct reader in;
	uint64_t age;

	*ret = (struct state){ .max_age_s = -1, .sent = STR("") };
	if (r->req->state.n == 0)
		return 0;
	reader_init(&in, r->req->state);
	ret->waiting_ms = (int64_t)reader_u64(&in);
	ret->begun_ms = (int64_t)reader_u64(&in);
	age = reader_u64(&in);
	verifier = reader_bytes(&in, STATE_RANDOM);
	nonce = reader_bytes(&in, STATE_RANDOM);
	dpop = reader_lv16(&in);
	ret->sent = reader_lv16(&in);
	if (reader_end(&in) < 0 || ret->begun_ms < 0 || age > INT64_MAX ||
	    (dpop.n != 0 && dpop.n != DPOP_KEY))
		return -1;
	ret->max_age_s = (int64_t)age - 1;
	memcpy(ret->verifier, verifier.p, STATE_RANDOM);
	memcpy(ret->nonce, nonce.p, STATE_RANDOM);
	ret->has_dpop = dpop.n != 0;
	if (ret->has_dpop)
		memcpy(ret->dpop, dpop.p, DPOP_KEY);
	return 0;
}

static struct csn_str
encoded(const struct round *r, const void *p, size_t n)
{
	struct csn_str ret;
	struct buf b;

	buf_init(&b, 128);
	base64url_encode(&b, str_of(p, n));
	ret = arena_str(r->arena, buf_str(&b));
	buf_free(&b);
	return ret.n == 0 ? str_of(NULL, 0) : ret;
}

struct csn_str
state_verifier(const struct round *r, const struct state *s)
{
	return encoded(r, s->verifier, sizeof(s->verifier));
}

struct csn_str
state_challenge(const struct round *r, const struct state *s)
{
	struct csn_str verifier = state_verifier(r, s);
	unsigned char hash[SHA256_DIGEST_LENGTH];

	if (verifier.p == NULL || SHA256((const unsigned char *)verifier.p,
	    verifier.n, hash) == NULL)
		return str_of(NULL, 0);
	return encoded(r, hash, sizeof(hash));
}

struct csn_str
state_nonce(const struct round *r, const struct state *s)
{
	return encoded(r, s->nonce, sizeof(s->nonce));
}
