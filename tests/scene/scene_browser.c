/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scene_browser.c - a browser of few lines: cookies by host, redirects, forms
 *
 * What a proxy would do with a check it does as well: 200 is the application,
 * 401 with an address is a redirect.
 */
#include "scene.h"

#include <stdio.h>

#include "lib/url.h"

#define HOPS_MAX 20u

struct browser
browser_new(void)
{
	return (struct browser){ .client = "192.0.2.7" };
}

struct cookie_kept *
browser_cookie(struct browser *b, const char *host, const char *name)
{
	for (size_t i = 0; i < b->n; i++)
		if (strcmp(b->v[i].host, host) == 0 &&
		    strcmp(b->v[i].name, name) == 0)
			return &b->v[i];
	return NULL;
}

void
browser_forget(struct browser *b, const char *host)
{
	for (size_t i = 0; i < b->n;)
		if (host == NULL || strcmp(b->v[i].host, host) == 0)
			b->v[i] = b->v[--b->n];
		else
			i++;
}

static void
text_set(char *to, size_t cap, struct csn_str from)
{
	assert_true(from.n < cap);
	memcpy(to, from.p, from.n);
	to[from.n] = '\0';
}

static void
cookie_set(struct browser *b, const char *host, const struct csn_cookie *c)
{
	struct cookie_kept *k = NULL;

	for (size_t i = 0; i < b->n; i++)
		if (strcmp(b->v[i].host, host) == 0 &&
		    str_equal(str_from(b->v[i].name), c->name))
			k = &b->v[i];
	if ((c->flags & CSN_C_CLEAR) != 0) {
		if (k != NULL)
			*k = b->v[--b->n];
		return;
	}
	if (k == NULL) {
		assert_true(b->n < SCENE_COOKIES);
		k = &b->v[b->n++];
	}
	text_set(k->host, sizeof(k->host), str_from(host));
	text_set(k->name, sizeof(k->name), c->name);
	text_set(k->value, sizeof(k->value), c->value);
}

/* The Cookie line of a host; n 0 if there is none. */
static struct csn_str
cookie_line(struct scene *s, const struct browser *b, const char *host)
{
	struct csn_str ret = STR("");

	for (size_t i = 0; i < b->n; i++)
		if (strcmp(b->v[i].host, host) == 0)
			ret = arena_printf(&s->arena, "%.*s%s%s=%s",
			    STR_FMT(ret), ret.n > 0 ? "; " : "",
			    b->v[i].name, b->v[i].value);
	return ret;
}

/* ------------------------------------------------------------------ */
/* what is seen is copied: a view lives as long as its callback */

struct waiting {
	struct scene *s;
	struct browser *b;
	const char *host;
	struct seen seen;
	struct csn_str to;		/* a redirect */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool done;
};

static struct csn_str
copy(struct scene *s, struct csn_str text)
{
	return arena_str(&s->arena, text.p == NULL ? STR("") : text);
}

#define BUTTONS_MAX 200u

static void
buttons_add(struct scene *s, struct csn_pairs *to, const struct csn_button *b,
    size_t n)
{
	struct csn_pair *v = (struct csn_pair *)(uintptr_t)to->v;

	for (size_t i = 0; i < n && to->n < BUTTONS_MAX; i++)
		if (b[i].name.n > 0) {
			v[to->n].name = copy(s, b[i].name);
			v[to->n++].value = copy(s, b[i].value);
		}
}

static struct csn_pairs
buttons_of(struct scene *s, const struct csn_page *p)
{
	struct csn_pairs ret = { arena_array(&s->arena, BUTTONS_MAX,
	    sizeof(*ret.v)), 0 };

	assert_non_null(ret.v);
	buttons_add(s, &ret, p->buttons, p->nbuttons);
	for (size_t i = 0; i < p->nsections; i++) {
		const struct csn_section *c = &p->sections[i];

		for (size_t k = 0; k < c->nrows; k++)
			buttons_add(s, &ret, c->rows[k].buttons,
			    c->rows[k].nbuttons);
		buttons_add(s, &ret, c->buttons, c->nbuttons);
	}
	return ret;
}

static void
view_copy(struct waiting *w, const struct csn_view *view)
{
	const struct csn_page *p = &view->page;
	struct seen *r = &w->seen;

	r->what = SEEN_PAGE;
	r->status = view->status;
	if (view->kind == CSN_V_REDIRECT)
		w->to = copy(w->s, view->url);
	if (view->kind != CSN_V_PAGE)
		return;
	r->screen = p->screen;
	r->action = copy(w->s, p->action);
	r->heading = copy(w->s, p->heading);
	r->message = copy(w->s, p->message);
	r->reference = copy(w->s, p->reference);
	r->go = copy(w->s, p->go);
	r->nprompts = p->nprompts;
	r->label = copy(w->s, p->nprompts > 0 ? p->prompts[0].label :
	    STR(""));
	r->buttons = buttons_of(w->s, p);
	assert_int_equal(arena_pairs(&w->s->arena, p->fields, &r->fields), 0);
}

static void
view_seen(void *arg, const struct csn_view *view)
{
	struct waiting *w = arg;

	pthread_mutex_lock(&w->lock);
	view_copy(w, view);
	for (size_t i = 0; w->b != NULL && i < view->ncookies; i++)
		cookie_set(w->b, w->host, &view->cookies[i]);
	w->done = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

static void
visit_wait(struct scene *s, struct waiting *w, const struct csn_visit *in)
{
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	csn_gate_visit(s->pages != NULL ? s->pages : s->gate, in, view_seen,
	    w);
	pthread_mutex_lock(&w->lock);
	while (!w->done)
		pthread_cond_wait(&w->wake, &w->lock);
	pthread_mutex_unlock(&w->lock);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
}

static struct seen
visit(struct scene *s, struct browser *b, bool keep, const char *method,
    const char *host, struct csn_str path, struct csn_str body,
    struct csn_str *ret_to)
{
	struct csn_str line = cookie_line(s, b, host), rest = path, bare;
	struct csn_visit in = { .method = str_from(method),
	    .host = str_from(host), .body = body,
	    .content_type = STR("application/x-www-form-urlencoded"),
	    .cookies = { &line, line.n > 0 },
	    .client = str_from(b->at_login != NULL ? b->at_login :
	    b->client), .user_agent = STR("scene"),
	    .accept = STR("text/html"), .accept_language = STR("en"),
	    .requested_with = STR(""), .purpose = b->purpose != NULL ?
	    str_from(b->purpose) : STR(""),
	    .mode = STR("navigate"), .dest = STR("document"),
	    .site = STR("same-origin"), .authorization = STR("") };
	struct waiting w = { .s = s, .b = keep ? b : NULL, .host = host,
	    .to = STR("") };

	b->nvisits++;
	(void)str_cut(&rest, '?', &bare);
	in.path = bare;
	in.query = bare.n < path.n ? rest : (struct csn_str){ NULL, 0 };
	in.origin = strcmp(method, "POST") == 0 ? arena_printf(&s->arena,
	    "https://%s", host) : STR("");
	if (in.origin.n > 0 && b->origin != NULL)
		in.origin = str_from(b->origin);
	visit_wait(s, &w, &in);
	w.seen.url = arena_printf(&s->arena, "https://%s%.*s", host,
	    STR_FMT(path));
	*ret_to = w.to;
	return w.seen;
}

struct seen
scene_visit(struct scene *s, struct browser *b, const char *method,
    const char *host, struct csn_str path, struct csn_str body)
{
	struct csn_str to;

	return visit(s, b, true, method, host, path, body, &to);
}

/* ------------------------------------------------------------------ */

static void
host_of(struct csn_str url, char host[64], struct csn_str *ret_path)
{
	struct csn_str rest = str_from_at(url, strlen("https://"));
	ptrdiff_t slash = str_index(rest, '/');

	if (!str_starts(url, STR("https://")) || slash <= 0 || slash >= 64)
		fail_msg("no address: %.*s", STR_FMT(url));
	memcpy(host, rest.p, (size_t)slash);
	host[slash] = '\0';
	*ret_path = str_from_at(rest, (size_t)slash);
}

static struct seen
check_at(struct scene *s, struct csn_gate *gate, const struct browser *b,
    struct csn_str url, struct csn_str *ret_to)
{
	static _Thread_local _Alignas(16) unsigned char memory[65536];
	struct seen r = { .url = url, .status = 403, .what = SEEN_REFUSED };
	struct csn_str line, path;
	struct csn_facts f;
	struct csn_answer a;
	char host[64];

	host_of(url, host, &path);
	line = cookie_line(s, b, host);
	f = (struct csn_facts){ .url = url, .method = STR("GET"),
	    .client = str_from(b->client), .cookies = { &line, line.n > 0 },
	    .mode = STR("navigate"), .dest = STR("document"),
	    .purpose = STR(""), .accept = STR("text/html"),
	    .requested_with = STR(""), .method_override = STR("") };
	csn_gate_check(gate, &f, memory, sizeof(memory), &a);
	r.later = a.outcome == CSN_LATER;
	if (r.later)
		csn_gate_check_blocking(gate, &f, memory, sizeof(memory),
		    &a);
	r.reference = copy(s, a.reference);
	r.message = copy(s, a.reason);
	switch (a.outcome) {
	case CSN_ALLOW:
		r.what = SEEN_ALLOWED;
		r.status = 200;
		r.cookie = copy(s, a.cookie);
		assert_int_equal(arena_pairs(&s->arena, a.headers,
		    &r.headers), 0);
		break;
	case CSN_LOGIN:
		r.what = SEEN_UNKNOWN;
		r.status = 401;
		*ret_to = copy(s, a.login_url);
		break;
	default:
		break;
	}
	return r;
}

struct seen
scene_check_at(struct scene *s, struct csn_gate *gate,
    const struct browser *b, const char *url)
{
	struct csn_str to = STR("");

	return check_at(s, gate, b, str_from(url), &to);
}

struct seen
scene_check(struct scene *s, const struct browser *b, const char *url)
{
	return scene_check_at(s, s->gate, b, url);
}

static bool
is_ours(const char *host, struct csn_str path)
{
	return strcmp(host, "login.example.org") == 0 ||
	    str_starts(path, STR("/.countersign/"));
}

static struct seen
go_on(struct scene *s, struct browser *b, struct csn_str url)
{
	struct seen r = { .what = SEEN_LOST };
	struct csn_str path, to;
	char host[64];

	for (unsigned i = 0; i < HOPS_MAX; i++) {
		host_of(url, host, &path);
		to = STR("");
		s->now_ms += s->tick_ms;
		r = is_ours(host, path) ? visit(s, b, true, "GET", host,
		    path, STR(""), &to) : check_at(s, s->gate, b, url, &to);
		r.hops = i;
		if (to.n == 0)
			return r;
		url = to;
	}
	r.what = SEEN_LOST;
	return r;
}

struct seen
scene_go(struct scene *s, struct browser *b, const char *url)
{
	return go_on(s, b, str_from(url));
}

static void
form_put(struct buf *b, struct csn_str name, struct csn_str value)
{
	if (b->n > 0)
		buf_char(b, '&');
	buf_str_put(b, name);
	buf_char(b, '=');
	for (size_t i = 0; i < value.n; i++)
		buf_printf(b, "%%%02X", (unsigned)(unsigned char)value.p[i]);
}

static struct csn_str
form_of(struct scene *s, const struct seen *page, const char *name,
    const char *value)
{
	struct csn_str ret;
	struct buf b;

	buf_init(&b, 0);
	for (size_t i = 0; i < page->fields.n; i++)
		form_put(&b, page->fields.v[i].name,
		    page->fields.v[i].value);
	form_put(&b, str_from(name), str_from(value));
	ret = copy(s, buf_str(&b));
	buf_free(&b);
	return ret;
}

static struct seen
submit(struct scene *s, struct browser *b, const struct seen *page,
    bool keep, const char *name, const char *value)
{
	struct csn_str path, to;
	struct seen r;
	char host[64];

	if (page->what != SEEN_PAGE || page->action.n == 0)
		fail_msg("no form on screen %u, status %u: %.*s; the log: %s",
		    page->screen, page->status, STR_FMT(page->message),
		    s->said);
	host_of(page->url, host, &path);
	/* our forms lead to a path of the page's own host */
	r = visit(s, b, keep, "POST", host, page->action, form_of(s, page,
	    name, value), &to);
	return keep && to.n > 0 ? go_on(s, b, to) : r;
}

struct seen
scene_do(struct scene *s, struct browser *b, const struct seen *page,
    const char *words)
{
	return submit(s, b, page, true, "do", words);
}

struct seen
scene_send(struct scene *s, struct browser *b, const struct seen *page,
    const char *words)
{
	return submit(s, b, page, false, "do", words);
}

struct seen
scene_press(struct scene *s, struct browser *b, const struct seen *page,
    const char *name, const char *value)
{
	return submit(s, b, page, true, name, value);
}

struct seen
scene_choose(struct scene *s, struct browser *b, const struct seen *page,
    const char *factor)
{
	return submit(s, b, page, true, "csn-factor", factor);
}

struct csn_str
seen_header(const struct seen *seen, const char *name)
{
	for (size_t i = 0; i < seen->headers.n; i++)
		if (str_equal_fold(seen->headers.v[i].name, str_from(name)))
			return seen->headers.v[i].value;
	return STR("");
}
