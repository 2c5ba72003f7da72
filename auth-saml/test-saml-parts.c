/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test-saml-parts.c - unpacking, times, keys, metadata: piece by piece
 */
#include "saml_testing.h"

#include <stdlib.h>
#include <sys/wait.h>

#include "lib/testing.h"
#include "lib/timefmt.h"

#include "bind.h"
#include "doc.h"
#include "library.h"
#include "metadata.h"
#include "state.h"
#include "status.h"
#include "texts.h"
#include "times.h"

#define FOLDER "simplesamlphp"
#define NOW INT64_C(1796052880000)

static void
times_have_one_spelling(void **state)
{
	static const struct { const char *text; int64_t ms; } good[] = {
		{ "2027-01-15T08:00:00Z", INT64_C(1800000000000) },
		{ "2027-01-15T08:00:00.25Z", INT64_C(1800000000250) },
		{ "2027-01-15T08:00:00.1234567Z", INT64_C(1800000000123) },
		{ "1970-01-01T00:00:00Z", 0 },
		{ "9999-12-31T23:59:59Z", INT64_C(253402300799000) },
	};
	static const char *const bad[] = { "", "2027-01-15", "now",
		"2027-01-15T08:00:00", "2027-01-15T08:00:00+00:00",
		"2027-01-15t08:00:00Z", "2027-01-15 08:00:00Z",
		"2027-13-15T08:00:00Z", "2027-01-15T24:00:01Z",
		"-2027-01-15T08:00:00Z", "12027-01-15T08:00:00Z",
		"2027-01-15T08:00:00.Z", "2027-01-15T08:00:00z",
		"2026-12-31T23:59:60Z", "2027-02-29T08:00:00Z" };
	int64_t ms;
	struct buf b;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		ms = -1;
		assert_int_equal(times_parse(str_from(good[i].text), &ms), 0);
		assert_int_equal(ms, good[i].ms);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		if (times_parse(str_from(bad[i]), &ms) == 0)
			fail_msg("a time: %s", bad[i]);
	buf_init(&b, 64);
	times_put(&b, INT64_C(1800000000250));
	assert_str(buf_str(&b), "2027-01-15T08:00:00Z");
	buf_free(&b);
}

static void
durations_are_summed(void **state)
{
	static const struct { const char *text; int64_t s; } good[] = {
		{ "PT1H", 3600 }, { "P1D", 86400 }, { "P1M", 2592000 },
		{ "PT1M", 60 }, { "P1Y2M3DT4H5M6.7S", 31536000 + 5184000 +
		    259200 + 14400 + 300 + 6 }, { "PT0S", 0 },
	};
	static const char *const bad[] = { "", "P", "PT", "1H", "PT1", "PTH",
		"P1H", "PT1D", "P-1D", "PT1.H", "PT1HT1M",
		"PT99999999999999999999S" };
	int64_t s;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_int_equal(metadata_duration(str_from(good[i].text),
		    &s), 0);
		assert_int_equal(s, good[i].s);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		if (metadata_duration(str_from(bad[i]), &s) == 0)
			fail_msg("a duration: %s", bad[i]);
}

static void
base64_has_a_cap(void **state)
{
	struct buf b;
	enum rule why;
	char *long_text = malloc(400001);

	(void)state;
	memset(long_text, 'A', 400000);
	long_text[400000] = '\0';
	buf_init(&b, 1u << 20);
	assert_int_equal(bind_post_read(str_from("aGVsbG8="), &b, &why), 0);
	assert_str(buf_str(&b), "hello");
	buf_clear(&b);
	assert_int_equal(bind_post_read(str_from("aGVs\r\nbG8=\r\n"), &b,
	    &why), 0);
	assert_str(buf_str(&b), "hello");
	buf_clear(&b);
	assert_int_equal(bind_post_read(str_of(long_text, 400000), &b, &why),
	    -1);
	assert_int_equal(why, RULE_SIZE);
	assert_int_equal(bind_post_read(str_from("aGVsbG8"), &b, &why), -1);
	assert_int_equal(why, RULE_BASE64);
	buf_free(&b);
	free(long_text);
}

/* The walk over the bytes comes before the parser: it may not take longer for
 * what is nested than for what is not. */
static void
depth_costs_nothing(void **state)
{
	size_t n = 250000;
	char *text = malloc(n);
	int64_t start = clock_mono_ms();
	enum rule why;

	(void)state;
	for (size_t i = 0; i + 3 <= n; i += 3)
		memcpy(text + i, "<a>", 3);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(doc_scan(str_of(text, n / 3 * 3),
		    BIND_MESSAGE_MAX, &why), -1);
		assert_int_equal(why, RULE_DEPTH);
	}
	assert_true(clock_mono_ms() - start < 5000);
	free(text);
}

static void
packed_things_come_back_whole(void **state)
{
	struct state s = { .request_id = STR("_1"), .idp = STR("urn:idp"),
	    .asked_ms = NOW, .force = true }, s2;
	struct keep k = { .idp = STR("urn:idp"), .session_index = STR("i"),
	    .name_id = { .value = STR("n"), .format = STR("f"),
	    .name_qualifier = STR("q"), .sp_name_qualifier = STR("sq") } },
	    k2;
	struct leaving l;
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	state_pack(&s, &b);
	assert_int_equal(state_unpack(buf_str(&b), &s2), 0);
	assert_str(s2.idp, "urn:idp");
	assert_true(s2.force && s2.asked_ms == NOW);
	/* one form is none of the others */
	assert_int_equal(keep_unpack(buf_str(&b), &k2), -1);
	assert_int_equal(leaving_unpack(buf_str(&b), &l), -1);
	assert_int_equal(state_unpack(str_of(b.p, b.n - 1), &s2), -1);
	buf_clear(&b);
	keep_pack(&k, &b);
	assert_int_equal(keep_unpack(buf_str(&b), &k2), 0);
	assert_str(k2.name_id.sp_name_qualifier, "sq");
	assert_int_equal(state_unpack(buf_str(&b), &s2), -1);
	buf_free(&b);
}

/* ------------------------------------------------------------------ */
/* metadata */

/* Who is left out is kept with the others; what was kept before anybody was
 * is read as it was. */
static void
who_is_left_out_is_kept(void **state)
{
	struct idp i = { .entity_id = STR("urn:idp"), .certs = { STR("c") },
	    .ncerts = 1, .scopes = STR("example.org") };
	struct idp_set *s = idp_set_new(), *again;
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	assert_int_equal(idp_set_add(s, &i), 0);
	assert_true(idp_set_alone(s));
	assert_int_equal(idp_set_pack(s, &b), 0);
	b.p[0] = 2;
	again = idp_set_unpack(str_of(b.p, b.n - 4));
	assert_true(again != NULL && idp_set_alone(again));
	idp_set_unref(again);
	buf_clear(&b);
	assert_int_equal(idp_set_leave_out(s, STR("a.example b.example")), 0);
	assert_int_equal(idp_set_leave_out(s, STR("")), 0);
	assert_int_equal(idp_set_pack(s, &b), 0);
	idp_set_unref(s);
	again = idp_set_unpack(buf_str(&b));
	assert_true(again != NULL && !idp_set_alone(again));
	assert_int_equal(idp_set_count(again), 1);
	assert_true(idp_set_has_scope(again, STR("B.example")));
	assert_true(idp_set_has_scope(again, STR("example.org")));
	assert_false(idp_set_has_scope(again, STR("example")));
	assert_false(idp_set_has_scope(again, STR("")));
	idp_set_unref(again);
	for (size_t n = 1; n < b.n; n++)
		assert_null(idp_set_unpack(str_of(b.p, b.n - n)));
	buf_free(&b);
}

static char *
edited(const char *xml, const char *from, const char *to)
{
	const char *at = strstr(xml, from);
	size_t n = strlen(xml) + strlen(to) + 1;
	char *ret = malloc(n);

	if (at == NULL)
		fail_msg("no %s in it", from);
	(void)snprintf(ret, n, "%.*s%s%s", (int)(at - xml), xml, to,
	    at + strlen(from));
	return ret;
}

static const char *
read_fault(const char *xml, int64_t now_ms)
{
	struct metadata_want want = { .entity_id = STR(""), .now_ms = now_ms,
	    .skew_ms = 60000 };
	struct metadata m;
	const char *why;

	if (metadata_read(str_from(xml), &want, &m, &why) == 0) {
		idp_set_unref(m.set);
		return NULL;
	}
	return why;
}

static void
what_metadata_lacks_is_said(void **state)
{
	static const struct { const char *from, *to, *why; } cases[] = {
		{ "IDPSSODescriptor ", "SPSSODescriptor ", "breaks off" },
		{ "use=\"signing\"", "use=\"encryption\"", "signing key" },
		{ "SAML:2.0:protocol", "SAML:1.1:protocol",
		    "no identity provider for SAML 2.0" },
		{ "entityID=", "validUntil=\"2020-01-01T00:00:00Z\" "
		    "entityID=", "expired" },
		{ "entityID=", "validUntil=\"soon\" entityID=", "expired" },
		{ "<md:IDPSSODescriptor", "<md:IDPSSODescriptor validUntil="
		    "\"2020-01-01T00:00:00Z\"", "expired" },
		{ "MII", "AAAA", "signing key" },
		{ "<md:EntityDescriptor", "<x", "no SAML metadata" },
		{ "<md:IDPSSODescriptor", "<!DOCTYPE x><md:IDPSSODescriptor",
		    "document type" },
	};
	struct csn_str xml = saml_file(FOLDER, "metadata.xml");
	const char *why;
	char *text;

	(void)state;
	assert_int_equal(library_init(), 0);
	assert_null(read_fault(xml.p, NOW));
	for (size_t i = 0; i < COUNT(cases); i++) {
		text = edited(xml.p, cases[i].from, cases[i].to);
		why = read_fault(text, NOW);
		if (why == NULL || strstr(why, cases[i].why) == NULL)
			fail_msg("%s: wanted %s, got %s", cases[i].to,
			    cases[i].why, why != NULL ? why : "nothing");
		free(text);
	}
	text = edited(xml.p, "entityID=", "validUntil=\""
	    "2026-11-30T15:00:00Z\" entityID=");
	assert_null(read_fault(text, NOW - 3600000));
	assert_non_null(read_fault(text, NOW));
	free(text);
	free((void *)(uintptr_t)xml.p);
}

static void
certificates_are_read_strictly(void **state)
{
	struct csn_str pem = saml_file(FOLDER, "idp.crt");
	struct csn_str key = saml_file(FOLDER, "idp.key");
	struct keys k = { .n = 0 };
	const char *why;

	(void)state;
	assert_int_equal(keys_add_pem(&k, pem, &why), 0);
	assert_int_equal(keys_add_pem(&k, pem, &why), 0);
	assert_int_equal(k.n, 1);	/* the same key is one */
	assert_true(k.until_ms[0] > NOW);
	assert_int_equal(keys_add_pem(&k, key, &why), -1);
	assert_int_equal(keys_add_pem(&k, STR(""), &why), -1);
	assert_int_equal(keys_add_der(&k, STR("0\x82"), &why), -1);
	keys_free(&k);
	free((void *)(uintptr_t)pem.p);
	free((void *)(uintptr_t)key.p);
}

/* ------------------------------------------------------------------ */
/* an aggregate of a federation, signed */

struct aggregate { char *p; size_t n; };

static struct aggregate
aggregate_make(const char *how)
{
	struct aggregate a = { malloc(64u << 20), 0 };
	int status = -1;
	char name[64];
	size_t got;
	FILE *f;
	pid_t pid;

	(void)snprintf(name, sizeof(name), "%s", how);
	pid = saml_generator("aggregate.py", name, &f);
	while ((got = fread(a.p + a.n, 1, 65536, f)) > 0)
		a.n += got;
	(void)fclose(f);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	a.p[a.n] = '\0';
	return a;
}

static const char *
aggregate_fault(struct aggregate *a, size_t *ret_n)
{
	struct csn_str pem = saml_file(FOLDER, "idp.crt");
	struct keys signers = { .n = 0 };
	struct metadata_want want = { .signers = &signers,
	    .entity_id = STR(""), .now_ms = NOW, .skew_ms = 60000 };
	struct metadata m;
	const char *why;
	int rc;

	assert_int_equal(keys_add_pem(&signers, pem, &why), 0);
	rc = metadata_read(str_of(a->p, a->n), &want, &m, &why);
	keys_free(&signers);
	free((void *)(uintptr_t)pem.p);
	free(a->p);
	if (rc < 0)
		return why;
	*ret_n = idp_set_count(m.set);
	assert_non_null(idp_set_find(m.set, STR("https://idp7.example.org/")));
	assert_int_equal(m.cache_s, 3600);
	idp_set_unref(m.set);
	return NULL;
}

static void
aggregates_are_read_as_a_stream(void **state)
{
	static const struct { const char *how, *why; } bad[] = {
		{ "../saml?200?unsigned", "not signed" },
		{ "../saml?200?stranger", "not signed by the key" },
		{ "../saml?200?changed", "not signed by the key" },
		{ "../saml?200?wrapped", "ID" },
		{ "../saml?200?expired", "expired" },
		{ "../saml?200?twice", "twice" },
	};
	struct aggregate a = aggregate_make("../saml?200?good");
	const char *why;
	size_t n = 0;

	(void)state;
	assert_int_equal(library_init(), 0);
	why = aggregate_fault(&a, &n);
	if (why != NULL)
		fail_msg("%s", why);
	assert_int_equal(n, 100);
	for (size_t i = 0; i < COUNT(bad); i++) {
		a = aggregate_make(bad[i].how);
		why = aggregate_fault(&a, &n);
		if (why == NULL || strstr(why, bad[i].why) == NULL)
			fail_msg("%s: %s", bad[i].how, why != NULL ? why :
			    "taken");
	}
}

/* By the second code where that says more, else by the first; what nobody
 * knows is no success. */
static void
a_refusal_is_told_in_words(void **state)
{
	static const struct { const char *code, *sub, *text; } cases[] = {
		{ "Responder", "AuthnFailed", TEXT_AUTHN_FAILED },
		{ "Responder", "NoPassive", TEXT_NO_PASSIVE },
		{ "Requester", "NoAuthnContext", TEXT_NO_CONTEXT },
		{ "Responder", "RequestDenied", TEXT_DENIED },
		{ "Responder", "UnknownPrincipal", TEXT_UNKNOWN_PERSON },
		{ "Requester", "InvalidNameIDPolicy", TEXT_NAME_POLICY },
		{ "Responder", "NoAvailableIDP", TEXT_NO_IDP },
		{ "Responder", "NoSupportedIDP", TEXT_NO_IDP },
		{ "Requester", "RequestUnsupported", TEXT_UNSUPPORTED },
		{ "Requester", "UnsupportedBinding", TEXT_UNSUPPORTED },
		{ "VersionMismatch", "", TEXT_UNSUPPORTED },
		{ "Requester", "", TEXT_REQUESTER },
		{ "Responder", "", TEXT_RESPONDER },
		{ "Requester", "OfTheirOwn", TEXT_REQUESTER },
		{ "OfTheirOwn", "Another", TEXT_RESPONDER },
	};
	char code[256], sub[256];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct status s = { .success = false };

		(void)snprintf(code, sizeof(code), STATUS "%s",
		    cases[i].code);
		(void)snprintf(sub, sizeof(sub), STATUS "%s", cases[i].sub);
		s.code = str_from(code);
		s.sub = str_from(sub);
		assert_string_equal(status_text(&s), cases[i].text);
		/* who was not asked has failed at nothing */
		assert_int_equal(status_reason(&s),
		    strcmp(cases[i].sub, "NoPassive") == 0 ? CSN_R_BACKEND :
		    strcmp(cases[i].sub, "NoAuthnContext") == 0 ?
		    CSN_R_ASSURANCE : CSN_R_CREDENTIAL);
		assert_str(status_word(s.code), cases[i].code);
	}
	assert_str(status_word(STR("urn:x:y")), "urn:x:y");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_have_one_spelling),
		cmocka_unit_test(durations_are_summed),
		cmocka_unit_test(base64_has_a_cap),
		cmocka_unit_test(depth_costs_nothing),
		cmocka_unit_test(packed_things_come_back_whole),
		cmocka_unit_test(who_is_left_out_is_kept),
		cmocka_unit_test(a_refusal_is_told_in_words),
		cmocka_unit_test(what_metadata_lacks_is_said),
		cmocka_unit_test(certificates_are_read_strictly),
		cmocka_unit_test(aggregates_are_read_as_a_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
