/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.c - sessions as bytes: the store's record and a host's cookie
 *
 * It must never say what a session opens, and never tell an old cookie from a
 * forged one.
 */
#include "lib/base64url.h"
#include "session.h"

/* of a record, and of a cookie, which holds less */
#define RECORD_VERSION	1u
#define COOKIE_VERSION	2u

static void
extras_put(struct buf *b, const struct session *s)
{
	buf_u8(b, (uint8_t)s->nextras);
	for (size_t i = 0; i < s->nextras; i++) {
		const struct grant_extra *e = &s->extras[i];

		buf_u64(b, e->fingerprint);
		buf_lv16(b, e->keep);
		buf_u8(b, (uint8_t)e->session_keys.n);
		for (size_t k = 0; k < e->session_keys.n; k++)
			buf_lv16(b, e->session_keys.v[k]);
		buf_u64(b, (uint64_t)e->not_after_ms);
		buf_u8(b, e->renew);
		buf_u64(b, (uint64_t)e->asked_ms);
	}
	buf_lv16(b, s->client);
	buf_lv16(b, s->user_agent);
	buf_u64(b, (uint64_t)s->seen_ms);
}

void
session_pack(struct buf *b, const struct session *s, bool record)
{
	buf_u8(b, record ? RECORD_VERSION : COOKIE_VERSION);
	buf_put(b, s->id, sizeof(s->id));
	buf_u64(b, (uint64_t)s->created_ms);
	buf_u64(b, (uint64_t)s->expires_ms);
	buf_u64(b, (uint64_t)s->issued_ms);
	buf_u8(b, s->enrolled_known);
	buf_u8(b, (uint8_t)s->nenrolled);
	for (size_t i = 0; i < s->nenrolled; i++)
		buf_u64(b, s->enrolled[i]);
	person_pack(b, &s->person, record);
	proofs_pack(b, &s->proofs);
	if (record)
		extras_put(b, s);
}

static int
keys_get(struct arena *a, struct reader *r, struct csn_strs *ret)
{
	size_t n = reader_u8(r);
	struct csn_str *v;

	if (r->failed || n > SESSION_KEYS_MAX)
		return -1;
	v = arena_array(a, n, sizeof(*v));
	if (v == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		v[i] = reader_lv16(r);
	*ret = (struct csn_strs){ v, n };
	return 0;
}

static int
extras_get(struct arena *a, struct reader *r, struct session *s)
{
	s->nextras = reader_u8(r);
	if (s->nextras > PROOFS_MAX)
		return -1;
	for (size_t i = 0; i < s->nextras; i++) {
		struct grant_extra *e = &s->extras[i];

		e->fingerprint = reader_u64(r);
		e->keep = reader_lv16(r);
		if (keys_get(a, r, &e->session_keys) < 0)
			return -1;
		e->not_after_ms = (int64_t)reader_u64(r);
		e->renew = reader_u8(r) == 1;
		e->asked_ms = (int64_t)reader_u64(r);
	}
	s->client = reader_lv16(r);
	s->user_agent = reader_lv16(r);
	s->seen_ms = (int64_t)reader_u64(r);
	return r->failed ? -1 : 0;
}

/* What each session begins with. */
static int
numbers_get(struct reader *from, uint8_t version, struct session *s)
{
	struct reader r = *from;	/* in registers: a check reads it */
	const uint8_t *id;

	if (reader_u8(&r) != version)
		return -1;
	id = reader_take(&r, sizeof(s->id));
	if (id == NULL)
		return -1;
	memcpy(s->id, id, sizeof(s->id));
	s->created_ms = (int64_t)reader_u64(&r);
	s->expires_ms = (int64_t)reader_u64(&r);
	s->issued_ms = (int64_t)reader_u64(&r);
	s->enrolled_known = reader_u8(&r) == 1;
	s->nenrolled = reader_u8(&r);
	if (s->nenrolled > PROOFS_MAX)
		return -1;
	for (size_t i = 0; i < s->nenrolled; i++)
		s->enrolled[i] = reader_u64(&r);
	*from = r;
	return r.failed ? -1 : 0;
}

/* Field by field, and not the arrays: they are long, and their numbers say
 * what of them holds. */
static int
fields_get(struct arena *a, struct reader *r, bool record, struct session *s)
{
	s->nextras = 0;
	s->client = s->user_agent = s->stored = str_of(NULL, 0);
	s->seen_ms = s->enrolled_ms = 0;
	if (numbers_get(r, record ? RECORD_VERSION : COOKIE_VERSION, s) < 0 ||
	    person_unpack(a, r, record, &s->person) < 0 ||
	    proofs_unpack(r, &s->proofs) < 0)
		return -1;
	return record ? extras_get(a, r, s) : 0;
}

int
session_unpack(struct arena *a, struct csn_str packed, bool record,
    struct session *ret)
{
	struct reader r;

	reader_init(&r, packed);
	if (fields_get(a, &r, record, ret) < 0 || reader_end(&r) < 0 ||
	    !ret->person.named) {
		ret->person.named = false;
		return -1;
	}
	return 0;
}

int
session_seal(struct sealer *sealer, struct csn_str host,
    const struct session *s, int64_t now_ms, struct buf *ret)
{
	struct session copy = *s;
	uint8_t memory[SESSION_COOKIE_MAX + 1], more[SESSION_COOKIE_MAX + 1];
	struct buf plain, sealed;
	int rc = -1;

	copy.issued_ms = now_ms;
	buf_init_fixed(&plain, memory, sizeof(memory));
	buf_init_fixed(&sealed, more, sizeof(more));
	session_pack(&plain, &copy, false);
	if (buf_failed(&plain) || seal_put(sealer, SEAL_SESSION, host,
	    buf_str(&plain), &sealed) < 0 || buf_failed(&sealed) ||
	    BASE64URL_LEN(sealed.n) > SESSION_COOKIE_MAX)
		goto out;
	base64url_encode(ret, buf_str(&sealed));
	rc = buf_failed(ret) ? -1 : 0;
out:
	buf_free(&plain);
	buf_free(&sealed);
	return rc;
}

int
session_unseal(struct arena *a, struct sealer *sealer, struct csn_str host,
    struct csn_str value, struct csn_str *ret_packed, const uint8_t **ret_id)
{
	struct csn_str plain;
	uint8_t *m;
	ptrdiff_t n;

	if (value.n == 0 || value.n > SESSION_COOKIE_MAX)
		return -1;
	m = arena_bytes(a, value.n);
	if (m == NULL)
		return -1;
	n = base64url_read(m, value.n, value);
	if (n < 0 || seal_open_here(sealer, SEAL_SESSION, host, m, (size_t)n,
	    &plain) < 0 || plain.n < 1 + SESSION_ID_LEN)
		return -1;
	*ret_packed = plain;
	*ret_id = (const uint8_t *)plain.p + 1;	/* behind the version */
	return 0;
}

int
session_take(struct arena *a, const struct conf *conf, struct csn_str packed,
    int64_t now_ms, struct session *ret)
{
	if (session_unpack(a, packed, false, ret) < 0)
		return -1;
	if (ret->issued_ms > now_ms + SESSION_SKEW_MS ||
	    ret->expires_ms <= now_ms)
		return -1;
	return session_resolve(ret, conf);
}

int
session_open(struct arena *a, struct sealer *sealer, const struct conf *conf,
    struct csn_str host, struct csn_str value, int64_t now_ms,
    struct session *ret)
{
	struct csn_str packed;
	const uint8_t *id;

	if (session_unseal(a, sealer, host, value, &packed, &id) < 0)
		return -1;
	return session_take(a, conf, packed, now_ms, ret);
}

int
session_resolve(struct session *s, const struct conf *conf)
{
	int realm = conf_realm_find(conf, s->person.realm_name);

	if (realm < 0)
		return -1;
	s->person.realm = (unsigned)realm;
	proofs_resolve(&s->proofs, conf);
	return 0;
}

/* false: one of them is no factor of today, and what it would be is unknown */
static bool
enrolled_factors(const struct session *s, const struct conf *conf,
    struct bits *ret)
{
	bool all = true;

	for (size_t i = 0; i < s->nenrolled; i++) {
		int f = conf_factor_of(conf, s->enrolled[i]);

		if (f >= 0)
			bits_add(ret, (size_t)f);
		all &= f >= 0;
	}
	return all;
}

void
session_facts(const struct session *s, const struct conf *conf,
    int64_t now_ms, struct guard_facts *ret)
{
	int64_t age = now_ms - s->person.groups_ms;

	memset(ret, 0, sizeof(*ret));
	ret->realm = s->person.realm_name;
	ret->subject = s->person.subject;
	ret->groups = s->person.groups;
	/* too old is no membership (E11), nor is what is still to come */
	ret->groups_known = s->person.groups_known &&
	    age <= conf->groups_max_age_s * 1000 && age >= -SESSION_SKEW_MS;
	ret->enrolled_known = enrolled_factors(s, conf, &ret->enrolled) &&
	    s->enrolled_known;
	ret->proofs = &s->proofs;
	ret->now_ms = now_ms;
}

void
session_key(const uint8_t id[SESSION_ID_LEN], char ret[SESSION_KEY_LEN + 1])
{
	struct buf b;

	buf_init_fixed(&b, ret, SESSION_KEY_LEN + 1);
	buf_puts(&b, "s/");
	hex_encode(&b, str_of(id, SESSION_ID_LEN));
}
