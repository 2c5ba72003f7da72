/* SPDX-License-Identifier: Apache-2.0 */
/*
 * people_move.c - what is kept of one name becomes another's
 *
 * A move is one commit, made of what was read and refused if any of it has
 * changed meanwhile. What is sealed is bound to its key, so it is opened and
 * sealed anew under the new one. It must never leave a name that was
 * somebody's free for a first login to enrol (security.md E3), nor let a
 * device be lost that nobody has named.
 */
#include "follow.h"
#include "plan.h"

/* ------------------------------------------------------------------ */
/* values of factors */

/* "k/FACTOR/..." */
static struct csn_str
key_factor(struct csn_str key)
{
	struct csn_str part = STR("");

	str_cut(&key, '/', &part);
	str_cut(&key, '/', &part);
	return part;
}

/* The same key below the other account. */
static struct csn_str
key_moved(struct plan *p, struct csn_str key)
{
	const char *at = memmem(key.p, key.n, p->from.account,
	    PEOPLE_ACCOUNT_LEN);
	size_t before = (size_t)(at - key.p);

	return ARENA_JOIN(p->a, str_of(key.p, before),
	    str_from(p->into.account),
	    str_from_at(key, before + PEOPLE_ACCOUNT_LEN));
}

static const struct kept *
kept_find(const struct kept *k, struct csn_str key)
{
	while (k != NULL && !str_equal(k->key, key))
		k = k->next;
	return k;
}

static void
clash_add(struct plan *p, struct csn_str factor, uint64_t id, bool is_id)
{
	struct move_result *r = p->ret;

	for (size_t i = 0; i < r->nclashes; i++)
		if (r->clashes[i].is_id == is_id && r->clashes[i].id == id &&
		    str_equal(r->clashes[i].factor, factor))
			return;
	if (r->nclashes == sizeof(r->clashes) / sizeof(r->clashes[0])) {
		p->rc = MOVE_FULL;
		return;
	}
	r->clashes[r->nclashes].factor = factor;
	r->clashes[r->nclashes].id = id;
	r->clashes[r->nclashes++].is_id = is_id;
}

static bool
factor_clashes(const struct plan *p, struct csn_str factor)
{
	for (size_t i = 0; i < p->ret->nclashes; i++)
		if (!p->ret->clashes[i].is_id &&
		    str_equal(p->ret->clashes[i].factor, factor))
			return true;
	return false;
}

static struct csn_str
context_of(struct plan *p, struct csn_str key, uint8_t flags)
{
	struct buf b;

	buf_init(&b, STORE_KEY_MAX + 2);
	buf_u8(&b, flags);
	buf_char(&b, '/');
	buf_str_put(&b, key);
	return plan_keep(p, &b);
}

/* A byte of flags and what is sealed, bound to both and the key
 * (call_kv.c). */
static int
moved_seal(struct plan *p, struct csn_str from, struct csn_str into,
    struct csn_str sealed, struct buf *ret)
{
	struct buf plain;
	int rc = -1;

	buf_init(&plain, STORE_VALUE_MAX);
	if (from.n > 0 && into.n > 0 && seal_open(p->m->sealer, SEAL_RECORD,
	    from, sealed, &plain) == 0)
		rc = seal_put(p->m->sealer, SEAL_RECORD, into,
		    buf_str(&plain), ret);
	buf_free(&plain);
	return rc;
}

static struct csn_str
value_moved(struct plan *p, const struct kept *k, struct csn_str key)
{
	uint8_t flags = k->value.n > 0 ? (uint8_t)k->value.p[0] : 0;
	struct buf sealed;

	buf_init(&sealed, STORE_VALUE_MAX);
	buf_u8(&sealed, flags);
	/* lost under the new name it would be lost for good: nothing moves */
	if (k->value.n < 2 || key.n == 0 || moved_seal(p, context_of(p,
	    k->key, flags), context_of(p, key, flags),
	    str_from_at(k->value, 1), &sealed) < 0)
		p->rc = STORE_FAILED;
	return plan_keep(p, &sealed);
}

/* The host's own are bound to their key alone; what is not goes. */
static void
plan_others(struct plan *p)
{
	for (struct kept *k = p->from.others; k != NULL; k = k->next) {
		struct csn_str key = key_moved(p, k->key);
		struct buf sealed;

		plan_op(p, STORE_DELETE, k->key, STR(""), 0);
		buf_init(&sealed, STORE_VALUE_MAX);
		if (moved_seal(p, k->key, key, k->value, &sealed) == 0)
			plan_op(p, STORE_PUT, key, plan_keep(p, &sealed),
			    k->expires_ms);
		buf_free(&sealed);
	}
}

static void
plan_values(struct plan *p)
{
	enum move_keep keep = p->m->keep;

	for (struct kept *k = p->from.values; k != NULL; k = k->next)
		if (kept_find(p->into.values, key_moved(p, k->key)) != NULL)
			clash_add(p, key_factor(k->key), 0, false);
	/* of a factor where both have something all of one of them stays */
	for (struct kept *k = p->into.values; k != NULL; k = k->next)
		if (keep == KEEP_FROM && factor_clashes(p,
		    key_factor(k->key)))
			plan_take(p, k);
	for (struct kept *k = p->from.values; k != NULL; k = k->next) {
		struct csn_str key = key_moved(p, k->key);

		plan_take(p, k);
		if (keep != KEEP_FROM && factor_clashes(p,
		    key_factor(k->key)))
			continue;
		plan_op(p, STORE_PUT_NEW, key, value_moved(p, k, key),
		    k->expires_ms);
		p->ret->values++;
	}
}

/* Limits: the other's own stay. */
static void
plan_counters(struct plan *p)
{
	for (struct kept *k = p->from.counters; k != NULL; k = k->next) {
		struct csn_str key = key_moved(p, k->key);

		plan_op(p, STORE_DELETE, k->key, STR(""), 0);
		if (kept_find(p->into.counters, key) == NULL)
			plan_op(p, STORE_PUT, key, k->value, k->expires_ms);
	}
	for (struct kept *k = p->from.throttles; k != NULL; k = k->next)
		plan_op(p, STORE_DELETE, k->key, STR(""), 0);
}

/* ------------------------------------------------------------------ */
/* the record */

static void
id_forget(struct plan *p, uint64_t source, struct csn_str id)
{
	struct buf key;

	buf_init(&key, STORE_KEY_MAX);
	people_name_key(&key, p->m->realm, source, id);
	plan_op(p, STORE_DELETE, plan_keep(p, &key), STR(""), 0);
}

static void
plan_source(struct plan *p, const struct people_source *s)
{
	struct people_record *r = &p->next;
	size_t i = 0;

	while (i < r->nsources && r->sources[i].factor != s->factor)
		i++;
	if (i == r->nsources && i == PEOPLE_SOURCES_MAX) {
		p->rc = MOVE_FULL;
	} else if (i == r->nsources) {
		r->sources[r->nsources++] = *s;
		p->ret->ids++;
	} else if (!str_equal(r->sources[i].id, s->id)) {
		clash_add(p, STR(""), s->factor, true);
		id_forget(p, s->factor, p->m->keep == KEEP_FROM ?
		    r->sources[i].id : s->id);
		if (p->m->keep == KEEP_FROM)
			r->sources[i] = *s;
	}
}

static void
plan_enrolment(struct plan *p, const struct people_enrolment *e)
{
	struct people_record *r = &p->next;
	size_t i = 0;

	while (i < r->nenrolments &&
	    r->enrolments[i].fingerprint != e->fingerprint)
		i++;
	if (i == PROOFS_MAX) {
		p->rc = MOVE_FULL;
		return;
	}
	if (i == r->nenrolments) {
		r->enrolments[r->nenrolments++] = *e;
		p->ret->enrolments++;
	} else if (p->m->keep == KEEP_FROM) {
		r->enrolments[i] = *e;
	}
}

static void
plan_names(struct plan *p)
{
	for (struct kept *k = p->from.names; k != NULL; k = k->next) {
		plan_op(p, STORE_EXPECT, k->key, k->value, 0);
		plan_op(p, STORE_PUT, k->key, p->m->into, k->expires_ms);
	}
	for (size_t i = 0; i < p->from.record.nsources; i++)
		plan_source(p, &p->from.record.sources[i]);
	for (size_t i = 0; i < p->from.record.nenrolments; i++)
		plan_enrolment(p, &p->from.record.enrolments[i]);
}

static void
plan_person(struct plan *p, const struct people_kept *k,
    const struct people_record *r)
{
	struct buf *key = plan_buf(p), *value = plan_buf(p),
	    *feed = plan_buf(p);

	if (p->n + 2 > p->cap) {
		p->rc = STORE_FAILED;
		return;
	}
	people_op(&p->ops[p->n++], key, value, k->realm, k->subject,
	    buf_str(&k->raw), r);
	follow_op_person(&p->ops[p->n++], feed, k->realm, k->subject,
	    r->generation);
	if (buf_failed(key) || buf_failed(value) || buf_failed(feed))
		p->rc = STORE_FAILED;
}

/* Both generations go up: all sessions of either end. */
static void
plan_records(struct plan *p)
{
	const struct people_record *f = &p->from.record;
	struct people_record left = { .generation = f->generation + 1,
	    .link_required = true };

	p->next.link_required = f->link_required || (p->m->merge &&
	    p->next.link_required);
	if (p->next.generation < f->generation)
		p->next.generation = f->generation;
	p->next.generation++;
	plan_person(p, &p->from, &left);
	plan_person(p, &p->into, &p->next);
}

/* ------------------------------------------------------------------ */

static void
plan_links(struct plan *p)
{
	struct people_link l;
	struct reader r;
	struct buf value;

	for (struct kept *k = p->from.links; k != NULL; k = k->next) {
		reader_init(&r, k->value);
		people_link_unpack(&r, &l);
		l.subject = p->m->into;
		buf_init(&value, 4096);
		people_link_pack(&value, &l);
		if (reader_end(&r) < 0)
			p->rc = STORE_FAILED;
		plan_op(p, STORE_EXPECT, k->key, k->value, 0);
		plan_op(p, STORE_PUT, k->key, plan_keep(p, &value),
		    k->expires_ms);
		p->ret->links++;
	}
}

static void
plan_login(struct plan *p)
{
	struct buf *key = plan_buf(p), *value = plan_buf(p);
	int64_t at = p->from.login_ms > p->into.login_ms ?
	    p->from.login_ms : p->into.login_ms;

	if (p->from.login_ms == 0)
		return;
	if (p->n + 2 > p->cap) {
		p->rc = STORE_FAILED;
		return;
	}
	people_login_op(&p->ops[p->n], key, value, p->m->realm, p->m->from,
	    STR(""), 0);
	p->ops[p->n++].kind = STORE_DELETE;
	key = plan_buf(p);
	value = plan_buf(p);
	people_login_op(&p->ops[p->n++], key, value, p->m->realm, p->m->into,
	    p->from.language, at);
}

static int
plan_make(struct plan *p)
{
	const struct people_kept *i = &p->into;

	if (!people_kept_any(&p->from))
		return STORE_ABSENT;
	p->ret->taken = !p->m->merge && (i->record.nsources > 0 ||
	    i->record.nenrolments > 0 || i->values != NULL ||
	    i->names != NULL);
	if (p->ret->taken)
		return MOVE_CLASH;
	p->ret->sessions = (unsigned)(p->from.nsessions + i->nsessions);
	p->cap = 3 * (people_kept_count(&p->from) + people_kept_count(i)) + 32;
	p->ops = arena_array(p->a, p->cap, sizeof(*p->ops));
	if (p->ops == NULL)
		return STORE_FAILED;
	p->next = i->record;
	plan_names(p);
	plan_values(p);
	plan_counters(p);
	plan_others(p);
	plan_links(p);
	plan_login(p);
	plan_records(p);
	if (p->rc == STORE_OK && p->ret->nclashes > 0 &&
	    p->m->keep == KEEP_NONE)
		return MOVE_CLASH;
	return p->rc;
}

static int
move_once(const struct move *m, struct arena *a, struct move_result *ret)
{
	struct plan p = { .m = m, .a = a, .ret = ret };
	int rc = STORE_FAILED;

	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < PLAN_BUFS; i++)
		buf_init(&p.bufs[i], STORE_VALUE_MAX);
	if (people_kept_read(m->store, m->sealer, a, m->realm, m->from,
	    m->now_ms, &p.from) == 0) {
		if (people_kept_read(m->store, m->sealer, a, m->realm,
		    m->into, m->now_ms, &p.into) == 0)
			rc = plan_make(&p);
		if (rc == STORE_OK && !m->dry)
			rc = store_batch(m->store, p.ops, p.n, m->now_ms);
		people_kept_free(&p.into);
	}
	people_kept_free(&p.from);
	for (size_t i = 0; i < PLAN_BUFS; i++)
		buf_free(&p.bufs[i]);
	return rc;
}

int
people_move(const struct move *m, struct arena *a, struct move_result *ret)
{
	int rc = STORE_STALE;

	for (int i = 0; i < PLAN_TRIES && rc == STORE_STALE; i++) {
		rc = move_once(m, a, ret);
		/* somebody else was quicker with any of it */
		if (rc == STORE_EXISTS || (rc == STORE_ABSENT &&
		    ret->values + ret->ids + ret->links > 0))
			rc = STORE_STALE;
	}
	return rc == STORE_STALE ? STORE_FAILED : rc;
}
