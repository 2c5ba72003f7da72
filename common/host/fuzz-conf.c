/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz-conf.c - a configuration that loads is whole; one that does not says
 * why
 *
 * Texts that name files are left out: what lies on this machine must not
 * decide what the target does.
 */
#include "conf.h"
#include "conf_load.h"
#include "lib/fuzzing.h"
#include "stub_plugins.h"

static void
check_policy(const struct conf *conf, const struct conf_policy *p)
{
	struct bits all = chain_factors(&p->chain);

	MUST(p->name.n > 0 && p->nhosts > 0);
	MUST(p->kind >= CONF_REQUIRE && p->kind <= CONF_DENY);
	MUST((p->kind == CONF_REQUIRE) == (p->chain.nways > 0));
	MUST(bits_next(&all, (int)conf->nfactors) < 0);
	for (size_t i = 0; i < p->nhosts; i++)
		MUST(p->hosts[i].name.n > 0);
	for (size_t i = 0; i < p->chain.nways; i++)
		MUST(bits_within(&p->chain.ways[i].steps[0],
		    &conf->identify));
	MUST(p->idle_s <= conf->idle_s && p->lifetime_s <= conf->lifetime_s);
}

static void
check_conf(const struct conf *conf)
{
	MUST(str_starts(conf->public_url, STR("https://")));
	MUST(conf->nfactors > 0 && conf->npolicies > 0);
	MUST(conf->nlisteners >= 2);
	for (size_t i = 0; i < conf->nfactors; i++) {
		const struct conf_factor *f = &conf->factors[i];

		MUST(f->plugin != NULL && f->fingerprint != 0);
		MUST(f->realm < conf->nrealms);
		for (size_t k = 0; k < f->nvals; k++)
			MUST(f->vals[k].opt < f->plugin->nopts &&
			    f->vals[k].text.p != NULL);
	}
	for (size_t i = 0; i < conf->npolicies; i++)
		check_policy(conf, &conf->policies[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct csn_str text = str_of(data, n);
	struct conf_report rep = { .nfaults = 0 };
	struct conf *conf = NULL;
	int r;

	if (str_find(text, STR("file:")) >= 0)
		return 0;
	buf_init(&rep.faults, 0);
	buf_init(&rep.warnings, 0);
	r = conf_load_text(text, stub_find, NULL, &rep, &conf);
	MUST((r == 0) == (conf != NULL) && (r == 0) == (rep.nfaults == 0));
	MUST((rep.nfaults == 0) == (rep.faults.n == 0));
	if (conf != NULL)
		check_conf(conf);
	conf_free(conf);
	buf_free(&rep.faults);
	buf_free(&rep.warnings);
	return 0;
}
