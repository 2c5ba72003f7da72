/* SPDX-License-Identifier: Apache-2.0 */
/*
 * draw_section.c - lists with headings, each line with what can be done to it
 *
 * A button says whose it is by aria-describedby: "Remove" alone would be read
 * ten times. It must never draw an address that a page may not lead to.
 */
#include "draw_impl.h"

static void
row_id(struct draw *d, size_t section, size_t row)
{
	MARKUP(&d->m, "row-");
	markup_number(&d->m, (int64_t)section + 1);
	MARKUP(&d->m, "-");
	markup_number(&d->m, (int64_t)row + 1);
}

static void
row_button(struct draw *d, const struct csn_button *b, size_t section,
    size_t row)
{
	bool link = b->url.n > 0;

	if (link && !draw_url_good(b->url))
		return;
	if (link) {
		MARKUP(&d->m, "<a class=\"quiet\"");
		MARKUP_ATTR(&d->m, "href", b->url);
	} else {
		MARKUP(&d->m, "<button type=\"submit\" class=\"quiet\"");
		MARKUP_ATTR(&d->m, "name", b->name);
		MARKUP_ATTR(&d->m, "value", b->value);
	}
	MARKUP(&d->m, " aria-describedby=\"");
	row_id(d, section, row);
	MARKUP(&d->m, "\">");
	draw_key(d, b->label, b->args, DRAW_BARE);
	if (link)
		MARKUP(&d->m, "</a>");
	else
		MARKUP(&d->m, "</button>");
}

static void
row_words(struct draw *d, const struct csn_row *r, size_t section, size_t row)
{
	MARKUP(&d->m, "<div><p class=\"title\"><span id=\"");
	row_id(d, section, row);
	MARKUP(&d->m, "\">");
	draw_key(d, r->title, r->args, DRAW_BARE);
	MARKUP(&d->m, "</span>");
	if (r->note.n > 0) {
		MARKUP(&d->m, " <span class=\"tag\">");
		draw_key(d, r->note, r->args, DRAW_BARE);
		MARKUP(&d->m, "</span>");
	}
	MARKUP(&d->m, "</p>");
	if (r->detail.n > 0) {
		MARKUP(&d->m, "<p class=\"detail\">");
		draw_key(d, r->detail, r->args, DRAW_TEXT);
		MARKUP(&d->m, "</p>");
	}
	MARKUP(&d->m, "</div>");
}

static void
rows(struct draw *d, const struct csn_section *s, size_t section)
{
	if (s->nrows == 0)
		return;
	MARKUP(&d->m, "<ul class=\"rows\">\n");
	for (size_t i = 0; i < s->nrows; i++) {
		const struct csn_row *r = &s->rows[i];

		MARKUP(&d->m, "<li>");
		row_words(d, r, section, i);
		if (r->nbuttons > 0) {
			MARKUP(&d->m, "<div class=\"acts\">");
			for (size_t k = 0; k < r->nbuttons; k++)
				row_button(d, &r->buttons[k], section, i);
			MARKUP(&d->m, "</div>");
		}
		MARKUP(&d->m, "</li>\n");
	}
	MARKUP(&d->m, "</ul>\n");
}

static void
section_draw(struct draw *d, const struct csn_section *s, size_t at)
{
	MARKUP(&d->m, "<section aria-labelledby=\"section-");
	markup_number(&d->m, (int64_t)at + 1);
	MARKUP(&d->m, "\">\n<h2 id=\"section-");
	markup_number(&d->m, (int64_t)at + 1);
	MARKUP(&d->m, "\">");
	draw_key(d, s->heading, s->args, DRAW_BARE);
	MARKUP(&d->m, "</h2>\n");
	if (s->text.n > 0) {
		MARKUP(&d->m, "<p class=\"about\">");
		draw_key(d, s->text, s->args, DRAW_TEXT);
		MARKUP(&d->m, "</p>\n");
	}
	rows(d, s, at);
	for (size_t i = 0; i < s->nbuttons; i++)
		draw_button(d, &s->buttons[i]);
	MARKUP(&d->m, "</section>\n");
}

void
draw_sections(struct draw *d)
{
	for (size_t i = 0; i < d->page->nsections; i++)
		section_draw(d, &d->page->sections[i], i);
}
