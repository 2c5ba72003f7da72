/* SPDX-License-Identifier: Apache-2.0 */
/*
 * static.h - the files that pages load: style.css and post.js
 *
 * They are part of the program, so that they always fit its pages.
 */
#ifndef COUNTERSIGN_GATEWAY_STATIC_H
#define COUNTERSIGN_GATEWAY_STATIC_H

#include "lib/str.h"

/* Where pages look for them, on each host that shows a page of ours: also an
 * application's host shows one, when it refuses. */
#define STATIC_PATH	"/.countersign/static/"

struct static_file {
	struct csn_str path;	/* below STATIC_PATH: "style.css" */
	struct csn_str type;	/* with its charset */
	struct csn_str etag;	/* in quotation marks; changes with content */
	struct csn_str content;
};

/* NULL if there is no such file. Static; any thread. To be served with
 * "Cache-Control: no-cache", so that a new version shows at once. */
const struct static_file *static_find(struct csn_str path);

#endif
