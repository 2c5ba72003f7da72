/* SPDX-License-Identifier: Apache-2.0 */
/*
 * countersignd.c - the gateway's daemon: a gate, its listeners, its signals
 *
 * It stays in the foreground and logs to standard error. SIGHUP reads the
 * configuration again and opens the audit log anew; SIGTERM and SIGINT end it
 * after the requests under way.
 */
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "health.h"
#include "letter.h"
#include "lib/log.h"
#include "notify.h"
#include "pages.h"
#include "passed.h"
#include "refusal.h"

#define LOOPS_MAX	64u
#define LISTENERS_MAX	32u
#define STOP_MS		10000

struct daemon {
	struct csn_options options;
	const char *data_dir;
	unsigned loops;
	struct log log;
	struct csn_gate *gate;
	struct catalogues *texts;
	struct http_server *server;
	struct check_role checks[LISTENERS_MAX];
	struct pages_role pages[LISTENERS_MAX];
	struct passed passed;	/* asked before the environment is cleared */
	struct refusals refusals;
};

static void
usage(FILE *to)
{
	fprintf(to, "usage: countersignd [-c FILE] [--plugins DIR] "
	    "[--data DIR] [--loops N]\n"
	    "  -c, --config FILE  the configuration (default %s/"
	    "countersign.yml)\n"
	    "  --plugins DIR      where plugins are (default %s)\n"
	    "  --data DIR         where catalogues are (default %s)\n"
	    "  --loops N          threads that answer (default: one per "
	    "processor, at most 4)\n"
	    "  --version, --help\n", CSN_SYSCONFDIR, CSN_PLUGINDIR,
	    CSN_DATADIR);
}

static unsigned
loops_default(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > 4 ? 4 : (unsigned)n;
}

static int
loops_read(const char *text, unsigned *ret)
{
	uint64_t n;

	if (str_u64(str_from(text), LOOPS_MAX, &n) < 0 || n == 0)
		return -1;
	*ret = (unsigned)n;
	return 0;
}

/* 0 to go on, else the exit status + 1. */
static int
options_read(struct daemon *d, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "plugins", required_argument, NULL, 'p' },
		{ "data", required_argument, NULL, 'd' },
		{ "loops", required_argument, NULL, 'l' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "c:h", longs, NULL)) != -1)
		switch (c) {
		case 'c':
			d->options.conf_path = optarg;
			break;
		case 'p':
			d->options.plugin_dir = optarg;
			break;
		case 'd':
			d->data_dir = optarg;
			break;
		case 'l':
			if (loops_read(optarg, &d->loops) == 0)
				break;
			fprintf(stderr, "countersignd: --loops is a number "
			    "from 1 to %u\n", LOOPS_MAX);
			return 3;
		case 'V':
			printf("countersignd %s\n", CSN_VERSION);
			return 1;
		case 'h':
			usage(stdout);
			return 1;
		default:
			usage(stderr);
			return 3;
		}
	if (optind == argc)
		return 0;
	usage(stderr);
	return 3;
}

/* ------------------------------------------------------------------ */

static void
say(struct daemon *d, uint32_t severity, const char *a, struct csn_str b)
{
	struct buf line;

	buf_init(&line, 4096);
	buf_puts(&line, a);
	buf_str_put(&line, b);
	log_say(&d->log, severity, buf_str(&line));
	buf_free(&line);
}

static void
refused(void *arg, const struct http_listener *l,
    const struct http_peer *peer, enum http_fault fault)
{
	struct daemon *d = arg;
	struct buf line;

	buf_init(&line, 1024);
	if (refusal_line(&d->refusals, http_listener_name(l), peer, fault,
	    &line))
		log_say(&d->log, CSN_WARN, buf_str(&line));
	buf_free(&line);
}

/* The handler by role, and what it needs: one of our slots. */
static int
role_make(struct daemon *d, size_t i, const struct csn_listener *l,
    struct http_role *ret)
{
	switch (l->role) {
	case CSN_L_PAGES:
		d->pages[i] = (struct pages_role){ d->gate,
		    l->client_address, d->texts };
		ret->handler = pages_handle;
		ret->arg = &d->pages[i];
		ret->body_max = PAGES_BODY_MAX;
		return 0;
	case CSN_L_CHECK:
		/* one dialect; another is never guessed */
		d->checks[i] = (struct check_role){ d->gate,
		    l->client_address, check_dialect(l->dialect) };
		if (d->checks[i].dialect == NULL)
			return -1;
		ret->handler = check_handle;
		ret->arg = &d->checks[i];
		return 0;
	case CSN_L_METRICS:
		ret->handler = health_handle;
		ret->arg = d->gate;
		return 0;
	default:
		return -1;
	}
}

static int
group_id(struct csn_str name, gid_t *ret)
{
	char text[256];
	struct group *g;

	*ret = (gid_t)-1;
	if (name.n == 0)
		return 0;
	if (name.n >= sizeof(text))
		return -1;
	memcpy(text, name.p, name.n);
	text[name.n] = '\0';
	g = getgrnam(text);
	if (g == NULL)
		return -1;
	*ret = g->gr_gid;
	return 0;
}

static struct http_listener *
listen_unix(struct daemon *d, const struct csn_listener *l,
    const struct http_role *role, struct buf *err)
{
	char path[108];
	gid_t gid;

	if (l->unix_path.n >= sizeof(path)) {
		buf_puts(err, "the socket's path is over 107 bytes");
		return NULL;
	}
	memcpy(path, l->unix_path.p, l->unix_path.n);
	path[l->unix_path.n] = '\0';
	if (group_id(l->group, &gid) < 0) {
		buf_puts(err, "there is no such group: ");
		buf_str_put(err, l->group);
		return NULL;
	}
	return http_listen_unix(d->server, passed_role_name(l->role), path,
	    l->mode, gid, role, err);
}

static char *
text_copy(struct csn_str s)
{
	return s.n == 0 ? NULL : strndup(s.p, s.n);
}

static struct http_listener *
listen_tcp(struct daemon *d, const struct csn_listener *l, int fd,
    struct http_role *role, struct buf *err)
{
	struct http_tls tls = { text_copy(l->tls_certificate),
	    text_copy(l->tls_key), text_copy(l->tls_client_ca) };
	struct ip_net *nets = calloc(l->npeers + 1, sizeof(*nets));
	const char *name = passed_role_name(l->role);
	struct http_listener *ret = NULL;

	for (size_t i = 0; nets != NULL && i < l->npeers; i++) {
		memcpy(nets[i].base.b, l->peers[i].base,
		    sizeof(nets[i].base.b));
		nets[i].base.v4 = memcmp(nets[i].base.b,
		    "\0\0\0\0\0\0\0\0\0\0\377\377", 12) == 0;
		nets[i].bits = l->peers[i].bits;
	}
	role->nets = nets;
	role->nnets = l->npeers;
	if (tls.certificate != NULL)
		role->tls = &tls;
	if (nets != NULL)
		ret = fd >= 0 ? http_listen_fd(d->server, name, fd, role,
		    err) : http_listen_tcp(d->server, name, l->tcp, role, err);
	free(nets);
	free((char *)(uintptr_t)tls.certificate);
	free((char *)(uintptr_t)tls.key);
	free((char *)(uintptr_t)tls.client_ca);
	return ret;
}

static size_t
role_count(struct daemon *d, uint32_t role)
{
	const struct csn_listener *l;
	size_t n = csn_gate_listeners(d->gate, &l), count = 0;

	for (size_t i = 0; i < n; i++)
		count += l[i].role == role;
	return count;
}

static int
listener_add(struct daemon *d, size_t i, const struct csn_listener *l)
{
	struct http_role role = { .uids = (const uid_t *)l->peer_uids,
	    .nuids = l->npeer_uids };
	struct http_listener *made = NULL;
	struct buf err;
	int fd;

	buf_init(&err, 2048);
	if (role_make(d, i, l, &role) < 0) {
		buf_puts(&err, "this version does not have its dialect");
	} else {
		fd = passed_take(&d->passed, l, role_count(d, l->role));
		if (l->unix_path.n == 0)
			made = listen_tcp(d, l, fd, &role, &err);
		else if (fd >= 0)
			made = http_listen_fd(d->server,
			    passed_role_name(l->role), fd, &role, &err);
		else
			made = listen_unix(d, l, &role, &err);
	}
	if (made == NULL)
		say(d, CSN_FAIL, "a listener cannot be opened: ",
		    buf_str(&err));
	buf_free(&err);
	return made == NULL ? -1 : 0;
}

/* What connects to a socket that is nobody's would wait for ever. */
static int
passed_none_left(struct daemon *d)
{
	struct buf line;
	int rc = 0;

	buf_init(&line, 1024);
	while (passed_left(&d->passed, &line)) {
		say(d, CSN_FAIL, "", buf_str(&line));
		buf_clear(&line);
		rc = -1;
	}
	buf_free(&line);
	return rc;
}

static int
listeners_add(struct daemon *d)
{
	const struct csn_listener *l;
	size_t n = csn_gate_listeners(d->gate, &l);

	if (n > LISTENERS_MAX) {
		say(d, CSN_FAIL, "too many listeners", STR(""));
		return -1;
	}
	for (size_t i = 0; i < n; i++)
		if (listener_add(d, i, &l[i]) < 0)
			return -1;
	return passed_none_left(d);
}

/* ------------------------------------------------------------------ */

/* No core dump, no debugger: passwords pass through this memory (O7). */
static void
process_harden(void)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	umask(077);
	signal(SIGPIPE, SIG_IGN);
}

static void
signals_block(sigset_t *ret)
{
	sigemptyset(ret);
	sigaddset(ret, SIGHUP);
	sigaddset(ret, SIGTERM);
	sigaddset(ret, SIGINT);
	pthread_sigmask(SIG_BLOCK, ret, NULL);
}

/* A catalogue at fault costs its texts, not the logins. */
static void
texts_load(struct daemon *d)
{
	struct buf folder;

	d->texts = catalogues_new();
	if (d->texts == NULL)
		return;
	buf_init(&folder, 4096);
	buf_printf(&folder, "%s/po", d->data_dir);
	catalogues_load(d->texts, (const char *)folder.p, log_say, &d->log);
	buf_free(&folder);
}

static int
daemon_start(struct daemon *d)
{
	texts_load(d);
	d->options.compose = letter_compose;
	d->options.compose_arg = d->texts;
	d->gate = csn_gate_open(&d->options);
	if (d->gate == NULL || d->texts == NULL)
		return -1;
	d->server = http_server_new(d->loops, NULL, refused, d);
	if (d->server == NULL || listeners_add(d) < 0)
		return -1;
	return http_server_start(d->server);
}

/* Who starts it looks here, and not at the first login that fails. */
static void
trouble_say(struct daemon *d)
{
	char why[512];

	if (csn_gate_ready(d->gate, why, sizeof(why)) < 0)
		say(d, CSN_FAIL, "no logins are accepted: ", str_from(why));
}

static void
daemon_run(struct daemon *d, const sigset_t *signals)
{
	int signal_number;

	notify("READY=1");
	say(d, CSN_INFO, "ready, version " CSN_VERSION, STR(""));
	trouble_say(d);
	for (;;) {
		if (sigwait(signals, &signal_number) != 0)
			continue;
		if (signal_number != SIGHUP)
			break;
		notify("RELOADING=1");
		csn_gate_reload(d->gate);
		csn_gate_reopen_logs(d->gate);
		notify("READY=1");
	}
	notify("STOPPING=1");
	say(d, CSN_INFO, "stopping", STR(""));
}

static void
daemon_stop(struct daemon *d)
{
	/* no new requests, then the workers, then what requests point into */
	if (d->server != NULL)
		http_server_stop(d->server, STOP_MS);
	csn_gate_close(d->gate);
	http_server_free(d->server);
	catalogues_free(d->texts);
}

int
main(int argc, char **argv)
{
	static struct daemon d;
	sigset_t signals;
	int rc;

	d.options.conf_path = CSN_SYSCONFDIR "/countersign.yml";
	d.data_dir = CSN_DATADIR;
	d.loops = loops_default();
	rc = options_read(&d, argc, argv);
	if (rc != 0)
		return rc - 1;
	process_harden();
	log_init(&d.log, STDERR_FILENO);
	d.options.say = log_say;
	d.options.say_arg = &d.log;
	notify_init();
	passed_find(&d.passed);
	csn_prepare_process();
	signals_block(&signals);
	rc = daemon_start(&d);
	if (rc == 0)
		daemon_run(&d, &signals);
	daemon_stop(&d);
	return rc == 0 ? 0 : 1;
}
