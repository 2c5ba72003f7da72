/* SPDX-License-Identifier: Apache-2.0 */
/*
 * visit_logout.c - leaving: the session ends here first, then at the providers
 *
 * GET without a sealed parameter only asks; POST needs the session's token
 * (security.md S10).
 */
#include "cookie.h"
#include "lib/base64url.h"
#include "lib/secret.h"
#include "visit.h"

#define TOKEN_LIFE_MS	(12LL * 3600 * 1000)

static struct csn_str
token_make(struct visit *v, const struct session *s)
{
	struct csn_str ret;
	struct buf plain, sealed, text;

	buf_init(&plain, 64);
	buf_init(&sealed, 256);
	buf_init(&text, 512);
	buf_u64(&plain, (uint64_t)v->now_ms);
	buf_put(&plain, s->id, sizeof(s->id));
	ret = STR("");
	if (seal_put(v->gate->sealer, SEAL_LOGOUT, v->conf->login_host,
	    buf_str(&plain), &sealed) == 0) {
		base64url_encode(&text, buf_str(&sealed));
		ret = arena_str(&v->arena, buf_str(&text));
	}
	buf_free(&plain);
	buf_free(&sealed);
	buf_free(&text);
	return ret;
}

static int
token_open(struct visit *v, struct csn_str text, uint8_t id[SESSION_ID_LEN])
{
	struct buf plain, sealed;
	struct reader r;
	struct csn_str s;
	int64_t made;
	int rc = -1;

	buf_init(&plain, 64);
	buf_init(&sealed, 256);
	if (text.n > 256 || base64url_decode(&sealed, text) < 0 ||
	    seal_open(v->gate->sealer, SEAL_LOGOUT, v->conf->login_host,
	    buf_str(&sealed), &plain) < 0)
		goto out;
	reader_init(&r, buf_str(&plain));
	made = (int64_t)reader_u64(&r);
	s = reader_bytes(&r, SESSION_ID_LEN);
	if (reader_end(&r) < 0 || made > v->now_ms + SESSION_SKEW_MS ||
	    v->now_ms - made > TOKEN_LIFE_MS)
		goto out;
	memcpy(id, s.p, SESSION_ID_LEN);
	rc = 0;
out:
	buf_free(&plain);
	buf_free(&sealed);
	return rc;
}

/* The record goes and the feed says so, in one commit. A record that is gone
 * has its entry already: repeating a logout must not make the feed grow. */
int
session_end(struct csn_gate *gate, const uint8_t id[SESSION_ID_LEN],
    int64_t now_ms)
{
	char key[SESSION_KEY_LEN + 1];
	struct store_op ops[2] = { { .kind = STORE_DELETE } };
	struct buf value, record;
	int rc;

	session_key(id, key);
	buf_init(&value, 256);
	buf_init(&record, STORE_VALUE_MAX);
	ops[0].key = str_from(key);
	follow_op_session(&ops[1], &value, id);
	rc = store_get(gate->store, ops[0].key, now_ms, &record);
	if (rc == STORE_OK)
		rc = store_batch(gate->store, ops, 2, now_ms);
	buf_free(&value);
	buf_free(&record);
	if (rc == STORE_OK || rc == STORE_ABSENT)
		known_end(gate->known, id);
	return rc;
}

/* The session of the token ends; the browser's cookie goes only if it is that
 * session's, else somebody could log others out by a link of their own. */
static void
end_one(struct visit *v, const uint8_t id[SESSION_ID_LEN])
{
	bool own = v->have_session && memcmp(id, v->session.id,
	    SESSION_ID_LEN) == 0;
	int rc = session_end(v->gate, id, v->now_ms);

	if (rc != STORE_OK && rc != STORE_ABSENT) {
		page_trouble(v, "the store does not answer");
		return;
	}
	if (!own)
		v->have_session = false;
	if (rc == STORE_OK)
		visit_audit(v, "logout", "", -1);
	if (!own) {
		page_logged_out(v, false, -1);
		return;
	}
	visit_cookie(v, STR(COOKIE_SESSION), STR(""), 0, CSN_C_CLEAR);
	leave_begin(v, &v->session, false);
}

static void
end_all(struct visit *v)
{
	const struct person *p = &v->session.person;
	uint32_t generation;

	if (people_revoke(v->gate->store, p->realm_name, p->subject,
	    v->now_ms, &generation) != STORE_OK) {
		page_trouble(v, "the store does not answer");
		return;
	}
	known_end_person(v->gate->known, p->realm_name, p->subject,
	    generation);
	visit_audit(v, "logout-everywhere", "", -1);
	visit_cookie(v, STR(COOKIE_SESSION), STR(""), 0, CSN_C_CLEAR);
	leave_begin(v, &v->session, true);
}

void
visit_logout(struct visit *v)
{
	struct csn_str token = pairs_get(v->post ? v->form : v->query,
	    STR(FIELD_TOKEN));
	uint8_t id[SESSION_ID_LEN];

	/* a prefetch or a picture leaves nobody */
	if (!visit_is_navigation(v->in)) {
		page_unknown(v, 401);
		return;
	}
	/* "you are logged out" must be true */
	if (visit_session_find(v) == VISIT_SESSION_UNKNOWN) {
		page_trouble(v, "a session cannot be asked about");
		return;
	}
	if (token.p == NULL) {
		if (v->have_session)
			page_logout(v, token_make(v, &v->session));
		else
			page_logged_out(v, false, -1);
		return;
	}
	if (token_open(v, token, id) < 0 ||
	    (v->post && !visit_same_origin(v))) {
		page_expired(v);
		return;
	}
	/* the token of another session than this browser's ends that one; by
	 * form it must be this browser's own */
	if (v->post && !v->have_session)
		page_logged_out(v, false, -1);
	else if (v->post && memcmp(id, v->session.id, sizeof(id)) != 0)
		page_logout(v, token_make(v, &v->session));
	else if (v->post && pairs_get(v->form, STR("everywhere")).p != NULL)
		end_all(v);
	else
		end_one(v, id);
}

/* On an application's host: this host's cookie goes. A link of the
 * application itself leaves at once, anything else is asked first. */
void
visit_app_logout(struct visit *v)
{
	struct csn_str values[4], token = STR("");
	struct session s;
	size_t n;

	n = cookie_values(v->in->cookies, STR(COOKIE_SESSION), values, 4);
	for (size_t i = 0; i < n && i < 4; i++)
		if (session_open(&v->arena, v->gate->sealer, v->conf, v->host,
		    values[i], v->now_ms, &s) == 0 &&
		    visit_is_navigation(v->in) &&
		    (str_is(v->in->site, "same-origin") ||
		    str_is(v->in->site, "none")))
			token = token_make(v, &s);
	if (token.n > 0)
		visit_cookie(v, STR(COOKIE_SESSION), STR(""), 0, CSN_C_CLEAR);
	visit_redirect(v, arena_printf(&v->arena, "%.*s/logout%s%s%.*s",
	    STR_FMT(v->conf->public_url), token.n > 0 ? "?" : "",
	    token.n > 0 ? FIELD_TOKEN "=" : "", STR_FMT(token)));
}
