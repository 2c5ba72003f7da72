/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe_answer.h - an answer of somebody's proxy, read without belief
 *
 * What comes is anybody's bytes: every length is checked, nothing is
 * allocated, all slices lie in what was read.
 */
#ifndef COUNTERSIGN_GATEWAY_PROBE_ANSWER_H
#define COUNTERSIGN_GATEWAY_PROBE_ANSWER_H

#include "lib/str.h"

enum probe_state {
	PROBE_NO_CONNECTION,	/* nobody listens, or a name is unknown */
	PROBE_NO_TLS,		/* the handshake was refused */
	PROBE_HUNG_UP,		/* closed without an answer */
	PROBE_NO_ANSWER,	/* time is over */
	PROBE_NO_HTTP,		/* bytes of something else */
	PROBE_ANSWERED
};

struct probe_answer {
	enum probe_state state;
	unsigned status;
	struct csn_str head;	/* the header lines, not the first one */
	struct csn_str body;	/* as it came: chunks are not joined */
	size_t whole;		/* where it ends; 0 if it does so by the end
				 * of the connection, or has not yet */
	bool until_end;		/* it ends with the connection */
};

/* The first answer that is not 100, 102 or 103. no_body: it was asked by
 * HEAD. The state is ANSWERED, or NO_HTTP, or NO_ANSWER if there is not one
 * whole head. */
void probe_answer_read(struct csn_str, bool no_body,
    struct probe_answer *ret);
/* The value of the nth header line of that name; p is NULL when absent. */
struct csn_str probe_answer_header(const struct probe_answer *,
    const char *name, size_t nth);

enum probe_said {
	SAID_NOTHING,		/* no connection, no answer */
	SAID_LOGIN,		/* sent to Countersign's login */
	SAID_REFUSED,		/* 400, 401, 403 and the like, or hung up */
	SAID_OURS,		/* a page of Countersign that says no */
	SAID_MOVED,		/* sent elsewhere on the same host */
	SAID_AWAY,		/* sent to another host */
	SAID_MISSING,		/* 404, 405, 410: by whom? */
	SAID_TROUBLE,		/* 500 and above */
	SAID_OPEN		/* all else */
};

/* The header lines that pages of Countersign have, and few others. */
bool probe_answer_ours(const struct probe_answer *);
/* host is the one that was asked, as a Host line says it. */
enum probe_said probe_answer_judge(const struct probe_answer *,
    struct csn_str host);

#endif
