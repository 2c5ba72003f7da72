/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin_file.c - who may have written a plugin's file, and is all of it there
 *
 * The dynamic linker trusts what it maps: a file that a full disk has cut
 * short kills the process with SIGBUS. It must never be handed one.
 */
#include <sys/stat.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <unistd.h>

#include "plugin_file.h"

#define SEGMENTS_MAX	64u

/* Why a folder or file is not to be trusted, or NULL. */
static const char *
trust_fault(const struct stat *st)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return "belongs to somebody else; it must belong to root or "
		    "to the user of the service";
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return "may be written to by others; chmod go-w";
	return NULL;
}

int
plugin_folder_open(const char *folder, struct buf *error)
{
	const char *why = NULL;
	struct stat st;
	int fd;

	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		why = strerror(errno);
	else
		why = trust_fault(&st);
	if (why == NULL)
		return fd;
	buf_printf(error, "the plugin folder %s %s%s", folder,
	    fd < 0 ? "cannot be opened: " : "", why);
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool
read_at(int fd, void *to, size_t n, uint64_t offset)
{
	return offset <= INT64_MAX &&
	    pread(fd, to, n, (off_t)offset) == (ssize_t)n;
}

/* Each segment lies within the file. */
static const char *
segments_fault(int fd, const ElfW(Ehdr) *head, uint64_t size)
{
	ElfW(Phdr) segment;

	if (head->e_phnum == 0 || head->e_phnum > SEGMENTS_MAX ||
	    head->e_phentsize != sizeof(segment))
		return "is no shared object of this machine";
	for (unsigned i = 0; i < head->e_phnum; i++) {
		if (!read_at(fd, &segment, sizeof(segment), head->e_phoff +
		    i * sizeof(segment)))
			return "is cut short; install it again";
		if (segment.p_offset > size ||
		    segment.p_filesz > size - segment.p_offset)
			return "is cut short; install it again";
	}
	return NULL;
}

static const char *
object_fault(int fd, const struct stat *st)
{
	ElfW(Ehdr) head;

	if (!read_at(fd, &head, sizeof(head), 0) ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 ||
	    head.e_type != ET_DYN || head.e_ident[EI_CLASS] !=
	    (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32))
		return "is no shared object of this machine";
	return segments_fault(fd, &head, (uint64_t)st->st_size);
}

static const char *
open_words(void)
{
	switch (errno) {
	case ENOENT:
		return "is not there; is its package installed?";
	case ELOOP:
		return "is a symbolic link; the folder holds the files "
		    "themselves";
	case EACCES:
		return "may not be read by this user";
	default:
		return strerror(errno);
	}
}

const char *
plugin_file_fault(int folder, const char *file)
{
	const char *why;
	struct stat st;
	int fd;

	fd = openat(folder, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return open_words();
	if (fstat(fd, &st) < 0)
		why = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		why = "is no plain file";
	else
		why = trust_fault(&st);
	if (why == NULL)
		why = object_fault(fd, &st);
	close(fd);
	return why;
}
