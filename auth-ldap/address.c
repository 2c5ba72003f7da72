/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address.c - the URL of a directory server, read strictly
 *
 * It must never guess a port, a scheme or an encryption: what is not plainly
 * ldap://HOST[:PORT], ldaps://HOST[:PORT] or ldapi://%2Fpath is refused.
 */
#include "address.h"

#include <stdio.h>
#include <sys/un.h>

#include "lib/buf.h"
#include "lib/text.h"
#include "lib/url.h"

static int
address_set(struct address *a, struct csn_str host, unsigned port)
{
	struct csn_str bare = host;
	int n;

	if (bare.n > 2 && bare.p[0] == '[')
		bare = str_of(bare.p + 1, bare.n - 2);
	n = snprintf(a->name, sizeof(a->name), "%.*s:%u", STR_FMT(host),
	    port);
	if (n < 0 || (size_t)n >= sizeof(a->name))
		return -1;
	n = snprintf(a->host, sizeof(a->host), "%.*s", STR_FMT(bare));
	return n < 0 || (size_t)n >= sizeof(a->host) ? -1 : 0;
}

/* Cuts ":port" off; 0 if it is absent, -1 if it is no port. */
static int
port_cut(struct csn_str *host, uint64_t *port)
{
	size_t i = host->n;

	while (i > 0 && host->p[i - 1] != ':' && host->p[i - 1] != ']')
		i--;
	if (i == 0 || host->p[i - 1] == ']')
		return 0;
	if (str_u64(str_from_at(*host, i), 65535, port) != 0 || *port == 0)
		return -1;
	host->n = i - 1;
	return 0;
}

/* The path of a socket, percent-encoded (draft-chu-ldap-ldapi 3). */
static int
local_parse(struct csn_str coded, struct address *ret, const char **ret_why)
{
	struct address a = { .local = true };
	struct buf b;
	int rc = -1;

	buf_init_fixed(&b, a.name, sizeof(a.name));
	*ret_why = "want ldapi://%2Fpath%2Fof%2Fsocket, an absolute path of "
	    "at most 107 bytes with %2F for each slash";
	if (str_index(coded, '/') < 0 && url_unescape(&b, coded) == 0 &&
	    !buf_failed(&b) && b.n > 1 && a.name[0] == '/' &&
	    b.n < sizeof(((struct sockaddr_un *)0)->sun_path) &&
	    text_plain(buf_str(&b))) {
		a.name[b.n] = '\0';
		*ret = a;
		rc = 0;
	}
	return rc;
}

int
address_parse(struct csn_str url, struct address *ret, const char **ret_why)
{
	struct address a = { .ldaps = false };
	struct csn_str rest;
	uint64_t port;

	if (str_starts(url, STR("ldaps://"))) {
		a.ldaps = true;
		rest = str_from_at(url, 8);
	} else if (str_starts(url, STR("ldap://"))) {
		rest = str_from_at(url, 7);
	} else if (str_starts(url, STR("ldapi://"))) {
		rest = str_from_at(url, 8);
		if (rest.n > 0 && rest.p[rest.n - 1] == '/')
			rest.n--;
		return local_parse(rest, ret, ret_why);
	} else {
		*ret_why = "want ldaps://HOST[:PORT], or ldap://HOST[:PORT] "
		    "(which then demands StartTLS)";
		return -1;
	}
	port = a.ldaps ? 636 : 389;
	if (rest.n > 0 && rest.p[rest.n - 1] == '/')
		rest.n--;
	if (port_cut(&rest, &port) != 0 || !url_host_valid(rest) ||
	    address_set(&a, rest, (unsigned)port) != 0) {
		*ret_why = "want a host and nothing behind it but a port; "
		    "the base has an option of its own: base";
		return -1;
	}
	*ret = a;
	return 0;
}

int
address_from_srv(struct csn_str host_port, struct csn_str domain,
    struct address *ret)
{
	struct address a = { .ldaps = true };
	struct csn_str host = host_port, tail;
	uint64_t port = 0;

	if (port_cut(&host, &port) != 0)
		return -1;
	if (host.n > 0 && host.p[host.n - 1] == '.')
		host.n--;
	if (!url_host_valid(host) || host.n < domain.n)
		return -1;
	tail = str_from_at(host, host.n - domain.n);
	if (!str_equal_fold(tail, domain))
		return -1;
	if (host.n > domain.n && host.p[host.n - domain.n - 1] != '.')
		return -1;
	if (address_set(&a, host, 636) != 0)
		return -1;
	*ret = a;
	return 0;
}
