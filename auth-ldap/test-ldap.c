/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-ldap.c - logins and look-ups against a real OpenLDAP
 */
#include <stdio.h>
#include <time.h>

#include "lib/testing.h"

#include "tests/peers/ldap_peer.h"

static struct peer peer;

static bool
has_group(const struct csn_reply *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->groups.n; i++) {
		if (str_is(r->groups.v[i], name))
			return true;
	}
	return false;
}

static void
begin_asks_name_and_password(void **state)
{
	struct harness *h = ldap_open_with(&peer, NULL);
	struct csn_req req = harness_req(CSN_EV_BEGIN);
	struct harness_answer a;

	(void)state;
	req.subject = STR("");
	req.hint = STR(" alice ");
	harness_step(h, &req, &a);
	assert_int_equal(a.verdict, CSN_CONTINUE);
	assert_int_equal(a.reply.reason, 0);
	assert_int_equal(a.reply.nprompts, 2);
	assert_int_equal(harness_prompt(&a, "username")->kind,
	    CSN_P_USERNAME);
	assert_str(harness_prompt(&a, "username")->label, "Name");
	assert_str(harness_prompt(&a, "username")->value, "alice");
	assert_int_equal(harness_prompt(&a, "password")->kind,
	    CSN_P_PASSWORD);
	assert_str(harness_prompt(&a, "password")->value, "");
	harness_answer_free(&a);
	req.hint = STR("a\nb");
	harness_step(h, &req, &a);
	assert_str(harness_prompt(&a, "username")->value, "");
	harness_answer_free(&a);
	harness_free(h);
}

static void
grant_names_the_person(void **state)
{
	struct harness *h = ldap_open_with(&peer, "display_name",
	    "displayName", "attributes", "givenName", "attributes",
	    "jpegPhoto", NULL);
	struct harness_answer a;

	(void)state;
	ldap_login(h, "alice", "pw-alice", &a);
	assert_int_equal(a.verdict, CSN_GRANT);
	assert_str(a.reply.subject, "alice");
	assert_int_equal(a.reply.subject_id.n, 36);
	assert_str(pairs_get(a.reply.attrs, STR("name")), "Alice Liddell");
	assert_str(pairs_get(a.reply.attrs, STR("mail")),
	    "alice@example.com");
	assert_str(pairs_get(a.reply.attrs, STR("givenName")), "G");
	assert_int_equal(a.reply.attrs.n, 3);	/* no picture */
	assert_int_equal(a.reply.amr.n, 1);
	assert_str(a.reply.amr.v[0], "pwd");
	assert_int_equal(a.reply.auth_time_ms, HARNESS_TIME_MS);
	assert_int_equal(a.reply.flags, CSN_RP_GROUPS);
	assert_int_equal(a.reply.groups.n, 2);
	assert_true(has_group(&a.reply, "cn=staff," GROUPS));
	assert_true(has_group(&a.reply, "cn=inner," GROUPS));
	assert_string_equal(harness_throttle_subject(h), "alice");
	assert_int_equal(harness_throttle_calls(h), 1);
	harness_answer_free(&a);
	harness_free(h);
}

static void
one_person_whatever_is_typed(void **state)
{
	static const char *const spellings[] = { "Admin", " admin", "admin ",
	    "ADMIN", "\xef\xbc\xa1\xef\xbc\xa4\xef\xbc\xad\xef\xbc\xa9"
	    "\xef\xbc\xae" /* full-width */, "adm\xc4\xb0n",
	    "\xe2\x93\x90" "dmin", "admin@example.com" };
	struct harness *h = ldap_open_with(&peer, "login", "uid", "login",
	    "mail", NULL);
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(spellings); i++) {
		assert_grant(h, spellings[i], "pw-admin", "admin");
		assert_string_equal(harness_throttle_subject(h), "admin");
	}
	assert_wrong(h, "adm\xc4\xb1n", "pw-admin");	/* dotless i */
	harness_free(h);
}

static void
odd_names_stay_values(void **state)
{
	struct harness *h = ldap_open_with(&peer, NULL);

	(void)state;
	assert_grant(h, "odd(*)\\x", "pw-odd", "odd(*)\\x");
	assert_wrong(h, "*", "pw-alice");
	assert_wrong(h, "al*", "pw-alice");
	assert_wrong(h, "alice)(uid=*", "pw-alice");
	assert_wrong(h, "x)(|(uid=alice)", "pw-alice");
	harness_free(h);
}

static void
two_entries_are_nobody(void **state)
{
	struct harness *h = ldap_open_with(&peer, NULL);

	(void)state;
	assert_wrong(h, "twin", "pw-dup1");
	assert_wrong(h, "twin", "pw-dup2");
	assert_true(harness_logged(h, "more than one entry"));
	/* of two uids the one in the entry's own name */
	assert_grant(h, "dup1", "pw-dup1", "dup1");
	assert_grant(h, "dup2", "pw-dup2", "dup2");
	harness_free(h);
}

static void
assert_same_answer(const struct harness_answer *a,
    const struct harness_answer *b)
{
	size_t i;

	assert_int_equal(a->verdict, b->verdict);
	assert_int_equal(a->reply.reason, b->reply.reason);
	assert_int_equal(a->reply.action, b->reply.action);
	assert_true(str_equal(a->reply.message, b->reply.message));
	assert_int_equal(a->reply.nprompts, b->reply.nprompts);
	for (i = 0; i < a->reply.nprompts; i++) {
		const struct csn_prompt *p = &a->reply.prompts[i];
		const struct csn_prompt *q = &b->reply.prompts[i];

		assert_true(str_equal(p->name, q->name));
		assert_true(str_equal(p->label, q->label));
		assert_int_equal(p->kind, q->kind);
		assert_int_equal(p->flags, q->flags);
		assert_int_equal(p->max_bytes, q->max_bytes);
	}
}

static void
unknown_and_wrong_look_alike(void **state)
{
	static const char *const names[] = { "nobody-here", "twin", "locked",
	    "alice" };
	struct harness *h = ldap_open_with(&peer, NULL);
	struct harness_answer wrong, other;
	size_t i;

	(void)state;
	ldap_login(h, "bob", "not-it", &wrong);
	assert_int_equal(wrong.reply.reason, CSN_R_CREDENTIAL);
	assert_str(wrong.reply.subject, "bob");
	for (i = 0; i < COUNT(names); i++) {
		ldap_login(h, names[i], "not-it", &other);
		assert_same_answer(&wrong, &other);
		harness_answer_free(&other);
	}
	/* refused before any server hears of it: the same words too */
	ldap_login(h, "bob", "", &other);
	assert_same_answer(&wrong, &other);
	harness_answer_free(&other);
	harness_answer_free(&wrong);
	harness_free(h);
}

static int
by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* The least time of a failed login, in microseconds: what else the machine
 * does only adds. */
static int64_t
failed_us(struct harness *h, const char *name)
{
	struct timespec from, to;
	struct harness_answer a;
	int64_t us[41];
	size_t i;

	for (i = 0; i < COUNT(us); i++) {
		clock_gettime(CLOCK_MONOTONIC, &from);
		ldap_login(h, name, "not-it", &a);
		clock_gettime(CLOCK_MONOTONIC, &to);
		harness_answer_free(&a);
		us[i] = (to.tv_sec - from.tv_sec) * 1000000 +
		    (to.tv_nsec - from.tv_nsec) / 1000;
	}
	qsort(us, COUNT(us), sizeof(us[0]), by_value);
	return us[0];
}

static void
unknown_takes_as_long_as_wrong(void **state)
{
	struct harness *h = ldap_open_with(&peer, "decoy_dn",
	    "uid=u00000," PEOPLE, NULL);
	int64_t known = INT64_MAX, unknown = INT64_MAX;

	(void)state;
	assert_wrong(h, "bob", "not-it");	/* opens the connections */
	/* by turns, and on while the machine is too busy for a quiet moment:
	 * a difference that is there stays in the least of many */
	for (int i = 0; i < 10 && (i == 0 || unknown >= known * 2 ||
	    known >= unknown * 2); i++) {
		int64_t a = failed_us(h, "bob"), b = failed_us(h,
		    "nobody-here");

		known = a < known ? a : known;
		unknown = b < unknown ? b : unknown;
	}
	print_message("# failed login: known %d us, unknown %d us\n",
	    (int)known, (int)unknown);
	assert_true(unknown * 2 > known && known * 2 > unknown);
	harness_free(h);
}

static void
bad_passwords_reach_no_server(void **state)
{
	/* nobody listens there: an attempt would be an ERROR */
	struct harness *h = ldap_load(&peer, "ldaps", 1, "base", BASE, NULL);
	struct harness_answer a;
	char big[1025];

	(void)state;
	harness_must_open(h);
	memset(big, 'a', sizeof(big) - 1);
	big[1024] = '\0';
	assert_backend(h, "alice", "x");
	assert_backend(h, "alice", big);
	assert_wrong(h, "alice", "");
	assert_wrong(h, "alice", "a\tb");
	assert_wrong(h, "", "pw");
	assert_wrong(h, "a\nb", "pw");
	big[1023] = 'b';
	ldap_login_str(h, STR("alice"), str_of(big, 1024), "", &a);
	assert_int_equal(a.said, CSN_ERROR);
	harness_answer_free(&a);
	ldap_login_str(h, STR("alice"), (struct csn_str){
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\x01", 33 }, "", &a);
	assert_int_equal(a.reply.reason, CSN_R_CREDENTIAL);
	harness_answer_free(&a);
	harness_free(h);
}

static void
throttle_comes_before_the_bind(void **state)
{
	struct harness *h = ldap_open_with(&peer, NULL);
	struct harness_answer a;

	(void)state;
	harness_throttle(h, CSN_E_LIMIT);
	ldap_login(h, "ALICE", "pw-alice", &a);
	assert_int_equal(a.verdict, CSN_DENY);
	assert_int_equal(a.reply.reason, CSN_R_THROTTLED);
	assert_str(a.reply.subject, "alice");
	harness_answer_free(&a);
	ldap_login(h, "nobody-here", "x", &a);
	assert_int_equal(a.verdict, CSN_DENY);
	assert_int_equal(a.reply.reason, CSN_R_THROTTLED);
	harness_answer_free(&a);
	/* what was typed may be a password: it is not what is counted */
	assert_null(strstr(harness_throttle_subject(h), "nobody"));
	harness_throttle(h, CSN_E_BACKEND);
	assert_backend(h, "alice", "pw-alice");
	harness_free(h);
}

static void
pinned_person_cannot_be_another(void **state)
{
	struct harness *h = ldap_open_with(&peer, NULL);
	struct csn_req req = harness_req(CSN_EV_BEGIN);
	struct harness_answer a;

	(void)state;
	req.subject = STR("alice");
	req.hint = STR("bob");
	harness_step(h, &req, &a);
	assert_str(harness_prompt(&a, "username")->value, "alice");
	harness_answer_free(&a);
	ldap_login_str(h, STR("bob"), STR("pw-bob"), "alice", &a);
	assert_int_equal(a.verdict, CSN_CONTINUE);
	assert_int_equal(a.reply.reason, CSN_R_CREDENTIAL);
	assert_str(a.reply.subject, "alice");
	harness_answer_free(&a);
	ldap_login_str(h, STR("bob"), STR("pw-alice"), "alice", &a);
	assert_int_equal(a.verdict, CSN_GRANT);
	assert_str(a.reply.subject, "alice");
	harness_answer_free(&a);
	harness_free(h);
}

static void
policy_of_the_directory(void **state)
{
	struct harness *h = ldap_open_with(&peer, NULL);
	int i;

	(void)state;
	assert_denied(h, "mustchange", "pw-mustchange", FIRST_TEXT);
	assert_wrong(h, "mustchange", "not-it");
	assert_denied(h, "expired", "pw-expired", TOO_OLD_TEXT);
	assert_wrong(h, "expired", "not-it");
	assert_wrong(h, "locked", "pw-locked");
	assert_wrong(h, "locked", "not-it");
	assert_grant(h, "warning", "pw-warning", "warning");
	assert_grant(h, "graced", "pw-graced", "graced");
	assert_grant(h, "graced", "pw-graced", "graced");
	assert_denied(h, "graced", "pw-graced", TOO_OLD_TEXT);
	for (i = 0; i < 3; i++)
		assert_wrong(h, "lockable", "not-it");
	assert_wrong(h, "lockable", "pw-lockable");
	harness_free(h);
}

static void
user_filter_shuts_people_out(void **state)
{
	struct harness *h = ldap_open_with(&peer, "user_filter",
	    "(&(objectClass=inetOrgPerson)(!(uid=bob)))", NULL);

	(void)state;
	assert_grant(h, "alice", "pw-alice", "alice");
	assert_wrong(h, "bob", "pw-bob");
	harness_free(h);
}

/* Several directories: each has the names that are its own. */
static void
names_by_pattern(void **state)
{
	struct harness *h = ldap_open_with(&peer, "name_pattern",
	    "{}@corp.example.com", "name_pattern", "CORP\\{}", NULL);

	(void)state;
	assert_grant(h, "alice@corp.example.com", "pw-alice", "alice");
	assert_grant(h, "ALICE@Corp.Example.COM", "pw-alice", "alice");
	assert_grant(h, "corp\\alice", "pw-alice", "alice");
	assert_string_equal(harness_throttle_subject(h), "alice");
	assert_wrong(h, "alice", "pw-alice");
	assert_wrong(h, "@corp.example.com", "pw-alice");
	assert_wrong(h, " @corp.example.com", "pw-alice");
	assert_wrong(h, "alice@other.example.com", "pw-alice");
	assert_wrong(h, "alice@corp.example.com@corp.example.com",
	    "pw-alice");
	assert_wrong(h, "corp\\", "pw-alice");
	/* others are counted too, under no name of ours */
	assert_wrong(h, "alice", "not-it");
	assert_string_not_equal(harness_throttle_subject(h), "alice");
	harness_free(h);
	h = ldap_load(&peer, "ldaps", peer.tls_port, "base", BASE,
	    "name_pattern", "no place", NULL);
	assert_int_not_equal(harness_open(h), CSN_OK);
	harness_options_clear(h);
	harness_free(h);
}

/* Only as written, and somebody found behind one has the entry's own name. */
static void
aliases_as_written(void **state)
{
	static const struct { const char *mode, *base; bool wanda, alice; }
	rows[] = {
		{ "never", "ou=people," BASE, false, true },
		{ "searching", "ou=people," BASE, true, true },
		{ "finding", "ou=people," BASE, false, true },
		{ "always", "ou=people," BASE, true, true },
		{ "never", "ou=staff," BASE, false, false },
		{ "searching", "ou=staff," BASE, false, false },
		{ "finding", "ou=staff," BASE, false, true },
		{ "always", "ou=staff," BASE, true, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct harness *h = ldap_load(&peer, "ldaps", peer.tls_port,
		    "base", rows[i].base, "bind_dn", "cn=svc," BASE,
		    "bind_password", "svcpw", "aliases", rows[i].mode, NULL);

		harness_must_open(h);
		if (rows[i].wanda)
			assert_grant(h, "wanda", "pw-wanda", "wanda");
		else
			assert_wrong(h, "wanda", "pw-wanda");
		if (rows[i].alice)
			assert_grant(h, "alice", "pw-alice", "alice");
		else
			assert_wrong(h, "alice", "pw-alice");
		harness_free(h);
	}
}

static void
template_with_a_service_account(void **state)
{
	struct harness *h = ldap_open_with(&peer, "dn_template",
	    "uid={}," PEOPLE, NULL);

	(void)state;
	assert_grant(h, "Alice", "pw-alice", "alice");
	assert_string_equal(harness_throttle_subject(h), "alice");
	assert_wrong(h, "alice", "not-it");
	assert_wrong(h, "nobody", "x");
	assert_wrong(h, "alice,ou=people", "pw-alice");
	harness_free(h);
}

static void
template_alone(void **state)
{
	struct harness *h = ldap_load(&peer, "ldaps", peer.tls_port,
	    "dn_template", "uid={}," PEOPLE, "group_base", GROUPS, NULL);
	struct harness_answer a;

	(void)state;
	harness_must_open(h);
	ldap_login(h, "ALICE", "pw-alice", &a);
	assert_int_equal(a.verdict, CSN_GRANT);
	assert_str(a.reply.subject, "alice");
	assert_int_equal(a.reply.subject_id.n, 36);
	assert_true(has_group(&a.reply, "cn=staff," GROUPS));
	harness_answer_free(&a);
	assert_string_equal(harness_throttle_subject(h), "alice");
	assert_wrong(h, "alice", "not-it");
	assert_wrong(h, "nobody", "x");
	/* other spellings of one person would be counted apart */
	assert_wrong(h, "\xe2\x93\x90lice", "pw-alice");
	assert_wrong(h, "al ice", "pw-alice");
	ldap_login_str(h, STR("bob"), STR("pw-bob"), "alice", &a);
	assert_int_equal(a.reply.reason, CSN_R_CREDENTIAL);
	assert_str(harness_prompt(&a, "username")->value, "alice");
	harness_answer_free(&a);
	ldap_lookup(h, "alice", &a);
	assert_int_equal(a.verdict, CSN_ERROR);
	harness_answer_free(&a);
	harness_free(h);
}

static void
groups_by_memberof(void **state)
{
	struct harness *h = ldap_open_with(&peer, "group_mode", "memberof",
	    NULL);
	struct harness_answer a;

	(void)state;
	ldap_login(h, "alice", "pw-alice", &a);
	assert_int_equal(a.reply.flags, CSN_RP_GROUPS);
	assert_int_equal(a.reply.groups.n, 2);
	assert_true(has_group(&a.reply, "cn=staff," GROUPS));
	harness_answer_free(&a);
	harness_free(h);
}

static void
groups_by_name_and_filter(void **state)
{
	struct harness *h = ldap_open_with(&peer, "group_name", "cn",
	    "group_filter", "(!(cn=inner))", NULL);
	struct harness_answer a;

	(void)state;
	ldap_login(h, "alice", "pw-alice", &a);
	assert_int_equal(a.reply.groups.n, 1);
	assert_str(a.reply.groups.v[0], "staff");
	harness_answer_free(&a);
	harness_free(h);
	h = ldap_open_with(&peer, "group_mode", "memberuid", "group_name",
	    "cn", NULL);
	ldap_login(h, "alice", "pw-alice", &a);
	assert_int_equal(a.reply.groups.n, 1);
	assert_str(a.reply.groups.v[0], "unix");
	harness_answer_free(&a);
	ldap_login(h, "bob", "pw-bob", &a);
	assert_int_equal(a.reply.flags, CSN_RP_GROUPS);
	assert_int_equal(a.reply.groups.n, 0);
	harness_answer_free(&a);
	harness_free(h);
	h = ldap_open_with(&peer, "group_mode", "none", NULL);
	ldap_login(h, "alice", "pw-alice", &a);
	assert_int_equal(a.verdict, CSN_GRANT);
	assert_int_equal(a.reply.flags, 0);
	harness_answer_free(&a);
	harness_free(h);
}

static void
groups_within_groups(void **state)
{
	static const char *const modes[] = { "member", "memberof" };
	struct harness_answer a;
	struct harness *h;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(modes) * 2; i++) {
		h = ldap_open_with(&peer, "nested_groups", "true",
		    "group_mode", modes[i / 2], "group_cache",
		    i % 2 == 0 ? "60s" : "0s", NULL);
		ldap_login(h, "alice", "pw-alice", &a);
		assert_int_equal(a.reply.groups.n, 4);
		assert_true(has_group(&a.reply, "cn=outer," GROUPS));
		harness_answer_free(&a);
		/* a loop ends */
		ldap_login(h, "bob", "pw-bob", &a);
		assert_int_equal(a.reply.groups.n, 3);
		assert_true(has_group(&a.reply, "cn=loop-b," GROUPS));
		harness_answer_free(&a);
		/* too deep: not a part of the list, but none */
		ldap_login(h, "carol", "pw-carol", &a);
		assert_int_equal(a.verdict, CSN_GRANT);
		assert_int_equal(a.reply.flags, 0);
		assert_int_equal(a.reply.groups.n, 0);
		harness_answer_free(&a);
		harness_free(h);
	}
}

static const char new_parent[] = "dn: cn=parent," GROUPS "\n"
    "changetype: add\nobjectClass: groupOfNames\ncn: parent\n"
    "member: cn=staff," GROUPS "\n";
static const char no_parent[] = "dn: cn=parent," GROUPS "\n"
    "changetype: delete\n";

static void
group_cache_is_of_groups_only(void **state)
{
	struct harness *with = ldap_open_with(&peer, "nested_groups", "true",
	    NULL);
	struct harness *without = ldap_open_with(&peer, "nested_groups",
	    "true", "group_cache", "0s", NULL);
	struct harness_answer a;

	(void)state;
	assert_grant(with, "alice", "pw-alice", "alice");
	assert_grant(without, "alice", "pw-alice", "alice");
	peer_modify(&peer, new_parent);
	ldap_login(with, "alice", "pw-alice", &a);
	assert_false(has_group(&a.reply, "cn=parent," GROUPS));
	harness_answer_free(&a);
	ldap_login(without, "alice", "pw-alice", &a);
	assert_true(has_group(&a.reply, "cn=parent," GROUPS));
	harness_answer_free(&a);
	peer_modify(&peer, no_parent);
	/* but who is in a group is never remembered */
	peer_modify(&peer, "dn: cn=staff," GROUPS "\nchangetype: modify\n"
	    "delete: member\nmember: uid=bob," PEOPLE "\n");
	ldap_login(with, "bob", "pw-bob", &a);
	assert_false(has_group(&a.reply, "cn=staff," GROUPS));
	harness_answer_free(&a);
	peer_modify(&peer, "dn: cn=staff," GROUPS "\nchangetype: modify\n"
	    "add: member\nmember: uid=bob," PEOPLE "\n");
	harness_free(with);
	harness_free(without);
}

static void
lookup_tells_who_somebody_is(void **state)
{
	struct harness *h = ldap_open_with(&peer, NULL);
	struct harness_answer a;

	(void)state;
	ldap_lookup(h, "Alice", &a);
	assert_int_equal(a.verdict, CSN_DONE);
	assert_str(a.reply.subject, "alice");
	assert_int_equal(a.reply.subject_id.n, 36);
	assert_int_equal(a.reply.flags, CSN_RP_GROUPS);
	assert_int_equal(a.reply.groups.n, 2);
	assert_str(pairs_get(a.reply.attrs, STR("mail")),
	    "alice@example.com");
	assert_int_equal(harness_throttle_calls(h), 0);
	harness_answer_free(&a);
	ldap_lookup(h, "nobody-here", &a);
	assert_int_equal(a.verdict, CSN_DENY);
	assert_int_equal(a.reply.reason, CSN_R_ACCOUNT);
	harness_answer_free(&a);
	ldap_lookup(h, "twin", &a);
	assert_int_equal(a.verdict, CSN_DENY);
	harness_answer_free(&a);
	ldap_lookup(h, "locked", &a);	/* by an administrator */
	assert_int_equal(a.verdict, CSN_DENY);
	assert_int_equal(a.reply.reason, CSN_R_ACCOUNT);
	harness_answer_free(&a);
	ldap_lookup(h, "", &a);
	assert_int_equal(a.verdict, CSN_DENY);
	harness_answer_free(&a);
	harness_free(h);
}

static void
other_events_are_errors(void **state)
{
	static const uint32_t events[] = { CSN_EV_CALLBACK, CSN_EV_WAKE,
	    CSN_EV_UNSOLICITED, CSN_EV_LOOKUP, 0, 99 };
	struct harness *h = ldap_open_with(&peer, NULL);
	struct harness_answer a;
	struct csn_req req;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(events); i++) {
		req = harness_req(events[i]);
		harness_step(h, &req, &a);
		assert_int_equal(a.said, CSN_ERROR);
		harness_answer_free(&a);
	}
	req = harness_req(CSN_EV_RENEW);
	harness_serve(h, &req, &a);
	assert_int_equal(a.said, CSN_ERROR);
	harness_answer_free(&a);
	harness_free(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begin_asks_name_and_password),
		cmocka_unit_test(grant_names_the_person),
		cmocka_unit_test(one_person_whatever_is_typed),
		cmocka_unit_test(odd_names_stay_values),
		cmocka_unit_test(two_entries_are_nobody),
		cmocka_unit_test(unknown_and_wrong_look_alike),
		cmocka_unit_test(unknown_takes_as_long_as_wrong),
		cmocka_unit_test(bad_passwords_reach_no_server),
		cmocka_unit_test(throttle_comes_before_the_bind),
		cmocka_unit_test(pinned_person_cannot_be_another),
		cmocka_unit_test(policy_of_the_directory),
		cmocka_unit_test(user_filter_shuts_people_out),
		cmocka_unit_test(names_by_pattern),
		cmocka_unit_test(aliases_as_written),
		cmocka_unit_test(template_with_a_service_account),
		cmocka_unit_test(template_alone),
		cmocka_unit_test(groups_by_memberof),
		cmocka_unit_test(groups_by_name_and_filter),
		cmocka_unit_test(groups_within_groups),
		cmocka_unit_test(group_cache_is_of_groups_only),
		cmocka_unit_test(lookup_tells_who_somebody_is),
		cmocka_unit_test(other_events_are_errors),
	};

	if (!peer_group(&peer))
		return 0;
	return cmocka_run_group_tests(tests, peer_group_start, peer_group_stop);
}
