/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * round.c - the services of the host as a round uses them
 *
 * All memory of a round is the call's: it is wiped when the call ends, and so
 * nothing here frees. It must never log a token, a code or a secret.
 */
#include <stdarg.h>
#include <stdio.h>

#include "bound.h"
#include "oidc.h"
#include "provider.h"

#include "lib/text.h"

#define ROUND_ARENA	(4u << 20)
#define DETAIL_MAX	200u	/* of another's words in a log */

void
round_begin(struct round *r, const struct oidc *o, struct csn_call *call,
    const struct csn_req *req, struct csn_reply *reply)
{
	*r = (struct round){ .o = o, .call = call, .req = req,
	    .reply = reply, .now_ms = o->host->now_ms(call) };
	r->arena = &r->own;
	arena_init(r->arena, ROUND_ARENA);
}

void
round_end(struct round *r)
{
	provider_drop(r->p);
	r->p = NULL;
	bound_key_drop(r);
	arena_free(r->arena);
}

void *
round_alloc(const struct round *r, size_t n)
{
	void *p = r->o->host->alloc(r->call, n > 0 ? n : 1);

	if (p != NULL)
		memset(p, 0, n > 0 ? n : 1);
	return p;
}

struct csn_str
round_copy(const struct round *r, struct csn_str s)
{
	char *p = round_alloc(r, s.n + 1);

	if (p == NULL)
		return str_of(NULL, 0);
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return str_of(p, s.n);
}

void
round_buf(const struct round *r, struct buf *b, size_t n)
{
	void *memory = round_alloc(r, n);

	/* over nothing: every write fails */
	buf_init_fixed(b, memory, memory == NULL ? 0 : n);
	if (memory == NULL)
		b->failed = true;
}

struct csn_str
round_printf(const struct round *r, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	p = n < 0 ? NULL : round_alloc(r, (size_t)n + 1);
	if (p == NULL)
		return str_of(NULL, 0);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return str_of(p, (size_t)n);
}

void
round_log(const struct round *r, uint32_t severity, const char *fmt, ...)
{
	char line[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof(line))
		n = sizeof(line) - 1;
	if (n > 0)
		r->o->host->log(r->call, severity, str_of(line, (size_t)n));
}

static void
refusal_audit(const struct round *r, const char *why, struct csn_str detail)
{
	struct csn_pair pairs[2] = { { STR("why"), str_from(why) } };
	char memory[DETAIL_MAX + 1];
	struct buf b;

	buf_init_fixed(&b, memory, sizeof(memory));
	text_escape(&b, detail, DETAIL_MAX);
	pairs[1] = (struct csn_pair){ STR("detail"), buf_str(&b) };
	r->o->host->audit(r->call, STR("refused"),
	    (struct csn_pairs){ pairs, detail.n > 0 ? 2 : 1 });
}

enum outcome
round_refuse(const struct round *r, uint32_t reason, const char *why,
    struct csn_str detail)
{
	refusal_audit(r, why, detail);
	r->reply->reason = reason;
	return OUTCOME_DENY;
}

enum outcome
round_refuse_for(const struct round *r, enum refusal why, const char *where)
{
	if (why == REFUSAL_MEMORY)
		return round_trouble(r, "memory", str_from(where));
	return round_refuse(r, CSN_R_PROTOCOL, refusal_word(why),
	    str_from(where));
}

enum outcome
round_trouble(const struct round *r, const char *why, struct csn_str detail)
{
	char memory[DETAIL_MAX + 1];
	struct buf b;

	refusal_audit(r, why, detail);
	buf_init_fixed(&b, memory, sizeof(memory));
	text_escape(&b, detail, DETAIL_MAX);
	round_log(r, CSN_WARN, "%s%s%.*s", why, detail.n > 0 ? ": " : "",
	    STR_FMT(buf_str(&b)));
	r->reply->reason = CSN_R_BACKEND;
	return OUTCOME_ERROR;
}
