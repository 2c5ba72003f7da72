/* SPDX-License-Identifier: Apache-2.0 */
/*
 * visit_account.c - P/account: one's own sessions, devices and codes
 *
 * It reads the login host's session and nothing else (security.md S1), and
 * changes by POST only, with a token of this very session. It must never do
 * what a wish says before it has been audited (O6).
 */
#include "account.h"

#include "familiar.h"
#include "lib/base64url.h"
#include "remembered.h"

#define TOKEN_LIFE_MS	(12LL * 3600 * 1000)
#define DONE_LIFE_MS	(5LL * 60 * 1000)

void
account_done(struct visit *v, const char *done)
{
	visit_redirect(v, arena_printf(&v->arena, "%.*s?done=%s.%.*s",
	    STR_FMT(visit_account_url(v)), done,
	    STR_FMT(account_token(v, done))));
}

/* ------------------------------------------------------------------ */
/* sessions: on the session's word alone, for it opens nothing */

static int
account_audit(struct visit *v, const char *event)
{
	if (visit_audit(v, event, "", -1) == 0)
		return 0;
	page_trouble(v, "the audit log cannot be written");
	return -1;
}

static int
session_id_read(struct csn_str text, uint8_t ret[SESSION_ID_LEN])
{
	struct buf b;
	int rc = -1;

	buf_init(&b, 64);
	if (text.n == 2 * SESSION_ID_LEN && hex_decode(&b, text) == 0 &&
	    b.n == SESSION_ID_LEN) {
		memcpy(ret, b.p, SESSION_ID_LEN);
		rc = 0;
	}
	buf_free(&b);
	return rc;
}

/* Another person's is as unknown as one that there is not. */
static void
end_one(struct visit *v, struct csn_str item)
{
	uint8_t id[SESSION_ID_LEN];
	struct session s;
	int rc = STORE_ABSENT;

	if (session_id_read(item, id) < 0) {
		page_unknown(v, 400);
		return;
	}
	rc = gate_session_load(v->gate, v->conf, &v->arena, id,
	    v->conf->idle_s * 1000, false, &s);
	if (rc == STORE_OK && account_own(v, &s.person)) {
		if (account_audit(v, "session-ended") < 0)
			return;
		rc = session_end(v->gate, id, v->now_ms);
	}
	if (rc != STORE_OK && rc != STORE_ABSENT)
		page_trouble(v, "the store does not answer");
	else
		account_done(v, "session-ended");
}

static void
end_others(struct visit *v)
{
	int rc;

	if (account_audit(v, "sessions-ended") < 0)
		return;
	rc = account_cut(v);
	if (rc == STORE_OK)
		rc = account_end_others(v);
	if (rc != STORE_OK)
		page_trouble(v, "the store does not answer");
	else
		account_done(v, "sessions-ended");
}

/* A browser that is remembered logs in again with the password alone, which
 * may be what somebody else has: all of them are forgotten, and nothing is
 * opened by that (security.md E5). This session goes on. */
static void
not_me(struct visit *v)
{
	const struct person *p = &v->session.person;
	int rc;

	if (account_audit(v, "not-me") < 0)
		return;
	gate_say(v->gate, CSN_WARN, "%.*s/%.*s says that somebody else used "
	    "their account, and has ended all other sessions",
	    STR_FMT(p->realm_name), STR_FMT(p->subject));
	visit_recent(v, p, "not-me", -1, STR(""), false);
	rc = account_cut(v);
	if (rc == STORE_OK)
		rc = remembered_forget(v->gate, v->conf, &v->arena, p, 0,
		    NULL, v->session.id);
	if (rc == STORE_OK || rc == STORE_ABSENT)
		rc = familiar_forget(v, p);
	if (rc == STORE_OK)
		rc = account_end_others(v);
	if (rc != STORE_OK)
		page_trouble(v, "the store does not answer");
	else
		account_done(v, "not-me");
}

/* ------------------------------------------------------------------ */

static void
wish_do(struct visit *v, const struct account_wish *w)
{
	switch (w->verb) {
	case ACCOUNT_END:
		end_one(v, w->item);
		return;
	case ACCOUNT_END_OTHERS:
		end_others(v);
		return;
	case ACCOUNT_NOT_ME:
		not_me(v);
		return;
	case ACCOUNT_ADD:
	case ACCOUNT_REMOVE:
	case ACCOUNT_RENAME:
	case ACCOUNT_CODES:
	case ACCOUNT_FORGET:
	case ACCOUNT_FORGET_ALL:
		account_change(v, pairs_get(v->form, STR(FIELD_WISH)));
		return;
	case ACCOUNT_NONE:
		break;
	}
	page_unknown(v, 400);
}

static void
account_post(struct visit *v)
{
	struct account_wish wish;

	if (!visit_same_origin(v)) {
		page_unknown(v, 403);
		return;
	}
	/* old, of another session, or none: the page is drawn anew */
	if (!account_token_good(v, pairs_get(v->form, STR(FIELD_TOKEN)),
	    "form", TOKEN_LIFE_MS)) {
		visit_redirect(v, visit_account_url(v));
		return;
	}
	if (account_wish_read(v->conf, pairs_get(v->form, STR(FIELD_WISH)),
	    &wish) < 0)
		page_unknown(v, 400);
	else
		wish_do(v, &wish);
}

/* "WORD.TOKEN": what this session's own wish came to, some moments ago. */
static void
account_get(struct visit *v)
{
	struct csn_str rest = pairs_get(v->query, STR("done")), word = STR("");
	char text[32];
	struct buf b;

	if (rest.p != NULL)
		(void)str_cut(&rest, '.', &word);
	buf_init_fixed(&b, text, sizeof(text));
	buf_str_put(&b, word);
	buf_char(&b, '\0');
	if (word.n == 0 || buf_failed(&b) ||
	    !account_token_good(v, rest, text, DONE_LIFE_MS))
		word = STR("");
	page_account(v, word);
}

/* Through a login, and back. */
static void
account_login(struct visit *v)
{
	visit_target_account(v);
	visit_restart(v);
}

void
visit_account(struct visit *v)
{
	if (!visit_is_navigation(v->in)) {
		page_unknown(v, 401);
		return;
	}
	switch (visit_session_admits(v, v->conf->account_policy,
	    "this account may not use its own page")) {
	case FIT_GOES_ON:
		break;
	case FIT_NOT:
		account_login(v);
		return;
	case FIT_FORBIDDEN:
		return;
	}
	if (v->post)
		account_post(v);
	else
		account_get(v);
}
