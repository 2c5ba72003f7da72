/* SPDX-License-Identifier: Apache-2.0 */
/*
 * account_call.c - an operation of a factor, asked by the account's owner
 *
 * Only those that the plugin offers to them. It must never be asked for
 * another account than that of the session's person.
 */
#include "account.h"
#include "manage.h"

#define OP_TIME_MS	15000

int
account_op(const struct visit *v, int factor, const char *name)
{
	const struct csn_plugin *p = v->conf->factors[factor].plugin;

	return p->manage == NULL ? -1 :
	    manage_find(p, str_from(name), CSN_OP_SELF);
}

int
account_call(struct visit *v, int factor, int op, const struct csn_req *about,
    struct verdict *ret)
{
	const struct person *p = &v->session.person;
	char account[PEOPLE_ACCOUNT_LEN + 1];
	struct csn_req req = *about;
	struct csn_call c;

	if (people_account(v->gate->sealer, p->realm_name, p->subject,
	    account) < 0)
		return -1;
	req.struct_size = sizeof(req);
	req.event = CSN_EV_OP;
	req.op = (uint32_t)op;
	req.subject = p->subject;
	req.realm = p->realm_name;
	req.account = str_from(account);
	req.client_ip = v->in->client;
	req.user_agent = v->in->user_agent;
	req.language = v->language;
	call_begin(&c, &v->gate->call_host, &v->gc->factors[factor],
	    OP_TIME_MS);
	verdict_call(&c, VERDICT_MANAGE, &req, &v->arena, ret);
	call_end(&c);
	return 0;
}

int
account_items(struct visit *v, int factor, struct verdict *ret)
{
	static const struct csn_req nothing;
	int op = account_op(v, factor, "list");

	memset(ret, 0, sizeof(*ret));
	/* one that may block would hold up everybody else's pages */
	if (op < 0 || v->gc->factors[factor].pool != NULL)
		return 0;
	if (account_call(v, factor, op, &nothing, ret) < 0 ||
	    ret->verdict != CSN_DONE)
		return -1;
	return 0;
}
