/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wait.c - waiting on a socket, never beyond a deadline, and by the host where
 * it can: then no thread waits
 */
#include "wait.h"

#include <errno.h>
#include <poll.h>

void
wait_init(struct wait *w, const struct job *job, int64_t limit_ms)
{
	int64_t left = job_left_ms(job);

	if (left > limit_ms)
		left = limit_ms;
	*w = (struct wait){ .job = job, .end_ms = job_clock_ms() + left };
}

int64_t
wait_left_ms(const struct wait *w)
{
	int64_t left = w->end_ms - job_clock_ms();

	return left > 0 ? left : 0;
}

struct timeval
wait_left_tv(const struct wait *w)
{
	int64_t left = wait_left_ms(w);

	return (struct timeval){ .tv_sec = left / 1000,
	    .tv_usec = left % 1000 * 1000 };
}

/* Without a thread, while there is time. */
static int
host_wait(const struct wait *w, int fd, bool to_write)
{
	int64_t left = wait_left_ms(w);

	return left > 0 && w->job->host->wait(w->job->call, fd, to_write ?
	    CSN_W_WRITE : CSN_W_READ, left) == CSN_OK ? 0 : -1;
}

int
wait_fd(const struct wait *w, int fd, bool to_write)
{
	struct pollfd p = { .fd = fd, .events = to_write ? POLLOUT : POLLIN };
	int64_t left;
	int n;

	if (COUNTERSIGN_PLUGIN_HAS(struct csn_host, w->job->host, wait))
		return host_wait(w, fd, to_write);
	while ((left = wait_left_ms(w)) > 0) {
		n = poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -1;
	}
	return -1;
}

bool
wait_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) != 0;
}
