# SPDX-License-Identifier: Apache-2.0
# The paper host that drives plugins in tests, and its transcripts. May include
# countersign/plugin.h, common/lib, and the host's key operations. A test links
# tests/harness/libharness.la $(LDADD) -ldl.

check_LTLIBRARIES += tests/harness/libharness.la
tests_harness_libharness_la_SOURCES = \
	tests/harness/golden.c tests/harness/golden.h \
	tests/harness/golden_file.c tests/harness/golden_int.h \
	tests/harness/golden_print.c \
	tests/harness/harness_conf.c \
	tests/harness/harness_host.c \
	tests/harness/harness_int.h \
	tests/harness/harness_keys.c \
	tests/harness/harness_kv.c \
	tests/harness/harness_net.c \
	tests/harness/harness_rules.c \
	tests/harness/plugin_harness.c tests/harness/plugin_harness.h \
	common/host/key_ops.c common/host/key_ops.h \
	common/host/key_ops_decrypt.c common/host/key_ops_impl.h \
	common/host/key_ops_sign.c common/host/result.h
tests_harness_libharness_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) \
	$(CRYPTO_CFLAGS)
tests_harness_libharness_la_LIBADD = $(JANSSON_LIBS) $(CRYPTO_LIBS)

check_PROGRAMS += tests/harness/test-harness
TESTS += tests/harness/test-harness
tests_harness_test_harness_SOURCES = tests/harness/test-harness.c
tests_harness_test_harness_LDADD = tests/harness/libharness.la $(LDADD) -ldl
EXTRA_DIST += tests/harness/toy
