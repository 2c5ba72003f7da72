/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-totp-golden.c - transcripts of the plugin, and its shared object
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/harness/golden.h"

static void
test_transcripts(void **state)
{
	(void)state;
	assert_true(golden_replay_folder(&countersign_plugin_1,
	    "auth-totp/golden") > 0);
}

/* The same from the shared object, which resolves every symbol by itself. */
static void
test_shared_object(void **state)
{
	struct harness *h = harness_load_built("auth-totp/.libs/totp.so");
	struct csn_req req = harness_req(CSN_EV_BEGIN);
	struct harness_answer a;

	(void)state;
	assert_non_null(h);
	assert_ptr_not_equal(harness_plugin(h), &countersign_plugin_1);
	harness_option(h, "issuer", "Example");
	harness_must_open(h);
	assert_int_equal(harness_selftest(h, 1), CSN_OK);
	harness_step(h, &req, &a);
	assert_int_equal(a.verdict, CSN_DENY);
	assert_int_equal(a.reply.reason, CSN_R_NOT_ENROLLED);
	harness_answer_free(&a);
	harness_free(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shared_object),
		cmocka_unit_test(test_transcripts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
