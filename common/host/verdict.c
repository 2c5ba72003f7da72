/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verdict.c - a plugin called, and its reply copied if no rule is broken
 *
 * What breaks one is ERROR and an empty reply (verdict_rules.c). It must never
 * hand on what lies in the call's memory, which is wiped.
 */
#include "factor.h"
#include "lib/secret.h"
#include "verdict.h"

static int
copy_prompts(struct arena *a, const struct csn_reply *from,
    struct csn_reply *to)
{
	struct csn_prompt *v;

	v = arena_array(a, from->nprompts, sizeof(*v));
	if (v == NULL)
		return -1;
	for (size_t i = 0; i < from->nprompts; i++) {
		v[i] = verdict_prompt(from, i);
		v[i].name = arena_str(a, v[i].name);
		v[i].label = arena_str(a, v[i].label);
		v[i].value = arena_str(a, v[i].value);
		if (v[i].name.p == NULL || v[i].label.p == NULL ||
		    v[i].value.p == NULL ||
		    arena_pairs(a, v[i].args, &v[i].args) < 0)
			return -1;
	}
	to->prompts = v;
	to->prompt_size = sizeof(*v);
	return 0;
}

static int
copy_items(struct arena *a, const struct csn_reply *from,
    struct csn_reply *to)
{
	struct csn_item *v = arena_array(a, from->nitems, sizeof(*v));

	if (v == NULL)
		return -1;
	for (size_t i = 0; i < from->nitems; i++) {
		v[i] = verdict_item(from, i);
		v[i].id = arena_str(a, v[i].id);
		v[i].title = arena_str(a, v[i].title);
		v[i].detail = arena_str(a, v[i].detail);
		if (v[i].id.p == NULL || v[i].title.p == NULL ||
		    v[i].detail.p == NULL)
			return -1;
	}
	to->items = v;
	to->item_size = sizeof(*v);
	return 0;
}

static int
copy_strings(struct arena *a, struct csn_reply *r)
{
	struct csn_str *all[] = { &r->message, &r->state, &r->url, &r->resume,
	    &r->hint, &r->content_type, &r->body, &r->exchange, &r->subject,
	    &r->subject_id, &r->acr, &r->keep };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		*all[i] = arena_str(a, *all[i]);
		if (all[i]->p == NULL)
			return -1;
	}
	return 0;
}

/* Everything is copied before the call's memory is wiped. */
static int
copy_reply(struct arena *a, const struct csn_reply *from,
    struct csn_reply *ret)
{
	struct csn_reply r = *from;

	if (copy_strings(a, &r) < 0 || copy_prompts(a, from, &r) < 0 ||
	    copy_items(a, from, &r) < 0 ||
	    arena_pairs(a, r.message_args, &r.message_args) < 0 ||
	    arena_pairs(a, r.fields, &r.fields) < 0 ||
	    arena_strs(a, r.groups, &r.groups) < 0 ||
	    arena_pairs(a, r.attrs, &r.attrs) < 0 ||
	    arena_strs(a, r.amr, &r.amr) < 0 ||
	    arena_strs(a, r.session_keys, &r.session_keys) < 0 ||
	    arena_strs(a, r.end_sessions, &r.end_sessions) < 0)
		return -1;
	*ret = r;
	return 0;
}

static uint32_t
plugin_call(struct csn_call *c, enum verdict_function f,
    const struct csn_req *req, struct csn_reply *reply)
{
	const struct csn_plugin *p = c->factor->plugin;
	const void *inst = c->factor->inst;

	switch (f) {
	case VERDICT_STEP:
		return p->step(inst, c, req, reply);
	case VERDICT_MANAGE:
		return p->manage == NULL ? CSN_ERROR :
		    p->manage(inst, c, req, reply);
	case VERDICT_SERVE:
		return p->serve == NULL ? CSN_ERROR :
		    p->serve(inst, c, req, reply);
	}
	return CSN_ERROR;
}

static void
broken_log(struct csn_call *c, enum verdict_rule rule)
{
	struct buf b;

	buf_init(&b, 1024);
	buf_puts(&b, "factor ");
	buf_str_put(&b, c->factor->cf->name);
	buf_printf(&b, ": rule %d: %s", (int)rule, verdict_rule_text(rule));
	if (rule == RULE_TAINTED && c->taint_why != NULL)
		buf_printf(&b, " (%s)", c->taint_why);
	if (c->reference.n > 0) {
		buf_puts(&b, ", reference ");
		buf_str_put(&b, c->reference);
	}
	c->host->log(c->host->log_arg, CSN_FAIL, buf_str(&b));
	buf_free(&b);
}

void
verdict_call(struct csn_call *c, enum verdict_function f,
    const struct csn_req *req, struct arena *keep, struct verdict *ret)
{
	struct {
		struct csn_reply reply;
		/* a plugin of a later minor may write a longer struct */
		uint8_t slack[1024];
	} room;
	uint32_t said;

	memset(ret, 0, sizeof(*ret));
	ret->verdict = CSN_ERROR;
	if (!c->factor->opened)
		return;
	memset(&room, 0, sizeof(room));
	room.reply.struct_size = sizeof(room.reply);
	said = plugin_call(c, f, req, &room.reply);
	ret->broken = verdict_check(c, f, req, said, &room.reply);
	if (ret->broken == RULE_NONE &&
	    copy_reply(keep, &room.reply, &ret->reply) < 0)
		ret->broken = RULE_MEMORY;
	if (ret->broken == RULE_NONE) {
		ret->verdict = said;
	} else {
		memset(&ret->reply, 0, sizeof(ret->reply));
		atomic_fetch_add(&c->factor->broken, 1);
		/* a store that failed is our trouble, not a broken rule */
		broken_log(c, ret->broken);
	}
	secret_wipe(&room, sizeof(room));
}
