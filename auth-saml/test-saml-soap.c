/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-saml-soap.c - what is asked by SOAP: responses by artifact, and logouts
 *
 * tests/saml/soap_cases.py makes the answers. A provider is asked at the
 * address of its metadata only, and never for an artifact of another one.
 */
#include "saml_testing.h"

#include <stdlib.h>
#include <sys/wait.h>

#include "lib/base64url.h"
#include "lib/testing.h"
#include "lib/url.h"

#define FOLDER "lemonldap"
#define IDP "https://127.0.0.1:22000/saml/"

struct web {
	struct buf body;
	uint32_t status;
	unsigned asked;
	char url[512], sent[8192];
};

struct run {
	struct harness *h;
	struct harness_answer begun;
	struct web web;
	struct csn_str keep;		/* of alice's session */
	size_t good, refused;
};

static int32_t
answer(void *arg, const struct csn_http_req *req, struct csn_http_res *res)
{
	struct web *w = arg;

	w->asked++;
	assert_str(req->method, "POST");
	assert_str(req->headers.v[0].value, "text/xml; charset=utf-8");
	(void)snprintf(w->url, sizeof(w->url), "%.*s", STR_FMT(req->url));
	(void)snprintf(w->sent, sizeof(w->sent), "%.*s", STR_FMT(req->body));
	res->status = w->status;
	res->body = buf_str(&w->body);
	return w->status == 0 ? CSN_E_BACKEND : CSN_OK;
}

static void
run_begin(struct run *r, const char *by)
{
	memset(r, 0, sizeof(*r));
	buf_init(&r->web.body, 1u << 20);
	r->web.status = 200;
	r->h = saml_host(FOLDER);
	harness_http(r->h, answer, &r->web);
	harness_option(r->h, "response_binding", "artifact");
	harness_option(r->h, "logout_binding", by);
	harness_must_open(r->h);
	saml_begin(r->h, &r->begun);
	assert_int_equal(r->begun.verdict, CSN_CONTINUE);
}

static void
run_end(struct run *r)
{
	harness_answer_free(&r->begun);
	harness_free(r->h);
	buf_free(&r->web.body);
}

/* Comes back with the artifact; the question gets the seed's ID. */
static void
resolve(struct run *r, const char *artifact, struct harness_answer *a)
{
	struct csn_req req = harness_req(CSN_EV_CALLBACK);
	struct buf form;

	buf_init(&form, 65536);
	form_add(&form, STR("SAMLart"), str_from(artifact));
	buf_char(&form, '\0');
	req.subject = req.account = req.realm = STR("");
	req.resume = STR(SAML_RESUME);
	req.endpoint = harness_endpoint(r->h, "acs");
	req.method = STR("GET");
	req.state = r->begun.reply.state;
	harness_params(r->h, &req, (const char *)form.p);
	harness_seed(r->h, SAML_SEED);
	harness_step(r->h, &req, a);
	buf_free(&form);
}

static void
leave(struct run *r, struct csn_str keep, struct harness_answer *a)
{
	struct csn_req req = harness_req(CSN_EV_LOGOUT);

	req.keep = keep;
	req.resume = STR(SAML_RESUME);
	harness_seed(r->h, SAML_SEED);
	harness_serve(r->h, &req, a);
	if (a->reply.message.n == 0)
		a->reply.message = STR("-");	/* serve() has no words */
}

/* ------------------------------------------------------------------ */

static bool
as_wanted(struct run *r, const char *want, const struct harness_answer *a)
{
	if (strcmp(want, "GRANT") == 0 || strcmp(want, "DONE") == 0) {
		r->good++;
		return a->broken == NULL && a->verdict ==
		    (strcmp(want, "DONE") == 0 ? CSN_DONE : CSN_GRANT);
	}
	r->refused++;
	if (strcmp(want, "ERROR") == 0)	/* the host takes no more of it */
		return a->verdict == CSN_ERROR;
	return saml_refused_by(r->h, a, want);
}

static void
case_run(const char *kind, char *part[5], size_t *good, size_t *refused,
    struct csn_str keep)
{
	struct harness_answer a;
	struct run r;
	bool artifact = strcmp(kind, "artifact") == 0;

	run_begin(&r, "soap");
	assert_true(*part[4] == '\0' || base64_decode(&r.web.body,
	    str_from(part[4])) == 0);
	if (artifact)
		resolve(&r, part[3], &a);
	else
		leave(&r, keep, &a);
	if (!as_wanted(&r, part[1], &a))
		fail_msg("%s: wanted %s, got %s %s\n%s", part[0], part[1],
		    harness_verdict_name(a.verdict),
		    a.broken != NULL ? a.broken : "", harness_log(r.h));
	/* of another provider's, or of none, nobody is asked */
	assert_int_equal(r.web.asked, strncmp(part[0], "artifact-of-",
	    12) == 0 ? 0 : 1);
	if (r.web.asked == 1)
		assert_string_equal(r.web.url, artifact ? IDP "artifact" :
		    IDP "singleLogoutSOAP");
	*good += r.good;
	*refused += r.refused;
	harness_answer_free(&a);
	run_end(&r);
}

/* A session of the genuine response, and what it keeps. */
static struct csn_str
session_keep(struct run *r, struct harness_answer *in)
{
	char *form = saml_form_of(FOLDER, "response.xml");

	saml_callback(r->h, &r->begun, form, in);
	assert_int_equal(in->verdict, CSN_GRANT);
	free(form);
	return in->reply.keep;
}

static void
line_run(char *line, struct csn_str keep, size_t *good, size_t *refused)
{
	char *part[5];

	saml_fields(line, part, 5);
	case_run(part[2], part, good, refused, keep);
}

static void
every_answer(void **state)
{
	struct harness_answer in;
	struct run r;
	size_t room = 0, good = 0, refused = 0;
	char *line = NULL;
	int status = -1;
	FILE *f;
	pid_t pid;

	(void)state;
	run_begin(&r, "soap");
	r.keep = session_keep(&r, &in);
	pid = saml_generator("soap_cases.py", FOLDER, &f);
	while (getline(&line, &room, f) > 0)
		line_run(line, r.keep, &good, &refused);
	free(line);
	(void)fclose(f);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	(void)fprintf(stderr, "%zu answers by SOAP let in, %zu refused\n",
	    good, refused);
	assert_true(good >= 5 && refused >= 60);
	harness_answer_free(&in);
	run_end(&r);
}

/* ------------------------------------------------------------------ */

/* By each binding the request goes where the metadata says; without a word
 * from there nothing is confirmed. */
static void
a_logout_goes_by_its_binding(void **state)
{
	static const struct { const char *by, *url; uint32_t action; }
	    ways[] = {
		{ "auto", IDP "singleLogout?SAMLRequest=", CSN_A_REDIRECT },
		{ "redirect", IDP "singleLogout?SAMLRequest=",
		    CSN_A_REDIRECT },
		{ "post", IDP "singleLogout", CSN_A_POST },
	};
	struct harness_answer in, a;
	struct run r;

	(void)state;
	for (size_t i = 0; i < COUNT(ways); i++) {
		run_begin(&r, ways[i].by);
		leave(&r, session_keep(&r, &in), &a);
		assert_int_equal(a.verdict, CSN_CONTINUE);
		assert_int_equal(a.reply.action, ways[i].action);
		assert_true(str_starts(a.reply.url, str_from(ways[i].url)));
		assert_int_equal(r.web.asked, 0);
		harness_answer_free(&a);
		harness_answer_free(&in);
		run_end(&r);
	}
	for (uint32_t status = 0; status <= 500; status += 500) {
		run_begin(&r, "soap");
		r.web.status = status;
		leave(&r, session_keep(&r, &in), &a);
		assert_int_equal(a.verdict, CSN_ERROR);
		assert_non_null(strstr(r.web.sent, "LogoutRequest"));
		assert_non_null(strstr(r.web.sent, "SessionIndex"));
		assert_non_null(strstr(r.web.sent, "ds:SignatureValue"));
		harness_answer_free(&a);
		harness_answer_free(&in);
		run_end(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_answer),
		cmocka_unit_test(a_logout_goes_by_its_binding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
