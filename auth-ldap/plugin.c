/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin.c - the LDAP plugin as the host sees it
 *
 * Opening it contacts nobody: a gateway starts while its directory is down.
 * It must never keep anything about a person between two calls.
 */
#include <stdlib.h>

#include "login.h"
#include "lookup.h"
#include "members.h"
#include "nesting.h"
#include "pool.h"
#include "selftest.h"
#include "servers.h"
#include "table.h"
#include "tls.h"

#define REAP_S 60u		/* how often idle connections are looked at */
#define AWAY_S 3u		/* the same while a server does not answer */
#define PROBE_MS 2000

static void
plugin_close(void *p)
{
	struct instance *inst = p;

	if (inst == NULL)
		return;
	pool_free(inst->pool);
	nesting_free(inst->nesting);
	servers_free(inst->servers);
	tls_free(inst->tls);
	options_free(&inst->opt);
	free(inst);
}

static int
instance_fill(struct instance *inst, struct csn_call *call,
    const struct csn_conf *conf)
{
	const struct csn_host *host = inst->host;

	if (options_read(host, call, conf, &inst->opt) != 0)
		return -1;
	inst->tls = tls_new(host, call, &inst->opt);
	if (inst->tls == NULL)
		return -1;
	inst->pool = pool_new();
	inst->servers = servers_new();
	inst->nesting = nesting_new();
	if (inst->pool == NULL || inst->servers == NULL ||
	    inst->nesting == NULL) {
		host->report(call, CSN_FAIL, 0, STR("out of memory"));
		return -1;
	}
	if (inst->opt.clear_text)
		host->log(call, CSN_WARN, STR("clear_text: accepted: "
		    "passwords travel unencrypted to ldap:// servers"));
	return 0;
}

static int32_t
plugin_open(const struct csn_host *host, struct csn_call *call,
    const struct csn_conf *conf, void **ret_inst)
{
	struct instance *inst = calloc(1, sizeof(*inst));
	int version = LDAP_VERSION3;

	if (inst == NULL) {
		host->report(call, CSN_FAIL, 0, STR("out of memory"));
		return CSN_E_LIMIT;
	}
	/* libldap makes its global state at the first use, unguarded: here,
	 * where nobody else is at it yet */
	ldap_set_option(NULL, LDAP_OPT_PROTOCOL_VERSION, &version);
	inst->host = host;
	if (instance_fill(inst, call, conf) != 0) {
		plugin_close(inst);
		return CSN_E_INVALID;
	}
	*ret_inst = inst;
	return CSN_OK;
}

static uint32_t
plugin_step(const void *inst, struct csn_call *call, const struct csn_req *req,
    struct csn_reply *reply)
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
	return lookup_serve(&job, req, reply);
}

static uint32_t
plugin_manage(const void *inst, struct csn_call *call,
    const struct csn_req *req, struct csn_reply *reply)
{
	struct job job;

	job_init(&job, inst, call);
	return members_manage(&job, req, reply);
}

static int32_t
plugin_refresh(const void *inst, struct csn_call *call, uint32_t *ret_next_s)
{
	const struct instance *i = inst;
	struct address due[SERVERS_MAX];
	size_t away, n, k;
	struct job job;

	pool_reap(i->pool);
	away = servers_away(i->servers, due, &n);
	for (k = 0; k < n; k++) {
		job_init(&job, inst, call);
		if (job_left_ms(&job) > 0)
			pool_probe(&job, &due[k], PROBE_MS);
	}
	*ret_next_s = away > 0 ? AWAY_S : REAP_S;
	return CSN_OK;
}

static int32_t
plugin_selftest(const void *inst, struct csn_call *call, uint32_t live)
{
	struct job job;

	job_init(&job, inst, call);
	return selftest_run(&job, live != 0);
}

const struct csn_plugin countersign_plugin_1 = {
	.struct_size = sizeof(struct csn_plugin),
	.abi_minor = CSN_ABI_MINOR,
	.abi_minor_min = 0,
	.caps = CSN_CAP_IDENTITY | CSN_CAP_NETWORK | CSN_CAP_LOOKUP |
	    CSN_CAP_PROMPT | CSN_CAP_WAITS,
	.state_version = 1,
	.opt_size = sizeof(struct csn_opt),
	.endpoint_size = sizeof(struct csn_endpoint),
	.op_size = sizeof(struct csn_op),
	.name = "ldap",
	.version = "0.1.0",
	.summary = "Name and password against a directory (LDAP, Active "
	    "Directory)",
	.opts = options_table,
	.nopts = OPTIONS_COUNT,
	.ops = members_ops,
	.nops = MEMBERS_OPS,
	.open = plugin_open,
	.close = plugin_close,
	.step = plugin_step,
	.manage = plugin_manage,
	.serve = plugin_serve,
	.refresh = plugin_refresh,
	.selftest = plugin_selftest,
};
