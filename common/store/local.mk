# SPDX-License-Identifier: Apache-2.0
# The state stores, one file each, behind store.h. May include common/lib.

noinst_LTLIBRARIES += common/store/libcsnstore.la
common_store_libcsnstore_la_SOURCES = common/store/store.h
common_store_libcsnstore_la_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
common_store_libcsnstore_la_LIBADD = $(SQLITE_LIBS)

# A test:
# check_PROGRAMS += common/store/test-foo
# TESTS += common/store/test-foo
# common_store_test_foo_SOURCES = common/store/test-foo.c
# common_store_test_foo_LDADD = common/store/libcsnstore.la $(LDADD)
