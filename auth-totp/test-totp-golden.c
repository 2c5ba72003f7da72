/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-totp-golden.c - transcripts of the plugin, and its catalogue
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/harness/golden.h"

#include "texts.h"

static void
test_transcripts(void **state)
{
	(void)state;
	assert_true(golden_replay_folder(&countersign_plugin_1,
	    "auth-totp/golden") > 0);
}

/* The catalogue with its lines joined: "a" newline "b" is "ab". */
static char *
catalogue_read(void)
{
	const char *top = getenv("CSN_TOP_SRCDIR");
	static char text[65536];
	char path[2048], line[1024];
	size_t n = 0, k, from;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/auth-totp/po/ja.po",
	    top != NULL ? top : ".");
	f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		k = strcspn(line, "\n");
		from = line[0] == '"' && n > 0 && text[n - 1] == '"';
		n -= from;
		assert_true(n + k < sizeof(text));
		memcpy(text + n, line + from, k - from);
		n += k - from;
	}
	text[n] = '\0';
	(void)fclose(f);
	return text;
}

static void
test_catalogue(void **state)
{
	static const char *const texts[] = { TEXT_CODE, TEXT_ASK, TEXT_WRONG,
		TEXT_REPLAY, TEXT_SLOW, TEXT_FAST, TEXT_DISABLED, TEXT_ENROL,
		TEXT_KEY, TEXT_ACCOUNT, TEXT_SETTINGS, TEXT_MEANWHILE,
		TEXT_TOO_MANY, TEXT_DEVICE, TEXT_OFF, TEXT_NAME, TEXT_FULL,
		TEXT_LAST, TEXT_NONE, TEXT_UNKNOWN };
	const char *catalogue = catalogue_read();
	char want[1024];
	const char *at;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		(void)snprintf(want, sizeof(want), "msgid \"%s\"", texts[i]);
		at = strstr(catalogue, want);
		if (at == NULL)
			fail_msg("not in po/ja.po: %s", texts[i]);
		at += strlen(want);
		assert_int_equal(strncmp(at, "msgstr \"", 8), 0);
		assert_int_not_equal(at[8], '"');
	}
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
		cmocka_unit_test(test_catalogue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
