/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ldap_peer.h - real and misbehaving directory servers for the tests
 *
 * Servers run on loopback, write below a folder of their own, and are ended
 * by their process id. For tests only.
 */
#ifndef COUNTERSIGN_TESTS_LDAP_PEER_H
#define COUNTERSIGN_TESTS_LDAP_PEER_H

#include <sys/types.h>

#include "lib/testing_clock.h"
#include "lib/timefmt.h"
#include "tests/harness/plugin_harness.h"

#define BASE		"dc=example,dc=com"
#define PEOPLE		"ou=people," BASE
#define GROUPS		"ou=groups," BASE
#define WRONG_TEXT	"The name or password is not right, or the account " \
    "is locked for now. Check Caps Lock, then try again."
#define ACCOUNT_TEXT	"Your password is right, but this account is " \
    "{state}. Please contact {help}."

#define TOO_OLD_TEXT	"Your password is right, but it has expired. " \
    "Please contact {help}."
#define FIRST_TEXT	"Your password is right, but it has to be replaced " \
    "with one of your own first. Please contact {help}."

struct peer {			/* slapd, by tests/peers/slapd.sh */
	char dir[64];
	unsigned port, tls_port;
};

/* Is OpenLDAP's server installed? */
bool peer_installed(void);
/* A program of tests at one slapd: says so, and why, if it is to be skipped;
 * the functions are its group's. */
bool peer_group(struct peer *);
int peer_group_start(void **state);
int peer_group_stop(void **state);
/* Each ends the test's process when it fails. */
void peer_start(struct peer *);
void peer_stop(struct peer *);		/* and removes the folder */
void peer_kill(struct peer *);		/* SIGKILL */
void peer_resume(struct peer *);
/* Runs ldapmodify as the administrator with this LDIF. */
void peer_modify(struct peer *, const char *ldif);
/* An option whose value is a file of the peer's folder. */
void peer_option_file(const struct peer *, struct harness *,
    const char *option, const char *file);

/* Runs a script of tests/peers with a command and the folder; its status. The
 * server that it starts is the script's own to end. */
int peer_script(const struct peer *, const char *script,
    const char *command);
void peer_remove(struct peer *);	/* the folder */

/* Certificates alone, for stubs: dir/tls as slapd.sh makes it. */
void peer_certificates(struct peer *);

struct stub {			/* tests/peers/ldap-stub.py */
	pid_t pid;
	unsigned port;
};

void stub_start(struct stub *, const struct peer *, const char *mode);
void stub_stop(struct stub *);

/* The built plugin, with ca, and with url unless scheme is NULL; then "name",
 * "value", ..., NULL. Not opened. */
struct harness *ldap_load(const struct peer *, const char *scheme,
    unsigned port, ...) __attribute__((sentinel));
/* The same with the service account and the base, opened. */
struct harness *ldap_open_with(const struct peer *, ...)
    __attribute__((sentinel));

/* One login, as the host would submit it. */
void ldap_login(struct harness *, const char *name, const char *password,
    struct harness_answer *);
void ldap_login_str(struct harness *, struct csn_str name,
    struct csn_str password, const char *pinned, struct harness_answer *);
void ldap_lookup(struct harness *, const char *subject,
    struct harness_answer *);

/* What came of a login: ends the test when it is something else. */
void assert_grant(struct harness *, const char *name, const char *password,
    const char *subject);
void assert_wrong(struct harness *, const char *name, const char *password);
void assert_account(struct harness *, const char *name,
    const char *password, const char *state);
/* The same with another text than ACCOUNT_TEXT. */
void assert_denied(struct harness *, const char *name,
    const char *password, const char *text);
/* An answer to the page for a new password: params in form encoding. */
void ldap_change(struct harness *, struct csn_str state, const char *form,
    struct harness_answer *);
void assert_backend(struct harness *, const char *name,
    const char *password);

#endif
