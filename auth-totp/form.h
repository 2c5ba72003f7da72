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

/* CONTINUE with the form for a code. */
enum outcome form_ask(const struct round *, const struct form *);
/* The same below the picture and key of a new device; `name` asks for a name
 * of the device too. */
enum outcome form_enrol(const struct round *, const struct form *,
    const struct totp_params *, struct csn_str secret, bool name);

#endif
