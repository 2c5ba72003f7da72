/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * soap.h - a question to the provider itself, without a browser (Bind 3.2)
 */
#ifndef AUTH_SAML_SOAP_H
#define AUTH_SAML_SOAP_H

#include "job.h"

/* Posts a message of ours in an envelope, signed if there is a key; ret_body
 * lives as long as the call. `what` names the other end in the log. 0, or -1
 * when no answer came. */
int soap_ask(const struct job *, struct csn_str url, struct csn_str xml,
    const char *what, struct csn_str *ret_body);
/* The only message of an envelope, which is `root` ("p:LogoutResponse" and the
 * like), from `idp` and in answer to `id`. A signature of its own is verified
 * and gate.signed_root says so. NULL: gate.why. */
const xmlNode *soap_open(struct gate *, struct csn_str xml, const char *root,
    struct csn_str idp, struct csn_str id);

#endif
