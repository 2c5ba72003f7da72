/* SPDX-License-Identifier: Apache-2.0 */
/*
 * visit.c - a request arrives, is read, handed to its page, and answered once
 *
 * Reading happens on the caller's thread and allocates little; all that may
 * block goes to a pool. It must never answer twice, nor not at all.
 */
#include <stdlib.h>

#include "cookie.h"
#include "lib/secret.h"
#include "lib/text.h"
#include "lib/url.h"
#include "notice.h"
#include "recent.h"
#include "reference.h"
#include "visit.h"

#define FORM_PAIRS_MAX	64u

void
visit_answer(struct visit *v)
{
	struct gate_conf *gc = v->gc;
	struct csn_gate *gate = v->gate;

	if (v->set_language && v->view.ncookies < VISIT_COOKIES_MAX)
		visit_cookie(v, STR(COOKIE_LANGUAGE), v->language,
		    365 * 86400, 0);
	v->view.cookies = v->cookies;
	v->seen(v->seen_arg, &v->view);
	buf_free(&v->raw);
	buf_free(&v->ahead_raw);
	arena_free(&v->arena);
	secret_wipe(&v->x, sizeof(v->x));
	free(v);
	gate_drop(gc);
	gate_visit_end(gate);
}

static void
work_run(void *arg)
{
	struct visit *v = arg;

	v->work(v);
}

int
visit_hand_over(struct visit *v, struct pool *pool,
    void (*work)(struct visit *))
{
	bool on_loop = v->on_loop;

	v->work = work;
	v->on_loop = false;
	/* from here on the visit may be another thread's */
	if (pool_run(pool, work_run, v) == 0)
		return 0;
	v->on_loop = on_loop;
	return -1;
}

void
visit_continue(struct visit *v, int factor, void (*work)(struct visit *))
{
	struct pool *pool = v->gate->work;

	if (factor >= 0 && v->gc->factors[factor].pool != NULL)
		pool = v->gc->factors[factor].pool;
	if (visit_hand_over(v, pool, work) < 0)
		page_trouble(v, "too many logins at once");
}

void
visit_cookie(struct visit *v, struct csn_str name, struct csn_str value,
    int64_t max_age_s, uint32_t flags)
{
	struct csn_cookie *c;

	if (v->view.ncookies == VISIT_COOKIES_MAX)
		return;
	c = &v->cookies[v->view.ncookies++];
	*c = (struct csn_cookie){ .name = name, .value = value,
	    .max_age_s = max_age_s, .flags = flags };
}

void
visit_redirect(struct visit *v, struct csn_str url)
{
	if (url.n == 0) {
		page_trouble(v, "out of memory");
		return;
	}
	v->view.kind = CSN_V_REDIRECT;
	v->view.status = 303;
	v->view.url = url;
	answer_send(v);
}

struct csn_str
visit_reference(struct visit *v)
{
	if (v->reference.n == 0)
		v->reference = visit_reference_of_call(v);
	return v->reference;
}

struct csn_str
visit_reference_of_call(struct visit *v)
{
	if (v->next_reference.n == 0)
		v->next_reference = reference_new(&v->arena);
	return v->next_reference;
}

static int
audit_put(struct visit *v, const char *event, const char *reason,
    const struct person *p, int factor)
{
	struct audit_event e = { .event = str_from(event),
	    .reason = str_from(reason), .reference = v->reference,
	    .client = v->in->client, .user_agent = v->in->user_agent,
	    .time_ms = v->now_ms };
	int rc;

	if (p != NULL && p->named) {
		e.realm = p->realm_name;
		e.subject = p->subject;
	}
	if (factor >= 0)
		e.factor = v->conf->factors[factor].name;
	if (v->have_exchange && v->x.policy >= 0)
		e.policy = v->conf->policies[v->x.policy].name;
	else
		e.policy = v->policy_name;
	if (v->have_target)
		e.host = v->target.host;
	rc = audit_write(v->gate->audit, &e);
	v->referred |= rc == 0 && v->reference.n > 0;
	atomic_store(&v->gate->audit_broken, rc < 0);
	return rc;
}

int
visit_audit(struct visit *v, const char *event, const char *reason,
    int factor)
{
	const struct person *p = v->have_exchange && v->x.person.named ?
	    &v->x.person : v->have_session ? &v->session.person : NULL;

	return audit_put(v, event, reason, p, factor);
}

int
visit_audit_person(struct visit *v, const char *event,
    const char *reason, const struct person *p, int factor)
{
	return audit_put(v, event, reason, p->named ? p : &v->x.person, factor);
}

static struct notice
notice_here(const struct visit *v, enum conf_notice kind, int factor)
{
	const struct person *p = &v->x.person;
	struct notice n = { .kind = kind, .realm = p->realm_name,
	    .subject = p->subject, .language = v->language,
	    .client = v->in->client, .time_ms = v->now_ms };

	if (str_is(v->conf->notify.to, "mail"))
		n.mail = p->mail;
	if (factor >= 0)
		n.factor = v->conf->factors[factor].name;
	return n;
}

void
visit_notice(struct visit *v, enum conf_notice kind, int factor)
{
	struct notice n = notice_here(v, kind, factor);

	notice_put(v->gate, v->conf, &n);
}

void
visit_notice_with(struct visit *v, enum conf_notice kind, int factor)
{
	struct notice n = notice_here(v, kind, factor);
	struct buf key, value;
	struct store_op op;

	buf_init(&key, STORE_KEY_MAX);
	buf_init(&value, STORE_VALUE_MAX);
	if (notice_op(v->gate, v->conf, &n, &op, &key, &value) == 1)
		answer_write(v, &op, false);
	buf_free(&key);
	buf_free(&value);
}

void
visit_recent(struct visit *v, const struct person *p, const char *event,
    int factor, struct csn_str detail, bool failure)
{
	struct recent e = { .time_ms = v->now_ms, .event = str_from(event),
	    .detail = detail, .client = v->in->client,
	    .user_agent = v->in->user_agent };
	uint8_t memory[STORE_KEY_MAX + 1];
	struct buf key, value;
	struct store_op op;

	if (!p->named)
		return;
	if (factor >= 0)
		e.factor = v->conf->factors[factor].name;
	buf_init_fixed(&key, memory, sizeof(memory));
	buf_init(&value, 4096);
	if (recent_op(v->gate->sealer, p->realm_name, p->subject, &e, failure,
	    &op, &key, &value) == 0)
		answer_write(v, &op, false);
	buf_free(&key);
	buf_free(&value);
}

bool
visit_same_origin(const struct visit *v)
{
	struct csn_str want = STR("https://");

	if (v->in->origin.n > 0)
		return str_starts(v->in->origin, want) &&
		    str_equal_fold(str_from_at(v->in->origin, want.n),
		    v->conf->login_host);
	/* browsers of before 2020 send neither; the token in the body and
	 * SameSite=Lax stand then */
	return v->in->site.n == 0 || str_is(v->in->site, "same-origin");
}

/* ------------------------------------------------------------------ */

static bool
language_known(const struct conf *conf, struct csn_str tag)
{
	for (size_t i = 0; i < conf->site.languages.n; i++)
		if (str_equal_fold(conf->site.languages.v[i], tag))
			return true;
	return false;
}

/* The first language of Accept-Language that the site has; weights are
 * ignored, for browsers write them in order. */
static struct csn_str
language_accepted(const struct visit *v)
{
	struct csn_str rest = v->in->accept_language, item;
	ptrdiff_t end;

	for (int i = 0; i < 16 && str_cut(&rest, ',', &item); i++) {
		end = str_index(item, ';');
		if (end >= 0)
			item.n = (size_t)end;
		item = str_trim(item);
		end = str_index(item, '-');
		if (end > 0)
			item.n = (size_t)end;
		for (size_t k = 0; k < v->conf->site.languages.n; k++)
			if (str_equal_fold(v->conf->site.languages.v[k], item))
				return v->conf->site.languages.v[k];
	}
	return v->conf->site.languages.v[0];
}

static void
language_choose(struct visit *v)
{
	struct csn_str asked = pairs_get(v->query, STR("lang")), kept;

	if (asked.p != NULL && language_known(v->conf, asked)) {
		v->language = asked;
		v->set_language = true;
		return;
	}
	if (cookie_values(v->in->cookies, STR(COOKIE_LANGUAGE), &kept, 1) ==
	    1 && language_known(v->conf, kept))
		v->language = kept;
	else
		v->language = language_accepted(v);
}

static int
form_read(struct visit *v)
{
	struct csn_str type = v->in->content_type;
	ptrdiff_t end = str_index(type, ';');

	if (!v->post)
		return 0;
	if (end >= 0)
		type.n = (size_t)end;
	if (v->in->body.n > VISIT_BODY_MAX || !str_equal_fold(str_trim(type),
	    STR("application/x-www-form-urlencoded")))
		return -1;
	return form_parse(&v->arena, v->in->body, FORM_PAIRS_MAX, &v->form);
}

/* The target is in the query, or in the form that a page of ours sent. */
static void
target_read(struct visit *v)
{
	struct csn_str text = pairs_get(v->query, STR(FIELD_TARGET));

	if (text.p == NULL)
		text = pairs_get(v->form, STR(FIELD_TARGET));
	if (text.p == NULL)
		return;
	v->have_target = target_open(&v->arena, v->gate->sealer, v->conf,
	    text, v->now_ms, &v->target) == 0;
	if (v->have_target)
		v->target_text = text;
}

static uint32_t
visit_read(struct visit *v)
{
	uint32_t status;

	v->post = str_is(v->in->method, "POST");
	if (!v->post && !str_is(v->in->method, "GET") &&
	    !str_is(v->in->method, "HEAD"))
		return 405;
	status = visit_route(v);
	if (status != 0)
		return status;
	v->malformed = v->in->query.n > 0 && form_parse(&v->arena,
	    v->in->query, FORM_PAIRS_MAX, &v->query) < 0;
	if (v->malformed && v->route != ROUTE_ENDPOINT)
		return 400;
	language_choose(v);
	if (v->route != ROUTE_ENDPOINT && form_read(v) < 0)
		return 400;
	v->have_client = ip_parse(v->in->client, &v->client) == 0;
	target_read(v);
	return 0;
}

static void
visit_dispatch(struct visit *v)
{
	switch (v->route) {
	case ROUTE_LOGIN:
		if (v->post)
			visit_login_post(v);
		else if (visit_login_is_new(v))
			visit_login(v);
		else
			visit_continue(v, -1, visit_login);
		return;
	case ROUTE_SAVE:
		visit_save(v);
		return;
	case ROUTE_LOGOUT:
		visit_continue(v, -1, visit_logout);
		return;
	case ROUTE_ENROL:
		visit_continue(v, -1, visit_enrol);
		return;
	case ROUTE_ACCOUNT:
		visit_continue(v, -1, visit_account);
		return;
	case ROUTE_DESK:
		visit_continue(v, -1, visit_desk);
		return;
	case ROUTE_ENDPOINT:
		visit_endpoint(v);
		return;
	case ROUTE_START:
		visit_start(v);
		return;
	case ROUTE_ENTER:
		visit_continue(v, -1, visit_enter);
		return;
	case ROUTE_APP_LOGOUT:
		visit_continue(v, -1, visit_app_logout);
		return;
	case ROUTE_DENIED:
		page_denied(v, "refused by the gateway");
		return;
	case ROUTE_UNKNOWN:
		break;
	}
	page_unknown(v, 404);
}

void
csn_gate_visit(struct csn_gate *gate, const struct csn_visit *in,
    csn_seen *seen, void *arg)
{
	static const struct csn_view busy = { .kind = CSN_V_BODY,
	    .status = 503, .retry_after_s = 5 };
	struct visit *v = malloc(sizeof(*v));
	uint32_t status;

	if (v == NULL) {
		seen(arg, &busy);
		return;
	}
	memset(v, 0, offsetof(struct visit, pending));
	atomic_fetch_add(&gate->counts[CSN_COUNT_VISIT], 1);
	v->gate = gate;
	gate_visit_begin(gate);
	v->gc = gate_hold(gate);
	v->conf = v->gc->conf;
	v->in = in;
	v->seen = seen;
	v->seen_arg = arg;
	v->now_ms = gate_now_ms(gate);
	v->on_loop = true;
	v->swapped_by = -1;
	v->language = v->conf->site.languages.v[0];
	arena_init_with(&v->arena, 4u << 20, v->memory, sizeof(v->memory));
	buf_init(&v->raw, STORE_VALUE_MAX);
	buf_init(&v->ahead_raw, STORE_VALUE_MAX);
	status = visit_read(v);
	if (status != 0)
		page_unknown(v, status);
	else
		visit_dispatch(v);
}
