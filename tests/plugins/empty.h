/* SPDX-License-Identifier: Apache-2.0 */
/*
 * empty.h - functions of a plugin that never proves anything
 *
 * For the modules of this folder, which the loader's test takes or refuses by
 * their description alone.
 */
#ifndef TESTS_PLUGINS_EMPTY_H
#define TESTS_PLUGINS_EMPTY_H

#include <countersign/plugin.h>

static int32_t
empty_open(const struct csn_host *host, struct csn_call *call,
    const struct csn_conf *conf, void **ret_inst)
{
	(void)host;
	(void)call;
	(void)conf;
	(void)ret_inst;
	return CSN_E_INVALID;
}

static void
empty_close(void *inst)
{
	(void)inst;
}

static uint32_t
empty_step(const void *inst, struct csn_call *call, const struct csn_req *req,
    struct csn_reply *reply)
{
	(void)inst;
	(void)call;
	(void)req;
	(void)reply;
	return CSN_ERROR;
}

static int32_t
empty_selftest(const void *inst, struct csn_call *call, uint32_t live)
{
	(void)inst;
	(void)call;
	(void)live;
	return CSN_E_INVALID;
}

#define EMPTY_FUNCTIONS \
	.open = empty_open, .close = empty_close, .step = empty_step, \
	.selftest = empty_selftest

#endif
