/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin_harness.c - the plugin, and the calls into it
 *
 * As in the host, a reply is zeroed before the call, the verdict is believed
 * only after every rule, and what the plugin left in the call's memory is
 * copied before it is wiped.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/url.h"

#include "harness_int.h"

#define MEMORY_MAX	((size_t)64 * 1024 * 1024)
#define BUDGET		((size_t)8 * 1024 * 1024)
#ifdef CSN_SANITIZED
#define LEFT_MS		60000	/* slow where it is watched */
#else
#define LEFT_MS		10000
#endif

_Noreturn void
harness_die(const char *what, const char *name)
{
	(void)fprintf(stderr, "harness: %s: %s\n", what, name);
	abort();
}

struct csn_str
harness_copy(struct harness *h, struct csn_str s)
{
	struct csn_str copy;

	(void)pthread_mutex_lock(&h->lock);
	copy = arena_str(&h->memory, s);
	(void)pthread_mutex_unlock(&h->lock);
	if (copy.p == NULL)
		harness_die("out of memory", "harness_copy");
	return copy;
}

struct harness *
harness_new(const struct csn_plugin *plugin)
{
	struct harness *h = calloc(1, sizeof(*h));

	if (h == NULL || pthread_mutex_init(&h->lock, NULL) != 0)
		harness_die("out of memory", "harness_new");
	h->plugin = plugin;
	h->now_ms = HARNESS_TIME_MS;
	h->left_ms = LEFT_MS;
	h->budget = BUDGET;
	h->options_end = &h->options;
	h->throttle = CSN_OK;
	arena_init(&h->memory, MEMORY_MAX);
	buf_init(&h->log, 0);
	h->kv = table_new();
	if (h->kv == NULL)
		harness_die("out of memory", "harness_new");
	return h;
}

struct harness *
harness_load(const char *so_path)
{
	void *library = dlopen(so_path, RTLD_NOW | RTLD_LOCAL);
	const void *symbol;
	struct harness *h;

	if (library == NULL) {
		(void)fprintf(stderr, "harness: %s\n", dlerror());
		return NULL;
	}
	symbol = dlsym(library, "countersign_plugin_1");
	if (symbol == NULL) {
		(void)fprintf(stderr, "harness: %s is no plugin\n", so_path);
		(void)dlclose(library);
		return NULL;
	}
	h = harness_new(symbol);
	h->library = library;
	return h;
}

struct harness *
harness_load_built(const char *so_path)
{
	const char *top = getenv("CSN_TOP_BUILDDIR");
	char path[4096];

	if (snprintf(path, sizeof(path), "%s/%s", top != NULL ? top : ".",
	    so_path) >= (int)sizeof(path))
		harness_die("too long a path", so_path);
	return harness_load(path);
}

static void
instance_close(struct harness *h)
{
	if (h->open && h->plugin->close != NULL)
		h->plugin->close(h->inst);
	h->open = false;
	h->inst = NULL;
}

void
harness_options_clear(struct harness *h)
{
	for (struct harness_option *o = h->options; o != NULL; o = o->next)
		buf_free(&o->value);
	h->options = NULL;
	h->options_end = &h->options;
}

void
harness_free(struct harness *h)
{
	if (h == NULL)
		return;
	instance_close(h);
	harness_options_clear(h);
	table_free(h->kv, harness_kv_free);
	buf_free(&h->log);
	arena_free(&h->memory);
	(void)pthread_mutex_destroy(&h->lock);
	/* the library stays: a leak checker must still find its names */
	free(h);
}

int32_t
harness_open(struct harness *h)
{
	struct csn_call call;
	int32_t rc;

	instance_close(h);
	call_start(&call, h);
	if (harness_conf_make(h, &call) < 0)
		rc = CSN_E_INVALID;
	else
		rc = h->plugin->open(&harness_host, &call, &h->conf, &h->inst);
	if (rc == CSN_OK && call.tainted != NULL)
		harness_die("open() passed in a tainted call", call.tainted);
	h->open = rc == CSN_OK;
	arena_free(&call.arena);
	return rc;
}

void
harness_must_open(struct harness *h)
{
	if (harness_open(h) != CSN_OK)
		harness_die("open() failed", harness_log(h));
}

static uint32_t
plugin_ask(struct harness *h, enum harness_function f, struct csn_call *call,
    const struct csn_req *req, struct csn_reply *reply)
{
	const struct csn_plugin *p = h->plugin;

	switch (f) {
	case HARNESS_STEP:
		return p->step(h->inst, call, req, reply);
	case HARNESS_MANAGE:
		return p->manage == NULL ? CSN_ERROR :
		    p->manage(h->inst, call, req, reply);
	case HARNESS_SERVE:
		return p->serve == NULL ? CSN_ERROR :
		    p->serve(h->inst, call, req, reply);
	}
	return CSN_ERROR;
}

static void
ask(struct harness *h, enum harness_function f, const struct csn_req *req,
    struct harness_answer *ret)
{
	struct csn_reply reply = { .struct_size = sizeof(reply) };
	struct csn_call call;

	if (!h->open)
		harness_die("not open", h->plugin->name);
	memset(ret, 0, sizeof(*ret));
	arena_init(&ret->keep, MEMORY_MAX);
	call_start(&call, h);
	ret->said = plugin_ask(h, f, &call, req, &reply);
	ret->tainted = call.tainted;
	ret->broken = rules_check(h, f, req, ret->said, &reply);
	if (ret->broken == NULL && call.tainted == NULL) {
		ret->verdict = ret->said;
		rules_copy(&ret->keep, &reply, &ret->reply);
	} else
		ret->verdict = CSN_ERROR;
	arena_free(&call.arena);
}

void
harness_step(struct harness *h, const struct csn_req *req,
    struct harness_answer *ret)
{
	ask(h, HARNESS_STEP, req, ret);
}

void
harness_manage(struct harness *h, const struct csn_req *req,
    struct harness_answer *ret)
{
	ask(h, HARNESS_MANAGE, req, ret);
}

void
harness_serve(struct harness *h, const struct csn_req *req,
    struct harness_answer *ret)
{
	ask(h, HARNESS_SERVE, req, ret);
}

void
harness_answer_free(struct harness_answer *a)
{
	arena_free(&a->keep);
	memset(a, 0, sizeof(*a));
}

int32_t
harness_refresh(struct harness *h, uint32_t *ret_next_s)
{
	struct csn_call call;
	int32_t rc;

	call_start(&call, h);
	rc = h->plugin->refresh == NULL ? CSN_E_INVALID :
	    h->plugin->refresh(h->inst, &call, ret_next_s);
	arena_free(&call.arena);
	return rc;
}

int32_t
harness_selftest(struct harness *h, uint32_t live)
{
	struct csn_call call;
	int32_t rc;

	call_start(&call, h);
	rc = h->plugin->selftest == NULL ? CSN_E_INVALID :
	    h->plugin->selftest(h->inst, &call, live);
	arena_free(&call.arena);
	return rc;
}

struct csn_req
harness_req(uint32_t event)
{
	return (struct csn_req){
		.struct_size = sizeof(struct csn_req),
		.event = event,
		.exchange = STR("exchange-1"),
		.resume = STR("resume-1"),
		.subject = STR("alice"),
		.realm = STR("corp"),
		.subject_id = STR("id-of-alice"),
		.account = STR("account-1"),
		.browser = STR("browser-1"),
		.method = event == CSN_EV_FORM ? STR("POST") : STR("GET"),
		.client_ip = STR("192.0.2.1"),
		.user_agent = STR("harness"),
		.language = STR("en"),
	};
}

void
harness_params(struct harness *h, struct csn_req *req, const char *form)
{
	int rc;

	(void)pthread_mutex_lock(&h->lock);
	rc = form_parse(&h->memory, str_from(form), 64, &req->params);
	(void)pthread_mutex_unlock(&h->lock);
	if (rc < 0)
		harness_die("not a form", form);
}

const char *
harness_verdict_name(uint32_t v)
{
	switch (v) {
	case CSN_GRANT: return "GRANT";
	case CSN_DENY: return "DENY";
	case CSN_CONTINUE: return "CONTINUE";
	case CSN_ERROR: return "ERROR";
	case CSN_DONE: return "DONE";
	default: return "an unknown verdict";
	}
}

const char *
harness_reason_name(uint32_t reason)
{
	static const char *const name[] = { "", "CREDENTIAL", "NOT_ENROLLED",
		"REPLAY", "EXPIRED", "THROTTLED", "ACCOUNT", "PROTOCOL",
		"ASSURANCE", "BACKEND" };

	return reason < sizeof(name) / sizeof(name[0]) ? name[reason] :
	    "an unknown reason";
}

const struct csn_prompt *
harness_prompt(const struct harness_answer *a, const char *name)
{
	for (size_t i = 0; i < a->reply.nprompts; i++)
		if (str_is(a->reply.prompts[i].name, name))
			return &a->reply.prompts[i];
	return NULL;
}

uint32_t
harness_op(const struct harness *h, const char *name)
{
	const struct csn_plugin *p = h->plugin;
	const char *at = (const char *)p->ops;

	for (size_t i = 0; i < p->nops; i++, at += p->op_size)
		if (strcmp(((const struct csn_op *)(const void *)at)->name,
		    name) == 0)
			return (uint32_t)i;
	harness_die("no such op", name);
}

uint32_t
harness_endpoint(const struct harness *h, const char *path)
{
	const struct csn_plugin *p = h->plugin;
	const char *at = (const char *)p->endpoints;

	for (size_t i = 0; i < p->nendpoints; i++, at += p->endpoint_size)
		if (strcmp(((const struct csn_endpoint *)(const void *)
		    at)->path, path) == 0)
			return (uint32_t)i;
	harness_die("no such endpoint", path);
}

const struct csn_plugin *
harness_plugin(const struct harness *h)
{
	return h->plugin;
}

const void *
harness_instance(const struct harness *h)
{
	return h->inst;
}
