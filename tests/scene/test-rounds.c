/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-rounds.c - rounds out of order, of other browsers, carried, revoked in
 * the middle, under a configuration that changed
 *
 * docs/security.md's last section: "rounds", "carrying", "identity", "reload",
 * "revocation" and the parallel guesses. Each test says which rule it would
 * take away: "linear run" no history beyond one, "foreign token"
 * consumes nothing, C1 nothing carried from a session that is no more, I1 one
 * subject, L1 a reload opens nothing, G1 the limit of guesses, V1 revoked is
 * revoked.
 */
#include "scene.h"

#include "host/people.h"
#include "host/verdict.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define APP "https://app.example.org/"
#define HIGH "https://high.example.org/"

/* %s: factors' and policies' lines that a reload changes */
static const char CONF[] =
    "realms: { corp: {} }\n"
    "groups: { staff: { corp: s } }\n"
    "factors:\n"
    "  pass: { plugin: puppet, realm: corp%s }\n"
    "  also: { plugin: puppet, realm: corp, issuer: b }\n"
    "  key: { plugin: stick }\n"
    "enrol: { key: { first_login: true } }\n"
    "throttle: { per_person: 5, per_source: 10000 }\n"
    "policies:\n"
    "  - { match: { host: low.example.org }, require: [ pass ] }\n"
    "  - { match: { host: app.example.org }, require: [ %s ] }\n"
    "  - match: { host: high.example.org }\n"
    "    require: [ pass then key then also ]\n"
    "  - match: { host: staff.example.org }\n"
    "    require: [ pass then also ]\n"
    "    allow: { groups: [staff] }\n";

static struct scene *s;
static char conf_text[4000];

static const char *
conf_with(const char *option, const char *way)
{
	/* both places are in the literal above */
	struct csn_str rest = str_from(CONF), head;
	struct buf b;

	buf_init_fixed(&b, conf_text, sizeof(conf_text));
	(void)str_cut(&rest, '%', &head);
	buf_str_put(&b, head);
	buf_puts(&b, option);
	rest = str_from_at(rest, 1);
	(void)str_cut(&rest, '%', &head);
	buf_str_put(&b, head);
	buf_puts(&b, way);
	buf_str_put(&b, str_from_at(rest, 1));
	buf_char(&b, '\0');
	assert_false(buf_failed(&b));
	return conf_text;
}

static int
set_up(void **state)
{
	*state = s = scene_new(conf_with("", "pass then key"));
	return 0;
}

static const char *
named(const char *name)
{
	static char text[200];

	(void)snprintf(text, sizeof(text), "grant subject=%s groups=s", name);
	return text;
}

/* Somebody who has a key. */
static void
enrolled(const char *name)
{
	struct browser b = browser_new();
	struct seen p = scene_go(s, &b, APP);

	p = scene_do(s, &b, &p, named(name));
	p = scene_do(s, &b, &p, "code");
	assert_int_equal(p.what, SEEN_ALLOWED);
}

/* ------------------------------------------------------------------ */
/* whose account a factor is told, whenever it is told of somebody */

static atomic_uint told, mistold;

void __real_verdict_call(struct csn_call *, enum verdict_function,
    const struct csn_req *, struct arena *, struct verdict *);
void __wrap_verdict_call(struct csn_call *, enum verdict_function,
    const struct csn_req *, struct arena *, struct verdict *);

void
__wrap_verdict_call(struct csn_call *c, enum verdict_function f,
    const struct csn_req *req, struct arena *a, struct verdict *ret)
{
	char account[PEOPLE_ACCOUNT_LEN + 1];

	if (f == VERDICT_STEP && req->subject.n > 0) {
		atomic_fetch_add(&told, 1);
		if (people_account(c->host->sealer, req->realm, req->subject,
		    account) < 0 || !str_is(req->account, account))
			atomic_fetch_add(&mistold, 1);
	}
	__real_verdict_call(c, f, req, a, ret);
}

/* ------------------------------------------------------------------ */

#define STAGES 3u

/* A login at HIGH, remembered at each stage: the cookies and the page. */
struct stage { struct browser b; struct seen page; };

static const char *
stage_words(unsigned i, const char *name)
{
	return i == 1 ? "code" : named(name);
}

static void
stages_make(struct stage v[STAGES + 1], const char *name, unsigned n)
{
	struct browser b = browser_new();
	struct seen p = scene_go(s, &b, HIGH);

	for (unsigned i = 0; i <= n; i++) {
		v[i] = (struct stage){ b, p };
		if (i < n)
			p = scene_do(s, &b, &p, stage_words(i, name));
	}
	assert_int_equal(v[n].page.what, n == STAGES ? SEEN_ALLOWED :
	    SEEN_PAGE);
}

/* Cookies of one time, the page of another, words of a third; and once more
 * with the page that this gives. */
static bool
rolled_in(const struct stage *v, unsigned cookies, unsigned page, unsigned w)
{
	struct browser b = v[cookies].b;
	struct seen p;

	p = scene_do(s, &b, &v[page].page, stage_words(w, "rolf"));
	if (p.what == SEEN_PAGE && p.nprompts > 0)
		p = scene_do(s, &b, &p, "code");
	return p.what == SEEN_ALLOWED;
}

/* A linear run: cookies of any earlier time with the page of any other. A login
 * that lacks its last step is not finished, and a finished one is not made
 * again once its kept answers are over. */
static void
test_rolled_back(void **state)
{
	struct stage v[STAGES + 1];

	(void)state;
	scene_begin(s);
	enrolled("rolf");
	for (unsigned n = STAGES - 1; n <= STAGES; n++) {
		stages_make(v, "rolf", n);
		if (n == STAGES)
			s->now_ms += 61000;
		for (unsigned i = 0; i < 27; i++) {
			/* this one is the login's own last step */
			if (n < STAGES && i % 9 == 8)
				continue;
			HOLDS("linear run", !rolled_in(v, i % 3, i / 3 % 3,
			    i / 9));
		}
	}
}

/* A foreign token: another browser with the page's fields, and fields of
 * another login in this browser: nothing is used up, the first goes on. */
static void
test_foreign_tokens(void **state)
{
	struct browser mine = browser_new(), other = browser_new();
	struct seen p, q;

	(void)state;
	scene_begin(s);
	enrolled("frida");
	p = scene_go(s, &mine, APP);
	q = scene_go(s, &other, APP);
	HOLDS("foreign token", scene_do(s, &other, &p,
	    "grant subject=frida").what != SEEN_ALLOWED);
	HOLDS("foreign token", scene_send(s, &mine, &q,
	    "grant subject=eve").what != SEEN_ALLOWED);
	p = scene_do(s, &mine, &p, "grant subject=frida");
	for (unsigned i = 0; i < 3; i++) {
		struct browser none = browser_new();
		struct seen r = scene_do(s, i == 0 ? &none : &other, &p,
		    "code");

		HOLDS("foreign token", r.what != SEEN_ALLOWED);
	}
	p = scene_do(s, &mine, &p, "code");
	HOLDS("foreign token", p.what == SEEN_ALLOWED);
	HOLDS("foreign token", str_is(seen_header(&p, "Remote-User"), "frida"));
	q = scene_do(s, &other, &q, "grant subject=eve");
	HOLDS("foreign token", q.what == SEEN_PAGE && q.nprompts == 1);
}

/* A login that was at its provider for longer than it lives. */
static void
test_answer_too_late(void **state)
{
	struct browser b = browser_new();
	struct csn_str back;
	struct seen p;
	char path[200];
	ptrdiff_t at;

	(void)state;
	scene_begin(s);
	p = scene_go(s, &b, APP);
	p = scene_do(s, &b, &p, "away");
	at = str_find(p.go, STR("state="));
	HOLDS("P2", at >= 0);
	back = str_from_at(p.go, (size_t)at);
	(void)snprintf(path, sizeof(path), "/f/pass/callback?%.*s",
	    STR_FMT(back));
	s->now_ms += 16 * 60 * 1000;
	p = scene_visit(s, &b, "GET", "login.example.org", str_from(path),
	    STR(""));
	HOLDS("P2", p.what == SEEN_PAGE &&
	    str_is(p.heading, "This page has expired"));
	HOLDS("P2", scene_audited(s, "P2: expired") == 1);
}

/* Of many cookies: what a visit costs the processor, the least of a few. */
static int64_t
cost_of_cookies(const char *name)
{
	struct browser b = browser_new();
	struct timespec from, to;
	int64_t least = INT64_MAX, ns;

	for (b.n = 0; b.n < 8; b.n++) {
		struct cookie_kept *c = &b.v[b.n];
		size_t at = 0;

		(void)snprintf(c->host, sizeof(c->host), "login.example.org");
		(void)snprintf(c->name, sizeof(c->name), "a");
		while (at < 3900)
			at += (size_t)snprintf(c->value + at, 100,
			    "0; __Host-countersign-%sAAAAAAAAAAAAAAAAAAAAAA=",
			    name);
	}
	for (unsigned i = 0; i < 5; i++) {
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
		(void)scene_visit(s, &b, "GET", "login.example.org",
		    STR("/f/pass/callback?state=" "00112233445566778899aabb"
		    "ccddeeff"), STR(""));
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
		ns = (to.tv_sec - from.tv_sec) * 1000000000 +
		    (to.tv_nsec - from.tv_nsec);
		if (ns < least)
			least = ns;
	}
	return least;
}

/* Anybody may come back with as many cookies as a request takes. */
static void
test_many_cookies(void **state)
{
	int64_t ours, others;

	(void)state;
	scene_begin(s);
	ours = cost_of_cookies("x-");
	others = cost_of_cookies("y-");
	HOLDS("P3", ours < 10 * others);
}

/* A double click, a reload, Back: the same answer, and no second try. */
static void
test_again(void **state)
{
	struct browser b = browser_new(), was;
	struct seen p, q, r;

	(void)state;
	scene_begin(s);
	enrolled("dora");
	p = scene_go(s, &b, APP);
	was = b;
	q = scene_do(s, &b, &p, "grant subject=dora");
	r = scene_do(s, &was, &p, "grant subject=eve");
	HOLDS("linear run", r.what == SEEN_PAGE && r.nprompts == 1);
	HOLDS("linear run", scene_do(s, &was, &r, "code").what == SEEN_ALLOWED);
	r = scene_go(s, &was, APP);
	HOLDS("linear run", str_is(seen_header(&r, "Remote-User"), "dora"));
	(void)q;
}

static unsigned
times_woken(void)
{
	unsigned n = 0;

	for (const char *at = s->said; (at = strstr(at, "woken")) != NULL;
	    at++)
		n++;
	return n;
}

/* The page's own address, as its refresh asks for it. */
static struct seen
wake(struct browser *b, const struct seen *p)
{
	struct csn_str rest = pairs_get(p->fields, STR("csn-round")), id;
	char path[200];

	assert_true(str_cut(&rest, '.', &id));
	(void)snprintf(path, sizeof(path), "/login/%.*s", STR_FMT(id));
	return scene_visit(s, b, "GET", "login.example.org", str_from(path),
	    STR(""));
}

/* The end of a wait is a round too: old cookies do not wake the factor again,
 * and give the answer that it gave. */
static void
test_woken_once(void **state)
{
	struct browser b = browser_new(), was;
	struct seen p, q, r;

	(void)state;
	scene_begin(s);
	p = scene_go(s, &b, APP);
	p = scene_do(s, &b, &p, "ask action=4 wait=1000");
	assert_int_equal(p.screen, 5);
	was = b;
	q = wake(&b, &p);
	HOLDS("linear run", q.what == SEEN_PAGE && q.nprompts == 1 &&
	    times_woken() == 1);
	r = wake(&was, &p);
	HOLDS("linear run", times_woken() == 1);
	HOLDS("linear run", str_equal(pairs_get(q.fields, STR("csn-round")),
	    pairs_get(r.fields, STR("csn-round"))));
}

/* G1: what is typed while a page waits is counted as any other try. */
static void
test_wait_guesses(void **state)
{
	struct browser b = browser_new();
	struct seen p;

	(void)state;
	scene_begin(s);
	enrolled("wanda");
	/* where nobody knows her: no count of her own */
	b.client = "198.51.100.7";
	p = scene_go(s, &b, APP);
	p = scene_do(s, &b, &p, "grant subject=wanda");
	p = scene_do(s, &b, &p, "ask action=4 wait=1000");
	for (unsigned i = 0; i < 12 && p.screen == 5; i++)
		p = scene_do(s, &b, &p, "again action=4 wait=1000");
	HOLDS("G1", p.screen != 5 && times_woken() == 5);
}

/* ------------------------------------------------------------------ */
/* carried from a session (S5, S8) */

static void
end_sessions(const char *name)
{
	struct csn_str said = STR("");

	assert_int_equal(csn_sessions_revoke(s->gate, STR(""), STR("corp"),
	    str_from(name), STR("test"), &said), 0);
	csn_free(&said);
}

static bool
has_session(const char *name)
{
	struct csn_str all = STR("");
	bool has;

	assert_int_equal(csn_sessions(s->gate, STR("corp"), str_from(name),
	    &all), 0);
	has = str_find(all, STR("\"id\"")) >= 0;
	csn_free(&all);
	return has;
}

/* One by one, by their ids. */
static void
end_all_by_id(const char *name)
{
	struct csn_str all = STR(""), said = STR(""), rest, id;
	ptrdiff_t at;

	assert_int_equal(csn_sessions(s->gate, STR("corp"), str_from(name),
	    &all), 0);
	for (rest = all; (at = str_find(rest, STR("\"id\":\""))) >= 0;) {
		rest = str_from_at(rest, (size_t)at + 6);
		(void)str_cut(&rest, '"', &id);
		assert_int_equal(csn_sessions_revoke(s->gate, id, STR(""),
		    STR(""), STR("test"), &said), 0);
		csn_free(&said);
	}
	csn_free(&all);
}

/* A step-up begun by a session of `name`, with the page of its last factor. */
static struct seen
step_up_begin(struct browser *b, const char *name)
{
	struct seen p = scene_go(s, b, APP);

	p = scene_do(s, b, &p, named(name));
	p = scene_do(s, b, &p, "code");
	assert_int_equal(p.what, SEEN_ALLOWED);
	p = scene_go(s, b, HIGH);
	assert_true(str_is(p.label, "also"));
	return p;
}

/* C1: the session is revoked, or is gone from the browser, or another has
 * taken its place, before the step-up is complete. */
static void
test_carried(void **state)
{
	struct browser b, eve;
	struct seen p, q;

	(void)state;
	scene_begin(s);
	enrolled("carl");
	enrolled("eve");
	b = browser_new();
	p = step_up_begin(&b, "carl");
	end_sessions("carl");
	p = scene_do(s, &b, &p, "grant subject=carl groups=s");
	HOLDS("C1", p.what != SEEN_ALLOWED);
	HOLDS("C1", scene_go(s, &b, HIGH).what != SEEN_ALLOWED);
	for (unsigned i = 0; i < 2000 && scene_check(s, &b, APP).what ==
	    SEEN_ALLOWED; i++)
		usleep(10000);
	HOLDS("C1", scene_go(s, &b, APP).what != SEEN_ALLOWED);
	/* this one session, its person's generation as before (S5) */
	b = browser_new();
	p = step_up_begin(&b, "carl");
	end_all_by_id("carl");
	HOLDS("C1", !has_session("carl"));
	p = scene_do(s, &b, &p, "grant subject=carl groups=s");
	HOLDS("C1", p.what != SEEN_ALLOWED);
	HOLDS("C1", !has_session("carl"));
	HOLDS("C1", scene_go(s, &b, HIGH).what != SEEN_ALLOWED);
	/* another person's proof ends a step-up */
	b = browser_new();
	p = step_up_begin(&b, "carl");
	q = scene_send(s, &b, &p, "grant subject=eve groups=s");
	HOLDS("I1", q.what == SEEN_PAGE && q.nprompts == 0);
	HOLDS("I1", scene_go(s, &b, HIGH).what != SEEN_ALLOWED);
	/* a stolen step-up without the session it began from */
	b = browser_new();
	p = step_up_begin(&b, "carl");
	eve = browser_new();
	for (size_t i = 0; i < b.n; i++)
		if (strstr(b.v[i].name, "countersign-x-") != NULL)
			eve.v[eve.n++] = b.v[i];
	q = scene_do(s, &eve, &p, "grant subject=eve groups=s");
	HOLDS("I1", q.what != SEEN_ALLOWED);
}

/* V1: revoked in every order of the commit, a node's start, its first sight
 * of the session and its later ones. */
static void
test_revoked(void **state)
{
	struct csn_gate *other;
	unsigned quick = 0;

	(void)state;
	scene_begin(s);
	enrolled("vera");
	other = scene_node(s);
	for (unsigned order = 0; order < 4; order++) {
		struct browser b = browser_new();
		struct seen p = scene_go(s, &b, APP);
		unsigned i = 0;

		p = scene_do(s, &b, &p, "grant subject=vera groups=s");
		p = scene_do(s, &b, &p, "code");
		assert_int_equal(p.what, SEEN_ALLOWED);
		if ((order & 1) != 0)
			HOLDS("V1", scene_check_at(s, other, &b, APP).what ==
			    SEEN_ALLOWED);
		if ((order & 2) != 0)
			HOLDS("V1", scene_go(s, &b, HIGH).what ==
			    SEEN_PAGE);
		end_sessions("vera");
		/* a second at most, on each node; a busy machine may be
		 * late, but not each time */
		while (i++ < 2000 && (scene_check(s, &b, APP).what ==
		    SEEN_ALLOWED || scene_check_at(s, other, &b, APP).what ==
		    SEEN_ALLOWED))
			usleep(10000);
		HOLDS("V1", i < 2000);
		quick += i < 100;
		HOLDS("V1", scene_check_at(s, other, &b, APP).what !=
		    SEEN_ALLOWED);
	}
	HOLDS("V1", quick > 0);
	/* who starts later knows it at once */
	csn_gate_close(other);
	s->nodes[1] = NULL;
}

/* ------------------------------------------------------------------ */
/* identity */

/* I1: what the second factor that names may say. */
static void
test_identity(void **state)
{
	static const struct { const char *second; bool in; } rows[] = {
		{ "grant subject=Ida", true },
		{ "grant subject=ida", true },
		{ "grant subject=IDA groups=s,admin", true },
		{ "grant subject=idb", false },
		{ "grant", false },
		{ "grant subject=", false },
		{ "grant subject=ida@far", false },
		{ "grant subject=\xc4\xb1" "da", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct browser b = browser_new();
		struct seen p;

		scene_begin(s);
		p = scene_go(s, &b, "https://staff.example.org/");
		p = scene_do(s, &b, &p, "grant subject=ida groups=s");
		p = scene_do(s, &b, &p, rows[i].second);
		HOLDS("I1", (p.what == SEEN_ALLOWED) == rows[i].in);
		HOLDS("I1", !rows[i].in || (str_is(seen_header(&p,
		    "Remote-User"), "ida") && str_is(seen_header(&p,
		    "Remote-Groups"), "staff")));
		/* and from a factor that does not identify: nothing at all */
		b = browser_new();
		p = scene_go(s, &b, APP);
		p = scene_do(s, &b, &p, "grant subject=ida groups=x");
		p = scene_do(s, &b, &p, "code subject=ida groups=s");
		HOLDS("I1", p.what != SEEN_ALLOWED);
	}
}

/* ------------------------------------------------------------------ */
/* reload */

/* L1: after each step the configuration changes: the factor is another by
 * what it trusts, or is gone from the way. Nobody is let in by what is no
 * longer asked, and going on from the beginning works. */
static void
test_reload(void **state)
{
	static const struct { const char *option, *way; } rows[] = {
		{ ", issuer: other", "pass then key" },
		{ "", "pass then key then also" },
		{ "", "also then key" },
	};

	(void)state;
	scene_begin(s);
	enrolled("rita");
	for (size_t i = 0; i < COUNT(rows) * 3; i++) {
		unsigned after = (unsigned)(i / COUNT(rows));
		struct browser b = browser_new();
		struct seen p;

		scene_begin(s);
		assert_int_equal(scene_reload(s, conf_with("",
		    "pass then key")), 0);
		p = scene_go(s, &b, APP);
		for (unsigned k = 0; k < after; k++)
			p = scene_do(s, &b, &p, k == 0 ?
			    "grant subject=rita groups=s" : "code");
		assert_int_equal(scene_reload(s, conf_with(
		    rows[i % COUNT(rows)].option,
		    rows[i % COUNT(rows)].way)), 0);
		if (after == 2) {
			HOLDS("L1", scene_go(s, &b, APP).what !=
			    SEEN_ALLOWED);
			continue;
		}
		p = scene_do(s, &b, &p, after == 0 ?
		    "grant subject=rita groups=s" : "code");
		HOLDS("L1", p.what == SEEN_PAGE);
		if (after == 1 || !str_is(p.label, "pass"))
			continue;
		p = scene_do(s, &b, &p, "grant subject=rita groups=s");
		HOLDS("L1", p.what == SEEN_PAGE && p.nprompts == 1);
	}
	assert_int_equal(scene_reload(s, conf_with("", "pass then key")), 0);
}

/* ------------------------------------------------------------------ */
/* guesses */

#define GUESSERS 12u
#define GUESSES	4u

struct guesser { struct browser b; struct csn_gate *gate; };

static void *
guess(void *arg)
{
	struct guesser *g = arg;
	struct browser *b = &g->b;
	static _Thread_local struct scene mine;
	struct seen p;

	/* a scene of its own to write into, the gate shared */
	scene_share(s, &mine, 16u << 20);
	mine.gate = g->gate;
	p = scene_go(&mine, b, APP);
	for (unsigned i = 0; i < GUESSES && p.what == SEEN_PAGE &&
	    p.nprompts > 0; i++)
		p = scene_do(&mine, b, &p, "try=gina again");
	arena_free(&mine.arena);
	return NULL;
}

/* G1: of 48 parallel guesses at one person, at two nodes, five are looked
 * at. */
static void
test_guesses(void **state)
{
	static struct guesser g[GUESSERS];
	struct csn_gate *other = scene_node(s);
	struct browser b;
	pthread_t t[GUESSERS];
	uint64_t before = csn_gate_count(s->gate, CSN_COUNT_DENY);
	struct csn_str said = STR("");
	unsigned tried = 0;

	(void)state;
	scene_begin(s);
	for (unsigned i = 0; i < GUESSERS; i++) {
		g[i] = (struct guesser){ browser_new(), i % 2 == 0 ?
		    s->gate : other };
		assert_int_equal(pthread_create(&t[i], NULL, guess, &g[i]),
		    0);
	}
	for (unsigned i = 0; i < GUESSERS; i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);
	for (const char *at = s->said; (at = strstr(at, "tried gina")) !=
	    NULL; at++)
		tried++;
	HOLDS("G1", tried == 5);
	HOLDS("G1", csn_gate_count(s->gate, CSN_COUNT_DENY) +
	    csn_gate_count(other, CSN_COUNT_DENY) > before);
	/* the right one does not pass either, until the window is over */
	b = browser_new();
	HOLDS("G1", scene_go(s, &b, APP).what == SEEN_PAGE);
	assert_int_equal(csn_throttles(s->gate, &said), 0);
	HOLDS("G1", str_find(said, STR("gina")) >= 0);
	csn_free(&said);
	csn_gate_close(other);
	s->nodes[1] = NULL;
}

/* A round of ann's, long over, is submitted where bob is logged in: it goes on
 * as a login of his, and what the next factor is told is all his. */
static void
test_whose_account(void **state)
{
	struct browser b = browser_new();
	struct seen p, q;

	(void)state;
	scene_begin(s);
	enrolled("ann");
	enrolled("bob");
	p = scene_go(s, &b, APP);
	p = scene_do(s, &b, &p, named("ann"));
	(void)scene_send(s, &b, &p, "again");
	q = scene_go(s, &b, "https://low.example.org/");
	q = scene_do(s, &b, &q, named("bob"));
	HOLDS("E7", str_is(seen_header(&q, "Remote-User"), "bob"));
	s->now_ms += 61000;
	atomic_store(&told, 0);
	p = scene_do(s, &b, &p, "code");
	HOLDS("E7", p.what == SEEN_PAGE && str_is(p.label, "key"));
	HOLDS("E7", atomic_load(&told) == 1 && atomic_load(&mistold) == 0);
	p = scene_do(s, &b, &p, "code");
	HOLDS("E7", str_is(seen_header(&p, "Remote-User"), "bob"));
	HOLDS("E7", atomic_load(&mistold) == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rolled_back),
		cmocka_unit_test(test_foreign_tokens),
		cmocka_unit_test(test_many_cookies),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_woken_once),
		cmocka_unit_test(test_wait_guesses),
		cmocka_unit_test(test_answer_too_late),
		cmocka_unit_test(test_carried),
		cmocka_unit_test(test_revoked),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_whose_account),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_guesses),
	};

	return cmocka_run_group_tests_name("rounds", tests, set_up,
	    scene_tear_down);
}
