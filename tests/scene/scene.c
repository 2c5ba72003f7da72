/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scene.c - folders, files and gates of a scene
 */
#include "scene.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int64_t
scene_now(void *arg)
{
	return ((struct scene *)arg)->now_ms;
}

static void
scene_say(void *arg, uint32_t severity, struct csn_str line)
{
	struct scene *s = arg;

	(void)severity;
	pthread_mutex_lock(&s->lock);
	s->broken += str_find(line, STR(": rule ")) >= 0;
	if (s->nsaid + line.n + 2 > sizeof(s->said))
		s->nsaid = 0;
	if (line.n + 2 < sizeof(s->said)) {
		memcpy(s->said + s->nsaid, line.p, line.n);
		s->nsaid += line.n;
		s->said[s->nsaid++] = '\n';
	}
	s->said[s->nsaid] = '\0';
	pthread_mutex_unlock(&s->lock);
}

unsigned
scene_audited(struct scene *s, const char *text)
{
	char path[300];
	struct csn_str rest;
	struct buf b;
	unsigned n = 0;
	ptrdiff_t at;
	ssize_t got;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/audit.json", s->folder);
	buf_init(&b, 0);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	do {
		char chunk[8192];

		got = read(fd, chunk, sizeof(chunk));
		if (got > 0)
			buf_put(&b, chunk, (size_t)got);
	} while (got > 0);
	close(fd);
	assert_true(got == 0 && !buf_failed(&b));
	rest = buf_str(&b);
	while ((at = str_find(rest, str_from(text))) >= 0) {
		rest = str_from_at(rest, (size_t)at + 1);
		n++;
	}
	buf_free(&b);
	return n;
}

bool
scene_said(struct scene *s, const char *text)
{
	bool found;

	pthread_mutex_lock(&s->lock);
	found = str_find(str_of(s->said, s->nsaid), str_from(text)) >= 0;
	pthread_mutex_unlock(&s->lock);
	return found;
}

static void
file_write(const char *path, const char *text, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, n), (ssize_t)n);
	close(fd);
}

static void
conf_write(struct scene *s, const char *sections)
{
	struct buf b;

	buf_init(&b, 0);
	buf_puts(&b, "version: 1\n");
	if (!str_starts(str_from(sections), STR("public_url:")))
		buf_puts(&b, "public_url: https://login.example.org\n");
	buf_printf(&b, "listen:\n"
	    "  pages: { unix: %s/p, client_address: X-Real-IP }\n"
	    "  check: { unix: %s/c, dialect: nginx, client_address: "
	    "X-Real-IP }\n"
	    "store: { sqlite: %s/state/state.db }\nkeys: { dir: %s/keys }\n"
	    "audit: { file: %s/audit.json }\n", s->folder, s->folder,
	    s->folder, s->folder, s->folder);
	buf_puts(&b, sections);
	assert_false(buf_failed(&b));
	file_write(s->conf, buf_str(&b).p, buf_str(&b).n);
	buf_free(&b);
}

/* A build's folder may be one that the loader rightly refuses. */
static void
plugin_copy(struct scene *s, const char *name)
{
	const char *top = getenv("CSN_TOP_BUILDDIR");
	const char *others = getenv("CSN_SCENE_PLUGINS");
	char from[600], to[400];
	static char bytes[1u << 20];
	ssize_t n;
	int fd;

	(void)snprintf(from, sizeof(from), "%s%s/%s.so", others != NULL ?
	    others : top == NULL ? "." : top, others != NULL ? "" :
	    "/tests/plugins/.libs", name);
	(void)snprintf(to, sizeof(to), "%s/%s.so", s->plugins, name);
	fd = open(from, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail_msg("no %s", from);
	n = read(fd, bytes, sizeof(bytes));
	assert_true(n > 0 && n < (ssize_t)sizeof(bytes));
	close(fd);
	file_write(to, bytes, (size_t)n);
}

static struct csn_options
options_of(struct scene *s)
{
	return (struct csn_options){ .conf_path = s->conf,
	    .plugin_dir = s->plugins, .say = scene_say, .say_arg = s,
	    .now_ms = scene_now, .now_arg = s };
}

struct csn_gate *
scene_node(struct scene *s)
{
	struct csn_options o = options_of(s);
	unsigned i = 0;

	while (i < SCENE_NODES && s->nodes[i] != NULL)
		i++;
	assert_true(i < SCENE_NODES);
	s->nodes[i] = csn_gate_open(&o);
	if (s->nodes[i] == NULL)
		fail_msg("no gate: %s", s->said);
	return s->nodes[i];
}

static void
store_beside(struct scene *s)
{
	struct buf error;
	char path[300];

	(void)snprintf(path, sizeof(path), "%s/state/state.db", s->folder);
	buf_init(&error, 0);
	if (store_sqlite_open(path, false, &s->store, &error) < 0)
		fail_msg("%.*s", STR_FMT(buf_str(&error)));
	buf_free(&error);
}

void
scene_sql(struct scene *s, const char *sql)
{
	struct place p;

	(void)snprintf(p.file, sizeof(p.file), "%s/state/state.db",
	    s->folder);
	place_sql(&p, sql);
}

struct scene *
scene_new(const char *sections)
{
	struct scene *s = calloc(1, sizeof(*s));
	const char *tmp = getenv("TMPDIR");
	struct csn_options o;
	char path[300];

	assert_non_null(s);
	pthread_mutex_init(&s->lock, NULL);
	arena_init(&s->arena, 64u << 20);
	s->now_ms = T_NOW;
	(void)snprintf(s->folder, sizeof(s->folder), "%s/csn-scene-XXXXXX",
	    tmp == NULL ? "/tmp" : tmp);
	assert_non_null(mkdtemp(s->folder));
	(void)snprintf(s->conf, sizeof(s->conf), "%s/c.yml", s->folder);
	(void)snprintf(s->plugins, sizeof(s->plugins), "%s/plugins",
	    s->folder);
	assert_int_equal(mkdir(s->plugins, 0700), 0);
	for (unsigned i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", s->folder,
		    i == 0 ? "state" : "keys");
		assert_int_equal(mkdir(path, 0700), 0);
	}
	plugin_copy(s, "puppet");
	plugin_copy(s, "stick");
	conf_write(s, sections);
	o = options_of(s);
	if (csn_init(&o) != 0)
		fail_msg("no store: %s", s->said);
	s->gate = scene_node(s);
	store_beside(s);
	scene_begin(s);
	return s;
}

void
scene_begin(struct scene *s)
{
	arena_free(&s->arena);
	arena_init(&s->arena, 64u << 20);
	pthread_mutex_lock(&s->lock);
	s->nsaid = s->broken = 0;
	s->said[0] = '\0';
	pthread_mutex_unlock(&s->lock);
}

int
scene_reload(struct scene *s, const char *sections)
{
	conf_write(s, sections);
	return csn_gate_reload(s->gate);
}

static int
remove_one(const char *path, const struct stat *st, int type,
    struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void
scene_share(struct scene *s, struct scene *ret, size_t budget)
{
	pthread_mutex_lock(&s->lock);
	*ret = *s;
	pthread_mutex_unlock(&s->lock);
	pthread_mutex_init(&ret->lock, NULL);
	arena_init(&ret->arena, budget);
}

void
scene_close(struct scene *s)
{
	for (unsigned i = 0; i < SCENE_NODES; i++) {
		csn_gate_close(s->nodes[i]);
		s->nodes[i] = NULL;
	}
	if (s->store != NULL)
		store_close(s->store);
	s->store = NULL;
	s->gate = NULL;
}

void
scene_free(struct scene *s)
{
	if (s == NULL)
		return;
	scene_close(s);
	(void)nftw(s->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	arena_free(&s->arena);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

int
scene_tear_down(void **state)
{
	scene_free(*state);
	return 0;
}
