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

#include <openssl/err.h>

#include "lib/secret.h"

static int
sockbuf_setup(Sockbuf_IO_Desc *d, void *ssl)
{
	d->sbiod_pvt = ssl;
	return 0;
}

static int
sockbuf_remove(Sockbuf_IO_Desc *d)
{
	SSL_free(d->sbiod_pvt);
	d->sbiod_pvt = NULL;
	return 0;
}

/* The last read found no whole record: what has come of it waits for the
 * socket. Without this mark libldap would ask again and again. */
static void
tls_starved(SSL *ssl, bool starved)
{
	(void)SSL_set_app_data(ssl, starved ? ssl : NULL);
}

static bool
tls_ready(SSL *ssl)
{
	return SSL_pending(ssl) > 0 ||
	    (SSL_get_app_data(ssl) == NULL && SSL_has_pending(ssl));
}

static int
sockbuf_ctrl(Sockbuf_IO_Desc *d, int opt, void *arg)
{
	SSL *ssl = d->sbiod_pvt;

	if (opt == LBER_SB_OPT_DATA_READY && tls_ready(ssl))
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
sockbuf_read(Sockbuf_IO_Desc *d, void *buf, ber_len_t len)
{
	SSL *ssl = d->sbiod_pvt;
	int rc;

	if (len > INT32_MAX)
		len = INT32_MAX;
	ERR_clear_error();
	rc = SSL_read(ssl, buf, (int)len);
	tls_starved(ssl, rc <= 0);
	return rc > 0 ? rc : sockbuf_result(ssl, rc);
}

static ber_slen_t
sockbuf_write(Sockbuf_IO_Desc *d, void *buf, ber_len_t len)
{
	SSL *ssl = d->sbiod_pvt;
	int rc;

	if (len > INT32_MAX)
		len = INT32_MAX;
	ERR_clear_error();
	rc = SSL_write(ssl, buf, (int)len);
	if (rc <= 0)
		return sockbuf_result(ssl, rc);
	secret_wipe(buf, (size_t)rc);
	return rc;
}

static int
sockbuf_close(Sockbuf_IO_Desc *d)
{
	SSL *ssl = d->sbiod_pvt;

	if (ssl != NULL && SSL_is_init_finished(ssl))
		(void)SSL_shutdown(ssl);	/* says so, waits for nothing */
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

	if (sb == NULL)
		return -1;
	return ber_sockbuf_add_io(sb, &sockbuf_tls,
	    LBER_SBIOD_LEVEL_TRANSPORT, ssl) == 0 ? 0 : -1;
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
