/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret_command.h - a secret that a program prints (security.md O5)
 *
 * No shell, a clean environment, no descriptor but its input and output, a
 * time limit. It must never leave a process behind.
 */
#ifndef COUNTERSIGN_HOST_SECRET_COMMAND_H
#define COUNTERSIGN_HOST_SECRET_COMMAND_H

#include "lib/buf.h"

/* The form of "PROGRAM ARGUMENTS": NULL, or what is wrong with it. */
const char *secret_command_fault(struct csn_str line);
/* The same of a program and its arguments, which end in a NULL. */
const char *program_fault(char *const *argv);
/* Runs it with this input, which it need not read, and throws away what it
 * prints. NULL, or what went wrong. As below otherwise. */
const char *program_run(char *const *argv, struct csn_str input,
    int64_t time_ms);

/* Appends what the program prints, at most max bytes. NULL, or what went
 * wrong; what was appended is then to be thrown away. Blocks, up to time_ms.
 * stdin and stderr are /dev/null. Not while other threads wait for children
 * of any kind. */
const char *secret_command_run(struct csn_str line, size_t max,
    int64_t time_ms, struct buf *ret);

#endif
