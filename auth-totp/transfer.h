/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transfer.h - devices that an operator brings in, takes out, or sets right
 */
#ifndef COUNTERSIGN_TOTP_TRANSFER_H
#define COUNTERSIGN_TOTP_TRANSFER_H

#include "record.h"

/* Params: uri, name, dry. The same key twice is no error: an import can be
 * repeated. With dry nothing is stored. */
enum outcome transfer_import(const struct round *);
/* The devices as items whose detail is a key URI. */
enum outcome transfer_export(const struct round *);
/* Params: code, next: two that follow each other, however far a clock is off
 * (RFC 6238 6, RFC 4226 7.4). */
enum outcome transfer_resync(const struct round *, struct record *);

#endif
