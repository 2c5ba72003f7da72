/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page-gallery.c - writes every screen in both languages into a folder
 *
 * To look at them: page-gallery CATALOGUES FOLDER, then open index.html. Beside
 * each page NAME.html lies NAME.csp, its Content-Security-Policy; what pages
 * load lies in static/, and they are made to look there. It must never be
 * installed.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "draw.h"
#include "page_samples.h"
#include "static.h"

static const char logo[] = "<svg xmlns=\"http://www.w3.org/2000/svg\" "
    "viewBox=\"0 0 32 32\"><rect width=\"32\" height=\"32\" rx=\"8\" "
    "fill=\"#14586b\"/><path d=\"M9 17l5 5 9-12\" fill=\"none\" "
    "stroke=\"#fff\" stroke-width=\"3\"/></svg>";

static int
file_write(const char *folder, const char *name, struct csn_str content)
{
	char path[1024];
	FILE *f;
	int r = -1;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "wb");
	if (f != NULL) {
		r = fwrite(content.p, 1, content.n, f) == content.n ? 0 : -1;
		if (fclose(f) != 0)
			r = -1;
	}
	if (r < 0)
		(void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
	return r;
}

/* From the server's path to the folder's. */
static void
links_turn(struct csn_str html, struct buf *into)
{
	ptrdiff_t at;

	while ((at = str_find(html, STR("\"" STATIC_PATH))) >= 0) {
		buf_put(into, html.p, (size_t)at);
		buf_puts(into, "\"static/");
		html = str_from_at(html, (size_t)at + sizeof(STATIC_PATH));
	}
	buf_str_put(into, html);
}

static int
page_write(const struct catalogues *c, const char *folder,
    const struct page_sample *s, struct csn_str language, struct buf *index)
{
	struct csn_view view = page_sample_in(s, language);
	struct csn_site site = page_sample_site(language);
	struct buf html, turned, csp;
	char name[256];
	int r = -1;

	buf_init(&html, 0);
	buf_init(&turned, 0);
	buf_init(&csp, 0);
	if (draw_view(c, &site, &view, &html, &csp) < 0)
		goto out;
	links_turn(buf_str(&html), &turned);
	(void)snprintf(name, sizeof(name), "%.*s-%s.html", STR_FMT(language),
	    s->name);
	buf_printf(index, "<li><a href=\"%s\">%s</a>\n", name, name);
	r = file_write(folder, name, buf_str(&turned));
	(void)snprintf(name, sizeof(name), "%.*s-%s.csp", STR_FMT(language),
	    s->name);
	if (r == 0)
		r = file_write(folder, name, buf_str(&csp));
out:
	buf_free(&html);
	buf_free(&turned);
	buf_free(&csp);
	return r;
}

static int
pages_write(const struct catalogues *c, const char *folder)
{
	static const struct csn_str languages[] = { STR_INIT("en"),
		STR_INIT("ja") };
	const struct page_sample *some[2];
	size_t n[2];
	struct buf index;
	int r = 0;

	some[0] = page_samples_forms(&n[0]);
	some[1] = page_samples_notes(&n[1]);
	buf_init(&index, 0);
	buf_puts(&index, "<!DOCTYPE html><meta charset=\"utf-8\"><ul>\n");
	for (size_t l = 0; l < 2; l++)
		for (size_t k = 0; k < 2; k++)
			for (size_t i = 0; i < n[k]; i++)
				r |= page_write(c, folder, &some[k][i],
				    languages[l], &index);
	r |= file_write(folder, "index.html", buf_str(&index));
	buf_free(&index);
	return r;
}

static void
say(void *arg, uint32_t severity, struct csn_str line)
{
	(void)arg;
	(void)severity;
	(void)fprintf(stderr, "%.*s\n", STR_FMT(line));
}

int
main(int argc, char *argv[])
{
	struct catalogues *c = catalogues_new();
	char folder[512];
	int r;

	if (argc != 3 || c == NULL) {
		(void)fprintf(stderr, "page-gallery CATALOGUES FOLDER\n");
		return 2;
	}
	(void)snprintf(folder, sizeof(folder), "%s/static", argv[2]);
	(void)mkdir(argv[2], 0755);
	(void)mkdir(folder, 0755);
	r = catalogues_load(c, argv[1], say, NULL);
	r |= file_write(folder, "style.css", static_find(STR("style.css"))->
	    content);
	r |= file_write(folder, "post.js", static_find(STR("post.js"))->
	    content);
	r |= file_write(folder, "logo", str_from(logo));
	r |= pages_write(c, argv[2]);
	catalogues_free(c);
	return r == 0 ? 0 : 1;
}
