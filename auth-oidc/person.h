/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * person.h - claims become a person: subject, immutable id, groups, attributes
 */
#ifndef AUTH_OIDC_PERSON_H
#define AUTH_OIDC_PERSON_H

#include "id_token.h"
#include "token_answer.h"

struct person_source {		/* all borrowed */
	const json_t *claims;		/* of ID token and userinfo */
	const struct id_token *id;
	struct csn_str hint;		/* the ID token, signed only: as its
					 * provider can read it */
	const struct token_answer *answer;
	struct csn_str nonce;		/* of the login */
	bool renewal;			/* how somebody proved who they are was
					 * looked at then, and need not be told
					 * again (OIDC Core 12.2) */
};

/* Fills the reply but for the exchange. AGAIN; or how the round ends: what the
 * configuration demands of a login is not met. */
enum outcome person_fill(const struct round *, const struct person_source *);

#endif
