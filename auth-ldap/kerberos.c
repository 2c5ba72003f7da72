/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kerberos.c - a ticket for one directory server, by a keytab
 *
 * libkrb5 makes the requests and reads the answers; the socket is ours, so
 * that a KDC that is mute costs no more than the call's time. It must never
 * let libkrb5 look for a KDC itself, nor leave a key or a ticket in a file.
 */
#include "kerberos.h"

#include <errno.h>
#include <openssl/evp.h>
#include <profile.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/apart.h"

#define ANSWER_MAX	65536u	/* bytes of a KDC's answer */
#define ROUNDS_MAX	8u	/* of one exchange: usually two */
#define KDCS_MAX	8u

static void
complain(const struct job *job, krb5_context ctx, krb5_error_code rc,
    const char *what)
{
	const char *text = krb5_get_error_message(ctx, rc);

	job_log(job, CSN_FAIL, "Kerberos: %s: %s", what, text);
	krb5_free_error_message(ctx, text);
}

/* ------------------------------------------------------------------ */
/* the KDC */

/* Whether the socket is only to be waited for; behind a wait it may be another
 * thread that asks. */
APART static bool
not_yet(void)
{
	return errno == EAGAIN || errno == EINTR;
}

static int
transfer(const struct wait *w, int fd, char *p, size_t n, bool out)
{
	while (n > 0) {
		ssize_t k = out ? send(fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT) :
		    recv(fd, p, n, MSG_DONTWAIT);

		if (k > 0) {
			p += k;
			n -= (size_t)k;
			continue;
		}
		if (k == 0 || !not_yet() || wait_fd(w, fd, out) != 0)
			return -1;
	}
	return 0;
}

/* RFC 4120 7.2.2: each message behind its length, in four bytes. */
static int
kdc_exchange(const struct job *job, const struct wait *w, int fd,
    const krb5_data *out, krb5_data *ret)
{
	unsigned char head[4] = { (unsigned char)(out->length >> 24),
	    (unsigned char)(out->length >> 16),
	    (unsigned char)(out->length >> 8), (unsigned char)out->length };
	uint32_t n;

	if (transfer(w, fd, (char *)head, 4, true) != 0 ||
	    transfer(w, fd, out->data, out->length, true) != 0 ||
	    transfer(w, fd, (char *)head, 4, false) != 0)
		return -1;
	n = (uint32_t)head[0] << 24 | (uint32_t)head[1] << 16 |
	    (uint32_t)head[2] << 8 | head[3];
	if (n == 0 || n > ANSWER_MAX)
		return -1;
	*ret = (krb5_data){ .length = n, .data = job_alloc(job, n) };
	return ret->data != NULL &&
	    transfer(w, fd, ret->data, n, false) == 0 ? 0 : -1;
}

static size_t
kdcs_list(const struct job *job, struct csn_str *v)
{
	const struct options *o = &job->inst->opt;
	struct csn_strs found = o->kdc;
	struct csn_str name;
	size_t n = 0;

	if (found.n == 0 && o->domain.n > 0) {
		name = job_printf(job, "_kerberos._tcp.%s", o->domain.p);
		if (name.p == NULL || job->host->srv(job->call, name,
		    &found) != CSN_OK)
			found.n = 0;
	}
	for (; n < found.n && n < KDCS_MAX; n++)
		v[n] = found.v[n];
	return n;
}

/* One KDC after the other, each with its part of the time. */
static int
kdc_ask(const struct job *job, const struct wait *all, const krb5_data *out,
    krb5_data *ret)
{
	struct csn_str v[KDCS_MAX];
	size_t n = kdcs_list(job, v);
	struct wait w;
	int32_t fd;
	int rc;

	for (size_t i = 0; i < n && wait_left_ms(all) > 0; i++) {
		wait_init(&w, job, wait_left_ms(all) / (int64_t)(n - i));
		if (job->host->dial(job->call, v[i], &fd) != CSN_OK)
			continue;
		rc = kdc_exchange(job, &w, fd, out, ret);
		close(fd);
		if (rc == 0)
			return 0;
	}
	job_log(job, CSN_WARN, n == 0 ? "Kerberos: no KDC is known: write "
	    "kdc, or domain to have DNS name it" : "Kerberos: no KDC "
	    "answered; is one up, and does a firewall let us through?");
	return -1;
}

/* ------------------------------------------------------------------ */
/* the keytab */

/* Text from the option is base64: secrets hold no NUL. */
static int
keytab_bytes(const struct job *job, struct csn_str *ret)
{
	EVP_ENCODE_CTX *c = EVP_ENCODE_CTX_new();
	struct csn_str text = { NULL, 0 };
	unsigned char *p = NULL;
	int n = 0, rest = 0, rc = -1;

	if (c != NULL && job->host->secret(job->call,
	    job->inst->opt.val_keytab, &text) == CSN_OK && text.n < 65536)
		p = job_alloc(job, text.n + 4);
	EVP_DecodeInit(c);
	if (p != NULL && EVP_DecodeUpdate(c, p, &n,
	    (const unsigned char *)text.p, (int)text.n) >= 0 &&
	    EVP_DecodeFinal(c, p + n, &rest) == 1 && n + rest > 0) {
		*ret = str_of((char *)p, (size_t)(n + rest));
		rc = 0;
	}
	EVP_ENCODE_CTX_free(c);
	return rc;
}

/* libkrb5 reads keytabs from files only: one in memory without a name. */
static int
keytab_open(const struct job *job, krb5_context ctx, krb5_keytab *ret,
    int *ret_fd)
{
	struct csn_str bytes;
	char name[64];
	int fd;

	*ret_fd = -1;
	if (keytab_bytes(job, &bytes) != 0) {
		job_log(job, CSN_FAIL, "keytab is not a keytab in base64: make "
		    "it with: base64 FILE.keytab");
		return -1;
	}
	*ret_fd = fd = memfd_create("keytab", MFD_CLOEXEC);
	snprintf(name, sizeof(name), "FILE:/proc/self/fd/%d", fd);
	if (fd >= 0 && write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n &&
	    krb5_kt_resolve(ctx, name, ret) == 0)
		return 0;
	job_log(job, CSN_FAIL, "keytab cannot be handed to Kerberos");
	return -1;
}

/* ------------------------------------------------------------------ */

/* Of no file: neither the machine's krb5.conf nor the environment counts. */
static int
context_new(krb5_context *ret)
{
	profile_t empty = NULL;
	int rc = -1;

	if (profile_init(NULL, &empty) == 0)
		rc = krb5_init_context_profile(empty, 0, ret) == 0 ? 0 : -1;
	if (empty != NULL)
		profile_release(empty);
	return rc;
}

struct csn_str
ticket_server_name(const struct job *job, const char *host)
{
	struct csn_str realm = job->inst->opt.principal;
	ptrdiff_t at = str_index(realm, '@');

	return job_printf(job, "ldap/%s%s", host, at < 0 ? "" : realm.p + at);
}

static int
names_read(const struct job *job, const char *host, struct ticket *t)
{
	struct csn_str server = ticket_server_name(job, host);
	krb5_error_code rc = KRB5_PARSE_MALFORMED;

	if (server.p != NULL)
		rc = krb5_parse_name(t->ctx, job->inst->opt.principal.p,
		    &t->client);
	if (rc == 0)
		rc = krb5_parse_name(t->ctx, server.p, &t->server);
	if (rc != 0)
		complain(job, t->ctx, rc, "principal cannot be read");
	return rc == 0 ? 0 : -1;
}

/* RFC 4120 3.1: until it needs no more answers. */
static int
rounds(const struct job *job, const struct wait *w, krb5_context ctx,
    krb5_init_creds_context exchange)
{
	krb5_data in = { .length = 0 };
	krb5_error_code rc;
	unsigned flags, i;

	for (i = 0; i < ROUNDS_MAX; i++) {
		krb5_data out = { .length = 0 }, realm = { .length = 0 };
		int sent = 0;

		flags = 0;
		rc = krb5_init_creds_step(ctx, exchange, &in, &out, &realm,
		    &flags);
		if (rc == 0 && (flags & KRB5_INIT_CREDS_STEP_FLAG_CONTINUE))
			sent = kdc_ask(job, w, &out, &in);
		krb5_free_data_contents(ctx, &out);
		krb5_free_data_contents(ctx, &realm);
		if (rc != 0)
			complain(job, ctx, rc, "the KDC refuses the service "
			    "account; check principal, keytab, the server's "
			    "name in url, and the clocks");
		if (rc != 0 || sent != 0)
			return -1;
		if ((flags & KRB5_INIT_CREDS_STEP_FLAG_CONTINUE) == 0)
			return 0;
	}
	return -1;
}

/* What the KDC gave, and for whom: another server's is none of ours. */
static int
ticket_keep(const struct job *job, krb5_init_creds_context exchange,
    struct ticket *t)
{
	krb5_creds creds;
	krb5_error_code rc = krb5_init_creds_get_creds(t->ctx, exchange,
	    &creds);

	if (rc != 0) {
		complain(job, t->ctx, rc, "no ticket");
		return -1;
	}
	if (!krb5_principal_compare(t->ctx, creds.server, t->server))
		rc = KRB5_KDCREP_MODIFIED;
	if (rc == 0)
		rc = krb5_cc_new_unique(t->ctx, "MEMORY", NULL, &t->cache);
	if (rc == 0)
		rc = krb5_cc_initialize(t->ctx, t->cache, creds.client);
	if (rc == 0)
		rc = krb5_cc_store_cred(t->ctx, t->cache, &creds);
	if (rc != 0)
		complain(job, t->ctx, rc, "the ticket cannot be used");
	krb5_free_cred_contents(t->ctx, &creds);
	return rc == 0 ? 0 : -1;
}

static int
ticket_ask(const struct job *job, const struct wait *w, krb5_keytab keytab,
    struct ticket *t)
{
	krb5_init_creds_context exchange = NULL;
	char *service = NULL;
	krb5_error_code rc;
	int got = -1;

	/* straight for the server, without a ticket to get tickets by */
	rc = krb5_unparse_name_flags(t->ctx, t->server,
	    KRB5_PRINCIPAL_UNPARSE_NO_REALM, &service);
	if (rc == 0)
		rc = krb5_init_creds_init(t->ctx, t->client, NULL, NULL, 0,
		    NULL, &exchange);
	if (rc == 0)
		rc = krb5_init_creds_set_keytab(t->ctx, exchange, keytab);
	if (rc == 0)
		rc = krb5_init_creds_set_service(t->ctx, exchange, service);
	if (rc != 0)
		complain(job, t->ctx, rc, "check principal, keytab");
	else if (rounds(job, w, t->ctx, exchange) == 0)
		got = ticket_keep(job, exchange, t);
	krb5_init_creds_free(t->ctx, exchange);
	krb5_free_unparsed_name(t->ctx, service);
	return got;
}

int
ticket_get(const struct job *job, const char *host, int64_t limit_ms,
    struct ticket *t)
{
	krb5_keytab keytab = NULL;
	struct wait w;
	int fd = -1, rc = -1;

	*t = (struct ticket){ .ctx = NULL };
	wait_init(&w, job, limit_ms);
	if (context_new(&t->ctx) != 0) {
		job_log(job, CSN_FAIL, "Kerberos cannot be set up");
		return -1;
	}
	if (names_read(job, host, t) == 0 &&
	    keytab_open(job, t->ctx, &keytab, &fd) == 0)
		rc = ticket_ask(job, &w, keytab, t);
	if (keytab != NULL)
		krb5_kt_close(t->ctx, keytab);
	if (fd >= 0)
		close(fd);
	return rc;
}

void
ticket_free(struct ticket *t)
{
	if (t->ctx == NULL)
		return;
	if (t->cache != NULL)
		krb5_cc_destroy(t->ctx, t->cache);
	krb5_free_principal(t->ctx, t->client);
	krb5_free_principal(t->ctx, t->server);
	krb5_free_context(t->ctx);
	t->ctx = NULL;
}
