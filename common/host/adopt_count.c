/* SPDX-License-Identifier: Apache-2.0 */
/*
 * adopt_count.c - what hangs on a factor, and what would be in the way,
 * counted before anything is moved
 *
 * It must never count a store that it could not read to its end.
 */
#include "adopt_impl.h"

struct counted {
	const struct adopt *ad;
	struct adopt_count *ret;
	bool unreadable;
};

static int
person_counted(void *arg, struct csn_str key, struct csn_str value,
    int64_t expires_ms)
{
	struct counted *c = arg;
	struct people_record r;
	bool had = false, has = false;

	(void)key;
	(void)expires_ms;
	if (value.n == 0 || people_unpack(value, &r) < 0) {
		c->unreadable = true;
		return 1;
	}
	for (size_t i = 0; i < r.nenrolments; i++) {
		had |= c->ad->from.enrols != 0 &&
		    r.enrolments[i].fingerprint == c->ad->from.enrols;
		has |= c->ad->into.enrols != 0 &&
		    r.enrolments[i].fingerprint == c->ad->into.enrols;
	}
	c->ret->people += had;
	c->ret->clashes += had && has;
	had = has = false;
	for (size_t i = 0; i < r.nsources; i++) {
		had |= r.sources[i].factor == c->ad->from.id;
		has |= r.sources[i].factor == c->ad->into.id;
	}
	c->ret->bound += had;
	c->ret->clashes += had && has && c->ad->from.id != c->ad->into.id;
	return 0;
}

/* Keys below both names with the same end. */
static int
clashes_count(const struct adopt *ad, char kind, size_t *ret)
{
	char from[ADOPT_PREFIX_MAX], into[ADOPT_PREFIX_MAX];
	struct csn_str below = adopt_prefix(from, kind, ad->from.name);
	struct buf after, b;
	struct adopt_page p = { .n = ADOPT_PAGE };
	int rc = 0;

	buf_init(&after, STORE_KEY_MAX + 1);
	buf_init(&b, STORE_VALUE_MAX);
	for (; rc == 0 && p.n == ADOPT_PAGE; arena_free(&p.arena)) {
		rc = adopt_page_read(ad, below, buf_str(&after), &p);
		for (size_t i = 0; rc == 0 && i < p.n; i++) {
			int got;

			buf_clear(&b);
			got = store_get(ad->store, ARENA_JOIN(&p.arena,
			    adopt_prefix(into, kind, ad->into.name),
			    str_from_at(p.v[i].key, below.n)), ad->now_ms,
			    &b);
			*ret += got == STORE_OK;
			if (got != STORE_OK && got != STORE_ABSENT)
				rc = -1;
		}
		buf_clear(&after);
		if (p.n > 0)
			buf_str_put(&after, p.v[p.n - 1].key);
	}
	buf_free(&after);
	buf_free(&b);
	return rc;
}

int
adopt_counted(const struct adopt *ad, struct adopt_count *ret,
    struct buf *why)
{
	struct counted c = { .ad = ad, .ret = ret };
	char room[ADOPT_PREFIX_MAX];
	int rc;

	memset(ret, 0, sizeof(*ret));
	rc = store_list(ad->store, STR("p/"), STR(""), SIZE_MAX, ad->now_ms,
	    person_counted, &c);
	if (rc == STORE_OK && !c.unreadable)
		rc = store_keys(ad->store, adopt_prefix(room, 'k',
		    ad->from.name), ad->now_ms, &ret->values);
	if (rc == STORE_OK && !c.unreadable)
		rc = store_keys(ad->store, adopt_prefix(room, 'c',
		    ad->from.name), ad->now_ms, &ret->counters);
	if (rc == STORE_OK && !c.unreadable && !adopt_forgets(ad) &&
	    !adopt_same_name(ad) &&
	    (clashes_count(ad, 'k', &ret->clashes) < 0 ||
	    clashes_count(ad, 'c', &ret->clashes) < 0))
		rc = STORE_FAILED;
	if (rc == STORE_OK && !c.unreadable)
		return 0;
	buf_puts(why, "the store cannot be read to its end");
	return -1;
}
