/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-jose-hostile.c - the table of hostile tokens, keys and answers
 *
 * Each row says what is wrong and by which word it is refused. Beside the
 * reason a row asserts its cost: the time of one judgement is bounded, and its
 * memory is the arena's budget.
 */
#include <stdio.h>
#include <time.h>

#include "tests/jose/hostile.h"

#ifdef CSN_SANITIZED
#define MOST_MS	2000
#else
#define MOST_MS	100
#endif

struct hostile hostile;

static struct jwks *keys;
static unsigned ncases, nhostile, nfailed;
static int64_t last_us, longest_us;
static char longest_name[160];

static int64_t
cpu_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void
hostile_keys(uint32_t algs, const char *list)
{
	jwks_unref(keys);
	keys = NULL;
	if (jwks_read(maker_printf("{\"keys\":[%s]}", list), algs, &keys) !=
	    REFUSAL_NONE) {
		printf("Bail out! a set for the table is not read\n");
		exit(1);
	}
	hostile.keys.jwks = keys;
	hostile.keys.algs = algs;
}

void
hostile_reset(void)
{
	static const struct csn_str acr[] = { STR_INIT("loa2") };
	static const struct csn_str trusted[] = { STR_INIT("trusted1") };

	arena_free(&hostile.arena);
	memset(&hostile, 0, sizeof(hostile));
	arena_init(&hostile.arena, TOKEN_ARENA);
	hostile.rules = (struct claims_rules){ STR(ISSUER), STR(CLIENT),
		{ trusted, 1 }, CLAIMS_SKEW_S, CLAIMS_AGE_S, NOW * 1000 };
	hostile.expect = (struct id_token_expect){
		.nonce = STR(NONCE),
		.access_token = { STR(ACCESS), true },
		.code = { STR(CODE), true },
		.state = { STR(STATE), true },
		.max_age_s = 300,
		.acr = { acr, 1 },
	};
	hostile_keys(JWS_BIT(JWS_RS256), maker_jwk(MAKER_RSA,
	    "\"kid\":\"k1\",\"use\":\"sig\",\"alg\":\"RS256\"").p);
}

const char *
hostile_header(void)
{
	return "{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":\"JWT\"}";
}

struct csn_str
hostile_without(const char *object, const char *name, const char *value)
{
	json_t *all = json_loads(object, 0, NULL), *v;
	struct csn_str text;
	char *made;

	if (name != NULL && value == NULL)
		(void)json_object_del(all, name);
	else if (name != NULL) {
		v = json_loads(value, JSON_DECODE_ANY, NULL);
		/* what is no JSON of one value is put in as it is */
		if (v == NULL) {
			(void)json_object_del(all, name);
			made = json_dumps(all, JSON_COMPACT);
			text = maker_printf("{\"%s\":%s,%s", name, value,
			    made + 1);
			free(made);
			json_decref(all);
			return text;
		}
		(void)json_object_set_new(all, name, v);
	}
	made = json_dumps(all, JSON_COMPACT);
	text = maker_printf("%s", made);
	free(made);
	json_decref(all);
	return text;
}

/* The hashes are computed beforehand, by hand and openssl: the left half of
 * SHA-256 of ACCESS, CODE and STATE. */
static struct csn_str
half(const char *of)
{
	unsigned char md[32];
	size_t n = 0;

	if (EVP_Q_digest(NULL, "SHA256", NULL, of, strlen(of), md, &n) != 1)
		exit(1);
	return maker_b64(str_of(md, 16));
}

struct csn_str
hostile_claims(const char *name, const char *value)
{
	struct csn_str all = maker_printf("{\"iss\":\"" ISSUER "\","
	    "\"sub\":\"alice-1\",\"aud\":\"" CLIENT "\",\"exp\":%lld,"
	    "\"iat\":%lld,\"nbf\":%lld,\"nonce\":\"" NONCE "\","
	    "\"auth_time\":%lld,\"acr\":\"loa2\",\"amr\":[\"pwd\"],"
	    "\"azp\":\"" CLIENT "\",\"sid\":\"s-1\",\"at_hash\":\"%s\","
	    "\"c_hash\":\"%s\",\"s_hash\":\"%s\"}", (long long)NOW + 300,
	    (long long)NOW, (long long)NOW, (long long)NOW - 10,
	    half(ACCESS).p, half(CODE).p, half(STATE).p);

	return hostile_without(all.p, name, value);
}

struct csn_str
hostile_token(const char *header, struct csn_str claims)
{
	return maker_jws(header, claims, "RS256", MAKER_RSA);
}

/* ------------------------------------------------------------------ */
/* judges */

static enum refusal
token_opened(struct csn_str compact, struct token *t)
{
	enum refusal r = token_read(compact, hostile.opener, &hostile.arena,
	    t);

	return r == REFUSAL_NONE ? token_verify(t, &hostile.keys) : r;
}

/* Exactly its own memory, so that one byte too far is seen. */
static struct csn_str
exact(struct csn_str s)
{
	char *p = malloc(s.n > 0 ? s.n : 1);

	if (p == NULL)
		exit(1);
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return str_of(p, s.n);
}

static void
drop(struct csn_str s)
{
	free((void *)(uintptr_t)s.p);
}

enum refusal
judge_id_token(struct csn_str compact)
{
	struct csn_str copy = exact(compact);
	struct id_token id = { .exp = -7 };
	int64_t start = cpu_us();
	struct token t;
	enum refusal r = token_opened(copy, &t);

	if (r == REFUSAL_NONE)
		r = id_token_check(&t, &hostile.rules, &hostile.expect,
		    &hostile.arena, &id);
	else if (id_token_check(&t, &hostile.rules, &hostile.expect,
	    &hostile.arena, &id) != REFUSAL_TOKEN_UNVERIFIED)
		r = REFUSAL_UNKNOWN;	/* it must not be had this way */
	last_us = cpu_us() - start;
	if (r != REFUSAL_NONE && id.exp != -7)
		r = REFUSAL_UNKNOWN;	/* nothing half done */
	token_free(&t);
	drop(copy);
	return r;
}

enum refusal
judge_logout(struct csn_str compact)
{
	struct csn_str copy = exact(compact);
	struct logout_token out;
	int64_t start = cpu_us();
	struct token t;
	enum refusal r = token_opened(copy, &t);

	if (r == REFUSAL_NONE)
		r = logout_token_check(&t, &hostile.rules, &hostile.arena,
		    &out);
	last_us = cpu_us() - start;
	/* what is refused by shape costs no key */
	if (t.claims != NULL && t.verified == REFUSAL_NONE &&
	    r != logout_token_shape(&t, &hostile.rules, &hostile.arena))
		r = REFUSAL_UNKNOWN;
	token_free(&t);
	drop(copy);
	return r;
}

enum refusal
judge_jarm(struct csn_str compact)
{
	struct csn_str copy = exact(compact);
	int64_t start = cpu_us();
	struct csn_pairs params;
	struct token t;
	enum refusal r = token_opened(copy, &t);

	if (r == REFUSAL_NONE)
		r = jarm_check(&t, &hostile.rules, &hostile.arena, &params);
	last_us = cpu_us() - start;
	token_free(&t);
	drop(copy);
	return r;
}

enum refusal
judge_userinfo_plain(struct csn_str body)
{
	struct csn_str copy = exact(body);
	int64_t start = cpu_us();
	json_t *claims = NULL;
	enum refusal r = userinfo_plain(copy, STR("alice-1"), &claims);

	last_us = cpu_us() - start;
	json_decref(claims);
	drop(copy);
	return r;
}

enum refusal
judge_userinfo(struct csn_str compact)
{
	struct csn_str copy = exact(compact);
	int64_t start = cpu_us();
	const json_t *claims;
	struct token t;
	enum refusal r = token_opened(copy, &t);

	if (r == REFUSAL_NONE)
		r = userinfo_token(&t, &hostile.rules, STR("alice-1"),
		    &hostile.arena, &claims);
	last_us = cpu_us() - start;
	token_free(&t);
	drop(copy);
	return r;
}

enum refusal
judge_keys(struct csn_str text)
{
	struct csn_str copy = exact(text), kid;
	int64_t start = cpu_us();
	struct jwks *set = NULL;
	enum refusal r = jwks_read(copy, hostile.keys.algs, &set);

	last_us = cpu_us() - start;
	if (r == REFUSAL_NONE)
		r = jwks_key(set, 0, &kid);
	if (r != REFUSAL_NONE && set != NULL && jwks_usable(set) != 0)
		r = REFUSAL_UNKNOWN;
	jwks_unref(set);
	drop(copy);
	return r;
}

enum refusal
judge_key(const char *jwk)
{
	return judge_keys(maker_printf("{\"keys\":[%s]}", jwk));
}

/* ------------------------------------------------------------------ */
/* the lines */

static void
line(const char *group, const char *name, enum refusal want, enum refusal got)
{
	bool slow = last_us > MOST_MS * 1000;
	bool good = got == want && !slow;

	printf("%sok %u - %s: %s: %s\n", good ? "" : "not ", ++ncases, group,
	    name, refusal_word(got));
	if (got != want)
		printf("# the reason is to be %s\n", refusal_word(want));
	if (slow)
		printf("# it took %lld us\n", (long long)last_us);
	nfailed += !good;
	if (last_us > longest_us) {
		longest_us = last_us;
		(void)snprintf(longest_name, sizeof(longest_name), "%s: %s",
		    group, name);
	}
	last_us = 0;
	maker_clear();
	arena_free(&hostile.arena);
}

void
hostile_case(const char *group, const char *name, enum refusal want,
    enum refusal got)
{
	nhostile++;
	line(group, name, want, got);
}

void
hostile_good(const char *group, const char *name, enum refusal got)
{
	line(group, name, REFUSAL_NONE, got);
}

int
main(void)
{
	static void (*const tables[])(void) = { hostile_claims_table,
		hostile_form_table, hostile_header_table,
		hostile_signature_table, hostile_keys_table,
		hostile_jwe_table, hostile_others_table };

	for (size_t i = 0; i < COUNT(tables); i++) {
		hostile_reset();
		tables[i]();
	}
	printf("# %u hostile cases, %u failed; the longest took %lld us (%s)\n",
	    nhostile, nfailed, (long long)longest_us, longest_name);
	printf("1..%u\n", ncases);
	jwks_unref(keys);
	arena_free(&hostile.arena);
	paper_keys_clear();
	maker_end();
	return nfailed != 0;
}
