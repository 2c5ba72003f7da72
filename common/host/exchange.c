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

static bool
groups_stale(const struct person *p, const struct conf *conf, int64_t now_ms)
{
	return p->groups_known &&
	    now_ms - p->groups_ms > conf->groups_max_age_s * 1000;
}

void
exchange_carry(struct exchange *x, const struct conf *conf,
    const uint8_t session[16], const struct person *person,
    const struct proofs *proofs, int64_t now_ms)
{
	const struct conf_policy *policy = &conf->policies[x->policy];
	/* whose groups are too old for a way that reads them is asked who it
	 * is again: nothing else makes them known (E11) */
	bool ask = policy_guards(policy, GUARD_GROUP) &&
	    groups_stale(person, conf, now_ms);

	x->has_session = true;
	memcpy(x->session, session, sizeof(x->session));
	x->person = *person;
	x->history.n = 0;
	for (size_t i = 0; i < proofs->n; i++) {
		struct proof p = proofs->v[i];

		if (!proof_accepted(&p, conf, policy, now_ms) ||
		    (ask && p.fingerprint == person->source))
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
    const struct bits *enrolled, int64_t now_ms, struct guard_facts *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->now_ms = now_ms;
	ret->proofs = &x->history;
	if (!x->person.named)
		return;
	facts_of_person(x, ret);
	ret->enrolled_known = enrolled_known;
	if (enrolled != NULL)
		ret->enrolled = *enrolled;
}

/*
 * What the words of a way still ask: a word without its carried factors, of
 * which the granted ones must be the beginning.
 */
struct word_fit {
	const struct exchange *x;
	const struct way *way;
	struct guard_facts facts;
	bool acr;		/* the way asks for one: judged by words */
	enum guard_value holds;	/* else: of all its words */
	struct bits carried;
	size_t first;		/* granted entry: behind the carried ones */
	struct bits offered;	/* next factors, over all words that may hold */
	bool complete;		/* of those that hold */
	bool complete_uncarried;
};

/* A step that a carried proof has answered is not asked again by another of
 * its factors; but another may have the acr that is wanted. */
static bool
step_answered(const struct word_fit *fit, size_t step)
{
	return !fit->acr && bits_meet(&fit->way->steps[step], &fit->carried);
}

static int
word_fit(void *arg, const unsigned *factors, size_t n)
{
	struct word_fit *fit = arg;
	const struct proofs *h = &fit->x->history;
	enum guard_value holds;
	size_t at = fit->first;
	bool carried = false;
	int next = -1;

	for (size_t i = 0; i < n; i++) {
		if (bits_has(&fit->carried, factors[i])) {
			carried = true;
			continue;
		}
		if (at < h->n) {
			if (h->v[at++].factor != (int)factors[i])
				return 0;
		} else if (step_answered(fit, i)) {
			return 0;
		} else if (next < 0) {
			next = (int)factors[i];
		}
	}
	if (at != h->n)
		return 0;
	holds = fit->acr ? word_value(fit->way, factors, n, &fit->facts) :
	    fit->holds;
	if (holds != GUARD_FALSE && next >= 0)
		bits_add(&fit->offered, (size_t)next);
	if (holds == GUARD_TRUE && next < 0) {
		fit->complete = true;
		fit->complete_uncarried |= !carried;
	}
	return 0;
}

static void
fit_way(struct word_fit *fit, const struct way *way)
{
	fit->way = way;
	fit->acr = way_reads_acr(way);
	/* without an acr the guards say the same of every word */
	fit->holds = fit->acr ? GUARD_UNREADABLE :
	    word_value(way, NULL, 0, &fit->facts);
	if (fit->holds != GUARD_FALSE)
		way_words(way, word_fit, fit);
}

static void
fit_ways(const struct exchange *x, const struct conf *conf,
    const struct guard_facts *facts, struct word_fit *ret)
{
	const struct chain *chain = &conf->policies[x->policy].chain;

	memset(ret, 0, sizeof(*ret));
	ret->x = x;
	ret->facts = *facts;
	/* too old is no membership, also in a login that took its time */
	if (groups_stale(&x->person, conf, facts->now_ms))
		ret->facts.groups_known = false;
	while (ret->first < x->history.n && x->history.v[ret->first].carried)
		bits_add(&ret->carried,
		    (size_t)x->history.v[ret->first++].factor);
	for (size_t i = 0; i < chain->nways; i++)
		fit_way(ret, &chain->ways[i]);
}

static bool
policy_asks(const struct exchange *x, const struct conf *conf)
{
	return x->policy >= 0 &&
	    conf->policies[x->policy].kind == CONF_REQUIRE;
}

struct bits
exchange_offered(const struct exchange *x, const struct conf *conf,
    const struct guard_facts *facts)
{
	struct word_fit fit = { .complete = false };

	if (!policy_asks(x, conf))
		return fit.offered;
	fit_ways(x, conf, facts, &fit);
	/* nobody is named yet: only a factor that names somebody can begin */
	if (!x->person.named)
		bits_keep(&fit.offered, &conf->identify);
	return fit.offered;
}

bool
exchange_offers(const struct exchange *x, const struct conf *conf,
    const struct guard_facts *facts, int factor)
{
	struct bits offered;

	if (factor < 0)
		return false;
	offered = exchange_offered(x, conf, facts);
	return bits_has(&offered, (size_t)factor);
}

static bool
exchange_goes_on(const struct exchange *x, const struct conf *conf,
    const struct guard_facts *facts)
{
	struct bits offered = exchange_offered(x, conf, facts);

	return bits_any(&offered);
}

bool
exchange_complete(const struct exchange *x, const struct conf *conf,
    const struct guard_facts *facts)
{
	struct word_fit fit;

	if (!policy_asks(x, conf) || !x->person.named || x->history.n == 0)
		return false;
	fit_ways(x, conf, facts, &fit);
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

	if (!policy_asks(x, conf) || !x->person.named || x->unsolicited ||
	    !all_proved_here(x) ||
	    proofs_add(&next.history, &p) < 0)
		return false;
	then.proofs = &next.history;
	fit_ways(&next, conf, &then, &fit);
	return fit.complete_uncarried;
}

/* The pin: an identity factor names, a second one does not. */
static bool
subject_fits(const struct exchange *x, const struct conf *conf,
    const struct exchange_event *ev)
{
	bool identifies = bits_has(&conf->identify, (size_t)ev->factor);

	if (!identifies)
		return !ev->person.named && x->person.named;
	/* people are named in the factor's own realm, nowhere else (E7) */
	if (!ev->person.named || ev->person.subject.n == 0 ||
	    ev->person.realm != conf->factors[ev->factor].realm)
		return false;
	return !x->person.named || (x->person.realm == ev->person.realm &&
	    str_equal(x->person.subject, ev->person.subject));
}

/*
 * Groups and names come as one set, from the GRANT that pins (E11). In a
 * step-up the source that the session has them from may tell them anew; no
 * other may.
 */
static void
person_pin(struct exchange *x, const struct conf *conf,
    const struct exchange_event *ev)
{
	uint64_t source = conf->factors[ev->factor].fingerprint;

	if (!ev->person.named || (x->person.named &&
	    !(x->has_session && x->person.source == source)))
		return;
	x->person = ev->person;
	x->person.realm_name = conf->realms[ev->person.realm].name;
	x->person.source = source;
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
	    !exchange_offers(x, conf, facts, ev->factor))
		return EXCHANGE_UNCHANGED;
	if (!subject_fits(x, conf, ev))
		return EXCHANGE_ENDED;
	p.factor = ev->factor;
	p.fingerprint = conf->factors[ev->factor].fingerprint;
	p.carried = false;
	if (p.kind == 0 || !proof_accepted(&p, conf,
	    &conf->policies[x->policy], facts->now_ms))
		return EXCHANGE_UNCHANGED;
	if (proofs_add(&x->history, &p) < 0)
		return EXCHANGE_ENDED;
	person_pin(x, conf, ev);
	facts_of_person(x, &now);
	if (exchange_complete(x, conf, &now))
		return EXCHANGE_COMPLETE;
	return exchange_goes_on(x, conf, &now) ?
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
	for (size_t i = 0; i < conf->npolicies + conf->npages; i++)
		if (memcmp(conf->policies[i].hash, x->policy_hash,
		    sizeof(x->policy_hash)) == 0)
			x->policy = (int)i;
	x->factor = x->fingerprint == 0 ? -1 :
	    conf_factor_of(conf, x->fingerprint);
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
