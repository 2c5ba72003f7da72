/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate_groups.c - groups that go nowhere, told to the operator
 *
 * A group with the separator or with what no header carries in it, that no
 * short name is declared for, counts for nobody (security.md R7). Whoever runs
 * a directory can make up thousands: each is told once an hour, and so many a
 * minute at most. A DN is no such: it is the directory's way to name a group,
 * and goes nowhere unless it is declared.
 */
#include "gate.h"
#include "lib/siphash.h"
#include "lib/text.h"

#define TOLD_MS		3600000
#define MINUTE_MS	60000
#define PER_MINUTE	10u

bool
group_odd(const struct conf *conf, struct csn_str g)
{
	if (g.n == 0)
		return false;
	if (!text_plain(g) || g.p[0] == ' ' || g.p[g.n - 1] == ' ')
		return true;
	return str_index(g, conf->headers.separator) >= 0 &&
	    str_index(g, '=') < 0;
}

bool
gate_group_due(struct csn_gate *g, struct csn_str group, uint64_t *ret_more)
{
	static const uint64_t key[2] = { 0, 0 };
	uint64_t hash = siphash(group, key) | 1;
	struct gate_odd *odd = &g->odd;
	int64_t now_ms = gate_now_ms(g);
	bool due = false;

	pthread_mutex_lock(&g->lock);
	if (now_ms / MINUTE_MS != odd->minute) {
		odd->minute = now_ms / MINUTE_MS;
		odd->written = 0;
	}
	if (odd->told[hash % GATE_ODD].hash == hash &&
	    now_ms - odd->told[hash % GATE_ODD].at_ms < TOLD_MS)
		goto out;
	due = odd->written < PER_MINUTE;
	if (!due) {
		odd->untold++;
		goto out;
	}
	odd->told[hash % GATE_ODD].hash = hash;
	odd->told[hash % GATE_ODD].at_ms = now_ms;
	odd->written++;
	*ret_more = odd->untold;
	odd->untold = 0;
out:
	pthread_mutex_unlock(&g->lock);
	return due;
}
