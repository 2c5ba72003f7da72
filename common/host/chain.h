/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain.h - what `require:` means: a finite set of words over factors
 *
 * A way is a sequence of steps, a step a set of factors of which one is
 * proved, and guards that must all hold (design.md 3). Factors are numbers of
 * the configuration, a step a set of them. There are no brackets, no optional
 * and no failure rules, so that the meaning can be listed and tested.
 */
#ifndef COUNTERSIGN_HOST_CHAIN_H
#define COUNTERSIGN_HOST_CHAIN_H

#include "lib/arena.h"
#include "lib/bits.h"
#include "lib/buf.h"

#define CHAIN_FACTORS_MAX BITS_MAX
#define CHAIN_WAYS_MAX	8u
#define CHAIN_STEPS_MAX	4u
#define CHAIN_CHOICES_MAX 8u
#define CHAIN_GUARDS_MAX 4u
#define CHAIN_TEXT_MAX	1024u

enum guard_kind {
	GUARD_GROUP = 1,	/* arg: short name, or realm/group */
	GUARD_USER,		/* arg: subject, or realm/subject */
	GUARD_ACR,		/* arg: acr that a step of this way answered */
	GUARD_UNENROLLED,	/* factor: never enrolled; until_ms */
	GUARD_NETWORK		/* arg: name of a network; networks */
};

struct guard {
	enum guard_kind kind;
	bool negated;
	struct csn_str arg;
	unsigned factor;
	int64_t until_ms;
	uint64_t networks;	/* the named one's bit: found when a
				 * configuration is read */
};

struct way {
	size_t nsteps;
	struct bits steps[CHAIN_STEPS_MAX];	/* the factors of each step */
	size_t nguards;
	struct guard guards[CHAIN_GUARDS_MAX];
	struct csn_str text;			/* as written */
	unsigned line, column;			/* of the text, from 1 */
};

struct chain {
	size_t nways;
	struct way ways[CHAIN_WAYS_MAX];
};

/* Names to numbers, for the parser: the factor's index, or -1. */
typedef int chain_resolve(const void *, struct csn_str name);

struct chain_fault {
	size_t column;		/* offset into the text, from 0 */
	struct csn_str message;	/* in the arena */
	struct csn_str unknown;	/* a factor name that did not resolve, or "" */
};

/* Reads one way. Strings go into the arena. 0, or -1 with *fault. */
int way_parse(struct arena *, struct csn_str text, chain_resolve *,
    const void *names, struct way *ret, struct chain_fault *fault);

/* Refuses what design.md 3 refuses of a whole chain: none, too many, a way
 * that cannot be needed because an unguarded one is a prefix of it or equal
 * (`identify`: the factors that may stand first). 0, or -1 with the index
 * of the way at fault and a sentence. */
int chain_check(struct arena *, const struct chain *,
    const struct bits *identify, size_t *ret_way,
    struct csn_str *ret_message);

/* One (word, guard) after the other: calls each() for every word of a way,
 * factors[] of nsteps. Stops when it returns non-zero and returns that. */
int way_words(const struct way *, int (*each)(void *, const unsigned *factors,
    size_t n), void *);

/* All factors that the chain names. */
struct bits chain_factors(const struct chain *);
/* Whether the factors, in order, are a word of the way / begin one. */
bool way_is_word(const struct way *, const unsigned *factors, size_t n);
bool way_is_prefix(const struct way *, const unsigned *factors, size_t n);

#endif
