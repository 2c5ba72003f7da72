/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin.c - the operator's command: files checked, keys and store made
 *
 * What works without a gate in force; with one, admin_gate.c and its kin.
 */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin.h"
#include "json_out.h"
#include "lib/timefmt.h"
#include "store_id.h"

void
csn_free(struct csn_str *s)
{
	/* of a failure that could not even be told the text is static */
	if (s->n > 0)
		free((void *)(uintptr_t)s->p);
	*s = STR("");
}

static void
say_lines(const struct csn_options *o, uint32_t severity, struct csn_str text)
{
	struct csn_str line;

	while (str_cut(&text, '\n', &line))
		if (line.n > 0)
			o->say(o->say_arg, severity, line);
}

static struct conf *
conf_open(const struct csn_options *o, struct buf *print,
    struct plugin_registry **ret_plugins, unsigned *ret_faults)
{
	struct conf_report report;
	struct conf *conf = NULL;

	*ret_faults = 1;
	*ret_plugins = plugin_registry_new(o->plugin_dir);
	if (*ret_plugins == NULL)
		return NULL;
	memset(&report, 0, sizeof(report));
	report.print = print;
	buf_init(&report.faults, 0);
	buf_init(&report.warnings, 0);
	if (conf_load(o->conf_path, plugin_find, *ret_plugins, &report,
	    &conf) < 0)
		conf = NULL;
	say_lines(o, CSN_FAIL, buf_str(&report.faults));
	say_lines(o, CSN_WARN, buf_str(&report.warnings));
	*ret_faults = conf != NULL ? 0 : report.nfaults > 0 ?
	    report.nfaults : 1;
	buf_free(&report.faults);
	buf_free(&report.warnings);
	return conf;
}

struct conf *
admin_conf_open(const struct csn_options *o,
    struct plugin_registry **ret_plugins, unsigned *ret_faults)
{
	return conf_open(o, NULL, ret_plugins, ret_faults);
}

int
csn_check_file(const struct csn_options *o)
{
	struct plugin_registry *plugins;
	unsigned faults;
	struct conf *conf = admin_conf_open(o, &plugins, &faults);

	if (conf != NULL) {
		admin_secrets(o, conf);
		faults = admin_orphans(o, conf);
	}
	conf_free(conf);
	plugin_registry_free(plugins);
	return (int)faults;
}

#define PRINT_MAX	(64u << 20)

int
csn_check_print(const struct csn_options *o, struct csn_str *ret)
{
	struct plugin_registry *plugins;
	unsigned faults;
	struct conf *conf;
	struct buf b;

	*ret = STR("");
	buf_init(&b, PRINT_MAX);
	conf = conf_open(o, &b, &plugins, &faults);
	if (conf != NULL && (buf_failed(&b) || b.n == 0 ||
	    (ret->p = strndup(buf_str(&b).p, b.n)) == NULL))
		faults = 1;
	if (faults == 0)
		ret->n = b.n;
	buf_free(&b);
	conf_free(conf);
	plugin_registry_free(plugins);
	return (int)faults;
}

/* ------------------------------------------------------------------ */

static char *
text_of(struct csn_str s)
{
	return strndup(s.p, s.n);
}

/* The folder of a path, 0700 if it has to be made; its parents must exist. */
static int
folder_make(const char *path, struct buf *error)
{
	char *dir = strdup(path), *slash = dir == NULL ? NULL :
	    strrchr(dir, '/');
	int rc = 0;

	if (slash != NULL && slash != dir) {
		*slash = '\0';
		if (mkdir(dir, 0700) < 0 && errno != EEXIST) {
			buf_printf(error, "%s: cannot be made: %s", dir,
			    strerror(errno));
			rc = -1;
		}
	}
	free(dir);
	return rc;
}

static int
store_make(const char *path, const char *keys_dir, struct buf *error)
{
	static struct keyring cookies, records;
	struct sealer *sealer = NULL;
	struct store *store = NULL;
	int rc = -1;

	if (keyring_load(keys_dir, KEYRING_COOKIES, &cookies, error) < 0 ||
	    keyring_load(keys_dir, KEYRING_RECORDS, &records, error) < 0 ||
	    folder_make(path, error) < 0 ||
	    store_sqlite_open(path, true, &store, error) < 0)
		goto out;
	sealer = sealer_new(&cookies, &records);
	if (sealer != NULL)
		rc = store_id_make(store, sealer, clock_wall_ms());
	if (rc != STORE_OK)
		buf_puts(error, "the store's id cannot be written");
	rc = rc == STORE_OK ? 0 : -1;
out:
	if (store != NULL)
		store_close(store);
	sealer_free(sealer);
	keyring_wipe(&cookies);
	keyring_wipe(&records);
	return rc;
}

static bool
in_folder(const char *dir, const char *name)
{
	char path[4200];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return access(path, F_OK) == 0;
}

/* Keys for a new store: those that `keys init` made, if no daemon ever had
 * them, else new ones; and none for a store that is there, whose keys are
 * others. */
static int
keys_make(const char *dir, const char *store, struct buf *error)
{
	if (access(store, F_OK) == 0) {
		buf_printf(error, "%s: exists already; keys and store are "
		    "made only where there is neither. If its keys are lost, "
		    "put their copy back; to begin anew, move it away", store);
		return -1;
	}
	if (in_folder(dir, "cookies") && in_folder(dir, "records") &&
	    !in_folder(dir, "feed.mark"))
		return 0;
	return keyring_init(dir, error);
}

int
csn_init(const struct csn_options *o)
{
	struct plugin_registry *plugins;
	char *keys, *store;
	unsigned faults;
	struct conf *conf = admin_conf_open(o, &plugins, &faults);
	struct csn_str why = STR("");
	struct buf error;
	int rc = -1;

	rc = conf == NULL ? CSN_INIT_FAULTS : -1;
	if (conf == NULL)
		goto out;
	keys = text_of(conf->keys_dir);
	store = text_of(conf->store_path);
	buf_init(&error, 4096);
	/* a folder that waits for its service, which could not read root's
	 * files */
	if (keys != NULL && store != NULL &&
	    admin_become_owner(keys, &why) == 0 &&
	    keys_make(keys, store, &error) == 0)
		rc = store_make(store, keys, &error);
	say_lines(o, CSN_FAIL, buf_str(&error));
	say_lines(o, CSN_FAIL, why);
	csn_free(&why);
	if (rc == 0)
		o->say(o->say_arg, CSN_INFO, STR("keys and store are made. "
		    "Keep a copy of the key folder elsewhere: without it "
		    "every enrolled device is lost"));
	buf_free(&error);
	free(keys);
	free(store);
out:
	conf_free(conf);
	plugin_registry_free(plugins);
	return rc;
}

/* ------------------------------------------------------------------ */

static const char *
state_name(enum key_state s)
{
	switch (s) {
	case KEY_ACTIVE:
		return "active";
	case KEY_OLD:
		return "old";
	case KEY_RETIRED:
		return "retired";
	}
	return "unknown";
}

int
admin_become_owner(const char *dir, struct csn_str *ret)
{
	struct stat st;

	if (geteuid() != 0 || stat(dir, &st) < 0 || st.st_uid == 0)
		return 0;
	if (setgroups(0, NULL) == 0 && setgid(st.st_gid) == 0 &&
	    setuid(st.st_uid) == 0)
		return 0;
	return json_fail(ret, "cannot become the owner of %s", dir);
}

static int
keys_list(const char *dir, struct csn_str *ret)
{
	static const char *const names[] = { "cookies", "records" };
	struct json_out j;
	struct buf error;

	buf_init(&error, 2048);
	json_init(&j);
	json_open(&j, NULL, '[');
	for (int i = 0; i < 2; i++) {
		struct keyring ring;

		if (keyring_load(dir, i == 0 ? KEYRING_COOKIES :
		    KEYRING_RECORDS, &ring, &error) < 0)
			break;
		for (size_t k = 0; k < ring.nkeys; k++) {
			json_open(&j, NULL, '{');
			json_text(&j, "ring", str_from(names[i]));
			json_number(&j, "id", ring.keys[k].id);
			json_text(&j, "state", str_from(state_name(
			    ring.keys[k].state)));
			json_time(&j, "created", ring.keys[k].created_ms);
			json_close(&j, '}');
		}
		keyring_wipe(&ring);
	}
	json_close(&j, ']');
	if (error.n > 0) {
		json_free(&j);
		json_fail(ret, "%.*s", STR_FMT(buf_str(&error)));
		buf_free(&error);
		return -1;
	}
	buf_free(&error);
	return json_take(&j, ret);
}

/* Whether a stored record is still sealed with this key. Sealed records begin
 * with their key's id; a store that cannot be read answers "yes". */
struct key_use { uint32_t id; size_t n; };

static int
key_used(void *arg, struct csn_str key, struct csn_str value,
    int64_t expires_ms)
{
	struct key_use *use = arg;
	bool wrapped = str_starts(key, STR("k/"));

	(void)expires_ms;
	use->n += seal_key_id(wrapped ? str_from_at(value, 1) : value) ==
	    use->id;
	return 0;
}

static int
retire_check(const struct conf *conf, uint32_t id, struct csn_str *ret)
{
	struct key_use use = { .id = id };
	char *path = text_of(conf->store_path);
	struct store *store = NULL;
	struct buf error;
	int rc;

	buf_init(&error, 2048);
	rc = path == NULL ? -1 : store_sqlite_open(path, false, &store,
	    &error);
	if (rc == 0)
		rc = store_list(store, STR(""), STR(""), SIZE_MAX,
		    clock_wall_ms(), key_used, &use);
	if (rc != 0)
		rc = json_fail(ret, "the store cannot be read, so the key "
		    "stays: %.*s", STR_FMT(buf_str(&error)));
	else if (use.n > 0)
		rc = json_fail(ret, "%zu records are still sealed with key "
		    "%u; it stays until they are renewed or gone", use.n, id);
	if (store != NULL)
		store_close(store);
	buf_free(&error);
	free(path);
	return rc;
}

static int
keys_change(const struct conf *conf, struct csn_str op, enum keyring_name
    ring, uint32_t id, const char *dir, struct csn_str *ret)
{
	struct buf error;
	int rc = -1;

	if (str_is(op, "retire") && ring == KEYRING_RECORDS &&
	    retire_check(conf, id, ret) < 0)
		return -1;
	buf_init(&error, 2048);
	if (str_is(op, "init"))
		rc = keyring_init(dir, &error);
	else if (str_is(op, "rotate"))
		rc = keyring_rotate(dir, ring, clock_wall_ms(), &id, &error);
	else if (str_is(op, "retire"))
		rc = keyring_retire(dir, ring, id, &error);
	else
		buf_puts(&error, "the operation is one of init, rotate, "
		    "retire, list");
	if (rc < 0)
		json_fail(ret, "%.*s", STR_FMT(buf_str(&error)));
	buf_free(&error);
	return rc < 0 ? -1 : keys_list(dir, ret);
}

static int
keys_event(const struct conf *conf, struct csn_str op, struct csn_str ring,
    uint32_t id, struct csn_str who)
{
	char text[80];
	struct buf b;

	buf_init_fixed(&b, text, sizeof(text));
	buf_str_put(&b, op);
	buf_char(&b, ' ');
	buf_str_put(&b, ring);
	if (id != 0)
		buf_printf(&b, " %u", id);
	return buf_failed(&b) ? -1 : admin_event(conf, "keys-changed", who,
	    STR(""), buf_str(&b));
}

int
csn_keys(const struct csn_options *o, struct csn_str op,
    struct csn_str ring, uint32_t id, struct csn_str who, struct csn_str *ret)
{
	struct plugin_registry *plugins;
	unsigned faults;
	struct conf *conf = admin_conf_open(o, &plugins, &faults);
	char *dir;
	int rc;

	if (conf == NULL) {
		plugin_registry_free(plugins);
		(void)json_fail(ret, "the configuration has %u faults",
		    faults);
		return CSN_INIT_FAULTS;
	}
	dir = text_of(conf->keys_dir);
	if (dir == NULL)
		rc = json_fail(ret, "out of memory");
	else if (admin_become_owner(dir, ret) < 0)
		rc = -1;
	else if (str_is(op, "list"))
		rc = keys_list(dir, ret);
	else if (!str_is(op, "init") && !str_is(ring, "cookies") &&
	    !str_is(ring, "records"))
		rc = json_fail(ret, "the ring is `cookies` or `records`");
	/* before there are keys there is no service, and no log of it */
	else if (!str_is(op, "init") && keys_event(conf, op, ring, id, who) <
	    0)
		rc = json_fail(ret, "the audit log cannot be written, so "
		    "nothing is changed");
	else
		rc = keys_change(conf, op, str_is(ring, "records") ?
		    KEYRING_RECORDS : KEYRING_COOKIES, id, dir, ret);
	free(dir);
	conf_free(conf);
	plugin_registry_free(plugins);
	return rc;
}
