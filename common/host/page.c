/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page.c - the rounds of a login as pages: what a plugin asks, drawn by names
 *
 * Only what to show is decided here, in English translation keys; the gateway
 * draws it. It must never show a word of a peer outside `args`.
 */
#include "endpoint.h"
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
static struct csn_str
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
static void
form_fields(struct visit *v)
{
	struct csn_page *p = &v->view.page;

	p->action = ARENA_JOIN(&v->arena, v->conf->login_path, STR("/login"));
	page_field(v, FIELD_ROUND, visit_round_text(v));
	page_field(v, FIELD_AGE, age_text(v));
	form_origin(v);
	if (v->target_text.n > 0)
		page_field(v, FIELD_TARGET, v->target_text);
}

static struct csn_str
round_url(struct visit *v)
{
	struct csn_str round = visit_round_text(v), id;

	str_cut(&round, '.', &id);
	return ARENA_JOIN(&v->arena, v->conf->public_url, STR("/login/"), id,
	    v->target_text.n > 0 ? STR("?to=") : STR(""), v->target_text);
}

/* A page of a round with history can be drawn again under its id. */
static struct csn_str
round_here(struct visit *v)
{
	return v->x.history.n == 0 || !v->marked ? page_login_url(v) :
	    round_url(v);
}

static void
who_known(struct visit *v)
{
	struct csn_page *p = &v->view.page;

	if (!v->x.person.named)
		return;
	p->who = page_who(v, &v->x.person);
	p->not_you = v->x.has_session ? arena_printf(&v->arena, "%.*s/logout",
	    STR_FMT(v->conf->public_url)) : page_login_url(v);
}

static bool
round_open(struct visit *v, bool cross_site)
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

	if (!round_open(v, false))
		return -1;
	p = page_new(v, screen, 200, CSN_TONE_PLAIN);
	p->heading = str_from(heading);
	p->message = str_from(message);
	form_fields(v);
	who_known(v);
	p->here = round_here(v);
	return 0;
}

/* ------------------------------------------------------------------ */
/* 1: choose a way */

static void
choice_button(struct visit *v, unsigned factor, int down)
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
	if (!round_open(v, false))
		return;
	p = page_new(v, down >= 0 ? 26 : 1, 200, message.n > 0 ?
	    CSN_TONE_ERROR : CSN_TONE_PLAIN);
	p->heading = v->x.history.n == 0 ? STR("How do you want to log in?") :
	    STR("Choose the next step");
	p->message = message;
	if (down >= 0)
		p->args = page_args(v, "provider",
		    page_factor_label(v, (unsigned)down));
	form_fields(v);
	who_known(v);
	p->here = round_here(v);
	if (down >= 0)
		bits_add(&buttons, (size_t)down);
	for (int f = bits_next(&buttons, 0); f >= 0;
	    f = bits_next(&buttons, f + 1))
		choice_button(v, (unsigned)f, down);
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
	if (!round_open(v, false))
		return;
	p = page_new(v, 10, 200, CSN_TONE_PLAIN);
	p->heading = STR("Set up your authenticator app");
	p->message = STR("From {date} you will need an authenticator app to "
	    "log in. Setting one up takes about two minutes.");
	remind_args(v, r, p);
	form_fields(v);
	who_known(v);
	p->here = round_here(v);
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

/* ------------------------------------------------------------------ */
/* 2, 6, 11, 17: a form */

static bool
has_kind(const struct csn_reply *r, uint32_t kind)
{
	for (size_t i = 0; i < r->nprompts; i++)
		if (r->prompts[i].kind == kind)
			return true;
	return false;
}

/* A failed try, or an answer that will not do and is nobody's failure. */
static bool
has_fault(const struct csn_reply *r)
{
	for (size_t i = 0; i < r->nprompts; i++)
		if ((r->prompts[i].flags & CSN_PF_WRONG) != 0)
			return true;
	return r->reason != 0;
}

static uint32_t
form_screen(const struct visit *v, const struct csn_reply *r)
{
	if (has_kind(r, CSN_P_QR))
		return 11;
	if (has_kind(r, CSN_P_LIST))
		return 12;
	if (has_kind(r, CSN_P_RECOVERY))
		return 8;
	if (has_kind(r, CSN_P_NEW_PASSWORD))
		return 15;
	if (v->x.has_session)
		return 17;
	return has_kind(r, CSN_P_PASSWORD) ? 2 : 6;
}

static const char *
form_heading(const struct visit *v, uint32_t screen,
    const struct csn_reply *r)
{
	if (screen == 11)
		return "Set up your authenticator app";
	if (screen == 12)
		return "Your recovery codes";
	if (screen == 8)
		return "Enter a recovery code";
	if (screen == 15)
		return "Choose a new password";
	if (has_kind(r, CSN_P_PASSWORD))
		return "Log in";
	if (has_kind(r, CSN_P_CODE))
		return "Enter your code";
	if (v->x.change != 0)
		return "Your account";
	return "Continue logging in";
}

/* Other ways on from here, as quiet buttons below the form. */
static void
other_ways(struct visit *v)
{
	struct guard_facts facts;
	struct bits offered;

	visit_facts(v, &facts);
	offered = exchange_offered(&v->x, v->conf, &facts);
	if (v->x.change != 0)
		bits_keep(&offered, &v->enrolled);
	offered = conf_shown(v->conf, &offered);
	for (int f = bits_next(&offered, 0); f >= 0;
	    f = bits_next(&offered, f + 1)) {
		if (f == v->x.factor)
			continue;
		choice_button(v, (unsigned)f, -1);
		v->buttons[v->view.page.nbuttons - 1].flags |= CSN_B_QUIET;
	}
	if (v->x.change != 0)
		page_button(v, "Back to your account", CSN_B_QUIET)->url =
		    visit_account_url(v);
}

static struct csn_str
form_message(struct visit *v, uint32_t screen, const struct csn_reply *r)
{
	if (v->x.change == CHANGE_PROVE && r->reason == 0 &&
	    has_kind(r, CSN_P_CODE))
		return STR("Enter a code first. It is asked for before "
		    "anything of your account is changed.");
	/* a step-up says first why it asks */
	if (screen == 17 && v->x.history.n > 0 && r->reason == 0 &&
	    has_kind(r, CSN_P_CODE))
		return STR("This page needs a fresh code.");
	if (r->message.n > 0)
		return r->message;
	if (v->target.reason == TARGET_ENDED && v->x.history.n == 0)
		return STR("You were logged out. Log in to return to your "
		    "page.");
	return STR("");
}

/* A list to keep can be saved as a file, without any script. */
static void
list_save(struct visit *v, const struct csn_reply *r)
{
	struct csn_button *b;

	for (size_t i = 0; i < r->nprompts; i++) {
		if (r->prompts[i].kind != CSN_P_LIST)
			continue;
		page_field(v, FIELD_KEEP, visit_save_text(v,
		    r->prompts[i].value));
		b = page_button(v, "Save as a file", CSN_B_FORM);
		b->url = arena_printf(&v->arena, "%.*s/login/save",
		    STR_FMT(v->conf->login_path));
		return;
	}
}

/* The answer to a form that holds nothing which must not stay in the browser:
 * with no-store, Back from the application would show the browser's own
 * question whether to send the last form again. */
static bool
may_be_seen_again(const struct visit *v, const struct csn_reply *r)
{
	for (size_t i = 0; i < r->nprompts; i++)
		switch (r->prompts[i].kind) {
		case CSN_P_USERNAME:
		case CSN_P_PASSWORD:
		case CSN_P_CODE:
		case CSN_P_RECOVERY:
		case CSN_P_BUTTON:
			break;
		default:	/* a key, a list, what a plugin shows */
			return false;
		}
	return v->post;
}

/* "Remember this browser", behind the fields of a plugin's form for a code:
 * only where the policy takes one. */
static void
remember_ask(struct visit *v, const struct csn_reply *r, struct csn_page *p)
{
	int64_t seconds = visit_remember_offered(v);
	bool days = seconds >= 86400;
	struct csn_prompt *q;

	if (seconds == 0 || !has_kind(r, CSN_P_CODE) ||
	    has_kind(r, CSN_P_QR))
		return;
	q = arena_array(&v->arena, r->nprompts + 1, sizeof(*q));
	if (q == NULL)
		return;
	memcpy(q, r->prompts, r->nprompts * sizeof(*q));
	q[p->nprompts++] = (struct csn_prompt){ .name = STR(FIELD_REMEMBER),
	    .label = days ? STR("Do not ask for a code in this browser for "
	    "{n} days. Not on a shared computer.") : STR("Do not ask for a "
	    "code in this browser for {n} hours. Not on a shared computer."),
	    .args = page_args(v, "n", arena_printf(&v->arena, "%lld",
	    (long long)(seconds / (days ? 86400 : 3600)))),
	    .value = v->x.remember != 0 && v->x.remember == v->x.fingerprint ?
	    STR("1") : STR(""), .kind = CSN_P_CHECK };
	p->prompts = q;
	page_field(v, FIELD_REMEMBER_ASKED, STR("1"));
}

/* The site's notice comes before the first proof. */
static struct csn_str
notice(struct visit *v)
{
	return v->x.history.n > 0 ? STR("") : conf_text_for(v->conf,
	    &v->conf->site.notice, v->language);
}

void
page_form(struct visit *v, const struct verdict *verdict)
{
	const struct csn_reply *r = &verdict->reply;
	uint32_t screen = form_screen(v, r);
	struct csn_page *p;

	if (!round_open(v, false))
		return;
	p = page_new(v, screen, 200, has_fault(r) ? CSN_TONE_ERROR :
	    CSN_TONE_PLAIN);
	p->heading = str_from(form_heading(v, screen, r));
	p->message = form_message(v, screen, r);
	p->args = r->message_args;
	p->prompts = r->prompts;
	p->nprompts = r->nprompts;
	p->notice = notice(v);
	form_fields(v);
	remember_ask(v, r, p);
	who_known(v);
	p->here = round_here(v);
	page_button(v, screen == 2 ? "Log in" : "Continue", CSN_B_PRIMARY);
	list_save(v, r);
	other_ways(v);
	v->view.seen_again = may_be_seen_again(v, r);
	page_send(v);
}

/* 5 */
void
page_wait(struct visit *v, const struct verdict *verdict)
{
	const struct csn_reply *r = &verdict->reply;
	struct csn_page *p;

	if (!round_open(v, false))
		return;
	p = page_new(v, 5, 200, CSN_TONE_PLAIN);
	p->heading = STR("Please wait");
	p->message = r->message;
	p->args = r->message_args;
	p->prompts = r->prompts;
	p->nprompts = r->nprompts;
	p->refresh_s = r->wait_ms / 1000;
	form_fields(v);
	who_known(v);
	page_button(v, "Continue", CSN_B_PRIMARY);
	other_ways(v);
	p->here = round_url(v);
	page_send(v);
}

/* Whether the answer is awaited as another site's form (security.md S6). */
static bool
cross_site(const struct visit *v)
{
	const struct csn_plugin *p = v->gc->factors[v->x.factor].plugin;

	for (uint32_t i = 0; i < p->nendpoints; i++)
		if (p->endpoints[i].resume_param != NULL &&
		    (p->endpoints[i].flags & CSN_EP_CROSS_SITE) != 0 &&
		    endpoint_bound(v->x.endpoint, v->x.methods, i, true))
			return true;
	return false;
}

static struct csn_page *
away_page(struct visit *v, int factor)
{
	struct csn_page *p = page_new(v, 4, 200, CSN_TONE_PLAIN);

	p->heading = STR("Log in");
	p->message = STR("Select Continue to go to {provider}.");
	p->args = page_args(v, "provider", page_factor_label(v,
	    (unsigned)factor));
	return p;
}

/*
 * 4. Browsers apply the form-action of the page that a form came from to the
 * redirects that follow, and no page knows where a provider will send them: so
 * a form is never answered by a redirect to one, but by a page that leads on.
 */
void
page_away(struct visit *v, const struct csn_reply *r, int factor)
{
	struct csn_page *p;

	if (r->action == CSN_A_REDIRECT && !v->post) {
		visit_redirect(v, r->url);
		return;
	}
	p = away_page(v, factor);
	if (!v->have_exchange)
		p->heading = STR("Log out");
	if (r->action == CSN_A_REDIRECT) {
		p->go = r->url;
		page_button(v, "Continue", CSN_B_PRIMARY)->url = r->url;
	} else {
		v->view.kind = CSN_V_POST;
		v->view.url = r->url;
		v->view.fields = r->fields;
		page_button(v, "Continue", CSN_B_PRIMARY);
	}
	page_send(v);
}

void
page_post(struct visit *v, const struct verdict *verdict)
{
	visit_target_keep(v);
	if (round_open(v, cross_site(v)))
		page_away(v, &verdict->reply, v->x.factor);
}
