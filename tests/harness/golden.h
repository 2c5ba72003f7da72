/* SPDX-License-Identifier: Apache-2.0 */
/*
 * golden.h - transcripts: what was asked of a plugin, and what it said
 *
 * A transcript is a text file. A line at the margin asks; the lines below it
 * that begin with four blanks are the answer. The replayer asks again, with
 * clock and random bytes fixed, and compares word for word. With
 * CSN_GOLDEN_UPDATE=1 in the environment it writes the answers instead; then
 * the diff is for a person to read. A new transcript is written by its asking
 * lines alone.
 *
 *   # words			kept, not read
 *   option NAME VALUE		as in a configuration; VALUE to the line's end
 *   key NAME KEY VALUE		an entry of a MAP
 *   line NAME TEXT		a further line of a FILE option
 *   secret ...			the same as option; for SECRETs
 *   time MS | time +MS		the clock; or forward
 *   random SEED		from here on, the same bytes in each run
 *   open			answer: OK or the number, with what was told
 *   set FIELD VALUE		of the requests from here on: exchange subject
 *				realm subject_id account browser hint item
 *				client_ip language attempt fresh_s;
 *				enrol yes|no, recover yes|no
 *   begin | callback FORM | wake	a round; FORM as in a URL: a=1&b=2
 *   form FORM			the answer to the last prompts
 *   manage OP FORM		an op; "-" for no params
 *   lookup SUBJECT | renew | logout | endpoint PATH FORM
 *   throttle ok|limit		what throttle() says from here on
 *   fail KIND N		any get put put_new swap count del list batch:
 *				the Nth such operation fails
 *   kv				answer: the keys of the store
 *   forget			the state of the last reply is dropped
 *
 * The state of a CONTINUE goes into the next round by itself.
 */
#ifndef COUNTERSIGN_TESTS_GOLDEN_H
#define COUNTERSIGN_TESTS_GOLDEN_H

#include "plugin_harness.h"

/* Replays one file against a harness that is not open yet. 0, or -1 with the
 * difference on standard error. */
int golden_replay(struct harness *, const char *path);

/* Replays every *.txt of a folder below the source's top ("auth-totp/golden"),
 * each against a new harness of the plugin. The number of files; -1 if one
 * differs, or there is none. */
int golden_replay_folder(const struct csn_plugin *, const char *folder);

#endif
