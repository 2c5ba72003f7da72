/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-ldap-bytes.c - a server that goes wrong at each byte of its answers
 *
 * Every byte of a whole login, on both connections: it stalls there, closes
 * there, or says something else there. A stall or an end is an ERROR, in
 * time; other bytes are whatever they mean, in time, and never a crash.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/testing.h"

#include "tests/peers/ldap_peer.h"

#define LEFT_MS		500	/* what the host gives a call */
#define WHOLE_MS	2500	/* where most end by themselves */
#define SLACK_MS	15000	/* of one of many, on a machine with others */
#define USUAL_MS	1500	/* of half of them */
#define BYTES_MAX	4096u
#ifdef CSN_SANITIZED
#define THREADS		4u
#define STRIDE		5u
#else
#define THREADS		16u
#define STRIDE		1u
#endif

static struct peer peer;
static struct stub stub;
static unsigned nbytes[2];	/* of s and p */

struct one {			/* one login */
	const char *what;
	char where;		/* s or p: whose connection */
	unsigned at;
	int64_t left_ms;
	uint32_t verdict, said;
	int64_t took_ms;
	bool broken, own_name, told;
};

static void
one_run(struct one *o)
{
	struct harness_answer a;
	struct harness *h;
	char dn[96];
	int64_t from;

	(void)snprintf(dn, sizeof(dn), "cn=svc-%s-%u-%c," BASE, o->what,
	    o->at, o->where);
	h = ldap_load(&peer, "ldaps", stub.port, "base", BASE, "bind_dn", dn,
	    "bind_password", "svcpw", "timeout", "60s", NULL);
	harness_must_open(h);
	harness_left(h, o->left_ms);
	from = clock_awake_ms();
	ldap_login(h, "alice", "pw-alice", &a);
	o->took_ms = clock_awake_ms() - from;
	o->verdict = a.verdict;
	o->said = a.said;
	o->broken = a.broken != NULL;
	o->own_name = str_is(a.reply.subject, "alice");
	o->told = harness_logged(h, "pw-alice");
	harness_answer_free(&a);
	harness_free(h);
}

/* How many bytes it answers there: none of them missing is a GRANT, however
 * long a machine stands still in it. */
static unsigned
bytes_of(char where)
{
	unsigned low = 0, high = BYTES_MAX;

	while (low < high) {
		struct one o = { .what = "cut", .where = where,
		    .at = (low + high) / 2, .left_ms = 60000 };

		one_run(&o);
		if (o.verdict == CSN_GRANT)
			high = o.at;
		else
			low = o.at + 1;
	}
	assert_true(low > 10 && low < BYTES_MAX);
	return low;
}

struct sweep {
	struct one *v;
	size_t n;
	atomic_size_t next;
};

static void *
work(void *arg)
{
	struct sweep *s = arg;
	size_t i;

	while ((i = s->next++) < s->n)
		one_run(&s->v[i]);
	return NULL;
}

static void
sweep_run(struct sweep *s)
{
	pthread_t threads[THREADS];

	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, s),
		    0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void
one_judge(const struct one *o, bool must_fail)
{
	if (o->broken || o->told || o->took_ms > o->left_ms + SLACK_MS ||
	    (must_fail && o->said != CSN_ERROR) ||
	    (o->where == 'p' && o->verdict == CSN_GRANT && !o->own_name))
		fail_msg("%s at byte %u of %c: %s in %d ms%s", o->what, o->at,
		    o->where, harness_verdict_name(o->verdict),
		    (int)o->took_ms, o->broken ? ", broken" : "");
}

static int
by_time(const void *a, const void *b)
{
	const struct one *x = a, *y = b;

	return (x->took_ms > y->took_ms) - (x->took_ms < y->took_ms);
}

static void
each_byte(const char *what, bool must_fail, int64_t left_ms)
{
	static struct one v[2 * BYTES_MAX];
	struct sweep s = { .v = v };
	unsigned granted = 0;

	for (size_t k = 0; k < 2; k++) {
		char where = k == 0 ? 's' : 'p';
		unsigned n = nbytes[k];

		for (unsigned at = 0; at < n; at += STRIDE)
			v[s.n++] = (struct one){ .what = what, .at = at,
			    .where = where, .left_ms = left_ms };
	}
	sweep_run(&s);
	qsort(v, s.n, sizeof(v[0]), by_time);
	assert_true(v[s.n / 2].took_ms < left_ms + USUAL_MS);
	for (size_t i = 0; i < s.n; i++) {
		one_judge(&v[i], must_fail);
		granted += v[i].verdict == CSN_GRANT;
	}
	/* not all of it matters: what a name is shown as does not */
	assert_true(must_fail || granted > 0);
	print_message("# %s: %zu bytes, %u granted, half in %d ms\n", what,
	    s.n, granted, (int)v[s.n / 2].took_ms);
}

static void
stalled_at_each_byte(void **state)
{
	(void)state;
	each_byte("stall", true, LEFT_MS);
}

static void
closed_at_each_byte(void **state)
{
	(void)state;
	each_byte("cut", true, WHOLE_MS);
}

/* Tags, lengths, ids, codes and values, all of them. */
static void
wrong_at_each_byte(void **state)
{
	(void)state;
	each_byte("flip255", false, WHOLE_MS);
	each_byte("flip1", false, WHOLE_MS);
}

static int
start(void **state)
{
	(void)state;
	peer_certificates(&peer);
	stub_start(&stub, &peer, "bytes");
	nbytes[0] = bytes_of('s');
	nbytes[1] = bytes_of('p');
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	stub_stop(&stub);
	peer_stop(&peer);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closed_at_each_byte),
		cmocka_unit_test(stalled_at_each_byte),
		cmocka_unit_test(wrong_at_each_byte),
	};

	signal(SIGPIPE, SIG_IGN);	/* as the host does */
	return cmocka_run_group_tests(tests, start, stop);
}
