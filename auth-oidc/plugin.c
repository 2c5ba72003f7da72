/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * plugin.c - oidc.so: a login at an OpenID provider
 *
 * Which event goes where, and the one place where GRANT is said. Opening it
 * contacts nobody: a gateway starts while a provider is down.
 */
#include <stdlib.h>

#include "authorize.h"
#include "bound.h"
#include "callback.h"
#include "endpoints.h"
#include "json.h"
#include "params.h"
#include "provider.h"
#include "renew.h"
#include "selftest.h"
#include "serve.h"

static void
plugin_close(void *inst)
{
	struct oidc *o = inst;

	if (o == NULL)
		return;
	provider_cell_free(o->cell);
	nonces_free(o->nonces);
	options_free(&o->opt);
	free(o);
}

static int32_t
plugin_open(const struct csn_host *host, struct csn_call *call,
    const struct csn_conf *conf, void **ret_inst)
{
	struct oidc *o = calloc(1, sizeof(*o));

	if (o != NULL) {
		o->host = host;
		o->cell = provider_cell_new();
	}
	if (o == NULL || o->cell == NULL) {
		host->report(call, CSN_FAIL, 0, STR("out of memory"));
		plugin_close(o);
		return CSN_E_LIMIT;
	}
	json_wipe_memory();
	params_init();
	if (options_read(host, call, conf, &o->opt) < 0) {
		plugin_close(o);
		return CSN_E_INVALID;
	}
	if (o->opt.num[OPT_DPOP] == 1)
		o->nonces = nonces_new();
	if (o->opt.num[OPT_DPOP] == 1 && o->nonces == NULL) {
		plugin_close(o);
		return CSN_E_LIMIT;
	}
	*ret_inst = o;
	return CSN_OK;
}

static enum outcome
step_round(struct round *r)
{
	switch (r->req->event) {
	case CSN_EV_BEGIN:
	case CSN_EV_WAKE:
		return authorize_begin(r);
	case CSN_EV_CALLBACK:
		return callback_take(r);
	default:
		return OUTCOME_ERROR;
	}
}

static uint32_t
plugin_step(const void *inst, struct csn_call *call,
    const struct csn_req *req, struct csn_reply *reply)
{
	enum outcome outcome;
	struct round r;

	round_begin(&r, inst, call, req, reply);
	outcome = step_round(&r);
	round_end(&r);
	switch (outcome) {
	case OUTCOME_PROVED:
		reply->exchange = req->exchange;
		return CSN_GRANT;
	case OUTCOME_AGAIN:
		return CSN_CONTINUE;
	case OUTCOME_DENY:
		return CSN_DENY;
	case OUTCOME_DONE:
	case OUTCOME_ERROR:
		return CSN_ERROR;
	}
	return CSN_ERROR;
}

static uint32_t
plugin_serve(const void *inst, struct csn_call *call,
    const struct csn_req *req, struct csn_reply *reply)
{
	enum outcome outcome;
	struct round r;

	round_begin(&r, inst, call, req, reply);
	outcome = req->event == CSN_EV_RENEW ? renew_session(&r) :
	    serve_event(&r);
	round_end(&r);
	switch (outcome) {
	case OUTCOME_DONE:
		return CSN_DONE;
	case OUTCOME_AGAIN:
		return CSN_CONTINUE;
	case OUTCOME_DENY:
		return CSN_DENY;
	case OUTCOME_PROVED:
	case OUTCOME_ERROR:
		return CSN_ERROR;
	}
	return CSN_ERROR;
}

static int32_t
plugin_refresh(const void *inst, struct csn_call *call, uint32_t *ret_next_s)
{
	struct round r;
	int32_t rc;

	round_begin(&r, inst, call, NULL, NULL);
	rc = provider_refresh(&r, ret_next_s);
	round_end(&r);
	return rc;
}

static int32_t
plugin_selftest(const void *inst, struct csn_call *call, uint32_t live)
{
	struct round r;
	int32_t rc;

	round_begin(&r, inst, call, NULL, NULL);
	rc = selftest_run(&r, live != 0);
	round_end(&r);
	return rc;
}

const struct csn_plugin countersign_plugin_1 = {
	.struct_size = sizeof(struct csn_plugin),
	.abi_minor = CSN_ABI_MINOR,
	.abi_minor_min = 0,
	.caps = CSN_CAP_IDENTITY | CSN_CAP_NETWORK,
	.state_version = 2,
	.opt_size = sizeof(struct csn_opt),
	.endpoint_size = sizeof(struct csn_endpoint),
	.op_size = sizeof(struct csn_op),
	.name = "oidc",
	.version = CSN_VERSION,
	.summary = "a login at an OpenID Connect provider",
	.opts = options_table,
	.nopts = OPTIONS_COUNT,
	.endpoints = endpoints_table,
	.nendpoints = ENDPOINTS_COUNT,
	.open = plugin_open,
	.close = plugin_close,
	.step = plugin_step,
	.serve = plugin_serve,
	.refresh = plugin_refresh,
	.selftest = plugin_selftest,
};
