/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-zone.c - local times, compared with libc's for many zones and years
 */
#include <stdio.h>
#include <time.h>

#include "lib/testing.h"
#include "zone.h"

static void
expect(const char *zone, int64_t s, const char *want)
{
	struct zone_time t;
	char got[64];

	zone_local(zone_find(str_from(zone)), s * 1000, &t);
	(void)snprintf(got, sizeof(got), "%04d-%02d-%02d %02d:%02d", t.year,
	    t.month, t.day, t.hour, t.minute);
	assert_string_equal(got, want);
}

static void
known_times(void **state)
{
	(void)state;
	expect("Asia/Tokyo", 1795854300, "2026-11-28 17:25");
	expect("UTC", 1795854300, "2026-11-28 08:25");
	/* summer time begins and ends; also where only the rule knows */
	expect("Europe/Berlin", 1774745999, "2026-03-29 01:59");
	expect("Europe/Berlin", 1774746000, "2026-03-29 03:00");
	expect("Europe/Berlin", 1792889999, "2026-10-25 02:59");
	expect("Europe/Berlin", 1792890000, "2026-10-25 02:00");
	expect("Europe/Berlin", 4088000000, "2099-07-17 21:33");
	expect("Asia/Kolkata", 0, "1970-01-01 05:30");
	expect("America/St_Johns", 951782400, "2000-02-28 20:30");
}

static void
what_is_not_there_is_utc(void **state)
{
	static const char *const names[] = { "", "Asia", "Asia/Nowhere",
	    "../../../etc/passwd", "/etc/localtime", "Asia/../Asia/Tokyo",
	    "tzdata.zi", "zone.tab", "right/Asia/Tokyo", "Asia/Tokyo ",
	    "posixrules/" };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		expect(names[i], 86400, "1970-01-02 00:00");
	assert_ptr_equal(zone_find(STR("Asia/Tokyo")),
	    zone_find(STR("Asia/Tokyo")));
}

static void
compare(const char *name, const struct zone *z, time_t s)
{
	struct zone_time t;
	struct tm tm;

	assert_non_null(localtime_r(&s, &tm));
	zone_local(z, (int64_t)s * 1000, &t);
	if (t.year != tm.tm_year + 1900 || t.month != tm.tm_mon + 1 ||
	    t.day != tm.tm_mday || t.hour != tm.tm_hour ||
	    t.minute != tm.tm_min)
		fail_msg("%s at %lld: %d-%d-%d %d:%d", name, (long long)s,
		    t.year, t.month, t.day, t.hour, t.minute);
}

static void
as_libc_says(void **state)
{
	static const char *const names[] = { "Africa/Cairo",
	    "Africa/Casablanca", "America/New_York", "America/Sao_Paulo",
	    "America/Nuuk", "America/St_Johns", "Antarctica/Troll",
	    "Asia/Gaza", "Asia/Jerusalem", "Asia/Kathmandu", "Asia/Tehran",
	    "Asia/Tokyo", "Australia/Lord_Howe", "Australia/Sydney",
	    "Europe/Berlin", "Europe/Dublin", "Europe/London",
	    "Pacific/Apia", "Pacific/Chatham", "UTC" };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		const struct zone *z = zone_find(str_from(names[i]));

		assert_int_equal(setenv("TZ", names[i], 1), 0);
		tzset();
		/* 1900 to 2130, at hours that move through the day */
		for (time_t s = -2208988800; s < 5049000000; s += 500009)
			compare(names[i], z, s);
	}
}

static void
odd_rules_are_refused(void **state)
{
	static const char *const good[] = { "JST-9", "<+09>-9", "UTC0",
	    "CET-1CEST,M3.5.0,M10.5.0/3", "EST5EDT4,J60/-167,J300/167:59:59",
	    "AAA3BBB,0,365", "<-03>3<-02>,M3.5.0/-2,M10.5.0/-1" };
	static const char *const bad[] = { "", "J", "JS-9", "JST", "JST-25",
	    "JST-9:60", "JST-9 ", "<+0>9", "<+09", "JST-9JDT", "JST-9JDT,",
	    "JST-9JDT,M3.5.0", "JST-9JDT,M3.5.0,", "JST-9JDT,M13.5.0,M1.1.0",
	    "JST-9JDT,M3.6.0,M1.1.0", "JST-9JDT,M3.0.0,M1.1.0",
	    "JST-9JDT,M3.5.7,M1.1.0", "JST-9JDT,J0,J5", "JST-9JDT,366,5",
	    "JST-9JDT,M3.5.0/168,M1.1.0", "JST-9JDT,M3.5.0,M1.1.0x",
	    "JST-9JDT,M3.5,M1.1.0", "JST-99999999999999" };
	struct zone_rule rule;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_int_equal(zone_rule_parse(str_from(good[i]), &rule), 0);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (zone_rule_parse(str_from(bad[i]), &rule) == 0)
			fail_msg("\"%s\" was taken", bad[i]);
}

/* A zone of our own: one change, at 1000 s, and no rule. */
static void
file_make(struct buf *b, uint32_t leap)
{
	static const uint8_t spare[15];

	for (int i = 0; i < 2; i++) {
		buf_puts(b, "TZif2");
		buf_put(b, spare, sizeof(spare));
		buf_u32(b, 0);
		buf_u32(b, 0);
		buf_u32(b, leap);
		buf_u32(b, i == 0 ? 0 : 1);
		buf_u32(b, i == 0 ? 1 : 2);
		buf_u32(b, 4);
		if (i == 1) {
			buf_u64(b, 1000);
			buf_u8(b, 1);
			buf_u32(b, 3600);
			buf_u16(b, 0);
		}
		buf_u32(b, 7200);
		buf_u16(b, 0);
		buf_put(b, "AAA", 4);
	}
	buf_puts(b, "\n\n");
}

static void
files_are_read_strictly(void **state)
{
	struct zone_time t;
	struct csn_str file;
	struct zone *z;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	file_make(&b, 0);
	file = buf_str(&b);
	z = zone_parse(file);
	assert_non_null(z);
	zone_local(z, 999000, &t);
	assert_int_equal(t.hour, 1);
	zone_local(z, 1000000, &t);
	assert_int_equal(t.hour, 2);
	zone_free(z);
	for (size_t n = 0; n < file.n; n++)
		assert_null(zone_parse(str_of(file.p, n)));
	buf_char(&b, '\n');
	assert_null(zone_parse(buf_str(&b)));
	buf_clear(&b);
	file_make(&b, 1);	/* leap seconds */
	assert_null(zone_parse(buf_str(&b)));
	buf_free(&b);
}

static void
edges_of_time(void **state)
{
	struct zone_time t;

	(void)state;
	zone_local(zone_find(STR("Asia/Tokyo")), INT64_MAX, &t);
	assert_int_equal(t.year, 9999);
	zone_local(zone_find(STR("Asia/Tokyo")), INT64_MIN, &t);
	assert_int_equal(t.year, 1);
	for (int64_t d = -800000; d < 2900000; d += 997) {
		zone_date(d, &t);
		assert_int_equal(zone_days(t.year, t.month, t.day), d);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_times),
		cmocka_unit_test(what_is_not_there_is_utc),
		cmocka_unit_test(as_libc_says),
		cmocka_unit_test(odd_rules_are_refused),
		cmocka_unit_test(files_are_read_strictly),
		cmocka_unit_test(edges_of_time),
	};

	return cmocka_run_group_tests_name("zone", tests, NULL, NULL);
}
