/* SPDX-License-Identifier: Apache-2.0 */
/*
 * harness_host.c - the services that need neither store nor network, and the
 * table of all
 */
#include <poll.h>
#include <stdlib.h>

#include "lib/secret.h"
#include "lib/text.h"

#include "harness_int.h"

#define LINE_MAX_BYTES	2000

void
call_start(struct csn_call *call, struct harness *h)
{
	memset(call, 0, sizeof(*call));
	call->harness = h;
	arena_init(&call->arena, h->budget);
}

void
call_taint(struct csn_call *call, const char *why)
{
	if (call->tainted == NULL)
		call->tainted = why;
}

struct csn_str
call_copy(struct csn_call *call, struct csn_str s)
{
	struct csn_str copy = arena_str(&call->arena, s);

	if (copy.p == NULL) {
		call_taint(call, "memory budget");
		return STR("");
	}
	return copy;
}

const char *
harness_severity_name(uint32_t severity)
{
	static const char *const name[] = { "DEBUG", "INFO", "WARN", "FAIL" };

	return severity <= CSN_FAIL ? name[severity] : "UNKNOWN";
}

static void *
service_alloc(struct csn_call *call, size_t n)
{
	void *p = arena_alloc(&call->arena, n);

	if (p == NULL)
		call_taint(call, "memory budget");
	return p;
}

static int64_t
service_now_ms(struct csn_call *call)
{
	return harness_now(call->harness);
}

static int64_t
service_left_ms(struct csn_call *call)
{
	return call->harness->left_ms;
}

/* splitmix64: the same bytes for the same seed on every machine */
static uint64_t
seeded_next(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static void
service_random(struct csn_call *call, void *p, size_t n)
{
	struct harness *h = call->harness;
	uint8_t *at = p;

	(void)pthread_mutex_lock(&h->lock);
	if (h->seed == 0)
		secret_random(p, n);
	else
		for (size_t i = 0; i < n; i++)
			at[i] = (uint8_t)(seeded_next(&h->seed) >> 56);
	(void)pthread_mutex_unlock(&h->lock);
}

static void
put_pairs(struct buf *b, struct csn_pairs pairs)
{
	for (size_t i = 0; i < pairs.n; i++) {
		buf_char(b, ' ');
		text_escape(b, pairs.v[i].name, LINE_MAX_BYTES);
		buf_char(b, '=');
		text_escape(b, pairs.v[i].value, LINE_MAX_BYTES);
	}
}

static void
service_log(struct csn_call *call, uint32_t severity, struct csn_str text)
{
	struct harness *h = call->harness;

	(void)pthread_mutex_lock(&h->lock);
	buf_printf(&h->log, "log %s ", harness_severity_name(severity));
	text_escape(&h->log, text, LINE_MAX_BYTES);
	buf_char(&h->log, '\n');
	(void)pthread_mutex_unlock(&h->lock);
}

static void
service_audit(struct csn_call *call, struct csn_str event,
    struct csn_pairs pairs)
{
	struct harness *h = call->harness;

	(void)pthread_mutex_lock(&h->lock);
	buf_puts(&h->log, "audit ");
	text_escape(&h->log, event, LINE_MAX_BYTES);
	put_pairs(&h->log, pairs);
	buf_char(&h->log, '\n');
	(void)pthread_mutex_unlock(&h->lock);
}

static const char *
val_name(const struct harness *h, uint32_t val)
{
	if (val == 0)
		return "-";
	if (val > h->conf.n)
		harness_die("report() about a value", "that is not there");
	return harness_opt(h, h->conf.v[val - 1].opt)->name;
}

static void
service_report(struct csn_call *call, uint32_t severity, uint32_t val,
    struct csn_str text)
{
	struct harness *h = call->harness;

	(void)pthread_mutex_lock(&h->lock);
	buf_printf(&h->log, "report %s %s: ", harness_severity_name(severity),
	    val_name(h, val));
	text_escape(&h->log, text, LINE_MAX_BYTES);
	buf_char(&h->log, '\n');
	(void)pthread_mutex_unlock(&h->lock);
}

static void
service_setting(struct csn_call *call, struct csn_str name,
    struct csn_str value, struct csn_str origin)
{
	struct harness *h = call->harness;

	(void)pthread_mutex_lock(&h->lock);
	buf_printf(&h->log, "setting %.*s=", STR_FMT(name));
	text_escape(&h->log, value, LINE_MAX_BYTES);
	buf_printf(&h->log, " (%.*s)\n", STR_FMT(origin));
	(void)pthread_mutex_unlock(&h->lock);
}

static int32_t
service_throttle(struct csn_call *call, struct csn_str subject)
{
	struct harness *h = call->harness;
	struct buf b;
	int32_t rc;

	(void)pthread_mutex_lock(&h->lock);
	h->throttle_calls++;
	buf_init_fixed(&b, h->throttle_subject, sizeof(h->throttle_subject));
	buf_str_put(&b, subject);
	rc = h->throttle;
	(void)pthread_mutex_unlock(&h->lock);
	return rc;
}

static void
service_refresh_soon(struct csn_call *call)
{
	struct harness *h = call->harness;

	(void)pthread_mutex_lock(&h->lock);
	h->refresh_soon_calls++;
	(void)pthread_mutex_unlock(&h->lock);
}

static int32_t
service_secret(struct csn_call *call, uint32_t val, struct csn_str *ret)
{
	struct harness *h = call->harness;

	if (val == 0 || val > h->conf.n || h->secrets[val - 1].p == NULL)
		return CSN_E_ABSENT;
	*ret = call_copy(call, h->secrets[val - 1]);
	return CSN_OK;
}

static int32_t
service_wait(struct csn_call *c, int32_t fd, uint32_t what, int64_t limit_ms)
{
	struct pollfd p = { .fd = fd, .events =
	    (short)((what & CSN_W_READ ? POLLIN : 0) |
	    (what & CSN_W_WRITE ? POLLOUT : 0)) };

	(void)c;
	return poll(&p, 1, (int)limit_ms) > 0 ? CSN_OK : CSN_E_DEADLINE;
}

const struct csn_host harness_host = {
	.struct_size = sizeof(struct csn_host),
	.abi_minor = CSN_ABI_MINOR,
	.alloc = service_alloc,
	.now_ms = service_now_ms,
	.left_ms = service_left_ms,
	.random = service_random,
	.log = service_log,
	.audit = service_audit,
	.report = service_report,
	.setting = service_setting,
	.throttle = service_throttle,
	.refresh_soon = service_refresh_soon,
	.kv_get = service_kv_get,
	.kv_put = service_kv_put,
	.kv_put_new = service_kv_put_new,
	.kv_swap = service_kv_swap,
	.kv_count = service_kv_count,
	.kv_del = service_kv_del,
	.kv_list = service_kv_list,
	.kv_batch = service_kv_batch,
	.http = service_http,
	.dial = service_dial,
	.srv = service_srv,
	.secret = service_secret,
	.sign = service_sign,
	.decrypt = service_decrypt,
	.public_key = service_public_key,
	.kv_swap_with = service_kv_swap,	/* before the answer: now */
	.wait = service_wait,
};

void
harness_time(struct harness *h, int64_t ms)
{
	(void)pthread_mutex_lock(&h->lock);
	h->now_ms = ms;
	(void)pthread_mutex_unlock(&h->lock);
}

int64_t
harness_now(struct harness *h)
{
	int64_t ms;

	(void)pthread_mutex_lock(&h->lock);
	ms = h->now_ms;
	(void)pthread_mutex_unlock(&h->lock);
	return ms;
}

void
harness_left(struct harness *h, int64_t ms)
{
	h->left_ms = ms;
}

void
harness_seed(struct harness *h, uint64_t seed)
{
	h->seed = seed;
}

void
harness_budget(struct harness *h, size_t budget)
{
	h->budget = budget;
}

const char *
harness_log(struct harness *h)
{
	return h->log.n == 0 ? "" : (const char *)h->log.p;
}

void
harness_log_clear(struct harness *h)
{
	buf_clear(&h->log);
}

bool
harness_logged(struct harness *h, const char *part)
{
	return strstr(harness_log(h), part) != NULL;
}

void
harness_throttle(struct harness *h, int32_t answer)
{
	h->throttle = answer;
}

unsigned
harness_throttle_calls(struct harness *h)
{
	return h->throttle_calls;
}

unsigned
harness_refresh_soon_calls(struct harness *h)
{
	return h->refresh_soon_calls;
}

const char *
harness_throttle_subject(struct harness *h)
{
	return h->throttle_subject;
}
