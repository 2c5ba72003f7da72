/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate_state.c - sessions read from the store, people asked about again
 *
 * It must never take a failure for an absence, nor an old answer for a new
 * one.
 */
#include "gate.h"
#include "lib/text.h"
#include "subject.h"
#include "verdict.h"

/* Each revocation or enrolment anywhere costs those who load just now a try.
 * Where hundreds a second enrol, on a crowded machine, one of thousands was
 * seen to need 50. */
#define LOAD_TRIES	400
#define LOOKUP_TIME_MS	5000
#define LOOKUP_PAUSE_MS	10000
#define GROUPS_BYTES_MAX 2000u

static int
record_read(struct csn_gate *gate, const struct conf *conf, struct arena *a,
    const uint8_t id[SESSION_ID_LEN], struct session *ret)
{
	char key[SESSION_KEY_LEN + 1];
	struct csn_str copy;
	struct buf sealed, b;
	int rc;

	session_key(id, key);
	buf_init(&sealed, STORE_VALUE_MAX);
	buf_init(&b, STORE_VALUE_MAX);
	rc = store_get(gate->store, str_from(key), gate_now_ms(gate), &sealed);
	if (rc != STORE_OK)
		goto out;
	rc = STORE_FAILED;
	if (seal_open(gate->sealer, SEAL_RECORD, str_from(key),
	    buf_str(&sealed), &b) < 0)
		goto out;
	copy = arena_str(a, buf_str(&b));
	if (copy.p == NULL || session_unpack(a, copy, true, ret) < 0 ||
	    memcmp(ret->id, id, SESSION_ID_LEN) != 0)
		goto out;
	ret->stored = arena_str(a, buf_str(&sealed));
	if (ret->stored.p == NULL)
		goto out;
	rc = session_resolve(ret, conf) < 0 ? STORE_ABSENT : STORE_OK;
out:
	buf_free(&sealed);
	buf_free(&b);
	return rc;
}

/* The generation of the person must still be the session's (S8); and what is
 * enrolled is what the person's record says, not what it was at the login: a
 * way for those who have nothing enrolled closes for all of their sessions. */
int
gate_person_check(struct csn_gate *gate, struct session *s)
{
	struct people_record r;
	struct buf raw;
	int rc;

	buf_init(&raw, STORE_VALUE_MAX);
	rc = people_read(gate->store, s->person.realm_name,
	    s->person.subject, gate_now_ms(gate), &raw, &r);
	buf_free(&raw);
	if (rc != STORE_OK)
		return STORE_FAILED;
	s->enrolled_known = true;
	s->nenrolled = r.nenrolments;
	s->enrolled_ms = 0;
	for (size_t i = 0; i < r.nenrolments; i++) {
		s->enrolled[i] = r.enrolments[i].fingerprint;
		if (s->enrolled_ms < r.enrolments[i].confirmed_ms)
			s->enrolled_ms = r.enrolments[i].confirmed_ms;
	}
	return r.generation == s->person.generation ? STORE_OK : STORE_ABSENT;
}

/* When it was last seen, by any node: touches are written beside the record,
 * so that a record need not be read to be touched. */
static int
seen_read(struct csn_gate *gate, const struct session *s, int64_t *ret_ms)
{
	char key[SESSION_KEY_LEN + 1];
	struct reader r;
	struct buf b;
	int rc;

	session_key(s->id, key);
	key[0] = 'l';
	buf_init(&b, 64);
	rc = store_get(gate->store, str_from(key), gate_now_ms(gate), &b);
	*ret_ms = s->seen_ms;
	if (rc == STORE_OK) {
		reader_init(&r, buf_str(&b));
		*ret_ms = (int64_t)reader_u64(&r);
		rc = reader_end(&r) < 0 ? STORE_FAILED : STORE_OK;
	}
	buf_free(&b);
	return rc == STORE_ABSENT ? STORE_OK : rc;
}

int
gate_session_load(struct csn_gate *gate, const struct conf *conf,
    struct arena *a, const uint8_t id[SESSION_ID_LEN], int64_t idle_ms,
    bool touch, struct session *ret)
{
	int64_t seen_ms, known_ms, now_ms = gate_now_ms(gate);
	struct session s;
	uint64_t epoch;
	int rc;

	for (int i = 0; i < LOAD_TRIES; i++) {
		epoch = known_epoch(gate->known);
		if ((rc = record_read(gate, conf, a, id, &s)) != STORE_OK ||
		    (rc = gate_person_check(gate, &s)) != STORE_OK ||
		    (rc = seen_read(gate, &s, &seen_ms)) != STORE_OK)
			return rc;
		/* touches are written in batches: this node may know better */
		known_ms = known_last_seen(gate->known, id);
		if (known_ms > seen_ms)
			seen_ms = known_ms;
		if (s.expires_ms <= now_ms || now_ms - seen_ms > idle_ms)
			return STORE_ABSENT;
		if (known_enter(gate->known, &s, touch ? now_ms : seen_ms,
		    epoch) == 0) {
			s.seen_ms = seen_ms;
			/* read anew since the cookies were made, by this node
			 * or another */
			if (s.person.groups_known &&
			    s.person.groups_ms > s.issued_ms)
				known_regroup(gate->known, id,
				    s.person.groups, s.person.groups_ms);
			*ret = s;
			return STORE_OK;
		}
	}
	return STORE_FAILED;
}

/* ------------------------------------------------------------------ */

struct csn_str
group_short(const struct conf *conf, unsigned realm, struct csn_str value)
{
	for (size_t i = 0; i < conf->ngroups; i++) {
		const struct csn_pairs *p = &conf->groups[i].values;

		for (size_t k = 0; k < p->n; k++)
			if (str_equal(p->v[k].name, conf->realms[realm].name)
			    && str_equal_fold(p->v[k].value, value))
				return conf->groups[i].name;
	}
	return str_of(NULL, 0);
}

/* Undeclared groups go on under their realm's name if they are plain: a DN is
 * not, and goes nowhere unless it is declared. */
static bool
group_plain(struct csn_str g)
{
	if (g.n == 0 || g.n > 64)
		return false;
	for (size_t i = 0; i < g.n; i++) {
		char c = g.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '.' || c == '_' ||
		    c == '-'))
			return false;
	}
	return true;
}

static bool
strs_have(const struct csn_str *v, size_t n, struct csn_str s)
{
	for (size_t i = 0; i < n; i++)
		if (str_equal(v[i], s))
			return true;
	return false;
}

int
groups_map(struct arena *a, const struct conf *conf, unsigned realm,
    struct csn_strs raw, struct csn_strs *ret)
{
	struct csn_str *v = arena_array(a, raw.n, sizeof(*v)), g;
	size_t n = 0, bytes = 0;

	if (v == NULL)
		return -1;
	for (size_t i = 0; i < raw.n; i++) {
		g = group_short(conf, realm, raw.v[i]);
		if (g.p == NULL && group_plain(raw.v[i]))
			g = arena_printf(a, "%.*s/%.*s",
			    STR_FMT(conf->realms[realm].name),
			    STR_FMT(raw.v[i]));
		if (g.p == NULL || strs_have(v, n, g))
			continue;
		if (str_index(g, conf->headers.separator) >= 0)
			return -1;
		bytes += g.n + 2;
		if (bytes > GROUPS_BYTES_MAX)
			return -1;
		v[n++] = g;
	}
	*ret = (struct csn_strs){ v, n };
	return 0;
}

/* What the realm itself calls a declared short name, or the name. */
static struct csn_str
group_value(const struct conf *conf, unsigned realm, struct csn_str name)
{
	struct csn_str value;

	for (size_t i = 0; i < conf->ngroups; i++) {
		if (!str_equal(conf->groups[i].name, name))
			continue;
		value = pairs_get(conf->groups[i].values,
		    conf->realms[realm].name);
		return value.p != NULL ? value : name;
	}
	return name;
}

int
groups_rename(struct arena *a, const struct conf *conf,
    const struct conf_factor *cf, struct csn_strs raw, struct csn_strs *ret)
{
	struct csn_str *v, mapped;

	*ret = raw;
	if (cf->group_map.n == 0)
		return 0;
	v = arena_array(a, raw.n, sizeof(*v));
	if (v == NULL)
		return -1;
	for (size_t i = 0; i < raw.n; i++) {
		mapped = pairs_get(cf->group_map, raw.v[i]);
		v[i] = mapped.p != NULL ? group_value(conf, cf->realm,
		    mapped) : raw.v[i];
	}
	*ret = (struct csn_strs){ v, raw.n };
	return 0;
}

/* ------------------------------------------------------------------ */

static bool
looks_up(const struct factor *f)
{
	return (f->plugin->caps & CSN_CAP_LOOKUP) != 0 &&
	    f->plugin->serve != NULL;
}

struct factor *
gate_lookup_factor(struct gate_conf *gc, const struct person *p)
{
	int f = gc->conf->realms[p->realm].authority;

	if (f < 0)
		f = conf_factor_of(gc->conf, p->source);
	return f < 0 || !looks_up(&gc->factors[f]) ? NULL : &gc->factors[f];
}

bool
gate_can_look_up(const struct gate_conf *gc, unsigned realm)
{
	int authority = gc->conf->realms[realm].authority;

	if (authority >= 0)
		return looks_up(&gc->factors[authority]);
	for (size_t i = 0; i < gc->conf->nfactors; i++)
		if (gc->conf->factors[i].realm == realm &&
		    looks_up(&gc->factors[i]))
			return true;
	return false;
}

int
gate_person_renew(struct csn_gate *gate, struct gate_conf *gc, struct arena *a,
    const struct factor *f, const struct csn_reply *r, struct person *p)
{
	struct csn_str said = r->subject, subject;
	struct csn_strs groups;

	if (f->cf->people.v != NULL)
		said = pairs_get(f->cf->people, said);
	if (said.p == NULL || subject_canonical(a,
	    gc->conf->realms[p->realm].keep_case, said, &subject) < 0 ||
	    !str_equal(subject, p->subject))
		return STORE_ABSENT;
	/* ids of two sources are not comparable */
	if (f->cf->fingerprint == p->source && p->subject_id.n > 0 &&
	    r->subject_id.n > 0 && !str_equal(p->subject_id, r->subject_id))
		return STORE_ABSENT;
	p->groups_known = false;
	if ((r->flags & CSN_RP_GROUPS) != 0 &&
	    groups_rename(a, gc->conf, f->cf, r->groups, &groups) == 0 &&
	    groups_map(a, gc->conf, p->realm, groups, &p->groups) == 0) {
		p->groups_known = true;
		p->groups_ms = gate_now_ms(gate);
	}
	return STORE_OK;
}

int
gate_lookup(struct csn_gate *gate, struct gate_conf *gc, struct arena *a,
    struct person *p)
{
	struct factor *f = gate_lookup_factor(gc, p);
	struct csn_req req = { .struct_size = sizeof(req),
	    .event = CSN_EV_LOOKUP };
	int64_t now_ms = gate_now_ms(gate);
	struct csn_call call;
	struct verdict v;
	int rc = STORE_FAILED;

	/* a directory that just failed is not asked by every check again */
	if (f == NULL || now_ms < atomic_load(&f->lookup_pause_ms))
		return STORE_FAILED;
	req.subject = p->subject;
	req.realm = p->realm_name;
	req.subject_id = p->subject_id;
	call_begin(&call, &gate->call_host, f, LOOKUP_TIME_MS);
	verdict_call(&call, VERDICT_SERVE, &req, a, &v);
	call_end(&call);
	switch (v.verdict) {
	case CSN_DONE:
		rc = gate_person_renew(gate, gc, a, f, &v.reply, p);
		break;
	case CSN_DENY:
		rc = STORE_ABSENT;
		break;
	default:
		atomic_store(&f->lookup_pause_ms, now_ms + LOOKUP_PAUSE_MS);
		break;
	}
	return rc;
}
