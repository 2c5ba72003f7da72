/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent.h - what a browser says it is, in two words for its owner
 *
 * For words only: anybody can say anything there.
 */
#ifndef COUNTERSIGN_HOST_AGENT_H
#define COUNTERSIGN_HOST_AGENT_H

#include "lib/str.h"

/* "Firefox" and "Windows"; either may be "" where it is not known. Static. */
void agent_words(struct csn_str user_agent, struct csn_str *ret_browser,
    struct csn_str *ret_system);

#endif
