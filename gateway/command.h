/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command.h - pieces of the operator's command
 *
 * Exit status: 0 done, 1 it failed, 2 wrong usage, 3 the configuration has
 * faults or cannot be used.
 */
#ifndef COUNTERSIGN_GATEWAY_COMMAND_H
#define COUNTERSIGN_GATEWAY_COMMAND_H

#include <countersign/host.h>

#include "lib/log.h"
#include "lib/str.h"
#include "probe.h"

#define COMMAND_OK	0
#define COMMAND_FAILED	1
#define COMMAND_USAGE	2
#define COMMAND_CONF	3

struct command {
	struct csn_options options;
	struct log log;
	bool json;
	int argc;			/* what follows the command's name */
	char **argv;
	char who[128];			/* the caller, for the audit */
	/* --name VALUE options of the commands */
	const char *url, *user, *groups, *ip, *method, *realm, *factor, *file;
	const char *item, *ring, *id, *key, *name, *mail, *keep;
	bool password_stdin, check, print, dry_run, drop;
	uint64_t given;			/* options, by their place */
	const char *usage;		/* of the command, by lines */
	bool help;
	struct probe_options probe;
};

/* Prints what a function of host.h gave, as JSON or for people, frees it, and
 * returns the exit status for rc. */
int command_print(const struct command *, int rc, struct csn_str *text);
/* What an operation gave in pieces, each the detail of an item, as one text. */
int command_pieces(struct csn_str *text);
/* As command_print(), as JSON in lines in any case. */
int command_json(int rc, struct csn_str *text);

/* What `doctor` found, for people. */
int command_findings(struct csn_str *text);

/* A gate beside the running daemon, or NULL (said). */
struct csn_gate *command_gate(struct command *);
/* Opens one, works, closes, prints: the shape of most commands. */
typedef int command_work(struct command *, struct csn_gate *,
    struct csn_str *ret);
int command_with_gate(struct command *, command_work *);
/* Whether all options that were given are among those; else says which are
 * not. A --dry-run that is not heard would be in earnest. */
bool command_takes(const struct command *, const char *name,
    const char *takes);
/* Says how the command is written. COMMAND_USAGE. */
int command_wrong(const struct command *);

/* The commands themselves: what each does is said in the table of command.c.
 * An exit status each. */
/* command_conf.c */
int command_check(struct command *);
int command_doctor(struct command *);
int command_schema(struct command *);
int command_explain(struct command *);
int command_why(struct command *);
int command_plugins(struct command *);
/* command_store.c */
int command_init(struct command *);
int command_keys(struct command *);
int command_store(struct command *);
int command_backup(struct command *);
int command_restore(struct command *);
int command_adopt(struct command *);
/* command_session.c */
int command_sessions(struct command *);
int command_browsers(struct command *);
int command_throttle(struct command *);
int command_link(struct command *);
/* command_factor.c */
int command_factor(struct command *);
int command_explain_factor(struct command *);
int command_test(struct command *);
int command_inspect(struct command *);
int command_metadata(struct command *);
/* command_devices.c */
int command_devices(struct command *);
/* command_people.c */
int command_people(struct command *);
int command_person(struct command *);
int command_report(struct command *);

#endif
