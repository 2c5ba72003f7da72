/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-plugin-load.c - which shared objects are believed, and what of them
 *
 * The modules of tests/plugins are copied to a folder of this test's own,
 * whose owner and modes it can change.
 */
#include <sys/stat.h>

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "plugin_load.h"
#include "stub_plugins.h"

static char folder[] = "/tmp/test-plugin-load-XXXXXX";
static const char *const modules[] = { "good", "wide", "nosymbol", "old",
	"new", "caps", "unresolved" };

static void
copy_file(const char *from, const char *to, size_t max)
{
	FILE *in = fopen(from, "r"), *out = fopen(to, "w");
	char chunk[4096];
	size_t n;

	if (in == NULL)
		fail_msg("%s is not there", from);
	assert_non_null(out);
	while (max > 0 && (n = fread(chunk, 1, max < sizeof(chunk) ? max :
	    sizeof(chunk), in)) > 0) {
		assert_int_equal(fwrite(chunk, 1, n, out), n);
		max -= n;
	}
	fclose(in);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(chmod(to, 0644), 0);
}

/* Writes two bytes of the head; types and machines stand there in both word
 * sizes alike. */
static void
patch_file(const char *path, size_t at, uint16_t value)
{
	FILE *f = fopen(path, "r+");

	assert_non_null(f);
	assert_int_equal(fseek(f, (long)at, SEEK_SET), 0);
	assert_int_equal(fwrite(&value, 1, 2, f), 2);
	assert_int_equal(fclose(f), 0);
}

static int
set_up(void **state)
{
	const char *top = getenv("CSN_TOP_BUILDDIR");
	char path[4096], name[64];

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
		assert_true(snprintf(path, sizeof(path),
		    "%s/tests/plugins/.libs/%s.so", top == NULL ? "" : top,
		    modules[i]) < (int)sizeof(path));
		assert_true(snprintf(name, sizeof(name), "%s.so",
		    modules[i]) < (int)sizeof(name));
		copy_file(path, name, SIZE_MAX);
	}
	copy_file("good.so", "other.so", SIZE_MAX);
	copy_file("good.so", "cut.so", 2000);
	copy_file("good.so", "empty.so", 0);
	copy_file("good.so", "program.so", SIZE_MAX);
	patch_file("program.so", offsetof(Elf64_Ehdr, e_type), ET_EXEC);
	copy_file("good.so", "foreign.so", SIZE_MAX);
	patch_file("foreign.so", offsetof(Elf64_Ehdr, e_machine), EM_SPARC);
	copy_file("good.so", "writable.so", SIZE_MAX);
	copy_file("good.so", "group.so", SIZE_MAX);
	assert_int_equal(chmod("writable.so", 0646), 0);
	assert_int_equal(chmod("group.so", 0664), 0);
	assert_int_equal(symlink("good.so", "linked.so"), 0);
	assert_int_equal(mkdir("folder.so", 0755), 0);
	assert_int_equal(mkfifo("fifo.so", 0644), 0);
	copy_file("/proc/self/status", "text.so", 100);
	return 0;
}

static int
tear_down(void **state)
{
	static const char *const more[] = { "other", "cut", "empty",
		"writable", "group", "linked", "fifo", "text", "program",
		"foreign" };
	char name[64];

	(void)state;
	(void)rmdir("folder.so");
	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
		(void)snprintf(name, sizeof(name), "%s.so", modules[i]);
		(void)unlink(name);
	}
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		(void)snprintf(name, sizeof(name), "%s.so", more[i]);
		(void)unlink(name);
	}
	if (chdir("/") != 0)
		return -1;
	return rmdir(folder);
}

static void
a_good_plugin_is_copied(void **state)
{
	struct plugin_registry *reg = plugin_registry_new(folder);
	const struct csn_plugin *p;
	struct buf error;

	(void)state;
	buf_init(&error, 0);
	p = plugin_find(reg, STR("good"), &error);
	if (p == NULL)
		fail_msg("%s", buf_str(&error).p);
	assert_string_equal(p->name, "good");
	assert_int_equal(p->nopts, 1);
	assert_string_equal(p->opts[0].name, "issuer");
	assert_string_equal(p->endpoints[0].path, "callback");
	assert_string_equal(p->ops[0].name, "list");
	assert_non_null(p->manage);
	assert_null(p->serve);
	/* the same copy each time */
	assert_ptr_equal(plugin_find(reg, STR("good"), &error), p);
	assert_int_equal(error.n, 0);
	buf_free(&error);
	plugin_registry_free(reg);
}

static void
a_later_minor_is_read_by_its_strides(void **state)
{
	struct plugin_registry *reg = plugin_registry_new(folder);
	const struct csn_plugin *p;
	struct buf error;

	(void)state;
	buf_init(&error, 0);
	p = plugin_find(reg, STR("wide"), &error);
	if (p == NULL)
		fail_msg("%s", buf_str(&error).p);
	assert_int_equal(p->abi_minor, 3);
	assert_int_equal(p->opt_size, sizeof(struct csn_opt));
	assert_string_equal(p->opts[0].name, "first");
	assert_string_equal(p->opts[0].fallback, "7");
	assert_string_equal(p->opts[1].name, "second");
	assert_int_equal(p->opts[1].type, CSN_T_BOOL);
	buf_free(&error);
	plugin_registry_free(reg);
}

struct refused_row { const char *name, *says; };

/* What is said, or how it begins where the loader's own words follow. */
static const struct refused_row refused_table[] = {
	{ "absent", "DIR/absent.so is not there; is its package "
	    "installed?" },
	{ "nosymbol", "DIR/nosymbol.so is no plugin of this version: it has "
	    "no symbol countersign_plugin_1" },
	{ "old", "its description has a size that no version of this "
	    "interface has; build it again" },
	{ "new", "it needs a newer host: interface 1.98, this one has 1.0" },
	{ "caps", "it has CAP_LOOKUP or endpoints, and no serve()" },
	{ "other", "it calls itself `good`, not `other`; the file must have "
	    "the plugin's name" },
	{ "cut", "DIR/cut.so is cut short; install it again" },
	{ "empty", "DIR/empty.so is no shared object of this machine" },
	{ "text", "DIR/text.so is no shared object of this machine" },
	{ "program", "DIR/program.so is no shared object of this machine" },
	{ "foreign", "it cannot be loaded: " },
	{ "unresolved", "it cannot be loaded: " },
	{ "writable", "DIR/writable.so may be written to by others; chmod "
	    "go-w" },
	{ "group", "DIR/group.so may be written to by others; chmod go-w" },
	{ "linked", "DIR/linked.so is a symbolic link; the folder holds the "
	    "files themselves" },
	{ "folder", "DIR/folder.so is no plain file" },
	{ "fifo", "DIR/fifo.so is no plain file" },
	{ "", "a plugin is named by letters, digits and hyphens, without "
	    "path and .so" },
	{ "../good", "a plugin is named by letters, digits and hyphens, "
	    "without path and .so" },
	{ "good.so", "a plugin is named by letters, digits and hyphens, "
	    "without path and .so" },
	{ "-good", "a plugin is named by letters, digits and hyphens, "
	    "without path and .so" },
	{ "good-with-a-name-that-is-too-long-to-be-one", "a plugin is named "
	    "by letters, digits and hyphens, without path and .so" },
};

/* The sentence with the folder's name as DIR. */
static void
find_says(struct plugin_registry *reg, const char *name, struct buf *b)
{
	struct csn_str dir = str_from(folder), text;
	struct buf error;

	buf_init(&error, 0);
	assert_null(plugin_find(reg, str_from(name), &error));
	text = buf_str(&error);
	if (str_starts(text, dir)) {
		buf_puts(b, "DIR");
		text = str_from_at(text, dir.n);
	}
	buf_str_put(b, text);
	buf_free(&error);
}

static void
others_are_refused_in_a_sentence(void **state)
{
	struct plugin_registry *reg = plugin_registry_new(folder);

	(void)state;
	for (size_t i = 0; i < sizeof(refused_table) /
	    sizeof(refused_table[0]); i++) {
		const struct refused_row *row = &refused_table[i];
		struct csn_str want = str_from(row->says), got;
		struct buf b;

		buf_init(&b, 0);
		find_says(reg, row->name, &b);
		got = buf_str(&b);
		if (!(str_ends(want, STR(": ")) ? str_starts(got, want) &&
		    got.n > want.n : str_equal(got, want)))
			fail_msg("%s: got \"%s\"", row->name, got.p);
		buf_free(&b);
	}
	plugin_registry_free(reg);
}

static void
a_folder_of_others_is_refused(void **state)
{
	struct plugin_registry *reg = plugin_registry_new(folder);
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(chmod(folder, 0777), 0);
	find_says(reg, "good", &b);
	assert_non_null(strstr(buf_str(&b).p, "may be written to by others"));
	assert_int_equal(chmod(folder, 0770), 0);
	buf_clear(&b);
	find_says(reg, "good", &b);
	assert_non_null(strstr(buf_str(&b).p, "may be written to by others"));
	assert_int_equal(chmod(folder, 0755), 0);
	plugin_registry_free(reg);
	reg = plugin_registry_new("/nowhere/at/all");
	buf_clear(&b);
	find_says(reg, "good", &b);
	assert_string_equal(buf_str(&b).p, "the plugin folder "
	    "/nowhere/at/all cannot be opened: No such file or directory");
	plugin_registry_free(reg);
	buf_free(&b);
}

static void
somebody_elses_are_refused(void **state)
{
	struct plugin_registry *reg;
	struct buf b;

	(void)state;
	/* only root can give a file away */
	if (geteuid() != 0) {
		print_message("# not root: the owner cannot be changed "
		    "here\n");
		skip();
	}
	reg = plugin_registry_new(folder);
	buf_init(&b, 0);
	assert_int_equal(chown("good.so", 12345, 0), 0);
	find_says(reg, "good", &b);
	assert_string_equal(buf_str(&b).p, "DIR/good.so belongs to somebody "
	    "else; it must belong to root or to the user of the service");
	assert_int_equal(chown("good.so", 0, 0), 0);
	buf_clear(&b);
	assert_int_equal(chown(folder, 12345, 0), 0);
	find_says(reg, "good", &b);
	assert_non_null(strstr(buf_str(&b).p, "belongs to somebody else"));
	assert_int_equal(chown(folder, 0, 0), 0);
	buf_free(&b);
	plugin_registry_free(reg);
}

static void
put_name(void *arg, struct csn_str name)
{
	buf_printf(arg, "%.*s ", STR_FMT(name));
}

static void
the_folder_is_listed(void **state)
{
	struct plugin_registry *reg = plugin_registry_new(folder);
	struct buf names, error;

	(void)state;
	buf_init(&names, 0);
	buf_init(&error, 0);
	assert_int_equal(plugin_each(reg, put_name, &names, &error), 0);
	assert_string_equal(buf_str(&names).p, "caps cut empty fifo folder "
	    "foreign good group linked new nosymbol old other program text "
	    "unresolved wide writable ");
	plugin_registry_free(reg);
	reg = plugin_registry_new("/nowhere");
	assert_int_equal(plugin_each(reg, put_name, &names, &error), -1);
	assert_true(error.n > 0);
	plugin_registry_free(reg);
	buf_free(&names);
	buf_free(&error);
}

/* A description that is right, to be spoilt in one place. */
struct spoilt {
	struct csn_plugin d;
	struct csn_opt opts[2];
	struct csn_endpoint endpoints[2];
	struct csn_op ops[2];
};

static void
spoilt_init(struct spoilt *s)
{
	struct buf unused;

	buf_init(&unused, 0);
	*s = (struct spoilt){ .d = *stub_find(NULL, STR("both"), &unused) };
	s->opts[0] = (struct csn_opt){ .name = "one", .help = "One.",
	    .type = CSN_T_STRING };
	s->opts[1] = (struct csn_opt){ .name = "two", .help = "Two.",
	    .type = CSN_T_CHOICE, .choices = "a|b" };
	s->endpoints[0] = (struct csn_endpoint){ .path = "one",
	    .flags = CSN_EP_GET };
	s->endpoints[1] = (struct csn_endpoint){ .path = "two",
	    .resume_param = "state", .flags = CSN_EP_POST };
	s->ops[0] = (struct csn_op){ .name = "one", .help = "One.",
	    .flags = CSN_OP_OPERATOR };
	s->ops[1] = (struct csn_op){ .name = "two", .help = "Two.",
	    .params = "a,b", .flags = CSN_OP_SELF };
	s->d.manage = s->d.step;
	s->d.opts = s->opts;
	s->d.endpoints = s->endpoints;
	s->d.ops = s->ops;
	s->d.nopts = s->d.nendpoints = s->d.nops = 2;
	s->d.opt_size = sizeof(s->opts[0]);
	s->d.endpoint_size = sizeof(s->endpoints[0]);
	s->d.op_size = sizeof(s->ops[0]);
}

/* The sentence for a description, or "taken". */
static void
copy_says(const struct spoilt *s, struct buf *b)
{
	struct plugin p;

	if (plugin_copy(&s->d, STR("both"), &p, b) == 0) {
		plugin_clear(&p);
		buf_puts(b, "taken");
	}
}

#define SPOIL(does, wanted) do {					\
	struct spoilt s;						\
	struct buf b;							\
									\
	spoilt_init(&s);						\
	does;								\
	buf_init(&b, 0);						\
	copy_says(&s, &b);						\
	if (!str_is(buf_str(&b), wanted))				\
		fail_msg(#does ": got \"%s\"", buf_str(&b).p);		\
	buf_free(&b);							\
} while (0)

static void
descriptions_head(void **state)
{
	(void)state;
	SPOIL((void)0, "taken");
	SPOIL(s.d.struct_size = 0, "its description has a size that no "
	    "version of this interface has; build it again");
	SPOIL(s.d.struct_size = 5000, "its description has a size that no "
	    "version of this interface has; build it again");
	SPOIL(s.d.abi_minor_min = 1, "it needs a newer host: interface 1.1, "
	    "this one has 1.0");
	SPOIL(s.d.name = NULL, "it calls itself ``, not `both`; the file must "
	    "have the plugin's name");
	SPOIL(s.d.version = NULL, "its version or summary is missing");
	SPOIL(s.d.version = "1\n2", "its version or summary is missing");
	SPOIL(s.d.summary = "", "its version or summary is missing");
	SPOIL(s.d.caps |= 128, "it has a capability that this host does not "
	    "know");
	SPOIL(s.d.caps = CSN_CAP_NETWORK, "it neither identifies nor proves a "
	    "second factor");
	SPOIL(s.d.caps = CSN_CAP_SECOND | CSN_CAP_WAITS, "it has CAP_WAITS, "
	    "and no CAP_NETWORK");
	SPOIL(s.d.caps = CSN_CAP_SECOND | CSN_CAP_LOOKUP, "it has "
	    "CAP_LOOKUP, and does not identify");
	SPOIL((s.d.caps |= CSN_CAP_UNSOLICITED, s.d.nendpoints = 0), "it has "
	    "CAP_UNSOLICITED, and no endpoint or no BOOL option "
	    "`unsolicited` that allows it");
	SPOIL(s.d.caps |= CSN_CAP_UNSOLICITED, "it has CAP_UNSOLICITED, and "
	    "no endpoint or no BOOL option `unsolicited` that allows it");
	SPOIL(s.d.open = NULL, "open, close, step or selftest is missing");
	SPOIL(s.d.close = NULL, "open, close, step or selftest is missing");
	SPOIL(s.d.step = NULL, "open, close, step or selftest is missing");
	SPOIL(s.d.selftest = NULL, "open, close, step or selftest is "
	    "missing");
	SPOIL(s.d.serve = NULL, "it has CAP_LOOKUP or endpoints, and no "
	    "serve()");
	SPOIL((s.d.serve = NULL, s.endpoints[0].resume_param = "x"),
	    "taken");
	SPOIL(s.d.manage = NULL, "it has operations, and no manage()");
	SPOIL(s.d.nops = 0, "it has manage(), and no operation");
}

static void
descriptions_tables(void **state)
{
	static const char size[] = "a table of its description has an "
	    "impossible size";

	(void)state;
	SPOIL(s.d.opts = NULL, size);
	SPOIL(s.d.nopts = 1000, size);
	SPOIL(s.d.nopts = SIZE_MAX / 8, size);
	SPOIL(s.d.opt_size = 8, size);
	SPOIL(s.d.opt_size = 65536, size);
	SPOIL(s.d.opt_size = sizeof(struct csn_opt) + 1, size);
	SPOIL(s.d.endpoints = NULL, size);
	SPOIL(s.d.endpoint_size = 0, size);
	SPOIL(s.d.nendpoints = 33, size);
	SPOIL(s.d.ops = NULL, size);
	SPOIL(s.d.op_size = 4, size);
	SPOIL(s.d.nops = 33, size);
}

static void
descriptions_options(void **state)
{
	(void)state;
	SPOIL(s.opts[0].name = NULL, "its option `` has no proper name");
	SPOIL(s.opts[0].name = "One", "its option `One` has no proper name");
	SPOIL(s.opts[0].name = "a-b", "its option `a-b` has no proper name");
	SPOIL(s.opts[0].name = "two", "its option `two` stands there twice");
	SPOIL(s.opts[0].name = "realm", "its option `realm` is a word of the "
	    "host");
	SPOIL(s.opts[0].name = "people", "its option `people` is a word of "
	    "the host");
	SPOIL(s.opts[0].help = NULL, "its option `one` has no help");
	SPOIL(s.opts[0].type = 0, "its option `one` has a type that this host "
	    "does not know");
	SPOIL(s.opts[0].type = 12, "its option `one` has a type that this "
	    "host does not know");
	SPOIL(s.opts[0].flags = 8, "its option `one` has a flag that this "
	    "host does not know");
	SPOIL(s.opts[0].flags = CSN_O_PRIVATE, "its option `one` is private, "
	    "and no file");
	SPOIL(s.opts[0].choices = "a|b", "its option `one` has choices, and "
	    "is none");
	SPOIL(s.opts[1].choices = NULL, "its option `two` is a choice without "
	    "choices");
	SPOIL(s.opts[1].fallback = "c", "its option `two` has a fallback that "
	    "it would refuse");
	SPOIL(s.opts[1].fallback = "b", "taken");
	SPOIL((s.opts[1].fallback = "b", s.opts[1].flags = CSN_O_REQUIRED),
	    "its option `two` is required, and has a fallback");
	SPOIL((s.opts[0].min = 3, s.opts[0].max = 2), "its option `one` has a "
	    "least value above its greatest");
	SPOIL(s.opts[0].min = -1, "its option `one` has a negative length");
	SPOIL((s.opts[0].type = CSN_T_SECRET, s.opts[0].fallback = "x"),
	    "its option `one` has a fallback, which its type cannot have");
	SPOIL((s.opts[0].type = CSN_T_SECONDS, s.opts[0].fallback = "5"),
	    "its option `one` has a fallback that it would refuse");
}

static void
descriptions_endpoints_and_ops(void **state)
{
	(void)state;
	SPOIL(s.endpoints[0].path = NULL, "its endpoint `` has no proper "
	    "path");
	SPOIL(s.endpoints[0].path = "../x", "its endpoint `../x` has no "
	    "proper path");
	SPOIL(s.endpoints[0].path = "two", "its endpoint `two` stands there "
	    "twice");
	SPOIL(s.endpoints[1].resume_param = "", "its endpoint `two` has no "
	    "proper resume parameter");
	SPOIL(s.endpoints[0].flags = 0, "its endpoint `one` takes neither GET "
	    "nor POST");
	SPOIL(s.endpoints[0].flags |= 64, "its endpoint `one` has a flag that "
	    "this host does not know");
	SPOIL(s.endpoints[0].flags |= CSN_EP_CROSS_SITE, "its endpoint `one` "
	    "is cross-site without POST");
	SPOIL(s.endpoints[1].flags |= CSN_EP_FRAMED, "its endpoint `two` is "
	    "framed without GET");
	SPOIL(s.endpoints[1].flags |= CSN_EP_BACK_CHANNEL, "its endpoint "
	    "`two` is for browsers and not for browsers");
	SPOIL(s.endpoints[0].max_bytes = 2000000, "its endpoint `one` takes "
	    "more than 1 MiB");
	SPOIL(s.ops[0].name = "One", "its operation `One` has no proper "
	    "name");
	SPOIL(s.ops[0].name = "two", "its operation `two` stands there "
	    "twice");
	SPOIL(s.ops[0].help = NULL, "its operation `one` has no help");
	SPOIL(s.ops[0].flags = 0, "its operation `one` is for nobody");
	SPOIL(s.ops[0].flags = CSN_OP_SELF | 64, "its operation `one` has a "
	    "flag that this host does not know");
	SPOIL(s.ops[1].params = "a\x01", "its operation `two` has no proper "
	    "parameters");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_plugin_is_copied),
		cmocka_unit_test(a_later_minor_is_read_by_its_strides),
		cmocka_unit_test(others_are_refused_in_a_sentence),
		cmocka_unit_test(a_folder_of_others_is_refused),
		cmocka_unit_test(somebody_elses_are_refused),
		cmocka_unit_test(the_folder_is_listed),
		cmocka_unit_test(descriptions_head),
		cmocka_unit_test(descriptions_tables),
		cmocka_unit_test(descriptions_options),
		cmocka_unit_test(descriptions_endpoints_and_ops),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
