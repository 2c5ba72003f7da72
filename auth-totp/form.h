/* SPDX-License-Identifier: Apache-2.0 */
/*
 * form.h - the prompts of a round
 */
#ifndef COUNTERSIGN_TOTP_FORM_H
#define COUNTERSIGN_TOTP_FORM_H

#include "totp.h"

struct form {			/* what an answer asks for */
	const char *message;	/* a text, or NULL */
	const char *arg;	/* name of its argument, or NULL */
	int64_t value;		/* of the argument */
	uint32_t reason;	/* 0: not a failed try */
	struct csn_str state;
};

/* CONTINUE with the form for a code; `recovery` offers a recovery code as the
 * other way. */
enum outcome form_ask(const struct round *, const struct form *,
    bool recovery);
/* With the form for a recovery code. */
enum outcome form_recovery(const struct round *, const struct form *);
/* With how many are left, and a button for new ones. */
enum outcome form_left(const struct round *, const struct form *);
/* With a set of codes to keep; `later` offers to go on without. */
enum outcome form_codes(const struct round *, const struct form *,
    struct csn_str lines, bool later);
/* The same below the picture and key of a new device; `name` asks for a name
 * of the device too. */
enum outcome form_enrol(const struct round *, const struct form *,
    const struct totp_params *, struct csn_str secret, bool name);

#endif
