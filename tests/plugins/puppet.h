/* SPDX-License-Identifier: Apache-2.0 */
/*
 * puppet.h - a plugin that does what its form says, the forbidden included
 *
 * Its one prompt is a line of words: "grant subject=ann groups=a,b ago=30",
 * "code", "verdict=1", "state=16385". So a test, as a browser, decides what a
 * factor answers, and everything between the two is real. puppet.so
 * identifies, stick.so is a second factor with a device per account. It must
 * never be installed.
 */
#ifndef TESTS_PLUGINS_PUPPET_H
#define TESTS_PLUGINS_PUPPET_H

#include <countersign/plugin.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define S(literal) ((struct csn_str){ literal, sizeof(literal) - 1 })
#define LIST_MAX 20u

struct puppet { const struct csn_host *host; struct csn_str label; };

/* One call: who asked, what it says. */
struct act {
	const struct csn_host *host;
	struct csn_call *call;
	const struct csn_req *req;
	struct csn_reply *reply;
	struct csn_str line;		/* the words */
	struct csn_str label;		/* of its prompt */
	uint32_t verdict;
};

static inline bool
act_next(struct csn_str *line, struct csn_str *ret_key, struct csn_str *ret)
{
	size_t n = 0, eq;

	while (line->n > 0 && line->p[0] == ' ')
		line->p++, line->n--;
	while (n < line->n && line->p[n] != ' ')
		n++;
	for (eq = 0; eq < n && line->p[eq] != '=';)
		eq++;
	*ret_key = (struct csn_str){ line->p, eq };
	*ret = (struct csn_str){ line->p + eq + (eq < n),
	    n - eq - (eq < n) };
	line->p += n;
	line->n -= n;
	return n > 0;
}

static inline bool
key_is(struct csn_str key, const char *name)
{
	return key.n == strlen(name) && memcmp(key.p, name, key.n) == 0;
}

static inline int64_t
number_of(struct csn_str s)
{
	char text[24] = "";

	memcpy(text, s.p, s.n < sizeof(text) - 1 ? s.n : sizeof(text) - 1);
	return strtoll(text, NULL, 0);
}

/* n bytes 'x', of the call's memory. */
static inline struct csn_str
act_bytes(struct act *a, int64_t n)
{
	char *p = a->host->alloc(a->call, (size_t)n + 1);

	if (p == NULL)
		return (struct csn_str){ NULL, 0 };
	memset(p, 'x', (size_t)n);
	p[n] = '\0';
	return (struct csn_str){ p, (size_t)n };
}

static inline struct csn_strs
act_list(struct act *a, struct csn_str s)
{
	struct csn_str *v = a->host->alloc(a->call, LIST_MAX * sizeof(*v));
	size_t n = 0, i = 0;

	while (v != NULL && s.n > 0 && n < LIST_MAX) {
		for (i = 0; i < s.n && s.p[i] != ',';)
			i++;
		v[n++] = (struct csn_str){ s.p, i };
		i += i < s.n;
		s.p += i;
		s.n -= i;
	}
	return (struct csn_strs){ v, n };
}

static inline void
act_prompts(struct act *a, int64_t n)
{
	struct csn_prompt *v;
	char *names;

	v = a->host->alloc(a->call, (size_t)n * sizeof(*v));
	names = a->host->alloc(a->call, (size_t)n * 4);
	if (v == NULL || names == NULL)
		return;
	memset(v, 0, (size_t)n * sizeof(*v));
	for (int64_t i = 0; i < n; i++) {
		char *name = names + i * 4;

		name[0] = 'p';
		name[1] = (char)('a' + i / 26);
		name[2] = (char)('a' + i % 26);
		v[i].name = i == 0 ? S("do") : (struct csn_str){ name, 3 };
		v[i].label = a->label;
		v[i].value = S("");
		v[i].kind = CSN_P_TEXT;
		v[i].max_bytes = 4000;
	}
	a->reply->prompts = v;
	a->reply->nprompts = (size_t)n;
	a->reply->prompt_size = sizeof(*v);
}

static inline uint32_t
act_form(struct act *a)
{
	a->reply->action = CSN_A_FORM;
	act_prompts(a, 1);
	return CSN_CONTINUE;
}

static inline void
act_grant(struct act *a)
{
	a->verdict = CSN_GRANT;
	a->reply->exchange = a->req->exchange;
	a->reply->auth_time_ms = a->host->now_ms(a->call);
}

/* Whom the try counts against is told before anything is looked at. */
static inline void
act_try(struct act *a, struct csn_str who)
{
	if (a->host->throttle(a->call, who) == CSN_OK) {
		/* a test counts these */
		char text[80] = "tried ";

		memcpy(text + 6, who.p, who.n < 70 ? who.n : 70);
		a->host->log(a->call, CSN_INFO, (struct csn_str){ text,
		    strlen(text) });
		return;
	}
	a->verdict = CSN_DENY;
	a->reply->reason = CSN_R_THROTTLED;
	a->line.n = 0;
}

/* A second factor of one device per account, enrolled where that is allowed,
 * or with `force` whatever the host said. */
static inline void
act_device(struct act *a, bool force)
{
	struct csn_str key = a->req->account, value;
	int32_t rc = a->host->kv_get(a->call, key, &value);

	if ((a->req->flags & CSN_RQ_MAY_ENROL) != 0)
		a->host->log(a->call, CSN_INFO, S("may enrol"));
	act_grant(a);
	if (rc == CSN_OK && !force)
		return;
	if (rc != CSN_E_ABSENT && !force)
		return;		/* the host knows that it failed */
	if (!force && (a->req->flags & CSN_RQ_MAY_ENROL) == 0) {
		memset(a->reply, 0, sizeof(*a->reply));
		a->reply->reason = CSN_R_NOT_ENROLLED;
		a->verdict = CSN_DENY;
		return;
	}
	a->reply->flags = CSN_RP_ENROLLED;
	if (a->host->kv_put_new(a->call, key, S("device"), 0,
	    CSN_KV_DURABLE | CSN_KV_SECRET) != CSN_OK && !force)
		a->verdict = CSN_DENY;
}

/* A code that is good once, on all nodes together, for ever. */
static inline void
act_once(struct act *a, struct csn_str code)
{
	struct csn_str value;

	if (a->host->kv_get(a->call, a->req->account, &value) == CSN_OK &&
	    a->host->kv_put_new(a->call, code, S("used"), 0,
	    CSN_KV_DURABLE) == CSN_OK)
		act_grant(a);
	else
		a->verdict = CSN_DENY;
}

/* The last of the services, which check-abi's shorter header has not. */
#ifdef PUPPET_SHORTER
#define SWAP_WITH(host, ...)	(host)->kv_swap(__VA_ARGS__)
#else
#define SWAP_WITH(host, ...)	(host)->kv_swap_with(__VA_ARGS__)
#endif

/* A value that is good once as well, swapped with what the words lead to. */
static inline void
act_swap(struct act *a, struct csn_str key)
{
	struct csn_str value;

	if (a->host->kv_get(a->call, key, &value) == CSN_E_ABSENT) {
		(void)a->host->kv_put(a->call, key, S("good"), 0,
		    CSN_KV_DURABLE);
		(void)a->host->kv_get(a->call, key, &value);
	}
	if (!key_is(value, "good") || SWAP_WITH(a->host, a->call, key,
	    value, S("used")) != CSN_OK) {
		a->verdict = CSN_DENY;
		a->line.n = 0;
	}
}

static inline void
act_fail_store(struct act *a)
{
	struct csn_str ret;

	/* what is asked of the store is not looked at: the host must */
	(void)a->host->kv_get(a->call, S("anything"), &ret);
	(void)a->host->kv_put(a->call, S("anything"), S("x"), 60, 0);
}

/* To a provider that nobody named, and back at the one endpoint: where is the
 * last of a reply's fields, which check-abi's shorter header has not. */
static inline void
act_away(struct act *a)
{
	static const char place[] = "https://op.example.org/?state=";
	char *url = a->host->alloc(a->call, sizeof(place) + a->req->resume.n);

	if (url == NULL)
		return;
	memcpy(url, place, sizeof(place) - 1);
	memcpy(url + sizeof(place) - 1, a->req->resume.p, a->req->resume.n);
	a->verdict = CSN_CONTINUE;
	a->reply->action = CSN_A_REDIRECT;
	a->reply->flags = CSN_RP_VERIFIED;
#ifndef PUPPET_SHORTER
	a->reply->back_at = 1;
#endif
	a->reply->url = (struct csn_str){ url,
	    sizeof(place) - 1 + a->req->resume.n };
}

/* Hangs until a file is there, or nearly until the call is too late. */
static inline void
act_until(struct csn_str path)
{
	struct timespec t = { 0, 5000000 };
	char name[300] = "";

	if (path.n < sizeof(name))
		memcpy(name, path.p, path.n);
	for (int i = 0; i < 2600 && access(name, F_OK) < 0; i++)
		nanosleep(&t, NULL);
}

/* Never freed, but to be found: a leak checker need not tell of it. */
static inline void
act_leak(size_t n)
{
	static void *leaked;
	void **p = malloc(n + sizeof(*p));

	if (p == NULL)
		return;
	*p = leaked;
	leaked = p;
}

/* Words that break a rule, or a process. */
static inline bool
act_evil(struct act *a, struct csn_str key, struct csn_str v)
{
	struct csn_reply *r = a->reply;

	if (key_is(key, "verdict"))
		a->verdict = (uint32_t)number_of(v);
	else if (key_is(key, "echo"))
		r->exchange = v;
	else if (key_is(key, "action"))
		r->action = (uint32_t)number_of(v);
	else if (key_is(key, "state"))
		r->state = act_bytes(a, number_of(v));
	else if (key_is(key, "keep"))
		r->keep = act_bytes(a, number_of(v));
	else if (key_is(key, "prompts"))
		act_prompts(a, number_of(v));
	else if (key_is(key, "stride"))
		r->prompt_size = (uint32_t)number_of(v);
	else if (key_is(key, "url"))
		r->url = v;
	else if (key_is(key, "wait"))
		r->wait_ms = (uint32_t)number_of(v);
	else if (key_is(key, "nul"))
		r->message = S("a\0b");
	else if (key_is(key, "reason"))
		r->reason = (uint32_t)number_of(v);
	else if (key_is(key, "flags"))
		r->flags = (uint32_t)number_of(v);
	else if (key_is(key, "store"))
		act_fail_store(a);
	else if (key_is(key, "alloc"))
		(void)a->host->alloc(a->call, (size_t)number_of(v));
	else if (key_is(key, "leak"))
		act_leak((size_t)number_of(v));
	else if (key_is(key, "until"))
		act_until(v);
	else if (key_is(key, "crash"))
		abort();
	else if (key_is(key, "amr"))
		r->amr = (struct csn_strs){ NULL, 3 };
	else
		return false;
	return true;
}

static inline void
act_word(struct act *a, struct csn_str key, struct csn_str v)
{
	struct csn_reply *r = a->reply;

	if (key_is(key, "grant")) {
		act_grant(a);
	} else if (key_is(key, "deny")) {
		a->verdict = CSN_DENY;
		r->reason = CSN_R_CREDENTIAL;
	} else if (key_is(key, "again")) {
		a->verdict = act_form(a);
		r->reason = CSN_R_CREDENTIAL;
	} else if (key_is(key, "ask")) {
		a->verdict = act_form(a);
	} else if (key_is(key, "away")) {
		act_away(a);
	} else if (key_is(key, "try")) {
		act_try(a, v);
	} else if (key_is(key, "subject")) {
		r->subject = v;
	} else if (key_is(key, "id")) {
		r->subject_id = v;
	} else if (key_is(key, "groups")) {
		r->groups = act_list(a, v);
		r->flags |= CSN_RP_GROUPS;
	} else if (key_is(key, "group")) {
		/* one, as it is: with a comma in it too */
		struct csn_str *one = a->host->alloc(a->call, sizeof(*one));

		if (one != NULL)
			*one = v;
		r->groups = (struct csn_strs){ one, one != NULL };
		r->flags |= CSN_RP_GROUPS;
	} else if (key_is(key, "acr")) {
		r->acr = v;
	} else if (key_is(key, "ago")) {
		r->auth_time_ms -= number_of(v) * 1000;
	} else if (key_is(key, "untold")) {
		r->auth_time_ms = 0;
	} else if (key_is(key, "remembered")) {
		r->flags |= CSN_RP_REMEMBERED;
	} else if (key_is(key, "recovery")) {
		r->flags |= CSN_RP_RECOVERY;
	} else if (key_is(key, "code")) {
		act_device(a, false);
	} else if (key_is(key, "renew")) {
		r->keep = v;
		r->flags |= CSN_RP_RENEW;
	} else if (key_is(key, "once")) {
		act_once(a, v);
	} else if (key_is(key, "swap")) {
		act_swap(a, v);
	} else if (key_is(key, "force")) {
		act_device(a, true);
	} else if (!act_evil(a, key, v)) {
		a->verdict = CSN_ERROR;
		a->line.n = 0;
	}
}

static inline uint32_t
puppet_step(const void *inst, struct csn_call *call,
    const struct csn_req *req, struct csn_reply *reply)
{
	const struct puppet *p = inst;
	struct act a = { p->host, call, req, reply, { NULL, 0 }, p->label,
	    CSN_ERROR };
	struct csn_str key, value;

	if (req->event == CSN_EV_WAKE)
		p->host->log(call, CSN_INFO, S("woken"));
	else if (req->event != CSN_EV_FORM)
		return act_form(&a);
	if (req->event == CSN_EV_WAKE && req->params.n == 0)
		return act_form(&a);
	for (size_t i = 0; i < req->params.n; i++)
		if (key_is(req->params.v[i].name, "do"))
			a.line = req->params.v[i].value;
	while (act_next(&a.line, &key, &value))
		act_word(&a, key, value);
	return a.verdict;
}

/* One device, "one", for who has enrolled; an operation does as its form says,
 * and tells the log that it changed something. */
static inline uint32_t
puppet_manage(const void *inst, struct csn_call *call,
    const struct csn_req *req, struct csn_reply *reply)
{
	const struct puppet *p = inst;
	struct act a = { p->host, call, req, reply, { NULL, 0 }, p->label,
	    CSN_ERROR };
	struct csn_item *item = p->host->alloc(call, 2 * sizeof(*item));
	struct csn_str value, words = { NULL, 0 };

	for (size_t i = 0; i < req->params.n; i++)
		if (key_is(req->params.v[i].name, "do"))
			words = req->params.v[i].value;
	if (item == NULL)
		return CSN_ERROR;
	memset(item, 0, 2 * sizeof(*item));
	item[0].id = item[0].title = S("one");
	item[1].id = item[1].title = S("two");
	reply->items = item;
	reply->item_size = sizeof(*item);
	if (req->op == 0) {
		reply->nitems = p->host->kv_get(call, req->account,
		    &value) == CSN_OK ? 2 : 0;
		return CSN_DONE;
	}
	if (req->op == 1 && words.n == 0)
		return act_form(&a);
	if (key_is(words, "no"))
		return CSN_DENY;
	if (p->host->kv_put(call, S("changed"), req->account, 0,
	    CSN_KV_DURABLE) != CSN_OK)
		return CSN_ERROR;
	p->host->log(call, CSN_INFO, S("changed something"));
	return CSN_DONE;
}

static const struct csn_endpoint puppet_endpoints[] = {
	{ "callback", "state", CSN_EP_GET, 0 },
};

static const struct csn_op puppet_ops[] = {
	{ .name = "list", .help = "Shows it.", .params = "",
	    .flags = CSN_OP_SELF },
	{ .name = "add", .help = "Adds one.", .params = "",
	    .flags = CSN_OP_SELF | CSN_OP_FRESH },
	{ .name = "remove", .help = "Removes one.", .params = "",
	    .flags = CSN_OP_SELF | CSN_OP_FRESH },
};

/* What is kept is a number. Each renewal counts it up and tells a group of
 * that name; after 2 the answer is no, and a 9 gets none at all. */
static inline uint32_t
puppet_serve(const void *inst, struct csn_call *call,
    const struct csn_req *req, struct csn_reply *reply)
{
	const struct puppet *p = inst;
	struct csn_str *group = p->host->alloc(call, sizeof(*group));
	char *text = p->host->alloc(call, 32);
	int64_t n = number_of(req->keep);

	if (req->event != CSN_EV_RENEW || text == NULL || group == NULL)
		return CSN_ERROR;
	memcpy(text, "renewed from N", 15);
	text[13] = (char)('0' + n % 10);
	p->host->log(call, CSN_INFO, (struct csn_str){ text, 14 });
	if (n >= 2)
		return n == 9 ? CSN_ERROR : CSN_DENY;
	text[16] = 'g';
	text[17] = (char)('1' + n);
	text[18] = '\0';
	*group = (struct csn_str){ text + 16, 2 };
	reply->subject = req->subject;
	reply->groups = (struct csn_strs){ group, 1 };
	reply->keep = (struct csn_str){ text + 17, 1 };
	reply->flags = CSN_RP_GROUPS | CSN_RP_RENEW;
	return CSN_DONE;
}

static inline int32_t
puppet_open(const struct csn_host *host, struct csn_call *call,
    const struct csn_conf *conf, void **ret_inst)
{
	struct puppet *p = malloc(sizeof(*p));

	if (p == NULL) {
		host->report(call, CSN_FAIL, 0, S("out of memory"));
		return CSN_E_BACKEND;
	}
	p->host = host;
	/* so that a test knows who asks: the factor's own name */
	p->label = (struct csn_str){ strndup(conf->factor.p, conf->factor.n),
	    conf->factor.n };
	*ret_inst = p;
	return CSN_OK;
}

static inline void
puppet_close(void *inst)
{
	struct puppet *p = inst;

	free((void *)(uintptr_t)p->label.p);
	free(p);
}

static inline int32_t
puppet_selftest(const void *inst, struct csn_call *call, uint32_t live)
{
	(void)inst;
	(void)call;
	(void)live;
	return CSN_OK;
}

static const struct csn_opt puppet_opts[] = {
	{ .name = "issuer", .type = CSN_T_STRING, .fallback = "none",
	    .help = "A setting that says whom we trust." },
};

#define PUPPET(puppet_name, puppet_caps)				\
	.struct_size = sizeof(struct csn_plugin),			\
	.caps = puppet_caps, .opt_size = sizeof(struct csn_opt),	\
	.name = puppet_name, .version = "1.0", .summary = "For tests.",	\
	.opts = puppet_opts, .nopts = 1, .open = puppet_open,		\
	.close = puppet_close, .step = puppet_step,			\
	.serve = puppet_serve, .manage = puppet_manage,			\
	.ops = puppet_ops, .nops = 3, .op_size = sizeof(struct csn_op),	\
	.endpoints = puppet_endpoints, .nendpoints = 1,			\
	.endpoint_size = sizeof(struct csn_endpoint),			\
	.selftest = puppet_selftest

#endif
