/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_impl.h - the index of the policies from inside, between policy.c,
 * which looks in it, and policy_index.c, which makes it
 */
#ifndef COUNTERSIGN_HOST_POLICY_IMPL_H
#define COUNTERSIGN_HOST_POLICY_IMPL_H

#include "policy.h"

/* policies in the order of the file */
struct policy_list {
	size_t n;
	unsigned v[];
};

/* one host name, or one suffix ".example.org" */
struct host_entry {
	struct policy_list *all;
	struct table *segments;		/* first segment to policy_list */
	struct policy_list *rest;	/* those that fit any first segment */
	bool reads_path, reads_method, reads_network;
	uint16_t port;			/* of an exact name, for targets */
};

#define FEW	8u	/* hosts that are compared sooner than hashed */

struct policy_index {
	const struct conf *conf;
	struct table *exact, *suffix;
	size_t nexact;
	struct {
		struct csn_str name;	/* the configuration's */
		const struct host_entry *entry;
	} few[FEW];			/* all of `exact`, if no more */
	bool reads_network;
};

/* Whether a rule for a host is one for this name, or for this suffix. */
bool policy_host_fits(const struct conf_host *, struct csn_str name,
    bool is_suffix);
/* "/api/x" has the first segment "api", "/" the empty one. */
struct csn_str policy_first_segment(struct csn_str path);

#endif
