/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * message.h - the messages that we send, as XML
 *
 * The one place where lasso is used. IDs and times are the caller's; nothing
 * is signed here. All append to ret and return 0, or -1.
 */
#ifndef AUTH_SAML_MESSAGE_H
#define AUTH_SAML_MESSAGE_H

#include "assertion.h"

struct message {		/* what every message has */
	struct csn_str id, destination, issuer;
	int64_t now_ms;
};

struct message_authn {
	struct csn_str acs, name_id_format, provider_name, subject;
	struct csn_strs classes;
	const char *comparison;	/* how the classes are meant */
	const char *binding;	/* URN of the answer's */
	int64_t proxy_count;	/* -1: not said */
	bool force, passive;
};

int message_authn_request(const struct message *,
    const struct message_authn *, struct buf *ret);
int message_logout_request(const struct message *, const struct name_id *,
    struct csn_str session_index, struct buf *ret);
/* partial: some sessions are still there (Core 3.7.3.2). failed: the request
 * was not carried out. */
int message_logout_response(const struct message *,
    struct csn_str in_response_to, bool partial, bool failed,
    struct buf *ret);
int message_artifact_resolve(const struct message *, struct csn_str artifact,
    struct buf *ret);
/* A message in a SOAP 1.1 envelope (Bind 3.2). */
void message_envelope(struct csn_str xml, struct buf *ret);

#endif
