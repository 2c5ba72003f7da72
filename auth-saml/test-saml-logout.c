/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-saml-logout.c - logouts by the provider, by every binding, good and bad
 *
 * tests/saml/logout_cases.py makes the messages. A good one names just the
 * sessions of that person's login and is good once; a bad one ends nothing and
 * is refused by its rule.
 */
#include "saml_testing.h"

#include <stdlib.h>
#include <sys/wait.h>

#include "lib/base64url.h"
#include "lib/testing.h"

#define FOLDER "simplesamlphp"

struct run {
	struct harness *h;
	struct csn_strs keys;		/* of alice's session */
	size_t ended, refused;
};

static struct csn_req
request(const struct run *r, const char *endpoint, const char *method,
    const char *text, struct buf *body)
{
	struct csn_req req = harness_req(CSN_EV_ENDPOINT);

	req.subject = req.account = req.realm = STR("");
	req.endpoint = harness_endpoint(r->h, endpoint);
	req.method = strcmp(method, "GET") == 0 ? STR("GET") : STR("POST");
	if (strcmp(method, "BODY") == 0) {
		req.content_type = STR("text/xml");
		assert_true(*text == '\0' || base64_decode(body,
		    str_from(text)) == 0);
		req.body = buf_str(body);
		return req;
	}
	if (strcmp(method, "GET") == 0)
		req.raw_query = str_from(text);
	else
		harness_params(r->h, &req, text);
	return req;
}

static bool
ended(const struct run *r, const struct harness_answer *a, size_t n)
{
	const struct csn_reply *reply = &a->reply;
	bool ours = false;

	if (a->broken != NULL || reply->end_sessions.n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < r->keys.n; k++)
			ours |= str_equal(reply->end_sessions.v[i],
			    r->keys.v[k]);
	if (a->verdict == CSN_DONE)
		return ours && reply->action == CSN_A_BODY &&
		    str_find(reply->body, STR("Success")) > 0 &&
		    str_find(reply->body, STR("ds:Signature")) > 0;
	return ours && a->verdict == CSN_CONTINUE &&
	    (reply->action == CSN_A_REDIRECT || reply->action == CSN_A_POST);
}

static void
good_run(struct run *r, const char *name, const struct csn_req *req,
    const struct harness_answer *a, size_t n)
{
	struct harness_answer again;

	if (!ended(r, a, n))
		fail_msg("%s: %s %s, %zu keys\n%s", name,
		    harness_verdict_name(a->verdict),
		    a->broken != NULL ? a->broken : "",
		    a->reply.end_sessions.n, harness_log(r->h));
	assert_true(harness_logged(r->h, "audit logout-by-provider"));
	harness_log_clear(r->h);
	harness_serve(r->h, req, &again);
	assert_int_equal(again.verdict, CSN_DENY);
	assert_int_equal(again.reply.end_sessions.n, 0);
	assert_true(harness_logged(r->h, " rule=replay "));
	harness_answer_free(&again);
	r->ended++;
}

/* What failed before the sessions were ended is not used up: the store's no to
 * what is done then stands for every failure. */
static void
failed_first(struct run *r, const struct csn_req *req)
{
	struct harness_answer a;

	harness_kv_fail(r->h, HARNESS_KV_SWAP, 1, false);
	harness_serve(r->h, req, &a);
	assert_int_equal(a.verdict, CSN_ERROR);
	harness_answer_free(&a);
	harness_kv_fail(r->h, HARNESS_KV_SWAP, 0, false);
}

static void
line_run(struct run *r, char *line)
{
	char *part[5];
	struct harness_answer a;
	struct csn_req req;
	struct buf body;

	saml_fields(line, part, 5);
	buf_init(&body, 1u << 20);
	req = request(r, part[2], part[3], part[4], &body);
	if (strncmp(part[1], "END ", 4) == 0)
		failed_first(r, &req);
	harness_log_clear(r->h);
	harness_serve(r->h, &req, &a);
	if (strncmp(part[1], "END ", 4) == 0) {
		good_run(r, part[0], &req, &a,
		    (size_t)strtoul(part[1] + 4, NULL, 10));
	} else {
		a.reply.message = STR("-");	/* serve() has no words */
		if (!saml_refused_by(r->h, &a, part[1]) ||
		    a.reply.end_sessions.n != 0)
			fail_msg("%s: wanted %s, got %s\n%s", part[0],
			    part[1], harness_verdict_name(a.verdict),
			    harness_log(r->h));
		r->refused++;
	}
	harness_answer_free(&a);
	buf_free(&body);
}

static char *
genuine_form(void)
{
	struct csn_str xml = saml_file(FOLDER, "response.xml");
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
every_binding(void **state)
{
	struct run r = { .h = saml_host(FOLDER) };
	struct harness_answer begun, in;
	char *form = genuine_form(), *line = NULL;
	size_t room = 0;
	int status = -1;
	FILE *f;
	pid_t pid;

	(void)state;
	harness_must_open(r.h);
	saml_begin(r.h, &begun);
	saml_callback(r.h, &begun, form, &in);
	assert_int_equal(in.verdict, CSN_GRANT);
	r.keys = in.reply.session_keys;
	pid = saml_generator("logout_cases.py", FOLDER, &f);
	while (getline(&line, &room, f) > 0)
		line_run(&r, line);
	free(line);
	(void)fclose(f);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	(void)fprintf(stderr, "%zu logouts carried out, %zu refused\n",
	    r.ended, r.refused);
	assert_true(r.ended >= 10 && r.refused >= 60);
	harness_answer_free(&in);
	harness_answer_free(&begun);
	free(form);
	harness_free(r.h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_binding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
