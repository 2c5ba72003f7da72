/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange.h - one login in progress: what was granted, what may come next
 *
 * An exchange is a value: it travels sealed in a cookie of its own and is
 * never kept in memory between two rounds. exchange_advance() is the only
 * function that adds to a history, and exchange_complete() the only one that
 * says it is a word of the policy; both are pure, so that they can be tested
 * exhaustively.
 */
#ifndef COUNTERSIGN_HOST_EXCHANGE_H
#define COUNTERSIGN_HOST_EXCHANGE_H

#include "proof.h"

#define EXCHANGE_ID_LEN		16u
#define EXCHANGE_TOKEN_LEN	16u
#define EXCHANGE_LIFE_MS	(15 * 60 * 1000)
#define EXCHANGE_ATTEMPTS_MAX	20u

/* What the browser may send next (security.md P2). Zero is nothing. */
enum exchange_awaits {
	AWAITS_CHOICE = 1,	/* a factor on offer */
	AWAITS_FORM,		/* the answer to prompts */
	AWAITS_CALLBACK,	/* the browser's return at `endpoint` */
	AWAITS_WAKE
};

/* A change of one's own account (security.md E5): a second factor is proved
 * first, in the same exchange. Zero is a login. */
enum exchange_change {
	CHANGE_PROVE = 1,
	CHANGE_OPEN		/* proved; its policy says for how long */
};

/* Who is logging in, once an identity factor has said so. All canonical. */
struct person {
	bool named;
	unsigned realm;			/* index today */
	struct csn_str realm_name, subject, subject_id;
	bool groups_known;
	struct csn_strs groups;		/* "short" or "realm/value" */
	int64_t groups_ms;		/* when they were read */
	struct csn_str name, mail;	/* for headers and pages */
	uint32_t generation;		/* of the subject when pinned (S8) */
	uint64_t source;		/* fingerprint of the naming factor */
};

/* What a grant left behind for the session. */
struct grant_extra {
	uint64_t fingerprint;
	struct csn_str keep;
	struct csn_strs session_keys;
	int64_t not_after_ms;
	bool renew;			/* RENEW may be asked with `keep` */
	int64_t asked_ms;		/* when it was, or was granted */
};

struct exchange {
	uint8_t id[EXCHANGE_ID_LEN];
	uint8_t token[EXCHANGE_TOKEN_LEN];	/* of the round to come */
	uint8_t last[EXCHANGE_TOKEN_LEN];	/* of the round before: its
					 * answer can be drawn again */
	uint8_t policy_hash[16];
	int policy;			/* index today, -1: restart */
	int64_t created_ms, expires_ms;
	bool has_session;		/* a step-up (S5) */
	uint8_t session[16];
	bool has_link;			/* opened by an enrolment link */
	uint8_t link[32];		/* its hash */
	struct person person;
	uint32_t cuts;			/* as its generation, of a login: when
					 * pinned (S8) */
	struct proofs history;		/* carried ones first, then in order */
	size_t nextras;
	struct grant_extra extras[PROOFS_MAX];
	uint64_t fingerprint;		/* of the round's factor, 0: none yet */
	int factor;			/* index today, or -1 */
	enum exchange_awaits awaits;
	/* CALLBACK: 1 + the endpoint's index and CSN_EP_GET or CSN_EP_POST; 0
	 * is any */
	uint32_t endpoint, methods;
	bool unsolicited;		/* it began with an answer that nobody
					 * had asked for: enrols nothing (P2) */
	uint64_t remember;		/* fingerprint of the factor for which
					 * this browser is to be remembered */
	uint8_t change;			/* enum exchange_change, or 0 */
	struct csn_str wish;		/* what is to be changed (account.h) */
	struct csn_str kept;		/* and what was typed for it, until a
					 * code comes (visit_change.c) */
	struct csn_str target;		/* sealed, while the browser is away */
	uint32_t attempt;		/* failed tries in this step */
	struct csn_str state;		/* the plugin's; bytes */
};

/* A new one, anonymous, under a policy. Random id and token. */
void exchange_begin(struct exchange *, const struct conf *, unsigned policy,
    int64_t now_ms);

/* Takes over those proofs of a live session that the policy accepts now, and
 * its person. */
void exchange_carry(struct exchange *, const struct conf *,
    const uint8_t session[16], const struct person *, const struct proofs *,
    int64_t now_ms);

/* The facts that guards look at, of this exchange; `enrolled` may be NULL:
 * nothing. */
void exchange_facts(const struct exchange *, bool enrolled_known,
    const struct bits *enrolled, int64_t now_ms, struct guard_facts *ret);

/* Factors that extend the history towards a way that may still hold. */
struct bits exchange_offered(const struct exchange *, const struct conf *,
    const struct guard_facts *);
/* Whether this one does; -1 is none. */
bool exchange_offers(const struct exchange *, const struct conf *,
    const struct guard_facts *, int factor);

/* The history is a word, and its guards hold. */
bool exchange_complete(const struct exchange *, const struct conf *,
    const struct guard_facts *);

/* Security.md E1, E2 without the store: with this factor the history becomes
 * a complete word of the policy, none of its steps carried, remembered, by
 * recovery or unsolicited, and the way's guards hold. */
bool exchange_would_complete(const struct exchange *, const struct conf *,
    unsigned factor, const struct guard_facts *);

struct exchange_event {
	uint8_t token[EXCHANGE_TOKEN_LEN];
	int factor;
	uint32_t verdict;		/* as checked by the call layer */
	struct person person;		/* whom it named, canonical; or none */
	struct proof proof;		/* kind, enrolment, auth_time, acr */
};

enum exchange_outcome {
	EXCHANGE_UNCHANGED = 0,
	EXCHANGE_ADVANCED,
	EXCHANGE_COMPLETE,
	EXCHANGE_ENDED		/* another person, or no way is left */
};

/* The one place where a history grows. Only CSN_GRANT (a plugin's, or the
 * host's own for a remembered browser) for the round's own
 * token and factor, on offer, for the pinned subject, adds an entry; every
 * other event leaves the exchange as it is or ends it. */
enum exchange_outcome exchange_advance(struct exchange *, const struct conf *,
    const struct exchange_event *, const struct guard_facts *);

/* Logins of this person were ended since it was pinned (S8). What began from a
 * session lives and ends with that. */
static inline bool
exchange_cut(const struct exchange *x, uint32_t cuts)
{
	return !x->has_session && x->cuts != cuts;
}

/* A new token: the next round. */
void exchange_turn(struct exchange *);

/* Not whole: without subject_id and source, which a check does not need. */
void person_pack(struct buf *, const struct person *, bool whole);
/* Arrays go into the arena, strings are borrowed from what is read. A person
 * that was not read is none: it is half written. */
int person_unpack(struct arena *, struct reader *, bool whole,
    struct person *ret);
void exchange_pack(struct buf *, const struct exchange *);
int exchange_unpack(struct arena *, struct csn_str, struct exchange *ret);
/* Finds policy, factor, realm and proofs in today's configuration. */
void exchange_resolve(struct exchange *, const struct conf *);

#endif
