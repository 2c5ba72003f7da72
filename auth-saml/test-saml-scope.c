/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-saml-scope.c - of several providers each names its own people only
 */
#include "saml_testing.h"

#include <stdlib.h>
#include <sys/wait.h>

#include "lib/base64url.h"
#include "lib/testing.h"

#define FOLDER "simplesamlphp"
#define IDP "https://127.0.0.1:9444/simplesaml/saml2/idp/metadata.php"
#define OTHER "https://127.0.0.1:22000/saml/metadata"
#define SCOPE "<md:Extensions><s:Scope xmlns:s=\"urn:mace:shibboleth:" \
	"metadata:1.0\" regexp=\"%s\">%s</s:Scope></md:Extensions>"

/* Its genuine metadata with a scope, in front of another's, which may have
 * ended. */
static void
metadata_put(struct harness *h, const char *regexp, const char *scope,
    bool ended)
{
	struct csn_str one = saml_file(FOLDER, "metadata.xml");
	struct csn_str two = saml_file("lemonldap", "metadata.xml");
	const char *role = strstr(one.p, "<md:KeyDescriptor");
	const char *begin = strstr(one.p, "<md:EntityDescriptor");
	const char *other = strstr(two.p, "<EntityDescriptor");
	const char *theirs = strstr(two.p, "<KeyDescriptor");
	struct buf b;

	assert_true(role != NULL && begin != NULL && other != NULL &&
	    theirs > other);
	buf_init(&b, 1u << 20);
	buf_puts(&b, "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:"
	    "SAML:2.0:metadata\">");
	buf_put(&b, begin, (size_t)(role - begin));
	if (scope != NULL)
		buf_printf(&b, SCOPE, regexp, scope);
	buf_puts(&b, role);
	buf_puts(&b, "<EntityDescriptor");
	if (ended)
		buf_puts(&b, " validUntil=\"2001-01-01T00:00:00Z\"");
	other += strlen("<EntityDescriptor");
	buf_put(&b, other, (size_t)(theirs - other));
	buf_printf(&b, SCOPE, "false", "lemon.example");
	buf_puts(&b, theirs);
	buf_puts(&b, "</md:EntitiesDescriptor>");
	assert_false(buf_failed(&b));
	harness_option_str(h, "metadata_file", buf_str(&b));
	buf_free(&b);
	free((void *)(uintptr_t)one.p);
	free((void *)(uintptr_t)two.p);
}

static struct harness *
host_make(void)
{
	struct harness *h = harness_new(&countersign_plugin_1);
	struct csn_str now = saml_file(FOLDER, "now");

	harness_time(h, strtoll(now.p, NULL, 10));
	free((void *)(uintptr_t)now.p);
	saml_option_file(h, "signing_key", FOLDER, "sp.key");
	saml_option_file(h, "certificate", FOLDER, "sp.crt");
	harness_option(h, "idp", "simplesamlphp");
	return h;
}

static void
login_with(struct harness *h, const char *form, struct harness_answer *a)
{
	struct csn_req req = harness_req(CSN_EV_BEGIN);
	struct harness_answer begun;

	req.resume = STR(SAML_RESUME);
	req.subject = req.account = req.realm = STR("");
	req.hint = STR(IDP);		/* there are two to choose from */
	harness_must_open(h);
	harness_seed(h, SAML_SEED);
	harness_step(h, &req, &begun);
	assert_int_equal(begun.verdict, CSN_CONTINUE);
	saml_callback(h, &begun, form, a);
	harness_answer_free(&begun);
}

static void
login(struct harness *h, struct harness_answer *a)
{
	char *form = saml_form_of(FOLDER, "response.xml");

	login_with(h, form, a);
	free(form);
}

/* alice, alice@example.org; the NameID is opaque. */
static void
each_names_its_own(void **state)
{
	static const struct {
		const char *subject, *subject_id, *regexp, *scope;
		const char *domain, *of, *exception, *id;
		bool in;
	} cases[] = {
		{ "mail", "", "false", "example.org", NULL, NULL, NULL, "",
		    true },
		{ "mail", "", "false", "EXAMPLE.org", NULL, NULL, NULL, "",
		    true },
		{ "mail", "mail", "0", "example.org", NULL, NULL, NULL,
		    "alice@example.org", true },
		{ "mail", "name_id", "false", "example.org", NULL, NULL, NULL,
		    "", true },		/* another's could be the same */
		{ "mail", "", "false", "example.com", NULL, NULL, NULL, "",
		    false },
		{ "mail", "", "false", "org", NULL, NULL, NULL, "", false },
		{ "mail", "", "true", ".*", NULL, NULL, NULL, "", false },
		{ "mail", "", "true", "example.org", NULL, NULL, NULL, "",
		    false },
		{ "mail", "", "false", NULL, NULL, NULL, NULL, "", false },
		{ "uid", "", "false", "example.org", NULL, NULL, NULL, "",
		    false },
		{ "name_id", "", "false", "example.org", NULL, NULL, NULL, "",
		    false },
		/* the configuration says it itself, and against the metadata */
		{ "mail", "", "false", NULL, "example.org", IDP, NULL, "",
		    true },
		{ "mail", "", "false", "example.org", "example.org", OTHER,
		    NULL, "", false },
		{ "uid", "", "false", NULL, NULL, NULL, "accepted", "",
		    true },
	};
	struct harness_answer a;
	struct harness *h;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		h = host_make();
		metadata_put(h, cases[i].regexp, cases[i].scope, false);
		harness_option(h, "subject", cases[i].subject);
		if (*cases[i].subject_id != '\0')
			harness_option(h, "subject_id", cases[i].subject_id);
		if (cases[i].domain != NULL)
			harness_option_key(h, "domains", cases[i].domain,
			    cases[i].of);
		if (cases[i].exception != NULL)
			harness_option(h, "unscoped_subject",
			    cases[i].exception);
		login(h, &a);
		if (cases[i].in ? a.verdict != CSN_GRANT :
		    !saml_refused_by(h, &a, "scope"))
			fail_msg("case %zu: %s\n%s", i,
			    harness_verdict_name(a.verdict), harness_log(h));
		if (cases[i].in)
			assert_str(a.reply.subject_id, cases[i].id);
		assert_true(harness_logged(h, "log WARN unscoped_subject") ==
		    (cases[i].exception != NULL));
		harness_answer_free(&a);
		harness_free(h);
	}
}

/* Nor does it name anybody once the others cannot be used: their people are
 * still theirs. */
static void
who_is_left_alone_names_its_own(void **state)
{
	static const struct { const char *subject, *exception; bool in; }
	cases[] = {
		{ "mail", "refused", true }, { "uid", "refused", false },
		{ "uid", "accepted", true },
	};
	struct csn_req req = harness_req(CSN_EV_BEGIN);
	struct harness_answer a;
	struct harness *h = host_make();

	(void)state;
	/* nor is anybody sent there who has not chosen it */
	metadata_put(h, "false", "example.org", true);
	harness_must_open(h);
	req.resume = STR(SAML_RESUME);
	req.subject = req.account = req.realm = STR("");
	harness_step(h, &req, &a);
	assert_int_equal(a.verdict, CSN_CONTINUE);
	assert_int_equal(a.reply.action, CSN_A_FORM);
	assert_int_equal(a.reply.nprompts, 1);
	harness_answer_free(&a);
	harness_free(h);
	for (size_t i = 0; i < COUNT(cases); i++) {
		h = host_make();
		metadata_put(h, "false", "example.org", true);
		harness_option(h, "subject", cases[i].subject);
		harness_option(h, "unscoped_subject", cases[i].exception);
		login(h, &a);
		if (cases[i].in ? a.verdict != CSN_GRANT :
		    !saml_refused_by(h, &a, "scope"))
			fail_msg("case %zu: %s\n%s", i,
			    harness_verdict_name(a.verdict), harness_log(h));
		harness_answer_free(&a);
		harness_free(h);
	}
}

static void
group_case(const char *group, const char *want, const char *form,
    const char *exception, bool ended)
{
	struct harness *h = host_make();
	struct harness_answer a;

	metadata_put(h, "false", "example.org", ended);
	harness_option_key(h, "domains", "given.example", OTHER);
	harness_option_key(h, "domains", "ours.example", IDP);
	harness_option(h, "subject", "uid");
	harness_option(h, "group_attribute", "groups");
	harness_option(h, "unscoped_subject", exception);
	login_with(h, form, &a);
	if (strcmp(want, "GRANT") == 0 || strcmp(exception, "refused") != 0 ?
	    a.verdict != CSN_GRANT || a.reply.groups.n != 2 :
	    !saml_refused_by(h, &a, want))
		fail_msg("%s: %s\n%s", group,
		    harness_verdict_name(a.verdict), harness_log(h));
	harness_answer_free(&a);
	harness_free(h);
}

/* Nor are a provider's people members of what is another's. */
static void
each_says_its_own_groups(void **state)
{
	enum { GROUP, WANT, VALUE, FIELDS };
	char *line = NULL, *f[FIELDS], *form;
	size_t room = 0, n = 0;
	int status = -1;
	FILE *in;
	pid_t pid = saml_generator("scope_cases.py", FOLDER, &in);

	(void)state;
	for (; getline(&line, &room, in) > 0; n++) {
		saml_fields(line, f, FIELDS);
		form = saml_form(f[VALUE]);
		group_case(f[GROUP], f[WANT], form, "refused", false);
		group_case(f[GROUP], f[WANT], form, "refused", true);
		group_case(f[GROUP], f[WANT], form, "accepted", false);
		free(form);
	}
	free(line);
	(void)fclose(in);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(n >= 13);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_names_its_own),
		cmocka_unit_test(who_is_left_alone_names_its_own),
		cmocka_unit_test(each_says_its_own_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
