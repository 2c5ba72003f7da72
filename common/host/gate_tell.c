/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate_tell.c - what a gate says of itself: counts, whether logins may be
 * accepted, whether it is ready, and the site's texts
 *
 * It must never call a gate ready that would refuse every login.
 */
#include <stdio.h>

#include "gate.h"

uint64_t
csn_gate_count(struct csn_gate *g, uint32_t which)
{
	struct gate_conf *gc;
	uint64_t n = 0;

	if (which >= CSN_COUNT_MAX)
		return 0;
	if (which == CSN_COUNT_SESSIONS)
		return known_count(g->known);
	if (which == CSN_COUNT_NOTICE_WAITING)
		return atomic_load(&g->notices_waiting);
	if (which != CSN_COUNT_BROKEN)
		return gate_counted(g, which);
	gc = gate_hold(g);
	for (size_t i = 0; i < gc->nopened; i++)
		n += atomic_load(&gc->factors[i].broken);
	gate_drop(gc);
	return n;
}

const char *
gate_trouble(struct csn_gate *g)
{
	const char *trouble = follow_trouble(g->follow);

	if (!follow_current(g->follow))
		return trouble != NULL ? trouble : "the feed of revocations "
		    "cannot be followed";
	if (atomic_load(&g->clock_stepped))
		return "the wall clock was moved by more than 30 s; restart "
		    "when it is right";
	if (gate_now_ms(g) < follow_restored_ms(g->follow) +
	    FOLLOW_RESTORED_MS)
		return "the store was put back from a copy: no logins for ten "
		    "minutes, until no code and no assertion of before is "
		    "good any more";
	return NULL;
}

/* Stricter than what a login needs: the operator is to know early. */
static const char *
not_ready(struct csn_gate *g)
{
	const char *trouble = follow_trouble(g->follow);

	if (trouble != NULL)
		return trouble;
	if (atomic_load(&g->audit_broken))
		return "the audit log cannot be written";
	return gate_trouble(g);
}

int
csn_gate_ready(struct csn_gate *g, char *sentence, size_t n)
{
	const char *why = not_ready(g);

	if (n > 0)
		snprintf(sentence, n, "%s", why == NULL ? "ready" : why);
	return why == NULL ? 0 : -1;
}

void
csn_gate_site(struct csn_gate *g, struct csn_str language,
    struct csn_site *ret)
{
	struct gate_conf *gc = gate_hold(g);
	const struct conf *c = gc->conf;

	memset(ret, 0, sizeof(*ret));
	ret->name = conf_text_for(c, &c->site.name, language);
	ret->help_text = conf_text_for(c, &c->site.help_text, language);
	ret->help_url = c->site.help_url;
	ret->login_host = c->login_host;
	ret->languages = c->site.languages;
	ret->time_zone = c->site.time_zone;
	ret->logo = c->site.logo;
	ret->logo_type = c->site.logo_type;
	/* the one path that each host routes to us */
	ret->base = STR("/.countersign");
	ret->hold = gc;
}

void
csn_gate_release(struct csn_gate *g, struct csn_site *site)
{
	(void)g;
	if (site->hold != NULL)
		gate_drop((struct gate_conf *)(uintptr_t)site->hold);
	site->hold = NULL;
}
