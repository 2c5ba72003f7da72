/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-po-keys.c - no text of ours is missing from a catalogue, or left in it
 *
 * Reads the sources. Keys are: in common/host/page*.c each string that reads
 * like a text for people; elsewhere in the host what is given to page_choose(),
 * in the gateway what is given to draw_key(), DRAW_KEY() and catalogue_text();
 * in a plugin the TEXT_ and MESSAGE_ macros and what follows "label = STR(".
 */
#include <ctype.h>
#include <glob.h>
#include <stdio.h>

#include "lib/buf.h"
#include "lib/table.h"
#include "lib/testing.h"
#include "po.h"

static struct table *keys;		/* key -> static name of the room */
static unsigned missing;

static const char *
top(void)
{
	const char *dir = getenv("CSN_TOP_SRCDIR");

	return dir != NULL ? dir : ".";
}

static void
file_read(const char *path, struct buf *b)
{
	FILE *f = fopen(path, "rb");
	int c;

	if (f == NULL)
		fail_msg("%s cannot be read", path);
	while ((c = getc(f)) != EOF)
		buf_char(b, (char)c);
	assert_int_equal(fclose(f), 0);
}

/* ------------------------------------------------------------------ */
/* C, as far as strings go */

struct scan {
	const char *p;			/* NUL-terminated */
	const char *begin;		/* of the last string */
	struct buf text;
};

static void
space_skip(struct scan *s)
{
	for (;;) {
		if (isspace((unsigned char)*s->p))
			s->p++;
		else if (s->p[0] == '\\' && s->p[1] == '\n')
			s->p += 2;
		else
			return;
	}
}

static void
string_read(struct scan *s)
{
	for (s->p++; *s->p != '"' && *s->p != '\0'; s->p++) {
		if (*s->p == '\\')
			s->p++;
		buf_char(&s->text, *s->p);
	}
	assert_int_equal(*s->p, '"');
	s->p++;
}

/* The next string with those that follow it at once; false at the end. */
static bool
string_next(struct scan *s)
{
	buf_clear(&s->text);
	while (*s->p != '"') {
		const char *end = NULL;

		if (*s->p == '\0')
			return false;
		if (s->p[0] == '/' && s->p[1] == '*')
			end = strstr(s->p, "*/");
		if (strncmp(s->p, "#include", 8) == 0)
			end = strchr(s->p, '\n');
		if (s->p[0] == '\'')
			end = strchr(s->p + (s->p[1] == '\\' ? 3 : 2), '\'');
		s->p = end != NULL ? end + 1 : s->p + 1;
	}
	s->begin = s->p;
	while (*s->p == '"') {
		string_read(s);
		space_skip(s);
	}
	return true;
}

/* ------------------------------------------------------------------ */

typedef bool key_rule(const char *file, const struct scan *);

static void
file_scan(const char *path, key_rule *rule, const char *room)
{
	struct buf file;
	struct scan s;

	buf_init(&file, 0);
	buf_init(&s.text, 0);
	file_read(path, &file);
	s.p = buf_str(&file).p;
	while (string_next(&s)) {
		struct csn_str text = buf_str(&s.text);

		/* what is all placeholder needs no translation */
		if (text.n > 0 && !(text.p[0] == '{' && str_index(text,
		    '}') == (ptrdiff_t)text.n - 1) &&
		    rule(buf_str(&file).p, &s))
			assert_int_equal(table_set(keys, text,
			    (void *)(uintptr_t)room, NULL), 0);
	}
	buf_free(&s.text);
	buf_free(&file);
}

static void
files_scan(const char *pattern, key_rule *rule, const char *room)
{
	char path[1024];
	glob_t found;

	(void)snprintf(path, sizeof(path), "%s/%s", top(), pattern);
	assert_int_equal(glob(path, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *base = strrchr(found.gl_pathv[i], '/') + 1;

		if (strncmp(base, "test-", 5) != 0 &&
		    strncmp(base, "fuzz-", 5) != 0)
			file_scan(found.gl_pathv[i], rule, room);
	}
	globfree(&found);
}

/* "You are …", "No access", "{provider} is …". */
static bool
reads_like_text(const char *file, const struct scan *s)
{
	struct csn_str t = buf_str(&s->text);

	(void)file;
	if (t.p[0] == '{')
		return str_index(t, ' ') > 0;
	return t.n > 2 && isupper((unsigned char)t.p[0]) &&
	    (islower((unsigned char)t.p[1]) || t.p[1] == ' ');
}

/* Is the string inside the brackets of a call of that name? */
static bool
within(const char *file, const char *at, const char *name)
{
	int depth = 0;
	size_t n = strlen(name);

	while (at > file) {
		at--;
		if (*at == ';' || *at == '{')
			return false;
		depth += *at == '(' ? 1 : *at == ')' ? -1 : 0;
		if (*at == '(' && depth > 0 && (size_t)(at - file) > n &&
		    strncmp(at - n, name, n) == 0)
			return true;
	}
	return false;
}

static bool
chosen(const char *file, const struct scan *s)
{
	return within(file, s->begin, "page_choose");
}

static bool
drawn(const char *file, const struct scan *s)
{
	return within(file, s->begin, "draw_key") ||
	    within(file, s->begin, "DRAW_KEY") ||
	    within(file, s->begin, "line_put") ||
	    within(file, s->begin, "catalogue_text");
}

static bool
behind(const char *file, const char *at, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(at - file) >= n && strncmp(at - n, word, n) == 0;
}

static bool
of_plugin(const char *file, const struct scan *s)
{
	const char *line = s->begin;

	if (behind(file, s->begin, "label = STR(") ||
	    behind(file, s->begin, "message = STR("))
		return true;
	while (line > file && (line[-1] != '\n' || line[-2] == '\\'))
		line--;
	return strncmp(line, "#define TEXT_", 13) == 0 ||
	    strncmp(line, "#define MESSAGE_", 16) == 0;
}

/* ------------------------------------------------------------------ */

static const char *
translated(void *arg, struct csn_str id, struct csn_str text)
{
	struct table *t = arg;

	(void)text;
	return table_set(t, id, keys, NULL) == 0 ? NULL : "no memory";
}

static void
catalogue_read(const char *room, struct table *into)
{
	const char *why = "";
	char path[1024];
	unsigned line = 0;
	struct buf b;

	(void)snprintf(path, sizeof(path), "%s/%s/po/ja.po", top(), room);
	buf_init(&b, 0);
	file_read(path, &b);
	if (po_read(buf_str(&b), translated, into, &line, &why) < 0)
		fail_msg("%s:%u: %s", path, line, why);
	buf_free(&b);
}

static void
room_check(const char *room)
{
	struct table *t = table_new();
	struct csn_str key;
	size_t at = 0, n = 0;
	void *of;

	catalogue_read("gateway", t);
	if (strcmp(room, "gateway") != 0)
		catalogue_read(room, t);
	while (table_next(keys, &at, &key, &of)) {
		if (strcmp(of, room) != 0)
			continue;
		n++;
		if (table_get(t, key) != NULL)
			continue;
		missing++;
		print_error("%s/po/ja.po lacks \"%.*s\"\n", room,
		    STR_FMT(key));
	}
	assert_true(n > 2);
	table_free(t, NULL);
}

static void
pages_and_frame(void **state)
{
	struct table *t = table_new();
	struct csn_str key;
	size_t at = 0;
	void *of;

	(void)state;
	files_scan("common/host/*.c", chosen, "gateway");
	files_scan("common/host/page*.c", reads_like_text, "gateway");
	files_scan("common/host/notice.c", reads_like_text, "gateway");
	files_scan("common/host/desk_act.c", reads_like_text, "gateway");
	files_scan("common/host/visit_desk.c", reads_like_text, "gateway");
	files_scan("gateway/draw*.c", drawn, "gateway");
	files_scan("gateway/letter.c", drawn, "gateway");
	room_check("gateway");
	/* and nothing is left over from texts that are gone */
	catalogue_read("gateway", t);
	while (table_next(t, &at, &key, &of)) {
		if (table_get(keys, key) != NULL)
			continue;
		missing++;
		print_error("nobody uses \"%.*s\"\n", STR_FMT(key));
	}
	table_free(t, NULL);
	assert_int_equal(missing, 0);
}

/* Each that has a catalogue. */
static void
plugins(void **state)
{
	static char rooms[16][64];	/* named by the keys until the end */
	char path[1024], pattern[1040];
	glob_t found;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/auth-*/po/ja.po", top());
	assert_int_equal(glob(path, 0, NULL, &found), 0);
	assert_in_range(found.gl_pathc, 5, COUNT(rooms));
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *at = found.gl_pathv[i] + strlen(top()) + 1;

		(void)snprintf(rooms[i], sizeof(rooms[i]), "%.*s",
		    (int)strcspn(at, "/"), at);
		(void)snprintf(pattern, sizeof(pattern), "%s/*.[ch]",
		    rooms[i]);
		files_scan(pattern, of_plugin, rooms[i]);
		room_check(rooms[i]);
	}
	globfree(&found);
	assert_int_equal(missing, 0);
}

static int
begin(void **state)
{
	(void)state;
	keys = table_new();
	missing = 0;
	return 0;
}

static int
end(void **state)
{
	(void)state;
	table_free(keys, NULL);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(pages_and_frame, begin, end),
		cmocka_unit_test_setup_teardown(plugins, begin, end),
	};

	return cmocka_run_group_tests_name("po-keys", tests, NULL, NULL);
}
