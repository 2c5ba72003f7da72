/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page_account_devices.c - 32: second factors, their devices, recovery codes
 *
 * What there is comes from the plugins' operation `list`; whether somebody has
 * the factor at all is the host's own record's to say (security.md E1).
 */
#include "page_account.h"

/* A device's own name is a text of its owner's: no key, no {args}. */
static void
device_title(struct page_lists *l, struct csn_row *r,
    const struct csn_item *item)
{
	r->title = item->title;
	if (str_index(item->title, '{') < 0)
		return;
	r->title = STR("{device}");
	list_arg(l, &r->args, "device", item->title);
}

static void
device_row(struct page_lists *l, struct csn_section *s,
    const struct csn_item *item)
{
	struct csn_row *r = list_row(l, s, "", item->used_ms > 0 ?
	    "Added {date} · last used {used}" : "Added {date}");

	device_title(l, r, item);
	r->note = item->detail;
	list_time(l, &r->args, "date", item->created_ms);
	list_time(l, &r->args, "used", item->used_ms);
}

static void
list_codes(struct page_lists *l, const struct csn_item *item)
{
	struct csn_section *s = list_section(l, "Recovery codes", 0);

	if (s == NULL)
		return;
	s->text = STR("You have {n} recovery codes left. Each works once when "
	    "you do not have your device.");
	list_arg(l, &s->args, "n", item->detail);
}

static void
factor_section(struct page_lists *l, unsigned f, bool enrolled)
{
	const struct csn_item *codes = NULL;
	struct csn_section *s;
	struct verdict d;

	if (account_items(l->v, (int)f, &d) < 0) {
		l->failed = true;
		return;
	}
	s = list_section(l, "{provider}", d.reply.nitems);
	if (s == NULL)
		return;
	list_arg(l, &s->args, "provider", page_factor_label(l->v, f));
	for (size_t i = 0; i < d.reply.nitems; i++) {
		const struct csn_item *item = &d.reply.items[i];

		if (str_is(item->id, ACCOUNT_CODES_ITEM))
			codes = item;
		else
			device_row(l, s, item);
	}
	if (!enrolled)
		s->text = STR("Not set up.");
	if (codes != NULL)
		list_codes(l, codes);
}

void
list_devices(struct page_lists *l)
{
	struct visit *v = l->v;
	const struct person *p = &v->session.person;
	struct bits enrolled;

	if (people_read(v->gate->store, p->realm_name, p->subject, v->now_ms,
	    &v->raw, &v->record) != STORE_OK) {
		l->failed = true;
		return;
	}
	enrolled = people_factors(&v->record, v->conf);
	for (unsigned f = 0; f < v->conf->nfactors; f++)
		if (bits_has(&v->conf->second, f))
			factor_section(l, f, bits_has(&enrolled, f));
}
