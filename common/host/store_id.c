/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_id.c - sixteen bytes sealed into the store by `countersign init`
 *
 * A store without them is empty or a stranger's; with others it was made with
 * other keys, and its secrets cannot be read. Neither may look like a store in
 * which nobody is enrolled.
 */
#include "lib/secret.h"
#include "store_id.h"

#define STORE_ID_KEY	STR("store/id")

int
store_id_make(struct store *store, struct sealer *sealer, int64_t now_ms)
{
	uint8_t id[16];
	struct buf sealed;
	int rc = STORE_FAILED;

	secret_random(id, sizeof(id));
	buf_init(&sealed, 256);
	if (seal_put(sealer, SEAL_RECORD, STORE_ID_KEY, str_of(id,
	    sizeof(id)), &sealed) == 0)
		rc = store_put_new(store, STORE_ID_KEY, buf_str(&sealed), 0,
		    now_ms);
	buf_free(&sealed);
	return rc;
}

int
store_id_check(struct store *store, struct sealer *sealer, int64_t now_ms,
    struct buf *error)
{
	struct buf sealed, plain;
	int rc;

	buf_init(&sealed, 256);
	buf_init(&plain, 64);
	rc = store_get(store, STORE_ID_KEY, now_ms, &sealed);
	if (rc == STORE_ABSENT)
		buf_puts(error, "the store was not made by `countersign "
		    "init`, or was emptied; nothing can be decided with it");
	else if (rc != STORE_OK)
		buf_puts(error, "the store cannot be read");
	else if (seal_open(sealer, SEAL_RECORD, STORE_ID_KEY,
	    buf_str(&sealed), &plain) < 0)
		buf_puts(error, "the store was made with other keys than "
		    "those of the key folder; restore the right one of "
		    "the two");
	else
		rc = STORE_OK;
	rc = rc == STORE_OK && error->n == 0 ? 0 : -1;
	buf_free(&sealed);
	buf_free(&plain);
	return rc;
}
