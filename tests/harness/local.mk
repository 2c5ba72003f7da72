# SPDX-License-Identifier: Apache-2.0
# The paper host that drives plugins in tests, and its transcripts. May include
# countersign/plugin.h and common/lib. A test links
# tests/harness/libharness.la $(LDADD) -ldl.

check_LTLIBRARIES += tests/harness/libharness.la
tests_harness_libharness_la_SOURCES = \
	tests/harness/golden.c tests/harness/golden.h \
	tests/harness/golden_file.c tests/harness/golden_int.h \
	tests/harness/golden_print.c \
	tests/harness/harness_conf.c \
	tests/harness/harness_host.c \
	tests/harness/harness_int.h \
	tests/harness/harness_kv.c \
	tests/harness/harness_net.c \
	tests/harness/harness_rules.c \
	tests/harness/plugin_harness.c tests/harness/plugin_harness.h

check_PROGRAMS += tests/harness/test-harness
TESTS += tests/harness/test-harness
tests_harness_test_harness_SOURCES = tests/harness/test-harness.c
tests_harness_test_harness_LDADD = tests/harness/libharness.la $(LDADD) -ldl
EXTRA_DIST += tests/harness/toy
