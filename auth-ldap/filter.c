/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter.c - search filters, the only way a value gets into one
 *
 * It must never let a byte of a value stand in a filter unescaped where it
 * could mean something (RFC 4515 3).
 */
#include "filter.h"

#include <ctype.h>
#include <ldap.h>

#define DEPTH_MAX 16u		/* brackets in brackets */

static bool
attribute_char(char c, bool first)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return true;
	return !first && ((c >= '0' && c <= '9') || c == '-');
}

static bool
oid_valid(struct csn_str s)
{
	struct csn_str part;
	uint64_t n;

	while (str_cut(&s, '.', &part)) {
		if (str_u64(part, UINT32_MAX, &n) != 0)
			return false;
	}
	return true;
}

bool
filter_attribute_valid(struct csn_str s)
{
	size_t i;

	if (s.n == 0 || s.n > 128)
		return false;
	if (s.p[0] >= '0' && s.p[0] <= '9')
		return oid_valid(s);
	for (i = 0; i < s.n; i++) {
		if (!attribute_char(s.p[i], i == 0))
			return false;
	}
	return true;
}

/* A value up to its bracket: a byte, or an escaped one (RFC 4515 3). */
static bool
value_take(struct reader *r)
{
	uint8_t c;

	for (;;) {
		if (r->n == 0)
			return false;
		if (*r->p == ')')
			return true;
		c = reader_u8(r);
		if (c == '(' || c == '\0')
			return false;
		if (c == '\\' && (!isxdigit(reader_u8(r)) ||
		    !isxdigit(reader_u8(r))))
			return false;
	}
}

/* "uid=x", "a>=1", "member:1.2.3:=x", "cn:dn:=x" */
static bool
item_take(struct reader *r)
{
	size_t n = 0;
	uint8_t c = 0;

	while (r->n > 0 && (c = reader_u8(r)) != '=') {
		if (!isalnum(c) && strchr("-.;:", c) == NULL &&
		    (strchr("<>~", c) == NULL || r->n == 0 || *r->p != '='))
			return false;
		n++;
	}
	return c == '=' && n > 0 && value_take(r);
}

static bool
filter_take(struct reader *r, unsigned depth)
{
	bool many, ok;

	if (depth == 0 || reader_u8(r) != '(' || r->n == 0)
		return false;
	many = *r->p == '&' || *r->p == '|';
	if (!many && *r->p != '!')
		return item_take(r) && reader_u8(r) == ')';
	(void)reader_u8(r);
	do
		ok = filter_take(r, depth - 1);
	while (ok && many && r->n > 0 && *r->p == '(');
	return ok && reader_u8(r) == ')';
}

bool
filter_valid(struct csn_str s)
{
	struct reader r;

	reader_init(&r, s);
	return filter_take(&r, DEPTH_MAX) && reader_end(&r) == 0;
}

static void
value_put(struct buf *b, struct csn_str value)
{
	struct berval in, out = { 0, NULL };

	if (value.n == 0) {
		b->failed = true;
		return;
	}
	in.bv_len = value.n;
	in.bv_val = (char *)(uintptr_t)value.p;
	if (ldap_bv2escaped_filter_value(&in, &out) != 0 ||
	    out.bv_val == NULL || out.bv_len == 0)
		b->failed = true;
	else
		buf_put(b, out.bv_val, out.bv_len);
	if (out.bv_val != NULL && out.bv_val != in.bv_val)
		ber_memfree(out.bv_val);
}

void
filter_equal(struct buf *b, struct csn_str attribute, struct csn_str value)
{
	buf_char(b, '(');
	buf_str_put(b, attribute);
	buf_char(b, '=');
	value_put(b, value);
	buf_char(b, ')');
}

void
filter_rule(struct buf *b, struct csn_str attribute, const char *rule,
    struct csn_str value)
{
	buf_char(b, '(');
	buf_str_put(b, attribute);
	buf_char(b, ':');
	buf_puts(b, rule);
	buf_puts(b, ":=");
	value_put(b, value);
	buf_char(b, ')');
}

void
filter_any(struct buf *b, struct csn_strs attributes, struct csn_str value,
    struct csn_str besides)
{
	size_t i;

	if (attributes.n == 0)
		b->failed = true;
	if (besides.n > 0)
		buf_puts(b, "(&");
	buf_puts(b, "(|");
	for (i = 0; i < attributes.n; i++)
		filter_equal(b, attributes.v[i], value);
	buf_char(b, ')');
	if (besides.n > 0) {
		buf_str_put(b, besides);
		buf_char(b, ')');
	}
}
