/* SPDX-License-Identifier: Apache-2.0 */
/*
 * totp.h - an instance of the plugin, a round of it, and how a round ends
 *
 * Between two calls nothing is kept here: what a person has stands in the
 * store, what a login is at stands in the sealed state.
 */
#ifndef COUNTERSIGN_TOTP_TOTP_H
#define COUNTERSIGN_TOTP_TOTP_H

#include "lib/buf.h"

#define TOTP_DEVICES_MAX	10u
#define TOTP_SECRET_MIN		16u	/* RFC 4226 4 R6 */
#define TOTP_SECRET_MAX		64u
#define TOTP_WINDOW_MAX		2
#define TOTP_PERIOD_MIN		10
#define TOTP_PERIOD_MAX		3600
/* wrong codes in a row until a device is disabled (NIST SP 800-63B 3.2.2) */
#define TOTP_FAILS_MAX		100u
/* A clock before 2026-01-01 is not set: nothing is accepted under it. */
#define TOTP_EARLIEST_MS	INT64_C(1767225600000)

enum totp_alg { TOTP_SHA1 = 1, TOTP_SHA256 = 2, TOTP_SHA512 = 3 };

struct totp_params {		/* how a device makes codes */
	enum totp_alg alg;
	uint32_t digits, period;
};

struct totp {			/* an instance; immutable once open */
	const struct csn_host *host;
	char *issuer;
	struct totp_params params;	/* of new devices */
	int window;
	uint32_t devices;
	uint32_t recovery_codes;	/* of a set; 0: there are none */
};

/* How a round ends. Zero is no proof; GRANT is said in one place only. */
enum outcome {
	OUTCOME_ERROR = 0,
	OUTCOME_DENY,
	OUTCOME_AGAIN,		/* CONTINUE with a form */
	OUTCOME_DONE,		/* of an op */
	OUTCOME_PROVED
};

struct round {			/* one call; all borrowed */
	const struct totp *t;
	struct csn_call *call;
	const struct csn_req *req;
	struct csn_reply *reply;
	int64_t now_ms;
};

/* Zeroed memory of the call, wiped by the host; NULL taints the call. */
void *round_alloc(const struct round *, size_t);
/* A copy in the call's memory. false: refused. */
bool round_copy(const struct round *, struct csn_str, struct csn_str *ret);
void round_log(const struct round *, uint32_t severity, const char *text);
/* An audit event with the device's id. */
void round_audit(const struct round *, const char *event,
    struct csn_str device);
/* The same with a number instead. */
void round_audit_number(const struct round *, const char *event,
    const char *name, uint64_t value);
enum outcome round_deny(const struct round *, uint32_t reason,
    const char *message);

#endif
