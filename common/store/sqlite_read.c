/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqlite_read.c - readers: a few connections of their own, opened when needed
 *
 * In WAL mode a reader waits for no writer, and sees all that was committed
 * before it began. It must never hold a connection over anything but one
 * statement, for a snapshot that stays keeps the log from being emptied.
 */
#include "lib/timefmt.h"
#include "sqlite.h"

/* Takes an idle connection, or NULL with room kept for a new one. */
static struct sqlite_conn *
readers_wait(struct sqlite_readers *r)
{
	struct sqlite_conn *c;

	(void)pthread_mutex_lock(&r->lock);
	while (r->idle == NULL && r->open >= SQLITE_READERS)
		(void)pthread_cond_wait(&r->free_one, &r->lock);
	c = r->idle;
	if (c != NULL)
		r->idle = c->next;
	else
		r->open++;
	(void)pthread_mutex_unlock(&r->lock);
	return c;
}

static void
readers_give(struct sqlite_readers *r, struct sqlite_conn *c)
{
	(void)pthread_mutex_lock(&r->lock);
	if (c == NULL)
		r->open--;
	else {
		c->next = r->idle;
		r->idle = c;
	}
	(void)pthread_cond_signal(&r->free_one);
	(void)pthread_mutex_unlock(&r->lock);
}

/* A statement of a reader's own; NULL on failure. */
static sqlite3_stmt *
read_begin(struct sqlite_store *s, enum sqlite_stmt_id id,
    struct sqlite_conn **ret)
{
	struct sqlite_conn *c;
	sqlite3_stmt *st;
	struct buf error;

	if (sqlite_file_same(s) != STORE_OK)
		return NULL;
	c = readers_wait(&s->readers);
	if (c == NULL) {
		buf_init(&error, 1024);
		c = sqlite_conn_open(s, false, &error);
		if (c == NULL)
			sqlite_trouble_whole(s, buf_str(&error));
		buf_free(&error);
	}
	st = c == NULL ? NULL : sqlite_conn_stmt(c, id);
	if (st == NULL) {
		sqlite_conn_close(c);
		readers_give(&s->readers, NULL);
		return NULL;
	}
	c->deadline_ms = clock_mono_ms() + s->busy_ms;
	*ret = c;
	return st;
}

/* rc is the last step's. */
static int
read_end(struct sqlite_store *s, struct sqlite_conn *c, sqlite3_stmt *st,
    int rc)
{
	bool ok = rc == SQLITE_ROW || rc == SQLITE_DONE;

	if (!ok)
		(void)sqlite_conn_failed(c);
	sqlite_stmt_end(st);
	if (!ok && !c->passing) {
		sqlite_conn_close(c);
		c = NULL;
	}
	readers_give(&s->readers, c);
	return ok ? STORE_OK : STORE_FAILED;
}

void
sqlite_readers_close(struct sqlite_store *s)
{
	struct sqlite_conn *c;

	while ((c = s->readers.idle) != NULL) {
		s->readers.idle = c->next;
		sqlite_conn_close(c);
	}
}

int
sqlite_get(struct store *store, struct csn_str key, int64_t now_ms,
    struct buf *ret, int64_t *ret_expires_ms)
{
	struct sqlite_store *s = (struct sqlite_store *)store;
	struct sqlite_conn *c;
	sqlite3_stmt *st = read_begin(s, STMT_FIND, &c);
	int64_t expires_ms = 0;
	bool live = false;
	int rc;

	if (st == NULL)
		return STORE_FAILED;
	sqlite_stmt_bytes(st, 1, key);
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		expires_ms = sqlite3_column_int64(st, 0);
		live = expires_ms == 0 || expires_ms > now_ms;
		if (live)
			buf_str_put(ret, sqlite_stmt_column(st, 1));
	}
	if (read_end(s, c, st, rc) != STORE_OK)
		return STORE_FAILED;
	if (!live)
		return STORE_ABSENT;
	if (buf_failed(ret))
		return STORE_FAILED;
	*ret_expires_ms = expires_ms;
	return STORE_OK;
}

/* The first key behind all that begin with prefix. No key is as long as
 * KEY_MAX + 1 bytes of 0xff. */
static struct csn_str
prefix_end(struct csn_str prefix, uint8_t end[STORE_KEY_MAX + 1])
{
	while (prefix.n > 0 && (uint8_t)prefix.p[prefix.n - 1] == 0xff)
		prefix.n--;
	if (prefix.n == 0) {
		memset(end, 0xff, STORE_KEY_MAX + 1);
		return str_of(end, STORE_KEY_MAX + 1);
	}
	memcpy(end, prefix.p, prefix.n);
	end[prefix.n - 1]++;
	return str_of(end, prefix.n);
}

static int64_t
limit_of(size_t max)
{
	return max > INT32_MAX ? INT32_MAX : (int64_t)max;
}

int
sqlite_list(struct store *store, const struct store_range *range,
    store_each *each, void *arg)
{
	struct sqlite_store *s = (struct sqlite_store *)store;
	uint8_t end[STORE_KEY_MAX + 1];
	struct sqlite_conn *c;
	sqlite3_stmt *st = read_begin(s, STMT_LIST, &c);
	int rc;

	if (st == NULL)
		return STORE_FAILED;
	/* one lower bound, so that the last page costs no more than the
	 * first */
	sqlite_stmt_bytes(st, 1, str_compare(range->after, range->prefix) > 0
	    ? range->after : range->prefix);
	(void)sqlite3_bind_int64(st, 2, range->now_ms);
	sqlite_stmt_bytes(st, 3, range->after);
	sqlite_stmt_bytes(st, 4, prefix_end(range->prefix, end));
	(void)sqlite3_bind_int64(st, 5, limit_of(range->max));
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		if (each(arg, sqlite_stmt_column(st, 0),
		    sqlite_stmt_column(st, 1), sqlite3_column_int64(st, 2)))
			break;
	}
	return read_end(s, c, st, rc);
}

int
sqlite_feed_read(struct store *store, uint64_t after, size_t max,
    store_feed_each *each, void *arg)
{
	struct sqlite_store *s = (struct sqlite_store *)store;
	struct sqlite_conn *c;
	sqlite3_stmt *st = read_begin(s, STMT_FEED_READ, &c);
	int rc;

	if (st == NULL)
		return STORE_FAILED;
	(void)sqlite3_bind_int64(st, 1, (int64_t)after);
	(void)sqlite3_bind_int64(st, 2, limit_of(max));
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		if (each(arg, (uint64_t)sqlite3_column_int64(st, 0),
		    sqlite_stmt_column(st, 1)))
			break;
	}
	return read_end(s, c, st, rc);
}

int
sqlite_feed_range(struct store *store, uint64_t *ret_low, uint64_t *ret_high)
{
	struct sqlite_store *s = (struct sqlite_store *)store;
	struct sqlite_conn *c;
	sqlite3_stmt *st = read_begin(s, STMT_FEED_RANGE, &c);
	uint64_t low = 0, high = 0;
	int rc;

	if (st == NULL)
		return STORE_FAILED;
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		low = (uint64_t)sqlite3_column_int64(st, 0);
		high = (uint64_t)sqlite3_column_int64(st, 1);
	}
	if (read_end(s, c, st, rc) != STORE_OK || rc != SQLITE_ROW)
		return STORE_FAILED;
	*ret_low = low == 0 ? high + 1 : low;
	*ret_high = high;
	return STORE_OK;
}

int
sqlite_scan(struct sqlite_store *s, struct sqlite_scan *scan)
{
	struct sqlite_conn *c;
	sqlite3_stmt *st = read_begin(s, STMT_SCAN, &c);
	int64_t at = 0, expires_ms;
	size_t seen = 0;
	int rc = SQLITE_ROW;

	if (st == NULL)
		return STORE_FAILED;
	scan->n = 0;
	(void)sqlite3_bind_int64(st, 1, scan->after);
	(void)sqlite3_bind_int64(st, 2, limit_of(scan->rows));
	while (scan->n < scan->max && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		seen++;
		at = sqlite3_column_int64(st, 0);
		expires_ms = sqlite3_column_int64(st, 1);
		if (expires_ms != 0 && expires_ms <= scan->now_ms)
			scan->ids[scan->n++] = at;
	}
	scan->after = rc == SQLITE_DONE && seen < scan->rows ? 0 : at;
	return read_end(s, c, st, rc);
}
