/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * provider_keep.c - identity providers in the store, for the next start and
 * for other nodes
 *
 * In pieces that a value may be as long as, with a header that names their
 * generation: whoever reads has all of one or none. It must never give what
 * was kept under another address or another pinned key.
 */
#include "provider_keep.h"

#define CHUNK 49152u
#define CHUNKS_MAX 1024u
#define KEEP_VERSION 1u
#define SWAPS 3u			/* with other nodes, at most */

/* What was kept is good only for the same address and the same pinned keys. */
static struct csn_str
source_digest(const struct job *j)
{
	const struct options *o = j->opt;
	struct csn_str pieces[4] = { o->metadata, o->mdq, o->idp_entity_id };
	struct csn_str ret;
	struct buf b;

	buf_init(&b, 4096);
	keys_digest(&o->metadata_keys, &b);
	pieces[3] = buf_str(&b);
	ret = job_digest(j, "", pieces, 4);
	buf_free(&b);
	return ret;
}

static struct csn_str
chunk_key(const struct job *j, uint64_t generation, uint32_t i)
{
	char text[64];
	struct buf b;
	struct csn_str ret;

	buf_init_fixed(&b, text, sizeof(text));
	buf_printf(&b, "metadata/%llx/%u", (unsigned long long)generation, i);
	ret = job_str(j, buf_str(&b));
	buf_free(&b);
	return ret;
}

struct header {			/* the value of "metadata" */
	uint64_t generation;
	int64_t fetched_ms;
	uint32_t chunks, bytes;
	struct csn_str source, digest;
	struct csn_str value;		/* all of it; p is NULL: none */
};

/* Of any source: what stands there, or nothing. 0 or -1. */
static int
header_find(const struct job *j, struct header *ret)
{
	struct reader r;
	int32_t rc;

	memset(ret, 0, sizeof(*ret));
	rc = j->host->kv_get(j->call, STR("metadata"), &ret->value);
	if (rc == CSN_E_ABSENT)
		ret->value = str_of(NULL, 0);
	if (rc != CSN_OK)
		return rc == CSN_E_ABSENT ? 0 : -1;
	reader_init(&r, ret->value);
	if (reader_u8(&r) != KEEP_VERSION)
		return 0;
	ret->generation = reader_u64(&r);
	ret->fetched_ms = (int64_t)reader_u64(&r);
	ret->chunks = reader_u32(&r);
	ret->bytes = reader_u32(&r);
	ret->source = reader_lv16(&r);
	ret->digest = reader_lv16(&r);
	if (reader_end(&r) != 0 || ret->chunks > CHUNKS_MAX)
		ret->chunks = 0;
	return 0;
}

static bool
header_ours(const struct job *j, const struct header *h)
{
	return h->chunks > 0 && str_equal(h->source, source_digest(j));
}

struct idp_set *
provider_kept_read(const struct job *j, uint32_t most, int64_t than_ms,
    int64_t *ret_fetched_ms)
{
	struct idp_set *set = NULL;
	struct csn_str value, packed;
	struct header h;
	struct buf b;

	if (header_find(j, &h) < 0 || !header_ours(j, &h) ||
	    h.bytes > most || h.fetched_ms <= than_ms)
		return NULL;
	buf_init(&b, CHUNKS_MAX * CHUNK);
	for (uint32_t i = 0; i < h.chunks; i++) {
		if (j->host->kv_get(j->call, chunk_key(j, h.generation, i),
		    &value) != CSN_OK)
			goto out;
		buf_str_put(&b, value);
	}
	packed = buf_str(&b);
	if (packed.n == h.bytes && str_equal(job_digest(j, "", &packed, 1),
	    h.digest))
		set = idp_set_unpack(packed);
	*ret_fetched_ms = h.fetched_ms;
out:
	buf_free(&b);
	return set;
}

static void
chunks_delete(const struct job *j, const struct header *h)
{
	for (uint32_t i = 0; i < h->chunks; i++)
		(void)j->host->kv_del(j->call, chunk_key(j, h->generation,
		    i));
}

static int
chunks_write(const struct job *j, struct csn_str packed,
    const struct header *h)
{
	for (uint32_t i = 0; i < h->chunks; i++) {
		struct csn_str part = str_from_at(packed, (size_t)i * CHUNK);

		part.n = part.n > CHUNK ? CHUNK : part.n;
		if (j->host->kv_put(j->call, chunk_key(j, h->generation, i),
		    part, 0, CSN_KV_DURABLE) != CSN_OK)
			return -1;
	}
	return 0;
}

/* In place of what stands there now, which then goes. 1: what another node has
 * put there was fetched later. */
static int
header_swap(const struct job *j, const struct header *h, struct csn_str value)
{
	struct header old;
	int32_t rc;

	for (unsigned i = 0; i < SWAPS; i++) {
		/* what cannot be read is good for nobody */
		if (header_find(j, &old) < 0)
			return j->host->kv_put(j->call, STR("metadata"),
			    value, 0, CSN_KV_DURABLE) == CSN_OK ? 0 : -1;
		if (header_ours(j, &old) && old.fetched_ms > h->fetched_ms &&
		    old.fetched_ms <= job_now(j))
			return 1;
		rc = old.value.p == NULL ? j->host->kv_put_new(j->call,
		    STR("metadata"), value, 0, CSN_KV_DURABLE) :
		    j->host->kv_swap(j->call, STR("metadata"), old.value,
		    value);
		if (rc == CSN_OK) {
			chunks_delete(j, &old);
			return 0;
		}
		/* else another node was faster */
		if (rc != CSN_E_STALE && rc != CSN_E_EXISTS &&
		    rc != CSN_E_ABSENT)
			return -1;
	}
	return -1;
}

static void
header_write(const struct header *h, struct buf *ret)
{
	buf_u8(ret, KEEP_VERSION);
	buf_u64(ret, h->generation);
	buf_u64(ret, (uint64_t)h->fetched_ms);
	buf_u32(ret, h->chunks);
	buf_u32(ret, h->bytes);
	buf_lv16(ret, h->source);
	buf_lv16(ret, h->digest);
}

/* A new generation beside the old one; then the header; then the old goes, or
 * the new one where it is not wanted: nobody else would take it away. */
int
provider_kept_write(const struct job *j, const struct idp_set *set,
    int64_t now_ms)
{
	struct header h = { .fetched_ms = now_ms,
	    .source = source_digest(j) };
	struct buf packed, value;
	struct csn_str all;
	int rc = -1;

	buf_init(&packed, CHUNKS_MAX * CHUNK);
	buf_init(&value, 1024);
	j->host->random(j->call, &h.generation, sizeof(h.generation));
	if (idp_set_pack(set, &packed) < 0)
		goto out;
	all = buf_str(&packed);
	h.bytes = (uint32_t)all.n;
	h.chunks = (uint32_t)((all.n + CHUNK - 1) / CHUNK);
	h.digest = job_digest(j, "", &all, 1);
	header_write(&h, &value);
	if (chunks_write(j, all, &h) == 0)
		rc = header_swap(j, &h, buf_str(&value));
	if (rc != 0)
		chunks_delete(j, &h);
out:
	buf_free(&packed);
	buf_free(&value);
	return rc < 0 ? -1 : 0;
}
