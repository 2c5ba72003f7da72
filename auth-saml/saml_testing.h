/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * saml_testing.h - what the tests of this plugin share: a login in the paper
 * host, with an answer from a file
 */
#ifndef AUTH_SAML_TESTING_H
#define AUTH_SAML_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <sys/types.h>

#include <cmocka.h>

#include "tests/harness/plugin_harness.h"

/* The seed under which each test's request has the same ID. */
#define SAML_SEED 7u
#define SAML_REQUEST_ID "_6304e695733f775322691af5ebdfdd8ce1539ec1"
#define SAML_RESUME "0123456789abcdef0123456789abcdef"

/* A file below tests/saml, whole; ends the test if it is not there. The
 * caller frees p with free(). */
struct csn_str saml_file(const char *folder, const char *name);
/* That file as the value of an option. */
void saml_option_file(struct harness *, const char *option,
    const char *folder, const char *name);
/* An unopened host with the options of tests/saml/FOLDER: metadata.xml,
 * sp.key, sp.crt, and the lines "name value" of `options`; its clock is at
 * `now`. */
struct harness *saml_host(const char *folder);
/* BEGIN, whose answer is a redirect; then the state for the CALLBACK. */
void saml_begin(struct harness *, struct harness_answer *ret);
/* CALLBACK at the ACS with a form; begun is of saml_begin(). */
void saml_callback(struct harness *, const struct harness_answer *begun,
    const char *form, struct harness_answer *ret);
/* "SAMLResponse=..." of a base64 value; the caller frees. */
char *saml_form(const char *base64);

/* The same of a response in a file below tests/saml. */
char *saml_form_of(const char *folder, const char *name);

/* A generator's line, cut at its tabs into n fields; ends the test if there
 * are fewer. */
void saml_fields(char *line, char **ret, size_t n);
/* Starts tests/saml/NAME with that folder; its lines come from *ret, which the
 * caller closes, and then waits for the process. */
pid_t saml_generator(const char *name, const char *folder, FILE **ret);
/* DENY, with a reason and words and nobody named, and one of the rules of
 * "a|b" in the audit log? */
bool saml_refused_by(struct harness *, const struct harness_answer *,
    const char *rules);

#endif
