/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_enrol.c - `enrol:`, how somebody comes by a second factor
 *
 * Nothing written is by link only. It must never open the first login wider
 * than the file says, and says plainly what an open one means.
 */
#include "conf_read.h"
#include "lib/timefmt.h"
#include "proof.h"

static schema_reader enrol_first_login, enrol_until, enrol_link,
    enrol_never;

static const struct schema_row first_login_rows[] = {
	{ .name = "networks", .read = schema_networks,
	    .offset = offsetof(struct conf_enrol, networks) },
	{ .name = "until", .read = enrol_until, .shape = &shape_text,
	    .offset = offsetof(struct conf_enrol, until_ms) },
};

static const struct schema_row link_rows[] = {
	{ .name = "valid", .read = schema_duration, .fallback = "3d",
	    .offset = offsetof(struct conf_enrol, link_valid_s),
	    .min = 600, .max = 90 * 86400 },
	{ .name = "uses", .read = schema_number, .fallback = "1",
	    .offset = offsetof(struct conf_enrol, link_uses),
	    .min = 1, .max = 100 },
};

static const struct schema_shape
    first_login_block = SHAPE_OF_ROWS(first_login_rows),
    first_login_shape = { .kind = SHAPE_EITHER, .of = &shape_bool,
	.block = &first_login_block },
    link_block = SHAPE_OF_ROWS(link_rows),
    link_shape = { .kind = SHAPE_EITHER, .of = &shape_bool,
	.block = &link_block };

static const struct schema_row enrol_rows[] = {
	{ .name = "first_login", .read = enrol_first_login,
	    .shape = &first_login_shape },
	{ .name = "link", .read = enrol_link, .shape = &link_shape },
	{ .name = "never", .read = enrol_never, .shape = &shape_true },
	{ .name = "remind", .read = schema_duration,
	    .offset = offsetof(struct conf_enrol, remind_s),
	    .min = 3600, .max = 365 * 86400 },
};

static const struct schema_shape
    enrol_word = { .kind = SHAPE_WORDS, .words = "link|never" },
    enrol_block = SHAPE_OF_ROWS(enrol_rows),
    enrol_shape = { .kind = SHAPE_EITHER, .of = &enrol_word,
	.block = &enrol_block };
const struct schema_shape conf_shape_enrol = { .kind = SHAPE_NAMED,
	.of = &enrol_shape };

/* true, false, or a map: 1 and the map is to be read; 0 and it is decided. */
static int
switch_or_map(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, bool *ret)
{
	if (y->kind == YAML_MAP) {
		*ret = true;
		return 1;
	}
	schema_bool(r, row, y, ret);
	return 0;
}

static void
enrol_first_login(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	struct conf_enrol *e = into;

	if (switch_or_map(r, row, y, &e->first_login) == 1)
		schema_read(r, first_login_rows,
		    SCHEMA_COUNT(first_login_rows), y, "`first_login`", e);
	if (e->first_login && e->networks == 0)
		warn_at(r, y, "until somebody enrols, whoever has their "
		    "password can enrol in their place, from anywhere; "
		    "narrow it: first_login: { networks: [...] }");
}

static void
enrol_until(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	int64_t *until = into;
	struct csn_str text;

	(void)row;
	if (schema_get(r, y, &text) < 0)
		return;
	if (time_parse(text, until) < 0 || *until <= 0)
		fault_at(r, y, "`until` is a date; write 2027-02-01");
	else if (*until <= clock_wall_ms())
		warn_at(r, y, "%.*s is over: nobody enrols at the first "
		    "login any more", STR_FMT(text));
}

static void
enrol_link(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	struct conf_enrol *e = into;

	if (switch_or_map(r, row, y, &e->link) == 1)
		schema_read(r, link_rows, SCHEMA_COUNT(link_rows), y,
		    "`link`", e);
}

static void
enrol_never(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	bool never = false;

	schema_true(r, row, y, &never);
	((struct conf_enrol *)into)->link = false;
}

static void
enrol_factor(struct conf_reader *r, const struct yaml *y,
    struct conf_factor *f)
{
	f->enrol.written = true;
	if (y->kind == YAML_TEXT && str_is(y->text, "never")) {
		f->enrol.link = false;
		return;
	}
	if (y->kind == YAML_TEXT && str_is(y->text, "link"))
		return;
	if (y->kind == YAML_TEXT && !y->bad)
		fault_at(r, y, "`%.*s` is never, link, or a block with "
		    "first_login and link", STR_FMT(y->key));
	else
		schema_read(r, enrol_rows, SCHEMA_COUNT(enrol_rows), y,
		    "`enrol`", &f->enrol);
	if (yaml_get(y, "never") != NULL && y->n > 1)
		fault_at(r, yaml_get(y, "never"), "`never` stands alone; take "
		    "it out, or the others");
}

static void
enrol_entry(struct conf_reader *r, const struct yaml *y)
{
	int at = conf_factor_named(r, &y->key_at, y->key);

	if (at < 0)
		return;
	if (!bits_has(&r->conf->second, (size_t)at) &&
	    !bits_has(&r->broken, (size_t)at))
		fault_key(r, y, "nobody enrols `%.*s`: it is no second "
		    "factor", STR_FMT(y->key));
	enrol_factor(r, y, &r->factors[at]);
}

struct fault_place
conf_place(const struct conf_reader *r, const struct conf_place *place)
{
	struct fault_place at = { .file = place->file, .number = 1,
	    .line = place->line, .column = place->column };

	for (size_t i = 0; i < r->source.nfiles; i++)
		if (str_equal(r->source.files[i]->name, place->file))
			at.number = r->source.files[i]->number;
	return at;
}

/* What nobody wrote: by link only, and how the first person gets one. */
static void
enrol_unwritten(struct conf_reader *r, const struct conf_factor *f)
{
	struct fault_place at = conf_place(r, &f->place);

	fault_warn(&r->faults, &at, "`%.*s` is enrolled by link only; give "
	    "the first person one: countersign enrol-link NAME --factor "
	    "%.*s", STR_FMT(f->name), STR_FMT(f->name));
}

static bool
recovery_counts(const struct conf_reader *r, unsigned factor)
{
	for (size_t i = 0; i < r->conf->npolicies; i++) {
		const struct conf_policy *p = &r->policies[i];
		struct bits named = chain_factors(&p->chain);

		if (p->kind == CONF_REQUIRE && bits_has(&named, factor) &&
		    proof_recovery_counts(r->conf, p, factor))
			return true;
	}
	return false;
}

static bool
asked_for(const struct conf_reader *r, unsigned factor)
{
	for (size_t i = 0; i < r->conf->npolicies + r->conf->npages; i++) {
		struct bits named = chain_factors(&r->policies[i].chain);

		/* of changes to what is enrolled there is one in any case */
		if ((int)i != r->conf->change_policy &&
		    bits_has(&named, factor))
			return true;
	}
	return false;
}

/* Set up, and then left out of every way: it proves nothing to anybody. */
void
conf_check_asked(struct conf_reader *r)
{
	/* a way that could not be read names nobody */
	for (unsigned i = 0; i < r->conf->nfactors && r->faults.nfaults == 0;
	    i++) {
		const struct conf_factor *f = &r->factors[i];
		struct fault_place at = conf_place(r, &f->place);

		if (bits_has(&r->conf->second, i) && !asked_for(r, i))
			fault_warn(&r->faults, &at, "no policy asks for "
			    "`%.*s`; write `then %.*s` into a `require`",
			    STR_FMT(f->name), STR_FMT(f->name));
	}
}

/* Codes that people keep and that open nothing on the day they are needed. */
void
conf_check_recovery(struct conf_reader *r)
{
	for (unsigned i = 0; i < r->conf->nfactors; i++) {
		const struct conf_factor *f = &r->factors[i];

		for (size_t k = 0; k < f->nvals; k++) {
			const char *name = f->plugin->opts[
			    f->vals[k].opt].name;
			struct fault_place at;

			if (strcmp(name, "recovery_codes") != 0 ||
			    f->vals[k].num == 0 || recovery_counts(r, i))
				continue;
			at = conf_place(r, &f->places[k]);
			fault_warn(&r->faults, &at, "recovery codes are given "
			    "out that count nowhere; write recover_by: "
			    "[recovery-code] at `%.*s`, or accept: recovery at "
			    "a policy", STR_FMT(f->name));
		}
	}
}

void
conf_read_enrol(struct conf_reader *r)
{
	const struct yaml *map = r->top.enrol;

	if (map != NULL && schema_is_map(r, map))
		for (const struct yaml *y = map->first; y != NULL;
		    y = y->next)
			enrol_entry(r, y);
	for (size_t i = 0; i < r->conf->nfactors; i++) {
		bool second = bits_has(&r->conf->second, i);

		if (second && !r->factors[i].enrol.written)
			enrol_unwritten(r, &r->factors[i]);
	}
}
