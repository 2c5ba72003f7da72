/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf.c - the configuration loaded: the file, its sections in their order,
 * the verdict
 *
 * It must never give out a configuration with a fault in it. What is read
 * here has passed every check, so that nobody after this looks again.
 */
#include <stdlib.h>

#include <openssl/sha.h>

#include "conf_load.h"
#include "conf_read.h"
#include "pace.h"
#include "proof.h"

#define CONF_BUDGET	((size_t)64 * 1024 * 1024)

static schema_reader version_read;

#define KEEP(field) { .name = #field, .read = schema_keep, \
	.shape = &conf_shape_##field, \
	.offset = offsetof(struct conf_top, field) }

static const struct schema_row top_rows[] = {
	{ .name = "version", .read = version_read, .required = true,
	    .min = 1, .max = 1, .shape = &shape_number,
	    .offset = offsetof(struct conf_top, version) },
	{ .name = "public_url", .read = schema_keep, .required = true,
	    .shape = &shape_text,
	    .offset = offsetof(struct conf_top, public_url) },
	{ .name = "shared_origin", .read = schema_keep, .fallback = "false",
	    .shape = &shape_bool,
	    .offset = offsetof(struct conf_top, shared_origin) },
	KEEP(listen), KEEP(store), KEEP(keys), KEEP(site), KEEP(networks),
	KEEP(realms), KEEP(groups),
	{ .name = "factors", .read = schema_keep, .required = true,
	    .shape = &conf_shape_factors,
	    .offset = offsetof(struct conf_top, factors) },
	KEEP(ways), KEEP(enrol), KEEP(session),
	{ .name = "headers", .read = schema_keep, .fallback = "standard",
	    .shape = &conf_shape_headers,
	    .offset = offsetof(struct conf_top, headers) },
	{ .name = "policies", .read = schema_keep, .required = true,
	    .shape = &conf_shape_policies,
	    .offset = offsetof(struct conf_top, policies) },
	KEEP(throttle), KEEP(audit), KEEP(notify), KEEP(desk),
	{ .name = "account", .read = schema_keep, .shape = &conf_shape_page,
	    .offset = offsetof(struct conf_top, account) },
	{ .name = "remember", .read = schema_keep,
	    .shape = &conf_shape_remember,
	    .offset = offsetof(struct conf_top, remember) },
	{ .name = "include", .read = schema_skip, .shape = &shape_texts },
	{ .name = "apps" },
};

const struct schema_shape conf_shape = SHAPE_OF_ROWS(top_rows);

static void
version_read(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	struct csn_str text;

	schema_keep(r, row, y, into);
	if (schema_get(r, y, &text) == 0 && !str_is(text, "1"))
		fault_at(r, y, "version %.*s is not for this program; it "
		    "reads `version: 1`", STR_FMT(text));
}

/* Each finds what it refers to in those before it. */
static void (*const sections[])(struct conf_reader *) = {
	conf_read_public_url, conf_read_site, conf_read_networks,
	conf_read_listen, conf_read_store, conf_read_session,
	conf_read_throttle, conf_read_audit, conf_read_notify,
	conf_read_headers, conf_read_realms, conf_read_groups,
	conf_read_factors, conf_check_realms, conf_read_enrol, conf_read_ways,
	conf_read_remember, conf_read_policies, conf_check_policies,
	conf_check_recovery, conf_check_anybody, conf_read_account,
	conf_read_desk, conf_check_asked,
};

static void
sections_read(struct conf_reader *r)
{
	for (size_t i = 0; i < SCHEMA_COUNT(sections); i++) {
		sections[i](r);
		pace();
	}
}

/* The hash of the files' hashes, in the order they were read. */
static void
hash_texts(struct conf_reader *r)
{
	uint8_t mds[YAML_FILES_MAX * SHA256_DIGEST_LENGTH];
	size_t n = 0;

	for (size_t i = 0; i < r->source.nfiles; i++) {
		const struct csn_str *text = &r->source.files[i]->text;

		SHA256((const uint8_t *)text->p, text->n, mds + n);
		n += SHA256_DIGEST_LENGTH;
	}
	SHA256(mds, n, r->conf->hash);
}

/* What needs the whole: nothing of it can fail but for want of memory. */
static void
conf_finish(struct conf_reader *r)
{
	if (conf_prints(r->conf, r->factors) < 0)
		r->arena->over = true;
	for (size_t i = 0; i < r->conf->npolicies + r->conf->npages; i++) {
		conf_policy_hash(r, &r->policies[i]);
		pace();
	}
	hash_texts(r);
}

static struct conf *
conf_new(void)
{
	struct arena *a = malloc(sizeof(*a));
	struct conf *conf;

	if (a == NULL)
		return NULL;
	arena_init(a, CONF_BUDGET);
	conf = arena_alloc(a, sizeof(*conf));
	if (conf == NULL) {
		arena_free(a);
		free(a);
		return NULL;
	}
	conf->arena = a;
	conf->account_policy = conf->change_policy = -1;
	conf->desk.policy = -1;
	return conf;
}

void
conf_free(struct conf *conf)
{
	struct arena *a = conf == NULL ? NULL : conf->arena;

	if (a == NULL)
		return;
	arena_free(a);
	free(a);
}

static void
report_write(struct conf_reader *r, struct conf_report *report)
{
	report->nfaults += faults_write(&r->faults, false, &report->faults);
	report->nwarnings += faults_write(&r->faults, true,
	    &report->warnings);
	if (r->arena->over || r->scratch.over) {
		buf_puts(&report->faults, "out of memory: the configuration "
		    "is too large\n");
		report->nfaults++;
	}
}

typedef struct yaml *tree_reader(struct yaml_source *, const void *arg);

static int
conf_read(tree_reader *read_tree, const void *arg, conf_find_plugin *find,
    void *find_arg, struct conf_report *report, struct conf **ret)
{
	struct conf_reader r = { .find = find, .find_arg = find_arg };
	struct yaml *root;
	int ret_code = -1;

	r.conf = conf_new();
	if (r.conf == NULL) {
		buf_puts(&report->faults, "out of memory\n");
		report->nfaults++;
		return -1;
	}
	r.arena = r.conf->arena;
	arena_init(&r.scratch, CONF_BUDGET);
	faults_init(&r.faults, &r.scratch);
	yaml_source_init(&r.source, &r.scratch, &r.faults);
	root = read_tree(&r.source, arg);
	if (root != NULL) {
		schema_read(&r, top_rows, SCHEMA_COUNT(top_rows), root,
		    "the configuration", &r.top);
		sections_read(&r);
	} else if (r.faults.nfaults == 0) {
		/* never without a word */
		r.scratch.over = true;
	}
	if (root != NULL && r.faults.nfaults == 0 && !r.arena->over &&
	    !r.scratch.over) {
		conf_finish(&r);
		if (report->print != NULL)
			conf_print(&r, root, report->print);
		ret_code = r.arena->over ? -1 : 0;
	}
	report_write(&r, report);
	pace();
	arena_free(&r.scratch);
	pace();
	if (ret_code == 0)
		*ret = r.conf;
	else
		conf_free(r.conf);
	return ret_code;
}

static struct yaml *
tree_of_path(struct yaml_source *src, const void *path)
{
	return yaml_load(src, path);
}

int
conf_load(const char *path, conf_find_plugin *find, void *arg,
    struct conf_report *report, struct conf **ret)
{
	return conf_read(tree_of_path, path, find, arg, report, ret);
}

static struct yaml *
tree_of_text(struct yaml_source *src, const void *text)
{
	return yaml_load_text(src, STR("text"), *(const struct csn_str *)text);
}

int
conf_load_text(struct csn_str text, conf_find_plugin *find, void *arg,
    struct conf_report *report, struct conf **ret)
{
	return conf_read(tree_of_text, &text, find, arg, report, ret);
}

bool
conf_networks_have(const struct conf *conf, uint64_t networks,
    const struct ip *ip)
{
	if (networks == 0)
		return true;
	for (size_t i = 0; i < conf->nnetworks; i++)
		for (size_t k = 0; (networks >> i & 1) != 0 &&
		    k < conf->networks[i].nnets; k++)
			if (ip_in(ip, &conf->networks[i].nets[k]))
				return true;
	return false;
}
