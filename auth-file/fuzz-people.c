/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz-people.c - any bytes as a file of people
 *
 * What is read is plain text, and is found again under its name; what is not
 * read has told why.
 */
#include <stdlib.h>

#include "lib/text.h"

#include "hash.h"
#include "people.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
told(void *arg, unsigned line, const char *what)
{
	unsigned *n = arg;

	(void)line;
	if (*what != '\0')
		++*n;
}

static void
must(bool is)
{
	if (!is)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	unsigned faults = 0;
	struct people *people = people_read(str_of(data, n), told, &faults);

	must((people == NULL) == (faults > 0));
	for (size_t i = 1; people != NULL && i <= people->n; i++) {
		const struct person *p = &people->v[i];

		must(people_find(people, p->name) == p);
		must(p->name.n > 0 && text_plain(p->name));
		must(text_plain(p->display) && text_plain(p->mail));
		must(hash_refused(p->hash) == NULL);
		for (size_t k = 0; k < p->groups.n; k++)
			must(p->groups.v[k].n > 0 &&
			    text_plain(p->groups.v[k]));
	}
	people_free(people);
	return 0;
}
