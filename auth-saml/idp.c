/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * idp.c - identity providers, and a set of them
 *
 * Keys are kept as certificates and parsed for each login, so that thousands
 * of providers cost a few KiB each. It must never give a provider without a
 * key for one whose messages need no signature.
 */
#include "idp.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "lib/base64url.h"

#define SET_ARENA (256u << 20)
#define PACK_VERSION 3u
#define PACK_OLDER 2u		/* without those that were left out */

struct idp_set {
	atomic_uint refs;
	struct arena arena;
	struct idp **v;
	size_t n, room;
	struct csn_str *out;		/* scopes of each that was left out */
	size_t nout, out_room;
};

bool
idp_has(struct csn_str words, struct csn_str domain)
{
	struct csn_str one;

	while (str_cut(&words, ' ', &one))
		if (one.n > 0 && str_equal_fold(one, domain))
			return true;
	return false;
}

struct idp_set *
idp_set_new(void)
{
	struct idp_set *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	atomic_init(&s->refs, 1);
	arena_init(&s->arena, SET_ARENA);
	return s;
}

struct idp_set *
idp_set_ref(struct idp_set *s)
{
	if (s != NULL)
		atomic_fetch_add(&s->refs, 1);
	return s;
}

void
idp_set_unref(struct idp_set *s)
{
	if (s == NULL || atomic_fetch_sub(&s->refs, 1) != 1)
		return;
	free(s->v);
	free(s->out);
	arena_free(&s->arena);
	free(s);
}

/* Every slice of an idp, so that copying and packing name them once. */
#define FIXED 11u
#define SLICES (FIXED + IDP_ARTIFACTS)

static void
slices(struct idp *i, struct csn_str *ret[static SLICES])
{
	struct csn_str *all[] = { &i->entity_id, &i->name, &i->domains,
		&i->sso_redirect, &i->sso_post, &i->slo_redirect,
		&i->slo_post, &i->slo_soap, &i->slo_redirect_back,
		&i->slo_post_back, &i->scopes };

	memcpy(ret, all, sizeof(all));
	for (size_t k = 0; k < IDP_ARTIFACTS; k++)
		ret[FIXED + k] = &i->artifact[k];
}

static int
set_grow(struct idp_set *s)
{
	size_t room = s->room == 0 ? 4 : s->room * 2;
	struct idp **v;

	if (s->n < s->room)
		return 0;
	v = reallocarray(s->v, room, sizeof(struct idp *));
	if (v == NULL)
		return -1;
	s->v = v;
	s->room = room;
	return 0;
}

/* Made once, for thousands are looked through when a button is pressed. */
static int
mark_make(struct idp_set *s, struct idp *i)
{
	char text[IDP_MARK + 1];
	uint8_t digest[32];
	struct buf b;

	buf_init_fixed(&b, text, sizeof(text));
	if (EVP_Q_digest(NULL, "SHA256", NULL, i->entity_id.p,
	    i->entity_id.n, digest, NULL) != 1)
		return -1;
	hex_encode(&b, str_of(digest, IDP_MARK / 2));
	i->mark = arena_str(&s->arena, buf_str(&b));
	return buf_failed(&b) ? -1 : 0;
}

int
idp_set_add(struct idp_set *s, const struct idp *from)
{
	struct idp *i = arena_alloc(&s->arena, sizeof(*i));
	struct csn_str *list[SLICES];

	if (i == NULL || set_grow(s) < 0)
		return -1;
	*i = *from;
	slices(i, list);
	for (size_t k = 0; k < SLICES; k++)
		*list[k] = arena_str(&s->arena, *list[k]);
	for (size_t k = 0; k < i->ncerts; k++)
		i->certs[k] = arena_str(&s->arena, i->certs[k]);
	if (mark_make(s, i) < 0 || s->arena.over)
		return -1;
	s->v[s->n++] = i;
	return 0;
}

int
idp_set_leave_out(struct idp_set *s, struct csn_str scopes)
{
	size_t room = s->out_room == 0 ? 4 : s->out_room * 2;
	struct csn_str *v;

	if (s->nout == s->out_room) {
		v = reallocarray(s->out, room, sizeof(*v));
		if (v == NULL)
			return -1;
		s->out = v;
		s->out_room = room;
	}
	s->out[s->nout++] = arena_str(&s->arena, scopes);
	return s->arena.over ? -1 : 0;
}

static int
by_entity(const void *a, const void *b)
{
	const struct idp *const *x = a, *const *y = b;

	return str_compare((*x)->entity_id, (*y)->entity_id);
}

int
idp_set_sort(struct idp_set *s)
{
	if (s->n > 1)
		qsort(s->v, s->n, sizeof(struct idp *), by_entity);
	for (size_t k = 1; k < s->n; k++)
		if (str_equal(s->v[k]->entity_id, s->v[k - 1]->entity_id))
			return -1;
	return 0;
}

size_t
idp_set_count(const struct idp_set *s)
{
	return s == NULL ? 0 : s->n;
}

const struct idp *
idp_set_at(const struct idp_set *s, size_t k)
{
	return k < s->n ? s->v[k] : NULL;
}

bool
idp_set_alone(const struct idp_set *s)
{
	return s->n == 1 && s->nout == 0;
}

bool
idp_set_has_scope(const struct idp_set *s, struct csn_str scope)
{
	for (size_t k = 0; k < s->n; k++)
		if (idp_has(s->v[k]->scopes, scope))
			return true;
	for (size_t k = 0; k < s->nout; k++)
		if (idp_has(s->out[k], scope))
			return true;
	return false;
}

const struct idp *
idp_set_find(const struct idp_set *s, struct csn_str entity_id)
{
	struct idp wanted = { .entity_id = entity_id }, *key = &wanted, **at;

	if (s == NULL || s->n == 0)
		return NULL;
	at = bsearch(&key, s->v, s->n, sizeof(struct idp *), by_entity);
	return at == NULL ? NULL : *at;
}

int
idp_keys(const struct idp *i, struct keys *ret)
{
	const char *why;

	memset(ret, 0, sizeof(*ret));
	for (size_t k = 0; k < i->ncerts; k++)
		(void)keys_add_der(ret, i->certs[k], &why);
	return ret->n > 0 ? 0 : -1;
}

/* ------------------------------------------------------------------ */

static void
idp_pack(struct idp *i, struct buf *b)
{
	struct csn_str *list[SLICES];

	slices(i, list);
	for (size_t k = 0; k < SLICES; k++)
		buf_lv16(b, *list[k]);
	buf_u8(b, (uint8_t)i->ncerts);
	for (size_t k = 0; k < i->ncerts; k++)
		buf_lv16(b, i->certs[k]);
	buf_u64(b, (uint64_t)i->until_ms);
	buf_u8(b, i->want_signed);
}

int
idp_set_pack(const struct idp_set *s, struct buf *b)
{
	buf_u8(b, PACK_VERSION);
	buf_u32(b, (uint32_t)s->n);
	for (size_t k = 0; k < s->n; k++)
		idp_pack(s->v[k], b);
	buf_u32(b, (uint32_t)s->nout);
	for (size_t k = 0; k < s->nout; k++)
		buf_lv16(b, s->out[k]);
	return buf_failed(b) ? -1 : 0;
}

static int
idp_unpack(struct reader *r, struct idp_set *s)
{
	struct idp i = { .until_ms = 0 };
	struct csn_str *list[SLICES];

	slices(&i, list);
	for (size_t k = 0; k < SLICES; k++)
		*list[k] = reader_lv16(r);
	i.ncerts = reader_u8(r);
	if (r->failed || i.ncerts == 0 || i.ncerts > KEYS_MAX ||
	    i.entity_id.n == 0)
		return -1;
	for (size_t k = 0; k < i.ncerts; k++)
		i.certs[k] = reader_lv16(r);
	i.until_ms = (int64_t)reader_u64(r);
	i.want_signed = reader_u8(r) == 1;
	return r->failed ? -1 : idp_set_add(s, &i);
}

static int
left_out_unpack(struct reader *r, struct idp_set *s)
{
	uint32_t n = reader_u32(r);
	struct csn_str scopes;

	for (uint32_t k = 0; k < n; k++) {
		scopes = reader_lv16(r);
		if (r->failed || idp_set_leave_out(s, scopes) < 0)
			return -1;
	}
	return 0;
}

struct idp_set *
idp_set_unpack(struct csn_str packed)
{
	struct idp_set *s = idp_set_new();
	struct reader r;
	uint8_t version;
	uint32_t n;

	reader_init(&r, packed);
	version = reader_u8(&r);
	if (s == NULL || (version != PACK_VERSION && version != PACK_OLDER))
		goto fail;
	n = reader_u32(&r);
	for (uint32_t k = 0; k < n; k++)
		if (idp_unpack(&r, s) < 0)
			goto fail;
	if (version != PACK_OLDER && left_out_unpack(&r, s) < 0)
		goto fail;
	if (reader_end(&r) == 0 && s->n > 0 && idp_set_sort(s) == 0)
		return s;
fail:
	idp_set_unref(s);
	return NULL;
}
