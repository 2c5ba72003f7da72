/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.h - what the store holds of one account: its devices
 *
 * One value under one key, sealed by the host and bound to factor and key, so
 * that it cannot be copied to another account. It is changed by kv_swap()
 * only. What is not read to its last byte is corrupt, and corrupt is an error:
 * never "not enrolled".
 */
#ifndef COUNTERSIGN_TOTP_RECORD_H
#define COUNTERSIGN_TOTP_RECORD_H

#include "recovery.h"
#include "totp.h"

#define DEVICE_ID_LEN	16u	/* hex of 8 random bytes */
#define DEVICE_LABEL_MAX 64u
#define DRIFT_MAX	2	/* that is learnt from logins */
#define OFFSET_MAX	2880	/* that an operator can set: a day of 30 s */
#define RECORD_SIZE_MAX	4096u
#define RECORD_PREFIX	"devices/"	/* of its key; then the account */

struct device {
	char id[DEVICE_ID_LEN + 1];
	char label[DEVICE_LABEL_MAX + 1];	/* the person's word, or "" */
	struct totp_params params;
	uint8_t secret[TOTP_SECRET_MAX];
	size_t secret_n;
	uint64_t last_step;		/* of the code accepted last */
	int drift;			/* remembered offset, in steps */
	int seen;			/* offset of the last codes... */
	uint32_t seen_count;		/* ...and how many in a row had it */
	uint32_t fails;			/* wrong codes in a row */
	int64_t disabled_ms;		/* 0: not */
	int64_t confirmed_ms, used_ms;
};

struct record {
	uint32_t n;
	struct device devices[TOTP_DEVICES_MAX];
	struct recovery codes;		/* n 0: none are left, or none were
					 * made: then made_ms is 0 as well */
	struct csn_str raw;		/* as read, for kv_swap() */
};

/* Its key in the clear, borrowed from the device; never for a log. */
struct csn_str device_secret(const struct device *);

/* One device's bytes, in the record and in the sealed state. */
void device_pack(struct buf *, const struct device *);
int device_unpack(struct reader *, struct device *);

/* The value, in the call's memory. 0; or -1: memory refused. */
int record_pack(const struct round *, const struct record *,
    struct csn_str *ret);
/* 0; or -1: not a whole record of this version, or of values we never wrote. */
int record_unpack(struct csn_str, struct record *ret);

/* Below: CSN_OK, CSN_E_ABSENT, CSN_E_EXISTS, CSN_E_STALE; all else is
 * CSN_E_BACKEND, and ends in ERROR. */
int32_t record_read(const struct round *, struct record **ret);
/* The record of somebody who has to have one. false with the outcome: they have
 * none, or it cannot be told. */
bool record_needed(const struct round *, struct record **ret,
    enum outcome *ret_outcome);
int32_t record_create(const struct round *, const struct record *);
/* Writes if the store still holds what was read. */
int32_t record_update(const struct round *, const struct record *);
/* The same together with what this round comes to: nothing of that holds
 * unless the store then still has what was read. */
int32_t record_update_with(const struct round *, const struct record *);
int32_t record_delete(const struct round *);

#endif
