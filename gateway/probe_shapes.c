/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe_shapes.c - paths that two readers read in two ways, and hosts that are
 * not the one that is meant
 *
 * Nobody is logged in: whatever answers as an application would is told.
 */
#include <stdio.h>

#include "probe.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * In these G is the path that is guarded, g the same without its slash, U in
 * capitals, E with its first letter as %XX, D with that encoded twice, and P
 * the first segment of one that is public.
 */
#define G	"\001"
#define g	"\002"
#define U	"\003"
#define E	"\004"
#define D	"\005"
#define P	"\006"

static const char *const odd[] = {
	"/" G, "/." G, "/./." G, "/x/.." G, "/x/%2e%2e" G, "/%2e" G,
	"/x/..%2f" g, "/%2f" g, "/..;" G, "/x/..;" G, "/;x=y" G, "/;" G,
	G ";x=y", G "%3bx=y", G "%00", G "%00.css", G "%20", G "%09", G "%0a",
	G "%0d%0aX-Probe:%20y", G "%3fx.css", G "#x", G "%23x.css", G "\\",
	"/\\" g, "/x/..\\" g, "/x/..%5c" g, "/x/..%255c" g, G "/.", G "/..",
	G "/%2e", G "//", U, E, D, "/%252e%252e" G, "/x/%252e%252e" G,
	"/x/..%252f" g, "/%c0%af" g, "/x/%c0%ae%c0%ae" G, "/%ef%bc%8f" g,
	G "%", G "%zz", G "%u002e",
	"/.countersign/.." G, "/.countersign/%2e%2e" G,
	"/.countersign/..%2f" g, "/.countersign/..;" G,
	"/.countersign%2f.." G, "/.countersign/..\\" g,
	"/.countersign/..%5c" g, "/.countersign/static/../.." G,
	"/.countersign/static/..%2f..%2f" g, "/.countersign/x/../.." G,
	"/%2ecountersign/.." G, "/.countersign/%252e%252e" G,
};

static const char *const from_public[] = {
	P "/.." G, P "/%2e%2e" G, P "/..%2f" g, P "%2f..%2f" g, P "/..;" G,
	P ";/.." G, P ";x/.." G, P "/..\\" g, P "/..%5c" g, P "/%5c..%5c" g,
	P "/./.." G, P "//.." G, P "/%252e%252e" G, P "%00" G, P "%3f/.." G,
	P "#/.." G, P "%23/.." G, P "/%2e." G, P "/x/../.." G,
};

#undef G
#undef g
#undef U
#undef E
#undef D
#undef P

static void
encoded_put(struct buf *b, struct csn_str path, bool twice)
{
	for (size_t i = 0; i < path.n; i++) {
		unsigned char c = (unsigned char)path.p[i];

		if (i == 1)
			buf_printf(b, twice ? "%%25%02x" : "%%%02x", c);
		else
			buf_char(b, (char)c);
	}
}

static void
upper_put(struct buf *b, struct csn_str path)
{
	for (size_t i = 0; i < path.n; i++)
		buf_char(b, path.p[i] >= 'a' && path.p[i] <= 'z' ?
		    (char)(path.p[i] - 32) : path.p[i]);
}

static struct csn_str
first_segment(struct csn_str path)
{
	ptrdiff_t at = str_index(str_from_at(path, 1), '/');

	if (at > 0)
		path.n = (size_t)at + 1;
	return path;
}

/* The path of a form, without the query of the one that is guarded. */
static void
form_put(struct buf *b, const char *form, struct csn_str guarded,
    struct csn_str pub)
{
	ptrdiff_t query = str_index(guarded, '?');

	if (query >= 0)
		guarded.n = (size_t)query;
	for (; *form != '\0'; form++)
		switch (*form) {
		case 1: buf_str_put(b, guarded); break;
		case 2: buf_str_put(b, str_from_at(guarded, 1)); break;
		case 3: upper_put(b, guarded); break;
		case 4: encoded_put(b, guarded, false); break;
		case 5: encoded_put(b, guarded, true); break;
		case 6: buf_str_put(b, first_segment(pub)); break;
		default: buf_char(b, *form); break;
		}
}

static void
path_try(struct probe *p, const char *form, struct csn_str pub)
{
	struct probe_question q = { .kind = PROBE_PAGE };
	struct probe_answer a;
	char room[1200], what[200];
	struct buf b;

	if (!probe_may(p))
		return;
	buf_init_fixed(&b, room, sizeof(room));
	form_put(&b, form, p->guarded, pub);
	if (buf_failed(&b))
		return;
	q.target = buf_str(&b);
	probe_ask(p, &q, &a);
	snprintf(what, sizeof(what), "GET %.*s",
	    b.n > 150 ? 150 : (int)b.n, room);
	/* our own route says 404 to what it does not know */
	if (str_starts(q.target, STR("/.countersign/")) &&
	    probe_judge(p, &a) == SAID_MISSING)
		return;
	(void)probe_expect(p, PROBE_ODD_PATH, PROBE_DUE_NO, what, &a);
}

/* ------------------------------------------------------------------ */

#define STRANGER "countersign-probe.invalid"

/* Under a name that is nobody's the server may refuse as it likes; where it
 * leads to the login it has no default server that refuses. */
static void
stranger_try(struct probe *p, const char *name, const char *host,
    struct csn_str target, const char *what)
{
	struct probe_question q = { .kind = PROBE_PAGE, .host = host,
	    .target = target,
	    .to = { .name = name, .unverified = name != NULL } };
	struct probe_answer a;
	enum probe_said said;

	if (!probe_may(p))
		return;
	probe_ask(p, &q, &a);
	said = probe_judge(p, &a);
	if (said == SAID_LOGIN || (a.status == 200 && a.body.n == 0))
		probe_find(p, PROBE_ANY_HOST, what, &a);
	else if (said != SAID_MISSING)
		(void)probe_expect(p, PROBE_DEFAULT, PROBE_DUE_NO, what, &a);
}

static void
strangers(struct probe *p)
{
	static const char *const paths[] = { "", "/",
	    "/countersign-probe.css" };

	for (size_t i = 0; i < COUNT(paths); i++) {
		struct csn_str target = str_from(paths[i]);

		stranger_try(p, STRANGER, STRANGER, target, "the name "
		    STRANGER ", to TLS as well");
		stranger_try(p, NULL, STRANGER, target, "the name "
		    STRANGER " in the Host line");
		stranger_try(p, NULL, "127.0.0.1", target, "the name "
		    "127.0.0.1 in the Host line");
		stranger_try(p, NULL, "localhost", target, "the name "
		    "localhost in the Host line");
	}
}

static void
host_try(struct probe *p, const char *host, const char *target,
    const char *lines)
{
	struct probe_question q = { .kind = PROBE_PAGE, .host = host,
	    .target = str_from(target), .lines = lines };
	struct probe_answer a;
	char what[300];

	if (!probe_may(p))
		return;
	probe_ask(p, &q, &a);
	snprintf(what, sizeof(what), "GET %.100s, Host: %.100s%s",
	    target[0] != '\0' ? target : "the path",
	    host != NULL ? host : p->netloc, lines != NULL ?
	    " and a second one" : "");
	if (a.status == 200 && a.body.n == 0)
		probe_find(p, PROBE_ANY_HOST, what, &a);
	else if (probe_judge(p, &a) != SAID_MISSING)
		(void)probe_expect(p, PROBE_ODD_HOST, PROBE_DUE_NO, what, &a);
}

static void
odd_hosts(struct probe *p)
{
	/* %s is the host */
	static const char *const hosts[] = { "", "x@", "x/", "%00", "\t",
	    " x, " };
	static const char *const behind[] = { ".", ":80", "@x.invalid", "/x",
	    ":x", "#", "..", "%00", " x" };
	char text[700];

	for (size_t i = 1; i < COUNT(hosts); i++) {
		snprintf(text, sizeof(text), "%s%s", hosts[i], p->netloc);
		host_try(p, text, "", NULL);
	}
	for (size_t i = 0; i < COUNT(behind); i++) {
		snprintf(text, sizeof(text), "%s%s", p->host, behind[i]);
		host_try(p, text, "", NULL);
	}
	host_try(p, "", "", NULL);
	host_try(p, NULL, "", "Host: " STRANGER "\r\n");
	host_try(p, STRANGER, "*", NULL);
	host_try(p, NULL, "http://" STRANGER "/", NULL);
	snprintf(text, sizeof(text), "https://%s/", p->netloc);
	host_try(p, STRANGER, text, NULL);
	host_try(p, NULL, text, NULL);
	snprintf(text, sizeof(text), "https://%s@" STRANGER "/", p->netloc);
	host_try(p, NULL, text, NULL);
	snprintf(text, sizeof(text), "https://x@%s/", p->netloc);
	host_try(p, NULL, text, NULL);
	host_try(p, NULL, p->netloc, NULL);
}

void
probe_shapes(struct probe *p)
{
	for (size_t i = 0; i < COUNT(odd); i++)
		path_try(p, odd[i], STR("/"));
	for (size_t k = 0; k < p->o->publics.n; k++)
		for (size_t i = 0; i < COUNT(from_public); i++)
			path_try(p, from_public[i],
			    str_from(p->o->publics.v[k]));
	strangers(p);
	odd_hosts(p);
}
