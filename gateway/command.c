/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command.c - countersign: the operator's command
 *
 * A table of commands, each a few lines over a function of host.h. Works
 * beside a running daemon: what it changes goes through the store.
 */
#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "command.h"

struct csn_gate *
command_gate(struct command *c)
{
	c->options.offline = 1;
	/* warnings about the file are `check`'s */
	c->log.least = CSN_FAIL;
	return csn_gate_open(&c->options);
}

static struct csn_str
arg(const char *s)
{
	return str_from(s);
}

/* Opens, runs, closes: the shape of most commands. */
typedef int gate_work(struct command *, struct csn_gate *,
    struct csn_str *ret);

static int
with_gate(struct command *c, gate_work *work)
{
	struct csn_gate *gate = command_gate(c);
	struct csn_str text = STR("");
	int rc;

	if (gate == NULL)
		return COMMAND_CONF;
	rc = work(c, gate, &text);
	csn_gate_close(gate);
	return command_print(c, rc, &text);
}

static int
wrong(const char *usage)
{
	fprintf(stderr, "usage: countersign %s\n", usage);
	return COMMAND_USAGE;
}

/* ------------------------------------------------------------------ */

static int
do_init(struct command *c)
{
	if (c->argc != 0)
		return wrong("init");
	c->log.least = CSN_INFO;
	switch (csn_init(&c->options)) {
	case 0:
		return COMMAND_OK;
	case CSN_INIT_FAULTS:
		return COMMAND_CONF;
	default:
		return COMMAND_FAILED;
	}
}

static int
do_check(struct command *c)
{
	struct csn_str text = STR("");
	int faults;

	if (c->argc > 1 || (c->print && c->json))
		return wrong("check [--print] [FILE]");
	if (c->argc == 1)
		c->options.conf_path = c->argv[0];
	faults = c->print ? csn_check_print(&c->options, &text) :
	    csn_check_file(&c->options);
	if (c->print)
		(void)fwrite(text.p, 1, text.n, stdout);
	else if (c->json)
		printf("{\"faults\":%d}\n", faults);
	else if (faults == 0)
		printf("%s: good\n", c->options.conf_path);
	csn_free(&text);
	return faults != 0 ? COMMAND_CONF : fflush(stdout) == 0 ? COMMAND_OK :
	    COMMAND_FAILED;
}

static int
do_doctor(struct command *c)
{
	struct csn_str text = STR("");
	int rc, printed;

	if (c->argc != 0)
		return wrong("doctor");
	/* what is found is said once, and in order */
	c->log.least = CSN_FAIL + 1;
	rc = csn_doctor(&c->options, &text);
	if (rc < 0 || c->json)
		printed = command_print(c, rc < 0 ? rc : 0, &text);
	else
		printed = command_findings(&text);
	return printed != COMMAND_OK ? printed : rc;
}

static int
do_schema(struct command *c)
{
	struct csn_str text = STR("");

	if (c->argc != 0)
		return wrong("schema");
	return command_json(csn_schema(&c->options, &text), &text);
}

static int
work_explain(struct command *c, struct csn_gate *g, struct csn_str *ret)
{
	return csn_explain(g, arg(c->url), c->method != NULL ?
	    arg(c->method) : STR("GET"), arg(c->ip), arg(c->user),
	    arg(c->groups), ret);
}

static int
do_explain(struct command *c)
{
	if (c->url == NULL || c->argc != 0)
		return wrong("explain --url URL [--user NAME] "
		    "[--groups A,B] [--ip ADDRESS] [--method METHOD]");
	return with_gate(c, work_explain);
}

static int
work_why(struct command *c, struct csn_gate *g, struct csn_str *ret)
{
	return csn_why(g, arg(c->argv[0]), ret);
}

static int
do_why(struct command *c)
{
	return c->argc != 1 ? wrong("why REFERENCE") : with_gate(c, work_why);
}

static int
work_sessions(struct command *c, struct csn_gate *g, struct csn_str *ret)
{
	if (strcmp(c->argv[0], "list") == 0)
		return csn_sessions(g, arg(c->realm), arg(c->user), ret);
	return csn_sessions_revoke(g, c->argc == 2 ? arg(c->argv[1]) :
	    STR(""), arg(c->realm), arg(c->user), arg(c->who), ret);
}

static int
do_sessions(struct command *c)
{
	bool list = c->argc == 1 && strcmp(c->argv[0], "list") == 0;
	bool revoke = c->argc >= 1 && strcmp(c->argv[0], "revoke") == 0 &&
	    (c->argc == 2) != (c->user != NULL && c->argc == 1);

	if (!list && !revoke)
		return wrong("sessions list [--realm R] [--user NAME] | "
		    "sessions revoke ID | sessions revoke --user NAME "
		    "[--realm R]");
	return with_gate(c, work_sessions);
}

static int
work_browsers(struct command *c, struct csn_gate *g, struct csn_str *ret)
{
	if (strcmp(c->argv[0], "list") == 0)
		return csn_browsers(g, arg(c->realm), arg(c->user), ret);
	return csn_browsers_revoke(g, c->argc == 2 ? arg(c->argv[1]) :
	    STR(""), arg(c->realm), arg(c->user), arg(c->who), ret);
}

static int
do_browsers(struct command *c)
{
	bool list = c->argc == 1 && strcmp(c->argv[0], "list") == 0;
	bool revoke = (c->argc == 1 || c->argc == 2) &&
	    strcmp(c->argv[0], "revoke") == 0;

	if (c->user == NULL || (!list && !revoke))
		return wrong("browsers list --user NAME [--realm R] | "
		    "browsers revoke [ID] --user NAME [--realm R]");
	return with_gate(c, work_browsers);
}

static int
work_throttle(struct command *c, struct csn_gate *g, struct csn_str *ret)
{
	if (strcmp(c->argv[0], "list") == 0)
		return csn_throttles(g, ret);
	return csn_throttle_lift(g, arg(c->argv[1]), arg(c->who), ret);
}

static int
do_throttle(struct command *c)
{
	if (!(c->argc == 1 && strcmp(c->argv[0], "list") == 0) &&
	    !(c->argc == 2 && strcmp(c->argv[0], "lift") == 0))
		return wrong("throttle list | throttle lift KEY");
	return with_gate(c, work_throttle);
}

static int
do_keys(struct command *c)
{
	struct csn_str text = STR("");
	uint64_t id = 0;

	if (c->argc != 1 || (c->id != NULL &&
	    str_u64(arg(c->id), UINT32_MAX, &id) < 0) ||
	    (strcmp(c->argv[0], "retire") == 0 && id == 0))
		return wrong("keys list | keys init | keys rotate --ring "
		    "cookies|records | keys retire --ring R --id N");
	return command_print(c, csn_keys(&c->options, arg(c->argv[0]),
	    arg(c->ring), (uint32_t)id, str_from(c->who), &text), &text);
}

static int
work_restored(struct command *c, struct csn_gate *g, struct csn_str *ret)
{
	return csn_store_restored(g, arg(c->who), ret);
}

static int
do_store(struct command *c)
{
	if (c->argc != 1 || strcmp(c->argv[0], "restored") != 0)
		return wrong("store restored");
	return with_gate(c, work_restored);
}

static int
work_adopt(struct command *c, struct csn_gate *g, struct csn_str *ret)
{
	return csn_adopt(g, arg(c->argv[0]), c->drop ? STR("") :
	    arg(c->argv[1]), c->dry_run, arg(c->who), ret);
}

static int
do_adopt(struct command *c)
{
	if (c->argc != (c->drop ? 1 : 2))
		return wrong("adopt [--dry-run] OLD NEW | "
		    "adopt [--dry-run] --drop OLD");
	return with_gate(c, work_adopt);
}

static int
do_plugins(struct command *c)
{
	struct csn_str text = STR("");

	if (c->argc != 0)
		return wrong("plugins");
	return command_print(c, csn_plugins(&c->options, &text), &text);
}

static int
work_link(struct command *c, struct csn_gate *g, struct csn_str *ret)
{
	return csn_enrol_link(g, arg(c->realm), arg(c->argv[0]),
	    arg(c->factor), arg(c->who), ret);
}

static int
do_link(struct command *c)
{
	if (c->argc != 1 || c->factor == NULL)
		return wrong("enrol-link NAME --factor FACTOR [--realm R]");
	return with_gate(c, work_link);
}

/* name=value arguments become the operation's parameters. */
static int
work_factor(struct command *c, struct csn_gate *g, struct csn_str *ret)
{
	struct csn_pair params[16];
	size_t n = 0;

	if (c->argc == 1)
		return csn_factor(g, arg(c->argv[0]), ret);
	for (int i = 2; i < c->argc && n < 16; i++) {
		struct csn_str value = arg(c->argv[i]), name;

		str_cut(&value, '=', &name);
		params[n++] = (struct csn_pair){ name,
		    value.p == NULL ? STR("") : value };
	}
	return csn_factor_op(g, arg(c->argv[0]), arg(c->argv[1]),
	    arg(c->realm), arg(c->user), arg(c->item),
	    (struct csn_pairs){ params, n }, arg(c->who), ret);
}

static int
work_backup(struct command *c, struct csn_gate *g, struct csn_str *ret)
{
	return csn_backup(g, arg(c->argv[0]), arg(c->who), ret);
}

static int
do_backup(struct command *c)
{
	return c->argc != 1 ? wrong("backup FILE") :
	    with_gate(c, work_backup);
}

/* A copy in its place is accepted at once: nothing of before may count. */
static int
do_restore(struct command *c)
{
	struct csn_str text = STR("");
	int rc;

	if (c->argc != 1)
		return wrong("restore [--check] FILE");
	c->log.least = CSN_FAIL;
	rc = csn_restore(&c->options, arg(c->argv[0]), c->check, &text);
	if (rc < 0 || c->check)
		return command_print(c, rc, &text);
	csn_free(&text);
	return with_gate(c, work_restored);
}

static int
do_factor(struct command *c)
{
	if (c->argc < 1 || (c->argc > 1 && c->user == NULL))
		return wrong("factor NAME | factor NAME OP --user SUBJECT "
		    "[--realm R] [--item ID] [name=value …]");
	return with_gate(c, work_factor);
}

static int
do_probe(struct command *c)
{
	if (c->argc != 1)
		return wrong("probe URL [--path P]… [--public P]… "
		    "[--backend ADDRESS:PORT]… [--header NAME]… [--session "
		    "FILE] [--ca FILE] [--resolve HOST:ADDRESS] "
		    "[--http-port N]");
	c->probe.url = c->argv[0];
	c->probe.json = c->json;
	return probe_run(&c->probe);
}

static int
do_explain_factor(struct command *c)
{
	return c->argc != 1 ? wrong("explain-factor FACTOR") :
	    with_gate(c, work_factor);
}

static int
do_test(struct command *c)
{
	struct csn_str text = STR("");
	struct csn_gate *gate;
	int rc, printed;

	if (c->argc != 1)
		return wrong("test FACTOR [--user NAME]");
	gate = command_gate(c);
	if (gate == NULL)
		return COMMAND_CONF;
	/* what the factor logs is part of what it found */
	c->log.least = CSN_WARN;
	rc = csn_factor_test(gate, arg(c->argv[0]), arg(c->user), &text);
	csn_gate_close(gate);
	printed = command_print(c, rc < 0 ? rc : 0, &text);
	return rc == CSN_TEST_FAILED ? COMMAND_FAILED : printed;
}

#define INSPECT_MAX (1u << 20)

static int
file_read(const char *path, struct buf *ret)
{
	char chunk[8192];
	size_t n;
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	bool good;

	if (f == NULL)
		return -1;
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_put(ret, chunk, n);
	good = ferror(f) == 0 && !buf_failed(ret);
	if (f != stdin)
		(void)fclose(f);
	return good ? 0 : -1;
}

static int
do_inspect(struct command *c)
{
	struct csn_str text = STR("");
	struct csn_gate *gate;
	struct buf b;
	int rc, printed;

	if (c->argc != 2)
		return wrong("saml-inspect FACTOR FILE");
	buf_init(&b, INSPECT_MAX);
	if (file_read(c->argv[1], &b) < 0) {
		fprintf(stderr, "countersign: %s cannot be read, or is "
		    "longer than 1 MiB\n", c->argv[1]);
		buf_free(&b);
		return COMMAND_FAILED;
	}
	gate = command_gate(c);
	if (gate == NULL) {
		buf_free(&b);
		return COMMAND_CONF;
	}
	rc = csn_factor_file(gate, arg(c->argv[0]), STR("inspect"),
	    buf_str(&b), &text);
	csn_gate_close(gate);
	buf_free(&b);
	printed = command_print(c, rc < 0 ? rc : 0, &text);
	return rc == CSN_TEST_FAILED ? COMMAND_FAILED : printed;
}

static int
do_metadata(struct command *c)
{
	struct csn_str text = STR("");
	struct csn_gate *gate;
	int rc;

	if (c->argc != 1)
		return wrong("saml-metadata FACTOR");
	gate = command_gate(c);
	if (gate == NULL)
		return COMMAND_CONF;
	rc = csn_factor_file(gate, arg(c->argv[0]), STR("metadata"), STR(""),
	    &text);
	csn_gate_close(gate);
	return rc == 0 ? command_pieces(&text) : command_print(c, -1, &text);
}

static const struct {
	const char *name, *help;
	int (*run)(struct command *);
} commands[] = {
	{ "init", "make the keys and the store that the file names",
	    do_init },
	{ "check", "check a configuration file, all faults in one pass",
	    do_check },
	{ "doctor", "everything that is wrong on this machine, worst first",
	    do_doctor },
	{ "schema", "a JSON schema of the configuration, for editors",
	    do_schema },
	{ "explain", "which policy and ways an address falls under",
	    do_explain },
	{ "explain-factor", "what a factor's options and presets come to",
	    do_explain_factor },
	{ "why", "what happened behind a reference of an error page",
	    do_why },
	{ "sessions", "list or revoke sessions", do_sessions },
	{ "browsers", "list or forget browsers that are remembered",
	    do_browsers },
	{ "throttle", "list or lift waits after failed tries", do_throttle },
	{ "keys", "list, make, rotate or retire keys", do_keys },
	{ "backup", "copy the store, beside a running daemon", do_backup },
	{ "restore", "try a copy of the store, or put it back", do_restore },
	{ "store", "accept a store that was put back from a copy",
	    do_store },
	{ "adopt", "hand a renamed factor's records on, or drop them",
	    do_adopt },
	{ "plugins", "the plugins that are installed", do_plugins },
	{ "enrol-link", "a one-time link to set up a second factor",
	    do_link },
	{ "factor", "a factor's settings, or one of its operations",
	    do_factor },
	{ "test", "let a factor try itself and its peers", do_test },
	{ "saml-inspect", "what the rules say to a captured SAML response",
	    do_inspect },
	{ "saml-metadata", "what a SAML identity provider is to know of us",
	    do_metadata },
	{ "import-devices", "devices of another system, from a file",
	    command_devices },
	{ "report", "who has no second factor yet, by group, as CSV",
	    command_report },
	{ "people", "show, rename, merge or erase somebody; local people",
	    command_people },
	{ "probe", "try your own proxy from outside", do_probe },
};

static void
usage(FILE *to)
{
	fprintf(to, "usage: countersign [-c FILE] [--json] COMMAND …\n\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(to, "  %-12s %s\n", commands[i].name,
		    commands[i].help);
	fprintf(to, "\n  -c, --config FILE   default %s/countersign.yml\n"
	    "  --json              results as JSON\n"
	    "  --version, --help\n\nexit status: 0 done, 1 failed, 2 wrong "
	    "usage, 3 the configuration has faults\n", CSN_SYSCONFDIR);
}

/* Behind a fault that was said: the list would push it off the screen. */
static int
usage_hint(void)
{
	fprintf(stderr, "countersign --help lists commands and options\n");
	return COMMAND_USAGE;
}

/* ------------------------------------------------------------------ */

enum { OPT_FIRST = 256, OPT_JSON, OPT_VERSION, OPT_STDIN, OPT_CHECK,
	OPT_PRINT, OPT_DRY, OPT_DROP, OPT_TEXT,
	OPT_LIST = OPT_TEXT + 64 };

/* the order of `texts` in option_text(), of `lists` in option_list() */
static const struct option longs[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, 'h' },
	{ "password-stdin", no_argument, NULL, OPT_STDIN },
	{ "check", no_argument, NULL, OPT_CHECK },
	{ "print", no_argument, NULL, OPT_PRINT },
	{ "dry-run", no_argument, NULL, OPT_DRY },
	{ "drop", no_argument, NULL, OPT_DROP },
	{ "url", required_argument, NULL, OPT_TEXT },
	{ "user", required_argument, NULL, OPT_TEXT + 1 },
	{ "groups", required_argument, NULL, OPT_TEXT + 2 },
	{ "ip", required_argument, NULL, OPT_TEXT + 3 },
	{ "method", required_argument, NULL, OPT_TEXT + 4 },
	{ "realm", required_argument, NULL, OPT_TEXT + 5 },
	{ "factor", required_argument, NULL, OPT_TEXT + 6 },
	{ "file", required_argument, NULL, OPT_TEXT + 7 },
	{ "item", required_argument, NULL, OPT_TEXT + 8 },
	{ "ring", required_argument, NULL, OPT_TEXT + 9 },
	{ "id", required_argument, NULL, OPT_TEXT + 10 },
	{ "plugins", required_argument, NULL, OPT_TEXT + 11 },
	{ "name", required_argument, NULL, OPT_TEXT + 12 },
	{ "mail", required_argument, NULL, OPT_TEXT + 13 },
	{ "keep", required_argument, NULL, OPT_TEXT + 14 },
	{ "ca", required_argument, NULL, OPT_TEXT + 15 },
	{ "resolve", required_argument, NULL, OPT_TEXT + 16 },
	{ "session", required_argument, NULL, OPT_TEXT + 17 },
	{ "http-port", required_argument, NULL, OPT_TEXT + 18 },
	{ "path", required_argument, NULL, OPT_LIST },
	{ "public", required_argument, NULL, OPT_LIST + 1 },
	{ "header", required_argument, NULL, OPT_LIST + 2 },
	{ "backend", required_argument, NULL, OPT_LIST + 3 },
	{ NULL, 0, NULL, 0 }
};

static int
option_text(struct command *c, int opt, const char *value)
{
	const char **texts[] = { &c->url, &c->user, &c->groups, &c->ip,
	    &c->method, &c->realm, &c->factor, &c->file, &c->item, &c->ring,
	    &c->id, &c->options.plugin_dir, &c->name, &c->mail,
	    &c->keep, &c->probe.ca, &c->probe.resolve,
	    &c->probe.session_file, &c->probe.http_port };
	int i = opt - OPT_TEXT;

	if (i < 0 || (size_t)i >= sizeof(texts) / sizeof(texts[0]))
		return -1;
	*texts[i] = value;
	return 0;
}

/* Options that may come more than once. */
static int
option_list(struct command *c, int opt, const char *value)
{
	struct probe_list *lists[] = { &c->probe.paths, &c->probe.publics,
	    &c->probe.headers, &c->probe.backends };
	int i = opt - OPT_LIST;

	if (i < 0 || (size_t)i >= sizeof(lists) / sizeof(lists[0]) ||
	    lists[i]->n == PROBE_LIST_MAX)
		return -1;
	lists[i]->v[lists[i]->n++] = value;
	return 0;
}

/* -1 to go on, else the exit status. */
static int
options_read(struct command *c, int argc, char **argv)
{
	int opt;

	while ((opt = getopt_long(argc, argv, "c:h", longs, NULL)) != -1)
		switch (opt) {
		case 'c':
			c->options.conf_path = optarg;
			break;
		case 'h':
			usage(stdout);
			return COMMAND_OK;
		case OPT_JSON:
			c->json = true;
			break;
		case OPT_CHECK:
			c->check = true;
			break;
		case OPT_PRINT:
			c->print = true;
			break;
		case OPT_DROP:
			c->drop = true;
			break;
		case OPT_DRY:
			c->dry_run = true;
			break;
		case OPT_STDIN:
			c->password_stdin = true;
			break;
		case OPT_VERSION:
			printf("countersign %s\n", CSN_VERSION);
			return COMMAND_OK;
		default:
			if (option_text(c, opt, optarg) == 0 ||
			    option_list(c, opt, optarg) == 0)
				break;
			return usage_hint();
		}
	return -1;
}

/* Who asked, through sudo too: for the audit log. */
static void
caller_find(struct command *c)
{
	const char *sudo = getenv("SUDO_USER");
	struct passwd *pw = getpwuid(getuid());

	snprintf(c->who, sizeof(c->who), "uid %u%s%s%s%s",
	    (unsigned)getuid(), pw != NULL ? " " : "",
	    pw != NULL ? pw->pw_name : "", sudo != NULL ? ", sudo by " : "",
	    sudo != NULL ? sudo : "");
}

int
main(int argc, char **argv)
{
	static struct command c;
	const char *name;
	int rc;

	c.options.conf_path = CSN_SYSCONFDIR "/countersign.yml";
	log_init(&c.log, STDERR_FILENO);
	c.log.least = CSN_WARN;
	c.options.say = log_say;
	c.options.say_arg = &c.log;
	rc = options_read(&c, argc, argv);
	if (rc >= 0)
		return rc;
	if (optind == argc) {
		usage(stderr);
		return COMMAND_USAGE;
	}
	caller_find(&c);
	csn_prepare_process();
	name = argv[optind];
	c.argc = argc - optind - 1;
	c.argv = argv + optind + 1;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(name, commands[i].name) == 0)
			return commands[i].run(&c);
	fprintf(stderr, "countersign: there is no command `%s`\n", name);
	return usage_hint();
}
