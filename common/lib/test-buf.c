/* SPDX-License-Identifier: Apache-2.0 */
/* test-buf.c - each sentence of buf.h, with memory refused and watched */
#include "testing.h"

#include "buf.h"

static void
test_writes(void **state)
{
	static const uint8_t want[] = {
		'a', 'b', 'c', 'd', 0xfe, 0x12, 0x34, 0xde, 0xad, 0xbe, 0xef,
		1, 2, 3, 4, 5, 6, 7, 8, 0, 2, 'l', 'v', 0, 0, 0, 1, 'w',
	};
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	assert_null(b.p);
	assert_non_null(buf_str(&b).p);
	assert_int_equal(buf_str(&b).n, 0);
	buf_put(&b, "a", 1);
	buf_put(&b, NULL, 0);
	buf_puts(&b, "b");
	buf_str_put(&b, STR("c"));
	buf_str_put(&b, str_of(NULL, 0));
	buf_char(&b, 'd');
	buf_u8(&b, 0xfe);
	buf_u16(&b, 0x1234);
	buf_u32(&b, 0xdeadbeef);
	buf_u64(&b, UINT64_C(0x0102030405060708));
	buf_lv16(&b, STR("lv"));
	buf_lv32(&b, STR("w"));
	assert_false(buf_failed(&b));
	assert_int_equal(b.n, sizeof(want));
	assert_memory_equal(b.p, want, sizeof(want));
	assert_int_equal(b.p[b.n], 0);
	buf_free(&b);
	assert_null(b.p);
	buf_puts(&b, "again");
	assert_str(buf_str(&b), "again");
	buf_free(&b);
	assert_int_equal(memory_out, 0);
}

/* What was reserved is there without a move. */
static void
test_reserve(void **state)
{
	struct buf b;
	uint8_t *p;

	(void)state;
	buf_init(&b, 1000);
	buf_puts(&b, "ab");
	buf_reserve(&b, 600);
	assert_str(buf_str(&b), "ab");
	p = b.p;
	for (size_t i = 0; i < 600; i++)
		buf_char(&b, 'x');
	assert_ptr_equal(b.p, p);
	assert_int_equal(b.n, 602);
	buf_reserve(&b, 398);
	assert_false(buf_failed(&b));
	buf_reserve(&b, 399);
	assert_true(buf_failed(&b));
	buf_free(&b);
	assert_int_equal(memory_out, 0);
}

static void
test_decimal(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	buf_decimal(&b, 0);
	buf_char(&b, ' ');
	buf_decimal(&b, -1);
	buf_char(&b, ' ');
	buf_decimal(&b, INT64_MAX);
	buf_char(&b, ' ');
	buf_decimal(&b, INT64_MIN);
	assert_str(buf_str(&b),
	    "0 -1 9223372036854775807 -9223372036854775808");
	buf_free(&b);
}

static void
test_printf(void **state)
{
	struct buf b;
	char long_text[600];

	(void)state;
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	buf_init(&b, 0);
	buf_printf(&b, "%s", "");
	assert_int_equal(b.n, 0);
	assert_false(buf_failed(&b));
	buf_printf(&b, "%d-", 42);
	buf_printf(&b, "%s", long_text);	/* does not fit at first */
	assert_int_equal(b.n, 3 + 599);
	assert_memory_equal(b.p, "42-", 3);
	assert_string_equal((char *)b.p + 3, long_text);
	assert_int_equal(b.p[b.n], 0);
	buf_free(&b);

	/* no text at all: this is no character of the C locale */
	buf_init(&b, 0);
	buf_puts(&b, "x");
	buf_printf(&b, "y%ls", L"\x263a");
	assert_true(buf_failed(&b));
	assert_int_equal(b.n, 1);
	assert_string_equal((char *)b.p, "x");
	buf_free(&b);

	/* to the byte: the NUL's place is not text's */
	for (size_t n = 250; n < 262; n++) {
		buf_init(&b, 0);
		buf_printf(&b, "%.*s", (int)n, long_text);
		assert_int_equal(b.n, n);
		assert_memory_equal(b.p, long_text, n);
		assert_int_equal(b.p[n], 0);
		buf_free(&b);
	}
	assert_int_equal(memory_out, 0);
}

/* Every length around each growth. */
static void
test_grows(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	for (unsigned i = 0; i < 5000; i++) {
		buf_u8(&b, (uint8_t)(i * 7));
		assert_int_equal(b.n, i + 1);
		assert_true(b.cap > b.n);
		assert_int_equal(b.p[b.n], 0);
	}
	for (unsigned i = 0; i < 5000; i++)
		assert_int_equal(b.p[i], (uint8_t)(i * 7));
	buf_free(&b);
}

static void
test_max(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	buf_put(&b, "0123456789", 10);
	assert_false(buf_failed(&b));
	assert_int_equal(b.p[10], 0);
	assert_int_equal(b.cap, 11);
	buf_put(&b, NULL, 0);
	assert_false(buf_failed(&b));
	buf_char(&b, 'x');
	assert_true(buf_failed(&b));
	assert_int_equal(b.n, 10);
	assert_str(buf_str(&b), "");	/* half a text is no text */
	assert_null(buf_grow(&b, 0));
	buf_clear(&b);
	assert_false(buf_failed(&b));
	buf_put(&b, "01234567890", 11);
	assert_true(buf_failed(&b));
	buf_free(&b);
	assert_false(buf_failed(&b));

	buf_init(&b, 0);
	assert_non_null(buf_grow(&b, (size_t)16 << 20));
	assert_null(buf_grow(&b, 1));
	buf_free(&b);

	/* no sum overflows */
	buf_init(&b, SIZE_MAX);
	buf_char(&b, 'x');
	assert_null(buf_grow(&b, SIZE_MAX));
	buf_clear(&b);
	buf_char(&b, 'x');
	assert_null(buf_grow(&b, SIZE_MAX - 1));
	buf_free(&b);
}

/* One failure, and all later writes are nothing. */
static void
test_sticky(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4);
	buf_puts(&b, "abc");
	buf_puts(&b, "de");
	buf_char(&b, 'd');
	buf_printf(&b, "%d", 1);
	buf_lv16(&b, STR(""));
	buf_decimal(&b, 1);
	buf_str_put(&b, STR("x"));
	assert_true(buf_failed(&b));
	assert_int_equal(b.n, 3);
	assert_memory_equal(b.p, "abc", 3);
	buf_free(&b);
}

static void
test_lv_too_long(void **state)
{
	static char long_text[65536];
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	buf_lv16(&b, str_of(long_text, 65535));
	assert_false(buf_failed(&b));
	assert_int_equal(b.n, 2 + 65535);
	buf_clear(&b);
	buf_lv16(&b, str_of(long_text, 65536));
	assert_true(buf_failed(&b));
	assert_int_equal(b.n, 0);
	buf_clear(&b);
	/* refused by its length: none of it is read */
	buf_lv32(&b, str_of(long_text, (size_t)UINT32_MAX + 1));
	assert_true(buf_failed(&b));
	buf_free(&b);
}

static void
test_fixed(void **state)
{
	char memory[8];
	struct buf b;

	(void)state;
	memset(memory, 'x', sizeof(memory));
	buf_init_fixed(&b, memory, sizeof(memory));
	assert_int_equal(memory[0], 0);
	buf_puts(&b, "1234567");
	assert_false(buf_failed(&b));
	assert_string_equal(memory, "1234567");
	buf_char(&b, '8');
	assert_true(buf_failed(&b));
	buf_clear(&b);
	for (size_t i = 0; i < sizeof(memory); i++)
		assert_int_equal(memory[i], 0);
	buf_printf(&b, "%s", "12345678");
	assert_true(buf_failed(&b));
	for (size_t i = 0; i < sizeof(memory); i++)
		assert_int_equal(memory[i], 0);
	buf_free(&b);
	buf_puts(&b, "ok");	/* still over the caller's memory */
	assert_string_equal(memory, "ok");
	buf_free(&b);
	assert_int_equal(memory[0], 0);

	buf_init_fixed(&b, memory, 1);
	buf_puts(&b, "");
	assert_false(buf_failed(&b));
	buf_char(&b, 'x');
	assert_true(buf_failed(&b));
	buf_init_fixed(&b, NULL, 0);
	assert_null(buf_grow(&b, 0));	/* not even the NUL finds room */
	buf_clear(&b);
	buf_puts(&b, "");
	assert_false(buf_failed(&b));
	buf_char(&b, 'x');
	assert_true(buf_failed(&b));
	buf_free(&b);
	assert_int_equal(memory_out, 0);
}

static void
test_grow_cut(void **state)
{
	struct buf b;
	uint8_t *p;

	(void)state;
	buf_init(&b, 0);
	buf_puts(&b, "ab");
	p = buf_grow(&b, 3);
	assert_non_null(p);
	assert_memory_equal(p, "\0\0\0", 3);
	memcpy(p, "cde", 3);
	assert_str(buf_str(&b), "abcde");
	buf_cut(&b, 9);
	assert_str(buf_str(&b), "abcde");
	buf_cut(&b, 2);
	assert_str(buf_str(&b), "ab");
	assert_memory_equal(b.p, "ab\0\0\0", 6);
	/* what was cut is not there again */
	assert_memory_equal(buf_grow(&b, 3), "\0\0\0", 3);
	buf_cut(&b, 0);
	assert_int_equal(b.n, 0);
	assert_non_null(buf_grow(&b, 0));
	buf_free(&b);
	buf_cut(&b, 0);
	assert_non_null(buf_grow(&b, 0));
	buf_free(&b);
}

/* The mark never reaches free(), by whichever way memory is given up. */
static void
test_wiped(void **state)
{
	struct buf b;

	(void)state;
	memory_marked = 0;
	buf_init(&b, 0);
	buf_puts(&b, MEMORY_MARK);
	for (int i = 0; i < 100; i++)		/* moves several times */
		buf_printf(&b, "%s " MEMORY_MARK " %090d", MEMORY_MARK, i);
	buf_free(&b);

	buf_init(&b, 400);
	buf_printf(&b, "%0300d", 1);
	buf_cut(&b, 0);
	buf_puts(&b, "x");
	buf_printf(&b, MEMORY_MARK "%0500d", 2);	/* fails half printed */
	assert_true(buf_failed(&b));
	buf_free(&b);

	buf_init(&b, 0);
	buf_printf(&b, "%0200d" MEMORY_MARK, 1);
	buf_cut(&b, 3);
	buf_free(&b);

	buf_init(&b, 0);
	buf_puts(&b, MEMORY_MARK);
	buf_clear(&b);
	assert_memory_equal(b.p, "\0\0\0\0\0\0\0\0", 8);
	buf_free(&b);
	assert_int_equal(memory_marked, 0);
	assert_int_equal(memory_out, 0);
}

static void
test_refused(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	memory_left = 0;
	buf_char(&b, 'x');
	memory_left = -1;
	assert_true(buf_failed(&b));
	buf_char(&b, 'x');
	assert_true(buf_failed(&b));
	buf_clear(&b);
	buf_printf(&b, "%0250d", 1);
	memory_left = 0;
	buf_printf(&b, "%0250d", 1);
	memory_left = -1;
	assert_true(buf_failed(&b));
	assert_int_equal(b.n, 250);
	assert_int_equal(b.p[250], 0);
	buf_free(&b);
	assert_int_equal(memory_out, 0);
}

static void
test_reader(void **state)
{
	struct csn_str s = STR("\x01\x02\x03\x04\x05\x06\x07"
	    "\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8" "ab" "\0\x01" "c"
	    "\0\0\0\x02" "de");
	struct reader r;

	(void)state;
	reader_init(&r, s);
	assert_int_equal(reader_u8(&r), 1);
	assert_int_equal(reader_u16(&r), 0x0203);
	assert_int_equal(reader_u32(&r), 0x04050607);
	assert_true(reader_u64(&r) == UINT64_C(0xfffefdfcfbfaf9f8));
	assert_str(reader_bytes(&r, 2), "ab");
	assert_str(reader_lv16(&r), "c");
	assert_int_equal(reader_end(&r), -1);	/* something is left */
	assert_str(reader_lv32(&r), "de");
	assert_int_equal(reader_end(&r), 0);
	assert_str(reader_bytes(&r, 0), "");
	assert_int_equal(reader_end(&r), 0);
	assert_int_equal(reader_u8(&r), 0);
	assert_int_equal(reader_end(&r), -1);
}

static void
test_reader_short(void **state)
{
	struct reader r;

	(void)state;
	reader_init(&r, str_of(NULL, 0));
	assert_int_equal(reader_end(&r), 0);
	assert_non_null(reader_bytes(&r, 0).p);
	assert_int_equal(reader_end(&r), 0);
	assert_int_equal(reader_u16(&r), 0);
	assert_int_equal(reader_end(&r), -1);

	/* a read that fails takes nothing, and no later one succeeds */
	reader_init(&r, STR("\x01\x02\x03"));
	assert_int_equal(reader_u32(&r), 0);
	assert_int_equal(reader_u8(&r), 0);
	assert_str(reader_bytes(&r, 0), "");
	assert_str(reader_bytes(&r, 1), "");
	assert_str(reader_lv16(&r), "");
	assert_true(reader_u64(&r) == 0);
	assert_true(r.failed);
	assert_int_equal(reader_end(&r), -1);

	/* lengths that promise more than there is */
	reader_init(&r, STR("\0\x03" "ab"));
	assert_str(reader_lv16(&r), "");
	assert_int_equal(reader_end(&r), -1);
	reader_init(&r, STR("\xff\xff\xff\xff" "ab"));
	assert_str(reader_lv32(&r), "");
	assert_int_equal(reader_end(&r), -1);
	reader_init(&r, STR("ab"));
	assert_str(reader_bytes(&r, SIZE_MAX), "");
	assert_int_equal(reader_end(&r), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writes),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_decimal),
		cmocka_unit_test(test_printf),
		cmocka_unit_test(test_grows),
		cmocka_unit_test(test_max),
		cmocka_unit_test(test_sticky),
		cmocka_unit_test(test_lv_too_long),
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_grow_cut),
		cmocka_unit_test(test_wiped),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_reader),
		cmocka_unit_test(test_reader_short),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
