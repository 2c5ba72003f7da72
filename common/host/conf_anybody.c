/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_anybody.c - ways that the whole world may go
 *
 * Where anybody may make an account, to have one proves nothing. A plugin's
 * table says with which values that is so; whether somebody is meant by it is
 * told by the factor, the realm, the way or the policy. Warnings only: it must
 * never refuse a configuration.
 */
#include "conf_read.h"

/* That something is so tells nobody from anybody: email_verified: true. */
static bool
is_flag(struct csn_str value)
{
	return str_is(value, "true") || str_is(value, "false");
}

/* Which of its values opens the factor to anybody: 1 + index, or 0. */
static size_t
opener_of(const struct conf_factor *f)
{
	const struct csn_opt *opts;
	size_t ret = 0;
	uint32_t last = 0;

	if (f->plugin == NULL)
		return 0;
	opts = f->plugin->opts;
	for (size_t i = 0; i < f->nvals; i++) {
		uint32_t opt = f->vals[i].opt;

		if (opts[opt].anybody == NULL || opt < last ||
		    (opts[opt].anybody[0] == '\0' && is_flag(f->vals[i].text)))
			continue;
		if (opt > last)
			ret = 0;
		last = opt;
		if (ret == 0 && str_among(str_from(opts[opt].anybody), '|',
		    f->vals[i].text))
			ret = i + 1;
	}
	return ret;
}

/* Whether people whom nobody here knows get past it as the first. */
static bool
lets_all_in(const struct conf_reader *r, unsigned factor)
{
	const struct conf_factor *f = &r->factors[factor];
	const struct conf_realm *realm = &r->realms[f->realm];

	return opener_of(f) != 0 && f->people.v == NULL &&
	    realm->names.n == 0 && (realm->authority < 0 ||
	    realm->authority == (int)factor);
}

/* A stranger sets one up: at the end of a way only (security.md E1). */
static bool
enrols_anybody(const struct conf_reader *r, const struct bits *step)
{
	for (int f = bits_next(step, 0); f >= 0; f = bits_next(step, f + 1)) {
		const struct conf_enrol *e = &r->factors[f].enrol;

		if (bits_has(&r->conf->second, (size_t)f) &&
		    e->first_login && e->networks == 0)
			return true;
	}
	return false;
}

static bool
way_narrows(const struct way *w)
{
	for (size_t i = 0; i < w->nguards; i++)
		if (!w->guards[i].negated &&
		    (w->guards[i].kind == GUARD_GROUP ||
		    w->guards[i].kind == GUARD_USER ||
		    w->guards[i].kind == GUARD_NETWORK))
			return true;
	return false;
}

static bool
way_open(const struct conf_reader *r, const struct way *w, unsigned factor)
{
	return w->nsteps > 0 && bits_has(&w->steps[0], factor) &&
	    !way_narrows(w) && (w->nsteps == 1 || (w->nsteps == 2 &&
	    enrols_anybody(r, &w->steps[1])));
}

/* The first policy that whoever has proved the factor passes, or NULL. */
static const struct conf_policy *
policy_open(const struct conf_reader *r, unsigned factor)
{
	for (size_t i = 0; i < r->conf->npolicies; i++) {
		const struct conf_policy *p = &r->policies[i];

		if (p->kind != CONF_REQUIRE || p->allow.written ||
		    p->networks != 0)
			continue;
		for (size_t w = 0; w < p->chain.nways; w++)
			if (way_open(r, &p->chain.ways[w], factor))
				return p;
	}
	return NULL;
}

/* "`require` or `people`": what is written at the factor to narrow it. */
static struct csn_str
remedies(struct conf_reader *r, const struct conf_factor *f)
{
	struct csn_str ret;
	struct buf b;

	buf_init(&b, 4096);
	for (size_t i = 0; i < f->plugin->nopts; i++)
		if (f->plugin->opts[i].anybody != NULL &&
		    f->plugin->opts[i].anybody[0] == '\0')
			buf_printf(&b, "`%s` or ", f->plugin->opts[i].name);
	buf_puts(&b, "`people`");
	ret = arena_str(&r->scratch, buf_str(&b));
	buf_free(&b);
	return ret;
}

void
conf_check_anybody(struct conf_reader *r)
{
	for (unsigned i = 0; i < r->conf->nfactors; i++) {
		const struct conf_factor *f = &r->factors[i];
		const struct conf_policy *p = !lets_all_in(r, i) ? NULL :
		    policy_open(r, i);
		size_t val = opener_of(f);
		struct fault_place at;

		if (p == NULL)
			continue;
		at = conf_place(r, &f->places[val - 1]);
		fault_warn(&r->faults, &at, "anybody in the world may have "
		    "such an account, and `%.*s` in line %u lets all of them "
		    "in; write %.*s at the factor `%.*s`, or `allow` at the "
		    "policy", STR_FMT(p->name), p->place.line,
		    STR_FMT(remedies(r, f)), STR_FMT(f->name));
	}
}
