/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin_gate.c - the operator's command beside a running daemon: sessions,
 * throttles, links, factors' operations
 *
 * Everything goes through the store and its feed, so that each node sees it.
 * Each act is audited with who did it; an act that cannot be audited does not
 * happen.
 */
#include "admin.h"
#include "json_out.h"
#include "lib/base64url.h"
#include "lib/url.h"
#include "manage.h"
#include "notice.h"
#include "subject.h"
#include "visit.h"

#define SESSIONS_MAX	100000u
#define SESSIONS_BYTES	(512u << 20)

int
admin_audit(struct csn_gate *g, const char *event, struct csn_str who,
    struct csn_str realm, struct csn_str subject, struct csn_str factor)
{
	struct csn_pair by = { STR("by"), who };
	struct audit_event e = { .time_ms = gate_now_ms(g),
	    .event = str_from(event), .realm = realm, .subject = subject,
	    .factor = factor, .details = { &by, 1 } };

	return audit_write(g->audit, &e);
}

/* The realm of this name, or the only one if none was given. */
static int
realm_of(const struct conf *conf, struct csn_str name)
{
	int only = -1;

	if (name.n > 0)
		return conf_realm_find(conf, name);
	for (size_t i = 0; i < conf->nrealms; i++) {
		if (!conf->realms[i].identifies)
			continue;
		if (only >= 0)
			return -1;
		only = (int)i;
	}
	return only;
}

int
admin_person(const struct conf *conf, struct arena *a, struct csn_str realm,
    struct csn_str subject, struct person *ret, struct csn_str *ret_error)
{
	int r = realm_of(conf, realm);

	memset(ret, 0, sizeof(*ret));
	if (r < 0)
		return json_fail(ret_error, "there is no realm `%.*s`, or "
		    "more than one and none was named", STR_FMT(realm));
	if (subject_canonical(a, conf->realms[r].keep_case, subject,
	    &ret->subject) < 0)
		return json_fail(ret_error, "`%.*s` is not a usable name",
		    STR_FMT(subject));
	ret->named = true;
	ret->realm = (unsigned)r;
	ret->realm_name = conf->realms[r].name;
	return 0;
}

/* ------------------------------------------------------------------ */
/* sessions */

/* Listed first, then looked at: the store may not be asked while it lists. */
struct session_list {
	struct csn_gate *gate;
	const struct conf *conf;
	struct csn_str realm, subject;
	struct json_out j;
	struct arena arena;
	struct listed *first;
};

struct listed {
	struct listed *next;
	struct session session;
};

static void
session_put(struct session_list *l, const struct session *s)
{
	struct json_out *j = &l->j;
	struct buf id;

	buf_init(&id, 64);
	hex_encode(&id, str_of(s->id, sizeof(s->id)));
	json_open(j, NULL, '{');
	json_text(j, "id", buf_str(&id));
	json_text(j, "realm", s->person.realm_name);
	json_text(j, "subject", s->person.subject);
	json_text(j, "name", s->person.name);
	json_time(j, "created", s->created_ms);
	json_time(j, "expires", s->expires_ms);
	json_text(j, "client", s->client);
	json_text(j, "user_agent", s->user_agent);
	json_open(j, "factors", '[');
	for (size_t i = 0; i < s->proofs.n; i++)
		if (s->proofs.v[i].factor >= 0)
			json_text(j, NULL, l->conf->factors[
			    s->proofs.v[i].factor].name);
	json_close(j, ']');
	json_close(j, '}');
	buf_free(&id);
}

static int
session_each(void *arg, struct csn_str key, struct csn_str value,
    int64_t expires_ms)
{
	struct session_list *l = arg;
	struct csn_str copy;
	struct listed *s;
	struct buf plain;

	(void)expires_ms;
	buf_init(&plain, STORE_VALUE_MAX);
	s = arena_alloc(&l->arena, sizeof(*s));
	if (s != NULL && seal_open(l->gate->sealer, SEAL_RECORD, key, value,
	    &plain) == 0) {
		copy = arena_str(&l->arena, buf_str(&plain));
		if (copy.p != NULL && session_unpack(&l->arena, copy, true,
		    &s->session) == 0) {
			s->next = l->first;
			l->first = s;
		}
	}
	buf_free(&plain);
	return l->arena.over ? -1 : 0;
}

static bool
session_wanted(const struct session_list *l, struct session *s)
{
	if (l->realm.n > 0 && !str_equal(l->realm, s->person.realm_name))
		return false;
	if (l->subject.n > 0 && !str_equal(l->subject, s->person.subject))
		return false;
	/* all of this person's may have been revoked since */
	return gate_person_check(l->gate, s) != STORE_ABSENT;
}

int
csn_sessions(struct csn_gate *g, struct csn_str realm,
    struct csn_str subject, struct csn_str *ret)
{
	struct gate_conf *gc = gate_hold(g);
	struct session_list l = { .gate = g, .conf = gc->conf,
	    .realm = realm, .subject = subject };
	int rc;

	if (realm.n > 0 && conf_realm_find(gc->conf, realm) < 0) {
		gate_drop(gc);
		return json_fail(ret, "there is no realm `%.*s`",
		    STR_FMT(realm));
	}
	arena_init(&l.arena, SESSIONS_BYTES);
	rc = store_list(g->store, STR("s/"), STR(""), SESSIONS_MAX,
	    gate_now_ms(g), session_each, &l);
	json_init(&l.j);
	json_open(&l.j, NULL, '[');
	for (struct listed *s = l.first; s != NULL; s = s->next) {
		proofs_resolve(&s->session.proofs, gc->conf);
		if (session_wanted(&l, &s->session))
			session_put(&l, &s->session);
	}
	json_close(&l.j, ']');
	if (rc == STORE_OK && !l.arena.over) {
		rc = json_take(&l.j, ret);
	} else {
		json_free(&l.j);
		rc = json_fail(ret, rc == STORE_OK ? "there are too many "
		    "sessions to list: name a realm and a person" :
		    "the store cannot be read");
	}
	arena_free(&l.arena);
	gate_drop(gc);
	return rc;
}

static int
revoke_result(int rc, struct csn_str *ret)
{
	switch (rc) {
	case STORE_OK:
		return 0;
	case STORE_ABSENT:
		return json_fail(ret, "there is no such session; it may have "
		    "ended");
	default:
		return json_fail(ret, "the store cannot be written");
	}
}

static int
revoke_id(struct csn_gate *g, struct csn_str id, struct csn_str who,
    struct csn_str *ret)
{
	struct buf raw;
	int rc = -1;

	buf_init(&raw, 64);
	if (hex_decode(&raw, id) < 0 || raw.n != SESSION_ID_LEN)
		rc = json_fail(ret, "a session's id has 32 hexadecimal "
		    "digits; see `countersign sessions list`");
	else if (admin_audit(g, "session-revoked", who, STR(""), STR(""),
	    STR("")) < 0)
		rc = json_fail(ret, "the audit log cannot be written");
	else
		rc = revoke_result(session_end(g, raw.p, gate_now_ms(g)),
		    ret);
	buf_free(&raw);
	return rc;
}

static int
revoke_person(struct csn_gate *g, struct csn_str realm,
    struct csn_str subject, struct csn_str who, struct csn_str *ret)
{
	struct gate_conf *gc = gate_hold(g);
	struct person p;
	struct arena a;
	uint32_t generation;
	int rc;

	arena_init(&a, 65536);
	rc = admin_person(gc->conf, &a, realm, subject, &p, ret);
	if (rc == 0 && admin_audit(g, "sessions-revoked", who, p.realm_name,
	    p.subject, STR("")) < 0)
		rc = json_fail(ret, "the audit log cannot be written");
	if (rc == 0 && people_revoke(g->store, p.realm_name, p.subject,
	    gate_now_ms(g), &generation) != STORE_OK)
		rc = json_fail(ret, "the store cannot be written");
	arena_free(&a);
	gate_drop(gc);
	return rc;
}

int
csn_sessions_revoke(struct csn_gate *g, struct csn_str id,
    struct csn_str realm, struct csn_str subject, struct csn_str who,
    struct csn_str *ret)
{
	struct json_out j;
	int rc = id.n > 0 ? revoke_id(g, id, who, ret) :
	    revoke_person(g, realm, subject, who, ret);

	if (rc < 0)
		return -1;
	json_init(&j);
	json_open(&j, NULL, '{');
	json_bool(&j, "revoked", true);
	json_close(&j, '}');
	return json_take(&j, ret);
}

/* ------------------------------------------------------------------ */
/* throttles */

static int
throttle_each(void *arg, struct csn_str key, const struct throttle_key *k,
    int64_t count, int64_t until_ms)
{
	struct json_out *j = arg;

	json_open(j, NULL, '{');
	json_text(j, "key", key);
	json_text(j, "factor", k->factor);
	json_text(j, "realm", k->realm);
	json_text(j, "subject", k->subject);
	json_number(j, "failures", count);
	json_time(j, "until", until_ms);
	json_close(j, '}');
	return 0;
}

int
csn_throttles(struct csn_gate *g, struct csn_str *ret)
{
	struct gate_conf *gc = gate_hold(g);
	struct json_out j;
	int rc;

	json_init(&j);
	json_open(&j, NULL, '[');
	rc = throttle_list(g->store, gc->conf, gate_now_ms(g), throttle_each,
	    &j);
	json_close(&j, ']');
	gate_drop(gc);
	if (rc == THROTTLE_OK)
		return json_take(&j, ret);
	json_free(&j);
	return json_fail(ret, "the store cannot be read");
}

int
csn_throttle_lift(struct csn_gate *g, struct csn_str key,
    struct csn_str who, struct csn_str *ret)
{
	struct json_out j;

	if (admin_audit(g, "throttle-lifted", who, STR(""), key, STR("")) < 0)
		return json_fail(ret, "the audit log cannot be written");
	if (throttle_lift(g->store, key, gate_now_ms(g)) != THROTTLE_OK)
		return json_fail(ret, "the store cannot be written, or the "
		    "key is not one of `countersign throttle list`");
	json_init(&j);
	json_open(&j, NULL, '{');
	json_bool(&j, "lifted", true);
	json_close(&j, '}');
	return json_take(&j, ret);
}

/* ------------------------------------------------------------------ */
/* links, factors */

int
csn_enrol_link(struct csn_gate *g, struct csn_str realm,
    struct csn_str subject, struct csn_str factor, struct csn_str who,
    struct csn_str *ret)
{
	struct gate_conf *gc = gate_hold(g);
	const struct conf *conf = gc->conf;
	int f = conf_factor_find(conf, factor), rc;
	struct people_link link;
	struct json_out j;
	struct person p;
	struct arena a;
	struct buf text;

	arena_init(&a, 65536);
	buf_init(&text, 4096);
	rc = admin_person(conf, &a, realm, subject, &p, ret);
	if (rc == 0 && (f < 0 || !bits_has(&conf->second, (size_t)f) ||
	    !conf->factors[f].enrol.link))
		rc = json_fail(ret, "`%.*s` is not a second factor that can "
		    "be enrolled by link", STR_FMT(factor));
	if (rc < 0)
		goto out;
	link = (struct people_link){ .realm = p.realm_name,
	    .subject = p.subject, .factor = conf->factors[f].name,
	    .uses = conf->factors[f].enrol.link_uses,
	    .until_ms = gate_now_ms(g) +
	    conf->factors[f].enrol.link_valid_s * 1000 };
	buf_str_put(&text, conf->public_url);
	buf_puts(&text, "/enrol/");
	if (admin_audit(g, "enrol-link", who, p.realm_name, p.subject,
	    link.factor) < 0)
		rc = json_fail(ret, "the audit log cannot be written");
	else if (people_link_new(g->store, &link, gate_now_ms(g), &text) !=
	    STORE_OK)
		rc = json_fail(ret, "the store cannot be written");
	if (rc < 0)
		goto out;
	json_init(&j);
	json_open(&j, NULL, '{');
	json_text(&j, "url", buf_str(&text));
	json_time(&j, "until", link.until_ms);
	json_number(&j, "uses", link.uses);
	json_close(&j, '}');
	rc = json_take(&j, ret);
out:
	buf_free(&text);
	arena_free(&a);
	gate_drop(gc);
	return rc;
}

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

static bool
among(struct csn_str list, struct csn_str name)
{
	struct csn_str one;

	while (str_cut(&list, ',', &one))
		if (one.n > 0 && str_equal(one, name))
			return true;
	return false;
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

		if (!among(known, name))
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
op_result(bool opened, const struct verdict *v, struct csn_str *ret)
{
	struct json_out j;

	if (!opened)
		return json_fail(ret, "the factor could not be opened; see "
		    "above");
	if (v->verdict != CSN_DONE)
		return json_fail(ret, "%.*s", v->reply.message.n > 0 ?
		    (int)v->reply.message.n : 25, v->reply.message.n > 0 ?
		    v->reply.message.p : "the factor did not do it");
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
