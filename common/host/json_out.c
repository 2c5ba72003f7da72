/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_out.c - a JSON writer that never needs to look back
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "json_out.h"
#include "lib/text.h"
#include "lib/timefmt.h"

#define JSON_MAX	(64u << 20)

void
json_init(struct json_out *j)
{
	buf_init(&j->b, JSON_MAX);
	j->comma = false;
}

void
json_free(struct json_out *j)
{
	buf_free(&j->b);
}

static int
take(struct csn_str s, struct csn_str *ret)
{
	char *copy = malloc(s.n + 1);

	if (copy == NULL)
		return -1;
	if (s.n > 0)
		memcpy(copy, s.p, s.n);
	copy[s.n] = '\0';
	*ret = str_of(copy, s.n);
	return 0;
}

int
json_take(struct json_out *j, struct csn_str *ret)
{
	int rc = buf_failed(&j->b) ? -1 : take(buf_str(&j->b), ret);

	json_free(j);
	return rc;
}

static void
key_put(struct json_out *j, const char *key)
{
	if (j->comma)
		buf_char(&j->b, ',');
	j->comma = true;
	if (key == NULL)
		return;
	text_json(&j->b, str_from(key));
	buf_char(&j->b, ':');
}

void
json_open(struct json_out *j, const char *key, char bracket)
{
	key_put(j, key);
	buf_char(&j->b, bracket);
	j->comma = false;
}

void
json_close(struct json_out *j, char bracket)
{
	buf_char(&j->b, bracket);
	j->comma = true;
}

void
json_text(struct json_out *j, const char *key, struct csn_str s)
{
	key_put(j, key);
	text_json(&j->b, s);
}

void
json_number(struct json_out *j, const char *key, int64_t n)
{
	key_put(j, key);
	buf_decimal(&j->b, n);
}

void
json_raw(struct json_out *j, const char *key, struct csn_str number)
{
	key_put(j, key);
	buf_str_put(&j->b, number);
}

void
json_bool(struct json_out *j, const char *key, bool b)
{
	key_put(j, key);
	buf_puts(&j->b, b ? "true" : "false");
}

void
json_time(struct json_out *j, const char *key, int64_t ms)
{
	key_put(j, key);
	if (ms == 0) {
		buf_puts(&j->b, "null");
		return;
	}
	buf_char(&j->b, '"');
	time_rfc3339(&j->b, ms);
	buf_char(&j->b, '"');
}

int
json_fail(struct csn_str *ret, const char *fmt, ...)
{
	char line[2048];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n < 0 || take(str_of(line, strlen(line)), ret) < 0)
		*ret = STR("");
	return -1;
}
