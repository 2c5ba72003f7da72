/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain_parse.c - one way read from its line
 *
 *	way   = step { "then" step } [ "where" guard { "and" guard } ]
 *	step  = FACTOR { "|" FACTOR }
 *	guard = [ "not" ] ( "group" NAME | "user" NAME | "network" NAME |
 *	        "acr" VALUE | "unenrolled" FACTOR "until" DATE )
 *
 * A word that is not understood is a fault with its column: nothing is
 * skipped, nothing is guessed.
 */
#include "chain.h"
#include "lib/text.h"
#include "lib/timefmt.h"

struct parse {
	struct arena *arena;
	struct csn_str text;
	size_t at;			/* behind the word */
	struct csn_str word;		/* "" at the end */
	chain_resolve *resolve;
	const void *names;
	struct way *way;
	struct chain_fault *fault;
	struct bits seen;		/* factors of all steps */
};

/* The next word: a bar alone, or whatever ends at a blank or bar. */
static void
parse_next(struct parse *p)
{
	size_t from;

	while (p->at < p->text.n && p->text.p[p->at] == ' ')
		p->at++;
	from = p->at;
	if (p->at < p->text.n && p->text.p[p->at] == '|')
		p->at++;
	else
		while (p->at < p->text.n && p->text.p[p->at] != ' ' &&
		    p->text.p[p->at] != '|')
			p->at++;
	p->word = str_of(p->text.p + from, p->at - from);
}

static int
parse_fail(struct parse *p, struct csn_str message)
{
	p->fault->column = (size_t)(p->word.p - p->text.p);
	p->fault->message = message.p == NULL ? STR("out of memory") : message;
	return -1;
}

static bool
word_is(const struct parse *p, const char *word)
{
	return str_is(p->word, word);
}

static bool
name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

static bool
word_is_keyword(const struct parse *p)
{
	static const char *const words[] = { "then", "where", "and", "not",
		"or", "use", "until", "group", "user", "network", "acr",
		"unenrolled" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (word_is(p, words[i]))
			return true;
	return false;
}

/* What people try that is not part of the language. */
static const char *
habit(struct csn_str word)
{
	static const struct { const char *word, *says; } habits[] = {
		{ "or", "`or` is written | between factors, or as a further "
		    "line" },
		{ "||", "`or` is written with one |" },
		{ "and", "factors one after the other are joined by `then`" },
		{ "&&", "factors one after the other are joined by `then`" },
		{ "+", "factors one after the other are joined by `then`" },
		{ ",", "factors one after the other are joined by `then`" },
		{ "->", "factors one after the other are joined by `then`" },
		{ "if", "conditions begin with `where`" },
		{ "when", "conditions begin with `where`" },
		{ "use", "`use NAME` stands alone on its line" },
	};

	for (size_t i = 0; i < sizeof(habits) / sizeof(habits[0]); i++)
		if (str_is(word, habits[i].word))
			return habits[i].says;
	if (word.n > 0 && (str_index(STR("()[]{}"), word.p[0]) >= 0 ||
	    str_index(STR("()[]{}"), word.p[word.n - 1]) >= 0))
		return "there are no brackets; write a way per line";
	return NULL;
}

static int
parse_unexpected(struct parse *p, const char *wanted)
{
	const char *says = habit(p->word);

	if (p->word.n == 0)
		return parse_fail(p, arena_printf(p->arena, "%s is missing "
		    "at the end", wanted));
	if (says != NULL)
		return parse_fail(p, str_from(says));
	return parse_fail(p, arena_printf(p->arena, "`%.*s` stands where %s "
	    "belongs", STR_FMT(p->word), wanted));
}

/* The factor that the word names. */
static int
parse_factor(struct parse *p, unsigned *ret)
{
	int f;

	if (p->word.n == 0 || word_is_keyword(p) || habit(p->word) != NULL)
		return parse_unexpected(p, "the name of a factor");
	for (size_t i = 0; i < p->word.n; i++)
		if (!name_char(p->word.p[i]))
			return parse_unexpected(p, "the name of a factor");
	f = p->resolve(p->names, p->word);
	if (f < 0 || f >= (int)CHAIN_FACTORS_MAX) {
		p->fault->unknown = p->word;
		return parse_fail(p, arena_printf(p->arena, "there is no "
		    "factor `%.*s`", STR_FMT(p->word)));
	}
	*ret = (unsigned)f;
	return 0;
}

static int
parse_choice(struct parse *p, struct bits *step)
{
	unsigned f;

	if (parse_factor(p, &f) < 0)
		return -1;
	if (bits_has(&p->seen, f))
		return parse_fail(p, arena_printf(p->arena, "`%.*s` stands in "
		    "this way twice; each factor is proved once",
		    STR_FMT(p->word)));
	if (bits_count(step) == CHAIN_CHOICES_MAX)
		return parse_fail(p, STR("a step has at most 8 factors to "
		    "choose from"));
	bits_add(&p->seen, f);
	bits_add(step, f);
	parse_next(p);
	return 0;
}

/* The word is the step's first. */
static int
parse_step(struct parse *p)
{
	struct bits step = { { 0 } };

	if (p->way->nsteps == CHAIN_STEPS_MAX)
		return parse_fail(p, STR("a way has at most 4 steps"));
	for (;;) {
		if (parse_choice(p, &step) < 0)
			return -1;
		if (!word_is(p, "|"))
			break;
		parse_next(p);
	}
	p->way->steps[p->way->nsteps++] = step;
	return 0;
}

static int
parse_until(struct parse *p, struct guard *g)
{
	parse_next(p);
	if (!word_is(p, "until"))
		return parse_unexpected(p, "`until` and a date");
	parse_next(p);
	if (p->word.n == 0)
		return parse_unexpected(p, "a date");
	if (time_parse(p->word, &g->until_ms) < 0)
		return parse_fail(p, arena_printf(p->arena, "`%.*s` is no "
		    "date; write 2027-02-01", STR_FMT(p->word)));
	return 0;
}

static int
parse_arg(struct parse *p, struct guard *g, const char *wanted)
{
	if (p->word.n == 0 || word_is(p, "|") || word_is(p, "and"))
		return parse_unexpected(p, wanted);
	if (p->word.n > 255 || str_index(p->word, '"') >= 0 ||
	    str_index(p->word, '\'') >= 0)
		return parse_fail(p, STR("names have no quotation marks here; "
		    "give a long one a short name under `groups`"));
	g->arg = arena_str(p->arena, p->word);
	if (g->arg.p == NULL)
		return parse_fail(p, STR("out of memory"));
	return 0;
}

static int
parse_guard_kind(struct parse *p, struct guard *g)
{
	if (word_is(p, "group"))
		g->kind = GUARD_GROUP;
	else if (word_is(p, "user"))
		g->kind = GUARD_USER;
	else if (word_is(p, "network"))
		g->kind = GUARD_NETWORK;
	else if (word_is(p, "acr"))
		g->kind = GUARD_ACR;
	else if (word_is(p, "unenrolled"))
		g->kind = GUARD_UNENROLLED;
	else
		return parse_unexpected(p, "a condition (group, user, "
		    "network, acr, unenrolled)");
	parse_next(p);
	return 0;
}

/* The word is the guard's first. */
static int
parse_guard(struct parse *p)
{
	struct guard *g;

	if (p->way->nguards == CHAIN_GUARDS_MAX)
		return parse_fail(p, STR("a way has at most 4 conditions"));
	g = &p->way->guards[p->way->nguards++];
	g->arg = STR("");
	if (word_is(p, "not")) {
		g->negated = true;
		parse_next(p);
	}
	if (parse_guard_kind(p, g) < 0)
		return -1;
	switch (g->kind) {
	case GUARD_GROUP:
	case GUARD_USER:
	case GUARD_NETWORK:
	case GUARD_ACR:
		if (parse_arg(p, g, "a name") < 0)
			return -1;
		break;
	case GUARD_UNENROLLED:
		if (parse_factor(p, &g->factor) < 0 || parse_until(p, g) < 0)
			return -1;
		break;
	}
	parse_next(p);
	return 0;
}

static int
parse_guards(struct parse *p)
{
	do {
		parse_next(p);
		if (parse_guard(p) < 0)
			return -1;
	} while (word_is(p, "and"));
	if (p->word.n == 0)
		return 0;
	if (word_is(p, "or") || word_is(p, "|"))
		return parse_fail(p, STR("conditions are joined by `and`; "
		    "write another line for `or`"));
	return parse_unexpected(p, "`and` or the end");
}

static int
parse_way(struct parse *p)
{
	for (;;) {
		parse_next(p);
		if (parse_step(p) < 0)
			return -1;
		if (!word_is(p, "then"))
			break;
	}
	if (word_is(p, "where"))
		return parse_guards(p);
	if (p->word.n == 0)
		return 0;
	return parse_unexpected(p, "`|`, `then` or `where`");
}

int
way_parse(struct arena *a, struct csn_str text, chain_resolve *resolve,
    const void *names, struct way *ret, struct chain_fault *fault)
{
	struct way way = { 0 };
	struct parse p = { .arena = a, .text = text, .resolve = resolve,
	    .names = names, .way = &way, .fault = fault };

	*fault = (struct chain_fault){ .message = STR(""),
	    .unknown = STR("") };
	if (text.n == 0)
		p.text = STR("");
	p.word = str_of(p.text.p, 0);
	if (text.n > CHAIN_TEXT_MAX)
		return parse_fail(&p, STR("a way has at most 1024 bytes"));
	if (!text_plain(text))
		return parse_fail(&p, STR("a character that is not shown"));
	way.text = arena_str(a, text);
	if (way.text.p == NULL)
		return parse_fail(&p, STR("out of memory"));
	if (parse_way(&p) < 0)
		return -1;
	*ret = way;
	return 0;
}
