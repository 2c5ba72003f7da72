/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_names.c - `networks:`, `realms:`, `groups:`, and names that use them
 *
 * A name that nothing declares is a fault wherever it is used: it must never
 * be a network that holds nobody, or a group that nobody can be in.
 */
#include "conf_read.h"
#include "lib/text.h"

static schema_reader network_nets;

const struct schema_shape
    conf_shape_networks = { .kind = SHAPE_NAMED, .of = &shape_texts },
    conf_shape_groups = { .kind = SHAPE_NAMED, .of = &shape_named_texts };

static void
network_nets(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	struct conf_network *net = into;
	const struct yaml **items = NULL;
	size_t n = schema_list(r, y, &items);
	struct ip_net *v = arena_array(r->arena, n, sizeof(*v));
	struct csn_str text;

	(void)row;
	for (size_t i = 0; v != NULL && i < n; i++) {
		if (schema_get(r, items[i], &text) < 0)
			continue;
		if (ip_net_parse(text, &v[net->nnets]) < 0)
			fault_at(r, items[i], "`%.*s` is no network; write "
			    "10.0.0.0/8 or 2001:db8::/32, with zeros behind "
			    "the network's bits", STR_FMT(text));
		else
			net->nnets++;
	}
	net->nets = v;
}

void
conf_read_networks(struct conf_reader *r)
{
	const struct yaml *map = r->top.networks;

	if (map == NULL || !schema_is_map(r, map))
		return;
	r->networks = arena_array(r->arena, map->n, sizeof(*r->networks));
	r->conf->networks = r->networks;
	if (r->networks == NULL)
		return;
	for (const struct yaml *y = map->first; y != NULL; y = y->next) {
		struct conf_network *net = &r->networks[r->conf->nnetworks];

		if (!schema_name_ok(r, y))
			continue;
		if (r->conf->nnetworks == CONF_NETWORKS_MAX) {
			fault_key(r, y, "more than %u networks",
			    CONF_NETWORKS_MAX);
			return;
		}
		net->name = arena_str(r->arena, y->key);
		network_nets(r, NULL, y, net);
		r->conf->nnetworks++;
	}
}

int
conf_realm_find(const struct conf *conf, struct csn_str name)
{
	for (size_t i = 0; i < conf->nrealms; i++)
		if (str_equal(conf->realms[i].name, name))
			return (int)i;
	return -1;
}

static void
realm_add(struct conf_reader *r, const struct yaml *y, struct csn_str name)
{
	struct conf_realm *realm = &r->realms[r->conf->nrealms];

	if (!schema_name_valid(name) || conf_realm_find(r->conf, name) >= 0)
		return;
	if (r->conf->nrealms == CONF_REALMS_MAX) {
		fault_key(r, y, "more than %u realms; give factors whose "
		    "names mean the same people one realm", CONF_REALMS_MAX);
		return;
	}
	realm->name = arena_str(r->arena, name);
	realm->authority = -1;
	r->conf->nrealms++;
}

/* A factor that names no realm is one of its own, if it identifies. */
static void
realm_of_factor(struct conf_reader *r, const struct yaml *y)
{
	const struct yaml *realm = yaml_get(y, "realm");

	if (realm == NULL)
		realm_add(r, y, y->key);
	else if (realm->kind == YAML_TEXT)
		realm_add(r, y, realm->text);
}

/* The realms that are written, and those that factors name or are. */
void
conf_read_realms(struct conf_reader *r)
{
	const struct yaml *map = r->top.realms, *factors = r->top.factors, *y;

	r->realms = arena_array(r->arena, CONF_REALMS_MAX + 1,
	    sizeof(*r->realms));
	r->conf->realms = r->realms;
	if (r->realms == NULL)
		return;
	if (map != NULL && schema_is_map(r, map))
		for (y = map->first; y != NULL; y = y->next)
			if (schema_name_ok(r, y))
				realm_add(r, y, y->key);
	if (factors == NULL || factors->kind != YAML_MAP)
		return;
	for (y = factors->first; y != NULL; y = y->next)
		realm_of_factor(r, y);
}

struct realm_read {
	struct conf_realm *realm;
	const struct yaml *authority, *recheck;
};

static void
realm_case(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	struct realm_read *rr = into;
	struct csn_str text;

	(void)row;
	if (schema_get(r, y, &text) < 0)
		return;
	if (str_is(text, "keep"))
		rr->realm->keep_case = true;
	else if (!str_is(text, "fold"))
		fault_at(r, y, "`case` is fold (TARO is taro) or keep");
}

static void
realm_names(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	struct realm_read *rr = into;
	const struct csn_strs *names = &rr->realm->names;
	ptrdiff_t star;

	schema_strings(r, row, y, &rr->realm->names);
	for (size_t i = 0; i < names->n; i++) {
		star = str_index(names->v[i], '*');
		if (names->v[i].n > CONF_SUBJECT_MAX || (star >= 0 &&
		    (size_t)star + 1 != names->v[i].n) || star == 0)
			fault_at(r, y, "`%.*s` is no pattern of names; write "
			    "a beginning and one *, as \"rescue-*\"",
			    STR_FMT(names->v[i]));
	}
}

static void
realm_recheck(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	struct realm_read *rr = into;

	rr->recheck = y;
	schema_duration(r, row, y, &rr->realm->recheck_s);
}

static const struct schema_row realm_rows[] = {
	{ .name = "case", .read = realm_case, .words = "fold|keep",
	    .shape = &shape_words },
	{ .name = "authority", .read = schema_keep, .shape = &shape_text,
	    .offset = offsetof(struct realm_read, authority) },
	{ .name = "recheck", .read = realm_recheck, .min = 10, .max = 86400,
	    .shape = &shape_duration },
	{ .name = "names", .read = realm_names, .shape = &shape_texts },
};

static const struct schema_shape realm_shape = SHAPE_OF_ROWS(realm_rows);
const struct schema_shape conf_shape_realms = { .kind = SHAPE_NAMED,
	.of = &realm_shape };

static void
authority_check(struct conf_reader *r, const struct yaml *y,
    struct conf_realm *realm)
{
	unsigned index = (unsigned)(realm - r->realms);
	const struct conf_factor *f;
	struct csn_str name;
	int at;

	if (schema_get(r, y, &name) < 0)
		return;
	at = conf_factor_named(r, &y->at, name);
	if (at < 0)
		return;
	realm->authority = at;
	f = &r->factors[at];
	if (f->plugin == NULL)
		return;
	if ((f->plugin->caps & CSN_CAP_LOOKUP) == 0)
		fault_at(r, y, "`%.*s` cannot be a realm's authority: its "
		    "plugin %.*s looks nobody up", STR_FMT(name),
		    STR_FMT(f->plugin_name));
	else if (f->realm != index)
		fault_at(r, y, "`%.*s` belongs to the realm %.*s; an "
		    "authority belongs to its own realm", STR_FMT(name),
		    STR_FMT(r->realms[f->realm].name));
}

/* The beginning that a pattern stands for; `whole` if it is a name itself. */
static struct csn_str
pattern_head(struct csn_str pattern, bool *whole)
{
	*whole = !str_ends(pattern, STR("*"));
	if (!*whole)
		pattern.n--;
	return pattern;
}

/* Whether some name is of both patterns. */
static bool
patterns_meet(struct csn_str a, struct csn_str b)
{
	bool a_whole, b_whole;

	a = pattern_head(a, &a_whole);
	b = pattern_head(b, &b_whole);
	if (a_whole && b_whole)
		return str_equal_fold(a, b);
	if (a.n > b.n ? b_whole : a_whole && a.n < b.n)
		return false;
	return a.n <= b.n ? str_equal_fold(a, str_of(b.p, a.n)) :
	    str_equal_fold(b, str_of(a.p, b.n));
}

/* A name that two realms reserve is nobody's for sure. */
static void
names_meet_check(struct conf_reader *r, const struct yaml *y,
    const struct conf_realm *realm)
{
	for (const struct conf_realm *o = r->realms; o < realm; o++)
		for (size_t i = 0; i < realm->names.n; i++)
			for (size_t k = 0; k < o->names.n; k++)
				if (patterns_meet(realm->names.v[i],
				    o->names.v[k]))
					fault_at(r, y, "`%.*s` meets `%.*s` "
					    "of the realm `%.*s`; a name is "
					    "reserved for one",
					    STR_FMT(realm->names.v[i]),
					    STR_FMT(o->names.v[k]),
					    STR_FMT(o->name));
}

static void
realm_check(struct conf_reader *r, const struct yaml *y,
    struct conf_realm *realm)
{
	struct realm_read rr = { .realm = realm };

	schema_read(r, realm_rows, SCHEMA_COUNT(realm_rows), y, "a realm",
	    &rr);
	if (yaml_get(y, "names") != NULL)
		names_meet_check(r, yaml_get(y, "names"), realm);
	if (rr.authority != NULL)
		authority_check(r, rr.authority, realm);
	else if (rr.recheck != NULL)
		fault_key(r, rr.recheck, "`recheck` asks the realm's "
		    "authority; name one with `authority: FACTOR`");
	if (!realm->identifies && !bits_any(&r->broken))
		fault_key(r, y, "no factor that identifies belongs to the "
		    "realm `%.*s`; write `realm: %.*s` at one",
		    STR_FMT(y->key), STR_FMT(y->key));
}

void
conf_check_realms(struct conf_reader *r)
{
	const struct yaml *map = r->top.realms;
	int at;

	if (map == NULL || map->kind != YAML_MAP)
		return;
	for (const struct yaml *y = map->first; y != NULL; y = y->next) {
		at = conf_realm_find(r->conf, y->key);
		if (at >= 0)
			realm_check(r, y, &r->realms[at]);
	}
}

/* Another short name with the same value in the same realm, or NULL. */
static const struct conf_group *
group_of_value(const struct conf *conf, struct csn_str realm,
    struct csn_str value)
{
	for (size_t i = 0; i < conf->ngroups; i++) {
		struct csn_str v = pairs_get(conf->groups[i].values, realm);

		if (v.p != NULL && str_equal(v, value))
			return &conf->groups[i];
	}
	return NULL;
}

static void
group_value(struct conf_reader *r, const struct yaml *y, struct csn_pair *v,
    size_t *n)
{
	const struct conf_group *other;
	struct csn_str value;

	if (y->bad)
		return;
	if (conf_realm_find(r->conf, y->key) < 0) {
		fault_key(r, y, "there is no realm `%.*s`; a group has a "
		    "value per realm", STR_FMT(y->key));
		return;
	}
	if (schema_get(r, y, &value) < 0)
		return;
	other = group_of_value(r->conf, y->key, value);
	if (other != NULL) {
		fault_at(r, y, "this group is `%.*s` already; a group has "
		    "one short name", STR_FMT(other->name));
		return;
	}
	v[*n].name = arena_str(r->arena, y->key);
	v[(*n)++].value = arena_str(r->arena, value);
}

static void
group_read(struct conf_reader *r, const struct yaml *y,
    struct conf_group *group)
{
	struct csn_pair *v = arena_array(r->arena, y->n, sizeof(*v));
	size_t n = 0;

	group->name = arena_str(r->arena, y->key);
	if (y->kind == YAML_TEXT && !y->bad) {
		fault_at(r, y, "a group has a value per realm; write `%.*s: "
		    "{ REALM: \"...\" }`", STR_FMT(y->key));
		return;
	}
	if (v == NULL || !schema_is_map(r, y))
		return;
	if (y->n == 0)
		fault_at(r, y, "the group `%.*s` has no value in any realm",
		    STR_FMT(y->key));
	for (const struct yaml *i = y->first; i != NULL; i = i->next)
		group_value(r, i, v, &n);
	group->values = (struct csn_pairs){ v, n };
}

void
conf_read_groups(struct conf_reader *r)
{
	const struct yaml *map = r->top.groups;

	if (map == NULL || !schema_is_map(r, map))
		return;
	r->groups = arena_array(r->arena, map->n, sizeof(*r->groups));
	r->conf->groups = r->groups;
	if (r->groups == NULL)
		return;
	for (const struct yaml *y = map->first; y != NULL; y = y->next) {
		if (!schema_name_ok(r, y))
			continue;
		group_read(r, y, &r->groups[r->conf->ngroups]);
		r->conf->ngroups++;
	}
}

/* Splits realm/name; 0 without a slash, 1 with one, -1 after a fault. */
static int
realm_split(struct conf_reader *r, const struct fault_place *at,
    struct csn_str name, struct csn_str *realm, struct csn_str *rest)
{
	ptrdiff_t slash = str_index(name, '/');

	if (slash < 0)
		return 0;
	*realm = str_of(name.p, (size_t)slash);
	*rest = str_from_at(name, (size_t)slash + 1);
	if (conf_realm_find(r->conf, *realm) >= 0 && rest->n > 0)
		return 1;
	fault_add(&r->faults, at, "`%.*s` is no REALM/NAME: there is no realm "
	    "`%.*s`", STR_FMT(name), STR_FMT(*realm));
	return -1;
}

int
conf_check_group(struct conf_reader *r, const struct fault_place *at,
    struct csn_str name)
{
	const struct conf_group *g = NULL;
	struct csn_str realm, value, hint;
	struct suggestion s = suggestion_for(name);
	int split = realm_split(r, at, name, &realm, &value);

	if (split < 0)
		return -1;
	if (split > 0) {
		g = group_of_value(r->conf, realm, value);
		if (g == NULL)
			return 0;
		fault_add(&r->faults, at, "this group has the short name "
		    "`%.*s`; write that", STR_FMT(g->name));
		return -1;
	}
	for (size_t i = 0; i < r->conf->ngroups; i++) {
		if (str_equal(r->conf->groups[i].name, name))
			return 0;
		suggestion_try(&s, r->conf->groups[i].name);
	}
	hint = suggestion_text(&s, &r->scratch);
	fault_add(&r->faults, at, "there is no group `%.*s`%.*s",
	    STR_FMT(name), STR_FMT(hint.n > 0 ? hint : STR("; name it under "
	    "`groups`, or write REALM/GROUP")));
	return -1;
}

static bool
realms_fold(const struct conf *conf, const struct bits *realms)
{
	for (size_t i = 0; i < conf->nrealms; i++)
		if (bits_has(realms, i) && conf->realms[i].keep_case)
			return false;
	return true;
}

int
conf_check_user(struct conf_reader *r, const struct fault_place *at,
    struct csn_str name, const struct bits *realms, struct csn_str *ret)
{
	struct bits one = { { 0 } };
	struct csn_str realm, subject = name, copy;
	int split = realm_split(r, at, name, &realm, &subject);
	char *p;

	if (split < 0)
		return -1;
	if (name.n > CONF_SUBJECT_MAX || !text_plain(name)) {
		fault_add(&r->faults, at, "no name of a person");
		return -1;
	}
	if (split == 0 && bits_count(realms) > 1) {
		fault_add(&r->faults, at, "`%.*s` may be somebody in several "
		    "realms; write REALM/%.*s", STR_FMT(name), STR_FMT(name));
		return -1;
	}
	if (split > 0) {
		bits_add(&one, (size_t)conf_realm_find(r->conf, realm));
		realms = &one;
	}
	copy = arena_str(r->arena, name);
	if (copy.p == NULL)
		return -1;
	/* the host compares with the canonical subject (security.md E8) */
	p = (char *)(uintptr_t)copy.p;
	for (size_t i = 0; realms_fold(r->conf, realms) && i < copy.n; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] + 32);
	*ret = copy;
	return 0;
}
