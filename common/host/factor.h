/* SPDX-License-Identifier: Apache-2.0 */
/*
 * factor.h - a configured factor, opened: the plugin's instance and what the
 * host keeps for it (secrets, keys, reachable places, a pool)
 */
#ifndef COUNTERSIGN_HOST_FACTOR_H
#define COUNTERSIGN_HOST_FACTOR_H

#include <pthread.h>
#include <stdatomic.h>

#include "ahead.h"
#include "call.h"
#include "http_client.h"
#include "key_ops.h"
#include "pool.h"

#define FACTOR_THREADS	8u
#define FACTOR_WAITING	64u	/* steps begun at once by who waits() */
#define FACTOR_QUEUE	1024u
#define FACTOR_SRV_MAX	64u

struct factor {
	unsigned index;
	uint64_t id;			/* factor_id() */
	const struct conf *conf;
	const struct conf_factor *cf;
	const struct csn_plugin *plugin;
	void *inst;
	bool made, opened;
	struct arena arena;		/* of what follows, wiped at close */
	struct csn_conf view;		/* what the plugin saw in open() */
	struct csn_str *secrets;	/* beside vals: resolved */
	struct key_ops **keys;		/* beside vals: loaded when first
					 * asked */
	struct csn_strs origins;	/* https origins of its URL options */
	struct csn_strs hostports;	/* of LDAP_URL and HOSTPORT options */
	struct http_trust trust;
	pthread_mutex_t lock;		/* of keys, srv and ahead */
	size_t nsrv;
	struct csn_str *srv;		/* what srv() gave: FACTOR_SRV_MAX,
					 * once there was one; a thousand
					 * factors have none */
	struct pool *pool;		/* CAP_NETWORK only, else NULL */
	_Atomic size_t ahead_n;		/* ahead.c: 0 until it is known */
	char ahead[AHEAD_PREFIX_MAX];
	_Atomic uint64_t broken;	/* rules broken so far */
	_Atomic bool refresh_wanted, refreshing;
	_Atomic bool refresh_soon;	/* somebody waits for it */
	_Atomic bool costly;		/* to begin asks a peer */
	_Atomic int64_t lookup_pause_ms;	/* not asked again before */
	_Atomic int64_t refresh_at_ms;	/* monotonic; 0: never */
	bool unsolicited;		/* its option of that name is true */
	struct csn_strs unsolicited_targets;	/* where it may lead */
	struct csn_pairs settings;	/* what setting() said, for explain */
};

/* Opens one factor; findings are said as lines "file:line:column: …". 0, or
 * -1 and nothing is kept. */
int factor_open(struct factor *, const struct call_host *,
    const struct conf *, unsigned index, const char *conf_dir);
/* After the last call. */
void factor_close(struct factor *);

/* Places that dial() may reach now; borrowed texts. Returns how many. */
size_t factor_dialable(struct factor *, struct csn_str *ret, size_t max);
void factor_allow_dial(struct factor *, struct csn_str host_port);
/* Whether one of its options names this domain: what srv() may ask about. */
bool factor_names_domain(const struct factor *, struct csn_str domain);

#endif
