/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * claim_path.c - paths of claims, parsed when the configuration is read
 *
 * It must never let a claim's own text choose the way: names are compared
 * whole, and a value that is not an object ends the way.
 */
#include "claim_path.h"

static bool
is_bare(char c)
{
	return c != '\0' && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || strchr("_-:/", c) != NULL);
}

/* Copies what is between the quotation marks; *at is behind the first. NULL
 * or the fault. */
static const char *
quoted_name(struct csn_str text, size_t *at, char **to)
{
	for (; *at < text.n; (*at)++) {
		char c = text.p[*at];

		if (c == '"') {
			(*at)++;
			return NULL;
		}
		if (c == '\\') {
			(*at)++;
			if (*at == text.n || (text.p[*at] != '"' &&
			    text.p[*at] != '\\'))
				return "a backslash stands before \" or \\ "
				    "only";
			c = text.p[*at];
		}
		*(*to)++ = c;
	}
	return "a quotation mark is not closed";
}

static const char *
one_name(struct csn_str text, size_t *at, char **to)
{
	const char *start = *to, *fault;

	if (*at < text.n && text.p[*at] == '"') {
		(*at)++;
		fault = quoted_name(text, at, to);
		if (fault != NULL)
			return fault;
	} else {
		while (*at < text.n && is_bare(text.p[*at]))
			*(*to)++ = text.p[(*at)++];
	}
	if (*to == start)
		return "a name is empty, or begins with what must be quoted";
	*(*to)++ = '\0';
	if (*at < text.n && text.p[*at] != '.')
		return "names are joined by dots; quote a name with other "
		    "characters in it";
	return NULL;
}

int
claim_path_parse(struct csn_str text, struct claim_path *ret,
    const char **ret_why)
{
	char *to = ret->memory;
	const char *fault = NULL;
	size_t at = 0;

	ret->n = 0;
	if (text.n == 0 || text.n > CLAIM_PATH_MAX)
		fault = "a path has 1 to 256 bytes";
	else if (memchr(text.p, '\0', text.n) != NULL)
		fault = "a path has no NUL";
	while (fault == NULL) {
		if (ret->n == CLAIM_PATH_NAMES) {
			fault = "a path has at most 8 names";
			break;
		}
		ret->names[ret->n] = to;
		fault = one_name(text, &at, &to);
		if (fault != NULL)
			break;
		ret->n++;
		if (at == text.n)
			return 0;
		at++;		/* the dot: another name follows */
	}
	ret->n = 0;
	*ret_why = fault;
	return -1;
}

const json_t *
claim_path_find(const struct claim_path *path, const json_t *claims)
{
	const json_t *v = path->n > 0 ? claims : NULL;

	for (size_t i = 0; i < path->n && v != NULL; i++)
		v = json_object_get(v, path->names[i]);
	return v;
}

enum json_member
claim_path_text(const struct claim_path *path, const json_t *claims,
    struct csn_str *ret)
{
	return json_value_text(claim_path_find(path, claims), ret);
}

enum json_member
claim_path_texts(const struct claim_path *path, const json_t *claims,
    size_t max, struct arena *a, struct csn_strs *ret)
{
	return json_value_texts(claim_path_find(path, claims), max, a, ret);
}
