/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz-way.c - a way that is read keeps every limit; one that is not has a
 * place
 *
 * Lines are the ways of one chain; factors are called a to z.
 */
#include "chain.h"
#include "lib/fuzzing.h"

static int
resolve(const void *unused, struct csn_str name)
{
	(void)unused;
	return name.n == 1 && name.p[0] >= 'a' && name.p[0] <= 'z' ?
	    name.p[0] - 'a' : -1;
}

static int
check_word(void *arg, const unsigned *factors, size_t n)
{
	const struct way *w = arg;

	MUST(n == w->nsteps);
	MUST(way_is_word(w, factors, n));
	MUST(way_is_prefix(w, factors, n - 1));
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			MUST(factors[i] != factors[k]);
	return 0;
}

static void
check_way(struct way *w)
{
	MUST(w->nsteps >= 1 && w->nsteps <= CHAIN_STEPS_MAX);
	MUST(w->nguards <= CHAIN_GUARDS_MAX);
	for (size_t i = 0; i < w->nsteps; i++)
		MUST(bits_any(&w->steps[i]) &&
		    bits_count(&w->steps[i]) <= CHAIN_CHOICES_MAX);
	for (size_t i = 0; i < w->nguards; i++)
		MUST(w->guards[i].kind >= GUARD_GROUP &&
		    w->guards[i].kind <= GUARD_NETWORK &&
		    (w->guards[i].kind == GUARD_UNENROLLED) ==
		    (w->guards[i].arg.n == 0));
	MUST(way_words(w, check_word, w) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct csn_str rest = str_of(data, n), line, message;
	struct chain chain = { .nways = 0 };
	struct bits all;
	struct chain_fault fault;
	struct arena arena;
	size_t at;

	memset(&all, 0xff, sizeof(all));
	arena_init(&arena, (size_t)1 << 20);
	while (chain.nways < CHAIN_WAYS_MAX && str_cut(&rest, '\n', &line)) {
		struct way *w = &chain.ways[chain.nways];

		if (way_parse(&arena, line, resolve, NULL, w, &fault) == 0) {
			check_way(w);
			w->line = (unsigned)++chain.nways;
		} else {
			MUST(fault.message.n > 0);
			MUST(fault.column <= line.n);
		}
	}
	if (chain_check(&arena, &chain, &all, &at, &message) < 0)
		MUST(message.n > 0 && at < CHAIN_WAYS_MAX);
	else
		MUST(chain.nways > 0);
	arena_free(&arena);
	return 0;
}
