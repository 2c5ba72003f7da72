/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call_kv.h - the plugins' view of the store: keys of their own, values
 * sealed where they are secret (plugin.h, security.md P6)
 */
#ifndef COUNTERSIGN_HOST_CALL_KV_H
#define COUNTERSIGN_HOST_CALL_KV_H

#include "call.h"

int32_t call_kv_get(struct csn_call *, struct csn_str, struct csn_str *);
int32_t call_kv_put(struct csn_call *, struct csn_str, struct csn_str,
    uint32_t, uint32_t);
int32_t call_kv_put_new(struct csn_call *, struct csn_str, struct csn_str,
    uint32_t, uint32_t);
int32_t call_kv_swap(struct csn_call *, struct csn_str, struct csn_str,
    struct csn_str);
int32_t call_kv_swap_with(struct csn_call *, struct csn_str, struct csn_str,
    struct csn_str);
int32_t call_kv_count(struct csn_call *, struct csn_str, int64_t, uint32_t,
    int64_t *);
int32_t call_kv_del(struct csn_call *, struct csn_str);
int32_t call_kv_list(struct csn_call *, struct csn_str, struct csn_str,
    uint32_t, struct csn_strs *);
int32_t call_kv_batch(struct csn_call *, const struct csn_kv_op *, size_t);

#endif
