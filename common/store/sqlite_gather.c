/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqlite_gather.c - what a commit appends to the log is written at once
 *
 * SQLite writes each page of a commit by two calls, all of them behind each
 * other, and then has them synced. Here they are kept until then: a commit of
 * fifty pages is one write. Nobody can miss them meanwhile: others look only
 * at what the log's index says is there, and that is told after the sync.
 *
 * So this holds for the writer's connection between BEGIN and COMMIT alone
 * (synchronous=FULL), where overwriting harms no neighbouring bytes
 * (otherwise SQLite writes something behind the sync). It must never give a
 * sync back as done before what is kept is in the file, nor write anything
 * after the transaction that it was for: another process may have written
 * there by then.
 */
#include <stdlib.h>

#include "sqlite.h"

/* Kept; a larger commit is written in parts. SQLite's own files take less than
 * 128 KiB in one write. */
#define GATHER_MAX	(128u * 1024 - 1)

struct gather {
	sqlite3_file file;	/* what SQLite sees */
	sqlite3_file *real;	/* behind this struct */
	bool on;
	uint8_t *kept;		/* GATHER_MAX bytes once there was one */
	size_t n;
	sqlite3_int64 at;	/* where they belong */
};

static sqlite3_vfs *real_vfs;

static struct gather *
gather_of(sqlite3_file *f)
{
	return (struct gather *)f;
}

/* Whatever comes of it, nothing is kept any more: after a failure SQLite takes
 * the transaction back. */
static int
gather_write_out(struct gather *g)
{
	int n = (int)g->n;

	g->n = 0;
	return n == 0 ? SQLITE_OK :
	    g->real->pMethods->xWrite(g->real, g->kept, n, g->at);
}

static bool
gather_room(struct gather *g, int n)
{
	if (!g->on || n < 0 || (size_t)n > GATHER_MAX)
		return false;
	if (g->kept == NULL)
		g->kept = malloc(GATHER_MAX);
	return g->kept != NULL;
}

static int
gather_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	struct gather *g = gather_of(f);
	int rc = SQLITE_OK;

	if (g->n > 0 && (at != g->at + (sqlite3_int64)g->n ||
	    !gather_room(g, n) || g->n + (size_t)n > GATHER_MAX))
		rc = gather_write_out(g);
	if (rc != SQLITE_OK)
		return rc;
	if (!gather_room(g, n))
		return g->real->pMethods->xWrite(g->real, p, n, at);
	if (g->n == 0)
		g->at = at;
	memcpy(g->kept + g->n, p, (size_t)n);
	g->n += (size_t)n;
	return SQLITE_OK;
}

static int
gather_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	struct gather *g = gather_of(f);
	int rc = gather_write_out(g);

	return rc != SQLITE_OK ? rc :
	    g->real->pMethods->xRead(g->real, p, n, at);
}

static int
gather_sync(sqlite3_file *f, int flags)
{
	struct gather *g = gather_of(f);
	int rc = gather_write_out(g);

	return rc != SQLITE_OK ? rc :
	    g->real->pMethods->xSync(g->real, flags);
}

static int
gather_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	struct gather *g = gather_of(f);
	int rc = gather_write_out(g);

	return rc != SQLITE_OK ? rc :
	    g->real->pMethods->xTruncate(g->real, size);
}

static int
gather_size(sqlite3_file *f, sqlite3_int64 *ret)
{
	struct gather *g = gather_of(f);
	int rc = gather_write_out(g);

	return rc != SQLITE_OK ? rc :
	    g->real->pMethods->xFileSize(g->real, ret);
}

static int
gather_close(sqlite3_file *f)
{
	struct gather *g = gather_of(f);

	free(g->kept);
	g->kept = NULL;
	g->n = 0;
	return g->real->pMethods->xClose(g->real);
}

static int
gather_lock(sqlite3_file *f, int level)
{
	sqlite3_file *real = gather_of(f)->real;

	return real->pMethods->xLock(real, level);
}

static int
gather_unlock(sqlite3_file *f, int level)
{
	sqlite3_file *real = gather_of(f)->real;

	return real->pMethods->xUnlock(real, level);
}

static int
gather_reserved(sqlite3_file *f, int *ret)
{
	sqlite3_file *real = gather_of(f)->real;

	return real->pMethods->xCheckReservedLock(real, ret);
}

static int
gather_control(sqlite3_file *f, int op, void *arg)
{
	sqlite3_file *real = gather_of(f)->real;

	return real->pMethods->xFileControl(real, op, arg);
}

static int
gather_sector(sqlite3_file *f)
{
	sqlite3_file *real = gather_of(f)->real;

	return real->pMethods->xSectorSize(real);
}

static int
gather_device(sqlite3_file *f)
{
	sqlite3_file *real = gather_of(f)->real;

	return real->pMethods->xDeviceCharacteristics(real);
}

/* A log has no index in shared memory of its own and is never mapped: the
 * first version of the methods is all that it needs. */
static const sqlite3_io_methods gather_methods = {
	.iVersion = 1,
	.xClose = gather_close,
	.xRead = gather_read,
	.xWrite = gather_write,
	.xTruncate = gather_truncate,
	.xSync = gather_sync,
	.xFileSize = gather_size,
	.xLock = gather_lock,
	.xUnlock = gather_unlock,
	.xCheckReservedLock = gather_reserved,
	.xFileControl = gather_control,
	.xSectorSize = gather_sector,
	.xDeviceCharacteristics = gather_device,
};

/* Only a log is looked at; everything else is opened as if we were not
 * there. */
static int
gather_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags,
    int *ret_flags)
{
	struct gather *g = gather_of(f);
	int rc;

	(void)vfs;
	if ((flags & SQLITE_OPEN_WAL) == 0)
		return real_vfs->xOpen(real_vfs, name, f, flags, ret_flags);
	memset(g, 0, sizeof(*g));
	g->real = (sqlite3_file *)&g[1];
	rc = real_vfs->xOpen(real_vfs, name, g->real, flags, ret_flags);
	/* what was opened is closed, also after a failure */
	if (g->real->pMethods != NULL)
		f->pMethods = &gather_methods;
	return rc;
}

void
sqlite_gather_register(void)
{
	static sqlite3_vfs vfs;

	real_vfs = sqlite3_vfs_find(NULL);
	if (real_vfs == NULL)
		return;
	vfs = *real_vfs;
	vfs.pNext = NULL;
	vfs.zName = SQLITE_GATHER_VFS;
	vfs.szOsFile += (int)sizeof(struct gather);
	vfs.xOpen = gather_open;
	(void)sqlite3_vfs_register(&vfs, 0);
}

/* The connection's log, if it is one of ours. */
static struct gather *
gather_find(sqlite3 *db)
{
	sqlite3_file *f = NULL;

	if (sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER,
	    &f) != SQLITE_OK || f == NULL || f->pMethods != &gather_methods)
		return NULL;
	return gather_of(f);
}

void
sqlite_gather_begin(sqlite3 *db)
{
	struct gather *g = gather_find(db);

	if (g == NULL)
		return;
	g->n = 0;
	g->on = (gather_device(&g->file) &
	    SQLITE_IOCAP_POWERSAFE_OVERWRITE) != 0;
}

void
sqlite_gather_end(sqlite3 *db)
{
	struct gather *g = gather_find(db);

	if (g == NULL)
		return;
	g->n = 0;
	g->on = false;
}
