/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-saml-provider.c - where metadata comes from, what options say, and how
 * people choose among many
 */
#include "saml_testing.h"

#include <stdlib.h>
#include <sys/wait.h>

#include "lib/testing.h"

#define FOLDER "simplesamlphp"
#define URL "https://127.0.0.1:9444/simplesaml/saml2/idp/metadata.php"
#define AGGREGATE_MAX (16u << 20)

struct web {
	struct csn_str body;
	uint32_t status;
	int32_t rc;
	unsigned asked;
	uint32_t most;
	char url[512];
};

static int32_t
answer(void *arg, const struct csn_http_req *req, struct csn_http_res *res)
{
	struct web *w = arg;

	w->asked++;
	w->most = req->max_bytes;
	(void)snprintf(w->url, sizeof(w->url), "%.*s", STR_FMT(req->url));
	res->status = w->status;
	res->body = w->body;
	return w->rc;
}

static struct harness *
host_new(struct web *w)
{
	struct harness *h = harness_new(&countersign_plugin_1);
	struct csn_str now = saml_file(FOLDER, "now");

	harness_time(h, strtoll(now.p, NULL, 10));
	free((void *)(uintptr_t)now.p);
	harness_http(h, answer, w);
	return h;
}

static uint32_t
begin(struct harness *h, struct csn_str hint, struct harness_answer *a)
{
	struct csn_req req = harness_req(CSN_EV_BEGIN);

	req.subject = req.account = req.realm = STR("");
	req.resume = STR(SAML_RESUME);
	req.hint = hint;
	harness_step(h, &req, a);
	return a->verdict;
}

#define DAY_MS INT64_C(86400000)

static void
metadata_is_kept_and_refreshed(void **state)
{
	struct web w = { .body = saml_file(FOLDER, "metadata.xml"),
	    .status = 200 };
	struct harness *h = host_new(&w);
	struct harness_answer a;
	int64_t now = harness_now(h);
	uint32_t next = 0;

	(void)state;
	harness_option(h, "metadata", URL);
	harness_option(h, "refresh", "6h");
	harness_must_open(h);
	/* not there yet: the login waits, without asking anybody itself */
	assert_int_equal(begin(h, STR(""), &a), CSN_CONTINUE);
	assert_int_equal(a.reply.action, CSN_A_WAIT);
	assert_int_equal(w.asked, 0);
	harness_answer_free(&a);
	assert_int_equal(harness_refresh(h, &next), CSN_OK);
	assert_int_equal(next, 6 * 3600);
	assert_str(str_from(w.url), URL);
	assert_int_equal(w.most, 16u << 20);	/* metadata_max */
	assert_int_equal(begin(h, STR(""), &a), CSN_CONTINUE);
	assert_int_equal(a.reply.action, CSN_A_REDIRECT);
	assert_true((a.reply.flags & CSN_RP_VERIFIED) == 0);
	harness_answer_free(&a);

	/* another process, while the provider is down */
	w.rc = CSN_E_BACKEND;
	harness_must_open(h);
	assert_int_equal(begin(h, STR(""), &a), CSN_CONTINUE);
	assert_int_equal(a.reply.action, CSN_A_REDIRECT);
	harness_answer_free(&a);
	assert_int_equal(harness_refresh(h, &next), CSN_E_BACKEND);
	assert_int_equal(next, 60);
	assert_true(harness_logged(h, "goes on being used"));
	assert_int_equal(begin(h, STR(""), &a), CSN_CONTINUE);
	harness_answer_free(&a);

	/* which says of no end: not for ever */
	harness_time(h, now + 14 * DAY_MS);
	assert_int_equal(begin(h, STR(""), &a), CSN_CONTINUE);
	harness_answer_free(&a);
	harness_time(h, now + 14 * DAY_MS + 1);
	assert_int_equal(begin(h, STR(""), &a), CSN_ERROR);
	assert_true(harness_logged(h, "no validUntil"));
	harness_answer_free(&a);
	w.rc = CSN_OK;
	assert_int_equal(harness_refresh(h, &next), CSN_OK);
	assert_int_equal(begin(h, STR(""), &a), CSN_CONTINUE);
	harness_answer_free(&a);
	harness_time(h, now);

	/* what was kept for another address is not for this one */
	harness_options_clear(h);
	harness_option(h, "metadata", "https://other.example.org/md");
	harness_must_open(h);
	assert_int_equal(begin(h, STR(""), &a), CSN_CONTINUE);
	assert_int_equal(a.reply.action, CSN_A_WAIT);
	harness_answer_free(&a);
	harness_free(h);
	free((void *)(uintptr_t)w.body.p);
}

struct overtaking {
	struct web *w;
	struct csn_str newer;
	bool done;
};

/* A refresh, from beginning to end, while a login reads the last piece of what
 * was kept; its own writes fail, so that the piece is still there. */
static void
refresh_overtakes(void *arg, struct harness *h, enum harness_kv kind,
    struct csn_str key)
{
	struct overtaking *o = arg;
	uint32_t next;

	if (o->done || kind != HARNESS_KV_GET ||
	    str_find(key, STR("metadata/")) < 0)
		return;
	o->done = true;
	o->w->body = o->newer;
	harness_kv_fail(h, HARNESS_KV_PUT, 1, false);
	assert_int_equal(harness_refresh(h, &next), CSN_OK);
	assert_true(harness_logged(h, "could not be kept"));
}

static void
leads_to(struct harness *h, const char *path)
{
	struct harness_answer a;

	assert_int_equal(begin(h, STR(""), &a), CSN_CONTINUE);
	if (str_find(a.reply.url, str_from(path)) < 0)
		fail_msg("%.*s does not lead to %s", STR_FMT(a.reply.url),
		    path);
	harness_answer_free(&a);
}

/* What was kept never takes the place of what was fetched meanwhile: keys that
 * are withdrawn would be good until the next refresh. */
static void
what_was_kept_is_not_newer(void **state)
{
	struct web w = { .body = saml_file(FOLDER, "metadata.xml"),
	    .status = 200 };
	struct overtaking o = { .w = &w,
	    .newer = saml_file(FOLDER, "metadata.xml") };
	struct harness *h = host_new(&w);
	struct csn_str older = w.body;
	uint32_t next;
	char *at;

	(void)state;
	while ((at = strstr(o.newer.p, "SSOService.php")) != NULL)
		memcpy(at, "SSOChanged.php", 14);
	harness_option(h, "metadata", URL);
	harness_must_open(h);
	assert_int_equal(harness_refresh(h, &next), CSN_OK);
	leads_to(h, "SSOService.php");
	harness_must_open(h);		/* another process */
	harness_kv_hook(h, refresh_overtakes, &o);
	leads_to(h, "SSOChanged.php");
	harness_kv_hook(h, NULL, NULL);
	assert_true(o.done);
	leads_to(h, "SSOChanged.php");
	harness_free(h);
	free((void *)(uintptr_t)older.p);
	free((void *)(uintptr_t)o.newer.p);
}

/* What one node has kept, as another finds it. */
static void
store_copy(struct harness *from, struct harness *to)
{
	struct csn_str rest, line, value;
	char key[128];
	struct buf b;

	buf_init(&b, 65536);
	harness_kv_print(from, &b);
	rest = buf_str(&b);
	while (str_cut(&rest, '\n', &line) && line.n > 0) {
		(void)snprintf(key, sizeof(key), "%.*s",
		    (int)str_index(line, ' '), line.p);
		assert_true(harness_kv_get(from, key, &value));
		harness_kv_put(to, key, value, CSN_KV_DURABLE);
	}
	buf_free(&b);
}

/* A node that cannot fetch goes by what another one did, and by that alone if
 * it is newer. */
static void
what_another_node_fetched_is_taken(void **state)
{
	struct web w = { .body = saml_file(FOLDER, "metadata.xml"),
	    .status = 200 }, changed = { .status = 200 };
	struct harness *h = host_new(&w), *other = host_new(&changed);
	uint32_t next;
	char *at;

	(void)state;
	changed.body = saml_file(FOLDER, "metadata.xml");
	while ((at = strstr(changed.body.p, "SSOService.php")) != NULL)
		memcpy(at, "SSOChanged.php", 14);
	for (int i = 0; i < 2; i++)
		harness_option(i == 0 ? h : other, "metadata", URL);
	harness_must_open(h);
	harness_must_open(other);
	harness_time(other, harness_now(h) - 1);
	assert_int_equal(harness_refresh(h, &next), CSN_OK);
	assert_int_equal(harness_refresh(other, &next), CSN_OK);
	w.rc = CSN_E_BACKEND;
	store_copy(other, h);		/* older */
	assert_int_equal(harness_refresh(h, &next), CSN_E_BACKEND);
	leads_to(h, "SSOService.php");
	harness_time(other, harness_now(h) + 1);
	assert_int_equal(harness_refresh(other, &next), CSN_OK);
	store_copy(other, h);
	assert_int_equal(harness_refresh(h, &next), CSN_E_BACKEND);
	leads_to(h, "SSOChanged.php");
	harness_free(h);
	harness_free(other);
	free((void *)(uintptr_t)w.body.p);
	free((void *)(uintptr_t)changed.body.p);
}

/* Another node's refresh, whole, before ours puts its header. */
static void
another_refreshes(void *arg, struct harness *h, enum harness_kv kind,
    struct csn_str key)
{
	unsigned *times = arg;
	uint32_t next;

	if (*times == 0 || !str_is(key, "metadata") ||
	    (kind != HARNESS_KV_PUT && kind != HARNESS_KV_PUT_NEW &&
	    kind != HARNESS_KV_SWAP))
		return;
	--*times;
	assert_int_equal(harness_refresh(h, &next), CSN_OK);
}

/* One header and one piece, whoever was first and whatever failed: what nobody
 * points at would stay for ever. */
static void
nothing_is_left_behind(void **state)
{
	static const enum harness_kv failing[] = { HARNESS_KV_PUT,
		HARNESS_KV_SWAP };
	struct web w = { .body = saml_file(FOLDER, "metadata.xml"),
	    .status = 200 };
	struct harness *h = host_new(&w);
	unsigned times;
	uint32_t next;

	(void)state;
	harness_option(h, "metadata", URL);
	harness_must_open(h);
	harness_kv_hook(h, another_refreshes, &times);
	for (unsigned i = 0; i < 3; i++) {
		times = i;
		assert_int_equal(harness_refresh(h, &next), CSN_OK);
		assert_int_equal(times, 0);
		assert_int_equal(harness_kv_size(h), 2);
	}
	harness_kv_hook(h, NULL, NULL);
	for (size_t i = 0; i < COUNT(failing); i++) {
		harness_kv_fail(h, failing[i], 1, false);
		assert_int_equal(harness_refresh(h, &next), CSN_OK);
		assert_int_equal(harness_kv_size(h), 2);
	}
	harness_must_open(h);		/* and it is whole */
	w.rc = CSN_E_BACKEND;
	leads_to(h, "SSOService.php");
	harness_free(h);
	free((void *)(uintptr_t)w.body.p);
}

static void
waiting_ends(void **state)
{
	struct web w = { .rc = CSN_E_BACKEND };
	struct harness *h = host_new(&w);
	struct csn_req req = harness_req(CSN_EV_WAKE);
	struct harness_answer a;
	unsigned rounds = 1;

	(void)state;
	harness_option(h, "metadata", URL);
	harness_must_open(h);
	assert_int_equal(begin(h, STR(""), &a), CSN_CONTINUE);
	req.subject = req.account = req.realm = STR("");
	while (a.verdict == CSN_CONTINUE && rounds < 100) {
		struct harness_answer last = a;

		assert_int_equal(a.reply.action, CSN_A_WAIT);
		req.state = last.reply.state;
		harness_step(h, &req, &a);
		harness_answer_free(&last);
		rounds++;
	}
	assert_int_equal(a.verdict, CSN_ERROR);
	assert_true(rounds > 3 && rounds < 20);
	/* the host has no other words for it */
	assert_true(harness_logged(h, "there is no metadata"));
	harness_answer_free(&a);
	harness_free(h);
}

/* A login whose answer nobody signed that we know. */
static void
stranger_comes(struct harness *h)
{
	char *form = saml_form_of("keycloak", "response.xml");
	struct harness_answer begun, a;

	saml_begin(h, &begun);
	saml_callback(h, &begun, form, &a);
	assert_true(saml_refused_by(h, &a, "signature"));
	harness_answer_free(&a);
	harness_answer_free(&begun);
	free(form);
}

static void
asked(struct harness *h, unsigned times)
{
	assert_int_equal(harness_refresh_soon_calls(h), times);
}

/* Anybody can make us ask for the metadata anew: not more often than it may
 * have changed, nor, where it cannot be had, at each request. */
static void
a_refresh_is_asked_for_once(void **state)
{
	struct web w = { .body = saml_file(FOLDER, "metadata.xml"),
	    .status = 200, .rc = CSN_E_BACKEND };
	struct harness *h = host_new(&w);
	struct harness_answer a;
	int64_t now = harness_now(h);
	uint32_t next;

	(void)state;
	harness_option(h, "metadata", URL);
	harness_must_open(h);
	begin(h, STR(""), &a);
	harness_answer_free(&a);
	asked(h, 1);
	assert_int_equal(harness_refresh(h, &next), CSN_E_BACKEND);
	begin(h, STR(""), &a);
	harness_answer_free(&a);
	asked(h, 1);
	harness_time(h, now += 6000);
	begin(h, STR(""), &a);
	harness_answer_free(&a);
	asked(h, 2);

	w.rc = CSN_OK;
	assert_int_equal(harness_refresh(h, &next), CSN_OK);
	stranger_comes(h);
	asked(h, 2);
	harness_time(h, now += 61000);
	stranger_comes(h);
	asked(h, 3);
	w.status = 404;
	assert_int_equal(harness_refresh(h, &next), CSN_E_BACKEND);
	stranger_comes(h);
	asked(h, 3);
	harness_time(h, now + 61000);
	stranger_comes(h);
	asked(h, 4);
	harness_free(h);
	free((void *)(uintptr_t)w.body.p);
}

/* A tampered answer changes nothing; metadata that has expired is not used
 * for logins, however it got there. */
static void
bad_metadata_is_not_taken(void **state)
{
	struct csn_str good = saml_file(FOLDER, "metadata.xml");
	struct web w = { .body = good, .status = 200 };
	struct harness *h = host_new(&w);
	struct harness_answer a;
	uint32_t next;

	(void)state;
	harness_option(h, "metadata", URL);
	harness_must_open(h);
	assert_int_equal(harness_refresh(h, &next), CSN_OK);
	w.body = STR("<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:"
	    "SAML:2.0:metadata\" entityID=\"x\"/>");
	assert_int_equal(harness_refresh(h, &next), CSN_E_BACKEND);
	w.status = 404;
	assert_int_equal(harness_refresh(h, &next), CSN_E_BACKEND);
	assert_int_equal(begin(h, STR(""), &a), CSN_CONTINUE);
	assert_int_equal(a.reply.action, CSN_A_REDIRECT);
	harness_answer_free(&a);

	/* pinned: unsigned metadata is refused */
	w.body = good;
	w.status = 200;
	saml_option_file(h, "metadata_certificate", FOLDER, "idp.crt");
	harness_must_open(h);
	assert_int_equal(harness_refresh(h, &next), CSN_E_BACKEND);
	assert_true(harness_logged(h, "is not signed"));
	harness_free(h);
	free((void *)(uintptr_t)good.p);
}

static struct csn_str
aggregate(const char *how)
{
	char *p = malloc(AGGREGATE_MAX);
	size_t n = 0, got;
	int status = -1;
	FILE *f;
	pid_t pid = saml_generator("aggregate.py", how, &f);

	while ((got = fread(p + n, 1, 65536, f)) > 0)
		n += got;
	(void)fclose(f);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return str_of(p, n);
}

static void
aggregate_open(struct harness *h)
{
	harness_option(h, "metadata", "https://md.example.org/all");
	saml_option_file(h, "metadata_certificate", FOLDER, "idp.crt");
	harness_option_key(h, "domains", "Company.example",
	    "https://idp9.example.org/");
	harness_must_open(h);
}

static void
sent_to(const struct harness_answer *a, const char *url)
{
	assert_int_equal(a->verdict, CSN_CONTINUE);
	assert_int_equal(a->reply.action, CSN_A_REDIRECT);
	if (!str_starts(a->reply.url, str_from(url)))
		fail_msg("sent to %.*s", STR_FMT(a->reply.url));
	/* other origins than the configured one: a pinned key vouches */
	assert_true((a->reply.flags & CSN_RP_VERIFIED) != 0);
}

static void
form(struct harness *h, const char *text, struct harness_answer *a)
{
	struct csn_req req = harness_req(CSN_EV_FORM);

	req.subject = req.account = req.realm = STR("");
	req.resume = STR(SAML_RESUME);
	harness_params(h, &req, text);
	harness_step(h, &req, a);
}

static void
one_is_found_among_many(void **state)
{
	struct web w = { .body = aggregate("x?400?good"), .status = 200 };
	struct harness *h = host_new(&w);
	struct harness_answer a;
	char press[128];
	uint32_t next;

	(void)state;
	aggregate_open(h);
	assert_int_equal(harness_refresh(h, &next), CSN_OK);
	assert_int_equal(next, 3600);	/* cacheDuration */
	begin(h, STR("https://idp3.example.org/"), &a);
	sent_to(&a, "https://idp3.example.org/sso?SAMLRequest=");
	harness_answer_free(&a);
	begin(h, STR("who@u4.EXAMPLE.org"), &a);
	sent_to(&a, "https://idp4.example.org/sso?");
	harness_answer_free(&a);
	begin(h, STR("who@company.example"), &a);
	sent_to(&a, "https://idp9.example.org/sso?");
	harness_answer_free(&a);

	/* without a hint: a page with a search, no list of 200 */
	assert_int_equal(begin(h, STR("who@elsewhere"), &a), CSN_CONTINUE);
	assert_int_equal(a.reply.action, CSN_A_FORM);
	assert_int_equal(a.reply.nprompts, 1);
	assert_non_null(harness_prompt(&a, "search"));
	harness_answer_free(&a);
	form(h, "search=university+17", &a);
	assert_int_equal(a.reply.action, CSN_A_FORM);
	assert_int_equal(a.reply.nprompts, 1 + 11);	/* 17, 170 to 179 */
	assert_str(a.reply.prompts[1].args.v[0].value, "University 17");
	(void)snprintf(press, sizeof(press), "search=&%.*s=1",
	    STR_FMT(a.reply.prompts[1].name));
	harness_answer_free(&a);
	form(h, press, &a);
	sent_to(&a, "https://idp17.example.org/sso?");
	harness_answer_free(&a);
	form(h, "search=nowhere", &a);
	assert_int_equal(a.reply.nprompts, 1);
	assert_true(str_find(a.reply.message, STR("No organisation")) >= 0);
	harness_answer_free(&a);
	form(h, "search=a@u5.example.org&i0123456789abcdef=1", &a);
	sent_to(&a, "https://idp5.example.org/sso?");
	harness_answer_free(&a);
	harness_free(h);
	free((void *)(uintptr_t)w.body.p);
}

/* A hint is what a provider says of itself, a Scope what the federation does:
 * nobody's people are led elsewhere to type their password. */
static void
a_hint_takes_nobody_from_another(void **state)
{
	struct web w = { .body = aggregate("x?20?rogue"), .status = 200 };
	struct harness *h = host_new(&w);
	struct harness_answer a;
	uint32_t next;

	(void)state;
	aggregate_open(h);
	assert_int_equal(harness_refresh(h, &next), CSN_OK);
	begin(h, STR("who@u4.example.org"), &a);
	sent_to(&a, "https://idp4.example.org/sso?");
	harness_answer_free(&a);
	begin(h, STR("who@u0.example.org"), &a);
	sent_to(&a, "https://idp0.example.org/sso?");
	harness_answer_free(&a);
	/* nor those of one that cannot be used now */
	begin(h, STR("who@u5.example.org"), &a);
	assert_int_equal(a.reply.action, CSN_A_FORM);
	harness_answer_free(&a);
	begin(h, STR("who@both.example"), &a);
	assert_int_equal(a.reply.action, CSN_A_FORM);
	harness_answer_free(&a);
	form(h, "search=who@both.example", &a);
	assert_int_equal(a.reply.action, CSN_A_FORM);
	assert_str(a.reply.prompts[0].args.v[0].value, "University 1");
	assert_str(a.reply.prompts[1].args.v[0].value, "University 2");
	assert_int_equal(a.reply.nprompts, 2);
	harness_answer_free(&a);
	harness_free(h);
	free((void *)(uintptr_t)w.body.p);
}

static void
refreshed_after(struct web *w, bool pinned, uint32_t want)
{
	struct harness *h = host_new(w);
	uint32_t next;

	harness_option(h, "metadata", "https://md.example.org/all");
	if (pinned)
		saml_option_file(h, "metadata_certificate", FOLDER,
		    "idp.crt");
	harness_must_open(h);
	assert_int_equal(harness_refresh(h, &next), CSN_OK);
	assert_int_equal(next, want);
	harness_free(h);
	free((void *)(uintptr_t)w->body.p);
}

/* All of a federation are fetched together: one does not say how often. Who is
 * alone does. */
static void
a_member_does_not_hurry_us(void **state)
{
	struct csn_str xml = saml_file(FOLDER, "metadata.xml");
	const char *at = strstr(xml.p, " entityID=");
	struct web w = { .body = aggregate("x?60?hasty"), .status = 200 };
	struct buf b;

	(void)state;
	refreshed_after(&w, true, 3600);
	assert_non_null(at);
	buf_init(&b, AGGREGATE_MAX);
	buf_put(&b, xml.p, (size_t)(at - xml.p));
	buf_puts(&b, " cacheDuration=\"PT2H\"");
	buf_puts(&b, at);
	assert_false(buf_failed(&b));
	w.body = str_of(strndup((const char *)b.p, b.n), b.n);
	refreshed_after(&w, false, 7200);
	buf_free(&b);
	free((void *)(uintptr_t)xml.p);
}

/* By a link, or by the domain of a mail address in it: only which provider,
 * and where to. */
static void
link_leads(struct harness *h, const char *query, const char *hint,
    const char *url)
{
	struct csn_req req = harness_req(CSN_EV_ENDPOINT);
	struct harness_answer a;

	req.endpoint = harness_endpoint(h, "login");
	req.method = STR("GET");
	harness_params(h, &req, query);
	harness_serve(h, &req, &a);
	if (hint == NULL) {
		assert_int_equal(a.verdict, CSN_DENY);
	} else {
		assert_int_equal(a.verdict, CSN_CONTINUE);
		assert_int_equal(a.reply.action, CSN_A_LOGIN);
		assert_str(a.reply.hint, hint);
		assert_str(a.reply.url, url);
	}
	harness_answer_free(&a);
}

static void
links_name_a_provider(void **state)
{
	struct web w = { .status = 0 };
	struct harness *h = host_new(&w);
	char query[600] = "entityID=";

	(void)state;
	aggregate_open(h);
	link_leads(h, "", "", "");
	link_leads(h, "entityID=https%3A%2F%2Fi%2F&target=https%3A%2F%2Fa%2F",
	    "https://i/", "https://a/");
	link_leads(h, "login_hint=a%40b&forceAuthn=true", "a@b", "");
	link_leads(h, "login_hint=a%40b&entityID=urn%3Ai", "urn:i", "");
	link_leads(h, "login_hint=a%0Ab", NULL, NULL);
	memset(query + 9, 'a', 512);
	link_leads(h, query, query + 9, "");
	query[9 + 512] = 'a';
	link_leads(h, query, NULL, NULL);
	harness_free(h);
}

/* Begun before the metadata is there: the provider that was named is asked
 * once it is, although the browser comes back without its name. */
static void
a_hint_is_kept_while_waiting(void **state)
{
	struct web w = { .body = aggregate("x?60?good"), .status = 200 };
	struct harness *h = host_new(&w);
	struct csn_req req = harness_req(CSN_EV_WAKE);
	struct harness_answer begun, a;
	uint32_t next;

	(void)state;
	aggregate_open(h);
	begin(h, STR("https://idp3.example.org/"), &begun);
	assert_int_equal(begun.reply.action, CSN_A_WAIT);
	req.subject = req.account = req.realm = STR("");
	req.resume = STR(SAML_RESUME);
	req.state = begun.reply.state;
	harness_step(h, &req, &a);
	assert_int_equal(a.reply.action, CSN_A_WAIT);
	assert_int_equal(harness_refresh(h, &next), CSN_OK);
	harness_answer_free(&begun);
	req.state = a.reply.state;
	harness_step(h, &req, &begun);
	sent_to(&begun, "https://idp3.example.org/sso?");
	harness_answer_free(&a);
	harness_answer_free(&begun);
	harness_free(h);
	free((void *)(uintptr_t)w.body.p);
}

static void
a_query_service_is_asked_for_one(void **state)
{
	struct web w = { .body = STR(""), .status = 200 };
	struct harness *h = host_new(&w);
	uint32_t next;

	(void)state;
	harness_option(h, "metadata_query", "https://mdq.example.org/");
	harness_option(h, "idp_entity_id", "https://idp.example.org/a b");
	saml_option_file(h, "metadata_certificate", FOLDER, "idp.crt");
	harness_must_open(h);
	assert_int_equal(harness_refresh(h, &next), CSN_E_BACKEND);
	assert_str(str_from(w.url), "https://mdq.example.org/entities/"
	    "https%3A%2F%2Fidp.example.org%2Fa%20b");
	harness_free(h);
}

/* ------------------------------------------------------------------ */
/* options */

struct wrong { const char *name, *value, *said; };

static void
refused(const struct wrong *w, size_t n, const char *said)
{
	struct web web = { .status = 0 };
	struct harness *h = host_new(&web);

	for (size_t i = 0; i < n; i++)
		if (w[i].name != NULL && w[i].value[0] == '@')
			saml_option_file(h, w[i].name, FOLDER, w[i].value + 1);
		else if (w[i].name != NULL)
			harness_option(h, w[i].name, w[i].value);
	assert_int_not_equal(harness_open(h), CSN_OK);
	if (!harness_logged(h, said))
		fail_msg("not said: %s\n%s", said, harness_log(h));
	harness_free(h);
}

static void
what_cannot_work_does_not_open(void **state)
{
#define MD { "metadata", URL, NULL }
	static const struct { struct wrong w[4]; const char *said; } cases[] = {
		{ { { "provider_name", "x", NULL } },
		    "says no identity provider" },
		{ { MD, { "sso_url", "https://x.example/sso", NULL },
		    { "idp_entity_id", "x", NULL },
		    { "idp_certificate", "@idp.crt", NULL } },
		    "two identity providers" },
		{ { { "sso_url", "https://x.example/sso", NULL } },
		    "needs `idp_entity_id` and `idp_certificate`" },
		{ { MD, { "slo_url", "https://x.example/slo", NULL } },
		    "written by hand" },
		{ { { "metadata_query", "https://x.example/", NULL } },
		    "needs `idp_entity_id`" },
		{ { MD, { "metadata_certificate", "@idp.key", NULL } },
		    "no PEM certificate" },
		{ { MD, { "signing_key", "@sp.crt", NULL } },
		    "no private key" },
		{ { MD, { "signing_key", "@sp.key", NULL },
		    { "certificate", "@idp.crt", NULL } },
		    "not the certificate of its key" },
		{ { MD, { "sign_requests", "always", NULL } },
		    "needs `signing_key`" },
		{ { MD, { "sign_metadata", "true", NULL } },
		    "needs `signing_key`" },
		{ { MD, { "require_encryption", "true", NULL } },
		    "needs `decryption_key`" },
		{ { MD, { "decryption_certificate", "@sp.crt", NULL } },
		    "needs `decryption_key`" },
		{ { MD, { "signing_key", "@sp.key", NULL },
		    { "decryption_certificate", "@idp.crt", NULL } },
		    "not the certificate of its key" },
		{ { MD, { "decryption_key", "@sp.key", NULL },
		    { "decryption_certificate", "@idp.crt", NULL } },
		    "not the certificate of its key" },
		{ { { "sso_url", "https://x.example/sso", NULL },
		    { "idp_entity_id", "x", NULL },
		    { "idp_certificate", "@idp.crt", NULL },
		    { "binding", "post", NULL } }, "which is for redirects" },
		{ { { "sso_url", "https://x.example/sso", NULL },
		    { "idp_entity_id", "x", NULL },
		    { "idp_certificate", "@idp.crt", NULL },
		    { "response_binding", "artifact", NULL } },
		    "needs `artifact_url`" },
		{ { MD, { "authn_context", "urn:one", NULL },
		    { "authn_context_comparison", "better", NULL } },
		    "needs two of `authn_context`" },
		{ { MD, { "missing_groups", "none", NULL } },
		    "cannot be none without `group_attribute`" },
		{ { MD, { "force_authn", "true", NULL },
		    { "unsolicited", "true", NULL } },
		    "cannot be beside `force_authn`" },
		{ { MD, { "name_id_format", "nice", NULL } },
		    "is persistent, email" },
		{ { { "metadata_file", "@sp.crt", NULL } },
		    "well-formed" },
		{ { { "sso_url", "https://x.example/sso", NULL },
		    { "idp_entity_id", "x", NULL },
		    { "idp_certificate", "@idp.key", NULL } },
		    "no PEM certificate" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		refused(cases[i].w, COUNT(cases[i].w), cases[i].said);
}

static void
presets_and_exceptions_are_told(void **state)
{
	struct web w = { .status = 0 };
	struct harness *h = host_new(&w);

	(void)state;
	harness_option(h, "idp", "entra");
	harness_option(h, "metadata", URL);
	harness_option(h, "subject", "mine");
	harness_option(h, "unsolicited", "true");
	harness_option(h, "sha1_signatures", "accepted");
	harness_must_open(h);
	assert_true(harness_logged(h, "setting group_attribute=http://schemas"
	    ".microsoft.com/ws/2008/06/identity/claims/groups (idp: entra)"));
	assert_false(harness_logged(h, "setting subject="));
	assert_true(harness_logged(h, "log WARN unsolicited: true"));
	assert_true(harness_logged(h, "log WARN sha1_signatures: accepted"));
	assert_false(harness_logged(h, "unsigned_cbc"));
	harness_free(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(metadata_is_kept_and_refreshed),
		cmocka_unit_test(waiting_ends),
		cmocka_unit_test(what_was_kept_is_not_newer),
		cmocka_unit_test(what_another_node_fetched_is_taken),
		cmocka_unit_test(nothing_is_left_behind),
		cmocka_unit_test(a_refresh_is_asked_for_once),
		cmocka_unit_test(bad_metadata_is_not_taken),
		cmocka_unit_test(one_is_found_among_many),
		cmocka_unit_test(a_hint_takes_nobody_from_another),
		cmocka_unit_test(a_member_does_not_hurry_us),
		cmocka_unit_test(links_name_a_provider),
		cmocka_unit_test(a_hint_is_kept_while_waiting),
		cmocka_unit_test(a_query_service_is_asked_for_one),
		cmocka_unit_test(what_cannot_work_does_not_open),
		cmocka_unit_test(presets_and_exceptions_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
