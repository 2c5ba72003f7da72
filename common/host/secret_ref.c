/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret_ref.c - references read, and what they stand for fetched from files
 * and from the environment we were started with
 *
 * It must never say in an error what it read, nor repeat what is no reference:
 * somebody may have written the secret itself there.
 */
#include "secret_ref.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/secret.h"
#include "lib/text.h"
#include "secret_command.h"

extern char **environ;

static char **captured;		/* NULL-terminated copies */

void
secret_ref_capture_env(void)
{
	size_t n = 0;

	if (captured != NULL)
		return;
	while (environ != NULL && environ[n] != NULL)
		n++;
	captured = calloc(n + 1, sizeof(*captured));
	for (size_t i = 0; captured != NULL && i < n; i++) {
		captured[i] = strdup(environ[i]);
		if (captured[i] == NULL)
			break;	/* what is missing will be said to be unset */
	}
}

void
secret_ref_forget_env(void)
{
	for (size_t i = 0; captured != NULL && captured[i] != NULL; i++) {
		secret_wipe(captured[i], strlen(captured[i]));
		free(captured[i]);
	}
	free(captured);
	captured = NULL;
}

/* p is NULL when it is not set. */
static struct csn_str
env_get(struct csn_str name)
{
	struct csn_str line;

	for (size_t i = 0; captured != NULL && captured[i] != NULL; i++) {
		line = str_from(captured[i]);
		if (line.n > name.n && line.p[name.n] == '=' &&
		    str_starts(line, name))
			return str_from_at(line, name.n + 1);
	}
	return str_of(NULL, 0);
}

/* ------------------------------------------------------------------ */
/* the form */

enum kind { REF_FILE = 1, REF_ENV, REF_CRED, REF_COMMAND };

static const struct {
	struct csn_str prefix;
	enum kind kind;
} kinds[] = {
	{ STR_INIT("file:"), REF_FILE }, { STR_INIT("env:"), REF_ENV },
	{ STR_INIT("cred:"), REF_CRED }, { STR_INIT("command:"), REF_COMMAND },
};

static bool
is_name(struct csn_str s, const char *others)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') &&
		    !(c >= '0' && c <= '9') &&
		    (c == '\0' || strchr(others, c) == NULL))
			return false;
	}
	return s.n > 0 && s.n <= NAME_MAX;
}

/* NULL, or what is wrong with what follows the prefix. */
static const char *
form_fault(enum kind kind, struct csn_str rest)
{
	for (size_t i = 0; i < rest.n; i++)
		if ((unsigned char)rest.p[i] < ' ' || rest.p[i] == 0x7f)
			return "holds a control character";
	if (rest.n >= PATH_MAX)
		return "is too long";
	switch (kind) {
	case REF_FILE:
		return rest.n == 0 ? "names no file" : NULL;
	case REF_ENV:
		return !is_name(rest, "_") || (rest.p[0] >= '0' &&
		    rest.p[0] <= '9') ? "names no variable; letters, digits "
		    "and _ make one" : NULL;
	case REF_CRED:
		return !is_name(rest, "_-.@") || rest.p[0] == '.' ? "names no "
		    "credential; letters, digits and _ - . @ make one" : NULL;
	case REF_COMMAND:
		return secret_command_fault(rest);
	}
	return "is of no kind";
}

static int
ref_parse(struct csn_str ref, enum kind *ret_kind, struct csn_str *ret_rest,
    struct buf *error)
{
	const char *fault;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!str_starts(ref, kinds[i].prefix))
			continue;
		*ret_kind = kinds[i].kind;
		*ret_rest = str_from_at(ref, kinds[i].prefix.n);
		fault = form_fault(kinds[i].kind, *ret_rest);
		if (fault != NULL)
			buf_printf(error, "the reference %s... %s",
			    kinds[i].prefix.p, fault);
		return fault == NULL ? 0 : -1;
	}
	buf_puts(error, "a secret is given by reference: file:PATH, env:NAME, "
	    "cred:NAME or command:PROGRAM; put it into a file and write "
	    "file: and its path");
	return -1;
}

int
secret_ref_check(struct csn_str ref, struct buf *error)
{
	struct csn_str rest;
	enum kind kind;

	return ref_parse(ref, &kind, &rest, error);
}

/* ------------------------------------------------------------------ */
/* files */

static const char *
file_fault(const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return "is not a regular file";
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return "belongs neither to root nor to us; change that (chown)";
	if ((st->st_mode & S_IRWXO) != 0)
		return "is open to others; take that away (chmod o=)";
	if ((st->st_mode & S_IWGRP) != 0)
		return "can be written by its group; take that away "
		    "(chmod g-w)";
	if (st->st_size > (off_t)SECRET_REF_MAX + 2)
		return "is longer than 64 KiB";
	return NULL;
}

/* One byte more than may be, so that too much is seen. */
static const char *
file_read(int fd, struct buf *ret)
{
	size_t room = SECRET_REF_MAX + 3, n = 0;
	uint8_t *p = buf_grow(ret, room);
	ssize_t got = 1;

	while (p != NULL && n < room && got > 0) {
		got = read(fd, p + n, room - n);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			n += (size_t)got;
	}
	if (p == NULL)
		return "finds no memory";
	buf_cut(ret, ret->n - room + n);
	return got < 0 ? "cannot be read" : NULL;
}

static const char *
file_load(const char *path, struct buf *ret)
{
	const char *fault;
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return strerrordesc_np(errno);
	fault = fstat(fd, &st) != 0 ? "cannot be looked at" : file_fault(&st);
	if (fault == NULL)
		fault = file_read(fd, ret);
	(void)close(fd);
	return fault;
}

static const char *
path_load(struct csn_str dir, struct csn_str name, struct buf *ret)
{
	char path[PATH_MAX];
	struct buf b;

	buf_init_fixed(&b, path, sizeof(path));
	if (name.p[0] != '/' && dir.n > 0) {
		buf_str_put(&b, dir);
		buf_char(&b, '/');
	}
	buf_str_put(&b, name);
	if (buf_failed(&b))
		return "has too long a path";
	return file_load(path, ret);
}

/* ------------------------------------------------------------------ */

static const char *
cred_load(struct csn_str name, struct buf *ret)
{
	struct csn_str dir = env_get(STR("CREDENTIALS_DIRECTORY"));

	if (dir.n == 0 || dir.p[0] != '/')
		return "needs $CREDENTIALS_DIRECTORY, which systemd sets with "
		    "LoadCredential= in the unit";
	return path_load(dir, name, ret);
}

static const char *
env_load(struct csn_str name, struct buf *ret)
{
	struct csn_str value = env_get(name);

	if (value.p == NULL)
		return "is not set in the environment we were started with";
	buf_str_put(ret, value);
	return NULL;
}

static const char *
kind_load(enum kind kind, struct csn_str rest, struct csn_str dir,
    struct buf *ret)
{
	switch (kind) {
	case REF_FILE:
		return path_load(dir, rest, ret);
	case REF_ENV:
		return env_load(rest, ret);
	case REF_CRED:
		return cred_load(rest, ret);
	case REF_COMMAND:
		return secret_command_run(rest, SECRET_REF_MAX + 3,
		    SECRET_REF_COMMAND_MS, ret);
	}
	return "is of no kind";
}

/* Takes one newline off; NULL, or what is wrong with the secret. */
static const char *
secret_trim(struct buf *b)
{
	if (b->n > 0 && b->p[b->n - 1] == '\n')
		buf_cut(b, b->n - 1);
	if (b->n > 0 && b->p[b->n - 1] == '\r')
		buf_cut(b, b->n - 1);
	if (b->n == 0)
		return "is empty";
	if (text_without_bom(buf_str(b)).n != b->n)
		return "begins with a byte order mark; save it without";
	if (b->n > SECRET_REF_MAX)
		return "is longer than 64 KiB";
	if (memchr(b->p, '\0', b->n) != NULL)
		return "holds a NUL byte; write it as text (a key as PEM)";
	return NULL;
}

/* Who may read it matters to whom it is for: root looks for another. */
static const char *
file_look(const char *path)
{
	const char *fault;
	struct stat st;

	if (stat(path, &st) < 0)
		return strerrordesc_np(errno);
	if (geteuid() == 0)
		st.st_uid = 0;
	fault = file_fault(&st);
	if (fault == NULL && st.st_size == 0)
		fault = "is empty";
	if (fault == NULL && access(path, R_OK) < 0)
		fault = strerrordesc_np(errno);
	return fault;
}

int
secret_ref_look(struct csn_str ref, struct buf *error)
{
	char path[PATH_MAX];
	const char *fault;
	struct csn_str rest;
	enum kind kind;
	struct buf b;

	if (ref_parse(ref, &kind, &rest, error) != 0)
		return -1;
	if (kind != REF_FILE)
		return 0;
	buf_init_fixed(&b, path, sizeof(path));
	buf_str_put(&b, rest);
	fault = buf_failed(&b) ? "has too long a path" : file_look(path);
	if (fault != NULL)
		buf_printf(error, "%.*s: %s", STR_FMT(ref), fault);
	return fault == NULL ? 0 : -1;
}

int
secret_ref_load(struct csn_str ref, struct csn_str dir, struct buf *ret,
    struct buf *error)
{
	struct csn_str rest;
	const char *fault;
	struct buf secret;
	enum kind kind;

	if (ref_parse(ref, &kind, &rest, error) != 0)
		return -1;
	buf_init(&secret, 2 * SECRET_REF_MAX);
	fault = kind_load(kind, rest, dir, &secret);
	if (fault == NULL && buf_failed(&secret))
		fault = "is longer than 64 KiB";
	if (fault == NULL)
		fault = secret_trim(&secret);
	if (fault == NULL)
		buf_str_put(ret, buf_str(&secret));
	else
		buf_printf(error, "%.*s: %s", STR_FMT(ref), fault);
	buf_free(&secret);
	return fault == NULL && !buf_failed(ret) ? 0 : -1;
}
