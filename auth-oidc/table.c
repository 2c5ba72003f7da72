/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * table.c - the options of a provider, as people write them
 *
 * The manual is made from these sentences. What has a fallback in a preset has
 * none here.
 */
#include "table.h"

/* The directory of Microsoft's personal accounts. */
#define CONSUMERS "9188040d-6c67-4c5b-b112-36a304b66dad"
/* Whoever wants an account there makes one. */
#define PUBLIC "https://accounts.google.com|https://gitlab.com|"	\
    "https://appleid.apple.com|"					\
    "https://login.microsoftonline.com/" CONSUMERS "/v2.0|"		\
    "https://www.facebook.com|https://www.linkedin.com/oauth|"		\
    "https://api.login.yahoo.com|https://access.line.me|"		\
    "https://auth.login.yahoo.co.jp/yconnect/v2|https://slack.com|"	\
    "https://id.twitch.tv/oauth2|https://www.paypal.com|"		\
    "https://orcid.org"

#define ALGS "RS256|RS384|RS512|PS256|PS384|PS512|ES256|ES384|ES512|EdDSA"

const struct csn_opt options_table[OPTIONS_COUNT] = {
	[OPT_PROVIDER] = { .name = "provider", .type = CSN_T_CHOICE,
	    .choices = "generic|entra|google|okta|auth0|keycloak|adfs|"
	    "gitlab|apple", .fallback = "generic",
	    .anybody = "google|gitlab|apple",
	    .help = "Fills in what is known of a provider; countersign "
	    "factor NAME shows what it came to." },
	[OPT_ISSUER] = { .name = "issuer", .type = CSN_T_HTTPS_URL,
	    .max = 1024, .anybody = PUBLIC,
	    .help = "The provider's name, byte for byte as it says it "
	    "itself; its metadata are found below it." },
	[OPT_TENANT] = { .name = "tenant", .type = CSN_T_STRING, .max = 128,
	    .anybody = CONSUMERS,
	    .help = "With provider: entra, the directory's id: a UUID, not "
	    "common or organizations." },
	[OPT_CA] = { .name = "ca", .type = CSN_T_FILE, .max = 1048576,
	    .help = "PEM file of the authorities that vouch for the "
	    "provider; without it the system's." },
	[OPT_ORIGINS] = { .name = "origins", .type = CSN_T_HTTPS_URL,
	    .flags = CSN_O_REPEAT, .max = 1024,
	    .help = "Further places where the provider has endpoints, as "
	    "https://HOST; the issuer's own needs no mention." },
	[OPT_CLIENT_ID] = { .name = "client_id", .type = CSN_T_STRING,
	    .flags = CSN_O_REQUIRED, .min = 1, .max = 512,
	    .help = "What the provider calls this application." },
	[OPT_CLIENT_SECRET] = { .name = "client_secret",
	    .type = CSN_T_SECRET,
	    .help = "The secret that the provider gave for it." },
	[OPT_CLIENT_KEY] = { .name = "client_key", .type = CSN_T_SECRET,
	    .help = "A private key as PEM, whose public half the provider "
	    "has: for private_key_jwt, request objects and "
	    "tls_client_auth." },
	[OPT_CLIENT_CERT] = { .name = "client_certificate",
	    .type = CSN_T_FILE, .max = 1048576,
	    .help = "The PEM certificate of client_key: shown in TLS, or "
	    "named in assertions." },
	[OPT_CLIENT_AUTH] = { .name = "client_auth", .type = CSN_T_CHOICE,
	    .choices = "auto|client_secret_basic|client_secret_post|"
	    "client_secret_jwt|private_key_jwt|tls_client_auth|none",
	    .fallback = "auto",
	    .help = "How this application proves itself to the provider. "
	    "auto is private_key_jwt with client_key, client_secret_basic "
	    "with client_secret, else none." },
	[OPT_CLIENT_AUTH_ALG] = { .name = "client_auth_alg",
	    .type = CSN_T_CHOICE, .choices = "auto|HS256|" ALGS,
	    .fallback = "auto",
	    .help = "The algorithm of assertions and request objects. auto "
	    "is what fits the key: PS256, ES256 to ES512 or EdDSA; HS256 "
	    "with client_secret_jwt." },
	[OPT_CLIENT_AUTH_AUDIENCE] = { .name = "client_auth_audience",
	    .type = CSN_T_CHOICE, .choices = "issuer|endpoint",
	    .fallback = "issuer",
	    .help = "To whom assertions are addressed: the issuer, or, for "
	    "older providers, the endpoint." },
	[OPT_CLIENT_KEY_ID] = { .name = "client_key_id",
	    .type = CSN_T_STRING, .max = 256,
	    .help = "The kid by which the provider knows client_key." },
	[OPT_RESPONSE_TYPE] = { .name = "response_type",
	    .type = CSN_T_CHOICE, .choices = "code|id_token",
	    .fallback = "code",
	    .help = "code, or id_token for old providers that have nothing "
	    "better: the implicit flow, weaker, by form_post only." },
	[OPT_RESPONSE_MODE] = { .name = "response_mode",
	    .type = CSN_T_CHOICE,
	    .choices = "query|form_post|query.jwt|form_post.jwt",
	    .fallback = "query",
	    .help = "How the provider's answer comes back; those with jwt "
	    "are signed (JARM), and a plain one is refused then." },
	[OPT_SCOPE] = { .name = "scope", .type = CSN_T_STRING,
	    .flags = CSN_O_REPEAT, .min = 1, .max = 256,
	    .help = "What is asked for besides openid. Default: profile and "
	    "email." },
	[OPT_ALGORITHMS] = { .name = "algorithms", .type = CSN_T_CHOICE,
	    .choices = ALGS "|HS256|HS384|HS512", .flags = CSN_O_REPEAT,
	    .help = "Signature algorithms accepted in tokens; best the one "
	    "that is registered, to which logout tokens are held too. "
	    "Default: RS256, PS256, ES256 and EdDSA. Those with HS use "
	    "client_secret and go with no other." },
	[OPT_SKEW] = { .name = "skew", .type = CSN_T_SECONDS,
	    .fallback = "60s", .max = 300,
	    .help = "By how much the provider's clock may differ." },
	[OPT_AUDIENCES] = { .name = "audiences", .type = CSN_T_STRING,
	    .flags = CSN_O_REPEAT, .min = 1, .max = 512,
	    .help = "Further audiences that an ID token may name beside "
	    "client_id; any other is refused." },
	[OPT_DECRYPTION_KEY] = { .name = "decryption_key",
	    .type = CSN_T_SECRET, .flags = CSN_O_REPEAT,
	    .help = "A private key as PEM for tokens that the provider "
	    "encrypts; two while they are exchanged." },
	[OPT_SUBJECT] = { .name = "subject", .type = CSN_T_STRING,
	    .min = 1, .max = 256,
	    .help = "The claim that names the person. Default: sub. A path "
	    "such as realm_access.name goes inside; quote a part that has "
	    "dots: \"https://example.org/user\". email counts only with "
	    "email_verified." },
	[OPT_SUBJECT_ID] = { .name = "subject_id", .type = CSN_T_STRING,
	    .min = 1, .max = 256,
	    .help = "The claim that never changes for a person. Default: "
	    "sub." },
	[OPT_STRIP_DOMAIN] = { .name = "strip_domain", .type = CSN_T_STRING,
	    .min = 1, .max = 253, .anybody = "",
	    .help = "The domain of the names, cut off: of name@DOMAIN or "
	    "DOMAIN\\name. A name of another domain is refused." },
	[OPT_GROUPS_CLAIM] = { .name = "groups_claim",
	    .type = CSN_T_STRING, .flags = CSN_O_REPEAT, .min = 1,
	    .max = 256,
	    .help = "Claims that list groups: an array of strings or one "
	    "string; as paths. Default: groups." },
	[OPT_MISSING_GROUPS] = { .name = "missing_groups",
	    .type = CSN_T_CHOICE, .choices = "unknown|none",
	    .fallback = "unknown",
	    .help = "What it means that a login brings none of "
	    "groups_claim. unknown: no guard with group holds, behind not "
	    "neither. none: the person is in no group, as a provider means "
	    "it that leaves an empty list out; where it forgets the claim, "
	    "everybody is somebody who is not in a group. Logged at each "
	    "start." },
	[OPT_DISPLAY_NAME] = { .name = "display_name",
	    .type = CSN_T_STRING, .fallback = "name", .min = 1, .max = 256,
	    .help = "The claim passed on as name." },
	[OPT_MAIL] = { .name = "mail", .type = CSN_T_STRING,
	    .fallback = "email", .min = 1, .max = 256,
	    .help = "The claim passed on as mail; email only with "
	    "email_verified." },
	[OPT_ATTRIBUTES] = { .name = "attributes", .type = CSN_T_MAP,
	    .max = 256,
	    .help = "Further attributes to pass on: a claim for each." },
	[OPT_REQUIRE] = { .name = "require", .type = CSN_T_MAP,
	    .flags = CSN_O_REPEAT, .max = 512, .anybody = "",
	    .help = "Claims that a login must have, with the values that "
	    "will do: hd: example.com, or true and false. Without it "
	    "the person is refused." },
	[OPT_ACR_VALUES] = { .name = "acr_values", .type = CSN_T_STRING,
	    .flags = CSN_O_REPEAT, .min = 1, .max = 256,
	    .help = "Authentication contexts that are asked for. A policy "
	    "reads by where acr which one was answered; with require_acr "
	    "a login with none of them is refused." },
	[OPT_REQUIRE_ACR] = { .name = "require_acr", .type = CSN_T_BOOL,
	    .fallback = "false",
	    .help = "Whether one of acr_values is demanded: a login that "
	    "the provider gives none of them is refused." },
	[OPT_ACR_CLAIM] = { .name = "acr_claim", .type = CSN_T_STRING,
	    .min = 1, .max = 256,
	    .help = "The claim that answers acr_values. Default: acr; with "
	    "entra acrs." },
	[OPT_AMR_VALUES] = { .name = "amr_values", .type = CSN_T_STRING,
	    .flags = CSN_O_REPEAT, .min = 1, .max = 64,
	    .help = "Authentication methods (RFC 8176) of which a login "
	    "must have used one: mfa." },
	[OPT_MAX_AGE] = { .name = "max_age", .type = CSN_T_SECONDS,
	    .max = 31536000,
	    .help = "The greatest age of the login at the provider; an "
	    "older one is done again there. A policy's fresh may lower "
	    "it." },
	[OPT_PROMPT] = { .name = "prompt", .type = CSN_T_CHOICE,
	    .choices = "none|login|consent|select_account",
	    .flags = CSN_O_REPEAT,
	    .help = "What the provider shall ask even if it need not." },
	[OPT_LOGIN_HINT] = { .name = "login_hint", .type = CSN_T_BOOL,
	    .fallback = "true",
	    .help = "Whether the provider is told who the person may be." },
	[OPT_UI_LOCALES] = { .name = "ui_locales", .type = CSN_T_BOOL,
	    .fallback = "true",
	    .help = "Whether the provider is told the language of our "
	    "pages." },
	[OPT_CLAIMS] = { .name = "claims", .type = CSN_T_STRING,
	    .max = 4096,
	    .help = "The claims parameter of the request: a JSON object." },
	[OPT_PARAMETERS] = { .name = "parameters", .type = CSN_T_MAP,
	    .max = 1024,
	    .help = "Further parameters of the request, as access_type: "
	    "offline. Those that we set ourselves are refused." },
	[OPT_USERINFO] = { .name = "userinfo", .type = CSN_T_CHOICE,
	    .choices = "auto|always|never", .fallback = "auto",
	    .help = "Whether the userinfo endpoint is asked: auto if the ID "
	    "token lacks a claim that is used." },
	[OPT_PAR] = { .name = "pushed_requests", .type = CSN_T_CHOICE,
	    .choices = "auto|always|never", .fallback = "auto",
	    .help = "Pushed authorization requests (RFC 9126); auto if the "
	    "provider demands them." },
	[OPT_REQUEST_OBJECT] = { .name = "signed_requests",
	    .type = CSN_T_BOOL, .fallback = "false",
	    .help = "Requests signed by client_key (RFC 9101)." },
	[OPT_DPOP] = { .name = "dpop", .type = CSN_T_BOOL,
	    .fallback = "false",
	    .help = "Tokens bound to a key that each login makes for itself "
	    "(RFC 9449); no client_key is needed for it." },
	[OPT_CERT_BOUND] = { .name = "certificate_bound",
	    .type = CSN_T_BOOL, .fallback = "false",
	    .help = "Tokens bound to client_certificate (RFC 8705 3)." },
	[OPT_RENEW] = { .name = "renew", .type = CSN_T_BOOL,
	    .fallback = "true",
	    .help = "Whether a refresh token, where the provider gives one, "
	    "is kept to ask from time to time whether the person is still "
	    "good." },
	[OPT_REVOKE] = { .name = "revoke", .type = CSN_T_BOOL,
	    .fallback = "true",
	    .help = "Whether tokens are revoked at logout (RFC 7009)." },
	[OPT_PROVIDER_LOGOUT] = { .name = "provider_logout",
	    .type = CSN_T_BOOL, .fallback = "true",
	    .help = "Whether a logout here goes on to the provider's." },
	[OPT_INITIATED_LOGIN] = { .name = "initiated_login",
	    .type = CSN_T_BOOL, .fallback = "false",
	    .help = "Whether the provider's own pages may begin a login "
	    "here." },
	[OPT_DISCOVERY] = { .name = "discovery", .type = CSN_T_BOOL,
	    .fallback = "true",
	    .help = "Whether the provider's metadata are fetched; without "
	    "them write the endpoints and jwks_uri or jwks." },
	[OPT_AUTHORIZATION_ENDPOINT] = { .name = "authorization_endpoint",
	    .type = CSN_T_HTTPS_URL, .max = 2048,
	    .help = "Instead of what the metadata say." },
	[OPT_TOKEN_ENDPOINT] = { .name = "token_endpoint",
	    .type = CSN_T_HTTPS_URL, .max = 2048,
	    .help = "Instead of what the metadata say." },
	[OPT_USERINFO_ENDPOINT] = { .name = "userinfo_endpoint",
	    .type = CSN_T_HTTPS_URL, .max = 2048,
	    .help = "Instead of what the metadata say." },
	[OPT_GROUPS_ENDPOINT] = { .name = "groups_endpoint",
	    .type = CSN_T_HTTPS_URL, .max = 2048,
	    .help = "Where all groups of a person are listed, in pages as "
	    "Microsoft Graph has them, for those with too many for a token; "
	    "asked with the access token. Default with entra: Graph's." },
	[OPT_JWKS_URI] = { .name = "jwks_uri", .type = CSN_T_HTTPS_URL,
	    .max = 2048,
	    .help = "Where the provider's keys are, instead of what the "
	    "metadata say." },
	[OPT_END_SESSION_ENDPOINT] = { .name = "end_session_endpoint",
	    .type = CSN_T_HTTPS_URL, .max = 2048,
	    .help = "Instead of what the metadata say." },
	[OPT_REVOCATION_ENDPOINT] = { .name = "revocation_endpoint",
	    .type = CSN_T_HTTPS_URL, .max = 2048,
	    .help = "Instead of what the metadata say." },
	[OPT_PAR_ENDPOINT] = {
	    .name = "pushed_authorization_request_endpoint",
	    .type = CSN_T_HTTPS_URL, .max = 2048,
	    .help = "Instead of what the metadata say." },
	[OPT_JWKS] = { .name = "jwks", .type = CSN_T_FILE, .max = 262144,
	    .help = "A file with the provider's keys (RFC 7517), which are "
	    "then never fetched." },
	[OPT_REFRESH] = { .name = "refresh", .type = CSN_T_SECONDS,
	    .fallback = "1h", .min = 60, .max = 86400,
	    .help = "How often metadata and keys are fetched anew." },
	[OPT_KEYS_LIFETIME] = { .name = "keys_lifetime",
	    .type = CSN_T_SECONDS, .fallback = "1d", .min = 300,
	    .max = 2592000,
	    .help = "How long keys are good while the provider cannot be "
	    "asked for new ones." },
};
