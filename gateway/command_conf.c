/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command_conf.c - questions about the configuration and the machine
 *
 * It must never change what the service keeps.
 */
#include <stdio.h>

#include "command.h"

int
command_check(struct command *c)
{
	struct csn_str text = STR("");
	int faults;

	if (c->argc > 1 || (c->print && c->json))
		return command_wrong(c);
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

int
command_doctor(struct command *c)
{
	struct csn_str text = STR("");
	int rc, printed;

	if (c->argc != 0)
		return command_wrong(c);
	/* what is found is said once, and in order */
	c->log.least = CSN_FAIL + 1;
	rc = csn_doctor(&c->options, &text);
	if (rc < 0 || c->json)
		printed = command_print(c, rc < 0 ? rc : 0, &text);
	else
		printed = command_findings(&text);
	return printed != COMMAND_OK ? printed : rc;
}

int
command_schema(struct command *c)
{
	struct csn_str text = STR("");

	if (c->argc != 0)
		return command_wrong(c);
	return command_json(csn_schema(&c->options, &text), &text);
}

static int
work_explain(struct command *c, struct csn_gate *g, struct csn_str *ret)
{
	return csn_explain(g, str_from(c->url), c->method != NULL ?
	    str_from(c->method) : STR("GET"), str_from(c->ip),
	    str_from(c->user), str_from(c->groups), ret);
}

int
command_explain(struct command *c)
{
	if (c->url == NULL || c->argc != 0)
		return command_wrong(c);
	return command_with_gate(c, work_explain);
}

static int
work_why(struct command *c, struct csn_gate *g, struct csn_str *ret)
{
	return csn_why(g, str_from(c->argv[0]), ret);
}

int
command_why(struct command *c)
{
	return c->argc != 1 ? command_wrong(c) :
	    command_with_gate(c, work_why);
}

int
command_plugins(struct command *c)
{
	struct csn_str text = STR("");

	if (c->argc != 0)
		return command_wrong(c);
	return command_print(c, csn_plugins(&c->options, &text), &text);
}
