/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-totp-transfer.c - devices brought in, taken out, named, and set right
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/url.h"

#include "tests/harness/totp_phone.h"

#include "key_uri.h"

/* RFC 6238's key */
#define KEY	"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
#define URI	"otpauth://totp/Old:alice?secret=" KEY "&issuer=Old"

static uint32_t
op(struct harness *h, const char *name, const char *form,
    struct harness_answer *ret)
{
	struct csn_req req = harness_req(CSN_EV_OP);
	struct harness_answer a;
	uint32_t verdict;

	req.op = harness_op(h, name);
	if (form != NULL)
		harness_params(h, &req, form);
	harness_manage(h, &req, &a);
	verdict = a.verdict;
	if (ret != NULL)
		*ret = a;
	else
		harness_answer_free(&a);
	return verdict;
}

static uint32_t
import(struct harness *h, const char *uri, const char *more)
{
	uint32_t verdict;
	struct buf b;

	buf_init(&b, 0);
	buf_puts(&b, "uri=");
	url_escape(&b, str_from(uri));
	buf_puts(&b, more);
	buf_char(&b, '\0');
	verdict = op(h, "import", (const char *)b.p, NULL);
	buf_free(&b);
	return verdict;
}

static void
test_read(void **state)
{
	static const struct { const char *uri; int alg; unsigned digits,
	    period; } good[] = {
		{ URI, TOTP_SHA1, 6, 30 },
		{ "otpauth://totp/a?secret=" KEY, TOTP_SHA1, 6, 30 },
		{ "otpauth://totp/a?digits=8&algorithm=SHA256&period=60&"
		    "secret=" KEY, TOTP_SHA256, 8, 60 },
		{ "otpauth://totp/a?secret=gezd-gnbv gy3t qojq "
		    "gezdgnbvgy3tqojq%3D%3D&algorithm=sha512", TOTP_SHA512,
		    6, 30 },
		{ "otpauth://totp/a?image=x&lock=true&secret=" KEY,
		    TOTP_SHA1, 6, 30 },
	};
	static const char *const bad[] = { "", "otpauth://totp/",
		"otpauth://hotp/a?secret=" KEY "&counter=1",
		"otpauth://totp/a", "otpauth://totp/a?",
		"otpauth://totp/a?secret=", "otpauth://totp/a?issuer=x",
		"otpauth://totp/a?secret=GEZDGNBV",	/* too short */
		"otpauth://totp/a?secret=" KEY "8",	/* not of base32 */
		"otpauth://totp/a?secret=" KEY "0",
		"otpauth://totp/a?secret=" KEY "A",	/* cut */
		"otpauth://totp/a?secret=" KEY "GB",	/* bits left over */
		"otpauth://totp/a?secret=" KEY "&secret=" KEY,
		"otpauth://totp/a?secret=" KEY "&digits=5",
		"otpauth://totp/a?secret=" KEY "&digits=9",
		"otpauth://totp/a?secret=" KEY "&digits=6&digits=8",
		"otpauth://totp/a?secret=" KEY "&period=0",
		"otpauth://totp/a?secret=" KEY "&period=x",
		"otpauth://totp/a?secret=" KEY "&algorithm=MD5",
		"otpauth://totp/a?secret=%zz",
		("http://totp/a?secret=" KEY),
		"otpauth://totp/a?secret" };
	struct device d;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (key_uri_read(str_from(good[i].uri), &d) != 0)
			fail_msg("refused: %s", good[i].uri);
		assert_int_equal(d.params.alg, good[i].alg);
		assert_int_equal(d.params.digits, good[i].digits);
		assert_int_equal(d.params.period, good[i].period);
		assert_int_equal(d.secret_n, 20);
		assert_memory_equal(d.secret, "12345678901234567890", 20);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (key_uri_read(str_from(bad[i]), &d) == 0)
			fail_msg("taken: %s", bad[i]);
}

/* The phone of another system goes on, from its next code. */
static void
test_import(void **state)
{
	struct harness *h = phone_host();
	struct harness_answer a;
	struct record r;
	struct phone p;

	(void)state;
	assert_int_equal(import(h, URI, "&dry=1"), CSN_DONE);
	assert_int_equal(harness_kv_size(h), 0);
	assert_int_equal(import(h, "otpauth://hotp/a?secret=" KEY, ""),
	    CSN_DENY);
	assert_int_equal(harness_kv_size(h), 0);
	assert_int_equal(import(h, URI, "&name=Work%20phone"), CSN_DONE);
	assert_true(harness_logged(h, "audit device-imported"));
	p = phone_stored(h, 0);
	assert_memory_equal(p.secret, "12345678901234567890", 20);
	assert_int_equal(phone_login(h, &p, 0), CSN_CONTINUE);
	harness_time(h, harness_now(h) + 30000);
	assert_int_equal(phone_login(h, &p, 0), CSN_GRANT);
	/* again is no second device; another is one */
	assert_int_equal(import(h, URI, ""), CSN_DONE);
	assert_int_equal(record_stored(h, &r)->n, 1);
	assert_string_equal(r.devices[0].label, "Work phone");
	assert_int_equal(import(h, "otpauth://totp/b?secret=" KEY KEY, ""),
	    CSN_DONE);
	assert_int_equal(record_stored(h, &r)->n, 2);
	/* out again, as it came in */
	assert_int_equal(op(h, "export", NULL, &a), CSN_DONE);
	assert_int_equal(a.reply.nitems, 2);
	assert_true(str_find(a.reply.items[0].detail, STR("secret=" KEY
	    "&")) > 0);
	assert_true(str_is(a.reply.items[0].title, "Work phone"));
	harness_answer_free(&a);
	assert_false(harness_logged(h, KEY));
	harness_free(h);
}

static void
test_import_full_and_faults(void **state)
{
	struct harness *h = phone_host();
	struct record r;
	char uri[128];

	(void)state;
	harness_kv_fail(h, HARNESS_KV_PUT_NEW, 1, false);
	assert_int_equal(import(h, URI, ""), CSN_ERROR);
	harness_kv_fail(h, HARNESS_KV_GET, 1, false);
	assert_int_equal(import(h, URI, ""), CSN_ERROR);
	harness_kv_fail(h, HARNESS_KV_ANY, 0, false);
	assert_int_equal(harness_kv_size(h), 0);
	for (char c = 'A'; c < 'A' + 5; c++) {
		(void)snprintf(uri, sizeof(uri), "otpauth://totp/a?secret="
		    "%c" "EZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", c);
		assert_int_equal(import(h, uri, ""), CSN_DONE);
	}
	assert_int_equal(import(h, URI, ""), CSN_DENY);
	assert_int_equal(record_stored(h, &r)->n, 5);
	/* one that is corrupt is no empty one */
	harness_kv_put(h, ACCOUNT_KEY, STR("\3\1rubbish"),
	    CSN_KV_DURABLE | CSN_KV_SECRET);
	assert_int_equal(import(h, URI, ""), CSN_ERROR);
	harness_free(h);
}

static void
test_rename(void **state)
{
	struct harness *h = phone_host();
	struct harness_answer a;
	struct csn_req req = harness_req(CSN_EV_OP);
	struct record r;
	char id[DEVICE_ID_LEN + 1];

	(void)state;
	(void)phone_enrol(h);
	memcpy(id, record_stored(h, &r)->devices[0].id, sizeof(id));
	req.op = harness_op(h, "rename");
	req.item = str_from(id);
	harness_params(h, &req, "name=%20Tablet%20");
	harness_manage(h, &req, &a);
	assert_int_equal(a.verdict, CSN_DONE);
	assert_true(str_is(a.reply.items[0].title, "Tablet"));
	harness_answer_free(&a);
	harness_params(h, &req, "name=a%0Ab");
	harness_manage(h, &req, &a);
	assert_int_equal(a.verdict, CSN_DENY);
	harness_answer_free(&a);
	req.item = STR("0123456789abcdef");
	harness_params(h, &req, "name=x");
	harness_manage(h, &req, &a);
	assert_int_equal(a.verdict, CSN_DENY);
	harness_answer_free(&a);
	harness_free(h);
}

/* The codes of a phone whose clock is off by so much, as a form. */
static const char *
pair(const struct phone *p, int64_t ms, int apart)
{
	static char form[64];
	char first[16], second[16];

	(void)snprintf(first, sizeof(first), "%s", phone_form(p, ms) + 5);
	(void)snprintf(second, sizeof(second), "%s",
	    phone_form(p, ms + apart * 30000) + 5);
	(void)snprintf(form, sizeof(form), "code=%s&next=%s", first, second);
	return form;
}

static void
test_resync(void **state)
{
	static const int64_t offs[] = { 3600000, -7200000, 80000000,
	    300000 };
	struct harness *h = phone_host();
	struct phone p = phone_enrol(h);
	int64_t off = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(offs) / sizeof(offs[0]); i++) {
		/* an older step than the last one never counts */
		harness_time(h, harness_now(h) + 100000000);
		off = offs[i];
		assert_int_equal(phone_login(h, &p, off), CSN_CONTINUE);
		/* not two that follow each other, nor the wrong way round */
		assert_int_equal(op(h, "resync", pair(&p, harness_now(h) + off,
		    2), NULL), CSN_DENY);
		assert_int_equal(op(h, "resync", pair(&p, harness_now(h) + off,
		    -1), NULL), CSN_DENY);
		assert_int_equal(op(h, "resync", "code=&next=1", NULL),
		    CSN_DENY);
		assert_int_equal(op(h, "resync", pair(&p, harness_now(h) + off,
		    1), NULL), CSN_DONE);
		/* both are used up, and the next ones go */
		assert_int_equal(phone_login(h, &p, off + 30000),
		    CSN_CONTINUE);
		assert_int_equal(op(h, "resync", pair(&p, harness_now(h) + off,
		    1), NULL), CSN_DENY);
		harness_time(h, harness_now(h) + 60000);
		assert_int_equal(phone_login(h, &p, off), CSN_GRANT);
		harness_time(h, harness_now(h) + 60000);
		assert_int_equal(phone_login(h, &p, off), CSN_GRANT);
		/* a code of our own time is far from it now */
		assert_int_equal(phone_login(h, &p, 0), CSN_CONTINUE);
	}
	harness_free(h);
}

/* Its clock runs away a step at a time: it is followed. */
static void
test_drift_after_resync(void **state)
{
	struct harness *h = phone_host();
	struct phone p = phone_enrol(h);
	int64_t off = 3600000;
	struct record r;

	(void)state;
	harness_time(h, harness_now(h) + 60000);
	assert_int_equal(op(h, "resync", pair(&p, harness_now(h) + off, 1),
	    NULL), CSN_DONE);
	for (int step = 0; step < 4; step++) {
		off += 30000;
		for (int k = 0; k < 3; k++) {
			harness_time(h, harness_now(h) + 90000);
			assert_int_equal(phone_login(h, &p, off), CSN_GRANT);
		}
		assert_int_equal(record_stored(h, &r)->devices[0].drift,
		    off / 30000);
	}
	harness_free(h);
}

/* A device that wrong codes disabled is enabled by it. */
static void
test_resync_enables(void **state)
{
	struct harness *h = phone_host();
	struct phone p = phone_enrol(h);
	struct record r;

	(void)state;
	record_stored(h, &r)->devices[0].disabled_ms = 1;
	record_store(h, &r);
	harness_time(h, harness_now(h) + 60000);
	assert_int_equal(op(h, "resync", pair(&p, harness_now(h), 1), NULL),
	    CSN_DONE);
	harness_time(h, harness_now(h) + 60000);
	assert_int_equal(phone_login(h, &p, 30000), CSN_GRANT);
	harness_free(h);
}

/* Accounts 2 to n, each with what account 1 has. */
static void
accounts_like_it(struct harness *h, unsigned n)
{
	struct csn_str raw;
	char key[64];

	assert_true(harness_kv_get(h, ACCOUNT_KEY, &raw));
	for (unsigned i = 2; i <= n; i++) {
		(void)snprintf(key, sizeof(key), "devices/account-%u", i);
		harness_kv_put(h, key, raw, CSN_KV_DURABLE | CSN_KV_SECRET);
		assert_true(harness_kv_get(h, ACCOUNT_KEY, &raw));
	}
}

/* One phone that is off is its own fault; most of them are ours. */
static void
test_clock_of_the_server(void **state)
{
	static const struct { int seen; unsigned n; const char *says; }
	rows[] = {
		{ 1, 12, "about 30 seconds ahead of this machine: it is its "
		    "clock that is slow" },
		{ -2, 150, "most of 150 devices are about 60 seconds behind "
		    "this machine: it is its clock that is fast" },
		{ 1, 9, NULL }, { 0, 20, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct harness *h = phone_host();
		struct record r;

		(void)phone_enrol(h);
		record_stored(h, &r)->devices[0].seen = rows[i].seen;
		r.devices[0].seen_count = 3;
		r.devices[0].used_ms = harness_now(h);
		record_store(h, &r);
		accounts_like_it(h, rows[i].n);
		harness_log_clear(h);
		assert_int_equal(harness_selftest(h, 0), CSN_OK);
		assert_false(harness_logged(h, "this machine"));
		assert_int_equal(harness_selftest(h, 1), CSN_OK);
		assert_int_equal(harness_logged(h, "most of"),
		    rows[i].says != NULL);
		if (rows[i].says != NULL && !harness_logged(h, rows[i].says))
			fail_msg("row %zu: %s", i, harness_log(h));
		/* half of them are right: then it is not us */
		r.devices[0].seen = 0;
		record_store(h, &r);
		accounts_like_it(h, rows[i].n / 2 + 1);
		harness_log_clear(h);
		assert_int_equal(harness_selftest(h, 1), CSN_OK);
		assert_false(harness_logged(h, "most of"));
		harness_free(h);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_import),
		cmocka_unit_test(test_import_full_and_faults),
		cmocka_unit_test(test_rename),
		cmocka_unit_test(test_resync),
		cmocka_unit_test(test_drift_after_resync),
		cmocka_unit_test(test_resync_enables),
		cmocka_unit_test(test_clock_of_the_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
