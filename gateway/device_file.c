/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device_file.c - lists of devices as other systems write them
 *
 * Every row becomes a key URI, which the plugin reads strictly. It must never
 * guess: what is not understood is a fault with its line; nor hold more of the
 * file than a line.
 */
#include "device_file.h"

#include <string.h>

#include "lib/base64url.h"
#include "lib/secret.h"
#include "lib/text.h"
#include "lib/url.h"

#define COLUMNS_MAX	32u
#define FIELD_MAX	512u
#define LINE_MAX_BYTES	4096u

enum column { COL_OTHER = 0, COL_USER, COL_BASE32, COL_HEX, COL_CONFIRMED,
	COL_TYPE, COL_DIGITS, COL_PERIOD, COL_HASH, COL_NAME };

static const struct { const char *name; enum column column; } columns[] = {
	{ "user", COL_USER }, { "username", COL_USER },
	{ "subject", COL_USER }, { "login", COL_USER },
	{ "guac-totp-key-secret", COL_BASE32 }, { "secret", COL_BASE32 },
	{ "guac-totp-key-confirmed", COL_CONFIRMED },
	{ "otpkey", COL_HEX }, { "seed", COL_HEX }, { "key", COL_HEX },
	{ "type", COL_TYPE }, { "tokentype", COL_TYPE },
	{ "otplen", COL_DIGITS }, { "digits", COL_DIGITS },
	{ "timestep", COL_PERIOD }, { "time step", COL_PERIOD },
	{ "period", COL_PERIOD }, { "hashlib", COL_HASH },
	{ "algorithm", COL_HASH }, { "description", COL_NAME },
	{ "serial", COL_NAME }, { "name", COL_NAME },
};

struct fields {			/* of one row, by meaning */
	struct csn_str v[COL_NAME + 1];
};

struct reading {
	enum column heading[COLUMNS_MAX];
	size_t ncolumns;	/* 0: no heading yet */
	struct device_row row;
};

/* ------------------------------------------------------------------ */

static void
base32_put(struct buf *b, const uint8_t *p, size_t n)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	uint32_t bits = 0, held = 0;

	for (size_t i = 0; i < n; i++) {
		bits = bits << 8 | p[i];
		for (held += 8; held >= 5; held -= 5)
			buf_char(b, letters[bits >> (held - 5) & 31]);
		bits &= 0xff;
	}
	if (held > 0)
		buf_char(b, letters[bits << (5 - held) & 31]);
}

static int
hex_to_base32(struct buf *b, struct csn_str hex)
{
	uint8_t bytes[128];
	size_t n = 0;

	if (hex.n == 0 || hex.n % 2 != 0 || hex.n / 2 > sizeof(bytes))
		return -1;
	for (size_t i = 0; i < hex.n; i += 2) {
		int high = hex_digit(hex.p[i]), low = hex_digit(hex.p[i + 1]);

		if (high < 0 || low < 0)
			return -1;
		bytes[n++] = (uint8_t)(high << 4 | low);
	}
	base32_put(b, bytes, n);
	secret_wipe(bytes, sizeof(bytes));
	return buf_failed(b) ? -1 : 0;
}

static int
text_keep(char *ret, size_t size, struct csn_str s)
{
	if (s.n >= size || !text_plain(s))
		return -1;
	if (s.n > 0)
		memcpy(ret, s.p, s.n);
	ret[s.n] = '\0';
	return 0;
}

static const char *
subject_keep(struct device_row *row, struct csn_str s)
{
	s = str_trim(s);
	return s.n == 0 || text_keep(row->subject, sizeof(row->subject), s) <
	    0 ? "names nobody" : NULL;
}

/* What is not given is left to the defaults of key URIs. */
static const char *
uri_make(struct device_row *row, const struct fields *f)
{
	struct buf b;
	const char *why = NULL;

	buf_init_fixed(&b, row->uri, sizeof(row->uri));
	buf_puts(&b, "otpauth://totp/import?secret=");
	if (f->v[COL_BASE32].n > 0)
		url_escape(&b, f->v[COL_BASE32]);
	else if (hex_to_base32(&b, f->v[COL_HEX]) < 0)
		why = "has no key, or one that is not hexadecimal";
	if (f->v[COL_HASH].n > 0) {
		buf_puts(&b, "&algorithm=");
		url_escape(&b, f->v[COL_HASH]);
	}
	if (f->v[COL_DIGITS].n > 0) {
		buf_puts(&b, "&digits=");
		url_escape(&b, f->v[COL_DIGITS]);
	}
	if (f->v[COL_PERIOD].n > 0) {
		buf_puts(&b, "&period=");
		url_escape(&b, f->v[COL_PERIOD]);
	}
	buf_char(&b, '\0');
	return why == NULL && buf_failed(&b) ? "has a key that is too long" :
	    why;
}

/* ------------------------------------------------------------------ */
/* otpauth://totp/Issuer:alice?secret=... */

static const char *
uri_row(struct device_row *row, struct csn_str line)
{
	struct csn_str label = str_from_at(line, strlen("otpauth://totp/")),
	    rest = label, account;
	const char *why = NULL;
	struct buf b;

	if (line.n >= sizeof(row->uri) || text_keep(row->uri,
	    sizeof(row->uri), line) < 0 || !str_cut(&rest, '?', &label) ||
	    rest.p == NULL)
		return "is no key URI";
	if (label.n == 0)
		return "names nobody";
	buf_init(&b, FIELD_MAX);
	if (url_unescape(&b, label) < 0 || buf_failed(&b)) {
		why = "has a label that cannot be read";
	} else {
		account = buf_str(&b);
		while (str_index(account, ':') >= 0)
			account = str_from_at(account,
			    (size_t)str_index(account, ':') + 1);
		why = subject_keep(row, account);
	}
	buf_free(&b);
	return why;
}

/* ------------------------------------------------------------------ */
/* HOTP/T30/6 alice - 0011... */

static struct csn_str
word_cut(struct csn_str *rest)
{
	struct csn_str s = str_trim(*rest), word = s;
	size_t n = 0;

	while (n < s.n && s.p[n] != ' ' && s.p[n] != '\t')
		n++;
	word.n = n;
	*rest = str_from_at(s, n);
	return word;
}

static const char *
oath_row(struct device_row *row, struct csn_str line)
{
	struct csn_str rest = line, type = word_cut(&rest), part;
	struct fields f = { .v = { STR("") } };
	struct csn_str user = word_cut(&rest), pin = word_cut(&rest);
	const char *why = subject_keep(row, user);

	str_cut(&type, '/', &part);		/* HOTP */
	if (!str_cut(&type, '/', &part) || part.n < 2 || part.p[0] != 'T')
		return "counts logins (HOTP), not time";
	f.v[COL_PERIOD] = str_from_at(part, 1);
	if (type.p != NULL)
		f.v[COL_DIGITS] = type;
	if (!str_is(pin, "-") && !str_is(pin, "+"))
		return "asks for a PIN beside the code, which is not "
		    "supported";
	f.v[COL_HEX] = word_cut(&rest);
	return why != NULL ? why : uri_make(row, &f);
}

/* ------------------------------------------------------------------ */
/* CSV (RFC 4180), a row a line */

/* The next field, unquoted into the buffer. false: a quote is open. */
static bool
field_cut(struct csn_str *rest, struct buf *field)
{
	size_t i = 0;
	bool quoted = rest->n > 0 && rest->p[0] == '"';

	buf_clear(field);
	for (i = quoted; i < rest->n; i++) {
		char c = rest->p[i];

		if (quoted && c == '"') {
			if (i + 1 < rest->n && rest->p[i + 1] == '"') {
				i++;
			} else {
				quoted = false;
				continue;
			}
		} else if (!quoted && c == ',') {
			break;
		}
		buf_char(field, c);
	}
	*rest = i < rest->n ? str_from_at(*rest, i + 1) :
	    (struct csn_str){ NULL, 0 };
	return !quoted;
}

static enum column
column_of(struct csn_str name)
{
	name = str_trim(name);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if (str_equal_fold(name, str_from(columns[i].name)))
			return columns[i].column;
	return COL_OTHER;
}

static const char *
heading_read(struct reading *r, struct csn_str line)
{
	bool user = false, key = false;
	struct buf field;

	buf_init(&field, FIELD_MAX);
	while (line.p != NULL && r->ncolumns < COLUMNS_MAX &&
	    field_cut(&line, &field)) {
		enum column c = column_of(buf_str(&field));

		user |= c == COL_USER;
		key |= c == COL_BASE32 || c == COL_HEX;
		r->heading[r->ncolumns++] = c;
	}
	buf_free(&field);
	if (user && key)
		return NULL;
	r->ncolumns = 0;
	return "is no key URI, no line of a users file, and no heading with a "
	    "user and a key (user, secret | otpkey | seed | "
	    "guac-totp-key-secret)";
}

static const char *
fields_judge(struct device_row *row, const struct fields *f)
{
	const char *why = subject_keep(row, f->v[COL_USER]);

	if (f->v[COL_TYPE].n > 0 && !str_equal_fold(f->v[COL_TYPE],
	    STR("totp")))
		return "is of another type than totp";
	if (f->v[COL_CONFIRMED].n > 0 && !str_equal_fold(f->v[COL_CONFIRMED],
	    STR("true"))) {
		row->skipped = true;
		return NULL;
	}
	if (f->v[COL_NAME].n > 0 && text_keep(row->name, sizeof(row->name),
	    f->v[COL_NAME]) < 0)
		return "has a name that is too long";
	return why != NULL ? why : uri_make(row, f);
}

static const char *
csv_row(struct reading *r, struct csn_str line)
{
	char memory[COLUMNS_MAX * FIELD_MAX];
	struct fields f = { .v = { STR("") } };
	const char *why = NULL;
	struct buf field, all;
	size_t n = 0;

	buf_init(&field, FIELD_MAX);
	buf_init_fixed(&all, memory, sizeof(memory));
	while (line.p != NULL && why == NULL) {
		struct csn_str s;
		size_t at = all.n;

		if (n == r->ncolumns)
			why = "has more fields than the heading";
		else if (!field_cut(&line, &field) || buf_failed(&field))
			why = "has a field that does not end, or is too long";
		if (why != NULL)
			break;
		buf_str_put(&all, buf_str(&field));
		s = str_trim(str_of(memory + at, all.n - at));
		if (s.n > 0 && f.v[r->heading[n]].n == 0)
			f.v[r->heading[n]] = s;
		n++;
	}
	if (why == NULL && n != r->ncolumns)
		why = "has fewer fields than the heading: it is cut";
	if (why == NULL)
		why = fields_judge(&r->row, &f);
	secret_wipe(memory, sizeof(memory));
	buf_free(&field);
	return why;
}

/* ------------------------------------------------------------------ */

/* false: nothing to tell. */
static bool
line_read(struct reading *r, struct csn_str line)
{
	struct device_row *row = &r->row;

	if (line.n > LINE_MAX_BYTES) {
		row->fault = "is longer than a row can be";
	} else if (str_starts(line, STR("otpauth://"))) {
		row->fault = str_starts(line, STR("otpauth://totp/")) ?
		    uri_row(row, line) : "counts logins (HOTP), not time";
	} else if (str_starts(line, STR("HOTP"))) {
		row->fault = oath_row(row, line);
	} else if (r->ncolumns == 0) {
		row->fault = heading_read(r, line);
		return row->fault != NULL;
	} else {
		row->fault = csv_row(r, line);
	}
	return true;
}

/* Up to the end of a line, without its mark. A line that is too long comes as
 * one byte more than a row can have. false: there is none left. */
static bool
line_next(FILE *f, char line[LINE_MAX_BYTES + 1], struct csn_str *ret)
{
	size_t n = 0;
	int c = getc(f);

	if (c == EOF)
		return false;
	for (; c != EOF && c != '\n'; c = getc(f)) {
		if (n <= LINE_MAX_BYTES)
			line[n++] = (char)c;
	}
	*ret = str_of(line, n);
	return true;
}

int
device_file_rows(FILE *f, int (*each)(void *, const struct device_row *),
    void *arg)
{
	struct reading r = { .ncolumns = 0 };
	char memory[LINE_MAX_BYTES + 1];
	struct csn_str line;
	unsigned number = 0;
	int rc = 0;

	while (rc == 0 && line_next(f, memory, &line)) {
		if (number++ == 0)
			line = text_without_bom(line);
		line = str_trim(line);
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (line.n == 0 || line.p[0] == '#')
			continue;
		memset(&r.row, 0, sizeof(r.row));
		r.row.line = number;
		if (line_read(&r, line))
			rc = each(arg, &r.row);
	}
	if (rc == 0 && ferror(f)) {
		memset(&r.row, 0, sizeof(r.row));
		r.row.line = number + 1;
		r.row.fault = "cannot be read";
		rc = each(arg, &r.row);
	}
	secret_wipe(memory, sizeof(memory));
	secret_wipe(&r, sizeof(r));
	return rc;
}
