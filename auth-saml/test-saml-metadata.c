/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-saml-metadata.c - metadata that is hostile in the ways that messages
 * are
 *
 * tests/saml/metadata_cases.py makes it. Nothing of it is taken, by its rule,
 * with and without a key that must have signed it, in bounded time and memory.
 */
#include "saml_testing.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "lib/base64url.h"
#include "lib/timefmt.h"

#include "library.h"
#include "metadata.h"

#define FOLDER "simplesamlphp"
#define NOW INT64_C(1796052880000)
#define LONGEST_MS 2000		/* generous: sanitizers, a shared machine */
#define GROWTH_KIB (512 << 10)

struct run {
	struct keys signers;
	size_t refused, taken, wrong;
	int64_t slowest_ms;
};

static bool
listed(const char *rules, enum rule rule)
{
	struct csn_str rest = str_from(rules), word;

	while (str_cut(&rest, '|', &word))
		if (str_is(word, rule_name(rule)))
			return true;
	return false;
}

static void
read_run(struct run *r, const char *name, const char *want,
    struct csn_str xml, bool sign)
{
	struct metadata_want how = { .signers = sign ? &r->signers : NULL,
	    .entity_id = STR(""), .now_ms = NOW, .skew_ms = 60000 };
	struct metadata m = { .rule = RULE_NONE };
	int64_t start = clock_mono_ms();
	const char *why = NULL;
	bool taken = metadata_read(xml, &how, &m, &why) == 0;

	start = clock_mono_ms() - start;
	r->slowest_ms = start > r->slowest_ms ? start : r->slowest_ms;
	if (taken) {
		assert_true(idp_set_count(m.set) > 0);
		assert_int_equal(m.rule, RULE_NONE);
		idp_set_unref(m.set);
		r->taken++;
	} else {
		assert_non_null(why);
		assert_true(m.rule != RULE_NONE);
		r->refused++;
	}
	if (taken != (strcmp(want, "TAKEN") == 0) ||
	    (!taken && !listed(want, m.rule))) {
		r->wrong++;
		(void)fprintf(stderr, "%s, %s: wanted %s, got %s (%s)\n",
		    name, sign ? "signed" : "unsigned", want,
		    taken ? "it taken" : rule_name(m.rule),
		    taken ? "" : why);
	}
}

static void
line_run(struct run *r, char *line)
{
	char *part[4];
	struct buf xml;

	saml_fields(line, part, 4);
	buf_init(&xml, 64u << 20);
	assert_true(*part[3] == '\0' || base64_decode(&xml,
	    str_from(part[3])) == 0);
	if (strcmp(part[2], "unsigned") != 0)
		read_run(r, part[0], part[1], buf_str(&xml), true);
	if (strcmp(part[2], "signed") != 0)
		read_run(r, part[0], part[1], buf_str(&xml), false);
	buf_free(&xml);
}

static long
peak_kib(void)
{
	struct rusage u;

	assert_int_equal(getrusage(RUSAGE_SELF, &u), 0);
	return u.ru_maxrss;
}

static void
hostile_metadata_is_refused(void **state)
{
	struct csn_str pem = saml_file(FOLDER, "idp.crt");
	struct run r = { .refused = 0 };
	size_t room = 0;
	char *line = NULL;
	const char *why;
	int status = -1;
	long before;
	FILE *f;
	pid_t pid;

	(void)state;
	assert_int_equal(library_init(), 0);
	assert_int_equal(keys_add_pem(&r.signers, pem, &why), 0);
	free((void *)(uintptr_t)pem.p);
	before = peak_kib();
	pid = saml_generator("metadata_cases.py", FOLDER, &f);
	while (getline(&line, &room, f) > 0)
		line_run(&r, line);
	free(line);
	(void)fclose(f);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	keys_free(&r.signers);
	(void)fprintf(stderr, "%zu refused, %zu taken, %zu wrong; the slowest "
	    "took %lld ms; %ld KiB more\n", r.refused, r.taken, r.wrong,
	    (long long)r.slowest_ms, peak_kib() - before);
	assert_int_equal(r.wrong, 0);
	assert_true(r.refused >= 300 && r.taken > 0);
	assert_true(r.slowest_ms < LONGEST_MS);
	assert_true(peak_kib() - before < GROWTH_KIB);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_metadata_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
