/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page_form.c - what a plugin asks: its form, its wait, its way elsewhere
 *
 * It must never show a word of a peer outside `args`.
 */
#include "endpoint.h"
#include "page.h"

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
		page_choice_button(v, (unsigned)f, -1);
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

	if (!page_round_open(v, false))
		return;
	p = page_new(v, screen, 200, has_fault(r) ? CSN_TONE_ERROR :
	    CSN_TONE_PLAIN);
	p->heading = str_from(form_heading(v, screen, r));
	p->message = form_message(v, screen, r);
	p->args = r->message_args;
	p->prompts = r->prompts;
	p->nprompts = r->nprompts;
	p->notice = notice(v);
	page_form_fields(v);
	remember_ask(v, r, p);
	page_who_known(v);
	p->here = page_round_here(v);
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

	if (!page_round_open(v, false))
		return;
	p = page_new(v, 5, 200, CSN_TONE_PLAIN);
	p->heading = STR("Please wait");
	p->message = r->message;
	p->args = r->message_args;
	p->prompts = r->prompts;
	p->nprompts = r->nprompts;
	p->refresh_s = r->wait_ms / 1000;
	page_form_fields(v);
	page_who_known(v);
	page_button(v, "Continue", CSN_B_PRIMARY);
	other_ways(v);
	p->here = page_round_url(v);
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

/* The same once more, from here. */
void
page_again(struct visit *v)
{
	struct csn_page *p = page_new(v, 4, 200, CSN_TONE_PLAIN);

	p->heading = STR("Continue logging in");
	v->view.kind = CSN_V_POST;
	v->view.url = ARENA_JOIN(&v->arena, v->conf->public_url, STR("/f/"),
	    v->rest);
	v->view.fields = v->form;
	page_button(v, "Continue", CSN_B_PRIMARY);
	page_send(v);
}

void
page_post(struct visit *v, const struct verdict *verdict)
{
	visit_target_keep(v);
	if (page_round_open(v, cross_site(v)))
		page_away(v, &verdict->reply, v->x.factor);
}
