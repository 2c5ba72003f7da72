/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * params.c - liboauth2's leaf functions, and no others
 *
 * Only values that we send pass here, to be encoded: a code, a hint or a
 * refresh token among them, which others chose, as UTF-8 without a NUL. It must
 * never have the library parse what a provider or a browser sent, its cjose
 * above all. Its log is not given either (it prints what it gets).
 */
#include <malloc.h>
#include <stdlib.h>

#include <oauth2/cfg.h>
#include <oauth2/http.h>
#include <oauth2/mem.h>
#include <oauth2/util.h>

#include "lib/secret.h"
#include "lib/url.h"

#include "params.h"

/* exported by the library, but in none of its headers */
bool oauth2_http_ctx_auth_add(oauth2_log_t *, oauth2_http_call_ctx_t *,
    const oauth2_cfg_endpoint_auth_t *, oauth2_nv_list_t *);

struct params {
	oauth2_nv_list_t *list;
	bool failed;
};

static void
wiping_free(void *p)
{
	if (p != NULL)
		secret_wipe(p, malloc_usable_size(p));
	free(p);
}

static void *
wiping_realloc(void *p, size_t n)
{
	void *q = malloc(n);
	size_t old = p == NULL ? 0 : malloc_usable_size(p);

	if (q == NULL || p == NULL)
		return q;
	memcpy(q, p, old < n ? old : n);
	wiping_free(p);
	return q;
}

void
params_init(void)
{
	oauth2_mem_set_alloc_funcs(malloc, wiping_realloc, wiping_free);
}

struct params *
params_new(void)
{
	struct params *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->list = oauth2_nv_list_init(NULL);
	p->failed = p->list == NULL;
	return p;
}

struct params *
params_copy(const struct params *from)
{
	struct params *p = params_new();

	if (p == NULL)
		return NULL;
	if (from->failed || p->failed)
		p->failed = true;
	else
		oauth2_nv_list_merge_into(NULL, from->list, p->list);
	return p;
}

void
params_free(struct params *p)
{
	if (p == NULL)
		return;
	if (p->list != NULL)
		oauth2_nv_list_free(NULL, p->list);
	free(p);
}

void
params_add(struct params *p, const char *name, struct csn_str value)
{
	char *copy;

	if (p->failed || value.n == 0)
		return;
	copy = memchr(value.p, '\0', value.n) != NULL ? NULL :
	    strndup(value.p, value.n);
	if (copy == NULL || !oauth2_nv_list_set(NULL, p->list, name, copy))
		p->failed = true;
	wiping_free(copy);
}

int
params_add_secret(struct params *p, struct csn_str client_id,
    struct csn_str secret)
{
	oauth2_cfg_endpoint_auth_t *auth =
	    oauth2_cfg_endpoint_auth_init(NULL);
	oauth2_http_call_ctx_t *ctx = oauth2_http_call_ctx_init(NULL);
	struct params *options = params_new();
	char *error = NULL;
	int rc = -1;

	if (auth == NULL || ctx == NULL || options == NULL || p->failed)
		goto out;
	params_add(options, "client_id", client_id);
	params_add(options, "client_secret", secret);
	if (options->failed)
		goto out;
	/* the library adds what is there already once more */
	oauth2_nv_list_unset(NULL, p->list, "client_id");
	error = oauth2_cfg_set_endpoint_auth(NULL, auth,
	    "client_secret_post", options->list, NULL);
	if (error == NULL &&
	    oauth2_http_ctx_auth_add(NULL, ctx, auth, p->list))
		rc = 0;
out:
	if (error != NULL)
		oauth2_mem_free(error);
	params_free(options);
	if (ctx != NULL)
		oauth2_http_call_ctx_free(NULL, ctx);
	if (auth != NULL)
		oauth2_cfg_endpoint_auth_free(NULL, auth);
	return rc;
}

struct csn_str
params_form(const struct params *p, const struct round *r)
{
	struct csn_str ret = str_of(NULL, 0);
	char *text;

	if (p->failed)
		return ret;
	text = oauth2_http_url_form_encode(NULL, p->list);
	if (text != NULL)
		ret = arena_str(r->arena, str_from(text));
	wiping_free(text);
	return ret;
}

struct csn_str
params_url(const struct params *p, const struct round *r, struct csn_str url)
{
	struct csn_str form = params_form(p, r);
	const char *mark = str_index(url, '?') < 0 ? "?" :
	    str_ends(url, STR("?")) || str_ends(url, STR("&")) ? "" : "&";

	if (form.p == NULL)
		return form;
	return arena_printf(r->arena, "%.*s%s%.*s", STR_FMT(url), mark,
	    STR_FMT(form));
}

/* ------------------------------------------------------------------ */

#define PAIRS_MAX 64u

struct listing {
	struct arena *arena;
	struct csn_pair *v;
	size_t n;
};

static bool
pair_take(oauth2_log_t *log, void *arg, const char *name, const char *value)
{
	struct listing *l = arg;

	(void)log;
	if (l->n == PAIRS_MAX)
		return false;
	l->v[l->n].name = arena_str(l->arena, str_from(name));
	l->v[l->n].value = arena_str(l->arena, str_from(value));
	l->n++;
	return true;
}

int
params_pairs(const struct params *p, const struct round *r,
    struct csn_pairs *ret)
{
	struct listing l = { .arena = r->arena };

	l.v = arena_array(r->arena, PAIRS_MAX, sizeof(*l.v));
	if (p->failed || l.v == NULL)
		return -1;
	oauth2_nv_list_loop(NULL, p->list, pair_take, &l);
	if (r->arena->over)
		return -1;
	*ret = (struct csn_pairs){ l.v, l.n };
	return 0;
}

struct csn_str
params_encode(const struct round *r, struct csn_str s)
{
	struct csn_str ret;
	struct buf b;

	buf_init(&b, 16384);
	url_escape(&b, s);
	ret = arena_str(r->arena, buf_str(&b));
	if (buf_failed(&b))
		ret = str_of(NULL, 0);
	buf_free(&b);
	return ret;
}
