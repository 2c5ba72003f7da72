/* SPDX-License-Identifier: Apache-2.0 */
/*
 * str.h - slices: a pointer and a length, the one way text and bytes travel
 *
 * The type is csn_str of the ABI header, so that host and plugins speak of
 * the same thing. A slice borrows; it owns nothing. Nothing here looks past
 * n, relies on a NUL, or compares a secret: that is secret_equal()'s work.
 */
#ifndef COUNTERSIGN_LIB_STR_H
#define COUNTERSIGN_LIB_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <countersign/plugin.h>

/* A slice of a string literal. */
#define STR(lit) ((struct csn_str){ "" lit, sizeof(lit) - 1 })
#define STR_INIT(lit) { "" lit, sizeof(lit) - 1 }	/* for static tables */
/* for printf("%.*s") */
#define STR_FMT(s) (int)(s).n, (s).p == NULL ? "" : (s).p

static inline struct csn_str
str_of(const void *p, size_t n)
{
	return (struct csn_str){ p, n };
}

/* A slice of a C string; NULL gives the empty slice. */
static inline struct csn_str
str_from(const char *s)
{
	return s == NULL ? str_of("", 0) : str_of(s, strlen(s));
}

/* Not for secrets. */
static inline bool
str_equal(struct csn_str a, struct csn_str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool
str_is(struct csn_str a, const char *lit)
{
	return str_equal(a, str_from(lit));
}

/* Bytes compared as unsigned; of a text and its own beginning the shorter
 * comes first: -1, 0, 1. */
int str_compare(struct csn_str, struct csn_str);
/* n bytes equal but for the case of ASCII letters. */
bool str_same_fold(const char *, const char *, size_t n);

/* Equal but for the case of ASCII letters. */
static inline bool
str_equal_fold(struct csn_str a, struct csn_str b)
{
	return a.n == b.n && str_same_fold(a.p, b.p, a.n);
}

/* Inlined: against a literal it takes a comparison or two. */
static inline bool
str_starts(struct csn_str s, struct csn_str prefix)
{
	return s.n >= prefix.n && str_equal(str_of(s.p, prefix.n), prefix);
}

bool str_ends(struct csn_str, struct csn_str suffix);
/* Index of the first c, or -1. */
static inline ptrdiff_t
str_index(struct csn_str s, char c)
{
	const char *at = s.n == 0 ? NULL : memchr(s.p, c, s.n);

	return at == NULL ? -1 : at - s.p;
}

/* Index of the first needle, or -1; an empty needle is at 0. */
ptrdiff_t str_find(struct csn_str, struct csn_str needle);
/* What is left after n bytes; empty when there are fewer. */
static inline struct csn_str
str_from_at(struct csn_str s, size_t n)
{
	if (n == 0)
		return s;
	if (n >= s.n)
		return s.n == 0 ? s : str_of(s.p + s.n, 0);
	return str_of(s.p + n, s.n - n);
}

/* Cuts *rest at the first sep: *head is what lies before it, *rest what lies
 * behind. false and an empty head once *rest.p is NULL; the piece after the
 * last separator, even an empty one, is returned before that. */
static inline bool
str_cut(struct csn_str *rest, char sep, struct csn_str *head)
{
	ptrdiff_t at;

	if (rest->p == NULL) {
		*head = str_of("", 0);
		return false;
	}
	at = str_index(*rest, sep);
	if (at < 0) {
		*head = *rest;
		*rest = str_of(NULL, 0);
		return true;
	}
	*head = str_of(rest->p, (size_t)at);
	*rest = str_from_at(*rest, (size_t)at + 1);
	return true;
}

/* Whether a word is one of a list's; an empty one is of none. */
bool str_among(struct csn_str list, char sep, struct csn_str word);

/* Without blanks and tabs at both edges. */
static inline struct csn_str
str_trim(struct csn_str s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = str_of(s.p + 1, s.n - 1);
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* Whether each byte is a blank or visible ASCII, and none is the one named. */
bool str_printable(struct csn_str, char but);
/* Decimal digits only, no sign, no blank, at most max; leading zeros may
 * be: 0 or -1. */
int str_u64(struct csn_str, uint64_t max, uint64_t *ret);
/* 64-bit FNV-1a with a start value; for hash tables of names that an attacker
 * does not choose. Others use a keyed hash. */
uint64_t str_hash(struct csn_str, uint64_t seed);

/* The value of the first pair of that exact name; p is NULL when absent, and
 * never when it is there. */
struct csn_str pairs_get(struct csn_pairs, struct csn_str name);

#endif
