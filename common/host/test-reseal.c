/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-reseal.c - records under a new key, one by one, and none lost
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "host_testing.h"
#include "reseal.h"

#define RECORDS 700u

static struct keyring cookies, records;
static struct store *store;
static struct sealer *sealer;
static char path[64];

static struct csn_str
key_of(unsigned i, char *room, size_t n)
{
	struct buf b;

	buf_init_fixed(&b, room, n);
	buf_printf(&b, "k/phone/devices/%05u", i);
	return buf_str(&b);
}

/* As call_kv.c writes them. */
static void
put(struct csn_str key, struct csn_str plain, int64_t expires_ms)
{
	struct buf context, value;

	buf_init(&context, 512);
	buf_init(&value, 1024);
	buf_u8(&context, 3);
	buf_char(&context, '/');
	buf_str_put(&context, key);
	buf_u8(&value, 3);
	assert_int_equal(seal_put(sealer, SEAL_RECORD, buf_str(&context),
	    plain, &value), 0);
	assert_int_equal(store_put(store, key, buf_str(&value), expires_ms,
	    T_NOW), STORE_OK);
	buf_free(&context);
	buf_free(&value);
}

/* The key's id of a record, which must open to this. */
static uint32_t
sealed_by(struct csn_str key, struct csn_str plain)
{
	struct buf context, raw, got;
	uint32_t id;

	buf_init(&context, 512);
	buf_init(&raw, 1024);
	buf_init(&got, 1024);
	assert_int_equal(store_get(store, key, T_NOW, &raw), STORE_OK);
	buf_u8(&context, raw.p[0]);
	buf_char(&context, '/');
	buf_str_put(&context, key);
	assert_int_equal(seal_open(sealer, SEAL_RECORD, buf_str(&context),
	    str_from_at(buf_str(&raw), 1), &got), 0);
	assert_true(str_equal(buf_str(&got), plain));
	id = seal_key_id(str_from_at(buf_str(&raw), 1));
	buf_free(&context);
	buf_free(&raw);
	buf_free(&got);
	return id;
}

static void
ring_make(struct keyring *ring, unsigned n)
{
	memset(ring, 0, sizeof(*ring));
	ring->nkeys = n;
	for (unsigned i = 0; i < n; i++) {
		ring->keys[i].id = i + 1;
		ring->keys[i].state = i + 1 == n ? KEY_ACTIVE : KEY_OLD;
		memset(ring->keys[i].bytes, (int)i + 1,
		    sizeof(ring->keys[i].bytes));
	}
}

static int
set_up(void **state)
{
	struct buf error;
	int fd;

	(void)state;
	(void)snprintf(path, sizeof(path), "/tmp/csn-reseal-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	unlink(path);
	buf_init(&error, 1024);
	assert_int_equal(store_sqlite_open(path, true, &store, &error), 0);
	buf_free(&error);
	ring_make(&cookies, 1);
	ring_make(&records, 1);
	sealer = sealer_new(&cookies, &records);
	assert_non_null(sealer);
	return 0;
}

static int
tear_down(void **state)
{
	char more[80];

	(void)state;
	store_close(store);
	sealer_free(sealer);
	unlink(path);
	for (int i = 0; i < 2; i++) {
		(void)snprintf(more, sizeof(more), "%s%s", path, i == 0 ?
		    "-wal" : "-shm");
		unlink(more);
	}
	return 0;
}

static void
rotate(unsigned n)
{
	ring_make(&records, n);
	assert_int_equal(sealer_reload(sealer, &cookies, &records), 0);
}

/* All steps of a pass; how many were sealed anew. */
static int
pass_run(struct reseal *pass)
{
	int all = 0, steps = 0;

	do {
		int n = reseal_step(pass, store, sealer, 100, T_NOW);

		assert_true(n >= 0 && steps++ < 100);
		all += n;
	} while (!pass->over);
	return all;
}

static void
test_all_of_them(void **state)
{
	struct reseal pass = { .started = false };
	char room[64];

	(void)state;
	for (unsigned i = 0; i < RECORDS; i++)
		put(key_of(i, room, sizeof(room)), STR("secret"), 0);
	put(STR("k/phone/passing"), STR("soon gone"), T_NOW + 60000);
	assert_int_equal(store_put(store, STR("s/other"), STR("no record"), 0,
	    T_NOW), STORE_OK);
	assert_int_equal(pass_run(&pass), 0);
	rotate(2);
	assert_int_equal(pass_run(&pass), RECORDS);
	for (unsigned i = 0; i < RECORDS; i++)
		assert_int_equal(sealed_by(key_of(i, room, sizeof(room)),
		    STR("secret")), 2);
	/* what ends by itself is left alone */
	assert_int_equal(sealed_by(STR("k/phone/passing"),
	    STR("soon gone")), 1);
	/* nothing is left to do, until the keys change again */
	assert_int_equal(reseal_step(&pass, store, sealer, 100, T_NOW), 0);
	rotate(3);
	assert_int_equal(pass_run(&pass), RECORDS);
	assert_int_equal(sealed_by(key_of(0, room, sizeof(room)),
	    STR("secret")), 3);
}

/* Damaged, empty, or sealed by nobody we know: left as it is, and passed. */
static void
test_what_does_not_open(void **state)
{
	struct reseal pass = { .started = false };
	static const char *const odd[] = { "x", "\3", ("\3not sealed at "
	    "all, but long enough to look as if somebody had sealed it") };
	struct buf raw;

	(void)state;
	put(STR("k/phone/a"), STR("first"), 0);
	put(STR("k/phone/z"), STR("last"), 0);
	for (size_t i = 0; i < 3; i++) {
		char key[] = "k/phone/m0";

		key[sizeof(key) - 2] = (char)('0' + i);
		assert_int_equal(store_put(store, str_from(key),
		    str_from(odd[i]), 0, T_NOW), STORE_OK);
	}
	rotate(2);
	assert_int_equal(pass_run(&pass), 2);
	assert_int_equal(sealed_by(STR("k/phone/z"), STR("last")), 2);
	buf_init(&raw, 1024);
	assert_int_equal(store_get(store, STR("k/phone/m2"), T_NOW, &raw),
	    STORE_OK);
	assert_true(str_is(buf_str(&raw), odd[2]));
	buf_free(&raw);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_all_of_them, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(test_what_does_not_open,
		    set_up, tear_down),
	};

	return cmocka_run_group_tests_name("reseal", tests, NULL, NULL);
}
