/* SPDX-License-Identifier: Apache-2.0 */
/*
 * round.c - the services of the host as a round uses them
 *
 * All memory of a round is the call's: it is wiped when the call ends, and so
 * nothing here frees. It must never log a code or a secret.
 */
#include "totp.h"

void *
round_alloc(const struct round *r, size_t n)
{
	void *p = r->t->host->alloc(r->call, n);

	if (p != NULL)
		memset(p, 0, n);
	return p;
}

bool
round_copy(const struct round *r, struct csn_str s, struct csn_str *ret)
{
	char *p = round_alloc(r, s.n + 1);

	if (p == NULL)
		return false;
	if (s.n != 0)
		memcpy(p, s.p, s.n);
	*ret = str_of(p, s.n);
	return true;
}

void
round_log(const struct round *r, uint32_t severity, const char *text)
{
	r->t->host->log(r->call, severity, str_from(text));
}

void
round_audit(const struct round *r, const char *event, struct csn_str device)
{
	struct csn_pair pair = { STR("device"), device };

	r->t->host->audit(r->call, str_from(event),
	    (struct csn_pairs){ &pair, 1 });
}

void
round_audit_number(const struct round *r, const char *event, const char *name,
    uint64_t value)
{
	struct csn_pair pair = { str_from(name), STR("") };
	char memory[24];
	struct buf b;

	buf_init_fixed(&b, memory, sizeof(memory));
	buf_decimal(&b, (int64_t)value);
	pair.value = buf_str(&b);
	r->t->host->audit(r->call, str_from(event),
	    (struct csn_pairs){ &pair, 1 });
}

enum outcome
round_deny(const struct round *r, uint32_t reason, const char *message)
{
	r->reply->reason = reason;
	r->reply->message = str_from(message);
	return OUTCOME_DENY;
}
