/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * provider.c - snapshots: held, swapped, kept in the store
 *
 * It must never use keys that are older than keys_lifetime, keys of another
 * issuer, or an endpoint at a place that the configuration does not name.
 */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "fetch.h"
#include "metadata.h"
#include "provider.h"

#include "lib/timefmt.h"

#define STORE_KEY	"provider"
#define FORCED_MS	60000	/* between two fetches for an unknown key */
#define RETRY_S		20u	/* after a failure */
#define AGAIN_MS	5000	/* fetched so lately is fetched */
#define FAILED_MS	1000	/* not again so soon after a failure, twice as
				 * long after the next, */
#define FAILED_MOST_MS	5000	/* and so on */

struct provider_cell {
	pthread_mutex_t lock;
	pthread_cond_t done;
	const struct provider *now;	/* held, or NULL */
	uint64_t turns;			/* fetches that began */
	unsigned failed;		/* fetches in a row */
	int64_t failed_ms;		/* the last of them */
	bool forcing;			/* somebody fetches keys */
	int64_t forced_ms[2];		/* monotonic: by us, by strangers */
};

struct provider_cell *
provider_cell_new(void)
{
	struct provider_cell *c = calloc(1, sizeof(*c));
	pthread_condattr_t attr;

	if (c == NULL)
		return NULL;
	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->done, &attr);
	pthread_condattr_destroy(&attr);
	c->forced_ms[0] = c->forced_ms[1] = -FORCED_MS;
	return c;
}

void
provider_cell_free(struct provider_cell *c)
{
	if (c == NULL)
		return;
	provider_drop(c->now);
	pthread_cond_destroy(&c->done);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

static const struct provider *
provider_again(const struct provider *p)
{
	/* the count is no part of what never changes */
	atomic_fetch_add(&((struct provider *)(uintptr_t)p)->holds, 1);
	return p;
}

void
provider_drop(const struct provider *p)
{
	struct provider *gone = (struct provider *)(uintptr_t)p;

	if (gone == NULL || atomic_fetch_sub(&gone->holds, 1) != 1)
		return;
	jwks_unref(gone->keys);
	arena_free(&gone->arena);
	free(gone);
}

static const struct provider *
cell_hold(struct provider_cell *c)
{
	const struct provider *p;

	pthread_mutex_lock(&c->lock);
	p = c->now == NULL ? NULL : provider_again(c->now);
	pthread_mutex_unlock(&c->lock);
	return p;
}

/* Takes p, unless keys that were asked for later came sooner: a refresh may
 * be slow, and a login fetch the next key meanwhile. Whether it is in force. */
static bool
cell_put(struct provider_cell *c, const struct provider *p)
{
	const struct provider *gone = p;
	bool newer;

	pthread_mutex_lock(&c->lock);
	newer = c->now == NULL || p->turn >= c->now->turn;
	if (newer) {
		gone = c->now;
		c->now = p;
	}
	pthread_mutex_unlock(&c->lock);
	provider_drop(gone);
	return newer;
}

/* Before keys are asked for. */
static uint64_t
cell_turn(struct provider_cell *c)
{
	uint64_t turn;

	pthread_mutex_lock(&c->lock);
	turn = ++c->turns;
	pthread_mutex_unlock(&c->lock);
	return turn;
}

/* ------------------------------------------------------------------ */
/* the store */

/* Sealed there, so that who can write the store's file cannot plant keys. */
static void
provider_store(const struct round *r, const struct provider *p)
{
	uint32_t ttl = (uint32_t)r->o->opt.num[OPT_KEYS_LIFETIME];
	struct buf b;

	buf_init(&b, CSN_KV_VALUE_MAX);
	buf_u8(&b, 1);
	buf_u64(&b, (uint64_t)p->keys_ms);
	buf_lv32(&b, p->metadata);
	buf_lv32(&b, p->keyset);
	if (buf_failed(&b))
		round_log(r, CSN_WARN, "metadata and keys are too long for "
		    "the store: a restart while the provider is down will "
		    "not know them");
	else if (r->o->host->kv_put(r->call, STR(STORE_KEY), buf_str(&b),
	    ttl, CSN_KV_DURABLE | CSN_KV_SECRET) != CSN_OK)
		round_log(r, CSN_WARN, "the store did not take the metadata");
	buf_free(&b);
}

static const struct provider *
provider_load(const struct round *r)
{
	struct metadata_source s = { .keys_ms = 0 };
	struct provider *p = NULL;
	struct csn_str value;
	struct reader in;

	if (r->o->host->kv_get(r->call, STR(STORE_KEY), &value) != CSN_OK)
		return NULL;
	reader_init(&in, value);
	if (reader_u8(&in) != 1)
		return NULL;
	s.keys_ms = (int64_t)reader_u64(&in);
	s.metadata = reader_lv32(&in);
	s.keyset = reader_lv32(&in);
	/* of another configuration, or of a version that read it otherwise */
	if (reader_end(&in) < 0 || provider_make(r, &s, &p) < 0)
		return NULL;
	return p;
}

static bool
keys_old(const struct round *r, const struct provider *p)
{
	return r->o->opt.val[OPT_JWKS] == 0 && r->now_ms - p->keys_ms >
	    r->o->opt.num[OPT_KEYS_LIFETIME] * 1000;
}

const struct provider *
provider_hold(const struct round *r)
{
	const struct provider *p = cell_hold(r->o->cell);

	if (p == NULL && (p = provider_load(r)) != NULL) {
		(void)cell_put(r->o->cell, p);
		p = cell_hold(r->o->cell);
	}
	if (p == NULL || !keys_old(r, p))
		return p;
	provider_drop(p);
	return NULL;
}

/* ------------------------------------------------------------------ */
/* fetching */

static int
text_fetch(const struct round *r, struct csn_str url, struct csn_str *ret)
{
	struct fetch f = { .url = url, .max_bytes = FETCH_METADATA_MAX,
	    .accept = "application/json" };
	struct fetched got;

	if (fetch_send(r, &f, &got) != CSN_OK)
		return -1;
	if (got.status != 200) {
		round_log(r, CSN_WARN, "%.200s: the provider answered with "
		    "status %u; is this its address?", url.p, got.status);
		return -1;
	}
	if (!str_equal_fold(got.type, STR("application/json")) &&
	    !str_equal_fold(got.type, STR("application/jwk-set+json"))) {
		round_log(r, CSN_WARN, "%.200s: the provider answered with "
		    "type %.80s where JSON was expected", url.p,
		    got.type.n == 0 ? "(none)" : got.type.p);
		return -1;
	}
	*ret = got.body;
	return 0;
}

/* Disc 4: the issuer, without a slash at its end, and the well-known path. */
static int
metadata_fetch(const struct round *r, struct metadata_source *s)
{
	struct csn_str issuer = r->o->opt.text[OPT_ISSUER], url;

	if (r->o->opt.num[OPT_DISCOVERY] == 0) {
		s->metadata = STR("");
		return 0;
	}
	if (str_ends(issuer, STR("/")))
		issuer.n--;
	url = arena_printf(r->arena,
	    "%.*s/.well-known/openid-configuration", STR_FMT(issuer));
	return url.p == NULL ? -1 : text_fetch(r, url, &s->metadata);
}

/* The keys that go with these metadata: fetched, configured, or, while they
 * cannot be fetched, those we have from the same place. */
static int
keys_fetch(const struct round *r, struct csn_str jwks_uri,
    const struct provider *old, struct metadata_source *s)
{
	s->keys_ms = r->now_ms;
	s->turn = cell_turn(r->o->cell);
	if (r->o->opt.val[OPT_JWKS] != 0) {
		s->keyset = r->o->opt.text[OPT_JWKS];
		return 0;
	}
	if (jwks_uri.n == 0) {		/* HMAC alone */
		s->keyset = STR("{\"keys\":[]}");
		return 0;
	}
	if (text_fetch(r, jwks_uri, &s->keyset) == 0)
		return 0;
	if (old == NULL || !str_equal(old->jwks_uri, jwks_uri))
		return -1;
	s->keyset = old->keyset;
	s->keys_ms = old->keys_ms;
	s->turn = old->turn;
	return 0;
}

static bool
provider_differs(const struct provider *a, const struct provider *b)
{
	return a == NULL || !str_equal(a->metadata, b->metadata) ||
	    !str_equal(a->keyset, b->keyset) ||
	    b->keys_ms - a->keys_ms > 1800000;
}

/* Takes p: in force, and then in the store. */
static void
provider_take(const struct round *r, const struct provider *old,
    const struct provider *p)
{
	bool differs = provider_differs(old, p);

	if (cell_put(r->o->cell, provider_again(p)) && differs)
		provider_store(r, p);
	provider_drop(p);
}

static int
refresh_all(const struct round *r, const struct provider *old)
{
	struct metadata_source s = { .keys_ms = 0 };
	struct csn_str jwks_uri;
	struct provider *p;

	if (metadata_fetch(r, &s) < 0 ||
	    metadata_keys_place(r, s.metadata, &jwks_uri) < 0 ||
	    keys_fetch(r, jwks_uri, old, &s) < 0 ||
	    provider_make(r, &s, &p) < 0)
		return -1;
	provider_take(r, old, p);
	return 0;
}

int32_t
provider_fetch(const struct round *r)
{
	const struct provider *old = provider_hold(r);
	int rc = refresh_all(r, old);

	provider_drop(old);
	return rc == 0 ? CSN_OK : CSN_E_BACKEND;
}

static bool
fetched_just_now(const struct round *r)
{
	const struct provider *p = cell_hold(r->o->cell);
	bool now = p != NULL && r->now_ms >= p->keys_ms &&
	    r->now_ms - p->keys_ms < AGAIN_MS;

	provider_drop(p);
	return now;
}

/* Logins that wait ask for a fetch once a second. A provider that is down, or
 * says that it is asked too often, gets no second helping by that. */
static bool
failed_just_now(const struct round *r)
{
	struct provider_cell *c = r->o->cell;
	int64_t gap, ago;
	bool now;

	pthread_mutex_lock(&c->lock);
	gap = c->failed > 3 ? FAILED_MOST_MS : c->failed == 0 ? 0 :
	    FAILED_MS << (c->failed - 1);
	ago = r->now_ms - c->failed_ms;
	now = ago >= 0 && ago < gap;
	pthread_mutex_unlock(&c->lock);
	return now;
}

static void
failure_note(const struct round *r, bool failed)
{
	struct provider_cell *c = r->o->cell;
	int64_t now = r->o->host->now_ms(r->call);

	pthread_mutex_lock(&c->lock);
	c->failed = !failed ? 0 : c->failed < 4 ? c->failed + 1 : 4;
	c->failed_ms = now;
	pthread_mutex_unlock(&c->lock);
}

/* Twice at least while keys are good, whatever is written. */
static uint32_t
refresh_usual(const struct options *o)
{
	int64_t half = o->num[OPT_KEYS_LIFETIME] / 2;

	return (uint32_t)(o->num[OPT_REFRESH] < half ? o->num[OPT_REFRESH] :
	    half);
}

int32_t
provider_refresh(const struct round *r, uint32_t *ret_next_s)
{
	uint32_t usual = refresh_usual(&r->o->opt), spread;
	int32_t rc = CSN_OK;

	if (failed_just_now(r)) {
		rc = CSN_E_BACKEND;
	} else if (!fetched_just_now(r)) {
		rc = provider_fetch(r);
		failure_note(r, rc != CSN_OK);
	}
	/* many factors of one process do not come at the same moment */
	r->o->host->random(r->call, &spread, sizeof(spread));
	*ret_next_s = rc == CSN_OK ? usual - spread % (usual / 8 + 1) :
	    RETRY_S;
	return rc;
}

/* ------------------------------------------------------------------ */
/* an unknown key */

static int
refetch(const struct round *r)
{
	struct metadata_source s = { .metadata = r->p->metadata,
	    .keys_ms = r->now_ms, .turn = cell_turn(r->o->cell) };
	struct provider *p;

	if (r->p->jwks_uri.n == 0 || r->o->opt.val[OPT_JWKS] != 0 ||
	    text_fetch(r, r->p->jwks_uri, &s.keyset) < 0 ||
	    provider_make(r, &s, &p) < 0)
		return -1;
	provider_take(r, r->p, p);
	return 0;
}

/* Somebody else is at it: until it is done, or this call's time is up. */
static void
refetch_await(struct round *r)
{
	struct provider_cell *c = r->o->cell;
	int64_t until = clock_mono_ms() + r->o->host->left_ms(r->call);
	struct timespec ts = { .tv_sec = until / 1000,
	    .tv_nsec = (until % 1000) * 1000000 };

	while (c->forcing && pthread_cond_timedwait(&c->done, &c->lock,
	    &ts) == 0)
		continue;
}

/* Whether this call is the one to fetch; with the lock held. */
static bool
refetch_take(struct provider_cell *c, bool foreign)
{
	int64_t now = clock_mono_ms(), *last = &c->forced_ms[foreign];

	if (c->forcing || now - *last < FORCED_MS)
		return false;
	*last = now;
	c->forcing = true;
	return true;
}

bool
provider_refetch_keys(struct round *r, bool foreign)
{
	struct provider_cell *c = r->o->cell;
	const struct provider *seen = r->p;
	bool mine;

	pthread_mutex_lock(&c->lock);
	mine = c->now == seen && refetch_take(c, foreign);
	if (!mine && c->now == seen)
		refetch_await(r);
	pthread_mutex_unlock(&c->lock);
	if (mine) {
		(void)refetch(r);
		pthread_mutex_lock(&c->lock);
		c->forcing = false;
		pthread_cond_broadcast(&c->done);
		pthread_mutex_unlock(&c->lock);
	}
	r->p = cell_hold(c);
	provider_drop(seen);
	return r->p != seen;
}
