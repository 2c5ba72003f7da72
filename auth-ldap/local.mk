# SPDX-License-Identifier: Apache-2.0
# The plugin for directories. May include countersign/plugin.h and common/lib.

noinst_LTLIBRARIES += auth-ldap/libauthldap.la
auth_ldap_libauthldap_la_SOURCES = \
	auth-ldap/account.c auth-ldap/account.h \
	auth-ldap/ad.c auth-ldap/ad.h \
	auth-ldap/address.c auth-ldap/address.h \
	auth-ldap/bind.c auth-ldap/bind.h \
	auth-ldap/change.c auth-ldap/change.h \
	auth-ldap/connect.c auth-ldap/connect.h \
	auth-ldap/dn.c auth-ldap/dn.h \
	auth-ldap/entry.c auth-ldap/entry.h \
	auth-ldap/filter.c auth-ldap/filter.h \
	auth-ldap/flavour.c auth-ldap/flavour.h \
	auth-ldap/foresee.c \
	auth-ldap/groups.c auth-ldap/groups.h auth-ldap/groups_impl.h \
	auth-ldap/gssapi.c auth-ldap/gssapi.h \
	auth-ldap/job.c auth-ldap/job.h \
	auth-ldap/kerberos.c auth-ldap/kerberos.h \
	auth-ldap/login.c auth-ldap/login.h auth-ldap/login_impl.h \
	auth-ldap/lookup.c auth-ldap/lookup.h \
	auth-ldap/members.c auth-ldap/members.h \
	auth-ldap/nesting.c auth-ldap/nesting.h \
	auth-ldap/options.c auth-ldap/options.h \
	auth-ldap/options_check.c auth-ldap/options_impl.h \
	auth-ldap/password.c auth-ldap/password.h \
	auth-ldap/person.c auth-ldap/person.h \
	auth-ldap/pool.c auth-ldap/pool.h \
	auth-ldap/search.c auth-ldap/search.h \
	auth-ldap/selftest.c auth-ldap/selftest.h \
	auth-ldap/servers.c auth-ldap/servers.h \
	auth-ldap/sid.c auth-ldap/sid.h \
	auth-ldap/sockbuf.c auth-ldap/sockbuf.h \
	auth-ldap/table.c auth-ldap/table.h \
	auth-ldap/texts.h \
	auth-ldap/tls.c auth-ldap/tls.h \
	auth-ldap/wait.c auth-ldap/wait.h
auth_ldap_libauthldap_la_CFLAGS = $(AM_CFLAGS) $(LDAP_CFLAGS) \
	$(KRB5_CFLAGS) $(OPENSSL_CFLAGS)
auth_ldap_libauthldap_la_LIBADD = common/lib/libcsnlib.la $(LDAP_LIBS) \
	$(KRB5_LIBS) $(OPENSSL_LIBS)

plugin_LTLIBRARIES += auth-ldap/ldap.la
auth_ldap_ldap_la_SOURCES = auth-ldap/plugin.c
auth_ldap_ldap_la_CFLAGS = $(auth_ldap_libauthldap_la_CFLAGS)
auth_ldap_ldap_la_LDFLAGS = $(LINK_PLUGIN)
auth_ldap_ldap_la_LIBADD = auth-ldap/libauthldap.la

LDAP_TEST_LIBS = auth-ldap/libauthldap.la $(LDADD) $(LDAP_LIBS) \
	$(OPENSSL_LIBS)

check_PROGRAMS += auth-ldap/test-ldap-names
TESTS += auth-ldap/test-ldap-names
auth_ldap_test_ldap_names_SOURCES = auth-ldap/test-ldap-names.c
auth_ldap_test_ldap_names_LDADD = $(LDAP_TEST_LIBS)

check_PROGRAMS += auth-ldap/test-ldap-sockbuf
TESTS += auth-ldap/test-ldap-sockbuf
auth_ldap_test_ldap_sockbuf_SOURCES = auth-ldap/test-ldap-sockbuf.c
auth_ldap_test_ldap_sockbuf_CFLAGS = $(auth_ldap_libauthldap_la_CFLAGS)
auth_ldap_test_ldap_sockbuf_LDADD = $(LDAP_TEST_LIBS)

check_PROGRAMS += auth-ldap/fuzz-ldap-filter
TESTS += auth-ldap/fuzz-ldap-filter
auth_ldap_fuzz_ldap_filter_SOURCES = auth-ldap/fuzz-ldap-filter.c \
	$(FUZZ_MAIN)
auth_ldap_fuzz_ldap_filter_LDFLAGS = $(LINK_FUZZ)
auth_ldap_fuzz_ldap_filter_LDADD = $(LDAP_TEST_LIBS)

catalogues_DATA += po/auth-ldap.ja.po
EXTRA_DIST += auth-ldap/README.md auth-ldap/po tests/corpus/ldap-filter

# Against real servers: the .so itself, in a host made of paper.
LDAP_PEER = tests/peers/ldap_peer.c tests/peers/ldap_peer.h \
	$(common_lib_clock)
LDAP_PEER_LIBS = tests/harness/libharness.la $(LDADD) -ldl
LDAP_PEER_FLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)

check_PROGRAMS += auth-ldap/test-ldap
TESTS += auth-ldap/test-ldap
auth_ldap_test_ldap_SOURCES = auth-ldap/test-ldap.c $(LDAP_PEER)
auth_ldap_test_ldap_CPPFLAGS = $(LDAP_PEER_FLAGS)
auth_ldap_test_ldap_LDADD = $(LDAP_PEER_LIBS)
EXTRA_auth_ldap_test_ldap_DEPENDENCIES = auth-ldap/ldap.la

check_PROGRAMS += auth-ldap/test-ldap-ad
TESTS += auth-ldap/test-ldap-ad
auth_ldap_test_ldap_ad_SOURCES = auth-ldap/test-ldap-ad.c $(LDAP_PEER) \
	tests/peers/samba_peer.c tests/peers/samba_peer.h
auth_ldap_test_ldap_ad_CPPFLAGS = $(LDAP_PEER_FLAGS)
auth_ldap_test_ldap_ad_LDADD = $(LDAP_PEER_LIBS)
EXTRA_auth_ldap_test_ldap_ad_DEPENDENCIES = auth-ldap/ldap.la

check_PROGRAMS += auth-ldap/test-ldap-change
TESTS += auth-ldap/test-ldap-change
auth_ldap_test_ldap_change_SOURCES = auth-ldap/test-ldap-change.c \
	$(LDAP_PEER)
auth_ldap_test_ldap_change_CPPFLAGS = $(LDAP_PEER_FLAGS)
auth_ldap_test_ldap_change_LDADD = $(LDAP_PEER_LIBS)
EXTRA_auth_ldap_test_ldap_change_DEPENDENCIES = auth-ldap/ldap.la

check_PROGRAMS += auth-ldap/test-ldap-net
TESTS += auth-ldap/test-ldap-net
auth_ldap_test_ldap_net_SOURCES = auth-ldap/test-ldap-net.c $(LDAP_PEER)
auth_ldap_test_ldap_net_CPPFLAGS = $(LDAP_PEER_FLAGS)
auth_ldap_test_ldap_net_LDADD = $(LDAP_PEER_LIBS)
EXTRA_auth_ldap_test_ldap_net_DEPENDENCIES = auth-ldap/ldap.la

check_PROGRAMS += auth-ldap/test-ldap-bytes
TESTS += auth-ldap/test-ldap-bytes
auth_ldap_test_ldap_bytes_SOURCES = auth-ldap/test-ldap-bytes.c $(LDAP_PEER)
auth_ldap_test_ldap_bytes_CPPFLAGS = $(LDAP_PEER_FLAGS)
auth_ldap_test_ldap_bytes_LDADD = $(LDAP_PEER_LIBS)
EXTRA_auth_ldap_test_ldap_bytes_DEPENDENCIES = auth-ldap/ldap.la

check_PROGRAMS += auth-ldap/test-ldap-many
TESTS += auth-ldap/test-ldap-many
auth_ldap_test_ldap_many_SOURCES = auth-ldap/test-ldap-many.c $(LDAP_PEER)
auth_ldap_test_ldap_many_CPPFLAGS = $(LDAP_PEER_FLAGS)
auth_ldap_test_ldap_many_LDADD = $(LDAP_PEER_LIBS)
EXTRA_auth_ldap_test_ldap_many_DEPENDENCIES = auth-ldap/ldap.la

check_PROGRAMS += auth-ldap/test-ldap-nested
TESTS += auth-ldap/test-ldap-nested
auth_ldap_test_ldap_nested_SOURCES = auth-ldap/test-ldap-nested.c $(LDAP_PEER)
auth_ldap_test_ldap_nested_CPPFLAGS = $(LDAP_PEER_FLAGS)
auth_ldap_test_ldap_nested_LDADD = $(LDAP_PEER_LIBS) $(LDAP_LIBS)
EXTRA_auth_ldap_test_ldap_nested_DEPENDENCIES = auth-ldap/ldap.la

check_PROGRAMS += auth-ldap/test-ldap-stub
TESTS += auth-ldap/test-ldap-stub
auth_ldap_test_ldap_stub_SOURCES = auth-ldap/test-ldap-stub.c $(LDAP_PEER)
auth_ldap_test_ldap_stub_CPPFLAGS = $(LDAP_PEER_FLAGS)
auth_ldap_test_ldap_stub_LDADD = $(LDAP_PEER_LIBS)
EXTRA_auth_ldap_test_ldap_stub_DEPENDENCIES = auth-ldap/ldap.la

check_PROGRAMS += auth-ldap/test-ldap-options
TESTS += auth-ldap/test-ldap-options
auth_ldap_test_ldap_options_SOURCES = auth-ldap/test-ldap-options.c \
	auth-ldap/plugin.c
auth_ldap_test_ldap_options_CPPFLAGS = $(LDAP_PEER_FLAGS)
auth_ldap_test_ldap_options_LDADD = tests/harness/libharness.la \
	$(LDAP_TEST_LIBS) -ldl
