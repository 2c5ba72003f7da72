/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin_orphans.c - would this configuration leave people's devices behind?
 *
 * What `check` asks the store, where there is one that it may read: a file is
 * checked on other machines too. In a child that is the store's owner, so
 * that nothing of root's is left beside it (security.md O5).
 */
#include <libgen.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "admin.h"
#include "adopt.h"
#include "lib/timefmt.h"

static void
child(const struct conf *conf, int fd)
{
	struct csn_str unused = STR("");
	char path[4096], dir[4096];
	struct store *store;
	struct buf why, said;

	(void)snprintf(path, sizeof(path), "%.*s",
	    STR_FMT(conf->store_path));
	(void)snprintf(dir, sizeof(dir), "%s", path);
	buf_init(&why, 16384);
	buf_init(&said, 16384);
	if (admin_become_owner(dirname(dir), &unused) < 0 ||
	    access(path, R_OK | W_OK) < 0 || access(dir, W_OK) < 0 ||
	    store_sqlite_open(path, false, &store, &said) < 0)
		return;
	(void)adopt_check(store, conf, clock_wall_ms(), &why);
	store_close(store);
	if (why.n > 0 && write(fd, why.p, why.n) < 0)
		_exit(1);
}

static unsigned
lines_say(const struct csn_options *o, struct csn_str text)
{
	struct csn_str line;
	unsigned n = 0;

	while (str_cut(&text, '\n', &line))
		if (line.n > 0) {
			o->say(o->say_arg, CSN_FAIL, line);
			n++;
		}
	return n;
}

unsigned
admin_orphans(const struct csn_options *o, const struct conf *conf)
{
	char chunk[4096];
	struct buf said;
	unsigned ret;
	int fds[2];
	ssize_t n;
	pid_t pid;

	if (pipe(fds) < 0)
		return 0;
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		child(conf, fds[1]);
		_exit(0);
	}
	close(fds[1]);
	buf_init(&said, 65536);
	while (pid > 0 && (n = read(fds[0], chunk, sizeof(chunk))) > 0)
		buf_put(&said, chunk, (size_t)n);
	close(fds[0]);
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
	ret = lines_say(o, buf_str(&said));
	buf_free(&said);
	return ret;
}
