/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reseal.c - records of factors under the key that seals now
 *
 * It must never write a record that it could not open, nor over one that has
 * changed since it was read. What ends by itself is left to end.
 */
#include <stdlib.h>

#include "reseal.h"

#include "lib/arena.h"
#include "lib/buf.h"

#define OLD_MAX 256u		/* sealed anew in one step */

struct looking {		/* one listing */
	struct reseal *pass;
	uint32_t active;
	size_t seen, n;
	struct arena arena;
	struct csn_str keys[OLD_MAX];
};

/* The key that seals now is the one that a fresh seal names. */
static uint32_t
active_id(struct sealer *sealer)
{
	uint32_t id = 0;
	struct buf b;

	buf_init(&b, 256);
	if (seal_put(sealer, SEAL_RECORD, STR("reseal"), STR(""), &b) == 0)
		id = seal_key_id(buf_str(&b));
	buf_free(&b);
	return id;
}

/* A record is a byte of flags and what is sealed (call_kv.c). */
static int
look(void *arg, struct csn_str key, struct csn_str value, int64_t expires_ms)
{
	struct looking *l = arg;

	if (expires_ms == 0 && value.n > 1 &&
	    seal_key_id(str_from_at(value, 1)) != l->active) {
		if (l->n == OLD_MAX)
			return 1;
		l->keys[l->n] = arena_str(&l->arena, key);
		if (l->keys[l->n].p == NULL)
			return 1;
		l->n++;
	}
	l->seen++;
	memcpy(l->pass->after, key.p, key.n);
	l->pass->after_n = key.n;
	return 0;
}

static int
sealed_anew(struct sealer *sealer, struct csn_str key, struct csn_str raw,
    struct buf *ret)
{
	struct buf context, plain;
	int rc = -1;

	buf_init(&context, STORE_KEY_MAX + 2);
	buf_init(&plain, STORE_VALUE_MAX);
	buf_u8(&context, (uint8_t)raw.p[0]);
	buf_char(&context, '/');
	buf_str_put(&context, key);
	buf_u8(ret, (uint8_t)raw.p[0]);
	if (!buf_failed(&context) && seal_open(sealer, SEAL_RECORD,
	    buf_str(&context), str_from_at(raw, 1), &plain) == 0 &&
	    seal_put(sealer, SEAL_RECORD, buf_str(&context), buf_str(&plain),
	    ret) == 0 && !buf_failed(ret))
		rc = 0;
	buf_free(&plain);
	buf_free(&context);
	return rc;
}

/* 1: sealed anew; 0: gone, changed meanwhile, or not ours to open; -1. */
static int
reseal_one(struct store *store, struct sealer *sealer, struct csn_str key,
    int64_t now_ms)
{
	struct store_op op = { .kind = STORE_SWAP, .key = key };
	struct buf raw, value;
	int rc;

	buf_init(&raw, STORE_VALUE_MAX);
	buf_init(&value, STORE_VALUE_MAX);
	rc = store_get(store, key, now_ms, &raw);
	if (rc == STORE_OK && raw.n > 1 && sealed_anew(sealer, key,
	    buf_str(&raw), &value) == 0) {
		op.before = buf_str(&raw);
		op.value = buf_str(&value);
		rc = store_batch(store, &op, 1, now_ms);
		rc = rc == STORE_OK ? 1 : rc == STORE_FAILED ? -1 : 0;
	} else {
		rc = rc == STORE_FAILED ? -1 : 0;
	}
	buf_free(&raw);
	buf_free(&value);
	return rc;
}

static int
reseal_all(const struct looking *l, struct store *store,
    struct sealer *sealer, int64_t now_ms)
{
	int n = 0;

	for (size_t i = 0; i < l->n; i++) {
		int rc = reseal_one(store, sealer, l->keys[i], now_ms);

		if (rc < 0)
			return -1;
		n += rc;
	}
	return n;
}

int
reseal_step(struct reseal *pass, struct store *store, struct sealer *sealer,
    size_t max, int64_t now_ms)
{
	struct looking *l;
	struct reseal before;
	int rc;

	if (!pass->started || pass->epoch != sealer_epoch(sealer))
		*pass = (struct reseal){ .started = true,
		    .epoch = sealer_epoch(sealer) };
	if (pass->over)
		return 0;
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return -1;
	before = *pass;
	l->pass = pass;
	l->active = active_id(sealer);
	arena_init(&l->arena, 1u << 20);
	rc = l->active == 0 ? STORE_FAILED : store_list(store, STR("k/"),
	    str_of(before.after, before.after_n), max, now_ms, look, l);
	/* one that cannot be opened must not be met for ever: it is passed */
	rc = rc == STORE_OK ? reseal_all(l, store, sealer, now_ms) : -1;
	if (rc < 0)
		*pass = before;
	else if (l->seen == 0 && l->n == 0)
		pass->over = true;
	arena_free(&l->arena);
	free(l);
	return rc;
}
