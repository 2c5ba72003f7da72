/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-harness.c - the paper host itself: it must see what a plugin does wrong
 *
 * The toy plugin does whatever the test's own functions tell it to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "golden.h"

static const struct csn_host *toy_host;
static uint32_t (*toy_step)(struct csn_call *, const struct csn_req *,
    struct csn_reply *);

static int32_t
plugin_open(const struct csn_host *host, struct csn_call *call,
    const struct csn_conf *conf, void **ret_inst)
{
	toy_host = host;
	for (size_t i = 0; i < conf->n; i++)
		if (conf->v[i].opt == 1 && conf->v[i].num == 13) {
			host->report(call, CSN_FAIL, (uint32_t)i + 1,
			    STR("13 brings bad luck"));
			return CSN_E_INVALID;
		}
	*ret_inst = NULL;
	return CSN_OK;
}

static void
plugin_close(void *inst)
{
	(void)inst;
}

static uint32_t
plugin_step(const void *inst, struct csn_call *call,
    const struct csn_req *req, struct csn_reply *reply)
{
	(void)inst;
	return toy_step(call, req, reply);
}

static const struct csn_opt toy_opts[] = {
	{ .name = "colour", .type = CSN_T_CHOICE, .choices = "red|green",
	    .fallback = "green" },
	{ .name = "count", .type = CSN_T_INT, .min = 1, .max = 20,
	    .flags = CSN_O_REQUIRED },
	{ .name = "wait", .type = CSN_T_SECONDS, .min = 0, .max = 60,
	    .flags = CSN_O_REPEAT },
};

static const struct csn_plugin toy = {
	.struct_size = sizeof(struct csn_plugin),
	.caps = CSN_CAP_SECOND,
	.opt_size = sizeof(struct csn_opt),
	.endpoint_size = sizeof(struct csn_endpoint),
	.op_size = sizeof(struct csn_op),
	.name = "toy",
	.version = "1",
	.summary = "does what it is told",
	.opts = toy_opts,
	.nopts = sizeof(toy_opts) / sizeof(toy_opts[0]),
	.open = plugin_open,
	.close = plugin_close,
	.step = plugin_step,
};

static struct harness *
toy_open(void)
{
	struct harness *h = harness_new(&toy);

	harness_option(h, "count", "7");
	harness_must_open(h);
	return h;
}

static uint32_t
verdict_of(struct harness *h, uint32_t (*step)(struct csn_call *,
    const struct csn_req *, struct csn_reply *))
{
	struct csn_req req = harness_req(CSN_EV_BEGIN);
	struct harness_answer a;
	uint32_t verdict;

	toy_step = step;
	harness_step(h, &req, &a);
	verdict = a.verdict;
	harness_answer_free(&a);
	return verdict;
}

static uint32_t
grant(struct csn_call *call, const struct csn_req *req,
    struct csn_reply *reply)
{
	(void)call;
	reply->exchange = req->exchange;
	return CSN_GRANT;
}

static uint32_t
grant_no_echo(struct csn_call *call, const struct csn_req *req,
    struct csn_reply *reply)
{
	(void)call;
	(void)req;
	(void)reply;
	return CSN_GRANT;
}

static uint32_t
grant_named(struct csn_call *call, const struct csn_req *req,
    struct csn_reply *reply)
{
	reply->subject = STR("alice");
	return grant(call, req, reply);
}

static uint32_t
grant_state(struct csn_call *call, const struct csn_req *req,
    struct csn_reply *reply)
{
	reply->state = STR("x");
	return grant(call, req, reply);
}

static uint32_t
grant_enrolled(struct csn_call *call, const struct csn_req *req,
    struct csn_reply *reply)
{
	reply->flags = CSN_RP_ENROLLED;
	return grant(call, req, reply);
}

static uint32_t
grant_tainted(struct csn_call *call, const struct csn_req *req,
    struct csn_reply *reply)
{
	(void)toy_host->alloc(call, (size_t)1 << 40);
	return grant(call, req, reply);
}

static uint32_t
done(struct csn_call *call, const struct csn_req *req,
    struct csn_reply *reply)
{
	(void)call;
	(void)req;
	(void)reply;
	return CSN_DONE;
}

static uint32_t
form_empty(struct csn_call *call, const struct csn_req *req,
    struct csn_reply *reply)
{
	(void)call;
	(void)req;
	reply->action = CSN_A_FORM;
	return CSN_CONTINUE;
}

static uint32_t
form(struct csn_call *call, const struct csn_req *req,
    struct csn_reply *reply)
{
	struct csn_prompt *p = toy_host->alloc(call, sizeof(*p));

	if (p == NULL)
		return CSN_ERROR;
	*p = (struct csn_prompt){ .name = STR("code"), .kind = CSN_P_CODE,
		.label = STR("Code"), .flags = CSN_PF_REQUIRED };
	reply->prompts = p;
	reply->nprompts = 1;
	reply->prompt_size = sizeof(*p);
	reply->state = STR("one");
	if (str_is(pairs_get(req->params, STR("code")), "1"))
		return grant_no_echo(call, req, reply);
	return form_empty(call, req, reply);
}

static uint32_t
form_javascript(struct csn_call *call, const struct csn_req *req,
    struct csn_reply *reply)
{
	(void)call;
	(void)req;
	reply->action = CSN_A_REDIRECT;
	reply->url = STR("javascript:alert(1)");
	return CSN_CONTINUE;
}

static void
test_rules(void **state)
{
	struct harness *h = toy_open();

	(void)state;
	assert_int_equal(verdict_of(h, grant), CSN_GRANT);
	assert_int_equal(verdict_of(h, form), CSN_CONTINUE);
	assert_int_equal(verdict_of(h, grant_no_echo), CSN_ERROR);
	assert_int_equal(verdict_of(h, grant_named), CSN_ERROR);
	assert_int_equal(verdict_of(h, grant_state), CSN_ERROR);
	assert_int_equal(verdict_of(h, grant_enrolled), CSN_ERROR);
	assert_int_equal(verdict_of(h, grant_tainted), CSN_ERROR);
	assert_int_equal(verdict_of(h, done), CSN_ERROR);
	assert_int_equal(verdict_of(h, form_empty), CSN_ERROR);
	assert_int_equal(verdict_of(h, form_javascript), CSN_ERROR);
	harness_free(h);
}

static int32_t
open_with(const char *name, const char *value)
{
	struct harness *h = harness_new(&toy);
	int32_t rc;

	if (strcmp(name, "count") != 0)
		harness_option(h, "count", "7");
	harness_option(h, name, value);
	rc = harness_open(h);
	harness_free(h);
	return rc;
}

static void
test_options(void **state)
{
	struct harness *h = harness_new(&toy);

	(void)state;
	assert_int_equal(harness_open(h), CSN_E_INVALID);
	assert_true(harness_logged(h, "report FAIL count: required"));
	harness_free(h);
	assert_int_equal(open_with("count", "20"), CSN_OK);
	assert_int_equal(open_with("count", "21"), CSN_E_INVALID);
	assert_int_equal(open_with("count", "-1"), CSN_E_INVALID);
	assert_int_equal(open_with("count", "13"), CSN_E_INVALID);
	assert_int_equal(open_with("colour", "red"), CSN_OK);
	assert_int_equal(open_with("colour", "blue"), CSN_E_INVALID);
	assert_int_equal(open_with("wait", "30s"), CSN_OK);
	assert_int_equal(open_with("wait", "2m"), CSN_E_INVALID);
	assert_int_equal(open_with("size", "1"), CSN_E_INVALID);
}

static uint32_t
use_store(struct csn_call *call, const struct csn_req *req,
    struct csn_reply *reply)
{
	const struct csn_host *h = toy_host;
	struct csn_str got, key = STR("k");
	struct csn_strs list;
	int64_t n;

	if (h->kv_get(call, key, &got) != CSN_E_ABSENT ||
	    h->kv_put(call, key, STR("1"), 0, 0) != CSN_E_INVALID ||
	    h->kv_put_new(call, key, STR("1"), 0, CSN_KV_DURABLE) != CSN_OK ||
	    h->kv_put_new(call, key, STR("1"), 9, 0) != CSN_E_EXISTS ||
	    h->kv_swap(call, key, STR("2"), STR("3")) != CSN_E_STALE ||
	    h->kv_swap(call, key, STR("1"), STR("3")) != CSN_OK ||
	    h->kv_swap(call, STR("l"), STR(""), STR("")) != CSN_E_ABSENT ||
	    h->kv_get(call, key, &got) != CSN_OK || !str_is(got, "3"))
		return CSN_DENY;
	if (h->kv_count(call, key, 2, 60, &n) != CSN_OK || n != 2 ||
	    h->kv_count(call, key, -1, 60, &n) != CSN_OK || n != 1 ||
	    h->kv_put(call, STR("ka"), STR(""), 9, 0) != CSN_OK ||
	    h->kv_list(call, key, STR(""), 9, &list) != CSN_OK ||
	    list.n != 1 || !str_equal(list.v[0], key) ||
	    h->kv_del(call, key) != CSN_OK ||
	    h->kv_del(call, key) != CSN_E_ABSENT)
		return CSN_DENY;
	return grant(call, req, reply);
}

static void
test_store(void **state)
{
	struct harness *h = toy_open();
	unsigned calls;

	(void)state;
	assert_int_equal(verdict_of(h, use_store), CSN_GRANT);
	calls = harness_kv_calls(h, HARNESS_KV_ANY);
	assert_int_equal(calls, 14);
	for (unsigned i = 1; i <= calls; i++) {
		harness_kv_del(h, "k");
		harness_kv_del(h, "ka");
		harness_kv_del(h, "count:k");
		harness_kv_fail(h, HARNESS_KV_ANY, i, i % 2 == 0);
		assert_int_equal(verdict_of(h, use_store), CSN_ERROR);
	}
	harness_free(h);
}

static void
test_golden(void **state)
{
	(void)state;
	toy_step = form;
	assert_int_equal(golden_replay_folder(&toy, "tests/harness/toy"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_store),
		cmocka_unit_test(test_golden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
