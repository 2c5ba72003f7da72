/* SPDX-License-Identifier: Apache-2.0 */
/*
 * placeholder.c - finds {args} in texts
 *
 * It only finds them: it must never put a value in, that is for the one place
 * that escapes.
 */
#include "placeholder.h"

/* Length of the name that begins at s, or 0 if no '}' ends it. */
static size_t
name_length(struct csn_str s)
{
	size_t n = 0;

	while (n < s.n && ((s.p[n] >= 'a' && s.p[n] <= 'z') || s.p[n] == '_'))
		n++;
	return n < s.n && s.p[n] == '}' && n <= PLACEHOLDER_NAME_MAX ? n : 0;
}

bool
placeholder_cut(struct csn_str *rest, struct csn_str *ret_before,
    struct csn_str *ret_name)
{
	struct csn_str all = *rest;
	ptrdiff_t at;
	size_t i = 0, n;

	while ((at = str_index(str_from_at(all, i), '{')) >= 0) {
		i += (size_t)at;
		n = name_length(str_from_at(all, i + 1));
		if (n == 0) {
			i++;
			continue;
		}
		*ret_before = str_of(all.p, i);
		*ret_name = str_of(all.p + i + 1, n);
		*rest = str_from_at(all, i + n + 2);
		return true;
	}
	*ret_before = all;
	*ret_name = STR("");
	*rest = STR("");
	return false;
}

bool
placeholder_in(struct csn_str text, struct csn_str name)
{
	struct csn_str before, found;

	while (placeholder_cut(&text, &before, &found))
		if (str_equal(found, name))
			return true;
	return false;
}

static bool
all_in(struct csn_str from, struct csn_str text)
{
	struct csn_str before, name;

	while (placeholder_cut(&from, &before, &name))
		if (!placeholder_in(text, name))
			return false;
	return true;
}

bool
placeholder_same(struct csn_str a, struct csn_str b)
{
	return all_in(a, b) && all_in(b, a);
}
