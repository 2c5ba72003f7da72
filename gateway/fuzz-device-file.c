/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz-device-file.c - whatever a list of devices holds, a row without a fault
 * names somebody and carries a key URI
 */
#include <string.h>

#include "device_file.h"
#include "lib/fuzzing.h"
#include "lib/text.h"

static int
row(void *arg, const struct device_row *r)
{
	unsigned *last = arg;

	MUST(r->line > *last);
	*last = r->line;
	MUST(memchr(r->subject, '\0', sizeof(r->subject)) != NULL);
	MUST(memchr(r->uri, '\0', sizeof(r->uri)) != NULL);
	if (r->fault != NULL || r->skipped)
		return 0;
	MUST(r->subject[0] != '\0' && text_plain(str_from(r->subject)));
	MUST(text_plain(str_from(r->name)));
	MUST(str_starts(str_from(r->uri), STR("otpauth://totp/")));
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	/* of no bytes there is no file in memory */
	FILE *f = n > 0 ? fmemopen((void *)(uintptr_t)data, n, "r") : NULL;
	unsigned last = 0;

	if (f == NULL)
		return 0;
	MUST(device_file_rows(f, row, &last) == 0);
	(void)fclose(f);
	return 0;
}
