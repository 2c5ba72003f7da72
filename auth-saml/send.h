/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * send.h - a message of ours on its way: signed, packed, in a reply
 */
#ifndef AUTH_SAML_SEND_H
#define AUTH_SAML_SEND_H

#include "job.h"

struct outgoing {
	const char *name;		/* "SAMLRequest" or "SAMLResponse" */
	struct csn_str xml, url, relay;	/* relay may be empty */
	bool sign;
	uint32_t back_at, back_by;	/* as in the reply; 0: nobody comes */
};

/* The reply becomes a REDIRECT (Bind 3.4) or a POST (Bind 3.5). 0 or -1, when
 * nothing may be sent. */
int send_redirect(const struct job *, const struct outgoing *,
    struct csn_reply *);
int send_post(const struct job *, const struct outgoing *,
    struct csn_reply *);
/* Is what this key signs better posted? XML signatures say how an ECDSA value
 * is written (RFC 9231 2.3.6); in a query some write another form, and of the
 * providers we drive none takes it there. */
bool send_posts(const struct options *);
/* XML with an enveloped signature of our key behind its Issuer, or, for our
 * metadata, as the first child (Core 5.4, Meta 3). Appended; 0 or -1. */
int send_sign(const struct job *, struct csn_str xml, struct buf *ret);

#endif
