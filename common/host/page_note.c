/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page_note.c - the pages that say something: no, not now, done already
 *
 * Each says what happened and what to do now, has one main button, and where
 * something was refused a reference. It must never say more about a person
 * than who has proved to be that person may know (docs/pages.md, oracle
 * rules).
 */
#include "cookie.h"
#include "page.h"

static void
button_login(struct visit *v, const char *label)
{
	struct csn_button *b = page_button(v, label, CSN_B_PRIMARY);

	b->url = page_login_url(v);
	b->args = page_args(v, "host", v->have_target ? v->target.host :
	    v->conf->login_host);
}

static void
note(struct visit *v, uint32_t screen, uint32_t status, uint32_t tone,
    const char *heading, const char *message)
{
	struct csn_page *p = page_new(v, screen, status, tone);

	p->heading = str_from(heading);
	p->message = str_from(message);
}

void
page_expired(struct visit *v)
{
	note(v, 22, 200, CSN_TONE_ERROR, "This page has expired",
	    "This page was open too long and has expired. Nothing is lost.");
	button_login(v, "Log in to {host}");
	page_send(v);
}

void
page_other_browser(struct visit *v)
{
	note(v, 23, 200, CSN_TONE_ERROR, "Started in another browser",
	    "This login was started in another browser or app. Go on there, "
	    "or start again here.");
	button_login(v, "Start again here");
	page_send(v);
}

void
page_cookies(struct visit *v)
{
	note(v, 24, 200, CSN_TONE_ERROR, "Cookies are blocked",
	    "Your browser did not keep the cookie that is needed to log in. "
	    "Allow cookies for {host}, or open this page in your usual "
	    "browser, then try again.");
	v->view.page.args = page_args(v, "host", v->route == ROUTE_ENTER ?
	    v->host : v->conf->login_host);
	if (v->route == ROUTE_ENTER)
		page_button(v, "Try again", CSN_B_PRIMARY)->url =
		    arena_printf(&v->arena, "https://%.*s/",
		    STR_FMT(v->host));
	else
		button_login(v, "Try again");
	page_send(v);
}

/* On to the application once more, which {host} is. */
static void
note_again(struct visit *v)
{
	v->view.page.args = page_args(v, "host", v->target.host);
	page_button(v, "Try again", CSN_B_PRIMARY)->url = v->target.url;
	page_send(v);
}

/* What is left holds in one network only, and application and login do not see
 * the client in the same. */
void
page_apart(struct visit *v)
{
	visit_reference(v);
	visit_audit(v, "access-denied", "application and login see the client "
	    "in different networks", -1);
	note(v, 19, 403, CSN_TONE_ERROR, "No access",
	    "Your device reaches {host} and this page by different networks, "
	    "for example one of them by a VPN. Use one network for both, then "
	    "try again. If it stays like this, contact {help}.");
	note_again(v);
}

/* The check and this page do not agree (two nodes of which one has read a new
 * configuration), and would send the browser from one to the other. */
void
page_circles(struct visit *v)
{
	visit_reference(v);
	visit_audit(v, "login-in-circles", "the check did not take the "
	    "session that it was just given", -1);
	note(v, 35, 503, CSN_TONE_ERROR, "Login goes in circles",
	    "You are logged in, but {host} asks for a login again and again. "
	    "You did nothing wrong: two of our servers do not agree. Please "
	    "try again in a few minutes. If it stays like this, contact "
	    "{help}.");
	note_again(v);
}

/* The same words for names that do not exist. The gateway turns `until` into
 * a time of day in the site's zone and fills in the minutes. */
void
page_throttled(struct visit *v, int64_t until_ms)
{
	struct csn_pair *a = arena_array(&v->arena, 2, sizeof(*a));
	int64_t left_s = (until_ms - v->now_ms + 999) / 1000;

	visit_reference(v);
	if (left_s < 1)
		left_s = 1;
	note(v, 25, 429, CSN_TONE_ERROR, "Too many tries",
	    "Too many tries. You can try again after {time} (in about {n} "
	    "minutes). Your account has not been disabled. If you cannot "
	    "wait: {help}.");
	if (a != NULL) {
		a[0] = (struct csn_pair){ STR("time"), arena_printf(
		    &v->arena, "@%lld", (long long)until_ms) };
		a[1] = (struct csn_pair){ STR("n"), arena_printf(&v->arena,
		    "%lld", (long long)(left_s + 59) / 60) };
		v->view.page.args = (struct csn_pairs){ a, 2 };
	}
	v->view.retry_after_s = left_s;
	button_login(v, "Try again");
	page_send(v);
}

void
page_trouble(struct visit *v, const char *why)
{
	visit_reference(v);
	gate_say(v->gate, CSN_FAIL, "a login failed by our trouble: %s, "
	    "reference %.*s", why, STR_FMT(v->reference));
	/* a loop writes no file, least of all when there is too much to do */
	if (!v->referred && !v->on_loop)
		visit_audit(v, "login-trouble", why, -1);
	note(v, 28, 503, CSN_TONE_ERROR, "Login is not working",
	    "Login is not working at the moment. You did nothing wrong. "
	    "Please try again in a few minutes.");
	v->view.ncookies = 0;
	v->view.retry_after_s = 30;
	button_login(v, "Try again");
	page_send(v);
}

static const struct person *
known_person(const struct visit *v)
{
	if (v->have_exchange && v->x.person.named)
		return &v->x.person;
	return v->have_session ? &v->session.person : NULL;
}

static void
button_logout(struct visit *v, const char *label, uint32_t flags)
{
	struct csn_button *b = page_button(v, label, flags);

	b->url = ARENA_JOIN(&v->arena, v->conf->public_url, STR("/logout"));
}

static void
button_account(struct visit *v, uint32_t flags)
{
	page_button(v, "Your account", flags)->url = visit_account_url(v);
}

/* On an application's host, where the proxy shows our refusal: whose cookie
 * is it. */
static void
denied_session(struct visit *v)
{
	struct csn_str value;
	struct session s;

	if (v->route != ROUTE_DENIED || cookie_values(v->in->cookies,
	    STR(COOKIE_SESSION), &value, 1) != 1 ||
	    session_open(&v->arena, v->gate->sealer, v->conf, v->host, value,
	    v->now_ms, &s) < 0)
		return;
	v->session = s;
	v->have_session = true;
}

static bool
reference_plain(struct csn_str s)
{
	if (s.n == 0 || s.n > 16)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'A' && s.p[i] <= 'Z') ||
		    (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '-'))
			return false;
	return true;
}

void
page_denied(struct visit *v, const char *why)
{
	struct csn_str given = pairs_get(v->query, STR("ref"));
	const struct person *who;

	denied_session(v);
	if (v->route == ROUTE_DENIED && reference_plain(given)) {
		v->reference = given;
	} else if (v->route != ROUTE_DENIED) {
		visit_reference(v);
		visit_audit(v, "access-denied", why, -1);
	}
	who = known_person(v);
	note(v, 19, 403, CSN_TONE_ERROR, "No access", who == NULL ?
	    "This address cannot be used from here. If you need it, contact "
	    "{help}." : "You are logged in as {name}, but this account may "
	    "not use {host}. If you need it, contact {help}.");
	if (v->route == ROUTE_DENIED)
		v->view.page.host = v->host;
	if (who != NULL) {
		v->view.page.args = page_args(v, "name", page_who(v, who));
		button_logout(v, "Log out and use another account",
		    CSN_B_PRIMARY);
	}
	page_send(v);
}

void
page_wrong_person(struct visit *v)
{
	visit_reference(v);
	note(v, 18, 403, CSN_TONE_ERROR, "Another account", v->x.has_session ?
	    "You are logged in as {name}, and this step was done as somebody "
	    "else. Log out first to use another account." :
	    "The steps of this login belong to different accounts. Start "
	    "again with one of them.");
	v->view.page.args = page_args(v, "name", page_who(v, &v->x.person));
	if (v->x.has_session)
		button_logout(v, "Log out and use another account",
		    CSN_B_PRIMARY);
	else
		button_login(v, "Start again here");
	page_send(v);
}

/* A plugin's own words, and the name that its factor has for people. */
static struct csn_pairs
said_args(struct visit *v, struct csn_pairs said)
{
	struct csn_pairs ours = page_args(v, "provider",
	    page_factor_label(v, (unsigned)v->x.factor));
	struct csn_pair *p = arena_array(&v->arena, said.n + ours.n,
	    sizeof(*p));

	if (p == NULL)
		return ours;
	for (size_t i = 0; i < ours.n; i++)
		p[i] = ours.v[i];
	for (size_t i = 0; i < said.n; i++)
		p[ours.n + i] = said.v[i];
	return (struct csn_pairs){ p, ours.n + said.n };
}

/* What the plugin said, in its words. */
void
page_said(struct visit *v, uint32_t screen, const struct verdict *verdict)
{
	const struct csn_reply *r = &verdict->reply;

	note(v, screen, 403, CSN_TONE_ERROR, "You are not logged in", "");
	v->view.page.message = r->message.n > 0 ? r->message :
	    STR("This step did not succeed.");
	v->view.page.args = said_args(v, r->message_args);
	button_login(v, "Try again");
	page_send(v);
}

void
page_not_enrolled(struct visit *v)
{
	note(v, 14, 403, CSN_TONE_ERROR, "No authenticator app yet",
	    "You have not set up an authenticator app yet, and it cannot be "
	    "done from here. {help} can send you a set-up link.");
	v->view.page.who = page_who(v, &v->x.person);
	button_login(v, "Try again");
	page_send(v);
}

void
page_landing(struct visit *v)
{
	note(v, 20, 200, CSN_TONE_DONE, "You are logged in",
	    "You are logged in as {name}.");
	v->view.page.args = page_args(v, "name", page_who(v,
	    &v->session.person));
	button_account(v, CSN_B_PRIMARY);
	button_logout(v, "Log out", 0);
	page_send(v);
}

void
page_done_already(struct visit *v)
{
	note(v, 21, 200, CSN_TONE_PLAIN, "Already done",
	    "You have already done this step.");
	button_login(v, "Continue to {host}");
	page_send(v);
}

void
page_logout(struct visit *v, struct csn_str token)
{
	struct csn_button *b;

	note(v, 29, 200, CSN_TONE_PLAIN, "Log out",
	    "You are logged in as {name}. Log out?");
	v->view.page.args = page_args(v, "name", page_who(v,
	    &v->session.person));
	v->view.page.action = arena_printf(&v->arena, "%.*s/logout",
	    STR_FMT(v->conf->login_path));
	v->view.page.here = arena_printf(&v->arena, "%.*s/logout",
	    STR_FMT(v->conf->public_url));
	page_field(v, FIELD_TOKEN, token);
	page_button(v, "Log out", CSN_B_PRIMARY);
	b = page_button(v, "Log out on all devices", CSN_B_QUIET);
	b->name = STR("everywhere");
	b->value = STR("1");
	button_account(v, CSN_B_QUIET);
	page_send(v);
}

/* What is not known of the provider is said before anything else: on a shared
 * computer it matters most. */
static void
logged_out_there(struct visit *v, int unconfirmed)
{
	struct csn_page *p = &v->view.page;

	if (unconfirmed < 0)
		return;
	p->message = STR("You are logged out here, but {provider} did not "
	    "confirm. You may still be logged in there: on a shared computer, "
	    "close all browser windows.");
	p->args = page_args(v, "provider", page_factor_label(v,
	    (unsigned)unconfirmed));
}

void
page_logged_out(struct visit *v, bool everywhere, int unconfirmed)
{
	note(v, 29, 200, unconfirmed < 0 ? CSN_TONE_DONE : CSN_TONE_PLAIN,
	    "You are logged out", everywhere ?
	    "You are logged out on all devices. Close windows that are still "
	    "open, such as a remote desktop." : "You are logged out.");
	logged_out_there(v, unconfirmed);
	v->view.page.here = arena_printf(&v->arena, "%.*s/logout",
	    STR_FMT(v->conf->public_url));
	v->view.clear_site_data = 1;
	button_login(v, "Log in again");
	page_send(v);
}

void
page_link(struct visit *v, const char *state)
{
	bool another = strcmp(state, "another") == 0;

	note(v, 13, another ? 403 : 404, CSN_TONE_ERROR, "Set-up link",
	    another ? "This set-up link is for another person than {name}. "
	    "Log out first, then open it again." :
	    "This set-up link is not valid any more: it was used, or its "
	    "time is over. Ask {help} for a new one.");
	if (another) {
		v->view.page.args = page_args(v, "name", page_who(v,
		    &v->session.person));
		button_logout(v, "Log out", CSN_B_PRIMARY);
	}
	page_send(v);
}

void
page_unknown(struct visit *v, uint32_t status)
{
	note(v, 34, status, CSN_TONE_ERROR, status == 404 ? "Not found" :
	    "This request cannot be answered", status == 404 ?
	    "There is no page at this address." :
	    "The request was not one that this page understands.");
	v->view.page.here = STR("");
	page_send(v);
}
