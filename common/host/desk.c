/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk.c - the help desk: somebody found, and carried from page to page
 *
 * It must never show a case as open of which not_for could not be read, nor
 * take whom a page is about from anybody but that page.
 */
#include "desk.h"

#include "admin.h"
#include "people_kept.h"
#include "reference.h"

#define FIND_WINDOW_MS	(10LL * 60 * 1000)

/* ------------------------------------------------------------------ */
/* found */

/* Who can say who that is: what gate_lookup() goes by. */
static uint64_t
source_of(const struct visit *v, unsigned realm)
{
	for (size_t i = 0; i < v->conf->nfactors; i++)
		if (bits_has(&v->conf->identify, i) &&
		    v->conf->factors[i].realm == realm &&
		    (v->gc->factors[i].plugin->caps & CSN_CAP_LOOKUP) != 0)
			return v->conf->factors[i].fingerprint;
	return 0;
}

/* What cannot be read applies (E6). */
static bool
case_closed(const struct visit *v, const struct person *p)
{
	const struct conf_allow *a = &v->conf->desk.not_for;
	struct guard_facts facts = { .realm = p->realm_name,
	    .subject = p->subject, .groups_known = p->groups_known,
	    .groups = p->groups, .now_ms = v->now_ms };

	return a->written && ((a->groups.n > 0 && !p->groups_known) ||
	    allow_holds(a, &facts));
}

/* The rest of the case for a realm and subject. */
static int
case_fill(struct visit *v, struct desk_case *c)
{
	struct person *p = &c->p;
	int known;

	p->source = source_of(v, p->realm);
	known = gate_lookup(v->gate, v->gc, &v->arena, p);
	if (people_read(v->gate->store, p->realm_name, p->subject, v->now_ms,
	    &c->raw, &c->record) != STORE_OK ||
	    people_login_read(v->gate->store, p->realm_name, p->subject,
	    v->now_ms, &c->login_ms, NULL) != STORE_OK)
		return STORE_FAILED;
	c->own = account_own(v, p);
	c->closed = case_closed(v, p);
	return known == STORE_OK || c->raw.n > 0 || c->login_ms > 0 ?
	    STORE_OK : STORE_ABSENT;
}

static int
find_name(struct visit *v, struct csn_str typed, struct desk_case *c)
{
	struct csn_str rest = typed, realm = STR(""), why = STR("");
	int rc;

	if (str_cut(&rest, '/', &realm) && rest.p != NULL &&
	    conf_realm_find(v->conf, realm) >= 0)
		typed = rest;
	else
		realm = STR("");
	rc = admin_person(v->conf, &v->arena, realm, typed, &c->p, &why);
	csn_free(&why);
	return rc < 0 ? STORE_ABSENT : case_fill(v, c);
}

/* A member of a line of the audit log, whose order is ours (audit.c). A value
 * with an escape in it is no name that could be typed here. */
static struct csn_str
line_member(struct csn_str line, const char *member)
{
	char quoted[40];
	struct csn_str rest, value = STR("");
	struct buf b;
	ptrdiff_t at;

	buf_init_fixed(&b, quoted, sizeof(quoted));
	buf_printf(&b, "\"%s\":\"", member);
	at = str_find(line, buf_str(&b));
	if (at < 0)
		return value;
	rest = str_from_at(line, (size_t)at + b.n);
	if (!str_cut(&rest, '"', &value) || str_index(value, '\\') >= 0)
		return STR("");
	return value;
}

/* The next of them that is ours: the pairs of a plugin's are its own words. */
static bool
line_next(struct csn_str *lines, struct csn_str *ret)
{
	struct csn_str next = STR(",{\"time\":\"");
	ptrdiff_t at;

	while (lines->n > 0) {
		at = str_find(*lines, next);
		*ret = str_of(lines->p, at < 0 ? lines->n : (size_t)at);
		*lines = str_from_at(*lines, at < 0 ? lines->n :
		    (size_t)at + 1);
		if (str_find(*ret, STR(",\"event\":\"plugin:")) < 0)
			return true;
	}
	return false;
}

/* Whom the lines behind a page's reference are about. */
static int
find_reference(struct visit *v, struct csn_str ref, struct desk_case *c)
{
	struct csn_str text = STR(""), why = STR(""), rest, line;
	struct csn_str realm = STR(""), subject = STR("");
	int rc = STORE_ABSENT;

	if (csn_why(v->gate, ref, &text) == 0) {
		rest = text;
		while (subject.n == 0 && line_next(&rest, &line)) {
			realm = arena_str(&v->arena, line_member(line,
			    "realm"));
			subject = arena_str(&v->arena, line_member(line,
			    "subject"));
		}
		if (realm.n > 0 && subject.n > 0 && admin_person(v->conf,
		    &v->arena, realm, subject, &c->p, &why) == 0)
			rc = case_fill(v, c);
	}
	csn_free(&text);
	csn_free(&why);
	return rc;
}

static void
case_init(struct desk_case *c)
{
	memset(c, 0, sizeof(*c));
	c->closed = true;
	buf_init(&c->raw, STORE_VALUE_MAX);
}

void
desk_case_free(struct desk_case *c)
{
	buf_free(&c->raw);
}

int
desk_find(struct visit *v, struct csn_str typed, struct desk_case *ret)
{
	char ref[REFERENCE_LEN + 1];
	int rc = STORE_ABSENT;

	case_init(ret);
	typed = str_trim(typed);
	if (reference_read(typed, ref) == 0)
		rc = find_reference(v, str_from(ref), ret);
	return rc == STORE_ABSENT ? find_name(v, typed, ret) : rc;
}

int
desk_find_count(struct visit *v)
{
	const struct person *p = &v->session.person;
	char account[PEOPLE_ACCOUNT_LEN + 1], key[PEOPLE_ACCOUNT_LEN + 8];
	int64_t n = 0;
	struct buf b;
	int rc;

	if (people_account(v->gate->sealer, p->realm_name, p->subject,
	    account) < 0)
		return STORE_FAILED;
	buf_init_fixed(&b, key, sizeof(key));
	buf_printf(&b, "d/%s", account);
	rc = store_count(v->gate->store, buf_str(&b), 1, v->now_ms +
	    FIND_WINDOW_MS, v->now_ms, &n);
	return rc == STORE_OK && n > DESK_FINDS_MAX ? STORE_STALE : rc;
}

/* ------------------------------------------------------------------ */
/* from page to page */

struct csn_str
desk_sealed(struct visit *v, const struct person *p)
{
	struct csn_str ret = STR("");
	struct buf who;

	buf_init(&who, 1024);
	buf_lv16(&who, p->realm_name);
	buf_lv16(&who, p->subject);
	if (!buf_failed(&who))
		ret = account_sealed(v, "desk", buf_str(&who));
	buf_free(&who);
	return ret;
}

/* 0, and whom it names. */
static int
sealed_open(struct visit *v, struct csn_str text, struct csn_str *ret_realm,
    struct csn_str *ret_subject)
{
	struct csn_str who;
	struct reader r;

	if (account_sealed_open(v, "desk", text, DESK_LIFE_MS, &who) < 0)
		return -1;
	reader_init(&r, who);
	*ret_realm = reader_lv16(&r);
	*ret_subject = reader_lv16(&r);
	return reader_end(&r);
}

int
desk_again(struct visit *v, struct csn_str sealed, struct desk_case *ret)
{
	struct csn_str realm, subject, why = STR("");
	int rc;

	case_init(ret);
	if (sealed_open(v, sealed, &realm, &subject) < 0)
		return STORE_ABSENT;
	rc = admin_person(v->conf, &v->arena, realm, subject, &ret->p, &why);
	csn_free(&why);
	return rc < 0 ? STORE_ABSENT : case_fill(v, ret);
}
