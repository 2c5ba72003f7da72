/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-store.c - each sentence of store.h, with one process and one thread
 */
#include "testing.h"

#include <stdio.h>
#include <sys/stat.h>

#include "sqlite.h"

static struct store *s;
static struct buf b;

static int
set_up(void **state)
{
	buf_init(&b, 0);
	if (folder_make(state) < 0)
		return -1;
	s = store_here(true);
	return 0;
}

static int
tear_down(void **state)
{
	store_close(s);
	buf_free(&b);
	return folder_remove(state);
}

static int
get(const char *key, int64_t now_ms)
{
	buf_clear(&b);
	return store_get(s, str_from(key), now_ms, &b);
}

static void
test_put_and_get(void **state)
{
	static const char bytes[] = "a\0b\xff";

	(void)state;
	assert_int_equal(get("k", NOW), STORE_ABSENT);
	assert_int_equal(b.n, 0);
	assert_int_equal(store_put(s, STR("k"), STR("one"), 0, NOW),
	    STORE_OK);
	assert_str(value_of(s, STR("k"), &b), "one");
	assert_int_equal(store_put(s, STR("k"), STR("two"), 0, NOW),
	    STORE_OK);
	assert_str(value_of(s, STR("k"), &b), "two");
	/* what was in the buffer stays */
	assert_int_equal(store_get(s, STR("k"), NOW, &b), STORE_OK);
	assert_str(buf_str(&b), "twotwo");
	/* bytes are bytes, in keys too; the empty value is one */
	assert_int_equal(store_put(s, str_of(bytes, 4), str_of(bytes, 4), 0,
	    NOW), STORE_OK);
	assert_true(str_equal(value_of(s, str_of(bytes, 4), &b),
	    str_of(bytes, 4)));
	assert_int_equal(get("a", NOW), STORE_ABSENT);
	assert_int_equal(store_put(s, STR("k"), str_of(NULL, 0), 0, NOW),
	    STORE_OK);
	assert_int_equal(value_of(s, STR("k"), &b).n, 0);
}

static void
test_limits(void **state)
{
	static char big[STORE_VALUE_MAX + 1];
	struct csn_str most = str_of(big, STORE_VALUE_MAX);
	struct csn_str more = str_of(big, STORE_VALUE_MAX + 1);
	struct store_op op = {
		.key = STR("k"), .kind = (enum store_op_kind)99
	};
	uint8_t small[8];
	struct buf fixed;

	(void)state;
	memset(big, 'v', sizeof(big));
	assert_int_equal(store_put(s, str_of(big, STORE_KEY_MAX), most, 0,
	    NOW), STORE_OK);
	assert_true(str_equal(value_of(s, str_of(big, STORE_KEY_MAX), &b),
	    most));
	assert_int_equal(store_put(s, str_of(big, STORE_KEY_MAX + 1),
	    STR("v"), 0, NOW), STORE_INVALID);
	assert_int_equal(store_put(s, STR(""), STR("v"), 0, NOW),
	    STORE_INVALID);
	assert_int_equal(store_put(s, STR("k"), more, 0, NOW), STORE_INVALID);
	assert_int_equal(store_put(s, STR("k"), STR("v"), -1, NOW),
	    STORE_INVALID);
	assert_int_equal(store_swap(s, STR("k"), more, STR("v"), NOW),
	    STORE_INVALID);
	assert_int_equal(store_batch(s, &op, 1, NOW), STORE_INVALID);
	assert_int_equal(store_get(s, STR(""), NOW, &b), STORE_INVALID);
	assert_int_equal(get("k", NOW), STORE_ABSENT);
	/* a buffer that is too small is no success */
	buf_init_fixed(&fixed, small, sizeof(small));
	assert_int_equal(store_get(s, str_of(big, STORE_KEY_MAX), NOW,
	    &fixed), STORE_FAILED);
}

static void
test_expiry(void **state)
{
	int64_t expires_ms = -1;

	(void)state;
	assert_int_equal(store_put(s, STR("k"), STR("v"), NOW + 10, NOW),
	    STORE_OK);
	assert_int_equal(get("k", NOW + 9), STORE_OK);
	assert_int_equal(store_get_until(s, STR("k"), NOW, &b, &expires_ms),
	    STORE_OK);
	assert_int_equal(expires_ms, NOW + 10);
	expires_ms = -1;
	assert_int_equal(store_get_until(s, STR("k"), NOW + 10, &b,
	    &expires_ms), STORE_ABSENT);
	assert_int_equal(expires_ms, -1);
	/* the clock is the caller's: back again it lives again */
	assert_int_equal(get("k", NOW), STORE_OK);
	assert_int_equal(store_put(s, STR("k"), STR("v"), 0, NOW), STORE_OK);
	assert_int_equal(store_get_until(s, STR("k"), INT64_MAX, &b,
	    &expires_ms), STORE_OK);
	assert_int_equal(expires_ms, 0);
}

static void
test_put_new(void **state)
{
	(void)state;
	assert_int_equal(store_put_new(s, STR("k"), STR("one"), NOW + 10,
	    NOW), STORE_OK);
	assert_int_equal(store_put_new(s, STR("k"), STR("two"), 0, NOW + 9),
	    STORE_EXISTS);
	assert_str(value_of(s, STR("k"), &b), "one");
	assert_int_equal(store_put_new(s, STR("k"), STR("two"), 0, NOW + 10),
	    STORE_OK);
	assert_str(value_of(s, STR("k"), &b), "two");
	assert_int_equal(store_put_new(s, STR("k"), STR("three"), 0,
	    INT64_MAX), STORE_EXISTS);
}

static void
test_swap(void **state)
{
	struct store_op op = { .kind = STORE_SWAP, .key = STR("k"),
		.before = STR("two"), .value = STR("three"),
		.expires_ms = NOW + 99 };
	int64_t expires_ms = 0;

	(void)state;
	assert_int_equal(store_swap(s, STR("k"), STR(""), STR("v"), NOW),
	    STORE_ABSENT);
	assert_int_equal(store_put(s, STR("k"), STR("one"), NOW + 10, NOW),
	    STORE_OK);
	assert_int_equal(store_swap(s, STR("k"), STR("on"), STR("v"), NOW),
	    STORE_STALE);
	assert_int_equal(store_swap(s, STR("k"), STR("one"), STR("two"),
	    NOW), STORE_OK);
	/* the expiry stays */
	assert_int_equal(store_get_until(s, STR("k"), NOW, &b, &expires_ms),
	    STORE_OK);
	assert_str(buf_str(&b), "two");
	assert_int_equal(expires_ms, NOW + 10);
	assert_int_equal(store_swap(s, STR("k"), STR("two"), STR("v"),
	    NOW + 10), STORE_ABSENT);
	/* unless another is given */
	assert_int_equal(store_batch(s, &op, 1, NOW), STORE_OK);
	assert_int_equal(get("k", NOW + 98), STORE_OK);
	assert_str(buf_str(&b), "three");
	assert_int_equal(get("k", NOW + 99), STORE_ABSENT);
}

static void
test_delete(void **state)
{
	struct store_op op = { .kind = STORE_DELETE, .key = STR("k") };

	(void)state;
	assert_int_equal(store_put(s, STR("k"), STR("v"), NOW + 10, NOW),
	    STORE_OK);
	assert_int_equal(store_batch(s, &op, 1, NOW + 10), STORE_OK);
	assert_int_equal(op.ret, STORE_ABSENT);
	assert_int_equal(store_batch(s, &op, 1, NOW), STORE_OK);
	assert_int_equal(op.ret, STORE_OK);
	assert_int_equal(get("k", NOW), STORE_ABSENT);
	assert_int_equal(store_delete(s, STR("k"), NOW), STORE_OK);
}

static void
test_count(void **state)
{
	int64_t n = 77, expires_ms = 0;

	(void)state;
	assert_int_equal(store_count(s, STR("c"), 3, NOW + 10, NOW, &n),
	    STORE_OK);
	assert_int_equal(n, 3);
	assert_int_equal(store_count(s, STR("c"), -5, NOW + 50, NOW + 9, &n),
	    STORE_OK);
	assert_int_equal(n, -2);
	/* a counter reads as digits; its expiry is the first one's */
	assert_int_equal(store_get_until(s, STR("c"), NOW, &b, &expires_ms),
	    STORE_OK);
	assert_str(buf_str(&b), "-2");
	assert_int_equal(expires_ms, NOW + 10);
	/* expired, it starts at 0 */
	assert_int_equal(store_count(s, STR("c"), 1, 0, NOW + 10, &n),
	    STORE_OK);
	assert_int_equal(n, 1);
	assert_int_equal(store_count(s, STR("c"), 0, 0, NOW, &n), STORE_OK);
	assert_int_equal(n, 1);
}

static void
test_count_edges(void **state)
{
	static const char *const no_number[] = { "", "-", "x", "1x", " 1",
		"+1", "--1", "9223372036854775808", "-9223372036854775809",
		"99999999999999999999" };
	int64_t n = 77;

	(void)state;
	for (size_t i = 0; i < COUNT(no_number); i++) {
		assert_int_equal(store_put(s, STR("c"), str_from(no_number[i]),
		    0, NOW), STORE_OK);
		assert_int_equal(store_count(s, STR("c"), 1, 0, NOW, &n),
		    STORE_INVALID);
		assert_str(value_of(s, STR("c"), &b), no_number[i]);
	}
	assert_int_equal(n, 77);
	assert_int_equal(store_delete(s, STR("c"), NOW), STORE_OK);
	assert_int_equal(store_count(s, STR("c"), INT64_MAX, 0, NOW, &n),
	    STORE_OK);
	assert_int_equal(store_count(s, STR("c"), 1, 0, NOW, &n),
	    STORE_INVALID);
	assert_int_equal(n, INT64_MAX);
	assert_int_equal(store_count(s, STR("c"), INT64_MIN, 0, NOW, &n),
	    STORE_OK);
	assert_int_equal(n, -1);
	assert_int_equal(store_count(s, STR("c"), -INT64_MAX, 0, NOW, &n),
	    STORE_OK);
	assert_true(n == INT64_MIN);
	assert_int_equal(store_count(s, STR("c"), 0, 0, NOW, &n), STORE_OK);
	assert_int_equal(store_count(s, STR("c"), -1, 0, NOW, &n),
	    STORE_INVALID);
}

static int
touch(int64_t expires_ms, int64_t now_ms)
{
	struct store_op op = { .kind = STORE_TOUCH, .key = STR("k"),
		.expires_ms = expires_ms };
	int64_t is = -1;
	int rc = store_batch(s, &op, 1, now_ms);

	if (rc != STORE_OK)
		return rc;
	buf_clear(&b);
	assert_int_equal(store_get_until(s, STR("k"), now_ms, &b, &is),
	    STORE_OK);
	assert_str(buf_str(&b), "v");
	return is == 0 ? 0 : (int)(is - NOW);
}

static void
test_touch(void **state)
{
	(void)state;
	assert_int_equal(touch(NOW + 10, NOW), STORE_ABSENT);
	assert_int_equal(store_put(s, STR("k"), STR("v"), NOW + 10, NOW),
	    STORE_OK);
	assert_int_equal(touch(NOW + 20, NOW), 20);
	assert_int_equal(touch(NOW + 15, NOW), 20);	/* never back */
	assert_int_equal(touch(NOW + 30, NOW + 20), STORE_ABSENT);
	assert_int_equal(touch(0, NOW), 0);
	assert_int_equal(touch(NOW + 30, NOW), 0);
}

static void
test_batch_all_or_none(void **state)
{
	struct store_op ops[] = {
		{ .kind = STORE_PUT, .key = STR("a"), .value = STR("new") },
		{ .kind = STORE_COUNT, .key = STR("c"), .delta = 1 },
		{ .kind = STORE_DELETE, .key = STR("d") },
		{ .kind = STORE_DELETE, .key = STR("none") },
		{ .kind = STORE_REVOKE, .value = STR("feed") },
		{ .kind = STORE_PUT_NEW, .key = STR("n"), .value = STR("v") },
		{ .kind = STORE_PUT, .key = STR("z"), .value = STR("v") },
	};
	uint64_t low, high;

	(void)state;
	assert_int_equal(store_put(s, STR("a"), STR("old"), 0, NOW), 0);
	assert_int_equal(store_put(s, STR("d"), STR("old"), 0, NOW), 0);
	assert_int_equal(store_put(s, STR("n"), STR("old"), 0, NOW), 0);
	assert_int_equal(store_batch(s, ops, COUNT(ops), NOW), STORE_EXISTS);
	assert_int_equal(ops[3].ret, STORE_ABSENT);
	assert_int_equal(ops[5].ret, STORE_EXISTS);
	assert_int_equal(ops[6].ret, STORE_FAILED);
	assert_int_equal(ops[1].ret_count, 0);
	assert_int_equal(ops[4].ret_count, 0);
	assert_str(value_of(s, STR("a"), &b), "old");
	assert_str(value_of(s, STR("d"), &b), "old");
	assert_int_equal(get("c", NOW), STORE_ABSENT);
	assert_int_equal(get("z", NOW), STORE_ABSENT);
	assert_int_equal(store_feed_range(s, &low, &high), STORE_OK);
	assert_int_equal(high, 0);

	assert_int_equal(store_delete(s, STR("n"), NOW), STORE_OK);
	assert_int_equal(store_batch(s, ops, COUNT(ops), NOW), STORE_OK);
	assert_int_equal(ops[1].ret_count, 1);
	assert_int_equal(ops[4].ret_count, 1);	/* no gap from the undone */
	assert_int_equal(ops[6].ret, STORE_OK);
	assert_str(value_of(s, STR("a"), &b), "new");
	assert_int_equal(get("d", NOW), STORE_ABSENT);
	assert_str(value_of(s, STR("z"), &b), "v");
}

/* Each kind that can refuse undoes what stands before it. */
static void
test_batch_refusals(void **state)
{
	static const struct { struct store_op op; int rc; } rows[] = {
		{ { .kind = STORE_PUT_NEW, .key = STR_INIT("k") },
		    STORE_EXISTS },
		{ { .kind = STORE_SWAP, .key = STR_INIT("k") }, STORE_STALE },
		{ { .kind = STORE_SWAP, .key = STR_INIT("x") }, STORE_ABSENT },
		{ { .kind = STORE_COUNT, .key = STR_INIT("k") },
		    STORE_INVALID },
		{ { .kind = STORE_TOUCH, .key = STR_INIT("x") },
		    STORE_ABSENT },
		{ { .kind = STORE_PUT, .key = STR_INIT("") }, STORE_INVALID },
	};
	struct store_op ops[2] = { { .kind = STORE_PUT, .key = STR("first"),
		.value = STR("v") } };

	(void)state;
	assert_int_equal(store_put(s, STR("k"), STR("v"), 0, NOW), STORE_OK);
	for (size_t i = 0; i < COUNT(rows); i++) {
		ops[1] = rows[i].op;
		assert_int_equal(store_batch(s, ops, 2, NOW), rows[i].rc);
		assert_int_equal(ops[1].ret, rows[i].rc);
		assert_int_equal(get("first", NOW), STORE_ABSENT);
	}
	assert_int_equal(store_batch(s, ops, 0, NOW), STORE_OK);
}

static void
test_batch_sees_itself(void **state)
{
	struct store_op ops[] = {
		{ .kind = STORE_PUT_NEW, .key = STR("k"), .value = STR("1") },
		{ .kind = STORE_COUNT, .key = STR("k"), .delta = 41 },
		{ .kind = STORE_SWAP, .key = STR("k"), .before = STR("42"),
		    .value = STR("done") },
		{ .kind = STORE_DELETE, .key = STR("k") },
		{ .kind = STORE_PUT_NEW, .key = STR("k"), .value = STR("2") },
	};

	(void)state;
	assert_int_equal(store_batch(s, ops, COUNT(ops), NOW), STORE_OK);
	assert_int_equal(ops[1].ret_count, 42);
	assert_str(value_of(s, STR("k"), &b), "2");
}

/* Keys, one by one, with a blank behind each. */
static int
list_key(void *arg, struct csn_str key, struct csn_str value,
    int64_t expires_ms)
{
	size_t *left = arg;

	assert_str(value, "v");
	assert_true(expires_ms == 0 || expires_ms == NOW + 10);
	buf_str_put(&b, key);
	buf_char(&b, ' ');
	return left != NULL && --*left == 0;
}

static const char *
list(const char *prefix, const char *after, size_t max, int64_t now_ms)
{
	buf_clear(&b);
	assert_int_equal(store_list(s, str_from(prefix), str_from(after), max,
	    now_ms, list_key, NULL), STORE_OK);
	return buf_str(&b).p;
}

static void
test_list(void **state)
{
	static const char *const keys[] = { "b/2", "b/10", "b/", "b", "a/1",
		"b0", "b/1", "c" };
	char *end = NULL;
	size_t left = 2;

	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++)
		assert_int_equal(store_put(s, str_from(keys[i]), STR("v"),
		    strcmp(keys[i], "b/1") == 0 ? NOW + 10 : 0, NOW),
		    STORE_OK);
	assert_string_equal(list("b/", "", 99, NOW), "b/ b/1 b/10 b/2 ");
	assert_string_equal(list("b/", "", 99, NOW + 10), "b/ b/10 b/2 ");
	assert_string_equal(list("b/", "b/1", 99, NOW), "b/10 b/2 ");
	assert_string_equal(list("b/", "b/11", 99, NOW), "b/2 ");
	assert_string_equal(list("b/", "a", 2, NOW), "b/ b/1 ");
	assert_string_equal(list("b/", "b/2", 99, NOW), "");
	assert_string_equal(list("b/", "zz", 99, NOW), "");
	assert_string_equal(list("b/", "", 0, NOW), "");
	assert_string_equal(list("x", "", 99, NOW), "");
	assert_string_equal(list("", "b0", SIZE_MAX, NOW), "c ");
	assert_string_equal(list("", "", SIZE_MAX, NOW),
	    "a/1 b b/ b/1 b/10 b/2 b0 c ");
	/* the callback says when to stop */
	buf_clear(&b);
	assert_int_equal(store_list(s, STR(""), STR(""), 99, NOW, list_key,
	    &left), STORE_OK);
	assert_str(buf_str(&b), "a/1 b ");
	/* bytes of 0xff have nothing behind them to end at */
	end = calloc(1, STORE_KEY_MAX + 1);
	assert_non_null(end);
	memset(end, 0xff, STORE_KEY_MAX);
	assert_int_equal(store_put(s, str_of(end, STORE_KEY_MAX), STR("v"), 0,
	    NOW), STORE_OK);
	assert_int_equal(strlen(list(end, "", 99, NOW)), STORE_KEY_MAX + 1);
	assert_int_equal(strlen(list("\xff", "", 99, NOW)),
	    STORE_KEY_MAX + 1);
	assert_int_equal(strlen(list("", "c", 99, NOW)), STORE_KEY_MAX + 1);
	assert_string_equal(list("c\xff", "", 99, NOW), "");
	free(end);
}

static int
feed_entry(void *arg, uint64_t number, struct csn_str value)
{
	size_t *left = arg;

	buf_printf(&b, "%u=%.*s ", (unsigned)number, STR_FMT(value));
	return left != NULL && --*left == 0;
}

static const char *
feed(uint64_t after, size_t max)
{
	buf_clear(&b);
	assert_int_equal(store_feed_read(s, after, max, feed_entry, NULL),
	    STORE_OK);
	return buf_str(&b).p;
}

static void
assert_range(uint64_t low, uint64_t high)
{
	uint64_t is_low = 0, is_high = 0;

	assert_int_equal(store_feed_range(s, &is_low, &is_high), STORE_OK);
	assert_int_equal(is_low, low);
	assert_int_equal(is_high, high);
}

static void
test_feed(void **state)
{
	static const char *const values[] = { "a", "b", "c" };
	struct store_op op = { .kind = STORE_REVOKE };
	size_t left = 1;

	(void)state;
	assert_range(1, 0);
	for (size_t i = 0; i < COUNT(values); i++) {
		op.value = str_from(values[i]);
		assert_int_equal(store_batch(s, &op, 1, NOW), STORE_OK);
		assert_int_equal(op.ret_count, i + 1);
	}
	assert_range(1, 3);
	assert_string_equal(feed(0, 99), "1=a 2=b 3=c ");
	assert_string_equal(feed(1, 1), "2=b ");
	assert_string_equal(feed(3, 99), "");
	assert_string_equal(feed(UINT64_MAX, 99), "");
	buf_clear(&b);
	assert_int_equal(store_feed_read(s, 0, 99, feed_entry, &left),
	    STORE_OK);
	assert_str(buf_str(&b), "1=a ");
	assert_int_equal(store_feed_trim(s, 2), STORE_OK);
	assert_range(3, 3);
	assert_string_equal(feed(0, 99), "3=c ");
	/* trimmed wholly, opened anew: a number is never given again */
	assert_int_equal(store_feed_trim(s, UINT64_MAX), STORE_OK);
	assert_range(4, 3);
	store_close(s);
	s = store_here(false);
	assert_range(4, 3);
	assert_int_equal(store_batch(s, &op, 1, NOW), STORE_OK);
	assert_int_equal(op.ret_count, 4);
	assert_range(4, 4);
}

static int
rows(void)
{
	sqlite3_stmt *st = NULL;
	sqlite3 *db = NULL;
	int n;

	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM kv", -1,
	    &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	n = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return n;
}

static size_t
swept(int64_t now_ms, size_t max)
{
	size_t n = SIZE_MAX;

	assert_int_equal(store_sweep(s, now_ms, max, &n), STORE_OK);
	return n;
}

static void
test_sweep(void **state)
{
	struct store_op ops[3000];
	static char keys[3000][16];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(ops); i++) {
		int len = snprintf(keys[i], sizeof(keys[i]), "%zu", i * 7919);

		ops[i] = (struct store_op){ .kind = STORE_PUT,
			.key = str_of(keys[i], (size_t)len), .value = STR("v"),
			.expires_ms = i % 3 == 0 ? 0 : NOW + (int)(i % 3) };
	}
	assert_int_equal(store_batch(s, ops, COUNT(ops), NOW), STORE_OK);
	assert_int_equal(swept(NOW, 99999), 0);
	assert_int_equal(rows(), 3000);
	assert_int_equal(swept(NOW + 1, 0), 0);
	assert_int_equal(rows(), 3000);
	assert_int_equal(swept(NOW + 1, 7), 7);
	assert_int_equal(rows(), 2993);
	assert_int_equal(swept(NOW + 1, 99999), 993);
	assert_int_equal(rows(), 2000);
	/* where it stopped it goes on, and it comes round */
	for (int i = 0; i < 60; i++)
		n += swept(NOW + 2, 50);
	assert_int_equal(n, 1000);
	assert_int_equal(rows(), 1000);
	for (size_t i = 0; i < COUNT(ops); i += 3)
		assert_int_equal(get(keys[i], INT64_MAX), STORE_OK);
}

static void
test_ping_and_calls(void **state)
{
	uint64_t before = store_calls(s), low, high;

	(void)state;
	assert_int_equal(store_ping(s, NOW), STORE_OK);
	assert_int_equal(store_ping(s, NOW), STORE_OK);
	(void)get("k", NOW);
	assert_int_equal(store_feed_range(s, &low, &high), STORE_OK);
	(void)store_put(s, STR(""), STR(""), 0, NOW);
	assert_int_equal(store_calls(s), before + 5);
	buf_clear(&b);
	store_trouble(s, &b);
	assert_int_equal(b.n, 0);
	store_close(NULL);
}

static void
test_durable_over_close(void **state)
{
	struct store *other;

	(void)state;
	assert_int_equal(store_put(s, STR("k"), STR("v"), 0, NOW), STORE_OK);
	/* another connection sees it at once */
	other = store_here(false);
	assert_str(value_of(other, STR("k"), &b), "v");
	store_close(s);
	assert_int_equal(store_count(other, STR("c"), 1, 0, NOW,
	    &(int64_t){ 0 }), STORE_OK);
	store_close(other);
	s = store_here(false);
	assert_str(value_of(s, STR("k"), &b), "v");
	assert_str(value_of(s, STR("c"), &b), "1");
}

static void
test_settings(void **state)
{
	static const struct { const char *sql; int want; } rows_[] = {
		{ "PRAGMA synchronous", 2 }, { "PRAGMA mmap_size", 0 },
		{ "PRAGMA application_id", SQLITE_APPLICATION_ID },
		{ "PRAGMA user_version", SQLITE_SCHEMA_VERSION },
	};
	sqlite3 *db = ((struct sqlite_store *)s)->writer.conn->db;
	sqlite3_stmt *st;
	struct stat info;

	(void)state;
	for (size_t i = 0; i < COUNT(rows_); i++) {
		assert_int_equal(sqlite3_prepare_v2(db, rows_[i].sql, -1, &st,
		    NULL), SQLITE_OK);
		assert_int_equal(sqlite3_step(st), SQLITE_ROW);
		assert_int_equal(sqlite3_column_int(st, 0), rows_[i].want);
		sqlite3_finalize(st);
	}
	assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1,
	    &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(st, 0), "wal");
	sqlite3_finalize(st);
	assert_int_equal(stat(file, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0600);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_put_and_get),
		TEST(test_limits),
		TEST(test_expiry),
		TEST(test_put_new),
		TEST(test_swap),
		TEST(test_delete),
		TEST(test_count),
		TEST(test_count_edges),
		TEST(test_touch),
		TEST(test_batch_all_or_none),
		TEST(test_batch_refusals),
		TEST(test_batch_sees_itself),
		TEST(test_list),
		TEST(test_feed),
		TEST(test_sweep),
		TEST(test_ping_and_calls),
		TEST(test_durable_over_close),
		TEST(test_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
