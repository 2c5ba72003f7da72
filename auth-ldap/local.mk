# SPDX-License-Identifier: Apache-2.0
# The plugin for directories. May include countersign/plugin.h and common/lib.

# plugin_LTLIBRARIES += auth-ldap/ldap.la
# auth_ldap_ldap_la_SOURCES = auth-ldap/plugin.c
# auth_ldap_ldap_la_CFLAGS = $(AM_CFLAGS) $(LDAP_CFLAGS) $(OPENSSL_CFLAGS)
# auth_ldap_ldap_la_LDFLAGS = $(LINK_PLUGIN)
# auth_ldap_ldap_la_LIBADD = common/lib/libcsnlib.la $(LDAP_LIBS) $(OPENSSL_LIBS)
#
# A test:
# check_PROGRAMS += auth-ldap/test-foo
# TESTS += auth-ldap/test-foo
# auth_ldap_test_foo_SOURCES = auth-ldap/test-foo.c auth-ldap/foo.c
# auth_ldap_test_foo_LDADD = $(LDADD) $(LDAP_LIBS) $(OPENSSL_LIBS)
