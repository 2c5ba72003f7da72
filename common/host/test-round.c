/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-round.c - what a round keeps of its person, where a visit comes to
 * another one
 */
#include "host_testing.h"
#include "visit.h"

static struct csn_gate gate;
static struct visit v;

static int
set_up(void **state)
{
	(void)state;
	gate.sealer = rig_sealer();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	sealer_free(gate.sealer);
	return 0;
}

/* As of whom a round is about, not of whom it was. */
static void
account_is_of(const char *realm, const char *subject)
{
	char want[PEOPLE_ACCOUNT_LEN + 1];

	v.x.person.named = true;
	v.x.person.realm_name = str_from(realm);
	v.x.person.subject = str_from(subject);
	assert_int_equal(people_account(gate.sealer, str_from(realm),
	    str_from(subject), want), 0);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(round_account(&v), 0);
		assert_string_equal(v.account, want);
	}
}

static void
test_account(void **state)
{
	(void)state;
	v.gate = &gate;
	account_is_of("corp", "ann");
	account_is_of("corp", "bob");
	account_is_of("partner", "bob");
	account_is_of("corp", "ann");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_account),
	};

	return cmocka_run_group_tests_name("round", tests, set_up, tear_down);
}
