/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-http-tls.c - TLS listeners: who has no certificate of the CA is closed
 *
 * The certificates are made by the openssl command for each run; the client
 * is OpenSSL's, in this process.
 */
#include "http_testing.h"

#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define H "Host: app.example.com\r\n"
#define PORT 23410

static char folder[] = "/tmp/countersign-tls-XXXXXX";
static char text[512];
static struct buf err;

/* ca and other: authorities; server, client of ca; stranger of other. */
static const char *const script[] = {
	"set -e; exec >/dev/null 2>&1",
	"make() { openssl req -x509 -newkey ec -pkeyopt "
	    "ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=$1 "
	    "-keyout $1.key -out $1.pem; }",
	"issue() { openssl req -newkey ec -pkeyopt "
	    "ec_paramgen_curve:P-256 -nodes -subj /CN=$1 "
	    "-keyout $1.key -out $1.csr; "
	    "openssl x509 -req -in $1.csr -CA $2.pem -CAkey $2.key "
	    "-days $3 -set_serial $$ -out $1.pem; }",
	"make ca; make other; issue server ca 2; issue client ca 2",
	"issue stranger other 2; issue late ca -1",
	NULL
};

static void
run_script(const char *const lines[])
{
	FILE *f;
	pid_t pid;
	int status;
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/make", folder);
	f = fopen(path, "w");
	assert_non_null(f);
	(void)fprintf(f, "cd %s\n", folder);
	for (size_t i = 0; lines[i] != NULL; i++)
		(void)fprintf(f, "%s\n", lines[i]);
	assert_int_equal(fclose(f), 0);
	pid = fork();
	if (pid == 0) {
		(void)execl("/bin/sh", "sh", path, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static const char *
file(const char *name, char at[static 96])
{
	(void)snprintf(at, 96, "%s/%s", folder, name);
	return at;
}

struct files { char certificate[96], key[96], ca[96]; struct http_tls tls; };

static const struct http_tls *
files_of(struct files *f, const char *certificate, const char *key,
    const char *ca)
{
	f->tls.certificate = file(certificate, f->certificate);
	f->tls.key = file(key, f->key);
	f->tls.client_ca = file(ca, f->ca);
	return &f->tls;
}

static struct site *
tls_site(struct http_listener **ret)
{
	struct site *site = site_new();
	struct files f;

	site->role.tls = files_of(&f, "server.pem", "server.key", "ca.pem");
	*ret = site_listen_tcp(site, PORT);
	site->role.tls = NULL;		/* f ends here */
	site_start(site);
	return site;
}

/* A client with the named certificate, or none. Returns what SSL_read() gave
 * for a whole exchange: > 0 bytes of an answer, or <= 0. */
static int
visit(const char *name, const char *request, char *ret, int n, int version)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	char at[96], key[16], pem[16];
	int fd = client_tcp(PORT), r = 0, have = 0;
	SSL *ssl;

	(void)SSL_CTX_set_max_proto_version(ctx, version);
	(void)SSL_CTX_set_min_proto_version(ctx, version);
	assert_int_equal(SSL_CTX_load_verify_file(ctx, file("ca.pem", at)), 1);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	if (name != NULL) {
		(void)snprintf(pem, sizeof(pem), "%s.pem", name);
		(void)snprintf(key, sizeof(key), "%s.key", name);
		assert_int_equal(SSL_CTX_use_certificate_file(ctx,
		    file(pem, at), SSL_FILETYPE_PEM), 1);
		assert_int_equal(SSL_CTX_use_PrivateKey_file(ctx,
		    file(key, at), SSL_FILETYPE_PEM), 1);
	}
	ssl = SSL_new(ctx);
	assert_non_null(ssl);
	assert_int_equal(SSL_set_fd(ssl, fd), 1);
	if (SSL_connect(ssl) == 1 &&
	    SSL_write(ssl, request, (int)strlen(request)) > 0) {
		while (have < n - 1 &&
		    (r = SSL_read(ssl, ret + have, n - 1 - have)) > 0)
			have += r;
	}
	ret[have] = '\0';
	/* the end must be said, so that nobody can cut an answer short */
	if (have > 0 && SSL_get_error(ssl, r) != SSL_ERROR_ZERO_RETURN)
		have = -have;
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	(void)close(fd);
	return have;
}

static void
test_certificates(void **state)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	struct http_listener *l;
	struct site *site = tls_site(&l);
	static char got[4096];
	unsigned told = 0;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_true(visit("client", "GET /a HTTP/1.1\r\n" H
		    "Connection: close\r\n\r\n", got, sizeof(got),
		    versions[i]) > 0);
		assert_memory_equal(got, "HTTP/1.1 200 OK", 15);
		assert_int_equal(visit(NULL, "GET /a HTTP/1.1\r\n" H "\r\n",
		    got, sizeof(got), versions[i]), 0);
		wait_count(&site->faults[HTTP_TLS], ++told);
		assert_int_equal(visit("stranger", "GET /a HTTP/1.1\r\n" H
		    "\r\n", got, sizeof(got), versions[i]), 0);
		wait_count(&site->faults[HTTP_TLS], ++told);
		assert_int_equal(visit("late", "GET /a HTTP/1.1\r\n" H
		    "\r\n", got, sizeof(got), versions[i]), 0);
		wait_count(&site->faults[HTTP_TLS], ++told);
	}
	assert_int_equal(visit("client", "GET /a HTTP/1.1\r\n" H "\r\n", got,
	    sizeof(got), TLS1_1_VERSION), 0);
	assert_int_equal(atomic_load(&site->asked), 2);
	site_close(site);
}

/* Clear text, silence and half a handshake at a TLS listener. */
static void
test_no_tls(void **state)
{
	static struct answer answer;
	struct http_listener *l;
	struct site *site = tls_site(&l);
	int fd = client_tcp(PORT);

	(void)state;
	client_puts(fd, "GET / HTTP/1.1\r\n" H "\r\n");
	assert_true(client_end(fd, &answer));
	assert_int_equal(answer.status, 0);
	wait_count(&site->faults[HTTP_TLS], 1);
	(void)close(fd);
	assert_int_equal(atomic_load(&site->asked), 0);
	site_close(site);
}

static void
test_silence(void **state)
{
	static struct answer answer;
	struct site *site = site_new();
	struct http_listener *l;
	struct files f;
	int fd;

	(void)state;
	site->limits.header_ms = 100;
	site->role.tls = files_of(&f, "server.pem", "server.key", "ca.pem");
	l = site_listen_tcp(site, PORT);
	assert_non_null(l);
	site_start(site);
	fd = client_tcp(PORT);
	client_send(fd, "\x16\x03\x01\x02", 4);
	assert_true(client_end(fd, &answer));
	assert_int_equal(answer.n, 0);
	(void)close(fd);
	site_close(site);
}

/* Large in both directions, the pipelined one, a refusal, a later answer. */
static void
test_traffic(void **state)
{
	struct http_listener *l;
	struct site *site = tls_site(&l);
	static char got[3 << 20], body[65537], request[70000];
	int n;

	(void)state;
	memset(body, 'x', 65536);
	(void)snprintf(request, sizeof(request), "POST /a HTTP/1.1\r\n" H
	    "Content-Length: 65536\r\n\r\n%sGET /big HTTP/1.1\r\n" H "\r\n"
	    "GET /later HTTP/1.1\r\n" H "\r\nGET /big HTTP/1.1\r\n" H
	    "Connection: close\r\n\r\n", body);
	for (int version = 0; version < 2; version++) {
		n = visit("client", request, got, sizeof(got), version == 0 ?
		    TLS1_2_VERSION : TLS1_3_VERSION);
		assert_in_range(n, 65536 + (2 << 20),
		    65536 + (2 << 20) + 1024);
		assert_non_null(strstr(got, "X-From: elsewhere"));
	}
	/* a record larger than a block: its rest raises no event */
	body[12000] = '\0';
	(void)snprintf(request, sizeof(request), "GET /a HTTP/1.1\r\n" H
	    "Connection: close\r\nX: %s\r\n\r\n", body);
	n = visit("client", request, got, sizeof(got), TLS1_3_VERSION);
	assert_true(n > 0);
	assert_memory_equal(got, "HTTP/1.1 200 ", 13);
	n = visit("client", "GET / HTTP/1.1\r\n\r\n", got, sizeof(got),
	    TLS1_3_VERSION);
	assert_true(n > 0);
	assert_memory_equal(got, "HTTP/1.1 400 ", 13);
	site_close(site);
}

/* Faulty files are an error that names the file; the old role stays. */
static void
test_files(void **state)
{
	static const struct { const char *files[3], *named; } rows[] = {
		{ { "none.pem", "server.key", "ca.pem" }, "none.pem" },
		{ { "server.pem", "none.key", "ca.pem" }, "none.key" },
		{ { "server.pem", "client.key", "ca.pem" }, "client.key" },
		{ { "server.pem", "server.key", "none.pem" }, "none.pem" },
		{ { "server.pem", "server.key", "server.key" }, "server.key" },
	};
	struct http_listener *l;
	struct site *site = tls_site(&l);
	struct http_role role = site->role;
	struct files f;
	static char got[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_init_fixed(&err, text, sizeof(text));
		role.tls = files_of(&f, rows[i].files[0], rows[i].files[1],
		    rows[i].files[2]);
		assert_int_equal(http_listener_set(l, &role, &err), -1);
		assert_non_null(strstr(text, rows[i].named));
	}
	/* another authority from now on */
	role.tls = files_of(&f, "server.pem", "server.key", "other.pem");
	assert_int_equal(http_listener_set(l, &role, &err), 0);
	assert_int_equal(visit("client", "GET / HTTP/1.1\r\n" H "\r\n", got,
	    sizeof(got), TLS1_3_VERSION), 0);
	assert_true(visit("stranger", "GET / HTTP/1.1\r\n" H "Connection: "
	    "close\r\n\r\n", got, sizeof(got), TLS1_3_VERSION) > 0);
	site_close(site);
}

static int
make_files(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	run_script(script);
	return 0;
}

static int
remove_files(void **state)
{
	static const char *const names[] = { "ca", "other", "server", "client",
	    "stranger", "late" };
	static const char *const ends[] = { "pem", "key", "csr" };
	char name[32], at[96];

	(void)state;
	for (size_t i = 0; i < 18; i++) {
		(void)snprintf(name, sizeof(name), "%s.%s", names[i / 3],
		    ends[i % 3]);
		(void)unlink(file(name, at));
	}
	(void)unlink(file("make", at));
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_no_tls),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_traffic),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
