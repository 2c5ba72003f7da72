/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin_test.c - a factor tries itself, for the operator
 *
 * What it reports is told as it is. It must never log anybody in, and needs no
 * session.
 */
#include "gate.h"
#include "json_out.h"

#define TEST_TIME_MS	30000

static const char *
severity_name(uint32_t severity)
{
	switch (severity) {
	case CSN_DEBUG:
	case CSN_INFO:
		return "info";
	case CSN_WARN:
		return "warning";
	default:
		return "error";
	}
}

static void
finding_put(struct json_out *j, const struct factor *f,
    const struct call_finding *g)
{
	json_open(j, NULL, '{');
	json_text(j, "severity", str_from(severity_name(g->severity)));
	if (g->val > 0 && g->val <= f->cf->nvals)
		json_text(j, "option", str_from(f->plugin->opts[
		    f->cf->vals[g->val - 1].opt].name));
	json_text(j, "text", g->text);
	json_close(j, '}');
}

static bool
found_failure(const struct csn_call *c)
{
	for (size_t i = 0; i < c->nfindings; i++)
		if (c->findings[i].severity >= CSN_FAIL)
			return true;
	return c->tainted;
}

static int
factor_test(struct csn_gate *g, struct factor *f, struct csn_str *ret)
{
	struct csn_call c;
	struct json_out j;
	bool good;

	call_begin(&c, &g->call_host, f, TEST_TIME_MS);
	good = f->plugin->selftest(f->inst, &c, 1) == CSN_OK;
	good = good && !found_failure(&c);
	json_init(&j);
	json_open(&j, NULL, '{');
	json_text(&j, "factor", f->cf->name);
	json_bool(&j, "good", good);
	json_open(&j, "findings", '[');
	for (size_t i = 0; i < c.nfindings; i++)
		if (c.findings[i].text.n > 0)
			finding_put(&j, f, &c.findings[i]);
	json_close(&j, ']');
	json_close(&j, '}');
	call_end(&c);
	return json_take(&j, ret) < 0 ? -1 : good ? 0 : CSN_TEST_FAILED;
}

int
csn_factor_test(struct csn_gate *g, struct csn_str factor,
    struct csn_str *ret)
{
	struct gate_conf *gc = gate_hold(g);
	int i = conf_factor_find(gc->conf, factor), rc;

	if (i < 0)
		rc = json_fail(ret, "there is no factor `%.*s`",
		    STR_FMT(factor));
	else
		rc = factor_test(g, &gc->factors[i], ret);
	gate_drop(gc);
	return rc;
}
