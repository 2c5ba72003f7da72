/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-ldap-net.c - encryption, the pool, several servers, the self-test
 */
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/testing.h"

#include "tests/peers/ldap_peer.h"

static struct peer peer;

/* ------------------------------------------------------------------
 * Encryption, against slapd.
 */

static void
tls_from_the_first_byte(void **state)
{
	struct harness *h = ldap_open_with(&peer, "tls_minimum", "1.3", NULL);

	(void)state;
	assert_grant(h, "alice", "pw-alice", "alice");
	harness_free(h);
}

static void
tls_by_starttls(void **state)
{
	struct harness *h = ldap_load(&peer, "ldap", peer.port, "base", BASE,
	    "bind_dn", "cn=svc," BASE, "bind_password", "svcpw", NULL);

	(void)state;
	harness_must_open(h);
	assert_grant(h, "alice", "pw-alice", "alice");
	assert_wrong(h, "alice", "not-it");
	harness_free(h);
}

static void
clear_text_only_where_written(void **state)
{
	struct harness *h = ldap_load(&peer, "ldap", peer.port, "base", BASE,
	    "bind_dn", "cn=svc," BASE, "bind_password", "svcpw",
	    "clear_text", "accepted", NULL);

	(void)state;
	harness_must_open(h);
	assert_true(harness_logged(h, "log WARN clear_text"));
	assert_grant(h, "alice", "pw-alice", "alice");
	harness_free(h);
}

/* A url of our own instead of the peer's address. */
static struct harness *
named_open(const char *url, const char *ca)
{
	struct harness *h = ldap_load(&peer, "ldaps", 1, NULL);

	harness_options_clear(h);
	harness_option(h, "url", url);
	harness_option(h, "base", BASE);
	harness_option(h, "bind_dn", "cn=svc," BASE);
	harness_option(h, "bind_password", "svcpw");
	if (ca != NULL)
		peer_option_file(&peer, h, "ca", ca);
	harness_must_open(h);
	return h;
}

static void
point_to(struct harness *h, const char *name, unsigned port)
{
	char to[32];

	snprintf(to, sizeof(to), "127.0.0.1:%u", port);
	harness_dial(h, name, to);
}

static void
certificate_must_chain_and_name_the_host(void **state)
{
	static const struct { const char *url, *name, *ca, *why; } rows[] = {
		{ "ldaps://localhost", "localhost:636", "tls/ca.crt", NULL },
		{ "ldaps://other.example", "other.example:636", "tls/ca.crt",
		    "hostname mismatch; `url` must have a name" },
		{ "ldaps://127.0.0.2", "127.0.0.2:636", "tls/ca.crt",
		    "IP address mismatch; `url` must have a name" },
		{ "ldaps://localhost", "localhost:636", "tls/client.crt",
		    "certificate is refused" },
		{ "ldaps://localhost", "localhost:636", NULL,
		    "certificate is refused" },
	};
	struct harness *h;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		h = named_open(rows[i].url, rows[i].ca);
		point_to(h, rows[i].name, peer.tls_port);
		if (rows[i].why == NULL) {
			assert_grant(h, "alice", "pw-alice", "alice");
		} else {
			assert_backend(h, "alice", "pw-alice");
			if (!harness_logged(h, rows[i].why))
				fail_msg("no \"%s\" in: %s", rows[i].why,
				    harness_log(h));
		}
		harness_free(h);
	}
}

static void
client_certificate_binds(void **state)
{
	struct harness *h = ldap_load(&peer, "ldaps", peer.tls_port, "base",
	    BASE, NULL);

	(void)state;
	peer_option_file(&peer, h, "client_certificate", "tls/client.crt");
	peer_option_file(&peer, h, "client_key", "tls/client.key");
	harness_must_open(h);
	assert_grant(h, "alice", "pw-alice", "alice");
	harness_free(h);
}

/* The socket's server knows us by our uid: no name, no password, no TLS. */
static void
unix_socket_binds_as_our_user(void **state)
{
	struct harness *h = ldap_load(&peer, NULL, 0, "base", BASE, NULL);
	struct harness_answer a;
	char url[160];
	size_t n;

	(void)state;
	n = (size_t)snprintf(url, sizeof(url), "ldapi://");
	for (const char *p = peer.dir; *p != '\0'; p++)
		n += (size_t)snprintf(url + n, sizeof(url) - n, *p == '/' ?
		    "%%2F" : "%c", *p);
	snprintf(url + n, sizeof(url) - n, "%%2Fldapi");
	harness_option(h, "url", url);
	harness_must_open(h);
	assert_grant(h, "alice", "pw-alice", "alice");
	assert_wrong(h, "alice", "not-it");
	ldap_lookup(h, "bob", &a);
	assert_int_equal(a.verdict, CSN_DONE);
	harness_answer_free(&a);
	assert_int_equal(harness_selftest(h, true), CSN_OK);
	peer_kill(&peer);
	assert_backend(h, "alice", "pw-alice");
	assert_true(harness_logged(h, "has nobody listening"));
	peer_resume(&peer);
	harness_free(h);
}

static void
service_account_refused(void **state)
{
	struct harness *h = ldap_load(&peer, "ldaps", peer.tls_port, "base",
	    BASE, "bind_dn", "cn=svc," BASE, "bind_password", "not-it",
	    NULL);

	(void)state;
	harness_must_open(h);
	assert_backend(h, "alice", "pw-alice");
	assert_true(harness_logged(h, "refuses the service account"));
	assert_false(harness_logged(h, "not-it"));
	harness_free(h);
}

/* ------------------------------------------------------------------
 * The pool.
 */

static void
connections_are_used_again(void **state)
{
	struct harness *h = named_open("ldaps://localhost", "tls/ca.crt");
	uint32_t next = 0;

	(void)state;
	point_to(h, "localhost:636", peer.tls_port);
	assert_grant(h, "alice", "pw-alice", "alice");
	point_to(h, "localhost:636", 1);	/* a new one would fail */
	assert_grant(h, "bob", "pw-bob", "bob");
	assert_wrong(h, "alice", "pw-bob");
	assert_wrong(h, "nobody", "pw-bob");
	assert_grant(h, "alice", "pw-alice", "alice");
	assert_int_equal(harness_refresh(h, &next), CSN_OK);
	assert_int_equal(next, 60);
	assert_grant(h, "alice", "pw-alice", "alice");
	harness_free(h);
}

static void
connections_are_not_kept_against_the_will(void **state)
{
	struct harness *h = named_open("ldaps://localhost", "tls/ca.crt");

	(void)state;
	harness_option(h, "connections", "0");
	harness_must_open(h);
	point_to(h, "localhost:636", peer.tls_port);
	assert_grant(h, "alice", "pw-alice", "alice");
	point_to(h, "localhost:636", 1);
	assert_backend(h, "bob", "pw-bob");
	harness_free(h);
}

static void
server_killed_between_two_logins(void **state)
{
	struct harness *h = ldap_open_with(&peer, NULL);
	struct harness *bare = ldap_load(&peer, "ldaps", peer.tls_port,
	    "dn_template", "uid={}," PEOPLE, "group_mode", "none", NULL);
	struct harness_answer a;

	(void)state;
	harness_must_open(bare);
	assert_grant(h, "alice", "pw-alice", "alice");
	assert_grant(bare, "alice", "pw-alice", "alice");
	peer_kill(&peer);
	peer_resume(&peer);
	assert_grant(h, "alice", "pw-alice", "alice");
	/* a bind is not tried twice: its connection must be looked at first */
	assert_grant(bare, "alice", "pw-alice", "alice");
	harness_free(bare);
	peer_kill(&peer);
	assert_backend(h, "alice", "pw-alice");
	ldap_lookup(h, "alice", &a);	/* not "nobody of that name" */
	assert_int_equal(a.verdict, CSN_ERROR);
	assert_int_equal(a.said, CSN_ERROR);
	harness_answer_free(&a);
	peer_resume(&peer);
	assert_grant(h, "alice", "pw-alice", "alice");
	ldap_lookup(h, "alice", &a);
	assert_int_equal(a.verdict, CSN_DONE);
	harness_answer_free(&a);
	harness_free(h);
}

#ifdef CSN_SANITIZED
#define LOGINS	4u
#else
#define LOGINS	20u
#endif

struct worker {
	pthread_t thread;
	struct harness *h;
	unsigned right;
};

static void *
work(void *arg)
{
	struct worker *w = arg;
	struct harness_answer a;
	unsigned i;

	for (i = 0; i < LOGINS; i++) {
		ldap_login(w->h, "alice", "pw-alice", &a);
		w->right += a.verdict == CSN_GRANT;
		harness_answer_free(&a);
		ldap_login(w->h, "bob", "pw-alice", &a);
		w->right += a.reply.reason == CSN_R_CREDENTIAL;
		harness_answer_free(&a);
	}
	return NULL;
}

static void
threads_get_their_own_answers(void **state)
{
	struct harness *h = ldap_open_with(&peer, "connections", "3", NULL);
	struct worker w[8];
	size_t i;

	(void)state;
	/* eight wait for three connections, slowly where it is watched */
	harness_left(h, 60000);
	for (i = 0; i < COUNT(w); i++) {
		w[i] = (struct worker){ .h = h };
		pthread_create(&w[i].thread, NULL, work, &w[i]);
	}
	/* all of them, before anything can end this function */
	for (i = 0; i < COUNT(w); i++)
		pthread_join(w[i].thread, NULL);
	for (i = 0; i < COUNT(w); i++)
		assert_int_equal(w[i].right, 2 * LOGINS);
	harness_free(h);
}

/* ------------------------------------------------------------------
 * Several servers.
 */

static void
second_server_when_the_first_is_down(void **state)
{
	struct harness *h = ldap_load(&peer, "ldaps", 1, "base", BASE,
	    "bind_dn", "cn=svc," BASE, "bind_password", "svcpw", NULL);
	char url[64];

	(void)state;
	snprintf(url, sizeof(url), "ldaps://127.0.0.1:%u", peer.tls_port);
	harness_option(h, "url", url);
	harness_must_open(h);
	assert_grant(h, "alice", "pw-alice", "alice");
	/* a wrong password is an answer: it is not taken elsewhere */
	assert_wrong(h, "alice", "not-it");
	harness_free(h);
}

/* The first server has half of the time, as long as a busy machine needs to ask
 * the second one in the other half. */
static void
second_server_when_the_first_is_mute(void **state)
{
	static const char *const modes[] = { "mute", "tls-mute",
	    "hang-search", "busy" };
	struct harness *h;
	struct stub s;
	char url[64];
	int64_t from;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(modes); i++) {
		stub_start(&s, &peer, modes[i]);
		h = ldap_load(&peer, "ldaps", s.port, "base", BASE,
		    "bind_dn", "cn=svc," BASE, "bind_password", "svcpw",
		    "timeout", "12s", NULL);
		snprintf(url, sizeof(url), "ldaps://127.0.0.1:%u",
		    peer.tls_port);
		harness_option(h, "url", url);
		harness_must_open(h);
		harness_left(h, 20000);
		assert_grant(h, "alice", "pw-alice", "alice");
		/* and it is remembered which one did not answer: to ask it
		 * once more would be half of the time again */
		from = clock_awake_ms();
		assert_grant(h, "alice", "pw-alice", "alice");
		assert_true(clock_awake_ms() - from < 5500);
		harness_free(h);
		stub_stop(&s);
	}
}

/* A bind that got no answer is not repeated, but the next one goes to another
 * server. */
static void
second_server_after_a_mute_bind(void **state)
{
	struct harness *h;
	struct stub s;
	char url[64];

	(void)state;
	stub_start(&s, &peer, "hang-person");
	h = ldap_load(&peer, "ldaps", s.port, "base", BASE, "bind_dn",
	    "cn=svc," BASE, "bind_password", "svcpw", "timeout", "6s", NULL);
	snprintf(url, sizeof(url), "ldaps://127.0.0.1:%u", peer.tls_port);
	harness_option(h, "url", url);
	harness_must_open(h);
	assert_backend(h, "alice", "pw-alice");
	assert_grant(h, "alice", "pw-alice", "alice");
	harness_free(h);
	stub_stop(&s);
}

struct load {
	pthread_t thread;
	struct harness *h;
	unsigned granted;
	int64_t longest_ms;
};

static void *
load_run(void *arg)
{
	struct load *l = arg;

	for (unsigned i = 0; i < 20; i++) {
		int64_t from = clock_awake_ms();
		struct harness_answer a;

		ldap_login(l->h, "alice", "pw-alice", &a);
		l->granted += a.verdict == CSN_GRANT;
		if (i > 0 && clock_awake_ms() - from > l->longest_ms)
			l->longest_ms = clock_awake_ms() - from;
		harness_answer_free(&a);
	}
	return NULL;
}

/* One mute, one gone, eight at once: nobody fails who has time to be asked for
 * elsewhere, and each pays for it once. */
static void
two_of_three_down_under_load(void **state)
{
	struct load load[8];
	struct harness *h;
	struct stub s;
	char url[64];

	(void)state;
	stub_start(&s, &peer, "tls-mute");
	h = ldap_load(&peer, "ldaps", s.port, "url", "ldaps://127.0.0.1:1",
	    "base", BASE, "bind_dn", "cn=svc," BASE, "bind_password",
	    "svcpw", "timeout", "12s", NULL);
	snprintf(url, sizeof(url), "ldaps://127.0.0.1:%u", peer.tls_port);
	harness_option(h, "url", url);
	harness_must_open(h);
	harness_left(h, 60000);
	for (size_t i = 0; i < COUNT(load); i++) {
		load[i] = (struct load){ .h = h };
		pthread_create(&load[i].thread, NULL, load_run, &load[i]);
	}
	for (size_t i = 0; i < COUNT(load); i++)
		pthread_join(load[i].thread, NULL);
	for (size_t i = 0; i < COUNT(load); i++) {
		assert_int_equal(load[i].granted, 20);
		/* a third of the time would be for the mute one */
		assert_true(load[i].longest_ms < 3500);
	}
	harness_free(h);
	stub_stop(&s);
}

/* Logins do not try a server that was away: what runs in the background finds
 * out when it is back, and then it is the first again. */
static void
back_in_the_background(void **state)
{
	struct harness *h;
	uint32_t next_s = 0;
	struct stub s;
	char url[64];

	(void)state;
	peer_kill(&peer);
	stub_start(&s, &peer, "good");
	h = ldap_load(&peer, "ldaps", peer.tls_port, "base", BASE,
	    "bind_dn", "cn=svc," BASE, "bind_password", "svcpw",
	    "connections", "0", NULL);
	snprintf(url, sizeof(url), "ldaps://127.0.0.1:%u", s.port);
	harness_option(h, "url", url);
	harness_must_open(h);
	assert_int_equal(harness_refresh(h, &next_s), CSN_OK);
	assert_int_equal(next_s, 60);
	assert_grant(h, "alice", "pw-alice", "alice");
	assert_int_equal(harness_refresh(h, &next_s), CSN_OK);
	assert_int_equal(next_s, 3);
	peer_resume(&peer);
	/* the stub knows no bob: who is asked first shows */
	assert_wrong(h, "bob", "pw-bob");
	for (int i = 0; i < 100 && next_s != 60; i++) {
		usleep(100000);
		assert_int_equal(harness_refresh(h, &next_s), CSN_OK);
	}
	assert_true(harness_logged(h, "answers again"));
	assert_grant(h, "bob", "pw-bob", "bob");
	harness_free(h);
	stub_stop(&s);
}

static void
servers_by_dns_srv(void **state)
{
	struct harness *h = ldap_load(&peer, "ldaps", 1, NULL);

	(void)state;
	harness_options_clear(h);
	harness_option(h, "domain", "localhost");
	harness_option(h, "base", BASE);
	harness_option(h, "bind_dn", "cn=svc," BASE);
	harness_option(h, "bind_password", "svcpw");
	peer_option_file(&peer, h, "ca", "tls/ca.crt");
	harness_must_open(h);
	assert_backend(h, "alice", "pw-alice");
	assert_true(harness_logged(h, "_ldap._tcp.localhost"));
	harness_srv(h, "_ldap._tcp.localhost", "ldap.evil.example:389");
	point_to(h, "ldap.evil.example:636", peer.tls_port);
	assert_backend(h, "alice", "pw-alice");
	assert_true(harness_logged(h, "outside the domain"));
	harness_srv(h, "_ldap._tcp.localhost", "localhost:389");
	point_to(h, "localhost:636", peer.tls_port);
	assert_grant(h, "alice", "pw-alice", "alice");
	harness_free(h);
}

static void
selftest_says_what_is_wrong(void **state)
{
	struct harness *h = ldap_open_with(&peer, NULL);

	(void)state;
	assert_int_equal(harness_selftest(h, 0), CSN_OK);
	assert_true(harness_logged(h, "one server"));
	assert_int_equal(harness_selftest(h, 1), CSN_OK);
	assert_true(harness_logged(h, "answers: reached in "));
	assert_true(harness_logged(h, "(TLSv1.3, certificate until 20"));
	assert_true(harness_logged(h, "people read in "));
	assert_false(harness_logged(h, "its certificate ends"));
	harness_option(h, "subject", "employeeNumber");
	harness_must_open(h);
	assert_int_not_equal(harness_selftest(h, 1), CSN_OK);
	assert_true(harness_logged(h, "report FAIL"));
	assert_true(harness_logged(h, "employeeNumber"));
	harness_free(h);
	h = ldap_open_with(&peer, NULL);
	harness_option(h, "group_base", "ou=policies," BASE);
	harness_must_open(h);
	assert_int_equal(harness_selftest(h, 1), CSN_OK);
	assert_true(harness_logged(h, "everybody is in no group"));
	harness_option(h, "login", "employeeNumber");
	harness_must_open(h);
	assert_int_not_equal(harness_selftest(h, 1), CSN_OK);
	assert_true(harness_logged(h, "login: employeeNumber"));
	harness_free(h);
	h = named_open("ldaps://localhost:1", "tls/ca.crt");
	assert_int_equal(harness_selftest(h, 0), CSN_OK);
	assert_int_not_equal(harness_selftest(h, 1), CSN_OK);
	assert_true(harness_logged(h, "cannot be reached"));
	harness_free(h);
}

/* A simple bind's credential as it stands in a request (RFC 4511 4.2): who
 * holds that holds the password. Looks at all memory that can be written but
 * the stack and what is too large to be the heap. */
static size_t
memory_count(int mem, uintptr_t from, uintptr_t to, const char *mark,
    size_t n)
{
	char *copy = malloc(to - from), *at, *end = copy + (to - from);
	size_t count = 0;
	ssize_t got;

	assert_non_null(copy);
	got = pread(mem, copy, to - from, (off_t)from);
	if (got > 0)
		end = copy + got;
	for (at = copy; got > 0 && (at = memmem(at, (size_t)(end - at), mark,
	    n)) != NULL; at++)
		count++;
	memset(copy, 0, to - from);
	free(copy);
	return count;
}

static size_t
heap_count(const char *mark, size_t n)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	int mem = open("/proc/self/mem", O_RDONLY);
	uintptr_t from, to, here = (uintptr_t)mark;	/* on the stack */
	char line[512];
	size_t count = 0;

	assert_non_null(maps);
	assert_true(mem >= 0);
	while (fgets(line, sizeof(line), maps) != NULL) {
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " rw", &from,
		    &to) != 2 || strstr(line, " rw") == NULL ||
		    (from <= here && here < to) ||
		    strchr(line, '/') != NULL ||
		    to - from > (64u << 20))
			continue;
		count += memory_count(mem, from, to, mark, n);
	}
	fclose(maps);
	close(mem);
	return count;
}

static void
sent_passwords_are_wiped(void **state)
{
	struct harness *h = ldap_open_with(&peer, NULL);
	char mark[] = "\x80\x08qx.bmjdf";	/* disguised: +1 */
	char *planted;
	size_t i;

	(void)state;
	for (i = 2; i + 1 < sizeof(mark); i++)
		mark[i]--;
	assert_memory_equal(mark + 2, "pw-alice", 8);
	assert_grant(h, "alice", "pw-alice", "alice");
	assert_grant(h, "alice", "pw-alice", "alice");
	assert_int_equal(heap_count(mark, 10), 0);
	/* and it would have been seen */
	planted = malloc(64);
	assert_non_null(planted);
	memcpy(planted + 8, mark, 10);
	assert_int_not_equal(heap_count(mark, 10), 0);
	free(planted);
	harness_free(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tls_from_the_first_byte),
		cmocka_unit_test(tls_by_starttls),
		cmocka_unit_test(clear_text_only_where_written),
		cmocka_unit_test(certificate_must_chain_and_name_the_host),
		cmocka_unit_test(client_certificate_binds),
		cmocka_unit_test(unix_socket_binds_as_our_user),
		cmocka_unit_test(service_account_refused),
		cmocka_unit_test(connections_are_used_again),
		cmocka_unit_test(connections_are_not_kept_against_the_will),
		cmocka_unit_test(server_killed_between_two_logins),
		cmocka_unit_test(threads_get_their_own_answers),
		cmocka_unit_test(second_server_when_the_first_is_down),
		cmocka_unit_test(second_server_when_the_first_is_mute),
		cmocka_unit_test(second_server_after_a_mute_bind),
		cmocka_unit_test(two_of_three_down_under_load),
		cmocka_unit_test(back_in_the_background),
		cmocka_unit_test(servers_by_dns_srv),
		cmocka_unit_test(selftest_says_what_is_wrong),
		cmocka_unit_test(sent_passwords_are_wiped),
	};

	if (!peer_group(&peer))
		return 0;
	return cmocka_run_group_tests(tests, peer_group_start, peer_group_stop);
}
