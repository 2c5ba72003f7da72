/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host_testing.h - small configurations and stores for the tests of the core
 *
 * A rig is a struct conf made by hand: realms, factors and policies as a test
 * names them, ways read by the real parser. What a rig refuses ends the test.
 * For tests only, never linked into anything else.
 */
#ifndef COUNTERSIGN_HOST_HOST_TESTING_H
#define COUNTERSIGN_HOST_HOST_TESTING_H

#include "lib/testing.h"

#include "exchange.h"
#include "factor.h"
#include "session.h"
#include "store/store.h"

#define T_NOW	INT64_C(1700000000000)	/* the tests' clock */
#define RIG_MAX	8u
#define RIG_FACTORS	72u

/* Loop counts are divided by this where a sanitizer, or valgrind, makes a test
 * slow. */
#if defined(CSN_SANITIZED) || defined(__SANITIZE_ADDRESS__) || \
    defined(__SANITIZE_THREAD__)
#define T_SLOW	20
#else
#define T_SLOW	1
#endif

/* Descriptions of plugins whose step() is the test's rig_step; they identify,
 * prove a second factor, or do both. */
extern const struct csn_plugin rig_identity, rig_second, rig_both;

struct rig {
	struct arena arena;
	char unused[RIG_FACTORS][32];	/* names of rig_begin_at() */
	struct conf conf;
	struct conf_realm realms[RIG_MAX];
	struct conf_factor factors[RIG_FACTORS];
	struct conf_policy policies[RIG_MAX];
	int64_t fresh_s[RIG_MAX][RIG_FACTORS];	/* of each policy */
};

void rig_init(struct rig *);
void rig_free(struct rig *);
/* Each returns the index. */
unsigned rig_realm(struct rig *, const char *name);
unsigned rig_factor(struct rig *, const char *name, const struct csn_plugin *,
    unsigned realm);
/* Factors that no way names, so that the next has this number. */
void rig_begin_at(struct rig *, unsigned number);
/* Ways, a line each ("a | b then c\nd"); "public" and "deny" are kinds. */
unsigned rig_policy(struct rig *, const char *ways);
/* The same without a check of the chain: 0, or -1 if a way is no way. */
int rig_ways(struct rig *, const char *ways, struct chain *ret);
/* Fingerprints again, after a factor or realm was changed. */
void rig_settle(struct rig *);

/* The first 64 factors of a set as bits of a number; there are no others. */
uint64_t rig_bits(struct bits);
/* Those from one on, which are all: as if they began at 0. */
uint64_t rig_bits_from(struct bits, unsigned first);

/* A person of a realm with groups (a blank between two; NULL: not known). */
struct person rig_person(struct rig *, unsigned realm, const char *subject,
    const char *groups);
/* A proof of a factor, at a time. */
struct proof rig_proof(const struct rig *, unsigned factor,
    enum proof_kind, int64_t auth_time_ms);
/* A live session, seen now. */
struct session rig_session(struct rig *, const struct person *);

/* Fixed keys. */
struct sealer *rig_sealer(void);

/* A store in a folder of its own under TMPDIR. */
struct place {
	char folder[256], file[300];
	struct store *store;
};
void place_make(struct place *);
void place_free(struct place *);
/* From here on each write, or each call, of the store fails, until mended. */
void place_break_writes(struct place *);
void place_mend_writes(struct place *);
void place_break(struct place *);
/* Runs statements on the file, beside the store. */
void place_sql(struct place *, const char *sql);

/* What calls into plugins reach: the place's store, fixed keys, a clock that
 * tests move, no network. Log lines are kept. */
struct reach {
	struct call_host host;
	int64_t now_ms;
	int audit_rc;
	unsigned lines;
	char line[1024];		/* the last one */
};
void reach_init(struct reach *, struct store *, struct sealer *);
/* A factor of the rig, as opened. */
void reach_factor(struct factor *, const struct rig *, unsigned index);

#endif
