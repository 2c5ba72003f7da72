/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page_account_note.c - 32: what a change of the account asks or answers
 */
#include "account.h"
#include "page.h"

static struct csn_page *
account_note(struct visit *v, uint32_t status, uint32_t tone,
    const char *message)
{
	struct csn_page *p = page_new(v, 32, status, tone);

	p->heading = STR("Your account");
	p->message = str_from(message);
	p->here = visit_account_url(v);
	return p;
}

void
page_account_refused(struct visit *v, const struct verdict *verdict)
{
	const struct csn_reply *r = &verdict->reply;
	struct csn_page *p = account_note(v, 403, CSN_TONE_ERROR,
	    "This could not be done.");

	if (r->message.n > 0)
		p->message = r->message;
	p->args = r->message_args;
	page_button(v, "Back to your account", CSN_B_PRIMARY)->url =
	    visit_account_url(v);
	page_send(v);
}

void
page_account_last(struct visit *v, struct csn_str add)
{
	struct csn_button *b;

	if (page_round(v, 32, "Your account", "This is your only device. "
	    "Without it you can log in only with a recovery code or through "
	    "{help}.") < 0)
		return;
	b = page_button(v, "Add another first", CSN_B_PRIMARY);
	b->name = STR(FIELD_WISH);
	b->value = add;
	b = page_button(v, "Remove it", 0);
	b->name = STR("last");
	b->value = STR("1");
	page_button(v, "Back to your account", CSN_B_QUIET)->url =
	    visit_account_url(v);
	page_send(v);
}

void
page_account_name(struct visit *v, struct csn_str now)
{
	struct csn_prompt *q = arena_array(&v->arena, 1, sizeof(*q));
	struct csn_page *p = &v->view.page;

	if (q == NULL || page_round(v, 32, "Name of the device", "") < 0)
		return;
	*q = (struct csn_prompt){ .name = STR("name"),
	    .label = STR("Name of the device"), .value = STR(""),
	    .kind = CSN_P_TEXT, .max_bytes = 64, .flags = CSN_PF_REQUIRED };
	p->prompts = q;
	p->nprompts = 1;
	/* which one: an owner's text is no key with {args} */
	p->message = str_index(now, '{') < 0 ? now : STR("{device}");
	p->args = page_args(v, "device", now);
	page_button(v, "Continue", CSN_B_PRIMARY);
	page_button(v, "Back to your account", CSN_B_QUIET)->url =
	    visit_account_url(v);
	page_send(v);
}
