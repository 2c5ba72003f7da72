/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * message.c - the messages that we send, as XML, by lasso's nodes
 *
 * It must never be given a byte that a peer may choose to be parsed: lasso
 * builds here and does nothing else.
 */
#include <lasso/lasso.h>
#include <lasso/xml/saml-2.0/saml2_name_id.h>
#include <lasso/xml/saml-2.0/saml2_subject.h>
#include <lasso/xml/saml-2.0/samlp2_artifact_resolve.h>
#include <lasso/xml/saml-2.0/samlp2_authn_request.h>
#include <lasso/xml/saml-2.0/samlp2_logout_request.h>
#include <lasso/xml/saml-2.0/samlp2_logout_response.h>
#include <lasso/xml/saml-2.0/samlp2_name_id_policy.h>
#include <lasso/xml/saml-2.0/samlp2_requested_authn_context.h>
#include <lasso/xml/saml-2.0/samlp2_status.h>
#include <lasso/xml/saml-2.0/samlp2_status_code.h>

#include "message.h"

#include "status.h"
#include "times.h"

static char *
text(struct csn_str s)
{
	return g_strndup(s.p == NULL ? "" : s.p, s.n);
}

static char *
text_if(struct csn_str s)
{
	return s.n == 0 ? NULL : text(s);
}

static char *
instant(int64_t ms)
{
	char memory[32];
	struct buf b;
	char *ret;

	buf_init_fixed(&b, memory, sizeof(memory));
	times_put(&b, ms);
	ret = text(buf_str(&b));
	buf_free(&b);
	return ret;
}

static LassoSaml2NameID *
name_node(const struct name_id *n)
{
	LassoSaml2NameID *ret =
	    (LassoSaml2NameID *)lasso_saml2_name_id_new();

	ret->content = text(n->value);
	ret->Format = text_if(n->format);
	ret->NameQualifier = text_if(n->name_qualifier);
	ret->SPNameQualifier = text_if(n->sp_name_qualifier);
	return ret;
}

static LassoSaml2NameID *
issuer_node(struct csn_str entity_id)
{
	struct name_id n = { .value = entity_id };

	return name_node(&n);
}

static void
request_fill(LassoSamlp2RequestAbstract *r, const struct message *m)
{
	r->ID = text(m->id);
	r->Version = g_strdup("2.0");
	r->IssueInstant = instant(m->now_ms);
	r->Destination = text_if(m->destination);
	r->Issuer = issuer_node(m->issuer);
}

/* Takes the node. */
static int
node_write(LassoNode *node, struct buf *ret)
{
	char *xml = lasso_node_export_to_xml(node);

	g_object_unref(node);
	if (xml == NULL)
		return -1;
	buf_puts(ret, xml);
	g_free(xml);
	return buf_failed(ret) ? -1 : 0;
}

static LassoSamlp2NameIDPolicy *
policy_node(struct csn_str format)
{
	LassoSamlp2NameIDPolicy *p =
	    (LassoSamlp2NameIDPolicy *)lasso_samlp2_name_id_policy_new();

	p->Format = text(format);
	p->AllowCreate = TRUE;
	return p;
}

static LassoSamlp2RequestedAuthnContext *
context_node(const struct message_authn *a)
{
	LassoSamlp2RequestedAuthnContext *c =
	    (LassoSamlp2RequestedAuthnContext *)
	    lasso_samlp2_requested_authn_context_new();

	for (size_t i = 0; i < a->classes.n; i++)
		c->AuthnContextClassRef = g_list_append(
		    c->AuthnContextClassRef, text(a->classes.v[i]));
	c->Comparison = g_strdup(a->comparison);
	return c;
}

static LassoSaml2Subject *
subject_node(struct csn_str name)
{
	LassoSaml2Subject *s = (LassoSaml2Subject *)lasso_saml2_subject_new();
	struct name_id n = { .value = name,
	    .format = STR(NAMEID_UNSPECIFIED) };

	s->NameID = name_node(&n);
	return s;
}

/* Scoping comes last (Core 3.4.1). It is written here because lasso makes an
 * element of ProxyCount, which is an attribute. Takes the node. */
static int
scoping_write(LassoNode *node, int64_t proxy_count, struct buf *ret)
{
	struct csn_str end = STR("</samlp:AuthnRequest>");
	struct buf b;
	int rc;

	buf_init(&b, 65536);
	rc = node_write(node, &b);
	if (rc == 0 && !str_ends(buf_str(&b), end))
		rc = -1;
	if (rc == 0) {
		buf_str_put(ret, str_of(b.p, b.n - end.n));
		buf_printf(ret, "<samlp:Scoping ProxyCount=\"%d\"/>",
		    (int)proxy_count);
		buf_str_put(ret, end);
	}
	buf_free(&b);
	return rc < 0 || buf_failed(ret) ? -1 : 0;
}

int
message_authn_request(const struct message *m, const struct message_authn *a,
    struct buf *ret)
{
	LassoSamlp2AuthnRequest *r =
	    (LassoSamlp2AuthnRequest *)lasso_samlp2_authn_request_new();

	request_fill(&r->parent, m);
	r->AssertionConsumerServiceURL = text(a->acs);
	r->ProtocolBinding = g_strdup(a->binding);
	r->ProviderName = text_if(a->provider_name);
	r->ForceAuthn = a->force;
	r->IsPassive = a->passive;
	if (a->name_id_format.n > 0)
		r->NameIDPolicy = policy_node(a->name_id_format);
	if (a->classes.n > 0)
		r->RequestedAuthnContext = context_node(a);
	if (a->subject.n > 0)
		r->Subject = subject_node(a->subject);
	if (a->proxy_count < 0)
		return node_write((LassoNode *)r, ret);
	return scoping_write((LassoNode *)r, a->proxy_count, ret);
}

int
message_logout_request(const struct message *m, const struct name_id *n,
    struct csn_str session_index, struct buf *ret)
{
	LassoSamlp2LogoutRequest *r =
	    (LassoSamlp2LogoutRequest *)lasso_samlp2_logout_request_new();

	request_fill(&r->parent, m);
	r->NotOnOrAfter = instant(m->now_ms + 300000);
	r->NameID = name_node(n);
	r->SessionIndex = text_if(session_index);
	return node_write((LassoNode *)r, ret);
}

static LassoSamlp2Status *
status_node(bool partial, bool failed)
{
	LassoSamlp2Status *s = (LassoSamlp2Status *)lasso_samlp2_status_new();
	LassoSamlp2StatusCode *sub;

	s->StatusCode =
	    (LassoSamlp2StatusCode *)lasso_samlp2_status_code_new();
	s->StatusCode->Value = g_strdup(failed ? STATUS "Requester" :
	    STATUS "Success");
	if (partial && !failed) {
		/* Core 3.7.3.2: Responder, and below it PartialLogout */
		g_free(s->StatusCode->Value);
		s->StatusCode->Value = g_strdup(STATUS "Responder");
		sub = (LassoSamlp2StatusCode *)lasso_samlp2_status_code_new();
		sub->Value = g_strdup(STATUS "PartialLogout");
		s->StatusCode->StatusCode = sub;
	}
	return s;
}

int
message_logout_response(const struct message *m, struct csn_str answered,
    bool partial, bool failed, struct buf *ret)
{
	LassoSamlp2LogoutResponse *l =
	    (LassoSamlp2LogoutResponse *)lasso_samlp2_logout_response_new();
	LassoSamlp2StatusResponse *r = &l->parent;

	r->ID = text(m->id);
	r->Version = g_strdup("2.0");
	r->IssueInstant = instant(m->now_ms);
	r->Destination = text_if(m->destination);
	r->InResponseTo = text_if(answered);
	r->Issuer = issuer_node(m->issuer);
	r->Status = status_node(partial, failed);
	return node_write((LassoNode *)l, ret);
}

int
message_artifact_resolve(const struct message *m, struct csn_str artifact,
    struct buf *ret)
{
	LassoSamlp2ArtifactResolve *r =
	    (LassoSamlp2ArtifactResolve *)lasso_samlp2_artifact_resolve_new();

	request_fill(&r->parent, m);
	r->Artifact = text(artifact);
	return node_write((LassoNode *)r, ret);
}

void
message_envelope(struct csn_str xml, struct buf *ret)
{
	buf_puts(ret, "<soap:Envelope xmlns:soap=\"" NS_SOAP "\"><soap:Body>");
	buf_str_put(ret, xml);
	buf_puts(ret, "</soap:Body></soap:Envelope>");
}
