/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * status.h - how an identity provider refuses, and how that is told
 */
#ifndef AUTH_SAML_STATUS_H
#define AUTH_SAML_STATUS_H

#include "gate.h"

#define STATUS "urn:oasis:names:tc:SAML:2.0:status:"

struct status {
	struct csn_str code, sub, message;	/* URIs; the peer's words */
	bool success;
};

/* Of a Response, ArtifactResponse or LogoutResponse (Core 3.2.2). Success only
 * with no failing second-level code below it. */
void status_read(struct gate *, const xmlNode *, struct status *ret);
/* What a person can do about it: a translation key. */
const char *status_text(const struct status *);
/* CSN_R_..., of one that is no success. */
uint32_t status_reason(const struct status *);
/* The last word of a code, for the log: "NoPassive". */
struct csn_str status_word(struct csn_str uri);

#endif
