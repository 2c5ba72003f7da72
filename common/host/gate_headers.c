/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate_headers.c - what an application is told of who asks
 *
 * It must never leave out a name of the configuration: what we do not write,
 * the client could (security.md R6).
 */
#include "gate.h"

static bool
one_realm(const struct conf *conf)
{
	unsigned n = 0;

	for (size_t i = 0; i < conf->nrealms; i++)
		n += conf->realms[i].identifies;
	return n == 1;
}

/* A directory's own group may be called what the configuration calls another
 * one: the application must not take it for that. */
static bool
name_declared(const struct conf *conf, struct csn_str name)
{
	for (size_t i = 0; i < conf->ngroups; i++)
		if (str_equal(conf->groups[i].name, name))
			return true;
	return false;
}

/* One realm only: its undeclared groups go by their name. */
static struct csn_str
group_said(const struct conf *conf, struct csn_str group, bool one)
{
	ptrdiff_t slash = one ? str_index(group, '/') : -1;
	struct csn_str name;

	if (slash < 0)
		return group;
	name = str_from_at(group, (size_t)slash + 1);
	return name_declared(conf, name) ? group : name;
}

static struct csn_str
groups_text(struct arena *a, const struct conf *conf, struct csn_strs groups)
{
	bool one = one_realm(conf);
	char *text, *at;
	size_t room = 0;

	for (size_t i = 0; i < groups.n; i++)
		room += groups.v[i].n + 1;
	text = at = arena_bytes(a, room);
	if (text == NULL)
		return STR("");
	for (size_t i = 0; i < groups.n; i++) {
		struct csn_str g = group_said(conf, groups.v[i], one);

		if (i > 0)
			*at++ = conf->headers.separator;
		if (g.n > 0)
			memcpy(at, g.p, g.n);
		at += g.n;
	}
	return str_of(text, (size_t)(at - text));
}

static struct csn_str
header_text(struct arena *a, const struct conf *conf, const struct person *p,
    struct csn_strs groups, enum conf_header_value value)
{
	switch (value) {
	case CONF_H_SUBJECT:
		return p->subject;
	case CONF_H_NAME:
		return p->name.n > 0 ? p->name : p->subject;
	case CONF_H_MAIL:
		return p->mail;
	case CONF_H_REALM:
		return p->realm_name;
	case CONF_H_GROUPS:
		return groups_text(a, conf, groups);
	}
	return STR("");
}

/* UTF-8 percent-encoded, but for what every header may carry; the separator
 * and blanks inside stay. */
static struct csn_str
header_encode(struct arena *a, struct csn_str text)
{
	static const char hex[] = "0123456789ABCDEF";
	struct buf b;
	void *m;

	if (str_printable(text, '%'))
		return text;
	m = arena_bytes(a, text.n * 3 + 1);
	if (m == NULL)
		return STR("");
	buf_init_fixed(&b, m, text.n * 3 + 1);
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (str_printable(str_of(&c, 1), '%')) {
			buf_u8(&b, c);
			continue;
		}
		buf_char(&b, '%');
		buf_char(&b, hex[c >> 4]);
		buf_char(&b, hex[c & 15]);
	}
	return buf_str(&b);
}

int
gate_headers(struct arena *a, const struct conf *conf,
    const struct person *person, struct csn_strs groups,
    struct csn_pairs *ret)
{
	const struct conf_headers *h = &conf->headers;
	struct csn_pair *v = arena_bytes(a, h->n * sizeof(*v));
	struct csn_str value;

	if (v == NULL)
		return -1;
	for (size_t i = 0; i < h->n; i++) {
		value = STR("");
		if (person != NULL)
			value = header_text(a, conf, person, groups,
			    h->v[i].value);
		if (h->percent)
			value = header_encode(a, value);
		v[i] = (struct csn_pair){ h->v[i].name, value };
	}
	*ret = (struct csn_pairs){ v, h->n };
	return a->over ? -1 : 0;
}
