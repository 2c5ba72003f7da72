/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_listen.c - `listen:`, who may connect to us and how
 *
 * Each role has listeners of its own (security.md R1), each says who may
 * connect and which header it believes; nothing is guessed. It must never
 * leave TCP beyond loopback in clear text without a word (R2).
 */
#include <grp.h>

#include "conf_read.h"

#define UNIX_PATH_MAX_LEN 107u

/* One listener while it is read. */
struct listener_read {
	struct conf_listener *l;
	struct csn_str dialect;
	const struct yaml *unix_at, *tcp_at, *mode_at, *group_at, *peers_at,
	    *dialect_at, *address_at, *tls_at, *clear_at;
};

static schema_reader tls_read;

static const struct schema_row tls_rows[] = {
	{ .name = "certificate", .read = tls_read, .required = true,
	    .shape = &shape_file,
	    .offset = offsetof(struct conf_listener, tls_certificate) },
	{ .name = "key", .read = tls_read, .required = true,
	    .shape = &shape_file,
	    .offset = offsetof(struct conf_listener, tls_key) },
	{ .name = "client_ca", .read = tls_read, .required = true,
	    .shape = &shape_file,
	    .offset = offsetof(struct conf_listener, tls_client_ca) },
};

static const struct schema_shape tls_shape = SHAPE_OF_ROWS(tls_rows);
static const struct schema_shape path_shape = { .kind = SHAPE_PATH };

#define KEEP(word, field, is) { .name = word, .read = schema_keep, \
	.shape = is, .offset = offsetof(struct listener_read, field) }

static const struct schema_row listener_rows[] = {
	KEEP("unix", unix_at, &path_shape), KEEP("tcp", tcp_at, &shape_text),
	KEEP("mode", mode_at, &shape_text),
	KEEP("group", group_at, &shape_text),
	KEEP("peers", peers_at, &shape_texts),
	{ .name = "dialect", .read = schema_keep, .shape = &shape_words,
	    .words = "nginx|caddy|traefik|envoy|haproxy",
	    .offset = offsetof(struct listener_read, dialect_at) },
	KEEP("client_address", address_at, &shape_text),
	KEEP("tls", tls_at, &tls_shape),
	{ .name = "clear_text", .read = schema_keep, .shape = &shape_words,
	    .words = "accepted",
	    .offset = offsetof(struct listener_read, clear_at) },
};

static const struct schema_shape listener_shape = { .kind = SHAPE_BLOCK,
	.rows = listener_rows, .nrows = SCHEMA_COUNT(listener_rows),
	.words = "unix|tcp" };
static const struct schema_shape listeners_shape = { .kind = SHAPE_SOME,
	.of = &listener_shape };

struct listen_read {
	const struct yaml *pages, *check, *metrics;
};

static const struct schema_row listen_rows[] = {
	{ .name = "pages", .read = schema_keep, .shape = &listeners_shape,
	    .fallback = "unix: /run/countersign/pages.sock\n"
	    "client_address: X-Real-IP",
	    .offset = offsetof(struct listen_read, pages) },
	{ .name = "check", .read = schema_keep, .shape = &listeners_shape,
	    .fallback = "unix: /run/countersign/check.sock\n"
	    "dialect: nginx\nclient_address: X-Real-IP",
	    .offset = offsetof(struct listen_read, check) },
	{ .name = "metrics", .read = schema_keep, .shape = &listeners_shape,
	    .offset = offsetof(struct listen_read, metrics) },
};

const struct schema_shape conf_shape_listen = SHAPE_OF_ROWS(listen_rows);

static void
tls_read(struct conf_reader *r, const struct schema_row *row,
    const struct yaml *y, void *into)
{
	struct csn_str text;

	(void)row;
	if (schema_get(r, y, &text) < 0)
		return;
	if (!str_starts(text, STR("file:")) || text.n == 5)
		fault_at(r, y, "`%.*s` is a file; write file:PATH",
		    STR_FMT(y->key));
	else
		*(struct csn_str *)into = schema_absolute(r, y,
		    str_from_at(text, 5));
}

static void
unix_read(struct conf_reader *r, struct listener_read *lr)
{
	schema_path(r, &(struct schema_row){ .name = "unix" }, lr->unix_at,
	    &lr->l->unix_path);
	if (lr->l->unix_path.n > UNIX_PATH_MAX_LEN)
		fault_at(r, lr->unix_at, "a socket's path has at most %u "
		    "bytes", UNIX_PATH_MAX_LEN);
}

/* "address:port" as written, and the address. */
static int
tcp_parse(struct csn_str text, struct ip *ret)
{
	struct csn_str host = text, port = STR("");
	uint64_t n;

	for (size_t i = text.n; i > 0 && text.p[i - 1] != ']'; i--)
		if (text.p[i - 1] == ':') {
			host = str_of(text.p, i - 1);
			port = str_from_at(text, i);
			break;
		}
	if (host.n >= 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = str_of(host.p + 1, host.n - 2);
	else if (str_index(host, ':') >= 0)
		return -1;
	if (str_u64(port, 65535, &n) < 0 || n == 0)
		return -1;
	return ip_parse(host, ret);
}

/* R2: beyond this machine encrypted and known, or written out. */
static void
tcp_guard(struct conf_reader *r, struct listener_read *lr, bool loopback)
{
	struct conf_listener *l = lr->l;

	if (!loopback && lr->tls_at == NULL && !l->clear_text_accepted)
		fault_at(r, lr->tcp_at, "beyond this machine a listener needs "
		    "`tls` with `client_ca`, or `clear_text: accepted` "
		    "written out");
	if (!loopback && lr->peers_at == NULL)
		fault_at(r, lr->tcp_at, "beyond this machine a listener needs "
		    "`peers`, the networks of its proxies");
	if (loopback && lr->peers_at == NULL)
		conf_peers_loopback(r, l);
	if (l->clear_text_accepted && !loopback)
		warn_at(r, lr->tcp_at, "this listener speaks clear text beyond "
		    "this machine");
}

static void
tcp_read(struct conf_reader *r, struct listener_read *lr)
{
	struct csn_str text;
	struct ip ip;

	if (schema_get(r, lr->tcp_at, &text) < 0)
		return;
	if (tcp_parse(text, &ip) < 0) {
		fault_at(r, lr->tcp_at, "`tcp` is ADDRESS:PORT with a number "
		    "for the address, as \"127.0.0.1:9464\" or "
		    "\"[::1]:9464\"");
		return;
	}
	lr->l->tcp = arena_str(r->arena, text);
	tcp_guard(r, lr, ip_loopback(&ip));
}

static void
mode_read(struct conf_reader *r, struct listener_read *lr)
{
	struct csn_str text;
	unsigned mode = 0;

	if (schema_get(r, lr->mode_at, &text) < 0)
		return;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '7' || text.n > 4)
			mode = 07777;
		mode = mode * 8 + (unsigned)(text.p[i] - '0');
	}
	if (mode > 0777 || (mode & 0600) != 0600)
		fault_at(r, lr->mode_at, "`mode` is 0600, 0660 or 0666");
	else
		lr->l->mode = mode;
}

static void
group_read(struct conf_reader *r, struct listener_read *lr)
{
	struct group gr, *found = NULL;
	struct csn_str text, name;
	char memory[16384];

	if (schema_get(r, lr->group_at, &text) < 0)
		return;
	name = arena_str(r->arena, text);
	if (name.p == NULL)
		return;
	if (getgrnam_r(name.p, &gr, memory, sizeof(memory), &found) != 0 ||
	    found == NULL)
		fault_at(r, lr->group_at, "there is no group `%.*s` on this "
		    "machine", STR_FMT(text));
	lr->l->group = name;
}

static void
dialect_read(struct conf_reader *r, struct listener_read *lr)
{
	static const struct { const char *name; enum conf_dialect is; }
	    known[] = { { "nginx", CONF_NGINX }, { "caddy", CONF_CADDY },
	    { "traefik", CONF_TRAEFIK }, { "envoy", CONF_ENVOY },
	    { "haproxy", CONF_HAPROXY } };
	struct csn_str text;

	lr->l->dialect = CONF_NGINX;
	if (schema_get(r, lr->dialect_at, &text) < 0)
		return;
	for (size_t i = 0; i < SCHEMA_COUNT(known); i++)
		if (str_is(text, known[i].name)) {
			lr->l->dialect = known[i].is;
			return;
		}
	fault_at(r, lr->dialect_at, "there is no dialect `%.*s`; there are "
	    "nginx, caddy, traefik, envoy and haproxy", STR_FMT(text));
}

static bool
header_name_valid(struct csn_str s)
{
	if (s.n == 0 || s.n > 64)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') ||
		    (s.p[i] >= 'A' && s.p[i] <= 'Z') ||
		    (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '-'))
			return false;
	return true;
}

static void
address_read(struct conf_reader *r, struct listener_read *lr)
{
	struct csn_str text;

	if (schema_get(r, lr->address_at, &text) < 0)
		return;
	if (str_equal_fold(text, STR("X-Forwarded-For")) ||
	    str_equal_fold(text, STR("Forwarded")))
		fault_at(r, lr->address_at, "%.*s is a list that the client "
		    "begins; let the proxy set X-Real-IP and name that",
		    STR_FMT(text));
	else if (!header_name_valid(text))
		fault_at(r, lr->address_at, "`client_address` is the name of "
		    "a header, as X-Real-IP");
	lr->l->client_address = arena_str(r->arena, text);
}

static void
clear_read(struct conf_reader *r, struct listener_read *lr)
{
	struct csn_str text;

	if (schema_get(r, lr->clear_at, &text) < 0)
		return;
	lr->l->clear_text_accepted = true;
	if (!str_is(text, "accepted"))
		fault_at(r, lr->clear_at, "`clear_text` is written "
		    "`clear_text: accepted`, or not at all");
}

static void
misplaced(struct conf_reader *r, const struct yaml *y, const char *where)
{
	if (y != NULL)
		fault_key(r, y, "`%.*s` belongs to %s", STR_FMT(y->key),
		    where);
}

static void
role_check(struct conf_reader *r, const struct yaml *y,
    struct listener_read *lr)
{
	struct conf_listener *l = lr->l;

	if (l->role != CONF_CHECK)
		misplaced(r, lr->dialect_at, "`check` listeners");
	else if (lr->dialect_at == NULL)
		fault_at(r, y, "a check listener names its `dialect`, as "
		    "`dialect: nginx`");
	if (l->role == CONF_METRICS)
		misplaced(r, lr->address_at, "`pages` and `check` listeners");
	else if (lr->address_at == NULL)
		warn_at(r, y, "without `client_address` nobody's address is "
		    "known here: failures count for a person only, never for "
		    "an address, and networks match nobody");
	if (lr->unix_at != NULL) {
		misplaced(r, lr->tls_at, "tcp listeners");
		misplaced(r, lr->clear_at, "tcp listeners");
	} else {
		misplaced(r, lr->mode_at, "unix listeners");
		misplaced(r, lr->group_at, "unix listeners");
	}
}

static void
listener_parts(struct conf_reader *r, struct listener_read *lr)
{
	if (lr->clear_at != NULL)
		clear_read(r, lr);
	if (lr->tls_at != NULL)
		schema_read(r, tls_rows, SCHEMA_COUNT(tls_rows), lr->tls_at,
		    "`tls`", lr->l);
	if (lr->unix_at != NULL)
		unix_read(r, lr);
	else
		tcp_read(r, lr);
	if (lr->peers_at != NULL && lr->unix_at != NULL)
		conf_peers_unix(r, lr->peers_at, lr->l);
	else if (lr->peers_at != NULL)
		conf_peers_tcp(r, lr->peers_at, lr->l);
	else if (lr->unix_at != NULL)
		conf_peers_default(r, lr->l);
	if (lr->mode_at != NULL)
		mode_read(r, lr);
	if (lr->group_at != NULL)
		group_read(r, lr);
	if (lr->dialect_at != NULL)
		dialect_read(r, lr);
	if (lr->address_at != NULL)
		address_read(r, lr);
}

static void
listener_init(struct conf_listener *l, enum conf_role role)
{
	*l = (struct conf_listener){ .role = role, .mode = 0660 };
	l->unix_path = l->group = l->tcp = l->client_address = STR("");
	l->tls_certificate = l->tls_key = l->tls_client_ca = STR("");
	l->place.file = STR("");
}

static void
listener_read(struct conf_reader *r, const struct yaml *y,
    struct conf_listener *l, enum conf_role role)
{
	struct listener_read lr = { .l = l };

	listener_init(l, role);
	l->place = schema_key_place(r, y);
	if (!schema_is_map(r, y))
		return;
	schema_read(r, listener_rows, SCHEMA_COUNT(listener_rows), y,
	    "a listener", &lr);
	if ((lr.unix_at == NULL) == (lr.tcp_at == NULL)) {
		fault_at(r, y, "a listener has either `unix: PATH` or `tcp: "
		    "ADDRESS:PORT`");
		return;
	}
	role_check(r, y, &lr);
	listener_parts(r, &lr);
}

/* What stands where nothing is written: nginx on this machine. */
static void
listener_default(struct conf_reader *r, struct conf_listener *l,
    enum conf_role role)
{
	listener_init(l, role);
	l->unix_path = role == CONF_PAGES ?
	    STR("/run/countersign/pages.sock") :
	    STR("/run/countersign/check.sock");
	l->client_address = STR("X-Real-IP");
	if (role == CONF_CHECK)
		l->dialect = CONF_NGINX;
	conf_peers_default(r, l);
}

static void
listeners_of(struct conf_reader *r, const struct yaml *y,
    struct conf_listener *v, enum conf_role role)
{
	size_t *n = &r->conf->nlisteners;

	if (y == NULL) {
		if (role != CONF_METRICS)
			listener_default(r, &v[(*n)++], role);
		return;
	}
	if (y->kind != YAML_LIST) {
		listener_read(r, y, &v[(*n)++], role);
		return;
	}
	if (y->n == 0)
		fault_at(r, y, "`%.*s` is an empty list", STR_FMT(y->key));
	for (const struct yaml *i = y->first; i != NULL; i = i->next) {
		if (*n >= CONF_LISTENERS_MAX) {
			fault_at(r, i, "more than %u listeners",
			    CONF_LISTENERS_MAX);
			return;
		}
		listener_read(r, i, &v[(*n)++], role);
	}
}

static void
twice_check(struct conf_reader *r, const struct conf_listener *v)
{
	struct fault_place at = { .number = 1 };

	for (size_t i = 0; i < r->conf->nlisteners; i++)
		for (size_t k = 0; k < i; k++) {
			if (v[i].unix_path.n + v[i].tcp.n == 0 ||
			    !str_equal(v[i].unix_path, v[k].unix_path) ||
			    !str_equal(v[i].tcp, v[k].tcp))
				continue;
			at.file = v[i].place.file;
			at.line = v[i].place.line;
			at.column = v[i].place.column;
			fault_add(&r->faults, &at, "two listeners have this "
			    "address; each has its own");
		}
}

void
conf_read_listen(struct conf_reader *r)
{
	struct listen_read lr = { .pages = NULL };
	struct conf_listener *v;

	v = arena_array(r->arena, CONF_LISTENERS_MAX + 3, sizeof(*v));
	r->conf->listeners = v;
	if (v == NULL)
		return;
	if (r->top.listen != NULL)
		schema_read(r, listen_rows, SCHEMA_COUNT(listen_rows),
		    r->top.listen, "`listen`", &lr);
	listeners_of(r, lr.pages, v, CONF_PAGES);
	listeners_of(r, lr.check, v, CONF_CHECK);
	listeners_of(r, lr.metrics, v, CONF_METRICS);
	twice_check(r, v);
}
