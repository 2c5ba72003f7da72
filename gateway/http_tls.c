/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_tls.c - TLS towards a proxy: TLS 1.2 or later, its certificate demanded
 *
 * security.md R2. It must never let a client in without a certificate of the
 * configured authority, nor trust the system's authorities.
 */
#include "http_impl.h"

#include <openssl/err.h>

static void
tls_error(struct buf *err, const char *what, const char *path)
{
	char reason[160];

	ERR_error_string_n(ERR_get_error(), reason, sizeof(reason));
	buf_printf(err, "%s: cannot use it as %s: %s", path, what, reason);
}

static int
tls_files(SSL_CTX *ctx, const struct http_tls *files, struct buf *err)
{
	STACK_OF(X509_NAME) *names;

	if (SSL_CTX_use_certificate_chain_file(ctx, files->certificate) != 1) {
		tls_error(err, "the certificate", files->certificate);
		return -1;
	}
	if (SSL_CTX_use_PrivateKey_file(ctx, files->key, SSL_FILETYPE_PEM) !=
	    1 || SSL_CTX_check_private_key(ctx) != 1) {
		tls_error(err, "the key of the certificate", files->key);
		return -1;
	}
	names = SSL_load_client_CA_file(files->client_ca);
	if (names == NULL ||
	    SSL_CTX_load_verify_file(ctx, files->client_ca) != 1) {
		sk_X509_NAME_pop_free(names, X509_NAME_free);
		tls_error(err, "the authority of clients", files->client_ca);
		return -1;
	}
	SSL_CTX_set_client_CA_list(ctx, names);	/* takes names */
	return 0;
}

SSL_CTX *
http_tls_new(const struct http_tls *files, struct buf *err)
{
	SSL_CTX *ctx;

	ERR_clear_error();
	if (files->certificate == NULL || files->key == NULL ||
	    files->client_ca == NULL) {
		buf_printf(err, "TLS needs a certificate, its key, and the "
		    "authority of the clients' certificates");
		return NULL;
	}
	ctx = SSL_CTX_new(TLS_server_method());
	if (ctx == NULL || SSL_CTX_set_min_proto_version(ctx,
	    TLS1_2_VERSION) != 1) {
		tls_error(err, "a TLS server", files->certificate);
		goto out;
	}
	if (tls_files(ctx, files, err) != 0)
		goto out;
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER |
	    SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	/* no resumption: each connection shows its certificate */
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_num_tickets(ctx, 0);
	(void)SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET |
	    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
	    SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_CLEANSE_PLAINTEXT);
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	return ctx;
out:
	SSL_CTX_free(ctx);
	return NULL;
}
