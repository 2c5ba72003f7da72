/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-exchange.c - the rules of one login, one by one; all small cases are in
 * test-exchange-all.c
 */
#include "host_testing.h"

static struct rig g;
static unsigned realm, ldap, oidc, phone, key;
static struct person ann, bob;
static struct exchange x;
static struct guard_facts facts;

static int
set_up(void **state)
{
	(void)state;
	rig_init(&g);
	realm = rig_realm(&g, "corp");
	ldap = rig_factor(&g, "ldap", &rig_identity, realm);
	oidc = rig_factor(&g, "oidc", &rig_identity, realm);
	phone = rig_factor(&g, "phone", &rig_second, 0);
	key = rig_factor(&g, "key", &rig_second, 0);
	ann = rig_person(&g, realm, "ann", "admins");
	bob = rig_person(&g, realm, "bob", "");
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	rig_free(&g);
	return 0;
}

static void
begin(const char *ways)
{
	exchange_begin(&x, &g.conf, rig_policy(&g, ways), T_NOW);
}

static uint64_t
offered(void)
{
	exchange_facts(&x, true, NULL, T_NOW, &facts);
	return rig_bits(exchange_offered(&x, &g.conf, &facts));
}

/* A GRANT of a factor, naming somebody or not. */
static struct exchange_event
grant_of(unsigned factor, const struct person *who)
{
	struct exchange_event ev = { .factor = (int)factor,
	    .verdict = CSN_GRANT, .proof = { .kind = PROOF_PROVED,
	    .auth_time_ms = T_NOW, .acr = STR("") } };

	if (who != NULL)
		ev.person = *who;
	memcpy(ev.token, x.token, sizeof(ev.token));
	return ev;
}

static enum exchange_outcome
advance(const struct exchange_event *ev)
{
	exchange_facts(&x, true, NULL, T_NOW, &facts);
	x.factor = ev->factor;
	return exchange_advance(&x, &g.conf, ev, &facts);
}

static enum exchange_outcome
grant(unsigned factor, const struct person *who)
{
	struct exchange_event ev = grant_of(factor, who);
	enum exchange_outcome ret = advance(&ev);

	exchange_turn(&x);
	return ret;
}

#define BIT(f) ((uint64_t)1 << (f))

static void
test_begin(void **state)
{
	struct exchange other;

	(void)state;
	begin("ldap | oidc then phone");
	exchange_begin(&other, &g.conf, 0, T_NOW);
	assert_memory_not_equal(x.id, other.id, sizeof(x.id));
	assert_memory_not_equal(x.token, other.token, sizeof(x.token));
	assert_true(x.expires_ms == T_NOW + EXCHANGE_LIFE_MS);
	assert_false(x.person.named || x.has_session || x.has_link);
	assert_int_equal(offered(), BIT(ldap) | BIT(oidc));
	assert_false(exchange_complete(&x, &g.conf, &facts));
}

static void
test_turn(void **state)
{
	uint8_t was[EXCHANGE_TOKEN_LEN];
	struct exchange_event ev;

	(void)state;
	begin("ldap then phone");
	memcpy(was, x.token, sizeof(was));
	ev = grant_of(ldap, &ann);
	exchange_turn(&x);
	assert_memory_equal(x.last, was, sizeof(was));
	assert_memory_not_equal(x.token, was, sizeof(was));
	assert_int_equal(advance(&ev), EXCHANGE_UNCHANGED);
}

/* E7: a factor that identifies names somebody of its own realm, in every
 * GRANT and the same; a second one names nobody. */
static void
test_names(void **state)
{
	struct person none = { .named = false }, empty = ann, far = ann;

	(void)state;
	begin("ldap then oidc then phone");
	empty.subject = STR("");
	far.realm = rig_realm(&g, "far");
	assert_int_equal(grant(ldap, &none), EXCHANGE_ENDED);
	assert_int_equal(grant(ldap, &empty), EXCHANGE_ENDED);
	assert_int_equal(grant(ldap, &far), EXCHANGE_ENDED);
	assert_int_equal(x.history.n, 0);
	assert_int_equal(grant(ldap, &ann), EXCHANGE_ADVANCED);
	assert_int_equal(grant(oidc, &bob), EXCHANGE_ENDED);
	assert_int_equal(grant(oidc, &none), EXCHANGE_ENDED);
	assert_int_equal(x.history.n, 1);
	assert_int_equal(grant(oidc, &ann), EXCHANGE_ADVANCED);
	assert_int_equal(grant(phone, &ann), EXCHANGE_ENDED);
	assert_int_equal(grant(phone, NULL), EXCHANGE_COMPLETE);
}

/* E11: one set, of the first that names; others' are dropped. */
static void
test_groups_pinned(void **state)
{
	struct person again = rig_person(&g, realm, "ann", "root");

	(void)state;
	begin("ldap then oidc where group root\nldap then phone");
	assert_int_equal(grant(ldap, &ann), EXCHANGE_ADVANCED);
	assert_int_equal(offered(), BIT(phone));
	x.factor = (int)oidc;
	begin("ldap then oidc");
	assert_int_equal(grant(ldap, &ann), EXCHANGE_ADVANCED);
	again.generation = 9;
	assert_int_equal(grant(oidc, &again), EXCHANGE_COMPLETE);
	assert_str(x.person.groups.v[0], "admins");
	assert_int_equal(x.person.generation, 0);
	assert_true(x.person.source == g.factors[ldap].fingerprint);
}

/* E9: age, and what is not known of it. */
static void
test_fresh(void **state)
{
	static const struct { int64_t at; enum exchange_outcome want; } v[] = {
		{ T_NOW, EXCHANGE_COMPLETE },
		{ T_NOW - 900000, EXCHANGE_COMPLETE },
		{ T_NOW - 900001, EXCHANGE_UNCHANGED },
		{ 0, EXCHANGE_UNCHANGED },
		{ T_NOW + PROOF_SKEW_MS + 1, EXCHANGE_UNCHANGED },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(v); i++) {
		struct exchange_event ev;

		g.conf.npolicies = 0;
		begin("oidc");
		g.policies[0].fresh_s[oidc] = 900;
		ev = grant_of(oidc, &ann);
		ev.proof.auth_time_ms = v[i].at;
		assert_int_equal(advance(&ev), v[i].want);
	}
}

/* E6: an entry has a kind, and a policy takes what it says. */
static void
test_kinds(void **state)
{
	struct exchange_event ev;

	(void)state;
	begin("ldap then phone");
	assert_int_equal(grant(ldap, &ann), EXCHANGE_ADVANCED);
	ev = grant_of(phone, NULL);
	ev.proof.kind = (enum proof_kind)0;
	assert_int_equal(advance(&ev), EXCHANGE_UNCHANGED);
	ev.proof.kind = PROOF_REMEMBERED;
	assert_int_equal(advance(&ev), EXCHANGE_UNCHANGED);
	ev.proof.kind = PROOF_RECOVERY;
	assert_int_equal(advance(&ev), EXCHANGE_UNCHANGED);
	g.policies[0].accept_recovery = true;
	assert_int_equal(advance(&ev), EXCHANGE_COMPLETE);
	assert_int_equal(x.history.v[1].kind, PROOF_RECOVERY);
}

/* ------------------------------------------------------------------ */
/* enrolment */

static bool
would(unsigned factor)
{
	exchange_facts(&x, true, NULL, T_NOW, &facts);
	return exchange_would_complete(&x, &g.conf, factor, &facts);
}

static void
carry(const struct proofs *proofs, const struct person *who)
{
	static const uint8_t id[16] = "session";

	exchange_carry(&x, &g.conf, id, who, proofs, T_NOW);
}

/* E1: only as the last step of a word, by somebody who is named. */
static void
test_would_complete(void **state)
{
	(void)state;
	begin("ldap then phone\nldap then key then oidc");
	assert_false(would(phone));
	assert_int_equal(grant(ldap, &ann), EXCHANGE_ADVANCED);
	assert_true(would(phone));
	assert_false(would(key));
	assert_false(would(ldap));
	assert_false(would(oidc));
	assert_int_equal(x.history.n, 1);
	assert_int_equal(grant(key, NULL), EXCHANGE_ADVANCED);
	assert_false(would(phone));
	assert_true(would(oidc));
}

/* E2: none of the other steps carried, remembered, by recovery or enrolled. */
static void
test_would_complete_carried(void **state)
{
	struct proofs proofs = { .n = 1 };

	(void)state;
	begin("ldap then phone");
	proofs.v[0] = rig_proof(&g, ldap, PROOF_PROVED, T_NOW);
	carry(&proofs, &ann);
	assert_int_equal(offered(), BIT(phone));
	assert_false(would(phone));
	/* nor beside a carried one that the word does not need */
	begin("oidc then phone");
	carry(&proofs, &ann);
	assert_int_equal(x.history.n, 1);
	assert_int_equal(offered(), BIT(oidc));
	assert_false(would(phone));
	assert_int_equal(grant(oidc, &ann), EXCHANGE_ADVANCED);
	assert_true(would(phone));
}

static void
test_would_complete_kinds(void **state)
{
	static const enum proof_kind kinds[] = { PROOF_ENROLLED,
	    PROOF_REMEMBERED, PROOF_RECOVERY };

	(void)state;
	begin("ldap then key then phone");
	g.policies[0].accept_recovery = true;
	g.policies[0].accept_remembered = true;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct exchange_event ev;

		exchange_begin(&x, &g.conf, 0, T_NOW);
		assert_int_equal(grant(ldap, &ann), EXCHANGE_ADVANCED);
		ev = grant_of(key, NULL);
		ev.proof.kind = kinds[i];
		assert_int_equal(advance(&ev), EXCHANGE_ADVANCED);
		assert_false(would(phone));
	}
	exchange_begin(&x, &g.conf, 0, T_NOW);
	assert_int_equal(grant(ldap, &ann), EXCHANGE_ADVANCED);
	assert_int_equal(grant(key, NULL), EXCHANGE_ADVANCED);
	assert_true(would(phone));
}

static void
test_would_complete_guard(void **state)
{
	struct person out = rig_person(&g, realm, "ann", "");
	struct person unknown = rig_person(&g, realm, "ann", NULL);

	(void)state;
	begin("ldap then phone where group admins\nldap then key");
	assert_int_equal(grant(ldap, &ann), EXCHANGE_ADVANCED);
	assert_true(would(phone));
	exchange_begin(&x, &g.conf, 0, T_NOW);
	assert_int_equal(grant(ldap, &out), EXCHANGE_ADVANCED);
	assert_false(would(phone));
	exchange_begin(&x, &g.conf, 0, T_NOW);
	assert_int_equal(grant(ldap, &unknown), EXCHANGE_ADVANCED);
	assert_false(would(phone));
	assert_true(would(key));
}

/* ------------------------------------------------------------------ */
/* step-ups */

static void
test_carry(void **state)
{
	struct proofs proofs = { .n = 3 };

	(void)state;
	begin("ldap | oidc then phone then key");
	proofs.v[0] = rig_proof(&g, oidc, PROOF_PROVED, T_NOW);
	proofs.v[1] = rig_proof(&g, key, PROOF_RECOVERY, T_NOW);
	proofs.v[2] = rig_proof(&g, phone, PROOF_PROVED, T_NOW);
	proofs.v[2].factor = -1;
	carry(&proofs, &ann);
	assert_true(x.has_session && x.person.named);
	/* what is not accepted today is not carried */
	assert_int_equal(x.history.n, 1);
	assert_true(x.history.v[0].carried);
	/* the step that is answered is not asked by another choice */
	assert_int_equal(offered(), BIT(phone));
	assert_int_equal(grant(phone, NULL), EXCHANGE_ADVANCED);
	assert_int_equal(grant(key, NULL), EXCHANGE_COMPLETE);
	assert_false(x.history.v[1].carried || x.history.v[2].carried);
}

/* An acr that is wanted may come from another choice of the step. */
static void
test_carry_acr(void **state)
{
	struct proofs proofs = { .n = 1 };
	struct exchange_event ev;

	(void)state;
	begin("ldap | oidc then phone where acr gold");
	proofs.v[0] = rig_proof(&g, ldap, PROOF_PROVED, T_NOW);
	proofs.v[0].acr = STR("silver");
	carry(&proofs, &ann);
	assert_int_equal(offered(), BIT(oidc));
	ev = grant_of(oidc, &ann);
	ev.proof.acr = STR("gold");
	assert_int_equal(advance(&ev), EXCHANGE_ADVANCED);
	exchange_turn(&x);
	assert_int_equal(grant(phone, NULL), EXCHANGE_COMPLETE);
}

/* E11: groups too old count for nothing; who they are of is asked again, and
 * the same source's answer replaces them. */
static void
test_stale_groups(void **state)
{
	struct proofs proofs = { .n = 2 };
	struct person old = ann, fresh = ann, other = ann;

	(void)state;
	begin("ldap then phone where group admins\noidc then key");
	proofs.v[0] = rig_proof(&g, ldap, PROOF_PROVED, T_NOW);
	proofs.v[1] = rig_proof(&g, phone, PROOF_PROVED, T_NOW);
	old.groups_ms = T_NOW - 900001;
	old.source = g.factors[ldap].fingerprint;
	carry(&proofs, &old);
	exchange_facts(&x, true, NULL, T_NOW, &facts);
	assert_false(exchange_complete(&x, &g.conf, &facts));
	assert_int_equal(offered(), BIT(ldap) | BIT(oidc));
	/* what another factor says of groups is dropped */
	other.groups_ms = T_NOW;
	assert_int_equal(grant(oidc, &other), EXCHANGE_ADVANCED);
	assert_true(x.person.groups_ms == old.groups_ms);
	carry(&proofs, &old);
	assert_int_equal(grant(ldap, &fresh), EXCHANGE_COMPLETE);
	assert_true(x.person.groups_ms == T_NOW);
	/* where no way reads groups, nobody is asked for their sake */
	begin("ldap then phone then key");
	carry(&proofs, &old);
	assert_int_equal(offered(), BIT(key));
}

/* A login that took its time. */
static void
test_groups_age(void **state)
{
	struct exchange_event ev;

	(void)state;
	begin("ldap then phone where group admins");
	assert_int_equal(grant(ldap, &ann), EXCHANGE_ADVANCED);
	ev = grant_of(phone, NULL);
	x.factor = (int)phone;
	exchange_facts(&x, true, NULL, T_NOW + 900001, &facts);
	assert_int_equal(exchange_advance(&x, &g.conf, &ev, &facts),
	    EXCHANGE_ENDED);
}

/* ------------------------------------------------------------------ */
/* bytes */

static void
exchange_full(void)
{
	static struct csn_str keys[] = { STR_INIT("k") };
	struct proofs proofs = { .n = 1 };

	begin("ldap then phone");
	proofs.v[0] = rig_proof(&g, phone, PROOF_PROVED, T_NOW);
	ann.name = STR("Ann");
	ann.generation = 3;
	carry(&proofs, &ann);
	x.has_link = true;
	memset(x.link, 'l', sizeof(x.link));
	memset(x.last, 't', sizeof(x.last));
	x.nextras = 1;
	x.extras[0] = (struct grant_extra){ .fingerprint = 9,
	    .keep = STR("keep"), .session_keys = { keys, 1 },
	    .not_after_ms = 77 };
	x.fingerprint = g.factors[ldap].fingerprint;
	x.awaits = AWAITS_CALLBACK;
	x.endpoint = 2;
	x.attempt = 4;
	x.state = STR("state");
}

static void
test_pack(void **state)
{
	struct exchange back;
	struct buf b;

	(void)state;
	exchange_full();
	buf_init(&b, 0);
	exchange_pack(&b, &x);
	assert_int_equal(exchange_unpack(&g.arena, buf_str(&b), &back), 0);
	assert_memory_equal(back.id, x.id, sizeof(x.id));
	assert_memory_equal(back.token, x.token, sizeof(x.token));
	assert_memory_equal(back.last, x.last, sizeof(x.last));
	assert_memory_equal(back.session, x.session, sizeof(x.session));
	assert_memory_equal(back.link, x.link, sizeof(x.link));
	assert_true(back.has_session && back.has_link &&
	    back.created_ms == T_NOW && back.expires_ms == x.expires_ms);
	assert_str(back.person.subject, "ann");
	assert_str(back.person.name, "Ann");
	assert_int_equal(back.person.generation, 3);
	assert_str(back.person.groups.v[0], "admins");
	assert_int_equal(back.history.n, 1);
	assert_true(back.history.v[0].carried);
	assert_str(back.extras[0].keep, "keep");
	assert_str(back.extras[0].session_keys.v[0], "k");
	assert_true(back.extras[0].not_after_ms == 77 &&
	    back.awaits == AWAITS_CALLBACK && back.endpoint == 2 &&
	    back.attempt == 4);
	assert_str(back.state, "state");
	/* indexes are of today, and found only by resolving */
	assert_true(back.policy == -1 && back.factor == -1);
	exchange_resolve(&back, &g.conf);
	assert_int_equal(back.policy, x.policy);
	assert_int_equal(back.factor, ldap);
	assert_int_equal(back.history.v[0].factor, phone);
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(exchange_unpack(&g.arena, str_of(b.p, n),
		    &back), -1);
	buf_char(&b, 'x');
	assert_int_equal(exchange_unpack(&g.arena, buf_str(&b), &back), -1);
	buf_free(&b);
}

static struct exchange
resolved(void)
{
	struct exchange back;
	struct buf b;
	struct csn_str copy;

	buf_init(&b, 0);
	exchange_pack(&b, &x);
	copy = arena_str(&g.arena, buf_str(&b));
	buf_free(&b);
	assert_int_equal(exchange_unpack(&g.arena, copy, &back), 0);
	exchange_resolve(&back, &g.conf);
	return back;
}

/* S4: another policy, realm or proof is a restart; another factor for the
 * round is none. */
static void
test_reload(void **state)
{
	(void)state;
	exchange_full();
	assert_int_equal(resolved().policy, 0);
	g.policies[0].hash[15] ^= 1;
	assert_int_equal(resolved().policy, -1);
	g.policies[0].hash[15] ^= 1;
	g.realms[realm].name = STR("renamed");
	assert_int_equal(resolved().policy, -1);
	g.realms[realm].name = STR("corp");
	g.factors[phone].name = STR("renamed");
	rig_settle(&g);
	assert_int_equal(resolved().policy, -1);
	g.factors[phone].name = STR("phone");
	g.factors[ldap].name = STR("renamed");
	rig_settle(&g);
	assert_int_equal(resolved().factor, -1);
	assert_int_equal(resolved().policy, 0);
}

static void
test_other_policies(void **state)
{
	struct guard_facts f;

	(void)state;
	(void)rig_policy(&g, "public");
	(void)rig_policy(&g, "deny");
	for (unsigned i = 0; i < 2; i++) {
		exchange_begin(&x, &g.conf, i, T_NOW);
		x.person = ann;
		x.history.n = 1;
		x.history.v[0] = rig_proof(&g, ldap, PROOF_PROVED, T_NOW);
		exchange_facts(&x, true, NULL, T_NOW, &f);
		assert_int_equal(rig_bits(exchange_offered(&x, &g.conf, &f)),
		    0);
		assert_false(exchange_complete(&x, &g.conf, &f));
		assert_false(exchange_would_complete(&x, &g.conf, phone, &f));
	}
	x.policy = -1;
	assert_int_equal(rig_bits(exchange_offered(&x, &g.conf, &f)), 0);
	assert_false(exchange_complete(&x, &g.conf, &f));
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_begin), TEST(test_turn), TEST(test_names),
		TEST(test_groups_pinned), TEST(test_fresh), TEST(test_kinds),
		TEST(test_would_complete),
		TEST(test_would_complete_carried),
		TEST(test_would_complete_kinds),
		TEST(test_would_complete_guard), TEST(test_carry),
		TEST(test_carry_acr), TEST(test_stale_groups),
		TEST(test_groups_age), TEST(test_pack), TEST(test_reload),
		TEST(test_other_policies),
	};

	return cmocka_run_group_tests_name("exchange", tests, NULL, NULL);
}
