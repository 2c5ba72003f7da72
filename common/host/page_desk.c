/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page_desk.c - 33: the help desk's pages
 *
 * Somebody is found, looked at, and helped; a link or a code is shown once. It
 * must never show a secret of a device.
 */
#include "desk.h"

#include "manage.h"
#include "page_account.h"

static struct csn_page *
desk_page(struct visit *v, uint32_t tone)
{
	struct csn_page *p = page_new(v, 33, 200, tone);

	p->heading = STR("Help desk");
	p->here = visit_desk_url(v);
	p->action = ARENA_JOIN(&v->arena, v->conf->login_path, STR("/desk"));
	page_field(v, FIELD_TOKEN, account_token(v, "desk"));
	return p;
}

static struct csn_prompt
prompt_of(const char *name, const char *label, uint32_t kind,
    const char *value)
{
	return (struct csn_prompt){ .name = str_from(name),
	    .label = str_from(label), .kind = kind,
	    .value = str_from(value), .max_bytes = 255 };
}

void
page_desk(struct visit *v, const char *message)
{
	struct csn_prompt *find = arena_alloc(&v->arena, sizeof(*find));
	struct csn_page *p;

	if (find == NULL) {
		page_trouble(v, "out of memory");
		return;
	}
	p = desk_page(v, message[0] != '\0' ? CSN_TONE_ERROR :
	    CSN_TONE_PLAIN);
	p->message = message[0] != '\0' ? str_from(message) :
	    STR("Find somebody by their name, or by the reference that a "
	    "page showed them.");
	*find = prompt_of(FIELD_FIND, "Name or reference", CSN_P_TEXT, "");
	p->prompts = find;
	p->nprompts = 1;
	page_button(v, "Find", CSN_B_PRIMARY);
	page_send(v);
}

/* ------------------------------------------------------------------ */
/* somebody */

static void
who_section(struct page_lists *l, const struct desk_case *c)
{
	struct csn_section *s = list_section(l, "Person", 2);
	struct csn_row *r;

	if (s == NULL)
		return;
	r = list_row(l, s, "{name}", c->login_ms > 0 ?
	    "Last logged in {date}, {time}" : "Never logged in here");
	list_arg(l, &r->args, "name", ARENA_JOIN(&l->v->arena,
	    c->p.realm_name, STR("/"), c->p.subject));
	list_time(l, &r->args, "date", c->login_ms);
	list_time(l, &r->args, "time", c->login_ms);
	if (c->closed)
		s->text = STR("This account is not the help desk's: an "
		    "administrator looks after it.");
	else if (c->own)
		s->text = STR("Nobody acts on their own account here. Ask "
		    "somebody else of the help desk.");
}

static void
device_rows(struct page_lists *l, struct csn_section *s,
    const struct verdict *d)
{
	for (size_t i = 0; i < d->reply.nitems; i++) {
		const struct csn_item *item = &d->reply.items[i];
		struct csn_row *r;

		r = list_row(l, s, "", item->used_ms > 0 ?
		    "Added {date} · last used {used}" : "Added {date}");
		list_device(l, r, item);
		list_time(l, &r->args, "date", item->created_ms);
		list_time(l, &r->args, "used", item->used_ms);
		if (str_is(item->id, ACCOUNT_CODES_ITEM)) {
			r->title = STR("Recovery codes");
			r->detail = STR("{left} left");
			list_arg(l, &r->args, "left", item->detail);
		} else {
			r->note = item->detail;
		}
	}
}

static void
factor_buttons(struct page_lists *l, struct csn_section *s,
    const struct desk_case *c, int f, bool enrolled)
{
	static const struct { enum desk_act act; const char *verb, *label;
	    bool enrolled; } all[] = {
		{ DESK_TEMPORARY, "temporary", "Give a temporary code", true },
		{ DESK_LINK, "link", "Make a set-up link", false },
		{ DESK_RESET, "reset", "Remove all devices", true },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!c->own && !c->closed && all[i].enrolled == enrolled &&
		    desk_factor_can(l->v, all[i].act, f))
			list_button(l, &s->buttons, &s->nbuttons,
			    all[i].label, list_wish(l, all[i].verb, f,
			    STR("")));
}

static void
factor_section(struct page_lists *l, const struct desk_case *c, unsigned f,
    bool enrolled)
{
	static const struct csn_pairs none;
	struct factor *factor = &l->v->gc->factors[f];
	int op = manage_find(factor->plugin, STR("list"), CSN_OP_OPERATOR);
	struct csn_section *s;
	struct verdict d;

	memset(&d, 0, sizeof(d));
	if (op >= 0 && manage_run(l->v->gate, factor, &l->v->arena, op, &c->p,
	    STR(""), none, &d) < 0)
		l->failed = true;
	s = list_section(l, "{provider}", d.reply.nitems);
	if (s == NULL)
		return;
	list_arg(l, &s->args, "provider", page_factor_label(l->v, f));
	if (!enrolled)
		s->text = STR("Not set up.");
	if (d.verdict == CSN_DONE)
		device_rows(l, s, &d);
	factor_buttons(l, s, c, (int)f, enrolled);
}

/* How many are in, and waits; not where from: that is the person's own. */
static void
help_section(struct page_lists *l, const struct desk_case *c)
{
	struct csn_section *s;

	if (c->own || c->closed || (!desk_may(l->v, DESK_UNLOCK) &&
	    !desk_may(l->v, DESK_END_SESSIONS)))
		return;
	s = list_section(l, "Logging in", 0);
	if (s == NULL)
		return;
	if (desk_may(l->v, DESK_UNLOCK))
		list_button(l, &s->buttons, &s->nbuttons,
		    "Unlock after failed tries", STR("unlock"));
	if (desk_may(l->v, DESK_END_SESSIONS))
		list_button(l, &s->buttons, &s->nbuttons,
		    "Log out everywhere", STR("end"));
}

static const char *
done_words(enum desk_act done)
{
	switch (done) {
	case DESK_UNLOCK:
		return "Unlocked. The person can try again now.";
	case DESK_END_SESSIONS:
		return "All sessions of this person have ended.";
	case DESK_RESET:
		return "All devices are removed. Make a set-up link now.";
	case DESK_LINK:
	case DESK_TEMPORARY:
	case DESK_NONE:
		break;
	}
	return "";
}

static void
button_else(struct visit *v)
{
	page_button(v, "Find somebody else", 0)->url = visit_desk_url(v);
}

void
page_desk_person(struct visit *v, const struct desk_case *c,
    enum desk_act done)
{
	struct page_lists *l = arena_alloc(&v->arena, sizeof(*l));
	struct people_record record = c->record;
	struct bits enrolled;
	struct csn_page *p;
	struct buf raw;

	if (l == NULL) {
		page_trouble(v, "out of memory");
		return;
	}
	memset(l, 0, sizeof(*l));
	l->v = v;
	/* what was just done may have changed it */
	buf_init(&raw, STORE_VALUE_MAX);
	l->failed = people_read(v->gate->store, c->p.realm_name,
	    c->p.subject, v->now_ms, &raw, &record) != STORE_OK;
	enrolled = people_factors(&record, v->conf);
	buf_free(&raw);
	who_section(l, c);
	help_section(l, c);
	for (unsigned f = 0; f < v->conf->nfactors; f++)
		if (bits_has(&v->conf->second, f))
			factor_section(l, c, f, bits_has(&enrolled, f));
	if (l->failed || v->arena.over) {
		page_trouble(v, "the person's page cannot be made");
		return;
	}
	p = desk_page(v, done == DESK_NONE ? CSN_TONE_PLAIN : CSN_TONE_DONE);
	p->message = str_from(done_words(done));
	page_field(v, FIELD_WHO, desk_sealed(v, &c->p));
	p->sections = l->sections;
	p->nsections = l->n;
	button_else(v);
	page_send(v);
}

/* ------------------------------------------------------------------ */

/* On a page of its own: a key pressed in a field does this and nothing else. */
void
page_desk_temporary(struct visit *v, const struct desk_case *c,
    const struct desk_wish *w)
{
	struct csn_prompt *q = arena_array(&v->arena, 2, sizeof(*q));
	struct csn_button *b;
	struct csn_page *p;

	if (q == NULL) {
		page_trouble(v, "out of memory");
		return;
	}
	p = desk_page(v, CSN_TONE_PLAIN);
	p->message = STR("A temporary code for {name}: it stands in for the "
	    "device. Make sure that it is they who ask.");
	p->args = page_args(v, "name", c->p.subject);
	page_field(v, FIELD_WHO, desk_sealed(v, &c->p));
	q[0] = prompt_of(FIELD_HOURS, "Hours that a temporary code is good",
	    CSN_P_TEXT, "8");
	q[1] = prompt_of(FIELD_USES, "Times that it can be used", CSN_P_TEXT,
	    "1");
	p->prompts = q;
	p->nprompts = 2;
	b = page_button(v, "Give a temporary code", CSN_B_PRIMARY);
	b->name = STR(FIELD_WISH);
	b->value = arena_printf(&v->arena, "temporary:%.*s",
	    STR_FMT(v->conf->factors[w->factor].name));
	button_else(v);
	page_send(v);
}

void
page_desk_result(struct visit *v, const struct desk_case *c,
    const struct desk_wish *w, const struct desk_result *r)
{
	struct csn_prompt *q = arena_alloc(&v->arena, sizeof(*q));
	struct csn_pair *args = arena_array(&v->arena, 4, sizeof(*args));
	bool link = w->act == DESK_LINK;
	struct csn_page *p;

	if (q == NULL || args == NULL) {
		page_trouble(v, "out of memory");
		return;
	}
	p = desk_page(v, CSN_TONE_DONE);
	args[0] = (struct csn_pair){ STR("name"), c->p.subject };
	args[1] = (struct csn_pair){ STR("date"), arena_printf(&v->arena,
	    "@%lld", (long long)r->until_ms) };
	args[2] = (struct csn_pair){ STR("until"), args[1].value };
	args[3] = (struct csn_pair){ STR("n"), arena_printf(&v->arena, "%llu",
	    (unsigned long long)w->uses) };
	p->args = (struct csn_pairs){ args, 4 };
	p->message = link ? STR("Give this link to {name}, and to nobody else. "
	    "It is good until {date}, {until}. It will not be shown again.") :
	    STR("Read this code out to {name}, and to nobody else. It is good "
	    "until {date}, {until}, for {n} logins. It will not be shown "
	    "again.");
	*q = prompt_of("given", link ? "Set-up link" : "Temporary code",
	    CSN_P_SHOW, "");
	q->value = r->secret;
	p->prompts = q;
	p->nprompts = 1;
	button_else(v);
	page_send(v);
}
