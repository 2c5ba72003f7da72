/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leave.c - somebody leaves here: the provider is asked to end its session too
 *
 * The host has ended the session here before. It must never say that the
 * provider confirmed what it did not.
 */
#include "leave.h"

#include "bind.h"
#include "login.h"
#include "message.h"
#include "plugin.h"
#include "provider.h"
#include "send.h"
#include "soap.h"
#include "status.h"

uint32_t
leave_confirm(const struct job *j, struct gate *g, const xmlNode *answer,
    struct csn_str idp)
{
	struct status s;

	status_read(g, answer, &s);
	if (s.success)
		return CSN_DONE;
	/* the session here is over; elsewhere some may not be */
	job_audit(j, "logout-partial", (struct csn_pair[]){
	    { STR("idp"), idp },
	    { STR("status"), status_word(s.code) },
	    { STR("sub-status"), status_word(s.sub) } }, 3);
	g->why = RULE_STATUS;
	return CSN_DENY;
}

/* ------------------------------------------------------------------ */
/* with the browser */

static uint32_t
front_leave(const struct job *j, const struct outgoing *o, bool post,
    const struct leaving *l, struct csn_reply *reply)
{
	uint32_t verdict = CSN_ERROR;
	struct buf packed;

	buf_init(&packed, CSN_STATE_MAX);
	leaving_pack(l, &packed);
	if (!buf_failed(&packed) && (post ? send_post(j, o, reply) :
	    send_redirect(j, o, reply)) == 0) {
		reply->state = job_str(j, buf_str(&packed));
		verdict = CSN_CONTINUE;
	}
	buf_free(&packed);
	return verdict;
}

/* ------------------------------------------------------------------ */
/* without */

static uint32_t
answer_judge(const struct job *j, struct gate *g, const struct idp *idp,
    const struct leaving *l, struct csn_str body)
{
	const xmlNode *n = soap_open(g, body, "p:LogoutResponse",
	    idp->entity_id, l->request_id);

	if (n != NULL && !g->signed_root && !j->opt->unsigned_logout) {
		g->why = RULE_UNSIGNED;
		n = NULL;
	}
	return n == NULL ? CSN_DENY : leave_confirm(j, g, n, idp->entity_id);
}

static uint32_t
back_leave(const struct job *j, const struct idp *idp, struct csn_str xml,
    const struct leaving *l, struct csn_reply *reply)
{
	uint32_t verdict = CSN_ERROR;
	struct keys keys = { .n = 0 };
	struct csn_str body;
	struct gate g;

	gate_init(&g);
	g.policy = j->opt->policy;
	g.keys = &keys;
	if (idp_keys(idp, &keys) == 0 && soap_ask(j, idp->slo_soap, xml,
	    "the logout service", &body) == 0) {
		verdict = answer_judge(j, &g, idp, l, body);
		if (verdict == CSN_DENY) {
			reply->reason = CSN_R_PROTOCOL;
			login_audit_refused(j, &g, idp->entity_id);
		}
	}
	gate_free(&g);
	keys_free(&keys);
	return verdict;
}

/* ------------------------------------------------------------------ */

/* How, of what the provider takes; by redirect if nothing else is wanted, or
 * last with a key whose signatures are better posted. */
static enum logout_binding
way(const struct options *o, const struct idp *idp, struct csn_str *ret_url)
{
	const struct { enum logout_binding by; struct csn_str url; } ways[] = {
		{ LOGOUT_REDIRECT, send_posts(o) ? STR("") :
		    idp->slo_redirect },
		{ LOGOUT_POST, idp->slo_post },
		{ LOGOUT_SOAP, idp->slo_soap },
		{ LOGOUT_REDIRECT, idp->slo_redirect },
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (ways[i].url.n > 0 && (o->logout_by == LOGOUT_AUTO ||
		    o->logout_by == ways[i].by)) {
			*ret_url = ways[i].url;
			return ways[i].by;
		}
	return LOGOUT_AUTO;
}

bool
leave_possible(const struct options *o, const struct idp *idp)
{
	struct csn_str url;

	return way(o, idp, &url) != LOGOUT_AUTO;
}

static uint32_t
leave(const struct job *j, const struct csn_req *req, const struct keep *k,
    const struct idp *idp, struct csn_reply *reply)
{
	struct leaving l = { .request_id = job_id(j), .idp = k->idp };
	struct outgoing o = { .name = "SAMLRequest", .relay = req->resume,
	    .sign = true, .back_at = ENDPOINT_SLO + 1 };
	enum logout_binding by = way(j->opt, idp, &o.url);
	struct message m = { .id = l.request_id, .destination = o.url,
	    .issuer = j->opt->entity_id, .now_ms = job_now(j) };
	uint32_t verdict = CSN_ERROR;
	struct buf xml;

	if (by == LOGOUT_AUTO)
		return CSN_DONE;	/* it takes none */
	buf_init(&xml, BIND_MESSAGE_MAX);
	if (message_logout_request(&m, &k->name_id, k->session_index,
	    &xml) == 0) {
		o.xml = buf_str(&xml);
		verdict = by == LOGOUT_SOAP ? back_leave(j, idp, o.xml, &l,
		    reply) : front_leave(j, &o, by == LOGOUT_POST, &l, reply);
	}
	buf_free(&xml);
	return verdict;
}

uint32_t
leave_start(const struct job *j, const struct csn_req *req,
    struct csn_reply *reply)
{
	struct idp_set *set;
	const struct idp *idp = NULL;
	uint32_t verdict = CSN_DONE;
	struct keep k;

	/* a logout request must be signed (Prof 4.4.3.1) */
	if (!j->opt->logout || j->opt->alg.n == 0 ||
	    keep_unpack(req->keep, &k) < 0)
		return CSN_DONE;
	set = provider_get(j);
	if (set != NULL)
		idp = provider_find(j, set, k.idp);
	if (idp != NULL)
		verdict = leave(j, req, &k, idp, reply);
	idp_set_unref(set);
	return verdict;
}
