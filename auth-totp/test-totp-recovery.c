/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-totp-recovery.c - recovery codes: shown once, used once, made anew
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/harness/totp_phone.h"

#define ALL	(CSN_RQ_MAY_ENROL | CSN_RQ_MAY_RECOVER)
/* of the first device's drift: version, count, id, label, parameters, key,
 * last step */
#define OFFSETS_AT (2u + 18 + 2 + 6 + 22 + 8)
#define SHOWN	14u		/* "XXXX-XXXX-XXXX" */

struct set { char v[10][SHOWN + 1]; };

static struct harness *
host_with(const char *codes)
{
	struct harness *h = harness_new(&countersign_plugin_1);

	harness_option(h, "issuer", "Example");
	harness_option(h, "recovery_codes", codes);
	harness_must_open(h);
	return h;
}

/* The ten codes of a page. */
static struct set
set_shown(const struct harness_answer *a)
{
	const struct csn_prompt *p = harness_prompt(a, "codes");
	struct csn_str rest, line;
	struct set set;
	size_t n = 0;

	assert_non_null(p);
	assert_int_equal(p->kind, CSN_P_LIST);
	rest = p->value;
	while (str_cut(&rest, '\n', &line)) {
		assert_true(n < 10 && line.n == SHOWN);
		(void)snprintf(set.v[n++], sizeof(set.v[0]), "%.*s",
		    STR_FMT(line));
	}
	assert_int_equal(n, 10);
	return set;
}

/* As far as the page with the codes. */
static struct phone
enrol_shown(struct harness *h, struct harness_answer *ret)
{
	struct harness_answer a;
	struct phone p;

	assert_int_equal(phone_step(h, CSN_EV_BEGIN, ALL, STR(""), NULL, &a),
	    CSN_CONTINUE);
	p = phone_scanned(&a);
	assert_int_equal(phone_step(h, CSN_EV_FORM, ALL, a.reply.state,
	    phone_form(&p, harness_now(h)), ret), CSN_CONTINUE);
	harness_answer_free(&a);
	return p;
}

static struct set
enrol_kept(struct harness *h, struct phone *ret)
{
	struct harness_answer a;
	struct phone p = enrol_shown(h, &a);
	struct set set = set_shown(&a);

	assert_int_equal(phone_step(h, CSN_EV_FORM, ALL, a.reply.state,
	    "kept=1", NULL), CSN_GRANT);
	harness_answer_free(&a);
	if (ret != NULL)
		*ret = p;
	return set;
}

static uint32_t
use(struct harness *h, uint32_t flags, const char *code,
    struct harness_answer *ret)
{
	char form[128];

	(void)snprintf(form, sizeof(form), "recovery-code=%s", code);
	return phone_step(h, CSN_EV_FORM, flags, STR(""), form, ret);
}

static uint32_t
left(struct harness *h)
{
	struct record r;

	return record_stored(h, &r)->codes.n;
}

/* A code used, and the page after it answered. */
static uint32_t
recovered(struct harness *h, const char *code)
{
	struct harness_answer a;
	uint32_t verdict = use(h, CSN_RQ_MAY_RECOVER, code, &a);

	if (verdict == CSN_CONTINUE && a.reply.reason == 0)
		verdict = phone_step(h, CSN_EV_FORM, CSN_RQ_MAY_RECOVER,
		    a.reply.state, NULL, NULL);
	harness_answer_free(&a);
	return verdict;
}

/* ------------------------------------------------------------------ */

static void
test_shown_once(void **state)
{
	struct harness *h = host_with("10");
	struct harness_answer a, b;
	struct csn_str raw;
	struct set set;

	(void)state;
	(void)enrol_shown(h, &a);
	set = set_shown(&a);
	/* nothing is enrolled before they are kept */
	assert_int_equal(harness_kv_size(h), 0);
	assert_int_equal(phone_step(h, CSN_EV_FORM, ALL, a.reply.state, "",
	    &b), CSN_CONTINUE);
	assert_int_equal(b.reply.reason, 0);
	assert_memory_equal(set_shown(&b).v, set.v, sizeof(set.v));
	harness_answer_free(&b);
	/* nor if the host takes its word back meanwhile */
	assert_int_equal(phone_step(h, CSN_EV_FORM, CSN_RQ_MAY_RECOVER,
	    a.reply.state, "kept=1", NULL), CSN_DENY);
	assert_int_equal(harness_kv_size(h), 0);
	assert_int_equal(phone_step(h, CSN_EV_FORM, ALL, a.reply.state,
	    "kept=1", &b), CSN_GRANT);
	assert_int_equal(b.reply.flags, CSN_RP_ENROLLED);
	assert_true(str_is(b.reply.amr.v[0], "otp"));
	harness_answer_free(&b);
	harness_answer_free(&a);
	assert_int_equal(left(h), 10);
	assert_true(harness_kv_get(h, ACCOUNT_KEY, &raw));
	for (size_t i = 0; i < 10; i++) {
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(set.v[i], set.v[k]);
		assert_true(str_find(raw, str_of(set.v[i], 4)) < 0);
	}
	assert_true(harness_logged(h, "audit recovery-codes-made n=10"));
	harness_free(h);
}

static void
test_used_once(void **state)
{
	struct harness *h = host_with("10");
	struct set set = enrol_kept(h, NULL);
	struct harness_answer a, b;

	(void)state;
	assert_int_equal(phone_step(h, CSN_EV_BEGIN, CSN_RQ_MAY_RECOVER,
	    STR(""), NULL, &a), CSN_CONTINUE);
	assert_int_equal(harness_prompt(&a, "recovery")->kind, CSN_P_BUTTON);
	harness_answer_free(&a);
	assert_int_equal(phone_step(h, CSN_EV_FORM, CSN_RQ_MAY_RECOVER,
	    STR(""), "code=&recovery=1", &a), CSN_CONTINUE);
	assert_int_equal(a.reply.reason, 0);
	assert_int_equal(harness_prompt(&a, "recovery-code")->kind,
	    CSN_P_RECOVERY);
	harness_answer_free(&a);
	assert_int_equal(use(h, CSN_RQ_MAY_RECOVER, set.v[3], &a),
	    CSN_CONTINUE);
	assert_int_equal(a.reply.reason, 0);
	assert_true(str_is(a.reply.message_args.v[0].value, "9"));
	assert_true(harness_logged(h, "audit recovery-code-used left=9"));
	assert_int_equal(left(h), 9);
	/* the proof is of when the code was typed, and says what it is */
	harness_time(h, harness_now(h) + 5000);
	assert_int_equal(phone_step(h, CSN_EV_FORM, CSN_RQ_MAY_RECOVER,
	    a.reply.state, "", &b), CSN_GRANT);
	assert_int_equal(b.reply.flags, CSN_RP_RECOVERY);
	assert_int_equal(b.reply.auth_time_ms, harness_now(h) - 5000);
	assert_true(str_is(b.reply.amr.v[0], "recovery"));
	harness_answer_free(&b);
	/* another person's proof it is not, nor half of one */
	for (size_t cut = 0; cut < a.reply.state.n; cut++) {
		(void)phone_step(h, CSN_EV_FORM, CSN_RQ_MAY_RECOVER,
		    str_of(a.reply.state.p, cut), "", &b);
		assert_int_not_equal(b.verdict, CSN_GRANT);
		harness_answer_free(&b);
	}
	harness_answer_free(&a);
	assert_int_equal(use(h, CSN_RQ_MAY_RECOVER, set.v[3], &a),
	    CSN_CONTINUE);
	assert_int_equal(a.reply.reason, CSN_R_CREDENTIAL);
	harness_answer_free(&a);
	assert_int_equal(left(h), 9);
	for (size_t i = 0; i < 10; i++)
		if (i != 3)
			assert_int_equal(recovered(h, set.v[i]), CSN_GRANT);
	/* none is left: nothing is offered */
	assert_int_equal(left(h), 0);
	assert_int_equal(phone_step(h, CSN_EV_BEGIN, CSN_RQ_MAY_RECOVER,
	    STR(""), NULL, &a), CSN_CONTINUE);
	assert_null(harness_prompt(&a, "recovery"));
	harness_answer_free(&a);
	assert_int_equal(use(h, CSN_RQ_MAY_RECOVER, set.v[0], NULL),
	    CSN_DENY);
	harness_free(h);
}

/* Where the host does not say that one counts, none is used up. */
static void
test_where_written(void **state)
{
	struct harness *h = host_with("10");
	struct set set = enrol_kept(h, NULL);
	struct harness_answer a;

	(void)state;
	assert_int_equal(phone_step(h, CSN_EV_BEGIN, 0, STR(""), NULL, &a),
	    CSN_CONTINUE);
	assert_null(harness_prompt(&a, "recovery"));
	harness_answer_free(&a);
	assert_int_equal(use(h, 0, set.v[0], &a), CSN_DENY);
	assert_int_equal(a.reply.reason, CSN_R_CREDENTIAL);
	harness_answer_free(&a);
	assert_int_equal(left(h), 10);
	/* taken back between the page and the proof */
	assert_int_equal(use(h, CSN_RQ_MAY_RECOVER, set.v[0], &a),
	    CSN_CONTINUE);
	assert_int_equal(phone_step(h, CSN_EV_FORM, 0, a.reply.state, "",
	    NULL), CSN_ERROR);
	harness_answer_free(&a);
	/* a site without them */
	harness_options_clear(h);
	harness_option(h, "issuer", "Example");
	harness_must_open(h);
	assert_int_equal(use(h, CSN_RQ_MAY_RECOVER, set.v[1], NULL),
	    CSN_DENY);
	assert_int_equal(left(h), 9);
	harness_free(h);
}

static void
test_typed(void **state)
{
	static const struct { const char *typed, *means; } rows[] = {
		{ "7KQM-2XWD-H4VN", "7KQM2XWDH4VN" },
		{ "7kqm2xwdh4vn", "7KQM2XWDH4VN" },
		{ " 7KQM 2XWD  H4VN ", "7KQM2XWDH4VN" },
		{ "oOlL-iI10-ABCD", "001111" "10ABCD" },
		{ "\xef\xbc\x97\xef\xbc\xab\xef\xbc\xb1\xef\xbd\x8d"
		    "2XWDH4VN", "7KQM2XWDH4VN" },
		{ "7KQM\xe2\x88\x92" "2XWD\xe3\x83\xbcH4VN", "7KQM2XWDH4VN" },
		{ "", NULL }, { "7KQM-2XWD-H4V", NULL },
		{ "7KQM-2XWD-H4VN5", NULL }, { "7KQM-2XWD-H4VU", NULL },
		{ "7KQM-2XWD-H4V*", NULL }, { "123456", NULL },
		{ "7KQM-2XWD-H4V\xc3\xa9", NULL }, { "\xff\xfe", NULL },
		{ "7 K Q M 2 X W D H 4 V N                                 "
		    "                    ", NULL },
	};
	struct recovery_code code;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(recovery_read(str_from(rows[i].typed),
		    &code), rows[i].means == NULL ? -1 : 0);
		if (rows[i].means != NULL)
			assert_string_equal(code.text, rows[i].means);
	}
	assert_int_equal(recovery_read(str_of("7KQM2XW\0H4VN", 12), &code),
	    -1);
}

struct racer {
	struct harness *h;
	const char *code;
	pthread_barrier_t *barrier;
	uint32_t verdict, reason;
};

static void *
race_run(void *arg)
{
	struct racer *r = arg;
	struct harness_answer a;

	pthread_barrier_wait(r->barrier);
	r->verdict = use(r->h, CSN_RQ_MAY_RECOVER, r->code, &a);
	r->reason = a.reply.reason;
	harness_answer_free(&a);
	return NULL;
}

/* One code, twice at once: one is through. Two codes at once: both are. */
static void
race(struct harness *h, const char *one, const char *two, unsigned through)
{
	pthread_barrier_t barrier;
	struct racer r[2];
	pthread_t t[2];
	unsigned n = 0;

	assert_int_equal(pthread_barrier_init(&barrier, NULL, 2), 0);
	for (int i = 0; i < 2; i++) {
		r[i] = (struct racer){ .h = h, .code = i == 0 ? one : two,
		    .barrier = &barrier };
		assert_int_equal(pthread_create(&t[i], NULL, race_run, &r[i]),
		    0);
	}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pthread_join(t[i], NULL), 0);
		assert_int_equal(r[i].verdict, CSN_CONTINUE);
		n += r[i].reason == 0;
	}
	assert_int_equal(n, through);
	pthread_barrier_destroy(&barrier);
}

static void
test_race(void **state)
{
	struct harness *h = host_with("10");
	struct set set = enrol_kept(h, NULL);

	(void)state;
	for (size_t i = 0; i < 4; i++)
		race(h, set.v[i], set.v[i], 1);
	assert_int_equal(left(h), 6);
	for (size_t i = 4; i < 10; i += 2)
		race(h, set.v[i], set.v[i + 1], 2);
	assert_int_equal(left(h), 0);
	harness_free(h);
}

static void
test_store_faults(void **state)
{
	static const enum harness_kv kinds[] = { HARNESS_KV_GET,
		HARNESS_KV_SWAP };
	struct harness *h = host_with("10");
	struct set set = enrol_kept(h, NULL);
	struct harness_answer a;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		harness_kv_fail(h, kinds[i], 1, false);
		assert_int_equal(use(h, CSN_RQ_MAY_RECOVER, set.v[i], NULL),
		    CSN_ERROR);
		harness_kv_fail(h, kinds[i], 0, false);
		/* and the code is not lost */
		assert_int_equal(recovered(h, set.v[i]), CSN_GRANT);
	}
	/* an answer that was lost: used up, and nobody was let in */
	harness_kv_fail(h, HARNESS_KV_SWAP, 1, true);
	assert_int_equal(use(h, CSN_RQ_MAY_RECOVER, set.v[2], NULL),
	    CSN_ERROR);
	assert_int_equal(left(h), 7);
	harness_free(h);
	h = host_with("10");
	(void)enrol_shown(h, &a);
	harness_kv_fail(h, HARNESS_KV_PUT_NEW, 1, false);
	assert_int_equal(phone_step(h, CSN_EV_FORM, ALL, a.reply.state,
	    "kept=1", NULL), CSN_ERROR);
	assert_int_equal(harness_kv_size(h), 0);
	assert_int_equal(phone_step(h, CSN_EV_FORM, ALL, a.reply.state,
	    "kept=1", NULL), CSN_GRANT);
	harness_answer_free(&a);
	harness_free(h);
}

/* A lock by a stranger is no weapon: the codes go on. */
static void
test_device_disabled(void **state)
{
	struct harness *h = host_with("10");
	struct set set = enrol_kept(h, NULL);
	struct harness_answer a;
	struct record r;

	(void)state;
	record_stored(h, &r)->devices[0].disabled_ms = harness_now(h);
	record_store(h, &r);
	assert_int_equal(phone_step(h, CSN_EV_BEGIN, 0, STR(""), NULL, NULL),
	    CSN_DENY);
	assert_int_equal(phone_step(h, CSN_EV_BEGIN, CSN_RQ_MAY_RECOVER,
	    STR(""), NULL, &a), CSN_CONTINUE);
	assert_non_null(harness_prompt(&a, "recovery-code"));
	harness_answer_free(&a);
	assert_int_equal(recovered(h, set.v[0]), CSN_GRANT);
	harness_free(h);
}

static void
test_made_anew(void **state)
{
	struct harness *h = host_with("10");
	struct set old = enrol_kept(h, NULL), set;
	struct harness_answer a, b, c;

	(void)state;
	harness_time(h, harness_now(h) + 60000);
	assert_int_equal(use(h, CSN_RQ_MAY_RECOVER, old.v[0], &a),
	    CSN_CONTINUE);
	assert_int_equal(phone_step(h, CSN_EV_FORM, CSN_RQ_MAY_RECOVER,
	    a.reply.state, "new=1", &b), CSN_CONTINUE);
	set = set_shown(&b);
	/* not kept: the old ones stay */
	assert_int_equal(left(h), 9);
	assert_int_equal(recovered(h, set.v[0]), CSN_CONTINUE);
	assert_int_equal(recovered(h, old.v[1]), CSN_GRANT);
	/* a second page is open meanwhile: it is not taken over */
	assert_int_equal(phone_step(h, CSN_EV_FORM, CSN_RQ_MAY_RECOVER,
	    a.reply.state, "new=1", &c), CSN_CONTINUE);
	assert_int_equal(phone_step(h, CSN_EV_FORM, CSN_RQ_MAY_RECOVER,
	    b.reply.state, "kept=1&later=1", NULL), CSN_GRANT);
	assert_int_equal(left(h), 10);
	assert_int_equal(phone_step(h, CSN_EV_FORM, CSN_RQ_MAY_RECOVER,
	    c.reply.state, "kept=1", NULL), CSN_DENY);
	assert_int_equal(recovered(h, old.v[2]), CSN_CONTINUE);
	assert_int_equal(recovered(h, set.v[0]), CSN_GRANT);
	harness_answer_free(&a);
	harness_answer_free(&b);
	harness_answer_free(&c);
	harness_free(h);
}

/* Who enrolled before there were codes gets some behind a right code. */
static void
test_later(void **state)
{
	struct harness *h = phone_host();
	struct phone p = phone_enrol(h);
	struct harness_answer a;
	struct set set;

	(void)state;
	harness_option(h, "recovery_codes", "10");
	harness_must_open(h);
	harness_time(h, harness_now(h) + 60000);
	assert_int_equal(phone_step(h, CSN_EV_FORM, 0, STR(""),
	    phone_form(&p, harness_now(h)), &a), CSN_CONTINUE);
	assert_int_equal(phone_step(h, CSN_EV_FORM, 0, a.reply.state,
	    "later=1", NULL), CSN_GRANT);
	assert_int_equal(left(h), 0);
	harness_answer_free(&a);
	harness_time(h, harness_now(h) + 60000);
	assert_int_equal(phone_step(h, CSN_EV_FORM, 0, STR(""),
	    phone_form(&p, harness_now(h)), &a), CSN_CONTINUE);
	set = set_shown(&a);
	assert_int_equal(phone_step(h, CSN_EV_FORM, 0, a.reply.state,
	    "kept=1", NULL), CSN_GRANT);
	harness_answer_free(&a);
	assert_int_equal(recovered(h, set.v[9]), CSN_GRANT);
	harness_time(h, harness_now(h) + 60000);
	assert_int_equal(phone_login(h, &p, 0), CSN_GRANT);
	harness_free(h);
}

/* A record of before they existed is read. */
static void
test_old_record(void **state)
{
	struct harness *h = phone_host();
	struct phone p = phone_enrol(h);
	struct csn_str raw;
	char old[512];

	(void)state;
	assert_true(harness_kv_get(h, ACCOUNT_KEY, &raw));
	assert_true(raw.n < sizeof(old) && raw.n > OFFSETS_AT + 4 + 25);
	memcpy(old, raw.p, OFFSETS_AT);
	/* version 2 had a byte for each of the two offsets, 1 no codes */
	memcpy(old + OFFSETS_AT + 2, raw.p + OFFSETS_AT + 4,
	    raw.n - OFFSETS_AT - 4);
	old[OFFSETS_AT] = 2;
	old[OFFSETS_AT + 1] = 4;
	for (char version = 1; version <= 2; version++) {
		old[0] = version;
		harness_kv_put(h, ACCOUNT_KEY, str_of(old, raw.n - 2 -
		    (version == 1 ? 25 : 0)), CSN_KV_DURABLE | CSN_KV_SECRET);
		harness_time(h, harness_now(h) + 60000);
		assert_int_equal(phone_login(h, &p, 0), CSN_GRANT);
	}
	old[0] = 4;
	harness_kv_put(h, ACCOUNT_KEY, str_of(old, raw.n),
	    CSN_KV_DURABLE | CSN_KV_SECRET);
	harness_time(h, harness_now(h) + 60000);
	assert_int_equal(phone_login(h, &p, 0), CSN_ERROR);
	harness_free(h);
}

static uint32_t
op(struct harness *h, const char *name, struct csn_str state,
    const char *form, struct harness_answer *ret)
{
	struct csn_req req = harness_req(CSN_EV_OP);

	req.op = harness_op(h, name);
	req.state = state;
	if (form != NULL)
		harness_params(h, &req, form);
	harness_manage(h, &req, ret);
	return ret->verdict;
}

static void
test_op(void **state)
{
	struct harness *h = host_with("10");
	struct harness_answer a, b;
	struct set old, set;

	(void)state;
	assert_int_equal(op(h, "codes", STR(""), NULL, &a), CSN_DENY);
	harness_answer_free(&a);
	old = enrol_kept(h, NULL);
	assert_int_equal(op(h, "codes", STR(""), NULL, &a), CSN_CONTINUE);
	set = set_shown(&a);
	assert_int_equal(op(h, "codes", a.reply.state, "", &b),
	    CSN_CONTINUE);
	harness_answer_free(&b);
	assert_int_equal(op(h, "codes", a.reply.state, "kept=1", &b),
	    CSN_DONE);
	harness_answer_free(&b);
	harness_answer_free(&a);
	assert_int_equal(recovered(h, old.v[0]), CSN_CONTINUE);
	assert_int_equal(recovered(h, set.v[0]), CSN_GRANT);
	assert_int_equal(op(h, "list", STR(""), NULL, &a), CSN_DONE);
	assert_int_equal(a.reply.nitems, 2);
	assert_true(str_is(a.reply.items[1].detail, "9"));
	harness_answer_free(&a);
	/* the state of a login is none of an op's */
	assert_int_equal(use(h, CSN_RQ_MAY_RECOVER, set.v[1], &a),
	    CSN_CONTINUE);
	assert_int_equal(phone_step(h, CSN_EV_FORM, CSN_RQ_MAY_RECOVER,
	    a.reply.state, "new=1", &b), CSN_CONTINUE);
	harness_answer_free(&a);
	assert_int_equal(op(h, "codes", b.reply.state, "kept=1", &a),
	    CSN_ERROR);
	harness_answer_free(&a);
	harness_answer_free(&b);
	harness_free(h);
}

/* The clock fails: between the codes and the tick, and when one is used. An
 * error each time, and neither device nor codes are kept or lost. */
static void
test_clock_fails_midway(void **state)
{
	struct harness *h = host_with("10");
	struct harness_answer a;
	int64_t now = harness_now(h);
	struct set set;

	(void)state;
	(void)enrol_shown(h, &a);
	set = set_shown(&a);
	harness_time(h, 0);
	assert_int_equal(phone_step(h, CSN_EV_FORM, ALL, a.reply.state,
	    "kept=1", NULL), CSN_ERROR);
	assert_int_equal(harness_kv_size(h), 0);
	harness_time(h, now);
	assert_int_equal(phone_step(h, CSN_EV_FORM, ALL, a.reply.state,
	    "kept=1", NULL), CSN_GRANT);
	harness_answer_free(&a);
	harness_time(h, 0);
	assert_int_equal(use(h, CSN_RQ_MAY_RECOVER, set.v[3], &a),
	    CSN_ERROR);
	harness_answer_free(&a);
	assert_int_equal(left(h), 10);
	harness_time(h, now);
	assert_int_equal(use(h, CSN_RQ_MAY_RECOVER, set.v[3], &a),
	    CSN_CONTINUE);
	assert_int_equal(a.reply.reason, 0);
	harness_answer_free(&a);
	assert_int_equal(left(h), 9);
	harness_free(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shown_once),
		cmocka_unit_test(test_used_once),
		cmocka_unit_test(test_where_written),
		cmocka_unit_test(test_typed),
		cmocka_unit_test(test_race),
		cmocka_unit_test(test_store_faults),
		cmocka_unit_test(test_clock_fails_midway),
		cmocka_unit_test(test_device_disabled),
		cmocka_unit_test(test_made_anew),
		cmocka_unit_test(test_later),
		cmocka_unit_test(test_old_record),
		cmocka_unit_test(test_op),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
