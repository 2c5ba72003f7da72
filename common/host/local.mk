# SPDX-License-Identifier: Apache-2.0
# libcountersign's inside. May include countersign/*.h, common/lib and
# common/store.

noinst_LTLIBRARIES += common/host/libcsnhost.la
common_host_libcsnhost_la_SOURCES =
common_host_libcsnhost_la_CFLAGS = $(AM_CFLAGS) $(YAML_CFLAGS) $(CURL_CFLAGS)
common_host_libcsnhost_la_LIBADD = $(YAML_LIBS) $(CURL_LIBS) $(OPENSSL_LIBS) \
	$(JANSSON_LIBS) $(RESOLV_LIBS) -ldl

# Each part below adds its own: ..._SOURCES += common/host/foo.c common/host/foo.h
# and its tests:
# check_PROGRAMS += common/host/test-foo
# TESTS += common/host/test-foo
# common_host_test_foo_SOURCES = common/host/test-foo.c
# common_host_test_foo_LDADD = $(HOST_TEST_LIBS)
#
# A fuzz target, seeds in tests/corpus/foo/:
# check_PROGRAMS += common/host/fuzz-foo
# TESTS += common/host/fuzz-foo
# common_host_fuzz_foo_SOURCES = common/host/fuzz-foo.c $(FUZZ_MAIN)
# common_host_fuzz_foo_LDFLAGS = $(LINK_FUZZ)
# common_host_fuzz_foo_LDADD = $(HOST_TEST_LIBS)

# The services for plugins, subjects, references and logs.
common_host_libcsnhost_la_SOURCES += \
	common/host/reference.c common/host/reference.h \
	common/host/subject.c common/host/subject.h
common_host_libcsnhost_la_LIBADD += $(UNISTRING_LIBS)

common_host_service_tests = \
	common/host/test-reference \
	common/host/test-subject
check_PROGRAMS += $(common_host_service_tests)
TESTS += $(common_host_service_tests)
common_host_test_reference_SOURCES = common/host/test-reference.c
common_host_test_reference_LDADD = $(HOST_TEST_LIBS)
common_host_test_subject_SOURCES = common/host/test-subject.c
common_host_test_subject_LDADD = $(HOST_TEST_LIBS)

common_host_service_fuzzers = \
	common/host/fuzz-subject
check_PROGRAMS += $(common_host_service_fuzzers)
TESTS += $(common_host_service_fuzzers)
common_host_fuzz_subject_SOURCES = common/host/fuzz-subject.c $(FUZZ_MAIN)
common_host_fuzz_subject_LDFLAGS = $(LINK_FUZZ)
common_host_fuzz_subject_LDADD = $(HOST_TEST_LIBS)
