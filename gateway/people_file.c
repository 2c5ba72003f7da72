/* SPDX-License-Identifier: Apache-2.0 */
/*
 * people_file.c - the file of local people, read and replaced as a whole
 *
 * Replaced by rename, with its mode and owner kept. It must never write back
 * what somebody else has changed meanwhile: who was removed would be there
 * again.
 */
#include "people_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "lib/secret.h"
#include "lib/text.h"

int
people_fail(const char *what, const char *why)
{
	fprintf(stderr, "countersign: %s%s%s\n", what, why != NULL ? ": " : "",
	    why != NULL ? why : "");
	return COMMAND_FAILED;
}

static int
file_read(const char *path, struct buf *ret)
{
	FILE *f = fopen(path, "re");
	char piece[4096];
	size_t n;

	if (f == NULL)
		return errno == ENOENT ? 0 : -1;
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_put(ret, piece, n);
	n = ferror(f) != 0;
	fclose(f);
	secret_wipe(piece, sizeof(piece));
	if (n == 0 && buf_failed(ret))
		errno = EFBIG;
	return n != 0 || buf_failed(ret) ? -1 : 0;
}

static int
folder_lock(const char *path)
{
	char *copy = strdup(path);
	int fd = -1;

	if (copy != NULL)
		fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(copy);
	if (fd >= 0 && flock(fd, LOCK_EX) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

void
people_file_close(struct people_file *f)
{
	if (f->folder >= 0)
		close(f->folder);
	buf_free(&f->text);
}

static int
file_fill(int fd, const char *path, struct csn_str text)
{
	struct stat st;

	/* the one that is replaced says whose it is */
	if (stat(path, &st) == 0 && (fchown(fd, st.st_uid, st.st_gid) < 0 ||
	    fchmod(fd, st.st_mode & 0777) < 0))
		return -1;
	return write(fd, text.p, text.n) == (ssize_t)text.n &&
	    fsync(fd) == 0 ? 0 : -1;
}

int
people_file_replace(struct people_file *f, struct csn_str text)
{
	char new_path[4096];
	int fd, rc;

	if (snprintf(new_path, sizeof(new_path), "%s.new", f->path) >=
	    (int)sizeof(new_path))
		return -1;
	unlink(new_path);
	fd = open(new_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	rc = file_fill(fd, f->path, text);
	if (close(fd) < 0)
		rc = -1;
	if (rc == 0)
		rc = rename(new_path, f->path);
	if (rc == 0)
		rc = fsync(f->folder);
	else
		unlink(new_path);
	return rc;
}

/* ------------------------------------------------------------------ */

/* Authelia's users_database.yml is read by the plugin, and not written here. */
static bool
is_authelia(struct csn_str text)
{
	struct csn_str line;

	while (str_cut(&text, '\n', &line)) {
		line = str_trim(line);
		if (line.n > 0 && line.p[0] != '#' && line.p[0] != '\r' &&
		    !str_starts(line, STR("---")))
			return str_starts(line, STR("users:")) &&
			    !str_starts(line, STR("users:$"));
	}
	return false;
}

static void
bom_drop(struct buf *b)
{
	struct csn_str rest = text_without_bom(buf_str(b));

	if (rest.n == b->n)
		return;
	memmove(b->p, rest.p, rest.n);
	buf_cut(b, rest.n);
}

int
people_file_read(const char *path, struct buf *ret)
{
	int rc = file_read(path, ret);

	bom_drop(ret);
	if (rc != 0)
		people_fail(path, strerror(errno));
	else if (is_authelia(buf_str(ret)))
		people_fail(path, "is Authelia's users_database.yml, whose "
		    "lines are not those of `people`; change it by hand");
	else
		return 0;
	return -1;
}

int
people_file_open(struct people_file *f, const char *path)
{
	f->path = path;
	buf_init(&f->text, PEOPLE_FILE_MAX);
	f->folder = folder_lock(path);
	if (f->folder >= 0)
		return people_file_read(path, &f->text);
	people_fail(path, strerror(errno));
	return -1;
}

struct csn_str
people_line_name(struct csn_str line)
{
	ptrdiff_t colon = str_index(line, ':');

	if (line.n == 0 || line.p[0] == '#' || colon < 0)
		return STR("");
	return str_of(line.p, (size_t)colon);
}

unsigned
people_lines_without(struct csn_str text, const char *name, struct buf *out)
{
	struct csn_str line;
	unsigned found = 0;

	while (str_cut(&text, '\n', &line)) {
		if (line.n == 0 && text.p == NULL)
			break;
		if (str_equal_fold(people_line_name(line), str_from(name))) {
			found++;
			continue;
		}
		buf_str_put(out, line);
		buf_char(out, '\n');
	}
	return found;
}
