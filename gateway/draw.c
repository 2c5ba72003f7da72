/* SPDX-License-Identifier: Apache-2.0 */
/*
 * draw.c - the frame of a page: head, whose it is, what it says, its foot
 *
 * One form at most, one <h1>, reading order is focus order. It must never
 * decide what to show: that was the host's work.
 */
#include "draw_impl.h"
#include "static.h"

static const struct csn_pairs no_args = { NULL, 0 };

/* What the site calls itself; its host, where it has no name. */
static struct csn_str
site_name(const struct draw *d)
{
	return d->site->name.n > 0 ? d->site->name : d->site->login_host;
}

static void
title(struct draw *d)
{
	MARKUP(&d->m, "<title>");
	if (d->page->tone == CSN_TONE_ERROR) {
		draw_key(d, STR("Error:"), no_args, DRAW_BARE);
		MARKUP(&d->m, " ");
	}
	draw_key(d, d->page->heading, no_args, DRAW_BARE);
	MARKUP(&d->m, " · ");
	markup_text(&d->m, site_name(d));
	MARKUP(&d->m, "</title>\n");
}

static void
refresh(struct draw *d)
{
	const struct csn_page *p = d->page;

	if (draw_url_good(p->go)) {
		MARKUP(&d->m, "<meta http-equiv=\"refresh\" content=\"0; url=");
		markup_value(&d->m, p->go);
		MARKUP(&d->m, "\">\n");
		return;
	}
	if (p->refresh_s == 0)
		return;
	MARKUP(&d->m, "<meta http-equiv=\"refresh\" content=\"");
	markup_number(&d->m, p->refresh_s);
	if (draw_url_good(p->here)) {
		MARKUP(&d->m, "; url=");
		markup_value(&d->m, p->here);
	}
	MARKUP(&d->m, "\">\n");
}

static void
head(struct draw *d)
{
	MARKUP(&d->m, "<!DOCTYPE html>\n<html");
	MARKUP_ATTR(&d->m, "lang", d->page->language);
	MARKUP(&d->m, ">\n<head>\n<meta charset=\"utf-8\">\n");
	title(d);
	MARKUP(&d->m, "<meta name=\"viewport\" content=\"width=device-width,"
	    " initial-scale=1\">\n<meta name=\"color-scheme\""
	    " content=\"light dark\">\n<meta name=\"robots\""
	    " content=\"noindex\">\n<meta name=\"format-detection\""
	    " content=\"telephone=no\">\n<link rel=\"stylesheet\""
	    " href=\"" STATIC_PATH "style.css\">\n");
	if (d->site->logo.n > 0)
		MARKUP(&d->m, "<link rel=\"icon\""
		    " href=\"" STATIC_PATH "logo\">\n");
	if (d->post)
		MARKUP(&d->m, "<script src=\"" STATIC_PATH "post.js\""
		    " defer></script>\n");
	refresh(d);
	MARKUP(&d->m, "</head>\n");
}

/* ------------------------------------------------------------------ */
/* Above the page: whose it is, and in which languages */

static void
language_link(struct draw *d, struct csn_str tag)
{
	if (str_equal_fold(tag, d->page->language)) {
		MARKUP(&d->m, "<li><span aria-current=\"true\">");
		markup_text(&d->m, draw_language(tag));
		MARKUP(&d->m, "</span></li>");
		return;
	}
	MARKUP(&d->m, "<li><a href=\"");
	markup_value(&d->m, d->page->here);
	if (str_index(d->page->here, '?') >= 0)
		MARKUP(&d->m, "&amp;lang=");
	else
		MARKUP(&d->m, "?lang=");
	markup_value(&d->m, tag);
	MARKUP(&d->m, "\"");
	MARKUP_ATTR(&d->m, "hreflang", tag);
	MARKUP_ATTR(&d->m, "lang", tag);
	MARKUP(&d->m, ">");
	markup_text(&d->m, draw_language(tag));
	MARKUP(&d->m, "</a></li>");
}

static void
languages(struct draw *d)
{
	if (d->site->languages.n < 2 || !draw_url_good(d->page->here))
		return;
	MARKUP(&d->m, "<nav class=\"languages\" aria-label=\"");
	draw_key(d, STR("Language"), no_args, DRAW_BARE);
	MARKUP(&d->m, "\"><ul>");
	for (size_t i = 0; i < d->site->languages.n; i++)
		language_link(d, d->site->languages.v[i]);
	MARKUP(&d->m, "</ul></nav>\n");
}

static void
top(struct draw *d)
{
	MARKUP(&d->m, "<header>\n<p class=\"site\">");
	if (d->site->logo.n > 0)
		MARKUP(&d->m, "<img class=\"logo\" alt=\"\""
		    " src=\"" STATIC_PATH "logo\">");
	MARKUP(&d->m, "<span>");
	markup_text(&d->m, site_name(d));
	MARKUP(&d->m, "</span></p>\n");
	languages(d);
	MARKUP(&d->m, "</header>\n");
}

/* ------------------------------------------------------------------ */
/* What the page says */

static void
about(struct draw *d)
{
	const struct csn_page *p = d->page;

	if (p->host.n > 0) {
		MARKUP(&d->m, "<p class=\"host\">");
		draw_key(d, STR("Going to {host}"), no_args, DRAW_STRONG);
		MARKUP(&d->m, "</p>\n");
	}
	if (p->who.n == 0)
		return;
	MARKUP(&d->m, "<p class=\"who\"><span>");
	draw_key(d, STR("Logging in as {who}"), no_args, DRAW_STRONG);
	MARKUP(&d->m, "</span>");
	if (draw_url_good(p->not_you)) {
		MARKUP(&d->m, " <a");
		MARKUP_ATTR(&d->m, "href", p->not_you);
		MARKUP(&d->m, ">");
		DRAW_KEY(d, "Not you?");
		MARKUP(&d->m, "</a>");
	}
	MARKUP(&d->m, "</p>\n");
}

/* An error of a form leads to its field, unless it has a link already. */
static void
message_words(struct draw *d)
{
	bool link = d->wrong < d->page->nprompts &&
	    str_find(d->page->message, STR("{help}")) < 0;

	if (link) {
		MARKUP(&d->m, "<a href=\"#field-");
		markup_number(&d->m, (int64_t)d->wrong + 1);
		MARKUP(&d->m, "\">");
	}
	draw_key(d, d->page->message, no_args, DRAW_TEXT);
	if (link)
		MARKUP(&d->m, "</a>");
}

static void
message(struct draw *d)
{
	if (d->page->message.n == 0)
		return;
	if (d->page->tone == CSN_TONE_ERROR)
		MARKUP(&d->m, "<div class=\"message error\" role=\"alert\">");
	else if (d->page->tone == CSN_TONE_DONE)
		MARKUP(&d->m, "<div class=\"message done\" role=\"status\">");
	else
		MARKUP(&d->m, "<div class=\"message\">");
	MARKUP(&d->m, "<p id=\"message\">");
	message_words(d);
	MARKUP(&d->m, "</p></div>\n");
}

static struct csn_str
line_trim(struct csn_str s)
{
	while (s.n > 0 && (unsigned char)s.p[s.n - 1] <= ' ')
		s.n--;
	return str_trim(s);
}

/* The site's words as it wrote them, a paragraph to each line. */
static void
notice(struct draw *d)
{
	struct csn_str rest = line_trim(d->page->notice), line;

	if (rest.n == 0)
		return;
	MARKUP(&d->m, "<div class=\"notice\" role=\"note\">");
	while (str_cut(&rest, '\n', &line)) {
		line = line_trim(line);
		if (line.n == 0)
			continue;
		MARKUP(&d->m, "<p>");
		markup_text(&d->m, line);
		MARKUP(&d->m, "</p>");
	}
	MARKUP(&d->m, "</div>\n");
}

static void
hidden(struct draw *d)
{
	struct csn_pairs f = d->post ? d->view->fields : d->page->fields;

	for (size_t i = 0; i < f.n; i++) {
		MARKUP(&d->m, "<input type=\"hidden\"");
		MARKUP_ATTR(&d->m, "name", f.v[i].name);
		MARKUP_ATTR(&d->m, "value", f.v[i].value);
		MARKUP(&d->m, ">\n");
	}
}

static void
form(struct draw *d)
{
	struct csn_str action = d->post ? d->view->url : d->page->action;
	bool has_form = draw_url_good(action);

	if (has_form) {
		MARKUP(&d->m, "<form method=\"post\"");
		if (d->post)
			MARKUP(&d->m, " id=\"post\"");
		MARKUP_ATTR(&d->m, "action", action);
		MARKUP(&d->m, ">\n");
		hidden(d);
	}
	draw_prompts(d);
	draw_sections(d);
	draw_buttons(d);
	if (has_form)
		MARKUP(&d->m, "</form>\n");
}

/* The time is the one that the log has; people read it out to a help desk. */
static void
reference(struct draw *d)
{
	const struct csn_page *p = d->page;
	struct csn_pair args[2];
	char memory[32];
	struct buf b;

	if (p->reference.n == 0)
		return;
	buf_init_fixed(&b, memory, sizeof(memory));
	buf_char(&b, '@');
	buf_decimal(&b, p->time_ms);
	args[0] = (struct csn_pair){ STR("ref"), p->reference };
	args[1] = (struct csn_pair){ STR("time"), buf_str(&b) };
	MARKUP(&d->m, "<p class=\"reference\">");
	draw_key(d, STR("Reference {ref} · {time}"), (struct csn_pairs){ args,
	    2 }, DRAW_TEXT);
	MARKUP(&d->m, "</p>\n");
}

static void
foot(struct draw *d)
{
	if (d->site->help_text.n == 0 && !draw_url_good(d->site->help_url))
		return;
	MARKUP(&d->m, "<footer>\n<p>");
	DRAW_KEY(d, "Need help? {help}");
	MARKUP(&d->m, "</p>\n</footer>\n");
}

static void
body(struct draw *d)
{
	MARKUP(&d->m, "<body class=\"screen-");
	markup_number(&d->m, d->page->screen);
	MARKUP(&d->m, "\">\n");
	top(d);
	MARKUP(&d->m, "<main>\n<h1>");
	draw_key(d, d->page->heading, no_args, DRAW_TEXT);
	MARKUP(&d->m, "</h1>\n");
	about(d);
	if (d->page->refresh_s > 0)
		MARKUP(&d->m, "<div class=\"waiting\" aria-hidden=\"true\">"
		    "<span></span><span></span><span></span></div>\n");
	message(d);
	notice(d);
	form(d);
	reference(d);
	MARKUP(&d->m, "</main>\n");
	foot(d);
	MARKUP(&d->m, "</body>\n</html>\n");
}

int
draw_view(const struct catalogues *catalogues, const struct csn_site *site,
    const struct csn_view *view, struct buf *html, struct buf *csp)
{
	struct draw d = { .m = { html }, .view = view, .page = &view->page,
	    .site = site, .post = view->kind == CSN_V_POST };

	if (view->kind != CSN_V_PAGE && view->kind != CSN_V_POST)
		return -1;
	d.words = catalogues_find(catalogues, view->page.language);
	draw_prompts_look(&d);
	head(&d);
	body(&d);
	draw_csp(csp, view);
	return buf_failed(html) || buf_failed(csp) ? -1 : 0;
}
