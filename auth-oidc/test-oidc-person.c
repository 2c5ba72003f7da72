/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * test-oidc-person.c - what claims come to, in whole logins, renewals and
 * logouts at a provider of paper
 */
#include <stdio.h>

#include <openssl/evp.h>

#include "lib/base64url.h"
#include "lib/testing.h"

#include "tests/harness/plugin_harness.h"

#define ISSUER	"https://id.example.com"
#define SECRET	"a-client-secret-of-over-32-bytes-as-HS256-wants"
#define STATE	"0123456789abcdef"
#define NOW_S	(HARNESS_TIME_MS / 1000)

extern const struct csn_plugin countersign_plugin_1;

static struct harness *h;
static char nonce[64], answer_text[8192];
static const char *in_token, *in_userinfo;	/* members, or "" */
static const char *needs_dept;	/* what the claim dept must be, or NULL */
static unsigned userinfo_asked;

/* ------------------------------------------------------------------ */
/* the provider: signs by the client's secret */

static void
token_sign(struct buf *b, const char *claims)
{
	uint8_t mac[32];
	size_t n = 0;

	base64url_encode(b, STR("{\"alg\":\"HS256\"}"));
	buf_char(b, '.');
	base64url_encode(b, str_from(claims));
	assert_non_null(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, SECRET,
	    sizeof(SECRET) - 1, (const unsigned char *)b->p, b->n, mac,
	    sizeof(mac), &n));
	buf_char(b, '.');
	base64url_encode(b, str_of(mac, n));
	assert_false(buf_failed(b));
}

static void
token_make(struct buf *b)
{
	char claims[4096];

	snprintf(claims, sizeof(claims), "{\"iss\":\"" ISSUER "\","
	    "\"sub\":\"alice\",\"aud\":\"rp\",\"iat\":%lld,\"exp\":%lld,"
	    "\"nonce\":\"%s\"%s%s}", (long long)NOW_S,
	    (long long)NOW_S + 300, nonce, in_token[0] != '\0' ? "," : "",
	    in_token);
	token_sign(b, claims);
}

static int32_t
answer(void *arg, const struct csn_http_req *req, struct csn_http_res *ret)
{
	static const struct csn_pair type[] = {
		{ STR_INIT("content-type"), STR_INIT("application/json") } };
	char memory[8192];
	struct buf token;

	(void)arg;
	buf_init_fixed(&token, memory, sizeof(memory));
	if (str_ends(req->url, STR("/token"))) {
		token_make(&token);
		snprintf(answer_text, sizeof(answer_text), "{\"access_token\":"
		    "\"a\",\"token_type\":\"Bearer\",\"refresh_token\":\"r\","
		    "\"id_token\":\"%.*s\"}", STR_FMT(buf_str(&token)));
	} else {
		userinfo_asked++;
		snprintf(answer_text, sizeof(answer_text),
		    "{\"sub\":\"alice\"%s%s}",
		    in_userinfo[0] != '\0' ? "," : "", in_userinfo);
	}
	ret->status = 200;
	ret->headers = (struct csn_pairs){ type, 1 };
	ret->body = str_from(answer_text);
	return CSN_OK;
}

static int
setup(void **state)
{
	(void)state;
	h = harness_new(&countersign_plugin_1);
	harness_http(h, answer, NULL);
	harness_time(h, HARNESS_TIME_MS);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	harness_free(h);
	return 0;
}

/* Options besides: name=value, or NULL. */
static void
opened(const char *const *more)
{
	static const char *const usual[] = { "issuer", ISSUER, "client_id",
		"rp", "client_secret", SECRET, "algorithms", "HS256",
		"discovery", "false", "authorization_endpoint",
		ISSUER "/auth", "token_endpoint", ISSUER "/token",
		"userinfo_endpoint", ISSUER "/me" };
	uint32_t next_s;

	harness_options_clear(h);
	harness_log_clear(h);
	for (size_t i = 0; i < COUNT(usual); i += 2)
		harness_option(h, usual[i], usual[i + 1]);
	for (; more != NULL && *more != NULL; more += 2)
		harness_option(h, more[0], more[1]);
	if (needs_dept != NULL)
		harness_option_key(h, "require", "dept", needs_dept);
	harness_must_open(h);
	assert_int_equal(harness_refresh(h, &next_s), CSN_OK);
}

/* ------------------------------------------------------------------ */

static void
nonce_keep(struct csn_str url)
{
	ptrdiff_t at = str_find(url, STR("nonce="));
	struct csn_str rest, value;

	assert_true(at >= 0);
	rest = str_from_at(url, (size_t)at + 6);
	str_cut(&rest, '&', &value);
	snprintf(nonce, sizeof(nonce), "%.*s", STR_FMT(value));
}

static void
login(const char *token, const char *userinfo, struct harness_answer *ret)
{
	struct csn_req req = harness_req(CSN_EV_BEGIN);
	struct harness_answer begun;

	in_token = token;
	in_userinfo = userinfo;
	req.subject = STR("");
	req.account = STR("");
	req.resume = STR(STATE);
	harness_step(h, &req, &begun);
	if (begun.verdict != CSN_CONTINUE)
		fail_msg("no request: %s", harness_log(h));
	nonce_keep(begun.reply.url);
	req.event = CSN_EV_CALLBACK;
	req.state = begun.reply.state;
	req.method = STR("GET");
	harness_params(h, &req, "code=c&state=" STATE);
	harness_step(h, &req, ret);
	harness_answer_free(&begun);
}

static void
renew(struct csn_str keep, const char *token, const char *userinfo,
    struct harness_answer *ret)
{
	struct csn_req req = harness_req(CSN_EV_RENEW);

	in_token = token;
	in_userinfo = userinfo;
	req.keep = keep;
	harness_serve(h, &req, ret);
}

#define UNKNOWN	SIZE_MAX

static void
has_groups(const struct harness_answer *a, uint32_t verdict, size_t n,
    const char *what)
{
	bool known = (a->reply.flags & CSN_RP_GROUPS) != 0;

	if (a->verdict != verdict || known != (n != UNKNOWN) ||
	    (known && a->reply.groups.n != n))
		fail_msg("%s: %s, groups %s, %zu of them\n%s", what,
		    harness_verdict_name(a->verdict), known ? "known" :
		    "unknown", a->reply.groups.n, harness_log(h));
}

#define PATHS	"groups_claim", "groups", "groups_claim", "realm.roles"
#define NONE	"missing_groups", "none"
#define TWO	"\"groups\":[\"a\",\"b\"]"

static const struct {
	const char *name, *token, *userinfo;
	size_t n;
	const char *options[8];
} said[] = {
	{ "in userinfo", "", TWO, 2, { NULL } },
	{ "in the ID token", TWO, "", 2, { NULL } },
	{ "an empty list", "\"groups\":[]", "", 0, { NULL } },
	{ "an empty list at userinfo", "", "\"groups\":[]", 0, { NULL } },
	{ "nowhere", "", "", UNKNOWN, { NULL } },
	{ "nowhere that is asked", "", TWO, UNKNOWN,
	    { "userinfo", "never" } },
	{ "one of two claims", "\"realm\":{\"roles\":[\"a\"]}", "", 1,
	    { PATHS } },
	{ "one of two claims, empty", "\"realm\":{\"roles\":[]}", "", 0,
	    { PATHS } },
	{ "what is around it alone", "\"realm\":{}", "", UNKNOWN, { PATHS } },
	{ "neither of two claims", "", "", UNKNOWN, { PATHS } },
	{ "nowhere, which is none", "", "", 0, { NONE } },
	{ "neither, which is none", "", "", 0, { PATHS, NONE } },
	{ "too many for a token", "\"hasgroups\":true", "", UNKNOWN,
	    { NONE } },
	{ "at a source that is not asked", "\"_claim_names\":{\"groups\":"
	    "\"s\"},\"_claim_sources\":{\"s\":{\"endpoint\":"
	    "\"https://elsewhere.example/g\"}}", "", UNKNOWN, { NONE } },
	{ "one claim of two elsewhere", "\"realm\":{\"roles\":[\"a\"]},"
	    "\"hasgroups\":true", "", UNKNOWN, { PATHS, NONE } },
};

/* Not told is not none: a guard behind not would hold for everybody. */
static void
groups_that_were_told(void **state)
{
	struct harness_answer a;

	(void)state;
	for (size_t i = 0; i < COUNT(said); i++) {
		opened(said[i].options);
		login(said[i].token, said[i].userinfo, &a);
		has_groups(&a, CSN_GRANT, said[i].n, said[i].name);
		harness_answer_free(&a);
	}
}

/* Nor at a renewal, whose ID token may say less (OIDC Core 12.2). */
static void
groups_of_a_renewal(void **state)
{
	struct harness_answer a, b;

	(void)state;
	for (size_t i = 0; i < COUNT(said); i++) {
		opened(said[i].options);
		login(TWO ",\"realm\":{\"roles\":[]}", "", &a);
		has_groups(&a, CSN_GRANT, 2, "first");
		renew(a.reply.keep, said[i].token, said[i].userinfo, &b);
		has_groups(&b, CSN_DONE, said[i].n, said[i].name);
		assert_str(b.reply.subject, "alice");
		harness_answer_free(&b);
		harness_answer_free(&a);
	}
}

/* Once, and not at each login; what was written to open more at each start. */
static void
silence_is_logged(void **state)
{
	struct harness_answer a;

	(void)state;
	opened(NULL);
	for (int i = 0; i < 2; i++) {
		login("", "", &a);
		harness_answer_free(&a);
		assert_true(harness_logged(h, "says nothing of") == (i == 0));
		harness_log_clear(h);
	}
	opened((const char *const[]){ NONE, NULL });
	assert_true(harness_logged(h, "log WARN missing_groups: none"));
}

/* ------------------------------------------------------------------ */
/* a name that is a mail address */

#define MAIL	"\"email\":\"alice@example.org\""
#define OTHER	"\"email\":\"bob@example.org\""
#define GOOD	"\"email_verified\":true"
#define BAD	"\"email_verified\":false"

/* OIDC Core 5.7: who says that an address is verified says it of the one that
 * stands there, and of no other. */
static void
mail_is_verified_where_it_stands(void **state)
{
	static const struct { const char *token, *userinfo, *name; } rows[] = {
		{ MAIL "," GOOD, "", "alice@example.org" },
		{ "", MAIL "," GOOD, "alice@example.org" },
		{ MAIL, MAIL "," GOOD, "alice@example.org" },
		{ MAIL "," GOOD, OTHER "," BAD, "alice@example.org" },
		{ MAIL, "", NULL },
		{ MAIL "," BAD, MAIL "," GOOD, NULL },
		{ MAIL, OTHER "," GOOD, NULL },
		{ MAIL, GOOD, NULL },
		{ GOOD, OTHER, NULL },
		{ GOOD, OTHER "," BAD, NULL },
		{ GOOD, "", NULL },
	};
	struct harness_answer a;

	(void)state;
	opened((const char *const[]){ "subject", "email", NULL });
	for (size_t i = 0; i < COUNT(rows); i++) {
		login(rows[i].token, rows[i].userinfo, &a);
		if (a.verdict != (rows[i].name != NULL ? CSN_GRANT : CSN_DENY))
			fail_msg("%s and %s: %s", rows[i].token,
			    rows[i].userinfo,
			    harness_verdict_name(a.verdict));
		if (rows[i].name != NULL)
			assert_str(a.reply.subject, rows[i].name);
		harness_answer_free(&a);
	}
}

/* ------------------------------------------------------------------ */
/* userinfo: auto */

#define REST	"\"name\":\"Alice\",\"groups\":[]"

/* Asked for what is used and not in the ID token, and for nothing else. */
static void
userinfo_is_asked_where_a_claim_lacks(void **state)
{
	static const struct {
		const char *token, *userinfo;
		bool asked;
		const char *dept, *options[7];
	} rows[] = {
		{ REST "," MAIL "," GOOD, "", false, NULL, { NULL } },
		{ REST "," MAIL, "", false, NULL, { NULL } },
		{ REST, MAIL, true, NULL, { NULL } },
		{ REST "," MAIL, MAIL "," GOOD, true, NULL,
		    { "subject", "email", NULL } },
		{ REST "," MAIL ",\"dept\":\"it\"", "", false, "it",
		    { NULL } },
		{ REST "," MAIL, "\"dept\":\"it\"", true, "it", { NULL } },
		{ REST "," MAIL, "\"acrs\":[\"c1\"]", true, NULL,
		    { "acr_claim", "acrs", "acr_values", "c1",
		    "require_acr", "true" } },
	};
	struct harness_answer a;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		needs_dept = rows[i].dept;
		opened(rows[i].options);
		userinfo_asked = 0;
		login(rows[i].token, rows[i].userinfo, &a);
		if (a.verdict != CSN_GRANT || (userinfo_asked > 0) !=
		    rows[i].asked)
			fail_msg("%zu: %s, asked %u times\n%s", i,
			    harness_verdict_name(a.verdict), userinfo_asked,
			    harness_log(h));
		harness_answer_free(&a);
	}
	needs_dept = NULL;
}

/* ------------------------------------------------------------------ */
/* whose sessions a logout token names */

static void
logout(const char *whom, struct harness_answer *ret)
{
	struct csn_req req = harness_req(CSN_EV_ENDPOINT);
	char claims[1024], memory[2048], form[2100];
	static unsigned serial;
	struct buf token;

	snprintf(claims, sizeof(claims), "{\"iss\":\"" ISSUER "\","
	    "\"aud\":\"rp\",\"iat\":%lld,\"exp\":%lld,\"jti\":\"%u\","
	    "\"events\":{\"http://schemas.openid.net/event/"
	    "backchannel-logout\":{}},%s}", (long long)NOW_S,
	    (long long)NOW_S + 120, serial++, whom);
	buf_init_fixed(&token, memory, sizeof(memory));
	token_sign(&token, claims);
	snprintf(form, sizeof(form), "logout_token=%.*s",
	    STR_FMT(buf_str(&token)));
	req.endpoint = harness_endpoint(h, "backchannel-logout");
	req.method = STR("POST");
	harness_params(h, &req, form);
	harness_serve(h, &req, ret);
}

static bool
names_one(struct csn_strs ended, struct csn_strs keys)
{
	for (size_t i = 0; i < ended.n; i++)
		for (size_t k = 0; k < keys.n; k++)
			if (str_equal(ended.v[i], keys.v[k]))
				return true;
	return false;
}

#define SID(n)	"\"sid\":\"" n "\""
#define SUB(n)	"\"sub\":\"" n "\""

/* Back-Channel Logout 2.5. A provider that told no sid at the login may name
 * one at the logout: done is not said of what ended nobody's session. */
static void
sessions_that_a_logout_names(void **state)
{
	static const struct { const char *token, *whom; bool ends; } rows[] = {
		{ SID("1"), SID("1"), true },
		{ SID("1"), SID("1") "," SUB("alice"), true },
		{ SID("1"), SUB("alice"), true },
		{ SID("1"), SID("2") "," SUB("alice"), false },
		{ SID("1"), SUB("bob"), false },
		{ "", SID("1") "," SUB("alice"), true },
		{ "", SUB("alice"), true },
		{ "", SID("1") "," SUB("bob"), false },
		{ "", SID("alice"), false },
	};
	struct harness_answer a, b;

	(void)state;
	opened(NULL);
	for (size_t i = 0; i < COUNT(rows); i++) {
		login(rows[i].token, "", &a);
		logout(rows[i].whom, &b);
		if (b.verdict != CSN_DONE)
			fail_msg("%s: %s, %s\n%s", rows[i].whom,
			    harness_verdict_name(b.verdict), b.broken,
			    harness_log(h));
		if (names_one(b.reply.end_sessions, a.reply.session_keys) !=
		    rows[i].ends)
			fail_msg("%s, then %s", rows[i].token, rows[i].whom);
		harness_answer_free(&b);
		harness_answer_free(&a);
	}
}

/* ------------------------------------------------------------------ */
/* the same login, however often it is renewed */

#define AT(t)	"\"auth_time\":" #t

/* OIDC Core 12.2: a refreshed ID token need not say when that was, and does not
 * make another time good by that. */
static void
renewed_for_the_same_login(void **state)
{
	static const struct {
		const char *first, *second;
		bool good;
	} rows[] = {
		{ AT(1799990000), AT(1799990000), true },
		{ AT(1799990000), AT(1799990001), false },
		{ "", AT(1799990000), true },
		{ "", AT(1799990001), false },
		{ "", "", true },
	};
	struct harness_answer a, b, c;

	(void)state;
	opened(NULL);
	for (size_t i = 0; i < COUNT(rows); i++) {
		login(AT(1799990000), "", &a);
		renew(a.reply.keep, rows[i].first, "", &b);
		assert_int_equal(b.verdict, CSN_DONE);
		renew(b.reply.keep, rows[i].second, "", &c);
		if (c.verdict != (rows[i].good ? CSN_DONE : CSN_DENY))
			fail_msg("%s, then %s: %s", rows[i].first,
			    rows[i].second, harness_verdict_name(c.verdict));
		harness_answer_free(&c);
		harness_answer_free(&b);
		harness_answer_free(&a);
	}
}

/* ------------------------------------------------------------------ */

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(groups_that_were_told, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(groups_of_a_renewal, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(silence_is_logged, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    mail_is_verified_where_it_stands, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    userinfo_is_asked_where_a_claim_lacks, setup, teardown),
		cmocka_unit_test_setup_teardown(sessions_that_a_logout_names,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(renewed_for_the_same_login,
		    setup, teardown),
	};

	return cmocka_run_group_tests_name("oidc-person", tests, NULL, NULL);
}
