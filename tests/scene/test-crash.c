/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-crash.c - what was acknowledged is still so after kill -9
 *
 * A process logs people in, uses codes up, revokes sessions and locks people
 * out, on several threads, and writes each fact into a ledger only when the
 * browser has been told. It is killed at a random moment, again and again;
 * then each fact of the ledger is tried: no used code is accepted again, no
 * confirmed enrolment is gone, no revoked session lives, no lock-out is
 * forgotten. In every third life the disk is full, or read-only, now and then,
 * in the middle of what is written. And two nodes race for one code: one of
 * them wins.
 */
#include "lib/timefmt.h"
#include "scene.h"

#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define APP "https://app.example.org/"
#define WORKERS	3u
#define FACTS	400u		/* of each kind, in one life */
#define TRIES	3u
#define STRANGER	"203.0.113.9"

static const char CONF[] =
    "realms: { corp: {} }\n"
    "factors:\n"
    "  pass: { plugin: puppet, realm: corp }\n"
    "  key: { plugin: stick }\n"
    "enrol: { key: { first_login: true } }\n"
    "session: { idle: 10h, lifetime: 20h }\n"
    "throttle: { per_person: 3, per_source: 100000, window: 1h }\n"
    "policies:\n"
    "  - { match: { host: app.example.org }, require: [ pass then key ] }\n";

struct fact { char name[24]; struct cookie_kept cookie; };

/* Shared with the process that is killed. */
struct ledger {
	_Atomic unsigned nenrolled, nused, nrevoked, nlocked;
	_Atomic unsigned nbad;		/* writes that the disk refused */
	_Atomic unsigned nfailed;	/* logins that came to nothing */
	struct fact enrolled[FACTS], used[FACTS], revoked[FACTS],
	    locked[FACTS];
};

static struct scene *s;
static struct ledger *ledger;
static unsigned life;			/* how often it was begun anew */

static unsigned
times(unsigned usual, unsigned all)
{
	return getenv("CSN_TEST_ALL") != NULL ? all : usual /
	    (T_SLOW > 1 ? 4 : 1);
}

/* ------------------------------------------------------------------ */
/* a disk that is full, or read-only, for a while */

static _Atomic int disk_errno;

static ssize_t
disk_pwrite(int fd, const void *p, size_t n, off_t at)
{
	int e = disk_errno;

	if (e == 0)
		return pwrite(fd, p, n, at);
	ledger->nbad++;
	errno = e;
	return -1;
}

static int
disk_ftruncate(int fd, off_t n)
{
	int e = disk_errno;

	if (e == 0)
		return ftruncate(fd, n);
	errno = e;
	return -1;
}

/* SQLite's own calls, as its VFS lets them be set. */
static void
disk_take_over(void)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

	(void)vfs->xSetSystemCall(vfs, "pwrite",
	    (sqlite3_syscall_ptr)disk_pwrite);
	(void)vfs->xSetSystemCall(vfs, "pwrite64",
	    (sqlite3_syscall_ptr)disk_pwrite);
	(void)vfs->xSetSystemCall(vfs, "ftruncate",
	    (sqlite3_syscall_ptr)disk_ftruncate);
}

static _Noreturn void
disk_goes_bad(void)
{
	for (unsigned i = 0;; i++) {
		usleep((useconds_t)(random() % 40000));
		disk_errno = i % 2 == 0 ? ENOSPC : EROFS;
		usleep((useconds_t)(random() % 8000));
		disk_errno = 0;
	}
}

/* ------------------------------------------------------------------ */
/* the process that is killed */

static struct seen
log_in_from(const char *client, struct scene *mine, struct browser *b,
    const char *name, const char *words)
{
	char text[100];
	struct seen p;

	scene_begin(mine);
	*b = browser_new();
	if (client != NULL)
		b->client = client;
	p = scene_go(mine, b, APP);
	(void)snprintf(text, sizeof(text), "grant subject=%s", name);
	if (p.what == SEEN_PAGE && p.nprompts > 0)
		p = scene_do(mine, b, &p, text);
	if (p.what == SEEN_PAGE && p.nprompts > 0 && words != NULL)
		p = scene_do(mine, b, &p, words);
	return p;
}

static struct seen
log_in(struct scene *mine, struct browser *b, const char *name,
    const char *words)
{
	return log_in_from(NULL, mine, b, name, words);
}

static void
fact_add(struct fact *v, _Atomic unsigned *n, const char *name,
    const struct cookie_kept *cookie)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&lock);
	if (*n < FACTS) {
		(void)snprintf(v[*n].name, sizeof(v->name), "%s", name);
		if (cookie != NULL)
			v[*n].cookie = *cookie;
		(*n)++;			/* the last: now it is a fact */
	}
	pthread_mutex_unlock(&lock);
}

static void
enrol_and_use(struct scene *mine, const char *name)
{
	char words[80];
	struct browser b;

	if (log_in(mine, &b, name, "code").what != SEEN_ALLOWED) {
		ledger->nfailed++;
		return;
	}
	fact_add(ledger->enrolled, &ledger->nenrolled, name, NULL);
	(void)snprintf(words, sizeof(words), "once=%s", name);
	if (log_in(mine, &b, name, words).what == SEEN_ALLOWED)
		fact_add(ledger->used, &ledger->nused, name, NULL);
}

static void
revoke_and_lock(struct scene *mine, const char *name)
{
	struct csn_str said = STR("");
	struct cookie_kept *k;
	struct browser b;
	struct seen p;

	if (log_in(mine, &b, name, "code").what != SEEN_ALLOWED)
		return;
	k = browser_cookie(&b, "app.example.org", "__Host-countersign");
	if (k != NULL && csn_sessions_revoke(mine->gate, STR(""),
	    STR("corp"), str_from(name), STR("test"), &said) == 0)
		fact_add(ledger->revoked, &ledger->nrevoked, name, k);
	csn_free(&said);
	/* guessed by somebody elsewhere: where a person is known there are
	 * tries that others do not use up */
	p = log_in_from(STRANGER, mine, &b, name, NULL);
	for (unsigned i = 0; i < TRIES && p.what == SEEN_PAGE &&
	    p.nprompts > 0; i++)
		p = scene_do(mine, &b, &p, "again");
	p = log_in_from(STRANGER, mine, &b, name, "again");
	/* he is told to wait */
	if (p.what == SEEN_PAGE && p.status == 429)
		fact_add(ledger->locked, &ledger->nlocked, name, NULL);
}

static void *
work(void *arg)
{
	unsigned w = (unsigned)(uintptr_t)arg;
	struct scene *mine = malloc(sizeof(*mine));
	char name[24];

	if (mine == NULL)
		_exit(3);
	scene_share(s, mine, 64u << 20);
	for (unsigned i = 0;; i++) {
		(void)snprintf(name, sizeof(name), "p%u-%u-%u", life, w, i);
		if ((i + w) % 2 == 0)
			enrol_and_use(mine, name);
		else
			revoke_and_lock(mine, name);
	}
	return NULL;
}

static void
child_main(void)
{
	pthread_t t[WORKERS];

	disk_take_over();
	s->gate = scene_node(s);
	for (unsigned i = 0; i < WORKERS; i++)
		if (pthread_create(&t[i], NULL, work,
		    (void *)(uintptr_t)i) != 0)
			_exit(3);
	if (life % 3 == 0)
		disk_goes_bad();
	pause();
	_exit(4);
}

/* ------------------------------------------------------------------ */

static void
facts_hold(void)
{
	struct browser b;
	char words[80];

	for (unsigned i = 0; i < ledger->nenrolled; i++) {
		const char *name = ledger->enrolled[i].name;

		/* it is asked for, and another one is not enrolled */
		(void)snprintf(words, sizeof(words), "force");
		HOLDS("E4", i % 8 != 0 || log_in(s, &b, name, words).what !=
		    SEEN_ALLOWED);
		HOLDS("crash", i % 4 != 0 || log_in(s, &b, name, "code").what
		    == SEEN_ALLOWED);
	}
	for (unsigned i = 0; i < ledger->nused; i++) {
		(void)snprintf(words, sizeof(words), "once=%s",
		    ledger->used[i].name);
		HOLDS("crash", log_in(s, &b, ledger->used[i].name,
		    words).what != SEEN_ALLOWED);
	}
	for (unsigned i = 0; i < ledger->nrevoked; i++) {
		b = browser_new();
		b.v[b.n++] = ledger->revoked[i].cookie;
		HOLDS("S8", scene_check(s, &b, APP).what != SEEN_ALLOWED);
	}
	for (unsigned i = 0; i < ledger->nlocked; i++)
		HOLDS("P4", log_in_from(STRANGER, s, &b,
		    ledger->locked[i].name, "code").what != SEEN_ALLOWED);
}

static unsigned
facts_count(void)
{
	return ledger->nenrolled + ledger->nused + ledger->nrevoked +
	    ledger->nlocked;
}

static void
one_life(void)
{
	int64_t begun, more_ms;
	int status;
	pid_t pid;

	memset(ledger, 0, sizeof(*ledger));
	life++;
	begun = clock_mono_ms();
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		child_main();
	/* after the first facts, at any moment, and in time for those that take
	 * longer, on a slow machine as well */
	for (unsigned i = 0; i < 2000 && facts_count() < 3; i++)
		usleep(5000);
	more_ms = 90 + clock_mono_ms() - begun;
	usleep((useconds_t)(random() % (more_ms * 1000)));
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	HOLDS("crash", WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void
test_killed(void **state)
{
	unsigned n = times(24, 200), enrolled = 0, used = 0, revoked = 0,
	    locked = 0, lives = 0, bad = 0, failed = 0;

	(void)state;
	srandom((unsigned)time(NULL));
	ledger = mmap(NULL, sizeof(*ledger), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(ledger != MAP_FAILED);
	s = scene_new(CONF);
	scene_close(s);
	/* a busy machine gets less done in a life, and is given more lives */
	for (unsigned i = 0; i < n || (i < 6 * n && (enrolled < n || used <
	    n / 2 || revoked < n / 2 || locked < n / 4)); i++) {
		one_life();
		enrolled += ledger->nenrolled;
		used += ledger->nused;
		revoked += ledger->nrevoked;
		locked += ledger->nlocked;
		bad += ledger->nbad;
		failed += ledger->nfailed;
		s->gate = scene_node(s);
		facts_hold();
		scene_close(s);
		lives++;
	}
	print_message("# %u kills: %u enrolments, %u codes, %u revocations, "
	    "%u lock-outs were acknowledged, and stand; the disk refused %u "
	    "writes, %u logins came to nothing\n", lives, enrolled, used,
	    revoked, locked, bad, failed);
	/* the disk did go bad, and was noticed */
	assert_true(bad > 0 && failed > 0);
	assert_true(enrolled >= n && used >= n / 2 && revoked >= n / 2 &&
	    locked >= n / 4);
	munmap(ledger, sizeof(*ledger));
	scene_free(s);
}

/* ------------------------------------------------------------------ */
/* one code, two nodes */

struct racer {
	struct scene mine;
	struct browser b;
	struct seen page;
	char words[40];
	pthread_barrier_t *start;
	bool in;
};

static void *
race(void *arg)
{
	struct racer *r = arg;

	pthread_barrier_wait(r->start);
	r->in = scene_do(&r->mine, &r->b, &r->page, r->words).what ==
	    SEEN_ALLOWED;
	return NULL;
}

static void
test_races(void **state)
{
	static struct racer r[2];
	unsigned n = times(200, 10000);
	pthread_barrier_t start;
	pthread_t t[2];

	(void)state;
	s = scene_new(CONF);
	scene_share(s, &r[0].mine, 64u << 20);
	scene_share(s, &r[1].mine, 64u << 20);
	r[1].mine.gate = scene_node(s);
	assert_int_equal(log_in(&r[0].mine, &r[0].b, "ann", "code").what,
	    SEEN_ALLOWED);
	pthread_barrier_init(&start, NULL, 2);
	for (unsigned i = 0; i < n; i++) {
		for (unsigned k = 0; k < 2; k++) {
			r[k].page = log_in(&r[k].mine, &r[k].b, "ann", NULL);
			r[k].start = &start;
			(void)snprintf(r[k].words, sizeof(r[k].words),
			    "once=race-%u", i);
		}
		for (unsigned k = 0; k < 2; k++)
			assert_int_equal(pthread_create(&t[k], NULL, race,
			    &r[k]), 0);
		for (unsigned k = 0; k < 2; k++)
			assert_int_equal(pthread_join(t[k], NULL), 0);
		HOLDS("one winner", r[0].in != r[1].in);
	}
	pthread_barrier_destroy(&start);
	arena_free(&r[0].mine.arena);
	arena_free(&r[1].mine.arena);
	print_message("# %u races for one code at two nodes, a winner each\n",
	    n);
	scene_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_races),
	};

	return cmocka_run_group_tests_name("crash", tests, NULL, NULL);
}
