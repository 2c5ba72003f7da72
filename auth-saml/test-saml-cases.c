/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-saml-cases.c - genuine answers, changed in every way that must fail
 *
 * tests/saml/mutate.py makes the cases at run time. Each is posted in a login
 * of its own; what is refused must be refused by the rule that the case names,
 * told in the audit log, and nothing else may come of it.
 */
#include "saml_testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "lib/timefmt.h"
#include "lib/url.h"

#define LINE_MAX_BYTES (8u << 20)
#define LONGEST_MS 2000		/* generous: sanitizers, a shared machine */

struct tally { size_t refused, granted, wrong; int64_t slowest_ms; };

/* One opened plugin and one begun login, for case after case; anew after a
 * login that was let in, whose assertion is then used up. */
struct run {
	const char *folder;
	struct harness *h;
	struct harness_answer begun;
	struct tally tally;
};

static void
run_end(struct run *r)
{
	if (r->h == NULL)
		return;
	harness_answer_free(&r->begun);
	harness_free(r->h);
	r->h = NULL;
}

static void
run_begin(struct run *r)
{
	if (r->h != NULL)
		return;
	r->h = saml_host(r->folder);
	harness_must_open(r->h);
	saml_begin(r->h, &r->begun);
	assert_int_equal(r->begun.verdict, CSN_CONTINUE);
}

static void
wrong(struct run *r, const char *name, const char *want,
    const struct harness_answer *a)
{
	r->tally.wrong++;
	(void)fprintf(stderr, "%s: %s: wanted %s, got %s %s\n%s", r->folder,
	    name, want, harness_verdict_name(a->verdict),
	    a->broken != NULL ? a->broken : "", harness_log(r->h));
}

static void
case_run(struct run *r, const char *name, const char *want, const char *form)
{
	struct harness_answer a;
	struct tally *t = &r->tally;
	size_t kept;
	int64_t start;
	bool good;

	run_begin(r);
	kept = harness_kv_size(r->h);
	harness_log_clear(r->h);
	start = clock_mono_ms();
	saml_callback(r->h, &r->begun, form, &a);
	start = clock_mono_ms() - start;
	t->slowest_ms = start > t->slowest_ms ? start : t->slowest_ms;
	if (strcmp(want, "GRANT") == 0) {
		good = a.verdict == CSN_GRANT && a.broken == NULL;
		t->granted += good;
	} else {
		good = saml_refused_by(r->h, &a, want) &&
		    harness_kv_size(r->h) == kept;
		t->refused += good;
	}
	if (!good)
		wrong(r, name, want, &a);
	if (a.verdict == CSN_GRANT)
		run_end(r);
	harness_answer_free(&a);
}

static void
line_run(struct run *r, char *line)
{
	char *want = strchr(line, '\t'), *value, *form;
	struct buf b;

	assert_non_null(want);
	*want++ = '\0';
	value = strchr(want, '\t');
	assert_non_null(value);
	*value++ = '\0';
	value[strcspn(value, "\n")] = '\0';
	buf_init(&b, LINE_MAX_BYTES);
	assert_int_equal(url_unescape(&b, str_from(value)), 0);
	buf_char(&b, '\0');
	form = saml_form((const char *)b.p);
	case_run(r, line, want, form);
	free(form);
	buf_free(&b);
}

static void
cases(const char *folder, size_t least)
{
	struct run r = { .folder = folder };
	const struct tally *t = &r.tally;
	char *line = NULL;
	size_t room = 0;
	int status = -1;
	FILE *f;
	pid_t pid = saml_generator("mutate.py", folder, &f);

	while (getline(&line, &room, f) > 0)
		line_run(&r, line);
	run_end(&r);
	free(line);
	(void)fclose(f);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	(void)fprintf(stderr, "%s: %zu refused by their rule, %zu legal let "
	    "in, %zu wrong; the slowest took %lld ms\n", folder, t->refused,
	    t->granted, t->wrong, (long long)t->slowest_ms);
	assert_int_equal(t->wrong, 0);
	assert_true(t->refused >= least);
	assert_true(t->granted > 0);
	assert_true(t->slowest_ms < LONGEST_MS);
}

static void
simplesamlphp_both_signed(void **state)
{
	(void)state;
	cases("simplesamlphp", 600);
}

static void
simplesamlphp_assertion_signed(void **state)
{
	(void)state;
	cases("simplesamlphp-assertion", 500);
}

static void
simplesamlphp_encrypted(void **state)
{
	(void)state;
	cases("simplesamlphp-encrypted", 400);
}

static void
keycloak(void **state)
{
	(void)state;
	cases("keycloak", 600);
}

static void
lemonldap(void **state)
{
	(void)state;
	cases("lemonldap", 600);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(simplesamlphp_both_signed),
		cmocka_unit_test(simplesamlphp_assertion_signed),
		cmocka_unit_test(simplesamlphp_encrypted),
		cmocka_unit_test(keycloak),
		cmocka_unit_test(lemonldap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
