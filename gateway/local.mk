# SPDX-License-Identifier: Apache-2.0
# countersignd and the operator's command. May include countersign/host.h and
# common/lib; never a plugin, never the host's inside.

sbin_PROGRAMS += gateway/countersignd
gateway_countersignd_SOURCES = \
	gateway/check.c gateway/check.h \
	gateway/countersignd.c \
	gateway/facts.c gateway/facts.h \
	gateway/facts_forwarded.c \
	gateway/health.c gateway/health.h \
	gateway/letter.c gateway/letter.h \
	gateway/notify.c gateway/notify.h \
	gateway/pages.c gateway/pages.h \
	gateway/passed.c gateway/passed.h \
	gateway/refusal.c gateway/refusal.h
gateway_countersignd_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS) $(LTO_CFLAGS)
gateway_countersignd_LDFLAGS = $(LINK_PROGRAM) $(LTO_LDFLAGS)
gateway_countersignd_LDADD = gateway/libdraw.la gateway/libhttp.la \
	libcountersign.la common/lib/libcsnlib.la $(EVENT_LIBS)

bin_PROGRAMS += gateway/countersign
gateway_countersign_SOURCES = \
	gateway/command.c gateway/command.h \
	gateway/command_conf.c gateway/command_factor.c \
	gateway/command_session.c gateway/command_store.c \
	gateway/command_devices.c gateway/device_file.c \
	gateway/device_file.h \
	gateway/command_people.c gateway/command_person.c \
	gateway/command_print.c gateway/command_report.c \
	gateway/people_file.c gateway/people_file.h \
	gateway/probe.c gateway/probe.h gateway/probe_ask.c \
	gateway/probe_answer.c gateway/probe_answer.h \
	gateway/probe_forge.c gateway/probe_guard.c gateway/probe_h2.c \
	gateway/probe_outside.c gateway/probe_report.c \
	gateway/probe_shapes.c gateway/probe_smuggle.c \
	gateway/probe_wire.c gateway/probe_words.c
gateway_countersign_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) \
	$(OPENSSL_CFLAGS) $(CURL_CFLAGS)
gateway_countersign_LDFLAGS = $(LINK_PROGRAM)
gateway_countersign_LDADD = libcountersign.la common/lib/libcsnlib.la \
	$(JANSSON_LIBS) $(CRYPT_LIBS) $(OPENSSL_LIBS) $(CURL_LIBS)

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
	gateway/http_peer.c gateway/http_blocks.c gateway/http_reply.c \
	gateway/http_step.c gateway/http_tls.c gateway/http_wire.c
gateway_libhttp_la_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS) $(OPENSSL_CFLAGS) \
	$(LTO_CFLAGS)
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
gateway_test_http_serve_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS) $(OPENSSL_CFLAGS)
gateway_test_http_serve_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_gettime
gateway_test_http_serve_LDADD = $(HTTP_TEST_LIBS)

check_PROGRAMS += gateway/test-http-turn
TESTS += gateway/test-http-turn
gateway_test_http_turn_SOURCES = gateway/test-http-turn.c $(HTTP_TEST_HELP)
gateway_test_http_turn_LDADD = $(HTTP_TEST_LIBS)

check_PROGRAMS += gateway/test-http-listen
TESTS += gateway/test-http-listen
gateway_test_http_listen_SOURCES = gateway/test-http-listen.c \
	gateway/passed.c gateway/refusal.c \
	$(HTTP_TEST_HELP)
gateway_test_http_listen_LDADD = $(HTTP_TEST_LIBS)

check_PROGRAMS += gateway/test-http-tls
TESTS += gateway/test-http-tls
gateway_test_http_tls_SOURCES = gateway/test-http-tls.c $(HTTP_TEST_HELP)
gateway_test_http_tls_LDADD = $(HTTP_TEST_LIBS)

check_PROGRAMS += gateway/test-check
TESTS += gateway/test-check
gateway_test_check_SOURCES = gateway/test-check.c gateway/check.c \
	gateway/check.h gateway/facts.c gateway/facts.h \
	gateway/facts_forwarded.c $(HTTP_TEST_HELP)
gateway_test_check_LDADD = $(HTTP_TEST_LIBS)

check_PROGRAMS += gateway/fuzz-http
TESTS += gateway/fuzz-http
gateway_fuzz_http_SOURCES = gateway/fuzz-http.c $(FUZZ_MAIN)
gateway_fuzz_http_LDFLAGS = $(LINK_FUZZ)
gateway_fuzz_http_LDADD = gateway/libhttp.la common/lib/libcsnlib.la

# The same loop with nothing behind it, for ./check bench; linked as the daemon.
check_PROGRAMS += tests/bench/null-server
tests_bench_null_server_SOURCES = tests/bench/null-server.c \
	common/host/gcm.c
tests_bench_null_server_CFLAGS = $(AM_CFLAGS) $(NETTLE_CFLAGS) $(LTO_CFLAGS)
tests_bench_null_server_LDFLAGS = $(LINK_PROGRAM) $(LTO_LDFLAGS)
tests_bench_null_server_LDADD = gateway/libhttp.la common/lib/libcsnlib.la \
	$(NETTLE_LIBS) \
	$(OPENSSL_LIBS)

# What pages are drawn with; the two static files are part of the program.
noinst_LTLIBRARIES += gateway/libdraw.la
gateway_libdraw_la_SOURCES = \
	gateway/catalogues.c gateway/catalogues.h \
	gateway/draw.c gateway/draw.h gateway/draw_impl.h \
	gateway/draw_button.c gateway/draw_csp.c \
	gateway/draw_prompt.c gateway/draw_section.c gateway/draw_text.c \
	gateway/markup.c gateway/markup.h \
	gateway/placeholder.c gateway/placeholder.h \
	gateway/po.c gateway/po.h \
	gateway/qr.c gateway/qr.h \
	gateway/static.c gateway/static.h gateway/static_data.h \
	gateway/zone.c gateway/zone.h gateway/zone_rule.c
nodist_gateway_libdraw_la_SOURCES = gateway/static_data.c
gateway_libdraw_la_CFLAGS = $(AM_CFLAGS) $(QRENCODE_CFLAGS) \
	-I$(srcdir)/gateway
gateway_libdraw_la_LIBADD = common/lib/libcsnlib.la $(QRENCODE_LIBS)

STATIC_FILES = $(srcdir)/gateway/style.css $(srcdir)/gateway/post.js
gateway/static_data.c: $(srcdir)/gateway/embed.sh $(STATIC_FILES)
	$(AM_V_GEN)$(MKDIR_P) gateway && \
	$(SHELL) $(srcdir)/gateway/embed.sh $(STATIC_FILES) > $@.tmp && \
	mv $@.tmp $@
CLEANFILES += gateway/static_data.c
EXTRA_DIST += gateway/embed.sh gateway/style.css gateway/post.js

# Catalogues are installed as NAME.LANGUAGE.po; "make" puts them under the same
# names into po/, so that a run from the build folder finds them (--data). Each
# plugin's local.mk adds its own.
cataloguesdir = $(csndatadir)/po
catalogues_DATA = po/gateway.ja.po
po/%.ja.po: $(srcdir)/%/po/ja.po
	$(AM_V_GEN)$(MKDIR_P) po && cp $< $@.tmp && mv $@.tmp $@
CLEANFILES += $(catalogues_DATA)
EXTRA_DIST += gateway/po/ja.po

DRAW_TEST_LIBS = gateway/libdraw.la $(LDADD)
PAGE_SAMPLES = gateway/page_samples.c gateway/page_samples.h \
	gateway/page_samples_note.c

# Writes every screen into a folder, to be looked at.
check_PROGRAMS += gateway/page-gallery
gateway_page_gallery_SOURCES = gateway/page-gallery.c $(PAGE_SAMPLES)
gateway_page_gallery_LDADD = gateway/libdraw.la common/lib/libcsnlib.la

check_PROGRAMS += gateway/test-draw
TESTS += gateway/test-draw
gateway_test_draw_SOURCES = gateway/test-draw.c $(PAGE_SAMPLES)
gateway_test_draw_LDADD = $(DRAW_TEST_LIBS)

check_PROGRAMS += gateway/test-draw-pages
TESTS += gateway/test-draw-pages
gateway_test_draw_pages_SOURCES = gateway/test-draw-pages.c $(PAGE_SAMPLES)
gateway_test_draw_pages_LDADD = $(DRAW_TEST_LIBS)
EXTRA_DIST += tests/pages

check_PROGRAMS += gateway/test-po
TESTS += gateway/test-po
gateway_test_po_SOURCES = gateway/test-po.c
gateway_test_po_LDADD = $(DRAW_TEST_LIBS)

check_PROGRAMS += gateway/test-po-keys
TESTS += gateway/test-po-keys
gateway_test_po_keys_SOURCES = gateway/test-po-keys.c
gateway_test_po_keys_LDADD = $(DRAW_TEST_LIBS)

check_PROGRAMS += gateway/test-qr
TESTS += gateway/test-qr
gateway_test_qr_SOURCES = gateway/test-qr.c
gateway_test_qr_CFLAGS = $(AM_CFLAGS) $(QRENCODE_CFLAGS)
gateway_test_qr_LDADD = $(DRAW_TEST_LIBS) $(QRENCODE_LIBS)

check_PROGRAMS += gateway/test-static
TESTS += gateway/test-static
gateway_test_static_SOURCES = gateway/test-static.c
gateway_test_static_LDADD = $(DRAW_TEST_LIBS)

check_PROGRAMS += gateway/test-zone
TESTS += gateway/test-zone
gateway_test_zone_SOURCES = gateway/test-zone.c
gateway_test_zone_LDADD = $(DRAW_TEST_LIBS)

check_PROGRAMS += gateway/fuzz-po
TESTS += gateway/fuzz-po
gateway_fuzz_po_SOURCES = gateway/fuzz-po.c $(FUZZ_MAIN)
gateway_fuzz_po_LDFLAGS = $(LINK_FUZZ)
gateway_fuzz_po_LDADD = gateway/libdraw.la common/lib/libcsnlib.la

check_PROGRAMS += gateway/test-device-file
TESTS += gateway/test-device-file
gateway_test_device_file_SOURCES = gateway/test-device-file.c \
	gateway/device_file.c
gateway_test_device_file_LDADD = common/lib/libcsnlib.la $(LDADD)

check_PROGRAMS += gateway/fuzz-device-file
TESTS += gateway/fuzz-device-file
gateway_fuzz_device_file_SOURCES = gateway/fuzz-device-file.c \
	gateway/device_file.c $(FUZZ_MAIN)
gateway_fuzz_device_file_LDFLAGS = $(LINK_FUZZ)
gateway_fuzz_device_file_LDADD = common/lib/libcsnlib.la

check_PROGRAMS += gateway/fuzz-zone
TESTS += gateway/fuzz-zone
gateway_fuzz_zone_SOURCES = gateway/fuzz-zone.c $(FUZZ_MAIN)
gateway_fuzz_zone_LDFLAGS = $(LINK_FUZZ)
gateway_fuzz_zone_LDADD = gateway/libdraw.la common/lib/libcsnlib.la

check_PROGRAMS += gateway/test-probe-answer
TESTS += gateway/test-probe-answer
gateway_test_probe_answer_SOURCES = gateway/test-probe-answer.c \
	gateway/probe_answer.c

check_PROGRAMS += gateway/test-probe-outside
TESTS += gateway/test-probe-outside
gateway_test_probe_outside_SOURCES = gateway/test-probe-outside.c \
	gateway/probe_answer.c gateway/probe_ask.c gateway/probe_outside.c \
	gateway/probe_wire.c
gateway_test_probe_outside_LDADD = $(LDADD) $(OPENSSL_LIBS)

check_PROGRAMS += gateway/fuzz-probe-answer
TESTS += gateway/fuzz-probe-answer
gateway_fuzz_probe_answer_SOURCES = gateway/fuzz-probe-answer.c \
	gateway/probe_answer.c $(FUZZ_MAIN)
gateway_fuzz_probe_answer_LDFLAGS = $(LINK_FUZZ)
gateway_fuzz_probe_answer_LDADD = common/lib/libcsnlib.la
