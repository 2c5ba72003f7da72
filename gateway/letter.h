/* SPDX-License-Identifier: Apache-2.0 */
/*
 * letter.h - the words of a letter to somebody about their account
 */
#ifndef COUNTERSIGN_GATEWAY_LETTER_H
#define COUNTERSIGN_GATEWAY_LETTER_H

#include "catalogues.h"
#include "lib/buf.h"

/* Subject and body as plain text, each of one language, with lines that end
 * in "\n". `arg`: struct catalogues. */
csn_compose letter_compose;

/* The same with the site given: for tests. */
void letter_write(const struct catalogues *, const struct csn_site *,
    const struct csn_letter *, struct buf *subject, struct buf *body);

#endif
