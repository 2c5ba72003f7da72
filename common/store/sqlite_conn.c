/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqlite_conn.c - one connection to the file, with its prepared statements
 *
 * After a failure of an unusual kind a connection is closed and made anew, so
 * that nothing half done lives on in it. After a lock or a full disk it is
 * kept: to open it again would want room on the disk. It must never change a
 * file that is not a store of this version.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/timefmt.h"
#include "sqlite.h"

#define LIVE	"(exp = 0 OR exp > ?2)"

static const char *const sql[STMT_COUNT] = {
	[STMT_FIND] = "SELECT exp, v, id FROM kv WHERE k = ?1",
	[STMT_AT] = "SELECT exp, v, id, k FROM kv WHERE id = ?1",
	[STMT_LIST] = "SELECT k, v, exp FROM kv WHERE k >= ?1 AND k < ?4 "
	    "AND k <> ?3 AND " LIVE " ORDER BY k LIMIT ?5",
	[STMT_SCAN] = "SELECT id, exp FROM kv WHERE id > ?1 ORDER BY id "
	    "LIMIT ?2",
	[STMT_FEED_READ] = "SELECT n, v FROM feed WHERE n > ?1 ORDER BY n "
	    "LIMIT ?2",
	[STMT_FEED_RANGE] = "SELECT (SELECT min(n) FROM feed), "
	    "(SELECT seq FROM sqlite_sequence WHERE name = 'feed')",
	[STMT_BEGIN] = "BEGIN IMMEDIATE",
	[STMT_COMMIT] = "COMMIT",
	[STMT_ROLLBACK] = "ROLLBACK",
	[STMT_SAVE] = "SAVEPOINT batch",
	[STMT_UNDO] = "ROLLBACK TO batch",
	[STMT_RELEASE] = "RELEASE batch",
	[STMT_PUT] = "INSERT INTO kv (k, exp, v) VALUES (?1, ?2, ?3) "
	    "ON CONFLICT (k) DO UPDATE SET exp = excluded.exp, "
	    "v = excluded.v",
	[STMT_PUT_NEW] = "INSERT INTO kv (k, exp, v) VALUES (?1, ?2, ?3) "
	    "ON CONFLICT (k) DO UPDATE SET exp = excluded.exp, "
	    "v = excluded.v WHERE kv.exp <> 0 AND kv.exp <= ?4",
	[STMT_SET] = "UPDATE kv SET exp = ?2, v = ?3 WHERE id = ?1",
	[STMT_EXPIRE] = "UPDATE kv SET exp = ?2 WHERE id = ?1",
	[STMT_DELETE] = "DELETE FROM kv WHERE k = ?1 AND " LIVE,
	[STMT_DROP] = "DELETE FROM kv WHERE id = ?1 AND exp <> 0 "
	    "AND exp <= ?2",
	[STMT_FEED_ADD] = "INSERT INTO feed (v) VALUES (?1)",
	[STMT_FEED_ADD_AT] = "INSERT INTO feed (v, n) SELECT ?1, ?2 WHERE ?2 > "
	    "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'feed'), "
	    "0)",
	[STMT_FEED_TRIM] = "DELETE FROM feed WHERE n <= ?1",
	[STMT_PING] = "UPDATE ping SET n = n + 1 WHERE one = 1",
};

/* Small caches: anonymous memory at start counts, and what is asked often is
 * in the system's cache. Without spilling a page of a group is written once,
 * and the cache grows for that moment. The log is brought back every 4000
 * pages (16 MiB): of twice as many more are of pages that are there already. */
static const char settings[] =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA journal_size_limit = 16777216;"
    "PRAGMA wal_autocheckpoint = 4000;"
    "PRAGMA mmap_size = 0;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA cache_spill = OFF;"
    "PRAGMA trusted_schema = OFF;"
    "PRAGMA cell_size_check = ON;";
static const char settings_write[] = "PRAGMA cache_size = -2048";
static const char settings_read[] =
    "PRAGMA cache_size = -128; PRAGMA query_only = ON";

/* SQLite's own waits grow to 100 ms, and starve whoever waits longest. */
int
sqlite_busy(void *deadline_ms, int n)
{
	const int64_t *end = deadline_ms;
	struct timespec wait = { 0, 0 };

	if (clock_mono_ms() >= *end)
		return 0;
	(void)clock_gettime(CLOCK_MONOTONIC, &wait);
	/* 0.2 to 2 ms, not in step with other processes */
	wait.tv_nsec = (n < 8 ? 200000 : 1000000) + wait.tv_nsec % 1000000;
	wait.tv_sec = 0;
	(void)nanosleep(&wait, NULL);
	return 1;
}

static int
conn_set_up(struct sqlite_conn *c, bool write)
{
	int rc;

	(void)sqlite3_extended_result_codes(c->db, 1);
	(void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_LOOKASIDE, NULL, 512,
	    24);
	(void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	rc = sqlite3_exec(c->db, settings, NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return rc;
	return sqlite3_exec(c->db, write ? settings_write : settings_read,
	    NULL, NULL, NULL);
}

/* The tables are as the statements expect them. */
static bool
conn_usable(struct sqlite_conn *c)
{
	return sqlite_conn_stmt(c, STMT_FIND) != NULL &&
	    sqlite_conn_stmt(c, STMT_FEED_RANGE) != NULL &&
	    sqlite_conn_stmt(c, STMT_PING) != NULL;
}

static int
conn_check(struct sqlite_conn *c, bool write, struct buf *error)
{
	const char *path = c->store->path;
	int rc;

	/* before anything is set: journal_mode would write into a file that
	 * is none of ours */
	if (sqlite_schema_check(c->db, path, error) < 0)
		return -1;
	if (sqlite3_db_readonly(c->db, "main") != 0) {
		buf_printf(error, "%s: is read-only; the service must be able "
		    "to write it and its folder", path);
		return -1;
	}
	rc = conn_set_up(c, write);
	if (rc != SQLITE_OK || !conn_usable(c)) {
		buf_printf(error, "%s: cannot be used: %s", path,
		    sqlite3_errstr(sqlite3_errcode(c->db)));
		return -1;
	}
	return 0;
}

struct sqlite_conn *
sqlite_conn_open(struct sqlite_store *s, bool write, struct buf *error)
{
	struct sqlite_conn *c = calloc(1, sizeof(*c));
	int rc;

	if (c == NULL) {
		buf_puts(error, "out of memory");
		return NULL;
	}
	c->store = s;
	c->deadline_ms = clock_mono_ms() + s->busy_ms;
	rc = sqlite3_open_v2(s->path, &c->db, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_NOMUTEX, write ? SQLITE_GATHER_VFS : NULL);
	if (rc == SQLITE_OK) {
		(void)sqlite3_busy_handler(c->db, sqlite_busy,
		    &c->deadline_ms);
		if (conn_check(c, write, error) == 0)
			return c;
	} else
		buf_printf(error, "%s: cannot be opened: %s", s->path,
		    sqlite3_errstr(rc));
	sqlite_conn_close(c);
	return NULL;
}

void
sqlite_conn_close(struct sqlite_conn *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < STMT_COUNT; i++)
		sqlite3_finalize(c->stmt[i]);
	(void)sqlite3_close_v2(c->db);
	free(c);
}

sqlite3_stmt *
sqlite_conn_stmt(struct sqlite_conn *c, enum sqlite_stmt_id id)
{
	if (c->stmt[id] == NULL && sqlite3_prepare_v3(c->db, sql[id], -1,
	    SQLITE_PREPARE_PERSISTENT, &c->stmt[id], NULL) != SQLITE_OK)
		(void)sqlite_conn_failed(c);
	return c->stmt[id];
}

int
sqlite_conn_run(struct sqlite_conn *c, enum sqlite_stmt_id id)
{
	sqlite3_stmt *st = sqlite_conn_stmt(c, id);
	int rc;

	if (st == NULL)
		return STORE_FAILED;
	rc = sqlite3_step(st);
	if (rc != SQLITE_DONE)
		(void)sqlite_conn_failed(c);
	sqlite_stmt_end(st);
	return rc == SQLITE_DONE ? STORE_OK : STORE_FAILED;
}

int
sqlite_conn_failed(struct sqlite_conn *c)
{
	char text[160];
	int rc = sqlite3_extended_errcode(c->db);

	/* the library's fixed words for the code, never a statement's values */
	(void)snprintf(text, sizeof(text), "%s (SQLite error %d)",
	    sqlite3_errstr(rc), rc);
	sqlite_trouble(c->store, text);
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_FULL:
	case SQLITE_IOERR:
		c->passing = true;
		break;
	default:
		c->passing = false;
	}
	return STORE_FAILED;
}

void
sqlite_stmt_bytes(sqlite3_stmt *st, int at, struct csn_str s)
{
	/* a NULL pointer would be NULL and not the empty value */
	(void)sqlite3_bind_blob(st, at, s.n == 0 ? "" : s.p, (int)s.n,
	    SQLITE_STATIC);
}

struct csn_str
sqlite_stmt_column(sqlite3_stmt *st, int at)
{
	const void *p = sqlite3_column_blob(st, at);
	int n = sqlite3_column_bytes(st, at);

	return p == NULL || n <= 0 ? str_of("", 0) : str_of(p, (size_t)n);
}

void
sqlite_stmt_end(sqlite3_stmt *st)
{
	(void)sqlite3_reset(st);
	(void)sqlite3_clear_bindings(st);
}

int
sqlite_file_same(struct sqlite_store *s)
{
	struct stat st;

	if (stat(s->path, &st) < 0)
		sqlite_trouble(s, "the file is gone");
	else if (st.st_dev != s->dev || st.st_ino != s->ino)
		sqlite_trouble(s, "the file was replaced by another; restart");
	else if (st.st_size == 0)
		sqlite_trouble(s, "the file was emptied");
	else
		return STORE_OK;
	return STORE_FAILED;
}

void
sqlite_trouble(struct sqlite_store *s, const char *what)
{
	(void)pthread_mutex_lock(&s->lock);
	(void)snprintf(s->trouble, sizeof(s->trouble), "%s: %s", s->path,
	    what);
	(void)pthread_mutex_unlock(&s->lock);
}

void
sqlite_trouble_whole(struct sqlite_store *s, struct csn_str sentence)
{
	(void)pthread_mutex_lock(&s->lock);
	(void)snprintf(s->trouble, sizeof(s->trouble), "%.*s",
	    STR_FMT(sentence));
	(void)pthread_mutex_unlock(&s->lock);
}
