/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_wait.h - a commit that a job waits for without its thread
 */
#ifndef COUNTERSIGN_HOST_STORE_WAIT_H
#define COUNTERSIGN_HOST_STORE_WAIT_H

#include "store/store.h"

/* As store_batch(). In a job that can leave its thread (pool.h) another one
 * has it meanwhile. */
int store_wait_batch(struct store *, struct store_op *, size_t n,
    int64_t now_ms);

#endif
