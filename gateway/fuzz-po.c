/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz-po.c - whatever a catalogue holds, only whole and plain texts come out
 */
#include "lib/fuzzing.h"
#include "lib/text.h"
#include "placeholder.h"
#include "po.h"

static const char *
take(void *arg, struct csn_str id, struct csn_str text)
{
	unsigned *count = arg;

	MUST(id.n > 0 && text.n > 0);
	MUST(id.n <= PO_TEXT_MAX && text.n <= PO_TEXT_MAX);
	MUST(text_plain(id) && text_plain(text));
	MUST(placeholder_same(id, text));
	return ++*count > 100 ? "enough" : NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *why = NULL;
	unsigned count = 0, line = 0;

	if (po_read(str_of(data, n), take, &count, &line, &why) < 0)
		MUST(why != NULL && line <= n + 1);
	else
		MUST(why == NULL && count <= 100);
	return 0;
}
