/* SPDX-License-Identifier: Apache-2.0 */
/*
 * visit_save.c - a page's list, given back as a file to save
 *
 * The page carries the list sealed, so that this needs neither store nor
 * plugin, and gives back nothing but what a page of ours has shown: never a
 * byte that somebody else chose.
 */
#include "lib/base64url.h"
#include "page.h"

#define SAVE_MAX	32768u	/* of the field's text */

/* What is sealed here opens as no other part of a form. */
static struct csn_str
context(struct visit *v)
{
	return arena_printf(&v->arena, "keep %.*s",
	    STR_FMT(v->conf->login_host));
}

/* Who, where, then the list: as it will lie in a drawer. */
static void
list_put(struct visit *v, struct csn_str list, struct buf *b)
{
	struct csn_str name = conf_text_for(v->conf, &v->conf->site.name,
	    v->language), line;

	if (name.n > 0) {
		buf_str_put(b, name);
		buf_puts(b, "\r\n");
	}
	buf_str_put(b, v->conf->login_host);
	buf_puts(b, "\r\n");
	if (v->x.person.named) {
		buf_str_put(b, v->x.person.subject);
		buf_puts(b, "\r\n");
	}
	buf_puts(b, "\r\n");
	while (str_cut(&list, '\n', &line)) {
		buf_str_put(b, line);
		buf_puts(b, "\r\n");
	}
}

struct csn_str
visit_save_text(struct visit *v, struct csn_str list)
{
	struct csn_str ret = STR("");
	struct buf plain, sealed, text;

	buf_init(&plain, SAVE_MAX);
	buf_init(&sealed, SAVE_MAX);
	buf_init(&text, SAVE_MAX);
	buf_u64(&plain, (uint64_t)v->now_ms);
	list_put(v, list, &plain);
	if (!buf_failed(&plain) && seal_put(v->gate->sealer, SEAL_FORM,
	    context(v), buf_str(&plain), &sealed) == 0) {
		base64url_encode(&text, buf_str(&sealed));
		if (!buf_failed(&text))
			ret = arena_str(&v->arena, buf_str(&text));
	}
	buf_free(&plain);
	buf_free(&sealed);
	buf_free(&text);
	return ret;
}

/* 0 with the file's content. */
static int
list_open(struct visit *v, struct csn_str text, struct csn_str *ret)
{
	struct buf plain, sealed;
	struct reader r;
	int64_t made;
	int rc = -1;

	buf_init(&plain, SAVE_MAX);
	buf_init(&sealed, SAVE_MAX);
	if (text.n > 0 && text.n <= SAVE_MAX &&
	    base64url_decode(&sealed, text) == 0 &&
	    seal_open(v->gate->sealer, SEAL_FORM, context(v),
	    buf_str(&sealed), &plain) == 0) {
		reader_init(&r, buf_str(&plain));
		made = (int64_t)reader_u64(&r);
		if (!r.failed && made <= v->now_ms + PROOF_SKEW_MS &&
		    v->now_ms - made <= EXCHANGE_LIFE_MS) {
			*ret = arena_str(&v->arena, reader_bytes(&r, r.n));
			rc = ret->p == NULL ? -1 : 0;
		}
	}
	buf_free(&plain);
	buf_free(&sealed);
	return rc;
}

void
visit_save(struct visit *v)
{
	struct csn_str content;

	if (!v->post || !visit_same_origin(v)) {
		page_unknown(v, v->post ? 403 : 404);
		return;
	}
	if (list_open(v, pairs_get(v->form, STR(FIELD_KEEP)), &content) < 0) {
		page_expired(v);
		return;
	}
	memset(&v->view, 0, sizeof(v->view));
	v->view.kind = CSN_V_BODY;
	v->view.status = 200;
	v->view.content_type = STR("text/plain; charset=utf-8");
	v->view.file_name = STR("recovery-codes.txt");
	v->view.body = content;
	visit_answer(v);
}
