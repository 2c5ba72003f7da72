/* SPDX-License-Identifier: Apache-2.0 */
/*
 * passed.h - the sockets that systemd holds and passed to us
 */
#ifndef COUNTERSIGN_GATEWAY_PASSED_H
#define COUNTERSIGN_GATEWAY_PASSED_H

#include <countersign/host.h>

#include "http.h"

#define PASSED_MAX	32u	/* of a role */

struct passed {			/* by role; -1: none, or it is taken */
	int fds[CSN_L_METRICS + 1][PASSED_MAX];
};

/* "pages", "check" or "metrics": for logs, and a socket's name. */
const char *passed_role_name(uint32_t role);
/* Reads the environment. */
void passed_find(struct passed *);
/* Takes the one that is this listener's, of nrole listeners of its role, or
 * gives -1: the listener opens its own. */
int passed_take(struct passed *, const struct csn_listener *, size_t nrole);
/* Takes one that is nobody's, and says which and what to do; false: there is
 * none. */
bool passed_left(struct passed *, struct buf *);

#endif
