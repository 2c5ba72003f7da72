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

#define PAGE_ENTRIES	500	/* below what servers give at once */
#define PAGES_MAX	64u	/* a page may be empty, though not for ever */

struct run {			/* one search on one connection */
	const struct job *job;
	struct conn *c;
	const struct search *s;
	search_see *see;
	void *arg;
	int entries;
	struct berval *cookie;	/* of the next page, or NULL */
};

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

/* What the server is told is never sooner over than our own wait. Servers know
 * whole seconds only, and Samba counts them from the last stroke of its clock:
 * a limit of 1 may be met at once. 0 would be no limit. */
static struct timeval
server_limit(const struct wait *w)
{
	return (struct timeval){ .tv_sec = wait_left_ms(w) / 1000 + 2 };
}

/* RFC 2696 3: not critical, so that who has no pages answers as ever. */
static int
page_ask(const struct run *r, LDAPControl **ret)
{
	*ret = NULL;
	if (!r->s->paged)
		return 0;
	return ldap_create_page_control(r->c->ld, PAGE_ENTRIES, r->cookie, 0,
	    ret) == LDAP_SUCCESS ? 0 : -1;
}

static int
send_request(const struct run *r, const struct wait *w, int *ret_msgid)
{
	LDAPControl *controls[2] = { NULL, NULL };
	const struct search *s = r->s;
	struct timeval tv = server_limit(w);
	int rc;

	if (page_ask(r, &controls[0]) != 0)
		return -1;
	rc = ldap_search_ext(r->c->ld, s->base, s->scope, s->filter,
	    (char **)(uintptr_t)s->attributes, 0, controls, NULL, &tv,
	    s->max_entries, ret_msgid);
	if (controls[0] != NULL)
		ldap_control_free(controls[0]);
	if (rc != LDAP_SUCCESS)
		r->c->broken = true;
	return rc == LDAP_SUCCESS ? 0 : -1;
}

/* The cookie of the next page, if there is one. */
static int
page_read(struct run *r, LDAPControl **controls)
{
	struct berval next = { 0, NULL };
	ber_int_t about = 0;
	LDAPControl *c = NULL;

	ber_bvfree(r->cookie);
	r->cookie = NULL;
	if (r->s->paged && controls != NULL)
		c = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls,
		    NULL);
	if (c == NULL)
		return 0;
	if (ldap_parse_pageresponse_control(r->c->ld, c, &about, &next) !=
	    LDAP_SUCCESS)
		return -1;
	if (next.bv_len > 0 && (r->cookie = ber_bvdup(&next)) == NULL)
		about = -1;
	ber_memfree(next.bv_val);
	return about < 0 ? -1 : 0;
}

static void
code_log(const struct run *r, int code)
{
	job_log(r->job, CSN_WARN, "directory server %s answers a search with: "
	    "%s", r->c->address.name, ldap_err2string(code));
}

static enum search_result
code_result(const struct run *r, int code)
{
	switch (code) {
	case LDAP_SUCCESS:
	case LDAP_NO_SUCH_OBJECT:
		return SEARCH_DONE;
	case LDAP_SIZELIMIT_EXCEEDED:
		return SEARCH_CUT;
	case LDAP_BUSY:
	case LDAP_UNAVAILABLE:
		r->c->broken = true;
		code_log(r, code);
		return SEARCH_LOST;
	default:
		code_log(r, code);
		return SEARCH_REFUSED;
	}
}

static enum search_result
result_of(struct run *r, LDAPMessage *msg)
{
	LDAPControl **controls = NULL;
	int code = LDAP_OTHER, rc;

	rc = ldap_parse_result(r->c->ld, msg, &code, NULL, NULL, NULL,
	    &controls, 0);
	if (rc == LDAP_SUCCESS)
		rc = page_read(r, controls);
	ldap_controls_free(controls);
	if (rc == 0)
		return code_result(r, code);
	r->c->broken = true;
	return SEARCH_LOST;
}

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
		*ret = result_of(r, msg);
		return true;
	default:
		break;
	}
	r->c->broken = true;
	*ret = SEARCH_LOST;
	return true;
}

/* One request, and all that is said to it. */
static enum search_result
page_run(struct run *r, const struct wait *w)
{
	enum search_result result = SEARCH_LOST;
	LDAPMessage *msg;
	bool over = false;
	int msgid, type;

	if (send_request(r, w, &msgid) != 0)
		return SEARCH_LOST;
	while (!over) {
		type = connect_answer(r->c, w, msgid, &msg);
		if (type < 0) {
			job_log(r->job, CSN_WARN, "directory server %s did "
			    "not answer a search", r->c->address.name);
			return SEARCH_LOST;
		}
		over = take_message(r, type, msg, &result);
		ldap_msgfree(msg);
	}
	return result;
}

enum search_result
search_on(const struct job *job, struct conn *c, const struct search *s,
    int64_t limit_ms, search_see *see, void *arg)
{
	struct run r = { .job = job, .c = c, .s = s, .see = see, .arg = arg };
	enum search_result result;
	unsigned pages = 0;
	struct wait w;

	wait_init(&w, job, limit_ms);
	if (see(arg, job, c->ld, NULL) != 0)
		return SEARCH_LOST;
	do
		result = page_run(&r, &w);
	while (result == SEARCH_DONE && r.cookie != NULL &&
	    ++pages < PAGES_MAX);
	if (result == SEARCH_DONE && r.cookie != NULL)
		result = SEARCH_CUT;
	ber_bvfree(r.cookie);
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
