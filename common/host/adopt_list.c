/* SPDX-License-Identifier: Apache-2.0 */
/*
 * adopt_list.c - which factors the store knows, and whether a configuration
 * leaves one of them out that somebody has enrolled
 *
 * The list is plain: it decides what an operator is asked, never who is let
 * in. People are counted only when a factor is gone, so that a start with a
 * million of them costs nothing. It must never take a list or a person's
 * record that it cannot read for an empty one.
 */
#include "adopt.h"

#define LIST_KEY	STR("store/factors")
/* no version of a sealed value (seal.h) */
#define LIST_VERSION	'F'
#define NOTE_TRIES	8

void
adopt_factor_put(struct buf *b, const struct adopt_factor *f)
{
	buf_lv16(b, f->name);
	buf_lv16(b, f->plugin);
	buf_lv16(b, f->realm);
	buf_u64(b, f->id);
	buf_u64(b, f->enrols);
}

int
adopt_factor_get(struct reader *r, struct arena *a, struct adopt_factor *ret)
{
	ret->name = arena_str(a, reader_lv16(r));
	ret->plugin = arena_str(a, reader_lv16(r));
	ret->realm = arena_str(a, reader_lv16(r));
	ret->id = reader_u64(r);
	ret->enrols = reader_u64(r);
	return r->failed || ret->name.p == NULL || ret->plugin.p == NULL ||
	    ret->realm.p == NULL ? -1 : 0;
}

int
adopt_list_read(struct store *store, struct arena *a, int64_t now_ms,
    struct buf *raw, struct adopt_list *ret)
{
	struct reader r;
	size_t n;
	int rc;

	ret->n = 0;
	ret->v = arena_array(a, ADOPT_FACTORS_MAX, sizeof(*ret->v));
	if (ret->v == NULL)
		return STORE_FAILED;
	buf_clear(raw);
	rc = store_get(store, LIST_KEY, now_ms, raw);
	if (rc == STORE_ABSENT)
		return STORE_OK;
	if (rc != STORE_OK)
		return rc;
	reader_init(&r, buf_str(raw));
	if (reader_u8(&r) != LIST_VERSION)
		return STORE_FAILED;
	n = reader_u16(&r);
	if (n > ADOPT_FACTORS_MAX)
		return STORE_FAILED;
	for (size_t i = 0; i < n; i++)
		if (adopt_factor_get(&r, a, &ret->v[i]) < 0)
			return STORE_FAILED;
	if (reader_end(&r) < 0)
		return STORE_FAILED;
	ret->n = n;
	return STORE_OK;
}

struct adopt_factor
adopt_factor_of(const struct conf *conf, unsigned i)
{
	const struct conf_factor *f = &conf->factors[i];
	bool second = bits_has(&conf->second, i);

	return (struct adopt_factor){ .name = f->name,
	    .plugin = f->plugin_name,
	    .realm = bits_has(&conf->identify, i) ?
	    conf->realms[f->realm].name : STR(""),
	    .id = factor_id(conf, i),
	    .enrols = second ? f->fingerprint : 0 };
}

static bool
same(const struct adopt_factor *a, const struct adopt_factor *b)
{
	return a->id == b->id && a->enrols == b->enrols;
}

bool
adopt_has(const struct conf *conf, const struct adopt_factor *f)
{
	/* what enrols knows it by says all of it */
	if (f->enrols != 0)
		return conf_factor_of(conf, f->enrols) >= 0;
	for (size_t i = 0; i < conf->nfactors; i++) {
		struct adopt_factor now = adopt_factor_of(conf, (unsigned)i);

		if (same(&now, f))
			return true;
	}
	return false;
}

/* ------------------------------------------------------------------ */
/* who has enrolled what is gone */

struct counting {
	struct adopt_factor *v;
	size_t *people;
	size_t n;
	bool unreadable;
};

static int
person_count(void *arg, struct csn_str key, struct csn_str value,
    int64_t expires_ms)
{
	struct people_record r;
	struct counting *c = arg;

	(void)key;
	(void)expires_ms;
	if (value.n == 0 || people_unpack(value, &r) < 0) {
		c->unreadable = true;
		return 1;
	}
	for (size_t i = 0; i < r.nenrolments; i++)
		for (size_t k = 0; k < c->n; k++)
			c->people[k] += r.enrolments[i].fingerprint ==
			    c->v[k].enrols;
	return 0;
}

/* Second factors that are listed and not of this configuration. 0 or -1. */
static int
gone_count(struct store *store, struct arena *a,
    const struct adopt_list *list, const struct conf *conf, int64_t now_ms,
    struct counting *c)
{
	*c = (struct counting){ .n = 0 };
	c->v = arena_array(a, list->n, sizeof(*c->v));
	c->people = arena_array(a, list->n, sizeof(*c->people));
	if (c->v == NULL || c->people == NULL)
		return -1;
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].enrols != 0 && !adopt_has(conf, &list->v[i]))
			c->v[c->n++] = list->v[i];
	if (c->n == 0)
		return 0;
	return store_list(store, STR("p/"), STR(""), SIZE_MAX, now_ms,
	    person_count, c) == STORE_OK && !c->unreadable ? 0 : -1;
}

static void
gone_words(struct buf *why, const struct adopt_factor *f, size_t people,
    const struct conf *conf)
{
	bool kept = conf_factor_find(conf, f->name) >= 0;

	buf_printf(why, "the factor `%.*s` of the plugin %.*s is %s, and "
	    "%zu people have enrolled it; if it goes on under another name: "
	    "countersign adopt %.*s NEW; if they shall enrol anew: "
	    "countersign adopt --drop %.*s\n", STR_FMT(f->name),
	    STR_FMT(f->plugin), kept ? "another now" : "gone", people,
	    STR_FMT(f->name), STR_FMT(f->name));
}

static int
begun_check(struct store *store, struct arena *a, int64_t now_ms,
    struct buf *why)
{
	struct adopt begun;
	int rc = adopt_begun(store, a, now_ms, &begun);

	if (rc == 0)
		return 0;
	if (rc < 0)
		buf_puts(why, "the store cannot be read\n");
	else if (begun.into.name.n == 0)
		buf_printf(why, "records of `%.*s` are half forgotten; go on "
		    "with it: countersign adopt --drop %.*s\n",
		    STR_FMT(begun.from.name), STR_FMT(begun.from.name));
	else
		buf_printf(why, "records of `%.*s` are half on their way to "
		    "`%.*s`; go on with it: countersign adopt %.*s %.*s\n",
		    STR_FMT(begun.from.name), STR_FMT(begun.into.name),
		    STR_FMT(begun.from.name), STR_FMT(begun.into.name));
	return -1;
}

int
adopt_check(struct store *store, const struct conf *conf, int64_t now_ms,
    struct buf *why)
{
	struct adopt_list list;
	struct counting c;
	struct arena a;
	struct buf raw;
	int rc;

	arena_init(&a, ADOPT_BUDGET);
	buf_init(&raw, STORE_VALUE_MAX);
	rc = begun_check(store, &a, now_ms, why);
	if (rc == 0 && (adopt_list_read(store, &a, now_ms, &raw, &list) !=
	    STORE_OK || gone_count(store, &a, &list, conf, now_ms, &c) < 0)) {
		buf_puts(why, "which factors people have enrolled cannot be "
		    "read in the store\n");
		rc = -1;
	}
	for (size_t i = 0; rc == 0 && i < c.n; i++)
		if (c.people[i] > 0)
			gone_words(why, &c.v[i], c.people[i], conf);
	buf_free(&raw);
	arena_free(&a);
	return rc == 0 && why->n == 0 ? 0 : -1;
}

/* ------------------------------------------------------------------ */
/* the list written */

static bool
listed(const struct adopt_list *list, const struct adopt_factor *f)
{
	for (size_t i = 0; i < list->n; i++)
		if (same(&list->v[i], f))
			return true;
	return false;
}

static void
list_put(struct buf *b, const struct adopt_list *list)
{
	buf_char(b, LIST_VERSION);
	buf_u16(b, (uint16_t)list->n);
	for (size_t i = 0; i < list->n; i++)
		adopt_factor_put(b, &list->v[i]);
}

static void
list_op(struct store_op *op, struct csn_str before, struct csn_str value)
{
	*op = (struct store_op){ .kind = before.n == 0 ? STORE_PUT_NEW :
	    STORE_SWAP, .key = LIST_KEY, .value = value, .before = before };
}

/* Those that count for nobody any more make room. */
static void
list_prune(struct adopt_list *list, const struct counting *c)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		bool gone = false;

		for (size_t k = 0; k < c->n; k++)
			gone |= c->people[k] == 0 && same(&c->v[k],
			    &list->v[i]);
		if (!gone)
			list->v[n++] = list->v[i];
	}
	list->n = n;
}

static int
note_once(struct store *store, const struct conf *conf, int64_t now_ms,
    bool prune, struct arena *a, struct buf *raw, struct buf *value)
{
	struct adopt_list list;
	struct counting c;
	struct store_op op;
	int rc = adopt_list_read(store, a, now_ms, raw, &list);

	if (rc == STORE_OK && prune && gone_count(store, a, &list, conf,
	    now_ms, &c) < 0)
		rc = STORE_FAILED;
	if (rc != STORE_OK)
		return rc;
	if (prune)
		list_prune(&list, &c);
	for (size_t i = 0; i < conf->nfactors; i++) {
		struct adopt_factor f = adopt_factor_of(conf, (unsigned)i);

		if (listed(&list, &f))
			continue;
		if (list.n == ADOPT_FACTORS_MAX)
			return STORE_FAILED;
		list.v[list.n++] = f;
	}
	buf_clear(value);
	list_put(value, &list);
	if (str_equal(buf_str(value), buf_str(raw)))
		return STORE_OK;
	list_op(&op, buf_str(raw), buf_str(value));
	rc = store_batch(store, &op, 1, now_ms);
	return rc == STORE_EXISTS || rc == STORE_ABSENT ? STORE_STALE : rc;
}

int
adopt_note(struct store *store, const struct conf *conf, int64_t now_ms,
    bool prune)
{
	struct buf raw, value;
	struct arena a;
	int rc = STORE_STALE;

	buf_init(&raw, STORE_VALUE_MAX);
	buf_init(&value, STORE_VALUE_MAX);
	for (int i = 0; i < NOTE_TRIES && rc == STORE_STALE; i++) {
		arena_init(&a, ADOPT_BUDGET);
		rc = note_once(store, conf, now_ms, prune, &a, &raw, &value);
		arena_free(&a);
	}
	buf_free(&raw);
	buf_free(&value);
	return rc;
}

int
adopt_list_without(struct store *store, const struct adopt_factor *gone,
    const struct adopt_factor *added, int64_t now_ms, struct buf *raw,
    struct buf *value, struct store_op *ret)
{
	struct adopt_list list;
	struct arena a;
	size_t n = 0;
	int rc;

	arena_init(&a, ADOPT_BUDGET);
	rc = adopt_list_read(store, &a, now_ms, raw, &list);
	for (size_t i = 0; i < list.n; i++)
		if (!same(&list.v[i], gone))
			list.v[n++] = list.v[i];
	list.n = n;
	if (rc == STORE_OK && added->name.n > 0 && !listed(&list, added)) {
		if (n == ADOPT_FACTORS_MAX)
			rc = STORE_FAILED;
		else
			list.v[list.n++] = *added;
	}
	buf_clear(value);
	list_put(value, &list);
	list_op(ret, buf_str(raw), buf_str(value));
	arena_free(&a);
	return rc;
}
