/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host_testing.c - rigs, places and reaches; see host_testing.h
 *
 * A store is broken beside its back: triggers that refuse each change (reads
 * go on, as on a full disk), or the file taken away (all fails, as on a lost
 * volume).
 */
#include "host_testing.h"

#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#define PLUGIN(plugin_name, plugin_caps) {				\
	.struct_size = sizeof(struct csn_plugin), .caps = plugin_caps,	\
	.opt_size = sizeof(struct csn_opt), .name = plugin_name,	\
	.version = "1", .summary = "For tests." }

const struct csn_plugin rig_identity = PLUGIN("identity", CSN_CAP_IDENTITY);
const struct csn_plugin rig_second = PLUGIN("second", CSN_CAP_SECOND);
const struct csn_plugin rig_both = PLUGIN("both",
    CSN_CAP_IDENTITY | CSN_CAP_SECOND);

void
rig_init(struct rig *g)
{
	memset(g, 0, sizeof(*g));
	arena_init(&g->arena, 1u << 20);
	g->conf.arena = &g->arena;
	g->conf.public_url = STR("https://login.example.org");
	g->conf.login_host = STR("login.example.org");
	g->conf.login_path = STR("");
	g->conf.realms = g->realms;
	g->conf.factors = g->factors;
	g->conf.policies = g->policies;
	g->conf.idle_s = 1800;
	g->conf.lifetime_s = 36000;
	g->conf.groups_max_age_s = 900;
	g->conf.throttle = (struct conf_throttle){ .subject_tries = 5,
	    .source_tries = 20, .window_s = 900 };
	g->conf.account_policy = -1;
}

void
rig_free(struct rig *g)
{
	arena_free(&g->arena);
}

unsigned
rig_realm(struct rig *g, const char *name)
{
	assert_true(g->conf.nrealms < RIG_MAX);
	g->realms[g->conf.nrealms] = (struct conf_realm){
	    .name = str_from(name), .authority = -1, .identifies = true };
	return (unsigned)g->conf.nrealms++;
}

void
rig_settle(struct rig *g)
{
	g->conf.identify = g->conf.second = (struct bits){ { 0 } };
	for (unsigned i = 0; i < g->conf.nfactors; i++) {
		uint32_t caps = g->factors[i].plugin->caps;

		if ((caps & CSN_CAP_IDENTITY) != 0)
			bits_add(&g->conf.identify, i);
		if ((caps & CSN_CAP_SECOND) != 0)
			bits_add(&g->conf.second, i);
	}
	assert_int_equal(conf_prints(&g->conf, g->factors), 0);
}

unsigned
rig_factor(struct rig *g, const char *name, const struct csn_plugin *plugin,
    unsigned realm)
{
	assert_true(g->conf.nfactors < RIG_FACTORS);
	g->factors[g->conf.nfactors] = (struct conf_factor){
	    .name = str_from(name), .plugin_name = str_from(plugin->name),
	    .realm = realm, .offered = true, .plugin = plugin };
	g->conf.nfactors++;
	rig_settle(g);
	return (unsigned)g->conf.nfactors - 1;
}

void
rig_begin_at(struct rig *g, unsigned number)
{
	while (g->conf.nfactors < number) {
		char *name = g->unused[g->conf.nfactors];

		/* not in the arena, which a test may empty */
		(void)snprintf(name, sizeof(g->unused[0]), "unused-%zu",
		    g->conf.nfactors);
		(void)rig_factor(g, name, &rig_second, 0);
	}
}

static int
rig_resolve(const void *arg, struct csn_str name)
{
	return conf_factor_find(&((const struct rig *)arg)->conf, name);
}

int
rig_ways(struct rig *g, const char *ways, struct chain *ret)
{
	struct csn_str rest = str_from(ways), line;
	struct chain_fault fault;

	memset(ret, 0, sizeof(*ret));
	while (str_cut(&rest, '\n', &line)) {
		if (ret->nways == CHAIN_WAYS_MAX || way_parse(&g->arena, line,
		    rig_resolve, g, &ret->ways[ret->nways], &fault) < 0)
			return -1;
		ret->ways[ret->nways].line = (unsigned)ret->nways + 1;
		ret->nways++;
	}
	return 0;
}

unsigned
rig_policy(struct rig *g, const char *ways)
{
	struct conf_policy *p = &g->policies[g->conf.npolicies];
	struct csn_str why;
	size_t at;

	assert_true(g->conf.npolicies < RIG_MAX);
	memset(p, 0, sizeof(*p));
	p->name = STR("p");
	p->fresh_s = g->fresh_s[g->conf.npolicies];
	p->hash[0] = (uint8_t)(g->conf.npolicies + 1);
	p->kind = strcmp(ways, "public") == 0 ? CONF_PUBLIC :
	    strcmp(ways, "deny") == 0 ? CONF_DENY : CONF_REQUIRE;
	if (p->kind == CONF_REQUIRE) {
		assert_int_equal(rig_ways(g, ways, &p->chain), 0);
		if (chain_check(&g->arena, &p->chain, &g->conf.identify,
		    &at, &why) < 0)
			fail_msg("way %zu: %.*s", at, STR_FMT(why));
	}
	return (unsigned)g->conf.npolicies++;
}

uint64_t
rig_bits_from(struct bits b, unsigned first)
{
	uint64_t ret = 0;

	for (int i = bits_next(&b, 0); i >= 0; i = bits_next(&b, i + 1)) {
		assert_true((unsigned)i >= first && (unsigned)i < first + 64);
		ret |= (uint64_t)1 << ((unsigned)i - first);
	}
	return ret;
}

uint64_t
rig_bits(struct bits b)
{
	return rig_bits_from(b, 0);
}

struct person
rig_person(struct rig *g, unsigned realm, const char *subject,
    const char *groups)
{
	struct person p = { .named = true, .realm = realm,
	    .realm_name = g->realms[realm].name, .subject = str_from(subject),
	    .subject_id = STR(""), .name = STR(""), .mail = STR(""),
	    .groups_known = groups != NULL, .groups_ms = T_NOW };
	struct csn_str rest = str_from(groups), one;
	struct csn_str *v = arena_array(&g->arena, 16, sizeof(*v));

	assert_non_null(v);
	while (rest.n > 0 && str_cut(&rest, ' ', &one))
		v[p.groups.n++] = one;
	p.groups.v = v;
	for (size_t i = 0; i < g->conf.nfactors && p.source == 0; i++)
		if (bits_has(&g->conf.identify, i) &&
		    g->factors[i].realm == realm)
			p.source = g->factors[i].fingerprint;
	return p;
}

struct proof
rig_proof(const struct rig *g, unsigned factor, enum proof_kind kind,
    int64_t auth_time_ms)
{
	return (struct proof){ .fingerprint = g->factors[factor].fingerprint,
	    .factor = (int)factor, .kind = kind, .acr = STR(""),
	    .auth_time_ms = auth_time_ms };
}

struct session
rig_session(struct rig *g, const struct person *p)
{
	struct session s = { .id = "", .person = *p, .created_ms = T_NOW,
	    .expires_ms = T_NOW + 36000000, .issued_ms = T_NOW,
	    .seen_ms = T_NOW, .client = STR(""), .user_agent = STR("") };

	(void)g;
	memset(s.id, 's', sizeof(s.id));
	return s;
}

struct sealer *
rig_sealer(void)
{
	struct keyring cookies = { .name = KEYRING_COOKIES, .nkeys = 1 };
	struct keyring records = { .name = KEYRING_RECORDS, .nkeys = 1 };
	struct sealer *s;

	cookies.keys[0] = (struct keyring_key){ .id = 1,
	    .state = KEY_ACTIVE };
	records.keys[0] = cookies.keys[0];
	memset(cookies.keys[0].bytes, 'c', KEYRING_KEY_LEN);
	memset(records.keys[0].bytes, 'r', KEYRING_KEY_LEN);
	s = sealer_new(&cookies, &records);
	assert_non_null(s);
	return s;
}

/* ------------------------------------------------------------------ */

void
place_make(struct place *p)
{
	const char *tmp = getenv("TMPDIR");
	struct buf error;

	memset(p, 0, sizeof(*p));
	(void)snprintf(p->folder, sizeof(p->folder), "%s/csn-host-XXXXXX",
	    tmp == NULL ? "/tmp" : tmp);
	assert_non_null(mkdtemp(p->folder));
	(void)snprintf(p->file, sizeof(p->file), "%s/state.db", p->folder);
	buf_init(&error, 0);
	if (store_sqlite_open(p->file, true, &p->store, &error) < 0)
		fail_msg("%s", buf_str(&error).p);
	buf_free(&error);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void
place_free(struct place *p)
{
	store_close(p->store);
	(void)nftw(p->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void
place_sql(struct place *p, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open_v2(p->file, &db,
	    SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	sqlite3_close(db);
}

void
place_break_writes(struct place *p)
{
	place_sql(p, "CREATE TRIGGER broken_i BEFORE INSERT ON kv BEGIN "
	    "SELECT RAISE(FAIL, 'broken'); END;"
	    "CREATE TRIGGER broken_u BEFORE UPDATE ON kv BEGIN "
	    "SELECT RAISE(FAIL, 'broken'); END;"
	    "CREATE TRIGGER broken_d BEFORE DELETE ON kv BEGIN "
	    "SELECT RAISE(FAIL, 'broken'); END;");
}

void
place_mend_writes(struct place *p)
{
	place_sql(p, "DROP TRIGGER broken_i; DROP TRIGGER broken_u;"
	    "DROP TRIGGER broken_d;");
}

void
place_break(struct place *p)
{
	assert_int_equal(unlink(p->file), 0);
}

/* ------------------------------------------------------------------ */

static int64_t
reach_now(void *arg)
{
	return ((struct reach *)arg)->now_ms;
}

static void
reach_log(void *arg, uint32_t severity, struct csn_str line)
{
	struct reach *r = arg;

	(void)severity;
	r->lines++;
	(void)snprintf(r->line, sizeof(r->line), "%.*s", STR_FMT(line));
}

static int
reach_audit(void *arg, struct csn_str factor, struct csn_str event,
    struct csn_str reference, struct csn_pairs pairs)
{
	(void)factor;
	(void)event;
	(void)reference;
	(void)pairs;
	return ((struct reach *)arg)->audit_rc;
}

void
reach_init(struct reach *r, struct store *store, struct sealer *sealer)
{
	memset(r, 0, sizeof(*r));
	r->now_ms = T_NOW;
	r->host = (struct call_host){ .store = store, .sealer = sealer,
	    .now_ms = reach_now, .now_arg = r, .log = reach_log,
	    .log_arg = r, .audit = reach_audit, .audit_arg = r };
}

void
reach_factor(struct factor *f, const struct rig *g, unsigned index)
{
	memset(f, 0, sizeof(*f));
	f->index = index;
	f->conf = &g->conf;
	f->cf = &g->factors[index];
	f->plugin = f->cf->plugin;
	f->made = f->opened = true;
}
