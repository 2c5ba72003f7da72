# SPDX-License-Identifier: Apache-2.0
# The toolbox: strings, buffers, memory, encodings, addresses, tables.

noinst_LTLIBRARIES += common/lib/libcsnlib.la
common_lib_libcsnlib_la_SOURCES = \
	common/lib/apart.h \
	common/lib/arena.c common/lib/arena.h \
	common/lib/base64url.c common/lib/base64url.h \
	common/lib/bits.h \
	common/lib/buf.c common/lib/buf.h \
	common/lib/form.c \
	common/lib/ip.c common/lib/ip.h \
	common/lib/log.c common/lib/log.h \
	common/lib/secret.c common/lib/secret.h \
	common/lib/siphash.c common/lib/siphash.h \
	common/lib/str.c common/lib/str.h \
	common/lib/table.c common/lib/table.h \
	common/lib/text.c common/lib/text.h \
	common/lib/timefmt.c common/lib/timefmt.h \
	common/lib/url.c common/lib/url.h \
	common/lib/vals.c common/lib/vals.h \
	common/lib/wide.h
common_lib_libcsnlib_la_CFLAGS = $(AM_CFLAGS) $(LTO_CFLAGS)
common_lib_libcsnlib_la_LIBADD = $(CRYPTO_LIBS)

# Tests. They run against libcsnlib alone; the watched ones have malloc(),
# calloc() and free() replaced by testing.c.
common_lib_tests = \
	common/lib/test-arena \
	common/lib/test-base64url \
	common/lib/test-bits \
	common/lib/test-buf \
	common/lib/test-form \
	common/lib/test-ip \
	common/lib/test-log \
	common/lib/test-secret \
	common/lib/test-str \
	common/lib/test-table \
	common/lib/test-text \
	common/lib/test-timefmt \
	common/lib/test-url \
	common/lib/test-vals
check_PROGRAMS += $(common_lib_tests)
TESTS += $(common_lib_tests)
common_lib_testing = common/lib/testing.c common/lib/testing.h
common_lib_clock = common/lib/testing_clock.c common/lib/testing_clock.h
common_lib_watched = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=free

common_lib_test_arena_SOURCES = common/lib/test-arena.c $(common_lib_testing)
common_lib_test_arena_LDFLAGS = $(common_lib_watched)
common_lib_test_base64url_SOURCES = common/lib/test-base64url.c \
	common/lib/testing.h
common_lib_test_bits_SOURCES = common/lib/test-bits.c common/lib/testing.h
common_lib_test_buf_SOURCES = common/lib/test-buf.c $(common_lib_testing)
common_lib_test_buf_LDFLAGS = $(common_lib_watched)
common_lib_test_form_SOURCES = common/lib/test-form.c common/lib/testing.h
common_lib_test_ip_SOURCES = common/lib/test-ip.c common/lib/testing.h
common_lib_test_log_SOURCES = common/lib/test-log.c common/lib/testing.h
common_lib_test_secret_SOURCES = common/lib/test-secret.c $(common_lib_testing)
common_lib_test_secret_LDFLAGS = $(common_lib_watched) \
	-Wl,--wrap=CRYPTO_memcmp,--wrap=RAND_bytes
common_lib_test_secret_LDADD = $(LDADD) $(CRYPTO_LIBS)
common_lib_test_str_SOURCES = common/lib/test-str.c common/lib/testing.h
common_lib_test_table_SOURCES = common/lib/test-table.c $(common_lib_testing)
common_lib_test_table_LDFLAGS = $(common_lib_watched)
common_lib_test_text_SOURCES = common/lib/test-text.c common/lib/testing.h
common_lib_test_timefmt_SOURCES = common/lib/test-timefmt.c \
	common/lib/testing.h
common_lib_test_url_SOURCES = common/lib/test-url.c common/lib/testing.h
common_lib_test_vals_SOURCES = common/lib/test-vals.c common/lib/testing.h

# Fuzz targets, seeds in tests/corpus/NAME/.
common_lib_fuzzers = \
	common/lib/fuzz-base64url \
	common/lib/fuzz-buf \
	common/lib/fuzz-form \
	common/lib/fuzz-ip \
	common/lib/fuzz-text \
	common/lib/fuzz-timefmt \
	common/lib/fuzz-url
check_PROGRAMS += $(common_lib_fuzzers)
TESTS += $(common_lib_fuzzers)

common_lib_fuzz_base64url_SOURCES = common/lib/fuzz-base64url.c \
	common/lib/fuzzing.h $(FUZZ_MAIN)
common_lib_fuzz_base64url_LDFLAGS = $(LINK_FUZZ)
common_lib_fuzz_base64url_LDADD = common/lib/libcsnlib.la
common_lib_fuzz_buf_SOURCES = common/lib/fuzz-buf.c \
	common/lib/fuzzing.h $(FUZZ_MAIN)
common_lib_fuzz_buf_LDFLAGS = $(LINK_FUZZ)
common_lib_fuzz_buf_LDADD = common/lib/libcsnlib.la
common_lib_fuzz_form_SOURCES = common/lib/fuzz-form.c \
	common/lib/fuzzing.h $(FUZZ_MAIN)
common_lib_fuzz_form_LDFLAGS = $(LINK_FUZZ)
common_lib_fuzz_form_LDADD = common/lib/libcsnlib.la
common_lib_fuzz_ip_SOURCES = common/lib/fuzz-ip.c \
	common/lib/fuzzing.h $(FUZZ_MAIN)
common_lib_fuzz_ip_LDFLAGS = $(LINK_FUZZ)
common_lib_fuzz_ip_LDADD = common/lib/libcsnlib.la
common_lib_fuzz_text_SOURCES = common/lib/fuzz-text.c \
	common/lib/fuzzing.h $(FUZZ_MAIN)
common_lib_fuzz_text_LDFLAGS = $(LINK_FUZZ)
common_lib_fuzz_text_LDADD = common/lib/libcsnlib.la
common_lib_fuzz_timefmt_SOURCES = common/lib/fuzz-timefmt.c \
	common/lib/fuzzing.h $(FUZZ_MAIN)
common_lib_fuzz_timefmt_LDFLAGS = $(LINK_FUZZ)
common_lib_fuzz_timefmt_LDADD = common/lib/libcsnlib.la
common_lib_fuzz_url_SOURCES = common/lib/fuzz-url.c \
	common/lib/fuzzing.h $(FUZZ_MAIN)
common_lib_fuzz_url_LDFLAGS = $(LINK_FUZZ)
common_lib_fuzz_url_LDADD = common/lib/libcsnlib.la
