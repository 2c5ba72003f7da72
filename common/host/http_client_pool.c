/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_client_pool.c - libcurl handles, kept for the next request of the same
 * trust
 *
 * A handle owns its connections: libcurl's shared connection cache is not made
 * for several threads at once (libcurl-share), so handles are passed on
 * instead, last used first. TLS sessions are shared within a trust, under a
 * lock. Nothing is ever shared between two trusts.
 */
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "http_client_impl.h"
#include "lib/timefmt.h"

struct idle {
	CURL *easy;
	uint64_t origin;	/* hash of the one it spoke to */
	int64_t since_ms;
};

struct http_channel {
	struct http_channel *next;
	uint8_t id[32];		/* SHA-256 of the trust */
	CURLSH *sessions;
	pthread_mutex_t sessions_lock;
	unsigned taken;		/* handles in use */
	size_t nidle;
	struct idle idle[HTTP_CLIENT_IDLE];	/* last used last */
};

struct http_client {
	pthread_mutex_t lock;
	char *proxy;			/* or NULL */
	struct http_channel *channels;	/* last used first */
	size_t nchannels;
	_Atomic bool stopped;
};

/* ------------------------------------------------------------------ */
/* channels */

static void
sessions_lock(CURL *easy, curl_lock_data data, curl_lock_access access,
    void *arg)
{
	struct http_channel *ch = arg;

	(void)easy;
	(void)data;
	(void)access;
	(void)pthread_mutex_lock(&ch->sessions_lock);
}

static void
sessions_unlock(CURL *easy, curl_lock_data data, void *arg)
{
	struct http_channel *ch = arg;

	(void)easy;
	(void)data;
	(void)pthread_mutex_unlock(&ch->sessions_lock);
}

static void
channel_free(struct http_channel *ch)
{
	for (size_t i = 0; i < ch->nidle; i++)
		curl_easy_cleanup(ch->idle[i].easy);
	if (ch->sessions != NULL)
		(void)curl_share_cleanup(ch->sessions);
	(void)pthread_mutex_destroy(&ch->sessions_lock);
	free(ch);
}

static struct http_channel *
channel_new(const uint8_t id[static 32])
{
	struct http_channel *ch = calloc(1, sizeof(*ch));

	if (ch == NULL)
		return NULL;
	memcpy(ch->id, id, sizeof(ch->id));
	(void)pthread_mutex_init(&ch->sessions_lock, NULL);
	ch->sessions = curl_share_init();
	if (ch->sessions == NULL ||
	    curl_share_setopt(ch->sessions, CURLSHOPT_LOCKFUNC,
	    sessions_lock) != CURLSHE_OK ||
	    curl_share_setopt(ch->sessions, CURLSHOPT_UNLOCKFUNC,
	    sessions_unlock) != CURLSHE_OK ||
	    curl_share_setopt(ch->sessions, CURLSHOPT_USERDATA, ch) !=
	    CURLSHE_OK ||
	    curl_share_setopt(ch->sessions, CURLSHOPT_SHARE,
	    CURL_LOCK_DATA_SSL_SESSION) != CURLSHE_OK) {
		channel_free(ch);
		return NULL;
	}
	return ch;
}

static int
digest_part(EVP_MD_CTX *ctx, struct csn_str s)
{
	uint64_t n = s.n;

	return EVP_DigestUpdate(ctx, &n, sizeof(n)) &&
	    EVP_DigestUpdate(ctx, s.n > 0 ? s.p : "", s.n);
}

static int
trust_id(const struct http_trust *t, uint8_t ret[static 32])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int done = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) &&
	    digest_part(ctx, t->ca_file) && digest_part(ctx, t->ca_pem) &&
	    digest_part(ctx, t->cert_pem) && digest_part(ctx, t->key_pem) &&
	    EVP_DigestFinal_ex(ctx, ret, NULL);

	EVP_MD_CTX_free(ctx);
	return done ? 0 : -1;
}

/* Drops the one that was not used for longest, if there are too many; trusts
 * change with the configuration. */
static void
channels_trim(struct http_client *c)
{
	struct http_channel **at, **last = NULL, *gone;

	if (c->nchannels <= HTTP_CLIENT_TRUSTS)
		return;
	for (at = &c->channels->next; *at != NULL; at = &(*at)->next)
		if ((*at)->taken == 0)
			last = at;
	if (last == NULL)
		return;
	gone = *last;
	*last = gone->next;
	c->nchannels--;
	channel_free(gone);
}

/* Found or made, and moved to the front. */
static struct http_channel *
channel_of(struct http_client *c, const uint8_t id[static 32])
{
	struct http_channel **at, *ch;

	for (at = &c->channels; *at != NULL; at = &(*at)->next)
		if (memcmp((*at)->id, id, sizeof((*at)->id)) == 0)
			break;
	ch = *at;
	if (ch != NULL) {
		*at = ch->next;
	} else {
		ch = channel_new(id);
		if (ch == NULL)
			return NULL;
		c->nchannels++;
	}
	ch->next = c->channels;
	c->channels = ch;
	channels_trim(c);
	return ch;
}

/* ------------------------------------------------------------------ */
/* handles */

static CURL *
idle_remove(struct http_channel *ch, size_t i)
{
	CURL *easy = ch->idle[i].easy;

	memmove(&ch->idle[i], &ch->idle[i + 1],
	    (--ch->nidle - i) * sizeof(ch->idle[0]));
	return easy;
}

static CURL *
idle_take(struct http_channel *ch, uint64_t origin)
{
	for (size_t i = ch->nidle; i > 0; i--)
		if (ch->idle[i - 1].origin == origin)
			return idle_remove(ch, i - 1);
	/* a room for one more: a new handle is better than another's */
	if (ch->nidle < HTTP_CLIENT_IDLE)
		return NULL;
	return idle_remove(ch, 0);
}

/* Those kept too long, for the caller to close without the lock. */
static size_t
idle_old(struct http_channel *ch, int64_t now, CURL **ret)
{
	size_t n = 0;

	while (ch->nidle > 0 &&
	    ch->idle[0].since_ms + HTTP_CLIENT_IDLE_MS <= now)
		ret[n++] = idle_remove(ch, 0);
	return n;
}

CURL *
http_pool_take(struct http_client *c, const struct http_trust *trust,
    struct csn_str origin, struct http_channel **ret)
{
	static const struct http_trust system_list;
	struct http_channel *ch;
	uint8_t id[32];
	CURL *easy = NULL;

	if (trust_id(trust != NULL ? trust : &system_list, id) != 0)
		return NULL;
	(void)pthread_mutex_lock(&c->lock);
	ch = channel_of(c, id);
	if (ch != NULL) {
		ch->taken++;
		easy = idle_take(ch, str_hash(origin, 0));
	}
	(void)pthread_mutex_unlock(&c->lock);
	if (ch == NULL)
		return NULL;
	if (easy == NULL)
		easy = curl_easy_init();
	*ret = ch;
	if (easy == NULL || curl_easy_setopt(easy, CURLOPT_SHARE,
	    ch->sessions) != CURLE_OK) {
		http_pool_give(c, ch, easy, origin, false);
		return NULL;
	}
	return easy;
}

void
http_pool_give(struct http_client *c, struct http_channel *ch, CURL *easy,
    struct csn_str origin, bool keep)
{
	int64_t now = clock_mono_ms();
	CURL *gone[HTTP_CLIENT_IDLE + 1];
	size_t n;

	/* forgets headers, keys and callbacks; keeps connections */
	if (easy != NULL && keep)
		curl_easy_reset(easy);
	else if (easy != NULL)
		curl_easy_cleanup(easy);
	(void)pthread_mutex_lock(&c->lock);
	n = idle_old(ch, now, gone);
	if (easy != NULL && keep) {
		if (ch->nidle == HTTP_CLIENT_IDLE)
			gone[n++] = idle_remove(ch, 0);
		ch->idle[ch->nidle++] = (struct idle){ easy,
			str_hash(origin, 0), now };
	}
	(void)pthread_mutex_unlock(&c->lock);
	for (size_t i = 0; i < n; i++)
		curl_easy_cleanup(gone[i]);
	(void)pthread_mutex_lock(&c->lock);
	ch->taken--;
	(void)pthread_mutex_unlock(&c->lock);
}

/* ------------------------------------------------------------------ */

struct http_client *
http_pool_new(void)
{
	struct http_client *c;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return NULL;
	c = calloc(1, sizeof(*c));
	if (c == NULL) {
		curl_global_cleanup();
		return NULL;
	}
	(void)pthread_mutex_init(&c->lock, NULL);
	return c;
}

int
http_pool_set_proxy(struct http_client *c, const char *proxy)
{
	c->proxy = strdup(proxy);
	return c->proxy == NULL ? -1 : 0;
}

struct csn_str
http_pool_proxy(const struct http_client *c)
{
	return str_from(c->proxy);
}

void
http_client_stop(struct http_client *c)
{
	atomic_store(&c->stopped, true);
}

bool
http_pool_stopped(const struct http_client *c)
{
	return atomic_load(&c->stopped);
}

void
http_pool_free(struct http_client *c)
{
	struct http_channel *ch, *next;

	for (ch = c->channels; ch != NULL; ch = next) {
		next = ch->next;
		channel_free(ch);
	}
	(void)pthread_mutex_destroy(&c->lock);
	free(c->proxy);
	free(c);
	curl_global_cleanup();
}

size_t
http_client_idle(struct http_client *c)
{
	size_t n = 0;

	(void)pthread_mutex_lock(&c->lock);
	for (const struct http_channel *ch = c->channels; ch != NULL;
	    ch = ch->next)
		n += ch->nidle;
	(void)pthread_mutex_unlock(&c->lock);
	return n;
}
