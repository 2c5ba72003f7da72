/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_peers.c - `peers` of a listener: who may connect to it
 *
 * Networks of a tcp listener, users of a socket. It must never take a word
 * that names nobody here for somebody.
 */
#include <pwd.h>
#include <unistd.h>

#include "conf_read.h"
#include "pace.h"

void
conf_peers_tcp(struct conf_reader *r, const struct yaml *y,
    struct conf_listener *l)
{
	const struct yaml **items = NULL;
	size_t n = schema_list(r, y, &items);
	struct ip_net *v = arena_array(r->arena, n, sizeof(*v));
	struct csn_str text;

	for (size_t i = 0; v != NULL && i < n; i++) {
		if (schema_get(r, items[i], &text) < 0)
			continue;
		if (ip_net_parse(text, &v[l->npeers]) < 0)
			fault_at(r, items[i], "`%.*s` is no network; peers of "
			    "a tcp listener are addresses or networks",
			    STR_FMT(text));
		else
			l->npeers++;
	}
	l->peers = v;
}

void
conf_peers_loopback(struct conf_reader *r, struct conf_listener *l)
{
	struct ip_net *own = arena_array(r->arena, 2, sizeof(*own));

	if (own == NULL)
		return;
	(void)ip_net_parse(STR("127.0.0.0/8"), &own[0]);
	(void)ip_net_parse(STR("::1/128"), &own[1]);
	l->peers = own;
	l->npeers = 2;
}

static int
uid_find(struct csn_str name, uint32_t *ret)
{
	struct passwd pw, *found = NULL;
	char memory[4096], copy[256];
	struct buf b;
	uint64_t n;

	if (str_u64(name, UINT32_MAX - 1, &n) == 0) {
		*ret = (uint32_t)n;
		return 0;
	}
	buf_init_fixed(&b, copy, sizeof(copy));
	buf_str_put(&b, name);
	if (buf_failed(&b) || getpwnam_r(copy, &pw, memory, sizeof(memory),
	    &found) != 0 || found == NULL)
		return -1;
	*ret = found->pw_uid;
	return 0;
}

void
conf_peers_unix(struct conf_reader *r, const struct yaml *y,
    struct conf_listener *l)
{
	const struct yaml **items = NULL;
	size_t n = schema_list(r, y, &items);
	uint32_t *v = arena_array(r->arena, n, sizeof(*v));
	struct csn_str text;

	for (size_t i = 0; v != NULL && i < n; i++) {
		if (schema_get(r, items[i], &text) < 0)
			continue;
		if (uid_find(text, &v[l->npeer_uids]) < 0)
			fault_at(r, items[i], "there is no user `%.*s`; peers "
			    "of a socket are users of this machine",
			    STR_FMT(text));
		else
			l->npeer_uids++;
	}
	l->peer_uids = v;
}

void
conf_peers_default(struct conf_reader *r, struct conf_listener *l)
{
	static const char *const proxies[] = { "www-data", "nginx" };
	uint32_t *v = arena_array(r->arena, SCHEMA_COUNT(proxies) + 2,
	    sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; v != NULL && i < SCHEMA_COUNT(proxies); i++) {
		if (uid_find(str_from(proxies[i]), &v[n]) == 0)
			n++;
		pace();
	}
	/* none is root and ourselves, whoever we will be by then */
	if (n == 0)
		return;
	v[n++] = 0;
	v[n++] = geteuid();
	l->peer_uids = v;
	l->npeer_uids = n;
}
