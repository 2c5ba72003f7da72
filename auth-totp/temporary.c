/* SPDX-License-Identifier: Apache-2.0 */
/*
 * temporary.c - a code that the help desk gives to who forgot their phone
 *
 * Used up by one swap, before a word is said: of two logins at once no more
 * get in than it has uses.
 */
#include "temporary.h"

#include "lib/secret.h"

#include "texts.h"

#define TEMPORARY_VERSION 1u
#define HOURS_MAX	168u
#define USES_MAX	20u
#define HOURS_USUAL	8u
#define SWAPS_MAX	8u
#define VALUE_MAX	128u

struct temporary {
	uint32_t uses;		/* left */
	int64_t until_ms;
	struct recovery set;	/* of one */
};

static int
key_of(const struct round *r, struct csn_str *ret)
{
	struct buf b;
	void *memory = r->req->account.n == 0 ? NULL : round_alloc(r,
	    CSN_KV_KEY_MAX + 1);

	if (memory == NULL)
		return -1;
	buf_init_fixed(&b, memory, CSN_KV_KEY_MAX + 1);
	buf_puts(&b, "temporary/");
	buf_str_put(&b, r->req->account);
	*ret = buf_str(&b);
	return buf_failed(&b) ? -1 : 0;
}

static int
pack(const struct round *r, const struct temporary *t, struct csn_str *ret)
{
	void *memory = round_alloc(r, VALUE_MAX);
	struct buf b;

	if (memory == NULL)
		return -1;
	buf_init_fixed(&b, memory, VALUE_MAX);
	buf_u8(&b, TEMPORARY_VERSION);
	buf_u32(&b, t->uses);
	buf_u64(&b, (uint64_t)t->until_ms);
	buf_put(&b, t->set.salt, sizeof(t->set.salt));
	buf_put(&b, t->set.hash[0], RECOVERY_HASH);
	*ret = buf_str(&b);
	return buf_failed(&b) ? -1 : 0;
}

static int
unpack(struct csn_str raw, struct temporary *ret)
{
	struct csn_str salt, hash;
	struct reader r;

	memset(ret, 0, sizeof(*ret));
	reader_init(&r, raw);
	if (reader_u8(&r) != TEMPORARY_VERSION)
		return -1;
	ret->uses = reader_u32(&r);
	ret->until_ms = (int64_t)reader_u64(&r);
	salt = reader_bytes(&r, RECOVERY_SALT);
	hash = reader_bytes(&r, RECOVERY_HASH);
	if (reader_end(&r) < 0 || ret->uses > USES_MAX)
		return -1;
	memcpy(ret->set.salt, salt.p, RECOVERY_SALT);
	memcpy(ret->set.hash[0], hash.p, RECOVERY_HASH);
	ret->set.n = 1;
	return 0;
}

/* A number of the request; `usual` where none is written. 0 or -1. */
static int
number(const struct round *r, const char *name, uint64_t usual, uint64_t max,
    uint64_t *ret)
{
	struct csn_str text = pairs_get(r->req->params, str_from(name));

	*ret = usual;
	return text.n == 0 || (str_u64(text, max, ret) == 0 && *ret > 0) ? 0 :
	    -1;
}

static enum outcome
show(const struct round *r, const struct recovery_codes *codes,
    const struct temporary *t)
{
	struct csn_item *item = round_alloc(r, sizeof(*item));

	if (item == NULL || recovery_lines(r, codes, &item->detail) < 0)
		return OUTCOME_ERROR;
	item->id = STR("temporary-code");
	item->title = STR(TEXT_TEMPORARY);
	item->created_ms = r->now_ms;
	r->reply->items = item;
	r->reply->nitems = 1;
	r->reply->item_size = sizeof(*item);
	round_audit_number(r, "temporary-code-made", "uses", t->uses);
	return OUTCOME_DONE;
}

enum outcome
temporary_make(const struct round *r)
{
	struct recovery_codes *codes = round_alloc(r, sizeof(*codes));
	struct temporary *t = round_alloc(r, sizeof(*t));
	struct csn_str key, value;
	uint64_t hours, uses;

	if (codes == NULL || t == NULL || key_of(r, &key) < 0)
		return OUTCOME_ERROR;
	if (number(r, "hours", HOURS_USUAL, HOURS_MAX, &hours) < 0 ||
	    number(r, "uses", 1, USES_MAX, &uses) < 0)
		return round_deny(r, 0, TEXT_TEMPORARY_HOW);
	recovery_make(r, 1, codes);
	t->uses = (uint32_t)uses;
	t->until_ms = r->now_ms + (int64_t)hours * 3600000;
	if (recovery_hash(r, codes, &t->set) < 0 || pack(r, t, &value) < 0 ||
	    r->t->host->kv_put(r->call, key, value, (uint32_t)hours * 3600,
	    CSN_KV_DURABLE | CSN_KV_SECRET) != CSN_OK)
		return OUTCOME_ERROR;
	return show(r, codes, t);
}

/* One try on one reading. 2: somebody else was quicker. */
static int
take_once(const struct round *r, struct csn_str key,
    const struct recovery_code *code)
{
	struct csn_str raw, after;
	struct temporary t;
	int rc;

	switch (r->t->host->kv_get(r->call, key, &raw)) {
	case CSN_OK:
		break;
	case CSN_E_ABSENT:
		return 0;
	default:
		return -1;
	}
	if (unpack(raw, &t) < 0)
		return -1;
	if (t.uses == 0 || t.until_ms <= r->now_ms)
		return 0;
	rc = recovery_take(&t.set, code);
	if (rc != 1)
		return rc;
	/* it was taken out in memory, and is kept for the uses that are left */
	if (unpack(raw, &t) < 0)
		return -1;
	t.uses--;
	if (pack(r, &t, &after) < 0)
		return -1;
	switch (r->t->host->kv_swap(r->call, key, raw, after)) {
	case CSN_OK:
		round_audit_number(r, "temporary-code-used", "left", t.uses);
		return 1;
	case CSN_E_STALE:
		return 2;
	case CSN_E_ABSENT:
		return 0;
	default:
		return -1;
	}
}

int
temporary_take(const struct round *r, const struct recovery_code *code)
{
	struct csn_str key;
	int rc = 2;

	if (key_of(r, &key) < 0)
		return -1;
	for (unsigned i = 0; i < SWAPS_MAX && rc == 2; i++)
		rc = take_once(r, key, code);
	return rc == 2 ? -1 : rc;
}

int
temporary_forget(const struct round *r)
{
	struct csn_str key;

	if (key_of(r, &key) < 0)
		return -1;
	switch (r->t->host->kv_del(r->call, key)) {
	case CSN_OK:
	case CSN_E_ABSENT:
		return 0;
	default:
		return -1;
	}
}
