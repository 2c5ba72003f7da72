/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options_int.h - between the files that read the options
 */
#ifndef AUTH_SAML_OPTIONS_INT_H
#define AUTH_SAML_OPTIONS_INT_H

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

/* Checks our keys and certificates, when all values have been read, and finds
 * what signs and what decrypts. */
void options_keys_read(struct reading *);

#endif
