/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-totp-enrol.c - the first device: security.md E1 to E4 as far as the
 * plugin has a part in them, and what the key looks like
 */
#include <pthread.h>
#include <stdlib.h>

#include "tests/harness/totp_phone.h"

#include "otp.h"

static uint32_t
begin(struct harness *h, uint32_t flags, struct harness_answer *ret)
{
	return phone_step(h, CSN_EV_BEGIN, flags, STR(""), NULL, ret);
}

static void
test_flag(void **state)
{
	struct harness *h = phone_host();
	struct harness_answer a, b;
	struct phone p;

	(void)state;
	assert_int_equal(begin(h, 0, &a), CSN_DENY);
	assert_int_equal(a.reply.reason, CSN_R_NOT_ENROLLED);
	harness_answer_free(&a);
	assert_int_equal(begin(h, CSN_RQ_MAY_ENROL, &a), CSN_CONTINUE);
	p = phone_scanned(&a);
	/* a pending secret without the flag, whatever the code */
	assert_int_equal(phone_step(h, CSN_EV_FORM, 0, a.reply.state,
	    phone_form(&p, harness_now(h)), &b), CSN_DENY);
	assert_int_equal(b.reply.reason, CSN_R_NOT_ENROLLED);
	harness_answer_free(&b);
	assert_int_equal(harness_kv_size(h), 0);
	/* the flag without a pending secret only shows a key */
	assert_int_equal(phone_step(h, CSN_EV_FORM, CSN_RQ_MAY_ENROL,
	    STR(""), phone_form(&p, harness_now(h)), NULL), CSN_CONTINUE);
	assert_int_equal(harness_kv_size(h), 0);
	assert_int_equal(phone_step(h, CSN_EV_FORM, CSN_RQ_MAY_ENROL,
	    a.reply.state, phone_form(&p, harness_now(h)), &b), CSN_GRANT);
	assert_int_equal(b.reply.flags, CSN_RP_ENROLLED);
	harness_answer_free(&b);
	harness_answer_free(&a);
	/* an enrolled person is asked for a code, flag or not */
	assert_int_equal(begin(h, CSN_RQ_MAY_ENROL, &a), CSN_CONTINUE);
	assert_null(harness_prompt(&a, "qr"));
	assert_int_equal(a.reply.state.n, 0);
	harness_answer_free(&a);
	harness_free(h);
}

static void
test_same_key(void **state)
{
	struct harness *h = phone_host();
	struct harness_answer a, b;
	struct phone p;
	uint32_t tries = 0;

	(void)state;
	assert_int_equal(begin(h, CSN_RQ_MAY_ENROL, &a), CSN_CONTINUE);
	p = phone_scanned(&a);
	while (phone_step(h, CSN_EV_FORM, CSN_RQ_MAY_ENROL, a.reply.state,
	    phone_wrong(&p, harness_now(h)), &b) == CSN_CONTINUE) {
		tries++;
		assert_int_equal(b.reply.reason, CSN_R_CREDENTIAL);
		assert_true(str_equal(harness_prompt(&b, "qr")->value,
		    harness_prompt(&a, "qr")->value));
		harness_answer_free(&a);
		a = b;
	}
	/* and not without end */
	assert_int_equal(b.verdict, CSN_DENY);
	assert_int_equal(tries, 19);
	harness_answer_free(&a);
	harness_answer_free(&b);
	/* another exchange has another key */
	assert_int_equal(begin(h, CSN_RQ_MAY_ENROL, &a), CSN_CONTINUE);
	assert_memory_not_equal(phone_scanned(&a).secret, p.secret, p.n);
	harness_answer_free(&a);
	harness_free(h);
}

/* Two windows: whoever is second ends, and overwrites nothing. */
static void
test_two_windows(void **state)
{
	struct harness *h = phone_host();
	struct harness_answer a, b;
	struct phone p, q;
	struct csn_str raw;

	(void)state;
	assert_int_equal(begin(h, CSN_RQ_MAY_ENROL, &a), CSN_CONTINUE);
	assert_int_equal(begin(h, CSN_RQ_MAY_ENROL, &b), CSN_CONTINUE);
	p = phone_scanned(&a);
	q = phone_scanned(&b);
	assert_int_equal(phone_step(h, CSN_EV_FORM, CSN_RQ_MAY_ENROL,
	    a.reply.state, phone_form(&p, harness_now(h)), NULL), CSN_GRANT);
	assert_int_equal(phone_step(h, CSN_EV_FORM, CSN_RQ_MAY_ENROL,
	    b.reply.state, phone_form(&q, harness_now(h)), NULL), CSN_DENY);
	assert_true(harness_kv_get(h, ACCOUNT_KEY, &raw));
	assert_memory_equal(phone_stored(h, 0).secret, p.secret, p.n);
	harness_answer_free(&a);
	harness_answer_free(&b);
	harness_free(h);
}

struct racer {
	struct harness *h;
	struct csn_str state;
	struct phone phone;
	pthread_barrier_t *barrier;
	uint32_t verdict;
};

static void *
racer_run(void *arg)
{
	struct racer *r = arg;

	(void)pthread_barrier_wait(r->barrier);
	r->verdict = phone_step(r->h, CSN_EV_FORM, CSN_RQ_MAY_ENROL,
	    r->state, phone_form(&r->phone, harness_now(r->h)), NULL);
	return NULL;
}

static void
test_race(void **state)
{
	pthread_barrier_t barrier;

	(void)state;
	assert_int_equal(pthread_barrier_init(&barrier, NULL, 2), 0);
	for (unsigned i = 0; i < 50; i++) {
		struct harness *h = phone_host();
		struct harness_answer a[2];
		struct racer racer[2];
		pthread_t thread[2];

		for (unsigned k = 0; k < 2; k++) {
			(void)begin(h, CSN_RQ_MAY_ENROL, &a[k]);
			racer[k] = (struct racer){ h, a[k].reply.state,
				phone_scanned(&a[k]), &barrier, 0 };
		}
		for (unsigned k = 0; k < 2; k++)
			assert_int_equal(pthread_create(&thread[k], NULL,
			    racer_run, &racer[k]), 0);
		for (unsigned k = 0; k < 2; k++)
			assert_int_equal(pthread_join(thread[k], NULL), 0);
		assert_int_equal((racer[0].verdict == CSN_GRANT) +
		    (racer[1].verdict == CSN_GRANT), 1);
		assert_int_equal((racer[0].verdict == CSN_DENY) +
		    (racer[1].verdict == CSN_DENY), 1);
		harness_answer_free(&a[0]);
		harness_answer_free(&a[1]);
		harness_free(h);
	}
	(void)pthread_barrier_destroy(&barrier);
}

/* A fault at each operation of an enrolment; nothing is granted. */
static void
test_faults(void **state)
{
	(void)state;
	for (int after = 0; after < 2; after++)
		for (unsigned i = 1; i <= 2; i++) {
			struct harness *h = phone_host();
			struct harness_answer a, b;
			struct phone p;

			(void)begin(h, CSN_RQ_MAY_ENROL, &a);
			p = phone_scanned(&a);
			harness_kv_fail(h, HARNESS_KV_ANY, i, after);
			(void)phone_step(h, CSN_EV_FORM, CSN_RQ_MAY_ENROL,
			    a.reply.state, phone_form(&p, harness_now(h)),
			    &b);
			assert_int_equal(b.said, CSN_ERROR);
			assert_int_equal(b.verdict, CSN_ERROR);
			harness_answer_free(&a);
			harness_answer_free(&b);
			harness_free(h);
		}
}

/* Every byte of a state that is not as it was: an error, and no device. */
static void
test_state(void **state)
{
	struct harness *h = phone_host();
	struct harness_answer a;
	struct phone p;
	char copy[256];

	(void)state;
	(void)begin(h, CSN_RQ_MAY_ENROL, &a);
	p = phone_scanned(&a);
	assert_true(a.reply.state.n < sizeof(copy));
	memcpy(copy, a.reply.state.p, a.reply.state.n);
	for (size_t cut = 1; cut < a.reply.state.n; cut++)
		assert_int_equal(phone_step(h, CSN_EV_FORM,
		    CSN_RQ_MAY_ENROL, str_of(copy, cut),
		    phone_form(&p, harness_now(h)), NULL), CSN_ERROR);
	copy[4] ^= 1;		/* another account */
	assert_int_equal(phone_step(h, CSN_EV_FORM, CSN_RQ_MAY_ENROL,
	    str_of(copy, a.reply.state.n), phone_form(&p, harness_now(h)),
	    NULL), CSN_ERROR);
	assert_int_equal(harness_kv_size(h), 0);
	harness_answer_free(&a);
	harness_free(h);
}

/* Sizes by hash, real random bytes, and never a word of it in the log. */
static void
test_secrets(void **state)
{
	static const char *const algs[] = { "sha1", "sha256", "sha512" };
	static const size_t sizes[] = { 20, 32, 64 };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct harness *h = harness_new(&countersign_plugin_1);
		struct harness_answer a;
		struct phone p;

		harness_option(h, "issuer", "Example");
		harness_option(h, "algorithm", algs[i]);
		harness_option(h, "period", "60s");
		harness_must_open(h);
		(void)begin(h, CSN_RQ_MAY_ENROL, &a);
		p = phone_scanned(&a);
		assert_int_equal(p.n, sizes[i]);
		assert_true(str_starts(harness_prompt(&a, "qr")->value,
		    STR("otpauth://totp/Example:alice?secret=")));
		assert_int_equal(phone_step(h, CSN_EV_FORM,
		    CSN_RQ_MAY_ENROL, a.reply.state,
		    phone_form(&p, harness_now(h)), NULL), CSN_GRANT);
		assert_false(harness_logged(h,
		    harness_prompt(&a, "key")->value.p));
		harness_answer_free(&a);
		harness_free(h);
	}
}

/* Names of 255 bytes of any script still fit the picture. */
static void
test_long_names(void **state)
{
	struct harness *h = harness_new(&countersign_plugin_1);
	struct csn_req req = harness_req(CSN_EV_BEGIN);
	struct harness_answer a;
	char name[256], issuer[65];

	(void)state;
	for (unsigned i = 0; i < 255; i += 3)
		memcpy(name + i, "\xe5\xb1\xb1", 3);
	name[255] = '\0';
	memset(issuer, '%', 64);
	issuer[64] = '\0';
	harness_option(h, "issuer", issuer);
	harness_option(h, "algorithm", "sha512");
	harness_must_open(h);
	req.subject = str_from(name);
	req.flags = CSN_RQ_MAY_ENROL;
	harness_step(h, &req, &a);
	assert_int_equal(a.verdict, CSN_CONTINUE);
	assert_true(harness_prompt(&a, "qr")->value.n <= 2376);
	harness_answer_free(&a);
	harness_free(h);
}

static int32_t
open_issuer(const char *issuer)
{
	struct harness *h = harness_new(&countersign_plugin_1);
	int32_t rc;

	harness_option(h, "issuer", issuer);
	rc = harness_open(h);
	harness_free(h);
	return rc;
}

static void
test_options(void **state)
{
	(void)state;
	assert_int_equal(open_issuer("Example Remote Access"), CSN_OK);
	assert_int_equal(open_issuer("\xe5\xb1\xb1"), CSN_OK);
	assert_int_equal(open_issuer(""), CSN_E_INVALID);
	assert_int_equal(open_issuer("a:b"), CSN_E_INVALID);
	assert_int_equal(open_issuer(" a"), CSN_E_INVALID);
	assert_int_equal(open_issuer("a\nb"), CSN_E_INVALID);
	assert_int_equal(open_issuer("a\xff"), CSN_E_INVALID);
}

/* The clock fails between the key and its code: an error, nothing is kept,
 * and the same key is confirmed once it is right again. */
static void
test_clock_fails_midway(void **state)
{
	struct harness *h = phone_host();
	struct harness_answer a;
	int64_t now = harness_now(h);
	struct phone p;

	(void)state;
	assert_int_equal(begin(h, CSN_RQ_MAY_ENROL, &a), CSN_CONTINUE);
	p = phone_scanned(&a);
	for (int64_t bad = 0; bad <= 86400000; bad += 86400000) {
		harness_time(h, bad);
		assert_int_equal(phone_step(h, CSN_EV_FORM, CSN_RQ_MAY_ENROL,
		    a.reply.state, phone_form(&p, now), NULL), CSN_ERROR);
		assert_int_equal(harness_kv_size(h), 0);
		assert_int_equal(begin(h, CSN_RQ_MAY_ENROL, NULL),
		    CSN_ERROR);
	}
	harness_time(h, now);
	assert_int_equal(phone_step(h, CSN_EV_FORM, CSN_RQ_MAY_ENROL,
	    a.reply.state, phone_form(&p, now), NULL), CSN_GRANT);
	/* back again, behind the enrolment: its code is used up */
	harness_time(h, now - 86400000);
	assert_int_not_equal(phone_step(h, CSN_EV_FORM, 0, STR(""),
	    phone_form(&p, now), NULL), CSN_GRANT);
	assert_int_not_equal(phone_step(h, CSN_EV_FORM, 0, STR(""),
	    phone_form(&p, now - 86400000), NULL), CSN_GRANT);
	harness_answer_free(&a);
	harness_free(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flag),
		cmocka_unit_test(test_same_key),
		cmocka_unit_test(test_two_windows),
		cmocka_unit_test(test_race),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_clock_fails_midway),
		cmocka_unit_test(test_state),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
