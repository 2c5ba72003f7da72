/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin_people.c - people shown, renamed, merged and forgotten, for the
 * operator
 *
 * Each is recorded before it is done. It must never show a secret, nor put
 * the name of somebody who is forgotten into the audit log.
 */
#include "admin.h"
#include "json_out.h"
#include "manage.h"
#include "people_kept.h"

#define PEOPLE_BUDGET (256u << 20)

static struct csn_str
factor_name(const struct conf *conf, uint64_t id)
{
	for (size_t i = 0; i < conf->nfactors; i++)
		if (factor_id(conf, (unsigned)i) == id ||
		    conf->factors[i].fingerprint == id)
			return conf->factors[i].name;
	return STR("(none of today's factors)");
}

static const char *
how_name(enum proof_enrolment how)
{
	switch (how) {
	case ENROLMENT_FIRST_LOGIN:
		return "at first login";
	case ENROLMENT_LINK:
		return "by link";
	case ENROLMENT_OPERATOR:
		return "by an operator";
	case ENROLMENT_NONE:
		break;
	}
	return "";
}

/* ------------------------------------------------------------------ */
/* shown */

static void
record_put(struct json_out *j, const struct conf *conf,
    const struct people_record *r)
{
	json_open(j, "ids", '[');
	for (size_t i = 0; i < r->nsources; i++) {
		json_open(j, NULL, '{');
		json_text(j, "factor", factor_name(conf,
		    r->sources[i].factor));
		json_text(j, "id", r->sources[i].id);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_open(j, "enrolled", '[');
	for (size_t i = 0; i < r->nenrolments; i++) {
		json_open(j, NULL, '{');
		json_text(j, "factor", factor_name(conf,
		    r->enrolments[i].fingerprint));
		json_text(j, "how", str_from(how_name(
		    r->enrolments[i].how)));
		json_time(j, "since", r->enrolments[i].confirmed_ms);
		json_close(j, '}');
	}
	json_close(j, ']');
}

/* What the plugins say of their devices, which is never a secret. */
static void
devices_put(struct json_out *j, struct csn_gate *g, struct gate_conf *gc,
    struct arena *a, const struct person *p)
{
	json_open(j, "devices", '[');
	for (size_t f = 0; f < gc->conf->nfactors; f++) {
		int op = !bits_has(&gc->conf->second, (size_t)f) ? -1 :
		    manage_find(gc->factors[f].plugin, STR("list"),
		    CSN_OP_OPERATOR);
		struct verdict v;

		if (op < 0 || manage_run(g, &gc->factors[f], a, op, p,
		    STR(""), (struct csn_pairs){ NULL, 0 }, &v) < 0 ||
		    v.verdict != CSN_DONE)
			continue;
		for (size_t i = 0; i < v.reply.nitems; i++) {
			json_open(j, NULL, '{');
			json_text(j, "factor", gc->conf->factors[f].name);
			json_text(j, "id", v.reply.items[i].id);
			json_text(j, "title", v.reply.items[i].title);
			json_text(j, "detail", v.reply.items[i].detail);
			json_time(j, "created",
			    v.reply.items[i].created_ms);
			json_time(j, "used", v.reply.items[i].used_ms);
			json_close(j, '}');
		}
	}
	json_close(j, ']');
}

static void
sessions_put(struct json_out *j, struct csn_gate *g, struct arena *a,
    const struct people_kept *k)
{
	struct session s;
	struct csn_str copy;
	struct buf plain;

	json_open(j, "sessions", '[');
	for (const struct kept *e = k->sessions; e != NULL; e = e->next) {
		buf_init(&plain, STORE_VALUE_MAX);
		copy = seal_open(g->sealer, SEAL_RECORD, e->key, e->value,
		    &plain) == 0 ? arena_str(a, buf_str(&plain)) : STR("");
		buf_free(&plain);
		if (session_unpack(a, copy, true, &s) < 0 ||
		    s.person.generation != k->record.generation)
			continue;
		json_open(j, NULL, '{');
		json_text(j, "id", str_from_at(e->key, 2));
		json_time(j, "created", s.created_ms);
		json_time(j, "expires", s.expires_ms);
		json_text(j, "client", s.client);
		json_text(j, "user_agent", s.user_agent);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
waits_put(struct json_out *j, const struct people_kept *k)
{
	json_open(j, "waits", '[');
	for (const struct kept *e = k->throttles; e != NULL; e = e->next) {
		uint64_t n;

		if (str_u64(e->value, INT64_MAX, &n) < 0 || n == 0 ||
		    !throttle_counts(e->key))
			continue;
		json_open(j, NULL, '{');
		json_text(j, "key", e->key);
		json_number(j, "failures", (int64_t)n);
		json_time(j, "until", e->expires_ms);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static int
person_show(struct csn_gate *g, struct gate_conf *gc, struct arena *a,
    const struct person *p, struct csn_str *ret)
{
	struct people_kept k;
	struct json_out j;
	int rc;

	if (people_kept_read(g->store, g->sealer, a, p->realm_name,
	    p->subject, gate_now_ms(g), &k) < 0) {
		people_kept_free(&k);
		return json_fail(ret, "the store cannot be read, or the "
		    "person's record in it");
	}
	json_init(&j);
	json_open(&j, NULL, '{');
	json_text(&j, "realm", p->realm_name);
	json_text(&j, "subject", p->subject);
	json_bool(&j, "known", k.raw.n > 0 || people_kept_any(&k));
	json_time(&j, "last_login", k.login_ms);
	json_bool(&j, "link_required", k.record.link_required);
	json_number(&j, "open_links", (int64_t)k.nlinks);
	record_put(&j, gc->conf, &k.record);
	devices_put(&j, g, gc, a, p);
	sessions_put(&j, g, a, &k);
	waits_put(&j, &k);
	json_close(&j, '}');
	rc = json_take(&j, ret);
	people_kept_free(&k);
	return rc;
}

int
csn_person(struct csn_gate *g, struct csn_str realm, struct csn_str subject,
    struct csn_str who, struct csn_str *ret)
{
	struct gate_conf *gc = gate_hold(g);
	struct person p;
	struct arena a;
	int rc;

	arena_init(&a, PEOPLE_BUDGET);
	rc = admin_person(gc->conf, &a, realm, subject, &p, ret);
	if (rc == 0 && admin_audit(g, "person-shown", who, p.realm_name,
	    p.subject, STR("")) < 0)
		rc = json_fail(ret, "the audit log cannot be written");
	if (rc == 0)
		rc = person_show(g, gc, &a, &p, ret);
	arena_free(&a);
	gate_drop(gc);
	return rc;
}

/* ------------------------------------------------------------------ */
/* moved */

static int
moved_put(const struct move *m, const struct move_result *r,
    struct csn_str *ret)
{
	struct json_out j;

	json_init(&j);
	json_open(&j, NULL, '{');
	json_text(&j, "realm", m->realm);
	json_text(&j, "from", m->from);
	if (m->into.n > 0)
		json_text(&j, "into", m->into);
	json_bool(&j, "done", !m->dry);
	json_number(&j, "records_of_factors", r->values);
	json_number(&j, "ids", r->ids);
	json_number(&j, "enrolments", r->enrolments);
	json_number(&j, "links", r->links);
	json_number(&j, "sessions_ended", r->sessions);
	json_close(&j, '}');
	return json_take(&j, ret);
}

/* Both have something: in words, and what to do. */
static int
clashes_tell(const struct conf *conf, const struct move *m,
    const struct move_result *r, struct csn_str *ret)
{
	struct buf b;
	int rc;

	buf_init(&b, 4096);
	for (size_t i = 0; i < r->nclashes; i++) {
		bool is_id = r->clashes[i].is_id;
		struct csn_str name = is_id ? factor_name(conf,
		    r->clashes[i].id) : r->clashes[i].factor;

		buf_printf(&b, is_id ? "%stwo different accounts of `%.*s`" :
		    "%stwo sets of devices at `%.*s`", i > 0 ? ", " : "",
		    STR_FMT(name));
	}
	rc = json_fail(ret, "%.*s and %.*s have both: %.*s. Nothing was "
	    "changed. Say whose count with --keep from (those of %.*s) or "
	    "--keep into (those of %.*s); the other's are forgotten",
	    STR_FMT(m->from), STR_FMT(m->into), STR_FMT(buf_str(&b)),
	    STR_FMT(m->from), STR_FMT(m->into));
	buf_free(&b);
	return rc;
}

static int
move_tell(const struct conf *conf, const struct move *m, int rc,
    const struct move_result *r, struct csn_str *ret)
{
	switch (rc) {
	case STORE_OK:
		return moved_put(m, r, ret);
	case STORE_ABSENT:
		return json_fail(ret, "nothing is kept of %.*s in realm "
		    "%.*s: it was done already, or nobody of that name came",
		    STR_FMT(m->from), STR_FMT(m->realm));
	case MOVE_CLASH:
		return r->taken ? json_fail(ret, "%.*s is somebody already; "
		    "if both are one person: countersign people merge %.*s "
		    "%.*s", STR_FMT(m->into), STR_FMT(m->from),
		    STR_FMT(m->into)) : clashes_tell(conf, m, r, ret);
	case MOVE_FULL:
		return json_fail(ret, "together they have more ids or second "
		    "factors than one person can have; remove some first");
	default:
		return json_fail(ret, "the store cannot be read or written, "
		    "or a record in it cannot be opened; nothing was "
		    "changed");
	}
}

/* The old name, and what it is now. */
static int
move_audit(struct csn_gate *g, const struct move *m, struct csn_str who)
{
	struct csn_pair details[3] = { { STR("by"), who },
	    { STR("to"), m->into },
	    { STR("merged"), m->merge ? STR("yes") : STR("no") } };
	struct audit_event e = { .time_ms = m->now_ms,
	    .event = STR("person-moved"), .realm = m->realm,
	    .subject = m->from, .details = { details, 3 } };

	return audit_write(g->audit, &e);
}

/* First what would come of it: what cannot be done is not recorded. */
static int
move_run(struct csn_gate *g, const struct conf *conf, struct arena *a,
    struct move *m, struct csn_str who, struct csn_str *ret)
{
	bool dry = m->dry;
	struct move_result r;
	int rc;

	m->dry = true;
	rc = people_move(m, a, &r);
	m->dry = dry;
	if (rc == STORE_OK && !dry) {
		if (move_audit(g, m, who) < 0)
			return json_fail(ret, "the audit log cannot be "
			    "written, so nothing is changed");
		rc = people_move(m, a, &r);
	}
	return move_tell(conf, m, rc, &r, ret);
}

static int
keep_of(struct csn_str keep, enum move_keep *ret, struct csn_str *ret_error)
{
	*ret = str_is(keep, "from") ? KEEP_FROM : str_is(keep, "into") ?
	    KEEP_INTO : KEEP_NONE;
	return *ret != KEEP_NONE || keep.n == 0 ? 0 : json_fail(ret_error,
	    "--keep is `from` or `into`");
}

int
csn_person_move(struct csn_gate *g, const struct csn_person_change *c,
    struct csn_str who, struct csn_str *ret)
{
	struct gate_conf *gc = gate_hold(g);
	struct move m = { .store = g->store, .sealer = g->sealer,
	    .merge = c->merge != 0, .dry = c->dry != 0,
	    .now_ms = gate_now_ms(g) };
	struct person from, into;
	struct arena a;
	int rc;

	arena_init(&a, PEOPLE_BUDGET);
	rc = admin_person(gc->conf, &a, c->realm, c->subject, &from, ret);
	if (rc == 0)
		rc = admin_person(gc->conf, &a, c->realm, c->into, &into,
		    ret);
	if (rc == 0)
		rc = keep_of(c->keep, &m.keep, ret);
	if (rc == 0 && str_equal(from.subject, into.subject))
		rc = json_fail(ret, "both are the same name: %.*s",
		    STR_FMT(from.subject));
	if (rc == 0) {
		m.realm = from.realm_name;
		m.from = from.subject;
		m.into = into.subject;
		rc = move_run(g, gc->conf, &a, &m, who, ret);
	}
	arena_free(&a);
	gate_drop(gc);
	return rc;
}

/* ------------------------------------------------------------------ */
/* forgotten */

/* Who it was only the one can tell who knows the name already. */
static int
erase_audit(struct csn_gate *g, const struct move *m, struct csn_str who)
{
	char account[PEOPLE_ACCOUNT_LEN + 1];
	struct csn_pair details[2] = { { STR("by"), who },
	    { STR("account"), STR("") } };
	struct audit_event e = { .time_ms = m->now_ms,
	    .event = STR("person-erased"), .realm = m->realm,
	    .details = { details, 2 } };

	if (people_account(g->sealer, m->realm, m->from, account) < 0)
		return -1;
	details[1].value = str_from(account);
	return audit_write(g->audit, &e);
}

static int
erase_run(struct csn_gate *g, const struct conf *conf, struct arena *a,
    struct move *m, struct csn_str who, struct csn_str *ret)
{
	bool dry = m->dry;
	struct move_result r;
	int rc;

	m->dry = true;
	rc = people_erase(m, a, &r);
	m->dry = dry;
	if (rc == STORE_OK && !dry) {
		if (erase_audit(g, m, who) < 0)
			return json_fail(ret, "the audit log cannot be "
			    "written, so nothing is changed");
		rc = people_erase(m, a, &r);
	}
	return move_tell(conf, m, rc, &r, ret);
}

int
csn_person_erase(struct csn_gate *g, const struct csn_person_change *c,
    struct csn_str who, struct csn_str *ret)
{
	struct gate_conf *gc = gate_hold(g);
	struct move m = { .store = g->store, .sealer = g->sealer,
	    .dry = c->dry != 0, .now_ms = gate_now_ms(g) };
	struct person p;
	struct arena a;
	int rc;

	arena_init(&a, PEOPLE_BUDGET);
	rc = admin_person(gc->conf, &a, c->realm, c->subject, &p, ret);
	if (rc == 0) {
		m.realm = p.realm_name;
		m.from = p.subject;
		rc = erase_run(g, gc->conf, &a, &m, who, ret);
	}
	arena_free(&a);
	gate_drop(gc);
	return rc;
}
