/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqlite_migrate.c - a store of an older version brought to this one
 *
 * Step by step, each one transaction, after a copy of the file beside it. A
 * step only adds: nodes of the version before it go on with the file, which
 * says so (the second row of `ping`). Of several nodes that begin at once one
 * does it. It must never touch what is no store of ours, or of a later one.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/timefmt.h"
#include "sqlite.h"

/* Nodes of the version before may be writing all the time; a start may wait. */
#define PATIENCE_MS	30000

struct step { int to; const char *sql; };

static const struct step steps[] = { SQLITE_SCHEMA_STEPS };

static int
version_of(sqlite3 *db, int64_t *ret)
{
	int64_t id = 0;
	int rc = sqlite_schema_number(db, "PRAGMA application_id", &id);

	if (rc == SQLITE_OK && id != SQLITE_APPLICATION_ID)
		rc = SQLITE_NOTADB;
	return rc != SQLITE_OK ? rc : sqlite_schema_number(db,
	    "PRAGMA user_version", ret);
}

/* One step, unless another node has done it meanwhile. */
static int
step_run(sqlite3 *db, const struct step *step)
{
	char end[160];
	int64_t version = 0;
	int rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	if (rc == SQLITE_OK)
		rc = version_of(db, &version);
	if (rc == SQLITE_OK && version == step->to - 1) {
		(void)snprintf(end, sizeof(end), "PRAGMA user_version = %d; "
		    "INSERT OR REPLACE INTO ping VALUES (2, %d)", step->to,
		    step->to - 1);
		rc = sqlite3_exec(db, step->sql, NULL, NULL, NULL);
		if (rc == SQLITE_OK)
			rc = sqlite3_exec(db, end, NULL, NULL, NULL);
	}
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

/* Whole or not there at all, and never made anew: a later one may be of what
 * another node has brought forward meanwhile. */
static int
copy_make(const char *path, int64_t version, struct buf *error)
{
	char to[4200], part[4240];
	int rc = 0;

	(void)snprintf(to, sizeof(to), "%s.version-%lld", path,
	    (long long)version);
	(void)snprintf(part, sizeof(part), "%s.%ld", to, (long)getpid());
	if (access(to, F_OK) == 0)
		return 0;
	(void)unlink(part);
	if (store_sqlite_copy(path, part, error) < 0)
		return -1;
	if (link(part, to) < 0 && errno != EEXIST) {
		buf_printf(error, "%s: cannot be made: %s", to,
		    strerrordesc_np(errno));
		rc = -1;
	}
	(void)unlink(part);
	return rc;
}

static int
steps_run(sqlite3 *db, const char *path, int64_t version, bool copy,
    struct buf *error)
{
	int rc = SQLITE_OK;

	if (copy && copy_make(path, version, error) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) &&
	    rc == SQLITE_OK; i++)
		if (steps[i].sql != NULL && steps[i].to > version)
			rc = step_run(db, &steps[i]);
	if (rc == SQLITE_OK)
		return 0;
	buf_printf(error, "%s: cannot be brought from schema %lld to %d: %s; "
	    "it is as it was", path, (long long)version,
	    SQLITE_SCHEMA_VERSION, sqlite3_errstr(rc));
	return -1;
}

int
sqlite_migrate(const char *path, bool copy, struct buf *error)
{
	int64_t version = 0, until = clock_mono_ms() + PATIENCE_MS;
	sqlite3 *db = NULL;
	int ret = 0;

	/* nothing is older than the first */
	if (SQLITE_SCHEMA_VERSION == 1)
		return 0;
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) ==
	    SQLITE_OK && sqlite3_busy_handler(db, sqlite_busy, &until) ==
	    SQLITE_OK && version_of(db, &version) == SQLITE_OK &&
	    version >= 1 && version < SQLITE_SCHEMA_VERSION)
		ret = steps_run(db, path, version, copy, error);
	/* what is wrong with it otherwise is told where it is opened */
	sqlite3_close(db);
	return ret;
}
