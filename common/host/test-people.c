/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-people.c - one record per person: bound ids, enrolments, generations
 */
#include <pthread.h>
#include <stdatomic.h>

#include "follow.h"
#include "host_testing.h"
#include "people.h"

#define CORP	STR("corp")
#define ANN	STR("ann")
#define PHONE	UINT64_C(11)
#define KEY	UINT64_C(12)
#define LDAP	UINT64_C(21)
#define OIDC	UINT64_C(22)

static struct place place;
static struct people_record rec;
static struct buf raw, old;

static int
set_up(void **state)
{
	(void)state;
	place_make(&place);
	buf_init(&raw, STORE_VALUE_MAX);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	buf_free(&raw);
	place_free(&place);
	return 0;
}

static int
person_read(void)
{
	return people_read(place.store, CORP, ANN, T_NOW, &raw, &rec);
}

static int
enrol(uint64_t factor, enum proof_enrolment how, bool first)
{
	return people_enrolled(place.store, CORP, ANN, factor, how, first,
	    T_NOW);
}

static int
bind_id(uint64_t source, const char *id)
{
	return people_bind(place.store, CORP, ANN, source, str_from(id),
	    T_NOW, &rec, &raw, false, NULL);
}

/* As an operation of a batch: the same result as people_read(). */
static int
batch_read(void)
{
	struct store_op op;
	struct buf key;
	int rc;

	buf_init(&key, 0);
	buf_clear(&raw);
	people_read_op(&op, &key, CORP, ANN, &raw);
	rc = store_batch(place.store, &op, 1, T_NOW);
	buf_free(&key);
	return rc == STORE_OK && people_was_read(&op) &&
	    people_unpack(buf_str(&raw), &rec) == 0 ? STORE_OK : STORE_FAILED;
}

static uint64_t
feed_high(void)
{
	uint64_t low, high;

	assert_int_equal(store_feed_range(place.store, &low, &high),
	    STORE_OK);
	return high;
}

/* ------------------------------------------------------------------ */

static void
test_absent(void **state)
{
	(void)state;
	assert_int_equal(batch_read(), STORE_OK);
	assert_true(raw.n == 0 && rec.nenrolments == 0);
	assert_int_equal(person_read(), STORE_OK);
	assert_true(raw.n == 0 && rec.generation == 0 &&
	    !rec.link_required && rec.nsources == 0 && rec.nenrolments == 0);
}

/* E1: what cannot be read is never an empty record: that would be "may
 * enrol". */
static void
test_unreadable(void **state)
{
	static const struct csn_str bad[] = {
		STR_INIT(""), STR_INIT("\0"), STR_INIT("\2\0\0\0\0\0\0\0"),
		STR_INIT("\1\0\0\0\0\0\0"),		/* cut */
		STR_INIT("\1\0\0\0\0\0\0\0x"),		/* more */
		STR_INIT("\1\0\0\0\0\2\0\0"),		/* link: neither */
		STR_INIT("\1\0\0\0\0\0\x09\0"),		/* sources */
		STR_INIT("\1\0\0\0\0\0\0\x09"),		/* enrolments */
		STR_INIT("\1\0\0\0\0\0\0\1""12345678\0""12345678"),
		STR_INIT("\1\0\0\0\0\0\0\1""12345678\4""12345678"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(store_put(place.store, STR("p/corp/ann"),
		    bad[i], 0, T_NOW), STORE_OK);
		assert_int_equal(batch_read(), STORE_FAILED);
		assert_int_equal(person_read(), STORE_FAILED);
		assert_int_equal(enrol(PHONE, ENROLMENT_FIRST_LOGIN, true),
		    STORE_FAILED);
		assert_int_equal(bind_id(LDAP, "id"), STORE_FAILED);
	}
	assert_int_equal(store_put(place.store, STR("p/corp/ann"),
	    STR("\1\0\0\0\7\1\0\0"), 0, T_NOW), STORE_OK);
	assert_int_equal(person_read(), STORE_OK);
	assert_true(rec.generation == 7 && rec.link_required);
	assert_int_equal(batch_read(), STORE_OK);
	assert_true(rec.generation == 7 && rec.link_required);
	place_break(&place);
	assert_int_equal(person_read(), STORE_FAILED);
}

/* Read before, with other things: what was known then is enough to say so, and
 * never enough to overwrite what came since. */
static void
test_bind_read_before(void **state)
{
	(void)state;
	assert_int_equal(batch_read(), STORE_OK);
	assert_int_equal(people_bind(place.store, CORP, ANN, LDAP,
	    STR("uuid-1"), T_NOW, &rec, &raw, true, NULL), PEOPLE_SAME);
	/* what is in `raw` is stored, so that it can be expected */
	assert_int_equal(store_swap(place.store, STR("p/corp/ann"),
	    buf_str(&raw), buf_str(&raw), T_NOW), STORE_OK);
	assert_int_equal(people_bind(place.store, CORP, ANN, LDAP,
	    STR("uuid-1"), T_NOW, &rec, &raw, true, NULL), PEOPLE_SAME);
	assert_int_equal(people_bind(place.store, CORP, ANN, LDAP,
	    STR("uuid-2"), T_NOW, &rec, &raw, true, NULL), PEOPLE_OTHER);
	/* another login was first */
	buf_clear(&raw);
	assert_int_equal(people_bind(place.store, CORP, ANN, LDAP,
	    STR("uuid-2"), T_NOW, &rec, &raw, true, NULL), PEOPLE_OTHER);
}

/* E8: the first login binds; another id later is another person. */
static void
test_bind(void **state)
{
	(void)state;
	assert_int_equal(bind_id(LDAP, ""), PEOPLE_SAME);
	assert_int_equal(bind_id(LDAP, "uuid-1"), PEOPLE_SAME);
	assert_int_equal(bind_id(LDAP, "uuid-1"), PEOPLE_SAME);
	assert_int_equal(bind_id(LDAP, "uuid-2"), PEOPLE_OTHER);
	/* a source that told an id and now tells none tells another */
	assert_int_equal(bind_id(LDAP, ""), PEOPLE_OTHER);
	assert_int_equal(bind_id(OIDC, "sub-1"), PEOPLE_SAME);
	assert_int_equal(bind_id(OIDC, "uuid-1"), PEOPLE_OTHER);
	assert_int_equal(bind_id(LDAP, "uuid-1"), PEOPLE_SAME);
	assert_int_equal(rec.nsources, 2);
	for (uint64_t i = 0; i < PEOPLE_SOURCES_MAX; i++)
		assert_int_equal(bind_id(100 + i, "x"), PEOPLE_SAME);
	assert_int_equal(rec.nsources, PEOPLE_SOURCES_MAX);
}

static void
test_enrolled(void **state)
{
	uint64_t before = feed_high();

	(void)state;
	assert_int_equal(enrol(PHONE, ENROLMENT_FIRST_LOGIN, true), STORE_OK);
	/* the other nodes hear of it in the same commit */
	assert_true(feed_high() == before + 1);
	assert_int_equal(enrol(PHONE, ENROLMENT_LINK, true), STORE_EXISTS);
	assert_int_equal(enrol(KEY, ENROLMENT_LINK, true), STORE_EXISTS);
	assert_int_equal(enrol(PHONE, ENROLMENT_OPERATOR, false), STORE_OK);
	assert_int_equal(enrol(KEY, ENROLMENT_OPERATOR, false), STORE_OK);
	assert_int_equal(person_read(), STORE_OK);
	assert_int_equal(rec.nenrolments, 2);
	assert_int_equal(rec.enrolments[0].how, ENROLMENT_FIRST_LOGIN);
	assert_int_equal(rec.enrolments[1].how, ENROLMENT_OPERATOR);
	assert_true(rec.enrolments[0].fingerprint == PHONE &&
	    rec.enrolments[0].confirmed_ms == T_NOW);
}

/* E3: a reset forgets one, demands a link, and ends all (S8). */
static void
test_reset(void **state)
{
	uint64_t before;

	(void)state;
	assert_int_equal(enrol(PHONE, ENROLMENT_FIRST_LOGIN, true), STORE_OK);
	before = feed_high();
	assert_int_equal(people_reset(place.store, CORP, ANN, PHONE, T_NOW),
	    STORE_OK);
	assert_true(feed_high() == before + 1);
	assert_int_equal(person_read(), STORE_OK);
	assert_true(rec.nenrolments == 0 && rec.link_required &&
	    rec.generation == 1);
	/* also for a login that was under way */
	assert_int_equal(enrol(PHONE, ENROLMENT_FIRST_LOGIN, true),
	    STORE_EXISTS);
	assert_int_equal(enrol(PHONE, ENROLMENT_LINK, true), STORE_OK);
	assert_int_equal(person_read(), STORE_OK);
	assert_false(rec.link_required);
}

static void
test_revoke(void **state)
{
	uint32_t generation = 0;
	uint64_t before = feed_high();

	(void)state;
	for (uint32_t i = 1; i < 4; i++) {
		assert_int_equal(people_revoke(place.store, CORP, ANN, T_NOW,
		    &generation), STORE_OK);
		assert_int_equal(generation, i);
		assert_true(feed_high() == before + i);
	}
	assert_int_equal(enrol(PHONE, ENROLMENT_FIRST_LOGIN, true), STORE_OK);
	assert_int_equal(person_read(), STORE_OK);
	assert_int_equal(rec.generation, 3);
	place_break_writes(&place);
	assert_int_equal(people_revoke(place.store, CORP, ANN, T_NOW,
	    &generation), STORE_FAILED);
	assert_int_equal(generation, 3);
	assert_int_equal(enrol(KEY, ENROLMENT_LINK, false), STORE_FAILED);
	assert_int_equal(bind_id(LDAP, "x"), STORE_FAILED);
}

/* Sessions stay, and who never did it has the record of before. */
static void
test_cut(void **state)
{
	struct buf key, value;
	struct store_op op;

	(void)state;
	assert_int_equal(enrol(PHONE, ENROLMENT_FIRST_LOGIN, true), STORE_OK);
	assert_int_equal(person_read(), STORE_OK);
	buf_init(&key, STORE_KEY_MAX);
	buf_init(&value, STORE_VALUE_MAX);
	people_op(&op, &key, &value, CORP, ANN, STR(""), &rec);
	assert_int_equal(op.value.p[0], 1);
	buf_free(&key);
	buf_free(&value);
	for (uint32_t i = 1; i < 3; i++) {
		assert_int_equal(people_cut(place.store, CORP, ANN, T_NOW),
		    STORE_OK);
		assert_int_equal(person_read(), STORE_OK);
		assert_int_equal(rec.cuts, i);
		assert_int_equal(rec.generation, 0);
		assert_int_equal(rec.nenrolments, 1);
	}
	place_break_writes(&place);
	assert_int_equal(people_cut(place.store, CORP, ANN, T_NOW),
	    STORE_FAILED);
}

static atomic_uint firsts, others;

static void *
enrol_race(void *arg)
{
	switch (enrol((uintptr_t)arg, ENROLMENT_FIRST_LOGIN, true)) {
	case STORE_OK:
		atomic_fetch_add(&firsts, 1);
		break;
	case STORE_EXISTS:
		atomic_fetch_add(&others, 1);
		break;
	default:
		break;
	}
	return NULL;
}

/* E4: of many first enrolments at once, of different factors, one is. */
static void
test_race(void **state)
{
	pthread_t t[16];

	(void)state;
	for (uintptr_t i = 0; i < COUNT(t); i++)
		assert_int_equal(pthread_create(&t[i], NULL, enrol_race,
		    (void *)(i + 1)), 0);
	for (size_t i = 0; i < COUNT(t); i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);
	assert_int_equal(atomic_load(&firsts), 1);
	assert_int_equal(atomic_load(&others), 15);
	assert_int_equal(person_read(), STORE_OK);
	assert_int_equal(rec.nenrolments, 1);
}

static void
test_mask(void **state)
{
	struct rig g;
	unsigned phone;

	(void)state;
	rig_init(&g);
	rig_factor(&g, "ldap", &rig_identity, rig_realm(&g, "corp"));
	phone = rig_factor(&g, "phone", &rig_second, 0);
	rec = (struct people_record){ .nenrolments = 2 };
	rec.enrolments[0].fingerprint = g.factors[phone].fingerprint;
	rec.enrolments[1].fingerprint = 1;
	assert_int_equal(rig_bits(people_factors(&rec, &g.conf)), 1u << phone);
	rig_free(&g);
}

static void
test_account(void **state)
{
	static const char *const who[][2] = { { "corp", "ann" },
	    { "corp", "bob" }, { "corpa", "nn" }, { "", "corpann" } };
	char seen[COUNT(who)][PEOPLE_ACCOUNT_LEN + 1];
	struct sealer *s = rig_sealer();

	(void)state;
	for (size_t i = 0; i < COUNT(who); i++) {
		assert_int_equal(people_account(s, str_from(who[i][0]),
		    str_from(who[i][1]), seen[i]), 0);
		assert_int_equal(strlen(seen[i]), PEOPLE_ACCOUNT_LEN);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(seen[i], seen[k]);
	}
	assert_int_equal(people_account(s, CORP, ANN, seen[1]), 0);
	assert_string_equal(seen[0], seen[1]);
	sealer_free(s);
}

/* ------------------------------------------------------------------ */
/* links */

static uint8_t hash[32];

static void
link_make(unsigned uses)
{
	struct people_link l = { CORP, ANN, STR("phone"), uses,
	    T_NOW + 60000 };
	struct buf ticket;

	buf_init(&ticket, 64);
	assert_int_equal(people_link_new(place.store, &l, T_NOW, &ticket),
	    STORE_OK);
	assert_int_equal(ticket.n, 22);
	assert_int_equal(people_link_hash(buf_str(&ticket), hash), 0);
	/* the store has the hash, never the ticket (E3) */
	assert_int_equal(store_get(place.store, buf_str(&ticket), T_NOW,
	    &raw), STORE_ABSENT);
	buf_free(&ticket);
}

static int
link_read_at(int64_t now_ms, struct people_link *ret)
{
	buf_clear(&raw);
	return people_link_read(place.store, hash, now_ms, &raw, ret);
}

static void
test_link(void **state)
{
	struct people_link l;

	(void)state;
	link_make(2);
	assert_int_equal(link_read_at(T_NOW, &l), STORE_OK);
	assert_str(l.realm, "corp");
	assert_str(l.subject, "ann");
	assert_str(l.factor, "phone");
	assert_int_equal(link_read_at(T_NOW + 60000, &l), STORE_ABSENT);
	assert_int_equal(people_link_use(place.store, hash, T_NOW), STORE_OK);
	assert_int_equal(people_link_use(place.store, hash, T_NOW), STORE_OK);
	assert_int_equal(people_link_use(place.store, hash, T_NOW),
	    STORE_ABSENT);
	assert_int_equal(link_read_at(T_NOW, &l), STORE_ABSENT);
	hash[0] ^= 1;
	assert_int_equal(link_read_at(T_NOW, &l), STORE_ABSENT);
}

static void
test_link_text(void **state)
{
	static const char *const bad[] = { "", "AAAAAAAAAAAAAAAAAAAAA",
	    "AAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAA=",
	    "AAAAAAAAAAAAAAAAAAAAAB", "AAAAAAAAAAAAAAAAAAAA/A" };

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(people_link_hash(str_from(bad[i]), hash), -1);
}

/* E3: the link is used up together with the confirmation, or not at all. */
static void
test_link_enrols(void **state)
{
	struct people_link l;

	(void)state;
	link_make(1);
	/* another person's link, in the same realm and in another */
	assert_int_equal(people_enrolled_by_link(place.store, CORP,
	    STR("bob"), PHONE, hash, T_NOW), STORE_ABSENT);
	assert_int_equal(people_enrolled_by_link(place.store, STR("other"),
	    ANN, PHONE, hash, T_NOW), STORE_ABSENT);
	place_break_writes(&place);
	assert_int_equal(people_enrolled_by_link(place.store, CORP, ANN,
	    PHONE, hash, T_NOW), STORE_FAILED);
	place_mend_writes(&place);
	assert_int_equal(person_read(), STORE_OK);
	assert_int_equal(rec.nenrolments, 0);
	assert_int_equal(link_read_at(T_NOW, &l), STORE_OK);
	assert_int_equal(people_enrolled_by_link(place.store, CORP, ANN,
	    PHONE, hash, T_NOW), STORE_OK);
	assert_int_equal(person_read(), STORE_OK);
	assert_int_equal(rec.nenrolments, 1);
	assert_int_equal(rec.enrolments[0].how, ENROLMENT_LINK);
	assert_int_equal(link_read_at(T_NOW, &l), STORE_ABSENT);
	assert_int_equal(people_enrolled_by_link(place.store, CORP, ANN, KEY,
	    hash, T_NOW), STORE_ABSENT);
	/* who has one already enrols no other, and keeps the link */
	link_make(1);
	assert_int_equal(people_enrolled_by_link(place.store, CORP, ANN, KEY,
	    hash, T_NOW), STORE_EXISTS);
	assert_int_equal(link_read_at(T_NOW, &l), STORE_OK);
}

static int
named(const char *name, const char *id)
{
	buf_clear(&old);
	return people_bind(place.store, CORP, str_from(name), LDAP,
	    str_from(id), T_NOW, &rec, &raw, false, &old);
}

/* E8: one id under another name is a renaming. */
static void
test_renamed(void **state)
{
	(void)state;
	buf_init(&old, 1024);
	assert_int_equal(named("ann", "id-1"), PEOPLE_SAME);
	assert_true(old.n == 0);
	/* nothing to leave behind: it goes on, and is told */
	assert_int_equal(named("ann.b", "id-1"), PEOPLE_SAME);
	assert_str(buf_str(&old), "ann");
	assert_int_equal(named("ann.b", "id-1"), PEOPLE_SAME);
	assert_true(old.n == 0);
	/* a second factor under the new name: back to the old one is no way
	 * past it, nor is a third */
	assert_int_equal(people_enrolled(place.store, CORP, STR("ann.b"),
	    PHONE, ENROLMENT_FIRST_LOGIN, true, T_NOW), STORE_OK);
	assert_int_equal(named("ann", "id-1"), PEOPLE_RENAMED);
	assert_str(buf_str(&old), "ann.b");
	assert_int_equal(named("ann.c", "id-1"), PEOPLE_RENAMED);
	assert_int_equal(named("ann.b", "id-1"), PEOPLE_SAME);
	assert_int_equal(rec.nenrolments, 1);
	/* nor where a reset left "link required" */
	assert_int_equal(people_reset(place.store, CORP, STR("ann.b"), PHONE,
	    T_NOW), STORE_OK);
	assert_int_equal(named("ann.c", "id-1"), PEOPLE_RENAMED);
	/* the name that is free again is another person's, with nothing */
	assert_int_equal(named("ann", "id-2"), PEOPLE_SAME);
	assert_true(old.n == 0 && rec.nenrolments == 0);
	assert_int_equal(named("ann", "id-1"), PEOPLE_OTHER);
	/* the same id of another source is somebody else's */
	assert_int_equal(people_bind(place.store, CORP, STR("dan"), LDAP + 1,
	    STR("id-1"), T_NOW, &rec, &raw, false, &old), PEOPLE_SAME);
	buf_free(&old);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_absent), TEST(test_unreadable), TEST(test_bind),
		TEST(test_bind_read_before),
		TEST(test_enrolled), TEST(test_reset), TEST(test_revoke),
		TEST(test_cut),
		TEST(test_race), TEST(test_mask), TEST(test_account),
		TEST(test_link), TEST(test_link_text),
		TEST(test_link_enrols), TEST(test_renamed),
	};

	return cmocka_run_group_tests_name("people", tests, NULL, NULL);
}
