/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-gate-refresh.c - when a factor is asked to refresh again: what it says
 * counts, within bounds, when it failed too (plugin.h, refresh)
 */
#include "gate.h"
#include "host_testing.h"

static void
test_after(void **state)
{
	static const struct { int32_t rc; uint32_t said, after; } rows[] = {
		{ CSN_OK, 0, 0 },	/* never again */
		{ CSN_OK, 1, 10 },
		{ CSN_OK, 10, 10 },
		{ CSN_OK, 86400, 86400 },
		/* it said nothing, or was stopped before it could */
		{ CSN_E_BACKEND, 0, 10 },
		{ CSN_E_BACKEND, 9, 10 },
		{ CSN_E_BACKEND, 20, 20 },
		{ CSN_E_INVALID, 60, 60 },
		{ CSN_E_BACKEND, 300, 300 },
		/* what it says of what it has not got */
		{ CSN_E_BACKEND, 301, 300 },
		{ CSN_E_BACKEND, UINT32_MAX, 300 },
		{ 1, 86400, 300 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(gate_refresh_after(rows[i].rc, rows[i].said),
		    rows[i].after);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_after),
	};

	return cmocka_run_group_tests_name("gate-refresh", tests, NULL, NULL);
}
