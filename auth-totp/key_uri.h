/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_uri.h - a new secret as people and apps take it: key URI and manual key
 */
#ifndef COUNTERSIGN_TOTP_KEY_URI_H
#define COUNTERSIGN_TOTP_KEY_URI_H

#include "totp.h"

struct key_texts {		/* in the call's memory */
	struct csn_str uri;	/* otpauth://totp/... */
	struct csn_str groups;	/* base32 in groups of four */
	struct csn_str account;	/* "Issuer: name", as the app will show it */
	struct csn_str settings; /* "SHA256, 8, 60 s"; empty if they are what
				 * every app takes for granted */
};

/* 0, or -1: memory refused, or the URI would be too long for a picture. */
int key_texts(const struct round *, const struct totp_params *,
    struct csn_str secret, struct key_texts *ret);

#endif
