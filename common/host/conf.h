/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf.h - the configuration as the host uses it: checked, immutable
 *
 * conf_load() reads the file, its includes and the plugins' option tables and
 * reports every fault of one pass; what it returns needs no further check.
 * All memory is in the configuration's arena and lives as long as it does.
 * Safe to read from any thread.
 */
#ifndef COUNTERSIGN_HOST_CONF_H
#define COUNTERSIGN_HOST_CONF_H

#include <countersign/plugin.h>

#include "chain.h"
#include "lib/arena.h"
#include "lib/ip.h"

struct conf_place {
	struct csn_str file;
	unsigned line, column;		/* from 1 */
};

/* A text per language: name is "en", value the text; a plain scalar is the
 * text of "" (every language). */
struct conf_text { struct csn_pairs by_language; };

enum conf_role { CONF_PAGES = 1, CONF_CHECK, CONF_METRICS };
/* as CSN_DIALECT_... of host.h */
enum conf_dialect { CONF_NGINX = 1, CONF_CADDY, CONF_TRAEFIK, CONF_ENVOY,
    CONF_HAPROXY };

struct conf_listener {
	enum conf_role role;
	struct csn_str unix_path;	/* or "" */
	unsigned mode;			/* 0660 unless written */
	struct csn_str group;		/* owner group by name, or "" */
	struct csn_str tcp;		/* "address:port", or "" */
	const uint32_t *peer_uids;	/* unix; none: root and our own uid;
					 * not written: these, www-data and
					 * nginx as far as they are here */
	size_t npeer_uids;
	const struct ip_net *peers;	/* tcp */
	size_t npeers;
	enum conf_dialect dialect;	/* of CONF_CHECK */
	struct csn_str client_address;	/* header with the client's address from
					 * these peers; "" trusts none */
	struct csn_str tls_certificate, tls_key, tls_client_ca; /* paths */
	bool clear_text_accepted;
	struct conf_place place;
};

struct conf_network {
	struct csn_str name;
	const struct ip_net *nets;
	size_t nnets;
};

struct conf_realm {
	struct csn_str name;
	bool keep_case;			/* case: keep; default folds ASCII */
	int authority;			/* factor, or -1 */
	int64_t recheck_s;		/* 0: not */
	struct csn_strs names;		/* patterns reserved for this realm */
	bool identifies;		/* a factor of it does */
};

struct conf_group {
	struct csn_str name;		/* short */
	struct csn_pairs values;	/* realm name to the group's value
					 * there */
};

struct conf_enrol {
	bool first_login;
	uint64_t networks;		/* of first_login; 0: from everywhere */
	int64_t until_ms;		/* 0: without end */
	bool link;			/* default true */
	int64_t link_valid_s;		/* default 3 d */
	unsigned link_uses;		/* default 1 */
	int64_t remind_s;		/* before a grace ends; 0: not */
	bool written;			/* enrol: names this factor */
};

struct conf_factor {
	struct csn_str name, plugin_name;
	unsigned realm;			/* index; of a second factor unused */
	struct conf_text label;
	bool offered;			/* default true */
	bool alarm;
	bool recover_by_desk;		/* likewise: a temporary code */
	bool recover_by_code;		/* host word recover_by: a recovery
					 * code stands in for this factor */
	struct csn_pairs people;	/* host word: provider's name to
					 * subject; v NULL: not used */
	struct csn_pairs group_map;	/* host word `groups` at a factor */
	struct conf_enrol enrol;
	const struct csn_plugin *plugin;	/* copied by the loader */
	const struct csn_val *vals;	/* typed by the plugin's table, defaults
					 * included; SECRET texts empty */
	const struct csn_str *refs;	/* beside vals: a SECRET's reference
					 * (a file's path absolute), the path
					 * of a FILE, else "" */
	const struct conf_place *places;	/* beside vals */
	size_t nvals;
	struct csn_str base_url;	/* P/f/NAME/ */
	uint64_t fingerprint;		/* proof.h: factor_fingerprint() */
	struct conf_place place;
};

/* A factor by its fingerprint. */
struct conf_print {
	uint64_t fingerprint;
	unsigned factor;
};

enum conf_policy_kind { CONF_REQUIRE = 1, CONF_PUBLIC, CONF_DENY };

struct conf_host {			/* host of a match */
	struct csn_str name;		/* lower case; without the leading
					 * "*" */
	bool wildcard;			/* "*.example.org": name
					 * ".example.org" */
	uint16_t port;			/* 0: 443 */
};

struct conf_path {
	struct csn_str path;
	bool under;			/* a subtree by segments; else exact */
};

struct conf_allow {
	bool written;
	struct csn_strs groups;		/* "short" or "realm/group" */
	struct csn_strs users;		/* "subject" or "realm/subject" */
};

/* What a person is told of by mail; `notify: people`. */
enum conf_notice {
	NOTICE_DEVICE_ADDED = 1, NOTICE_DEVICE_REMOVED = 2,
	NOTICE_RECOVERY_CODE = 4, NOTICE_TEMPORARY_CODE = 8,
	NOTICE_DESK = 16, NOTICE_BROWSER = 32
};

struct conf_notify {
	struct csn_strs command;	/* argv; n 0: nobody is told */
	struct csn_str from;		/* an address */
	struct csn_str to;		/* attribute with the person's */
	uint32_t people;		/* conf_notice */
};

/* What the help desk may do; `desk: may`. */
enum conf_may {
	MAY_LOOK_UP = 1, MAY_UNLOCK = 2, MAY_END_SESSIONS = 4,
	MAY_TEMPORARY_CODE = 8, MAY_ENROL_LINK = 16, MAY_RESET = 32
};

struct conf_desk {
	int policy;			/* behind those of the file; -1: there
					 * is no desk */
	uint32_t may;			/* conf_may */
	struct conf_allow not_for;	/* whom it must not touch */
};

struct conf_policy {
	struct csn_str name;
	enum conf_policy_kind kind;
	const struct conf_host *hosts;
	size_t nhosts;
	const struct conf_path *paths;	/* none: every path */
	size_t npaths;
	struct csn_strs methods;	/* none: every method; upper case */
	uint64_t networks;		/* any of these; 0: everywhere */
	struct chain chain;		/* CONF_REQUIRE */
	struct conf_allow allow;
	int64_t *fresh_s;		/* by factor; 0: any age; NULL: all */
	int64_t idle_s, lifetime_s;	/* 0: the global ones; never above */
	bool accept_recovery, accept_remembered;
	int64_t *remember_s;		/* by factor: how old a remembered
					 * browser may be, where they are
					 * accepted; 0: none is good for this
					 * factor; NULL: as old as it is */
	bool accept_device;		/* nothing stands in for the device */
	bool refuse_temporary;		/* a change of the account (E5) */
	bool enrolled_by_link;		/* demands enrolments made by link or
					 * operator (security.md E3) */
	uint8_t hash[16];		/* of everything a round relies on */
	struct conf_place place;
};

/* One identity header: where its value comes from. */
enum conf_header_value {
	CONF_H_SUBJECT = 1, CONF_H_NAME, CONF_H_MAIL, CONF_H_GROUPS,
	CONF_H_REALM
};

struct conf_header {
	struct csn_str name;
	enum conf_header_value value;
};

struct conf_headers {
	const struct conf_header *v;
	size_t n;
	char separator;			/* of groups */
	bool percent;			/* UTF-8 percent-encoded */
};

struct conf_site {
	struct conf_text name, help_text, notice;
	struct csn_str help_url, logo;	/* logo: the file's SVG or PNG bytes */
	struct csn_str logo_type;	/* its media type */
	struct csn_strs languages;	/* "en", "ja"; the first is the
					 * default */
	struct csn_str time_zone;	/* IANA name; "UTC" */
};

struct conf_throttle {
	uint64_t shared_sources;	/* networks counted per person only */
	unsigned subject_tries;		/* failures in the window: 5 */
	unsigned source_tries;		/* 20 */
	int64_t window_s;		/* 900 */
};

struct conf {
	struct arena *arena;		/* owns everything here */
	struct csn_str public_url;	/* without a slash at the end */
	struct csn_str login_host;	/* lower case, with :port if not 443 */
	struct csn_str login_path;	/* "" or "/auth" */
	bool shared_origin;
	const struct conf_listener *listeners;
	size_t nlisteners;
	struct csn_str store_path;	/* sqlite */
	struct csn_str keys_dir;
	int64_t keys_warn_older_s;
	struct conf_site site;
	const struct conf_network *networks;	/* at most 64 */
	size_t nnetworks;
	const struct conf_realm *realms;
	size_t nrealms;
	const struct conf_group *groups;
	size_t ngroups;
	const struct conf_factor *factors;	/* at most BITS_MAX */
	size_t nfactors;
	const struct conf_print *prints;	/* of all factors, in order */
	struct bits identify, second;	/* factors by capability */
	struct conf_headers headers;
	const struct conf_policy *policies;
	size_t npolicies;
	size_t npages;			/* behind them: of pages of ours, under
					 * which no request falls */
	int account_policy;		/* of /account; -1: any session */
	int change_policy;		/* what changes there ask for afresh
					 * (security.md E5); -1: no factor */
	int64_t idle_s, lifetime_s;	/* session: 30 m, 10 h */
	bool keep;			/* cookies survive a closed browser */
	int64_t groups_max_age_s;	/* 15 m */
	struct conf_throttle throttle;
	struct conf_desk desk;
	struct conf_notify notify;
	struct csn_str audit_path;	/* "" is standard error */
	int64_t audit_keep_s;
	uint8_t hash[32];		/* of the file's text */
};

/* How a plugin's description is found while loading; NULL and a sentence in
 * the buffer if it cannot be. Plugins stay loaded for good. */
typedef const struct csn_plugin *conf_find_plugin(void *, struct csn_str name,
    struct buf *error);

/* Faults and warnings as lines "file:line:column: what; what would be right",
 * in the order of the file. */
struct conf_report {
	struct buf faults;		/* any: not loaded */
	struct buf warnings;		/* said by `check` and at start */
	unsigned nfaults, nwarnings;
	struct buf *print;		/* NULL, or where a good one is
					 * written: joined, with defaults, each
					 * value with its origin */
};

/* Reads and checks; *ret is freed by conf_free(). 0, or -1 with faults. */
int conf_load(const char *path, conf_find_plugin *, void *,
    struct conf_report *, struct conf **ret);
void conf_free(struct conf *);

/* The text for a language, falling back to "", then the site's first
 * language, then any. */
struct csn_str conf_text_for(const struct conf *, const struct conf_text *,
    struct csn_str language);
/* Index, or -1. */
int conf_factor_find(const struct conf *, struct csn_str name);
int conf_factor_of(const struct conf *, uint64_t fingerprint);
int conf_realm_find(const struct conf *, struct csn_str name);
/* How old a proof of the factor may be; 0: any age. */
int64_t conf_fresh_s(const struct conf_policy *, unsigned factor);
/* How old a remembered browser may be that stands in for the factor; 0: none
 * may. */
int64_t conf_remember_s(const struct conf_policy *, unsigned factor);
/* Those of the factors that pages offer. */
struct bits conf_shown(const struct conf *, const struct bits *factors);
/* Sets the factors' fingerprints. 0, or -1 without memory. */
int conf_prints(struct conf *, struct conf_factor *);
/* Whether a client in none or any of these networks. */
bool conf_networks_have(const struct conf *, uint64_t networks,
    const struct ip *);

#endif
