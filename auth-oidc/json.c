/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * json.c - JSON from outside, read strictly and with bounded cost
 *
 * It must never repair, convert or take the last of two: what two readers
 * could read in two ways is refused.
 */
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>

#include "json.h"

#include "lib/secret.h"

const struct json_caps json_token_caps = { 16384, 2000, 16 };
const struct json_caps json_document_caps = { 262144, 20000, 16 };

/* ------------------------------------------------------------------ */
/* memory */

static void
wiping_free(void *p)
{
	if (p != NULL)
		secret_wipe(p, malloc_usable_size(p));
	free(p);
}

static void
memory_set(void)
{
	json_set_alloc_funcs(malloc, wiping_free);
}

void
json_wipe_memory(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, memory_set);
}

/* ------------------------------------------------------------------ */
/* caps, before the parser builds anything */

struct scan {
	size_t values;
	unsigned depth, deepest;
	bool quoted, escaped;
};

static void
scan_quoted(struct scan *s, char c)
{
	if (s->escaped)
		s->escaped = false;
	else if (c == '\\')
		s->escaped = true;
	else if (c == '"')
		s->quoted = false;
}

/* What is malformed may be counted wrongly: the parser stops at the first
 * fault, and up to there both see the same strings. */
static void
scan_bare(struct scan *s, char c)
{
	switch (c) {
	case '"':
		s->quoted = true;
		break;
	case '{':
	case '[':
		s->values++;
		if (++s->depth > s->deepest)
			s->deepest = s->depth;
		break;
	case '}':
	case ']':
		s->depth -= s->depth > 0;
		break;
	case ',':
		s->values++;
		break;
	default:
		break;
	}
}

static enum refusal
caps_check(struct csn_str text, const struct json_caps *caps)
{
	struct scan s = { 0 };

	if (text.n > caps->bytes)
		return REFUSAL_JSON_LENGTH;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\0')
			return REFUSAL_JSON_NUL;
		if (s.quoted)
			scan_quoted(&s, text.p[i]);
		else
			scan_bare(&s, text.p[i]);
	}
	if (s.deepest > caps->depth)
		return REFUSAL_JSON_DEPTH;
	return s.values > caps->values ? REFUSAL_JSON_VALUES : REFUSAL_NONE;
}

/* ------------------------------------------------------------------ */
/* the parser */

static enum refusal
error_refusal(const json_error_t *error)
{
	switch (json_error_code(error)) {
	case json_error_out_of_memory:
		return REFUSAL_MEMORY;
	case json_error_invalid_utf8:
		return REFUSAL_JSON_UTF8;
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return REFUSAL_JSON_NUL;
	case json_error_duplicate_key:
		return REFUSAL_JSON_DUPLICATE;
	case json_error_stack_overflow:
		return REFUSAL_JSON_DEPTH;
	case json_error_numeric_overflow:
		return REFUSAL_JSON_NUMBER;
	case json_error_end_of_input_expected:
		return REFUSAL_JSON_TRAILING;
	default:
		return REFUSAL_JSON_SYNTAX;
	}
}

enum refusal
json_text_read(struct csn_str text, const struct json_caps *caps, json_t **ret)
{
	enum refusal r = caps_check(text, caps);
	json_error_t error;
	json_t *root;

	if (r != REFUSAL_NONE)
		return r;
	if (text.n == 0)
		return REFUSAL_JSON_SYNTAX;
	root = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &error);
	if (root == NULL)
		return error_refusal(&error);
	if (!json_is_object(root)) {
		json_decref(root);
		return REFUSAL_JSON_OBJECT;
	}
	*ret = root;
	return REFUSAL_NONE;
}

/* ------------------------------------------------------------------ */
/* members */

static struct csn_str
text_of(const json_t *v)
{
	return str_of(json_string_value(v), json_string_length(v));
}

enum json_member
json_value_text(const json_t *v, struct csn_str *ret)
{
	if (v == NULL)
		return MEMBER_MISSING;
	if (!json_is_string(v))
		return MEMBER_WRONG;
	*ret = text_of(v);
	return MEMBER_GOOD;
}

enum json_member
json_member_text(const json_t *object, const char *name, struct csn_str *ret)
{
	return json_value_text(json_object_get(object, name), ret);
}

enum json_member
json_member_number(const json_t *object, const char *name, int64_t *ret)
{
	const json_t *v = json_object_get(object, name);
	json_int_t n;

	if (v == NULL)
		return MEMBER_MISSING;
	if (!json_is_integer(v))
		return MEMBER_WRONG;
	n = json_integer_value(v);
	if (n < 0 || n >= JSON_TIME_MAX)
		return MEMBER_WRONG;
	*ret = n;
	return MEMBER_GOOD;
}

enum json_member
json_member_bool(const json_t *object, const char *name, bool *ret)
{
	const json_t *v = json_object_get(object, name);

	if (v == NULL)
		return MEMBER_MISSING;
	if (!json_is_boolean(v))
		return MEMBER_WRONG;
	*ret = json_is_true(v);
	return MEMBER_GOOD;
}

enum json_member
json_member_object(const json_t *object, const char *name, const json_t **ret)
{
	const json_t *v = json_object_get(object, name);

	if (v == NULL)
		return MEMBER_MISSING;
	if (!json_is_object(v))
		return MEMBER_WRONG;
	*ret = v;
	return MEMBER_GOOD;
}

enum json_member
json_value_texts(const json_t *value, size_t max, struct arena *a,
    struct csn_strs *ret)
{
	size_t n = json_is_array(value) ? json_array_size(value) : 1;
	struct csn_str *v;

	if (value == NULL)
		return MEMBER_MISSING;
	v = n <= max ? arena_array(a, n, sizeof(*v)) : NULL;
	if (v == NULL)
		return MEMBER_WRONG;
	for (size_t i = 0; i < n; i++) {
		const json_t *one = json_is_array(value) ?
		    json_array_get(value, i) : value;

		if (!json_is_string(one))
			return MEMBER_WRONG;
		v[i] = text_of(one);
	}
	*ret = (struct csn_strs){ v, n };
	return MEMBER_GOOD;
}

enum json_member
json_member_texts(const json_t *object, const char *name, size_t max,
    struct arena *a, struct csn_strs *ret)
{
	return json_value_texts(json_object_get(object, name), max, a, ret);
}
