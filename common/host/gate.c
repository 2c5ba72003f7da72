/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate.c - a gate opened and closed, with the parts that outlive a reload
 *
 * Order of opening: configuration with its plugins, keys, store, factors,
 * feed. Any failure stops the start; reloads are gate_conf.c's.
 */
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gate_impl.h"
#include "lib/timefmt.h"
#include "secret_ref.h"
#include "store_id.h"

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

/* ------------------------------------------------------------------ */
/* keys, store, audit */

int
gate_keys_read(struct csn_gate *g, const struct conf *conf,
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
    struct csn_str reference, struct csn_pairs pairs)
{
	struct csn_gate *g = arg;
	struct audit_event e = { .time_ms = gate_now_ms(g), .event = event,
	    .reference = reference, .factor = factor, .details = pairs,
	    .plugin = true };

	return audit_write(g->audit, &e);
}

static void
call_log(void *arg, uint32_t severity, struct csn_str line)
{
	struct csn_gate *g = arg;

	g->options.say(g->options.say_arg, severity, line);
}

/* The operator's command becomes the service's user, whose files it writes
 * (security.md O5); without a store, whose keys they are. */
static int
become_owner(struct csn_gate *g, const struct conf *conf)
{
	char path[4096], keys[4096];
	struct stat st;

	snprintf(path, sizeof(path), "%.*s", STR_FMT(conf->store_path));
	snprintf(keys, sizeof(keys), "%.*s", STR_FMT(conf->keys_dir));
	if (!g->options.offline || geteuid() != 0 || (stat(path, &st) < 0 &&
	    stat(keys, &st) < 0) || st.st_uid == 0)
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
	if (gate_keys_read(g, conf, &g->cookies, &g->records) < 0)
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

static int
gate_start(struct csn_gate *g)
{
	struct conf *conf;

	g->plugins = plugin_registry_new(g->options.plugin_dir);
	g->conf_dir = dir_of(g->options.conf_path);
	if (g->plugins == NULL || g->conf_dir == NULL)
		return -1;
	conf = gate_conf_read(g);
	if (conf == NULL)
		return -1;
	if (parts_open(g, conf) < 0 || gate_conf_orphans(g, conf) < 0) {
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
	/* nobody renews a session any more; those who do hold a configuration,
	 * whose threads are not waited for before they are through */
	visits_wait(g);
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
