/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-ldap-sockbuf.c - when libldap is told that there is something to read
 */
#include "lib/testing.h"

#include <openldap.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sockbuf.h"

static SSL_CTX *tls;
static int peer;

/* A handle over TLS whose peer says nothing. */
static LDAP *
handle(SSL **ret)
{
	LDAP *ld = NULL;
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0, fd), 0);
	peer = fd[1];
	*ret = SSL_new(tls);
	assert_non_null(*ret);
	assert_int_equal(SSL_set_fd(*ret, fd[0]), 1);
	SSL_set_connect_state(*ret);
	assert_int_equal(ldap_init_fd(fd[0], LDAP_PROTO_TCP, NULL, &ld),
	    LDAP_SUCCESS);
	assert_int_equal(sockbuf_push_tls(ld, *ret), 0);
	return ld;
}

static bool
ready(LDAP *ld)
{
	Sockbuf *sb = NULL;

	assert_int_equal(ldap_get_option(ld, LDAP_OPT_SOCKBUF, &sb),
	    LDAP_OPT_SUCCESS);
	return ber_sockbuf_ctrl(sb, LBER_SB_OPT_DATA_READY, NULL) > 0;
}

/* Believed for one read, or libldap would ask for ever. */
static void
what_came_is_read_once(void **state)
{
	struct timeval at_once = { 0, 0 };
	LDAPMessage *msg = NULL;
	SSL *ssl;
	LDAP *ld = handle(&ssl);

	(void)state;
	assert_false(ready(ld));
	sockbuf_came(ssl);
	assert_true(ready(ld));
	assert_int_equal(ldap_result(ld, LDAP_RES_ANY, LDAP_MSG_ONE, &at_once,
	    &msg), 0);
	assert_false(ready(ld));
	(void)ldap_unbind_ext(ld, NULL, NULL);
	(void)close(peer);
}

/* A peer that went away is found out by the read as well. */
static void
an_end_is_no_message(void **state)
{
	struct timeval at_once = { 0, 0 };
	LDAPMessage *msg = NULL;
	SSL *ssl;
	LDAP *ld = handle(&ssl);

	(void)state;
	(void)close(peer);
	sockbuf_came(ssl);
	assert_int_equal(ldap_result(ld, LDAP_RES_ANY, LDAP_MSG_ONE, &at_once,
	    &msg), -1);
	(void)ldap_unbind_ext(ld, NULL, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_came_is_read_once),
		cmocka_unit_test(an_end_is_no_message),
	};
	int rc;

	(void)signal(SIGPIPE, SIG_IGN);
	tls = SSL_CTX_new(TLS_client_method());
	if (tls == NULL)
		return 1;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	SSL_CTX_free(tls);
	return rc;
}
