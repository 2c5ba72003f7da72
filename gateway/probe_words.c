/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe_words.c - what each find is called, what it means, what to change
 *
 * A word is for scripts and stays; the sentence is for whoever reads it at
 * three in the morning. The changes name what the shipped examples have.
 */
#include "probe.h"

#define NGINX	0
#define CADDY	1
#define TRAEFIK	2
#define ENVOY	3
#define HAPROXY	4

const char *const probe_proxies[5] = {
	"nginx", "Caddy", "Traefik", "Envoy", "HAProxy",
};

#define GUARD_ALL {							\
	[NGINX] = "include countersign/application.conf in the server "	\
	    "block, and no `auth_request off` in a location of the "	\
	    "application",						\
	[CADDY] = "put every route of the application into the block "	\
	    "of `import countersign`",					\
	[TRAEFIK] = "every router of the host has the middlewares "	\
	    "no-underscores and countersign",				\
	[ENVOY] = "no `disabled: true` of ext_authz on a route of the "	\
	    "application; failure_mode_allow: false",			\
	[HAPROXY] = "`http-request lua.countersign HOST` for all of the "\
	    "host but /.countersign/" }

#define CLEAR_ALL {							\
	[NGINX] = "include countersign/headers.conf in every location "	\
	    "that has a proxy_set_header line of its own, and "		\
	    "headers-fastcgi.conf in one with fastcgi_pass",		\
	[CADDY] = "copy_headers names each identity header, and Cookie",\
	[TRAEFIK] = "authResponseHeaders names each identity header, "	\
	    "and Cookie",						\
	[ENVOY] = "header_mutation removes each identity header before "\
	    "ext_authz; allowed_upstream_headers names each",		\
	[HAPROXY] = "TOLD in countersign.lua names each identity header" }

const struct probe_words probe_words[PROBE_WORDS] = {
	[PROBE_BACKEND] = { "backend-open", PROBE_IS_OPEN,
	    "The application can be reached without the proxy: whoever does "
	    "so is whoever they say they are.",
	    { [NGINX] = "let the application listen on 127.0.0.1 or a unix "
		"socket, or let a firewall pass the proxy alone; the same "
		"for every proxy" } },
	[PROBE_ANONYMOUS] = { "anonymous-page", PROBE_IS_OPEN,
	    "The page answers who is not logged in.", GUARD_ALL },
	[PROBE_UNGUARDED] = { "unguarded-path", PROBE_IS_OPEN,
	    "Paths beside the page reach the application without a login "
	    "(what is meant to be public: --public PATH).", GUARD_ALL },
	[PROBE_PLAIN] = { "plain-http", PROBE_IS_OPEN,
	    "Plain http neither is refused nor leads to https at this host.",
	    { [NGINX] = "on port 80 `return 301 https://HOST$request_uri;` "
		"with the host as a literal, and a default server that "
		"refuses",
	      [CADDY] = "leave automatic https on; no http:// site",
	      [TRAEFIK] = "the entry point of port 80 has only "
		"http.redirections to websecure",
	      [ENVOY] = "a listener on port 80 has https_redirect only",
	      [HAPROXY] = "`http-request redirect scheme https` in the "
		"frontend of port 80" } },
	[PROBE_FORGED_IN] = { "forged-identity", PROBE_IS_OPEN,
	    "A client that sends an identity header itself is let in.",
	    GUARD_ALL },
	[PROBE_FORGED_ARRIVES] = { "identity-arrives", PROBE_IS_OPEN,
	    "An identity header that the client sent reaches the "
	    "application.", CLEAR_ALL },
	[PROBE_UNDERSCORE] = { "underscore-arrives", PROBE_IS_OPEN,
	    "An identity header spelt with underscores or dots reaches the "
	    "application; many read it as the other one.",
	    { [NGINX] = "underscores_in_headers off (it is, where nothing "
		"is written)",
	      [CADDY] = "`request_header -Remote_*` and `-Remote.*` before "
		"forward_auth",
	      [TRAEFIK] = "the middleware no-underscores before "
		"countersign; aliasHeadersStrategy: delete",
	      [ENVOY] = "headers_with_underscores_action: DROP_HEADER; "
		"header_mutation removes remote.user and its like",
	      [HAPROXY] = "forged_remove() of the shipped countersign.lua" }
	},
	[PROBE_WEBSOCKET] = { "websocket", PROBE_IS_OPEN,
	    "An upgrade to WebSocket, or to HTTP/2, passes without a "
	    "login.", GUARD_ALL },
	[PROBE_FORWARDED] = { "forged-forwarding", PROBE_IS_OPEN,
	    "What a client says of its own request (address, host, path, "
	    "method) changes what is asked of it.",
	    { [NGINX] = "X-Original-URL and X-Original-Method are set in "
		"/.countersign-check, with the host as a literal",
	      [CADDY] = "no trusted_proxies; header_up writes host, proto "
		"and X-Real-IP",
	      [TRAEFIK] = "no trustForwardHeader, no "
		"forwardedHeaders.insecure",
	      [ENVOY] = "headers_to_add of ext_authz writes each "
		"X-Forwarded header; use_remote_address: true",
	      [HAPROXY] = "only ASKED of countersign.lua is passed on" } },
	[PROBE_DEFAULT] = { "default-server", PROBE_IS_OPEN,
	    "Under a name that is nobody's the server answers as an "
	    "application would.",
	    { [NGINX] = "a default_server with ssl_reject_handshake on and "
		"return 421",
	      [CADDY] = "no site called :443, http:// or *",
	      [TRAEFIK] = "no router without Host(…)",
	      [ENVOY] = "no virtual host with the domain *",
	      [HAPROXY] = "`http-request deny deny_status 421 unless` one "
		"of your hosts; no default_backend" } },
	[PROBE_ODD_HOST] = { "odd-host", PROBE_IS_OPEN,
	    "A host in an odd form reaches an application, or leads "
	    "elsewhere.",
	    { [NGINX] = "$countersign_host, never $host or $http_host, in "
		"what is passed on",
	      [CADDY] = "header_up Host with the host as a literal",
	      [TRAEFIK] = "Host(…) with literal names only",
	      [ENVOY] = "domains with literal names only",
	      [HAPROXY] = "acl hdr(host) -i with whole names only" } },
	[PROBE_ODD_PATH] = { "odd-path", PROBE_IS_OPEN,
	    "A path in an odd form reaches the application without a "
	    "login.",
	    { [NGINX] = "no auth_request off but in locations of "
		"countersign; proxy_pass without a path behind it",
	      [CADDY] = "only /.countersign/* is handled before "
		"forward_auth; no uri strip_prefix before it",
	      [TRAEFIK] = "no path middleware before countersign; "
		"encodedCharacters as shipped",
	      [ENVOY] = "ext_authz is disabled for /.countersign/ alone, "
		"which goes to countersign_pages",
	      [HAPROXY] = "is_ours goes to countersign_pages and nowhere "
		"else; no set-path before the check" } },
	[PROBE_METHOD] = { "method", PROBE_IS_OPEN,
	    "A method passes without a login.",
	    { [NGINX] = "no limit_except and no `if ($request_method…)` "
		"that answers or passes before auth_request",
	      [CADDY] = "no `method` matcher before forward_auth",
	      [TRAEFIK] = "no router with Method(…) without the "
		"middleware; CORS is the application's",
	      [ENVOY] = "no cors filter before ext_authz, no route by "
		"method with it disabled",
	      [HAPROXY] = "no acl by method on lua.countersign" } },
	[PROBE_SCRIPT] = { "script", PROBE_IS_OPEN,
	    "A script's request (fetch, XMLHttpRequest) passes without a "
	    "login.", GUARD_ALL },
	[PROBE_OLD_HTTP] = { "old-http", PROBE_IS_OPEN,
	    "HTTP/1.0, or a request without a host, reaches an "
	    "application.",
	    { [NGINX] = "a default_server that refuses",
	      [CADDY] = "no site called :443",
	      [TRAEFIK] = "no router without Host(…)",
	      [ENVOY] = "accept_http_10 stays off",
	      [HAPROXY] = "deny unless one of your hosts" } },
	[PROBE_COOKIE_ARRIVES] = { "cookie-arrives", PROBE_IS_OPEN,
	    "The application sees our session cookie, and could use it.",
	    CLEAR_ALL },

	[PROBE_SMUGGLING] = { "smuggling", PROBE_IS_WEAK,
	    "A request whose end can be seen in two places is not refused, "
	    "or is answered twice.",
	    { [NGINX] = "nginx 1.21.1 or later",
	      [CADDY] = "a Caddy of today",
	      [TRAEFIK] = "a Traefik of today",
	      [ENVOY] = "an Envoy of today",
	      [HAPROXY] = "no option accept-invalid-http-request" } },
	[PROBE_ROUTE] = { "no-route", PROBE_IS_WEAK,
	    "/.countersign/ of this host does not lead to Countersign's "
	    "pages: nobody can log in.",
	    { [NGINX] = "include countersign/application.conf; no "
		"location of yours takes /.countersign/",
	      [CADDY] = "`import countersign HOST`",
	      [TRAEFIK] = "the router hand-over has this host",
	      [ENVOY] = "the route /.countersign/ comes first",
	      [HAPROXY] = "use_backend countersign_pages if is_ours comes "
		"first" } },
	[PROBE_OLD_TLS] = { "old-tls", PROBE_IS_WEAK,
	    "A version of TLS is accepted that nobody should speak.",
	    { [NGINX] = "ssl_protocols TLSv1.2 TLSv1.3;",
	      [CADDY] = "no `protocols` below tls1.2",
	      [TRAEFIK] = "no tls.options with a minVersion below "
		"VersionTLS12",
	      [ENVOY] = "no tls_minimum_protocol_version below TLSv1_2",
	      [HAPROXY] = "ssl-default-bind-options ssl-min-ver TLSv1.2" }
	},
	[PROBE_COOKIE] = { "cookie", PROBE_IS_WEAK,
	    "A cookie of ours is changed on its way.",
	    { [NGINX] = "no proxy_cookie_domain, _path or _flags; no "
		"proxy_hide_header Set-Cookie",
	      [CADDY] = "no header_down Set-Cookie",
	      [TRAEFIK] = "no middleware that writes Set-Cookie",
	      [ENVOY] = "no response_headers_to_remove set-cookie",
	      [HAPROXY] = "no http-response replace-header Set-Cookie" } },
	[PROBE_REDIRECTED] = { "script-redirected", PROBE_IS_WEAK,
	    "A script is sent to the login instead of being told 401: it "
	    "reads a page where it expects data.",
	    { [NGINX] = "the location @countersign_login as shipped",
	      [CADDY] = "Sec-Fetch-Mode and Accept reach the check",
	      [TRAEFIK] = "authRequestHeaders is left out, or names Accept "
		"and Sec-Fetch-Mode",
	      [ENVOY] = "allowed_headers has accept and the prefix sec-",
	      [HAPROXY] = "ASKED of countersign.lua has accept and "
		"sec-fetch-mode" } },
	[PROBE_CACHED] = { "cached", PROBE_IS_WEAK,
	    "The redirect to the login may be kept by a cache: a browser "
	    "that has logged in is sent there again.",
	    { [NGINX] = "the location @countersign_login as shipped",
	      [CADDY] = "no header that replaces Cache-Control",
	      [TRAEFIK] = "no header that replaces Cache-Control",
	      [ENVOY] = "allowed_client_headers has cache-control",
	      [HAPROXY] = "answer() of countersign.lua as shipped" } },
	[PROBE_ERROR_PAGE] = { "error-page", PROBE_IS_WEAK,
	    "A person sees an error without words of help.",
	    { [NGINX] = "error_page and unavailable.conf as shipped",
	      [CADDY] = "import countersign-unavailable",
	      [TRAEFIK] = "the middleware unavailable as shipped",
	      [ENVOY] = "local_reply_config as shipped",
	      [HAPROXY] = "errorfile 503 and 504, and unavailable.http" } },

	[PROBE_ANY_HOST] = { "any-host", PROBE_IS_NOTE,
	    "A name that is nobody's is treated as this host. Nothing opens "
	    "by it, but a default server that refuses is better.",
	    { [NGINX] = "a default_server with ssl_reject_handshake on and "
		"return 421",
	      [CADDY] = "no site called :443",
	      [TRAEFIK] = "no router without Host(…)",
	      [ENVOY] = "no virtual host with the domain *",
	      [HAPROXY] = "deny unless one of your hosts" } },
	[PROBE_LENIENT] = { "lenient", PROBE_IS_NOTE,
	    "A request with a length and with chunks is read by its chunks, "
	    "and the connection goes on. Harmless, unless something before "
	    "the proxy reads the length.",
	    { [ENVOY] = "no allow_chunked_length" } },
	[PROBE_UNCLEAR] = { "unclear", PROBE_IS_NOTE,
	    "Neither the login nor a refusal, nor plainly the application: "
	    "see whether its log has the request.", { NULL } },
	[PROBE_SILENT] = { "no-answer", PROBE_IS_NOTE,
	    "Not tried to the end: no answer in time, 500 and above, or the "
	    "page no longer answers as it did at first.",
	    { NULL } },
};
