/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * job.c - one call of the host: its services, the instance, its memory
 *
 * It must never log what a peer sent but through the host's escaping.
 */
#include "job.h"

#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>

#include "lib/base64url.h"

void
job_init(struct job *j, const struct instance *inst, struct csn_call *call)
{
	j->host = inst->host;
	j->call = call;
	j->inst = inst;
	j->opt = &inst->opt;
}

struct csn_str
job_str(const struct job *j, struct csn_str s)
{
	char *p = j->host->alloc(j->call, s.n + 1);

	if (p == NULL)
		return STR("");
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return str_of(p, s.n);
}

void *
job_array(const struct job *j, size_t n, size_t size)
{
	void *p;

	if (n > SIZE_MAX / 2 / (size + 1))
		return NULL;
	p = j->host->alloc(j->call, n * size + 1);
	if (p != NULL)
		memset(p, 0, n * size);
	return p;
}

int64_t
job_now(const struct job *j)
{
	return j->host->now_ms(j->call);
}

struct csn_str
job_id(const struct job *j)
{
	uint8_t random[20];
	char text[2 + 2 * sizeof(random)];
	struct buf b;
	struct csn_str id;

	j->host->random(j->call, random, sizeof(random));
	buf_init_fixed(&b, text, sizeof(text));
	buf_char(&b, '_');
	hex_encode(&b, str_of(random, sizeof(random)));
	id = job_str(j, buf_str(&b));
	buf_free(&b);
	return id;
}

void
job_say(const struct job *j, uint32_t severity, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	j->host->log(j->call, severity, str_of(text, (size_t)n <
	    sizeof(text) ? (size_t)n : sizeof(text) - 1));
}

void
job_audit(const struct job *j, const char *event,
    const struct csn_pair *pairs, size_t n)
{
	j->host->audit(j->call, str_from(event),
	    (struct csn_pairs){ pairs, n });
}

struct csn_str
job_digest(const struct job *j, const char *prefix,
    const struct csn_str *pieces, size_t n)
{
	uint8_t digest[32];
	struct buf in, out;
	struct csn_str ret = STR("");

	buf_init(&in, 65536);
	buf_init(&out, 256);
	for (size_t i = 0; i < n; i++)
		buf_lv16(&in, pieces[i]);
	if (!buf_failed(&in) && EVP_Q_digest(NULL, "SHA256", NULL, in.p, in.n,
	    digest, NULL) == 1) {
		buf_puts(&out, prefix);
		hex_encode(&out, str_of(digest, sizeof(digest)));
		ret = job_str(j, buf_str(&out));
	}
	buf_free(&in);
	buf_free(&out);
	return ret;
}

static int
unwrap_open(void *arg, size_t i, struct csn_str alg, struct csn_str mgf,
    struct csn_str data, struct buf *ret)
{
	const struct job *j = arg;
	struct csn_pair pair = { STR("mgf"), mgf };
	struct csn_str key;

	if (i >= j->opt->ndecrypt || j->host->decrypt(j->call,
	    j->opt->decrypt[i], alg, (struct csn_pairs){ &pair, 1 }, data,
	    &key) != CSN_OK)
		return -1;
	buf_str_put(ret, key);
	return 0;
}

struct unwrap
job_unwrap(const struct job *j)
{
	return (struct unwrap){ .open = unwrap_open,
	    .arg = (void *)(uintptr_t)j, .n = j->opt->ndecrypt };
}
