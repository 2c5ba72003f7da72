/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-saml-object.c - the shared object itself, which resolves every symbol
 * and brings up its libraries once
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/harness/plugin_harness.h"

static void
the_shared_object_opens(void **state)
{
	struct harness *h = harness_load_built("auth-saml/.libs/saml.so");
	struct harness_answer a;
	struct csn_req req = harness_req(CSN_EV_BEGIN);

	(void)state;
	assert_non_null(h);
	harness_option(h, "idp", "google");
	harness_option(h, "metadata", "https://idp.example.org/metadata");
	harness_must_open(h);
	harness_step(h, &req, &a);
	assert_int_equal(a.verdict, CSN_CONTINUE);
	assert_null(a.broken);
	harness_answer_free(&a);
	harness_free(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shared_object_opens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
