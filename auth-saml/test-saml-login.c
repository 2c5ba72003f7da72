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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(genuine_answers_are_let_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
