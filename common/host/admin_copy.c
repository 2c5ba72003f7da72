/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin_copy.c - backups of the store, tried and put back
 *
 * A copy that is put back is older than what happened since: the command has
 * it accepted by csn_store_restored() at once, which ends all of before
 * (security.md O2). It must never write over a store that is there.
 */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin.h"
#include "json_out.h"
#include "lib/timefmt.h"
#include "store_id.h"

static char *
text_of(struct csn_str s)
{
	return strndup(s.p, s.n);
}

int
csn_backup(struct csn_gate *g, struct csn_str file, struct csn_str who,
    struct csn_str *ret)
{
	struct gate_conf *gc = gate_hold(g);
	char *from = text_of(gc->conf->store_path), *to = text_of(file);
	struct csn_pair details[2] = { { STR("by"), who },
	    { STR("file"), file } };
	struct audit_event e = { .time_ms = gate_now_ms(g),
	    .event = STR("backup"), .details = { details, 2 } };
	struct json_out j;
	struct buf error;
	struct stat st;
	int rc;

	gate_drop(gc);
	buf_init(&error, 2048);
	if (from == NULL || to == NULL)
		rc = json_fail(ret, "out of memory");
	else if (audit_write(g->audit, &e) < 0)
		rc = json_fail(ret, "the audit log cannot be written");
	else if (store_sqlite_copy(from, to, &error) < 0 ||
	    stat(to, &st) < 0)
		rc = json_fail(ret, "%.*s", STR_FMT(buf_str(&error)));
	else {
		json_init(&j);
		json_open(&j, NULL, '{');
		json_text(&j, "file", file);
		json_number(&j, "bytes", st.st_size);
		json_close(&j, '}');
		rc = json_take(&j, ret);
	}
	buf_free(&error);
	free(from);
	free(to);
	return rc;
}

/* ------------------------------------------------------------------ */

/* Ours is the copy, not the file: the store's keys must be those of now. */
static int
copy_open(const struct conf *conf, const char *path, struct store **ret,
    struct buf *error)
{
	static struct keyring cookies, records;
	char *dir = text_of(conf->keys_dir);
	struct sealer *sealer = NULL;
	int rc = -1;

	if (dir == NULL || keyring_load(dir, KEYRING_COOKIES, &cookies,
	    error) < 0 || keyring_load(dir, KEYRING_RECORDS, &records,
	    error) < 0 || store_sqlite_open(path, false, ret, error) < 0)
		goto out;
	sealer = sealer_new(&cookies, &records);
	if (sealer != NULL)
		rc = store_id_check(*ret, sealer, clock_wall_ms(), error);
	if (rc < 0) {
		store_close(*ret);
		*ret = NULL;
	}
out:
	sealer_free(sealer);
	keyring_wipe(&cookies);
	keyring_wipe(&records);
	free(dir);
	return rc;
}

/* A store and what SQLite keeps beside it. */
static const char *const ends[] = { "", "-wal", "-shm", "-journal" };

static void
copy_remove(const char *path)
{
	char name[4200];

	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		(void)unlink(name);
	}
}

/* What a store that was killed leaves beside its file would be written into
 * the copy by whoever opens it first. */
static bool
place_taken(const char *path, struct buf *error)
{
	char name[4200];
	struct stat st;
	size_t i;

	for (i = 0; i < 4; i++) {
		(void)snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		if (lstat(name, &st) == 0)
			break;
	}
	if (i == 4)
		return false;
	buf_printf(error, "%s: is still there; end the daemons and move it "
	    "away first", name);
	return true;
}

/* Beside the store's place: on its disk. */
static int
copy_place(const char *work, const char *path, struct buf *error)
{
	if (link(work, path) < 0)
		buf_printf(error, "%s: %s", path, errno == EEXIST ? "is still "
		    "there; end the daemons and move it away first" :
		    strerrordesc_np(errno));
	return error->n == 0 ? 0 : -1;
}

/* In the service's folder the service can put a link in the place of any file
 * that root works with there (security.md O5). */
static int
become_service(const char *path, const char *from, struct csn_str *ret)
{
	bool readable = access(from, R_OK) == 0;
	char dir[4096];

	(void)snprintf(dir, sizeof(dir), "%s", path);
	if (admin_become_owner(dirname(dir), ret) < 0)
		return -1;
	if (!readable || access(from, R_OK) == 0)
		return 0;
	return json_fail(ret, "%s: user %u cannot read it, as whom it is put "
	    "back; put it where that user can, or chown it", from,
	    (unsigned)geteuid());
}

/* Whether it can be opened with the keys of now, and whom it knows. */
static int
copy_judge(const struct conf *conf, const char *work, size_t *ret_people,
    struct buf *error)
{
	struct store *store = NULL;

	if (copy_open(conf, work, &store, error) < 0)
		return -1;
	if (store_keys(store, STR("p/"), clock_wall_ms(), ret_people) !=
	    STORE_OK)
		buf_puts(error, "the copy cannot be read to its end");
	store_close(store);
	return error->n == 0 ? 0 : -1;
}

int
csn_restore(const struct csn_options *o, struct csn_str file, uint32_t check,
    struct csn_str *ret)
{
	struct plugin_registry *plugins = NULL;
	unsigned faults;
	struct conf *conf = admin_conf_open(o, &plugins, &faults);
	char *from = text_of(file), path[4000], work[4100];
	struct json_out j;
	struct buf error;
	size_t people = 0;
	int rc = -1;

	if (conf == NULL || from == NULL) {
		(void)json_fail(ret, "the configuration cannot be used");
		rc = CSN_INIT_FAULTS;
		goto out;
	}
	(void)snprintf(path, sizeof(path), "%.*s", STR_FMT(conf->store_path));
	(void)snprintf(work, sizeof(work), "%s.%s", path, check ? "check" :
	    "restore");
	if (become_service(path, from, ret) < 0)
		goto out;
	buf_init(&error, 4096);
	copy_remove(work);
	if ((check || !place_taken(path, &error)) &&
	    store_sqlite_copy(from, work, &error) == 0 &&
	    copy_judge(conf, work, &people, &error) == 0)
		rc = check ? 0 : copy_place(work, path, &error);
	copy_remove(work);
	if (rc < 0) {
		json_fail(ret, "%.*s", STR_FMT(buf_str(&error)));
	} else {
		json_init(&j);
		json_open(&j, NULL, '{');
		json_text(&j, "file", file);
		json_number(&j, "people", (int64_t)people);
		json_bool(&j, "restored", !check);
		json_close(&j, '}');
		rc = json_take(&j, ret);
	}
	buf_free(&error);
out:
	free(from);
	conf_free(conf);
	plugin_registry_free(plugins);
	return rc;
}
