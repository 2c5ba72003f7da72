/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spaces.c - how long namespaces make a canonical form
 *
 * Exclusive canonicalisation writes a namespace at each element that uses it
 * while its parent does not (Exc-C14N 3): a long one and many small elements
 * are a message of gigabytes, before any signature is computed. And each name
 * is looked up among all that are declared around it; where nothing is said of
 * exclusive, each of those at each element. It must never be asked for after
 * the canonical form was made.
 */
#include "spaces.h"

#define DECLARED_MAX 100u
#define MARKUP 10u		/* ` xmlns:p=""` around it */
#define LOOKED_UP 16u		/* for each byte that may be repeated: what
				 * is genuine takes a few at most */

static size_t
bytes_of(const xmlNs *ns)
{
	return ns == NULL || ns->href == NULL ? 0 :
	    strlen((const char *)ns->href) + MARKUP;
}

bool
spaces_enter(struct spaces *s, const xmlNode *n, size_t most)
{
	for (const xmlNs *d = n->nsDef; d != NULL; d = d->next)
		s->declared++;
	if (n->parent == NULL || n->parent->ns != n->ns)
		s->repeated += bytes_of(n->ns);
	for (const xmlAttr *a = n->properties; a != NULL; a = a->next)
		s->repeated += bytes_of(a->ns);
	s->looked_up += s->declared * s->declared;
	return s->declared <= DECLARED_MAX && s->repeated <= most &&
	    s->looked_up / LOOKED_UP <= most;
}

void
spaces_leave(struct spaces *s, const xmlNode *n)
{
	for (const xmlNs *d = n->nsDef; d != NULL; d = d->next)
		s->declared--;
}

static bool
below_good(struct spaces *s, const xmlNode *n, size_t most)
{
	if (!spaces_enter(s, n, most))
		return false;
	for (const xmlNode *c = xml_first(n); c != NULL; c = xml_next(c))
		if (!below_good(s, c, most))
			return false;
	spaces_leave(s, n);
	return true;
}

bool
spaces_good(const xmlNode *n, size_t most)
{
	struct spaces s = { 0, 0, 0 };

	return below_good(&s, n, most);
}
