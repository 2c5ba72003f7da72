/* SPDX-License-Identifier: Apache-2.0 */
/*
 * testing.h - what the unit tests of this folder share
 *
 * The memory part stands in for malloc(), calloc() and free() in programs
 * that are linked with TEST_MEMORY_LDFLAGS and testing.c: it can refuse
 * memory, counts what is out, and looks for a mark in what is given up. It
 * must never be linked into anything but a test.
 */
#ifndef COUNTERSIGN_LIB_TESTING_H
#define COUNTERSIGN_LIB_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "str.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

/* A slice equals the text, and says both when it does not. */
#define assert_str(s, text) do {					\
	struct csn_str got_ = (s), want_ = str_from(text);		\
	if (!str_equal(got_, want_))					\
		fail_msg("got \"%.*s\", not \"%.*s\"", STR_FMT(got_),	\
		    STR_FMT(want_));					\
} while (0)

/* How many more times malloc() and calloc() give memory; -1: always. */
extern int memory_left;
/* Does calloc() give nothing, though malloc() does? */
extern bool memory_no_calloc;
/* How many blocks are out. */
extern int memory_out;
/* How many blocks were given up with the mark still in them. */
extern int memory_marked;

#define MEMORY_MARK	"Hunter2!"	/* the secret of these tests */

#endif
