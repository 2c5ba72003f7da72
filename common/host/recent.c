/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recent.c - "j/ACCOUNT/TIME", the time counted down so that the newest comes
 * first
 */
#include <endian.h>
#include <stdatomic.h>

#include "recent.h"

#include "lib/base64url.h"
#include "lib/secret.h"

#define TEXT_MAX 200u

static int
prefix_put(struct sealer *sealer, struct csn_str realm,
    struct csn_str subject, struct buf *b)
{
	char account[PEOPLE_ACCOUNT_LEN + 1];

	if (people_account(sealer, realm, subject, account) < 0)
		return -1;
	buf_puts(b, "j/");
	buf_puts(b, account);
	buf_char(b, '/');
	return 0;
}

/* Two events of one moment do not replace each other and keep their order, two
 * failures of one span are one. */
static void
time_put(struct buf *b, int64_t time_ms, bool failure)
{
	static _Atomic uint16_t order;
	int64_t ms = failure ? time_ms - time_ms % RECENT_SPAN_MS : time_ms;
	uint64_t left = htobe64((uint64_t)(INT64_MAX - ms));
	struct { uint16_t left; uint8_t random[4]; } last;

	hex_encode(b, str_of((const uint8_t *)&left, sizeof(left)));
	if (failure) {
		buf_char(b, 'f');
		return;
	}
	last.left = htobe16((uint16_t)(UINT16_MAX -
	    atomic_fetch_add(&order, 1)));
	secret_random(last.random, sizeof(last.random));
	hex_encode(b, str_of((const uint8_t *)&last, sizeof(last)));
}

static void
text_put(struct buf *b, struct csn_str s)
{
	buf_lv16(b, s.n > TEXT_MAX ? str_of(s.p, TEXT_MAX) : s);
}

int
recent_op(struct sealer *sealer, struct csn_str realm, struct csn_str subject,
    const struct recent *e, bool failure, struct store_op *op,
    struct buf *key, struct buf *value)
{
	uint8_t memory[2049];
	struct buf plain;
	int rc = -1;

	buf_init_fixed(&plain, memory, sizeof(memory));
	if (prefix_put(sealer, realm, subject, key) < 0)
		goto out;
	time_put(key, e->time_ms, failure);
	buf_u64(&plain, (uint64_t)e->time_ms);
	text_put(&plain, e->event);
	text_put(&plain, e->factor);
	text_put(&plain, e->detail);
	text_put(&plain, e->client);
	text_put(&plain, e->user_agent);
	if (buf_failed(&plain) || buf_failed(key) || seal_put(sealer,
	    SEAL_RECORD, buf_str(key), buf_str(&plain), value) < 0)
		goto out;
	*op = (struct store_op){ .kind = STORE_PUT, .key = buf_str(key),
	    .value = buf_str(value),
	    .expires_ms = e->time_ms + RECENT_KEEP_MS };
	rc = 0;
out:
	buf_free(&plain);
	return rc;
}

struct listing {
	struct sealer *sealer;
	struct arena *arena;
	struct recent *v;
	size_t n, max;
};

static int
recent_get(struct csn_str plain, struct recent *ret)
{
	struct reader r;

	reader_init(&r, plain);
	ret->time_ms = (int64_t)reader_u64(&r);
	ret->event = reader_lv16(&r);
	ret->factor = reader_lv16(&r);
	ret->detail = reader_lv16(&r);
	ret->client = reader_lv16(&r);
	ret->user_agent = reader_lv16(&r);
	return reader_end(&r);
}

/* One that cannot be opened (its key was retired) is passed over. */
static int
recent_each(void *arg, struct csn_str key, struct csn_str value,
    int64_t expires_ms)
{
	struct listing *l = arg;
	struct csn_str copy;
	struct buf plain;

	(void)expires_ms;
	buf_init(&plain, 4096);
	if (l->n < l->max && seal_open(l->sealer, SEAL_RECORD, key, value,
	    &plain) == 0) {
		copy = arena_str(l->arena, buf_str(&plain));
		if (copy.p != NULL && recent_get(copy, &l->v[l->n]) == 0)
			l->n++;
	}
	buf_free(&plain);
	return 0;
}

int
recent_list(struct store *store, struct sealer *sealer, struct arena *a,
    struct csn_str realm, struct csn_str subject, int64_t now_ms,
    struct recent *ret, size_t max, size_t *ret_n)
{
	struct listing l = { .sealer = sealer, .arena = a, .v = ret,
	    .max = max };
	struct buf prefix;
	int rc = STORE_FAILED;

	buf_init(&prefix, STORE_KEY_MAX);
	if (prefix_put(sealer, realm, subject, &prefix) == 0)
		rc = store_list(store, buf_str(&prefix), STR(""), max, now_ms,
		    recent_each, &l);
	buf_free(&prefix);
	*ret_n = rc == STORE_OK ? l.n : 0;
	return rc;
}
