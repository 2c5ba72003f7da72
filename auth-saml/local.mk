# SPDX-License-Identifier: GPL-2.0-or-later
# The plugin for SAML 2.0. May include countersign/plugin.h and common/lib.

noinst_LTLIBRARIES += auth-saml/libauthsaml.la
auth_saml_libauthsaml_la_SOURCES = \
	auth-saml/artifact.c auth-saml/artifact.h \
	auth-saml/assertion.c auth-saml/assertion.h \
	auth-saml/bind.c auth-saml/bind.h \
	auth-saml/decrypt.c auth-saml/decrypt.h \
	auth-saml/discover.c auth-saml/discover.h \
	auth-saml/doc.c auth-saml/doc.h \
	auth-saml/gate.c auth-saml/gate.h \
	auth-saml/idp.c auth-saml/idp.h \
	auth-saml/inspect.c auth-saml/inspect.h \
	auth-saml/job.c auth-saml/job.h \
	auth-saml/keys.c auth-saml/keys.h \
	auth-saml/leave.c auth-saml/leave.h \
	auth-saml/library.c auth-saml/library.h \
	auth-saml/login.c auth-saml/login.h auth-saml/login_ask.c \
	auth-saml/logout.c auth-saml/logout.h \
	auth-saml/logout_int.h auth-saml/logout_open.c \
	auth-saml/message.c auth-saml/message.h \
	auth-saml/metadata.c auth-saml/metadata.h \
	auth-saml/metadata_int.h auth-saml/metadata_sign.c \
	auth-saml/metadata_time.c \
	auth-saml/options.c auth-saml/options.h \
	auth-saml/options_int.h auth-saml/options_keys.c \
	auth-saml/person.c auth-saml/person.h \
	auth-saml/plugin.c auth-saml/plugin.h \
	auth-saml/preset.c auth-saml/preset.h \
	auth-saml/provider.c auth-saml/provider.h \
	auth-saml/provider_keep.c auth-saml/provider_keep.h \
	auth-saml/rules.c auth-saml/rules.h \
	auth-saml/selftest.c auth-saml/selftest.h \
	auth-saml/send.c auth-saml/send.h \
	auth-saml/serve.c auth-saml/serve.h \
	auth-saml/shape.c auth-saml/shape.h \
	auth-saml/sig.c auth-saml/sig.h \
	auth-saml/soap.c auth-saml/soap.h \
	auth-saml/sp.c auth-saml/sp.h \
	auth-saml/spaces.c auth-saml/spaces.h \
	auth-saml/state.c auth-saml/state.h \
	auth-saml/status.c auth-saml/status.h \
	auth-saml/table.c auth-saml/table.h \
	auth-saml/texts.h \
	auth-saml/times.c auth-saml/times.h \
	auth-saml/xml.c auth-saml/xml.h
SAML_CFLAGS = $(LASSO_CFLAGS) $(XMLSEC_CFLAGS) $(XML_CFLAGS) \
	$(GOBJECT_CFLAGS) $(ZLIB_CFLAGS) $(CRYPTO_CFLAGS)
SAML_LIBS = $(LASSO_LIBS) $(XMLSEC_LIBS) $(XML_LIBS) $(GOBJECT_LIBS) \
	$(ZLIB_LIBS) $(CRYPTO_LIBS)
auth_saml_libauthsaml_la_CFLAGS = $(AM_CFLAGS) $(SAML_CFLAGS)

plugin_LTLIBRARIES += auth-saml/saml.la
auth_saml_saml_la_SOURCES =
# GLib's types cannot be registered twice: once loaded, it stays.
auth_saml_saml_la_LDFLAGS = $(LINK_PLUGIN) -Wl,-z,nodelete
auth_saml_saml_la_LIBADD = auth-saml/libauthsaml.la \
	common/lib/libcsnlib.la $(SAML_LIBS)

# What the tests share: the plugin itself and the paper host.
check_LTLIBRARIES += auth-saml/libsamltest.la
auth_saml_libsamltest_la_SOURCES = \
	auth-saml/saml_testing.c auth-saml/saml_testing.h
SAML_TEST_LIBS = auth-saml/libsamltest.la auth-saml/libauthsaml.la \
	tests/harness/libharness.la $(LDADD) $(SAML_LIBS) -ldl
SAML_TEST_CFLAGS = $(AM_CFLAGS) $(SAML_CFLAGS)

check_PROGRAMS += auth-saml/test-saml-cases
TESTS += auth-saml/test-saml-cases
auth_saml_test_saml_cases_SOURCES = auth-saml/test-saml-cases.c
auth_saml_test_saml_cases_CFLAGS = $(SAML_TEST_CFLAGS)
auth_saml_test_saml_cases_LDADD = $(SAML_TEST_LIBS)

check_PROGRAMS += auth-saml/test-saml-login
TESTS += auth-saml/test-saml-login
auth_saml_test_saml_login_SOURCES = auth-saml/test-saml-login.c
auth_saml_test_saml_login_CFLAGS = $(SAML_TEST_CFLAGS)
auth_saml_test_saml_login_LDADD = $(SAML_TEST_LIBS)

check_PROGRAMS += auth-saml/test-saml-logout
TESTS += auth-saml/test-saml-logout
auth_saml_test_saml_logout_SOURCES = auth-saml/test-saml-logout.c
auth_saml_test_saml_logout_CFLAGS = $(SAML_TEST_CFLAGS)
auth_saml_test_saml_logout_LDADD = $(SAML_TEST_LIBS)

check_PROGRAMS += auth-saml/test-saml-parts
TESTS += auth-saml/test-saml-parts
auth_saml_test_saml_parts_SOURCES = auth-saml/test-saml-parts.c
auth_saml_test_saml_parts_CFLAGS = $(SAML_TEST_CFLAGS)
auth_saml_test_saml_parts_LDADD = $(SAML_TEST_LIBS)

check_PROGRAMS += auth-saml/test-saml-provider
TESTS += auth-saml/test-saml-provider
auth_saml_test_saml_provider_SOURCES = auth-saml/test-saml-provider.c
auth_saml_test_saml_provider_CFLAGS = $(SAML_TEST_CFLAGS)
auth_saml_test_saml_provider_LDADD = $(SAML_TEST_LIBS)

check_PROGRAMS += auth-saml/test-saml-object
TESTS += auth-saml/test-saml-object
auth_saml_test_saml_object_SOURCES = auth-saml/test-saml-object.c
auth_saml_test_saml_object_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
auth_saml_test_saml_object_LDADD = tests/harness/libharness.la $(LDADD) -ldl
EXTRA_auth_saml_test_saml_object_DEPENDENCIES = auth-saml/saml.la

check_PROGRAMS += auth-saml/test-saml-send
TESTS += auth-saml/test-saml-send
auth_saml_test_saml_send_SOURCES = auth-saml/test-saml-send.c
auth_saml_test_saml_send_CFLAGS = $(SAML_TEST_CFLAGS)
auth_saml_test_saml_send_LDADD = $(SAML_TEST_LIBS)

check_PROGRAMS += auth-saml/test-saml-metadata
TESTS += auth-saml/test-saml-metadata
auth_saml_test_saml_metadata_SOURCES = auth-saml/test-saml-metadata.c
auth_saml_test_saml_metadata_CFLAGS = $(SAML_TEST_CFLAGS)
auth_saml_test_saml_metadata_LDADD = $(SAML_TEST_LIBS)

check_PROGRAMS += auth-saml/test-saml-scope
TESTS += auth-saml/test-saml-scope
auth_saml_test_saml_scope_SOURCES = auth-saml/test-saml-scope.c
auth_saml_test_saml_scope_CFLAGS = $(SAML_TEST_CFLAGS)
auth_saml_test_saml_scope_LDADD = $(SAML_TEST_LIBS)

check_PROGRAMS += auth-saml/test-saml-person
TESTS += auth-saml/test-saml-person
auth_saml_test_saml_person_SOURCES = auth-saml/test-saml-person.c
auth_saml_test_saml_person_CFLAGS = $(SAML_TEST_CFLAGS)
auth_saml_test_saml_person_LDADD = $(SAML_TEST_LIBS)

check_PROGRAMS += auth-saml/test-saml-sp
TESTS += auth-saml/test-saml-sp
auth_saml_test_saml_sp_SOURCES = auth-saml/test-saml-sp.c
auth_saml_test_saml_sp_CFLAGS = $(SAML_TEST_CFLAGS)
auth_saml_test_saml_sp_LDADD = $(SAML_TEST_LIBS)

check_PROGRAMS += auth-saml/test-saml-soap
TESTS += auth-saml/test-saml-soap
auth_saml_test_saml_soap_SOURCES = auth-saml/test-saml-soap.c
auth_saml_test_saml_soap_CFLAGS = $(SAML_TEST_CFLAGS)
auth_saml_test_saml_soap_LDADD = $(SAML_TEST_LIBS)

check_PROGRAMS += auth-saml/fuzz-saml-gate
TESTS += auth-saml/fuzz-saml-gate
auth_saml_fuzz_saml_gate_SOURCES = auth-saml/fuzz-saml-gate.c \
	auth-saml/fuzz_saml.h $(FUZZ_MAIN)
auth_saml_fuzz_saml_gate_CFLAGS = $(SAML_TEST_CFLAGS)
auth_saml_fuzz_saml_gate_LDFLAGS = $(LINK_FUZZ)
auth_saml_fuzz_saml_gate_LDADD = auth-saml/libauthsaml.la $(LDADD) $(SAML_LIBS)

check_PROGRAMS += auth-saml/fuzz-saml-metadata
TESTS += auth-saml/fuzz-saml-metadata
auth_saml_fuzz_saml_metadata_SOURCES = auth-saml/fuzz-saml-metadata.c \
	auth-saml/fuzz_saml.h $(FUZZ_MAIN)
auth_saml_fuzz_saml_metadata_CFLAGS = $(SAML_TEST_CFLAGS)
auth_saml_fuzz_saml_metadata_LDFLAGS = $(LINK_FUZZ)
auth_saml_fuzz_saml_metadata_LDADD = auth-saml/libauthsaml.la $(LDADD) $(SAML_LIBS)

check_PROGRAMS += auth-saml/fuzz-saml-bind
TESTS += auth-saml/fuzz-saml-bind
auth_saml_fuzz_saml_bind_SOURCES = auth-saml/fuzz-saml-bind.c $(FUZZ_MAIN)
auth_saml_fuzz_saml_bind_CFLAGS = $(SAML_TEST_CFLAGS)
auth_saml_fuzz_saml_bind_LDFLAGS = $(LINK_FUZZ)
auth_saml_fuzz_saml_bind_LDADD = auth-saml/libauthsaml.la $(LDADD) $(SAML_LIBS)

# ./check bench saml
check_PROGRAMS += tests/bench/saml
tests_bench_saml_SOURCES = tests/bench/saml.c
tests_bench_saml_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_bench_saml_CFLAGS = $(SAML_TEST_CFLAGS)
tests_bench_saml_LDADD = auth-saml/libauthsaml.la common/lib/libcsnlib.la \
	$(SAML_LIBS)

catalogues_DATA += po/auth-saml.ja.po
EXTRA_DIST += auth-saml/README.md auth-saml/po tests/saml
