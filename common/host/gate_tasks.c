/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate_tasks.c - what happens while nobody waits: last-seen times written,
 * the expired swept, sessions renewed (gate_renew.c), factors refreshed
 * (gate_refresh.c)
 *
 * One thread. What may block at a peer runs in a pool: renewals in the
 * factor's own, refreshes in one of a few threads. It must never end a session
 * because a peer is down.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adopt.h"
#include "gate.h"
#include "lib/timefmt.h"
#include "notice.h"
#include "reseal.h"
#include "visit.h"

#define TICK_MS		1000
#define TOUCH_MS	30000		/* at least between two writes */
#define TOUCHES_MAX	256u		/* in one commit */
#define TOUCHES_TICK	40u		/* commits in one tick */
#define TOUCH_PAUSE_MS	10		/* between two of them, at least */
#define TOUCH_TIME_MS	1000		/* of one tick */
#define SWEEP_TICKS	30
#define SWEEP_MAX	1000u		/* rows at a time */
#define SWEEP_MS	200		/* of a tick, while there are more */
#define NOTE_TICKS	60
#define RENEW_TICKS	5
#define DAY_TICKS	86400u
#define RESEAL_LOOK	1000u		/* records a tick */
#define AUDIT_FILES_MAX	400
#define STEP_MS		30000		/* security.md O3 */

struct gate_tasks {
	struct csn_gate *gate;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	bool ending;
	unsigned tick;
	bool sweep_more;		/* there was more than one turn's */
	struct gate_refresh *refreshes;
	struct reseal reseal;
};

/* ------------------------------------------------------------------ */
/* last seen */

/* Beside the record, under "l/": a touch reads nothing. The time limit is the
 * longest a session may be idle. */
static void
touches_write(struct csn_gate *g, const struct conf *conf,
    const struct known_touch *t, size_t n)
{
	struct store_op ops[TOUCHES_MAX];
	char keys[TOUCHES_MAX][SESSION_KEY_LEN + 1];
	uint8_t values[TOUCHES_MAX][8];

	for (size_t i = 0; i < n; i++) {
		session_key(t[i].id, keys[i]);
		keys[i][0] = 'l';
		for (size_t k = 0; k < 8; k++)
			values[i][k] = (uint8_t)((uint64_t)t[i].seen_ms >>
			    (56 - 8 * k));
		ops[i] = (struct store_op){ .kind = STORE_PUT,
		    .key = str_from(keys[i]),
		    .value = str_of(values[i], 8),
		    .expires_ms = t[i].seen_ms + conf->idle_s * 1000 +
		    60000 };
	}
	store_batch(g->store, ops, n, gate_now_ms(g));
}

/* For as long as a commit took, others get at the store: who writes one after
 * the other keeps a revocation by another process waiting until all are
 * through, and the more so the slower the disk is. */
static void
touch_pause(int64_t took_ms)
{
	struct timespec pause = { 0, 0 };

	if (took_ms < TOUCH_PAUSE_MS)
		took_ms = TOUCH_PAUSE_MS;
	if (took_ms > TOUCH_TIME_MS)
		took_ms = TOUCH_TIME_MS;
	pause.tv_sec = took_ms / 1000;
	pause.tv_nsec = took_ms % 1000 * 1000000L;
	nanosleep(&pause, NULL);
}

/* What a tick does not come to, the next ones do; at the end all is written
 * at once. */
static void
task_touch(struct gate_tasks *t, const struct conf *conf, bool end)
{
	struct known_touch *touches = calloc(TOUCHES_MAX, sizeof(*touches));
	struct csn_gate *g = t->gate;
	int64_t least = conf->idle_s * 1000 / 4, begin = clock_mono_ms(), now;
	size_t n = TOUCHES_MAX;

	if (least > TOUCH_MS)
		least = TOUCH_MS;
	for (unsigned i = 0; touches != NULL && n == TOUCHES_MAX && (end ||
	    (i < TOUCHES_TICK && clock_mono_ms() < begin + TOUCH_TIME_MS));
	    i++) {
		now = clock_mono_ms();
		n = known_touched(g->known, gate_now_ms(g), least, touches,
		    TOUCHES_MAX);
		if (n > 0)
			touches_write(g, conf, touches, n);
		if (n == TOUCHES_MAX && !end && !atomic_load(&g->ending))
			touch_pause(clock_mono_ms() - now);
	}
	free(touches);
}

/* ------------------------------------------------------------------ */
/* once a day */

static void
keys_old(struct csn_gate *g, const struct conf *conf,
    const struct keyring *ring, const char *name)
{
	const struct keyring_key *key = keyring_active(ring);
	int64_t age_s;

	if (key == NULL || conf->keys_warn_older_s == 0)
		return;
	age_s = (gate_now_ms(g) - key->created_ms) / 1000;
	if (age_s > conf->keys_warn_older_s)
		gate_say(g, CSN_WARN, "the %s key is %lld days old; renew it "
		    "by: countersign keys rotate --ring %s", name,
		    (long long)(age_s / 86400), name);
}

/* Rotated audit files, as logrotate names them, past `audit: keep`. */
static void
audit_old(struct csn_gate *g, const struct conf *conf)
{
	char path[4096];
	struct stat st;

	if (conf->audit_path.n == 0 || conf->audit_keep_s == 0)
		return;
	for (int i = 1; i <= AUDIT_FILES_MAX; i++) {
		snprintf(path, sizeof(path), "%.*s.%d",
		    STR_FMT(conf->audit_path), i);
		if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
		    gate_now_ms(g) / 1000 - st.st_mtime > conf->audit_keep_s &&
		    unlink(path) == 0)
			gate_say(g, CSN_INFO, "%s is past `keep` and was "
			    "removed", path);
	}
}

static void
task_daily(struct csn_gate *g, const struct conf *conf)
{
	keys_old(g, conf, &g->cookies, "cookies");
	keys_old(g, conf, &g->records, "records");
	audit_old(g, conf);
}

/* ------------------------------------------------------------------ */

/* Wall and monotonic clock must go together, but for slow corrections. */
static void
task_clock(struct csn_gate *g)
{
	int64_t wall = clock_wall_ms(), mono = clock_mono_ms();
	int64_t step = (wall - g->wall_ms) - (mono - g->mono_ms);

	if ((step > STEP_MS || step < -STEP_MS) &&
	    !atomic_exchange(&g->clock_stepped, true))
		gate_say(g, CSN_FAIL, "the wall clock was moved by %lld s: "
		    "no logins until a restart", (long long)(step / 1000));
	g->wall_ms = wall;
	g->mono_ms = mono;
}

/* A login leaves ten rows or so that expire. Where that is more than go with
 * one turn, the next tick goes on, so that the store does not grow for ever. */
static void
task_sweep(struct gate_tasks *t)
{
	struct csn_gate *g = t->gate;
	int64_t until = clock_mono_ms() + SWEEP_MS;
	size_t n;

	do {
		if (store_sweep(g->store, gate_now_ms(g), SWEEP_MAX, &n) !=
		    STORE_OK)
			n = 0;
		t->sweep_more = n == SWEEP_MAX;
	} while (t->sweep_more && clock_mono_ms() < until);
}

static void
tick(struct gate_tasks *t)
{
	struct csn_gate *g = t->gate;
	struct gate_conf *gc = gate_hold(g);

	t->tick++;
	gate_conf_reap(g, false);
	task_clock(g);
	task_touch(t, gc->conf, false);
	notice_tick(g);
	if (t->tick % RENEW_TICKS == 0)
		gate_renew(g, gc);
	gate_refresh_begin(t->refreshes, gc);
	if (t->tick % SWEEP_TICKS == 1) {
		known_sweep(g->known, gate_now_ms(g),
		    gc->conf->idle_s * 1000 + TOUCH_MS);
		(void)follow_trim(g->store, gate_now_ms(g));
	}
	if (t->sweep_more || t->tick % SWEEP_TICKS == 1)
		task_sweep(t);
	/* another node may have left out what is in force here */
	if (t->tick % NOTE_TICKS == 0)
		(void)adopt_note(g->store, gc->conf, gate_now_ms(g), false);
	reseal_step(&t->reseal, g->store, g->sealer, RESEAL_LOOK,
	    gate_now_ms(g));
	if (t->tick % DAY_TICKS == 1)
		task_daily(g, gc->conf);
	gate_drop(gc);
}

static void *
tasks_thread(void *arg)
{
	struct gate_tasks *t = arg;
	struct timespec until;

	pthread_setname_np(pthread_self(), "csn-tasks");
	pthread_mutex_lock(&t->lock);
	while (!t->ending) {
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += TICK_MS / 1000;
		if (pthread_cond_timedwait(&t->wake, &t->lock, &until) !=
		    ETIMEDOUT)
			continue;
		pthread_mutex_unlock(&t->lock);
		tick(t);
		pthread_mutex_lock(&t->lock);
	}
	pthread_mutex_unlock(&t->lock);
	/* what was seen last is not lost by an orderly end */
	task_touch(t, t->gate->now->conf, true);
	return NULL;
}

struct gate_tasks *
gate_tasks_new(struct csn_gate *g)
{
	struct gate_tasks *t = calloc(1, sizeof(*t));
	pthread_condattr_t attr;

	if (t == NULL)
		return NULL;
	t->gate = g;
	t->refreshes = gate_refresh_new(g);
	pthread_mutex_init(&t->lock, NULL);
	/* the wall clock may step back: this thread must find that out */
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&t->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (t->refreshes != NULL &&
	    pthread_create(&t->thread, NULL, tasks_thread, t) == 0)
		return t;
	gate_refresh_free(t->refreshes);
	pthread_mutex_destroy(&t->lock);
	pthread_cond_destroy(&t->wake);
	free(t);
	return NULL;
}

void
gate_tasks_free(struct gate_tasks *t)
{
	if (t == NULL)
		return;
	pthread_mutex_lock(&t->lock);
	t->ending = true;
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
	pthread_join(t->thread, NULL);
	gate_refresh_free(t->refreshes);
	pthread_mutex_destroy(&t->lock);
	pthread_cond_destroy(&t->wake);
	free(t);
}
