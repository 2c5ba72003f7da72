/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-file.c - the plugin itself: transcripts, and what they cannot show
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "tests/harness/golden.h"

#include "hash.h"

/* bcrypt of cost 4, and of cost 9: some 32 times as long; "Hunter2!" */
#define QUICK	"$2y$04$abcdefghijklmnopqrstuu9bm0BAgiqtq4VQmdTg9qvaFFICiU4jG"
#define SLOW	"$2y$09$abcdefghijklmnopqrstuuldtDDNRZFxDTUVPvtBH845GOIc0QWQ."

static void
test_transcripts(void **state)
{
	(void)state;
	assert_true(golden_replay_folder(&countersign_plugin_1,
	    "auth-file/golden") > 0);
}

static struct harness *
file_host(const char *users)
{
	struct harness *h = harness_new(&countersign_plugin_1);

	harness_option(h, "users", users);
	harness_must_open(h);
	return h;
}

static uint32_t
login(struct harness *h, const char *form, struct harness_answer *ret)
{
	struct csn_req req = harness_req(CSN_EV_FORM);
	struct harness_answer a;
	uint32_t verdict;

	req.subject = req.realm = req.subject_id = req.account = STR("");
	harness_params(h, &req, form);
	harness_step(h, &req, &a);
	verdict = a.verdict;
	if (ret != NULL)
		*ret = a;
	else
		harness_answer_free(&a);
	return verdict;
}

static bool
answers_alike(const struct harness_answer *a, const struct harness_answer *b)
{
	return a->verdict == b->verdict &&
	    a->reply.reason == b->reply.reason &&
	    a->reply.action == b->reply.action &&
	    a->reply.retry_s == b->reply.retry_s &&
	    a->reply.nprompts == b->reply.nprompts &&
	    str_equal(a->reply.message, b->reply.message) &&
	    a->reply.state.n == b->reply.state.n &&
	    a->reply.prompts[1].flags == b->reply.prompts[1].flags &&
	    str_equal(a->reply.prompts[1].value, b->reply.prompts[1].value);
}

/* Nothing that a page could show differs. */
static void
test_same_words(void **state)
{
	static const char *const forms[] = { "username=alice&password=x",
		"username=nobody&password=x", "username=dave&password=x",
		"username=nobody&password=Hunter2!", "username=alice",
		"username=&password=Hunter2!", "username=al%01&password=x",
		"password=Hunter2!", "" };
	struct harness *h = file_host("alice:" QUICK "\nbob:" QUICK "\n");
	struct harness_answer first, a;

	(void)state;
	(void)login(h, forms[0], &first);
	assert_int_equal(first.verdict, CSN_CONTINUE);
	assert_int_equal(first.reply.reason, CSN_R_CREDENTIAL);
	for (size_t i = 1; i < sizeof(forms) / sizeof(forms[0]); i++) {
		(void)login(h, forms[i], &a);
		assert_true(answers_alike(&first, &a));
		harness_answer_free(&a);
	}
	assert_string_equal(harness_log(h), "");
	harness_answer_free(&first);
	harness_free(h);
}

static int64_t
cpu_us(void)
{
	struct timespec ts;

	assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts), 0);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* The least of a few: what else the machine does only adds. */
static int64_t
login_us(struct harness *h, const char *form)
{
	int64_t least = INT64_MAX, before, took;

	for (unsigned i = 0; i < 3; i++) {
		before = cpu_us();
		(void)login(h, form, NULL);
		took = cpu_us() - before;
		if (took < least)
			least = took;
	}
	return least;
}

/* An unknown name takes the time of a known one's hash. */
static void
test_same_time(void **state)
{
	struct harness *h = file_host("alice:" SLOW "\nbob:" SLOW "\n");
	int64_t known = login_us(h, "username=alice&password=x");
	int64_t unknown = login_us(h, "username=nobody&password=x");

	(void)state;
	assert_true(known > 5000);
	assert_true(unknown > known / 2);
	assert_true(unknown < known * 2);
	harness_free(h);
	/* of two kinds, each unknown name has one and keeps it: the second
	 * user's hash is so quick that its names stand apart */
	h = file_host("alice:" SLOW "\nbob:" QUICK "\n");
	assert_true(login_us(h, "username=bob&password=x") < known / 4);
	for (unsigned i = 0, quick = 0; quick < 2; i++) {
		char form[64];

		(void)snprintf(form, sizeof(form), "username=n%u&password=x",
		    i);
		assert_true(i < 64);
		if (login_us(h, form) < known / 4) {
			assert_true(login_us(h, form) < known / 4);
			quick++;
		}
	}
	harness_free(h);
}

/* The host is asked before the hash is computed, and can say no. */
static void
test_throttle(void **state)
{
	struct harness *h = file_host("Alice:" SLOW "\n");
	struct harness_answer a;

	(void)state;
	assert_int_equal(login(h, "username=alice&password=Hunter2!", NULL),
	    CSN_GRANT);
	assert_int_equal(harness_throttle_calls(h), 1);
	assert_string_equal(harness_throttle_subject(h), "Alice");
	harness_throttle(h, CSN_E_LIMIT);
	assert_int_equal(login(h, "username=alice&password=Hunter2!", &a),
	    CSN_DENY);
	assert_int_equal(a.reply.reason, CSN_R_THROTTLED);
	assert_true(login_us(h, "username=alice&password=Hunter2!") < 5000);
	harness_answer_free(&a);
	/* the same for names that do not exist, and no name is told on */
	assert_int_equal(login(h, "username=Hunter2!&password=x", &a),
	    CSN_DENY);
	assert_int_equal(a.reply.reason, CSN_R_THROTTLED);
	assert_true(strncmp(harness_throttle_subject(h), "unknown:", 8) == 0);
	assert_null(strstr(harness_throttle_subject(h), "Hunter2"));
	harness_answer_free(&a);
	harness_throttle(h, CSN_E_BACKEND);
	assert_int_equal(login(h, "username=alice&password=Hunter2!", NULL),
	    CSN_ERROR);
	harness_free(h);
}

/* Tries under names that differ by case count together, whether somebody has
 * the name or nobody: else who counts apart is nobody. */
static void
test_throttle_case(void **state)
{
	static const char *const forms[] = { "username=nobody&password=x",
		"username=NOBODY&password=x", "username=Nobody&password=x",
		"username=%EF%BC%AEobody&password=x" };
	struct harness *h = file_host("alice:" QUICK "\n");
	char first[64];

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		assert_int_equal(login(h, forms[i], NULL), CSN_CONTINUE);
		if (i == 0)
			(void)snprintf(first, sizeof(first), "%s",
			    harness_throttle_subject(h));
		assert_string_equal(harness_throttle_subject(h), first);
	}
	assert_int_equal(login(h, "username=other&password=x", NULL),
	    CSN_CONTINUE);
	assert_string_not_equal(harness_throttle_subject(h), first);
	harness_free(h);
}

static void
test_memory(void **state)
{
	struct harness *h = file_host("alice:" QUICK ":A:a@example.com:x\n");
	struct harness_answer a;
	size_t budget = 0;
	uint32_t said;

	(void)state;
	do {
		harness_budget(h, budget += 16);
		said = login(h, "username=alice&password=Hunter2!", &a);
		assert_true(said == CSN_GRANT || said == CSN_ERROR);
		if (a.tainted != NULL)
			assert_int_not_equal(a.said, CSN_GRANT);
		harness_answer_free(&a);
	} while (said != CSN_GRANT && budget < 10000);
	assert_int_equal(said, CSN_GRANT);
	harness_free(h);
}

static void
test_events(void **state)
{
	static const uint32_t step[] = { 0, CSN_EV_CALLBACK, CSN_EV_WAKE,
		CSN_EV_UNSOLICITED, CSN_EV_LOOKUP, 99 };
	static const uint32_t serve[] = { 0, CSN_EV_BEGIN, CSN_EV_FORM,
		CSN_EV_ENDPOINT, 99 };
	struct harness *h = file_host("alice:" QUICK "\n");
	struct csn_req req = harness_req(CSN_EV_FORM);
	struct harness_answer a;

	(void)state;
	harness_params(h, &req, "username=alice&password=Hunter2!");
	for (size_t i = 0; i < sizeof(step) / sizeof(step[0]); i++) {
		req.event = step[i];
		harness_step(h, &req, &a);
		assert_int_equal(a.verdict, CSN_ERROR);
		harness_answer_free(&a);
	}
	for (size_t i = 0; i < sizeof(serve) / sizeof(serve[0]); i++) {
		req.event = serve[i];
		harness_serve(h, &req, &a);
		assert_int_equal(a.verdict, CSN_ERROR);
		harness_answer_free(&a);
	}
	assert_int_equal(harness_selftest(h, 1), CSN_OK);
	harness_free(h);
}

/* The same from the shared object, which resolves every symbol by itself. */
static void
test_shared_object(void **state)
{
	struct harness *h = harness_load_built("auth-file/.libs/file.so");

	(void)state;
	assert_non_null(h);
	assert_ptr_not_equal(harness_plugin(h), &countersign_plugin_1);
	harness_option(h, "users", "alice:" QUICK "\n");
	harness_must_open(h);
	assert_int_equal(harness_selftest(h, 1), CSN_OK);
	assert_int_equal(login(h, "username=alice&password=Hunter2!", NULL),
	    CSN_GRANT);
	harness_free(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shared_object),
		cmocka_unit_test(test_transcripts),
		cmocka_unit_test(test_same_words),
		cmocka_unit_test(test_same_time),
		cmocka_unit_test(test_throttle),
		cmocka_unit_test(test_throttle_case),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
