/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options.h - what the configuration of an identity provider says, checked
 */
#ifndef AUTH_SAML_OPTIONS_H
#define AUTH_SAML_OPTIONS_H

#include "gate.h"

#define OPTIONS_KEYS 4u		/* private keys that decrypt */

enum idp_kind { IDP_GENERIC, IDP_ENTRA, IDP_ADFS, IDP_OKTA, IDP_KEYCLOAK,
	IDP_GOOGLE, IDP_SHIBBOLETH, IDP_SIMPLESAMLPHP };
enum request_signing { SIGN_AUTO, SIGN_ALWAYS, SIGN_NEVER };
enum request_binding { BIND_AUTO, BIND_REDIRECT, BIND_POST };
/* Core 3.3.2.2.1; the classes are in rising order. */
enum comparison { COMPARE_EXACT, COMPARE_MINIMUM, COMPARE_MAXIMUM,
	COMPARE_BETTER };
enum logout_binding { LOGOUT_AUTO, LOGOUT_REDIRECT, LOGOUT_POST, LOGOUT_SOAP };

/* All slices are NUL-terminated and live in the arena. */
struct options {
	struct arena arena;
	struct csn_str base_url;	/* ends in a slash */
	struct csn_str entity_id, acs, slo, soap, login;	/* ours */
	struct csn_str metadata, metadata_file, metadata_certificate, mdq;
	struct csn_str idp_entity_id, sso_url, slo_url, idp_certificate;
	struct csn_str artifact_url;
	struct csn_str certificate, next_certificate, decryption_certificate;
	struct csn_str name_id_format;	/* a URN, or empty */
	struct csn_str provider_name, contact, organisation;
	struct csn_str subject, strip_domain, subject_id, group_attribute;
	struct csn_str display_name, mail;
	struct csn_strs targets;	/* https, of unsolicited answers */
	struct csn_strs classes, attributes, requested;
	struct csn_pairs attribute_names, domains;
	uint32_t val_key, val_certificate, val_metadata, val_idp;
	uint32_t val_metadata_file, val_idp_certificate, val_ca;
	uint32_t tls_certificate, tls_key;	/* for SOAP; or 0 */
	uint32_t decrypt[OPTIONS_KEYS];
	size_t ndecrypt;
	struct csn_str alg;		/* of signing_key: "RS256"; or empty */
	struct gate_policy policy;
	struct keys metadata_keys;	/* of metadata_certificate */
	int64_t skew_ms, refresh_s, metadata_max;
	int64_t proxy_count;		/* -1: not said */
	enum idp_kind kind;
	enum request_signing signing;
	enum request_binding binding;
	enum logout_binding logout_by;
	enum comparison comparison;
	bool artifact, force, passive, send_hint, transient;
	bool sign_metadata, group_leaf, unsolicited, unsigned_logout, logout;
	bool unscoped, missing_none;
};

/* Reads conf into *ret, which takes copies. Each fault is reported with its
 * value. 0, or -1 after at least one FAIL; *ret needs options_free() in both
 * cases. Tells by host->setting() what a preset came to, and logs each switch
 * that weakens a check. */
int options_read(const struct csn_host *, struct csn_call *,
    const struct csn_conf *, struct options *ret);
void options_free(struct options *);
/* Of `authn_context`, those that will do; none: each. Borrowed. */
struct csn_strs options_classes(const struct options *);

#endif
