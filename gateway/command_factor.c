/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command_factor.c - one factor: what it is set to, its operations, its trials
 *
 * It must never read a file without a cap, or print what an operation gave
 * but as the factor gave it.
 */
#include <stdio.h>
#include <string.h>

#include "command.h"

#define PARAMS_MAX 16

/* name=value arguments become the operation's parameters. */
static int
work_factor(struct command *c, struct csn_gate *g, struct csn_str *ret)
{
	struct csn_pair params[PARAMS_MAX];
	size_t n = 0;

	if (c->argc == 1)
		return csn_factor(g, str_from(c->argv[0]), ret);
	/* of what is done, not of the file */
	c->log.least = CSN_WARN;
	for (int i = 2; i < c->argc && n < PARAMS_MAX; i++) {
		struct csn_str value = str_from(c->argv[i]), name;

		str_cut(&value, '=', &name);
		params[n++] = (struct csn_pair){ name,
		    value.p == NULL ? STR("") : value };
	}
	return csn_factor_op(g, str_from(c->argv[0]), str_from(c->argv[1]),
	    str_from(c->realm), str_from(c->user), str_from(c->item),
	    (struct csn_pairs){ params, n }, str_from(c->who), ret);
}

int
command_factor(struct command *c)
{
	if (c->argc < 1 || c->argc > 2 + PARAMS_MAX ||
	    (c->argc > 1 && c->user == NULL))
		return command_wrong(c);
	return command_with_gate(c, work_factor);
}

int
command_explain_factor(struct command *c)
{
	return c->argc != 1 ? command_wrong(c) :
	    command_with_gate(c, work_factor);
}

int
command_test(struct command *c)
{
	struct csn_str text = STR("");
	struct csn_gate *gate;
	int rc, printed;

	if (c->argc != 1)
		return command_wrong(c);
	gate = command_gate(c);
	if (gate == NULL)
		return COMMAND_CONF;
	/* what the factor logs is part of what it found */
	c->log.least = CSN_WARN;
	rc = csn_factor_test(gate, str_from(c->argv[0]), str_from(c->user),
	    &text);
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

int
command_inspect(struct command *c)
{
	struct csn_str text = STR("");
	struct csn_gate *gate;
	struct buf b;
	int rc, printed;

	if (c->argc != 2)
		return command_wrong(c);
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
	rc = csn_factor_file(gate, str_from(c->argv[0]), STR("inspect"),
	    buf_str(&b), &text);
	csn_gate_close(gate);
	buf_free(&b);
	printed = command_print(c, rc < 0 ? rc : 0, &text);
	return rc == CSN_TEST_FAILED ? COMMAND_FAILED : printed;
}

int
command_metadata(struct command *c)
{
	struct csn_str text = STR("");
	struct csn_gate *gate;
	int rc;

	if (c->argc != 1)
		return command_wrong(c);
	gate = command_gate(c);
	if (gate == NULL)
		return COMMAND_CONF;
	rc = csn_factor_file(gate, str_from(c->argv[0]), STR("metadata"),
	    STR(""), &text);
	csn_gate_close(gate);
	return rc == 0 ? command_pieces(&text) : command_print(c, -1, &text);
}
