/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sid.c - security identifiers of Active Directory
 *
 * It must never read past what the count of parts and the length agree on.
 */
#include "sid.h"

#define PARTS_MAX 15u		/* [MS-DTYP] 2.4.2.2 */

static uint64_t
number(const uint8_t *b, size_t n, bool big)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | b[big ? i : n - 1 - i];
	return v;
}

int
sid_put(struct buf *b, struct csn_str bytes, int64_t last)
{
	const uint8_t *s = (const uint8_t *)bytes.p;
	size_t parts = bytes.n >= 8 ? s[1] : 0;
	uint64_t v;

	if (parts == 0 || parts > PARTS_MAX || s[0] != 1 ||
	    bytes.n != 8 + 4 * parts || last > UINT32_MAX)
		return -1;
	buf_printf(b, "S-1-%llu", (unsigned long long)number(s + 2, 6, true));
	for (size_t i = 0; i < parts; i++) {
		v = number(s + 8 + 4 * i, 4, false);
		if (i == parts - 1 && last >= 0)
			v = (uint64_t)last;
		buf_printf(b, "-%llu", (unsigned long long)v);
	}
	return buf_failed(b) ? -1 : 0;
}
