/* SPDX-License-Identifier: Apache-2.0 */
/*
 * account.c - wishes read, tokens of the page, a person's sessions
 *
 * It must never show or end a session of another person: the index is only
 * where to look, the record says whose it is.
 */
#include <stdlib.h>

#include "account.h"
#include "lib/base64url.h"
#include "session_keys.h"

#define SEALED_MAX	4096u	/* bytes of its text */

static const struct {
	const char *word;
	enum account_verb verb;
	bool has_factor, has_item;
} verbs[] = {
	{ "end", ACCOUNT_END, false, true },
	{ "end-others", ACCOUNT_END_OTHERS, false, false },
	{ "not-me", ACCOUNT_NOT_ME, false, false },
	{ "add", ACCOUNT_ADD, true, false },
	{ "remove", ACCOUNT_REMOVE, true, true },
	{ "rename", ACCOUNT_RENAME, true, true },
	{ "codes", ACCOUNT_CODES, true, false },
	{ "forget", ACCOUNT_FORGET, true, true },
	{ "forget-all", ACCOUNT_FORGET_ALL, true, false },
};

const char *
account_word(enum account_verb verb)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (verbs[i].verb == verb)
			return verbs[i].word;
	return "";
}

int
account_wish_read(const struct conf *conf, struct csn_str text,
    struct account_wish *ret)
{
	struct csn_str word, factor = STR("");
	size_t i = 0;

	(void)str_cut(&text, ':', &word);
	while (i < sizeof(verbs) / sizeof(verbs[0]) &&
	    !str_is(word, verbs[i].word))
		i++;
	if (i == sizeof(verbs) / sizeof(verbs[0]))
		return -1;
	*ret = (struct account_wish){ .verb = verbs[i].verb, .factor = -1 };
	if (verbs[i].has_factor) {
		(void)str_cut(&text, ':', &factor);
		ret->factor = conf_factor_find(conf, factor);
		if (ret->factor < 0)
			return -1;
	}
	ret->item = text;
	return (text.n > 0) == verbs[i].has_item ? 0 : -1;
}

/* ------------------------------------------------------------------ */

static struct csn_str
context(struct visit *v, const char *page)
{
	return arena_printf(&v->arena, "%s %.*s", page,
	    STR_FMT(v->conf->login_host));
}

struct csn_str
account_sealed(struct visit *v, const char *page, struct csn_str what)
{
	struct csn_str ret = STR("");
	struct buf plain, sealed, text;

	buf_init(&plain, SEALED_MAX / 4);
	buf_init(&sealed, SEALED_MAX / 2);
	buf_init(&text, SEALED_MAX);
	buf_u64(&plain, (uint64_t)v->now_ms);
	buf_put(&plain, v->session.id, sizeof(v->session.id));
	buf_str_put(&plain, what);
	if (!buf_failed(&plain) && seal_put(v->gate->sealer, SEAL_FORM,
	    context(v, page), buf_str(&plain), &sealed) == 0) {
		base64url_encode(&text, buf_str(&sealed));
		ret = arena_str(&v->arena, buf_str(&text));
	}
	buf_free(&plain);
	buf_free(&sealed);
	buf_free(&text);
	return ret;
}

int
account_sealed_open(struct visit *v, const char *page, struct csn_str text,
    int64_t max_age_ms, struct csn_str *ret)
{
	struct buf plain, sealed;
	struct csn_str id;
	struct reader r;
	int64_t made;
	int rc = -1;

	buf_init(&plain, SEALED_MAX / 2);
	buf_init(&sealed, SEALED_MAX);
	if (text.n > 0 && text.n <= SEALED_MAX &&
	    base64url_decode(&sealed, text) == 0 &&
	    seal_open(v->gate->sealer, SEAL_FORM, context(v, page),
	    buf_str(&sealed), &plain) == 0) {
		reader_init(&r, buf_str(&plain));
		made = (int64_t)reader_u64(&r);
		id = reader_bytes(&r, SESSION_ID_LEN);
		if (!r.failed && memcmp(id.p, v->session.id,
		    SESSION_ID_LEN) == 0 && made <= v->now_ms +
		    SESSION_SKEW_MS && v->now_ms - made <= max_age_ms) {
			*ret = arena_str(&v->arena, reader_bytes(&r, r.n));
			rc = ret->p != NULL ? 0 : -1;
		}
	}
	buf_free(&plain);
	buf_free(&sealed);
	return rc;
}

struct csn_str
account_token(struct visit *v, const char *word)
{
	return account_sealed(v, "account", str_from(word));
}

bool
account_token_good(struct visit *v, struct csn_str text, const char *word,
    int64_t max_age_ms)
{
	struct csn_str said;

	return account_sealed_open(v, "account", text, max_age_ms, &said) ==
	    0 && str_is(said, word);
}

/* ------------------------------------------------------------------ */

struct mine {
	struct visit *v;
	struct session *v_ret;
	size_t n, max;
	int rc;				/* of the last that went wrong */
	bool end;			/* them, rather than list them */
};

bool
account_own(const struct visit *v, const struct person *p)
{
	return str_equal(p->realm_name, v->session.person.realm_name) &&
	    str_equal(p->subject, v->session.person.subject);
}

/* What is shown of it. */
static void
mine_show(struct mine *m, const struct session *s)
{
	struct arena *a = &m->v->arena;
	struct session *to = &m->v_ret[m->n];

	*to = (struct session){ .created_ms = s->created_ms,
	    .seen_ms = s->seen_ms, .client = arena_str(a, s->client),
	    .user_agent = arena_str(a, s->user_agent) };
	memcpy(to->id, s->id, sizeof(to->id));
	if (to->client.p == NULL || to->user_agent.p == NULL)
		m->rc = STORE_FAILED;
	else
		m->n++;
}

/* Loaded into memory of its own: for a thousand, or for a few with as much as
 * their factors may keep, there is no room in the request's. */
static void
mine_each(void *arg, const uint8_t id[SESSION_ID_LEN])
{
	struct mine *m = arg;
	struct visit *v = m->v;
	struct session s;
	struct arena a;
	int rc;

	if (memcmp(id, v->session.id, SESSION_ID_LEN) == 0 ||
	    (!m->end && m->n == m->max))
		return;
	arena_init(&a, SESSION_MEMORY_MAX);
	rc = gate_session_load(v->gate, v->conf, &a, id,
	    v->conf->idle_s * 1000, false, &s);
	if (rc == STORE_OK && account_own(v, &s.person)) {
		if (m->end)
			rc = session_end(v->gate, id, v->now_ms);
		else
			mine_show(m, &s);
	}
	arena_free(&a);
	if (rc != STORE_OK && rc != STORE_ABSENT)
		m->rc = rc;
}

static int
mine_all(struct mine *m)
{
	const struct person *p = &m->v->session.person;
	char account[PEOPLE_ACCOUNT_LEN + 1];
	int rc;

	if (people_account(m->v->gate->sealer, p->realm_name, p->subject,
	    account) < 0)
		return STORE_FAILED;
	rc = session_keys_end_known(m->v->gate->store, SESSION_KEYS_PERSON,
	    str_from(account), m->v->now_ms, mine_each, m);
	return rc == STORE_OK ? m->rc : rc;
}

static int
newest_first(const void *a, const void *b)
{
	const struct session *x = a, *y = b;

	return (x->seen_ms < y->seen_ms) - (x->seen_ms > y->seen_ms);
}

int
account_sessions(struct visit *v, struct session *ret, size_t max,
    size_t *ret_n)
{
	struct mine m = { .v = v, .v_ret = ret, .n = 1, .max = max,
	    .rc = STORE_OK };
	int rc;

	ret[0] = v->session;
	rc = mine_all(&m);
	qsort(ret + 1, m.n - 1, sizeof(*ret), newest_first);
	*ret_n = m.n;
	return rc;
}

int
account_cut(struct visit *v)
{
	const struct person *p = &v->session.person;

	return people_cut(v->gate->store, p->realm_name, p->subject,
	    v->now_ms);
}

int
account_end_others(struct visit *v)
{
	struct mine m = { .v = v, .rc = STORE_OK, .end = true };

	return mine_all(&m);
}
