/* SPDX-License-Identifier: Apache-2.0 */
/*
 * round_req.c - what a step is told: the request, filled from the exchange
 *
 * It must never hand over our own fields, nor let a step enrol where not all
 * of E1 to E3 holds.
 */
#include "endpoint.h"
#include "lib/base64url.h"
#include "lib/secret.h"
#include "round.h"

/* Our own fields stay behind. What a keyboard's full-width mode makes is for
 * the plugin to narrow: only it knows a code from a password. */
int
round_params(struct visit *v, struct csn_pairs *ret)
{
	struct csn_pair *p = arena_array(&v->arena, v->form.n, sizeof(*p));
	size_t n = 0;

	if (p == NULL)
		return -1;
	for (size_t i = 0; i < v->form.n; i++)
		if (!str_starts(v->form.v[i].name, STR("csn-")) &&
		    !str_is(v->form.v[i].name, FIELD_TARGET))
			p[n++] = v->form.v[i];
	*ret = (struct csn_pairs){ p, n };
	return 0;
}

static void
hex_text(const uint8_t *id, size_t n, char *ret, size_t cap)
{
	struct buf b;

	buf_init_fixed(&b, ret, cap);
	hex_encode(&b, str_of(id, n));
}

static bool
first_login_open(const struct round *r)
{
	const struct conf_enrol *e = &r->f->cf->enrol;
	const struct visit *v = r->v;

	return e->first_login && !v->record.link_required &&
	    (e->until_ms == 0 || v->now_ms < e->until_ms) &&
	    (e->networks == 0 || (v->have_client && conf_networks_have(
	    v->conf, e->networks, &v->client)));
}

enum proof_enrolment
round_may_enrol(struct round *r)
{
	struct visit *v = r->v;
	struct guard_facts facts;

	/* a change of the account is no way to a first device (E1) */
	if ((r->f->plugin->caps & CSN_CAP_SECOND) == 0 ||
	    v->x.change != 0 || !v->x.person.named || !v->enrolled_known ||
	    v->record.nenrolments != 0)
		return ENROLMENT_NONE;
	visit_facts(v, &facts);
	if (!exchange_would_complete(&v->x, v->conf, r->f->index, &facts))
		return ENROLMENT_NONE;
	if (r->f->cf->enrol.link && visit_link_good(v, r->f->cf->name))
		return ENROLMENT_LINK;
	return first_login_open(r) ? ENROLMENT_FIRST_LOGIN : ENROLMENT_NONE;
}

/* For a person only: a visit may begin another exchange, of somebody else. */
int
round_account(struct visit *v)
{
	const struct person *p = &v->x.person, *of = &v->account_of;

	if (v->account[0] != '\0' && str_equal(of->subject, p->subject) &&
	    str_equal(of->realm_name, p->realm_name))
		return 0;
	v->account[0] = '\0';
	v->account_of = *p;
	return people_account(v->gate->sealer, p->realm_name, p->subject,
	    v->account);
}

static void
req_person(struct round *r)
{
	const struct person *p = &r->v->x.person;

	if (!p->named)
		return;
	r->req.subject = p->subject;
	r->req.realm = p->realm_name;
	if (r->f->cf->fingerprint == p->source)
		r->req.subject_id = p->subject_id;
	if (round_account(r->v) == 0)
		r->req.account = str_from(r->v->account);
}

static void
req_ids(struct round *r)
{
	struct visit *v = r->v;

	hex_text(v->x.id, sizeof(v->x.id), r->exchange, sizeof(r->exchange));
	r->req.exchange = str_from(r->exchange);
	v->have_next = true;
	secret_random(v->next, sizeof(v->next));
	hex_text(v->next, sizeof(v->next), r->resume, sizeof(r->resume));
	r->req.resume = str_from(r->resume);
}

static uint32_t
req_flags(struct round *r)
{
	const struct conf *conf = r->v->conf;
	const struct conf_policy *policy = &conf->policies[r->v->x.policy];
	uint32_t flags = 0;

	r->enrol_how = round_may_enrol(r);
	if (r->enrol_how != ENROLMENT_NONE)
		flags |= CSN_RQ_MAY_ENROL;
	if (proof_recovery_counts(conf, policy, r->f->index))
		flags |= CSN_RQ_MAY_RECOVER;
	if (proof_temporary_counts(conf, policy, r->f->index))
		flags |= CSN_RQ_MAY_TEMPORARY;
	return flags;
}

/* What the browser sent, or another site through it. */
static int
req_input(struct round *r)
{
	struct visit *v = r->v;
	struct csn_req *q = &r->req;

	q->method = v->in->method;
	q->content_type = v->in->content_type;
	q->client_ip = v->in->client;
	q->user_agent = v->in->user_agent;
	q->language = v->language;
	if (r->event == CSN_EV_CALLBACK || r->event == CSN_EV_UNSOLICITED) {
		q->params = endpoint_params(v);
		q->raw_query = v->in->query;
		q->body = v->in->body;
		return 0;
	}
	q->hint = pairs_get(v->query, STR(FIELD_HINT));
	return r->event == CSN_EV_BEGIN ? 0 : round_params(v, &q->params);
}

int
round_req_make(struct round *r)
{
	struct visit *v = r->v;
	struct csn_req *q = &r->req;

	q->struct_size = sizeof(*q);
	q->event = r->event;
	q->endpoint = v->endpoint;
	q->attempt = v->x.attempt;
	q->fresh_s = (uint32_t)conf_fresh_s(&v->conf->policies[v->x.policy],
	    r->f->index);
	q->state = v->x.state.n > 0 ? v->x.state : STR("");
	req_ids(r);
	req_person(r);
	q->flags = req_flags(r);
	return req_input(r);
}
