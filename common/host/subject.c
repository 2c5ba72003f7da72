/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subject.c - names of people made canonical, or refused
 *
 * Text in, canonical text out, by libunistring's tables. It must never repair
 * what it could refuse: two spellings of one name are two ways to be counted,
 * enrolled or reserved.
 */
#include "subject.h"

#include <stdlib.h>
#include <unictype.h>
#include <uninorm.h>

#include "lib/text.h"

/* The scripts that may share a name, as a set. */
#define S_LATIN		0x01u
#define S_HAN		0x02u
#define S_HIRAGANA	0x04u
#define S_KATAKANA	0x08u
#define S_BOPOMOFO	0x10u
#define S_HANGUL	0x20u

static const struct {
	const char *name;
	unsigned bit;
} together[] = {
	{ "Latin", S_LATIN }, { "Han", S_HAN }, { "Hiragana", S_HIRAGANA },
	{ "Katakana", S_KATAKANA }, { "Bopomofo", S_BOPOMOFO },
	{ "Hangul", S_HANGUL },
};

/* UTS 39 5.2, "highly restrictive". */
static const unsigned mixtures[] = {
	S_LATIN | S_HAN | S_HIRAGANA | S_KATAKANA,
	S_LATIN | S_HAN | S_BOPOMOFO,
	S_LATIN | S_HAN | S_HANGUL,
};

struct scripts {
	unsigned set;		/* of those above */
	const uc_script_t *other;	/* the first that is none of them */
	ucs4_t zero;		/* of the first digit's kind */
};

static unsigned
script_bit(const uc_script_t *s)
{
	for (size_t i = 0; i < sizeof(together) / sizeof(together[0]); i++)
		if (strcmp(s->name, together[i].name) == 0)
			return together[i].bit;
	return 0;
}

/* false if c brings a second script that may not stand beside the first. */
static bool
script_add(struct scripts *have, ucs4_t c)
{
	const uc_script_t *s = uc_script(c);
	unsigned bit;

	if (s == NULL)
		return false;
	if (strcmp(s->name, "Common") == 0 || strcmp(s->name, "Inherited") == 0)
		return true;
	bit = script_bit(s);
	have->set |= bit;
	if (bit == 0 && have->other == NULL)
		have->other = s;
	if (have->other != NULL)
		return have->set == 0 && (bit != 0 || have->other == s);
	for (size_t i = 0; i < sizeof(mixtures) / sizeof(mixtures[0]); i++)
		if ((have->set & ~mixtures[i]) == 0)
			return true;
	return false;
}

/* false if c is a digit of another kind than those before (UTS 39 5.3). */
static bool
digit_add(struct scripts *have, ucs4_t c)
{
	int value = uc_decimal_value(c);
	ucs4_t zero;

	if (value < 0)
		return true;
	zero = c - (ucs4_t)value;
	if (have->zero == 0)
		have->zero = zero;
	return have->zero == zero;
}

static bool
unseen(ucs4_t c)
{
	return uc_is_property_default_ignorable_code_point(c) ||
	    uc_is_general_category_withtable(c, UC_CATEGORY_MASK_C);
}

static int
characters_check(struct csn_str s)
{
	struct scripts have = { 0, NULL, 0 };
	uint32_t c, last = 0;
	size_t at = 0;

	/* one script, digits of one kind, all of it seen: as most names */
	if (str_printable(s, 0x7f))
		return str_find(s, STR("  ")) < 0 ? 0 : SUBJECT_BLANK;
	while (at < s.n) {
		c = text_next(s, &at);
		if (unseen(c))
			return SUBJECT_UNSEEN;
		if ((c != ' ' && uc_is_general_category_withtable(c,
		    UC_CATEGORY_MASK_Z)) || (c == ' ' && last == ' '))
			return SUBJECT_BLANK;
		if (!script_add(&have, c) || !digit_add(&have, c))
			return SUBJECT_MIXED;
		last = c;
	}
	return 0;
}

/* A name that begins with a combining mark draws it on what stands before. */
static bool
mark_first(struct csn_str s)
{
	size_t at = 0;

	return uc_is_general_category_withtable(text_next(s, &at),
	    UC_CATEGORY_MASK_M);
}

/* A copy for the caller to free; NULL when memory is refused. ASCII is its own
 * form whichever is asked for (UAX 15, section 5), as most names are. */
static uint8_t *
normalise(uninorm_t form, struct csn_str s, struct csn_str *ret)
{
	size_t n = s.n;
	uint8_t *p;

	if (s.n == 0 || !str_printable(s, 0x7f))
		p = u8_normalize(form, (const uint8_t *)s.p, s.n, NULL, &n);
	else if ((p = malloc(s.n)) != NULL)
		memcpy(p, s.p, s.n);
	if (p != NULL)
		*ret = str_of(p, n);
	return p;
}

/* Compatibility forms (circled, mathematical, half-width, ligatures) look like
 * other characters without being them. */
static int
form_check(struct csn_str nfc)
{
	struct csn_str nfkc;
	uint8_t *p = normalise(UNINORM_NFKC, nfc, &nfkc);
	int rc;

	if (p == NULL)
		return SUBJECT_MEMORY;
	rc = str_equal(nfc, nfkc) ? 0 : SUBJECT_FORM;
	free(p);
	return rc;
}

static int
canonical_check(struct csn_str s)
{
	int rc;

	if (s.n == 0 || s.n > SUBJECT_MAX)
		return SUBJECT_LENGTH;
	if (!text_plain(s))
		return SUBJECT_TEXT;
	if (s.p[0] == ' ' || s.p[s.n - 1] == ' ')
		return SUBJECT_BLANK;
	if (mark_first(s))
		return SUBJECT_FORM;
	rc = characters_check(s);
	return rc != 0 ? rc : form_check(s);
}

static void
fold(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (uint8_t)(p[i] - 'A' + 'a');
}

/* Folding first would miss letters that only normalisation makes ASCII (the
 * Kelvin sign); and what is folded may compose anew (h with a macron below has
 * a character of its own, H has none). */
static int
name_keep(struct arena *a, bool keep_case, struct csn_str narrow,
    struct csn_str *ret)
{
	struct csn_str once, name;
	uint8_t *p = normalise(UNINORM_NFC, narrow, &once), *q = NULL;
	int rc = SUBJECT_MEMORY;

	if (p == NULL)
		goto out;
	if (!keep_case)
		fold(p, once.n);
	q = normalise(UNINORM_NFC, once, &name);
	if (q == NULL)
		goto out;
	rc = canonical_check(name);
	if (rc != 0)
		goto out;
	name = arena_str(a, name);
	if (name.p == NULL)
		rc = SUBJECT_MEMORY;
	else
		*ret = name;
out:
	free(q);
	free(p);
	return rc;
}

int
subject_canonical(struct arena *a, bool keep_case, struct csn_str raw,
    struct csn_str *ret)
{
	char memory[SUBJECT_RAW_MAX + 1];
	struct buf narrow;
	int rc;

	if (raw.n == 0 || raw.n > SUBJECT_RAW_MAX)
		return SUBJECT_LENGTH;
	if (!text_plain(raw))
		return SUBJECT_TEXT;
	buf_init_fixed(&narrow, memory, sizeof(memory));
	text_narrow(&narrow, raw);
	rc = name_keep(a, keep_case, buf_str(&narrow), ret);
	buf_free(&narrow);
	return rc;
}

const char *
subject_fault(int fault)
{
	switch (fault) {
	case SUBJECT_LENGTH:
		return "the name is empty or longer than 255 bytes";
	case SUBJECT_TEXT:
		return "the name is not UTF-8, or has control characters";
	case SUBJECT_BLANK:
		return "the name has a blank at an edge, two together, or one "
		    "of another kind";
	case SUBJECT_UNSEEN:
		return "the name has invisible or unassigned characters";
	case SUBJECT_FORM:
		return "the name has characters that look like others";
	case SUBJECT_MIXED:
		return "the name mixes scripts that look alike";
	case SUBJECT_MEMORY:
		return "there is no memory for the name";
	default:
		return "the name is not usable";
	}
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Goes back to the last star only: what an earlier one took is never better. */
bool
subject_matches(struct csn_str pattern, struct csn_str subject)
{
	size_t p = 0, s = 0, star = SIZE_MAX, taken = 0;

	while (s < subject.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = p++;
			taken = s;
		} else if (p < pattern.n &&
		    lower(pattern.p[p]) == lower(subject.p[s])) {
			p++;
			s++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			s = ++taken;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}
