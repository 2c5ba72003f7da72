/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command_devices.c - devices of another system, taken over from a file
 *
 * The whole file is tried first, without storing anything; a row that will not
 * do is named by its line, and then nothing is taken. What was cut short can
 * be run again: a key that is there is not taken twice. It must never print a
 * key.
 */
#include <stdio.h>

#include "command.h"
#include "device_file.h"
#include "lib/secret.h"

#define FILE_MAX	(64u << 20)

struct import {
	struct csn_gate *gate;
	const struct command *command;
	const char *factor;
	bool dry;
	unsigned taken, skipped, faults;
};

static int
file_read(const char *path, struct buf *ret)
{
	FILE *f = fopen(path, "re");
	char piece[65536];
	size_t n;

	if (f == NULL)
		return -1;
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_put(ret, piece, n);
	n = ferror(f) != 0;
	fclose(f);
	secret_wipe(piece, sizeof(piece));
	return n != 0 || buf_failed(ret) ? -1 : 0;
}

static void
fault(struct import *i, const struct device_row *row, struct csn_str why)
{
	i->faults++;
	fprintf(stderr, "%s:%u: %.*s\n", i->command->file, row->line,
	    STR_FMT(why));
}

static int
row_take(void *arg, const struct device_row *row)
{
	struct import *i = arg;
	struct csn_pair params[3] = {
		{ STR("uri"), str_from(row->uri) },
		{ STR("name"), str_from(row->name) },
		{ STR("dry"), i->dry ? STR("1") : STR("") },
	};
	struct csn_str text = STR("");

	if (row->fault != NULL) {
		fault(i, row, str_from(row->fault));
		return 0;
	}
	if (row->skipped) {
		i->skipped++;
		return 0;
	}
	if (csn_factor_op(i->gate, str_from(i->factor), STR("import"),
	    str_from(i->command->realm), str_from(row->subject), STR(""),
	    (struct csn_pairs){ params, 3 }, str_from(i->command->who),
	    &text) < 0)
		fault(i, row, text);
	else
		i->taken++;
	csn_free(&text);
	/* in earnest: the rest would meet the same store */
	return !i->dry && i->faults > 0;
}

static int
import_all(struct import *i, struct csn_str text, bool only_dry)
{
	i->dry = true;
	device_file_rows(text, row_take, i);
	if (i->faults > 0) {
		fprintf(stderr, "countersign: %u rows will not do; nothing "
		    "was taken\n", i->faults);
		return COMMAND_FAILED;
	}
	if (!only_dry) {
		i->dry = false;
		i->taken = i->skipped = 0;
		device_file_rows(text, row_take, i);
	}
	if (i->command->json)
		printf("{\"taken\":%u,\"skipped\":%u,\"dry\":%s}\n", i->taken,
		    i->skipped, only_dry ? "true" : "false");
	else
		printf("%u devices %s, %u skipped as not confirmed\n",
		    i->taken, only_dry ? "would be taken" : "taken",
		    i->skipped);
	return i->faults > 0 ? COMMAND_FAILED : COMMAND_OK;
}

int
command_devices(struct command *c)
{
	bool dry = c->argc == 2 && str_is(str_from(c->argv[1]), "dry");
	struct import i = { .command = c };
	struct buf text;
	int rc = COMMAND_FAILED;

	if (c->file == NULL || c->argc < 1 || (c->argc > 1 && !dry)) {
		fprintf(stderr, "usage: countersign import-devices FACTOR "
		    "--file FILE [--realm R] [dry]\n");
		return COMMAND_USAGE;
	}
	/* before the command becomes another user */
	buf_init(&text, FILE_MAX);
	if (file_read(c->file, &text) < 0) {
		fprintf(stderr, "countersign: %s cannot be read, or is longer "
		    "than 64 MiB\n", c->file);
		buf_free(&text);
		return COMMAND_FAILED;
	}
	i.factor = c->argv[0];
	i.gate = command_gate(c);
	if (i.gate == NULL) {
		rc = COMMAND_CONF;
	} else {
		rc = import_all(&i, buf_str(&text), dry);
		csn_gate_close(i.gate);
	}
	buf_free(&text);
	return rc;
}
