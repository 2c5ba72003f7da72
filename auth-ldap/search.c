/* SPDX-License-Identifier: Apache-2.0 */
/*
 * search.c - searches, with a limit on everything
 *
 * It must never follow a reference, never take a cut answer for a whole one,
 * and never let a server decide how much memory or time it gets.
 */
#include "search.h"

#include "pool.h"
#include "servers.h"

void
search_want(struct search *s, struct csn_str attribute)
{
	size_t i;

	if (attribute.n == 0)
		return;
	for (i = 0; s->attributes[i] != NULL; i++) {
		if (str_equal_fold(str_from(s->attributes[i]), attribute))
			return;
	}
	if (i < SEARCH_ATTRIBUTES)
		s->attributes[i] = attribute.p;
}

static int
send_request(const struct search *s, struct conn *c, struct wait *w,
    int *ret_msgid)
{
	struct timeval tv = wait_left_tv(w);
	int rc;

	if (tv.tv_sec == 0)
		tv.tv_sec = 1;		/* 0 is "no limit" on the wire */
	rc = ldap_search_ext(c->ld, s->base, s->scope, s->filter,
	    (char **)(uintptr_t)s->attributes, 0, NULL, NULL, &tv,
	    s->max_entries, ret_msgid);
	if (rc != LDAP_SUCCESS)
		c->broken = true;
	return rc == LDAP_SUCCESS ? 0 : -1;
}

static enum search_result
result_of(const struct job *job, struct conn *c, LDAPMessage *msg)
{
	int code = LDAP_OTHER;

	if (ldap_parse_result(c->ld, msg, &code, NULL, NULL, NULL, NULL, 0) !=
	    LDAP_SUCCESS) {
		c->broken = true;
		return SEARCH_LOST;
	}
	switch (code) {
	case LDAP_SUCCESS:
	case LDAP_NO_SUCH_OBJECT:
		return SEARCH_DONE;
	case LDAP_SIZELIMIT_EXCEEDED:
		return SEARCH_CUT;
	case LDAP_BUSY:
	case LDAP_UNAVAILABLE:
		c->broken = true;
		return SEARCH_LOST;
	default:
		job_log(job, CSN_WARN, "directory server %s answers a search "
		    "with: %s", c->address.name, ldap_err2string(code));
		return SEARCH_REFUSED;
	}
}

struct run {			/* one search on one connection */
	const struct job *job;
	struct conn *c;
	const struct search *s;
	search_see *see;
	void *arg;
	int entries;
};

/* true when it is over, with the result. */
static bool
take_message(struct run *r, int type, LDAPMessage *msg,
    enum search_result *ret)
{
	switch (type) {
	case LDAP_RES_SEARCH_ENTRY:
		if (++r->entries > r->s->max_entries) {
			r->c->broken = true;	/* more may be on its way */
			*ret = SEARCH_CUT;
			return true;
		}
		if (r->see(r->arg, r->job, r->c->ld, msg) == 0)
			return false;
		break;
	case LDAP_RES_SEARCH_REFERENCE:
	case LDAP_RES_INTERMEDIATE:
		return false;
	case LDAP_RES_SEARCH_RESULT:
		*ret = result_of(r->job, r->c, msg);
		return true;
	default:
		break;
	}
	r->c->broken = true;
	*ret = SEARCH_LOST;
	return true;
}

enum search_result
search_on(const struct job *job, struct conn *c, const struct search *s,
    int64_t limit_ms, search_see *see, void *arg)
{
	struct run run = { .job = job, .c = c, .s = s, .see = see,
	    .arg = arg };
	enum search_result result = SEARCH_LOST;
	LDAPMessage *msg;
	struct wait w;
	bool over = false;
	int msgid, type;

	wait_init(&w, job, limit_ms);
	if (see(arg, job, c->ld, NULL) != 0 ||
	    send_request(s, c, &w, &msgid) != 0)
		return SEARCH_LOST;
	while (!over) {
		type = connect_answer(c, &w, msgid, &msg);
		if (type < 0) {
			job_log(job, CSN_WARN, "directory server %s did not "
			    "answer a search", c->address.name);
			return SEARCH_LOST;
		}
		over = take_message(&run, type, msg, &result);
		ldap_msgfree(msg);
	}
	return result;
}

/* NULL: nobody could be reached, or the service account is refused; asking
 * again would only count towards its lock-out. */
static struct conn *
attempt(const struct job *job, const struct search *s, bool first,
    search_see *see, void *arg, enum search_result *ret)
{
	struct conn *c;
	int64_t left;

	c = pool_take(job, POOL_SEARCH, !first, job_left_ms(job));
	if (c == NULL)
		return NULL;
	left = job_left_ms(job);
	/* leave time for another server, or a new connection */
	if (first && (c->reused || job->inst->opt.nurls != 1))
		left /= 2;
	*ret = search_on(job, c, s, left, see, arg);
	if (*ret == SEARCH_LOST) {
		if (!c->reused)
			servers_failed(job, &c->address);
		pool_forget(job->inst->pool, &c->address);
	}
	return c;
}

static enum search_result
by_service(const struct job *job, const struct search *s,
    search_see *see, void *arg)
{
	enum search_result result = SEARCH_LOST;
	struct conn *c;

	c = attempt(job, s, true, see, arg, &result);
	if (c != NULL && result == SEARCH_LOST && job_left_ms(job) > 0) {
		pool_give(job, POOL_SEARCH, c);
		c = attempt(job, s, false, see, arg, &result);
	}
	if (c != NULL)
		pool_give(job, POOL_SEARCH, c);
	return result;
}

enum search_result
search_by(const struct job *job, struct conn *via, const struct search *s,
    search_see *see, void *arg)
{
	if (via != NULL)
		return search_on(job, via, s, job_left_ms(job), see, arg);
	return by_service(job, s, see, arg);
}
