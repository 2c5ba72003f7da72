/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin_op.c - the operator's command: an operation of a factor
 *
 * The factor does it, then the person's record follows. It must never do what
 * could not be audited, nor leave a record behind without saying so.
 */
#include "admin.h"
#include "json_out.h"
#include "manage.h"
#include "notice.h"

static int
op_names(const struct csn_plugin *p, struct csn_str name, struct csn_str *ret)
{
	struct buf b;
	int rc;

	buf_init(&b, 1024);
	for (size_t i = 0; i < p->nops; i++)
		if ((p->ops[i].flags & CSN_OP_OPERATOR) != 0)
			buf_printf(&b, "%s%s", b.n > 0 ? ", " : "",
			    p->ops[i].name);
	rc = json_fail(ret, "`%.*s` is not an operation of this factor; it "
	    "has: %.*s", STR_FMT(name), STR_FMT(buf_str(&b)));
	buf_free(&b);
	return rc;
}

/* One that is not heard would leave a default in its place: `hour=1`, `dr=1`.
 * No name twice, as plugins are promised. */
static int
op_params(const struct csn_op *op, struct csn_pairs params,
    struct csn_str *ret)
{
	struct csn_str known = str_from(op->params);

	for (size_t i = 0; i < params.n; i++) {
		struct csn_str name = params.v[i].name;

		if (!str_among(known, ',', name))
			return json_fail(ret, "`%s` takes no `%.*s`%s%.*s",
			    op->name, STR_FMT(name), known.n > 0 ?
			    "; it takes " : "", STR_FMT(known));
		for (size_t k = 0; k < i; k++)
			if (str_equal(params.v[k].name, name))
				return json_fail(ret, "`%.*s` is there twice",
				    STR_FMT(name));
	}
	return 0;
}

static int
op_failed(const struct verdict *v, struct csn_str *ret)
{
	if (v->reply.message.n > 0)
		return json_fail(ret, "%.*s", STR_FMT(v->reply.message));
	if (v->reply.reason == CSN_R_NOT_ENROLLED)
		return json_fail(ret, "they have not set this factor up, or "
		    "it was reset; a first device comes by `countersign "
		    "enrol-link`");
	return json_fail(ret, "the factor did not do it");
}

static int
op_result(bool opened, const struct verdict *v, struct csn_str *ret)
{
	struct json_out j;

	if (!opened)
		return json_fail(ret, "the factor could not be opened; see "
		    "above");
	if (v->verdict != CSN_DONE)
		return op_failed(v, ret);
	json_init(&j);
	json_open(&j, NULL, '{');
	json_text(&j, "message", v->reply.message);
	json_open(&j, "items", '[');
	for (size_t i = 0; i < v->reply.nitems; i++) {
		const struct csn_item *it = &v->reply.items[i];

		json_open(&j, NULL, '{');
		json_text(&j, "id", it->id);
		json_text(&j, "title", it->title);
		json_text(&j, "detail", it->detail);
		json_time(&j, "created", it->created_ms);
		json_time(&j, "used", it->used_ms);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_close(&j, '}');
	return json_take(&j, ret);
}

/* A device that an operator brought in is one that the host knows of. */
static bool
op_enrols(const struct csn_plugin *p, int op, struct csn_pairs params)
{
	return strcmp(p->ops[op].name, "import") == 0 &&
	    pairs_get(params, STR("dry")).n == 0;
}

static enum conf_notice
op_notice(const struct csn_plugin *p, int op, struct csn_pairs params)
{
	struct csn_str name = str_from(p->ops[op].name);

	if (op_enrols(p, op, params))
		return NOTICE_DEVICE_ADDED;
	return str_is(name, "reset") || str_is(name, "remove") ?
	    NOTICE_DEVICE_REMOVED : 0;
}

static void
op_tell(struct csn_gate *g, const struct conf *conf, int f,
    enum conf_notice kind, const struct person *p)
{
	struct notice n = { .kind = kind, .realm = p->realm_name,
	    .subject = p->subject, .factor = conf->factors[f].name,
	    .time_ms = gate_now_ms(g) };

	if (kind != 0)
		notice_put_about(g, conf, &n);
}

/* A person at the telephone would be given a code that is refused. */
static void
op_warn(struct csn_gate *g, const struct conf_factor *cf,
    const struct csn_op *op)
{
	if (strcmp(op->name, "temporary") == 0 && !cf->recover_by_desk)
		gate_say(g, CSN_WARN, "such a code counts nowhere: "
		    "`recover_by` of the factor `%.*s` has no desk",
		    STR_FMT(cf->name));
}

static int
op_run(struct csn_gate *g, struct gate_conf *gc, struct arena *a, int f,
    int op, const struct person *p, struct csn_str item,
    struct csn_pairs params, struct csn_str *ret)
{
	struct factor *factor = &gc->factors[f];
	struct verdict v;

	if (manage_run(g, factor, a, op, p, item, params, &v) < 0)
		return json_fail(ret, "the keys cannot be used");
	if (v.verdict == CSN_DONE && str_is(str_from(
	    factor->plugin->ops[op].name), "reset") &&
	    manage_after_reset(g, factor, p) != STORE_OK)
		return json_fail(ret, "the device is gone, but the person's "
		    "record could not be written: run it again");
	if (v.verdict == CSN_DONE && op_enrols(factor->plugin, op,
	    params) && people_enrolled(g->store, p->realm_name, p->subject,
	    gc->conf->factors[f].fingerprint, ENROLMENT_OPERATOR, false,
	    gate_now_ms(g)) != STORE_OK)
		return json_fail(ret, "the device is stored, but the person's "
		    "record could not be written: run it again");
	/* with a message it was so already */
	if (v.verdict == CSN_DONE)
		op_warn(g, factor->cf, &factor->plugin->ops[op]);
	if (v.verdict == CSN_DONE && v.reply.message.n == 0)
		op_tell(g, gc->conf, f, op_notice(factor->plugin, op, params),
		    p);
	return op_result(factor->opened, &v, ret);
}

int
csn_factor_op(struct csn_gate *g, struct csn_str factor, struct csn_str op,
    struct csn_str realm, struct csn_str subject, struct csn_str item,
    struct csn_pairs params, struct csn_str who, struct csn_str *ret)
{
	struct gate_conf *gc = gate_hold(g);
	int f = conf_factor_find(gc->conf, factor), n = -1, rc = 0;
	struct person p;
	struct arena a;

	arena_init(&a, 8u << 20);
	if (f < 0)
		rc = json_fail(ret, "there is no factor `%.*s`",
		    STR_FMT(factor));
	else if ((n = manage_find(gc->factors[f].plugin, op,
	    CSN_OP_OPERATOR)) < 0)
		rc = op_names(gc->factors[f].plugin, op, ret);
	if (rc == 0)
		rc = op_params(&gc->factors[f].plugin->ops[n], params, ret);
	if (rc == 0)
		rc = admin_person(gc->conf, &a, realm, subject, &p, ret);
	if (rc == 0 && admin_audit(g, "factor-operation", who, p.realm_name,
	    p.subject, gc->conf->factors[f].name) < 0)
		rc = json_fail(ret, "the audit log cannot be written");
	if (rc == 0)
		rc = op_run(g, gc, &a, f, n, &p, item, params, ret);
	arena_free(&a);
	gate_drop(gc);
	return rc;
}
