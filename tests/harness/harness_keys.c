/* SPDX-License-Identifier: Apache-2.0 */
/*
 * harness_keys.c - sign(), decrypt(), public_key() by the host's own code, and
 * http() by a function of the test's
 */
#include "host/key_ops.h"

#include "harness_int.h"

static struct key_ops *
key_of(struct csn_call *call, uint32_t val)
{
	struct harness *h = call->harness;
	struct key_ops *key;
	struct buf why;

	if (val == 0 || val > h->conf.n || h->secrets[val - 1].p == NULL)
		return NULL;
	buf_init(&why, 1024);
	key = key_ops_load(h->secrets[val - 1], &why);
	buf_free(&why);
	return key;
}

int32_t
service_sign(struct csn_call *call, uint32_t val, struct csn_str alg,
    struct csn_str data, struct csn_str *ret)
{
	struct key_ops *key = key_of(call, val);
	int32_t rc = key == NULL ? CSN_E_INVALID :
	    key_ops_sign(key, alg, data, &call->arena, ret);

	key_ops_free(key);
	return rc;
}

int32_t
service_decrypt(struct csn_call *call, uint32_t val, struct csn_str alg,
    struct csn_pairs params, struct csn_str data, struct csn_str *ret)
{
	struct key_ops *key = key_of(call, val);
	int32_t rc = key == NULL ? CSN_E_INVALID :
	    key_ops_decrypt(key, alg, params, data, &call->arena, ret);

	key_ops_free(key);
	return rc;
}

int32_t
service_public_key(struct csn_call *call, uint32_t val, struct csn_str *ret)
{
	struct key_ops *key = key_of(call, val);
	int32_t rc = key == NULL ? CSN_E_INVALID :
	    key_ops_public(key, &call->arena, ret);

	key_ops_free(key);
	return rc;
}

void
harness_http(struct harness *h, harness_http_fn *fn, void *arg)
{
	h->http = fn;
	h->http_arg = arg;
}

int32_t
service_http(struct csn_call *call, const struct csn_http_req *req,
    struct csn_http_res *res)
{
	struct harness *h = call->harness;
	struct csn_http_res got = { .struct_size = sizeof(got) };
	int32_t rc = h->http == NULL ? CSN_E_INVALID :
	    h->http(h->http_arg, req, &got);

	if (rc != CSN_OK)
		return rc;
	if (req->max_bytes > 0 && got.body.n > req->max_bytes)
		return CSN_E_LIMIT;
	res->status = got.status;
	res->body = call_copy(call, got.body);
	return arena_pairs(&call->arena, got.headers, &res->headers) < 0 ?
	    CSN_E_LIMIT : CSN_OK;
}
