/* SPDX-License-Identifier: Apache-2.0 */
/*
 * harness_conf.c - options as the host would hand them to open()
 *
 * Typed by the plugin's own table, fallbacks added, what the table refuses
 * reported. It must be no kinder than the host: an unknown name, a number out
 * of range, a missing required option are CSN_E_INVALID.
 */
#include <stdlib.h>

#include "lib/timefmt.h"
#include "lib/url.h"

#include "harness_int.h"

#define VALS_MAX 1024u

const struct csn_opt *
harness_opt(const struct harness *h, size_t i)
{
	const char *base = (const char *)h->plugin->opts;

	return (const struct csn_opt *)(const void *)
	    (base + i * h->plugin->opt_size);
}

static struct harness_option *
option_add(struct harness *h, struct csn_str name, struct csn_str key,
    struct csn_str value)
{
	struct harness_option *o = arena_alloc(&h->memory, sizeof(*o));

	if (o == NULL)
		harness_die("out of memory", "option_add");
	o->name = harness_copy(h, name);
	o->key = harness_copy(h, key);
	buf_init(&o->value, 0);
	buf_str_put(&o->value, value);
	*h->options_end = o;
	h->options_end = &o->next;
	return o;
}

void
harness_option(struct harness *h, const char *name, const char *value)
{
	(void)option_add(h, str_from(name), STR(""), str_from(value));
}

void
harness_option_str(struct harness *h, const char *name, struct csn_str value)
{
	(void)option_add(h, str_from(name), STR(""), value);
}

void
harness_option_key(struct harness *h, const char *name, const char *key,
    const char *value)
{
	(void)option_add(h, str_from(name), str_from(key), str_from(value));
}

void
harness_option_line(struct harness *h, const char *name, const char *line)
{
	struct harness_option *o = h->options;

	while (o != NULL && !str_is(o->name, name))
		o = o->next;
	if (o == NULL)
		o = option_add(h, str_from(name), STR(""), STR(""));
	buf_puts(&o->value, line);
	buf_char(&o->value, '\n');
}

static int
refuse(struct harness *h, const char *name, const char *why)
{
	(void)pthread_mutex_lock(&h->lock);
	buf_printf(&h->log, "report FAIL %s: %s\n", name, why);
	(void)pthread_mutex_unlock(&h->lock);
	return -1;
}

static int
type_number(const struct csn_opt *o, struct csn_str text, int64_t *ret)
{
	struct csn_str digits = text;
	bool negative = str_starts(text, STR("-"));
	uint64_t u;

	if (o->type == CSN_T_SECONDS) {
		if (duration_parse(text, ret) < 0)
			return -1;
	} else {
		if (negative)
			digits = str_from_at(text, 1);
		if (digits.n == 0 || str_u64(digits, INT64_MAX, &u) < 0)
			return -1;
		*ret = negative ? -(int64_t)u : (int64_t)u;
	}
	return *ret >= o->min && *ret <= o->max ? 0 : -1;
}

/* The index among "a|b|c". */
static int
type_choice(const struct csn_opt *o, struct csn_str text, int64_t *ret)
{
	struct csn_str rest = str_from(o->choices), one;

	for (int64_t i = 0; str_cut(&rest, '|', &one); i++)
		if (str_equal(one, text)) {
			*ret = i;
			return 0;
		}
	return -1;
}

static int
type_url(struct csn_str text)
{
	struct url u;

	return url_parse(text, &u) == 0 &&
	    str_equal_fold(u.scheme, STR("https")) ? 0 : -1;
}

/* text and num of a value; a MAP's text is taken as it is. */
static int
type_value(const struct csn_opt *o, struct csn_str text, struct csn_val *v)
{
	v->text = text;
	switch (o->type) {
	case CSN_T_INT:
	case CSN_T_SECONDS:
		return type_number(o, text, &v->num);
	case CSN_T_BOOL:
		v->num = str_is(text, "true");
		return v->num || str_is(text, "false") ? 0 : -1;
	case CSN_T_CHOICE:
		return type_choice(o, text, &v->num);
	case CSN_T_HTTPS_URL:
		return type_url(text);
	case CSN_T_LDAP_URL:
		return str_starts(text, STR("ldap")) ? 0 : -1;
	case CSN_T_HOSTPORT:
		return str_index(text, ':') > 0 ? 0 : -1;
	case CSN_T_SECRET:
		v->text = STR("");
		return 0;
	default:
		return 0;
	}
}

static int
val_add(struct harness *h, struct csn_val *vals, size_t opt,
    struct csn_str key, struct csn_str text)
{
	const struct csn_opt *o = harness_opt(h, opt);
	size_t n = h->conf.n;

	if (n >= VALS_MAX)
		return refuse(h, o->name, "too many values");
	vals[n].opt = (uint32_t)opt;
	vals[n].key = key;
	if (type_value(o, text, &vals[n]) < 0)
		return refuse(h, o->name, "not a value of its type");
	if (o->type == CSN_T_SECRET)
		h->secrets[n] = text;
	h->conf.n++;
	return 0;
}

static int
opt_add(struct harness *h, struct csn_val *vals, size_t opt)
{
	const struct csn_opt *o = harness_opt(h, opt);
	unsigned count = 0;

	for (struct harness_option *g = h->options; g != NULL; g = g->next) {
		if (!str_is(g->name, o->name))
			continue;
		if (count++ > 0 && (o->flags & CSN_O_REPEAT) == 0 &&
		    o->type != CSN_T_MAP)
			return refuse(h, o->name, "given twice");
		if (val_add(h, vals, opt, g->key,
		    harness_copy(h, buf_str(&g->value))) < 0)
			return -1;
	}
	if (count > 0)
		return 0;
	if (o->fallback != NULL)
		return val_add(h, vals, opt, STR(""), str_from(o->fallback));
	return (o->flags & CSN_O_REQUIRED) == 0 ? 0 :
	    refuse(h, o->name, "required");
}

static int
options_known(struct harness *h)
{
	bool known;

	for (struct harness_option *g = h->options; g != NULL; g = g->next) {
		known = false;
		for (size_t i = 0; i < h->plugin->nopts; i++)
			known |= str_is(g->name, harness_opt(h, i)->name);
		if (!known)
			return refuse(h, g->name.p, "no such option");
	}
	return 0;
}

int
harness_conf_make(struct harness *h, struct csn_call *call)
{
	struct csn_val *vals;

	(void)call;
	vals = arena_array(&h->memory, VALS_MAX, sizeof(*vals));
	h->secrets = arena_array(&h->memory, VALS_MAX, sizeof(*h->secrets));
	if (vals == NULL || h->secrets == NULL)
		harness_die("out of memory", "harness_conf_make");
	h->conf = (struct csn_conf){
		.struct_size = sizeof(h->conf),
		.val_size = sizeof(*vals),
		.factor = STR("factor"),
		.base_url = STR("https://login.example.com/f/factor/"),
		.v = vals,
	};
	if (options_known(h) < 0)
		return -1;
	for (size_t i = 0; i < h->plugin->nopts; i++)
		if (opt_add(h, vals, i) < 0)
			return -1;
	return 0;
}
