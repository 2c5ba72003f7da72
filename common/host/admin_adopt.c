/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin_adopt.c - an operator hands the records of a factor that is gone to
 * another, or has them forgotten (security.md O1)
 *
 * The configuration is the new one. It must never hand records to another
 * plugin, which could not read them, or ids to another realm, where they are
 * other people's.
 */
#include "admin.h"
#include "adopt.h"
#include "json_out.h"

/* The listed factor of that name that is gone; or one that a former run has
 * begun with. */
static int
from_find(struct csn_gate *g, const struct conf *conf, struct arena *a,
    struct csn_str name, struct adopt *ad, struct csn_str *ret)
{
	struct adopt_list list;
	struct adopt begun;
	struct buf raw, gone;
	bool found;
	int rc;

	buf_init(&raw, STORE_VALUE_MAX);
	buf_init(&gone, 4096);
	rc = adopt_begun(g->store, a, ad->now_ms, &begun);
	found = rc == 1 && str_equal(begun.from.name, name);
	if (found)
		ad->from = begun.from;
	if (rc < 0 || adopt_list_read(g->store, a, ad->now_ms, &raw, &list) !=
	    STORE_OK)
		list.n = 0;
	for (size_t i = 0; i < list.n && !found; i++) {
		if (adopt_has(conf, &list.v[i]))
			continue;
		found = str_equal(list.v[i].name, name);
		if (found)
			ad->from = list.v[i];
		buf_printf(&gone, "%s`%.*s`", gone.n > 0 ? ", " : "",
		    STR_FMT(list.v[i].name));
	}
	rc = found ? 0 : json_fail(ret, "`%.*s` is no factor that was in "
	    "force and is gone from the configuration; such are: %.*s",
	    STR_FMT(name), STR_FMT(gone.n > 0 ? buf_str(&gone) :
	    STR("none")));
	buf_free(&raw);
	buf_free(&gone);
	return rc;
}

static int
into_find(const struct conf *conf, struct csn_str name, struct adopt *ad,
    struct csn_str *ret)
{
	int i = conf_factor_find(conf, name);

	if (name.n == 0)
		return 0;
	if (i < 0)
		return json_fail(ret, "there is no factor `%.*s`",
		    STR_FMT(name));
	ad->into = adopt_factor_of(conf, (unsigned)i);
	if (!str_equal(ad->into.plugin, ad->from.plugin))
		return json_fail(ret, "`%.*s` is of the plugin %.*s, which "
		    "cannot read what %.*s keeps; they have to enrol anew: "
		    "countersign adopt --drop %.*s", STR_FMT(name),
		    STR_FMT(ad->into.plugin), STR_FMT(ad->from.plugin),
		    STR_FMT(ad->from.name));
	if (!str_equal(ad->into.realm, ad->from.realm))
		return json_fail(ret, "`%.*s` names people of the realm "
		    "`%.*s`, `%.*s` of `%.*s`: the same name may be somebody "
		    "else there", STR_FMT(name), STR_FMT(ad->into.realm),
		    STR_FMT(ad->from.name), STR_FMT(ad->from.realm));
	return 0;
}

static int
answer(const struct adopt *ad, const struct adopt_count *n, bool dry,
    struct csn_str *ret)
{
	struct json_out j;

	json_init(&j);
	json_open(&j, NULL, '{');
	json_text(&j, "from", ad->from.name);
	json_text(&j, "to", ad->into.name.n > 0 ? ad->into.name :
	    STR("(nobody)"));
	json_number(&j, "people_enrolled", (int64_t)n->people);
	json_number(&j, "ids_bound", (int64_t)n->bound);
	json_number(&j, "records", (int64_t)n->values);
	json_number(&j, "clashes", (int64_t)n->clashes);
	json_bool(&j, "done", !dry);
	json_close(&j, '}');
	return json_take(&j, ret);
}

static int
audit(struct csn_gate *g, const struct adopt *ad, struct csn_str who)
{
	struct csn_pair details[2] = { { STR("by"), who },
	    { STR("to"), ad->into.name } };
	struct audit_event e = { .time_ms = ad->now_ms,
	    .event = ad->into.name.n > 0 ? STR("factor-adopted") :
	    STR("factor-dropped"), .factor = ad->from.name,
	    .details = { details, ad->into.name.n > 0 ? 2 : 1 } };

	return audit_write(g->audit, &e);
}

static int
adopt(struct csn_gate *g, const struct conf *conf, struct arena *a,
    struct csn_str from, struct csn_str into, bool dry, struct csn_str who,
    struct csn_str *ret)
{
	struct adopt ad = { .store = g->store, .sealer = g->sealer,
	    .now_ms = gate_now_ms(g) };
	struct adopt_count n;
	struct buf why;
	int rc;

	ad.into.name = ad.into.plugin = ad.into.realm = STR("");
	if (from_find(g, conf, a, from, &ad, ret) < 0 ||
	    into_find(conf, into, &ad, ret) < 0)
		return -1;
	buf_init(&why, 4096);
	rc = adopt_counted(&ad, &n, &why);
	if (rc == 0 && n.clashes > 0 && !dry)
		buf_printf(&why, "%zu people or things have records of both; "
		    "reset one of the two first", n.clashes);
	else if (rc == 0 && !dry && audit(g, &ad, who) < 0)
		buf_puts(&why, "the audit log cannot be written");
	else if (rc == 0 && !dry)
		rc = adopt_run(&ad, &why);
	rc = why.n > 0 ? json_fail(ret, "%.*s", STR_FMT(buf_str(&why))) :
	    rc < 0 ? json_fail(ret, "out of memory") :
	    answer(&ad, &n, dry, ret);
	buf_free(&why);
	return rc;
}

int
csn_adopt(struct csn_gate *g, struct csn_str from, struct csn_str into,
    uint32_t dry, struct csn_str who, struct csn_str *ret)
{
	struct gate_conf *gc = gate_hold(g);
	struct arena a;
	int rc;

	arena_init(&a, ADOPT_BUDGET);
	rc = adopt(g, gc->conf, &a, from, into, dry != 0, who, ret);
	arena_free(&a);
	gate_drop(gc);
	return rc;
}
