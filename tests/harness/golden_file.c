/* SPDX-License-Identifier: Apache-2.0 */
/*
 * golden_file.c - transcripts read, compared, written anew if asked
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "golden_int.h"
#include "harness_int.h"

#define FILE_MAX_BYTES	(256u * 1024u)
#define LINES_MAX	2000u

static int
file_read(const char *path, struct buf *ret)
{
	FILE *f = fopen(path, "re");
	char block[4096];
	size_t n;

	if (f == NULL)
		return -1;
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		buf_put(ret, block, n);
	n = (size_t)ferror(f);
	(void)fclose(f);
	return n != 0 || buf_failed(ret) ? -1 : 0;
}

static int
file_write(const char *path, struct csn_str text)
{
	FILE *f = fopen(path, "we");
	size_t n;

	if (f == NULL)
		return -1;
	n = fwrite(text.p, 1, text.n, f);
	return fclose(f) == 0 && n == text.n ? 0 : -1;
}

static size_t
lines_of(struct csn_str text, struct csn_str *ret)
{
	size_t n = 0;

	while (n < LINES_MAX && str_cut(&text, '\n', &ret[n]))
		n++;
	return n;
}

/* Lines both begin and end with are left out; all between them is shown. */
void
golden_diff(const char *path, struct csn_str want, struct csn_str got)
{
	static struct csn_str a[LINES_MAX], b[LINES_MAX];
	size_t na = lines_of(want, a), nb = lines_of(got, b), from = 0;
	size_t context;

	while (from < na && from < nb && str_equal(a[from], b[from]))
		from++;
	while (na > from && nb > from && str_equal(a[na - 1], b[nb - 1])) {
		na--;
		nb--;
	}
	(void)fprintf(stderr, "--- %s:%zu\n", path, from + 1);
	context = from > 6 ? from - 6 : 0;
	for (size_t i = context; i < from; i++)
		(void)fprintf(stderr, " %.*s\n", STR_FMT(a[i]));
	for (size_t i = from; i < na; i++)
		(void)fprintf(stderr, "-%.*s\n", STR_FMT(a[i]));
	for (size_t i = from; i < nb; i++)
		(void)fprintf(stderr, "+%.*s\n", STR_FMT(b[i]));
}

int
golden_replay(struct harness *h, const char *path)
{
	struct golden g = { .h = h, .req = harness_req(CSN_EV_BEGIN),
		.state = STR("") };
	const char *update = getenv("CSN_GOLDEN_UPDATE");
	struct buf want;
	int rc = -1;

	buf_init(&want, FILE_MAX_BYTES);
	buf_init(&g.out, FILE_MAX_BYTES);
	if (file_read(path, &want) < 0) {
		(void)fprintf(stderr, "%s: cannot be read\n", path);
		goto out;
	}
	harness_seed(h, 1);
	golden_run(&g, buf_str(&want));
	if (str_equal(buf_str(&want), buf_str(&g.out)))
		rc = 0;
	else if (update != NULL && strcmp(update, "1") == 0)
		rc = file_write(path, buf_str(&g.out));
	else
		golden_diff(path, buf_str(&want), buf_str(&g.out));
out:
	buf_free(&want);
	buf_free(&g.out);
	return rc;
}

static int
is_transcript(const struct dirent *e)
{
	return str_ends(str_from(e->d_name), STR(".txt"));
}

static int
replay_one(const struct csn_plugin *plugin, const char *folder,
    const char *name)
{
	struct harness *h = harness_new(plugin);
	char path[4096];
	int rc = -1;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) <
	    (int)sizeof(path))
		rc = golden_replay(h, path);
	harness_free(h);
	return rc;
}

int
golden_replay_folder(const struct csn_plugin *plugin, const char *folder)
{
	const char *top = getenv("CSN_TOP_SRCDIR");
	struct dirent **list;
	char path[2048];
	int n, bad = 0;

	if (snprintf(path, sizeof(path), "%s/%s", top != NULL ? top : ".",
	    folder) >= (int)sizeof(path))
		return -1;
	n = scandir(path, &list, is_transcript, alphasort);
	if (n <= 0) {
		(void)fprintf(stderr, "%s: no transcripts\n", path);
		return -1;
	}
	for (int i = 0; i < n; i++) {
		bad += replay_one(plugin, path, list[i]->d_name) < 0;
		free(list[i]);
	}
	free(list);
	return bad == 0 ? n : -1;
}
