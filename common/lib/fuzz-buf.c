/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz-buf.c - a reader never leaves its slice; a writer's bytes are read back
 *
 * The first half of the input says which reads to make, on the second half.
 * What each gave is written anew: as long as nothing failed it is the same
 * bytes.
 */
#include "fuzzing.h"

#include "buf.h"

static void
check_borrowed(const struct reader *r, struct csn_str part)
{
	/* what was read ends where the reader stands */
	MUST(r->failed ? part.n == 0 :
	    (const uint8_t *)part.p + part.n == r->p);
}

/* One read and the write that undoes it. */
static void
step(struct reader *r, struct buf *b, uint8_t what)
{
	struct csn_str part;

	switch (what % 7) {
	case 0:
		buf_u8(b, reader_u8(r));
		break;
	case 1:
		buf_u16(b, reader_u16(r));
		break;
	case 2:
		buf_u32(b, reader_u32(r));
		break;
	case 3:
		buf_u64(b, reader_u64(r));
		break;
	case 4:
		part = reader_bytes(r, what / 7);
		check_borrowed(r, part);
		buf_str_put(b, part);
		break;
	case 5:
		part = reader_lv16(r);
		check_borrowed(r, part);
		buf_lv16(b, part);
		break;
	default:
		part = reader_lv32(r);
		check_borrowed(r, part);
		buf_lv32(b, part);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	size_t half = n / 2;
	struct csn_str slice = str_of(data + half, n - half);
	uint8_t memory[64];
	struct reader r;
	struct buf b, fixed;

	reader_init(&r, slice);
	buf_init(&b, 0);
	for (size_t i = 0; i < half && !r.failed; i++) {
		size_t left = r.n;

		step(&r, &b, data[i]);
		MUST(r.n <= left);
		if (!r.failed)
			MUST(str_equal(buf_str(&b),
			    str_of(slice.p, slice.n - r.n)));
	}
	MUST((reader_end(&r) == 0) == (!r.failed && r.n == 0));
	if (r.failed) {
		MUST(reader_u64(&r) == 0);
		MUST(reader_bytes(&r, 0).n == 0 && reader_end(&r) == -1);
	}
	buf_init_fixed(&fixed, memory, sizeof(memory));
	buf_str_put(&fixed, slice);
	MUST(buf_failed(&fixed) == (slice.n >= sizeof(memory)));
	buf_free(&fixed);
	buf_free(&b);
	return 0;
}
