/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command_people.c - local people: lines of the file that auth-file reads
 *
 * `people add`, `remove` and `list` are about the file of a factor, and name
 * it; what the store keeps of people is command_person.c's. The file is
 * replaced as a whole, by rename, with its mode and owner kept. It must never
 * print a hash, take a password from the command line, or write back what
 * somebody else has changed meanwhile: who was removed would be there again.
 */
#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "command.h"
#include "lib/buf.h"
#include "lib/secret.h"
#include "lib/text.h"

#define FILE_MAX	(1u << 20)
#define PASSWORD_MAX	1024u
#define PASSWORD_LEAST	8u

static int
fail(const char *what, const char *why)
{
	fprintf(stderr, "countersign: %s%s%s\n", what, why != NULL ? ": " : "",
	    why != NULL ? why : "");
	return COMMAND_FAILED;
}

/* A file that is changed, with its folder locked from reading it on. */
struct people_file {
	const char *path;
	int folder;
	struct buf text;
};

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

/* Says what is wrong; the file is to be closed either way. */
static int
file_open(struct people_file *f, const char *path)
{
	f->path = path;
	buf_init(&f->text, FILE_MAX);
	f->folder = folder_lock(path);
	if (f->folder >= 0 && file_read(path, &f->text) == 0)
		return 0;
	fail(path, strerror(errno));
	return -1;
}

static void
file_close(struct people_file *f)
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

static int
file_replace(struct people_file *f, struct csn_str text)
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

static struct csn_str
line_name(struct csn_str line)
{
	ptrdiff_t colon = str_index(line, ':');

	if (line.n == 0 || line.p[0] == '#' || colon < 0)
		return STR("");
	return str_of(line.p, (size_t)colon);
}

/* What a field may hold: no colon, no line end, nothing hidden. */
static bool
field_ok(const char *s)
{
	struct csn_str f = str_from(s);

	return f.n <= 255 && str_index(f, ':') < 0 && text_plain(f);
}

static bool
name_ok(const char *s)
{
	return s != NULL && *s != '\0' && *s != '#' && field_ok(s) &&
	    str_trim(str_from(s)).n == strlen(s);
}

/* Copies all lines but that person's; how many those were. */
static unsigned
lines_without(struct csn_str text, const char *name, struct buf *out)
{
	struct csn_str line;
	unsigned found = 0;

	while (str_cut(&text, '\n', &line)) {
		if (line.n == 0 && text.p == NULL)
			break;
		if (str_equal_fold(line_name(line), str_from(name))) {
			found++;
			continue;
		}
		buf_str_put(out, line);
		buf_char(out, '\n');
	}
	return found;
}

static int
password_line(const char *prompt, char *ret, size_t cap)
{
	struct termios old, quiet;
	bool tty = isatty(STDIN_FILENO) != 0;
	bool read;

	if (tty) {
		fprintf(stderr, "%s", prompt);
		tcgetattr(STDIN_FILENO, &old);
		quiet = old;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	read = fgets(ret, (int)cap, stdin) != NULL;
	if (tty) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
		fprintf(stderr, "\n");
	}
	if (!read)
		return -1;
	ret[strcspn(ret, "\n")] = '\0';
	return strlen(ret) >= PASSWORD_LEAST ? 0 : -1;
}

static int
password_read(const struct command *c, char *ret, size_t cap)
{
	char again[PASSWORD_MAX];
	int rc = 0;

	if (!c->password_stdin && !isatty(STDIN_FILENO))
		return fail("the password is asked on a terminal, or read "
		    "with --password-stdin", NULL);
	if (password_line("New password: ", ret, cap) < 0)
		return fail("a password has 8 to 1000 bytes", NULL);
	if (isatty(STDIN_FILENO) && (password_line("Again: ", again,
	    sizeof(again)) < 0 || !secret_equal(str_from(ret),
	    str_from(again))))
		rc = fail("the two are not the same", NULL);
	secret_wipe(again, sizeof(again));
	return rc;
}

static int
password_hash(const char *password, struct buf *ret)
{
	struct crypt_data *data = calloc(1, sizeof(*data));
	char salt[CRYPT_GENSALT_OUTPUT_SIZE];
	char *hash = NULL;
	int rc = -1;

	if (data != NULL && crypt_gensalt_rn("$y$", 0, NULL, 0, salt,
	    sizeof(salt)) != NULL)
		hash = crypt_r(password, salt, data);
	if (hash != NULL && hash[0] == '$') {
		buf_puts(ret, hash);
		rc = 0;
	}
	if (data != NULL)
		secret_wipe(data, sizeof(*data));
	free(data);
	return rc;
}

/* ------------------------------------------------------------------ */

/* Recorded first: who cannot be recorded is not changed (security.md O6). */
static int
people_record(struct command *c, const char *what, const char *path)
{
	struct csn_str text = STR("");
	int rc = csn_audit_people(&c->options, str_from(what),
	    str_from(c->argv[1]), str_from(path), str_from(c->who), &text);

	if (rc < 0)
		fail(path, text.p);
	else if (rc > 0)
		fprintf(stderr, "countersign: not recorded: there is no "
		    "configuration yet\n");
	csn_free(&text);
	return rc < 0 ? -1 : 0;
}

static int
file_add(struct command *c, struct people_file *f, const char *password)
{
	struct buf out;
	int rc = COMMAND_FAILED;

	buf_init(&out, FILE_MAX);
	lines_without(buf_str(&f->text), c->argv[1], &out);
	buf_puts(&out, c->argv[1]);
	buf_char(&out, ':');
	if (password_hash(password, &out) < 0) {
		fail("this system cannot make a yescrypt hash", NULL);
		goto out;
	}
	buf_printf(&out, ":%s:%s:%s\n", c->name != NULL ? c->name : "",
	    c->mail != NULL ? c->mail : "",
	    c->groups != NULL ? c->groups : "");
	if (buf_failed(&out)) {
		fail(f->path, "would be too large: it may have 1 MiB");
		goto out;
	}
	if (people_record(c, "added", f->path) < 0)
		goto out;
	if (file_replace(f, buf_str(&out)) < 0) {
		fail(f->path, strerror(errno));
		goto out;
	}
	printf("%s is in %s; the daemon reads it on reload (SIGHUP)\n",
	    c->argv[1], f->path);
	rc = COMMAND_OK;
out:
	buf_free(&out);
	return rc;
}

static int
people_add(struct command *c, const char *path)
{
	char password[PASSWORD_MAX];
	struct people_file f;
	int rc = COMMAND_FAILED;

	if (c->argc != 2 || !name_ok(c->argv[1]))
		return fail("people add NAME: a name without colons, edges "
		    "without blanks", NULL);
	if ((c->name != NULL && !field_ok(c->name)) ||
	    (c->mail != NULL && !field_ok(c->mail)) ||
	    (c->groups != NULL && !field_ok(c->groups)))
		return fail("a field may not hold colons or control "
		    "characters", NULL);
	/* before the file is read: it may take minutes */
	if (password_read(c, password, sizeof(password)) == 0) {
		if (file_open(&f, path) == 0)
			rc = file_add(c, &f, password);
		file_close(&f);
	}
	secret_wipe(password, sizeof(password));
	return rc;
}

static int
people_remove(struct command *c, const char *path)
{
	struct people_file f;
	struct buf out;
	int rc = COMMAND_FAILED;

	if (c->argc != 2)
		return fail("people remove NAME", NULL);
	buf_init(&out, FILE_MAX);
	if (file_open(&f, path) < 0)
		goto out;
	if (lines_without(buf_str(&f.text), c->argv[1], &out) == 0)
		fail(c->argv[1], "is not in the file");
	else if (people_record(c, "removed", path) < 0)
		rc = COMMAND_FAILED;
	else if (file_replace(&f, buf_str(&out)) < 0)
		fail(path, strerror(errno));
	else
		rc = COMMAND_OK;
out:
	file_close(&f);
	buf_free(&out);
	if (rc == COMMAND_OK)
		printf("%s is gone from %s; reload the daemon, and end the "
		    "sessions: countersign sessions revoke --user %s\n",
		    c->argv[1], path, c->argv[1]);
	return rc;
}

static void
person_json(json_t *rows, struct csn_str line)
{
	struct csn_str name, hash, display, mail, groups = line;
	json_t *row = json_object();

	str_cut(&groups, ':', &name);
	str_cut(&groups, ':', &hash);
	if (!str_cut(&groups, ':', &display))
		display = STR("");
	if (!str_cut(&groups, ':', &mail))
		mail = STR("");
	json_object_set_new(row, "name", json_stringn(name.p, name.n));
	json_object_set_new(row, "display", json_stringn(display.p,
	    display.n));
	json_object_set_new(row, "mail", json_stringn(mail.p, mail.n));
	json_object_set_new(row, "groups", json_stringn(groups.p == NULL ?
	    "" : groups.p, groups.n));
	json_array_append_new(rows, row);
}

static int
people_list(struct command *c, const char *path)
{
	json_t *rows = json_array();
	struct csn_str rest, line, out;
	struct buf text;
	char *dump;
	int rc;

	buf_init(&text, FILE_MAX);
	if (file_read(path, &text) < 0) {
		rc = fail(path, strerror(errno));
		goto out;
	}
	rest = buf_str(&text);
	while (str_cut(&rest, '\n', &line))
		if (line_name(line).n > 0)
			person_json(rows, line);
	dump = json_dumps(rows, JSON_COMPACT);
	out = str_from(dump);
	rc = dump == NULL ? COMMAND_FAILED : command_print(c, 0, &out);
out:
	buf_free(&text);
	json_decref(rows);
	return rc;
}

/* The `users` file of a factor of plugin `file`. */
static char *
path_of_factor(struct command *c)
{
	struct csn_str text = STR("");
	struct csn_gate *gate = command_gate(c);
	json_t *v, *o, *options;
	char *ret = NULL;
	size_t i;

	if (gate == NULL)
		return NULL;
	if (csn_factor(gate, str_from(c->factor), &text) < 0)
		fail("factor", text.p);
	v = json_loadb(text.p, text.n, 0, NULL);
	options = json_object_get(v, "options");
	json_array_foreach(options, i, o)
		if (strcmp(json_string_value(json_object_get(o, "option")),
		    "users") == 0)
			ret = strdup(json_string_value(json_object_get(o,
			    "from")));
	json_decref(v);
	csn_free(&text);
	csn_gate_close(gate);
	return ret;
}

static bool
is_op(const struct command *c, const char *name, int least, int most)
{
	return c->argc >= least && c->argc <= most &&
	    strcmp(c->argv[0], name) == 0;
}

int
command_people(struct command *c)
{
	bool of_file = is_op(c, "add", 1, 2) || is_op(c, "remove", 1, 2) ||
	    is_op(c, "list", 1, 1);
	char *path;
	int rc = COMMAND_USAGE;

	if (!of_file)
		return command_person(c);
	path = c->file != NULL ? strdup(c->file) :
	    c->factor != NULL ? path_of_factor(c) : NULL;
	if (path == NULL)
		fail("people add, remove, list: name the file by --file "
		    "FILE, or its factor by --factor NAME", NULL);
	else if (strcmp(c->argv[0], "add") == 0)
		rc = people_add(c, path);
	else if (strcmp(c->argv[0], "remove") == 0)
		rc = people_remove(c, path);
	else
		rc = people_list(c, path);
	free(path);
	return rc;
}
