/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-remind.c - who is told that a grace ends, and who is not
 */
#include "host_testing.h"
#include "remind.h"

#define DAY_MS	INT64_C(86400000)
#define NOW	INT64_C(1800000000000)	/* 2027-01-15T08:00Z */

static struct rig g;
static unsigned realm, ldap, phone, key;
static struct person ann;

static int
set_up(void **state)
{
	(void)state;
	rig_init(&g);
	realm = rig_realm(&g, "corp");
	ldap = rig_factor(&g, "ldap", &rig_identity, realm);
	phone = rig_factor(&g, "phone", &rig_second, 0);
	key = rig_factor(&g, "key", &rig_second, 0);
	ann = rig_person(&g, realm, "ann", "late");
	ann.groups_ms = NOW;
	g.factors[phone].enrol.remind_s = 14 * 86400;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	rig_free(&g);
	return 0;
}

/* Whether ann, who has proved a password, is reminded under these ways. */
static bool
due(const char *ways, int64_t now_ms, struct remind *ret)
{
	struct guard_facts facts;
	struct exchange x;
	struct proof p = rig_proof(&g, ldap, PROOF_PROVED, now_ms);

	exchange_begin(&x, &g.conf, rig_policy(&g, ways), now_ms);
	x.person = ann;
	x.person.groups_ms = now_ms;
	assert_int_equal(proofs_add(&x.history, &p), 0);
	exchange_facts(&x, true, NULL, now_ms, &facts);
	return remind_due(&x, &g.conf, &facts, ret);
}

static void
test_when(void **state)
{
	static const char ways[] = "ldap then phone\n"
	    "ldap where group late and unenrolled phone until 2027-02-01";
	int64_t end = INT64_C(1801440000000);	/* 2027-02-01 */
	struct remind r;

	(void)state;
	assert_false(due(ways, NOW, &r));		/* 17 days ahead */
	assert_true(due(ways, end - 14 * DAY_MS, &r));
	assert_int_equal(r.factor, phone);
	assert_int_equal(r.until_ms, end);
	assert_false(due(ways, end - 14 * DAY_MS - 1, &r));
	assert_true(due(ways, end - 1, &r));
	/* over: the way is none any more */
	assert_false(due(ways, end, &r));
	g.factors[phone].enrol.remind_s = 0;
	assert_false(due(ways, end - 1, &r));
}

static void
test_who(void **state)
{
	struct remind r;

	(void)state;
	/* whose login does not hang on it */
	assert_false(due("ldap where group late\n"
	    "ldap where user ann and unenrolled phone until 2027-01-20",
	    NOW, &r));
	assert_false(due("ldap where not unenrolled phone until 2027-01-20",
	    NOW, &r));
	assert_false(due("ldap where group other and unenrolled phone until "
	    "2027-01-20\nldap then phone", NOW, &r));
	/* the longest grace is what counts; of one way all are needed */
	assert_true(due("ldap where group late and unenrolled phone until "
	    "2027-01-18\nldap where user ann and unenrolled phone until "
	    "2027-01-20", NOW, &r));
	assert_int_equal(r.until_ms, INT64_C(1800403200000));
	assert_true(due("ldap where unenrolled phone until 2027-01-20 and "
	    "unenrolled key until 2027-01-18", NOW, &r) == false);
	g.factors[key].enrol.remind_s = 14 * 86400;
	assert_true(due("ldap where unenrolled phone until 2027-01-20 and "
	    "unenrolled key until 2027-01-18", NOW, &r));
	assert_int_equal(r.factor, key);
}

/* A step-up behind a login has been told already. */
static void
test_step_up(void **state)
{
	static const uint8_t session[16];
	struct bits enrolled = { { 0 } };
	struct guard_facts facts;
	struct exchange x;
	struct proofs had = { .n = 0 };
	struct proof p = rig_proof(&g, ldap, PROOF_PROVED, NOW);
	struct remind r;

	(void)state;
	assert_int_equal(proofs_add(&had, &p), 0);
	exchange_begin(&x, &g.conf, rig_policy(&g, "ldap where unenrolled "
	    "phone until 2027-01-20"), NOW);
	exchange_carry(&x, &g.conf, session, &ann, &had, NOW);
	exchange_facts(&x, true, NULL, NOW, &facts);
	assert_true(remind_grace(&x, &g.conf, &facts, &r));
	assert_false(remind_due(&x, &g.conf, &facts, &r));
	/* who is enrolled, or of whom it is not known, has no grace */
	x.has_session = false;
	bits_add(&enrolled, phone);
	exchange_facts(&x, true, &enrolled, NOW, &facts);
	assert_false(remind_due(&x, &g.conf, &facts, &r));
	exchange_facts(&x, false, NULL, NOW, &facts);
	assert_false(remind_due(&x, &g.conf, &facts, &r));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_when, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_who, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_step_up, set_up,
		    tear_down),
	};

	return cmocka_run_group_tests_name("remind", tests, NULL, NULL);
}
