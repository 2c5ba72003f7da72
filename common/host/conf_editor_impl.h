/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_editor_impl.h - values within an editor's schema, between conf_editor.c
 * and conf_editor_value.c
 *
 * Each writes into the object of its value, but for editor_word(): that writes
 * the word itself.
 */
#ifndef COUNTERSIGN_HOST_CONF_EDITOR_IMPL_H
#define COUNTERSIGN_HOST_CONF_EDITOR_IMPL_H

#include "json_out.h"

/* Whatever YAML makes of it without quotation marks: nothing has a type. */
void editor_text(struct json_out *);
void editor_pattern(struct json_out *, const char *pattern);
void editor_duration(struct json_out *);
/* max 0: none; both 0: no limits. */
void editor_integer(struct json_out *, int64_t min, int64_t max);
/* One of those, with "|" between them. */
void editor_words(struct json_out *, const char *words);
/* A word as an editor has it: true and 1.2 are no texts there. */
void editor_word(struct json_out *, const char *key, struct csn_str word);

#endif
