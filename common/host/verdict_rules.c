/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verdict_rules.c - the rules of a reply, one after the other
 *
 * Verdicts are compared with the wanted value, never with "not the others". It
 * must never repair a reply: a broken rule is an ERROR.
 */
#include "factor.h"
#include "lib/secret.h"
#include "lib/text.h"
#include "lib/url.h"
#include "verdict.h"

const char *
verdict_rule_text(enum verdict_rule rule)
{
	switch (rule) {
	case RULE_NONE:
		return "no rule is broken";
	case RULE_VERDICT:
		return "the function may not return this verdict";
	case RULE_TAINTED:
		return "a service failed in this call";
	case RULE_LATE:
		return "the verdict came after the deadline";
	case RULE_ECHO:
		return "GRANT does not echo the exchange";
	case RULE_GRANT_EXTRA:
		return "GRANT carries an action or a state";
	case RULE_SUBJECT:
		return "the subject is missing or not plain text of 1 to 255 "
		    "bytes";
	case RULE_SECOND_NAMES:
		return "a second factor names a subject";
	case RULE_AUTH_TIME:
		return "auth_time is ahead of the clock";
	case RULE_ACTION:
		return "the action is not one of this function";
	case RULE_FIELDS:
		return "the reply does not have exactly the fields of its "
		    "action";
	case RULE_URL:
		return "the URL is not an https URL";
	case RULE_PROMPTS:
		return "the prompts are too many or malformed";
	case RULE_STATE:
		return "the state is too long or not allowed here";
	case RULE_TEXT:
		return "a text is not UTF-8, has a NUL, or is too long";
	case RULE_WAIT:
		return "the waiting time is outside 1 to 60 s";
	case RULE_STRIDE:
		return "a stride is smaller than the first version's, or odd";
	case RULE_KIND:
		return "the flags are not ones this factor may set";
	case RULE_REASON:
		return "the reason is unknown";
	case RULE_LISTS:
		return "a list is too long";
	case RULE_MEMORY:
		return "the reply could not be kept";
	case RULE_ORIGIN:
		return "the URL's origin is neither configured nor named by "
		    "verified metadata";
	case RULE_BACK:
		return "back_at or back_by names no endpoint and method where "
		    "a browser may come back";
	case RULE_LIMIT:
		return "GRANT for a person who must wait";
	}
	return "an unknown rule";
}

static bool
verdict_allowed(enum verdict_function f, uint32_t said)
{
	switch (said) {
	case CSN_DENY:
	case CSN_CONTINUE:
	case CSN_ERROR:
		return true;
	case CSN_GRANT:
		return f == VERDICT_STEP;
	case CSN_DONE:
		return f == VERDICT_MANAGE || f == VERDICT_SERVE;
	default:
		return false;
	}
}

static bool
text_ok(struct csn_str s, size_t max)
{
	return s.n <= max && (s.n == 0 || (s.p != NULL &&
	    memchr(s.p, 0, s.n) == NULL && text_utf8(s)));
}

static bool
bytes_ok(struct csn_str s, size_t max)
{
	return s.n <= max && (s.n == 0 || s.p != NULL);
}

static bool
pairs_ok(struct csn_pairs p, size_t max, size_t value_max)
{
	if (p.n > max || (p.n > 0 && p.v == NULL))
		return false;
	for (size_t i = 0; i < p.n; i++)
		if (!text_ok(p.v[i].name, 255) || p.v[i].name.n == 0 ||
		    !text_ok(p.v[i].value, value_max))
			return false;
	return true;
}

static bool
strs_ok(struct csn_strs s, size_t max, size_t each)
{
	if (s.n > max || (s.n > 0 && s.v == NULL))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!text_ok(s.v[i], each) || s.v[i].n == 0)
			return false;
	return true;
}

static enum verdict_rule
check_lists(const struct csn_reply *r)
{
	if (!strs_ok(r->groups, VERDICT_GROUPS_MAX, 1024) ||
	    !pairs_ok(r->attrs, 256, VERDICT_TEXT_MAX) ||
	    !strs_ok(r->amr, 16, 64) ||
	    !strs_ok(r->session_keys, 16, 512) ||
	    !strs_ok(r->end_sessions, 1000, 512) ||
	    !pairs_ok(r->fields, 64, 128 * 1024) ||
	    !pairs_ok(r->message_args, 16, 1024))
		return RULE_LISTS;
	return RULE_NONE;
}

static enum verdict_rule
check_texts(const struct csn_reply *r)
{
	if (!text_ok(r->message, 1024) || !text_ok(r->url, URL_MAX) ||
	    !text_ok(r->resume, CSN_RESUME_MAX) || !text_ok(r->hint, 512) ||
	    !text_ok(r->content_type, 255) || !text_ok(r->acr, 255) ||
	    !text_ok(r->subject_id, 512) || !text_ok(r->subject, 1024) ||
	    !bytes_ok(r->body, VERDICT_BODY_MAX) ||
	    !bytes_ok(r->exchange, 255))
		return RULE_TEXT;
	if (!bytes_ok(r->state, CSN_STATE_MAX) ||
	    !bytes_ok(r->keep, CSN_STATE_MAX))
		return RULE_STATE;
	if (r->reason > CSN_R_BACKEND)
		return RULE_REASON;
	return check_lists(r);
}

static bool
subject_plain(struct csn_str s)
{
	return s.n >= 1 && s.n <= 255 && s.p != NULL && text_plain(s);
}

/* The sizes of minor 0: a plugin of that time gives no more, and what it does
 * not give reads as zero. */
#define PROMPT_SIZE_MIN \
	(offsetof(struct csn_prompt, reserved) + sizeof(uint32_t))
#define ITEM_SIZE_MIN \
	(offsetof(struct csn_item, reserved) + sizeof(uint32_t))

static void
element_at(void *ret, size_t ours, const void *v, size_t stride, size_t i)
{
	memset(ret, 0, ours);
	memcpy(ret, (const char *)v + i * stride, stride < ours ? stride :
	    ours);
}

struct csn_prompt
verdict_prompt(const struct csn_reply *r, size_t i)
{
	struct csn_prompt p;

	element_at(&p, sizeof(p), r->prompts, r->prompt_size, i);
	return p;
}

struct csn_item
verdict_item(const struct csn_reply *r, size_t i)
{
	struct csn_item it;

	element_at(&it, sizeof(it), r->items, r->item_size, i);
	return it;
}

/* names of our own hidden fields are not a plugin's */
static bool
prompt_name_ok(struct csn_str name)
{
	if (name.n == 0 || name.n > 64)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		    ((c == '_' || c == '-') && i > 0)))
			return false;
	}
	return !str_starts(name, STR("csn-"));
}

static bool
prompt_ok(const struct csn_prompt *p)
{
	return p->kind >= CSN_P_USERNAME && p->kind <= CSN_P_RECOVERY &&
	    (p->flags & ~(CSN_PF_REQUIRED | CSN_PF_WRONG |
	    CSN_PF_FIXED)) == 0 &&
	    prompt_name_ok(p->name) && text_ok(p->label, 512) &&
	    text_ok(p->value, 8192) && pairs_ok(p->args, 16, 1024);
}

static enum verdict_rule
check_prompts(const struct csn_reply *r)
{
	if (r->nprompts == 0)
		return RULE_NONE;
	if (r->nprompts > VERDICT_PROMPTS_MAX || r->prompts == NULL)
		return RULE_PROMPTS;
	if (r->prompt_size < PROMPT_SIZE_MIN ||
	    r->prompt_size % _Alignof(struct csn_prompt) != 0)
		return RULE_STRIDE;
	for (size_t i = 0; i < r->nprompts; i++) {
		struct csn_prompt p = verdict_prompt(r, i);

		if (!prompt_ok(&p))
			return RULE_PROMPTS;
		for (size_t k = 0; k < i; k++)
			if (str_equal(verdict_prompt(r, k).name, p.name))
				return RULE_PROMPTS;
	}
	return RULE_NONE;
}

static size_t
items_max(const struct csn_plugin *p, const struct csn_req *req)
{
	bool people = req->event == CSN_EV_OP && req->op < p->nops &&
	    (p->ops[req->op].flags & CSN_OP_PEOPLE) != 0;

	return people ? VERDICT_PEOPLE_MAX : VERDICT_ITEMS_MAX;
}

static enum verdict_rule
check_items(const struct csn_reply *r, size_t max)
{
	if (r->nitems == 0)
		return RULE_NONE;
	if (r->nitems > max || r->items == NULL)
		return RULE_LISTS;
	if (r->item_size < ITEM_SIZE_MIN ||
	    r->item_size % _Alignof(struct csn_item) != 0)
		return RULE_STRIDE;
	for (size_t i = 0; i < r->nitems; i++) {
		struct csn_item it = verdict_item(r, i);

		if (!text_ok(it.id, 255) || !text_ok(it.title, 512) ||
		    !text_ok(it.detail, 1024))
			return RULE_TEXT;
	}
	return RULE_NONE;
}

static bool
url_https(struct csn_str s)
{
	struct url u;

	return url_parse(s, &u) == 0 && str_equal_fold(u.scheme, STR("https"));
}

/* Where a browser may be sent (security.md O4). */
static bool
origin_known(const struct factor *f, const struct csn_reply *r)
{
	struct csn_str home = f->conf->public_url;
	struct url u, ours;
	bool known = (r->flags & CSN_RP_VERIFIED) != 0;
	struct buf b;

	if (url_parse(r->url, &u) < 0)
		return false;
	buf_init(&b, URL_MAX);
	url_origin(&b, &u);
	for (size_t i = 0; !known && i < f->origins.n; i++)
		known = str_equal(f->origins.v[i], buf_str(&b));
	if (!known && url_parse(home, &ours) == 0)
		known = str_equal_fold(ours.host, u.host) &&
		    ours.port == u.port;
	known &= !buf_failed(&b);
	buf_free(&b);
	return known;
}

static bool
back_possible(const struct csn_endpoint *ep, bool logout, uint32_t by)
{
	if ((ep->flags & (CSN_EP_BACK_CHANNEL | CSN_EP_FRAMED)) != 0 ||
	    (by & ~ep->flags) != 0)
		return false;
	return logout ? (ep->flags & CSN_EP_LOGOUT) != 0 :
	    ep->resume_param != NULL;
}

/* A round must have a way back (security.md P2). */
static bool
back_known(const struct csn_plugin *p, const struct csn_reply *r, bool logout)
{
	if ((r->back_by & ~(CSN_EP_GET | CSN_EP_POST)) != 0 ||
	    r->back_at > p->nendpoints)
		return false;
	if (r->back_at > 0)
		return back_possible(&p->endpoints[r->back_at - 1], logout,
		    r->back_by);
	for (size_t i = 0; i < p->nendpoints; i++)
		if (back_possible(&p->endpoints[i], logout, r->back_by))
			return true;
	return false;
}

static enum verdict_rule
check_away(const struct factor *f, enum verdict_function fn,
    const struct csn_req *req, const struct csn_reply *r)
{
	bool goes = r->action == CSN_A_REDIRECT || r->action == CSN_A_POST;
	bool logout = fn == VERDICT_SERVE && req->event == CSN_EV_LOGOUT;

	if (goes && !origin_known(f, r))
		return RULE_ORIGIN;
	if (goes && (fn == VERDICT_STEP || logout))
		return back_known(f->plugin, r, logout) ? RULE_NONE :
		    RULE_BACK;
	return r->back_at != 0 || r->back_by != 0 ? RULE_BACK : RULE_NONE;
}

/* Which fields an action has; the others must be empty. */
static enum verdict_rule
check_fields(const struct csn_reply *r, bool prompts, bool url, bool fields,
    bool body, bool wait)
{
	if (!prompts && r->nprompts > 0)
		return RULE_FIELDS;
	if (url ? r->url.n == 0 : r->url.n > 0)
		return RULE_FIELDS;
	if (!fields && r->fields.n > 0)
		return RULE_FIELDS;
	if (!body && (r->body.n > 0 || r->content_type.n > 0))
		return RULE_FIELDS;
	if (wait ? r->wait_ms < 1000 || r->wait_ms > 60000 : r->wait_ms > 0)
		return RULE_WAIT;
	if (url && !url_https(r->url))
		return RULE_URL;
	return RULE_NONE;
}

static enum verdict_rule
check_action(enum verdict_function f, uint32_t said,
    const struct csn_reply *r)
{
	bool serve = f == VERDICT_SERVE;

	switch (r->action) {
	case 0:
		/* a round needs an action; an end may do without */
		if (said == CSN_CONTINUE)
			return RULE_ACTION;
		return check_fields(r, f == VERDICT_MANAGE, false, false,
		    false, false);
	case CSN_A_FORM:
		if (said != CSN_CONTINUE || serve || r->nprompts == 0)
			return RULE_ACTION;
		return check_fields(r, true, false, false, false, false);
	case CSN_A_REDIRECT:
		return said != CSN_CONTINUE ? RULE_ACTION :
		    check_fields(r, false, true, false, false, false);
	case CSN_A_POST:
		return said != CSN_CONTINUE ? RULE_ACTION :
		    check_fields(r, false, true, true, false, false);
	case CSN_A_WAIT:
		if (said != CSN_CONTINUE || f != VERDICT_STEP)
			return RULE_ACTION;
		return check_fields(r, true, false, false, false, true);
	case CSN_A_BODY:
		return !serve ? RULE_ACTION :
		    check_fields(r, false, false, false, true, false);
	case CSN_A_RESUME:
		if (!serve || said != CSN_CONTINUE || r->resume.n == 0)
			return RULE_ACTION;
		return check_fields(r, false, false, false, false, false);
	case CSN_A_LOGIN:
		if (!serve || said != CSN_CONTINUE)
			return RULE_ACTION;
		return r->url.n == 0 ? RULE_NONE :
		    check_fields(r, false, true, false, false, false);
	default:
		return RULE_ACTION;
	}
}

static enum verdict_rule
check_kind(const struct csn_reply *r, uint32_t caps)
{
	uint32_t kinds = r->flags & (CSN_RP_ENROLLED | CSN_RP_REMEMBERED |
	    CSN_RP_RECOVERY);

	if ((r->flags & ~(CSN_RP_GROUPS | CSN_RP_ENROLLED |
	    CSN_RP_REMEMBERED | CSN_RP_RECOVERY | CSN_RP_VERIFIED |
	    CSN_RP_RENEW)) != 0)
		return RULE_KIND;
	if ((kinds & (kinds - 1)) != 0)
		return RULE_KIND;
	/* only a second factor enrols, remembers and recovers; only who
	 * names a person tells of groups */
	if (kinds != 0 && (caps & CSN_CAP_SECOND) == 0)
		return RULE_KIND;
	if ((r->flags & CSN_RP_GROUPS) != 0 && (caps & CSN_CAP_IDENTITY) == 0)
		return RULE_KIND;
	return RULE_NONE;
}

static enum verdict_rule
check_grant(const struct csn_call *c, const struct csn_req *req,
    const struct csn_reply *r)
{
	uint32_t caps = c->factor->plugin->caps;
	int64_t now = c->host->now_ms(c->host->now_arg);

	if (!secret_equal(r->exchange, req->exchange))
		return RULE_ECHO;
	/* the host decides how often somebody may try (P4) */
	if (c->limited_until_ms != 0)
		return RULE_LIMIT;
	if (r->action != 0 || r->state.n > 0 || r->back_at != 0 ||
	    r->back_by != 0)
		return RULE_GRANT_EXTRA;
	if ((caps & CSN_CAP_IDENTITY) != 0 ? !subject_plain(r->subject) :
	    r->subject.n > 0 || r->subject_id.n > 0 || r->groups.n > 0)
		return (caps & CSN_CAP_IDENTITY) != 0 ? RULE_SUBJECT :
		    RULE_SECOND_NAMES;
	if (r->auth_time_ms < 0 || r->auth_time_ms > now + VERDICT_SKEW_MS)
		return RULE_AUTH_TIME;
	/* an enrolment nobody allowed is no proof (E1) */
	if ((r->flags & CSN_RP_ENROLLED) != 0 &&
	    (req->flags & CSN_RQ_MAY_ENROL) == 0)
		return RULE_KIND;
	/* nor is a recovery code where nobody wrote that it counts (E6) */
	if ((r->flags & CSN_RP_RECOVERY) != 0 &&
	    (req->flags & (CSN_RQ_MAY_RECOVER | CSN_RQ_MAY_TEMPORARY)) == 0)
		return RULE_KIND;
	return RULE_NONE;
}

enum verdict_rule
verdict_check(const struct csn_call *c, enum verdict_function f,
    const struct csn_req *req, uint32_t said, const struct csn_reply *r)
{
	enum verdict_rule rule;

	if (!verdict_allowed(f, said))
		return RULE_VERDICT;
	if (c->tainted)
		return RULE_TAINTED;
	if (call_late(c))
		return RULE_LATE;
	if ((rule = check_texts(r)) != RULE_NONE ||
	    (rule = check_prompts(r)) != RULE_NONE ||
	    (rule = check_items(r, items_max(c->factor->plugin, req))) !=
	    RULE_NONE ||
	    (rule = check_kind(r, c->factor->plugin->caps)) != RULE_NONE)
		return rule;
	if (said == CSN_GRANT)
		return check_grant(c, req, r);
	/* a name with DENY or CONTINUE says whom the failure counts against */
	if (r->subject.n > 0 && !subject_plain(r->subject))
		return RULE_SUBJECT;
	if (said != CSN_CONTINUE && r->state.n > 0)
		return RULE_STATE;
	rule = check_action(f, said, r);
	return rule != RULE_NONE ? rule :
	    check_away(c->factor, f, req, r);
}
