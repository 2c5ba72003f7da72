/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command_devices.c - devices of another system, taken over from a file
 *
 * The whole file is tried first, without storing anything; a row that will not
 * do is named by its line, and then nothing is taken. Then many rows are taken
 * at once, for each waits for the disk and the store writes together what comes
 * together. What was cut short can be run again: a key that is there is not
 * taken twice. The file is read twice, line by line: a long one takes no more
 * memory than a short one. It must never print a key.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "command.h"
#include "device_file.h"
#include "lib/secret.h"

#define PIPE_MAX	(64u << 20)
#define WORKERS		64u
#define ROWS		64u	/* that wait for one of them */
#define TOLD_MAX	1000u	/* rows that are there already, by line */

struct import {
	struct csn_gate *gate;
	const struct command *command;
	const char *factor;
	bool dry, tell;		/* which rows are there already */
	unsigned taken, there, skipped, faults;
	pthread_mutex_t lock;		/* of all below, and those four */
	pthread_cond_t more, room;
	struct device_row rows[ROWS];	/* a ring */
	size_t first, n;
	bool closed;
};

/* What comes through a pipe can be read only once: it is kept in memory, and
 * never in a folder. Takes it; -1 if that fails. */
static int
pipe_kept(int from)
{
	int to = memfd_create("devices", MFD_CLOEXEC);
	char piece[4096];
	size_t all = 0;
	ssize_t n = 0;
	bool good = to >= 0;

	while (good && (n = read(from, piece, sizeof(piece))) > 0) {
		all += (size_t)n;
		good = all <= PIPE_MAX && write(to, piece, (size_t)n) == n;
	}
	secret_wipe(piece, sizeof(piece));
	(void)close(from);
	if ((!good || n < 0) && to >= 0)
		(void)close(to);
	return good && n == 0 ? to : -1;
}

/* To be read twice, through a buffer of the caller's, who wipes it. */
static FILE *
devices_open(const char *path, char buffer[BUFSIZ])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	FILE *f;

	if (fd >= 0 && lseek(fd, 0, SEEK_SET) < 0)
		fd = pipe_kept(fd);
	f = fd < 0 ? NULL : fdopen(fd, "r");
	if (f != NULL)
		(void)setvbuf(f, buffer, _IOFBF, BUFSIZ);
	else if (fd >= 0)
		(void)close(fd);
	return f;
}

static void
fault(struct import *i, const struct device_row *row, struct csn_str why)
{
	pthread_mutex_lock(&i->lock);
	i->faults++;
	fprintf(stderr, "%s:%u: %.*s\n", i->command->file, row->line,
	    STR_FMT(why));
	pthread_mutex_unlock(&i->lock);
}

/* Of a row that is a second one of its kind, or was taken by an earlier run:
 * the plugin says so beside "done". */
static bool
was_there(struct csn_str text)
{
	return str_find(text, STR("\"message\":\"")) >= 0 &&
	    str_find(text, STR("\"message\":\"\"")) < 0;
}

static void
row_taken(struct import *i, const struct device_row *row, bool there)
{
	pthread_mutex_lock(&i->lock);
	i->there += there;
	i->taken += !there;
	if (there && i->tell && i->there <= TOLD_MAX)
		fprintf(stderr, "%s:%u: is there already\n",
		    i->command->file, row->line);
	pthread_mutex_unlock(&i->lock);
}

static void
row_take(struct import *i, const struct device_row *row)
{
	struct csn_pair params[3] = {
		{ STR("uri"), str_from(row->uri) },
		{ STR("name"), str_from(row->name) },
		{ STR("dry"), i->dry ? STR("1") : STR("") },
	};
	struct csn_str text = STR("");

	if (csn_factor_op(i->gate, str_from(i->factor), STR("import"),
	    str_from(i->command->realm), str_from(row->subject), STR(""),
	    (struct csn_pairs){ params, 3 }, str_from(i->command->who),
	    &text) < 0) {
		fault(i, row, text);
	} else {
		row_taken(i, row, was_there(text));
	}
	csn_free(&text);
}

static int
row_try(void *arg, const struct device_row *row)
{
	struct import *i = arg;

	if (row->fault != NULL)
		fault(i, row, str_from(row->fault));
	else if (row->skipped)
		i->skipped++;
	else
		row_take(i, row);
	return 0;
}

/* ------------------------------------------------------------------ */
/* in earnest */

/* false: there is none, and will be none. */
static bool
row_next(struct import *i, struct device_row *ret)
{
	bool got;

	pthread_mutex_lock(&i->lock);
	while (i->n == 0 && !i->closed)
		pthread_cond_wait(&i->more, &i->lock);
	got = i->n > 0;
	if (got) {
		*ret = i->rows[i->first];
		secret_wipe(&i->rows[i->first], sizeof(i->rows[0]));
		i->first = (i->first + 1) % ROWS;
		i->n--;
		pthread_cond_signal(&i->room);
	}
	pthread_mutex_unlock(&i->lock);
	return got;
}

static void *
worker_run(void *arg)
{
	struct device_row row;

	while (row_next(arg, &row))
		row_take(arg, &row);
	secret_wipe(&row, sizeof(row));
	return NULL;
}

/* Non-zero after a fault: the rest would meet the same store. A row without
 * one at first has one if the file was changed meanwhile. */
static int
row_give(void *arg, const struct device_row *row)
{
	struct import *i = arg;
	int stop;

	if (row->fault != NULL)
		fault(i, row, str_from(row->fault));
	pthread_mutex_lock(&i->lock);
	while (i->n == ROWS)
		pthread_cond_wait(&i->room, &i->lock);
	stop = i->faults > 0;
	if (row->skipped) {
		i->skipped++;
	} else if (!stop) {
		i->rows[(i->first + i->n++) % ROWS] = *row;
		pthread_cond_signal(&i->more);
	}
	pthread_mutex_unlock(&i->lock);
	return stop;
}

static int
take_all(struct import *i, FILE *f)
{
	pthread_t workers[WORKERS];
	size_t n = 0;

	while (n < WORKERS && pthread_create(&workers[n], NULL, worker_run,
	    i) == 0)
		n++;
	if (n == 0)
		return -1;
	(void)device_file_rows(f, row_give, i);
	pthread_mutex_lock(&i->lock);
	i->closed = true;
	pthread_cond_broadcast(&i->more);
	pthread_mutex_unlock(&i->lock);
	while (n > 0)
		pthread_join(workers[--n], NULL);
	return 0;
}

static void
tell_all(const struct import *i, bool only_dry)
{
	if (i->there > TOLD_MAX)
		fprintf(stderr, "countersign: and %u more that are there "
		    "already\n", i->there - TOLD_MAX);
	if (i->command->json)
		printf("{\"taken\":%u,\"there\":%u,\"skipped\":%u,"
		    "\"dry\":%s}\n", i->taken, i->there, i->skipped,
		    only_dry ? "true" : "false");
	else
		printf("%u devices %s, %u there already, %u skipped as not "
		    "confirmed\n", i->taken, only_dry ? "would be taken" :
		    "taken", i->there, i->skipped);
}

static int
import_all(struct import *i, FILE *f, bool only_dry)
{
	i->dry = true;
	i->tell = only_dry;
	rewind(f);
	device_file_rows(f, row_try, i);
	if (i->faults > 0) {
		fprintf(stderr, "countersign: %u rows will not do; nothing "
		    "was taken\n", i->faults);
		return COMMAND_FAILED;
	}
	if (!only_dry) {
		i->dry = false;
		i->tell = true;
		i->taken = i->there = i->skipped = 0;
		rewind(f);
		if (take_all(i, f) < 0) {
			fprintf(stderr, "countersign: no thread can be "
			    "made\n");
			return COMMAND_FAILED;
		}
	}
	tell_all(i, only_dry);
	return i->faults > 0 ? COMMAND_FAILED : COMMAND_OK;
}

int
command_devices(struct command *c)
{
	bool word = c->argc == 2 && str_is(str_from(c->argv[1]), "dry");
	struct import i = { .command = c,
	    .lock = PTHREAD_MUTEX_INITIALIZER,
	    .more = PTHREAD_COND_INITIALIZER,
	    .room = PTHREAD_COND_INITIALIZER };
	char buffer[BUFSIZ];
	FILE *f;
	int rc;

	if (c->file == NULL || c->argc < 1 || (c->argc > 1 && !word))
		return command_wrong(c);
	/* before the command becomes another user */
	f = devices_open(c->file, buffer);
	if (f == NULL) {
		fprintf(stderr, "countersign: %s cannot be read, or is a pipe "
		    "with more than 64 MiB\n", c->file);
		return COMMAND_FAILED;
	}
	i.factor = c->argv[0];
	i.gate = command_gate(c);
	if (i.gate == NULL) {
		rc = COMMAND_CONF;
	} else {
		rc = import_all(&i, f, word || c->dry_run);
		csn_gate_close(i.gate);
	}
	(void)fclose(f);
	secret_wipe(buffer, sizeof(buffer));
	return rc;
}
