/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate_lane.c - the configuration in force, without a line of memory that all
 * threads write
 *
 * A check takes less time than it takes two processors to hand a line of
 * memory to and fro. So each thread that answers checks has a lane of its own,
 * and a reload goes through all of them. It must never leave a lane with a
 * configuration that the gate holds no more.
 */
#include <stdlib.h>

#include "gate.h"
#include "lane.h"

int
gate_lanes_open(struct csn_gate *g)
{
	g->lanes = aligned_alloc(_Alignof(struct gate_lane),
	    GATE_LANES * sizeof(*g->lanes));
	if (g->lanes == NULL)
		return -1;
	memset(g->lanes, 0, GATE_LANES * sizeof(*g->lanes));
	return 0;
}

void
gate_lanes_free(struct csn_gate *g)
{
	free(g->lanes);
}

void
gate_lanes_set(struct csn_gate *g, struct gate_conf *now)
{
	for (size_t i = 0; i < GATE_LANES; i++) {
		latch_take(&g->lanes[i].latch);
		g->lanes[i].now = now;
		latch_give(&g->lanes[i].latch);
	}
}

struct gate_lane *
gate_enter(struct csn_gate *g)
{
	struct gate_lane *lane;

	lane = &g->lanes[lane_number(LANE_OF_GATE, GATE_LANES)];
	latch_take(&lane->latch);
	return lane;
}

void
gate_leave(struct gate_lane *lane)
{
	latch_give(&lane->latch);
}

void
gate_count(struct csn_gate *g, struct gate_lane *lane, unsigned which)
{
	if (lane == NULL) {
		atomic_fetch_add_explicit(&g->counts[which], 1,
		    memory_order_relaxed);
		return;
	}
	/* whoever reads it takes no lock, whoever writes it has this one */
	atomic_store_explicit(&lane->counts[which],
	    atomic_load_explicit(&lane->counts[which],
	    memory_order_relaxed) + 1, memory_order_relaxed);
}

uint64_t
gate_counted(struct csn_gate *g, unsigned which)
{
	uint64_t n = atomic_load(&g->counts[which]);

	for (size_t i = 0; which < GATE_LANE_COUNTS && i < GATE_LANES; i++)
		n += atomic_load_explicit(&g->lanes[i].counts[which],
		    memory_order_relaxed);
	return n;
}
