/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-conf-print.c - what is printed of a configuration loads and is the same
 *
 * Each configuration of tests/conf that loads, and the examples that do, is
 * printed and loaded from another folder: each thing that a login or a check
 * relies on must come out the same, and printing that again changes nothing
 * but the origins.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf_testing.h"
#include "stub_plugins.h"

/* Loads and prints; NULL if it does not load. */
static struct conf *
load_print(const char *path, struct buf *print)
{
	struct conf_report rep;
	struct conf *conf = NULL;

	report_init(&rep);
	rep.print = print;
	if (conf_load(path, stub_find, NULL, &rep, &conf) < 0) {
		assert_int_equal(print->n, 0);
		assert_true(rep.nfaults > 0);
	}
	report_free(&rep);
	return conf;
}

#define same_str(a, b)	assert_true(str_equal((a), (b)))
#define same_int(a, b)	assert_true((int64_t)(a) == (int64_t)(b))

static void
same_text(const struct conf_text *a, const struct conf_text *b)
{
	same_int(a->by_language.n, b->by_language.n);
	for (size_t i = 0; i < a->by_language.n; i++) {
		same_str(a->by_language.v[i].name, b->by_language.v[i].name);
		same_str(a->by_language.v[i].value,
		    b->by_language.v[i].value);
	}
}

static void
same_factor(const struct conf_factor *a, const struct conf_factor *b)
{
	same_str(a->name, b->name);
	assert_true(a->fingerprint == b->fingerprint);
	same_int(a->offered, b->offered);
	same_int(a->alarm, b->alarm);
	same_int(a->recover_by_code, b->recover_by_code);
	same_text(&a->label, &b->label);
	same_int(a->people.n, b->people.n);
	same_int(a->group_map.n, b->group_map.n);
	same_int(a->nvals, b->nvals);
	for (size_t i = 0; i < a->nvals; i++) {
		same_int(a->vals[i].opt, b->vals[i].opt);
		same_str(a->vals[i].key, b->vals[i].key);
		same_str(a->vals[i].text, b->vals[i].text);
		same_str(a->refs[i], b->refs[i]);
	}
	same_int(a->enrol.link_valid_s, b->enrol.link_valid_s);
	same_int(a->enrol.link_uses, b->enrol.link_uses);
	same_int(a->enrol.remind_s, b->enrol.remind_s);
}

static void
same_listener(const struct conf_listener *a, const struct conf_listener *b)
{
	same_int(a->role, b->role);
	same_str(a->unix_path, b->unix_path);
	same_int(a->mode, b->mode);
	same_str(a->group, b->group);
	same_str(a->tcp, b->tcp);
	same_int(a->npeer_uids, b->npeer_uids);
	same_int(a->npeers, b->npeers);
	same_int(a->dialect, b->dialect);
	same_str(a->client_address, b->client_address);
	same_str(a->tls_certificate, b->tls_certificate);
	same_str(a->tls_key, b->tls_key);
	same_str(a->tls_client_ca, b->tls_client_ca);
}

static void
same_policy(const struct conf_policy *a, const struct conf_policy *b)
{
	same_str(a->name, b->name);
	same_int(a->kind, b->kind);
	assert_memory_equal(a->hash, b->hash, sizeof(a->hash));
	same_int(a->nhosts, b->nhosts);
	same_int(a->npaths, b->npaths);
	for (size_t i = 0; i < a->npaths; i++) {
		same_str(a->paths[i].path, b->paths[i].path);
		same_int(a->paths[i].under, b->paths[i].under);
	}
	same_int(a->methods.n, b->methods.n);
	same_int(a->networks, b->networks);
	same_int(a->idle_s, b->idle_s);
	same_int(a->lifetime_s, b->lifetime_s);
}

static void
same_site(const struct conf_site *a, const struct conf_site *b)
{
	same_text(&a->name, &b->name);
	same_text(&a->notice, &b->notice);
	same_text(&a->help_text, &b->help_text);
	same_str(a->help_url, b->help_url);
	same_str(a->logo, b->logo);
	same_str(a->time_zone, b->time_zone);
	same_int(a->languages.n, b->languages.n);
}

/* The small sections: where a printed default is not the one in force, it is
 * seen here. */
static void
same_globals(const struct conf *a, const struct conf *b)
{
	same_str(a->public_url, b->public_url);
	same_int(a->shared_origin, b->shared_origin);
	same_str(a->store_path, b->store_path);
	same_str(a->keys_dir, b->keys_dir);
	same_int(a->keys_warn_older_s, b->keys_warn_older_s);
	same_int(a->idle_s, b->idle_s);
	same_int(a->lifetime_s, b->lifetime_s);
	same_int(a->keep, b->keep);
	same_int(a->groups_max_age_s, b->groups_max_age_s);
	same_int(a->throttle.shared_sources, b->throttle.shared_sources);
	same_int(a->throttle.subject_tries, b->throttle.subject_tries);
	same_int(a->throttle.source_tries, b->throttle.source_tries);
	same_int(a->throttle.window_s, b->throttle.window_s);
	same_str(a->audit_path, b->audit_path);
	same_int(a->audit_keep_s, b->audit_keep_s);
	assert_true(a->headers.v == b->headers.v);
	same_int(a->headers.separator, b->headers.separator);
	same_int(a->headers.percent, b->headers.percent);
	same_site(&a->site, &b->site);
}

static void
same_conf(const struct conf *a, const struct conf *b)
{
	same_globals(a, b);
	same_int(a->nlisteners, b->nlisteners);
	for (size_t i = 0; i < a->nlisteners; i++)
		same_listener(&a->listeners[i], &b->listeners[i]);
	same_int(a->nnetworks, b->nnetworks);
	same_int(a->nrealms, b->nrealms);
	for (size_t i = 0; i < a->nrealms; i++) {
		same_str(a->realms[i].name, b->realms[i].name);
		same_int(a->realms[i].keep_case, b->realms[i].keep_case);
		same_int(a->realms[i].authority, b->realms[i].authority);
		same_int(a->realms[i].recheck_s, b->realms[i].recheck_s);
		same_int(a->realms[i].names.n, b->realms[i].names.n);
	}
	same_int(a->ngroups, b->ngroups);
	same_int(a->nfactors, b->nfactors);
	for (size_t i = 0; i < a->nfactors; i++)
		same_factor(&a->factors[i], &b->factors[i]);
	same_int(a->npolicies, b->npolicies);
	for (size_t i = 0; i < a->npolicies; i++)
		same_policy(&a->policies[i], &b->policies[i]);
}

/* Without the origins, which the second print has of the first. */
static void
without_origins(struct csn_str text, struct buf *ret)
{
	struct csn_str line;

	while (str_cut(&text, '\n', &line)) {
		ptrdiff_t at = str_find(line, STR("  # "));

		buf_str_put(ret, at < 0 ? line : str_of(line.p, (size_t)at));
		buf_char(ret, '\n');
	}
}

/* Whether it loads at all. */
static bool
round_trip(const char *path)
{
	struct buf first, second, bare[2];
	struct conf *a, *b;

	buf_init(&first, 0);
	buf_init(&second, 0);
	a = load_print(path, &first);
	if (a == NULL)
		return false;
	/* elsewhere: what is relative to a file must be so no more */
	file_write("elsewhere/printed", buf_str(&first), 0600);
	b = load_print("elsewhere/printed", &second);
	if (b == NULL)
		fail_msg("%s: what is printed does not load:\n%s", path,
		    buf_str(&first).p);
	same_conf(a, b);
	for (int i = 0; i < 2; i++) {
		buf_init(&bare[i], 0);
		without_origins(buf_str(i == 0 ? &first : &second),
		    &bare[i]);
	}
	assert_string_equal(buf_str(&bare[0]).p, buf_str(&bare[1]).p);
	conf_free(a);
	conf_free(b);
	buf_free(&first);
	buf_free(&second);
	buf_free(&bare[0]);
	buf_free(&bare[1]);
	return true;
}

static unsigned
round_trips(const char *dir_path)
{
	DIR *dir = opendir(dir_path);
	struct dirent *d;
	unsigned n = 0;

	assert_non_null(dir);
	assert_true(mkdir("elsewhere", 0700) == 0 || errno == EEXIST);
	while ((d = readdir(dir)) != NULL)
		if (str_ends(str_from(d->d_name), STR(".yml")))
			n += round_trip(d->d_name);
	closedir(dir);
	return n;
}

static void
each_good_one_comes_out_the_same(void **state)
{
	(void)state;
	assert_true(round_trips(".") >= 14);
}

static void
examples_come_out_the_same(void **state)
{
	static const char *const names[] = { "minimal.yml", "homelab.yml",
		"enterprise.yml" };
	unsigned loaded = 0;
	char path[8192];
	struct buf b;

	(void)state;
	assert_true(mkdir("elsewhere", 0700) == 0 || errno == EEXIST);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		path_of(path, sizeof(path), source, "../../examples");
		assert_true(strlen(path) + 32 < sizeof(path));
		path_of(path + strlen(path), 32, "", names[i]);
		buf_init(&b, 0);
		file_read(path, &b);
		file_write("example", buf_str(&b), 0644);
		buf_free(&b);
		loaded += round_trip("example");
	}
	/* the others have words of later versions, and are refused by name */
	assert_true(loaded >= 1);
}

static bool
has(const struct buf *b, const char *words)
{
	return str_find(buf_str(b), str_from(words)) >= 0;
}

#define assert_has(b, words) do {					\
	if (!has(b, words))						\
		fail_msg("no \"%s\" in\n%s", words, buf_str(b).p);	\
} while (0)

static void
origins_and_defaults_are_told(void **state)
{
	char secret[128];
	struct conf *conf;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	conf = load_print("ok-include.yml", &b);
	assert_non_null(conf);
	assert_has(&b, "\n  office: 10.0.0.0/8  # inc/ok-a.yml:2\n");
	assert_has(&b, "\n  jump: 10.9.9.0/28  # inc/ok-b.yml:2\n");
	assert_has(&b, "\n  name: Included  # inc/ok-b.yml:3\n");
	assert_has(&b, "    plugin: ldap  # ok-include.yml:7\n");
	assert_has(&b, "    flavour: generic  # default\n");
	assert_has(&b, "\nsession:\n  idle: 30m  # default\n");
	assert_false(has(&b, "include:"));
	conf_free(conf);
	buf_clear(&b);
	conf = load_print("ok-everything.yml", &b);
	assert_non_null(conf);
	assert_true(snprintf(secret, sizeof(secret),
	    "    bind_password: file:%s/files/bind  # ok-everything.yml:",
	    folder) < (int)sizeof(secret));
	assert_has(&b, secret);
	assert_has(&b, "    - corp then phone  # ok-everything.yml:");
	assert_has(&b, "  - name: alive  # ok-everything.yml:");
	conf_free(conf);
	buf_free(&b);
}

/* What would be a comment, a block, a number elsewhere. */
static void
odd_texts_stay_what_they_are(void **state)
{
	static const char text[] = "version: 1\n"
	    "public_url: https://l.example.com\n"
	    "site:\n  name: \"a: b #c \\\"d\\\" \\\\\"\n"
	    "  notice: |2-\n       indented\n\n    end # not\n"
	    "  help:\n    text: '- x'\n"
	    "factors:\n  corp:\n    plugin: ldap\n    base: \"@x\"\n"
	    "    bind_dn: '0600'\n    domain: \"true\"\n"
	    "    people: { \"a: b\": taro, '#x': jiro }\n"
	    "policies:\n  - match: { host: a.example.com, under: '/a b' }\n"
	    "    require: [ corp ]\n";
	struct conf *conf;
	struct buf b;

	(void)state;
	assert_true(mkdir("elsewhere", 0700) == 0 || errno == EEXIST);
	file_write("odd", str_from(text), 0644);
	buf_init(&b, 0);
	conf = load_print("odd", &b);
	assert_non_null(conf);
	assert_has(&b, "    bind_dn: \"0600\"  #");
	assert_has(&b, "    domain: \"true\"  #");
	conf_free(conf);
	buf_free(&b);
	assert_true(round_trip("odd"));
}

/* It may not be what it says, and a secret in the wrong place is a fault. */
static void
nothing_is_printed_of_one_at_fault(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	assert_null(load_print("factor-secret.yml", &b));
	assert_int_equal(b.n, 0);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_good_one_comes_out_the_same),
		cmocka_unit_test(examples_come_out_the_same),
		cmocka_unit_test(origins_and_defaults_are_told),
		cmocka_unit_test(odd_texts_stay_what_they_are),
		cmocka_unit_test(nothing_is_printed_of_one_at_fault),
	};

	return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
