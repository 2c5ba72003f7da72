/* SPDX-License-Identifier: Apache-2.0 */
/*
 * people_kept.c - all that the store keeps of one person, wherever it lies
 *
 * Most of it is found by its key. What factors keep lies below the opaque
 * account, which nobody can make up (people_account()); sessions and links are
 * opened one by one. It must never take what it could not read for somebody
 * else's.
 */
#include "people_kept.h"

#include "session.h"

#define KEPT_MAX 200000u	/* entries of one kind, of one person */

static void
login_key(struct buf *b, struct csn_str realm, struct csn_str subject)
{
	buf_puts(b, "u/");
	buf_str_put(b, realm);
	buf_char(b, '/');
	buf_str_put(b, subject);
}

void
people_login_op(struct store_op *op, struct buf *key, struct buf *value,
    struct csn_str realm, struct csn_str subject, struct csn_str language,
    int64_t now_ms)
{
	login_key(key, realm, subject);
	buf_u64(value, (uint64_t)now_ms);
	buf_lv16(value, language);
	*op = (struct store_op){ .kind = STORE_PUT, .key = buf_str(key),
	    .value = buf_str(value) };
}

int
people_login_read(struct store *store, struct csn_str realm,
    struct csn_str subject, int64_t now_ms, int64_t *ret_ms,
    struct buf *language)
{
	struct csn_str said;
	struct buf key, value;
	struct reader r;
	int rc;

	*ret_ms = 0;
	buf_init(&key, STORE_KEY_MAX);
	buf_init(&value, 64);
	login_key(&key, realm, subject);
	rc = store_get(store, buf_str(&key), now_ms, &value);
	if (rc == STORE_OK) {
		reader_init(&r, buf_str(&value));
		*ret_ms = (int64_t)reader_u64(&r);
		said = r.n > 0 ? reader_lv16(&r) : STR("");
		rc = reader_end(&r) < 0 ? STORE_FAILED : STORE_OK;
		if (rc == STORE_OK && language != NULL)
			buf_str_put(language, said);
	}
	buf_free(&key);
	buf_free(&value);
	return rc == STORE_ABSENT ? STORE_OK : rc;
}

/* ------------------------------------------------------------------ */

/* One listing: entries that `mine` says are this person's, copied. */
struct gather {
	struct arena *arena;
	struct sealer *sealer;
	const struct people_kept *of;
	bool (*mine)(struct gather *, struct csn_str key,
	    struct csn_str value);
	struct kept *first;
	size_t n;
	bool failed;
};

static int
gather_each(void *arg, struct csn_str key, struct csn_str value,
    int64_t expires_ms)
{
	struct gather *g = arg;
	struct kept *k;

	if (!g->mine(g, key, value))
		return g->failed;
	k = arena_alloc(g->arena, sizeof(*k));
	if (k == NULL || g->n == KEPT_MAX) {
		g->failed = true;
		return 1;
	}
	*k = (struct kept){ g->first, arena_str(g->arena, key),
	    arena_str(g->arena, value), expires_ms };
	g->failed = k->key.p == NULL || k->value.p == NULL;
	g->first = k;
	g->n++;
	return g->failed;
}

static int
gather(struct store *store, struct gather *g, struct csn_str prefix,
    bool (*mine)(struct gather *, struct csn_str, struct csn_str),
    int64_t now_ms)
{
	g->mine = mine;
	g->first = NULL;
	g->n = 0;
	return store_list(store, prefix, STR(""), SIZE_MAX, now_ms,
	    gather_each, g) == STORE_OK && !g->failed ? 0 : -1;
}

static bool
mine_by_account(struct gather *g, struct csn_str key, struct csn_str value)
{
	(void)value;
	return memmem(key.p, key.n, g->of->account, PEOPLE_ACCOUNT_LEN) !=
	    NULL;
}

static bool
mine_by_value(struct gather *g, struct csn_str key, struct csn_str value)
{
	(void)key;
	return str_equal(value, g->of->subject);
}

/* "t/FACTOR/REALM/SUBJECT" */
static bool
mine_throttle(struct gather *g, struct csn_str key, struct csn_str value)
{
	struct csn_str part;

	(void)value;
	str_cut(&key, '/', &part);
	str_cut(&key, '/', &part);
	return str_cut(&key, '/', &part) && str_equal(part, g->of->realm) &&
	    str_equal(key, g->of->subject);
}

static bool
mine_link(struct gather *g, struct csn_str key, struct csn_str value)
{
	struct reader r;
	struct csn_str realm, subject;

	(void)key;
	reader_init(&r, value);
	realm = reader_lv16(&r);
	subject = reader_lv16(&r);
	return !r.failed && str_equal(realm, g->of->realm) &&
	    str_equal(subject, g->of->subject);
}

/* What cannot be opened nobody can use: it is no session. */
static bool
mine_session(struct gather *g, struct csn_str key, struct csn_str value)
{
	struct session s;
	struct arena a;
	struct buf plain;
	bool mine;

	buf_init(&plain, STORE_VALUE_MAX);
	arena_init(&a, 1u << 20);
	mine = seal_open(g->sealer, SEAL_RECORD, key, value, &plain) == 0 &&
	    session_unpack(&a, buf_str(&plain), true, &s) == 0 &&
	    str_equal(s.person.realm_name, g->of->realm) &&
	    str_equal(s.person.subject, g->of->subject);
	arena_free(&a);
	buf_free(&plain);
	return mine;
}

/* All that lies below the account, by what it is. */
static int
gather_account(struct store *store, struct gather *g, struct people_kept *k,
    int64_t now_ms)
{
	struct kept *next, **to;

	if (gather(store, g, STR(""), mine_by_account, now_ms) < 0)
		return -1;
	for (struct kept *e = g->first; e != NULL; e = next) {
		bool is_value = str_starts(e->key, STR("k/"));

		next = e->next;
		to = is_value ? &k->values : str_starts(e->key, STR("c/")) ?
		    &k->counters : &k->others;
		k->nvalues += is_value;
		e->next = *to;
		*to = e;
	}
	return 0;
}

static int
gather_all(struct store *store, struct gather *g, struct people_kept *k,
    struct csn_str names, int64_t now_ms)
{
	if (gather_account(store, g, k, now_ms) < 0)
		return -1;
	if (gather(store, g, names, mine_by_value, now_ms) < 0)
		return -1;
	k->names = g->first;
	if (gather(store, g, STR("t/"), mine_throttle, now_ms) < 0)
		return -1;
	k->throttles = g->first;
	if (gather(store, g, STR("e/"), mine_link, now_ms) < 0)
		return -1;
	k->links = g->first;
	k->nlinks = g->n;
	if (gather(store, g, STR("s/"), mine_session, now_ms) < 0)
		return -1;
	k->sessions = g->first;
	k->nsessions = g->n;
	return 0;
}

int
people_kept_read(struct store *store, struct sealer *sealer, struct arena *a,
    struct csn_str realm, struct csn_str subject, int64_t now_ms,
    struct people_kept *ret)
{
	struct gather g = { .arena = a, .sealer = sealer, .of = ret };
	struct csn_str names = arena_printf(a, "i/%.*s/", STR_FMT(realm));
	struct buf language;
	int rc = 0;

	memset(ret, 0, sizeof(*ret));
	buf_init(&ret->raw, STORE_VALUE_MAX);
	ret->realm = realm;
	ret->subject = subject;
	buf_init(&language, 256);
	if (names.n == 0 || people_account(sealer, realm, subject,
	    ret->account) < 0 ||
	    people_read(store, realm, subject, now_ms, &ret->raw,
	    &ret->record) != STORE_OK ||
	    people_login_read(store, realm, subject, now_ms,
	    &ret->login_ms, &language) != STORE_OK)
		rc = -1;
	ret->language = arena_str(a, buf_str(&language));
	buf_free(&language);
	return rc == 0 ? gather_all(store, &g, ret, names, now_ms) : rc;
}

void
people_kept_free(struct people_kept *k)
{
	buf_free(&k->raw);
}

bool
people_kept_any(const struct people_kept *k)
{
	return k->record.nsources > 0 || k->record.nenrolments > 0 ||
	    k->login_ms != 0 || k->values != NULL || k->names != NULL ||
	    k->links != NULL;
}

static size_t
kept_count(const struct kept *k)
{
	size_t n = 0;

	for (; k != NULL; k = k->next)
		n++;
	return n;
}

size_t
people_kept_count(const struct people_kept *k)
{
	return kept_count(k->values) + kept_count(k->counters) +
	    kept_count(k->names) + kept_count(k->links) +
	    kept_count(k->throttles) + kept_count(k->others);
}
