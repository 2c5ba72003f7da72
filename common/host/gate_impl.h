/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate_impl.h - what opening a gate and reloading it share, between gate.c
 * and gate_conf.c
 */
#ifndef COUNTERSIGN_HOST_GATE_IMPL_H
#define COUNTERSIGN_HOST_GATE_IMPL_H

#include "gate.h"

/* The file read; its faults and warnings are said. NULL if it has a fault. */
struct conf *gate_conf_read(struct csn_gate *);
/* Its factors opened, with one reference. Takes conf, also where it fails:
 * then NULL, and what is wrong was said. */
struct gate_conf *gate_conf_new(struct csn_gate *, struct conf *);
/* 0, and what is in force is noted in the store; -1: the configuration leaves
 * out what somebody has enrolled, which was said (O1). */
int gate_conf_orphans(struct csn_gate *, const struct conf *);
/* Whether the listeners that there are (of `old`, where a gateway has asked for
 * none) are as the new configuration says, peers and all. */
bool gate_listeners_same(const struct csn_gate *, const struct conf *old,
    const struct conf *new);
/* Both rings of the configuration's folder. 0, or -1 and it was said; the
 * caller wipes them in either case. */
int gate_keys_read(struct csn_gate *, const struct conf *,
    struct keyring *cookies, struct keyring *records);

#endif
