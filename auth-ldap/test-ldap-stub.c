/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-ldap-stub.c - servers that misbehave, and Active Directory's words
 *
 * Each stall must end in time and as an ERROR: a stub says what no real
 * server would.
 */
#include <signal.h>
#include <stdio.h>

#include "lib/testing.h"

#include "tests/peers/ldap_peer.h"

#define LEFT_MS 500		/* what the host gives a call */
#define LITTLE_MS 1900		/* half of it is less than a second */
/* What a busy machine may take besides; a stall that is not ended takes
 * minutes. */
#ifdef CSN_SANITIZED
#define SLACK_MS 7000
#else
#define SLACK_MS 700
#endif

static struct peer peer;

static struct harness *
stub_open(const struct stub *s, const char *scheme, const char *flavour)
{
	struct harness *h = ldap_load(&peer, scheme, s->port, "base", BASE,
	    "bind_dn", "cn=svc," BASE, "bind_password", "svcpw", "flavour",
	    flavour, NULL);

	harness_must_open(h);
	return h;
}

/* Fails, and in time. A busy machine is late now and then; a stall that is not
 * ended is late each time. */
static void
fails_in_time(struct harness *h, int64_t left_ms, const char *what)
{
	int64_t from, took = 0;

	for (int i = 0; i < 10; i++) {
		from = clock_awake_ms();
		assert_backend(h, "alice", "pw-alice");
		took = clock_awake_ms() - from;
		if (took <= left_ms + SLACK_MS)
			return;
	}
	fail_msg("%s took %d ms", what, (int)took);
}

static void
every_stall_ends_in_time(void **state)
{
	static const struct { const char *mode, *scheme; } rows[] = {
		{ "mute", "ldap" }, { "mute", "ldaps" },
		{ "starttls-mute", "ldap" }, { "starttls-no", "ldap" },
		{ "starttls-inject", "ldap" }, { "wrong-name", "ldaps" },
		{ "tls-mute", "ldaps" }, { "hang-search", "ldaps" },
		{ "hang-person", "ldaps" }, { "drip", "ldaps" },
		/* a name that is unknown costs a bind as well */
		{ "hang-nobody", "ldaps" },
		{ "cut", "ldaps" }, { "busy", "ldaps" }, { "huge", "ldaps" },
		{ "garbage", "ldaps" }, { "wrong-id", "ldaps" },
		{ "referral", "ldaps" }, { "policy-garbage", "ldaps" },
		{ "references", "ldaps" },
	};
	struct harness *h;
	struct stub s;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		stub_start(&s, &peer, rows[i].mode);
		h = stub_open(&s, rows[i].scheme, "generic");
		harness_left(h, LEFT_MS);
		fails_in_time(h, LEFT_MS, rows[i].mode);
		assert_false(harness_logged(h, "pw-alice"));
		harness_free(h);
		stub_stop(&s);
	}
}

static void
the_timeout_option_counts_too(void **state)
{
	struct harness *h;
	struct stub s;
	int64_t from;

	(void)state;
	stub_start(&s, &peer, "tls-mute");
	h = stub_open(&s, "ldaps", "generic");
	harness_option(h, "timeout", "1s");
	harness_must_open(h);
	from = clock_mono_ms();
	fails_in_time(h, 1000, "timeout: 1s");
	assert_true(clock_mono_ms() - from >= 1000);
	harness_free(h);
	stub_stop(&s);
}

/* Half of what is left is for a search on a connection used before: less than
 * a second of it must not be told as a second that is over at once. */
static void
limits_of_a_server_end_after_ours(void **state)
{
	struct harness_answer a;
	struct harness *h;
	struct stub s;
	int64_t from;
	bool granted;

	(void)state;
	stub_start(&s, &peer, "hurried");
	h = stub_open(&s, "ldaps", "generic");
	/* a busy machine needs all of it now and then, which shows nothing */
	do {
		harness_left(h, 10000);
		assert_grant(h, "alice", "pw-alice", "alice");
		harness_left(h, LITTLE_MS);
		from = clock_mono_ms();
		ldap_login(h, "alice", "pw-alice", &a);
		granted = a.verdict == CSN_GRANT;
		harness_answer_free(&a);
	} while (!granted && clock_mono_ms() - from >= LITTLE_MS);
	assert_true(granted);
	harness_free(h);
	stub_stop(&s);
}

/* One login at a stub. */
static void
stub_login(const char *mode, const char *flavour, const char *password,
    struct harness_answer *a)
{
	struct harness *h;
	struct stub s;

	stub_start(&s, &peer, mode);
	h = stub_open(&s, "ldaps", flavour);
	ldap_login(h, "alice", password, a);
	harness_free(h);
	stub_stop(&s);
}

static void
answers_that_are_taken_or_not(void **state)
{
	static const struct {
		const char *mode;
		uint32_t verdict, reason, flags;
	} rows[] = {
		{ "good", CSN_GRANT, 0, CSN_RP_GROUPS },
		{ "reference", CSN_GRANT, 0, CSN_RP_GROUPS },
		{ "twice", CSN_CONTINUE, CSN_R_CREDENTIAL, 0 },
		{ "flood", CSN_CONTINUE, CSN_R_CREDENTIAL, 0 },
	};
	struct harness_answer a;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		stub_login(rows[i].mode, "generic", "pw-alice", &a);
		if (a.verdict != rows[i].verdict ||
		    a.reply.reason != rows[i].reason ||
		    a.reply.flags != rows[i].flags)
			fail_msg("%s: %s %s", rows[i].mode,
			    harness_verdict_name(a.verdict),
			    harness_reason_name(a.reply.reason));
		harness_answer_free(&a);
	}
}

/* Active Directory gives a long memberOf in parts: all, or no groups. */
static void
long_lists_in_parts(void **state)
{
	static const char *const cut[] = { "range-again", "range-stops" };
	struct harness_answer a;
	size_t i;

	(void)state;
	stub_login("range", "ad", "pw-alice", &a);
	assert_int_equal(a.verdict, CSN_GRANT);
	assert_int_equal(a.reply.flags, CSN_RP_GROUPS);
	assert_int_equal(a.reply.groups.n, 1801);
	assert_str(a.reply.groups.v[0], "cn=g0,dc=com");
	assert_str(a.reply.groups.v[1799], "cn=g1799,dc=com");
	assert_str(a.reply.groups.v[1800], "cn=Domain Users,dc=com");
	harness_answer_free(&a);
	for (i = 0; i < COUNT(cut); i++) {
		stub_login(cut[i], "ad", "pw-alice", &a);
		assert_int_equal(a.verdict, CSN_GRANT);
		assert_int_equal(a.reply.flags, 0);
		assert_int_equal(a.reply.groups.n, 0);
		harness_answer_free(&a);
	}
}

/* RFC 2696: all pages, or no groups, and said so. */
static void
groups_in_pages(void **state)
{
	static const char *const cut[] = { "pages-again", "pages-empty",
	    "pages-cut", "pages-late", "pages-unknown" };
	static const char *const lost[] = { "pages-stop", "pages-garbage" };
	struct harness_answer a;
	struct harness *h;
	struct stub s;

	(void)state;
	stub_login("pages", "generic", "pw-alice", &a);
	assert_int_equal(a.verdict, CSN_GRANT);
	assert_int_equal(a.reply.flags, CSN_RP_GROUPS);
	assert_int_equal(a.reply.groups.n, 1800);
	assert_str(a.reply.groups.v[0], "cn=g0,dc=com");
	assert_str(a.reply.groups.v[1799], "cn=g1799,dc=com");
	harness_answer_free(&a);
	for (size_t i = 0; i < COUNT(cut); i++) {
		stub_start(&s, &peer, cut[i]);
		h = stub_open(&s, "ldaps", "generic");
		/* 64 pages, one after the other, on a busy machine */
		harness_option(h, "timeout", "60s");
		harness_must_open(h);
		harness_left(h, 60000);
		ldap_login(h, "alice", "pw-alice", &a);
		if (a.verdict != CSN_GRANT || a.reply.flags != 0 ||
		    a.reply.groups.n != 0)
			fail_msg("%s: %s, %zu groups", cut[i],
			    harness_verdict_name(a.verdict),
			    a.reply.groups.n);
		assert_true(harness_logged(h, "none are given"));
		harness_answer_free(&a);
		harness_free(h);
		stub_stop(&s);
	}
	for (size_t i = 0; i < COUNT(lost); i++) {
		stub_login(lost[i], "generic", "pw-alice", &a);
		assert_int_equal(a.said, CSN_ERROR);
		harness_answer_free(&a);
	}
}

static void
subcodes_of_active_directory(void **state)
{
	static const struct { const char *mode, *state, *text; } rows[] = {
		{ "disabled", "disabled", ACCOUNT_TEXT },
		{ "account-expired", "expired", ACCOUNT_TEXT },
		{ "expired", "", TOO_OLD_TEXT },
		{ "must-change", "", FIRST_TEXT },
	};
	struct harness_answer a;
	size_t i;

	(void)state;
	stub_login("good", "ad", "pw-alice", &a);
	assert_int_equal(a.verdict, CSN_GRANT);
	assert_str(a.reply.subject, "alice");
	assert_str(a.reply.subject_id,
	    "03020100-0504-0706-0809-0a0b0c0d0e0f");
	harness_answer_free(&a);
	for (i = 0; i < COUNT(rows); i++) {
		stub_login(rows[i].mode, "ad", "pw-alice", &a);
		assert_int_equal(a.verdict, CSN_DENY);
		assert_int_equal(a.reply.reason, CSN_R_ACCOUNT);
		assert_str(a.reply.message, rows[i].text);
		assert_str(pairs_get(a.reply.message_args, STR("state")),
		    rows[i].state);
		harness_answer_free(&a);
		/* elsewhere the text means nothing */
		stub_login(rows[i].mode, "generic", "pw-alice", &a);
		assert_int_equal(a.reply.reason, CSN_R_CREDENTIAL);
		harness_answer_free(&a);
	}
	/* a lock comes with any password: nothing is told of it */
	stub_login("locked", "ad", "pw-alice", &a);
	assert_int_equal(a.reply.reason, CSN_R_CREDENTIAL);
	assert_str(a.reply.message, WRONG_TEXT);
	harness_answer_free(&a);
}

/* It was changed, but nobody said so: nobody goes on with that, and nothing is
 * lost, for the new password is what counts. */
static void
changes_without_an_answer(void **state)
{
	static const struct { const char *mode; int64_t left_ms; } rows[] = {
		/* all but one end by themselves; that one ends with the time,
		 * which has to be enough for what comes before */
		{ "change-answer", 10000 }, { "change-hang", 6000 },
		{ "change-cut", 10000 }, { "change-id", 10000 },
	};
	struct harness_answer a, b;
	struct harness *h;
	struct stub s;
	int64_t from;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		stub_start(&s, &peer, rows[i].mode);
		h = stub_open(&s, "ldaps", "generic");
		harness_option(h, "password_change", "true");
		harness_option(h, "timeout", "60s");	/* long after it */
		harness_must_open(h);
		ldap_login(h, "alice", "pw-alice", &a);
		assert_int_equal(a.verdict, CSN_CONTINUE);
		harness_left(h, rows[i].left_ms);
		from = clock_awake_ms();
		ldap_change(h, a.reply.state, "password=pw-alice&new-password="
		    "Fresh-and-long-1&new-password-again=Fresh-and-long-1",
		    &b);
		if (b.verdict != (i == 0 ? CSN_GRANT : CSN_ERROR))
			fail_msg("%s: %s\n%s", rows[i].mode,
			    harness_verdict_name(b.verdict), harness_log(h));
		assert_true(clock_awake_ms() - from < rows[i].left_ms + 10000);
		assert_false(harness_logged(h, "Fresh-and-long-1"));
		harness_answer_free(&a);
		harness_answer_free(&b);
		harness_left(h, 10000);
		assert_grant(h, "alice", "Fresh-and-long-1", "alice");
		assert_wrong(h, "alice", "pw-alice");
		harness_free(h);
		stub_stop(&s);
	}
}

/* Told while there is time; nobody is kept out by it. */
static void
certificate_that_ends_soon(void **state)
{
	struct harness *h;
	struct stub s;

	(void)state;
	stub_start(&s, &peer, "ends-soon");
	h = stub_open(&s, "ldaps", "generic");
	assert_int_equal(harness_selftest(h, 1), CSN_OK);
	assert_true(harness_logged(h, "its certificate ends on 20"));
	assert_grant(h, "alice", "pw-alice", "alice");
	harness_free(h);
	stub_stop(&s);
}

static int
start(void **state)
{
	(void)state;
	peer_certificates(&peer);
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
		cmocka_unit_test(every_stall_ends_in_time),
		cmocka_unit_test(the_timeout_option_counts_too),
		cmocka_unit_test(limits_of_a_server_end_after_ours),
		cmocka_unit_test(answers_that_are_taken_or_not),
		cmocka_unit_test(long_lists_in_parts),
		cmocka_unit_test(groups_in_pages),
		cmocka_unit_test(subcodes_of_active_directory),
		cmocka_unit_test(changes_without_an_answer),
		cmocka_unit_test(certificate_that_ends_soon),
	};

	signal(SIGPIPE, SIG_IGN);	/* as the host does */
	return cmocka_run_group_tests(tests, start, stop);
}
