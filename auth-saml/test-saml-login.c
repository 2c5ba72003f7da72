/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-saml-login.c - logins with genuine answers, and what is asked for
 */
#include "saml_testing.h"

#include <stdlib.h>

#include "lib/base64url.h"
#include "lib/testing.h"
#include "lib/url.h"

#include "bind.h"
#include "texts.h"

static char *
genuine_form(const char *folder)
{
	struct csn_str xml = saml_file(folder, "response.xml");
	struct buf b;
	char *form;

	buf_init(&b, 1u << 20);
	base64_encode(&b, xml);
	form = saml_form((const char *)b.p);
	buf_free(&b);
	free((void *)(uintptr_t)xml.p);
	return form;
}

static void
login(struct harness *h, const char *form, struct harness_answer *ret)
{
	struct harness_answer begun;

	saml_begin(h, &begun);
	if (begun.verdict != CSN_CONTINUE)
		fail_msg("%s: %s", begun.broken != NULL ? begun.broken : "",
		    harness_log(h));
	saml_callback(h, &begun, form, ret);
	harness_answer_free(&begun);
}

static void
grant(const char *folder, const char *subject)
{
	struct harness *h = saml_host(folder);
	char *form = genuine_form(folder);
	struct harness_answer a;

	harness_must_open(h);
	login(h, form, &a);
	if (a.verdict != CSN_GRANT)
		fail_msg("%s: %s %s: %s", folder,
		    harness_verdict_name(a.verdict),
		    a.broken != NULL ? a.broken : "", harness_log(h));
	assert_str(a.reply.subject, subject);
	assert_true(a.reply.auth_time_ms > 0);
	assert_int_equal(a.reply.session_keys.n, 2);
	harness_answer_free(&a);

	/* the same answer a second time */
	login(h, form, &a);
	assert_int_equal(a.verdict, CSN_DENY);
	assert_int_equal(a.reply.reason, CSN_R_REPLAY);
	assert_true(harness_logged(h, "rule=replay"));
	harness_answer_free(&a);
	free(form);
	harness_free(h);
}

static void
genuine_answers_are_let_in(void **state)
{
	(void)state;
	grant("simplesamlphp", "alice");
	grant("simplesamlphp-assertion", "alice");
	grant("simplesamlphp-encrypted", "bob");
	grant("keycloak", "alice");
	grant("lemonldap", "dwho");
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

	(void)snprintf(path, sizeof(path), "%s/auth-saml/po/ja.po",
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
every_text_is_translated(void **state)
{
	static const char *const texts[] = { TEXT_REFUSED, TEXT_UNAVAILABLE,
		TEXT_REPLAYED, TEXT_TIMES, TEXT_SUBJECT, TEXT_WAIT,
		TEXT_CHOOSE, TEXT_SEARCH, TEXT_NOT_FOUND, TEXT_AUTHN_FAILED,
		TEXT_NO_PASSIVE, TEXT_NO_CONTEXT, TEXT_DENIED,
		TEXT_UNKNOWN_PERSON, TEXT_NAME_POLICY, TEXT_NO_IDP,
		TEXT_UNSUPPORTED, TEXT_REQUESTER, TEXT_RESPONDER };
	const char *catalogue = catalogue_read();
	char want[1024];
	const char *at;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		(void)snprintf(want, sizeof(want), "msgid \"%s\"", texts[i]);
		at = strstr(catalogue, want);
		if (at == NULL)
			fail_msg("not in po/ja.po: %s", texts[i]);
		at += strlen(want);
		assert_int_equal(strncmp(at, "msgstr \"", 8), 0);
		assert_int_not_equal(at[8], '"');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(genuine_answers_are_let_in),
		cmocka_unit_test(every_text_is_translated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
