/* SPDX-License-Identifier: Apache-2.0 */
/*
 * login.c - a login by name and password: one form, one answer
 *
 * A GRANT is one entry, a bind that proved the password, and no objection of
 * the directory's; it is said at one place. An unknown name, an ambiguous
 * one and a wrong password get the same answer after the same work, and
 * nothing here tells them apart but the log.
 */
#include "login.h"

#include <openssl/evp.h>

#include "lib/text.h"

#include "change.h"
#include "groups.h"
#include "pool.h"
#include "servers.h"
#include "texts.h"

#define DAY_S 86400

/* The form, with the name that is known or was typed. */
static uint32_t
form(const struct job *job, struct csn_str name, uint32_t flags,
    struct csn_reply *reply)
{
	struct csn_prompt *p = job_alloc(job, 2 * sizeof(*p));

	if (p == NULL)
		return CSN_ERROR;
	p[0] = (struct csn_prompt){ .name = STR("username"),
	    .label = STR(TEXT_NAME), .value = name, .kind = CSN_P_USERNAME,
	    .max_bytes = 255, .flags = CSN_PF_REQUIRED };
	p[1] = (struct csn_prompt){ .name = STR("password"),
	    .label = STR(TEXT_PASSWORD), .kind = CSN_P_PASSWORD,
	    .max_bytes = 1024, .flags = CSN_PF_REQUIRED | flags };
	reply->action = CSN_A_FORM;
	reply->prompts = p;
	reply->nprompts = 2;
	reply->prompt_size = sizeof(*p);
	return CSN_CONTINUE;
}

uint32_t
login_form(const struct login *l, struct csn_str name, const char *message)
{
	l->reply->message = str_from(message);
	return form(l->job, name, 0, l->reply);
}

static uint32_t
begin(const struct job *job, const struct csn_req *req,
    struct csn_reply *reply)
{
	struct csn_str name = req->subject;

	if (name.n == 0)
		name = person_name(job, req->hint);
	return form(job, name.p != NULL ? name : STR(""), 0, reply);
}

uint32_t
login_wrong(const struct login *l, struct csn_str subject)
{
	l->reply->reason = CSN_R_CREDENTIAL;
	l->reply->message = STR(TEXT_WRONG);
	l->reply->subject = subject;
	return form(l->job, l->typed, CSN_PF_WRONG, l->reply);
}

uint32_t
login_unreachable(const struct login *l)
{
	l->reply->reason = CSN_R_BACKEND;
	return CSN_ERROR;
}

static uint32_t
account(const struct login *l, const char *state)
{
	struct csn_pair *args = job_alloc(l->job, sizeof(*args));

	if (args == NULL)
		return CSN_ERROR;
	args[0] = (struct csn_pair){ STR("state"), str_from(state) };
	l->reply->reason = CSN_R_ACCOUNT;
	l->reply->subject = l->person.subject;
	l->reply->message = STR(TEXT_ACCOUNT);
	l->reply->message_args = (struct csn_pairs){ args, 1 };
	return CSN_DENY;
}

/* The password is right, and cannot be used, nor changed here. */
static uint32_t
password_old(const struct login *l, const char *message)
{
	l->reply->reason = CSN_R_ACCOUNT;
	l->reply->subject = l->person.subject;
	l->reply->message = str_from(message);
	return CSN_DENY;
}

int32_t
login_reserve(const struct login *l, struct csn_str subject, bool known,
    uint32_t *ret)
{
	int32_t rc = l->job->host->throttle(l->job->call, subject);

	switch (rc) {
	case CSN_OK:
		return CSN_OK;
	case CSN_E_LIMIT:
		l->reply->reason = CSN_R_THROTTLED;
		if (known)
			l->reply->subject = subject;
		*ret = CSN_DENY;
		return rc;
	default:
		l->reply->reason = CSN_R_BACKEND;
		*ret = CSN_ERROR;
		return rc;
	}
}

/* What an unknown name is counted under: never the name, for people type
 * their password there. p is NULL when there is no memory. */
static struct csn_str
unknown_key(const struct job *job, struct csn_str name)
{
	static const struct csn_str none = { NULL, 0 };
	unsigned char digest[EVP_MAX_MD_SIZE];
	struct csn_str folded = job_str(job, name);
	char *p = (char *)(uintptr_t)folded.p;
	size_t i;

	if (p == NULL)
		return none;
	for (i = 0; i < folded.n; i++) {
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] - 'A' + 'a');
	}
	if (EVP_Digest(p, folded.n, digest, NULL, EVP_sha256(), NULL) != 1)
		return none;
	return job_printf(job, "unknown:%02x%02x%02x%02x%02x%02x%02x%02x",
	    digest[0], digest[1], digest[2], digest[3], digest[4], digest[5],
	    digest[6], digest[7]);
}

static struct csn_str
decoy_dn(const struct job *job)
{
	const struct options *o = &job->inst->opt;

	if (o->decoy_dn.n > 0)
		return o->decoy_dn;
	if (o->base.n > 0)
		return job_printf(job, "cn=countersign-decoy,%s", o->base.p);
	return person_template_dn(job, STR("countersign-decoy"));
}

static struct csn_str
decoy_password(const struct job *job)
{
	unsigned char r[12];

	job->host->random(job->call, r, sizeof(r));
	return job_printf(job, "%02x%02x%02x%02x%02x%02x%02x%02x%02x%02x"
	    "%02x%02x", r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7],
	    r[8], r[9], r[10], r[11]);
}

enum bind_result
login_bind(const struct job *job, struct csn_str dn, struct csn_str password,
    struct bind_notes *notes, struct conn **ret_conn)
{
	enum bind_result result;
	struct conn *c;

	c = pool_take(job, POOL_BIND, false, job_left_ms(job));
	if (c == NULL)
		return BIND_UNKNOWN;
	result = bind_person(job, c, dn, password, job_left_ms(job), notes);
	if (result == BIND_UNKNOWN) {
		servers_failed(job, &c->address);
		pool_forget(job->inst->pool, &c->address);
	}
	/* rc 0 besides BIND_PROVED: bound, to change the password */
	if (ret_conn != NULL && (result == BIND_PROVED ||
	    (result == BIND_MUST_CHANGE && !job->inst->opt.ad)))
		*ret_conn = c;
	else
		pool_give(job, POOL_BIND, c);
	return result;
}

/* As much work as for a known name, for the same answer. */
static uint32_t
nobody(const struct login *l, struct csn_str name)
{
	struct csn_str key = unknown_key(l->job, name);
	struct csn_str dn = decoy_dn(l->job);
	struct csn_str password = decoy_password(l->job);
	struct bind_notes notes;
	uint32_t verdict = CSN_ERROR;

	if (key.p == NULL || dn.p == NULL || password.p == NULL)
		return CSN_ERROR;
	if (login_reserve(l, key, false, &verdict) != CSN_OK)
		return verdict;
	if (login_bind(l->job, dn, password, &notes, NULL) == BIND_UNKNOWN)
		return login_unreachable(l);
	return login_wrong(l, STR(""));
}

uint32_t
login_grant(const struct login *l, struct conn *via)
{
	static const struct csn_str pwd[] = { STR_INIT("pwd") };
	const struct person *p = &l->person;
	struct csn_reply *reply = l->reply;
	struct groups groups;

	if (p->disabled)
		return account(l, TEXT_DISABLED);
	if (groups_read(l->job, via, p, &groups) != 0)
		return login_unreachable(l);
	reply->exchange = l->req->exchange;
	reply->subject = p->subject;
	reply->subject_id = p->subject_id;
	reply->attrs = p->attrs;
	reply->groups = groups.names;
	if (groups.whole)
		reply->flags |= CSN_RP_GROUPS;
	reply->amr = (struct csn_strs){ pwd, 1 };
	reply->auth_time_ms = l->proved_ms != 0 ? l->proved_ms :
	    l->job->host->now_ms(l->job->call);
	return CSN_GRANT;
}

uint32_t
login_refused(const struct login *l, enum bind_result result)
{
	switch (result) {
	case BIND_WRONG:
		return login_wrong(l, l->person.subject);
	case BIND_DISABLED:
		return account(l, TEXT_DISABLED);
	case BIND_EXPIRED:
		return account(l, TEXT_EXPIRED);
	case BIND_LOCKED:
		return account(l, TEXT_LOCKED);
	case BIND_PASSWORD_EXPIRED:
		return password_old(l, TEXT_TOO_OLD);
	case BIND_MUST_CHANGE:
		return password_old(l, TEXT_FIRST);
	case BIND_UNKNOWN:
	case BIND_PROVED:
		break;
	}
	return login_unreachable(l);
}

/* Whole days until a password expires that is about to; -1: it is not. */
static int64_t
days_left(const struct login *l, const struct bind_notes *notes)
{
	const struct options *o = &l->job->inst->opt;
	int64_t left = notes->expires_s;

	/* Active Directory has it on the entry, the others warn by themselves
	 * (pwdExpireWarning) */
	if (o->ad && l->person.password_end_s != 0) {
		left = l->person.password_end_s -
		    l->job->host->now_ms(l->job->call) / 1000;
		if (left > o->password_remind_s)
			left = -1;
	}
	return left < 0 ? -1 : (left + DAY_S - 1) / DAY_S;
}

/* A right password that the directory takes: it may still be time for
 * another. */
static uint32_t
proved(const struct login *l, const struct bind_notes *notes)
{
	int64_t days;

	if (!l->job->inst->opt.password_change || l->person.disabled)
		return login_grant(l, NULL);
	if (notes->grace >= 0)
		return change_ask(l, CHANGE_EXPIRED, 0);
	days = days_left(l, notes);
	return days < 0 ? login_grant(l, NULL) :
	    change_ask(l, CHANGE_SOON, days);
}

/* Known before the password is: the service account found the entry. */
static uint32_t
found(const struct login *l)
{
	bool change = l->job->inst->opt.password_change &&
	    !l->person.disabled;
	enum bind_result result;
	struct bind_notes notes;
	uint32_t verdict = CSN_ERROR;

	if (login_reserve(l, l->person.subject, true, &verdict) != CSN_OK)
		return verdict;
	result = login_bind(l->job, l->person.dn, l->password, &notes, NULL);
	if (result == BIND_PROVED)
		return proved(l, &notes);
	if (change && result == BIND_PASSWORD_EXPIRED)
		return change_ask(l, CHANGE_EXPIRED, 0);
	if (change && result == BIND_MUST_CHANGE)
		return change_ask(l, CHANGE_FIRST, 0);
	return login_refused(l, result);
}

static uint32_t
by_search(struct login *l, struct csn_str name)
{
	enum person_result result;

	result = l->req->subject.n > 0 ?
	    person_by_subject(l->job, l->req->subject, &l->person) :
	    person_by_name(l->job, name, &l->person);
	switch (result) {
	case PERSON_FOUND:
		return found(l);
	case PERSON_NONE:
		return nobody(l, name);
	case PERSON_FAILED:
		break;
	}
	return login_unreachable(l);
}

/* Without a search the name as typed is what tries are counted under, so it
 * must have one spelling: no letters that a directory folds, no blanks. */
static struct csn_str
plain_name(const struct job *job, struct csn_str name)
{
	struct csn_str copy = job_str(job, name);
	char *p = (char *)(uintptr_t)copy.p;
	size_t i;

	for (i = 0; i < copy.n; i++) {
		if (p[i] <= ' ' || p[i] > '~')
			return (struct csn_str){ NULL, 0 };
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] - 'A' + 'a');
	}
	return copy;
}

/* The entry is read by the person, who is bound on c. */
static uint32_t
as_oneself(struct login *l, struct conn *c, struct csn_str dn)
{
	switch (person_by_dn(l->job, c, dn, &l->person)) {
	case PERSON_FOUND:
		return login_grant(l, c);
	case PERSON_NONE:
		return login_wrong(l, STR(""));
	case PERSON_FAILED:
		break;
	}
	return login_unreachable(l);
}

static uint32_t
by_template(struct login *l, struct csn_str name)
{
	struct csn_str plain = plain_name(l->job, name), dn;
	enum bind_result result;
	struct bind_notes notes;
	struct conn *c = NULL;
	uint32_t verdict = CSN_ERROR;

	if (plain.p == NULL)
		return login_wrong(l, STR(""));
	dn = person_template_dn(l->job, plain);
	if (dn.p == NULL)
		return login_wrong(l, STR(""));
	if (login_reserve(l, plain, false, &verdict) != CSN_OK)
		return verdict;
	result = login_bind(l->job, dn, l->password, &notes, &c);
	if (result != BIND_PROVED) {
		pool_give(l->job, POOL_BIND, c);
		return login_refused(l, result);
	}
	verdict = as_oneself(l, c, dn);
	pool_give(l->job, POOL_BIND, c);
	return verdict;
}

static uint32_t
answer(const struct job *job, const struct csn_req *req,
    struct csn_reply *reply)
{
	struct login l = { .job = job, .req = req, .reply = reply };
	struct csn_str name = pairs_get(req->params, STR("username"));

	l.password = pairs_get(req->params, STR("password"));
	if (req->subject.n > 0)
		name = req->subject;	/* pinned: another cannot be typed */
	l.typed = name.n <= 255 && text_plain(name) ? name : STR("");
	if (req->state.n > 0)
		return change_answer(&l);
	name = person_name(job, name);
	if (name.p == NULL || !password_acceptable(l.password))
		return login_wrong(&l, STR(""));
	if (req->subject.n == 0) {
		struct csn_str part = person_part(job, name);

		/* as much work as for one of ours */
		if (part.p == NULL)
			return nobody(&l, name);
		name = part;
	}
	if (options_can_search(&job->inst->opt))
		return by_search(&l, name);
	return by_template(&l, name);
}

uint32_t
login_step(const struct job *job, const struct csn_req *req,
    struct csn_reply *reply)
{
	switch (req->event) {
	case CSN_EV_BEGIN:
		return begin(job, req, reply);
	case CSN_EV_FORM:
		return answer(job, req, reply);
	default:
		reply->reason = CSN_R_PROTOCOL;
		return CSN_ERROR;
	}
}
