/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * refusal.c - the words of the reasons
 *
 * It must never say "good" for a value that is none of its own.
 */
#include "refusal.h"

#include <stddef.h>

#define REFUSAL_WORD(NAME, word, sentence) \
	[REFUSAL_##NAME] = { word, sentence },

static const struct {
	const char *word, *sentence;
} reasons[REFUSAL_COUNT] = {
	[REFUSAL_UNKNOWN] = { "unknown", "it was not checked" },
	REFUSAL_LIST(REFUSAL_WORD)
};

static size_t
refusal_index(enum refusal r)
{
	return (size_t)r < REFUSAL_COUNT ? (size_t)r : REFUSAL_UNKNOWN;
}

const char *
refusal_word(enum refusal r)
{
	return r == REFUSAL_NONE ? "none" : reasons[refusal_index(r)].word;
}

const char *
refusal_sentence(enum refusal r)
{
	return r == REFUSAL_NONE ? "it is good" :
	    reasons[refusal_index(r)].sentence;
}
