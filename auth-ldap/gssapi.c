/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gssapi.c - the service account by SASL GSSAPI (RFC 4752)
 *
 * The ticket is there before the library is asked, so that it has nothing to
 * fetch. It must never go on with a server that has not proved itself, nor
 * take up a security layer: what comes then is not for libldap.
 */
#include "gssapi.h"

#include <gssapi/gssapi_krb5.h>

#include "kerberos.h"
#include "tls.h"

#define LEGS_MAX 8u

struct dance {			/* one bind */
	const struct job *job;
	struct conn *c;
	struct wait w;
	gss_cred_id_t cred;
	gss_ctx_id_t ctx;
	gss_name_t target;
	int code;		/* the server's last */
};

static int
gss_complain(const struct dance *d, OM_uint32 major, OM_uint32 minor)
{
	gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
	OM_uint32 ignored, more = 0;

	(void)gss_display_status(&ignored, minor != 0 ? minor : major,
	    minor != 0 ? GSS_C_MECH_CODE : GSS_C_GSS_CODE, gss_mech_krb5,
	    &more, &text);
	job_log(d->job, CSN_FAIL, "Kerberos with %s: %.*s",
	    d->c->address.name, (int)text.length,
	    text.value != NULL ? (const char *)text.value : "");
	(void)gss_release_buffer(&ignored, &text);
	return -1;
}

static int
prepare(struct dance *d, const struct ticket *t)
{
	struct csn_str name = ticket_server_name(d->job, d->c->address.host);
	gss_buffer_desc text = { name.n, (void *)(uintptr_t)name.p };
	OM_uint32 major, minor = 0;

	if (name.p == NULL)
		return -1;
	major = gss_krb5_import_cred(&minor, t->cache, NULL, NULL, &d->cred);
	if (GSS_ERROR(major))
		return gss_complain(d, major, minor);
	/* the name as it is: no look-up in DNS */
	major = gss_import_name(&minor, &text,
	    (gss_OID)(uintptr_t)GSS_KRB5_NT_PRINCIPAL_NAME, &d->target);
	return GSS_ERROR(major) ? gss_complain(d, major, minor) : 0;
}

/* One request and its answer. The server's token is to be freed. */
static int
leg(struct dance *d, const gss_buffer_desc *out, struct berval **ret)
{
	struct berval cred = { out->length, out->value };
	LDAPMessage *msg = NULL;
	int msgid, rc = -1;

	*ret = NULL;
	if (cred.bv_val == NULL)
		cred.bv_val = (char *)(uintptr_t)"";
	if (ldap_sasl_bind(d->c->ld, NULL, "GSSAPI", &cred, NULL, NULL,
	    &msgid) == LDAP_SUCCESS &&
	    connect_answer(d->c, &d->w, msgid, &msg) == LDAP_RES_BIND &&
	    ldap_parse_sasl_bind_result(d->c->ld, msg, ret, 0) ==
	    LDAP_SUCCESS &&
	    ldap_parse_result(d->c->ld, msg, &d->code, NULL, NULL, NULL, NULL,
	    0) == LDAP_SUCCESS)
		rc = 0;
	ldap_msgfree(msg);
	if (rc != 0)
		d->c->broken = true;
	return rc;
}

/* Tokens to and fro until both know each other. */
static int
acquaint(struct dance *d, gss_channel_bindings_t bindings,
    struct berval **server)
{
	OM_uint32 major = GSS_S_CONTINUE_NEEDED, minor, ignored, got = 0;
	unsigned i;
	int rc = 0;

	for (i = 0; i < LEGS_MAX && rc == 0 && major != GSS_S_COMPLETE; i++) {
		gss_buffer_desc in = GSS_C_EMPTY_BUFFER,
		    out = GSS_C_EMPTY_BUFFER;

		if (*server != NULL)
			in = (gss_buffer_desc){ (*server)->bv_len,
			    (*server)->bv_val };
		major = gss_init_sec_context(&minor, d->cred, &d->ctx,
		    d->target, gss_mech_krb5, GSS_C_MUTUAL_FLAG |
		    GSS_C_SEQUENCE_FLAG, 0, bindings, &in, NULL, &out, &got,
		    NULL);
		ber_bvfree(*server);
		*server = NULL;
		if (GSS_ERROR(major))
			rc = gss_complain(d, major, minor);
		else
			rc = leg(d, &out, server);
		(void)gss_release_buffer(&ignored, &out);
		if (rc == 0 && d->code != LDAP_SASL_BIND_IN_PROGRESS)
			return 0;
	}
	return rc == 0 && major == GSS_S_COMPLETE &&
	    (got & GSS_C_MUTUAL_FLAG) != 0 ? 0 : -1;
}

/* RFC 4752 3.1: the server offers layers; we take none, and act as who we
 * are. */
static int
layer_none(struct dance *d, struct berval **server)
{
	unsigned char answer[4] = { 1, 0, 0, 0 };
	gss_buffer_desc plain = { sizeof(answer), answer },
	    in = GSS_C_EMPTY_BUFFER, out = GSS_C_EMPTY_BUFFER;
	OM_uint32 major, minor, ignored;
	bool offered;
	int rc;

	if (*server == NULL)
		return -1;
	in = (gss_buffer_desc){ (*server)->bv_len, (*server)->bv_val };
	major = gss_unwrap(&minor, d->ctx, &in, &out, NULL, NULL);
	if (GSS_ERROR(major))
		return gss_complain(d, major, minor);
	offered = out.length == 4 && (((unsigned char *)out.value)[0] & 1) != 0;
	(void)gss_release_buffer(&ignored, &out);
	if (!offered) {
		job_log(d->job, CSN_FAIL, "directory server %s wants GSSAPI to "
		    "sign or seal inside TLS, which is not done",
		    d->c->address.name);
		return -1;
	}
	major = gss_wrap(&minor, d->ctx, 0, GSS_C_QOP_DEFAULT, &plain, NULL,
	    &out);
	if (GSS_ERROR(major))
		return gss_complain(d, major, minor);
	ber_bvfree(*server);
	*server = NULL;
	rc = leg(d, &out, server);
	(void)gss_release_buffer(&ignored, &out);
	return rc;
}

static int
dance(struct dance *d)
{
	struct gss_channel_bindings_struct bindings = { .initiator_addrtype =
	    GSS_C_AF_UNSPEC, .acceptor_addrtype = GSS_C_AF_UNSPEC };
	struct csn_str tied = tls_end_point(d->job, d->c->ssl);
	struct berval *server = NULL;
	int rc;

	bindings.application_data.length = tied.n;
	bindings.application_data.value = (void *)(uintptr_t)tied.p;
	rc = acquaint(d, tied.n > 0 ? &bindings : GSS_C_NO_CHANNEL_BINDINGS,
	    &server);
	if (rc == 0 && d->code == LDAP_SASL_BIND_IN_PROGRESS)
		rc = layer_none(d, &server);
	/* a success before the server has proved itself is none */
	else if (rc == 0 && d->code == LDAP_SUCCESS)
		rc = -1;
	ber_bvfree(server);
	return rc;
}

int
gssapi_bind(const struct job *job, struct conn *c, int64_t limit_ms,
    int *ret_code)
{
	struct dance d = { .job = job, .c = c, .cred = GSS_C_NO_CREDENTIAL,
	    .ctx = GSS_C_NO_CONTEXT, .target = GSS_C_NO_NAME,
	    .code = LDAP_OTHER };
	struct ticket t;
	OM_uint32 minor;
	int rc = -1;

	wait_init(&d.w, job, limit_ms);
	if (ticket_get(job, c->address.host, limit_ms, &t) == 0 &&
	    prepare(&d, &t) == 0)
		rc = dance(&d);
	(void)gss_delete_sec_context(&minor, &d.ctx, GSS_C_NO_BUFFER);
	(void)gss_release_name(&minor, &d.target);
	(void)gss_release_cred(&minor, &d.cred);
	ticket_free(&t);
	if (rc == 0)
		*ret_code = d.code;
	return rc;
}
