/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-paths.c - whatever way somebody reads a path, the policy is the same,
 * or it is deny (docs/security.md R5, its last section, "path")
 *
 * All paths of up to five pieces, the dangerous ones among them, at a host
 * with one public subtree and one public page. An application may read a path
 * raw, decoded once or twice, with slashes merged, with dots resolved, with
 * `;` parameters cut, with backslashes turned, case-folded, or several of
 * these: if ours says "public", all of them must lie where the file says so.
 */
#include "scene.h"

#include <stdio.h>

#include "host/policy.h"

#define PIECES_MAX 5u
#define PATH_LEN 64

static const char *const pieces[] = { "/", "a", "A", "b", ".", "..", "%61",
	"%41", "%2f", "%2F", "%5c", "\\", ";x", "%3b", "%2e", "%2561", "%00",
	"%", "#", "//" };

static struct rig g;
static struct policy_index *ix;
static unsigned nopen, nasked, ndenied;

/* ------------------------------------------------------------------ */
/* how others read paths; each in place */

static int
hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' &&
	    (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

static void
read_decoded(char *p)
{
	char *to = p;

	for (; *p != '\0'; p++) {
		if (p[0] == '%' && hex(p[1]) >= 0 && hex(p[2]) >= 0) {
			*to = (char)(hex(p[1]) << 4 | hex(p[2]));
			p += 2;
			if (*to == '\0')
				break;
			to++;
		} else {
			*to++ = *p;
		}
	}
	*to = '\0';
}

static void
read_merged(char *p)
{
	char *to = p, before = '\0';

	for (; *p != '\0'; before = *p++)
		if (*p != '/' || before != '/')
			*to++ = *p;
	*to = '\0';
}

static void
read_cut(char *p)
{
	char *to = p;
	bool skip = false;

	for (; *p != '\0'; p++) {
		if (*p == ';')
			skip = true;
		else if (*p == '/')
			skip = false;
		if (!skip)
			*to++ = *p;
	}
	*to = '\0';
}

static void
read_turned(char *p)
{
	for (; *p != '\0'; p++)
		if (*p == '\\')
			*p = '/';
}

static void
read_folded(char *p)
{
	for (; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + 32);
}

/* Segments "." and ".." taken away, as RFC 3986 5.2.4 does. */
static void
read_resolved(char *path)
{
	char out[PATH_LEN - 1] = "", copy[PATH_LEN];
	bool slash = path[0] != '\0' && path[strlen(path) - 1] == '/';
	struct csn_str rest, seg;

	(void)snprintf(copy, sizeof(copy), "%s", path);
	for (rest = str_from(copy); str_cut(&rest, '/', &seg);) {
		char *last = strrchr(out, '/');

		if (seg.n == 0 || str_is(seg, "."))
			continue;
		if (str_is(seg, "..")) {
			if (last != NULL)
				*last = '\0';
			continue;
		}
		(void)snprintf(out + strlen(out), sizeof(out) - strlen(out),
		    "/%.*s", STR_FMT(seg));
	}
	(void)snprintf(path, PATH_LEN, "%s%s", out, slash || out[0] == '\0' ?
	    "/" : "");
}

typedef void reading(char *);
static reading *const readings[] = { read_decoded, read_decoded, read_turned,
	read_cut, read_merged, read_resolved, read_folded };
#define READINGS (1u << COUNT(readings))

/* Where the file says "public": /a and what is below, and /b itself. */
static bool
is_public(const char *p)
{
	return strcmp(p, "/b") == 0 || strcmp(p, "/a") == 0 ||
	    strncmp(p, "/a/", 3) == 0;
}

/* ------------------------------------------------------------------ */

static void
path_try(const char *path)
{
	struct csn_str url;
	struct policy_request rq;
	const char *why = NULL;
	int i;

	/* the fragment is not sent; a "?" would begin the query */
	arena_free(&g.arena);
	url = arena_printf(&g.arena, "https://x.example.org%s", path);
	if (policy_request_read(&g.arena, url, &rq) < 0) {
		ndenied++;
		return;
	}
	rq.method = STR("GET");
	i = policy_match(ix, &rq, &why);
	ndenied += i < 0;
	nasked += i == 1;
	if (i != 0)
		return;
	nopen++;
	for (unsigned r = 0; r < READINGS; r++) {
		char copy[PATH_LEN];

		(void)snprintf(copy, sizeof(copy), "%s", path);
		for (unsigned k = 0; k < COUNT(readings); k++)
			if ((r >> k & 1) != 0)
				readings[k](copy);
		if (!is_public(copy))
			fail_msg("R5 does not hold: %s is public, and may be "
			    "read as %s", path, copy);
	}
}

static void
paths_from(char *path, unsigned n)
{
	size_t len = strlen(path);

	path_try(path);
	for (unsigned i = 0; n < PIECES_MAX && i < COUNT(pieces); i++) {
		(void)snprintf(path + len, PATH_LEN - len, "%s", pieces[i]);
		paths_from(path, n + 1);
		path[len] = '\0';
	}
}

static void
test_paths(void **state)
{
	static struct conf_host host;
	static struct conf_path open[2];
	static struct arena keep;
	char path[PATH_LEN] = "/";

	(void)state;
	rig_init(&g);
	rig_factor(&g, "pass", &rig_identity, rig_realm(&g, "corp"));
	host = (struct conf_host){ .name = STR("x.example.org") };
	open[0] = (struct conf_path){ .path = STR("/a"), .under = true };
	open[1] = (struct conf_path){ .path = STR("/b") };
	rig_policy(&g, "public");
	rig_policy(&g, "pass");
	for (unsigned i = 0; i < 2; i++) {
		g.policies[i].hosts = &host;
		g.policies[i].nhosts = 1;
	}
	g.policies[0].paths = open;
	g.policies[0].npaths = 2;
	ix = policy_index_new(&g.conf);
	assert_non_null(ix);
	/* what the rig allocated stays; paths come and go */
	keep = g.arena;
	arena_init(&g.arena, 1u << 20);
	paths_from(path, T_SLOW > 1 ? 2 : 1);
	print_message("# %u public, %u asked, %u denied\n", nopen, nasked,
	    ndenied);
	/* each outcome was met; a piece less makes a tenth of the paths */
	assert_true(nopen > (T_SLOW > 1 ? 3 : 30) && nasked > (T_SLOW > 1 ?
	    200 : 300) && ndenied > nasked);
	policy_index_free(ix);
	rig_free(&g);
	arena_free(&keep);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
	};

	return cmocka_run_group_tests_name("paths", tests, NULL, NULL);
}
