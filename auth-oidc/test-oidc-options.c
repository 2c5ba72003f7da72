/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * test-oidc-options.c - what a configuration may say, without any provider
 */
#include <stdio.h>

#include <jansson.h>

#include "lib/testing.h"

#include "tests/harness/plugin_harness.h"

extern const struct csn_plugin countersign_plugin_1;

static struct harness *h;

static int
setup(void **state)
{
	(void)state;
	h = harness_new(&countersign_plugin_1);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	harness_free(h);
	return 0;
}

static void
good(void)
{
	harness_options_clear(h);
	harness_log_clear(h);
	harness_option(h, "issuer", "https://id.example.com");
	harness_option(h, "client_id", "countersign");
}

static void
refused_with(const char *part)
{
	int32_t rc = harness_open(h);

	if (rc == CSN_OK || !harness_logged(h, "report FAIL") ||
	    !harness_logged(h, part))
		fail_msg("open gives %d, want a report with \"%s\": %s",
		    (int)rc, part, harness_log(h));
}

static void
smallest(void **state)
{
	json_malloc_t take;
	json_free_t give;

	(void)state;
	good();
	harness_must_open(h);
	json_get_alloc_funcs(&take, &give);
	assert_true(give != free);	/* security.md O7 */
	assert_true(harness_logged(h, "setting subject=sub (default)"));
	assert_true(harness_logged(h, "setting algorithms=EdDSA (default)"));
	assert_false(harness_logged(h, "report"));
}

/* Each preset with the least that its example writes; what it came to. */
static void
presets(void **state)
{
	static const struct { const char *name, *issuer, *told; } rows[] = {
		{ "google", NULL,
		    "setting origins=https://oauth2.googleapis.com" },
		{ "google", NULL, "setting subject=email" },
		{ "okta", "https://x.okta.com/oauth2/default",
		    "setting scope=groups" },
		{ "auth0", "https://x.eu.auth0.com/",
		    "setting subject=email" },
		{ "keycloak", "https://x/realms/corp",
		    "setting groups_claim=realm_access.roles" },
		{ "adfs", "https://sts.example.com/adfs",
		    "setting client_auth_audience=endpoint" },
		{ "gitlab", NULL, "setting issuer=https://gitlab.com" },
		{ "apple", NULL,
		    "setting client_auth=client_secret_post" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		harness_options_clear(h);
		harness_log_clear(h);
		harness_option(h, "provider", rows[i].name);
		harness_option(h, "client_id", "c");
		harness_option(h, "client_secret", "a-secret");
		if (rows[i].issuer != NULL)
			harness_option(h, "issuer", rows[i].issuer);
		harness_must_open(h);
		if (!harness_logged(h, rows[i].told))
			fail_msg("%s: %s", rows[i].told, harness_log(h));
	}
}

/* As examples/enterprise.yml writes it. */
static void
entra(void **state)
{
	(void)state;
	good();
	harness_options_clear(h);
	harness_option(h, "provider", "entra");
	harness_option(h, "client_id",
	    "66666666-7777-8888-9999-000000000000");
	harness_option(h, "client_key", "a key");
	harness_option(h, "client_certificate", "a certificate");
	harness_option(h, "subject", "onprem_sam_account_name");
	harness_option(h, "acr_values", "c1");
	harness_option(h, "tenant", "common");
	refused_with("many directories at once");
	harness_log_clear(h);
	harness_options_clear(h);
	harness_option(h, "provider", "entra");
	harness_option(h, "client_id", "c");
	harness_option(h, "client_key", "a key");
	harness_option(h, "tenant", "11111111-2222-3333-4444-555555555555");
	harness_must_open(h);
	assert_true(harness_logged(h, "setting issuer=https://login."
	    "microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0"));
	assert_true(harness_logged(h, "setting acr_claim=acrs"));
	assert_true(harness_logged(h, "setting response_mode=form_post"));
}

struct bad { const char *name, *value, *name2, *value2, *says; };

static void
faults(void **state)
{
	static const struct bad rows[] = {
		{ "client_auth", "client_secret_basic", NULL, NULL,
		    "needs client_secret" },
		{ "client_auth", "private_key_jwt", NULL, NULL,
		    "need client_key" },
		{ "require_acr", "true", NULL, NULL, "needs acr_values" },
		{ "signed_requests", "true", NULL, NULL, "need client_key" },
		{ "client_auth", "tls_client_auth", "client_key", "k",
		    "need client_certificate" },
		/* a certificate is shown with its key */
		{ "certificate_bound", "true", "client_certificate", "c",
		    "need client_key" },
		{ "client_auth_alg", "HS256", NULL, NULL,
		    "client_secret_jwt only" },
		{ "algorithms", "HS256", NULL, NULL, "needs client_secret" },
		{ "response_type", "id_token", NULL, NULL,
		    "needs response_mode: form_post" },
		{ "claims", "[1]", NULL, NULL, "one JSON object" },
		{ "subject", "a..b", NULL, NULL, "report FAIL subject" },
		{ "groups_claim", "\"a", NULL, NULL,
		    "report FAIL groups_claim" },
		{ "discovery", "false", NULL, NULL,
		    "needs authorization_endpoint" },
		{ "scope", "a b", NULL, NULL, "blank" },
		{ "dpop", "true", "certificate_bound", "true",
		    "exclude each other" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		good();
		harness_option(h, rows[i].name, rows[i].value);
		if (rows[i].name2 != NULL)
			harness_option(h, rows[i].name2, rows[i].value2);
		refused_with(rows[i].says);
	}
	good();
	harness_option(h, "algorithms", "RS256");
	harness_option(h, "algorithms", "HS256");
	harness_option(h, "client_secret", "s");
	refused_with("mixes HMAC");
	good();
	harness_option_key(h, "parameters", "state", "x");
	refused_with("set by an option of its own, or by us");
	good();
	harness_option(h, "prompt", "none");
	harness_option(h, "prompt", "login");
	refused_with("none goes with no other");
	good();
	for (int i = 0; i < 5; i++)	/* a fifth would never be tried */
		harness_option(h, "decryption_key", "a key");
	refused_with("more than 4 keys");
	good();
	harness_options_clear(h);
	harness_option(h, "client_id", "c");
	refused_with("no issuer");
}

/* A key for nothing else than these tests. */
static const char EC_KEY[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgTJM3javdrVUEnwXu\n"
    "hyL2AQQYjtHaQrky+665sE+H5HGhRANCAARo7zOXnQDl3auyhZBW85omwoN1D7SD\n"
    "4lXzMst/QFhSPoZ74/x8FqL/yKhHJwtmzroogImnLcalVAb65HJHB/Rl\n"
    "-----END PRIVATE KEY-----\n";

static void
tested_with(const char *part)
{
	harness_must_open(h);
	harness_log_clear(h);
	if (harness_selftest(h, 0) == CSN_OK || !harness_logged(h, part))
		fail_msg("want \"%s\": %s", part, harness_log(h));
}

/* `countersign test` says what each login would fail by. */
static void
keys_for_algorithms(void **state)
{
	(void)state;
	good();
	harness_option(h, "client_key", EC_KEY);
	harness_must_open(h);
	assert_int_equal(harness_selftest(h, 0), CSN_OK);
	harness_option(h, "client_auth_alg", "RS256");
	tested_with("report FAIL client_key: is no key for RS256");
	good();
	harness_option(h, "client_secret", "31 bytes are not enough for it.");
	harness_must_open(h);
	assert_int_equal(harness_selftest(h, 0), CSN_OK);
	harness_option(h, "client_auth", "client_secret_jwt");
	tested_with("report FAIL client_secret: is no key for HS256, which");
	good();
	harness_option(h, "client_secret", "32 bytes are just enough for it.");
	harness_option(h, "algorithms", "HS256");
	harness_must_open(h);
	assert_int_equal(harness_selftest(h, 0), CSN_OK);
	harness_option(h, "algorithms", "HS384");
	tested_with("report FAIL client_secret: is no key for HS384, which");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(smallest, setup, teardown),
		cmocka_unit_test_setup_teardown(presets, setup, teardown),
		cmocka_unit_test_setup_teardown(entra, setup, teardown),
		cmocka_unit_test_setup_teardown(faults, setup, teardown),
		cmocka_unit_test_setup_teardown(keys_for_algorithms, setup,
		    teardown),
	};

	return cmocka_run_group_tests_name("oidc-options", tests, NULL, NULL);
}
