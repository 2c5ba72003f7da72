# SPDX-License-Identifier: Apache-2.0
# The plugin for local people. May include countersign/plugin.h and common/lib.

noinst_LTLIBRARIES += auth-file/libauthfile.la
auth_file_libauthfile_la_SOURCES = \
	auth-file/argon2.c \
	auth-file/authelia.c auth-file/reading.h \
	auth-file/hash.c auth-file/hash.h \
	auth-file/people.c auth-file/people.h \
	auth-file/plugin.c
auth_file_libauthfile_la_CFLAGS = $(AM_CFLAGS) $(ARGON2_CFLAGS)

plugin_LTLIBRARIES += auth-file/file.la
auth_file_file_la_SOURCES =
auth_file_file_la_LDFLAGS = $(LINK_PLUGIN)
auth_file_file_la_LIBADD = auth-file/libauthfile.la \
	common/lib/libcsnlib.la $(CRYPT_LIBS) $(ARGON2_LIBS)

FILE_TEST_LIBS = auth-file/libauthfile.la tests/harness/libharness.la \
	$(LDADD) $(CRYPT_LIBS) $(ARGON2_LIBS) -ldl

check_PROGRAMS += auth-file/test-file
TESTS += auth-file/test-file
auth_file_test_file_SOURCES = auth-file/test-file.c
auth_file_test_file_LDADD = $(FILE_TEST_LIBS)

check_PROGRAMS += auth-file/test-file-hash
TESTS += auth-file/test-file-hash
auth_file_test_file_hash_SOURCES = auth-file/test-file-hash.c
auth_file_test_file_hash_LDADD = $(FILE_TEST_LIBS)

check_PROGRAMS += auth-file/test-file-people
TESTS += auth-file/test-file-people
auth_file_test_file_people_SOURCES = auth-file/test-file-people.c
auth_file_test_file_people_LDADD = $(FILE_TEST_LIBS)

check_PROGRAMS += auth-file/fuzz-people
TESTS += auth-file/fuzz-people
auth_file_fuzz_people_SOURCES = auth-file/fuzz-people.c $(FUZZ_MAIN)
auth_file_fuzz_people_LDFLAGS = $(LINK_FUZZ)
auth_file_fuzz_people_LDADD = $(FILE_TEST_LIBS)

catalogues_DATA += po/auth-file.ja.po
EXTRA_DIST += auth-file/README.md auth-file/golden auth-file/po \
	tests/corpus/people
