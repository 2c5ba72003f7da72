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
	};

	if (!peer_installed()) {
		printf("1..0 # SKIP slapd and ldap-utils are not installed\n");
		return 0;
	}
	signal(SIGPIPE, SIG_IGN);	/* as the host does */
	return cmocka_run_group_tests(tests, start, stop);
}
