/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rules.c - the names and sentences of the rules
 *
 * They must never hold a byte of a received message.
 */
#include "rules.h"

static const struct {
	const char *name, *section, *text;
} rules[RULES_COUNT] = {
#define RULE_ROW(id, name, section, text) { name, section, text },
	RULES(RULE_ROW)
#undef RULE_ROW
};

const char *
rule_name(enum rule r)
{
	return rules[r < RULES_COUNT ? r : RULE_NONE].name;
}

const char *
rule_section(enum rule r)
{
	return rules[r < RULES_COUNT ? r : RULE_NONE].section;
}

const char *
rule_text(enum rule r)
{
	return rules[r < RULES_COUNT ? r : RULE_NONE].text;
}
