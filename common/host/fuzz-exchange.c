/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz-exchange.c - what is read as an exchange keeps its bounds, and written
 * again it reads the same
 */
#include "exchange.h"
#include "lib/fuzzing.h"

static void
check_bounds(const struct exchange *x)
{
	MUST(x->history.n <= PROOFS_MAX && x->nextras <= PROOFS_MAX);
	MUST(x->awaits >= AWAITS_CHOICE && x->awaits <= AWAITS_WAKE);
	MUST(x->policy == -1 && x->factor == -1);
	MUST(!x->person.named || x->person.subject.n > 0);
	for (size_t i = 0; i < x->history.n; i++) {
		const struct proof *p = &x->history.v[i];

		MUST(p->kind >= PROOF_PROVED && p->kind <= PROOF_STAND_IN);
		MUST(p->enrolment <= ENROLMENT_OPERATOR);
		MUST(p->factor == -1 && p->auth_time_ms >= 0);
		MUST(p->acr.n <= PROOF_ACR_MAX);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct exchange x, again;
	struct buf one, two;
	struct arena a;

	if (n > 65536)
		return 0;
	arena_init(&a, 1u << 20);
	buf_init(&one, 0);
	buf_init(&two, 0);
	if (exchange_unpack(&a, str_of(data, n), &x) == 0) {
		check_bounds(&x);
		exchange_pack(&one, &x);
		MUST(!buf_failed(&one));
		MUST(exchange_unpack(&a, buf_str(&one), &again) == 0);
		exchange_pack(&two, &again);
		MUST(str_equal(buf_str(&one), buf_str(&two)));
	}
	buf_free(&one);
	buf_free(&two);
	arena_free(&a);
	return 0;
}
