/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-peer.h - a stub of tests/peers/ as a child of a test
 *
 * It ends when its standard input does, so also when the test crashes.
 */
#ifndef COUNTERSIGN_HOST_TEST_PEER_H
#define COUNTERSIGN_HOST_TEST_PEER_H

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PEER_PORTS 10u

struct peer {
	pid_t pid;
	int input, output;
	unsigned ports[PEER_PORTS];	/* free ones; other builds test too */
};

/* "ready" and its ports, a line. 0 or -1. */
static int
peer_ready(struct peer *p)
{
	char said[128] = "";
	const char *at = said;
	size_t n = 0;

	while (n + 1 < sizeof(said) && read(p->output, said + n, 1) == 1 &&
	    said[n] != '\n')
		n++;
	if (strncmp(said, "ready", 5) != 0)
		return -1;
	for (size_t i = 0; i < PEER_PORTS && (at = strchr(at, ' ')) != NULL;
	    i++)
		p->ports[i] = (unsigned)strtoul(++at, NULL, 10);
	return 0;
}

/* Starts /usr/bin/python3 tests/peers/NAME [A] and waits until it is ready. 0
 * or -1. */
static int
peer_start(struct peer *p, const char *name, const char *a)
{
	const char *top = getenv("CSN_TOP_SRCDIR");
	char path[512];
	int in[2], out[2];

	(void)snprintf(path, sizeof(path), "%s/tests/peers/%s",
	    top != NULL ? top : ".", name);
	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
		return -1;
	p->pid = fork();
	if (p->pid == 0) {
		(void)dup2(in[0], STDIN_FILENO);
		(void)dup2(out[1], STDOUT_FILENO);
		(void)execl("/usr/bin/python3", "python3", path, a,
		    (char *)NULL);
		_exit(127);
	}
	(void)close(in[0]);
	(void)close(out[1]);
	p->input = in[1];
	p->output = out[0];
	return p->pid > 0 ? peer_ready(p) : -1;
}

static void
peer_stop(struct peer *p)
{
	(void)close(p->input);
	(void)close(p->output);
	(void)kill(p->pid, SIGTERM);
	(void)waitpid(p->pid, NULL, 0);
}

#endif
