/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz-totp-record.c - bytes as a record, as a hint, and as a typed code
 *
 * A record that is read is written again byte for byte, or two readings of it
 * would differ.
 */
#include <stdlib.h>

#include "otp.h"
#include "record.h"
#include "state.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static char memory[RECORD_SIZE_MAX];

static void *
fuzz_alloc(struct csn_call *call, size_t n)
{
	(void)call;
	return n <= sizeof(memory) ? memory : NULL;
}

static const struct csn_host host = { .alloc = fuzz_alloc };
static const struct totp instance = { .host = &host };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct record record;
	struct round r = { .t = &instance };
	struct csn_str in = str_of(data, n), out;
	struct state_hint hint;
	struct otp_code code;

	memset(&record, 0, sizeof(record));
	if (record_unpack(in, &record) == 0 &&
	    (record_pack(&r, &record, &out) < 0 || !str_equal(in, out)))
		abort();
	(void)state_hint_read(in, &hint);
	if (otp_read(in, &code) == 0 &&
	    (code.n < OTP_DIGITS_MIN || code.n > OTP_DIGITS_MAX))
		abort();
	return 0;
}
