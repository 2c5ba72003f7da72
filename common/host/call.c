/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call.c - a call's beginning and end
 *
 * It must never end a call without wiping what was in it.
 */
#include "factor.h"
#include "lib/timefmt.h"
#include "subject.h"

void
call_begin(struct csn_call *c, const struct call_host *host,
    struct factor *factor, int64_t time_ms)
{
	memset(c, 0, sizeof(*c));
	arena_init(&c->arena, CALL_BUDGET);
	c->host = host;
	c->factor = factor;
	c->deadline_ms = clock_mono_ms() + time_ms;
}

void
call_end(struct csn_call *c)
{
	arena_free(&c->arena);
	/* what was lent may be gone before the call is */
	arena_init(&c->arena, 0);
	c->findings = NULL;
	c->nfindings = 0;
}

void
call_taint(struct csn_call *c, const char *why)
{
	if (!c->tainted)
		c->taint_why = why;
	c->tainted = true;
}

bool
call_may_block(struct csn_call *c)
{
	if (c->only_asks)
		call_taint(c, "a service that may block, in a BEGIN of "
		    "CAP_PROMPT");
	return !c->only_asks;
}

bool
call_late(const struct csn_call *c)
{
	return clock_mono_ms() > c->deadline_ms;
}

int64_t
call_now_ms(struct csn_call *c)
{
	return c->host->now_ms(c->host->now_arg);
}

int
call_subject(struct csn_call *c, struct csn_str raw, struct csn_str *ret)
{
	const struct conf *conf = c->factor->conf;
	unsigned realm = c->factor->cf->realm;

	/* a second factor has no realm of its own, and types no names */
	if ((c->factor->plugin->caps & CSN_CAP_IDENTITY) == 0)
		return -1;
	return subject_canonical(&c->arena, conf->realms[realm].keep_case, raw,
	    ret) < 0 ? -1 : 0;
}
