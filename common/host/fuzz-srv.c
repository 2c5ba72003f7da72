/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/fuzzing.h"
#include "lib/secret.h"
#include "srv.h"

static void
chance(void *arg, void *p, size_t n)
{
	(void)arg;
	secret_random(p, n);
}

/* What is taken from a message is bounded, plain, and only put in order. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct srv_record v[SRV_RECORDS_MAX];
	uint32_t before = 0, after = 0;
	size_t count = 0;

	if (n < 2 || srv_parse(str_of(data, n), (uint16_t)(data[0] << 8 |
	    data[1]), STR("_ldap._tcp.corp.example"), v, &count) != CSN_OK)
		return 0;
	MUST(count > 0 && count <= SRV_RECORDS_MAX);
	for (size_t i = 0; i < count; i++) {
		size_t len = strnlen(v[i].target, sizeof(v[i].target));

		MUST(len > 0 && len <= SRV_NAME_MAX);
		for (size_t k = 0; k < len; k++)
			MUST(strchr("abcdefghijklmnopqrstuvwxyz0123456789-_.?",
			    v[i].target[k]) != NULL);
		before += v[i].port;
	}
	srv_order(v, count, chance, NULL);
	for (size_t i = 0; i < count; i++) {
		after += v[i].port;
		MUST(i == 0 || v[i - 1].priority <= v[i].priority);
	}
	MUST(before == after);
	return 0;
}
