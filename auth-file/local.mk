# SPDX-License-Identifier: Apache-2.0
# The plugin for local people. May include countersign/plugin.h and common/lib.

# plugin_LTLIBRARIES += auth-file/file.la
# auth_file_file_la_SOURCES = auth-file/plugin.c
# auth_file_file_la_CFLAGS = $(AM_CFLAGS) $(ARGON2_CFLAGS)
# auth_file_file_la_LDFLAGS = $(LINK_PLUGIN)
# auth_file_file_la_LIBADD = common/lib/libcsnlib.la $(CRYPT_LIBS) $(ARGON2_LIBS)
