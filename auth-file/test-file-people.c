/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-file-people.c - files of people, good and bad
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/buf.h"

#include "people.h"

#define H "$2y$04$abcdefghijklmnopqrstuu9bm0BAgiqtq4VQmdTg9qvaFFICiU4jG"

static char said[4096];

static void
told(void *arg, unsigned line, const char *what)
{
	size_t n = strlen(said);

	(void)arg;
	(void)snprintf(said + n, sizeof(said) - n, "%u: %s\n", line, what);
}

static struct people *
read_text(const char *text)
{
	said[0] = '\0';
	return people_read(str_from(text), told, NULL);
}

static void
assert_text(struct csn_str s, const char *want)
{
	if (!str_is(s, want))
		fail_msg("\"%.*s\" is not \"%s\"", STR_FMT(s), want);
	assert_int_equal(s.p[s.n], '\0');
}

/* As an editor of Windows saves it. */
static void
test_bom(void **state)
{
	struct people *p = read_text("\xef\xbb\xbf" "alice:" H "\r\n");

	(void)state;
	assert_non_null(p);
	assert_non_null(people_find(p, STR("alice")));
	people_free(p);
	p = read_text("\xef\xbb\xbf" "users:\n  bob:\n    password: '" H
	    "'\n");
	assert_non_null(p);
	assert_non_null(people_find(p, STR("bob")));
	people_free(p);
}

static void
test_lines(void **state)
{
	struct people *p = read_text("# people\r\n\n"
	    "alice:" H ":Alice Liddell:alice@example.com:staff, admins\r\n"
	    "  # another\n"
	    "b\xc3\xb6rk:" H "\n"
	    "carol:" H "::carol@example.com:\n"
	    "dave:" H ":Dave");
	const struct person *a;

	(void)state;
	assert_non_null(p);
	assert_int_equal(p->n, 4);
	a = people_find(p, STR("alice"));
	assert_text(a->name, "alice");
	assert_text(a->hash, H);
	assert_text(a->display, "Alice Liddell");
	assert_text(a->mail, "alice@example.com");
	assert_int_equal(a->groups.n, 2);
	assert_text(a->groups.v[0], "staff");
	assert_text(a->groups.v[1], "admins");
	assert_int_equal(a->line, 3);
	assert_false(a->disabled);
	assert_text(people_find(p, STR("b\xc3\xb6rk"))->display, "");
	assert_text(people_find(p, STR("carol"))->mail, "carol@example.com");
	assert_int_equal(people_find(p, STR("carol"))->groups.n, 0);
	assert_text(people_find(p, STR("dave"))->display, "Dave");
	people_free(p);
}

/* Case is folded where that names one person only. */
static void
test_find(void **state)
{
	struct people *p = read_text("alice:" H "\nBob:" H "\nbob:" H
	    "\nBOB:" H "\n");

	(void)state;
	assert_non_null(p);
	assert_text(people_find(p, STR("alice"))->name, "alice");
	assert_text(people_find(p, STR("ALICE"))->name, "alice");
	assert_text(people_find(p, STR("bob"))->name, "bob");
	assert_text(people_find(p, STR("Bob"))->name, "Bob");
	assert_text(people_find(p, STR("BOB"))->name, "BOB");
	assert_null(people_find(p, STR("boB")));
	assert_null(people_find(p, STR("")));
	assert_null(people_find(p, STR("alice ")));
	assert_null(people_find(p, STR("alic")));
	assert_null(people_find(p, str_of("alice\0", 6)));
	people_free(p);
}

#define AUTHELIA_HASH "$6$rounds=50000$BpLnfgDsc2WD8F2q$Zis.ixdg9s/UOJYrs56b5" \
    "QEZFiZECu0qZVNsIYxBaNJ7ucIL.nlxVCT5tqh8KHG8X4tlwCFm5r6NTOZZ5qRFN/"
#define ARGON2ID "$argon2id$v=19$m=64,t=1,p=4$Y291bnRlcnNpZ24tc2FsdA$RsJrjvZ" \
    "f32MTqKjMi67XZVfRsMQBp0TDuz1HmV+l7nU"

/* As Authelia's documentation shows it, and as it writes it back. */
static void
test_authelia(void **state)
{
	struct people *p = read_text("---\n"
	    "# List of users\n"
	    "users:\n"
	    "  authelia:\n"
	    "    disabled: false\n"
	    "    displayname: 'Authelia User'\n"
	    "    # Password is authelia\n"
	    "    password: '" AUTHELIA_HASH "'  # yamllint disable-line\n"
	    "    email: 'authelia@authelia.com'\n"
	    "    groups:\n"
	    "      - 'admins'\n"
	    "      - dev\n"
	    "    given_name: ''\n"
	    "    address:\n"
	    "      street_address: 'x: y'\n"
	    "      region: z\n"
	    "    extra: {}\n"
	    "  'o''brien':\n"
	    "    password: {CRYPT}x\n");

	(void)state;
	/* a plain text that begins with a brace is a map in YAML */
	assert_null(p);
	assert_string_equal(strchr(said, ':'), strchr(strstr(said, "19: "),
	    ':'));
	p = read_text("users:\r\n"
	    "    papa:\r\n"
	    "        disabled: true\r\n"
	    "        displayname: \"Pa \\\"P\\\" \\\\ \xe3\x83\x91\"\r\n"
	    "        password: " H "\r\n"
	    "        email: \"\"\r\n"
	    "        groups: []\r\n"
	    "        picture: null\r\n"
	    "    'o''brien':\r\n"
	    "        password: '{CRYPT}" AUTHELIA_HASH "'\r\n"
	    "        groups: [ 'a, b', c,d ] # three\r\n"
	    "    mama:\r\n"
	    "        groups:\r\n"
	    "        - x\r\n"
	    "        password: \"" H "\"\r\n");
	if (p == NULL)
		fail_msg("%s", said);
	assert_true(people_find(p, STR("papa"))->disabled);
	assert_text(people_find(p, STR("papa"))->display,
	    "Pa \"P\" \\ \xe3\x83\x91");
	assert_text(people_find(p, STR("papa"))->hash, H);
	assert_int_equal(people_find(p, STR("papa"))->groups.n, 0);
	assert_text(people_find(p, STR("o'brien"))->hash, AUTHELIA_HASH);
	assert_int_equal(people_find(p, STR("o'brien"))->groups.n, 3);
	assert_text(people_find(p, STR("o'brien"))->groups.v[0], "a, b");
	assert_text(people_find(p, STR("o'brien"))->groups.v[2], "d");
	assert_text(people_find(p, STR("mama"))->groups.v[0], "x");
	assert_int_equal(people_find(p, STR("mama"))->line, 12);
	people_free(p);
#ifdef HAVE_ARGON2
	p = read_text("users:\n  a:\n    password: " ARGON2ID "\n");
	assert_non_null(p);
	assert_text(people_find(p, STR("a"))->hash, ARGON2ID);
	people_free(p);
#endif
}

/* One row each: the text, and what is told. */
static const struct { const char *text, *said; } bad[] = {
	{ "", "0: there is nobody" },
	{ "# only this\n", "0: there is nobody" },
	{ "alice\n", "1: not a person" },
	{ "alice:" H ":a:b:c:d\n", "1: not a person" },
	{ "\n:" H "\n", "2: the name is not" },
	{ "al\tice:" H "\n", "1: the name is not" },
	{ "a\xff:" H "\n", "1: the name is not" },
	{ "a\xe2\x80\xae:" H "\n", "1: the name is not" },
	{ "alice:Hunter2!\n", "1: not a hash; a password must not" },
	{ "alice:$apr1$a$b\nbob:" H "\ncarol:$1$a$b\n", "1: apr1" },
	{ "alice:\n", "1: the hash is empty" },
	{ "alice:" H "\nbob:" H "\nalice:" H "\n", "3: this name stands" },
	{ "alice:" H ":x\x01y\n", "1: display name or mail" },
	{ "alice:" H ":::a,,b\n", "1: a group's name" },
	{ "users:\n", "0: there is nobody" },
	{ "users: {}\n", "1: \"users:\" stands" },
	{ "users:\nalice:\n  password: x\n", "2: a person's name is ind" },
	{ "users:\n  alice: x\n", "2: a person's name ends" },
	{ "users:\n  alice:\n    password: '" H "'\n  alice:\n"
	    "    password: '" H "'\n", "4: this name stands" },
	{ "users:\n  alice:\n    password: '" H "'\n    password: ''\n",
	    "4: this key stands" },
	{ "users:\n  alice:\n    displayname: x\n", "2: the hash is empty" },
	{ "users:\n  alice:\n    passwort: x\n", "3: unknown key" },
	{ "users:\n  alice:\n    password: &a x\n", "3: not read here" },
	{ "users:\n  alice:\n    password: *a\n", "3: not read here" },
	{ "users:\n  alice:\n    password: !!str x\n", "3: not read here" },
	{ "users:\n  alice:\n    password: |\n      x\n", "3: not read" },
	{ "users:\n  alice:\n    password: >-\n      x\n", "3: not read" },
	{ "users:\n  alice:\n    password: {a: b}\n", "3: not read here" },
	{ "users:\n  alice:\n    password: [x]\n", "3: a text is wanted" },
	{ "users:\n  alice:\n    password: 'x\n", "3: not read here" },
	{ "users:\n  alice:\n    password: 'x' y\n", "3: not read here" },
	{ "users:\n  alice:\n    password: \"\\x41\"\n", "3: not read here" },
	{ "users:\n  alice:\n    password: a: b\n", "3: not read here" },
	{ "users:\n  alice:\n    displayname: one\n      two\n",
	    "4: not read here" },
	{ "users:\n  alice:\n\tpassword: x\n", "3: there is a tab" },
	{ "users:\n  alice:\n    password: '" H "'\n   email: x\n",
	    "4: indented otherwise" },
	{ "users:\n  alice:\n    disabled: yes\n", "3: disabled is" },
	{ "users:\n  alice:\n    disabled: 'true'\n", "3: disabled is" },
	{ "users:\n  alice:\n    groups: admins\n", "3: groups is a list" },
	{ "users:\n  alice:\n    groups: [a\n", "3: not read here" },
	{ "users:\n  alice:\n    groups: [a] b\n", "3: not read here" },
	{ "users:\n  alice:\n    groups:\n      - a: b\n",
	    "4: not read here" },
	{ "users:\n  alice:\n    groups:\n      - [a]\n", "4: groups is" },
	{ "users:\n  alice:\n    groups:\n      -\n", "4: a group's name" },
	{ "users:\n  alice:\n    password: '" H "'\nother: x\n",
	    "4: a person's name is ind" },
	{ "users:\n  alice:\n    password: '" H "'\n---\nusers:\n",
	    "4: not read here" },
	{ "users:\n  alice:\n    password: '" H "'\n# x\rbob:\n",
	    "4: there is a tab" },
	{ "users:\n  alice:\n    groups: [a #, b]\n", "3: not read here" },
	{ "users:\n  alice:\n    extra: [a\n", "3: not read here" },
	{ "users:\n  <<: *x\n", "2: not read here" },
};

static void
test_bad(void **state)
{
	struct people *p;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		p = read_text(bad[i].text);
		if (p != NULL || strncmp(said, bad[i].said,
		    strlen(bad[i].said)) != 0)
			fail_msg("%s: got \"%s\", not \"%s\"", bad[i].text,
			    said, bad[i].said);
		/* no fault repeats what may be a password */
		assert_null(strstr(said, "Hunter2"));
	}
	/* all faults of one pass */
	assert_null(read_text("alice:$apr1$a$b\nbob:" H "\ncarol:$1$a$b\n"));
	assert_non_null(strstr(said, "\n3: MD5"));
}

static void
test_limits(void **state)
{
	struct buf b;
	struct people *p;

	(void)state;
	buf_init(&b, 0);
	for (unsigned i = 0; i < PEOPLE_MAX; i++)
		buf_printf(&b, "p%u:" H "\n", i);
	p = people_read(buf_str(&b), told, NULL);
	assert_non_null(p);
	assert_int_equal(p->n, PEOPLE_MAX);
	assert_text(people_find(p, STR("P9999"))->name, "p9999");
	people_free(p);
	buf_puts(&b, "one-more:" H "\n");
	said[0] = '\0';
	assert_null(people_read(buf_str(&b), told, NULL));
	assert_non_null(strstr(said, "10001: too many people"));
	buf_clear(&b);
	while (b.n <= PEOPLE_BYTES_MAX)
		buf_puts(&b, "# a comment, and another one, and another\n");
	said[0] = '\0';
	assert_null(people_read(buf_str(&b), told, NULL));
	assert_non_null(strstr(said, "0: the file is over"));
	buf_clear(&b);
	buf_puts(&b, "alice:" H ":::");
	for (unsigned i = 0; i <= PEOPLE_GROUPS_MAX; i++)
		buf_printf(&b, "%sg%u", i == 0 ? "" : ",", i);
	said[0] = '\0';
	assert_null(people_read(buf_str(&b), told, NULL));
	assert_non_null(strstr(said, "1: more than 200 groups"));
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_bom),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_authelia),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
