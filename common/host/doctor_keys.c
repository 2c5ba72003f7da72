/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor_keys.c - the key rings and the store: whole, of each other, not old
 *
 * It opens the store as a daemon does beside another, and writes nothing. It
 * must never call a store good that these keys do not open.
 */
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <stdio.h>
#include <unistd.h>

#include "admin.h"
#include "adopt.h"
#include "doctor.h"
#include "store_id.h"

#define DAY_MS		((int64_t)86400000)
#define ROOM_ERROR	(16u << 20)
#define ROOM_WARNING	(256u << 20)
#define WAL_WARNING	(256u << 20)

/* ------------------------------------------------------------------ */
/* rings */

static void
key_age_look(struct doctor *d, const struct keyring *ring, const char *name)
{
	const struct keyring_key *k = keyring_active(ring);
	struct csn_str where = arena_printf(&d->arena, "%.*s/%s",
	    STR_FMT(d->conf->keys_dir), name);
	int64_t age;

	if (k == NULL)
		return;		/* keyring_load() refuses it */
	age = d->now_ms - k->created_ms;
	if (age < -PROOF_SKEW_MS)
		doctor_say(d, DOCTOR_ERROR, "clock", where, "set the clock "
		    "right; run NTP", "key %u was made %.*s after now: this "
		    "clock is behind", k->id, STR_FMT(doctor_span(d, age)));
	else if (age / 1000 > d->conf->keys_warn_older_s)
		doctor_say(d, DOCTOR_WARNING, "keys", where, arena_printf(
		    &d->arena, "countersign keys rotate --ring %s, and "
		    "reload", name).p, "the key that seals is %.*s old",
		    STR_FMT(doctor_span(d, age)));
}

/* A key that has been replaced for longer than any session lives. */
static void
cookie_keys_look(struct doctor *d, const struct keyring *ring)
{
	const struct keyring_key *newest = keyring_active(ring);

	for (size_t i = 0; i < ring->nkeys; i++) {
		const struct keyring_key *k = &ring->keys[i];

		if (k->state != KEY_OLD || newest == NULL || d->now_ms -
		    newest->created_ms < d->conf->lifetime_s * 1000 + DAY_MS)
			continue;
		doctor_say(d, DOCTOR_WARNING, "keys", arena_printf(&d->arena,
		    "%.*s/cookies", STR_FMT(d->conf->keys_dir)),
		    arena_printf(&d->arena, "countersign keys retire --ring "
		    "cookies --id %u", k->id).p, "key %u opens no session any "
		    "more, and can still forge one if it is stolen", k->id);
	}
}

static bool
folder_shut(const char *dir)
{
	return access(dir, R_OK | X_OK) < 0;
}

static bool
ring_load(struct doctor *d, enum keyring_name which, const char *name,
    struct keyring *ret)
{
	const char *dir = doctor_path(d, d->conf->keys_dir);
	struct buf why;
	int rc;

	doctor_looked(d);
	buf_init(&why, 2048);
	rc = keyring_load(dir, which, ret, &why);
	if (rc < 0)
		doctor_say(d, DOCTOR_ERROR, "keys", folder_shut(dir) ?
		    d->conf->keys_dir : arena_printf(&d->arena, "%.*s/%s",
		    STR_FMT(d->conf->keys_dir), name),
		    "put it right, or the copy of it back: without the ring "
		    "nothing can be opened", "%.*s", STR_FMT(buf_str(&why)));
	buf_free(&why);
	return rc == 0;
}

void
doctor_keys(struct doctor *d)
{
	struct keyring ring;

	if (ring_load(d, KEYRING_COOKIES, "cookies", &ring)) {
		key_age_look(d, &ring, "cookies");
		cookie_keys_look(d, &ring);
	}
	keyring_wipe(&ring);
	if (folder_shut(doctor_path(d, d->conf->keys_dir)))
		return;		/* the other ring's is the same sentence */
	if (ring_load(d, KEYRING_RECORDS, "records", &ring))
		key_age_look(d, &ring, "records");
	keyring_wipe(&ring);
}

/* ------------------------------------------------------------------ */
/* the store */

struct key_use { uint32_t id[KEYRING_KEYS_MAX]; size_t n[KEYRING_KEYS_MAX];
    size_t nids; };

static int
key_used(void *arg, struct csn_str key, struct csn_str value,
    int64_t expires_ms)
{
	struct key_use *use = arg;
	uint32_t id;

	(void)expires_ms;
	id = seal_key_id(str_starts(key, STR("k/")) ?
	    str_from_at(value, value.n > 0) : value);
	for (size_t i = 0; i < use->nids; i++)
		use->n[i] += use->id[i] == id;
	return 0;
}

/* Old keys of the records that nothing is sealed with any more. The first one
 * stays: it makes the names of accounts. */
static void
record_keys_look(struct doctor *d, struct store *store,
    const struct keyring *ring)
{
	struct key_use use = { .nids = 0 };

	for (size_t i = 1; i < ring->nkeys; i++)
		if (ring->keys[i].state == KEY_OLD)
			use.id[use.nids++] = ring->keys[i].id;
	if (use.nids == 0 || store_list(store, STR(""), STR(""), SIZE_MAX,
	    d->now_ms, key_used, &use) != STORE_OK)
		return;
	for (size_t i = 0; i < use.nids; i++)
		if (use.n[i] == 0)
			doctor_say(d, DOCTOR_WARNING, "keys", arena_printf(
			    &d->arena, "%.*s/records",
			    STR_FMT(d->conf->keys_dir)), arena_printf(
			    &d->arena, "countersign keys retire --ring "
			    "records --id %u", use.id[i]).p, "no record is "
			    "sealed with key %u any more", use.id[i]);
}

/* O2: an older copy than what this node has seen. */
static void
mark_look(struct doctor *d, struct store *store)
{
	uint64_t mark, low, high;

	doctor_looked(d);
	if (admin_mark_read(d->conf, &mark) < 0)
		doctor_say(d, DOCTOR_ERROR, "store", arena_printf(&d->arena,
		    "%.*s/feed.mark", STR_FMT(d->conf->keys_dir)),
		    "give it to the service's user; with its content gone, "
		    "take it away", "the highest revocation seen cannot be "
		    "read");
	else if (store_feed_range(store, &low, &high) == STORE_OK &&
	    high < mark)
		doctor_say(d, DOCTOR_ERROR, "store", d->conf->store_path,
		    "put the newer one back; if it is lost: countersign "
		    "store restored", "is an older copy: it knows "
		    "revocations up to %llu, this node has seen %llu",
		    (unsigned long long)high, (unsigned long long)mark);
}

static void
room_look(struct doctor *d, struct csn_str path, const char *what)
{
	char dir[4096], *slash;
	struct statvfs v;
	uint64_t room;

	doctor_looked(d);
	(void)snprintf(dir, sizeof(dir), "%.*s", STR_FMT(path));
	slash = strrchr(dir, '/');
	if (slash != NULL)
		slash[slash == dir] = '\0';
	if (statvfs(dir, &v) < 0)
		return;		/* it is not there, which is said */
	room = (uint64_t)v.f_bavail * v.f_frsize;
	if (room < ROOM_WARNING || (v.f_files > 0 && v.f_favail < 100))
		doctor_say(d, room < ROOM_ERROR || (v.f_files > 0 &&
		    v.f_favail < 100) ? DOCTOR_ERROR : DOCTOR_WARNING,
		    "disk", str_from(dir), "make room; on a full disk nobody "
		    "logs in", "%llu MiB and %llu files are left for %s",
		    (unsigned long long)(room >> 20),
		    (unsigned long long)v.f_favail, what);
	if ((v.f_flag & ST_RDONLY) != 0)
		doctor_say(d, DOCTOR_ERROR, "disk", str_from(dir),
		    "mount it for writing", "is read-only; %s cannot be "
		    "written", what);
}

static void
wal_look(struct doctor *d)
{
	char path[4200];
	struct stat st;

	doctor_looked(d);
	(void)snprintf(path, sizeof(path), "%.*s-wal",
	    STR_FMT(d->conf->store_path));
	if (stat(path, &st) == 0 && st.st_size > (off_t)WAL_WARNING)
		doctor_say(d, DOCTOR_WARNING, "store", str_from(path),
		    "end what reads the store for long (a backup, sqlite3 "
		    "by hand)", "has grown to %llu MiB: something keeps it "
		    "from being taken over",
		    (unsigned long long)st.st_size >> 20);
}

/* Files that were written later than now: the clock was set back. */
static void
written_look(struct doctor *d, struct csn_str path, const char *tail)
{
	char name[4200];
	struct stat st;
	int64_t ahead;

	(void)snprintf(name, sizeof(name), "%.*s%s", STR_FMT(path), tail);
	if (stat(name, &st) < 0)
		return;
	doctor_looked(d);
	ahead = (int64_t)st.st_mtim.tv_sec * 1000 - d->now_ms;
	if (ahead > 30000)
		doctor_say(d, DOCTOR_ERROR, "clock", str_from(name),
		    "set the clock right; run NTP", "was written %.*s after "
		    "now: this clock is behind, or was ahead",
		    STR_FMT(doctor_span(d, ahead)));
}

/* O1: the daemon would not start. */
static void
orphans_look(struct doctor *d, struct store *store)
{
	struct csn_str rest, line;
	struct buf why;

	doctor_looked(d);
	buf_init(&why, 16384);
	(void)adopt_check(store, d->conf, d->now_ms, &why);
	rest = buf_str(&why);
	while (str_cut(&rest, '\n', &line))
		if (line.n > 0)
			doctor_say(d, DOCTOR_ERROR, "configuration",
			    str_from(d->options->conf_path), "see "
			    "countersign(1), adopt; until then no start and "
			    "no reload succeeds", "%.*s", STR_FMT(line));
	buf_free(&why);
}

static void
store_judge(struct doctor *d, struct store *store)
{
	static struct keyring cookies, records;
	const char *dir = doctor_path(d, d->conf->keys_dir);
	struct sealer *sealer = NULL;
	struct buf why;

	buf_init(&why, 2048);
	if (keyring_load(dir, KEYRING_COOKIES, &cookies, &why) == 0 &&
	    keyring_load(dir, KEYRING_RECORDS, &records, &why) == 0)
		sealer = sealer_new(&cookies, &records);
	if (sealer != NULL && store_id_check(store, sealer, d->now_ms,
	    &why) < 0)
		doctor_say(d, DOCTOR_ERROR, "store", d->conf->store_path,
		    "put the one of the two back that is wrong", "%.*s",
		    STR_FMT(buf_str(&why)));
	else if (sealer != NULL) {
		record_keys_look(d, store, &records);
		orphans_look(d, store);
	}
	mark_look(d, store);
	buf_free(&why);
	sealer_free(sealer);
	keyring_wipe(&cookies);
	keyring_wipe(&records);
}

void
doctor_store(struct doctor *d)
{
	const char *path = doctor_path(d, d->conf->store_path);
	struct store *store = NULL;
	struct buf why;

	buf_init(&why, 4096);
	room_look(d, d->conf->store_path, "the store");
	if (d->conf->audit_path.n > 0)
		room_look(d, d->conf->audit_path, "the audit log");
	wal_look(d);
	written_look(d, d->conf->store_path, "");
	written_look(d, d->conf->store_path, "-wal");
	if (d->conf->audit_path.n > 0)
		written_look(d, d->conf->audit_path, "");
	doctor_looked(d);
	if (store_sqlite_open(path, false, &store, &why) < 0) {
		doctor_say(d, DOCTOR_ERROR, "store", d->conf->store_path,
		    access(path, F_OK) < 0 ? "countersign init, if it is "
		    "the first; else put it back" :
		    access(path, R_OK | W_OK) < 0 ? "chown it to the "
		    "service's user" : "countersign restore, from a backup",
		    "%.*s", STR_FMT(buf_str(&why)));
		buf_free(&why);
		return;
	}
	if (store_sqlite_whole(path, &why) < 0)
		doctor_say(d, DOCTOR_ERROR, "store", d->conf->store_path,
		    "end the daemons and put a backup back: countersign "
		    "restore", "%.*s", STR_FMT(buf_str(&why)));
	store_judge(d, store);
	store_close(store);
	buf_free(&why);
}
