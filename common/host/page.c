/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page.c - the rounds of a login as pages: what a plugin asks, drawn by names
 *
 * Only what to show is decided here, in English translation keys; the gateway
 * draws it. It must never show a word of a peer outside `args`.
 */
#include "endpoint.h"
#include "lib/apart.h"
#include "lib/base64url.h"
#include "page.h"
#include "remind.h"

#define DAY_MS	86400000LL

struct csn_page *
page_new(struct visit *v, uint32_t screen, uint32_t status, uint32_t tone)
{
	struct csn_page *p = &v->view.page;

	memset(p, 0, sizeof(*p));
	v->view.kind = CSN_V_PAGE;
	v->view.status = status;
	p->screen = screen;
	p->tone = tone;
	p->language = v->language;
	p->time_ms = v->now_ms;
	p->heading = p->message = p->host = p->who = p->not_you = STR("");
	p->notice = p->action = p->here = p->reference = p->go = STR("");
	if (v->have_target && v->x.change == 0)
		p->host = v->target.host;
	p->here = page_login_url(v);
	return p;
}

void
page_send(struct visit *v)
{
	v->view.page.reference = v->reference;
	answer_send(v);
}

struct csn_str
page_login_url(struct visit *v)
{
	return ARENA_JOIN(&v->arena, v->conf->public_url, STR("/login"),
	    v->target_text.n > 0 ? STR("?to=") : STR(""), v->target_text);
}

struct csn_button *
page_button(struct visit *v, const char *label, uint32_t flags)
{
	struct csn_page *p = &v->view.page;
	struct csn_button *b = &v->buttons[p->nbuttons];

	/* the last one is overwritten rather than a page refused */
	if (p->nbuttons < VISIT_BUTTONS_MAX - 1)
		p->nbuttons++;
	memset(b, 0, sizeof(*b));
	b->label = str_from(label);
	b->note = b->name = b->value = b->url = STR("");
	b->flags = flags;
	p->buttons = v->buttons;
	return b;
}

void
page_field(struct visit *v, const char *name, struct csn_str value)
{
	struct csn_page *p = &v->view.page;

	if (p->fields.n == VISIT_FIELDS_MAX)
		return;
	v->fields[p->fields.n++] = (struct csn_pair){ str_from(name), value };
	p->fields.v = v->fields;
}

struct csn_pairs
page_args(struct visit *v, const char *name, struct csn_str value)
{
	struct csn_pair *a = arena_array(&v->arena, 1, sizeof(*a));

	if (a == NULL)
		return (struct csn_pairs){ NULL, 0 };
	a[0] = (struct csn_pair){ str_from(name), value };
	return (struct csn_pairs){ a, 1 };
}

struct csn_str
page_who(struct visit *v, const struct person *p)
{
	if (!p->named)
		return STR("");
	if (p->name.n == 0 || str_equal(p->name, p->subject))
		return p->subject;
	return ARENA_JOIN(&v->arena, p->name, STR(" ("), p->subject, STR(")"));
}

struct csn_str
page_factor_label(struct visit *v, unsigned factor)
{
	struct csn_str s = conf_text_for(v->conf,
	    &v->conf->factors[factor].label, v->language);

	return s.n > 0 ? s : v->conf->factors[factor].name;
}

/* ------------------------------------------------------------------ */

/* A time is no secret and nobody's: each thread seals one a second. */
struct age {
	uint64_t epoch;			/* the sealer's; 0: none yet */
	int64_t second;
	size_t n;
	uint8_t text[128];
};

static int
age_seal(struct visit *v, int64_t second, struct age *ret)
{
	uint8_t pm[16], sm[SEAL_OVERHEAD + 16];
	struct buf plain, sealed, text;

	buf_init_fixed(&plain, pm, sizeof(pm));
	buf_init_fixed(&sealed, sm, sizeof(sm));
	buf_init_fixed(&text, ret->text, sizeof(ret->text));
	buf_u64(&plain, (uint64_t)second * 1000);
	/* before it seals: keys that change meanwhile make it stale */
	ret->epoch = sealer_epoch(v->gate->sealer);
	if (seal_put(v->gate->sealer, SEAL_FORM, v->conf->login_host,
	    buf_str(&plain), &sealed) < 0)
		return -1;
	base64url_encode(&text, buf_str(&sealed));
	ret->second = second;
	ret->n = text.n;
	return buf_failed(&text) ? -1 : 0;
}

/* When this page was drawn: tells an old page from blocked cookies. */
APART static struct csn_str
age_text(struct visit *v)
{
	static _Thread_local struct age age;
	int64_t second = v->now_ms / 1000;

	if ((age.epoch != sealer_epoch(v->gate->sealer) ||
	    age.second != second) && age_seal(v, second, &age) < 0) {
		age.epoch = 0;
		return STR("");
	}
	return arena_str(&v->arena, str_of(age.text, age.n));
}

/* Browsers apply form-action to the redirects behind a submit too: the last
 * round leads to the application's host. */
static void
form_origin(struct visit *v)
{
	struct csn_str *origin = arena_array(&v->arena, 1, sizeof(*origin));

	if (!v->have_target || origin == NULL)
		return;
	*origin = ARENA_JOIN(&v->arena, STR("https://"),
	    target_host(&v->arena, &v->target));
	if (origin->p != NULL)
		v->view.page.form_origins = (struct csn_strs){ origin, 1 };
}

/* The form's path is the same for every login, so that password managers
 * find their entry again. */
void
page_form_fields(struct visit *v)
{
	struct csn_page *p = &v->view.page;

	p->action = ARENA_JOIN(&v->arena, v->conf->login_path, STR("/login"));
	page_field(v, FIELD_ROUND, visit_round_text(v));
	page_field(v, FIELD_AGE, age_text(v));
	form_origin(v);
	if (v->target_text.n > 0)
		page_field(v, FIELD_TARGET, v->target_text);
}

struct csn_str
page_round_url(struct visit *v)
{
	struct csn_str round = visit_round_text(v), id;

	str_cut(&round, '.', &id);
	return ARENA_JOIN(&v->arena, v->conf->public_url, STR("/login/"), id,
	    v->target_text.n > 0 ? STR("?to=") : STR(""), v->target_text);
}

/* A page of a round with history can be drawn again under its id. */
struct csn_str
page_round_here(struct visit *v)
{
	return v->x.history.n == 0 || !v->marked ? page_login_url(v) :
	    page_round_url(v);
}

void
page_who_known(struct visit *v)
{
	struct csn_page *p = &v->view.page;

	if (!v->x.person.named)
		return;
	p->who = page_who(v, &v->x.person);
	p->not_you = v->x.has_session ? arena_printf(&v->arena, "%.*s/logout",
	    STR_FMT(v->conf->public_url)) : page_login_url(v);
}

bool
page_round_open(struct visit *v, bool cross_site)
{
	exchange_turn(&v->x);
	if (v->have_next)
		memcpy(v->x.token, v->next, sizeof(v->x.token));
	v->have_next = false;
	if (visit_exchange_save(v, cross_site) == 0)
		return true;
	visit_reference(v);
	page_trouble(v, "the exchange does not fit its cookie");
	return false;
}

int
page_round(struct visit *v, uint32_t screen, const char *heading,
    const char *message)
{
	struct csn_page *p;

	if (!page_round_open(v, false))
		return -1;
	p = page_new(v, screen, 200, CSN_TONE_PLAIN);
	p->heading = str_from(heading);
	p->message = str_from(message);
	page_form_fields(v);
	page_who_known(v);
	p->here = page_round_here(v);
	return 0;
}

/* ------------------------------------------------------------------ */
/* 1: choose a way */

void
page_choice_button(struct visit *v, unsigned factor, int down)
{
	bool link = v->x.history.n == 0 && !v->x.has_link &&
	    v->x.change == 0;
	struct csn_button *b = page_button(v, "{provider}",
	    down == (int)factor ? CSN_B_DISABLED : 0);

	b->args = page_args(v, "provider", page_factor_label(v, factor));
	if (down == (int)factor) {
		b->note = STR("Not answering right now");
		return;
	}
	/* before anything is proved a choice is a plain link: it costs the
	 * store nothing */
	if (link) {
		b->url = arena_printf(&v->arena, "%.*s/login?with=%.*s%s%.*s",
		    STR_FMT(v->conf->login_path),
		    STR_FMT(v->conf->factors[factor].name),
		    v->target_text.n > 0 ? "&to=" : "",
		    STR_FMT(v->target_text));
		return;
	}
	b->name = STR(FIELD_FACTOR);
	b->value = v->conf->factors[factor].name;
}

void
page_choose(struct visit *v, const struct bits *offered,
    struct csn_str message, int down)
{
	struct bits buttons = *offered;
	struct csn_page *p;

	v->x.awaits = AWAITS_CHOICE;
	v->x.factor = -1;
	v->x.fingerprint = 0;
	v->x.state = STR("");
	if (!page_round_open(v, false))
		return;
	p = page_new(v, down >= 0 ? 26 : 1, 200, message.n > 0 ?
	    CSN_TONE_ERROR : CSN_TONE_PLAIN);
	p->heading = v->x.history.n == 0 ? STR("How do you want to log in?") :
	    STR("Choose the next step");
	p->message = message;
	if (down >= 0)
		p->args = page_args(v, "provider",
		    page_factor_label(v, (unsigned)down));
	page_form_fields(v);
	page_who_known(v);
	p->here = page_round_here(v);
	if (down >= 0)
		bits_add(&buttons, (size_t)down);
	for (int f = bits_next(&buttons, 0); f >= 0;
	    f = bits_next(&buttons, f + 1))
		page_choice_button(v, (unsigned)f, down);
	page_send(v);
}

/* ------------------------------------------------------------------ */
/* 10: a grace ends soon */

static void
remind_args(struct visit *v, const struct remind *r, struct csn_page *p)
{
	struct csn_pair *a = arena_array(&v->arena, 2, sizeof(*a));
	int64_t days = (r->until_ms - v->now_ms + DAY_MS - 1) / DAY_MS;

	if (a == NULL)
		return;
	a[0] = (struct csn_pair){ STR("date"), arena_printf(&v->arena,
	    "@%lld", (long long)r->until_ms) };
	a[1] = (struct csn_pair){ STR("n"), arena_printf(&v->arena, "%lld",
	    (long long)days) };
	p->args = (struct csn_pairs){ a, 2 };
}

/* Whether the factor can be set up from here, in this exchange. */
static bool
remind_can_enrol(const struct visit *v, const struct remind *r,
    const struct guard_facts *facts)
{
	const struct conf_enrol *e = &v->conf->factors[r->factor].enrol;

	return e->first_login && !v->record.link_required &&
	    v->record.nenrolments == 0 &&
	    (e->until_ms == 0 || v->now_ms < e->until_ms) &&
	    (e->networks == 0 || (v->have_client && conf_networks_have(
	    v->conf, e->networks, &v->client))) &&
	    exchange_would_complete(&v->x, v->conf, r->factor, facts);
}

void
page_remind(struct visit *v, const struct remind *r,
    const struct guard_facts *facts)
{
	struct csn_button *b;
	struct csn_page *p;

	v->x.awaits = AWAITS_CHOICE;
	v->x.factor = -1;
	v->x.fingerprint = 0;
	v->x.state = STR("");
	if (!page_round_open(v, false))
		return;
	p = page_new(v, 10, 200, CSN_TONE_PLAIN);
	p->heading = STR("Set up your authenticator app");
	p->message = STR("From {date} you will need an authenticator app to "
	    "log in. Setting one up takes about two minutes.");
	remind_args(v, r, p);
	page_form_fields(v);
	page_who_known(v);
	p->here = page_round_here(v);
	if (remind_can_enrol(v, r, facts)) {
		b = page_button(v, "Set up now", CSN_B_PRIMARY);
		b->name = STR(FIELD_FACTOR);
		b->value = v->conf->factors[r->factor].name;
		b = page_button(v, "Later, {n} days left", 0);
	} else {
		p->message = STR("From {date} you will need an authenticator "
		    "app to log in. It cannot be set up from here. {help} can "
		    "send you a set-up link.");
		b = page_button(v, "Later, {n} days left", CSN_B_PRIMARY);
	}
	b->name = STR(FIELD_LATER);
	b->value = STR("1");
	b->args = p->args;
	page_send(v);
}
