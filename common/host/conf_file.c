/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_file.c - a trusted file, read once and whole
 *
 * It must never read what somebody else may write to, what is no plain file,
 * or more than it was told to (security.md O5).
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "conf_file.h"
#include "lib/secret.h"

static const char *
size_fault(size_t max)
{
	return max >= 1024 * 1024 ? "is larger than 1 MiB" : "is too large";
}

/* Why a file is not to be trusted, or NULL. */
static const char *
stat_fault(const struct stat *st, size_t max)
{
	if (!S_ISREG(st->st_mode))
		return "is no plain file";
	/* root does not know yet who the service is */
	if (st->st_uid != 0 && geteuid() == 0)
		return "does not belong to root; if it is the service's, run "
		    "this as the service's user, else chown it to root";
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return "belongs to somebody else; it must belong to root or "
		    "to the user of the service";
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return "may be written to by others; chmod go-w";
	if ((uintmax_t)st->st_size > max)
		return size_fault(max);
	return NULL;
}

static const char *
read_all(int fd, size_t max, struct buf *b)
{
	const char *why = NULL;
	uint8_t chunk[16384];
	size_t got = 0;
	ssize_t n;

	while (why == NULL && (n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			why = strerror(errno);
		else if ((size_t)n > max - got)
			why = size_fault(max);
		else
			buf_put(b, chunk, (size_t)n);
		got += n > 0 ? (size_t)n : 0;
	}
	/* it may be a list of people with their password hashes */
	secret_wipe(chunk, sizeof(chunk));
	return why == NULL && buf_failed(b) ? size_fault(max) : why;
}

static const char *
errno_words(void)
{
	switch (errno) {
	case ENOENT:
		return "is not there";
	case EACCES:
		return "may not be read by this user";
	case ELOOP:
		return "is a loop of symbolic links";
	default:
		return strerror(errno);
	}
}

/* Opens what is a trusted plain file before and after it was opened: opening
 * a device may do something already. -1 with the reason. */
static int
trusted_open(const char *path, size_t max, const char **ret_why)
{
	struct stat st;
	int fd;

	if (stat(path, &st) < 0) {
		*ret_why = errno_words();
		return -1;
	}
	*ret_why = stat_fault(&st, max);
	if (*ret_why != NULL)
		return -1;
	/* no symbolic link is left in it */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK |
	    O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0)
		*ret_why = errno_words();
	else
		*ret_why = stat_fault(&st, max);
	return fd;
}

const char *
conf_file_read(const char *path, size_t max, struct buf *b)
{
	char *real = realpath(path, NULL);
	const char *why;
	int fd;

	if (real == NULL)
		return errno_words();
	fd = trusted_open(real, max, &why);
	if (why == NULL)
		why = read_all(fd, max, b);
	if (fd >= 0)
		close(fd);
	free(real);
	return why;
}
