/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_shape.c - what the values of the common readers look like
 *
 * One reader, one shape: a row says its own only where its reader is its own.
 * It must never describe what the reader would refuse.
 */
#include "conf_read.h"

const struct schema_shape
    shape_text = { .kind = SHAPE_TEXT },
    shape_texts = { .kind = SHAPE_SOME, .of = &shape_text },
    shape_named_texts = { .kind = SHAPE_NAMED, .of = &shape_text },
    shape_file = { .kind = SHAPE_FILE },
    shape_bool = { .kind = SHAPE_BOOL },
    shape_true = { .kind = SHAPE_TRUE },
    shape_words = { .kind = SHAPE_WORDS },
    shape_some_words = { .kind = SHAPE_SOME, .of = &shape_words },
    shape_number = { .kind = SHAPE_NUMBER },
    shape_duration = { .kind = SHAPE_DURATION };

static const struct schema_shape
    path = { .kind = SHAPE_PATH },
    languages = { .kind = SHAPE_LANGUAGES };

static const struct { schema_reader *read; const struct schema_shape *shape; }
    known[] = {
	{ schema_bool, &shape_bool },
	{ schema_true, &shape_true },
	{ schema_number, &shape_number },
	{ schema_duration, &shape_duration },
	{ schema_strings, &shape_texts },
	{ schema_text, &languages },
	{ schema_networks, &shape_texts },
	{ schema_path, &path },
};

const struct schema_shape *
schema_shape_of(const struct schema_row *row)
{
	if (row->shape != NULL)
		return row->shape;
	for (size_t i = 0; i < SCHEMA_COUNT(known); i++)
		if (known[i].read == row->read)
			return known[i].shape;
	return NULL;
}

/* A list, or a value per name, of files and references. */
static const struct schema_shape
    secret = { .kind = SHAPE_SECRET },
    files = { .kind = SHAPE_SOME, .of = &shape_file },
    secrets = { .kind = SHAPE_SOME, .of = &secret };

const struct schema_shape *
schema_shape_of_option(const struct csn_opt *o)
{
	switch (o->type) {
	case CSN_T_FILE:
		return &files;
	case CSN_T_SECRET:
		return &secrets;
	default:
		return NULL;
	}
}
