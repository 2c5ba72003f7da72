/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor_certs.c - certificates that run out, and keys that are not theirs
 *
 * Of listeners, and of whatever a factor's options name: authorities, our own,
 * those of providers in a metadata file. It must never show a byte of a key.
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <time.h>

#include "conf_file.h"
#include "doctor.h"

#define AREA		"certificates"
#define DAY_MS		((int64_t)86400000)
#define SOON_DAYS	30
#define FILE_MAX	(1024u * 1024)

/* Those of one file. */
struct bundle {
	unsigned n, over;
	int64_t first_ms, last_ms;	/* when the first and last run out */
	char name[256];			/* of the first to run out */
	bool early;			/* one is not good yet */
};

static int64_t
time_ms(const ASN1_TIME *t)
{
	struct tm tm;

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1)
		return 0;
	return (int64_t)timegm(&tm) * 1000;
}

static void
cert_add(struct doctor *d, struct bundle *b, const X509 *x)
{
	int64_t until = time_ms(X509_get0_notAfter(x));

	if (b->n == 0 || until < b->first_ms) {
		b->first_ms = until;
		(void)X509_NAME_oneline(X509_get_subject_name(x), b->name,
		    sizeof(b->name));
	}
	if (b->n == 0 || until > b->last_ms)
		b->last_ms = until;
	b->n++;
	b->over += until <= d->now_ms;
	b->early |= time_ms(X509_get0_notBefore(x)) > d->now_ms;
}

static void
pem_read(struct doctor *d, struct csn_str text, struct bundle *b)
{
	BIO *bio = BIO_new_mem_buf(text.p, (int)text.n);
	X509 *x;

	while (bio != NULL && (x = PEM_read_bio_X509(bio, NULL, NULL,
	    NULL)) != NULL) {
		cert_add(d, b, x);
		X509_free(x);
	}
	ERR_clear_error();
	BIO_free(bio);
}

/* The base64 between the tags of a metadata document. */
static void
der_read(struct doctor *d, struct csn_str base64, struct bundle *b)
{
	EVP_ENCODE_CTX *ctx = EVP_ENCODE_CTX_new();
	unsigned char *der = arena_alloc(&d->arena, base64.n + 8);
	const unsigned char *at = der;
	int n = 0, more = 0;
	X509 *x;

	if (ctx == NULL || der == NULL)
		goto out;
	EVP_DecodeInit(ctx);
	if (EVP_DecodeUpdate(ctx, der, &n, (const unsigned char *)base64.p,
	    (int)base64.n) < 0 || EVP_DecodeFinal(ctx, der + n, &more) < 0)
		goto out;
	x = d2i_X509(NULL, &at, n + more);
	if (x != NULL)
		cert_add(d, b, x);
	X509_free(x);
out:
	ERR_clear_error();
	EVP_ENCODE_CTX_free(ctx);
}

/* <ds:X509Certificate>…</ds:X509Certificate>, with any prefix. */
static void
metadata_read(struct doctor *d, struct csn_str text, struct bundle *b)
{
	struct csn_str tag = STR("X509Certificate>");
	ptrdiff_t at, end;

	while ((at = str_find(text, tag)) >= 0) {
		text = str_from_at(text, (size_t)at + tag.n);
		end = str_index(text, '<');
		/* behind the closing tag no certificate begins */
		if (end > 100)
			der_read(d, str_trim(str_of(text.p, (size_t)end)), b);
	}
}

static void
bundle_judge(struct doctor *d, const struct bundle *b, struct csn_str where,
    const char *whose)
{
	int64_t left = b->first_ms - d->now_ms;

	if (b->n == 0)
		return;
	if (b->early)
		doctor_say(d, DOCTOR_ERROR, AREA, where, "look at the clock, "
		    "or use it later", "%s: not good yet", whose);
	if (b->over == b->n)
		doctor_say(d, DOCTOR_ERROR, AREA, where, "renew it, and "
		    "reload", "%s: ran out %.*s ago: %s", whose,
		    STR_FMT(doctor_span(d, d->now_ms - b->last_ms)),
		    b->name);
	else if (b->over > 0)
		doctor_say(d, DOCTOR_WARNING, AREA, where, "take out what is "
		    "over", "%s: %u of %u ran out, %s among them", whose,
		    b->over, b->n, b->name);
	else if (left < SOON_DAYS * DAY_MS)
		doctor_say(d, DOCTOR_WARNING, AREA, where, "renew it, and "
		    "reload", "%s: runs out in %.*s: %s", whose,
		    STR_FMT(doctor_span(d, left)), b->name);
}

static void
text_look(struct doctor *d, struct csn_str text, struct csn_str where,
    const char *whose)
{
	struct bundle b = { .n = 0 };

	doctor_looked(d);
	pem_read(d, text, &b);
	metadata_read(d, text, &b);
	bundle_judge(d, &b, where, whose);
}

/* ------------------------------------------------------------------ */
/* listeners */

static int
file_text(struct doctor *d, struct csn_str path, struct buf *b)
{
	const char *why;

	buf_init(b, FILE_MAX + 1);
	why = conf_file_read(doctor_path(d, path), FILE_MAX, b);
	if (why == NULL)
		return 0;
	doctor_say(d, DOCTOR_ERROR, AREA, path, "let the service's user read "
	    "it; without it the daemon does not start", "%s", why);
	return -1;
}

static void
pair_look(struct doctor *d, const struct conf_listener *l, struct csn_str cert,
    struct csn_str key)
{
	BIO *a = BIO_new_mem_buf(cert.p, (int)cert.n);
	BIO *b = BIO_new_mem_buf(key.p, (int)key.n);
	X509 *x = a == NULL ? NULL : PEM_read_bio_X509(a, NULL, NULL, NULL);
	EVP_PKEY *k = b == NULL ? NULL : PEM_read_bio_PrivateKey(b, NULL,
	    NULL, (void *)(uintptr_t)"");

	if (x == NULL || k == NULL)
		doctor_say(d, DOCTOR_ERROR, AREA, x == NULL ?
		    l->tls_certificate : l->tls_key, "write it as PEM, "
		    "without a passphrase", "a listener's %s cannot be read",
		    x == NULL ? "certificate" : "key");
	else if (X509_check_private_key(x, k) != 1)
		doctor_say(d, DOCTOR_ERROR, AREA, l->tls_key, "name the key "
		    "that the certificate was made for", "is not the key of "
		    "%.*s", STR_FMT(l->tls_certificate));
	ERR_clear_error();
	EVP_PKEY_free(k);
	X509_free(x);
	BIO_free(a);
	BIO_free(b);
}

static void
listener_look(struct doctor *d, const struct conf_listener *l)
{
	struct buf cert, key, ca;
	bool both = false;

	if (l->tls_certificate.n == 0)
		return;
	if (file_text(d, l->tls_certificate, &cert) == 0) {
		text_look(d, buf_str(&cert), l->tls_certificate,
		    "a listener's certificate");
		both = true;
	}
	if (file_text(d, l->tls_key, &key) < 0)
		both = false;
	if (both)
		pair_look(d, l, buf_str(&cert), buf_str(&key));
	if (file_text(d, l->tls_client_ca, &ca) == 0)
		text_look(d, buf_str(&ca), l->tls_client_ca,
		    "the authority of a listener's clients");
	buf_free(&cert);
	buf_free(&key);
	buf_free(&ca);
}

static void
factor_look(struct doctor *d, const struct conf_factor *f)
{
	for (size_t i = 0; i < f->nvals; i++) {
		const struct csn_opt *o = &f->plugin->opts[f->vals[i].opt];

		if (o->type == CSN_T_FILE)
			text_look(d, f->vals[i].text, f->refs[i],
			    arena_printf(&d->arena, "`%s` of the factor "
			    "%.*s", o->name, STR_FMT(f->name)).p);
	}
}

void
doctor_certificates(struct doctor *d)
{
	for (size_t i = 0; i < d->conf->nlisteners; i++)
		listener_look(d, &d->conf->listeners[i]);
	for (size_t i = 0; i < d->conf->nfactors; i++)
		factor_look(d, &d->conf->factors[i]);
}
