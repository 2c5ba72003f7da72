/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-sessions.c - what a session opens: all pairs of policies, proofs of
 * every kind and age, guards, networks, at login and at each later check
 *
 * docs/security.md's last section, "sessions". A session is made by a login
 * under one policy with a proof as told; a second policy is then visited, its
 * step-up walked, and the first one visited again. The oracle below knows what
 * the policies say, and nothing of the code. "soundness": allowed exactly
 * where the oracle says so; "adding never closes": a proof more takes nothing
 * away; "no back and forth": no two policies send a browser around.
 */
#include "scene.h"

#include <stdio.h>

static const char CONF[] =
    "networks: { here: 192.0.2.0/24 }\n"
    "realms: { corp: {} }\n"
    "groups: { staff: { corp: s } }\n"
    "factors:\n"
    "  pass: { plugin: puppet, realm: corp }\n"
    "  also: { plugin: puppet, realm: corp, issuer: b }\n"
    "  key: { plugin: stick }\n"
    "enrol: { key: { first_login: true } }\n"
    "session: { idle: 2h, lifetime: 10h }\n"
    "policies:\n"
    "  - { match: { host: p0.example.org }, require: [ pass ] }\n"
    "  - { match: { host: p1.example.org }, require: [ pass then key ] }\n"
    "  - match: { host: p2.example.org }\n"
    "    require: [ pass then key ]\n"
    "    fresh: { key: 10m }\n"
    "  - match: { host: p3.example.org }\n"
    "    require: [ pass where group staff ]\n"
    "  - match: { host: p4.example.org }\n"
    "    require:\n"
    "      - pass then key where not group staff\n"
    "      - also then key where group staff\n"
    "  - match: { host: p5.example.org }\n"
    "    require: [ pass | also then key ]\n"
    "    accept: recovery\n"
    "  - { match: { host: p6.example.org }, require: [ also then key ] }\n"
    "  - match: { host: p7.example.org, network: here }\n"
    "    require: [ pass then key ]\n"
    "  - { match: { host: p7.example.org }, deny: true }\n"
    "  - match: { host: p8.example.org }\n"
    "    require: [ pass then key ]\n"
    "    accept: recovery\n"
    "    fresh: { pass: 10m }\n"
    "  - match: { host: p9.example.org }\n"
    "    require: [ pass where network here, pass then key ]\n"
    "  - match: { host: p10.example.org }\n"
    "    require:\n"
    "      - pass where network here and not group staff\n"
    "      - pass then key\n"
    "  - match: { host: p11.example.org }\n"
    "    require:\n"
    "      - pass where network here\n"
    "      - pass then key where not network here\n";

enum { PASS, ALSO, KEY, FACTORS };
enum kind { NONE = 0, PROVED, RECOVERY, REMEMBERED, KINDS };
enum age { FRESH = 0, OLD, UNTOLD, AHEAD, AGES };
enum group { STAFF = 0, OTHER, UNTOLD_GROUPS, GROUPS };

#define POLICIES 12u
#define ELSEWHERE "198.51.100.9"
#define MIN_MS	INT64_C(60000)

/* A session as the oracle has it: age_ms < 0 is not known. */
struct held {
	bool live;
	struct { enum kind kind; int64_t made_ms; bool untold; } v[FACTORS];
	enum group group;
	int64_t groups_ms;
};

/* guards: 1 staff, -1 not staff; 2 here, -2 not here; 3 here and not staff */
struct word { int first, second; int guard; };
static const struct rule {
	struct word ways[2];
	unsigned nways;
	int fresh;			/* factor, or -1 */
	bool recovery, here;
} rules[POLICIES] = {
	{ { { PASS, -1, 0 } }, 1, -1, false, false },
	{ { { PASS, KEY, 0 } }, 1, -1, false, false },
	{ { { PASS, KEY, 0 } }, 1, KEY, false, false },
	{ { { PASS, -1, 1 } }, 1, -1, false, false },
	{ { { PASS, KEY, -1 }, { ALSO, KEY, 1 } }, 2, -1, false, false },
	{ { { PASS, KEY, 0 }, { ALSO, KEY, 0 } }, 2, -1, true, false },
	{ { { ALSO, KEY, 0 } }, 1, -1, false, false },
	{ { { PASS, KEY, 0 } }, 1, -1, false, true },
	{ { { PASS, KEY, 0 } }, 1, PASS, true, false },
	{ { { PASS, -1, 2 }, { PASS, KEY, 0 } }, 2, -1, false, false },
	{ { { PASS, -1, 3 }, { PASS, KEY, 0 } }, 2, -1, false, false },
	{ { { PASS, -1, 2 }, { PASS, KEY, -2 } }, 2, -1, false, false },
};

static struct scene *s;
static unsigned ncases, nallowed, nstepped;
static char told[300];			/* the case, for a failure */

static const char *
host_url(unsigned p)
{
	static char url[64];

	(void)snprintf(url, sizeof(url), "https://p%u.example.org/", p);
	return url;
}

/* ------------------------------------------------------------------ */
/* the oracle */

static bool
held_counts(const struct held *h, int f, const struct rule *r)
{
	if (h->v[f].kind == NONE || h->v[f].kind == REMEMBERED ||
	    (h->v[f].kind == RECOVERY && !r->recovery))
		return false;
	return r->fresh != f || (!h->v[f].untold &&
	    s->now_ms - h->v[f].made_ms <= 10 * MIN_MS);
}

static bool
guard_holds(const struct held *h, int guard, bool here)
{
	if (guard == 0)
		return true;
	if (guard == 2 || guard == -2)
		return here == (guard > 0);
	if (guard == 3)
		return here && guard_holds(h, -1, here);
	if (h->group == UNTOLD_GROUPS ||
	    s->now_ms - h->groups_ms > 15 * MIN_MS)
		return false;
	return (h->group == STAFF) == (guard > 0);
}

static bool
opens(const struct held *h, unsigned p, bool here)
{
	const struct rule *r = &rules[p];

	for (unsigned i = 0; h->live && i < r->nways; i++)
		if (guard_holds(h, r->ways[i].guard, here) &&
		    held_counts(h, r->ways[i].first, r) &&
		    (r->ways[i].second < 0 ||
		    held_counts(h, r->ways[i].second, r)))
			return true;
	return false;
}

/* ------------------------------------------------------------------ */

static int
factor_asked(const struct seen *p)
{
	static const char *const names[] = { "pass", "also", "key" };

	for (int f = 0; f < FACTORS; f++)
		if (str_is(p->label, names[f]))
			return f;
	return -1;
}

struct proof_as { enum kind kind; enum age age; enum group group; };

static const char *
words_for(int f, const struct proof_as *as, bool plain)
{
	static const char *const kinds[] = { "", "", " recovery",
	    " remembered" };
	static const char *const ages[] = { "", " ago=1200", " untold",
	    " ago=-30" };
	static const char *const groups[] = { " groups=s", " groups=x", "" };
	static char words[200];

	(void)snprintf(words, sizeof(words), "%s%s%s%s", f == KEY ? "code" :
	    "grant subject=ann", f == KEY ? "" : groups[as->group],
	    plain || f != KEY ? "" : kinds[as->kind],
	    plain ? "" : ages[as->age]);
	return words;
}

static void
held_add(struct held *h, int f, const struct proof_as *as, bool plain)
{
	static const int64_t ages[] = { 0, 20 * MIN_MS, 0, -MIN_MS / 2 };

	h->v[f].kind = plain || f != KEY ? PROVED : as->kind;
	h->v[f].made_ms = s->now_ms - (plain ? 0 : ages[as->age]);
	h->v[f].untold = !plain && as->age == UNTOLD;
	/* groups come as one set from who named the person first (E11) */
	if (f != KEY && h->groups_ms == 0) {
		h->group = as->group;
		h->groups_ms = s->now_ms;
	}
}

/* Answers what is asked until nothing more is. A proof that the policy does
 * not take ends the walk. */
static struct seen
walk(struct browser *b, struct seen p, struct held *h,
    const struct proof_as *as, bool plain)
{
	for (unsigned i = 0; i < 5 && p.what == SEEN_PAGE; i++) {
		int f = factor_asked(&p);

		if (f < 0 && p.buttons.n > 0 && p.action.n > 0) {
			p = scene_choose(s, b, &p, i % 2 == 0 ? "pass" :
			    "also");
			f = factor_asked(&p);
		}
		if (f < 0)
			return p;
		p = scene_do(s, b, &p, words_for(f, as, plain));
		held_add(h, f, as, plain);
	}
	return p;
}

static struct seen
visit_policy(struct browser *b, unsigned p)
{
	struct seen r = scene_go(s, b, host_url(p));

	if (r.what == SEEN_LOST)
		fail_msg("no back and forth does not hold: sent around for "
		    "ever: %s", told);
	return r;
}

#define CASE_HOLDS(property, condition) do {				\
	if (!(condition))						\
		fail_msg("%s does not hold: %s; %s", property,		\
		    #condition, told);					\
} while (0)

/* The session as it is, at a policy: allowed if and only if it opens it. */
static bool
sound(struct browser *b, const struct held *h, unsigned p)
{
	bool here = strcmp(b->client, ELSEWHERE) != 0;
	bool want = opens(h, p, here) && (here || !rules[p].here);
	struct seen r = visit_policy(b, p);

	CASE_HOLDS("soundness", (r.what == SEEN_ALLOWED) == want);
	CASE_HOLDS("soundness", r.what != SEEN_ALLOWED || str_is(seen_header(&r,
	    "Remote-User"), "ann"));
	nallowed += r.what == SEEN_ALLOWED;
	return r.what == SEEN_ALLOWED;
}

static void
step_up(struct browser *b, struct held *h, unsigned first, unsigned second,
    const struct proof_as *as)
{
	bool before = sound(b, h, first);
	struct held had = *h;
	struct seen r;

	r = walk(b, visit_policy(b, second), h, as, true);
	CASE_HOLDS("no back and forth", r.what != SEEN_LOST);
	if (r.what != SEEN_ALLOWED) {
		/* nothing was gained; what was open still is */
		CASE_HOLDS("adding never closes", !before ||
		    sound(b, &had, first));
		return;
	}
	nstepped++;
	CASE_HOLDS("soundness", rules[second].here ?
	    strcmp(b->client, ELSEWHERE) != 0 : true);
	CASE_HOLDS("adding never closes", !before ||
	    visit_policy(b, first).what == SEEN_ALLOWED);
	CASE_HOLDS("no back and forth", visit_policy(b, second).what ==
	    SEEN_ALLOWED);
}

static void
one_case(unsigned first, unsigned second, const struct proof_as *as,
    bool later, bool away)
{
	struct browser b = browser_new();
	struct held h = { .live = false };
	struct seen r;

	scene_begin(s);
	ncases++;
	(void)snprintf(told, sizeof(told), "p%u then p%u, kind %d, age %d, "
	    "group %d, %s, %s", first, second, (int)as->kind, (int)as->age,
	    (int)as->group, later ? "20 min later" : "at once",
	    away ? "from elsewhere" : "from here");
	r = walk(&b, visit_policy(&b, first), &h, as, false);
	h.live = r.what == SEEN_ALLOWED;
	CASE_HOLDS("soundness", r.what != SEEN_ALLOWED || opens(&h, first,
	    true));
	if (!h.live)
		return;
	if (later)
		s->now_ms += 20 * MIN_MS;
	if (away)
		b.client = ELSEWHERE;
	(void)sound(&b, &h, second);
	step_up(&b, &h, first, second, as);
}

static void
enrol_ann(void)
{
	struct proof_as plain = { PROVED, FRESH, STAFF };
	struct browser b = browser_new();
	struct held h = { .live = false };
	struct seen r = walk(&b, visit_policy(&b, 1), &h, &plain, true);

	assert_int_equal(r.what, SEEN_ALLOWED);
}

static void
test_pairs(void **state)
{
	/* one of three; with CSN_TEST_ALL set, all there are */
	unsigned n = 0, stride = getenv("CSN_TEST_ALL") != NULL ? 1 :
	    3 * T_SLOW;

	(void)state;
	s = scene_new(CONF);
	enrol_ann();
	for (unsigned i = 0; i < POLICIES * POLICIES * (KINDS - 1) * AGES *
	    GROUPS * 4; i++) {
		unsigned k = i;
		struct proof_as as;
		unsigned first = k % POLICIES, second = (k /= POLICIES) %
		    POLICIES;

		k /= POLICIES;
		as.kind = (enum kind)(1 + k % (KINDS - 1));
		as.age = (enum age)((k /= KINDS - 1) % AGES);
		as.group = (enum group)((k /= AGES) % GROUPS);
		k /= GROUPS;
		/* kinds differ only where a key is asked for first */
		if (as.kind != PROVED && (rules[first].ways[0].second < 0 ||
		    as.age == AHEAD))
			continue;
		if (n++ % stride != 0)
			continue;
		one_case(first, second, &as, (k & 1) != 0, (k & 2) != 0);
	}
	print_message("# %u cases, %u times allowed, %u step-ups\n", ncases,
	    nallowed, nstepped);
	assert_true(nallowed > ncases / 4 && nstepped > ncases / 8);
	scene_free(s);
}

/* The login's host and the application's see different addresses: what both
 * do not say is not known, and nobody is sent back and forth. */
static void
test_two_addresses(void **state)
{
	static const struct { const char *check, *login; bool bypass; }
	rows[] = {
		{ "192.0.2.7", "192.0.2.8", true },
		{ "192.0.2.7", ELSEWHERE, false },
		{ ELSEWHERE, "192.0.2.7", false },
		{ ELSEWHERE, "198.51.100.8", false },
	};
	struct proof_as plain = { PROVED, FRESH, STAFF };

	(void)state;
	s = scene_new(CONF);
	enrol_ann();
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct browser b = browser_new();
		struct held h = { .live = false };
		struct seen r;

		(void)snprintf(told, sizeof(told), "row %u", i);
		scene_begin(s);
		b.client = rows[i].check;
		b.at_login = rows[i].login;
		r = walk(&b, visit_policy(&b, 9), &h, &plain, true);
		CASE_HOLDS("two addresses", r.what == SEEN_ALLOWED);
		CASE_HOLDS("two addresses", (h.v[KEY].kind == NONE) ==
		    rows[i].bypass);
		/* without an alternative: refused in words, not sent around */
		b = browser_new();
		h = (struct held){ .live = false };
		b.client = rows[i].check;
		b.at_login = rows[i].login;
		r = walk(&b, visit_policy(&b, 11), &h, &plain, true);
		CASE_HOLDS("two addresses", (r.what == SEEN_ALLOWED) ==
		    (i == 0 || i == 3));
	}
	scene_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_two_addresses),
	};

	return cmocka_run_group_tests_name("sessions", tests, NULL, NULL);
}
