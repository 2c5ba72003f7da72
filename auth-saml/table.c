/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.c - the options of a SAML identity provider, as people write them
 *
 * The manual is made from these sentences. What weakens a check is off, and
 * named for what it accepts.
 */
#include "table.h"

#define PEM_MAX 1048576
#define URL_BYTES 2048
#define NAME_BYTES 1024		/* Core 8.3.6 */

const struct csn_opt options_table[OPTIONS_COUNT] = {
	[OPT_IDP] = { .name = "idp", .type = CSN_T_CHOICE,
	    .choices = "generic|entra|adfs|okta|keycloak|google|shibboleth|"
	    "simplesamlphp", .fallback = "generic",
	    .help = "Presets for what an identity provider needs; "
	    "countersign factor FACTOR shows what they came to." },
	[OPT_METADATA] = { .name = "metadata", .type = CSN_T_HTTPS_URL,
	    .max = URL_BYTES,
	    .help = "The address of the identity provider's metadata: "
	    "fetched in the background, kept in the store." },
	[OPT_METADATA_FILE] = { .name = "metadata_file", .type = CSN_T_FILE,
	    .max = 134217728,
	    .help = "The metadata from a file instead." },
	[OPT_METADATA_CERTIFICATE] = { .name = "metadata_certificate",
	    .type = CSN_T_FILE, .max = PEM_MAX,
	    .help = "PEM certificate of who signs the metadata. With it, "
	    "metadata that is not signed by its key is refused." },
	[OPT_MDQ] = { .name = "metadata_query", .type = CSN_T_HTTPS_URL,
	    .max = URL_BYTES,
	    .help = "A metadata query service (MDQ): asked for the one "
	    "identity provider, below /entities/. Needs idp_entity_id and "
	    "metadata_certificate." },
	[OPT_CA] = { .name = "ca", .type = CSN_T_FILE, .max = PEM_MAX,
	    .help = "PEM file of the authorities that vouch for https "
	    "servers; without it the system's." },
	[OPT_IDP_ENTITY_ID] = { .name = "idp_entity_id",
	    .type = CSN_T_STRING, .max = NAME_BYTES,
	    .help = "The identity provider's entity ID: which one of several "
	    "in the metadata, or the one that is written by hand." },
	[OPT_SSO_URL] = { .name = "sso_url", .type = CSN_T_HTTPS_URL,
	    .max = URL_BYTES,
	    .help = "By hand: where the browser is sent to sign in "
	    "(HTTP-Redirect)." },
	[OPT_SLO_URL] = { .name = "slo_url", .type = CSN_T_HTTPS_URL,
	    .max = URL_BYTES,
	    .help = "By hand: where the browser is sent to sign out "
	    "(HTTP-Redirect)." },
	[OPT_IDP_CERTIFICATE] = { .name = "idp_certificate",
	    .type = CSN_T_FILE, .max = PEM_MAX,
	    .help = "By hand: PEM file of the certificates that the identity "
	    "provider signs with; several during a roll-over." },
	[OPT_ENTITY_ID] = { .name = "entity_id", .type = CSN_T_STRING,
	    .max = NAME_BYTES,
	    .help = "Our own entity ID. Default: the address of our "
	    "metadata." },
	[OPT_SIGNING_KEY] = { .name = "signing_key", .type = CSN_T_SECRET,
	    .help = "The private key that signs what we send, as PEM: RSA, "
	    "P-256, P-384, P-521, or Ed25519 for an identity provider that "
	    "knows it (RFC 9231). Also decrypts, if it is RSA." },
	[OPT_CERTIFICATE] = { .name = "certificate", .type = CSN_T_FILE,
	    .max = PEM_MAX,
	    .help = "PEM certificate of signing_key, for our metadata." },
	[OPT_NEXT_CERTIFICATE] = { .name = "next_certificate",
	    .type = CSN_T_FILE, .max = PEM_MAX,
	    .help = "PEM certificate of the key that comes next: told in our "
	    "metadata ahead of time." },
	[OPT_DECRYPTION_KEY] = { .name = "decryption_key",
	    .type = CSN_T_SECRET, .flags = CSN_O_REPEAT,
	    .help = "Private RSA keys, as PEM, that decrypt assertions, "
	    "beside signing_key; several during a roll-over." },
	[OPT_DECRYPTION_CERTIFICATE] = { .name = "decryption_certificate",
	    .type = CSN_T_FILE, .max = PEM_MAX,
	    .help = "PEM certificate of decryption_key, for our metadata. "
	    "Default: certificate, if its key is RSA." },
	[OPT_SIGN_REQUESTS] = { .name = "sign_requests",
	    .type = CSN_T_CHOICE, .choices = "auto|always|never",
	    .fallback = "auto",
	    .help = "Whether authentication requests are signed; auto: if "
	    "there is a signing_key." },
	[OPT_SIGN_METADATA] = { .name = "sign_metadata", .type = CSN_T_BOOL,
	    .fallback = "false", .help = "Our metadata is signed." },
	[OPT_BINDING] = { .name = "binding", .type = CSN_T_CHOICE,
	    .choices = "auto|redirect|post", .fallback = "auto",
	    .help = "How requests travel; auto: by redirect where the "
	    "identity provider takes it; signed by another key than RSA, by "
	    "post where it takes that." },
	[OPT_RESPONSE_BINDING] = { .name = "response_binding",
	    .type = CSN_T_CHOICE, .choices = "post|artifact",
	    .fallback = "post",
	    .help = "How answers are asked for; artifact: fetched from the "
	    "identity provider by SOAP." },
	[OPT_ARTIFACT_URL] = { .name = "artifact_url",
	    .type = CSN_T_HTTPS_URL, .max = URL_BYTES,
	    .help = "The identity provider's artifact resolution service, "
	    "where its metadata names none, or one on another host than "
	    "itself." },
	[OPT_CLIENT_CERTIFICATE] = { .name = "client_certificate",
	    .type = CSN_T_FILE, .max = PEM_MAX,
	    .help = "PEM certificate that is shown to the identity provider "
	    "where it is asked by SOAP, for one that wants mutual TLS." },
	[OPT_CLIENT_KEY] = { .name = "client_key", .type = CSN_T_SECRET,
	    .help = "The private key of client_certificate, as PEM. Default: "
	    "signing_key." },
	[OPT_NAME_ID_FORMAT] = { .name = "name_id_format",
	    .type = CSN_T_STRING, .max = 256,
	    .help = "The form of name that is asked for: persistent, email, "
	    "transient, unspecified, none (nothing is asked), or a URN." },
	[OPT_FORCE_AUTHN] = { .name = "force_authn", .type = CSN_T_BOOL,
	    .fallback = "false",
	    .help = "People prove themselves anew at each login; what the "
	    "answer says about the time is checked." },
	[OPT_PASSIVE] = { .name = "passive", .type = CSN_T_BOOL,
	    .fallback = "false",
	    .help = "The identity provider must not ask anything: only who "
	    "is signed in there already gets in." },
	[OPT_AUTHN_CONTEXT] = { .name = "authn_context",
	    .type = CSN_T_STRING, .flags = CSN_O_REPEAT, .max = 512,
	    .help = "Authentication contexts (URIs) that are asked for; the "
	    "answer must hold one of them. From the weakest upwards, unless "
	    "the comparison is exact." },
	[OPT_COMPARISON] = { .name = "authn_context_comparison",
	    .type = CSN_T_CHOICE, .choices = "exact|minimum|maximum|better",
	    .fallback = "exact",
	    .help = "How authn_context is meant: one of the list; the first "
	    "or stronger; the last or weaker; stronger than the first. What "
	    "the answer holds must be in the list in any case, and with "
	    "better behind the first." },
	[OPT_PROVIDER_NAME] = { .name = "provider_name",
	    .type = CSN_T_STRING, .max = 256,
	    .help = "Our name for people, told to the identity provider." },
	[OPT_PROXY_COUNT] = { .name = "proxy_count", .type = CSN_T_INT,
	    .min = 0, .max = 10,
	    .help = "How many further identity providers the one asked may "
	    "pass the request on to (Scoping)." },
	[OPT_SEND_HINT] = { .name = "send_hint", .type = CSN_T_BOOL,
	    .fallback = "false",
	    .help = "Who the person is, or says to be by a name that was "
	    "typed or stood in a link, is told to the identity provider as "
	    "the request's subject." },
	[OPT_SUBJECT] = { .name = "subject", .type = CSN_T_STRING,
	    .max = 512,
	    .help = "The attribute that names the person; name_id: the "
	    "NameID. Default: name_id." },
	[OPT_STRIP_DOMAIN] = { .name = "strip_domain", .type = CSN_T_STRING,
	    .max = 255,
	    .help = "A domain that is taken off the subject, before a "
	    "backslash or behind an @. Subjects of another domain, or of "
	    "none, are refused." },
	[OPT_TRANSIENT] = { .name = "transient_subject",
	    .type = CSN_T_CHOICE, .choices = "refused|accepted",
	    .fallback = "refused",
	    .help = "accepted: a NameID that is another one at each login "
	    "may be the subject." },
	[OPT_UNSCOPED] = { .name = "unscoped_subject",
	    .type = CSN_T_CHOICE, .choices = "refused|accepted",
	    .fallback = "refused",
	    .help = "With several identity providers in the metadata, those "
	    "that cannot be used now too, the subject must end in a domain "
	    "that is its provider's, by a Scope of the metadata or by "
	    "domains, and no group in one that is another's. accepted: any "
	    "of them may name anybody. Logged at each start." },
	[OPT_SUBJECT_ID] = { .name = "subject_id", .type = CSN_T_STRING,
	    .max = 512,
	    .help = "The attribute that never changes for a person; name_id: "
	    "a persistent NameID. Default: none." },
	[OPT_GROUP_ATTRIBUTE] = { .name = "group_attribute",
	    .type = CSN_T_STRING, .max = 512,
	    .help = "The attribute whose values are the person's groups." },
	[OPT_MISSING_GROUPS] = { .name = "missing_groups",
	    .type = CSN_T_CHOICE, .choices = "unknown|none",
	    .fallback = "unknown",
	    .help = "What it means that an assertion has no "
	    "group_attribute. unknown: no guard with group holds, behind not "
	    "neither. none: the person is in no group, as an identity "
	    "provider means it that leaves an empty list out; where it "
	    "forgets the attribute, everybody is somebody who is not in a "
	    "group. Logged at each start." },
	[OPT_GROUP_LEAF] = { .name = "group_leaf", .type = CSN_T_BOOL,
	    .fallback = "false",
	    .help = "Of a group that is a DN only the first value counts: "
	    "CN=staff,OU=groups is staff." },
	[OPT_DISPLAY_NAME] = { .name = "display_name",
	    .type = CSN_T_STRING, .max = 512,
	    .help = "The attribute passed on as name." },
	[OPT_MAIL] = { .name = "mail", .type = CSN_T_STRING, .max = 512,
	    .help = "The attribute passed on as mail." },
	[OPT_ATTRIBUTES] = { .name = "attributes", .type = CSN_T_STRING,
	    .flags = CSN_O_REPEAT, .max = 512,
	    .help = "The attributes that are passed on, with all their "
	    "values. Default: all." },
	[OPT_ATTRIBUTE_NAMES] = { .name = "attribute_names",
	    .type = CSN_T_MAP, .max = 512,
	    .help = "Short names for attributes: short: name." },
	[OPT_REQUESTED] = { .name = "requested_attributes",
	    .type = CSN_T_STRING, .flags = CSN_O_REPEAT, .max = 512,
	    .help = "Attributes that our metadata asks for." },
	[OPT_SIGNED_RESPONSE] = { .name = "require_signed_response",
	    .type = CSN_T_BOOL, .fallback = "false",
	    .help = "The response itself must be signed; a signed assertion "
	    "alone does not suffice." },
	[OPT_SIGNED_ASSERTION] = { .name = "require_signed_assertion",
	    .type = CSN_T_BOOL, .fallback = "false",
	    .help = "The assertion itself must be signed; a signed response "
	    "alone does not suffice." },
	[OPT_ENCRYPTION] = { .name = "require_encryption",
	    .type = CSN_T_BOOL, .fallback = "false",
	    .help = "Assertions must be encrypted." },
	[OPT_SHA1] = { .name = "sha1_signatures", .type = CSN_T_CHOICE,
	    .choices = "refused|accepted", .fallback = "refused",
	    .help = "accepted: signatures with the broken SHA-1 count. "
	    "Logged at each start." },
	[OPT_CBC] = { .name = "unsigned_cbc", .type = CSN_T_CHOICE,
	    .choices = "refused|accepted", .fallback = "refused",
	    .help = "accepted: assertions encrypted with AES-CBC are "
	    "decrypted without a signature around them, which lets others "
	    "guess at their content. Logged at each start." },
	[OPT_UNSOLICITED] = { .name = "unsolicited", .type = CSN_T_BOOL,
	    .fallback = "false",
	    .help = "Logins that begin at the identity provider are "
	    "accepted, by way of a page of ours, so that a session that is "
	    "there is seen, and stays. Not beside force_authn. Logged at "
	    "each start." },
	[OPT_UNSOLICITED_TARGETS] = { .name = "unsolicited_targets",
	    .type = CSN_T_STRING, .max = URL_BYTES, .flags = CSN_O_REPEAT,
	    .help = "Where such a login may lead: addresses of applications, "
	    "of which the identity provider gives one as RelayState, to the "
	    "letter. Without RelayState it leads to the first application "
	    "that this factor opens; another RelayState is refused." },
	[OPT_UNSIGNED_LOGOUT] = { .name = "unsigned_logout_response",
	    .type = CSN_T_CHOICE, .choices = "refused|accepted",
	    .fallback = "refused",
	    .help = "accepted: an answer to our logout need not be signed. "
	    "Logged at each start." },
	[OPT_LOGOUT] = { .name = "logout", .type = CSN_T_BOOL,
	    .fallback = "true",
	    .help = "Who leaves here is signed out at the identity provider, "
	    "if that can." },
	[OPT_LOGOUT_BINDING] = { .name = "logout_binding",
	    .type = CSN_T_CHOICE, .choices = "auto|redirect|post|soap",
	    .fallback = "auto",
	    .help = "How the identity provider is told of it; soap: without "
	    "the browser. auto: the first of these that it takes; with a "
	    "signing_key other than RSA redirect comes last." },
	[OPT_SKEW] = { .name = "skew", .type = CSN_T_SECONDS, .max = 600,
	    .fallback = "60s",
	    .help = "How far the identity provider's clock may be off." },
	[OPT_REFRESH] = { .name = "refresh", .type = CSN_T_SECONDS,
	    .min = 60, .max = 604800, .fallback = "6h",
	    .help = "How often metadata is fetched, at least; its "
	    "cacheDuration may ask for more, that of one member of a "
	    "federation not." },
	[OPT_METADATA_MAX] = { .name = "metadata_max", .type = CSN_T_INT,
	    .min = 1, .max = 120, .fallback = "16",
	    .help = "The most MiB of metadata that are fetched. While it is "
	    "read, a federation's takes four times its size." },
	[OPT_DOMAINS] = { .name = "domains", .type = CSN_T_MAP,
	    .max = NAME_BYTES,
	    .help = "With several identity providers: mail domain: entity "
	    "ID, so that a typed name leads to one." },
	[OPT_CONTACT] = { .name = "contact", .type = CSN_T_STRING,
	    .max = 255,
	    .help = "Mail address of a technical contact, for our "
	    "metadata." },
	[OPT_ORGANISATION] = { .name = "organisation",
	    .type = CSN_T_STRING, .max = 255,
	    .help = "Our organisation's name, for our metadata." },
};
