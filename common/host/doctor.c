/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor.c - the parts one after another, and what they found in order
 *
 * What needs the caller's rights comes first; then root becomes the service's
 * user, so that what the service cannot read is found out by not being able
 * to read it. It must never change anything.
 */
#include <openssl/evp.h>

#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "admin.h"
#include "doctor.h"
#include "json_out.h"
#include "lib/timefmt.h"

#define DOCTOR_BUDGET	(32u << 20)

/* A sentence that begins with the place, which is told already. */
static struct csn_str
without_place(struct csn_str what, struct csn_str where)
{
	ptrdiff_t at = str_find(what, STR(": "));

	if (at > 0 && what.p[0] == '/' &&
	    str_starts(where, str_of(what.p, (size_t)at)))
		return str_from_at(what, (size_t)at + 2);
	return what;
}

void
doctor_say(struct doctor *d, enum doctor_severity severity, const char *area,
    struct csn_str where, const char *todo, const char *fmt, ...)
{
	struct doctor_finding *f = arena_alloc(&d->arena, sizeof(*f));
	char what[2048];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(what, sizeof(what), fmt, ap) < 0)
		what[0] = '\0';
	va_end(ap);
	if (f == NULL)
		return;
	f->severity = severity;
	f->area = area;
	f->where = arena_str(&d->arena, where);
	f->what = arena_str(&d->arena, without_place(str_from(what), where));
	f->todo = arena_str(&d->arena, str_from(todo));
	*d->last = f;
	d->last = &f->next;
}

void
doctor_looked(struct doctor *d)
{
	d->looked++;
}

const char *
doctor_path(struct doctor *d, struct csn_str s)
{
	struct csn_str ret = arena_str(&d->arena, s);

	return ret.p == NULL ? "" : ret.p;
}

struct csn_str
doctor_span(struct doctor *d, int64_t ms)
{
	int64_t s = ms < 0 ? -ms / 1000 : ms / 1000;

	if (s >= 2 * 86400)
		return arena_printf(&d->arena, "%lld days",
		    (long long)(s / 86400));
	if (s >= 2 * 3600)
		return arena_printf(&d->arena, "%lld hours",
		    (long long)(s / 3600));
	return arena_printf(&d->arena, "%lld s", (long long)s);
}

/* ------------------------------------------------------------------ */
/* the configuration: what `check` says, with its places */

/* "FILE:LINE:COLUMN: what; what would be right", or without a place. */
static void
line_say(struct doctor *d, enum doctor_severity severity, struct csn_str line)
{
	struct csn_str file = str_from(d->options->conf_path);
	struct csn_str where = file, what = line;
	ptrdiff_t at = str_find(line, STR(": "));

	if (str_starts(line, file) && line.n > file.n &&
	    line.p[file.n] == ' ') {
		what = str_from_at(line, file.n + 1);
	} else if (at > 0) {
		where = str_of(line.p, (size_t)at);
		what = str_from_at(line, (size_t)at + 2);
	}
	doctor_say(d, severity, "configuration", where, severity ==
	    DOCTOR_ERROR ? "mend the file; no start and no reload succeeds "
	    "until then" : "", "%.*s", STR_FMT(what));
}

static void
lines_say(struct doctor *d, enum doctor_severity severity,
    struct csn_str text)
{
	struct csn_str line;

	while (str_cut(&text, '\n', &line))
		if (line.n > 0)
			line_say(d, severity, line);
}

static void
doctor_conf(struct doctor *d)
{
	struct conf_report report = { .nfaults = 0 };

	doctor_looked(d);
	buf_init(&report.faults, 0);
	buf_init(&report.warnings, 0);
	if (conf_load(d->options->conf_path, plugin_find, d->plugins, &report,
	    &d->conf) < 0)
		d->conf = NULL;
	lines_say(d, DOCTOR_ERROR, buf_str(&report.faults));
	lines_say(d, DOCTOR_WARNING, buf_str(&report.warnings));
	buf_free(&report.faults);
	buf_free(&report.warnings);
}

/* Every plugin of the folder: one that is not named yet is loaded some day. */
static void
plugin_look(void *arg, struct csn_str name)
{
	struct doctor *d = arg;
	struct buf why;

	doctor_looked(d);
	buf_init(&why, 4096);
	if (plugin_find(d->plugins, name, &why) == NULL)
		doctor_say(d, DOCTOR_ERROR, "plugins", name, "install it "
		    "anew, or take it out of the folder", "%.*s",
		    STR_FMT(buf_str(&why)));
	buf_free(&why);
}

static void
doctor_plugins(struct doctor *d)
{
	struct buf why;

	buf_init(&why, 4096);
	if (plugin_each(d->plugins, plugin_look, d, &why) < 0)
		doctor_say(d, DOCTOR_ERROR, "plugins", STR(""), "put it "
		    "right; no factor can be loaded", "%.*s",
		    STR_FMT(buf_str(&why)));
	buf_free(&why);
}

static void
doctor_fips(struct doctor *d)
{
	doctor_looked(d);
	doctor_say(d, DOCTOR_NOTE, "cryptography", STR("OpenSSL"), "",
	    "its FIPS provider is %s", EVP_default_properties_is_fips_enabled(
	    NULL) ? "the default; what it has not is not used" :
	    "not the default");
}

/* ------------------------------------------------------------------ */
/* what came of it */

static const char *
severity_name(enum doctor_severity s)
{
	switch (s) {
	case DOCTOR_NOTE:
		return "note";
	case DOCTOR_WARNING:
		return "warning";
	case DOCTOR_ERROR:
		break;
	}
	return "error";
}

static unsigned
findings_put(struct doctor *d, struct json_out *j, enum doctor_severity s)
{
	unsigned n = 0;

	for (struct doctor_finding *f = d->first; f != NULL; f = f->next) {
		if (f->severity != s)
			continue;
		json_open(j, NULL, '{');
		json_text(j, "severity", str_from(severity_name(s)));
		json_text(j, "area", str_from(f->area));
		json_text(j, "where", f->where);
		json_text(j, "what", f->what);
		json_text(j, "do", f->todo);
		json_close(j, '}');
		n++;
	}
	return n;
}

static int
report(struct doctor *d, struct csn_str *ret)
{
	unsigned errors, warnings;
	struct json_out j;

	json_init(&j);
	json_open(&j, NULL, '{');
	json_open(&j, "findings", '[');
	errors = findings_put(d, &j, DOCTOR_ERROR);
	warnings = findings_put(d, &j, DOCTOR_WARNING);
	findings_put(d, &j, DOCTOR_NOTE);
	json_close(&j, ']');
	json_number(&j, "errors", errors);
	json_number(&j, "warnings", warnings);
	json_number(&j, "looked_at", d->looked);
	json_close(&j, '}');
	if (d->arena.over) {
		json_free(&j);
		return json_fail(ret, "out of memory");
	}
	if (json_take(&j, ret) < 0)
		return -1;
	return errors > 0 ? CSN_DOCTOR_ERRORS : warnings > 0 ?
	    CSN_DOCTOR_WARNINGS : 0;
}

/* As the service: root can read what the service cannot. */
static void
become_service(struct doctor *d)
{
	char path[4096];
	struct csn_str why = STR("");

	(void)snprintf(path, sizeof(path), "%.*s",
	    STR_FMT(d->conf->store_path));
	if (admin_become_owner(dirname(path), &why) < 0)
		doctor_say(d, DOCTOR_ERROR, "files", str_from(path), "run "
		    "this as root, or as the service's user", "%.*s",
		    STR_FMT(why));
	csn_free(&why);
}

int
csn_doctor(const struct csn_options *o, struct csn_str *ret)
{
	struct doctor d = { .options = o, .now_ms = clock_wall_ms() };
	int rc;

	*ret = STR("");
	d.last = &d.first;
	arena_init(&d.arena, DOCTOR_BUDGET);
	d.plugins = plugin_registry_new(o->plugin_dir);
	if (d.plugins == NULL)
		return json_fail(ret, "out of memory");
	doctor_conf(&d);
	doctor_plugins(&d);
	if (d.conf != NULL) {
		doctor_listeners(&d);
		doctor_daemon(&d);
		become_service(&d);
		doctor_files(&d);
		doctor_keys(&d);
		doctor_store(&d);
		doctor_certificates(&d);
		doctor_factors(&d);
	}
	doctor_clock(&d);
	doctor_fips(&d);
	rc = report(&d, ret);
	conf_free(d.conf);
	plugin_registry_free(d.plugins);
	arena_free(&d.arena);
	return rc;
}
