/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * selftest.h - `countersign test NAME`: what is wrong, and what to register
 */
#ifndef AUTH_OIDC_SELFTEST_H
#define AUTH_OIDC_SELFTEST_H

#include "oidc.h"

/* Reports; live: asks the provider. CSN_OK if nothing FAILed. */
int32_t selftest_run(struct round *, bool live);

#endif
