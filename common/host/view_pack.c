/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view_pack.c - an answer as bytes, field by field, and back
 */
#include "visit.h"

#define LIST_MAX 256u

static void
pairs_pack(struct buf *b, struct csn_pairs p)
{
	buf_u16(b, (uint16_t)p.n);
	for (size_t i = 0; i < p.n; i++) {
		buf_lv32(b, p.v[i].name);
		buf_lv32(b, p.v[i].value);
	}
}

static void
prompts_pack(struct buf *b, const struct csn_page *p)
{
	buf_u16(b, (uint16_t)p->nprompts);
	for (size_t i = 0; i < p->nprompts; i++) {
		const struct csn_prompt *q = &p->prompts[i];

		buf_lv16(b, q->name);
		buf_lv16(b, q->label);
		pairs_pack(b, q->args);
		buf_lv32(b, q->value);
		buf_u32(b, q->kind);
		buf_u32(b, q->max_bytes);
		buf_u32(b, q->flags);
	}
}

static void
buttons_pack(struct buf *b, const struct csn_page *p)
{
	buf_u16(b, (uint16_t)p->nbuttons);
	for (size_t i = 0; i < p->nbuttons; i++) {
		const struct csn_button *q = &p->buttons[i];

		buf_lv16(b, q->label);
		buf_lv16(b, q->note);
		pairs_pack(b, q->args);
		buf_lv16(b, q->name);
		buf_lv16(b, q->value);
		buf_lv16(b, q->url);
		buf_u32(b, q->flags);
	}
}

static void
page_pack(struct buf *b, const struct csn_page *p)
{
	buf_u32(b, p->screen);
	buf_u32(b, p->tone);
	buf_lv16(b, p->heading);
	buf_lv16(b, p->message);
	pairs_pack(b, p->args);
	buf_lv16(b, p->host);
	buf_lv16(b, p->who);
	buf_lv16(b, p->not_you);
	buf_lv32(b, p->notice);
	buf_lv16(b, p->action);
	pairs_pack(b, p->fields);
	prompts_pack(b, p);
	buttons_pack(b, p);
	buf_lv16(b, p->here);
	buf_lv16(b, p->reference);
	buf_u64(b, (uint64_t)p->time_ms);
	buf_u32(b, p->refresh_s);
	buf_lv16(b, p->go);
	buf_u16(b, (uint16_t)p->form_origins.n);
	for (size_t i = 0; i < p->form_origins.n; i++)
		buf_lv16(b, p->form_origins.v[i]);
}

void
view_pack(struct buf *b, const struct csn_view *v)
{
	buf_u32(b, v->kind);
	buf_u32(b, v->status);
	buf_lv16(b, v->url);
	pairs_pack(b, v->fields);
	buf_lv16(b, v->content_type);
	buf_lv32(b, v->body);
	buf_lv16(b, v->file_name);
	buf_u16(b, (uint16_t)v->ncookies);
	for (size_t i = 0; i < v->ncookies; i++) {
		buf_lv16(b, v->cookies[i].name);
		buf_lv16(b, v->cookies[i].value);
		buf_u64(b, (uint64_t)v->cookies[i].max_age_s);
		buf_u32(b, v->cookies[i].flags);
	}
	buf_u64(b, (uint64_t)v->retry_after_s);
	buf_u32(b, v->clear_site_data);
	buf_u32(b, v->framed);
	buf_u32(b, v->seen_again);
	page_pack(b, &v->page);
}

static void *
list_room(struct arena *a, struct reader *r, size_t each, size_t *ret_n)
{
	size_t n = reader_u16(r);

	*ret_n = 0;
	if (r->failed || n > LIST_MAX) {
		r->failed = true;
		return NULL;
	}
	*ret_n = n;
	return arena_array(a, n, each);
}

static struct csn_pairs
pairs_unpack(struct arena *a, struct reader *r)
{
	size_t n;
	struct csn_pair *v = list_room(a, r, sizeof(*v), &n);

	for (size_t i = 0; v != NULL && i < n; i++) {
		v[i].name = reader_lv32(r);
		v[i].value = reader_lv32(r);
	}
	return (struct csn_pairs){ v, v == NULL ? 0 : n };
}

static void
prompts_unpack(struct arena *a, struct reader *r, struct csn_page *p)
{
	struct csn_prompt *v = list_room(a, r, sizeof(*v), &p->nprompts);

	for (size_t i = 0; v != NULL && i < p->nprompts; i++) {
		v[i].name = reader_lv16(r);
		v[i].label = reader_lv16(r);
		v[i].args = pairs_unpack(a, r);
		v[i].value = reader_lv32(r);
		v[i].kind = reader_u32(r);
		v[i].max_bytes = reader_u32(r);
		v[i].flags = reader_u32(r);
	}
	p->prompts = v;
}

static void
buttons_unpack(struct arena *a, struct reader *r, struct csn_page *p)
{
	struct csn_button *v = list_room(a, r, sizeof(*v), &p->nbuttons);

	for (size_t i = 0; v != NULL && i < p->nbuttons; i++) {
		v[i].label = reader_lv16(r);
		v[i].note = reader_lv16(r);
		v[i].args = pairs_unpack(a, r);
		v[i].name = reader_lv16(r);
		v[i].value = reader_lv16(r);
		v[i].url = reader_lv16(r);
		v[i].flags = reader_u32(r);
	}
	p->buttons = v;
}

static void
page_unpack(struct arena *a, struct reader *r, struct csn_page *p)
{
	struct csn_str *origins;

	p->screen = reader_u32(r);
	p->tone = reader_u32(r);
	p->heading = reader_lv16(r);
	p->message = reader_lv16(r);
	p->args = pairs_unpack(a, r);
	p->host = reader_lv16(r);
	p->who = reader_lv16(r);
	p->not_you = reader_lv16(r);
	p->notice = reader_lv32(r);
	p->action = reader_lv16(r);
	p->fields = pairs_unpack(a, r);
	prompts_unpack(a, r, p);
	buttons_unpack(a, r, p);
	p->here = reader_lv16(r);
	p->reference = reader_lv16(r);
	p->time_ms = (int64_t)reader_u64(r);
	p->refresh_s = reader_u32(r);
	p->go = reader_lv16(r);
	origins = list_room(a, r, sizeof(*origins), &p->form_origins.n);
	for (size_t i = 0; origins != NULL && i < p->form_origins.n; i++)
		origins[i] = reader_lv16(r);
	p->form_origins.v = origins;
}

int
view_unpack(struct arena *a, struct csn_str packed, struct csn_view *ret)
{
	struct csn_view v = { 0 };
	struct csn_cookie *c;
	struct reader r;

	reader_init(&r, packed);
	v.kind = reader_u32(&r);
	v.status = reader_u32(&r);
	v.url = reader_lv16(&r);
	v.fields = pairs_unpack(a, &r);
	v.content_type = reader_lv16(&r);
	v.body = reader_lv32(&r);
	v.file_name = reader_lv16(&r);
	c = list_room(a, &r, sizeof(*c), &v.ncookies);
	for (size_t i = 0; c != NULL && i < v.ncookies; i++) {
		c[i].name = reader_lv16(&r);
		c[i].value = reader_lv16(&r);
		c[i].max_age_s = (int64_t)reader_u64(&r);
		c[i].flags = reader_u32(&r);
	}
	v.cookies = c;
	v.retry_after_s = (int64_t)reader_u64(&r);
	v.clear_site_data = reader_u32(&r);
	v.framed = reader_u32(&r);
	v.seen_again = reader_u32(&r);
	page_unpack(a, &r, &v.page);
	if (reader_end(&r) < 0 || a->over)
		return -1;
	*ret = v;
	return 0;
}
