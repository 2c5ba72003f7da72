/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-proof.c - what a proof is worth, and what a set of them opens
 */
#include "host_testing.h"

static struct rig g;
static unsigned realm, ldap, oidc, phone, policy;

static const struct csn_opt opts[] = {
	{ .name = "url", .type = CSN_T_LDAP_URL },
	{ .name = "timeout", .type = CSN_T_SECONDS },
};

static int
set_up(void **state)
{
	(void)state;
	rig_init(&g);
	realm = rig_realm(&g, "corp");
	ldap = rig_factor(&g, "ldap", &rig_identity, realm);
	oidc = rig_factor(&g, "oidc", &rig_identity, realm);
	phone = rig_factor(&g, "phone", &rig_second, 0);
	policy = rig_policy(&g, "ldap | oidc then phone");
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	rig_free(&g);
	return 0;
}

/* ------------------------------------------------------------------ */
/* names of factors */

static struct csn_val vals[2];
static struct csn_plugin with_opts;

/* A factor with options, identifying or not. */
static void
options_give(unsigned factor, uint32_t caps)
{
	with_opts = rig_identity;
	with_opts.caps = caps;
	with_opts.opts = opts;
	with_opts.nopts = COUNT(opts);
	vals[0] = (struct csn_val){ .opt = 0, .text = STR("ldap://one") };
	vals[1] = (struct csn_val){ .opt = 1, .text = STR("5s") };
	g.factors[factor].plugin = &with_opts;
	g.factors[factor].vals = vals;
	g.factors[factor].nvals = 2;
	rig_settle(&g);
}

/* S4: a proof counts for nothing where its factor is another today. */
static void
test_fingerprint(void **state)
{
	uint64_t was, id;

	(void)state;
	options_give(ldap, CSN_CAP_IDENTITY);
	was = g.factors[ldap].fingerprint;
	id = factor_id(&g.conf, ldap);
	assert_true(was != 0 && id != 0 && was != id);
	assert_true(was != g.factors[oidc].fingerprint);
	vals[1].text = STR("9s");
	assert_true(factor_fingerprint(&g.conf, ldap) == was);
	vals[0].text = STR("ldap://two");
	assert_true(factor_fingerprint(&g.conf, ldap) != was);
	assert_true(factor_id(&g.conf, ldap) == id);
	vals[0].text = STR("ldap://one");
	g.realms[realm].name = STR("other");
	assert_true(factor_fingerprint(&g.conf, ldap) != was);
	assert_true(factor_id(&g.conf, ldap) != id);
	g.realms[realm].name = STR("corp");
	g.factors[ldap].plugin_name = STR("saml");
	assert_true(factor_fingerprint(&g.conf, ldap) != was);
	g.factors[ldap].plugin_name = STR("identity");
	g.factors[ldap].name = STR("ldap2");
	assert_true(factor_fingerprint(&g.conf, ldap) != was);
	assert_true(factor_id(&g.conf, ldap) != id);
}

/* Enrolments hang on a second factor's name: no option may orphan them. */
static void
test_fingerprint_second(void **state)
{
	uint64_t was;

	(void)state;
	options_give(phone, CSN_CAP_SECOND);
	was = g.factors[phone].fingerprint;
	vals[0].text = STR("ldap://two");
	assert_true(factor_fingerprint(&g.conf, phone) == was);
	g.factors[phone].name = STR("phone2");
	assert_true(factor_fingerprint(&g.conf, phone) != was);
}

static void
test_resolve(void **state)
{
	struct proofs p = { .n = 2 };

	(void)state;
	p.v[0] = rig_proof(&g, phone, PROOF_PROVED, T_NOW);
	p.v[1] = rig_proof(&g, ldap, PROOF_PROVED, T_NOW);
	p.v[0].factor = p.v[1].factor = 77;
	p.v[1].fingerprint ^= 1;
	proofs_resolve(&p, &g.conf);
	assert_int_equal(p.v[0].factor, phone);
	assert_int_equal(p.v[1].factor, -1);
	assert_false(proof_accepted(&p.v[1], &g.conf, &g.policies[policy],
	    T_NOW));
}

/* ------------------------------------------------------------------ */
/* sets */

static void
test_add(void **state)
{
	struct proofs set = { .n = 0 };
	struct proof p = rig_proof(&g, phone, PROOF_ENROLLED, T_NOW - 5);

	(void)state;
	assert_int_equal(proofs_add(&set, &p), 0);
	p = rig_proof(&g, phone, PROOF_PROVED, T_NOW);
	assert_int_equal(proofs_add(&set, &p), 0);
	assert_int_equal(set.n, 1);
	assert_int_equal(set.v[0].kind, PROOF_PROVED);
	/* a recovery code takes nothing from what was proved */
	p = rig_proof(&g, phone, PROOF_RECOVERY, T_NOW + 1);
	assert_int_equal(proofs_add(&set, &p), 0);
	assert_int_equal(set.n, 2);
	assert_int_equal(set.v[0].kind, PROOF_PROVED);
	for (unsigned i = 2; i < PROOFS_MAX; i++) {
		p.fingerprint = i;
		assert_int_equal(proofs_add(&set, &p), 0);
	}
	p.fingerprint = 99;
	assert_int_equal(proofs_add(&set, &p), -1);
	assert_int_equal(set.n, PROOFS_MAX);
	/* but what counts for nothing today makes room */
	set.v[5].factor = -1;
	assert_int_equal(proofs_add(&set, &p), 0);
	assert_int_equal(set.n, PROOFS_MAX);
	assert_true(set.v[5].fingerprint == 99);
}

static int
unpack(const struct buf *b, size_t n, struct proofs *ret)
{
	struct reader r;

	reader_init(&r, str_of(b->p, n));
	if (proofs_unpack(&r, ret) < 0)
		return -1;
	return reader_end(&r);
}

static void
test_pack(void **state)
{
	struct proofs set = { .n = 0 }, back;
	struct proof p = rig_proof(&g, ldap, PROOF_RECOVERY, T_NOW);
	struct buf b;

	(void)state;
	p.acr = STR("gold");
	p.carried = true;
	p.enrolment = ENROLMENT_LINK;
	assert_int_equal(proofs_add(&set, &p), 0);
	buf_init(&b, 0);
	proofs_pack(&b, &set);
	assert_int_equal(unpack(&b, b.n, &back), 0);
	assert_int_equal(back.n, 1);
	assert_true(back.v[0].fingerprint == p.fingerprint);
	assert_int_equal(back.v[0].kind, p.kind);
	assert_int_equal(back.v[0].enrolment, p.enrolment);
	assert_true(back.v[0].carried && back.v[0].auth_time_ms == T_NOW);
	assert_str(back.v[0].acr, "gold");
	assert_int_equal(back.v[0].factor, -1);
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(unpack(&b, n, &back), -1);
	buf_free(&b);
}

/* What no proof of ours says is no proof. */
static void
test_unpack_refused(void **state)
{
	static const struct { size_t at; uint8_t value; } bad[] = {
		{ 0, 9 }, { 0, 2 }, { 9, 0 }, { 9, 7 }, { 10, 4 },
		{ 12, 0x80 },
	};
	struct proofs set = { .n = 1 }, back;
	struct buf b;

	(void)state;
	set.v[0] = rig_proof(&g, ldap, PROOF_PROVED, T_NOW);
	for (size_t i = 0; i < COUNT(bad); i++) {
		buf_init(&b, 0);
		proofs_pack(&b, &set);
		b.p[bad[i].at] = bad[i].value;
		assert_int_equal(unpack(&b, b.n, &back), -1);
		buf_free(&b);
	}
}

/* ------------------------------------------------------------------ */
/* one proof */

static bool
accepted(enum proof_kind kind, int64_t auth_time_ms)
{
	struct proof p = rig_proof(&g, phone, kind, auth_time_ms);

	p.enrolment = ENROLMENT_FIRST_LOGIN;
	return proof_accepted(&p, &g.conf, &g.policies[policy], T_NOW);
}

/* E6: remembered and recovery only where written. */
static void
test_kinds(void **state)
{
	struct conf_policy *p = &g.policies[policy];

	(void)state;
	assert_true(accepted(PROOF_PROVED, T_NOW));
	assert_true(accepted(PROOF_ENROLLED, T_NOW));
	assert_false(accepted(PROOF_REMEMBERED, T_NOW));
	assert_false(accepted(PROOF_RECOVERY, T_NOW));
	assert_false(accepted((enum proof_kind)0, T_NOW));
	assert_false(accepted((enum proof_kind)7, T_NOW));
	p->accept_remembered = true;
	assert_true(accepted(PROOF_REMEMBERED, T_NOW));
	assert_false(accepted(PROOF_RECOVERY, T_NOW));
	p->accept_remembered = false;
	p->accept_recovery = true;
	assert_false(accepted(PROOF_REMEMBERED, T_NOW));
	assert_true(accepted(PROOF_RECOVERY, T_NOW));
	/* the factor says it for every policy, and a policy may refuse */
	p->accept_recovery = false;
	g.factors[phone].recover_by_code = true;
	assert_true(accepted(PROOF_RECOVERY, T_NOW));
	assert_false(accepted(PROOF_REMEMBERED, T_NOW));
	p->accept_device = true;
	assert_true(accepted(PROOF_PROVED, T_NOW));
	assert_false(accepted(PROOF_RECOVERY, T_NOW));
	p->accept_recovery = true;
	assert_false(accepted(PROOF_RECOVERY, T_NOW));
}

/* E6: a recovery code opens nothing where only the help desk's code counts, nor
 * the other way round; of which of them it was is not known, both must. */
static void
test_stand_ins(void **state)
{
	struct conf_policy *p = &g.policies[policy];

	(void)state;
	g.factors[phone].recover_by_desk = true;
	assert_false(accepted(PROOF_RECOVERY, T_NOW));
	assert_true(accepted(PROOF_TEMPORARY, T_NOW));
	assert_false(accepted(PROOF_STAND_IN, T_NOW));
	p->accept_recovery = true;
	assert_true(accepted(PROOF_RECOVERY, T_NOW));
	assert_true(accepted(PROOF_TEMPORARY, T_NOW));
	assert_true(accepted(PROOF_STAND_IN, T_NOW));
	p->refuse_temporary = true;
	assert_true(accepted(PROOF_RECOVERY, T_NOW));
	assert_false(accepted(PROOF_TEMPORARY, T_NOW));
	assert_false(accepted(PROOF_STAND_IN, T_NOW));
	p->refuse_temporary = false;
	p->accept_device = true;
	assert_false(accepted(PROOF_TEMPORARY, T_NOW));
	assert_false(accepted(PROOF_STAND_IN, T_NOW));
}

/* E9: age is the person's, an unknown or coming one is never fresh. */
static void
test_fresh(void **state)
{
	struct conf_policy *p = &g.policies[policy];

	(void)state;
	p->accept_remembered = p->accept_recovery = true;
	assert_true(accepted(PROOF_PROVED, 0));
	assert_true(accepted(PROOF_PROVED, 1));
	p->fresh_s[phone] = 900;
	assert_true(accepted(PROOF_PROVED, T_NOW));
	assert_true(accepted(PROOF_PROVED, T_NOW - 900000));
	assert_false(accepted(PROOF_PROVED, T_NOW - 900001));
	assert_false(accepted(PROOF_PROVED, 0));
	assert_true(accepted(PROOF_PROVED, T_NOW + PROOF_SKEW_MS));
	assert_false(accepted(PROOF_PROVED, T_NOW + PROOF_SKEW_MS + 1));
	assert_true(accepted(PROOF_RECOVERY, T_NOW));
	assert_false(accepted(PROOF_REMEMBERED, T_NOW));
	/* another factor's freshness says nothing of this one */
	p->fresh_s[phone] = 0;
	p->fresh_s[ldap] = 1;
	assert_true(accepted(PROOF_PROVED, 1));
}

/* E3: a policy may demand how the device was enrolled; not known is no. */
static void
test_enrolment(void **state)
{
	static const bool good[] = { false, false, true, true };
	struct conf_policy *p = &g.policies[policy];
	struct proof second = rig_proof(&g, phone, PROOF_PROVED, T_NOW);
	struct proof first = rig_proof(&g, ldap, PROOF_PROVED, T_NOW);

	(void)state;
	for (unsigned i = 0; i < COUNT(good); i++) {
		second.enrolment = (enum proof_enrolment)i;
		p->enrolled_by_link = false;
		assert_true(proof_accepted(&second, &g.conf, p, T_NOW));
		p->enrolled_by_link = true;
		assert_int_equal(proof_accepted(&second, &g.conf, p, T_NOW),
		    good[i]);
	}
	assert_true(proof_accepted(&first, &g.conf, p, T_NOW));
}

/* ------------------------------------------------------------------ */
/* guards */

static struct guard_facts facts;
static struct proofs proofs;

static void
facts_set(const char *groups)
{
	struct person p = rig_person(&g, realm, "ann", groups);

	facts = (struct guard_facts){ .realm = p.realm_name,
	    .subject = p.subject, .groups_known = p.groups_known,
	    .groups = p.groups, .enrolled_known = true,
	    .proofs = &proofs, .now_ms = T_NOW };
	memset(&proofs, 0, sizeof(proofs));
}

static enum guard_value
value_of_way(const char *text)
{
	const unsigned all[] = { 0, 1, 2, 3, 4, 5 };
	struct chain chain;

	assert_int_equal(rig_ways(&g, text, &chain), 0);
	assert_int_equal(chain.ways[0].nguards, 1);
	return guard_value(&chain.ways[0].guards[0], all, COUNT(all), &facts);
}

static void
test_guard_group(void **state)
{
	(void)state;
	facts_set("x robots");
	assert_int_equal(value_of_way("ldap where group robots"), GUARD_TRUE);
	assert_int_equal(value_of_way("ldap where not group robots"),
	    GUARD_FALSE);
	assert_int_equal(value_of_way("ldap where group robot"), GUARD_FALSE);
	assert_int_equal(value_of_way("ldap where not group y"), GUARD_TRUE);
	facts.groups_known = false;
	assert_int_equal(value_of_way("ldap where group robots"),
	    GUARD_UNREADABLE);
	/* false behind `not` too */
	assert_int_equal(value_of_way("ldap where not group robots"),
	    GUARD_UNREADABLE);
}

static void
test_guard_user(void **state)
{
	(void)state;
	facts_set("");
	assert_int_equal(value_of_way("ldap where user ann"), GUARD_TRUE);
	assert_int_equal(value_of_way("ldap where user corp/ann"),
	    GUARD_TRUE);
	assert_int_equal(value_of_way("ldap where user other/ann"),
	    GUARD_FALSE);
	assert_int_equal(value_of_way("ldap where not user bob"), GUARD_TRUE);
	facts.subject = STR("");
	assert_int_equal(value_of_way("ldap where user ann"),
	    GUARD_UNREADABLE);
	assert_int_equal(value_of_way("ldap where not user ann"),
	    GUARD_UNREADABLE);
}

/* Of networks that are not known to hold the client, nothing is true. */
static void
test_guard_network(void **state)
{
	static const struct { const char *client; enum guard_value is, not; }
	rows[] = {
		{ "192.0.2.9", GUARD_TRUE, GUARD_FALSE },
		{ "::ffff:192.0.2.9", GUARD_TRUE, GUARD_FALSE },
		{ "2001:db8::7", GUARD_TRUE, GUARD_FALSE },
		{ "198.51.100.1", GUARD_FALSE, GUARD_TRUE },
		{ "2001:db9::7", GUARD_FALSE, GUARD_TRUE },
		{ NULL, GUARD_UNREADABLE, GUARD_UNREADABLE },
	};
	struct ip_net nets[2];
	struct conf_network office = { .nets = nets, .nnets = 2 };
	struct conf conf = { .networks = &office, .nnetworks = 1 };
	struct guard guard = { .kind = GUARD_NETWORK, .networks = 1 };
	struct ip ip;

	(void)state;
	assert_int_equal(ip_net_parse(STR("192.0.2.0/24"), &nets[0]), 0);
	assert_int_equal(ip_net_parse(STR("2001:db8::/32"), &nets[1]), 0);
	facts_set("robots");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].client != NULL)
			assert_int_equal(ip_parse(str_from(rows[i].client),
			    &ip), 0);
		guard_facts_client(&facts, &conf, rows[i].client == NULL ?
		    NULL : &ip);
		guard.negated = false;
		assert_int_equal(guard_value(&guard, NULL, 0, &facts),
		    rows[i].is);
		guard.negated = true;
		assert_int_equal(guard_value(&guard, NULL, 0, &facts),
		    rows[i].not);
	}
	/* this should not happen, but would be bad if it did */
	guard.networks = 0;
	assert_int_equal(guard_value(&guard, NULL, 0, &facts),
	    GUARD_UNREADABLE);
}

static void
test_guard_unenrolled(void **state)
{
	/* 2023-11-15 begins 1,600 s after T_NOW */
	const char *open = "ldap where unenrolled phone until 2023-11-15";
	const char *over = "ldap where unenrolled phone until 2023-11-14";

	(void)state;
	facts_set("");
	assert_int_equal(value_of_way(open), GUARD_TRUE);
	assert_int_equal(value_of_way(over), GUARD_FALSE);
	bits_add(&facts.enrolled, phone);
	assert_int_equal(value_of_way(open), GUARD_FALSE);
	facts.enrolled = (struct bits){ { 0 } };
	bits_add(&facts.enrolled, oidc);
	assert_int_equal(value_of_way(open), GUARD_TRUE);
	facts.enrolled_known = false;
	assert_int_equal(value_of_way(open), GUARD_UNREADABLE);
	assert_int_equal(value_of_way(over), GUARD_FALSE);
}

/* ------------------------------------------------------------------ */
/* sets and policies */

static void
have(unsigned factor, int64_t auth_time_ms, const char *acr)
{
	struct proof p = rig_proof(&g, factor, PROOF_PROVED, auth_time_ms);

	p.acr = str_from(acr);
	assert_int_equal(proofs_add(&proofs, &p), 0);
}

static bool
satisfies(unsigned i)
{
	return proofs_satisfy(&proofs, &g.conf, &g.policies[i], realm,
	    &facts);
}

static void
test_satisfy(void **state)
{
	(void)state;
	facts_set("");
	assert_false(satisfies(policy));
	have(phone, T_NOW, "");
	assert_false(satisfies(policy));
	have(oidc, T_NOW, "");
	assert_true(satisfies(policy));
	/* the first names the person, in this realm (E7) */
	assert_false(proofs_satisfy(&proofs, &g.conf, &g.policies[policy],
	    realm + 1, &facts));
	g.policies[policy].kind = CONF_PUBLIC;
	assert_false(satisfies(policy));
	g.policies[policy].kind = CONF_DENY;
	assert_false(satisfies(policy));
}

/* An acr is that of the word: not of a proof too old to count, nor of
 * another choice of the step. */
static void
test_satisfy_acr(void **state)
{
	unsigned gold = rig_policy(&g, "ldap | oidc where acr gold");
	unsigned other = rig_policy(&g, "ldap | oidc where not acr weak");
	struct proof p;

	(void)state;
	facts_set("");
	g.policies[gold].fresh_s[oidc] = 900;
	have(oidc, T_NOW - 901000, "gold");
	assert_false(satisfies(gold));
	have(ldap, T_NOW, "");
	assert_false(satisfies(gold));
	assert_true(satisfies(other));
	have(oidc, T_NOW, "gold");
	assert_true(satisfies(gold));
	/* a weak one beside it takes nothing away */
	have(ldap, T_NOW, "weak");
	assert_true(satisfies(gold));
	assert_true(satisfies(other));
	have(oidc, T_NOW, "weak");
	assert_false(satisfies(gold));
	assert_false(satisfies(other));
	/* nor one of a kind that the policy does not take */
	p = rig_proof(&g, oidc, PROOF_RECOVERY, T_NOW);
	p.acr = STR("gold");
	assert_int_equal(proofs_add(&proofs, &p), 0);
	assert_false(satisfies(gold));
}

static void
test_allow(void **state)
{
	struct csn_str groups[] = { STR_INIT("admins") };
	struct csn_str users[] = { STR_INIT("corp/ann") };
	struct conf_allow allow = { .written = false };

	(void)state;
	facts_set("admins");
	assert_true(allow_holds(&allow, &facts));
	allow.written = true;
	assert_false(allow_holds(&allow, &facts));
	allow.groups = (struct csn_strs){ groups, 1 };
	assert_true(allow_holds(&allow, &facts));
	/* E11: too old is no membership */
	facts.groups_known = false;
	assert_false(allow_holds(&allow, &facts));
	allow.users = (struct csn_strs){ users, 1 };
	assert_true(allow_holds(&allow, &facts));
	facts.subject = STR("");
	assert_false(allow_holds(&allow, &facts));
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_fingerprint), TEST(test_fingerprint_second),
		TEST(test_resolve), TEST(test_add), TEST(test_pack),
		TEST(test_unpack_refused), TEST(test_kinds), TEST(test_fresh),
		TEST(test_stand_ins),
		TEST(test_enrolment), TEST(test_guard_group),
		TEST(test_guard_user), TEST(test_guard_unenrolled),
		TEST(test_guard_network),
		TEST(test_satisfy), TEST(test_satisfy_acr), TEST(test_allow),
	};

	return cmocka_run_group_tests_name("proof", tests, NULL, NULL);
}
