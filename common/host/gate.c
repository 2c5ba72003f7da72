/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate.c - a gate opened, reloaded and closed
 *
 * Order of opening: configuration with its plugins, keys, store, factors,
 * feed. Any failure keeps the old configuration, or stops the first start.
 */
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adopt.h"
#include "gate.h"
#include "lib/timefmt.h"
#include "pace.h"
#include "secret_ref.h"
#include "store_id.h"

/* A retired configuration is kept so long: answers that are being written
 * still point into it. */
#define REAP_AFTER_MS	30000

int64_t
gate_now_ms(struct csn_gate *g)
{
	return g->options.now_ms != NULL ?
	    g->options.now_ms(g->options.now_arg) : clock_wall_ms();
}

static int64_t
now_of_gate(void *arg)
{
	return gate_now_ms(arg);
}

void
gate_say(struct csn_gate *g, uint32_t severity, const char *fmt, ...)
{
	char line[2048];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	g->options.say(g->options.say_arg, severity, str_of(line,
	    (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1));
}

/* ------------------------------------------------------------------ */
/* the configuration in force */

static void
gate_conf_close(struct gate_conf *gc)
{
	for (size_t i = 0; i < gc->nopened; i++)
		factor_close(&gc->factors[i]);
	free(gc->factors);
	policy_index_free(gc->index);
	conf_free(gc->conf);
	arena_free(&gc->arena);
	free(gc);
}

void
gate_conf_reap(struct csn_gate *g, bool all)
{
	int64_t before = clock_mono_ms() - (all ? 0 : REAP_AFTER_MS);
	struct gate_conf **at, *gc, *due = NULL;

	pthread_mutex_lock(&g->lock);
	for (at = &g->retired; (gc = *at) != NULL;) {
		if (gc->retired_ms > before) {
			at = &gc->next;
			continue;
		}
		*at = gc->next;
		gc->next = due;
		due = gc;
	}
	pthread_mutex_unlock(&g->lock);
	pace_begin();
	for (; due != NULL; due = gc) {
		gc = due->next;
		gate_conf_close(due);
	}
	pace_end();
}

struct gate_conf *
gate_hold(struct csn_gate *g)
{
	struct gate_conf *gc;

	pthread_mutex_lock(&g->lock);
	gc = g->now;
	atomic_fetch_add_explicit(&gc->refs, 1, memory_order_relaxed);
	pthread_mutex_unlock(&g->lock);
	return gc;
}

void
gate_drop(struct gate_conf *gc)
{
	if (atomic_fetch_sub(&gc->refs, 1) != 1)
		return;
	gc->retired_ms = clock_mono_ms();
	pthread_mutex_lock(&gc->gate->lock);
	gc->next = gc->gate->retired;
	gc->gate->retired = gc;
	pthread_mutex_unlock(&gc->gate->lock);
}

void
gate_visit_begin(struct csn_gate *g)
{
	pthread_mutex_lock(&g->lock);
	g->visits++;
	pthread_mutex_unlock(&g->lock);
}

void
gate_visit_end(struct csn_gate *g)
{
	pthread_mutex_lock(&g->lock);
	if (--g->visits == 0 && g->closing)
		pthread_cond_signal(&g->quiet);
	pthread_mutex_unlock(&g->lock);
}

static void
visits_wait(struct csn_gate *g)
{
	pthread_mutex_lock(&g->lock);
	g->closing = true;
	while (g->visits > 0)
		pthread_cond_wait(&g->quiet, &g->lock);
	pthread_mutex_unlock(&g->lock);
}

static void
say_lines(struct csn_gate *g, uint32_t severity, struct csn_str text)
{
	struct csn_str line;

	while (str_cut(&text, '\n', &line))
		if (line.n > 0)
			g->options.say(g->options.say_arg, severity, line);
}

static struct conf *
conf_read(struct csn_gate *g)
{
	struct conf_report report;
	struct conf *conf = NULL;
	int rc;

	memset(&report, 0, sizeof(report));
	buf_init(&report.faults, 0);
	buf_init(&report.warnings, 0);
	rc = conf_load(g->options.conf_path, plugin_find, g->plugins,
	    &report, &conf);
	say_lines(g, CSN_WARN, buf_str(&report.warnings));
	say_lines(g, CSN_FAIL, buf_str(&report.faults));
	buf_free(&report.faults);
	buf_free(&report.warnings);
	return rc < 0 ? NULL : conf;
}

static int
factors_open(struct csn_gate *g, struct gate_conf *gc)
{
	size_t n = gc->conf->nfactors;
	bool failed = false;

	gc->factors = calloc(n > 0 ? n : 1, sizeof(*gc->factors));
	if (gc->factors == NULL)
		return -1;
	/* all of them, so that all faults are told in one pass */
	for (; gc->nopened < n; gc->nopened++) {
		failed |= factor_open(&gc->factors[gc->nopened],
		    &g->call_host, gc->conf, (unsigned)gc->nopened,
		    g->conf_dir) < 0;
		pace();
	}
	/* the operator's command works without the service's secrets; an
	 * operation of a factor that is not open is refused then */
	return failed && !g->options.offline ? -1 : 0;
}

static struct gate_conf *
gate_conf_new(struct csn_gate *g, struct conf *conf)
{
	struct gate_conf *gc = calloc(1, sizeof(*gc));

	if (gc == NULL) {
		conf_free(conf);
		return NULL;
	}
	gc->gate = g;
	gc->conf = conf;
	atomic_store(&gc->refs, 1);
	arena_init(&gc->arena, 64u << 20);
	gc->index = policy_index_new(conf);
	if (gc->index == NULL || target_homes(&gc->arena, conf, gc->index,
	    &gc->homes, &gc->nhomes) < 0 || factors_open(g, gc) < 0) {
		gate_conf_close(gc);
		return NULL;
	}
	return gc;
}

/* ------------------------------------------------------------------ */
/* keys, store, audit */

static int
keys_read(struct csn_gate *g, const struct conf *conf,
    struct keyring *cookies, struct keyring *records)
{
	char *dir = strndup(conf->keys_dir.p, conf->keys_dir.n);
	struct buf error;
	int rc = -1;

	buf_init(&error, 2048);
	if (dir != NULL && keyring_load(dir, KEYRING_COOKIES, cookies,
	    &error) == 0)
		rc = keyring_load(dir, KEYRING_RECORDS, records, &error);
	if (rc < 0)
		gate_say(g, CSN_FAIL, "%.*s", STR_FMT(buf_str(&error)));
	buf_free(&error);
	free(dir);
	return rc;
}

static int
store_open(struct csn_gate *g, const struct conf *conf)
{
	char *path = strndup(conf->store_path.p, conf->store_path.n);
	struct buf error;
	int rc = -1;

	buf_init(&error, 2048);
	if (path != NULL)
		rc = store_sqlite_open(path, false, &g->store, &error);
	/* the store must be the one that these keys were made with (O1) */
	if (rc == 0)
		rc = store_id_check(g->store, g->sealer, gate_now_ms(g),
		    &error);
	if (rc < 0)
		gate_say(g, CSN_FAIL, "%.*s", STR_FMT(buf_str(&error)));
	buf_free(&error);
	free(path);
	return rc;
}

static int
audit_begin(struct csn_gate *g, const struct conf *conf)
{
	struct buf error;

	buf_init(&error, 2048);
	g->audit = audit_open(conf->audit_path, &error);
	if (g->audit == NULL)
		gate_say(g, CSN_FAIL, "%.*s", STR_FMT(buf_str(&error)));
	buf_free(&error);
	return g->audit == NULL ? -1 : 0;
}

static int
plugin_event(void *arg, struct csn_str factor, struct csn_str event,
    struct csn_pairs pairs)
{
	struct csn_gate *g = arg;
	struct audit_event e = { .time_ms = gate_now_ms(g), .event = event,
	    .factor = factor, .details = pairs, .plugin = true };

	return audit_write(g->audit, &e);
}

static void
call_log(void *arg, uint32_t severity, struct csn_str line)
{
	struct csn_gate *g = arg;

	g->options.say(g->options.say_arg, severity, line);
}

/* The operator's command becomes the service's user, whose files it writes
 * (security.md O5). */
static int
become_owner(struct csn_gate *g, const struct conf *conf)
{
	char path[4096];
	struct stat st;

	snprintf(path, sizeof(path), "%.*s", STR_FMT(conf->store_path));
	if (!g->options.offline || geteuid() != 0 || stat(path, &st) < 0 ||
	    st.st_uid == 0)
		return 0;
	if (setgroups(0, NULL) == 0 && setgid(st.st_gid) == 0 &&
	    setuid(st.st_uid) == 0)
		return 0;
	gate_say(g, CSN_FAIL, "cannot become the owner of %s", path);
	return -1;
}

static int
parts_open(struct csn_gate *g, const struct conf *conf)
{
	if (become_owner(g, conf) < 0)
		return -1;
	if (keys_read(g, conf, &g->cookies, &g->records) < 0)
		return -1;
	g->sealer = sealer_new(&g->cookies, &g->records);
	g->known = known_new();
	g->throttle = throttle_new();
	g->http = http_client_new(NULL);
	g->work = pool_new("csn-work", GATE_WORKERS, GATE_QUEUE);
	g->waits = pool_new("csn-wait", GATE_WAITS, GATE_WAITS);
	g->answers = pool_new("csn-answer", GATE_ANSWERS, 1);
	g->notices = pool_new("csn-notice", 1, 1);
	if (g->sealer == NULL || g->known == NULL || g->throttle == NULL ||
	    g->http == NULL || g->work == NULL || g->waits == NULL ||
	    g->answers == NULL || g->notices == NULL) {
		gate_say(g, CSN_FAIL, "out of memory at start");
		return -1;
	}
	if (store_open(g, conf) < 0 || audit_begin(g, conf) < 0)
		return -1;
	g->call_host = (struct call_host){ .store = g->store,
	    .sealer = g->sealer, .http = g->http, .now_ms = now_of_gate,
	    .now_arg = g, .log = call_log, .log_arg = g,
	    .audit = plugin_event, .audit_arg = g };
	return 0;
}

/* The highest number seen lies with the keys: beside the store, a copy that is
 * put back would bring it along (security.md O2). */
static int
follow_begin(struct csn_gate *g, const struct conf *conf)
{
	struct buf path;

	buf_init(&path, 4096);
	buf_str_put(&path, conf->keys_dir);
	buf_puts(&path, "/feed.mark");
	g->follow = follow_new(g->store, g->known, g->options.offline ? "" :
	    (const char *)path.p, now_of_gate, g);
	buf_free(&path);
	if (g->follow != NULL)
		return 0;
	gate_say(g, CSN_FAIL, "the feed of revocations cannot be followed");
	return -1;
}

static char *
dir_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return strdup(".");
	return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* A configuration that leaves out what somebody has enrolled does not come
 * into force (O1). The operator's command works all the same: it mends that. */
static int
nobody_orphaned(struct csn_gate *g, const struct conf *conf)
{
	struct buf why;
	int rc;

	if (g->options.offline)
		return 0;
	buf_init(&why, 16384);
	rc = adopt_check(g->store, conf, gate_now_ms(g), &why);
	say_lines(g, CSN_FAIL, buf_str(&why));
	buf_free(&why);
	if (rc == 0 && adopt_note(g->store, conf, gate_now_ms(g), true) !=
	    STORE_OK)
		gate_say(g, CSN_WARN, "which factors are in force cannot be "
		    "noted in the store");
	return rc;
}

static int
gate_start(struct csn_gate *g)
{
	struct conf *conf;

	g->plugins = plugin_registry_new(g->options.plugin_dir);
	g->conf_dir = dir_of(g->options.conf_path);
	if (g->plugins == NULL || g->conf_dir == NULL)
		return -1;
	conf = conf_read(g);
	if (conf == NULL)
		return -1;
	if (parts_open(g, conf) < 0 || nobody_orphaned(g, conf) < 0) {
		conf_free(conf);
		return -1;
	}
	g->now = gate_conf_new(g, conf);
	if (g->now == NULL || follow_begin(g, conf) < 0)
		return -1;
	gate_lanes_set(g, g->now);
	g->wall_ms = clock_wall_ms();
	g->mono_ms = clock_mono_ms();
	if (g->options.offline)
		return 0;
	g->tasks = gate_tasks_new(g);
	return g->tasks == NULL ? -1 : 0;
}

void
csn_prepare_process(void)
{
	char *tz = getenv("TZ"), *kept = tz == NULL ? NULL : strdup(tz);

	secret_ref_capture_env();
	clearenv();
	if (kept != NULL)
		setenv("TZ", kept, 1);
	free(kept);
	/* libldap would read ldaprc of the working directory */
	setenv("LDAPNOINIT", "1", 1);
}

struct csn_gate *
csn_gate_open(const struct csn_options *options)
{
	struct csn_gate *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	g->options = *options;
	pthread_mutex_init(&g->lock, NULL);
	pthread_cond_init(&g->quiet, NULL);
	if (gate_lanes_open(g) < 0 || gate_start(g) < 0) {
		csn_gate_close(g);
		return NULL;
	}
	return g;
}

void
csn_gate_close(struct csn_gate *g)
{
	if (g == NULL)
		return;
	atomic_store(&g->ending, true);
	visits_wait(g);
	/* nobody waits for it any more */
	if (g->http != NULL)
		http_client_stop(g->http);
	gate_tasks_free(g->tasks);
	follow_free(g->follow);
	pool_free(g->notices);
	pool_free(g->waits);
	pool_free(g->work);
	pool_free(g->answers);
	if (g->listeners_hold != NULL)
		gate_drop(g->listeners_hold);
	if (g->now != NULL)
		gate_drop(g->now);
	gate_conf_reap(g, true);
	http_client_free(g->http);
	audit_close(g->audit);
	if (g->store != NULL)
		store_close(g->store);
	throttle_free(g->throttle);
	known_free(g->known);
	sealer_free(g->sealer);
	keyring_wipe(&g->cookies);
	keyring_wipe(&g->records);
	plugin_registry_free(g->plugins);
	gate_lanes_free(g);
	pthread_mutex_destroy(&g->lock);
	pthread_cond_destroy(&g->quiet);
	free(g->conf_dir);
	free(g->listeners);
	free(g);
}

/* What a reload cannot change without a restart. */
static bool
reload_fits(struct csn_gate *g, const struct conf *old,
    const struct conf *new)
{
	if (!str_equal(old->store_path, new->store_path) ||
	    !str_equal(old->keys_dir, new->keys_dir)) {
		gate_say(g, CSN_FAIL, "`store` and `keys` change with a "
		    "restart only; the old configuration stays in force");
		return false;
	}
	if (!str_equal(old->audit_path, new->audit_path) ||
	    old->nlisteners != new->nlisteners)
		gate_say(g, CSN_WARN, "`audit` and `listen` change with a "
		    "restart only; the rest of the file is in force");
	return true;
}

static int
gate_reload(struct csn_gate *g)
{
	struct gate_conf *fresh, *old = gate_hold(g);
	struct keyring cookies = { 0 }, records = { 0 };
	struct conf *conf = conf_read(g);

	if (conf == NULL || !reload_fits(g, old->conf, conf) ||
	    nobody_orphaned(g, conf) < 0 ||
	    keys_read(g, conf, &cookies, &records) < 0) {
		conf_free(conf);
		goto keep;
	}
	fresh = gate_conf_new(g, conf);
	if (fresh == NULL || sealer_reload(g->sealer, &cookies,
	    &records) < 0) {
		if (fresh != NULL)
			gate_conf_close(fresh);
		goto keep;
	}
	keyring_wipe(&cookies);
	keyring_wipe(&records);
	pthread_mutex_lock(&g->lock);
	g->now = fresh;
	pthread_mutex_unlock(&g->lock);
	gate_lanes_set(g, fresh);
	gate_drop(old);		/* ours */
	gate_drop(old);		/* the gate's */
	gate_say(g, CSN_INFO, "the configuration was read again");
	return 0;
keep:
	keyring_wipe(&cookies);
	keyring_wipe(&records);
	gate_drop(old);
	gate_say(g, CSN_FAIL, "the old configuration stays in force");
	return -1;
}

int
csn_gate_reload(struct csn_gate *g)
{
	int rc;

	pace_begin();
	rc = gate_reload(g);
	pace_end();
	return rc;
}

void
csn_gate_reopen_logs(struct csn_gate *g)
{
	struct buf error;

	buf_init(&error, 2048);
	if (audit_reopen(g->audit, &error) < 0)
		gate_say(g, CSN_FAIL, "%.*s", STR_FMT(buf_str(&error)));
	buf_free(&error);
}

int
csn_gate_run(struct csn_gate *g, void (*fn)(void *), void *arg)
{
	return pool_run(g->work, fn, arg);
}

uint64_t
csn_gate_count(struct csn_gate *g, uint32_t which)
{
	struct gate_conf *gc;
	uint64_t n = 0;

	if (which >= CSN_COUNT_MAX)
		return 0;
	if (which == CSN_COUNT_SESSIONS)
		return known_count(g->known);
	if (which == CSN_COUNT_NOTICE_WAITING)
		return atomic_load(&g->notices_waiting);
	if (which != CSN_COUNT_BROKEN)
		return gate_counted(g, which);
	gc = gate_hold(g);
	for (size_t i = 0; i < gc->nopened; i++)
		n += atomic_load(&gc->factors[i].broken);
	gate_drop(gc);
	return n;
}

/* ------------------------------------------------------------------ */

const char *
gate_trouble(struct csn_gate *g)
{
	const char *trouble = follow_trouble(g->follow);

	if (!follow_current(g->follow))
		return trouble != NULL ? trouble : "the feed of revocations "
		    "cannot be followed";
	if (atomic_load(&g->clock_stepped))
		return "the wall clock was moved by more than 30 s; restart "
		    "when it is right";
	if (gate_now_ms(g) < follow_restored_ms(g->follow) +
	    FOLLOW_RESTORED_MS)
		return "the store was put back from a copy: no logins for ten "
		    "minutes, until no code and no assertion of before is "
		    "good any more";
	return NULL;
}

/* Stricter than what a login needs: the operator is to know early. */
static const char *
not_ready(struct csn_gate *g)
{
	const char *trouble = follow_trouble(g->follow);

	if (trouble != NULL)
		return trouble;
	if (atomic_load(&g->audit_broken))
		return "the audit log cannot be written";
	return gate_trouble(g);
}

int
csn_gate_ready(struct csn_gate *g, char *sentence, size_t n)
{
	const char *why = not_ready(g);

	if (n > 0)
		snprintf(sentence, n, "%s", why == NULL ? "ready" : why);
	return why == NULL ? 0 : -1;
}

void
csn_gate_site(struct csn_gate *g, struct csn_str language,
    struct csn_site *ret)
{
	struct gate_conf *gc = gate_hold(g);
	const struct conf *c = gc->conf;

	memset(ret, 0, sizeof(*ret));
	ret->name = conf_text_for(c, &c->site.name, language);
	ret->help_text = conf_text_for(c, &c->site.help_text, language);
	ret->help_url = c->site.help_url;
	ret->login_host = c->login_host;
	ret->languages = c->site.languages;
	ret->time_zone = c->site.time_zone;
	ret->logo = c->site.logo;
	ret->logo_type = c->site.logo_type;
	/* the one path that each host routes to us */
	ret->base = STR("/.countersign");
	ret->hold = gc;
}

void
csn_gate_release(struct csn_gate *g, struct csn_site *site)
{
	(void)g;
	if (site->hold != NULL)
		gate_drop((struct gate_conf *)(uintptr_t)site->hold);
	site->hold = NULL;
}
