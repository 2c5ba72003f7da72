/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * logout_int.h - between the files that take in what is said of logouts
 */
#ifndef AUTH_SAML_LOGOUT_INT_H
#define AUTH_SAML_LOGOUT_INT_H

#include "logout.h"

#include "bind.h"
#include "provider.h"

enum binding { BY_REDIRECT, BY_POST, BY_SOAP };

struct incoming {		/* one message, until it is judged */
	const struct job *job;
	const struct csn_req *req;
	struct csn_reply *reply;
	enum binding by;
	struct buf xml;
	struct bind_query query;
	struct csn_str relay;		/* as it goes back */
	struct gate gate;
	struct unwrap unwrap;
	struct keys keys;
	struct idp_set *set;
	const struct idp *idp;
	const xmlNode *message;
};

/* Unpacks the message of in->req, finds its provider and checks that it is
 * signed by it. 0, and in->message and in->idp are set; or -1 and the rule in
 * in->gate.why. What is set up stays the caller's to free in both cases. */
int logout_open(struct incoming *);
/* A LogoutRequest, or the answer to ours? Known once it is unpacked. */
bool logout_is_request(const struct incoming *);
/* -1, and the rule is what the audit log says. */
int logout_refuse(struct incoming *, enum rule);

#endif
