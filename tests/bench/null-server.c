/* SPDX-License-Identifier: Apache-2.0 */
/*
 * null-server.c - the gateway's loop with nothing behind it
 *
 * Answers each request without looking at it: 204 and one header, or what the
 * options say. It is what the benchmarks hold the session check against, and
 * measures the loop itself: at the end it prints one line with the requests
 * answered and its own CPU time for each. With -o it opens a cookie of so many
 * bytes for each request, and still looks at nothing: what no check can do
 * without. With -d it also starts a process that drives it. It must never be
 * installed.
 */
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "../../common/host/gcm.h"
#include "../../gateway/http.h"
#include "lib/base64url.h"
#include "lib/timefmt.h"

#define HEADERS_MAX	32
#define CLIENTS_MAX	256
#define COOKIE_MAX	4096u
#define TAG		16

static struct csn_pair headers[HEADERS_MAX];
static size_t nheaders;
static unsigned status = 204;
static uid_t uids[2];	/* who may connect: we, and the proxy's user */

/* What nginx sends for a session check, the cookie of 1 KiB apart. */
static const char request_head[] =
    "GET /check HTTP/1.1\r\nHost: countersign\r\n"
    "X-Original-URL: https://app.example.com/guacamole/#/client\r\n"
    "X-Original-Method: GET\r\nX-Real-IP: 192.0.2.7\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 "
    "Firefox/140.0\r\nAccept: text/html,application/xhtml+xml\r\n"
    "Accept-Language: en-GB,en;q=0.7\r\nAccept-Encoding: gzip, br\r\n"
    "Cookie: __Host-csn=";

static void
usage(void)
{
	(void)fprintf(stderr, "usage: null-server [-t threads] [-s status] "
	    "[-h 'Name: value']... [-w seconds] [-d clients]\n"
	    "    [-u peer-uid] [-o bytes-to-open] PATH | ADDRESS:PORT\n"
	    "without -w it serves until SIGTERM\n");
	exit(2);
}

static void
header_add(char *text)
{
	char *colon = strstr(text, ": ");

	if (colon == NULL || nheaders == HEADERS_MAX)
		usage();
	headers[nheaders].name = str_of(text, (size_t)(colon - text));
	headers[nheaders].value = str_from(colon + 2);
	nheaders++;
}

/* A cookie under one key that never changes: AES-256-GCM, base64url. */
static struct buf cookie;
static size_t cookie_bytes;
static const uint8_t key[32], nonce[12], place[64];

static EVP_CIPHER_CTX *
cipher_new(int seals)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (ctx == NULL || EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL,
	    key, nonce, seals) != 1)
		abort();
	return ctx;
}

static void
cookie_make(size_t n)
{
	static uint8_t sealed[COOKIE_MAX + TAG];
	EVP_CIPHER_CTX *ctx = cipher_new(1);
	int done;

	if (EVP_CipherUpdate(ctx, NULL, &done, place, sizeof(place)) != 1 ||
	    EVP_CipherUpdate(ctx, sealed, &done, sealed, (int)n) != 1 ||
	    EVP_CipherFinal_ex(ctx, sealed + n, &done) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG,
	    sealed + n) != 1)
		abort();
	EVP_CIPHER_CTX_free(ctx);
	buf_init(&cookie, 0);
	base64url_encode(&cookie, str_of(sealed, n + TAG));
	cookie_bytes = n;
}

/* The cheapest way to set nonce and tag, as in common/host/seal.c. */
static bool
cookie_begin(EVP_CIPHER_CTX *ctx, uint8_t *tag)
{
	uint8_t iv[sizeof(nonce)];
	const OSSL_PARAM params[] = {
		OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, TAG),
		OSSL_PARAM_octet_string(
		    OSSL_CIPHER_PARAM_AEAD_TLS1_SET_IV_INV, iv, sizeof(iv)),
		OSSL_PARAM_END
	};

	memcpy(iv, nonce, sizeof(iv));
	return EVP_CIPHER_CTX_set_params(ctx, params) == 1;
}

static EVP_CIPHER_CTX *
cookie_cipher(void)
{
	static _Thread_local EVP_CIPHER_CTX *ctx;
	uint8_t iv[sizeof(nonce)];

	if (ctx != NULL)
		return ctx;
	memcpy(iv, nonce, sizeof(iv));
	ctx = cipher_new(0);
	if (EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IV_FIXED, -1, iv) != 1)
		abort();
	return ctx;
}

static bool
open_by_openssl(uint8_t *sealed, size_t n)
{
	EVP_CIPHER_CTX *ctx = cookie_cipher();
	int done;

	return cookie_begin(ctx, sealed + n) &&
	    EVP_CipherUpdate(ctx, NULL, &done, place, sizeof(place)) == 1 &&
	    EVP_CipherUpdate(ctx, sealed, &done, sealed, (int)n) == 1 &&
	    EVP_CipherFinal_ex(ctx, sealed + n, &done) == 1;
}

/* As the sealer does: the short way where there is one. */
static void
cookie_open(void)
{
	static _Thread_local struct gcm *gcm;
	uint8_t sealed[COOKIE_MAX + TAG];
	size_t n = cookie_bytes;

	if (base64url_read(sealed, sizeof(sealed), buf_str(&cookie)) !=
	    (ptrdiff_t)n + TAG)
		abort();
	if (gcm == NULL)
		gcm = gcm_new(key);
	if (gcm == NULL ? !open_by_openssl(sealed, n) : gcm_open(gcm, nonce,
	    str_of(place, sizeof(place)), str_of(sealed, n), sealed) < 0)
		abort();
}

static void
null_handler(struct http_exchange *x, void *arg)
{
	(void)arg;
	if (cookie_bytes > 0)
		cookie_open();
	http_reply(x, status, (struct csn_pairs){ headers, nheaders },
	    STR(""));
}

static int
client_connect(const char *where)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct csn_str rest = str_from(where), host;
	uint64_t port;
	struct ip ip;
	int fd;

	if (where[0] == '/') {
		memcpy(sun.sun_path, where, strlen(where));
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) != 0)
			return -1;
		return fd;
	}
	(void)str_cut(&rest, ':', &host);
	if (ip_parse(host, &ip) != 0 || str_u64(rest, 65535, &port) != 0)
		return -1;
	sin.sin_port = htons((uint16_t)port);
	memcpy(&sin.sin_addr, ip.b + 12, 4);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) != 0)
		return -1;
	return fd;
}

/* The driver: each client has one request on its way; ends by a signal. */
static void
drive(const char *where, unsigned clients)
{
	static struct pollfd p[CLIENTS_MAX];
	struct buf request;
	char got[65536];

	buf_init(&request, 0);
	buf_puts(&request, request_head);
	for (unsigned i = 0; i < 1024; i++)
		buf_char(&request, (char)('A' + i % 26));
	buf_puts(&request, "\r\n\r\n");
	for (unsigned i = 0; i < clients; i++) {
		p[i].fd = client_connect(where);
		p[i].events = POLLIN;
		if (p[i].fd < 0 || send(p[i].fd, request.p, request.n, 0) < 0)
			_exit(1);
	}
	for (;;) {
		if (poll(p, clients, -1) < 0)
			_exit(1);
		for (unsigned i = 0; i < clients; i++) {
			if (p[i].revents == 0)
				continue;
			if (recv(p[i].fd, got, sizeof(got), 0) <= 0 ||
			    send(p[i].fd, request.p, request.n, 0) < 0)
				_exit(1);
		}
	}
}

static pid_t
driver_start(const char *where, unsigned clients)
{
	pid_t pid = fork();

	if (pid == 0)
		drive(where, clients);
	return pid;
}

static double
cpu_us(void)
{
	struct rusage r;

	(void)getrusage(RUSAGE_SELF, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e6 +
	    (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

static struct http_server *
serve(const char *where, unsigned threads)
{
	const struct http_role role = {
		.handler = null_handler, .uids = uids, .nuids = 2,
	};
	struct http_server *server = http_server_new(threads, NULL, NULL,
	    NULL);
	struct http_listener *l;
	char text[256];
	struct buf err;

	buf_init_fixed(&err, text, sizeof(text));
	if (server == NULL)
		return NULL;
	if (where[0] == '/')
		l = http_listen_unix(server, "null", where, 0666, (gid_t)-1,
		    &role, &err);
	else
		l = http_listen_tcp(server, "null", str_from(where), &role,
		    &err);
	if (l != NULL && http_server_start(server) == 0)
		return server;
	(void)fprintf(stderr, "null-server: %s\n", text);
	http_server_free(server);
	return NULL;
}

/* Until a signal, or so many seconds. */
static void
wait_end(const sigset_t *ends, unsigned seconds)
{
	int64_t end = clock_mono_ms() + (int64_t)seconds * 1000, left;
	struct timespec t;
	int got;

	if (seconds == 0) {
		(void)sigwait(ends, &got);
		return;
	}
	/* a debugger that attaches interrupts it */
	while ((left = end - clock_mono_ms()) > 0) {
		t.tv_sec = left / 1000;
		t.tv_nsec = left % 1000 * 1000000;
		if (sigtimedwait(ends, NULL, &t) >= 0)
			return;
	}
}

static int
run(const char *where, unsigned threads, unsigned seconds, unsigned clients)
{
	struct http_server *server;
	pid_t driver = -1;
	sigset_t ends;
	double us;
	uint64_t n;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigaddset(&ends, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &ends, NULL);
	server = serve(where, threads);
	if (server == NULL)
		return 1;
	if (clients > 0)
		driver = driver_start(where, clients);
	us = cpu_us();
	wait_end(&ends, seconds);
	us = cpu_us() - us;
	n = http_server_requests(server);
	if (driver > 0) {
		(void)kill(driver, SIGKILL);
		(void)waitpid(driver, NULL, 0);
	}
	http_server_free(server);
	(void)printf("null-server: %llu requests, %.2f us CPU each\n",
	    (unsigned long long)n, n == 0 ? 0 : us / (double)n);
	return 0;
}

static unsigned
number(const char *s, unsigned most)
{
	uint64_t n;

	if (str_u64(str_from(s), most, &n) != 0 || n == 0)
		usage();
	return (unsigned)n;
}

int
main(int argc, char *argv[])
{
	unsigned threads = 1, seconds = 0, clients = 0;
	static char plain[] = "X-Countersign: null";
	int c;

	uids[0] = uids[1] = geteuid();
	while ((c = getopt(argc, argv, "t:s:h:w:d:u:o:")) != -1) {
		if (c == 't')
			threads = number(optarg, 64);
		else if (c == 's')
			status = number(optarg, 599);
		else if (c == 'h')
			header_add(optarg);
		else if (c == 'w')
			seconds = number(optarg, 3600);
		else if (c == 'u')
			uids[1] = number(optarg, UINT32_MAX);
		else if (c == 'o')
			cookie_make(number(optarg, COOKIE_MAX));
		else if (c == 'd')
			clients = number(optarg, CLIENTS_MAX);
		else
			usage();
	}
	if (argc - optind != 1)
		usage();
	if (nheaders == 0)
		header_add(plain);
	return run(argv[optind], threads, seconds, clients);
}
