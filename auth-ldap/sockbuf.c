/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sockbuf.c - libldap speaks through our TLS
 *
 * Six functions below libldap's encoding, above the socket. Nothing here may
 * block: what is not ready is EWOULDBLOCK, and libldap polls with its own
 * time limit. What was sent is wiped at once, because it may have been a
 * password and libldap frees its buffers as they are.
 */
#include "sockbuf.h"

#include <errno.h>
#include <stdlib.h>

#include <openssl/err.h>

#include "lib/secret.h"

#define READ_BYTES	2048u	/* most answers are shorter */

static char came;		/* a mark, by its address */

/* libldap reads a message in small pieces, each of which would cost a call of
 * OpenSSL's. */
struct sockbuf {
	SSL *ssl;
	size_t at, n;		/* of what was read, and not taken yet */
	char bytes[READ_BYTES];
};

static int
sockbuf_setup(Sockbuf_IO_Desc *d, void *sb)
{
	d->sbiod_pvt = sb;
	return 0;
}

static int
sockbuf_remove(Sockbuf_IO_Desc *d)
{
	struct sockbuf *sb = d->sbiod_pvt;

	if (sb == NULL)
		return 0;
	SSL_free(sb->ssl);
	free(sb);
	d->sbiod_pvt = NULL;
	return 0;
}

/* Clearing an empty queue costs as much as a full one. */
static void
errors_clear(void)
{
	if (ERR_peek_error() != 0)
		ERR_clear_error();
}

/* The last read found no whole record: what has come of it waits for the
 * socket. Without this mark libldap would ask again and again. */
static void
tls_starved(SSL *ssl, bool starved)
{
	(void)SSL_set_app_data(ssl, starved ? ssl : NULL);
}

/* Until the next read, which finds out. */
void
sockbuf_came(SSL *ssl)
{
	(void)SSL_set_app_data(ssl, &came);
}

static bool
tls_ready(SSL *ssl)
{
	const void *mark = SSL_get_app_data(ssl);

	return SSL_pending(ssl) > 0 || mark == &came ||
	    (mark == NULL && SSL_has_pending(ssl));
}

static int
sockbuf_ctrl(Sockbuf_IO_Desc *d, int opt, void *arg)
{
	const struct sockbuf *sb = d->sbiod_pvt;

	if (opt == LBER_SB_OPT_DATA_READY && (sb->n > 0 ||
	    tls_ready(sb->ssl)))
		return 1;
	return LBER_SBIOD_CTRL_NEXT(d, opt, arg);
}

/* What SSL_read() or SSL_write() meant, for libldap. */
static ber_slen_t
sockbuf_result(SSL *ssl, int rc)
{
	switch (SSL_get_error(ssl, rc)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		errno = EWOULDBLOCK;
		return -1;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	default:
		ERR_clear_error();
		errno = EIO;
		return -1;
	}
}

static ber_slen_t
tls_read(SSL *ssl, void *buf, size_t len)
{
	int rc;

	if (len > INT32_MAX)
		len = INT32_MAX;
	errors_clear();
	rc = SSL_read(ssl, buf, (int)len);
	tls_starved(ssl, rc <= 0);
	return rc > 0 ? rc : sockbuf_result(ssl, rc);
}

static ber_slen_t
sockbuf_take(struct sockbuf *sb, void *buf, size_t len)
{
	if (len > sb->n)
		len = sb->n;
	memcpy(buf, sb->bytes + sb->at, len);
	sb->at += len;
	sb->n -= len;
	return (ber_slen_t)len;
}

static ber_slen_t
sockbuf_read(Sockbuf_IO_Desc *d, void *buf, ber_len_t len)
{
	struct sockbuf *sb = d->sbiod_pvt;
	ber_slen_t n;

	if (sb->n > 0)
		return sockbuf_take(sb, buf, len);
	if (len >= sizeof(sb->bytes))
		return tls_read(sb->ssl, buf, len);
	n = tls_read(sb->ssl, sb->bytes, sizeof(sb->bytes));
	if (n <= 0)
		return n;
	sb->at = 0;
	sb->n = (size_t)n;
	return sockbuf_take(sb, buf, len);
}

static ber_slen_t
sockbuf_write(Sockbuf_IO_Desc *d, void *buf, ber_len_t len)
{
	SSL *ssl = ((struct sockbuf *)d->sbiod_pvt)->ssl;
	int rc;

	if (len > INT32_MAX)
		len = INT32_MAX;
	errors_clear();
	rc = SSL_write(ssl, buf, (int)len);
	if (rc <= 0)
		return sockbuf_result(ssl, rc);
	secret_wipe(buf, (size_t)rc);
	return rc;
}

static int
sockbuf_close(Sockbuf_IO_Desc *d)
{
	const struct sockbuf *sb = d->sbiod_pvt;

	if (sb != NULL && SSL_is_init_finished(sb->ssl))
		(void)SSL_shutdown(sb->ssl);	/* says so, waits for nothing */
	ERR_clear_error();
	return 0;
}

static Sockbuf_IO sockbuf_tls = {
	.sbi_setup = sockbuf_setup,
	.sbi_remove = sockbuf_remove,
	.sbi_ctrl = sockbuf_ctrl,
	.sbi_read = sockbuf_read,
	.sbi_write = sockbuf_write,
	.sbi_close = sockbuf_close,
};

static int
plain_ctrl(Sockbuf_IO_Desc *d, int opt, void *arg)
{
	return LBER_SBIOD_CTRL_NEXT(d, opt, arg);
}

static ber_slen_t
plain_read(Sockbuf_IO_Desc *d, void *buf, ber_len_t len)
{
	return LBER_SBIOD_READ_NEXT(d, buf, len);
}

static ber_slen_t
plain_write(Sockbuf_IO_Desc *d, void *buf, ber_len_t len)
{
	ber_slen_t n = LBER_SBIOD_WRITE_NEXT(d, buf, len);

	if (n > 0)
		secret_wipe(buf, (size_t)n);
	return n;
}

static Sockbuf_IO sockbuf_plain = {
	.sbi_ctrl = plain_ctrl,
	.sbi_read = plain_read,
	.sbi_write = plain_write,
};

static Sockbuf *
sockbuf_of(LDAP *ld)
{
	Sockbuf *sb = NULL;

	if (ldap_get_option(ld, LDAP_OPT_SOCKBUF, &sb) != LDAP_OPT_SUCCESS)
		return NULL;
	return sb;
}

int
sockbuf_push_tls(LDAP *ld, SSL *ssl)
{
	Sockbuf *sb = sockbuf_of(ld);
	struct sockbuf *own = sb != NULL ? calloc(1, sizeof(*own)) : NULL;

	if (own == NULL)
		return -1;
	own->ssl = ssl;
	if (ber_sockbuf_add_io(sb, &sockbuf_tls, LBER_SBIOD_LEVEL_TRANSPORT,
	    own) == 0)
		return 0;
	free(own);
	return -1;
}

int
sockbuf_push_plain(LDAP *ld)
{
	Sockbuf *sb = sockbuf_of(ld);

	if (sb == NULL)
		return -1;
	return ber_sockbuf_add_io(sb, &sockbuf_plain,
	    LBER_SBIOD_LEVEL_TRANSPORT, NULL) == 0 ? 0 : -1;
}

int
sockbuf_limit(LDAP *ld, ber_len_t max)
{
	Sockbuf *sb = sockbuf_of(ld);

	if (sb == NULL)
		return -1;
	return ber_sockbuf_ctrl(sb, LBER_SB_OPT_SET_MAX_INCOMING, &max) > 0 ?
	    0 : -1;
}
