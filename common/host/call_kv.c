/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call_kv.c - kv_get() and its like
 *
 * A key of factor F is "k/F/" + key, a counter "c/F/" + key, so that no factor
 * reads another's. The first byte of a value says whether it is secret and
 * whether it is durable. Every value is sealed, bound to factor, key and that
 * byte (P6): who writes to the store without our keys can replace nothing by
 * something that he knows, a plain value in a secret's place the least. Every
 * failure of the store taints the call: what follows from a read that failed
 * must not count.
 */
#include "call_kv.h"
#include "factor.h"
#include "lib/secret.h"
#include "store_wait.h"

#define VALUE_FLAGS (CSN_KV_DURABLE | CSN_KV_SECRET)

static bool
key_ok(struct csn_str key)
{
	return key.n > 0 && key.n <= CSN_KV_KEY_MAX;
}

/* In the call's arena; n == 0 when that is refused. */
static struct csn_str
key_full(struct csn_call *c, const char *kind, struct csn_str key)
{
	struct csn_str name = c->factor->cf->name;
	struct buf b;
	size_t n = 2 + name.n + 1 + key.n;
	void *m = arena_alloc(&c->arena, n + 1);

	if (m == NULL) {
		call_taint(c, "memory budget");
		return STR("");
	}
	buf_init_fixed(&b, m, n + 1);
	buf_puts(&b, kind);
	buf_str_put(&b, name);
	buf_char(&b, '/');
	buf_str_put(&b, key);
	return buf_str(&b);
}

static int32_t
result(struct csn_call *c, int rc)
{
	switch (rc) {
	case STORE_OK:
		return CSN_OK;
	case STORE_ABSENT:
		return CSN_E_ABSENT;
	case STORE_EXISTS:
		return CSN_E_EXISTS;
	case STORE_STALE:
		return CSN_E_STALE;
	case STORE_INVALID:
		return CSN_E_INVALID;
	default:
		call_taint(c, "store");
		return CSN_E_BACKEND;
	}
}

/* Whether the store may be asked at all. */
static int32_t
usable(struct csn_call *c)
{
	if (!call_may_block(c))
		return CSN_E_BACKEND;
	if (c->host->store == NULL) {
		call_taint(c, "no store");
		return CSN_E_BACKEND;
	}
	if (call_late(c)) {
		call_taint(c, "deadline");
		return CSN_E_DEADLINE;
	}
	return CSN_OK;
}

/* What a value is bound to, in the call's arena; n == 0 when that is
 * refused. */
static struct csn_str
value_context(struct csn_call *c, struct csn_str full, uint8_t flags)
{
	char *m = arena_alloc(&c->arena, full.n + 3);
	struct buf b;

	if (m == NULL)
		return STR("");
	buf_init_fixed(&b, m, full.n + 3);
	buf_u8(&b, flags);
	buf_char(&b, '/');
	buf_str_put(&b, full);
	return buf_failed(&b) ? STR("") : buf_str(&b);
}

/* A value as the store gets it. */
static int
value_wrap(struct csn_call *c, struct csn_str full, struct csn_str value,
    uint32_t flags, struct buf *ret)
{
	struct csn_str context = value_context(c, full,
	    (uint8_t)(flags & VALUE_FLAGS));

	buf_u8(ret, (uint8_t)(flags & VALUE_FLAGS));
	return context.n == 0 ? -1 : seal_put(c->host->sealer, SEAL_RECORD,
	    context, value, ret);
}

static int
value_unwrap(struct csn_call *c, struct csn_str full, struct csn_str stored,
    struct csn_str *ret)
{
	struct csn_str rest = str_from_at(stored, 1), context;
	struct buf plain;
	void *m;

	if (stored.n == 0)
		return -1;
	m = arena_alloc(&c->arena, rest.n + 1);
	context = value_context(c, full, (uint8_t)stored.p[0]);
	if (m == NULL || context.n == 0)
		return -1;
	buf_init_fixed(&plain, m, rest.n + 1);
	if (seal_open(c->host->sealer, SEAL_RECORD, context, rest,
	    &plain) < 0 || buf_failed(&plain))
		return -1;
	*ret = buf_str(&plain);
	if (ret->p == NULL)
		*ret = STR("");
	return 0;
}

static int64_t
expiry(struct csn_call *c, uint32_t ttl_s)
{
	return ttl_s == 0 ? 0 : call_now_ms(c) + (int64_t)ttl_s * 1000;
}

static int32_t
read_value(struct csn_call *c, struct csn_str full, struct buf *stored,
    struct csn_str *ret_plain)
{
	int32_t rc = ahead_take(c, full, stored) ? CSN_OK : result(c,
	    store_get(c->host->store, full, call_now_ms(c), stored));

	if (rc != CSN_OK)
		return rc;
	if (value_unwrap(c, full, buf_str(stored), ret_plain) < 0) {
		/* what cannot be opened is not "absent" */
		call_taint(c, "a stored value cannot be opened");
		return CSN_E_BACKEND;
	}
	return CSN_OK;
}

/* A factor reads and then swaps: the swap compares with the bytes that were
 * read for it, and need not read them again. What the plugin may have changed
 * in its own memory is not among them. */
static void
got_keep(struct csn_call *c, struct csn_str full, struct csn_str stored,
    struct csn_str plain)
{
	c->got_key = full;
	c->got_stored = arena_str(&c->arena, stored);
	c->got_plain = arena_str(&c->arena, plain);
	if (c->got_stored.p == NULL || c->got_plain.p == NULL)
		c->got_key = STR("");
}

static void
got_forget(struct csn_call *c)
{
	c->ahead.key = STR("");
	c->got_key = STR("");
}

/* As read_value(), from what was read last if that is what is expected. */
static int32_t
read_for_swap(struct csn_call *c, struct csn_str full, struct csn_str before,
    struct buf *stored, struct csn_str *ret_plain)
{
	bool got = c->got_key.n > 0 && str_equal(c->got_key, full) &&
	    secret_equal(c->got_plain, before);

	got_forget(c);
	if (!got)
		return read_value(c, full, stored, ret_plain);
	buf_str_put(stored, c->got_stored);
	if (buf_failed(stored)) {
		call_taint(c, "memory");
		return CSN_E_BACKEND;
	}
	*ret_plain = c->got_plain;
	return CSN_OK;
}

int32_t
call_kv_get(struct csn_call *c, struct csn_str key, struct csn_str *ret)
{
	struct csn_str full;
	struct buf stored;
	int32_t rc = usable(c);

	if (rc != CSN_OK || !key_ok(key))
		return rc != CSN_OK ? rc : CSN_E_INVALID;
	full = key_full(c, "k/", key);
	if (full.n == 0)
		return CSN_E_BACKEND;
	buf_init(&stored, STORE_VALUE_MAX);
	rc = read_value(c, full, &stored, ret);
	if (rc == CSN_OK) {
		got_keep(c, full, buf_str(&stored), *ret);
		ahead_learn(c, key);
	}
	buf_free(&stored);
	return rc;
}

static int32_t
put(struct csn_call *c, struct csn_str key, struct csn_str value,
    uint32_t ttl_s, uint32_t flags, enum store_op_kind kind)
{
	struct store_op op = { .kind = kind, .expires_ms = expiry(c, ttl_s) };
	struct buf wrapped;
	int32_t rc = usable(c);

	got_forget(c);
	if (rc != CSN_OK)
		return rc;
	if (!key_ok(key) || value.n > CSN_KV_VALUE_MAX ||
	    (flags & ~VALUE_FLAGS) != 0 ||
	    (ttl_s == 0 && (flags & CSN_KV_DURABLE) == 0))
		return CSN_E_INVALID;
	op.key = key_full(c, "k/", key);
	buf_init(&wrapped, STORE_VALUE_MAX);
	rc = CSN_E_BACKEND;
	if (op.key.n == 0 ||
	    value_wrap(c, op.key, value, flags, &wrapped) < 0) {
		call_taint(c, "a value could not be sealed");
		goto out;
	}
	op.value = buf_str(&wrapped);
	rc = result(c, store_wait_batch(c->host->store, &op, 1,
	    call_now_ms(c)));
out:
	buf_free(&wrapped);
	return rc;
}

int32_t
call_kv_put(struct csn_call *c, struct csn_str key, struct csn_str value,
    uint32_t ttl_s, uint32_t flags)
{
	return put(c, key, value, ttl_s, flags, STORE_PUT);
}

int32_t
call_kv_put_new(struct csn_call *c, struct csn_str key, struct csn_str value,
    uint32_t ttl_s, uint32_t flags)
{
	return put(c, key, value, ttl_s, flags, STORE_PUT_NEW);
}

/*
 * Open, compare the plain text, swap on the sealed bytes that were read (P6):
 * the same plain text sealed twice has two different seals. The operation's
 * bytes lie in the buffers, its key in the arena.
 */
static int32_t
swap_make(struct csn_call *c, struct csn_str key, struct csn_str before,
    struct csn_str after, struct buf *stored, struct buf *wrapped,
    struct store_op *ret)
{
	struct csn_str full, plain;
	int32_t rc = usable(c);

	if (rc != CSN_OK || !key_ok(key) || after.n > CSN_KV_VALUE_MAX)
		return rc != CSN_OK ? rc : CSN_E_INVALID;
	full = key_full(c, "k/", key);
	rc = full.n == 0 ? CSN_E_BACKEND : read_for_swap(c, full, before,
	    stored, &plain);
	if (rc != CSN_OK)
		return rc;
	if (!(plain.n == 0 && before.n == 0) && !secret_equal(plain, before))
		return CSN_E_STALE;
	if (value_wrap(c, full, after, stored->p[0], wrapped) < 0) {
		call_taint(c, "a value could not be sealed");
		return CSN_E_BACKEND;
	}
	*ret = (struct store_op){ .kind = STORE_SWAP, .key = full,
	    .before = buf_str(stored), .value = buf_str(wrapped) };
	return CSN_OK;
}

/* For who asked, to be done with the answer. */
static int32_t
swap_leave(struct csn_call *c, const struct store_op *op)
{
	struct csn_str before = arena_str(&c->arena, op->before);
	struct csn_str value = arena_str(&c->arena, op->value);

	if (before.p == NULL || value.p == NULL) {
		call_taint(c, "memory budget");
		return CSN_E_BACKEND;
	}
	c->along = *op;
	c->along.before = before;
	c->along.value = value;
	return CSN_OK;
}

static int32_t
swap(struct csn_call *c, struct csn_str key, struct csn_str before,
    struct csn_str after, bool later)
{
	struct buf stored, wrapped;
	struct store_op op;
	int32_t rc;

	buf_init(&stored, STORE_VALUE_MAX);
	buf_init(&wrapped, STORE_VALUE_MAX);
	rc = swap_make(c, key, before, after, &stored, &wrapped, &op);
	if (rc == CSN_OK)
		rc = later ? swap_leave(c, &op) : result(c, store_wait_batch(
		    c->host->store, &op, 1, call_now_ms(c)));
	buf_free(&stored);
	buf_free(&wrapped);
	return rc;
}

int32_t
call_kv_swap(struct csn_call *c, struct csn_str key, struct csn_str before,
    struct csn_str after)
{
	return swap(c, key, before, after, false);
}

int32_t
call_kv_swap_with(struct csn_call *c, struct csn_str key,
    struct csn_str before, struct csn_str after)
{
	return swap(c, key, before, after, c->takes_along &&
	    c->along.key.n == 0);
}

int32_t
call_kv_count(struct csn_call *c, struct csn_str key, int64_t delta,
    uint32_t ttl_s, int64_t *ret)
{
	struct csn_str full;
	int32_t rc = usable(c);

	if (rc != CSN_OK || !key_ok(key) || ttl_s == 0)
		return rc != CSN_OK ? rc : CSN_E_INVALID;
	full = key_full(c, "c/", key);
	if (full.n == 0)
		return CSN_E_BACKEND;
	return result(c, store_count(c->host->store, full, delta,
	    expiry(c, ttl_s), call_now_ms(c), ret));
}

int32_t
call_kv_del(struct csn_call *c, struct csn_str key)
{
	struct csn_str full;
	int32_t rc = usable(c);

	got_forget(c);
	if (rc != CSN_OK || !key_ok(key))
		return rc != CSN_OK ? rc : CSN_E_INVALID;
	full = key_full(c, "k/", key);
	if (full.n == 0)
		return CSN_E_BACKEND;
	return result(c, store_delete(c->host->store, full, call_now_ms(c)));
}

struct listing {
	struct csn_call *call;
	size_t cut, n, max;
	struct csn_str *v;
};

static int
list_one(void *arg, struct csn_str key, struct csn_str value,
    int64_t expires_ms)
{
	struct listing *l = arg;

	(void)expires_ms;
	if (value.n == 0 || ((uint8_t)value.p[0] & CSN_KV_DURABLE) == 0)
		return 0;
	l->v[l->n] = arena_str(&l->call->arena, str_from_at(key, l->cut));
	if (l->v[l->n].p == NULL) {
		call_taint(l->call, "memory budget");
		return -1;
	}
	return ++l->n == l->max;
}

int32_t
call_kv_list(struct csn_call *c, struct csn_str prefix, struct csn_str after,
    uint32_t max, struct csn_strs *ret)
{
	struct listing l = { .call = c, .max = max };
	struct csn_str full, from = STR("");
	int32_t rc = usable(c);

	if (rc != CSN_OK || prefix.n > CSN_KV_KEY_MAX ||
	    after.n > CSN_KV_KEY_MAX || max == 0 || max > 10000)
		return rc != CSN_OK ? rc : CSN_E_INVALID;
	full = key_full(c, "k/", prefix);
	if (after.n > 0)
		from = key_full(c, "k/", after);
	l.cut = full.n - prefix.n;
	l.v = arena_array(&c->arena, max, sizeof(*l.v));
	if (l.v == NULL || full.n == 0) {
		call_taint(c, "memory budget");
		return CSN_E_BACKEND;
	}
	rc = result(c, store_list(c->host->store, full, from, SIZE_MAX,
	    call_now_ms(c), list_one, &l));
	if (rc != CSN_OK || c->tainted)
		return rc != CSN_OK ? rc : CSN_E_BACKEND;
	*ret = (struct csn_strs){ l.v, l.n };
	return CSN_OK;
}

static int
batch_op(struct csn_call *c, const struct csn_kv_op *in, struct buf *wrapped,
    struct store_op *ret)
{
	if (!key_ok(in->key) || in->value.n > CSN_KV_VALUE_MAX ||
	    (in->flags & ~VALUE_FLAGS) != 0)
		return -1;
	memset(ret, 0, sizeof(*ret));
	ret->key = key_full(c, "k/", in->key);
	if (ret->key.n == 0)
		return -1;
	switch (in->op) {
	case CSN_KV_PUT:
		ret->kind = STORE_PUT;
		break;
	case CSN_KV_PUT_NEW:
		ret->kind = STORE_PUT_NEW;
		break;
	case CSN_KV_DEL:
		ret->kind = STORE_DELETE;
		return 0;
	default:
		return -1;
	}
	if (in->ttl_s == 0 && (in->flags & CSN_KV_DURABLE) == 0)
		return -1;
	ret->expires_ms = expiry(c, in->ttl_s);
	if (value_wrap(c, ret->key, in->value, in->flags, wrapped) < 0) {
		call_taint(c, "a value could not be sealed");
		return -1;
	}
	ret->value = buf_str(wrapped);
	return 0;
}

#define BATCH_MAX 32u

int32_t
call_kv_batch(struct csn_call *c, const struct csn_kv_op *in, size_t n)
{
	struct store_op ops[BATCH_MAX];
	struct buf wrapped[BATCH_MAX];
	int32_t rc = usable(c);
	size_t made = 0;

	got_forget(c);
	if (rc != CSN_OK || n == 0 || n > BATCH_MAX)
		return rc != CSN_OK ? rc : CSN_E_INVALID;
	rc = CSN_E_INVALID;
	for (; made < n; made++) {
		buf_init(&wrapped[made], STORE_VALUE_MAX);
		if (batch_op(c, &in[made], &wrapped[made], &ops[made]) < 0) {
			made++;
			if (c->tainted)
				rc = CSN_E_BACKEND;
			goto out;
		}
	}
	rc = result(c, store_wait_batch(c->host->store, ops, n,
	    call_now_ms(c)));
out:
	for (size_t i = 0; i < made; i++)
		buf_free(&wrapped[i]);
	return rc;
}
