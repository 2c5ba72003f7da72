/* SPDX-License-Identifier: Apache-2.0 */
/*
 * testing.c - malloc(), calloc() and free() that can be watched
 *
 * For tests only; see testing.h. New memory is filled with a pattern, so that
 * nothing rests on its being zero, and may be read without a valgrind word.
 */
#include "testing.h"

#include <malloc.h>

int memory_left = -1;
bool memory_no_calloc;
int memory_out;
int memory_marked;

/* the linker's names for --wrap */
void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void __real_free(void *);
void *__wrap_malloc(size_t);
void *__wrap_calloc(size_t, size_t);
void __wrap_free(void *);

static bool
memory_refused(void)
{
	if (memory_left == 0)
		return true;
	if (memory_left > 0)
		memory_left--;
	return false;
}

void *
__wrap_malloc(size_t n)
{
	void *p = memory_refused() ? NULL : __real_malloc(n);

	if (p == NULL)
		return NULL;
	memory_out++;
	return memset(p, 0xa5, malloc_usable_size(p));
}

void *
__wrap_calloc(size_t count, size_t n)
{
	bool refused = memory_no_calloc || memory_refused();
	void *p = refused ? NULL : __real_calloc(count, n);

	memory_out += p != NULL;
	return p;
}

void
__wrap_free(void *p)
{
	if (p == NULL)
		return;
	memory_out--;
	memory_marked += memmem(p, malloc_usable_size(p), MEMORY_MARK,
	    sizeof(MEMORY_MARK) - 1) != NULL;
	__real_free(p);
}
