/* SPDX-License-Identifier: Apache-2.0 */
/*
 * people.c - one durable record per person, changed by compare-and-swap
 *
 * It must never read a record that it cannot understand as an empty one: an
 * empty record means "may enrol".
 */
#include "follow.h"
#include "lib/base64url.h"
#include "lib/secret.h"
#include "people_impl.h"
#include "store_wait.h"

#define PEOPLE_VERSION	1u
/* With `cuts`: as few as need it, for a node of before cannot read it. */
#define PEOPLE_VERSION_CUT 2u

/* "p/REALM/SUBJECT"; a realm's name has no slash. */
static void
key_put(struct buf *b, struct csn_str realm, struct csn_str subject)
{
	buf_puts(b, "p/");
	buf_str_put(b, realm);
	buf_char(b, '/');
	buf_str_put(b, subject);
}

static void
record_put(struct buf *b, const struct people_record *r)
{
	buf_u8(b, r->cuts == 0 ? PEOPLE_VERSION : PEOPLE_VERSION_CUT);
	buf_u32(b, r->generation);
	if (r->cuts != 0)
		buf_u32(b, r->cuts);
	buf_u8(b, r->link_required);
	buf_u8(b, (uint8_t)r->nsources);
	for (size_t i = 0; i < r->nsources; i++) {
		buf_u64(b, r->sources[i].factor);
		buf_lv16(b, r->sources[i].id);
	}
	buf_u8(b, (uint8_t)r->nenrolments);
	for (size_t i = 0; i < r->nenrolments; i++) {
		buf_u64(b, r->enrolments[i].fingerprint);
		buf_u8(b, (uint8_t)r->enrolments[i].how);
		buf_u64(b, (uint64_t)r->enrolments[i].confirmed_ms);
	}
}

static int
sources_get(struct reader *r, struct people_record *ret)
{
	ret->nsources = reader_u8(r);
	if (ret->nsources > PEOPLE_SOURCES_MAX)
		return -1;
	for (size_t i = 0; i < ret->nsources; i++) {
		ret->sources[i].factor = reader_u64(r);
		ret->sources[i].id = reader_lv16(r);
	}
	return 0;
}

static int
enrolments_get(struct reader *r, struct people_record *ret)
{
	ret->nenrolments = reader_u8(r);
	if (ret->nenrolments > PROOFS_MAX)
		return -1;
	for (size_t i = 0; i < ret->nenrolments; i++) {
		uint8_t how;

		ret->enrolments[i].fingerprint = reader_u64(r);
		how = reader_u8(r);
		ret->enrolments[i].confirmed_ms = (int64_t)reader_u64(r);
		if (how == ENROLMENT_NONE || how > ENROLMENT_OPERATOR)
			return -1;
		ret->enrolments[i].how = (enum proof_enrolment)how;
	}
	return 0;
}

static int
record_get(struct csn_str raw, struct people_record *ret)
{
	uint8_t version, link_required;
	struct reader r;

	memset(ret, 0, sizeof(*ret));
	reader_init(&r, raw);
	version = reader_u8(&r);
	if (version != PEOPLE_VERSION && version != PEOPLE_VERSION_CUT)
		return -1;
	ret->generation = reader_u32(&r);
	if (version == PEOPLE_VERSION_CUT)
		ret->cuts = reader_u32(&r);
	link_required = reader_u8(&r);
	if (link_required > 1)
		return -1;
	ret->link_required = link_required == 1;
	if (sources_get(&r, ret) < 0 || enrolments_get(&r, ret) < 0)
		return -1;
	return reader_end(&r);
}

int
people_read(struct store *store, struct csn_str realm,
    struct csn_str subject, int64_t now_ms, struct buf *raw,
    struct people_record *ret)
{
	struct buf key;
	int rc;

	memset(ret, 0, sizeof(*ret));
	buf_clear(raw);
	buf_init(&key, STORE_KEY_MAX);
	key_put(&key, realm, subject);
	rc = buf_failed(&key) ? STORE_FAILED :
	    store_get(store, buf_str(&key), now_ms, raw);
	buf_free(&key);
	if (rc == STORE_ABSENT)
		return STORE_OK;
	if (rc != STORE_OK || record_get(buf_str(raw), ret) < 0)
		return STORE_FAILED;
	return STORE_OK;
}

int
people_unpack(struct csn_str raw, struct people_record *ret)
{
	memset(ret, 0, sizeof(*ret));
	return raw.n == 0 ? 0 : record_get(raw, ret);
}

bool
people_was_read(const struct store_op *op)
{
	return op->ret == (op->ret_value->n == 0 ? STORE_ABSENT : STORE_OK);
}

void
people_read_op(struct store_op *op, struct buf *key, struct csn_str realm,
    struct csn_str subject, struct buf *raw)
{
	key_put(key, realm, subject);
	*op = (struct store_op){ .kind = STORE_READ, .key = buf_str(key),
	    .ret_value = raw };
}

void
people_expect_op(struct store_op *op, struct buf *key, struct csn_str realm,
    struct csn_str subject, struct csn_str raw)
{
	key_put(key, realm, subject);
	*op = (struct store_op){ .kind = raw.n == 0 ? STORE_EXPECT_NONE :
	    STORE_EXPECT, .key = buf_str(key), .before = raw };
}

void
people_op(struct store_op *op, struct buf *key, struct buf *value,
    struct csn_str realm, struct csn_str subject, struct csn_str before,
    const struct people_record *r)
{
	key_put(key, realm, subject);
	record_put(value, r);
	*op = (struct store_op){ .kind = before.n == 0 ? STORE_PUT_NEW :
	    STORE_SWAP, .key = buf_str(key), .value = buf_str(value),
	    .before = before };
}

int
people_swap_with(struct store *store, struct csn_str realm,
    struct csn_str subject, struct csn_str before,
    const struct people_record *r, const struct store_op *more, size_t n,
    int64_t now_ms)
{
	struct store_op ops[1 + PEOPLE_SWAP_MORE];
	struct buf key, value;
	int rc = STORE_FAILED;

	buf_init(&key, STORE_KEY_MAX);
	buf_init(&value, STORE_VALUE_MAX);
	people_op(&ops[0], &key, &value, realm, subject, before, r);
	for (size_t i = 0; i < n; i++)
		ops[1 + i] = more[i];
	if (!buf_failed(&key) && !buf_failed(&value))
		rc = store_wait_batch(store, ops, 1 + n, now_ms);
	buf_free(&key);
	buf_free(&value);
	/* of two who make the first record, one was too late */
	return rc == STORE_EXISTS || rc == STORE_ABSENT ? STORE_STALE : rc;
}

int
people_swap(struct store *store, struct csn_str realm,
    struct csn_str subject, struct csn_str before,
    const struct people_record *r, int64_t now_ms)
{
	return people_swap_with(store, realm, subject, before, r, NULL, 0,
	    now_ms);
}

/* ------------------------------------------------------------------ */

static int
enrolment_add(struct people_record *r, uint64_t factor,
    enum proof_enrolment how, bool must_be_first, int64_t now_ms)
{
	if (must_be_first && (r->nenrolments > 0 || (r->link_required &&
	    how == ENROLMENT_FIRST_LOGIN)))
		return STORE_EXISTS;
	for (size_t i = 0; i < r->nenrolments; i++)
		if (r->enrolments[i].fingerprint == factor)
			return STORE_OK;
	if (r->nenrolments == PROOFS_MAX)
		return STORE_FAILED;
	r->enrolments[r->nenrolments++] = (struct people_enrolment){
	    .fingerprint = factor, .how = how, .confirmed_ms = now_ms };
	r->link_required = false;
	return 1;	/* changed */
}

int
people_enrolled(struct store *store, struct csn_str realm,
    struct csn_str subject, uint64_t factor, enum proof_enrolment how,
    bool must_be_first, int64_t now_ms)
{
	struct people_record r;
	struct store_op feed;
	struct buf raw, value;
	int rc = STORE_STALE;

	buf_init(&raw, STORE_VALUE_MAX);
	buf_init(&value, 1024);
	follow_op_changed(&feed, &value, realm, subject);
	for (int i = 0; i < PEOPLE_TRIES && rc == STORE_STALE; i++) {
		rc = people_read(store, realm, subject, now_ms, &raw, &r);
		if (rc != STORE_OK)
			break;
		rc = enrolment_add(&r, factor, how, must_be_first, now_ms);
		if (rc == 1)
			rc = people_swap_with(store, realm, subject,
			    buf_str(&raw), &r, &feed, 1, now_ms);
	}
	buf_free(&raw);
	buf_free(&value);
	return rc;
}

/* One try, under the link and the record as they are read now. */
static int
link_enrol(struct store *store, const struct people_link *as, uint64_t factor,
    const uint8_t hash[32], int64_t now_ms, struct buf *room)
{
	struct people_record r;
	struct people_link link;
	struct store_op more[2];
	int rc;

	follow_op_changed(&more[0], &room[0], as->realm, as->subject);
	rc = people_link_op(store, hash, now_ms, &more[1], &room[1], &room[2],
	    &room[3], &link);
	if (rc != STORE_OK)
		return rc;
	if (!str_equal(link.realm, as->realm) ||
	    !str_equal(link.subject, as->subject))
		return STORE_ABSENT;
	rc = people_read(store, as->realm, as->subject, now_ms, &room[4], &r);
	if (rc == STORE_OK)
		rc = enrolment_add(&r, factor, ENROLMENT_LINK, true, now_ms);
	return rc == 1 ? people_swap_with(store, as->realm, as->subject,
	    buf_str(&room[4]), &r, more, 2, now_ms) : rc;
}

int
people_enrolled_by_link(struct store *store, struct csn_str realm,
    struct csn_str subject, uint64_t factor, const uint8_t hash[32],
    int64_t now_ms)
{
	struct people_link as = { .realm = realm, .subject = subject };
	struct buf room[5];
	int rc = STORE_STALE;

	for (int i = 0; i < PEOPLE_TRIES && rc == STORE_STALE; i++) {
		for (size_t k = 0; k < 5; k++)
			buf_init(&room[k], STORE_VALUE_MAX);
		rc = link_enrol(store, &as, factor, hash, now_ms, room);
		for (size_t k = 0; k < 5; k++)
			buf_free(&room[k]);
	}
	return rc;
}

typedef void people_change(struct people_record *, const void *arg);

static void
change_reset(struct people_record *r, const void *arg)
{
	const uint64_t *factor = arg;
	size_t kept = 0;

	for (size_t i = 0; i < r->nenrolments; i++)
		if (r->enrolments[i].fingerprint != *factor)
			r->enrolments[kept++] = r->enrolments[i];
	r->nenrolments = kept;
	r->link_required = true;
	r->generation++;
}

static void
change_revoke(struct people_record *r, const void *arg)
{
	(void)arg;
	r->generation++;
}

/* Changes the record and tells the feed of the new generation. */
static int
people_bump(struct store *store, struct csn_str realm,
    struct csn_str subject, int64_t now_ms, people_change *change,
    const void *arg, uint32_t *ret_generation)
{
	struct people_record r;
	struct store_op feed;
	struct buf raw, value;
	int rc = STORE_STALE;

	buf_init(&raw, STORE_VALUE_MAX);
	buf_init(&value, 1024);
	for (int i = 0; i < PEOPLE_TRIES && rc == STORE_STALE; i++) {
		rc = people_read(store, realm, subject, now_ms, &raw, &r);
		if (rc != STORE_OK)
			break;
		change(&r, arg);
		buf_clear(&value);
		follow_op_person(&feed, &value, realm, subject, r.generation);
		rc = people_swap_with(store, realm, subject, buf_str(&raw),
		    &r, &feed, 1, now_ms);
	}
	if (rc == STORE_OK)
		*ret_generation = r.generation;
	buf_free(&raw);
	buf_free(&value);
	return rc;
}

int
people_reset(struct store *store, struct csn_str realm,
    struct csn_str subject, uint64_t factor, int64_t now_ms)
{
	uint32_t generation;

	return people_bump(store, realm, subject, now_ms, change_reset,
	    &factor, &generation);
}

int
people_revoke(struct store *store, struct csn_str realm,
    struct csn_str subject, int64_t now_ms, uint32_t *ret_generation)
{
	return people_bump(store, realm, subject, now_ms, change_revoke, NULL,
	    ret_generation);
}

int
people_cut(struct store *store, struct csn_str realm, struct csn_str subject,
    int64_t now_ms)
{
	struct people_record r;
	struct buf raw;
	int rc = STORE_STALE;

	buf_init(&raw, STORE_VALUE_MAX);
	for (int i = 0; i < PEOPLE_TRIES && rc == STORE_STALE; i++) {
		rc = people_read(store, realm, subject, now_ms, &raw, &r);
		if (rc != STORE_OK)
			break;
		r.cuts++;
		rc = people_swap(store, realm, subject, buf_str(&raw), &r,
		    now_ms);
	}
	buf_free(&raw);
	return rc;
}

struct bits
people_factors(const struct people_record *r, const struct conf *conf)
{
	struct bits ret = { { 0 } };

	for (size_t i = 0; i < r->nenrolments; i++) {
		int f = conf_factor_of(conf, r->enrolments[i].fingerprint);

		if (f >= 0)
			bits_add(&ret, (size_t)f);
	}
	return ret;
}

int
people_account(struct sealer *sealer, struct csn_str realm,
    struct csn_str subject, char ret[PEOPLE_ACCOUNT_LEN + 1])
{
	uint8_t memory[1025];
	struct buf name, text;
	uint8_t md[32];
	int rc;

	buf_init_fixed(&name, memory, sizeof(memory));
	buf_lv16(&name, realm);
	buf_lv16(&name, subject);
	rc = buf_failed(&name) ? -1 : seal_name(sealer, "account",
	    buf_str(&name), md);
	buf_free(&name);
	if (rc < 0)
		return -1;
	buf_init_fixed(&text, ret, PEOPLE_ACCOUNT_LEN + 1);
	base64url_encode(&text, str_of(md, sizeof(md)));
	return buf_failed(&text) ? -1 : 0;
}
