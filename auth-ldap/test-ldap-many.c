/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-ldap-many.c - more than a directory gives at once, against slapd
 */
#include <signal.h>
#include <stdio.h>

#include "lib/buf.h"
#include "lib/testing.h"

#include "tests/peers/ldap_peer.h"

#define MANY	1200u		/* groups; the server gives 500 at once */
#define MEMBER	"uid=u00001," PEOPLE

static struct peer peer;

static void
many_groups(unsigned from, unsigned to)
{
	struct buf b;

	buf_init(&b, 0);
	for (unsigned i = from; i < to; i++)
		buf_printf(&b, "dn: cn=many-%u,%s\nchangetype: add\n"
		    "objectClass: groupOfNames\ncn: many-%u\nmember: %s\n\n",
		    i, GROUPS, i, MEMBER);
	assert_false(buf_failed(&b));
	peer_modify(&peer, (const char *)b.p);
	buf_free(&b);
}

/* The server's limit is for one answer: pages get around it, and what they
 * bring is all. */
static void
more_groups_than_the_server_gives(void **state)
{
	struct harness *h = ldap_open_with(&peer, "group_name", "cn", NULL);
	struct harness_answer a;

	(void)state;
	many_groups(0, MANY);
	ldap_login(h, "u00001", "pw-u", &a);
	assert_int_equal(a.verdict, CSN_GRANT);
	assert_int_equal(a.reply.flags, CSN_RP_GROUPS);
	assert_int_equal(a.reply.groups.n, MANY);
	harness_answer_free(&a);
	/* the next one, on the same connection */
	assert_grant(h, "alice", "pw-alice", "alice");
	ldap_lookup(h, "u00001", &a);
	assert_int_equal(a.reply.groups.n, MANY);
	harness_answer_free(&a);
	harness_free(h);
}

/* More than we take: none, and said. */
static void
more_groups_than_are_taken(void **state)
{
	struct harness *h = ldap_open_with(&peer, NULL);
	struct harness_answer a;

	(void)state;
	many_groups(MANY, 2001);
	ldap_login(h, "u00001", "pw-u", &a);
	assert_int_equal(a.verdict, CSN_GRANT);
	assert_int_equal(a.reply.flags, 0);
	assert_int_equal(a.reply.groups.n, 0);
	assert_true(harness_logged(h, "more than 2000"));
	harness_answer_free(&a);
	assert_grant(h, "alice", "pw-alice", "alice");
	harness_free(h);
}

/* Who is in a group, with how many of them were listed. */
static size_t
members(struct harness *h, const char *group, struct harness_answer *a)
{
	struct csn_req req = harness_req(CSN_EV_OP);
	struct csn_pair param = { STR("group"), str_from(group) };

	req.op = harness_op(h, "members");
	req.params = (struct csn_pairs){ &param, 1 };
	req.account = STR("");
	harness_manage(h, &req, a);
	if (a->verdict == CSN_DONE)
		return a->reply.nitems;
	print_message("# %s: %s\n", group, harness_log(h));
	return SIZE_MAX;
}

static bool
has_member(const struct harness_answer *a, const char *name)
{
	for (size_t i = 0; i < a->reply.nitems; i++)
		if (str_is(a->reply.items[i].id, name))
			return true;
	return false;
}

static void
crowd(unsigned n)
{
	struct buf b;

	buf_init(&b, 0);
	for (unsigned i = 0; i < n; i++)
		buf_printf(&b, "dn: uid=crowd-%u,%s\nchangetype: add\n"
		    "objectClass: inetOrgPerson\nuid: crowd-%u\ncn: Crowd %u\n"
		    "sn: C\nmail: crowd-%u@example.com\n\n", i, PEOPLE, i, i,
		    i);
	buf_printf(&b, "dn: cn=crowd,%s\nchangetype: add\n"
	    "objectClass: groupOfNames\ncn: crowd\n", GROUPS);
	for (unsigned i = 0; i < n; i++)
		buf_printf(&b, "member: uid=crowd-%u,%s\n", i, PEOPLE);
	buf_printf(&b, "\ndn: cn=crowds,%s\nchangetype: add\n"
	    "objectClass: groupOfNames\ncn: crowds\nmember: cn=crowd,%s\n"
	    "member: uid=alice,%s\nmember: cn=crowds,%s\n", GROUPS, GROUPS,
	    PEOPLE, GROUPS);
	assert_false(buf_failed(&b));
	peer_modify(&peer, (const char *)b.p);
	buf_free(&b);
}

/* The other way round, for a report: more than the server gives at once, by
 * each way that groups are known, and never one list for another. */
static void
members_of_a_group(void **state)
{
	static const char *const modes[] = { "memberof", "member" };
	struct harness_answer a;
	struct harness *h;

	(void)state;
	crowd(MANY);
	for (size_t i = 0; i < COUNT(modes); i++) {
		h = ldap_open_with(&peer, "group_mode", modes[i],
		    i == 1 ? "group_name" : NULL, "cn", NULL);
		harness_left(h, 60000);
		assert_int_equal(members(h, i == 1 ? "crowd" : "cn=crowd,"
		    GROUPS, &a), MANY);
		assert_true(has_member(&a, "crowd-7") &&
		    has_member(&a, "crowd-1199") && !has_member(&a, "alice"));
		harness_answer_free(&a);
		/* groups in it are not looked into unless that is asked for */
		assert_int_equal(members(h, i == 1 ? "crowds" : "cn=crowds,"
		    GROUPS, &a), 1);
		harness_answer_free(&a);
		harness_free(h);
		h = ldap_open_with(&peer, "group_mode", modes[i],
		    "nested_groups", "true", NULL);
		harness_left(h, 60000);
		assert_int_equal(members(h, "cn=crowds," GROUPS, &a),
		    MANY + 1);
		assert_true(has_member(&a, "alice"));
		harness_answer_free(&a);
		harness_free(h);
	}
	h = ldap_open_with(&peer, "group_mode", "member", "group_name", "cn",
	    NULL);
	assert_int_equal(members(h, "no-such-group", &a), SIZE_MAX);
	assert_int_equal(a.verdict, CSN_DENY);
	assert_true(harness_logged(h, "there is no group"));
	harness_answer_free(&a);
	assert_int_equal(members(h, "cr*wd", &a), SIZE_MAX);
	harness_answer_free(&a);
	harness_free(h);
	h = ldap_open_with(&peer, "group_mode", "none", NULL);
	assert_int_equal(members(h, "cn=crowd," GROUPS, &a), SIZE_MAX);
	assert_true(harness_logged(h, "lists nobody"));
	harness_answer_free(&a);
	harness_free(h);
}

static int
start(void **state)
{
	(void)state;
	peer_start(&peer);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	peer_stop(&peer);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(more_groups_than_the_server_gives),
		cmocka_unit_test(more_groups_than_are_taken),
		cmocka_unit_test(members_of_a_group),
	};

	if (!peer_installed()) {
		printf("1..0 # SKIP slapd and ldap-utils are not installed\n");
		return 0;
	}
	signal(SIGPIPE, SIG_IGN);	/* as the host does */
	return cmocka_run_group_tests(tests, start, stop);
}
