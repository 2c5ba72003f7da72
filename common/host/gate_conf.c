/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate_conf.c - the configuration in force: read, opened, held, swapped by a
 * reload, closed after its last holder
 *
 * A reload that fails anywhere leaves the old one in force; nothing of a
 * configuration may be closed while a request or an answer still reads it.
 */
#include <stdlib.h>

#include "adopt.h"
#include "gate_impl.h"
#include "lib/timefmt.h"
#include "pace.h"

/* A retired configuration is kept so long: answers that are being written
 * still point into it. */
#define REAP_AFTER_MS	30000

static void
gate_conf_close(struct gate_conf *gc)
{
	for (size_t i = 0; i < gc->nopened; i++)
		factor_close(&gc->factors[i]);
	free(gc->factors);
	policy_index_free(gc->index);
	conf_free(gc->conf);
	arena_free(&gc->arena);
	free(gc);
}

void
gate_conf_reap(struct csn_gate *g, bool all)
{
	int64_t before = clock_mono_ms() - (all ? 0 : REAP_AFTER_MS);
	struct gate_conf **at, *gc, *due = NULL;

	pthread_mutex_lock(&g->lock);
	for (at = &g->retired; (gc = *at) != NULL;) {
		if (gc->retired_ms > before) {
			at = &gc->next;
			continue;
		}
		*at = gc->next;
		gc->next = due;
		due = gc;
	}
	pthread_mutex_unlock(&g->lock);
	pace_begin();
	for (; due != NULL; due = gc) {
		gc = due->next;
		gate_conf_close(due);
	}
	pace_end();
}

struct gate_conf *
gate_hold(struct csn_gate *g)
{
	struct gate_conf *gc;

	pthread_mutex_lock(&g->lock);
	gc = g->now;
	atomic_fetch_add_explicit(&gc->refs, 1, memory_order_relaxed);
	pthread_mutex_unlock(&g->lock);
	return gc;
}

void
gate_drop(struct gate_conf *gc)
{
	if (atomic_fetch_sub(&gc->refs, 1) != 1)
		return;
	gc->retired_ms = clock_mono_ms();
	pthread_mutex_lock(&gc->gate->lock);
	gc->next = gc->gate->retired;
	gc->gate->retired = gc;
	pthread_mutex_unlock(&gc->gate->lock);
}

static void
say_lines(struct csn_gate *g, uint32_t severity, struct csn_str text)
{
	struct csn_str line;

	while (str_cut(&text, '\n', &line))
		if (line.n > 0)
			g->options.say(g->options.say_arg, severity, line);
}

struct conf *
gate_conf_read(struct csn_gate *g)
{
	struct conf_report report;
	struct conf *conf = NULL;
	int rc;

	memset(&report, 0, sizeof(report));
	buf_init(&report.faults, 0);
	buf_init(&report.warnings, 0);
	rc = conf_load(g->options.conf_path, plugin_find, g->plugins,
	    &report, &conf);
	say_lines(g, CSN_WARN, buf_str(&report.warnings));
	say_lines(g, CSN_FAIL, buf_str(&report.faults));
	buf_free(&report.faults);
	buf_free(&report.warnings);
	return rc < 0 ? NULL : conf;
}

static int
factors_open(struct csn_gate *g, struct gate_conf *gc)
{
	size_t n = gc->conf->nfactors;
	bool failed = false;

	gc->factors = calloc(n > 0 ? n : 1, sizeof(*gc->factors));
	if (gc->factors == NULL)
		return -1;
	/* all of them, so that all faults are told in one pass */
	for (; gc->nopened < n; gc->nopened++) {
		failed |= factor_open(&gc->factors[gc->nopened],
		    &g->call_host, gc->conf, (unsigned)gc->nopened,
		    g->conf_dir) < 0;
		pace();
	}
	/* the operator's command works without the service's secrets; an
	 * operation of a factor that is not open is refused then */
	return failed && !g->options.offline ? -1 : 0;
}

struct gate_conf *
gate_conf_new(struct csn_gate *g, struct conf *conf)
{
	struct gate_conf *gc = calloc(1, sizeof(*gc));

	if (gc == NULL) {
		conf_free(conf);
		return NULL;
	}
	gc->gate = g;
	gc->conf = conf;
	atomic_store(&gc->refs, 1);
	arena_init(&gc->arena, 64u << 20);
	gc->index = policy_index_new(conf);
	if (gc->index == NULL || target_homes(&gc->arena, conf, gc->index,
	    &gc->homes, &gc->nhomes) < 0 || factors_open(g, gc) < 0) {
		gate_conf_close(gc);
		return NULL;
	}
	return gc;
}

/* A configuration that leaves out what somebody has enrolled does not come
 * into force (O1). The operator's command works all the same: it mends that. */
int
gate_conf_orphans(struct csn_gate *g, const struct conf *conf)
{
	struct buf why;
	int rc;

	if (g->options.offline)
		return 0;
	buf_init(&why, 16384);
	rc = adopt_check(g->store, conf, gate_now_ms(g), &why);
	say_lines(g, CSN_FAIL, buf_str(&why));
	buf_free(&why);
	if (rc == 0 && adopt_note(g->store, conf, gate_now_ms(g), true) !=
	    STORE_OK)
		gate_say(g, CSN_WARN, "which factors are in force cannot be "
		    "noted in the store");
	return rc;
}

/* What a reload cannot change without a restart. */
static bool
reload_fits(struct csn_gate *g, const struct conf *old,
    const struct conf *new)
{
	if (!str_equal(old->store_path, new->store_path) ||
	    !str_equal(old->keys_dir, new->keys_dir)) {
		gate_say(g, CSN_FAIL, "`store` and `keys` change with a "
		    "restart only; the old configuration stays in force");
		return false;
	}
	if (!str_equal(old->audit_path, new->audit_path) ||
	    !gate_listeners_same(g, old, new))
		gate_say(g, CSN_WARN, "`audit` and `listen` change with a "
		    "restart only; the rest of the file is in force");
	return true;
}

static int
gate_reload(struct csn_gate *g)
{
	struct gate_conf *fresh, *old = gate_hold(g);
	struct keyring cookies = { 0 }, records = { 0 };
	struct conf *conf = gate_conf_read(g);

	if (conf == NULL || !reload_fits(g, old->conf, conf) ||
	    gate_conf_orphans(g, conf) < 0 ||
	    gate_keys_read(g, conf, &cookies, &records) < 0) {
		conf_free(conf);
		goto keep;
	}
	fresh = gate_conf_new(g, conf);
	if (fresh == NULL || sealer_reload(g->sealer, &cookies,
	    &records) < 0) {
		if (fresh != NULL)
			gate_conf_close(fresh);
		goto keep;
	}
	keyring_wipe(&cookies);
	keyring_wipe(&records);
	pthread_mutex_lock(&g->lock);
	g->now = fresh;
	pthread_mutex_unlock(&g->lock);
	gate_lanes_set(g, fresh);
	gate_drop(old);		/* ours */
	gate_drop(old);		/* the gate's */
	gate_say(g, CSN_INFO, "the configuration was read again");
	return 0;
keep:
	keyring_wipe(&cookies);
	keyring_wipe(&records);
	gate_drop(old);
	gate_say(g, CSN_FAIL, "the old configuration stays in force");
	return -1;
}

int
csn_gate_reload(struct csn_gate *g)
{
	int rc;

	pace_begin();
	rc = gate_reload(g);
	pace_end();
	return rc;
}
