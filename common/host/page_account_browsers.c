/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page_account_browsers.c - 32: browsers that are not asked for a code
 *
 * Those that still stand; a list of its own for each factor that has any.
 */
#include "page_account.h"

#include "cookie.h"
#include "lib/base64url.h"
#include "remembered.h"

#define BROWSERS_MAX	(REMEMBERED_MAX * PROOFS_MAX)

/* Whether this very browser is the one. */
static bool
this_one(struct visit *v, const struct remembered *b)
{
	const struct person *p = &v->session.person;
	char account[PEOPLE_ACCOUNT_LEN + 1];
	uint8_t id[REMEMBERED_ID_LEN];
	struct csn_str value;

	return people_account(v->gate->sealer, p->realm_name, p->subject,
	    account) == 0 && cookie_values(v->in->cookies, remembered_name(
	    &v->arena, str_from(account), b->fingerprint), &value, 1) == 1 &&
	    remembered_open(v->gate->sealer, v->conf->login_host,
	    str_from(account), b->fingerprint, value, id) == 0 &&
	    memcmp(id, b->id, sizeof(id)) == 0;
}

static void
browser_row(struct page_lists *l, struct csn_section *s, unsigned f,
    const struct remembered *b)
{
	struct csn_str agent = list_agent(l, b->user_agent), id;
	struct csn_row *r = list_row(l, s, agent.n > 0 ? "{agent}" :
	    "Unknown browser", "Remembered {date} · until {used} · {client}");
	struct buf text;

	list_arg(l, &r->args, "agent", agent);
	list_arg(l, &r->args, "client", b->client);
	list_time(l, &r->args, "date", b->made_ms);
	list_time(l, &r->args, "used", b->until_ms);
	if (this_one(l->v, b))
		r->note = STR("This browser");
	buf_init(&text, 64);
	hex_encode(&text, str_of(b->id, sizeof(b->id)));
	id = arena_str(&l->v->arena, buf_str(&text));
	buf_free(&text);
	list_button(l, &r->buttons, &r->nbuttons, "Forget",
	    list_wish(l, "forget", (int)f, id));
}

static void
factor_browsers(struct page_lists *l, unsigned f, const struct remembered *v,
    size_t n)
{
	uint64_t fingerprint = l->v->conf->factors[f].fingerprint;
	struct csn_section *s = NULL;

	for (size_t i = 0; i < n; i++) {
		if (v[i].fingerprint != fingerprint)
			continue;
		if (s == NULL && (s = list_section(l, "Remembered browsers",
		    n)) == NULL)
			return;
		browser_row(l, s, f, &v[i]);
	}
	if (s == NULL)
		return;
	s->text = STR("These are not asked for a code where that is enough.");
	if (s->nrows > 1)
		list_button(l, &s->buttons, &s->nbuttons, "Forget all",
		    list_wish(l, "forget-all", (int)f, STR("")));
}

void
list_browsers(struct page_lists *l)
{
	struct visit *v = l->v;
	struct remembered *all = arena_array(&v->arena, BROWSERS_MAX,
	    sizeof(*all));
	size_t n = 0;

	if (all == NULL || remembered_list(v->gate, &v->arena,
	    &v->session.person, all, BROWSERS_MAX, &n) != STORE_OK) {
		l->failed = true;
		return;
	}
	for (int f = bits_next(&v->conf->second, 0); n > 0 && f >= 0;
	    f = bits_next(&v->conf->second, f + 1))
		factor_browsers(l, (unsigned)f, all, n);
}
