/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-ldap-options.c - what a configuration may say, without any server
 */
#include <stdio.h>

#include "lib/testing.h"

#include "tests/harness/plugin_harness.h"

extern const struct csn_plugin countersign_plugin_1;

static struct harness *h;

static int
setup(void **state)
{
	(void)state;
	h = harness_new(&countersign_plugin_1);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	harness_free(h);
	return 0;
}

static void
refused_with(const char *part)
{
	int32_t rc = harness_open(h);

	if (rc == CSN_OK || !harness_logged(h, "report FAIL") ||
	    !harness_logged(h, part))
		fail_msg("open gives %d, want a report with \"%s\": %s",
		    (int)rc, part, harness_log(h));
	harness_options_clear(h);
	harness_log_clear(h);
}

/* A configuration that opens, to which a test adds what does not. */
static void
good(void)
{
	harness_option(h, "url", "ldaps://ldap.example.com");
	harness_option(h, "base", "dc=example,dc=com");
}

static void
smallest_active_directory(void **state)
{
	(void)state;
	harness_option(h, "flavour", "ad");
	harness_option(h, "domain", "corp.example.com");
	harness_option(h, "bind_dn", "csn@corp.example.com");
	harness_option(h, "bind_password", "secret");
	harness_must_open(h);
	assert_true(harness_logged(h,
	    "setting base=DC=corp,DC=example,DC=com (domain)"));
	assert_true(harness_logged(h,
	    "setting subject=sAMAccountName (flavour ad)"));
	assert_true(harness_logged(h,
	    "setting login=userPrincipalName (flavour ad)"));
	assert_true(harness_logged(h, "setting id=objectGUID (flavour ad)"));
	assert_true(harness_logged(h,
	    "setting group_mode=memberof (flavour ad)"));
	assert_false(harness_logged(h, "report"));
}

static void
smallest_others(void **state)
{
	(void)state;
	good();
	harness_must_open(h);
	assert_true(harness_logged(h, "setting subject=uid"));
	assert_true(harness_logged(h, "setting id=entryUUID"));
	assert_true(harness_logged(h, "setting group_mode=member"));
	harness_options_clear(h);
	harness_option(h, "url", "ldap://a.example");
	harness_option(h, "dn_template", "uid={},dc=example,dc=com");
	harness_option(h, "group_mode", "none");
	harness_must_open(h);
}

/* Each flavour opens with nothing but its servers, and says what it came to. */
static void
each_flavour_by_itself(void **state)
{
	static const struct { const char *flavour, *says[5]; } rows[] = {
		{ "openldap", { "setting base=DC=corp,DC=example (domain)",
		    "setting id=entryUUID (flavour openldap)",
		    "setting user_filter=(objectClass=person) (flavour "
		    "openldap)", "setting group_mode=member", NULL } },
		{ "389ds", { "setting id=nsUniqueId (flavour 389ds)",
		    "setting login=uid (flavour 389ds)", NULL } },
		{ "freeipa", { "setting base=cn=users,cn=accounts,DC=corp,"
		    "DC=example (domain)", "setting group_base=cn=groups,"
		    "cn=accounts,DC=corp,DC=example (domain)",
		    "setting id=ipaUniqueID (flavour freeipa)",
		    "setting login=krbPrincipalName",
		    "setting group_mode=memberof (flavour freeipa)" } },
		{ "generic", { "setting id=entryUUID (flavour generic)",
		    "setting base=DC=corp,DC=example (domain)", NULL } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		harness_options_clear(h);
		harness_log_clear(h);
		harness_option(h, "flavour", rows[i].flavour);
		harness_option(h, "domain", "corp.example");
		harness_must_open(h);
		for (size_t k = 0; k < 5 && rows[i].says[k] != NULL; k++)
			if (!harness_logged(h, rows[i].says[k]))
				fail_msg("%s: not: %s\n%s", rows[i].flavour,
				    rows[i].says[k], harness_log(h));
	}
	/* what is written stands, whatever the flavour */
	harness_option(h, "id", "uidNumber");
	harness_option(h, "group_mode", "none");
	harness_must_open(h);
	harness_log_clear(h);
	harness_must_open(h);
	assert_false(harness_logged(h, "setting id="));
	assert_false(harness_logged(h, "setting group_mode="));
}

static void
as_at_a_large_company(void **state)
{
	(void)state;
	harness_option(h, "flavour", "ad");
	harness_option(h, "domain", "corp.example.co.jp");
	harness_option(h, "base", "DC=corp,DC=example,DC=co,DC=jp");
	harness_option(h, "bind_dn",
	    "CN=svc,OU=Service,DC=corp,DC=example,DC=co,DC=jp");
	harness_option(h, "bind_password", "secret");
	harness_option(h, "login", "sAMAccountName");
	harness_option(h, "login", "userPrincipalName");
	harness_option(h, "login", "mail");
	harness_option(h, "subject", "sAMAccountName");
	harness_option(h, "id", "objectGUID");
	harness_option(h, "nested_groups", "true");
	harness_option(h, "password_change", "true");
	harness_must_open(h);
	assert_false(harness_logged(h, "FAIL"));
}

/* Without a service account nobody could be helped who needs it. */
static void
password_change_needs_an_account(void **state)
{
	(void)state;
	good();
	harness_option(h, "password_change", "true");
	assert_int_not_equal(harness_open(h), CSN_OK);
	assert_true(harness_logged(h,
	    "FAIL password_change: needs a service account"));
}

static void
words_of_the_host_are_not_ours(void **state)
{
	static const char *const words[] = { "plugin", "realm", "label",
	    "offered", "alarm", "groups", "people", "recover_by" };
	const struct csn_plugin *p = &countersign_plugin_1;
	size_t i, k;

	(void)state;
	for (i = 0; i < p->nopts; i++) {
		assert_non_null(p->opts[i].name);
		assert_non_null(p->opts[i].help);
		for (k = 0; k < COUNT(words); k++)
			assert_string_not_equal(p->opts[i].name, words[k]);
	}
}

static void
servers_refused(void **state)
{
	(void)state;
	harness_option(h, "base", "dc=example,dc=com");
	refused_with("no server");
	good();
	harness_option(h, "domain", "example.com");
	refused_with("exclude each other");
	good();
	harness_option(h, "url", "ldapi://run%2Fslapd%2Fldapi");
	refused_with("want ldapi://%2Fpath%2Fof%2Fsocket");
	good();
	harness_option(h, "url", "ldaps://a/dc=example");
	refused_with("want a host and nothing behind it");
	harness_option(h, "domain", "not a domain");
	refused_with("is not a DNS domain");
}

static void
names_refused(void **state)
{
	static const char *const rows[][3] = {
		{ "base", "nonsense", "is not a distinguished name" },
		{ "group_base", "x", "is not a distinguished name" },
		{ "bind_dn", "csn@example.com", "distinguished name" },
		{ "decoy_dn", "x", "is not a distinguished name" },
		{ "dn_template", "uid=x,dc=com", "holds {} once" },
		{ "dn_template", "{}@example.com", "holds {} once" },
		{ "login", "uid)(a=b", "is not the name of an attribute" },
		{ "subject", "u id", "is not the name of an attribute" },
		{ "id", "a;b", "is not the name of an attribute" },
		{ "attributes", "*", "is not the name of an attribute" },
		{ "user_filter", "objectClass=x", "is not a search filter" },
		{ "group_filter", "(a=b", "is not a search filter" },
		{ "ca", "no certificate", "holds no PEM certificate" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		harness_option(h, "url", "ldaps://a.example");
		if (i > 0)
			harness_option(h, "base", "dc=com");
		harness_option(h, rows[i][0], rows[i][1]);
		refused_with(rows[i][2]);
	}
}

static void
what_does_not_go_together(void **state)
{
	(void)state;
	harness_option(h, "url", "ldaps://a.example");
	refused_with("no base");
	good();
	harness_option(h, "bind_dn", "cn=x,dc=com");
	refused_with("bind_dn and bind_password go together");
	good();
	harness_option(h, "bind_password", "x");
	refused_with("bind_dn and bind_password go together");
	good();
	harness_option(h, "client_key", "x");
	refused_with("client_certificate and client_key go together");
	good();
	harness_option(h, "group_mode", "memberof");
	harness_option(h, "group_name", "cn");
	refused_with("does not go with group_mode: memberof");
	good();
	harness_option(h, "group_mode", "memberuid");
	harness_option(h, "nested_groups", "true");
	refused_with("does not go with group_mode: memberuid");
	harness_option(h, "url", "ldaps://a.example");
	harness_option(h, "dn_template", "uid={},dc=example,dc=com");
	refused_with("no group_base");
}

/* All faults in one pass, each at its option. */
static void
kerberos(void)
{
	good();
	harness_option(h, "principal", "svc@EXAMPLE.COM");
	harness_option(h, "keytab", "BQIA");
	harness_option(h, "kdc", "kdc.example.com:88");
}

static void
kerberos_refused(void **state)
{
	(void)state;
	good();
	harness_option(h, "principal", "svc@EXAMPLE.COM");
	refused_with("principal and keytab go together");
	good();
	harness_option(h, "keytab", "BQIA");
	refused_with("principal and keytab go together");
	good();
	harness_option(h, "principal", "svc@EXAMPLE.COM");
	harness_option(h, "keytab", "BQIA");
	refused_with("needs a KDC");
	kerberos();
	harness_must_open(h);
	harness_option(h, "bind_dn", "cn=svc,dc=example,dc=com");
	harness_option(h, "bind_password", "x");
	refused_with("exclude each other: one service account");
	good();
	harness_option(h, "principal", "AD\\svc");
	harness_option(h, "keytab", "BQIA");
	harness_option(h, "kdc", "kdc.example.com:88");
	refused_with("is not name@REALM");
	kerberos();
	harness_option(h, "clear_text", "accepted");
	refused_with("is used inside TLS only");
	kerberos();
	harness_option(h, "url", "ldapi://%2Frun%2Fldapi");
	refused_with("needs no principal");
}

static void
several_faults_at_once(void **state)
{
	(void)state;
	good();
	harness_option(h, "subject", "u id");
	harness_option(h, "user_filter", "(");
	assert_int_not_equal(harness_open(h), CSN_OK);
	assert_true(harness_logged(h, "report FAIL subject: "));
	assert_true(harness_logged(h, "report FAIL user_filter: "));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(smallest_active_directory),
		TEST(smallest_others),
		TEST(each_flavour_by_itself),
		TEST(as_at_a_large_company),
		TEST(password_change_needs_an_account),
		TEST(words_of_the_host_are_not_ours),
		TEST(servers_refused),
		TEST(names_refused),
		TEST(what_does_not_go_together),
		TEST(kerberos_refused),
		TEST(several_faults_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
