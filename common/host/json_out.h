/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_out.h - JSON written member by member, for the operator's command
 *
 * Commas are the writer's work. Texts are escaped by text_json().
 */
#ifndef COUNTERSIGN_HOST_JSON_OUT_H
#define COUNTERSIGN_HOST_JSON_OUT_H

#include "lib/buf.h"

struct json_out {
	struct buf b;
	bool comma;		/* one is due before the next value */
};

void json_init(struct json_out *);
/* What was written, in memory that csn_free() frees; -1 when it failed. */
int json_take(struct json_out *, struct csn_str *ret);
void json_free(struct json_out *);

/* key NULL: an element of an array, or the one value. */
void json_open(struct json_out *, const char *key, char bracket);
void json_close(struct json_out *, char bracket);
void json_text(struct json_out *, const char *key, struct csn_str);
void json_number(struct json_out *, const char *key, int64_t);
/* A number as it is written. */
void json_raw(struct json_out *, const char *key, struct csn_str);
void json_bool(struct json_out *, const char *key, bool);
/* RFC 3339; 0 is null. */
void json_time(struct json_out *, const char *key, int64_t ms);

/* A sentence as the result of a failure: always -1. */
int json_fail(struct csn_str *ret, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
