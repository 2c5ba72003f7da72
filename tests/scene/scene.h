/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scene.h - a whole gate in a test: real configuration, store, keys, checks
 * and pages, browsers with their cookies, factors that do as they are told
 *
 * What stands between a browser and countersignd is left out, nothing else:
 * tests/plugins/puppet.h is the factors, time is the test's. A scene ends the
 * test that it cannot go on with. For tests only.
 */
#ifndef TESTS_SCENE_H
#define TESTS_SCENE_H

#include <pthread.h>

#include <countersign/host.h>

#include "host/host_testing.h"

#define SCENE_COOKIES	40u
#define SCENE_NODES	2u

struct scene {
	char folder[256], conf[300], plugins[300];
	struct csn_gate *gate;		/* the first node */
	struct store *store;		/* the file, opened beside the gate */
	struct csn_gate *nodes[SCENE_NODES];
	struct csn_gate *pages;		/* who answers visits; NULL: the first
					 * node, as it answers checks */
	_Atomic int64_t now_ms;
	int64_t tick_ms;		/* what a hop of a browser takes */
	struct arena arena;		/* what was seen, until scene_begin() */
	pthread_mutex_t lock;
	char said[8192];		/* what the log said last */
	size_t nsaid;
	unsigned broken;		/* lines that name a rule */
};

struct cookie_kept { char host[64], name[80], value[4000]; };
/* Plain data: a copy is a backup of the cookies. */
struct browser {
	struct cookie_kept v[SCENE_COOKIES];
	size_t n;
	const char *client;		/* its address */
	const char *at_login;		/* as the login host sees it; NULL:
					 * the same */
	const char *purpose;		/* Sec-Purpose; NULL: none is sent */
	const char *origin;		/* of its forms; NULL: the host's own */
	unsigned nvisits;
};

enum seen_what {
	SEEN_PAGE = 1,	/* a page of ours */
	SEEN_ALLOWED,	/* the application, with headers */
	SEEN_REFUSED,	/* 403 of a check */
	SEEN_UNKNOWN,	/* 401 without an address */
	SEEN_LOST	/* sent on more than 20 times */
};

struct seen {
	enum seen_what what;
	unsigned status, screen;
	struct csn_str url;		/* where the browser is */
	struct csn_str action, heading, message, reference;
	struct csn_str go;		/* where the page leads by itself */
	struct csn_pairs fields;
	size_t nprompts;
	struct csn_str label;		/* of the first prompt */
	struct csn_pairs buttons;	/* those that submit, of lists too */
	struct csn_pairs headers;	/* of SEEN_ALLOWED */
	struct csn_str cookie;		/* likewise: the application's */
	bool later;			/* a check that a worker finished */
	unsigned hops;			/* redirects on the way */
};

/* Sections of a configuration behind version, public_url, listen, store, keys
 * and audit: https://login.example.org is the login's host. Another public_url
 * of that host stands first among them. */
struct scene *scene_new(const char *sections);
/* Another node on the same store. */
struct csn_gate *scene_node(struct scene *);
void scene_free(struct scene *);
/* The same, of a group of tests whose state the scene is. */
int scene_tear_down(void **state);
/* The same scene for another thread, which has an arena of its own (the
 * caller's to free) to write into; while the gates may be logging. */
void scene_share(struct scene *, struct scene *ret, size_t budget);
/* Closes all nodes: no thread of a gate is left. */
void scene_close(struct scene *);
/* A case of its own: what was seen is forgotten. */
void scene_begin(struct scene *);
/* The same files with other sections, read again: 0, or -1 if refused. */
int scene_reload(struct scene *, const char *sections);
/* Runs statements on the store's file, beside it. */
void scene_sql(struct scene *, const char *sql);
/* The log since scene_begin() has this text. */
bool scene_said(struct scene *, const char *text);

/* How often the audit log has this text. */
unsigned scene_audited(struct scene *, const char *text);

struct browser browser_new(void);
/* A cookie of a host, or NULL. */
struct cookie_kept *browser_cookie(struct browser *, const char *host,
    const char *name);
/* Forgets the cookies of a host; NULL: all. */
void browser_forget(struct browser *, const char *host);

/* Goes to an address as a page load, and on wherever it is sent. */
struct seen scene_go(struct scene *, struct browser *, const char *url);
/* Submits the page's form with the puppet's words, and on. */
struct seen scene_do(struct scene *, struct browser *, const struct seen *,
    const char *words);
/* The same, and nothing of the answer is followed or kept by the browser. */
struct seen scene_send(struct scene *, struct browser *,
    const struct seen *, const char *words);
/* Submits the page's form by a button of that name and value. */
struct seen scene_press(struct scene *, struct browser *,
    const struct seen *, const char *name, const char *value);
/* Chooses a factor on a page that offers several. */
struct seen scene_choose(struct scene *, struct browser *,
    const struct seen *, const char *factor);
/* One visit with all said: method, host, path with query, body. */
struct seen scene_visit(struct scene *, struct browser *, const char *method,
    const char *host, struct csn_str path, struct csn_str body);
/* One check; nothing is followed. */
struct seen scene_check(struct scene *, const struct browser *,
    const char *url);
/* The same at another node. */
struct seen scene_check_at(struct scene *, struct csn_gate *,
    const struct browser *, const char *url);

/* The value of a header of SEEN_ALLOWED. */
struct csn_str seen_header(const struct seen *, const char *name);

/* Fails the test where the line of the property that does not hold begins
 * with its name: tests/faults/run reads it there. */
#define HOLDS(property, condition) do {					\
	if (!(condition))						\
		fail_msg("%s does not hold: %s", property, #condition);	\
} while (0)

#endif
