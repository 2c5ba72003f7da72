/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-saml-metadata.c - what is taken from metadata can be used, and is the
 * same after it was kept in the store
 */
#include "lib/fuzzing.h"

#include "fuzz_saml.h"
#include "library.h"
#include "metadata.h"
#include "times.h"

static void
idp_check(const struct idp *i)
{
	struct keys k;

	MUST(i->entity_id.n > 0 && i->entity_id.n <= IDP_ENTITY_MAX);
	MUST(i->sso_redirect.n > 0 || i->sso_post.n > 0);
	MUST(idp_keys(i, &k) == 0 && k.n > 0);
	keys_free(&k);
}

static void
set_check(struct idp_set *set)
{
	struct idp_set *again;
	struct buf b;

	buf_init(&b, 0);
	MUST(idp_set_count(set) > 0);
	for (size_t k = 0; k < idp_set_count(set); k++) {
		idp_check(idp_set_at(set, k));
		MUST(idp_set_find(set, idp_set_at(set, k)->entity_id) ==
		    idp_set_at(set, k));
	}
	MUST(idp_set_pack(set, &b) == 0);
	again = idp_set_unpack(buf_str(&b));
	MUST(again != NULL && idp_set_count(again) == idp_set_count(set) &&
	    idp_set_alone(again) == idp_set_alone(set));
	idp_set_unref(again);
	buf_free(&b);
}

/* What its signature covers, or all of it. */
static void
read_check(struct csn_str s, const struct keys *signers)
{
	struct metadata_want want = { .signers = signers,
	    .entity_id = STR(""), .now_ms = INT64_C(1796052880000),
	    .skew_ms = 60000 };
	struct metadata m;
	const char *why;

	if (metadata_read(s, &want, &m, &why) == 0) {
		set_check(m.set);
		idp_set_unref(m.set);
	} else {
		MUST(why != NULL && m.rule != RULE_NONE &&
		    m.rule < RULES_COUNT);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct keys signers;
	struct csn_str s = str_of(data, n);
	struct idp_set *set;
	const char *why;
	int64_t t;

	MUST(library_init() == 0);
	if (signers.n == 0)
		MUST(keys_add_pem(&signers, str_from(fuzz_certificate),
		    &why) == 0);
	read_check(s, NULL);
	read_check(s, &signers);
	set = idp_set_unpack(s);
	idp_set_unref(set);
	if (metadata_duration(s, &t) == 0)
		MUST(t >= 0);
	(void)times_parse(s, &t);
	return 0;
}
