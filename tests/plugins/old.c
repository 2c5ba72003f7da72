/* SPDX-License-Identifier: Apache-2.0 */
/*
 * old.c - a plugin built before the interface had all of its parts
 */
#include "empty.h"

const struct csn_plugin countersign_plugin_1 = {
	.struct_size = offsetof(struct csn_plugin, selftest),
	.caps = CSN_CAP_IDENTITY,
	.name = "old", .version = "0.1", .summary = "Old.",
	EMPTY_FUNCTIONS,
};
