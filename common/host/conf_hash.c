/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_hash.c - a policy's hash, which exchanges seal (security.md S4)
 *
 * It covers all that a round relies on: the ways with what their factors are
 * today, how fresh, who, and how one may enrol. A change of any of them lets
 * a login in progress begin anew. It must never leave something out because
 * it is at its default.
 */
#include <openssl/sha.h>

#include "conf_read.h"

static void
strs_put(struct buf *b, const struct csn_strs *v)
{
	buf_u32(b, (uint32_t)v->n);
	for (size_t i = 0; i < v->n; i++)
		buf_lv32(b, v->v[i]);
}

static void
networks_put(struct buf *b, const struct conf *conf, uint64_t mask)
{
	buf_u32(b, (uint32_t)__builtin_popcountll(mask));
	for (size_t i = 0; i < conf->nnetworks; i++) {
		const struct conf_network *net = &conf->networks[i];

		if ((mask >> i & 1) == 0)
			continue;
		buf_u32(b, (uint32_t)net->nnets);
		for (size_t k = 0; k < net->nnets; k++) {
			buf_put(b, net->nets[k].base.b, 16);
			buf_u32(b, net->nets[k].bits);
		}
	}
}

static void
factor_put(struct buf *b, const struct conf *conf,
    const struct conf_factor *f)
{
	bool identity = (f->plugin->caps & CSN_CAP_IDENTITY) != 0;

	buf_lv32(b, f->name);
	buf_lv32(b, f->plugin_name);
	buf_u8(b, identity);
	buf_lv32(b, identity ? conf->realms[f->realm].name : STR(""));
	buf_u8(b, f->enrol.first_login);
	networks_put(b, conf, f->enrol.networks);
	buf_u64(b, (uint64_t)f->enrol.until_ms);
	buf_u8(b, f->enrol.link);
	buf_u8(b, f->recover_by_code);
	buf_u8(b, f->recover_by_desk);
}

static void
guard_put(struct buf *b, const struct conf *conf, const struct guard *g)
{
	buf_u8(b, (uint8_t)g->kind);
	buf_u8(b, g->negated);
	buf_lv32(b, g->arg);
	buf_lv32(b, g->kind == GUARD_UNENROLLED ?
	    conf->factors[g->factor].name : STR(""));
	buf_u64(b, (uint64_t)g->until_ms);
	networks_put(b, conf, g->networks);
}

static void
way_put(struct buf *b, const struct conf *conf, const struct way *w)
{
	buf_u32(b, (uint32_t)w->nsteps);
	for (size_t i = 0; i < w->nsteps; i++) {
		buf_u32(b, bits_count(&w->steps[i]));
		for (int f = bits_next(&w->steps[i], 0); f >= 0;
		    f = bits_next(&w->steps[i], f + 1))
			factor_put(b, conf, &conf->factors[f]);
	}
	buf_u32(b, (uint32_t)w->nguards);
	for (size_t i = 0; i < w->nguards; i++)
		guard_put(b, conf, &w->guards[i]);
}

static void
fresh_put(struct buf *b, const struct conf *conf, const struct conf_policy *p)
{
	for (unsigned f = 0; p->fresh_s != NULL && f < conf->nfactors; f++)
		if (p->fresh_s[f] != 0) {
			buf_lv32(b, conf->factors[f].name);
			buf_u64(b, (uint64_t)p->fresh_s[f]);
		}
}

void
conf_policy_hash(struct conf_reader *r, struct conf_policy *p)
{
	uint8_t md[SHA256_DIGEST_LENGTH];
	struct csn_str text;
	struct buf b;

	buf_init(&b, 0);
	buf_puts(&b, "countersign policy 1");
	/* two policies may ask the same of different hosts */
	buf_lv32(&b, p->name);
	buf_u8(&b, (uint8_t)p->kind);
	buf_u32(&b, (uint32_t)p->chain.nways);
	for (size_t i = 0; i < p->chain.nways; i++)
		way_put(&b, r->conf, &p->chain.ways[i]);
	fresh_put(&b, r->conf, p);
	buf_u8(&b, p->allow.written);
	strs_put(&b, &p->allow.groups);
	strs_put(&b, &p->allow.users);
	buf_u8(&b, p->accept_recovery);
	buf_u8(&b, p->accept_remembered);
	for (unsigned f = 0; f < r->conf->nfactors; f++)
		if (conf_remember_s(p, f) > 0) {
			buf_lv32(&b, r->conf->factors[f].name);
			buf_u64(&b, (uint64_t)conf_remember_s(p, f));
		}
	buf_u8(&b, p->accept_device);
	buf_u8(&b, p->enrolled_by_link);
	text = buf_str(&b);
	SHA256((const uint8_t *)text.p, text.n, md);
	/* a failed buffer would give all policies one hash */
	if (buf_failed(&b))
		r->arena->over = true;
	buf_free(&b);
	memcpy(p->hash, md, sizeof(p->hash));
}
