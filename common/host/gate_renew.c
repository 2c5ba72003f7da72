/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate_renew.c - sessions in use, asked about again while nobody waits
 *
 * Factors that gave something to ask with (CSN_RP_RENEW) are asked by RENEW,
 * one node at a time by a lease in the store; the realm's authority, or the
 * factor that named the person, by LOOKUP (security.md E11). A no ends the
 * session, no answer leaves it to its own end. It must never lengthen a
 * session, nor lose what a provider gave in exchange for what it took.
 */
#include <stdlib.h>

#include "gate.h"
#include "lib/base64url.h"
#include "verdict.h"
#include "visit.h"

#define RENEW_MAX	64u		/* sessions, at each turn */
#define RENEW_TIME_MS	20000
#define RENEW_PAUSE_MS	10000		/* after a provider did not answer */
#define RENEW_AGAIN_MS	30000		/* after that, of its sessions */
#define LEASE_MS	60000
#define WRITE_TRIES	8
#define ACTIVE_MS	600000

struct renewal {
	struct csn_gate *gate;
	struct gate_conf *gc;
	uint8_t id[SESSION_ID_LEN];
	int64_t now_ms;
	struct arena arena;
	struct session s;
	bool changed, over;
	bool again, later;		/* at the next turn: another node is at
					 * it; a while after: nobody answers */
};

int64_t
gate_renew_age_ms(const struct conf *conf)
{
	int64_t age = conf->groups_max_age_s * 1000 / 2;

	for (size_t i = 0; i < conf->nrealms; i++)
		if (conf->realms[i].recheck_s > 0 &&
		    conf->realms[i].recheck_s * 1000 < age)
			age = conf->realms[i].recheck_s * 1000;
	return age;
}

static struct factor *
extra_factor(struct gate_conf *gc, const struct grant_extra *e)
{
	int f = conf_factor_of(gc->conf, e->fingerprint);

	return f >= 0 && gc->factors[f].plugin->serve != NULL ?
	    &gc->factors[f] : NULL;
}

/* The next factor that is to be asked about this session, or NULL. */
static struct grant_extra *
extra_due(struct renewal *w, struct factor **ret)
{
	int64_t age = gate_renew_age_ms(w->gc->conf);

	for (size_t i = 0; i < w->s.nextras; i++) {
		struct grant_extra *e = &w->s.extras[i];

		*ret = e->renew && e->keep.n > 0 &&
		    w->now_ms - e->asked_ms >= age ?
		    extra_factor(w->gc, e) : NULL;
		if (*ret != NULL)
			return e;
	}
	*ret = NULL;
	return NULL;
}

/* Groups that the factor of a RENEW tells are asked of nobody else. */
static bool
lookup_due(struct renewal *w)
{
	return gate_lookup_factor(w->gc, &w->s.person) != NULL &&
	    w->now_ms - w->s.person.groups_ms >=
	    gate_renew_age_ms(w->gc->conf);
}

/* ------------------------------------------------------------------ */

/* One node asks at a time: of two with one refresh token, the second would be
 * told that it was stolen. It is not given back: until it is over the record
 * says when was asked last. */
static bool
lease_take(struct renewal *w, const struct grant_extra *e)
{
	struct buf key;
	int rc;

	buf_init(&key, 128);
	buf_puts(&key, "n/");
	hex_encode(&key, str_of(w->id, sizeof(w->id)));
	buf_printf(&key, "/%016llx", (unsigned long long)e->fingerprint);
	rc = store_put_new(w->gate->store, buf_str(&key), STR("1"),
	    w->now_ms + LEASE_MS, w->now_ms);
	buf_free(&key);
	return rc == STORE_OK;
}

static struct csn_str
kept(struct renewal *w, struct csn_str s)
{
	return arena_str(&w->arena, s);
}

/* Who the factor names must be who the session is; where it was the one that
 * named, and no authority speaks for the realm, groups are its own again. */
static int
renew_person(struct renewal *w, struct factor *f, const struct csn_reply *r)
{
	struct person *p = &w->s.person;
	struct person unused = *p;
	int authority = w->gc->conf->realms[p->realm].authority;
	bool speaks = f->cf->fingerprint == p->source &&
	    (authority < 0 || authority == (int)f->index);

	if (r->subject.n == 0)
		return STORE_OK;
	if (f->cf->realm != p->realm)
		return STORE_ABSENT;
	return gate_person_renew(w->gate, w->gc, &w->arena, f, r,
	    speaks ? p : &unused);
}

static void
renew_extra(struct renewal *w, struct grant_extra *e,
    const struct csn_reply *r)
{
	e->asked_ms = w->now_ms;
	if (r->keep.n > 0) {
		e->keep = kept(w, r->keep);
		e->renew = (r->flags & CSN_RP_RENEW) != 0;
	}
	if (r->not_after_ms > 0) {
		e->not_after_ms = r->not_after_ms;
		if (r->not_after_ms < w->s.expires_ms)
			w->s.expires_ms = r->not_after_ms;
	}
	w->changed = true;
}

static void
session_over(struct renewal *w, const struct factor *f, const char *why)
{
	struct audit_event e = { .event = STR("session-not-renewed"),
	    .factor = f->cf->name, .realm = w->s.person.realm_name,
	    .subject = w->s.person.subject, .reason = str_from(why),
	    .time_ms = w->now_ms };

	w->over = true;
	audit_write(w->gate->audit, &e);
	session_end(w->gate, w->id, w->now_ms);
}

static void
renew_ask(struct renewal *w, struct factor *f, struct grant_extra *e)
{
	struct csn_req req = { .struct_size = sizeof(req),
	    .event = CSN_EV_RENEW, .keep = e->keep,
	    .subject = w->s.person.subject, .realm = w->s.person.realm_name };
	struct csn_call call;
	struct verdict v;

	if (f->cf->fingerprint == w->s.person.source)
		req.subject_id = w->s.person.subject_id;
	call_begin(&call, &w->gate->call_host, f, RENEW_TIME_MS);
	verdict_call(&call, VERDICT_SERVE, &req, &w->arena, &v);
	call_end(&call);
	switch (v.verdict) {
	case CSN_DONE:
		if (renew_person(w, f, &v.reply) == STORE_OK)
			renew_extra(w, e, &v.reply);
		else
			session_over(w, f, "E8: it names another person");
		break;
	case CSN_DENY:
		session_over(w, f, "its provider says no");
		break;
	default:
		atomic_store(&f->lookup_pause_ms, w->now_ms + RENEW_PAUSE_MS);
		w->later = true;
		break;
	}
}

static void
lookup_ask(struct renewal *w)
{
	switch (gate_lookup(w->gate, w->gc, &w->arena, &w->s.person)) {
	case STORE_OK:
		w->changed |= w->s.person.groups_known;
		break;
	case STORE_ABSENT:
		session_over(w, gate_lookup_factor(w->gc, &w->s.person),
		    "its directory does not know this account any more");
		break;
	default:
		break;
	}
}

/* ------------------------------------------------------------------ */

/* What was asked goes into the record as it is by now: a step-up meanwhile
 * keeps its proofs, and the provider's new token is not lost to it. */
static int
record_merge(struct renewal *w)
{
	struct session now;
	int rc = gate_session_load(w->gate, w->gc->conf, &w->arena, w->id,
	    w->gc->conf->idle_s * 1000, false, &now);

	if (rc != STORE_OK)
		return rc;
	for (size_t i = 0; i < now.nextras; i++)
		for (size_t k = 0; k < w->s.nextras; k++)
			if (now.extras[i].fingerprint ==
			    w->s.extras[k].fingerprint &&
			    now.extras[i].asked_ms < w->s.extras[k].asked_ms)
				now.extras[i] = w->s.extras[k];
	if (w->s.person.groups_ms > now.person.groups_ms) {
		now.person.groups = w->s.person.groups;
		now.person.groups_known = w->s.person.groups_known;
		now.person.groups_ms = w->s.person.groups_ms;
	}
	if (w->s.expires_ms < now.expires_ms)
		now.expires_ms = w->s.expires_ms;
	w->s = now;
	return STORE_OK;
}

static void
record_write(struct renewal *w)
{
	int rc = session_write(w->gate, &w->s, w->now_ms);

	for (int i = 0; i < WRITE_TRIES && rc != STORE_OK; i++) {
		if (rc == STORE_STALE && record_merge(w) != STORE_OK)
			return;
		rc = session_write(w->gate, &w->s, w->now_ms);
	}
	if (rc != STORE_OK)
		gate_say(w->gate, CSN_WARN, "a renewed session could not be "
		    "written; what its provider gave is lost");
}

/* This node knows at once; the others read the record when it is their turn. */
static void
known_renew(struct renewal *w)
{
	struct session unused;

	if (w->changed && gate_session_load(w->gate, w->gc->conf, &w->arena,
	    w->id, w->gc->conf->idle_s * 1000, false, &unused) ==
	    STORE_ABSENT)
		known_end(w->gate->known, w->id);
}

static void
renewal_free(struct renewal *w)
{
	struct csn_gate *gate = w->gate;

	if (w->again || w->later)
		known_asked(w->gate->known, w->id, w->now_ms -
		    gate_renew_age_ms(w->gc->conf) +
		    (w->later ? RENEW_AGAIN_MS : 0));
	arena_free(&w->arena);
	gate_drop(w->gc);
	free(w);
	gate_visit_end(gate);
}

static void
renewal_run(void *arg)
{
	struct renewal *w = arg;
	struct grant_extra *e;
	struct factor *f;

	/* one factor after the other; each has then been asked, or none is */
	while (!w->over && !w->again && !w->later &&
	    !atomic_load(&w->gate->ending) &&
	    (e = extra_due(w, &f)) != NULL) {
		w->again = !lease_take(w, e);
		if (!w->again)
			renew_ask(w, f, e);
		if (!w->again && !w->later && !w->over)
			record_write(w);
	}
	if (!w->over && !atomic_load(&w->gate->ending) && lookup_due(w)) {
		lookup_ask(w);
		if (!w->over && w->changed)
			record_write(w);
	}
	if (!w->over)
		known_renew(w);
	renewal_free(w);
}

/* Reads the record; whom to ask decides in which pool. */
static void
session_renew(struct csn_gate *g, struct gate_conf *gc,
    const uint8_t id[SESSION_ID_LEN])
{
	struct renewal *w = calloc(1, sizeof(*w));
	struct factor *f;
	int rc;

	if (w == NULL)
		return;
	gate_visit_begin(g);
	w->gate = g;
	w->gc = gate_hold(g);
	w->now_ms = gate_now_ms(g);
	memcpy(w->id, id, sizeof(w->id));
	arena_init(&w->arena, 1u << 20);
	/* whatever comes back: others are asked about before this one again */
	known_asked(g->known, id, w->now_ms);
	f = NULL;
	rc = w->gc != gc ? STORE_FAILED : gate_session_load(g, gc->conf,
	    &w->arena, id, gc->conf->idle_s * 1000, false, &w->s);
	if (rc == STORE_ABSENT)
		known_end(g->known, id);
	if (rc == STORE_OK && extra_due(w, &f) == NULL)
		f = lookup_due(w) ? gate_lookup_factor(gc, &w->s.person) :
		    NULL;
	if (rc == STORE_OK && f != NULL &&
	    w->now_ms < atomic_load(&f->lookup_pause_ms)) {
		w->later = true;
		f = NULL;
	}
	if (rc == STORE_OK && f != NULL && pool_run(f->pool != NULL ?
	    f->pool : g->work, renewal_run, w) == 0)
		return;
	w->again |= f != NULL;
	renewal_free(w);
}

void
gate_renew(struct csn_gate *g, struct gate_conf *gc)
{
	struct known_touch t[RENEW_MAX];
	size_t n;

	n = known_stale_groups(g->known, gate_now_ms(g), ACTIVE_MS,
	    gate_renew_age_ms(gc->conf), t, RENEW_MAX);
	for (size_t i = 0; i < n; i++)
		session_renew(g, gc, t[i].id);
}
