/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqlite_writer.c - the one thread that writes, and its group commit
 *
 * Whatever has queued up while the disk was busy becomes one transaction:
 * each job has its own result, and the disk is waited for once. It must never
 * complete a job before COMMIT returned, and a COMMIT that failed fails all
 * of them, whatever they gave before.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "lib/timefmt.h"
#include "sqlite.h"

#define GROUP_MAX	512u		/* jobs in one transaction */
#define CROWD_UNIT	16u		/* w->crowd counts in sixteenths */
#define LINGER_NS	125000		/* for each of a usual crowd */
#define LINGER_MAX_NS	2000000
#define LINGER_JOBS	32u		/* enough to begin with at once */

/* Waiting for the disk costs the same for one job as for fifty, and more CPU
 * than the job itself, and jobs of one time change the same pages. So when
 * several come at a time it is worth waiting a moment for more, the longer the
 * more there are; a job that is alone never waits. */
static void
writer_linger(struct sqlite_writer *w)
{
	struct timespec linger = { .tv_nsec = LINGER_NS / CROWD_UNIT *
	    (long)w->crowd };

	if (w->crowd < 2 * CROWD_UNIT || w->queued >= LINGER_JOBS)
		return;
	if (linger.tv_nsec > LINGER_MAX_NS)
		linger.tv_nsec = LINGER_MAX_NS;
	(void)pthread_mutex_unlock(&w->lock);
	(void)nanosleep(&linger, NULL);
	(void)pthread_mutex_lock(&w->lock);
}

/* Takes what is queued; NULL once the store is closed and all is done. */
static struct sqlite_job *
writer_take(struct sqlite_writer *w)
{
	struct sqlite_job *group, **end;
	unsigned n = 0;

	(void)pthread_mutex_lock(&w->lock);
	while (w->first == NULL && !w->end) {
		w->idle = true;
		(void)pthread_cond_wait(&w->wake, &w->lock);
	}
	w->idle = false;
	writer_linger(w);
	group = w->first;
	for (end = &w->first; *end != NULL && n < GROUP_MAX; n++)
		end = &(*end)->next;
	w->first = *end;
	*end = NULL;
	w->queued -= n;
	w->crowd = w->crowd - w->crowd / 8 + n * CROWD_UNIT / 8;
	if (w->first == NULL)
		w->last = &w->first;
	(void)pthread_mutex_unlock(&w->lock);
	return group;
}

/* The whole group waits for a lock no longer than its oldest job may. */
static int
group_begin(struct sqlite_store *s, struct sqlite_job *group)
{
	struct sqlite_writer *w = &s->writer;
	struct buf error;

	if (w->conn == NULL) {
		buf_init(&error, 1024);
		w->conn = sqlite_conn_open(s, true, &error);
		if (w->conn == NULL)
			sqlite_trouble_whole(s, buf_str(&error));
		buf_free(&error);
		if (w->conn == NULL)
			return STORE_FAILED;
	}
	w->conn->deadline_ms = group->since_ms + s->busy_ms;
	if (sqlite_conn_run(w->conn, STMT_BEGIN) != STORE_OK)
		return STORE_FAILED;
	sqlite_gather_begin(w->conn->db);
	return STORE_OK;
}

static int
group_run(struct sqlite_store *s, struct sqlite_job *group)
{
	int rc = group_begin(s, group);

	for (struct sqlite_job *j = group; j != NULL && rc == STORE_OK;
	    j = j->next) {
		j->ret = j->run(s->writer.conn, j);
		if (j->ret == STORE_FAILED || j->ret == SQLITE_AGAIN)
			rc = j->ret;
	}
	if (rc == STORE_OK)
		rc = sqlite_conn_run(s->writer.conn, STMT_COMMIT);
	return rc;
}

/* Undoes what a failed group did. A connection that is not known to be sound
 * after that is thrown away, to be opened anew. */
static void
group_undo(struct sqlite_writer *w)
{
	if (w->conn == NULL)
		return;
	if (sqlite3_get_autocommit(w->conn->db) == 0)
		(void)sqlite_conn_run(w->conn, STMT_ROLLBACK);
	if (sqlite3_get_autocommit(w->conn->db) != 0 && w->conn->passing)
		return;
	sqlite_conn_close(w->conn);
	w->conn = NULL;
}

/* One job of the group refused when it had changed something already. */
static int
group_again(struct sqlite_store *s, struct sqlite_job *group)
{
	struct sqlite_conn *c = s->writer.conn;
	int rc;

	if (sqlite_conn_run(c, STMT_ROLLBACK) != STORE_OK)
		return STORE_FAILED;
	for (struct sqlite_job *j = group; j != NULL; j = j->next)
		if (j->ops != NULL)
			store_batch_end(j->ops, j->n, STORE_FAILED);
	c->careful = true;
	rc = group_run(s, group);
	c->careful = false;
	return rc;
}

static int
group_try(struct sqlite_store *s, struct sqlite_job *group)
{
	int rc;

	if (sqlite_file_same(s) != STORE_OK)
		return STORE_FAILED;
	rc = group_run(s, group);
	if (rc == SQLITE_AGAIN)
		rc = group_again(s, group);
	if (rc != STORE_OK)
		group_undo(&s->writer);
	if (s->writer.conn != NULL)
		sqlite_gather_end(s->writer.conn->db);
	return rc;
}

static void
group_done(struct sqlite_job *group, int rc)
{
	struct sqlite_job *next;

	for (; group != NULL; group = next) {
		next = group->next;	/* the job is gone once it is done */
		if (rc != STORE_OK)
			group->ret = STORE_FAILED;
		if (group->tell == NULL) {
			(void)sem_post(&group->done);
			continue;
		}
		store_batch_end(group->ops, group->n, group->ret);
		group->tell(group->tell_arg, group->ret);
		free(group);
	}
}

static void *
writer_main(void *arg)
{
	struct sqlite_store *s = arg;
	static const struct sched_param batch = { 0 };
	struct sqlite_job *group;

	/* who wakes it goes on, and so do those whom it wakes: more come
	 * together; refused, it is a thread like others */
	(void)pthread_setschedparam(pthread_self(), SCHED_BATCH, &batch);
	while ((group = writer_take(&s->writer)) != NULL)
		group_done(group, group_try(s, group));
	return NULL;
}

int
sqlite_writer_start(struct sqlite_store *s)
{
	struct sqlite_writer *w = &s->writer;
	sigset_t all, before;
	int rc;

	w->last = &w->first;
	/* signals are for the program's own threads */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&w->thread, NULL, writer_main, s);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0)
		return -1;
	(void)pthread_setname_np(w->thread, "store");
	return 0;
}

void
sqlite_writer_stop(struct sqlite_store *s)
{
	struct sqlite_writer *w = &s->writer;

	(void)pthread_mutex_lock(&w->lock);
	w->end = true;
	(void)pthread_cond_signal(&w->wake);
	(void)pthread_mutex_unlock(&w->lock);
	(void)pthread_join(w->thread, NULL);
}

void
sqlite_writer_queue(struct sqlite_store *s, struct sqlite_job *job)
{
	struct sqlite_writer *w = &s->writer;
	bool wake;

	job->ret = STORE_FAILED;
	job->next = NULL;
	job->since_ms = clock_mono_ms();
	(void)pthread_mutex_lock(&w->lock);
	*w->last = job;
	w->last = &job->next;
	w->queued++;
	wake = w->idle;
	w->idle = false;
	(void)pthread_mutex_unlock(&w->lock);
	if (wake)
		(void)pthread_cond_signal(&w->wake);
}

int
sqlite_writer_do(struct sqlite_store *s, struct sqlite_job *job)
{
	if (sem_init(&job->done, 0, 0) < 0)
		return STORE_FAILED;
	job->tell = NULL;
	sqlite_writer_queue(s, job);
	while (sem_wait(&job->done) < 0 && errno == EINTR)
		;
	(void)sem_destroy(&job->done);
	return job->ret;
}
