/* SPDX-License-Identifier: Apache-2.0 */
/*
 * harness_kv.c - a store in memory that fails when it is told to
 *
 * The same rules for keys, flags and time limits as the host's, so that a
 * plugin that passes here does not fail there.
 */
#include <stdlib.h>

#include "harness_int.h"

#define KV_FLAGS (CSN_KV_DURABLE | CSN_KV_SECRET)

void
harness_kv_free(void *p)
{
	struct harness_value *v = p;

	if (v == NULL)
		return;
	free(v->p);
	free(v);
}

static void
kv_drop(struct harness *h, struct csn_str key)
{
	harness_kv_free(table_remove(h->kv, key));
}

/* The live value, or NULL. */
static struct harness_value *
kv_find(struct harness *h, struct csn_str key)
{
	struct harness_value *v = table_get(h->kv, key);

	if (v != NULL && v->expires_ms != 0 && v->expires_ms <= h->now_ms) {
		kv_drop(h, key);
		return NULL;
	}
	return v;
}

static void
value_set(struct harness_value *v, struct csn_str value)
{
	free(v->p);
	v->p = malloc(value.n + 1);
	if (v->p == NULL)
		harness_die("out of memory", "value_set");
	if (value.n != 0)
		memcpy(v->p, value.p, value.n);
	v->p[value.n] = '\0';
	v->n = value.n;
}

static struct harness_value *
kv_set(struct harness *h, struct csn_str key, struct csn_str value,
    uint32_t ttl_s, uint32_t flags)
{
	struct harness_value *v = calloc(1, sizeof(*v));
	void *old = NULL;

	if (v == NULL)
		harness_die("out of memory", "kv_set");
	value_set(v, value);
	v->flags = flags;
	v->expires_ms = ttl_s == 0 ? 0 : h->now_ms + (int64_t)ttl_s * 1000;
	if (table_set(h->kv, key, v, &old) < 0)
		harness_die("out of memory", "kv_set");
	harness_kv_free(old);
	return v;
}

static bool
key_ok(struct csn_str key)
{
	return key.n >= 1 && key.n <= CSN_KV_KEY_MAX;
}

static bool
put_ok(struct csn_str key, struct csn_str value, uint32_t ttl_s,
    uint32_t flags)
{
	return key_ok(key) && value.n <= CSN_KV_VALUE_MAX &&
	    (flags & ~KV_FLAGS) == 0 &&
	    (ttl_s != 0 || (flags & CSN_KV_DURABLE) != 0);
}

enum fault { FAULT_NONE, FAULT_BEFORE, FAULT_AFTER };

/* Counts an operation, runs the hook, then takes the lock. */
static enum fault
kv_enter(struct csn_call *call, enum harness_kv kind, struct csn_str key)
{
	struct harness *h = call->harness;
	struct harness_fault *f = &h->fault;

	if (h->hook != NULL)
		h->hook(h->hook_arg, h, kind, key);
	(void)pthread_mutex_lock(&h->lock);
	h->calls[kind]++;
	h->calls[HARNESS_KV_ANY]++;
	if (f->nth == 0 || (f->kind != kind && f->kind != HARNESS_KV_ANY) ||
	    --f->nth != 0)
		return FAULT_NONE;
	call_taint(call, "store");
	return f->done ? FAULT_AFTER : FAULT_BEFORE;
}

static int32_t
kv_leave(struct csn_call *call, enum fault fault, int32_t rc)
{
	(void)pthread_mutex_unlock(&call->harness->lock);
	return fault == FAULT_NONE ? rc : CSN_E_BACKEND;
}

int32_t
service_kv_get(struct csn_call *call, struct csn_str key,
    struct csn_str *ret)
{
	enum fault fault = kv_enter(call, HARNESS_KV_GET, key);
	const struct harness_value *v;
	int32_t rc = CSN_E_INVALID;

	if (fault == FAULT_NONE && key_ok(key)) {
		v = kv_find(call->harness, key);
		rc = v == NULL ? CSN_E_ABSENT : CSN_OK;
		if (v != NULL)
			*ret = call_copy(call, str_of(v->p, v->n));
	}
	return kv_leave(call, fault, rc);
}

static int32_t
put(struct csn_call *call, enum harness_kv kind, struct csn_str key,
    struct csn_str value, uint32_t ttl_s, uint32_t flags)
{
	enum fault fault = kv_enter(call, kind, key);
	struct harness *h = call->harness;
	int32_t rc = CSN_E_INVALID;

	if (fault != FAULT_BEFORE && put_ok(key, value, ttl_s, flags)) {
		if (kind == HARNESS_KV_PUT_NEW && kv_find(h, key) != NULL)
			rc = CSN_E_EXISTS;
		else {
			(void)kv_set(h, key, value, ttl_s, flags);
			rc = CSN_OK;
		}
	}
	return kv_leave(call, fault, rc);
}

int32_t
service_kv_put(struct csn_call *call, struct csn_str key,
    struct csn_str value, uint32_t ttl_s, uint32_t flags)
{
	return put(call, HARNESS_KV_PUT, key, value, ttl_s, flags);
}

int32_t
service_kv_put_new(struct csn_call *call, struct csn_str key,
    struct csn_str value, uint32_t ttl_s, uint32_t flags)
{
	return put(call, HARNESS_KV_PUT_NEW, key, value, ttl_s, flags);
}

int32_t
service_kv_swap(struct csn_call *call, struct csn_str key,
    struct csn_str before, struct csn_str after)
{
	enum fault fault = kv_enter(call, HARNESS_KV_SWAP, key);
	struct harness_value *v;
	int32_t rc = CSN_E_INVALID;

	if (fault != FAULT_BEFORE && key_ok(key) &&
	    after.n <= CSN_KV_VALUE_MAX) {
		v = kv_find(call->harness, key);
		rc = CSN_OK;
		if (v == NULL)
			rc = CSN_E_ABSENT;
		else if (!str_equal(str_of(v->p, v->n), before))
			rc = CSN_E_STALE;
		else
			value_set(v, after);
	}
	return kv_leave(call, fault, rc);
}

/* Counters have keys of their own, as in the host. */
int32_t
service_kv_count(struct csn_call *call, struct csn_str key, int64_t delta,
    uint32_t ttl_s, int64_t *ret)
{
	enum fault fault = kv_enter(call, HARNESS_KV_COUNT, key);
	struct harness *h = call->harness;
	struct harness_value *v;
	char name[CSN_KV_KEY_MAX + 8];
	struct buf b;
	int32_t rc = CSN_E_INVALID;

	if (fault != FAULT_BEFORE && key_ok(key) && ttl_s != 0) {
		buf_init_fixed(&b, name, sizeof(name));
		buf_puts(&b, "count:");
		buf_str_put(&b, key);
		v = kv_find(h, buf_str(&b));
		if (v == NULL)
			v = kv_set(h, buf_str(&b), STR(""), ttl_s, 0);
		v->count += delta;
		if (fault == FAULT_NONE)
			*ret = v->count;
		rc = CSN_OK;
	}
	return kv_leave(call, fault, rc);
}

int32_t
service_kv_del(struct csn_call *call, struct csn_str key)
{
	enum fault fault = kv_enter(call, HARNESS_KV_DEL, key);
	int32_t rc = CSN_E_INVALID;

	if (fault != FAULT_BEFORE && key_ok(key)) {
		rc = kv_find(call->harness, key) == NULL ? CSN_E_ABSENT :
		    CSN_OK;
		kv_drop(call->harness, key);
	}
	return kv_leave(call, fault, rc);
}

static int
by_key(const void *a, const void *b)
{
	return str_compare(*(const struct csn_str *)a,
	    *(const struct csn_str *)b);
}

/* All live keys in order, borrowed from the table; the caller frees. */
static struct csn_str *
kv_sorted(struct harness *h, size_t *ret_n)
{
	struct csn_str *v = calloc(table_count(h->kv) + 1, sizeof(*v));
	size_t at = 0, n = 0;
	struct csn_str key;
	void *value;

	if (v == NULL)
		harness_die("out of memory", "kv_sorted");
	while (table_next(h->kv, &at, &key, &value))
		v[n++] = key;
	if (n > 1)
		qsort(v, n, sizeof(*v), by_key);
	*ret_n = n;
	return v;
}

static bool
listed(struct harness *h, struct csn_str key, struct csn_str prefix,
    struct csn_str after)
{
	const struct harness_value *v = table_get(h->kv, key);

	return (v->flags & CSN_KV_DURABLE) != 0 &&
	    (v->expires_ms == 0 || v->expires_ms > h->now_ms) &&
	    str_starts(key, prefix) &&
	    (after.n == 0 || str_compare(key, after) > 0);
}

int32_t
service_kv_list(struct csn_call *call, struct csn_str prefix,
    struct csn_str after, uint32_t max, struct csn_strs *ret)
{
	enum fault fault = kv_enter(call, HARNESS_KV_LIST, prefix);
	struct harness *h = call->harness;
	size_t n = 0, nkeys;
	struct csn_str *keys, *v;

	if (fault != FAULT_NONE || max == 0 || max > 10000)
		return kv_leave(call, fault, CSN_E_INVALID);
	keys = kv_sorted(h, &nkeys);
	v = arena_array(&call->arena, max, sizeof(*v));
	if (v == NULL)
		call_taint(call, "memory budget");
	for (size_t i = 0; v != NULL && i < nkeys && n < max; i++)
		if (listed(h, keys[i], prefix, after))
			v[n++] = call_copy(call, keys[i]);
	free(keys);
	if (v != NULL)
		*ret = (struct csn_strs){ v, n };
	return kv_leave(call, fault, v == NULL ? CSN_E_BACKEND : CSN_OK);
}

static int32_t
batch_check(struct harness *h, const struct csn_kv_op *op, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (op[i].op == CSN_KV_DEL ? !key_ok(op[i].key) :
		    !put_ok(op[i].key, op[i].value, op[i].ttl_s, op[i].flags))
			return CSN_E_INVALID;
		if (op[i].op < CSN_KV_PUT || op[i].op > CSN_KV_DEL)
			return CSN_E_INVALID;
		if (op[i].op == CSN_KV_PUT_NEW &&
		    kv_find(h, op[i].key) != NULL)
			return CSN_E_EXISTS;
	}
	return CSN_OK;
}

int32_t
service_kv_batch(struct csn_call *call, const struct csn_kv_op *op, size_t n)
{
	enum fault fault = kv_enter(call, HARNESS_KV_BATCH,
	    n > 0 ? op[0].key : STR(""));
	struct harness *h = call->harness;
	int32_t rc;

	if (fault == FAULT_BEFORE)
		return kv_leave(call, fault, CSN_E_BACKEND);
	rc = batch_check(h, op, n);
	for (size_t i = 0; rc == CSN_OK && i < n; i++) {
		if (op[i].op == CSN_KV_DEL)
			kv_drop(h, op[i].key);
		else
			(void)kv_set(h, op[i].key, op[i].value, op[i].ttl_s,
			    op[i].flags);
	}
	return kv_leave(call, fault, rc);
}

void
harness_kv_fail(struct harness *h, enum harness_kv kind, unsigned nth,
    bool done)
{
	h->fault = (struct harness_fault){ kind, nth, done };
}

unsigned
harness_kv_calls(struct harness *h, enum harness_kv kind)
{
	return h->calls[kind];
}

void
harness_kv_hook(struct harness *h, void (*hook)(void *, struct harness *,
    enum harness_kv, struct csn_str), void *arg)
{
	h->hook = hook;
	h->hook_arg = arg;
}

bool
harness_kv_get(struct harness *h, const char *key, struct csn_str *ret)
{
	const struct harness_value *v;

	(void)pthread_mutex_lock(&h->lock);
	v = kv_find(h, str_from(key));
	if (v != NULL)
		*ret = str_of(v->p, v->n);
	(void)pthread_mutex_unlock(&h->lock);
	return v != NULL;
}

void
harness_kv_put(struct harness *h, const char *key, struct csn_str value,
    uint32_t flags)
{
	(void)pthread_mutex_lock(&h->lock);
	(void)kv_set(h, str_from(key), value, 0, flags);
	(void)pthread_mutex_unlock(&h->lock);
}

void
harness_kv_del(struct harness *h, const char *key)
{
	(void)pthread_mutex_lock(&h->lock);
	kv_drop(h, str_from(key));
	(void)pthread_mutex_unlock(&h->lock);
}

size_t
harness_kv_size(struct harness *h)
{
	return table_count(h->kv);
}

void
harness_kv_print(struct harness *h, struct buf *b)
{
	const struct harness_value *v;
	struct csn_str *keys;
	size_t n;

	(void)pthread_mutex_lock(&h->lock);
	keys = kv_sorted(h, &n);
	for (size_t i = 0; i < n; i++) {
		v = table_get(h->kv, keys[i]);
		buf_str_put(b, keys[i]);
		if ((v->flags & CSN_KV_DURABLE) != 0)
			buf_puts(b, " durable");
		if ((v->flags & CSN_KV_SECRET) != 0)
			buf_puts(b, " secret");
		if (v->expires_ms != 0)
			buf_printf(b, " ttl=%lld",
			    (long long)(v->expires_ms - h->now_ms) / 1000);
		buf_printf(b, " %zu bytes\n", v->n);
	}
	free(keys);
	(void)pthread_mutex_unlock(&h->lock);
}
