/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-http-listen.c - sockets: who may connect, what is in the way of one,
 * and what happens when there are too many
 */
#include "http_testing.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <malloc.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "http_listen.h"
#include "passed.h"
#include "refusal.h"

#define H "Host: app.example.com\r\n"
#define NONE "GET /none HTTP/1.1\r\n" H "\r\n"

static struct answer answer;
static char text[512];
static struct buf err;

static void
err_start(void)
{
	buf_init_fixed(&err, text, sizeof(text));
}

static void
answered(int fd)
{
	client_puts(fd, NONE);
	client_answer(fd, false, &answer);
	assert_int_equal(answer.status, 204);
}

/* Closed without a byte. */
static void
closed(int fd)
{
	client_puts(fd, NONE);
	assert_true(client_end(fd, &answer));
	assert_int_equal(answer.n, 0);
	(void)close(fd);
}

static void
test_unix_mode(void **state)
{
	static const mode_t modes[] = { 0600, 0660, 0666 };
	char folder[] = "/tmp/countersign-http-XXXXXX", path[64];
	struct stat st;
	mode_t mask;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/s", folder);
	mask = umask(0177);
	for (size_t i = 0; i < 3; i++) {
		err_start();
		fd = listen_unix(path, modes[i], getegid(), &err);
		assert_true(fd >= 0);
		assert_int_equal(lstat(path, &st), 0);
		assert_true(S_ISSOCK(st.st_mode));
		assert_int_equal(st.st_mode & 07777, modes[i]);
		assert_int_equal(st.st_gid, getegid());
		(void)close(fd);
		/* left behind, nobody listens: the next one takes its place */
	}
	(void)unlink(path);
	(void)umask(mask);
	assert_int_equal(rmdir(folder), 0);
}

static void
test_unix_taken(void **state)
{
	struct site *site = site_open();
	char path[160];
	int fd;

	(void)state;
	err_start();
	assert_int_equal(listen_unix(site->path, 0600, (gid_t)-1, &err), -1);
	assert_non_null(strstr(text, "another process listens"));
	fd = client_unix(site->path);	/* and it still does */
	answered(fd);
	(void)close(fd);

	(void)snprintf(path, sizeof(path), "%s/file", site->folder);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	(void)close(fd);
	err_start();
	assert_int_equal(listen_unix(path, 0600, (gid_t)-1, &err), -1);
	assert_non_null(strstr(text, "no socket"));
	assert_int_equal(access(path, F_OK), 0);
	(void)unlink(path);

	memset(path, 'a', 120);
	path[120] = '\0';
	err_start();
	assert_int_equal(listen_unix(path, 0600, (gid_t)-1, &err), -1);
	err_start();
	assert_int_equal(listen_unix("/nowhere/at/all", 0600, (gid_t)-1, &err),
	    -1);
	assert_non_null(strstr(text, "/nowhere/at/all"));
	assert_non_null(strstr(text, "RuntimeDirectory="));
	site_close(site);
}

static void
test_tcp_addresses(void **state)
{
	static const char *const bad[] = { "", "127.0.0.1", ":80",
	    "localhost:23402", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536",
	    "::1:23402", "[127.0.0.1]:23402", "[::1]", "[::1]23402",
	    "127.0.0.1:23402 ", "0127.0.0.1:23402" };
	int fd, again;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err_start();
		assert_int_equal(listen_tcp(str_from(bad[i]), &err), -1);
		assert_non_null(strstr(text, "127.0.0.1:9464"));
	}
	err_start();
	fd = listen_tcp(STR("127.0.0.1:23402"), &err);
	assert_true(fd >= 0);
	again = listen_tcp(STR("127.0.0.1:23402"), &err);
	assert_int_equal(again, -1);
	assert_non_null(strstr(text, "in use; another process"));
	(void)close(fd);
	err_start();
	assert_int_equal(listen_tcp(STR("192.0.2.1:23402"), &err), -1);
	assert_non_null(strstr(text, "does not have that address"));
}

/* As another user, who is nobody; the exit status tells. */
static int
as_other(void (*what)(void *), void *arg)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		if (setgid(65534) != 0 || setuid(65534) != 0)
			_exit(9);
		what(arg);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
other_asks(void *arg)
{
	struct site *site = arg;
	int fd = client_unix(site->path);

	client_puts(fd, NONE);
	client_answer(fd, false, &answer);
	_exit(answer.status == 204 ? 4 : answer.n == 0 ? 5 : 6);
}

/* Somebody else's group, and somebody else's folder. */
static void
listen_as_other(void *folder)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/s", (const char *)folder);
	err_start();
	if (listen_unix(path, 0600, 0, &err) >= 0 || strstr(text,
	    chmod(folder, 0700) == 0 ? "must be in the group" :
	    "write to its folder") == NULL)
		_exit(1);
}

static void
test_not_allowed(void **state)
{
	char folder[] = "/tmp/countersign-http-XXXXXX";

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_non_null(mkdtemp(folder));
	assert_int_equal(as_other(listen_as_other, folder), 0);
	assert_int_equal(chown(folder, 65534, 65534), 0);
	assert_int_equal(as_other(listen_as_other, folder), 0);
	assert_int_equal(rmdir(folder), 0);
}

static void
test_uids(void **state)
{
	const uid_t others[] = { 4711, 65534 };
	struct http_role role;
	struct site *site;
	int fd;

	(void)state;
	if (geteuid() != 0) {
		print_message("# only root can be another user too\n");
		skip();
	}
	site = site_new();
	assert_int_equal(chmod(site->folder, 0755), 0);
	site_listen(site);
	assert_int_equal(chmod(site->path, 0666), 0);
	site_start(site);
	/* an empty list: root and our own user */
	assert_int_equal(WEXITSTATUS(as_other(other_asks, site)), 5);
	wait_count(&site->faults[HTTP_PEER], 1);
	fd = client_unix(site->path);
	answered(fd);
	(void)close(fd);
	/* a list says who: and then root is not on it */
	role = site->role;
	role.uids = others;
	role.nuids = 2;
	assert_int_equal(http_listener_set(site->listener, &role, &err), 0);
	assert_int_equal(WEXITSTATUS(as_other(other_asks, site)), 4);
	closed(client_unix(site->path));
	assert_int_equal(atomic_load(&site->faults[HTTP_PEER]), 2);
	assert_int_equal(atomic_load(&site->asked), 2);
	site_close(site);
}

static void
test_nets(void **state)
{
	struct site *site = site_new();
	struct http_listener *l;
	struct http_role role;
	struct ip_net nets[2];
	int fd;

	(void)state;
	site_listen(site);
	l = site_listen_tcp(site, 23403);
	err_start();
	site_start(site);
	fd = client_tcp(23403);		/* an empty list: loopback */
	answered(fd);
	(void)close(fd);
	role = site->role;
	role.nets = nets;
	role.nnets = 2;
	assert_int_equal(ip_net_parse(STR("192.0.2.0/24"), &nets[0]), 0);
	assert_int_equal(ip_net_parse(STR("::/0"), &nets[1]), 0);
	assert_int_equal(http_listener_set(l, &role, &err), 0);
	closed(client_tcp(23403));
	assert_int_equal(atomic_load(&site->faults[HTTP_PEER]), 1);
	assert_int_equal(ip_net_parse(STR("127.0.0.0/8"), &nets[1]), 0);
	assert_int_equal(http_listener_set(l, &role, &err), 0);
	fd = client_tcp(23403);
	answered(fd);
	(void)close(fd);
	site_close(site);
}

static void
test_peer_text(void **state)
{
	struct http_peer peer = { .local = true, .uid = 33, .pid = 5 };

	(void)state;
	err_start();
	http_peer_put(&err, &peer);
	assert_string_equal(text, "uid 33 pid 5");
	err_start();
	peer = (struct http_peer){ .port = 4711 };
	assert_int_equal(ip_parse(STR("2001:db8::1"), &peer.ip), 0);
	http_peer_put(&err, &peer);
	assert_string_equal(text, "2001:db8::1 port 4711");
}

/* A socket passed by systemd, by its name. */
static void
test_inherited(void **state)
{
	struct site *site = site_new();
	char pid[16], path[160];
	int fd, wrong[2];

	(void)state;
	err_start();
	(void)snprintf(path, sizeof(path), "%s/i", site->folder);
	fd = listen_unix(path, 0600, (gid_t)-1, &err);
	assert_true(fd >= 0);
	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	(void)setenv("LISTEN_PID", pid, 1);
	(void)setenv("LISTEN_FDS", "2", 1);
	(void)setenv("LISTEN_FDNAMES", "pages:check", 1);
	assert_int_equal(http_listen_inherited(STR("pages"), 0), 3);
	assert_int_equal(http_listen_inherited(STR("check"), 0), 4);
	assert_int_equal(http_listen_inherited(STR("metrics"), 0), -1);
	assert_int_equal(http_listen_inherited(STR(""), 0), -1);
	assert_int_equal(http_listen_inherited(STR("pages"), 1), -1);
	(void)setenv("LISTEN_FDNAMES", "check:check", 1);
	assert_int_equal(http_listen_inherited(STR("check"), 0), 3);
	assert_int_equal(http_listen_inherited(STR("check"), 1), 4);
	(void)setenv("LISTEN_FDNAMES", "pages:check", 1);
	(void)setenv("LISTEN_FDS", "1", 1);
	assert_int_equal(http_listen_inherited(STR("check"), 0), -1);
	(void)setenv("LISTEN_PID", "1", 1);
	assert_int_equal(http_listen_inherited(STR("pages"), 0), -1);
	(void)unsetenv("LISTEN_PID");
	assert_int_equal(http_listen_inherited(STR("pages"), 0), -1);

	site_listen(site);
	assert_non_null(http_listen_fd(site->server, "fd", fd, &site->role,
	    &err));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, wrong), 0);
	assert_null(http_listen_fd(site->server, "fd", wrong[0], &site->role,
	    &err));
	assert_non_null(strstr(text, "not a listening"));
	(void)close(wrong[1]);
	site_start(site);
	fd = client_unix(path);
	answered(fd);
	(void)close(fd);
	/* it is not ours to remove */
	http_server_stop(site->server, 0);
	assert_int_equal(unlink(path), 0);
	site_close(site);
}

static int
passed_socket(const char *path)
{
	int fd = path != NULL ? listen_unix(path, 0600, (gid_t)-1, &err) :
	    listen_tcp(STR("127.0.0.1:0"), &err);

	assert_true(fd >= 0);
	return fd;
}

static void
passed_init(struct passed *p, int first, int second)
{
	memset(p->fds, 0xff, sizeof(p->fds));
	p->fds[CSN_L_CHECK][0] = first;
	p->fds[CSN_L_CHECK][1] = second;
}

/* Each is one listener's, and that by its address. */
static void
test_passed(void **state)
{
	char folder[] = "/tmp/countersign-http-XXXXXX";
	struct csn_listener l = { .role = CSN_L_CHECK }, tcp = l, pages = l;
	char path[2][160];
	struct passed p;
	int fd[3];

	(void)state;
	assert_non_null(mkdtemp(folder));
	for (int i = 0; i < 2; i++)
		(void)snprintf(path[i], sizeof(path[i]), "%s/p%d", folder, i);
	err_start();
	fd[0] = passed_socket(path[0]);
	fd[1] = passed_socket(path[1]);
	fd[2] = passed_socket(NULL);
	l.unix_path = str_from(path[1]);
	tcp.tcp = STR("127.0.0.1:1");
	pages.role = CSN_L_PAGES;
	pages.unix_path = l.unix_path;

	/* the second of two, once; of another role none */
	passed_init(&p, fd[0], fd[1]);
	assert_int_equal(passed_take(&p, &pages, 1), -1);
	assert_int_equal(passed_take(&p, &l, 2), fd[1]);
	assert_int_equal(passed_take(&p, &l, 2), -1);
	assert_true(passed_left(&p, &err));
	assert_non_null(strstr(text, path[0]));
	assert_false(passed_left(&p, &err));

	/* at another address: of one listener, not of two, nor of two
	 * sockets */
	passed_init(&p, fd[0], -1);
	assert_int_equal(passed_take(&p, &l, 2), -1);
	assert_int_equal(passed_take(&p, &l, 1), fd[0]);
	passed_init(&p, fd[0], fd[2]);
	assert_int_equal(passed_take(&p, &l, 1), -1);

	/* a socket of another kind has other peers */
	passed_init(&p, fd[2], -1);
	assert_int_equal(passed_take(&p, &l, 1), -1);
	assert_int_equal(passed_take(&p, &tcp, 2), -1);
	assert_int_equal(passed_take(&p, &tcp, 1), fd[2]);
	passed_init(&p, fd[0], -1);
	assert_int_equal(passed_take(&p, &tcp, 1), -1);
	for (int i = 0; i < 3; i++)
		(void)close(fd[i]);
	for (int i = 0; i < 2; i++)
		(void)unlink(path[i]);
	(void)rmdir(folder);
}

/* A line says what to do; who knocks a thousand times gets a few of them, and
 * takes no other kind's. */
static void
test_refusals_told(void **state)
{
	static const enum http_fault told[] = { HTTP_PEER, HTTP_TLS,
		HTTP_CROWDED, HTTP_REPLY, HTTP_ASTRAY };
	static struct refusals r;
	const struct http_peer peer = { .local = true, .uid = 33, .pid = 7 };
	unsigned lines = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		err_start();
		lines += refusal_line(&r, "check", &peer, HTTP_PEER, &err);
	}
	assert_in_range(lines, REFUSALS_PER_MINUTE, 2 * REFUSALS_PER_MINUTE);
	for (size_t i = 1; i < sizeof(told) / sizeof(told[0]); i++) {
		err_start();
		assert_true(refusal_line(&r, "check", NULL, told[i], &err));
		assert_non_null(strstr(text, "listener check: "));
		assert_non_null(strchr(text, ';'));
	}
	/* in a minute: the rest by number */
	atomic_store(&r.kinds[HTTP_PEER].minute, -1);
	err_start();
	assert_true(refusal_line(&r, "check", &peer, HTTP_PEER, &err));
	assert_non_null(strstr(text, "uid 33 pid 7; "));
	assert_non_null(strstr(text, "`peers`"));
	assert_non_null(strstr(text, " more since the last line"));
	/* what anybody can send is not for the log */
	for (int f = HTTP_SOUND; f < HTTP_FAULTS; f++)
		if (f != HTTP_PEER && f != HTTP_TLS && f != HTTP_CROWDED &&
		    f != HTTP_REPLY && f != HTTP_ASTRAY)
			assert_false(refusal_line(&r, "check", &peer,
			    (enum http_fault)f, &err));
}

/* "127.0.0.1:9" is not "127.0.0.2:9", nor "[::1]:9" either. */
static void
test_passed_tcp(void **state)
{
	static const struct { const char *host; enum http_fit fit; } rows[] = {
		{ "127.0.0.1:", HTTP_FIT_BOUND },
		{ "127.0.0.2:", HTTP_FIT_KIND }, { "[::1]:", HTTP_FIT_KIND },
		{ "0.0.0.0:", HTTP_FIT_KIND }, { "127.0.0.1:1",
		HTTP_FIT_KIND } };
	struct sockaddr_in v4 = { 0 };
	socklen_t n = sizeof(v4);
	char address[64];
	int fd;

	(void)state;
	err_start();
	fd = passed_socket(NULL);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&v4, &n), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(address, sizeof(address), "%s%u", rows[i].host,
		    ntohs(v4.sin_port));
		assert_int_equal(http_listen_fit(fd, STR(""),
		    str_from(address)), rows[i].fit);
	}
	assert_int_equal(http_listen_fit(fd, STR("/run/x"), STR("")),
	    HTTP_FIT_NOT);
	(void)close(fd);
}

/* No more than so many: the one that has been idle longest gives way. */
static void
test_crowded_idle(void **state)
{
	struct site *site = site_new();
	int fds[4];

	(void)state;
	site->limits.connections_max = 3;
	site_listen(site);
	site_start(site);
	for (int i = 0; i < 4; i++) {
		fds[i] = client_unix(site->path);
		answered(fds[i]);
	}
	assert_true(client_end(fds[0], &answer));
	assert_int_equal(answer.n, 0);
	assert_int_equal(http_server_connections(site->server), 3);
	for (int i = 1; i < 4; i++)
		answered(fds[i]);
	for (int i = 0; i < 4; i++)
		(void)close(fds[i]);
	site_close(site);
}

/* Where none is idle, who comes waits until one has gone. */
static void
test_crowded(void **state)
{
	struct site *site = site_new();
	int fds[4];

	(void)state;
	site->limits.connections_max = 3;
	site_listen(site);
	site_start(site);
	for (int i = 0; i < 4; i++)
		fds[i] = client_unix(site->path);
	client_puts(fds[3], NONE);
	wait_count(&site->faults[HTTP_CROWDED], 1);
	assert_int_equal(http_server_connections(site->server), 3);
	(void)close(fds[1]);
	client_answer(fds[3], false, &answer);
	assert_int_equal(answer.status, 204);
	(void)close(fds[0]);
	(void)close(fds[2]);
	(void)close(fds[3]);
	site_close(site);
}

/* Out of descriptors: the server waits instead of spinning, serves those it
 * has, and goes on when there are some again. */
static void
test_descriptors(void **state)
{
	const char *preload = getenv("LD_PRELOAD");
	struct rlimit was, few;
	int fd, waiting, spare[64];
	struct site *site;
	size_t n = 0;

	(void)state;
	if (preload != NULL && strstr(preload, "vgpreload") != NULL) {
		print_message("# valgrind closes what is over the limit "
		    "behind the server's back\n");
		skip();
	}
	site = site_open();
	fd = client_unix(site->path);
	answered(fd);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	few = was;
	few.rlim_cur = (rlim_t)fd + 32;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	while (n < 64 && (spare[n] = dup(fd)) >= 0)
		n++;
	assert_in_range(n, 1, 63);
	(void)close(spare[--n]);
	waiting = client_unix(site->path);	/* takes the last one */
	client_puts(waiting, NONE);
	wait_count(&site->faults[HTTP_CROWDED], 1);
	answered(fd);
	assert_in_range(atomic_load(&site->faults[HTTP_CROWDED]), 1, 9);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	client_answer(waiting, false, &answer);
	assert_int_equal(answer.status, 204);
	while (n > 0)
		(void)close(spare[--n]);
	(void)close(fd);
	(void)close(waiting);
	site_close(site);
}

/* What an idle connection costs: at most 2 KiB, for it holds no block and no
 * exchange. (With a sanitizer the heap is not counted.) */
static void
test_idle_memory(void **state)
{
	struct site *site = site_open();
	size_t before, each;
	int fds[400];

	(void)state;
	fds[0] = client_unix(site->path);
	answered(fds[0]);
	before = mallinfo2().uordblks;
	for (int i = 1; i < 400; i++) {
		fds[i] = client_unix(site->path);
		answered(fds[i]);
	}
	assert_int_equal(http_server_connections(site->server), 400);
	each = (mallinfo2().uordblks - before) / 399;
	print_message("# an idle connection: %zu bytes\n", each);
	assert_true(each <= 2048);
	for (int i = 0; i < 400; i++)
		(void)close(fds[i]);
	site_close(site);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unix_mode),
		cmocka_unit_test(test_unix_taken),
		cmocka_unit_test(test_tcp_addresses),
		cmocka_unit_test(test_not_allowed),
		cmocka_unit_test(test_uids),
		cmocka_unit_test(test_nets),
		cmocka_unit_test(test_peer_text),
		cmocka_unit_test(test_inherited),
		cmocka_unit_test(test_passed),
		cmocka_unit_test(test_passed_tcp),
		cmocka_unit_test(test_refusals_told),
		cmocka_unit_test(test_crowded_idle),
		cmocka_unit_test(test_crowded),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_idle_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
