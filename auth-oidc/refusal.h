/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * refusal.h - why a message from outside is refused, one word for each reason
 *
 * The words go into the audit log and are stable: what somebody searches for
 * there must not change its meaning. A sentence for people stands beside each.
 * Neither ever holds a byte of the message.
 */
#ifndef AUTH_OIDC_REFUSAL_H
#define AUTH_OIDC_REFUSAL_H

/* X(NAME, "word", "what is wrong") for each reason. */
#define REFUSAL_LIST(X)							\
	X(MEMORY, "memory", "no memory for it was left")		\
	X(TOKEN_MISSING, "token-missing", "the token is empty")		\
	X(TOKEN_LENGTH, "token-length", "the token is over 16 KiB")	\
	X(TOKEN_PARTS, "token-parts",					\
	    "the token has not the 3 or 5 parts of its compact form")	\
	X(TOKEN_BASE64, "token-base64",					\
	    "a part of the token is not strict base64url")		\
	X(TOKEN_UNVERIFIED, "token-unverified",				\
	    "its signature has not been checked")			\
	X(TOKEN_TYPE, "token-type",					\
	    "typ says that it is another kind of token")		\
	X(JSON_LENGTH, "json-length", "the JSON is too long")		\
	X(JSON_SYNTAX, "json-syntax", "the JSON is malformed")		\
	X(JSON_UTF8, "json-utf8", "the JSON is not UTF-8")		\
	X(JSON_NUL, "json-nul", "the JSON holds a NUL")			\
	X(JSON_DUPLICATE, "json-duplicate",				\
	    "the JSON names a member twice")				\
	X(JSON_DEPTH, "json-depth", "the JSON is nested too deep")	\
	X(JSON_VALUES, "json-values", "the JSON has too many values")	\
	X(JSON_NUMBER, "json-number", "a number in the JSON is too large") \
	X(JSON_OBJECT, "json-object", "the JSON is not one object")	\
	X(JSON_TRAILING, "json-trailing",				\
	    "something follows the JSON object")			\
	X(ALG_MISSING, "alg-missing", "the header names no algorithm")	\
	X(ALG_NONE, "alg-none", "the token is not signed")		\
	X(ALG_UNKNOWN, "alg-unknown",					\
	    "the header names an algorithm that nobody knows")		\
	X(ALG_OTHER, "alg-other",					\
	    "the algorithm is not one that this client is pinned to")	\
	X(HEADER_CRIT, "header-crit",					\
	    "the header has a critical extension")			\
	X(HEADER_B64, "header-b64", "the header has the member b64")	\
	X(HEADER_KID, "header-kid", "kid is not a short text")		\
	X(HEADER_CTY, "header-cty", "cty is wrong here")		\
	X(KID_UNKNOWN, "kid-unknown", "no key of the provider has its kid") \
	X(KID_AMBIGUOUS, "kid-ambiguous",				\
	    "several keys of the provider have the same kid")		\
	X(KEY_MISSING, "key-missing",					\
	    "the provider has no key for the algorithm")		\
	X(KEY_TYPE, "key-type", "the key is not one for the algorithm")	\
	X(KEY_USE, "key-use", "the key is not for signatures")		\
	X(KEY_OPS, "key-ops", "the key is not for checking signatures")	\
	X(KEY_ALG, "key-alg", "the key is for another algorithm")	\
	X(KEY_SIZE, "key-size", "the RSA key is not of 2048 to 8192 bits") \
	X(KEY_EXPONENT, "key-exponent",					\
	    "the RSA key's exponent is even, too small or too large")	\
	X(KEY_CURVE, "key-curve", "the key is on a curve we do not use") \
	X(KEY_POINT, "key-point", "the key is not a point of its curve") \
	X(KEY_MALFORMED, "key-malformed", "a member of the key is malformed") \
	X(KEY_PRIVATE, "key-private", "the provider publishes a private key") \
	X(KEY_SYMMETRIC, "key-symmetric",				\
	    "the provider publishes a symmetric key")			\
	X(KEYS_MISSING, "keys-missing", "there is no list of keys")	\
	X(KEYS_MANY, "keys-many", "there are over 100 keys")		\
	X(SECRET_MISSING, "secret-missing", "there is no client secret") \
	X(SECRET_LENGTH, "secret-length",				\
	    "the client secret is shorter than the algorithm's hash")	\
	X(SIGNATURE_LENGTH, "signature-length",				\
	    "the signature has not the algorithm's length")		\
	X(SIGNATURE, "signature", "the signature is wrong")		\
	X(JWE_UNEXPECTED, "jwe-unexpected",				\
	    "it is encrypted, which is not configured")			\
	X(JWE_REQUIRED, "jwe-required", "it is not encrypted")		\
	X(JWE_ALG, "jwe-alg", "its key is wrapped in a way not allowed") \
	X(JWE_ENC, "jwe-enc", "it is encrypted in a way not allowed")	\
	X(JWE_ZIP, "jwe-zip", "it is compressed")			\
	X(JWE_EPK, "jwe-epk", "its ephemeral key is missing or malformed") \
	X(JWE_PARTY, "jwe-party", "apu or apv is malformed")		\
	X(JWE_PARTS, "jwe-parts",					\
	    "its key, vector or tag has not the right length")		\
	X(JWE_KID, "jwe-kid", "it is encrypted to a key that is not ours") \
	X(JWE_DECRYPT, "jwe-decrypt", "it does not decrypt")		\
	X(JWE_NESTED, "jwe-nested", "inside it is not a signed token")	\
	X(SUB_OR_SID, "sub-or-sid", "neither sub nor sid is there")	\
	X(SUB_MALFORMED, "sub-malformed",				\
	    "sub is not a name of 1 to 255 bytes")			\
	X(AUD_OTHERS, "aud-others",					\
	    "it is also for an audience that is not trusted")		\
	X(EXP_FAR, "exp-far", "exp is too far ahead")			\
	X(EXP_BEFORE, "exp-before", "exp is before iat")		\
	X(IAT_OLD, "iat-old", "iat is too long ago")			\
	X(AUTH_TIME_AHEAD, "auth-time-ahead", "auth_time is in the future") \
	X(NONCE_PRESENT, "nonce-present",				\
	    "it has a nonce, as only an ID token may")			\
	X(CLAIM_SOURCE, "claim-source",					\
	    "a claim names a source that is missing or malformed")	\
	REFUSAL_CLAIMS(REFUSAL_THREE_OF, X)

/* Each claim has three: missing, of the wrong type, and wrong. */
#define REFUSAL_CLAIMS(C, X)						\
	C(X, ISS, "iss") C(X, SUB, "sub") C(X, AUD, "aud")		\
	C(X, AZP, "azp") C(X, EXP, "exp") C(X, IAT, "iat")		\
	C(X, NBF, "nbf") C(X, NONCE, "nonce") C(X, AT_HASH, "at-hash")	\
	C(X, C_HASH, "c-hash") C(X, S_HASH, "s-hash") C(X, ACR, "acr")	\
	C(X, AMR, "amr") C(X, AUTH_TIME, "auth-time") C(X, SID, "sid")	\
	C(X, JTI, "jti") C(X, EVENTS, "events")

#define REFUSAL_THREE_OF(X, NAME, word)					\
	X(NAME##_MISSING, word "-missing", "the claim is missing")	\
	X(NAME##_TYPE, word "-type", "the claim has the wrong type")	\
	X(NAME##_WRONG, word "-wrong", "the claim has the wrong value")

#define REFUSAL_ENUM(NAME, word, sentence) REFUSAL_##NAME,

/* Zero is no answer, and never "good". */
enum refusal {
	REFUSAL_UNKNOWN = 0,
	REFUSAL_LIST(REFUSAL_ENUM)
	REFUSAL_COUNT,
	REFUSAL_NONE = 0x35a6	/* not refused */
};

/* For the audit log: "iss-wrong". "unknown" for what is none of them. */
const char *refusal_word(enum refusal);
/* For people: "the claim has the wrong value". */
const char *refusal_sentence(enum refusal);

#endif
