/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-ldap-names.c - what is typed stays a value: filters, DNs, passwords
 */
#include "lib/testing.h"

#include "address.h"
#include "bind.h"
#include "dn.h"
#include "filter.h"
#include "sid.h"

static struct buf out;

static int
setup(void **state)
{
	(void)state;
	buf_init(&out, FILTER_MAX);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	buf_free(&out);
	return 0;
}

static void
filter_escapes_every_value(void **state)
{
	static const struct { const char *value, *want; } rows[] = {
		{ "alice", "(uid=alice)" },
		{ "*", "(uid=\\2A)" },
		{ "a)(uid=*", "(uid=a\\29\\28uid=\\2A)" },
		{ "\\2a", "(uid=\\5C2a)" },
		{ "odd(*)\\x", "(uid=odd\\28\\2A\\29\\5Cx)" },
		{ "\xc3\xa9", "(uid=\\C3\\A9)" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		buf_clear(&out);
		filter_equal(&out, STR("uid"), str_from(rows[i].value));
		assert_str(buf_str(&out), rows[i].want);
	}
	buf_clear(&out);
	filter_equal(&out, STR("uid"), STR("a\0b"));
	assert_str(buf_str(&out), "(uid=a\\00b)");
}

static void
filter_refuses_the_empty_value(void **state)
{
	(void)state;
	filter_equal(&out, STR("uid"), STR(""));
	assert_true(buf_failed(&out));
}

static void
filter_any_attribute_and_more(void **state)
{
	struct csn_str v[] = { STR("uid"), STR("mail") };

	(void)state;
	filter_any(&out, (struct csn_strs){ v, 2 }, STR("a*"),
	    STR("(objectClass=person)"));
	assert_str(buf_str(&out),
	    "(&(|(uid=a\\2A)(mail=a\\2A))(objectClass=person))");
	buf_clear(&out);
	filter_any(&out, (struct csn_strs){ v, 1 }, STR("a"), STR(""));
	assert_str(buf_str(&out), "(|(uid=a))");
	buf_clear(&out);
	filter_any(&out, (struct csn_strs){ v, 0 }, STR("a"), STR(""));
	assert_true(buf_failed(&out));
}

static void
filter_of_a_rule(void **state)
{
	(void)state;
	filter_rule(&out, STR("member"), "1.2.3", STR("cn=A (x),dc=y"));
	assert_str(buf_str(&out), "(member:1.2.3:=cn=A \\28x\\29,dc=y)");
}

static void
filter_of_the_operator(void **state)
{
	static const char *const good[] = { "(a=b)", "(&(a=b)(!(c=*)))",
	    "(member:1.2.840.113556.1.4.1941:=cn=x)", "(a=)", "(a>=1)",
	    "(|(a~=b)(cn;lang-ja=*x*))", "(a=\\28\\2a)", "(cn:dn:=x)" };
	static const char *const bad[] = { "", "a=b", "(a=b", "(a=b))",
	    "(a=b)(c=d)x", "((a=b)", "()", " (a=b)", "(&(a=b)", "(&)",
	    "(!(a=b)(c=d))", "(a)", "(=b)",
	    "(a=b(c)", "(a=\\2)", "(a=\\zz)", "(a<b)", "(a =b)", "(a=b)\n" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++)
		assert_true(filter_valid(str_from(good[i])));
	for (i = 0; i < COUNT(bad); i++) {
		if (filter_valid(str_from(bad[i])))
			fail_msg("taken for a filter: %s", bad[i]);
	}
}

static void
filter_attribute_names(void **state)
{
	(void)state;
	assert_true(filter_attribute_valid(STR("sAMAccountName")));
	assert_true(filter_attribute_valid(STR("x-my-1")));
	assert_true(filter_attribute_valid(STR("1.3.6.1.4")));
	assert_false(filter_attribute_valid(STR("")));
	assert_false(filter_attribute_valid(STR("uid;binary")));
	assert_false(filter_attribute_valid(STR("uid)(a=b")));
	assert_false(filter_attribute_valid(STR("1..2")));
	assert_false(filter_attribute_valid(STR("uid ")));
}

#define TEMPLATE STR("uid={},ou=people,dc=example,dc=com")

static void
dn_keeps_a_name_in_its_value(void **state)
{
	static const struct { const char *name, *want; } rows[] = {
		{ "alice", "uid=alice,ou=people,dc=example,dc=com" },
		{ "a,ou=x", "uid=a\\2Cou\\3Dx,ou=people,dc=example,dc=com" },
		{ "a+cn=b", "uid=a\\2Bcn\\3Db,ou=people,dc=example,dc=com" },
		{ "{}", "uid={},ou=people,dc=example,dc=com" },
		{ "#04", "uid=\\2304,ou=people,dc=example,dc=com" },
		{ " a ", "uid=\\20a\\20,ou=people,dc=example,dc=com" },
		{ "a\\", "uid=a\\5C,ou=people,dc=example,dc=com" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		buf_clear(&out);
		assert_int_equal(dn_expand(&out, TEMPLATE,
		    str_from(rows[i].name)), 0);
		assert_str(buf_str(&out), rows[i].want);
	}
}

static void
dn_refuses_no_name_and_nul(void **state)
{
	(void)state;
	assert_int_equal(dn_expand(&out, TEMPLATE, STR("")), -1);
	assert_int_equal(dn_expand(&out, TEMPLATE, STR("a\0b")), -1);
	assert_int_equal(out.n, 0);
}

static void
dn_templates(void **state)
{
	(void)state;
	assert_true(dn_template_valid(TEMPLATE));
	assert_true(dn_template_valid(STR("cn=x {} y+sn=z,dc=com")));
	assert_false(dn_template_valid(STR("uid=x,dc=com")));
	assert_false(dn_template_valid(STR("uid={},cn={},dc=com")));
	assert_false(dn_template_valid(STR("uid={}{},dc=com")));
	assert_false(dn_template_valid(STR("{}=x,dc=com")));
	assert_false(dn_template_valid(STR("{}@example.com")));
	assert_false(dn_template_valid(STR("")));
	assert_false(dn_valid(STR("not a name")));
	assert_false(dn_valid(STR("")));
	assert_true(dn_valid(STR("dc=com")));
}

static void
dn_of_a_domain(void **state)
{
	(void)state;
	assert_int_equal(dn_from_domain(&out, STR("corp.example.com")), 0);
	assert_str(buf_str(&out), "DC=corp,DC=example,DC=com");
	buf_clear(&out);
	assert_int_equal(dn_from_domain(&out, STR("a..b")), -1);
}

static void
dn_of_the_domain_part(void **state)
{
	(void)state;
	assert_int_equal(dn_domain_part(&out, STR("CN=a\\,b,OU=x,DC=ad,"
	    "dc=example,DC=com")), 0);
	assert_true(str_equal_fold(buf_str(&out),
	    STR("dc=ad,dc=example,dc=com")));
	buf_clear(&out);
	assert_int_equal(dn_domain_part(&out, STR("dc=com")), 0);
	buf_clear(&out);
	/* what stands between people and the root is not the domain */
	assert_int_equal(dn_domain_part(&out, STR("dc=x,ou=y,dc=com")), 0);
	assert_true(str_equal_fold(buf_str(&out), STR("dc=com")));
	buf_clear(&out);
	assert_int_equal(dn_domain_part(&out, STR("ou=x,o=example")), -1);
	assert_int_equal(dn_domain_part(&out, STR("dc=a+cn=b")), -1);
	assert_int_equal(dn_domain_part(&out, STR("")), -1);
}

/* [MS-DTYP] 2.4.2.2; S-1-5-32-545 is everybody's. */
static void
sid_as_text(void **state)
{
	static const char users[] = "\1\2\0\0\0\0\0\5\x20\0\0\0\x21\2\0";

	(void)state;
	assert_int_equal(sid_put(&out, str_of(users, 16), -1), 0);
	assert_str(buf_str(&out), "S-1-5-32-545");
	buf_clear(&out);
	assert_int_equal(sid_put(&out, str_of(users, 16), 513), 0);
	assert_str(buf_str(&out), "S-1-5-32-513");
	buf_clear(&out);
	for (size_t n = 0; n < 16; n++)
		assert_int_equal(sid_put(&out, str_of(users, n), -1), -1);
	assert_int_equal(sid_put(&out, STR("\1\0\0\0\0\0\0\5"), -1), -1);
	assert_int_equal(sid_put(&out, STR("\2\1\0\0\0\0\0\5\1\0\0\0"),
	    -1), -1);
}

static void
dn_leaf_names_the_entry(void **state)
{
	(void)state;
	assert_int_equal(dn_leaf(&out, STR("UID=dup\\2C1+cn=x,dc=com"),
	    STR("uid")), 0);
	assert_str(buf_str(&out), "dup,1");
	assert_int_equal(dn_leaf(&out, STR("cn=x,uid=y"), STR("uid")), -1);
}

static void
address_of_a_server(void **state)
{
	const char *why = NULL;
	struct address a;

	(void)state;
	assert_int_equal(address_parse(STR("ldaps://a.example"), &a, &why),
	    0);
	assert_string_equal(a.name, "a.example:636");
	assert_string_equal(a.host, "a.example");
	assert_true(a.ldaps);
	assert_int_equal(address_parse(STR("ldap://[::1]:3389/"), &a, &why),
	    0);
	assert_string_equal(a.name, "[::1]:3389");
	assert_string_equal(a.host, "::1");
	assert_false(a.ldaps);
	assert_int_equal(address_parse(STR("ldap://a"), &a, &why), 0);
	assert_string_equal(a.name, "a:389");
	assert_false(a.local);
	assert_int_equal(address_parse(STR("ldapi://%2Frun%2Fslapd%2fldapi"),
	    &a, &why), 0);
	assert_string_equal(a.name, "/run/slapd/ldapi");
	assert_true(a.local && !a.ldaps);
}

static void
address_refused(void **state)
{
	static const char *const bad[] = { "", "a.example", "ldap://",
	    "ldaps://a:0", "ldaps://a:65536", "ldaps://a:",
	    "ldaps://a/dc=x", "ldaps://a?x", "ldaps://u@a",
	    "LDAPS://a", "https://a", "ldaps://a b", "ldaps://a,b",
	    "ldapi://", "ldapi:///run/ldapi", "ldapi://run%2Fldapi",
	    "ldapi://%2F", "ldapi://%2Frun%2Fldapi%00", "ldapi://%2Fa%0ab",
	    "ldapi://%2", "ldapi://%2F0123456789012345678901234567890123456"
	    "789012345678901234567890123456789012345678901234567890123456789"
	    "01234567" };
	const char *why;
	struct address a;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		why = NULL;
		if (address_parse(str_from(bad[i]), &a, &why) == 0)
			fail_msg("taken for an address: %s", bad[i]);
		assert_non_null(why);
	}
}

static void
address_by_srv_stays_in_the_domain(void **state)
{
	struct address a;

	(void)state;
	assert_int_equal(address_from_srv(STR("dc1.Corp.example.com:389"),
	    STR("corp.example.com"), &a), 0);
	assert_string_equal(a.name, "dc1.Corp.example.com:636");
	assert_true(a.ldaps);
	assert_int_equal(address_from_srv(STR("corp.example.com.:389"),
	    STR("corp.example.com"), &a), 0);
	assert_string_equal(a.name, "corp.example.com:636");
	assert_int_equal(address_from_srv(STR("evilcorp.example.com:389"),
	    STR("corp.example.com"), &a), -1);
	assert_int_equal(address_from_srv(STR("dc1.evil.example:389"),
	    STR("corp.example.com"), &a), -1);
	assert_int_equal(address_from_srv(STR(""), STR("corp.example.com"),
	    &a), -1);
}

static void
password_that_may_be_sent(void **state)
{
	char big[1025];

	(void)state;
	memset(big, 'a', sizeof(big));
	assert_true(password_acceptable(STR("x")));
	assert_true(password_acceptable(STR("p\xc3\xa4ss w\xc3\xb6rd")));
	assert_true(password_acceptable(str_of(big, 1024)));
	assert_false(password_acceptable(str_of(big, 1025)));
	assert_false(password_acceptable(STR("")));
	assert_false(password_acceptable(str_of(NULL, 0)));
	assert_false(password_acceptable(STR("a\0b")));
	assert_false(password_acceptable(STR("a\n")));
	assert_false(password_acceptable(STR("\x7f")));
}

static void
subcodes_are_read_strictly(void **state)
{
	(void)state;
	assert_int_equal(bind_subcode("80090308: LdapErr: DSID-0C0903A9, "
	    "comment: AcceptSecurityContext error, data 533, v1db1"), 0x533);
	assert_int_equal(bind_subcode("x, data 52e, v1"), 0x52e);
	assert_int_equal(bind_subcode("x, data 533"), 0);
	assert_int_equal(bind_subcode("x, data 53g, v1"), 0);
	assert_int_equal(bind_subcode("x, data , v1"), 0);
	assert_int_equal(bind_subcode("x, data 00533, v1"), 0);
	assert_int_equal(bind_subcode("data 533, v1"), 0);
	assert_int_equal(bind_subcode(""), 0);
	assert_int_equal(bind_subcode(NULL), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(filter_escapes_every_value),
		TEST(filter_refuses_the_empty_value),
		TEST(filter_any_attribute_and_more),
		TEST(filter_of_a_rule),
		TEST(filter_of_the_operator),
		TEST(filter_attribute_names),
		TEST(dn_keeps_a_name_in_its_value),
		TEST(dn_refuses_no_name_and_nul),
		TEST(dn_templates),
		TEST(dn_of_a_domain),
		TEST(dn_of_the_domain_part),
		TEST(sid_as_text),
		TEST(dn_leaf_names_the_entry),
		TEST(address_of_a_server),
		TEST(address_refused),
		TEST(address_by_srv_stays_in_the_domain),
		TEST(password_that_may_be_sent),
		TEST(subcodes_are_read_strictly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
