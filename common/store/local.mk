# SPDX-License-Identifier: Apache-2.0
# The state stores, one file each, behind store.h. May include common/lib.

noinst_LTLIBRARIES += common/store/libcsnstore.la
common_store_libcsnstore_la_SOURCES = \
	common/store/backend.h \
	common/store/sqlite.c common/store/sqlite.h \
	common/store/sqlite_batch.c \
	common/store/sqlite_conn.c common/store/sqlite_copy.c \
	common/store/sqlite_gather.c \
	common/store/sqlite_migrate.c \
	common/store/sqlite_read.c \
	common/store/sqlite_row.c \
	common/store/sqlite_schema.c \
	common/store/sqlite_writer.c \
	common/store/store.c common/store/store.h
common_store_libcsnstore_la_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
common_store_libcsnstore_la_LIBADD = $(SQLITE_LIBS)

STORE_TEST_LIBS = common/store/libcsnstore.la $(LDADD)

common_store_tests = \
	common/store/test-store \
	common/store/test-store-copy \
	common/store/test-store-fault \
	common/store/test-store-gather \
	common/store/test-store-later \
	common/store/test-store-many \
	common/store/test-store-next
check_PROGRAMS += $(common_store_tests)
TESTS += $(common_store_tests)
common_store_test_store_SOURCES = common/store/test-store.c \
	common/store/testing.c common/store/testing.h
common_store_test_store_LDADD = $(STORE_TEST_LIBS) $(SQLITE_LIBS)
common_store_test_store_copy_SOURCES = common/store/test-store-copy.c \
	common/store/testing.c common/store/testing.h
common_store_test_store_copy_LDADD = $(STORE_TEST_LIBS) $(SQLITE_LIBS)
common_store_test_store_fault_SOURCES = common/store/test-store-fault.c \
	common/store/testing.c common/store/testing.h
common_store_test_store_fault_LDADD = $(STORE_TEST_LIBS) $(SQLITE_LIBS)
common_store_test_store_gather_SOURCES = common/store/test-store-gather.c \
	common/store/testing.c common/store/testing.h
common_store_test_store_gather_LDADD = $(STORE_TEST_LIBS) $(SQLITE_LIBS)
common_store_test_store_later_SOURCES = common/store/test-store-later.c \
	common/store/testing.c common/store/testing.h
common_store_test_store_later_LDADD = $(STORE_TEST_LIBS) $(SQLITE_LIBS)
common_store_test_store_many_SOURCES = common/store/test-store-many.c \
	common/store/testing.c common/store/testing.h
common_store_test_store_many_LDADD = $(STORE_TEST_LIBS)

# A node of the next schema, for the test that runs it beside one of this.
common_store_test_store_next_SOURCES = common/store/test-store-next.c \
	common/store/testing.c common/store/testing.h
common_store_test_store_next_LDADD = $(STORE_TEST_LIBS) $(SQLITE_LIBS)
check_PROGRAMS += common/store/next-node
common_store_next_node_SOURCES = common/store/next-node.c \
	common/store/next_schema.h $(common_store_libcsnstore_la_SOURCES)
common_store_next_node_CPPFLAGS = $(AM_CPPFLAGS) \
	-include $(srcdir)/common/store/next_schema.h
common_store_next_node_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
common_store_next_node_LDADD = common/lib/libcsnlib.la $(SQLITE_LIBS)
