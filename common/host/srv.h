/* SPDX-License-Identifier: Apache-2.0 */
/*
 * srv.h - the servers of a service, asked of DNS (RFC 2782)
 *
 * The answer is unsigned and forgeable: it must never lead outside the
 * configured domain (security.md O4), and whoever connects must still demand
 * a certificate for the name. Never blocks past the deadline.
 */
#ifndef COUNTERSIGN_HOST_SRV_H
#define COUNTERSIGN_HOST_SRV_H

#include "lib/arena.h"

#define SRV_TARGETS_MAX	32u	/* given back */
#define SRV_RECORDS_MAX	128u	/* read of one answer */
#define SRV_NAME_MAX	253u

/* n random bytes */
typedef void srv_random(void *arg, void *, size_t n);

struct srv_query {
	struct csn_str name;		/* "_ldaps._tcp.corp.example.com" */
	struct csn_str domain;		/* targets lie in it or are it */
	int64_t deadline_ms;		/* monotonic */
	struct csn_str server;		/* "address:port" instead of those of
					 * resolv.conf, for tests; or empty */
	srv_random *random;		/* NULL: secret_random() */
	void *random_arg;
};

struct srv_record {
	uint16_t priority, weight, port;
	char target[SRV_NAME_MAX + 1];	/* lower case, no dot at the end */
};

/*
 * Asks the servers of resolv.conf, by UDP, by TCP if cut short; the name as it
 * stands, without search list. "host:port" texts in the arena, in the order in
 * which they are to be tried. Any thread.
 *
 * CSN_OK, and at least one; CSN_E_INVALID: not a service name; CSN_E_ABSENT:
 * the name or service does not exist, or none of its targets lies in the
 * domain; CSN_E_DEADLINE: nobody answered; CSN_E_BACKEND: the servers failed or
 * sent garbage; CSN_E_LIMIT: the arena is full.
 */
int32_t srv_lookup(const struct srv_query *, struct arena *,
    struct csn_strs *ret);

#define SRV_CUT		(-20)	/* truncated: ask by TCP */
#define SRV_OTHER	(-21)	/* an answer to another question: wait on */

/*
 * Reads one DNS message as the answer to the question (id, name, SRV, IN).
 * Strict: each length is checked, names shrink with every pointer (no loops),
 * nothing is left over. Records of the name or of the aliases it leads to.
 * CSN_OK with *ret_n from 1; CSN_E_ABSENT; CSN_E_BACKEND: the server failed
 * or the message is malformed; SRV_CUT; SRV_OTHER.
 */
int32_t srv_parse(struct csn_str message, uint16_t id, struct csn_str name,
    struct srv_record ret[static SRV_RECORDS_MAX], size_t *ret_n);
/* In place: by priority, among equals by weighted chance (RFC 2782). */
void srv_order(struct srv_record *, size_t n, srv_random *, void *arg);

#endif
