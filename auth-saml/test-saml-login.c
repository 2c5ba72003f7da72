/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-saml-login.c - logins with genuine answers, and what is asked for
 */
#include "saml_testing.h"

#include <stdlib.h>
#include <sys/wait.h>

#include "lib/base64url.h"
#include "lib/testing.h"
#include "lib/url.h"

#include "bind.h"

#define IDP "https://127.0.0.1:9444/simplesaml/saml2/idp/"

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

/* The genuine provider by hand, with other keys. */
static struct harness *
host_with(char *certificates)
{
	struct harness *h = harness_new(&countersign_plugin_1);
	struct csn_str now = saml_file("simplesamlphp", "now");

	for (char *p = certificates; (p = strchr(p, '|')) != NULL; p++)
		*p = '\n';
	harness_time(h, strtoll(now.p, NULL, 10));
	free((void *)(uintptr_t)now.p);
	harness_option(h, "idp", "simplesamlphp");
	harness_option(h, "idp_entity_id", IDP "metadata.php");
	harness_option(h, "sso_url", IDP "SSOService.php");
	harness_option(h, "idp_certificate", certificates);
	saml_option_file(h, "signing_key", "simplesamlphp", "sp.key");
	saml_option_file(h, "certificate", "simplesamlphp", "sp.crt");
	harness_option(h, "subject", "uid");
	harness_must_open(h);
	return h;
}

static void
ecdsa_case(char *line)
{
	enum { NAME, WANT, CERTIFICATES, VALUE, FIELDS };
	struct harness_answer a;
	struct harness *h;
	char *f[FIELDS], *form;

	saml_fields(line, f, FIELDS);
	h = host_with(f[CERTIFICATES]);
	form = saml_form(f[VALUE]);
	login(h, form, &a);
	if (strcmp(f[WANT], "GRANT") == 0 ? a.verdict != CSN_GRANT :
	    !saml_refused_by(h, &a, f[WANT]))
		fail_msg("%s: %s\n%s", f[NAME],
		    harness_verdict_name(a.verdict), harness_log(h));
	harness_answer_free(&a);
	free(form);
	harness_free(h);
}

/* Signed by another hand than ours, on each curve; a provider may also roll
 * over from RSA. */
static void
answers_signed_by_ecdsa(void **state)
{
	char *line = NULL;
	size_t room = 0, n = 0;
	int status = -1;
	FILE *f;
	pid_t pid = saml_generator("ecdsa_cases.py", "simplesamlphp", &f);

	(void)state;
	for (; getline(&line, &room, f) > 0; n++)
		ecdsa_case(line);
	free(line);
	(void)fclose(f);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(n >= 28);
}

/* Encrypted for sp.key; NULL ends the keys that are there beside the one that
 * signs. */
static void
decrypts(const char *signing, const char *const folders[static 3],
    const char *want)
{
	static const char encrypted[] = "simplesamlphp-encrypted";
	struct harness *h = harness_new(&countersign_plugin_1);
	struct csn_str now = saml_file(encrypted, "now");
	char *form = genuine_form(encrypted);
	struct harness_answer a;

	harness_time(h, strtoll(now.p, NULL, 10));
	free((void *)(uintptr_t)now.p);
	saml_option_file(h, "metadata_file", encrypted, "metadata.xml");
	saml_option_file(h, "signing_key", signing, "sp.key");
	for (size_t i = 0; i < 3 && folders[i] != NULL; i++)
		saml_option_file(h, "decryption_key", folders[i], "sp.key");
	harness_option(h, "idp", "simplesamlphp");
	harness_option(h, "subject", "uid");
	harness_must_open(h);
	login(h, form, &a);
	if (want == NULL ? a.verdict != CSN_GRANT :
	    !saml_refused_by(h, &a, want))
		fail_msg("%s: %s\n%s", signing,
		    harness_verdict_name(a.verdict), harness_log(h));
	harness_answer_free(&a);
	free(form);
	harness_free(h);
}

/* During a roll-over: whichever of them it was encrypted for. */
static void
every_decryption_key_is_tried(void **state)
{
	(void)state;
	decrypts("simplesamlphp", (const char *[3]){ NULL }, NULL);
	decrypts("simplesamlphp", (const char *[3]){ "keycloak" }, NULL);
	decrypts("keycloak", (const char *[3]){ "simplesamlphp" }, NULL);
	decrypts("keycloak", (const char *[3]){ "lemonldap",
	    "simplesamlphp" }, NULL);
	decrypts("keycloak", (const char *[3]){ "lemonldap", "keycloak",
	    "simplesamlphp" }, NULL);
	decrypts("keycloak", (const char *[3]){ "lemonldap" }, "decryption");
	decrypts("keycloak", (const char *[3]){ NULL }, "decryption");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(genuine_answers_are_let_in),
		cmocka_unit_test(answers_signed_by_ecdsa),
		cmocka_unit_test(every_decryption_key_is_tried),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
