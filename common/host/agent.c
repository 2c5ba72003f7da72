/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent.c - the first name of a table that a User-Agent line holds
 *
 * Their order is the point: every browser says it is an older one as well.
 */
#include "agent.h"

struct named { const char *mark, *name; };

static const struct named browsers[] = {
	{ "Edg/", "Edge" }, { "EdgA/", "Edge" }, { "EdgiOS/", "Edge" },
	{ "OPR/", "Opera" }, { "SamsungBrowser/", "Samsung Internet" },
	{ "Vivaldi/", "Vivaldi" }, { "FxiOS/", "Firefox" },
	{ "Firefox/", "Firefox" }, { "CriOS/", "Chrome" },
	{ "Chrome/", "Chrome" }, { "Safari/", "Safari" },
	{ "curl/", "curl" },
};

static const struct named systems[] = {
	{ "iPhone", "iPhone" }, { "iPad", "iPad" }, { "Android", "Android" },
	{ "CrOS", "ChromeOS" }, { "Windows", "Windows" },
	{ "Mac OS X", "macOS" }, { "Linux", "Linux" },
	{ "FreeBSD", "FreeBSD" }, { "OpenBSD", "OpenBSD" },
};

static struct csn_str
name_in(struct csn_str text, const struct named *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_find(text, str_from(v[i].mark)) >= 0)
			return str_from(v[i].name);
	return STR("");
}

void
agent_words(struct csn_str user_agent, struct csn_str *ret_browser,
    struct csn_str *ret_system)
{
	*ret_browser = name_in(user_agent, browsers,
	    sizeof(browsers) / sizeof(browsers[0]));
	*ret_system = name_in(user_agent, systems,
	    sizeof(systems) / sizeof(systems[0]));
}
