/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command_person.c - somebody shown, renamed, merged, forgotten: what the
 * store keeps of people, of whatever realm
 */
#include <stdio.h>

#include "command.h"

enum person_op { PERSON_SHOW, PERSON_RENAME, PERSON_MERGE, PERSON_ERASE };

static const struct {
	const char *name;
	int argc;
	const char *takes;
} ops[] = {
	[PERSON_SHOW] = { "show", 2, "realm" },
	[PERSON_RENAME] = { "rename", 3, "realm dry-run" },
	[PERSON_MERGE] = { "merge", 3, "realm dry-run keep" },
	[PERSON_ERASE] = { "erase", 2, "realm dry-run" },
};

static int
person_run(struct command *c, struct csn_gate *g, enum person_op op,
    struct csn_str *ret)
{
	struct csn_person_change change = {
		.realm = str_from(c->realm),
		.subject = str_from(c->argv[1]),
		.into = str_from(c->argc > 2 ? c->argv[2] : NULL),
		.keep = str_from(c->keep),
		.merge = op == PERSON_MERGE,
		.dry = c->dry_run,
	};
	struct csn_str who = str_from(c->who);

	switch (op) {
	case PERSON_SHOW:
		return csn_person(g, change.realm, change.subject, who, ret);
	case PERSON_RENAME:
	case PERSON_MERGE:
		return csn_person_move(g, &change, who, ret);
	case PERSON_ERASE:
		return csn_person_erase(g, &change, who, ret);
	}
	return -1;
}

int
command_person(struct command *c)
{
	struct csn_str text = STR("");
	struct csn_gate *gate;
	size_t op = 0;
	int rc;

	while (op < sizeof(ops) / sizeof(ops[0]) && (c->argc != ops[op].argc ||
	    strcmp(c->argv[0], ops[op].name) != 0))
		op++;
	if (op == sizeof(ops) / sizeof(ops[0]) || !command_takes(c,
	    ops[op].name, ops[op].takes))
		return command_wrong(c);
	gate = command_gate(c);
	if (gate == NULL)
		return COMMAND_CONF;
	rc = person_run(c, gate, (enum person_op)op, &text);
	csn_gate_close(gate);
	return command_print(c, rc, &text);
}
