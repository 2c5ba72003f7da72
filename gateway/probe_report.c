/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe_report.c - what was found, the worst first, and what was not tried
 *
 * What it shows came from a stranger and is escaped.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "probe.h"

static const char *const levels[] = {
	[PROBE_IS_OPEN] = "OPEN", [PROBE_IS_WEAK] = "WEAK",
	[PROBE_IS_NOTE] = "NOTE",
};

/* What cannot be seen from here without more; NULL ends. */
static void
not_tried(const struct probe *p, const char *ret[4])
{
	size_t n = 0;

	if (p->o->backends.n == 0)
		ret[n++] = "whether the application's own port is open: "
		    "--backend ADDRESS:PORT";
	if (p->o->publics.n == 0 && p->session.n == 0)
		ret[n++] = "what of a client's header lines the application "
		    "gets: --public PATH, or --session FILE";
	if (!probe_may(p))
		ret[n++] = "all that was due: there were too many requests, "
		    "too little time, or no answers";
	ret[n] = NULL;
}

static unsigned
count(const struct probe *p, enum probe_level level)
{
	unsigned n = 0;

	for (size_t i = 0; i < PROBE_WORDS; i++)
		n += probe_words[i].level == level && p->found[i].n > 0;
	return n;
}

static void
find_print(const struct probe_found *f, const struct probe_words *w)
{
	printf("\n%s  %s\n    %s\n", levels[w->level], w->name, w->says);
	for (unsigned i = 0; i < f->n && i < PROBE_SEEN_MAX; i++)
		printf("      %s\n", f->seen[i]);
	if (f->n > PROBE_SEEN_MAX)
		printf("      and %u more\n", f->n - PROBE_SEEN_MAX);
	for (size_t i = 0; i < 5; i++)
		if (w->change[i] != NULL)
			printf("    %s: %s.\n", probe_proxies[i],
			    w->change[i]);
}

static void
text_print(const struct probe *p)
{
	const char *untried[4];

	printf("https://%s%.*s, %u requests\n", p->netloc,
	    STR_FMT(p->guarded), p->requests);
	for (size_t i = 0; i < PROBE_WORDS; i++)
		if (p->found[i].n > 0)
			find_print(&p->found[i], &probe_words[i]);
	not_tried(p, untried);
	if (untried[0] != NULL)
		printf("\nNot tried:\n");
	for (size_t i = 0; untried[i] != NULL; i++)
		printf("    %s\n", untried[i]);
	printf("\n%u open, %u weak\n", count(p, PROBE_IS_OPEN),
	    count(p, PROBE_IS_WEAK));
}

static json_t *
find_json(const struct probe_found *f, const struct probe_words *w)
{
	json_t *seen = json_array(), *change = json_object();

	for (unsigned i = 0; i < f->n && i < PROBE_SEEN_MAX; i++)
		(void)json_array_append_new(seen, json_string(f->seen[i]));
	for (size_t i = 0; i < 5; i++)
		if (w->change[i] != NULL)
			(void)json_object_set_new(change, probe_proxies[i],
			    json_string(w->change[i]));
	return json_pack("{s:s, s:s, s:s, s:i, s:o, s:o}",
	    "level", w->level == PROBE_IS_OPEN ? "open" :
	    w->level == PROBE_IS_WEAK ? "weak" : "note",
	    "word", w->name, "says", w->says, "times", (int)f->n,
	    "seen", seen, "change", change);
}

static void
json_print(const struct probe *p)
{
	json_t *all = json_array(), *rest = json_array(), *o;
	const char *untried[4];
	char *text;

	for (size_t i = 0; i < PROBE_WORDS; i++)
		if (p->found[i].n > 0)
			(void)json_array_append_new(all, find_json(
			    &p->found[i], &probe_words[i]));
	not_tried(p, untried);
	for (size_t i = 0; untried[i] != NULL; i++)
		(void)json_array_append_new(rest, json_string(untried[i]));
	o = json_pack("{s:s, s:i, s:i, s:i, s:o, s:o}", "host", p->netloc,
	    "requests", (int)p->requests,
	    "open", (int)count(p, PROBE_IS_OPEN),
	    "weak", (int)count(p, PROBE_IS_WEAK),
	    "found", all, "not_tried", rest);
	text = json_dumps(o, JSON_COMPACT);
	if (text != NULL)
		printf("%s\n", text);
	free(text);
	json_decref(o);
}

int
probe_report(const struct probe *p)
{
	if (p->o->json)
		json_print(p);
	else
		text_print(p);
	if (fflush(stdout) != 0)
		return PROBE_UNTRIED;
	if (count(p, PROBE_IS_OPEN) + count(p, PROBE_IS_WEAK) > 0)
		return PROBE_OPEN;
	/* what was not tried, or gave no answer, is not known to be closed */
	return probe_may(p) && p->found[PROBE_SILENT].n == 0 ?
	    PROBE_CLOSED : PROBE_UNTRIED;
}
