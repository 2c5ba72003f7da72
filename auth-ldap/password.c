/* SPDX-License-Identifier: Apache-2.0 */
/*
 * password.c - giving somebody another password, in the directory's way
 *
 * RFC 3062 by the person; Active Directory's unicodePwd by the service
 * account, as a change (old out, new in), which its rules and its history
 * apply to: never as a reset. It must never send one unencrypted where
 * clear_text was not accepted, nor repeat a request that may have been sent.
 */
#include "password.h"

#include <ldap.h>

#include "lib/secret.h"
#include "lib/text.h"

#include "entry.h"
#include "pool.h"
#include "texts.h"

#define WHY_MAX 200u		/* of a directory's own words */

struct answer {			/* of a change */
	int code;
	struct csn_str text;	/* the directory's; call memory */
	LDAPPasswordPolicyError policy;
};

int
password_utf16(struct buf *b, struct csn_str s)
{
	if (!text_utf8(s))
		return -1;
	buf_put(b, "\"\0", 2);
	for (size_t at = 0; at < s.n;) {
		uint32_t c = text_next(s, &at), low = 0;

		if (c >= 0x10000) {
			low = 0xdc00 + ((c - 0x10000) & 0x3ff);
			c = 0xd800 + ((c - 0x10000) >> 10);
		}
		buf_u8(b, (uint8_t)c);
		buf_u8(b, (uint8_t)(c >> 8));
		if (low == 0)
			continue;
		buf_u8(b, (uint8_t)low);
		buf_u8(b, (uint8_t)(low >> 8));
	}
	buf_put(b, "\"\0", 2);
	return buf_failed(b) ? -1 : 0;
}

static int
answer_read(const struct job *job, struct conn *c, LDAPMessage *msg,
    struct answer *ret)
{
	LDAPControl **controls = NULL, *found;
	ber_int_t expire, grace;
	char *text = NULL;
	int rc;

	*ret = (struct answer){ .code = LDAP_OTHER, .text = STR(""),
	    .policy = PP_noError };
	rc = ldap_parse_result(c->ld, msg, &ret->code, NULL, &text, NULL,
	    &controls, 0);
	found = controls == NULL ? NULL : ldap_control_find(
	    LDAP_CONTROL_PASSWORDPOLICYRESPONSE, controls, NULL);
	if (rc == LDAP_SUCCESS && found != NULL)
		rc = ldap_parse_passwordpolicy_control(c->ld, found, &expire,
		    &grace, &ret->policy);
	if (rc == LDAP_SUCCESS && text != NULL)
		ret->text = job_str(job, str_from(text));
	ldap_controls_free(controls);
	ldap_memfree(text);
	return rc == LDAP_SUCCESS && ret->text.p != NULL ? 0 : -1;
}

/* RFC 3062. The identity is left out where the person is bound. */
static int
send_exop(struct conn *c, struct csn_str dn, struct csn_str old,
    struct csn_str wanted, int *ret_msgid)
{
	struct berval user = { dn.n, (char *)(uintptr_t)dn.p },
	    from = { old.n, (char *)(uintptr_t)old.p },
	    to = { wanted.n, (char *)(uintptr_t)wanted.p };
	LDAPControl *controls[2] = { NULL, NULL };
	int rc;

	if (ldap_control_create(LDAP_CONTROL_PASSWORDPOLICYREQUEST, 0, NULL,
	    0, &controls[0]) != LDAP_SUCCESS)
		return -1;
	rc = ldap_passwd(c->ld, dn.n > 0 ? &user : NULL, &from, &to, controls,
	    NULL, ret_msgid);
	ldap_control_free(controls[0]);
	return rc == LDAP_SUCCESS ? 0 : -1;
}

static int
send_unicode(struct conn *c, struct csn_str dn, struct csn_str old,
    struct csn_str wanted, int *ret_msgid)
{
	struct buf from, to;
	struct berval was, is, *wass[] = { &was, NULL }, *iss[] = { &is, NULL };
	LDAPMod del = { .mod_op = LDAP_MOD_DELETE | LDAP_MOD_BVALUES,
	    .mod_type = (char *)(uintptr_t)"unicodePwd" }, add = {
	    .mod_op = LDAP_MOD_ADD | LDAP_MOD_BVALUES,
	    .mod_type = (char *)(uintptr_t)"unicodePwd" };
	LDAPMod *mods[] = { &del, &add, NULL };
	int rc = -1;

	buf_init(&from, 4096);
	buf_init(&to, 4096);
	if (password_utf16(&from, old) == 0 &&
	    password_utf16(&to, wanted) == 0) {
		was = (struct berval){ from.n, (char *)from.p };
		is = (struct berval){ to.n, (char *)to.p };
		del.mod_bvalues = wass;
		add.mod_bvalues = iss;
		rc = ldap_modify_ext(c->ld, dn.p, mods, NULL, NULL,
		    ret_msgid) == LDAP_SUCCESS ? 0 : -1;
	}
	buf_free(&from);
	buf_free(&to);
	return rc;
}

/* "0000052D: Constraint violation - check_password_restrictions: the password
 * is too short. ...": behind the code what Samba says is for people; of
 * Windows only the code says anything. */
static struct csn_str
ad_words(const struct job *job, const struct answer *a)
{
	static const char marker[] = "check_password_restrictions: ";
	ptrdiff_t at = str_find(a->text, str_from(marker));
	struct csn_str said;

	(void)job;
	if (at < 0)
		return STR(TEXT_WHY_RULES);
	said = str_from_at(a->text, (size_t)at + sizeof(marker) - 1);
	if (str_find(said, STR("too short")) >= 0)
		return STR(TEXT_WHY_SHORT);
	if (str_find(said, STR("already used")) >= 0 ||
	    str_find(said, STR("history")) >= 0)
		return STR(TEXT_WHY_USED);
	if (str_find(said, STR("too young")) >= 0)
		return STR(TEXT_WHY_YOUNG);
	return STR(TEXT_WHY_RULES);
}

/* What was said, cut between two characters, if people can be shown it. */
static struct csn_str
own_words(const struct job *job, struct csn_str text)
{
	struct csn_str s = str_trim(text);

	while (s.n > 0 && (s.p[s.n - 1] == '.' || s.p[s.n - 1] == '!'))
		s.n--;
	if (s.n > WHY_MAX) {
		s.n = WHY_MAX;
		while (s.n > 0 && !text_utf8(s))
			s.n--;
	}
	if (s.n == 0 || !text_plain(s))
		return STR(TEXT_WHY_RULES);
	return job_str(job, s);
}

static struct csn_str
refused_words(const struct job *job, const struct answer *a)
{
	switch (a->policy) {
	case PP_passwordModNotAllowed:
		return STR(TEXT_WHY_FORBIDDEN);
	case PP_insufficientPasswordQuality:
		return STR(TEXT_WHY_WEAK);
	case PP_passwordTooShort:
		return STR(TEXT_WHY_SHORT);
	case PP_passwordTooYoung:
		return STR(TEXT_WHY_YOUNG);
	case PP_passwordInHistory:
		return STR(TEXT_WHY_USED);
	default:
		break;
	}
	if (a->code == LDAP_INSUFFICIENT_ACCESS)
		return STR(TEXT_WHY_FORBIDDEN);
	if (job->inst->opt.ad)
		return ad_words(job, a);
	return own_words(job, a->text);
}

static enum password_result
result_of(const struct job *job, const struct conn *c,
    const struct answer *a, struct csn_str *ret_why)
{
	switch (a->code) {
	case LDAP_SUCCESS:
		return PASSWORD_CHANGED;
	case LDAP_CONSTRAINT_VIOLATION:
	case LDAP_UNWILLING_TO_PERFORM:
	case LDAP_INSUFFICIENT_ACCESS:
	case LDAP_INVALID_SYNTAX:
		break;
	default:
		job_log(job, CSN_WARN, "directory server %s answers a change "
		    "of a password with: %s", c->address.name,
		    ldap_err2string(a->code));
		return PASSWORD_UNKNOWN;
	}
	job_log(job, CSN_INFO, "directory server %s refuses a new password: "
	    "%s (%s)", c->address.name, ldap_err2string(a->code), a->text.p);
	*ret_why = refused_words(job, a);
	return ret_why->p == NULL ? PASSWORD_UNKNOWN : PASSWORD_REFUSED;
}

static enum password_result
change_on(const struct job *job, struct conn *c, struct csn_str dn,
    struct csn_str old, struct csn_str wanted, struct csn_str *ret_why)
{
	enum password_result result = PASSWORD_UNKNOWN;
	LDAPMessage *msg = NULL;
	struct answer a;
	struct wait w;
	int msgid, type, rc;

	wait_init(&w, job, job_left_ms(job));
	rc = job->inst->opt.ad ? send_unicode(c, dn, old, wanted, &msgid) :
	    send_exop(c, dn, old, wanted, &msgid);
	if (rc < 0) {
		c->broken = true;
		return PASSWORD_UNKNOWN;
	}
	type = connect_answer(c, &w, msgid, &msg);
	if ((type == LDAP_RES_EXTENDED || type == LDAP_RES_MODIFY) &&
	    answer_read(job, c, msg, &a) == 0)
		result = result_of(job, c, &a, ret_why);
	else
		c->broken = true;
	ldap_msgfree(msg);
	return result;
}

enum password_result
password_change(const struct job *job, struct conn *via, struct csn_str dn,
    struct csn_str old, struct csn_str wanted, struct csn_str *ret_why)
{
	enum password_result result;
	struct conn *c;

	if (via != NULL && !job->inst->opt.ad)
		return change_on(job, via, STR(""), old, wanted, ret_why);
	/* a new connection: a request on one that died would be in doubt */
	c = pool_take(job, POOL_SEARCH, true, job_left_ms(job));
	if (c == NULL)
		return PASSWORD_UNKNOWN;
	result = change_on(job, c, dn, old, wanted, ret_why);
	pool_give(job, POOL_SEARCH, c);
	return result;
}

/* ------------------------------------------------------------------ */

struct rules_seen { struct password_rules rules; struct csn_str root; };

static uint64_t
number_of(const struct job *job, LDAP *ld, LDAPMessage *entry,
    const char *attribute)
{
	struct job_list values = { NULL, 0, 0 };
	uint64_t n = 0;

	if (entry_values(job, ld, entry, str_from(attribute), &values) != 0 ||
	    values.n != 1 || str_u64(values.v[0], 1000, &n) != 0)
		return 0;
	return n;
}

static int
rules_see(void *arg, const struct job *job, LDAP *ld, LDAPMessage *entry)
{
	struct rules_seen *seen = arg;
	struct job_list root = { NULL, 0, 0 };

	if (entry == NULL) {
		*seen = (struct rules_seen){ .root = STR("") };
		return 0;
	}
	if (!job->inst->opt.ad) {
		seen->rules.length = number_of(job, ld, entry,
		    "pwdMinLength");
		seen->rules.history = number_of(job, ld, entry,
		    "pwdInHistory");
		return 0;
	}
	if (entry_values(job, ld, entry, STR("defaultNamingContext"),
	    &root) != 0)
		return -1;
	if (root.n == 1)
		seen->root = root.v[0];
	seen->rules.length = number_of(job, ld, entry, "minPwdLength");
	seen->rules.history = number_of(job, ld, entry, "pwdHistoryLength");
	/* DOMAIN_PASSWORD_COMPLEX, [MS-SAMR] 2.2.1.9 */
	seen->rules.kinds = (number_of(job, ld, entry, "pwdProperties") &
	    1u) != 0;
	return 0;
}

static bool
rules_search(const struct job *job, struct csn_str base,
    struct rules_seen *seen)
{
	struct search s = { .base = base.p, .scope = LDAP_SCOPE_BASE,
	    .filter = "(objectClass=*)", .max_entries = 1 };
	static const char *const wanted[] = { "defaultNamingContext",
		"minPwdLength", "pwdHistoryLength", "pwdProperties",
		"pwdMinLength", "pwdInHistory" };

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		search_want(&s, str_from(wanted[i]));
	return search_by(job, NULL, &s, rules_see, seen) == SEARCH_DONE;
}

void
password_rules_read(const struct job *job, struct password_rules *ret)
{
	struct csn_str base = job->inst->opt.password_policy;
	struct rules_seen seen = { .root = STR("") };

	*ret = (struct password_rules){ .length = 0 };
	if (job->inst->opt.ad) {
		if (!rules_search(job, STR(""), &seen) || seen.root.n == 0)
			return;
		base = seen.root;
	}
	if (base.n > 0 && rules_search(job, base, &seen))
		*ret = seen.rules;
}
