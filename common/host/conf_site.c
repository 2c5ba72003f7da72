/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_site.c - `site:`, what the pages say about whose they are
 *
 * Settings, not a template language. A logo is shown as a picture and never
 * as a page: one with a script in it is refused all the same.
 */
#include <unistd.h>

#include "conf_read.h"
#include "lib/timefmt.h"
#include "lib/url.h"

#define LOGO_MAX	262144u

static const char *const languages_known[] = { "en", "ja" };

static schema_reader site_logo, site_help, site_help_url, site_languages,
    site_time_zone;

static const struct schema_row help_rows[] = {
	{ .name = "text", .read = schema_text,
	    .offset = offsetof(struct conf_site, help_text) },
	{ .name = "url", .read = site_help_url, .shape = &shape_text },
};

static const struct schema_shape help_shape = SHAPE_OF_ROWS(help_rows);

static const struct schema_row site_rows[] = {
	{ .name = "name", .read = schema_text,
	    .offset = offsetof(struct conf_site, name) },
	{ .name = "logo", .read = site_logo, .shape = &shape_file },
	{ .name = "help", .read = site_help, .shape = &help_shape },
	{ .name = "notice", .read = schema_text,
	    .offset = offsetof(struct conf_site, notice) },
	{ .name = "languages", .read = schema_skip, .words = "en|ja",
	    .shape = &shape_some_words },
	{ .name = "time_zone", .read = site_time_zone, .fallback = "UTC",
	    .shape = &shape_text },
};

const struct schema_shape conf_shape_site = SHAPE_OF_ROWS(site_rows);

static bool
has_fold(struct csn_str text, const char *word)
{
	struct csn_str w = str_from(word);

	for (size_t i = 0; i + w.n <= text.n; i++)
		if (str_equal_fold(str_of(text.p + i, w.n), w))
			return true;
	return false;
}

static const char *
logo_type(struct csn_str bytes)
{
	if (str_starts(bytes, STR("\x89PNG\r\n\x1a\n")))
		return "image/png";
	if (has_fold(bytes, "<svg"))
		return "image/svg+xml";
	return NULL;
}

static void
site_logo(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	struct conf_site *site = into;
	struct csn_str path, bytes;
	const char *type;

	(void)row;
	if (schema_file(r, y, LOGO_MAX, &path, &bytes) < 0)
		return;
	type = logo_type(bytes);
	if (type == NULL)
		fault_at(r, y, "%.*s is neither SVG nor PNG", STR_FMT(path));
	else if (str_is(str_from(type), "image/svg+xml") &&
	    (has_fold(bytes, "<script") || has_fold(bytes, "<!entity") ||
	    has_fold(bytes, "<foreignobject")))
		fault_at(r, y, "%.*s has a script, an entity or a foreign "
		    "object in it; save it as a plain picture",
		    STR_FMT(path));
	site->logo = bytes;
	site->logo_type = str_from(type);
}

static void
site_help(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	(void)row;
	schema_read(r, help_rows, SCHEMA_COUNT(help_rows), y, "`help`", into);
}

static void
site_help_url(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	struct conf_site *site = into;
	struct csn_str text;
	struct url url;

	(void)row;
	if (schema_get(r, y, &text) < 0)
		return;
	if (str_starts(text, STR("mailto:")) || url_parse(text, &url) < 0 ||
	    !str_is(url.scheme, "https"))
		fault_at(r, y, "`url` is an https:// address of a page");
	site->help_url = arena_str(r->arena, text);
}

static bool
language_known(struct csn_str name)
{
	for (size_t i = 0; i < SCHEMA_COUNT(languages_known); i++)
		if (str_is(name, languages_known[i]))
			return true;
	return false;
}

static void
site_languages(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	const struct yaml **items = NULL;
	size_t n = schema_list(r, y, &items), k = 0;
	struct csn_str *v = arena_array(r->arena, n, sizeof(*v)), text;

	(void)row;
	for (size_t i = 0; v != NULL && i < n; i++) {
		bool twice = false;

		if (schema_get(r, items[i], &text) < 0)
			continue;
		for (size_t j = 0; j < k; j++)
			twice |= str_equal(v[j], text);
		if (!language_known(text))
			fault_at(r, items[i], "the language `%.*s` is not "
			    "supported by this version; it has en and ja",
			    STR_FMT(text));
		else if (twice)
			fault_at(r, items[i], "`%.*s` stands here twice",
			    STR_FMT(text));
		else
			v[k++] = arena_str(r->arena, text);
	}
	if (k > 0)
		*(struct csn_strs *)into = (struct csn_strs){ v, k };
}

/* Known to this machine; where it has no list of zones, the shape decides. */
static bool
zone_known(struct csn_str s)
{
	char path[128];
	struct buf b;

	if (str_is(s, "UTC") || access("/usr/share/zoneinfo/UTC", R_OK) < 0)
		return true;
	buf_init_fixed(&b, path, sizeof(path));
	buf_printf(&b, "/usr/share/zoneinfo/%.*s", STR_FMT(s));
	return !buf_failed(&b) && access(path, R_OK) == 0;
}

static void
site_time_zone(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	struct conf_site *site = into;
	struct csn_str text;

	(void)row;
	if (schema_get(r, y, &text) < 0)
		return;
	if (!time_zone_name(text) || !zone_known(text))
		fault_at(r, y, "there is no time zone `%.*s`; write one like "
		    "Asia/Tokyo or Europe/Berlin", STR_FMT(text));
	site->time_zone = arena_str(r->arena, text);
}

void
conf_read_site(struct conf_reader *r)
{
	static const struct csn_str spoken[] = { STR_INIT("en"),
		STR_INIT("ja") };
	struct conf_site *site = &r->conf->site;
	const struct yaml *languages;

	site->languages = (struct csn_strs){ spoken, 2 };
	site->time_zone = STR("UTC");
	site->logo = site->logo_type = site->help_url = STR("");
	if (r->top.site == NULL)
		return;
	/* first, because the texts are judged by them */
	languages = yaml_get(r->top.site, "languages");
	if (languages != NULL)
		site_languages(r, NULL, languages, &site->languages);
	schema_read(r, site_rows, SCHEMA_COUNT(site_rows), r->top.site,
	    "`site`", site);
}
