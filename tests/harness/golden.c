/* SPDX-License-Identifier: Apache-2.0 */
/*
 * golden.c - a transcript's lines, asked one after the other
 *
 * What is not understood ends the process: a line that asks nothing must not
 * pass for an answer that is right.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/text.h"

#include "golden_int.h"
#include "harness_int.h"

static struct csn_str
word(struct csn_str *rest)
{
	struct csn_str w;

	*rest = str_trim(*rest);
	if (!str_cut(rest, ' ', &w))
		return STR("");
	*rest = rest->p == NULL ? STR("") : str_trim(*rest);
	return w;
}

static int64_t
number(struct csn_str s)
{
	uint64_t v;

	if (str_u64(s, INT64_MAX, &v) < 0)
		harness_die("not a number in a transcript", s.p);
	return (int64_t)v;
}

static const char *
c_string(struct golden *g, struct csn_str s)
{
	return harness_copy(g->h, s).p;
}

static void
flag_set(struct csn_req *r, uint32_t flag, struct csn_str value)
{
	if (str_is(value, "yes"))
		r->flags |= flag;
	else
		r->flags &= ~flag;
}

static void
do_set(struct golden *g, struct csn_str field, struct csn_str value)
{
	struct csn_req *r = &g->req;
	struct { const char *name; struct csn_str *at; } text[] = {
		{ "exchange", &r->exchange }, { "subject", &r->subject },
		{ "realm", &r->realm }, { "subject_id", &r->subject_id },
		{ "account", &r->account }, { "browser", &r->browser },
		{ "hint", &r->hint }, { "item", &r->item },
		{ "client_ip", &r->client_ip }, { "language", &r->language },
	};

	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		if (str_is(field, text[i].name)) {
			*text[i].at = harness_copy(g->h, value);
			return;
		}
	if (str_is(field, "attempt"))
		r->attempt = (uint32_t)number(value);
	else if (str_is(field, "fresh_s"))
		r->fresh_s = (uint32_t)number(value);
	else if (str_is(field, "enrol"))
		flag_set(r, CSN_RQ_MAY_ENROL, value);
	else if (str_is(field, "recover"))
		flag_set(r, CSN_RQ_MAY_RECOVER, value);
	else
		harness_die("no such field", field.p);
}

static void
do_open(struct golden *g)
{
	int32_t rc = harness_open(g->h);

	golden_said(g);
	if (rc == CSN_OK)
		buf_puts(&g->out, "    OK\n");
	else
		buf_printf(&g->out, "    refused %d\n", (int)rc);
}

static void
do_ask(struct golden *g, uint32_t event, struct csn_str form,
    void (*ask)(struct harness *, const struct csn_req *,
	struct harness_answer *))
{
	struct csn_req req = g->req;
	struct harness_answer a;

	req.event = event;
	req.state = g->state;
	req.method = event == CSN_EV_FORM ? STR("POST") : STR("GET");
	if (form.n > 0 && !str_is(form, "-"))
		harness_params(g->h, &req, c_string(g, form));
	harness_log_clear(g->h);
	ask(g->h, &req, &a);
	golden_said(g);
	golden_answer(g, &a);
	g->state = harness_copy(g->h, a.reply.state);
	harness_answer_free(&a);
}

static void
do_fail(struct golden *g, struct csn_str kind, struct csn_str nth)
{
	static const char *const name[] = { "any", "get", "put", "put_new",
		"swap", "count", "del", "list", "batch" };

	for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++)
		if (str_is(kind, name[i])) {
			harness_kv_fail(g->h, (enum harness_kv)i,
			    (unsigned)number(nth), false);
			return;
		}
	harness_die("no such operation", kind.p);
}

static void
do_kv(struct golden *g)
{
	struct buf b;
	struct csn_str rest, line;

	buf_init(&b, 0);
	harness_kv_print(g->h, &b);
	rest = buf_str(&b);
	while (str_cut(&rest, '\n', &line))
		if (line.n > 0)
			buf_printf(&g->out, "    %.*s\n", STR_FMT(line));
	buf_free(&b);
}

/* Requests. false: the word is none. */
static bool
golden_round(struct golden *g, struct csn_str what, struct csn_str rest)
{
	struct csn_str first;

	if (str_is(what, "begin"))
		do_ask(g, CSN_EV_BEGIN, rest, harness_step);
	else if (str_is(what, "form"))
		do_ask(g, CSN_EV_FORM, rest, harness_step);
	else if (str_is(what, "callback"))
		do_ask(g, CSN_EV_CALLBACK, rest, harness_step);
	else if (str_is(what, "wake"))
		do_ask(g, CSN_EV_WAKE, rest, harness_step);
	else if (str_is(what, "renew"))
		do_ask(g, CSN_EV_RENEW, rest, harness_serve);
	else if (str_is(what, "logout"))
		do_ask(g, CSN_EV_LOGOUT, rest, harness_serve);
	else if (str_is(what, "lookup")) {
		do_set(g, STR("subject"), rest);
		do_ask(g, CSN_EV_LOOKUP, STR(""), harness_serve);
	} else if (str_is(what, "manage")) {
		first = word(&rest);
		g->req.op = harness_op(g->h, c_string(g, first));
		do_ask(g, CSN_EV_OP, rest, harness_manage);
	} else if (str_is(what, "endpoint")) {
		first = word(&rest);
		g->req.endpoint = harness_endpoint(g->h, c_string(g, first));
		do_ask(g, CSN_EV_ENDPOINT, rest, harness_serve);
	} else
		return false;
	return true;
}

/* What changes the world. false: the word is none. */
static bool
golden_world(struct golden *g, struct csn_str what, struct csn_str rest)
{
	struct csn_str first;

	if (str_is(what, "time"))
		harness_time(g->h, str_starts(rest, STR("+")) ?
		    harness_now(g->h) + number(str_from_at(rest, 1)) :
		    number(rest));
	else if (str_is(what, "random"))
		harness_seed(g->h, (uint64_t)number(rest));
	else if (str_is(what, "throttle"))
		harness_throttle(g->h, str_is(rest, "limit") ? CSN_E_LIMIT :
		    CSN_OK);
	else if (str_is(what, "forget"))
		g->state = STR("");
	else if (str_is(what, "fail")) {
		first = word(&rest);
		do_fail(g, first, rest);
	} else if (str_is(what, "set")) {
		first = word(&rest);
		do_set(g, first, rest);
	} else
		return false;
	return true;
}

static bool
golden_option(struct golden *g, struct csn_str what, struct csn_str rest)
{
	struct csn_str name, key, exact = rest;

	if (!str_is(what, "option") && !str_is(what, "secret") &&
	    !str_is(what, "line") && !str_is(what, "key"))
		return false;
	name = word(&rest);
	/* a line's own blanks are the file's */
	if (str_is(what, "line"))
		harness_option_line(g->h, c_string(g, name),
		    c_string(g, str_from_at(exact, name.n + 1)));
	else if (str_is(what, "key")) {
		key = word(&rest);
		harness_option_key(g->h, c_string(g, name), c_string(g, key),
		    c_string(g, rest));
	} else
		harness_option_str(g->h, c_string(g, name), rest);
	return true;
}

static void
golden_line(struct golden *g, struct csn_str line)
{
	struct csn_str rest = line, what;

	if (str_starts(line, STR("    ")))
		return;
	buf_str_put(&g->out, line);
	buf_char(&g->out, '\n');
	if (line.n == 0 || line.p[0] == '#')
		return;
	what = word(&rest);
	if (golden_option(g, what, rest) || golden_world(g, what, rest) ||
	    golden_round(g, what, rest))
		return;
	if (str_is(what, "open"))
		do_open(g);
	else if (str_is(what, "kv"))
		do_kv(g);
	else
		harness_die("a transcript asks what nobody knows",
		    c_string(g, line));
}

void
golden_run(struct golden *g, struct csn_str text)
{
	struct csn_str line;

	while (str_cut(&text, '\n', &line))
		if (text.p != NULL || line.n > 0)
			golden_line(g, line);
	if (buf_failed(&g->out))
		harness_die("out of memory", "golden_run");
}
