/* SPDX-License-Identifier: Apache-2.0 */
/*
 * draw_text.c - texts with their values filled in
 *
 * The text is translated first and the values are put in as text only: what a
 * value holds, braces included, is never read again.
 */
#include "draw_impl.h"
#include "lib/url.h"
#include "placeholder.h"
#include "zone.h"

struct csn_str
draw_language(struct csn_str tag)
{
	if (str_equal_fold(tag, STR("en")))
		return STR("English");
	if (str_equal_fold(tag, STR("ja")))
		return STR("日本語");
	return tag;
}

bool
draw_url_good(struct csn_str s)
{
	struct csn_str path, query;
	struct url url;

	if (s.n > 0 && s.p[0] == '/')
		return url_parse_local(s, &path, &query) == 0;
	return url_parse(s, &url) == 0;
}

/* ------------------------------------------------------------------ */
/* Times */

static bool
japanese(const struct draw *d)
{
	return str_equal_fold(d->page->language, STR("ja"));
}

static void
time_of_day(struct draw *d, const struct zone_time *t)
{
	if (japanese(d))		/* 9:25 */
		markup_number(&d->m, t->hour);
	else
		markup_two(&d->m, t->hour);
	MARKUP(&d->m, ":");
	markup_two(&d->m, t->minute);
}

static void
date(struct draw *d, const struct zone_time *t)
{
	static const struct csn_str months[] = {
		STR_INIT("January"), STR_INIT("February"), STR_INIT("March"),
		STR_INIT("April"), STR_INIT("May"), STR_INIT("June"),
		STR_INIT("July"), STR_INIT("August"), STR_INIT("September"),
		STR_INIT("October"), STR_INIT("November"),
		STR_INIT("December"),
	};

	if (japanese(d)) {
		markup_number(&d->m, t->year);
		MARKUP(&d->m, "年");
		markup_number(&d->m, t->month);
		MARKUP(&d->m, "月");
		markup_number(&d->m, t->day);
		MARKUP(&d->m, "日");
		return;
	}
	markup_number(&d->m, t->day);
	MARKUP(&d->m, " ");
	markup_text(&d->m, months[t->month - 1]);
	MARKUP(&d->m, " ");
	markup_number(&d->m, t->year);
}

/* A line may break between any two of a Japanese date's signs. */
static void
date_whole(struct draw *d, const struct zone_time *t, enum draw_look look)
{
	bool tags = japanese(d) && look != DRAW_BARE;

	if (tags)
		MARKUP(&d->m, "<span class=\"date\">");
	date(d, t);
	if (tags)
		MARKUP(&d->m, "</span>");
}

/* "@1800000000000" by the names that are times; false if it is none. */
static bool
moment(struct draw *d, struct csn_str name, struct csn_str value,
    enum draw_look look)
{
	bool is_date = str_is(name, "date") || str_is(name, "used");
	struct zone_time t;
	uint64_t ms;

	if (!is_date && !str_is(name, "time") && !str_is(name, "until"))
		return false;
	if (value.n < 2 || value.p[0] != '@' ||
	    str_u64(str_from_at(value, 1), INT64_MAX, &ms) < 0)
		return false;
	zone_local(zone_find(d->site->time_zone), (int64_t)ms, &t);
	if (is_date)
		date_whole(d, &t, look);
	else
		time_of_day(d, &t);
	return true;
}

/* ------------------------------------------------------------------ */
/* Values */

static void
help(struct draw *d, enum draw_look look, bool sentence)
{
	const struct csn_site *s = d->site;
	bool link = look != DRAW_BARE && draw_url_good(s->help_url);
	struct csn_str text = s->help_text;

	if (text.n == 0)
		text = catalogue_text(d->words, sentence ?
		    STR("The help desk") : STR("the help desk"));
	if (link) {
		MARKUP(&d->m, "<a");
		MARKUP_ATTR(&d->m, "href", s->help_url);
		MARKUP(&d->m, ">");
	}
	markup_text(&d->m, text);
	if (link)
		MARKUP(&d->m, "</a>");
}

static struct csn_str
fallback(const struct draw *d, struct csn_str name)
{
	if (str_is(name, "host"))
		return d->page->host.n > 0 ? d->page->host :
		    d->site->login_host;
	if (str_is(name, "name") || str_is(name, "who"))
		return d->page->who;
	return (struct csn_str){ NULL, 0 };
}

static struct csn_str
value_of(const struct draw *d, struct csn_str name, struct csn_pairs args)
{
	struct csn_str value = pairs_get(args, name);

	if (value.p == NULL)
		value = pairs_get(d->page->args, name);
	if (value.p == NULL)
		value = fallback(d, name);
	if (value.p != NULL && (str_is(name, "state") ||
	    str_is(name, "reason")))
		value = catalogue_text(d->words, value);
	return value;
}

/* Does a sentence begin at the end of this text? */
static bool
sentence_begins(struct csn_str before)
{
	return before.n == 0 || str_ends(before, STR(". "));
}

static void
value_draw(struct draw *d, struct csn_str name, struct csn_str value,
    enum draw_look look)
{
	if (value.p == NULL) {
		MARKUP(&d->m, "{");
		markup_text(&d->m, name);
		MARKUP(&d->m, "}");
		return;
	}
	if (look == DRAW_STRONG)
		MARKUP(&d->m, "<b>");
	if (!moment(d, name, value, look))
		markup_text(&d->m, value);
	if (look == DRAW_STRONG)
		MARKUP(&d->m, "</b>");
}

/* "1 minutes": the bytes to write and the 's' behind them to leave out. */
static size_t
plural_end(struct csn_str rest)
{
	static const struct csn_str words[] = { STR_INIT(" minutes"),
	    STR_INIT(" seconds"), STR_INIT(" hours"), STR_INIT(" days"),
	    STR_INIT(" recovery codes") };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_starts(rest, words[i]))
			return words[i].n - 1;
	return 0;
}

/* A dot between two parts stays with the first: no line begins with one. */
static void
text_between(struct draw *d, struct csn_str text)
{
	ptrdiff_t at;

	/* the dot's first byte: most texts have none */
	while (str_index(text, '\302') >= 0 &&
	    (at = str_find(text, STR(" · "))) >= 0) {
		markup_text(&d->m, str_of(text.p, (size_t)at));
		MARKUP(&d->m, "\302\240· ");
		text = str_from_at(text, (size_t)at + sizeof(" · ") - 1);
	}
	markup_text(&d->m, text);
}

void
draw_key(struct draw *d, struct csn_str key, struct csn_pairs args,
    enum draw_look look)
{
	struct csn_str rest = catalogue_text(d->words, key), before, name;

	while (placeholder_cut(&rest, &before, &name)) {
		struct csn_str value = value_of(d, name, args);
		size_t n;

		text_between(d, before);
		if (value.p == NULL && str_is(name, "help"))
			help(d, look, sentence_begins(before));
		else
			value_draw(d, name, value, look);
		n = d->words == NULL && str_is(value, "1") ?
		    plural_end(rest) : 0;
		if (n > 0) {
			markup_text(&d->m, str_of(rest.p, n));
			rest = str_from_at(rest, n + 1);
		}
	}
	text_between(d, before);
}
