/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin_harness.h - a host made of paper, to drive one plugin in a test
 *
 * It gives a plugin every service of struct csn_host, from memory: a clock
 * that stands still until it is set, random bytes that can be the same in each
 * run, a store with time limits whose operations can be made to fail, and it
 * captures what the plugin logs, audits and reports. It judges each reply by
 * the host's rules, as far as a plugin alone can break them. It must never be
 * linked into anything but a test.
 *
 * A harness may be used by several threads at once while its plugin is open;
 * an answer belongs to the thread that asked.
 */
#ifndef COUNTERSIGN_TESTS_PLUGIN_HARNESS_H
#define COUNTERSIGN_TESTS_PLUGIN_HARNESS_H

#include "lib/arena.h"
#include "lib/buf.h"

#define HARNESS_TIME_MS	INT64_C(1800000000000)	/* 2027-01-15T08:00:00Z */

struct harness;

/* ------------------------------------------------------------------
 * The plugin and its configuration.
 */

/* Borrows the plugin. Never NULL: what cannot be made ends the process. */
struct harness *harness_new(const struct csn_plugin *);
/* Opens a shared object by path. NULL and a sentence on standard error. */
struct harness *harness_load(const char *so_path);
/* The same below the build's top: "auth-totp/.libs/totp.so". */
struct harness *harness_load_built(const char *so_path);
/* Closes the instance, and frees all. */
void harness_free(struct harness *);

/* Adds an option as a person writes it; a FILE's value is its content, a
 * SECRET's is what secret() gives. Copies. Options given twice are repeated. */
void harness_option(struct harness *, const char *name, const char *value);
void harness_option_str(struct harness *, const char *name, struct csn_str);
/* An entry of a MAP. */
void harness_option_key(struct harness *, const char *name, const char *key,
    const char *value);
/* Adds a line to an option's value, for FILEs of several lines. */
void harness_option_line(struct harness *, const char *name,
    const char *line);
/* Forgets all options; for the next harness_open(). */
void harness_options_clear(struct harness *);

/* Types the options by the plugin's table, adds the fallbacks, and calls
 * open(). CSN_OK; what open() said; or CSN_E_INVALID with a report, if the
 * table refuses an option. An instance that was open is closed first. */
int32_t harness_open(struct harness *);
/* The same, where anything but CSN_OK ends the test's process. */
void harness_must_open(struct harness *);

/* ------------------------------------------------------------------
 * Questions and answers.
 */

struct harness_answer {
	uint32_t said;		/* what the plugin returned */
	uint32_t verdict;	/* after the host's rules */
	const char *broken;	/* the rule, in words, or NULL */
	const char *tainted;	/* why, or NULL */
	struct csn_reply reply;	/* zero unless the verdict stands; copied,
				 * strides are those of the header */
	struct arena keep;
};

/* A request with sensible values: exchange, account "account-1", subject
 * "alice" of realm "corp", browser, a client's address, language "en". */
struct csn_req harness_req(uint32_t event);
/* Into the request's params, from "a=1&b=2" (form encoding); the pairs live as
 * long as the harness. */
void harness_params(struct harness *, struct csn_req *, const char *form);

/* One call each; frees nothing of the old content of *ret. */
void harness_step(struct harness *, const struct csn_req *,
    struct harness_answer *ret);
void harness_manage(struct harness *, const struct csn_req *,
    struct harness_answer *ret);
void harness_serve(struct harness *, const struct csn_req *,
    struct harness_answer *ret);
void harness_answer_free(struct harness_answer *);
int32_t harness_refresh(struct harness *, uint32_t *ret_next_s);
int32_t harness_selftest(struct harness *, uint32_t live);

/* "GRANT", "CONTINUE"; "an unknown verdict" for others. */
const char *harness_verdict_name(uint32_t);
const char *harness_reason_name(uint32_t);	/* "CREDENTIAL"; "" for 0 */
/* The prompt of that name, or NULL. */
const struct csn_prompt *harness_prompt(const struct harness_answer *,
    const char *name);
/* Index of an op or endpoint by its name; ends the process if there is none. */
uint32_t harness_op(const struct harness *, const char *name);
uint32_t harness_endpoint(const struct harness *, const char *path);
/* For those that drive a plugin beyond this header. */
const struct csn_plugin *harness_plugin(const struct harness *);
const void *harness_instance(const struct harness *);

/* ------------------------------------------------------------------
 * The world around the plugin.
 */

void harness_time(struct harness *, int64_t ms);	/* the wall clock */
int64_t harness_now(struct harness *);
void harness_left(struct harness *, int64_t ms);	/* left_ms(): 10 s */
/* The same random bytes in each run; 0: real ones (the start). */
void harness_seed(struct harness *, uint64_t seed);
/* Bytes of alloc() per call: 8 MiB at the start. */
void harness_budget(struct harness *, size_t);

/* What was captured since the last clear, a line each:
 * "log WARN text", "audit event name=value ...", "report FAIL option: text",
 * "setting name=value (origin)". Good until the next call. */
const char *harness_log(struct harness *);
void harness_log_clear(struct harness *);
bool harness_logged(struct harness *, const char *part);

/* ------------------------------------------------------------------
 * The store.
 */

enum harness_kv {
	HARNESS_KV_ANY, HARNESS_KV_GET, HARNESS_KV_PUT, HARNESS_KV_PUT_NEW,
	HARNESS_KV_SWAP, HARNESS_KV_COUNT, HARNESS_KV_DEL, HARNESS_KV_LIST,
	HARNESS_KV_BATCH
};

/* The nth operation of this kind from now on (1: the next) gives
 * CSN_E_BACKEND, once, and taints the call; done: after it was carried out, as
 * when an answer is lost. nth 0: none fails any more. */
void harness_kv_fail(struct harness *, enum harness_kv, unsigned nth,
    bool done);
/* How many operations there were. */
unsigned harness_kv_calls(struct harness *, enum harness_kv);
/* Runs before each operation, outside the store's lock: to change the store
 * between a plugin's read and its write. NULL: none. */
void harness_kv_hook(struct harness *, void (*hook)(void *, struct harness *,
    enum harness_kv, struct csn_str key), void *arg);

/* The store as the test sees it. value is good until the key changes. */
bool harness_kv_get(struct harness *, const char *key, struct csn_str *ret);
void harness_kv_put(struct harness *, const char *key, struct csn_str value,
    uint32_t flags);
void harness_kv_del(struct harness *, const char *key);
size_t harness_kv_size(struct harness *);
/* A line per key: "key durable secret ttl=60 82 bytes". */
void harness_kv_print(struct harness *, struct buf *);

/* ------------------------------------------------------------------
 * Throttle and network.
 */

void harness_throttle(struct harness *, int32_t answer);	/* CSN_OK */
unsigned harness_throttle_calls(struct harness *);
/* How often refresh_soon() was called. */
unsigned harness_refresh_soon_calls(struct harness *);
/* The last subject that throttle() was asked about, or "". */
const char *harness_throttle_subject(struct harness *);
/* dial("from") connects to "to" ("127.0.0.1:3890", "[::1]:3890" or
 * "unix:/path"); without one, to what was asked for. */
void harness_dial(struct harness *, const char *from, const char *to);
/* What srv(name) gives, in order; CSN_E_ABSENT for other names. */
void harness_srv(struct harness *, const char *name, const char *host_port);
/* Who answers http(): returns what http() returns; the answer's slices need
 * only live until the next call. NULL, the start: CSN_E_INVALID. */
typedef int32_t harness_http_fn(void *arg, const struct csn_http_req *,
    struct csn_http_res *ret);
void harness_http(struct harness *, harness_http_fn *, void *arg);

#endif
