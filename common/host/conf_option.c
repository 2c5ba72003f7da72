/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_option.c - the types of a plugin's options
 *
 * It must never take a secret for a value, or a value of one type for one of
 * another: `no`, `on` and `1e3` are text, and only true and false are BOOL.
 */
#include "conf_option.h"
#include "lib/text.h"
#include "lib/timefmt.h"
#include "lib/url.h"

#define OPTION_TEXT_MAX	65536u
#define FLAGS_KNOWN	(CSN_O_REQUIRED | CSN_O_REPEAT | CSN_O_PRIVATE)

bool
option_reserved(struct csn_str name)
{
	static const char *const words[] = { "plugin", "realm", "label",
		"offered", "alarm", "groups", "people", "recover_by" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_is(name, words[i]))
			return true;
	return false;
}

static bool
type_is_number(uint32_t type)
{
	return type == CSN_T_INT || type == CSN_T_SECONDS;
}

static const char *
fallback_fault(const struct csn_opt *o)
{
	struct csn_val val;
	struct buf why;
	int r;

	if (o->fallback == NULL)
		return NULL;
	if ((o->flags & CSN_O_REQUIRED) != 0)
		return "is required, and has a fallback";
	if (o->type == CSN_T_FILE || o->type == CSN_T_SECRET ||
	    o->type == CSN_T_MAP)
		return "has a fallback, which its type cannot have";
	buf_init(&why, 0);
	r = option_read(o, str_from(o->fallback), &val, &why);
	buf_free(&why);
	return r < 0 ? "has a fallback that it would refuse" : NULL;
}

const char *
option_fault(const struct csn_opt *o)
{
	if (option_reserved(str_from(o->name)))
		return "is a word of the host";
	if (o->type < CSN_T_STRING || o->type > CSN_T_MAP)
		return "has a type that this host does not know";
	if ((o->flags & ~FLAGS_KNOWN) != 0)
		return "has a flag that this host does not know";
	if ((o->flags & CSN_O_PRIVATE) != 0 && o->type != CSN_T_FILE)
		return "is private, and no file";
	if ((o->type == CSN_T_CHOICE) != (o->choices != NULL))
		return o->choices == NULL ? "is a choice without choices" :
		    "has choices, and is none";
	if (o->choices != NULL && !text_plain(str_from(o->choices)))
		return "has no proper choices";
	if (o->anybody != NULL && o->anybody[0] != '\0' &&
	    !text_plain(str_from(o->anybody)))
		return "has no proper list of what is open to anybody";
	if (o->max != 0 && o->min > o->max)
		return "has a least value above its greatest";
	if (!type_is_number(o->type) && (o->min < 0 || o->max < 0))
		return "has a negative length";
	return fallback_fault(o);
}

static int
number_read(struct csn_str text, int64_t *ret)
{
	bool negative = text.n > 0 && text.p[0] == '-';
	uint64_t n;

	if (negative)
		text = str_from_at(text, 1);
	if (str_u64(text, INT64_MAX, &n) < 0)
		return -1;
	*ret = negative ? -(int64_t)n : (int64_t)n;
	return 0;
}

/* A limit as it would be written. */
static void
limit_put(struct buf *b, const struct csn_opt *o, int64_t limit)
{
	if (o->type == CSN_T_SECONDS && limit >= 0)
		duration_put(b, limit);
	else
		buf_decimal(b, limit);
}

static bool
has_limits(const struct csn_opt *o)
{
	return o->min != 0 || o->max != 0;
}

static int
range_check(const struct csn_opt *o, int64_t n, struct buf *why)
{
	if (!has_limits(o) || (n >= o->min && (o->max == 0 || n <= o->max)))
		return 0;
	buf_puts(why, o->type == CSN_T_SECONDS ? "is a time of " :
	    "is a number of ");
	if (o->max == 0)
		buf_puts(why, "at least ");
	limit_put(why, o, o->min);
	if (o->max != 0) {
		buf_puts(why, " to ");
		limit_put(why, o, o->max);
	}
	return -1;
}

static int
length_check(const struct csn_opt *o, size_t n, struct buf *why)
{
	size_t max = o->max == 0 ? OPTION_TEXT_MAX : (size_t)o->max;

	if (n >= (size_t)o->min && n <= max)
		return 0;
	buf_printf(why, "has %zu bytes; it may have %lld to %zu", n,
	    (long long)o->min, max);
	return -1;
}

static int
choice_read(const struct csn_opt *o, struct csn_str text, int64_t *ret,
    struct buf *why)
{
	struct csn_str rest = str_from(o->choices), one;
	int64_t n = 0;

	for (; str_cut(&rest, '|', &one); n++)
		if (str_equal(one, text)) {
			*ret = n;
			return 0;
		}
	buf_puts(why, "is one of ");
	rest = str_from(o->choices);
	for (n = 0; str_cut(&rest, '|', &one); n++)
		buf_printf(why, "%s%.*s", n == 0 ? "" : ", ", STR_FMT(one));
	return -1;
}

static int
bool_read(struct csn_str text, int64_t *ret, struct buf *why)
{
	*ret = str_is(text, "true");
	if (*ret != 0 || str_is(text, "false"))
		return 0;
	buf_puts(why, "is true or false");
	return -1;
}

/* HOST:PORT; the port may be left out with `optional`. */
static bool
host_port_valid(struct csn_str s, bool optional)
{
	struct csn_str host = s, port = STR("");
	uint64_t n;

	for (size_t i = s.n; i > 0 && s.p[i - 1] != ']'; i--)
		if (s.p[i - 1] == ':') {
			host = str_of(s.p, i - 1);
			port = str_from_at(s, i);
			break;
		}
	if (!url_host_valid(host))
		return false;
	if (host.n == s.n)
		return optional;
	return str_u64(port, 65535, &n) == 0 && n > 0 && port.p[0] != '0';
}

static int
ldap_url_check(struct csn_str s, struct buf *why)
{
	ptrdiff_t at = str_find(s, STR("://"));
	struct csn_str scheme = str_of(s.p, at < 0 ? 0 : (size_t)at);
	struct csn_str rest = str_from_at(s, at < 0 ? s.n : (size_t)at + 3);

	if (str_ends(rest, STR("/")))
		rest.n--;
	if ((str_is(scheme, "ldap") || str_is(scheme, "ldaps")) &&
	    host_port_valid(rest, true))
		return 0;
	if (str_is(scheme, "ldapi") && rest.n > 0 &&
	    str_index(rest, '/') < 0 && str_index(rest, '?') < 0)
		return 0;
	buf_puts(why, "is ldaps://HOST[:PORT], ldap://HOST[:PORT] or "
	    "ldapi://%2Fpath%2Fof%2Fsocket");
	return -1;
}

static int
https_check(struct csn_str s, struct buf *why)
{
	struct url url;

	if (url_parse(s, &url) == 0 && str_is(url.scheme, "https"))
		return 0;
	buf_puts(why, "is an https:// URL; without user, fragment and "
	    "blanks");
	return -1;
}

static int
shape_check(const struct csn_opt *o, struct csn_str text, struct buf *why)
{
	switch (o->type) {
	case CSN_T_HTTPS_URL:
		return https_check(text, why);
	case CSN_T_LDAP_URL:
		return ldap_url_check(text, why);
	case CSN_T_HOSTPORT:
		if (host_port_valid(text, false))
			return 0;
		buf_puts(why, "is HOST:PORT");
		return -1;
	default:
		return 0;
	}
}

int
option_read(const struct csn_opt *o, struct csn_str text, struct csn_val *ret,
    struct buf *why)
{
	struct csn_val val = { .key = STR(""), .text = text };

	switch (o->type) {
	case CSN_T_INT:
		if (number_read(text, &val.num) == 0)
			break;
		buf_puts(why, "is a whole number");
		return -1;
	case CSN_T_SECONDS:
		if (duration_parse(text, &val.num) == 0)
			break;
		buf_puts(why, "is a time; write 30s, 5m, 8h or 3d");
		return -1;
	case CSN_T_BOOL:
		if (bool_read(text, &val.num, why) < 0)
			return -1;
		break;
	case CSN_T_CHOICE:
		if (choice_read(o, text, &val.num, why) < 0)
			return -1;
		break;
	case CSN_T_STRING:
	case CSN_T_HTTPS_URL:
	case CSN_T_LDAP_URL:
	case CSN_T_HOSTPORT:
	case CSN_T_MAP:
		if (length_check(o, text.n, why) < 0 ||
		    shape_check(o, text, why) < 0)
			return -1;
		break;
	default:
		buf_puts(why, "has a type that is not read here");
		return -1;
	}
	if (type_is_number(o->type) && range_check(o, val.num, why) < 0)
		return -1;
	*ret = val;
	return 0;
}
