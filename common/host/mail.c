/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail.c - a letter as RFC 5322 has it, for a mail program's input
 *
 * Texts are people's and may be anybody's: in headers they are encoded words
 * (RFC 2047), the body is base64, so that none of them can begin a line of its
 * own.
 */
#include "mail.h"

#include <openssl/evp.h>
#include <time.h>

#include "lib/secret.h"

#define WORD_BYTES	42u	/* of an encoded word, which has at most 75 */
#define LINE_BYTES	57u	/* 76 of base64 */

static bool
address_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || (c != '\0' &&
	    strchr("._+-=%&#*/^~!{}|", c) != NULL);
}

bool
mail_address_ok(struct csn_str s)
{
	ptrdiff_t at = str_index(s, '@');

	if (s.n > MAIL_ADDRESS_MAX || at <= 0 || (size_t)at + 1 == s.n ||
	    s.p[0] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((ptrdiff_t)i != at && !address_char(s.p[i]))
			return false;
	return true;
}

static void
base64_put(struct buf *b, const char *p, size_t n)
{
	uint8_t out[4 * ((LINE_BYTES + 2) / 3) + 1];
	int len = EVP_EncodeBlock(out, (const uint8_t *)p, (int)n);

	if (len < 0)
		b->failed = true;
	else
		buf_put(b, out, (size_t)len);
}

/* How much of it goes into one word: whole characters. */
static size_t
word_length(struct csn_str s)
{
	size_t n = s.n < WORD_BYTES ? s.n : WORD_BYTES;

	while (n > 1 && n < s.n && ((uint8_t)s.p[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static void
words_put(struct buf *b, struct csn_str text)
{
	while (text.n > 0) {
		size_t n = word_length(text);

		buf_puts(b, "=?UTF-8?B?");
		base64_put(b, text.p, n);
		buf_puts(b, "?=");
		text = str_from_at(text, n);
		if (text.n > 0)
			buf_puts(b, "\n ");
	}
}

static void
date_put(struct buf *b, int64_t ms)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu",
	    "Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr",
	    "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t s = (time_t)(ms / 1000);
	struct tm t;

	if (gmtime_r(&s, &t) == NULL) {
		b->failed = true;
		return;
	}
	buf_printf(b, "%s, %d %s %d %02d:%02d:%02d +0000", days[t.tm_wday],
	    t.tm_mday, months[t.tm_mon], t.tm_year + 1900, t.tm_hour,
	    t.tm_min, t.tm_sec);
}

static void
head_put(struct buf *b, const struct mail *m)
{
	uint64_t id[2];

	secret_random(id, sizeof(id));
	buf_puts(b, "From: ");
	words_put(b, m->from_name);
	buf_printf(b, "%s<%.*s>\nTo: <%.*s>\nSubject: ", m->from_name.n > 0 ?
	    " " : "", STR_FMT(m->from), STR_FMT(m->to));
	words_put(b, m->subject);
	buf_puts(b, "\nDate: ");
	date_put(b, m->time_ms);
	buf_printf(b, "\nMessage-ID: <%016llx%016llx@%.*s>\n",
	    (unsigned long long)id[0], (unsigned long long)id[1],
	    STR_FMT(m->host));
	buf_puts(b, "Auto-Submitted: auto-generated\nMIME-Version: 1.0\n"
	    "Content-Type: text/plain; charset=utf-8\n"
	    "Content-Transfer-Encoding: base64\n\n");
}

int
mail_put(struct buf *b, const struct mail *m)
{
	if (!mail_address_ok(m->from) || !mail_address_ok(m->to))
		return -1;
	head_put(b, m);
	for (size_t i = 0; i < m->body.n; i += LINE_BYTES) {
		base64_put(b, m->body.p + i, m->body.n - i < LINE_BYTES ?
		    m->body.n - i : LINE_BYTES);
		buf_char(b, '\n');
	}
	return buf_failed(b) ? -1 : 0;
}
