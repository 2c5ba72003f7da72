/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ahead.c - what a factor keeps of a person, read before its step asks for it
 *
 * It must never stand in for a second reading, nor for one behind anything
 * that the step has written: that reads the store. What is not there is never
 * read ahead.
 */
#include "ahead.h"

#include "factor.h"
#include "lib/timefmt.h"

#define AHEAD_AGE_MAX_MS 1000	/* a directory may have been slow meanwhile */

bool
ahead_op(struct factor *f, struct arena *a, struct csn_str account,
    struct store_op *op, struct buf *value)
{
	size_t n = atomic_load_explicit(&f->ahead_n, memory_order_acquire);
	struct csn_str key;

	if (n == 0)
		return false;
	key = ARENA_JOIN(a, STR("k/"), f->cf->name, STR("/"),
	    str_of(f->ahead, n), account);
	*op = (struct store_op){ .kind = STORE_READ, .key = key,
	    .ret_value = value };
	return key.n > 0 && key.n <= STORE_KEY_MAX;
}

void
ahead_was_read(const struct store_op *op, int64_t asked_ms, struct ahead *ret)
{
	bool read = op->ret == STORE_OK && !buf_failed(op->ret_value);

	*ret = (struct ahead){ .key = read ? op->key : STR("") };
	if (!read)
		return;
	ret->value = buf_str(op->ret_value);
	ret->read_ms = asked_ms;
}

void
ahead_keep(struct arena *a, struct ahead *ahead)
{
	if (ahead->key.n == 0)
		return;
	ahead->key = arena_str(a, ahead->key);
	ahead->value = arena_str(a, ahead->value);
	if (ahead->key.p == NULL || ahead->value.p == NULL)
		ahead->key = STR("");
}

/* The first one stays: a factor that reads several kinds of keys first, now
 * this and now that, reads them itself. */
void
ahead_learn(struct csn_call *c, struct csn_str key)
{
	struct factor *f = c->factor;
	size_t n;

	if (c->account.n == 0 || !str_ends(key, c->account) ||
	    atomic_load_explicit(&f->ahead_n, memory_order_relaxed) != 0)
		return;
	n = key.n - c->account.n;
	if (n == 0 || n > AHEAD_PREFIX_MAX)
		return;
	(void)pthread_mutex_lock(&f->lock);
	if (f->ahead_n == 0) {
		memcpy(f->ahead, key.p, n);
		atomic_store_explicit(&f->ahead_n, n, memory_order_release);
	}
	(void)pthread_mutex_unlock(&f->lock);
}

bool
ahead_take(struct csn_call *c, struct csn_str full, struct buf *ret)
{
	bool is = c->ahead.key.n > 0 && str_equal(c->ahead.key, full) &&
	    clock_mono_ms() - c->ahead.read_ms <= AHEAD_AGE_MAX_MS;

	c->ahead.key = STR("");
	if (is)
		buf_str_put(ret, c->ahead.value);
	return is && !buf_failed(ret);
}
