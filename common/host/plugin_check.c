/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin_check.c - a plugin's description copied, and every part judged
 *
 * The plugin may be of another minor version: its structs are shorter or
 * longer than ours, so they are copied by their own sizes, and what they lack
 * is zero. It must never believe a size, a count or a pointer unchecked.
 */
#include <stdio.h>
#include <stdlib.h>

#include "conf_option.h"
#include "lib/text.h"
#include "plugin_load.h"

/* The sizes of minor 0: nothing shorter was ever right. */
#define PLUGIN_SIZE_MIN \
	(offsetof(struct csn_plugin, selftest) + sizeof(void *))
#define OPT_SIZE_MIN	(offsetof(struct csn_opt, flags) + sizeof(uint32_t))
#define ENDPOINT_SIZE_MIN \
	(offsetof(struct csn_endpoint, max_bytes) + sizeof(uint32_t))
#define OP_SIZE_MIN	(offsetof(struct csn_op, flags) + sizeof(uint32_t))
#define SIZE_LIMIT	4096u

#define CAPS_KNOWN	(CSN_CAP_IDENTITY | CSN_CAP_SECOND | \
	CSN_CAP_UNSOLICITED | CSN_CAP_NETWORK | CSN_CAP_LOOKUP | \
	CSN_CAP_PROMPT | CSN_CAP_WAITS)
#define EP_KNOWN	(CSN_EP_GET | CSN_EP_POST | CSN_EP_CROSS_SITE | \
	CSN_EP_BACK_CHANNEL | CSN_EP_LOGOUT | CSN_EP_FRAMED)
#define OP_KNOWN	(CSN_OP_OPERATOR | CSN_OP_SELF | CSN_OP_FRESH | \
	CSN_OP_BODY | CSN_OP_PEOPLE)
#define ENDPOINT_BYTES_MAX	(1024u * 1024u)

static int
fail(struct buf *error, const char *what)
{
	buf_puts(error, what);
	return -1;
}

/* A table of theirs as one of ours; free() it. NULL: memory refused. */
static void *
table_copy(const void *from, size_t n, size_t stride, size_t ours)
{
	uint8_t *to = calloc(n == 0 ? 1 : n, ours);

	for (size_t i = 0; to != NULL && i < n; i++)
		memcpy(to + i * ours, (const uint8_t *)from + i * stride,
		    stride < ours ? stride : ours);
	return to;
}

/* A table's stride, count and pointer make sense. */
static bool
table_sane(const void *table, size_t n, size_t max, uint32_t stride,
    size_t least)
{
	if (n == 0)
		return true;
	return table != NULL && n <= max && stride >= least &&
	    stride <= SIZE_LIMIT && stride % _Alignof(void *) == 0;
}

static int
sizes_check(const struct csn_plugin *theirs, struct buf *error)
{
	uint32_t size = theirs->struct_size;

	if (size < PLUGIN_SIZE_MIN || size > SIZE_LIMIT)
		return fail(error, "its description has a size that no "
		    "version of this interface has; build it again");
	if (theirs->abi_minor_min > CSN_ABI_MINOR) {
		buf_printf(error, "it needs a newer host: interface 1.%u, "
		    "this one has 1.%u", theirs->abi_minor_min, CSN_ABI_MINOR);
		return -1;
	}
	if (theirs->abi_minor < theirs->abi_minor_min)
		return fail(error, "it contradicts itself: built for an older "
		    "interface than it needs");
	return 0;
}

static int
tables_copy(struct plugin *p, struct buf *error)
{
	struct csn_plugin *d = &p->desc;

	if (!table_sane(d->opts, d->nopts, PLUGIN_OPTS_MAX, d->opt_size,
	    OPT_SIZE_MIN) || !table_sane(d->endpoints, d->nendpoints,
	    PLUGIN_ENDPOINTS_MAX, d->endpoint_size, ENDPOINT_SIZE_MIN) ||
	    !table_sane(d->ops, d->nops, PLUGIN_OPS_MAX, d->op_size,
	    OP_SIZE_MIN))
		return fail(error, "a table of its description has an "
		    "impossible size");
	p->opts = table_copy(d->opts, d->nopts, d->opt_size,
	    sizeof(*p->opts));
	p->endpoints = table_copy(d->endpoints, d->nendpoints,
	    d->endpoint_size, sizeof(*p->endpoints));
	p->ops = table_copy(d->ops, d->nops, d->op_size, sizeof(*p->ops));
	if (p->opts == NULL || p->endpoints == NULL || p->ops == NULL)
		return fail(error, "out of memory");
	d->opts = p->opts;
	d->endpoints = p->endpoints;
	d->ops = p->ops;
	d->opt_size = sizeof(*p->opts);
	d->endpoint_size = sizeof(*p->endpoints);
	d->op_size = sizeof(*p->ops);
	d->struct_size = sizeof(*d);
	return 0;
}

void
plugin_clear(struct plugin *p)
{
	free(p->opts);
	free(p->endpoints);
	free(p->ops);
	*p = (struct plugin){ .opts = NULL };
}

int
plugin_copy(const struct csn_plugin *theirs, struct csn_str name,
    struct plugin *ret, struct buf *error)
{
	struct plugin p = { .opts = NULL };

	if (sizes_check(theirs, error) < 0)
		return -1;
	memcpy(&p.desc, theirs, theirs->struct_size < sizeof(p.desc) ?
	    theirs->struct_size : sizeof(p.desc));
	if (tables_copy(&p, error) < 0 ||
	    plugin_check(&p.desc, name, error) < 0) {
		plugin_clear(&p);
		return -1;
	}
	*ret = p;
	return 0;
}

/* A name of [a-z0-9] and one more character, beginning with a letter. */
static bool
name_sane(const char *name, char also, size_t max)
{
	size_t n = name == NULL ? 0 : strnlen(name, max + 1);

	if (n == 0 || n > max || name[0] < 'a' || name[0] > 'z')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!((name[i] >= 'a' && name[i] <= 'z') ||
		    (name[i] >= '0' && name[i] <= '9') || name[i] == also))
			return false;
	return true;
}

static bool
sentence_sane(const char *s, size_t max)
{
	size_t n = s == NULL ? 0 : strnlen(s, max + 1);

	return n > 0 && n <= max && text_plain(str_of(s, n));
}

static int
head_check(const struct csn_plugin *d, struct csn_str name,
    struct buf *error)
{
	if (d->name == NULL || !str_is(name, d->name)) {
		buf_printf(error, "it calls itself `%.64s`, not `%.*s`; the "
		    "file must have the plugin's name",
		    d->name == NULL ? "" : d->name, STR_FMT(name));
		return -1;
	}
	if (!sentence_sane(d->version, 64) || !sentence_sane(d->summary, 512))
		return fail(error, "its version or summary is missing");
	if ((d->caps & ~CAPS_KNOWN) != 0)
		return fail(error, "it has a capability that this host does "
		    "not know");
	if ((d->caps & (CSN_CAP_IDENTITY | CSN_CAP_SECOND)) == 0)
		return fail(error, "it neither identifies nor proves a "
		    "second factor");
	return 0;
}

static bool
serve_needed(const struct csn_plugin *d)
{
	for (size_t i = 0; i < d->nendpoints; i++)
		if (d->endpoints[i].resume_param == NULL ||
		    (d->endpoints[i].flags & CSN_EP_LOGOUT) != 0)
			return true;
	return (d->caps & CSN_CAP_LOOKUP) != 0;
}

static bool
has_switch(const struct csn_plugin *d, const char *name)
{
	for (size_t i = 0; i < d->nopts; i++)
		if (d->opts[i].type == CSN_T_BOOL && d->opts[i].name != NULL &&
		    strcmp(d->opts[i].name, name) == 0)
			return true;
	return false;
}

static int
functions_check(const struct csn_plugin *d, struct buf *error)
{
	if (d->open == NULL || d->close == NULL || d->step == NULL ||
	    d->selftest == NULL)
		return fail(error, "open, close, step or selftest is missing");
	if (serve_needed(d) && d->serve == NULL)
		return fail(error, "it has CAP_LOOKUP or endpoints, and no "
		    "serve()");
	if (d->nops > 0 && d->manage == NULL)
		return fail(error, "it has operations, and no manage()");
	if (d->manage != NULL && d->nops == 0)
		return fail(error, "it has manage(), and no operation");
	if ((d->caps & CSN_CAP_LOOKUP) != 0 &&
	    (d->caps & CSN_CAP_IDENTITY) == 0)
		return fail(error, "it has CAP_LOOKUP, and does not "
		    "identify");
	if ((d->caps & CSN_CAP_PROMPT) != 0 &&
	    (d->caps & CSN_CAP_IDENTITY) == 0)
		return fail(error, "it has CAP_PROMPT, and does not identify");
	if ((d->caps & CSN_CAP_WAITS) != 0 &&
	    (d->caps & CSN_CAP_NETWORK) == 0)
		return fail(error, "it has CAP_WAITS, and no CAP_NETWORK");
	if ((d->caps & CSN_CAP_UNSOLICITED) != 0 && (d->nendpoints == 0 ||
	    !has_switch(d, "unsolicited")))
		return fail(error, "it has CAP_UNSOLICITED, and no endpoint "
		    "or no BOOL option `unsolicited` that allows it");
	return 0;
}

static int
named_fault(struct buf *error, const char *what, const char *name,
    const char *why)
{
	buf_printf(error, "%s `%.64s` %s", what, name == NULL ? "" : name,
	    why);
	return -1;
}

static const char *
endpoint_fault(const struct csn_endpoint *e)
{
	if (!name_sane(e->path, '-', 64))
		return "has no proper path";
	if (e->resume_param != NULL && (strnlen(e->resume_param, 65) == 0 ||
	    strnlen(e->resume_param, 65) > 64 ||
	    !text_plain(str_from(e->resume_param))))
		return "has no proper resume parameter";
	if ((e->flags & ~EP_KNOWN) != 0)
		return "has a flag that this host does not know";
	if ((e->flags & (CSN_EP_GET | CSN_EP_POST)) == 0)
		return "takes neither GET nor POST";
	if ((e->flags & CSN_EP_CROSS_SITE) != 0 &&
	    (e->flags & CSN_EP_POST) == 0)
		return "is cross-site without POST";
	if ((e->flags & CSN_EP_FRAMED) != 0 && (e->flags & CSN_EP_GET) == 0)
		return "is framed without GET";
	if ((e->flags & CSN_EP_BACK_CHANNEL) != 0 && (e->resume_param != NULL ||
	    (e->flags & (CSN_EP_CROSS_SITE | CSN_EP_LOGOUT |
	    CSN_EP_FRAMED)) != 0))
		return "is for browsers and not for browsers";
	if (e->max_bytes > ENDPOINT_BYTES_MAX)
		return "takes more than 1 MiB";
	return NULL;
}

static int
endpoints_check(const struct csn_plugin *d, struct buf *error)
{
	for (size_t i = 0; i < d->nendpoints; i++) {
		const char *why = endpoint_fault(&d->endpoints[i]);

		for (size_t k = 0; why == NULL && k < i; k++)
			if (strcmp(d->endpoints[k].path,
			    d->endpoints[i].path) == 0)
				why = "stands there twice";
		if (why != NULL)
			return named_fault(error, "its endpoint",
			    d->endpoints[i].path, why);
	}
	return 0;
}

static const char *
op_fault(const struct csn_op *op)
{
	if (!name_sane(op->name, '-', 64))
		return "has no proper name";
	if (!sentence_sane(op->help, 512))
		return "has no help";
	if (op->params != NULL && op->params[0] != '\0' &&
	    !sentence_sane(op->params, 256))
		return "has no proper parameters";
	if ((op->flags & ~OP_KNOWN) != 0)
		return "has a flag that this host does not know";
	if ((op->flags & (CSN_OP_OPERATOR | CSN_OP_SELF)) == 0)
		return "is for nobody";
	return NULL;
}

static int
ops_check(const struct csn_plugin *d, struct buf *error)
{
	for (size_t i = 0; i < d->nops; i++) {
		const char *why = op_fault(&d->ops[i]);

		for (size_t k = 0; why == NULL && k < i; k++)
			if (strcmp(d->ops[k].name, d->ops[i].name) == 0)
				why = "stands there twice";
		if (why != NULL)
			return named_fault(error, "its operation",
			    d->ops[i].name, why);
	}
	return 0;
}

static int
options_check(const struct csn_plugin *d, struct buf *error)
{
	for (size_t i = 0; i < d->nopts; i++) {
		const struct csn_opt *o = &d->opts[i];
		const char *why = NULL;

		if (!name_sane(o->name, '_', 64))
			why = "has no proper name";
		else if (!sentence_sane(o->help, 512))
			why = "has no help";
		else
			why = option_fault(o);
		for (size_t k = 0; why == NULL && k < i; k++)
			if (strcmp(d->opts[k].name, o->name) == 0)
				why = "stands there twice";
		if (why != NULL)
			return named_fault(error, "its option", o->name, why);
	}
	return 0;
}

int
plugin_check(const struct csn_plugin *d, struct csn_str name,
    struct buf *error)
{
	if (head_check(d, name, error) < 0 ||
	    functions_check(d, error) < 0 ||
	    options_check(d, error) < 0 ||
	    endpoints_check(d, error) < 0)
		return -1;
	return ops_check(d, error);
}
