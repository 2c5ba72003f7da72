/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call.h - one call into a plugin: its memory, its time, its trust
 *
 * A call has an arena that is wiped when it ends, a budget, a deadline, and a
 * taint: once a store operation failed or the budget was passed, nothing the
 * plugin says in this call counts (design.md 4, security.md P1, P5).
 */
#ifndef COUNTERSIGN_HOST_CALL_H
#define COUNTERSIGN_HOST_CALL_H

#include "ahead.h"
#include "conf.h"
#include "peer_clock.h"
#include "seal.h"
#include "store/store.h"
#include "throttle.h"

#define CALL_BUDGET	(8u * 1024 * 1024)
#define CALL_USUAL	8192u	/* of a step; one may be lent it */
#define CALL_TIME_MS	10000
#define CALL_FINDINGS_MAX 64u

struct factor;
struct http_client;

/* What calls reach; lives as long as the gate. */
struct call_host {
	struct store *store;		/* NULL: every kv_ call fails */
	struct sealer *sealer;
	struct http_client *http;
	int64_t (*now_ms)(void *);
	void *now_arg;
	void (*log)(void *, uint32_t severity, struct csn_str line);
	void *log_arg;
	/* -1 if the event could not be written; the reference may be "" */
	int (*audit)(void *, struct csn_str factor, struct csn_str event,
	    struct csn_str reference, struct csn_pairs);
	void *audit_arg;
};

struct call_finding {			/* report(), setting() */
	uint32_t severity, val;
	struct csn_str text;
	struct csn_str name, value, origin;	/* of setting() */
};

struct csn_call {
	struct arena arena;
	const struct call_host *host;
	struct factor *factor;
	int64_t deadline_ms;		/* monotonic */
	bool only_asks;			/* CSN_CAP_PROMPT on the loop: services
					 * that may block fail and taint */
	bool tainted;
	const char *taint_why;		/* static words */
	/* the try that throttle() reserved in this call */
	bool reserved;
	struct csn_str reserved_subject;
	const char *reserved_place;	/* of struct throttle_key */
	/* what is known of where a person is, for throttle(), or NULL */
	unsigned (*familiar)(void *, struct csn_str realm,
	    struct csn_str subject);
	void *familiar_arg;
	/* and what was known of that person then, as people_unpack() takes
	 * it */
	bool person_read;
	struct csn_str person_raw;
	int64_t limited_until_ms;	/* throttle() said LIMIT */
	char said[256];			/* its last warning or worse */
	struct csn_str reference;	/* of the round, for the log; or "" */
	bool costly;			/* asked a peer, or for the work of a
					 * private key */
	bool quiet;			/* who asks has had enough lines of the
					 * audit log */
	/* a step: kv_swap_with() is done by who asked, with the answer. What
	 * is to be done is in the arena; without a key: nothing */
	bool takes_along;
	struct store_op along;
	struct csn_str account;		/* of the person of a step; or "" */
	struct ahead ahead;		/* what was read for it; used once */
	/* who comes behind a step that identifies, or NULL, and what was read
	 * for that when the try was reserved; in the arena */
	struct factor *next;
	struct ahead next_ahead;
	/* what kv_get() read last, for the swap that follows; in the arena */
	struct csn_str got_key, got_stored, got_plain;
	struct peer_clock clock;	/* of whom http() asked */
	size_t nfindings;
	struct call_finding *findings;	/* in the arena, from the first on */
};

/* Borrows host and factor; the call may take time_ms from now on. call_end() is
 * due. One thread at a time. */
void call_begin(struct csn_call *, const struct call_host *, struct factor *,
    int64_t time_ms);
/* Wipes and frees; what the plugin returned is gone. */
void call_end(struct csn_call *);
/* From here on it comes to ERROR, whatever the plugin says. `why` is static. */
void call_taint(struct csn_call *, const char *why);
bool call_late(const struct csn_call *);	/* its time is over */
/* Whether a service that may block may be used in this call; if not, the call
 * is tainted. */
bool call_may_block(struct csn_call *);
int64_t call_now_ms(struct csn_call *);
/* A name by the rule of the factor's realm, in the call's arena; -1 if it is
 * none. */
int call_subject(struct csn_call *, struct csn_str raw, struct csn_str *ret);

/* The services, for plugins. One table for all. */
extern const struct csn_host call_services;

#endif
