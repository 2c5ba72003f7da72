/* SPDX-License-Identifier: Apache-2.0 */
/*
 * draw_csp.c - the Content-Security-Policy of a page
 *
 * Nothing is allowed but what the page has: a style sheet, a picture, forms to
 * us and to where they lead on. An origin is read as a URL and written anew,
 * so that no text can add a directive; what is not plainly one is left out.
 */
#include "draw_impl.h"
#include "lib/url.h"

static void
origin(struct buf *b, struct csn_str text)
{
	struct url url;

	if (url_parse(text, &url) < 0)
		return;
	buf_char(b, ' ');
	url_origin(b, &url);
}

static void
origins(struct buf *b, struct csn_strs list)
{
	for (size_t i = 0; i < list.n; i++)
		origin(b, list.v[i]);
}

void
draw_csp(struct buf *b, const struct csn_view *view)
{
	buf_puts(b, "default-src 'none'; style-src 'self'; img-src 'self'; ");
	if (view->kind == CSN_V_POST)
		buf_puts(b, "script-src 'self'; ");
	buf_puts(b, "form-action 'self'");
	origins(b, view->page.form_origins);
	if (view->kind == CSN_V_POST)
		origin(b, view->url);
	buf_puts(b, "; base-uri 'none'; frame-ancestors");
	if (view->framed != 0 && view->page.form_origins.n > 0)
		origins(b, view->page.form_origins);
	else
		buf_puts(b, " 'none'");
}
