/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proof.c - proofs packed, and the one place that says what a set of them
 * opens. It reads the configuration of today and nothing else: it never asks
 * a plugin, the store or a clock.
 */
#include <openssl/sha.h>

#include "proof.h"

static bool
option_is_trust(const struct csn_opt *o)
{
	switch (o->type) {
	case CSN_T_STRING:
	case CSN_T_CHOICE:
	case CSN_T_HTTPS_URL:
	case CSN_T_LDAP_URL:
	case CSN_T_HOSTPORT:
	case CSN_T_MAP:
		return true;
	default:
		/* sizes, times and files (people, certificates of an
		 * authority) change without changing whom we trust */
		return false;
	}
}

static void
options_put(struct buf *b, const struct conf_factor *f)
{
	for (size_t i = 0; i < f->nvals; i++) {
		const struct csn_opt *o = &f->plugin->opts[f->vals[i].opt];

		if (!option_is_trust(o))
			continue;
		buf_lv32(b, str_from(o->name));
		buf_lv32(b, f->vals[i].key);
		buf_lv32(b, f->vals[i].text);
	}
}

/* The first bytes of a hash, never 0. */
static uint64_t
name_hash(struct buf *b)
{
	uint8_t md[SHA256_DIGEST_LENGTH];
	struct csn_str text = buf_str(b);
	uint64_t ret = 0;

	SHA256((const uint8_t *)text.p, text.n, md);
	buf_free(b);
	for (size_t i = 0; i < 8; i++)
		ret = ret << 8 | md[i];
	return ret == 0 ? 1 : ret;
}

static bool
name_put(struct buf *b, const struct conf *conf, unsigned factor)
{
	const struct conf_factor *f = &conf->factors[factor];
	bool identifies = (f->plugin->caps & CSN_CAP_IDENTITY) != 0;

	buf_init(b, 0);
	buf_lv32(b, f->name);
	buf_lv32(b, f->plugin_name);
	if (identifies)
		buf_lv32(b, conf->realms[f->realm].name);
	return identifies;
}

uint64_t
factor_id(const struct conf *conf, unsigned factor)
{
	struct buf b;

	(void)name_put(&b, conf, factor);
	return name_hash(&b);
}

uint64_t
factor_fingerprint(const struct conf *conf, unsigned factor)
{
	struct buf b;

	if (name_put(&b, conf, factor))
		options_put(&b, &conf->factors[factor]);
	return name_hash(&b);
}

void
proofs_resolve(struct proofs *proofs, const struct conf *conf)
{
	for (size_t i = 0; i < proofs->n; i++) {
		struct proof *p = &proofs->v[i];

		p->factor = conf_factor_of(conf, p->fingerprint);
	}
}

/* Proofs of one rank open the same; a weaker one never replaces. */
static int
kind_rank(enum proof_kind kind)
{
	return kind == PROOF_ENROLLED ? PROOF_PROVED : (int)kind;
}

int
proofs_add(struct proofs *proofs, const struct proof *proof)
{
	size_t at = proofs->n;

	for (size_t i = 0; i < proofs->n; i++) {
		const struct proof *old = &proofs->v[i];

		if (old->fingerprint == proof->fingerprint &&
		    kind_rank(old->kind) == kind_rank(proof->kind)) {
			at = i;
			break;
		}
		if (proofs->n == PROOFS_MAX && old->factor < 0)
			at = i;
	}
	if (at == PROOFS_MAX)
		return -1;
	proofs->v[at] = *proof;
	proofs->n += at == proofs->n;
	return 0;
}

void
proofs_pack(struct buf *b, const struct proofs *proofs)
{
	buf_u8(b, (uint8_t)proofs->n);
	for (size_t i = 0; i < proofs->n; i++) {
		const struct proof *p = &proofs->v[i];

		buf_u64(b, p->fingerprint);
		buf_u8(b, (uint8_t)p->kind);
		buf_u8(b, (uint8_t)p->enrolment);
		buf_u8(b, p->carried);
		buf_u64(b, (uint64_t)p->auth_time_ms);
		buf_lv16(b, p->acr);
	}
}

static inline int
proof_unpack(struct reader *r, struct proof *p)
{
	uint8_t kind, enrolment;

	p->fingerprint = reader_u64(r);
	kind = reader_u8(r);
	enrolment = reader_u8(r);
	p->carried = reader_u8(r) == 1;
	p->auth_time_ms = (int64_t)reader_u64(r);
	p->acr = reader_lv16(r);
	p->factor = -1;
	if (r->failed || kind < PROOF_PROVED || kind > PROOF_STAND_IN ||
	    enrolment > ENROLMENT_OPERATOR || p->acr.n > PROOF_ACR_MAX ||
	    p->auth_time_ms < 0)
		return -1;
	p->kind = (enum proof_kind)kind;
	p->enrolment = (enum proof_enrolment)enrolment;
	return 0;
}

int
proofs_unpack(struct reader *from, struct proofs *ret)
{
	struct reader r = *from;	/* in registers: a check reads it */
	uint8_t n = reader_u8(&r);

	if (n > PROOFS_MAX)
		return -1;
	ret->n = 0;
	for (size_t i = 0; i < n; i++)
		if (proof_unpack(&r, &ret->v[i]) < 0)
			return -1;
	ret->n = n;
	*from = r;
	return r.failed ? -1 : 0;
}

bool
proof_temporary_counts(const struct conf *conf,
    const struct conf_policy *policy, unsigned factor)
{
	return !policy->accept_device && !policy->refuse_temporary &&
	    conf->factors[factor].recover_by_desk;
}

bool
proof_recovery_counts(const struct conf *conf,
    const struct conf_policy *policy, unsigned factor)
{
	return !policy->accept_device && (policy->accept_recovery ||
	    conf->factors[factor].recover_by_code);
}

/* Not longer than this policy takes it, whatever another one says. */
static bool
remembered_accepted(const struct proof *p, const struct conf_policy *policy,
    int64_t now_ms)
{
	int64_t most_s;

	if (!policy->accept_remembered || policy->accept_device)
		return false;
	/* a policy that was made by hand may take them of any age */
	if (policy->remember_s == NULL)
		return true;
	most_s = policy->remember_s[p->factor];
	return most_s > 0 && p->auth_time_ms > 0 &&
	    p->auth_time_ms <= now_ms + PROOF_SKEW_MS &&
	    now_ms - p->auth_time_ms <= most_s * 1000;
}

static bool
kind_accepted(const struct proof *p, const struct conf *conf,
    const struct conf_policy *policy, int64_t now_ms)
{
	unsigned f = (unsigned)p->factor;

	switch (p->kind) {
	case PROOF_PROVED:
	case PROOF_ENROLLED:
		return true;
	case PROOF_REMEMBERED:
		return remembered_accepted(p, policy, now_ms);
	case PROOF_RECOVERY:
		return proof_recovery_counts(conf, policy, f);
	case PROOF_TEMPORARY:
		return proof_temporary_counts(conf, policy, f);
	case PROOF_STAND_IN:
		return proof_recovery_counts(conf, policy, f) &&
		    proof_temporary_counts(conf, policy, f);
	}
	return false;
}

/* How a second factor was enrolled must be known where a policy asks (E3). */
static bool
enrolment_accepted(const struct proof *p, const struct conf *conf,
    const struct conf_policy *policy)
{
	if (!policy->enrolled_by_link)
		return true;
	switch (p->enrolment) {
	case ENROLMENT_LINK:
	case ENROLMENT_OPERATOR:
		return true;
	case ENROLMENT_FIRST_LOGIN:
		return false;
	case ENROLMENT_NONE:
		return bits_has(&conf->identify, (size_t)p->factor);
	}
	return false;
}

bool
proof_accepted(const struct proof *p, const struct conf *conf,
    const struct conf_policy *policy, int64_t now_ms)
{
	int64_t fresh_s;

	if (p->factor < 0 || !kind_accepted(p, conf, policy, now_ms) ||
	    !enrolment_accepted(p, conf, policy))
		return false;
	fresh_s = conf_fresh_s(policy, (unsigned)p->factor);
	if (fresh_s == 0)
		return true;
	/* a remembered browser is no proof now; a time that is unknown, or
	 * still to come, is never fresh (E9) */
	if (p->auth_time_ms == 0 || p->kind == PROOF_REMEMBERED ||
	    p->auth_time_ms > now_ms + PROOF_SKEW_MS)
		return false;
	return now_ms - p->auth_time_ms <= fresh_s * 1000;
}

static bool
way_covered(const struct way *way, const struct bits *accepted,
    const struct bits *naming)
{
	if (way->nsteps == 0 || !bits_meet(&way->steps[0], naming))
		return false;
	for (size_t i = 1; i < way->nsteps; i++)
		if (!bits_meet(&way->steps[i], accepted))
			return false;
	return true;
}

/* A way that asks for an acr is judged word by word, each by its own factors:
 * what another factor answered opens and closes nothing. */
struct satisfying {
	const struct way *way;
	const struct guard_facts *facts;
	const struct bits *accepted, *naming;	/* naming: of those */
};

static int
word_satisfies(void *arg, const unsigned *factors, size_t n)
{
	const struct satisfying *s = arg;

	for (size_t i = 0; i < n; i++)
		if (!bits_has(i == 0 ? s->naming : s->accepted, factors[i]))
			return 0;
	return word_value(s->way, factors, n, s->facts) == GUARD_TRUE;
}

/* No guard reads a proof that does not count. */
static bool __attribute__((noinline, cold))
acr_way_satisfied(const struct way *way, const struct bits *accepted,
    const struct bits *naming,
    const struct proofs *proofs, const struct conf *conf,
    const struct conf_policy *policy, const struct guard_facts *facts)
{
	struct guard_facts now = *facts;
	struct satisfying s = { way, &now, accepted, naming };
	struct proofs counted = { .n = 0 };

	for (size_t i = 0; i < proofs->n; i++)
		if (proof_accepted(&proofs->v[i], conf, policy, facts->now_ms))
			counted.v[counted.n++] = proofs->v[i];
	now.proofs = &counted;
	return way_words(way, word_satisfies, &s) != 0;
}

bool
proofs_satisfy(const struct proofs *proofs, const struct conf *conf,
    const struct conf_policy *policy, unsigned realm,
    const struct guard_facts *facts)
{
	struct bits accepted = { { 0 } }, naming = { { 0 } };

	if (policy->kind != CONF_REQUIRE)
		return false;
	for (size_t i = 0; i < proofs->n; i++) {
		const struct proof *p = &proofs->v[i];

		if (!proof_accepted(p, conf, policy, facts->now_ms))
			continue;
		bits_add(&accepted, (size_t)p->factor);
		if (bits_has(&conf->identify, (size_t)p->factor) &&
		    conf->factors[p->factor].realm == realm)
			bits_add(&naming, (size_t)p->factor);
	}
	for (size_t i = 0; i < policy->chain.nways; i++) {
		const struct way *way = &policy->chain.ways[i];

		if (way_covered(way, &accepted, &naming) &&
		    (way_reads_acr(way) ? acr_way_satisfied(way, &accepted,
		    &naming, proofs, conf, policy, facts) :
		    way_holds(way, facts)))
			return true;
	}
	return false;
}
