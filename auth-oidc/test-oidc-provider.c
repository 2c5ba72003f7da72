/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * test-oidc-provider.c - a provider that does not answer: how often it is
 * asked, and how often who waits for it looks
 */
#include "lib/testing.h"

#include "tests/harness/plugin_harness.h"

#define ISSUER "https://id.example.com"

extern const struct csn_plugin countersign_plugin_1;

/* RFC 7517 A.1, the EC key. */
static const char KEYS[] = "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\","
    "\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
    "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\","
    "\"kid\":\"1\"}]}";
static const char METADATA[] = "{\"issuer\":\"" ISSUER "\","
    "\"authorization_endpoint\":\"" ISSUER "/auth\","
    "\"token_endpoint\":\"" ISSUER "/token\","
    "\"jwks_uri\":\"" ISSUER "/jwks\"}";

static struct harness *h;
static unsigned asked;
static bool down;

static int32_t
answer(void *arg, const struct csn_http_req *req, struct csn_http_res *ret)
{
	static const struct csn_pair type[] = {
		{ STR_INIT("content-type"), STR_INIT("application/json") } };

	(void)arg;
	asked++;
	if (down)
		return CSN_E_BACKEND;
	ret->status = 200;
	ret->headers = (struct csn_pairs){ type, 1 };
	ret->body = str_from(str_ends(req->url, STR("/jwks")) ? KEYS :
	    METADATA);
	return CSN_OK;
}

static int
setup(void **state)
{
	(void)state;
	h = harness_new(&countersign_plugin_1);
	harness_option(h, "issuer", ISSUER);
	harness_option(h, "client_id", "countersign");
	harness_http(h, answer, NULL);
	harness_time(h, HARNESS_TIME_MS);
	harness_must_open(h);
	asked = 0;
	down = true;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	harness_free(h);
	return 0;
}

/* As the host does while logins wait: ten times a second here. */
static unsigned
refreshed_for(int64_t ms)
{
	unsigned good = 0;
	uint32_t next_s;

	for (int64_t t = 0; t < ms; t += 100) {
		good += harness_refresh(h, &next_s) == CSN_OK;
		harness_time(h, harness_now(h) + 100);
	}
	return good;
}

static void
asked_ever_more_seldom(void **state)
{
	(void)state;
	assert_int_equal(refreshed_for(2000), 0);
	assert_int_equal(asked, 2);
	assert_int_equal(refreshed_for(58000), 0);
	assert_in_range(asked, 10, 15);
	/* and found when it is back, before who waits gives up */
	down = false;
	assert_true(refreshed_for(5100) > 0);
	/* what is fetched anew is again asked for at once when it fails */
	down = true;
	harness_time(h, harness_now(h) + 3600000);
	asked = 0;
	assert_int_equal(refreshed_for(1500), 0);
	assert_int_equal(asked, 2);
}

/* A clock that is set back holds nothing up. */
static void
asked_though_the_clock_went_back(void **state)
{
	(void)state;
	assert_int_equal(refreshed_for(20000), 0);
	harness_time(h, HARNESS_TIME_MS - 3600000);
	down = false;
	assert_true(refreshed_for(100) > 0);
}

/* Keys are fetched before they are too old, whatever is written. */
static void
asked_while_keys_are_good(void **state)
{
	uint32_t next_s;

	(void)state;
	down = false;
	harness_option(h, "refresh", "1d");
	harness_option(h, "keys_lifetime", "10m");
	harness_must_open(h);
	assert_int_equal(harness_refresh(h, &next_s), CSN_OK);
	assert_in_range(next_s, 200, 300);
}

static void
looked_for_ever_more_seldom(void **state)
{
	struct harness_answer a;
	struct csn_req req = harness_req(CSN_EV_BEGIN);
	int64_t begun = harness_now(h);
	char kept[256];
	unsigned n = 0;

	(void)state;
	for (harness_step(h, &req, &a); a.verdict == CSN_CONTINUE; n++) {
		assert_int_equal(a.reply.action, CSN_A_WAIT);
		assert_in_range(a.reply.wait_ms, 1000, 8000);
		assert_true(n > 1 || a.reply.wait_ms < 2000);
		assert_true(a.reply.state.n < sizeof(kept));
		memcpy(kept, a.reply.state.p, a.reply.state.n);
		req = harness_req(CSN_EV_WAKE);
		req.state = str_of(kept, a.reply.state.n);
		harness_time(h, harness_now(h) + a.reply.wait_ms);
		harness_answer_free(&a);
		harness_step(h, &req, &a);
	}
	assert_int_equal(a.verdict, CSN_ERROR);
	harness_answer_free(&a);
	assert_in_range(n, 5, 10);
	assert_in_range(harness_now(h) - begun, 30000, 33000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(asked_ever_more_seldom, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    asked_though_the_clock_went_back, setup, teardown),
		cmocka_unit_test_setup_teardown(asked_while_keys_are_good,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(looked_for_ever_more_seldom,
		    setup, teardown),
	};

	return cmocka_run_group_tests_name("oidc-provider", tests, NULL, NULL);
}
