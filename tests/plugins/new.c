/* SPDX-License-Identifier: Apache-2.0 */
/*
 * new.c - a plugin that needs a newer host
 */
#include "empty.h"

const struct csn_plugin countersign_plugin_1 = {
	.struct_size = sizeof(struct csn_plugin),
	.abi_minor = 99, .abi_minor_min = 98,
	.caps = CSN_CAP_IDENTITY,
	.name = "new", .version = "9.0", .summary = "New.",
	EMPTY_FUNCTIONS,
};
