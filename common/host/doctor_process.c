/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor_process.c - the process behind the sockets: is it what is installed,
 * whose is it, and may it leave its memory behind
 *
 * By what /proc says. It must never take another daemon of this machine for
 * the one of this configuration.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "doctor.h"

#define AREA	"daemon"

/* At most n - 1 bytes of a file of /proc; how many. */
static size_t
proc_read(long pid, const char *what, char *ret, size_t n)
{
	char path[64];
	ssize_t got;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%ld/%s", pid, what);
	memset(ret, 0, n);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	got = read(fd, ret, n - 1);
	close(fd);
	return got < 0 ? 0 : (size_t)got;
}

static bool
named(long pid, const char *name)
{
	char text[64];

	(void)proc_read(pid, "comm", text, sizeof(text));
	return strncmp(text, name, strlen(name)) == 0;
}

/* A daemon of this configuration: there may be others on this machine. */
static bool
is_ours(const struct doctor *d, long pid)
{
	const char *conf = CSN_SYSCONFDIR "/countersign.yml";
	char text[4096];
	size_t n;

	if (!named(pid, "countersignd"))
		return false;
	n = proc_read(pid, "cmdline", text, sizeof(text));
	for (size_t i = 0; i < n; i += strlen(text + i) + 1) {
		const char *arg = text + i, *next = arg + strlen(arg) + 1;

		if (strncmp(arg, "--config=", 9) == 0)
			conf = arg + 9;
		else if ((strcmp(arg, "-c") == 0 ||
		    strcmp(arg, "--config") == 0) && next < text + n)
			conf = next;
	}
	return n > 0 && strcmp(conf, d->options->conf_path) == 0;
}

/* systemd makes the sockets of its units: the daemon is found by its name
 * then, and by whose process it is. 0: not found. */
static pid_t
behind_systemd(struct doctor *d, pid_t pid, uid_t *uid)
{
	DIR *proc = named(pid, "systemd") ? opendir("/proc") : NULL;
	struct stat store;
	struct dirent *e;

	if (proc == NULL)
		return pid;
	if (stat(doctor_path(d, d->conf->store_path), &store) < 0)
		store.st_uid = 0;
	pid = 0;
	while (pid == 0 && (e = readdir(proc)) != NULL) {
		long other = strtol(e->d_name, NULL, 10);

		if (other > 0 && is_ours(d, other))
			pid = (pid_t)other;
	}
	closedir(proc);
	/* what may not be looked into is root's in /proc, whoever runs it */
	*uid = store.st_uid;
	return pid;
}

static void
limits_look(struct doctor *d, pid_t pid)
{
	char path[64], text[4096], *line;

	(void)snprintf(path, sizeof(path), "/proc/%ld/limits", (long)pid);
	if (proc_read((long)pid, "limits", text, sizeof(text)) == 0)
		return;
	doctor_looked(d);
	line = strstr(text, "Max core file size");
	if (line != NULL && strncmp(line + strcspn(line, "0123456789u\n"),
	    "0 ", 2) != 0)
		doctor_say(d, DOCTOR_ERROR, AREA, str_from(path), "start it "
		    "as it is shipped: it forbids itself core dumps; under "
		    "systemd LimitCORE=0", "the daemon may leave a core "
		    "dump, with passwords and keys in it");
}

/* A file that was replaced since the process began is called deleted. */
static void
program_look(struct doctor *d, pid_t pid)
{
	char path[64], target[4096];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%ld/exe", (long)pid);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return;		/* only root may look */
	doctor_looked(d);
	if (str_ends(str_of(target, (size_t)n), STR(" (deleted)")))
		doctor_say(d, DOCTOR_WARNING, AREA, str_of(target,
		    (size_t)n - 10), "restart the daemon", "the program was "
		    "replaced since the daemon began: the old one runs on");
}

static void
owner_look(struct doctor *d, uid_t uid)
{
	const char *path = doctor_path(d, d->conf->store_path);
	struct stat st;

	if (stat(path, &st) < 0 || st.st_uid == uid)
		return;
	doctor_say(d, DOCTOR_ERROR, AREA, d->conf->store_path, "run the "
	    "daemon as the owner of its store", "belongs to user %u, but the "
	    "daemon runs as %u", (unsigned)st.st_uid, (unsigned)uid);
}

void
doctor_process(struct doctor *d, pid_t pid, uid_t uid)
{
	pid = behind_systemd(d, pid, &uid);
	if (pid <= 0)
		return;
	program_look(d, pid);
	limits_look(d, pid);
	owner_look(d, uid);
}
