/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz-seal.c - a stranger's bytes where a sealed value is expected
 *
 * The first byte chooses the purpose. What does not open leaves the buffer as
 * it was; what opens (a seed, sealed under the fixed keys below) has the
 * length that its sealed form says.
 */
#include <stdlib.h>

#include "seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct sealer *
fixed_sealer(void)
{
	struct keyring cookies = { .name = KEYRING_COOKIES, .nkeys = 2 };
	struct keyring records = { .name = KEYRING_RECORDS, .nkeys = 1 };

	for (size_t i = 0; i < 2; i++) {
		cookies.keys[i] = (struct keyring_key){ .id = (uint32_t)i + 1,
			.state = i == 0 ? KEY_OLD : KEY_ACTIVE };
		memset(cookies.keys[i].bytes, 'c' + (int)i, KEYRING_KEY_LEN);
	}
	records.keys[0] = (struct keyring_key){ .id = 1,
		.state = KEY_ACTIVE };
	memset(records.keys[0].bytes, 'r', KEYRING_KEY_LEN);
	return sealer_new(&cookies, &records);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct sealer *sealer;
	struct csn_str sealed;
	struct buf b;

	if (sealer == NULL)
		sealer = fixed_sealer();
	if (sealer == NULL || n == 0)
		return 0;
	sealed = str_of(data + 1, n - 1);
	buf_init(&b, 0);
	buf_puts(&b, "before");
	if (seal_open(sealer, (enum seal_purpose)(data[0] % 10),
	    STR("app.example.org"), sealed, &b) == 0) {
		if (b.n != 6 + sealed.n - SEAL_OVERHEAD ||
		    seal_key_id(sealed) == 0)
			abort();
	} else if (!str_is(buf_str(&b), "before"))
		abort();
	buf_free(&b);
	return 0;
}
