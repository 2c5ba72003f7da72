/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe_forge.c - header lines that only the proxy may write, sent by a client
 *
 * Where nobody is logged in they must not let in; where the application
 * answers (a public path, a session that was lent) the mark in them must not
 * come back.
 */
#include <stdio.h>
#include <stdlib.h>

#include "probe.h"

static const char *const names[] = {
	"Remote-User", "Remote-Groups", "Remote-Name", "Remote-Email",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct spelling { const char *says; char joint; int letters; };

/* letters: 0 as they are, -1 small, 1 capital */
static const struct spelling spellings[] = {
	{ "Remote-User", '-', 0 }, { "remote-user", '-', -1 },
	{ "REMOTE-USER", '-', 1 }, { "Remote_User", '_', 0 },
	{ "remote_user", '_', -1 }, { "REMOTE_USER", '_', 1 },
	{ "Remote.User", '.', 0 }, { "remote.user", '.', -1 },
};

static void
name_put(struct buf *b, const char *name, const struct spelling *s)
{
	for (; *name != '\0'; name++) {
		char c = *name;

		if (c == '-' || c == '_')
			c = s->joint;
		else if (s->letters < 0 && c >= 'A' && c <= 'Z')
			c = (char)(c + 32);
		else if (s->letters > 0 && c >= 'a' && c <= 'z')
			c = (char)(c - 32);
		buf_char(b, c);
	}
}

static void
lines_put(struct buf *b, const struct probe *p, const struct spelling *s,
    bool twice)
{
	const struct probe_list *more = &p->o->headers;

	for (size_t i = 0; i < COUNT(names) + more->n; i++)
		for (int k = 0; k <= twice; k++) {
			name_put(b, i < COUNT(names) ? names[i] :
			    more->v[i - COUNT(names)], s);
			buf_printf(b, ": %s\r\n", p->mark);
		}
}

/* What an answer is like, to be compared. */
struct likeness { unsigned status; size_t bytes, cookies; };

static struct likeness
likeness_of(const struct probe_answer *a)
{
	struct likeness l = { a->status, a->body.n, 0 };

	while (probe_answer_header(a, "Set-Cookie", l.cookies).p != NULL)
		l.cookies++;
	return l;
}

static bool
alike(struct likeness a, struct likeness b)
{
	return a.status == b.status && a.bytes == b.bytes &&
	    a.cookies == b.cookies;
}

struct place {			/* where the application answers */
	struct probe_question q;
	const char *says;
	bool steady;		/* twice the same answer */
	struct likeness plain;
};

static void
place_look(struct probe *p, struct place *at, struct probe_answer *a)
{
	struct likeness first;

	probe_ask(p, &at->q, a);
	first = likeness_of(a);
	probe_ask(p, &at->q, a);
	at->plain = likeness_of(a);
	at->steady = a->state == PROBE_ANSWERED && alike(first, at->plain);
}

/* One spelling at one place: at->says is NULL where the login is due. */
static void
forge_try(struct probe *p, struct place *at, const struct spelling *s,
    bool twice)
{
	struct probe_answer a;
	char what[160];
	struct buf b;

	if (!probe_may(p))
		return;
	buf_init(&b, 8192);
	lines_put(&b, p, s, twice);
	at->q.lines = buf_str(&b).p;
	probe_ask(p, &at->q, &a);
	snprintf(what, sizeof(what), "%s and its like%s, %s", s->says,
	    twice ? ", each twice" : "",
	    at->says != NULL ? at->says : "without a session");
	if (at->says == NULL)
		(void)probe_expect(p, PROBE_FORGED_IN, PROBE_DUE_REFUSAL,
		    what, &a);
	else if (str_find(buf_str(&p->answer), str_from(p->mark)) >= 0)
		probe_find(p, s->joint != '-' ? PROBE_UNDERSCORE :
		    PROBE_FORGED_ARRIVES, what, &a);
	else if (at->steady && a.status < 400 &&
	    !alike(at->plain, likeness_of(&a)))
		probe_find(p, s->joint != '-' ? PROBE_UNDERSCORE :
		    PROBE_FORGED_ARRIVES, what, &a);
	buf_free(&b);
}

static void
forge_all(struct probe *p, struct place *at)
{
	for (size_t i = 0; i < COUNT(spellings); i++)
		for (int twice = 0; twice < 2; twice++)
			forge_try(p, at, &spellings[i], twice != 0);
}

static void
at_publics(struct probe *p)
{
	for (size_t i = 0; i < p->o->publics.n; i++) {
		struct place at = { .q = { .kind = PROBE_PAGE,
		    .target = str_from(p->o->publics.v[i]) } };
		struct probe_answer a;
		char what[160];

		snprintf(what, sizeof(what), "at %.100s",
		    p->o->publics.v[i]);
		at.says = what;
		place_look(p, &at, &a);
		if (probe_judge(p, &a) == SAID_LOGIN)
			probe_find(p, PROBE_UNCLEAR, "not public", &a);
		else
			forge_all(p, &at);
	}
}

/* Our cookie as the application may see it: the longest value of the line. */
static struct csn_str
longest_value(struct csn_str line)
{
	struct csn_str best = STR(""), pair, name;

	while (str_cut(&line, ';', &pair)) {
		str_cut(&pair, '=', &name);
		if (pair.p != NULL && pair.n > best.n)
			best = pair;
	}
	return best;
}

static void
at_session(struct probe *p)
{
	struct place at = { .q = { .kind = PROBE_PAGE, .session = true },
	    .says = "with the session" };
	struct csn_str secret = longest_value(buf_str(&p->session));
	struct probe_answer a;

	place_look(p, &at, &a);
	if (probe_judge(p, &a) == SAID_LOGIN) {
		probe_find(p, PROBE_UNCLEAR, "the session that was lent is "
		    "none here", &a);
		return;
	}
	if (secret.n > 20 && str_find(buf_str(&p->answer), secret) >= 0)
		probe_find(p, PROBE_COOKIE_ARRIVES, "with the session", &a);
	forge_all(p, &at);
}

/* ------------------------------------------------------------------ */

/* What a client says of its own request; %s is a path that may be open, %u
 * the same with the host before it. */
static const char *const forwarding[] = {
	"X-Original-URL: %s", "X-Rewrite-URL: %s", "X-Original-URI: %s",
	"X-Original-URL: https://countersign-probe.invalid/",
	"X-Original-URL: %u", "X-Rewrite-URL: %u",
	"X-Forwarded-Uri: %s", "X-Forwarded-Prefix: %s",
	"X-Forwarded-Path: %s", "X-Original-Method: OPTIONS",
	"X-Forwarded-Method: OPTIONS", "X-HTTP-Method-Override: OPTIONS",
	"X-HTTP-Method: OPTIONS", "X-Method-Override: OPTIONS",
	"X-Forwarded-Host: countersign-probe.invalid",
	"X-Forwarded-Host: localhost", "X-Host: localhost",
	"X-Forwarded-Server: localhost", "X-Forwarded-Proto: http",
	"X-Forwarded-For: 127.0.0.1", "X-Forwarded-For: 10.0.0.1",
	"X-Real-IP: 127.0.0.1", "X-Client-IP: 127.0.0.1",
	"True-Client-IP: 127.0.0.1", "CF-Connecting-IP: 127.0.0.1",
	"Forwarded: for=127.0.0.1;host=countersign-probe.invalid;proto=https",
	"X-Forwarded-Port: 80", "X-Countersign-Login: https://localhost/",
	"Connection: X-Forwarded-Host, X-Forwarded-Uri, X-Forwarded-Proto",
	"X-Auth-Request-User: admin", "X-Forwarded-User: admin",
	"X-WEBAUTH-USER: admin", "Authorization: Bearer countersign-probe",
	"Authorization: Basic YWRtaW46YWRtaW4=",
	"Cookie: __Host-countersign=x; session=x",
};

static void
forward_put(struct buf *b, const struct probe *p, const char *form)
{
	const char *open = p->o->publics.n > 0 ? p->o->publics.v[0] :
	    "/.countersign/static/style.css";

	for (; *form != '\0'; form++) {
		if (*form != '%') {
			buf_char(b, *form);
			continue;
		}
		if (*++form == 'u')
			buf_printf(b, "https://%s", p->netloc);
		buf_puts(b, open);
	}
}

static void
forward_try(struct probe *p, const char *form, bool twice)
{
	struct probe_question q = { .kind = PROBE_PAGE };
	struct probe_answer a;
	char what[200];
	struct buf b;

	if (!probe_may(p))
		return;
	buf_init(&b, 4096);
	forward_put(&b, p, form);
	snprintf(what, sizeof(what), "%.150s%s", buf_str(&b).p,
	    twice ? ", twice" : "");
	buf_puts(&b, "\r\n");
	if (twice) {
		forward_put(&b, p, form);
		buf_puts(&b, "\r\n");
	}
	q.lines = buf_str(&b).p;
	probe_ask(p, &q, &a);
	(void)probe_expect(p, PROBE_FORWARDED, PROBE_DUE_REFUSAL, what, &a);
	buf_free(&b);
}

void
probe_forge(struct probe *p)
{
	struct place guarded = { .q = { .kind = PROBE_PAGE } };

	forge_all(p, &guarded);
	at_publics(p);
	if (p->session.n > 0)
		at_session(p);
	for (size_t i = 0; i < COUNT(forwarding); i++)
		for (int twice = 0; twice < 2; twice++)
			forward_try(p, forwarding[i], twice != 0);
}
