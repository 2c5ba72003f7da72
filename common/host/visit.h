/* SPDX-License-Identifier: Apache-2.0 */
/*
 * visit.h - one request to the pages, from its arrival to its answer
 *
 * A visit is routed on the loop, then worked on by one thread at a time: a
 * worker of the gate, or of the factor whose step may block. Every path ends
 * in visit_answer(), exactly once.
 */
#ifndef COUNTERSIGN_HOST_VISIT_H
#define COUNTERSIGN_HOST_VISIT_H

#include "gate.h"
#include "target.h"
#include "verdict.h"

#define VISIT_COOKIES_MAX	16u
#define VISIT_BODY_MAX		(64u * 1024)
#define VISIT_BUTTONS_MAX	24u
#define VISIT_FIELDS_MAX	8u
#define VISIT_PENDING_MAX	24u
#define VISIT_MARK_MAX		4u
#define VISIT_MEMORY		12288u

#define FIELD_ROUND	"csn-round"	/* exchange id and token */
#define FIELD_TARGET	"to"
#define FIELD_AGE	"csn-age"	/* when the page was drawn, sealed */
#define FIELD_FACTOR	"csn-factor"	/* a choice */
#define FIELD_TOKEN	"csn-token"	/* of logout */
#define FIELD_LATER	"csn-later"	/* a reminder is put off */
#define FIELD_KEEP	"csn-keep"	/* a list to save, sealed */
#define FIELD_REMEMBER	"csn-remember"	/* this browser; ticked */
#define FIELD_REMEMBER_ASKED "csn-remember-asked"
#define FIELD_HINT	"hint"		/* whom the person may be */

struct leave;

enum visit_route {
	ROUTE_UNKNOWN = 0,
	ROUTE_LOGIN,		/* P/login and P/login/ID */
	ROUTE_SAVE,		/* P/login/save */
	ROUTE_LOGOUT,		/* P/logout */
	ROUTE_ENROL,		/* P/enrol/TICKET */
	ROUTE_ACCOUNT,		/* P/account */
	ROUTE_DESK,		/* P/desk */
	ROUTE_ENDPOINT,		/* P/f/FACTOR/ENDPOINT */
	ROUTE_START,		/* of an application's host */
	ROUTE_ENTER,
	ROUTE_APP_LOGOUT,
	ROUTE_DENIED
};

struct visit {
	struct csn_gate *gate;
	struct gate_conf *gc;
	const struct conf *conf;
	const struct csn_visit *in;
	csn_seen *seen;
	void *seen_arg;
	void (*work)(struct visit *);	/* what the next thread does */
	struct arena arena;
	int64_t now_ms;
	struct csn_str language;
	bool set_language;
	struct csn_str host;		/* lower case, with :port if not 443 */
	enum visit_route route;
	struct csn_str rest;		/* ID, TICKET, or FACTOR/ENDPOINT */
	struct csn_pairs query, form;
	bool malformed;			/* the query of ROUTE_ENDPOINT */
	bool lapsed;			/* the exchange of `round` expired */
	bool post, have_client;
	bool on_loop;			/* the store may not be asked here */
	bool needs_store;		/* and would have had to be */
	struct ip client;
	struct csn_str reference;	/* "" until something is refused */
	struct csn_str next_reference;	/* what it is then; "": not made yet */
	bool referred;			/* the audit log has it */

	bool have_target;
	struct target target;
	struct csn_str target_text;	/* as in `to=` */
	struct csn_str policy_name;	/* of the target, for the audit */

	bool have_session;		/* anchor, live */
	struct session session;

	bool have_exchange;
	struct exchange x;
	bool no_cookies;		/* the browser sent none of ours */
	bool enrolled_known;
	struct bits enrolled;
	struct people_record record;	/* of x.person, when read */
	struct buf raw;			/* what `record` points into */
	struct store_op used;		/* what serve() swaps once what it
					 * names has ended; no key: nothing */
	unsigned asked;			/* counted for the address so far, as
					 * what is no try */
	bool record_read;		/* in this visit, not changed since */
	struct person account_of;	/* whose this is: */
	char account[PEOPLE_ACCOUNT_LEN + 1];	/* or "" */
	struct buf ahead_raw;		/* what the mark read, for `ahead` */
	struct ahead ahead;		/* of the next step */
	bool marked;			/* this round's token is used up */
	struct store_op mark[VISIT_MARK_MAX];	/* round_mark.c */
	size_t nmark;
	int mark_rc;
	struct pool *mark_pool;		/* where it goes on */
	struct pool_task task;
	bool reserve_done;		/* its try was reserved with the mark */
	int reserve_rc;
	int64_t reserve_until_ms;
	size_t npending;
	int pending_rc;
	bool pending_needed;		/* without it there is no such answer */
	int swapped_by;			/* a factor's own value is; else -1 */
	bool session_made;		/* v->session is among it */
	struct bits stood_for;		/* factors that a remembered browser
					 * stood for; among it as well */
	bool session_guarded;		/* the person's record is expected to
					 * be as it was read */
	struct csn_str guard;		/* the key of what expects that */
	uint64_t session_epoch;
	uint8_t round[EXCHANGE_TOKEN_LEN];	/* the token that was used */
	uint32_t endpoint;		/* of ROUTE_ENDPOINT: its index */
	struct leave *leave;		/* a logout on its way */
	/* what a plugin was told to come back with: the token to come */
	bool have_next;
	uint8_t next[EXCHANGE_TOKEN_LEN];
	uint8_t wait_token[EXCHANGE_TOKEN_LEN];	/* whose answer is waited for */
	int64_t wait_age_ms;
	struct csn_view view;

	/* not cleared at the start: their numbers say what of them holds */
	/* what the answer's commit writes (answers.c) */
	struct store_op pending[VISIT_PENDING_MAX];
	struct csn_cookie cookies[VISIT_COOKIES_MAX];
	struct csn_button buttons[VISIT_BUTTONS_MAX];
	struct csn_pair fields[VISIT_FIELDS_MAX];
	/* what the arena hands out first */
	_Alignas(16) unsigned char memory[VISIT_MEMORY];
};

/* visit.c */
void visit_answer(struct visit *);
/* Goes on with work() on the general pool, or on the factor's where its step
 * may block. Answers "busy" if that is full. */
void visit_continue(struct visit *, int factor, void (*work)(struct visit *));
/* Goes on with work() on a pool. 0, or -1 when that is full. */
int visit_hand_over(struct visit *, struct pool *,
    void (*work)(struct visit *));
void visit_cookie(struct visit *, struct csn_str name, struct csn_str value,
    int64_t max_age_s, uint32_t flags);
void visit_redirect(struct visit *, struct csn_str url);
/* A reference for this visit, made once. */
struct csn_str visit_reference(struct visit *);
/* The one that a refusal will have: for what a plugin tells before there is
 * one. */
struct csn_str visit_reference_of_call(struct visit *);
/* One audit event about this visit; -1 if it could not be written: then
 * nothing may be granted (security.md O6). */
int visit_audit(struct visit *, const char *event, const char *reason,
    int factor);
/* The same about somebody who is not pinned yet (or nobody). */
int visit_audit_person(struct visit *, const char *event,
    const char *reason, const struct person *, int factor);
/* Tells the exchange's person by mail, in a while. `factor` -1: none. */
void visit_notice(struct visit *, enum conf_notice, int factor);
/* The same with the answer's commit: what it tells of becomes true there. */
void visit_notice_with(struct visit *, enum conf_notice, int factor);
/* For the person's own list of what happened (recent.h), with the answer's
 * commit. `factor` -1: none. A failure must be told as one. */
void visit_recent(struct visit *, const struct person *, const char *event,
    int factor, struct csn_str detail, bool failure);
/* visit_route.c: v->route, v->host and v->rest. 0, or the status to answer: 421
 * for a Host that is not ours (R1). */
uint32_t visit_route(struct visit *);
/* visit_enrol.c: the exchange's link names this person and factor, and is
 * neither used up nor expired. */
bool visit_link_good(struct visit *, struct csn_str factor);
/* A form from our own page: Origin or Sec-Fetch-Site say so (S6). */
bool visit_same_origin(const struct visit *);

/* visit_session.c: the anchor session of this browser. 0 if it lives, -1 if
 * there is none, -2 if there is one that could not be asked about, or two. */
#define VISIT_SESSION_UNKNOWN (-2)
int visit_session_find(struct visit *);
/* What the session opens under a policy now. */
enum session_fit { FIT_NOT = 0, FIT_GOES_ON, FIT_FORBIDDEN };
enum session_fit visit_session_fits(struct visit *,
    const struct conf_policy *);
/* Older, or longer without activity, than this policy takes: its proofs are
 * not carried, a new session is made. */
bool visit_session_too_long(const struct visit *, const struct conf_policy *);
/* May this browser see a page of ours? By the policy, or, if that is negative,
 * by any session. FIT_NOT: a login is due; FIT_FORBIDDEN: it was answered. */
enum session_fit visit_session_admits(struct visit *, int policy,
    const char *refused);
/* Seals the session's cookie for a host into the answer. */
int visit_session_cookie(struct visit *, const struct session *,
    struct csn_str host);

/* visit_exchange.c */
/* Finds the exchange with this id among the cookies. */
int visit_exchange_find(struct visit *, struct csn_str id);
/* The one whose current token, or the one before, is `round`. */
int visit_exchange_of_round(struct visit *);
/* One in which this session's owner has proved a second factor, for changes. */
int visit_exchange_change(struct visit *);
/* Seals the exchange into its cookie; drops others beyond the budget. */
int visit_exchange_save(struct visit *, bool cross_site);
void visit_exchange_clear(struct visit *);
struct csn_str visit_round_text(struct visit *);

/* visit_login.c */
/* May run on the loop if visit_login_is_new(). */
void visit_login(struct visit *);
bool visit_login_is_new(const struct visit *);
/* A page load, as far as the browser says what it does; no prefetch. */
bool visit_is_navigation(const struct csn_visit *);
void visit_login_post(struct visit *);
void visit_offer(struct visit *);	/* what comes next in v->x */
void visit_no_way(struct visit *);	/* refused: nothing comes next */
/* Sends the browser on to the target: the session satisfies it. */
void visit_pass_on(struct visit *);
void visit_restart(struct visit *);	/* to /login?to= */
/* Which policy v->target falls under: 0 and its index, or -1 and why not, in
 * words. */
int visit_target_policy(struct visit *, int *ret, const char **ret_why);
/* The first application that asks for a login, and, unless `factor` is
 * negative, whose policy lets one begin with it: v->target. 0 with the policy's
 * index, or -1. */
int visit_target_default(struct visit *, int factor, int *ret_policy);
/* The same for this address, if it is one of an application's (S11). */
int visit_target_named(struct visit *, struct csn_str url, int factor,
    int *ret_policy);
/* From here on v->target is where this login leads. */
void visit_target_set(struct visit *);
/* A login leads to the page of one's own account. */
void visit_target_account(struct visit *);
struct csn_str visit_account_url(struct visit *);
/* The same of the help desk's. */
void visit_target_desk(struct visit *);
struct csn_str visit_desk_url(struct visit *);
/* The target that went along in the exchange while the browser was away. */
void visit_target_back(struct visit *);
/* The reverse; one that is too long for a cookie gives way to its host's
 * root. */
void visit_target_keep(struct visit *);

/* round.c */
void round_begin(struct visit *, int factor);
void round_submit(struct visit *, uint32_t event);
/* What is known of the person, read anew (E4). -1: it cannot be read, or all
 * was revoked since the exchange pinned them (S8). */
int round_person(struct visit *);
/* round_mark.c: marks v->round as used, and goes on with work() on the thread
 * of the factor (-1: any), which asks round_marked() how it went. */
void round_mark(struct visit *, int factor, void (*work)(struct visit *));
int round_marked(struct visit *);	/* a store result */
/* The store's key of a round of v->x. */
#define ROUND_USED	"r/"		/* its mark */
#define ROUND_ANSWER	"a/"
void round_key(const struct visit *, const char *kind,
    const uint8_t token[EXCHANGE_TOKEN_LEN], struct buf *ret);
/* round_try.c: the reservation of a second factor's try, to be made with the
 * mark of its round. false: none is due. */
bool round_reserve_op(struct visit *, struct store_op *, struct buf *key);
/* round_req.c: v->account, of x.person; 0 or -1. */
int round_account(struct visit *);
/* What was typed, for a plugin: without our own fields. 0 or -1. */
int round_params(struct visit *, struct csn_pairs *ret);

/* finish.c: the history is a word: makes or extends the session. */
void finish(struct visit *);
/* Writes a session's record; a store result. */
int session_write(struct csn_gate *, const struct session *, int64_t now_ms);
/* After the commit: STORE_OK, or the session was ended by one of its keys, or
 * by its owner as a login under way, before it began (security.md S8), and has
 * been ended now. */
int session_ended_early(struct visit *, const struct session *);
/* The operation alone; key and value lie in the buffers. 0 or -1. */
int session_op(struct csn_gate *, const struct session *, struct store_op *,
    struct buf *key, struct buf *value);

/* handover.c */
void visit_start(struct visit *);
void visit_enter(struct visit *);
void handover_ticket(struct visit *);

/* visit_logout.c */
void visit_logout(struct visit *);
/* visit_save.c: a list to keep (recovery codes) as P/login/save gives it back
 * for a file; "" if it cannot be sealed. */
struct csn_str visit_save_text(struct visit *, struct csn_str list);
void visit_save(struct visit *);
void visit_app_logout(struct visit *);
/* Ends one session, here and by the feed everywhere; a store result. */
int session_end(struct csn_gate *, const uint8_t id[SESSION_ID_LEN],
    int64_t now_ms);

/* visit_leave.c: the session has ended here; now the providers, as each kept
 * what it needs. Answers in the end. */
void leave_begin(struct visit *, const struct session *, bool everywhere);

/* visit_target.c: what guards look at: in this login, or of a session. */
void visit_facts(const struct visit *, struct guard_facts *);
void visit_facts_network(const struct visit *, struct guard_facts *);
/* The networks that the client is in for one of application and login only. */
uint64_t visit_networks_apart(const struct visit *);

/* visit_enrol.c */
void visit_enrol(struct visit *);

/* visit_account.c */
void visit_account(struct visit *);
/* visit_remember.c: for how many seconds this browser would be remembered for
 * the round's factor; 0: it is not offered. */
int64_t visit_remember_offered(const struct visit *);
/* What was said to that. */
void visit_remember_asked(struct visit *);
/* A factor on offer for which this browser is remembered: goes on behind it
 * and answers, or false. */
bool visit_remember_use(struct visit *, const struct bits *offered);
/* What a browser stood for in an earlier round is in the commit as well: it
 * still does. 0 or -1. */
int visit_remember_stands(struct visit *);
/* The login is complete: remembers the browser if that was asked. 0 or -1. */
int visit_remember_keep(struct visit *);
/* visit_change.c: the second factor of a change is proved. */
void visit_change_proved(struct visit *);
/* A round of a change behind that. */
void visit_change_round(struct visit *);
/* visit_desk.c */
void visit_desk(struct visit *);

/* visit_endpoint.c */
void visit_endpoint(struct visit *);

/* page.c: each fills v->view and answers. */
struct remind;
struct guard_facts;
/* 10: a grace ends soon; to set the factor up now, or later. */
void page_remind(struct visit *, const struct remind *,
    const struct guard_facts *);
void page_choose(struct visit *, const struct bits *offered,
    struct csn_str message, int down);
void page_form(struct visit *, const struct verdict *);
void page_wait(struct visit *, const struct verdict *);
void page_post(struct visit *, const struct verdict *);
/* The form that came to an endpoint, to the same one by a page of ours. */
void page_again(struct visit *);
/* To the provider, no round: by redirect, or by a form that submits itself. */
void page_away(struct visit *, const struct csn_reply *, int factor);
void page_expired(struct visit *);		/* 22 */
void page_other_browser(struct visit *);	/* 23 */
void page_cookies(struct visit *);		/* 24 */
void page_throttled(struct visit *, int64_t until_ms);	/* 25 */
void page_trouble(struct visit *, const char *why);	/* 28 */
void page_denied(struct visit *, const char *why);	/* 19 */
void page_wrong_person(struct visit *);		/* 18 */
void page_apart(struct visit *);			/* 19 */
void page_circles(struct visit *);		/* 35 */
void page_said(struct visit *, uint32_t screen, const struct verdict *);
void page_not_enrolled(struct visit *);		/* 14 */
void page_landing(struct visit *);		/* 20 */
void page_done_already(struct visit *);		/* 21 */
void page_logout(struct visit *, struct csn_str token);
/* 29; `unconfirmed` is a factor whose provider did not say so, or -1 */
void page_logged_out(struct visit *, bool everywhere, int unconfirmed);
void page_link(struct visit *, const char *state);	/* 13 */
void page_unknown(struct visit *, uint32_t status);	/* 34 */

/* answers.c: what a visit decided becomes durable with its answer. */
/* Adds an operation to the commit; key and value are copied. `needed`: if it
 * cannot be written, the answer is another. -1 if there is no room. */
int answer_write(struct visit *, const struct store_op *, bool needed);
/* Forgets what was to be written, and the cookies with it: the answer will be
 * another. */
void answer_withdraw(struct visit *);
/* Answers, after one commit: what was decided, and a used round's answer for
 * the same browser. If it cannot be written, another answer is given in its
 * place. The visit is another thread's from here on. */
void answer_send(struct visit *);
/* Gives a kept answer; false if there is none (yet). */
bool answer_again(struct visit *, const uint8_t token[EXCHANGE_TOKEN_LEN],
    int64_t max_age_ms);

/* view_pack.c */
void view_pack(struct buf *, const struct csn_view *);
int view_unpack(struct arena *, struct csn_str, struct csn_view *ret);

#endif
