/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command.c - countersign: the operator's command
 *
 * A table of commands, each a few lines over a function of host.h. Works
 * beside a running daemon: what it changes goes through the store.
 */
#include <getopt.h>
#include <pwd.h>
#include <signal.h>
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

int
command_with_gate(struct command *c, command_work *work)
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

static void
usage_put(FILE *to, struct csn_str lines)
{
	const char *before = "usage:";
	struct csn_str line;

	while (str_cut(&lines, '\n', &line) && line.n > 0) {
		fprintf(to, "%-6s countersign %.*s\n", before,
		    STR_FMT(line));
		before = "";
	}
}

int
command_wrong(const struct command *c)
{
	usage_put(stderr, str_from(c->usage));
	return COMMAND_USAGE;
}

static int
do_probe(struct command *c)
{
	if (c->argc != 1)
		return command_wrong(c);
	c->probe.url = c->argv[0];
	c->probe.json = c->json;
	return probe_run(&c->probe);
}

/* What each takes of the options below, besides those that all of them do;
 * and how it is written. */
static const struct {
	const char *name, *help;
	int (*run)(struct command *);
	const char *takes, *usage;
} commands[] = {
	{ "init", "make the keys and the store that the file names",
	    command_init, "",
	    "init" },
	{ "check", "check a configuration file, all faults in one pass",
	    command_check, "print",
	    "check [--print] [FILE]" },
	{ "doctor", "everything that is wrong on this machine, worst first",
	    command_doctor, "",
	    "doctor" },
	{ "schema", "a JSON schema of the configuration, for editors",
	    command_schema, "",
	    "schema" },
	{ "explain", "which policy and ways an address falls under",
	    command_explain, "url user groups ip method",
	    "explain --url URL [--user NAME] [--groups A,B] [--ip ADDRESS] "
	    "[--method METHOD]" },
	{ "explain-factor", "what a factor's options and presets come to",
	    command_explain_factor, "",
	    "explain-factor FACTOR" },
	{ "why", "what happened behind a reference of an error page",
	    command_why, "",
	    "why REFERENCE" },
	{ "sessions", "list or revoke sessions",
	    command_sessions, "realm user",
	    "sessions list [--realm R] [--user NAME]\n"
	    "sessions revoke ID\n"
	    "sessions revoke --user NAME [--realm R]" },
	{ "browsers", "list or forget browsers that are remembered",
	    command_browsers, "realm user",
	    "browsers list --user NAME [--realm R]\n"
	    "browsers revoke [ID] --user NAME [--realm R]" },
	{ "throttle", "list or lift waits after failed tries",
	    command_throttle, "",
	    "throttle list\n"
	    "throttle lift KEY" },
	{ "keys", "list, make, rotate or retire keys",
	    command_keys, "ring id",
	    "keys list\n"
	    "keys init\n"
	    "keys rotate --ring cookies|records\n"
	    "keys retire --ring cookies|records --id N" },
	{ "backup", "copy the store, beside a running daemon",
	    command_backup, "",
	    "backup FILE" },
	{ "restore", "try a copy of the store, or put it back",
	    command_restore, "check",
	    "restore [--check] FILE" },
	{ "store", "accept a store that was put back from a copy",
	    command_store, "",
	    "store restored" },
	{ "adopt", "hand a renamed factor's records on, or drop them",
	    command_adopt, "dry-run drop",
	    "adopt [--dry-run] OLD NEW\n"
	    "adopt [--dry-run] --drop OLD" },
	{ "plugins", "the plugins that are installed",
	    command_plugins, "",
	    "plugins" },
	{ "enrol-link", "a one-time link to set up a second factor",
	    command_link, "factor realm",
	    "enrol-link NAME --factor FACTOR [--realm R]" },
	{ "factor", "a factor's settings, or one of its operations",
	    command_factor, "user realm item",
	    "factor FACTOR\n"
	    "factor FACTOR OPERATION --user NAME [--realm R] [--item ID] "
	    "[name=value …]" },
	{ "test", "let a factor try itself and its peers",
	    command_test, "user",
	    "test FACTOR [--user NAME]" },
	{ "saml-inspect", "what the rules say to a captured SAML response",
	    command_inspect, "",
	    "saml-inspect FACTOR FILE" },
	{ "saml-metadata", "what a SAML identity provider is to know of us",
	    command_metadata, "",
	    "saml-metadata FACTOR" },
	{ "import-devices", "devices of another system, from a file",
	    command_devices, "file realm dry-run",
	    "import-devices FACTOR --file FILE [--realm R] [--dry-run]" },
	{ "report", "who has no second factor yet, by group, as CSV",
	    command_report, "groups realm",
	    "report unenrolled [FACTOR] [--groups A,B] [--realm R]" },
	{ "people", "show, rename, merge or erase somebody; local people",
	    command_people, "realm keep dry-run file factor name mail groups "
	    "password-stdin",
	    "people show NAME [--realm R]\n"
	    "people rename OLD NEW [--realm R] [--dry-run]\n"
	    "people merge FROM INTO [--keep from|into] [--realm R] "
	    "[--dry-run]\n"
	    "people erase NAME [--realm R] [--dry-run]\n"
	    "people add NAME --file FILE|--factor FACTOR [--name DISPLAY] "
	    "[--mail ADDRESS] [--groups A,B] [--password-stdin]\n"
	    "people remove NAME --file FILE|--factor FACTOR\n"
	    "people list --file FILE|--factor FACTOR" },
	{ "probe", "try your own proxy from outside",
	    do_probe, "path public backend header session ca resolve http-port",
	    "probe URL [--path P]… [--public P]… [--backend ADDRESS:PORT]… "
	    "[--header NAME]… [--session FILE] [--ca FILE] [--resolve "
	    "HOST:ADDRESS] [--http-port N]" },
};

static void
usage(FILE *to)
{
	fprintf(to, "usage: countersign [-c FILE] [--json] COMMAND …\n\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(to, "  %-14s %s\n", commands[i].name,
		    commands[i].help);
	fprintf(to, "\n  -c, --config FILE   default %s/countersign.yml\n"
	    "  --json              results as JSON\n"
	    "  --version, --help    behind a command: how it is written\n\n"
	    "exit status: 0 done, 1 failed, 2 wrong usage, 3 the configuration "
	    "has faults\n", CSN_SYSCONFDIR);
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

bool
command_takes(const struct command *c, const char *name, const char *takes)
{
	bool good = true;

	for (size_t i = 0; longs[i].name != NULL; i++) {
		struct csn_str option = str_from(longs[i].name);

		if ((c->given >> i & 1) == 0 || str_among(STR("config json "
		    "version help plugins"), ' ', option) ||
		    str_among(str_from(takes), ' ', option))
			continue;
		fprintf(stderr, "countersign: `%s` takes no --%s\n", name,
		    longs[i].name);
		good = false;
	}
	return good;
}

/* -1 to go on, else the exit status. */
static int
options_read(struct command *c, int argc, char **argv)
{
	int opt, at = -1;

	while ((opt = getopt_long(argc, argv, "c:h", longs, &at)) != -1) {
		if (at >= 0)
			c->given |= UINT64_C(1) << at;
		at = -1;
		switch (opt) {
		case 'c':
			c->options.conf_path = optarg;
			break;
		case 'h':
			c->help = true;
			break;
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

/* A variable of a script that holds nothing, most likely; to some commands it
 * would be "all" of something, or "none". */
static bool
has_empty(const struct command *c)
{
	for (int i = 0; i < c->argc; i++)
		if (c->argv[i][0] == '\0') {
			fprintf(stderr, "countersign: an argument is empty\n");
			return true;
		}
	return false;
}

static int
command_run(struct command *c, const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(name, commands[i].name) != 0)
			continue;
		c->usage = commands[i].usage;
		if (!c->help)
			return !has_empty(c) && command_takes(c, name,
			    commands[i].takes) ? commands[i].run(c) :
			    usage_hint();
		usage_put(stdout, str_from(c->usage));
		printf("\n%s; countersign(1) has the rest\n",
		    commands[i].help);
		return COMMAND_OK;
	}
	fprintf(stderr, "countersign: there is no command `%s`\n", name);
	return usage_hint();
}

int
main(int argc, char **argv)
{
	static struct command c;
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
		usage(c.help ? stdout : stderr);
		return c.help ? COMMAND_OK : COMMAND_USAGE;
	}
	caller_find(&c);
	csn_prepare_process();
	/* a peer that hangs up is a peer's failure, to be told */
	signal(SIGPIPE, SIG_IGN);
	c.argc = argc - optind - 1;
	c.argv = argv + optind + 1;
	return command_run(&c, argv[optind]);
}
