/* SPDX-License-Identifier: Apache-2.0 */
/*
 * change.c - the page that asks for a new password, within a login
 *
 * The old one is asked for again, so that no page and no cookie keeps it, and
 * proved again before anything is changed. A changed password counts once a
 * bind has proved it. It must never let a password that has expired pass by
 * going on without a new one.
 */
#include "change.h"

#include "lib/text.h"

#include "password.h"
#include "pool.h"
#include "texts.h"

#define STATE_MAX	1024u
#define STATE_CHANGE	'C'
#define PROMPTS_MAX	9u

struct state {			/* sealed by the host, in between */
	enum change_why why;
	int64_t proved_ms, days;
	struct csn_str subject;	/* as the entry has it; borrowed */
};

static int
state_write(const struct login *l, const struct state *s)
{
	char *memory = job_alloc(l->job, STATE_MAX);
	struct buf b;

	if (memory == NULL)
		return -1;
	buf_init_fixed(&b, memory, STATE_MAX);
	buf_u8(&b, STATE_CHANGE);
	buf_u8(&b, (uint8_t)s->why);
	buf_u64(&b, (uint64_t)s->proved_ms);
	buf_u64(&b, (uint64_t)s->days);
	buf_lv16(&b, s->subject);
	l->reply->state = buf_str(&b);
	return buf_failed(&b) ? -1 : 0;
}

static int
state_read(struct csn_str raw, struct state *ret)
{
	struct reader in;
	uint8_t why;

	reader_init(&in, raw);
	if (reader_u8(&in) != STATE_CHANGE)
		return -1;
	why = reader_u8(&in);
	ret->proved_ms = (int64_t)reader_u64(&in);
	ret->days = (int64_t)reader_u64(&in);
	ret->subject = reader_lv16(&in);
	if (reader_end(&in) < 0 || why < CHANGE_EXPIRED || why > CHANGE_SOON ||
	    ret->subject.n == 0 || ret->proved_ms <= 0)
		return -1;
	ret->why = (enum change_why)why;
	return 0;
}

/* ------------------------------------------------------------------ */
/* the page */

struct page {
	const struct login *l;
	struct csn_prompt *v;
	size_t n;
};

static void
show(struct page *p, const char *name, const char *label, struct csn_str value)
{
	if (value.p != NULL && value.n > 0)
		p->v[p->n++] = (struct csn_prompt){ .name = str_from(name),
		    .label = str_from(label), .value = value,
		    .kind = CSN_P_SHOW };
}

static void
show_number(struct page *p, const char *name, const char *label, uint64_t n)
{
	if (n > 0)
		show(p, name, label, job_printf(p->l->job, "%llu",
		    (unsigned long long)n));
}

static void
ask(struct page *p, const char *name, const char *label, uint32_t kind,
    uint32_t flags)
{
	p->v[p->n++] = (struct csn_prompt){ .name = str_from(name),
	    .label = str_from(label), .kind = kind, .max_bytes = 1024,
	    .flags = CSN_PF_REQUIRED | flags };
}

/* The rules stand before the fields: nobody shall guess them. */
static void
rules(struct page *p)
{
	struct password_rules r;

	password_rules_read(p->l->job, &r);
	show_number(p, "rule-length", TEXT_RULE_LENGTH, r.length);
	show_number(p, "rule-history", TEXT_RULE_HISTORY, r.history);
	show_number(p, "rule-kinds", TEXT_RULE_KINDS, r.kinds ? 3 : 0);
}

static const char *
usual_message(enum change_why why)
{
	switch (why) {
	case CHANGE_EXPIRED:
		return TEXT_CHANGE_EXPIRED;
	case CHANGE_FIRST:
		return TEXT_CHANGE_FIRST;
	case CHANGE_SOON:
		return TEXT_CHANGE_SOON;
	}
	return TEXT_CHANGE_EXPIRED;
}

struct say {			/* above the fields; message NULL: as usual */
	const char *message, *arg;
	struct csn_str value;
	bool old_wrong, new_wrong;
};

static int
message(const struct login *l, const struct state *s, const struct say *say)
{
	struct csn_pair *args = job_alloc(l->job, sizeof(*args));

	if (args == NULL)
		return -1;
	l->reply->message = str_from(say->message != NULL ? say->message :
	    usual_message(s->why));
	if (say->message == NULL && s->why == CHANGE_SOON)
		args[0] = (struct csn_pair){ STR("n"), job_printf(l->job,
		    "%lld", (long long)s->days) };
	else if (say->arg != NULL)
		args[0] = (struct csn_pair){ str_from(say->arg), say->value };
	else
		return 0;
	l->reply->message_args = (struct csn_pairs){ args, 1 };
	return args[0].value.p == NULL ? -1 : 0;
}

static uint32_t
page(const struct login *l, const struct state *s, const struct say *say)
{
	struct page p = { .l = l, .v = job_alloc(l->job,
	    PROMPTS_MAX * sizeof(*p.v)) };
	uint32_t bad = say->new_wrong ? CSN_PF_WRONG : 0;

	if (p.v == NULL || message(l, s, say) < 0 || state_write(l, s) < 0)
		return CSN_ERROR;
	/* in a field, so that password managers know whose it is */
	p.v[p.n++] = (struct csn_prompt){ .name = STR("username"),
	    .label = STR(TEXT_NAME), .value = s->subject,
	    .kind = CSN_P_USERNAME, .max_bytes = 255, .flags = CSN_PF_FIXED };
	rules(&p);
	ask(&p, "password", TEXT_OLD, CSN_P_PASSWORD,
	    say->old_wrong ? CSN_PF_WRONG : 0);
	ask(&p, "new-password", TEXT_NEW, CSN_P_NEW_PASSWORD, bad);
	ask(&p, "new-password-again", TEXT_AGAIN, CSN_P_NEW_PASSWORD, bad);
	if (s->why == CHANGE_SOON)
		p.v[p.n++] = (struct csn_prompt){ .name = STR("later"),
		    .label = STR(TEXT_LATER), .value = STR("1"),
		    .kind = CSN_P_BUTTON };
	if (say->old_wrong) {
		l->reply->reason = CSN_R_CREDENTIAL;
		l->reply->subject = s->subject;
	}
	l->reply->action = CSN_A_FORM;
	l->reply->prompts = p.v;
	l->reply->nprompts = p.n;
	l->reply->prompt_size = sizeof(*p.v);
	return CSN_CONTINUE;
}

uint32_t
change_ask(const struct login *l, enum change_why why, int64_t days)
{
	struct state s = { .why = why, .days = days,
	    .proved_ms = l->job->host->now_ms(l->job->call),
	    .subject = l->person.subject };
	struct say say = { .message = NULL };

	return page(l, &s, &say);
}

/* ------------------------------------------------------------------ */
/* its answer */

static uint32_t
said_old_wrong(const struct login *l, const struct state *s)
{
	struct say say = { .message = TEXT_OLD_WRONG, .old_wrong = true };

	return page(l, s, &say);
}

static uint32_t
said_new_wrong(const struct login *l, const struct state *s,
    const char *text)
{
	struct say say = { .message = text, .new_wrong = true };

	return page(l, s, &say);
}

static void
audit(const struct login *l)
{
	struct csn_pair pair = { STR("subject"), l->person.subject };

	l->job->host->audit(l->job->call, STR("password-changed"),
	    (struct csn_pairs){ &pair, 1 });
}

/* A bind proves the new one, as it would any other. */
static uint32_t
prove_new(const struct login *l, struct csn_str wanted)
{
	struct bind_notes notes;

	audit(l);
	if (login_bind(l->job, l->person.dn, wanted, &notes, NULL) ==
	    BIND_PROVED)
		return login_grant(l, NULL);
	/* another server may not know it yet */
	return login_form(l, l->person.subject, TEXT_CHANGED);
}

static uint32_t
change(const struct login *l, const struct state *s, struct conn *via,
    struct csn_str wanted)
{
	struct say say = { .message = TEXT_REFUSED, .arg = "reason",
	    .new_wrong = true };

	switch (password_change(l->job, via, l->person.dn, l->password,
	    wanted, &say.value)) {
	case PASSWORD_CHANGED:
		return prove_new(l, wanted);
	case PASSWORD_REFUSED:
		return page(l, s, &say);
	case PASSWORD_UNKNOWN:
		break;
	}
	return login_unreachable(l);
}

static uint32_t
with_passwords(const struct login *l, const struct state *s,
    struct csn_str wanted)
{
	struct bind_notes notes;
	struct conn *via = NULL;
	uint32_t verdict = CSN_ERROR;
	enum bind_result result;

	if (login_reserve(l, l->person.subject, true, &verdict) != CSN_OK)
		return verdict;
	result = login_bind(l->job, l->person.dn, l->password, &notes, &via);
	switch (result) {
	case BIND_PROVED:
	case BIND_MUST_CHANGE:
	case BIND_PASSWORD_EXPIRED:
		verdict = change(l, s, via, wanted);
		break;
	case BIND_WRONG:
		verdict = said_old_wrong(l, s);
		break;
	default:
		verdict = login_refused(l, result);
		break;
	}
	/* what this connection may do has changed with the password */
	if (via != NULL) {
		via->broken = true;
		pool_give(l->job, POOL_BIND, via);
	}
	return verdict;
}

static uint32_t
new_password(const struct login *l, const struct state *s)
{
	struct csn_str wanted = pairs_get(l->req->params,
	    STR("new-password")), again = pairs_get(l->req->params,
	    STR("new-password-again"));

	if (!str_equal(wanted, again))
		return said_new_wrong(l, s, TEXT_NOT_SAME);
	if (!password_acceptable(wanted) || !text_utf8(wanted))
		return said_new_wrong(l, s, TEXT_UNUSABLE);
	if (!password_acceptable(l->password))
		return said_old_wrong(l, s);
	return with_passwords(l, s, wanted);
}

uint32_t
change_answer(struct login *l)
{
	struct state s;

	if (!l->job->inst->opt.password_change ||
	    state_read(l->req->state, &s) < 0)
		return CSN_ERROR;
	switch (person_by_subject(l->job, s.subject, &l->person)) {
	case PERSON_FOUND:
		break;
	case PERSON_NONE:
		return login_wrong(l, STR(""));
	case PERSON_FAILED:
		return login_unreachable(l);
	}
	if (pairs_get(l->req->params, STR("later")).n == 0)
		return new_password(l, &s);
	if (s.why != CHANGE_SOON)
		return CSN_ERROR;
	l->proved_ms = s.proved_ms;
	return login_grant(l, NULL);
}
