/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verdict.h - what a plugin said, checked against every rule of the ABI
 *
 * The host believes a reply only after this. A broken rule makes the verdict
 * ERROR, is counted per factor and logged with its number (design.md 4).
 */
#ifndef COUNTERSIGN_HOST_VERDICT_H
#define COUNTERSIGN_HOST_VERDICT_H

#include "call.h"

#define VERDICT_PROMPTS_MAX	16u
#define VERDICT_ITEMS_MAX	256u
#define VERDICT_PEOPLE_MAX	20000u	/* of CSN_OP_PEOPLE */
#define VERDICT_GROUPS_MAX	2000u
#define VERDICT_TEXT_MAX	4096u
#define VERDICT_BODY_MAX	(256u * 1024)
#define VERDICT_SKEW_MS		120000

/* Numbers are stable: they stand in logs, manuals and tests. */
enum verdict_rule {
	RULE_NONE = 0,
	RULE_VERDICT = 1,	/* not one this function may return */
	RULE_TAINTED = 2,	/* the call was tainted */
	RULE_LATE = 3,		/* after the deadline */
	RULE_ECHO = 4,		/* GRANT without the exchange echoed */
	RULE_GRANT_EXTRA = 5,	/* GRANT with an action or state */
	RULE_SUBJECT = 6,	/* identity GRANT without a good subject */
	RULE_SECOND_NAMES = 7,	/* a second factor named somebody */
	RULE_AUTH_TIME = 8,	/* from the future, or negative */
	RULE_ACTION = 9,	/* unknown action, or not for this function */
	RULE_FIELDS = 10,	/* not exactly the fields of the action */
	RULE_URL = 11,		/* not an https URL */
	RULE_PROMPTS = 12,	/* too many, unknown kind, bad or twice a
				 * name */
	RULE_STATE = 13,	/* over 16 KiB, or where there may be none */
	RULE_TEXT = 14,		/* not UTF-8, a NUL, or too long */
	RULE_WAIT = 15,		/* outside 1 to 60 s */
	RULE_STRIDE = 16,	/* a stride smaller than version 1's */
	RULE_KIND = 17,		/* flags that this factor may not set */
	RULE_REASON = 18,	/* unknown reason */
	RULE_LISTS = 19,	/* too many groups, attributes, items, fields */
	RULE_MEMORY = 20,	/* the host could not copy the reply */
	RULE_LIMIT = 21,	/* GRANT though throttle() said LIMIT */
	RULE_ORIGIN = 22,	/* REDIRECT or POST to where nothing says */
	RULE_BACK = 23		/* back_at or back_by names no way back */
};

/* In words, for log lines. */
const char *verdict_rule_text(enum verdict_rule);

enum verdict_function { VERDICT_STEP = 1, VERDICT_MANAGE, VERDICT_SERVE };

/* A reply that the host owns: deep copies in an arena of the host's, prompts
 * and items in arrays of our own stride. */
struct verdict {
	uint32_t verdict;		/* CSN_ERROR if any rule was broken */
	enum verdict_rule broken;
	struct csn_reply reply;		/* zero unless the verdict stands */
};

/* Runs step(), manage() or serve() in its call and checks the answer. Copies
 * into `keep`. Never fails otherwise than by a verdict of ERROR. */
void verdict_call(struct csn_call *, enum verdict_function,
    const struct csn_req *, struct arena *keep, struct verdict *ret);

/* By the reply's own stride: its plugin may know longer ones. */
struct csn_prompt verdict_prompt(const struct csn_reply *, size_t i);
struct csn_item verdict_item(const struct csn_reply *, size_t i);

/* The check alone, for tests: every value of `said`, every reply. */
enum verdict_rule verdict_check(const struct csn_call *,
    enum verdict_function, const struct csn_req *, uint32_t said,
    const struct csn_reply *);

#endif
