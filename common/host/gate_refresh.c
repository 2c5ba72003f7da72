/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate_refresh.c - factors' refresh(): who is asked next, a few at a time
 *
 * A thousand providers are not asked at once, and one that does not answer
 * holds up a few others at most. A factor that somebody waits for (a login
 * said refresh_soon()) comes before all that are merely due, and finds a
 * thread though those ask in vain.
 */
#include <malloc.h>
#include <stdlib.h>

#include "gate.h"
#include "lib/secret.h"
#include "lib/timefmt.h"

#define REFRESH_THREADS	16u		/* factors at a time */
#define REFRESH_IDLY	8u		/* of them, nobody waits for */
#define REFRESH_LEAST_S	10
#define REFRESH_FAILED_MOST_S 300	/* it may not know better */
#define REFRESH_TIME_MS	60000
#define REFRESH_BUDGET	(192u << 20)
#define REFRESH_LARGE	(8u << 20)
#define REFRESH_MANY	16u		/* of one thread, in a row */

struct gate_refresh {
	struct csn_gate *gate;
	struct pool *pool;
	_Atomic unsigned threads, idly;
};

/* Not all at the same moment again. */
static int64_t
next_ms(uint32_t next_s)
{
	int64_t ms = (int64_t)next_s * 1000;
	uint32_t chance;

	secret_random(&chance, sizeof(chance));
	return clock_mono_ms() + ms - (int64_t)(chance % 1000) * (ms / 10000);
}

uint32_t
gate_refresh_after(int32_t rc, uint32_t said_s)
{
	if (rc == CSN_OK && said_s == 0)
		return 0;
	if (rc != CSN_OK && said_s > REFRESH_FAILED_MOST_S)
		return REFRESH_FAILED_MOST_S;
	return said_s < REFRESH_LEAST_S ? REFRESH_LEAST_S : said_s;
}

static void
refresh_one(struct csn_gate *g, struct factor *f)
{
	struct csn_call c;
	uint32_t next_s = 0;
	int32_t rc;
	bool large;

	call_begin(&c, &g->call_host, f, REFRESH_TIME_MS);
	/* in the background, a few at a time: metadata of a federation is
	 * larger than what a login may use */
	c.arena.budget = REFRESH_BUDGET;
	rc = f->plugin->refresh(f->inst, &c, &next_s);
	next_s = gate_refresh_after(rc, next_s);
	large = c.arena.used > REFRESH_LARGE;
	call_end(&c);
	/* what the metadata of a federation took is the machine's again, and
	 * so, in refresh_run(), what many small ones left behind */
	if (large)
		(void)malloc_trim(0);
	atomic_store(&f->refresh_at_ms, next_s == 0 ? 0 : next_ms(next_s));
	atomic_store(&f->refreshing, false);
}

static bool
is_due(struct factor *f, bool soon)
{
	int64_t at = atomic_load(&f->refresh_at_ms);

	if (f->plugin->refresh == NULL || atomic_load(&f->refreshing))
		return false;
	if (soon)
		return atomic_load(&f->refresh_soon);
	return atomic_load(&f->refresh_wanted) ||
	    (at != 0 && clock_mono_ms() >= at);
}

/* One that is due, for this thread alone: one at a time (plugin.h). */
static struct factor *
due_take(struct gate_conf *gc, bool soon)
{
	for (size_t i = 0; i < gc->nopened; i++) {
		struct factor *f = &gc->factors[i];

		if (!is_due(f, soon) ||
		    atomic_exchange(&f->refreshing, true))
			continue;
		atomic_store(&f->refresh_soon, false);
		atomic_store(&f->refresh_wanted, false);
		atomic_store(&f->refresh_at_ms, 0);
		return f;
	}
	return NULL;
}

/* Whether one was due and was asked. */
static bool
refresh_next(struct gate_refresh *r, struct gate_conf *gc)
{
	struct factor *f = due_take(gc, true);

	if (f != NULL) {
		refresh_one(r->gate, f);
		return true;
	}
	if (atomic_fetch_add(&r->idly, 1) < REFRESH_IDLY)
		f = due_take(gc, false);
	if (f != NULL)
		refresh_one(r->gate, f);
	atomic_fetch_sub(&r->idly, 1);
	return f != NULL;
}

/* Goes on while there is something to ask; by then another configuration may
 * be in force. */
static void
refresh_run(void *arg)
{
	struct gate_refresh *r = arg;
	unsigned n = 0;
	bool more = true;

	for (; more && !atomic_load(&r->gate->ending); n++) {
		struct gate_conf *gc = gate_hold(r->gate);

		more = refresh_next(r, gc);
		gate_drop(gc);
	}
	if (n > REFRESH_MANY)
		(void)malloc_trim(0);
	atomic_fetch_sub(&r->threads, 1);
}

static void
thread_begin(struct gate_refresh *r)
{
	atomic_fetch_add(&r->threads, 1);
	if (pool_run(r->pool, refresh_run, r) < 0)
		atomic_fetch_sub(&r->threads, 1);
}

void
gate_refresh_begin(struct gate_refresh *r, struct gate_conf *gc)
{
	unsigned soon = 0, due = 0;

	for (size_t i = 0; i < gc->nopened; i++) {
		soon += is_due(&gc->factors[i], true);
		due += is_due(&gc->factors[i], false);
	}
	for (; soon > 0 && atomic_load(&r->threads) < REFRESH_THREADS; soon--)
		thread_begin(r);
	for (; due > 0 && atomic_load(&r->threads) < REFRESH_IDLY; due--)
		thread_begin(r);
}

struct gate_refresh *
gate_refresh_new(struct csn_gate *g)
{
	struct gate_refresh *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->gate = g;
	r->pool = pool_new("csn-refresh", REFRESH_THREADS, REFRESH_THREADS);
	if (r->pool != NULL)
		return r;
	free(r);
	return NULL;
}

void
gate_refresh_free(struct gate_refresh *r)
{
	if (r == NULL)
		return;
	pool_free(r->pool);
	free(r);
}
