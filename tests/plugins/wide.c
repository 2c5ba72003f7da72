/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wide.c - a plugin of a later minor version: every struct has grown at its
 * end, and it says that it makes do with minor 0
 */
#include "empty.h"

struct wide_opt {
	struct csn_opt base;
	uint64_t later[2];
};

static const struct wide_opt opts[] = {
	{ { .name = "first", .type = CSN_T_INT, .fallback = "7",
	    .help = "The first." }, { 1, 2 } },
	{ { .name = "second", .type = CSN_T_BOOL, .help = "The second." },
	    { 3, 4 } },
};

struct wide_plugin {
	struct csn_plugin base;
	void *later[4];
};

extern const struct wide_plugin wide_plugin_1
    __asm__("countersign_plugin_1");

const struct wide_plugin wide_plugin_1
    __attribute__((visibility("default"))) = {
	.base = {
		.struct_size = sizeof(struct wide_plugin),
		.abi_minor = 3,
		.caps = CSN_CAP_SECOND,
		.opt_size = sizeof(struct wide_opt),
		.name = "wide", .version = "2.0", .summary = "Wide.",
		.opts = &opts[0].base, .nopts = 2,
		EMPTY_FUNCTIONS,
	},
};
