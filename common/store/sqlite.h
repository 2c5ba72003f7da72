/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqlite.h - what the files of the SQLite backend share
 *
 * A connection is used by one thread at a time: the writer's by the writer's
 * thread, a reader's by whoever took it from the pool. Functions return
 * STORE_ codes unless they say otherwise. For common/store and its tests only.
 */
#ifndef COUNTERSIGN_STORE_SQLITE_H
#define COUNTERSIGN_STORE_SQLITE_H

#include <pthread.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <sys/types.h>

#include "backend.h"

#define SQLITE_APPLICATION_ID	0x43536e53	/* "CSnS" */
/* A later schema begins with the steps of sqlite_migrate.c. Each leaves the
 * file to nodes of the version before as well: they run beside this one while
 * a company is upgraded. (A test builds the next one with its own.) */
#ifndef SQLITE_SCHEMA_VERSION
#define SQLITE_SCHEMA_VERSION	1
#define SQLITE_SCHEMA_STEPS	{ 0, NULL }
#endif
#define SQLITE_BUSY_MS		5000	/* wait for other processes */
#define SQLITE_READERS		4

enum sqlite_stmt_id {
	STMT_FIND, STMT_AT, STMT_LIST, STMT_SCAN,
	STMT_FEED_READ, STMT_FEED_RANGE,
	STMT_BEGIN, STMT_COMMIT, STMT_ROLLBACK,
	STMT_SAVE, STMT_UNDO, STMT_RELEASE,
	STMT_PUT, STMT_PUT_NEW, STMT_SET,
	STMT_EXPIRE, STMT_DELETE, STMT_DROP,
	STMT_FEED_ADD, STMT_FEED_ADD_AT, STMT_FEED_TRIM, STMT_PING,
	STMT_COUNT
};

struct sqlite_store;

struct sqlite_conn {
	sqlite3 *db;
	sqlite3_stmt *stmt[STMT_COUNT];
	struct sqlite_store *store;
	int64_t deadline_ms;		/* monotonic: end of waiting for
					 * locks */
	bool careful;			/* batches are undone by savepoints */
	bool passing;			/* the last failure was of a kind that
					 * leaves the connection sound */
	struct sqlite_conn *next;	/* in the pool */
};

#define SQLITE_AGAIN	(-100)	/* of a job: beside the store's results */

/* Work for the writer's thread. The caller keeps it until it is done. */
struct sqlite_job {
	/* STORE_FAILED: SQLite failed, and with it the whole transaction;
	 * SQLITE_AGAIN: the transaction has to be done again, carefully */
	int (*run)(struct sqlite_conn *, struct sqlite_job *);
	struct store_op *ops;		/* batch: n */
	size_t n;
	int64_t now_ms;
	uint64_t through;		/* feed_trim */
	const int64_t *ids;		/* sweep: n rows */
	int ret;
	int64_t since_ms;		/* monotonic: when it was queued */
	sem_t done;			/* for who waits */
	store_done *tell;		/* else; the job is the writer's then */
	void *tell_arg;
	struct sqlite_job *next;
};

struct sqlite_writer {
	pthread_t thread;
	pthread_mutex_t lock;		/* of what follows */
	pthread_cond_t wake;
	struct sqlite_job *first, **last;
	unsigned queued;
	unsigned crowd;			/* jobs in recent groups, a mean */
	bool idle, end;
	struct sqlite_conn *conn;	/* the thread's; NULL after a failure */
	struct sqlite_seen *seen;	/* the thread's; NULL: none */
};

/* Where a key's row was seen last. */
struct sqlite_seen { uint64_t hash; int64_t id; };
#define SQLITE_SEEN	16384u		/* a power of two */

struct sqlite_readers {
	pthread_mutex_t lock;
	pthread_cond_t free_one;
	struct sqlite_conn *idle;
	unsigned open;
};

struct sqlite_store {
	struct store base;
	char *path;
	dev_t dev;			/* of the file when it was opened */
	ino_t ino;
	int64_t busy_ms;		/* SQLITE_BUSY_MS, or less in a test */
	struct sqlite_writer writer;
	struct sqlite_readers readers;
	pthread_mutex_t lock;		/* of what follows */
	char trouble[512];
	int64_t swept;			/* the row where the sweep stopped */
};

/* sqlite_conn.c */

/* Opens the store's file. NULL on failure, with a sentence. */
/* A busy handler that waits for other processes evenly, until the monotonic
 * time, an int64_t, that its argument points to. */
int sqlite_busy(void *deadline_ms, int n);

struct sqlite_conn *sqlite_conn_open(struct sqlite_store *, bool write,
    struct buf *error);
void sqlite_conn_close(struct sqlite_conn *);	/* NULL is nothing */
/* The kept statement, prepared when first asked for; NULL on failure. */
sqlite3_stmt *sqlite_conn_stmt(struct sqlite_conn *, enum sqlite_stmt_id);
/* Runs a statement without parameters and rows. */
int sqlite_conn_run(struct sqlite_conn *, enum sqlite_stmt_id);
/* Notes for store_trouble() why SQLite failed; returns STORE_FAILED. */
int sqlite_conn_failed(struct sqlite_conn *);
/* Binds bytes, which are borrowed until sqlite_stmt_end(). */
void sqlite_stmt_bytes(sqlite3_stmt *, int at, struct csn_str);
struct csn_str sqlite_stmt_column(sqlite3_stmt *, int at);
void sqlite_stmt_end(sqlite3_stmt *);
/* Whether the path still names the file that was opened. */
int sqlite_file_same(struct sqlite_store *);
/* Notes why calls fail: `what` is behind the path, or, for opening anew, the
 * whole sentence. */
void sqlite_trouble(struct sqlite_store *, const char *what);
void sqlite_trouble_whole(struct sqlite_store *, struct csn_str sentence);

/* sqlite_writer.c */

int sqlite_writer_start(struct sqlite_store *);		/* 0 or -1 */
void sqlite_writer_stop(struct sqlite_store *);
/* Queues the job and waits for it; returns its result. */
int sqlite_writer_do(struct sqlite_store *, struct sqlite_job *);
/* Queues a job with a `tell`, from malloc(), which is the writer's now. */
void sqlite_writer_queue(struct sqlite_store *, struct sqlite_job *);

/* sqlite_row.c: on the writer's thread, inside its transaction */

/* A live row that was found, at hand until sqlite_row_end(): it is changed by
 * its id then, without looking for its key again. */
struct sqlite_row {
	sqlite3_stmt *st;
	int64_t id, expires_ms;
};

/* STORE_OK with the row, or ABSENT or FAILED without (nothing to end). */
int sqlite_row_find(struct sqlite_conn *, struct csn_str key, int64_t now_ms,
    struct sqlite_row *ret);
struct csn_str sqlite_row_value(const struct sqlite_row *);
void sqlite_row_end(const struct sqlite_row *);
/* A new value for a row that was found and ended. */
int sqlite_row_set(struct sqlite_conn *, const struct sqlite_row *,
    struct csn_str value, int64_t expires_ms);
int sqlite_row_put(struct sqlite_conn *, struct csn_str key,
    struct csn_str value, int64_t expires_ms);
/* Ends a statement that changes rows; ret_changed may be NULL. */
int sqlite_row_step(struct sqlite_conn *, sqlite3_stmt *, bool *ret_changed);

/* sqlite_batch.c: on the writer's thread, inside its transaction */

int sqlite_batch_run(struct sqlite_conn *, struct sqlite_job *);
int sqlite_trim_run(struct sqlite_conn *, struct sqlite_job *);
int sqlite_drop_run(struct sqlite_conn *, struct sqlite_job *);
int sqlite_ping_run(struct sqlite_conn *, struct sqlite_job *);

/* sqlite_gather.c */

#define SQLITE_GATHER_VFS "countersign"	/* of who writes */

void sqlite_gather_register(void);	/* once */
/* From BEGIN to COMMIT or ROLLBACK what goes to the log is written together.
 * What a failed transaction left is forgotten. */
void sqlite_gather_begin(sqlite3 *);
void sqlite_gather_end(sqlite3 *);

/* sqlite_read.c */

void sqlite_readers_close(struct sqlite_store *);
int sqlite_get(struct store *, struct csn_str key, int64_t now_ms,
    struct buf *ret, int64_t *ret_expires_ms);
int sqlite_list(struct store *, const struct store_range *, store_each *,
    void *);
int sqlite_feed_read(struct store *, uint64_t after, size_t max,
    store_feed_each *, void *);
int sqlite_feed_range(struct store *, uint64_t *ret_low, uint64_t *ret_high);
/* What a sweep looks at in one go: rows behind `after`, and of those that
 * have expired at most max. */
struct sqlite_scan {
	int64_t after;		/* becomes the last row looked at; 0: the end */
	int64_t now_ms;
	size_t rows, max;
	size_t n;
	int64_t *ids;		/* the expired ones, room for max */
};
int sqlite_scan(struct sqlite_store *, struct sqlite_scan *);

/* sqlite_schema.c */

/* Makes the file and its tables. 0 or -1 with a sentence. */
int sqlite_schema_create(const char *path, struct buf *error);
/* Whether it is a store of this version, or of the next one that leaves it to
 * this one. 0 or -1 with a sentence. */
int sqlite_schema_check(sqlite3 *, const char *path, struct buf *error);
/* The only number that a statement answers; SQLITE_OK, or why not. */
int sqlite_schema_number(sqlite3 *, const char *sql, int64_t *ret);

/* sqlite_migrate.c */

/* Brings the file of an older version to this one, after a copy of it beside
 * it (`copy`). Nothing if it is of this one, a later one, or no store of ours.
 * 0 or -1 with a sentence. */
int sqlite_migrate(const char *path, bool copy, struct buf *error);

#endif
