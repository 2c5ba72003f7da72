# SPDX-License-Identifier: Apache-2.0
# The plugin for local people. May include countersign/plugin.h and common/lib.

# plugin_LTLIBRARIES += auth-file/file.la
# auth_file_file_la_SOURCES = auth-file/plugin.c
# auth_file_file_la_CFLAGS = $(AM_CFLAGS) $(ARGON2_CFLAGS)
# auth_file_file_la_LDFLAGS = $(LINK_PLUGIN)
# auth_file_file_la_LIBADD = common/lib/libcsnlib.la $(CRYPT_LIBS) $(ARGON2_LIBS)
#
# A test:
# check_PROGRAMS += auth-file/test-foo
# TESTS += auth-file/test-foo
# auth_file_test_foo_SOURCES = auth-file/test-foo.c auth-file/foo.c
# auth_file_test_foo_LDADD = $(LDADD) $(CRYPT_LIBS) $(ARGON2_LIBS)
