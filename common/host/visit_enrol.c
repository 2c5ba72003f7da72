/* SPDX-License-Identifier: Apache-2.0 */
/*
 * visit_enrol.c - an enrolment link: it opens a login, and replaces no step
 *
 * The link is bound to realm, subject and factor, and is used up together
 * with the confirmation (security.md E3).
 */
#include "lib/secret.h"
#include "visit.h"

static int
link_read(struct visit *v, const uint8_t hash[32], struct people_link *ret)
{
	struct csn_str *all[] = { &ret->realm, &ret->subject, &ret->factor };
	struct buf raw;
	int rc;

	buf_init(&raw, STORE_VALUE_MAX);
	rc = people_link_read(v->gate->store, hash, v->now_ms, &raw, ret);
	for (size_t i = 0; rc == STORE_OK && i < 3; i++) {
		*all[i] = arena_str(&v->arena, *all[i]);
		if (all[i]->p == NULL)
			rc = STORE_FAILED;
	}
	buf_free(&raw);
	return rc;
}

bool
visit_link_good(struct visit *v, struct csn_str factor)
{
	struct people_link link;

	if (!v->x.has_link || !v->x.person.named ||
	    link_read(v, v->x.link, &link) != STORE_OK)
		return false;
	return str_equal(link.factor, factor) &&
	    str_equal(link.realm, v->x.person.realm_name) &&
	    str_equal(link.subject, v->x.person.subject);
}

struct link_search { unsigned factor; bool found; };

static int
word_ends(void *arg, const unsigned *factors, size_t n)
{
	struct link_search *s = arg;

	s->found |= n > 1 && factors[n - 1] == s->factor;
	return 0;
}

/* A policy one of whose ways ends in the factor to enrol. */
static int
link_policy(const struct conf *conf, unsigned factor)
{
	for (size_t i = 0; i < conf->npolicies; i++) {
		const struct chain *c = &conf->policies[i].chain;
		struct link_search s = { .factor = factor };

		for (size_t w = 0; w < c->nways; w++)
			way_words(&c->ways[w], word_ends, &s);
		if (s.found && conf->policies[i].kind == CONF_REQUIRE)
			return (int)i;
	}
	return -1;
}

/* Told as an answer that is refused: for one address as often as it may fail,
 * since anybody can come here with anything. */
static void
link_refused(struct visit *v, const char *why, const char *state)
{
	if (!v->have_client || throttle_may_tell(v->gate->throttle, v->conf,
	    &v->client, v->now_ms)) {
		visit_reference(v);
		(void)visit_audit(v, "link-refused", why, -1);
	}
	page_link(v, state);
}

static void
link_login(struct visit *v, const uint8_t hash[32],
    const struct people_link *link)
{
	int factor = conf_factor_find(v->conf, link->factor);
	int policy = factor < 0 ? -1 : link_policy(v->conf,
	    (unsigned)factor);

	if (policy < 0) {
		link_refused(v, "no policy asks for its factor", "unknown");
		return;
	}
	/* somebody else is logged in here: first that one must leave */
	if (visit_session_find(v) == 0 &&
	    !(str_equal(v->session.person.realm_name, link->realm) &&
	    str_equal(v->session.person.subject, link->subject))) {
		link_refused(v, "somebody else is logged in here", "another");
		return;
	}
	exchange_begin(&v->x, v->conf, (unsigned)policy, v->now_ms);
	v->have_exchange = true;
	v->x.has_link = true;
	memcpy(v->x.link, hash, sizeof(v->x.link));
	visit_offer(v);
}

void
visit_enrol(struct visit *v)
{
	struct people_link link;
	uint8_t hash[32];

	if (v->post || people_link_hash(v->rest, hash) < 0) {
		link_refused(v, "no link looks like that", "unknown");
		return;
	}
	switch (link_read(v, hash, &link)) {
	case STORE_OK:
		link_login(v, hash, &link);
		return;
	case STORE_ABSENT:
		link_refused(v, "it was used up, or its time is over",
		    "unknown");
		return;
	default:
		page_trouble(v, "the store does not answer");
		return;
	}
}
