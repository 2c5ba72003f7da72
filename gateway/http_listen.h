/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_listen.h - sockets that listen
 *
 * The functions behind http_listen_unix() and its kin, without a server: a
 * descriptor, ready to accept and not blocking, or -1 and a sentence in err.
 */
#ifndef COUNTERSIGN_GATEWAY_HTTP_LISTEN_H
#define COUNTERSIGN_GATEWAY_HTTP_LISTEN_H

#include "http.h"

#define LISTEN_BACKLOG	511

int listen_unix(const char *path, mode_t mode, gid_t gid, struct buf *err);
int listen_tcp(struct csn_str address, struct buf *err);
/* Looks at a socket that somebody else opened: a stream, listening, unix or
 * TCP. 0 and which it is, or -1. Changes it to not block. */
int listen_adopt(int fd, bool *ret_local, struct buf *err);

#endif
