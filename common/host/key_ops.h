/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_ops.h - private keys that stay in the host: sign, decrypt, public half
 *
 * Algorithms have their JOSE names (RFC 7518, RFC 8037) and are bound to the
 * key: its type, curve and size decide which are possible, never a message.
 * It must never give a key away, nor say why a decryption failed.
 */
#ifndef COUNTERSIGN_HOST_KEY_OPS_H
#define COUNTERSIGN_HOST_KEY_OPS_H

#include "lib/arena.h"
#include "lib/buf.h"

#define KEY_OPS_DATA_MAX (1u << 20)	/* bytes to sign or decrypt */

struct key_ops;				/* any thread, once loaded */

/*
 * Reads a secret: one private key as PEM (PKCS#8, PKCS#1 or SEC1, unencrypted;
 * other PEM blocks beside it are passed over), or, if there is no "-----BEGIN"
 * in it, a symmetric secret of 1 to 512 bytes. RSA of 2048 to 8192 bits,
 * P-256, P-384, P-521, Ed25519. The bytes are copied and wiped when freed.
 * NULL with a sentence that says what is wrong and what to do. Never holds key
 * bytes.
 */
struct key_ops *key_ops_load(struct csn_str secret, struct buf *error);
void key_ops_free(struct key_ops *);

/*
 * All: CSN_OK and the result in the arena; CSN_E_INVALID: the algorithm is
 * unknown or not one of this key, or the input is not good for it;
 * CSN_E_LIMIT: too much data, or the arena is full (it is then not touched);
 * CSN_E_BACKEND: the library failed.
 */

/* RS256 RS384 RS512, PS256 PS384 PS512 (salt as long as the hash), ES256 ES384
 * ES512 (r||s), EdDSA; HS256 HS384 HS512, by a secret no shorter than the hash
 * (RFC 7518 3.2). */
int32_t key_ops_sign(const struct key_ops *, struct csn_str alg,
    struct csn_str data, struct arena *, struct csn_str *ret);
/*
 * RSA-OAEP, RSA-OAEP-256, -384, -512: the content key. No RSA1_5. The param
 * `mgf` names the mask's digest if it is not the message's own: SHA1, SHA256,
 * SHA384, SHA512.
 * ECDH-ES: the content key; data is empty. ECDH-ES+A128KW +A192KW +A256KW:
 * data is the wrapped content key. Their params are members of the message's
 * header, as text: epk (a JWK), apu, apv (base64url, may be missing) and, for
 * ECDH-ES, enc.
 */
int32_t key_ops_decrypt(const struct key_ops *, struct csn_str alg,
    struct csn_pairs params, struct csn_str data, struct arena *,
    struct csn_str *ret);
/* SubjectPublicKeyInfo, DER. A symmetric secret has none: CSN_E_INVALID. */
int32_t key_ops_public(const struct key_ops *, struct arena *,
    struct csn_str *ret_spki);

#endif
