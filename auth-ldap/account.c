/* SPDX-License-Identifier: Apache-2.0 */
/*
 * account.c - is an account switched off, as far as its entry says
 *
 * For look-ups, where no bind tells. What cannot be read as it should is
 * disabled.
 */
#include "account.h"

#include "entry.h"

#define UAC_DISABLED	2u		/* [MS-ADTS] 2.2.16 */
#define NEVER		INT64_MAX	/* accountExpires, as 0 is */
#define YEAR_1601_S	INT64_C(11644473600)
#define PASSWORD_END	"msDS-UserPasswordExpiryTimeComputed"

struct mark {			/* this value of this attribute is "off" */
	const char *attribute, *value;
};

/* Locked by an administrator until he says otherwise
 * (draft-behera-ldap-password-policy 5.3.3); 389 and its kin; eDirectory. */
static const struct mark marks[] = {
	{ "pwdAccountLockedTime", "000001010000Z" },
	{ "nsAccountLock", "TRUE" },
	{ "loginDisabled", "TRUE" },
};

void
account_want(const struct options *o, struct search *s)
{
	size_t i;

	if (o->ad) {
		search_want(s, STR("userAccountControl"));
		search_want(s, STR("accountExpires"));
		if (o->password_change)
			search_want(s, STR(PASSWORD_END));
		return;
	}
	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		search_want(s, str_from(marks[i].attribute));
}

static int
marked(const struct job *job, LDAP *ld, LDAPMessage *entry, bool *ret)
{
	struct job_list values;
	size_t i, k;

	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		values = (struct job_list){ NULL, 0, 0 };
		if (entry_values(job, ld, entry,
		    str_from(marks[i].attribute), &values) != 0)
			return -1;
		for (k = 0; k < values.n; k++) {
			if (str_equal_fold(values.v[k],
			    str_from(marks[i].value)))
				*ret = true;
		}
	}
	return 0;
}

/* An attribute with one number; `absent` if there is none. */
static int
number(const struct job *job, LDAP *ld, LDAPMessage *entry,
    struct csn_str attribute, uint64_t absent, uint64_t *ret)
{
	struct job_list values = { NULL, 0, 0 };

	if (entry_values(job, ld, entry, attribute, &values) != 0)
		return -1;
	*ret = absent;
	if (values.n > 0 && str_u64(values.v[0], INT64_MAX, ret) != 0)
		*ret = UINT64_MAX;
	return 0;
}

/* Of 100 ns since 1601 ([MS-DTYP] 2.3.3). */
static int64_t
since_1970(uint64_t ticks)
{
	return (int64_t)(ticks / 10000000) - YEAR_1601_S;
}

static int
ad_disabled(const struct job *job, LDAP *ld, LDAPMessage *entry, bool *ret)
{
	uint64_t control, end;

	if (number(job, ld, entry, STR("userAccountControl"), UAC_DISABLED,
	    &control) != 0 ||
	    number(job, ld, entry, STR("accountExpires"), 0, &end) != 0)
		return -1;
	if ((control & UAC_DISABLED) != 0 || end == UINT64_MAX)
		*ret = true;
	if (end == 0 || end >= NEVER)
		return 0;
	if (since_1970(end) <= job->host->now_ms(job->call) / 1000)
		*ret = true;
	return 0;
}

int
account_password_end(const struct job *job, LDAP *ld, LDAPMessage *entry,
    int64_t *ret_s)
{
	uint64_t end = 0;

	*ret_s = 0;
	if (!job->inst->opt.ad || !job->inst->opt.password_change)
		return 0;
	if (number(job, ld, entry, STR(PASSWORD_END), 0, &end) != 0)
		return -1;
	if (end != 0 && end < NEVER)
		*ret_s = since_1970(end);
	return 0;
}

int
account_disabled(const struct job *job, LDAP *ld, LDAPMessage *entry,
    bool *ret)
{
	*ret = false;
	return job->inst->opt.ad ? ad_disabled(job, ld, entry, ret) :
	    marked(job, ld, entry, ret);
}
