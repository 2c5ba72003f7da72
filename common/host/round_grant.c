/* SPDX-License-Identifier: Apache-2.0 */
/*
 * round_grant.c - a GRANT believed: whom it names, how it was proved
 *
 * Names are made canonical and bound to their source before anything is pinned
 * (security.md E7, E8), and a second factor counts only if the host itself has
 * it on record (E1). It must never advance an exchange otherwise than through
 * exchange_advance().
 */
#include "lib/text.h"
#include "remind.h"
#include "round.h"
#include "subject.h"

/* A name that another realm has reserved for its own people, or one outside
 * the names that its own realm is limited to: both would let one name mean two
 * people. */
static bool
name_reserved(const struct conf *conf, unsigned realm, struct csn_str name)
{
	const struct csn_strs *own = &conf->realms[realm].names;
	bool fits = own->n == 0;

	for (size_t i = 0; i < own->n; i++)
		fits |= subject_matches(own->v[i], name);
	if (!fits)
		return true;
	for (size_t i = 0; i < conf->nrealms; i++)
		for (size_t k = 0; i != realm &&
		    k < conf->realms[i].names.n; k++)
			if (subject_matches(conf->realms[i].names.v[k], name))
				return true;
	return false;
}

static struct csn_str
name_mapped(const struct conf_factor *cf, struct csn_str said)
{
	if (cf->people.v == NULL)
		return said;
	return pairs_get(cf->people, said);
}

/* What no header carries goes nowhere, and the operator hears of it (R7). */
static int
odd_groups_tell(struct visit *v, const struct factor *f,
    const struct csn_strs *groups, const struct person *p)
{
	for (size_t i = 0; i < groups->n; i++) {
		struct csn_str g = groups->v[i], why;
		uint64_t more = 0;

		if (!group_odd(v->conf, g) ||
		    group_short(v->conf, p->realm, g).p != NULL ||
		    !gate_group_due(v->gate, g, &more))
			continue;
		why = arena_printf(&v->arena, "R7: the group `%.*s` has the "
		    "separator or a control character in it and is not "
		    "declared under `groups`: nobody is in it",
		    g.n > 256 ? 256 : (int)g.n, g.p);
		if (why.p != NULL && more > 0)
			why = arena_printf(&v->arena, "%.*s (and %llu others "
			    "that were not told)", STR_FMT(why),
			    (unsigned long long)more);
		if (why.p == NULL || visit_audit_person(v, "group-dropped",
		    why.p, p, (int)f->index) < 0)
			return -1;
	}
	return 0;
}

static int
person_groups(struct visit *v, const struct factor *f,
    const struct csn_reply *reply, struct person *p)
{
	struct csn_strs groups;

	p->groups = (struct csn_strs){ NULL, 0 };
	p->groups_known = (reply->flags & CSN_RP_GROUPS) != 0;
	p->groups_ms = v->now_ms;
	if (!p->groups_known)
		return 0;
	if (groups_rename(&v->arena, v->conf, f->cf, reply->groups,
	    &groups) < 0 || odd_groups_tell(v, f, &groups, p) < 0)
		return -1;
	return groups_map(&v->arena, v->conf, p->realm, groups, &p->groups);
}

static struct csn_str
attr_plain(struct csn_pairs attrs, struct csn_str name)
{
	struct csn_str s = pairs_get(attrs, name);

	return s.p == NULL || s.n > 255 || !text_plain(s) ? STR("") : s;
}

/* The canonical name, groups and account state of the realm's authority, if
 * another factor identified (design.md 5). 0, or -1 and why. */
static int
person_authority(struct visit *v, const struct factor *f, struct person *p,
    const char **ret_why)
{
	int authority = v->conf->realms[p->realm].authority;

	if (authority < 0 || authority == (int)f->index)
		return 0;
	switch (gate_lookup(v->gate, v->gc, &v->arena, p)) {
	case STORE_OK:
		return 0;
	case STORE_ABSENT:
		*ret_why = "E8: the realm's authority does not know this "
		    "person";
		return -1;
	default:
		*ret_why = "the realm's authority does not answer";
		return -1;
	}
}

/* One person, two names (E8): the operator is told both. */
static int
renamed_tell(struct visit *v, const struct factor *f, const struct person *p,
    struct csn_str old)
{
	struct csn_str why = arena_printf(&v->arena, "was %.*s", STR_FMT(old));

	gate_say(v->gate, CSN_WARN, "%.*s names somebody %.*s/%.*s who was "
	    "%.*s until now, by the id that does not change",
	    STR_FMT(f->cf->name), STR_FMT(p->realm_name),
	    STR_FMT(p->subject), STR_FMT(old));
	return why.p == NULL ? -1 : visit_audit_person(v, "person-renamed",
	    why.p, p, (int)f->index);
}

static int
person_bind(struct round *r, struct person *p, const char **ret_why)
{
	const struct csn_call *c = &r->call;
	struct visit *v = r->v;
	struct buf old;
	bool have = c->person_read && c->person_raw.p != NULL &&
	    str_equal(c->reserved_subject, p->subject);
	int rc;

	v->record_read = false;
	buf_clear(&v->raw);
	if (have)
		buf_str_put(&v->raw, c->person_raw);
	buf_init(&old, 1024);
	rc = people_bind(v->gate->store, p->realm_name, p->subject, r->f->id,
	    p->subject_id, v->now_ms, &v->record, &v->raw, have, &old);
	if (old.n > 0 && renamed_tell(v, r->f, p, buf_str(&old)) < 0)
		rc = STORE_FAILED;
	buf_free(&old);
	v->enrolled_known = rc == PEOPLE_SAME;
	v->record_read = rc == PEOPLE_SAME;
	if (rc == PEOPLE_SAME) {
		v->enrolled = people_factors(&v->record, v->conf);
		p->generation = v->record.generation;
		if (!v->x.person.named)
			v->x.cuts = v->record.cuts;
		return 0;
	}
	switch (rc) {
	case PEOPLE_OTHER:
		*ret_why = "E8: the name is bound to another person's id";
		break;
	case PEOPLE_RENAMED:
		*ret_why = "E8: this person had another name, and has second "
		    "factors under it";
		break;
	default:
		*ret_why = "the store does not answer";
		break;
	}
	return -1;
}

/* 0 with *p, or -1 and why: the GRANT does not count. */
static int
person_named(struct round *r, struct person *p, const char **ret_why)
{
	struct visit *v = r->v;
	const struct csn_reply *reply = &r->verdict.reply;
	struct csn_str said = name_mapped(r->f->cf, reply->subject);

	memset(p, 0, sizeof(*p));
	p->realm = r->f->cf->realm;
	p->realm_name = v->conf->realms[p->realm].name;
	*ret_why = "E8: the name is not usable";
	if (said.p == NULL || subject_canonical(&v->arena,
	    v->conf->realms[p->realm].keep_case, said, &p->subject) < 0)
		return -1;
	*ret_why = "the name is reserved for another realm, or not one of its "
	    "own realm's";
	if (name_reserved(v->conf, p->realm, p->subject))
		return -1;
	p->named = true;
	p->subject_id = reply->subject_id;
	p->source = r->f->cf->fingerprint;
	p->name = attr_plain(reply->attrs, STR("name"));
	p->mail = attr_plain(reply->attrs, STR("mail"));
	*ret_why = "R7: a group has the separator in it, or there are too "
	    "many";
	if (person_groups(v, r->f, reply, p) < 0)
		return -1;
	if (person_authority(v, r->f, p, ret_why) < 0)
		return -1;
	return person_bind(r, p, ret_why);
}

/* Which code it was the plugin does not say: what was allowed does. */
static enum proof_kind
stand_in(uint32_t may)
{
	if ((may & CSN_RQ_MAY_TEMPORARY) == 0)
		return PROOF_RECOVERY;
	return (may & CSN_RQ_MAY_RECOVER) != 0 ? PROOF_STAND_IN :
	    PROOF_TEMPORARY;
}

static enum proof_kind
kind_of(uint32_t flags, uint32_t may)
{
	if ((flags & CSN_RP_ENROLLED) != 0)
		return PROOF_ENROLLED;
	if ((flags & CSN_RP_REMEMBERED) != 0)
		return PROOF_REMEMBERED;
	if ((flags & CSN_RP_RECOVERY) != 0)
		return stand_in(may);
	return PROOF_PROVED;
}

static enum proof_enrolment
enrolment_of(const struct visit *v, const struct factor *f)
{
	for (size_t i = 0; i < v->record.nenrolments; i++)
		if (v->record.enrolments[i].fingerprint == f->cf->fingerprint)
			return v->record.enrolments[i].how;
	return ENROLMENT_NONE;
}

/*
 * A device that the plugin has and our record lacks was stored when the store
 * failed between the two writes, or by an enrolment that lost a race. It is
 * entered with its use only where it could be enrolled now; else it is no
 * proof: it would be a way past E1. 0 with how it was enrolled, or -1.
 */
static int
enrolment_known(struct round *r, enum proof_enrolment *ret)
{
	struct visit *v = r->v;
	const struct person *p = &v->x.person;

	*ret = enrolment_of(v, r->f);
	if (*ret != ENROLMENT_NONE ||
	    (r->f->plugin->caps & CSN_CAP_SECOND) == 0)
		return 0;
	v->record_read = false;
	if (round_may_enrol(r) != ENROLMENT_FIRST_LOGIN ||
	    people_enrolled(v->gate->store, p->realm_name, p->subject,
	    r->f->cf->fingerprint, ENROLMENT_FIRST_LOGIN, true,
	    v->now_ms) != STORE_OK)
		return -1;
	bits_add(&v->enrolled, r->f->index);
	*ret = ENROLMENT_FIRST_LOGIN;
	return visit_audit(v, "enrolled", "found with its first use",
	    (int)r->f->index);
}

/* The plugin has kept the device; the host's own record of it decides (E4):
 * where there is one already, the exchange ends. */
static int
enrolment_record(struct round *r, enum proof_enrolment *ret)
{
	struct visit *v = r->v;
	const struct person *p = &v->x.person;
	enum proof_enrolment how = r->enrol_how;
	int rc;

	if (how == ENROLMENT_NONE)
		return -1;
	/* the link is used up in the commit that enrols by it */
	rc = how == ENROLMENT_LINK ? people_enrolled_by_link(v->gate->store,
	    p->realm_name, p->subject, r->f->cf->fingerprint, v->x.link,
	    v->now_ms) :
	    people_enrolled(v->gate->store, p->realm_name, p->subject,
	    r->f->cf->fingerprint, how, true, v->now_ms);
	v->record_read = false;
	if (rc != STORE_OK)
		return -1;
	*ret = how;
	bits_add(&v->enrolled, r->f->index);
	visit_recent(v, p, "enrolled", (int)r->f->index, STR(""), false);
	return visit_audit(v, "enrolled", how == ENROLMENT_LINK ?
	    "by link" : "at first login", (int)r->f->index);
}

static void
extra_keep(struct round *r)
{
	struct exchange *x = &r->v->x;
	const struct csn_reply *reply = &r->verdict.reply;

	if (x->nextras == PROOFS_MAX || (reply->keep.n == 0 &&
	    reply->session_keys.n == 0 && reply->not_after_ms == 0))
		return;
	x->extras[x->nextras++] = (struct grant_extra){
	    .fingerprint = r->f->cf->fingerprint, .keep = reply->keep,
	    .session_keys = reply->session_keys,
	    .not_after_ms = reply->not_after_ms,
	    .renew = (reply->flags & CSN_RP_RENEW) != 0,
	    .asked_ms = r->v->now_ms };
}

/* All is proved. Before a grace ends, that is said first. */
void
round_completed(struct visit *v)
{
	struct guard_facts facts;
	struct remind remind;

	visit_facts(v, &facts);
	if (remind_due(&v->x, v->conf, &facts, &remind))
		page_remind(v, &remind, &facts);
	else
		finish(v);
}

/* Either the GRANT did not count, being another person's; or it did, and no way
 * of the policy is left for this one. */
static void
granted_ended(struct visit *v, bool counted, int factor)
{
	if (counted) {
		visit_no_way(v);
		return;
	}
	visit_reference(v);
	visit_audit(v, "login-denied", "another person", factor);
	page_wrong_person(v);
}

static void
granted(struct round *r, struct exchange_event *ev)
{
	struct visit *v = r->v;
	size_t before = v->x.history.n;
	struct guard_facts facts;

	memcpy(ev->token, v->x.token, sizeof(ev->token));
	ev->factor = (int)r->f->index;
	ev->verdict = r->verdict.verdict;
	visit_facts(v, &facts);
	/* who is named by this very GRANT has been looked up already: a way
	 * for those who have not enrolled is complete with it */
	facts.enrolled_known = v->enrolled_known;
	facts.enrolled = v->enrolled;
	switch (exchange_advance(&v->x, v->conf, ev, &facts)) {
	case EXCHANGE_COMPLETE:
		extra_keep(r);
		if (v->x.change != 0)
			visit_change_proved(v);
		else
			round_completed(v);
		return;
	case EXCHANGE_ADVANCED:
		extra_keep(r);
		v->x.state = STR("");
		v->x.attempt = 0;
		visit_offer(v);
		return;
	case EXCHANGE_ENDED:
		granted_ended(v, v->x.history.n > before, ev->factor);
		return;
	case EXCHANGE_UNCHANGED:
		break;
	}
	round_error(r);
}

/* Its owner hears of what another person could have done. */
static void
kind_tell(struct round *r, enum proof_kind kind)
{
	switch (kind) {
	case PROOF_ENROLLED:
		visit_notice(r->v, NOTICE_DEVICE_ADDED, (int)r->f->index);
		break;
	case PROOF_RECOVERY:
	case PROOF_TEMPORARY:
	case PROOF_STAND_IN:
		visit_notice(r->v, NOTICE_RECOVERY_CODE, (int)r->f->index);
		break;
	case PROOF_PROVED:
	case PROOF_REMEMBERED:
		break;
	}
}

static void
grant_refused(struct round *r, const char *why)
{
	visit_reference(r->v);
	visit_audit(r->v, "login-denied", why, (int)r->f->index);
	round_count(r->v, CSN_COUNT_DENY);
	page_denied(r->v, why);
}

void
round_grant(struct round *r)
{
	struct visit *v = r->v;
	const struct csn_reply *reply = &r->verdict.reply;
	struct exchange_event ev = { .proof = {
	    .kind = kind_of(reply->flags, r->req.flags),
	    .auth_time_ms = reply->auth_time_ms, .acr = reply->acr } };
	const char *why;

	/* nobody was asked: whenever it was, it is not fresh (P2) */
	if (r->event == CSN_EV_UNSOLICITED)
		ev.proof.auth_time_ms = 0;
	if ((r->f->plugin->caps & CSN_CAP_IDENTITY) != 0 &&
	    person_named(r, &ev.person, &why) < 0) {
		grant_refused(r, why);
		return;
	}
	if (ev.proof.kind == PROOF_ENROLLED) {
		if (enrolment_record(r, &ev.proof.enrolment) < 0) {
			grant_refused(r, "E4: enrolled already, or the link "
			    "is used up");
			return;
		}
	} else if (enrolment_known(r, &ev.proof.enrolment) < 0) {
		grant_refused(r, "E1: this device was never confirmed here");
		return;
	}
	round_count(v, CSN_COUNT_GRANT);
	if (visit_audit_person(v, "factor-granted", "", &ev.person,
	    (int)r->f->index) < 0) {
		page_trouble(v, "the audit log cannot be written");
		return;
	}
	kind_tell(r, ev.proof.kind);
	if (r->f->cf->alarm)
		gate_say(v->gate, CSN_FAIL, "factor %.*s was used: this is "
		    "an alarm, as configured", STR_FMT(r->f->cf->name));
	granted(r, &ev);
}
