/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-ldap-many.c - more than a directory gives at once, against slapd
 */
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

/* ------------------------------------------------------------------ */

/* An entry of its own, with so many values of an attribute. */
static void
entry_with(const char *uid, const char *attribute, unsigned n)
{
	struct buf b;

	buf_init(&b, 16u << 20);
	buf_printf(&b, "dn: uid=%s,%s\nchangetype: add\nobjectClass: "
	    "inetOrgPerson\nuid: %s\ncn: %s\nsn: x\nuserPassword: pw-%s\n",
	    uid, PEOPLE, uid, uid, uid);
	for (unsigned i = 0; i < n; i++)
		buf_printf(&b, "%s: value %u\n", attribute, i);
	assert_false(buf_failed(&b));
	peer_modify(&peer, (const char *)b.p);
	buf_free(&b);
}

/* What nobody asked for costs nothing; what was asked for and is too much is
 * left out and said; who is somebody is one value. */
static void
attributes_of_a_hundred_thousand_values(void **state)
{
	struct harness *h = ldap_open_with(&peer, "attributes", "description",
	    "attributes", "title", NULL);
	struct harness *other = ldap_open_with(&peer, "subject",
	    "description", NULL);
	struct harness_answer a;

	(void)state;
	entry_with("crowded", "description", 100000);
	entry_with("some", "title", 250);
	ldap_login(h, "crowded", "pw-crowded", &a);
	assert_int_equal(a.verdict, CSN_GRANT);
	assert_str(a.reply.subject, "crowded");
	assert_null(pairs_get(a.reply.attrs, STR("description")).p);
	assert_true(harness_logged(h, "too many values of description"));
	harness_answer_free(&a);
	ldap_login(h, "some", "pw-some", &a);
	assert_int_equal(a.verdict, CSN_GRANT);
	assert_int_equal(a.reply.attrs.n, 251);		/* name, and these */
	harness_answer_free(&a);
	harness_free(h);
	assert_wrong(other, "crowded", "pw-crowded");
	assert_true(harness_logged(other, "names nobody"));
	harness_free(other);
}

static void
attributes_that_are_no_text(void **state)
{
	struct harness *h = ldap_open_with(&peer, "attributes", "description",
	    "attributes", "title", "attributes", "jpegPhoto", "attributes",
	    "telephoneNumber", NULL);
	struct harness_answer a;

	(void)state;
	peer_modify(&peer, "dn: uid=binary," PEOPLE "\nchangetype: add\n"
	    "objectClass: inetOrgPerson\nuid: binary\ncn: B\nsn: B\n"
	    "userPassword: pw-binary\n"
	    /* line feed; U+202E; a blank alone; text */
	    "description:: YQpi\ndescription:: YeKArmI=\n"
	    "description:: ICA=\ndescription: good\n"
	    "jpegPhoto:: AAECAwQ=\ntitle:: w6k=\n\n");
	ldap_login(h, "binary", "pw-binary", &a);
	assert_int_equal(a.verdict, CSN_GRANT);
	assert_null(pairs_get(a.reply.attrs, STR("jpegPhoto")).p);
	assert_null(pairs_get(a.reply.attrs, STR("telephoneNumber")).p);
	assert_str(pairs_get(a.reply.attrs, STR("title")), "\xc3\xa9");
	for (size_t i = 0; i < a.reply.attrs.n; i++)
		assert_true(str_index(a.reply.attrs.v[i].value, '\n') < 0 &&
		    str_find(a.reply.attrs.v[i].value,
		    STR("\xe2\x80\xae")) < 0);
	harness_answer_free(&a);
	harness_free(h);
}

/* None of them is anybody, and none is an error. */
static void
names_of_every_evil_kind(void **state)
{
	static const struct csn_str names[] = {
		STR_INIT("*"), STR_INIT("al*ce"), STR_INIT("alice)(uid=*"),
		STR_INIT("x)(|(uid=alice)"), STR_INIT("\\2a"),
		STR_INIT("\\"), STR_INIT("("), STR_INIT(")"), STR_INIT("&"),
		STR_INIT("alice,ou=people,dc=example,dc=com"),
		STR_INIT("uid=alice," PEOPLE), STR_INIT("alice+cn=x"),
		STR_INIT("#616c696365"), STR_INIT("alice;x"),
		STR_INIT("\"alice\""), STR_INIT("<alice>"),
		STR_INIT("alice\n"), STR_INIT("al\tice"), STR_INIT("\x7f"),
		STR_INIT("\xc2\x85" "alice"), STR_INIT("alice\xe2\x80\xae"),
		STR_INIT("\xe2\x80\x8b" "alice"), STR_INIT("adm\xc4\xb1n"),
		STR_INIT("\xd0\xb0lice"), STR_INIT("   "), STR_INIT(""),
	};
	struct harness *h = ldap_open_with(&peer, NULL);
	struct harness *bare = ldap_load(&peer, "ldaps", peer.tls_port,
	    "dn_template", "uid={}," PEOPLE, "base", BASE, NULL);
	static char big[65536];
	struct harness_answer a;

	(void)state;
	memset(big, 'a', sizeof(big));
	harness_must_open(bare);
	for (size_t i = 0; i <= COUNT(names); i++)
		for (int k = 0; k < 2; k++) {
			ldap_login_str(k == 0 ? h : bare, i < COUNT(names) ?
			    names[i] : str_of(big, sizeof(big)),
			    STR("pw-alice"), "", &a);
			if (a.verdict != CSN_CONTINUE ||
			    a.reply.reason != CSN_R_CREDENTIAL)
				fail_msg("name %zu, %d: %s %s", i, k,
				    harness_verdict_name(a.verdict),
				    harness_reason_name(a.reply.reason));
			harness_answer_free(&a);
		}
	assert_grant(h, "alice", "pw-alice", "alice");
	assert_grant(bare, "alice", "pw-alice", "alice");
	harness_free(h);
	harness_free(bare);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(more_groups_than_the_server_gives),
		cmocka_unit_test(more_groups_than_are_taken),
		cmocka_unit_test(members_of_a_group),
		cmocka_unit_test(attributes_of_a_hundred_thousand_values),
		cmocka_unit_test(attributes_that_are_no_text),
		cmocka_unit_test(names_of_every_evil_kind),
	};

	if (!peer_group(&peer))
		return 0;
	return cmocka_run_group_tests(tests, peer_group_start, peer_group_stop);
}
