/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zone_rule.c - the rule for times after a zone's last known change
 *
 * A TZ string of POSIX, as RFC 8536 section 3.3 allows it in a footer, with
 * hours up to 167. It must never guess: an odd rule refuses the file.
 */
#include "zone.h"

#define DAY	86400

static bool
digit(struct csn_str s)
{
	return s.n > 0 && s.p[0] >= '0' && s.p[0] <= '9';
}

static bool
letter(struct csn_str s)
{
	return s.n > 0 && ((s.p[0] >= 'a' && s.p[0] <= 'z') ||
	    (s.p[0] >= 'A' && s.p[0] <= 'Z'));
}

static bool
skip(struct csn_str *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	*s = str_from_at(*s, 1);
	return true;
}

static int
number(struct csn_str *s, int max, int *ret)
{
	int n = 0;

	if (!digit(*s))
		return -1;
	for (; digit(*s); *s = str_from_at(*s, 1)) {
		n = n * 10 + (s->p[0] - '0');
		if (n > max)
			return -1;
	}
	*ret = n;
	return 0;
}

/* "JST" or "<+09>"; what it says is of no use to us. */
static int
name(struct csn_str *s)
{
	size_t n = 0;

	if (skip(s, '<')) {
		while (letter(*s) || digit(*s) || (s->n > 0 &&
		    (s->p[0] == '+' || s->p[0] == '-'))) {
			*s = str_from_at(*s, 1);
			n++;
		}
		return n >= 3 && skip(s, '>') ? 0 : -1;
	}
	for (; letter(*s); n++)
		*s = str_from_at(*s, 1);
	return n >= 3 ? 0 : -1;
}

/* [+-]hh[:mm[:ss]] */
static int
seconds(struct csn_str *s, int hours_max, int *ret)
{
	int sign = 1, h, m = 0, sec = 0;

	if (skip(s, '-'))
		sign = -1;
	else
		(void)skip(s, '+');
	if (number(s, hours_max, &h) < 0)
		return -1;
	if (skip(s, ':') && number(s, 59, &m) < 0)
		return -1;
	if (skip(s, ':') && number(s, 59, &sec) < 0)
		return -1;
	*ret = sign * (h * 3600 + m * 60 + sec);
	return 0;
}

static int
month_day(struct csn_str *s, struct zone_day *d)
{
	d->kind = 'M';
	if (number(s, 12, &d->month) < 0 || d->month < 1 || !skip(s, '.') ||
	    number(s, 5, &d->week) < 0 || d->week < 1 || !skip(s, '.') ||
	    number(s, 6, &d->day) < 0)
		return -1;
	return 0;
}

static int
day(struct csn_str *s, struct zone_day *d)
{
	int r;

	memset(d, 0, sizeof(*d));
	d->seconds = 2 * 3600;
	if (skip(s, 'M')) {
		r = month_day(s, d);
	} else {
		d->kind = skip(s, 'J') ? 'J' : 'n';
		r = number(s, 365, &d->day);
		if (d->kind == 'J' && d->day < 1)
			r = -1;
	}
	if (r == 0 && skip(s, '/'))
		r = seconds(s, 167, &d->seconds);
	return r;
}

static int
summer(struct csn_str *s, struct zone_rule *rule)
{
	rule->has_dst = true;
	rule->dst_offset = rule->offset + 3600;
	if (name(s) < 0)
		return -1;
	if (s->n > 0 && s->p[0] != ',') {
		if (seconds(s, 24, &rule->dst_offset) < 0)
			return -1;
		rule->dst_offset = -rule->dst_offset;
	}
	if (!skip(s, ',') || day(s, &rule->start) < 0 || !skip(s, ',') ||
	    day(s, &rule->end) < 0)
		return -1;
	return 0;
}

int
zone_rule_parse(struct csn_str s, struct zone_rule *ret)
{
	struct zone_rule rule;

	memset(&rule, 0, sizeof(rule));
	if (name(&s) < 0 || seconds(&s, 24, &rule.offset) < 0)
		return -1;
	rule.offset = -rule.offset;	/* POSIX counts westwards */
	if (s.n > 0 && summer(&s, &rule) < 0)
		return -1;
	if (s.n > 0)
		return -1;
	*ret = rule;
	return 0;
}

/* Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
int64_t
zone_days(int year, int month, int d)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + d -
	    1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	    of_year - 719468;
}

void
zone_date(int64_t days, struct zone_time *ret)
{
	int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t of_era = z - era * 146097;
	int64_t years = (of_era - of_era / 1460 + of_era / 36524 -
	    of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * years + years / 4 - years / 100);
	int64_t m = (5 * of_year + 2) / 153;

	ret->day = (int)(of_year - (153 * m + 2) / 5 + 1);
	ret->month = (int)(m < 10 ? m + 3 : m - 9);
	ret->year = (int)(years + era * 400 + (ret->month <= 2));
}

static bool
leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Local seconds since 1970 at which a change falls in a year. */
static int64_t
change(const struct zone_day *d, int year)
{
	int64_t first;
	int weekday, ahead;

	if (d->kind == 'n')
		return (zone_days(year, 1, 1) + d->day) * DAY + d->seconds;
	if (d->kind == 'J')		/* 29 February is never counted */
		return (zone_days(year, 1, 1) + d->day - 1 +
		    (leap(year) && d->day >= 60)) * DAY + d->seconds;
	first = zone_days(year, d->month, 1);
	weekday = (int)(((first + 4) % 7 + 7) % 7);	/* 1970-01-01: 4 */
	ahead = (d->day - weekday + 7) % 7 + (d->week - 1) * 7;
	if (ahead >= zone_days(d->month == 12 ? year + 1 : year,
	    d->month % 12 + 1, 1) - first)
		ahead -= 7;		/* week 5 is the last one */
	return (first + ahead) * DAY + d->seconds;
}

int
zone_rule_offset(const struct zone_rule *rule, int64_t s)
{
	struct zone_time t;
	int64_t start, end, local = s + rule->offset;
	bool summer_now;

	if (!rule->has_dst)
		return rule->offset;
	zone_date((local >= 0 ? local : local - (DAY - 1)) / DAY, &t);
	start = change(&rule->start, t.year) - rule->offset;
	end = change(&rule->end, t.year) - rule->dst_offset;
	if (start < end)
		summer_now = s >= start && s < end;
	else
		summer_now = s >= start || s < end;
	return summer_now ? rule->dst_offset : rule->offset;
}
