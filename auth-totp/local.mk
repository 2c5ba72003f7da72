# SPDX-License-Identifier: Apache-2.0
# The plugin for one-time codes. May include countersign/plugin.h and common/lib.

noinst_LTLIBRARIES += auth-totp/libauthtotp.la
auth_totp_libauthtotp_la_SOURCES = \
	auth-totp/clock.c auth-totp/clock.h \
	auth-totp/enrol.c auth-totp/enrol.h \
	auth-totp/form.c auth-totp/form.h \
	auth-totp/hint.c auth-totp/hint.h \
	auth-totp/key_read.c \
	auth-totp/key_uri.c auth-totp/key_uri.h \
	auth-totp/manage.c auth-totp/manage.h \
	auth-totp/options.c auth-totp/options.h \
	auth-totp/otp.c auth-totp/otp.h \
	auth-totp/plugin.c \
	auth-totp/record.c auth-totp/record.h \
	auth-totp/recover.c auth-totp/recover.h \
	auth-totp/recovery.c auth-totp/recovery.h \
	auth-totp/round.c auth-totp/totp.h \
	auth-totp/state.c auth-totp/state.h \
	auth-totp/temporary.c auth-totp/temporary.h \
	auth-totp/texts.h \
	auth-totp/transfer.c auth-totp/transfer.h \
	auth-totp/verify.c auth-totp/verify.h
auth_totp_libauthtotp_la_CFLAGS = $(AM_CFLAGS) $(OATH_CFLAGS) \
	$(OPENSSL_CFLAGS)

plugin_LTLIBRARIES += auth-totp/totp.la
auth_totp_totp_la_SOURCES =
auth_totp_totp_la_LDFLAGS = $(LINK_PLUGIN)
auth_totp_totp_la_LIBADD = auth-totp/libauthtotp.la \
	common/lib/libcsnlib.la $(OATH_LIBS) $(OPENSSL_LIBS)

# What the tests share: the plugin itself, a phone, and the paper host.
check_LTLIBRARIES += tests/harness/libtotpphone.la
tests_harness_libtotpphone_la_SOURCES = \
	tests/harness/totp_phone.c tests/harness/totp_phone.h
TOTP_TEST_LIBS = tests/harness/libtotpphone.la auth-totp/libauthtotp.la \
	tests/harness/libharness.la $(LDADD) $(OATH_LIBS) $(OPENSSL_LIBS) \
	-ldl

check_PROGRAMS += auth-totp/test-totp-enrol
TESTS += auth-totp/test-totp-enrol
auth_totp_test_totp_enrol_SOURCES = auth-totp/test-totp-enrol.c
auth_totp_test_totp_enrol_LDADD = $(TOTP_TEST_LIBS)

check_PROGRAMS += auth-totp/test-totp-golden
TESTS += auth-totp/test-totp-golden
auth_totp_test_totp_golden_SOURCES = auth-totp/test-totp-golden.c
auth_totp_test_totp_golden_LDADD = $(TOTP_TEST_LIBS)

check_PROGRAMS += auth-totp/test-totp-otp
TESTS += auth-totp/test-totp-otp
auth_totp_test_totp_otp_SOURCES = auth-totp/test-totp-otp.c
auth_totp_test_totp_otp_LDADD = $(TOTP_TEST_LIBS) $(OPENSSL_LIBS)

check_PROGRAMS += auth-totp/test-totp-recovery
TESTS += auth-totp/test-totp-recovery
auth_totp_test_totp_recovery_SOURCES = auth-totp/test-totp-recovery.c
auth_totp_test_totp_recovery_LDADD = $(TOTP_TEST_LIBS)

check_PROGRAMS += auth-totp/test-totp-transfer
TESTS += auth-totp/test-totp-transfer
auth_totp_test_totp_transfer_SOURCES = auth-totp/test-totp-transfer.c
auth_totp_test_totp_transfer_LDADD = $(TOTP_TEST_LIBS)

check_PROGRAMS += auth-totp/test-totp-verify
TESTS += auth-totp/test-totp-verify
auth_totp_test_totp_verify_SOURCES = auth-totp/test-totp-verify.c
auth_totp_test_totp_verify_LDADD = $(TOTP_TEST_LIBS)

check_PROGRAMS += auth-totp/fuzz-totp-record
TESTS += auth-totp/fuzz-totp-record
auth_totp_fuzz_totp_record_SOURCES = auth-totp/fuzz-totp-record.c $(FUZZ_MAIN)
auth_totp_fuzz_totp_record_LDFLAGS = $(LINK_FUZZ)
auth_totp_fuzz_totp_record_LDADD = $(TOTP_TEST_LIBS)

catalogues_DATA += po/auth-totp.ja.po
EXTRA_DIST += auth-totp/README.md auth-totp/golden auth-totp/po \
	tests/corpus/totp-record
