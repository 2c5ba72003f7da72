/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz-base64url.c - one spelling for each value, one value for each spelling
 */
#include "fuzzing.h"

#include "base64url.h"

struct code {
	void (*encode)(struct buf *, struct csn_str);
	int (*decode)(struct buf *, struct csn_str);
	bool fold;		/* case is lost: hex */
};

static void
check_code(const struct code *code, struct csn_str s)
{
	struct buf there, back;

	buf_init(&there, 0);
	buf_init(&back, 0);
	/* as text: what is decoded is encoded to the very same text */
	if (code->decode(&there, s) == 0) {
		code->encode(&back, buf_str(&there));
		MUST(code->fold ? str_equal_fold(buf_str(&back), s) :
		    str_equal(buf_str(&back), s));
	} else {
		MUST(there.n == 0);
	}
	/* as bytes: what is encoded is decoded to the very same bytes */
	buf_clear(&there);
	buf_clear(&back);
	code->encode(&there, s);
	MUST(code->decode(&back, buf_str(&there)) == 0);
	MUST(str_equal(buf_str(&back), s));
	buf_free(&there);
	buf_free(&back);
}

/* Into the caller's memory: the same as into a buffer. */
static void
check_read(struct csn_str s)
{
	uint8_t memory[4096];
	struct buf b;
	ptrdiff_t n;

	buf_init(&b, 0);
	if (base64url_decode(&b, s) < 0) {
		MUST(base64url_read(memory, sizeof(memory), s) == -1);
	} else if (b.n <= sizeof(memory)) {
		n = base64url_read(memory, b.n, s);
		MUST(n >= 0 && str_equal(str_of(memory, (size_t)n),
		    buf_str(&b)));
	}
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct code codes[] = {
		{ base64url_encode, base64url_decode, false },
		{ base64_encode, base64_decode, false },
		{ hex_encode, hex_decode, true },
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		check_code(&codes[i], str_of(data, n));
	check_read(str_of(data, n));
	return 0;
}
