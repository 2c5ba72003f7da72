/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-ldap-nested.c - groups within groups that were seen before, asked anew
 * at a real OpenLDAP
 *
 * Each change at the directory counts at the next login, whatever was seen.
 */
#include <ldap.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/testing.h"

#include "tests/peers/ldap_peer.h"

#define STEPS	9		/* step-0 holds the person */
#define PERSON	"uid=u00003," PEOPLE
#define OTHER	"uid=u00004," PEOPLE

static struct peer peer;

/* Which of the steps the person is in: bit i for step-i. */
static unsigned
steps_of(struct harness *h)
{
	struct harness_answer a;
	unsigned i, ret = 0;
	char name[80];

	ldap_login(h, "u00003", "pw-u", &a);
	assert_int_equal(a.verdict, CSN_GRANT);
	assert_int_equal(a.reply.flags, CSN_RP_GROUPS);
	for (size_t k = 0; k < a.reply.groups.n; k++)
		for (i = 0; i < 16; i++) {
			(void)snprintf(name, sizeof(name), "cn=step-%u,"
			    GROUPS, i);
			if (str_is(a.reply.groups.v[k], name))
				ret |= 1u << i;
		}
	harness_answer_free(&a);
	return ret;
}

/* How many searches the directory has answered so far. */
static long
searches(void)
{
	static char counted[] = "monitorOpCompleted";
	char url[64], *attributes[] = { counted, NULL }, text[32];
	char password[] = "admin";
	struct berval cred = { sizeof(password) - 1, password }, **values;
	int version = LDAP_VERSION3;
	LDAPMessage *found = NULL;
	LDAP *ld = NULL;

	(void)snprintf(url, sizeof(url), "ldap://127.0.0.1:%u", peer.port);
	assert_int_equal(ldap_initialize(&ld, url), LDAP_SUCCESS);
	assert_int_equal(ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION,
	    &version), 0);
	assert_int_equal(ldap_sasl_bind_s(ld, "cn=admin," BASE,
	    LDAP_SASL_SIMPLE, &cred, NULL, NULL, NULL), LDAP_SUCCESS);
	assert_int_equal(ldap_search_ext_s(ld,
	    "cn=Search,cn=Operations,cn=Monitor", LDAP_SCOPE_BASE, NULL,
	    attributes, 0, NULL, NULL, NULL, 0, &found), LDAP_SUCCESS);
	values = ldap_get_values_len(ld, ldap_first_entry(ld, found),
	    counted);
	assert_non_null(values);
	(void)snprintf(text, sizeof(text), "%.*s", (int)values[0]->bv_len,
	    values[0]->bv_val);
	ldap_value_free_len(values);
	(void)ldap_msgfree(found);
	(void)ldap_unbind_ext_s(ld, NULL, NULL);
	return strtol(text, NULL, 10);
}

static void
step_add(unsigned n, const char *member)
{
	char ldif[512];

	(void)snprintf(ldif, sizeof(ldif), "dn: cn=step-%u," GROUPS "\n"
	    "changetype: add\nobjectClass: groupOfNames\ncn: step-%u\n"
	    "member: %s\n", n, n, member);
	peer_modify(&peer, ldif);
}

static void
step_hold(unsigned n, const char *member)
{
	char ldif[512];

	(void)snprintf(ldif, sizeof(ldif), "dn: cn=step-%u," GROUPS "\n"
	    "changetype: modify\nreplace: member\nmember: %s\n", n, member);
	peer_modify(&peer, ldif);
}

static struct harness *
anew(const char *mode)
{
	return ldap_open_with(&peer, "nested_groups", "true", "group_mode",
	    mode, "group_cache", "0s", NULL);
}

#define ALL	((1u << STEPS) - 1)

static void
seen_before_are_asked_at_once(void **state)
{
	static const char *const modes[] = { "member", "memberof" };
	struct harness *h;
	long before, first, then;

	(void)state;
	for (size_t i = 0; i < COUNT(modes); i++) {
		h = anew(modes[i]);
		before = searches();
		assert_int_equal(steps_of(h), ALL);
		first = searches();
		assert_int_equal(steps_of(h), ALL);
		then = searches();
		/* one of them is that which tells */
		assert_true(first - before - 1 >= STEPS);
		assert_true(then - first - 1 <= 4);
		harness_free(h);
	}
}

static void
changes_count_at_once(void **state)
{
	struct harness *h = anew("member");

	(void)state;
	assert_int_equal(steps_of(h), ALL);
	/* she leaves */
	step_hold(0, OTHER);
	assert_int_equal(steps_of(h), 0);
	step_hold(0, PERSON);
	assert_int_equal(steps_of(h), ALL);
	/* a group leaves in the middle */
	step_hold(4, OTHER);
	assert_int_equal(steps_of(h), 0xf);
	step_hold(4, "cn=step-3," GROUPS);
	assert_int_equal(steps_of(h), ALL);
	assert_int_equal(steps_of(h), ALL);
	/* a group comes, at the end and in the middle */
	step_add(STEPS, "cn=step-8," GROUPS);
	assert_int_equal(steps_of(h), ALL | 1u << STEPS);
	assert_int_equal(steps_of(h), ALL | 1u << STEPS);
	peer_modify(&peer, "dn: cn=step-9," GROUPS "\nchangetype: delete\n");
	assert_int_equal(steps_of(h), ALL);
	step_add(12, "cn=step-2," GROUPS);
	assert_int_equal(steps_of(h), ALL | 1u << 12);
	peer_modify(&peer, "dn: cn=step-12," GROUPS "\nchangetype: delete\n");
	assert_int_equal(steps_of(h), ALL);
	harness_free(h);
}

/* The upper half goes on holding one another, and no longer the lower: what
 * one search shows is what it was, and the person is in none of them. */
static void
a_loop_that_was_cut_off(void **state)
{
	struct harness *h = anew("member");

	(void)state;
	assert_int_equal(steps_of(h), ALL);
	assert_int_equal(steps_of(h), ALL);
	step_hold(4, "cn=step-8," GROUPS);
	assert_int_equal(steps_of(h), 0xf);
	step_hold(4, "cn=step-3," GROUPS);
	assert_int_equal(steps_of(h), ALL);
	harness_free(h);
}

/* Deeper than is walked is no list at all, seen before or not. */
static void
too_deep_stays_too_deep(void **state)
{
	struct harness *h = anew("member");
	struct harness_answer a;

	(void)state;
	for (int i = 0; i < 3; i++) {
		ldap_login(h, "carol", "pw-carol", &a);
		assert_int_equal(a.verdict, CSN_GRANT);
		assert_int_equal(a.reply.flags, 0);
		assert_int_equal(a.reply.groups.n, 0);
		harness_answer_free(&a);
	}
	harness_free(h);
}

static int
start(void **state)
{
	char member[80];

	(void)peer_group_start(state);
	step_add(0, PERSON);
	for (unsigned i = 1; i < STEPS; i++) {
		(void)snprintf(member, sizeof(member), "cn=step-%u," GROUPS,
		    i - 1);
		step_add(i, member);
	}
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seen_before_are_asked_at_once),
		cmocka_unit_test(changes_count_at_once),
		cmocka_unit_test(a_loop_that_was_cut_off),
		cmocka_unit_test(too_deep_stays_too_deep),
	};

	if (!peer_group(&peer))
		return 0;
	return cmocka_run_group_tests(tests, start, peer_group_stop);
}
