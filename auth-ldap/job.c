/* SPDX-License-Identifier: Apache-2.0 */
/*
 * job.c - one call of the host, as the plugin's files hand it on
 *
 * It must never keep call memory beyond the call, nor let a peer's bytes
 * into the log as they are.
 */
#include "job.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "lib/text.h"

void
job_init(struct job *job, const struct instance *inst, struct csn_call *call)
{
	int64_t left = inst->host->left_ms(call);

	if (left > inst->opt.timeout_ms)
		left = inst->opt.timeout_ms;
	*job = (struct job){ .inst = inst, .host = inst->host, .call = call,
	    .end_ms = job_clock_ms() + left };
}

int64_t
job_left_ms(const struct job *job)
{
	int64_t left = job->end_ms - job_clock_ms();

	return left > 0 ? left : 0;
}

int64_t
job_clock_ms(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
		return 0;
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void *
job_alloc(const struct job *job, size_t n)
{
	void *p = job->host->alloc(job->call, n > 0 ? n : 1);

	if (p != NULL)
		memset(p, 0, n > 0 ? n : 1);
	return p;
}

struct csn_str
job_str(const struct job *job, struct csn_str s)
{
	char *p = job_alloc(job, s.n + 1);

	if (p == NULL)
		return (struct csn_str){ NULL, 0 };
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return str_of(p, s.n);
}

struct csn_str
job_printf(const struct job *job, const char *fmt, ...)
{
	struct csn_str none = { NULL, 0 };
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || (p = job_alloc(job, (size_t)n + 1)) == NULL)
		return none;
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return str_of(p, (size_t)n);
}

int
job_list_add(const struct job *job, struct job_list *list, struct csn_str s)
{
	struct csn_str *bigger, copy;
	size_t cap;

	if (list->n == list->cap) {
		cap = list->cap == 0 ? 8 : list->cap * 2;
		bigger = job_alloc(job, cap * sizeof(*bigger));
		if (bigger == NULL)
			return -1;
		if (list->n > 0)
			memcpy(bigger, list->v, list->n * sizeof(*bigger));
		list->v = bigger;
		list->cap = cap;
	}
	copy = job_str(job, s);
	if (copy.p == NULL)
		return -1;
	list->v[list->n++] = copy;
	return 0;
}

void
job_log(const struct job *job, uint32_t severity, const char *fmt, ...)
{
	char raw[1024], safe[1600];
	struct buf b;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n >= sizeof(raw))
		n = sizeof(raw) - 1;
	buf_init_fixed(&b, safe, sizeof(safe));
	text_escape(&b, str_of(raw, (size_t)n), sizeof(safe) - 64);
	if (!buf_failed(&b))
		job->host->log(job->call, severity, buf_str(&b));
}
