/* SPDX-License-Identifier: Apache-2.0 */
/*
 * visit_target.c - where a login leads: which policy that is, what it is where
 * nobody said, and how it goes along while the browser is at a provider
 *
 * It must never take an address that target_open() or target_judge() has not
 * passed.
 */
#include "lib/base64url.h"
#include "visit.h"

struct csn_str
visit_account_url(struct visit *v)
{
	return ARENA_JOIN(&v->arena, v->conf->public_url, STR("/account"));
}

/* Where no policy is written for it, whatever the first application asks. */
static int
account_policy(struct visit *v, int *ret)
{
	struct target account = v->target;
	int rc;

	*ret = v->conf->account_policy;
	if (*ret >= 0)
		return 0;
	rc = visit_target_default(v, -1, ret);
	v->target = account;
	return rc;
}

int
visit_target_policy(struct visit *v, int *ret, const char **ret_why)
{
	struct policy_request rq;

	*ret_why = "no application asks for a login";
	if (str_equal(v->target.url, visit_account_url(v)))
		return account_policy(v, ret);
	*ret_why = "there is no help desk";
	*ret = v->conf->desk.policy;
	if (str_equal(v->target.url, visit_desk_url(v)))
		return *ret < 0 ? -1 : 0;
	*ret_why = "the address cannot be read";
	if (policy_request_read(&v->arena, v->target.url, &rq) < 0)
		return -1;
	/* the browser comes back to a page it loads, from where the check saw
	 * it: the login's host may see another address */
	rq.method = STR("GET");
	rq.have_client = v->target.has_client || v->have_client;
	rq.client = v->target.has_client ? v->target.client : v->client;
	*ret = policy_match(v->gc->index, &rq, ret_why);
	return *ret < 0 ? -1 : 0;
}

/* The application's host may be reached from another address than the
 * login's: where the two are not in the same networks, nothing is known of
 * those. A check would not agree, and send the browser back for ever. */
uint64_t
visit_networks_apart(const struct visit *v)
{
	struct guard_facts here, there;

	if (!v->have_target || !v->target.has_client)
		return 0;
	guard_facts_client(&here, v->conf, v->have_client ? &v->client : NULL);
	guard_facts_client(&there, v->conf, &v->target.client);
	return here.networks ^ there.networks;
}

void
visit_facts_network(const struct visit *v, struct guard_facts *facts)
{
	guard_facts_client(facts, v->conf, v->have_client ? &v->client : NULL);
	facts->networks_known &= ~visit_networks_apart(v);
}

void
visit_facts(const struct visit *v, struct guard_facts *ret)
{
	exchange_facts(&v->x, v->enrolled_known, &v->enrolled, v->now_ms,
	    ret);
	visit_facts_network(v, ret);
}

/* Whether a login under this policy may begin with the factor. */
static bool
policy_begins(struct visit *v, int policy, int factor)
{
	struct guard_facts facts;
	struct exchange x;

	if (factor < 0)
		return true;
	exchange_begin(&x, v->conf, (unsigned)policy, v->now_ms);
	exchange_facts(&x, false, NULL, v->now_ms, &facts);
	visit_facts_network(v, &facts);
	return exchange_offers(&x, v->conf, &facts, factor);
}

static bool
target_try(struct visit *v, const struct target *home, int factor, int *ret)
{
	const char *why;

	v->target = *home;
	return visit_target_policy(v, ret, &why) == 0 &&
	    v->conf->policies[*ret].kind == CONF_REQUIRE &&
	    policy_begins(v, *ret, factor);
}

static void
target_text_make(struct visit *v)
{
	struct buf b;

	buf_init(&b, 0);
	target_seal(&b, v->gate->sealer, v->conf, &v->target);
	v->target_text = buf_failed(&b) ? STR("") :
	    arena_str(&v->arena, buf_str(&b));
	buf_free(&b);
}

int
visit_target_default(struct visit *v, int factor, int *ret_policy)
{
	for (size_t i = 0; i < v->gc->nhomes; i++)
		if (target_try(v, &v->gc->homes[i], factor, ret_policy))
			return 0;
	return -1;
}

int
visit_target_named(struct visit *v, struct csn_str url, int factor,
    int *ret_policy)
{
	struct target t;

	return target_judge(&v->arena, v->gc->index, url, &t) == 0 &&
	    target_try(v, &t, factor, ret_policy) ? 0 : -1;
}

void
visit_target_set(struct visit *v)
{
	v->target.made_ms = v->now_ms;
	v->have_target = true;
	target_text_make(v);
}

struct csn_str
visit_desk_url(struct visit *v)
{
	return ARENA_JOIN(&v->arena, v->conf->public_url, STR("/desk"));
}

/* A page of ours on the login host. */
static void
target_page(struct visit *v, struct csn_str url)
{
	struct csn_str host = v->conf->login_host, bare;
	uint64_t port = 443;

	if (str_cut(&host, ':', &bare) && host.n > 0)
		(void)str_u64(host, 65535, &port);
	v->target = (struct target){ .url = url, .host = bare,
	    .port = (uint16_t)port };
	visit_target_set(v);
}

void
visit_target_account(struct visit *v)
{
	target_page(v, visit_account_url(v));
}

void
visit_target_desk(struct visit *v)
{
	target_page(v, visit_desk_url(v));
}

/* Without the doubled base64 of a sealed text in a sealed cookie. */
static struct csn_str
target_bytes(struct visit *v)
{
	struct csn_str ret = STR("");
	struct buf b;

	buf_init(&b, TARGET_TEXT_MAX);
	if (base64url_decode(&b, v->target_text) == 0)
		ret = arena_str(&v->arena, buf_str(&b));
	buf_free(&b);
	return ret;
}

void
visit_target_keep(struct visit *v)
{
	struct target whole = v->target;

	if (!v->have_target)
		return;
	v->x.target = target_bytes(v);
	if (v->x.target.n <= TARGET_AWAY_MAX)
		return;
	v->target.url = arena_printf(&v->arena, "https://%.*s/",
	    STR_FMT(target_host(&v->arena, &v->target)));
	target_text_make(v);
	v->x.target = target_bytes(v);
	v->target = whole;
}

void
visit_target_back(struct visit *v)
{
	struct csn_str text;
	struct buf b;

	if (v->x.target.n == 0)
		return;
	buf_init(&b, TARGET_TEXT_MAX);
	base64url_encode(&b, v->x.target);
	text = arena_str(&v->arena, buf_str(&b));
	buf_free(&b);
	v->have_target = target_open(&v->arena, v->gate->sealer, v->conf,
	    text, v->now_ms, &v->target) == 0;
	v->target_text = v->have_target ? text : STR("");
}
