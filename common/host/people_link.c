/* SPDX-License-Identifier: Apache-2.0 */
/*
 * people_link.c - enrolment links: 128 bits, kept as a hash, used up once
 */
#include <openssl/sha.h>

#include "lib/base64url.h"
#include "lib/secret.h"
#include "people.h"

#define LINK_LEN	16u
#define LINK_TEXT	BASE64URL_LEN(LINK_LEN)

static void
key_put(struct buf *b, const uint8_t hash[32])
{
	buf_puts(b, "e/");
	hex_encode(b, str_of(hash, 32));
}

void
people_link_pack(struct buf *b, const struct people_link *l)
{
	buf_lv16(b, l->realm);
	buf_lv16(b, l->subject);
	buf_lv16(b, l->factor);
	buf_u32(b, l->uses);
	buf_u64(b, (uint64_t)l->until_ms);
}

void
people_link_unpack(struct reader *r, struct people_link *ret)
{
	ret->realm = reader_lv16(r);
	ret->subject = reader_lv16(r);
	ret->factor = reader_lv16(r);
	ret->uses = reader_u32(r);
	ret->until_ms = (int64_t)reader_u64(r);
}

int
people_link_new(struct store *store, const struct people_link *l,
    int64_t now_ms, struct buf *ret)
{
	uint8_t bytes[LINK_LEN], hash[32];
	struct buf key, value, text;
	int rc;

	secret_random(bytes, sizeof(bytes));
	buf_init(&text, 64);
	buf_init(&key, 128);
	buf_init(&value, 2048);
	base64url_encode(&text, str_of(bytes, sizeof(bytes)));
	SHA256(text.p, text.n, hash);
	key_put(&key, hash);
	people_link_pack(&value, l);
	rc = buf_failed(&value) ? STORE_FAILED : store_put_new(store,
	    buf_str(&key), buf_str(&value), l->until_ms, now_ms);
	if (rc == STORE_OK)
		buf_str_put(ret, buf_str(&text));
	secret_wipe(bytes, sizeof(bytes));
	buf_free(&text);
	buf_free(&key);
	buf_free(&value);
	return rc;
}

int
people_link_hash(struct csn_str ticket, uint8_t ret[32])
{
	struct buf b;
	int rc;

	if (ticket.n != LINK_TEXT)
		return -1;
	buf_init(&b, 64);
	rc = base64url_decode(&b, ticket);
	buf_free(&b);
	if (rc == 0)
		SHA256((const uint8_t *)ticket.p, ticket.n, ret);
	return rc;
}

int
people_link_read(struct store *store, const uint8_t hash[32], int64_t now_ms,
    struct buf *raw, struct people_link *ret)
{
	struct reader r;
	struct buf key;
	int rc;

	buf_clear(raw);
	buf_init(&key, 128);
	key_put(&key, hash);
	rc = store_get(store, buf_str(&key), now_ms, raw);
	buf_free(&key);
	if (rc != STORE_OK)
		return rc == STORE_ABSENT ? rc : STORE_FAILED;
	reader_init(&r, buf_str(raw));
	people_link_unpack(&r, ret);
	if (reader_end(&r) < 0)
		return STORE_FAILED;
	return ret->uses == 0 || ret->until_ms <= now_ms ? STORE_ABSENT :
	    STORE_OK;
}

int
people_link_op(struct store *store, const uint8_t hash[32], int64_t now_ms,
    struct store_op *op, struct buf *key, struct buf *value, struct buf *raw,
    struct people_link *ret)
{
	struct people_link used;
	int rc = people_link_read(store, hash, now_ms, raw, ret);

	if (rc != STORE_OK)
		return rc;
	used = *ret;
	used.uses--;
	key_put(key, hash);
	people_link_pack(value, &used);
	*op = (struct store_op){ .kind = STORE_SWAP, .key = buf_str(key),
	    .before = buf_str(raw), .value = buf_str(value) };
	return buf_failed(key) || buf_failed(value) ? STORE_FAILED : STORE_OK;
}

int
people_link_use(struct store *store, const uint8_t hash[32], int64_t now_ms)
{
	struct people_link link;
	struct buf key, raw, value;
	struct store_op op;
	int rc;

	buf_init(&key, 128);
	buf_init(&raw, 4096);
	buf_init(&value, 4096);
	rc = people_link_op(store, hash, now_ms, &op, &key, &value, &raw,
	    &link);
	if (rc == STORE_OK)
		rc = store_batch(store, &op, 1, now_ms);
	buf_free(&key);
	buf_free(&raw);
	buf_free(&value);
	return rc;
}
