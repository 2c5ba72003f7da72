/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe_smuggle.c - requests whose end two readers see in two places
 *
 * Each is due a 400, or to be read in one way and answered once. What is
 * hidden behind the first is a request for the login's own style sheet: it
 * harms nobody whose connection it would come to.
 */
#include <stdio.h>

#include "probe.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct shape { const char *says, *lines, *body; bool strict; };

#define BEHIND	"0\r\n\r\nGET /.countersign/static/style.css HTTP/1.1\r\n" \
	"Host: countersign-probe.invalid\r\n\r\n"

/* strict: no standard lets it pass at all */
static const struct shape shapes[] = {
	{ "two lengths", "Content-Length: 5\r\nContent-Length: 6\r\n",
	    "12345", true },
	{ "a length of two numbers", "Content-Length: 5, 6\r\n", "12345",
	    true },
	{ "a length with a sign", "Content-Length: +5\r\n", "12345", true },
	{ "a length that is no number", "Content-Length: 5x\r\n", "12345",
	    true },
	{ "a length and chunks", "Content-Length: 90\r\n"
	    "Transfer-Encoding: chunked\r\n", BEHIND, false },
	{ "chunks and a length", "Transfer-Encoding: chunked\r\n"
	    "Content-Length: 5\r\n", BEHIND, false },
	{ "an unknown coding", "Transfer-Encoding: xchunked\r\n"
	    "Content-Length: 5\r\n", BEHIND, true },
	{ "chunks, then another coding", "Transfer-Encoding: chunked, x\r\n",
	    BEHIND, true },
	{ "a blank before the colon", "Transfer-Encoding : chunked\r\n"
	    "Content-Length: 5\r\n", BEHIND, true },
	{ "a folded line", "X-Probe: a\r\n Transfer-Encoding: chunked\r\n"
	    "Content-Length: 5\r\n", "12345", false },
	{ "a control character in a name", "Transfer-Encoding\v: chunked\r\n"
	    "Content-Length: 5\r\n", BEHIND, true },
	{ "a chunk's size that is no number",
	    "Transfer-Encoding: chunked\r\n", "xyz\r\n12345\r\n0\r\n\r\n",
	    false },
};

/* Did a second answer come that nobody asked for? */
static bool
answered_twice(const struct probe *p, const struct probe_answer *a)
{
	struct probe_answer second;

	if (a->state != PROBE_ANSWERED || a->whole == 0)
		return false;
	probe_answer_read(str_from_at(buf_str(&p->answer), a->whole), false,
	    &second);
	return second.state == PROBE_ANSWERED && second.status != 400;
}

static void
shape_try(struct probe *p, const struct shape *s)
{
	struct probe_to to = { .port = p->port };
	struct probe_answer a;
	enum probe_said said;

	if (!probe_may(p))
		return;
	buf_clear(&p->sent);
	buf_printf(&p->sent, "POST %.*s HTTP/1.1\r\nHost: %s\r\n"
	    "User-Agent: countersign-probe/" CSN_VERSION "\r\n%s\r\n%s",
	    STR_FMT(p->guarded), p->netloc, s->lines, s->body);
	probe_exchange(p, &to, buf_str(&p->sent), true, &a);
	said = probe_judge(p, &a);
	/* none at all: it waits for more, which is no answer of anybody */
	if (said == SAID_NOTHING)
		return;
	if (s->strict ? said != SAID_REFUSED && said != SAID_TROUBLE :
	    said == SAID_OPEN)
		probe_find(p, PROBE_SMUGGLING, s->says, &a);
	else if (answered_twice(p, &a))
		probe_find(p, s->strict ? PROBE_SMUGGLING : PROBE_LENIENT,
		    s->says, &a);
	else if (said != SAID_TROUBLE)
		(void)probe_expect(p, PROBE_SMUGGLING, PROBE_DUE_NO, s->says,
		    &a);
}

void
probe_smuggle(struct probe *p)
{
	for (size_t i = 0; i < COUNT(shapes); i++)
		shape_try(p, &shapes[i]);
}
