/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bind.c - asking a server whether a password is right
 *
 * It must never send an empty password, never call a bind proved that came
 * with a password policy error, and never tell more than "wrong" about an
 * account whose password was not confirmed.
 */
#include "bind.h"

#include <ldap.h>

#include "gssapi.h"

struct answer {			/* of a bind */
	int code;
	unsigned subcode;	/* Active Directory's, with code 49 only */
	LDAPPasswordPolicyError policy;
	ber_int_t expires_s, grace;	/* -1: not said */
};

bool
password_acceptable(struct csn_str s)
{
	size_t i;

	if (s.n == 0 || s.n > 1024)
		return false;
	for (i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	}
	return true;
}

unsigned
bind_subcode(const char *text)
{
	struct csn_str s = str_from(text), hex;
	ptrdiff_t at = str_find(s, STR(", data "));
	unsigned n = 0;
	size_t i;

	if (at < 0)
		return 0;
	s = str_from_at(s, (size_t)at + 7);
	if (!str_cut(&s, ',', &hex) || s.p == NULL || hex.n == 0 ||
	    hex.n > 4)
		return 0;
	for (i = 0; i < hex.n; i++) {
		char c = hex.p[i];

		if (c >= '0' && c <= '9')
			n = n * 16 + (unsigned)(c - '0');
		else if (c >= 'a' && c <= 'f')
			n = n * 16 + (unsigned)(c - 'a') + 10;
		else
			return 0;
	}
	return n;
}

/* draft-behera-ldap-password-policy 6.2. An unreadable one is no answer. */
static int
policy_read(LDAP *ld, LDAPControl **controls, struct answer *a)
{
	LDAPControl *c = NULL;

	if (controls != NULL)
		c = ldap_control_find(LDAP_CONTROL_PASSWORDPOLICYRESPONSE,
		    controls, NULL);
	if (c == NULL)
		return 0;
	return ldap_parse_passwordpolicy_control(ld, c, &a->expires_s,
	    &a->grace, &a->policy) == LDAP_SUCCESS ? 0 : -1;
}

static int
answer_read(const struct job *job, struct conn *c, LDAPMessage *msg,
    struct answer *ret)
{
	struct answer a = { .code = LDAP_OTHER, .policy = PP_noError,
	    .expires_s = -1, .grace = -1 };
	LDAPControl **controls = NULL;
	char *text = NULL;
	int rc;

	rc = ldap_parse_result(c->ld, msg, &a.code, NULL, &text, NULL,
	    &controls, 0);
	if (rc == LDAP_SUCCESS)
		rc = policy_read(c->ld, controls, &a);
	if (job->inst->opt.ad && a.code == LDAP_INVALID_CREDENTIALS)
		a.subcode = bind_subcode(text);
	if (rc == 0)
		*ret = a;
	ldap_controls_free(controls);
	ldap_memfree(text);
	return rc == 0 ? 0 : -1;
}

/* One bind request and its answer. mechanism NULL is simple. */
static int
bind_ask(const struct job *job, struct conn *c, const char *dn,
    const char *mechanism, struct csn_str password, int64_t limit_ms,
    struct answer *ret)
{
	LDAPControl *controls[2] = { NULL, NULL };
	LDAPMessage *msg = NULL;
	struct berval cred;
	struct wait w;
	int msgid, rc;

	wait_init(&w, job, limit_ms);
	cred.bv_val = (char *)(uintptr_t)password.p;
	cred.bv_len = password.n;
	if (ldap_control_create(LDAP_CONTROL_PASSWORDPOLICYREQUEST, 0, NULL,
	    0, &controls[0]) != LDAP_SUCCESS)
		return -1;
	rc = ldap_sasl_bind(c->ld, dn, mechanism, &cred, controls, NULL,
	    &msgid);
	ldap_control_free(controls[0]);
	if (rc != LDAP_SUCCESS) {
		c->broken = true;
		return -1;
	}
	rc = -1;
	if (connect_answer(c, &w, msgid, &msg) == LDAP_RES_BIND)
		rc = answer_read(job, c, msg, ret);
	ldap_msgfree(msg);
	if (rc != 0)
		c->broken = true;
	return rc;
}

/* The sub-codes that Active Directory gives after a right password only. */
static enum bind_result
subcode_result(unsigned subcode)
{
	switch (subcode) {
	case 0x530:		/* not at this hour */
	case 0x531:		/* not from this workstation */
	case 0x533:
		return BIND_DISABLED;
	case 0x532:
		return BIND_PASSWORD_EXPIRED;
	case 0x701:
		return BIND_EXPIRED;
	case 0x773:
		return BIND_MUST_CHANGE;
	default:
		return BIND_WRONG;
	}
}

/* rc 0, and something to say: no login. */
static enum bind_result
objected_result(const struct answer *a)
{
	switch (a->policy) {
	case PP_noError:
		return BIND_PROVED;
	case PP_accountLocked:
		return BIND_LOCKED;
	case PP_changeAfterReset:
		return BIND_MUST_CHANGE;
	default:
		return BIND_PASSWORD_EXPIRED;
	}
}

static enum bind_result
refused_result(const struct answer *a)
{
	if (a->policy == PP_passwordExpired)
		return BIND_PASSWORD_EXPIRED;
	return subcode_result(a->subcode);
}

static enum bind_result
result_of(const struct job *job, const struct conn *c,
    const struct answer *a)
{
	switch (a->code) {
	case LDAP_SUCCESS:
		return objected_result(a);
	case LDAP_INVALID_CREDENTIALS:
		return refused_result(a);
	case LDAP_CONSTRAINT_VIOLATION:	/* 389: locked, right or wrong */
	case LDAP_INAPPROPRIATE_AUTH:	/* an entry without a password */
	case LDAP_UNWILLING_TO_PERFORM:
	case LDAP_NO_SUCH_OBJECT:
		return BIND_WRONG;
	default:
		job_log(job, CSN_WARN, "directory server %s answers a bind "
		    "with: %s", c->address.name, ldap_err2string(a->code));
		return BIND_UNKNOWN;
	}
}

enum bind_result
bind_person(const struct job *job, struct conn *c, struct csn_str dn,
    struct csn_str password, int64_t limit_ms, struct bind_notes *ret_notes)
{
	enum bind_result result;
	struct answer a;

	*ret_notes = (struct bind_notes){ .expires_s = -1, .grace = -1 };

	/* these should not happen, but would be bad if they did */
	if (dn.n == 0 || !password_acceptable(password))
		return BIND_WRONG;
	if (bind_ask(job, c, dn.p, LDAP_SASL_SIMPLE, password, limit_ms,
	    &a) != 0) {
		job_log(job, CSN_WARN, "directory server %s did not answer "
		    "a bind", c->address.name);
		return BIND_UNKNOWN;
	}
	result = result_of(job, c, &a);
	if (result == BIND_PROVED)
		*ret_notes = (struct bind_notes){ .expires_s = a.expires_s,
		    .grace = a.grace };
	if (result == BIND_UNKNOWN)
		c->broken = true;
	return result;
}

static int
service_ask(const struct job *job, struct conn *c, int64_t limit_ms,
    struct answer *ret)
{
	const struct options *o = &job->inst->opt;
	struct csn_str password = { NULL, 0 };

	*ret = (struct answer){ .code = LDAP_OTHER, .policy = PP_noError };
	if (o->principal.n > 0)
		return gssapi_bind(job, c, limit_ms, &ret->code);
	if (o->bind_dn.n == 0)
		return bind_ask(job, c, NULL, "EXTERNAL", STR(""), limit_ms,
		    ret);
	if (job->host->secret(job->call, o->val_password, &password) !=
	    CSN_OK || !password_acceptable(password)) {
		job_log(job, CSN_FAIL, "bind_password cannot be read, or is "
		    "not one line of text");
		return -1;
	}
	return bind_ask(job, c, o->bind_dn.p, LDAP_SASL_SIMPLE, password,
	    limit_ms, ret);
}

int
bind_service(const struct job *job, struct conn *c, int64_t limit_ms)
{
	const struct options *o = &job->inst->opt;
	struct answer a;

	/* the server of a unix socket knows our uid: EXTERNAL by that */
	if (o->bind_dn.n == 0 && o->principal.n == 0 &&
	    o->certificate.n == 0 && !c->address.local)
		return 0;
	if (service_ask(job, c, limit_ms, &a) != 0) {
		job_log(job, CSN_WARN, "directory server %s: the service "
		    "account's bind came to nothing", c->address.name);
		return -1;
	}
	if (a.code == LDAP_SUCCESS && a.policy == PP_noError)
		return 0;
	job_log(job, CSN_FAIL, "directory server %s refuses the service "
	    "account (%s): check %s", c->address.name,
	    ldap_err2string(a.code), o->principal.n > 0 ? "that it takes "
	    "GSSAPI inside TLS, and its name in url" : o->bind_dn.n > 0 ?
	    "bind_dn and bind_password" : "whom it takes our certificate or "
	    "user for (SASL EXTERNAL)");
	return -1;
}
