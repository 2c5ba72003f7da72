/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manage.c - one operation of a factor, done for somebody
 *
 * It must never be reached by whom the caller has not let in.
 */
#include "manage.h"

#define OP_TIME_MS 20000

int
manage_find(const struct csn_plugin *p, struct csn_str name, uint32_t flags)
{
	for (size_t i = 0; i < p->nops; i++)
		if (str_is(name, p->ops[i].name) &&
		    (p->ops[i].flags & flags) == flags)
			return (int)i;
	return -1;
}

int
manage_run(struct csn_gate *g, struct factor *f, struct arena *a, int op,
    const struct person *p, struct csn_str item, struct csn_pairs params,
    struct verdict *ret)
{
	char account[PEOPLE_ACCOUNT_LEN + 1];
	struct csn_req req = { .struct_size = sizeof(req),
	    .event = CSN_EV_OP, .op = (uint32_t)op, .item = item,
	    .params = params, .subject = p->subject,
	    .realm = p->realm_name };
	struct csn_call c;

	if (people_account(g->sealer, p->realm_name, p->subject, account) < 0)
		return -1;
	req.account = str_from(account);
	call_begin(&c, &g->call_host, f, OP_TIME_MS);
	verdict_call(&c, VERDICT_MANAGE, &req, a, ret);
	call_end(&c);
	return 0;
}

int
manage_after_reset(struct csn_gate *g, const struct factor *f,
    const struct person *p)
{
	return people_reset(g->store, p->realm_name, p->subject,
	    f->cf->fingerprint, gate_now_ms(g));
}
