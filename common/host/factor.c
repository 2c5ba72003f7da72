/* SPDX-License-Identifier: Apache-2.0 */
/*
 * factor.c - a plugin's instance made and unmade
 *
 * It must never keep a factor that did not open: named and not openable is no
 * start and no reload.
 */
#include <stdlib.h>

#include "dial.h"
#include "factor.h"
#include "lib/secret.h"
#include "lib/url.h"
#include "proof.h"
#include "secret_ref.h"

#define FACTOR_ARENA	(4u << 20)
#define OPEN_TIME_MS	20000

static uint32_t
val_type(const struct factor *f, size_t i)
{
	return f->plugin->opts[f->cf->vals[i].opt].type;
}

/* "file:line:column: factor NAME: text" */
static void
say(const struct call_host *host, const struct factor *f, size_t val,
    uint32_t severity, struct csn_str text)
{
	const struct conf_place *at = val > 0 && val <= f->cf->nvals ?
	    &f->cf->places[val - 1] : &f->cf->place;
	struct buf b;

	buf_init(&b, 4096);
	buf_str_put(&b, at->file);
	buf_printf(&b, ":%u:%u: factor ", at->line, at->column);
	buf_str_put(&b, f->cf->name);
	buf_puts(&b, ": ");
	buf_str_put(&b, text);
	host->log(host->log_arg, severity, buf_str(&b));
	buf_free(&b);
}

static int
secret_load(struct factor *f, const struct call_host *host, size_t i,
    const char *dir)
{
	struct buf secret, error;
	int rc;

	buf_init(&secret, SECRET_REF_MAX + 1);
	buf_init(&error, 2048);
	rc = secret_ref_load(f->cf->refs[i], str_from(dir), &secret, &error);
	if (rc < 0) {
		say(host, f, i + 1, CSN_FAIL, buf_str(&error));
	} else {
		f->secrets[i] = arena_str(&f->arena, buf_str(&secret));
		rc = f->secrets[i].p == NULL ? -1 : 0;
	}
	buf_free(&secret);
	buf_free(&error);
	return rc;
}

static int
secrets_load(struct factor *f, const struct call_host *host, const char *dir)
{
	size_t n = f->cf->nvals;
	int rc = 0;

	f->secrets = arena_array(&f->arena, n, sizeof(*f->secrets));
	f->keys = arena_array(&f->arena, n, sizeof(struct key_ops *));
	if (f->secrets == NULL || f->keys == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (val_type(f, i) == CSN_T_SECRET &&
		    secret_load(f, host, i, dir) < 0)
			rc = -1;
	return rc;
}

/* "ldaps://host" is "host:636"; ldapi needs no dial(). */
static struct csn_str
ldap_hostport(struct factor *f, struct csn_str url)
{
	struct csn_str rest = url;
	const char *port = "389";
	ptrdiff_t end;

	if (str_starts(url, STR("ldaps://"))) {
		rest = str_from_at(url, 8);
		port = "636";
	} else if (str_starts(url, STR("ldap://"))) {
		rest = str_from_at(url, 7);
	} else {
		return STR("");
	}
	end = str_index(rest, '/');
	if (end >= 0)
		rest.n = (size_t)end;
	end = str_index(rest, ']');
	if (str_index(str_from_at(rest, end < 0 ? 0 : (size_t)end), ':') >= 0)
		return arena_str(&f->arena, rest);
	return arena_printf(&f->arena, "%.*s:%s", STR_FMT(rest), port);
}

static struct csn_str
https_origin(struct factor *f, struct csn_str text)
{
	struct csn_str ret = STR("");
	struct url u;
	struct buf b;

	if (url_parse(text, &u) < 0)
		return ret;
	buf_init(&b, URL_MAX);
	url_origin(&b, &u);
	ret = arena_str(&f->arena, buf_str(&b));
	buf_free(&b);
	return ret;
}

static int
places_collect(struct factor *f)
{
	size_t n = f->cf->nvals;
	struct csn_str *origins, *hosts, s;

	origins = arena_array(&f->arena, n, sizeof(*origins));
	hosts = arena_array(&f->arena, n, sizeof(*hosts));
	if (origins == NULL || hosts == NULL)
		return -1;
	f->origins = (struct csn_strs){ origins, 0 };
	f->hostports = (struct csn_strs){ hosts, 0 };
	for (size_t i = 0; i < n; i++) {
		struct csn_str text = f->cf->vals[i].text;

		switch (val_type(f, i)) {
		case CSN_T_HTTPS_URL:
			s = https_origin(f, text);
			if (s.n > 0)
				origins[f->origins.n++] = s;
			break;
		case CSN_T_LDAP_URL:
			s = ldap_hostport(f, text);
			if (s.n > 0)
				hosts[f->hostports.n++] = s;
			break;
		case CSN_T_HOSTPORT:
			hosts[f->hostports.n++] = text;
			break;
		default:
			break;
		}
	}
	return 0;
}

/* An option `ca` of type FILE is what the factor trusts, for http() too. */
static void
trust_find(struct factor *f)
{
	for (size_t i = 0; i < f->cf->nvals; i++) {
		const struct csn_opt *o =
		    &f->plugin->opts[f->cf->vals[i].opt];

		if (o->type == CSN_T_FILE && strcmp(o->name, "ca") == 0)
			f->trust.ca_pem = f->cf->vals[i].text;
	}
}

/* A BOOL option `unsolicited` allows what the capability can (plugin.h). */
static bool
unsolicited_find(const struct factor *f)
{
	for (size_t i = 0; i < f->cf->nvals; i++) {
		const struct csn_opt *o =
		    &f->plugin->opts[f->cf->vals[i].opt];

		if (o->type == CSN_T_BOOL && f->cf->vals[i].num == 1 &&
		    strcmp(o->name, "unsolicited") == 0)
			return (f->plugin->caps & CSN_CAP_UNSOLICITED) != 0;
	}
	return false;
}

/* What an answer that nobody asked for may name as its target. 0 or -1. */
static int
unsolicited_targets_find(struct factor *f)
{
	struct csn_str *v = arena_array(&f->arena, f->cf->nvals, sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; v != NULL && i < f->cf->nvals; i++) {
		const struct csn_opt *o =
		    &f->plugin->opts[f->cf->vals[i].opt];

		if (o->type == CSN_T_STRING &&
		    strcmp(o->name, "unsolicited_targets") == 0)
			v[n++] = f->cf->vals[i].text;
	}
	f->unsolicited_targets = (struct csn_strs){ v, n };
	return v == NULL ? -1 : 0;
}

static void
settings_keep(struct factor *f, const struct csn_call *c)
{
	struct csn_pair *v = arena_array(&f->arena, c->nfindings, sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; v != NULL && i < c->nfindings; i++) {
		const struct call_finding *g = &c->findings[i];

		if (g->name.n == 0)
			continue;
		v[n].name = arena_str(&f->arena, g->name);
		v[n++].value = arena_printf(&f->arena, "%.*s (%.*s)",
		    STR_FMT(g->value), STR_FMT(g->origin));
	}
	f->settings = (struct csn_pairs){ v, n };
}

static bool
option_is_url(const struct factor *f, struct csn_str name)
{
	for (size_t i = 0; i < f->plugin->nopts; i++)
		if (str_is(name, f->plugin->opts[i].name))
			return f->plugin->opts[i].type == CSN_T_HTTPS_URL;
	return false;
}

/* What a preset came to for a URL option is reachable as if it were
 * written. */
static void
origins_of_settings(struct factor *f, const struct csn_call *c)
{
	struct csn_str *v = arena_array(&f->arena,
	    f->origins.n + c->nfindings, sizeof(*v)), s;
	size_t n = f->origins.n;

	for (size_t i = 0; v != NULL && i < n; i++)
		v[i] = f->origins.v[i];
	for (size_t i = 0; v != NULL && i < c->nfindings; i++) {
		const struct call_finding *g = &c->findings[i];

		if (g->name.n == 0 || !option_is_url(f, g->name))
			continue;
		s = https_origin(f, g->value);
		if (s.n > 0)
			v[n++] = s;
	}
	if (v != NULL)
		f->origins = (struct csn_strs){ v, n };
}

/* What a plugin reports of an option says what that is, does or needs. */
static struct csn_str
finding_text(const struct factor *f, struct csn_call *c,
    const struct call_finding *g)
{
	struct csn_str named;

	if (g->val == 0 || g->val > f->cf->nvals)
		return g->text;
	named = arena_printf(&c->arena, "`%s` %.*s",
	    f->plugin->opts[f->cf->vals[g->val - 1].opt].name,
	    STR_FMT(g->text));
	return named.p == NULL ? g->text : named;
}

static int
instance_open(struct factor *f, const struct call_host *host)
{
	struct csn_call c;
	int32_t rc;

	call_begin(&c, host, f, OPEN_TIME_MS);
	rc = f->plugin->open(&call_services, &c, &f->view, &f->inst);
	for (size_t i = 0; i < c.nfindings; i++)
		if (c.findings[i].text.n > 0)
			say(host, f, c.findings[i].val,
			    c.findings[i].severity, finding_text(f, &c,
			    &c.findings[i]));
	if (rc == CSN_OK) {
		settings_keep(f, &c);
		origins_of_settings(f, &c);
	} else if (c.nfindings == 0) {
		say(host, f, 0, CSN_FAIL, STR("the plugin did not open and "
		    "gave no reason; ask its author"));
	}
	/* what was opened past its budget or without its store is not open */
	f->opened = rc == CSN_OK && !c.tainted;
	if (rc == CSN_OK && c.tainted) {
		say(host, f, 0, CSN_FAIL, STR("a service failed while it "
		    "opened"));
		if (f->plugin->close != NULL)
			f->plugin->close(f->inst);
	}
	call_end(&c);
	return f->opened ? 0 : -1;
}

static int
pool_make(struct factor *f)
{
	char name[16] = "";
	size_t n = f->cf->name.n < 15 ? f->cf->name.n : 15;

	if ((f->plugin->caps & CSN_CAP_NETWORK) == 0)
		return 0;
	memcpy(name, f->cf->name.p, n);
	if ((f->plugin->caps & CSN_CAP_WAITS) != 0)
		f->pool = pool_new_waiting(name, FACTOR_THREADS, FACTOR_QUEUE,
		    FACTOR_WAITING);
	else
		f->pool = pool_new(name, FACTOR_THREADS, FACTOR_QUEUE);
	return f->pool == NULL ? -1 : 0;
}

int
factor_open(struct factor *f, const struct call_host *host,
    const struct conf *conf, unsigned index, const char *conf_dir)
{
	memset(f, 0, sizeof(*f));
	f->made = true;
	f->index = index;
	f->id = factor_id(conf, index);
	f->conf = conf;
	f->cf = &conf->factors[index];
	f->plugin = f->cf->plugin;
	arena_init_tight(&f->arena, FACTOR_ARENA);
	pthread_mutex_init(&f->lock, NULL);
	f->view = (struct csn_conf){ .struct_size = sizeof(f->view),
	    .val_size = sizeof(struct csn_val), .factor = f->cf->name,
	    .base_url = f->cf->base_url, .v = f->cf->vals,
	    .n = f->cf->nvals };
	trust_find(f);
	f->unsolicited = unsolicited_find(f);
	if (unsolicited_targets_find(f) < 0 ||
	    secrets_load(f, host, conf_dir) < 0 || places_collect(f) < 0 ||
	    pool_make(f) < 0 || instance_open(f, host) < 0) {
		factor_close(f);
		return -1;
	}
	atomic_store(&f->refresh_wanted, f->plugin->refresh != NULL);
	return 0;
}

void
factor_close(struct factor *f)
{
	if (!f->made)
		return;
	f->made = false;
	pool_free(f->pool);
	f->pool = NULL;
	if (f->opened && f->plugin->close != NULL)
		f->plugin->close(f->inst);
	f->opened = false;
	for (size_t i = 0; f->keys != NULL && i < f->cf->nvals; i++)
		key_ops_free(f->keys[i]);
	for (size_t i = 0; i < f->nsrv; i++)
		free((void *)(uintptr_t)f->srv[i].p);
	f->nsrv = 0;
	free(f->srv);
	f->srv = NULL;
	pthread_mutex_destroy(&f->lock);
	arena_free(&f->arena);
}

size_t
factor_dialable(struct factor *f, struct csn_str *ret, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < f->hostports.n && n < max; i++)
		ret[n++] = f->hostports.v[i];
	pthread_mutex_lock(&f->lock);
	for (size_t i = 0; i < f->nsrv && n < max; i++)
		ret[n++] = f->srv[i];
	pthread_mutex_unlock(&f->lock);
	return n;
}

/* Targets that DNS gave stay dialable while the factor is open; there are
 * few of them, all under the configured domain. */
void
factor_allow_dial(struct factor *f, struct csn_str host_port)
{
	char *copy;

	pthread_mutex_lock(&f->lock);
	for (size_t i = 0; i < f->nsrv; i++)
		if (dial_same(f->srv[i], host_port))
			goto out;
	if (f->srv == NULL)
		f->srv = calloc(FACTOR_SRV_MAX, sizeof(*f->srv));
	if (f->srv == NULL || f->nsrv == FACTOR_SRV_MAX)
		goto out;
	copy = strndup(host_port.p, host_port.n);
	if (copy != NULL)
		f->srv[f->nsrv++] = str_of(copy, host_port.n);
out:
	pthread_mutex_unlock(&f->lock);
}

bool
factor_names_domain(const struct factor *f, struct csn_str domain)
{
	for (size_t i = 0; i < f->cf->nvals; i++)
		if (val_type(f, i) == CSN_T_STRING &&
		    str_equal_fold(f->cf->vals[i].text, domain))
			return true;
	return false;
}
