/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz-keyring.c - any bytes where a key ring's text is expected
 *
 * What is accepted is written again byte for byte: there is one spelling.
 * What is refused leaves an empty ring.
 */
#include <stdlib.h>

#include "keyring.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct csn_str text = str_of(data, n);
	struct keyring ring;
	struct buf error, again;

	buf_init(&error, 0);
	buf_init(&again, 0);
	if (keyring_parse(text, KEYRING_RECORDS, &ring, &error) == 0) {
		keyring_format(&again, &ring);
		if (!str_equal(buf_str(&again), text) ||
		    keyring_active(&ring) == NULL || error.n != 0)
			abort();
	} else if (ring.nkeys != 0 || error.n == 0)
		abort();
	buf_free(&error);
	buf_free(&again);
	keyring_wipe(&ring);
	return 0;
}
