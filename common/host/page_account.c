/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page_account.c - 32: one's own account, as lists
 *
 * Everything is one form; each button says what it wants. It must never show a
 * secret, nor anything of another person.
 */
#include "page_account.h"

#include "agent.h"
#include "lib/base64url.h"
#include "recent.h"

struct csn_section *
list_section(struct page_lists *l, const char *heading, size_t rows)
{
	struct csn_section *s;

	if (l->n == SECTIONS_MAX)
		return NULL;
	s = &l->sections[l->n];
	*s = (struct csn_section){ .heading = str_from(heading),
	    .text = STR("") };
	s->rows = arena_array(&l->v->arena, rows + 1, sizeof(*s->rows));
	if (s->rows == NULL)
		return NULL;
	l->n++;
	return s;
}

struct csn_row *
list_row(struct page_lists *l, struct csn_section *s, const char *title,
    const char *detail)
{
	/* ours while the page is made */
	struct csn_row *r = (struct csn_row *)(uintptr_t)&s->rows[s->nrows++];

	(void)l;
	*r = (struct csn_row){ .title = str_from(title),
	    .detail = str_from(detail), .note = STR("") };
	return r;
}

void
list_arg(struct page_lists *l, struct csn_pairs *args, const char *name,
    struct csn_str value)
{
	struct csn_pair *v = (struct csn_pair *)(uintptr_t)args->v;

	if (v == NULL)
		v = arena_array(&l->v->arena, ROW_ARGS_MAX, sizeof(*v));
	if (v == NULL || args->n == ROW_ARGS_MAX)
		return;
	v[args->n++] = (struct csn_pair){ str_from(name), value };
	args->v = v;
}

void
list_time(struct page_lists *l, struct csn_pairs *args, const char *name,
    int64_t ms)
{
	list_arg(l, args, name, arena_printf(&l->v->arena, "@%lld",
	    (long long)ms));
}

struct csn_str
list_wish(struct page_lists *l, const char *verb, int factor,
    struct csn_str item)
{
	struct csn_str name = factor < 0 ? STR("") :
	    l->v->conf->factors[factor].name;

	return arena_printf(&l->v->arena, "%s%s%.*s%s%.*s", verb,
	    factor < 0 ? "" : ":", STR_FMT(name), item.n > 0 ? ":" : "",
	    STR_FMT(item));
}

struct csn_button *
list_button(struct page_lists *l, const struct csn_button **buttons,
    size_t *n, const char *label, struct csn_str wish)
{
	static struct csn_button nowhere;
	struct csn_button *v = (struct csn_button *)(uintptr_t)*buttons;

	if (v == NULL)
		v = arena_array(&l->v->arena, ROW_BUTTONS_MAX, sizeof(*v));
	if (v == NULL || *n == ROW_BUTTONS_MAX) {
		l->failed = true;
		return &nowhere;
	}
	v[*n] = (struct csn_button){ .label = str_from(label),
	    .note = STR(""), .name = STR(FIELD_WISH), .value = wish,
	    .url = STR("") };
	*buttons = v;
	return &v[(*n)++];
}

/* ------------------------------------------------------------------ */

struct csn_str
list_agent(struct page_lists *l, struct csn_str user_agent)
{
	struct csn_str browser, os;

	agent_words(user_agent, &browser, &os);
	if (browser.n == 0 || os.n == 0)
		return browser.n == 0 ? os : browser;
	return ARENA_JOIN(&l->v->arena, browser, STR(" · "), os);
}

/* An owner's text is no key with {args}. */
void
list_device(struct page_lists *l, struct csn_row *r,
    const struct csn_item *item)
{
	r->title = item->title;
	if (str_index(item->title, '{') < 0)
		return;
	r->title = STR("{device}");
	list_arg(l, &r->args, "device", item->title);
}

static void
session_row(struct page_lists *l, struct csn_section *s,
    const struct session *one, bool own)
{
	struct csn_str agent = list_agent(l, one->user_agent);
	struct csn_row *r = list_row(l, s, agent.n > 0 ? "{agent}" :
	    "Unknown browser", "Since {date}, {time} · last used {used}, "
	    "{until} · {client}");
	struct csn_str id;
	struct buf b;

	list_arg(l, &r->args, "agent", agent);
	list_arg(l, &r->args, "client", one->client);
	list_time(l, &r->args, "date", one->created_ms);
	list_time(l, &r->args, "time", one->created_ms);
	list_time(l, &r->args, "used", one->seen_ms);
	list_time(l, &r->args, "until", one->seen_ms);
	if (own) {
		r->note = STR("This browser");
		list_button(l, &r->buttons, &r->nbuttons, "Log out",
		    STR(""))->url = ARENA_JOIN(&l->v->arena,
		    l->v->conf->public_url, STR("/logout"));
		return;
	}
	buf_init(&b, 64);
	hex_encode(&b, str_of(one->id, sizeof(one->id)));
	id = arena_str(&l->v->arena, buf_str(&b));
	buf_free(&b);
	list_button(l, &r->buttons, &r->nbuttons, "Log out there",
	    list_wish(l, "end", -1, id));
}

static void
list_sessions(struct page_lists *l)
{
	struct visit *v = l->v;
	struct session *all = arena_array(&v->arena, ACCOUNT_SESSIONS_MAX,
	    sizeof(*all));
	struct csn_section *s = list_section(l, "Where you are logged in",
	    ACCOUNT_SESSIONS_MAX);
	size_t n = 0;

	if (all == NULL || s == NULL || account_sessions(v, all,
	    ACCOUNT_SESSIONS_MAX, &n) != STORE_OK) {
		l->failed = true;
		return;
	}
	s->text = STR("You are logged in as {name}.");
	for (size_t i = 0; i < n; i++)
		session_row(l, s, &all[i], i == 0);
	if (n > 1)
		list_button(l, &s->buttons, &s->nbuttons,
		    "Log out everywhere else", STR("end-others"));
}

/* ------------------------------------------------------------------ */

/* Events of the audit log that are told here, in words. */
static const struct { const char *event, *words; } told[] = {
	{ "login", "Logged in" },
	{ "login-failed", "A login failed: wrong password or code" },
	{ "enrolled", "{provider} set up" },
	{ "not-me", "You said: this was not me" },
	{ "add", "{provider}: a device was added" },
	{ "remove", "{provider}: a device was removed" },
	{ "rename", "{provider}: a device was renamed" },
	{ "codes", "New recovery codes were made" },
	{ "browser-remembered", "This browser was remembered" },
	{ "forget", "A remembered browser was forgotten" },
	{ "forget-all", "All remembered browsers were forgotten" },
};

static const char *
event_words(struct csn_str event)
{
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		if (str_is(event, told[i].event))
			return told[i].words;
	return NULL;
}

static void
recent_row(struct page_lists *l, struct csn_section *s,
    const struct recent *e)
{
	const char *words = event_words(e->event);
	struct csn_str agent = list_agent(l, e->user_agent);
	int f = conf_factor_find(l->v->conf, e->factor);
	struct csn_row *r;

	if (words == NULL)
		return;
	r = list_row(l, s, words, agent.n > 0 ? "{date}, {time} · {agent} · "
	    "{client}" : "{date}, {time} · {client}");
	list_arg(l, &r->args, "agent", agent);
	list_arg(l, &r->args, "client", e->client);
	list_arg(l, &r->args, "provider", f < 0 ? e->factor :
	    page_factor_label(l->v, (unsigned)f));
	list_time(l, &r->args, "date", e->time_ms);
	list_time(l, &r->args, "time", e->time_ms);
}

static void
list_recent(struct page_lists *l)
{
	struct visit *v = l->v;
	const struct person *p = &v->session.person;
	struct recent e[ACCOUNT_RECENT_MAX];
	struct csn_section *s = list_section(l, "What happened lately",
	    ACCOUNT_RECENT_MAX);
	size_t n = 0;

	if (s == NULL || recent_list(v->gate->store, v->gate->sealer,
	    &v->arena, p->realm_name, p->subject, v->now_ms, e,
	    ACCOUNT_RECENT_MAX, &n) != STORE_OK) {
		l->failed = true;
		return;
	}
	for (size_t i = 0; i < n; i++)
		recent_row(l, s, &e[i]);
	if (s->nrows == 0) {
		l->n--;
		return;
	}
	s->text = STR("If something here was not you, say so: all your other "
	    "sessions end, and no browser is remembered any more.");
	list_button(l, &s->buttons, &s->nbuttons, "This was not me",
	    STR("not-me"));
}

/* ------------------------------------------------------------------ */

/* What a wish came to. */
static const struct { const char *done, *words; } said[] = {
	{ "session-ended", "That session has ended." },
	{ "sessions-ended", "All your other sessions have ended." },
	{ "not-me", "We have ended all your other sessions and forgotten all "
	    "remembered browsers. Change your password and check your devices "
	    "below. {help} has been told." },
	{ "add", "The device was added." },
	{ "remove", "The device was removed." },
	{ "rename", "The device has a new name." },
	{ "forget", "The browser is forgotten: it asks for a code again." },
	{ "forget-all", "All remembered browsers are forgotten: they ask for "
	    "a code again." },
	{ "codes", "The new recovery codes count now; the old ones do not "
	    "any more." },
};

static struct csn_str
done_words(struct csn_str done)
{
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		if (str_is(done, said[i].done))
			return str_from(said[i].words);
	return STR("");
}

void
page_account(struct visit *v, struct csn_str done)
{
	struct page_lists *l = arena_alloc(&v->arena, sizeof(*l));
	struct csn_page *p;

	if (l == NULL) {
		page_trouble(v, "out of memory");
		return;
	}
	memset(l, 0, sizeof(*l));
	l->v = v;
	list_devices(l);
	list_browsers(l);
	list_sessions(l);
	list_recent(l);
	if (l->failed || v->arena.over) {
		page_trouble(v, "the account's page cannot be made");
		return;
	}
	p = page_new(v, 32, 200, done.n > 0 ? CSN_TONE_DONE :
	    CSN_TONE_PLAIN);
	p->heading = STR("Your account");
	p->message = done_words(done);
	p->args = page_args(v, "name", page_who(v, &v->session.person));
	p->here = visit_account_url(v);
	p->action = ARENA_JOIN(&v->arena, v->conf->login_path,
	    STR("/account"));
	page_field(v, FIELD_TOKEN, account_token(v, "form"));
	p->sections = l->sections;
	p->nsections = l->n;
	page_send(v);
}
