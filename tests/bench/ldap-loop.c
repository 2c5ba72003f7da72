/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ldap-loop.c - what a password check costs at the least: search, then bind
 *
 * The rival of the login benchmark: threads with two connections each that are
 * kept, one of the service's name for the search, one for the user's bind;
 * nothing else. When all are connected it prints "ready" and waits for a line,
 * so that the caller can read slapd's CPU time; at the end it prints "logins
 * failures microseconds" of its own CPU time.
 */
#include <sys/resource.h>

#include <errno.h>
#include <ldap.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client.h"

#define THREADS_MAX	256u

static const char *url, *ca;
static unsigned nusers, nlogins;
static atomic_uint next, failures, unready;
static pthread_barrier_t begin;
static char base[] = "dc=example,dc=com";

static void
must(int rc, const char *what)
{
	if (rc == LDAP_SUCCESS)
		return;
	(void)fprintf(stderr, "ldap-loop: %s: %s\n", what,
	    ldap_err2string(rc));
	exit(1);
}

static LDAP *
connected(void)
{
	int version = LDAP_VERSION3, demand = LDAP_OPT_X_TLS_DEMAND, no = 0;
	LDAP *ld;

	must(ldap_initialize(&ld, url), url);
	must(ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version), "v3");
	if (ca == NULL)
		return ld;
	must(ldap_set_option(ld, LDAP_OPT_X_TLS_CACERTFILE, ca), "CA");
	must(ldap_set_option(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand), "TLS");
	must(ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &no), "TLS");
	return ld;
}

static int
bind_as(LDAP *ld, const char *dn, char *password)
{
	struct berval cred = { strlen(password), password };

	return ldap_sasl_bind_s(ld, dn, LDAP_SASL_SIMPLE, &cred, NULL, NULL,
	    NULL);
}

/* The attributes that a login asks for, too. */
static int
login(LDAP *search, LDAP *user, unsigned number)
{
	static char names[][16] = { "uid", "displayName", "mail", "entryUUID",
		"memberOf" };
	char *attributes[] = { names[0], names[1], names[2], names[3],
		names[4], NULL };
	static char password[] = "pw-u";
	LDAPMessage *found = NULL;
	char filter[64], *dn;
	int rc;

	(void)snprintf(filter, sizeof(filter), "(uid=u%05u)", number);
	rc = ldap_search_ext_s(search, base, LDAP_SCOPE_SUBTREE, filter,
	    attributes, 0, NULL, NULL, NULL, 2, &found);
	dn = rc == LDAP_SUCCESS && ldap_count_entries(search, found) == 1 ?
	    ldap_get_dn(search, ldap_first_entry(search, found)) : NULL;
	(void)ldap_msgfree(found);
	if (dn == NULL)
		return -1;
	rc = bind_as(user, dn, password);
	ldap_memfree(dn);
	return rc == LDAP_SUCCESS ? 0 : -1;
}

static void *
thread_run(void *arg)
{
	static char service[] = "cn=svc,dc=example,dc=com";
	static char secret[] = "svcpw";
	LDAP *search = connected(), *user = connected();
	unsigned i = (unsigned)(uintptr_t)arg;

	must(bind_as(search, service, secret), "the service's bind");
	if (login(search, user, i % nusers) < 0)
		failures++;
	unready--;
	(void)pthread_barrier_wait(&begin);
	while ((i = next++) < nlogins)
		if (login(search, user, i % nusers) < 0)
			failures++;
	(void)ldap_unbind_ext_s(search, NULL, NULL);
	(void)ldap_unbind_ext_s(user, NULL, NULL);
	return NULL;
}

static double
cpu_us(void)
{
	struct rusage r;

	(void)getrusage(RUSAGE_SELF, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e6 +
	    (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

int
main(int argc, char *argv[])
{
	pthread_t threads[THREADS_MAX];
	unsigned n;
	double us;

	if (argc != 5 && argc != 6) {
		(void)fprintf(stderr, "usage: ldap-loop URL THREADS USERS "
		    "LOGINS [CA]\n");
		return 2;
	}
	url = argv[1];
	unready = n = client_number(argv[2], THREADS_MAX);
	nusers = client_number(argv[3], 100000);
	nlogins = client_number(argv[4], 1000000);
	ca = argc == 6 ? argv[5] : NULL;
	(void)pthread_barrier_init(&begin, NULL, n + 1);
	for (unsigned i = 0; i < n; i++)
		if (pthread_create(&threads[i], NULL, thread_run,
		    (void *)(uintptr_t)i) != 0)
			client_fail("a thread");
	while (unready > 0)
		(void)usleep(1000);
	(void)printf("ready\n");
	(void)fflush(stdout);
	if (getchar() == EOF)
		return 1;
	us = cpu_us();
	(void)pthread_barrier_wait(&begin);
	for (unsigned i = 0; i < n; i++)
		(void)pthread_join(threads[i], NULL);
	(void)printf("%u %u %.0f\n", nlogins, failures, cpu_us() - us);
	return 0;
}
