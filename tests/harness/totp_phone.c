/* SPDX-License-Identifier: Apache-2.0 */
/*
 * totp_phone.c - the phone, and the store seen past the plugin
 */
#include <stdio.h>
#include <stdlib.h>

#include "totp_phone.h"

#include "auth-totp/otp.h"

static void *
test_alloc(struct csn_call *call, size_t n)
{
	static char memory[4][RECORD_SIZE_MAX];
	static unsigned next;

	(void)call;
	assert_true(n <= RECORD_SIZE_MAX);
	return memory[next++ % 4];
}

static const struct csn_host test_host = { .alloc = test_alloc };
static const struct totp test_totp = { .host = &test_host };

struct harness *
phone_host(void)
{
	struct harness *h = harness_new(&countersign_plugin_1);

	harness_option(h, "issuer", "Example");
	harness_must_open(h);
	return h;
}

struct record *
record_stored(struct harness *h, struct record *ret)
{
	struct csn_str raw;

	assert_true(harness_kv_get(h, ACCOUNT_KEY, &raw));
	memset(ret, 0, sizeof(*ret));
	assert_int_equal(record_unpack(raw, ret), 0);
	return ret;
}

void
record_store(struct harness *h, const struct record *record)
{
	struct round r = { .t = &test_totp };
	struct csn_str value;

	assert_int_equal(record_pack(&r, record, &value), 0);
	harness_kv_put(h, ACCOUNT_KEY, value,
	    CSN_KV_DURABLE | CSN_KV_SECRET);
}

struct phone
phone_stored(struct harness *h, unsigned index)
{
	struct record record;
	const struct device *d;
	struct phone phone;

	d = &record_stored(h, &record)->devices[index];
	phone.params = d->params;
	memcpy(phone.secret, d->secret, sizeof(phone.secret));
	phone.n = d->secret_n;
	return phone;
}

static void
phone_code(const struct phone *p, int64_t ms, char *ret)
{
	assert_int_equal(otp_generate(&p->params, str_of(p->secret, p->n),
	    (uint64_t)ms / 1000 / p->params.period, ret), 0);
}

const char *
phone_form(const struct phone *p, int64_t ms)
{
	static _Thread_local char form[32];
	char code[OTP_DIGITS_MAX + 1];

	phone_code(p, ms, code);
	(void)snprintf(form, sizeof(form), "code=%s", code);
	return form;
}

/* None of the codes within more than an hour. */
const char *
phone_wrong(const struct phone *p, int64_t ms)
{
	static _Thread_local char form[32];
	char code[OTP_DIGITS_MAX + 1];
	bool hit = true;

	for (unsigned n = 0; hit; n++) {
		(void)snprintf(form, sizeof(form), "code=%0*u",
		    (int)p->params.digits, n);
		hit = false;
		for (int i = -130; i <= 130; i++) {
			phone_code(p, ms + i * (int64_t)p->params.period *
			    1000, code);
			hit |= strcmp(form + 5, code) == 0;
		}
	}
	return form;
}

uint32_t
phone_step(struct harness *h, uint32_t event, uint32_t flags,
    struct csn_str state, const char *form, struct harness_answer *ret)
{
	struct csn_req req = harness_req(event);
	struct harness_answer a;
	uint32_t verdict;

	req.flags = flags;
	req.state = state;
	if (form != NULL)
		harness_params(h, &req, form);
	harness_step(h, &req, &a);
	verdict = a.verdict;
	if (ret != NULL)
		*ret = a;
	else
		harness_answer_free(&a);
	return verdict;
}

uint32_t
phone_login(struct harness *h, const struct phone *p, int64_t offset_ms)
{
	return phone_step(h, CSN_EV_FORM, 0, STR(""),
	    phone_form(p, harness_now(h) + offset_ms), NULL);
}

/* The state as state.c writes it: account, id, alg, digits, period, secret. */
struct phone
phone_scanned(const struct harness_answer *a)
{
	struct csn_str s = str_from_at(a->reply.state,
	    1 + 2 + strlen("account-1") + 2 + DEVICE_ID_LEN);
	struct phone p = { .params = { (enum totp_alg)s.p[0],
		(uint32_t)s.p[1], (uint32_t)(uint8_t)s.p[5] },
		.n = (size_t)(uint8_t)s.p[7] };

	memcpy(p.secret, s.p + 8, p.n);
	return p;
}

struct phone
phone_enrol(struct harness *h)
{
	struct harness_answer a;
	struct phone p;

	assert_int_equal(phone_step(h, CSN_EV_BEGIN, CSN_RQ_MAY_ENROL,
	    STR(""), NULL, &a), CSN_CONTINUE);
	p = phone_scanned(&a);
	assert_int_equal(phone_step(h, CSN_EV_FORM, CSN_RQ_MAY_ENROL,
	    a.reply.state, phone_form(&p, harness_now(h)), NULL), CSN_GRANT);
	harness_answer_free(&a);
	return p;
}
