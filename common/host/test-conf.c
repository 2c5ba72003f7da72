/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-conf.c - configurations with each kind of mistake, and without
 *
 * tests/conf holds pairs: NAME.yml and what a load says of it, NAME.expected,
 * word for word. They are copied to a folder of this test's own, so that who
 * owns the sources does not matter. DIR in an expected text is that folder.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf_load.h"
#include "conf_testing.h"
#include "stub_plugins.h"

/* The text with the folder's name as DIR. */
static void
put_shown(struct buf *b, struct csn_str text)
{
	struct csn_str dir = str_from(folder);
	ptrdiff_t at;

	while ((at = str_find(text, dir)) >= 0) {
		buf_put(b, text.p, (size_t)at);
		buf_puts(b, "DIR");
		text = str_from_at(text, (size_t)at + dir.n);
	}
	buf_str_put(b, text);
}

/* What a load says, as the expected files have it. */
static void
load_say(const char *name, struct buf *b)
{
	struct conf_report rep;
	struct conf *conf = NULL;
	struct csn_str rest, line;
	int r;

	report_init(&rep);
	r = conf_load(name, stub_find, NULL, &rep, &conf);
	assert_int_equal(r == 0, conf != NULL);
	assert_int_equal(r == 0, rep.nfaults == 0);
	put_shown(b, buf_str(&rep.faults));
	rest = buf_str(&rep.warnings);
	if (r == 0)
		buf_puts(b, "loaded\n");
	while (r == 0 && str_cut(&rest, '\n', &line))
		if (line.n > 0)
			buf_printf(b, "warning: %.*s\n", STR_FMT(line));
	conf_free(conf);
	report_free(&rep);
}

static bool
pair_holds(struct csn_str name)
{
	struct buf want, got;
	char path[512];
	bool ret;

	buf_init(&want, 0);
	buf_init(&got, 0);
	assert_true(snprintf(path, sizeof(path), "%.*s.expected",
	    STR_FMT(name)) < (int)sizeof(path));
	file_read(path, &want);
	assert_true(snprintf(path, sizeof(path), "%.*s.yml",
	    STR_FMT(name)) < (int)sizeof(path));
	load_say(path, &got);
	ret = want.n > 0 && str_equal(buf_str(&want), buf_str(&got));
	if (!ret)
		print_error("%.*s: expected\n%.*s--- got\n%.*s---\n",
		    STR_FMT(name), STR_FMT(buf_str(&want)),
		    STR_FMT(buf_str(&got)));
	buf_free(&want);
	buf_free(&got);
	return ret;
}

static void
pairs_of_input_and_words(void **state)
{
	unsigned n = 0, failed = 0;
	struct dirent *d;
	DIR *dir = opendir(".");

	(void)state;
	assert_non_null(dir);
	while ((d = readdir(dir)) != NULL) {
		struct csn_str name = str_from(d->d_name);

		if (!str_ends(name, STR(".yml")))
			continue;
		name.n -= 4;
		failed += !pair_holds(name);
		n++;
	}
	closedir(dir);
	assert_int_equal(failed, 0);
	assert_true(n >= 110);
}

static struct conf *
load_good(const char *name)
{
	struct conf_report rep;
	struct conf *conf = NULL;

	report_init(&rep);
	if (conf_load(name, stub_find, NULL, &rep, &conf) < 0)
		print_error("%.*s\n", STR_FMT(buf_str(&rep.faults)));
	report_free(&rep);
	assert_non_null(conf);
	return conf;
}

#define assert_str(s, text) do {					\
	struct csn_str s_ = (s);					\
	if (!str_is(s_, text))						\
		fail_msg("got \"%.*s\", not \"%s\"", STR_FMT(s_), text);\
} while (0)

static void
minimal_example_word_for_word(void **state)
{
	const struct conf_policy *p;
	struct conf *conf;
	char path[8192];
	struct buf b;

	(void)state;
	path_of(path, sizeof(path), source, "../../examples/minimal.yml");
	buf_init(&b, 0);
	file_read(path, &b);
	file_write("minimal-example", buf_str(&b), 0644);
	buf_free(&b);
	conf = load_good("minimal-example");
	assert_str(conf->public_url, "https://app.example.com/auth");
	assert_str(conf->login_host, "app.example.com");
	assert_str(conf->login_path, "/auth");
	assert_true(conf->shared_origin);
	assert_int_equal(conf->nfactors, 2);
	assert_str(conf->factors[0].base_url,
	    "https://app.example.com/auth/f/corp/");
	assert_true(bits_has(&conf->identify, 0) &&
	    bits_count(&conf->identify) == 1);
	assert_true(bits_has(&conf->second, 1) &&
	    bits_count(&conf->second) == 1);
	assert_true(conf->factors[1].enrol.first_login);
	assert_int_equal(conf->npolicies, 1);
	p = &conf->policies[0];
	assert_str(p->name, "policy-1");
	assert_int_equal(p->kind, CONF_REQUIRE);
	assert_int_equal(p->chain.nways, 1);
	assert_int_equal(p->chain.ways[0].nsteps, 2);
	assert_true(bits_has(&p->chain.ways[0].steps[0], 0));
	assert_true(bits_has(&p->chain.ways[0].steps[1], 1));
	conf_free(conf);
}

/* A proxy of this machine may connect to a socket whose peers are not
 * written; who wrote them has said all. */
static void
proxies_may_connect_by_default(void **state)
{
	const struct passwd *proxy = getpwnam("www-data");
	struct conf *conf = load_good("ok-base.yml");
	const struct conf_listener *l = conf->listeners;
	bool found = false;

	(void)state;
	for (size_t i = 0; i < l->npeer_uids; i++)
		found |= proxy != NULL && l->peer_uids[i] == proxy->pw_uid;
	assert_int_equal(found, proxy != NULL);
	assert_int_equal(l->npeers, 0);
	conf_free(conf);
}

static void
defaults_where_nothing_is_written(void **state)
{
	struct conf *conf = load_good("ok-base.yml");
	const struct conf_listener *l = conf->listeners;

	(void)state;
	assert_int_equal(conf->nlisteners, 2);
	assert_int_equal(l[0].role, CONF_PAGES);
	assert_str(l[0].unix_path, "/run/countersign/pages.sock");
	assert_str(l[0].client_address, "X-Real-IP");
	assert_int_equal(l[0].mode, 0660);
	assert_int_equal(l[1].role, CONF_CHECK);
	assert_str(l[1].unix_path, "/run/countersign/check.sock");
	assert_int_equal(l[1].dialect, CONF_NGINX);
	assert_str(conf->store_path, "/var/lib/countersign/state.db");
	assert_str(conf->keys_dir, "/etc/countersign/keys");
	assert_int_equal(conf->idle_s, 1800);
	assert_int_equal(conf->lifetime_s, 36000);
	assert_int_equal(conf->groups_max_age_s, 900);
	assert_int_equal(conf->throttle.subject_tries, 5);
	assert_int_equal(conf->throttle.source_tries, 20);
	assert_int_equal(conf->headers.n, 4);
	assert_str(conf->headers.v[0].name, "Remote-User");
	assert_true(conf->headers.percent);
	assert_str(conf->audit_path, "");
	assert_str(conf->site.time_zone, "UTC");
	assert_int_equal(conf->site.languages.n, 2);
	assert_int_equal(conf->account_policy, -1);
	assert_true(conf->factors[1].enrol.link);
	assert_false(conf->factors[1].enrol.first_login);
	assert_int_equal(conf->factors[1].enrol.link_uses, 1);
	assert_true(conf->factors[0].offered);
	assert_true(conf->factors[0].people.v == NULL);
	assert_str(conf_text_for(conf, &conf->factors[0].label, STR("ja")),
	    "corp");
	conf_free(conf);
}

static void
listeners_as_written(const struct conf *conf)
{
	const struct conf_listener *l = conf->listeners;
	struct buf b;

	assert_int_equal(conf->nlisteners, 4);
	buf_init(&b, 0);
	buf_printf(&b, "%s/run/pages.sock", folder);
	assert_str(l[0].unix_path, buf_str(&b).p);
	buf_free(&b);
	assert_int_equal(l[0].mode, 0600);
	assert_int_equal(l[0].npeer_uids, 2);
	assert_int_equal(l[0].peer_uids[1], 1000);
	assert_int_equal(l[1].role, CONF_CHECK);
	assert_str(l[2].tcp, "[::1]:9092");
	assert_int_equal(l[2].npeers, 2);
	assert_str(l[2].client_address, "X-Client");
	assert_int_equal(l[3].role, CONF_METRICS);
	assert_str(l[3].client_address, "");
}

static void
site_as_written(const struct conf *conf)
{
	assert_str(conf->site.logo_type, "image/svg+xml");
	assert_true(conf->site.logo.n > 10);
	assert_str(conf_text_for(conf, &conf->site.name, STR("ja")),
	    "リモート接続");
	assert_str(conf_text_for(conf, &conf->site.notice, STR("ja")),
	    "Authorised use only.\nEverything is logged.");
	assert_str(conf->site.help_url, "https://help.example.com/mfa");
	assert_str(conf->site.languages.v[0], "ja");
	assert_str(conf->site.time_zone, "Asia/Tokyo");
}

static struct csn_str
value_of(const struct conf_factor *f, const char *name, struct csn_str *ref)
{
	for (size_t i = 0; i < f->nvals; i++)
		if (strcmp(f->plugin->opts[f->vals[i].opt].name, name) == 0) {
			*ref = f->refs[i];
			return f->vals[i].text;
		}
	return STR("(none)");
}

static void
factors_as_written(const struct conf *conf)
{
	const struct conf_factor *corp = &conf->factors[0];
	struct csn_str ref;
	struct buf b;

	buf_init(&b, 0);
	buf_printf(&b, "file:%s/files/bind", folder);
	/* a reference, and never what it refers to */
	assert_str(value_of(corp, "bind_password", &ref), "");
	assert_str(ref, buf_str(&b).p);
	buf_free(&b);
	assert_true(str_starts(value_of(corp, "ca", &ref), STR("-----BEGIN")));
	assert_true(str_ends(ref, STR("/files/ca.pem")));
	assert_str(value_of(corp, "flavour", &ref), "ad");
	assert_str(value_of(corp, "timeout", &ref), "10s");
	assert_str(value_of(corp, "connections", &ref), "8");
	assert_str(pairs_get(corp->people, STR("taro@example.com")), "taro");
	assert_str(pairs_get(corp->group_map, STR("CN=Old")), "staff");
	assert_true(conf->factors[1].alarm);
	assert_false(conf->factors[1].offered);
	assert_true(conf->factors[2].enrol.first_login);
	assert_int_equal(conf->factors[2].enrol.networks, 3);
	assert_int_equal(conf->factors[2].enrol.link_valid_s, 86400);
	assert_int_equal(conf->factors[2].enrol.link_uses, 2);
	assert_int_not_equal(corp->fingerprint, conf->factors[1].fingerprint);
}

/* Behind the policies; nothing falls under them. */
static void
pages_as_written(const struct conf *conf)
{
	const struct conf_policy *own = &conf->policies[conf->account_policy];
	const struct conf_policy *change =
	    &conf->policies[conf->change_policy];

	assert_int_equal(conf->npages, 3);
	assert_int_equal(conf->account_policy, 4);
	assert_int_equal(conf->change_policy, 5);
	assert_int_equal(own->nhosts, 0);
	assert_int_equal(own->kind, CONF_REQUIRE);
	assert_int_equal(own->chain.nways, 2);
	assert_int_equal(own->fresh_s[2], 8 * 3600);
	assert_true(own->accept_device);
	assert_str(own->allow.groups.v[0], "staff");
	/* security.md E5, whatever is written */
	assert_int_equal(change->nhosts, 0);
	assert_memory_equal(&change->chain.ways[0].steps[0], &conf->second,
	    sizeof(conf->second));
	assert_int_equal(change->fresh_s[2], 300);
	assert_true(change->accept_recovery);
	assert_true(change->refuse_temporary);
	assert_false(change->accept_device);
	assert_false(change->accept_remembered);
	assert_memory_not_equal(own->hash, change->hash, sizeof(own->hash));
	assert_int_equal(conf->desk.policy, 6);
	assert_int_equal(conf->desk.may, MAY_LOOK_UP | MAY_UNLOCK);
	assert_str(conf->desk.not_for.groups.v[0], "admins");
	assert_str(conf->desk.not_for.users.v[0], "corp/Taro");
	assert_true(conf->policies[6].allow.written);
	assert_int_equal(conf->policies[6].nhosts, 0);
}

static void
policies_as_written(const struct conf *conf)
{
	const struct conf_policy *p = conf->policies;

	assert_int_equal(conf->npolicies, 4);
	pages_as_written(conf);
	assert_int_equal(p[0].kind, CONF_PUBLIC);
	assert_int_equal(p[0].npaths, 2);
	assert_false(p[0].paths[0].under);
	assert_int_equal(p[1].kind, CONF_DENY);
	assert_true(p[1].paths[0].under);
	assert_int_equal(p[1].methods.n, 2);
	assert_int_equal(p[2].nhosts, 2);
	assert_true(p[2].hosts[1].wildcard);
	assert_str(p[2].hosts[1].name, ".apps.example.com");
	assert_int_equal(p[2].hosts[1].port, 8443);
	assert_int_equal(p[2].networks, 2);
	assert_int_equal(p[2].chain.nways, 3);
	assert_int_equal(p[2].chain.ways[2].guards[0].kind, GUARD_USER);
	assert_str(p[2].allow.groups.v[1], "rescue/breakers");
	/* the realm keeps the case */
	assert_str(p[2].allow.users.v[0], "corp/Taro");
	assert_int_equal(p[2].fresh_s[2], 900);
	assert_int_equal(p[2].idle_s, 600);
	assert_true(p[2].accept_recovery && p[2].enrolled_by_link);
	/* security.md E6: where it is written, for as long as that says */
	assert_true(p[2].accept_remembered && p[3].accept_remembered);
	assert_int_equal(p[2].remember_s[2], 7 * 86400);
	assert_int_equal(p[3].remember_s[2], 30 * 86400);
	assert_int_equal(p[3].remember_s[0], 0);
	assert_true(p[3].chain.ways[0].guards[0].negated);
	assert_int_equal(p[3].idle_s, 0);
}

static void
everything_as_written(void **state)
{
	struct conf *conf = load_good("ok-everything.yml");

	(void)state;
	listeners_as_written(conf);
	site_as_written(conf);
	factors_as_written(conf);
	policies_as_written(conf);
	assert_true(conf->realms[0].keep_case);
	assert_int_equal(conf->realms[0].authority, 0);
	assert_int_equal(conf->realms[0].recheck_s, 300);
	assert_str(conf->realms[1].names.v[0], "rescue-*");
	assert_str(pairs_get(conf->groups[1].values, STR("rescue")),
	    "admins");
	assert_str(conf->headers.v[0].name, "REMOTE_USER");
	assert_int_equal(conf->throttle.shared_sources, 1);
	assert_int_equal(conf->throttle.window_s, 600);
	assert_int_equal(conf->keys_warn_older_s, 180 * 86400);
	assert_int_equal(conf->audit_keep_s, 400 * 86400);
	assert_true(conf->keep);
	conf_free(conf);
}

static void
types_come_out_as_numbers(void **state)
{
	struct conf *conf = load_good("factor-types-ok.yml");
	const struct conf_factor *f = &conf->factors[0];
	unsigned keys = 0, roles = 0;

	(void)state;
	for (size_t i = 0; i < f->nvals; i++) {
		const char *name = f->plugin->opts[f->vals[i].opt].name;
		int64_t num = f->vals[i].num;

		if (strcmp(name, "number") == 0)
			assert_int_equal(num, -5);
		if (strcmp(name, "any_number") == 0)
			assert_true(num == -INT64_MAX);
		if (strcmp(name, "switch") == 0)
			assert_int_equal(num, 0);
		if (strcmp(name, "choice") == 0)
			assert_int_equal(num, 2);
		if (strcmp(name, "span") == 0)
			assert_int_equal(num, 90);
		if (strcmp(name, "note") == 0)
			assert_str(f->vals[i].text, "a note\n");
		keys += strcmp(name, "keys") == 0;
		if (strcmp(name, "roles") == 0 && roles++ < 2)
			assert_str(f->vals[i].key, "admin");
		assert_true(f->places[i].line > 0);
		assert_int_equal(f->vals[i].text.p[f->vals[i].text.n], 0);
	}
	assert_int_equal(keys, 3);
	assert_int_equal(roles, 3);
	conf_free(conf);
}

static void
folding_realm_folds_users(void **state)
{
	struct conf *conf = NULL;
	struct conf_report rep;

	(void)state;
	report_init(&rep);
	assert_int_equal(conf_load_text(STR("version: 1\n"
	    "public_url: https://l.example.com\n"
	    "factors: { corp: { plugin: ldap } }\n"
	    "policies:\n"
	    "  - match: { host: a.example.com }\n"
	    "    require: [ corp where not user Hanako ]\n"
	    "    allow: { users: [Taro, corp/JIRO] }\n"), stub_find, NULL,
	    &rep, &conf), 0);
	assert_str(conf->policies[0].chain.ways[0].guards[0].arg, "hanako");
	assert_str(conf->policies[0].allow.users.v[0], "taro");
	assert_str(conf->policies[0].allow.users.v[1], "corp/jiro");
	conf_free(conf);
	report_free(&rep);
}

#define HASH_HEAD "version: 1\npublic_url: https://l.example.com\n"	\
	"networks: { a: 10.0.0.0/8 }\ngroups: { g: { corp: G } }\n"
#define HASH_FACTORS "factors: { corp: { plugin: ldap }, phone: { plugin: " \
	"totp } }\n"
#define HASH_ENROL "enrol: { phone: link }\n"
#define HASH_POLICY "policies:\n  - match: { host: a.example.com }\n"
#define HASH_WAYS "    require: [ corp then phone ]\n"

static void
hash_of(const char *text, uint8_t ret[16])
{
	struct conf *conf = NULL;
	struct conf_report rep;

	report_init(&rep);
	if (conf_load_text(str_from(text), stub_find, NULL, &rep, &conf) < 0)
		fail_msg("%s\n%s", text, buf_str(&rep.faults).p);
	memcpy(ret, conf->policies[0].hash, 16);
	conf_free(conf);
	report_free(&rep);
}

/* What a round relies on changes the hash; nothing else does. */
static void
policy_hash_covers_what_rounds_rely_on(void **state)
{
	static const char base[] = HASH_HEAD HASH_FACTORS HASH_ENROL
	    HASH_POLICY HASH_WAYS;
	static const struct { bool same; const char *text; } rows[] = {
		{ true, base },
		{ true, "# a comment\n" HASH_HEAD "session: { idle: 1h }\n"
		    HASH_FACTORS HASH_ENROL "policies:\n  - match: { host: "
		    "other.example.com, under: /x }\n" HASH_WAYS },
		{ true, HASH_HEAD "ways: { w: [ corp then phone ] }\n"
		    HASH_FACTORS HASH_ENROL HASH_POLICY
		    "    require: [ use w ]\n" },
		{ false, HASH_HEAD HASH_FACTORS HASH_ENROL HASH_POLICY
		    "    require: [ corp ]\n" },
		{ false, HASH_HEAD HASH_FACTORS HASH_ENROL HASH_POLICY
		    "    require: [ corp then phone where group g ]\n" },
		{ false, HASH_HEAD HASH_FACTORS HASH_ENROL HASH_POLICY
		    HASH_WAYS "    fresh: { phone: 1h }\n" },
		{ false, HASH_HEAD HASH_FACTORS HASH_ENROL HASH_POLICY
		    HASH_WAYS "    allow: { groups: [g] }\n" },
		{ false, HASH_HEAD HASH_FACTORS HASH_ENROL HASH_POLICY
		    HASH_WAYS "    allow: { users: [g] }\n" },
		{ false, HASH_HEAD HASH_FACTORS HASH_ENROL HASH_POLICY
		    HASH_WAYS "    accept: recovery\n" },
		{ false, HASH_HEAD HASH_FACTORS HASH_ENROL HASH_POLICY
		    HASH_WAYS "    accept: device\n" },
		{ false, HASH_HEAD HASH_FACTORS HASH_ENROL HASH_POLICY
		    HASH_WAYS "    remember: { phone: 1d }\n" },
		{ false, HASH_HEAD HASH_FACTORS HASH_ENROL HASH_POLICY
		    HASH_WAYS "    remember: { phone: 2d }\n" },
		{ false, HASH_HEAD "factors: { corp: { plugin: ldap }, phone: "
		    "{ plugin: totp, recover_by: recovery-code } }\n"
		    HASH_ENROL HASH_POLICY HASH_WAYS },
		{ false, HASH_HEAD HASH_FACTORS HASH_ENROL HASH_POLICY
		    HASH_WAYS "    enrolled_by: link\n" },
		{ false, HASH_HEAD HASH_FACTORS HASH_ENROL
		    "policies:\n  - match: { host: a.example.com }\n"
		    "    name: other\n" HASH_WAYS },
		{ false, HASH_HEAD HASH_FACTORS
		    "enrol: { phone: { first_login: true } }\n" HASH_POLICY
		    HASH_WAYS },
		{ false, HASH_HEAD HASH_FACTORS
		    "enrol: { phone: { first_login: { networks: a } } }\n"
		    HASH_POLICY HASH_WAYS },
		{ false, HASH_HEAD "factors: { corp: { plugin: kitchen, text: "
		    "abc }, phone: { plugin: totp } }\n" HASH_ENROL
		    HASH_POLICY HASH_WAYS },
		{ false, "version: 1\npublic_url: https://l.example.com\n"
		    "factors: { corp: { plugin: ldap, realm: other }, phone: "
		    "{ plugin: totp } }\n" HASH_ENROL HASH_POLICY
		    HASH_WAYS },
	};
	uint8_t seen[sizeof(rows) / sizeof(rows[0])][16];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		hash_of(rows[i].text, seen[i]);
		for (size_t k = 0; k < i; k++)
			if ((memcmp(seen[i], seen[k], 16) == 0) !=
			    (rows[i].same && rows[k].same))
				fail_msg("rows %zu and %zu", i, k);
	}
}

static void
files_of_others_are_refused(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(chmod("ok-base.yml", 0664), 0);
	load_say("ok-base.yml", &b);
	assert_str(buf_str(&b), "ok-base.yml may be written to by others; "
	    "chmod go-w\n");
	buf_clear(&b);
	assert_int_equal(chmod("ok-base.yml", 0646), 0);
	load_say("ok-base.yml", &b);
	assert_str(buf_str(&b), "ok-base.yml may be written to by others; "
	    "chmod go-w\n");
	buf_clear(&b);
	assert_int_equal(chmod("ok-base.yml", 0644), 0);
	assert_int_equal(chmod("inc/ok-a.yml", 0666), 0);
	load_say("ok-include.yml", &b);
	assert_str(buf_str(&b), "ok-include.yml:4:10: inc/ok-a.yml may be "
	    "written to by others; chmod go-w\n");
	buf_clear(&b);
	assert_int_equal(chmod("inc/ok-a.yml", 0644), 0);
	load_say("absent.yml", &b);
	assert_str(buf_str(&b), "absent.yml is not there\n");
	buf_clear(&b);
	load_say("files", &b);
	assert_str(buf_str(&b), "files is no plain file\n");
	buf_clear(&b);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	load_say("fifo", &b);
	assert_str(buf_str(&b), "fifo is no plain file\n");
	buf_free(&b);
}

static void
somebody_elses_file_is_refused(void **state)
{
	struct buf b;

	(void)state;
	/* only root can give a file away */
	if (geteuid() != 0) {
		print_message("# not root: the owner cannot be changed "
		    "here\n");
		skip();
	}
	buf_init(&b, 0);
	assert_int_equal(chown("ok-base.yml", 12345, 0), 0);
	load_say("ok-base.yml", &b);
	assert_int_equal(chown("ok-base.yml", 0, 0), 0);
	assert_str(buf_str(&b), "ok-base.yml does not belong to root; if it "
	    "is the service's, run this as the service's user, else chown it "
	    "to root\n");
	buf_free(&b);
}

static void
symbolic_links_are_followed_and_judged(void **state)
{
	struct conf *conf;
	struct buf b;

	(void)state;
	assert_int_equal(symlink("ok-include.yml", "link"), 0);
	assert_int_equal(symlink("../ok-include.yml", "inc/link"), 0);
	conf_free(load_good("link"));
	/* relative to where the file is, not to where the link is */
	conf = load_good("inc/link");
	assert_int_equal(conf->nnetworks, 2);
	conf_free(conf);
	assert_int_equal(symlink("/dev/null", "null"), 0);
	buf_init(&b, 0);
	load_say("null", &b);
	assert_str(buf_str(&b), "null is no plain file\n");
	buf_free(&b);
}

static void
large_files_are_refused(void **state)
{
	size_t n = 1024 * 1024;
	char *text = malloc(n + 1);
	struct buf b;

	(void)state;
	assert_non_null(text);
	memset(text, '\n', n + 1);
	buf_init(&b, 0);
	file_write("large", str_of(text, n + 1), 0600);
	load_say("large", &b);
	assert_str(buf_str(&b), "large is larger than 1 MiB\n");
	buf_clear(&b);
	file_write("large", str_of(text, n), 0600);
	load_say("large", &b);
	assert_str(buf_str(&b), "large:1:1: no settings here; a "
	    "configuration is lines of `name: value`\n");
	buf_free(&b);
	free(text);
}

/* All of the company's example but what this version does not do. The paths
 * of the example are looked for in a folder that is not there. */
static void
enterprise_example_is_refused_by_name(void **state)
{
	static const char from[] = "/etc/countersign/", to[] = "/nowhere/";
	struct csn_str text;
	struct buf b, out;
	char path[8192];
	ptrdiff_t at;

	(void)state;
	path_of(path, sizeof(path), source, "../../examples/enterprise.yml");
	buf_init(&b, 0);
	buf_init(&out, 0);
	file_read(path, &b);
	text = buf_str(&b);
	while ((at = str_find(text, str_from(from))) >= 0) {
		buf_put(&out, text.p, (size_t)at);
		buf_puts(&out, to);
		text = str_from_at(text, (size_t)at + sizeof(from) - 1);
	}
	buf_str_put(&out, text);
	file_write("enterprise.yml", buf_str(&out), 0644);
	buf_free(&b);
	buf_free(&out);
	path_of(path, sizeof(path), source, "enterprise-example");
	buf_init(&b, 0);
	file_read(path, &b);
	file_write("enterprise.expected", buf_str(&b), 0644);
	buf_free(&b);
	assert_true(pair_holds(STR("enterprise")));
}

/* So many factors, each of a realm of its own and in a way of its own. */
static int
load_many(unsigned n, struct conf_report *rep, struct conf **ret)
{
	struct buf b;
	int rc;

	buf_init(&b, 0);
	buf_puts(&b, "version: 1\npublic_url: https://l.example.com\n"
	    "factors:\n");
	for (unsigned i = 0; i < n; i++)
		buf_printf(&b, "  f%u: { plugin: ldap, realm: r%u }\n", i, i);
	buf_puts(&b, "policies:\n");
	for (unsigned i = 0; i < n; i++)
		buf_printf(&b, "  - match: { host: h%u.example.com }\n"
		    "    require: [ f%u ]\n    fresh: { f%u: 15m }\n", i, i,
		    i);
	rc = conf_load_text(buf_str(&b), stub_find, NULL, rep, ret);
	buf_free(&b);
	return rc;
}

static void
many_factors_and_realms(void **state)
{
	struct conf_report rep;
	struct conf *conf = NULL;

	(void)state;
	report_init(&rep);
	if (load_many(CHAIN_FACTORS_MAX, &rep, &conf) < 0)
		fail_msg("%s", buf_str(&rep.faults).p);
	assert_int_equal(conf->nfactors, CHAIN_FACTORS_MAX);
	for (unsigned i = 0; i < CHAIN_FACTORS_MAX; i++) {
		const struct conf_policy *p = &conf->policies[i];

		assert_int_equal(conf->factors[i].realm, i);
		assert_int_equal(conf_factor_of(conf,
		    conf->factors[i].fingerprint), i);
		assert_int_equal(bits_next(&p->chain.ways[0].steps[0], 0), i);
		assert_int_equal(conf_fresh_s(p, i), 900);
		assert_int_equal(conf_fresh_s(p, i ^ 1), 0);
	}
	assert_int_equal(conf_factor_of(conf, 1), -1);
	conf_free(conf);
	assert_int_equal(load_many(CHAIN_FACTORS_MAX + 1, &rep, &conf), -1);
	assert_true(str_find(buf_str(&rep.faults), STR("more than 1024 "
	    "factors; ")) >= 0);
	assert_true(str_find(buf_str(&rep.faults), STR("more than 1024 "
	    "realms; ")) >= 0);
	report_free(&rep);
}

static void
lookups(void **state)
{
	struct conf *conf = load_good("ok-everything.yml");
	struct ip ip;

	(void)state;
	assert_int_equal(conf_factor_find(conf, STR("phone")), 2);
	assert_int_equal(conf_factor_find(conf, STR("Phone")), -1);
	assert_int_equal(conf_realm_find(conf, STR("rescue")), 1);
	assert_int_equal(conf_realm_find(conf, STR("")), -1);
	assert_int_equal(ip_parse(STR("203.0.113.7"), &ip), 0);
	assert_true(conf_networks_have(conf, 1, &ip));
	assert_true(conf_networks_have(conf, 3, &ip));
	assert_false(conf_networks_have(conf, 2, &ip));
	assert_true(conf_networks_have(conf, 0, &ip));
	assert_int_equal(ip_parse(STR("2001:db8:10::1"), &ip), 0);
	assert_true(conf_networks_have(conf, 1, &ip));
	conf_free(conf);
	conf_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_of_input_and_words),
		cmocka_unit_test(minimal_example_word_for_word),
		cmocka_unit_test(enterprise_example_is_refused_by_name),
		cmocka_unit_test(defaults_where_nothing_is_written),
		cmocka_unit_test(proxies_may_connect_by_default),
		cmocka_unit_test(everything_as_written),
		cmocka_unit_test(types_come_out_as_numbers),
		cmocka_unit_test(folding_realm_folds_users),
		cmocka_unit_test(policy_hash_covers_what_rounds_rely_on),
		cmocka_unit_test(files_of_others_are_refused),
		cmocka_unit_test(somebody_elses_file_is_refused),
		cmocka_unit_test(symbolic_links_are_followed_and_judged),
		cmocka_unit_test(large_files_are_refused),
		cmocka_unit_test(many_factors_and_realms),
		cmocka_unit_test(lookups),
	};

	return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
