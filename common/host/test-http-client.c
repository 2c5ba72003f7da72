/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Against tests/peers/https-stub.py, with certificates made anew by openssl.
 */
#include <dirent.h>
#include <jansson.h>
#include <netdb.h>
#include <pthread.h>
#include <stdarg.h>

#include "http_client.h"
#include "lib/testing.h"
#include "lib/timefmt.h"
#include "resolve.h"
#include "secret_command.h"
#include "test-peer.h"

/* Ports are written as $0, $1, ...: the stub's, in its order. */
#define BASE		"https://localhost:$0"

static char folder[] = "/tmp/csn-http-XXXXXX";
static struct peer peer;
static struct arena arena;
static struct http_client *client;
static struct csn_str ca, other_ca, cert, key;
static struct http_trust trust;
static struct buf why;

static const char *const places[] = {
	"https://localhost:$0",
	"https://127.0.0.1:$0",
	"https://localhost:$1",
	"https://localhost:$2",
	"https://localhost:$3",
	"https://localhost:$4",
	"https://localhost:$5",
	"https://localhost:$6",
	"https://localhost:$8",
	"https://localhost:$9",
	"http://localhost:$6",
	"https://none.invalid",
	"https://far.example:$0",
};
static struct csn_str origins[COUNT(places)];
static char texts[COUNT(places)][64];

/* With the ports in place. */
static struct csn_str
ported(const char *text, char *ret)
{
	size_t n = 0;

	for (; *text != '\0'; text++) {
		if (text[0] == '$' && text[1] >= '0' && text[1] <= '9')
			n += (size_t)snprintf(ret + n, 6, "%u",
			    peer.ports[*++text - '0']);
		else
			ret[n++] = *text;
	}
	ret[n] = '\0';
	return str_of(ret, n);
}

/* ------------------------------------------------------------------ */
/* certificates */

static __attribute__((format(printf, 1, 2))) int
openssl(const char *fmt, ...)
{
	char words[512];
	struct buf line, out;
	const char *fault;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	buf_init(&line, 0);
	buf_init(&out, 65536);
	buf_puts(&line, "/usr/bin/openssl ");
	for (const char *p = words; *p != '\0'; p++) {
		if (*p == '@')
			buf_printf(&line, "%s/", folder);
		else
			buf_char(&line, *p);
	}
	fault = secret_command_run(buf_str(&line), 60000, 60000, &out);
	if (fault != NULL)
		print_error("openssl %s: %s\n", words, fault);
	buf_free(&line);
	buf_free(&out);
	return fault == NULL ? 0 : -1;
}

static int
put(const char *name, const char *text, const char *mode)
{
	char path[128];
	FILE *f;
	int rc;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, mode);
	rc = f == NULL || fputs(text, f) < 0;
	return (f == NULL || fclose(f) != 0 || rc) ? -1 : 0;
}

/* Kept until the end. */
static struct csn_str
get(const char *name)
{
	char path[128], *text = calloc(1, 16384);
	FILE *f;
	size_t n;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(text, 1, 16383, f);
	assert_int_equal(fclose(f), 0);
	return str_of(text, n);
}

static int
ca_make(const char *name)
{
	return openssl("req -x509 -newkey ec -pkeyopt "
	    "ec_paramgen_curve:P-256 -nodes -subj /CN=%s -days 2 -keyout "
	    "@%s.key -out @%s.pem", name, name, name);
}

/* NAME.pem: the certificate and its key. */
static int
cert_make(const char *name, const char *from, const char *names,
    const char *days)
{
	char both[64], text[256];
	struct csn_str k;

	(void)snprintf(text, sizeof(text), "subjectAltName=%s\n", names);
	(void)snprintf(both, sizeof(both), "%s.pem", name);
	if (put("ext", text, "w") != 0 ||
	    openssl("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
	    "-subj /CN=x -keyout @%s.key -out @csr", name) != 0 ||
	    openssl("x509 -req -in @csr -CA @%s.pem -CAkey @%s.key "
	    "-CAcreateserial -days %s -extfile @ext -out @%s.pem", from, from,
	    days, name) != 0)
		return -1;
	(void)snprintf(text, sizeof(text), "%s.key", name);
	k = get(text);
	if (put(both, k.p, "a") != 0)
		return -1;
	free((void *)(uintptr_t)k.p);
	return 0;
}

static int
set_up(void **state)
{
	const char *own = "DNS:localhost,IP:127.0.0.1";

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	/* what must be without effect */
	(void)setenv("https_proxy", "http://127.0.0.1:1", 1);
	(void)setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	if (mkdtemp(folder) == NULL || ca_make("ca") != 0 ||
	    ca_make("otherca") != 0 || cert_make("good", "ca", own, "2") != 0 ||
	    cert_make("name", "ca", "DNS:elsewhere.example", "2") != 0 ||
	    cert_make("old", "ca", own, "-1") != 0 ||
	    cert_make("other", "otherca", own, "2") != 0 ||
	    cert_make("client", "ca", "DNS:client", "2") != 0)
		return -1;
	ca = get("ca.pem");
	other_ca = get("otherca.pem");
	cert = get("client.pem");
	key = get("client.key");
	trust = (struct http_trust){ .ca_pem = ca };
	buf_init(&why, 1024);
	if (peer_start(&peer, "https-stub.py", folder) != 0)
		return -1;
	for (size_t i = 0; i < COUNT(places); i++)
		origins[i] = ported(places[i], texts[i]);
	return 0;
}

static int
tear_down(void **state)
{
	char path[512];
	struct dirent *e;
	DIR *d;

	(void)state;
	peer_stop(&peer);
	resolve_rest();
	buf_free(&why);
	free((void *)(uintptr_t)ca.p);
	free((void *)(uintptr_t)other_ca.p);
	free((void *)(uintptr_t)cert.p);
	free((void *)(uintptr_t)key.p);
	d = opendir(folder);
	while (d != NULL && (e = readdir(d)) != NULL) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		(void)unlink(path);
	}
	if (d != NULL)
		(void)closedir(d);
	return rmdir(folder);
}

static int
each_set_up(void **state)
{
	(void)state;
	arena_init(&arena, 8 << 20);
	client = http_client_new(NULL);
	return client == NULL ? -1 : 0;
}

static int
each_tear_down(void **state)
{
	(void)state;
	http_client_free(client);
	arena_free(&arena);
	return 0;
}

/* ------------------------------------------------------------------ */


/* Good until so many more are asked for. */
static struct csn_str
url_of(const char *url)
{
	static _Thread_local char urls[256][128];
	static _Thread_local unsigned next;

	return ported(url, urls[next++ % COUNT(urls)]);
}

static struct http_request
asked(const char *method, const char *url)
{
	return (struct http_request){
		.method = str_from(method), .url = url_of(url),
		.origins = { origins, COUNT(origins) }, .trust = &trust,
		.deadline_ms = clock_mono_ms() + 20000,
	};
}

static int32_t
fetch(const struct http_request *r, struct csn_http_res *ret)
{
	buf_clear(&why);
	memset(ret, 0, sizeof(*ret));
	return http_client_fetch(client, &arena, r, ret, &why);
}

/* An answer, or the test ends. */
static struct csn_http_res
got(const char *url)
{
	struct http_request r = asked("GET", url);
	struct csn_http_res res;
	int32_t rc = fetch(&r, &res);

	if (rc != CSN_OK)
		fail_msg("%s: %d %.*s", url, rc, STR_FMT(buf_str(&why)));
	assert_int_equal(why.n, 0);
	return res;
}

/* That failure, with these words in the sentence, and nothing in the arena. */
static void
failed(const struct http_request *r, int32_t want, const char *words)
{
	struct csn_http_res res;
	size_t used = arena.used;
	int32_t rc = fetch(r, &res);

	if (rc != want || str_find(buf_str(&why), url_of(words)) < 0)
		fail_msg("%.*s: %d, not %d: \"%.*s\", not \"%s\"",
		    STR_FMT(r->url), rc, want, STR_FMT(buf_str(&why)), words);
	assert_int_equal(res.status, 0);
	assert_int_equal(arena.used, used);
	assert_false(arena.over);
}

static void
url_failed(const char *url, int32_t want, const char *words)
{
	struct http_request r = asked("GET", url);

	failed(&r, want, words);
}

/* ------------------------------------------------------------------ */

static void
answers_are_given_whole(void **state)
{
	struct csn_http_res res = got(BASE "/echo");

	(void)state;
	assert_int_equal(res.status, 200);
	assert_str(pairs_get(res.headers, STR("content-type")),
	    "application/json");
	assert_str(pairs_get(res.headers, STR("x-text")), "山");
	assert_str(pairs_get(res.headers, STR("x-empty")), "");
	assert_str(res.headers.v[1].name, "x-twice");
	assert_str(res.headers.v[1].value, "1");
	assert_str(res.headers.v[2].name, "x-twice");
	assert_str(res.headers.v[2].value, "2");
	assert_int_equal(res.body.p[res.body.n], '\0');
	assert_int_equal(got(BASE "/status").status, 503);
	assert_str(got(BASE "/status").body, "no");
	assert_str(got("https://127.0.0.1:$0/status").body, "no");
}

/* What the server saw of a request. */
static json_t *
seen(const struct http_request *r)
{
	struct csn_http_res res;
	json_t *json;

	assert_int_equal(fetch(r, &res), CSN_OK);
	json = json_loadb(res.body.p, res.body.n, JSON_ALLOW_NUL, NULL);
	assert_non_null(json);
	return json;
}

static const char *
member(const json_t *json, const char *name)
{
	return json_string_value(json_object_get(json, name));
}

static const char *
header(const json_t *json, const char *name)
{
	const json_t *list = json_object_get(json, "headers"), *pair;

	for (size_t i = 0; i < json_array_size(list); i++) {
		pair = json_array_get(list, i);
		if (strcasecmp(json_string_value(json_array_get(pair, 0)),
		    name) == 0)
			return json_string_value(json_array_get(pair, 1));
	}
	return NULL;
}

static void
requests_are_sent_as_asked(void **state)
{
	const struct csn_pair v[] = {
		{ STR("Authorization"), STR("Basic YTpi") },
		{ STR("Content-Type"), STR("application/json") },
		{ STR("X-Empty"), STR("") },
	};
	struct http_request r = asked("POST", BASE "/echo?a=%2F&b=../c");
	json_t *json;

	(void)state;
	r.headers = (struct csn_pairs){ v, COUNT(v) };
	r.body = str_of("a\0b", 3);
	json = seen(&r);
	assert_string_equal(member(json, "method"), "POST");
	assert_string_equal(member(json, "path"), "/echo?a=%2F&b=../c");
	assert_int_equal(json_string_length(json_object_get(json, "body")), 3);
	assert_string_equal(header(json, "Authorization"), "Basic YTpi");
	assert_string_equal(header(json, "Content-Type"), "application/json");
	assert_string_equal(header(json, "X-Empty"), "");
	assert_string_equal(header(json, "Host"), url_of("localhost:$0").p);
	assert_string_equal(header(json, "User-Agent"), "Countersign");
	assert_null(header(json, "Expect"));
	assert_null(header(json, "Accept-Encoding"));
	json_decref(json);

	r = asked("POST", BASE "/echo");
	json = seen(&r);
	assert_string_equal(header(json, "Content-Length"), "0");
	assert_null(header(json, "Authorization"));	/* nothing stays */
	json_decref(json);
	r = asked("GET", BASE "/echo");
	json = seen(&r);
	assert_string_equal(member(json, "method"), "GET");
	assert_null(header(json, "Content-Type"));
	json_decref(json);
}

static void
other_requests_are_refused(void **state)
{
	static const char *const urls[] = { "http://localhost:$6/echo",
		"https://localhost:$7/echo", "https://localhost/echo",
		"https://localhost:$0@evil.example/", "https://evil.example",
		"https://localhost.evil.example:$0/",
		"ftp://localhost:$0",
		"https://LOCALHOST:$0/echo#x", "HTTPS://localhost:$0/",
		"https://localhost:$0/a b", "", "file:///etc/passwd",
		"https://a:b@localhost:$0/", "https://localhost:0$0/" };
	static const char *const methods[] = { "HEAD", "PUT", "DELETE",
		"get", "", "GET /", "CONNECT" };
	static const struct csn_pair headers[] = {
		{ STR_INIT("Host"), STR_INIT("evil") },
		{ STR_INIT("cookie"), STR_INIT("a=b") },
		{ STR_INIT("Content-Length"), STR_INIT("3") },
		{ STR_INIT("transfer-encoding"), STR_INIT("chunked") },
		{ STR_INIT("Connection"), STR_INIT("close") },
		{ STR_INIT("Proxy-Authorization"), STR_INIT("x") },
		{ STR_INIT("X"), STR_INIT("a\r\nHost: evil") },
		{ STR_INIT("X"), STR_INIT("a\nb") },
		{ STR_INIT("X"), STR_INIT("a\0b") },
		{ STR_INIT("X\r\nY"), STR_INIT("b") },
		{ STR_INIT("X Y"), STR_INIT("b") },
		{ STR_INIT("X:"), STR_INIT("b") },
		{ STR_INIT(""), STR_INIT("b") },
		{ STR_INIT("X"), STR_INIT("\xff") },
	};
	struct http_request r;

	(void)state;
	for (size_t i = 0; i < COUNT(urls); i++)
		url_failed(urls[i], CSN_E_INVALID, "the request ");
	for (size_t i = 0; i < COUNT(methods); i++) {
		r = asked(methods[i], BASE "/echo");
		failed(&r, CSN_E_INVALID, "method");
	}
	for (size_t i = 0; i < COUNT(headers); i++) {
		r = asked("GET", BASE "/echo");
		r.headers = (struct csn_pairs){ &headers[i], 1 };
		failed(&r, CSN_E_INVALID, "header");
	}
	r = asked("GET", BASE "/echo");
	r.body = STR("x");
	failed(&r, CSN_E_INVALID, "body");
	r = asked("GET", BASE "/echo");
	r.origins.n = 0;
	failed(&r, CSN_E_INVALID, "not configured");
	assert_int_equal(http_client_idle(client), 0);	/* nothing was sent */
}

static void
headers_are_bounded(void **state)
{
	struct csn_pair v[40];
	struct http_request r = asked("GET", BASE "/echo");
	char *wide = malloc(20000);

	(void)state;
	assert_non_null(wide);
	memset(wide, 'x', 20000);
	for (size_t i = 0; i < COUNT(v); i++)
		v[i] = (struct csn_pair){ STR("X"), STR("y") };
	r.headers = (struct csn_pairs){ v, 33 };
	failed(&r, CSN_E_INVALID, "too many headers");
	v[0].value = str_of(wide, 20000);
	r.headers.n = 1;
	failed(&r, CSN_E_INVALID, "too long headers");
	free(wide);
	assert_int_equal(got(BASE "/headers=90").headers.n, 91);
	url_failed(BASE "/headers=101", CSN_E_LIMIT, "too many headers");
	assert_int_equal(got(BASE "/wide=6").headers.n, 7);
	url_failed(BASE "/wide=7", CSN_E_LIMIT, "too many headers");
}

static void
odd_headers_are_left_out(void **state)
{
	struct csn_http_res res = got(BASE "/odd");

	(void)state;
	assert_str(pairs_get(res.headers, STR("x-good")), "1");
	assert_int_equal(res.headers.n, 2);
	res = got(BASE "/continue");
	assert_null(pairs_get(res.headers, STR("x-early")).p);
	assert_str(pairs_get(res.headers, STR("x-late")), "1");
	assert_str(res.body, "late");
	res = got(BASE "/trailer");
	assert_str(pairs_get(res.headers, STR("x-head")), "1");
	assert_null(pairs_get(res.headers, STR("x-trailer")).p);
	assert_str(res.body, "abcde");
}

static void
bodies_are_bounded(void **state)
{
	struct http_request r = asked("GET", BASE "/big=1000");
	struct csn_http_res res;
	struct arena small;

	(void)state;
	r.max_bytes = 1000;
	assert_int_equal(fetch(&r, &res), CSN_OK);
	assert_int_equal(res.body.n, 1000);
	r.max_bytes = 999;
	failed(&r, CSN_E_LIMIT, "longer than allowed");
	r.url = url_of(BASE "/endless=1000");
	failed(&r, CSN_E_LIMIT, "longer than allowed");
	assert_int_equal(got(BASE "/big=1048576").body.n, 1048576);
	url_failed(BASE "/big=1048577", CSN_E_LIMIT, "longer");
	url_failed(BASE "/endless=1048577", CSN_E_LIMIT, "longer");
	r = asked("GET", BASE "/big=5000000");
	r.max_bytes = 1u << 30;
	failed(&r, CSN_E_LIMIT, "longer");
	r.large = true;			/* as in the background */
	assert_int_equal(fetch(&r, &res), CSN_OK);
	assert_int_equal(res.body.n, 5000000);
	r.max_bytes = 4999999;
	failed(&r, CSN_E_LIMIT, "longer");

	arena_init(&small, 900);
	r = asked("GET", BASE "/big=1000");
	assert_int_equal(http_client_fetch(client, &small, &r, &res, NULL),
	    CSN_E_LIMIT);
	assert_int_equal(small.used, 0);
	assert_false(small.over);
	arena_free(&small);
}

static void
nothing_is_followed_kept_or_unpacked(void **state)
{
	struct http_request r = asked("GET", BASE "/echo");
	struct csn_http_res res = got(BASE "/redirect");
	json_t *json;

	(void)state;
	assert_int_equal(res.status, 302);
	assert_str(pairs_get(res.headers, STR("location")),
	    "https://elsewhere.example/echo");
	(void)got(BASE "/cookie");
	json = seen(&r);
	assert_null(header(json, "Cookie"));
	json_decref(json);
	assert_int_equal(got(BASE "/gzip").body.n, 4);
}

static void
broken_answers_are_told(void **state)
{
	(void)state;
	url_failed(BASE "/garbage", CSN_E_BACKEND, BASE ": ");
	url_failed(BASE "/old", CSN_E_BACKEND, "HTTP/0.9");
	url_failed(BASE "/cut", CSN_E_BACKEND, BASE ": ");
	url_failed(BASE "/colonless", CSN_E_BACKEND, "without colon");
	url_failed("https://localhost:$6/echo", CSN_E_BACKEND, "$6: ");
	url_failed("https://localhost:$9/echo", CSN_E_BACKEND, "connect");
	url_failed("https://none.invalid/", CSN_E_BACKEND, "no such host");
}

/* Whether there is DNS here must not matter to what is said of no such host. */
int __real_getaddrinfo(const char *, const char *, const struct addrinfo *,
    struct addrinfo **);
int __wrap_getaddrinfo(const char *, const char *, const struct addrinfo *,
    struct addrinfo **);

int
__wrap_getaddrinfo(const char *name, const char *port,
    const struct addrinfo *hints, struct addrinfo **ret)
{
	if (strcmp(name, "none.invalid") == 0)
		return EAI_NONAME;
	return __real_getaddrinfo(name, port, hints, ret);
}

static void
only_the_right_certificate_will_do(void **state)
{
	struct http_request r = asked("GET", BASE "/echo");
	struct http_trust none = { .ca_pem = STR("no certificate") };
	char path[64];
	struct http_trust file = { .ca_pem = STR("") };
	struct csn_http_res res;

	(void)state;
	url_failed("https://localhost:$1/echo", CSN_E_BACKEND, "SSL");
	url_failed("https://localhost:$2/echo", CSN_E_BACKEND, "expired");
	url_failed("https://localhost:$3/echo", CSN_E_BACKEND, "SSL");
	url_failed("https://localhost:$8/echo", CSN_E_BACKEND, "$8: ");
	r.trust = NULL;		/* the system does not know our CA */
	failed(&r, CSN_E_BACKEND, "`ca` names the authority");
	r.trust = &none;
	failed(&r, CSN_E_BACKEND, BASE);
	(void)snprintf(path, sizeof(path), "%s/ca.pem", folder);
	file.ca_file = str_from(path);
	r.trust = &file;
	assert_int_equal(fetch(&r, &res), CSN_OK);
	file.ca_file = STR("/nonexistent");
	failed(&r, CSN_E_BACKEND, BASE);
}

/* A connection made under one trust is never used under another. */
static void
trusts_are_kept_apart(void **state)
{
	struct http_trust other = { .ca_pem = other_ca };
	struct http_request r = asked("GET", BASE "/connection");

	(void)state;
	(void)got(BASE "/connection");
	assert_int_equal(http_client_idle(client), 1);
	r.trust = &other;
	failed(&r, CSN_E_BACKEND, "SSL");
	r.trust = NULL;
	failed(&r, CSN_E_BACKEND, "SSL");
	assert_int_equal(http_client_idle(client), 1);
}

static void
client_certificates_are_shown(void **state)
{
	struct http_trust with = { .ca_pem = ca, .cert_pem = cert,
		.key_pem = key };
	struct http_request r = asked("GET", "https://localhost:$4/status");
	struct csn_http_res res;

	(void)state;
	failed(&r, CSN_E_BACKEND, "$4");
	r.trust = &with;
	assert_int_equal(fetch(&r, &res), CSN_OK);
	assert_str(res.body, "no");
	r.trust = &trust;
	failed(&r, CSN_E_BACKEND, "$4");
	with.key_pem = STR("no key");
	r.trust = &with;
	failed(&r, CSN_E_BACKEND, "$4");
}

static void
connections_are_used_again(void **state)
{
	struct csn_str first = got(BASE "/connection").body;

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_true(str_equal(got(BASE "/connection").body, first));
	assert_int_equal(http_client_idle(client), 1);
	/* also after an error status, and after a server that closed */
	(void)got(BASE "/status");
	assert_true(str_equal(got(BASE "/connection").body, first));
	(void)got(BASE "/last");
	(void)got(BASE "/leave");
	(void)got(BASE "/leave");
	/* a new connection, the TLS session resumed */
	assert_true(str_ends(got(BASE "/connection").body, STR(" 1")));
	(void)got("https://127.0.0.1:$0/status");
	assert_int_equal(http_client_idle(client), 2);
}

static void
deadlines_are_kept(void **state)
{
	static const char *const urls[] = { BASE "/mute", BASE "/drip",
		"https://localhost:$5/" };
	struct http_request r;
	int64_t start, took;

	(void)state;
	for (size_t i = 0; i < COUNT(urls); i++) {
		start = clock_mono_ms();
		r = asked("GET", urls[i]);
		r.deadline_ms = start + 300;
		failed(&r, CSN_E_DEADLINE, "https://localhost:");
		took = clock_mono_ms() - start;
		assert_true(took >= 290 && took < 10000);
	}
	r = asked("GET", BASE "/echo");
	r.deadline_ms = clock_mono_ms();
	failed(&r, CSN_E_DEADLINE, "in time");
	r = asked("GET", "https://127.0.0.1:$0/mute");
	r.deadline_ms = 1;
	failed(&r, CSN_E_DEADLINE, "127.0.0.1");
}

static void
a_proxy_is_used_where_configured(void **state)
{
	struct http_client *direct = client;
	struct csn_str before = got(BASE "/proxied").body;

	(void)state;
	assert_str(before, "0");	/* the environment's is not */
	client = http_client_new(url_of("http://localhost:$7").p);
	assert_non_null(client);
	assert_str(got(BASE "/proxied").body, "1");
	assert_null(pairs_get(got(BASE "/proxied").headers,
	    STR("x-proxy")).p);
	/* it looks the name up; the certificate must still fit */
	url_failed("https://far.example:$0/echo", CSN_E_BACKEND, "SSL");
	http_client_free(client);
	client = http_client_new("socks5://localhost:1080");
	url_failed(BASE "/echo", CSN_E_BACKEND, "http://host:port");
	http_client_free(client);
	client = direct;
}

static void *
many(void *arg)
{
	struct csn_http_res res;
	struct http_request r;
	struct arena a;

	for (int i = 0; i < 10; i++) {
		arena_init(&a, 1 << 20);
		r = asked("GET", i % 2 == 0 ? BASE "/connection" :
		    "https://localhost:$3/echo");
		if (http_client_fetch(client, &a, &r, &res, NULL) !=
		    (i % 2 == 0 ? CSN_OK : CSN_E_BACKEND))
			return arg;
		arena_free(&a);
	}
	return NULL;
}

static void
threads_do_not_disturb_each_other(void **state)
{
	pthread_t threads[12];
	void *bad;

	(void)state;
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, many,
		    threads), 0);
	for (size_t i = 0; i < COUNT(threads); i++) {
		assert_int_equal(pthread_join(threads[i], &bad), 0);
		assert_null(bad);
	}
	assert_in_range(http_client_idle(client), 1, 8);
}

static void *
stop_soon(void *arg)
{
	(void)usleep(300000);
	http_client_stop(arg);
	return NULL;
}

static void
stopping_waits_for_nobody(void **state)
{
	struct http_request r = asked("GET", BASE "/mute");
	int64_t start = clock_mono_ms();
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, stop_soon, client), 0);
	failed(&r, CSN_E_BACKEND, "because we stop");
	assert_in_range(clock_mono_ms() - start, 250, 5000);
	assert_int_equal(pthread_join(thread, NULL), 0);
	url_failed(BASE "/echo", CSN_E_BACKEND, "because we stop");
}

static void
unused_trusts_are_given_up(void **state)
{
	char path[64];
	struct http_trust t = { .ca_pem = STR("") };
	struct http_request r = asked("GET", BASE "/echo");

	(void)state;
	(void)got(BASE "/echo");
	assert_int_equal(http_client_idle(client), 1);
	r.trust = &t;
	for (int i = 0; i < 70; i++) {
		(void)snprintf(path, sizeof(path), "/nonexistent/%d", i);
		t.ca_file = str_from(path);
		failed(&r, CSN_E_BACKEND, BASE);
	}
	assert_int_equal(http_client_idle(client), 0);
}

#define T(test) cmocka_unit_test_setup_teardown(test, each_set_up, \
	each_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(answers_are_given_whole),
		T(requests_are_sent_as_asked),
		T(other_requests_are_refused),
		T(headers_are_bounded),
		T(odd_headers_are_left_out),
		T(bodies_are_bounded),
		T(nothing_is_followed_kept_or_unpacked),
		T(broken_answers_are_told),
		T(only_the_right_certificate_will_do),
		T(trusts_are_kept_apart),
		T(client_certificates_are_shown),
		T(connections_are_used_again),
		T(deadlines_are_kept),
		T(stopping_waits_for_nobody),
		T(a_proxy_is_used_where_configured),
		T(threads_do_not_disturb_each_other),
		T(unused_trusts_are_given_up),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
