/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain.c - the words of a way, and what a chain of ways must not be
 *
 * A way that another one always satisfies first is refused: it reads as if it
 * asked for more, and does not. It must never call two ways different because
 * their alternatives are written in another order.
 */
#include "chain.h"

/* Walks the words of a way from one step on. */
struct walk {
	const struct way *way;
	int (*each)(void *, const unsigned *, size_t);
	void *arg;
	unsigned word[CHAIN_STEPS_MAX];
};

static int
walk_step(struct walk *w, size_t step)
{
	const struct bits *choices = &w->way->steps[step];
	int r = 0;

	if (step == w->way->nsteps)
		return w->each(w->arg, w->word, step);
	for (int f = bits_next(choices, 0); r == 0 && f >= 0;
	    f = bits_next(choices, f + 1)) {
		w->word[step] = (unsigned)f;
		r = walk_step(w, step + 1);
	}
	return r;
}

int
way_words(const struct way *way, int (*each)(void *, const unsigned *factors,
    size_t n), void *arg)
{
	struct walk w = { .way = way, .each = each, .arg = arg };

	return way->nsteps == 0 ? 0 : walk_step(&w, 0);
}

bool
way_is_prefix(const struct way *way, const unsigned *factors, size_t n)
{
	if (n > way->nsteps)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!bits_has(&way->steps[i], factors[i]))
			return false;
	return true;
}

bool
way_is_word(const struct way *way, const unsigned *factors, size_t n)
{
	return n > 0 && n == way->nsteps && way_is_prefix(way, factors, n);
}

struct bits
chain_factors(const struct chain *chain)
{
	struct bits all = { { 0 } };

	for (size_t i = 0; i < chain->nways; i++)
		for (size_t k = 0; k < chain->ways[i].nsteps; k++)
			bits_join(&all, &chain->ways[i].steps[k]);
	return all;
}

static bool
guard_equal(const struct guard *a, const struct guard *b)
{
	return a->kind == b->kind && a->negated == b->negated &&
	    a->factor == b->factor && a->until_ms == b->until_ms &&
	    str_equal(a->arg, b->arg);
}

/* Every guard of a stands at b too: where b holds, a does. */
static bool
guards_within(const struct way *a, const struct way *b)
{
	for (size_t i = 0; i < a->nguards; i++) {
		size_t k = 0;

		while (k < b->nguards &&
		    !guard_equal(&a->guards[i], &b->guards[k]))
			k++;
		if (k == b->nguards)
			return false;
	}
	return true;
}

/* Some word of a begins, or is, some word of b. */
static bool
way_begins(const struct way *a, const struct way *b)
{
	if (a->nsteps > b->nsteps)
		return false;
	for (size_t i = 0; i < a->nsteps; i++)
		if (!bits_meet(&a->steps[i], &b->steps[i]))
			return false;
	return true;
}

/* The way that makes way i needless, or -1. Of two equal ways the later one
 * is at fault. */
static int
way_shadow(const struct chain *chain, size_t i)
{
	const struct way *w = &chain->ways[i];

	for (size_t k = 0; k < chain->nways; k++) {
		const struct way *other = &chain->ways[k];

		if (k == i || !way_begins(other, w) ||
		    !guards_within(other, w))
			continue;
		if (k > i && way_begins(w, other) && guards_within(w, other))
			continue;
		return (int)k;
	}
	return -1;
}

/* Each word of w begins with one of the other way's. */
static bool
way_covers(const struct way *other, const struct way *w)
{
	for (size_t i = 0; i < other->nsteps; i++)
		if (!bits_within(&w->steps[i], &other->steps[i]))
			return false;
	return true;
}

static const char *
guards_fault(const struct way *w)
{
	for (size_t i = 0; i < w->nguards; i++) {
		const struct guard *g = &w->guards[i];

		for (size_t k = 0; k < i; k++) {
			struct guard other = w->guards[k];

			if (guard_equal(g, &other))
				return "a condition stands here twice";
			other.negated = !other.negated;
			if (guard_equal(g, &other))
				return "a condition and its opposite; this "
				    "way can never hold";
		}
		for (size_t k = 0; k < w->nsteps; k++)
			if (g->kind == GUARD_UNENROLLED && !g->negated &&
			    bits_has(&w->steps[k], g->factor))
				return "asks for a factor of those who do not "
				    "have it; leave it out of the steps";
	}
	return NULL;
}

/* What is wrong with a way by itself, or NULL. */
static const char *
way_fault(const struct way *w, const struct bits *identify)
{
	struct bits seen = { { 0 } };
	unsigned n;

	if (w->nsteps == 0 || w->nsteps > CHAIN_STEPS_MAX ||
	    w->nguards > CHAIN_GUARDS_MAX)
		return "a way has 1 to 4 steps and at most 4 conditions";
	for (size_t i = 0; i < w->nsteps; i++) {
		n = bits_count(&w->steps[i]);
		if (n == 0 || n > CHAIN_CHOICES_MAX)
			return "a step has 1 to 8 factors";
		if (bits_meet(&seen, &w->steps[i]))
			return "a factor stands here twice; each is proved "
			    "once";
		bits_join(&seen, &w->steps[i]);
	}
	if (!bits_within(&w->steps[0], identify))
		return "the first step has a factor that does not say who "
		    "somebody is; begin with one that does";
	return guards_fault(w);
}

/* Which of the two is meant, nobody here can know. */
static struct csn_str
shadow_text(struct arena *a, const struct way *w, const struct way *by)
{
	const char *part = way_covers(by, w) ? "" : "part of ";

	if (w->line != by->line)
		return arena_printf(a, "%sline %u can never be needed: line "
		    "%u is satisfied first; take one of them out", part,
		    w->line, by->line);
	return arena_printf(a, "%s`%.*s` can never be needed: `%.*s` is "
	    "satisfied first; take one of them out", part, STR_FMT(w->text),
	    STR_FMT(by->text));
}

int
chain_check(struct arena *a, const struct chain *chain,
    const struct bits *identify, size_t *ret_way, struct csn_str *ret_message)
{
	const char *why = "no way is written; write at least one";
	int by;

	*ret_way = 0;
	if (chain->nways == 0)
		goto fail;
	why = "too many ways; a policy has at most 8";
	if (chain->nways > CHAIN_WAYS_MAX)
		goto fail;
	for (size_t i = 0; i < chain->nways; i++) {
		*ret_way = i;
		why = way_fault(&chain->ways[i], identify);
		if (why != NULL)
			goto fail;
	}
	for (size_t i = 0; i < chain->nways; i++) {
		by = way_shadow(chain, i);
		if (by < 0)
			continue;
		*ret_way = i;
		*ret_message = shadow_text(a, &chain->ways[i],
		    &chain->ways[by]);
		return -1;
	}
	return 0;
fail:
	*ret_message = str_from(why);
	return -1;
}
