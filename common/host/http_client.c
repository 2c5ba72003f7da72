/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_client.c - one request: checked, set up, sent, its failure named
 *
 * Every option that decides whom we speak to and what we accept is set here, on
 * each request anew. It must never send a byte before the request is checked.
 */
#include "http_client.h"

#include <netinet/in.h>
#include <arpa/inet.h>
#include <unistd.h>

#include "http_client_impl.h"
#include "lib/ip.h"
#include "lib/timefmt.h"
#include "lib/url.h"
#include "resolve.h"

#define URL_TEXT	(URL_MAX + 1)
#define CLOCK_SLACK_MS	50

/* One request under way. */
struct job {
	const struct http_request *req;
	struct url url;
	struct buf url_text, origin, resolve;
	struct curl_slist resolve_node;
	struct http_headers headers;
	struct http_answer answer;
	char error[CURL_ERROR_SIZE];
};

struct http_client *
http_client_new(const char *proxy)
{
	struct http_client *c = http_pool_new();

	if (c != NULL && proxy != NULL && http_pool_set_proxy(c, proxy) != 0) {
		http_pool_free(c);
		return NULL;
	}
	return c;
}

void
http_client_free(struct http_client *c)
{
	if (c != NULL)
		http_pool_free(c);
}

/* ------------------------------------------------------------------ */
/* is it a request that we send? */

static bool
origin_allowed(const struct url *u, struct csn_strs origins)
{
	struct url o;

	for (size_t i = 0; i < origins.n; i++)
		if (url_parse(origins.v[i], &o) == 0 &&
		    str_is(o.scheme, "https") && o.port == u->port &&
		    str_equal_fold(o.host, u->host))
			return true;
	return false;
}

static const char *
request_fault(struct job *j)
{
	const struct http_request *r = j->req;
	bool post = str_is(r->method, "POST");

	if (!post && !str_is(r->method, "GET"))
		return "has a method other than GET and POST";
	if (!post && r->body.n > 0)
		return "is a GET with a body";
	if (url_parse(r->url, &j->url) != 0 ||
	    !str_is(j->url.scheme, "https"))
		return "has no https URL";
	if (!origin_allowed(&j->url, r->origins))
		return "goes to an origin that is not configured";
	url_origin(&j->origin, &j->url);
	buf_str_put(&j->url_text, r->url);
	if (buf_failed(&j->origin) || buf_failed(&j->url_text))
		return "finds no memory";
	return http_headers_make(&j->headers, r->headers);
}

/* ------------------------------------------------------------------ */
/* names are looked up by us, in time: libcurl waits for its own resolver's
 * thread, however late it is */

static void
addr_put(struct buf *b, const struct sockaddr_storage *a)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)a;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)a;
	char text[INET6_ADDRSTRLEN];
	bool four = a->ss_family == AF_INET;

	if (inet_ntop(a->ss_family, four ? (const void *)&v4->sin_addr :
	    (const void *)&v6->sin6_addr, text, sizeof(text)) == NULL)
		return;
	buf_printf(b, four ? "%s" : "[%s]", text);
}

static int32_t
name_resolve(struct job *j, struct csn_str host, uint16_t port)
{
	struct resolve_addrs addrs;
	int32_t rc;

	rc = resolve_host(host, port, j->req->deadline_ms, &addrs);
	if (rc != CSN_OK)
		return rc;
	buf_printf(&j->resolve, "%.*s:%u:", STR_FMT(host), port);
	for (size_t i = 0; i < addrs.n; i++) {
		if (i > 0)
			buf_char(&j->resolve, ',');
		addr_put(&j->resolve, &addrs.v[i]);
	}
	buf_char(&j->resolve, '\0');
	if (buf_failed(&j->resolve))
		return CSN_E_BACKEND;
	j->resolve_node.data = (char *)j->resolve.p;
	return CSN_OK;
}

static bool
is_address(struct csn_str host)
{
	struct ip ip;

	return host.n > 0 && (host.p[0] == '[' || ip_parse(host, &ip) == 0);
}

/* The proxy's name if there is one; it looks up the other itself. */
static int32_t
request_resolve(struct job *j, struct csn_str proxy, struct buf *why)
{
	struct url u = j->url;
	int32_t rc;

	if (proxy.n > 0 && url_parse(proxy, &u) != 0) {
		buf_puts(why, "the proxy is not written as http://host:port");
		return CSN_E_BACKEND;
	}
	if (is_address(u.host))
		return CSN_OK;
	rc = name_resolve(j, u.host, u.port);
	switch (rc) {
	case CSN_OK:
		return CSN_OK;
	case CSN_E_DEADLINE:
		buf_printf(why, "%.*s: no answer from DNS in time",
		    STR_FMT(u.host));
		return rc;
	case CSN_E_ABSENT:
		buf_printf(why, "%.*s: there is no such host; is the name "
		    "right?", STR_FMT(u.host));
		return CSN_E_BACKEND;
	default:
		buf_printf(why, "%.*s: DNS does not work", STR_FMT(u.host));
		return CSN_E_BACKEND;
	}
}

/* ------------------------------------------------------------------ */
/* options */

static curl_socket_t
socket_open(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	(void)arg;
	(void)purpose;
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

/* Asked while it waits, once a second at least. */
static int
progress(void *arg, curl_off_t down, curl_off_t down_now, curl_off_t up,
    curl_off_t up_now)
{
	(void)down;
	(void)down_now;
	(void)up;
	(void)up_now;
	return http_pool_stopped(arg);
}

/* 0, or what libcurl says against it */
#define SET(easy, option, value) \
	((int)curl_easy_setopt(easy, CURLOPT_##option, value))

static int
set_bounds(CURL *easy, struct http_client *c, struct job *j, size_t max_body)
{
	int64_t left = j->req->deadline_ms - clock_mono_ms();

	if (left <= 0)
		left = 1;	/* 0 would be no limit */
	return SET(easy, TIMEOUT_MS, (long)left) |
	    SET(easy, CONNECTTIMEOUT_MS, (long)(left < HTTP_CLIENT_CONNECT_MS ?
	    left : HTTP_CLIENT_CONNECT_MS)) |
	    SET(easy, NOSIGNAL, 1L) | SET(easy, NOPROGRESS, 0L) |
	    SET(easy, XFERINFOFUNCTION, progress) |
	    SET(easy, XFERINFODATA, c) |
	    SET(easy, MAXFILESIZE_LARGE, (curl_off_t)max_body) |
	    SET(easy, PROTOCOLS_STR, "https") |
	    SET(easy, REDIR_PROTOCOLS_STR, "https") |
	    SET(easy, FOLLOWLOCATION, 0L) |
	    SET(easy, HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) |
	    SET(easy, HTTP09_ALLOWED, 0L) |
	    SET(easy, DISALLOW_USERNAME_IN_URL, 1L) |
	    SET(easy, NETRC, (long)CURL_NETRC_IGNORED) |
	    SET(easy, PATH_AS_IS, 1L) | SET(easy, TCP_KEEPALIVE, 1L) |
	    SET(easy, MAXCONNECTS, 4L) |
	    SET(easy, OPENSOCKETFUNCTION, socket_open);
}

static int
set_proxy(CURL *easy, struct csn_str proxy)
{
	/* an empty one also keeps libcurl from asking the environment */
	return SET(easy, PROXY, proxy.n > 0 ? proxy.p : "") |
	    SET(easy, NOPROXY, "") |
	    SET(easy, HTTPPROXYTUNNEL, proxy.n > 0 ? 1L : 0L) |
	    SET(easy, SUPPRESS_CONNECT_HEADERS, 1L);
}

static int
set_blob(CURL *easy, CURLoption option, struct csn_str s)
{
	struct curl_blob blob = { (void *)(uintptr_t)s.p, s.n,
		CURL_BLOB_NOCOPY };

	return (int)curl_easy_setopt(easy, option, &blob);
}

/* A CA that is configured is the only one: libcurl's own folder is taken off
 * too. */
static int
set_trust(CURL *easy, const struct http_trust *t)
{
	int bad = SET(easy, SSL_VERIFYPEER, 1L) |
	    SET(easy, SSL_VERIFYHOST, 2L) |
	    SET(easy, SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);

	if (t == NULL)
		return bad;
	if (t->ca_pem.n > 0)
		bad |= SET(easy, CAINFO, NULL) | SET(easy, CAPATH, NULL) |
		    set_blob(easy, CURLOPT_CAINFO_BLOB, t->ca_pem);
	else if (t->ca_file.n > 0)
		bad |= SET(easy, CAINFO, t->ca_file.p) |
		    SET(easy, CAPATH, NULL);
	if (t->cert_pem.n > 0)
		bad |= SET(easy, SSLCERTTYPE, "PEM") |
		    SET(easy, SSLKEYTYPE, "PEM") |
		    set_blob(easy, CURLOPT_SSLCERT_BLOB, t->cert_pem) |
		    set_blob(easy, CURLOPT_SSLKEY_BLOB, t->key_pem);
	return bad;
}

static int
set_request(CURL *easy, struct job *j)
{
	const struct http_request *r = j->req;
	int bad = SET(easy, URL, (const char *)j->url_text.p) |
	    SET(easy, HTTPHEADER, j->headers.nodes) |
	    SET(easy, USERAGENT, "Countersign") |
	    SET(easy, HEADERFUNCTION, http_answer_header) |
	    SET(easy, HEADERDATA, &j->answer) |
	    SET(easy, WRITEFUNCTION, http_answer_body) |
	    SET(easy, WRITEDATA, &j->answer) |
	    SET(easy, ERRORBUFFER, j->error);

	if (j->resolve.n > 0)
		bad |= SET(easy, RESOLVE, &j->resolve_node);
	if (str_is(r->method, "POST"))
		bad |= SET(easy, POST, 1L) |
		    SET(easy, POSTFIELDSIZE_LARGE, (curl_off_t)r->body.n) |
		    SET(easy, POSTFIELDS, r->body.n > 0 ? r->body.p : "");
	else
		bad |= SET(easy, HTTPGET, 1L);
	return bad;
}

/* ------------------------------------------------------------------ */
/* sending */

/* By OpenSSL's words: an expired certificate has the same code. */
static bool
authority_unknown(const struct job *j)
{
	return strstr(j->error, "issuer certificate") != NULL ||
	    strstr(j->error, "self-signed certificate") != NULL;
}

static int32_t
failure_name(struct job *j, CURLcode code, struct buf *why)
{
	const char *words = code == CURLE_ABORTED_BY_CALLBACK ?
	    "broken off, because we stop" : j->error[0] != '\0' ? j->error :
	    curl_easy_strerror(code);

	if (j->answer.fault != NULL || code == CURLE_FILESIZE_EXCEEDED) {
		buf_printf(why, "%.*s: the answer %s",
		    STR_FMT(buf_str(&j->origin)), j->answer.fault != NULL ?
		    j->answer.fault : "is longer than allowed");
		return CSN_E_LIMIT;
	}
	buf_printf(why, "%.*s: %s%s", STR_FMT(buf_str(&j->origin)), words,
	    authority_unknown(j) ? "; `ca` names the authority that it must "
	    "be of" : "");
	/* a connection that did not come about in its own time is no sign
	 * that ours is over; libcurl's clock may be a little ahead */
	if (code == CURLE_OPERATION_TIMEDOUT &&
	    clock_mono_ms() + CLOCK_SLACK_MS >= j->req->deadline_ms)
		return CSN_E_DEADLINE;
	return CSN_E_BACKEND;
}

static int32_t
request_run(struct http_client *c, struct job *j, CURL *easy, size_t max_body,
    long *ret_status, struct buf *why)
{
	CURLcode code;

	if (set_bounds(easy, c, j, max_body) != 0 ||
	    set_proxy(easy, http_pool_proxy(c)) != 0 ||
	    set_trust(easy, j->req->trust) != 0 || set_request(easy, j) != 0) {
		buf_printf(why, "%.*s: the request could not be set up",
		    STR_FMT(buf_str(&j->origin)));
		return CSN_E_BACKEND;
	}
	code = curl_easy_perform(easy);
	if (code != CURLE_OK)
		return failure_name(j, code, why);
	if (curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, ret_status) !=
	    CURLE_OK)
		return CSN_E_BACKEND;
	return CSN_OK;
}

static int32_t
request_send(struct http_client *c, struct job *j, size_t max_body,
    struct arena *a, struct csn_http_res *ret, struct buf *why)
{
	struct http_channel *ch;
	CURL *easy = http_pool_take(c, j->req->trust, buf_str(&j->origin),
	    &ch);
	long status = 0;
	int32_t rc;

	if (easy == NULL) {
		buf_puts(why, "no memory for a request");
		return CSN_E_BACKEND;
	}
	rc = request_run(c, j, easy, max_body, &status, why);
	http_pool_give(c, ch, easy, buf_str(&j->origin), rc == CSN_OK);
	if (rc != CSN_OK)
		return rc;
	rc = http_answer_put(&j->answer, a, ret);
	if (rc == CSN_OK)
		ret->status = (uint32_t)status;
	else
		buf_printf(why, "%.*s: the answer is longer than the call's "
		    "memory", STR_FMT(buf_str(&j->origin)));
	return rc;
}

static size_t
body_max(const struct http_request *r)
{
	size_t n = r->max_bytes > 0 ? r->max_bytes : HTTP_CLIENT_BODY;
	size_t most = r->large ? HTTP_CLIENT_BODY_LARGE :
	    HTTP_CLIENT_BODY_MAX;

	return n < most ? n : most;
}

int32_t
http_client_fetch(struct http_client *c, struct arena *a,
    const struct http_request *req, struct csn_http_res *ret, struct buf *why)
{
	struct job j = { .req = req };
	struct buf unsaid;
	const char *fault;
	int32_t rc;

	buf_init(&unsaid, 1024);
	if (why == NULL)
		why = &unsaid;
	buf_init(&j.url_text, URL_TEXT);
	buf_init(&j.origin, 512);
	buf_init(&j.resolve, 1024);
	http_answer_init(&j.answer, body_max(req));
	fault = request_fault(&j);
	rc = fault == NULL ? CSN_OK : CSN_E_INVALID;
	if (fault != NULL)
		buf_printf(why, "the request %s", fault);
	if (rc == CSN_OK)
		rc = request_resolve(&j, http_pool_proxy(c), why);
	if (rc == CSN_OK)
		rc = request_send(c, &j, body_max(req), a, ret, why);
	http_answer_free(&j.answer);
	http_headers_free(&j.headers);
	buf_free(&j.resolve);
	buf_free(&j.origin);
	buf_free(&j.url_text);
	buf_free(&unsaid);
	return rc;
}
