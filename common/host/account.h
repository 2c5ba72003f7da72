/* SPDX-License-Identifier: Apache-2.0 */
/*
 * account.h - what the files about the page of one's own account share
 *
 * What is asked for there is a wish: a verb, perhaps a factor and an item, as
 * the page's buttons have it. Sessions are ended on the session's word alone;
 * all else takes a second factor of these last minutes (security.md E5).
 */
#ifndef COUNTERSIGN_HOST_ACCOUNT_H
#define COUNTERSIGN_HOST_ACCOUNT_H

#include "visit.h"

#define ACCOUNT_SESSIONS_MAX	50u	/* shown */
#define ACCOUNT_RECENT_MAX	20u

#define FIELD_WISH	"csn-wish"	/* a button's */

enum account_verb {
	ACCOUNT_NONE = 0,
	ACCOUNT_END,			/* one session */
	ACCOUNT_END_OTHERS,
	ACCOUNT_NOT_ME,
	ACCOUNT_ADD,			/* from here on: changes */
	ACCOUNT_REMOVE,
	ACCOUNT_RENAME,
	ACCOUNT_CODES,
	ACCOUNT_FORGET,			/* a remembered browser */
	ACCOUNT_FORGET_ALL
};

struct account_wish {
	enum account_verb verb;
	int factor;			/* or -1 */
	struct csn_str item;
};

/* A verb as wishes, plugins and the list of what happened spell it. */
const char *account_word(enum account_verb);
/* "VERB", "VERB:ITEM" or "VERB:FACTOR:ITEM". 0, or -1: no such wish. */
int account_wish_read(const struct conf *, struct csn_str text,
    struct account_wish *ret);

/* Something for this session's own page only, "account" or "desk": sealed,
 * with the time. "" when there is no memory. */
struct csn_str account_sealed(struct visit *, const char *page,
    struct csn_str what);
/* 0, and what it was; -1: of another session or page, older, or none. */
int account_sealed_open(struct visit *, const char *page, struct csn_str text,
    int64_t max_age_ms, struct csn_str *ret);
/* The same for a word. */
struct csn_str account_token(struct visit *, const char *word);
bool account_token_good(struct visit *, struct csn_str text, const char *word,
    int64_t max_age_ms);

/* Whether this is the person whose page it is. */
bool account_own(const struct visit *, const struct person *);
/* The person's sessions, this one first; a store result. */
int account_sessions(struct visit *, struct session *ret, size_t max,
    size_t *ret_n);
/* Ends logins that are under way: before sessions, so that what comes of one
 * until then is found. A store result. */
int account_cut(struct visit *);
/* Ends all of them but this one. */
int account_end_others(struct visit *);

/* visit_change.c: asks for a second factor, unless one is proved in an
 * exchange of these last minutes, then does it. */
void account_change(struct visit *, struct csn_str wish);

/* account_call.c: the index of an operation that the plugin offers to the
 * account's owner, or -1. */
int account_op(const struct visit *, int factor, const char *name);
/* Calls it for the session's person; item, params and state are the request's.
 * 0 or -1: it could not be asked. */
int account_call(struct visit *, int factor, int op,
    const struct csn_req *, struct verdict *ret);
/* Devices and code sets of a factor; none where it lists none. 0 or -1. */
int account_items(struct visit *, int factor, struct verdict *ret);
/* By this id an item is the set of recovery codes, and its detail says how
 * many are left. */
#define ACCOUNT_CODES_ITEM "recovery-codes"

/* visit_account.c: to the page, which says what was done. */
void account_done(struct visit *, const char *done);

/* page_account_note.c: why it was not done, in a plugin's words. */
void page_account_refused(struct visit *, const struct verdict *);
/* 20: the only device is to be removed. */
void page_account_last(struct visit *, struct csn_str add);
/* Another name is asked for the device of this one. */
void page_account_name(struct visit *, struct csn_str now);

/* page_account.c: the page itself, with what was done (a word), or "". */
void page_account(struct visit *, struct csn_str done);

#endif
