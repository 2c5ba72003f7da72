/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * json.h - one strict reading of JSON that comes from outside
 *
 * One object, UTF-8, no name twice, no NUL, nothing behind it, and caps on
 * bytes, depth and values that are looked at before the parser runs (RFC 8725
 * 2.6, 3.7; RFC 7515 4). A reader of a member says whether it is missing, of
 * the wrong type, or good: null is of the wrong type, and no value is ever
 * converted into another type.
 */
#ifndef AUTH_OIDC_JSON_H
#define AUTH_OIDC_JSON_H

#include <jansson.h>

#include "lib/arena.h"
#include "refusal.h"

#define JSON_TIME_MAX	((int64_t)1 << 53)	/* numbers are below it */

struct json_caps {
	size_t bytes;
	size_t values;		/* of all levels, names not counted */
	unsigned depth;		/* 1: no object or array in the object */
};

extern const struct json_caps json_token_caps;	/* a token's parts: 16 KiB,
						 * 2,000 values, 16 deep */
extern const struct json_caps json_document_caps;	/* metadata, keys, and
						 * answers: 256 KiB, 20,000
						 * values, 16 deep */

/* From now on the parser wipes what it gives back: an answer of the token
 * endpoint has been in it (security.md O7). For the whole process. */
void json_wipe_memory(void);

/* Returns the object for the caller to json_decref(). */
enum refusal json_text_read(struct csn_str, const struct json_caps *,
    json_t **ret);

/* Wrong is zero: what was never looked at is not good. */
enum json_member {
	MEMBER_WRONG = 0,	/* there, but of another type or out of range */
	MEMBER_MISSING,
	MEMBER_GOOD = 0x2c59
};

/* A string, borrowed from the object; p[n] is NUL. */
enum json_member json_member_text(const json_t *, const char *name,
    struct csn_str *ret);
/* An integer from 0 to below 2^53; a real is wrong, even 1.0 (RFC 7519 2). */
enum json_member json_member_number(const json_t *, const char *name,
    int64_t *ret);
enum json_member json_member_bool(const json_t *, const char *name,
    bool *ret);
/* An array of strings, or one string as an array of one. The array is in the
 * arena, the strings are borrowed from the object; at most max, else wrong. */
enum json_member json_member_texts(const json_t *, const char *name,
    size_t max, struct arena *, struct csn_strs *ret);
/* Both of a value itself; NULL is missing. */
enum json_member json_value_text(const json_t *, struct csn_str *ret);
enum json_member json_value_texts(const json_t *, size_t max, struct arena *,
    struct csn_strs *ret);
/* An object, borrowed. */
enum json_member json_member_object(const json_t *, const char *name,
    const json_t **ret);

#endif
