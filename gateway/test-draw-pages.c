/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-draw-pages.c - every screen in both languages, and none that an attacker
 * can write into
 *
 * A small reader of tags checks what must hold of all pages; some are compared
 * whole with tests/pages/ (CSN_GOLDEN_UPDATE=1 writes those anew).
 */
#include <stdio.h>

#include "draw.h"
#include "lib/table.h"
#include "lib/testing.h"
#include "page_samples.h"

static struct catalogues *words;

/* ------------------------------------------------------------------ */
/* Tags */

#define DEPTH_MAX 16

struct check {
	const char *name;	/* of the sample, for the fault */
	struct csn_str rest;
	struct csn_str open[DEPTH_MAX];
	size_t depth;
	unsigned headings, forms, scripts, autofocus;
	struct table *ids;
	struct csn_str refs[64];	/* ids that must be there */
	size_t nrefs;
};

#define must(c, what) do {						\
	if (!(what))							\
		fail_msg("%s: %s: near %.*s", (c)->name, #what,		\
		    (int)((c)->rest.n < 80 ? (c)->rest.n : 80),		\
		    (c)->rest.n > 0 ? (c)->rest.p : "");		\
} while (0)

static bool
word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
	    c == ':' || (c >= 'A' && c <= 'Z');
}

static struct csn_str
name_read(struct check *c)
{
	struct csn_str s = c->rest;
	size_t n = 0;

	while (n < s.n && word(s.p[n]))
		n++;
	must(c, n > 0);
	c->rest = str_from_at(s, n);
	return str_of(s.p, n);
}

static bool
is_void(struct csn_str tag)
{
	static const char *const names[] = { "meta", "link", "img", "input" };

	for (size_t i = 0; i < COUNT(names); i++)
		if (str_is(tag, names[i]))
			return true;
	return false;
}

static void
attribute(struct check *c, struct csn_str tag, struct csn_str name,
    struct csn_str value)
{
	must(c, !str_starts(name, STR("on")));
	must(c, !str_is(name, "style"));
	if (str_is(name, "href") || str_is(name, "action") ||
	    str_is(name, "src"))
		must(c, !str_starts(value, STR("javascript:")));
	if (str_is(name, "id")) {
		must(c, table_get(c->ids, value) == NULL);
		must(c, table_set(c->ids, value, c, NULL) == 0);
	}
	if (str_is(name, "for") || str_is(name, "aria-describedby"))
		c->refs[c->nrefs++] = value;
	if (str_is(name, "href") && str_starts(value, STR("#")))
		c->refs[c->nrefs++] = str_from_at(value, 1);
	must(c, c->nrefs < COUNT(c->refs));
	if (str_is(name, "type"))
		must(c, !str_is(value, "number"));
	if (str_is(tag, "form") && str_is(name, "method"))
		must(c, str_is(value, "post"));
	c->autofocus += str_is(name, "autofocus");
}

/* name, or name="value" without < > " inside. */
static void
attributes(struct check *c, struct csn_str tag)
{
	while (c->rest.n > 0 && c->rest.p[0] == ' ') {
		struct csn_str name, value = STR("");

		c->rest = str_from_at(c->rest, 1);
		name = name_read(c);
		if (str_starts(c->rest, STR("=\""))) {
			c->rest = str_from_at(c->rest, 2);
			must(c, str_cut(&c->rest, '"', &value));
			must(c, str_index(value, '<') < 0);
		}
		attribute(c, tag, name, value);
	}
}

static void
tag_open(struct check *c)
{
	struct csn_str tag = name_read(c);

	attributes(c, tag);
	c->headings += str_is(tag, "h1");
	c->forms += str_is(tag, "form");
	c->scripts += str_is(tag, "script");
	if (str_starts(c->rest, STR("/>"))) {
		c->rest = str_from_at(c->rest, 2);
		return;
	}
	must(c, str_starts(c->rest, STR(">")));
	c->rest = str_from_at(c->rest, 1);
	if (is_void(tag))
		return;
	must(c, c->depth < DEPTH_MAX);
	c->open[c->depth++] = tag;
}

static void
tag_close(struct check *c)
{
	struct csn_str tag;

	c->rest = str_from_at(c->rest, 1);
	tag = name_read(c);
	must(c, c->depth > 0 && str_equal(c->open[c->depth - 1], tag));
	c->depth--;
	must(c, str_starts(c->rest, STR(">")));
	c->rest = str_from_at(c->rest, 1);
}

static void
tags_read(struct check *c)
{
	ptrdiff_t at;

	must(c, str_starts(c->rest, STR("<!DOCTYPE html>\n")));
	c->rest = str_from_at(c->rest, 16);
	while ((at = str_index(c->rest, '<')) >= 0) {
		must(c, str_index(str_of(c->rest.p, (size_t)at), '>') < 0);
		c->rest = str_from_at(c->rest, (size_t)at + 1);
		if (c->rest.n > 0 && c->rest.p[0] == '/')
			tag_close(c);
		else
			tag_open(c);
	}
	must(c, c->depth == 0);
}

static void
page_check(const char *name, struct csn_str html, bool post)
{
	struct check c = { .name = name, .rest = html, .ids = table_new() };

	tags_read(&c);
	must(&c, c.headings == 1);
	must(&c, c.forms <= 1);
	must(&c, c.scripts == (post ? 1 : 0));
	must(&c, c.autofocus <= 1);
	for (size_t i = 0; i < c.nrefs; i++)
		must(&c, table_get(c.ids, c.refs[i]) != NULL);
	table_free(c.ids, NULL);
}

/* ------------------------------------------------------------------ */

static void
draw(const struct page_sample *s, const char *language, struct buf *html)
{
	struct csn_view view = page_sample_in(s, str_from(language));
	struct csn_site site = page_sample_site(str_from(language));
	struct buf csp;

	buf_init(&csp, 0);
	buf_clear(html);
	assert_int_equal(draw_view(words, &site, &view, html, &csp), 0);
	assert_true(str_starts(buf_str(&csp), STR("default-src 'none'; ")));
	buf_free(&csp);
}

static void
each_sample(void (*check)(const struct page_sample *, const char *language,
    struct csn_str html))
{
	static const char *const languages[] = { "en", "ja" };
	const struct page_sample *some[2];
	struct buf html;
	size_t n[2];

	some[0] = page_samples_forms(&n[0]);
	some[1] = page_samples_notes(&n[1]);
	buf_init(&html, 0);
	for (size_t k = 0; k < 2; k++) {
		for (size_t i = 0; i < n[k]; i++) {
			for (size_t l = 0; l < 2; l++) {
				draw(&some[k][i], languages[l], &html);
				check(&some[k][i], languages[l],
				    buf_str(&html));
			}
		}
	}
	buf_free(&html);
}

static void
check_markup(const struct page_sample *s, const char *language,
    struct csn_str html)
{
	char lang[32];

	page_check(s->name, html, s->view.kind == CSN_V_POST);
	(void)snprintf(lang, sizeof(lang), "<html lang=\"%s\">", language);
	assert_true(str_find(html, str_from(lang)) > 0);
	/* all {args} are filled in */
	assert_true(str_find(html, STR("{")) < 0);
	if (s->view.page.tone == CSN_TONE_ERROR) {
		assert_true(str_find(html, str_is(str_from(language), "ja") ?
		    STR("<title>エラー: ") : STR("<title>Error: ")) > 0);
		assert_true(str_find(html, STR("role=\"alert\"")) > 0);
	}
	if (s->view.page.reference.n > 0)
		assert_true(str_find(html, s->view.page.reference) > 0);
}

static void
markup_is_sound(void **state)
{
	(void)state;
	each_sample(check_markup);
}

/* ------------------------------------------------------------------ */
/* Every text that comes from outside is an attack */

static const struct csn_str attacks[] = {
	STR_INIT("\"><script>alert(1)</script>"),
	STR_INIT("' onload='alert(1)"),
	STR_INIT("</title></p></form><svg/onload=alert(1)>"),
	STR_INIT("{help}{name}{attack}&lt;script&gt;"),
	STR_INIT("\xff\xfe<!--\xc3"),
	STR_INIT("\" autofocus onfocus=\"alert(1)"),
	STR_INIT("javascript:alert(1)"),
};

static void
attack_page(struct csn_view *v, struct csn_str attack, struct csn_pair *args,
    struct csn_prompt *prompts, struct csn_button *buttons)
{
	struct csn_page *p = &v->page;

	for (size_t i = 0; i < 4; i++)
		args[i].value = attack;
	args[0].name = STR("name");
	args[1].name = STR("provider");
	args[2].name = attack;
	args[3].name = STR("time");
	for (size_t i = 0; i < p->nprompts; i++) {
		prompts[i] = p->prompts[i];
		prompts[i].name = prompts[i].label = attack;
		prompts[i].value = attack;
	}
	for (size_t i = 0; i < p->nbuttons; i++) {
		buttons[i] = p->buttons[i];
		buttons[i].label = buttons[i].name = attack;
		buttons[i].note = buttons[i].value = attack;
	}
	p->prompts = prompts;
	p->buttons = buttons;
	p->args = p->fields = (struct csn_pairs){ args, 4 };
	v->fields = p->fields;
	p->heading = p->message = p->host = p->who = p->notice = attack;
	p->reference = p->language = attack;
}

/* With these a page has no form nor link any more; so without them, too. */
static void
attack_addresses(struct csn_view *v, struct csn_str attack,
    struct csn_button *buttons)
{
	for (size_t i = 0; i < v->page.nbuttons; i++)
		if (buttons[i].url.n > 0)
			buttons[i].url = attack;
	v->page.here = v->page.not_you = v->page.action = v->url = attack;
}

static void
attack_one(const struct page_sample *s, struct csn_str attack, bool addresses)
{
	struct csn_view view = page_sample_in(s, STR("en"));
	struct csn_site site = page_sample_site(STR("en"));
	struct csn_prompt prompts[8];
	struct csn_button buttons[8];
	struct csn_pair args[4];
	struct buf page, csp;

	assert_in_range(view.page.nprompts, 0, 8);
	assert_in_range(view.page.nbuttons, 0, 8);
	attack_page(&view, attack, args, prompts, buttons);
	if (addresses)
		attack_addresses(&view, attack, buttons);
	view.page.form_origins = (struct csn_strs){ &attack, 1 };
	site.name = site.help_text = site.help_url = attack;
	site.login_host = site.time_zone = site.base = attack;
	buf_init(&page, 0);
	buf_init(&csp, 0);
	assert_int_equal(draw_view(words, &site, &view, &page, &csp), 0);
	page_check(s->name, buf_str(&page), view.kind == CSN_V_POST);
	assert_true(str_find(buf_str(&csp), STR("alert")) < 0);
	buf_free(&page);
	buf_free(&csp);
}

static void
check_attack(const struct page_sample *s, const char *language,
    struct csn_str html)
{
	(void)html;
	for (size_t i = 0; i < COUNT(attacks); i++)
		attack_one(s, attacks[i], str_is(str_from(language), "ja"));
}

static void
nobody_writes_into_a_page(void **state)
{
	(void)state;
	each_sample(check_attack);
}

/* ------------------------------------------------------------------ */

static void
golden_path(const char *name, const char *language, char *path, size_t n)
{
	const char *top = getenv("CSN_TOP_SRCDIR");

	(void)snprintf(path, n, "%s/tests/pages/%s-%s.html",
	    top != NULL ? top : ".", language, name);
}

static void
golden_write(const char *path, struct csn_str html)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(html.p, 1, html.n, f), html.n);
	assert_int_equal(fclose(f), 0);
}

static void
golden_read(const char *path, struct buf *b)
{
	FILE *f = fopen(path, "rb");
	int c;

	if (f == NULL)
		fail_msg("%s is not there; CSN_GOLDEN_UPDATE=1 writes it",
		    path);
	while ((c = getc(f)) != EOF)
		buf_char(b, (char)c);
	assert_int_equal(fclose(f), 0);
}

static void
check_golden(const struct page_sample *s, const char *language,
    struct csn_str html)
{
	static const char *const names[] = { "01-choose",
	    "02-password-notice", "02-password-wrong", "04-going", "05-wait",
	    "06-code-wrong", "07-other-proof", "12-recovery-codes",
	    "25-throttled", "26-down", "29-log-out" };
	char path[1024];
	struct buf want;
	bool kept = false;

	for (size_t i = 0; i < COUNT(names); i++)
		kept |= strcmp(names[i], s->name) == 0;
	if (!kept)
		return;
	golden_path(s->name, language, path, sizeof(path));
	if (getenv("CSN_GOLDEN_UPDATE") != NULL) {
		golden_write(path, html);
		return;
	}
	buf_init(&want, 0);
	golden_read(path, &want);
	if (!str_equal(buf_str(&want), html))
		fail_msg("%s differs; it is now\n%.*s", path, STR_FMT(html));
	buf_free(&want);
}

static void
pages_are_as_kept(void **state)
{
	(void)state;
	each_sample(check_golden);
}

/* ------------------------------------------------------------------ */

static void
say(void *arg, uint32_t severity, struct csn_str line)
{
	(void)arg;
	(void)severity;
	fail_msg("%.*s", STR_FMT(line));
}

static void
catalogue_add(const char *room)
{
	const char *top = getenv("CSN_TOP_SRCDIR");
	char path[1024];
	struct buf b;

	(void)snprintf(path, sizeof(path), "%s/%s/po/ja.po",
	    top != NULL ? top : ".", room);
	buf_init(&b, 0);
	golden_read(path, &b);
	assert_int_equal(catalogues_add(words, STR("ja"), buf_str(&b), path,
	    say, NULL), 0);
	buf_free(&b);
}

static int
begin(void **state)
{
	(void)state;
	words = catalogues_new();
	catalogue_add("gateway");
	catalogue_add("auth-file");
	catalogue_add("auth-ldap");
	catalogue_add("auth-totp");
	return words == NULL ? -1 : 0;
}

static int
end(void **state)
{
	(void)state;
	catalogues_free(words);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(markup_is_sound),
		cmocka_unit_test(nobody_writes_into_a_page),
		cmocka_unit_test(pages_are_as_kept),
	};

	return cmocka_run_group_tests_name("draw-pages", tests, begin, end);
}
