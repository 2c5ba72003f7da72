/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyring_file.c - key rings in their folder: read, made, rotated, retired
 *
 * Whoever can read these files can make any session, so a folder or file that
 * others could read or write is refused. It must never leave half a ring
 * where a whole one was, nor follow a link.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keyring.h"
#include "lib/secret.h"
#include "lib/timefmt.h"

#define FILE_MAX	(KEYRING_KEYS_MAX * 128u)

/* The words of a failure, without a lock on the locale. */
#define REASON		strerrordesc_np(errno)

/* An opened key folder and the ring that is meant. */
struct place {
	const char *dir;
	int fd;				/* of the folder */
	struct stat st;			/* of the folder */
	struct buf *error;
};

static const char *
file_name(enum keyring_name name)
{
	switch (name) {
	case KEYRING_COOKIES:
		return "cookies";
	case KEYRING_RECORDS:
		return "records";
	}
	return "unknown";
}

/* Whether nobody but the service and root can get at it. */
static int
stat_check(const struct stat *st, const char *what, struct buf *error)
{
	if (st->st_uid != geteuid() && st->st_uid != 0)
		buf_printf(error, "%s: belongs to user %u, and this runs as "
		    "user %u; run it as that user, or chown it to the "
		    "service's", what, (unsigned)st->st_uid,
		    (unsigned)geteuid());
	else if ((st->st_mode & 077) != 0)
		buf_printf(error, "%s: others may read or write it (mode "
		    "%04o); chmod %s", what, (unsigned)st->st_mode & 07777,
		    S_ISDIR(st->st_mode) ? "700" : "600");
	else
		return 0;
	return -1;
}

static int
place_check(struct place *p)
{
	if (fstat(p->fd, &p->st) < 0) {
		buf_printf(p->error, "%s: cannot be looked at: %s", p->dir,
		    REASON);
		return -1;
	}
	return stat_check(&p->st, p->dir, p->error);
}

/* Root that has become the service's user gets here too. */
static void
closed_put(const char *dir, struct buf *error)
{
	struct stat st;

	buf_printf(error, "%s: is closed to user %u; ", dir,
	    (unsigned)geteuid());
	if (stat(dir, &st) == 0)
		buf_printf(error, "it belongs to user %u and must belong to "
		    "the service's: chown it, or ", (unsigned)st.st_uid);
	buf_puts(error, "run this as the service's user or root");
}

/* lock: for changing; waits until another process has done so. */
static int
place_open(struct place *p, const char *dir, bool lock, struct buf *error)
{
	char path[4096];
	size_t n = strlen(dir);

	*p = (struct place){ .dir = dir, .fd = -1, .error = error };
	/* "keys/" would follow a link that "keys" is */
	while (n > 1 && dir[n - 1] == '/')
		n--;
	if (snprintf(path, sizeof(path), "%.*s", (int)n, dir) >=
	    (int)sizeof(path)) {
		buf_puts(error, "the name of the key folder is too long");
		return -1;
	}
	p->fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (p->fd < 0 && errno == ENOENT)
		buf_printf(error, "%s: there is no such key folder; where "
		    "all is new, \"countersign init\" makes it; a lost one "
		    "must be restored from a backup", dir);
	else if (p->fd < 0 && errno == EACCES)
		closed_put(dir, error);
	else if (p->fd < 0)
		buf_printf(error, "%s: cannot be opened as a folder (a link "
		    "is refused): %s", dir, REASON);
	if (p->fd < 0)
		return -1;
	if (place_check(p) == 0 && (!lock || flock(p->fd, LOCK_EX) == 0))
		return 0;
	if (buf_str(error).n == 0)
		buf_printf(error, "%s: cannot be locked: %s", dir, REASON);
	close(p->fd);
	return -1;
}

static int
read_all(int fd, struct buf *ret)
{
	char part[1024];
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		buf_put(ret, part, (size_t)n);
		if (buf_failed(ret))
			break;
	}
	secret_wipe(part, sizeof(part));
	return n == 0 && !buf_failed(ret) ? 0 : -1;
}

static int
file_check(struct place *p, const char *what, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		buf_printf(p->error, "%s: cannot be looked at: %s", what,
		    REASON);
	else if (!S_ISREG(st.st_mode))
		buf_printf(p->error, "%s: is not a plain file", what);
	else if (st.st_size > (off_t)FILE_MAX)
		buf_printf(p->error, "%s: is too long for a key ring", what);
	else
		return stat_check(&st, what, p->error);
	return -1;
}

/* Reads the file's bytes into ret. */
static int
file_read(struct place *p, enum keyring_name name, const char *what,
    struct buf *ret)
{
	int fd, rc = -1;

	/* O_NONBLOCK: a FIFO must not hold us up */
	fd = openat(p->fd, file_name(name), O_RDONLY | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		buf_printf(p->error, "%s: there is no such key ring; "
		    "where all is new, \"countersign init\" makes it; a lost "
		    "one must be restored from a backup", what);
	else if (fd < 0)
		buf_printf(p->error, "%s: cannot be opened (a link is "
		    "refused): %s", what, REASON);
	if (fd < 0)
		return -1;
	if (file_check(p, what, fd) == 0) {
		rc = read_all(fd, ret);
		if (rc < 0)
			buf_printf(p->error, "%s: cannot be read", what);
	}
	close(fd);
	return rc;
}

static int
place_read(struct place *p, enum keyring_name name, struct keyring *ret)
{
	char what[4200];
	struct buf text, wrong;
	int rc;

	(void)snprintf(what, sizeof(what), "%s/%s", p->dir, file_name(name));
	buf_init(&text, FILE_MAX);
	buf_init(&wrong, 0);
	secret_wipe(ret, sizeof(*ret));
	rc = file_read(p, name, what, &text);
	if (rc == 0 && keyring_parse(buf_str(&text), name, ret, &wrong) < 0) {
		buf_printf(p->error, "%s: %s", what, buf_str(&wrong).p);
		rc = -1;
	}
	buf_free(&text);
	buf_free(&wrong);
	return rc;
}

int
keyring_load(const char *dir, enum keyring_name name, struct keyring *ret,
    struct buf *error)
{
	struct place p;
	int rc;

	secret_wipe(ret, sizeof(*ret));
	if (place_open(&p, dir, false, error) < 0)
		return -1;
	rc = place_read(&p, name, ret);
	close(p.fd);
	return rc;
}

static int
write_all(int fd, struct csn_str s)
{
	ssize_t n;

	while (s.n > 0) {
		n = write(fd, s.p, s.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		s = str_from_at(s, (size_t)n);
	}
	return 0;
}

/* The new file, complete and on the disk, under another name. */
static int
file_prepare(struct place *p, const char *name, struct csn_str text)
{
	int fd, rc;

	/* left over by a process that died; the folder is locked */
	(void)unlinkat(p->fd, name, 0);
	fd = openat(p->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	rc = fchmod(fd, 0600);
	/* root works for the service, whose the folder is */
	if (rc == 0 && geteuid() == 0)
		rc = fchown(fd, p->st.st_uid, p->st.st_gid);
	if (rc == 0)
		rc = write_all(fd, text);
	if (rc == 0)
		rc = fsync(fd);
	if (close(fd) < 0 || rc < 0)
		return -1;
	return 0;
}

static int
place_write(struct place *p, const struct keyring *ring)
{
	const char *name = file_name(ring->name);
	char fresh[32];
	struct buf text;
	int rc = -1;

	(void)snprintf(fresh, sizeof(fresh), ".%s.new", name);
	buf_init(&text, FILE_MAX);
	keyring_format(&text, ring);
	if (!buf_failed(&text) &&
	    file_prepare(p, fresh, buf_str(&text)) == 0 &&
	    renameat(p->fd, fresh, p->fd, name) == 0 && fsync(p->fd) == 0)
		rc = 0;
	if (rc < 0) {
		buf_printf(p->error, "%s/%s: cannot be written: %s", p->dir,
		    name, REASON);
		(void)unlinkat(p->fd, fresh, 0);
	}
	buf_free(&text);
	return rc;
}

/* Appends a new active key. */
static void
ring_add(struct keyring *ring, uint32_t id, int64_t now_ms)
{
	struct keyring_key *key = &ring->keys[ring->nkeys++];

	*key = (struct keyring_key){ .id = id, .state = KEY_ACTIVE,
		.created_ms = now_ms };
	secret_random(key->bytes, sizeof(key->bytes));
}

static int
ring_make(struct place *p, enum keyring_name name)
{
	struct keyring ring = { .name = name };
	int rc;

	ring_add(&ring, 1, clock_wall_ms());
	rc = place_write(p, &ring);
	keyring_wipe(&ring);
	return rc;
}

/* Neither ring is there; a file of any kind counts. */
static int
place_empty(struct place *p)
{
	static const enum keyring_name names[] = { KEYRING_COOKIES,
		KEYRING_RECORDS };
	struct stat st;

	for (size_t i = 0; i < 2; i++) {
		if (fstatat(p->fd, file_name(names[i]), &st,
		    AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT) {
			buf_printf(p->error, "%s/%s: exists already; keys are "
			    "made only where there are none. To begin anew, "
			    "with nobody enrolled, move them away", p->dir,
			    file_name(names[i]));
			return -1;
		}
	}
	return 0;
}

/* The folder's own name must survive a power failure, too. */
static int
parent_sync(struct place *p)
{
	int fd = openat(p->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 ? -1 : fsync(fd);

	if (fd >= 0)
		close(fd);
	/* who may not open the folder above cannot do more */
	return rc < 0 && errno == EACCES ? 0 : rc;
}

int
keyring_init(const char *dir, struct buf *error)
{
	struct place p;
	int rc;

	if (mkdir(dir, 0700) == 0)
		(void)chmod(dir, 0700);	/* whatever the umask was */
	else if (errno != EEXIST) {
		buf_printf(error, "%s: cannot be made: %s", dir, REASON);
		return -1;
	}
	if (place_open(&p, dir, true, error) < 0)
		return -1;
	rc = place_empty(&p);
	if (rc == 0 && parent_sync(&p) < 0) {
		buf_printf(error, "%s: cannot be put on the disk: %s", dir,
		    REASON);
		rc = -1;
	}
	if (rc == 0) {
		rc = ring_make(&p, KEYRING_COOKIES);
		if (rc == 0)
			rc = ring_make(&p, KEYRING_RECORDS);
		/* one ring alone could not be told from a lost one */
		if (rc < 0)
			(void)unlinkat(p.fd, file_name(KEYRING_COOKIES), 0);
	}
	close(p.fd);
	return rc;
}

/* Makes room in a full ring. The first record key stays, whatever it is:
 * accounts are named by it. */
static int
ring_make_room(struct keyring *ring)
{
	size_t i = ring->name == KEYRING_RECORDS ? 1 : 0;

	if (ring->nkeys < KEYRING_KEYS_MAX)
		return 0;
	while (i < ring->nkeys && ring->keys[i].state != KEY_RETIRED)
		i++;
	if (i == ring->nkeys)
		return -1;
	memmove(&ring->keys[i], &ring->keys[i + 1],
	    (ring->nkeys - i - 1) * sizeof(ring->keys[0]));
	ring->nkeys--;
	return 0;
}

static int
ring_rotate(struct place *p, struct keyring *ring, int64_t now_ms,
    uint32_t *ret_id)
{
	uint32_t id = ring->keys[ring->nkeys - 1].id + 1;

	if (id == UINT32_MAX || ring_make_room(ring) < 0) {
		buf_printf(p->error, "%s/%s: the ring is full; retire old "
		    "keys first", p->dir, file_name(ring->name));
		return -1;
	}
	for (size_t i = 0; i < ring->nkeys; i++) {
		if (ring->keys[i].state == KEY_ACTIVE)
			ring->keys[i].state = KEY_OLD;
	}
	ring_add(ring, id, now_ms);
	if (place_write(p, ring) < 0)
		return -1;
	*ret_id = id;
	return 0;
}

int
keyring_rotate(const char *dir, enum keyring_name name, int64_t now_ms,
    uint32_t *ret_id, struct buf *error)
{
	struct keyring ring;
	struct place p;
	int rc;

	if (place_open(&p, dir, true, error) < 0)
		return -1;
	rc = place_read(&p, name, &ring);
	if (rc == 0)
		rc = ring_rotate(&p, &ring, now_ms, ret_id);
	keyring_wipe(&ring);
	close(p.fd);
	return rc;
}

/* Why a key cannot be retired, NULL if it can. */
static const char *
ring_retire(struct keyring *ring, uint32_t id)
{
	for (size_t i = 0; i < ring->nkeys; i++) {
		struct keyring_key *key = &ring->keys[i];

		if (key->id != id)
			continue;
		if (key->state == KEY_RETIRED)
			return "is retired already";
		if (key->state != KEY_OLD)
			return "is the one in use; rotate first";
		if (i == 0 && ring->name == KEYRING_RECORDS)
			return "names the accounts, and stays";
		key->state = KEY_RETIRED;
		secret_wipe(key->bytes, sizeof(key->bytes));
		return NULL;
	}
	return "is not in the ring";
}

int
keyring_retire(const char *dir, enum keyring_name name, uint32_t id,
    struct buf *error)
{
	struct keyring ring;
	struct place p;
	const char *wrong;
	int rc;

	if (place_open(&p, dir, true, error) < 0)
		return -1;
	rc = place_read(&p, name, &ring);
	if (rc == 0) {
		wrong = ring_retire(&ring, id);
		if (wrong != NULL) {
			buf_printf(error, "%s/%s: key %u %s", dir,
			    file_name(name), (unsigned)id, wrong);
			rc = -1;
		} else
			rc = place_write(&p, &ring);
	}
	keyring_wipe(&ring);
	close(p.fd);
	return rc;
}
