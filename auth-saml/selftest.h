/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * selftest.h - `countersign test`: what is wrong, and what the other side needs
 */
#ifndef AUTH_SAML_SELFTEST_H
#define AUTH_SAML_SELFTEST_H

#include "job.h"

/* Reports each finding; live: fetches the metadata too. CSN_OK, or
 * CSN_E_INVALID after a FAIL. */
int32_t selftest_run(const struct job *, bool live);

#endif
