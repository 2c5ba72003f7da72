/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-adopt.c - a factor that is gone, and what hangs on it (security.md O1)
 *
 * Cut short after each of its commits, with the commit done or not, and gone
 * on with, it must come to the same; and at no moment may anybody look like
 * one who never enrolled.
 */
#include <stdio.h>
#include <unistd.h>

#include "adopt.h"
#include "follow.h"
#include "host_testing.h"

#define PEOPLE	150u

static struct rig before, after;
static struct place place;
static struct sealer *sealer;
static struct reach reach;
static const struct csn_host *h = &call_services;

/* Of the store's commits the one that fails; done all the same with `late`. */
static struct { int fuel; bool late; } cut;

int __real_store_batch(struct store *, struct store_op *, size_t, int64_t);
int __wrap_store_batch(struct store *, struct store_op *, size_t, int64_t);
int
__wrap_store_batch(struct store *s, struct store_op *ops, size_t n,
    int64_t now_ms)
{
	if (cut.fuel == 0 || --cut.fuel > 0)
		return __real_store_batch(s, ops, n, now_ms);
	if (cut.late)
		(void)__real_store_batch(s, ops, n, now_ms);
	return STORE_FAILED;
}

static struct csn_str
subject(unsigned i)
{
	static char room[16];

	assert_true(snprintf(room, sizeof(room), "p%03u", i) > 0);
	return str_from(room);
}

static struct csn_str
device_key(unsigned i)
{
	static char room[16];

	assert_true(snprintf(room, sizeof(room), "d/%03u", i) > 0);
	return str_from(room);
}

static void
person_make(struct csn_call *c, unsigned i)
{
	struct people_record r;
	struct people_link link = { .realm = STR("corp"),
	    .factor = STR("phone"), .uses = 1, .until_ms = T_NOW + 86400000 };
	char id[16];
	struct buf raw;
	int64_t n;

	buf_init(&raw, STORE_VALUE_MAX);
	assert_true(snprintf(id, sizeof(id), "id-%u", i) > 0);
	assert_int_equal(people_bind(place.store, STR("corp"), subject(i),
	    factor_id(&before.conf, 0), str_from(id), T_NOW, &r, &raw, false,
	    NULL), PEOPLE_SAME);
	assert_int_equal(people_enrolled(place.store, STR("corp"),
	    subject(i), before.factors[1].fingerprint,
	    ENROLMENT_FIRST_LOGIN, true, T_NOW), STORE_OK);
	assert_int_equal(h->kv_put(c, device_key(i), subject(i), 0,
	    CSN_KV_DURABLE | CSN_KV_SECRET), CSN_OK);
	assert_int_equal(h->kv_count(c, device_key(i), 1 + i % 3, 600, &n),
	    CSN_OK);
	link.subject = subject(i);
	if (i % 50 == 0)
		assert_int_equal(people_link_new(place.store, &link, T_NOW,
		    &raw), STORE_OK);
	buf_free(&raw);
}

static void
rigs_make(void)
{
	unsigned realm;

	rig_init(&before);
	realm = rig_realm(&before, "corp");
	rig_factor(&before, "ldap", &rig_identity, realm);
	rig_factor(&before, "phone", &rig_second, 0);
	rig_init(&after);
	realm = rig_realm(&after, "corp");
	rig_factor(&after, "people", &rig_identity, realm);
	rig_factor(&after, "app", &rig_second, 0);
}

/* Everybody, made once: each case has a copy. */
static struct place all;

static int
all_make(void **state)
{
	struct factor phone;
	struct csn_call c;

	(void)state;
	rigs_make();
	place_make(&all);
	place = all;
	sealer = rig_sealer();
	reach_init(&reach, place.store, sealer);
	reach_factor(&phone, &before, 1);
	call_begin(&c, &reach.host, &phone, 600000);
	for (unsigned i = 0; i < PEOPLE; i++)
		person_make(&c, i);
	call_end(&c);
	assert_int_equal(adopt_note(place.store, &before.conf, T_NOW, true),
	    STORE_OK);
	sealer_free(sealer);
	rig_free(&before);
	rig_free(&after);
	return 0;
}

static int
all_free(void **state)
{
	(void)state;
	place_free(&all);
	return 0;
}

static int
set_up(void **state)
{
	struct buf error;

	(void)state;
	cut.fuel = 0;
	rigs_make();
	place_make(&place);
	store_close(place.store);
	assert_int_equal(unlink(place.file), 0);
	buf_init(&error, 0);
	assert_int_equal(store_sqlite_copy(all.file, place.file, &error), 0);
	assert_int_equal(store_sqlite_open(place.file, false, &place.store,
	    &error), 0);
	buf_free(&error);
	sealer = rig_sealer();
	reach_init(&reach, place.store, sealer);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	sealer_free(sealer);
	place_free(&place);
	rig_free(&before);
	rig_free(&after);
	return 0;
}

/* What a load of the configuration would say; "" is nothing. */
static void
load_says(const struct conf *conf, const char *words)
{
	struct buf why;
	int rc;

	buf_init(&why, 0);
	rc = adopt_check(place.store, conf, T_NOW, &why);
	assert_int_equal(rc, why.n == 0 ? 0 : -1);
	if (words[0] == '\0' ? why.n > 0 :
	    str_find(buf_str(&why), str_from(words)) < 0)
		fail_msg("no \"%s\" in \"%.*s\"", words,
		    STR_FMT(buf_str(&why)));
	buf_free(&why);
}

/* Nobody is without an enrolment, and everybody's device opens for exactly one
 * of the two factors. Returns how many have moved. */
static unsigned
people_judge(void)
{
	struct factor phone, app;
	struct people_record r;
	struct csn_call c;
	struct csn_str got;
	unsigned moved = 0;
	struct buf raw;

	buf_init(&raw, STORE_VALUE_MAX);
	reach_factor(&phone, &before, 1);
	reach_factor(&app, &after, 1);
	for (unsigned i = 0; i < PEOPLE; i++) {
		int32_t rc[2];

		assert_int_equal(people_read(place.store, STR("corp"),
		    subject(i), T_NOW, &raw, &r), STORE_OK);
		assert_int_equal(r.nenrolments, 1);
		assert_int_equal(r.enrolments[0].how, ENROLMENT_FIRST_LOGIN);
		for (int k = 0; k < 2; k++) {
			call_begin(&c, &reach.host, k == 0 ? &phone : &app,
			    600000);
			rc[k] = h->kv_get(&c, device_key(i), &got);
			if (rc[k] == CSN_OK)
				assert_true(str_equal(got, subject(i)));
			call_end(&c);
		}
		assert_true((rc[0] == CSN_OK) != (rc[1] == CSN_OK));
		assert_true(rc[0] == CSN_OK || rc[0] == CSN_E_ABSENT);
		assert_true(rc[1] == CSN_OK || rc[1] == CSN_E_ABSENT);
		moved += rc[1] == CSN_OK && r.enrolments[0].fingerprint ==
		    after.factors[1].fingerprint;
	}
	buf_free(&raw);
	return moved;
}

static struct adopt
of_phone(void)
{
	return (struct adopt){ .store = place.store, .sealer = sealer,
	    .from = adopt_factor_of(&before.conf, 1),
	    .into = adopt_factor_of(&after.conf, 1), .now_ms = T_NOW };
}

static int
run(const struct adopt *ad)
{
	struct buf why;
	int rc;

	buf_init(&why, 0);
	rc = adopt_run(ad, &why);
	assert_int_equal(rc, why.n == 0 ? 0 : -1);
	buf_free(&why);
	return rc;
}

/* ------------------------------------------------------------------ */

static void
test_refused(void **state)
{
	(void)state;
	load_says(&before.conf, "");
	load_says(&after.conf, "the factor `phone` of the plugin ");
	load_says(&after.conf, "is gone, and 150 people have enrolled it");
	load_says(&after.conf, "countersign adopt phone NEW");
	load_says(&after.conf, "countersign adopt --drop phone");
	/* another plugin under the old name */
	after.factors[1].name = STR("phone");
	after.factors[1].plugin_name = STR("other");
	rig_settle(&after);
	load_says(&after.conf, "is another now, and 150 people");
	/* and what nobody has enrolled may go */
	after.factors[1].name = STR("phone");
	after.factors[1].plugin_name = before.factors[1].plugin_name;
	rig_factor(&before, "spare", &rig_second, 0);
	rig_settle(&before);
	rig_settle(&after);
	assert_int_equal(adopt_note(place.store, &before.conf, T_NOW, true),
	    STORE_OK);
	load_says(&after.conf, "");
}

static void
test_list_unreadable(void **state)
{
	(void)state;
	assert_int_equal(store_put(place.store, STR("store/factors"),
	    STR("nonsense"), 0, T_NOW), STORE_OK);
	load_says(&before.conf, "cannot be read");
	assert_int_equal(store_put(place.store, STR("store/factors"),
	    STR(""), 0, T_NOW), STORE_OK);
	load_says(&before.conf, "cannot be read");
}

static void
test_person_unreadable(void **state)
{
	(void)state;
	assert_int_equal(store_put(place.store, STR("p/corp/odd"),
	    STR("nonsense"), 0, T_NOW), STORE_OK);
	load_says(&before.conf, "");
	load_says(&after.conf, "cannot be read");
}

static void
counters_judge(void)
{
	struct factor app;
	struct csn_call c;
	int64_t n;

	reach_factor(&app, &after, 1);
	call_begin(&c, &reach.host, &app, 600000);
	for (unsigned i = 0; i < PEOPLE; i++) {
		assert_int_equal(h->kv_count(&c, device_key(i), 1, 600, &n),
		    CSN_OK);
		assert_int_equal(n, 2 + i % 3);
	}
	call_end(&c);
}

static int
link_seen(void *arg, struct csn_str key, struct csn_str value,
    int64_t expires_ms)
{
	unsigned *n = arg;
	struct people_link link;
	struct reader r;

	(void)key;
	(void)expires_ms;
	reader_init(&r, value);
	people_link_unpack(&r, &link);
	assert_int_equal(reader_end(&r), 0);
	*n += str_is(link.factor, "app");
	return 0;
}

static void
test_moved(void **state)
{
	struct adopt ad = of_phone();
	struct adopt_count n;
	unsigned links = 0;
	struct buf why;

	(void)state;
	buf_init(&why, 0);
	assert_int_equal(adopt_counted(&ad, &n, &why), 0);
	buf_free(&why);
	assert_int_equal(n.people, PEOPLE);
	assert_int_equal(n.values, PEOPLE);
	assert_int_equal(n.counters, PEOPLE);
	assert_int_equal(n.clashes, 0);
	assert_int_equal(people_judge(), 0);
	assert_int_equal(run(&ad), 0);
	assert_int_equal(people_judge(), PEOPLE);
	counters_judge();
	assert_int_equal(store_list(place.store, STR("e/"), STR(""), 100,
	    T_NOW, link_seen, &links), STORE_OK);
	assert_int_equal(links, 3);
	load_says(&after.conf, "");
	/* and the old configuration is the one that would orphan now */
	load_says(&before.conf, "the factor `app`");
}

/* As many as a configuration takes, renamed all at once: listed with those of
 * before, and the one that people have enrolled is still found. */
static void
test_many_factors(void **state)
{
	static struct conf_factor many[CHAIN_FACTORS_MAX];
	static char names[CHAIN_FACTORS_MAX][16];
	struct conf conf = before.conf;

	(void)state;
	conf.factors = many;
	conf.nfactors = CHAIN_FACTORS_MAX;
	conf.identify = (struct bits){ { 0 } };
	for (int round = 0; round < 2; round++) {
		for (unsigned i = 0; i < CHAIN_FACTORS_MAX; i++) {
			(void)snprintf(names[i], sizeof(names[i]), "f%d-%u",
			    round, i);
			many[i] = before.factors[1];
			/* one of them is the one that is enrolled */
			if (round > 0 || i > 0)
				many[i].name = str_from(names[i]);
			bits_add(&conf.second, i);
		}
		assert_int_equal(conf_prints(&conf, many), 0);
		load_says(&conf, round == 0 ? "" :
		    "the factor `phone` of the plugin ");
		assert_int_equal(adopt_note(place.store, &conf, T_NOW,
		    round == 1), STORE_OK);
	}
	load_says(&conf, "and 150 people");
}

/* The ids that a directory bound, and the names they go by (E8). */
static void
test_ids(void **state)
{
	struct adopt ad = { .store = place.store, .sealer = sealer,
	    .from = adopt_factor_of(&before.conf, 0),
	    .into = adopt_factor_of(&after.conf, 0), .now_ms = T_NOW };
	struct people_record r;
	struct buf raw, old;

	(void)state;
	buf_init(&raw, STORE_VALUE_MAX);
	buf_init(&old, 1024);
	assert_int_equal(run(&ad), 0);
	assert_int_equal(people_bind(place.store, STR("corp"), subject(7),
	    factor_id(&after.conf, 0), STR("id-7"), T_NOW, &r, &raw, false,
	    &old), PEOPLE_SAME);
	assert_int_equal(r.nsources, 1);
	assert_int_equal(people_bind(place.store, STR("corp"), subject(7),
	    factor_id(&after.conf, 0), STR("id-8"), T_NOW, &r, &raw, false,
	    &old), PEOPLE_OTHER);
	/* a new name of an id is still a renaming */
	assert_int_equal(people_bind(place.store, STR("corp"), STR("new"),
	    factor_id(&after.conf, 0), STR("id-7"), T_NOW, &r, &raw, false,
	    &old), PEOPLE_RENAMED);
	buf_free(&raw);
	buf_free(&old);
}

static void
test_dropped(void **state)
{
	struct adopt ad = of_phone();
	struct people_record r;
	struct buf raw;

	(void)state;
	ad.into = (struct adopt_factor){ .name = STR(""), .plugin = STR(""),
	    .realm = STR("") };
	assert_int_equal(run(&ad), 0);
	load_says(&after.conf, "");
	buf_init(&raw, STORE_VALUE_MAX);
	for (unsigned i = 0; i < PEOPLE; i++) {
		assert_int_equal(people_read(place.store, STR("corp"),
		    subject(i), T_NOW, &raw, &r), STORE_OK);
		assert_int_equal(r.nenrolments, 0);
		/* not free for the first who has a password (E3) */
		assert_true(r.link_required);
		assert_int_equal(r.generation, 1);
		assert_int_equal(r.nsources, 1);
		assert_int_equal(people_enrolled(place.store, STR("corp"),
		    subject(i), after.factors[1].fingerprint,
		    ENROLMENT_FIRST_LOGIN, true, T_NOW), STORE_EXISTS);
	}
	buf_free(&raw);
	assert_int_equal(store_list(place.store, STR("k/phone/"), STR(""), 1,
	    T_NOW, link_seen, NULL), STORE_OK);
}

static void
test_clash(void **state)
{
	struct adopt ad = of_phone();
	struct adopt_count n;
	struct factor app;
	struct csn_call c;
	struct buf why;

	(void)state;
	reach_factor(&app, &after, 1);
	call_begin(&c, &reach.host, &app, 600000);
	assert_int_equal(h->kv_put(&c, device_key(3), STR("mine"), 0,
	    CSN_KV_DURABLE), CSN_OK);
	call_end(&c);
	buf_init(&why, 0);
	assert_int_equal(adopt_counted(&ad, &n, &why), 0);
	assert_int_equal(n.clashes, 1);
	/* who goes on all the same overwrites nothing */
	assert_int_equal(adopt_run(&ad, &why), -1);
	assert_true(str_find(buf_str(&why), STR("both have records")) >= 0);
	buf_free(&why);
	call_begin(&c, &reach.host, &app, 600000);
	{
		struct csn_str got;

		assert_int_equal(h->kv_get(&c, device_key(3), &got), CSN_OK);
		assert_str(got, "mine");
	}
	call_end(&c);
}

/* After each commit, done or not: loads are kept out, nobody looks like new,
 * another one may not begin, and the same one ends it. */
static void
test_cut_short(void **state)
{
	struct adopt ad = of_phone(), other;
	unsigned cuts = 0;

	(void)state;
	for (int late = 0; late < 2; late++) {
		for (int at = 1;; at++) {
			other = of_phone();
			other.from = adopt_factor_of(&before.conf, 0);
			other.into = adopt_factor_of(&after.conf, 0);
			cut.fuel = at;
			cut.late = late;
			if (run(&ad) == 0)
				break;
			cut.fuel = 0;
			cuts++;
			(void)people_judge();
			if (!late || at < 11) {
				load_says(&after.conf, "half on their way");
				load_says(&before.conf,
				    "countersign adopt phone app");
				assert_int_equal(run(&other), -1);
			}
			assert_int_equal(run(&ad), 0);
			assert_int_equal(people_judge(), PEOPLE);
			load_says(&after.conf, "");
			(void)tear_down(NULL);
			(void)set_up(NULL);
			ad = of_phone();
		}
		cut.fuel = 0;
		(void)tear_down(NULL);
		(void)set_up(NULL);
		ad = of_phone();
	}
	/* three pages each of values, counters and people, links, the end */
	assert_true(cuts >= 20);
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_refused),
		TEST(test_list_unreadable),
		TEST(test_person_unreadable),
		TEST(test_moved),
		TEST(test_many_factors),
		TEST(test_ids),
		TEST(test_dropped),
		TEST(test_clash),
		TEST(test_cut_short),
	};

	return cmocka_run_group_tests(tests, all_make, all_free);
}
