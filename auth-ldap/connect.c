/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connect.c - one connection to one server, encrypted unless told otherwise
 *
 * It must never send anything but StartTLS before the server has shown its
 * certificate, never follow a referral, and never let libldap connect by
 * itself: that would be in clear, to wherever it likes.
 */
#include "connect.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openldap.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/apart.h"
#include "sockbuf.h"
#include "tls.h"

#define LOOK_MS		100
#define ANSWER_MAX (8u << 20)	/* bytes of one message of a server */

/* A handle whose connection is lost would connect anew to this: nothing. */
#define NOWHERE "ldapi://%2Fnonexistent%2Fcountersign"

static void
complain(const struct job *job, const struct address *a, const char *why)
{
	job_log(job, CSN_WARN, "directory server %s: %s", a->name, why);
}

/* A unix socket is there or not: nothing to wait for. */
APART static int
dial_local(const struct job *job, const struct address *a)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);

	if (fd < 0)
		return -1;
	memcpy(sa.sun_path, a->name, sizeof(sa.sun_path) - 1);
	if (connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) == 0)
		return fd;
	complain(job, a, errno == EACCES ? "may not be connected to by our "
	    "user; give it write access to that socket" : errno == EAGAIN ?
	    "is too busy to take a connection" : "has nobody listening; is "
	    "the server up, and the path right?");
	close(fd);
	return -1;
}

static int
dial(const struct job *job, const struct address *a)
{
	int one = 1, idle_s = 30;
	int32_t fd = -1, rc;
	unsigned int silent_ms = 10000;
	int flags;

	if (a->local)
		return dial_local(job, a);
	rc = job->host->dial(job->call, str_from(a->name), &fd);
	if (rc != CSN_OK) {
		complain(job, a, rc == CSN_E_DEADLINE ?
		    "does not answer; is it up, and does a firewall let us "
		    "through?" : "cannot be reached; is it up, and is the "
		    "name right?");
		return -1;
	}
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
		close(fd);
		return -1;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s,
	    sizeof(idle_s));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silent_ms,
	    sizeof(silent_ms));
	return fd;
}

static int
handle_options(LDAP *ld, const struct wait *w, int deref)
{
	struct timeval tv = wait_left_tv(w);
	int version = LDAP_VERSION3;

	if (ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version) != 0 ||
	    ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) != 0 ||
	    ldap_set_option(ld, LDAP_OPT_DEREF, &deref) != 0 ||
	    ldap_set_option(ld, LDAP_OPT_RESTART, LDAP_OPT_ON) != 0 ||
	    ldap_set_option(ld, LDAP_OPT_TIMEOUT, &tv) != 0 ||
	    ldap_set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, &tv) != 0)
		return -1;
	return sockbuf_limit(ld, ANSWER_MAX);
}

/* Takes the socket. */
static struct conn *
conn_new(const struct job *job, const struct address *a, int fd,
    const struct wait *w)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (c == NULL || ldap_init_fd(fd, LDAP_PROTO_TCP, NOWHERE, &c->ld) !=
	    LDAP_SUCCESS || c->ld == NULL) {
		close(fd);
		free(c);
		return NULL;
	}
	c->fd = fd;
	c->address = *a;
	if (handle_options(c->ld, w, job->inst->opt.deref) != 0) {
		connect_close(c);
		return NULL;
	}
	return c;
}

/* A request that did not go out whole goes on in ldap_result() only. */
static int
answer_wait(const struct conn *c, const struct wait *w)
{
	int64_t left = wait_left_ms(w);
	struct wait part;

	wait_init(&part, w->job, left < LOOK_MS ? left : LOOK_MS);
	if (wait_fd(&part, c->fd, false) == 0 && c->ssl != NULL)
		sockbuf_came(c->ssl);
	return wait_left_ms(w) > 0 ? 0 : -1;
}

int
connect_answer(struct conn *c, const struct wait *w, int msgid,
    LDAPMessage **ret)
{
	struct timeval at_once = { 0, 0 };
	LDAPMessage *msg = NULL;
	int type = 0;

	/* nothing of a first answer can have come yet; a server that sends
	 * without end is not listened to beyond the time either */
	if (msgid == c->heard ? wait_left_ms(w) > 0 : answer_wait(c, w) == 0)
		do
			type = ldap_result(c->ld, msgid, LDAP_MSG_ONE,
			    &at_once, &msg);
		while (type == 0 && answer_wait(c, w) == 0);
	c->heard = msgid;
	if (type <= 0 || msg == NULL) {
		ldap_msgfree(msg);
		c->broken = true;
		return -1;
	}
	*ret = msg;
	return type;
}

/* RFC 4511 4.14. Bytes that somebody put behind the answer stay in the socket
 * and break the handshake. */
static int
starttls_ask(struct conn *c, const struct wait *w)
{
	LDAPMessage *msg = NULL;
	int msgid, code = LDAP_OTHER;

	if (ldap_extended_operation(c->ld, LDAP_EXOP_START_TLS, NULL, NULL,
	    NULL, &msgid) != LDAP_SUCCESS)
		return -1;
	if (connect_answer(c, w, msgid, &msg) != LDAP_RES_EXTENDED) {
		ldap_msgfree(msg);
		return -1;
	}
	if (ldap_parse_result(c->ld, msg, &code, NULL, NULL, NULL, NULL, 1) !=
	    LDAP_SUCCESS)
		return -1;
	return code == LDAP_SUCCESS ? 0 : -1;
}

static int
encrypt(const struct job *job, struct conn *c, const struct wait *w)
{
	char why[256] = "";
	SSL *ssl;

	ssl = tls_connect(job, c->fd, c->address.host, wait_left_ms(w), why,
	    sizeof(why));
	if (ssl == NULL) {
		complain(job, &c->address, why);
		return -1;
	}
	if (sockbuf_push_tls(c->ld, ssl) != 0) {
		SSL_free(ssl);
		return -1;
	}
	c->ssl = ssl;
	return 0;
}

static int
secure(const struct job *job, struct conn *c, const struct wait *w)
{
	if (c->address.ldaps)
		return encrypt(job, c, w);
	if (c->address.local || job->inst->opt.clear_text)
		return sockbuf_push_plain(c->ld);
	if (starttls_ask(c, w) != 0) {
		complain(job, &c->address, "does not begin StartTLS, which "
		    "is demanded on ldap://; use ldaps://, or switch it on "
		    "there");
		return -1;
	}
	return encrypt(job, c, w);
}

struct conn *
connect_open(const struct job *job, const struct address *a,
    int64_t limit_ms)
{
	struct wait w;
	struct conn *c;
	int fd;

	wait_init(&w, job, limit_ms);
	fd = dial(job, a);
	if (fd < 0)
		return NULL;
	c = conn_new(job, a, fd, &w);
	if (c == NULL)
		return NULL;
	if (secure(job, c, &w) != 0) {
		connect_close(c);
		return NULL;
	}
	return c;
}

void
connect_close(struct conn *c)
{
	if (c == NULL)
		return;
	if (c->ld != NULL)
		ldap_unbind_ext(c->ld, NULL, NULL);
	free(c);
}
