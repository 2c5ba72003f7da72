/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ldap-step.c - what the directory plugin's step() takes, beside bare calls
 *
 *	ldap-step CA ROUNDS LOGINS NAME:OPTION=VALUE;OPTION=VALUE...
 *
 * Each NAME is measured in turns, one login after the other on one thread, and
 * printed as "NAME ROUND microseconds" per round (the mean) and
 * "NAME p99 microseconds" of all logins. A name that begins with "bare" is the
 * rival: a search and a bind on two connections that are kept, by libldap over
 * the same TLS, with the attributes that the plugin asks for. `users` is how
 * many there are, u00000 and on, `user` one name for all; `late` is how many
 * logins go before, uncounted (1); `pid` is the server's, and then what is told
 * is the CPU time of both. Everything else is an option of the plugin.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openldap.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "auth-ldap/sockbuf.h"
#include "tests/harness/plugin_harness.h"

#include "client.h"

#define WAYS_MAX	8u
#define LOGINS_MAX	200000u

struct way {
	const char *name;
	struct harness *h;
	LDAP *search, *user;	/* of a bare one */
	char url[128], one[64];
	unsigned users, late, n, pid;
	double *us;		/* of each login */
};

static SSL_CTX *tls;
static struct way ways[WAYS_MAX];

static double
clock_read(clockid_t id)
{
	struct timespec t = { 0, 0 };

	(void)clock_gettime(id, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double
clock_us(const struct way *w)
{
	/* the kernel's clock of a whole process */
	if (w->pid != 0)
		return clock_read(CLOCK_PROCESS_CPUTIME_ID) +
		    clock_read((clockid_t)(~w->pid << 3 | 2));
	return clock_read(CLOCK_MONOTONIC);
}

static _Noreturn void
fail(const char *what, const char *why)
{
	(void)fprintf(stderr, "ldap-step: %s: %s\n", what, why);
	exit(1);
}

/* ------------------------------------------------------------------ */
/* the rival */

static int
connected_to(const char *url)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	const char *port = strrchr(url, ':');
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sa.sin_port = htons((uint16_t)client_number(port + 1, 65535));
	if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0)
		fail(url, "nobody listens");
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static LDAP *
bare_open(const char *url)
{
	int version = LDAP_VERSION3, fd = connected_to(url);
	SSL *ssl = SSL_new(tls);
	LDAP *ld = NULL;

	if (ssl == NULL || SSL_set_fd(ssl, fd) != 1 || SSL_connect(ssl) != 1)
		fail(url, "no TLS");
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	if (ldap_init_fd(fd, LDAP_PROTO_TCP, NULL, &ld) != LDAP_SUCCESS ||
	    ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version) != 0 ||
	    ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) != 0 ||
	    sockbuf_push_tls(ld, ssl) != 0)
		fail(url, "no handle");
	return ld;
}

static int
bare_bind(LDAP *ld, const char *dn, const char *password)
{
	char copy[64];
	struct berval cred;

	(void)snprintf(copy, sizeof(copy), "%s", password);
	cred = (struct berval){ strlen(copy), copy };
	return ldap_sasl_bind_s(ld, dn, LDAP_SASL_SIMPLE, &cred, NULL, NULL,
	    NULL);
}

static bool
bare_login(struct way *w, const char *name)
{
	static char names[][16] = { "uid", "entryUUID", "cn", "mail",
		"memberOf" };
	char *attributes[] = { names[0], names[1], names[2], names[3],
		names[4], NULL };
	LDAPMessage *found = NULL;
	char filter[96], *dn = NULL;
	int rc;

	(void)snprintf(filter, sizeof(filter), "(uid=%s)", name);
	rc = ldap_search_ext_s(w->search, "dc=example,dc=com",
	    LDAP_SCOPE_SUBTREE, filter, attributes, 0, NULL, NULL, NULL, 2,
	    &found);
	if (rc == LDAP_SUCCESS && ldap_count_entries(w->search, found) == 1)
		dn = ldap_get_dn(w->search, ldap_first_entry(w->search,
		    found));
	(void)ldap_msgfree(found);
	rc = dn != NULL ? bare_bind(w->user, dn, "pw-u") : -1;
	ldap_memfree(dn);
	return rc == LDAP_SUCCESS;
}

/* ------------------------------------------------------------------ */

static bool
step_login(struct way *w, const char *name)
{
	struct csn_req req = harness_req(CSN_EV_FORM);
	struct harness_answer a;
	char form[128];
	bool ok;

	req.subject = STR("");
	(void)snprintf(form, sizeof(form), "username=%s&password=pw-u", name);
	harness_params(w->h, &req, form);
	harness_step(w->h, &req, &a);
	ok = a.verdict == CSN_GRANT;
	if (!ok)
		(void)fprintf(stderr, "%s: %s\n%s", name,
		    harness_verdict_name(a.verdict), harness_log(w->h));
	harness_answer_free(&a);
	harness_log_clear(w->h);
	return ok;
}

static void
login(struct way *w, bool counts)
{
	char name[64];
	double from;
	bool ok;

	(void)snprintf(name, sizeof(name), "u%05u", w->n % w->users);
	if (w->one[0] != '\0')
		(void)snprintf(name, sizeof(name), "%s", w->one);
	from = clock_us(w);
	ok = w->h != NULL ? step_login(w, name) : bare_login(w, name);
	if (!ok)
		fail(w->name, "a login failed");
	if (counts && w->n < LOGINS_MAX)
		w->us[w->n++] = clock_us(w) - from;
}

static void
option(struct way *w, const char *name, const char *value)
{
	if (strcmp(name, "users") == 0)
		w->users = client_number(value, 1000000);
	else if (strcmp(name, "late") == 0)
		w->late = client_number(value, 1000);
	else if (strcmp(name, "pid") == 0)
		w->pid = client_number(value, 4194304);
	else if (strcmp(name, "user") == 0)
		(void)snprintf(w->one, sizeof(w->one), "%s", value);
	else if (w->h == NULL)
		(void)snprintf(w->url, sizeof(w->url), "%s", value);
	else
		harness_option(w->h, name, value);
}

static void
options(struct way *w, char *text)
{
	char *rest = text, *one, *value;

	while ((one = strsep(&rest, ";")) != NULL) {
		value = strchr(one, '=');
		if (value == NULL)
			fail(one, "is no option");
		*value++ = '\0';
		option(w, one, value);
	}
}

static struct harness *
plugin(const char *ca)
{
	const char *build = getenv("CSN_TOP_BUILDDIR");
	char path[512], pem[16384];
	FILE *f = fopen(ca, "r");
	struct harness *h;
	size_t n;

	(void)snprintf(path, sizeof(path), "%s/auth-ldap/.libs/ldap.so",
	    build != NULL ? build : ".");
	h = harness_load(path);
	if (h == NULL || f == NULL)
		fail(path, ca);
	n = fread(pem, 1, sizeof(pem) - 1, f);
	pem[n] = '\0';
	(void)fclose(f);
	harness_option(h, "ca", pem);
	harness_option(h, "base", "dc=example,dc=com");
	harness_option(h, "bind_dn", "cn=svc,dc=example,dc=com");
	harness_option(h, "bind_password", "svcpw");
	return h;
}

static void
way_begin(struct way *w, char *text, const char *ca)
{
	char *colon = strchr(text, ':');

	if (colon == NULL)
		fail(text, "want NAME:OPTIONS");
	*colon = '\0';
	*w = (struct way){ .name = text, .users = 1, .late = 1,
	    .us = calloc(LOGINS_MAX, sizeof(double)) };
	if (strncmp(text, "bare", 4) != 0)
		w->h = plugin(ca);
	options(w, colon + 1);
	if (w->h != NULL) {
		harness_must_open(w->h);
	} else {
		w->search = bare_open(w->url);
		w->user = bare_open(w->url);
		if (bare_bind(w->search, "cn=svc,dc=example,dc=com",
		    "svcpw") != LDAP_SUCCESS)
			fail(w->url, "the service account is refused");
	}
	for (unsigned i = 0; i < w->late; i++)
		login(w, false);
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
round_run(struct way *w, unsigned round, unsigned logins)
{
	double from = clock_us(w);

	for (unsigned i = 0; i < logins; i++)
		login(w, true);
	(void)printf("%s %u %.2f\n", w->name, round,
	    (clock_us(w) - from) / logins);
}

int
main(int argc, char *argv[])
{
	unsigned n = (unsigned)argc - 4, rounds, logins;

	if (argc < 5 || n > WAYS_MAX) {
		(void)fprintf(stderr, "usage: ldap-step CA ROUNDS LOGINS "
		    "NAME:OPTION=VALUE;...\n");
		return 2;
	}
	rounds = client_number(argv[2], 1000);
	logins = client_number(argv[3], 100000);
	tls = SSL_CTX_new(TLS_client_method());
	if (tls == NULL || SSL_CTX_load_verify_locations(tls, argv[1],
	    NULL) != 1)
		fail(argv[1], "no authority");
	SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_read_ahead(tls, 1);
	SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	for (unsigned i = 0; i < n; i++)
		way_begin(&ways[i], argv[4 + i], argv[1]);
	for (unsigned r = 0; r < rounds; r++)
		for (unsigned i = 0; i < n; i++)
			round_run(&ways[i], r, logins);
	for (unsigned i = 0; i < n; i++) {
		qsort(ways[i].us, ways[i].n, sizeof(double), by_size);
		(void)printf("%s p99 %.2f\n", ways[i].name,
		    ways[i].us[ways[i].n * 99 / 100]);
		(void)printf("%s p50 %.2f\n", ways[i].name,
		    ways[i].us[ways[i].n / 2]);
	}
	return 0;
}
