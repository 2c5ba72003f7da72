/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check-count.c - what a session check takes: store calls and heap memory
 *
 * Opens a gate, lets it meet one session, then checks that session again and
 * again, counting what this thread asks of the heap and of the store: the
 * linker puts our functions in front of theirs (--wrap), for our own objects;
 * what OpenSSL allocates for itself is not counted. Prints "checks heap store
 * nanoseconds rested": the last is the median of checks that each come after
 * a pause, as a server's do. Exit status 1 if a check did not pass.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "client.h"
#include "countersign/host.h"
#include "store/store.h"

#define PAUSES	3000u

static _Thread_local uint64_t heap_asked, store_asked;

void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__real_realloc(void *, size_t);
int __real_store_get(struct store *, struct csn_str, int64_t, struct buf *);
int __real_store_batch(struct store *, struct store_op *, size_t, int64_t);
void *__wrap_malloc(size_t);
void *__wrap_calloc(size_t, size_t);
void *__wrap_realloc(void *, size_t);
int __wrap_store_get(struct store *, struct csn_str, int64_t, struct buf *);
int __wrap_store_batch(struct store *, struct store_op *, size_t, int64_t);

void *
__wrap_malloc(size_t n)
{
	heap_asked++;
	return __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	heap_asked++;
	return __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	heap_asked++;
	return __real_realloc(p, n);
}

int
__wrap_store_get(struct store *s, struct csn_str key, int64_t now_ms,
    struct buf *ret)
{
	store_asked++;
	return __real_store_get(s, key, now_ms, ret);
}

int
__wrap_store_batch(struct store *s, struct store_op *ops, size_t n,
    int64_t now_ms)
{
	store_asked++;
	return __real_store_batch(s, ops, n, now_ms);
}

static void
say(void *arg, uint32_t severity, struct csn_str line)
{
	(void)arg;
	if (severity != CSN_INFO)
		(void)fprintf(stderr, "check-count: %.*s\n", STR_FMT(line));
}

static int64_t
cpu_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Met by a blocking check, which must count, or the counters are broken. */
static int
meet(struct csn_gate *g, const struct csn_facts *facts, void *memory,
    size_t n)
{
	struct csn_answer a;

	csn_gate_check(g, facts, memory, n, &a);
	if (a.outcome != CSN_LATER)
		return -1;
	csn_gate_check_blocking(g, facts, memory, n, &a);
	return a.outcome == CSN_ALLOW && heap_asked > 0 && store_asked > 0 ?
	    0 : -1;
}

static int64_t
wall_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int
by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* What one check takes of a thread that slept before it. */
static int64_t
check_rested(struct csn_gate *g, const struct csn_facts *facts, void *memory,
    size_t n)
{
	static int64_t each[PAUSES];
	const struct timespec pause = { .tv_nsec = 30000 };
	struct csn_answer a;

	for (unsigned i = 0; i < PAUSES; i++) {
		int64_t begin;

		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
		begin = wall_ns();
		csn_gate_check(g, facts, memory, n, &a);
		each[i] = wall_ns() - begin;
		if (a.outcome != CSN_ALLOW)
			return -1;
	}
	qsort(each, PAUSES, sizeof(each[0]), by_size);
	return each[PAUSES / 2];
}

static int
check_many(struct csn_gate *g, const struct csn_facts *facts, unsigned n)
{
	static _Alignas(16) unsigned char memory[65536];
	struct csn_answer a;
	int64_t ns, rested;

	if (meet(g, facts, memory, sizeof(memory)) < 0)
		return -1;
	heap_asked = store_asked = 0;
	ns = cpu_ns();
	for (unsigned i = 0; i < n; i++) {
		csn_gate_check(g, facts, memory, sizeof(memory), &a);
		if (a.outcome != CSN_ALLOW)
			return -1;
	}
	ns = cpu_ns() - ns;
	rested = check_rested(g, facts, memory, sizeof(memory));
	if (rested < 0)
		return -1;
	(void)printf("%u %llu %llu %lld %lld\n", n,
	    (unsigned long long)heap_asked, (unsigned long long)store_asked,
	    (long long)(ns / n), (long long)rested);
	return 0;
}

int
main(int argc, char *argv[])
{
	struct csn_options o = { .say = say };
	struct csn_facts facts = { .method = STR_INIT("GET"),
	    .client = STR_INIT("192.0.2.7"),
	    .accept = STR_INIT("text/html"), .mode = STR_INIT("navigate") };
	struct csn_str cookie, text;
	struct csn_gate *g;
	int rc = -1;

	if (argc != 6) {
		(void)fprintf(stderr, "usage: check-count CONFIGURATION "
		    "PLUGINS URL COOKIES NUMBER\n");
		return 2;
	}
	csn_prepare_process();
	o.conf_path = argv[1];
	o.plugin_dir = argv[2];
	facts.url = str_from(argv[3]);
	text = client_file(argv[4]);
	/* the whole Cookie line */
	(void)str_cut(&text, '\n', &cookie);
	facts.cookies = (struct csn_strs){ &cookie, 1 };
	g = csn_gate_open(&o);
	if (g != NULL)
		rc = check_many(g, &facts, client_number(argv[5], 10000000));
	csn_gate_close(g);
	if (rc < 0)
		(void)fprintf(stderr, "check-count: a check did not pass\n");
	return rc < 0 ? 1 : 0;
}
