/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.h - the little HTTP that the benchmarks' drivers speak
 *
 * They take one process or thread each, whose own CPU time nobody counts. They
 * trust the server they measure, and must never be used for anything else.
 */
#ifndef COUNTERSIGN_BENCH_CLIENT_H
#define COUNTERSIGN_BENCH_CLIENT_H

#include <sys/types.h>

#include "lib/buf.h"

/* A connection to PATH or ADDRESS:PORT; -1: errno says why. */
int client_connect(const char *where);

struct client_answer {
	unsigned status;
	struct csn_str head, body;	/* borrowed from what was read */
};

/* Bytes of the one whole answer at the beginning of `got`, which has a
 * Content-Length or no body; 0: not whole yet, -1: no such answer. */
ssize_t client_answer(struct csn_str got, struct client_answer *ret);

/* Sends, and reads one answer into `got`, which is cleared before. 0 or -1. */
int client_ask(int fd, struct csn_str request, struct buf *got,
    struct client_answer *ret);

/* A file's text in memory that is never freed. Ends the program when it
 * cannot be read. */
struct csn_str client_file(const char *path);

int64_t client_now_us(void);
/* A number of an option, 1 to most; ends the program if it is none. */
unsigned client_number(const char *text, unsigned most);
_Noreturn void client_fail(const char *what);

#endif
