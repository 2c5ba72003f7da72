/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin.c - totp.so: a code of a person's authenticator app, RFC 6238
 *
 * Which event goes where, and the one place where GRANT is said. It must
 * never take "cannot tell" for "not enrolled": a store that fails, a record
 * that is corrupt, a clock that is not set are ERROR.
 */
#include <stdlib.h>

#include <liboath/oath.h>

#include "clock.h"
#include "enrol.h"
#include "manage.h"
#include "options.h"
#include "otp.h"
#include "recover.h"
#include "state.h"
#include "texts.h"
#include "verify.h"

/* Nothing is stored for this account. */
static enum outcome
step_unknown(const struct round *r, enum state_kind kind)
{
	if ((r->req->flags & CSN_RQ_MAY_ENROL) == 0)
		return round_deny(r, CSN_R_NOT_ENROLLED, NULL);
	if (r->req->event == CSN_EV_FORM && kind == STATE_PENDING)
		return enrol_code(r);
	if (r->req->event == CSN_EV_FORM && kind == STATE_CODES)
		return enrol_kept(r);
	return enrol_ask(r);
}

static bool
said(const struct round *r, const char *name)
{
	return pairs_get(r->req->params, str_from(name)).n > 0;
}

/* A code, of a device or a recovery code, or the wish for the other form. */
static enum outcome
step_code(const struct round *r, struct record *record)
{
	struct state_codes *s;
	enum outcome outcome;

	if (said(r, "app"))
		return verify_ask(r, record);
	if (said(r, "recovery") && recover_offered(r, record))
		return recover_ask(r, NULL);
	if (pairs_get(r->req->params, STR("recovery-code")).p != NULL)
		return recover_code(r, record);
	outcome = verify_code(r, &record);
	if (outcome != OUTCOME_PROVED || r->t->recovery_codes == 0 ||
	    record->codes.n > 0)
		return outcome;
	s = round_alloc(r, sizeof(*s));
	if (s == NULL)
		return OUTCOME_ERROR;
	/* who has none left, or enrolled before there were any */
	s->after = AFTER_CODE;
	s->proved_ms = r->now_ms;
	s->before_ms = record->codes.made_ms;
	return recover_show(r, s);
}

static enum outcome
step_known(const struct round *r, enum state_kind kind,
    struct record *record)
{
	if (r->req->event == CSN_EV_BEGIN)
		return verify_ask(r, record);
	switch (kind) {
	case STATE_PENDING:
		return round_deny(r, CSN_R_EXPIRED, TEXT_MEANWHILE);
	case STATE_CODES:
		return recover_replace(r, record);
	case STATE_LEFT:
		return recover_go_on(r, record);
	case STATE_NONE:
	case STATE_HINT:
		break;
	}
	return step_code(r, record);
}

static enum outcome
step_round(const struct round *r)
{
	enum state_kind kind;
	struct record *record;

	if (r->req->event != CSN_EV_BEGIN && r->req->event != CSN_EV_FORM)
		return OUTCOME_ERROR;
	if (r->now_ms < TOTP_EARLIEST_MS) {
		round_log(r, CSN_FAIL, "the clock of this machine is not set");
		return OUTCOME_ERROR;
	}
	if (state_kind(r->req->state, &kind) < 0)
		return OUTCOME_ERROR;
	switch (record_read(r, &record)) {
	case CSN_OK:
		return step_known(r, kind, record);
	case CSN_E_ABSENT:
		return step_unknown(r, kind);
	default:
		return OUTCOME_ERROR;
	}
}

static struct round
round_begin(const void *inst, struct csn_call *call,
    const struct csn_req *req, struct csn_reply *reply)
{
	const struct totp *t = inst;

	return (struct round){ .t = t, .call = call, .req = req,
		.reply = reply, .now_ms = t->host->now_ms(call) };
}

/* Of every end of a round that is no proof. */
static uint32_t
verdict_of(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_AGAIN:
		return CSN_CONTINUE;
	case OUTCOME_DENY:
		return CSN_DENY;
	case OUTCOME_ERROR:
	case OUTCOME_DONE:
	case OUTCOME_PROVED:
		return CSN_ERROR;
	}
	return CSN_ERROR;
}

static uint32_t
plugin_step(const void *inst, struct csn_call *call,
    const struct csn_req *req, struct csn_reply *reply)
{
	/* RFC 8176 has no word for a recovery code */
	static const struct csn_str otp[] = { STR_INIT("otp") },
	    recovery[] = { STR_INIT("recovery") };
	struct round r = round_begin(inst, call, req, reply);
	enum outcome outcome = step_round(&r);

	if (outcome != OUTCOME_PROVED)
		return verdict_of(outcome);
	reply->exchange = req->exchange;
	reply->amr = (struct csn_strs){ (reply->flags & CSN_RP_RECOVERY) != 0 ?
	    recovery : otp, 1 };
	if (reply->auth_time_ms == 0)
		reply->auth_time_ms = r.now_ms;
	return CSN_GRANT;
}

static uint32_t
plugin_manage(const void *inst, struct csn_call *call,
    const struct csn_req *req, struct csn_reply *reply)
{
	struct round r = round_begin(inst, call, req, reply);
	enum outcome outcome;

	if (req->event != CSN_EV_OP)
		return CSN_ERROR;
	outcome = manage_op(&r);
	return outcome == OUTCOME_DONE ? CSN_DONE : verdict_of(outcome);
}

static void
plugin_close(void *inst)
{
	struct totp *t = inst;

	free(t->issuer);
	free(t);
	(void)oath_done();
}

static int32_t
plugin_open(const struct csn_host *host, struct csn_call *call,
    const struct csn_conf *conf, void **ret_inst)
{
	struct totp *t;

	if (oath_init() != OATH_OK || otp_selftest() < 0) {
		host->report(call, CSN_FAIL, 0, STR("the library liboath does "
		    "not compute the codes of RFC 6238"));
		return CSN_E_INVALID;
	}
	t = calloc(1, sizeof(*t));
	if (t == NULL) {
		host->report(call, CSN_FAIL, 0, STR("out of memory"));
		return CSN_E_LIMIT;
	}
	t->host = host;
	if (options_read(host, call, conf, t) < 0) {
		plugin_close(t);
		return CSN_E_INVALID;
	}
	*ret_inst = t;
	return CSN_OK;
}

static int32_t
plugin_selftest(const void *inst, struct csn_call *call, uint32_t live)
{
	const struct totp *t = inst;
	int32_t rc = CSN_OK;

	if (otp_selftest() < 0) {
		t->host->report(call, CSN_FAIL, 0, STR("the library liboath "
		    "does not compute the codes of RFC 6238"));
		rc = CSN_E_INVALID;
	}
	if (clock_check(t, call, live != 0) < 0)
		rc = CSN_E_INVALID;
	return rc;
}

const struct csn_plugin countersign_plugin_1 = {
	.struct_size = sizeof(struct csn_plugin),
	.abi_minor = CSN_ABI_MINOR,
	.abi_minor_min = 0,
	.caps = CSN_CAP_SECOND,
	.state_version = 3,
	.opt_size = sizeof(struct csn_opt),
	.endpoint_size = sizeof(struct csn_endpoint),
	.op_size = sizeof(struct csn_op),
	.name = "totp",
	.version = CSN_VERSION,
	.summary = "codes of an authenticator app (RFC 6238)",
	.opts = options_table,
	.nopts = OPTIONS_COUNT,
	.ops = manage_ops,
	.nops = MANAGE_OPS,
	.open = plugin_open,
	.close = plugin_close,
	.step = plugin_step,
	.manage = plugin_manage,
	.selftest = plugin_selftest,
};
