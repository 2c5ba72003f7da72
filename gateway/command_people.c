/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command_people.c - local people: lines of the file that auth-file reads
 *
 * `people add`, `remove` and `list` are about the file of a factor, and name
 * it; what the store keeps of people is command_person.c's. It must never
 * print a hash, or take a password from the command line.
 */
#include <crypt.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "command.h"
#include "lib/buf.h"
#include "lib/secret.h"
#include "lib/text.h"
#include "people_file.h"

/* what crypt() takes, and its NUL */
#define PASSWORD_MAX	CRYPT_MAX_PASSPHRASE_SIZE
#define PASSWORD_LEAST	8u

/* ------------------------------------------------------------------ */

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

static int
password_line(const char *prompt, char *ret, size_t cap)
{
	struct termios old, quiet;
	bool tty = isatty(STDIN_FILENO) != 0;
	bool read;
	size_t n;

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
	n = strcspn(ret, "\n");
	ret[n] = '\0';
	return n >= PASSWORD_LEAST && n < PASSWORD_MAX ? 0 : -1;
}

static int
password_read(const struct command *c, char *ret, size_t cap)
{
	char again[PASSWORD_MAX + 1];
	int rc = 0;

	if (!c->password_stdin && !isatty(STDIN_FILENO))
		return people_fail("the password is asked on a terminal, or "
		    "read with --password-stdin", NULL);
	if (password_line("New password: ", ret, cap) < 0)
		return people_fail("a password has 8 to 511 bytes", NULL);
	if (isatty(STDIN_FILENO) && (password_line("Again: ", again,
	    sizeof(again)) < 0 || !secret_equal(str_from(ret),
	    str_from(again))))
		rc = people_fail("the two are not the same", NULL);
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

/* Recorded first: who cannot be recorded is not changed (security.md O6). The
 * exit status if so. */
static int
people_record(struct command *c, const char *what, const char *path)
{
	struct csn_str text = STR("");
	int rc;

	/* warnings about the file are `check`'s */
	c->log.least = CSN_FAIL;
	rc = csn_audit_people(&c->options, str_from(what),
	    str_from(c->argv[1]), str_from(path), str_from(c->who), &text);

	if (rc < 0)
		people_fail(path, text.p);
	else if (rc > 0)
		fprintf(stderr, "countersign: not recorded: there is no "
		    "service yet\n");
	csn_free(&text);
	return rc == CSN_INIT_FAULTS ? COMMAND_CONF : rc < 0 ? COMMAND_FAILED :
	    COMMAND_OK;
}

static int
people_done(const struct command *c, const char *what, const char *path)
{
	json_t *v;
	int rc = 0;

	if (c->json) {
		v = json_pack("{s:s,s:s,s:s}", "done", what, "name",
		    c->argv[1], "file", path);
		rc = v == NULL ? -1 : json_dumpf(v, stdout, JSON_COMPACT |
		    JSON_PRESERVE_ORDER);
		json_decref(v);
		putchar('\n');
	} else if (strcmp(what, "added") == 0) {
		printf("%s is in %s; the daemon reads it on reload (SIGHUP)\n",
		    c->argv[1], path);
	} else {
		printf("%s is gone from %s; reload the daemon, and end the "
		    "sessions: countersign sessions revoke --user %s\n",
		    c->argv[1], path, c->argv[1]);
	}
	return rc == 0 && fflush(stdout) == 0 ? COMMAND_OK : COMMAND_FAILED;
}

static int
file_add(struct command *c, struct people_file *f, const char *password)
{
	struct buf out;
	int rc = COMMAND_FAILED;

	buf_init(&out, PEOPLE_FILE_MAX);
	people_lines_without(buf_str(&f->text), c->argv[1], &out);
	buf_puts(&out, c->argv[1]);
	buf_char(&out, ':');
	if (password_hash(password, &out) < 0) {
		people_fail("this system cannot make a yescrypt hash", NULL);
		goto out;
	}
	buf_printf(&out, ":%s:%s:%s\n", c->name != NULL ? c->name : "",
	    c->mail != NULL ? c->mail : "",
	    c->groups != NULL ? c->groups : "");
	if (buf_failed(&out)) {
		people_fail(f->path, "would be too large: it may have 1 MiB");
		goto out;
	}
	rc = people_record(c, "added", f->path);
	if (rc != COMMAND_OK)
		goto out;
	if (people_file_replace(f, buf_str(&out)) < 0)
		rc = people_fail(f->path, strerror(errno));
	else
		rc = people_done(c, "added", f->path);
out:
	buf_free(&out);
	return rc;
}

static int
people_add(struct command *c, const char *path)
{
	char password[PASSWORD_MAX + 1];
	struct people_file f;
	int rc = COMMAND_FAILED;

	if (!name_ok(c->argv[1]))
		return people_fail("people add NAME: a name without colons, "
		    "edges without blanks", NULL);
	if ((c->name != NULL && !field_ok(c->name)) ||
	    (c->mail != NULL && !field_ok(c->mail)) ||
	    (c->groups != NULL && !field_ok(c->groups)))
		return people_fail("a field may not hold colons or control "
		    "characters", NULL);
	/* before the file is read: it may take minutes */
	if (password_read(c, password, sizeof(password)) == 0) {
		if (people_file_open(&f, path) == 0)
			rc = file_add(c, &f, password);
		people_file_close(&f);
	}
	secret_wipe(password, sizeof(password));
	return rc;
}

/* The daemon goes on with the old one, and lets in whoever was removed. */
static void
nobody_left(const char *path, struct csn_str text)
{
	struct csn_str line;

	while (str_cut(&text, '\n', &line))
		if (people_line_name(line).n > 0)
			return;
	fprintf(stderr, "countersign: warning: nobody is left in %s: a file "
	    "of nobody is refused, at a reload, at a start and by this "
	    "command; add somebody, or take the factor out of the "
	    "configuration\n", path);
}

static int
people_remove(struct command *c, const char *path)
{
	struct people_file f;
	struct buf out;
	int rc = COMMAND_FAILED;

	buf_init(&out, PEOPLE_FILE_MAX);
	if (people_file_open(&f, path) < 0)
		goto out;
	if (people_lines_without(buf_str(&f.text), c->argv[1], &out) == 0)
		people_fail(c->argv[1], "is not in the file");
	else if ((rc = people_record(c, "removed", path)) != COMMAND_OK)
		goto out;
	else if (people_file_replace(&f, buf_str(&out)) < 0)
		rc = people_fail(path, strerror(errno));
	else
		rc = people_done(c, "removed", path);
	if (rc == COMMAND_OK)
		nobody_left(path, buf_str(&out));
out:
	people_file_close(&f);
	buf_free(&out);
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

	buf_init(&text, PEOPLE_FILE_MAX);
	if (people_file_read(path, &text) < 0) {
		rc = COMMAND_FAILED;
		goto out;
	}
	rest = buf_str(&text);
	while (str_cut(&rest, '\n', &line))
		if (people_line_name(line).n > 0)
			person_json(rows, line);
	dump = json_dumps(rows, JSON_COMPACT);
	out = str_from(dump);
	rc = dump == NULL ? COMMAND_FAILED : command_print(c, 0, &out);
out:
	buf_free(&text);
	json_decref(rows);
	return rc;
}

/* The `users` file of a factor of plugin `file`, or NULL (said) and the exit
 * status. */
static char *
path_of_factor(struct command *c, int *ret_rc)
{
	struct csn_str text = STR("");
	struct csn_gate *gate = command_gate(c);
	json_t *v, *o, *options;
	char *ret = NULL;
	size_t i;

	*ret_rc = gate == NULL ? COMMAND_CONF : COMMAND_FAILED;
	if (gate == NULL)
		return NULL;
	if (csn_factor(gate, str_from(c->factor), &text) < 0) {
		people_fail("factor", text.p);
		goto out;
	}
	v = json_loadb(text.p, text.n, 0, NULL);
	options = json_object_get(v, "options");
	json_array_foreach(options, i, o)
		if (strcmp(json_string_value(json_object_get(o, "option")),
		    "users") == 0)
			ret = strdup(json_string_value(json_object_get(o,
			    "from")));
	json_decref(v);
	if (ret == NULL)
		people_fail(c->factor, "has no file of people: its plugin is "
		    "not `file`");
out:
	csn_free(&text);
	csn_gate_close(gate);
	return ret;
}

static char *
path_find(struct command *c, int *ret_rc)
{
	if (c->file == NULL && c->factor != NULL)
		return path_of_factor(c, ret_rc);
	*ret_rc = COMMAND_USAGE;
	if (c->file == NULL)
		people_fail("people add, remove, list: name the file by --file "
		    "FILE, or its factor by --factor NAME", NULL);
	return c->file == NULL ? NULL : strdup(c->file);
}

static const struct {
	const char *name, *takes;
	int argc;
	int (*run)(struct command *, const char *path);
} ops[] = {
	{ "add", "file factor name mail groups password-stdin", 2,
	    people_add },
	{ "remove", "file factor", 2, people_remove },
	{ "list", "file factor", 1, people_list },
};

int
command_people(struct command *c)
{
	size_t op = 0, n = sizeof(ops) / sizeof(ops[0]);
	char *path;
	int rc;

	while (op < n && (c->argc == 0 || strcmp(c->argv[0],
	    ops[op].name) != 0))
		op++;
	if (op == n)
		return command_person(c);
	if (c->argc != ops[op].argc)
		return command_wrong(c);
	if (!command_takes(c, ops[op].name, ops[op].takes))
		return COMMAND_USAGE;
	path = path_find(c, &rc);
	if (path != NULL)
		rc = ops[op].run(c, path);
	free(path);
	return rc;
}
