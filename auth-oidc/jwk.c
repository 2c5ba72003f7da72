/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * jwk.c - a provider's set of keys, read once, shared by threads
 *
 * It must never change after jwks_read() returned it.
 */
#include "jwk.h"

#include <stdlib.h>

#include "jwk_key.h"

#define ARENA_MAX 65536u

static void
set_free(struct jwks *set)
{
	for (size_t i = 0; i < set->n; i++)
		jwk_key_free(&set->v[i]);
	arena_free(&set->arena);
	free(set);
}

/* Could one token be checked by either, though they are not the same key? */
static bool
ambiguous(const struct jwk *a, const struct jwk *b)
{
	if (a->kid.p == NULL || b->kid.p == NULL ||
	    !str_equal(a->kid, b->kid) || a->pkey == NULL || b->pkey == NULL ||
	    EVP_PKEY_eq(a->pkey, b->pkey) == 1)
		return false;
	for (size_t i = 0; i < JWS_ALG_END; i++)
		if (a->ready[i] != NULL && b->ready[i] != NULL)
			return true;
	return false;
}

static enum refusal
set_fill(struct jwks *set, const json_t *list, uint32_t algs)
{
	size_t n = json_array_size(list);
	enum refusal r;

	if (n > JWKS_KEYS_MAX)
		return REFUSAL_KEYS_MANY;
	set->v = arena_array(&set->arena, n, sizeof(*set->v));
	if (set->v == NULL)
		return REFUSAL_MEMORY;
	for (size_t i = 0; i < n; i++) {
		set->n = i + 1;
		r = jwk_key_read(json_array_get(list, i), algs, &set->arena,
		    &set->v[i]);
		if (r != REFUSAL_NONE)
			return r;
		for (size_t k = 0; k < i; k++)
			if (ambiguous(&set->v[k], &set->v[i]))
				return REFUSAL_KID_AMBIGUOUS;
	}
	return REFUSAL_NONE;
}

enum refusal
jwks_read(struct csn_str text, uint32_t algs, struct jwks **ret)
{
	struct jwks *set;
	json_t *root = NULL;
	const json_t *list;
	enum refusal r = json_text_read(text, &json_document_caps, &root);

	if (r != REFUSAL_NONE)
		return r;
	list = json_object_get(root, "keys");
	set = calloc(1, sizeof(*set));
	if (set == NULL || !json_is_array(list)) {
		r = set == NULL ? REFUSAL_MEMORY : REFUSAL_KEYS_MISSING;
		goto out;
	}
	set->holders = 1;
	arena_init_tight(&set->arena, ARENA_MAX);
	r = set_fill(set, list, algs);
	if (r == REFUSAL_NONE) {
		*ret = set;
		set = NULL;
	}
out:
	if (set != NULL)
		set_free(set);
	json_decref(root);
	return r;
}

struct jwks *
jwks_ref(struct jwks *set)
{
	if (set != NULL)
		(void)__atomic_add_fetch(&set->holders, 1, __ATOMIC_RELAXED);
	return set;
}

void
jwks_unref(struct jwks *set)
{
	if (set != NULL &&
	    __atomic_sub_fetch(&set->holders, 1, __ATOMIC_ACQ_REL) == 0)
		set_free(set);
}

size_t
jwks_usable(const struct jwks *set)
{
	size_t n = 0;

	for (size_t i = 0; i < set->n; i++)
		n += set->v[i].why == REFUSAL_NONE;
	return n;
}

size_t
jwks_count(const struct jwks *set)
{
	return set->n;
}

enum refusal
jwks_key(const struct jwks *set, size_t i, struct csn_str *ret_kid)
{
	if (i >= set->n)
		return REFUSAL_KEY_MISSING;
	*ret_kid = set->v[i].kid.p != NULL ? set->v[i].kid : STR("");
	return set->v[i].why;
}
