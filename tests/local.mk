# SPDX-License-Identifier: Apache-2.0
# Tests of more than one room: ABI, chain, exchanges, hostile plugins. The
# end-to-end tests in tests/e2e/ are run by ./check, the checkers of
# tests/style/ as well.

# A test:
# check_PROGRAMS += tests/test-foo
# TESTS += tests/test-foo
# tests_test_foo_SOURCES = tests/test-foo.c
# tests_test_foo_LDADD = $(HOST_TEST_LIBS)
#
# A plugin that only tests load:
# check_LTLIBRARIES += tests/hostile.la
# tests_hostile_la_SOURCES = tests/hostile.c
# tests_hostile_la_LDFLAGS = $(LINK_TEST_PLUGIN)

EXTRA_DIST += tests/fuzz-replay.c
