/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange.c - the history of one login, and the only function that adds to it
 *
 * Pure: no store, no clock, no plugin. It must never make a history longer
 * for anything but a GRANT of the factor that was asked, in the round that
 * asked it.
 */
#include "exchange.h"
#include "lib/secret.h"

void
exchange_begin(struct exchange *x, const struct conf *conf, unsigned policy,
    int64_t now_ms)
{
	memset(x, 0, sizeof(*x));
	secret_random(x->id, sizeof(x->id));
	secret_random(x->token, sizeof(x->token));
	x->policy = (int)policy;
	memcpy(x->policy_hash, conf->policies[policy].hash,
	    sizeof(x->policy_hash));
	x->created_ms = now_ms;
	x->expires_ms = now_ms + EXCHANGE_LIFE_MS;
	x->factor = -1;
	x->awaits = AWAITS_CHOICE;
}

void
exchange_carry(struct exchange *x, const struct conf *conf,
    const uint8_t session[16], const struct person *person,
    const struct proofs *proofs, int64_t now_ms)
{
	const struct conf_policy *policy = &conf->policies[x->policy];

	x->has_session = true;
	memcpy(x->session, session, sizeof(x->session));
	x->person = *person;
	x->history.n = 0;
	for (size_t i = 0; i < proofs->n; i++) {
		struct proof p = proofs->v[i];

		if (!proof_accepted(&p, policy, now_ms))
			continue;
		p.carried = true;
		proofs_add(&x->history, &p);
	}
}

static void
facts_of_person(const struct exchange *x, struct guard_facts *facts)
{
	facts->realm = x->person.realm_name;
	facts->subject = x->person.subject;
	facts->groups_known = x->person.groups_known;
	facts->groups = x->person.groups;
	facts->proofs = &x->history;
}

void
exchange_facts(const struct exchange *x, bool enrolled_known,
    uint64_t enrolled, int64_t now_ms, struct guard_facts *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->now_ms = now_ms;
	ret->proofs = &x->history;
	if (!x->person.named)
		return;
	facts_of_person(x, ret);
	ret->enrolled_known = enrolled_known;
	ret->enrolled = enrolled;
}

/*
 * What a word still asks: the word without the carried factors, of which the
 * granted ones must be the beginning. left[] gets the rest; -1 if the history
 * does not fit this word.
 */
struct word_fit {
	const struct exchange *x;
	uint64_t offered;	/* next factors, over all words */
	bool complete;
	bool complete_uncarried;
};

static bool
is_carried(const struct exchange *x, unsigned factor)
{
	for (size_t i = 0; i < x->history.n; i++)
		if (x->history.v[i].carried &&
		    x->history.v[i].factor == (int)factor)
			return true;
	return false;
}

static int
word_fit(void *arg, const unsigned *factors, size_t n)
{
	struct word_fit *fit = arg;
	const struct proofs *h = &fit->x->history;
	size_t at = 0;
	bool carried = false;

	while (at < h->n && h->v[at].carried)
		at++;
	for (size_t i = 0; i < n; i++) {
		if (is_carried(fit->x, factors[i])) {
			carried = true;
			continue;
		}
		if (at == h->n) {
			fit->offered |= (uint64_t)1 << factors[i];
			return 0;
		}
		if (h->v[at].factor != (int)factors[i])
			return 0;
		at++;
	}
	if (at == h->n) {
		fit->complete = true;
		fit->complete_uncarried |= !carried;
	}
	return 0;
}

static void
fit_ways(const struct exchange *x, const struct conf *conf,
    bool (*counts)(const struct way *, const struct guard_facts *),
    const struct guard_facts *facts, struct word_fit *ret)
{
	const struct chain *chain = &conf->policies[x->policy].chain;

	memset(ret, 0, sizeof(*ret));
	ret->x = x;
	for (size_t i = 0; i < chain->nways; i++)
		if (counts(&chain->ways[i], facts))
			way_words(&chain->ways[i], word_fit, ret);
}

static bool
policy_asks(const struct exchange *x, const struct conf *conf)
{
	return x->policy >= 0 &&
	    conf->policies[x->policy].kind == CONF_REQUIRE;
}

uint64_t
exchange_offered(const struct exchange *x, const struct conf *conf,
    const struct guard_facts *facts)
{
	struct word_fit fit;

	if (!policy_asks(x, conf))
		return 0;
	fit_ways(x, conf, way_may_hold, facts, &fit);
	/* nobody is named yet: only a factor that names somebody can begin */
	if (!x->person.named)
		fit.offered &= conf->identity_mask;
	return fit.offered;
}

bool
exchange_complete(const struct exchange *x, const struct conf *conf,
    const struct guard_facts *facts)
{
	struct word_fit fit;

	if (!policy_asks(x, conf) || !x->person.named || x->history.n == 0)
		return false;
	fit_ways(x, conf, way_holds, facts, &fit);
	return fit.complete;
}

static bool
all_proved_here(const struct exchange *x)
{
	for (size_t i = 0; i < x->history.n; i++)
		if (!x->history.v[i].carried &&
		    x->history.v[i].kind != PROOF_PROVED)
			return false;
	return true;
}

bool
exchange_would_complete(const struct exchange *x, const struct conf *conf,
    unsigned factor, const struct guard_facts *facts)
{
	struct exchange next = *x;
	struct guard_facts then = *facts;
	struct word_fit fit;
	struct proof p = { .factor = (int)factor, .kind = PROOF_ENROLLED,
	    .fingerprint = conf->factors[factor].fingerprint };

	if (!policy_asks(x, conf) || !x->person.named || !all_proved_here(x) ||
	    proofs_add(&next.history, &p) < 0)
		return false;
	then.proofs = &next.history;
	fit_ways(&next, conf, way_holds, &then, &fit);
	return fit.complete_uncarried;
}

/* The pin: an identity factor names, a second one does not. */
static bool
subject_fits(const struct exchange *x, const struct conf *conf,
    const struct exchange_event *ev)
{
	bool identifies = (conf->identity_mask >> ev->factor & 1) != 0;

	if (!identifies)
		return !ev->person.named && x->person.named;
	if (!ev->person.named || ev->person.subject.n == 0)
		return false;
	return !x->person.named || (x->person.realm == ev->person.realm &&
	    str_equal(x->person.subject, ev->person.subject));
}

/* Groups and names come as one set, from the GRANT that pins (E11). */
static void
person_pin(struct exchange *x, const struct conf *conf,
    const struct exchange_event *ev)
{
	if (x->person.named || !ev->person.named)
		return;
	x->person = ev->person;
	x->person.realm_name = conf->realms[ev->person.realm].name;
	x->person.source = conf->factors[ev->factor].fingerprint;
}

enum exchange_outcome
exchange_advance(struct exchange *x, const struct conf *conf,
    const struct exchange_event *ev, const struct guard_facts *facts)
{
	struct guard_facts now = *facts;
	struct proof p = ev->proof;

	if (ev->verdict != CSN_GRANT)
		return EXCHANGE_UNCHANGED;
	if (!secret_equal(str_of(ev->token, sizeof(ev->token)),
	    str_of(x->token, sizeof(x->token))))
		return EXCHANGE_UNCHANGED;
	if (ev->factor < 0 || ev->factor != x->factor ||
	    (exchange_offered(x, conf, facts) >> ev->factor & 1) == 0)
		return EXCHANGE_UNCHANGED;
	if (!subject_fits(x, conf, ev))
		return EXCHANGE_ENDED;
	p.factor = ev->factor;
	p.fingerprint = conf->factors[ev->factor].fingerprint;
	p.carried = false;
	if (p.kind == 0 || !proof_accepted(&p, &conf->policies[x->policy],
	    facts->now_ms))
		return EXCHANGE_UNCHANGED;
	if (proofs_add(&x->history, &p) < 0)
		return EXCHANGE_ENDED;
	person_pin(x, conf, ev);
	facts_of_person(x, &now);
	if (exchange_complete(x, conf, &now))
		return EXCHANGE_COMPLETE;
	return exchange_offered(x, conf, &now) != 0 ?
	    EXCHANGE_ADVANCED : EXCHANGE_ENDED;
}

void
exchange_turn(struct exchange *x)
{
	memcpy(x->last, x->token, sizeof(x->last));
	secret_random(x->token, sizeof(x->token));
}

void
exchange_resolve(struct exchange *x, const struct conf *conf)
{
	x->policy = -1;
	for (size_t i = 0; i < conf->npolicies; i++)
		if (memcmp(conf->policies[i].hash, x->policy_hash,
		    sizeof(x->policy_hash)) == 0)
			x->policy = (int)i;
	x->factor = -1;
	for (size_t i = 0; x->fingerprint != 0 && i < conf->nfactors; i++)
		if (conf->factors[i].fingerprint == x->fingerprint)
			x->factor = (int)i;
	if (x->person.named) {
		int realm = conf_realm_find(conf, x->person.realm_name);

		/* a realm that is gone takes its people along */
		if (realm < 0)
			x->policy = -1;
		else
			x->person.realm = (unsigned)realm;
	}
	proofs_resolve(&x->history, conf);
	for (size_t i = 0; i < x->history.n; i++)
		if (x->history.v[i].factor < 0)
			x->policy = -1;
}
