/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page_account_devices.c - 32: second factors, their devices, recovery codes
 *
 * What there is comes from the plugins' operation `list`; whether somebody has
 * the factor at all is the host's own record's to say (security.md E1).
 */
#include "page_account.h"

static void
device_buttons(struct page_lists *l, struct csn_row *r, unsigned f,
    struct csn_str id)
{
	if (account_op(l->v, (int)f, "rename") >= 0)
		list_button(l, &r->buttons, &r->nbuttons, "Rename",
		    list_wish(l, "rename", (int)f, id));
	if (account_op(l->v, (int)f, "remove") >= 0)
		list_button(l, &r->buttons, &r->nbuttons, "Remove",
		    list_wish(l, "remove", (int)f, id));
}

static void
device_row(struct page_lists *l, struct csn_section *s, unsigned f,
    const struct csn_item *item)
{
	struct csn_row *r = list_row(l, s, "", item->used_ms > 0 ?
	    "Added {date} · last used {used}" : "Added {date}");

	list_device(l, r, item);
	r->note = item->detail;
	list_time(l, &r->args, "date", item->created_ms);
	list_time(l, &r->args, "used", item->used_ms);
	device_buttons(l, r, f, item->id);
}

/* Whether this factor gives out recovery codes at all. */
static bool
codes_given(const struct conf_factor *f)
{
	for (size_t i = 0; i < f->nvals; i++)
		if (strcmp(f->plugin->opts[f->vals[i].opt].name,
		    "recovery_codes") == 0)
			return f->vals[i].num > 0;
	return false;
}

static void
list_codes(struct page_lists *l, unsigned f, const struct csn_item *item)
{
	struct csn_section *s = list_section(l, "Recovery codes", 0);

	if (s == NULL)
		return;
	s->text = item == NULL || str_is(item->detail, "0") ?
	    STR("You have no recovery codes left.") :
	    STR("You have {n} recovery codes left. Each works once when "
	    "you do not have your device.");
	if (item != NULL)
		list_arg(l, &s->args, "n", item->detail);
	if (account_op(l->v, (int)f, "codes") >= 0)
		list_button(l, &s->buttons, &s->nbuttons, "Make new codes",
		    list_wish(l, "codes", (int)f, STR("")));
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
			device_row(l, s, f, item);
	}
	if (!enrolled) {
		s->text = STR("Not set up.");
		return;
	}
	if (account_op(l->v, (int)f, "add") >= 0)
		list_button(l, &s->buttons, &s->nbuttons, "Add a device",
		    list_wish(l, "add", (int)f, STR("")));
	if (codes != NULL || codes_given(&l->v->conf->factors[f]))
		list_codes(l, f, codes);
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
	for (int f = bits_next(&v->conf->second, 0); f >= 0;
	    f = bits_next(&v->conf->second, f + 1))
		factor_section(l, (unsigned)f, bits_has(&enrolled,
		    (size_t)f));
}
