/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqlite_batch.c - what is done inside the writer's transaction
 *
 * An operation that refuses has changed nothing itself. Those before it have
 * to be undone, which is rare: then all jobs of the transaction are done once
 * more, each behind a savepoint (a savepoint costs a copy of each page that is
 * changed behind it). STORE_FAILED is for what SQLite failed to do, and ends
 * the whole transaction: it must never be returned for anything else, nor
 * swallowed.
 */
#include "sqlite.h"

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
	rc = sqlite_row_step(c, st, &won);
	return rc == STORE_OK && !won ? STORE_EXISTS : rc;
}

static int
op_swap(struct sqlite_conn *c, struct store_op *op, int64_t now_ms)
{
	struct sqlite_row r;
	bool same;
	int rc = sqlite_row_find(c, op->key, now_ms, &r);

	if (rc != STORE_OK)
		return rc;
	same = str_equal(sqlite_row_value(&r), op->before);
	sqlite_row_end(&r);
	return !same ? STORE_STALE : sqlite_row_set(c, &r, op->value,
	    op->expires_ms != 0 ? op->expires_ms : r.expires_ms);
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
	rc = sqlite_row_step(c, st, &was);
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
	struct sqlite_row r;
	struct buf text;
	int rc = sqlite_row_find(c, op->key, now_ms, &r), bad = 0;
	bool there = rc == STORE_OK;

	if (rc == STORE_FAILED)
		return rc;
	if (there) {
		bad = counter_parse(sqlite_row_value(&r), &n);
		sqlite_row_end(&r);
	}
	if (n != 0)
		expires_ms = r.expires_ms;
	if (bad != 0 || __builtin_add_overflow(n, op->delta, &n))
		return STORE_INVALID;
	buf_init_fixed(&text, memory, sizeof(memory));
	buf_decimal(&text, n);
	rc = there ? sqlite_row_set(c, &r, buf_str(&text), expires_ms) :
	    sqlite_row_put(c, op->key, buf_str(&text), expires_ms);
	if (rc == STORE_OK)
		op->ret_count = n;
	return rc;
}

static int
op_touch(struct sqlite_conn *c, struct store_op *op, int64_t now_ms)
{
	struct sqlite_row r;
	sqlite3_stmt *st;
	int rc = sqlite_row_find(c, op->key, now_ms, &r);

	if (rc != STORE_OK)
		return rc;
	sqlite_row_end(&r);
	/* 0 is never: nothing lies ahead of it, and it lies ahead of all */
	if (r.expires_ms == 0 ||
	    (op->expires_ms != 0 && op->expires_ms <= r.expires_ms))
		return STORE_OK;
	st = sqlite_conn_stmt(c, STMT_EXPIRE);
	if (st == NULL)
		return STORE_FAILED;
	(void)sqlite3_bind_int64(st, 1, r.id);
	(void)sqlite3_bind_int64(st, 2, op->expires_ms);
	return sqlite_row_step(c, st, NULL);
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
	rc = sqlite_row_step(c, st, NULL);
	if (rc == STORE_OK && at && sqlite3_changes(c->db) != 1)
		return STORE_INVALID;
	if (rc == STORE_OK)
		op->ret_count = sqlite3_last_insert_rowid(c->db);
	return rc;
}

static int
op_expect(struct sqlite_conn *c, struct store_op *op, int64_t now_ms)
{
	struct sqlite_row r;
	int rc = sqlite_row_find(c, op->key, now_ms, &r);

	if (rc != STORE_OK)
		return rc;
	if (!str_equal(sqlite_row_value(&r), op->before))
		rc = STORE_STALE;
	sqlite_row_end(&r);
	return rc;
}

static int
op_expect_none(struct sqlite_conn *c, struct store_op *op, int64_t now_ms)
{
	struct sqlite_row r;
	int rc = sqlite_row_find(c, op->key, now_ms, &r);

	if (rc == STORE_OK)
		sqlite_row_end(&r);
	return rc == STORE_OK ? STORE_EXISTS : rc == STORE_ABSENT ? STORE_OK :
	    rc;
}

static int
op_read(struct sqlite_conn *c, struct store_op *op, int64_t now_ms)
{
	struct sqlite_row r;
	int rc = sqlite_row_find(c, op->key, now_ms, &r);

	if (rc != STORE_OK)
		return rc;
	buf_str_put(op->ret_value, sqlite_row_value(&r));
	sqlite_row_end(&r);
	/* not SQLite's failure, and so not that of the others of the group */
	return buf_failed(op->ret_value) ? STORE_INVALID : STORE_OK;
}

/* Changed in place and not dropped: the next count finds its row. */
static int
op_clear(struct sqlite_conn *c, struct store_op *op, int64_t now_ms)
{
	struct sqlite_row r;
	int rc = sqlite_row_find(c, op->key, now_ms, &r);

	if (rc != STORE_OK)
		return rc;
	sqlite_row_end(&r);
	return sqlite_row_set(c, &r, STR("0"), r.expires_ms);
}

static int
op_run(struct sqlite_conn *c, struct store_op *op, int64_t now_ms)
{
	switch (op->kind) {
	case STORE_PUT:
		return sqlite_row_put(c, op->key, op->value, op->expires_ms);
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

/* STORE_OK, or what the first refused; `ret_changed`: something was before
 * that. */
static int
batch_ops(struct sqlite_conn *c, struct sqlite_job *job, bool *ret_changed)
{
	int rc = STORE_OK;

	*ret_changed = false;
	for (size_t i = 0; i < job->n && rc == STORE_OK; i++) {
		struct store_op *op = &job->ops[i];

		op->ret = rc = op_run(c, op, job->now_ms);
		if (rc == STORE_ABSENT && op_may_miss(op->kind))
			rc = STORE_OK;
		*ret_changed |= rc == STORE_OK && store_op_changes(op->kind);
	}
	return rc;
}

int
sqlite_batch_run(struct sqlite_conn *c, struct sqlite_job *job)
{
	bool save = c->careful && batch_may_undo(job), changed;
	int rc;

	if (save && sqlite_conn_run(c, STMT_SAVE) != STORE_OK)
		return STORE_FAILED;
	rc = batch_ops(c, job, &changed);
	if (rc == STORE_FAILED)
		return rc;
	if (!save)
		return rc != STORE_OK && changed ? SQLITE_AGAIN : rc;
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
	return sqlite_row_step(c, st, NULL);
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
		rc = sqlite_row_step(c, st, NULL);
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
