/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate_refusal.c - a check that ends in a refusal, and the audit line of it
 *
 * Anybody can be refused at will: it must never wait for the log, nor write as
 * many lines as there are refusals.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gate_check_impl.h"
#include "reference.h"

#define REFUSALS_PER_S	20u	/* audit lines; the others are counted */

/* A refusal's audit line: written by a worker, because a check does no I/O. */
struct refusal {
	struct csn_gate *gate;
	struct arena arena;
	struct audit_event event;
	char more[24];
	struct csn_pair detail;
};

static void
refusal_write(void *arg)
{
	struct refusal *r = arg;

	atomic_store(&r->gate->audit_broken,
	    audit_write(r->gate->audit, &r->event) < 0);
	arena_free(&r->arena);
	free(r);
}

/* Anybody can be refused at will, thousands of times a second: so many lines a
 * second are written, the others are counted in the next one. A full disk
 * would stop all logins. */
static bool
refusal_due(struct check *k, uint64_t *ret_more)
{
	struct csn_gate *g = k->gate;
	int64_t second = k->now_ms / 1000;

	if (atomic_exchange(&g->refusals_second, second) != second) {
		atomic_store(&g->refusals_written[0], 0);
		atomic_store(&g->refusals_written[1], 0);
	}
	/* people with a session are told of apart, so that no flood of
	 * strangers hides them */
	if (atomic_fetch_add(&g->refusals_written[k->have_session], 1) >=
	    (k->have_session ? 10 : 1) * REFUSALS_PER_S ||
	    pool_load(g->work) > GATE_QUEUE / 4) {
		atomic_fetch_add(&g->refusals_untold, 1);
		return false;
	}
	*ret_more = atomic_exchange(&g->refusals_untold, 0);
	return true;
}

static void
refusal_fill(struct refusal *r, struct check *k, const char *event,
    const char *why, uint64_t more)
{
	r->event = (struct audit_event){ .time_ms = k->now_ms,
	    .event = str_from(event), .reason = str_from(why),
	    .reference = arena_str(&r->arena, k->ret->reference),
	    .policy = arena_str(&r->arena, k->ret->policy),
	    .host = arena_str(&r->arena, k->rq.host),
	    .client = arena_str(&r->arena, k->facts->client) };
	if (k->have_session) {
		r->event.realm = arena_str(&r->arena,
		    k->session->person.realm_name);
		r->event.subject = arena_str(&r->arena,
		    k->session->person.subject);
	}
	if (more == 0)
		return;
	snprintf(r->more, sizeof(r->more), "%llu", (unsigned long long)more);
	r->detail = (struct csn_pair){ STR("more"), str_from(r->more) };
	r->event.details = (struct csn_pairs){ &r->detail, 1 };
}

void __attribute__((noinline, cold))
refusal_tell(struct check *k, const char *event, const char *why)
{
	struct refusal *r;
	uint64_t more = 0;

	if (!refusal_due(k, &more))
		return;
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return;
	arena_init(&r->arena, 65536);
	r->gate = k->gate;
	refusal_fill(r, k, event, why, more);
	if (pool_run(k->gate->work, refusal_write, r) < 0) {
		arena_free(&r->arena);
		free(r);
	}
}

void __attribute__((noinline, cold))
refusal_make(struct check *k, const char *why)
{
	k->ret->outcome = CSN_REFUSE;
	k->ret->reason = str_from(why);
	if (k->policy != NULL)
		k->ret->policy = k->policy->name;
	k->ret->reference = reference_new(&k->arena);
	gate_count(k->gate, k->lane, CSN_COUNT_REFUSE);
	refusal_tell(k, "access-denied", why);
}
