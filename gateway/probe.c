/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe.c - the run: what was asked for, whether it can be tried at all, each
 * try, and what came of it
 */
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lib/secret.h"
#include "lib/url.h"
#include "probe.h"

static int
refuse(const char *what, const char *why)
{
	fprintf(stderr, "countersign: %s: %s\n", what, why);
	return -1;
}

static int
url_take(struct probe *p)
{
	struct url u;

	if (url_parse(str_from(p->o->url), &u) < 0 ||
	    !str_is(u.scheme, "https") || u.host.n >= sizeof(p->host) ||
	    u.path.n > 400)
		return refuse(p->o->url, "not the https address of a page, "
		    "as https://wiki.example.com/");
	snprintf(p->host, sizeof(p->host), "%.*s", STR_FMT(u.host));
	p->port = u.port;
	if (u.port == 443)
		snprintf(p->netloc, sizeof(p->netloc), "%s", p->host);
	else
		snprintf(p->netloc, sizeof(p->netloc), "%s:%u", p->host,
		    u.port);
	p->guarded = u.path.n == 0 ? STR("/") : str_of(u.path.p, (size_t)
	    (p->o->url + strlen(p->o->url) - u.path.p));
	/* in brackets only where a URL has it */
	snprintf(p->node, sizeof(p->node), "%.*s", STR_FMT(u.host.p[0] ==
	    '[' ? str_of(u.host.p + 1, u.host.n - 2) : u.host));
	return 0;
}

static int
paths_sound(const struct probe_list *l)
{
	struct csn_str path, query;

	for (size_t i = 0; i < l->n; i++)
		if (url_parse_local(str_from(l->v[i]), &path, &query) < 0 ||
		    path.n > 400)
			return refuse(l->v[i], "not a path, as /public");
	return 0;
}

/* A name goes into a request as it is. */
static int
headers_sound(const struct probe_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct csn_str s = str_from(l->v[i]);

		for (size_t k = 0; k < s.n; k++)
			if (s.p[k] != '-' && s.p[k] != '_' &&
			    (s.p[k] < '0' || s.p[k] > 'z' ||
			    (s.p[k] > '9' && s.p[k] < 'A') ||
			    (s.p[k] > 'Z' && s.p[k] < 'a')))
				s.n = 0;
		if (s.n == 0 || s.n > 100)
			return refuse(l->v[i], "not the name of a header");
	}
	return 0;
}

/* --resolve HOST:ADDRESS, as curl's but without the port. */
static int
resolve_take(struct probe *p)
{
	struct csn_str rest = str_from(p->o->resolve), host = str_from(
	    p->host);

	if (p->o->resolve == NULL)
		return 0;
	if (!str_starts(rest, host) || rest.n < host.n + 2 ||
	    rest.p[host.n] != ':')
		return refuse(p->o->resolve, "not HOST:ADDRESS with the "
		    "host of the URL");
	rest = str_from_at(rest, host.n + 1);
	if (rest.p[0] == '[' && rest.p[rest.n - 1] == ']')
		rest = str_of(rest.p + 1, rest.n - 2);
	if (rest.n >= sizeof(p->node))
		return refuse(p->o->resolve, "too long");
	snprintf(p->node, sizeof(p->node), "%.*s", STR_FMT(rest));
	return 0;
}

/* The first line of the file is a Cookie line's value. */
static int
session_take(struct probe *p)
{
	char line[8192];
	size_t n;
	FILE *f;

	if (p->o->session_file == NULL)
		return 0;
	f = fopen(p->o->session_file, "re");
	if (f == NULL || fgets(line, sizeof(line), f) == NULL) {
		if (f != NULL)
			(void)fclose(f);
		return refuse(p->o->session_file, "cannot be read, or has no "
		    "line with cookies");
	}
	(void)fclose(f);
	n = strcspn(line, "\r\n");
	buf_put(&p->session, line, n);
	secret_wipe(line, sizeof(line));
	return str_printable(buf_str(&p->session), '\0') && n > 0 ? 0 :
	    refuse(p->o->session_file, "the first line is not what a Cookie "
	    "line has");
}

static int
tls_prepare(struct probe *p)
{
	p->ctx = SSL_CTX_new(TLS_client_method());
	if (p->ctx == NULL)
		return refuse("TLS", "cannot be had");
	SSL_CTX_set_verify(p->ctx, SSL_VERIFY_PEER, NULL);
	/* a server that hangs up without a word has said all it will */
	(void)SSL_CTX_set_options(p->ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
	if (p->o->ca != NULL ? SSL_CTX_load_verify_file(p->ctx, p->o->ca) !=
	    1 : SSL_CTX_set_default_verify_paths(p->ctx) != 1)
		return refuse(p->o->ca != NULL ? p->o->ca :
		    "the system's authorities", "cannot be read");
	return 0;
}

static int
prepare(struct probe *p)
{
	unsigned char random[6];
	struct timespec t;

	if (url_take(p) < 0 || paths_sound(&p->o->paths) < 0 ||
	    paths_sound(&p->o->publics) < 0 ||
	    headers_sound(&p->o->headers) < 0 || resolve_take(p) < 0 ||
	    session_take(p) < 0 || tls_prepare(p) < 0)
		return -1;
	if (probe_backends_sound(p->o) < 0)
		return refuse("--backend", "not ADDRESS:PORT");
	if (RAND_bytes(random, sizeof(random)) != 1)
		return refuse("random bytes", "cannot be had");
	snprintf(p->mark, sizeof(p->mark), "csnprobe%02x%02x%02x%02x%02x",
	    random[0], random[1], random[2], random[3], random[4]);
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	p->end_ms = (int64_t)t.tv_sec * 1000 + PROBE_WHOLE_S * 1000;
	return 0;
}

/* ------------------------------------------------------------------ */

/* The page that a stranger gets. 1: it is guarded, and more can be tried;
 * 0: it is open; -1: nothing can be said. */
static int
first_page(struct probe *p, enum probe_said *ret_said)
{
	struct probe_question q = { .kind = PROBE_PAGE };
	struct probe_answer a;

	probe_ask(p, &q, &a);
	*ret_said = probe_judge(p, &a);
	if (a.state == PROBE_NO_CONNECTION || a.state == PROBE_NO_TLS)
		return refuse(p->netloc, p->trouble[0] != '\0' ?
		    p->trouble : "no connection");
	if (probe_judge(p, &a) == SAID_TROUBLE) {
		if (str_find(a.body, STR("<title>")) < 0 || a.body.n < 300)
			probe_find(p, PROBE_ERROR_PAGE, "GET the page", &a);
		return refuse(p->netloc, "the proxy reaches countersignd, or "
		    "the application, not now: it answers 500 or above");
	}
	if (a.state != PROBE_ANSWERED)
		return refuse(p->netloc, "no answer in HTTP");
	if (a.status < 400 && probe_answer_ours(&a))
		return refuse(p->o->url, "that is a page of Countersign "
		    "itself, it seems; give the address of an application's "
		    "page");
	return probe_expect(p, PROBE_ANONYMOUS, PROBE_DUE_LOGIN,
	    "GET the page, without a session", &a) ? 1 : 0;
}

/* Who keeps strangers off that ask much hangs up on us, which is a refusal of
 * anything that is asked, and of nothing in particular. */
static void
last_page(struct probe *p, enum probe_said first)
{
	struct probe_question q = { .kind = PROBE_PAGE };
	struct probe_answer a;

	probe_ask(p, &q, &a);
	if (a.state != PROBE_ANSWERED || probe_judge(p, &a) != first)
		probe_find(p, PROBE_SILENT, "GET the page, once more at the "
		    "end", &a);
}

static int
tries(struct probe *p)
{
	enum probe_said said;
	int first = first_page(p, &said);

	if (first < 0) {
		(void)probe_report(p);
		return PROBE_UNTRIED;
	}
	probe_outside(p);
	if (first > 0) {
		probe_guard(p);
		probe_forge(p);
		probe_shapes(p);
		probe_smuggle(p);
		probe_h2(p);
		last_page(p, said);
	}
	return probe_report(p);
}

int
probe_run(const struct probe_options *o)
{
	struct probe *p = calloc(1, sizeof(*p));
	int rc = PROBE_UNTRIED;

	if (p == NULL)
		return rc;
	p->o = o;
	buf_init(&p->session, 8192);
	buf_init(&p->answer, 1u << 17);
	buf_init(&p->sent, 1u << 16);
	if (prepare(p) == 0)
		rc = tries(p);
	SSL_SESSION_free(p->resume);
	SSL_CTX_free(p->ctx);
	buf_free(&p->session);
	buf_free(&p->answer);
	buf_free(&p->sent);
	free(p);
	return rc;
}
