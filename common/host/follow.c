/* SPDX-License-Identifier: Apache-2.0 */
/*
 * follow.c - the feed read in order and applied to the known sessions
 *
 * A thread asks four times a second. It must never skip a number, and never
 * call this node current when it is not.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "follow.h"
#include "lib/timefmt.h"

#define FEED_SESSION	1u
#define FEED_PERSON	2u
#define FEED_CHANGED	3u
#define FEED_RESTORED	4u
#define RESTORED_KEY	STR("store/restored")
#define TRIM_KEY	STR("store/feed")
#define READ_MAX	1000u
#define TRIM_PART	10000u	/* entries of one commit */

struct follow {
	struct store *store;
	struct known *known;
	char *mark_file;
	int64_t (*now_ms)(void *);
	void *now_arg;
	pthread_mutex_t lock;		/* of reading, and of `ending` */
	pthread_cond_t wake;
	pthread_t thread;
	bool threaded, ending;
	uint64_t position, marked;
	_Atomic int64_t good_ms;	/* monotonic, of the last good
					 * reading */
	_Atomic(const char *) trouble;
	_Atomic bool broken;		/* not a store out of reach: at once */
	_Atomic bool begun;		/* the feed was read once */
	_Atomic int64_t restored_ms;
};

void
follow_op_session(struct store_op *op, struct buf *value,
    const uint8_t id[SESSION_ID_LEN])
{
	buf_u8(value, FEED_SESSION);
	buf_put(value, id, SESSION_ID_LEN);
	*op = (struct store_op){ .kind = STORE_REVOKE,
	    .value = buf_str(value) };
}

void
follow_op_person(struct store_op *op, struct buf *value,
    struct csn_str realm, struct csn_str subject, uint32_t generation)
{
	buf_u8(value, FEED_PERSON);
	buf_u32(value, generation);
	buf_lv16(value, realm);
	buf_lv16(value, subject);
	*op = (struct store_op){ .kind = STORE_REVOKE,
	    .value = buf_str(value) };
}

void
follow_op_changed(struct store_op *op, struct buf *value,
    struct csn_str realm, struct csn_str subject)
{
	buf_u8(value, FEED_CHANGED);
	buf_lv16(value, realm);
	buf_lv16(value, subject);
	*op = (struct store_op){ .kind = STORE_REVOKE,
	    .value = buf_str(value) };
}

void
follow_ops_restored(struct store_op ops[2], struct buf *value,
    int64_t now_ms, uint64_t at)
{
	buf_u8(value, FEED_RESTORED);
	buf_u64(value, (uint64_t)now_ms);
	ops[0] = (struct store_op){ .kind = STORE_PUT, .key = RESTORED_KEY,
	    .value = buf_str(value) };
	ops[1] = (struct store_op){ .kind = STORE_REVOKE,
	    .value = buf_str(value), .delta = (int64_t)at };
}

int64_t
follow_restored_ms(const struct follow *f)
{
	return atomic_load(&f->restored_ms);
}

static int
restored_apply(struct follow *f, struct csn_str value)
{
	struct reader r;
	int64_t ms;

	reader_init(&r, value);
	if (reader_u8(&r) != FEED_RESTORED)
		return -1;
	ms = (int64_t)reader_u64(&r);
	if (reader_end(&r) < 0)
		return -1;
	if (ms > atomic_load(&f->restored_ms))
		atomic_store(&f->restored_ms, ms);
	known_forget(f->known);
	return 0;
}

/* At the beginning: entries of before are not read. */
static int
restored_read(struct follow *f)
{
	struct buf value;
	int rc;

	buf_init(&value, 64);
	rc = store_get(f->store, RESTORED_KEY, f->now_ms(f->now_arg), &value);
	if (rc == STORE_OK && restored_apply(f, buf_str(&value)) < 0)
		rc = STORE_FAILED;
	buf_free(&value);
	return rc == STORE_OK || rc == STORE_ABSENT ? 0 : -1;
}

/* One entry. What it does not know is of a newer node: that cannot be
 * ignored, since it may end something. */
static int
entry_apply(struct follow *f, struct csn_str value)
{
	struct csn_str a, b;
	struct reader r;
	uint32_t generation;
	uint8_t kind;

	reader_init(&r, value);
	kind = reader_u8(&r);
	switch (kind) {
	case FEED_SESSION:
		a = reader_bytes(&r, SESSION_ID_LEN);
		if (reader_end(&r) < 0)
			return -1;
		known_end(f->known, (const uint8_t *)a.p);
		return 0;
	case FEED_PERSON:
		generation = reader_u32(&r);
		a = reader_lv16(&r);
		b = reader_lv16(&r);
		if (reader_end(&r) < 0)
			return -1;
		known_end_person(f->known, a, b, generation);
		return 0;
	case FEED_CHANGED:
		a = reader_lv16(&r);
		b = reader_lv16(&r);
		if (reader_end(&r) < 0)
			return -1;
		known_age_person(f->known, a, b, f->now_ms(f->now_arg));
		return 0;
	case FEED_RESTORED:
		return restored_apply(f, value);
	default:
		return -1;
	}
}

static int
feed_entry(void *arg, uint64_t number, struct csn_str value)
{
	struct follow *f = arg;

	bool anew = value.n > 0 && (uint8_t)value.p[0] == FEED_RESTORED;

	/* what a store put back leaves out has no meaning any more */
	if ((number != f->position + 1 && !anew) || entry_apply(f, value) < 0)
		return -1;
	f->position = number;
	return 0;
}

static const char *
feed_read(struct follow *f)
{
	uint64_t low, high;

	if (store_feed_range(f->store, &low, &high) != STORE_OK)
		return "the store cannot be read";
	atomic_store(&f->broken, true);
	if (high < f->marked || high < f->position)
		return "the store is older than it was: a copy was restored. "
		    "Use the newer one; if it is lost: countersign store "
		    "restored";
	if (!atomic_load(&f->begun)) {
		/* nothing is known, so nothing is missed by starting at the
		 * end: unknown sessions are read from the store. What a login
		 * entered before this may have been ended since. */
		known_forget(f->known);
		if (restored_read(f) < 0)
			return "the store cannot be read";
		f->position = high;
		atomic_store(&f->broken, false);
		return NULL;
	}
	while (f->position < high) {
		uint64_t before = f->position;

		if (store_feed_read(f->store, f->position, READ_MAX,
		    feed_entry, f) != STORE_OK) {
			atomic_store(&f->broken, false);
			return "the store cannot be read";
		}
		if (f->position == before)
			return "the feed of revocations has a gap";
	}
	atomic_store(&f->broken, false);
	return NULL;
}

static int
mark_read(struct follow *f)
{
	char text[32];
	ssize_t n;
	int fd;

	if (f->mark_file[0] == '\0')
		return 0;
	fd = open(f->mark_file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	n = read(fd, text, sizeof(text));
	close(fd);
	if (n <= 0)
		return n == 0 ? 0 : -1;
	return str_u64(str_trim(str_of(text, (size_t)n -
	    (text[n - 1] == '\n'))), UINT64_MAX, &f->marked);
}

/* Only a hint for a store that was put back: a write that is lost makes the
 * mark lower, never wrong. */
static void
mark_write(struct follow *f)
{
	char text[32];
	struct buf b;
	int fd;

	if (f->mark_file[0] == '\0' || f->position == f->marked)
		return;
	buf_init_fixed(&b, text, sizeof(text));
	buf_printf(&b, "%020llu\n", (unsigned long long)f->position);
	fd = open(f->mark_file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	if (pwrite(fd, b.p, b.n, 0) == (ssize_t)b.n)
		f->marked = f->position;
	close(fd);
}

int
follow_once(struct follow *f)
{
	const char *trouble;

	pthread_mutex_lock(&f->lock);
	trouble = feed_read(f);
	if (trouble == NULL) {
		atomic_store(&f->begun, true);
		atomic_store(&f->good_ms, clock_mono_ms());
		mark_write(f);
	}
	atomic_store(&f->trouble, trouble);
	pthread_mutex_unlock(&f->lock);
	return trouble == NULL ? 0 : -1;
}

bool
follow_current(const struct follow *f)
{
	/* also where a reading hangs, and so could tell of no trouble */
	if (!atomic_load(&f->begun) || clock_mono_tick_ms() -
	    atomic_load(&f->good_ms) > FOLLOW_LOST_MS)
		return false;
	return atomic_load(&f->trouble) == NULL || !atomic_load(&f->broken);
}

const char *
follow_trouble(const struct follow *f)
{
	const char *trouble = atomic_load(&f->trouble);

	if (trouble == NULL && !atomic_load(&f->begun))
		return "the feed of revocations was not read yet";
	return trouble;
}

/* ------------------------------------------------------------------ */
/* what is long past */

/* The highest number at a time, from which the next trimming counts. */
static int
trim_mark_put(struct store *store, uint64_t high, int64_t now_ms)
{
	struct buf value;
	int rc;

	buf_init(&value, 16);
	buf_u64(&value, (uint64_t)now_ms);
	buf_u64(&value, high);
	rc = buf_failed(&value) ? STORE_FAILED : store_put(store, TRIM_KEY,
	    buf_str(&value), 0, now_ms);
	buf_free(&value);
	return rc;
}

static int
trim_mark_get(struct store *store, int64_t now_ms, uint64_t *ret_number,
    int64_t *ret_ms)
{
	struct buf value;
	struct reader r;
	int rc;

	buf_init(&value, 16);
	rc = store_get(store, TRIM_KEY, now_ms, &value);
	if (rc == STORE_OK) {
		reader_init(&r, buf_str(&value));
		*ret_ms = (int64_t)reader_u64(&r);
		*ret_number = reader_u64(&r);
		if (reader_end(&r) < 0)
			rc = STORE_FAILED;
	}
	buf_free(&value);
	return rc;
}

int
follow_trim(struct store *store, int64_t now_ms)
{
	uint64_t low, high, through = 0;
	int64_t marked_ms = 0;
	int rc = store_feed_range(store, &low, &high);

	if (rc == STORE_OK)
		rc = trim_mark_get(store, now_ms, &through, &marked_ms);
	/* a clock that was set back begins anew */
	if (rc == STORE_ABSENT || (rc == STORE_OK && marked_ms > now_ms))
		return trim_mark_put(store, high, now_ms);
	if (rc != STORE_OK || now_ms - marked_ms < FOLLOW_KEEP_MS)
		return rc;
	for (; low <= through && low <= high && rc == STORE_OK;
	    low += TRIM_PART)
		rc = store_feed_trim(store, through - low < TRIM_PART ?
		    through : low + TRIM_PART - 1);
	return rc == STORE_OK ? trim_mark_put(store, high, now_ms) : rc;
}

/* ------------------------------------------------------------------ */

static void *
follow_thread(void *arg)
{
	struct follow *f = arg;
	struct timespec until;
	bool ending = false;

	pthread_setname_np(pthread_self(), "csn-follow");
	while (!ending) {
		follow_once(f);
		pthread_mutex_lock(&f->lock);
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += FOLLOW_EVERY_MS * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
		if (!f->ending)
			pthread_cond_timedwait(&f->wake, &f->lock, &until);
		ending = f->ending;
		pthread_mutex_unlock(&f->lock);
	}
	/* what came in the last moment belongs into the mark (O2) */
	follow_once(f);
	return NULL;
}

struct follow *
follow_new(struct store *store, struct known *known, const char *mark_file,
    int64_t (*now_ms)(void *), void *now_arg)
{
	struct follow *f = calloc(1, sizeof(*f));
	pthread_condattr_t attr;

	if (f == NULL)
		return NULL;
	f->store = store;
	f->known = known;
	f->now_ms = now_ms;
	f->now_arg = now_arg;
	f->mark_file = strdup(mark_file);
	pthread_mutex_init(&f->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&f->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (f->mark_file == NULL || mark_read(f) < 0)
		goto fail;
	follow_once(f);
	if (pthread_create(&f->thread, NULL, follow_thread, f) != 0)
		goto fail;
	f->threaded = true;
	return f;
fail:
	follow_free(f);
	return NULL;
}

void
follow_free(struct follow *f)
{
	if (f == NULL)
		return;
	if (f->threaded) {
		pthread_mutex_lock(&f->lock);
		f->ending = true;
		pthread_cond_signal(&f->wake);
		pthread_mutex_unlock(&f->lock);
		pthread_join(f->thread, NULL);
	}
	pthread_mutex_destroy(&f->lock);
	pthread_cond_destroy(&f->wake);
	free(f->mark_file);
	free(f);
}
