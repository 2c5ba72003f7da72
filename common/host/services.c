/* SPDX-License-Identifier: Apache-2.0 */
/*
 * services.c - the table that plugins call: each entry bounded by its call
 *
 * A service does what the configuration allows this factor, in the time that
 * the call has left. It must never hand out a private key, nor reach an origin
 * that was not configured.
 */
#include <poll.h>

#include "call_kv.h"
#include "dial.h"
#include "factor.h"
#include "http_client.h"
#include "lib/secret.h"
#include "lib/text.h"
#include "lib/timefmt.h"
#include "people.h"
#include "pool.h"
#include "srv.h"
#include "store_wait.h"

#define WAIT_MOST_MS	3600000

static void *
service_alloc(struct csn_call *c, size_t n)
{
	void *p = arena_alloc(&c->arena, n);

	if (p == NULL)
		call_taint(c, "memory budget");
	return p;
}

static int64_t
service_now_ms(struct csn_call *c)
{
	return call_now_ms(c);
}

static int64_t
service_left_ms(struct csn_call *c)
{
	int64_t left = c->deadline_ms - clock_mono_ms();

	return left > 0 ? left : 0;
}

static void
service_random(struct csn_call *c, void *p, size_t n)
{
	(void)c;
	secret_random(p, n);
}

/* Kept for who has to say later why this call came to nothing. */
static void
said_keep(struct csn_call *c, struct csn_str line)
{
	struct buf b;

	buf_init_fixed(&b, c->said, sizeof(c->said));
	text_escape(&b, line, sizeof(c->said) - 8);
	buf_char(&b, '\0');
	if (buf_failed(&b))
		c->said[0] = '\0';
}

static void
service_log(struct csn_call *c, uint32_t severity, struct csn_str line)
{
	struct buf b;

	if (severity >= CSN_WARN)
		said_keep(c, line);
	buf_init(&b, 4096);
	buf_puts(&b, "factor ");
	buf_str_put(&b, c->factor->cf->name);
	buf_puts(&b, ": ");
	text_escape(&b, line, 1024);
	c->host->log(c->host->log_arg, severity <= CSN_FAIL ? severity :
	    CSN_FAIL, buf_str(&b));
	buf_free(&b);
}

static void
service_audit(struct csn_call *c, struct csn_str event,
    struct csn_pairs pairs)
{
	if (c->quiet || !call_may_block(c))
		return;
	/* an event that cannot be written must not be followed by a grant */
	if (c->host->audit(c->host->audit_arg, c->factor->cf->name, event,
	    c->reference, pairs) < 0)
		call_taint(c, "audit log");
}

static struct call_finding *
finding_new(struct csn_call *c)
{
	struct call_finding *f;

	if (c->findings == NULL)
		c->findings = arena_array(&c->arena, CALL_FINDINGS_MAX,
		    sizeof(*f));
	if (c->findings == NULL || c->nfindings == CALL_FINDINGS_MAX)
		return NULL;
	f = &c->findings[c->nfindings++];
	memset(f, 0, sizeof(*f));
	return f;
}

static void
service_report(struct csn_call *c, uint32_t severity, uint32_t val,
    struct csn_str text)
{
	struct call_finding *f = finding_new(c);

	if (f == NULL)
		return;
	f->severity = severity <= CSN_FAIL ? severity : CSN_FAIL;
	f->val = val;
	f->text = arena_str(&c->arena, text);
}

static void
service_setting(struct csn_call *c, struct csn_str name,
    struct csn_str value, struct csn_str origin)
{
	struct call_finding *f = finding_new(c);

	if (f == NULL)
		return;
	f->name = arena_str(&c->arena, name);
	f->value = arena_str(&c->arena, value);
	f->origin = arena_str(&c->arena, origin);
}

/* What the factor behind this one will read: 1 operation, or none. */
static size_t
next_op(struct csn_call *c, const struct throttle_key *key,
    struct store_op *op, struct buf *value)
{
	char account[PEOPLE_ACCOUNT_LEN + 1];

	return c->next != NULL && people_account(c->host->sealer, key->realm,
	    key->subject, account) == 0 && ahead_op(c->next, &c->arena,
	    str_from(account), op, value);
}

/* With the record of whom it is about: if this step grants, it is wanted. */
static int
try_reserve(struct csn_call *c, struct throttle_key *key,
    int64_t *ret_until)
{
	const struct conf *conf = c->factor->conf;
	struct store *store = c->host->store;
	struct store_op ops[3];
	uint8_t whose[STORE_KEY_MAX + 1], name[STORE_KEY_MAX + 1];
	struct buf k, person, raw, next;
	int64_t asked_ms = clock_mono_ms();
	size_t n = 2;
	int rc = THROTTLE_FAILED;

	buf_init_fixed(&k, name, sizeof(name));
	buf_init_fixed(&person, whose, sizeof(whose));
	buf_init(&raw, STORE_VALUE_MAX);
	buf_init(&next, STORE_VALUE_MAX);
	people_read_op(&ops[0], &person, key->realm, key->subject, &raw);
	throttle_op(&ops[1], &k, conf, key, call_now_ms(c));
	n += next_op(c, key, &ops[2], &next);
	if (!buf_failed(&k) && !buf_failed(&person) &&
	    store_wait_batch(store, ops, n, call_now_ms(c)) == STORE_OK)
		rc = throttle_judge(store, conf, &ops[1], call_now_ms(c),
		    ret_until);
	if (rc == THROTTLE_LIMIT && c->familiar != NULL)
		rc = throttle_reserve_familiar(store, conf, key, c->familiar(
		    c->familiar_arg, key->realm, key->subject),
		    call_now_ms(c), ret_until);
	c->person_raw = arena_str(&c->arena, buf_str(&raw));
	c->person_read = rc == THROTTLE_OK && c->person_raw.p != NULL &&
	    people_was_read(&ops[0]);
	if (rc == THROTTLE_OK && n == 3) {
		ahead_was_read(&ops[2], asked_ms, &c->next_ahead);
		ahead_keep(&c->arena, &c->next_ahead);
	}
	buf_free(&next);
	buf_free(&k);
	buf_free(&person);
	buf_free(&raw);
	return rc;
}

/* Reserved once per call: the same person again is the same try. */
static int32_t
service_throttle(struct csn_call *c, struct csn_str subject)
{
	struct throttle_key key = { .factor = c->factor->cf->name };
	struct csn_str canonical;
	int64_t until;

	if (call_subject(c, subject, &canonical) < 0)
		return CSN_E_INVALID;
	if (c->reserved)
		return str_equal(canonical, c->reserved_subject) ? CSN_OK :
		    CSN_E_INVALID;
	if (!call_may_block(c))
		return CSN_E_BACKEND;
	if (call_late(c)) {
		call_taint(c, "deadline");
		return CSN_E_DEADLINE;
	}
	key.realm = c->factor->conf->realms[c->factor->cf->realm].name;
	key.subject = canonical;
	if (c->host->store == NULL) {
		call_taint(c, "no store");
		return CSN_E_BACKEND;
	}
	switch (try_reserve(c, &key, &until)) {
	case THROTTLE_OK:
		c->reserved = true;
		c->reserved_subject = canonical;
		c->reserved_place = key.place;
		return CSN_OK;
	case THROTTLE_LIMIT:
		c->limited_until_ms = until;
		return CSN_E_LIMIT;
	default:
		call_taint(c, "a try could not be reserved");
		return CSN_E_BACKEND;
	}
}

static void
service_refresh_soon(struct csn_call *c)
{
	atomic_store(&c->factor->refresh_soon, true);
}

/* ------------------------------------------------------------------ */
/* the network */

static const struct csn_val *
val_of(struct csn_call *c, uint32_t val, uint32_t type)
{
	const struct csn_val *v;

	if (val == 0 || val > c->factor->view.n)
		return NULL;
	v = &c->factor->cf->vals[val - 1];
	return c->factor->plugin->opts[v->opt].type == type ? v : NULL;
}

/* The factor's own certificate and key; the key never leaves the host. */
static int
trust_client(struct csn_call *c, const struct csn_http_req *req,
    struct http_trust *trust)
{
	const struct csn_val *cert;

	if (req->tls_cert == 0 && req->tls_key == 0)
		return 0;
	cert = val_of(c, req->tls_cert, CSN_T_FILE);
	if (cert == NULL || val_of(c, req->tls_key, CSN_T_SECRET) == NULL)
		return -1;
	trust->cert_pem = cert->text;
	trust->key_pem = c->factor->secrets[req->tls_key - 1];
	return trust->key_pem.n > 0 ? 0 : -1;
}

static int32_t
service_http(struct csn_call *c, const struct csn_http_req *req,
    struct csn_http_res *res)
{
	struct http_trust trust = c->factor->trust;
	struct http_request q = { .method = req->method, .url = req->url,
	    .headers = req->headers, .body = req->body,
	    .max_bytes = req->max_bytes,
	    .large = c->arena.budget > CALL_BUDGET,
	    .origins = c->factor->origins, .trust = &trust,
	    .deadline_ms = c->deadline_ms };
	int64_t from_ms;
	struct buf why;
	int32_t rc;

	if (!call_may_block(c))
		return CSN_E_BACKEND;
	if (trust_client(c, req, &trust) < 0)
		return CSN_E_INVALID;
	c->costly = true;
	buf_init(&why, 1024);
	from_ms = call_now_ms(c);
	pool_away(true);
	rc = http_client_fetch(c->host->http, &c->arena, &q, res, &why);
	pool_away(false);
	if (rc == CSN_OK)
		peer_clock_read(&c->clock, res->headers, from_ms,
		    call_now_ms(c));
	if (rc != CSN_OK && why.n > 0)
		service_log(c, CSN_WARN, buf_str(&why));
	buf_free(&why);
	return rc;
}

static int32_t
service_dial(struct csn_call *c, struct csn_str host_port, int32_t *ret_fd)
{
	struct csn_str allowed[64 + 64];
	struct csn_strs list = { allowed, 0 };
	int32_t rc;
	int fd;

	if (!call_may_block(c))
		return CSN_E_BACKEND;
	list.n = factor_dialable(c->factor, allowed, 128);
	pool_away(true);
	rc = dial_connect(host_port, list, c->deadline_ms, &fd);
	pool_away(false);
	if (rc == CSN_OK)
		*ret_fd = fd;
	return rc;
}

/* The time of the call is the most, whatever it asked for. */
static int32_t
service_wait(struct csn_call *c, int32_t fd, uint32_t what, int64_t limit_ms)
{
	int64_t until;
	short events = (short)((what & CSN_W_READ ? POLLIN : 0) |
	    (what & CSN_W_WRITE ? POLLOUT : 0));

	if (!call_may_block(c))
		return CSN_E_BACKEND;
	if (events == 0 || fd < 0 || limit_ms < 0)
		return CSN_E_INVALID;
	until = clock_mono_ms() + (limit_ms < WAIT_MOST_MS ? limit_ms :
	    WAIT_MOST_MS);
	if (until > c->deadline_ms)
		until = c->deadline_ms;
	return pool_wait_fd(fd, events, until) == 0 ? CSN_OK :
	    CSN_E_DEADLINE;
}

/* The domain that targets must lie under is the name without its service
 * and protocol labels (security.md O4). */
static int32_t
service_srv(struct csn_call *c, struct csn_str name, struct csn_strs *ret)
{
	struct srv_query q = { .name = name, .deadline_ms = c->deadline_ms };
	struct csn_str rest = name, label;
	int32_t rc;

	if (!call_may_block(c))
		return CSN_E_BACKEND;
	for (int i = 0; i < 2; i++)
		if (!str_cut(&rest, '.', &label) || label.n < 2 ||
		    label.p[0] != '_')
			return CSN_E_INVALID;
	if (!factor_names_domain(c->factor, rest))
		return CSN_E_INVALID;
	q.domain = rest;
	pool_away(true);
	rc = srv_lookup(&q, &c->arena, ret);
	pool_away(false);
	for (size_t i = 0; rc == CSN_OK && i < ret->n; i++) {
		struct csn_str host;
		uint16_t port;

		factor_allow_dial(c->factor, ret->v[i]);
		/* `_ldap` tells the clear port; TLS from the first byte is on
		 * 636 of the same host */
		if (dial_parse(ret->v[i], &host, &port) == 0)
			factor_allow_dial(c->factor, arena_printf(&c->arena,
			    "%.*s:636", STR_FMT(host)));
	}
	return rc;
}

/* ------------------------------------------------------------------ */
/* secrets and keys */

static int32_t
service_secret(struct csn_call *c, uint32_t val, struct csn_str *ret)
{
	struct csn_str s;

	if (!call_may_block(c))
		return CSN_E_BACKEND;
	if (val_of(c, val, CSN_T_SECRET) == NULL)
		return CSN_E_INVALID;
	s = c->factor->secrets[val - 1];
	/* a private key stays in the host: sign() and decrypt() use it */
	if (str_find(s, STR("PRIVATE KEY-----")) >= 0)
		return CSN_E_INVALID;
	*ret = arena_str(&c->arena, s);
	if (ret->p != NULL)
		return CSN_OK;
	call_taint(c, "memory budget");
	return CSN_E_LIMIT;
}

static struct key_ops *
key_of(struct csn_call *c, uint32_t val)
{
	struct factor *f = c->factor;
	struct key_ops *key;
	struct buf why;

	if (val_of(c, val, CSN_T_SECRET) == NULL)
		return NULL;
	pthread_mutex_lock(&f->lock);
	key = f->keys[val - 1];
	if (key == NULL) {
		buf_init(&why, 1024);
		key = key_ops_load(f->secrets[val - 1], &why);
		f->keys[val - 1] = key;
		if (key == NULL)
			service_log(c, CSN_FAIL, buf_str(&why));
		buf_free(&why);
	}
	pthread_mutex_unlock(&f->lock);
	return key;
}

static int32_t
service_sign(struct csn_call *c, uint32_t val, struct csn_str alg,
    struct csn_str data, struct csn_str *ret)
{
	struct key_ops *key = key_of(c, val);

	return key == NULL ? CSN_E_INVALID :
	    key_ops_sign(key, alg, data, &c->arena, ret);
}

static int32_t
service_decrypt(struct csn_call *c, uint32_t val, struct csn_str alg,
    struct csn_pairs params, struct csn_str data, struct csn_str *ret)
{
	struct key_ops *key = key_of(c, val);

	c->costly = true;
	return key == NULL ? CSN_E_INVALID :
	    key_ops_decrypt(key, alg, params, data, &c->arena, ret);
}

static int32_t
service_public_key(struct csn_call *c, uint32_t val, struct csn_str *ret)
{
	struct key_ops *key = key_of(c, val);

	return key == NULL ? CSN_E_INVALID :
	    key_ops_public(key, &c->arena, ret);
}

const struct csn_host call_services = {
	.struct_size = sizeof(call_services),
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
	.kv_get = call_kv_get,
	.kv_put = call_kv_put,
	.kv_put_new = call_kv_put_new,
	.kv_swap = call_kv_swap,
	.kv_count = call_kv_count,
	.kv_del = call_kv_del,
	.kv_list = call_kv_list,
	.kv_batch = call_kv_batch,
	.http = service_http,
	.dial = service_dial,
	.srv = service_srv,
	.secret = service_secret,
	.sign = service_sign,
	.decrypt = service_decrypt,
	.public_key = service_public_key,
	.kv_swap_with = call_kv_swap_with,
	.wait = service_wait,
};
