/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate_check.c - may this request pass: from memory, in one pass
 *
 * Facts, policy, session, guards, headers; each step that does not know says
 * no. It must never answer CSN_ALLOW anywhere but in allow(), and that only
 * for `public` or for a session that satisfies the policy now.
 */
#include "gate_check_impl.h"
#include "lib/timefmt.h"
#include "lib/url.h"
#include "target.h"
#include "visit.h"

#define JUST_NOW_MS	10000	/* a hand-over so long ago and no more */

/* The line that the application gets, without ours. */
static int
cookies_read(struct check *k)
{
	return cookie_split(&k->arena, k->facts->cookies, STR(COOKIE_SESSION),
	    &k->cookies);
}

/* The identity headers, and the request's cookies without ours. */
static int
headers_make(struct check *k, bool with_person)
{
	const struct person *p = with_person ? &k->session->person : NULL;
	struct csn_strs groups = { NULL, 0 };

	if (p != NULL)
		groups = k->known.groups_ms > p->groups_ms ?
		    k->known.groups : p->groups;
	k->ret->cookie = k->cookies.others;
	return gate_headers(&k->arena, k->conf, p, groups, &k->ret->headers);
}

static void
allow(struct check *k)
{
	if (headers_make(k, k->policy->kind == CONF_REQUIRE) < 0) {
		refusal_make(k, "the request's cookies or groups are too long");
		return;
	}
	k->ret->policy = k->policy->name;
	k->ret->outcome = CSN_ALLOW;
	gate_count(k->gate, k->lane, CSN_COUNT_ALLOW);
}

/* A page load that a redirect helps; scripts and API clients get a bare 401
 * (security.md S6). */
static bool
is_navigation(const struct csn_facts *f)
{
	if (f->purpose.n > 0 || f->requested_with.n > 0)
		return false;
	if (f->mode.n > 0)
		return str_is(f->mode, "navigate") && (f->dest.n == 0 ||
		    str_is(f->dest, "document") || str_is(f->dest, "iframe"));
	return str_find(f->accept, STR("text/html")) >= 0;
}

/* Where the login leads back to. What two readers could read in two ways does
 * not become a redirect: the host's root does (S11). */
static struct csn_str
return_url(struct check *k)
{
	struct url u;

	if (k->facts->url.n <= TARGET_URL_MAX &&
	    url_parse(k->facts->url, &u) == 0)
		return k->facts->url;
	return arena_printf(&k->arena, "https://%.*s:%u/",
	    STR_FMT(k->rq.host), k->rq.port);
}

/* When this host got the session that does not suffice, if that was just now:
 * the login's host may be about to hand over the same again. */
static int64_t
handed_just_now(const struct check *k)
{
	if (!k->have_session ||
	    k->now_ms - k->session->issued_ms > JUST_NOW_MS)
		return 0;
	return k->session->issued_ms;
}

/* Where the login shares a host, its own pages are no application's. */
static bool
is_login_page(const struct check *k)
{
	struct csn_str page = k->conf->login_path;
	struct csn_str path = k->rq.raw_path;

	return k->conf->shared_origin && str_starts(path, page) &&
	    (path.n == page.n || path.p[page.n] == '/');
}

static void __attribute__((noinline, cold))
login(struct check *k)
{
	struct target t = { .url = return_url(k), .host = k->rq.host,
	    .port = k->rq.port, .made_ms = k->now_ms, .reason = k->ended,
	    .has_client = k->rq.have_client, .client = k->rq.client,
	    .handed_ms = handed_just_now(k) };
	struct buf b;
	void *m;

	/* sent there, a browser would come here again, and so on */
	if (is_login_page(k)) {
		refusal_make(k, "the proxy hands the login's own pages, "
		    "`public_url`, to the check instead of to us");
		return;
	}
	k->ret->outcome = CSN_LOGIN;
	k->ret->policy = k->policy->name;
	gate_count(k->gate, k->lane, CSN_COUNT_LOGIN);
	if (!is_navigation(k->facts))
		return;
	m = arena_alloc(&k->arena, TARGET_TEXT_MAX + 512);
	if (m == NULL)
		return;
	buf_init_fixed(&b, m, TARGET_TEXT_MAX + 512);
	target_start_url(&b, k->gate->sealer, k->conf, &t);
	if (!buf_failed(&b))
		k->ret->login_url = buf_str(&b);
}

/* The host a cookie is sealed for: with the port where it is not 443. */
static struct csn_str
cookie_host(struct check *k)
{
	return k->rq.port == 443 ? k->rq.host : arena_printf(&k->arena,
	    "%.*s:%u", STR_FMT(k->rq.host), k->rq.port);
}

static int
session_read_cookie(struct check *k, struct csn_str host,
    struct csn_str value, struct session *ret)
{
	struct csn_str packed;
	const uint8_t *id;

	if (session_unseal(&k->arena, k->gate->sealer, host, value, &packed,
	    &id) < 0)
		return -1;
	known_expect(k->gate->known, id);
	return session_take(&k->arena, k->conf, packed, k->now_ms, ret);
}

/* Up to four are tried; two different valid sessions are none (S3). */
static void
session_find(struct check *k, struct session room[2])
{
	struct csn_str host;

	if (k->cookies.n == 0 || k->cookies.n > COOKIE_VALUES_MAX)
		return;
	host = cookie_host(k);
	for (size_t i = 0; i < k->cookies.n; i++) {
		struct session *s = &room[k->session == &room[0]];

		if (session_read_cookie(k, host, k->cookies.v[i], s) < 0)
			continue;
		if (k->have_session && memcmp(k->session->id, s->id,
		    sizeof(s->id)) != 0) {
			k->have_session = false;
			k->ended = TARGET_TWO_SESSIONS;
			refusal_tell(k, "two-sessions", "S3");
			return;
		}
		k->session = s;
		k->have_session = true;
	}
}

static enum known_state
session_state(struct check *k)
{
	enum known_state state;

	state = known_see(k->gate->known, k->session, k->now_ms,
	    check_idle_ms(k), &k->known);
	if (state == KNOWN_NOT && k->may_block)
		state = check_read_session(k);
	return state == KNOWN_OLD ? check_read_enrolled(k) : state;
}

static void
client_facts(const struct check *k, struct guard_facts *g)
{
	if (k->rq.have_client)
		guard_facts_client(g, k->conf, &k->rq.client);
}

static void
facts_make(struct check *k, struct guard_facts *g)
{
	if (k->known.groups_ms > k->session->person.groups_ms) {
		k->session->person.groups = k->known.groups;
		k->session->person.groups_ms = k->known.groups_ms;
	}
	session_facts(k->session, k->conf, k->now_ms, g);
	if (!g->groups_known)
		k->session->person.groups = (struct csn_strs){ NULL, 0 };
}

static bool
too_long(const struct check *k)
{
	int64_t s = k->policy->lifetime_s;

	return s != 0 && k->now_ms - k->session->created_ms > s * 1000;
}

/* Asked again where that may take its time, if it may be for want of that. */
static void
session_short(struct check *k)
{
	if (k->old && !k->may_block &&
	    policy_guards(k->policy, GUARD_UNENROLLED))
		k->ret->outcome = CSN_LATER;
	else
		login(k);
}

/* Nobody can be asked for them, and gate_renew() had its turn with this session
 * not long ago: what another node may have got would be here. No check needs a
 * worker to find that out again. */
static bool
groups_lost(const struct check *k)
{
	return k->now_ms - k->known.asked_ms < gate_renew_age_ms(k->conf) &&
	    !gate_can_look_up(k->gc, k->session->person.realm);
}

static void
session_judge(struct check *k)
{
	struct guard_facts g;

	facts_make(k, &g);
	client_facts(k, &g);
	if (k->session->person.groups_known && !g.groups_known &&
	    !groups_lost(k)) {
		if (!k->may_block) {
			k->ret->outcome = CSN_LATER;
			return;
		}
		if (check_read_groups(k, &g) == STORE_ABSENT) {
			session_end(k->gate, k->session->id, k->now_ms);
			k->ended = TARGET_ENDED;
			login(k);
			return;
		}
		client_facts(k, &g);
	}
	if (too_long(k) || !proofs_satisfy(&k->session->proofs, k->conf,
	    k->policy, k->session->person.realm, &g))
		session_short(k);
	else if (!allow_holds(&k->policy->allow, &g))
		refusal_make(k, "this account may not use this address");
	else
		allow(k);
}

static void
check_session(struct check *k)
{
	struct session room[2];		/* written as far as it is read */

	session_find(k, room);
	if (!k->have_session || !follow_current(k->gate->follow)) {
		login(k);
		return;
	}
	switch (session_state(k)) {
	case KNOWN_LIVE:
	case KNOWN_OLD:
		session_judge(k);
		break;
	case KNOWN_NOT:
		if (!k->may_block) {
			k->ret->outcome = CSN_LATER;
			break;
		}
		login(k);
		break;
	case KNOWN_ENDED:
		k->ended = TARGET_ENDED;
		login(k);
		break;
	}
	known_leave(k->gate->known, &k->known);
	k->have_session = false;
}

static void
check_policy(struct check *k)
{
	const char *why = "the login host is no application's (S2)";
	int i = -1;

	/* a wildcard may cover it; its cookie is the anchor of all others */
	if (k->conf->shared_origin ||
	    !str_equal(cookie_host(k), k->conf->login_host))
		i = policy_match(k->gc->index, &k->rq, &why);
	if (i < 0) {
		refusal_make(k, why);
		return;
	}
	k->policy = &k->conf->policies[i];
	if (cookies_read(k) < 0) {
		refusal_make(k, "the request's cookies are too long");
		return;
	}
	switch (k->policy->kind) {
	case CONF_PUBLIC:
		allow(k);
		return;
	case CONF_DENY:
		refusal_make(k, "the policy denies");
		return;
	case CONF_REQUIRE:
		check_session(k);
		return;
	}
	refusal_make(k, "the policy has no kind");
}

/* By the kernel's last tick: nothing here turns on milliseconds. */
static int64_t
check_now_ms(struct csn_gate *gate)
{
	return gate->options.now_ms != NULL ? gate_now_ms(gate) :
	    clock_wall_tick_ms();
}

static void
check_request(struct check *k)
{
	if (policy_request_read(&k->arena, k->facts->url, &k->rq) < 0) {
		refusal_make(k, "the original address was not told, or cannot "
		    "be read");
		return;
	}
	k->rq.method = k->facts->method;
	k->rq.method_overridden = k->facts->method_override.n > 0;
	k->rq.have_client = policy_reads_network(k->gc->index) &&
	    ip_parse(k->facts->client, &k->rq.client) == 0;
	check_policy(k);
}

/* Under a configuration that stays until it is done. */
static void
check(struct check *k, struct gate_conf *gc, void *memory, size_t n)
{
	memset(k->ret, 0, sizeof(*k->ret));
	k->ret->outcome = CSN_REFUSE;
	if (n < 1024)
		return;
	/* the answer lies in this memory, so the arena may take no other */
	arena_init_with(&k->arena, n - 256, memory, n);
	k->now_ms = check_now_ms(k->gate);
	k->gc = gc;
	k->conf = gc->conf;
	check_request(k);
}

__attribute__((flatten)) void
csn_gate_check(struct csn_gate *gate, const struct csn_facts *facts,
    void *memory, size_t n, struct csn_answer *ret)
{
	struct check k = { .gate = gate, .facts = facts, .ret = ret };

	k.lane = gate_enter(gate);
	check(&k, k.lane->now, memory, n);
	gate_leave(k.lane);
}

void
csn_gate_check_blocking(struct csn_gate *gate, const struct csn_facts *facts,
    void *memory, size_t n, struct csn_answer *ret)
{
	struct check k = { .gate = gate, .facts = facts, .ret = ret,
	    .may_block = true };
	struct gate_conf *gc = gate_hold(gate);

	check(&k, gc, memory, n);
	gate_drop(gc);
}
