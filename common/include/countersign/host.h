/* SPDX-License-Identifier: Apache-2.0 */
/*
 * countersign/host.h - the embedding API: all that a gateway sees
 *
 * A gate is one configuration in force with its plugins, keys and store. A
 * gateway asks it two things: may this request pass (csn_gate_check(), on the
 * event loop, no I/O), and what to answer to a visitor of the login pages
 * (csn_gate_visit(), answered later from a worker). The gate decides; the
 * gateway carries requests to it and draws what comes back. It never looks
 * into a cookie, a ticket or a verdict.
 *
 * Slices that go in are borrowed until the call returns (csn_gate_visit():
 * until the answer is given). Slices that come out live as long as the sentence
 * beside them says. All functions may be called from any thread.
 */
#ifndef COUNTERSIGN_HOST_H
#define COUNTERSIGN_HOST_H

#include <countersign/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define CSN_API __attribute__((visibility("default")))
#else
#define CSN_API
#endif

struct csn_gate;

/* Where sentences go: a severity of plugin.h, one line without its end. From
 * any thread, several at once. */
typedef void csn_say(void *arg, uint32_t severity, struct csn_str line);

/* A letter to somebody about their account: keys of texts with {args}, as on
 * pages. */
struct csn_letter {
	struct csn_str language;
	struct csn_str subject, message;
	struct csn_pairs args;
	struct csn_str who, client;	/* client "" if not known */
	int64_t time_ms;
};
/* Its texts, to be freed by csn_free(). 0 or -1. Any thread. */
typedef int csn_compose(void *arg, struct csn_gate *,
    const struct csn_letter *, struct csn_str *ret_subject,
    struct csn_str *ret_body);

/* Copied by csn_gate_open(), but for what it points to: that stays until
 * csn_gate_close(). */
struct csn_options {
	const char *conf_path;		/* the configuration file */
	const char *plugin_dir;		/* NULL: where they were installed */
	csn_say *say;			/* the log for people; never NULL */
	void *say_arg;
	int64_t (*now_ms)(void *);	/* NULL: the wall clock; tests move
					 * it */
	void *now_arg;
	csn_compose *compose;		/* NULL: no letters are sent */
	void *compose_arg;
	uint32_t offline;		/* 1: for the operator's command: no
					 * background threads, no audit of
					 * start */
};

/* Keeps what references of the configuration may name of the environment, and
 * clears it for the libraries' sake (TZ stays, LDAPNOINIT=1 is set). Once, at
 * the start of the program, before any thread. */
CSN_API void csn_prepare_process(void);

/*
 * Loads all and starts the background work. Faults are said, each a line.
 * NULL if the configuration, a plugin, the keys or the store cannot be used;
 * a directory or provider that is down is no such fault.
 */
CSN_API struct csn_gate *csn_gate_open(const struct csn_options *);

/* Reads the configuration and keys again. On any fault the old ones stay in
 * force and -1 is returned; else 0. Exchanges and sessions go on. One at a
 * time. */
CSN_API int csn_gate_reload(struct csn_gate *);

/* Opens the audit log again, after it was rotated. */
CSN_API void csn_gate_reopen_logs(struct csn_gate *);

/* Ends the background work and frees all. Visits that were not answered yet
 * are waited for; no other call may be under way. NULL may be given. */
CSN_API void csn_gate_close(struct csn_gate *);

/* ------------------------------------------------------------------ */
/* Listeners, as configured. Valid until csn_gate_close(). The first call comes
 * alone, at start; a reload changes nothing of it. */

#define CSN_L_PAGES	1u
#define CSN_L_CHECK	2u
#define CSN_L_METRICS	3u
#define CSN_DIALECT_NGINX	1u
#define CSN_DIALECT_CADDY	2u
#define CSN_DIALECT_TRAEFIK	3u
#define CSN_DIALECT_ENVOY	4u
#define CSN_DIALECT_HAPROXY	5u

struct csn_net { uint8_t base[16]; uint32_t bits; };	/* v4 as ::ffff:… */

struct csn_listener {
	uint32_t role, dialect, mode, clear_text;
	struct csn_str unix_path, group, tcp;
	const uint32_t *peer_uids;
	size_t npeer_uids;
	const struct csn_net *peers;
	size_t npeers;
	struct csn_str client_address;	/* header to believe, or "" */
	struct csn_str tls_certificate, tls_key, tls_client_ca;
};

CSN_API size_t csn_gate_listeners(struct csn_gate *,
    const struct csn_listener **ret);

/* ------------------------------------------------------------------ */
/* May this request pass? */

#define CSN_ALLOW	0x5a3c96e1u	/* 200 with the headers */
#define CSN_LOGIN	0x1d7b2f48u	/* 401; login_url if it is a page
					 * load */
#define CSN_REFUSE	0xc4e18b37u	/* 403, with a reference */
#define CSN_LATER	0x83a65d9cu	/* ask csn_gate_check_blocking() */

struct csn_facts {
	struct csn_str url;		/* the original, absolute, as told;
					 * exactly one header line told it, else
					 * "" */
	struct csn_str method;		/* the original; "" if not told */
	struct csn_str client;		/* address as text; "" if not told */
	struct csn_strs cookies;	/* each Cookie line as it came */
	struct csn_str mode, dest, purpose; /* Sec-Fetch-Mode, -Dest,
					     * -Purpose */
	struct csn_str accept, requested_with;
	struct csn_str method_override;	/* X-HTTP-Method-Override and the like,
					 * "" if none came */
};

struct csn_answer {
	uint32_t outcome;		/* zero and all else: refuse */
	struct csn_pairs headers;	/* every identity header, some empty */
	struct csn_str cookie;		/* Cookie for the application: without
					 * ours; empty if nothing is left */
	struct csn_str login_url;	/* "" where a redirect helps nobody */
	struct csn_str reference, policy, reason;	/* of a refusal */
};

/* Answers from memory. The answer's slices lie in the given memory (32 KiB at
 * least, aligned for anything) or in the facts. Never blocks; CSN_LATER when
 * this node meets a session for the first time. */
CSN_API void csn_gate_check(struct csn_gate *, const struct csn_facts *,
    void *memory, size_t n, struct csn_answer *ret);
/* The same, but may ask the store: for a worker thread. Never CSN_LATER. */
CSN_API void csn_gate_check_blocking(struct csn_gate *,
    const struct csn_facts *, void *memory, size_t n, struct csn_answer *ret);

/* Runs a function on one of the gate's own workers; for the above. -1 when the
 * queue is full: answer 503. */
CSN_API int csn_gate_run(struct csn_gate *, void (*)(void *), void *);

/* ------------------------------------------------------------------ */
/* A visitor of the pages */

struct csn_visit {
	struct csn_str method, host;	/* host as sent, one Host line */
	struct csn_str path, query;	/* raw; query without '?', p NULL:
					 * none */
	struct csn_str content_type, body;
	struct csn_strs cookies;
	struct csn_str client, user_agent, accept, accept_language;
	struct csn_str origin, referer, requested_with;
	struct csn_str site, mode, dest, purpose;	/* Sec-Fetch-… */
	struct csn_str authorization;
	/* runs run(run_arg) where csn_gate_visit() was called, for what does
	 * not block; `arg` is csn_seen's. 0, or -1: it cannot. NULL: likewise.
	 */
	int (*resume)(void *arg, void (*run)(void *), void *run_arg);
};

#define CSN_V_PAGE	1u
#define CSN_V_REDIRECT	2u	/* 303 to url */
#define CSN_V_POST	3u	/* a page that submits fields to url */
#define CSN_V_BODY	4u	/* content_type, body */

#define CSN_TONE_PLAIN	0u
#define CSN_TONE_ERROR	1u	/* role=alert, "Error:" in the title */
#define CSN_TONE_DONE	2u

#define CSN_B_PRIMARY	1u
#define CSN_B_DISABLED	2u	/* note says why */
#define CSN_B_QUIET	4u	/* drawn as a link */
#define CSN_B_FORM	8u	/* url is where this button sends the form */

/* A way on: with url a link, else it submits name=value with the form. All
 * texts are English translation keys with {args}. */
struct csn_button {
	struct csn_str label, note;
	struct csn_pairs args;
	struct csn_str name, value, url;
	uint32_t flags, reserved;
};

/* A line of a list: what it is, what is known of it, what can be done. Texts
 * are keys with {args}; buttons submit the page's form, or are links. */
struct csn_row {
	struct csn_str title, detail, note;
	struct csn_pairs args;
	const struct csn_button *buttons;
	size_t nbuttons;
};

/* A list with its heading, and what can be done with all of it. */
struct csn_section {
	struct csn_str heading, text;
	struct csn_pairs args;
	const struct csn_row *rows;
	size_t nrows;
	const struct csn_button *buttons;
	size_t nbuttons;
};

/* One page. `screen` is its number in docs/pages.md: for style sheets, tests
 * and the people who explain it; it changes nothing else. */
struct csn_page {
	uint32_t screen, tone;
	struct csn_str language;	/* "en": chosen for this visitor */
	struct csn_str heading;		/* key; the <h1> */
	struct csn_str message;		/* key; "" if none */
	struct csn_pairs args;		/* of heading, message, buttons */
	struct csn_str host;		/* where one is going, or "" */
	struct csn_str who;		/* whom one logs in as, or "" */
	struct csn_str not_you;		/* url of "Not you?", or "" */
	struct csn_str notice;		/* the site's, where it is due */
	struct csn_str action;		/* the form's url; "" is no form */
	struct csn_pairs fields;	/* hidden */
	const struct csn_prompt *prompts;
	size_t nprompts;
	const struct csn_button *buttons;
	size_t nbuttons;
	struct csn_str here;		/* this page's url, for language
					 * links */
	struct csn_str reference;	/* of a refusal, or "" */
	int64_t time_ms;
	uint32_t refresh_s;		/* WAIT: load `here` again */
	uint32_t reserved;
	struct csn_str go;		/* where it leads at once, or "" */
	/* origins that the form's submit may lead to, for form-action */
	struct csn_strs form_origins;
	/* in the form, behind its prompts and before its buttons; never on a
	 * page that answers a round, for what is kept of it has none */
	const struct csn_section *sections;
	size_t nsections;
};

#define CSN_C_NONE	1u	/* SameSite=None; else Lax */
#define CSN_C_CLEAR	2u	/* Max-Age=0 */

/* Each is Secure; HttpOnly; Path=/. max_age_s 0: until the browser ends. */
struct csn_cookie {
	struct csn_str name, value;
	int64_t max_age_s;
	uint32_t flags, reserved;
};

struct csn_view {
	uint32_t kind, status;
	struct csn_str url;
	struct csn_pairs fields;
	struct csn_str content_type, body;
	struct csn_str file_name;	/* of a body to be saved, or "" */
	const struct csn_cookie *cookies;
	size_t ncookies;
	int64_t retry_after_s;		/* header, if not 0 */
	uint32_t clear_site_data;	/* 1: "storage", after a logout */
	uint32_t seen_again;		/* 1: the browser may keep it, to show
					 * it by its Back button */
	uint32_t framed;		/* 1: may be framed by form_origins, a
					 * BODY too */
	struct csn_page page;
};

/* The answer; its slices are good during the callback. */
typedef void csn_seen(void *arg, const struct csn_view *);

/* Answers exactly once, from this or a worker's thread, perhaps before it
 * returns. The visit and what it points to stay until then. */
CSN_API void csn_gate_visit(struct csn_gate *, const struct csn_visit *,
    csn_seen *, void *arg);

/* ------------------------------------------------------------------ */
/* The site, for drawing. Slices are good until csn_gate_release(). */

struct csn_site {
	struct csn_str name, help_text, help_url;	/* in the language */
	struct csn_str login_host;
	struct csn_strs languages;	/* the first is the site's */
	struct csn_str time_zone;
	struct csn_str logo, logo_type;
	struct csn_str base;		/* where static files hang, on every
					 * host: "/.countersign" */
	const void *hold;
};

/* Holds the configuration in force: csn_gate_release() is due for each. */
CSN_API void csn_gate_site(struct csn_gate *, struct csn_str language,
    struct csn_site *ret);
CSN_API void csn_gate_release(struct csn_gate *, struct csn_site *);

/* ------------------------------------------------------------------ */
/* Health */

/* 0 if logins can be accepted: store, keys, clock, feed, audit; else -1 and a
 * sentence for the operator in the caller's memory. Does not block. */
CSN_API int csn_gate_ready(struct csn_gate *, char *sentence, size_t n);

#define CSN_COUNT_ALLOW	0u
#define CSN_COUNT_LOGIN	1u
#define CSN_COUNT_REFUSE	2u
#define CSN_COUNT_VISIT	3u
#define CSN_COUNT_GRANT	4u
#define CSN_COUNT_DENY	5u
#define CSN_COUNT_ERROR	6u
#define CSN_COUNT_BROKEN	7u	/* rules of the ABI broken */
#define CSN_COUNT_SESSIONS	8u	/* known to this node now */
#define CSN_COUNT_NOTICE_SENT	9u	/* letters to people */
#define CSN_COUNT_NOTICE_FAILED	10u	/* tries that failed */
#define CSN_COUNT_NOTICE_LOST	11u	/* given up, or not written */
#define CSN_COUNT_NOTICE_WAITING 12u	/* in the queue, as counted last */
#define CSN_COUNT_MAX	13u

/* Since the start, unless it says otherwise; 0 for what is none of these. */
CSN_API uint64_t csn_gate_count(struct csn_gate *, uint32_t which);

/* ------------------------------------------------------------------ */
/* The operator's command: offline gates and running ones alike. Each function
 * writes one JSON value to `ret` (freed with csn_free()), returns 0, or -1
 * with a sentence in it. `who` is the caller, for the audit. */

CSN_API void csn_free(struct csn_str *);

/* Checks a file without store or keys: says faults and warnings. Returns the
 * number of faults. */
CSN_API int csn_check_file(const struct csn_options *);
/* The same; if there are none, `ret` is the configuration in one piece, as
 * YAML, with defaults and the origin of each value. */
CSN_API int csn_check_print(const struct csn_options *, struct csn_str *ret);

/* A JSON schema (draft 07) of the configuration, for editors, with the options
 * of the plugins that are installed. */
CSN_API int csn_schema(const struct csn_options *, struct csn_str *ret);

/* Looks for everything that is wrong on this machine, worst first; `ret` says
 * it. 0: nothing, but for notes; or one of these. Changes nothing; as root it
 * becomes the service's user on its way. */
#define CSN_DOCTOR_WARNINGS 1
#define CSN_DOCTOR_ERRORS 2
CSN_API int csn_doctor(const struct csn_options *, struct csn_str *ret);

/* Makes the keys and the store that the configuration names: 0, -1, or
 * CSN_INIT_FAULTS if the configuration has faults. All is said. As root it
 * becomes the owner of the key folder, if there is one. */
#define CSN_INIT_FAULTS (-2)
CSN_API int csn_init(const struct csn_options *);

/* op: "init", "rotate", "retire", "list"; ring "cookies" or "records". 0, -1 or
 * CSN_INIT_FAULTS. */
CSN_API int csn_keys(const struct csn_options *, struct csn_str op,
    struct csn_str ring, uint32_t id, struct csn_str who,
    struct csn_str *ret);

/* The store was put back from a copy, and the newer one is lost: all sessions
 * end, what began before counts for nothing, and no login is accepted for ten
 * minutes. */
CSN_API int csn_store_restored(struct csn_gate *, struct csn_str who,
    struct csn_str *ret);

/* Before somebody is added to or removed from a file of people: an event of
 * it. 0; 1 where there is no service yet to record it: no configuration, one
 * that is at fault while nobody is in that file, or no keys; -1, or
 * CSN_INIT_FAULTS: it cannot be recorded, so do not go on. */
CSN_API int csn_audit_people(const struct csn_options *, struct csn_str what,
    struct csn_str name, struct csn_str file, struct csn_str who,
    struct csn_str *ret);

/* Which policy and ways a request falls under, through the code of the check.
 * user and groups (comma separated short names) may be "". */
CSN_API int csn_explain(struct csn_gate *, struct csn_str url,
    struct csn_str method, struct csn_str client, struct csn_str user,
    struct csn_str groups, struct csn_str *ret);

/* The plugins that are installed, and why one of them cannot be used. Needs no
 * configuration: it is asked before there is one. */
CSN_API int csn_plugins(const struct csn_options *, struct csn_str *ret);

/* One factor's options as they came to be. */
CSN_API int csn_factor(struct csn_gate *, struct csn_str factor,
    struct csn_str *ret);
/* The factor tries itself and its peers, and looks `user` up unless that is
 * ""; what it found is in `ret`. 0, -1, or CSN_TEST_FAILED if it found a
 * fault. */
#define CSN_TEST_FAILED 1
CSN_API int csn_factor_test(struct csn_gate *, struct csn_str factor,
    struct csn_str user, struct csn_str *ret);
/* An operation of the factor that takes a file's bytes and is about nobody. As
 * csn_factor_test(). */
CSN_API int csn_factor_file(struct csn_gate *, struct csn_str factor,
    struct csn_str op, struct csn_str bytes, struct csn_str *ret);

/* Somebody's live sessions; by their ids one of them can be revoked. */
CSN_API int csn_sessions(struct csn_gate *, struct csn_str realm,
    struct csn_str subject, struct csn_str *ret);
/* By id, or all of a subject (with the generation bumped). */
CSN_API int csn_sessions_revoke(struct csn_gate *, struct csn_str id,
    struct csn_str realm, struct csn_str subject, struct csn_str who,
    struct csn_str *ret);

/* What is kept of somebody, wherever it lies; never a secret. */
CSN_API int csn_person(struct csn_gate *, struct csn_str realm,
    struct csn_str subject, struct csn_str who, struct csn_str *ret);

struct csn_person_change {
	struct csn_str realm, subject;
	struct csn_str into;		/* csn_person_move(): the new name */
	struct csn_str keep;		/* whose counts where both have one:
					 * "from", "into"; "" refuses */
	uint32_t merge;			/* 1: `into` may be somebody already */
	uint32_t dry;			/* 1: only what would come of it */
};

/* All that is kept of a name becomes another's; sessions of both end. One
 * commit: run again, what was cut short is done. */
CSN_API int csn_person_move(struct csn_gate *,
    const struct csn_person_change *, struct csn_str who,
    struct csn_str *ret);
/* Forgets somebody. The audit log gets no name, only the account. */
CSN_API int csn_person_erase(struct csn_gate *,
    const struct csn_person_change *, struct csn_str who,
    struct csn_str *ret);

/* Who of the groups (comma separated short names; "": all) has no such second
 * factor ("": none at all), with the last login and the date of a grace.
 * Groups that nobody can list are in it, with why. */
CSN_API int csn_report_unenrolled(struct csn_gate *, struct csn_str factor,
    struct csn_str groups, struct csn_str realm, struct csn_str *ret);

/* Browsers that are remembered for a second factor of somebody. */
CSN_API int csn_browsers(struct csn_gate *, struct csn_str realm,
    struct csn_str subject, struct csn_str *ret);
/* One by id, or all of somebody; sessions that rest on them end. */
CSN_API int csn_browsers_revoke(struct csn_gate *, struct csn_str id,
    struct csn_str realm, struct csn_str subject, struct csn_str who,
    struct csn_str *ret);

/* A consistent copy of the store, made beside a running daemon, into a file
 * that must not exist. */
CSN_API int csn_backup(struct csn_gate *, struct csn_str file,
    struct csn_str who, struct csn_str *ret);
/* Puts such a copy in the place of the store that the file names, where
 * nothing may be; csn_store_restored() is due then. With `check` it is tried
 * only. 0, -1 or CSN_INIT_FAULTS. */
CSN_API int csn_restore(const struct csn_options *, struct csn_str file,
    uint32_t check, struct csn_str *ret);

/* The records of a factor that is gone from the configuration become those of
 * `into`; of nobody if that is "". With `dry` it is counted only. What was cut
 * short is gone on with by the same call. */
CSN_API int csn_adopt(struct csn_gate *, struct csn_str from,
    struct csn_str into, uint32_t dry, struct csn_str who,
    struct csn_str *ret);

/* Who has failed how often, and who must wait until when; `key` of one lifts
 * it. */
CSN_API int csn_throttles(struct csn_gate *, struct csn_str *ret);
CSN_API int csn_throttle_lift(struct csn_gate *, struct csn_str key,
    struct csn_str who, struct csn_str *ret);

/* A one-time link with which the subject enrols the factor (E3). */
CSN_API int csn_enrol_link(struct csn_gate *, struct csn_str realm,
    struct csn_str subject, struct csn_str factor, struct csn_str who,
    struct csn_str *ret);

/* One op of a factor's manage(). */
CSN_API int csn_factor_op(struct csn_gate *, struct csn_str factor,
    struct csn_str op, struct csn_str realm, struct csn_str subject,
    struct csn_str item, struct csn_pairs params, struct csn_str who,
    struct csn_str *ret);

/* Lines of the audit log that carry a reference, and what to do. */
CSN_API int csn_why(struct csn_gate *, struct csn_str reference,
    struct csn_str *ret);

#ifdef __cplusplus
}
#endif
#endif
