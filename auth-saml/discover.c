/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * discover.c - which of several identity providers a person wants
 *
 * By a hint (an entity ID, or a name with a mail domain), by a button, or by a
 * search among thousands. It must never send anybody to an address that is not
 * in the metadata.
 */
#include "discover.h"

#include "lib/text.h"

#include "login.h"
#include "provider.h"
#include "texts.h"

#define BUTTONS 12u
#define SEARCH_MAX 256u
#define HINT_MAX 512u
#define WAIT_FORM 4u		/* beside those of state.c */
#define WAIT_MS 1000u
#define WAIT_TRIES 8u

struct list {
	const struct idp *v[BUTTONS];
	size_t n, found;
};

struct wait {			/* for metadata that is on its way */
	uint8_t tries;
	struct csn_str hint;
};

/* The name of a provider's button: the same in each refresh. */
static struct csn_str
button_name(const struct job *j, const struct idp *i)
{
	char text[1 + IDP_MARK + 1];
	struct buf b;

	buf_init_fixed(&b, text, sizeof(text));
	buf_char(&b, 'i');
	buf_str_put(&b, i->mark);
	return job_str(j, buf_str(&b));
}

static struct csn_str
shown_name(const struct idp *i)
{
	return i->name.n > 0 ? i->name : i->entity_id;
}

/* ------------------------------------------------------------------ */
/* hints */

static struct csn_str
domain_of(struct csn_str hint)
{
	ptrdiff_t at = str_index(hint, '@');

	return at < 0 ? STR("") : str_from_at(hint, (size_t)at + 1);
}

/* The only one of that scope, or that hints at it, and how many there are. */
static const struct idp *
only_one(const struct idp_set *set, struct csn_str domain, bool scope,
    size_t *ret_n)
{
	const struct idp *i, *found = NULL;

	*ret_n = 0;
	for (size_t k = 0; k < idp_set_count(set); k++) {
		i = idp_set_at(set, k);
		if (idp_has(scope ? i->scopes : i->domains, domain)) {
			found = i;
			(*ret_n)++;
		}
	}
	return *ret_n == 1 ? found : NULL;
}

/* By the configuration's `domains`; then by the metadata's Scope, for which
 * its operator vouches, be it of one that cannot be used now; and where there
 * is none by DomainHint, which anybody may write: where two say the same,
 * people choose. */
static const struct idp *
by_domain(const struct job *j, const struct idp_set *set,
    struct csn_str domain)
{
	const struct csn_pairs *d = &j->opt->domains;
	const struct idp *owner;
	size_t n;

	if (domain.n == 0)
		return NULL;
	for (size_t k = 0; k < d->n; k++)
		if (str_equal_fold(d->v[k].name, domain))
			return idp_set_find(set, d->v[k].value);
	owner = only_one(set, domain, true, &n);
	return idp_set_has_scope(set, domain) ? owner :
	    only_one(set, domain, false, &n);
}

/* Also who the person may be there: whoever names a provider names nobody. */
static const struct idp *
by_hint(const struct job *j, const struct idp_set *set, struct csn_str hint,
    struct csn_str *ret_who)
{
	const struct idp *i = idp_set_find(set, hint);

	*ret_who = i != NULL ? STR("") : hint;
	return i != NULL ? i : by_domain(j, set, domain_of(hint));
}

/* ------------------------------------------------------------------ */
/* the page */

/* Of thousands at each search: a byte is looked at first. ASCII letters differ
 * in this bit alone, and what else does is told apart afterwards. */
static bool
contains_fold(struct csn_str s, struct csn_str part)
{
	for (size_t k = 0; part.n > 0 && k + part.n <= s.n; k++)
		if (((s.p[k] ^ part.p[0]) & ~0x20) == 0 &&
		    str_same_fold(s.p + k, part.p, part.n))
			return true;
	return false;
}

static void
search(const struct idp_set *set, struct csn_str typed, struct list *ret)
{
	size_t all = idp_set_count(set);

	ret->n = ret->found = 0;
	if (typed.n == 0 && all > BUTTONS) {
		ret->found = all;	/* shown are none of so many */
		return;
	}
	for (size_t k = 0; k < all; k++) {
		const struct idp *i = idp_set_at(set, k);

		if (typed.n > 0 && !contains_fold(shown_name(i), typed) &&
		    !contains_fold(i->domains, typed))
			continue;
		if (ret->n < BUTTONS)
			ret->v[ret->n++] = i;
		ret->found++;
	}
}

static struct csn_prompt
button(const struct job *j, const struct idp *i, struct csn_pair *arg)
{
	arg->name = STR("name");
	arg->value = job_str(j, shown_name(i));
	return (struct csn_prompt){ .name = button_name(j, i),
	    .kind = CSN_P_BUTTON, .label = STR("{name}"),
	    .args = { arg, 1 }, .max_bytes = 8 };
}

static uint32_t
page(const struct job *j, const struct list *l, bool searchable,
    const char *message, struct csn_reply *reply)
{
	struct csn_prompt *p = job_array(j, BUTTONS + 1, sizeof(*p));
	struct csn_pair *args = job_array(j, BUTTONS, sizeof(*args));
	size_t n = 0;

	if (p == NULL || args == NULL)
		return CSN_ERROR;
	if (searchable)
		p[n++] = (struct csn_prompt){ .name = STR("search"),
		    .kind = CSN_P_TEXT, .label = STR(TEXT_SEARCH),
		    .max_bytes = SEARCH_MAX };
	for (size_t k = 0; k < l->n; k++)
		p[n++] = button(j, l->v[k], &args[k]);
	reply->action = CSN_A_FORM;
	reply->message = str_from(message);
	reply->prompts = p;
	reply->nprompts = n;
	reply->prompt_size = sizeof(*p);
	return CSN_CONTINUE;
}

/* What a link or a name said stays known meanwhile: the browser comes back
 * without it. */
static struct wait
wait_read(const struct csn_req *req)
{
	struct wait w = { .tries = 0, .hint = req->hint };
	struct reader r;

	if (req->event != CSN_EV_WAKE)
		return w;
	reader_init(&r, req->state);
	if (reader_u8(&r) == WAIT_FORM) {
		w.tries = reader_u8(&r);
		w.hint = reader_lv16(&r);
	}
	return reader_end(&r) == 0 ? w :
	    (struct wait){ .tries = WAIT_TRIES, .hint = STR("") };
}

static uint32_t
wait_more(const struct job *j, const struct wait *w, struct csn_reply *reply)
{
	char memory[HINT_MAX + 4];
	struct buf b;

	buf_init_fixed(&b, memory, sizeof(memory));
	buf_u8(&b, WAIT_FORM);
	buf_u8(&b, (uint8_t)(w->tries + 1));
	buf_lv16(&b, w->hint.n <= HINT_MAX ? w->hint : STR(""));
	reply->action = CSN_A_WAIT;
	reply->wait_ms = WAIT_MS;
	reply->message = STR(TEXT_WAIT);
	reply->state = job_str(j, buf_str(&b));
	return CSN_CONTINUE;
}

/* The metadata may be on its way, as after a first start: a few seconds are
 * waited for it, then it is not there. */
static uint32_t
unavailable(const struct job *j, const struct csn_req *req,
    struct csn_reply *reply)
{
	struct wait w = wait_read(req);

	if (req->event != CSN_EV_FORM && w.tries < WAIT_TRIES)
		return wait_more(j, &w, reply);
	job_say(j, CSN_WARN, "there is no metadata of an identity provider "
	    "to send people to: `countersign test` of this factor says why");
	reply->reason = CSN_R_BACKEND;
	reply->message = STR(TEXT_UNAVAILABLE);
	return CSN_ERROR;
}

static uint32_t
begin(const struct job *j, const struct csn_req *req,
    const struct idp_set *set, struct csn_reply *reply)
{
	struct csn_str who;
	const struct idp *i = by_hint(j, set, wait_read(req).hint, &who);
	struct list l;

	if (idp_set_alone(set))
		i = idp_set_at(set, 0);
	if (i != NULL)
		return login_ask(j, req, i->entity_id, who, reply);
	search(set, STR(""), &l);
	return page(j, &l, l.found > BUTTONS, TEXT_CHOOSE, reply);
}

uint32_t
discover_begin(const struct job *j, const struct csn_req *req,
    struct csn_reply *reply)
{
	struct idp_set *set = provider_get(j);
	uint32_t verdict = set == NULL ? unavailable(j, req, reply) :
	    begin(j, req, set, reply);

	idp_set_unref(set);
	return verdict;
}

static const struct idp *
pressed(const struct idp_set *set, struct csn_pairs params)
{
	for (size_t k = 0; k < params.n; k++) {
		struct csn_str name = params.v[k].name;

		if (name.n != 1 + IDP_MARK || name.p[0] != 'i')
			continue;
		for (size_t m = 0; m < idp_set_count(set); m++)
			if (str_equal(idp_set_at(set, m)->mark,
			    str_from_at(name, 1)))
				return idp_set_at(set, m);
	}
	return NULL;
}

static uint32_t
form(const struct job *j, const struct csn_req *req,
    const struct idp_set *set, struct csn_reply *reply)
{
	struct csn_str typed = str_trim(pairs_get(req->params,
	    STR("search")));
	const struct idp *i = pressed(set, req->params);
	bool many = idp_set_count(set) > BUTTONS;
	struct csn_str who = STR("");
	struct list l;

	if (i == NULL && typed.n > 0)
		i = by_hint(j, set, typed, &who);
	if (i != NULL)
		return login_ask(j, req, i->entity_id, who, reply);
	search(set, domain_of(typed).n > 0 ? domain_of(typed) : typed, &l);
	return page(j, &l, many, typed.n > 0 && l.n == 0 ? TEXT_NOT_FOUND :
	    TEXT_CHOOSE, reply);
}

uint32_t
discover_form(const struct job *j, const struct csn_req *req,
    struct csn_reply *reply)
{
	struct idp_set *set = provider_get(j);
	uint32_t verdict = set == NULL ? unavailable(j, req, reply) :
	    form(j, req, set, reply);

	idp_set_unref(set);
	return verdict;
}

/* ------------------------------------------------------------------ */
/* a link */

/* Request Initiation 1.0 2.1: which provider, and where to; never how. */
uint32_t
discover_link(const struct csn_req *req, struct csn_reply *reply)
{
	struct csn_str idp = pairs_get(req->params, STR("entityID"));
	struct csn_str hint = idp.n > 0 ? idp :
	    pairs_get(req->params, STR("login_hint"));
	struct csn_str target = pairs_get(req->params, STR("target"));

	if (hint.n > HINT_MAX || !text_plain(hint)) {
		reply->reason = CSN_R_PROTOCOL;
		return CSN_DENY;
	}
	reply->action = CSN_A_LOGIN;
	reply->hint = hint.n > 0 ? hint : STR("");
	reply->url = target.n > 0 ? target : STR("");
	return CSN_CONTINUE;
}
