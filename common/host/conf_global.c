/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_global.c - `store:`, `keys:`, `session:`, `throttle:`, `audit:`,
 * `headers:`
 *
 * The small sections. What they leave out has the defaults that stand here.
 */
#include "conf_read.h"

#define MINUTE	60
#define HOUR	3600
#define DAY	86400

static const struct schema_row store_rows[] = {
	{ .name = "sqlite", .read = schema_path,
	    .fallback = "/var/lib/countersign/state.db",
	    .offset = offsetof(struct conf, store_path) },
	{ .name = "postgresql" }, { .name = "redis" }, { .name = "valkey" },
	{ .name = "password" }, { .name = "ca" },
};

static const struct schema_row keys_rows[] = {
	{ .name = "dir", .read = schema_path,
	    .fallback = "/etc/countersign/keys",
	    .offset = offsetof(struct conf, keys_dir) },
	{ .name = "warn_older", .read = schema_duration, .min = DAY,
	    .fallback = "365d",
	    .offset = offsetof(struct conf, keys_warn_older_s) },
};

static const struct schema_row session_rows[] = {
	{ .name = "idle", .read = schema_duration, .min = MINUTE,
	    .fallback = "30m", .max = 90 * DAY,
	    .offset = offsetof(struct conf, idle_s) },
	{ .name = "lifetime", .read = schema_duration, .min = MINUTE,
	    .fallback = "10h", .max = 90 * DAY,
	    .offset = offsetof(struct conf, lifetime_s) },
	{ .name = "keep", .read = schema_bool, .fallback = "false",
	    .offset = offsetof(struct conf, keep) },
	{ .name = "groups_max_age", .read = schema_duration, .min = MINUTE,
	    .fallback = "15m", .max = DAY,
	    .offset = offsetof(struct conf, groups_max_age_s) },
};

static const struct schema_row throttle_rows[] = {
	{ .name = "shared_sources", .read = schema_networks,
	    .offset = offsetof(struct conf_throttle, shared_sources) },
	{ .name = "per_person", .read = schema_number, .min = 1, .max = 1000,
	    .fallback = "5",
	    .offset = offsetof(struct conf_throttle, subject_tries) },
	{ .name = "per_source", .read = schema_number, .min = 1,
	    .max = 100000, .fallback = "20",
	    .offset = offsetof(struct conf_throttle, source_tries) },
	{ .name = "window", .read = schema_duration, .min = MINUTE,
	    .fallback = "15m", .max = DAY,
	    .offset = offsetof(struct conf_throttle, window_s) },
};

static const struct schema_row audit_rows[] = {
	{ .name = "file", .read = schema_path,
	    .offset = offsetof(struct conf, audit_path) },
	{ .name = "keep", .read = schema_duration, .min = DAY,
	    .offset = offsetof(struct conf, audit_keep_s) },
};

const struct schema_shape
    conf_shape_store = SHAPE_OF_ROWS(store_rows),
    conf_shape_keys = SHAPE_OF_ROWS(keys_rows),
    conf_shape_session = SHAPE_OF_ROWS(session_rows),
    conf_shape_throttle = SHAPE_OF_ROWS(throttle_rows),
    conf_shape_audit = SHAPE_OF_ROWS(audit_rows),
    conf_shape_headers = { .kind = SHAPE_WORDS,
	.words = "standard|authelia|guacamole" };

static struct csn_str
folder_of(struct csn_str path)
{
	while (path.n > 1 && path.p[path.n - 1] != '/')
		path.n--;
	if (path.n > 1)
		path.n--;
	return path;
}

/* Is path the folder, or below it? */
static bool
path_within(struct csn_str path, struct csn_str folder)
{
	return str_starts(path, folder) && (path.n == folder.n ||
	    path.p[folder.n] == '/' || folder.n == 1);
}

static void
ring_place_check(struct conf_reader *r)
{
	struct conf *conf = r->conf;
	const struct yaml *y = r->top.keys != NULL ? r->top.keys :
	    r->top.store;

	if (y == NULL || conf->store_path.n == 0 || conf->keys_dir.n == 0)
		return;
	if (str_equal(folder_of(conf->store_path), conf->keys_dir) ||
	    path_within(conf->store_path, conf->keys_dir))
		fault_at(r, y, "the keys and the store in one folder; keys "
		    "have one of their own");
	else if (path_within(conf->keys_dir, folder_of(conf->store_path)))
		warn_at(r, y, "the keys lie below the store's folder: a copy "
		    "of it has both, and opens everything");
}

void
conf_read_store(struct conf_reader *r)
{
	struct conf *conf = r->conf;

	conf->store_path = STR("/var/lib/countersign/state.db");
	conf->keys_dir = STR("/etc/countersign/keys");
	conf->keys_warn_older_s = 365 * DAY;
	if (r->top.store != NULL)
		schema_read(r, store_rows, SCHEMA_COUNT(store_rows),
		    r->top.store, "`store`", conf);
	if (r->top.store != NULL && r->top.store->kind == YAML_MAP &&
	    r->top.store->n == 0)
		fault_at(r, r->top.store, "`store` names `sqlite: PATH`");
	if (r->top.keys != NULL)
		schema_read(r, keys_rows, SCHEMA_COUNT(keys_rows),
		    r->top.keys, "`keys`", conf);
	ring_place_check(r);
}

void
conf_read_session(struct conf_reader *r)
{
	struct conf *conf = r->conf;

	conf->idle_s = 30 * MINUTE;
	conf->lifetime_s = 10 * HOUR;
	conf->groups_max_age_s = 15 * MINUTE;
	if (r->top.session == NULL)
		return;
	schema_read(r, session_rows, SCHEMA_COUNT(session_rows),
	    r->top.session, "`session`", conf);
	if (conf->idle_s > conf->lifetime_s)
		fault_at(r, r->top.session, "`idle` is longer than "
		    "`lifetime`; it would never end a session");
}

void
conf_read_throttle(struct conf_reader *r)
{
	r->conf->throttle = (struct conf_throttle){ .subject_tries = 5,
	    .source_tries = 20, .window_s = 15 * MINUTE };
	if (r->top.throttle != NULL)
		schema_read(r, throttle_rows, SCHEMA_COUNT(throttle_rows),
		    r->top.throttle, "`throttle`", &r->conf->throttle);
}

void
conf_read_audit(struct conf_reader *r)
{
	r->conf->audit_path = STR("");
	if (r->top.audit != NULL)
		schema_read(r, audit_rows, SCHEMA_COUNT(audit_rows),
		    r->top.audit, "`audit`", r->conf);
}

static const struct conf_header headers_remote[] = {
	{ STR_INIT("Remote-User"), CONF_H_SUBJECT },
	{ STR_INIT("Remote-Groups"), CONF_H_GROUPS },
	{ STR_INIT("Remote-Name"), CONF_H_NAME },
	{ STR_INIT("Remote-Email"), CONF_H_MAIL },
};

/* The stock header extension reads REMOTE_USER; the others are for ours. */
static const struct conf_header headers_guacamole[] = {
	{ STR_INIT("REMOTE_USER"), CONF_H_SUBJECT },
	{ STR_INIT("REMOTE_GROUPS"), CONF_H_GROUPS },
	{ STR_INIT("REMOTE_NAME"), CONF_H_NAME },
	{ STR_INIT("REMOTE_EMAIL"), CONF_H_MAIL },
};

static const struct { const char *name; struct conf_headers headers; }
    presets[] = {
	{ "standard", { headers_remote, 4, ',', true } },
	/* as Authelia sends them, so that nothing changes in the apps */
	{ "authelia", { headers_remote, 4, ',', false } },
	{ "guacamole", { headers_guacamole, 4, ',', true } },
};

void
conf_read_headers(struct conf_reader *r)
{
	const struct yaml *y = r->top.headers;
	struct csn_str text;

	r->conf->headers = presets[0].headers;
	if (y == NULL || schema_get(r, y, &text) < 0)
		return;
	for (size_t i = 0; i < SCHEMA_COUNT(presets); i++)
		if (str_is(text, presets[i].name)) {
			r->conf->headers = presets[i].headers;
			return;
		}
	fault_at(r, y, "there is no preset `%.*s` of headers; this version "
	    "has standard, authelia and guacamole", STR_FMT(text));
}
