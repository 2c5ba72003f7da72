/* SPDX-License-Identifier: Apache-2.0 */
/*
 * people_kept.h - all that the store keeps of one person, wherever it lies
 *
 * For whoever shows it, moves it to another name, or forgets it.
 */
#ifndef COUNTERSIGN_HOST_PEOPLE_KEPT_H
#define COUNTERSIGN_HOST_PEOPLE_KEPT_H

#include "lib/arena.h"
#include "people.h"

/* When somebody logged in last: an operation for the batch that makes the
 * session, and the reverse; 0: never. key and value lie in the buffers. */
void people_login_op(struct store_op *, struct buf *key, struct buf *value,
    struct csn_str realm, struct csn_str subject, struct csn_str language,
    int64_t now_ms);
/* `language` (may be NULL) gets the one that pages had then, or nothing. */
int people_login_read(struct store *, struct csn_str realm,
    struct csn_str subject, int64_t now_ms, int64_t *ret_ms,
    struct buf *language);

struct kept {			/* one entry of the store, as it was read */
	struct kept *next;
	struct csn_str key, value;
	int64_t expires_ms;
};

struct people_kept {
	struct csn_str realm, subject;
	char account[PEOPLE_ACCOUNT_LEN + 1];
	struct buf raw;			/* the record; `record` points here */
	struct people_record record;
	int64_t login_ms;
	struct csn_str language;
	struct kept *values;		/* of factors, below the account */
	struct kept *counters;		/* likewise */
	struct kept *others;		/* the host's own, below the account:
					 * notices that wait, what happened */
	struct kept *names;		/* ids that go by this name */
	struct kept *links, *throttles;
	struct kept *sessions;		/* their records */
	size_t nvalues, nsessions, nlinks;
};

/* Looks through the whole store: for an operator, never for a login. All but
 * `raw` lies in the arena; people_kept_free() in any case. 0, or -1: the store
 * could not be read, something in it could not be, or there is too much. */
int people_kept_read(struct store *, struct sealer *, struct arena *,
    struct csn_str realm, struct csn_str subject, int64_t now_ms,
    struct people_kept *ret);
void people_kept_free(struct people_kept *);
/* Whether there is anything but what a name leaves behind (people_move()). */
bool people_kept_any(const struct people_kept *);
/* How many entries there are, but for the record and sessions. */
size_t people_kept_count(const struct people_kept *);

/* ------------------------------------------------------------------ */
/* people_move.c and people_erase.c: what is kept of one name becomes
 * another's, or nobody's. */

enum move_keep { KEEP_NONE = 0, KEEP_FROM, KEEP_INTO };

struct move {
	struct store *store;
	struct sealer *sealer;
	struct csn_str realm, from, into;
	bool merge;		/* `into` may be somebody already */
	enum move_keep keep;	/* whose counts where both have one */
	bool dry;
	int64_t now_ms;
};

struct move_result {
	unsigned values, ids, enrolments, links, sessions;
	bool taken;		/* not a merge, and `into` is somebody */
	/* where both have something: factors, and 0 or what both have of it */
	size_t nclashes;
	struct { uint64_t id; struct csn_str factor; bool is_id; }
	    clashes[2 * PEOPLE_SOURCES_MAX];
};

#define MOVE_CLASH	(-20)	/* see the result; nothing was changed */
#define MOVE_FULL	(-21)	/* more than a record holds */

/* STORE_OK; STORE_ABSENT: nothing is kept of `from`; MOVE_...; STORE_FAILED.
 * One commit: of a move that was cut short nothing has happened. The old name
 * stays as one that was somebody's: its sessions end, and who logs in by it
 * enrols by a link only. Texts of the result lie in the arena. */
int people_move(const struct move *, struct arena *, struct move_result *ret);

/* Forgets everything: sessions first, the record last, so that what was cut
 * short is found again. STORE_OK, STORE_ABSENT or STORE_FAILED. */
int people_erase(const struct move *, struct arena *,
    struct move_result *ret);

#endif
