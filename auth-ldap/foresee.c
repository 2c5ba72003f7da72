/* SPDX-License-Identifier: Apache-2.0 */
/*
 * foresee.c - groups within groups, asked all at once where they were seen
 * before
 *
 * Level by level each group is a search, and the next one has to wait for it.
 * What was seen at an earlier login says which groups to expect; two questions
 * to the directory then say whether it is still so. Which groups hold one of
 * the expected, or a direct one? No other than the expected: then there is
 * nothing beyond them. And does each of them still hold the very group by
 * which it is reached? Then there is a path to each from a direct one. It must
 * never count a group for having been seen: where an answer is another, all is
 * asked level by level.
 */
#include "lib/text.h"

#include "filter.h"
#include "groups_impl.h"
#include "nesting.h"

#define FEW		3u	/* groups that are as well asked singly */
#define EXPECTED_MAX	256u	/* of one person */
#define AT_ONCE		32u	/* in one filter */

struct expected {
	struct job_list dns;	/* the direct ones first */
	struct job_list names;	/* of the same place; "": not seen yet */
	size_t ndirect;
	size_t from[EXPECTED_MAX];	/* where the group is that each holds */
	bool there[EXPECTED_MAX];	/* holds it still */
	size_t nthere;
};

static size_t
place(const struct expected *e, struct csn_str dn)
{
	size_t i = 0;

	while (i < e->dns.n && !str_equal_fold(e->dns.v[i], dn))
		i++;
	return i;
}

static int
expect(const struct job *job, struct expected *e, struct csn_str dn,
    struct csn_str name, size_t from)
{
	if (place(e, dn) < e->dns.n)
		return 0;
	if (e->dns.n == EXPECTED_MAX)
		return -1;
	e->from[e->dns.n] = from;
	return job_list_add(job, &e->dns, dn) != 0 ? -1 :
	    job_list_add(job, &e->names, name);
}

static int
expect_parents(const struct job *job, struct expected *e, size_t at)
{
	struct job_list dns = { NULL, 0, 0 }, names = { NULL, 0, 0 };

	if (!nesting_recall(job, e->dns.v[at], &dns, &names))
		return -1;
	for (size_t i = 0; i < dns.n; i++)
		if (expect(job, e, dns.v[i], STR(""), at) != 0)
			return -1;
	return 0;
}

/* false: not all of it was seen before, or it is not worth it. */
static bool
expect_all(const struct gathering *g, struct expected *e)
{
	size_t level = 0, next, i;

	for (i = 0; i < g->dns.n; i++)
		if (expect(g->job, e, g->dns.v[i], g->names.v[i], 0) != 0)
			return false;
	e->ndirect = next = e->dns.n;
	for (i = 0; i < e->dns.n; i++) {
		if (i == next) {
			level++;
			next = e->dns.n;
		}
		if (level == GROUPS_DEPTH ||
		    expect_parents(g->job, e, i) != 0)
			return false;
	}
	return e->dns.n >= FEW;
}

/* ------------------------------------------------------------------ */

/* Nothing beyond what is expected, and all of that: with its names. */
static enum search_result
ask_beyond(const struct gathering *g, struct expected *e, size_t from,
    bool *ret_same)
{
	struct csn_str member = g->job->inst->opt.group_member;
	struct found f = { .bad = false };
	enum search_result result;
	struct buf b;

	buf_init(&b, FILTER_MAX);
	buf_puts(&b, "(|");
	for (size_t i = from; i < e->dns.n && i < from + AT_ONCE; i++)
		filter_equal(&b, member, e->dns.v[i]);
	buf_char(&b, ')');
	result = groups_search(g, &b, &f);
	*ret_same = result == SEARCH_DONE && !f.bad;
	for (size_t i = 0; i < f.dns.n && *ret_same; i++) {
		size_t at = place(e, f.dns.v[i]);

		if (at == e->dns.n)
			*ret_same = false;
		else
			e->names.v[at] = f.names.v[i];
	}
	return result;
}

/* Each still holds the group by which it is reached. entryDN (RFC 5020): only
 * itself may answer for itself. */
static enum search_result
ask_paths(const struct gathering *g, struct expected *e, size_t from)
{
	struct csn_str member = g->job->inst->opt.group_member;
	struct found f = { .bad = false };
	enum search_result result;
	struct buf b;
	size_t at;

	buf_init(&b, FILTER_MAX);
	buf_puts(&b, "(|");
	for (size_t i = from; i < e->dns.n && i < from + AT_ONCE; i++) {
		buf_puts(&b, "(&");
		filter_equal(&b, STR("entryDN"), e->dns.v[i]);
		filter_equal(&b, member, e->dns.v[e->from[i]]);
		buf_char(&b, ')');
	}
	buf_char(&b, ')');
	result = groups_search(g, &b, &f);
	for (size_t i = 0; i < f.dns.n && result == SEARCH_DONE; i++)
		if ((at = place(e, f.dns.v[i])) < e->dns.n &&
		    !e->there[at]) {
			e->there[at] = true;
			e->nthere++;
		}
	return result;
}

/* ------------------------------------------------------------------ */

static int
ask_all(const struct gathering *g, struct expected *e, bool *ret_same)
{
	enum search_result result = SEARCH_DONE;

	*ret_same = true;
	for (size_t i = 0; i < e->dns.n && *ret_same; i += AT_ONCE)
		result = ask_beyond(g, e, i, ret_same);
	for (size_t i = e->ndirect; i < e->dns.n && *ret_same &&
	    result == SEARCH_DONE; i += AT_ONCE)
		result = ask_paths(g, e, i);
	if (*ret_same && result == SEARCH_DONE && e->nthere == 0 &&
	    e->ndirect < e->dns.n)
		nesting_blinded(g->job);
	for (size_t i = e->ndirect; i < e->dns.n; i++)
		*ret_same &= e->there[i] && e->names.v[i].n > 0;
	*ret_same &= result == SEARCH_DONE;
	return result == SEARCH_LOST ? -1 : 0;
}

int
foresee_groups(struct gathering *g, bool *ret_done)
{
	struct expected *e;
	bool same = false;

	*ret_done = false;
	/* what is remembered for a while needs no asking at all */
	if (g->job->inst->opt.group_cache_s != 0 || g->cut ||
	    nesting_blind(g->job))
		return 0;
	e = job_alloc(g->job, sizeof(*e));
	if (e == NULL || !expect_all(g, e))
		return e == NULL ? -1 : 0;
	if (ask_all(g, e, &same) != 0)
		return -1;
	for (size_t i = e->ndirect; i < e->dns.n && same; i++)
		if (groups_gather(g, e->dns.v[i], e->names.v[i]) != 0)
			return -1;
	*ret_done = same;
	return 0;
}
