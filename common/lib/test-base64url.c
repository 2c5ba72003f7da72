/* SPDX-License-Identifier: Apache-2.0 */
/* test-base64url.c - RFC 4648 section 10, and what strict refuses */
#include "testing.h"

#include "base64url.h"

typedef int decoder(struct buf *, struct csn_str);

static const struct { const char *plain, *url, *std, *hex; } vectors[] = {
	{ "", "", "", "" },
	{ "f", "Zg", "Zg==", "66" },
	{ "fo", "Zm8", "Zm8=", "666f" },
	{ "foo", "Zm9v", "Zm9v", "666f6f" },
	{ "foob", "Zm9vYg", "Zm9vYg==", "666f6f62" },
	{ "fooba", "Zm9vYmE", "Zm9vYmE=", "666f6f6261" },
	{ "foobar", "Zm9vYmFy", "Zm9vYmFy", "666f6f626172" },
	{ "\xfb\xff\xfe", "-__-", "+//+", "fbfffe" },
	{ "\xff", "_w", "/w==", "ff" },
};

static void
assert_decodes(decoder *d, const char *text, const char *want)
{
	struct buf b;

	buf_init(&b, 0);
	buf_puts(&b, "<");
	assert_int_equal(d(&b, str_from(text)), 0);
	assert_memory_equal(buf_str(&b).p, "<", 1);
	assert_str(str_from_at(buf_str(&b), 1), want);
	buf_free(&b);
}

/* Refused, with nothing appended and the buffer not failed. */
static void
assert_refused(decoder *d, struct csn_str text)
{
	struct buf b;

	buf_init(&b, 0);
	buf_puts(&b, "<");
	if (d(&b, text) != -1)
		fail_msg("accepted \"%.*s\"", STR_FMT(text));
	assert_str(buf_str(&b), "<");
	assert_int_equal(b.p[1], 0);
	assert_false(buf_failed(&b));
	buf_free(&b);
}

static void
test_vectors(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	for (size_t i = 0; i < COUNT(vectors); i++) {
		struct csn_str plain = str_from(vectors[i].plain);

		assert_int_equal(BASE64URL_LEN(plain.n),
		    strlen(vectors[i].url));
		base64url_encode(&b, plain);
		assert_str(buf_str(&b), vectors[i].url);
		buf_clear(&b);
		base64_encode(&b, plain);
		assert_str(buf_str(&b), vectors[i].std);
		buf_clear(&b);
		hex_encode(&b, plain);
		assert_str(buf_str(&b), vectors[i].hex);
		buf_clear(&b);
		assert_decodes(base64url_decode, vectors[i].url, plain.p);
		assert_decodes(base64_decode, vectors[i].std, plain.p);
		assert_decodes(hex_decode, vectors[i].hex, plain.p);
	}
	assert_decodes(hex_decode, "fF0A", "\xff\n");
	base64url_encode(&b, str_of(NULL, 0));
	base64_encode(&b, str_of(NULL, 0));
	hex_encode(&b, str_of(NULL, 0));
	assert_int_equal(base64url_decode(&b, str_of(NULL, 0)), 0);
	assert_int_equal(base64_decode(&b, str_of(NULL, 0)), 0);
	assert_int_equal(hex_decode(&b, str_of(NULL, 0)), 0);
	assert_str(buf_str(&b), "");
	buf_free(&b);
}

static void
test_refused(void **state)
{
	static const char *const url[] = {
		"A", "AAAAA", "Zg==", "Zg=", "Zm8=", "=", "Zm9v=", "Z m9v",
		" Zm9v", "Zm9v\n", "Zm+v", "Zm/v", "Zm9.", "Z\xc3\xa4v",
		"Zh", "Zm9", "Zn9vYh", "__", "-_-", "AB", "AAB",
	};
	static const char *const std[] = {
		"Zg", "Zg=", "Zm8", "A===", "====", "=", "==", "AA=A", "=AAA",
		"Zm9v====", "Zg==Zg==", "Zm-v", "Zm_v", "Zm9v\n", "Zm9 ",
		"Zh==", "Zm9=", "AAA", "AAAAA", "AAAAA===", "AA==\n",
	};
	static const char *const hex[] = {
		"0", "000", "0g", "g0", " 0", "0x", "0:", "/0", "@0", "`0",
		"\xb0\xb0",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(url); i++)
		assert_refused(base64url_decode, str_from(url[i]));
	for (size_t i = 0; i < COUNT(std); i++)
		assert_refused(base64_decode, str_from(std[i]));
	for (size_t i = 0; i < COUNT(hex); i++)
		assert_refused(hex_decode, str_from(hex[i]));
	assert_refused(base64url_decode, STR("AA\0A"));
	assert_refused(base64_decode, STR("AA\0="));
	assert_refused(hex_decode, STR("0\0"));
}

/* Which bytes count: in each place of a group, each value of 256. */
static void
test_alphabet(void **state)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789";
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	for (size_t at = 0; at < 8; at++) {
		for (int c = 0; c < 256; c++) {
			char text[8];
			bool common = c != 0 && strchr(letters, c) != NULL;

			memset(text, 'A', sizeof(text));
			text[at] = (char)c;
			assert_int_equal(base64url_decode(&b,
			    str_of(text, 8)),
			    common || c == '-' || c == '_' ? 0 : -1);
			assert_int_equal(base64_decode(&b, str_of(text, 8)),
			    common || c == '+' || c == '/' ||
			    (c == '=' && at == 7) ? 0 : -1);
			buf_clear(&b);
		}
	}
	buf_free(&b);
}

/* A value has one spelling: of all last characters one of 4 or 16. */
static void
test_unused_bits(void **state)
{
	struct buf b;
	int two = 0, three = 0;

	(void)state;
	buf_init(&b, 0);
	for (int c = 1; c < 128; c++) {
		const char text[] = { 'A', 'A', (char)c };

		two += base64url_decode(&b, str_of(text + 1, 2)) == 0;
		three += base64url_decode(&b, str_of(text, 3)) == 0;
	}
	assert_int_equal(two, 4);
	assert_int_equal(three, 16);
	buf_free(&b);
}

static void
test_round_trip(void **state)
{
	uint8_t bytes[300];
	struct buf text, back;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 167 + i / 256);
	buf_init(&text, 0);
	buf_init(&back, 0);
	for (size_t n = 0; n < sizeof(bytes); n++) {
		base64url_encode(&text, str_of(bytes, n));
		assert_int_equal(base64url_decode(&back, buf_str(&text)), 0);
		buf_clear(&text);
		base64_encode(&text, str_of(bytes, n));
		assert_int_equal(base64_decode(&back, buf_str(&text)), 0);
		buf_clear(&text);
		hex_encode(&text, str_of(bytes, n));
		assert_int_equal(hex_decode(&back, buf_str(&text)), 0);
		buf_clear(&text);
		assert_int_equal(back.n, 3 * n);
		for (size_t i = 0; i < 3; i++)
			assert_memory_equal(back.p + i * n, bytes, n);
		buf_clear(&back);
	}
	buf_free(&text);
	buf_free(&back);
}

static void
test_no_room(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4);
	buf_puts(&b, "<<");
	assert_int_equal(base64url_decode(&b, STR("AAAA")), -1);
	assert_true(buf_failed(&b));
	assert_int_equal(b.n, 2);
	assert_int_equal(base64url_decode(&b, STR("AA")), -1);
	assert_int_equal(base64_decode(&b, STR("AA==")), -1);
	assert_int_equal(hex_decode(&b, STR("00")), -1);
	assert_int_equal(hex_decode(&b, STR("")), -1);
	buf_clear(&b);
	base64url_encode(&b, STR("1234"));
	assert_true(buf_failed(&b));
	buf_clear(&b);
	base64_encode(&b, STR("1234"));
	assert_true(buf_failed(&b));
	buf_clear(&b);
	hex_encode(&b, STR("123"));
	assert_true(buf_failed(&b));
	/* lengths that would overflow are refused unread */
	buf_clear(&b);
	base64url_encode(&b, str_of("", SIZE_MAX / 4 + 2));
	assert_true(buf_failed(&b));
	buf_clear(&b);
	base64_encode(&b, str_of("", SIZE_MAX / 4 + 2));
	assert_true(buf_failed(&b));
	buf_clear(&b);
	hex_encode(&b, str_of("", SIZE_MAX / 2 + 1));
	assert_true(buf_failed(&b));
	buf_free(&b);
}

/* Into the caller's memory: not a byte more than it gives, none if it is
 * refused. */
static void
test_read(void **state)
{
	uint8_t plain[200], memory[200];
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	for (size_t n = 0; n < sizeof(plain); n++) {
		for (size_t i = 0; i < n; i++)
			plain[i] = (uint8_t)(i * 37 + n);
		buf_clear(&b);
		base64url_encode(&b, str_of(plain, n));
		memset(memory, 0xee, sizeof(memory));
		assert_int_equal(base64url_read(memory, n, buf_str(&b)), n);
		assert_memory_equal(memory, plain, n);
		for (size_t i = n; i < sizeof(memory); i++)
			assert_int_equal(memory[i], 0xee);
		if (n == 0)
			continue;
		assert_int_equal(base64url_read(memory, n - 1, buf_str(&b)),
		    -1);
		b.p[n / 2] = '=';
		assert_int_equal(base64url_read(memory, n, buf_str(&b)), -1);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(memory[i], 0);
	}
	assert_int_equal(base64url_read(memory, 200, STR("A")), -1);
	assert_int_equal(base64url_read(memory, 200, STR("AB")), -1);
	buf_free(&b);
}

/* Every byte at every place of a text that is long enough to be read sixteen
 * characters at a time: the same as alone at its beginning. */
static void
test_long(void **state)
{
	static decoder *const decoders[] = { base64url_decode, base64_decode };
	char text[64], four[4];
	struct buf whole, one;
	int rc;

	(void)state;
	buf_init(&whole, 0);
	buf_init(&one, 0);
	for (unsigned run = 0; run < 2 * 256 * (sizeof(text) - 4); run++) {
		decoder *decode = decoders[run % 2];
		size_t at = run / 512;

		memset(text, 'Q', sizeof(text));
		memset(four, 'Q', sizeof(four));
		text[at] = four[at % 4] = (char)(run / 2 % 256);
		buf_clear(&whole);
		buf_clear(&one);
		rc = decode(&one, str_of(four, sizeof(four)));
		/* padding ends a text: in the midst there is none */
		if (text[at] == '=')
			rc = -1;
		assert_int_equal(decode(&whole, str_of(text, sizeof(text))),
		    rc);
		if (rc == 0)
			assert_memory_equal(whole.p + at / 4 * 3, one.p, 3);
	}
	buf_free(&whole);
	buf_free(&one);
}

static void
test_hex_digit(void **state)
{
	int sum = 0, good = 0;

	(void)state;
	for (int c = -128; c < 128; c++) {
		int v = hex_digit((char)c);

		assert_true(v >= -1 && v <= 15);
		good += v >= 0;
		sum += v >= 0 ? v : 0;
	}
	assert_int_equal(good, 22);
	assert_int_equal(sum, 45 + 2 * 75);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_alphabet),
		cmocka_unit_test(test_unused_bits),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_hex_digit),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("base64url", tests, NULL, NULL);
}
