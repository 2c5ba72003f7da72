/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_factor.c - `factors:`, what the host itself reads of them
 *
 * A factor whose plugin is missing stays in the list, marked as broken: the
 * ways that name it are then not at fault a second time, and nothing is
 * loaded all the same. It must never leave a factor out.
 */
#include "conf_option.h"
#include "conf_read.h"
#include "proof.h"
#include "lib/text.h"

#include <stdlib.h>

/* What later versions bring; a plugin that is there is loaded all the same. */
static const char *const plugins_planned[] = { "webauthn", "radius",
	"duo" };

static schema_reader factor_pairs, factor_recover_by;

static const struct schema_row factor_rows[] = {
	{ .name = "plugin", .read = schema_skip, .required = true,
	    .shape = &shape_text },
	{ .name = "realm", .read = schema_skip, .shape = &shape_text },
	{ .name = "label", .read = schema_text,
	    .offset = offsetof(struct conf_factor, label) },
	{ .name = "offered", .read = schema_bool, .fallback = "true",
	    .offset = offsetof(struct conf_factor, offered) },
	{ .name = "alarm", .read = schema_bool, .fallback = "false",
	    .offset = offsetof(struct conf_factor, alarm) },
	{ .name = "people", .read = factor_pairs, .shape = &shape_named_texts,
	    .offset = offsetof(struct conf_factor, people) },
	{ .name = "groups", .read = factor_pairs, .shape = &shape_named_texts,
	    .offset = offsetof(struct conf_factor, group_map) },
	{ .name = "recover_by", .read = factor_recover_by,
	    .shape = &shape_some_words, .words = "recovery-code|desk",
	    .offset = 0 },
};

static const struct schema_shape factor_shape = { .kind = SHAPE_FACTOR,
	.rows = factor_rows, .nrows = SCHEMA_COUNT(factor_rows) };
const struct schema_shape conf_shape_factors = { .kind = SHAPE_NAMED,
	.of = &factor_shape };

int
conf_factor_find(const struct conf *conf, struct csn_str name)
{
	for (size_t i = 0; i < conf->nfactors; i++)
		if (str_equal(conf->factors[i].name, name))
			return (int)i;
	return -1;
}

struct bits
conf_shown(const struct conf *conf, const struct bits *factors)
{
	struct bits ret = *factors;

	for (int f = bits_next(factors, 0); f >= 0;
	    f = bits_next(factors, f + 1))
		if (!conf->factors[f].offered)
			bits_remove(&ret, (size_t)f);
	return ret;
}

static int
print_order(const void *a, const void *b)
{
	uint64_t x = ((const struct conf_print *)a)->fingerprint;
	uint64_t y = ((const struct conf_print *)b)->fingerprint;

	return x < y ? -1 : x > y;
}

int
conf_prints(struct conf *conf, struct conf_factor *factors)
{
	struct conf_print *v = arena_array(conf->arena, conf->nfactors,
	    sizeof(*v));

	if (v == NULL)
		return -1;
	for (unsigned i = 0; i < conf->nfactors; i++) {
		factors[i].fingerprint = factor_fingerprint(conf, i);
		v[i] = (struct conf_print){ factors[i].fingerprint, i };
	}
	qsort(v, conf->nfactors, sizeof(*v), print_order);
	conf->prints = v;
	return 0;
}

int
conf_factor_of(const struct conf *conf, uint64_t fingerprint)
{
	struct conf_print key = { .fingerprint = fingerprint };
	const struct conf_print *at;

	if (conf->prints == NULL)
		return -1;
	at = bsearch(&key, conf->prints, conf->nfactors, sizeof(key),
	    print_order);
	return at == NULL ? -1 : (int)at->factor;
}

int
conf_factor_named(struct conf_reader *r, const struct fault_place *at,
    struct csn_str name)
{
	struct suggestion s = suggestion_for(name);
	int ret = conf_factor_find(r->conf, name);

	if (ret >= 0)
		return ret;
	for (size_t i = 0; i < r->conf->nfactors; i++)
		suggestion_try(&s, r->factors[i].name);
	fault_add(&r->faults, at, "there is no factor `%.*s`%.*s",
	    STR_FMT(name), STR_FMT(suggestion_text(&s, &r->scratch)));
	return -1;
}
static bool
plugin_planned(struct csn_str name)
{
	for (size_t i = 0; i < SCHEMA_COUNT(plugins_planned); i++)
		if (str_is(name, plugins_planned[i]))
			return true;
	return false;
}

static void
plugin_missing(struct conf_reader *r, const struct yaml *y,
    struct csn_str name, struct csn_str why)
{
	if (plugin_planned(name))
		fault_at(r, y, "the plugin `%.*s` is not supported by this "
		    "version", STR_FMT(name));
	else
		fault_at(r, y, "the plugin `%.*s` cannot be used: %.*s",
		    STR_FMT(name), STR_FMT(why));
}

static void
plugin_take(struct conf_reader *r, const struct yaml *y,
    struct conf_factor *f)
{
	struct csn_str name;
	struct buf why;

	if (schema_get(r, y, &name) < 0)
		return;
	f->plugin_name = arena_str(r->arena, name);
	buf_init(&why, 4096);
	f->plugin = r->find(r->find_arg, name, &why);
	if (f->plugin == NULL)
		plugin_missing(r, y, name, buf_str(&why));
	buf_free(&why);
}

static bool
factor_name_ok(struct conf_reader *r, const struct yaml *y)
{
	static const char *const words[] = { "then", "where", "and", "not",
		"or", "use", "until", "group", "user", "acr", "unenrolled" };

	for (size_t i = 0; i < SCHEMA_COUNT(words); i++)
		if (str_is(y->key, words[i])) {
			fault_key(r, y, "`%s` is a word of `require`; call "
			    "the factor something else", words[i]);
			return false;
		}
	return schema_name_ok(r, y);
}

/* Name, place and plugin; what depends on other factors comes later. */
static void
factor_begin(struct conf_reader *r, const struct yaml *y,
    struct conf_factor *f)
{
	size_t number = (size_t)(f - r->factors);
	const struct yaml *plugin;

	f->name = arena_str(r->arena, y->key);
	f->place = schema_key_place(r, y);
	f->plugin_name = STR("");
	f->offered = true;
	f->enrol = (struct conf_enrol){ .link = true,
	    .link_valid_s = 3 * 86400, .link_uses = 1 };
	plugin = yaml_get(y, "plugin");
	if (!factor_name_ok(r, y) || !schema_is_map(r, y))
		goto out;
	if (plugin == NULL)
		fault_key(r, y, "the factor `%.*s` has no `plugin`",
		    STR_FMT(y->key));
	else
		plugin_take(r, plugin, f);
out:
	if (f->plugin == NULL)
		bits_add(&r->broken, number);
	else if ((f->plugin->caps & CSN_CAP_IDENTITY) != 0)
		bits_add(&r->conf->identify, number);
	if (f->plugin != NULL && (f->plugin->caps & CSN_CAP_SECOND) != 0)
		bits_add(&r->conf->second, number);
}

static void
realm_of_identity(struct conf_reader *r, const struct yaml *y,
    struct conf_factor *f)
{
	const struct yaml *realm = yaml_get(y, "realm");
	struct csn_str name = f->name;
	int at;

	if (realm == NULL && bits_count(&r->conf->identify) > 1)
		fault_key(r, y, "`%.*s` is not the only factor that "
		    "identifies; write `realm: NAME` at each, the same where "
		    "a name means the same person", STR_FMT(f->name));
	if (realm != NULL && schema_get(r, realm, &name) < 0)
		return;
	at = conf_realm_find(r->conf, name);
	if (at < 0) {
		fault_at(r, realm == NULL ? y : realm, "`%.*s` is no name of "
		    "a realm; names are of a-z, 0-9 and hyphen",
		    STR_FMT(name));
		return;
	}
	f->realm = (unsigned)at;
	r->realms[at].identifies = true;
}

static void
words_of_identity(struct conf_reader *r, const struct yaml *y)
{
	const struct yaml *w = yaml_get(y, "recover_by");

	if (w != NULL)
		fault_key(r, w, "`recover_by` belongs to a second factor; "
		    "`%.*s` says who somebody is", STR_FMT(y->key));
}

/* Host words that say something about people belong to who names people. */
static void
words_of_second(struct conf_reader *r, const struct yaml *y)
{
	static const char *const words[] = { "realm", "people", "groups" };

	for (size_t i = 0; i < SCHEMA_COUNT(words); i++) {
		const struct yaml *w = yaml_get(y, words[i]);

		if (w != NULL)
			fault_key(r, w, "`%s` belongs to a factor that "
			    "identifies; `%.*s` proves somebody who is named "
			    "already", words[i], STR_FMT(y->key));
	}
}

static void
factor_pairs(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	struct csn_pair *v = arena_array(r->arena, y->n, sizeof(*v));
	struct csn_str value;
	size_t n = 0;

	if (v == NULL || !schema_is_map(r, y))
		return;
	if (y->n == 0)
		fault_at(r, y, "`%s` is empty; name somebody, or take the "
		    "line out", row->name);
	for (const struct yaml *i = y->first; i != NULL; i = i->next) {
		if (schema_get(r, i, &value) < 0)
			continue;
		if (value.n > 1024 || !text_plain(i->key))
			fault_key(r, i, "no name that can be used");
		v[n].name = arena_str(r->arena, i->key);
		v[n++].value = arena_str(r->arena, value);
	}
	*(struct csn_pairs *)into = (struct csn_pairs){ v, n };
}

/* What stands in for the device (E6). */
static void
factor_recover_by(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	const struct yaml **items = NULL;
	size_t n = schema_list(r, y, &items);
	struct conf_factor *f = into;
	struct csn_str text;

	(void)row;
	for (size_t i = 0; i < n; i++) {
		if (schema_get(r, items[i], &text) < 0)
			continue;
		if (str_is(text, "recovery-code"))
			f->recover_by_code = true;
		else if (str_is(text, "desk"))
			f->recover_by_desk = true;
		else
			fault_at(r, items[i], "`recover_by` is a list of "
			    "recovery-code and desk");
	}
}

static void
host_words(struct conf_reader *r, const struct yaml *y, struct conf_factor *f)
{
	for (const struct yaml *i = y->first; i != NULL; i = i->next)
		for (size_t k = 0; k < SCHEMA_COUNT(factor_rows); k++)
			if (str_is(i->key, factor_rows[k].name))
				factor_rows[k].read(r, &factor_rows[k], i,
				    (char *)f + factor_rows[k].offset);
	if (f->label.by_language.n == 0) {
		struct csn_pair *v = arena_alloc(r->arena, sizeof(*v));

		if (v == NULL)
			return;
		*v = (struct csn_pair){ STR(""), f->name };
		f->label.by_language = (struct csn_pairs){ v, 1 };
	}
}

static void
factor_finish(struct conf_reader *r, const struct yaml *y,
    struct conf_factor *f)
{
	if (y->kind != YAML_MAP)
		return;
	host_words(r, y, f);
	f->base_url = arena_printf(r->arena, "%.*s/f/%.*s/",
	    STR_FMT(r->conf->public_url), STR_FMT(f->name));
	if (f->plugin == NULL)
		return;
	if ((f->plugin->caps & CSN_CAP_IDENTITY) != 0)
		realm_of_identity(r, y, f);
	else
		words_of_second(r, y);
	if ((f->plugin->caps & CSN_CAP_SECOND) == 0)
		words_of_identity(r, y);
	conf_read_options(r, y, f);
}

void
conf_read_factors(struct conf_reader *r)
{
	const struct yaml *map = r->top.factors;
	size_t i = 0;

	if (map == NULL || !schema_is_map(r, map))
		return;
	r->factors = arena_array(r->arena, map->n < CONF_FACTORS_MAX ?
	    map->n : CONF_FACTORS_MAX, sizeof(*r->factors));
	r->conf->factors = r->factors;
	if (r->factors == NULL)
		return;
	if (map->n == 0)
		fault_at(r, map, "`factors` is empty; name at least one");
	for (const struct yaml *y = map->first; y != NULL; y = y->next) {
		if (r->conf->nfactors == CONF_FACTORS_MAX) {
			fault_key(r, y, "more than %u factors; run a second "
			    "gateway for the others", CONF_FACTORS_MAX);
			break;
		}
		factor_begin(r, y, &r->factors[r->conf->nfactors++]);
	}
	for (const struct yaml *y = map->first; y != NULL &&
	    i < r->conf->nfactors; y = y->next)
		factor_finish(r, y, &r->factors[i++]);
}
