/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unresolved.c - a plugin that calls what is nowhere: it must fail when it is
 * loaded, not in the middle of a login
 */
#include "empty.h"

extern int countersign_nowhere(void);

static uint32_t
unresolved_step(const void *inst, struct csn_call *call,
    const struct csn_req *req, struct csn_reply *reply)
{
	return countersign_nowhere() != 0 ? CSN_ERROR :
	    empty_step(inst, call, req, reply);
}

const struct csn_plugin countersign_plugin_1 = {
	.struct_size = sizeof(struct csn_plugin),
	.caps = CSN_CAP_IDENTITY,
	.name = "unresolved", .version = "1.0", .summary = "Unresolved.",
	EMPTY_FUNCTIONS,
	.serve = unresolved_step,
};
