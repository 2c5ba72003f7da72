/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool_turn.c - which thread takes what there is, where jobs wait without one
 *
 * As few as get on with it: a job may block that did not say so. It must never
 * let such a one hold up the others.
 */
#include "pool_impl.h"

#define LOOKS		40u	/* without need, and it looks no more */

bool
waits_full(const struct pool *p)
{
	return p->waits != NULL && p->waits->begun >= p->waits->max;
}

bool
waits_ready(const struct pool *p)
{
	return p->waits != NULL && p->waits->ready != NULL;
}

bool
waits_polling(const struct pool *p)
{
	return p->waits != NULL && p->waits->polling;
}

bool
waits_unpolled(const struct pool *p)
{
	return p->waits != NULL && p->waits->polled > 0 && !p->waits->polling;
}

bool
waits_keep(const struct pool *p)
{
	return p->waits != NULL && p->waits->begun > 0 && p->threads == 1;
}

static unsigned
threads_awake(const struct pool *p)
{
	return p->threads - p->idle - p->waits->away - p->waits->polling;
}

bool
waits_awake(const struct pool *p)
{
	return p->waits != NULL && threads_awake(p) > 0;
}

unsigned
waits_begun(const struct pool *p)
{
	return p->waits != NULL ? p->waits->begun : 0;
}

/* One thread that is awake does all, while another looks now and then whether
 * it gets on: a job may block that did not say so. Where all others are awake
 * it is the one that polls that has to look. */
bool
waits_looked_after(struct pool *p)
{
	if (!waits_awake(p))
		return false;
	return p->waits->watched || (pool_is_whole(p) && !p->waits->polling);
}

void
waits_look_end(struct pool *p, struct waits_look *l)
{
	if (l->on)
		p->waits->watched = false;
	l->on = false;
}

bool
waits_may_take(struct pool *p, struct waits_look *l)
{
	struct pool_waits *s = p->waits;
	bool need = pool_has_work(p) || waits_unpolled(p);

	if (s == NULL || threads_awake(p) == 1 ||
	    (l->on && need && l->taken == s->taken)) {
		waits_look_end(p, l);
		return true;
	}
	if (!l->on && !s->watched)
		*l = (struct waits_look){ .on = s->watched = true };
	l->taken = s->taken;
	l->without = need ? 0 : l->without + 1;
	if (l->without == LOOKS)
		waits_look_end(p, l);
	return false;
}
