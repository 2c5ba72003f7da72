/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * login_ask.c - a browser sent to the identity provider (Core 3.4)
 *
 * What is asked is remembered in the exchange, and the answer is held to it.
 * It must never send a person's name where the configuration does not say so,
 * nor a request unsigned to a provider that demands signed ones.
 */
#include "login.h"

#include "lib/text.h"

#include "bind.h"
#include "message.h"
#include "plugin.h"
#include "provider.h"
#include "send.h"
#include "texts.h"

#define BINDING "urn:oasis:names:tc:SAML:2.0:bindings:"

/* The name is somebody else's words: plain and short, or not at all. A person
 * who is known already is asked for by their own. */
static struct csn_str
subject_hint(const struct job *j, const struct csn_req *req,
    struct csn_str who)
{
	struct csn_str s = req->subject.n > 0 ? req->subject : who;

	return j->opt->send_hint && s.n <= 255 && text_plain(s) ? s : STR("");
}

/* Core 3.3.2.2.1, of a list in rising order: the provider is told where it
 * begins or ends, since what is stronger than what only we know. */
static struct csn_strs
classes_asked(const struct options *o)
{
	struct csn_strs c = o->classes;

	if (c.n == 0 || o->comparison == COMPARE_EXACT)
		return c;
	if (o->comparison == COMPARE_MAXIMUM)
		c.v += c.n - 1;
	c.n = 1;
	return c;
}

static struct message_authn
authn_make(const struct job *j, struct csn_str subject, bool force)
{
	static const char *const words[] = { [COMPARE_EXACT] = "exact",
		[COMPARE_MINIMUM] = "minimum", [COMPARE_MAXIMUM] = "maximum",
		[COMPARE_BETTER] = "better" };
	const struct options *o = j->opt;

	return (struct message_authn){ .acs = o->acs,
	    .name_id_format = o->name_id_format,
	    .provider_name = o->provider_name,
	    .classes = classes_asked(o), .comparison = words[o->comparison],
	    .subject = subject,
	    .binding = o->artifact ? BINDING "HTTP-Artifact" :
	    BINDING "HTTP-POST", .proxy_count = o->proxy_count,
	    .force = force, .passive = o->passive };
}

static bool
signs(const struct options *o)
{
	return o->alg.n > 0 && o->signing != SIGN_NEVER;
}

static bool
by_post(const struct options *o, const struct idp *idp)
{
	if (o->binding != BIND_AUTO)
		return o->binding == BIND_POST;
	return idp->sso_redirect.n == 0 || (idp->sso_post.n > 0 &&
	    signs(o) && send_posts(o));
}

static int
request_send(const struct job *j, const struct csn_req *req,
    const struct idp *idp, struct csn_str xml, struct csn_reply *reply)
{
	bool post = by_post(j->opt, idp);
	struct outgoing o = { .name = "SAMLRequest", .xml = xml,
	    .url = post ? idp->sso_post : idp->sso_redirect,
	    .relay = req->resume, .sign = signs(j->opt),
	    .back_at = ENDPOINT_ACS + 1,
	    .back_by = j->opt->artifact ? 0 : CSN_EP_POST };

	if (idp->want_signed && !o.sign) {
		job_say(j, CSN_FAIL, "%.*s demands signed requests: give "
		    "`signing_key`", STR_FMT(idp->entity_id));
		return -1;
	}
	if (o.url.n == 0) {
		job_say(j, CSN_FAIL, "%.*s has no address for the binding "
		    "of `binding`", STR_FMT(idp->entity_id));
		return -1;
	}
	return post ? send_post(j, &o, reply) : send_redirect(j, &o, reply);
}

static int
ask(const struct job *j, const struct csn_req *req, const struct idp *idp,
    struct csn_str who, struct csn_reply *reply)
{
	/* a policy that wants a fresh proof gets one made for it */
	bool force = j->opt->force || req->fresh_s > 0;
	struct state s = { .request_id = job_id(j), .idp = idp->entity_id,
	    .asked_ms = job_now(j), .force = force };
	struct message m = { .id = s.request_id, .now_ms = s.asked_ms,
	    .destination = by_post(j->opt, idp) ? idp->sso_post :
	    idp->sso_redirect, .issuer = j->opt->entity_id };
	struct message_authn a = authn_make(j, subject_hint(j, req, who),
	    force);
	struct buf xml, packed;
	int rc = -1;

	buf_init(&xml, BIND_MESSAGE_MAX);
	buf_init(&packed, CSN_STATE_MAX);
	state_pack(&s, &packed);
	if (s.request_id.n > 0 && message_authn_request(&m, &a, &xml) == 0 &&
	    !buf_failed(&packed))
		rc = request_send(j, req, idp, buf_str(&xml), reply);
	if (rc == 0)
		reply->state = job_str(j, buf_str(&packed));
	buf_free(&xml);
	buf_free(&packed);
	return rc;
}

uint32_t
login_ask(const struct job *j, const struct csn_req *req,
    struct csn_str entity_id, struct csn_str who, struct csn_reply *reply)
{
	struct idp_set *set = provider_get(j);
	const struct idp *idp = set == NULL ? NULL : provider_find(j, set,
	    entity_id);
	uint32_t verdict = CSN_ERROR;

	if (idp != NULL && ask(j, req, idp, who, reply) == 0) {
		verdict = CSN_CONTINUE;
	} else {
		reply->reason = CSN_R_BACKEND;
		reply->message = STR(TEXT_UNAVAILABLE);
	}
	idp_set_unref(set);
	return verdict;
}
