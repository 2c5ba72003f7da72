/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * provider.c - which identity providers there are, now
 *
 * What was verified once is kept in the store in the form that it was read to,
 * so that a gateway starts while the provider is down, and every node has the
 * same. It must never use what has expired, or what was kept under another
 * address or another pinned key.
 */
#include "provider.h"

#include <malloc.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdlib.h>

#include "lib/url.h"

#include "metadata.h"
#include "provider_keep.h"

#define KEPT_LOGIN_MAX (2u << 20)
#define RETRY_S 60u
#define STALE_MS 60000
#define SOON_MS 5000			/* less than a login waits */
#define MANY 100u
#define KEPT_DAYS 14			/* of what says of no end */

struct provider {
	pthread_mutex_t lock;
	struct idp_set *set;
	int64_t fetched_ms, tried_ms;	/* tried: in vain too */
	bool fixed;			/* by hand or from a file */
	struct provider *next;		/* of all in this process */
	uint8_t source[32];
};

/* Those that live, since a reload opens a factor anew while the old one still
 * serves: logins then go on with what that one knows. Taken before a
 * provider's own lock. */
static pthread_mutex_t living_lock = PTHREAD_MUTEX_INITIALIZER;
static struct provider *living;

/* ------------------------------------------------------------------ */
/* what open() can read */

static int
by_hand(const struct csn_host *host, struct csn_call *call,
    const struct options *o, struct idp_set *set)
{
	struct idp i = { .entity_id = o->idp_entity_id,
	    .sso_redirect = o->sso_url, .slo_redirect = o->slo_url,
	    .slo_redirect_back = o->slo_url, .until_ms = INT64_MAX };
	struct keys keys = { .n = 0 };
	unsigned char *der;
	const char *why;
	BIO *bio;
	X509 *x;
	int n;

	if (keys_add_pem(&keys, o->idp_certificate, &why) < 0) {
		host->report(call, CSN_FAIL, o->val_idp_certificate,
		    str_from(why));
		keys_free(&keys);
		return -1;
	}
	keys_free(&keys);
	bio = BIO_new_mem_buf(o->idp_certificate.p, (int)o->idp_certificate.n);
	while (bio != NULL && i.ncerts < KEYS_MAX &&
	    (x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		der = NULL;
		n = i2d_X509(x, &der);
		X509_free(x);
		if (n > 0)
			i.certs[i.ncerts++] = str_of(der, (size_t)n);
	}
	BIO_free(bio);
	ERR_clear_error();
	n = i.ncerts > 0 ? idp_set_add(set, &i) : -1;
	for (size_t k = 0; k < i.ncerts; k++)
		OPENSSL_free((void *)(uintptr_t)i.certs[k].p);
	return n;
}

static struct metadata_want
wanted(const struct options *o, int64_t now_ms)
{
	return (struct metadata_want){ .signers = o->metadata_keys.n > 0 ?
	    &o->metadata_keys : NULL, .entity_id = o->idp_entity_id,
	    .now_ms = now_ms, .skew_ms = o->skew_ms };
}

static int
from_file(const struct csn_host *host, struct csn_call *call,
    const struct options *o, struct provider *p)
{
	struct metadata_want want = wanted(o, host->now_ms(call));
	struct metadata m;
	const char *why;

	if (metadata_read(o->metadata_file, &want, &m, &why) < 0) {
		host->report(call, CSN_FAIL, o->val_metadata_file,
		    str_from(why));
		return -1;
	}
	idp_set_unref(p->set);
	p->set = m.set;
	return 0;
}

/* The same factor with the same address and pinned keys: what one knows is as
 * good for another, as it is with what the store keeps. */
static int
source_make(const struct options *o, uint8_t *ret)
{
	const struct csn_str pieces[] = { o->base_url, o->metadata, o->mdq,
	    o->idp_entity_id };
	struct buf b;
	int rc;

	buf_init(&b, 65536);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
		buf_lv16(&b, pieces[i]);
	keys_digest(&o->metadata_keys, &b);
	rc = !buf_failed(&b) && EVP_Q_digest(NULL, "SHA256", NULL, b.p, b.n,
	    ret, NULL) == 1 ? 0 : -1;
	buf_free(&b);
	return rc;
}

static void
living_add(struct provider *p)
{
	(void)pthread_mutex_lock(&living_lock);
	p->next = living;
	living = p;
	(void)pthread_mutex_unlock(&living_lock);
}

static void
living_remove(const struct provider *p)
{
	struct provider **at;

	(void)pthread_mutex_lock(&living_lock);
	for (at = &living; *at != NULL; at = &(*at)->next)
		if (*at == p) {
			*at = p->next;
			break;
		}
	(void)pthread_mutex_unlock(&living_lock);
}

struct provider *
provider_new(const struct csn_host *host, struct csn_call *call,
    const struct options *o)
{
	struct provider *p = calloc(1, sizeof(*p));
	int rc;

	if (p == NULL || pthread_mutex_init(&p->lock, NULL) != 0) {
		host->report(call, CSN_FAIL, 0, STR("out of memory"));
		free(p);
		return NULL;
	}
	rc = source_make(o, p->source);
	if (rc == 0 && o->sso_url.n > 0) {
		p->set = idp_set_new();
		rc = p->set == NULL ? -1 : by_hand(host, call, o, p->set);
	} else if (rc == 0 && o->metadata_file.n > 0) {
		rc = from_file(host, call, o, p);
	}
	p->fixed = p->set != NULL;
	if (rc == 0) {
		living_add(p);	/* whole, before others may look at it */
		return p;
	}
	provider_free(p);
	return NULL;
}

void
provider_free(struct provider *p)
{
	if (p == NULL)
		return;
	living_remove(p);
	idp_set_unref(p->set);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

/* ------------------------------------------------------------------ */

static void
set_replace(struct provider *p, struct idp_set *set, int64_t fetched_ms)
{
	struct idp_set *old;

	(void)pthread_mutex_lock(&p->lock);
	old = p->set;
	p->set = set;
	p->fetched_ms = fetched_ms;
	(void)pthread_mutex_unlock(&p->lock);
	idp_set_unref(old);
}

/* Takes what was found, or NULL, where there is nothing yet: what a refresh has
 * brought meanwhile is newer. What there is now, for the caller to unref. */
static struct idp_set *
set_first(struct provider *p, struct idp_set *found, int64_t fetched_ms)
{
	struct idp_set *ret;

	(void)pthread_mutex_lock(&p->lock);
	if (p->set == NULL) {
		p->set = idp_set_ref(found);
		p->fetched_ms = found != NULL ? fetched_ms : p->fetched_ms;
	}
	ret = idp_set_ref(p->set);
	(void)pthread_mutex_unlock(&p->lock);
	idp_set_unref(found);
	return ret;
}

/* What the newest of its kind knows, from before a reload; or NULL. */
static struct idp_set *
set_borrow(const struct provider *p, int64_t *ret_fetched_ms)
{
	struct idp_set *set = NULL;

	*ret_fetched_ms = 0;
	(void)pthread_mutex_lock(&living_lock);
	for (struct provider *q = living; q != NULL; q = q->next) {
		if (q == p || q->fixed || memcmp(q->source, p->source,
		    sizeof(q->source)) != 0)
			continue;
		(void)pthread_mutex_lock(&q->lock);
		if (q->set != NULL && (set == NULL ||
		    q->fetched_ms > *ret_fetched_ms)) {
			idp_set_unref(set);
			set = idp_set_ref(q->set);
			*ret_fetched_ms = q->fetched_ms;
		}
		(void)pthread_mutex_unlock(&q->lock);
	}
	(void)pthread_mutex_unlock(&living_lock);
	return set;
}

/* What this process has; else what the store has; else NULL. */
static struct idp_set *
set_load(const struct job *j, uint32_t most)
{
	struct provider *p = j->inst->provider;
	struct idp_set *set;
	int64_t fetched_ms;

	(void)pthread_mutex_lock(&p->lock);
	set = idp_set_ref(p->set);
	(void)pthread_mutex_unlock(&p->lock);
	if (set != NULL || p->fixed)
		return set;
	set = set_borrow(p, &fetched_ms);
	if (set == NULL)
		set = provider_kept_read(j, most, -1, &fetched_ms);
	return set_first(p, set, fetched_ms);
}

/* Anybody can bring us to it, with a message that nobody signed: metadata that
 * cannot be had is not fetched at each of them. */
static void
ask_soon(const struct job *j, int64_t after_ms)
{
	struct provider *p = j->inst->provider;
	int64_t last;
	bool old;

	(void)pthread_mutex_lock(&p->lock);
	last = p->tried_ms > p->fetched_ms ? p->tried_ms : p->fetched_ms;
	old = !p->fixed && job_now(j) - last > after_ms;
	(void)pthread_mutex_unlock(&p->lock);
	if (old)
		j->host->refresh_soon(j->call);
}

struct idp_set *
provider_get(const struct job *j)
{
	struct idp_set *set = set_load(j, KEPT_LOGIN_MAX);

	if (set == NULL)
		ask_soon(j, SOON_MS);
	return set;
}

void
provider_stale(const struct job *j)
{
	ask_soon(j, STALE_MS);
}

/* What says of no end is good for so long after it was last fetched, so that a
 * key which the provider has withdrawn does not stay good for ever where its
 * metadata cannot be fetched. A file is the operator's. */
static bool
too_old(const struct job *j)
{
	struct provider *p = j->inst->provider;
	bool old;

	(void)pthread_mutex_lock(&p->lock);
	old = !p->fixed && job_now(j) - p->fetched_ms >
	    KEPT_DAYS * INT64_C(86400000);
	(void)pthread_mutex_unlock(&p->lock);
	return old;
}

const struct idp *
provider_find(const struct job *j, const struct idp_set *set,
    struct csn_str entity_id)
{
	const struct idp *i = idp_set_find(set, entity_id);

	if (i == NULL)
		return NULL;
	if (i->until_ms == INT64_MAX ? !too_old(j) :
	    i->until_ms > job_now(j) - j->opt->skew_ms)
		return i;
	if (i->until_ms == INT64_MAX)
		job_say(j, CSN_FAIL, "the metadata of %.*s has no validUntil, "
		    "and could not be fetched for %d days",
		    STR_FMT(i->entity_id), KEPT_DAYS);
	else
		job_say(j, CSN_FAIL, "the metadata of %.*s has expired "
		    "(validUntil)", STR_FMT(i->entity_id));
	ask_soon(j, SOON_MS);
	return NULL;
}

const struct idp *
provider_bound(const struct job *j, const struct idp_set *set,
    const struct idp *idp)
{
	return !idp_set_alone(set) && !j->opt->unscoped ? idp : NULL;
}

/* ------------------------------------------------------------------ */
/* fetching */

static struct csn_str
fetch_url(const struct job *j)
{
	struct csn_str ret;
	struct buf b;

	if (j->opt->mdq.n == 0)
		return j->opt->metadata;
	/* draft-young-md-query: BASE/entities/ and the escaped entity ID */
	buf_init(&b, 8192);
	buf_str_put(&b, j->opt->mdq);
	if (!str_ends(j->opt->mdq, STR("/")))
		buf_char(&b, '/');
	buf_puts(&b, "entities/");
	url_escape(&b, j->opt->idp_entity_id);
	ret = job_str(j, buf_str(&b));
	buf_free(&b);
	return ret;
}

static int
fetch(const struct job *j, struct metadata *ret, const char **why)
{
	struct csn_pair accept = { STR("Accept"),
	    STR("application/samlmetadata+xml, application/xml;q=0.9, "
	    "*/*;q=0.1") };
	struct csn_http_req req = { .struct_size = sizeof(req),
	    .max_bytes = (uint32_t)j->opt->metadata_max, .method = STR("GET"),
	    .url = fetch_url(j), .headers = { &accept, 1 } };
	struct csn_http_res res = { .struct_size = sizeof(res) };
	struct metadata_want want = wanted(j->opt, job_now(j));

	*why = "cannot be fetched";
	ret->rule = RULE_NONE;
	if (j->host->http(j->call, &req, &res) != CSN_OK)
		return -1;
	if (res.status != 200) {
		job_say(j, CSN_WARN, "the metadata's server answered %u",
		    res.status);
		return -1;
	}
	return metadata_read(res.body, &want, ret, why);
}

int
provider_fetch(const struct job *j, struct idp_set **ret, const char **why)
{
	struct metadata m;

	if (fetch(j, &m, why) < 0)
		return -1;
	*ret = m.set;
	return 0;
}

/* Before the metadata ends, and as often as cacheDuration asks for. */
static uint32_t
next_refresh(const struct job *j, const struct metadata *m)
{
	int64_t s = j->opt->refresh_s, left;

	if (m->cache_s > 0 && m->cache_s < s)
		s = m->cache_s;
	if (m->until_ms != INT64_MAX) {
		left = (m->until_ms - job_now(j)) / 2000;
		s = left < s ? left : s;
	}
	return s < RETRY_S ? RETRY_S : (uint32_t)s;
}

/* What came and was not taken, as of messages. */
static void
refused_tell(const struct job *j, const struct metadata *m, const char *why)
{
	struct csn_pair pairs[] = {
		{ STR("rule"), str_from(rule_name(m->rule)) },
		{ STR("section"), str_from(rule_section(m->rule)) },
		{ STR("url"), fetch_url(j) }, { STR("fault"), str_from(why) },
	};

	if (m->rule != RULE_NONE)
		job_audit(j, "metadata-refused", pairs, 4);
}

static void
tried_set(struct provider *p, int64_t ms)
{
	(void)pthread_mutex_lock(&p->lock);
	p->tried_ms = ms;
	(void)pthread_mutex_unlock(&p->lock);
}

/* What another node has fetched since: a key may be withdrawn in it. */
static void
kept_look(const struct job *j)
{
	struct provider *p = j->inst->provider;
	struct idp_set *set;
	int64_t ms;

	(void)pthread_mutex_lock(&p->lock);
	ms = p->fetched_ms;
	(void)pthread_mutex_unlock(&p->lock);
	set = provider_kept_read(j, UINT32_MAX, ms, &ms);
	if (set != NULL)
		set_replace(p, set, ms);
}

int32_t
provider_refresh(const struct job *j, uint32_t *ret_next_s)
{
	struct provider *p = j->inst->provider;
	struct metadata m;
	const char *why;
	int rc;

	*ret_next_s = 86400;
	if (p->fixed)
		return CSN_OK;
	idp_set_unref(set_load(j, UINT32_MAX));
	tried_set(p, INT64_MAX);	/* under way: nobody need ask */
	rc = fetch(j, &m, &why);
	tried_set(p, job_now(j));
	if (rc < 0) {
		kept_look(j);
		refused_tell(j, &m, why);
		job_say(j, CSN_FAIL, "metadata %.*s: %s; what was kept goes "
		    "on being used until it expires, without a validUntil "
		    "for %d days", STR_FMT(fetch_url(j)), why, KEPT_DAYS);
		*ret_next_s = RETRY_S;
		return CSN_E_BACKEND;
	}
	*ret_next_s = next_refresh(j, &m);
	set_replace(p, idp_set_ref(m.set), job_now(j));
	if (provider_kept_write(j, m.set, job_now(j)) < 0)
		job_say(j, CSN_WARN, "metadata could not be kept in the "
		    "store");
	/* the tree of a federation was many small pieces */
	if (idp_set_count(m.set) > MANY)
		(void)malloc_trim(0);
	idp_set_unref(m.set);
	return CSN_OK;
}
