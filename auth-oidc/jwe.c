/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * jwe.c - encrypted messages, opened with a key that stays in the host (RFC
 * 7516 5.2)
 *
 * It must never tell one failed decryption from another, by word or by work
 * left out, and never inflate anything.
 */
#include "jwe.h"

#include <openssl/evp.h>

#include "jwe_content.h"
#include "lib/secret.h"
#include "lib/text.h"

#define CONTENT_KEY_MAX	64u

struct jwe {
	enum jwe_alg alg;
	const struct jwe_enc_row *enc;
	struct csn_str kid;		/* p is NULL if there is none */
	struct csn_pair params[4];	/* epk, apu, apv, enc */
	size_t nparams;
	struct csn_str key;		/* wrapped */
	struct jwe_content content;
};

/* ------------------------------------------------------------------ */
/* the header (RFC 7516 4.1) */

static void
param_add(struct jwe *jwe, struct csn_str name, struct csn_str value)
{
	jwe->params[jwe->nparams++] = (struct csn_pair){ name, value };
}

/* apu and apv (RFC 7518 4.6.1.2, 4.6.1.3); the host decodes them. */
static enum refusal
party_read(const json_t *header, const char *name, struct arena *a,
    struct jwe *ret)
{
	struct csn_str text;

	switch (json_member_text(header, name, &text)) {
	case MEMBER_MISSING:
		return REFUSAL_NONE;
	case MEMBER_GOOD:
		if (text.n > 512)
			break;
		text = arena_str(a, text);
		if (text.p == NULL)
			return REFUSAL_MEMORY;
		param_add(ret, str_from(name), text);
		return REFUSAL_NONE;
	case MEMBER_WRONG:
		break;
	}
	return REFUSAL_JWE_PARTY;
}

/* The ephemeral key (RFC 7518 4.6.1.1) as text: the host reads it, and looks
 * whether it is on our key's curve. */
static enum refusal
epk_read(const json_t *header, struct arena *a, struct jwe *ret)
{
	const json_t *epk;
	struct csn_str text, part;
	char *made;

	if (json_member_object(header, "epk", &epk) != MEMBER_GOOD ||
	    json_object_size(epk) > 8 ||
	    json_member_text(epk, "kty", &part) != MEMBER_GOOD ||
	    json_member_text(epk, "crv", &part) != MEMBER_GOOD ||
	    json_member_text(epk, "x", &part) != MEMBER_GOOD ||
	    json_object_get(epk, "d") != NULL)
		return REFUSAL_JWE_EPK;
	made = json_dumps(epk, JSON_COMPACT);
	text = arena_str(a, str_from(made));
	free(made);
	if (made == NULL || text.p == NULL)
		return REFUSAL_MEMORY;
	param_add(ret, STR("epk"), text);
	return REFUSAL_NONE;
}

static bool
agrees(enum jwe_alg alg)
{
	return alg == JWE_ECDH_ES || alg == JWE_ECDH_ES_A128KW ||
	    alg == JWE_ECDH_ES_A192KW || alg == JWE_ECDH_ES_A256KW;
}

static enum refusal
agreement_read(const json_t *header, struct arena *a, struct jwe *ret)
{
	enum refusal r = epk_read(header, a, ret);

	if (r == REFUSAL_NONE)
		r = party_read(header, "apu", a, ret);
	if (r == REFUSAL_NONE)
		r = party_read(header, "apv", a, ret);
	if (r == REFUSAL_NONE && ret->alg == JWE_ECDH_ES)
		param_add(ret, STR("enc"), str_from(ret->enc->name));
	return r;
}

static enum refusal
algs_read(const json_t *header, const struct jwe_opener *by, struct jwe *ret)
{
	struct csn_str name;
	enum jwe_enc enc;

	switch (json_member_text(header, "alg", &name)) {
	case MEMBER_MISSING:
		return REFUSAL_ALG_MISSING;
	case MEMBER_GOOD:
		ret->alg = jwe_alg_find(name);
		break;
	case MEMBER_WRONG:
		break;
	}
	if (ret->alg == 0 || (by->algs & JWE_BIT(ret->alg)) == 0)
		return REFUSAL_JWE_ALG;
	if (json_member_text(header, "enc", &name) != MEMBER_GOOD)
		return REFUSAL_JWE_ENC;
	enc = jwe_enc_find(name);
	if (enc == 0 || (by->encs & JWE_BIT(enc)) == 0)
		return REFUSAL_JWE_ENC;
	ret->enc = jwe_enc_row(enc);
	return REFUSAL_NONE;
}

static enum refusal
kid_read(const json_t *header, struct arena *a, struct jwe *ret)
{
	struct csn_str kid;

	switch (json_member_text(header, "kid", &kid)) {
	case MEMBER_MISSING:
		return REFUSAL_NONE;
	case MEMBER_GOOD:
		if (kid.n > 256 || !text_plain(kid))
			break;
		ret->kid = arena_str(a, kid);
		return ret->kid.p != NULL ? REFUSAL_NONE : REFUSAL_MEMORY;
	case MEMBER_WRONG:
		break;
	}
	return REFUSAL_HEADER_KID;
}

static enum refusal
header_read(const json_t *header, const struct jwe_opener *by, struct arena *a,
    struct jwe *ret)
{
	enum refusal r;

	if (json_object_get(header, "crit") != NULL)
		return REFUSAL_HEADER_CRIT;
	/* RFC 8725 3.6: compression tells the length of what it hides, and a
	 * small message may inflate to a large one */
	if (json_object_get(header, "zip") != NULL)
		return REFUSAL_JWE_ZIP;
	r = algs_read(header, by, ret);
	if (r == REFUSAL_NONE)
		r = kid_read(header, a, ret);
	if (r == REFUSAL_NONE && agrees(ret->alg))
		r = agreement_read(header, a, ret);
	return r;
}

/* ------------------------------------------------------------------ */
/* the parts */

static enum refusal
parts_read(const struct csn_str part[static 5], struct arena *a,
    struct jwe *ret)
{
	struct csn_str *to[] = { &ret->key, &ret->content.iv,
		&ret->content.text, &ret->content.tag };
	bool direct = ret->alg == JWE_DIR || ret->alg == JWE_ECDH_ES;
	enum refusal r = REFUSAL_NONE;

	for (size_t i = 0; i < 4 && r == REFUSAL_NONE; i++)
		r = compact_decode(part[1 + i], a, to[i]);
	if (r != REFUSAL_NONE)
		return r;
	/* RFC 7516 5.2 (10), RFC 7518 5.2.2.2, 5.3: a vector or a tag cut
	 * short is easier to guess */
	if (ret->content.iv.n != ret->enc->iv ||
	    ret->content.tag.n != ret->enc->tag ||
	    direct != (ret->key.n == 0))
		return REFUSAL_JWE_PARTS;
	if (ret->enc->hash != NULL && (ret->content.text.n == 0 ||
	    ret->content.text.n % 16 != 0))
		return REFUSAL_JWE_PARTS;
	ret->content.aad = part[0];	/* RFC 7516 5.2 (14) */
	return REFUSAL_NONE;
}

static enum refusal
jwe_parse(struct csn_str compact, const struct jwe_opener *by,
    struct arena *a, struct jwe *ret)
{
	struct csn_str part[5], text;
	json_t *header = NULL;
	enum refusal r = compact_split(compact, part, 5);

	if (r == REFUSAL_NONE)
		r = compact_decode(part[0], a, &text);
	if (r == REFUSAL_NONE)
		r = json_text_read(text, &json_token_caps, &header);
	if (r == REFUSAL_NONE)
		r = header_read(header, by, a, ret);
	json_decref(header);
	return r == REFUSAL_NONE ? parts_read(part, a, ret) : r;
}

/* ------------------------------------------------------------------ */
/* the content key */

/* Tries the content with a key of that length; what is not that long is
 * replaced, and fails after the same work (RFC 7516 11.5). */
static bool
content_open(const struct jwe *jwe, struct csn_str key, struct arena *a,
    struct csn_str *ret)
{
	uint8_t random[CONTENT_KEY_MAX];
	bool good;

	secret_random(random, sizeof(random));
	if (key.n != jwe->enc->key)
		key = str_of(random, jwe->enc->key);
	good = jwe_content_open(jwe->enc, key, &jwe->content, a, ret) == 0;
	secret_wipe(random, sizeof(random));
	return good;
}

/* Whether its kid is to decide. */
static bool
kid_counts(const struct jwe *jwe, const struct jwe_opener *by)
{
	bool ours = !by->foreign_kids;

	for (size_t i = 0; i < by->nkeys; i++)
		ours |= str_equal(jwe->kid, by->keys[i].kid);
	return jwe->kid.p != NULL && ours;
}

static bool
key_tries(const struct jwe *jwe, const struct jwe_opener *by,
    const struct jwe_key *key)
{
	return key->kid.n == 0 || !kid_counts(jwe, by) ||
	    str_equal(jwe->kid, key->kid);
}

static enum refusal
host_open(const struct jwe *jwe, const struct jwe_opener *by, struct arena *a,
    struct csn_str *ret)
{
	struct csn_pairs params = { jwe->params, jwe->nparams };
	struct csn_str alg = str_from(jwe_alg_name(jwe->alg)), key;
	enum refusal r = REFUSAL_JWE_KID;
	bool good = false;

	for (size_t i = 0; i < by->nkeys && i < JWE_KEYS_MAX && !good; i++) {
		if (!key_tries(jwe, by, &by->keys[i]))
			continue;
		r = REFUSAL_JWE_DECRYPT;
		key = str_of(NULL, 0);
		if (by->host->decrypt(by->call, by->keys[i].val, alg, params,
		    jwe->key, &key) != CSN_OK)
			key = str_of(NULL, 0);
		good = content_open(jwe, key, a, ret);
	}
	return good ? REFUSAL_NONE : r;
}

/* OIDC Core 10.2: the first bits of a hash over the client secret. */
static enum refusal
direct_open(const struct jwe *jwe, struct csn_str secret, struct arena *a,
    struct csn_str *ret)
{
	const char *hash = jwe->enc->key <= 32 ? "SHA256" :
	    jwe->enc->key <= 48 ? "SHA384" : "SHA512";
	uint8_t key[EVP_MAX_MD_SIZE];
	size_t n = 0;
	bool good;

	if (secret.n == 0)
		return REFUSAL_SECRET_MISSING;
	/* RFC 7518 4.5 wants a key of full strength */
	if (secret.n < 32)
		return REFUSAL_SECRET_LENGTH;
	if (EVP_Q_digest(NULL, hash, NULL, secret.p, secret.n, key, &n) != 1)
		return REFUSAL_MEMORY;
	good = content_open(jwe, str_of(key, jwe->enc->key), a, ret);
	secret_wipe(key, sizeof(key));
	return good ? REFUSAL_NONE : REFUSAL_JWE_DECRYPT;
}

bool
jwe_looks(struct csn_str compact)
{
	return compact_parts(compact, 6) == 5;
}

enum refusal
jwe_open(struct csn_str compact, const struct jwe_opener *by,
    struct arena *a, struct csn_str *ret)
{
	struct jwe jwe = { 0 };
	enum refusal r = jwe_parse(compact, by, a, &jwe);

	if (r != REFUSAL_NONE)
		return r;
	return jwe.alg == JWE_DIR ? direct_open(&jwe, by->secret, a, ret) :
	    host_open(&jwe, by, a, ret);
}
