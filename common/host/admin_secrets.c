/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin_secrets.c - the files of secrets, looked at by `check`
 *
 * Warnings only: who checks a configuration elsewhere has no secrets there.
 * It must never read a secret, nor run a program that prints one.
 */
#include "admin.h"
#include "secret_ref.h"

static void
secret_look(const struct csn_options *o, const struct conf_factor *f, size_t i)
{
	const struct conf_place *at = &f->places[i];
	struct buf error, line;

	buf_init(&error, 0);
	buf_init(&line, 0);
	if (secret_ref_look(f->refs[i], &error) < 0) {
		buf_printf(&line, "%.*s:%u:%u: factor %.*s: %.*s; countersignd "
		    "does not start so", STR_FMT(at->file), at->line,
		    at->column, STR_FMT(f->name), STR_FMT(buf_str(&error)));
		o->say(o->say_arg, CSN_WARN, buf_str(&line));
	}
	buf_free(&error);
	buf_free(&line);
}

void
admin_secrets(const struct csn_options *o, const struct conf *conf)
{
	for (size_t k = 0; k < conf->nfactors; k++) {
		const struct conf_factor *f = &conf->factors[k];

		for (size_t i = 0; i < f->nvals; i++)
			if (f->plugin->opts[f->vals[i].opt].type ==
			    CSN_T_SECRET)
				secret_look(o, f, i);
	}
}
