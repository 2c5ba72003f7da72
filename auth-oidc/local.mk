# SPDX-License-Identifier: AGPL-3.0-or-later
# The plugin for OpenID Connect. May include countersign/plugin.h and
# common/lib.

# JOSE and token validation: everything that judges what others send.
noinst_LTLIBRARIES += auth-oidc/libauthjose.la
auth_oidc_libauthjose_la_SOURCES = \
	auth-oidc/claim_path.c auth-oidc/claim_path.h \
	auth-oidc/claims.c auth-oidc/claims.h \
	auth-oidc/compact.c auth-oidc/compact.h \
	auth-oidc/id_token.c auth-oidc/id_token.h \
	auth-oidc/jarm.c auth-oidc/jarm.h \
	auth-oidc/json.c auth-oidc/json.h \
	auth-oidc/jwe.c auth-oidc/jwe.h \
	auth-oidc/jwe_alg.c auth-oidc/jwe_alg.h \
	auth-oidc/jwe_content.c auth-oidc/jwe_content.h \
	auth-oidc/jwk.c auth-oidc/jwk.h \
	auth-oidc/jwk_key.c auth-oidc/jwk_key.h \
	auth-oidc/jwk_make.c auth-oidc/jwk_make.h \
	auth-oidc/jwk_parts.c auth-oidc/jwk_parts.h \
	auth-oidc/jws.c auth-oidc/jws.h \
	auth-oidc/jws_alg.c auth-oidc/jws_alg.h \
	auth-oidc/dpop_key.c auth-oidc/dpop_key.h \
	auth-oidc/jws_make.c auth-oidc/jws_make.h \
	auth-oidc/logout_token.c auth-oidc/logout_token.h \
	auth-oidc/other_claims.c auth-oidc/other_claims.h \
	auth-oidc/refusal.c auth-oidc/refusal.h \
	auth-oidc/token.c auth-oidc/token.h \
	auth-oidc/userinfo.c auth-oidc/userinfo.h
auth_oidc_libauthjose_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) \
	$(CRYPTO_CFLAGS)
auth_oidc_libauthjose_la_LIBADD = common/lib/libcsnlib.la $(JANSSON_LIBS) \
	$(CRYPTO_LIBS)

JOSE_TEST_LIBS = auth-oidc/libauthjose.la $(LDADD) $(JANSSON_LIBS) \
	$(CRYPTO_LIBS)

check_PROGRAMS += auth-oidc/test-oidc-json
TESTS += auth-oidc/test-oidc-json
auth_oidc_test_oidc_json_SOURCES = auth-oidc/test-oidc-json.c \
	$(common_lib_testing)
auth_oidc_test_oidc_json_LDFLAGS = $(common_lib_watched)
auth_oidc_test_oidc_json_LDADD = $(JOSE_TEST_LIBS)

check_PROGRAMS += auth-oidc/fuzz-oidc-json
TESTS += auth-oidc/fuzz-oidc-json
auth_oidc_fuzz_oidc_json_SOURCES = auth-oidc/fuzz-oidc-json.c $(FUZZ_MAIN)
auth_oidc_fuzz_oidc_json_LDFLAGS = $(LINK_FUZZ)
auth_oidc_fuzz_oidc_json_LDADD = $(JOSE_TEST_LIBS)

check_PROGRAMS += auth-oidc/fuzz-oidc-jwe
TESTS += auth-oidc/fuzz-oidc-jwe
auth_oidc_fuzz_oidc_jwe_SOURCES = auth-oidc/fuzz-oidc-jwe.c $(FUZZ_MAIN)
auth_oidc_fuzz_oidc_jwe_LDFLAGS = $(LINK_FUZZ)
auth_oidc_fuzz_oidc_jwe_LDADD = $(JOSE_TEST_LIBS)

check_PROGRAMS += auth-oidc/fuzz-oidc-jwk
TESTS += auth-oidc/fuzz-oidc-jwk
auth_oidc_fuzz_oidc_jwk_SOURCES = auth-oidc/fuzz-oidc-jwk.c $(FUZZ_MAIN)
auth_oidc_fuzz_oidc_jwk_LDFLAGS = $(LINK_FUZZ)
auth_oidc_fuzz_oidc_jwk_LDADD = $(JOSE_TEST_LIBS)

check_PROGRAMS += auth-oidc/fuzz-oidc-jws
TESTS += auth-oidc/fuzz-oidc-jws
auth_oidc_fuzz_oidc_jws_SOURCES = auth-oidc/fuzz-oidc-jws.c $(FUZZ_MAIN)
auth_oidc_fuzz_oidc_jws_LDFLAGS = $(LINK_FUZZ)
auth_oidc_fuzz_oidc_jws_LDADD = $(JOSE_TEST_LIBS)

EXTRA_DIST += tests/corpus/oidc-json tests/corpus/oidc-jwe \
	tests/corpus/oidc-jwk tests/corpus/oidc-jws

# Written by another hand, judged by ours, with the host's own key operations.
JOSE_MAKER = tests/jose/maker.c tests/jose/maker.h tests/jose/maker_int.h \
	tests/jose/maker_jwe.c tests/jose/paper_keys.c \
	tests/jose/paper_keys.h tests/jose/vectors.h
JOSE_MAKER_LIBS = auth-oidc/libauthjose.la $(HOST_TEST_LIBS) \
	$(JANSSON_LIBS) $(CRYPTO_LIBS)

check_PROGRAMS += tests/jose/test-jose-vectors
TESTS += tests/jose/test-jose-vectors
tests_jose_test_jose_vectors_SOURCES = tests/jose/test-jose-vectors.c \
	$(JOSE_MAKER)
tests_jose_test_jose_vectors_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_jose_test_jose_vectors_LDADD = $(JOSE_MAKER_LIBS)

check_PROGRAMS += tests/jose/test-jose-make
TESTS += tests/jose/test-jose-make
tests_jose_test_jose_make_SOURCES = tests/jose/test-jose-make.c $(JOSE_MAKER)
tests_jose_test_jose_make_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_jose_test_jose_make_LDADD = $(JOSE_MAKER_LIBS)

check_PROGRAMS += tests/jose/test-jose-hostile
TESTS += tests/jose/test-jose-hostile
tests_jose_test_jose_hostile_SOURCES = tests/jose/test-jose-hostile.c \
	tests/jose/hostile.h tests/jose/hostile_claims.c \
	tests/jose/hostile_form.c tests/jose/hostile_header.c \
	tests/jose/hostile_jwe.c tests/jose/hostile_keys.c \
	tests/jose/hostile_others.c tests/jose/hostile_signature.c \
	$(JOSE_MAKER)
tests_jose_test_jose_hostile_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_jose_test_jose_hostile_LDADD = $(JOSE_MAKER_LIBS)

check_PROGRAMS += tests/jose/test-jose-others
TESTS += tests/jose/test-jose-others
tests_jose_test_jose_others_SOURCES = tests/jose/test-jose-others.c \
	$(JOSE_MAKER)
tests_jose_test_jose_others_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_jose_test_jose_others_LDADD = $(JOSE_MAKER_LIBS)

# ./check bench jose
check_PROGRAMS += tests/bench/jose
tests_bench_jose_SOURCES = tests/bench/jose.c $(JOSE_MAKER)
tests_bench_jose_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_bench_jose_LDADD = $(JOSE_MAKER_LIBS)
# The flow: what is asked of the provider and the browser.
noinst_LTLIBRARIES += auth-oidc/libauthoidc.la
auth_oidc_libauthoidc_la_SOURCES = \
	auth-oidc/authorize.c auth-oidc/authorize.h \
	auth-oidc/back_channel.c auth-oidc/back_channel.h \
	auth-oidc/bound.c auth-oidc/bound.h \
	auth-oidc/callback.c auth-oidc/callback.h \
	auth-oidc/client_auth.c auth-oidc/client_auth.h \
	auth-oidc/demands.c auth-oidc/demands.h \
	auth-oidc/endpoints.c auth-oidc/endpoints.h \
	auth-oidc/fetch.c auth-oidc/fetch.h \
	auth-oidc/keep.c auth-oidc/keep.h \
	auth-oidc/keys.c auth-oidc/keys.h \
	auth-oidc/leave.c auth-oidc/leave.h \
	auth-oidc/metadata.c auth-oidc/metadata.h \
	auth-oidc/options.c auth-oidc/options.h \
	auth-oidc/overage.c auth-oidc/overage.h \
	auth-oidc/params.c auth-oidc/params.h \
	auth-oidc/person.c auth-oidc/person.h \
	auth-oidc/plugin.c auth-oidc/oidc.h \
	auth-oidc/presets.c \
	auth-oidc/provider.c auth-oidc/provider.h \
	auth-oidc/pushed.c auth-oidc/pushed.h \
	auth-oidc/refused.c auth-oidc/refused.h \
	auth-oidc/renew.c auth-oidc/renew.h \
	auth-oidc/request_claims.c auth-oidc/request_claims.h \
	auth-oidc/round.c \
	auth-oidc/selftest.c auth-oidc/selftest.h \
	auth-oidc/serve.c auth-oidc/serve.h \
	auth-oidc/sources.c auth-oidc/sources.h \
	auth-oidc/state.c auth-oidc/state.h \
	auth-oidc/table.c auth-oidc/table.h \
	auth-oidc/texts.h \
	auth-oidc/token_answer.c auth-oidc/token_answer.h \
	auth-oidc/userinfo_ask.c auth-oidc/userinfo_ask.h \
	auth-oidc/verify.c auth-oidc/verify.h
auth_oidc_libauthoidc_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) \
	$(CRYPTO_CFLAGS) $(OAUTH2_CFLAGS)

plugin_LTLIBRARIES += auth-oidc/oidc.la
auth_oidc_oidc_la_SOURCES =
auth_oidc_oidc_la_LDFLAGS = $(LINK_PLUGIN)
auth_oidc_oidc_la_LIBADD = auth-oidc/libauthoidc.la \
	auth-oidc/libauthjose.la $(OAUTH2_LIBS) \
	$(JANSSON_LIBS) $(CRYPTO_LIBS)

OIDC_TEST_LIBS = auth-oidc/libauthoidc.la auth-oidc/libauthjose.la \
	$(OAUTH2_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS)

check_PROGRAMS += auth-oidc/test-oidc-options
TESTS += auth-oidc/test-oidc-options
auth_oidc_test_oidc_options_SOURCES = auth-oidc/test-oidc-options.c
auth_oidc_test_oidc_options_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
auth_oidc_test_oidc_options_LDADD = auth-oidc/libauthoidc.la \
	tests/harness/libharness.la auth-oidc/libauthjose.la $(CMOCKA_LIBS) \
	$(OAUTH2_LIBS) $(JANSSON_LIBS) $(OPENSSL_LIBS) $(CURL_LIBS) -ldl

check_PROGRAMS += auth-oidc/test-oidc-provider
TESTS += auth-oidc/test-oidc-provider
auth_oidc_test_oidc_provider_SOURCES = auth-oidc/test-oidc-provider.c
auth_oidc_test_oidc_provider_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
auth_oidc_test_oidc_provider_LDADD = $(auth_oidc_test_oidc_options_LDADD)

check_PROGRAMS += auth-oidc/test-oidc-person
TESTS += auth-oidc/test-oidc-person
auth_oidc_test_oidc_person_SOURCES = auth-oidc/test-oidc-person.c
auth_oidc_test_oidc_person_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
auth_oidc_test_oidc_person_LDADD = $(auth_oidc_test_oidc_options_LDADD)

check_PROGRAMS += auth-oidc/fuzz-oidc-flow
TESTS += auth-oidc/fuzz-oidc-flow
auth_oidc_fuzz_oidc_flow_SOURCES = auth-oidc/fuzz-oidc-flow.c $(FUZZ_MAIN)
auth_oidc_fuzz_oidc_flow_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
auth_oidc_fuzz_oidc_flow_LDFLAGS = $(LINK_FUZZ)
auth_oidc_fuzz_oidc_flow_LDADD = $(OIDC_TEST_LIBS)

catalogues_DATA += po/auth-oidc.ja.po
EXTRA_DIST += auth-oidc/README.md auth-oidc/po tests/corpus/oidc-flow
