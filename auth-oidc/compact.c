/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * compact.c - the compact form, split and decoded
 *
 * It must never take a second spelling of a value: no padding, no blank, no
 * bits left over (common/lib/base64url.h sees to that).
 */
#include "compact.h"

#include "lib/base64url.h"

size_t
compact_parts(struct csn_str text, size_t max)
{
	size_t n = 1;

	for (size_t i = 0; i < text.n && n < max; i++)
		n += text.p[i] == '.';
	return n;
}

enum refusal
compact_split(struct csn_str text, struct csn_str *ret_parts, size_t n)
{
	struct csn_str rest = text;

	if (text.n == 0)
		return REFUSAL_TOKEN_MISSING;
	if (text.n > COMPACT_BYTES_MAX)
		return REFUSAL_TOKEN_LENGTH;
	if (compact_parts(text, n + 1) != n)
		return REFUSAL_TOKEN_PARTS;
	for (size_t i = 0; i < n; i++)
		(void)str_cut(&rest, '.', &ret_parts[i]);
	return REFUSAL_NONE;
}

enum refusal
compact_decode(struct csn_str part, struct arena *a, struct csn_str *ret)
{
	size_t room = part.n / 4 * 3 + 4;
	void *memory = arena_alloc(a, room);
	struct buf b;

	if (memory == NULL)
		return REFUSAL_MEMORY;
	buf_init_fixed(&b, memory, room);
	if (base64url_decode(&b, part) != 0)
		return REFUSAL_TOKEN_BASE64;
	*ret = str_of(memory, b.n);
	return REFUSAL_NONE;
}
