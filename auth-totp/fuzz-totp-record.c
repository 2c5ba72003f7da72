/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz-totp-record.c - bytes as a record, as each state, and as what was typed
 *
 * A record of today's version that is read is written again byte for byte, or
 * two readings of it would differ.
 */
#include <stdlib.h>

#include "key_uri.h"
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
	struct csn_req req = { .state = in, .account = STR("account-1") };
	struct round states = { .t = &instance, .req = &req };
	static struct state_pending pending;
	static struct state_codes codes;
	struct recovery_code recovery;
	static struct device device;
	struct state_hint hint;
	struct state_left left;
	struct otp_code code;

	memset(&record, 0, sizeof(record));
	if (record_unpack(in, &record) == 0 && data[0] == 3 &&
	    (record_pack(&r, &record, &out) < 0 || !str_equal(in, out)))
		abort();
	(void)state_hint_read(in, &hint);
	(void)state_pending_read(&states, &pending);
	(void)state_codes_read(&states, &codes);
	(void)state_left_read(&states, &left);
	(void)key_uri_read(in, &device);
	if (recovery_read(in, &recovery) == 0 &&
	    strlen(recovery.text) != RECOVERY_LEN)
		abort();
	if (otp_read(in, &code) == 0 &&
	    (code.n < OTP_DIGITS_MIN || code.n > OTP_DIGITS_MAX))
		abort();
	return 0;
}
