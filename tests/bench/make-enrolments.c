/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make-enrolments.c - enrolled people, by the hundred thousand
 *
 * Each has a device that an operator brought in: the factor's own `import` and
 * the host's own record, but many in one commit, for nobody waits for the one
 * before. For benchmarks on stores of their own; must never be installed.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client.h"
#include "countersign/host.h"
#include "lib/secret.h"
#include "store/store.h"

#define OPS_MAX		24576u
#define THREADS_MAX	16u

int __real_store_batch(struct store *, struct store_op *, size_t, int64_t);
int __wrap_store_batch(struct store *, struct store_op *, size_t, int64_t);

/* What a thread has to write; what the operations point to is its own. */
struct pending {
	struct store *store;
	struct store_op ops[OPS_MAX];
	size_t n;
	struct buf bytes;
};

struct job {
	struct csn_gate *gate;
	const char *factor;
	unsigned first, n;
	int rc;
	pthread_t thread;
};

static _Thread_local struct pending *pending;

/* The bytes may move while they grow: offsets until they are written. */
static struct csn_str
kept(struct csn_str s)
{
	size_t at = pending->bytes.n;

	buf_str_put(&pending->bytes, s);
	return str_of((const char *)(uintptr_t)at, s.n);
}

static int
pending_write(int64_t now_ms)
{
	struct pending *p = pending;
	int rc;

	for (size_t i = 0; i < p->n; i++) {
		p->ops[i].key.p = (const char *)p->bytes.p +
		    (uintptr_t)p->ops[i].key.p;
		p->ops[i].value.p = (const char *)p->bytes.p +
		    (uintptr_t)p->ops[i].value.p;
	}
	rc = buf_failed(&p->bytes) ? STORE_FAILED :
	    p->n == 0 ? STORE_OK :
	    __real_store_batch(p->store, p->ops, p->n, now_ms);
	p->n = 0;
	buf_clear(&p->bytes);
	return rc;
}

/* Nobody of these people was there before, so nothing that is kept back is
 * read, and only what makes something new is asked for. */
int
__wrap_store_batch(struct store *s, struct store_op *ops, size_t n,
    int64_t now_ms)
{
	if (pending == NULL)
		return __real_store_batch(s, ops, n, now_ms);
	pending->store = s;
	if (pending->n + n > OPS_MAX && pending_write(now_ms) != STORE_OK)
		return STORE_FAILED;
	for (size_t i = 0; i < n; i++) {
		struct store_op *op = &pending->ops[pending->n++];

		if (ops[i].kind != STORE_PUT_NEW &&
		    ops[i].kind != STORE_REVOKE)
			return STORE_FAILED;
		*op = ops[i];
		op->key = kept(ops[i].key);
		op->value = kept(ops[i].value);
		ops[i].ret = STORE_OK;
	}
	return STORE_OK;
}

static void
say(void *arg, uint32_t severity, struct csn_str line)
{
	(void)arg;
	if (severity != CSN_INFO)
		(void)fprintf(stderr, "make-enrolments: %.*s\n",
		    STR_FMT(line));
}

static int
enrol(const struct job *job, unsigned i)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	char name[24], uri[96] = "otpauth://totp/Example:x?secret=";
	struct csn_pair params[1] = { { STR("uri"), STR("") } };
	struct csn_str said = STR("");
	size_t at = strlen(uri);
	uint8_t key[32];
	int rc;

	secret_random(key, sizeof(key));
	for (size_t k = 0; k < sizeof(key); k++)
		uri[at + k] = digits[key[k] & 31];
	params[0].value = str_from(uri);
	(void)snprintf(name, sizeof(name), "e%07u", i);
	rc = csn_factor_op(job->gate, str_from(job->factor), STR("import"),
	    STR(""), str_from(name), STR(""), (struct csn_pairs){ params, 1 },
	    STR("bench"), &said);
	if (rc < 0)
		(void)fprintf(stderr, "make-enrolments: %.*s\n",
		    STR_FMT(said));
	csn_free(&said);
	return rc;
}

static void *
job_run(void *arg)
{
	struct job *job = arg;
	struct timespec now;

	pending = calloc(1, sizeof(*pending));
	if (pending == NULL)
		return NULL;
	buf_init(&pending->bytes, 1u << 26);
	job->rc = 0;
	for (unsigned i = 0; i < job->n && job->rc == 0; i++)
		job->rc = enrol(job, job->first + i);
	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (job->rc == 0 && pending_write((int64_t)now.tv_sec * 1000) !=
	    STORE_OK)
		job->rc = -1;
	buf_free(&pending->bytes);
	free(pending);
	pending = NULL;
	return NULL;
}

static int
jobs_run(struct csn_gate *g, const char *factor, unsigned n, unsigned threads)
{
	struct job jobs[THREADS_MAX];
	int rc = 0;

	for (unsigned i = 0; i < threads; i++) {
		unsigned first = (unsigned)((uint64_t)n * i / threads);

		jobs[i] = (struct job){ .gate = g, .factor = factor,
		    .first = first, .n = (unsigned)((uint64_t)n * (i + 1) /
		    threads) - first, .rc = -1 };
		if (pthread_create(&jobs[i].thread, NULL, job_run,
		    &jobs[i]) != 0)
			client_fail("a thread");
	}
	for (unsigned i = 0; i < threads; i++) {
		(void)pthread_join(jobs[i].thread, NULL);
		rc |= jobs[i].rc;
	}
	return rc;
}

int
main(int argc, char *argv[])
{
	struct csn_options o = { .say = say, .offline = 1 };
	struct csn_gate *g;
	int rc;

	if (argc != 6) {
		(void)fprintf(stderr, "usage: make-enrolments CONFIGURATION "
		    "PLUGINS FACTOR NUMBER THREADS\n");
		return 2;
	}
	csn_prepare_process();
	o.conf_path = argv[1];
	o.plugin_dir = argv[2];
	g = csn_gate_open(&o);
	if (g == NULL)
		return 1;
	rc = jobs_run(g, argv[3], client_number(argv[4], 10000000),
	    client_number(argv[5], THREADS_MAX));
	csn_gate_close(g);
	return rc == 0 ? 0 : 1;
}
