/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xml.c - the few things that are asked of a parsed document
 *
 * It must never give a part of a text for the whole.
 */
#include "xml.h"

const char *
xml_ns(const xmlNode *n)
{
	return n == NULL || n->ns == NULL || n->ns->href == NULL ? "" :
	    (const char *)n->ns->href;
}

bool
xml_is(const xmlNode *n, const char *ns, const char *name)
{
	return n != NULL && n->type == XML_ELEMENT_NODE &&
	    strcmp((const char *)n->name, name) == 0 &&
	    strcmp(xml_ns(n), ns) == 0;
}

static xmlNode *
element_from(xmlNode *n)
{
	while (n != NULL && n->type != XML_ELEMENT_NODE)
		n = n->next;
	return n;
}

xmlNode *
xml_first(const xmlNode *n)
{
	return n == NULL ? NULL : element_from(n->children);
}

xmlNode *
xml_next(const xmlNode *n)
{
	return n == NULL ? NULL : element_from(n->next);
}

static xmlNode *
named_from(xmlNode *n, const char *ns, const char *name)
{
	while (n != NULL && !xml_is(n, ns, name))
		n = xml_next(n);
	return n;
}

xmlNode *
xml_child(const xmlNode *n, const char *ns, const char *name)
{
	return named_from(xml_first(n), ns, name);
}

xmlNode *
xml_same(const xmlNode *n, const char *ns, const char *name)
{
	return named_from(xml_next(n), ns, name);
}

size_t
xml_count(const xmlNode *n, const char *ns, const char *name)
{
	size_t count = 0;

	for (const xmlNode *c = xml_child(n, ns, name); c != NULL;
	    c = xml_same(c, ns, name))
		count++;
	return count;
}

struct csn_str
xml_attr(const xmlNode *n, const char *name)
{
	const xmlAttr *a;

	if (n == NULL || n->type != XML_ELEMENT_NODE)
		return str_of(NULL, 0);
	for (a = n->properties; a != NULL; a = a->next) {
		if (a->ns != NULL || strcmp((const char *)a->name, name) != 0)
			continue;
		if (a->children == NULL)
			return STR("");
		if (a->children->type != XML_TEXT_NODE ||
		    a->children->next != NULL)
			return str_of(NULL, 0);
		return str_from((const char *)a->children->content);
	}
	return str_of(NULL, 0);
}

struct csn_str
xml_algorithm(const xmlNode *n)
{
	struct csn_str s = xml_attr(n, "Algorithm");

	return s.p == NULL ? STR("") : s;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct csn_str
trimmed(struct csn_str s)
{
	while (s.n > 0 && is_blank(s.p[0]))
		s = str_from_at(s, 1);
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct csn_str
xml_text(const xmlNode *n, struct arena *a)
{
	struct csn_str ret;
	size_t total = 0;
	char *p;

	if (n == NULL)
		return str_of(NULL, 0);
	for (const xmlNode *c = n->children; c != NULL; c = c->next) {
		if (c->type != XML_TEXT_NODE)
			return str_of(NULL, 0);
		total += strlen((const char *)c->content);
	}
	p = arena_alloc(a, total + 1);
	if (p == NULL)
		return str_of(NULL, 0);
	ret = str_of(p, total);
	for (const xmlNode *c = n->children; c != NULL; c = c->next) {
		size_t len = strlen((const char *)c->content);

		memcpy(p, c->content, len);
		p += len;
	}
	*p = '\0';
	ret = trimmed(ret);
	/* a slice that was cut at its end has its NUL there */
	return arena_str(a, ret);
}

bool
xml_padded(const xmlNode *n)
{
	const xmlNode *first = n == NULL ? NULL : n->children;
	const xmlNode *last = n == NULL ? NULL : n->last;
	size_t len;

	if (first == NULL || first->type != XML_TEXT_NODE ||
	    last->type != XML_TEXT_NODE)
		return false;
	len = strlen((const char *)last->content);
	return is_blank(*(const char *)first->content) ||
	    (len > 0 && is_blank((char)last->content[len - 1]));
}
