/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shape.h - a document whose elements stand where SAML's schemas have them
 */
#ifndef AUTH_SAML_SHAPE_H
#define AUTH_SAML_SHAPE_H

#include "rules.h"
#include "xml.h"

/*
 * Every element is one that the message may have, below a parent that it has
 * there: what a signature-wrapping attack moves somewhere has no place to go.
 * IDs are unique over all attributes of that name in any case, and only those
 * of messages and assertions are registered for references. Signatures stand
 * below root or assertion, one each. `root` is "p:Response", "a:Assertion" and
 * so on. 0, or -1 and the rule; ret_where gets the element's name, or NULL.
 */
int shape_check(xmlDoc *, const char *root, enum rule *why,
    const char **ret_where);

#endif
