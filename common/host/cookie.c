/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cookie.c - Cookie lines, read the one way that every reader agrees on
 *
 * It must never let one of our cookies through to an application, however its
 * name is spelt, nor change a byte of another.
 */
#include "cookie.h"

bool
cookie_next(struct csn_strs lines, struct cookie_at *at,
    struct csn_str *ret_name, struct csn_str *ret_value)
{
	while (at->line < lines.n) {
		struct csn_str line = lines.v[at->line], piece;
		ptrdiff_t end, eq;

		if (at->offset >= line.n) {
			at->line++;
			at->offset = 0;
			continue;
		}
		piece = str_from_at(line, at->offset);
		end = str_index(piece, ';');
		if (end >= 0)
			piece.n = (size_t)end;
		at->offset += piece.n + 1;
		piece = str_trim(piece);
		if (piece.n == 0)
			continue;
		eq = str_index(piece, '=');
		*ret_name = str_trim(eq < 0 ? piece :
		    str_of(piece.p, (size_t)eq));
		*ret_value = eq < 0 ? STR("") :
		    str_trim(str_from_at(piece, (size_t)eq + 1));
		return true;
	}
	return false;
}

size_t
cookie_values(struct csn_strs lines, struct csn_str name,
    struct csn_str *ret, size_t max)
{
	struct cookie_at at = { 0, 0 };
	struct csn_str n, v;
	size_t found = 0;

	while (cookie_next(lines, &at, &n, &v))
		if (str_equal(n, name)) {
			if (found < max)
				ret[found] = v;
			found++;
		}
	return found;
}

static bool
is_ours(struct csn_str piece)
{
	struct csn_str prefix = STR(COOKIE_PREFIX);

	/* its first character has one case only; most have the others in ours
	 * as well */
	return piece.n >= prefix.n && piece.p[0] == prefix.p[0] &&
	    (memcmp(piece.p, COOKIE_PREFIX, sizeof(COOKIE_PREFIX) - 1) == 0 ||
	    str_same_fold(piece.p, prefix.p, prefix.n));
}

/* Behind what is there of `begin`. cookie_split() made the room. */
static char *
other_put(char *at, const char *begin, struct csn_str piece)
{
	if (at > begin) {
		*at++ = ';';
		*at++ = ' ';
	}
	memcpy(at, piece.p, piece.n);
	return at + piece.n;
}

/* What lies in one line: ours of that name to the values, the others to
 * `at`. */
static char *
line_split(struct csn_str line, struct csn_str name, struct cookie_found *f,
    char *at, const char *begin)
{
	struct csn_str piece, value;

	while (str_cut(&line, ';', &piece)) {
		piece = str_trim(piece);
		if (piece.n == 0)
			continue;
		if (!is_ours(piece)) {
			at = other_put(at, begin, piece);
			continue;
		}
		value = piece;
		(void)str_cut(&value, '=', &piece);
		if (!str_equal(str_trim(piece), name))
			continue;
		if (f->n < COOKIE_VALUES_MAX)
			f->v[f->n] = str_trim(value);
		f->n++;
	}
	return at;
}

int
cookie_split(struct arena *a, struct csn_strs lines, struct csn_str name,
    struct cookie_found *ret)
{
	char *out, *at;
	size_t n = 1;

	ret->n = 0;
	for (size_t i = 0; i < lines.n; i++)
		n += lines.v[i].n + 2;
	/* every piece may gain a blank behind its semicolon; it has a byte
	 * at least */
	n += n / 2 + 1;
	out = at = arena_bytes(a, n);
	if (out == NULL)
		return -1;
	for (size_t i = 0; i < lines.n; i++)
		at = line_split(lines.v[i], name, ret, at, out);
	ret->others = str_of(out, (size_t)(at - out));
	return 0;
}

struct csn_str
cookie_strip(struct arena *a, struct csn_strs lines)
{
	struct cookie_found found;

	return cookie_split(a, lines, STR(""), &found) < 0 ?
	    str_of(NULL, 0) : found.others;
}
