/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.c - what is the same for every backend: limits, counting, and single
 * operations as batches of one
 *
 * It must never let a key or value outside the limits reach a backend, or a
 * number of an undone batch reach the caller.
 */
#include "store.h"

#include "backend.h"

static void
store_called(struct store *s)
{
	atomic_fetch_add_explicit(&s->calls, 1, memory_order_relaxed);
}

static bool
key_valid(struct csn_str key)
{
	return key.n > 0 && key.n <= STORE_KEY_MAX;
}

static bool
op_valid(const struct store_op *op)
{
	if (op->value.n > STORE_VALUE_MAX || op->before.n > STORE_VALUE_MAX ||
	    op->expires_ms < 0)
		return false;
	switch (op->kind) {
	case STORE_REVOKE:
		return true;
	case STORE_READ:
		return op->ret_value != NULL && key_valid(op->key);
	case STORE_PUT:
	case STORE_PUT_NEW:
	case STORE_SWAP:
	case STORE_DELETE:
	case STORE_COUNT:
	case STORE_TOUCH:
	case STORE_CLEAR:
	case STORE_EXPECT:
	case STORE_EXPECT_NONE:
		return key_valid(op->key);
	}
	return false;
}

int
store_get(struct store *s, struct csn_str key, int64_t now_ms,
    struct buf *ret)
{
	int64_t expires_ms;

	return store_get_until(s, key, now_ms, ret, &expires_ms);
}

int
store_get_until(struct store *s, struct csn_str key, int64_t now_ms,
    struct buf *ret, int64_t *ret_expires_ms)
{
	store_called(s);
	if (!key_valid(key))
		return STORE_INVALID;
	return s->backend->get(s, key, now_ms, ret, ret_expires_ms);
}

bool
store_op_refuses(enum store_op_kind kind)
{
	return kind != STORE_PUT && kind != STORE_DELETE &&
	    kind != STORE_CLEAR;
}

bool
store_op_changes(enum store_op_kind kind)
{
	return kind != STORE_EXPECT && kind != STORE_EXPECT_NONE &&
	    kind != STORE_READ;
}

static int
batch_begin(struct store_op *ops, size_t n)
{
	int rc = STORE_OK;

	for (size_t i = 0; i < n; i++) {
		ops[i].ret = STORE_FAILED;
		ops[i].ret_count = 0;
	}
	for (size_t i = 0; i < n && rc == STORE_OK; i++) {
		if (!op_valid(&ops[i]))
			rc = ops[i].ret = STORE_INVALID;
	}
	return rc;
}

void
store_batch_end(struct store_op *ops, size_t n, int rc)
{
	for (size_t i = 0; i < n && rc != STORE_OK; i++) {
		ops[i].ret_count = 0;
		if (ops[i].kind == STORE_READ)
			buf_clear(ops[i].ret_value);
		if (rc == STORE_FAILED)
			ops[i].ret = STORE_FAILED;
	}
}

int
store_batch(struct store *s, struct store_op *ops, size_t n, int64_t now_ms)
{
	int rc = batch_begin(ops, n);

	store_called(s);
	if (rc != STORE_OK || n == 0)
		return rc;
	rc = s->backend->batch(s, ops, n, now_ms);
	store_batch_end(ops, n, rc);
	return rc;
}

void
store_batch_later(struct store *s, struct store_op *ops, size_t n,
    int64_t now_ms, store_done *done, void *arg)
{
	int rc = batch_begin(ops, n);

	store_called(s);
	if (rc != STORE_OK || n == 0)
		done(arg, rc);
	else
		s->backend->batch_later(s, ops, n, now_ms, done, arg);
}

int
store_put(struct store *s, struct csn_str key, struct csn_str value,
    int64_t expires_ms, int64_t now_ms)
{
	struct store_op op = { .kind = STORE_PUT, .key = key, .value = value,
		.expires_ms = expires_ms };

	return store_batch(s, &op, 1, now_ms);
}

int
store_put_new(struct store *s, struct csn_str key, struct csn_str value,
    int64_t expires_ms, int64_t now_ms)
{
	struct store_op op = { .kind = STORE_PUT_NEW, .key = key,
		.value = value, .expires_ms = expires_ms };

	return store_batch(s, &op, 1, now_ms);
}

int
store_swap(struct store *s, struct csn_str key, struct csn_str before,
    struct csn_str after, int64_t now_ms)
{
	struct store_op op = { .kind = STORE_SWAP, .key = key,
		.value = after, .before = before };

	return store_batch(s, &op, 1, now_ms);
}

int
store_delete(struct store *s, struct csn_str key, int64_t now_ms)
{
	struct store_op op = { .kind = STORE_DELETE, .key = key };

	return store_batch(s, &op, 1, now_ms);
}

int
store_count(struct store *s, struct csn_str key, int64_t delta,
    int64_t expires_ms, int64_t now_ms, int64_t *ret)
{
	struct store_op op = { .kind = STORE_COUNT, .key = key,
		.delta = delta, .expires_ms = expires_ms };
	int rc = store_batch(s, &op, 1, now_ms);

	if (rc == STORE_OK)
		*ret = op.ret_count;
	return rc;
}

int
store_list(struct store *s, struct csn_str prefix, struct csn_str after,
    size_t max, int64_t now_ms,
    int (*each)(void *, struct csn_str key, struct csn_str value,
	int64_t expires_ms), void *arg)
{
	struct store_range range = { prefix, after, max, now_ms };

	store_called(s);
	if (prefix.n > STORE_KEY_MAX || after.n > STORE_KEY_MAX)
		return STORE_INVALID;
	return s->backend->list(s, &range, each, arg);
}

static int
key_counted(void *arg, struct csn_str key, struct csn_str value,
    int64_t expires_ms)
{
	size_t *n = arg;

	(void)key;
	(void)value;
	(void)expires_ms;
	(*n)++;
	return 0;
}

int
store_keys(struct store *s, struct csn_str prefix, int64_t now_ms, size_t *ret)
{
	*ret = 0;
	return store_list(s, prefix, STR(""), SIZE_MAX, now_ms, key_counted,
	    ret);
}

int
store_feed_read(struct store *s, uint64_t after, size_t max,
    int (*each)(void *, uint64_t number, struct csn_str value), void *arg)
{
	store_called(s);
	if (after > INT64_MAX)		/* no number is so high */
		return STORE_OK;
	return s->backend->feed_read(s, after, max, each, arg);
}

int
store_feed_range(struct store *s, uint64_t *ret_low, uint64_t *ret_high)
{
	store_called(s);
	return s->backend->feed_range(s, ret_low, ret_high);
}

int
store_feed_trim(struct store *s, uint64_t through)
{
	store_called(s);
	if (through > INT64_MAX)
		through = INT64_MAX;
	return s->backend->feed_trim(s, through);
}

int
store_sweep(struct store *s, int64_t now_ms, size_t max, size_t *ret_n)
{
	store_called(s);
	*ret_n = 0;
	return max == 0 ? STORE_OK : s->backend->sweep(s, now_ms, max,
	    ret_n);
}

int
store_ping(struct store *s, int64_t now_ms)
{
	store_called(s);
	return s->backend->ping(s, now_ms);
}

void
store_trouble(struct store *s, struct buf *ret)
{
	s->backend->trouble(s, ret);
}

void
store_close(struct store *s)
{
	if (s != NULL)
		s->backend->close(s);
}

uint64_t
store_calls(const struct store *s)
{
	return atomic_load_explicit(&s->calls, memory_order_relaxed);
}
