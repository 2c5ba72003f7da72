/* SPDX-License-Identifier: Apache-2.0 */
/*
 * revoke-many.c - all sessions of many people revoked, one after the other
 *
 * The people of make-sessions, from FIRST on, as `countersign sessions revoke
 * --user` revokes those of one. For benchmarks on stores of their own.
 */
#include <stdio.h>

#include "client.h"
#include "countersign/host.h"

static void
say(void *arg, uint32_t severity, struct csn_str line)
{
	(void)arg;
	if (severity != CSN_INFO)
		(void)fprintf(stderr, "revoke-many: %.*s\n", STR_FMT(line));
}

int
main(int argc, char *argv[])
{
	struct csn_options o = { .say = say, .offline = 1 };
	struct csn_str said = STR("");
	struct csn_gate *g;
	unsigned first, n;
	char name[16];
	int rc = 0;

	if (argc != 5) {
		(void)fprintf(stderr, "usage: revoke-many CONFIGURATION "
		    "PLUGINS FIRST NUMBER\n");
		return 2;
	}
	first = client_number(argv[3], 1000000);
	n = client_number(argv[4], 1000000);
	csn_prepare_process();
	o.conf_path = argv[1];
	o.plugin_dir = argv[2];
	g = csn_gate_open(&o);
	if (g == NULL)
		return 1;
	for (unsigned i = 0; i < n && rc == 0; i++) {
		(void)snprintf(name, sizeof(name), "u%06u", first + i);
		rc = csn_sessions_revoke(g, STR(""), STR(""), str_from(name),
		    STR("bench"), &said);
		if (rc < 0)
			(void)fprintf(stderr, "revoke-many: %.*s\n",
			    STR_FMT(said));
		csn_free(&said);
	}
	csn_gate_close(g);
	return rc == 0 ? 0 : 1;
}
