/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail.h - a letter as RFC 5322 has it, for a mail program's input
 */
#ifndef COUNTERSIGN_HOST_MAIL_H
#define COUNTERSIGN_HOST_MAIL_H

#include <stdbool.h>

#include "lib/buf.h"

#define MAIL_ADDRESS_MAX 254u	/* RFC 5321 4.5.3.1.3 */

/* name@domain of plain ASCII letters, digits and a few signs, as it can stand
 * in a header and in an argument: never a blank, a quote, or a dash first. */
bool mail_address_ok(struct csn_str);

struct mail {
	struct csn_str from, to;	/* both judged by mail_address_ok() */
	struct csn_str from_name, subject, body;	/* any text */
	struct csn_str host;		/* for the Message-ID */
	int64_t time_ms;
};

/* Appends headers and body; a text can end no header. 0, or -1: an address is
 * none, or there is no memory. */
int mail_put(struct buf *, const struct mail *);

#endif
