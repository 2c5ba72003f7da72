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
