/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor_factors.c - each factor opened and asked to try itself
 *
 * As `countersign test` does, without a person. A secret that cannot be read
 * is told by the opening. It must never log anybody in.
 */
#include "admin.h"
#include "doctor.h"

#define TEST_TIME_MS	15000

/* What the gate says while it opens: not again what is known already. */
static bool
said_before(const struct doctor *d, struct csn_str text)
{
	for (const struct doctor_finding *f = d->first; f != NULL;
	    f = f->next)
		if (f->what.n > 0 && str_find(text, f->what) >= 0)
			return true;
	return false;
}

static void
gate_says(void *arg, uint32_t severity, struct csn_str line)
{
	bool factor = str_find(line, STR("factor ")) >= 0;
	struct csn_str where = STR(""), what = line;
	ptrdiff_t at = str_find(line, STR(": "));
	struct doctor *d = arg;

	if (severity < CSN_WARN || said_before(d, line))
		return;
	if (at > 0 && str_index(str_of(line.p, (size_t)at), ' ') < 0) {
		where = str_of(line.p, (size_t)at);
		what = str_from_at(line, (size_t)at + 2);
	}
	/* before the factors there are keys, store and audit log */
	doctor_say(d, severity >= CSN_FAIL ? DOCTOR_ERROR : DOCTOR_WARNING,
	    factor ? "factors" : "daemon", where, factor ? "see the factor's "
	    "manual page" : "put it right; countersignd does not start so",
	    "%.*s", STR_FMT(what));
}

static void
finding_say(struct doctor *d, const struct factor *f,
    const struct call_finding *g)
{
	struct csn_str where = f->cf->name;

	if (g->text.n == 0 || g->severity < CSN_WARN)
		return;
	if (g->val > 0 && g->val <= f->cf->nvals)
		where = arena_printf(&d->arena, "%.*s: %.*s:%u",
		    STR_FMT(f->cf->name),
		    STR_FMT(f->cf->places[g->val - 1].file),
		    f->cf->places[g->val - 1].line);
	doctor_say(d, g->severity >= CSN_FAIL ? DOCTOR_ERROR :
	    DOCTOR_WARNING, "factors", where, arena_printf(&d->arena,
	    "countersign test %.*s", STR_FMT(f->cf->name)).p, "%.*s",
	    STR_FMT(g->text));
}

static void
factor_try(struct doctor *d, struct csn_gate *g, struct factor *f)
{
	struct csn_call c;
	bool good;

	doctor_looked(d);
	if (!f->opened)
		return;		/* the opening has said why */
	call_begin(&c, &g->call_host, f, TEST_TIME_MS);
	good = f->plugin->selftest(f->inst, &c, 1) == CSN_OK && !c.tainted;
	for (size_t i = 0; i < c.nfindings; i++) {
		finding_say(d, f, &c.findings[i]);
		good |= c.findings[i].severity >= CSN_FAIL;
	}
	call_end(&c);
	if (!good)
		doctor_say(d, DOCTOR_ERROR, "factors", f->cf->name,
		    arena_printf(&d->arena, "countersign test %.*s",
		    STR_FMT(f->cf->name)).p, "the factor's test of itself "
		    "failed");
}

void
doctor_factors(struct doctor *d)
{
	struct csn_options o = *d->options;
	struct gate_conf *gc;
	struct csn_gate *g;

	o.say = gate_says;
	o.say_arg = d;
	o.offline = 1;
	g = csn_gate_open(&o);
	if (g == NULL) {
		admin_secrets(&o, d->conf);
		doctor_say(d, DOCTOR_ERROR, "factors", STR(""), "mend what "
		    "stands above first", "no factor could be tried");
		return;
	}
	gc = gate_hold(g);
	for (size_t i = 0; i < gc->nopened; i++)
		factor_try(d, g, &gc->factors[i]);
	gate_drop(gc);
	csn_gate_close(g);
}
