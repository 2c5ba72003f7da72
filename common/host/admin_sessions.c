/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin_sessions.c - the operator's command: who is logged in, and who no
 * longer is to be
 *
 * A revocation goes through the store and its feed, so that each node sees it.
 * One that cannot be audited does not happen.
 */
#include "admin.h"
#include "json_out.h"
#include "lib/base64url.h"
#include "subject.h"
#include "visit.h"

#define SESSIONS_MAX	100000u
#define SESSIONS_BYTES	(512u << 20)

/* Listed first, then looked at: the store may not be asked while it lists. */
struct session_list {
	struct csn_gate *gate;
	const struct conf *conf;
	struct csn_str realm, subject;
	struct csn_str names[2];	/* the subject's canonical forms: [1] of
					 * realms that keep the case */
	struct json_out j;
	struct arena arena;
	struct listed *first;
	size_t n;
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

static bool
session_wanted(const struct session_list *l, const struct person *p)
{
	int realm = conf_realm_find(l->conf, p->realm_name);

	if (l->realm.n > 0 && !str_equal(l->realm, p->realm_name))
		return false;
	return l->subject.n == 0 || str_equal(p->subject,
	    l->names[realm >= 0 && l->conf->realms[realm].keep_case]);
}

/* Of all there are only what is asked for stays in memory. */
static void
session_keep(struct session_list *l, struct csn_str plain)
{
	struct listed *s;
	struct session one;
	struct csn_str copy;
	struct arena a;
	bool wanted;

	arena_init(&a, SESSION_MEMORY_MAX);
	wanted = session_unpack(&a, plain, true, &one) == 0 &&
	    session_wanted(l, &one.person);
	arena_free(&a);
	if (!wanted)
		return;
	s = arena_alloc(&l->arena, sizeof(*s));
	copy = arena_str(&l->arena, plain);
	if (s == NULL || copy.p == NULL || session_unpack(&l->arena, copy,
	    true, &s->session) < 0)
		return;
	s->next = l->first;
	l->first = s;
	l->n++;
}

static int
session_each(void *arg, struct csn_str key, struct csn_str value,
    int64_t expires_ms)
{
	struct session_list *l = arg;
	struct buf plain;

	(void)expires_ms;
	buf_init(&plain, STORE_VALUE_MAX);
	if (seal_open(l->gate->sealer, SEAL_RECORD, key, value, &plain) == 0)
		session_keep(l, buf_str(&plain));
	buf_free(&plain);
	return l->arena.over || l->n > SESSIONS_MAX ? -1 : 0;
}

static int
names_make(struct session_list *l)
{
	int rc = 0;

	for (int keep = 0; keep < 2 && l->subject.n > 0; keep++)
		rc |= subject_canonical(&l->arena, keep == 1, l->subject,
		    &l->names[keep]);
	return rc;
}

static int
list_all(struct session_list *l, struct csn_str *ret)
{
	int rc;

	if (names_make(l) != 0)
		return json_fail(ret, "`%.*s` is no name that anybody here "
		    "can have", STR_FMT(l->subject));
	rc = store_list(l->gate->store, STR("s/"), STR(""), SIZE_MAX,
	    gate_now_ms(l->gate), session_each, l);
	if (rc != STORE_OK)
		return json_fail(ret, "the store cannot be read");
	if (l->arena.over || l->n > SESSIONS_MAX)
		return json_fail(ret, "there are too many sessions to list: "
		    "name a realm and a person");
	json_init(&l->j);
	json_open(&l->j, NULL, '[');
	for (struct listed *s = l->first; s != NULL; s = s->next) {
		proofs_resolve(&s->session.proofs, l->conf);
		/* all of this person's may have been revoked since */
		if (gate_person_check(l->gate, &s->session) != STORE_ABSENT)
			session_put(l, &s->session);
	}
	json_close(&l->j, ']');
	return json_take(&l->j, ret);
}

int
csn_sessions(struct csn_gate *g, struct csn_str realm,
    struct csn_str subject, struct csn_str *ret)
{
	struct gate_conf *gc = gate_hold(g);
	struct session_list l = { .gate = g, .conf = gc->conf,
	    .realm = realm, .subject = subject };
	int rc;

	arena_init(&l.arena, SESSIONS_BYTES);
	rc = realm.n > 0 && conf_realm_find(gc->conf, realm) < 0 ?
	    json_fail(ret, "there is no realm `%.*s`", STR_FMT(realm)) :
	    list_all(&l, ret);
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
