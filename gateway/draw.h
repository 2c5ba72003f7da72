/* SPDX-License-Identifier: Apache-2.0 */
/*
 * draw.h - draws what the host wants shown as an HTML page
 *
 * Texts are English keys, translated by the catalogues, with {args} that are
 * filled in afterwards and always escaped. Besides those of the page:
 *
 *	{help}		the site's help text, a link if it has an address
 *	{host}		page.host, or the site's login host
 *	{name} {who}	page.who
 *	{time} {until}	"@MILLISECONDS" becomes a time of day, and
 *	{date} {used}	a date, in the site's time zone
 *	{state}		a word of ours, translated as a key of its own
 *
 * The page works without a script and loads two things at most, its style
 * sheet and the site's logo, from STATIC_PATH (static.h; "logo" is the caller's
 * to serve). For any thread.
 */
#ifndef COUNTERSIGN_GATEWAY_DRAW_H
#define COUNTERSIGN_GATEWAY_DRAW_H

#include <countersign/host.h>

#include "catalogues.h"
#include "lib/buf.h"

/*
 * Appends the page of a CSN_V_PAGE or CSN_V_POST to html, and the value of its
 * Content-Security-Policy header to csp. 0; or -1 if the view is of another
 * kind, or a buffer has failed: then neither may be used. The catalogues may
 * be NULL: all English.
 */
int draw_view(const struct catalogues *, const struct csn_site *,
    const struct csn_view *, struct buf *html, struct buf *csp);

/* The value of Content-Security-Policy alone, of a CSN_V_BODY too. */
void draw_csp(struct buf *, const struct csn_view *);

#endif
