/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqlite_batch.c - what is done inside the writer's transaction
 *
 * An operation that refuses has changed nothing itself; those before it are
 * undone by a savepoint, which is only set where a later operation can refuse
 * at all. STORE_FAILED is for what SQLite failed to do, and ends the whole
 * transaction: it must never be returned for anything else, nor swallowed.
 */
#include "sqlite.h"

/* A live row that was found, at hand until row_end(): it is changed by its id
 * then, without looking for its key again. */
struct row {
	sqlite3_stmt *st;
	int64_t id, expires_ms;
};

/* STORE_OK with the row, or ABSENT or FAILED without (nothing to end). */
static int
row_find(struct sqlite_conn *c, struct csn_str key, int64_t now_ms,
    struct row *ret)
{
	sqlite3_stmt *st = sqlite_conn_stmt(c, STMT_FIND);
	int rc;

	if (st == NULL)
		return STORE_FAILED;
	sqlite_stmt_bytes(st, 1, key);
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		*ret = (struct row){ st, sqlite3_column_int64(st, 2),
		    sqlite3_column_int64(st, 0) };
		if (ret->expires_ms == 0 || ret->expires_ms > now_ms)
			return STORE_OK;
	} else if (rc != SQLITE_DONE)
		(void)sqlite_conn_failed(c);
	sqlite_stmt_end(st);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? STORE_ABSENT :
	    STORE_FAILED;
}

static struct csn_str
row_value(const struct row *r)
{
	return sqlite_stmt_column(r->st, 1);
}

static void
row_end(const struct row *r)
{
	sqlite_stmt_end(r->st);
}

/* Ends a statement that changes rows; ret_changed may be NULL. */
static int
row_step(struct sqlite_conn *c, sqlite3_stmt *st, bool *ret_changed)
{
	int rc = sqlite3_step(st);

	if (rc != SQLITE_DONE)
		(void)sqlite_conn_failed(c);
	else if (ret_changed != NULL)
		*ret_changed = sqlite3_changes(c->db) > 0;
	sqlite_stmt_end(st);
	return rc == SQLITE_DONE ? STORE_OK : STORE_FAILED;
}

static int
row_put(struct sqlite_conn *c, struct csn_str key, struct csn_str value,
    int64_t expires_ms)
{
	sqlite3_stmt *st = sqlite_conn_stmt(c, STMT_PUT);

	if (st == NULL)
		return STORE_FAILED;
	sqlite_stmt_bytes(st, 1, key);
	(void)sqlite3_bind_int64(st, 2, expires_ms);
	sqlite_stmt_bytes(st, 3, value);
	return row_step(c, st, NULL);
}

/* A new value for a row that was found and ended. */
static int
row_set(struct sqlite_conn *c, const struct row *r, struct csn_str value,
    int64_t expires_ms)
{
	sqlite3_stmt *st = sqlite_conn_stmt(c, STMT_SET);

	if (st == NULL)
		return STORE_FAILED;
	(void)sqlite3_bind_int64(st, 1, r->id);
	(void)sqlite3_bind_int64(st, 2, expires_ms);
	sqlite_stmt_bytes(st, 3, value);
	return row_step(c, st, NULL);
}

static int
op_put_new(struct sqlite_conn *c, struct store_op *op, int64_t now_ms)
{
	sqlite3_stmt *st = sqlite_conn_stmt(c, STMT_PUT_NEW);
	bool won = false;
	int rc;

	if (st == NULL)
		return STORE_FAILED;
	sqlite_stmt_bytes(st, 1, op->key);
	(void)sqlite3_bind_int64(st, 2, op->expires_ms);
	sqlite_stmt_bytes(st, 3, op->value);
	(void)sqlite3_bind_int64(st, 4, now_ms);
	rc = row_step(c, st, &won);
	return rc == STORE_OK && !won ? STORE_EXISTS : rc;
}

/* One statement where the value is the expected one; why not, otherwise. */
static int
op_swap(struct sqlite_conn *c, struct store_op *op, int64_t now_ms)
{
	sqlite3_stmt *st = sqlite_conn_stmt(c, STMT_SWAP);
	bool done = false;
	struct row r;
	int rc;

	if (st == NULL)
		return STORE_FAILED;
	sqlite_stmt_bytes(st, 1, op->key);
	(void)sqlite3_bind_int64(st, 2, now_ms);
	sqlite_stmt_bytes(st, 3, op->value);
	sqlite_stmt_bytes(st, 4, op->before);
	(void)sqlite3_bind_int64(st, 5, op->expires_ms);
	rc = row_step(c, st, &done);
	if (rc != STORE_OK || done)
		return rc;
	rc = row_find(c, op->key, now_ms, &r);
	if (rc != STORE_OK)
		return rc;
	row_end(&r);
	return STORE_STALE;
}

static int
op_delete(struct sqlite_conn *c, struct store_op *op, int64_t now_ms)
{
	sqlite3_stmt *st = sqlite_conn_stmt(c, STMT_DELETE);
	bool was = false;
	int rc;

	if (st == NULL)
		return STORE_FAILED;
	sqlite_stmt_bytes(st, 1, op->key);
	(void)sqlite3_bind_int64(st, 2, now_ms);
	rc = row_step(c, st, &was);
	return rc == STORE_OK && !was ? STORE_ABSENT : rc;
}

/* The number that a counter's value is. 0 or -1. */
static int
counter_parse(struct csn_str s, int64_t *ret)
{
	bool minus = s.n > 0 && s.p[0] == '-';
	uint64_t u;

	if (str_u64(str_from_at(s, minus ? 1 : 0),
	    (uint64_t)INT64_MAX + minus, &u) < 0)
		return -1;
	*ret = minus ? (int64_t)(0 - u) : (int64_t)u;
	return 0;
}

static int
op_count(struct sqlite_conn *c, struct store_op *op, int64_t now_ms)
{
	int64_t n = 0, expires_ms = op->expires_ms;
	uint8_t memory[24];
	struct row r;
	struct buf text;
	int rc = row_find(c, op->key, now_ms, &r), bad = 0;
	bool there = rc == STORE_OK;

	if (rc == STORE_FAILED)
		return rc;
	if (there) {
		bad = counter_parse(row_value(&r), &n);
		row_end(&r);
	}
	if (n != 0)
		expires_ms = r.expires_ms;
	if (bad != 0 || __builtin_add_overflow(n, op->delta, &n))
		return STORE_INVALID;
	buf_init_fixed(&text, memory, sizeof(memory));
	buf_decimal(&text, n);
	rc = there ? row_set(c, &r, buf_str(&text), expires_ms) :
	    row_put(c, op->key, buf_str(&text), expires_ms);
	if (rc == STORE_OK)
		op->ret_count = n;
	return rc;
}

static int
op_touch(struct sqlite_conn *c, struct store_op *op, int64_t now_ms)
{
	struct row r;
	sqlite3_stmt *st;
	int rc = row_find(c, op->key, now_ms, &r);

	if (rc != STORE_OK)
		return rc;
	row_end(&r);
	/* 0 is never: nothing lies ahead of it, and it lies ahead of all */
	if (r.expires_ms == 0 ||
	    (op->expires_ms != 0 && op->expires_ms <= r.expires_ms))
		return STORE_OK;
	st = sqlite_conn_stmt(c, STMT_EXPIRE);
	if (st == NULL)
		return STORE_FAILED;
	(void)sqlite3_bind_int64(st, 1, r.id);
	(void)sqlite3_bind_int64(st, 2, op->expires_ms);
	return row_step(c, st, NULL);
}

static int
op_revoke(struct sqlite_conn *c, struct store_op *op)
{
	bool at = op->delta != 0;
	sqlite3_stmt *st = sqlite_conn_stmt(c, at ? STMT_FEED_ADD_AT :
	    STMT_FEED_ADD);
	int rc;

	if (st == NULL)
		return STORE_FAILED;
	sqlite_stmt_bytes(st, 1, op->value);
	if (at)
		sqlite3_bind_int64(st, 2, op->delta);
	rc = row_step(c, st, NULL);
	if (rc == STORE_OK && at && sqlite3_changes(c->db) != 1)
		return STORE_INVALID;
	if (rc == STORE_OK)
		op->ret_count = sqlite3_last_insert_rowid(c->db);
	return rc;
}

static int
op_expect(struct sqlite_conn *c, struct store_op *op, int64_t now_ms)
{
	struct row r;
	int rc = row_find(c, op->key, now_ms, &r);

	if (rc != STORE_OK)
		return rc;
	if (!str_equal(row_value(&r), op->before))
		rc = STORE_STALE;
	row_end(&r);
	return rc;
}

static int
op_expect_none(struct sqlite_conn *c, struct store_op *op, int64_t now_ms)
{
	struct row r;
	int rc = row_find(c, op->key, now_ms, &r);

	if (rc == STORE_OK)
		row_end(&r);
	return rc == STORE_OK ? STORE_EXISTS : rc == STORE_ABSENT ? STORE_OK :
	    rc;
}

static int
op_read(struct sqlite_conn *c, struct store_op *op, int64_t now_ms)
{
	struct row r;
	int rc = row_find(c, op->key, now_ms, &r);

	if (rc != STORE_OK)
		return rc;
	buf_str_put(op->ret_value, row_value(&r));
	row_end(&r);
	/* not SQLite's failure, and so not that of the others of the group */
	return buf_failed(op->ret_value) ? STORE_INVALID : STORE_OK;
}

/* Changed in place and not dropped: the next count finds its row. */
static int
op_clear(struct sqlite_conn *c, struct store_op *op, int64_t now_ms)
{
	sqlite3_stmt *st = sqlite_conn_stmt(c, STMT_CLEAR);
	bool was = false;
	int rc;

	if (st == NULL)
		return STORE_FAILED;
	sqlite_stmt_bytes(st, 1, op->key);
	(void)sqlite3_bind_int64(st, 2, now_ms);
	sqlite_stmt_bytes(st, 3, STR("0"));
	rc = row_step(c, st, &was);
	return rc == STORE_OK && !was ? STORE_ABSENT : rc;
}

static int
op_run(struct sqlite_conn *c, struct store_op *op, int64_t now_ms)
{
	switch (op->kind) {
	case STORE_PUT:
		return row_put(c, op->key, op->value, op->expires_ms);
	case STORE_PUT_NEW:
		return op_put_new(c, op, now_ms);
	case STORE_SWAP:
		return op_swap(c, op, now_ms);
	case STORE_DELETE:
		return op_delete(c, op, now_ms);
	case STORE_COUNT:
		return op_count(c, op, now_ms);
	case STORE_TOUCH:
		return op_touch(c, op, now_ms);
	case STORE_REVOKE:
		return op_revoke(c, op);
	case STORE_CLEAR:
		return op_clear(c, op, now_ms);
	case STORE_EXPECT:
		return op_expect(c, op, now_ms);
	case STORE_EXPECT_NONE:
		return op_expect_none(c, op, now_ms);
	case STORE_READ:
		return op_read(c, op, now_ms);
	}
	return STORE_FAILED;
}

/* Whether an operation can refuse when one before it has changed something
 * that has to be undone then. */
static bool
batch_may_undo(const struct sqlite_job *job)
{
	bool changed = false;

	for (size_t i = 0; i < job->n; i++) {
		if (changed && store_op_refuses(job->ops[i].kind))
			return true;
		changed |= store_op_changes(job->ops[i].kind);
	}
	return false;
}

static bool
op_may_miss(enum store_op_kind kind)
{
	return kind == STORE_DELETE || kind == STORE_CLEAR ||
	    kind == STORE_READ;
}

int
sqlite_batch_run(struct sqlite_conn *c, struct sqlite_job *job)
{
	bool save = batch_may_undo(job);
	int rc = STORE_OK;

	if (save && sqlite_conn_run(c, STMT_SAVE) != STORE_OK)
		return STORE_FAILED;
	for (size_t i = 0; i < job->n && rc == STORE_OK; i++) {
		struct store_op *op = &job->ops[i];

		op->ret = rc = op_run(c, op, job->now_ms);
		if (rc == STORE_ABSENT && op_may_miss(op->kind))
			rc = STORE_OK;
	}
	if (rc == STORE_FAILED || !save)
		return rc;
	if (rc != STORE_OK && sqlite_conn_run(c, STMT_UNDO) != STORE_OK)
		return STORE_FAILED;
	if (sqlite_conn_run(c, STMT_RELEASE) != STORE_OK)
		return STORE_FAILED;
	return rc;
}

int
sqlite_trim_run(struct sqlite_conn *c, struct sqlite_job *job)
{
	sqlite3_stmt *st = sqlite_conn_stmt(c, STMT_FEED_TRIM);

	if (st == NULL)
		return STORE_FAILED;
	(void)sqlite3_bind_int64(st, 1, (int64_t)job->through);
	return row_step(c, st, NULL);
}

/* Looks at the expiry again: somebody may have written since. */
int
sqlite_drop_run(struct sqlite_conn *c, struct sqlite_job *job)
{
	int rc = STORE_OK;

	for (size_t i = 0; i < job->n && rc == STORE_OK; i++) {
		sqlite3_stmt *st = sqlite_conn_stmt(c, STMT_DROP);

		if (st == NULL)
			return STORE_FAILED;
		(void)sqlite3_bind_int64(st, 1, job->ids[i]);
		(void)sqlite3_bind_int64(st, 2, job->now_ms);
		rc = row_step(c, st, NULL);
	}
	return rc;
}

int
sqlite_ping_run(struct sqlite_conn *c, struct sqlite_job *job)
{
	(void)job;
	if (sqlite_conn_run(c, STMT_PING) != STORE_OK)
		return STORE_FAILED;
	return sqlite3_changes(c->db) == 1 ? STORE_OK : STORE_FAILED;
}
