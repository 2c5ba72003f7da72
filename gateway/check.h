/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.h - the check listener: may this request pass
 */
#ifndef COUNTERSIGN_GATEWAY_CHECK_H
#define COUNTERSIGN_GATEWAY_CHECK_H

#include <countersign/host.h>

#include "http.h"

struct check_dialect;

struct check_role {
	struct csn_gate *gate;
	struct csn_str client_header;
	const struct check_dialect *dialect;
};

/* How a kind of proxy asks and takes the answer, by CSN_DIALECT_...; NULL: not
 * one of ours. */
const struct check_dialect *check_dialect(uint32_t which);

/* An http_handler; arg is a struct check_role that outlives the server. */
void check_handle(struct http_exchange *, void *role);

#endif
