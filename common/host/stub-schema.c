/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stub-schema.c - the schema for editors, of the plugins of the unit tests
 *
 * On standard output, for the test that validates tests/conf by it.
 */
#include <stdio.h>

#include "conf_editor.h"
#include "gate.h"
#include "stub_plugins.h"

int
main(void)
{
	static const char *const names[] = { "ldap", "file", "oidc", "saml",
		"totp", "kitchen", "both" };
	enum { N = sizeof(names) / sizeof(names[0]) };
	const struct csn_plugin *v[N];
	struct csn_str text = STR("");
	struct buf error;

	buf_init(&error, 0);
	for (size_t i = 0; i < N; i++)
		v[i] = stub_find(NULL, str_from(names[i]), &error);
	buf_free(&error);
	if (conf_editor_schema(v, N, &text) < 0)
		return 1;
	printf("%.*s\n", STR_FMT(text));
	csn_free(&text);
	return fflush(stdout) == 0 ? 0 : 1;
}
