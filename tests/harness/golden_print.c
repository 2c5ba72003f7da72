/* SPDX-License-Identifier: Apache-2.0 */
/*
 * golden_print.c - an answer as lines of text
 *
 * State and keep are shown by their length only: they may be secret, and a
 * transcript is read by people.
 */
#include "lib/text.h"

#include "golden_int.h"

#define SHOWN_MAX 2000

static void
put_text(struct buf *b, const char *name, struct csn_str s)
{
	if (s.n == 0)
		return;
	buf_printf(b, "    %s ", name);
	text_escape(b, s, SHOWN_MAX);
	buf_char(b, '\n');
}

static void
put_number(struct buf *b, const char *name, int64_t n)
{
	if (n != 0)
		buf_printf(b, "    %s %lld\n", name, (long long)n);
}

static void
put_pairs(struct buf *b, const char *name, struct csn_pairs v)
{
	for (size_t i = 0; i < v.n; i++) {
		buf_printf(b, "    %s ", name);
		text_escape(b, v.v[i].name, SHOWN_MAX);
		buf_puts(b, " = ");
		text_escape(b, v.v[i].value, SHOWN_MAX);
		buf_char(b, '\n');
	}
}

static void
put_strs(struct buf *b, const char *name, struct csn_strs v)
{
	for (size_t i = 0; i < v.n; i++)
		put_text(b, name, v.v[i]);
}

static void
put_prompt(struct buf *b, const struct csn_prompt *p)
{
	static const char *const kind[] = { "?", "USERNAME", "PASSWORD",
		"NEW_PASSWORD", "CODE", "TEXT", "CHOICE", "CHECK", "BUTTON",
		"SHOW", "QR", "LIST", "RECOVERY" };

	buf_printf(b, "    prompt %.*s %s", STR_FMT(p->name), kind[p->kind]);
	if ((p->flags & CSN_PF_REQUIRED) != 0)
		buf_puts(b, " required");
	if ((p->flags & CSN_PF_FIXED) != 0)
		buf_puts(b, " fixed");
	if ((p->flags & CSN_PF_WRONG) != 0)
		buf_puts(b, " wrong");
	if (p->max_bytes != 0)
		buf_printf(b, " max=%u", (unsigned)p->max_bytes);
	buf_char(b, '\n');
	put_text(b, "  label", p->label);
	put_pairs(b, "  arg", p->args);
	put_text(b, "  value", p->value);
}

static void
put_item(struct buf *b, const struct csn_item *it)
{
	buf_printf(b, "    item %.*s\n", STR_FMT(it->id));
	put_text(b, "  title", it->title);
	put_text(b, "  detail", it->detail);
	put_number(b, "  created_ms", it->created_ms);
	put_number(b, "  used_ms", it->used_ms);
}

static void
put_verdict(struct buf *b, const struct harness_answer *a)
{
	static const char *const action[] = { "", " FORM", " REDIRECT",
		" POST", " WAIT", " BODY", " RESUME", " LOGIN" };
	static const char *const flag[] = { " groups", " enrolled",
		" remembered", " recovery" };
	const struct csn_reply *r = &a->reply;

	buf_printf(b, "    %s%s", harness_verdict_name(a->verdict),
	    action[r->action]);
	if (r->reason != 0)
		buf_printf(b, " %s", harness_reason_name(r->reason));
	for (unsigned i = 0; i < 4; i++)
		if ((r->flags & (1u << i)) != 0)
			buf_puts(b, flag[i]);
	buf_char(b, '\n');
	if (a->tainted != NULL)
		buf_printf(b, "    tainted: %s\n", a->tainted);
	if (a->broken != NULL)
		buf_printf(b, "    broken: %s\n", a->broken);
}

static void
put_person(struct buf *b, const struct csn_reply *r)
{
	put_text(b, "exchange", r->exchange);
	put_text(b, "subject", r->subject);
	put_text(b, "subject_id", r->subject_id);
	put_strs(b, "group", r->groups);
	put_pairs(b, "attr", r->attrs);
	put_strs(b, "amr", r->amr);
	put_text(b, "acr", r->acr);
	put_strs(b, "session_key", r->session_keys);
	put_strs(b, "end_session", r->end_sessions);
	put_number(b, "auth_time_ms", r->auth_time_ms);
	put_number(b, "not_after_ms", r->not_after_ms);
	put_number(b, "keep_bytes", (int64_t)r->keep.n);
}

void
golden_answer(struct golden *g, const struct harness_answer *a)
{
	const struct csn_reply *r = &a->reply;
	struct buf *b = &g->out;

	put_verdict(b, a);
	put_text(b, "message", r->message);
	put_pairs(b, "arg", r->message_args);
	put_number(b, "retry_s", r->retry_s);
	put_number(b, "wait_ms", r->wait_ms);
	put_number(b, "state_bytes", (int64_t)r->state.n);
	for (size_t i = 0; i < r->nprompts; i++)
		put_prompt(b, &r->prompts[i]);
	for (size_t i = 0; i < r->nitems; i++)
		put_item(b, &r->items[i]);
	put_text(b, "url", r->url);
	put_text(b, "resume", r->resume);
	put_text(b, "hint", r->hint);
	put_pairs(b, "field", r->fields);
	put_text(b, "content_type", r->content_type);
	put_text(b, "body", r->body);
	put_person(b, r);
}

void
golden_said(struct golden *g)
{
	struct csn_str rest = str_from(harness_log(g->h)), line;

	while (str_cut(&rest, '\n', &line))
		if (line.n > 0)
			buf_printf(&g->out, "    %.*s\n", STR_FMT(line));
	harness_log_clear(g->h);
}
