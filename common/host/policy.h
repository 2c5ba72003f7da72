/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy.h - which policy a request falls under
 *
 * Compiled once per configuration: hosts by hash, paths by their first
 * segment. The first policy of the file whose match fits decides; none is
 * deny. What is ambiguous where rules look at the path is refused, because
 * the application may read it otherwise than we do (security.md R4, R5).
 */
#ifndef COUNTERSIGN_HOST_POLICY_H
#define COUNTERSIGN_HOST_POLICY_H

#include "conf.h"

#define POLICY_URL_MAX	16384u

struct policy_index;

/* The original request, taken apart. Slices point into the URL; what has to
 * be spelt otherwise than there lies in the arena. */
struct policy_request {
	struct csn_str host;		/* lower case, without port and dot */
	uint16_t port;
	struct csn_str raw_path;	/* as sent, without the query */
	struct csn_str path;		/* canonical; p NULL: it is ambiguous */
	const char *path_fault;		/* what made it so, for `why` */
	struct csn_str method;		/* "" if not told */
	bool method_overridden;
	bool have_client;
	struct ip client;
};

/* NULL when memory is refused. Borrows the configuration. */
struct policy_index *policy_index_new(const struct conf *);
void policy_index_free(struct policy_index *);

/* Reads an absolute https URL. -1 if it is none that can be judged; then
 * nothing may pass. */
int policy_request_read(struct arena *, struct csn_str url,
    struct policy_request *ret);

/* The canonical form of a path (notes: once decoded, no dot segments, no
 * slash twice, no %2F, %5C, %00, ';', '\', control or bad UTF-8). 0, or -1
 * and the reason in words. */
int path_canonical(struct arena *, struct csn_str raw, struct csn_str *ret,
    const char **ret_why);

/* The policy's index, or -1: deny, and *ret_why says why in words. */
int policy_match(const struct policy_index *, const struct policy_request *,
    const char **ret_why);

/* Whether some policy looks at the client's address at all. */
bool policy_reads_network(const struct policy_index *);

/* Whether some policy names this host (a wildcard counts only with
 * `wildcards`): for return targets (security.md S11). */
bool policy_host_known(const struct policy_index *, struct csn_str host,
    uint16_t port, bool wildcards);

#endif
