/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fiber.c - stacks, and going from one to another
 *
 * By ucontext, which glibc has on every processor (and musl has not). Tools
 * that follow stacks are told of each change: without that they take it for an
 * overflow. It must never let a fiber run where it was not entered.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "fiber.h"
#include "lib/apart.h"

#define FIBER_STACK	(512u * 1024)

struct fiber {
	ucontext_t here, back;	/* the fiber's, and of who entered it */
	void (*run)(void *);
	void *arg;
	bool begun, ended;
	uint8_t *memory;	/* a page that stops an overflow, the stack */
	size_t page;
	const void *back_stack;	/* what AddressSanitizer has to know */
	size_t back_size;
	void *back_fake, *fake;
	void *back_thread, *thread;	/* and ThreadSanitizer */
	unsigned stack_id;		/* and valgrind */
};

/* ------------------------------------------------------------------ */
/* what tools are told */

#ifndef __has_feature
#define __has_feature(x) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#include <sanitizer/common_interface_defs.h>
#define LEAVES_STACK(keep, bottom, n) \
	__sanitizer_start_switch_fiber(keep, bottom, n)
#define IS_ON_STACK(kept, ret_bottom, ret_n) \
	__sanitizer_finish_switch_fiber(kept, ret_bottom, ret_n)
#else
#define LEAVES_STACK(keep, bottom, n) ((void)(keep))
#define IS_ON_STACK(kept, ret_bottom, ret_n) ((void)(kept))
#endif

#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
#include <sanitizer/tsan_interface.h>
#define THREAD_NEW()		__tsan_create_fiber(0)
#define THREAD_FREE(t)		__tsan_destroy_fiber(t)
#define THREAD_HERE()		__tsan_get_current_fiber()
#define THREAD_GOES_ON(t)	__tsan_switch_to_fiber(t, 0)
#else
#define THREAD_NEW()		NULL
#define THREAD_FREE(t)		((void)(t))
#define THREAD_HERE()		NULL
#define THREAD_GOES_ON(t)	((void)(t))
#endif

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(from, to) 0
#define VALGRIND_STACK_DEREGISTER(id) ((void)(id))
#endif

/* ------------------------------------------------------------------ */

static _Thread_local struct fiber *fiber_now;

APART struct fiber *
fiber_here(void)
{
	return fiber_now;
}

APART static void
fiber_is(struct fiber *f)
{
	fiber_now = f;
}

struct fiber *
fiber_new(void)
{
	struct fiber *f = calloc(1, sizeof(*f));
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (f == NULL)
		return NULL;
	f->page = page;
	f->memory = mmap(NULL, page + FIBER_STACK, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
	if (f->memory == MAP_FAILED ||
	    mprotect(f->memory, page, PROT_NONE) != 0) {
		if (f->memory != MAP_FAILED)
			(void)munmap(f->memory, page + FIBER_STACK);
		free(f);
		return NULL;
	}
	f->thread = THREAD_NEW();
	f->stack_id = VALGRIND_STACK_REGISTER(f->memory + page,
	    f->memory + page + FIBER_STACK);
	return f;
}

void
fiber_free(struct fiber *f)
{
	if (f == NULL)
		return;
	VALGRIND_STACK_DEREGISTER(f->stack_id);
	THREAD_FREE(f->thread);
	(void)munmap(f->memory, f->page + FIBER_STACK);
	free(f);
}

void
fiber_begin(struct fiber *f, void (*run)(void *), void *arg)
{
	f->run = run;
	f->arg = arg;
	f->begun = f->ended = false;
}

static void
fiber_main(unsigned high, unsigned low)
{
	struct fiber *f = (struct fiber *)(uintptr_t)((uint64_t)high << 32 |
	    low);

	IS_ON_STACK(NULL, &f->back_stack, &f->back_size);
	f->run(f->arg);
	f->ended = true;
	LEAVES_STACK(NULL, f->back_stack, f->back_size);
	THREAD_GOES_ON(f->back_thread);
	(void)setcontext(&f->back);
	abort();
}

static void
fiber_prepare(struct fiber *f)
{
	uint64_t me = (uintptr_t)f;

	f->begun = true;
	if (getcontext(&f->here) != 0)
		abort();
	f->here.uc_stack.ss_sp = f->memory + f->page;
	f->here.uc_stack.ss_size = FIBER_STACK;
	f->here.uc_link = NULL;
	makecontext(&f->here, (void (*)(void))fiber_main, 2,
	    (unsigned)(me >> 32), (unsigned)me);
}

bool
fiber_enter(struct fiber *f)
{
	if (!f->begun)
		fiber_prepare(f);
	fiber_is(f);
	f->back_thread = THREAD_HERE();
	LEAVES_STACK(&f->back_fake, f->memory + f->page, FIBER_STACK);
	THREAD_GOES_ON(f->thread);
	(void)swapcontext(&f->back, &f->here);
	IS_ON_STACK(f->back_fake, NULL, NULL);
	fiber_is(NULL);
	return f->ended;
}

void
fiber_leave(void)
{
	struct fiber *f = fiber_here();

	LEAVES_STACK(&f->fake, f->back_stack, f->back_size);
	THREAD_GOES_ON(f->back_thread);
	(void)swapcontext(&f->here, &f->back);
	IS_ON_STACK(f->fake, &f->back_stack, &f->back_size);
}
