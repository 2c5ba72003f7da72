/* SPDX-License-Identifier: Apache-2.0 */
/*
 * visit_desk.c - P/desk: who may help others finds them there
 *
 * It reads the login host's session and nothing else (security.md S1), asks
 * the policy of `desk` at every request, and changes by POST only, with a token
 * of this very session. No name stands in an address: what a page is about is
 * sealed in its form.
 */
#include "desk.h"

#define TOKEN_LIFE_MS	(12LL * 3600 * 1000)
#define TOKEN_WORD	"desk"

static void
desk_login(struct visit *v)
{
	visit_target_desk(v);
	visit_restart(v);
}

/* Who looked for whom; of what was typed nothing, for it may be anything. */
static int
find_audit(struct visit *v, const struct desk_case *c)
{
	struct csn_pair by[2] = {
	    { STR("by"), v->session.person.subject },
	    { STR("by_realm"), v->session.person.realm_name } };
	struct audit_event e = { .time_ms = v->now_ms,
	    .event = STR("desk-looked-up"), .client = v->in->client,
	    .user_agent = v->in->user_agent, .details = { by, 2 } };

	if (c != NULL) {
		e.realm = c->p.realm_name;
		e.subject = c->p.subject;
	} else {
		e.reason = STR("nobody");
	}
	return audit_write(v->gate->audit, &e);
}

static void
found(struct visit *v, struct desk_case *c, int rc)
{
	if (rc == STORE_FAILED)
		page_trouble(v, "the store does not answer");
	else if (find_audit(v, rc == STORE_OK ? c : NULL) < 0)
		page_trouble(v, "the audit log cannot be written");
	else if (rc == STORE_OK)
		page_desk_person(v, c, DESK_NONE);
	else
		page_desk(v, "Nobody of that name or reference is known.");
}

static void
find(struct visit *v)
{
	struct csn_str typed = pairs_get(v->form, STR(FIELD_FIND));
	struct desk_case c;
	int rc;

	switch (desk_find_count(v)) {
	case STORE_OK:
		break;
	case STORE_STALE:
		page_desk(v, "You have looked for many people in a short "
		    "time. Wait ten minutes.");
		return;
	default:
		page_trouble(v, "the store does not answer");
		return;
	}
	rc = desk_find(v, typed, &c);
	found(v, &c, rc);
	desk_case_free(&c);
}

/* The page of the person again, or what is shown once. */
static void
act(struct visit *v, struct desk_case *c, const struct desk_wish *w)
{
	struct desk_result result;
	const char *why = desk_refused(c);

	if (w->ask && why == NULL)
		page_desk_temporary(v, c, w);
	else if (desk_do(v, c, w, &result, &why) < 0)
		page_desk(v, why);
	else if (result.secret.n > 0)
		page_desk_result(v, c, w, &result);
	else
		page_desk_person(v, c, w->act);
}

static void
wish(struct visit *v, struct csn_str text)
{
	struct desk_wish w;
	struct desk_case c;
	int rc;

	if (desk_wish_read(v, text, &w) < 0) {
		page_unknown(v, 400);
		return;
	}
	rc = desk_again(v, pairs_get(v->form, STR(FIELD_WHO)), &c);
	if (rc == STORE_OK)
		act(v, &c, &w);
	else if (rc == STORE_ABSENT)
		page_desk(v, "This page was open for too long. Find the "
		    "person again.");
	else
		page_trouble(v, "the store does not answer");
	desk_case_free(&c);
}

static void
desk_post(struct visit *v)
{
	struct csn_str text = pairs_get(v->form, STR(FIELD_WISH));

	if (!visit_same_origin(v)) {
		page_unknown(v, 403);
		return;
	}
	if (!account_token_good(v, pairs_get(v->form, STR(FIELD_TOKEN)),
	    TOKEN_WORD, TOKEN_LIFE_MS)) {
		visit_redirect(v, visit_desk_url(v));
		return;
	}
	if (text.n > 0)
		wish(v, text);
	else if ((v->conf->desk.may & MAY_LOOK_UP) == 0)
		page_unknown(v, 400);
	else
		find(v);
}

void
visit_desk(struct visit *v)
{
	if (v->conf->desk.policy < 0) {
		page_unknown(v, 404);
		return;
	}
	if (!visit_is_navigation(v->in)) {
		page_unknown(v, 401);
		return;
	}
	switch (visit_session_admits(v, v->conf->desk.policy,
	    "this account is not of the help desk")) {
	case FIT_GOES_ON:
		break;
	case FIT_NOT:
		desk_login(v);
		return;
	case FIT_FORBIDDEN:
		return;
	}
	if (v->post)
		desk_post(v);
	else
		page_desk(v, "");
}
