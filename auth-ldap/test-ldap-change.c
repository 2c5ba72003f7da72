/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-ldap-change.c - a new password within a login, against a real OpenLDAP
 */
#include <signal.h>
#include <stdio.h>

#include "lib/testing.h"

#include "tests/peers/ldap_peer.h"

#define POLICY "cn=rules,ou=policies," BASE
#define UNCHANGED " Your old password is unchanged."

static struct peer peer;

static struct harness *
host(void)
{
	return ldap_open_with(&peer, "password_change", "true",
	    "password_policy", POLICY, NULL);
}

/* As far as the page, which is the caller's. */
static void
page(struct harness *h, const char *name, const char *message,
    struct harness_answer *ret)
{
	char password[64];

	snprintf(password, sizeof(password), "pw-%s", name);
	ldap_login(h, name, password, ret);
	assert_int_equal(ret->verdict, CSN_CONTINUE);
	assert_int_equal(ret->reply.reason, 0);
	assert_str(ret->reply.message, message);
	assert_int_equal(harness_prompt(ret, "new-password")->kind,
	    CSN_P_NEW_PASSWORD);
	assert_str(harness_prompt(ret, "username")->value, name);
	assert_true(str_find(ret->reply.state, str_from(password)) < 0);
}

static uint32_t
answer(struct harness *h, const struct harness_answer *a, const char *form,
    struct harness_answer *ret)
{
	ldap_change(h, a->reply.state, form, ret);
	return ret->verdict;
}

/* What the directory refuses, in words; the page stays. */
static void
refused(struct harness *h, const struct harness_answer *a, const char *form,
    const char *message, const char *why)
{
	struct harness_answer b;

	assert_int_equal(answer(h, a, form, &b), CSN_CONTINUE);
	assert_str(b.reply.message, message);
	if (why != NULL)
		assert_str(pairs_get(b.reply.message_args, STR("reason")),
		    why);
	assert_int_equal(b.reply.reason, 0);
	assert_true((harness_prompt(&b, "new-password")->flags &
	    CSN_PF_WRONG) != 0);
	assert_true(str_equal(b.reply.state, a->reply.state));
	harness_answer_free(&b);
}

static void
granted(struct harness *h, const struct harness_answer *a, const char *form,
    const char *subject)
{
	struct harness_answer b;

	if (answer(h, a, form, &b) != CSN_GRANT)
		print_error("%s", harness_log(h));
	assert_int_equal(b.verdict, CSN_GRANT);
	assert_str(b.reply.subject, subject);
	assert_int_equal(b.reply.subject_id.n, 36);
	assert_true(harness_logged(h, "audit password-changed"));
	assert_false(harness_logged(h, "Fresh-and-long"));
	harness_answer_free(&b);
}

static void
must_change_before_going_on(void **state)
{
	struct harness *h = host();
	struct harness_answer a, b;

	(void)state;
	page(h, "change-must", "Before you go on, replace your first "
	    "password with one of your own.", &a);
	assert_str(harness_prompt(&a, "rule-length")->value, "10");
	assert_str(harness_prompt(&a, "rule-history")->value, "3");
	assert_null(harness_prompt(&a, "later"));
	/* going on without is no way */
	assert_int_equal(answer(h, &a, "later=1", &b), CSN_ERROR);
	harness_answer_free(&b);
	refused(h, &a, "password=pw-change-must&new-password=Fresh-and-long-1"
	    "&new-password-again=Fresh-and-long-2",
	    "The two new passwords are not the same." UNCHANGED, NULL);
	refused(h, &a, "password=pw-change-must&new-password="
	    "&new-password-again=", "The new password has characters that "
	    "cannot be used, or is too long." UNCHANGED, NULL);
	refused(h, &a, "password=pw-change-must&new-password=short"
	    "&new-password-again=short", "The new password was not accepted: "
	    "{reason}." UNCHANGED, "it is too short");
	/* the old one is asked for, and counts as a try */
	assert_int_equal(answer(h, &a, "password=not-it&new-password="
	    "Fresh-and-long-1&new-password-again=Fresh-and-long-1", &b),
	    CSN_CONTINUE);
	assert_int_equal(b.reply.reason, CSN_R_CREDENTIAL);
	assert_str(b.reply.subject, "change-must");
	harness_answer_free(&b);
	assert_string_equal(harness_throttle_subject(h), "change-must");
	granted(h, &a, "password=pw-change-must&new-password=Fresh-and-long-1"
	    "&new-password-again=Fresh-and-long-1", "change-must");
	assert_wrong(h, "change-must", "pw-change-must");
	assert_grant(h, "change-must", "Fresh-and-long-1", "change-must");
	/* the page that is still open in another tab is of the past */
	assert_int_equal(answer(h, &a, "password=pw-change-must&new-password="
	    "Fresh-and-long-3&new-password-again=Fresh-and-long-3", &b),
	    CSN_CONTINUE);
	assert_int_equal(b.reply.reason, CSN_R_CREDENTIAL);
	harness_answer_free(&b);
	harness_answer_free(&a);
	harness_free(h);
}

/* Who cannot bind any more is helped by the service account. */
static void
expired_is_changed(void **state)
{
	struct harness *h = host();
	struct harness_answer a;

	(void)state;
	assert_wrong(h, "change-old", "not-it");
	page(h, "change-old", "Your password has expired. Choose a new one to "
	    "go on.", &a);
	refused(h, &a, "password=pw-change-old&new-password=short"
	    "&new-password-again=short", "The new password was not accepted: "
	    "{reason}." UNCHANGED, "it is too short");
	granted(h, &a, "password=pw-change-old&new-password=Fresh-and-long-1"
	    "&new-password-again=Fresh-and-long-1", "change-old");
	assert_grant(h, "change-old", "Fresh-and-long-1", "change-old");
	harness_answer_free(&a);
	page(h, "change-grace", "Your password has expired. Choose a new one "
	    "to go on.", &a);
	granted(h, &a, "password=pw-change-grace&new-password=Fresh-and-long-1"
	    "&new-password-again=Fresh-and-long-1", "change-grace");
	harness_answer_free(&a);
	harness_free(h);
}

static void
soon_can_wait(void **state)
{
	struct harness *h = host();
	struct harness_answer a, b;

	(void)state;
	page(h, "change-soon", "Your password expires in {n} days. You can "
	    "choose a new one now.", &a);
	assert_str(pairs_get(a.reply.message_args, STR("n")), "1");
	assert_int_equal(harness_prompt(&a, "later")->kind, CSN_P_BUTTON);
	harness_time(h, harness_now(h) + 60000);
	assert_int_equal(answer(h, &a, "later=1", &b), CSN_GRANT);
	assert_str(b.reply.subject, "change-soon");
	/* the proof is of when the password was typed */
	assert_int_equal(b.reply.auth_time_ms, HARNESS_TIME_MS);
	harness_answer_free(&b);
	/* half a state is none */
	for (size_t cut = 1; cut < a.reply.state.n; cut++) {
		ldap_change(h, str_of(a.reply.state.p, cut), "later=1", &b);
		assert_int_equal(b.verdict, CSN_ERROR);
		harness_answer_free(&b);
	}
	granted(h, &a, "password=pw-change-soon&new-password=Fresh-and-long-1"
	    "&new-password-again=Fresh-and-long-1", "change-soon");
	harness_answer_free(&a);
	assert_grant(h, "change-soon", "Fresh-and-long-1", "change-soon");
	harness_free(h);
}

static void
used_before_is_refused(void **state)
{
	struct harness *h = host();
	struct harness_answer a, b;

	(void)state;
	peer_modify(&peer, "dn: uid=change-soon," PEOPLE "\n"
	    "changetype: modify\nreplace: pwdReset\npwdReset: TRUE\n");
	ldap_login(h, "change-soon", "Fresh-and-long-1", &a);
	assert_int_equal(a.verdict, CSN_CONTINUE);
	refused(h, &a, "password=Fresh-and-long-1&new-password="
	    "Fresh-and-long-1&new-password-again=Fresh-and-long-1",
	    "The new password was not accepted: {reason}." UNCHANGED,
	    "it was used before");
	/* another's proof it never is, nor without the option */
	harness_options_clear(h);
	harness_free(h);
	h = ldap_open_with(&peer, NULL);
	ldap_change(h, a.reply.state, "later=1", &b);
	assert_int_equal(b.verdict, CSN_ERROR);
	harness_answer_free(&b);
	harness_answer_free(&a);
	harness_free(h);
}

/* Whose right to write the directory does not give is told so. */
static void
forbidden_is_said(void **state)
{
	struct harness *h = host();
	struct harness_answer a, b;

	(void)state;
	peer_modify(&peer, "dn: uid=carol," PEOPLE "\nchangetype: modify\n"
	    "replace: pwdReset\npwdReset: TRUE\n-\n"
	    "replace: pwdPolicySubentry\n"
	    "pwdPolicySubentry: cn=nochange,ou=policies," BASE "\n");
	page(h, "carol", "Before you go on, replace your first password with "
	    "one of your own.", &a);
	assert_int_equal(answer(h, &a, "password=pw-carol&new-password="
	    "Fresh-and-long-1&new-password-again=Fresh-and-long-1", &b),
	    CSN_CONTINUE);
	assert_str(pairs_get(b.reply.message_args, STR("reason")),
	    "the directory does not let you change it");
	harness_answer_free(&b);
	harness_answer_free(&a);
	harness_free(h);
}

/* The directory goes away between the page and its answer. */
static void
down_in_between(void **state)
{
	struct harness *h = host();
	struct harness_answer a, b;

	(void)state;
	page(h, "warning", "Your password expires in {n} days. You can choose "
	    "a new one now.", &a);
	peer_kill(&peer);
	assert_int_equal(answer(h, &a, "password=pw-warning&new-password="
	    "Fresh-and-long-1&new-password-again=Fresh-and-long-1", &b),
	    CSN_ERROR);
	harness_answer_free(&b);
	assert_int_equal(answer(h, &a, "later=1", &b), CSN_ERROR);
	harness_answer_free(&b);
	peer_resume(&peer);
	assert_int_equal(answer(h, &a, "later=1", &b), CSN_GRANT);
	harness_answer_free(&b);
	harness_answer_free(&a);
	harness_free(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(must_change_before_going_on),
		cmocka_unit_test(expired_is_changed),
		cmocka_unit_test(soon_can_wait),
		cmocka_unit_test(used_before_is_refused),
		cmocka_unit_test(forbidden_is_said),
		cmocka_unit_test(down_in_between),
	};

	if (!peer_group(&peer))
		return 0;
	return cmocka_run_group_tests(tests, peer_group_start, peer_group_stop);
}
