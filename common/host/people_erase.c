/* SPDX-License-Identifier: Apache-2.0 */
/*
 * people_erase.c - what is kept of one name becomes nobody's
 *
 * It must never leave a session behind whose record of its person is gone, or
 * stop half way without being found again: sessions go first, the record last.
 */
#include "plan.h"

#define BATCH_SESSIONS	64u

/* The records, and what is written beside them ("l/": last seen, "n/": asked
 * about). */
static int
sessions_erase(const struct move *m, const struct kept *k, struct arena *a)
{
	static const char beside[] = { 's', 'l', 'n' };
	struct store_op ops[3 * BATCH_SESSIONS];
	int rc = STORE_OK;
	size_t n = 0;

	for (; k != NULL && rc == STORE_OK; k = k->next) {
		for (size_t i = 0; i < sizeof(beside); i++) {
			struct csn_str key = ARENA_JOIN(a,
			    str_of(&beside[i], 1), str_from_at(k->key, 1));

			if (key.p == NULL)
				return STORE_FAILED;
			ops[n++] = (struct store_op){ .kind = STORE_DELETE,
			    .key = key };
		}
		if (n < 3 * BATCH_SESSIONS && k->next != NULL)
			continue;
		rc = store_batch(m->store, ops, n, m->now_ms);
		n = 0;
	}
	return rc;
}

static void
plan_forget(struct plan *p, const struct kept *k)
{
	for (; k != NULL; k = k->next)
		plan_op(p, STORE_DELETE, k->key, STR(""), 0);
}

/* All but the sessions, the record last of all. */
static int
erase_rest(struct plan *p)
{
	const struct people_kept *k = &p->from;
	struct buf *key = plan_buf(p), *value = plan_buf(p),
	    *record = plan_buf(p);

	p->cap = people_kept_count(k) + 4;
	p->ops = arena_array(p->a, p->cap, sizeof(*p->ops));
	if (p->ops == NULL)
		return STORE_FAILED;
	people_expect_op(&p->ops[p->n++], record, k->realm, k->subject,
	    buf_str(&k->raw));
	plan_forget(p, k->values);
	plan_forget(p, k->counters);
	plan_forget(p, k->others);
	plan_forget(p, k->names);
	plan_forget(p, k->links);
	plan_forget(p, k->throttles);
	people_login_op(&p->ops[p->n], key, value, k->realm, k->subject,
	    STR(""), 0);
	p->ops[p->n++].kind = STORE_DELETE;
	plan_op(p, STORE_DELETE, p->ops[0].key, STR(""), 0);
	return p->rc != STORE_OK ? p->rc : store_batch(p->m->store, p->ops,
	    p->n, p->m->now_ms);
}

static bool
erase_any(const struct people_kept *k)
{
	return k->raw.n > 0 || people_kept_any(k) || k->sessions != NULL ||
	    k->counters != NULL || k->throttles != NULL || k->others != NULL;
}

/* 1: there was something, and it has been worked on. */
static int
erase_once(struct plan *p)
{
	const struct move *m = p->m;
	uint32_t generation;
	int rc;

	if (people_kept_read(m->store, m->sealer, p->a, m->realm, m->from,
	    m->now_ms, &p->from) < 0)
		return STORE_FAILED;
	if (!erase_any(&p->from))
		return STORE_ABSENT;
	if (p->ret->values + p->ret->sessions + p->ret->ids == 0) {
		p->ret->values = (unsigned)p->from.nvalues;
		p->ret->sessions = (unsigned)p->from.nsessions;
		p->ret->links = (unsigned)p->from.nlinks;
		p->ret->ids = (unsigned)p->from.record.nsources;
		p->ret->enrolments = (unsigned)p->from.record.nenrolments;
	}
	if (m->dry)
		return STORE_OK;
	/* first nobody is in any more, on every node */
	if (p->from.sessions != NULL) {
		rc = people_revoke(m->store, m->realm, m->from, m->now_ms,
		    &generation);
		if (rc == STORE_OK)
			rc = sessions_erase(m, p->from.sessions, p->a);
		return rc == STORE_OK ? 1 : rc;
	}
	rc = erase_rest(p);
	return rc == STORE_OK || rc == STORE_STALE || rc == STORE_EXISTS ||
	    rc == STORE_ABSENT ? 1 : rc;
}

int
people_erase(const struct move *m, struct arena *a, struct move_result *ret)
{
	bool worked = false;
	int rc = 1;

	memset(ret, 0, sizeof(*ret));
	for (int i = 0; i < PLAN_TRIES && rc == 1; i++) {
		struct plan p = { .m = m, .a = a, .ret = ret };

		for (size_t k = 0; k < PLAN_BUFS; k++)
			buf_init(&p.bufs[k], STORE_VALUE_MAX);
		rc = erase_once(&p);
		worked |= rc == 1;
		people_kept_free(&p.from);
		for (size_t k = 0; k < PLAN_BUFS; k++)
			buf_free(&p.bufs[k]);
	}
	if (rc == STORE_ABSENT && worked)
		return STORE_OK;
	return rc == 1 ? STORE_FAILED : rc;
}
