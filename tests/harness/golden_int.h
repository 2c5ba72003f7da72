/* SPDX-License-Identifier: Apache-2.0 */
/*
 * golden_int.h - what the files of the replayer share; not for tests
 */
#ifndef COUNTERSIGN_TESTS_GOLDEN_INT_H
#define COUNTERSIGN_TESTS_GOLDEN_INT_H

#include "golden.h"

struct golden {
	struct harness *h;
	struct csn_req req;	/* what the next request begins with */
	struct csn_str state;
	struct buf out;
};

/* Asks every line of the transcript; the new transcript is in out. */
void golden_run(struct golden *, struct csn_str text);
/* What was captured, then an answer, as lines. */
void golden_said(struct golden *);
void golden_answer(struct golden *, const struct harness_answer *);
/* The difference of two texts by lines, on standard error. */
void golden_diff(const char *path, struct csn_str want, struct csn_str got);

#endif
