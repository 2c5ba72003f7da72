/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spaces.h - how long namespaces make a canonical form
 */
#ifndef AUTH_SAML_SPACES_H
#define AUTH_SAML_SPACES_H

#include "xml.h"

struct spaces {
	size_t declared;	/* around the element, its own among them */
	size_t repeated;	/* bytes that exclusive canonicalisation adds */
	size_t looked_up;	/* declarations that inclusive looks at */
};

/* Counts an element on the way in; false: it is too much. `most` bounds what
 * is repeated, and by a multiple what is looked up. */
bool spaces_enter(struct spaces *, const xmlNode *, size_t most);
void spaces_leave(struct spaces *, const xmlNode *);
/* The same for an element with all below it, which is not deeper than a scan
 * allows. */
bool spaces_good(const xmlNode *, size_t most);

#endif
