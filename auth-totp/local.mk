# SPDX-License-Identifier: Apache-2.0
# The plugin for one-time codes. May include countersign/plugin.h and common/lib.

# plugin_LTLIBRARIES += auth-totp/totp.la
# auth_totp_totp_la_SOURCES = auth-totp/plugin.c
# auth_totp_totp_la_CFLAGS = $(AM_CFLAGS) $(OATH_CFLAGS)
# auth_totp_totp_la_LDFLAGS = $(LINK_PLUGIN)
# auth_totp_totp_la_LIBADD = common/lib/libcsnlib.la $(OATH_LIBS)
#
