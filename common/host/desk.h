/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk.h - the help desk: somebody found, and helped
 *
 * Whoever is let in by the policy of `desk` may do what `may` says, with
 * anybody but themselves and those named in `not_for`. Each act is recorded
 * before it is done, and told to the person.
 */
#ifndef COUNTERSIGN_HOST_DESK_H
#define COUNTERSIGN_HOST_DESK_H

#include "account.h"

#define DESK_FINDS_MAX	60		/* in ten minutes, of one helper */
#define DESK_LIFE_MS	(30LL * 60 * 1000)	/* of a page about somebody */

#define FIELD_FIND	"find"
#define FIELD_WHO	"csn-who"	/* whom a page is about, sealed */
#define FIELD_HOURS	"hours"
#define FIELD_USES	"uses"

struct desk_case {
	struct person p;
	int64_t login_ms;
	bool own;		/* the helper's own account */
	bool closed;		/* named in not_for, or that cannot be read */
	struct people_record record;
	struct buf raw;		/* what it points into */
};

/* Somebody by their name ("realm/name" where there are several) or by the
 * reference of a page. STORE_OK; STORE_ABSENT: nobody of that name; or
 * STORE_FAILED. desk_case_free() in any case. */
int desk_find(struct visit *, struct csn_str typed, struct desk_case *ret);
/* The person that an earlier page of this session was about. */
int desk_again(struct visit *, struct csn_str sealed, struct desk_case *ret);
void desk_case_free(struct desk_case *);
/* For such a page: sealed, for this session, with the time. */
struct csn_str desk_sealed(struct visit *, const struct person *);
/* Whether this helper may look for one more. A store result; STORE_STALE: not
 * now. */
int desk_find_count(struct visit *);

enum desk_act {
	DESK_NONE = 0, DESK_UNLOCK, DESK_END_SESSIONS, DESK_LINK, DESK_RESET,
	DESK_TEMPORARY
};

struct desk_wish {
	enum desk_act act;
	int factor;		/* or -1 */
	bool ask;		/* for how long is to be said first */
	uint64_t hours, uses;
};

/* What is shown once: a link, or a code. */
struct desk_result { struct csn_str secret; int64_t until_ms; };

/* The act of a button's value, if `may` has it and the factor can do it. 0 or
 * -1. */
int desk_wish_read(struct visit *, struct csn_str text,
    struct desk_wish *ret);
bool desk_may(const struct visit *, enum desk_act);
/* Whether the act makes sense for this factor. */
bool desk_factor_can(const struct visit *, enum desk_act, int factor);
/* Why nothing may be done with this person, as a text's key, or NULL. */
const char *desk_refused(const struct desk_case *);
/* 0; -1: it was not done, with why as a text's key. */
int desk_do(struct visit *, const struct desk_case *, const struct desk_wish *,
    struct desk_result *ret, const char **ret_why);

/* page_desk.c: 33 */
void page_desk(struct visit *, const char *message);
void page_desk_person(struct visit *, const struct desk_case *,
    enum desk_act done);
/* For how long, and how often. */
void page_desk_temporary(struct visit *, const struct desk_case *,
    const struct desk_wish *);
void page_desk_result(struct visit *, const struct desk_case *,
    const struct desk_wish *, const struct desk_result *);

#endif
