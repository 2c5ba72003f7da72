/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device_file.h - lists of devices as other systems write them
 *
 *	otpauth://totp/Issuer:alice?secret=...	a key URI a line
 *	HOTP/T30/6 alice - 00112233...		the users file of oath-toolkit
 *	a heading and rows of CSV: Guacamole's attributes (guac-totp-key-secret)
 *	and the columns of privacyIDEA (user, otpkey or seed, otplen,
 *	timestep, hashlib, type)
 */
#ifndef COUNTERSIGN_GATEWAY_DEVICE_FILE_H
#define COUNTERSIGN_GATEWAY_DEVICE_FILE_H

#include <stdbool.h>
#include <stdio.h>

struct device_row {
	unsigned line;		/* from 1 */
	const char *fault;	/* why it is none, or NULL */
	bool skipped;		/* nothing to take: not confirmed there */
	char subject[256], name[65];
	char uri[512];		/* a key URI: a secret */
};

/* Calls each() for every row that is not blank or a comment, in order; stops
 * when that returns non-zero, and returns it. What cannot be read to its end
 * has a last row with a fault. The keys go through the buffer of the file. */
int device_file_rows(FILE *,
    int (*each)(void *, const struct device_row *), void *arg);

#endif
