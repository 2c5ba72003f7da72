/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plugin.c - the SAML plugin as the host sees it
 *
 * Opening it contacts nobody: a gateway starts while its identity provider is
 * down. It must never keep anything about a person between two calls.
 */
#include "plugin.h"

#include <stdlib.h>

#include "inspect.h"
#include "library.h"
#include "login.h"
#include "provider.h"
#include "selftest.h"
#include "serve.h"
#include "sp.h"
#include "table.h"

static void
plugin_close(void *p)
{
	struct instance *inst = p;

	if (inst == NULL)
		return;
	provider_free(inst->provider);
	options_free(&inst->opt);
	free(inst);
}

static int32_t
plugin_open(const struct csn_host *host, struct csn_call *call,
    const struct csn_conf *conf, void **ret_inst)
{
	struct instance *inst = calloc(1, sizeof(*inst));

	if (inst == NULL || library_init() < 0) {
		host->report(call, CSN_FAIL, 0, inst == NULL ?
		    STR("out of memory") : STR("the XML libraries did not "
		    "start; LASSO_FLAG must not be in the environment"));
		free(inst);
		return CSN_E_LIMIT;
	}
	inst->host = host;
	if (options_read(host, call, conf, &inst->opt) == 0)
		inst->provider = provider_new(host, call, &inst->opt);
	if (inst->provider == NULL) {
		plugin_close(inst);
		return CSN_E_INVALID;
	}
	*ret_inst = inst;
	return CSN_OK;
}

static uint32_t
plugin_step(const void *inst, struct csn_call *call,
    const struct csn_req *req, struct csn_reply *reply)
{
	struct job job;

	job_init(&job, inst, call);
	return login_step(&job, req, reply);
}

static uint32_t
plugin_serve(const void *inst, struct csn_call *call,
    const struct csn_req *req, struct csn_reply *reply)
{
	struct job job;

	job_init(&job, inst, call);
	return serve_run(&job, req, reply);
}

static int32_t
plugin_refresh(const void *inst, struct csn_call *call, uint32_t *ret_next_s)
{
	struct job job;

	job_init(&job, inst, call);
	return provider_refresh(&job, ret_next_s);
}

static int32_t
plugin_selftest(const void *inst, struct csn_call *call, uint32_t live)
{
	struct job job;

	job_init(&job, inst, call);
	return selftest_run(&job, live != 0);
}

/* A response of 256 KiB, in base64, escaped for a form. */
#define MESSAGE_FORM_MAX (600u << 10)

static const struct csn_endpoint endpoints[ENDPOINTS_COUNT] = {
	[ENDPOINT_ACS] = { .path = "acs", .resume_param = "RelayState",
	    .flags = CSN_EP_GET | CSN_EP_POST | CSN_EP_CROSS_SITE,
	    .max_bytes = MESSAGE_FORM_MAX },
	[ENDPOINT_SLO] = { .path = "slo", .resume_param = "RelayState",
	    .flags = CSN_EP_GET | CSN_EP_POST | CSN_EP_CROSS_SITE |
	    CSN_EP_LOGOUT, .max_bytes = MESSAGE_FORM_MAX },
	[ENDPOINT_SOAP] = { .path = "soap",
	    .flags = CSN_EP_POST | CSN_EP_BACK_CHANNEL,
	    .max_bytes = MESSAGE_FORM_MAX },
	[ENDPOINT_METADATA] = { .path = "metadata", .flags = CSN_EP_GET },
	[ENDPOINT_LOGIN] = { .path = "login", .flags = CSN_EP_GET },
};

enum { OP_INSPECT, OP_METADATA };

static uint32_t
plugin_manage(const void *inst, struct csn_call *call,
    const struct csn_req *req, struct csn_reply *reply)
{
	struct job job;

	job_init(&job, inst, call);
	return req->op == OP_METADATA ? sp_op(&job, reply) :
	    inspect_run(&job, req, reply);
}

static const struct csn_op ops[] = {
	[OP_INSPECT] = { .name = "inspect",
	    .help = "What the rules say to a captured response.",
	    .flags = CSN_OP_OPERATOR | CSN_OP_BODY },
	[OP_METADATA] = { .name = "metadata", .help = "Our own metadata.",
	    .flags = CSN_OP_OPERATOR | CSN_OP_BODY },
};

const struct csn_plugin countersign_plugin_1 = {
	.struct_size = sizeof(struct csn_plugin),
	.abi_minor = CSN_ABI_MINOR,
	.abi_minor_min = 0,
	.caps = CSN_CAP_IDENTITY | CSN_CAP_NETWORK | CSN_CAP_UNSOLICITED,
	.state_version = 1,
	.opt_size = sizeof(struct csn_opt),
	.endpoint_size = sizeof(struct csn_endpoint),
	.op_size = sizeof(struct csn_op),
	.name = "saml",
	.version = "0.1.0",
	.summary = "Single sign-on by a SAML 2.0 identity provider",
	.opts = options_table,
	.nopts = OPTIONS_COUNT,
	.endpoints = endpoints,
	.nendpoints = ENDPOINTS_COUNT,
	.ops = ops,
	.nops = sizeof(ops) / sizeof(ops[0]),
	.manage = plugin_manage,
	.open = plugin_open,
	.close = plugin_close,
	.step = plugin_step,
	.serve = plugin_serve,
	.refresh = plugin_refresh,
	.selftest = plugin_selftest,
};
