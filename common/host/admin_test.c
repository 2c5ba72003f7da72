/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin_test.c - a factor tries itself, for the operator
 *
 * What it reports is told as it is. With a name somebody is
 * looked up as well, without a password. It must never log anybody in, and
 * needs no session.
 */
#include "gate.h"
#include "json_out.h"
#include "lib/timefmt.h"
#include "verdict.h"

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

/* Of the providers that it asked; tests of a directory ask none. */
static void
clock_put(struct json_out *j, const struct csn_call *c)
{
	struct buf b;
	bool off;

	buf_init(&b, 512);
	off = peer_clock_words(&c->clock, &b);
	if (b.n > 0) {
		json_open(j, NULL, '{');
		json_text(j, "severity", str_from(severity_name(off ?
		    CSN_WARN : CSN_INFO)));
		json_text(j, "text", buf_str(&b));
		json_close(j, '}');
	}
	buf_free(&b);
}

/* ------------------------------------------------------------------ */
/* somebody looked up, without a password */

static void
groups_put(struct json_out *j, struct csn_strs v)
{
	json_open(j, "groups", '[');
	for (size_t i = 0; i < v.n; i++) {
		json_open(j, NULL, '{');
		json_text(j, "group", v.v[i]);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
person_put(struct json_out *j, const struct csn_reply *reply)
{
	json_text(j, "subject", reply->subject);
	json_text(j, "subject_id", reply->subject_id);
	json_bool(j, "groups_known", (reply->flags & CSN_RP_GROUPS) != 0);
	groups_put(j, reply->groups);
	json_open(j, "attributes", '[');
	for (size_t i = 0; i < reply->attrs.n; i++) {
		json_open(j, NULL, '{');
		json_text(j, "name", reply->attrs.v[i].name);
		json_text(j, "value", reply->attrs.v[i].value);
		json_close(j, '}');
	}
	json_close(j, ']');
}

/* As a realm's authority would be asked (design.md 5). true: found. */
static bool
person_test(struct csn_gate *g, struct factor *f, struct csn_str user,
    struct json_out *j)
{
	struct csn_req req = { .struct_size = sizeof(req),
	    .event = CSN_EV_LOOKUP, .subject = user };
	int64_t from = clock_mono_ms();
	struct csn_call c;
	struct verdict v;
	struct arena a;
	bool found;

	arena_init(&a, 8u << 20);
	call_begin(&c, &g->call_host, f, TEST_TIME_MS);
	verdict_call(&c, VERDICT_SERVE, &req, &a, &v);
	call_end(&c);
	found = v.verdict == CSN_DONE;
	json_text(j, "asked_for", user);
	json_text(j, "answer", found ? STR("found") : v.verdict == CSN_DENY ?
	    STR("not found, or the account is disabled or expired") :
	    STR("the peer could not be asked; the log says why"));
	json_number(j, "answer_milliseconds", clock_mono_ms() - from);
	if (found)
		person_put(j, &v.reply);
	arena_free(&a);
	return found;
}

static int
factor_test(struct csn_gate *g, struct factor *f, struct csn_str user,
    struct csn_str *ret)
{
	int64_t from = clock_mono_ms(), took;
	struct csn_call c;
	struct json_out j;
	bool good;

	if (!f->opened)
		return json_fail(ret, "the factor could not be opened; see "
		    "above");
	if (user.n > 0 && (f->plugin->caps & CSN_CAP_LOOKUP) == 0)
		return json_fail(ret, "`%.*s` cannot look anybody up",
		    STR_FMT(f->cf->name));
	call_begin(&c, &g->call_host, f, TEST_TIME_MS);
	good = f->plugin->selftest(f->inst, &c, 1) == CSN_OK;
	good = good && !found_failure(&c);
	took = clock_mono_ms() - from;
	json_init(&j);
	json_open(&j, NULL, '{');
	json_text(&j, "factor", f->cf->name);
	json_open(&j, "findings", '[');
	for (size_t i = 0; i < c.nfindings; i++)
		if (c.findings[i].text.n > 0)
			finding_put(&j, f, &c.findings[i]);
	clock_put(&j, &c);
	json_close(&j, ']');
	json_number(&j, "milliseconds", took);
	call_end(&c);
	if (user.n > 0)
		good = person_test(g, f, user, &j) && good;
	json_bool(&j, "good", good);
	json_close(&j, '}');
	return json_take(&j, ret) < 0 ? -1 : good ? 0 : CSN_TEST_FAILED;
}

int
csn_factor_test(struct csn_gate *g, struct csn_str factor,
    struct csn_str user, struct csn_str *ret)
{
	struct gate_conf *gc = gate_hold(g);
	int i = conf_factor_find(gc->conf, factor), rc;

	if (i < 0)
		rc = json_fail(ret, "there is no factor `%.*s`",
		    STR_FMT(factor));
	else
		rc = factor_test(g, &gc->factors[i], user, ret);
	gate_drop(gc);
	return rc;
}
