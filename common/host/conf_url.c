/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_url.c - `public_url:`, where the login stands
 *
 * Every address that we send a browser to begins with it. It must never be
 * one that two readers could take for two places.
 */
#include "conf_read.h"
#include "lib/url.h"

static bool
url_path_plain(struct csn_str path)
{
	for (size_t i = 0; i < path.n; i++) {
		char c = path.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '-' || c == '_' ||
		    c == '.' || c == '/'))
			return false;
	}
	return str_find(path, STR("//")) < 0 &&
	    str_find(path, STR("/.")) < 0;
}

static struct csn_str
lower(struct conf_reader *r, struct csn_str s)
{
	struct csn_str ret = arena_str(r->arena, s);
	char *p = (char *)(uintptr_t)ret.p;

	for (size_t i = 0; i < ret.n; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] + 32);
	return ret;
}

static void
url_take(struct conf_reader *r, const struct url *url)
{
	struct csn_str path = url->path, host = lower(r, url->host);
	struct conf *conf = r->conf;

	while (path.n > 0 && path.p[path.n - 1] == '/')
		path.n--;
	conf->login_host = host;
	if (url->port != 443)
		conf->login_host = arena_printf(r->arena, "%.*s:%u",
		    STR_FMT(host), url->port);
	conf->login_path = arena_str(r->arena, path);
	conf->public_url = arena_printf(r->arena, "https://%.*s%.*s",
	    STR_FMT(conf->login_host), STR_FMT(path));
}

void
conf_read_public_url(struct conf_reader *r)
{
	const struct yaml *y = r->top.public_url;
	struct csn_str text;
	struct url url;

	r->conf->public_url = r->conf->login_host = STR("");
	r->conf->login_path = STR("");
	if (r->top.shared_origin != NULL)
		schema_bool(r, &(struct schema_row){ .name = "shared_origin" },
		    r->top.shared_origin, &r->conf->shared_origin);
	if (y == NULL || schema_get(r, y, &text) < 0)
		return;
	if (url_parse(text, &url) < 0 || !str_is(url.scheme, "https") ||
	    url.query.p != NULL || url.host.p[0] == '[' ||
	    !url_path_plain(url.path))
		fault_at(r, y, "`public_url` is where the login stands, as "
		    "https://login.example.com; https, without query, user "
		    "and port tricks");
	else if (url.path.n > 0 && str_starts(url.path, STR("/.countersign")))
		fault_at(r, y, "`/.countersign` belongs to each application's "
		    "host; choose another path");
	else
		url_take(r, &url);
	if (r->conf->shared_origin && r->conf->login_host.n > 0 &&
	    r->conf->login_path.n == 0)
		fault_at(r, y, "with `shared_origin` the login needs a path of "
		    "its own beside the application, as "
		    "https://app.example.com/auth");
}
