/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-ldap-ad.c - logins and look-ups against a real Active Directory
 */
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "lib/testing.h"

#include "tests/peers/samba_peer.h"

/* What a busy machine may take besides. */
#ifdef CSN_SANITIZED
#define SLACK_MS 7000
#else
#define SLACK_MS 1500
#endif

#define UNCHANGED " Your old password is unchanged."

static struct peer peer;

static const char *
password_of(const char *name)
{
	static char text[64];

	(void)snprintf(text, sizeof(text), "Pw.%s.12345", name);
	return text;
}

static bool
has_group(const struct csn_reply *r, const char *name)
{
	for (size_t i = 0; i < r->groups.n; i++)
		if (str_equal_fold(r->groups.v[i], str_from(name)))
			return true;
	return false;
}

static void
groups_are(struct harness *h, const char *person,
    const char *const *wanted, size_t n)
{
	struct harness_answer a;

	ldap_login(h, person, password_of(person), &a);
	assert_int_equal(a.verdict, CSN_GRANT);
	assert_int_equal(a.reply.flags, CSN_RP_GROUPS);
	for (size_t i = 0; i < n; i++)
		if (!has_group(&a.reply, wanted[i]))
			fail_msg("%s is not told to be in %s", person,
			    wanted[i]);
	assert_int_equal(a.reply.groups.n, n);
	harness_answer_free(&a);
}

static void
five_lines_are_enough(void **state)
{
	static const char *const groups[] = { "CN=g-leaf," AD_PEOPLE,
		"CN=Domain Users," AD_PEOPLE };
	struct harness *h = samba_open_with(&peer, NULL);
	struct harness_answer a;

	(void)state;
	ldap_login(h, "alice", "Pw.alice.12345", &a);
	assert_int_equal(a.verdict, CSN_GRANT);
	assert_str(a.reply.subject, "alice");
	assert_int_equal(a.reply.subject_id.n, 36);
	assert_str(pairs_get(a.reply.attrs, STR("name")), "Alice Liddell");
	assert_str(pairs_get(a.reply.attrs, STR("mail")),
	    "alice@example.com");
	harness_answer_free(&a);
	/* the primary group is not in memberOf */
	groups_are(h, "alice", groups, COUNT(groups));
	harness_free(h);
}

static void
one_person_under_all_her_names(void **state)
{
	static const char *const names[] = { "alice", "ALICE", " alice",
		"alice@ad.example.com", "Alice@AD.Example.Com", "AD\\alice",
		"ad\\Alice" };
	static const char *const others[] = { "OTHER\\alice", "AD\\", "\\alice",
		"AD\\x\\alice", "AD\\alice@ad.example.com",
		"alice@example.com", "alice@other.example.com", "AD\\*",
		"AD*\\alice", "*@ad.example.com", "\\\\alice" };
	struct harness *h = samba_open_with(&peer, NULL);

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		assert_grant(h, names[i], "Pw.alice.12345", "alice");
		assert_string_equal(harness_throttle_subject(h), "alice");
	}
	for (size_t i = 0; i < COUNT(others); i++)
		assert_wrong(h, others[i], "Pw.alice.12345");
	harness_free(h);
}

#define PRINCIPAL "svc@AD.EXAMPLE.COM"

/* SASL GSSAPI inside TLS: no password of ours is in the configuration. */
static void
service_account_by_ticket(void **state)
{
	struct harness *h = samba_open_by_ticket(&peer, "domain",
	    "ad.example.com", "principal", PRINCIPAL, NULL);
	struct harness_answer a;

	(void)state;
	/* neither file nor environment has a say */
	setenv("KRB5_CONFIG", "/nonexistent", 1);
	setenv("KRB5CCNAME", "FILE:/nonexistent", 1);
	assert_grant(h, "alice", "Pw.alice.12345", "alice");
	assert_wrong(h, "alice", "not-it");
	ldap_lookup(h, "bob", &a);
	assert_int_equal(a.verdict, CSN_DONE);
	harness_answer_free(&a);
	assert_int_equal(harness_selftest(h, 1), CSN_OK);
	harness_free(h);
	unsetenv("KRB5_CONFIG");
	unsetenv("KRB5CCNAME");
	/* the KDC as written; the first one is away */
	h = samba_open_by_ticket(&peer, "url", "ldaps://dc1.ad.example.com",
	    "base", AD_BASE, "principal", PRINCIPAL, "kdc", "127.0.0.1:1",
	    "kdc", "dc1.ad.example.com:88", NULL);
	assert_grant(h, "alice", "Pw.alice.12345", "alice");
	harness_free(h);
}

static void
tickets_that_are_refused(void **state)
{
	static const struct { const char *principal, *to, *says; } rows[] = {
		{ "alice@AD.EXAMPLE.COM", "127.0.0.2:88",
		    "check principal, keytab" },
		{ "nobody@AD.EXAMPLE.COM", "127.0.0.2:88",
		    "check principal, keytab" },
		{ "svc@OTHER.EXAMPLE.COM", "127.0.0.2:88",
		    "check principal, keytab" },
		{ PRINCIPAL, "127.0.0.1:1", "no KDC answered" },
		{ PRINCIPAL, "127.0.0.2:389", "no KDC answered" },
		{ PRINCIPAL, "mute", "no KDC answered" },
	};
	struct harness *h;
	char mute[32];
	struct stub s;
	int64_t from;

	(void)state;
	stub_start(&s, &peer, "mute");
	(void)snprintf(mute, sizeof(mute), "127.0.0.1:%u", s.port);
	for (size_t i = 0; i < COUNT(rows); i++) {
		h = samba_open_by_ticket(&peer, "url",
		    "ldaps://dc1.ad.example.com", "base", AD_BASE,
		    "principal", rows[i].principal, "kdc", "kdc.example:88",
		    NULL);
		harness_left(h, 1500);
		harness_dial(h, "kdc.example:88", strcmp(rows[i].to, "mute") ==
		    0 ? mute : rows[i].to);
		from = clock_awake_ms();
		assert_backend(h, "alice", "Pw.alice.12345");
		assert_true(clock_awake_ms() - from < 1500 + SLACK_MS);
		if (!harness_logged(h, rows[i].says))
			fail_msg("%s: %s", rows[i].principal, harness_log(h));
		harness_free(h);
	}
	stub_stop(&s);
	/* nor is a password, or half a keytab, taken for a keytab */
	h = ldap_load(&peer, NULL, 0, "flavour", "ad", "url",
	    "ldaps://dc1.ad.example.com", "base", AD_BASE, "principal",
	    PRINCIPAL, "kdc", "dc1.ad.example.com:88", "keytab",
	    "Pw.svc.12345", NULL);
	harness_dial(h, "dc1.ad.example.com:636", "127.0.0.2:636");
	harness_must_open(h);
	assert_backend(h, "alice", "Pw.alice.12345");
	assert_true(harness_logged(h, "not a keytab in base64"));
	assert_false(harness_logged(h, "Pw.svc"));
	harness_free(h);
}

/* Told after the right password only. */
static void
states_of_accounts(void **state)
{
	struct harness *h = samba_open_with(&peer, NULL);

	(void)state;
	assert_account(h, "disabled", "Pw.disabled.12345", "disabled");
	assert_account(h, "acctexp", "Pw.acctexp.12345", "expired");
	assert_account(h, "hours", "Pw.hours.12345", "disabled");
	assert_denied(h, "mustchange", "Pw.mustchange.12345", FIRST_TEXT);
	assert_denied(h, "oldpw", "Pw.oldpw.12345", TOO_OLD_TEXT);
	assert_wrong(h, "disabled", "not-it");
	assert_wrong(h, "acctexp", "not-it");
	assert_wrong(h, "hours", "not-it");
	assert_wrong(h, "mustchange", "not-it");
	assert_wrong(h, "oldpw", "not-it");
	assert_wrong(h, "nobody", "not-it");
	/* a lock comes with a wrong password too: it tells nothing */
	for (int i = 0; i < 4; i++)
		assert_wrong(h, "locked", "not-it");
	assert_wrong(h, "locked", "Pw.locked.12345");
	harness_free(h);
}

static void
groups_within_groups(void **state)
{
	static const char *const all[] = { "CN=g-leaf," AD_PEOPLE,
		"CN=g-mid," AD_PEOPLE, "CN=g-top," AD_PEOPLE,
		"CN=Domain Users," AD_PEOPLE,
		("CN=Users,CN=Builtin," AD_BASE) };
	static const char *const primary[] = { "CN=g-primary," AD_PEOPLE,
		"CN=Domain Users," AD_PEOPLE };
	struct harness *h = samba_open_with(&peer, "nested_groups", "true",
	    NULL);

	(void)state;
	/* twice: the second time SIDs are known by name */
	groups_are(h, "alice", all, COUNT(all));
	groups_are(h, "alice", all, COUNT(all));
	harness_free(h);
	/* people are searched elsewhere than groups are */
	h = samba_open_with(&peer, "nested_groups", "true", "base",
	    "CN=alice," AD_PEOPLE, "group_cache", "0s", NULL);
	groups_are(h, "alice", all, COUNT(all));
	harness_free(h);
	/* the matching rule, where it is asked for, and its loop */
	h = samba_open_with(&peer, "nested_groups", "true", "group_mode",
	    "memberof", NULL);
	groups_are(h, "alice", all, COUNT(all) - 1);
	harness_free(h);
	h = samba_open_with(&peer, "nested_groups", "true", "group_mode",
	    "member", "group_filter", "(cn=g-*)", NULL);
	groups_are(h, "alice", all, 3);
	harness_free(h);
	/* somebody whose primary group is another than usual */
	h = samba_open_with(&peer, NULL);
	groups_are(h, "carol", primary, COUNT(primary));
	harness_free(h);
}

/* Whether alice is listed, and carol, whose primary group is g-primary. */
static void
members_are(struct harness *h, const char *group, bool alice, bool carol)
{
	struct csn_req req = harness_req(CSN_EV_OP);
	struct csn_pair param = { STR("group"), str_from(group) };
	bool found[2] = { false, false };
	struct harness_answer a;

	req.op = harness_op(h, "members");
	req.params = (struct csn_pairs){ &param, 1 };
	harness_left(h, 60000);
	harness_manage(h, &req, &a);
	assert_int_equal(a.verdict, CSN_DONE);
	for (size_t i = 0; i < a.reply.nitems; i++) {
		found[0] |= str_is(a.reply.items[i].id, "alice");
		found[1] |= str_is(a.reply.items[i].id, "carol");
	}
	if (found[0] != alice || found[1] != carol)
		fail_msg("%s: %d %d", group, found[0], found[1]);
	harness_answer_free(&a);
}

static void
members_of_groups(void **state)
{
	struct harness *h = samba_open_with(&peer, "nested_groups", "true",
	    NULL);

	(void)state;
	members_are(h, "CN=g-top," AD_PEOPLE, true, false);
	members_are(h, "CN=g-primary," AD_PEOPLE, false, true);
	members_are(h, "CN=Domain Users," AD_PEOPLE, true, true);
	harness_free(h);
	h = samba_open_with(&peer, "nested_groups", "false", "group_mode",
	    "memberof", NULL);
	members_are(h, "CN=g-leaf," AD_PEOPLE, true, false);
	members_are(h, "CN=g-top," AD_PEOPLE, false, false);
	harness_free(h);
}

static void
look_ups(void **state)
{
	struct harness *h = samba_open_with(&peer, "nested_groups", "true",
	    "id", "objectSid", NULL);
	struct harness_answer a;

	(void)state;
	ldap_lookup(h, "alice", &a);
	assert_int_equal(a.verdict, CSN_DONE);
	assert_str(a.reply.subject, "alice");
	assert_true(str_starts(a.reply.subject_id, STR("S-1-5-21-")));
	assert_true(has_group(&a.reply, "CN=g-top," AD_PEOPLE));
	harness_answer_free(&a);
	ldap_lookup(h, "bob", &a);
	assert_str(pairs_get(a.reply.attrs, STR("name")), "山田 太郎");
	harness_answer_free(&a);
	ldap_lookup(h, "disabled", &a);
	assert_int_equal(a.verdict, CSN_DENY);
	assert_int_equal(a.reply.reason, CSN_R_ACCOUNT);
	harness_answer_free(&a);
	ldap_lookup(h, "acctexp", &a);
	assert_int_equal(a.verdict, CSN_DENY);
	harness_answer_free(&a);
	harness_free(h);
}

/* ------------------------------------------------------------------ */

static struct harness *
changing(void)
{
	struct harness *h = samba_open_with(&peer, "password_change", "true",
	    NULL);

	harness_time(h, (int64_t)time(NULL) * 1000);
	return h;
}

static uint32_t
answer(struct harness *h, const struct harness_answer *a, const char *old,
    const char *wanted, struct harness_answer *ret)
{
	char form[256];

	(void)snprintf(form, sizeof(form), "password=%s&new-password=%s"
	    "&new-password-again=%s", old, wanted, wanted);
	ldap_change(h, a->reply.state, form, ret);
	return ret->verdict;
}

static void
refused(struct harness *h, const struct harness_answer *a, const char *old,
    const char *wanted, const char *why)
{
	struct harness_answer b;

	assert_int_equal(answer(h, a, old, wanted, &b), CSN_CONTINUE);
	assert_str(b.reply.message, "The new password was not accepted: "
	    "{reason}." UNCHANGED);
	assert_str(pairs_get(b.reply.message_args, STR("reason")), why);
	harness_answer_free(&b);
}

static void
change(struct harness *h, const char *name, const char *message)
{
	const char *old = password_of(name);
	struct harness_answer a, b;

	ldap_login(h, name, old, &a);
	assert_int_equal(a.verdict, CSN_CONTINUE);
	assert_str(a.reply.message, message);
	assert_str(harness_prompt(&a, "rule-length")->value, "7");
	assert_str(harness_prompt(&a, "rule-history")->value, "24");
	assert_str(harness_prompt(&a, "rule-kinds")->value, "3");
	refused(h, &a, old, "Ab1.x", "it is too short");
	refused(h, &a, old, "onlysmallletters",
	    "it does not meet the directory's rules");
	refused(h, &a, old, old, "it was used before");
	assert_int_equal(answer(h, &a, "not-it", "Fresh.98765", &b),
	    CSN_CONTINUE);
	assert_int_equal(b.reply.reason, CSN_R_CREDENTIAL);
	harness_answer_free(&b);
	/* beyond ASCII, and beyond the first plane */
	if (answer(h, &a, old, "Fresh.98765-%E5%B1%B1%F0%9F%98%80", &b) !=
	    CSN_GRANT)
		print_error("%s", harness_log(h));
	assert_int_equal(b.verdict, CSN_GRANT);
	assert_str(b.reply.subject, name);
	harness_answer_free(&b);
	assert_grant(h, name, "Fresh.98765-\xe5\xb1\xb1\xf0\x9f\x98\x80",
	    name);
	assert_wrong(h, name, old);
	harness_answer_free(&a);
}

static void
passwords_are_changed(void **state)
{
	struct harness *h = changing();

	(void)state;
	change(h, "chg-must", "Before you go on, replace your first password "
	    "with one of your own.");
	change(h, "chg-old", "Your password has expired. Choose a new one to "
	    "go on.");
	/* a page for a new password is no way around the others */
	assert_account(h, "disabled", "Pw.disabled.12345", "disabled");
	assert_grant(h, "alice", "Pw.alice.12345", "alice");
	harness_free(h);
}

static void
soon_is_spoken_of(void **state)
{
	struct harness *h = changing();
	struct harness_answer a, b;

	(void)state;
	assert_grant(h, "chg-soon", "Pw.chg-soon.12345", "chg-soon");
	harness_free(h);
	h = samba_open_with(&peer, "password_change", "true",
	    "password_remind", "60d", NULL);
	harness_time(h, (int64_t)time(NULL) * 1000);
	ldap_login(h, "chg-soon", "Pw.chg-soon.12345", &a);
	assert_int_equal(a.verdict, CSN_CONTINUE);
	assert_str(pairs_get(a.reply.message_args, STR("n")), "42");
	ldap_change(h, a.reply.state, "later=1", &b);
	assert_int_equal(b.verdict, CSN_GRANT);
	assert_str(b.reply.subject, "chg-soon");
	harness_answer_free(&b);
	assert_int_equal(answer(h, &a, "Pw.chg-soon.12345", "Fresh.98765", &b),
	    CSN_GRANT);
	harness_answer_free(&b);
	harness_answer_free(&a);
	/* its service account's password never expires: no end is no reason */
	assert_grant(h, "svc", "Pw.svc.12345", "svc");
	harness_free(h);
}

/* Samba takes no password in clear, and says so to the operator only. */
static void
encryption_is_asked_for(void **state)
{
	struct harness *h = ldap_load(&peer, NULL, 0, "flavour", "ad", "url",
	    "ldap://127.0.0.2", "clear_text", "accepted", "base", AD_BASE,
	    "bind_dn", "svc@ad.example.com", "bind_password",
	    "Pw.svc.12345", NULL);

	(void)state;
	harness_must_open(h);
	assert_backend(h, "alice", "Pw.alice.12345");
	harness_free(h);
	h = ldap_load(&peer, NULL, 0, "flavour", "ad", "url",
	    "ldap://127.0.0.2", "base", AD_BASE, "bind_dn",
	    "svc@ad.example.com", "bind_password", "Pw.svc.12345", NULL);
	harness_must_open(h);
	assert_grant(h, "alice", "Pw.alice.12345", "alice");
	harness_free(h);
}

static int
start(void **state)
{
	(void)state;
	samba_start(&peer);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	samba_stop(&peer);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(five_lines_are_enough),
		cmocka_unit_test(one_person_under_all_her_names),
		cmocka_unit_test(service_account_by_ticket),
		cmocka_unit_test(tickets_that_are_refused),
		cmocka_unit_test(states_of_accounts),
		cmocka_unit_test(groups_within_groups),
		cmocka_unit_test(members_of_groups),
		cmocka_unit_test(look_ups),
		cmocka_unit_test(passwords_are_changed),
		cmocka_unit_test(soon_is_spoken_of),
		cmocka_unit_test(encryption_is_asked_for),
	};

	if (samba_missing() != NULL) {
		printf("1..0 # SKIP %s\n", samba_missing());
		return 0;
	}
	signal(SIGPIPE, SIG_IGN);	/* as the host does */
	return cmocka_run_group_tests(tests, start, stop);
}
