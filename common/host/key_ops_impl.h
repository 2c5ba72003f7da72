/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_ops_impl.h - a loaded key, for key_ops*.c only
 *
 * Nothing else may look inside: keys must never leave these files.
 */
#ifndef COUNTERSIGN_HOST_KEY_OPS_IMPL_H
#define COUNTERSIGN_HOST_KEY_OPS_IMPL_H

#include <openssl/evp.h>

#include "key_ops.h"

enum key_kind {
	KEY_NONE, KEY_SECRET, KEY_RSA, KEY_P256, KEY_P384, KEY_P521, KEY_ED25519
};

struct key_ops {
	enum key_kind kind;
	EVP_PKEY *pkey;		/* of all but KEY_SECRET */
	uint8_t *secret;	/* of KEY_SECRET */
	size_t secret_n;
};

#endif
