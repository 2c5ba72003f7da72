/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * options.h - what the configuration says of a provider, checked
 *
 * By number of the table: text of a plain option, list of a repeated one, map
 * of a MAP, num of choices, numbers and switches. What is not written is empty
 * or zero. Immutable once read.
 */
#ifndef AUTH_OIDC_OPTIONS_H
#define AUTH_OIDC_OPTIONS_H

#include "lib/arena.h"

#include "jwe.h"
#include "table.h"

struct options {
	struct arena arena;
	struct csn_str text[OPTIONS_COUNT];
	struct csn_strs list[OPTIONS_COUNT];
	struct csn_pairs map[OPTIONS_COUNT];
	int64_t num[OPTIONS_COUNT];
	uint32_t val[OPTIONS_COUNT];	/* 1 + index into conf.v, or 0 */
	uint32_t decryption_keys[JWE_KEYS_MAX];	/* likewise */
	size_t ndecryption_keys;

	/* what they come to */
	enum client_auth auth;
	struct csn_str scope;		/* "openid profile email" */
	struct csn_str redirect_uri, logout_uri;	/* of ours */
	struct csn_strs origins;	/* "https://host[:port]" that may be
					 * reached */
};

/* Reads conf into a zeroed *ret, which takes copies of all it needs. Each
 * fault is reported with its value. 0, or -1 after at least one FAIL report;
 * then *ret needs options_free() as well. What a preset came to is told by
 * host->setting(). */
int options_read(const struct csn_host *, struct csn_call *,
    const struct csn_conf *, struct options *ret);
void options_free(struct options *);

/* Whether a URL's origin is one that the configuration names. */
bool options_origin_allowed(const struct options *, struct csn_str url);
/* The spelling of a choice. Borrowed from the table. */
struct csn_str options_choice(enum option_index, int64_t num);
bool options_wants_alg(const struct options *, struct csn_str alg);

/* presets.c: what a provider's name comes to, where nothing is written. 0, or
 * -1 with a report. */
int presets_apply(const struct csn_host *, struct csn_call *,
    struct options *);

#endif
