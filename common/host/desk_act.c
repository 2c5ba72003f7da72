/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk_act.c - the help desk: what a helper wishes, and that it is done
 *
 * It must never act on the helper's own account, on whom not_for names, or on
 * anybody of whom that cannot be read; nor before the act is in the audit log.
 */
#include "desk.h"

#include "lib/text.h"
#include "manage.h"
#include "notice.h"

#define HOURS_MAX	168u
#define USES_MAX	20u

/* ------------------------------------------------------------------ */
/* wishes */

static const struct {
	enum desk_act act;
	enum conf_may may;
	const char *word, *op;		/* op: of the factor's plugin */
	const char *event;
	const char *told;		/* to the person; NULL: by a notice of
					 * its own */
} acts[] = {
	{ DESK_UNLOCK, MAY_UNLOCK, "unlock", NULL, "desk-unlocked",
	    "Unlocked after failed tries" },
	{ DESK_END_SESSIONS, MAY_END_SESSIONS, "end", NULL,
	    "desk-sessions-ended", "Logged out everywhere" },
	{ DESK_LINK, MAY_ENROL_LINK, "link", NULL, "desk-enrol-link",
	    "A set-up link was made" },
	{ DESK_RESET, MAY_RESET, "reset", "reset", "desk-reset",
	    "All devices were removed" },
	{ DESK_TEMPORARY, MAY_TEMPORARY_CODE, "temporary", "temporary",
	    "desk-temporary-code", NULL },
};

static size_t
act_at(enum desk_act act)
{
	size_t i = 0;

	while (i + 1 < sizeof(acts) / sizeof(acts[0]) && acts[i].act != act)
		i++;
	return i;
}

bool
desk_may(const struct visit *v, enum desk_act act)
{
	return act != DESK_NONE && (v->conf->desk.may &
	    acts[act_at(act)].may) != 0;
}

bool
desk_factor_can(const struct visit *v, enum desk_act act, int factor)
{
	const struct conf_factor *cf = &v->conf->factors[factor];
	const char *op = acts[act_at(act)].op;

	if (!desk_may(v, act) || !bits_has(&v->conf->second, (size_t)factor))
		return false;
	if (act == DESK_LINK)
		return cf->enrol.link;
	if (act == DESK_TEMPORARY && !cf->recover_by_desk)
		return false;
	return op != NULL && manage_find(v->gc->factors[factor].plugin,
	    str_from(op), CSN_OP_OPERATOR) >= 0;
}

/* 0: it is none that can be. Full-width digits are digits. */
static uint64_t
number_read(struct visit *v, const char *field, uint64_t max)
{
	struct csn_str text = pairs_get(v->form, str_from(field));
	char memory[64];
	struct buf b;
	uint64_t n = 0;

	buf_init_fixed(&b, memory, sizeof(memory));
	text_narrow(&b, text);
	return str_u64(str_trim(buf_str(&b)), max, &n) == 0 ? n : 0;
}

int
desk_wish_read(struct visit *v, struct csn_str text, struct desk_wish *ret)
{
	struct csn_str word;
	size_t i = 0;

	(void)str_cut(&text, ':', &word);
	while (i < sizeof(acts) / sizeof(acts[0]) &&
	    !str_is(word, acts[i].word))
		i++;
	if (i == sizeof(acts) / sizeof(acts[0]) ||
	    !desk_may(v, acts[i].act))
		return -1;
	*ret = (struct desk_wish){ .act = acts[i].act, .factor = -1 };
	if (acts[i].act == DESK_UNLOCK || acts[i].act == DESK_END_SESSIONS)
		return text.n == 0 ? 0 : -1;
	ret->factor = conf_factor_find(v->conf, text);
	if (ret->factor < 0 || !desk_factor_can(v, ret->act, ret->factor))
		return -1;
	ret->ask = ret->act == DESK_TEMPORARY &&
	    pairs_get(v->form, STR(FIELD_HOURS)).p == NULL;
	ret->hours = number_read(v, FIELD_HOURS, HOURS_MAX);
	ret->uses = number_read(v, FIELD_USES, USES_MAX);
	return 0;
}

/* ------------------------------------------------------------------ */
/* done */

static int
act_audit(struct visit *v, const struct desk_case *c,
    const struct desk_wish *w)
{
	struct csn_pair by[2] = {
	    { STR("by"), v->session.person.subject },
	    { STR("by_realm"), v->session.person.realm_name } };
	struct audit_event e = { .time_ms = v->now_ms,
	    .event = str_from(acts[act_at(w->act)].event),
	    .realm = c->p.realm_name, .subject = c->p.subject,
	    .client = v->in->client, .user_agent = v->in->user_agent,
	    .details = { by, 2 } };

	if (w->factor >= 0)
		e.factor = v->conf->factors[w->factor].name;
	return audit_write(v->gate->audit, &e);
}

static void
act_tell(struct visit *v, const struct desk_case *c,
    const struct desk_wish *w)
{
	const char *told = acts[act_at(w->act)].told;
	struct notice n = { .kind = told == NULL ? NOTICE_TEMPORARY_CODE :
	    NOTICE_DESK, .realm = c->p.realm_name,
	    .subject = c->p.subject, .time_ms = v->now_ms,
	    .what = str_from(told) };

	if (w->factor >= 0)
		n.factor = v->conf->factors[w->factor].name;
	notice_put_about(v->gate, v->conf, &n);
}

static int
factor_op(struct visit *v, const struct desk_case *c, int factor,
    const char *name, struct csn_pairs params, struct verdict *ret)
{
	struct factor *f = &v->gc->factors[factor];
	int op = manage_find(f->plugin, str_from(name), CSN_OP_OPERATOR);

	return op < 0 || manage_run(v->gate, f, &v->arena, op, &c->p, STR(""),
	    params, ret) < 0 || ret->verdict != CSN_DONE ? -1 : 0;
}

/* Waits of every factor, and devices that too many wrong codes disabled. */
static int
unlock(struct visit *v, const struct desk_case *c)
{
	static const struct csn_pairs none;
	struct verdict verdict;

	for (size_t f = 0; f < v->conf->nfactors; f++) {
		struct throttle_key k = { v->conf->factors[f].name,
		    c->p.realm_name, c->p.subject, NULL };

		if (throttle_clear(v->gate->store, &k, v->now_ms) !=
		    THROTTLE_OK)
			return -1;
		if (bits_has(&v->conf->second, f))
			(void)factor_op(v, c, (int)f, "unlock", none,
			    &verdict);
	}
	return 0;
}

static int
sessions_end(struct visit *v, const struct desk_case *c)
{
	uint32_t generation;

	if (people_revoke(v->gate->store, c->p.realm_name, c->p.subject,
	    v->now_ms, &generation) != STORE_OK)
		return -1;
	known_end_person(v->gate->known, c->p.realm_name, c->p.subject,
	    generation);
	return 0;
}

static int
link_make(struct visit *v, const struct desk_case *c, int factor,
    struct desk_result *ret)
{
	const struct conf_factor *cf = &v->conf->factors[factor];
	struct people_link link = { .realm = c->p.realm_name,
	    .subject = c->p.subject, .factor = cf->name,
	    .uses = cf->enrol.link_uses,
	    .until_ms = v->now_ms + cf->enrol.link_valid_s * 1000 };
	struct buf text;
	int rc;

	buf_init(&text, 4096);
	buf_str_put(&text, v->conf->public_url);
	buf_puts(&text, "/enrol/");
	rc = people_link_new(v->gate->store, &link, v->now_ms, &text) ==
	    STORE_OK ? 0 : -1;
	ret->secret = arena_str(&v->arena, buf_str(&text));
	ret->until_ms = link.until_ms;
	buf_free(&text);
	return ret->secret.n == 0 ? -1 : rc;
}

static int
reset(struct visit *v, const struct desk_case *c, int factor)
{
	static const struct csn_pairs none;
	struct verdict verdict;

	/* who has none left all the same needs a link from now on */
	(void)factor_op(v, c, factor, "reset", none, &verdict);
	if (verdict.verdict != CSN_DONE && verdict.verdict != CSN_DENY)
		return -1;
	return manage_after_reset(v->gate, &v->gc->factors[factor], &c->p) ==
	    STORE_OK ? 0 : -1;
}

static int
temporary(struct visit *v, const struct desk_case *c,
    const struct desk_wish *w, struct desk_result *ret)
{
	struct csn_pair params[2] = {
	    { STR("hours"), arena_printf(&v->arena, "%llu",
	    (unsigned long long)w->hours) },
	    { STR("uses"), arena_printf(&v->arena, "%llu",
	    (unsigned long long)w->uses) } };
	struct verdict verdict;

	if (factor_op(v, c, w->factor, "temporary",
	    (struct csn_pairs){ params, 2 }, &verdict) < 0 ||
	    verdict.reply.nitems != 1)
		return -1;
	ret->secret = verdict.reply.items[0].detail;
	ret->until_ms = v->now_ms + (int64_t)w->hours * 3600000;
	return 0;
}

static int
act_run(struct visit *v, const struct desk_case *c,
    const struct desk_wish *w, struct desk_result *ret)
{
	switch (w->act) {
	case DESK_UNLOCK:
		return unlock(v, c);
	case DESK_END_SESSIONS:
		return sessions_end(v, c);
	case DESK_LINK:
		return link_make(v, c, w->factor, ret);
	case DESK_RESET:
		return reset(v, c, w->factor);
	case DESK_TEMPORARY:
		return temporary(v, c, w, ret);
	case DESK_NONE:
		break;
	}
	return -1;
}

const char *
desk_refused(const struct desk_case *c)
{
	if (c->own)
		return "Nobody acts on their own account here. Ask somebody "
		    "else of the help desk.";
	return c->closed ? "This account is not the help desk's: an "
	    "administrator looks after it." : NULL;
}

int
desk_do(struct visit *v, const struct desk_case *c, const struct desk_wish *w,
    struct desk_result *ret, const char **ret_why)
{
	memset(ret, 0, sizeof(*ret));
	*ret_why = desk_refused(c);
	if (*ret_why != NULL)
		return -1;
	*ret_why = "A temporary code is good for 1 to 168 hours and 1 to 20 "
	    "uses.";
	if (w->act == DESK_TEMPORARY && (w->hours == 0 || w->uses == 0))
		return -1;
	*ret_why = "It could not be done. Try again in a few minutes.";
	if (act_audit(v, c, w) < 0 || act_run(v, c, w, ret) < 0)
		return -1;
	act_tell(v, c, w);
	return 0;
}
