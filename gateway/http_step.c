/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_step.c - requests out of what has come on a connection, one by one
 *
 * Each is read, asked about and answered into c->out; nothing here reads from
 * the socket, sends, or closes. It must never begin a request before the one
 * before it is answered.
 */
#include "http_impl.h"

#define FLUSH_AT	16384u	/* bytes of answers sent together */

void
http_step_end(struct http_conn *c)
{
	struct http_parse *p = &c->x->parse;

	c->in_at += p->at + (size_t)p->length;
	c->begun = true;
	http_exchange_release(&c->loop->pool, c->x);
	c->x = NULL;
	if (c->in_at == c->in->n) {
		http_block_release(&c->loop->pool, c->in);
		c->in = NULL;
		c->in_at = 0;
	}
}

void
http_step_refuse(struct http_conn *c, enum http_fault fault)
{
	http_server_refused(c->loop->server, c->listener, &c->peer, fault);
	c->x->keep = false;
	c->closing = c->lingering = true;
	/* without memory for a word it is closed all the same */
	(void)http_reply_fault(&c->loop->pool, &c->out, c->x, fault);
}

static void
step_ask(struct http_conn *c, const struct http_face *face)
{
	struct http_exchange *x = c->x;
	struct http_loop *loop = c->loop;

	http_parse_request(&x->parse, c->in->p + c->in_at, x->pairs,
	    &x->request);
	x->request.peer = &c->peer;
	x->request.listener = c->listener;
	x->keep = http_parse_keeps(&x->parse) && !loop->stopping;
	if (!x->keep)
		c->closing = true;
	atomic_store_explicit(&loop->nrequests,
	    atomic_load_explicit(&loop->nrequests, memory_order_relaxed) + 1,
	    memory_order_relaxed);
	loop->inside = x;
	face->handler(x, face->arg);
	loop->inside = NULL;
	if (x->answered)
		http_step_end(c);
	else
		c->waiting = true;
}

/* One request, if all of it is there. */
static enum http_step
step_one(struct http_conn *c)
{
	const struct http_face *face = atomic_load_explicit(
	    &c->listener->face, memory_order_acquire);
	struct http_exchange *x = c->x;
	size_t n;
	int r;

	if (c->in == NULL)
		return HTTP_STEP_MORE;
	if (x == NULL) {
		c->x = x = http_exchange_take(&c->loop->pool);
		if (x == NULL)
			return HTTP_STEP_FAILED;
		x->conn = c;
		http_parse_start(&x->parse, &c->loop->server->limits,
		    face->body_max);
	}
	n = c->in->n - c->in_at;
	if (!x->complete) {
		r = http_parse_head(&x->parse, c->in->p + c->in_at, n);
		if (r == HTTP_PARSE_MORE)
			return HTTP_STEP_MORE;
		if (r != HTTP_SOUND) {
			http_step_refuse(c, (enum http_fault)r);
			return HTTP_STEP_NEXT;
		}
		x->complete = true;
	}
	if (n - x->parse.at < x->parse.length)
		return HTTP_STEP_MORE;
	step_ask(c, face);
	return HTTP_STEP_NEXT;
}

enum http_step
http_step_all(struct http_conn *c)
{
	enum http_step step = HTTP_STEP_NEXT;

	while (step == HTTP_STEP_NEXT && !c->waiting && !c->closing &&
	    (c->out == NULL || c->out->n < FLUSH_AT))
		step = step_one(c);
	return step;
}
