# SPDX-License-Identifier: Apache-2.0
# Tests of more than one room: ABI, chain, exchanges, hostile plugins. The
# end-to-end tests in tests/e2e/ are run by ./check, the checkers of
# tests/style/ as well.

# A test:
# check_PROGRAMS += tests/test-foo
# TESTS += tests/test-foo
# tests_test_foo_SOURCES = tests/test-foo.c
# tests_test_foo_LDADD = $(HOST_TEST_LIBS)
#
# A plugin that only tests load:
# check_LTLIBRARIES += tests/hostile.la
# tests_hostile_la_SOURCES = tests/hostile.c
# tests_hostile_la_LDFLAGS = $(LINK_TEST_PLUGIN)

EXTRA_DIST += tests/fuzz-replay.c

# The plugin for codes itself, on the host's view of a store.
if ENABLE_AUTH_TOTP
check_PROGRAMS += tests/scene/test-code-race
TESTS += tests/scene/test-code-race
tests_scene_test_code_race_SOURCES = tests/scene/test-code-race.c \
	$(common_host_rig)
tests_scene_test_code_race_LDADD = auth-totp/libauthtotp.la \
	$(common_host_rig_libs) $(OATH_LIBS) $(OPENSSL_LIBS)
endif

# A whole gate in a test, with factors that do as they are told.
check_LTLIBRARIES += tests/plugins/puppet.la tests/plugins/stick.la
tests_plugins_puppet_la_SOURCES = tests/plugins/puppet.c \
	tests/plugins/puppet.h
tests_plugins_puppet_la_LDFLAGS = $(LINK_TEST_PLUGIN)
tests_plugins_stick_la_SOURCES = tests/plugins/stick.c tests/plugins/puppet.h
tests_plugins_stick_la_LDFLAGS = $(LINK_TEST_PLUGIN)

SCENE = tests/scene/scene.c tests/scene/scene_browser.c tests/scene/scene.h \
	$(common_host_rig)
SCENE_LIBS = $(HOST_TEST_LIBS) $(SQLITE_LIBS)
scene_tests = tests/scene/test-clock tests/scene/test-crash \
	tests/scene/test-enrolment tests/scene/test-hostile \
	tests/scene/test-login tests/scene/test-paths \
	tests/scene/test-renew tests/scene/test-restored \
	tests/scene/test-rounds tests/scene/test-sessions \
	tests/scene/test-times \
	tests/scene/test-withdrawn tests/scene/test-account \
	tests/scene/test-remembered tests/scene/test-addresses \
	tests/scene/test-familiar tests/scene/test-lanes \
	tests/scene/test-reload
check_PROGRAMS += $(scene_tests)
TESTS += $(scene_tests)
tests_scene_test_addresses_SOURCES = tests/scene/test-addresses.c $(SCENE)
tests_scene_test_addresses_LDADD = $(SCENE_LIBS)
tests_scene_test_lanes_SOURCES = tests/scene/test-lanes.c $(SCENE)
tests_scene_test_lanes_LDADD = $(SCENE_LIBS)
tests_scene_test_reload_SOURCES = tests/scene/test-reload.c $(SCENE)
tests_scene_test_reload_LDADD = $(SCENE_LIBS)
tests_scene_test_remembered_SOURCES = tests/scene/test-remembered.c $(SCENE)
tests_scene_test_remembered_LDADD = $(SCENE_LIBS)
tests_scene_test_remembered_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=store_batch_later
tests_scene_test_familiar_SOURCES = tests/scene/test-familiar.c $(SCENE)
tests_scene_test_familiar_LDADD = $(SCENE_LIBS)
tests_scene_test_account_SOURCES = tests/scene/test-account.c $(SCENE)
tests_scene_test_account_LDADD = $(SCENE_LIBS)
tests_scene_test_account_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=store_batch,--wrap=store_batch_later \
	-Wl,--wrap=store_get
tests_scene_test_enrolment_SOURCES = tests/scene/test-enrolment.c $(SCENE)
tests_scene_test_enrolment_LDADD = $(SCENE_LIBS)
tests_scene_test_enrolment_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=store_batch,--wrap=store_batch_later \
	-Wl,--wrap=store_get
tests_scene_test_clock_SOURCES = tests/scene/test-clock.c $(SCENE)
tests_scene_test_clock_LDADD = $(SCENE_LIBS)
tests_scene_test_clock_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_wall_ms
tests_scene_test_crash_SOURCES = tests/scene/test-crash.c $(SCENE)
tests_scene_test_crash_LDADD = $(SCENE_LIBS)
tests_scene_test_hostile_SOURCES = tests/scene/test-hostile.c $(SCENE)
tests_scene_test_hostile_LDADD = $(SCENE_LIBS)
tests_scene_test_paths_SOURCES = tests/scene/test-paths.c $(SCENE)
tests_scene_test_paths_LDADD = $(SCENE_LIBS)
tests_scene_test_login_SOURCES = tests/scene/test-login.c $(SCENE)
tests_scene_test_login_LDADD = $(SCENE_LIBS)
tests_scene_test_renew_SOURCES = tests/scene/test-renew.c $(SCENE)
tests_scene_test_renew_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=factor_open,--wrap=verdict_call
tests_scene_test_renew_LDADD = $(SCENE_LIBS)
tests_scene_test_restored_SOURCES = tests/scene/test-restored.c $(SCENE)
tests_scene_test_restored_LDADD = $(SCENE_LIBS)
tests_scene_test_times_SOURCES = tests/scene/test-times.c $(SCENE)
tests_scene_test_times_LDADD = $(SCENE_LIBS)
tests_scene_test_rounds_SOURCES = tests/scene/test-rounds.c $(SCENE)
tests_scene_test_rounds_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=verdict_call
tests_scene_test_rounds_LDADD = $(SCENE_LIBS)
tests_scene_test_withdrawn_SOURCES = tests/scene/test-withdrawn.c $(SCENE)
tests_scene_test_withdrawn_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=store_batch_later,--wrap=known_enter
tests_scene_test_withdrawn_LDADD = $(SCENE_LIBS)
tests_scene_test_sessions_SOURCES = tests/scene/test-sessions.c $(SCENE)
tests_scene_test_sessions_LDADD = $(SCENE_LIBS)

# What ./check bench measures with, beside the null server of gateway/.
tests_bench_programs = tests/bench/drive tests/bench/login \
	tests/bench/make-sessions tests/bench/check-count \
	tests/bench/sqlite-loop \
	tests/bench/make-enrolments tests/bench/revoke-many
check_PROGRAMS += $(tests_bench_programs)
tests_bench_drive_SOURCES = tests/bench/drive.c \
	tests/bench/client.c tests/bench/client.h
tests_bench_drive_LDADD = common/lib/libcsnlib.la
tests_bench_login_SOURCES = tests/bench/login.c \
	tests/bench/client.c tests/bench/client.h
tests_bench_login_LDADD = common/lib/libcsnlib.la $(CRYPTO_LIBS)
tests_bench_sqlite_loop_SOURCES = tests/bench/sqlite-loop.c \
	tests/bench/client.c tests/bench/client.h
tests_bench_sqlite_loop_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_bench_sqlite_loop_LDADD = common/lib/libcsnlib.la $(SQLITE_LIBS)
tests_bench_make_sessions_SOURCES = tests/bench/make-sessions.c \
	tests/bench/client.c tests/bench/client.h
tests_bench_make_sessions_LDADD = common/host/libcsnhost.la \
	common/store/libcsnstore.la common/lib/libcsnlib.la
tests_bench_make_enrolments_SOURCES = tests/bench/make-enrolments.c \
	tests/bench/client.c tests/bench/client.h
tests_bench_make_enrolments_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=store_batch
tests_bench_make_enrolments_LDADD = common/host/libcsnhost.la \
	common/store/libcsnstore.la common/lib/libcsnlib.la
tests_bench_revoke_many_SOURCES = tests/bench/revoke-many.c \
	tests/bench/client.c tests/bench/client.h
tests_bench_revoke_many_LDADD = common/host/libcsnhost.la \
	common/store/libcsnstore.la common/lib/libcsnlib.la
tests_bench_check_count_SOURCES = tests/bench/check-count.c \
	tests/bench/client.c tests/bench/client.h
tests_bench_check_count_LDFLAGS = $(AM_LDFLAGS) $(LTO_LDFLAGS) \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc \
	-Wl,--wrap=store_get,--wrap=store_batch
tests_bench_check_count_LDADD = common/host/libcsnhost.la \
	common/store/libcsnstore.la common/lib/libcsnlib.la
check_PROGRAMS += tests/bench/oidc-login tests/bench/oidc-provider
tests_bench_oidc_login_SOURCES = tests/bench/oidc-login.c \
	tests/bench/client.c tests/bench/client.h
tests_bench_oidc_login_LDADD = common/lib/libcsnlib.la
tests_bench_oidc_provider_SOURCES = tests/bench/oidc-provider.c \
	tests/bench/client.c tests/bench/client.h
tests_bench_oidc_provider_LDADD = common/lib/libcsnlib.la $(OPENSSL_LIBS)
if ENABLE_AUTH_LDAP
check_PROGRAMS += tests/bench/ldap-loop
tests_bench_ldap_loop_SOURCES = tests/bench/ldap-loop.c \
	tests/bench/client.c tests/bench/client.h
tests_bench_ldap_loop_CFLAGS = $(AM_CFLAGS) $(LDAP_CFLAGS)
tests_bench_ldap_loop_LDADD = common/lib/libcsnlib.la $(LDAP_LIBS)
check_PROGRAMS += tests/bench/ldap-step
tests_bench_ldap_step_SOURCES = tests/bench/ldap-step.c \
	tests/bench/client.c tests/bench/client.h
tests_bench_ldap_step_CFLAGS = $(AM_CFLAGS) $(LDAP_CFLAGS) \
	$(OPENSSL_CFLAGS)
tests_bench_ldap_step_LDADD = auth-ldap/libauthldap.la \
	tests/harness/libharness.la $(LDADD) $(LDAP_LIBS) $(OPENSSL_LIBS) -ldl
EXTRA_tests_bench_ldap_step_DEPENDENCIES = auth-ldap/ldap.la
endif
