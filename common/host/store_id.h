/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_id.h - a store and the keys it was made with belong together
 */
#ifndef COUNTERSIGN_HOST_STORE_ID_H
#define COUNTERSIGN_HOST_STORE_ID_H

#include "seal.h"
#include "store/store.h"

/* Writes the sealed id into a new store (`countersign init`). A store
 * result. */
int store_id_make(struct store *, struct sealer *, int64_t now_ms);
/* 0, or -1 with a sentence: the id is absent, or does not open with these
 * keys (security.md O1). */
int store_id_check(struct store *, struct sealer *, int64_t now_ms,
    struct buf *error);

#endif
