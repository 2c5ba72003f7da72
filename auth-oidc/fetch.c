/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * fetch.c - requests to the provider, by host->http()
 *
 * The host sends to configured origins only, verifies TLS, follows nothing,
 * and ends with the call. It must never put a token into an address.
 */
#include "fetch.h"

void
fetch_header(struct fetch *f, const char *name, struct csn_str value)
{
	if (f->nheaders < sizeof(f->headers) / sizeof(f->headers[0]))
		f->headers[f->nheaders++] = (struct csn_pair){
		    str_from(name), value };
}

int32_t
fetch_send(const struct round *r, const struct fetch *f, struct fetched *ret)
{
	struct csn_pair headers[5];
	struct csn_http_req q = { .struct_size = sizeof(q),
	    .max_bytes = (uint32_t)f->max_bytes, .url = f->url,
	    .method = f->body.n > 0 ? STR("POST") : STR("GET"),
	    .body = f->body };
	struct csn_http_res res = { .struct_size = sizeof(res) };
	int32_t rc;

	headers[0] = (struct csn_pair){ STR("Accept"), str_from(f->accept) };
	q.headers = (struct csn_pairs){ headers, 1 };
	if (f->body.n > 0)
		headers[q.headers.n++] = (struct csn_pair){
		    STR("Content-Type"),
		    STR("application/x-www-form-urlencoded") };
	for (size_t i = 0; i < f->nheaders; i++)
		headers[q.headers.n++] = f->headers[i];
	if (f->certificate) {
		q.tls_cert = r->o->opt.val[OPT_CLIENT_CERT];
		q.tls_key = r->o->opt.val[OPT_CLIENT_KEY];
	}
	rc = r->o->host->http(r->call, &q, &res);
	if (rc != CSN_OK)
		return rc;
	*ret = (struct fetched){ .status = res.status, .body = res.body,
	    .headers = res.headers };
	ret->type = pairs_get(res.headers, STR("content-type"));
	str_cut(&(struct csn_str){ ret->type.p, ret->type.n }, ';',
	    &ret->type);
	ret->type = str_trim(ret->type);
	return CSN_OK;
}

bool
fetched_is(const struct fetched *f, uint32_t status, const char *type)
{
	return f->status == status && str_equal_fold(f->type,
	    str_from(type));
}
