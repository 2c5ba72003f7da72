/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_desk.c - `desk:`, who may help others, with what, and whom not
 *
 * It must never be a policy that a request can fall under, nor one that lets
 * in whoever logs in: `allow` is not to be left out.
 */
#include "conf_read.h"

static const struct { const char *word; enum conf_may may; } words[] = {
	{ "look-up", MAY_LOOK_UP }, { "unlock", MAY_UNLOCK },
	{ "end-sessions", MAY_END_SESSIONS },
	{ "temporary-code", MAY_TEMPORARY_CODE },
	{ "enrol-link", MAY_ENROL_LINK }, { "reset", MAY_RESET },
};

static void
may_read(struct conf_reader *r, const struct yaml *y, uint32_t *ret)
{
	const struct yaml **items = NULL;
	size_t n = schema_list(r, y, &items), k;
	struct csn_str text;

	for (size_t i = 0; i < n; i++) {
		if (schema_get(r, items[i], &text) < 0)
			continue;
		for (k = 0; k < SCHEMA_COUNT(words); k++)
			if (str_is(text, words[k].word))
				break;
		if (k == SCHEMA_COUNT(words))
			fault_at(r, items[i], "`may` has no `%.*s`; it is a "
			    "list of look-up, unlock, end-sessions, "
			    "temporary-code, enrol-link and reset",
			    STR_FMT(text));
		else
			*ret |= words[k].may;
	}
}

/* A code that no factor takes would be given out for nothing. */
static void
temporary_check(struct conf_reader *r, const struct yaml *may)
{
	if ((r->conf->desk.may & MAY_TEMPORARY_CODE) == 0)
		return;
	for (size_t i = 0; i < r->conf->nfactors; i++)
		if (r->conf->factors[i].recover_by_desk)
			return;
	warn_at(r, may, "temporary codes count nowhere; write recover_by: "
	    "desk at a second factor");
}

void
conf_read_desk(struct conf_reader *r)
{
	struct conf_desk *d = &r->conf->desk;
	const struct yaml *may = NULL;
	struct conf_policy *p;

	if (r->top.desk == NULL)
		return;
	/* S2: what scripts of the application can open and read they can do */
	if (r->conf->shared_origin)
		fault_key(r, r->top.desk, "`desk`: with `shared_origin` a "
		    "script of the application could help itself with a "
		    "helper's session; give the login a host of its own");
	p = conf_page_policy(r, STR("/desk"));
	if (p == NULL)
		return;
	conf_read_desk_policy(r, r->top.desk, p, &may, &d->not_for);
	if (may != NULL) {
		may_read(r, may, &d->may);
		temporary_check(r, may);
	}
	d->policy = (int)(p - r->policies);
}
