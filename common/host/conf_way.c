/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_way.c - `ways:` and `require:`, with what the factors in them can do
 *
 * chain_parse.c knows the grammar, chain.c the words; here a name becomes a
 * factor, and a way is refused whose first step names nobody, or whose later
 * step could name somebody else (security.md E7).
 */
#include "conf_read.h"
#include "lib/text.h"
#include "lib/timefmt.h"

const struct schema_shape conf_shape_ways = { .kind = SHAPE_NAMED,
	.of = &shape_texts };

static int
resolve_factor(const void *names, struct csn_str name)
{
	return conf_factor_find(names, name);
}

/* The place of a byte of a way's text. */
static struct fault_place
place_at(const struct yaml *y, size_t byte)
{
	struct fault_place at = y->at;
	size_t i = 0;

	/* an opening quotation mark stands before it */
	at.column += y->plain ? 0 : 1;
	while (i < byte && i < y->text.n) {
		(void)text_next(y->text, &i);
		at.column++;
	}
	return at;
}

/* Where a whole word stands in the text, from a byte on; 0 if nowhere. */
static size_t
word_at(struct csn_str text, struct csn_str word, size_t from)
{
	while (from + word.n <= text.n) {
		ptrdiff_t at = str_find(str_from_at(text, from), word);
		size_t end;

		if (at < 0)
			return 0;
		from += (size_t)at;
		end = from + word.n;
		if ((from == 0 || text.p[from - 1] == ' ' ||
		    text.p[from - 1] == '|') && (end == text.n ||
		    text.p[end] == ' ' || text.p[end] == '|'))
			return from;
		from++;
	}
	return 0;
}

static struct fault_place
place_of_word(const struct yaml *y, struct csn_str word)
{
	ptrdiff_t where = str_find(y->text, STR(" where "));
	size_t from = 0;

	/* an argument stands behind `where`, a factor before it */
	if (where >= 0)
		from = word_at(y->text, word, (size_t)where);
	return place_at(y, from > 0 ? from : word_at(y->text, word, 0));
}

static struct fault_place
place_of_factor(const struct yaml *y, struct csn_str name)
{
	return place_at(y, word_at(y->text, name, 0));
}

static void
way_fault(struct conf_reader *r, const struct yaml *y,
    const struct chain_fault *fault)
{
	struct suggestion s = suggestion_for(fault->unknown);
	struct fault_place at = place_at(y, fault->column);
	struct csn_str hint = STR("");

	for (size_t i = 0; i < r->conf->nfactors; i++)
		suggestion_try(&s, r->factors[i].name);
	if (fault->unknown.n > 0)
		hint = suggestion_text(&s, &r->scratch);
	for (size_t i = 0; i < r->nways; i++)
		if (fault->unknown.n > 0 &&
		    str_equal(r->ways[i].name, fault->unknown))
			hint = STR("; ways of that name are used by `use "
			    "NAME`");
	fault_add(&r->faults, &at, "%.*s%.*s", STR_FMT(fault->message),
	    STR_FMT(hint));
}

static void
first_step_check(struct conf_reader *r, const struct yaml *y,
    const struct way *w)
{
	struct bits bad = w->steps[0];

	bits_drop(&bad, &r->conf->identify);
	bits_drop(&bad, &r->broken);
	for (int i = bits_next(&bad, 0); i >= 0; i = bits_next(&bad, i + 1)) {
		struct fault_place at;

		at = place_of_factor(y, r->factors[i].name);
		fault_add(&r->faults, &at, "`%.*s` does not say who somebody "
		    "is; a way begins with a factor that does",
		    STR_FMT(r->factors[i].name));
	}
}

/* E7: who identifies later identifies in the realm of the first. */
static void
later_step_check(struct conf_reader *r, const struct yaml *y,
    const struct way *w, int f)
{
	const struct bits *begin = &w->steps[0];

	for (int i = bits_next(begin, 0); i >= 0; i = bits_next(begin, i + 1)) {
		const struct conf_factor *first = &r->factors[i];
		const struct conf_factor *later = &r->factors[f];
		struct fault_place at;

		if (bits_has(&r->broken, (size_t)i) ||
		    first->realm == later->realm)
			continue;
		at = place_of_factor(y, later->name);
		fault_add(&r->faults, &at, "`%.*s` names people of the realm "
		    "%.*s, `%.*s` of %.*s; both steps of a way are of one "
		    "realm", STR_FMT(later->name),
		    STR_FMT(r->conf->realms[later->realm].name),
		    STR_FMT(first->name),
		    STR_FMT(r->conf->realms[first->realm].name));
	}
}

static void
steps_check(struct conf_reader *r, const struct yaml *y, const struct way *w)
{
	struct bits later = { { 0 } };

	first_step_check(r, y, w);
	for (size_t i = 1; i < w->nsteps; i++)
		bits_join(&later, &w->steps[i]);
	bits_keep(&later, &r->conf->identify);
	bits_drop(&later, &r->broken);
	for (int f = bits_next(&later, 0); f >= 0;
	    f = bits_next(&later, f + 1))
		later_step_check(r, y, w, f);
}

static void
unenrolled_check(struct conf_reader *r, const struct yaml *y,
    const struct guard *g)
{
	const struct conf_factor *f = &r->factors[g->factor];
	struct csn_str date;
	struct buf b;

	if (!bits_has(&r->conf->second, g->factor) &&
	    !bits_has(&r->broken, g->factor)) {
		struct fault_place at = place_of_word(y, f->name);

		fault_add(&r->faults, &at, "nobody enrols `%.*s`: it is no "
		    "second factor", STR_FMT(f->name));
		return;
	}
	if (g->negated)
		return;
	buf_init(&b, 0);
	time_rfc3339(&b, g->until_ms);
	date = buf_str(&b);
	if (date.n > 10)
		date.n = 10;
	if (g->until_ms <= clock_wall_ms())
		warn_at(r, y, "the grace is over since %.*s and this way is "
		    "closed; take it out", STR_FMT(date));
	else
		warn_at(r, y, "until %.*s whoever never enrolled `%.*s` "
		    "passes here without it", STR_FMT(date),
		    STR_FMT(f->name));
	buf_free(&b);
}

/* A bypass is written in the policy, and said each time (E6). */
static void
network_check(struct conf_reader *r, const struct yaml *y,
    const struct way *w, struct guard *g)
{
	struct fault_place at = place_of_word(y, g->arg);
	int network = conf_network_named(r, &at, g->arg);

	if (network < 0)
		return;
	g->networks = (uint64_t)1 << network;
	if (!g->negated && w->nsteps == 1)
		warn_at(r, y, "from the network `%.*s` one proof is enough "
		    "here; that is as safe as knowing who is in it",
		    STR_FMT(g->arg));
}

static void
guards_check(struct conf_reader *r, const struct yaml *y, struct way *w)
{
	for (size_t i = 0; i < w->nguards; i++) {
		struct guard *g = &w->guards[i];
		struct fault_place at = place_of_word(y, g->arg);

		switch (g->kind) {
		case GUARD_GROUP:
			(void)conf_check_group(r, &at, g->arg);
			break;
		case GUARD_UNENROLLED:
			unenrolled_check(r, y, g);
			break;
		case GUARD_NETWORK:
			network_check(r, y, w, g);
			break;
		case GUARD_USER:	/* judged where the realms are known */
		case GUARD_ACR:
			break;
		}
	}
}

/* One way from its node. 0, or -1 after a fault. */
static int
way_read(struct conf_reader *r, const struct yaml *y, struct way *ret)
{
	struct chain_fault fault;
	struct csn_str text;

	if (schema_get(r, y, &text) < 0)
		return -1;
	if (y->end_line != y->at.line || y->block) {
		fault_at(r, y, "a way stands on one line");
		return -1;
	}
	if (way_parse(r->arena, text, resolve_factor, r->conf, ret,
	    &fault) < 0) {
		way_fault(r, y, &fault);
		return -1;
	}
	ret->line = y->at.line;
	ret->column = place_at(y, 0).column;
	steps_check(r, y, ret);
	guards_check(r, y, ret);
	return 0;
}

static void
ways_entry(struct conf_reader *r, const struct yaml *y, struct conf_ways *ws)
{
	const struct yaml **items = NULL;
	size_t n = schema_list(r, y, &items);

	ws->bad = n == 0;
	for (size_t i = 0; i < n; i++) {
		if (ws->n == CHAIN_WAYS_MAX) {
			fault_at(r, items[i], "more than %u ways in one list",
			    CHAIN_WAYS_MAX);
			ws->bad = true;
			return;
		}
		ws->at[ws->n] = items[i];
		if (way_read(r, items[i], &ws->way[ws->n]) < 0)
			ws->bad = true;
		else
			ws->n++;
	}
}

void
conf_read_ways(struct conf_reader *r)
{
	const struct yaml *map = r->top.ways;

	if (map == NULL || !schema_is_map(r, map))
		return;
	r->ways = arena_array(&r->scratch, map->n, sizeof(*r->ways));
	if (r->ways == NULL)
		return;
	for (const struct yaml *y = map->first; y != NULL; y = y->next)
		if (schema_name_ok(r, y))
			r->ways[r->nways++].name = y->key;
	for (const struct yaml *y = map->first; y != NULL; y = y->next)
		for (size_t i = 0; i < r->nways; i++)
			if (str_equal(r->ways[i].name, y->key))
				ways_entry(r, y, &r->ways[i]);
}

/* The chain of one policy while it is put together. */
struct require_read {
	struct conf_policy *p;
	const struct yaml *at[CHAIN_WAYS_MAX];
	bool bad;
};

static void
way_add(struct conf_reader *r, const struct yaml *y, const struct yaml *at,
    const struct way *w, struct require_read *rq)
{
	struct chain *chain = &rq->p->chain;

	if (chain->nways == CHAIN_WAYS_MAX) {
		if (!rq->bad)
			fault_at(r, y, "more than %u ways in one policy",
			    CHAIN_WAYS_MAX);
		rq->bad = true;
		return;
	}
	rq->at[chain->nways] = at;
	chain->ways[chain->nways++] = *w;
}

static void
ways_use(struct conf_reader *r, const struct yaml *y, struct csn_str name,
    struct require_read *rq)
{
	struct suggestion s = suggestion_for(name);

	for (size_t i = 0; i < r->nways; i++) {
		struct conf_ways *ws = &r->ways[i];

		suggestion_try(&s, ws->name);
		if (!str_equal(ws->name, name))
			continue;
		if (ws->used_by == rq->p) {
			fault_at(r, y, "`use %.*s` stands here twice",
			    STR_FMT(name));
			return;
		}
		ws->used_by = rq->p;
		rq->bad |= ws->bad;
		for (size_t k = 0; k < ws->n; k++)
			way_add(r, y, ws->at[k], &ws->way[k], rq);
		return;
	}
	rq->bad = true;
	fault_at(r, y, "there are no ways `%.*s`%.*s", STR_FMT(name),
	    STR_FMT(s.best.n > 0 ? suggestion_text(&s, &r->scratch) :
	    STR("; name them under `ways`")));
}

static void
require_entry(struct conf_reader *r, const struct yaml *y,
    struct require_read *rq)
{
	struct csn_str name;
	struct way w;

	if (y->kind == YAML_TEXT && str_starts(y->text, STR("use "))) {
		name = str_trim(str_from_at(y->text, 4));
		if (!schema_name_valid(name)) {
			fault_at(r, y, "`use NAME` stands alone; write "
			    "further ways as further entries");
			rq->bad = true;
			return;
		}
		ways_use(r, y, name, rq);
		return;
	}
	if (way_read(r, y, &w) < 0)
		rq->bad = true;
	else
		way_add(r, y, y, &w, rq);
}

static void
users_check(struct conf_reader *r, struct require_read *rq)
{
	struct bits realms = conf_first_realms(r->conf, rq->p);

	for (size_t i = 0; i < rq->p->chain.nways; i++) {
		struct way *w = &rq->p->chain.ways[i];

		for (size_t k = 0; k < w->nguards; k++) {
			struct guard *g = &w->guards[k];
			struct fault_place at;

			if (g->kind != GUARD_USER)
				continue;
			at = place_of_word(rq->at[i], g->arg);
			(void)conf_check_user(r, &at, g->arg, &realms,
			    &g->arg);
		}
	}
}

void
conf_read_require(struct conf_reader *r, const struct yaml *y,
    struct conf_policy *p)
{
	struct require_read rq = { .p = p };
	const struct yaml **items = NULL;
	size_t n = schema_list(r, y, &items), way;
	struct bits begin = r->conf->identify;
	struct csn_str message;

	for (size_t i = 0; i < n; i++)
		require_entry(r, items[i], &rq);
	rq.bad |= n == 0;
	users_check(r, &rq);
	bits_join(&begin, &r->broken);
	if (!rq.bad && chain_check(&r->scratch, &p->chain, &begin, &way,
	    &message) < 0) {
		/* said of the first step already, with the factor's name */
		if (str_starts(message, STR("the first step")))
			return;
		fault_at(r, p->chain.nways > 0 ? rq.at[way] : y, "%.*s",
		    STR_FMT(message));
	}
	if (rq.bad)
		p->chain.nways = 0;
}

struct bits
conf_first_realms(const struct conf *conf, const struct conf_policy *p)
{
	struct bits begin = { { 0 } }, realms = { { 0 } };

	for (size_t i = 0; i < p->chain.nways; i++)
		bits_join(&begin, &p->chain.ways[i].steps[0]);
	bits_keep(&begin, &conf->identify);
	for (int f = bits_next(&begin, 0); f >= 0;
	    f = bits_next(&begin, f + 1))
		bits_add(&realms, conf->factors[f].realm);
	return realms;
}
