/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-totp-verify.c - what is accepted, once, and what is counted
 *
 * The rules of docs/security.md and RFC 6238 5.2; a code's step is consumed by
 * one swap, so two threads with one code have one winner.
 */
#include <pthread.h>
#include <stdlib.h>

#include "tests/harness/totp_phone.h"

#include "verify.h"

#define STEP_MS 30000

static void
test_window(void **state)
{
	static const struct { const char *window; int reach; } rows[] = {
		{ "0", 0 }, { "1", 1 }, { "2", 2 } };

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		for (int at = -4; at <= 4; at++) {
			struct harness *h = harness_new(
			    &countersign_plugin_1);
			struct phone p;

			harness_option(h, "issuer", "Example");
			harness_option(h, "window", rows[i].window);
			harness_must_open(h);
			p = phone_enrol(h);
			harness_time(h, HARNESS_TIME_MS + 10 * STEP_MS);
			assert_int_equal(phone_login(h, &p, at * STEP_MS),
			    abs(at) <= rows[i].reach ? CSN_GRANT :
			    CSN_CONTINUE);
			harness_free(h);
		}
}

/* The code of the enrolment, of each login, and every older one: once. */
static void
test_replay(void **state)
{
	struct harness *h = phone_host();
	struct phone p = phone_enrol(h);
	struct harness_answer a;

	(void)state;
	assert_int_equal(phone_login(h, &p, 0), CSN_CONTINUE);
	assert_int_equal(phone_login(h, &p, -STEP_MS), CSN_CONTINUE);
	assert_int_equal(phone_login(h, &p, STEP_MS), CSN_GRANT);
	assert_int_equal(phone_login(h, &p, STEP_MS), CSN_CONTINUE);
	harness_time(h, HARNESS_TIME_MS + STEP_MS);
	assert_int_equal(phone_step(h, CSN_EV_FORM, 0, STR(""),
	    phone_form(&p, harness_now(h)), &a), CSN_CONTINUE);
	assert_int_equal(a.reply.reason, CSN_R_REPLAY);
	assert_int_equal(a.reply.retry_s, 30);
	harness_answer_free(&a);
	/* a clock that steps back opens nothing again */
	harness_time(h, HARNESS_TIME_MS);
	assert_int_equal(phone_login(h, &p, 0), CSN_CONTINUE);
	assert_int_equal(phone_login(h, &p, STEP_MS), CSN_CONTINUE);
	harness_time(h, HARNESS_TIME_MS + 3 * STEP_MS);
	assert_int_equal(phone_login(h, &p, 0), CSN_GRANT);
	/* nor does a new instance, or a restart */
	harness_must_open(h);
	assert_int_equal(phone_login(h, &p, 0), CSN_CONTINUE);
	harness_free(h);
}

static void
test_drift(void **state)
{
	struct harness *h = phone_host();
	struct phone p = phone_enrol(h);
	struct record record;
	int64_t now = HARNESS_TIME_MS;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(record_stored(h, &record)->devices[0].drift,
		    0);
		harness_time(h, now += 10 * STEP_MS);
		assert_int_equal(phone_login(h, &p, STEP_MS), CSN_GRANT);
	}
	assert_int_equal(record_stored(h, &record)->devices[0].drift, 1);
	/* around the offset and around zero */
	for (int at = -1; at <= 2; at++) {
		harness_time(h, now += 10 * STEP_MS);
		assert_int_equal(phone_login(h, &p, at * STEP_MS),
		    CSN_GRANT);
	}
	harness_time(h, now += 10 * STEP_MS);
	assert_int_equal(phone_login(h, &p, 3 * STEP_MS), CSN_CONTINUE);
	assert_int_equal(phone_login(h, &p, -2 * STEP_MS), CSN_CONTINUE);
	/* it never runs further than two steps */
	for (unsigned i = 0; i < 12; i++) {
		harness_time(h, now += 10 * STEP_MS);
		(void)phone_login(h, &p, 3 * STEP_MS);
		harness_time(h, now += 10 * STEP_MS);
		(void)phone_login(h, &p, 2 * STEP_MS);
	}
	assert_true(record_stored(h, &record)->devices[0].drift <= 2);
	harness_time(h, now += 10 * STEP_MS);
	assert_int_equal(phone_login(h, &p, 4 * STEP_MS), CSN_CONTINUE);
	harness_free(h);
}

static uint32_t
fails(struct harness *h)
{
	struct record record;

	return record_stored(h, &record)->devices[0].fails;
}

static uint32_t
wrong(struct harness *h, const struct phone *p, uint32_t *ret_reason)
{
	struct harness_answer a;
	uint32_t verdict = phone_step(h, CSN_EV_FORM, 0, STR(""),
	    phone_wrong(p, harness_now(h)), &a);

	*ret_reason = a.reply.reason;
	harness_answer_free(&a);
	return verdict;
}

/* Wrong codes count until the device is disabled; success resets. */
static void
test_fails(void **state)
{
	struct harness *h = phone_host();
	struct phone p = phone_enrol(h);
	uint32_t reason;

	(void)state;
	harness_time(h, HARNESS_TIME_MS + 10 * STEP_MS);
	for (uint32_t i = 1; i <= 5; i++) {
		assert_int_equal(wrong(h, &p, &reason), CSN_CONTINUE);
		assert_int_equal(reason, CSN_R_CREDENTIAL);
		assert_int_equal(fails(h), i);
	}
	assert_int_equal(phone_login(h, &p, 0), CSN_GRANT);
	assert_int_equal(fails(h), 0);
	/* neither a used code nor one of another length is a guess */
	assert_int_equal(phone_login(h, &p, 0), CSN_CONTINUE);
	assert_int_equal(phone_step(h, CSN_EV_FORM, 0, STR(""),
	    "code=12345678", NULL), CSN_CONTINUE);
	assert_int_equal(fails(h), 0);
	for (uint32_t i = 1; i < TOTP_FAILS_MAX; i++)
		assert_int_equal(wrong(h, &p, &reason), CSN_CONTINUE);
	assert_int_equal(wrong(h, &p, &reason), CSN_DENY);
	assert_int_equal(reason, CSN_R_ACCOUNT);
	assert_true(harness_logged(h, "audit device-disabled device="));
	/* now the right code is of no use */
	harness_time(h, HARNESS_TIME_MS + 20 * STEP_MS);
	assert_int_equal(phone_login(h, &p, 0), CSN_DENY);
	assert_int_equal(phone_step(h, CSN_EV_BEGIN, CSN_RQ_MAY_ENROL,
	    STR(""), NULL, NULL), CSN_DENY);
	harness_free(h);
}

static uint32_t
manage(struct harness *h, const char *op)
{
	struct csn_req req = harness_req(CSN_EV_OP);
	struct harness_answer a;
	uint32_t verdict;

	req.op = harness_op(h, op);
	harness_manage(h, &req, &a);
	verdict = a.verdict;
	harness_answer_free(&a);
	return verdict;
}

static void
test_unlock(void **state)
{
	struct harness *h = phone_host();
	struct phone p = phone_enrol(h);
	struct record record;

	(void)state;
	(void)record_stored(h, &record);
	record.devices[0].fails = TOTP_FAILS_MAX;
	record.devices[0].disabled_ms = HARNESS_TIME_MS;
	record_store(h, &record);
	harness_time(h, HARNESS_TIME_MS + 2 * STEP_MS);
	assert_int_equal(phone_login(h, &p, 0), CSN_DENY);
	assert_int_equal(manage(h, "unlock"), CSN_DONE);
	/* what was used stays used */
	assert_int_equal(phone_login(h, &p, -2 * STEP_MS), CSN_CONTINUE);
	assert_int_equal(phone_login(h, &p, 0), CSN_GRANT);
	harness_free(h);
}

/* Two devices: a failure counts for both, the disabled one is left out. */
static void
test_devices(void **state)
{
	struct harness *h = phone_host();
	struct phone first = phone_enrol(h), second;
	struct record record;
	uint32_t reason;

	(void)state;
	(void)record_stored(h, &record);
	record.devices[1] = record.devices[0];
	record.devices[1].secret[0] ^= 1;
	record.devices[1].id[0] = 'z';
	record.n = 2;
	record_store(h, &record);
	second = phone_stored(h, 1);
	harness_time(h, HARNESS_TIME_MS + 5 * STEP_MS);
	assert_int_equal(wrong(h, &first, &reason), CSN_CONTINUE);
	(void)record_stored(h, &record);
	assert_int_equal(record.devices[0].fails, 1);
	assert_int_equal(record.devices[1].fails, 1);
	assert_int_equal(phone_login(h, &second, 0), CSN_GRANT);
	assert_int_equal(phone_login(h, &second, 0), CSN_CONTINUE);
	assert_int_equal(phone_login(h, &first, 0), CSN_GRANT);
	(void)record_stored(h, &record);
	record.devices[0].disabled_ms = 1;
	record_store(h, &record);
	harness_time(h, HARNESS_TIME_MS + 9 * STEP_MS);
	assert_int_equal(phone_login(h, &first, 0), CSN_CONTINUE);
	assert_int_equal(phone_login(h, &second, 0), CSN_GRANT);
	harness_free(h);
}

/* ------------------------------------------------------------------
 * Races.
 */

struct racer {
	struct harness *h;
	const struct phone *phone;
	pthread_barrier_t *barrier;
	uint32_t verdict;
};

static void *
racer_run(void *arg)
{
	struct racer *r = arg;

	(void)pthread_barrier_wait(r->barrier);
	r->verdict = phone_login(r->h, r->phone, 0);
	return NULL;
}

/* Two threads, one code: one winner, in each of many rounds. */
static void
test_race(void **state)
{
	struct harness *h = phone_host();
	struct phone p = phone_enrol(h);
	pthread_barrier_t barrier;
	pthread_t thread[2];

	(void)state;
	assert_int_equal(pthread_barrier_init(&barrier, NULL, 2), 0);
	for (int i = 1; i <= 200; i++) {
		struct racer racer[2] = { { h, &p, &barrier, 0 },
			{ h, &p, &barrier, 0 } };

		harness_time(h, HARNESS_TIME_MS + i * STEP_MS);
		for (int k = 0; k < 2; k++)
			assert_int_equal(pthread_create(&thread[k], NULL,
			    racer_run, &racer[k]), 0);
		for (int k = 0; k < 2; k++)
			assert_int_equal(pthread_join(thread[k], NULL), 0);
		assert_int_equal((racer[0].verdict == CSN_GRANT) +
		    (racer[1].verdict == CSN_GRANT), 1);
		assert_int_equal((racer[0].verdict == CSN_CONTINUE) +
		    (racer[1].verdict == CSN_CONTINUE), 1);
	}
	(void)pthread_barrier_destroy(&barrier);
	harness_free(h);
}

struct meanwhile {		/* what happens before the first swap */
	struct phone *phone;
	unsigned times;
	enum { LOGS_IN, FAILS, IS_RESET } what;
};

static void
meanwhile_hook(void *arg, struct harness *h, enum harness_kv kind,
    struct csn_str key)
{
	struct meanwhile *m = arg;

	(void)key;
	if (kind != HARNESS_KV_SWAP || m->times == 0)
		return;
	m->times--;
	if (m->what == IS_RESET)
		harness_kv_del(h, ACCOUNT_KEY);
	else if (m->what == FAILS) {
		struct record record;

		record_stored(h, &record)->devices[0].fails++;
		record_store(h, &record);
	} else {
		struct record record;
		struct device *d = &record_stored(h, &record)->devices[0];

		d->last_step = (uint64_t)harness_now(h) / STEP_MS;
		record_store(h, &record);
	}
}

static uint32_t
login_while(unsigned times, int what, struct harness *h)
{
	struct phone p = phone_enrol(h);
	struct meanwhile m = { &p, times, what };
	uint32_t verdict;

	harness_time(h, HARNESS_TIME_MS + 5 * STEP_MS);
	harness_kv_hook(h, meanwhile_hook, &m);
	verdict = phone_login(h, &p, 0);
	harness_kv_hook(h, NULL, NULL);
	return verdict;
}

static void
test_stale(void **state)
{
	struct harness *h = phone_host();

	(void)state;
	/* the same code was accepted elsewhere */
	assert_int_equal(login_while(1, LOGS_IN, h), CSN_CONTINUE);
	harness_free(h);
	/* something else changed: look again, then accept */
	h = phone_host();
	assert_int_equal(login_while(3, FAILS, h), CSN_GRANT);
	assert_int_equal(fails(h), 0);
	harness_free(h);
	/* again and again: cannot tell */
	h = phone_host();
	assert_int_equal(login_while(1000, FAILS, h), CSN_ERROR);
	harness_free(h);
	/* an operator has reset the account */
	h = phone_host();
	assert_int_equal(login_while(1, IS_RESET, h), CSN_DENY);
	harness_free(h);
}

/* ------------------------------------------------------------------
 * Faults.
 */

/* Each operation of a login fails, before or after it was carried out. */
static void
test_store_faults(void **state)
{
	(void)state;
	for (int after = 0; after < 2; after++)
		for (unsigned i = 1; i <= 3; i++) {
			struct harness *h = phone_host();
			struct phone p = phone_enrol(h);
			struct harness_answer a;

			harness_time(h, HARNESS_TIME_MS + 5 * STEP_MS);
			harness_kv_fail(h, HARNESS_KV_ANY, i, after);
			(void)phone_step(h, CSN_EV_FORM, CSN_RQ_MAY_ENROL,
			    STR(""), phone_form(&p, harness_now(h)), &a);
			/* the third is none of this login */
			assert_int_equal(a.verdict, i < 3 ? CSN_ERROR :
			    CSN_GRANT);
			assert_int_equal(a.said, a.verdict);
			harness_answer_free(&a);
			harness_free(h);
		}
}

static void
test_memory(void **state)
{
	struct harness *h = phone_host();
	struct phone p = phone_enrol(h);
	struct harness_answer a;
	size_t budget = 0;
	uint32_t said;

	(void)state;
	harness_time(h, HARNESS_TIME_MS + 5 * STEP_MS);
	do {
		harness_budget(h, budget += 64);
		(void)phone_step(h, CSN_EV_FORM, 0, STR(""),
		    phone_form(&p, harness_now(h)), &a);
		if (a.tainted != NULL)
			assert_int_equal(a.said, CSN_ERROR);
		else
			assert_int_equal(a.said, CSN_GRANT);
		said = a.said;
		harness_answer_free(&a);
	} while (said != CSN_GRANT && budget < 100000);
	assert_true(budget < 100000);
	harness_free(h);
}

/* A record that is not wholly ours is an error, never "not enrolled". */
static void
test_corrupt(void **state)
{
	struct harness *h = phone_host();
	struct phone p = phone_enrol(h);
	struct csn_str raw;
	char copy[RECORD_SIZE_MAX];
	size_t n;

	(void)state;
	harness_time(h, HARNESS_TIME_MS + 5 * STEP_MS);
	assert_true(harness_kv_get(h, ACCOUNT_KEY, &raw));
	n = raw.n;
	memcpy(copy, raw.p, n);
	for (size_t cut = 0; cut < n; cut++) {
		harness_kv_put(h, ACCOUNT_KEY, str_of(copy, cut),
		    CSN_KV_DURABLE | CSN_KV_SECRET);
		assert_int_equal(phone_step(h, CSN_EV_BEGIN,
		    CSN_RQ_MAY_ENROL, STR(""), NULL, NULL), CSN_ERROR);
		assert_int_equal(phone_login(h, &p, 0), CSN_ERROR);
	}
	copy[n] = 'x';
	harness_kv_put(h, ACCOUNT_KEY, str_of(copy, n + 1),
	    CSN_KV_DURABLE | CSN_KV_SECRET);
	assert_int_equal(phone_login(h, &p, 0), CSN_ERROR);
	assert_int_equal(manage(h, "list"), CSN_ERROR);
	assert_int_equal(manage(h, "unlock"), CSN_ERROR);
	assert_true(harness_logged(h, "corrupt"));
	/* and the operator can get out of it */
	assert_int_equal(manage(h, "reset"), CSN_DONE);
	assert_int_equal(manage(h, "list"), CSN_DONE);
	harness_free(h);
}

static void
test_odd_requests(void **state)
{
	struct harness *h = phone_host();
	struct phone p = phone_enrol(h);
	struct csn_req req = harness_req(CSN_EV_FORM);
	struct harness_answer a;
	static const uint32_t events[] = { 0, CSN_EV_CALLBACK, CSN_EV_WAKE,
		CSN_EV_UNSOLICITED, CSN_EV_ENDPOINT, CSN_EV_LOOKUP, 99 };

	(void)state;
	harness_time(h, HARNESS_TIME_MS + 5 * STEP_MS);
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		assert_int_equal(phone_step(h, events[i], 0, STR(""),
		    phone_form(&p, harness_now(h)), NULL), CSN_ERROR);
	assert_int_equal(phone_step(h, CSN_EV_FORM, 0, STR("Z"),
	    phone_form(&p, harness_now(h)), NULL), CSN_ERROR);
	assert_int_equal(phone_step(h, CSN_EV_FORM, 0, STR("Hx"),
	    phone_wrong(&p, harness_now(h)), NULL), CSN_ERROR);
	/* nobody's account is nobody's */
	req.account = STR("");
	harness_step(h, &req, &a);
	assert_int_equal(a.verdict, CSN_ERROR);
	harness_answer_free(&a);
	req = harness_req(CSN_EV_OP);
	req.op = 99;
	harness_manage(h, &req, &a);
	assert_int_equal(a.verdict, CSN_ERROR);
	harness_answer_free(&a);
	harness_time(h, TOTP_EARLIEST_MS - 1);
	assert_int_equal(phone_login(h, &p, 0), CSN_ERROR);
	assert_int_equal(harness_selftest(h, 0), CSN_E_INVALID);
	harness_free(h);
}

/* A hint never grants, and a fast clock needs two codes. */
static void
test_hint_fast(void **state)
{
	struct harness *h = phone_host();
	struct phone p = phone_enrol(h);
	struct harness_answer a, b;
	int64_t ahead = 20 * STEP_MS;

	(void)state;
	harness_time(h, HARNESS_TIME_MS + 5 * STEP_MS);
	assert_int_equal(phone_step(h, CSN_EV_FORM, 0, STR(""),
	    phone_form(&p, harness_now(h) + ahead), &a), CSN_CONTINUE);
	assert_true(str_starts(a.reply.message, STR("That code is not")));
	/* the same code again is no second witness */
	assert_int_equal(phone_step(h, CSN_EV_FORM, 0, a.reply.state,
	    phone_form(&p, harness_now(h) + ahead), &b), CSN_CONTINUE);
	assert_true(str_starts(b.reply.message, STR("That code is not")));
	harness_answer_free(&b);
	harness_time(h, harness_now(h) + STEP_MS);
	assert_int_equal(phone_step(h, CSN_EV_FORM, 0, a.reply.state,
	    phone_form(&p, harness_now(h) + ahead), &b), CSN_CONTINUE);
	assert_true(str_find(b.reply.message, STR("minutes fast")) > 0);
	assert_int_equal(fails(h), 3);
	harness_answer_free(&a);
	harness_answer_free(&b);
	harness_free(h);
}

/* Whether a wrong code will be right later shows by no byte more or less: the
 * state's length is that of the cookie that it travels in. */
static void
test_hint_length(void **state)
{
	struct harness *h = phone_host();
	struct phone p = phone_enrol(h);
	struct harness_answer later, never;

	(void)state;
	harness_time(h, HARNESS_TIME_MS + 5 * STEP_MS);
	assert_int_equal(phone_step(h, CSN_EV_FORM, 0, STR(""),
	    phone_form(&p, harness_now(h) + 20 * STEP_MS), &later),
	    CSN_CONTINUE);
	assert_int_equal(phone_step(h, CSN_EV_FORM, 0, STR(""),
	    phone_wrong(&p, harness_now(h)), &never), CSN_CONTINUE);
	assert_true(str_equal(later.reply.message, never.reply.message));
	assert_int_equal(later.reply.state.n, never.reply.state.n);
	/* one that says nothing is no witness either */
	harness_answer_free(&later);
	assert_int_equal(phone_step(h, CSN_EV_FORM, 0, never.reply.state,
	    phone_form(&p, harness_now(h) + 20 * STEP_MS), &later),
	    CSN_CONTINUE);
	assert_true(str_equal(later.reply.message, never.reply.message));
	harness_answer_free(&later);
	harness_answer_free(&never);
	harness_free(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_drift),
		cmocka_unit_test(test_fails),
		cmocka_unit_test(test_unlock),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_race),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_store_faults),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_corrupt),
		cmocka_unit_test(test_odd_requests),
		cmocka_unit_test(test_hint_fast),
		cmocka_unit_test(test_hint_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
