/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate_listen.c - the configured listeners, as a gateway wants them
 *
 * They are those of the first configuration: a listener changes with a
 * restart.
 */
#include <stdlib.h>

#include "gate_impl.h"

static struct csn_net *
nets_copy(struct conf *conf, const struct conf_listener *l)
{
	struct csn_net *v = arena_array(conf->arena, l->npeers, sizeof(*v));

	for (size_t i = 0; v != NULL && i < l->npeers; i++) {
		memcpy(v[i].base, l->peers[i].base.b, sizeof(v[i].base));
		v[i].bits = l->peers[i].bits;
	}
	return v;
}

static struct csn_listener
listener_of(struct conf *conf, const struct conf_listener *l)
{
	struct csn_listener ret = { .role = (uint32_t)l->role,
	    .dialect = (uint32_t)l->dialect, .mode = l->mode,
	    .clear_text = l->clear_text_accepted, .unix_path = l->unix_path,
	    .group = l->group, .tcp = l->tcp, .peer_uids = l->peer_uids,
	    .npeer_uids = l->npeer_uids, .npeers = l->npeers,
	    .client_address = l->client_address,
	    .tls_certificate = l->tls_certificate, .tls_key = l->tls_key,
	    .tls_client_ca = l->tls_client_ca };

	ret.peers = nets_copy(conf, l);
	return ret;
}

size_t
csn_gate_listeners(struct csn_gate *g, const struct csn_listener **ret)
{
	struct conf *conf;

	if (g->listeners == NULL) {
		/* held until the end: its texts are used */
		g->listeners_hold = gate_hold(g);
		conf = g->listeners_hold->conf;
		g->listeners = calloc(conf->nlisteners + 1,
		    sizeof(*g->listeners));
		if (g->listeners == NULL)
			return 0;
		for (size_t i = 0; i < conf->nlisteners; i++)
			g->listeners[i] = listener_of(conf,
			    &conf->listeners[i]);
		g->nlisteners = conf->nlisteners;
	}
	*ret = g->listeners;
	return g->nlisteners;
}

static bool
peers_same(const struct conf_listener *a, const struct conf_listener *b)
{
	if (a->npeer_uids != b->npeer_uids || a->npeers != b->npeers)
		return false;
	for (size_t i = 0; i < a->npeer_uids; i++)
		if (a->peer_uids[i] != b->peer_uids[i])
			return false;
	for (size_t i = 0; i < a->npeers; i++)
		if (a->peers[i].bits != b->peers[i].bits ||
		    memcmp(a->peers[i].base.b, b->peers[i].base.b,
		    sizeof(a->peers[i].base.b)) != 0)
			return false;
	return true;
}

static bool
listener_same(const struct conf_listener *a, const struct conf_listener *b)
{
	return a->role == b->role && a->dialect == b->dialect &&
	    a->mode == b->mode &&
	    a->clear_text_accepted == b->clear_text_accepted &&
	    str_equal(a->unix_path, b->unix_path) &&
	    str_equal(a->group, b->group) && str_equal(a->tcp, b->tcp) &&
	    str_equal(a->client_address, b->client_address) &&
	    str_equal(a->tls_certificate, b->tls_certificate) &&
	    str_equal(a->tls_key, b->tls_key) &&
	    str_equal(a->tls_client_ca, b->tls_client_ca) && peers_same(a, b);
}

bool
gate_listeners_same(const struct csn_gate *g, const struct conf *old,
    const struct conf *new)
{
	if (g->listeners_hold != NULL)	/* those that there are */
		old = g->listeners_hold->conf;
	if (old->nlisteners != new->nlisteners)
		return false;
	for (size_t i = 0; i < old->nlisteners; i++)
		if (!listener_same(&old->listeners[i], &new->listeners[i]))
			return false;
	return true;
}
