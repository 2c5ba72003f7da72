/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe_ask.c - requests as a browser, a script or nobody's client sends them,
 * and the few rules by which an answer is a find
 *
 * Whatever is not plainly the login or a refusal is told.
 */
#include <stdio.h>

#include "lib/text.h"
#include "probe.h"

static const char *const kinds[] = {
	[PROBE_PAGE] = "Accept: text/html\r\nSec-Fetch-Mode: navigate\r\n"
	    "Sec-Fetch-Dest: document\r\n",
	[PROBE_XHR] = "Accept: */*\r\nSec-Fetch-Mode: cors\r\n"
	    "Sec-Fetch-Dest: empty\r\nX-Requested-With: XMLHttpRequest\r\n",
	[PROBE_UPGRADE] = "Upgrade: websocket\r\n"
	    "Sec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: Y291bnRlcnNpZ24gcHJvYg==\r\n",
	[PROBE_BARE] = "",
};

void
probe_ask(struct probe *p, const struct probe_question *q,
    struct probe_answer *ret)
{
	struct csn_str target = q->target.n > 0 ? q->target : p->guarded;
	const char *method = q->method != NULL ? q->method : "GET";

	*ret = (struct probe_answer){ .state = PROBE_NO_ANSWER };
	if (!probe_may(p))
		return;
	buf_clear(&p->sent);
	buf_printf(&p->sent, "%s %.*s HTTP/1.1\r\nHost: %s\r\n", method,
	    STR_FMT(target), q->host != NULL ? q->host : p->netloc);
	buf_puts(&p->sent, "User-Agent: countersign-probe/" CSN_VERSION
	    "\r\n");
	buf_puts(&p->sent, q->kind == PROBE_UPGRADE ?
	    "Connection: Upgrade\r\n" : "Connection: close\r\n");
	if (str_is(str_from(method), "POST"))
		buf_puts(&p->sent, "Content-Length: 0\r\n");
	buf_puts(&p->sent, kinds[q->kind]);
	if (q->session) {
		buf_puts(&p->sent, "Cookie: ");
		buf_str_put(&p->sent, buf_str(&p->session));
		buf_puts(&p->sent, "\r\n");
	}
	if (q->lines != NULL)
		buf_puts(&p->sent, q->lines);
	buf_puts(&p->sent, "\r\n");
	probe_exchange(p, &q->to, buf_str(&p->sent), false, ret);
	if (ret->state == PROBE_ANSWERED)
		p->unanswered = 0;
}

enum probe_said
probe_judge(const struct probe *p, const struct probe_answer *a)
{
	return probe_answer_judge(a, str_from(p->netloc));
}

static const char *
state_words(const struct probe_answer *a)
{
	switch (a->state) {
	case PROBE_NO_CONNECTION: return "no connection";
	case PROBE_NO_TLS: return "the TLS handshake is refused";
	case PROBE_HUNG_UP: return "closed without an answer";
	case PROBE_NO_ANSWER: return "no answer in time";
	case PROBE_NO_HTTP: return "something that is not HTTP";
	case PROBE_ANSWERED: break;
	}
	return "an answer";
}

void
probe_find(struct probe *p, enum probe_word word, const char *what,
    const struct probe_answer *a)
{
	struct probe_found *f = &p->found[word];
	struct csn_str where;
	struct buf b;

	if (f->n++ >= PROBE_SEEN_MAX)
		return;
	buf_init_fixed(&b, f->seen[f->n - 1], sizeof(f->seen[0]));
	text_escape(&b, str_from(what), 140);
	if (a != NULL && a->state != PROBE_ANSWERED) {
		buf_printf(&b, ": %s", state_words(a));
	} else if (a != NULL) {
		where = probe_answer_header(a, "Location", 0);
		buf_printf(&b, ": %u", a->status);
		if (where.n > 0) {
			buf_puts(&b, " to ");
			text_escape(&b, where, 80);
		}
	}
}

/* A refusal that another than Countersign may have said. */
static bool
refusal_foreign(const struct probe_answer *a)
{
	struct csn_str scheme = probe_answer_header(a, "WWW-Authenticate", 0);

	if (a->status == 401)
		return scheme.p != NULL && !str_starts(scheme,
		    STR("Countersign"));
	return a->status != 403;
}

/* Is it the login, or a refusal as strict as is due? */
static bool
is_held(const struct probe_answer *a, enum probe_said said,
    enum probe_due due)
{
	if (said == SAID_LOGIN || said == SAID_OURS)
		return true;
	if (said != SAID_REFUSED)
		return false;
	return due != PROBE_DUE_LOGIN || a->state != PROBE_ANSWERED ||
	    !refusal_foreign(a);
}

bool
probe_expect(struct probe *p, enum probe_word word, enum probe_due due,
    const char *what, const struct probe_answer *a)
{
	enum probe_said said = probe_judge(p, a);

	if (is_held(a, said, due))
		return true;
	if (said == SAID_NOTHING)
		p->unanswered++;
	if (said == SAID_NOTHING || said == SAID_TROUBLE)
		word = PROBE_SILENT;
	else if (said != SAID_OPEN && due == PROBE_DUE_NO)
		word = PROBE_UNCLEAR;
	probe_find(p, word, what, a);
	return false;
}
