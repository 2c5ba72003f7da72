/* SPDX-License-Identifier: Apache-2.0 */
/*
 * testing.h - a folder and a store in it, for the tests of this room
 */
#ifndef COUNTERSIGN_STORE_TESTING_H
#define COUNTERSIGN_STORE_TESTING_H

#include "lib/testing.h"
#include "store.h"

#define NOW	INT64_C(1700000000000)	/* the tests' clock */

extern char folder[256];	/* of this test */
extern char file[300];		/* "state.db" in it */

/* cmocka's set-up and tear-down of one test. */
int folder_make(void **state);
int folder_remove(void **state);

/* Opens or makes the test's store; ends the test, or a child process with
 * status 1, when that fails. */
struct store *store_here(bool create);
/* Opening must fail, with these words in the sentence. */
void store_refused(bool create, const char *words);
/* In a child process: ends it with status 1, saying where. */
#define must(condition) do {						\
	if (!(condition))						\
		must_failed(__FILE__, __LINE__, #condition);		\
} while (0)
_Noreturn void must_failed(const char *, int, const char *);
/* Runs a function in a child process; it must come to an end by itself. */
void in_child(void (*)(void *), void *);
/* A value as a slice; the memory is the buffer's. STORE_OK is demanded. */
struct csn_str value_of(struct store *, struct csn_str key, struct buf *);

#endif
