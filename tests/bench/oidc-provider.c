/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oidc-provider.c - OpenID providers that sign as fast as OpenSSL does
 *
 * Metadata, keys and tokens over TLS on loopback, for any number of providers
 * below /p0, /p1 and so on. A code is the number of a login and its nonce; the
 * driver (oidc-login.c) makes it out of what it was sent here with. Keys are
 * made at the start, each token is signed when it is asked for. It believes
 * everybody: it must never be used for anything but benchmarks.
 *
 * The first line that it prints is its port. Then it answers lines:
 *   keys P SIGNER FIRST LAST	provider P signs by a key, and publishes some
 *   stale P KEY N		by that one the next N tokens of P
 *   count			of each: fetches of its keys, stale tokens left
 *   key N			the key that login N was signed by
 * and ends with its input.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "lib/base64url.h"

#define KEYS		16u	/* of each provider */
#define PROVIDERS	8u
#define LOGINS		(1u << 20)	/* remembered */
#define PERSONS		5000u
#define REQUEST_MAX	16384u

struct provider {
	EVP_PKEY *keys[KEYS];
	struct csn_str jwks[KEYS];	/* each key, as JSON */
	unsigned signer, first, last;
	unsigned stale_key, stale_left;
	unsigned fetches;
};

static struct provider providers[PROVIDERS];
static unsigned nproviders;
static unsigned char key_of[LOGINS];	/* each login's */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned port;

/* ------------------------------------------------------------------ */
/* keys */

static void
coordinate_put(struct buf *b, EVP_PKEY *key, const char *name)
{
	unsigned char bytes[32];
	BIGNUM *n = NULL;

	if (EVP_PKEY_get_bn_param(key, name, &n) != 1 ||
	    BN_bn2binpad(n, bytes, sizeof(bytes)) != sizeof(bytes))
		client_fail("a key");
	base64url_encode(b, str_of(bytes, sizeof(bytes)));
	BN_free(n);
}

static void
key_make(struct provider *p, unsigned provider, unsigned i)
{
	struct buf b;

	buf_init(&b, 0);
	p->keys[i] = EVP_EC_gen("P-256");
	if (p->keys[i] == NULL)
		client_fail("a key");
	buf_printf(&b, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"use\":\"sig\","
	    "\"alg\":\"ES256\",\"kid\":\"%u-%u\",\"x\":\"", provider, i);
	coordinate_put(&b, p->keys[i], OSSL_PKEY_PARAM_EC_PUB_X);
	buf_puts(&b, "\",\"y\":\"");
	coordinate_put(&b, p->keys[i], OSSL_PKEY_PARAM_EC_PUB_Y);
	buf_puts(&b, "\"}");
	p->jwks[i] = buf_str(&b);
}

/* The signature as RFC 7518 3.4 has it. */
static void
sign(EVP_PKEY *key, struct buf *token)
{
	unsigned char der[128], raw[64];
	const unsigned char *at = der;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t n = sizeof(der);
	ECDSA_SIG *sig = NULL;

	if (ctx == NULL || EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL,
	    key) != 1 || EVP_DigestSign(ctx, der, &n, token->p, token->n) !=
	    1 || (sig = d2i_ECDSA_SIG(NULL, &at, (long)n)) == NULL ||
	    BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, 32) != 32 ||
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + 32, 32) != 32)
		client_fail("a signature");
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(ctx);
	buf_char(token, '.');
	base64url_encode(token, str_of(raw, sizeof(raw)));
}

/* ------------------------------------------------------------------ */
/* what is answered */

static void
metadata_put(struct buf *b, unsigned provider)
{
	char issuer[64];

	(void)snprintf(issuer, sizeof(issuer), "https://127.0.0.1:%u/p%u",
	    port, provider);
	buf_printf(b, "{\"issuer\":\"%s\",\"authorization_endpoint\":"
	    "\"%s/authorize\",\"token_endpoint\":\"%s/token\",\"jwks_uri\":"
	    "\"%s/jwks\",\"response_types_supported\":[\"code\"],"
	    "\"subject_types_supported\":[\"public\"],"
	    "\"id_token_signing_alg_values_supported\":[\"ES256\"],"
	    "\"authorization_response_iss_parameter_supported\":true}",
	    issuer, issuer, issuer, issuer);
}

static void
jwks_put(struct buf *b, struct provider *p)
{
	buf_puts(b, "{\"keys\":[");
	(void)pthread_mutex_lock(&lock);
	p->fetches++;
	for (unsigned i = p->first; i <= p->last; i++) {
		buf_puts(b, i > p->first ? "," : "");
		buf_str_put(b, p->jwks[i]);
	}
	(void)pthread_mutex_unlock(&lock);
	buf_puts(b, "]}");
}

/* By which key this login's token is signed. */
static unsigned
key_choose(struct provider *p, unsigned long long login)
{
	unsigned key;

	(void)pthread_mutex_lock(&lock);
	key = p->signer;
	if (p->stale_left > 0) {
		p->stale_left--;
		key = p->stale_key;
	}
	key_of[login % LOGINS] = (unsigned char)key;
	(void)pthread_mutex_unlock(&lock);
	return key;
}

/* A code is NUMBER.NONCE, of characters that a form leaves as they are. */
static int
code_read(struct csn_str form, unsigned long long *login, char nonce[128])
{
	ptrdiff_t at = str_find(form, STR("code="));
	char code[160];
	struct csn_str rest, value;

	if (at < 0)
		return -1;
	rest = str_from_at(form, (size_t)at + 5);
	(void)str_cut(&rest, '&', &value);
	if (value.n >= sizeof(code))
		return -1;
	memcpy(code, value.p, value.n);
	code[value.n] = '\0';
	return sscanf(code, "%llu.%127[A-Za-z0-9_-]", login, nonce) == 2 ?
	    0 : -1;
}

static int
token_put(struct buf *b, unsigned provider, struct csn_str form)
{
	struct provider *p = &providers[provider];
	long long now = (long long)time(NULL);
	unsigned long long login;
	struct buf part, token;
	char nonce[128];
	unsigned key;

	if (code_read(form, &login, nonce) < 0)
		return -1;
	key = key_choose(p, login);
	buf_init(&part, 0);
	buf_init(&token, 0);
	buf_printf(&part, "{\"alg\":\"ES256\",\"kid\":\"%u-%u\"}", provider,
	    key);
	base64url_encode(&token, buf_str(&part));
	buf_char(&token, '.');
	buf_clear(&part);
	buf_printf(&part, "{\"iss\":\"https://127.0.0.1:%u/p%u\",\"sub\":"
	    "\"u%llu\",\"aud\":\"client\",\"iat\":%lld,\"exp\":%lld,"
	    "\"auth_time\":%lld,\"nonce\":\"%s\",\"name\":\"Some Body\","
	    "\"email\":\"u%llu@example.com\",\"email_verified\":true,"
	    "\"groups\":[\"staff\",\"remote\"]}", port, provider,
	    login % PERSONS, now, now + 300, now - 60, nonce,
	    login % PERSONS);
	base64url_encode(&token, buf_str(&part));
	sign(p->keys[key], &token);
	buf_printf(b, "{\"access_token\":\"none\",\"token_type\":\"Bearer\","
	    "\"expires_in\":300,\"id_token\":\"%.*s\"}",
	    STR_FMT(buf_str(&token)));
	buf_free(&part);
	buf_free(&token);
	return 0;
}

/* ------------------------------------------------------------------ */
/* connections, a thread each */

static void
answer(struct csn_str path, struct csn_str form, struct buf *ret)
{
	unsigned provider = 0;
	struct buf body;
	char what[64];
	int good = -1;

	buf_init(&body, 0);
	if (path.n < 100 && sscanf(path.p, "/p%u%63[^ ]", &provider, what) ==
	    2 && provider < nproviders) {
		good = 0;
		if (strcmp(what, "/jwks") == 0)
			jwks_put(&body, &providers[provider]);
		else if (strcmp(what, "/.well-known/openid-configuration") ==
		    0)
			metadata_put(&body, provider);
		else
			good = strcmp(what, "/token") != 0 ? -1 :
			    token_put(&body, provider, form);
	}
	buf_clear(ret);
	buf_printf(ret, "HTTP/1.1 %s\r\nContent-Type: application/json\r\n"
	    "Cache-Control: no-store\r\nContent-Length: %zu\r\n\r\n",
	    good == 0 ? "200 OK" : "404 Not Found", body.n);
	buf_str_put(ret, buf_str(&body));
	buf_free(&body);
}

/* One whole request of those bytes: its length, or 0. */
static size_t
request_whole(const char *text, size_t n, struct csn_str *path,
    struct csn_str *form)
{
	struct csn_str all = str_of(text, n);
	ptrdiff_t end = str_find(all, STR("\r\n\r\n"));
	const char *length;
	size_t body = 0;

	if (end < 0)
		return 0;
	length = strcasestr(text, "\r\nContent-Length:");
	if (length != NULL && length < text + end)
		body = strtoul(length + 17, NULL, 10);
	if (n < (size_t)end + 4 + body)
		return 0;
	(void)str_cut(&all, ' ', path);
	(void)str_cut(&all, ' ', path);
	*form = str_of(text + end + 4, body);
	return (size_t)end + 4 + body;
}

static void
connection_serve(SSL *ssl)
{
	struct csn_str path, form;
	char text[REQUEST_MAX];
	struct buf out;
	size_t n = 0, whole;
	int got;

	buf_init(&out, 0);
	while ((got = SSL_read(ssl, text + n, (int)(sizeof(text) - 1 - n))) >
	    0) {
		n += (size_t)got;
		text[n] = '\0';
		whole = request_whole(text, n, &path, &form);
		if (whole == 0)
			continue;
		answer(path, form, &out);
		if (SSL_write(ssl, out.p, (int)out.n) <= 0)
			break;
		n -= whole;
		memmove(text, text + whole, n);
	}
	buf_free(&out);
}

static void *
connection_run(void *arg)
{
	SSL *ssl = arg;
	int fd = SSL_get_fd(ssl);

	if (SSL_accept(ssl) == 1)
		connection_serve(ssl);
	SSL_free(ssl);
	(void)close(fd);
	return NULL;
}

static void *
accept_run(void *arg)
{
	SSL_CTX *ctx = arg;
	int fd, one = 1, listening = (int)(intptr_t)SSL_CTX_get_app_data(ctx);
	pthread_t thread;
	SSL *ssl;

	while ((fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
		    sizeof(one));
		ssl = SSL_new(ctx);
		if (ssl == NULL || SSL_set_fd(ssl, fd) != 1 ||
		    pthread_create(&thread, NULL, connection_run, ssl) != 0)
			client_fail("a connection");
		(void)pthread_detach(thread);
	}
	client_fail("accept");
}

/* ------------------------------------------------------------------ */

static int
listen_any(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t n = sizeof(at);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, n) != 0 ||
	    listen(fd, 256) != 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &n) != 0)
		client_fail("listen");
	port = ntohs(at.sin_port);
	return fd;
}

static void
start(const char *cert, const char *key)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	pthread_t thread;

	if (ctx == NULL || SSL_CTX_use_certificate_chain_file(ctx, cert) !=
	    1 || SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		client_fail(cert);
	for (unsigned i = 0; i < nproviders; i++)
		for (unsigned k = 0; k < KEYS; k++)
			key_make(&providers[i], i, k);
	(void)SSL_CTX_set_app_data(ctx, (void *)(intptr_t)listen_any());
	if (pthread_create(&thread, NULL, accept_run, ctx) != 0)
		client_fail("a thread");
	(void)printf("%u\n", port);
	(void)fflush(stdout);
}

static void
command(const char *line)
{
	unsigned p, a, b, c;

	(void)pthread_mutex_lock(&lock);
	if (sscanf(line, "keys %u %u %u %u", &p, &a, &b, &c) == 4 &&
	    p < nproviders && a < KEYS && b <= c && c < KEYS) {
		providers[p].signer = a;
		providers[p].first = b;
		providers[p].last = c;
	} else if (sscanf(line, "stale %u %u %u", &p, &a, &b) == 3 &&
	    p < nproviders && a < KEYS) {
		providers[p].stale_key = a;
		providers[p].stale_left = b;
	} else if (strcmp(line, "count\n") == 0) {
		for (p = 0; p < nproviders; p++)
			(void)printf("%u %u ", providers[p].fetches,
			    providers[p].stale_left);
	} else if (sscanf(line, "key %u", &a) == 1) {
		(void)printf("%u", key_of[a % LOGINS]);
	} else {
		client_fail(line);
	}
	(void)pthread_mutex_unlock(&lock);
	(void)printf("\n");
	(void)fflush(stdout);
}

int
main(int argc, char *argv[])
{
	char line[128];

	if (argc != 4) {
		(void)fprintf(stderr, "usage: oidc-provider PROVIDERS "
		    "CERTIFICATE KEY\n");
		return 2;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	nproviders = client_number(argv[1], PROVIDERS);
	start(argv[2], argv[3]);
	while (fgets(line, sizeof(line), stdin) != NULL)
		command(line);
	return 0;
}
