/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hint.c - the wider look, for words
 */
#include "hint.h"

#include <stdlib.h>

#include "state.h"
#include "texts.h"
#include "verify.h"

#define HINT_SECONDS	3600u	/* to either side */
#define HINT_STEPS_MAX	120u

struct offset {			/* 0: none */
	int steps;
	uint64_t step;
};

/* The step of this code within the hour, outside what is accepted. */
static int
look_wide(const struct round *r, const struct device *d,
    const struct otp_code *code, struct offset *ret)
{
	struct otp_search s = { .params = &d->params,
		.secret = device_secret(d) };
	struct otp_found before, behind;
	uint32_t steps = HINT_SECONDS / d->params.period;
	int from, to;

	if (steps > HINT_STEPS_MAX)
		steps = HINT_STEPS_MAX;
	verify_range(d, r->t->window, &from, &to);
	if (otp_step(&d->params, r->now_ms, &s.step) < 0)
		return -1;
	s.from = -(int)steps;
	s.to = from - 1;
	if (otp_search(&s, code, &before) < 0)
		return -1;
	s.from = to + 1;
	s.to = (int)steps;
	if (otp_search(&s, code, &behind) < 0)
		return -1;
	*ret = (struct offset){ .steps = 0 };
	if (before.fresh)
		*ret = (struct offset){ before.offset, before.step };
	else if (behind.fresh)
		*ret = (struct offset){ behind.offset, behind.step };
	return 0;
}

static void
say_offset(struct form *f, const struct device *d, int steps)
{
	int64_t seconds = (int64_t)abs(steps) * d->params.period;

	f->message = steps < 0 ? TEXT_SLOW : TEXT_FAST;
	f->arg = "n";
	f->value = seconds < 60 ? 1 : (seconds + 30) / 60;
}

/* The second code with the same offset, but for one step of typing. */
static bool
seen_before(const struct state_hint *last, const struct device *d,
    const struct offset *now)
{
	return last->steps > 0 && str_is(last->device, d->id) &&
	    abs(last->steps - now->steps) <= 1 && last->step != now->step;
}

int
hint_clock_shown(const struct round *r, const struct device *d,
    const struct otp_code *code, struct form *f)
{
	struct offset o;

	if (code->n != d->params.digits)
		return 0;
	if (look_wide(r, d, code, &o) < 0)
		return -1;
	if (o.steps != 0)
		say_offset(f, d, o.steps);
	return 0;
}

/* A trace of nothing is as long as any other: the state's length shows in the
 * browser's cookie, and would say that the code is one of the next hour. */
int
hint_clock(const struct round *r, const struct record *record,
    const struct otp_code *code, struct form *f)
{
	struct state_hint last, next = { .steps = 0, .device = STR("") };
	struct offset o;

	if (state_hint_read(r->req->state, &last) < 0)
		return -1;
	for (uint32_t i = 0; i < record->n; i++) {
		const struct device *d = &record->devices[i];

		if (d->disabled_ms != 0 || d->params.digits != code->n)
			continue;
		if (look_wide(r, d, code, &o) < 0)
			return -1;
		if (o.steps < 0 || seen_before(&last, d, &o)) {
			say_offset(f, d, o.steps);
			return 0;
		}
		if (o.steps > 0 || next.device.n == 0)
			next = (struct state_hint){ o.steps, o.step,
				str_from(d->id) };
	}
	return state_hint_write(r, &next, &f->state);
}
