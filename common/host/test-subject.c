/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "lib/testing.h"
#include "subject.h"

static const struct {
	const char *raw, *fold, *keep;
} good[] = {
	{ "alice", "alice", "alice" },
	{ "TARO.Yamada", "taro.yamada", "TARO.Yamada" },
	{ "CORP\\alice", "corp\\alice", "CORP\\alice" },
	{ "alice@Example.COM", "alice@example.com", "alice@Example.COM" },
	{ "O'Brien, Ann (1)", "o'brien, ann (1)", "O'Brien, Ann (1)" },
	{ "x", "x", "x" },
	/* full-width, as a Japanese keyboard types it */
	{ "ＡＤＭＩＮ１", "admin1", "ADMIN1" },
	{ "山田　太郎", "山田 太郎", "山田 太郎" },
	/* NFC: e + acute, A + ring, the Kelvin sign, a compatibility
	 * ideograph that has a canonical form */
	{ "Rene\xcc\x81", "rené", "René" },
	{ "A\xcc\x8a", "Å", "Å" },
	{ "\xe2\x84\xaa", "k", "K" },
	{ "\xef\xa8\x99", "神", "神" },
	/* folding composes: h + macron below is U+1E96, H has no such */
	{ "H\xcc\xb1", "\xe1\xba\x96", "H\xcc\xb1" },
	/* only ASCII is folded */
	{ "É", "É", "É" },
	{ "Я", "Я", "Я" },
	/* scripts that stand together */
	{ "yamada山田", "yamada山田", "yamada山田" },
	{ "やまだヤマダー山田x", "やまだヤマダー山田x", "やまだヤマダー山田x" },
	{ "王小明ㄅㄆ", "王小明ㄅㄆ", "王小明ㄅㄆ" },
	{ "김철수-金x", "김철수-金x", "김철수-金x" },
	{ "иван.петров", "иван.петров", "иван.петров" },
	{ "Ελένη", "Ελένη", "Ελένη" },
	{ "иван-2", "иван-2", "иван-2" },
	{ "١٢", "١٢", "١٢" },
};

static const struct {
	const char *raw;
	int why;
} bad[] = {
	{ "", SUBJECT_LENGTH },
	{ " alice", SUBJECT_BLANK },
	{ "alice ", SUBJECT_BLANK },
	{ "a  b", SUBJECT_BLANK },
	{ " ", SUBJECT_BLANK },
	{ "　alice", SUBJECT_BLANK },
	{ "a\xc2\xa0" "b", SUBJECT_BLANK },	/* no-break space */
	{ "a\xe2\x80\x83" "b", SUBJECT_BLANK },	/* em space, in NFC */
	{ "a\nb", SUBJECT_TEXT },
	{ "a\x7f", SUBJECT_TEXT },
	{ "a\xc2\x85", SUBJECT_TEXT },
	{ "a\xff", SUBJECT_TEXT },
	{ "\xc0\xaf", SUBJECT_TEXT },
	{ "\xed\xa0\x80", SUBJECT_TEXT },
	{ "ecila\xe2\x80\xae", SUBJECT_TEXT },	/* right-to-left override */
	{ "ad\xc2\xadmin", SUBJECT_UNSEEN },	/* soft hyphen */
	{ "ad\xe2\x80\x8bmin", SUBJECT_UNSEEN },	/* zero width space */
	{ "ad\xe2\x80\x8dmin", SUBJECT_UNSEEN },	/* joiner */
	{ "\xef\xbb\xbf" "admin", SUBJECT_UNSEEN },	/* byte order mark */
	{ "a\xef\xb8\x8f", SUBJECT_UNSEEN },	/* variation selector */
	{ "a\xe3\x85\xa4", SUBJECT_UNSEEN },	/* Hangul filler */
	{ "a\xf3\xa0\x81\xa1", SUBJECT_UNSEEN },	/* tag */
	{ "a\xee\x80\x80", SUBJECT_UNSEEN },	/* private use */
	{ "a\xef\xbf\xbf", SUBJECT_UNSEEN },	/* no character */
	{ "a\xcd\xb8", SUBJECT_UNSEEN },	/* unassigned: U+0378 */
	{ "ⓐdmin", SUBJECT_FORM },
	{ "𝐚𝐝𝐦𝐢𝐧", SUBJECT_FORM },
	{ "ﬁnn", SUBJECT_FORM },
	{ "ｱﾗｷ", SUBJECT_FORM },
	{ "x²", SUBJECT_FORM },
	{ "\xcc\x81" "a", SUBJECT_FORM },	/* begins with a mark */
	{ "аlice", SUBJECT_MIXED },		/* Cyrillic a */
	{ "alicе", SUBJECT_MIXED },		/* Cyrillic e */
	{ "αlice", SUBJECT_MIXED },
	{ "иvan", SUBJECT_MIXED },
	{ "山да", SUBJECT_MIXED },
	{ "да山", SUBJECT_MIXED },
	{ "ㄅやま", SUBJECT_MIXED },
	{ "한かな", SUBJECT_MIXED },
	{ "aդ", SUBJECT_MIXED },
	{ "1١", SUBJECT_MIXED },		/* digits of two kinds */
};

static struct csn_str
canonical(struct arena *a, bool keep, const char *raw)
{
	struct csn_str ret = { NULL, 0 };
	int rc = subject_canonical(a, keep, str_from(raw), &ret);

	if (rc != 0)
		fail_msg("\"%s\" is refused: %s", raw, subject_fault(rc));
	return ret;
}

static void
names_become_canonical(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_str(canonical(&a, false, good[i].raw), good[i].fold);
		assert_str(canonical(&a, true, good[i].raw), good[i].keep);
		assert_str(canonical(&a, false, good[i].fold), good[i].fold);
		assert_str(canonical(&a, true, good[i].keep), good[i].keep);
	}
	arena_free(&a);
}

static void
others_are_refused(void **state)
{
	struct csn_str ret = STR("untouched");
	struct arena a;
	int rc;

	(void)state;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < COUNT(bad); i++) {
		for (int keep = 0; keep < 2; keep++) {
			rc = subject_canonical(&a, keep, str_from(bad[i].raw),
			    &ret);
			if (rc != bad[i].why)
				fail_msg("\"%s\": %d, not %d", bad[i].raw, rc,
				    bad[i].why);
		}
	}
	assert_int_equal(subject_canonical(&a, false, str_of("a\0b", 3), &ret),
	    SUBJECT_TEXT);
	assert_str(ret, "untouched");
	assert_int_equal(a.used, 0);
	arena_free(&a);
}

static void
lengths_are_bounded(void **state)
{
	char text[SUBJECT_RAW_MAX + 3];
	struct csn_str ret;
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	memset(text, 'a', sizeof(text));
	assert_int_equal(subject_canonical(&a, false, str_of(text, 255), &ret),
	    0);
	assert_int_equal(ret.n, 255);
	assert_int_equal(subject_canonical(&a, false, str_of(text, 256), &ret),
	    SUBJECT_LENGTH);
	for (size_t i = 0; i + 3 <= sizeof(text); i += 3)
		memcpy(text + i, "ａ", 3);
	assert_int_equal(subject_canonical(&a, false, str_of(text, 765), &ret),
	    0);
	assert_int_equal(ret.n, 255);
	assert_int_equal(subject_canonical(&a, false, str_of(text, 768), &ret),
	    SUBJECT_LENGTH);
	arena_free(&a);
	arena_init(&a, 16);
	assert_int_equal(subject_canonical(&a, false, str_of(text, 765), &ret),
	    SUBJECT_MEMORY);
	arena_free(&a);
}

static void
faults_have_sentences(void **state)
{
	(void)state;
	for (int i = SUBJECT_MEMORY; i <= SUBJECT_LENGTH; i++)
		assert_string_not_equal(subject_fault(i),
		    "the name is not usable");
	assert_string_equal(subject_fault(-99), "the name is not usable");
}

static const struct {
	const char *pattern, *subject;
	bool fits;
} globs[] = {
	{ "rescue-*", "rescue-1", true },
	{ "rescue-*", "rescue-", true },
	{ "rescue-*", "rescue", false },
	{ "rescue-*", "RESCUE-1", true },
	{ "Rescue-*", "rescue-1", true },
	{ "rescue-*", "a-rescue-1", false },
	{ "*", "", true },
	{ "*", "x", true },
	{ "", "", true },
	{ "", "x", false },
	{ "root", "root", true },
	{ "root", "roots", false },
	{ "*-admin", "x-admin", true },
	{ "*-admin", "x-admin-admin", true },
	{ "*-admin", "x-admins", false },
	{ "a*b*c", "abc", true },
	{ "a*b*c", "axxbyybzzc", true },
	{ "a*b*c", "axxbyyzz", false },
	{ "**", "x", true },
	{ "a?", "ab", false },
	{ "a?", "a?", true },
	{ "[ab]", "a", false },
	{ "障害-*", "障害-1", true },
	{ "*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
};

static void
patterns_match(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(globs); i++)
		if (subject_matches(str_from(globs[i].pattern),
		    str_from(globs[i].subject)) != globs[i].fits)
			fail_msg("%s, %s", globs[i].pattern,
			    globs[i].subject);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_become_canonical),
		cmocka_unit_test(others_are_refused),
		cmocka_unit_test(lengths_are_bounded),
		cmocka_unit_test(faults_have_sentences),
		cmocka_unit_test(patterns_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
