/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin_restored.c - a store put back from a copy, accepted by the operator
 *
 * Sessions, codes and rounds that ended since the copy would be good again: all
 * sessions end, and nothing that began before counts (security.md O2). It must
 * never make such a store usable in part.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "admin.h"
#include "json_out.h"

/* Above what any node can have seen and not written down here. */
#define NUMBERS_AHEAD	1000000u
#define DELETE_MAX	200u

struct doomed {
	size_t n;
	char keys[DELETE_MAX][STORE_KEY_MAX];
	size_t len[DELETE_MAX];
};

static int
doomed_one(void *arg, struct csn_str key, struct csn_str value,
    int64_t expires_ms)
{
	struct doomed *d = arg;

	(void)value;
	(void)expires_ms;
	memcpy(d->keys[d->n], key.p, key.n);
	d->len[d->n++] = key.n;
	return d->n == DELETE_MAX;
}

/* All below a prefix; a store result. */
static int
all_delete(struct store *store, const char *prefix, int64_t now_ms)
{
	struct doomed *d = malloc(sizeof(*d));
	struct store_op ops[DELETE_MAX];
	int rc = d == NULL ? STORE_FAILED : STORE_OK;

	while (rc == STORE_OK) {
		d->n = 0;
		rc = store_list(store, str_from(prefix), STR(""), DELETE_MAX,
		    now_ms, doomed_one, d);
		if (rc != STORE_OK || d->n == 0)
			break;
		for (size_t i = 0; i < d->n; i++)
			ops[i] = (struct store_op){ .kind = STORE_DELETE,
			    .key = str_of(d->keys[i], d->len[i]) };
		rc = store_batch(store, ops, d->n, now_ms);
	}
	free(d);
	return rc;
}

int
admin_mark_read(const struct conf *conf, uint64_t *ret)
{
	char path[4096], text[32];
	struct buf b;
	ssize_t n;
	int fd;

	buf_init_fixed(&b, path, sizeof(path));
	buf_str_put(&b, conf->keys_dir);
	buf_puts(&b, "/feed.mark");
	buf_char(&b, '\0');
	*ret = 0;
	fd = buf_failed(&b) ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return buf_failed(&b) || errno != ENOENT ? -1 : 0;
	n = read(fd, text, sizeof(text));
	close(fd);
	if (n <= 0)
		return n == 0 ? 0 : -1;
	return str_u64(str_trim(str_of(text, (size_t)n -
	    (text[n - 1] == '\n'))), UINT64_MAX / 4, ret);
}

static int
restored(struct csn_gate *g, const struct conf *conf)
{
	/* sessions and when they were seen; rounds, answers and exchanges in
	 * the store; tickets; logouts on their way */
	static const char *const all[] = { "s/", "l/", "x/", "a/", "h/",
	    "o/" };
	int64_t now_ms = gate_now_ms(g);
	struct store_op ops[2];
	uint64_t mark, low, high;
	struct buf value;
	int rc = STORE_OK;

	if (admin_mark_read(conf, &mark) < 0 ||
	    store_feed_range(g->store, &low, &high) != STORE_OK)
		return -1;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) &&
	    rc == STORE_OK; i++)
		rc = all_delete(g->store, all[i], now_ms);
	buf_init(&value, 64);
	follow_ops_restored(ops, &value, now_ms,
	    (high > mark ? high : mark) + NUMBERS_AHEAD);
	if (rc == STORE_OK)
		rc = store_batch(g->store, ops, 2, now_ms);
	buf_free(&value);
	return rc == STORE_OK ? 0 : -1;
}

int
csn_store_restored(struct csn_gate *g, struct csn_str who,
    struct csn_str *ret)
{
	struct gate_conf *gc = gate_hold(g);
	struct json_out j;
	int rc;

	if (admin_event(gc->conf, "store-restored", who, STR(""), STR("")) <
	    0)
		rc = json_fail(ret, "the audit log cannot be written, so "
		    "nothing is changed");
	else if (restored(g, gc->conf) < 0)
		rc = json_fail(ret, "the store cannot be written; nothing "
		    "counts until this command has succeeded");
	else
		rc = 0;
	gate_drop(gc);
	if (rc < 0)
		return rc;
	json_init(&j);
	json_open(&j, NULL, '{');
	json_text(&j, "done", STR("all sessions have ended; logins are "
	    "accepted again in ten minutes"));
	json_close(&j, '}');
	return json_take(&j, ret);
}
