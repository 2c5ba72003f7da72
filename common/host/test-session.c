/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-session.c - sessions sealed and read, and what steps up never loses
 */
#include "host_testing.h"
#include "lib/base64url.h"
#include "session.h"

static struct rig g;
static struct sealer *sealer;
static struct arena a;
static unsigned ldap, oidc, phone;
static struct session full;

#define HOST STR("app.example.org")

static int
set_up(void **state)
{
	static struct csn_str keys[] = { STR_INIT("k1"), STR_INIT("k2") };
	unsigned realm;
	struct person p;

	(void)state;
	rig_init(&g);
	arena_init(&a, 1 << 20);
	realm = rig_realm(&g, "corp");
	ldap = rig_factor(&g, "ldap", &rig_identity, realm);
	oidc = rig_factor(&g, "oidc", &rig_identity, realm);
	phone = rig_factor(&g, "phone", &rig_second, 0);
	sealer = rig_sealer();
	p = rig_person(&g, realm, "ann", "admins corp/x");
	p.name = STR("Ann A.");
	p.mail = STR("ann@example.org");
	p.subject_id = STR("uuid");
	p.generation = 7;
	full = rig_session(&g, &p);
	full.proofs.n = 2;
	full.proofs.v[0] = rig_proof(&g, ldap, PROOF_PROVED, T_NOW - 5);
	full.proofs.v[1] = rig_proof(&g, phone, PROOF_ENROLLED, T_NOW);
	full.proofs.v[1].enrolment = ENROLMENT_LINK;
	full.enrolled_known = true;
	full.nenrolled = 1;
	full.enrolled[0] = g.factors[phone].fingerprint;
	full.nextras = 1;
	full.extras[0] = (struct grant_extra){ .fingerprint = 5,
	    .keep = STR("keep"), .session_keys = { keys, 2 },
	    .not_after_ms = T_NOW + 9 };
	full.client = STR("192.0.2.1");
	full.user_agent = STR("agent");
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	sealer_free(sealer);
	arena_free(&a);
	rig_free(&g);
	return 0;
}

/* ------------------------------------------------------------------ */

static void
check_same(const struct session *s, bool record)
{
	assert_memory_equal(s->id, full.id, sizeof(full.id));
	assert_true(s->created_ms == full.created_ms &&
	    s->expires_ms == full.expires_ms && s->enrolled_known);
	assert_str(s->person.realm_name, "corp");
	assert_str(s->person.subject, "ann");
	/* what a check does not need is the record's only */
	assert_str(s->person.subject_id, record ? "uuid" : "");
	assert_true(s->person.source == (record ? full.person.source : 0));
	assert_str(s->person.name, "Ann A.");
	assert_str(s->person.mail, "ann@example.org");
	assert_int_equal(s->person.generation, 7);
	assert_int_equal(s->person.groups.n, 2);
	assert_str(s->person.groups.v[1], "corp/x");
	assert_true(s->person.groups_known &&
	    s->person.groups_ms == T_NOW);
	assert_int_equal(s->proofs.n, 2);
	assert_int_equal(s->proofs.v[1].enrolment, ENROLMENT_LINK);
	assert_int_equal(s->nenrolled, 1);
	assert_true(s->enrolled[0] == full.enrolled[0]);
	assert_int_equal(s->nextras, record ? 1 : 0);
	if (!record)
		return;
	assert_str(s->extras[0].keep, "keep");
	assert_str(s->extras[0].session_keys.v[1], "k2");
	assert_true(s->extras[0].not_after_ms == T_NOW + 9 &&
	    s->seen_ms == T_NOW);
	assert_str(s->client, "192.0.2.1");
	assert_str(s->user_agent, "agent");
}

static void
test_pack(void **state)
{
	struct session back;
	struct buf b;

	(void)state;
	for (int record = 0; record < 2; record++) {
		buf_init(&b, 0);
		session_pack(&b, &full, record != 0);
		assert_int_equal(session_unpack(&a, buf_str(&b), record != 0,
		    &back), 0);
		check_same(&back, record != 0);
		assert_int_equal(session_unpack(&a, buf_str(&b), record == 0,
		    &back), -1);
		for (size_t n = 0; n < b.n; n++)
			assert_int_equal(session_unpack(&a, str_of(b.p, n),
			    record != 0, &back), -1);
		buf_char(&b, 'x');
		assert_int_equal(session_unpack(&a, buf_str(&b), record != 0,
		    &back), -1);
		buf_free(&b);
	}
}

static int
open_at(struct csn_str value, struct csn_str host, int64_t now_ms)
{
	struct session back;

	return session_open(&a, sealer, &g.conf, host, value, now_ms, &back);
}

/* S1, S7: good for one host, from its sealing to its end, and no byte of it
 * otherwise. */
static void
test_seal(void **state)
{
	struct session back;
	struct csn_str text;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(session_seal(sealer, HOST, &full, T_NOW + 500, &b),
	    0);
	text = buf_str(&b);
	assert_int_equal(session_open(&a, sealer, &g.conf, HOST, text, T_NOW,
	    &back), 0);
	check_same(&back, false);
	assert_true(back.issued_ms == T_NOW + 500);
	assert_int_equal(back.proofs.v[0].factor, ldap);
	assert_int_equal(open_at(text, STR("app.example.org:8443"), T_NOW),
	    -1);
	assert_int_equal(open_at(text, STR("APP.example.org"), T_NOW), -1);
	assert_int_equal(open_at(text, STR(""), T_NOW), -1);
	/* seals from the future are refused (S7), and past ones end */
	assert_int_equal(open_at(text, HOST, T_NOW + 500 - SESSION_SKEW_MS),
	    0);
	assert_int_equal(open_at(text, HOST, T_NOW + 499 - SESSION_SKEW_MS),
	    -1);
	assert_int_equal(open_at(text, HOST, full.expires_ms - 1), 0);
	assert_int_equal(open_at(text, HOST, full.expires_ms), -1);
	for (size_t i = 0; i < b.n; i++) {
		uint8_t was = b.p[i];

		b.p[i] = was == 'A' ? 'B' : 'A';
		assert_int_equal(open_at(text, HOST, T_NOW), -1);
		b.p[i] = was;
	}
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(open_at(str_of(b.p, n), HOST, T_NOW), -1);
	buf_free(&b);
}

/* S4: what is sealed is judged under today's configuration. */
static void
test_reload(void **state)
{
	struct session back;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(session_seal(sealer, HOST, &full, T_NOW, &b), 0);
	g.factors[phone].name = STR("phone2");
	rig_settle(&g);
	assert_int_equal(session_open(&a, sealer, &g.conf, HOST, buf_str(&b),
	    T_NOW, &back), 0);
	assert_int_equal(back.proofs.v[0].factor, ldap);
	assert_int_equal(back.proofs.v[1].factor, -1);
	g.realms[0].name = STR("renamed");
	assert_int_equal(open_at(buf_str(&b), HOST, T_NOW), -1);
	buf_free(&b);
}

static void
test_too_long(void **state)
{
	struct csn_str many[64];
	char name[64];
	struct buf b;

	(void)state;
	memset(name, 'g', sizeof(name));
	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = str_of(name, sizeof(name));
	full.person.groups = (struct csn_strs){ many, COUNT(many) };
	buf_init(&b, 0);
	assert_int_equal(session_seal(sealer, HOST, &full, T_NOW, &b), -1);
	assert_int_equal(b.n, 0);
	full.person.groups.n = 30;
	assert_int_equal(session_seal(sealer, HOST, &full, T_NOW, &b), 0);
	assert_true(b.n <= SESSION_COOKIE_MAX);
	buf_free(&b);
}

/* E11: groups as old as that are none; what is enrolled is unknown where a
 * factor is gone. */
static void
test_facts(void **state)
{
	struct guard_facts f;

	(void)state;
	session_facts(&full, &g.conf, T_NOW + 900000, &f);
	assert_true(f.groups_known && f.enrolled_known &&
	    rig_bits(f.enrolled) == (uint64_t)1 << phone);
	session_facts(&full, &g.conf, T_NOW + 900001, &f);
	assert_false(f.groups_known);
	session_facts(&full, &g.conf, T_NOW - SESSION_SKEW_MS - 1, &f);
	assert_false(f.groups_known);
	full.person.groups_known = false;
	session_facts(&full, &g.conf, T_NOW, &f);
	assert_false(f.groups_known);
	full.enrolled[0] ^= 1;
	session_facts(&full, &g.conf, T_NOW, &f);
	assert_true(!f.enrolled_known && rig_bits(f.enrolled) == 0);
	full.nenrolled = 0;
	session_facts(&full, &g.conf, T_NOW, &f);
	assert_true(f.enrolled_known);
	full.enrolled_known = false;
	session_facts(&full, &g.conf, T_NOW, &f);
	assert_false(f.enrolled_known);
}

static void
test_key(void **state)
{
	char key[SESSION_KEY_LEN + 1];

	(void)state;
	session_key(full.id, key);
	assert_string_equal(key, "s/73737373737373737373737373737373");
}

/* ------------------------------------------------------------------ */
/* all sessions of three factors, under pairs of policies */

enum { KINDS = 4, AGES = 4, STATES = 1 + KINDS * AGES };

static const int64_t ages[AGES] = { T_NOW, T_NOW - 3600000, 0,
	T_NOW + 3600000 };		/* fresh, old, unknown, to come */

static const struct { const char *ways; int fresh; bool recovery, remembered,
    link; } kinds_of_policy[] = {
	{ "ldap", 0, 0, 0, 0 },
	{ "ldap", 1, 0, 0, 0 },
	{ "oidc then phone", 0, 0, 0, 0 },
	{ "ldap | oidc then phone", 2, 0, 0, 0 },
	{ "ldap then phone", 0, 1, 0, 0 },
	{ "ldap | oidc then phone", 2, 1, 0, 0 },
	{ "ldap then phone", 0, 0, 1, 0 },
	{ "ldap then phone", 0, 0, 0, 1 },
	{ "ldap then phone where group admins\noidc", 0, 0, 0, 0 },
	{ "ldap where not group admins\nldap then phone", 1, 0, 0, 0 },
	{ "ldap then oidc then phone\noidc then ldap where group other", 2, 1,
	    1, 0 },
	{ "oidc then phone where acr gold\nldap then phone", 0, 0, 0, 0 },
};

#define POLICIES COUNT(kinds_of_policy)

struct trial {
	struct conf_policy policies[POLICIES];
	int64_t fresh_s[POLICIES][RIG_FACTORS];
	struct proofs proofs;
	struct person person;
	bool sat[POLICIES];
	unsigned long steps;
};

static void
trial_policies(struct trial *t)
{
	g.policies[0].kind = CONF_REQUIRE;
	g.conf.npolicies = 1;
	for (size_t i = 0; i < POLICIES; i++) {
		struct conf_policy *p = &t->policies[i];
		struct csn_str message;
		size_t at;

		p->kind = CONF_REQUIRE;
		assert_int_equal(rig_ways(&g, kinds_of_policy[i].ways,
		    &p->chain), 0);
		assert_int_equal(chain_check(&g.arena, &p->chain,
		    &g.conf.identify, &at, &message), 0);
		p->fresh_s = t->fresh_s[i];
		for (unsigned f = 0; f < g.conf.nfactors; f++)
			p->fresh_s[f] = kinds_of_policy[i].fresh == 2 ||
			    (kinds_of_policy[i].fresh == 1 && f == ldap) ?
			    900 : 0;
		p->accept_recovery = kinds_of_policy[i].recovery;
		p->accept_remembered = kinds_of_policy[i].remembered;
		p->enrolled_by_link = kinds_of_policy[i].link;
	}
}

/* A factor's state as a number: none, or kind and age. */
static void
proof_set(struct trial *t, unsigned factor, unsigned st)
{
	struct proof p;

	if (st == 0)
		return;
	p = rig_proof(&g, factor, (enum proof_kind)(1 + (st - 1) / AGES),
	    ages[(st - 1) % AGES]);
	if (factor == phone)
		p.enrolment = ENROLMENT_FIRST_LOGIN;
	else
		p.acr = STR("gold");
	assert_int_equal(proofs_add(&t->proofs, &p), 0);
}

static bool
satisfied(struct trial *t, size_t i)
{
	struct session s = { .person = t->person, .proofs = t->proofs,
	    .enrolled_known = true };
	struct guard_facts facts;

	session_facts(&s, &g.conf, T_NOW, &facts);
	return proofs_satisfy(&t->proofs, &g.conf, &t->policies[i], 0,
	    &facts);
}

/* What holds of a set with one proof less holds still. */
static void
check_adding(struct trial *t)
{
	for (size_t gone = 0; gone < t->proofs.n; gone++) {
		struct trial less = *t;

		less.proofs.n--;
		for (size_t i = gone; i < less.proofs.n; i++)
			less.proofs.v[i] = t->proofs.v[i + 1];
		for (size_t i = 0; i < POLICIES; i++)
			if (satisfied(&less, i))
				assert_true(t->sat[i]);
	}
}

/* The session after a step-up for one policy: it satisfies that one, and each
 * that it satisfied before. So two pages that ask for different things never
 * send a browser back and forth. */
static void
check_stepped_up(struct trial *t, const struct exchange *x, size_t for_policy)
{
	struct trial after = *t;

	for (size_t i = 0; i < x->history.n; i++) {
		struct proof p = x->history.v[i];

		if (!p.carried)
			assert_int_equal(proofs_add(&after.proofs, &p), 0);
	}
	after.person = x->person;
	t->steps++;
	for (size_t i = 0; i < POLICIES; i++)
		if ((t->sat[i] || i == for_policy) && !satisfied(&after, i))
			fail_msg("policy %zu no longer holds, after a step-up "
			    "for %zu", i, for_policy);
}

static void
step_up(struct trial *t, const struct exchange *x, size_t i)
{
	struct guard_facts facts;
	uint64_t offered;

	exchange_facts(x, true, NULL, T_NOW, &facts);
	offered = rig_bits(exchange_offered(x, &g.conf, &facts));
	for (unsigned n = 0; n < 3 * KINDS; n++) {
		struct exchange y = *x;
		struct exchange_event ev = { .factor = (int)(n % 3),
		    .verdict = CSN_GRANT, .proof = {
		    .kind = (enum proof_kind)(1 + n / 3),
		    .auth_time_ms = T_NOW, .acr = STR("gold"),
		    .enrolment = n % 3 == phone ? ENROLMENT_LINK :
		    ENROLMENT_NONE } };

		/* only second factors have the weaker kinds */
		if ((offered >> ev.factor & 1) == 0 ||
		    (n / 3 > 0 && ev.factor != (int)phone))
			continue;
		if (ev.factor != (int)phone)
			ev.person = t->person;
		memcpy(ev.token, y.token, sizeof(ev.token));
		y.factor = ev.factor;
		switch (exchange_advance(&y, &g.conf, &ev, &facts)) {
		case EXCHANGE_COMPLETE:
			check_stepped_up(t, &y, i);
			break;
		case EXCHANGE_ADVANCED:
			step_up(t, &y, i);
			break;
		case EXCHANGE_UNCHANGED:
		case EXCHANGE_ENDED:
			break;
		}
	}
}

static void
trial_run(struct trial *t)
{
	static const uint8_t id[SESSION_ID_LEN] = "id";

	for (size_t i = 0; i < POLICIES; i++)
		t->sat[i] = satisfied(t, i);
	check_adding(t);
	for (size_t i = 0; i < POLICIES; i++) {
		struct guard_facts facts;
		struct exchange x;

		if (t->sat[i])
			continue;
		g.policies[0] = t->policies[i];
		exchange_begin(&x, &g.conf, 0, T_NOW);
		exchange_carry(&x, &g.conf, id, &t->person, &t->proofs,
		    T_NOW);
		exchange_facts(&x, true, NULL, T_NOW, &facts);
		/* what suffices is not asked, and the reverse */
		assert_false(exchange_complete(&x, &g.conf, &facts));
		step_up(t, &x, i);
	}
}

static void
test_pairs(void **state)
{
	static const char *const groups[] = { "admins", "", NULL };
	struct trial *t = calloc(1, sizeof(*t));

	(void)state;
	assert_non_null(t);
	trial_policies(t);
	for (unsigned n = 0; n < 3u * STATES * STATES * STATES;
	    n += T_SLOW) {
		t->person = rig_person(&g, 0, "ann", groups[n % 3]);
		memset(&t->proofs, 0, sizeof(t->proofs));
		proof_set(t, ldap, n / 3 % STATES);
		proof_set(t, oidc, n / 3 / STATES % STATES);
		proof_set(t, phone, n / 3 / STATES / STATES);
		trial_run(t);
		if (g.arena.used > 1u << 19) {
			arena_free(&g.arena);
			trial_policies(t);
		}
	}
	print_message("# %lu step-ups\n", t->steps);
	assert_true(t->steps > 100);
	free(t);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_pack), TEST(test_seal), TEST(test_reload),
		TEST(test_too_long), TEST(test_facts), TEST(test_key),
		TEST(test_pairs),
	};

	return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
