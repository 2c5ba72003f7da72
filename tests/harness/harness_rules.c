/* SPDX-License-Identifier: Apache-2.0 */
/*
 * harness_rules.c - what the host refuses in a reply (docs/design.md 4)
 *
 * A second writing of the host's rules, from the ABI's text alone: a plugin
 * that passes both has understood it. It must never repair a reply.
 */
#include <stdlib.h>

#include "lib/secret.h"
#include "lib/text.h"
#include "lib/url.h"

#include "harness_int.h"

#define KINDS (CSN_RP_ENROLLED | CSN_RP_REMEMBERED | CSN_RP_RECOVERY)
#define PROMPTS_MAX	16u
#define ITEMS_MAX	256u
#define PEOPLE_MAX	20000u

static bool
allowed(enum harness_function f, uint32_t said)
{
	switch (said) {
	case CSN_GRANT:
		return f == HARNESS_STEP;
	case CSN_DONE:
		return f != HARNESS_STEP;
	case CSN_DENY:
	case CSN_CONTINUE:
	case CSN_ERROR:
		return true;
	default:
		return false;
	}
}

/* Slices end in a NUL, texts are UTF-8 without one (plugin.h). */
static bool
text_ok(struct csn_str s, size_t max)
{
	return s.n == 0 || (s.p != NULL && s.n <= max && s.p[s.n] == '\0' &&
	    memchr(s.p, '\0', s.n) == NULL && text_utf8(s));
}

static bool
pairs_ok(struct csn_pairs v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.v[i].name.n == 0 || !text_ok(v.v[i].name, 255) ||
		    !text_ok(v.v[i].value, 4096))
			return false;
	return true;
}

static bool
strs_ok(struct csn_strs v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.v[i].n == 0 || !text_ok(v.v[i], 1024))
			return false;
	return true;
}

static bool
texts_ok(const struct csn_reply *r)
{
	return text_ok(r->message, 1024) && text_ok(r->url, 8192) &&
	    text_ok(r->resume, CSN_RESUME_MAX) && text_ok(r->hint, 512) &&
	    text_ok(r->content_type, 255) && text_ok(r->acr, 255) &&
	    text_ok(r->subject_id, 512) && pairs_ok(r->message_args) &&
	    pairs_ok(r->attrs) && strs_ok(r->groups) && strs_ok(r->amr) &&
	    strs_ok(r->session_keys) && strs_ok(r->end_sessions);
}

static bool
prompt_ok(const struct csn_prompt *p)
{
	if (p->name.n == 0 || p->name.n > 64 || p->kind < CSN_P_USERNAME ||
	    p->kind > CSN_P_RECOVERY ||
	    (p->flags & ~(CSN_PF_REQUIRED | CSN_PF_WRONG |
	    CSN_PF_FIXED)) != 0)
		return false;
	for (size_t i = 0; i < p->name.n; i++)
		if (strchr("abcdefghijklmnopqrstuvwxyz0123456789_-",
		    p->name.p[i]) == NULL)
			return false;
	return !str_starts(p->name, STR("csn-")) && text_ok(p->label, 512) &&
	    text_ok(p->value, 8192) && pairs_ok(p->args);
}

static const char *
check_prompts(const struct csn_reply *r)
{
	if (r->nprompts > PROMPTS_MAX)
		return "more than 16 prompts";
	if (r->nprompts > 0 && r->prompt_size != sizeof(struct csn_prompt))
		return "prompt_size is not the size of a prompt";
	for (size_t i = 0; i < r->nprompts; i++) {
		if (!prompt_ok(&r->prompts[i]))
			return "a prompt is malformed";
		for (size_t k = 0; k < i; k++)
			if (str_equal(r->prompts[i].name, r->prompts[k].name))
				return "two prompts of one name";
	}
	return NULL;
}

static const char *
check_items(const struct csn_reply *r, size_t max)
{
	if (r->nitems > max)
		return "too many items";
	if (r->nitems > 0 && r->item_size != sizeof(struct csn_item))
		return "item_size is not the size of an item";
	for (size_t i = 0; i < r->nitems; i++)
		if (!text_ok(r->items[i].id, 255) ||
		    !text_ok(r->items[i].title, 512) ||
		    !text_ok(r->items[i].detail, 1024))
			return "an item's text is not text";
	return NULL;
}

/* Who is in a group are more than what one person has. */
static size_t
items_max(const struct harness *h, const struct csn_req *req)
{
	const struct csn_plugin *p = harness_plugin(h);

	return req->event == CSN_EV_OP && req->op < p->nops &&
	    (p->ops[req->op].flags & CSN_OP_PEOPLE) != 0 ? PEOPLE_MAX :
	    ITEMS_MAX;
}

static const char *
check_grant(const struct harness *h, const struct csn_req *req,
    const struct csn_reply *r)
{
	bool names = (h->plugin->caps & CSN_CAP_IDENTITY) != 0;

	if (!secret_equal(r->exchange, req->exchange))
		return "GRANT does not echo the exchange";
	if (r->action != 0 || r->state.n != 0)
		return "GRANT carries an action or a state";
	if (names && (r->subject.n < 1 || r->subject.n > 255 ||
	    !text_plain(r->subject)))
		return "GRANT without a good subject";
	if (!names && (r->subject.n != 0 || r->subject_id.n != 0 ||
	    r->groups.n != 0 || (r->flags & CSN_RP_GROUPS) != 0))
		return "a second factor names somebody";
	if (r->auth_time_ms < 0 || r->auth_time_ms > h->now_ms + 120000)
		return "auth_time from the future";
	if ((r->flags & CSN_RP_ENROLLED) != 0 &&
	    (req->flags & CSN_RQ_MAY_ENROL) == 0)
		return "an enrolment that nobody allowed";
	if ((r->flags & CSN_RP_RECOVERY) != 0 &&
	    (req->flags & (CSN_RQ_MAY_RECOVER | CSN_RQ_MAY_TEMPORARY)) == 0)
		return "a recovery where it does not count";
	if ((r->flags & KINDS) != 0 &&
	    (h->plugin->caps & CSN_CAP_SECOND) == 0)
		return "a kind of proof that only second factors have";
	return NULL;
}

static bool
https_ok(struct csn_str s)
{
	struct url u;

	return url_parse(s, &u) == 0 &&
	    str_equal_fold(u.scheme, STR("https"));
}

static bool
same_origin(const struct url *a, struct csn_str text)
{
	struct url b;

	return url_parse(text, &b) == 0 && a->port == b.port &&
	    str_equal_fold(a->scheme, b.scheme) &&
	    str_equal_fold(a->host, b.host);
}

/* REDIRECT and POST go to where an option points, or metadata vouch. */
static bool
origin_ok(const struct harness *h, const struct csn_reply *r)
{
	struct url u;
	bool ok = (r->flags & CSN_RP_VERIFIED) != 0;

	if (url_parse(r->url, &u) < 0)
		return false;
	ok |= same_origin(&u, h->conf.base_url);
	for (size_t i = 0; !ok && i < h->conf.n; i++)
		ok = h->plugin->opts[h->conf.v[i].opt].type ==
		    CSN_T_HTTPS_URL && same_origin(&u, h->conf.v[i].text);
	return ok;
}

/* back_at and back_by name an endpoint of ours and how it is reached. */
static const char *
check_away(const struct harness *h, const struct csn_reply *r)
{
	bool goes = r->action == CSN_A_REDIRECT || r->action == CSN_A_POST;

	if (goes && !origin_ok(h, r))
		return "the origin is neither configured nor verified";
	if (!goes && (r->back_at != 0 || r->back_by != 0))
		return "a way back from nowhere";
	if (r->back_at > h->plugin->nendpoints ||
	    (r->back_by & ~(CSN_EP_GET | CSN_EP_POST)) != 0)
		return "back_at or back_by";
	if (r->back_at > 0 && (r->back_by &
	    ~h->plugin->endpoints[r->back_at - 1].flags) != 0)
		return "back_by is no method of back_at";
	return NULL;
}

/* An action has its own fields and no others. */
static const char *
check_action(enum harness_function f, uint32_t said,
    const struct csn_reply *r)
{
	bool url = r->action == CSN_A_REDIRECT || r->action == CSN_A_POST ||
	    (r->action == CSN_A_LOGIN && r->url.n > 0);
	bool form = r->action == CSN_A_FORM || r->action == CSN_A_WAIT ||
	    (r->action == 0 && f == HARNESS_MANAGE);

	if (said == CSN_CONTINUE ? r->action == 0 :
	    r->action != 0 && r->action != CSN_A_BODY)
		return "the action does not go with the verdict";
	if (r->action > CSN_A_LOGIN ||
	    (f != HARNESS_SERVE && r->action >= CSN_A_BODY))
		return "the function has no such action";
	if ((r->action == CSN_A_FORM && r->nprompts == 0) ||
	    (!form && r->nprompts > 0))
		return "prompts and action do not go together";
	if (url ? !https_ok(r->url) : r->url.n > 0)
		return "url and action do not go together";
	if (r->action != CSN_A_POST && r->fields.n > 0)
		return "fields without POST";
	if (r->action != CSN_A_BODY && r->body.n > 0)
		return "a body without BODY";
	if (r->action == CSN_A_WAIT ? r->wait_ms < 1000 ||
	    r->wait_ms > 60000 : r->wait_ms != 0)
		return "wait_ms";
	return NULL;
}

const char *
rules_check(const struct harness *h, enum harness_function f,
    const struct csn_req *req, uint32_t said, const struct csn_reply *r)
{
	const char *why;

	if (!allowed(f, said))
		return "the function may not return this verdict";
	if (r->struct_size != sizeof(*r))
		return "struct_size was changed";
	if (!texts_ok(r))
		return "a text is not text";
	if (r->state.n > CSN_STATE_MAX || r->keep.n > CSN_STATE_MAX)
		return "state or keep is too long";
	if (r->reason > CSN_R_BACKEND)
		return "an unknown reason";
	if ((r->flags & KINDS & ((r->flags & KINDS) - 1)) != 0)
		return "two kinds of proof at once";
	if ((why = check_prompts(r)) != NULL ||
	    (why = check_items(r, items_max(h, req))) != NULL)
		return why;
	if (said == CSN_GRANT)
		return check_grant(h, req, r);
	if (said != CSN_CONTINUE && r->state.n != 0)
		return "a state without CONTINUE";
	why = check_action(f, said, r);
	return why != NULL ? why : check_away(h, r);
}

static void
copy_str(struct arena *a, struct csn_str *s)
{
	*s = arena_str(a, *s);
	if (s->p == NULL)
		harness_die("out of memory", "copy_str");
}

static void
copy_prompts(struct arena *a, struct csn_reply *r)
{
	struct csn_prompt *v = arena_array(a, r->nprompts + 1, sizeof(*v));

	if (v == NULL)
		harness_die("out of memory", "copy_prompts");
	for (size_t i = 0; i < r->nprompts; i++) {
		v[i] = r->prompts[i];
		copy_str(a, &v[i].name);
		copy_str(a, &v[i].label);
		copy_str(a, &v[i].value);
		(void)arena_pairs(a, v[i].args, &v[i].args);
	}
	r->prompts = v;
}

static void
copy_items(struct arena *a, struct csn_reply *r)
{
	struct csn_item *v = arena_array(a, r->nitems + 1, sizeof(*v));

	if (v == NULL)
		harness_die("out of memory", "copy_items");
	for (size_t i = 0; i < r->nitems; i++) {
		v[i] = r->items[i];
		copy_str(a, &v[i].id);
		copy_str(a, &v[i].title);
		copy_str(a, &v[i].detail);
	}
	r->items = v;
}

void
rules_copy(struct arena *a, const struct csn_reply *from,
    struct csn_reply *to)
{
	struct csn_str *str[] = { &to->message, &to->state, &to->url,
		&to->resume, &to->hint, &to->content_type, &to->body,
		&to->exchange, &to->subject, &to->subject_id, &to->acr,
		&to->keep };
	struct csn_pairs *pairs[] = { &to->message_args, &to->fields,
		&to->attrs };
	struct csn_strs *strs[] = { &to->groups, &to->amr, &to->session_keys,
		&to->end_sessions };

	*to = *from;
	for (size_t i = 0; i < sizeof(str) / sizeof(str[0]); i++)
		copy_str(a, str[i]);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (arena_pairs(a, *pairs[i], pairs[i]) < 0)
			harness_die("out of memory", "rules_copy");
	for (size_t i = 0; i < sizeof(strs) / sizeof(strs[0]); i++)
		if (arena_strs(a, *strs[i], strs[i]) < 0)
			harness_die("out of memory", "rules_copy");
	copy_prompts(a, to);
	copy_items(a, to);
}
