/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin.h - what the operator's commands that work without a gate share
 */
#ifndef COUNTERSIGN_HOST_ADMIN_H
#define COUNTERSIGN_HOST_ADMIN_H

#include "gate.h"

/* The configuration, or NULL if there are faults; all are said. The registry
 * is to be freed in either case. */
struct conf *admin_conf_open(const struct csn_options *,
    struct plugin_registry **ret_plugins, unsigned *ret_faults);
/* As root the command becomes the owner of a folder of the service, whose
 * files it reads and writes (security.md O5). 0, or -1 with words. */
int admin_become_owner(const char *dir, struct csn_str *ret);
/* The highest number of the feed that this node has noted outside the store;
 * 0: none. 0, or -1: it is there and cannot be read. */
int admin_mark_read(const struct conf *, uint64_t *ret);
/* Whether the store, if it is there and ours to read, has enrolments of
 * factors that are gone from a configuration; each reason is said. Returns how
 * many. The store is opened as its owner, in a child. */
unsigned admin_orphans(const struct csn_options *, const struct conf *);
/* Warns of files of secrets that the daemon could not read. */
void admin_secrets(const struct csn_options *, const struct conf *);
/* One event; -1 if it could not be written: then nothing is changed. */
int admin_event(const struct conf *, const char *event, struct csn_str who,
    struct csn_str subject, struct csn_str reason);
/* The same beside a running daemon, about somebody. */
int admin_audit(struct csn_gate *, const char *event, struct csn_str who,
    struct csn_str realm, struct csn_str subject, struct csn_str factor);
/* Realm and canonical subject of what was typed; "" is the only realm. 0, or
 * -1 with words. */
int admin_person(const struct conf *, struct arena *, struct csn_str realm,
    struct csn_str subject, struct person *ret, struct csn_str *ret_error);

#endif
