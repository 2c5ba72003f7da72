/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-people-move.c - people renamed, merged and forgotten, whole or not at
 * all
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host_testing.h"
#include "people_kept.h"

#define CORP	STR("corp")
#define PHONE	UINT64_C(11)
#define LDAP	UINT64_C(21)
#define OIDC	UINT64_C(22)

static struct place place;
static struct arena arena;
static struct move_result got;
static struct sealer *sealer;

static int
set_up(void **state)
{
	(void)state;
	place_make(&place);
	sealer = rig_sealer();
	arena_init(&arena, 64u << 20);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(&arena);
	sealer_free(sealer);
	place_free(&place);
	return 0;
}

/* ------------------------------------------------------------------ */

static struct csn_str
value_key(const char *kind, const char *name, const char *rest)
{
	char account[PEOPLE_ACCOUNT_LEN + 1];

	assert_int_equal(people_account(sealer, CORP, str_from(name),
	    account), 0);
	return arena_printf(&arena, "%s%s%s", kind, account, rest);
}

static struct csn_str
context(struct csn_str key)
{
	return arena_printf(&arena, "\3/%.*s", STR_FMT(key));
}

/* As call_kv.c writes them. */
static void
value_put(struct csn_str key, const char *plain)
{
	struct buf b;

	buf_init(&b, 1024);
	buf_u8(&b, 3);
	assert_int_equal(seal_put(sealer, SEAL_RECORD, context(key),
	    str_from(plain), &b), 0);
	assert_int_equal(store_put(place.store, key, buf_str(&b), 0, T_NOW),
	    STORE_OK);
	buf_free(&b);
}

/* As the host keeps its own. */
static void
other_put(struct csn_str key, const char *plain)
{
	struct buf b;

	buf_init(&b, 1024);
	assert_int_equal(seal_put(sealer, SEAL_RECORD, key, str_from(plain),
	    &b), 0);
	assert_int_equal(store_put(place.store, key, buf_str(&b), 0, T_NOW),
	    STORE_OK);
	buf_free(&b);
}

static bool
other_there(struct csn_str key)
{
	struct buf raw, plain;
	bool there;

	buf_init(&raw, 4096);
	buf_init(&plain, 4096);
	there = store_get(place.store, key, T_NOW, &raw) == STORE_OK &&
	    seal_open(sealer, SEAL_RECORD, key, buf_str(&raw), &plain) == 0;
	buf_free(&raw);
	buf_free(&plain);
	return there;
}

/* What a factor would read there; NULL: nothing. */
static const char *
value_get(struct csn_str key)
{
	struct buf raw, plain;
	struct csn_str ret;
	int rc;

	buf_init(&raw, 4096);
	buf_init(&plain, 4096);
	rc = store_get(place.store, key, T_NOW, &raw);
	if (rc == STORE_OK)
		assert_int_equal(seal_open(sealer, SEAL_RECORD, context(key),
		    str_from_at(buf_str(&raw), 1), &plain), 0);
	ret = arena_str(&arena, buf_str(&plain));
	buf_free(&raw);
	buf_free(&plain);
	return rc == STORE_OK ? ret.p : NULL;
}

static void
bind_id(const char *name, uint64_t source, const char *id, int expected)
{
	struct people_record r;
	struct buf raw;

	buf_init(&raw, STORE_VALUE_MAX);
	assert_int_equal(people_bind(place.store, CORP, str_from(name),
	    source, str_from(id), T_NOW, &r, &raw, false, NULL), expected);
	buf_free(&raw);
}

/* Somebody with an id, a phone, a link, waits, and a last login. */
static void
somebody(const char *name, const char *id)
{
	struct people_link link = { .realm = CORP, .subject = str_from(name),
	    .factor = STR("key"), .uses = 1, .until_ms = T_NOW + 60000 };
	struct csn_str throttle = ARENA_JOIN(&arena, STR("t/phone/corp/"),
	    str_from(name));
	struct buf key, value;
	struct store_op op;
	int64_t n;

	bind_id(name, LDAP, id, PEOPLE_SAME);
	assert_int_equal(people_enrolled(place.store, CORP, str_from(name),
	    PHONE, ENROLMENT_FIRST_LOGIN, true, T_NOW), STORE_OK);
	value_put(value_key("k/phone/d/", name, ""), name);
	value_put(value_key("k/phone/b/", name, "/1"), "browser");
	buf_init(&key, 512);
	buf_init(&value, 512);
	people_login_op(&op, &key, &value, CORP, str_from(name), STR("ja"),
	    T_NOW - 5);
	assert_int_equal(store_batch(place.store, &op, 1, T_NOW), STORE_OK);
	assert_int_equal(people_link_new(place.store, &link, T_NOW, &value),
	    STORE_OK);
	buf_free(&key);
	buf_free(&value);
	other_put(value_key("q/", name, "/1"), name);
	assert_int_equal(store_count(place.store, throttle, 1, T_NOW + 60000,
	    T_NOW, &n), STORE_OK);
	assert_int_equal(store_count(place.store, value_key("c/phone/", name,
	    ""), 7, T_NOW + 60000, T_NOW, &n), STORE_OK);
}

static struct csn_str
session_put(const char *name, uint8_t id)
{
	struct session s = { .created_ms = T_NOW, .issued_ms = T_NOW,
	    .expires_ms = T_NOW + 3600000, .seen_ms = T_NOW };
	char key[SESSION_KEY_LEN + 1];
	struct buf plain, sealed;

	s.id[0] = id;
	s.person.named = true;
	s.person.realm_name = CORP;
	s.person.subject = str_from(name);
	session_key(s.id, key);
	buf_init(&plain, 4096);
	buf_init(&sealed, 4096);
	session_pack(&plain, &s, true);
	assert_int_equal(seal_put(sealer, SEAL_RECORD, str_from(key),
	    buf_str(&plain), &sealed), 0);
	assert_int_equal(store_put(place.store, str_from(key),
	    buf_str(&sealed), s.expires_ms, T_NOW), STORE_OK);
	buf_free(&plain);
	buf_free(&sealed);
	return arena_str(&arena, str_from(key));
}

static struct people_kept
kept(const char *name)
{
	struct people_kept k;

	assert_int_equal(people_kept_read(place.store, sealer, &arena, CORP,
	    str_from(name), T_NOW, &k), 0);
	return k;
}

static struct move
move_of(const char *from, const char *into, bool merge, enum move_keep keep)
{
	return (struct move){ .store = place.store, .sealer = sealer,
	    .realm = CORP, .from = str_from(from), .into = str_from(into),
	    .merge = merge, .keep = keep, .now_ms = T_NOW };
}

static int
rename_to(const char *from, const char *into)
{
	struct move m = move_of(from, into, false, KEEP_NONE);

	return people_move(&m, &arena, &got);
}

static int
merge(const char *from, const char *into, enum move_keep keep)
{
	struct move m = move_of(from, into, true, keep);

	return people_move(&m, &arena, &got);
}

static int
erase(const char *name, bool dry)
{
	struct move m = move_of(name, "", false, KEEP_NONE);

	m.dry = dry;
	return people_erase(&m, &arena, &got);
}

struct count { const char *text; size_t n; };

static int
count_each(void *arg, struct csn_str key, struct csn_str value,
    int64_t expires_ms)
{
	struct count *c = arg;

	(void)expires_ms;
	c->n += c->text == NULL || memmem(key.p, key.n, c->text,
	    strlen(c->text)) != NULL || memmem(value.p, value.n, c->text,
	    strlen(c->text)) != NULL;
	return 0;
}

/* Entries in whose key or value a text stands. */
static size_t
entries(const char *text)
{
	struct count c = { text, 0 };

	assert_int_equal(store_list(place.store, STR(""), STR(""), SIZE_MAX,
	    T_NOW, count_each, &c), STORE_OK);
	return c.n;
}

/* ------------------------------------------------------------------ */

/* E8: all of it goes by the new name, sealed for it; the old one is nobody's,
 * and needs a link. */
static void
test_rename(void **state)
{
	struct people_kept k;

	(void)state;
	somebody("mei", "id-1");
	assert_int_equal(rename_to("mei", "mei.sato"), STORE_OK);
	assert_true(got.values == 2 && got.ids == 1 && got.enrolments == 1 &&
	    got.links == 1);
	k = kept("mei.sato");
	assert_true(k.record.nenrolments == 1 && k.record.nsources == 1 &&
	    k.record.generation == 1 && k.nlinks == 1 &&
	    k.login_ms == T_NOW - 5 && !k.record.link_required);
	people_kept_free(&k);
	assert_string_equal(value_get(value_key("k/phone/d/", "mei.sato",
	    "")), "mei");
	assert_string_equal(value_get(value_key("k/phone/b/", "mei.sato",
	    "/1")), "browser");
	assert_true(other_there(value_key("q/", "mei.sato", "/1")));
	bind_id("mei.sato", LDAP, "id-1", PEOPLE_SAME);
	k = kept("mei");
	assert_true(!people_kept_any(&k) && k.record.link_required &&
	    k.record.generation == 1 && k.throttles == NULL &&
	    k.counters == NULL);
	people_kept_free(&k);
	/* and she is not to be taken for a newcomer by her old name */
	bind_id("mei", LDAP, "id-1", PEOPLE_RENAMED);
	assert_int_equal(rename_to("mei", "mei.sato"), STORE_ABSENT);
	/* a mistake can be undone */
	assert_int_equal(rename_to("mei.sato", "mei"), STORE_OK);
	assert_string_equal(value_get(value_key("k/phone/d/", "mei", "")),
	    "mei");
}

static void
test_rename_taken(void **state)
{
	size_t before;

	(void)state;
	somebody("mei", "id-1");
	somebody("ken", "id-2");
	before = entries(NULL);
	assert_int_equal(rename_to("mei", "ken"), MOVE_CLASH);
	assert_true(got.taken);
	assert_int_equal(entries(NULL), before);
	assert_string_equal(value_get(value_key("k/phone/d/", "ken", "")),
	    "ken");
}

static void
test_merge(void **state)
{
	struct people_kept k;

	(void)state;
	somebody("mei", "id-1");
	bind_id("sato", OIDC, "sub-9", PEOPLE_SAME);
	assert_int_equal(merge("mei", "sato", KEEP_NONE), STORE_OK);
	k = kept("sato");
	assert_true(k.record.nsources == 2 && k.record.nenrolments == 1 &&
	    k.nvalues == 2);
	people_kept_free(&k);
	bind_id("sato", LDAP, "id-1", PEOPLE_SAME);
	bind_id("sato", OIDC, "sub-9", PEOPLE_SAME);
}

/* Both have a phone, and each an id of the directory: somebody has to say
 * whose counts. */
static void
test_merge_both(void **state)
{
	struct people_kept k;

	(void)state;
	somebody("mei", "id-1");
	somebody("sato", "id-2");
	assert_int_equal(merge("mei", "sato", KEEP_NONE), MOVE_CLASH);
	assert_int_equal(got.nclashes, 2);
	assert_true(got.clashes[0].is_id && got.clashes[0].id == LDAP);
	assert_true(!got.clashes[1].is_id && str_is(got.clashes[1].factor,
	    "phone"));
	assert_string_equal(value_get(value_key("k/phone/d/", "mei", "")),
	    "mei");
	assert_int_equal(merge("mei", "sato", KEEP_INTO), STORE_OK);
	assert_string_equal(value_get(value_key("k/phone/d/", "sato", "")),
	    "sato");
	bind_id("sato", LDAP, "id-2", PEOPLE_SAME);
	k = kept("mei");
	assert_false(people_kept_any(&k));
	people_kept_free(&k);

	somebody("ken", "id-3");
	assert_int_equal(merge("ken", "sato", KEEP_FROM), STORE_OK);
	assert_string_equal(value_get(value_key("k/phone/d/", "sato", "")),
	    "ken");
	bind_id("sato", LDAP, "id-3", PEOPLE_SAME);
	bind_id("sato", LDAP, "id-2", PEOPLE_OTHER);
	k = kept("sato");
	assert_true(k.record.nsources == 1 && k.record.nenrolments == 1 &&
	    k.nvalues == 2);
	people_kept_free(&k);
}

/* A device that cannot be opened is not left behind unseen. */
static void
test_unreadable(void **state)
{
	struct csn_str key;

	(void)state;
	somebody("mei", "id-1");
	key = value_key("k/phone/d/", "mei", "");
	assert_int_equal(store_put(place.store, key, STR("\3nonsense"), 0,
	    T_NOW), STORE_OK);
	assert_int_equal(rename_to("mei", "sato"), STORE_FAILED);
	assert_int_equal(entries("sato"), 0);
	assert_int_equal(store_put(place.store, STR("p/corp/mei"), STR("?"),
	    0, T_NOW), STORE_OK);
	assert_int_equal(rename_to("mei", "sato"), STORE_FAILED);
}

static void
test_erase(void **state)
{
	struct csn_str own, other;
	size_t before;

	(void)state;
	somebody("ken", "id-2");
	other = session_put("ken", 2);
	before = entries(NULL);
	somebody("mei", "id-1");
	own = session_put("mei", 1);
	assert_int_equal(erase("mei", true), STORE_OK);
	assert_true(got.values == 2 && got.sessions == 1);
	assert_true(entries(NULL) > before);
	assert_int_equal(erase("mei", false), STORE_OK);
	assert_true(got.values == 2 && got.sessions == 1 && got.links == 1);
	assert_int_equal(entries(NULL), before);
	assert_int_equal(entries("mei"), 0);
	assert_int_equal(entries(own.p), 0);
	assert_int_equal(entries(other.p), 1);
	assert_int_equal(erase("mei", false), STORE_ABSENT);
}

/* ------------------------------------------------------------------ */
/* killed at any moment, and run again */

static int
run_killed(const char *what, unsigned after_us)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct buf error;
		struct move m = move_of("mei", "sato", false, KEEP_NONE);
		struct store *store;

		buf_init(&error, 1024);
		if (store_sqlite_open(place.file, false, &store, &error) < 0)
			_exit(2);
		m.store = store;
		_exit((what[0] == 'r' ? people_move(&m, &arena, &got) :
		    people_erase(&m, &arena, &got)) == STORE_OK ? 0 : 1);
	}
	assert_true(pid > 0);
	usleep(after_us);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status);
}

static void
store_again(void)
{
	struct buf error;

	buf_init(&error, 1024);
	assert_int_equal(store_sqlite_open(place.file, false, &place.store,
	    &error), 0);
	buf_free(&error);
}

/* Either nothing has happened or all; then the same command ends it. */
static void
test_killed(void **state)
{
	unsigned killed = 0, moved = 0;

	(void)state;
	for (unsigned i = 0; i < 60 / T_SLOW + 3; i++) {
		struct csn_str device = value_key("k/phone/d/", "sato", "");
		int rc;

		somebody("mei", "id-1");
		session_put("mei", 1);
		store_close(place.store);
		killed += (unsigned)run_killed("rename", i * 150);
		store_again();
		rc = rename_to("mei", "sato");
		moved += rc == STORE_ABSENT;
		assert_true(rc == STORE_OK || rc == STORE_ABSENT);
		assert_string_equal(value_get(device), "mei");
		bind_id("sato", LDAP, "id-1", PEOPLE_SAME);
		assert_int_equal(rename_to("sato", "mei"), STORE_OK);

		store_close(place.store);
		killed += (unsigned)run_killed("erase", i * 150);
		store_again();
		rc = erase("mei", false);
		assert_true(rc == STORE_OK || rc == STORE_ABSENT);
		assert_int_equal(entries("mei"), 0);
		assert_int_equal(erase("sato", false), STORE_OK);
		arena_free(&arena);
		arena_init(&arena, 64u << 20);
	}
	print_message("# killed %u times, %u had moved\n", killed, moved);
	assert_true(killed > 0);
}

/* What happened to somebody's account is a row each time: a thief makes as many
 * as they like, and an operator wants to see and to end that all the same. */
static void
test_many(void **state)
{
	static struct store_op ops[1000];
	struct people_kept k;

	(void)state;
	for (unsigned n = 0; n < 12; n++) {
		for (unsigned i = 0; i < COUNT(ops); i++)
			ops[i] = (struct store_op){ .kind = STORE_PUT,
			    .key = arena_printf(&arena, "%.*s/%u", STR_FMT(
			    value_key("j/", "max", "")), n * 1000 + i),
			    .value = STR("x") };
		assert_int_equal(store_batch(place.store, ops, COUNT(ops),
		    T_NOW), STORE_OK);
	}
	k = kept("max");
	assert_int_equal(people_kept_count(&k), 12000);
	people_kept_free(&k);
	assert_int_equal(erase("max", false), STORE_OK);
	assert_int_equal(entries("max"), 0);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rename), TEST(test_rename_taken), TEST(test_merge),
		TEST(test_merge_both), TEST(test_unreadable),
		TEST(test_erase), TEST(test_many), TEST(test_killed),
	};

	return cmocka_run_group_tests_name("people-move", tests, NULL, NULL);
}
