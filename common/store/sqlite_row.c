/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqlite_row.c - rows found and changed inside the writer's transaction
 *
 * The same few rows of a person are looked for several times in a login. Where
 * a key's row was seen last is remembered, and looked at first: going to a row
 * by its number costs a third of finding its key. It must never take a row for
 * the key's unless the row itself has that key: others write the file as well,
 * and give numbers anew.
 */
#include "sqlite.h"

static struct sqlite_seen *
seen_at(struct sqlite_conn *c, uint64_t hash)
{
	struct sqlite_seen *seen = c->store->writer.seen;

	return seen == NULL ? NULL : &seen[hash & (SQLITE_SEEN - 1)];
}

/* A statement's row, if it has one that lives. */
static int
row_take(struct sqlite_conn *c, sqlite3_stmt *st, int rc, int64_t now_ms,
    struct sqlite_row *ret)
{
	if (rc == SQLITE_ROW) {
		*ret = (struct sqlite_row){ st, sqlite3_column_int64(st, 2),
		    sqlite3_column_int64(st, 0) };
		if (ret->expires_ms == 0 || ret->expires_ms > now_ms)
			return STORE_OK;
	} else if (rc != SQLITE_DONE)
		(void)sqlite_conn_failed(c);
	sqlite_stmt_end(st);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? STORE_ABSENT :
	    STORE_FAILED;
}

/* As sqlite_row_find(), where the row was seen last. *ret_there: the key's row
 * is there, live or not. */
static int
row_at(struct sqlite_conn *c, int64_t id, struct csn_str key, int64_t now_ms,
    struct sqlite_row *ret, bool *ret_there)
{
	sqlite3_stmt *st = sqlite_conn_stmt(c, STMT_AT);
	int rc;

	if (st == NULL)
		return STORE_FAILED;
	(void)sqlite3_bind_int64(st, 1, id);
	rc = sqlite3_step(st);
	*ret_there = rc == SQLITE_ROW &&
	    str_equal(sqlite_stmt_column(st, 3), key);
	if (*ret_there || (rc != SQLITE_ROW && rc != SQLITE_DONE))
		return row_take(c, st, rc, now_ms, ret);
	sqlite_stmt_end(st);
	return STORE_ABSENT;
}

int
sqlite_row_find(struct sqlite_conn *c, struct csn_str key, int64_t now_ms,
    struct sqlite_row *ret)
{
	uint64_t hash = str_hash(key, 1);
	struct sqlite_seen *seen = seen_at(c, hash);
	bool there = false;
	sqlite3_stmt *st;
	int rc;

	if (seen != NULL && seen->hash == hash && seen->id != 0) {
		rc = row_at(c, seen->id, key, now_ms, ret, &there);
		if (there || rc == STORE_FAILED)
			return rc;
	}
	st = sqlite_conn_stmt(c, STMT_FIND);
	if (st == NULL)
		return STORE_FAILED;
	sqlite_stmt_bytes(st, 1, key);
	rc = row_take(c, st, sqlite3_step(st), now_ms, ret);
	if (rc == STORE_OK && seen != NULL)
		*seen = (struct sqlite_seen){ hash, ret->id };
	return rc;
}

struct csn_str
sqlite_row_value(const struct sqlite_row *r)
{
	return sqlite_stmt_column(r->st, 1);
}

void
sqlite_row_end(const struct sqlite_row *r)
{
	sqlite_stmt_end(r->st);
}

int
sqlite_row_step(struct sqlite_conn *c, sqlite3_stmt *st, bool *ret_changed)
{
	int rc = sqlite3_step(st);

	if (rc != SQLITE_DONE)
		(void)sqlite_conn_failed(c);
	else if (ret_changed != NULL)
		*ret_changed = sqlite3_changes(c->db) > 0;
	sqlite_stmt_end(st);
	return rc == SQLITE_DONE ? STORE_OK : STORE_FAILED;
}

int
sqlite_row_put(struct sqlite_conn *c, struct csn_str key,
    struct csn_str value, int64_t expires_ms)
{
	sqlite3_stmt *st = sqlite_conn_stmt(c, STMT_PUT);

	if (st == NULL)
		return STORE_FAILED;
	sqlite_stmt_bytes(st, 1, key);
	(void)sqlite3_bind_int64(st, 2, expires_ms);
	sqlite_stmt_bytes(st, 3, value);
	return sqlite_row_step(c, st, NULL);
}

int
sqlite_row_set(struct sqlite_conn *c, const struct sqlite_row *r,
    struct csn_str value, int64_t expires_ms)
{
	sqlite3_stmt *st = sqlite_conn_stmt(c, STMT_SET);

	if (st == NULL)
		return STORE_FAILED;
	(void)sqlite3_bind_int64(st, 1, r->id);
	(void)sqlite3_bind_int64(st, 2, expires_ms);
	sqlite_stmt_bytes(st, 3, value);
	return sqlite_row_step(c, st, NULL);
}
