/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls.c - our own TLS towards a directory: trust, and the handshake
 *
 * It must never accept a server whose certificate does not chain to the
 * configured authorities or does not carry the name that we dialled, and
 * never wait beyond the deadline.
 */
#include "tls.h"

#include <errno.h>
#include <stdio.h>

#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "lib/ip.h"

#include "wait.h"

struct tls {
	SSL_CTX *ctx;
};

/* An encrypted key is refused: the default would ask at the terminal. */
static int
no_passphrase(char *buf, int size, int rwflag, void *arg)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)arg;
	return -1;
}

static BIO *
pem_open(struct csn_str pem)
{
	if (pem.n == 0 || pem.n > INT32_MAX)
		return NULL;
	return BIO_new_mem_buf(pem.p, (int)pem.n);
}

/* Each certificate of the file becomes an authority; their number. */
static unsigned
authorities_add(X509_STORE *store, struct csn_str pem)
{
	unsigned n = 0;
	BIO *bio = pem_open(pem);
	X509 *x;

	while (bio != NULL &&
	    (x = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL)) != NULL) {
		n += X509_STORE_add_cert(store, x) == 1;
		X509_free(x);
	}
	BIO_free(bio);
	ERR_clear_error();
	return n;
}

static int
authorities_set(SSL_CTX *ctx, const struct options *o)
{
	if (o->ca.n == 0)
		return SSL_CTX_set_default_verify_paths(ctx) == 1 ? 0 : -1;
	return authorities_add(SSL_CTX_get_cert_store(ctx), o->ca) > 0 ?
	    0 : -1;
}

static int
certificate_set(SSL_CTX *ctx, struct csn_str pem)
{
	BIO *bio = pem_open(pem);
	X509 *x = NULL, *more;
	int rc = -1;

	if (bio == NULL)
		return -1;
	x = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
	if (x == NULL || SSL_CTX_use_certificate(ctx, x) != 1)
		goto out;
	while ((more = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL)) !=
	    NULL) {
		if (SSL_CTX_add0_chain_cert(ctx, more) != 1) {
			X509_free(more);
			goto out;
		}
	}
	rc = 0;
out:
	X509_free(x);
	BIO_free(bio);
	ERR_clear_error();
	return rc;
}

static int
key_set(SSL_CTX *ctx, struct csn_str pem)
{
	BIO *bio = pem_open(pem);
	EVP_PKEY *key = NULL;
	int rc = -1;

	if (bio != NULL)
		key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase,
		    NULL);
	if (key != NULL && SSL_CTX_use_PrivateKey(ctx, key) == 1 &&
	    SSL_CTX_check_private_key(ctx) == 1)
		rc = 0;
	EVP_PKEY_free(key);
	BIO_free(bio);
	ERR_clear_error();
	return rc;
}

/* What must hold for any instance, before trust. */
static SSL_CTX *
context_new(const struct options *o)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (ctx == NULL)
		return NULL;
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	/* what has come is read at once, not each record's head and then
	 * its rest; sockbuf.c knows that it may lie here already */
	SSL_CTX_set_read_ahead(ctx, 1);
	/* libldap may offer the rest of a buffer from another address */
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION |
	    SSL_OP_NO_COMPRESSION);
	if (SSL_CTX_set_min_proto_version(ctx, o->tls13 ? TLS1_3_VERSION :
	    TLS1_2_VERSION) != 1) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

static int
identity_set(const struct csn_host *host, struct csn_call *call,
    SSL_CTX *ctx, const struct options *o)
{
	struct csn_str key = { NULL, 0 };

	if (o->certificate.n == 0)
		return 0;
	if (certificate_set(ctx, o->certificate) != 0) {
		host->report(call, CSN_FAIL, o->val_certificate,
		    STR("holds no PEM certificate that can be used"));
		return -1;
	}
	if (host->secret(call, o->val_key, &key) != CSN_OK ||
	    key_set(ctx, key) != 0) {
		host->report(call, CSN_FAIL, o->val_key, STR("is not the "
		    "unencrypted PEM key of client_certificate"));
		return -1;
	}
	return 0;
}

struct tls *
tls_new(const struct csn_host *host, struct csn_call *call,
    const struct options *o)
{
	struct tls *tls = calloc(1, sizeof(*tls));

	if (tls == NULL || (tls->ctx = context_new(o)) == NULL) {
		host->report(call, CSN_FAIL, 0, STR("TLS cannot be set up"));
		goto fail;
	}
	if (authorities_set(tls->ctx, o) != 0) {
		host->report(call, CSN_FAIL, o->val_ca,
		    STR("holds no PEM certificate of an authority"));
		goto fail;
	}
	if (identity_set(host, call, tls->ctx, o) != 0)
		goto fail;
	return tls;
fail:
	tls_free(tls);
	return NULL;
}

void
tls_free(struct tls *tls)
{
	if (tls == NULL)
		return;
	SSL_CTX_free(tls->ctx);
	free(tls);
}

/* The name or address that the certificate must carry (RFC 6125 6, RFC 4513
 * 3.1.3), and SNI, which takes names only (RFC 6066 3). */
static int
expect_host(SSL *ssl, const char *host)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	struct ip ip;

	if (ip_parse(str_from(host), &ip) == 0)
		return X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1 ?
		    0 : -1;
	X509_VERIFY_PARAM_set_hostflags(param,
	    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (X509_VERIFY_PARAM_set1_host(param, host, 0) != 1 ||
	    SSL_set_tlsext_host_name(ssl, host) != 1)
		return -1;
	return 0;
}

/* What the configuration can do about it. */
static const char *
advice(long verify)
{
	switch (verify) {
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		return "; `ca` names the authority that it must be of";
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return "; `url` must have a name that it is made for";
	default:
		return "";
	}
}

static void
explain(SSL *ssl, int error, char *why, size_t n)
{
	long verify = SSL_get_verify_result(ssl);
	unsigned long code = ERR_peek_last_error();

	if (verify != X509_V_OK)
		snprintf(why, n, "its certificate is refused: %s%s",
		    X509_verify_cert_error_string(verify), advice(verify));
	else if (code != 0 && ERR_reason_error_string(code) != NULL)
		snprintf(why, n, "TLS failed: %s",
		    ERR_reason_error_string(code));
	else if (error == SSL_ERROR_SYSCALL || error == SSL_ERROR_ZERO_RETURN)
		snprintf(why, n, "it closed the connection during the TLS "
		    "handshake");
	else
		snprintf(why, n, "TLS failed");
}

static int
handshake(const struct job *job, SSL *ssl, int64_t limit_ms, char *why,
    size_t n)
{
	struct wait wait;
	int rc, error;

	wait_init(&wait, job, limit_ms);
	for (;;) {
		ERR_clear_error();
		rc = SSL_connect(ssl);
		if (rc == 1)
			break;
		error = SSL_get_error(ssl, rc);
		if (error != SSL_ERROR_WANT_READ &&
		    error != SSL_ERROR_WANT_WRITE) {
			explain(ssl, error, why, n);
			return -1;
		}
		if (wait_fd(&wait, SSL_get_fd(ssl),
		    error == SSL_ERROR_WANT_WRITE) != 0) {
			snprintf(why, n, "it did not finish the TLS "
			    "handshake in time");
			return -1;
		}
	}
	/* this should not happen, but would be bad if it did */
	if (SSL_get_verify_result(ssl) != X509_V_OK) {
		explain(ssl, 0, why, n);
		return -1;
	}
	return 0;
}

SSL *
tls_connect(const struct job *job, int fd, const char *host,
    int64_t limit_ms, char *why, size_t n)
{
	SSL *ssl = SSL_new(job->inst->tls->ctx);

	if (ssl == NULL || expect_host(ssl, host) != 0 ||
	    SSL_set_fd(ssl, fd) != 1) {
		snprintf(why, n, "TLS cannot be set up");
		goto fail;
	}
	if (handshake(job, ssl, limit_ms, why, n) != 0)
		goto fail;
	return ssl;
fail:
	SSL_free(ssl);
	ERR_clear_error();
	return NULL;
}

/* The certificate's own digest, but nothing weaker than SHA-256; of a
 * signature without one, as Ed25519's, there is no binding. */
static const EVP_MD *
end_point_digest(const X509 *x)
{
	int md = NID_undef;

	if (OBJ_find_sigid_algs(X509_get_signature_nid(x), &md, NULL) != 1 ||
	    md == NID_undef)
		return NULL;
	if (md == NID_md5 || md == NID_sha1)
		return EVP_sha256();
	return EVP_get_digestbynid(md);
}

struct csn_str
tls_end_point(const struct job *job, SSL *ssl)
{
	static const struct csn_str none = { NULL, 0 };
	static const char head[] = "tls-server-end-point:";
	const X509 *x = ssl != NULL ? SSL_get0_peer_certificate(ssl) : NULL;
	const EVP_MD *md = x != NULL ? end_point_digest(x) : NULL;
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	char *p;

	if (md == NULL || X509_digest(x, md, digest, &n) != 1)
		return none;
	p = job_alloc(job, sizeof(head) - 1 + n);
	if (p == NULL)
		return none;
	memcpy(p, head, sizeof(head) - 1);
	memcpy(p + sizeof(head) - 1, digest, n);
	return str_of(p, sizeof(head) - 1 + n);
}

int
tls_until(SSL *ssl, char *ret, size_t n, int64_t *ret_days)
{
	const X509 *x = SSL_get0_peer_certificate(ssl);
	const ASN1_TIME *end = x != NULL ? X509_get0_notAfter(x) : NULL;
	int days = 0, seconds = 0;
	struct tm tm;

	if (end == NULL || ASN1_TIME_to_tm(end, &tm) != 1 ||
	    ASN1_TIME_diff(&days, &seconds, NULL, end) != 1 ||
	    strftime(ret, n, "%Y-%m-%d", &tm) == 0)
		return -1;
	*ret_days = days;
	return 0;
}
