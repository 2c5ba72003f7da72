/* SPDX-License-Identifier: Apache-2.0 */
/*
 * form.c - prompts, in the call's memory
 */
#include "form.h"

#include "lib/text.h"

#include "key_uri.h"
#include "otp.h"
#include "record.h"
#include "texts.h"

#define PROMPTS_MAX 6u

static bool
form_message(const struct round *r, const struct form *f)
{
	struct csn_pair *arg;
	struct buf b;
	char memory[24];

	r->reply->message = str_from(f->message);
	if (f->arg == NULL)
		return true;
	arg = round_alloc(r, sizeof(*arg));
	if (arg == NULL)
		return false;
	buf_init_fixed(&b, memory, sizeof(memory));
	buf_decimal(&b, f->value);
	arg->name = str_from(f->arg);
	r->reply->message_args = (struct csn_pairs){ arg, 1 };
	return round_copy(r, buf_str(&b), &arg->value);
}

static enum outcome
form_reply(const struct round *r, const struct form *f,
    const struct csn_prompt *prompts, size_t n)
{
	if (!form_message(r, f))
		return OUTCOME_ERROR;
	r->reply->action = CSN_A_FORM;
	r->reply->reason = f->reason;
	r->reply->prompts = prompts;
	r->reply->nprompts = n;
	r->reply->prompt_size = sizeof(*prompts);
	r->reply->state = f->state;
	return OUTCOME_AGAIN;
}

static struct csn_prompt
prompt_code(const struct form *f)
{
	return (struct csn_prompt){
		.name = STR("code"),
		.label = STR(TEXT_CODE),
		.kind = CSN_P_CODE,
		.max_bytes = OTP_TYPED_MAX,
		.flags = CSN_PF_REQUIRED |
		    (f->reason == CSN_R_CREDENTIAL ? CSN_PF_WRONG : 0),
	};
}

static struct csn_prompt
prompt_button(const char *name, const char *label)
{
	return (struct csn_prompt){ .name = str_from(name),
		.label = str_from(label), .value = STR("1"),
		.kind = CSN_P_BUTTON };
}

enum outcome
form_ask(const struct round *r, const struct form *f, bool recovery)
{
	struct csn_prompt *p = round_alloc(r, 2 * sizeof(*p));

	if (p == NULL)
		return OUTCOME_ERROR;
	p[0] = prompt_code(f);
	p[1] = prompt_button("recovery", TEXT_NO_PHONE);
	return form_reply(r, f, p, recovery ? 2 : 1);
}

enum outcome
form_recovery(const struct round *r, const struct form *f)
{
	struct csn_prompt *p = round_alloc(r, 2 * sizeof(*p));

	if (p == NULL)
		return OUTCOME_ERROR;
	p[0] = (struct csn_prompt){ .name = STR("recovery-code"),
		.label = STR(TEXT_RECOVERY_CODE), .kind = CSN_P_RECOVERY,
		.max_bytes = OTP_TYPED_MAX, .flags = CSN_PF_REQUIRED |
		    (f->reason == CSN_R_CREDENTIAL ? CSN_PF_WRONG : 0) };
	p[1] = prompt_button("app", TEXT_USE_APP);
	return form_reply(r, f, p, 2);
}

enum outcome
form_left(const struct round *r, const struct form *f)
{
	struct csn_prompt *p = round_alloc(r, sizeof(*p));

	if (p == NULL)
		return OUTCOME_ERROR;
	p[0] = prompt_button("new", TEXT_RECOVERY_NEW);
	return form_reply(r, f, p, 1);
}

enum outcome
form_codes(const struct round *r, const struct form *f, struct csn_str lines,
    bool later)
{
	struct csn_prompt *p = round_alloc(r, 3 * sizeof(*p));

	if (p == NULL)
		return OUTCOME_ERROR;
	p[0] = (struct csn_prompt){ .name = STR("codes"),
		.label = STR(TEXT_RECOVERY_CODES), .kind = CSN_P_LIST,
		.value = lines };
	p[1] = (struct csn_prompt){ .name = STR("kept"),
		.label = STR(TEXT_RECOVERY_KEPT), .kind = CSN_P_CHECK,
		.flags = CSN_PF_REQUIRED };
	p[2] = prompt_button("later", TEXT_LATER);
	return form_reply(r, f, p, later ? 3 : 2);
}

static struct csn_prompt
prompt_show(uint32_t kind, const char *name, const char *label,
    struct csn_str value)
{
	return (struct csn_prompt){ .name = str_from(name), .kind = kind,
		.label = str_from(label), .value = value };
}

/* What was typed stays in the form through a wrong code. */
static struct csn_str
name_typed(const struct round *r)
{
	struct csn_str s = pairs_get(r->req->params, STR("name")), copy;

	if (s.n == 0 || s.n > DEVICE_LABEL_MAX || !text_plain(s) ||
	    !round_copy(r, s, &copy))
		return STR("");
	return copy;
}

enum outcome
form_enrol(const struct round *r, const struct form *f,
    const struct totp_params *params, struct csn_str secret, bool name)
{
	struct csn_prompt *p = round_alloc(r, PROMPTS_MAX * sizeof(*p));
	struct key_texts key;
	size_t n = 0;

	if (p == NULL || key_texts(r, params, secret, &key) < 0)
		return OUTCOME_ERROR;
	p[n++] = prompt_show(CSN_P_QR, "qr", TEXT_ENROL, key.uri);
	p[n++] = prompt_show(CSN_P_SHOW, "key", TEXT_KEY, key.groups);
	p[n++] = prompt_show(CSN_P_SHOW, "account", TEXT_ACCOUNT,
	    key.account);
	if (key.settings.n > 0)
		p[n++] = prompt_show(CSN_P_SHOW, "settings", TEXT_SETTINGS,
		    key.settings);
	if (name)
		p[n++] = (struct csn_prompt){ .name = STR("name"),
			.kind = CSN_P_TEXT, .label = STR(TEXT_NAME),
			.value = name_typed(r),
			.max_bytes = DEVICE_LABEL_MAX };
	p[n++] = prompt_code(f);
	return form_reply(r, f, p, n);
}
