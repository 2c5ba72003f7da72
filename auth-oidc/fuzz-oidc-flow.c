/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * fuzz-oidc-flow.c - a provider's documents, and the bytes that travel sealed
 *
 * The first byte says as what the rest is read. Whatever it is, nothing is
 * believed that was not whole: a snapshot has an authorization endpoint at a
 * configured place, a state or a keep is written again as it was.
 */
#include "lib/fuzzing.h"

#include "keep.h"
#include "metadata.h"
#include "request_claims.h"
#include "state.h"

struct csn_call { struct arena arena; };

static void *
fuzz_alloc(struct csn_call *c, size_t n)
{
	return arena_alloc(&c->arena, n);
}

static int64_t
fuzz_now(struct csn_call *c)
{
	(void)c;
	return INT64_C(1800000000000);
}

static void
fuzz_log(struct csn_call *c, uint32_t severity, struct csn_str line)
{
	(void)c;
	(void)severity;
	MUST(line.n < 512);
}

static const struct csn_host host = { .struct_size = sizeof(host),
	.alloc = fuzz_alloc, .now_ms = fuzz_now, .log = fuzz_log };

static struct csn_str algorithms[] = { STR_INIT("RS256"), STR_INIT("ES256") };
static struct csn_str origins[] = { STR_INIT("https://op.example") };

static void
instance_make(struct oidc *o)
{
	*o = (struct oidc){ .host = &host };
	o->opt.text[OPT_ISSUER] = STR("https://op.example");
	o->opt.num[OPT_DISCOVERY] = 1;
	o->opt.list[OPT_ALGORITHMS] = (struct csn_strs){ algorithms, 2 };
	o->opt.origins = (struct csn_strs){ origins, 1 };
}

/* Metadata up to the first NUL, keys behind it. */
static void
fuzz_documents(struct round *r, struct csn_str in)
{
	struct metadata_source s = { .keys_ms = 1 };
	struct csn_str place;
	struct provider *p;

	s.keyset = in;
	if (!str_cut(&s.keyset, '\0', &s.metadata) || s.keyset.p == NULL)
		return;
	(void)metadata_keys_place(r, s.metadata, &place);
	if (provider_make(r, &s, &p) < 0)
		return;
	MUST(options_origin_allowed(&r->o->opt, p->authorization));
	MUST(options_origin_allowed(&r->o->opt, p->token));
	MUST(p->keys != NULL && jwks_usable(p->keys) > 0);
	provider_drop(p);
}

static void
fuzz_state(struct round *r)
{
	struct csn_str out;
	struct state s;

	if (state_read(r, &s) == 0 && r->req->state.n > 0 &&
	    s.sent.n <= CSN_RESUME_MAX) {
		MUST(state_write(r, &s, &out) == 0);
		MUST(str_equal(out, r->req->state));
	}
}

static void
fuzz_keep(struct round *r)
{
	struct csn_str out;
	struct keep k;

	if (keep_read(r, &k) == 0 && r->req->keep.n <= CSN_STATE_MAX) {
		MUST(keep_write(r, &k, &out) == 0);
		MUST(str_equal(out, r->req->keep));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct csn_str in = str_of(data + (n > 0), n > 0 ? n - 1 : 0);
	struct csn_req req = { .state = in, .keep = in };
	struct csn_call call;
	struct oidc o;
	struct round r;

	if (n == 0)
		return 0;
	instance_make(&o);
	arena_init(&call.arena, 1u << 20);
	round_begin(&r, &o, &call, &req, NULL);
	switch (data[0]) {
	case 'd':
		fuzz_documents(&r, in);
		break;
	case 's':
		fuzz_state(&r);
		break;
	case 'k':
		fuzz_keep(&r);
		break;
	default:
		(void)request_claims_valid(in);
		break;
	}
	round_end(&r);
	arena_free(&call.arena);
	return 0;
}
