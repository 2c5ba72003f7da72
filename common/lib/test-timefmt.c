/* SPDX-License-Identifier: Apache-2.0 */
/* test-timefmt.c - each sentence of timefmt.h, beside the C library's */
#include "testing.h"

#include <stdio.h>
#include <time.h>

#include "timefmt.h"

static void
test_clocks(void **state)
{
	int64_t wall = clock_wall_ms(), mono = clock_mono_ms();

	(void)state;
	assert_in_range(wall / 1000, time(NULL) - 2, time(NULL) + 2);
	assert_true(mono >= 0);
	assert_true(clock_mono_ms() >= mono);
}

/* Days of 10,000 years, against gmtime_r(), and back again. */
static void
test_calendar(void **state)
{
	struct buf b;

	(void)state;
	(void)setenv("TZ", "Asia/Kathmandu", 1);	/* must not matter */
	tzset();
	buf_init(&b, 0);
	for (int64_t s = -62167219200; s <= 253402300799; s += 86399 * 37) {
		time_t t = (time_t)s;
		struct tm tm;
		int64_t ms;
		char want[64];

		assert_non_null(gmtime_r(&t, &tm));
		(void)snprintf(want, sizeof(want),
		    "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900,
		    tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
		    tm.tm_sec, (int)(s & 511));
		time_rfc3339(&b, s * 1000 + (s & 511));
		assert_str(buf_str(&b), want);
		assert_int_equal(time_parse(buf_str(&b), &ms), 0);
		assert_true(ms == s * 1000 + (s & 511));
		buf_clear(&b);
	}
	buf_free(&b);
}

static void
test_rfc3339(void **state)
{
	static const struct { int64_t ms; const char *want; } rows[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ -1, "1969-12-31T23:59:59.999Z" },
		{ INT64_C(1795514523004), "2026-11-24T10:02:03.004Z" },
		{ INT64_C(951782400000), "2000-02-29T00:00:00.000Z" },
		{ INT64_C(253402300799999), "9999-12-31T23:59:59.999Z" },
		{ INT64_C(-62167219200000), "0000-01-01T00:00:00.000Z" },
	};
	static const int64_t outside[] = {
		INT64_C(253402300800000), INT64_C(-62167219200001),
		INT64_MAX, INT64_MIN,
	};
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		time_rfc3339(&b, rows[i].ms);
		assert_str(buf_str(&b), rows[i].want);
		buf_clear(&b);
	}
	for (size_t i = 0; i < COUNT(outside); i++) {
		time_rfc3339(&b, outside[i]);
		assert_true(buf_failed(&b));
		buf_clear(&b);
	}
	buf_free(&b);
}

static void
test_parse(void **state)
{
	static const struct { const char *text; int64_t ms; } rows[] = {
		{ "1970-01-01", 0 },
		{ "2027-02-01", INT64_C(1801440000000) },
		{ "2024-02-29", INT64_C(1709164800000) },
		{ "2000-02-29", INT64_C(951782400000) },
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1970-01-01t00:00:00z", 0 },
		{ "1970-01-01T00:00:00.5Z", 500 },
		{ "1970-01-01T00:00:00.0049Z", 4 },
		{ "1970-01-01T00:00:00.123456789123456789Z", 123 },
		{ "1970-01-01T01:00:00+01:00", 0 },
		{ "1969-12-31T15:29:59.25-08:30", -750 },
		{ "1970-01-01T00:00:00-00:00", 0 },
		{ "1970-01-01T23:59:00+23:59", 0 },
		{ "2026-11-24T10:02:03.004Z", INT64_C(1795514523004) },
		/* leap seconds, of UTC and as seen elsewhere */
		{ "2016-12-31T23:59:60Z", INT64_C(1483228800000) },
		{ "2016-12-31T23:59:60.5Z", INT64_C(1483228800500) },
		{ "1990-12-31T15:59:60-08:00", INT64_C(662688000000) },
		{ "2017-01-01T00:59:60+01:00", INT64_C(1483228800000) },
		{ "9999-12-31T23:59:59.999Z", INT64_C(253402300799999) },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t ms = 7;

		if (time_parse(str_from(rows[i].text), &ms) != 0)
			fail_msg("refused %s", rows[i].text);
		if (ms != rows[i].ms)
			fail_msg("%s is %lld", rows[i].text, (long long)ms);
	}
}

static void
test_parse_refused(void **state)
{
	static const char *const rows[] = {
		"", "2027", "2027-02", "2027-2-1", "27-02-01", "2027-02-1",
		"2027-02-011", "2027/02/01", "20270201", "2027-00-01",
		"2027-13-01", "2027-02-00", "2027-02-29", "2100-02-29",
		"2027-04-31", "2027-01-32", "-027-02-01", "+027-02-01",
		" 2027-02-01", "2027-02-01 ", "2027-02-01T", "2027-02-01Z",
		"12027-02-01", "2027-02-01T00:00Z", "2027-02-01T00:00:00",
		"2027-02-01 00:00:00Z", "2027-02-01T24:00:00Z",
		"2027-02-01T00:60:00Z", "2027-02-01T00:00:61Z",
		"2027-02-01T12:00:60Z", "2027-02-01T23:58:60Z",
		"2027-02-01T23:59:60+01:00", "2027-02-01T00:00:00.Z",
		"2027-02-01T00:00:00,5Z", "2027-02-01T00:00:00.5",
		"2027-02-01T00:00:00.5aZ", "2027-02-01T00:00:00ZZ",
		"2027-02-01T00:00:00Z ", "2027-02-01T00:00:00+1:00",
		"2027-02-01T00:00:00+0100", "2027-02-01T00:00:00+01",
		"2027-02-01T00:00:00+24:00", "2027-02-01T00:00:00+00:60",
		"2027-02-01T00:00:00+01:00Z", "2027-02-01T0:00:00Z",
		"2027-02-01T-1:00:00Z", "2027-02-0aT00:00:00Z",
		"2027-02-01X00:00:00Z", "2027-02-01T00:00:00 Z",
	};
	int64_t ms = 7;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (time_parse(str_from(rows[i]), &ms) != -1)
			fail_msg("accepted %s", rows[i]);
		assert_true(ms == 7);
	}
	assert_int_equal(time_parse(STR("2027-02-01\0"), &ms), -1);
	assert_int_equal(time_parse(str_of(NULL, 0), &ms), -1);
	/* every beginning of a time but the date alone */
	for (size_t n = 0; n < 24; n++) {
		struct csn_str s = STR("2026-11-24T10:02:03.004Z");

		assert_int_equal(time_parse(str_of(s.p, n), &ms),
		    n == 10 ? 0 : -1);
	}
}

static void
test_duration(void **state)
{
	static const struct { const char *text; int64_t s; } rows[] = {
		{ "0", 0 }, { "0s", 0 }, { "0w", 0 }, { "1s", 1 },
		{ "30s", 30 }, { "5m", 300 }, { "8h", 28800 },
		{ "3d", 259200 }, { "2w", 1209600 }, { "3650d", 315360000 },
		{ "315360000s", 315360000 }, { "521w", 315100800 },
		{ "90m", 5400 },
	};
	static const char *const bad[] = {
		"", "s", "30", "1", "00", "00s", "05m", "-1s", "+1s", "1.5h",
		" 1s", "1s ", "1 s", "1S", "1M", "1y", "1ms", "1h30m", "1ss",
		"315360001s", "5256001m", "87601h", "3651d", "522w",
		"99999999999999999999s", "18446744073709551616s", "0x1s",
		"9223372036854775807w", "s1",
	};
	int64_t s;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(duration_parse(str_from(rows[i].text), &s),
		    0);
		assert_true(s == rows[i].s);
	}
	s = 7;
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (duration_parse(str_from(bad[i]), &s) != -1)
			fail_msg("accepted %s", bad[i]);
		assert_true(s == 7);
	}
	assert_int_equal(duration_parse(STR("1s\0"), &s), -1);
	assert_int_equal(duration_parse(str_of(NULL, 0), &s), -1);
}

static void
test_duration_put(void **state)
{
	static const struct { int64_t s; const char *want; } rows[] = {
		{ 0, "0" }, { 1, "1s" }, { 59, "59s" }, { 60, "1m" },
		{ 90, "90s" }, { 3600, "1h" }, { 5400, "90m" },
		{ 86400, "1d" }, { 604800, "1w" }, { 691200, "8d" },
		{ 315360000, "3650d" }, { -60, "-1m" },
		{ INT64_MIN, "-9223372036854775808s" },
	};
	struct buf b;
	int64_t back;

	(void)state;
	buf_init(&b, 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		duration_put(&b, rows[i].s);
		assert_str(buf_str(&b), rows[i].want);
		if (rows[i].s >= 0) {
			assert_int_equal(duration_parse(buf_str(&b), &back),
			    0);
			assert_true(back == rows[i].s);
		}
		buf_clear(&b);
	}
	buf_free(&b);
}

/* a letter more than a name may have */
#define LONG	"01234567890123456789012345678901234567890123456789" \
	"012345678901234"

static void
test_zone_name(void **state)
{
	static const char *const good[] = { "UTC", "Asia/Tokyo", "Etc/GMT+5",
	    "America/Argentina/Buenos_Aires", "Port-au-Prince" };
	static const char *const bad[] = { "", "/etc/passwd", "../UTC", ".",
	    "Asia/../UTC", "tzdata.zi", "Asia Tokyo", "Z\xc3\xbcrich",
	    LONG };

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(time_zone_name(str_from(good[i])));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(time_zone_name(str_from(bad[i])));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clocks),
		cmocka_unit_test(test_calendar),
		cmocka_unit_test(test_rfc3339),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_refused),
		cmocka_unit_test(test_duration),
		cmocka_unit_test(test_duration_put),
		cmocka_unit_test(test_zone_name),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("timefmt", tests, NULL, NULL);
}
