/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-device-file.c - lists of devices, row by row
 */
#include <stdint.h>
#include <string.h>

#include "device_file.h"
#include "lib/testing.h"

#define B32	"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
#define HEX	"3132333435363738393031323334353637383930"

struct rows { struct device_row v[16]; size_t n; };

static int
keep(void *arg, const struct device_row *row)
{
	struct rows *rows = arg;

	assert_true(rows->n < 16);
	rows->v[rows->n++] = *row;
	return 0;
}

static struct rows
read_rows(const char *text)
{
	FILE *f = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	struct rows rows = { .n = 0 };

	assert_non_null(f);
	assert_int_equal(device_file_rows(f, keep, &rows), 0);
	(void)fclose(f);
	return rows;
}

static void
good(const struct device_row *r, unsigned line, const char *subject,
    const char *uri)
{
	if (r->fault != NULL)
		fail_msg("line %u: %s", r->line, r->fault);
	assert_int_equal(r->line, line);
	assert_string_equal(r->subject, subject);
	assert_string_equal(r->uri, uri);
}

static void
bad(const char *text, unsigned line, const char *why)
{
	struct rows rows = read_rows(text);

	for (size_t i = 0; i < rows.n; i++) {
		if (rows.v[i].fault == NULL)
			continue;
		assert_int_equal(rows.v[i].line, line);
		if (strstr(rows.v[i].fault, why) == NULL)
			fail_msg("%s", rows.v[i].fault);
		return;
	}
	fail_msg("taken: %s", text);
}

/* As an editor of Windows saves it. */
static void
test_bom(void **state)
{
	struct rows rows = read_rows("\xef\xbb\xbfuser,otpkey,type\r\n"
	    "anna,31323334353637383930,totp\r\n");

	(void)state;
	assert_int_equal(rows.n, 1);
	assert_null(rows.v[0].fault);
	assert_string_equal(rows.v[0].subject, "anna");
}

static void
test_uris(void **state)
{
	struct rows r = read_rows("# from the old one\n\n"
	    "otpauth://totp/Example:alice?secret=" B32 "\r\n"
	    "otpauth://totp/Old%20One%3Abob%40example.com?secret=" B32 "\n");

	(void)state;
	assert_int_equal(r.n, 2);
	good(&r.v[0], 3, "alice", "otpauth://totp/Example:alice?secret=" B32);
	good(&r.v[1], 4, "bob@example.com", "otpauth://totp/Old%20One%3Abob%40"
	    "example.com?secret=" B32);
	bad("otpauth://hotp/alice?secret=" B32 "&counter=0", 1, "HOTP");
	bad("otpauth://totp/alice", 1, "no key URI");
	bad("otpauth://totp/?secret=" B32, 1, "names nobody");
	bad("otpauth://totp/Example:?secret=" B32, 1, "names nobody");
	bad("otpauth://totp/%zz?secret=" B32, 1, "label");
}

static void
test_oath_users(void **state)
{
	struct rows r = read_rows("HOTP/T30/6 alice - " HEX "\n"
	    "HOTP/T60/8\tbob\t-\t" HEX "\t0\t012345\t2026-01-01T00:00:00L\n"
	    "HOTP/T30 carol + " HEX "\n");

	(void)state;
	assert_int_equal(r.n, 3);
	good(&r.v[0], 1, "alice", "otpauth://totp/import?secret=" B32
	    "&digits=6&period=30");
	good(&r.v[1], 2, "bob", "otpauth://totp/import?secret=" B32
	    "&digits=8&period=60");
	good(&r.v[2], 3, "carol", "otpauth://totp/import?secret=" B32
	    "&period=30");
	bad("HOTP alice - " HEX, 1, "counts logins");
	bad("HOTP/E/6 alice - " HEX, 1, "counts logins");
	bad("HOTP/T30/6 alice 1234 " HEX, 1, "PIN");
	bad("HOTP/T30/6 alice - " HEX "3", 1, "hexadecimal");
	bad("HOTP/T30/6 alice -", 1, "no key");
	bad("HOTP/T30/6", 1, "PIN");
}

static void
test_guacamole(void **state)
{
	struct rows r = read_rows("username,guac-totp-key-secret,"
	    "guac-totp-key-confirmed\nalice," B32 ",true\n"
	    "bob," B32 ",false\n\"o\"\"brien, m\"," B32 ",true\n");

	(void)state;
	assert_int_equal(r.n, 3);
	good(&r.v[0], 2, "alice", "otpauth://totp/import?secret=" B32);
	assert_true(r.v[1].skipped && r.v[1].fault == NULL);
	good(&r.v[2], 4, "o\"brien, m", "otpauth://totp/import?secret=" B32);
}

static void
test_privacyidea(void **state)
{
	struct rows r = read_rows("user,resolver,realm,serial,otpkey,type,"
	    "otplen,timestep,hashlib\nalice,ldap,corp,TOTP0001," HEX
	    ",TOTP,8,60,sha256\n");

	(void)state;
	assert_int_equal(r.n, 1);
	good(&r.v[0], 2, "alice", "otpauth://totp/import?secret=" B32
	    "&algorithm=sha256&digits=8&period=60");
	assert_string_equal(r.v[0].name, "TOTP0001");
	bad("user,otpkey,type\nalice," HEX ",hotp\n", 2, "another type");
	/* cut in the middle */
	bad("user,otpkey,type\nalice," HEX ",totp\nbob,3132", 3, "cut");
	bad("user,otpkey\nalice," HEX ",totp\n", 2, "more fields");
	bad("user,otpkey\n\"alice," HEX "\n", 2, "does not end");
	bad("user,otpkey\n," HEX "\n", 2, "names nobody");
	bad("user,otpkey\nalice,xyz\n", 2, "hexadecimal");
	bad("user,otpkey\nalice,\n", 2, "no key");
	bad("user,colour\nalice,red\n", 1, "heading");
	bad("alice " B32 "\n", 1, "heading");
}

/* A line is held and no more, and what follows one that is too long is read. */
static void
test_long_lines(void **state)
{
	static char text[3 * 4096];
	static const char end[] = "\notpauth://totp/alice?secret=" B32;
	struct rows r;

	(void)state;
	memset(text, 'x', 2 * 4096);
	memcpy(text + 2 * 4096, end, sizeof(end));
	r = read_rows(text);
	assert_int_equal(r.n, 2);
	assert_int_equal(r.v[0].line, 1);
	assert_string_equal(r.v[0].fault, "is longer than a row can be");
	good(&r.v[1], 2, "alice", "otpauth://totp/alice?secret=" B32);
}

static void
test_unreadable(void **state)
{
	FILE *f = fopen("/", "re");	/* a folder opens, and cannot be read */
	struct rows r = { .n = 0 };

	(void)state;
	assert_non_null(f);
	assert_int_equal(device_file_rows(f, keep, &r), 0);
	(void)fclose(f);
	assert_int_equal(r.n, 1);
	assert_string_equal(r.v[0].fault, "cannot be read");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uris),
		cmocka_unit_test(test_bom),
		cmocka_unit_test(test_oath_users),
		cmocka_unit_test(test_guacamole),
		cmocka_unit_test(test_privacyidea),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
