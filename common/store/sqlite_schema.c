/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqlite_schema.c - a new store file, and whether a file is one of ours
 *
 * One file holds what is durable, what expires, and the feed, because a batch
 * may touch all three and is one commit. Rows lie in the order they came, with
 * an index over the keys: keys are random, and a table in key order would
 * write a page of its own for nearly each new row (measured: twice the CPU).
 * There is no index over the expiry: it would cost each write more than the
 * sweep costs in reading. This must never write into a file that it did not
 * make itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sqlite.h"

#define TEXT_(x)	#x
#define TEXT(x)		TEXT_(x)

/* exp stands before v, so that it is read without the pages of a long value.
 * AUTOINCREMENT: a number is not given again after the feed was trimmed. */
static const char schema[] =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "BEGIN EXCLUSIVE;"
    "CREATE TABLE kv (id INTEGER PRIMARY KEY, k BLOB NOT NULL UNIQUE,"
    " exp INTEGER NOT NULL, v BLOB NOT NULL);"
    "CREATE TABLE feed (n INTEGER PRIMARY KEY AUTOINCREMENT,"
    " v BLOB NOT NULL);"
    "CREATE TABLE ping (one INTEGER PRIMARY KEY, n INTEGER NOT NULL);"
    "INSERT INTO ping VALUES (1, 0);"
    "PRAGMA application_id = " TEXT(SQLITE_APPLICATION_ID) ";"
    "PRAGMA user_version = 1;"
    "COMMIT;"
    "PRAGMA wal_checkpoint(TRUNCATE);";

/* An empty file that nobody else has; SQLite gives the files beside it the
 * same mode. */
static int
file_create(const char *path, struct buf *error)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    0600);

	if (fd < 0 && errno == EEXIST)
		buf_printf(error, "%s: exists already; a store is made only "
		    "where there is nothing", path);
	else if (fd < 0)
		buf_printf(error, "%s: cannot be created: %s", path,
		    strerrordesc_np(errno));
	if (fd < 0)
		return -1;
	/* a umask may have taken even the owner's rights */
	if (fchmod(fd, 0600) < 0) {
		buf_printf(error, "%s: cannot be given mode 0600: %s", path,
		    strerrordesc_np(errno));
		close(fd);
		return -1;
	}
	close(fd);
	return 0;
}

static int
folder_sync(const char *path)
{
	char *copy = strdup(path);
	int fd, rc = -1;

	if (copy == NULL)
		return -1;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		rc = fsync(fd);
		close(fd);
	}
	free(copy);
	return rc;
}

static void
file_remove(const char *path)
{
	static const char *const tails[] = { "-wal", "-shm", "-journal", "" };
	char name[4096];

	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		if (snprintf(name, sizeof(name), "%s%s", path, tails[i]) <
		    (int)sizeof(name))
			(void)unlink(name);
	}
}

static int
schema_write(const char *path, struct buf *error)
{
	sqlite3 *db = NULL;
	int rc;

	rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_NOMUTEX, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, schema, NULL, NULL, NULL);
	/* folder_sync() and close last: only then is the file durable */
	if (sqlite3_close(db) != SQLITE_OK && rc == SQLITE_OK)
		rc = SQLITE_IOERR;
	if (rc == SQLITE_OK && folder_sync(path) < 0)
		rc = SQLITE_IOERR;
	if (rc == SQLITE_OK)
		return 0;
	buf_printf(error, "%s: cannot be made a store: %s", path,
	    sqlite3_errstr(rc));
	return -1;
}

int
sqlite_schema_create(const char *path, struct buf *error)
{
	if (file_create(path, error) < 0)
		return -1;
	if (schema_write(path, error) < 0 ||
	    sqlite_migrate(path, false, error) < 0) {
		file_remove(path);
		return -1;
	}
	return 0;
}

int
sqlite_schema_number(sqlite3 *db, const char *sql, int64_t *ret)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*ret = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

/* The second row of `ping` says since which version nodes may use the file. */
static bool
left_to_us(sqlite3 *db)
{
	int64_t since = 0;

	return sqlite_schema_number(db, "SELECT n FROM ping WHERE one = 2",
	    &since) == SQLITE_OK && since >= 1 &&
	    since <= SQLITE_SCHEMA_VERSION;
}

int
sqlite_schema_check(sqlite3 *db, const char *path, struct buf *error)
{
	int64_t id = 0, version = 0;
	int rc = sqlite_schema_number(db, "PRAGMA application_id", &id);

	if (rc == SQLITE_OK)
		rc = sqlite_schema_number(db, "PRAGMA user_version", &version);
	if (rc == SQLITE_NOTADB)
		buf_printf(error, "%s: is damaged, or not a store of "
		    "Countersign at all; restore it from a backup", path);
	else if (rc != SQLITE_OK)
		buf_printf(error, "%s: cannot be read: %s", path,
		    sqlite3_errstr(rc));
	else if (id != SQLITE_APPLICATION_ID)
		buf_printf(error, "%s: is a database, but not a store of "
		    "Countersign; name another file", path);
	else if (version > SQLITE_SCHEMA_VERSION && !left_to_us(db))
		buf_printf(error, "%s: was written by a newer Countersign "
		    "(schema %lld, this one knows %d); install that one",
		    path, (long long)version, SQLITE_SCHEMA_VERSION);
	else if (version < SQLITE_SCHEMA_VERSION)
		buf_printf(error, "%s: has schema %lld, which no Countersign "
		    "ever wrote; restore it from a backup", path,
		    (long long)version);
	else
		return 0;
	return -1;
}
