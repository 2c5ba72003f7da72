# SPDX-License-Identifier: Apache-2.0
# countersignd and the operator's command. May include countersign/host.h and
# common/lib; never a plugin, never the host's inside.

# sbin_PROGRAMS += gateway/countersignd
# gateway_countersignd_SOURCES = gateway/main.c
# gateway_countersignd_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS) $(QRENCODE_CFLAGS)
# gateway_countersignd_LDFLAGS = $(LINK_PROGRAM)
# gateway_countersignd_LDADD = libcountersign.la common/lib/libcsnlib.la \
# 	$(EVENT_LIBS) $(QRENCODE_LIBS)
#
# bin_PROGRAMS += gateway/countersign
# gateway_countersign_SOURCES = gateway/command.c
# gateway_countersign_LDFLAGS = $(LINK_PROGRAM)
# gateway_countersign_LDADD = libcountersign.la common/lib/libcsnlib.la \
# 	$(JANSSON_LIBS)
#
# A test:
# check_PROGRAMS += gateway/test-foo
# TESTS += gateway/test-foo
# gateway_test_foo_SOURCES = gateway/test-foo.c gateway/foo.c
# gateway_test_foo_LDADD = $(LDADD) $(EVENT_LIBS)

# The HTTP server: what countersignd, its tests and the benchmarks link.
noinst_LTLIBRARIES += gateway/libhttp.la
gateway_libhttp_la_SOURCES = \
	gateway/http.c gateway/http.h gateway/http_impl.h \
	gateway/http_conn.c gateway/http_fault.c \
	gateway/http_listen.c gateway/http_listen.h \
	gateway/http_loop.c \
	gateway/http_parse.c gateway/http_parse.h \
	gateway/http_peer.c gateway/http_pool.c gateway/http_reply.c \
	gateway/http_tls.c gateway/http_wire.c
gateway_libhttp_la_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS) $(OPENSSL_CFLAGS)
gateway_libhttp_la_LIBADD = common/lib/libcsnlib.la $(EVENT_LIBS) \
	$(OPENSSL_LIBS)

HTTP_TEST_LIBS = gateway/libhttp.la $(LDADD) $(OPENSSL_LIBS)
HTTP_TEST_HELP = gateway/http_testing.c gateway/http_testing.h

check_PROGRAMS += gateway/test-http-parse
TESTS += gateway/test-http-parse
gateway_test_http_parse_SOURCES = gateway/test-http-parse.c
gateway_test_http_parse_LDADD = $(HTTP_TEST_LIBS)

check_PROGRAMS += gateway/test-http-refuse
TESTS += gateway/test-http-refuse
gateway_test_http_refuse_SOURCES = gateway/test-http-refuse.c \
	$(HTTP_TEST_HELP)
gateway_test_http_refuse_LDADD = $(HTTP_TEST_LIBS)

check_PROGRAMS += gateway/test-http-serve
TESTS += gateway/test-http-serve
gateway_test_http_serve_SOURCES = gateway/test-http-serve.c $(HTTP_TEST_HELP)
gateway_test_http_serve_LDADD = $(HTTP_TEST_LIBS)

check_PROGRAMS += gateway/test-http-listen
TESTS += gateway/test-http-listen
gateway_test_http_listen_SOURCES = gateway/test-http-listen.c \
	$(HTTP_TEST_HELP)
gateway_test_http_listen_LDADD = $(HTTP_TEST_LIBS)

check_PROGRAMS += gateway/test-http-tls
TESTS += gateway/test-http-tls
gateway_test_http_tls_SOURCES = gateway/test-http-tls.c $(HTTP_TEST_HELP)
gateway_test_http_tls_LDADD = $(HTTP_TEST_LIBS)

check_PROGRAMS += gateway/fuzz-http
TESTS += gateway/fuzz-http
gateway_fuzz_http_SOURCES = gateway/fuzz-http.c $(FUZZ_MAIN)
gateway_fuzz_http_LDFLAGS = $(LINK_FUZZ)
gateway_fuzz_http_LDADD = gateway/libhttp.la common/lib/libcsnlib.la

# The same loop with nothing behind it, for ./check bench.
check_PROGRAMS += tests/bench/null-server
tests_bench_null_server_SOURCES = tests/bench/null-server.c
tests_bench_null_server_LDFLAGS = $(LINK_PROGRAM)
tests_bench_null_server_LDADD = gateway/libhttp.la common/lib/libcsnlib.la
