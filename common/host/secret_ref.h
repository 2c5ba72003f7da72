/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret_ref.h - what a secret's reference stands for
 *
 *	file:PATH	a file; relative to the configuration's folder
 *	env:NAME	a variable of the environment we were started with
 *	cred:NAME	a systemd credential: $CREDENTIALS_DIRECTORY/NAME
 *	command:ARGV	what a program prints: absolute path, arguments split
 *			at blanks, no shell (security.md O5)
 *
 * A secret is 1 to 64 KiB without NUL; one newline at its end is taken off.
 * Files and programs must belong to root or us and not be writable by others;
 * files not readable by others either. It must never put a secret, or any
 * text that is no reference, into a sentence.
 */
#ifndef COUNTERSIGN_HOST_SECRET_REF_H
#define COUNTERSIGN_HOST_SECRET_REF_H

#include "lib/buf.h"

#define SECRET_REF_MAX		65536u	/* bytes of a secret */
#define SECRET_REF_COMMAND_MS	5000
#define SECRET_REF_ARGS_MAX	32u

/* Copies the environment as it is now; the host clears it afterwards. Call it
 * once, before threads start; a second call is nothing. */
void secret_ref_capture_env(void);
/* Wipes the copy; env: and cred: then name nothing until the next capture. */
void secret_ref_forget_env(void);

/* The form only: for faults at a line of the configuration. 0, or -1 with a
 * sentence. */
int secret_ref_check(struct csn_str reference, struct buf *error);

/* Whether a file of an absolute path could be read, without doing so; another
 * reference is taken as good. 0, or -1 with a sentence that names it. */
int secret_ref_look(struct csn_str reference, struct buf *error);

/* Reads what the reference stands for; `dir` is the configuration's folder.
 * 0 and the secret appended to ret (a buffer of at least SECRET_REF_MAX,
 * wiped by buf_free()); or -1, nothing appended, and a sentence that names the
 * reference and what to do. Blocks: at load only. */
int secret_ref_load(struct csn_str reference, struct csn_str dir,
    struct buf *ret, struct buf *error);

#endif
