/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.h - the check listener: may this request pass
 */
#ifndef COUNTERSIGN_GATEWAY_CHECK_H
#define COUNTERSIGN_GATEWAY_CHECK_H

#include <countersign/host.h>

#include "http.h"

struct check_role {
	struct csn_gate *gate;
	struct csn_str client_header;
};

/* An http_handler; arg is a struct check_role that outlives the server. Only
 * GET and HEAD of /check are answered. */
void check_handle(struct http_exchange *, void *role);

#endif
