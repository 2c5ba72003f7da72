/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options_impl.h - between the files that read the options
 */
#ifndef AUTH_LDAP_OPTIONS_IMPL_H
#define AUTH_LDAP_OPTIONS_IMPL_H

#include "options.h"
#include "table.h"

struct reading {		/* one options_read() */
	const struct csn_host *host;
	struct csn_call *call;
	const struct csn_conf *conf;
	struct options *o;
	size_t faults;
	uint32_t seen[OPTIONS_COUNT];	/* 1 + index into conf.v */
};

/* A FAIL report of that value, 1 + index into conf.v, or 0 for the whole: the
 * instance will not open. */
static inline void
fault(struct reading *r, uint32_t val, const char *text)
{
	r->host->report(r->call, CSN_FAIL, val, str_from(text));
	r->faults++;
}

/* Reports what is wrong, when all values, fallbacks and presets are there. */
void options_check(struct reading *);

#endif
