/* SPDX-License-Identifier: Apache-2.0 */
/*
 * static.c - finds the files that pages load
 *
 * It must never look at a disk: what is not in the program is not there.
 */
#include <pthread.h>

#include "static.h"
#include "static_data.h"

static struct static_file files[2];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
fill(void)
{
	files[0] = (struct static_file){ STR("style.css"),
	    STR("text/css; charset=utf-8"), str_from(static_style_css_etag),
	    str_of(static_style_css, static_style_css_len) };
	files[1] = (struct static_file){ STR("post.js"),
	    STR("text/javascript; charset=utf-8"),
	    str_from(static_post_js_etag),
	    str_of(static_post_js, static_post_js_len) };
}

const struct static_file *
static_find(struct csn_str path)
{
	(void)pthread_once(&once, fill);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (str_equal(files[i].path, path))
			return &files[i];
	return NULL;
}
