/* SPDX-License-Identifier: Apache-2.0 */
/*
 * draw_csp.c - the Content-Security-Policy of a page
 *
 * Nothing is allowed but what the page has: a style sheet, a picture, forms to
 * us and to where they lead on; what a plugin answers itself may do nothing. An
 * origin is read as a URL and written anew, so that no text can add a
 * directive; what is not plainly one is left out.
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

static void
ancestors(struct buf *b, const struct csn_view *view)
{
	buf_puts(b, "; frame-ancestors");
	if (view->framed != 0 && view->page.form_origins.n > 0)
		origins(b, view->page.form_origins);
	else
		buf_puts(b, " 'none'");
}

void
draw_csp(struct buf *b, const struct csn_view *view)
{
	if (view->kind == CSN_V_BODY) {
		buf_puts(b, "default-src 'none'; form-action 'none'; base-uri "
		    "'none'");
		ancestors(b, view);
		return;
	}
	buf_puts(b, "default-src 'none'; style-src 'self'; img-src 'self'; ");
	if (view->kind == CSN_V_POST)
		buf_puts(b, "script-src 'self'; ");
	buf_puts(b, "form-action 'self'");
	origins(b, view->page.form_origins);
	/* browsers hold form-action against the redirects behind a submit too,
	 * and nobody here knows where a provider sends on to */
	if (view->kind == CSN_V_POST)
		buf_puts(b, " https:");
	buf_puts(b, "; base-uri 'none'");
	ancestors(b, view);
}
