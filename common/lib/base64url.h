/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base64url.h - RFC 4648 section 5 without padding, strict; and hex
 *
 * Strict: no blank, no padding, no other alphabet, no length of 1 mod 4, and
 * the unused bits of the last character are zero, so that a value has one
 * spelling only.
 */
#ifndef COUNTERSIGN_LIB_BASE64URL_H
#define COUNTERSIGN_LIB_BASE64URL_H

#include "buf.h"

#define BASE64URL_LEN(n) (((n) * 4 + 2) / 3)	/* encoded length */

void base64url_encode(struct buf *, struct csn_str);
/* Decoders append; 0 or -1, and then nothing was appended. -1 too when the
 * buffer fails or has failed. */
int base64url_decode(struct buf *, struct csn_str);
/* The same into memory of the caller's: how many bytes it gave, or -1, also
 * when there is not room for them. */
ptrdiff_t base64url_read(uint8_t *ret, size_t room, struct csn_str);
/* Standard alphabet with padding, RFC 4648 section 4: for PEM-like text and
 * HTTP Basic. Strict likewise. */
void base64_encode(struct buf *, struct csn_str);
int base64_decode(struct buf *, struct csn_str);
void hex_encode(struct buf *, struct csn_str);	/* lower case */
int hex_decode(struct buf *, struct csn_str);	/* either case */
int hex_digit(char);				/* 0 to 15, or -1 */

#endif
