/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqlite.c - the embedded store: SQLite in one file
 *
 * Opens, closes, and hands writes to the writer's thread; reading is in
 * sqlite_read.c. It must never acknowledge a write that the writer did not
 * commit, or make a file when it was only asked to open one.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "lib/timefmt.h"
#include "sqlite.h"

#define SWEEP_ROWS	1024u		/* looked at in one go */
#define SWEEP_DROPS	256u		/* dropped in one transaction */

static int
sqlite_batch(struct store *store, struct store_op *ops, size_t n,
    int64_t now_ms)
{
	struct sqlite_job job = { .run = sqlite_batch_run, .ops = ops,
		.n = n, .now_ms = now_ms };

	return sqlite_writer_do((struct sqlite_store *)store, &job);
}

static void
sqlite_batch_later(struct store *store, struct store_op *ops, size_t n,
    int64_t now_ms, store_done *done, void *arg)
{
	struct sqlite_job *job = malloc(sizeof(*job));

	if (job == NULL) {
		store_batch_end(ops, n, STORE_FAILED);
		done(arg, STORE_FAILED);
		return;
	}
	*job = (struct sqlite_job){ .run = sqlite_batch_run, .ops = ops,
	    .n = n, .now_ms = now_ms, .tell = done, .tell_arg = arg };
	sqlite_writer_queue((struct sqlite_store *)store, job);
}

static int
sqlite_feed_trim(struct store *store, uint64_t through)
{
	struct sqlite_job job = { .run = sqlite_trim_run,
		.through = through };

	return sqlite_writer_do((struct sqlite_store *)store, &job);
}

static int
sqlite_ping(struct store *store, int64_t now_ms)
{
	struct sqlite_job job = { .run = sqlite_ping_run, .now_ms = now_ms };

	return sqlite_writer_do((struct sqlite_store *)store, &job);
}

/* One go. The row where the next one begins is kept over calls, for all
 * threads: two at once would do the same work twice, and no harm. */
static int
sweep_part(struct sqlite_store *s, struct sqlite_scan *scan)
{
	struct sqlite_job job = { .run = sqlite_drop_run,
		.now_ms = scan->now_ms };
	int rc;

	(void)pthread_mutex_lock(&s->lock);
	scan->after = s->swept;
	(void)pthread_mutex_unlock(&s->lock);
	rc = sqlite_scan(s, scan);
	if (rc == STORE_OK && scan->n > 0) {
		job.ids = scan->ids;
		job.n = scan->n;
		rc = sqlite_writer_do(s, &job);
	}
	if (rc != STORE_OK)
		return rc;
	(void)pthread_mutex_lock(&s->lock);
	s->swept = scan->after;
	(void)pthread_mutex_unlock(&s->lock);
	return STORE_OK;
}

static int
sqlite_sweep(struct store *store, int64_t now_ms, size_t max, size_t *ret_n)
{
	int64_t ids[SWEEP_DROPS];
	struct sqlite_scan scan = { .now_ms = now_ms, .ids = ids };
	size_t rows = max > SIZE_MAX / 64 ? SIZE_MAX : max * 64;
	int rc;

	do {
		scan.rows = rows < SWEEP_ROWS ? rows : SWEEP_ROWS;
		scan.max = max < SWEEP_DROPS ? max : SWEEP_DROPS;
		rc = sweep_part((struct sqlite_store *)store, &scan);
		rows -= scan.rows;
		max -= scan.n;
		*ret_n += rc == STORE_OK ? scan.n : 0;
	} while (rc == STORE_OK && max > 0 && rows > 0 && scan.after != 0);
	return rc;
}

static void
sqlite_trouble_put(struct store *store, struct buf *ret)
{
	struct sqlite_store *s = (struct sqlite_store *)store;

	(void)pthread_mutex_lock(&s->lock);
	buf_puts(ret, s->trouble);
	(void)pthread_mutex_unlock(&s->lock);
}

/* Without the writer's thread, which is stopped or never ran. */
static void
sqlite_free(struct sqlite_store *s)
{
	sqlite_readers_close(s);
	sqlite_conn_close(s->writer.conn);
	free(s->writer.seen);
	(void)pthread_mutex_destroy(&s->lock);
	(void)pthread_mutex_destroy(&s->writer.lock);
	(void)pthread_cond_destroy(&s->writer.wake);
	(void)pthread_mutex_destroy(&s->readers.lock);
	(void)pthread_cond_destroy(&s->readers.free_one);
	free(s->path);
	free(s);
}

static void
sqlite_close(struct store *store)
{
	struct sqlite_store *s = (struct sqlite_store *)store;

	sqlite_writer_stop(s);
	sqlite_free(s);
}

static const struct store_backend sqlite_backend = {
	.get = sqlite_get,
	.batch = sqlite_batch,
	.batch_later = sqlite_batch_later,
	.list = sqlite_list,
	.feed_read = sqlite_feed_read,
	.feed_range = sqlite_feed_range,
	.feed_trim = sqlite_feed_trim,
	.sweep = sqlite_sweep,
	.ping = sqlite_ping,
	.trouble = sqlite_trouble_put,
	.close = sqlite_close,
};

static struct sqlite_store *
sqlite_new(const char *path)
{
	struct sqlite_store *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->base.backend = &sqlite_backend;
	s->busy_ms = SQLITE_BUSY_MS;
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_mutex_init(&s->writer.lock, NULL);
	(void)pthread_cond_init(&s->writer.wake, NULL);
	(void)pthread_mutex_init(&s->readers.lock, NULL);
	(void)pthread_cond_init(&s->readers.free_one, NULL);
	/* without it all is found by its key */
	s->writer.seen = calloc(SQLITE_SEEN, sizeof(*s->writer.seen));
	s->path = strdup(path);
	if (s->path == NULL) {
		sqlite_free(s);
		return NULL;
	}
	return s;
}

/* Looks at the file by its name only: to open and close it here would drop
 * the locks that this process may hold on it. */
static int
sqlite_file_look(struct sqlite_store *s, struct buf *error)
{
	struct stat st;

	if (stat(s->path, &st) < 0 && errno == ENOENT)
		buf_printf(error, "%s: there is no store; where all is new, "
		    "\"countersign init\" makes it; a lost one is put back "
		    "by \"countersign restore FILE\"", s->path);
	else if (stat(s->path, &st) < 0)
		buf_printf(error, "%s: cannot be looked at: %s", s->path,
		    strerrordesc_np(errno));
	else if (!S_ISREG(st.st_mode))
		buf_printf(error, "%s: is not a plain file", s->path);
	else if ((st.st_mode & 077) != 0)
		buf_printf(error, "%s: others may read or write it (mode "
		    "%04o); chmod 600", s->path,
		    (unsigned)st.st_mode & 07777);
	else if (st.st_size == 0)
		buf_printf(error, "%s: is empty, so its content was lost; "
		    "restore it from a backup, or remove it and run "
		    "\"countersign init\"", s->path);
	else {
		s->dev = st.st_dev;
		s->ino = st.st_ino;
		return 0;
	}
	return -1;
}

static void
sqlite_settle(void)
{
	/* its own accounting of memory costs a global lock per allocation;
	 * refused when the program has used SQLite before, and then it stays */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	(void)sqlite3_initialize();
	sqlite_gather_register();
}

int
store_sqlite_open(const char *path, bool create, struct store **ret,
    struct buf *error)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct sqlite_store *s;

	(void)pthread_once(&once, sqlite_settle);
	if (create && sqlite_schema_create(path, error) < 0)
		return -1;
	s = sqlite_new(path);
	if (s == NULL) {
		buf_puts(error, "out of memory");
		return -1;
	}
	if (sqlite_file_look(s, error) < 0 ||
	    sqlite_migrate(path, true, error) < 0)
		goto out;
	s->writer.conn = sqlite_conn_open(s, true, error);
	if (s->writer.conn == NULL)
		goto out;
	if (sqlite_writer_start(s) < 0) {
		buf_printf(error, "%s: no thread to write it", path);
		goto out;
	}
	*ret = &s->base;
	return 0;
out:
	sqlite_free(s);
	return -1;
}
