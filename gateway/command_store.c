/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command_store.c - keys and store: made, kept, copied, put back
 *
 * It must never put a copy in the store's place that is not accepted with it:
 * nothing of before may count.
 */
#include <string.h>

#include "command.h"

int
command_init(struct command *c)
{
	if (c->argc != 0)
		return command_wrong(c);
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

/* A ring where one is needed, and no other word. */
static bool
ring_named(const struct command *c)
{
	return (strcmp(c->argv[0], "rotate") != 0 &&
	    strcmp(c->argv[0], "retire") != 0) || (c->ring != NULL &&
	    (strcmp(c->ring, "cookies") == 0 ||
	    strcmp(c->ring, "records") == 0));
}

int
command_keys(struct command *c)
{
	struct csn_str text = STR("");
	uint64_t id = 0;
	int rc, printed;

	/* warnings about the file are `check`'s */
	c->log.least = CSN_FAIL;
	if (c->argc != 1 || !ring_named(c) || (c->id != NULL &&
	    str_u64(str_from(c->id), UINT32_MAX, &id) < 0) ||
	    (strcmp(c->argv[0], "retire") == 0 && id == 0))
		return command_wrong(c);
	rc = csn_keys(&c->options, str_from(c->argv[0]), str_from(c->ring),
	    (uint32_t)id, str_from(c->who), &text);
	printed = command_print(c, rc, &text);
	return rc == CSN_INIT_FAULTS ? COMMAND_CONF : printed;
}

static int
work_restored(struct command *c, struct csn_gate *g, struct csn_str *ret)
{
	return csn_store_restored(g, str_from(c->who), ret);
}

int
command_store(struct command *c)
{
	if (c->argc != 1 || strcmp(c->argv[0], "restored") != 0)
		return command_wrong(c);
	return command_with_gate(c, work_restored);
}

static int
work_backup(struct command *c, struct csn_gate *g, struct csn_str *ret)
{
	return csn_backup(g, str_from(c->argv[0]), str_from(c->who), ret);
}

int
command_backup(struct command *c)
{
	return c->argc != 1 ? command_wrong(c) :
	    command_with_gate(c, work_backup);
}

/* A copy in its place is accepted at once: nothing of before may count. */
int
command_restore(struct command *c)
{
	struct csn_str text = STR("");
	int rc, printed;

	if (c->argc != 1)
		return command_wrong(c);
	c->log.least = CSN_FAIL;
	rc = csn_restore(&c->options, str_from(c->argv[0]), c->check, &text);
	if (rc < 0 || c->check) {
		printed = command_print(c, rc, &text);
		return rc == CSN_INIT_FAULTS ? COMMAND_CONF : printed;
	}
	csn_free(&text);
	return command_with_gate(c, work_restored);
}

static int
work_adopt(struct command *c, struct csn_gate *g, struct csn_str *ret)
{
	return csn_adopt(g, str_from(c->argv[0]), c->drop ? STR("") :
	    str_from(c->argv[1]), c->dry_run, str_from(c->who), ret);
}

int
command_adopt(struct command *c)
{
	if (c->argc != (c->drop ? 1 : 2))
		return command_wrong(c);
	return command_with_gate(c, work_adopt);
}
