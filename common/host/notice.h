/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notice.h - what people are told by mail about their account
 *
 * A notice is written with what it tells of, in the same commit where there is
 * one, and sent by a thread of its own: no login waits for a mail server. It is
 * in the store until it was sent, so that a crash loses none; of several nodes
 * one sends it. What cannot be sent for a day is given up, and said.
 */
#ifndef COUNTERSIGN_HOST_NOTICE_H
#define COUNTERSIGN_HOST_NOTICE_H

#include "gate.h"

#define NOTICE_QUEUE_MAX	5000u	/* waiting; more are not written */
#define NOTICE_LIFE_MS		(24LL * 3600 * 1000)
#define NOTICE_TIME_MS		10000	/* of the mail program */

struct notice {
	enum conf_notice kind;
	struct csn_str realm, subject;
	struct csn_str mail;		/* or "": looked up when it is sent */
	struct csn_str language;	/* or "": the site's */
	struct csn_str factor;		/* name, or "" */
	struct csn_str what;		/* NOTICE_DESK: a text's key */
	struct csn_str client;		/* address, or "" */
	int64_t time_ms;
};

/* Whether people are told of such things. */
bool notice_wanted(const struct csn_gate *, const struct conf *,
    enum conf_notice);
/* An operation that puts one into the queue; key and value lie in the buffers.
 * 1; 0: nobody is told of it; -1: it cannot be made. */
int notice_op(struct csn_gate *, const struct conf *, const struct notice *,
    struct store_op *, struct buf *key, struct buf *value);
/* In a commit of its own: what it tells of is done, whatever comes of it. */
void notice_put(struct csn_gate *, const struct conf *,
    const struct notice *);

/* The same about somebody who is not here: in the language of their last
 * login. */
void notice_put_about(struct csn_gate *, const struct conf *,
    struct notice *);

/* Once a second: hands what is due to the thread that sends, unless it is
 * still at it. */
void notice_tick(struct csn_gate *);

#endif
