/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay.c - a factor that sends the browser away, for tests of the host
 *
 * It speaks no standard: its provider is a script of tests/e2e, which says in
 * lines who somebody is. What the host owes a plugin that redirects is driven
 * with it: rounds that come back by GET and POST, answers that nobody asked
 * for, waiting, logout both ways, renewal, refresh. It proves nothing and must
 * never be installed.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <countersign/plugin.h>

enum option { PROVIDER, CA, CERT, KEY, POST, ANY, WAITS, UNSOLICITED, ELSE,
	TARGETS };
enum endpoint { CALLBACK, ACS, SLO, FRONT, BACK, START, ARTIFACT, METADATA };

struct relay {
	const struct csn_host *host;
	char provider[256], base[256], elsewhere[256];
	uint32_t cert, key;
	int64_t post, any, waits;
};

#define OPT(nm, ty, ...) { .name = nm, .type = CSN_T_##ty, \
	.help = "For tests.", __VA_ARGS__ }
static const struct csn_opt opts[] = {
	[PROVIDER] = OPT("provider", HTTPS_URL, .flags = CSN_O_REQUIRED),
	[CA] = OPT("ca", FILE, .max = 65536),
	[CERT] = OPT("client_certificate", FILE, .max = 65536),
	[KEY] = OPT("client_key", SECRET, .flags = 0),
	[POST] = OPT("post", BOOL, .fallback = "false"),
	[ANY] = OPT("anywhere", BOOL, .fallback = "false"),
	[WAITS] = OPT("waits", BOOL, .fallback = "false"),
	[UNSOLICITED] = OPT("unsolicited", BOOL, .fallback = "false"),
	[ELSE] = OPT("elsewhere", STRING, .max = 200),
	[TARGETS] = OPT("unsolicited_targets", STRING, .max = 200,
	    .flags = CSN_O_REPEAT),
};

static const struct csn_endpoint endpoints[] = {
	[CALLBACK] = { "callback", "state", CSN_EP_GET | CSN_EP_POST, 4096 },
	[ACS] = { "acs", "RelayState", CSN_EP_POST | CSN_EP_CROSS_SITE,
	    65536 },
	[SLO] = { "slo", "RelayState", CSN_EP_GET | CSN_EP_POST |
	    CSN_EP_CROSS_SITE | CSN_EP_LOGOUT, 65536 },
	[FRONT] = { "front", NULL, CSN_EP_GET | CSN_EP_FRAMED, 0 },
	[BACK] = { "back", NULL, CSN_EP_POST | CSN_EP_BACK_CHANNEL, 4096 },
	[START] = { "start", NULL, CSN_EP_GET, 0 },
	[ARTIFACT] = { "artifact", NULL, CSN_EP_GET, 0 },
	[METADATA] = { "metadata", NULL, CSN_EP_GET, 0 },
};

/* ------------------------------------------------------------------ */
/* texts in the call's memory */

static struct csn_str
text(const char *s)
{
	return (struct csn_str){ s, strlen(s) };
}

__attribute__((format(printf, 3, 4))) static struct csn_str
print(const struct relay *r, struct csn_call *c, const char *fmt, ...)
{
	va_list ap;
	char *p = r->host->alloc(c, 2048);

	if (p == NULL)
		return text("");
	va_start(ap, fmt);
	vsnprintf(p, 2048, fmt, ap);
	va_end(ap);
	return text(p);
}

static struct csn_str
param(const struct csn_req *q, const char *name)
{
	for (size_t i = 0; i < q->params.n; i++)
		if (q->params.v[i].name.n == strlen(name) &&
		    memcmp(q->params.v[i].name.p, name, strlen(name)) == 0)
			return q->params.v[i].value;
	return text("");
}

static int
is(struct csn_str s, const char *want)
{
	return s.n == strlen(want) && memcmp(s.p, want, s.n) == 0;
}

/* ------------------------------------------------------------------ */
/* the provider */

/* POSTs a body; the answer's lines, each ended by a NUL. Its status, or 0. */
static uint32_t
ask(const struct relay *r, struct csn_call *c, const char *path,
    struct csn_str body, const char *lines[4])
{
	struct csn_http_req q = { .struct_size = sizeof(q),
	    .method = text("POST"), .max_bytes = 4096, .body = body,
	    .tls_cert = r->cert, .tls_key = r->key };
	struct csn_http_res a = { .struct_size = sizeof(a) };
	char *p, *end;

	q.url = print(r, c, "%s%s", r->provider, path);
	if (r->host->http(c, &q, &a) != CSN_OK)
		return 0;
	p = r->host->alloc(c, a.body.n + 1);
	if (p == NULL)
		return 0;
	memcpy(p, a.body.p, a.body.n);
	p[a.body.n] = '\0';
	for (size_t i = 0; i < 4; i++) {
		lines[i] = p;
		end = strchr(p, '\n');
		if (end != NULL)
			*end = '\0';
		p = end == NULL ? p + strlen(p) : end + 1;
	}
	return a.status;
}

/* Lines: the name, the groups ("-": unknown), the session's name there, what
 * to keep ("-": nothing). */
static void
person_take(const struct relay *r, struct csn_call *c,
    const char *const lines[4], struct csn_reply *reply)
{
	struct csn_str *one = r->host->alloc(c, 2 * sizeof(*one));

	if (one == NULL)
		return;
	reply->subject = text(lines[0]);
	reply->subject_id = print(r, c, "id-%s", lines[0]);
	if (strcmp(lines[1], "-") != 0) {
		reply->flags |= CSN_RP_GROUPS;
		one[0] = text(lines[1]);
		reply->groups = (struct csn_strs){ one, one[0].n > 0 };
	}
	one[1] = text(lines[2]);
	reply->session_keys = (struct csn_strs){ one + 1, one[1].n > 0 };
	if (strcmp(lines[3], "-") != 0) {
		reply->keep = text(lines[3]);
		reply->flags |= CSN_RP_RENEW;
	}
}

static uint32_t
proved(const struct relay *r, struct csn_call *c, const struct csn_req *q,
    struct csn_reply *reply)
{
	struct csn_str code = param(q, q->endpoint == ACS ? "SAMLResponse" :
	    "code");
	struct csn_str raw = is(q->method, "POST") ? q->body : q->raw_query;
	const char *lines[4];

	/* what a signature would be over must be there as well */
	if (code.n == 0 || raw.n < code.n) {
		reply->reason = CSN_R_PROTOCOL;
		return CSN_DENY;
	}
	switch (ask(r, c, "/token", code, lines)) {
	case 200:
		break;
	case 400:
		reply->reason = CSN_R_CREDENTIAL;
		return CSN_DENY;
	default:
		return CSN_ERROR;
	}
	person_take(r, c, lines, reply);
	reply->exchange = q->exchange;
	reply->auth_time_ms = r->host->now_ms(c);
	return CSN_GRANT;
}

static uint32_t
begin(const struct relay *r, struct csn_call *c, const struct csn_req *q,
    struct csn_reply *reply)
{
	if (r->waits && q->event == CSN_EV_BEGIN) {
		reply->action = CSN_A_WAIT;
		reply->wait_ms = 1000;
		reply->message = text("Please wait");
		return CSN_CONTINUE;
	}
	reply->state = text("asked");
	reply->url = print(r, c, "%s/authorize?state=%.*s&hint=%.*s",
	    r->elsewhere[0] != '\0' ? r->elsewhere : r->provider,
	    (int)q->resume.n, q->resume.p, (int)q->hint.n, q->hint.p);
	reply->action = CSN_A_REDIRECT;
	if (r->any)
		return CSN_CONTINUE;
	reply->back_at = r->post ? ACS + 1 : CALLBACK + 1;
	reply->back_by = r->post ? CSN_EP_POST : CSN_EP_GET;
	return CSN_CONTINUE;
}

static uint32_t
step(const void *inst, struct csn_call *c, const struct csn_req *q,
    struct csn_reply *reply)
{
	const struct relay *r = inst;

	switch (q->event) {
	case CSN_EV_BEGIN:
	case CSN_EV_WAKE:
		return begin(r, c, q, reply);
	case CSN_EV_CALLBACK:
		return is(q->state, "asked") ? proved(r, c, q, reply) :
		    CSN_ERROR;
	case CSN_EV_UNSOLICITED:
		return proved(r, c, q, reply);
	default:
		return CSN_ERROR;
	}
}

/* ------------------------------------------------------------------ */

static void
end_one(const struct relay *r, struct csn_call *c, struct csn_str key,
    struct csn_reply *reply)
{
	struct csn_str *one = r->host->alloc(c, sizeof(*one));

	if (one == NULL)
		return;
	*one = key;
	reply->end_sessions = (struct csn_strs){ one, key.n > 0 };
}

static uint32_t
body(struct csn_reply *reply, const char *words)
{
	reply->action = CSN_A_BODY;
	reply->content_type = text("text/plain");
	reply->body = text(words);
	return CSN_DONE;
}

/* The provider's word, or a browser that comes back with none of ours. */
static uint32_t
slo(const struct relay *r, struct csn_call *c, const struct csn_req *q,
    struct csn_reply *reply)
{
	struct csn_str request = param(q, "request");

	if (request.n == 0)
		return CSN_DONE;
	if (is(request, "forged"))
		return CSN_DENY;
	end_one(r, c, request, reply);
	reply->action = CSN_A_REDIRECT;
	reply->url = print(r, c, "%s/slo-done", r->provider);
	return CSN_CONTINUE;
}

static uint32_t
serve_endpoint(const struct relay *r, struct csn_call *c,
    const struct csn_req *q, struct csn_reply *reply)
{
	switch (q->endpoint) {
	case SLO:
		return slo(r, c, q, reply);
	case FRONT:
	case BACK:
		if (param(q, "sid").n == 0) {
			body(reply, "no sid");
			return CSN_DENY;
		}
		end_one(r, c, param(q, "sid"), reply);
		return body(reply, "ended");
	case START:
		reply->action = CSN_A_LOGIN;
		reply->url = param(q, "target");
		reply->hint = param(q, "who");
		return CSN_CONTINUE;
	case ARTIFACT:
		reply->action = CSN_A_RESUME;
		reply->resume = param(q, "for");
		return CSN_CONTINUE;
	case METADATA:
		return body(reply, "metadata");
	default:
		return CSN_ERROR;
	}
}

static uint32_t
leave(const struct relay *r, struct csn_call *c, const struct csn_req *q,
    struct csn_reply *reply)
{
	if (is(q->state, "out"))
		return is(param(q, "status"), "ok") ? CSN_DONE : CSN_DENY;
	reply->action = CSN_A_REDIRECT;
	reply->state = text("out");
	reply->back_at = SLO + 1;
	reply->url = print(r, c, "%s/logout?RelayState=%.*s&keep=%.*s",
	    r->provider, (int)q->resume.n, q->resume.p, (int)q->keep.n,
	    q->keep.p);
	return CSN_CONTINUE;
}

static uint32_t
renew(const struct relay *r, struct csn_call *c, const struct csn_req *q,
    struct csn_reply *reply)
{
	const char *lines[4];

	switch (ask(r, c, "/renew", q->keep, lines)) {
	case 200:
		person_take(r, c, lines, reply);
		return CSN_DONE;
	case 403:
		return CSN_DENY;
	default:
		return CSN_ERROR;
	}
}

static uint32_t
serve(const void *inst, struct csn_call *c, const struct csn_req *q,
    struct csn_reply *reply)
{
	switch (q->event) {
	case CSN_EV_ENDPOINT:
		return serve_endpoint(inst, c, q, reply);
	case CSN_EV_LOGOUT:
		return leave(inst, c, q, reply);
	case CSN_EV_RENEW:
		return renew(inst, c, q, reply);
	default:
		return CSN_ERROR;
	}
}

static int32_t
refresh(const void *inst, struct csn_call *c, uint32_t *ret_next_s)
{
	const struct relay *r = inst;
	const char *lines[4];

	*ret_next_s = 3600;
	return ask(r, c, "/refresh", text("x"), lines) == 200 ? CSN_OK :
	    CSN_E_BACKEND;
}

static int32_t
selftest(const void *inst, struct csn_call *c, uint32_t live)
{
	(void)inst;
	(void)c;
	(void)live;
	return CSN_OK;
}

static void
close_(void *inst)
{
	free(inst);
}

static void
copy(char *to, struct csn_str from)
{
	snprintf(to, 256, "%.*s", (int)from.n, from.p);
}

static int32_t
open_(const struct csn_host *host, struct csn_call *c,
    const struct csn_conf *conf, void **ret)
{
	struct relay *r = calloc(1, sizeof(*r));

	(void)c;
	if (r == NULL)
		return CSN_E_LIMIT;
	r->host = host;
	copy(r->base, conf->base_url);
	for (uint32_t i = 0; i < conf->n; i++) {
		const struct csn_val *v = &conf->v[i];

		switch (v->opt) {
		case PROVIDER:
			copy(r->provider, v->text);
			break;
		case ELSE:
			copy(r->elsewhere, v->text);
			break;
		case CERT:
			r->cert = i + 1;
			break;
		case KEY:
			r->key = i + 1;
			break;
		case POST:
			r->post = v->num;
			break;
		case ANY:
			r->any = v->num;
			break;
		case WAITS:
			r->waits = v->num;
			break;
		default:
			break;
		}
	}
	*ret = r;
	return CSN_OK;
}

const struct csn_plugin countersign_plugin_1 = {
	.struct_size = sizeof(struct csn_plugin),
	.caps = CSN_CAP_IDENTITY | CSN_CAP_NETWORK | CSN_CAP_UNSOLICITED,
	.opt_size = sizeof(struct csn_opt),
	.endpoint_size = sizeof(struct csn_endpoint),
	.name = "relay", .version = "1", .summary = "Redirects, for tests.",
	.opts = opts, .nopts = sizeof(opts) / sizeof(opts[0]),
	.endpoints = endpoints,
	.nendpoints = sizeof(endpoints) / sizeof(endpoints[0]),
	.open = open_, .close = close_, .step = step, .serve = serve,
	.refresh = refresh, .selftest = selftest,
};
