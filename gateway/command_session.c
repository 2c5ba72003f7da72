/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command_session.c - what people have of us: sessions, browsers, waits, links
 *
 * It must never end or give any of them without a word of who asked, for the
 * audit log.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "command.h"

static int
work_sessions(struct command *c, struct csn_gate *g, struct csn_str *ret)
{
	if (strcmp(c->argv[0], "list") == 0)
		return csn_sessions(g, str_from(c->realm), str_from(c->user),
		    ret);
	return csn_sessions_revoke(g, c->argc == 2 ? str_from(c->argv[1]) :
	    STR(""), str_from(c->realm), str_from(c->user), str_from(c->who),
	    ret);
}

int
command_sessions(struct command *c)
{
	bool list = c->argc == 1 && strcmp(c->argv[0], "list") == 0;
	bool revoke = c->argc >= 1 && strcmp(c->argv[0], "revoke") == 0 &&
	    (c->argc == 2) != (c->user != NULL && c->argc == 1);

	if (!list && !revoke)
		return command_wrong(c);
	return command_with_gate(c, work_sessions);
}

static int
work_browsers(struct command *c, struct csn_gate *g, struct csn_str *ret)
{
	if (strcmp(c->argv[0], "list") == 0)
		return csn_browsers(g, str_from(c->realm), str_from(c->user),
		    ret);
	return csn_browsers_revoke(g, c->argc == 2 ? str_from(c->argv[1]) :
	    STR(""), str_from(c->realm), str_from(c->user), str_from(c->who),
	    ret);
}

int
command_browsers(struct command *c)
{
	bool list = c->argc == 1 && strcmp(c->argv[0], "list") == 0;
	bool revoke = (c->argc == 1 || c->argc == 2) &&
	    strcmp(c->argv[0], "revoke") == 0;

	if (c->user == NULL || (!list && !revoke))
		return command_wrong(c);
	return command_with_gate(c, work_browsers);
}

static int
work_throttle(struct command *c, struct csn_gate *g, struct csn_str *ret)
{
	if (strcmp(c->argv[0], "list") == 0)
		return csn_throttles(g, ret);
	return csn_throttle_lift(g, str_from(c->argv[1]), str_from(c->who),
	    ret);
}

int
command_throttle(struct command *c)
{
	if (!(c->argc == 1 && strcmp(c->argv[0], "list") == 0) &&
	    !(c->argc == 2 && strcmp(c->argv[0], "lift") == 0))
		return command_wrong(c);
	return command_with_gate(c, work_throttle);
}

/* Beside what is printed, which a program may read. */
static void
link_warn(struct csn_str text)
{
	json_t *v = json_loadb(text.p, text.n, 0, NULL);
	const char *known = json_string_value(json_object_get(v, "known")),
	    *realm = json_string_value(json_object_get(v, "realm")),
	    *subject = json_string_value(json_object_get(v, "subject"));

	if (known != NULL && strcmp(known, "no") == 0)
		fprintf(stderr, "countersign: warning: nobody is known as "
		    "`%s` in the realm `%s`, and nobody has logged in by "
		    "that name; the link is for exactly this name: check "
		    "how it is spelled\n", subject, realm);
	else if (known != NULL && strcmp(known, "unsure") == 0)
		fprintf(stderr, "countersign: warning: whether there is a "
		    "`%s` in the realm `%s` cannot be told: not all that "
		    "name its people can be asked, and nobody has logged in "
		    "by that name yet; the link is for exactly this name: "
		    "check how it is spelled\n", subject, realm);
	json_decref(v);
}

static int
work_link(struct command *c, struct csn_gate *g, struct csn_str *ret)
{
	int rc = csn_enrol_link(g, str_from(c->realm), str_from(c->argv[0]),
	    str_from(c->factor), str_from(c->who), ret);

	if (rc == 0)
		link_warn(*ret);
	return rc;
}

int
command_link(struct command *c)
{
	if (c->argc != 1 || c->factor == NULL)
		return command_wrong(c);
	return command_with_gate(c, work_link);
}
