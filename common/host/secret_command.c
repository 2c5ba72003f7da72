/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret_command.c - one program run for its output
 *
 * The program is the head of a session of its own, so that what it starts ends
 * with it. It must never be looked for in a path, nor be one that others can
 * change.
 */
#include "secret_command.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/secret.h"
#include "lib/timefmt.h"
#include "secret_ref.h"

#define OUTPUT_MAX	(64u << 10)

struct command {
	char text[PATH_MAX];		/* the line, cut into arguments */
	char *argv[SECRET_REF_ARGS_MAX + 1];
	size_t n;
};

static const char *
command_split(struct csn_str line, struct command *ret)
{
	bool within = false;

	ret->n = 0;
	if (line.n >= sizeof(ret->text))
		return "is too long";
	for (size_t i = 0; i < line.n; i++) {
		ret->text[i] = line.p[i] == ' ' ? '\0' : line.p[i];
		if (line.p[i] == ' ') {
			within = false;
		} else if (!within) {
			if (ret->n == SECRET_REF_ARGS_MAX)
				return "has more than 32 arguments";
			ret->argv[ret->n++] = ret->text + i;
			within = true;
		}
	}
	ret->text[line.n] = '\0';
	ret->argv[ret->n] = NULL;
	if (ret->n == 0 || ret->argv[0][0] != '/')
		return "names no program by its absolute path";
	return NULL;
}

const char *
secret_command_fault(struct csn_str line)
{
	struct command c;

	return command_split(line, &c);
}

static const char *
file_fault(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return strerrordesc_np(errno);
	if (!S_ISREG(st.st_mode) || access(path, X_OK) != 0)
		return "is no program that we may run";
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return "belongs neither to root nor to us; change that (chown)";
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return "can be written by others; take that away "
		    "(chmod go-w)";
	return NULL;
}

const char *
program_fault(char *const *argv)
{
	return argv[0] == NULL || argv[0][0] != '/' ?
	    "names no program by its absolute path" : file_fault(argv[0]);
}

/* ------------------------------------------------------------------ */
/* starting */

/* in -1: there is no input */
static int
actions_make(posix_spawn_file_actions_t *fa, int in, int out)
{
	return (in < 0 ? posix_spawn_file_actions_addopen(fa, STDIN_FILENO,
	    "/dev/null", O_RDONLY, 0) :
	    posix_spawn_file_actions_adddup2(fa, in, STDIN_FILENO)) |
	    posix_spawn_file_actions_adddup2(fa, out, STDOUT_FILENO) |
	    posix_spawn_file_actions_addopen(fa, STDERR_FILENO, "/dev/null",
	    O_WRONLY, 0) |
	    posix_spawn_file_actions_addchdir_np(fa, "/") |
	    posix_spawn_file_actions_addclosefrom_np(fa, STDERR_FILENO + 1);
}

static int
attr_make(posix_spawnattr_t *attr)
{
	sigset_t none, every;

	(void)sigemptyset(&none);
	(void)sigfillset(&every);
	return posix_spawnattr_setsigmask(attr, &none) |
	    posix_spawnattr_setsigdefault(attr, &every) |
	    posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSID |
	    POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

static int
command_start(char *const *argv, int in, int out, pid_t *ret)
{
	char path[] = "PATH=/usr/bin:/bin", locale[] = "LC_ALL=C.UTF-8";
	char *envp[] = { path, locale, NULL };
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	int rc;

	if (posix_spawn_file_actions_init(&fa) != 0)
		return -1;
	if (posix_spawnattr_init(&attr) != 0) {
		(void)posix_spawn_file_actions_destroy(&fa);
		return -1;
	}
	rc = actions_make(&fa, in, out) | attr_make(&attr);
	if (rc == 0)
		rc = posix_spawn(ret, argv[0], &fa, &attr, argv, envp);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&fa);
	return rc;
}

/* ------------------------------------------------------------------ */
/* reading and ending */

static const char *
output_read(int fd, size_t max, int64_t deadline_ms, struct buf *ret)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	const char *fault = NULL;
	char part[4096];
	size_t total = 0;
	int64_t left;
	ssize_t n;

	for (;;) {
		left = deadline_ms - clock_mono_ms();
		if (left <= 0 || poll(&p, 1, (int)left) == 0) {
			fault = "did not end in time";
			break;
		}
		n = read(fd, part, sizeof(part));
		if (n == 0)
			break;
		if (n < 0 && errno != EINTR && errno != EAGAIN) {
			fault = "cannot be read";
			break;
		}
		if (n > 0 && (total += (size_t)n) > max) {
			fault = "prints more than 64 KiB";
			break;
		}
		if (n > 0)
			buf_put(ret, part, (size_t)n);
	}
	secret_wipe(part, sizeof(part));
	return fault;
}

/* Whether the process has ended; it stays to be waited for, so that its number
 * is nobody else's yet. */
static bool
command_ended(pid_t pid)
{
	siginfo_t info = { .si_pid = 0 };

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) !=
	    0 || info.si_pid == pid;
}

/* It has closed its output, so it ends now, or is ended with all it started. */
static const char *
command_end(pid_t pid, int64_t deadline_ms, const char *fault)
{
	const struct timespec a_bit = { 0, 5000000 };
	int status = 0;
	pid_t got;

	while (fault == NULL && !command_ended(pid)) {
		if (clock_mono_ms() >= deadline_ms)
			fault = "did not end in time";
		else
			(void)nanosleep(&a_bit, NULL);
	}
	(void)kill(-pid, SIGKILL);
	while ((got = waitpid(pid, &status, 0)) < 0 && errno == EINTR)
		continue;
	if (fault != NULL)
		return fault;
	if (got != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return "did not succeed; run it as our user to see why";
	return NULL;
}

static const char *
command_run(char *const *argv, int in, size_t max, int64_t time_ms,
    struct buf *ret)
{
	int64_t deadline_ms = clock_mono_ms() + time_ms;
	const char *fault = program_fault(argv);
	int ends[2], rc;
	pid_t pid;

	if (fault != NULL)
		return fault;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return "cannot be started (no pipe)";
	rc = command_start(argv, in, ends[1], &pid);
	(void)close(ends[1]);
	if (rc == 0) {
		fault = output_read(ends[0], max, deadline_ms, ret);
		fault = command_end(pid, deadline_ms, fault);
	}
	(void)close(ends[0]);
	return rc == 0 ? fault : "cannot be started";
}

const char *
secret_command_run(struct csn_str line, size_t max, int64_t time_ms,
    struct buf *ret)
{
	struct command c;
	const char *fault = command_split(line, &c);

	return fault != NULL ? fault : command_run(c.argv, -1, max, time_ms,
	    ret);
}

const char *
program_run(char *const *argv, struct csn_str input, int64_t time_ms)
{
	int in = memfd_create("input", MFD_CLOEXEC);
	const char *fault = "cannot be given its input";
	struct buf out;

	buf_init(&out, OUTPUT_MAX);
	/* a file: who does not read it keeps nobody waiting */
	if (in >= 0 && write(in, input.p, input.n) == (ssize_t)input.n &&
	    lseek(in, 0, SEEK_SET) == 0)
		fault = command_run(argv, in, OUTPUT_MAX, time_ms, &out);
	if (in >= 0)
		(void)close(in);
	buf_free(&out);
	return fault;
}
