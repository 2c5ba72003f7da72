/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-account.c - who may change what at /account, and who may not
 *
 * docs/security.md E5, S1, S2, S5 and S10: without a second factor of these
 * last minutes in this exchange nothing changes, whatever session, cookie,
 * token or store fault there is.
 */
#include "scene.h"

#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "host/people.h"

#define ACCOUNT "https://login.example.org/account"
#define LOW "https://low.example.org/"
#define KEY "https://key.example.org/"
#define MINUTE 60000

static const char CONF[] =
    "realms: { corp: {} }\n"
    "factors:\n"
    "  pass: { plugin: puppet, realm: corp }\n"
    "  key: { plugin: stick }\n"
    "  pin: { plugin: stick, issuer: b }\n"
    "  two: { plugin: puppet, realm: corp }\n"
    "  three: { plugin: puppet, realm: corp }\n"
    "enrol:\n"
    "  key: { first_login: true }\n"
    "  pin: { first_login: true }\n"
    "throttle: { per_person: 1000, per_source: 100000 }\n"
    "%s"
    "policies:\n"
    "  - { match: { host: low.example.org }, require: [ pass ] }\n"
    "  - { match: { host: key.example.org }, require: [ pass then key ] }\n"
    "  - match: { host: all.example.org }\n"
    "    require: [ pass then two then three ]\n";

static struct scene *s;

/* ------------------------------------------------------------------ */
/* a store that fails at its nth operation */

static _Atomic int fail_at;		/* counts down; fails at 1; 0: never */
static _Atomic bool failed;

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
void __real_store_batch_later(struct store *, struct store_op *, size_t,
    int64_t, store_done *, void *);
void __wrap_store_batch_later(struct store *, struct store_op *, size_t,
    int64_t, store_done *, void *);

/* Swaps of what the stick keeps: by themselves, and with an answer. */
static _Atomic unsigned alone, along;

static unsigned
swaps(const struct store_op *ops, size_t n)
{
	unsigned found = 0;

	for (size_t i = 0; i < n; i++)
		found += ops[i].kind == STORE_SWAP &&
		    str_starts(ops[i].key, STR("k/key/once"));
	return found;
}

int
__wrap_store_batch(struct store *st, struct store_op *ops, size_t n,
    int64_t now_ms)
{
	alone += swaps(ops, n);
	return fails_now() ? STORE_FAILED :
	    __real_store_batch(st, ops, n, now_ms);
}

/* Whose logins end between the deciding and the commit; NULL: nobody's. */
static _Atomic(const char *) cut_before;

static bool
makes_session(const struct store_op *ops, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ops[i].kind == STORE_PUT_NEW &&
		    str_starts(ops[i].key, STR("s/")))
			return true;
	return false;
}

void
__wrap_store_batch_later(struct store *st, struct store_op *ops, size_t n,
    int64_t now_ms, store_done *done, void *arg)
{
	const char *name = makes_session(ops, n) ?
	    atomic_exchange(&cut_before, NULL) : NULL;

	along += swaps(ops, n);
	if (name != NULL)
		assert_int_equal(people_cut(s->store, STR("corp"),
		    str_from(name), now_ms), STORE_OK);
	if (fails_now())
		done(arg, STORE_FAILED);
	else
		__real_store_batch_later(st, ops, n, now_ms, done, arg);
}

int
__wrap_store_get(struct store *st, struct csn_str key, int64_t now_ms,
    struct buf *ret)
{
	return fails_now() ? STORE_FAILED :
	    __real_store_get(st, key, now_ms, ret);
}

/* ------------------------------------------------------------------ */

static const char *
conf_with(const char *account)
{
	static char text[4000];

	(void)snprintf(text, sizeof(text), CONF, account);
	return text;
}

static int
set_up(void **state)
{
	*state = s = scene_new(conf_with(""));
	return 0;
}

static const char *
named(const char *name)
{
	static char text[200];

	(void)snprintf(text, sizeof(text), "grant subject=%s", name);
	return text;
}

/* Somebody who has a key, in a browser that has shown it. */
static struct browser
enrolled(const char *name)
{
	struct browser b = browser_new();
	struct seen p = scene_go(s, &b, KEY);

	p = scene_do(s, &b, &p, named(name));
	p = scene_do(s, &b, &p, "code");
	assert_int_equal(p.what, SEEN_ALLOWED);
	return b;
}

/* A browser with the password only. */
static struct browser
by_password(const char *name)
{
	struct browser b = browser_new();
	struct seen p = scene_go(s, &b, LOW);

	p = scene_do(s, &b, &p, named(name));
	assert_int_equal(p.what, SEEN_ALLOWED);
	return b;
}

static struct seen
account(struct browser *b)
{
	struct seen p = scene_go(s, b, ACCOUNT);

	assert_int_equal(p.screen, 32);
	return p;
}

static struct seen
wish(struct browser *b, const char *what)
{
	struct seen p = account(b);

	return scene_press(s, b, &p, "csn-wish", what);
}

/* What was changed until now is another story. */
static void
since_now(void)
{
	pthread_mutex_lock(&s->lock);
	s->nsaid = 0;
	s->said[0] = '\0';
	pthread_mutex_unlock(&s->lock);
}

static bool
changed(void)
{
	return scene_said(s, "changed something");
}

/* ------------------------------------------------------------------ */

/* E5: a factor first; then, for five minutes, what one likes. */
static void
test_fresh(void **state)
{
	struct browser b;
	struct seen p;

	(void)state;
	scene_begin(s);
	(void)enrolled("ann");
	b = by_password("ann");
	p = wish(&b, "remove:key:one");
	HOLDS("E5", p.screen == 17 && !changed());
	p = scene_do(s, &b, &p, "again");
	HOLDS("E5", p.screen == 17 && !changed());
	p = scene_do(s, &b, &p, "code");
	assert_int_equal(p.screen, 32);
	assert_true(changed());
	scene_begin(s);
	s->now_ms += 4 * MINUTE;
	p = wish(&b, "add:key");
	assert_int_equal(p.nprompts, 1);
	s->now_ms += 2 * MINUTE;
	/* it was asked for in time, and comes too late */
	p = scene_do(s, &b, &p, "yes");
	HOLDS("E5", p.screen == 17 && !changed());
	p = scene_do(s, &b, &p, "code");
	HOLDS("E5", !changed());
	p = scene_do(s, &b, &p, "yes");
	assert_true(changed());
	/* nothing of it went to the session: the application still asks */
	p = scene_go(s, &b, KEY);
	HOLDS("S5", p.what == SEEN_PAGE && p.screen == 17);
}

/* P6: what a change does is done before it answers, and so is the use of the
 * code that allowed it; a login's is one commit with the session. */
static void
test_used_first(void **state)
{
	struct browser b;
	struct seen p;

	(void)state;
	scene_begin(s);
	b = enrolled("fay");
	p = wish(&b, "remove:key:one");
	(void)scene_do(s, &b, &p, "code swap=once-1");
	assert_true(changed());
	HOLDS("P6", alone == 1 && along == 0);
	scene_begin(s);
	(void)enrolled("gil");
	b = by_password("gil");
	p = scene_go(s, &b, KEY);
	p = scene_do(s, &b, &p, "code swap=once-2");
	assert_int_equal(p.what, SEEN_ALLOWED);
	HOLDS("P6", alone == 1 && along == 1);
}

/* Proofs that do not count here. */
static void
test_kinds(void **state)
{
	static const struct { const char *words; bool counts; } kinds[] = {
	    { "code", true }, { "code recovery", true },
	    { "code remembered", false }, { "code ago=301", false },
	    { "code untold", false }, { "deny", false },
	    { "force", false } };

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct browser b;
		struct seen p;

		scene_begin(s);
		b = enrolled("kim");
		p = wish(&b, "remove:key:one");
		HOLDS("E5", p.screen == 17);
		(void)scene_do(s, &b, &p, kinds[i].words);
		if (changed() != kinds[i].counts)
			fail_msg("E5 does not hold: %s", kinds[i].words);
	}
}

/* Who has no second factor gets none from here (E1). */
static void
test_none(void **state)
{
	struct browser b;
	struct seen p;

	(void)state;
	scene_begin(s);
	b = by_password("nobody");
	p = wish(&b, "add:key");
	HOLDS("E1", p.screen == 19 && !changed());
	/* nor another than the one that they have */
	b = enrolled("one");
	p = wish(&b, "add:pin");
	p = scene_do(s, &b, &p, "code");
	HOLDS("E1", p.status == 400 && !changed());
}

/* What one browser has shown is not another's, nor another session's. */
static void
test_stolen(void **state)
{
	struct browser b, thief;
	struct seen p, q;

	(void)state;
	scene_begin(s);
	b = enrolled("bea");
	thief = b;
	p = wish(&b, "add:key");
	p = scene_do(s, &b, &p, "code");
	assert_int_equal(p.nprompts, 1);
	/* the session's cookie alone */
	q = wish(&thief, "remove:key:one");
	HOLDS("E5", q.screen == 17 && !changed());
	/* the open exchange of another session of hers, and of another's */
	for (int i = 0; i < 2; i++) {
		struct browser other = i == 0 ? by_password("bea") :
		    enrolled("eve");

		for (size_t k = 0; k < b.n; k++)
			if (str_starts(str_from(b.v[k].name), STR(
			    "__Host-countersign-x-")))
				other.v[other.n++] = b.v[k];
		q = wish(&other, "remove:key:one");
		HOLDS("E5", q.screen == 17 && !changed());
		q = scene_do(s, &other, &p, "yes");
		HOLDS("S5", !changed());
	}
}

/* By form, of our own origin, with this session's token. */
static void
test_forged(void **state)
{
	struct browser b, eve;
	struct seen p, q;
	struct csn_str body;

	(void)state;
	scene_begin(s);
	b = enrolled("cat");
	eve = enrolled("eve");
	p = wish(&b, "remove:key:one");
	(void)scene_do(s, &b, &p, "code");
	scene_begin(s);
	q = account(&eve);
	body = arena_printf(&s->arena, "csn-token=%.*s&csn-wish="
	    "remove:key:two", STR_FMT(q.fields.v[0].value));
	(void)scene_visit(s, &b, "POST", "login.example.org",
	    STR("/account"), body);
	(void)scene_visit(s, &b, "POST", "login.example.org",
	    STR("/account"), STR("csn-wish=remove:key:two"));
	p = account(&b);
	body = arena_printf(&s->arena, "/account?csn-token=%.*s&csn-wish="
	    "remove:key:two", STR_FMT(p.fields.v[0].value));
	(void)scene_visit(s, &b, "GET", "login.example.org", body, STR(""));
	HOLDS("S10", !changed());
	body = arena_printf(&s->arena, "csn-token=%.*s&csn-wish="
	    "remove:key:two", STR_FMT(p.fields.v[0].value));
	(void)scene_visit(s, &b, "POST", "login.example.org",
	    STR("/account"), body);
	assert_true(changed());
}

/* Ended, or all revoked, in the middle. */
static void
test_ended(void **state)
{
	struct csn_str ret;

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct browser b;
		struct seen p;

		scene_begin(s);
		b = enrolled("dan");
		p = wish(&b, i == 0 ? "remove:key:one" : "add:key");
		if (i == 1)
			p = scene_do(s, &b, &p, "code");
		assert_int_equal(csn_sessions_revoke(s->gate, STR(""),
		    STR("corp"), STR("dan"), STR("test"), &ret), 0);
		csn_free(&ret);
		(void)scene_do(s, &b, &p, i == 0 ? "code" : "yes");
		HOLDS("S8", !changed());
	}
}

/* Who was half way through a login does not come in by it, and the owner goes
 * on: a step-up of the session that stays, a login begun anew, in the same
 * moment as well. */
static void
test_under_way(void **state)
{
	static const char *const wishes[] = { "not-me", "end-others" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct browser own, thief = browser_new(), b, later;
		struct seen p, step, stolen;

		scene_begin(s);
		(void)enrolled("hal");
		own = by_password("hal");
		step = scene_go(s, &own, KEY);
		stolen = scene_go(s, &thief, KEY);
		stolen = scene_do(s, &thief, &stolen, named("hal"));
		assert_int_equal(stolen.screen, 6);
		later = browser_new();
		p = scene_go(s, &later, KEY);
		(void)wish(&own, wishes[i]);
		b = thief;
		stolen = scene_do(s, &b, &stolen, "code");
		HOLDS("S8", stolen.what == SEEN_PAGE);
		stolen = scene_go(s, &b, KEY);
		HOLDS("S8", stolen.what == SEEN_PAGE);
		p = scene_do(s, &later, &p, named("hal"));
		p = scene_do(s, &later, &p, "code");
		assert_int_equal(p.what, SEEN_ALLOWED);
		step = scene_do(s, &own, &step, "code");
		assert_int_equal(step.what, SEEN_ALLOWED);
	}
}

#define ALL "https://all.example.org/"

/* With as much as its factors may keep. */
static struct browser
session_of_a_thief(void)
{
	static const char words[] = "grant subject=kim keep=16000";
	struct browser b = browser_new();
	struct seen p;

	scene_begin(s);
	p = scene_go(s, &b, ALL);
	p = scene_do(s, &b, &p, words);
	p = scene_do(s, &b, &p, words);
	p = scene_do(s, &b, &p, words);
	assert_int_equal(p.what, SEEN_ALLOWED);
	return b;
}

/* Of as many sessions as a thief likes to make none is left, and the page on
 * which to say so is there. */
static void
test_many_sessions(void **state)
{
	static const char *const wishes[] = { "end-others", "not-me" };
	static struct browser first, last;
	struct browser own;
	struct seen p;

	(void)state;
	for (size_t i = 0; i < COUNT(wishes); i++) {
		own = by_password("kim");
		first = session_of_a_thief();
		for (unsigned n = 0; n < 60; n++)
			last = session_of_a_thief();
		p = scene_go(s, &own, ACCOUNT);
		HOLDS("S8", p.screen == 32);
		p = scene_press(s, &own, &p, "csn-wish", wishes[i]);
		HOLDS("S8", p.screen == 32);
		HOLDS("S8", scene_check(s, &first, ALL).what != SEEN_ALLOWED);
		HOLDS("S8", scene_check(s, &last, ALL).what != SEEN_ALLOWED);
		HOLDS("S8", scene_check(s, &own, LOW).what == SEEN_ALLOWED);
	}
}

/* Another node reads as much before it answers the first check. */
static void
test_large_session(void **state)
{
	struct csn_gate *node = scene_node(s);
	struct browser b;
	struct seen p;

	(void)state;
	b = session_of_a_thief();
	p = scene_check_at(s, node, &b, ALL);
	HOLDS("S9", p.what == SEEN_ALLOWED);
	HOLDS("S9", str_is(seen_header(&p, "Remote-User"), "kim"));
}

/* The operator sees who is logged in, however the name is written, and however
 * many others are. */
static void
test_listed(void **state)
{
	struct csn_str ret = STR("");

	(void)state;
	(void)by_password("lou");
	assert_int_equal(csn_sessions(s->gate, STR(""), STR("Lou"), &ret), 0);
	HOLDS("S8", str_find(ret, STR("\"subject\":\"lou\"")) >= 0);
	csn_free(&ret);
	scene_sql(s, "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 "
	    "FROM n WHERE i < 100001) INSERT INTO kv (k, exp, v) SELECT "
	    "CAST(printf('s/%032x', i) AS BLOB), 0, x'00' FROM n;");
	assert_int_equal(csn_sessions(s->gate, STR(""), STR("lou"), &ret), 0);
	HOLDS("S8", str_find(ret, STR("\"subject\":\"lou\"")) >= 0);
	csn_free(&ret);
	scene_sql(s, "DELETE FROM kv WHERE v = x'00';");
}

static bool
one_only(struct csn_str text, const char *word)
{
	ptrdiff_t at = str_find(text, str_from(word));

	return at >= 0 && str_find(str_from_at(text, (size_t)at + 1),
	    str_from(word)) < 0;
}

/* The same, of a login that has been let in and is not written yet. */
static void
test_under_way_at_last(void **state)
{
	struct browser b = browser_new();
	struct csn_str ret;
	struct seen p;

	(void)state;
	scene_begin(s);
	(void)enrolled("ian");
	p = scene_go(s, &b, KEY);
	p = scene_do(s, &b, &p, named("ian"));
	atomic_store(&cut_before, "ian");
	p = scene_do(s, &b, &p, "code");
	assert_null(atomic_load(&cut_before));
	HOLDS("S8", p.what == SEEN_PAGE);
	p = scene_go(s, &b, KEY);
	HOLDS("S8", p.what == SEEN_PAGE);
	/* nor is it left behind */
	assert_int_equal(csn_sessions(s->gate, STR("corp"), STR("ian"), &ret),
	    0);
	HOLDS("S8", one_only(ret, "\"id\""));
	csn_free(&ret);
}

/* One change twice sent is one change; of two tabs the older is out. */
static void
test_twice(void **state)
{
	struct browser b, before;
	struct seen p, q;

	(void)state;
	scene_begin(s);
	b = enrolled("flo");
	p = wish(&b, "add:key");
	p = scene_do(s, &b, &p, "code");
	before = b;
	q = scene_do(s, &b, &p, "yes");
	assert_true(changed());
	since_now();
	q = scene_do(s, &before, &p, "yes");
	HOLDS("P3", !changed() && q.screen == 32);
	p = wish(&b, "add:key");
	(void)wish(&b, "add:key");
	(void)scene_do(s, &b, &p, "yes");
	HOLDS("P3", !changed());
}

/* A proxy that asks about the login's pages, too, would send browsers to them
 * for ever. */
static void
proxy_without_login(void)
{
	static const struct {
		const char *url;
		int status;
	} asked[] = {
		{ "https://login.example.org/auth/login?to=x", 403 },
		{ "https://login.example.org/auth", 403 },
		{ "https://login.example.org/author", 401 },
		{ "https://login.example.org/", 401 },
	};
	struct browser b = browser_new();
	struct seen p;

	for (size_t i = 0; i < COUNT(asked); i++) {
		scene_begin(s);
		p = scene_check(s, &b, asked[i].url);
		assert_int_equal(p.status, asked[i].status);
		assert_true(p.status == 401 || (p.reference.n > 0 && str_find(
		    p.message, STR("login's own pages")) >= 0));
	}
}

/* S2: where the origin is shared, each change has a code of its own. */
static void
test_shared(void **state)
{
	static const char conf[] =
	    "public_url: https://login.example.org/auth\n"
	    "shared_origin: true\n"
	    "factors:\n"
	    "  pass: { plugin: puppet }\n"
	    "  key: { plugin: stick }\n"
	    "enrol: { key: { first_login: true } }\n"
	    "policies:\n"
	    "  - match: { host: login.example.org }\n"
	    "    require: [ pass then key ]\n";
	struct scene *other = s, *shared;
	struct browser b = browser_new();
	struct seen p;

	(void)state;
	s = shared = scene_new(conf);
	p = scene_go(s, &b, "https://login.example.org/auth/account");
	p = scene_do(s, &b, &p, named("gus"));
	p = scene_do(s, &b, &p, "code");
	assert_int_equal(p.screen, 32);
	for (int i = 0; i < 2; i++) {
		scene_begin(s);
		p = scene_go(s, &b, "https://login.example.org/auth/account");
		p = scene_press(s, &b, &p, "csn-wish", "remove:key:one");
		HOLDS("S2", p.screen == 17 && !changed());
		p = scene_do(s, &b, &p, "code");
		assert_true(changed());
	}
	/* and of several requests it is in the one that makes the change */
	scene_begin(s);
	p = scene_go(s, &b, "https://login.example.org/auth/account");
	p = scene_press(s, &b, &p, "csn-wish", "add:key");
	p = scene_do(s, &b, &p, "code");
	assert_int_equal(p.nprompts, 1);
	HOLDS("S2", !changed());
	p = scene_do(s, &b, &p, "yes");
	HOLDS("S2", p.screen == 17 && !changed());
	p = scene_do(s, &b, &p, "again");
	HOLDS("S2", p.screen == 17 && !changed());
	p = scene_do(s, &b, &p, "code");
	HOLDS("S2", changed());
	assert_int_equal(p.screen, 32);
	/* what was kept is of that wish alone */
	scene_begin(s);
	p = scene_go(s, &b, "https://login.example.org/auth/account");
	p = scene_press(s, &b, &p, "csn-wish", "add:key");
	p = scene_do(s, &b, &p, "code");
	p = scene_do(s, &b, &p, "yes");
	p = scene_go(s, &b, "https://login.example.org/auth/account");
	p = scene_press(s, &b, &p, "csn-wish", "remove:key:one");
	HOLDS("S2", p.screen == 17 && !changed());
	proxy_without_login();
	s = other;
	scene_free(shared);
}

/* `account:` asks more than a session: the rest is asked first. */
static void
test_policy(void **state)
{
	struct browser b;
	struct seen p;

	(void)state;
	scene_begin(s);
	(void)enrolled("hal");
	b = by_password("hal");
	(void)account(&b);
	assert_int_equal(scene_reload(s, conf_with("account: { require: "
	    "[ pass then key ], allow: { users: [hal] } }\n")), 0);
	p = scene_go(s, &b, ACCOUNT);
	HOLDS("E5", p.screen == 17);
	p = scene_do(s, &b, &p, "code");
	assert_int_equal(p.screen, 32);
	b = enrolled("ida");
	p = scene_go(s, &b, ACCOUNT);
	HOLDS("E5", p.screen == 19);
	assert_int_equal(scene_reload(s, conf_with("")), 0);
}

/* The store fails at each operation: without a code nothing changes, and what
 * is said to be done is done. */
static void
test_store_faults(void **state)
{
	unsigned n = 0, done = 0;

	(void)state;
	for (int at = 1;; at++, n++) {
		struct browser b;
		struct seen p;

		scene_begin(s);
		atomic_store(&fail_at, 0);
		b = enrolled("jo");
		p = account(&b);
		atomic_store(&failed, false);
		atomic_store(&fail_at, at);
		p = scene_press(s, &b, &p, "csn-wish", "remove:key:one");
		HOLDS("E5", !changed());
		if (p.action.n > 0 && p.screen == 17)
			p = scene_do(s, &b, &p, "again");
		HOLDS("E5", !changed());
		if (p.action.n > 0 && p.screen == 17)
			p = scene_do(s, &b, &p, "code");
		HOLDS("E5", p.screen != 32 || changed());
		done += p.screen == 32;
		atomic_store(&fail_at, 0);
		if (!atomic_load(&failed))
			break;
	}
	print_message("# the store failed at each of %u operations; %u "
	    "changes were made all the same\n", n, done);
	assert_true(n > 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fresh),
		cmocka_unit_test(test_used_first),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_stolen),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_ended),
		cmocka_unit_test(test_under_way),
		cmocka_unit_test(test_under_way_at_last),
		cmocka_unit_test(test_many_sessions),
		cmocka_unit_test(test_large_session),
		cmocka_unit_test(test_listed),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_store_faults),
	};

	return cmocka_run_group_tests_name("account", tests, set_up,
	    scene_tear_down);
}
