/* SPDX-License-Identifier: Apache-2.0 */
/*
 * letter.c - the words of a letter to somebody about their account
 *
 * Plain text. The text is translated first and the values are put in as they
 * are, without control characters: what a value holds is never read again.
 */
#include "letter.h"

#include <stdlib.h>

#include "placeholder.h"
#include "zone.h"

struct letter {
	const struct catalogue *words;
	const struct csn_site *site;
	const struct csn_letter *l;
};

/* A name that somebody chose begins no line. */
static void
value_put(struct buf *b, struct csn_str s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_char(b, (unsigned char)s.p[i] < ' ' ? ' ' : s.p[i]);
}

static void
time_put(struct buf *b, const struct letter *x)
{
	struct zone_time t;

	zone_local(zone_find(x->site->time_zone), x->l->time_ms, &t);
	buf_printf(b, "%04d-%02d-%02d %02d:%02d", t.year, t.month, t.day,
	    t.hour, t.minute);
	if (x->site->time_zone.n > 0) {
		buf_puts(b, " (");
		value_put(b, x->site->time_zone);
		buf_char(b, ')');
	}
}

static struct csn_str
help_text(const struct letter *x, struct csn_str before)
{
	if (x->site->help_text.n > 0)
		return x->site->help_text;
	return catalogue_text(x->words, before.n == 0 ? STR("The help desk") :
	    STR("the help desk"));
}

static void
arg_put(struct buf *b, const struct letter *x, struct csn_str name,
    struct csn_str before)
{
	struct csn_str value = pairs_get(x->l->args, name);

	if (str_is(name, "help"))
		value = help_text(x, before);
	else if (str_is(name, "who"))
		value = x->l->who;
	else if (str_is(name, "client"))
		value = x->l->client;
	else if (str_is(name, "what"))
		value = catalogue_text(x->words, value);
	if (str_is(name, "time"))
		time_put(b, x);
	else
		value_put(b, value);
}

static void
key_put(struct buf *b, const struct letter *x, struct csn_str key)
{
	struct csn_str rest = catalogue_text(x->words, key), before, name;

	while (placeholder_cut(&rest, &before, &name)) {
		buf_str_put(b, before);
		arg_put(b, x, name, before);
	}
	buf_str_put(b, before);
}

static void
line_put(struct buf *b, const struct letter *x, struct csn_str key)
{
	key_put(b, x, key);
	buf_char(b, '\n');
}

void
letter_write(const struct catalogues *texts, const struct csn_site *site,
    const struct csn_letter *l, struct buf *subject, struct buf *body)
{
	struct letter x = { catalogues_find(texts, l->language), site, l };

	key_put(subject, &x, l->subject);
	key_put(body, &x, l->message);
	buf_puts(body, "\n\n");
	line_put(body, &x, STR("Account: {who}"));
	line_put(body, &x, STR("Time: {time}"));
	if (l->client.n > 0)
		line_put(body, &x, STR("Address: {client}"));
	buf_char(body, '\n');
	line_put(body, &x, STR("If you know of this, there is nothing to do. "
	    "If you do not, tell {help} at once."));
	if (site->help_url.n > 0) {
		value_put(body, site->help_url);
		buf_char(body, '\n');
	}
	buf_puts(body, "\n-- \n");
	value_put(body, site->name);
	buf_puts(body, "\nhttps://");
	value_put(body, site->login_host);
	buf_char(body, '\n');
}

static int
text_take(struct buf *b, struct csn_str *ret)
{
	char *copy = buf_failed(b) ? NULL : malloc(b->n + 1);

	if (copy == NULL)
		return -1;
	if (b->n > 0)
		memcpy(copy, b->p, b->n);
	copy[b->n] = '\0';
	*ret = str_of(copy, b->n);
	return 0;
}

int
letter_compose(void *arg, struct csn_gate *gate, const struct csn_letter *l,
    struct csn_str *ret_subject, struct csn_str *ret_body)
{
	struct buf subject, body;
	struct csn_site site;
	int rc;

	buf_init(&subject, 1024);
	buf_init(&body, 16384);
	csn_gate_site(gate, l->language, &site);
	letter_write(arg, &site, l, &subject, &body);
	csn_gate_release(gate, &site);
	rc = text_take(&subject, ret_subject);
	if (rc == 0)
		rc = text_take(&body, ret_body);
	buf_free(&subject);
	buf_free(&body);
	return rc;
}
