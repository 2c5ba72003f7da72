/* SPDX-License-Identifier: Apache-2.0 */
/*
 * totp_phone.h - what the tests of this plugin share: a person with a phone
 *
 * The phone computes its codes from what the page showed, by the same
 * functions; that those are right is test-totp-otp's matter.
 */
#ifndef COUNTERSIGN_TESTS_TOTP_PHONE_H
#define COUNTERSIGN_TESTS_TOTP_PHONE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/harness/plugin_harness.h"

#include "auth-totp/record.h"

#define ACCOUNT_KEY	"devices/account-1"

struct phone {
	struct totp_params params;
	uint8_t secret[TOTP_SECRET_MAX];
	size_t n;
};

/* An open plugin of the default options. */
struct harness *phone_host(void);
/* Enrols account-1 now, and gives its phone; ends the test if it cannot. */
struct phone phone_enrol(struct harness *);
/* The phone that scanned the picture of an answer. */
struct phone phone_scanned(const struct harness_answer *);
/* The phone of a device as the store has it. */
struct phone phone_stored(struct harness *, unsigned index);
/* The code that it shows at a time, as a form: "code=123456". Good until the
 * thread's next call. */
const char *phone_form(const struct phone *, int64_t ms);
/* The same one, wrong for sure at all times near. */
const char *phone_wrong(const struct phone *, int64_t ms);

/* One round of step(); the answer's verdict. The caller frees the answer if
 * it wants it, else ret is NULL. */
uint32_t phone_step(struct harness *, uint32_t event, uint32_t flags,
    struct csn_str state, const char *form, struct harness_answer *ret);
/* A FORM of account-1 with a phone's code of now + offset. */
uint32_t phone_login(struct harness *, const struct phone *,
    int64_t offset_ms);

/* The record in the store, unpacked; put back changed. */
struct record *record_stored(struct harness *, struct record *);
void record_store(struct harness *, const struct record *);

#endif
