/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remind.h - a grace that will end is spoken of before it does
 */
#ifndef COUNTERSIGN_HOST_REMIND_H
#define COUNTERSIGN_HOST_REMIND_H

#include "exchange.h"

struct remind {
	unsigned factor;	/* that will be asked for */
	int64_t until_ms;	/* when the grace ends */
};

/* Whether the exchange is complete by nothing but ways that hold as long as
 * somebody has not enrolled a factor, until a date. Of several graces the
 * longest counts. Pure. */
bool remind_grace(const struct exchange *, const struct conf *,
    const struct guard_facts *, struct remind *ret);
/* The same, and the factor's `remind` says that it is time to say so. */
bool remind_due(const struct exchange *, const struct conf *,
    const struct guard_facts *, struct remind *ret);

#endif
