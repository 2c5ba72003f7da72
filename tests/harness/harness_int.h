/* SPDX-License-Identifier: Apache-2.0 */
/*
 * harness_int.h - what the files of the harness share; not for tests
 */
#ifndef COUNTERSIGN_TESTS_HARNESS_INT_H
#define COUNTERSIGN_TESTS_HARNESS_INT_H

#include <pthread.h>

#include "lib/table.h"

#include "plugin_harness.h"

struct harness_option {
	struct harness_option *next;
	struct csn_str name, key;
	struct buf value;
};

struct harness_alias {			/* of dial() and srv() */
	struct harness_alias *next;
	struct csn_str from, to;
};

struct harness_value {			/* of the store */
	struct csn_str key;
	uint8_t *p;
	size_t n;
	int64_t expires_ms;		/* 0: never */
	int64_t count;
	uint32_t flags;
};

struct harness_fault {
	enum harness_kv kind;
	unsigned nth;			/* 0: none */
	bool done;
};

struct harness {
	const struct csn_plugin *plugin;
	void *library;			/* of dlopen(), or NULL */
	void *inst;
	bool open;

	pthread_mutex_t lock;		/* of all below */
	struct arena memory;		/* lives as long as the harness */
	struct harness_option *options, **options_end;
	struct csn_conf conf;
	struct csn_str *secrets;	/* beside conf.v */
	struct buf log;
	int64_t now_ms, left_ms;
	uint64_t seed;
	size_t budget;

	struct table *kv;
	struct harness_fault fault;
	unsigned calls[HARNESS_KV_BATCH + 1];
	void (*hook)(void *, struct harness *, enum harness_kv,
	    struct csn_str);
	void *hook_arg;

	int32_t throttle;
	unsigned throttle_calls, refresh_soon_calls;
	char throttle_subject[256];
	struct harness_alias *dials, *srvs;
	harness_http_fn *http;
	void *http_arg;
};

struct csn_call {
	struct harness *harness;
	struct arena arena;
	const char *tainted;
};

extern const struct csn_host harness_host;

/* Ends the process: a test that cannot be prepared must not pass. */
_Noreturn void harness_die(const char *what, const char *name);
/* Copies that live as long as the harness. Takes the lock. */
struct csn_str harness_copy(struct harness *, struct csn_str);

void call_start(struct csn_call *, struct harness *);
void call_taint(struct csn_call *, const char *why);
/* Copies into the call's memory; the empty slice, tainted, if that is spent. */
struct csn_str call_copy(struct csn_call *, struct csn_str);

int harness_conf_make(struct harness *, struct csn_call *);
const struct csn_opt *harness_opt(const struct harness *, size_t);
const char *harness_severity_name(uint32_t);

/* harness_kv.c: the services of the store */
int32_t service_kv_get(struct csn_call *, struct csn_str, struct csn_str *);
int32_t service_kv_put(struct csn_call *, struct csn_str, struct csn_str,
    uint32_t, uint32_t);
int32_t service_kv_put_new(struct csn_call *, struct csn_str, struct csn_str,
    uint32_t, uint32_t);
int32_t service_kv_swap(struct csn_call *, struct csn_str, struct csn_str,
    struct csn_str);
int32_t service_kv_count(struct csn_call *, struct csn_str, int64_t,
    uint32_t, int64_t *);
int32_t service_kv_del(struct csn_call *, struct csn_str);
int32_t service_kv_list(struct csn_call *, struct csn_str, struct csn_str,
    uint32_t, struct csn_strs *);
int32_t service_kv_batch(struct csn_call *, const struct csn_kv_op *, size_t);
void harness_kv_free(void *);

/* harness_net.c */
int32_t service_dial(struct csn_call *, struct csn_str, int32_t *);
int32_t service_srv(struct csn_call *, struct csn_str, struct csn_strs *);

/* harness_keys.c */
int32_t service_sign(struct csn_call *, uint32_t, struct csn_str,
    struct csn_str, struct csn_str *);
int32_t service_decrypt(struct csn_call *, uint32_t, struct csn_str,
    struct csn_pairs, struct csn_str, struct csn_str *);
int32_t service_public_key(struct csn_call *, uint32_t, struct csn_str *);
int32_t service_http(struct csn_call *, const struct csn_http_req *,
    struct csn_http_res *);

/* harness_rules.c: the host's rules; NULL, or the one that is broken */
enum harness_function { HARNESS_STEP, HARNESS_MANAGE, HARNESS_SERVE };
const char *rules_check(const struct harness *, enum harness_function,
    const struct csn_req *, uint32_t said, const struct csn_reply *);
/* Deep copy into the arena. */
void rules_copy(struct arena *, const struct csn_reply *, struct csn_reply *);

#endif
