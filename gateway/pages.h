/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pages.h - the pages listener: visitors with a browser
 */
#ifndef COUNTERSIGN_GATEWAY_PAGES_H
#define COUNTERSIGN_GATEWAY_PAGES_H

#include <countersign/host.h>

#include "draw.h"
#include "http.h"

struct pages_role {
	struct csn_gate *gate;
	struct csn_str client_header;
	const struct catalogues *texts;
};

#define PAGES_BODY_MAX (256u * 1024)	/* a provider's response by POST */

/* An http_handler; arg is a struct pages_role that outlives the server. */
void pages_handle(struct http_exchange *, void *role);

#endif
