/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe_h2.c - the same questions by HTTP/2, as browsers ask them
 *
 * By libcurl, which follows nothing and keeps no cookie here. Its answers are
 * written out as HTTP/1.1 has them, so that one judge sees both.
 */
#include <curl/curl.h>
#include <stdio.h>

#include "probe.h"

#define ANSWER_MAX 65536u

struct h2 {
	struct probe *p;
	CURL *curl;
	struct curl_slist *resolve;
};

static size_t
piece(char *bytes, size_t one, size_t n, void *arg)
{
	struct buf *b = arg;

	if (b->n + one * n > ANSWER_MAX)
		return 0;	/* it ends here */
	buf_put(b, bytes, one * n);
	return one * n;
}

/* "HTTP/2 200" becomes "HTTP/1.1 200": the rest is alike. */
static size_t
header(char *bytes, size_t one, size_t n, void *arg)
{
	struct csn_str line = str_of(bytes, one * n);
	struct buf *b = arg;

	if (str_starts(line, STR("HTTP/2 "))) {
		buf_puts(b, "HTTP/1.1 ");
		line = str_from_at(line, 7);
		if (line.n > 2 && line.p[3] == ' ' && line.p[4] == '\r')
			line.n = 3;
		buf_str_put(b, line);
		if (line.n == 3)
			buf_puts(b, "\r\n");
		return one * n;
	}
	return piece(bytes, one, n, arg);
}

static void
once(struct h2 *h, const char *path, const char *const *lines,
    struct probe_answer *ret)
{
	struct probe *p = h->p;
	struct curl_slist *list = NULL;
	char url[1024];
	CURLcode rc;

	*ret = (struct probe_answer){ .state = PROBE_NO_ANSWER };
	buf_clear(&p->answer);
	for (; *lines != NULL; lines++)
		list = curl_slist_append(list, *lines);
	snprintf(url, sizeof(url), "https://%s%.500s", p->netloc, path);
	(void)curl_easy_setopt(h->curl, CURLOPT_URL, url);
	(void)curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, list);
	p->requests++;
	rc = curl_easy_perform(h->curl);
	/* what was too long, or broke off, has answered all the same */
	probe_answer_read(buf_str(&p->answer), false, ret);
	if (ret->state == PROBE_NO_ANSWER && rc != CURLE_OPERATION_TIMEDOUT)
		ret->state = PROBE_HUNG_UP;
	curl_slist_free_all(list);
}

static bool
speaks(struct h2 *h)
{
	long version = 0;

	(void)curl_easy_getinfo(h->curl, CURLINFO_HTTP_VERSION, &version);
	return version == CURL_HTTP_VERSION_2_0;
}

static void
curl_prepare(struct h2 *h)
{
	struct probe *p = h->p;
	char line[600];
	CURL *c = h->curl;

	(void)curl_easy_setopt(c, CURLOPT_HTTP_VERSION,
	    (long)CURL_HTTP_VERSION_2TLS);
	(void)curl_easy_setopt(c, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
	(void)curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)PROBE_ANSWER_S);
	(void)curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, piece);
	(void)curl_easy_setopt(c, CURLOPT_WRITEDATA, &p->answer);
	(void)curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, header);
	(void)curl_easy_setopt(c, CURLOPT_HEADERDATA, &p->answer);
	(void)curl_easy_setopt(c, CURLOPT_USERAGENT,
	    "countersign-probe/" CSN_VERSION);
	if (p->o->ca != NULL)
		(void)curl_easy_setopt(c, CURLOPT_CAINFO, p->o->ca);
	if (p->o->resolve == NULL)
		return;
	snprintf(line, sizeof(line), strchr(p->node, ':') != NULL ?
	    "%s:%u:[%s]" : "%s:%u:%s", p->host, p->port, p->node);
	h->resolve = curl_slist_append(NULL, line);
	(void)curl_easy_setopt(c, CURLOPT_RESOLVE, h->resolve);
}

static void
forged(struct h2 *h, const char *path, bool public)
{
	static const struct {
		const char *says, *form;
		enum probe_word arrives;
	} lines[] = {
		{ "remote-user by HTTP/2", "remote-user: %s",
		    PROBE_FORGED_ARRIVES },
		{ "remote_user by HTTP/2", "remote_user: %s",
		    PROBE_UNDERSCORE },
	};
	struct probe_answer a;
	char line[80];

	for (size_t i = 0; i < 2 && probe_may(h->p); i++) {
		snprintf(line, sizeof(line), "%.13s%s", lines[i].form,
		    h->p->mark);
		const char *list[] = { line, "Accept: text/html", NULL };

		once(h, path, list, &a);
		if (!public)
			(void)probe_expect(h->p, PROBE_FORGED_IN,
			    PROBE_DUE_REFUSAL, lines[i].says, &a);
		else if (str_find(buf_str(&h->p->answer),
		    str_from(h->p->mark)) >= 0)
			probe_find(h->p, lines[i].arrives, lines[i].says, &a);
	}
}

static void
questions(struct h2 *h)
{
	static const struct {
		enum probe_word word;
		enum probe_due due;
		const char *says, *lines[3];
	} all[] = {
		{ PROBE_ANONYMOUS, PROBE_DUE_LOGIN, "the page by HTTP/2",
		    { "Accept: text/html", NULL } },
		{ PROBE_SCRIPT, PROBE_DUE_LOGIN, "a script by HTTP/2",
		    { "Accept: */*", "Sec-Fetch-Mode: cors", NULL } },
		{ PROBE_FORWARDED, PROBE_DUE_REFUSAL,
		    "X-Forwarded-Host by HTTP/2", { "Accept: text/html",
		    "X-Forwarded-Host: localhost", NULL } },
	};
	struct probe *p = h->p;
	char path[520];
	struct probe_answer a;

	snprintf(path, sizeof(path), "%.*s", STR_FMT(p->guarded));
	for (size_t i = 0; i < 3 && probe_may(p); i++) {
		once(h, path, all[i].lines, &a);
		if (i == 0 && a.state == PROBE_ANSWERED && !speaks(h))
			return;
		(void)probe_expect(p, all[i].word, all[i].due, all[i].says,
		    &a);
	}
	forged(h, path, false);
	for (size_t i = 0; i < p->o->publics.n; i++)
		forged(h, p->o->publics.v[i], true);
	const char *host[] = { "Host: countersign-probe.invalid",
	    "Accept: text/html", NULL };
	if (probe_may(p)) {
		once(h, path, host, &a);
		if (probe_judge(p, &a) == SAID_LOGIN ||
		    (a.status == 200 && a.body.n == 0))
			probe_find(p, PROBE_ANY_HOST, "another name in "
			    ":authority, by HTTP/2", &a);
		else if (probe_judge(p, &a) != SAID_MISSING)
			(void)probe_expect(p, PROBE_DEFAULT, PROBE_DUE_NO,
			    "another name in :authority, by HTTP/2", &a);
	}
}

void
probe_h2(struct probe *p)
{
	struct h2 h = { .p = p, .curl = curl_easy_init() };

	if (h.curl == NULL)
		return;
	curl_prepare(&h);
	questions(&h);
	curl_easy_cleanup(h.curl);
	curl_slist_free_all(h.resolve);
}
