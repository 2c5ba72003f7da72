# SPDX-License-Identifier: Apache-2.0
# Manual pages, and what keeps them true. The pages are sources: the tables of
# options in those of plugins are put there by docs/man-update.

dist_man_MANS += docs/man/countersign.1 docs/man/countersign.yml.5 \
	docs/man/countersignd.8
if ENABLE_AUTH_FILE
dist_man_MANS += docs/man/countersign-file.7
endif
if ENABLE_AUTH_LDAP
dist_man_MANS += docs/man/countersign-ldap.7
endif
if ENABLE_AUTH_OIDC
dist_man_MANS += docs/man/countersign-oidc.7
endif
if ENABLE_AUTH_SAML
dist_man_MANS += docs/man/countersign-saml.7
endif
if ENABLE_AUTH_TOTP
dist_man_MANS += docs/man/countersign-totp.7
endif

noinst_PROGRAMS += docs/man-plugin
docs_man_plugin_SOURCES = docs/man-plugin.c
docs_man_plugin_LDADD = -ldl

# What editors know the configuration by: told by the command itself, with the
# plugins of this build in one folder. Not where what is built cannot run.
if !CROSS_COMPILING
csndata_DATA = docs/countersign.schema.json
CLEANFILES += docs/countersign.schema.json
docs/countersign.schema.json: gateway/countersign$(EXEEXT) \
    $(plugin_LTLIBRARIES)
	$(AM_V_GEN)rm -rf docs/schema-plugins && \
	$(MKDIR_P) docs/schema-plugins && \
	for p in $(plugin_LTLIBRARIES); do \
		cp $$(dirname $$p)/.libs/$$(basename $$p .la).so \
		    docs/schema-plugins/ || exit 1; \
	done && \
	chmod -R go-w docs/schema-plugins && \
	ASAN_OPTIONS=detect_leaks=0 gateway/countersign \
	    --plugins docs/schema-plugins schema > $@.tmp && \
	rm -rf docs/schema-plugins && \
	mv -f $@.tmp $@
endif

dist_doc_DATA = README.md SECURITY.md docs/abi.md docs/configuration.md \
	docs/design.md docs/operating.md docs/pages.md docs/security.md
csnexamplesdir = $(docdir)/examples
dist_csnexamples_DATA = examples/enterprise.yml examples/homelab.yml \
	examples/minimal.yml gateway/systemd/countersignd.service \
	gateway/systemd/countersignd-check.socket \
	gateway/systemd/countersignd-pages.socket
csncaddydir = $(docdir)/examples/caddy
dist_csncaddy_DATA = gateway/examples/caddy/Caddyfile
csntraefikdir = $(docdir)/examples/traefik
dist_csntraefik_DATA = gateway/examples/traefik/traefik.yml \
	gateway/examples/traefik/dynamic.yml \
	gateway/examples/traefik/help.service
csnenvoydir = $(docdir)/examples/envoy
dist_csnenvoy_DATA = gateway/examples/envoy/envoy.yaml
csnhaproxydir = $(docdir)/examples/haproxy
dist_csnhaproxy_DATA = gateway/examples/haproxy/haproxy.cfg \
	gateway/examples/haproxy/countersign.lua \
	gateway/examples/haproxy/down.http \
	gateway/examples/haproxy/unavailable.http
csnnginxdir = $(docdir)/examples/nginx
dist_csnnginx_DATA = gateway/examples/nginx/example.conf
csnsnippetsdir = $(csnnginxdir)/countersign
dist_csnsnippets_DATA = \
	gateway/examples/nginx/countersign/application.conf \
	gateway/examples/nginx/countersign/down.html \
	gateway/examples/nginx/countersign/headers.conf \
	gateway/examples/nginx/countersign/headers-fastcgi.conf \
	gateway/examples/nginx/countersign/headers-guacamole.conf \
	gateway/examples/nginx/countersign/http.conf \
	gateway/examples/nginx/countersign/login.conf \
	gateway/examples/nginx/countersign/pages.conf \
	gateway/examples/nginx/countersign/unavailable.conf \
	gateway/examples/nginx/countersign/unavailable.html
EXTRA_DIST += docs/man docs/man-update
