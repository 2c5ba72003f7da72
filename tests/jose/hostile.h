/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostile.h - the table of hostile tokens and keys: what its files share
 *
 * Each case is one line of TAP with the reason of its refusal. A case fails if
 * the message is accepted, refused for another reason, or takes longer than a
 * bound.
 */
#ifndef COUNTERSIGN_TESTS_JOSE_HOSTILE_H
#define COUNTERSIGN_TESTS_JOSE_HOSTILE_H

#include "auth-oidc/id_token.h"
#include "auth-oidc/jarm.h"
#include "auth-oidc/jwk.h"
#include "auth-oidc/logout_token.h"
#include "auth-oidc/userinfo.h"
#include "lib/testing.h"
#include "tests/jose/maker.h"
#include "tests/jose/paper_keys.h"

#define NOW	INT64_C(1800000000)
#define ISSUER	"https://op.example"
#define CLIENT	"client1"
#define NONCE	"n-0S6_WzA2Mj"
#define CODE	"SplxlOBeZQQYbYS6WxSbIA"
#define ACCESS	"jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"
#define STATE	"af0ifjsldkj"

/* Everything that judges; hostile_reset() gives the defaults. */
struct hostile {
	struct claims_rules rules;
	struct id_token_expect expect;
	struct jws_keys keys;
	struct jwe_opener *opener;	/* NULL: none */
	struct arena arena;
};

extern struct hostile hostile;

void hostile_reset(void);
/* A set that lives until the next one: "{\"keys\":[...]}" of these members,
 * for these algorithms. */
void hostile_keys(uint32_t algs, const char *list);

/* The header and claims of a good ID token; the same with one member written
 * anew (NULL: left out). */
const char *hostile_header(void);
struct csn_str hostile_claims(const char *name, const char *value);
struct csn_str hostile_without(const char *object, const char *name,
    const char *value);
/* Signed by MAKER_RSA as RS256. */
struct csn_str hostile_token(const char *header, struct csn_str claims);

enum refusal judge_id_token(struct csn_str compact);
enum refusal judge_logout(struct csn_str compact);
enum refusal judge_jarm(struct csn_str compact);
enum refusal judge_userinfo_plain(struct csn_str body);
enum refusal judge_userinfo(struct csn_str compact);
/* Reads a set; then its first key's reason. */
enum refusal judge_keys(struct csn_str text);
enum refusal judge_key(const char *jwk);

/* One case. */
void hostile_case(const char *group, const char *name, enum refusal want,
    enum refusal got);
/* What must be accepted, so that the rest is refused for its fault. */
void hostile_good(const char *group, const char *name, enum refusal got);

void hostile_claims_table(void);
void hostile_form_table(void);
void hostile_header_table(void);
void hostile_signature_table(void);
void hostile_keys_table(void);
void hostile_jwe_table(void);
void hostile_others_table(void);

#endif
