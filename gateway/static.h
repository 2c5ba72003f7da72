/* SPDX-License-Identifier: Apache-2.0 */
/*
 * static.h - the files that pages load: style.css and post.js
 *
 * They are part of the program, so that they always fit its pages.
 */
#ifndef COUNTERSIGN_GATEWAY_STATIC_H
#define COUNTERSIGN_GATEWAY_STATIC_H

#include "lib/str.h"

struct static_file {
	struct csn_str path;	/* below base + "/static/": "style.css" */
	struct csn_str type;	/* with its charset */
	struct csn_str etag;	/* in quotation marks; changes with content */
	struct csn_str content;
};

/* NULL if there is no such file. Static; any thread. To be served with
 * "Cache-Control: no-cache", so that a new version shows at once. */
const struct static_file *static_find(struct csn_str path);

#endif
