/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session_keys.c - an index from a factor's keys to sessions
 *
 * "y/FACTOR/HASH/SESSION" finds, "z/FACTOR/HASH" is a tombstone. Who ends
 * writes the tombstone first and then looks; who begins writes the session
 * first and then looks: whichever comes second sees the other. Keys are kept
 * as hashes, for they are a peer's and of any length.
 */
#include <openssl/sha.h>

#include "lib/base64url.h"
#include "session_keys.h"

#define SESSIONS_MAX 500u	/* at once */

static void
prefix_put(struct buf *b, char kind, struct csn_str factor,
    struct csn_str session_key)
{
	uint8_t md[32];

	SHA256((const uint8_t *)session_key.p, session_key.n, md);
	buf_char(b, kind);
	buf_char(b, '/');
	buf_str_put(b, factor);
	buf_char(b, '/');
	hex_encode(b, str_of(md, sizeof(md)));
}

void
session_keys_op(struct store_op *op, struct buf *key, struct csn_str factor,
    struct csn_str session_key, const struct session *s)
{
	prefix_put(key, 'y', factor, session_key);
	buf_char(key, '/');
	hex_encode(key, str_of(s->id, sizeof(s->id)));
	*op = (struct store_op){ .kind = STORE_PUT, .key = buf_str(key),
	    .value = str_of(s->id, sizeof(s->id)),
	    .expires_ms = s->expires_ms };
}

/* A tombstone says when. One that does not is for all. */
static bool
ended_since(const struct buf *tombstone, int64_t begun_ms)
{
	struct reader r;
	uint64_t ms;

	reader_init(&r, buf_str(tombstone));
	ms = reader_u64(&r);
	return reader_end(&r) != 0 || ms > INT64_MAX ||
	    begun_ms <= (int64_t)ms;
}

int
session_keys_check(struct store *store, struct csn_str factor,
    struct csn_strs keys, int64_t begun_ms, int64_t now_ms)
{
	struct buf key, value;
	int rc = STORE_OK;

	buf_init(&key, STORE_KEY_MAX);
	buf_init(&value, 64);
	for (size_t i = 0; i < keys.n && rc == STORE_OK; i++) {
		buf_clear(&key);
		buf_clear(&value);
		prefix_put(&key, 'z', factor, keys.v[i]);
		switch (store_get(store, buf_str(&key), now_ms, &value)) {
		case STORE_ABSENT:
			break;
		case STORE_OK:
			if (ended_since(&value, begun_ms))
				rc = STORE_ABSENT;
			break;
		default:
			rc = STORE_FAILED;
			break;
		}
	}
	buf_free(&key);
	buf_free(&value);
	return rc;
}

struct found {
	size_t n;
	uint8_t ids[SESSIONS_MAX][SESSION_ID_LEN];
	char last[STORE_KEY_MAX];	/* the key of the last one */
	size_t last_n;
};

static int
found_one(void *arg, struct csn_str key, struct csn_str value,
    int64_t expires_ms)
{
	struct found *f = arg;

	(void)expires_ms;
	if (key.n > sizeof(f->last))
		return -1;
	memcpy(f->last, key.p, key.n);
	f->last_n = key.n;
	if (value.n == SESSION_ID_LEN && f->n < SESSIONS_MAX)
		memcpy(f->ids[f->n++], value.p, SESSION_ID_LEN);
	return 0;
}

/* All of them, however many: who holds a stolen account may have made a
 * thousand. */
static int
found_end(struct store *store, struct csn_str prefix, int64_t now_ms,
    void (*each)(void *, const uint8_t id[SESSION_ID_LEN]), void *arg)
{
	struct found f = { 0 };
	int rc;

	do {
		f.n = 0;
		rc = store_list(store, prefix, str_of(f.last, f.last_n),
		    SESSIONS_MAX, now_ms, found_one, &f);
		for (size_t i = 0; rc == STORE_OK && i < f.n; i++)
			each(arg, f.ids[i]);
	} while (rc == STORE_OK && f.n == SESSIONS_MAX);
	return rc;
}

int
session_keys_end_known(struct store *store, struct csn_str factor,
    struct csn_str session_key, int64_t now_ms,
    void (*each)(void *, const uint8_t id[SESSION_ID_LEN]), void *arg)
{
	struct buf key;
	int rc;

	buf_init(&key, STORE_KEY_MAX);
	prefix_put(&key, 'y', factor, session_key);
	buf_char(&key, '/');
	rc = found_end(store, buf_str(&key), now_ms, each, arg);
	buf_free(&key);
	return rc;
}

int
session_keys_end(struct store *store, struct csn_str factor,
    struct csn_str session_key, int64_t now_ms,
    void (*each)(void *, const uint8_t id[SESSION_ID_LEN]), void *arg)
{
	struct buf key, when;
	int rc;

	buf_init(&key, STORE_KEY_MAX);
	buf_init(&when, 16);
	buf_u64(&when, (uint64_t)now_ms);
	prefix_put(&key, 'z', factor, session_key);
	rc = buf_failed(&when) ? STORE_FAILED : store_put(store,
	    buf_str(&key), buf_str(&when), now_ms + SESSION_TOMBSTONE_MS,
	    now_ms);
	buf_free(&when);
	buf_free(&key);
	return rc == STORE_OK ? session_keys_end_known(store, factor,
	    session_key, now_ms, each, arg) : rc;
}
