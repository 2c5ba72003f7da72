/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz-replay: the main of a fuzz target in "make check"
 *
 * Feeds every seed of tests/corpus/NAME/ to the target, whole, cut at each of
 * many lengths, and with single bytes changed in an order that is the same in
 * every run. A finding ends the process (a sanitizer, an abort), and so fails
 * the test. A target without seeds fails: it would prove nothing. It must
 * never pass a buffer that is longer than what it tells, or readable behind
 * it: each input is copied to memory of exactly its size.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEED_MAX	(256u * 1024u)
#define CUTS_MAX	512u
#define CHANGES_MAX	2048u

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
replay_input(const uint8_t *data, size_t n)
{
	uint8_t *copy = malloc(n != 0 ? n : 1);

	if (copy == NULL)
		abort();
	if (n != 0)
		memcpy(copy, data, n);
	(void)LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

static void
replay_cuts(const uint8_t *data, size_t n)
{
	size_t step = n / CUTS_MAX + 1;

	for (size_t i = 0; i < n; i += step)
		replay_input(data, i);
}

static void
replay_changes(uint8_t *data, size_t n)
{
	static const uint8_t change[] = { 0xff, 0x01, 0x80, 0x20 };
	uint32_t state = 0x9e3779b9u;
	uint8_t was;
	size_t at, count = n * sizeof(change);

	if (count > CHANGES_MAX)
		count = CHANGES_MAX;
	for (size_t i = 0; i < count; i++) {
		state = state * 1664525u + 1013904223u;
		at = (state >> 8) % n;
		was = data[at];
		data[at] ^= change[i % sizeof(change)];
		replay_input(data, n);
		data[at] = was;
	}
}

/* Returns 0, or -1 if the file cannot be read or is larger than SEED_MAX. */
static int
replay_file(const char *path)
{
	uint8_t *data = malloc(SEED_MAX + 1);
	FILE *f = fopen(path, "rb");
	size_t n = 0;
	int r = -1;

	if (data == NULL || f == NULL)
		goto out;
	n = fread(data, 1, SEED_MAX + 1, f);
	if (ferror(f) || n > SEED_MAX)
		goto out;
	replay_input(data, n);
	replay_cuts(data, n);
	replay_changes(data, n);
	r = 0;
out:
	if (f != NULL)
		fclose(f);
	free(data);
	return r;
}

/* "…/fuzz-url" and "…/.libs/lt-fuzz-url" are both "url". */
static const char *
replay_name(const char *program)
{
	const char *name = strstr(program, "fuzz-"), *next;

	while (name != NULL && (next = strstr(name + 1, "fuzz-")) != NULL)
		name = next;
	return name != NULL ? name + strlen("fuzz-") : program;
}

static int
replay_folder(const char *folder)
{
	struct dirent **list;
	char path[4096];
	int n, count = 0, failed = 0;

	n = scandir(folder, &list, NULL, alphasort);
	if (n < 0) {
		printf("Bail out! %s: %s\n", folder, strerror(errno));
		return 1;
	}
	for (int i = 0; i < n; i++) {
		if (list[i]->d_name[0] != '.') {
			(void)snprintf(path, sizeof(path), "%s/%s", folder,
			    list[i]->d_name);
			count++;
			/* said before, so that a crash names its seed */
			printf("# %s\n", path);
			fflush(stdout);
			if (replay_file(path) == 0)
				printf("ok");
			else {
				printf("not ok");
				failed = 1;
			}
			printf(" %d - %s\n", count, list[i]->d_name);
		}
		free(list[i]);
	}
	free(list);
	if (count == 0)
		printf("Bail out! no seeds in %s\n", folder);
	else
		printf("1..%d\n", count);
	return failed || count == 0;
}

int
main(int argc, char *argv[])
{
	const char *top = getenv("CSN_TOP_SRCDIR");
	char folder[2048];

	if (argc > 1)
		return replay_folder(argv[1]);
	(void)snprintf(folder, sizeof(folder), "%s/tests/corpus/%s",
	    top != NULL ? top : ".", replay_name(argv[0]));
	return replay_folder(folder);
}
