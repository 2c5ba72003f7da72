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

struct device;

/* A key URI as other systems and apps write it: secret, parameters and, as the
 * label, what stands before the '?'. Nothing is guessed: 0, or -1 for what is
 * no otpauth://totp/ URI, a parameter twice, a secret that is too short, too
 * long or no base32. The caller wipes. */
int key_uri_read(struct csn_str, struct device *ret);
/* The same for a device as it is stored; in the call's memory. 0 or -1. */
int key_uri_write(const struct round *, const struct device *,
    struct csn_str *ret);

#endif
