/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authelia.c - users_database.yml, as Authelia writes and documents it
 *
 *	users:
 *	  alice:
 *	    displayname: 'Alice Liddell'
 *	    password: '$argon2id$v=19$...'
 *	    email: alice@example.com
 *	    groups:
 *	      - admins
 *
 * A line is a key, a key with a value, or an entry of a list; depth is told by
 * indentation. That is all of YAML that is read: what else it could mean
 * (anchors, aliases, tags, text of several lines, flow maps) is refused with
 * its line, never guessed at.
 */
#include <stdlib.h>

#include "lib/text.h"

#include "reading.h"

#define NOT_READ "not read here: write one key and its value on a line, and " \
    "the value in quotation marks if it has other signs than letters"

struct yaml {
	struct reading *r;
	struct csn_str text;		/* what is left */
	unsigned number;		/* of the line below */
	bool started;			/* a line meant something */
	/* the line: false at the end of the file */
	bool have;
	size_t indent;
	bool entry;			/* "- value" */
	struct csn_str key, value;	/* value may be empty */
	bool quoted;			/* the value was */
	bool broken;			/* a fault: the rest is not looked at */
	unsigned seen;			/* keys of this person */
};

enum { SEEN_PASSWORD = 1, SEEN_DISPLAYNAME = 2, SEEN_EMAIL = 4,
	SEEN_GROUPS = 8, SEEN_DISABLED = 16 };

/* ------------------------------------------------------------------
 * A line.
 */

static int
yaml_fault(struct yaml *y, const char *what)
{
	y->broken = true;
	y->have = false;
	return reading_fault(y->r, y->number, what);
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t';
}

/* '' is ' between single quotation marks. */
static int
unquote_single(struct csn_str *rest, struct buf *out)
{
	for (size_t i = 1; i < rest->n; i++) {
		if (rest->p[i] != '\'') {
			buf_char(out, rest->p[i]);
			continue;
		}
		if (i + 1 < rest->n && rest->p[i + 1] == '\'') {
			buf_char(out, '\'');
			i++;
			continue;
		}
		*rest = str_from_at(*rest, i + 1);
		return 0;
	}
	return -1;
}

/* \" and \\ and nothing else between double ones. */
static int
unquote_double(struct csn_str *rest, struct buf *out)
{
	for (size_t i = 1; i < rest->n; i++) {
		char c = rest->p[i];

		if (c == '"') {
			*rest = str_from_at(*rest, i + 1);
			return 0;
		}
		if (c == '\\') {
			if (++i == rest->n ||
			    (rest->p[i] != '"' && rest->p[i] != '\\'))
				return -1;
			c = rest->p[i];
		}
		buf_char(out, c);
	}
	return -1;
}

/* Takes a quoted text off the front; its copy is in the people's memory. */
static int
take_quoted(struct yaml *y, struct csn_str *rest, struct csn_str *ret)
{
	struct buf b;
	int rc;

	buf_init(&b, PEOPLE_BYTES_MAX);
	rc = rest->p[0] == '"' ? unquote_double(rest, &b) :
	    unquote_single(rest, &b);
	if (rc == 0 && !buf_failed(&b))
		*ret = arena_str(&y->r->people->memory, buf_str(&b));
	buf_free(&b);
	return rc < 0 || ret->p == NULL ? -1 : 0;
}

static bool
is_quote(struct csn_str s)
{
	return s.n > 0 && (s.p[0] == '"' || s.p[0] == '\'');
}

/* Nothing more but a comment. */
static bool
rest_empty(struct csn_str s)
{
	size_t i = 0;

	while (i < s.n && blank(s.p[i]))
		i++;
	return i == s.n || (i > 0 && s.p[i] == '#');
}

/* A plain text ends before " #"; what begins like more than text, or has
 * ": " in it, is refused. */
static int
take_plain(struct csn_str s, struct csn_str *ret)
{
	size_t n = 0;

	while (n < s.n && !(s.p[n] == '#' && (n == 0 || blank(s.p[n - 1]))))
		n++;
	*ret = str_trim(str_of(s.p, n));
	if (ret->n == 0)
		return 0;
	if (strchr("&*!|>%@`{}[],?:-#", ret->p[0]) != NULL &&
	    !str_is(*ret, "[]") && !str_is(*ret, "{}"))
		return -1;
	return str_find(*ret, STR(": ")) >= 0 ||
	    ret->p[ret->n - 1] == ':' ? -1 : 0;
}

static int
take_value(struct yaml *y, struct csn_str s)
{
	s = str_trim(s);
	y->quoted = is_quote(s);
	if (s.n > 0 && s.p[0] == '[') {
		y->value = s;
		return 0;
	}
	if (!y->quoted)
		return take_plain(s, &y->value);
	return take_quoted(y, &s, &y->value) < 0 || !rest_empty(s) ? -1 : 0;
}

static int
take_key(struct yaml *y, struct csn_str *s)
{
	ptrdiff_t colon;

	if (is_quote(*s)) {
		if (take_quoted(y, s, &y->key) < 0 || s->n == 0 ||
		    s->p[0] != ':')
			return -1;
	} else {
		colon = str_index(*s, ':');
		if (colon <= 0)
			return -1;
		y->key = str_of(s->p, (size_t)colon);
		*s = str_from_at(*s, (size_t)colon);
		if (strchr("&*!|>%@`{}[],?-#", y->key.p[0]) != NULL ||
		    blank(y->key.p[y->key.n - 1]) ||
		    str_find(y->key, STR(" #")) >= 0)
			return -1;
	}
	*s = str_from_at(*s, 1);
	return s->n == 0 || blank(s->p[0]) ? 0 : -1;
}

static int
line_take(struct yaml *y, struct csn_str line)
{
	y->indent = 0;
	while (y->indent < line.n && line.p[y->indent] == ' ')
		y->indent++;
	line = str_from_at(line, y->indent);
	y->key = y->value = STR("");
	y->quoted = false;
	y->entry = line.p[0] == '-' && (line.n == 1 || blank(line.p[1]));
	if (y->entry ? take_value(y, str_from_at(line, 1)) < 0 :
	    take_key(y, &line) < 0 || take_value(y, line) < 0)
		return yaml_fault(y, NOT_READ);
	return 0;
}

static bool
line_means(const struct yaml *y, struct csn_str line)
{
	struct csn_str s = str_trim(line);

	return s.n > 0 && s.p[0] != '#' &&
	    (y->started || !str_is(line, "---"));
}

/* The next line that means something; a fault ends the file. */
static void
yaml_next(struct yaml *y)
{
	struct csn_str line;

	y->have = false;
	while (str_cut(&y->text, '\n', &line)) {
		y->number++;
		if (str_ends(line, STR("\r")))
			line.n--;
		/* in a comment too: to YAML some of them end the line */
		if (!text_plain(line)) {
			(void)yaml_fault(y, "there is a tab, or another sign "
			    "that is not plain text; YAML wants blanks");
			return;
		}
		if (!line_means(y, line))
			continue;
		y->started = true;
		y->have = line_take(y, line) == 0;
		return;
	}
}

/* ------------------------------------------------------------------
 * A person.
 */

static bool
value_null(const struct yaml *y)
{
	return !y->quoted && (y->value.n == 0 || str_is(y->value, "~") ||
	    str_is(y->value, "null"));
}

/* One entry, not quoted, off the front. What could be a flow map is refused. */
static int
take_entry(struct csn_str *s, struct csn_str *ret)
{
	size_t n = 0;

	while (n < s->n && s->p[n] != ',' && s->p[n] != ']') {
		if (strchr("[{}?#", s->p[n]) != NULL)
			return -1;
		n++;
	}
	if (take_plain(str_of(s->p, n), ret) < 0)
		return -1;
	*s = str_from_at(*s, n);
	return 0;
}

/* ['a', b] on one line. */
static int
groups_flow(struct yaml *y, struct csn_str *list, size_t *n)
{
	struct csn_str s = str_from_at(y->value, 1), one;

	for (s = str_trim(s); s.n > 0 && s.p[0] != ']'; s = str_trim(s)) {
		if ((is_quote(s) ? take_quoted(y, &s, &one) :
		    take_entry(&s, &one)) < 0)
			return yaml_fault(y, NOT_READ);
		if (reading_group(y->r, y->number, one, list, n) < 0)
			return -1;
		s = str_trim(s);
		if (s.n > 0 && s.p[0] == ',')
			s = str_from_at(s, 1);
		else if (s.n == 0 || s.p[0] != ']')
			break;
	}
	return s.n > 0 && s.p[0] == ']' && rest_empty(str_from_at(s, 1)) ? 0 :
	    yaml_fault(y, NOT_READ);
}

/* "groups:" is the line; afterwards the line is the next key. */
static int
person_groups(struct yaml *y, struct person *p)
{
	struct csn_str list[PEOPLE_GROUPS_MAX];
	size_t n = 0, indent = y->indent, depth;

	if (!value_null(y)) {
		if (y->quoted || y->value.p[0] != '[')
			return yaml_fault(y, "groups is a list");
		if (groups_flow(y, list, &n) < 0)
			return -1;
		yaml_next(y);
		return reading_groups(y->r, list, n, &p->groups);
	}
	yaml_next(y);
	depth = y->indent;
	for (; y->have && y->entry && y->indent >= indent; yaml_next(y)) {
		if (y->indent != depth || (!y->quoted && y->value.n > 0 &&
		    strchr("[{", y->value.p[0]) != NULL))
			return yaml_fault(y, "groups is a list of names");
		if (reading_group(y->r, y->number, y->value, list, &n) < 0)
			return -1;
	}
	return reading_groups(y->r, list, n, &p->groups);
}

/* What Authelia knows of a person and we do not use, with what is below. */
static int
person_skip(struct yaml *y)
{
	static const char *const known[] = { "given_name", "family_name",
		"middle_name", "nickname", "gender", "birthdate", "website",
		"profile", "picture", "zoneinfo", "locale", "phone_number",
		"phone_extension", "address", "extra" };
	size_t indent = y->indent, i = 0, n = sizeof(known) / sizeof(known[0]);

	while (i < n && !str_is(y->key, known[i]))
		i++;
	if (i == n)
		return yaml_fault(y, "unknown key; a person has displayname, "
		    "password, email, groups and disabled");
	do {
		if (!y->quoted && str_starts(y->value, STR("[")))
			return yaml_fault(y, NOT_READ);
		yaml_next(y);
	} while (y->have && y->indent > indent);
	return 0;
}

static int
person_text(struct yaml *y, struct csn_str *ret)
{
	if (!value_null(y))
		*ret = y->value;
	if (!y->quoted && ret->n > 0 && strchr("[{", ret->p[0]) != NULL)
		return yaml_fault(y, "a text is wanted here, not a list");
	yaml_next(y);
	return 0;
}

static int
person_disabled(struct yaml *y, struct person *p)
{
	if (y->quoted || (!str_is(y->value, "true") &&
	    !str_is(y->value, "false")))
		return yaml_fault(y, "disabled is true or false");
	p->disabled = str_is(y->value, "true");
	yaml_next(y);
	return 0;
}

static unsigned
key_bit(struct csn_str key)
{
	static const struct { const char *name; unsigned bit; } keys[] = {
		{ "password", SEEN_PASSWORD },
		{ "displayname", SEEN_DISPLAYNAME },
		{ "email", SEEN_EMAIL },
		{ "groups", SEEN_GROUPS },
		{ "disabled", SEEN_DISABLED },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (str_is(key, keys[i].name))
			return keys[i].bit;
	return 0;
}

/* The key is the line. */
static int
person_key(struct yaml *y, struct person *p)
{
	unsigned bit = key_bit(y->key);

	if (y->entry)
		return yaml_fault(y, NOT_READ);
	if ((y->seen & bit) != 0)
		return yaml_fault(y, "this key stands here twice");
	y->seen |= bit;
	switch (bit) {
	case SEEN_PASSWORD:
		return person_text(y, &p->hash);
	case SEEN_DISPLAYNAME:
		return person_text(y, &p->display);
	case SEEN_EMAIL:
		return person_text(y, &p->mail);
	case SEEN_GROUPS:
		return person_groups(y, p);
	case SEEN_DISABLED:
		return person_disabled(y, p);
	default:
		return person_skip(y);
	}
}

/* The person's name is the line. */
static int
person_read(struct yaml *y)
{
	struct person p = { .name = y->key, .line = y->number };
	size_t above = y->indent, indent;

	if (y->entry || !value_null(y))
		return yaml_fault(y, "a person's name ends in a colon, and "
		    "what belongs to the person stands below it, indented");
	p.hash = p.display = p.mail = STR("");
	y->seen = 0;
	yaml_next(y);
	for (indent = y->indent; y->have && y->indent > above;) {
		if (y->indent != indent)
			return yaml_fault(y, "indented otherwise than the "
			    "line above");
		if (person_key(y, &p) < 0)
			return -1;
	}
	/* older versions wrote this before a hash of crypt's */
	if (str_starts(p.hash, STR("{CRYPT}")))
		p.hash = str_from_at(p.hash, strlen("{CRYPT}"));
	if (y->broken)
		return -1;
	/* a fault in what it says does not hide those of others */
	(void)reading_add(y->r, &p);
	return 0;
}

void
authelia_read(struct reading *r, struct csn_str text)
{
	struct yaml y = { .r = r, .text = text };
	size_t indent;

	yaml_next(&y);
	if (!y.have || y.indent != 0 || !str_is(y.key, "users") ||
	    !value_null(&y)) {
		if (!y.broken)
			(void)yaml_fault(&y, "\"users:\" stands here alone, "
			    "and the people below it");
		return;
	}
	yaml_next(&y);
	for (indent = y.indent; y.have;) {
		if (y.indent != indent || indent == 0) {
			(void)yaml_fault(&y, "a person's name is indented "
			    "below \"users:\", each like the first");
			return;
		}
		if (person_read(&y) < 0)
			return;
	}
}
