/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin_gate.c - the operator's command beside a running daemon: what its acts
 * share, throttles, links
 *
 * Everything goes through the store and its feed, so that each node sees it.
 * Each act is audited with who did it; an act that cannot be audited does not
 * happen.
 */
#include "admin.h"
#include "json_out.h"
#include "people_kept.h"
#include "subject.h"
#include "visit.h"

#define LINK_BYTES	(1u << 20)	/* what a directory says of a person */

int
admin_audit(struct csn_gate *g, const char *event, struct csn_str who,
    struct csn_str realm, struct csn_str subject, struct csn_str factor)
{
	struct csn_pair by = { STR("by"), who };
	struct audit_event e = { .time_ms = gate_now_ms(g),
	    .event = str_from(event), .realm = realm, .subject = subject,
	    .factor = factor, .details = { &by, 1 } };

	return audit_write(g->audit, &e);
}

/* The realm of this name, or the only one if none was given. */
static int
realm_of(const struct conf *conf, struct csn_str name)
{
	int only = -1;

	if (name.n > 0)
		return conf_realm_find(conf, name);
	for (size_t i = 0; i < conf->nrealms; i++) {
		if (!conf->realms[i].identifies)
			continue;
		if (only >= 0)
			return -1;
		only = (int)i;
	}
	return only;
}

int
admin_person(const struct conf *conf, struct arena *a, struct csn_str realm,
    struct csn_str subject, struct person *ret, struct csn_str *ret_error)
{
	int r = realm_of(conf, realm);

	memset(ret, 0, sizeof(*ret));
	if (r < 0)
		return json_fail(ret_error, "there is no realm `%.*s`, or "
		    "more than one and none was named", STR_FMT(realm));
	if (subject_canonical(a, conf->realms[r].keep_case, subject,
	    &ret->subject) < 0)
		return json_fail(ret_error, "`%.*s` is not a usable name",
		    STR_FMT(subject));
	ret->named = true;
	ret->realm = (unsigned)r;
	ret->realm_name = conf->realms[r].name;
	return 0;
}

/* ------------------------------------------------------------------ */
/* throttles */

static int
throttle_each(void *arg, struct csn_str key, const struct throttle_key *k,
    int64_t count, int64_t until_ms)
{
	struct json_out *j = arg;

	json_open(j, NULL, '{');
	json_text(j, "key", key);
	json_text(j, "factor", k->factor);
	json_text(j, "realm", k->realm);
	json_text(j, "subject", k->subject);
	json_number(j, "failures", count);
	json_time(j, "until", until_ms);
	json_close(j, '}');
	return 0;
}

int
csn_throttles(struct csn_gate *g, struct csn_str *ret)
{
	struct gate_conf *gc = gate_hold(g);
	struct json_out j;
	int rc;

	json_init(&j);
	json_open(&j, NULL, '[');
	rc = throttle_list(g->store, gc->conf, gate_now_ms(g), throttle_each,
	    &j);
	json_close(&j, ']');
	gate_drop(gc);
	if (rc == THROTTLE_OK)
		return json_take(&j, ret);
	json_free(&j);
	return json_fail(ret, "the store cannot be read");
}

int
csn_throttle_lift(struct csn_gate *g, struct csn_str key,
    struct csn_str who, struct csn_str *ret)
{
	struct json_out j;

	if (admin_audit(g, "throttle-lifted", who, STR(""), key, STR("")) < 0)
		return json_fail(ret, "the audit log cannot be written");
	if (throttle_lift(g->store, key, gate_now_ms(g)) != THROTTLE_OK)
		return json_fail(ret, "the store cannot be written, or the "
		    "key is not one of `countersign throttle list`");
	json_init(&j);
	json_open(&j, NULL, '{');
	json_bool(&j, "lifted", true);
	json_close(&j, '}');
	return json_take(&j, ret);
}

/* ------------------------------------------------------------------ */
/* links */

/* Whose, for what, how long; -1: the factor is none that has links. */
static int
link_make(const struct conf *conf, const struct person *p, int f,
    int64_t now_ms, struct people_link *ret)
{
	const struct conf_factor *cf;

	if (f < 0 || !bits_has(&conf->second, (size_t)f) ||
	    !conf->factors[f].enrol.link)
		return -1;
	cf = &conf->factors[f];
	*ret = (struct people_link){ .realm = p->realm_name,
	    .subject = p->subject, .factor = cf->name,
	    .uses = cf->enrol.link_uses,
	    .until_ms = now_ms + cf->enrol.link_valid_s * 1000 };
	return 0;
}

/* By an earlier login, or by what is enrolled. */
static int
link_seen(struct csn_gate *g, const struct person *p, bool *ret)
{
	int64_t login_ms = 0, now_ms = gate_now_ms(g);
	struct people_record record;
	struct buf raw;
	int rc;

	buf_init(&raw, STORE_VALUE_MAX);
	rc = people_read(g->store, p->realm_name, p->subject, now_ms, &raw,
	    &record);
	if (rc == STORE_OK)
		rc = people_login_read(g->store, p->realm_name, p->subject,
		    now_ms, &login_ms, NULL);
	*ret = raw.n > 0 || login_ms > 0;
	buf_free(&raw);
	return rc;
}

/* Of a factor of the person's realm. */
static int
link_asked(struct csn_gate *g, struct gate_conf *gc, struct arena *a,
    size_t factor, struct person *p)
{
	struct factor *f;

	p->source = gc->conf->factors[factor].fingerprint;
	f = gate_lookup_factor(gc, p);
	/* a command goes on where a factor could not be opened */
	return f == NULL || f->inst == NULL ? STORE_FAILED :
	    gate_lookup(g, gc, a, p);
}

/* Whether there is such a person. A name that was mistyped gets a link that
 * nobody can use, and who waits for theirs has none. */
static const char *
link_known(struct csn_gate *g, struct gate_conf *gc, struct arena *a,
    struct person *p)
{
	bool seen = false, unsure = link_seen(g, p, &seen) != STORE_OK;

	for (size_t i = 0; i < gc->conf->nfactors && !seen; i++) {
		if (!bits_has(&gc->conf->identify, i) ||
		    gc->conf->factors[i].realm != p->realm)
			continue;
		switch (link_asked(g, gc, a, i, p)) {
		case STORE_OK:
			seen = true;
			break;
		case STORE_ABSENT:
			break;
		default:
			unsure = true;
			break;
		}
	}
	return seen ? "yes" : unsure ? "unsure" : "no";
}

static int
link_store(struct csn_gate *g, const struct people_link *link,
    struct csn_str public_url, const char *known, struct csn_str who,
    struct csn_str *ret)
{
	struct json_out j;
	struct buf url;
	int rc;

	buf_init(&url, 4096);
	buf_str_put(&url, public_url);
	buf_puts(&url, "/enrol/");
	if (admin_audit(g, "enrol-link", who, link->realm, link->subject,
	    link->factor) < 0) {
		rc = json_fail(ret, "the audit log cannot be written");
	} else if (people_link_new(g->store, link, gate_now_ms(g), &url) !=
	    STORE_OK) {
		rc = json_fail(ret, "the store cannot be written");
	} else {
		json_init(&j);
		json_open(&j, NULL, '{');
		json_text(&j, "url", buf_str(&url));
		json_time(&j, "until", link->until_ms);
		json_number(&j, "uses", link->uses);
		json_text(&j, "realm", link->realm);
		json_text(&j, "subject", link->subject);
		json_text(&j, "known", str_from(known));
		json_close(&j, '}');
		rc = json_take(&j, ret);
	}
	buf_free(&url);
	return rc;
}

int
csn_enrol_link(struct csn_gate *g, struct csn_str realm,
    struct csn_str subject, struct csn_str factor, struct csn_str who,
    struct csn_str *ret)
{
	struct gate_conf *gc = gate_hold(g);
	const struct conf *conf = gc->conf;
	struct people_link link;
	struct person p;
	struct arena a;
	int rc;

	arena_init(&a, LINK_BYTES);
	rc = admin_person(conf, &a, realm, subject, &p, ret);
	if (rc == 0 && link_make(conf, &p, conf_factor_find(conf, factor),
	    gate_now_ms(g), &link) < 0)
		rc = json_fail(ret, "`%.*s` is not a second factor that can "
		    "be enrolled by link", STR_FMT(factor));
	if (rc == 0)
		rc = link_store(g, &link, conf->public_url,
		    link_known(g, gc, &a, &p), who, ret);
	arena_free(&a);
	gate_drop(gc);
	return rc;
}
