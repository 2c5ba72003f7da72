# SPDX-License-Identifier: Apache-2.0
# libcountersign's inside. May include countersign/*.h, common/lib and
# common/store.

noinst_LTLIBRARIES += common/host/libcsnhost.la
common_host_libcsnhost_la_SOURCES =
common_host_libcsnhost_la_CFLAGS = $(AM_CFLAGS) $(YAML_CFLAGS) $(CURL_CFLAGS) \
	$(NETTLE_CFLAGS)
common_host_libcsnhost_la_LIBADD = $(YAML_LIBS) $(CURL_LIBS) $(OPENSSL_LIBS) \
	$(NETTLE_LIBS) $(JANSSON_LIBS) $(RESOLV_LIBS) -ldl

# What a session check runs through, optimised across these files. None of them
# asks for errno or has a variable of a thread's own (lib/apart.h).
check_path = conf conf_factor conf_names conf_policy cookie exchange_pack \
	gate_check gate_headers gate_lane gate_refusal gcm guard keyring known \
	policy policy_path proof seal seal_keys session
$(check_path:%=common/host/libcsnhost_la-%.lo): \
    common_host_libcsnhost_la_CFLAGS += $(LTO_CFLAGS)

# Each part below adds its own: ..._SOURCES += common/host/foo.c common/host/foo.h
# and its tests:
# check_PROGRAMS += common/host/test-foo
# TESTS += common/host/test-foo
# common_host_test_foo_SOURCES = common/host/test-foo.c
# common_host_test_foo_LDADD = $(HOST_TEST_LIBS)
#
# A fuzz target, seeds in tests/corpus/foo/:
# check_PROGRAMS += common/host/fuzz-foo
# TESTS += common/host/fuzz-foo
# common_host_fuzz_foo_SOURCES = common/host/fuzz-foo.c $(FUZZ_MAIN)
# common_host_fuzz_foo_LDFLAGS = $(LINK_FUZZ)
# common_host_fuzz_foo_LDADD = $(HOST_TEST_LIBS)

# The services for plugins, subjects, references and logs.
common_host_libcsnhost_la_SOURCES += \
	common/host/srv.c common/host/srv.h \
	common/host/srv_ask.c common/host/srv_ask.h \
	common/host/srv_parse.c \
	common/host/http_client_impl.h \
	common/host/http_client.c common/host/http_client.h \
	common/host/http_client_pool.c \
	common/host/http_client_answer.c \
	common/host/key_ops_impl.h common/host/result.h \
	common/host/key_ops.c common/host/key_ops.h \
	common/host/key_ops_decrypt.c \
	common/host/key_ops_sign.c \
	common/host/secret_ref.c common/host/secret_ref.h \
	common/host/secret_command.c common/host/secret_command.h \
	common/host/dial.c common/host/dial.h \
	common/host/resolve.c common/host/resolve.h \
	common/host/audit.c common/host/audit.h \
	common/host/reference.c common/host/reference.h \
	common/host/store_wait.c common/host/store_wait.h \
	common/host/subject.c common/host/subject.h
common_host_libcsnhost_la_LIBADD += $(UNISTRING_LIBS)

common_host_service_tests = \
	common/host/test-srv \
	common/host/test-http-client \
	common/host/test-key-ops \
	common/host/test-secret-ref \
	common/host/test-dial \
	common/host/test-resolve \
	common/host/test-audit \
	common/host/test-reference \
	common/host/test-subject
check_PROGRAMS += $(common_host_service_tests)
TESTS += $(common_host_service_tests)
common_host_test_audit_SOURCES = common/host/test-audit.c
common_host_test_audit_LDADD = $(HOST_TEST_LIBS) $(JANSSON_LIBS)
common_host_test_reference_SOURCES = common/host/test-reference.c
common_host_test_reference_LDADD = $(HOST_TEST_LIBS)
common_host_test_subject_SOURCES = common/host/test-subject.c
common_host_test_subject_LDADD = $(HOST_TEST_LIBS)
common_host_test_resolve_SOURCES = common/host/test-resolve.c
common_host_test_resolve_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=getaddrinfo,--wrap=freeaddrinfo
common_host_test_resolve_LDADD = $(HOST_TEST_LIBS)
common_host_test_dial_SOURCES = common/host/test-dial.c
common_host_test_dial_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=getaddrinfo,--wrap=connect,--wrap=getsockopt \
	-Wl,--wrap=poll,--wrap=__poll_chk
common_host_test_dial_LDADD = $(HOST_TEST_LIBS)
common_host_test_secret_ref_SOURCES = common/host/test-secret-ref.c \
	$(common_lib_testing)
common_host_test_secret_ref_LDFLAGS = $(common_lib_watched)
common_host_test_secret_ref_LDADD = $(HOST_TEST_LIBS)
common_host_test_key_ops_SOURCES = common/host/test-key-ops.c \
	common/host/key_vectors.h
common_host_test_key_ops_LDADD = $(HOST_TEST_LIBS) $(CRYPTO_LIBS)
common_host_test_http_client_SOURCES = common/host/test-http-client.c \
	common/host/test-peer.h
common_host_test_http_client_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=getaddrinfo
common_host_test_http_client_LDADD = $(HOST_TEST_LIBS) $(JANSSON_LIBS)
common_host_test_srv_SOURCES = common/host/test-srv.c \
	common/host/test-peer.h $(common_lib_clock)
common_host_test_srv_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=__res_ninit,--wrap=__res_nclose
common_host_test_srv_LDADD = $(HOST_TEST_LIBS)

common_host_service_fuzzers = \
	common/host/fuzz-srv \
	common/host/fuzz-subject
check_PROGRAMS += $(common_host_service_fuzzers)
TESTS += $(common_host_service_fuzzers)
common_host_fuzz_srv_SOURCES = common/host/fuzz-srv.c $(FUZZ_MAIN)
common_host_fuzz_srv_LDFLAGS = $(LINK_FUZZ)
common_host_fuzz_srv_LDADD = $(HOST_TEST_LIBS)
common_host_fuzz_subject_SOURCES = common/host/fuzz-subject.c $(FUZZ_MAIN)
common_host_fuzz_subject_LDFLAGS = $(LINK_FUZZ)
common_host_fuzz_subject_LDADD = $(HOST_TEST_LIBS)

# Key rings, and what is sealed with them.
common_host_libcsnhost_la_SOURCES += \
	common/host/keyring.c common/host/keyring.h \
	common/host/keyring_file.c \
	common/host/gcm.c common/host/gcm.h \
	common/host/lane.c common/host/lane.h \
	common/host/latch.c common/host/latch.h \
	common/host/seal.c common/host/seal.h common/host/seal_impl.h \
	common/host/seal_keys.c common/host/seal_keys.h \
	common/host/sealer.c

common_host_seal_tests = \
	common/host/test-keyring \
	common/host/test-gcm \
	common/host/test-latch \
	common/host/test-seal \
	common/host/fuzz-keyring \
	common/host/fuzz-seal
check_PROGRAMS += $(common_host_seal_tests)
TESTS += $(common_host_seal_tests)
common_host_test_keyring_SOURCES = common/host/test-keyring.c
common_host_test_keyring_LDADD = $(HOST_TEST_LIBS)
common_host_test_latch_SOURCES = common/host/test-latch.c
common_host_test_latch_LDADD = $(HOST_TEST_LIBS)
common_host_test_gcm_SOURCES = common/host/test-gcm.c
common_host_test_gcm_LDADD = $(HOST_TEST_LIBS)
common_host_test_seal_SOURCES = common/host/test-seal.c
common_host_test_seal_LDADD = $(HOST_TEST_LIBS) $(OPENSSL_LIBS)
common_host_fuzz_keyring_SOURCES = common/host/fuzz-keyring.c $(FUZZ_MAIN)
common_host_fuzz_keyring_LDFLAGS = $(LINK_FUZZ)
common_host_fuzz_keyring_LDADD = $(HOST_TEST_LIBS)
common_host_fuzz_seal_SOURCES = common/host/fuzz-seal.c $(FUZZ_MAIN)
common_host_fuzz_seal_LDFLAGS = $(LINK_FUZZ)
common_host_fuzz_seal_LDADD = $(HOST_TEST_LIBS)

# The core: calls, chain, exchanges, sessions, the gate and its pages.
common_host_libcsnhost_la_SOURCES += \
	common/host/admin.c common/host/admin.h \
	common/host/admin_adopt.c \
	common/host/admin_event.c \
	common/host/admin_browsers.c \
	common/host/admin_copy.c \
	common/host/admin_orphans.c \
	common/host/admin_secrets.c \
	common/host/admin_restored.c \
	common/host/admin_schema.c \
	common/host/admin_gate.c \
	common/host/admin_op.c \
	common/host/admin_sessions.c \
	common/host/admin_people.c \
	common/host/admin_report.c \
	common/host/admin_show.c \
	common/host/admin_file.c common/host/admin_test.c \
	common/host/ahead.c common/host/ahead.h \
	common/host/adopt.c common/host/adopt.h common/host/adopt_count.c \
	common/host/adopt_impl.h common/host/adopt_list.c \
	common/host/answers.c \
	common/host/call.c common/host/call.h \
	common/host/call_kv.c common/host/call_kv.h \
	common/host/cookie.c common/host/cookie.h \
	common/host/doctor.c common/host/doctor.h \
	common/host/doctor_certs.c common/host/doctor_clock.c \
	common/host/doctor_factors.c common/host/doctor_files.c \
	common/host/doctor_keys.c common/host/doctor_net.c \
	common/host/doctor_process.c \
	common/host/exchange.c common/host/exchange.h \
	common/host/exchange_pack.c \
	common/host/factor.c common/host/factor.h \
	common/host/fiber.c common/host/fiber.h \
	common/host/finish.c \
	common/host/follow.c common/host/follow.h \
	common/host/gate.c common/host/gate.h \
	common/host/gate_check.c common/host/gate_check_impl.h \
	common/host/gate_headers.c \
	common/host/gate_groups.c \
	common/host/gate_lane.c \
	common/host/gate_listen.c \
	common/host/gate_state.c \
	common/host/gate_check_read.c common/host/gate_refusal.c \
	common/host/gate_renew.c \
	common/host/gate_refresh.c \
	common/host/gate_tasks.c \
	common/host/gate_conf.c common/host/gate_impl.h \
	common/host/gate_tell.c \
	common/host/guard.c common/host/guard.h \
	common/host/handover.c \
	common/host/json_out.c common/host/json_out.h \
	common/host/known.c common/host/known.h \
	common/host/known_impl.h common/host/known_walk.c \
	common/host/mail.c common/host/mail.h \
	common/host/desk.c common/host/desk.h common/host/desk_act.c \
	common/host/manage.c common/host/manage.h \
	common/host/page_desk.c \
	common/host/visit_desk.c \
	common/host/notice.c common/host/notice.h \
	common/host/pace.c common/host/pace.h \
	common/host/page.c common/host/page_form.c common/host/page.h \
	common/host/page_account.c common/host/page_account.h \
	common/host/page_account_devices.c \
	common/host/page_account_browsers.c \
	common/host/page_account_note.c \
	common/host/recent.c common/host/recent.h \
	common/host/agent.c common/host/agent.h \
	common/host/account.c common/host/account.h \
	common/host/account_call.c \
	common/host/visit_account.c \
	common/host/visit_remember.c \
	common/host/familiar.c common/host/familiar.h \
	common/host/remembered.c common/host/remembered.h \
	common/host/visit_change.c \
	common/host/page_note.c \
	common/host/peer_clock.c common/host/peer_clock.h \
	common/host/people.c common/host/people.h \
	common/host/people_bind.c common/host/people_impl.h \
	common/host/people_kept.c common/host/people_kept.h \
	common/host/people_link.c \
	common/host/people_move.c common/host/people_erase.c \
	common/host/plan.c common/host/plan.h \
	common/host/policy.c common/host/policy.h \
	common/host/policy_impl.h common/host/policy_index.c \
	common/host/policy_path.c \
	common/host/pool.c common/host/pool.h common/host/pool_impl.h \
	common/host/pool_turn.c common/host/pool_wait.c \
	common/host/proof.c common/host/proof.h \
	common/host/remind.c common/host/remind.h \
	common/host/reseal.c common/host/reseal.h \
	common/host/round.c common/host/round.h \
	common/host/round_grant.c \
	common/host/round_mark.c \
	common/host/round_req.c \
	common/host/round_try.c \
	common/host/services.c \
	common/host/session.c common/host/session.h \
	common/host/session_keys.c common/host/session_keys.h \
	common/host/store_id.c common/host/store_id.h \
	common/host/target.c common/host/target.h \
	common/host/ticket.c common/host/ticket.h \
	common/host/throttle.c common/host/throttle.h \
	common/host/throttle_source.c \
	common/host/verdict.c common/host/verdict.h \
	common/host/verdict_rules.c \
	common/host/view_pack.c \
	common/host/visit.c common/host/visit.h \
	common/host/visit_endpoint.c common/host/endpoint.h \
	common/host/leave.h common/host/leave_pack.c \
	common/host/visit_leave.c \
	common/host/visit_serve.c \
	common/host/visit_target.c \
	common/host/visit_enrol.c \
	common/host/visit_exchange.c \
	common/host/visit_login.c \
	common/host/visit_logout.c \
	common/host/visit_route.c \
	common/host/visit_save.c \
	common/host/visit_session.c

# The configuration: the tree, chains, sections; plugins loaded.
common_host_libcsnhost_la_SOURCES += \
	common/host/chain.c common/host/chain.h \
	common/host/chain_parse.c \
	common/host/conf.c common/host/conf.h \
	common/host/conf_editor.c common/host/conf_editor.h \
	common/host/conf_editor_impl.h common/host/conf_editor_value.c \
	common/host/conf_anybody.c \
	common/host/conf_enrol.c \
	common/host/conf_factor.c \
	common/host/conf_fault.c common/host/conf_fault.h \
	common/host/conf_file.c common/host/conf_file.h \
	common/host/conf_global.c \
	common/host/conf_hash.c \
	common/host/conf_listen.c \
	common/host/conf_load.h \
	common/host/conf_match.c \
	common/host/conf_names.c \
	common/host/conf_notify.c \
	common/host/conf_option.c common/host/conf_option.h \
	common/host/conf_peers.c \
	common/host/conf_account.c \
	common/host/conf_desk.c \
	common/host/conf_policy.c \
	common/host/conf_print.c \
	common/host/conf_remember.c \
	common/host/conf_reach.c \
	common/host/conf_read.h \
	common/host/conf_schema.c common/host/conf_schema.h \
	common/host/conf_shape.c \
	common/host/conf_site.c \
	common/host/conf_text.c \
	common/host/conf_url.c \
	common/host/conf_value.c \
	common/host/conf_way.c \
	common/host/plugin_check.c \
	common/host/plugin_file.c common/host/plugin_file.h \
	common/host/plugin_load.c common/host/plugin_load.h \
	common/host/yaml.c common/host/yaml.h \
	common/host/yaml_cut.c \
	common/host/yaml_file.c \
	common/host/yaml_include.c \
	common/host/yaml_problem.c

common_host_conf_tests = \
	common/host/test-chain \
	common/host/test-conf \
	common/host/test-conf-print \
	common/host/test-doctor \
	common/host/test-plugin-load \
	common/host/test-yaml \
	common/host/fuzz-conf \
	common/host/fuzz-way \
	common/host/fuzz-yaml
check_PROGRAMS += $(common_host_conf_tests)
TESTS += $(common_host_conf_tests)
common_host_test_chain_SOURCES = common/host/test-chain.c
common_host_test_chain_LDADD = $(HOST_TEST_LIBS)
common_host_conf_rig = common/host/conf_testing.c \
	common/host/conf_testing.h \
	common/host/stub_plugins.c common/host/stub_plugins.h
common_host_test_conf_SOURCES = common/host/test-conf.c \
	$(common_host_conf_rig)
common_host_test_conf_LDADD = $(HOST_TEST_LIBS)
common_host_test_conf_print_SOURCES = common/host/test-conf-print.c \
	$(common_host_conf_rig)
common_host_test_conf_print_LDADD = $(HOST_TEST_LIBS)
common_host_test_doctor_SOURCES = common/host/test-doctor.c \
	common/host/stub_plugins.c common/host/stub_plugins.h
common_host_test_doctor_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=adjtimex,--wrap=statvfs
common_host_test_doctor_LDADD = $(HOST_TEST_LIBS) $(SQLITE_LIBS)
# The schema for what tests/conf is written for (tests/e2e/test_schema.py).
check_PROGRAMS += common/host/stub-schema
common_host_stub_schema_SOURCES = common/host/stub-schema.c \
	common/host/stub_plugins.c common/host/stub_plugins.h
common_host_stub_schema_LDADD = $(HOST_TEST_LIBS)
common_host_test_plugin_load_SOURCES = common/host/test-plugin-load.c \
	common/host/stub_plugins.c common/host/stub_plugins.h
common_host_test_plugin_load_LDADD = $(HOST_TEST_LIBS)
common_host_test_yaml_SOURCES = common/host/test-yaml.c
common_host_test_yaml_LDADD = $(HOST_TEST_LIBS)
common_host_fuzz_conf_SOURCES = common/host/fuzz-conf.c \
	common/host/stub_plugins.c common/host/stub_plugins.h $(FUZZ_MAIN)
common_host_fuzz_conf_LDFLAGS = $(LINK_FUZZ)
common_host_fuzz_conf_LDADD = $(HOST_TEST_LIBS)
common_host_fuzz_way_SOURCES = common/host/fuzz-way.c $(FUZZ_MAIN)
common_host_fuzz_way_LDFLAGS = $(LINK_FUZZ)
common_host_fuzz_way_LDADD = $(HOST_TEST_LIBS)
common_host_fuzz_yaml_SOURCES = common/host/fuzz-yaml.c $(FUZZ_MAIN)
common_host_fuzz_yaml_LDFLAGS = $(LINK_FUZZ)
common_host_fuzz_yaml_LDADD = $(HOST_TEST_LIBS)
EXTRA_DIST += tests/conf

# What the loader's test takes or refuses.
check_LTLIBRARIES += tests/plugins/good.la tests/plugins/wide.la \
	tests/plugins/nosymbol.la tests/plugins/old.la tests/plugins/new.la \
	tests/plugins/caps.la tests/plugins/unresolved.la \
	tests/plugins/relay.la
# The factor of tests/e2e/test_away.py.
tests_plugins_relay_la_SOURCES = tests/plugins/relay.c
tests_plugins_relay_la_LDFLAGS = $(LINK_TEST_PLUGIN)
tests_plugins_good_la_SOURCES = tests/plugins/good.c tests/plugins/empty.h
tests_plugins_good_la_LDFLAGS = $(LINK_TEST_PLUGIN)
tests_plugins_wide_la_SOURCES = tests/plugins/wide.c
tests_plugins_wide_la_LDFLAGS = $(LINK_TEST_PLUGIN)
tests_plugins_nosymbol_la_SOURCES = tests/plugins/nosymbol.c
tests_plugins_nosymbol_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version \
	-shared -rpath /nowhere
tests_plugins_old_la_SOURCES = tests/plugins/old.c
tests_plugins_old_la_LDFLAGS = $(LINK_TEST_PLUGIN)
tests_plugins_new_la_SOURCES = tests/plugins/new.c
tests_plugins_new_la_LDFLAGS = $(LINK_TEST_PLUGIN)
tests_plugins_caps_la_SOURCES = tests/plugins/caps.c
tests_plugins_caps_la_LDFLAGS = $(LINK_TEST_PLUGIN)
tests_plugins_unresolved_la_SOURCES = tests/plugins/unresolved.c
tests_plugins_unresolved_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version \
	-shared -rpath /nowhere -Wl,-z,undefs -Wl,-z,lazy

# The core's tests, on small configurations made by hand.
common_host_rig = common/host/host_testing.c common/host/host_testing.h
common_host_rig_libs = $(HOST_TEST_LIBS) $(SQLITE_LIBS)

common_host_core_tests = \
	common/host/test-adopt \
	common/host/test-call-kv \
	common/host/test-cookie \
	common/host/test-exchange \
	common/host/test-exchange-all \
	common/host/test-fiber \
	common/host/test-follow \
	common/host/test-gate-refresh \
	common/host/test-known \
	common/host/test-mail \
	common/host/test-pace \
	common/host/test-peer-clock \
	common/host/test-people \
	common/host/test-people-move \
	common/host/test-policy \
	common/host/test-pool \
	common/host/test-pool-wait \
	common/host/test-proof \
	common/host/test-remind \
	common/host/test-reseal \
	common/host/test-round \
	common/host/test-session \
	common/host/test-session-keys \
	common/host/test-target \
	common/host/test-throttle \
	common/host/test-verdict \
	common/host/test-view-pack
check_PROGRAMS += $(common_host_core_tests)
TESTS += $(common_host_core_tests)
common_host_test_adopt_SOURCES = common/host/test-adopt.c $(common_host_rig)
common_host_test_adopt_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=store_batch
common_host_test_adopt_LDADD = $(common_host_rig_libs)
common_host_test_call_kv_SOURCES = common/host/test-call-kv.c $(common_host_rig)
common_host_test_call_kv_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc
common_host_test_call_kv_LDADD = $(common_host_rig_libs)
common_host_test_cookie_SOURCES = common/host/test-cookie.c $(common_host_rig)
common_host_test_cookie_LDADD = $(common_host_rig_libs)
common_host_test_exchange_SOURCES = common/host/test-exchange.c \
	$(common_host_rig)
common_host_test_exchange_LDADD = $(common_host_rig_libs)
common_host_test_exchange_all_SOURCES = common/host/test-exchange-all.c \
	$(common_host_rig)
common_host_test_exchange_all_LDADD = $(common_host_rig_libs)
common_host_test_remind_SOURCES = common/host/test-remind.c $(common_host_rig)
common_host_test_remind_LDADD = $(common_host_rig_libs)
common_host_test_reseal_SOURCES = common/host/test-reseal.c $(common_host_rig)
common_host_test_reseal_LDADD = $(common_host_rig_libs)
common_host_test_round_SOURCES = common/host/test-round.c $(common_host_rig)
common_host_test_round_LDADD = $(common_host_rig_libs)
common_host_test_follow_SOURCES = common/host/test-follow.c $(common_host_rig)
common_host_test_follow_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_mono_ms \
	-Wl,--wrap=clock_mono_tick_ms
common_host_test_follow_LDADD = $(common_host_rig_libs)
common_host_test_gate_refresh_SOURCES = common/host/test-gate-refresh.c \
	$(common_host_rig)
common_host_test_gate_refresh_LDADD = $(common_host_rig_libs)
common_host_test_known_SOURCES = common/host/test-known.c $(common_host_rig)
common_host_test_known_LDADD = $(common_host_rig_libs)
common_host_test_peer_clock_SOURCES = common/host/test-peer-clock.c
common_host_test_peer_clock_LDADD = $(common_host_rig_libs)
common_host_test_mail_SOURCES = common/host/test-mail.c $(common_host_rig)
common_host_test_mail_LDADD = $(common_host_rig_libs)
common_host_test_pace_SOURCES = common/host/test-pace.c $(common_host_rig)
common_host_test_pace_LDADD = $(common_host_rig_libs)
common_host_test_people_SOURCES = common/host/test-people.c $(common_host_rig)
common_host_test_people_LDADD = $(common_host_rig_libs)
common_host_test_people_move_SOURCES = common/host/test-people-move.c \
	$(common_host_rig)
common_host_test_people_move_LDADD = $(common_host_rig_libs)
common_host_test_policy_SOURCES = common/host/test-policy.c $(common_host_rig)
common_host_test_policy_LDADD = $(common_host_rig_libs)
common_host_test_pool_SOURCES = common/host/test-pool.c $(common_host_rig)
common_host_test_pool_LDADD = $(common_host_rig_libs)
common_host_test_fiber_SOURCES = common/host/test-fiber.c \
	common/host/fiber.c common/host/lane.c
common_host_test_fiber_CFLAGS = $(AM_CFLAGS) $(LTO_CFLAGS)
common_host_test_fiber_LDFLAGS = $(AM_LDFLAGS) $(LTO_LDFLAGS)
common_host_test_fiber_LDADD = $(CMOCKA_LIBS)
common_host_test_pool_wait_SOURCES = common/host/test-pool-wait.c \
	$(common_host_rig)
common_host_test_pool_wait_LDADD = $(common_host_rig_libs)
common_host_test_proof_SOURCES = common/host/test-proof.c $(common_host_rig)
common_host_test_proof_LDADD = $(common_host_rig_libs)
common_host_test_session_SOURCES = common/host/test-session.c $(common_host_rig)
common_host_test_session_LDADD = $(common_host_rig_libs)
common_host_test_session_keys_SOURCES = common/host/test-session-keys.c \
	$(common_host_rig)
common_host_test_session_keys_LDADD = $(common_host_rig_libs)
common_host_test_target_SOURCES = common/host/test-target.c $(common_host_rig)
common_host_test_target_LDADD = $(common_host_rig_libs)
common_host_test_throttle_SOURCES = common/host/test-throttle.c \
	$(common_host_rig)
common_host_test_throttle_LDADD = $(common_host_rig_libs)
common_host_test_verdict_SOURCES = common/host/test-verdict.c $(common_host_rig)
common_host_test_verdict_LDADD = $(common_host_rig_libs)
common_host_test_view_pack_SOURCES = common/host/test-view-pack.c \
	$(common_host_rig)
common_host_test_view_pack_LDADD = $(common_host_rig_libs)

common_host_core_fuzzers = \
	common/host/fuzz-cookie \
	common/host/fuzz-exchange \
	common/host/fuzz-leave \
	common/host/fuzz-ticket \
	common/host/fuzz-policy \
	common/host/fuzz-session \
	common/host/fuzz-view
check_PROGRAMS += $(common_host_core_fuzzers)
TESTS += $(common_host_core_fuzzers)
common_host_fuzz_cookie_SOURCES = common/host/fuzz-cookie.c $(FUZZ_MAIN)
common_host_fuzz_cookie_LDFLAGS = $(LINK_FUZZ)
common_host_fuzz_cookie_LDADD = $(HOST_TEST_LIBS)
common_host_fuzz_ticket_SOURCES = common/host/fuzz-ticket.c $(FUZZ_MAIN)
common_host_fuzz_ticket_LDFLAGS = $(LINK_FUZZ)
common_host_fuzz_ticket_LDADD = $(HOST_TEST_LIBS)
common_host_fuzz_leave_SOURCES = common/host/fuzz-leave.c $(FUZZ_MAIN)
common_host_fuzz_leave_LDFLAGS = $(LINK_FUZZ)
common_host_fuzz_leave_LDADD = $(HOST_TEST_LIBS)
common_host_fuzz_exchange_SOURCES = common/host/fuzz-exchange.c $(FUZZ_MAIN)
common_host_fuzz_exchange_LDFLAGS = $(LINK_FUZZ)
common_host_fuzz_exchange_LDADD = $(HOST_TEST_LIBS)
common_host_fuzz_policy_SOURCES = common/host/fuzz-policy.c $(FUZZ_MAIN)
common_host_fuzz_policy_LDFLAGS = $(LINK_FUZZ)
common_host_fuzz_policy_LDADD = $(HOST_TEST_LIBS)
common_host_fuzz_session_SOURCES = common/host/fuzz-session.c $(FUZZ_MAIN)
common_host_fuzz_session_LDFLAGS = $(LINK_FUZZ)
common_host_fuzz_session_LDADD = $(HOST_TEST_LIBS)
common_host_fuzz_view_SOURCES = common/host/fuzz-view.c $(FUZZ_MAIN)
common_host_fuzz_view_LDFLAGS = $(LINK_FUZZ)
common_host_fuzz_view_LDADD = $(HOST_TEST_LIBS)
