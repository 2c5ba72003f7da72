/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notice.c - notices queued, and sent by a mail program
 *
 * "q/ACCOUNT/RANDOM" is one that waits, sealed. Whoever sends it moves its time
 * ahead first, by a swap: of several nodes one is quicker, and one that dies
 * meanwhile has it sent again. It must never hold up what it tells of, nor give
 * a text of a person to the program as an argument.
 */
#include "notice.h"

#include <stdlib.h>

#include "lib/base64url.h"
#include "lib/secret.h"
#include "mail.h"
#include "people_kept.h"
#include "pool.h"
#include "secret_command.h"
#include "verdict.h"

#define NOTICE_VERSION	1u
#define LEASE_MS	60000
#define FIRST_MS	5000	/* until the second try; then fourfold */
#define LONGEST_MS	3600000
#define AT_ONCE		32u		/* of one run */
#define LOOKUP_TIME_MS	5000
#define ARGS_MAX	32u

/* As it lies in the queue. */
struct waiting {
	struct csn_str key, raw;	/* raw: sealed, as read */
	struct notice n;
	int64_t due_ms;
	uint32_t tries;
};

bool
notice_wanted(const struct csn_gate *g, const struct conf *conf,
    enum conf_notice kind)
{
	return conf->notify.command.n > 0 && (conf->notify.people & kind) !=
	    0 && atomic_load(&g->notices_waiting) < NOTICE_QUEUE_MAX;
}

/* ------------------------------------------------------------------ */
/* the record */

static void
waiting_pack(struct buf *b, const struct waiting *w)
{
	const struct notice *n = &w->n;

	buf_u8(b, NOTICE_VERSION);
	buf_u8(b, (uint8_t)n->kind);
	buf_lv16(b, n->realm);
	buf_lv16(b, n->subject);
	buf_lv16(b, n->mail);
	buf_lv16(b, n->language);
	buf_lv16(b, n->factor);
	buf_lv16(b, n->what);
	buf_lv16(b, n->client);
	buf_u64(b, (uint64_t)n->time_ms);
	buf_u64(b, (uint64_t)w->due_ms);
	buf_u32(b, w->tries);
}

static int
waiting_unpack(struct csn_str plain, struct waiting *ret)
{
	struct notice *n = &ret->n;
	struct reader r;

	reader_init(&r, plain);
	if (reader_u8(&r) != NOTICE_VERSION)
		return -1;
	n->kind = (enum conf_notice)reader_u8(&r);
	n->realm = reader_lv16(&r);
	n->subject = reader_lv16(&r);
	n->mail = reader_lv16(&r);
	n->language = reader_lv16(&r);
	n->factor = reader_lv16(&r);
	n->what = reader_lv16(&r);
	n->client = reader_lv16(&r);
	n->time_ms = (int64_t)reader_u64(&r);
	ret->due_ms = (int64_t)reader_u64(&r);
	ret->tries = reader_u32(&r);
	return reader_end(&r);
}

static int
waiting_seal(struct sealer *sealer, const struct waiting *w,
    struct csn_str key, struct buf *ret)
{
	struct buf plain;
	int rc;

	buf_init(&plain, 16384);
	waiting_pack(&plain, w);
	rc = buf_failed(&plain) ? -1 : seal_put(sealer, SEAL_RECORD, key,
	    buf_str(&plain), ret);
	buf_free(&plain);
	return rc;
}

/* The next node to look may send it at once. */
int
notice_op(struct csn_gate *g, const struct conf *conf,
    const struct notice *n, struct store_op *op, struct buf *key,
    struct buf *value)
{
	struct waiting w = { .n = *n, .due_ms = n->time_ms };
	char account[PEOPLE_ACCOUNT_LEN + 1];
	uint8_t name[8];

	if (!notice_wanted(g, conf, n->kind))
		return 0;
	if (people_account(g->sealer, n->realm, n->subject, account) < 0)
		return -1;
	secret_random(name, sizeof(name));
	buf_printf(key, "q/%s/", account);
	hex_encode(key, str_of(name, sizeof(name)));
	if (buf_failed(key) ||
	    waiting_seal(g->sealer, &w, buf_str(key), value) < 0)
		return -1;
	*op = (struct store_op){ .kind = STORE_PUT_NEW, .key = buf_str(key),
	    .value = buf_str(value),
	    /* longer than it is tried, so that its end can be told */
	    .expires_ms = n->time_ms + NOTICE_LIFE_MS + 3600000 };
	return 1;
}

void
notice_put(struct csn_gate *g, const struct conf *conf,
    const struct notice *n)
{
	struct buf key, value;
	struct store_op op;
	int rc;

	buf_init(&key, STORE_KEY_MAX);
	buf_init(&value, STORE_VALUE_MAX);
	rc = notice_op(g, conf, n, &op, &key, &value);
	if (rc < 0 || (rc > 0 && store_batch(g->store, &op, 1,
	    gate_now_ms(g)) != STORE_OK)) {
		atomic_fetch_add(&g->counts[CSN_COUNT_NOTICE_LOST], 1);
		gate_say(g, CSN_WARN, "a notice to somebody could not be "
		    "written");
	}
	buf_free(&key);
	buf_free(&value);
}

void
notice_put_about(struct csn_gate *g, const struct conf *conf,
    struct notice *n)
{
	struct buf language;
	int64_t login_ms;

	buf_init(&language, 256);
	(void)people_login_read(g->store, n->realm, n->subject,
	    gate_now_ms(g), &login_ms, &language);
	n->language = buf_str(&language);
	notice_put(g, conf, n);
	n->language = STR("");
	buf_free(&language);
}

/* ------------------------------------------------------------------ */
/* what is due */

struct due_list {
	struct csn_gate *gate;
	struct arena arena;
	struct waiting v[AT_ONCE];
	size_t n, waiting;
	int64_t now_ms;
};

static int
due_each(void *arg, struct csn_str key, struct csn_str value,
    int64_t expires_ms)
{
	struct due_list *l = arg;
	struct waiting *w = &l->v[l->n];
	struct buf plain;

	(void)expires_ms;
	l->waiting++;
	if (l->n == AT_ONCE)
		return 0;
	buf_init(&plain, 16384);
	if (seal_open(l->gate->sealer, SEAL_RECORD, key, value, &plain) == 0 &&
	    waiting_unpack(arena_str(&l->arena, buf_str(&plain)), w) == 0 &&
	    w->due_ms <= l->now_ms) {
		w->key = arena_str(&l->arena, key);
		w->raw = arena_str(&l->arena, value);
		if (w->key.p != NULL && w->raw.p != NULL)
			l->n++;
	}
	buf_free(&plain);
	return l->arena.over;
}

/* Another time for it, if nobody else was quicker; *w is what is stored now. A
 * store result. */
static int
waiting_move(struct csn_gate *g, struct arena *a, struct waiting *w,
    int64_t due_ms)
{
	struct buf value;
	int rc = STORE_FAILED;

	w->due_ms = due_ms;
	buf_init(&value, STORE_VALUE_MAX);
	if (waiting_seal(g->sealer, w, w->key, &value) == 0)
		rc = store_swap(g->store, w->key, w->raw, buf_str(&value),
		    gate_now_ms(g));
	w->raw = arena_str(a, buf_str(&value));
	buf_free(&value);
	return w->raw.p == NULL ? STORE_FAILED : rc;
}

static int64_t
next_try_ms(uint32_t tries)
{
	int64_t ms = FIRST_MS;

	while (--tries > 0 && ms < LONGEST_MS)
		ms *= 4;
	return ms < LONGEST_MS ? ms : LONGEST_MS;
}

/* ------------------------------------------------------------------ */
/* whom to, and what */

static struct factor *
address_factor(struct gate_conf *gc, int realm)
{
	int authority = realm < 0 ? -1 : gc->conf->realms[realm].authority;

	if (authority >= 0)
		return &gc->factors[authority];
	for (size_t i = 0; i < gc->conf->nfactors; i++)
		if (realm >= 0 && gc->conf->factors[i].realm ==
		    (unsigned)realm && (gc->factors[i].plugin->caps &
		    CSN_CAP_LOOKUP) != 0)
			return &gc->factors[i];
	return NULL;
}

/* 0 with an address; 1: there is none; -1: nobody could be asked now. */
static int
address_find(struct csn_gate *g, struct gate_conf *gc, struct arena *a,
    const struct notice *n, struct csn_str *ret)
{
	int realm = conf_realm_find(gc->conf, n->realm);
	struct factor *f = address_factor(gc, realm);
	struct csn_req req = { .struct_size = sizeof(req),
	    .event = CSN_EV_LOOKUP, .subject = n->subject,
	    .realm = n->realm };
	struct csn_call call;
	struct verdict v;

	*ret = n->mail;
	if (n->mail.n > 0)
		return mail_address_ok(n->mail) ? 0 : 1;
	if (f == NULL || f->plugin->serve == NULL)
		return 1;
	call_begin(&call, &g->call_host, f, LOOKUP_TIME_MS);
	verdict_call(&call, VERDICT_SERVE, &req, a, &v);
	call_end(&call);
	if (v.verdict != CSN_DONE)
		return v.verdict == CSN_DENY ? 1 : -1;
	*ret = pairs_get(v.reply.attrs, gc->conf->notify.to);
	return mail_address_ok(*ret) ? 0 : 1;
}

static const struct { enum conf_notice kind; const char *subject, *message; }
texts[] = {
	{ NOTICE_DEVICE_ADDED, "A device was added to your account",
	    "There is a new device for “{factor}”: from now on it proves that "
	    "it is you." },
	{ NOTICE_DEVICE_REMOVED, "A device was removed from your account",
	    "A device of “{factor}” was removed from your account." },
	{ NOTICE_RECOVERY_CODE, "A recovery code was used",
	    "Somebody logged in to your account with a recovery code or a "
	    "temporary code." },
	{ NOTICE_TEMPORARY_CODE, "A temporary code was given out",
	    "The help desk gave out a temporary code with which one can log "
	    "in to your account in place of “{factor}”." },
	{ NOTICE_DESK, "The help desk changed your account",
	    "The help desk did this with your account: {what}." },
	{ NOTICE_BROWSER, "A browser is remembered for your account",
	    "A browser was remembered: for some time it logs in to your "
	    "account without “{factor}”." },
};

static int
compose(struct csn_gate *g, const struct conf *conf, const struct notice *n,
    struct csn_str *ret_subject, struct csn_str *ret_body)
{
	int f = conf_factor_find(conf, n->factor);
	struct csn_str language = n->language.n > 0 || conf->site.languages.n
	    == 0 ? n->language : conf->site.languages.v[0];
	struct csn_pair args[2] = { { STR("what"), n->what },
	    { STR("factor"), f < 0 ? n->factor : conf_text_for(conf,
	    &conf->factors[f].label, language) } };
	struct csn_letter l = { .language = language, .who = n->subject,
	    .client = n->client, .time_ms = n->time_ms,
	    .args = { args, 2 } };

	if (args[1].value.n == 0)
		args[1].value = n->factor;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].kind == n->kind) {
			l.subject = str_from(texts[i].subject);
			l.message = str_from(texts[i].message);
		}
	if (l.message.n == 0 || g->options.compose == NULL)
		return -1;
	return g->options.compose(g->options.compose_arg, g, &l, ret_subject,
	    ret_body);
}

/* Each argument as it is written, but "{to}". */
static const char *
program(const struct conf *conf, struct csn_str to, struct csn_str letter)
{
	char address[MAIL_ADDRESS_MAX + 1];
	char *argv[ARGS_MAX + 1];
	size_t i;

	memcpy(address, to.p, to.n);
	address[to.n] = '\0';
	for (i = 0; i < conf->notify.command.n && i < ARGS_MAX; i++)
		argv[i] = str_is(conf->notify.command.v[i], "{to}") ? address :
		    (char *)(uintptr_t)conf->notify.command.v[i].p;
	argv[i] = NULL;
	return program_run(argv, letter, NOTICE_TIME_MS);
}

/* NULL, or why it was not sent. */
static const char *
letter_send(struct csn_gate *g, const struct conf *conf,
    const struct notice *n, struct csn_str to)
{
	struct mail m = { .from = conf->notify.from, .to = to,
	    .host = conf->login_host, .time_ms = gate_now_ms(g),
	    .from_name = conf_text_for(conf, &conf->site.name, n->language) };
	struct csn_str subject = STR(""), body = STR("");
	const char *fault = "cannot be written";
	struct buf letter;

	buf_init(&letter, 65536);
	if (compose(g, conf, n, &subject, &body) == 0) {
		m.subject = subject;
		m.body = body;
		if (mail_put(&letter, &m) == 0)
			fault = program(conf, to, buf_str(&letter));
	}
	csn_free(&subject);
	csn_free(&body);
	buf_free(&letter);
	return fault;
}

/* ------------------------------------------------------------------ */

/* Given up: recorded, since its owner does not know. */
static void
waiting_drop(struct csn_gate *g, const struct waiting *w, const char *why)
{
	struct audit_event e = { .time_ms = gate_now_ms(g),
	    .event = STR("notice-dropped"), .realm = w->n.realm,
	    .subject = w->n.subject, .reason = str_from(why) };

	atomic_fetch_add(&g->counts[CSN_COUNT_NOTICE_LOST], 1);
	(void)audit_write(g->audit, &e);
	store_delete(g->store, w->key, gate_now_ms(g));
}

static void
waiting_failed(struct csn_gate *g, struct arena *a, struct waiting *w,
    const char *why)
{
	int64_t now_ms = gate_now_ms(g);

	atomic_fetch_add(&g->counts[CSN_COUNT_NOTICE_FAILED], 1);
	if (w->tries == 1)
		gate_say(g, CSN_WARN, "a notice to somebody was not sent, and "
		    "is tried again: the mail program %s", why);
	if (now_ms - w->n.time_ms > NOTICE_LIFE_MS)
		waiting_drop(g, w, why);
	else
		(void)waiting_move(g, a, w, now_ms + next_try_ms(w->tries));
}

static void
waiting_send(struct csn_gate *g, struct gate_conf *gc, struct arena *a,
    struct waiting *w)
{
	const char *fault = NULL;
	struct csn_str to;

	w->tries++;
	if (waiting_move(g, a, w, gate_now_ms(g) + LEASE_MS) != STORE_OK)
		return;		/* somebody else has it, or the next time */
	switch (address_find(g, gc, a, &w->n, &to)) {
	case 0:
		fault = letter_send(g, gc->conf, &w->n, to);
		break;
	case 1:
		waiting_drop(g, w, "there is no mail address");
		return;
	default:
		fault = "has no address yet: the directory does not answer";
		break;
	}
	if (fault != NULL) {
		waiting_failed(g, a, w, fault);
		return;
	}
	atomic_fetch_add(&g->counts[CSN_COUNT_NOTICE_SENT], 1);
	store_delete(g->store, w->key, gate_now_ms(g));
}

static void
notices_run(void *arg)
{
	struct csn_gate *g = arg;
	struct gate_conf *gc = gate_hold(g);
	struct due_list *l = calloc(1, sizeof(*l));

	if (l != NULL && gc->conf->notify.command.n > 0) {
		l->gate = g;
		l->now_ms = gate_now_ms(g);
		arena_init(&l->arena, 16u << 20);
		if (store_list(g->store, STR("q/"), STR(""),
		    NOTICE_QUEUE_MAX, l->now_ms, due_each, l) == STORE_OK)
			atomic_store(&g->notices_waiting, l->waiting);
		for (size_t i = 0; i < l->n && !atomic_load(&g->ending); i++)
			waiting_send(g, gc, &l->arena, &l->v[i]);
		arena_free(&l->arena);
	}
	free(l);
	gate_drop(gc);
	atomic_store(&g->notices_busy, false);
}

void
notice_tick(struct csn_gate *g)
{
	if (atomic_exchange(&g->notices_busy, true))
		return;
	if (pool_run(g->notices, notices_run, g) < 0)
		atomic_store(&g->notices_busy, false);
}
