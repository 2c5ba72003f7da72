# SPDX-License-Identifier: Apache-2.0
# The toolbox: strings, buffers, memory, encodings, addresses, tables.

noinst_LTLIBRARIES += common/lib/libcsnlib.la
common_lib_libcsnlib_la_SOURCES = \
	common/lib/arena.c common/lib/arena.h \
	common/lib/base64url.c common/lib/base64url.h \
	common/lib/buf.c common/lib/buf.h \
	common/lib/form.c \
	common/lib/ip.c common/lib/ip.h \
	common/lib/secret.c common/lib/secret.h \
	common/lib/siphash.c common/lib/siphash.h \
	common/lib/str.c common/lib/str.h \
	common/lib/table.c common/lib/table.h \
	common/lib/text.c common/lib/text.h \
	common/lib/timefmt.c common/lib/timefmt.h \
	common/lib/url.c common/lib/url.h
common_lib_libcsnlib_la_LIBADD = $(CRYPTO_LIBS)
