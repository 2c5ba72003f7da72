/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_read.h - one load of the configuration, as its sections share it
 *
 * For conf*.c only. A section reads its part of the tree into the
 * configuration's arena and says what is wrong; none stops at the first
 * fault. Sections are read in the order of conf.c, so that each finds the
 * names it refers to. The tree and the faults live in `scratch`.
 */
#ifndef COUNTERSIGN_HOST_CONF_READ_H
#define COUNTERSIGN_HOST_CONF_READ_H

#include "conf.h"
#include "conf_schema.h"
#include "yaml.h"

#define CONF_FACTORS_MAX	CHAIN_FACTORS_MAX
#define CONF_NETWORKS_MAX	64u
#define CONF_REALMS_MAX		BITS_MAX
#define CONF_LISTENERS_MAX	16u
#define CONF_POLICIES_MAX	2048u
#define CONF_PAGES_MAX		4u	/* policies of pages of ours, behind
					 * those of the file */
#define CONF_MATCH_MAX		256u	/* hosts, or paths, of one policy */
#define CONF_NAME_MAX		64u
#define CONF_SUBJECT_MAX	255u
#define CONF_FILE_MAX		(1024u * 1024u)

/* The sections as nodes; NULL where nothing is written. */
struct conf_top {
	const struct yaml *version, *public_url, *shared_origin, *listen,
	    *store, *keys, *site, *networks, *realms, *groups, *factors,
	    *ways, *enrol, *session, *headers, *policies, *throttle, *audit,
	    *notify, *account, *remember, *desk;
};

/* `ways:` by name; each entry is read anew wherever it is used. */
struct conf_ways {
	struct csn_str name;
	const struct yaml *node;
	size_t n;
	struct way way[CHAIN_WAYS_MAX];
	const struct yaml *at[CHAIN_WAYS_MAX];
	bool bad;
	const struct conf_policy *used_by;	/* the latest */
};

struct conf_reader {
	struct conf *conf;
	struct arena *arena;		/* conf's */
	struct arena scratch;
	struct faults faults;
	struct yaml_source source;
	struct conf_top top;
	conf_find_plugin *find;
	void *find_arg;
	/* conf's own, while they are written */
	struct conf_network *networks;
	struct conf_realm *realms;
	struct conf_group *groups;
	struct conf_factor *factors;
	struct conf_policy *policies;
	struct conf_ways *ways;
	size_t nways;
	struct bits broken;		/* factors at fault already */
	int64_t *remember_s;		/* by factor, for every policy; NULL:
					 * nothing is written */
};

/* A fault at a value, or at its name. */
#define fault_at(r, y, ...)	fault_add(&(r)->faults, &(y)->at, __VA_ARGS__)
#define fault_key(r, y, ...) \
	fault_add(&(r)->faults, &(y)->key_at, __VA_ARGS__)
#define warn_at(r, y, ...)	fault_warn(&(r)->faults, &(y)->at, __VA_ARGS__)

/* What the file may hold: the root, and each section where it is read. */
extern const struct schema_shape conf_shape, conf_shape_audit,
    conf_shape_notify, conf_shape_desk,
    conf_shape_enrol, conf_shape_factors, conf_shape_groups,
    conf_shape_headers, conf_shape_keys, conf_shape_listen,
    conf_shape_match, conf_shape_networks, conf_shape_page,
    conf_shape_policies, conf_shape_remember,
    conf_shape_realms, conf_shape_session, conf_shape_site, conf_shape_store,
    conf_shape_throttle, conf_shape_ways;

/* The sections. */
void conf_read_networks(struct conf_reader *);
void conf_read_realms(struct conf_reader *);	/* with factors' own */
void conf_read_groups(struct conf_reader *);
void conf_read_site(struct conf_reader *);
void conf_read_factors(struct conf_reader *);
void conf_check_realms(struct conf_reader *);	/* after factors */
void conf_read_enrol(struct conf_reader *);
void conf_read_ways(struct conf_reader *);
void conf_read_public_url(struct conf_reader *);
void conf_read_listen(struct conf_reader *);
void conf_read_store(struct conf_reader *);
void conf_read_headers(struct conf_reader *);
void conf_read_session(struct conf_reader *);
void conf_read_policies(struct conf_reader *);
void conf_check_asked(struct conf_reader *);	/* second factors used */
void conf_check_recovery(struct conf_reader *);	/* codes that count */
void conf_check_anybody(struct conf_reader *);	/* ways of the whole world */
void conf_check_policies(struct conf_reader *);	/* against each other */
void conf_read_account(struct conf_reader *);	/* after policies */
void conf_read_remember(struct conf_reader *);	/* before policies */
void conf_read_desk(struct conf_reader *);	/* likewise */
void conf_read_throttle(struct conf_reader *);
void conf_read_audit(struct conf_reader *);
void conf_read_notify(struct conf_reader *);

/* Parts that several sections share. */
struct fault_place conf_place(const struct conf_reader *,
    const struct conf_place *);
/* A policy of a page of ours, behind those of the file: it has no host, so no
 * request falls under it. NULL: out of memory. */
struct conf_policy *conf_page_policy(struct conf_reader *,
    struct csn_str name);
/* What such a section says: `require`, and what stands beside it. */
void conf_read_page_policy(struct conf_reader *, const struct yaml *,
    const char *what, struct conf_policy *);
/* The same of `desk`, with what only stands there. */
void conf_read_desk_policy(struct conf_reader *, const struct yaml *,
    struct conf_policy *, const struct yaml **ret_may,
    struct conf_allow *ret_not_for);
void conf_read_match(struct conf_reader *, const struct yaml *,
    struct conf_policy *);
void conf_read_require(struct conf_reader *, const struct yaml *,
    struct conf_policy *);
/* Who may connect to a listener, as written (conf_peers.c); */
void conf_peers_tcp(struct conf_reader *, const struct yaml *,
    struct conf_listener *);
void conf_peers_unix(struct conf_reader *, const struct yaml *,
    struct conf_listener *);
/* and where nothing is written: this machine, for an address of its loopback;
 * for a socket the users that its proxies run as, root and ourselves. */
void conf_peers_loopback(struct conf_reader *, struct conf_listener *);
void conf_peers_default(struct conf_reader *, struct conf_listener *);
/* The options of a factor by its plugin's table (conf_value.c). */
void conf_read_options(struct conf_reader *, const struct yaml *map,
    struct conf_factor *);
/* Whether a browser may be remembered under a policy: what is said for all,
 * and what it says itself (y, or NULL). `asked`: it says that it accepts
 * them. */
void conf_read_remembered(struct conf_reader *, const struct yaml *y,
    const struct yaml *asked, struct conf_policy *);
/* Realms of the factors that a policy's ways begin with. */
struct bits conf_first_realms(const struct conf *, const struct conf_policy *);
/* The tree as YAML again (conf_print.c). */
void conf_print(struct conf_reader *, const struct yaml *root, struct buf *);
/* SHA-256 of what rounds rely on, cut. */
void conf_policy_hash(struct conf_reader *, struct conf_policy *);

/* The factor's index, or -1 after a fault with the nearest name. */
int conf_factor_named(struct conf_reader *, const struct fault_place *,
    struct csn_str name);
/* The network's index, or -1 after a fault with the nearest name. */
int conf_network_named(struct conf_reader *, const struct fault_place *,
    struct csn_str name);
/* `short`, or `realm/group`: checked. 0, or -1 with a fault. */
int conf_check_group(struct conf_reader *, const struct fault_place *,
    struct csn_str name);
/* `subject`, or `realm/subject`: checked, folded as the realm folds; `realms`
 * are those it may be of. *ret is in the arena. 0, or -1 with a fault. */
int conf_check_user(struct conf_reader *, const struct fault_place *,
    struct csn_str name, const struct bits *realms, struct csn_str *ret);

#endif
