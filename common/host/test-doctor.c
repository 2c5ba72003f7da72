/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-doctor.c - what no test can break on a real machine: a clock that
 * nothing keeps, a disk that is nearly full
 *
 * The rest is broken for real in tests/e2e/test_doctor.py.
 */
#include <sys/statvfs.h>
#include <sys/timex.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conf_load.h"
#include "doctor.h"
#include "stub_plugins.h"

static struct { int state, status; } kernel;
static struct statvfs disk;

int __wrap_adjtimex(struct timex *);
int __wrap_statvfs(const char *, struct statvfs *);

int
__wrap_adjtimex(struct timex *t)
{
	assert_int_equal(t->modes, 0);	/* it only asks */
	t->status = kernel.status;
	return kernel.state;
}

int
__wrap_statvfs(const char *path, struct statvfs *ret)
{
	(void)path;
	*ret = disk;
	return 0;
}

static struct doctor d;

static int
set_up(void **state)
{
	static struct csn_options options = { .conf_path = "text" };
	struct conf_report report = { .nfaults = 0 };

	(void)state;
	buf_init(&report.faults, 0);
	buf_init(&report.warnings, 0);
	d = (struct doctor){ .options = &options, .now_ms = 1 };
	d.last = &d.first;
	arena_init(&d.arena, 1u << 20);
	assert_int_equal(conf_load_text(STR("version: 1\n"
	    "public_url: https://l.example.com\n"
	    "store: { sqlite: /nowhere/at/all/state.db }\n"
	    "audit: { file: /nowhere/audit }\n"
	    "factors: { corp: { plugin: ldap } }\n"
	    "policies:\n  - match: { host: a.example.com }\n"
	    "    require: corp\n"), stub_find, NULL, &report, &d.conf), 0);
	buf_free(&report.faults);
	buf_free(&report.warnings);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	conf_free(d.conf);
	arena_free(&d.arena);
	return 0;
}

static unsigned
count(enum doctor_severity severity, const char *area, const char *what)
{
	unsigned n = 0;

	for (struct doctor_finding *f = d.first; f != NULL; f = f->next)
		n += f->severity == severity && strcmp(f->area, area) == 0 &&
		    str_find(f->what, str_from(what)) >= 0 && f->todo.n > 0;
	return n;
}

static void
clock_that_is_kept(void **state)
{
	(void)state;
	kernel.state = TIME_OK;
	kernel.status = 0;
	doctor_clock(&d);
	assert_null(d.first);
	assert_int_equal(d.looked, 1);
}

static void
clock_that_nothing_keeps(void **state)
{
	(void)state;
	kernel.state = TIME_ERROR;
	doctor_clock(&d);
	kernel.state = TIME_OK;
	kernel.status = STA_UNSYNC;
	doctor_clock(&d);
	assert_int_equal(count(DOCTOR_WARNING, "clock", "nothing keeps"), 2);
}

static void
disk_look(uint64_t mib, uint64_t files, unsigned long flags)
{
	disk = (struct statvfs){ .f_frsize = 1024, .f_bavail = mib * 1024,
	    .f_files = 100000, .f_favail = files, .f_flag = flags };
	d.first = NULL;
	d.last = &d.first;
	doctor_store(&d);
}

static void
disk_that_is_nearly_full(void **state)
{
	(void)state;
	disk_look(1000, 1000, 0);
	assert_int_equal(count(DOCTOR_WARNING, "disk", ""), 0);
	assert_int_equal(count(DOCTOR_ERROR, "disk", ""), 0);
	/* the store's, and the audit log's */
	disk_look(100, 1000, 0);
	assert_int_equal(count(DOCTOR_WARNING, "disk", "100 MiB"), 2);
	disk_look(10, 1000, 0);
	assert_int_equal(count(DOCTOR_ERROR, "disk", "10 MiB"), 2);
	disk_look(1000, 9, 0);
	assert_int_equal(count(DOCTOR_ERROR, "disk", "9 files"), 2);
	disk_look(1000, 1000, ST_RDONLY);
	assert_int_equal(count(DOCTOR_ERROR, "disk", "read-only"), 2);
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(clock_that_is_kept),
		TEST(clock_that_nothing_keeps),
		TEST(disk_that_is_nearly_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
