/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doc.c - bytes that may become a document, and their parsing
 *
 * A '<' in well-formed XML always begins markup (XML 2.4), so a walk over the
 * bytes finds all of it: what nobody needs is refused, and depth and numbers
 * are counted, before the parser runs. It must never load, expand or fetch
 * anything.
 */
#include "doc.h"

#include <libxml/parser.h>

#include "lib/text.h"

struct scan {
	struct csn_str s;
	size_t at;
	unsigned depth, elements, attributes;
	bool rooted;		/* the root has been closed */
	bool metadata;		/* larger, and may have comments */
	enum rule why;
};

static int
refuse(struct scan *c, enum rule why)
{
	c->why = why;
	return -1;
}

/* `<?xml` and any of XML's blanks (XML 2.8); a name that only begins so is an
 * instruction's. */
static bool
declared(struct csn_str s)
{
	return s.n > 5 && str_starts(s, STR("<?xml")) && s.p[5] != '\0' &&
	    strchr(" \t\r\n", s.p[5]) != NULL;
}

/* The encoding that a declaration names, if it names one: UTF-8 only. */
static int
declaration_scan(struct scan *c)
{
	struct csn_str rest = str_from_at(c->s, c->at), head;
	ptrdiff_t end = str_find(rest, STR("?>")), at;
	char quote;

	if (end < 0)
		return refuse(c, RULE_WELL_FORMED);
	head = str_of(rest.p, (size_t)end);
	c->at += (size_t)end + 2;
	at = str_find(head, STR("encoding"));
	if (at < 0)
		return 0;
	head = str_trim(str_from_at(head, (size_t)at + 8));
	if (head.n == 0 || head.p[0] != '=')
		return refuse(c, RULE_ENCODING);
	head = str_trim(str_from_at(head, 1));
	if (head.n < 7 || (head.p[0] != '"' && head.p[0] != '\''))
		return refuse(c, RULE_ENCODING);
	quote = head.p[0];
	if (!str_equal_fold(str_of(head.p + 1, 5), STR("UTF-8")) ||
	    head.p[6] != quote)
		return refuse(c, RULE_ENCODING);
	return 0;
}

/* What begins with `begin` bytes ends with the next `end` behind them: of
 * "<!-->" neither dash is of the end, for a parser too. */
static int
passed_over(struct scan *c, struct csn_str rest, size_t begin,
    struct csn_str end)
{
	ptrdiff_t at = str_find(str_from_at(rest, begin), end);

	if (at < 0)
		return refuse(c, RULE_WELL_FORMED);
	c->at += begin + (size_t)at + end.n;
	return 0;
}

/* What begins with "<!" or "<?". */
static int
declined(struct scan *c, struct csn_str rest)
{
	if (c->metadata && str_starts(rest, STR("<!--")))
		return passed_over(c, rest, 4, STR("-->"));
	if (c->metadata && rest.p[1] == '?' && rest.n > 2 &&
	    strchr(" \t\r\n?>", rest.p[2]) == NULL)
		return passed_over(c, rest, 2, STR("?>"));
	if (str_starts(rest, STR("<!--")))
		return refuse(c, RULE_COMMENT);
	if (rest.n > 1 && rest.p[1] == '!')
		return refuse(c, RULE_DOCTYPE);
	return refuse(c, RULE_INSTRUCTION);
}

static int
end_tag(struct scan *c, struct csn_str rest)
{
	ptrdiff_t end = str_index(rest, '>');

	if (end < 0 || c->depth == 0)
		return refuse(c, RULE_WELL_FORMED);
	c->at += (size_t)end + 1;
	if (--c->depth == 0)
		c->rooted = true;
	return 0;
}

static int
start_tag(struct scan *c, struct csn_str rest)
{
	unsigned attributes = 0;
	char quote = '\0';
	size_t i;

	if (c->rooted)
		return refuse(c, RULE_WELL_FORMED);
	for (i = 1; i < rest.n && (quote != '\0' || rest.p[i] != '>'); i++) {
		if (rest.p[i] == '<')
			return refuse(c, RULE_WELL_FORMED);
		if (quote != '\0') {
			quote = rest.p[i] == quote ? '\0' : quote;
		} else if (rest.p[i] == '"' || rest.p[i] == '\'') {
			quote = rest.p[i];
			attributes++;
		}
	}
	if (i >= rest.n)
		return refuse(c, RULE_WELL_FORMED);
	c->at += i + 1;
	c->attributes += attributes;
	if (attributes > DOC_ATTRIBUTES_MAX)
		return refuse(c, RULE_ATTRIBUTES);
	if (++c->elements > (c->metadata ? DOC_METADATA_ELEMENTS :
	    DOC_ELEMENTS_MAX))
		return refuse(c, RULE_ELEMENTS);
	if (c->depth + 1 > DOC_DEPTH_MAX)
		return refuse(c, RULE_DEPTH);
	if (rest.p[i - 1] != '/')
		c->depth++;
	else if (c->depth == 0)
		c->rooted = true;
	return 0;
}

static int
markup_step(struct scan *c, struct csn_str rest)
{
	if (rest.n < 2)
		return refuse(c, RULE_WELL_FORMED);
	if (rest.p[1] == '!' || rest.p[1] == '?')
		return declined(c, rest);
	return rest.p[1] == '/' ? end_tag(c, rest) : start_tag(c, rest);
}

static int
markup_scan(struct scan *c)
{
	const char *next;

	while (c->at < c->s.n) {
		next = memchr(c->s.p + c->at, '<', c->s.n - c->at);
		if (next == NULL)
			break;
		c->at = (size_t)(next - c->s.p);
		if (markup_step(c, str_from_at(c->s, c->at)) < 0)
			return -1;
	}
	return c->rooted && c->depth == 0 ? 0 : refuse(c, RULE_WELL_FORMED);
}

/* Of metadata a tree may be made of all its bytes. A node takes over 100,
 * where the genuine have one in 100 or more. */
static int
density_check(struct scan *c)
{
	size_t most = DOC_METADATA_NODES_MIN + c->s.n / DOC_METADATA_NODE;

	if (c->elements > most)
		return refuse(c, RULE_ELEMENTS);
	return c->attributes > most ? refuse(c, RULE_ATTRIBUTES) : 0;
}

/* Most messages are ASCII, which needs no closer look. */
static bool
is_ascii(struct csn_str s)
{
	unsigned char all = 0;

	for (size_t i = 0; i < s.n; i++)
		all |= (unsigned char)s.p[i];
	return all < 0x80;
}

static int
scan_run(struct scan *c, size_t max)
{
	struct csn_str bytes = c->s;

	if (bytes.n == 0 || bytes.n > max)
		return refuse(c, RULE_SIZE);
	if (memchr(bytes.p, '\0', bytes.n) != NULL ||
	    (!is_ascii(bytes) && !text_utf8(bytes)))
		return refuse(c, RULE_ENCODING);
	if (str_starts(bytes, STR("\xef\xbb\xbf")))
		c->at = 3;
	if (declared(str_from_at(bytes, c->at)) && declaration_scan(c) < 0)
		return -1;
	if (markup_scan(c) < 0)
		return -1;
	return c->metadata ? density_check(c) : 0;
}

int
doc_scan(struct csn_str bytes, size_t max, enum rule *why)
{
	struct scan c = { .s = bytes, .why = RULE_NONE };
	int rc = scan_run(&c, max);

	*why = c.why;
	return rc;
}

int
doc_scan_metadata(struct csn_str bytes, size_t max, enum rule *why)
{
	struct scan c = { .s = bytes, .why = RULE_NONE, .metadata = true };
	int rc = scan_run(&c, max);

	*why = c.why;
	return rc;
}

/* The scan lets no DOCTYPE through; were it mistaken, nothing in one would be
 * read, let alone expanded. */
static void
subset_refuse(void *arg, const xmlChar *name, const xmlChar *external,
    const xmlChar *system)
{
	xmlParserCtxt *ctx = arg;

	(void)name;
	(void)external;
	(void)system;
	ctx->wellFormed = 0;
	xmlStopParser(ctx);
}

static xmlDoc *
parse(struct csn_str bytes, bool huge, enum rule *why)
{
	int options = XML_PARSE_NONET | XML_PARSE_NOERROR |
	    XML_PARSE_NOWARNING | (huge ? XML_PARSE_HUGE : 0);
	xmlParserCtxt *ctx = xmlNewParserCtxt();
	xmlDoc *doc = NULL;
	bool good;

	*why = RULE_MEMORY;
	if (ctx == NULL)
		return NULL;
	ctx->sax->internalSubset = subset_refuse;
	doc = xmlCtxtReadMemory(ctx, bytes.p, (int)bytes.n, NULL, "UTF-8",
	    options);
	/* an unbound prefix is an error of namespaces only */
	good = doc != NULL && ctx->wellFormed == 1 && ctx->nsWellFormed == 1 &&
	    doc->intSubset == NULL && doc->extSubset == NULL;
	xmlFreeParserCtxt(ctx);
	xmlResetLastError();
	*why = good ? RULE_NONE : RULE_WELL_FORMED;
	if (good)
		return doc;
	xmlFreeDoc(doc);
	return NULL;
}

xmlDoc *
doc_parse(struct csn_str bytes, enum rule *why)
{
	if (doc_scan(bytes, BIND_MESSAGE_MAX, why) < 0)
		return NULL;
	return parse(bytes, false, why);
}

xmlDoc *
doc_parse_canonical(struct csn_str bytes, enum rule *why)
{
	return parse(bytes, false, why);
}

xmlDoc *
doc_parse_metadata(struct csn_str bytes, size_t max, enum rule *why)
{
	if (doc_scan_metadata(bytes, max, why) < 0)
		return NULL;
	/* libxml2's own cap of 10 MB is for a single text */
	return parse(bytes, true, why);
}
