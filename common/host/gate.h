/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate.h - what is in force: a configuration with its factors, and the parts
 * that outlive a reload (store, keys, known sessions)
 *
 * A request holds the configuration it began with until it ends; a reload
 * swaps the pointer, and the old one goes with its last holder.
 */
#ifndef COUNTERSIGN_HOST_GATE_H
#define COUNTERSIGN_HOST_GATE_H

#include <countersign/host.h>
#include <pthread.h>
#include <stdatomic.h>

#include "audit.h"
#include "factor.h"
#include "follow.h"
#include "http_client.h"
#include "keyring.h"
#include "latch.h"
#include "people.h"
#include "plugin_load.h"
#include "policy.h"
#include "target.h"

#define GATE_WORKERS	8u
#define GATE_QUEUE	1024u
#define GATE_WAITS	32u
#define GATE_ANSWERS	2u

struct gate_conf {
	_Atomic unsigned refs;
	struct csn_gate *gate;
	struct gate_conf *next;		/* of those waiting to be closed */
	int64_t retired_ms;		/* monotonic */
	struct conf *conf;
	struct policy_index *index;
	struct arena arena;		/* of homes */
	struct target *homes;		/* of logins without a target */
	size_t nhomes;
	struct factor *factors;		/* conf->nfactors */
	size_t nopened;
};

/* Groups that went nowhere and were told (gate_groups.c). */
#define GATE_ODD	64u
struct gate_odd {
	struct { uint64_t hash; int64_t at_ms; } told[GATE_ODD];
	int64_t minute;
	unsigned written;		/* in this minute */
	uint64_t untold;
};

/* What a thread that answers checks touches of what it shares with others. */
#define GATE_LANES	32u
#define GATE_LANE_COUNTS 3u		/* CSN_COUNT_ALLOW, _LOGIN, _REFUSE */
struct gate_lane {
	struct latch latch;		/* held as long as a check takes */
	struct gate_conf *now;		/* in force while it is held */
	_Atomic uint64_t counts[GATE_LANE_COUNTS];
} __attribute__((aligned(128)));	/* processors fetch lines in pairs */

struct csn_gate {
	struct csn_options options;
	pthread_mutex_t lock;		/* of `now` */
	struct gate_conf *now;
	struct gate_lane *lanes;	/* GATE_LANES */
	struct gate_conf *retired;	/* nobody holds them any more */
	struct plugin_registry *plugins;
	char *conf_dir;
	struct store *store;
	struct keyring cookies, records;
	struct sealer *sealer;
	struct known *known;
	struct follow *follow;
	struct throttle *throttle;
	struct http_client *http;
	struct audit *audit;
	struct pool *work, *waits;	/* waits: for a first click's answer */
	struct pool *notices;		/* one thread: sends mail */
	_Atomic bool notices_busy;
	_Atomic size_t notices_waiting;	/* as it was counted last */
	struct pool *answers;		/* sends what the store has written */
	unsigned visits;		/* under way; by the lock */
	pthread_cond_t quiet;		/* none is, while `closing` */
	bool closing;
	struct gate_tasks *tasks;
	struct call_host call_host;
	struct csn_listener *listeners;	/* of the first configuration */
	size_t nlisteners;
	struct gate_conf *listeners_hold;	/* whose texts they are */
	int64_t wall_ms, mono_ms;	/* at start, for steps of the clock */
	_Atomic bool audit_broken, clock_stepped;
	_Atomic bool ending;		/* nobody is asked any more */
	struct gate_odd odd;		/* by the lock */
	/* audit lines of refused checks: of this second, and those not told */
	_Atomic int64_t refusals_second;
	_Atomic uint64_t refusals_written[2], refusals_untold;
	_Atomic uint64_t counts[CSN_COUNT_MAX];
};

/* Holds the configuration in force; drop it when the request is done. */
struct gate_conf *gate_hold(struct csn_gate *);
void gate_drop(struct gate_conf *);

/* gate_lane.c: the same for what waits for nothing, cheaper: the calling
 * thread's lane, and its configuration until the lane is left. */
struct gate_lane *gate_enter(struct csn_gate *);
void gate_leave(struct gate_lane *);
/* All lanes; returns when no check goes on with another configuration. */
void gate_lanes_set(struct csn_gate *, struct gate_conf *now);
int gate_lanes_open(struct csn_gate *);
void gate_lanes_free(struct csn_gate *);
/* In the lane that the thread is in, or NULL; below GATE_LANE_COUNTS. */
void gate_count(struct csn_gate *, struct gate_lane *, unsigned which);
/* The sum of all that was counted. */
uint64_t gate_counted(struct csn_gate *, unsigned which);

/* A visit may be with the store alone, of which no pool knows, and a renewal in
 * the pool of a factor, which is closed last: closing waits for them. */
void gate_visit_begin(struct csn_gate *);
void gate_visit_end(struct csn_gate *);

int64_t gate_now_ms(struct csn_gate *);
/* Why no login may be accepted now, or NULL (security.md O2, O3, S8). */
const char *gate_trouble(struct csn_gate *);
void gate_say(struct csn_gate *, uint32_t severity, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Closes what nobody holds any more, a while after: an answer's texts may
 * still be read. `all`: at once, at the end. Never from a factor's own pool:
 * its threads are waited for. */
void gate_conf_reap(struct csn_gate *, bool all);

/* gate_renew.c: asks again about those sessions in use whose turn it is, each
 * in the pool of the factor that is asked. */
void gate_renew(struct csn_gate *, struct gate_conf *);
/* Asks the factors that are due, in threads of its own; called each second. */
struct gate_refresh *gate_refresh_new(struct csn_gate *);
void gate_refresh_begin(struct gate_refresh *, struct gate_conf *);
void gate_refresh_free(struct gate_refresh *);
/* In how many seconds a factor that answered this is asked again; 0: never,
 * but by refresh_soon(). */
uint32_t gate_refresh_after(int32_t rc, uint32_t said_s);
/* Background work: touches, sweeps, renewals, factors' refresh(). */
struct gate_tasks *gate_tasks_new(struct csn_gate *);
void gate_tasks_free(struct gate_tasks *);

/* Of an arena that one record is read into. */
#define SESSION_MEMORY_MAX (4u << 20)

/* Reads a session's record and enters it among the known. `ret` (strings in
 * the arena, seen_ms of before this call) is the record: STORE_OK live,
 * STORE_ABSENT ended, revoked, idle or unknown, STORE_FAILED. `touch`: this is
 * a request to an application, which counts as activity; a look at the login
 * pages does not. */
int gate_session_load(struct csn_gate *, const struct conf *, struct arena *,
    const uint8_t id[SESSION_ID_LEN], int64_t idle_ms, bool touch,
    struct session *ret);

/* Takes what is enrolled from the person's record. STORE_OK if the person's
 * generation is still the session's, STORE_ABSENT if
 * all of the person's sessions were revoked since, STORE_FAILED (S8). */
int gate_person_check(struct csn_gate *, struct session *);

/* Short names and "realm/value" of what a factor told, as sessions keep
 * them. -1: a value that headers could not carry (security.md R7). */
int groups_map(struct arena *, const struct conf *, unsigned realm,
    struct csn_strs raw, struct csn_strs *ret);

/* The short name declared for a realm's value, or p NULL. */
struct csn_str group_short(const struct conf *, unsigned realm,
    struct csn_str value);
/* Whether an undeclared group could be no header's value (R7); a DN is what a
 * directory calls its groups, and not odd. */
bool group_odd(const struct conf *, struct csn_str);
/* Whether such a one is to be told now; and how many others were not. */
bool gate_group_due(struct csn_gate *, struct csn_str group,
    uint64_t *ret_more);

/* A factor's own names of groups, by its word `groups`, as its realm calls
 * them; what the map does not have stays. 0 or -1. */
int groups_rename(struct arena *, const struct conf *,
    const struct conf_factor *, struct csn_strs raw, struct csn_strs *ret);

/* The factor that gate_lookup() would ask, or NULL. */
struct factor *gate_lookup_factor(struct gate_conf *, const struct person *);
/* Whether there is one for anybody of this realm. */
bool gate_can_look_up(const struct gate_conf *, unsigned realm);
/* How often gate_renew() asks about a person: half of the age that groups may
 * have. */
int64_t gate_renew_age_ms(const struct conf *);
/* Takes over what a factor says of the person today: groups as one set (E11).
 * STORE_OK, or STORE_ABSENT: it is another person. */
int gate_person_renew(struct csn_gate *, struct gate_conf *, struct arena *,
    const struct factor *, const struct csn_reply *, struct person *);
/* Asks the realm's authority, or the factor that named the person, who this
 * is today. STORE_OK and the person changed in place; STORE_ABSENT: the
 * account is gone or disabled; STORE_FAILED: could not be asked. */
int gate_lookup(struct csn_gate *, struct gate_conf *, struct arena *,
    struct person *);

/* Every identity header of the configuration, in the arena: empty ones
 * without a person. 0 or -1. */
int gate_headers(struct arena *, const struct conf *, const struct person *,
    struct csn_strs groups, struct csn_pairs *ret);

#endif
