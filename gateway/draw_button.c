/* SPDX-License-Identifier: Apache-2.0 */
/*
 * draw_button.c - the ways on from a page
 *
 * The first button is the one that Enter presses (HTML 4.10.22.2), so the main
 * one comes first whatever the order was. What leads to an odd address is left
 * out.
 */
#include "draw_impl.h"

enum button_place { PLACE_MAIN, PLACE_MORE, PLACE_OTHER };

static enum button_place
place_of(const struct csn_button *b)
{
	if ((b->flags & CSN_B_QUIET) != 0)
		return PLACE_OTHER;
	return (b->flags & CSN_B_PRIMARY) != 0 ? PLACE_MAIN : PLACE_MORE;
}

static void
look(struct draw *d, enum button_place place)
{
	switch (place) {
	case PLACE_MAIN:
		MARKUP(&d->m, " class=\"button main\"");
		break;
	case PLACE_MORE:
		MARKUP(&d->m, " class=\"button\"");
		break;
	case PLACE_OTHER:
		MARKUP(&d->m, " class=\"quiet\"");
		break;
	}
}

static void
words(struct draw *d, const struct csn_button *b)
{
	MARKUP(&d->m, "<span>");
	draw_key(d, b->label, b->args, DRAW_BARE);
	MARKUP(&d->m, "</span>");
	if (b->note.n > 0) {
		MARKUP(&d->m, " <span class=\"note\">");
		draw_key(d, b->note, b->args, DRAW_BARE);
		MARKUP(&d->m, "</span>");
	}
}

static void
submit(struct draw *d, const struct csn_button *b, enum button_place place)
{
	if ((b->flags & CSN_B_DISABLED) != 0) {
		MARKUP(&d->m, "<button type=\"button\" disabled");
	} else {
		MARKUP(&d->m, "<button type=\"submit\"");
		if (b->name.n > 0) {
			MARKUP_ATTR(&d->m, "name", b->name);
			MARKUP_ATTR(&d->m, "value", b->value);
		}
		if (b->url.n > 0)
			MARKUP_ATTR(&d->m, "formaction", b->url);
		if (place != PLACE_MAIN)
			MARKUP(&d->m, " formnovalidate");
	}
	look(d, place);
	MARKUP(&d->m, ">");
	words(d, b);
	MARKUP(&d->m, "</button>\n");
}

static void
button(struct draw *d, const struct csn_button *b, enum button_place place)
{
	if (b->url.n == 0 || (b->flags & CSN_B_DISABLED) != 0) {
		submit(d, b, place);
		return;
	}
	if (!draw_url_good(b->url))
		return;
	if ((b->flags & CSN_B_FORM) != 0) {
		submit(d, b, place);
		return;
	}
	MARKUP(&d->m, "<a");
	look(d, place);
	MARKUP_ATTR(&d->m, "href", b->url);
	MARKUP(&d->m, ">");
	words(d, b);
	MARKUP(&d->m, "</a>\n");
}

void
draw_button(struct draw *d, const struct csn_button *b)
{
	button(d, b, place_of(b));
}

/* A plugin's own other way: "use a recovery code". */
static void
prompt_button(struct draw *d, const struct csn_prompt *p)
{
	struct csn_button b = { .label = p->label, .args = p->args,
	    .name = p->name, .value = p->value, .flags = CSN_B_QUIET };

	if (b.value.n == 0)
		b.value = STR("1");
	submit(d, &b, PLACE_OTHER);
}

static bool
any(const struct draw *d, enum button_place place)
{
	for (size_t i = 0; i < d->page->nbuttons; i++)
		if (place_of(&d->page->buttons[i]) == place)
			return true;
	for (size_t i = 0; i < d->page->nprompts; i++)
		if (place == PLACE_OTHER &&
		    d->page->prompts[i].kind == CSN_P_BUTTON)
			return true;
	return false;
}

static void
buttons(struct draw *d, enum button_place place)
{
	for (size_t i = 0; i < d->page->nbuttons; i++)
		if (place_of(&d->page->buttons[i]) == place)
			button(d, &d->page->buttons[i], place);
	for (size_t i = 0; i < d->page->nprompts; i++)
		if (place == PLACE_OTHER &&
		    d->page->prompts[i].kind == CSN_P_BUTTON)
			prompt_button(d, &d->page->prompts[i]);
}

void
draw_buttons(struct draw *d)
{
	if (any(d, PLACE_MAIN) || any(d, PLACE_MORE)) {
		MARKUP(&d->m, "<div class=\"buttons\">\n");
		buttons(d, PLACE_MAIN);
		buttons(d, PLACE_MORE);
		MARKUP(&d->m, "</div>\n");
	}
	if (any(d, PLACE_OTHER)) {
		MARKUP(&d->m, "<div class=\"others\">\n<h2>");
		DRAW_KEY(d, "Other ways");
		MARKUP(&d->m, "</h2>\n");
		buttons(d, PLACE_OTHER);
		MARKUP(&d->m, "</div>\n");
	}
}
