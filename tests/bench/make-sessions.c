/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make-sessions.c - sessions as logins leave them behind, by the thousand
 *
 * Writes the records into the store of a configuration and prints a line for
 * each: the value of its cookie for one host. All factors of the configuration
 * were proved now, the groups are its own short names. A host of "-" makes no
 * cookies. For benchmarks on stores of their own: it opens the gate's inside
 * and must never be installed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client.h"
#include "host/gate.h"
#include "lib/secret.h"

#define BATCH	8192u

static void
say(void *arg, uint32_t severity, struct csn_str line)
{
	(void)arg;
	if (severity != CSN_INFO)
		(void)fprintf(stderr, "make-sessions: %.*s\n", STR_FMT(line));
}

static void
person_set(const struct conf *conf, struct person *p, const char *name,
    struct csn_str *groups, int64_t now_ms)
{
	for (size_t i = 0; i < conf->ngroups; i++)
		groups[i] = conf->groups[i].name;
	*p = (struct person){ .named = true, .realm = 0,
	    .realm_name = conf->realms[0].name, .subject = str_from(name),
	    .subject_id = STR("6f1c2a0e-0000-4000-8000-000000000000"),
	    .name = STR("Somebody Example"),
	    .mail = STR("somebody@example.com"), .groups_known = true,
	    .groups = { groups, conf->ngroups }, .groups_ms = now_ms,
	    .source = conf->factors[0].fingerprint };
}

static void
session_set(const struct conf *conf, struct session *s, int64_t now_ms)
{
	secret_random(s->id, sizeof(s->id));
	s->created_ms = s->issued_ms = s->seen_ms = now_ms;
	s->expires_ms = now_ms + 8 * 3600 * 1000;
	s->client = STR("192.0.2.7");
	s->user_agent = STR("Mozilla/5.0 (X11; Linux x86_64; rv:140.0)");
	s->enrolled_known = true;
	for (size_t i = 0; i < conf->nfactors && i < PROOFS_MAX; i++) {
		struct proof p = { .kind = PROOF_PROVED, .factor = (int)i,
		    .fingerprint = conf->factors[i].fingerprint,
		    .auth_time_ms = now_ms, .acr = STR(""),
		    .enrolment = i == 0 ? ENROLMENT_NONE :
		    ENROLMENT_FIRST_LOGIN };

		(void)proofs_add(&s->proofs, &p);
		if (i > 0)
			s->enrolled[s->nenrolled++] = p.fingerprint;
	}
}

/* A record as an operation; key and value in the buffers. */
static int
record_set(struct csn_gate *g, const struct session *s, struct buf *key,
    struct buf *value, struct store_op *op)
{
	char text[SESSION_KEY_LEN + 1];
	struct buf plain;
	int rc;

	session_key(s->id, text);
	buf_free(key);
	buf_free(value);
	buf_init(key, 0);
	buf_init(value, 0);
	buf_puts(key, text);
	buf_init(&plain, STORE_VALUE_MAX);
	session_pack(&plain, s, true);
	rc = seal_put(g->sealer, SEAL_RECORD, buf_str(key), buf_str(&plain),
	    value);
	buf_free(&plain);
	*op = (struct store_op){ .kind = STORE_PUT_NEW, .key = buf_str(key),
	    .value = buf_str(value), .expires_ms = s->expires_ms };
	return rc;
}

/* n sessions in one commit; their cookies go to standard output. */
static int
batch_make(struct csn_gate *g, const char *host, unsigned first, unsigned n)
{
	static struct buf keys[BATCH], values[BATCH];
	static struct store_op ops[BATCH];
	struct conf *conf = g->now->conf;
	struct csn_str groups[64];
	int64_t now_ms = gate_now_ms(g);
	struct buf cookie;

	buf_init(&cookie, 0);
	for (unsigned i = 0; i < n; i++) {
		struct session s = { 0 };
		char name[16];

		(void)snprintf(name, sizeof(name), "u%06u", first + i);
		person_set(conf, &s.person, name, groups, now_ms);
		session_set(conf, &s, now_ms);
		if (record_set(g, &s, &keys[i], &values[i], &ops[i]) < 0)
			return -1;
		if (host[0] == '-')
			continue;
		if (session_seal(g->sealer, str_from(host), &s, now_ms,
		    &cookie) < 0)
			return -1;
		buf_char(&cookie, '\n');
	}
	if (store_batch(g->store, ops, n, now_ms) != STORE_OK)
		return -1;
	(void)fwrite(cookie.p, 1, cookie.n, stdout);
	buf_free(&cookie);
	return 0;
}

int
main(int argc, char *argv[])
{
	struct csn_options o = { .say = say, .offline = 1 };
	struct csn_gate *g;
	unsigned n;

	if (argc != 5) {
		(void)fprintf(stderr, "usage: make-sessions CONFIGURATION "
		    "PLUGINS HOST NUMBER\n");
		return 2;
	}
	n = client_number(argv[4], 1000000);
	o.conf_path = argv[1];
	o.plugin_dir = argv[2];
	g = csn_gate_open(&o);
	if (g == NULL || g->now->conf->ngroups > 64)
		return 1;
	for (unsigned i = 0; i < n; i += BATCH) {
		unsigned part = n - i < BATCH ? n - i : BATCH;

		if (batch_make(g, argv[3], i, part) < 0) {
			(void)fprintf(stderr, "make-sessions: failed\n");
			return 1;
		}
	}
	csn_gate_close(g);
	return ferror(stdout) ? 1 : 0;
}
