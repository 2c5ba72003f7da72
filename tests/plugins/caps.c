/* SPDX-License-Identifier: Apache-2.0 */
/*
 * caps.c - a plugin with a capability and not its function
 */
#include "empty.h"

const struct csn_plugin countersign_plugin_1 = {
	.struct_size = sizeof(struct csn_plugin),
	.caps = CSN_CAP_IDENTITY | CSN_CAP_LOOKUP,
	.name = "caps", .version = "1.0", .summary = "Caps.",
	EMPTY_FUNCTIONS,
};
