/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqlite_copy.c - a store copied while it is in use
 *
 * SQLite's own backup reads one state of the file, whatever is written
 * meanwhile. It must never write over a file.
 */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sqlite.h"

#define TRIES		5	/* each waits for a lock by itself */

static int
fault(struct buf *error, const char *path, const char *what)
{
	buf_printf(error, "%s: %s", path, what);
	return -1;
}

/* An empty file of our own: SQLite would take one that is there. */
static int
target_make(const char *path, struct buf *error)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    0600);

	if (fd < 0)
		return fault(error, path, errno == EEXIST ? "exists already; "
		    "a copy is made only where there is nothing" :
		    strerrordesc_np(errno));
	close(fd);
	return 0;
}

/* In one go: between two steps SQLite lets go of the state that it reads, and
 * begins anew when somebody has written meanwhile, without end. Nobody waits
 * for it: readers keep no writer out (WAL). */
static int
pages_copy(sqlite3 *from, sqlite3 *to)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
	int rc = SQLITE_BUSY;

	if (b == NULL)
		return sqlite3_errcode(to);
	for (int i = 0; i < TRIES && (rc == SQLITE_BUSY ||
	    rc == SQLITE_LOCKED); i++)
		rc = sqlite3_backup_step(b, -1);
	(void)sqlite3_backup_finish(b);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int
pages_fault(int rc, const char *from, const char *to, struct buf *error)
{
	switch (rc) {
	case SQLITE_NOTADB:
		return fault(error, from, "is no store");
	case SQLITE_FULL:
		return fault(error, to, "there is no room for it");
	default:
		buf_printf(error, "%s: cannot be copied to ", from);
		return fault(error, to, sqlite3_errstr(rc));
	}
}

static int
is_whole(void *arg, int n, char **values, char **names)
{
	bool *whole = arg;

	(void)names;
	*whole = n == 1 && values[0] != NULL && strcmp(values[0], "ok") == 0;
	return *whole ? 0 : 1;
}

/* One file, nothing beside it; whole, and one of ours. */
static int
copy_finish(sqlite3 *to, const char *path, struct buf *error)
{
	static const char settle[] = "PRAGMA journal_mode = DELETE;"
	    "PRAGMA synchronous = FULL;";
	bool whole = false;

	if (sqlite3_exec(to, settle, NULL, NULL, NULL) != SQLITE_OK)
		return fault(error, path, sqlite3_errmsg(to));
	if (sqlite3_exec(to, "PRAGMA integrity_check(1)", is_whole, &whole,
	    NULL) != SQLITE_OK || !whole)
		return fault(error, path, "the copy is damaged, and so was "
		    "what it was made of");
	if (sqlite3_exec(to, "SELECT count(*) FROM kv; SELECT count(*) FROM "
	    "feed;", NULL, NULL, NULL) != SQLITE_OK)
		return fault(error, path, "is no store of Countersign");
	return 0;
}

int
store_sqlite_copy(const char *from, const char *to, struct buf *error)
{
	/* a store in use is written beside by who reads it; a copy may lie
	 * where nobody may write */
	bool writable = access(from, W_OK) == 0;
	sqlite3 *a = NULL, *b = NULL;
	int rc = -1, copied;

	if (access(from, R_OK) < 0)
		return fault(error, from, strerrordesc_np(errno));
	if (target_make(to, error) < 0)
		return -1;
	if (sqlite3_open_v2(from, &a, writable ? SQLITE_OPEN_READWRITE :
	    SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
		fault(error, from, sqlite3_errmsg(a));
	else if (sqlite3_open_v2(to, &b, SQLITE_OPEN_READWRITE, NULL) !=
	    SQLITE_OK)
		fault(error, to, sqlite3_errmsg(b));
	else if ((copied = sqlite3_busy_timeout(a, 5000)) != SQLITE_OK ||
	    (copied = pages_copy(a, b)) != SQLITE_OK)
		pages_fault(copied, from, to, error);
	else
		rc = copy_finish(b, to, error);
	sqlite3_close(a);
	sqlite3_close(b);
	if (rc < 0)
		(void)unlink(to);
	return rc;
}

int
store_sqlite_whole(const char *path, struct buf *error)
{
	bool whole = false;
	sqlite3 *db = NULL;
	int rc;

	rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(db, SQLITE_BUSY_MS);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "PRAGMA query_only = 1; "
		    "PRAGMA quick_check(1)", is_whole, &whole, NULL);
	sqlite3_close(db);
	if (whole)
		return 0;
	return fault(error, path, rc == SQLITE_OK || rc == SQLITE_ABORT ?
	    "is damaged" : sqlite3_errstr(rc));
}
