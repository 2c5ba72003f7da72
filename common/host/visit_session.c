/* SPDX-License-Identifier: Apache-2.0 */
/*
 * visit_session.c - the anchor session of this browser, on the login host, and
 * what it opens
 *
 * It must never take a session for live that the store does not know.
 */
#include "cookie.h"
#include "visit.h"

#define SESSION_COOKIES_MAX 4u

/* Whether the record lives (S9). */
static int
session_live(struct visit *v, struct session *s)
{
	int64_t idle_ms = v->conf->idle_s * 1000;
	struct session record;

	if (!follow_current(v->gate->follow))
		return VISIT_SESSION_UNKNOWN;
	switch (gate_session_load(v->gate, v->conf, &v->arena, s->id, idle_ms,
	    false, &record)) {
	case STORE_OK:
		*s = record;
		return 0;
	case STORE_ABSENT:
		return -1;
	default:
		return VISIT_SESSION_UNKNOWN;
	}
}

int
visit_session_find(struct visit *v)
{
	struct csn_str values[SESSION_COOKIES_MAX];
	struct session s;
	int rc = -1;
	size_t n;

	n = cookie_values(v->in->cookies, STR(COOKIE_SESSION), values,
	    SESSION_COOKIES_MAX);
	v->have_session = false;
	if (n == 0 || n > SESSION_COOKIES_MAX)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (session_open(&v->arena, v->gate->sealer, v->conf,
		    v->conf->login_host, values[i], v->now_ms, &s) < 0)
			continue;
		if (v->have_session && memcmp(s.id, v->session.id,
		    sizeof(s.id)) != 0) {
			v->have_session = false;
			visit_audit(v, "two-sessions", "S3", -1);
			return VISIT_SESSION_UNKNOWN;
		}
		v->session = s;
		v->have_session = true;
	}
	if (v->have_session)
		rc = session_live(v, &v->session);
	v->have_session = rc == 0;
	return rc;
}

bool
visit_session_too_long(const struct visit *v, const struct conf_policy *p)
{
	if (p->lifetime_s != 0 && v->now_ms - v->session.created_ms >
	    p->lifetime_s * 1000)
		return true;
	return p->idle_s != 0 && v->now_ms - v->session.seen_ms >
	    p->idle_s * 1000;
}

enum session_fit
visit_session_fits(struct visit *v, const struct conf_policy *p)
{
	struct guard_facts facts;

	if (visit_session_too_long(v, p))
		return FIT_NOT;
	session_facts(&v->session, v->conf, v->now_ms, &facts);
	if (!facts.groups_known && gate_lookup(v->gate, v->gc, &v->arena,
	    &v->session.person) == STORE_OK)
		session_facts(&v->session, v->conf, v->now_ms, &facts);
	visit_facts_network(v, &facts);
	if (!proofs_satisfy(&v->session.proofs, v->conf, p,
	    v->session.person.realm, &facts))
		return FIT_NOT;
	return allow_holds(&p->allow, &facts) ? FIT_GOES_ON : FIT_FORBIDDEN;
}

enum session_fit
visit_session_admits(struct visit *v, int policy, const char *refused)
{
	enum session_fit fit = FIT_GOES_ON;

	switch (visit_session_find(v)) {
	case 0:
		break;
	case VISIT_SESSION_UNKNOWN:
		page_trouble(v, "a session cannot be asked about");
		return FIT_FORBIDDEN;
	default:
		return FIT_NOT;
	}
	if (policy >= 0)
		fit = visit_session_fits(v, &v->conf->policies[policy]);
	if (fit == FIT_FORBIDDEN)
		page_denied(v, refused);
	return fit;
}

int
visit_session_cookie(struct visit *v, const struct session *s,
    struct csn_str host)
{
	int64_t left_s = (s->expires_ms - v->now_ms) / 1000;
	struct csn_str value;
	struct buf b;
	int rc;

	buf_init(&b, SESSION_COOKIE_MAX + 1);
	rc = session_seal(v->gate->sealer, host, s, v->now_ms, &b);
	value = arena_str(&v->arena, buf_str(&b));
	buf_free(&b);
	if (rc < 0 || value.p == NULL)
		return -1;
	visit_cookie(v, STR(COOKIE_SESSION), value,
	    v->conf->keep ? left_s : 0, 0);
	return 0;
}
