/* SPDX-License-Identifier: Apache-2.0 */
/*
 * testing_clock.c - a clock that stands still while the machine does
 *
 * A thread that does nothing else looks at the time again and again. However
 * many others compute, it wakes soon; whatever passes between two looks beyond
 * that, the machine had stopped.
 */
#include "testing_clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "timefmt.h"

#define LOOK_US		20000u
#define AWAKE_MS	200	/* at most between two looks */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int64_t seen_ms, awake_ms;

static int64_t
look(void)
{
	int64_t now, passed, ret;

	(void)pthread_mutex_lock(&lock);
	now = clock_mono_ms();
	passed = now - seen_ms;
	seen_ms = now;
	awake_ms += passed < AWAKE_MS ? passed : AWAKE_MS;
	ret = awake_ms;
	(void)pthread_mutex_unlock(&lock);
	return ret;
}

static void *
look_on(void *arg)
{
	for (;;) {
		(void)usleep(LOOK_US);
		(void)look();
	}
	return arg;
}

static void
begin(void)
{
	pthread_t thread;

	seen_ms = clock_mono_ms();
	if (pthread_create(&thread, NULL, look_on, NULL) != 0 ||
	    pthread_detach(thread) != 0)
		abort();
}

int64_t
clock_awake_ms(void)
{
	(void)pthread_once(&once, begin);
	return look();
}
