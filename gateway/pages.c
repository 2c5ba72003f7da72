/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pages.c - a visit given to the gate, its view drawn and sent
 *
 * Every answer is uncacheable, framed by nobody (but where the host says so)
 * and sniffed by nobody. It must
 * never write a byte of a view otherwise than through draw.h.
 */
#include <stdlib.h>

#include "facts.h"
#include "lib/url.h"
#include "pages.h"
#include "static.h"

#define PAGES_HEADERS	48u
#define PAGE_USUAL	12288u	/* bytes; most pages are shorter */
#define CSP_MAX		16384u

struct page_visit {
	struct http_exchange *x;
	const struct pages_role *role;
	struct csn_visit visit;
	struct csn_str cookies[FACTS_COOKIES_MAX];
};

struct headers {
	struct csn_pair v[PAGES_HEADERS];
	size_t n;
	struct arena *arena;
};

static void
header_add(struct headers *h, const char *name, struct csn_str value)
{
	if (h->n < PAGES_HEADERS && value.p != NULL)
		h->v[h->n++] = (struct csn_pair){ str_from(name), value };
}

/* Secure; HttpOnly; Path=/ always: the __Host- prefix demands the first and
 * the last. */
static void
cookie_add(struct headers *h, const struct csn_cookie *c)
{
	bool clear = (c->flags & CSN_C_CLEAR) != 0;
	char digits[24];
	struct buf age;

	buf_init_fixed(&age, digits, sizeof(digits));
	if (clear || c->max_age_s > 0)
		buf_decimal(&age, clear ? 0 : c->max_age_s);
	header_add(h, "Set-Cookie", ARENA_JOIN(h->arena, c->name, STR("="),
	    c->value, STR("; Path=/; Secure; HttpOnly; SameSite="),
	    (c->flags & CSN_C_NONE) != 0 ? STR("None") : STR("Lax"),
	    age.n > 0 ? STR("; Max-Age=") : STR(""), buf_str(&age)));
}

static void
headers_common(struct headers *h, const struct csn_view *view)
{
	header_add(h, "Cache-Control", view->seen_again != 0 ?
	    STR("private, no-cache") : STR("no-store"));
	header_add(h, "X-Content-Type-Options", STR("nosniff"));
	header_add(h, "Referrer-Policy", STR("same-origin"));
	for (size_t i = 0; i < view->ncookies; i++)
		cookie_add(h, &view->cookies[i]);
	if (view->status == 405)	/* RFC 9110 15.5.6 */
		header_add(h, "Allow", STR("GET, HEAD, POST"));
	if (view->retry_after_s > 0)
		header_add(h, "Retry-After", arena_printf(h->arena, "%lld",
		    (long long)view->retry_after_s));
	if (view->clear_site_data != 0)
		header_add(h, "Clear-Site-Data", STR("\"storage\""));
	if (view->page.reference.n > 0)
		header_add(h, "X-Countersign-Reference",
		    view->page.reference);
}

/* Into what is lent first; few pages are longer. */
static int
page_draw(const struct pages_role *role, const struct csn_view *view,
    struct buf *html, struct buf *csp)
{
	struct csn_site site;
	int rc;

	csn_gate_site(role->gate, view->page.language, &site);
	rc = draw_view(role->texts, &site, view, html, csp);
	if (rc < 0) {
		buf_free(html);
		buf_init(html, 1u << 20);
		buf_clear(csp);
		rc = draw_view(role->texts, &site, view, html, csp);
	}
	csn_gate_release(role->gate, &site);
	return rc;
}

static void
send_page(struct page_visit *p, const struct csn_view *view,
    struct headers *h)
{
	uint8_t html_memory[PAGE_USUAL], csp_memory[CSP_MAX];
	struct buf html, csp;

	buf_init_fixed(&html, html_memory, sizeof(html_memory));
	buf_init_fixed(&csp, csp_memory, sizeof(csp_memory));
	if (page_draw(p->role, view, &html, &csp) < 0) {
		http_reply_later(p->x, 500, (struct csn_pairs){ h->v, h->n },
		    STR(""));
	} else {
		header_add(h, "Content-Type", STR("text/html; charset=utf-8"));
		header_add(h, "Content-Security-Policy", buf_str(&csp));
		http_reply_later(p->x, view->status, (struct csn_pairs){ h->v,
		    h->n }, buf_str(&html));
	}
	buf_free(&html);
	buf_free(&csp);
}

/* A plugin's own words: metadata, an answer to a peer. */
static void
send_body(struct page_visit *p, const struct csn_view *view,
    struct headers *h)
{
	struct buf csp;

	buf_init(&csp, 65536);
	draw_csp(&csp, view);
	if (view->content_type.n > 0)
		header_add(h, "Content-Type", view->content_type);
	if (view->file_name.n > 0)
		header_add(h, "Content-Disposition", arena_printf(h->arena,
		    "attachment; filename=\"%.*s\"",
		    STR_FMT(view->file_name)));
	header_add(h, "Content-Security-Policy", buf_failed(&csp) ?
	    STR("default-src 'none'; frame-ancestors 'none'") :
	    buf_str(&csp));
	http_reply_later(p->x, view->status, (struct csn_pairs){ h->v, h->n },
	    view->body);
	buf_free(&csp);
}

static void
seen(void *arg, const struct csn_view *view)
{
	struct page_visit *p = arg;
	struct arena a;
	_Alignas(16) unsigned char memory[4096];
	struct headers h;

	h.n = 0;
	h.arena = &a;
	arena_init_with(&a, 1u << 20, memory, sizeof(memory));
	headers_common(&h, view);
	switch (view->kind) {
	case CSN_V_PAGE:
	case CSN_V_POST:
		send_page(p, view, &h);
		break;
	case CSN_V_REDIRECT:
		header_add(&h, "Location", view->url);
		http_reply_later(p->x, view->status, (struct csn_pairs){ h.v,
		    h.n }, STR(""));
		break;
	case CSN_V_BODY:
		send_body(p, view, &h);
		break;
	default:
		http_reply_later(p->x, 500, (struct csn_pairs){ NULL, 0 },
		    STR(""));
		break;
	}
	arena_free(&a);
	free(p);
}

static int
resume(void *arg, void (*run)(void *), void *run_arg)
{
	struct page_visit *p = arg;

	return http_resume(p->x, run, run_arg);
}

static void
static_send(struct http_exchange *x, const struct http_request *rq,
    struct csn_str name)
{
	const struct static_file *f = static_find(name);
	struct csn_pair v[4];
	struct csn_pairs headers = { v, 4 };

	if (f == NULL) {
		http_reply(x, 404, (struct csn_pairs){ NULL, 0 }, STR(""));
		return;
	}
	v[0] = (struct csn_pair){ STR("ETag"), f->etag };
	/* asked about each time: an upgrade shows at once */
	v[1] = (struct csn_pair){ STR("Cache-Control"), STR("no-cache") };
	v[2] = (struct csn_pair){ STR("X-Content-Type-Options"),
	    STR("nosniff") };
	v[3] = (struct csn_pair){ STR("Content-Type"), f->type };
	if (str_equal(fact_once(rq, "If-None-Match"), f->etag)) {
		headers.n = 3;
		http_reply(x, 304, headers, STR(""));
		return;
	}
	http_reply(x, 200, headers, f->content);
}

/* The site's logo is the configuration's, not a file of ours. */
static void
logo_send(struct http_exchange *x, const struct pages_role *role)
{
	struct csn_pair v[4];
	struct csn_site site;

	csn_gate_site(role->gate, STR("en"), &site);
	v[0] = (struct csn_pair){ STR("Content-Type"), site.logo_type };
	v[1] = (struct csn_pair){ STR("Cache-Control"),
	    STR("public, max-age=3600") };
	v[2] = (struct csn_pair){ STR("X-Content-Type-Options"),
	    STR("nosniff") };
	/* an SVG may hold scripts: opened by itself it may run none */
	v[3] = (struct csn_pair){ STR("Content-Security-Policy"),
	    STR("default-src 'none'; style-src 'unsafe-inline'; sandbox") };
	if (site.logo.n == 0)
		http_reply(x, 404, (struct csn_pairs){ NULL, 0 }, STR(""));
	else
		http_reply(x, 200, (struct csn_pairs){ v, 4 }, site.logo);
	csn_gate_release(role->gate, &site);
}

void
pages_handle(struct http_exchange *x, void *arg)
{
	const struct http_request *rq = http_exchange_request(x);
	const struct pages_role *role = arg;
	struct page_visit *p;

	if (str_starts(rq->path, STR(STATIC_PATH))) {
		struct csn_str name = str_from_at(rq->path,
		    sizeof(STATIC_PATH) - 1);

		if (str_is(name, "logo"))
			logo_send(x, role);
		else
			static_send(x, rq, name);
		return;
	}
	p = calloc(1, sizeof(*p));
	if (p == NULL || facts_visit(rq, role->client_header, p->cookies,
	    &p->visit) < 0) {
		http_reply(x, p == NULL ? 503 : 400,
		    (struct csn_pairs){ NULL, 0 }, STR(""));
		free(p);
		return;
	}
	p->x = x;
	p->role = role;
	p->visit.resume = resume;
	csn_gate_visit(role->gate, &p->visit, seen, p);
}
