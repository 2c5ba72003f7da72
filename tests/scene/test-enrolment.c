/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-enrolment.c - who may enrol a second factor, and that nobody gets two
 *
 * docs/security.md E1 to E5 and its last section, "enrolment": two second
 * factors × what is enrolled × `enrol` × reset × carried; two runs at once;
 * the store failing at each of its operations.
 */
#include "scene.h"

#include "host/people.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static const char CONF[] =
    "realms: { corp: {} }\n"
    "factors:\n"
    "  pass: { plugin: puppet, realm: corp }\n"
    "  key: { plugin: stick }\n"
    "  pin: { plugin: stick, issuer: b }\n"
    "  chip: { plugin: stick, issuer: c }\n"
    "  card: { plugin: stick, issuer: d }\n"
    "enrol:\n"
    "  key: { first_login: true, link: {} }\n"
    "  pin: { first_login: true }\n"
    "  chip: { link: {} }\n"
    "  card: never\n"
    "throttle: { per_person: 1000, per_source: 100000 }\n"
    "policies:\n"
    "  - { match: { host: low.example.org }, require: [ pass ] }\n"
    "  - { match: { host: key.example.org }, require: [ pass then key ] }\n"
    "  - { match: { host: pin.example.org }, require: [ pass then pin ] }\n"
    "  - { match: { host: chip.example.org }, require: [ pass then chip ] }\n"
    "  - { match: { host: card.example.org }, require: [ pass then card ] }\n"
    "  - match: { host: two.example.org }\n"
    "    require: [ pass then key then pin ]\n"
    "  - match: { host: linked.example.org }\n"
    "    require: [ pass then key ]\n"
    "    enrolled_by: link\n"
    "  - match: { host: wave.example.org }\n"
    "    require:\n"
    "      - pass where unenrolled key until 2099-01-01\n"
    "      - pass then key\n"
    "  - match: { host: pinless.example.org }\n"
    "    require: [ pass where unenrolled pin until 2099-01-01 ]\n";


static struct scene *s;

/* ------------------------------------------------------------------ */
/* a store that fails at its nth operation */

static _Atomic int fail_at;		/* counts down; fails at 1; 0: never */
static _Atomic bool failed, failed_mark;
/* Somebody who enrols elsewhere right before the next write about them. */
static const char *_Atomic racing;

static bool
fails_now(void)
{
	int n = atomic_load(&fail_at);

	while (n > 0 && !atomic_compare_exchange_weak(&fail_at, &n, n - 1))
		;
	if (n != 1)
		return false;
	atomic_store(&failed, true);
	return true;
}

int __real_store_batch(struct store *, struct store_op *, size_t, int64_t);
int __wrap_store_batch(struct store *, struct store_op *, size_t, int64_t);
int __real_store_get(struct store *, struct csn_str, int64_t, struct buf *);
int __wrap_store_get(struct store *, struct csn_str, int64_t, struct buf *);

static bool
has_key(const struct store_op *ops, size_t n, const char *prefix)
{
	for (size_t i = 0; i < n; i++)
		if (str_starts(ops[i].key, str_from(prefix)))
			return true;
	return false;
}

static void
race(const struct store_op *ops, size_t n, int64_t now_ms)
{
	const char *name = has_key(ops, n, "p/") ?
	    atomic_exchange(&racing, NULL) : NULL;

	if (name != NULL && people_enrolled(s->store, STR("corp"),
	    str_from(name), 4711, ENROLMENT_FIRST_LOGIN, true, now_ms) !=
	    STORE_OK)
		atomic_store(&failed, true);
}

/* Odd times nothing was written, even ones all was, and nobody knows. */
int
__wrap_store_batch(struct store *st, struct store_op *ops, size_t n,
    int64_t now_ms)
{
	static _Atomic unsigned times;

	race(ops, n, now_ms);
	if (!fails_now())
		return __real_store_batch(st, ops, n, now_ms);
	failed_mark = has_key(ops, n, "r/");
	if (atomic_fetch_add(&times, 1) % 2 == 1)
		(void)__real_store_batch(st, ops, n, now_ms);
	for (size_t i = 0; i < n; i++)
		ops[i].ret = STORE_FAILED;
	return STORE_FAILED;
}

void __real_store_batch_later(struct store *, struct store_op *, size_t,
    int64_t, store_done *, void *);
void __wrap_store_batch_later(struct store *, struct store_op *, size_t,
    int64_t, store_done *, void *);

void
__wrap_store_batch_later(struct store *st, struct store_op *ops, size_t n,
    int64_t now_ms, store_done *done, void *arg)
{
	race(ops, n, now_ms);
	if (!fails_now()) {
		__real_store_batch_later(st, ops, n, now_ms, done, arg);
		return;
	}
	failed_mark = has_key(ops, n, "r/");
	for (size_t i = 0; i < n; i++)
		ops[i].ret = STORE_FAILED;
	done(arg, STORE_FAILED);
}

int
__wrap_store_get(struct store *st, struct csn_str key, int64_t now_ms,
    struct buf *ret)
{
	return fails_now() ? STORE_FAILED :
	    __real_store_get(st, key, now_ms, ret);
}

/* ------------------------------------------------------------------ */

static int
set_up(void **state)
{
	*state = s = scene_new(CONF);
	return 0;
}

static const char *
fresh_name(void)
{
	/* as many as one test uses at a time */
	static char names[16][16];
	static unsigned n;
	char *name = names[n % 16];

	(void)snprintf(name, 16, "u%04u", n++);
	return name;
}

static struct seen
log_in(struct browser *b, const char *host, const char *name,
    const char *second)
{
	char url[80], words[80];
	struct seen p;

	(void)snprintf(url, sizeof(url), "https://%s.example.org/", host);
	(void)snprintf(words, sizeof(words), "grant subject=%s", name);
	p = scene_go(s, b, url);
	if (p.what == SEEN_PAGE && str_is(p.label, "pass"))
		p = scene_do(s, b, &p, words);
	if (p.what == SEEN_PAGE && p.nprompts > 0 && second != NULL)
		p = scene_do(s, b, &p, second);
	return p;
}

static bool
gets_in(const char *host, const char *name, const char *second)
{
	struct browser b = browser_new();

	return log_in(&b, host, name, second).what == SEEN_ALLOWED;
}

/* And the plugin was not told that it might enrol. */
static bool
refused(const char *host, const char *name, const char *second)
{
	scene_begin(s);
	return !gets_in(host, name, second) && !scene_said(s, "may enrol");
}

static const char *
enrol_link(const char *name, const char *factor)
{
	static char url[200];
	struct csn_str said = STR(""), at;
	ptrdiff_t from;

	assert_int_equal(csn_enrol_link(s->gate, STR("corp"), str_from(name),
	    str_from(factor), STR("test"), &said), 0);
	from = str_find(said, STR("https://"));
	assert_true(from >= 0);
	at = str_from_at(said, (size_t)from);
	at.n = (size_t)str_index(at, '"');
	(void)snprintf(url, sizeof(url), "%.*s", STR_FMT(at));
	csn_free(&said);
	return url;
}

static bool
gets_in_by_link(const char *url, const char *name, const char *second)
{
	struct browser b = browser_new();
	char words[80];
	struct seen p = scene_go(s, &b, url);

	(void)snprintf(words, sizeof(words), "grant subject=%s", name);
	if (p.what == SEEN_PAGE && p.nprompts > 0)
		p = scene_do(s, &b, &p, words);
	if (p.what == SEEN_PAGE && p.nprompts > 0)
		p = scene_do(s, &b, &p, second);
	return browser_cookie(&b, "login.example.org",
	    "__Host-countersign") != NULL;
}

/* The reset of an operator: as countersign's `factor` does it. */
static void
reset(const char *name)
{
	uint64_t f = 0;
	struct people_record r;
	struct buf raw;

	buf_init(&raw, STORE_VALUE_MAX);
	assert_int_equal(people_read(s->store, STR("corp"), str_from(name),
	    s->now_ms, &raw, &r), STORE_OK);
	f = r.nenrolments > 0 ? r.enrolments[0].fingerprint : 0;
	buf_free(&raw);
	assert_int_equal(people_reset(s->store, STR("corp"), str_from(name),
	    f, s->now_ms), STORE_OK);
}

/* E1, E3: what is enrolled decides, whatever plugin it is of. */
static void
test_first_login(void **state)
{
	const char *name;

	(void)state;
	scene_begin(s);
	/* nothing enrolled: where `enrol` says so */
	HOLDS("E3", gets_in("key", fresh_name(), "code"));
	HOLDS("E3", gets_in("pin", fresh_name(), "code"));
	HOLDS("E3", refused("chip", fresh_name(), "code"));
	HOLDS("E3", refused("card", fresh_name(), "code"));
	/* two to enrol: not at the first login */
	HOLDS("E1", refused("two", fresh_name(), "code"));
	/* one enrolled: no other one, of no plugin */
	name = fresh_name();
	HOLDS("E1", gets_in("key", name, "code"));
	HOLDS("E1", gets_in("key", name, "code"));
	HOLDS("E1", refused("pin", name, "code"));
	HOLDS("E1", refused("chip", name, "code"));
	HOLDS("E1", refused("two", name, "code"));
	/* and not by a plugin that enrols unasked, or proves what was never
	 * enrolled */
	HOLDS("E1", refused("pin", name, "force"));
	HOLDS("E1", refused("chip", name, "grant"));
	HOLDS("E1", refused("chip", fresh_name(), "force"));
	HOLDS("E1", refused("chip", fresh_name(), "grant"));
	/* how it was enrolled may matter */
	HOLDS("E3", refused("linked", name, "code"));
}

/* E2: a session's proofs enrol nothing. */
static void
test_carried(void **state)
{
	struct browser b = browser_new(), thief;
	const char *name = fresh_name();
	char words[80];
	struct seen p;

	(void)state;
	scene_begin(s);
	(void)snprintf(words, sizeof(words), "grant subject=%s", name);
	p = log_in(&b, "low", name, NULL);
	HOLDS("E2", p.what == SEEN_ALLOWED);
	thief = b;
	/* the session is asked for the password again, and who cannot say it
	 * enrols nothing */
	p = scene_go(s, &thief, "https://key.example.org/");
	HOLDS("E2", p.what == SEEN_PAGE && str_is(p.label, "pass"));
	p = scene_do(s, &thief, &p, "code");
	HOLDS("E2", p.what != SEEN_ALLOWED);
	p = scene_go(s, &b, "https://key.example.org/");
	p = scene_do(s, &b, &p, words);
	p = scene_do(s, &b, &p, "code");
	HOLDS("E2", p.what == SEEN_ALLOWED);
}

/* E3: a link is one person's, one factor's, used once, and replaces no step;
 * after a reset only a link enrols. */
static void
test_links(void **state)
{
	char name[16], other[16], url[200];

	(void)state;
	scene_begin(s);
	(void)snprintf(name, sizeof(name), "%s", fresh_name());
	(void)snprintf(other, sizeof(other), "%s", fresh_name());
	(void)snprintf(url, sizeof(url), "%s", enrol_link(name, "chip"));
	scene_begin(s);
	HOLDS("E3", !gets_in_by_link(url, other, "code"));
	HOLDS("E3", !scene_said(s, "may enrol"));
	HOLDS("E3", gets_in_by_link(url, name, "code"));
	HOLDS("E3", gets_in("chip", name, "code"));
	HOLDS("E3", !gets_in_by_link(url, name, "code"));
	HOLDS("E1", refused("key", name, "code"));
	/* a reset leaves: by link only */
	(void)snprintf(name, sizeof(name), "%s", fresh_name());
	HOLDS("E3", gets_in("key", name, "code"));
	reset(name);
	HOLDS("E3", refused("key", name, "code"));
	HOLDS("E3", refused("pin", name, "code"));
	(void)snprintf(url, sizeof(url), "%s", enrol_link(name, "pin"));
	HOLDS("E3", gets_in_by_link(url, name, "code"));
	HOLDS("E3", gets_in("pin", name, "code"));
	HOLDS("E3", refused("key", name, "force"));
}

/* E1: a record that cannot be read is not an empty one. */
static void
test_unreadable(void **state)
{
	const char *name = fresh_name();
	char sql[200];

	(void)state;
	scene_begin(s);
	HOLDS("E1", gets_in("key", name, "code"));
	(void)snprintf(sql, sizeof(sql), "UPDATE kv SET v = x'ff01' WHERE "
	    "k = CAST('p/corp/%s' AS BLOB);", name);
	scene_sql(s, sql);
	HOLDS("E1", refused("key", name, "code"));
	HOLDS("E1", refused("pin", name, "code"));
}

/* E4: of two runs at once one enrols. */
static void
test_two_at_once(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct browser a = browser_new(), b = browser_new();
		const char *name = fresh_name();
		struct seen p, q;
		bool first, second;

		scene_begin(s);
		p = log_in(&a, "key", name, NULL);
		q = log_in(&b, i % 2 == 0 ? "key" : "pin", name, NULL);
		first = scene_do(s, &a, &p, i < 2 ? "code" : "force").what ==
		    SEEN_ALLOWED;
		second = scene_do(s, &b, &q, "force").what == SEEN_ALLOWED;
		HOLDS("E4", first);
		HOLDS("E4", !second);
	}
}

/* E4: and where another node's enrolment comes between our reading and our
 * writing, it is the only one. */
static void
test_raced(void **state)
{
	const char *name = fresh_name();
	struct people_record r;
	struct buf raw;

	(void)state;
	scene_begin(s);
	failed = false;
	/* the first write about a person is of the name's id */
	HOLDS("E4", gets_in("low", name, NULL));
	racing = name;
	HOLDS("E4", !gets_in("key", name, "code"));
	HOLDS("E4", racing == NULL && !failed);
	buf_init(&raw, STORE_VALUE_MAX);
	assert_int_equal(people_read(s->store, STR("corp"), str_from(name),
	    s->now_ms, &raw, &r), STORE_OK);
	HOLDS("E4", r.nenrolments == 1 && r.enrolments[0].fingerprint ==
	    4711);
	buf_free(&raw);
}

/* E4, P1, P3: the store fails at each operation in turn. Nobody is let in by a
 * call in which it failed, nobody has two, and whoever was let in once can
 * log in again. */
static void
test_store_faults(void **state)
{
	unsigned n = 0, let_in = 0;

	(void)state;
	for (int at = 1;; at++, n++) {
		char name[16];
		bool in;

		scene_begin(s);
		(void)snprintf(name, sizeof(name), "%s", fresh_name());
		failed = failed_mark = false;
		atomic_store(&fail_at, at);
		in = gets_in("key", name, "code");
		atomic_store(&fail_at, 0);
		let_in += in;
		HOLDS("P3", !in || !failed_mark);
		HOLDS("E4", !in || gets_in("key", name, "code"));
		HOLDS("E4", gets_in("key", name, "code") ||
		    !gets_in("pin", name, "code"));
		if (!atomic_load(&failed))
			break;
	}
	print_message("# the store failed at each of %u operations; %u "
	    "logins went on all the same\n", n, let_in);
	assert_true(n > 10);
}

#define WAVE "https://wave.example.org/"
#define PINLESS "https://pinless.example.org/"

static bool
open_at(struct csn_gate *node, const struct browser *b, const char *url)
{
	return scene_check_at(s, node, b, url).what == SEEN_ALLOWED;
}

/* S4: a way for who has not enrolled ends with the enrolment for all of their
 * sessions, on a node that knows them and on one that meets them later; one for
 * who has not enrolled another factor stays. */
static void
closed_to(struct csn_gate *node, const struct browser *b)
{
	for (unsigned i = 0; i < 3; i++) {
		HOLDS("S4", !open_at(node, b, WAVE));
		HOLDS("S4", open_at(node, b, PINLESS));
	}
}

static void
test_closes(void **state)
{
	const struct timespec pause = { .tv_nsec = 5000000 };
	struct browser thief = browser_new(), b = browser_new();
	const char *name = fresh_name();
	struct csn_gate *late;

	(void)state;
	scene_begin(s);
	HOLDS("S4", log_in(&thief, "wave", name, NULL).what == SEEN_ALLOWED);
	HOLDS("S4", log_in(&thief, "pinless", name, NULL).what ==
	    SEEN_ALLOWED);
	s->now_ms += 5000;
	HOLDS("S4", log_in(&b, "key", name, "code").what == SEEN_ALLOWED);
	for (unsigned i = 0; i < 4000 && open_at(s->gate, &thief, WAVE); i++)
		nanosleep(&pause, NULL);
	closed_to(s->gate, &thief);
	late = scene_node(s);
	closed_to(late, &thief);
	/* who has shown the key goes on */
	HOLDS("S4", scene_go(s, &b, WAVE).what == SEEN_ALLOWED);
	HOLDS("S4", open_at(late, &b, WAVE) && open_at(late, &b, WAVE));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_login),
		cmocka_unit_test(test_carried),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_two_at_once),
		cmocka_unit_test(test_raced),
		cmocka_unit_test(test_closes),
		cmocka_unit_test(test_store_faults),
	};

	return cmocka_run_group_tests_name("enrolment", tests, set_up,
	    scene_tear_down);
}
