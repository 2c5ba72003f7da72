/* SPDX-License-Identifier: Apache-2.0 */
/*
 * people_bind.c - which id of a source a name is bound to, both ways (E8)
 *
 * It must never let an id change its name, or a name its id, where something
 * would be left behind or taken over.
 */
#include <openssl/sha.h>

#include "lib/base64url.h"
#include "people_impl.h"

#define BIND_BUFS	4u

static int
source_compare(const struct people_record *r, uint64_t source,
    struct csn_str id)
{
	for (size_t i = 0; i < r->nsources; i++)
		if (r->sources[i].factor == source)
			return str_equal(r->sources[i].id, id) ?
			    PEOPLE_SAME : PEOPLE_OTHER;
	return 1;	/* this source has bound nothing yet */
}

/* A factor of another name is another source: the oldest goes. */
static void
source_add(struct people_record *r, uint64_t source, struct csn_str id)
{
	if (r->nsources == PEOPLE_SOURCES_MAX) {
		memmove(&r->sources[0], &r->sources[1],
		    (PEOPLE_SOURCES_MAX - 1) * sizeof(r->sources[0]));
		r->nsources--;
	}
	r->sources[r->nsources++] = (struct people_source){ source, id };
}

/* "i/REALM/HASH" is the name that an id of a source goes by. */
void
people_name_key(struct buf *b, struct csn_str realm, uint64_t source,
    struct csn_str id)
{
	uint8_t md[SHA256_DIGEST_LENGTH];
	uint8_t memory[1025];
	struct buf text;

	buf_init_fixed(&text, memory, sizeof(memory));
	buf_u64(&text, source);
	buf_str_put(&text, id);
	SHA256((const uint8_t *)text.p, text.n, md);
	buf_puts(b, "i/");
	buf_str_put(b, realm);
	buf_char(b, '/');
	hex_encode(b, str_of(md, sizeof(md)));
	b->failed |= buf_failed(&text);
	buf_free(&text);
}

/* Whether the id may go by this name from now on (E8); the old name's record,
 * if there is one. */
static int
name_free(struct store *store, struct csn_str key, struct csn_str realm,
    struct csn_str subject, int64_t now_ms, struct buf *old,
    struct people_record *r, struct buf *raw)
{
	int rc;

	buf_clear(old);
	rc = store_get(store, key, now_ms, old);
	if (rc == STORE_ABSENT)
		return PEOPLE_SAME;
	if (rc != STORE_OK)
		return STORE_FAILED;
	if (str_equal(buf_str(old), subject)) {
		buf_clear(old);
		return PEOPLE_SAME;
	}
	rc = people_read(store, realm, buf_str(old), now_ms, raw, r);
	if (rc != STORE_OK)
		return STORE_FAILED;
	return r->nenrolments > 0 || r->link_required ? PEOPLE_RENAMED :
	    PEOPLE_SAME;
}

static void
source_remove(struct people_record *r, uint64_t source)
{
	size_t n = 0;

	for (size_t i = 0; i < r->nsources; i++)
		if (r->sources[i].factor != source)
			r->sources[n++] = r->sources[i];
	r->nsources = n;
}

/* The source's first word for this name: both ways in one commit, and the old
 * name no longer says it is that person's: by that one, too, it would be a
 * renaming. `b`: BIND_BUFS of them. */
static int
bind_first(struct store *store, struct csn_str realm, struct csn_str subject,
    uint64_t source, struct csn_str id, int64_t now_ms,
    struct people_record *r, struct csn_str raw, struct buf *old,
    struct buf *b)
{
	struct store_op more[2] = { { .kind = STORE_PUT, .value = subject } };
	struct people_record before;
	size_t n = 1;
	int rc;

	for (size_t i = 0; i < BIND_BUFS; i++)
		buf_clear(&b[i]);
	people_name_key(&b[0], realm, source, id);
	more[0].key = buf_str(&b[0]);
	rc = buf_failed(&b[0]) ? STORE_FAILED : name_free(store, more[0].key,
	    realm, subject, now_ms, old, &before, &b[1]);
	if (rc != PEOPLE_SAME)
		return rc;
	if (old->n > 0 && b[1].n > 0) {
		source_remove(&before, source);
		people_op(&more[n++], &b[2], &b[3], realm, buf_str(old),
		    buf_str(&b[1]), &before);
	}
	source_add(r, source, id);
	return buf_failed(&b[2]) || buf_failed(&b[3]) ? STORE_FAILED :
	    people_swap_with(store, realm, subject, raw, r, more, n, now_ms);
}

static int
bind_by(struct store *store, struct csn_str realm, struct csn_str subject,
    uint64_t source, struct csn_str id, int64_t now_ms,
    struct people_record *ret, struct buf *raw, bool have, struct buf *old,
    struct buf *room)
{
	int rc;

	for (int i = 0; i < PEOPLE_TRIES; i++) {
		rc = i == 0 && have ? people_unpack(buf_str(raw), ret) :
		    people_read(store, realm, subject, now_ms, raw, ret);
		if (rc != STORE_OK)
			return STORE_FAILED;
		rc = source_compare(ret, source, id);
		if (rc != 1)
			return rc;
		if (id.n == 0)
			return PEOPLE_SAME;
		rc = bind_first(store, realm, subject, source, id, now_ms,
		    ret, buf_str(raw), old, room);
		/* read again in either case: `raw` is what is stored */
		if (rc != STORE_OK && rc != STORE_STALE)
			return rc == PEOPLE_RENAMED ? rc : STORE_FAILED;
	}
	return STORE_FAILED;
}

int
people_bind(struct store *store, struct csn_str realm,
    struct csn_str subject, uint64_t source, struct csn_str id,
    int64_t now_ms, struct people_record *ret, struct buf *raw, bool have,
    struct buf *old)
{
	struct buf room[BIND_BUFS], unused;
	int rc;

	for (size_t i = 0; i < BIND_BUFS; i++)
		buf_init(&room[i], STORE_VALUE_MAX);
	buf_init(&unused, 1024);
	rc = bind_by(store, realm, subject, source, id, now_ms, ret, raw, have,
	    old != NULL ? old : &unused, room);
	for (size_t i = 0; i < BIND_BUFS; i++)
		buf_free(&room[i]);
	buf_free(&unused);
	return rc;
}
