/* SPDX-License-Identifier: Apache-2.0 */
/*
 * next-node.c - a node of the next schema: opens a store, which brings it
 * forward, and writes for a while
 *
 *	next-node FILE N
 *
 * Linked with the sources of the store as a later version has them. Says
 * "open" once the store is, and ends with 0 after N counts and N revocations.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sqlite.h"

#define NOW	INT64_C(1700000000000)
#define PATIENCE_MS	60000		/* for a lock, on a busy machine */

static int
write_some(struct store *s, unsigned n)
{
	struct store_op op = { .kind = STORE_REVOKE, .value = STR("next") };
	int64_t count;
	int rc = STORE_OK;

	for (unsigned i = 0; rc == STORE_OK && i < n; i++) {
		rc = store_count(s, STR("n"), 1, 0, NOW, &count);
		if (rc == STORE_OK)
			rc = store_batch(s, &op, 1, NOW);
	}
	return rc;
}

int
main(int argc, char **argv)
{
	struct store *s = NULL;
	struct buf error;
	uint64_t n = 0;
	int rc;

	if (argc != 3 || str_u64(str_from(argv[2]), 100000, &n) < 0)
		return 2;
	buf_init(&error, 0);
	if (store_sqlite_open(argv[1], false, &s, &error) < 0) {
		fprintf(stderr, "%.*s\n", (int)error.n, (char *)error.p);
		return 1;
	}
	((struct sqlite_store *)s)->busy_ms = PATIENCE_MS;
	printf("open\n");
	fflush(stdout);
	rc = write_some(s, (unsigned)n);
	store_close(s);
	buf_free(&error);
	return rc == STORE_OK ? 0 : 1;
}
