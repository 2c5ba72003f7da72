/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_account.c - `account:`, what the page of one's own account asks
 *
 * Besides what is written there is what every change asks for: a second factor
 * of these last minutes, or a recovery code (security.md E5). That cannot be
 * written otherwise. It must never be a policy that a request can fall under.
 */
#include "conf_read.h"

#define CHANGE_FRESH_S	300	/* security.md E5 */

/* Any one second factor, by itself: who it is the session knows. */
static void
change_policy(struct conf_reader *r)
{
	struct conf_policy *p;

	if (!bits_any(&r->conf->second))
		return;
	p = conf_page_policy(r, STR("/account change"));
	if (p == NULL)
		return;
	p->chain.nways = 1;
	p->chain.ways[0] = (struct way){ .nsteps = 1,
	    .steps = { r->conf->second }, .text = STR("") };
	p->accept_recovery = true;	/* and no remembered browser */
	p->refuse_temporary = true;
	p->fresh_s = arena_array(r->arena, r->conf->nfactors,
	    sizeof(*p->fresh_s));
	for (size_t f = 0; p->fresh_s != NULL && f < r->conf->nfactors; f++)
		if (bits_has(&r->conf->second, f))
			p->fresh_s[f] = CHANGE_FRESH_S;
	r->conf->change_policy = (int)(p - r->policies);
}

void
conf_read_account(struct conf_reader *r)
{
	struct conf_policy *p;

	if (r->top.account != NULL &&
	    (p = conf_page_policy(r, STR("/account"))) != NULL) {
		conf_read_page_policy(r, r->top.account, "`account`", p);
		r->conf->account_policy = (int)(p - r->policies);
	}
	change_policy(r);
}
