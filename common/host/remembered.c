/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remembered.c - "b/ACCOUNT/ID": what the store has of a remembered browser
 *
 * It must never take a cookie's word for anything but where to look.
 */
#include <openssl/sha.h>
#include <stdlib.h>

#include "cookie.h"
#include "lib/base64url.h"
#include "lib/secret.h"
#include "remembered.h"
#include "session_keys.h"
#include "visit.h"

#define RECORD_VERSION		1u
#define TEXT_MAX	200u
#define NAME_LEN	9u	/* bytes of a hash in a cookie's name */

int
remembered_bind(const struct people_record *r, uint64_t fingerprint,
    struct remembered *b)
{
	for (size_t i = 0; i < r->nenrolments; i++) {
		if (r->enrolments[i].fingerprint != fingerprint)
			continue;
		b->fingerprint = fingerprint;
		b->generation = r->generation;
		b->confirmed_ms = r->enrolments[i].confirmed_ms;
		return 0;
	}
	return -1;
}

bool
remembered_stands(const struct remembered *b, const struct people_record *r,
    int64_t now_ms)
{
	struct remembered today;

	return remembered_bind(r, b->fingerprint, &today) == 0 &&
	    today.generation == b->generation &&
	    today.confirmed_ms == b->confirmed_ms && now_ms < b->until_ms;
}

/* ------------------------------------------------------------------ */
/* the cookie */

struct csn_str
remembered_name(struct arena *a, struct csn_str account, uint64_t fingerprint)
{
	uint8_t md[SHA256_DIGEST_LENGTH], memory[64];
	struct buf text, name;

	buf_init(&text, 256);
	buf_u64(&text, fingerprint);
	buf_str_put(&text, account);
	SHA256(text.p, text.n, md);
	buf_free(&text);
	buf_init_fixed(&name, memory, sizeof(memory));
	buf_puts(&name, COOKIE_BROWSER);
	base64url_encode(&name, str_of(md, NAME_LEN));
	return arena_str(a, buf_str(&name));
}

struct csn_str
remembered_seal(struct arena *a, struct sealer *sealer,
    struct csn_str login_host, struct csn_str account,
    const struct remembered *b)
{
	struct csn_str ret = str_of(NULL, 0);
	struct buf plain, sealed, text;

	buf_init(&plain, 256);
	buf_init(&sealed, 512);
	buf_init(&text, 1024);
	buf_u8(&plain, RECORD_VERSION);
	buf_put(&plain, b->id, sizeof(b->id));
	buf_u64(&plain, b->fingerprint);
	buf_lv16(&plain, account);
	if (!buf_failed(&plain) && seal_put(sealer, SEAL_BROWSER, login_host,
	    buf_str(&plain), &sealed) == 0) {
		base64url_encode(&text, buf_str(&sealed));
		ret = arena_str(a, buf_str(&text));
	}
	buf_free(&plain);
	buf_free(&sealed);
	buf_free(&text);
	return ret;
}

int
remembered_open(struct sealer *sealer, struct csn_str login_host,
    struct csn_str account, uint64_t fingerprint, struct csn_str value,
    uint8_t ret[REMEMBERED_ID_LEN])
{
	struct buf plain, sealed;
	struct reader r;
	struct csn_str id;
	int rc = -1;

	buf_init(&plain, 512);
	buf_init(&sealed, 1024);
	if (value.n == 0 || value.n > 1024 ||
	    base64url_decode(&sealed, value) < 0 || seal_open(sealer,
	    SEAL_BROWSER, login_host, buf_str(&sealed), &plain) < 0)
		goto out;
	reader_init(&r, buf_str(&plain));
	if (reader_u8(&r) != RECORD_VERSION)
		goto out;
	id = reader_bytes(&r, REMEMBERED_ID_LEN);
	if (r.failed || reader_u64(&r) != fingerprint ||
	    !secret_equal(reader_lv16(&r), account) || reader_end(&r) < 0)
		goto out;
	memcpy(ret, id.p, REMEMBERED_ID_LEN);
	rc = 0;
out:
	buf_free(&plain);
	buf_free(&sealed);
	return rc;
}

/* ------------------------------------------------------------------ */
/* the record */

static void
key_put(struct buf *b, struct csn_str account, const uint8_t *id)
{
	buf_puts(b, "b/");
	buf_str_put(b, account);
	buf_char(b, '/');
	if (id != NULL)
		hex_encode(b, str_of(id, REMEMBERED_ID_LEN));
}

static void
text_put(struct buf *b, struct csn_str s)
{
	buf_lv16(b, s.n > TEXT_MAX ? str_of(s.p, TEXT_MAX) : s);
}

static void
record_put(struct buf *b, const struct remembered *r)
{
	buf_u8(b, RECORD_VERSION);
	buf_put(b, r->id, sizeof(r->id));
	buf_u64(b, r->fingerprint);
	buf_u32(b, r->generation);
	buf_u64(b, (uint64_t)r->confirmed_ms);
	buf_u64(b, (uint64_t)r->made_ms);
	buf_u64(b, (uint64_t)r->until_ms);
	buf_u64(b, (uint64_t)r->used_ms);
	text_put(b, r->client);
	text_put(b, r->user_agent);
}

static int
record_get(struct csn_str plain, struct remembered *ret)
{
	struct csn_str id;
	struct reader r;

	reader_init(&r, plain);
	if (reader_u8(&r) != RECORD_VERSION)
		return -1;
	id = reader_bytes(&r, REMEMBERED_ID_LEN);
	if (r.failed)
		return -1;
	memcpy(ret->id, id.p, REMEMBERED_ID_LEN);
	ret->fingerprint = reader_u64(&r);
	ret->generation = reader_u32(&r);
	ret->confirmed_ms = (int64_t)reader_u64(&r);
	ret->made_ms = (int64_t)reader_u64(&r);
	ret->until_ms = (int64_t)reader_u64(&r);
	ret->used_ms = (int64_t)reader_u64(&r);
	ret->client = reader_lv16(&r);
	ret->user_agent = reader_lv16(&r);
	return reader_end(&r);
}

int
remembered_op(struct sealer *sealer, struct csn_str account,
    const struct remembered *b, struct store_op *op, struct buf *key,
    struct buf *value)
{
	struct buf plain;
	int rc = -1;

	buf_init(&plain, 2048);
	key_put(key, account, b->id);
	record_put(&plain, b);
	if (!buf_failed(&plain) && !buf_failed(key) && seal_put(sealer,
	    SEAL_RECORD, buf_str(key), buf_str(&plain), value) == 0)
		rc = 0;
	buf_free(&plain);
	/* one that was forgotten meanwhile must not come back */
	*op = (struct store_op){ .kind = b->stored.n == 0 ? STORE_PUT_NEW :
	    STORE_SWAP, .key = buf_str(key), .value = buf_str(value),
	    .before = b->stored, .expires_ms = b->until_ms };
	return rc;
}

static int
record_open(struct csn_gate *g, struct arena *a, struct csn_str key,
    struct csn_str sealed, struct remembered *ret)
{
	struct csn_str copy;
	struct buf plain;
	int rc = -1;

	buf_init(&plain, 4096);
	if (seal_open(g->sealer, SEAL_RECORD, key, sealed, &plain) == 0) {
		copy = arena_str(a, buf_str(&plain));
		ret->stored = arena_str(a, sealed);
		if (copy.p != NULL && ret->stored.p != NULL)
			rc = record_get(copy, ret);
	}
	buf_free(&plain);
	return rc;
}

int
remembered_read(struct csn_gate *g, struct arena *a, struct csn_str account,
    const uint8_t id[REMEMBERED_ID_LEN], struct remembered *ret)
{
	struct buf key, sealed;
	int rc;

	buf_init(&key, STORE_KEY_MAX);
	buf_init(&sealed, 8192);
	key_put(&key, account, id);
	rc = store_get(g->store, buf_str(&key), gate_now_ms(g), &sealed);
	if (rc == STORE_OK && (record_open(g, a, buf_str(&key),
	    buf_str(&sealed), ret) < 0 ||
	    memcmp(ret->id, id, REMEMBERED_ID_LEN) != 0))
		rc = STORE_FAILED;
	buf_free(&key);
	buf_free(&sealed);
	return rc;
}

/* ------------------------------------------------------------------ */
/* all of a person's */

struct listing {
	struct csn_gate *gate;
	struct arena *arena;
	const struct people_record *person;
	struct remembered *v;
	size_t n, max;
};

/* Those that do not stand any more end by themselves. */
static int
listing_each(void *arg, struct csn_str key, struct csn_str value,
    int64_t expires_ms)
{
	struct listing *l = arg;

	(void)expires_ms;
	if (l->n < l->max && record_open(l->gate, l->arena, key, value,
	    &l->v[l->n]) == 0 && remembered_stands(&l->v[l->n], l->person,
	    gate_now_ms(l->gate)))
		l->n++;
	return 0;
}

static int
newest_first(const void *a, const void *b)
{
	const struct remembered *x = a, *y = b;

	return (x->made_ms < y->made_ms) - (x->made_ms > y->made_ms);
}

int
remembered_list(struct csn_gate *g, struct arena *a, const struct person *p,
    struct remembered *ret, size_t max, size_t *ret_n)
{
	char account[PEOPLE_ACCOUNT_LEN + 1];
	struct people_record record;
	struct listing l = { .gate = g, .arena = a, .person = &record,
	    .v = ret, .max = max };
	struct buf raw, prefix;
	int rc;

	buf_init(&raw, STORE_VALUE_MAX);
	buf_init(&prefix, STORE_KEY_MAX);
	rc = people_read(g->store, p->realm_name, p->subject, gate_now_ms(g),
	    &raw, &record);
	if (rc == STORE_OK && people_account(g->sealer, p->realm_name,
	    p->subject, account) < 0)
		rc = STORE_FAILED;
	if (rc == STORE_OK) {
		key_put(&prefix, str_from(account), NULL);
		rc = store_list(g->store, buf_str(&prefix), STR(""),
		    SIZE_MAX, gate_now_ms(g), listing_each, &l);
	}
	buf_free(&raw);
	buf_free(&prefix);
	qsort(ret, l.n, sizeof(*ret), newest_first);
	*ret_n = rc == STORE_OK ? l.n : 0;
	return rc;
}

/* ------------------------------------------------------------------ */
/* forgotten */

struct forgetting {
	struct csn_gate *gate;
	const struct conf *conf;
	const struct person *person;
	const struct remembered *v;
	size_t n;
	const uint8_t *keep;
	int rc;
};

static bool
rests_on(const struct session *s, const struct forgetting *f)
{
	for (size_t i = 0; i < s->proofs.n; i++)
		for (size_t k = 0; k < f->n; k++)
			if (s->proofs.v[i].kind == PROOF_REMEMBERED &&
			    s->proofs.v[i].fingerprint ==
			    f->v[k].fingerprint &&
			    s->proofs.v[i].auth_time_ms == f->v[k].made_ms)
				return true;
	return false;
}

static void
session_each(void *arg, const uint8_t id[SESSION_ID_LEN])
{
	struct forgetting *f = arg;
	struct session s;
	struct arena a;
	int rc;

	if (f->keep != NULL && memcmp(id, f->keep, SESSION_ID_LEN) == 0)
		return;
	/* of a thousand there is no room together */
	arena_init(&a, SESSION_MEMORY_MAX);
	rc = gate_session_load(f->gate, f->conf, &a, id,
	    f->conf->idle_s * 1000, false, &s);
	if (rc == STORE_OK && rests_on(&s, f))
		rc = session_end(f->gate, id, gate_now_ms(f->gate));
	arena_free(&a);
	if (rc != STORE_OK && rc != STORE_ABSENT)
		f->rc = rc;
}

/* The records first: a login that comes meanwhile finds none. */
static int
forget_all(struct forgetting *f)
{
	char account[PEOPLE_ACCOUNT_LEN + 1];
	struct buf key;
	int rc = STORE_OK;

	if (people_account(f->gate->sealer, f->person->realm_name,
	    f->person->subject, account) < 0)
		return STORE_FAILED;
	buf_init(&key, STORE_KEY_MAX);
	for (size_t i = 0; i < f->n && rc == STORE_OK; i++) {
		buf_clear(&key);
		key_put(&key, str_from(account), f->v[i].id);
		rc = store_delete(f->gate->store, buf_str(&key),
		    gate_now_ms(f->gate));
	}
	buf_free(&key);
	if (rc == STORE_OK)
		rc = session_keys_end_known(f->gate->store,
		    SESSION_KEYS_PERSON, str_from(account),
		    gate_now_ms(f->gate), session_each, f);
	return rc == STORE_OK ? f->rc : rc;
}

int
remembered_forget(struct csn_gate *g, const struct conf *conf,
    struct arena *a, const struct person *p, uint64_t fingerprint,
    const uint8_t *id, const uint8_t *keep)
{
	struct remembered *all = arena_array(a, REMEMBERED_MAX * PROOFS_MAX,
	    sizeof(*all));
	struct forgetting f = { .gate = g, .conf = conf,
	    .person = p, .v = all, .keep = keep, .rc = STORE_OK };
	size_t n = 0;
	int rc;

	if (all == NULL)
		return STORE_FAILED;
	rc = remembered_list(g, a, p, all, REMEMBERED_MAX * PROOFS_MAX, &n);
	for (size_t i = 0; i < n; i++)
		if ((fingerprint == 0 || all[i].fingerprint == fingerprint) &&
		    (id == NULL || memcmp(all[i].id, id,
		    REMEMBERED_ID_LEN) == 0))
			all[f.n++] = all[i];
	if (rc != STORE_OK)
		return rc;
	return f.n == 0 ? STORE_ABSENT : forget_all(&f);
}
