/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_value.c - a factor's settings, typed by its plugin's table
 *
 * The content of a FILE is read here, the content of a SECRET never: only its
 * reference is kept, and no fault quotes it.
 */
#include <sys/stat.h>

#include "conf_option.h"
#include "conf_read.h"
#include "lib/text.h"
#include "secret_ref.h"

struct values {
	struct conf_reader *r;
	struct conf_factor *f;
	struct csn_val *v;
	struct csn_str *refs;
	struct conf_place *places;
	size_t n, max;
};

/* Most values have no key and no reference. */
static struct csn_str
kept(struct arena *a, struct csn_str s)
{
	return s.n == 0 ? STR("") : arena_str(a, s);
}

static void
value_keep(struct values *vs, const struct yaml *y, uint32_t opt,
    const struct csn_val *val, struct csn_str ref)
{
	struct arena *a = vs->r->arena;

	if (vs->n == vs->max)
		return;
	vs->v[vs->n] = *val;
	vs->v[vs->n].opt = opt;
	vs->v[vs->n].key = kept(a, val->key);
	vs->v[vs->n].text = kept(a, val->text);
	vs->refs[vs->n] = kept(a, ref);
	vs->places[vs->n] = schema_place(vs->r, y);
	vs->n++;
}

static void
value_fault(struct values *vs, const struct yaml *y, const struct csn_opt *o,
    const struct buf *why)
{
	fault_at(vs->r, y, "`%s` %.*s", o->name, STR_FMT(buf_str(why)));
}

static void
secret_value(struct values *vs, const struct yaml *y, uint32_t opt)
{
	const struct csn_opt *o = &vs->f->plugin->opts[opt];
	struct csn_val val = { .key = STR(""), .text = STR("") };
	struct csn_str text;
	struct buf why;

	if (schema_get(vs->r, y, &text) < 0)
		return;
	buf_init(&why, 0);
	if (secret_ref_check(text, &why) < 0) {
		/* the text is never quoted: it may be the secret itself */
		fault_at(vs->r, y, "`%s`: %.*s", o->name,
		    STR_FMT(buf_str(&why)));
		goto out;
	}
	if (str_starts(text, STR("file:")) && text.p[5] != '/')
		text = arena_printf(&vs->r->scratch, "file:%.*s",
		    STR_FMT(schema_absolute(vs->r, y, str_from_at(text, 5))));
	value_keep(vs, y, opt, &val, text);
out:
	buf_free(&why);
}

/* Not refused: such files of other programs are often left as they were made,
 * and who cannot log in any more for it has no other way in. */
static void
privacy_look(struct values *vs, const struct yaml *y, struct csn_str path)
{
	struct stat st;

	if (stat(path.p, &st) == 0 && (st.st_mode & S_IROTH) != 0)
		warn_at(vs->r, y, "%.*s can be read by every user of this "
		    "machine (mode %04o), who can then guess at what is in "
		    "it for as long as they like; chmod o= %.*s",
		    STR_FMT(path), (unsigned)(st.st_mode & 07777),
		    STR_FMT(path));
}

static void
file_value(struct values *vs, const struct yaml *y, uint32_t opt)
{
	const struct csn_opt *o = &vs->f->plugin->opts[opt];
	struct csn_val val = { .key = STR("") };
	size_t max = CONF_FILE_MAX;
	struct csn_str path;

	if (o->max > 0 && (size_t)o->max < max)
		max = (size_t)o->max;
	if (schema_file(vs->r, y, max, &path, &val.text) < 0)
		return;
	if (memchr(val.text.p, '\0', val.text.n) != NULL ||
	    !text_utf8(val.text)) {
		fault_at(vs->r, y, "%.*s is no UTF-8 text", STR_FMT(path));
		return;
	}
	if (val.text.n < (size_t)o->min || val.text.n == 0) {
		fault_at(vs->r, y, "%.*s is empty or too short",
		    STR_FMT(path));
		return;
	}
	if ((o->flags & CSN_O_PRIVATE) != 0)
		privacy_look(vs, y, path);
	if (vs->n == vs->max)
		return;
	/* the content is in the arena already */
	val.opt = opt;
	vs->v[vs->n] = val;
	vs->refs[vs->n] = path;
	vs->places[vs->n] = schema_place(vs->r, y);
	vs->n++;
}

/* One value, with a key if it is a MAP's. */
static void
one_value(struct values *vs, const struct yaml *y, uint32_t opt,
    struct csn_str key)
{
	const struct csn_opt *o = &vs->f->plugin->opts[opt];
	struct csn_str text;
	struct csn_val val;
	struct buf why;

	if (o->type == CSN_T_SECRET || o->type == CSN_T_FILE) {
		if (o->type == CSN_T_SECRET)
			secret_value(vs, y, opt);
		else
			file_value(vs, y, opt);
		return;
	}
	if (schema_get(vs->r, y, &text) < 0)
		return;
	buf_init(&why, 0);
	if (!text_plain(text))
		buf_puts(&why, "is one line of text");
	if (why.n > 0 || option_read(o, text, &val, &why) < 0) {
		value_fault(vs, y, o, &why);
	} else {
		val.key = key;
		value_keep(vs, y, opt, &val, STR(""));
	}
	buf_free(&why);
}

/* A list where the option may be repeated, else one value. */
static void
some_values(struct values *vs, const struct yaml *y, uint32_t opt,
    struct csn_str key)
{
	const struct csn_opt *o = &vs->f->plugin->opts[opt];
	const struct yaml **items = NULL;
	size_t n;

	if ((o->flags & CSN_O_REPEAT) == 0) {
		one_value(vs, y, opt, key);
		return;
	}
	n = schema_list(vs->r, y, &items);
	for (size_t i = 0; i < n; i++)
		one_value(vs, items[i], opt, key);
}

static void
map_values(struct values *vs, const struct yaml *y, uint32_t opt)
{
	if (!schema_is_map(vs->r, y))
		return;
	for (const struct yaml *i = y->first; i != NULL; i = i->next) {
		if (!text_plain(i->key))
			fault_key(vs->r, i, "a character that is not shown");
		some_values(vs, i, opt, i->key);
	}
}

/* "; it has a, b" */
static struct csn_str
options_known(struct values *vs)
{
	const struct csn_plugin *plugin = vs->f->plugin;
	struct csn_str ret;
	struct buf b;

	buf_init(&b, 0);
	for (size_t i = 0; i < plugin->nopts; i++)
		buf_printf(&b, "%s%s", i == 0 ? "; it has " : ", ",
		    plugin->opts[i].name);
	ret = arena_str(&vs->r->scratch, buf_str(&b));
	buf_free(&b);
	return ret;
}

static void
option_unknown(struct values *vs, const struct yaml *y)
{
	const struct csn_plugin *plugin = vs->f->plugin;
	struct suggestion s = suggestion_for(y->key);
	struct csn_str hint;

	for (size_t i = 0; i < plugin->nopts; i++)
		suggestion_try(&s, str_from(plugin->opts[i].name));
	suggestion_try(&s, STR("plugin"));
	suggestion_try(&s, STR("realm"));
	suggestion_try(&s, STR("label"));
	suggestion_try(&s, STR("offered"));
	suggestion_try(&s, STR("alarm"));
	suggestion_try(&s, STR("groups"));
	suggestion_try(&s, STR("people"));
	suggestion_try(&s, STR("recover_by"));
	hint = suggestion_text(&s, &vs->r->scratch);
	if (hint.n == 0)
		hint = options_known(vs);
	fault_key(vs->r, y, "`%.*s` is no setting of the plugin %.*s%.*s",
	    STR_FMT(y->key), STR_FMT(vs->f->plugin_name), STR_FMT(hint));
}

static void
option_value(struct values *vs, const struct yaml *y)
{
	const struct csn_plugin *plugin = vs->f->plugin;
	uint32_t opt = 0;

	while (opt < plugin->nopts && !str_is(y->key, plugin->opts[opt].name))
		opt++;
	if (opt == plugin->nopts)
		option_unknown(vs, y);
	else if (plugin->opts[opt].type == CSN_T_MAP)
		map_values(vs, y, opt);
	else
		some_values(vs, y, opt, STR(""));
}

static void
fallback_value(struct values *vs, const struct yaml *map, uint32_t opt)
{
	const struct csn_opt *o = &vs->f->plugin->opts[opt];
	struct csn_val val;
	struct buf why;

	if ((o->flags & CSN_O_REQUIRED) != 0)
		fault_key(vs->r, map, "`%s` is missing in the factor `%.*s`: "
		    "%s", o->name, STR_FMT(map->key), o->help);
	if (o->fallback == NULL)
		return;
	buf_init(&why, 0);
	if (option_read(o, str_from(o->fallback), &val, &why) == 0)
		value_keep(vs, map, opt, &val, STR(""));
	else
		value_fault(vs, map, o, &why);
	buf_free(&why);
}

/* Every text below a node: more values than that there cannot be. */
static size_t
count_texts(const struct yaml *y)
{
	size_t n = y->kind == YAML_TEXT;

	for (const struct yaml *i = y->first; i != NULL; i = i->next)
		n += count_texts(i);
	return n;
}

/* No more of them than there are: a thousand factors have as many lists. */
static void
values_take(struct conf_reader *r, const struct values *vs,
    struct conf_factor *f)
{
	struct csn_val *v = arena_array(r->arena, vs->n, sizeof(*v));
	struct csn_str *refs = arena_array(r->arena, vs->n, sizeof(*refs));
	struct conf_place *places = arena_array(r->arena, vs->n,
	    sizeof(*places));

	if (v == NULL || refs == NULL || places == NULL)
		return;
	memcpy(v, vs->v, vs->n * sizeof(*v));
	memcpy(refs, vs->refs, vs->n * sizeof(*refs));
	memcpy(places, vs->places, vs->n * sizeof(*places));
	f->vals = v;
	f->refs = refs;
	f->places = places;
	f->nvals = vs->n;
}

void
conf_read_options(struct conf_reader *r, const struct yaml *map,
    struct conf_factor *f)
{
	struct values vs = { .r = r, .f = f };

	vs.max = count_texts(map) + f->plugin->nopts;
	vs.v = arena_array(&r->scratch, vs.max, sizeof(*vs.v));
	vs.refs = arena_array(&r->scratch, vs.max, sizeof(*vs.refs));
	vs.places = arena_array(&r->scratch, vs.max, sizeof(*vs.places));
	if (vs.v == NULL || vs.refs == NULL || vs.places == NULL)
		return;
	for (const struct yaml *y = map->first; y != NULL; y = y->next)
		if (!option_reserved(y->key) && !y->bad)
			option_value(&vs, y);
	for (uint32_t i = 0; i < f->plugin->nopts; i++)
		if (yaml_get(map, f->plugin->opts[i].name) == NULL)
			fallback_value(&vs, map, i);
	values_take(r, &vs, f);
}
