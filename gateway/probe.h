/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe.h - `countersign probe`: somebody's own proxy, tried from outside
 *
 * Asks the one host that it was given, and the back ends that were named,
 * nobody else: it follows no redirect off that host. It has no configuration
 * and no session but what it is lent, so what it says is what anybody on the
 * network could have found. Requests, bytes and time are bounded.
 */
#ifndef COUNTERSIGN_GATEWAY_PROBE_H
#define COUNTERSIGN_GATEWAY_PROBE_H

#include <openssl/ssl.h>

#include "lib/buf.h"
#include "probe_answer.h"

#define PROBE_LIST_MAX		16u
#define PROBE_REQUESTS_MAX	1000u	/* enough for every list full */
#define PROBE_WHOLE_S		180	/* for all of them */
#define PROBE_ANSWER_S		10	/* for one */
#define PROBE_SEEN_MAX		4u

/* exit status */
#define PROBE_CLOSED	0		/* nothing open was found */
#define PROBE_OPEN	1
#define PROBE_UNTRIED	2		/* it could not be tried */

/* What can be found, the worst first. */
enum probe_word {
	PROBE_BACKEND, PROBE_ANONYMOUS, PROBE_UNGUARDED, PROBE_PLAIN,
	PROBE_FORGED_IN, PROBE_FORGED_ARRIVES, PROBE_UNDERSCORE,
	PROBE_WEBSOCKET, PROBE_FORWARDED, PROBE_DEFAULT, PROBE_ODD_HOST,
	PROBE_ODD_PATH, PROBE_METHOD, PROBE_SCRIPT, PROBE_OLD_HTTP,
	PROBE_COOKIE_ARRIVES,
	PROBE_SMUGGLING, PROBE_ROUTE, PROBE_OLD_TLS, PROBE_COOKIE,
	PROBE_REDIRECTED, PROBE_CACHED, PROBE_ERROR_PAGE,
	PROBE_ANY_HOST, PROBE_LENIENT, PROBE_UNCLEAR, PROBE_SILENT,
	PROBE_WORDS
};

enum probe_level { PROBE_IS_OPEN, PROBE_IS_WEAK, PROBE_IS_NOTE };

struct probe_list { const char *v[PROBE_LIST_MAX]; size_t n; };

struct probe_options {
	const char *url, *ca, *resolve, *session_file, *http_port;
	struct probe_list paths, publics, headers, backends;
	bool json;
};

struct probe_found { unsigned n; char seen[PROBE_SEEN_MAX][256]; };

/* Where a connection goes; what is 0 is the URL's. */
struct probe_to {
	const char *node, *name;	/* address; name for TLS */
	uint16_t port;
	bool clear;			/* no TLS */
	int tls_only;			/* this version of TLS alone */
	bool unverified;
};

struct probe {
	const struct probe_options *o;
	SSL_CTX *ctx;
	SSL_SESSION *resume;		/* of a handshake that was verified */
	char host[256], netloc[264];	/* as a Host line says it */
	char node[256];			/* where it really is */
	char mark[24];			/* of this run: whoever shows it has
					 * got what we sent */
	uint16_t port;
	struct csn_str guarded;		/* the path that must not open */
	struct buf session;		/* a Cookie line that was lent */
	struct buf answer, sent;
	char trouble[600];		/* why there is no connection */
	unsigned requests, unanswered;
	int64_t end_ms;
	struct probe_found found[PROBE_WORDS];
};

/* probe_wire.c */

/* Sends the bytes and reads the answer: at most 64 KiB, 10 s. Its slices are
 * good until the next one. With `all` what follows the answer is read too. */
void probe_exchange(struct probe *, const struct probe_to *,
    struct csn_str bytes, bool all, struct probe_answer *ret);
/* Whether more may be asked. */
bool probe_may(const struct probe *);

/* probe_ask.c: one request, and what is said of its answer */

enum probe_kind { PROBE_PAGE, PROBE_XHR, PROBE_UPGRADE, PROBE_BARE };

struct probe_question {
	enum probe_kind kind;
	const char *method;		/* GET */
	struct csn_str target;		/* the guarded path */
	const char *host;		/* the URL's */
	const char *lines;		/* more header lines, each with CRLF */
	bool session;			/* with the session that was lent */
	struct probe_to to;
};

void probe_ask(struct probe *, const struct probe_question *,
    struct probe_answer *ret);
enum probe_said probe_judge(const struct probe *,
    const struct probe_answer *);
/* "GET /x: 200", and what else is to be seen of it. */
void probe_find(struct probe *, enum probe_word, const char *what,
    const struct probe_answer *);
/* What is due where nobody is logged in: the login or Countersign's own no;
 * either, or a 400 as an odd request may earn; any answer but an
 * application's. */
enum probe_due { PROBE_DUE_LOGIN, PROBE_DUE_REFUSAL, PROBE_DUE_NO };

/* False if it is not what is due; then it was told. */
bool probe_expect(struct probe *, enum probe_word, enum probe_due,
    const char *what, const struct probe_answer *);

/* The tries, each in a file of its own. */
void probe_guard(struct probe *);	/* probe_guard.c */
void probe_forge(struct probe *);	/* probe_forge.c */
void probe_shapes(struct probe *);	/* probe_shapes.c: paths, hosts */
void probe_smuggle(struct probe *);	/* probe_smuggle.c */
void probe_outside(struct probe *);	/* probe_outside.c: TLS, http, back
					 * ends, our own route */
/* No backend is written in a way that cannot be read. */
int probe_backends_sound(const struct probe_options *);
/* HTTP/2; probe_h2.c */
void probe_h2(struct probe *);

/* probe_words.c */
struct probe_words {
	const char *name;
	enum probe_level level;
	const char *says;
	const char *change[5];		/* of probe_proxies, or NULL */
};
extern const struct probe_words probe_words[PROBE_WORDS];
extern const char *const probe_proxies[5];
int probe_report(const struct probe *);	/* probe_report.c: exit status */

/* probe.c */
int probe_run(const struct probe_options *);

#endif
