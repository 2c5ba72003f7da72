/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zone.c - reads TZif files and keeps the zones that were asked for
 *
 * Every count is checked before it is used. It must never change the
 * process's own zone.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/table.h"
#include "lib/timefmt.h"
#include "zone.h"

#define ZONES_KEPT	64u
#define OFFSET_MAX	(26 * 3600)	/* RFC 8536 3.2: -25 h to 26 h */
#define SECONDS_MIN	(-62135596800LL)	/* 0001-01-01 */
#define SECONDS_MAX	253402300799LL		/* 9999-12-31 */

struct zone {
	size_t n;			/* transitions */
	int64_t at[ZONE_TIMES_MAX];
	uint8_t type[ZONE_TIMES_MAX];
	size_t ntypes;
	int32_t offset[ZONE_TYPES_MAX];
	bool has_rule;
	struct zone_rule rule;
};

struct zone_head {			/* counts of RFC 8536 3.1 */
	uint8_t version;
	uint32_t isut, isstd, leap, time, type, chars;
};

static int
head_read(struct reader *r, struct zone_head *ret)
{
	if (!str_is(reader_bytes(r, 4), "TZif"))
		return -1;
	ret->version = reader_u8(r);
	(void)reader_bytes(r, 15);
	ret->isut = reader_u32(r);
	ret->isstd = reader_u32(r);
	ret->leap = reader_u32(r);
	ret->time = reader_u32(r);
	ret->type = reader_u32(r);
	ret->chars = reader_u32(r);
	if (r->failed || ret->version < '2' || ret->leap != 0 ||
	    ret->time > ZONE_TIMES_MAX || ret->type == 0 ||
	    ret->type > ZONE_TYPES_MAX || ret->chars == 0 ||
	    ret->chars > 4096 || ret->isut > ret->type ||
	    ret->isstd > ret->type)
		return -1;
	return 0;
}

/* The first block has 32-bit times; the second says all that it does. */
static int
first_skip(struct reader *r)
{
	struct zone_head h;

	if (head_read(r, &h) < 0)
		return -1;
	(void)reader_bytes(r, (size_t)h.time * 5 + h.type * 6 + h.chars +
	    h.isstd + h.isut);
	return r->failed ? -1 : 0;
}

static int
times_read(struct reader *r, struct zone *z)
{
	for (size_t i = 0; i < z->n; i++) {
		z->at[i] = (int64_t)reader_u64(r);
		if (i > 0 && z->at[i] <= z->at[i - 1])
			return -1;
	}
	for (size_t i = 0; i < z->n; i++) {
		z->type[i] = reader_u8(r);
		if (z->type[i] >= z->ntypes)
			return -1;
	}
	return 0;
}

static int
types_read(struct reader *r, struct zone *z)
{
	for (size_t i = 0; i < z->ntypes; i++) {
		z->offset[i] = (int32_t)reader_u32(r);
		(void)reader_u16(r);		/* is it summer, its name */
		if (z->offset[i] < -OFFSET_MAX || z->offset[i] > OFFSET_MAX)
			return -1;
	}
	return 0;
}

static int
footer_read(struct reader *r, struct zone *z)
{
	struct csn_str s;

	if (reader_u8(r) != '\n' || r->n == 0)
		return -1;
	s = reader_bytes(r, r->n);
	if (!str_ends(s, STR("\n")))
		return -1;
	s.n--;
	if (s.n == 0)
		return 0;
	z->has_rule = true;
	return zone_rule_parse(s, &z->rule);
}

static int
zone_read(struct csn_str file, struct zone *z)
{
	struct zone_head h;
	struct reader r;

	reader_init(&r, file);
	if (first_skip(&r) < 0 || head_read(&r, &h) < 0)
		return -1;
	z->n = h.time;
	z->ntypes = h.type;
	if (times_read(&r, z) < 0 || types_read(&r, z) < 0)
		return -1;
	(void)reader_bytes(&r, (size_t)h.chars + h.isstd + h.isut);
	if (footer_read(&r, z) < 0)
		return -1;
	return reader_end(&r);
}

struct zone *
zone_parse(struct csn_str file)
{
	struct zone *z = file.n > ZONE_FILE_MAX ? NULL : calloc(1, sizeof(*z));

	if (z != NULL && zone_read(file, z) < 0) {
		free(z);
		z = NULL;
	}
	return z;
}

void
zone_free(struct zone *z)
{
	free(z);
}

static int
offset_at(const struct zone *z, int64_t s)
{
	size_t low = 0, high = z->n;

	while (low < high) {		/* how many transitions are past */
		size_t middle = low + (high - low) / 2;

		if (z->at[middle] <= s)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == z->n && z->has_rule)
		return zone_rule_offset(&z->rule, s);
	/* before the first one, type 0 holds: RFC 8536 3.2 */
	return z->offset[low == 0 ? 0 : z->type[low - 1]];
}

static int64_t
divide(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

void
zone_local(const struct zone *z, int64_t ms, struct zone_time *ret)
{
	int64_t s = divide(ms, 1000), days;

	if (s < SECONDS_MIN + 2 * OFFSET_MAX)
		s = SECONDS_MIN + 2 * OFFSET_MAX;
	if (s > SECONDS_MAX - 2 * OFFSET_MAX)
		s = SECONDS_MAX - 2 * OFFSET_MAX;
	s += offset_at(z, s);
	days = divide(s, 86400);
	zone_date(days, ret);
	s -= days * 86400;
	ret->hour = (int)(s / 3600);
	ret->minute = (int)(s % 3600 / 60);
}

/* ------------------------------------------------------------------ */

static const struct zone zone_utc = { .ntypes = 1 };

static const struct zone *
zone_load(struct csn_str name)
{
	const struct zone *z = NULL;
	char path[128];
	struct buf b;
	uint8_t *p;
	ssize_t n;
	int fd;

	buf_init_fixed(&b, path, sizeof(path));
	buf_puts(&b, "/usr/share/zoneinfo/");
	buf_str_put(&b, name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return &zone_utc;
	p = malloc(ZONE_FILE_MAX + 1);
	n = p == NULL ? -1 : read(fd, p, ZONE_FILE_MAX + 1);
	if (n > 0)
		z = zone_parse(str_of(p, (size_t)n));
	free(p);
	close(fd);
	return z == NULL ? &zone_utc : z;
}

const struct zone *
zone_find(struct csn_str name)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static struct table *kept;
	const struct zone *z = NULL;

	if (!time_zone_name(name))
		return &zone_utc;
	pthread_mutex_lock(&lock);
	if (kept == NULL)
		kept = table_new();
	if (kept != NULL)
		z = table_get(kept, name);
	if (z == NULL && kept != NULL && table_count(kept) < ZONES_KEPT) {
		z = zone_load(name);
		if (table_set(kept, name, (void *)(uintptr_t)z, NULL) < 0) {
			if (z != &zone_utc)
				zone_free((struct zone *)(uintptr_t)z);
			z = &zone_utc;
		}
	}
	pthread_mutex_unlock(&lock);
	return z == NULL ? &zone_utc : z;
}
