/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reference.h - what a page shows and the log keeps: 7KQ4-M2XD
 *
 * A reference leads from a screen to a line of the audit log. It is meant to
 * be read out on the telephone and opens nothing: it must never be used as a
 * secret or a key.
 */
#ifndef COUNTERSIGN_HOST_REFERENCE_H
#define COUNTERSIGN_HOST_REFERENCE_H

#include "lib/arena.h"

#define REFERENCE_LEN	9u	/* four, a hyphen, four */

/* A new one at random (39 bits), in the arena; empty when it is full. The 30
 * characters are digits and consonants but L: no words, no O, no I. */
struct csn_str reference_new(struct arena *);
/* What somebody typed or heard, as it stands in the log: case, blanks,
 * hyphens and full-width forms do not matter, O is 0, I and L are 1. 0 or
 * -1. */
int reference_read(struct csn_str typed, char ret[static REFERENCE_LEN + 1]);

#endif
