/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pin.c - a second factor that a person knows: a number of their own
 *
 * The plugin of docs/tutorial.md. It must never say GRANT where it could not
 * read, and never keep in its own memory who came by.
 */
#include <countersign/plugin.h>

#include <stdlib.h>
#include <string.h>

#define PIN_MAX 12u
#define S(literal) ((struct csn_str){ literal, sizeof(literal) - 1 })

struct pin {			/* one configured factor */
	const struct csn_host *host;
	size_t least;		/* digits */
};

/* What may stand in countersign.yml. The host reads and checks it. */
static const struct csn_opt options[] = { { .name = "digits",
	.type = CSN_T_INT, .fallback = "6", .min = 4, .max = PIN_MAX,
	.help = "The fewest digits of a new number." } };

static int32_t
pin_open(const struct csn_host *host, struct csn_call *call,
    const struct csn_conf *conf, void **ret_inst)
{
	struct pin *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		host->report(call, CSN_FAIL, 0, S("out of memory"));
		return CSN_E_BACKEND;
	}
	p->host = host;
	/* the one option: always there */
	p->least = (size_t)conf->v[0].num;
	*ret_inst = p;
	return CSN_OK;
}

static int32_t
pin_selftest(const void *inst, struct csn_call *call, uint32_t live)
{
	(void)inst, (void)call, (void)live;
	return CSN_OK;
}

static struct csn_str
param(const struct csn_req *req, const char *name)
{
	for (size_t i = 0; i < req->params.n; i++)
		if (req->params.v[i].name.n == strlen(name) &&
		    memcmp(req->params.v[i].name.p, name, strlen(name)) == 0)
			return req->params.v[i].value;
	return (struct csn_str){ "", 0 };
}

/* Takes as long for every number of that length. */
static int
same(struct csn_str a, struct csn_str b)
{
	unsigned char differs = 0;

	if (a.n != b.n)
		return 0;
	for (size_t i = 0; i < a.n; i++)
		differs |= (unsigned char)(a.p[i] ^ b.p[i]);
	return differs == 0;
}

static int
is_number(struct csn_str s, size_t least)
{
	for (size_t i = 0; i < s.n; i++)
		least = s.p[i] < '0' || s.p[i] > '9' ? SIZE_MAX : least;
	return s.n >= least && s.n <= PIN_MAX;
}

/* Another round: one box, or two for a new number. */
static uint32_t
ask(const struct pin *p, struct csn_call *call, struct csn_reply *reply,
    size_t boxes, uint32_t reason)
{
	struct csn_prompt *v = p->host->alloc(call, 2 * sizeof(*v));

	if (v == NULL)
		return CSN_ERROR;
	memset(v, 0, 2 * sizeof(*v));
	v[0].name = S("pin");
	v[0].label = boxes == 1 ? S("Your number") : S("A number of your own");
	v[1].name = S("again");
	v[1].label = S("The same number again");
	for (size_t i = 0; i < 2; i++) {
		v[i].kind = boxes == 1 ? CSN_P_PASSWORD : CSN_P_NEW_PASSWORD;
		v[i].max_bytes = PIN_MAX;
		v[i].flags = CSN_PF_REQUIRED | (reason ? CSN_PF_WRONG : 0);
	}
	reply->action = CSN_A_FORM;
	reply->reason = reason;		/* not 0: this was a failed try */
	reply->prompts = v;
	reply->nprompts = boxes;
	reply->prompt_size = sizeof(*v);
	return CSN_CONTINUE;
}

static uint32_t
pin_step(const void *inst, struct csn_call *call, const struct csn_req *req,
    struct csn_reply *reply)
{
	const struct pin *p = inst;
	struct csn_str stored, said = param(req, "pin");
	int32_t rc = p->host->kv_get(call, req->account, &stored);
	int known = rc == CSN_OK;

	if (!known && rc != CSN_E_ABSENT)
		return CSN_ERROR;
	if (!known && (req->flags & CSN_RQ_MAY_ENROL) == 0) {
		reply->reason = CSN_R_NOT_ENROLLED;
		return CSN_DENY;
	}
	if (req->event == CSN_EV_BEGIN)
		return ask(p, call, reply, known ? 1 : 2, 0);
	if (known ? !same(said, stored) : !is_number(said, p->least) ||
	    !same(said, param(req, "again")))
		return ask(p, call, reply, known ? 1 : 2, CSN_R_CREDENTIAL);
	if (!known && p->host->kv_put_new(call, req->account, said, 0,
	    CSN_KV_DURABLE | CSN_KV_SECRET) != CSN_OK)
		return CSN_ERROR;
	reply->flags = known ? 0 : CSN_RP_ENROLLED;
	reply->exchange = req->exchange;
	reply->auth_time_ms = p->host->now_ms(call);
	return CSN_GRANT;
}

const struct csn_plugin countersign_plugin_1 = {
	.struct_size = sizeof(struct csn_plugin),
	.abi_minor = CSN_ABI_MINOR, .caps = CSN_CAP_SECOND,
	.opt_size = sizeof(struct csn_opt),
	.name = "pin", .version = "1", .summary = "A number of one's own",
	.opts = options, .nopts = 1,
	.open = pin_open, .close = free, .step = pin_step,
	.selftest = pin_selftest,
};
