/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * fetch.h - one request to the provider, and what came back
 */
#ifndef AUTH_OIDC_FETCH_H
#define AUTH_OIDC_FETCH_H

#include "oidc.h"

#define FETCH_METADATA_MAX	(256u << 10)	/* metadata, keys */
#define FETCH_ANSWER_MAX	(64u << 10)	/* token, userinfo */

struct fetch {			/* what is asked */
	struct csn_str url;
	struct csn_str body;		/* a form; none: GET */
	const char *accept;		/* "application/json" */
	size_t max_bytes;
	struct csn_pair headers[3];	/* Authorization, DPoP */
	size_t nheaders;
	bool certificate;		/* client_certificate is shown */
};

struct fetched {		/* in the call's memory */
	uint32_t status;
	struct csn_str type;		/* media type, without parameters */
	struct csn_str body;
	struct csn_pairs headers;
};

void fetch_header(struct fetch *, const char *name, struct csn_str value);
/* CSN_OK if an answer came, whatever its status; else the code of http(), and
 * the host has logged why. Redirects are not followed: they are answers. */
int32_t fetch_send(const struct round *, const struct fetch *,
    struct fetched *ret);
/* Status and media type are the wanted ones. */
bool fetched_is(const struct fetched *, uint32_t status, const char *type);

#endif
