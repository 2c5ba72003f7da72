/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selftest.h - telling an operator what is wrong before a person finds out
 */
#ifndef AUTH_LDAP_SELFTEST_H
#define AUTH_LDAP_SELFTEST_H

#include "job.h"

/* Reports what can be seen in the options; live: what the servers say too.
 * CSN_OK, or CSN_E_BACKEND after a FAIL report. */
int32_t selftest_run(const struct job *, bool live);

#endif
