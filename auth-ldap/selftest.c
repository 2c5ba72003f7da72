/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selftest.c - telling an operator what is wrong before a person finds out
 *
 * Each server is asked on its own, for a fail-over that was never tried is
 * none.
 */
#include "selftest.h"

#include <stdio.h>

#include "bind.h"
#include "entry.h"
#include "search.h"
#include "servers.h"
#include "tls.h"

#define CERTIFICATE_DAYS 14	/* fewer are told */

struct sample {			/* one entry of a person */
	int entries;
	bool subject, id;
};

static void
tell(const struct job *job, uint32_t severity, uint32_t val,
    struct csn_str text)
{
	if (text.p != NULL)
		job->host->report(job->call, severity, val, text);
}

static void
look(const struct job *job)
{
	const struct options *o = &job->inst->opt;

	if (o->clear_text)
		tell(job, CSN_WARN, 0, STR("clear_text: accepted: passwords "
		    "travel unencrypted to servers written as ldap://"));
	if (!options_can_search(o))
		tell(job, CSN_WARN, 0, STR("no service account: people are "
		    "asked for with their own rights, and this factor cannot "
		    "be a realm's authority"));
	if (o->id.n == 0)
		tell(job, CSN_WARN, 0, STR("id: none: a name that is given "
		    "to somebody else is not noticed"));
	if (o->domain.n == 0 && o->nurls == 1)
		tell(job, CSN_INFO, o->val_url, STR("one server: nobody logs "
		    "in while it is down"));
}

static int
sample_see(void *arg, const struct job *job, LDAP *ld, LDAPMessage *entry)
{
	const struct options *o = &job->inst->opt;
	struct job_list subject = { NULL, 0, 0 }, id = { NULL, 0, 0 };
	struct sample *s = arg;

	if (entry == NULL) {
		*s = (struct sample){ .entries = 0 };
		return 0;
	}
	s->entries++;
	if (entry_values(job, ld, entry, o->subject, &subject) != 0 ||
	    entry_values(job, ld, entry, o->id, &id) != 0)
		return -1;
	s->subject = subject.n > 0;
	s->id = o->id.n == 0 || id.n > 0;
	return 0;
}

static int32_t
sample_judge(const struct job *job, const char *server,
    enum search_result result, const struct sample *s)
{
	const struct options *o = &job->inst->opt;

	if (result != SEARCH_DONE && result != SEARCH_CUT) {
		tell(job, CSN_FAIL, o->val_base, job_printf(job, "%s: the "
		    "base %s cannot be searched", server, o->base.p));
		return CSN_E_BACKEND;
	}
	if (s->entries == 0 || !s->subject) {
		tell(job, CSN_FAIL, o->val_base, job_printf(job, "%s: no "
		    "entry below %s shows %s: is the base right, and may "
		    "the service account read it?", server, o->base.p,
		    o->subject.p));
		return CSN_E_BACKEND;
	}
	if (!s->id) {
		tell(job, CSN_FAIL, 0, job_printf(job, "%s: people have no "
		    "%s that we can read: set id", server, o->id.p));
		return CSN_E_BACKEND;
	}
	return CSN_OK;
}

/* Is there a person below the base, as the options describe one? */
static int32_t
ask_sample(const struct job *job, struct conn *c)
{
	const struct options *o = &job->inst->opt;
	struct search s = { .base = o->base.p, .max_entries = 1,
	    .scope = LDAP_SCOPE_SUBTREE };
	enum search_result result;
	struct csn_str filter;
	struct sample sample;

	if (o->base.n == 0 || !options_can_search(o))
		return CSN_OK;
	filter = job_printf(job, "(&(%s=*)%s)", o->subject.p,
	    o->user_filter.n > 0 ? o->user_filter.p : "");
	if (filter.p == NULL)
		return CSN_E_BACKEND;
	s.filter = filter.p;
	search_want(&s, o->subject);
	search_want(&s, o->id);
	result = search_on(job, c, &s, job_left_ms(job), sample_see,
	    &sample);
	return sample_judge(job, c->address.name, result, &sample);
}

/* ------------------------------------------------------------------ */
/* names and groups that nobody has */

static int
any_see(void *arg, const struct job *job, LDAP *ld, LDAPMessage *entry)
{
	size_t *n = arg;

	(void)job;
	(void)ld;
	*n = entry == NULL ? 0 : *n + 1;
	return 0;
}

/* Whether a search was answered, and with nothing. */
static bool
finds_none(const struct job *job, struct conn *c, struct csn_str base,
    struct csn_str filter)
{
	struct search s = { .base = base.p, .filter = filter.p,
	    .max_entries = 1, .scope = LDAP_SCOPE_SUBTREE };
	size_t n = 0;

	search_want(&s, STR("1.1"));		/* RFC 4511 4.5.1.8 */
	return filter.p != NULL && search_on(job, c, &s, job_left_ms(job),
	    any_see, &n) == SEARCH_DONE && n == 0;
}

/* Nobody could log in, and looking somebody up would not show it. */
static int32_t
ask_login(const struct job *job, struct conn *c)
{
	const struct options *o = &job->inst->opt;
	struct csn_str any = STR(""), names = STR("");

	for (size_t i = 0; i < o->login.n; i++) {
		if (str_equal_fold(o->login.v[i], o->subject))
			return CSN_OK;	/* the sample has it */
		any = job_printf(job, "%s(%s=*)", any.p, o->login.v[i].p);
		names = job_printf(job, "%s%s%s", names.p, i > 0 ? ", " : "",
		    o->login.v[i].p);
		if (any.p == NULL || names.p == NULL)
			return CSN_E_BACKEND;
	}
	if (any.n == 0 || o->base.n == 0 || !options_can_search(o) ||
	    !finds_none(job, c, o->base, job_printf(job, "(&(|%s)%s)", any.p,
	    o->user_filter.n > 0 ? o->user_filter.p : "")))
		return CSN_OK;
	tell(job, CSN_FAIL, 0, job_printf(job, "%s: no entry below %s has "
	    "what people log in by, login: %s", c->address.name, o->base.p,
	    names.p));
	return CSN_E_BACKEND;
}

static void
ask_groups(const struct job *job, struct conn *c)
{
	const struct options *o = &job->inst->opt;

	if ((o->group_mode != GROUPS_MEMBER && o->group_mode !=
	    GROUPS_MEMBERUID) || str_equal(o->group_base, o->base) ||
	    !options_can_search(o))
		return;
	if (finds_none(job, c, o->group_base, job_printf(job, "(&(%s=*)%s)",
	    o->group_member.p, o->group_filter.n > 0 ? o->group_filter.p :
	    "")))
		tell(job, CSN_WARN, 0, job_printf(job, "%s: no entry below %s, "
		    "group_base, has a %s: everybody is in no group",
		    c->address.name, o->group_base.p, o->group_member.p));
}

/* How long it took, and how long its certificate will do. */
struct course { int64_t from_ms, connected_ms, bound_ms, read_ms; };

static void
tell_course(const struct job *job, const struct conn *c,
    const struct course *t)
{
	int connect = (int)(t->connected_ms - t->from_ms);
	int bind = (int)(t->bound_ms - t->connected_ms);
	int read = (int)(t->read_ms - t->bound_ms);
	char until[32] = "";
	int64_t days = 0;

	if (c->ssl == NULL) {
		tell(job, CSN_INFO, job->inst->opt.val_url, job_printf(job,
		    "%s answers: reached in %d ms, without TLS, bound in %d "
		    "ms, people read in %d ms", c->address.name, connect,
		    bind, read));
		return;
	}
	if (tls_until(c->ssl, until, sizeof(until), &days) != 0)
		(void)snprintf(until, sizeof(until), "an unreadable date");
	else if (days < CERTIFICATE_DAYS)
		tell(job, CSN_WARN, job->inst->opt.val_url, job_printf(job,
		    "%s: its certificate ends on %s; renew it there",
		    c->address.name, until));
	tell(job, CSN_INFO, job->inst->opt.val_url, job_printf(job,
	    "%s answers: reached in %d ms (%s, certificate until %s), bound "
	    "in %d ms, people read in %d ms", c->address.name, connect,
	    SSL_get_version(c->ssl), until, bind, read));
}

static int32_t
ask_server(const struct job *job, const struct address *a)
{
	const struct options *o = &job->inst->opt;
	struct course t = { .from_ms = job_clock_ms() };
	struct conn *c = connect_open(job, a, job_left_ms(job));
	int32_t rc = CSN_E_BACKEND;

	t.connected_ms = t.bound_ms = job_clock_ms();
	if (c == NULL)
		tell(job, CSN_FAIL, o->val_url, job_printf(job, "%s cannot "
		    "be reached%s; the log says why", a->name, a->local ||
		    o->clear_text ? "" : " over TLS"));
	else if (bind_service(job, c, job_left_ms(job)) != 0)
		tell(job, CSN_FAIL, o->val_password, job_printf(job, "%s "
		    "refuses the service account, or did not answer",
		    a->name));
	else {
		t.bound_ms = job_clock_ms();
		rc = ask_sample(job, c);
		if (rc == CSN_OK)
			rc = ask_login(job, c);
		if (rc == CSN_OK)
			ask_groups(job, c);
	}
	t.read_ms = job_clock_ms();
	if (rc == CSN_OK)
		tell_course(job, c, &t);
	connect_close(c);
	return rc;
}

int32_t
selftest_run(const struct job *job, bool live)
{
	struct address v[SERVERS_MAX];
	int32_t rc = CSN_OK;
	size_t i, n;

	look(job);
	if (!live)
		return CSN_OK;
	n = servers_order(job, v, SERVERS_MAX);
	if (n == 0) {
		tell(job, CSN_FAIL, job->inst->opt.val_url,
		    STR("DNS names no server of this domain"));
		return CSN_E_BACKEND;
	}
	for (i = 0; i < n; i++) {
		if (ask_server(job, &v[i]) != CSN_OK)
			rc = CSN_E_BACKEND;
	}
	return rc;
}
