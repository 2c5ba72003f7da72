/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timefmt.c - times and durations as text; the two clocks
 *
 * The calendar is computed here, for the C library's takes a lock and looks
 * at TZ. It must never read a local time.
 */
#include "timefmt.h"

#include <time.h>

#define DAY_S		INT64_C(86400)
#define DURATION_MAX	(3650 * DAY_S)
#define MS_FIRST	INT64_C(-62167219200000)	/* 0000-01-01 */
#define MS_LAST		INT64_C(253402300799999)	/* 9999-12-31 */

static int64_t
clock_ms(clockid_t id)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(id, &ts);	/* fails for unknown clocks only */
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t
clock_wall_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

int64_t
clock_mono_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

int64_t
clock_wall_tick_ms(void)
{
	return clock_ms(CLOCK_REALTIME_COARSE);
}

int64_t
clock_mono_tick_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC_COARSE);
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0 ? 1 : 0);
}

/* Days from 1970-01-01 to a date of the Gregorian calendar. Years begin in
 * March here, so that the leap day is a year's last. */
static int64_t
days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t m = month <= 2 ? month + 9 : month - 3;

	return 365 * y + floor_div(y, 4) - floor_div(y, 100) +
	    floor_div(y, 400) + (153 * m + 2) / 5 + day - 1 - 719468;
}

static void
date_of(int64_t days, int64_t *year, int64_t *month, int64_t *day)
{
	int64_t z = days + 719468, era = floor_div(z, 146097);
	int64_t doe = z - era * 146097;		/* day of 400 years */
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t m = (5 * doy + 2) / 153;

	*day = doy - (153 * m + 2) / 5 + 1;
	*month = m < 10 ? m + 3 : m - 9;
	*year = yoe + era * 400 + (*month <= 2 ? 1 : 0);
}

/* v in n decimal digits with leading zeros. */
static void
digits_put(struct buf *b, int64_t v, size_t n)
{
	char out[4];

	for (size_t i = n; i > 0; i--) {
		out[i - 1] = (char)('0' + v % 10);
		v /= 10;
	}
	buf_put(b, out, n);
}

void
time_rfc3339(struct buf *b, int64_t ms)
{
	int64_t year, month, day, days, in_day;

	if (ms < MS_FIRST || ms > MS_LAST) {
		b->failed = true;
		return;
	}
	days = floor_div(ms, DAY_S * 1000);
	in_day = ms - days * DAY_S * 1000;
	date_of(days, &year, &month, &day);
	digits_put(b, year, 4);
	buf_char(b, '-');
	digits_put(b, month, 2);
	buf_char(b, '-');
	digits_put(b, day, 2);
	buf_char(b, 'T');
	digits_put(b, in_day / 3600000, 2);
	buf_char(b, ':');
	digits_put(b, in_day / 60000 % 60, 2);
	buf_char(b, ':');
	digits_put(b, in_day / 1000 % 60, 2);
	buf_char(b, '.');
	digits_put(b, in_day % 1000, 3);
	buf_char(b, 'Z');
}

/* Takes exactly n digits off; the value is from min to max. */
static int
number_cut(struct csn_str *s, size_t n, uint64_t min, uint64_t max,
    int64_t *ret)
{
	uint64_t v;

	if (s->n < n || str_u64(str_of(s->p, n), max, &v) != 0 || v < min)
		return -1;
	*s = str_from_at(*s, n);
	*ret = (int64_t)v;
	return 0;
}

/* Takes one of two characters off. */
static int
char_cut(struct csn_str *s, char c, char or)
{
	if (s->n == 0 || (s->p[0] != c && s->p[0] != or))
		return -1;
	*s = str_from_at(*s, 1);
	return 0;
}

static int
date_cut(struct csn_str *s, int64_t *ret_days)
{
	int64_t year, month, day, y, m, d;

	if (number_cut(s, 4, 0, 9999, &year) != 0 ||
	    char_cut(s, '-', '-') != 0 ||
	    number_cut(s, 2, 1, 12, &month) != 0 ||
	    char_cut(s, '-', '-') != 0 ||
	    number_cut(s, 2, 1, 31, &day) != 0)
		return -1;
	*ret_days = days_of(year, month, day);
	date_of(*ret_days, &y, &m, &d);
	return d == day ? 0 : -1;	/* no 30th of February */
}

/* ".5", ".004000"; what is finer than a millisecond is dropped. */
static int
fraction_cut(struct csn_str *s, int64_t *ret_ms)
{
	int64_t ms = 0, weight = 100, digit;

	*ret_ms = 0;
	if (s->n == 0 || s->p[0] != '.')
		return 0;
	*s = str_from_at(*s, 1);
	if (s->n == 0 || number_cut(s, 1, 0, 9, &digit) != 0)
		return -1;
	do {
		ms += weight * digit;
		weight /= 10;
	} while (number_cut(s, 1, 0, 9, &digit) == 0);
	*ret_ms = ms;
	return 0;
}

/* "Z", "+01:00", "-08:30": what to subtract, in seconds. */
static int
offset_cut(struct csn_str *s, int64_t *ret_s)
{
	int64_t sign, hour, minute;

	if (char_cut(s, 'Z', 'z') == 0) {
		*ret_s = 0;
		return 0;
	}
	sign = s->n > 0 && s->p[0] == '-' ? -1 : 1;
	if (char_cut(s, '+', '-') != 0 ||
	    number_cut(s, 2, 0, 23, &hour) != 0 ||
	    char_cut(s, ':', ':') != 0 ||
	    number_cut(s, 2, 0, 59, &minute) != 0)
		return -1;
	*ret_s = sign * (hour * 3600 + minute * 60);
	return 0;
}

/* All that follows the date. */
static int
clock_cut(struct csn_str *s, int64_t *ret_ms)
{
	int64_t hour, minute, second, ms, offset, in_day;

	if (char_cut(s, 'T', 't') != 0 ||
	    number_cut(s, 2, 0, 23, &hour) != 0 ||
	    char_cut(s, ':', ':') != 0 ||
	    number_cut(s, 2, 0, 59, &minute) != 0 ||
	    char_cut(s, ':', ':') != 0 ||
	    number_cut(s, 2, 0, 60, &second) != 0 ||
	    fraction_cut(s, &ms) != 0 || offset_cut(s, &offset) != 0)
		return -1;
	in_day = hour * 3600 + minute * 60 + second - offset;
	/* RFC 3339 5.7: a leap second is a UTC day's last */
	if (second == 60 && floor_div(in_day, DAY_S) * DAY_S != in_day)
		return -1;
	*ret_ms = in_day * 1000 + ms;
	return 0;
}

int
time_parse(struct csn_str s, int64_t *ret_ms)
{
	int64_t days, ms = 0;

	if (date_cut(&s, &days) != 0)
		return -1;
	if (s.n > 0 && clock_cut(&s, &ms) != 0)
		return -1;
	if (s.n > 0)
		return -1;
	*ret_ms = days * DAY_S * 1000 + ms;
	return 0;
}

/* Largest first. */
static const struct {
	char letter;
	int64_t s;
} units[] = {
	{ 'w', 7 * DAY_S }, { 'd', DAY_S }, { 'h', 3600 }, { 'm', 60 },
	{ 's', 1 },
};

int
duration_parse(struct csn_str s, int64_t *ret_s)
{
	uint64_t v;

	if (str_is(s, "0")) {
		*ret_s = 0;
		return 0;
	}
	if (s.n < 2 || (s.p[0] == '0' && s.n > 2))
		return -1;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (s.p[s.n - 1] != units[i].letter)
			continue;
		if (str_u64(str_of(s.p, s.n - 1),
		    (uint64_t)(DURATION_MAX / units[i].s), &v) != 0)
			return -1;
		*ret_s = (int64_t)v * units[i].s;
		return 0;
	}
	return -1;
}

void
duration_put(struct buf *b, int64_t s)
{
	size_t i = 0;

	if (s == 0) {
		buf_char(b, '0');
		return;
	}
	while (s % units[i].s != 0)
		i++;
	buf_decimal(b, s / units[i].s);
	buf_char(b, units[i].letter);
}

bool
time_zone_name(struct csn_str s)
{
	if (s.n == 0 || s.n > 64 || s.p[0] == '/')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') ||
		    (s.p[i] >= 'A' && s.p[i] <= 'Z') ||
		    (s.p[i] >= '0' && s.p[i] <= '9') ||
		    str_index(STR("/_+-"), s.p[i]) >= 0))
			return false;
	return true;
}
