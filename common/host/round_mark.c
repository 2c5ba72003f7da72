/* SPDX-License-Identifier: Apache-2.0 */
/*
 * round_mark.c - a submitted round's token is marked used, before anything
 * looks at what was submitted (security.md P3)
 *
 * One commit: the mark, the try that is reserved for a second factor (P4), and
 * what is known of the person, read in the same transaction (E4). Nobody waits
 * for it: the visit goes on on its factor's thread once the store has told. It
 * must never go on before that.
 */
#include <endian.h>

#include "lib/base64url.h"
#include "lib/timefmt.h"
#include "round.h"

/* The time at which the exchange began stands before the token: keys of one
 * time lie together in the store, and a commit writes their page once. */
void
round_key(const struct visit *v, const char *kind,
    const uint8_t token[EXCHANGE_TOKEN_LEN], struct buf *ret)
{
	uint64_t since = htobe64((uint64_t)v->x.created_ms);

	buf_puts(ret, kind);
	hex_encode(ret, str_of((const uint8_t *)&since + 2, 6));
	hex_encode(ret, str_of(token, EXCHANGE_TOKEN_LEN));
}

static struct pool *
pool_of(struct visit *v, int factor)
{
	struct pool *pool = factor < 0 ? NULL : v->gc->factors[factor].pool;

	return pool == NULL ? v->gate->work : pool;
}

static void
work_run(void *arg)
{
	struct visit *v = arg;

	v->work(v);
}

/* On the store's thread, mostly. */
static void
mark_told(void *arg, int rc)
{
	struct visit *v = arg;

	v->mark_rc = rc;
	v->task = (struct pool_task){ .run = work_run, .arg = v };
	if (pool_resume(v->mark_pool, &v->task) < 0)
		page_trouble(v, "no thread can be started");
}

static int
op_add(struct visit *v, const struct store_op *op)
{
	struct store_op *to = &v->mark[v->nmark++];

	*to = *op;
	to->key = arena_str(&v->arena, op->key);
	return to->key.p == NULL ? -1 : 0;
}

/* What the step that comes will ask for first. */
static int
ahead_add(struct visit *v)
{
	struct store_op op;

	if (!v->x.person.named || v->x.factor < 0 ||
	    v->x.awaits != AWAITS_FORM)
		return 0;
	if (round_account(v) < 0)
		return -1;
	if (!ahead_op(&v->gc->factors[v->x.factor], &v->arena,
	    str_from(v->account), &op, &v->ahead_raw))
		return 0;
	return op_add(v, &op);
}

/* The mark is the first: where the token was used already nothing has to be
 * undone. */
static int
mark_ops(struct visit *v)
{
	struct store_op mark = { .kind = STORE_PUT_NEW, .value = STR("1"),
	    .expires_ms = v->x.expires_ms + SESSION_SKEW_MS }, op;
	uint8_t whose[STORE_KEY_MAX + 1], name[129];
	struct buf key, person;
	int rc;

	buf_init_fixed(&key, name, sizeof(name));
	buf_init_fixed(&person, whose, sizeof(whose));
	round_key(v, ROUND_USED, v->round, &key);
	mark.key = buf_str(&key);
	rc = op_add(v, &mark);
	if (v->x.person.named) {
		buf_clear(&v->raw);
		people_read_op(&op, &person, v->x.person.realm_name,
		    v->x.person.subject, &v->raw);
		rc |= op_add(v, &op);
		buf_clear(&person);
	}
	if (pairs_get(v->form, STR(FIELD_FACTOR)).p == NULL) {
		rc |= ahead_add(v);
		v->reserve_done = round_reserve_op(v, &op, &person);
		if (v->reserve_done)
			rc |= op_add(v, &op);
	}
	buf_free(&key);
	buf_free(&person);
	return rc;
}

void
round_mark(struct visit *v, int factor, void (*work)(struct visit *))
{
	v->mark_pool = pool_of(v, factor);
	v->nmark = 0;
	/* refused before it costs the person this round */
	if (pool_full(v->mark_pool)) {
		page_trouble(v, "too many logins at once");
		return;
	}
	if (mark_ops(v) < 0) {
		page_trouble(v, "out of memory");
		return;
	}
	v->work = work;
	/* from here on the visit may be another thread's */
	v->on_loop = false;
	v->ahead.read_ms = clock_mono_ms();
	store_batch_later(v->gate->store, v->mark, v->nmark, v->now_ms,
	    mark_told, v);
}

static const struct store_op *
mark_op(const struct visit *v, enum store_op_kind kind)
{
	for (size_t i = 0; i < v->nmark; i++)
		if (v->mark[i].kind == kind)
			return &v->mark[i];
	return NULL;
}

int
round_marked(struct visit *v)
{
	const struct store_op *read = mark_op(v, STORE_READ);
	const struct store_op *count = mark_op(v, STORE_COUNT);

	if (v->mark_rc != STORE_OK)
		return v->mark_rc;
	v->marked = true;
	if (count != NULL)
		v->reserve_rc = throttle_judge(v->gate->store, v->conf, count,
		    v->now_ms, &v->reserve_until_ms);
	for (size_t i = 0; i < v->nmark; i++)
		if (v->mark[i].ret_value == &v->ahead_raw)
			ahead_was_read(&v->mark[i], v->ahead.read_ms,
			    &v->ahead);
	if (read == NULL)
		return STORE_OK;
	/* unreadable is not empty: it is asked for again, and refused */
	v->record_read = people_was_read(read) &&
	    people_unpack(buf_str(&v->raw), &v->record) == 0;
	return STORE_OK;
}
