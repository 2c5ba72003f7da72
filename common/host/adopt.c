/* SPDX-License-Identifier: Apache-2.0 */
/*
 * adopt.c - the records of one factor become another's, or nobody's
 *
 * In batches, each a commit, begun by a note that keeps every load out until
 * it is done: what was cut short is gone on with. What is sealed is bound to
 * the factor's name (P6), so it is opened and sealed anew. Nobody's record is
 * ever without an enrolment on the way: an empty one means "may enrol". It
 * must never write over a record that is there.
 */
#include "adopt_impl.h"
#include "follow.h"

#define STALE_MAX	64u	/* batches in a row that others spoilt */

bool
adopt_forgets(const struct adopt *ad)
{
	return ad->into.name.n == 0;
}

bool
adopt_same_name(const struct adopt *ad)
{
	return str_equal(ad->from.name, ad->into.name);
}

/* ------------------------------------------------------------------ */
/* a page of entries: what lists them may not call the store */

static int
page_add(void *arg, struct csn_str key, struct csn_str value,
    int64_t expires_ms)
{
	struct adopt_page *p = arg;
	struct adopt_entry *e = &p->v[p->n];

	*e = (struct adopt_entry){ arena_str(&p->arena, key),
	    arena_str(&p->arena, value), expires_ms };
	p->full = e->key.p == NULL || e->value.p == NULL;
	if (!p->full)
		p->n++;
	return p->full || p->n == ADOPT_PAGE;
}

int
adopt_page_read(const struct adopt *ad, struct csn_str prefix,
    struct csn_str after, struct adopt_page *ret)
{
	int rc;

	ret->n = 0;
	ret->full = false;
	/* each once more, as it becomes */
	arena_init(&ret->arena, (ADOPT_PAGE + 1) * 3 *
	    (size_t)(STORE_VALUE_MAX + STORE_KEY_MAX));
	rc = store_list(ad->store, prefix, after, ADOPT_PAGE, ad->now_ms,
	    page_add, ret);
	return rc == STORE_OK && !ret->full ? 0 : -1;
}

struct csn_str
adopt_prefix(char room[ADOPT_PREFIX_MAX], char kind, struct csn_str name)
{
	struct buf b;

	buf_init_fixed(&b, room, ADOPT_PREFIX_MAX);
	buf_char(&b, kind);
	buf_char(&b, '/');
	buf_str_put(&b, name);
	buf_char(&b, '/');
	return buf_str(&b);
}

/* ------------------------------------------------------------------ */
/* what lies below the factor's name */

static struct csn_str
context_of(struct arena *a, struct csn_str key, uint8_t flags)
{
	char c[2] = { (char)flags, '/' };

	return ARENA_JOIN(a, str_of(c, 2), key);
}

/* A byte of flags and what is sealed, bound to both and the key
 * (call_kv.c). p NULL when it cannot be opened. */
static struct csn_str
value_moved(const struct adopt *ad, struct arena *a, struct csn_str key,
    struct csn_str into, struct csn_str value)
{
	uint8_t flags = value.n > 0 ? (uint8_t)value.p[0] : 0;
	struct csn_str ret = str_of(NULL, 0);
	struct buf plain, sealed;

	buf_init(&plain, STORE_VALUE_MAX);
	buf_init(&sealed, STORE_VALUE_MAX);
	buf_u8(&sealed, flags);
	if (value.n > 1 && seal_open(ad->sealer, SEAL_RECORD, context_of(a,
	    key, flags), str_from_at(value, 1), &plain) == 0 &&
	    seal_put(ad->sealer, SEAL_RECORD, context_of(a, into, flags),
	    buf_str(&plain), &sealed) == 0 && !buf_failed(&sealed))
		ret = arena_str(a, buf_str(&sealed));
	buf_free(&plain);
	buf_free(&sealed);
	return ret;
}

/* The operations of one entry: it must still be as it was read. */
static int
entry_ops(const struct adopt *ad, struct arena *a, char kind,
    const struct adopt_entry *e, struct store_op *ops, size_t *n)
{
	char from[ADOPT_PREFIX_MAX], into[ADOPT_PREFIX_MAX];
	struct csn_str key, value = e->value;

	ops[(*n)++] = (struct store_op){ .kind = STORE_EXPECT,
	    .key = e->key, .before = e->value };
	ops[(*n)++] = (struct store_op){ .kind = STORE_DELETE,
	    .key = e->key };
	if (adopt_forgets(ad))
		return 0;
	key = ARENA_JOIN(a, adopt_prefix(into, kind, ad->into.name),
	    str_from_at(e->key, adopt_prefix(from, kind, ad->from.name).n));
	if (kind == 'k')
		value = value_moved(ad, a, e->key, key, e->value);
	if (key.p == NULL || value.p == NULL)
		return -1;
	ops[(*n)++] = (struct store_op){ .kind = STORE_PUT_NEW, .key = key,
	    .value = value, .expires_ms = e->expires_ms };
	return 0;
}

static int
spoilt(struct buf *why, unsigned *stale)
{
	if (++*stale <= STALE_MAX)
		return 1;
	buf_puts(why, "others write to the same records all the time; run it "
	    "again, with the daemons ended");
	return -1;
}

/* 1: go on, 0: that was all, -1 with a sentence. */
static int
batch_judge(int rc, bool more, struct csn_str first, struct buf *why,
    unsigned *stale)
{
	switch (rc) {
	case STORE_OK:
		*stale = 0;
		return more;
	case STORE_STALE:
	case STORE_ABSENT:
		return spoilt(why, stale);
	case STORE_EXISTS:
		buf_printf(why, "both have records of the same person or "
		    "thing (about %.*s); reset one of the two first",
		    STR_FMT(first));
		return -1;
	default:
		buf_puts(why, "the store cannot be written; run it again");
		return -1;
	}
}

/* One page of what lies below the name. */
static int
keys_page(const struct adopt *ad, char kind, unsigned *stale, struct buf *why)
{
	struct store_op ops[3 * ADOPT_PAGE];
	char room[ADOPT_PREFIX_MAX];
	struct adopt_page p;
	size_t n = 0;
	int rc = adopt_page_read(ad, adopt_prefix(room, kind, ad->from.name),
	    STR(""), &p);

	for (size_t i = 0; rc == 0 && i < p.n; i++)
		rc = entry_ops(ad, &p.arena, kind, &p.v[i], ops, &n);
	if (rc < 0)
		buf_puts(why, "a record cannot be read, or not be opened with "
		    "these keys");
	else if (p.n > 0)
		rc = batch_judge(store_batch(ad->store, ops, n, ad->now_ms),
		    true, p.v[0].key, why, stale);
	arena_free(&p.arena);
	return rc;
}

static int
keys_move(const struct adopt *ad, char kind, struct buf *why)
{
	unsigned stale = 0;
	int rc = 1;

	while (rc > 0 && !adopt_same_name(ad))
		rc = keys_page(ad, kind, &stale, why);
	return rc < 0 ? -1 : 0;
}

/* ------------------------------------------------------------------ */
/* links: "e/HASH" */

static int
link_op(const struct adopt *ad, struct arena *a, const struct adopt_entry *e,
    struct store_op *ops, size_t *n)
{
	struct people_link link;
	struct csn_str value;
	struct reader r;
	struct buf b;

	reader_init(&r, e->value);
	people_link_unpack(&r, &link);
	if (reader_end(&r) < 0 || !str_equal(link.factor, ad->from.name))
		return 0;
	if (adopt_forgets(ad)) {
		ops[(*n)++] = (struct store_op){ .kind = STORE_DELETE,
		    .key = e->key };
		return 0;
	}
	link.factor = ad->into.name;
	buf_init(&b, STORE_VALUE_MAX);
	people_link_pack(&b, &link);
	value = buf_failed(&b) ? str_of(NULL, 0) : arena_str(a, buf_str(&b));
	buf_free(&b);
	ops[(*n)++] = (struct store_op){ .kind = STORE_SWAP, .key = e->key,
	    .before = e->value, .value = value };
	return value.p == NULL ? -1 : 0;
}

/* ------------------------------------------------------------------ */
/* people: "p/REALM/SUBJECT", and "i/" for each id that was bound */

static int
key_split(struct csn_str key, struct csn_str *realm, struct csn_str *subject)
{
	struct csn_str rest = str_from_at(key, 2);

	if (!str_cut(&rest, '/', realm) || rest.p == NULL)
		return -1;
	*subject = rest;
	return 0;
}

/* The record under the other factor; whether anything is of ours. */
static bool
record_moved(const struct adopt *ad, struct people_record *r,
    struct csn_str *ret_id)
{
	size_t ne = 0, ns = 0;
	bool any = false;

	ret_id->p = NULL;
	for (size_t i = 0; i < r->nenrolments; i++) {
		bool ours = ad->from.enrols != 0 &&
		    r->enrolments[i].fingerprint == ad->from.enrols;

		any |= ours;
		if (ours && adopt_forgets(ad))
			continue;
		r->enrolments[ne] = r->enrolments[i];
		if (ours)
			r->enrolments[ne].fingerprint = ad->into.enrols;
		ne++;
	}
	/* as after a reset (E3) */
	r->link_required |= ne < r->nenrolments;
	r->generation += ne < r->nenrolments;
	r->nenrolments = ne;
	for (size_t i = 0; i < r->nsources; i++) {
		bool ours = r->sources[i].factor == ad->from.id &&
		    (adopt_forgets(ad) || ad->from.id != ad->into.id);

		if (ours)
			*ret_id = r->sources[i].id;
		any |= ours;
		if (ours && adopt_forgets(ad))
			continue;
		r->sources[ns] = r->sources[i];
		if (ours)
			r->sources[ns].factor = ad->into.id;
		ns++;
	}
	r->nsources = ns;
	return any;
}

/* The way back from an id to the name goes along. */
static int
id_ops(const struct adopt *ad, struct arena *a, struct csn_str realm,
    struct csn_str subject, struct csn_str id, struct store_op *ops,
    size_t *n)
{
	struct csn_str keys[2];
	struct buf b;

	for (int i = 0; i < 2; i++) {
		buf_init(&b, STORE_KEY_MAX);
		people_name_key(&b, realm, i == 0 ? ad->from.id :
		    ad->into.id, id);
		keys[i] = buf_failed(&b) ? str_of(NULL, 0) :
		    arena_str(a, buf_str(&b));
		buf_free(&b);
		if (keys[i].p == NULL)
			return -1;
	}
	ops[(*n)++] = (struct store_op){ .kind = STORE_DELETE,
	    .key = keys[0] };
	if (!adopt_forgets(ad))
		ops[(*n)++] = (struct store_op){ .kind = STORE_PUT,
		    .key = keys[1], .value = subject };
	return 0;
}

static struct csn_str
kept_of(struct arena *a, struct buf *b)
{
	struct csn_str ret = buf_failed(b) ? str_of(NULL, 0) :
	    arena_str(a, buf_str(b));

	buf_free(b);
	return ret;
}

/* At most four operations: the record, the feed, two of an id. */
static int
person_ops(const struct adopt *ad, struct arena *a,
    const struct adopt_entry *e,
    struct store_op *ops, size_t *n)
{
	struct csn_str realm, subject, id;
	struct people_record r;
	struct store_op op;
	struct buf key, value, feed;
	uint32_t generation;

	if (e->value.n == 0 || people_unpack(e->value, &r) < 0 ||
	    key_split(e->key, &realm, &subject) < 0)
		return -1;
	generation = r.generation;
	if (!record_moved(ad, &r, &id))
		return 0;
	buf_init(&key, STORE_KEY_MAX);
	buf_init(&value, STORE_VALUE_MAX);
	buf_init(&feed, 1024);
	people_op(&op, &key, &value, realm, subject, e->value, &r);
	op.key = e->key;
	op.value = kept_of(a, &value);
	buf_free(&key);
	ops[(*n)++] = op;
	if (r.generation != generation)
		follow_op_person(&ops[*n], &feed, realm, subject,
		    r.generation);
	else
		follow_op_changed(&ops[*n], &feed, realm, subject);
	ops[*n].value = kept_of(a, &feed);
	if (op.value.p == NULL || ops[(*n)++].value.p == NULL)
		return -1;
	return id.p == NULL ? 0 : id_ops(ad, a, realm, subject, id, ops, n);
}

typedef int entry_maker(const struct adopt *, struct arena *,
    const struct adopt_entry *, struct store_op *, size_t *);

/* One page of entries that stay where they are; `after` moves on. */
static int
stay_page(const struct adopt *ad, const char *prefix, entry_maker *make,
    struct buf *after, unsigned *stale, struct buf *why)
{
	struct store_op ops[4 * ADOPT_PAGE];
	struct adopt_page p;
	size_t n = 0;
	int rc = adopt_page_read(ad, str_from(prefix), buf_str(after), &p);

	for (size_t i = 0; rc == 0 && i < p.n; i++)
		rc = make(ad, &p.arena, &p.v[i], ops, &n);
	if (rc < 0) {
		buf_puts(why, "a person's record cannot be read");
	} else if (p.n > 0) {
		rc = batch_judge(n == 0 ? STORE_OK : store_batch(ad->store,
		    ops, n, ad->now_ms), true, p.v[0].key, why, stale);
		if (rc == 1 && *stale == 0) {
			buf_clear(after);
			buf_str_put(after, p.v[p.n - 1].key);
		}
	}
	arena_free(&p.arena);
	return rc;
}

static int
stay_move(const struct adopt *ad, const char *prefix, entry_maker *make,
    struct buf *why)
{
	unsigned stale = 0;
	struct buf after;
	int rc = 1;

	buf_init(&after, STORE_KEY_MAX + 1);
	while (rc > 0)
		rc = stay_page(ad, prefix, make, &after, &stale, why);
	buf_free(&after);
	return rc < 0 ? -1 : 0;
}

/* ------------------------------------------------------------------ */
/* begun and ended */

int
adopt_begun(struct store *store, struct arena *a, int64_t now_ms,
    struct adopt *ret)
{
	struct reader r;
	struct buf raw;
	int rc;

	memset(ret, 0, sizeof(*ret));
	buf_init(&raw, STORE_VALUE_MAX);
	rc = store_get(store, ADOPT_BEGUN_KEY, now_ms, &raw);
	if (rc == STORE_OK) {
		reader_init(&r, buf_str(&raw));
		rc = reader_u8(&r) == 'A' && adopt_factor_get(&r, a,
		    &ret->from) == 0 && adopt_factor_get(&r, a,
		    &ret->into) == 0 && reader_end(&r) == 0 ? 1 : -1;
	} else {
		rc = rc == STORE_ABSENT ? 0 : -1;
	}
	buf_free(&raw);
	return rc;
}

/* The note that keeps loads out. One that is there must be this one's. */
static int
begin(const struct adopt *ad, struct buf *why)
{
	struct adopt other;
	struct arena a;
	struct buf b;
	int rc;

	buf_init(&b, 4096);
	buf_char(&b, 'A');
	adopt_factor_put(&b, &ad->from);
	adopt_factor_put(&b, &ad->into);
	rc = buf_failed(&b) ? STORE_FAILED : store_put_new(ad->store,
	    ADOPT_BEGUN_KEY, buf_str(&b), 0, ad->now_ms);
	buf_free(&b);
	if (rc != STORE_EXISTS) {
		if (rc != STORE_OK)
			buf_puts(why, "the store cannot be written");
		return rc == STORE_OK ? 0 : -1;
	}
	arena_init(&a, 65536);
	rc = adopt_begun(ad->store, &a, ad->now_ms, &other) == 1 &&
	    other.from.id == ad->from.id &&
	    str_equal(other.into.name, ad->into.name) ? 0 : -1;
	if (rc < 0)
		buf_printf(why, "another one has begun, of `%.*s`; go on with "
		    "that first", STR_FMT(other.from.name));
	arena_free(&a);
	return rc;
}

static int
end(const struct adopt *ad, struct buf *why)
{
	struct store_op ops[2] = { { .kind = STORE_DELETE }, { 0 } };
	struct buf raw, value;
	int rc = STORE_STALE;

	buf_init(&raw, STORE_VALUE_MAX);
	buf_init(&value, STORE_VALUE_MAX);
	for (int i = 0; i < 8 && (rc == STORE_STALE || rc == STORE_EXISTS);
	    i++) {
		ops[0].key = ADOPT_BEGUN_KEY;
		rc = adopt_list_without(ad->store, &ad->from, &ad->into,
		    ad->now_ms, &raw, &value, &ops[1]);
		if (rc == STORE_OK)
			rc = store_batch(ad->store, ops, 2, ad->now_ms);
	}
	buf_free(&raw);
	buf_free(&value);
	if (rc != STORE_OK)
		buf_puts(why, "the store cannot be written; run it again");
	return rc == STORE_OK ? 0 : -1;
}

int
adopt_run(const struct adopt *ad, struct buf *why)
{
	if (begin(ad, why) < 0 || keys_move(ad, 'k', why) < 0 ||
	    keys_move(ad, 'c', why) < 0 || keys_move(ad, 't', why) < 0 ||
	    stay_move(ad, "e/", link_op, why) < 0 ||
	    stay_move(ad, "p/", person_ops, why) < 0)
		return -1;
	return end(ad, why);
}
