/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin_show.c - what is in force, told: explain, plugins, factors, why
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "gate.h"
#include "json_out.h"
#include "reference.h"

/* ------------------------------------------------------------------ */
/* explain */

struct word_put { struct json_out *j; const struct conf *conf; };

static int
word_put(void *arg, const unsigned *factors, size_t n)
{
	struct word_put *w = arg;
	struct buf b;

	buf_init(&b, 1024);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_puts(&b, " then ");
		buf_str_put(&b, w->conf->factors[factors[i]].name);
	}
	json_text(w->j, NULL, buf_str(&b));
	buf_free(&b);
	return 0;
}

/* Groups as typed: "a,b". */
static struct csn_strs
groups_read(struct arena *a, struct csn_str text)
{
	struct csn_str *v = arena_array(a, text.n + 1, sizeof(*v)), piece;
	size_t n = 0;

	if (text.n == 0 || v == NULL)
		return (struct csn_strs){ NULL, 0 };
	while (str_cut(&text, ',', &piece))
		if (str_trim(piece).n > 0)
			v[n++] = str_trim(piece);
	return (struct csn_strs){ v, n };
}

static void
ways_put(struct json_out *j, const struct conf *conf,
    const struct conf_policy *p, const struct guard_facts *facts,
    bool have_person)
{
	json_open(j, "ways", '[');
	for (size_t i = 0; i < p->chain.nways; i++) {
		const struct way *way = &p->chain.ways[i];
		struct word_put w = { j, conf };

		json_open(j, NULL, '{');
		json_text(j, "written", way->text);
		json_number(j, "line", way->line);
		json_open(j, "words", '[');
		way_words(way, word_put, &w);
		json_close(j, ']');
		if (have_person)
			json_bool(j, "open", way_may_hold(way, facts));
		json_close(j, '}');
	}
	json_close(j, ']');
	if (have_person && p->allow.written)
		json_bool(j, "allowed", allow_holds(&p->allow, facts));
}

static const char *
kind_name(enum conf_policy_kind kind)
{
	switch (kind) {
	case CONF_REQUIRE:
		return "require";
	case CONF_PUBLIC:
		return "public";
	case CONF_DENY:
		return "deny";
	}
	return "deny";
}

static void
policy_put(struct json_out *j, const struct conf *conf, int i,
    const struct guard_facts *facts, bool have_person)
{
	const struct conf_policy *p = &conf->policies[i];

	json_text(j, "policy", p->name);
	json_text(j, "file", p->place.file);
	json_number(j, "line", p->place.line);
	json_text(j, "kind", str_from(kind_name(p->kind)));
	if (p->kind != CONF_REQUIRE)
		return;
	ways_put(j, conf, p, facts, have_person);
	json_number(j, "idle_s", p->idle_s != 0 ? p->idle_s : conf->idle_s);
	json_number(j, "lifetime_s", p->lifetime_s != 0 ? p->lifetime_s :
	    conf->lifetime_s);
	json_open(j, "fresh_s", '{');
	for (unsigned f = 0; f < conf->nfactors; f++) {
		char name[256];

		if (conf_fresh_s(p, f) == 0)
			continue;
		snprintf(name, sizeof(name), "%.*s",
		    STR_FMT(conf->factors[f].name));
		json_number(j, name, conf_fresh_s(p, f));
	}
	json_close(j, '}');
}

static void
person_facts(const struct conf *conf, struct csn_str user,
    struct csn_strs groups, struct guard_facts *ret)
{
	ptrdiff_t slash = str_index(user, '/');

	ret->subject = user;
	if (slash > 0) {
		ret->realm = str_of(user.p, (size_t)slash);
		ret->subject = str_from_at(user, (size_t)slash + 1);
	} else if (conf->nrealms > 0) {
		ret->realm = conf->realms[0].name;
	}
	ret->groups_known = true;
	ret->groups = groups;
}

static bool
group_declared(const struct conf *conf, struct csn_str name)
{
	for (size_t i = 0; i < conf->ngroups; i++)
		if (str_equal(conf->groups[i].name, name))
			return true;
	return false;
}

/* What no request can have would be explained as if it had not been asked. */
static int
explain_fault(const struct conf *conf, struct csn_str method,
    struct csn_str client, struct csn_strs groups, struct csn_str *ret)
{
	struct ip ip;

	for (size_t i = 0; i < method.n; i++)
		if (method.p[i] >= 'a' && method.p[i] <= 'z')
			return json_fail(ret, "`%.*s` is no method; write "
			    "GET, POST and so on, in capitals",
			    STR_FMT(method));
	if (client.n > 0 && ip_parse(client, &ip) < 0)
		return json_fail(ret, "`%.*s` is no address; write 192.0.2.7 "
		    "or 2001:db8::7", STR_FMT(client));
	for (size_t i = 0; i < groups.n; i++)
		if (str_index(groups.v[i], '/') < 0 &&
		    !group_declared(conf, groups.v[i]))
			return json_fail(ret, "there is no group `%.*s`; name "
			    "it under `groups`, or write REALM/GROUP",
			    STR_FMT(groups.v[i]));
	return 0;
}

int
csn_explain(struct csn_gate *g, struct csn_str url, struct csn_str method,
    struct csn_str client, struct csn_str user, struct csn_str groups,
    struct csn_str *ret)
{
	struct gate_conf *gc = gate_hold(g);
	struct guard_facts facts = { .now_ms = gate_now_ms(g) };
	struct policy_request rq;
	const char *why = NULL;
	struct csn_strs names;
	struct json_out j;
	struct arena a;
	int i, rc;

	arena_init(&a, 1u << 20);
	json_init(&j);
	json_open(&j, NULL, '{');
	names = groups_read(&a, groups);
	rc = explain_fault(gc->conf, method, client, names, ret);
	if (rc < 0) {
		json_free(&j);
		goto out;
	}
	person_facts(gc->conf, user, names, &facts);
	if (policy_request_read(&a, url, &rq) < 0) {
		rc = json_fail(ret, "the address must be https://host/path, "
		    "with a host of letters, digits, hyphens and dots");
		json_free(&j);
		goto out;
	}
	rq.method = method;
	rq.have_client = ip_parse(client, &rq.client) == 0;
	guard_facts_client(&facts, gc->conf, rq.have_client ? &rq.client :
	    NULL);
	json_text(&j, "host", rq.host);
	if (rq.path.p != NULL)
		json_text(&j, "path", rq.path);
	else
		json_text(&j, "path_fault", str_from(rq.path_fault));
	i = policy_match(gc->index, &rq, &why);
	if (i < 0) {
		json_text(&j, "kind", STR("deny"));
		json_text(&j, "why", str_from(why));
	} else {
		policy_put(&j, gc->conf, i, &facts, user.n > 0);
	}
	json_close(&j, '}');
	rc = json_take(&j, ret);
out:
	arena_free(&a);
	gate_drop(gc);
	return rc;
}

/* ------------------------------------------------------------------ */
/* plugins, factors */

static void
caps_put(struct json_out *j, uint32_t caps)
{
	static const struct { uint32_t cap; const char *name; } names[] = {
	    { CSN_CAP_IDENTITY, "identity" }, { CSN_CAP_SECOND, "second" },
	    { CSN_CAP_UNSOLICITED, "unsolicited" },
	    { CSN_CAP_NETWORK, "network" }, { CSN_CAP_LOOKUP, "lookup" },
	    { CSN_CAP_PROMPT, "prompt" },
	    { CSN_CAP_WAITS, "waits" } };

	json_open(j, "capabilities", '[');
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if ((caps & names[i].cap) != 0)
			json_text(j, NULL, str_from(names[i].name));
	json_close(j, ']');
}

struct plugin_list { struct plugin_registry *from; struct json_out j; };

static void
plugin_put(void *arg, struct csn_str name)
{
	struct plugin_list *l = arg;
	const struct csn_plugin *p;
	struct buf error;

	buf_init(&error, 2048);
	p = plugin_find(l->from, name, &error);
	json_open(&l->j, NULL, '{');
	json_text(&l->j, "name", name);
	if (p == NULL) {
		json_text(&l->j, "error", buf_str(&error));
	} else {
		json_text(&l->j, "version", str_from(p->version));
		json_text(&l->j, "summary", str_from(p->summary));
		json_number(&l->j, "abi_minor", p->abi_minor);
		caps_put(&l->j, p->caps);
	}
	json_close(&l->j, '}');
	buf_free(&error);
}

int
csn_plugins(const struct csn_options *o, struct csn_str *ret)
{
	struct plugin_list l = { .from = plugin_registry_new(o->plugin_dir) };
	struct buf error;
	int rc;

	if (l.from == NULL)
		return json_fail(ret, "out of memory");
	buf_init(&error, 2048);
	json_init(&l.j);
	json_open(&l.j, NULL, '[');
	rc = plugin_each(l.from, plugin_put, &l, &error);
	json_close(&l.j, ']');
	if (rc == 0) {
		rc = json_take(&l.j, ret);
	} else {
		json_free(&l.j);
		rc = json_fail(ret, "%.*s", STR_FMT(buf_str(&error)));
	}
	buf_free(&error);
	plugin_registry_free(l.from);
	return rc;
}

static void
option_put(struct json_out *j, const struct conf_factor *f, size_t i)
{
	const struct csn_opt *o = &f->plugin->opts[f->vals[i].opt];

	json_open(j, NULL, '{');
	json_text(j, "option", str_from(o->name));
	/* a secret's reference, never what it refers to; a file's path */
	if (o->type == CSN_T_SECRET || o->type == CSN_T_FILE)
		json_text(j, "from", f->refs[i]);
	else
		json_text(j, "value", f->vals[i].text);
	json_number(j, "line", f->places[i].line);
	json_close(j, '}');
}

int
csn_factor(struct csn_gate *g, struct csn_str factor, struct csn_str *ret)
{
	struct gate_conf *gc = gate_hold(g);
	int i = conf_factor_find(gc->conf, factor);
	const struct conf_factor *f;
	struct json_out j;
	int rc;

	if (i < 0) {
		rc = json_fail(ret, "there is no factor `%.*s`",
		    STR_FMT(factor));
		goto out;
	}
	f = &gc->conf->factors[i];
	json_init(&j);
	json_open(&j, NULL, '{');
	json_text(&j, "factor", f->name);
	json_text(&j, "plugin", f->plugin_name);
	caps_put(&j, f->plugin->caps);
	json_open(&j, "options", '[');
	for (size_t k = 0; k < f->nvals; k++)
		option_put(&j, f, k);
	json_close(&j, ']');
	json_open(&j, "settings", '[');
	for (size_t k = 0; k < gc->factors[i].settings.n; k++) {
		json_open(&j, NULL, '{');
		json_text(&j, "name", gc->factors[i].settings.v[k].name);
		json_text(&j, "value", gc->factors[i].settings.v[k].value);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_close(&j, '}');
	rc = json_take(&j, ret);
out:
	gate_drop(gc);
	return rc;
}

/* ------------------------------------------------------------------ */
/* why */

#define LINE_MAX_BYTES	40000
#define LOGS_MAX	32

/* Lines with the reference, as they are: each is one JSON object. */
static void
lines_find(struct json_out *j, const char *path, const char *wanted)
{
	FILE *f = fopen(path, "re");
	char *line = malloc(LINE_MAX_BYTES);

	while (f != NULL && line != NULL &&
	    fgets(line, LINE_MAX_BYTES, f) != NULL) {
		size_t n = strlen(line);

		if (n == 0 || line[n - 1] != '\n' || line[0] != '{' ||
		    strstr(line, wanted) == NULL)
			continue;
		if (j->comma)
			buf_char(&j->b, ',');
		j->comma = true;
		buf_put(&j->b, line, n - 1);
	}
	free(line);
	if (f != NULL)
		fclose(f);
}

int
csn_why(struct csn_gate *g, struct csn_str reference, struct csn_str *ret)
{
	struct gate_conf *gc = gate_hold(g);
	char ref[REFERENCE_LEN + 1], wanted[64], path[4096];
	struct json_out j;
	bool found;
	int rc;

	if (reference_read(reference, ref) < 0) {
		rc = json_fail(ret, "a reference looks like 7KQ4-M2XD");
		goto out;
	}
	if (gc->conf->audit_path.n == 0) {
		rc = json_fail(ret, "the audit log goes to standard error; "
		    "look there for %s, or set `audit: { file: … }`", ref);
		goto out;
	}
	snprintf(wanted, sizeof(wanted), "\"reference\":\"%s\"", ref);
	json_init(&j);
	json_open(&j, NULL, '[');
	/* the oldest of the rotated files first */
	for (int i = LOGS_MAX; i >= 0; i--) {
		snprintf(path, sizeof(path), i == 0 ? "%.*s" : "%.*s.%d",
		    STR_FMT(gc->conf->audit_path), i);
		lines_find(&j, path, wanted);
	}
	found = j.b.n > 1;
	json_close(&j, ']');
	rc = json_take(&j, ret);
	if (rc == 0 && !found) {
		csn_free(ret);
		rc = json_fail(ret, "no line of the audit log has %s: it was "
		    "mistyped, is older than the log is kept, or is of a time "
		    "when too much came at once; then the log for people may "
		    "have it", ref);
	}
out:
	gate_drop(gc);
	return rc;
}
