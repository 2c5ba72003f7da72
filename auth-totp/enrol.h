/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enrol.h - a new device: its key, and the code that confirms it
 */
#ifndef COUNTERSIGN_TOTP_ENROL_H
#define COUNTERSIGN_TOTP_ENROL_H

#include "totp.h"

struct device;

/* A fresh secret, shown; it travels in the state until it is confirmed. */
enum outcome enrol_ask(const struct round *);
/* The first device of an account: PROVED, with CSN_RP_ENROLLED, once the code
 * is right and the store holds the device; AGAIN with its recovery codes where
 * there are some to keep. */
enum outcome enrol_code(const struct round *);

/* The same where there are recovery codes: they are shown in between, and the
 * device is stored with them once its owner says that they are kept. */
enum outcome enrol_kept(const struct round *);

/* The same for a further device, which is named: AGAIN until the code is
 * right, then PROVED, with the device in *ret, and nothing stored yet. */
enum outcome enrol_add_ask(const struct round *);
enum outcome enrol_add_code(const struct round *, struct device *ret);

#endif
