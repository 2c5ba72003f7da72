/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * times.h - xs:dateTime as SAML writes it, and comparing it with a skew
 */
#ifndef AUTH_SAML_TIMES_H
#define AUTH_SAML_TIMES_H

#include "lib/buf.h"

/* Core 1.3.3: YYYY-MM-DDThh:mm:ss[.fff]Z only; milliseconds since 1970. An
 * offset is refused. 0 or -1. */
int times_parse(struct csn_str, int64_t *ret_ms);
/* The time as we write it: whole seconds. */
void times_put(struct buf *, int64_t ms);

#endif
