/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ldap_peer.c - real and misbehaving directory servers for the tests
 *
 * It must never leave a server behind, nor end a process it did not start.
 */
#include "ldap_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/testing.h"
#include "lib/url.h"

#define PORT_FIRST 23300u
#define PORT_LAST 23399u

static _Noreturn void
die(const char *what, const char *name)
{
	printf("Bail out! %s: %s\n", what, name);
	exit(1);
}

static const char *
top(const char *variable, const char *otherwise)
{
	const char *dir = getenv(variable);

	return dir != NULL ? dir : otherwise;
}

/* The child's standard output goes to out, or nowhere. */
static pid_t
spawn(char *const argv[], int out)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t pid = fork();

	if (pid < 0 || null < 0)
		die("fork", argv[0]);
	if (pid == 0) {
		/* a test that fails half-way leaves nobody behind */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(null, 0);
		dup2(out >= 0 ? out : null, 1);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(null);
	return pid;
}

static int
run(char *const argv[])
{
	pid_t pid = spawn(argv, -1);
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool
peer_installed(void)
{
	return access("/usr/sbin/slapd", X_OK) == 0 &&
	    access("/usr/bin/ldapadd", X_OK) == 0;
}

static bool
port_free(unsigned port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok;

	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	ok = fd >= 0 && bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0;
	close(fd);
	return ok;
}

static unsigned
port_pick(unsigned from)
{
	unsigned port;

	for (port = from; port <= PORT_LAST; port++) {
		if (port_free(port))
			return port;
	}
	die("no free port", "23300 to 23399");
}

int
peer_script(const struct peer *p, const char *script, const char *command)
{
	char path[512];
	char *argv[] = { (char *)(uintptr_t)"bash", path,
	    (char *)(uintptr_t)command, (char *)(uintptr_t)p->dir, NULL };

	snprintf(path, sizeof(path), "%s/tests/peers/%s",
	    top("CSN_TOP_SRCDIR", "."), script);
	return run(argv);
}

void
peer_remove(struct peer *p)
{
	char *argv[] = { (char *)(uintptr_t)"rm", (char *)(uintptr_t)"-rf",
	    p->dir, NULL };

	run(argv);
}

static void
peer_run(const struct peer *p, const char *command)
{
	char number[16];

	snprintf(number, sizeof(number), "%u", p->port);
	setenv("PORT", number, 1);
	snprintf(number, sizeof(number), "%u", p->tls_port);
	setenv("TLS_PORT", number, 1);
	if (peer_script(p, "slapd.sh", command) != 0)
		die("slapd.sh", command);
}

static void
peer_folder(struct peer *p)
{
	snprintf(p->dir, sizeof(p->dir), "/tmp/csn-ldap-XXXXXX");
	if (mkdtemp(p->dir) == NULL)
		die("mkdtemp", p->dir);
}

void
peer_start(struct peer *p)
{
	unsigned from = PORT_FIRST + (unsigned)getpid() % 40 * 2;

	peer_folder(p);
	p->port = port_pick(from);
	p->tls_port = port_pick(p->port + 1);
	peer_run(p, "start");
}

void
peer_certificates(struct peer *p)
{
	static const char *const sh = ". \"$0/common.sh\"; mkdir \"$1/tls\"; "
	    "tls_make \"$1/tls\"; cert_make \"$1/tls\" wrong "
	    "/CN=other.example subjectAltName=DNS:other.example; "
	    "DAYS=5 cert_make \"$1/tls\" short /CN=localhost "
	    "subjectAltName=DNS:localhost,IP:127.0.0.1";
	char peers[512];
	char *argv[] = { (char *)(uintptr_t)"bash", (char *)(uintptr_t)"-c",
	    (char *)(uintptr_t)sh, peers, p->dir, NULL };

	peer_folder(p);
	snprintf(peers, sizeof(peers), "%s/tests/peers",
	    top("CSN_TOP_SRCDIR", "."));
	if (run(argv) != 0)
		die("common.sh", "certificates");
}

void
peer_resume(struct peer *p)
{
	peer_run(p, "resume");
}

void
peer_stop(struct peer *p)
{
	peer_run(p, "stop");
	peer_remove(p);
}

static void
peer_path(const struct peer *p, const char *file, char *ret, size_t n)
{
	snprintf(ret, n, "%s/%s", p->dir, file);
}

/* At most n - 1 bytes. */
static void
file_read(const char *path, char *ret, size_t n)
{
	FILE *f = fopen(path, "r");
	size_t got;

	if (f == NULL)
		die("cannot read", path);
	got = fread(ret, 1, n - 1, f);
	ret[got] = '\0';
	fclose(f);
}

void
peer_kill(struct peer *p)
{
	char path[128], text[32];
	struct timespec tick = { .tv_nsec = 10000000 };
	pid_t pid;

	peer_path(p, "slapd.pid", path, sizeof(path));
	file_read(path, text, sizeof(text));
	pid = (pid_t)strtol(text, NULL, 10);
	if (pid <= 1 || kill(pid, SIGKILL) != 0)
		die("kill", text);
	while (kill(pid, 0) == 0)
		nanosleep(&tick, NULL);
	unlink(path);
}

void
peer_modify(struct peer *p, const char *ldif)
{
	char path[128], url[64];
	char *argv[] = { (char *)(uintptr_t)"ldapmodify",
	    (char *)(uintptr_t)"-x", (char *)(uintptr_t)"-H", url,
	    (char *)(uintptr_t)"-D", (char *)(uintptr_t)"cn=admin," BASE,
	    (char *)(uintptr_t)"-w", (char *)(uintptr_t)"admin",
	    (char *)(uintptr_t)"-f", path, NULL };
	FILE *f;

	peer_path(p, "change.ldif", path, sizeof(path));
	snprintf(url, sizeof(url), "ldap://127.0.0.1:%u", p->port);
	f = fopen(path, "w");
	if (f == NULL || fputs(ldif, f) < 0 || fclose(f) != 0)
		die("cannot write", path);
	if (run(argv) != 0)
		die("ldapmodify", ldif);
}

void
peer_option_file(const struct peer *p, struct harness *h, const char *option,
    const char *file)
{
	char path[128], text[8192];

	peer_path(p, file, path, sizeof(path));
	file_read(path, text, sizeof(text));
	harness_option(h, option, text);
}

void
stub_start(struct stub *s, const struct peer *p, const char *mode)
{
	char script[512], tls[128], line[64] = "";
	char *argv[] = { (char *)(uintptr_t)"/usr/bin/python3", script,
	    (char *)(uintptr_t)mode, tls, NULL };
	int fds[2];
	FILE *f;

	snprintf(script, sizeof(script), "%s/tests/peers/ldap-stub.py",
	    top("CSN_TOP_SRCDIR", "."));
	peer_path(p, "tls", tls, sizeof(tls));
	if (pipe2(fds, O_CLOEXEC) != 0)
		die("pipe", mode);
	s->pid = spawn(argv, fds[1]);
	close(fds[1]);
	f = fdopen(fds[0], "r");
	if (f == NULL || fgets(line, sizeof(line), f) == NULL ||
	    sscanf(line, "port %u", &s->port) != 1)
		die("ldap-stub.py", mode);
	fclose(f);
}

void
stub_stop(struct stub *s)
{
	if (s->pid <= 1)
		return;
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	s->pid = 0;
}

static void
options_add(struct harness *h, va_list ap)
{
	const char *name, *value;

	while ((name = va_arg(ap, const char *)) != NULL) {
		value = va_arg(ap, const char *);
		harness_option(h, name, value);
	}
}

static struct harness *
load(const struct peer *p, const char *scheme, unsigned port)
{
	char path[512], url[64];
	struct harness *h;

	snprintf(path, sizeof(path), "%s/auth-ldap/.libs/ldap.so",
	    top("CSN_TOP_BUILDDIR", "."));
	h = harness_load(path);
	if (h == NULL)
		die("cannot load", path);
	snprintf(url, sizeof(url), "%s://127.0.0.1:%u", scheme != NULL ?
	    scheme : "", port);
	if (scheme != NULL)
		harness_option(h, "url", url);
	peer_option_file(p, h, "ca", "tls/ca.crt");
	return h;
}

struct harness *
ldap_load(const struct peer *p, const char *scheme, unsigned port, ...)
{
	struct harness *h = load(p, scheme, port);
	va_list ap;

	va_start(ap, port);
	options_add(h, ap);
	va_end(ap);
	return h;
}

struct harness *
ldap_open_with(const struct peer *p, ...)
{
	struct harness *h = load(p, "ldaps", p->tls_port);
	va_list ap;

	harness_option(h, "base", BASE);
	harness_option(h, "bind_dn", "cn=svc," BASE);
	harness_option(h, "bind_password", "svcpw");
	va_start(ap, p);
	options_add(h, ap);
	va_end(ap);
	harness_must_open(h);
	return h;
}

void
ldap_login_str(struct harness *h, struct csn_str name,
    struct csn_str password, const char *pinned, struct harness_answer *a)
{
	struct csn_req req = harness_req(CSN_EV_FORM);
	struct buf form;

	req.subject = str_from(pinned);
	buf_init(&form, 0);
	form_add(&form, STR("username"), name);
	form_add(&form, STR("password"), password);
	harness_params(h, &req, (const char *)form.p);
	harness_step(h, &req, a);
	buf_free(&form);
}

void
ldap_login(struct harness *h, const char *name, const char *password,
    struct harness_answer *a)
{
	ldap_login_str(h, str_from(name), str_from(password), "", a);
}

void
ldap_lookup(struct harness *h, const char *subject, struct harness_answer *a)
{
	struct csn_req req = harness_req(CSN_EV_LOOKUP);

	req.subject = str_from(subject);
	harness_serve(h, &req, a);
}

static void
say(struct harness *h, const struct harness_answer *a, const char *name)
{
	print_error("%s: %s, reason %s%s%s\n%s", name,
	    harness_verdict_name(a->verdict),
	    harness_reason_name(a->reply.reason),
	    a->broken != NULL ? ", broken: " : "",
	    a->broken != NULL ? a->broken : "", harness_log(h));
}

/* The verdict and reason of a login; what else it holds is the caller's. */
static void
expect(struct harness *h, const char *name, const char *password,
    uint32_t verdict, uint32_t reason, struct harness_answer *a)
{
	ldap_login(h, name, password, a);
	if (a->verdict != verdict || a->reply.reason != reason) {
		say(h, a, name);
		fail_msg("%s: not %s %s", name, harness_verdict_name(verdict),
		    harness_reason_name(reason));
	}
}

void
assert_grant(struct harness *h, const char *name, const char *password,
    const char *subject)
{
	struct harness_answer a;

	expect(h, name, password, CSN_GRANT, 0, &a);
	assert_str(a.reply.subject, subject);
	harness_answer_free(&a);
}

void
assert_wrong(struct harness *h, const char *name, const char *password)
{
	struct harness_answer a;

	expect(h, name, password, CSN_CONTINUE, CSN_R_CREDENTIAL, &a);
	assert_str(a.reply.message, WRONG_TEXT);
	harness_answer_free(&a);
}

void
assert_account(struct harness *h, const char *name, const char *password,
    const char *state)
{
	struct harness_answer a;

	expect(h, name, password, CSN_DENY, CSN_R_ACCOUNT, &a);
	assert_str(a.reply.message, ACCOUNT_TEXT);
	assert_str(pairs_get(a.reply.message_args, STR("state")), state);
	assert_str(a.reply.subject, name);
	harness_answer_free(&a);
}

void
assert_denied(struct harness *h, const char *name, const char *password,
    const char *text)
{
	struct harness_answer a;

	expect(h, name, password, CSN_DENY, CSN_R_ACCOUNT, &a);
	assert_str(a.reply.message, text);
	assert_str(a.reply.subject, name);
	harness_answer_free(&a);
}

void
ldap_change(struct harness *h, struct csn_str state, const char *form,
    struct harness_answer *a)
{
	struct csn_req req = harness_req(CSN_EV_FORM);

	req.subject = STR("");
	req.state = state;
	harness_params(h, &req, form);
	harness_step(h, &req, a);
}

void
assert_backend(struct harness *h, const char *name, const char *password)
{
	struct harness_answer a;

	ldap_login(h, name, password, &a);
	if (a.said != CSN_ERROR)
		say(h, &a, name);
	assert_int_equal(a.said, CSN_ERROR);
	assert_int_equal(a.verdict, CSN_ERROR);
	harness_answer_free(&a);
}

/* ------------------------------------------------------------------ */
/* a group of tests */

static struct peer *of_group;

bool
peer_group(struct peer *p)
{
	if (!peer_installed()) {
		printf("1..0 # SKIP slapd and ldap-utils are not installed\n");
		return false;
	}
	signal(SIGPIPE, SIG_IGN);	/* as the host does */
	of_group = p;
	return true;
}

int
peer_group_start(void **state)
{
	(void)state;
	peer_start(of_group);
	return 0;
}

int
peer_group_stop(void **state)
{
	(void)state;
	peer_stop(of_group);
	return 0;
}
