/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin_file.c - an operation of a factor that takes a file, for the operator
 *
 * It is about no person and needs no session. What the plugin says is told as
 * it is; the file's bytes are never logged.
 */
#include "gate.h"
#include "json_out.h"
#include "verdict.h"

#define FILE_TIME_MS	30000

static int
op_find(const struct csn_plugin *p, struct csn_str name)
{
	const uint32_t need = CSN_OP_OPERATOR | CSN_OP_BODY;

	for (size_t i = 0; i < p->nops; i++)
		if (str_is(name, p->ops[i].name) &&
		    (p->ops[i].flags & need) == need)
			return (int)i;
	return -1;
}

static int
answer(const struct csn_reply *r, struct csn_str *ret)
{
	struct json_out j;

	json_init(&j);
	json_open(&j, NULL, '{');
	json_text(&j, "message", r->message);
	json_open(&j, "items", '[');
	for (size_t i = 0; i < r->nitems; i++) {
		json_open(&j, NULL, '{');
		json_text(&j, "id", r->items[i].id);
		json_text(&j, "title", r->items[i].title);
		json_text(&j, "detail", r->items[i].detail);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_close(&j, '}');
	return json_take(&j, ret);
}

static int
op_run(struct csn_gate *g, struct factor *f, int op, struct csn_str bytes,
    struct csn_str *ret)
{
	struct csn_req req = { .struct_size = sizeof(req),
	    .event = CSN_EV_OP, .op = (uint32_t)op, .body = bytes };
	struct csn_call c;
	struct verdict v;
	struct arena a;
	int rc;

	arena_init(&a, 8u << 20);
	call_begin(&c, &g->call_host, f, FILE_TIME_MS);
	verdict_call(&c, VERDICT_MANAGE, &req, &a, &v);
	call_end(&c);
	if (v.verdict != CSN_DONE && v.verdict != CSN_DENY)
		rc = json_fail(ret, "the factor could not say; see above");
	else
		rc = answer(&v.reply, ret);
	arena_free(&a);
	return rc < 0 ? rc : v.verdict == CSN_DONE ? 0 : CSN_TEST_FAILED;
}

int
csn_factor_file(struct csn_gate *g, struct csn_str factor, struct csn_str op,
    struct csn_str bytes, struct csn_str *ret)
{
	struct gate_conf *gc = gate_hold(g);
	int f = conf_factor_find(gc->conf, factor), n = -1, rc;

	if (f >= 0)
		n = op_find(gc->factors[f].plugin, op);
	if (f < 0)
		rc = json_fail(ret, "there is no factor `%.*s`",
		    STR_FMT(factor));
	else if (n < 0)
		rc = json_fail(ret, "the plugin of `%.*s` has no operation "
		    "`%.*s`", STR_FMT(factor), STR_FMT(op));
	else
		rc = op_run(g, &gc->factors[f], n, bytes, ret);
	gate_drop(gc);
	return rc;
}
