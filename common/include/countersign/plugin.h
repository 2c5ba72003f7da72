/* SPDX-License-Identifier: Apache-2.0 */
/*
 * countersign/plugin.h - the authentication plugin ABI, major 1
 *
 * A plugin is one shared object that exports one constant,
 * countersign_plugin_1. It proves one factor. It never decides access: the
 * host does, from the chain in its configuration and the verdicts it has
 * checked.
 *
 * What holds within major 1 (docs/abi.md says how it is kept):
 *
 *  - A struct with a struct_size, or a stride (..._size beside the array),
 *    grows only at its end; what lies past it reads as zero. Others are frozen.
 *  - No field depends on a build option. No bool, enum, time_t, FILE, varargs
 *    or third-party type crosses the boundary, so a call can be a message.
 *  - Memory: what the host passes is valid until the call returns. What a
 *    plugin returns is static, or from host->alloc(); the host copies it
 *    before the call's memory is wiped and freed. Nobody frees across.
 *  - Text is UTF-8 and p[n] == '\0'; the host refuses embedded NULs. Fields
 *    marked "bytes" may hold anything.
 *  - Threads: an instance's functions may run at the same time on any thread.
 *    No plugin keeps static state, starts threads, forks, reads the
 *    environment or touches signals.
 *  - Between two calls a plugin keeps in its own memory no fact about a user
 *    or an exchange. It may keep caches (connections, parsed keys, metadata)
 *    behind a lock of its own: they change how fast a verdict comes, never
 *    which.
 */
#ifndef COUNTERSIGN_PLUGIN_H
#define COUNTERSIGN_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CSN_ABI_MINOR		0u
#define CSN_STATE_MAX		16384u	/* bytes in state, and in keep */
#define CSN_RESUME_MAX	64u	/* fits RelayState, 80 bytes at most */
#define CSN_KV_KEY_MAX	256u
#define CSN_KV_VALUE_MAX	65536u

struct csn_str { const char *p; size_t n; };
struct csn_pair { struct csn_str name, value; };
struct csn_pairs { const struct csn_pair *v; size_t n; };
struct csn_strs { const struct csn_str *v; size_t n; };

struct csn_call;			/* one call; the host's, opaque */

/*
 * Verdicts. Any two differ in at least 16 bits, and zero is none of them.
 * Every other value, and every reply that breaks a rule below, is ERROR.
 * There is no "ignore", "optional" or "not applicable" verdict.
 */
#define CSN_GRANT	0x585e25b5u	/* proved, now, in this exchange */
#define CSN_DENY	0xcec8b323u	/* disproved; see reply.reason */
#define CSN_CONTINUE	0x31374cdcu	/* another round; see reply.action */
#define CSN_ERROR	0x946d1679u	/* cannot tell; access as for DENY */
#define CSN_DONE	0x57ae2a45u	/* manage(), serve(): over; no proof */

/* Reasons: for words, counters and the audit trail. They never change access.
 * A CONTINUE with a reason is a failed try (the form is asked again). */
#define CSN_R_CREDENTIAL	1u	/* wrong password, code or signature */
#define CSN_R_NOT_ENROLLED	2u
#define CSN_R_REPLAY		3u
#define CSN_R_EXPIRED		4u
#define CSN_R_THROTTLED	5u
#define CSN_R_ACCOUNT		6u	/* locked, disabled or expired */
#define CSN_R_PROTOCOL	7u	/* malformed or unexpected message */
#define CSN_R_ASSURANCE	8u	/* acr or amr too weak */
#define CSN_R_BACKEND		9u	/* directory or provider unreachable */

/* What a service call returns. E_BACKEND or E_DEADLINE from a kv_ call taints
 * the call: its verdict becomes ERROR, whatever it is. http() never taints. */
#define CSN_OK		0
#define CSN_E_ABSENT		(-1)	/* no such key */
#define CSN_E_EXISTS		(-2)	/* the key was there already */
#define CSN_E_BACKEND		(-3)	/* unknown outcome */
#define CSN_E_LIMIT		(-4)
#define CSN_E_DEADLINE	(-5)
#define CSN_E_INVALID		(-6)
#define CSN_E_STALE		(-7)	/* kv_swap: another value by now */

/* Severities, for log() and report(). */
#define CSN_DEBUG	0u
#define CSN_INFO	1u
#define CSN_WARN	2u
#define CSN_FAIL	3u

#define CSN_KV_DURABLE	1u	/* survives a restart; ttl_s may be 0 */
#define CSN_KV_SECRET		2u	/* value sealed at rest; keys are
					 * listed */

/* may the other side's *s hold field f? check before using a later field */
#define COUNTERSIGN_PLUGIN_HAS(type, s, f)	\
	((s)->struct_size >= offsetof(type, f) + sizeof((s)->f))

struct csn_http_req {
	uint32_t struct_size;
	uint32_t max_bytes;		/* of the answer; 0: the default */
	struct csn_str method, url;	/* https, an origin the config allows */
	struct csn_pairs headers;
	struct csn_str body;		/* bytes */
	/* a client certificate: 1 + index into conf.v of a FILE, its chain as
	 * PEM, and of the SECRET that is its key; or both 0 */
	uint32_t tls_cert, tls_key;
};

struct csn_http_res {
	uint32_t struct_size;
	uint32_t status;
	struct csn_pairs headers;
	struct csn_str body;		/* bytes; large ones are mapped files */
};

#define CSN_KV_PUT		1u
#define CSN_KV_PUT_NEW	2u
#define CSN_KV_DEL		3u

struct csn_kv_op {			/* frozen */
	uint32_t op, flags, ttl_s, reserved;
	struct csn_str key, value;	/* value: bytes */
};

/*
 * Services. Keys are private to the factor. Keys of the configuration are named
 * by `val`: 1 + index into conf.v; 0 is none. No service outlasts left_ms().
 */
struct csn_host {
	uint32_t struct_size;
	uint32_t abi_minor;
	/* aligned for anything; NULL when the call's budget is spent, and the
	 * call is then tainted */
	void *(*alloc)(struct csn_call *, size_t);
	int64_t (*now_ms)(struct csn_call *);		/* since 1970, UTC */
	int64_t (*left_ms)(struct csn_call *);	/* monotonic, until the end */
	void (*random)(struct csn_call *, void *, size_t);
	void (*log)(struct csn_call *, uint32_t severity, struct csn_str);
	void (*audit)(struct csn_call *, struct csn_str event,
	    struct csn_pairs);
	/* a finding of open() or selftest() about a value, or 0 */
	void (*report)(struct csn_call *, uint32_t severity, uint32_t val,
	    struct csn_str);
	/* open(): what a preset or a flavour came to, for `explain`. Of an
	 * HTTPS_URL option: its origin is reachable as if it were written */
	void (*setting)(struct csn_call *, struct csn_str name,
	    struct csn_str value, struct csn_str origin);
	/* a try for this canonical subject, before its proof is looked at:
	 * CSN_OK or CSN_E_LIMIT */
	int32_t (*throttle)(struct csn_call *, struct csn_str subject);
	void (*refresh_soon)(struct csn_call *);	/* see refresh() */

	int32_t (*kv_get)(struct csn_call *, struct csn_str key,
	    struct csn_str *ret);
	int32_t (*kv_put)(struct csn_call *, struct csn_str key,
	    struct csn_str value, uint32_t ttl_s, uint32_t flags);
	int32_t (*kv_put_new)(struct csn_call *, struct csn_str key,
	    struct csn_str value, uint32_t ttl_s, uint32_t flags);
	/* only if the value is `before`; keeps flags and expiry */
	int32_t (*kv_swap)(struct csn_call *, struct csn_str key,
	    struct csn_str before, struct csn_str after);
	int32_t (*kv_count)(struct csn_call *, struct csn_str key,
	    int64_t delta, uint32_t ttl_s, int64_t *ret);
	int32_t (*kv_del)(struct csn_call *, struct csn_str key);
	/* durable keys below a prefix, in order, after one; at most max */
	int32_t (*kv_list)(struct csn_call *, struct csn_str prefix,
	    struct csn_str after, uint32_t max, struct csn_strs *ret);
	/* all or none */
	int32_t (*kv_batch)(struct csn_call *, const struct csn_kv_op *,
	    size_t n);

	int32_t (*http)(struct csn_call *, const struct csn_http_req *,
	    struct csn_http_res *);
	/* a connected socket, the caller's to close; configured or srv()'s */
	int32_t (*dial)(struct csn_call *, struct csn_str host_port,
	    int32_t *ret_fd);
	int32_t (*srv)(struct csn_call *, struct csn_str name,
	    struct csn_strs *ret);	/* "host:port", in RFC 2782 order */

	/* what a SECRET refers to. Private keys stay in the host where they
	 * can: alg is a JOSE name, ECDSA is r||s */
	int32_t (*secret)(struct csn_call *, uint32_t val,
	    struct csn_str *ret);
	int32_t (*sign)(struct csn_call *, uint32_t val, struct csn_str alg,
	    struct csn_str data, struct csn_str *ret);
	int32_t (*decrypt)(struct csn_call *, uint32_t val, struct csn_str alg,
	    struct csn_pairs params, struct csn_str data,
	    struct csn_str *ret);
	int32_t (*public_key)(struct csn_call *, uint32_t val,
	    struct csn_str *ret_spki);
	/* of step(): as kv_swap(), in the one commit with the answer that it
	 * leads to. OK: the value was `before`; should it have changed by then,
	 * no such answer leaves. Nothing where step() says DENY or ERROR. Of
	 * serve() for an endpoint: once the sessions that its reply names have
	 * ended, and not before */
	int32_t (*kv_swap_with)(struct csn_call *, struct csn_str key,
	    struct csn_str before, struct csn_str after);
	/* until a descriptor can be read or written (CSN_W_...), CSN_OK, or
	 * for at most so long, CSN_E_DEADLINE; see CSN_CAP_WAITS */
	int32_t (*wait)(struct csn_call *, int32_t fd, uint32_t what,
	    int64_t limit_ms);
};

/* Configuration: the plugin describes, the host parses and checks. */
#define CSN_T_STRING		1u
#define CSN_T_INT		2u
#define CSN_T_BOOL		3u
#define CSN_T_CHOICE		4u
#define CSN_T_SECONDS		5u	/* 30s, 5m, 8h */
#define CSN_T_HTTPS_URL	6u	/* its origin becomes reachable by http(),
					 * REDIRECT and POST */
#define CSN_T_LDAP_URL	7u	/* ldap://, ldaps://, ldapi://; by dial() */
#define CSN_T_HOSTPORT	8u	/* likewise */
#define CSN_T_FILE		9u	/* text is the content, not the path */
#define CSN_T_SECRET		10u	/* a reference; text is empty */
#define CSN_T_MAP		11u	/* a value per key */

#define CSN_O_REQUIRED	1u
#define CSN_O_REPEAT		2u
#define CSN_O_PRIVATE		4u	/* a FILE that not everybody should be
					 * able to read: a warning if so */

struct csn_opt {
	const char *name;
	const char *fallback;		/* as written in a file, or NULL */
	const char *choices;		/* "a|b|c" */
	const char *help;		/* one sentence; becomes the manual */
	int64_t min, max;
	uint32_t type, flags;
	/* who has an account: "a|b" with one of these values anybody in the
	 * world, "" nobody but those meant; NULL: it says nothing of that. Of
	 * those that say something the last one with a value counts. For a
	 * warning only */
	const char *anybody;
};

struct csn_val {
	uint32_t opt;			/* index into plugin.opts */
	uint32_t reserved;
	struct csn_str key;		/* of a MAP */
	struct csn_str text;
	int64_t num;
};

struct csn_conf {
	uint32_t struct_size;
	uint32_t val_size;		/* stride of v */
	struct csn_str factor;	/* "corp-oidc" */
	struct csn_str base_url;	/* the endpoints hang below it */
	const struct csn_val *v;
	size_t n;
};

/* What a request asks for. */
#define CSN_EV_BEGIN		1u	/* first round */
#define CSN_EV_FORM		2u	/* params answer the last prompts */
#define CSN_EV_CALLBACK	3u	/* the browser is back */
#define CSN_EV_WAKE		4u	/* a WAIT is over */
#define CSN_EV_UNSOLICITED	5u	/* a response nobody asked for */
#define CSN_EV_ENDPOINT	6u	/* serve(): a declared endpoint */
#define CSN_EV_LOGOUT		7u	/* serve(): the user leaves; see keep */
#define CSN_EV_OP		8u	/* manage(): see op */
#define CSN_EV_RENEW		9u	/* serve(): is this session still
					 * good? */
#define CSN_EV_LOOKUP		10u	/* serve(): who is req.subject today? */

/* step(): if nothing is enrolled for req.account, enrol here; what confirms
 * the enrolment is the proof. Without it: DENY with R_NOT_ENROLLED. */
#define CSN_RQ_MAY_ENROL	1u
/* step(): a recovery code would count here; without it none is asked for, and
 * a GRANT with CSN_RP_RECOVERY is an ERROR. */
#define CSN_RQ_MAY_RECOVER	2u
/* step(): a temporary code that the help desk gave would count; a GRANT by it
 * has CSN_RP_RECOVERY, too. */
#define CSN_RQ_MAY_TEMPORARY	4u

struct csn_req {
	uint32_t struct_size;
	uint32_t event;
	uint32_t endpoint;		/* index into plugin.endpoints */
	uint32_t op;			/* index into plugin.ops */
	uint32_t attempt;		/* failed tries in this step */
	uint32_t fresh_s;		/* greatest age of the proof, or 0 */
	uint32_t flags;			/* CSN_RQ_... */
	uint32_t reserved;
	struct csn_str exchange;	/* to be echoed by a GRANT */
	struct csn_str resume;	/* goes into state= or RelayState */
	struct csn_str state;		/* last reply's; bytes */
	struct csn_str keep;		/* what a GRANT gave; bytes */
	/* the person, once pinned: name, realm, the source's immutable id, and
	 * an opaque stable key to store things under */
	struct csn_str subject, realm, subject_id, account;
	struct csn_str browser;	/* random id of this browser, or "" */
	struct csn_str hint;		/* whom the user may be; untrusted */
	struct csn_str item;		/* manage(): the item's id */
	struct csn_str method, content_type;
	struct csn_str raw_query, body;	/* bytes */
	struct csn_pairs params;	/* decoded, no name twice */
	struct csn_str client_ip, user_agent, language;
};

/*
 * Actions of CONTINUE, and of serve()'s verdicts. REDIRECT and POST go to an
 * origin of the URL options, or need RP_VERIFIED. Those of step() come back
 * with req.resume as the value of an endpoint's resume_param, in the query of
 * a GET or the form of a POST: at back_at, by back_by, or anywhere if they are
 * 0; what comes otherwise changes nothing. The exchange's cookie is
 * SameSite=None only where a POST to an EP_CROSS_SITE endpoint is awaited.
 */
#define CSN_A_FORM		1u	/* prompts */
#define CSN_A_REDIRECT	2u	/* url */
#define CSN_A_POST		3u	/* url, fields; submits itself */
#define CSN_A_WAIT		4u	/* wait_ms; prompts meanwhile */
#define CSN_A_BODY		5u	/* serve(): content_type, body */
#define CSN_A_RESUME		6u	/* serve(): reply.resume names the
					 * exchange whose step() gets this
					 * request as a CALLBACK, where back_at
					 * was 0 */
#define CSN_A_LOGIN		7u	/* serve(): a login begins here; url is
					 * its target, checked by the host, or
					 * ""; hint */

#define CSN_P_USERNAME	1u
#define CSN_P_PASSWORD	2u
#define CSN_P_NEW_PASSWORD	3u
#define CSN_P_CODE		4u	/* autocomplete=one-time-code */
#define CSN_P_TEXT		5u
#define CSN_P_CHOICE		6u	/* value: "a|b|c" */
#define CSN_P_CHECK		7u
#define CSN_P_BUTTON		8u	/* another way on: "use a recovery
					 * code" */
#define CSN_P_SHOW		9u	/* value, no input */
#define CSN_P_QR		10u	/* value drawn by the host, no input */
#define CSN_P_LIST		11u	/* value: lines to keep; copy and
					 * print */
#define CSN_P_RECOVERY	12u	/* a recovery code: letters and digits */

#define CSN_PF_REQUIRED	1u
#define CSN_PF_WRONG		2u	/* this answer was the wrong one */
#define CSN_PF_FIXED		4u	/* shown, and cannot be typed over */

struct csn_prompt {
	struct csn_str name;		/* the parameter it comes back as */
	struct csn_str label;		/* English with {args}: translation
					 * key */
	struct csn_pairs args;
	struct csn_str value;
	uint32_t kind, max_bytes;
	uint32_t flags, reserved;
};

struct csn_item {			/* what manage() shows: a device, a code
					 * set */
	struct csn_str id, title, detail;
	int64_t created_ms, used_ms;
	uint32_t flags, reserved;
};

/* The host knows from these how a proof was made and what it may open. */
#define CSN_RP_GROUPS		1u	/* groups is the whole list */
#define CSN_RP_ENROLLED	2u	/* by an enrolment in this step */
#define CSN_RP_REMEMBERED	4u	/* by this browser, not by a proof
					 * now */
#define CSN_RP_RECOVERY	8u	/* by a recovery code */
#define CSN_RP_VERIFIED	16u	/* REDIRECT, POST: url stands in metadata
					 * whose signature was verified with a
					 * configured key */
#define CSN_RP_RENEW		32u	/* GRANT, DONE of RENEW: with this keep
					 * RENEW may be asked */

struct csn_reply {			/* zeroed by the host */
	uint32_t struct_size;
	uint32_t action;
	uint32_t reason;
	uint32_t flags;			/* CSN_RP_... */
	uint32_t wait_ms;		/* 1,000 to 60,000 */
	uint32_t retry_s;		/* THROTTLED, REPLAY: try again then */
	uint32_t prompt_size, item_size;	/* strides */
	struct csn_str message;	/* English with {args}: translation key */
	struct csn_pairs message_args;	/* a peer's words only here */
	struct csn_str state;		/* next round's req.state; bytes */
	const struct csn_prompt *prompts;
	size_t nprompts;
	const struct csn_item *items;
	size_t nitems;
	struct csn_str url, resume, hint;
	struct csn_pairs fields;
	struct csn_str content_type;
	struct csn_str body;		/* bytes */

	/* GRANT. Also subject with DENY: whom the failure counts against; and
	 * subject, subject_id, groups, attrs, keep, not_after_ms with the DONE
	 * of LOOKUP and RENEW */
	struct csn_str exchange;	/* req.exchange, echoed */
	struct csn_str subject;	/* identity factors: who, in every GRANT */
	struct csn_str subject_id;	/* what never changes at its source, or
					 * "" */
	struct csn_strs groups;
	struct csn_pairs attrs;
	struct csn_strs amr;		/* RFC 8176: "pwd", "otp", "hwk" */
	struct csn_str acr;
	struct csn_strs session_keys;	/* so that a later logout finds it */
	struct csn_str keep;		/* sealed, dies with the session;
					 * bytes */
	int64_t auth_time_ms;		/* when the user was there; 0: not
					 * told */
	int64_t not_after_ms;		/* 0: the host's limit */

	/* serve(): sessions to end, by session key */
	struct csn_strs end_sessions;

	/* REDIRECT, POST of step() and of LOGOUT: where the browser comes
	 * back, 1 + index into plugin.endpoints, by EP_GET or EP_POST; 0: any
	 * that has a resume_param (of LOGOUT: any EP_LOGOUT) */
	uint32_t back_at, back_by;
};

#define CSN_EP_GET		1u
#define CSN_EP_POST		2u
#define CSN_EP_CROSS_SITE	4u	/* POSTed by an IdP's page: ACS, SLO */
#define CSN_EP_BACK_CHANNEL	8u	/* no browser: cookies are stripped */
#define CSN_EP_LOGOUT		16u	/* the host's logout chain may return
					 * here */
#define CSN_EP_FRAMED		32u	/* front-channel logout: origins of the
					 * URL options may frame it; cookies are
					 * stripped, without `sid` it is 400 */

struct csn_endpoint {
	const char *path;		/* below conf.base_url: "metadata" */
	const char *resume_param;	/* "state": goes to step(); or NULL */
	uint32_t flags;
	uint32_t max_bytes;
};

#define CSN_OP_OPERATOR	1u	/* from the command line */
#define CSN_OP_SELF		2u	/* from the account page */
#define CSN_OP_FRESH		4u	/* weakens: asks for a fresh factor */
#define CSN_OP_BODY		8u	/* takes a file: import */
#define CSN_OP_PEOPLE		16u	/* about nobody: lists who is in a
					 * group; items are people, up to
					 * 20,000 (id: the subject, title: the
					 * name, detail: the mail) */

struct csn_op {				/* what manage() can do */
	const char *name, *help, *params;	/* "list", "…", "name,period" */
	uint32_t flags, reserved;
};

#define CSN_CAP_IDENTITY	1u	/* step() names the subject */
#define CSN_CAP_SECOND	2u	/* step() proves a pinned subject */
#define CSN_CAP_UNSOLICITED	4u	/* EV_UNSOLICITED, if its BOOL option
					 * `unsolicited` is true; the repeated
					 * STRING `unsolicited_targets` lists
					 * what it may have for a resume
					 * parameter: where it then leads */
#define CSN_CAP_NETWORK	8u	/* may block: a bounded pool of its own */
#define CSN_CAP_LOOKUP	16u	/* EV_LOOKUP: can be a realm's authority */
#define CSN_CAP_PROMPT	32u	/* identity: a BEGIN before anybody is named
					 * only asks; it uses no store, network
					 * or secret service (they fail), so the
					 * host may call it on its event loop */
#define CSN_CAP_WAITS		64u	/* steps wait by wait(), mostly, and
					 * hold no lock then: many are under
					 * way on few threads. What is kept
					 * for a thread (errno, OpenSSL's
					 * errors) is another's afterwards */
#define CSN_W_READ		1u	/* what wait() waits for */
#define CSN_W_WRITE		2u

struct csn_plugin {
	uint32_t struct_size;
	uint32_t abi_minor;		/* compiled against */
	uint32_t abi_minor_min;		/* refuses an older host */
	uint32_t caps;
	uint32_t state_version;		/* a change drops open exchanges */
	uint32_t opt_size, endpoint_size, op_size;	/* strides */
	const char *name, *version, *summary;
	const struct csn_opt *opts;
	size_t nopts;
	const struct csn_endpoint *endpoints;
	size_t nendpoints;
	const struct csn_op *ops;
	size_t nops;

	/* CSN_OK, or anything else and at least one FAIL report */
	int32_t (*open)(const struct csn_host *, struct csn_call *,
	    const struct csn_conf *, void **ret_inst);
	void (*close)(void *inst);
	/* one round of proof: any verdict but DONE. manage() and serve(): any
	 * but GRANT. The host refuses the others as ERROR. */
	uint32_t (*step)(const void *inst, struct csn_call *,
	    const struct csn_req *, struct csn_reply *);
	/* one round of an op for req.account, whom the host has proved afresh
	 * or the operator names; items and prompts are drawn by page and
	 * command line alike. DONE with a message: it was so already, and
	 * nobody is told. May be NULL, as may serve and refresh */
	uint32_t (*manage)(const void *inst, struct csn_call *,
	    const struct csn_req *, struct csn_reply *);
	/* metadata, back-channel logout, SLO, leaving: DONE is HTTP 200, DENY
	 * 400, ERROR 500, each with A_BODY if it likes, never cached. RENEW:
	 * DONE keeps the session, DENY ends it, ERROR leaves it to its own
	 * expiry. LOOKUP: DONE with the person, or DENY with R_ACCOUNT */
	uint32_t (*serve)(const void *inst, struct csn_call *,
	    const struct csn_req *, struct csn_reply *);
	/* refetch what grows old (metadata, keys): in the background, again
	 * after *ret_next_s seconds (10 at least; after a failure 300 at most)
	 * or refresh_soon(), one at a time; OK with 0: by the latter alone. No
	 * login waits for it but by answering WAIT */
	int32_t (*refresh)(const void *inst, struct csn_call *,
	    uint32_t *ret_next_s);
	/* report() what is wrong; live: talk to the peers too */
	int32_t (*selftest)(const void *inst, struct csn_call *,
	    uint32_t live);
};

#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
extern const struct csn_plugin countersign_plugin_1;

#ifdef __cplusplus
}
#endif
#endif
