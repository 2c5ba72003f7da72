/* SPDX-License-Identifier: Apache-2.0 */
/*
 * good.c - a plugin that the loader takes: one option, one endpoint, one op
 */
#include "empty.h"

static const struct csn_opt opts[] = {
	{ .name = "issuer", .type = CSN_T_STRING, .fallback = "none",
	    .help = "An option." },
};

static const struct csn_endpoint endpoints[] = {
	{ .path = "callback", .resume_param = "state", .flags = CSN_EP_GET },
};

static const struct csn_op ops[] = {
	{ .name = "list", .help = "Lists.", .flags = CSN_OP_OPERATOR },
};

const struct csn_plugin countersign_plugin_1 = {
	.struct_size = sizeof(struct csn_plugin),
	.caps = CSN_CAP_IDENTITY,
	.opt_size = sizeof(struct csn_opt),
	.endpoint_size = sizeof(struct csn_endpoint),
	.op_size = sizeof(struct csn_op),
	.name = "good", .version = "1.0", .summary = "Good.",
	.opts = opts, .nopts = 1,
	.endpoints = endpoints, .nendpoints = 1,
	.ops = ops, .nops = 1,
	EMPTY_FUNCTIONS,
	.manage = empty_step,
};
