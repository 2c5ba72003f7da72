/* SPDX-License-Identifier: Apache-2.0 */
/*
 * samba_peer.c - Samba's Active Directory for one test program
 *
 * It must never leave a server behind, nor be seen by another's network.
 */
#include "samba_peer.h"

#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/testing.h"

const char *
samba_missing(void)
{
	static const char *const files[] = { "/usr/sbin/samba",
		"/usr/bin/samba-tool", "/usr/bin/ldapsearch",
		"/usr/share/samba/setup/provision.ldif" };

	for (size_t i = 0; i < COUNT(files); i++)
		if (access(files[i], R_OK) != 0)
			return "samba-ad-dc and samba-ad-provision are not "
			    "installed";
	if (geteuid() != 0)
		return "Active Directory's ports need root";
	return NULL;
}

static void
network_own(void)
{
	struct ifreq rq = { .ifr_name = "lo" };
	int fd;

	/* a container may not let us: then its ports have to be free */
	if (unshare(CLONE_NEWNET) != 0)
		return;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &rq) != 0)
		fail_msg("no loopback");
	rq.ifr_flags |= IFF_UP | IFF_RUNNING;
	if (ioctl(fd, SIOCSIFFLAGS, &rq) != 0)
		fail_msg("loopback stays down");
	close(fd);
}

void
samba_start(struct peer *p)
{
	network_own();
	(void)snprintf(p->dir, sizeof(p->dir), "/var/tmp/csn-ad-XXXXXX");
	if (mkdtemp(p->dir) == NULL)
		fail_msg("mkdtemp %s", p->dir);
	p->port = 389;
	p->tls_port = 636;
	if (peer_script(p, "samba.sh", "start") == 0)
		return;
	samba_stop(p);
	fail_msg("samba.sh start");
}

void
samba_stop(struct peer *p)
{
	(void)peer_script(p, "samba.sh", "stop");
	peer_remove(p);
}

static void
options_add(struct harness *h, va_list ap)
{
	const char *name;

	while ((name = va_arg(ap, const char *)) != NULL)
		harness_option(h, name, va_arg(ap, const char *));
}

/* What DNS would say, and where it is. */
static void
places(struct harness *h)
{
	harness_srv(h, "_ldap._tcp.ad.example.com",
	    "dc1.ad.example.com:389");
	harness_srv(h, "_kerberos._tcp.ad.example.com",
	    "dc1.ad.example.com:88");
	harness_dial(h, "dc1.ad.example.com:636", "127.0.0.2:636");
	harness_dial(h, "dc1.ad.example.com:88", "127.0.0.2:88");
}

struct harness *
samba_open_with(const struct peer *p, ...)
{
	struct harness *h = ldap_load(p, NULL, 0, "flavour", "ad", "domain",
	    "ad.example.com", "bind_dn", "svc@ad.example.com",
	    "bind_password", "Pw.svc.12345", NULL);
	va_list ap;

	va_start(ap, p);
	options_add(h, ap);
	va_end(ap);
	places(h);
	harness_must_open(h);
	return h;
}

struct harness *
samba_open_by_ticket(const struct peer *p, ...)
{
	struct harness *h = ldap_load(p, NULL, 0, "flavour", "ad", NULL);
	va_list ap;

	va_start(ap, p);
	options_add(h, ap);
	va_end(ap);
	peer_option_file(p, h, "keytab", "svc.keytab.b64");
	places(h);
	harness_must_open(h);
	return h;
}
