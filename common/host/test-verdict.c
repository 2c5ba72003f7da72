/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-verdict.c - the rules of a reply, a row for each with its number
 */
#include "host_testing.h"
#include "lib/timefmt.h"
#include "verdict.h"

static struct rig g;
static struct reach reach;
static struct factor factor;
static struct csn_call c;
static struct csn_req req;
static struct csn_reply reply;
static uint32_t said, caps;
static enum verdict_function function;

static struct csn_plugin plugin;
static struct csn_prompt prompts[17];
static struct csn_item items[257];
static struct csn_pair pairs[65];
static struct csn_str strs[2001];
static char longest[VERDICT_BODY_MAX + 1];

static const struct csn_endpoint endpoints[] = {
	{ .path = "back", .resume_param = "state",
	    .flags = CSN_EP_GET | CSN_EP_POST },
	{ .path = "metadata", .flags = CSN_EP_GET },
	{ .path = "bye", .flags = CSN_EP_GET | CSN_EP_LOGOUT },
	{ .path = "post", .resume_param = "RelayState",
	    .flags = CSN_EP_POST | CSN_EP_CROSS_SITE },
};

static int
set_up(void **state)
{
	static const struct csn_str origin = { "https://idp.example.org", 23 };

	(void)state;
	rig_init(&g);
	plugin = rig_both;
	plugin.endpoints = endpoints;
	plugin.nendpoints = COUNT(endpoints);
	rig_factor(&g, "f", &plugin, rig_realm(&g, "corp"));
	reach_init(&reach, NULL, NULL);
	reach_factor(&factor, &g, 0);
	factor.origins = (struct csn_strs){ &origin, 1 };
	memset(longest, 'x', sizeof(longest));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	rig_free(&g);
	return 0;
}

/* ------------------------------------------------------------------ */
/* replies that break nothing */

static void
fill_lists(void)
{
	for (size_t i = 0; i < COUNT(prompts); i++)
		prompts[i] = (struct csn_prompt){ .kind = CSN_P_TEXT,
		    .name = arena_printf(&g.arena, "p%zu", i),
		    .label = STR("Label"), .value = STR("") };
	for (size_t i = 0; i < COUNT(items); i++)
		items[i] = (struct csn_item){ .id = STR("1"),
		    .title = STR("Phone"), .detail = STR("") };
	for (size_t i = 0; i < COUNT(pairs); i++)
		pairs[i] = (struct csn_pair){ STR("name"), STR("value") };
	for (size_t i = 0; i < COUNT(strs); i++)
		strs[i] = STR("group");
	reply.prompt_size = sizeof(prompts[0]);
	reply.item_size = sizeof(items[0]);
}

static void
begin(enum verdict_function f, uint32_t with_caps)
{
	call_begin(&c, &reach.host, &factor, 60000);
	memset(&reply, 0, sizeof(reply));
	plugin.nendpoints = COUNT(endpoints);
	req = (struct csn_req){ .exchange = STR("exchange-1") };
	function = f;
	caps = with_caps;
	fill_lists();
}

static void
good_grant(void)
{
	begin(VERDICT_STEP, CSN_CAP_IDENTITY);
	said = CSN_GRANT;
	reply.exchange = STR("exchange-1");
	reply.subject = STR("ann");
	reply.auth_time_ms = T_NOW;
}

static void
good_second(void)
{
	begin(VERDICT_STEP, CSN_CAP_SECOND);
	said = CSN_GRANT;
	reply.exchange = STR("exchange-1");
	reply.auth_time_ms = T_NOW;
}

static void
good_form(void)
{
	begin(VERDICT_STEP, CSN_CAP_IDENTITY);
	said = CSN_CONTINUE;
	reply.action = CSN_A_FORM;
	reply.prompts = prompts;
	reply.nprompts = 16;
	reply.state = str_of(longest, CSN_STATE_MAX);
}

static void
good_redirect(void)
{
	begin(VERDICT_STEP, CSN_CAP_IDENTITY);
	said = CSN_CONTINUE;
	reply.action = CSN_A_REDIRECT;
	reply.url = STR("https://idp.example.org/login?x=y");
}

static void
good_post(void)
{
	good_redirect();
	reply.action = CSN_A_POST;
	reply.fields = (struct csn_pairs){ pairs, 64 };
	reply.back_at = 4;
	reply.back_by = CSN_EP_POST;
}

static void
good_verified(void)
{
	good_redirect();
	reply.url = STR("https://elsewhere.example.net/");
	reply.flags = CSN_RP_VERIFIED;
}

static void
good_home(void)
{
	good_redirect();
	reply.url = STR("https://LOGIN.example.org:443/f/f/choose");
}

static void
good_leaving(void)
{
	good_redirect();
	function = VERDICT_SERVE;
	req.event = CSN_EV_LOGOUT;
	reply.back_at = 3;
}

static void
good_answer(void)
{
	good_redirect();
	function = VERDICT_SERVE;
	req.event = CSN_EV_ENDPOINT;
}

static void
good_wait(void)
{
	begin(VERDICT_STEP, CSN_CAP_SECOND);
	said = CSN_CONTINUE;
	reply.action = CSN_A_WAIT;
	reply.wait_ms = 1000;
}

static void
good_deny(void)
{
	begin(VERDICT_STEP, CSN_CAP_IDENTITY);
	said = CSN_DENY;
	reply.reason = CSN_R_CREDENTIAL;
	reply.subject = STR("ann");
	reply.message = STR("No.");
}

static void
good_list(void)
{
	begin(VERDICT_MANAGE, CSN_CAP_SECOND);
	said = CSN_DONE;
	reply.items = items;
	reply.nitems = 256;
}

static void
good_body(void)
{
	begin(VERDICT_SERVE, CSN_CAP_IDENTITY);
	said = CSN_DONE;
	reply.action = CSN_A_BODY;
	reply.content_type = STR("text/xml");
	reply.body = str_of(longest, VERDICT_BODY_MAX);
}

static void
good_lookup(void)
{
	begin(VERDICT_SERVE, CSN_CAP_IDENTITY);
	said = CSN_DONE;
	reply.subject = STR("ann");
	reply.flags = CSN_RP_GROUPS;
	reply.groups = (struct csn_strs){ strs, 2000 };
}

typedef void change(void);

static change *const goods[] = { good_grant, good_second, good_form,
	good_redirect, good_post, good_wait, good_deny, good_list, good_body,
	good_lookup, good_verified, good_home, good_leaving, good_answer };

static enum verdict_rule
judge(void)
{
	enum verdict_rule rule;

	plugin.caps = caps;
	rule = verdict_check(&c, function, &req, said, &reply);
	call_end(&c);
	return rule;
}

static void
test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(goods); i++) {
		goods[i]();
		assert_int_equal(judge(), RULE_NONE);
	}
}

/* ------------------------------------------------------------------ */
/* one thing wrong at a time */

#define BREAK(name, statement) static void name(void) { statement; }

BREAK(v_done, said = CSN_DONE)
BREAK(v_grant, said = CSN_GRANT)
BREAK(v_zero, said = 0)
BREAK(v_bit, said ^= 0x400)
BREAK(tainted, call_taint(&c, "store"))
BREAK(late, c.deadline_ms = clock_mono_ms() - 1)
BREAK(limited, c.limited_until_ms = 1)
BREAK(no_echo, reply.exchange = STR(""))
BREAK(other_echo, reply.exchange = STR("exchange-2"))
BREAK(part_echo, reply.exchange = STR("exchange-"))
BREAK(no_exchange, (req.exchange = STR(""), reply.exchange = STR("")))
BREAK(with_action, reply.action = CSN_A_FORM)
BREAK(with_state, reply.state = STR("s"))
BREAK(no_subject, reply.subject = STR(""))
BREAK(null_subject, reply.subject = str_of(NULL, 3))
BREAK(long_subject, reply.subject = str_of(longest, 256))
BREAK(tab_subject, reply.subject = STR("a\tb"))
BREAK(nul_subject, reply.subject = STR("a\0b"))
BREAK(bidi_subject, reply.subject = STR("a\xe2\x80\xae" "b"))
BREAK(c1_subject, reply.subject = STR("a\xc2\x85" "b"))
BREAK(bad_subject, reply.subject = STR("a\xff"))
BREAK(names, reply.subject = STR("ann"))
BREAK(names_id, reply.subject_id = STR("1"))
BREAK(names_groups, reply.groups = ((struct csn_strs){ strs, 1 }))
BREAK(ahead, reply.auth_time_ms = T_NOW + VERDICT_SKEW_MS + 1)
BREAK(before, reply.auth_time_ms = -1)
BREAK(no_action, reply.action = 0)
BREAK(unknown_action, reply.action = 9)
BREAK(wait_action, reply.action = CSN_A_WAIT)
BREAK(body_action, reply.action = CSN_A_BODY)
BREAK(resume_action, reply.action = CSN_A_RESUME)
BREAK(form_action, reply.action = CSN_A_FORM)
BREAK(no_prompts, reply.nprompts = 0)
BREAK(with_url, reply.url = STR("https://a.org/"))
BREAK(no_url, reply.url = STR(""))
BREAK(with_fields, reply.fields = ((struct csn_pairs){ pairs, 1 }))
BREAK(with_body, reply.body = STR("b"))
BREAK(with_type, reply.content_type = STR("text/html"))
BREAK(with_prompts, (reply.prompts = prompts, reply.nprompts = 1))
BREAK(script_url, reply.url = STR("javascript:alert(1)"))
BREAK(http_url, reply.url = STR("http://a.org/"))
BREAK(blank_url, reply.url = STR("https://a.org/ x"))
BREAK(user_url, reply.url = STR("https://a.org@b.org/"))
BREAK(many_prompts, reply.nprompts = 17)
BREAK(null_prompts, reply.prompts = NULL)
BREAK(kind_prompt, prompts[3].kind = 13)
BREAK(kind_zero, prompts[3].kind = 0)
BREAK(flags_prompt, prompts[3].flags = 8)
BREAK(twice_prompt, prompts[3].name = STR("p0"))
BREAK(name_prompt, prompts[3].name = STR(""))
BREAK(case_prompt, prompts[3].name = STR("Name"))
BREAK(our_prompt, prompts[3].name = STR("csn-round"))
BREAK(label_prompt, prompts[3].label = str_of(longest, 513))
BREAK(value_prompt, prompts[3].value = STR("\xff"))
BREAK(long_state, reply.state = str_of(longest, CSN_STATE_MAX + 1))
BREAK(long_keep, reply.keep = str_of(longest, CSN_STATE_MAX + 1))
BREAK(nul_message, reply.message = STR("a\0b"))
BREAK(bad_message, reply.message = STR("\xc3("))
BREAK(long_message, reply.message = str_of(longest, 1025))
BREAK(null_message, reply.message = str_of(NULL, 1))
BREAK(long_acr, reply.acr = str_of(longest, 256))
BREAK(long_body, reply.body = str_of(longest, VERDICT_BODY_MAX + 1))
BREAK(long_resume, reply.resume = str_of(longest, CSN_RESUME_MAX + 1))
BREAK(long_url, reply.url = str_of(longest, 8193))
BREAK(item_text, items[3].title = STR("\xff"))
BREAK(short_wait, reply.wait_ms = 999)
BREAK(long_wait, reply.wait_ms = 60001)
BREAK(some_wait, reply.wait_ms = 1)
BREAK(prompt_stride, reply.prompt_size = sizeof(struct csn_prompt) - 1)
BREAK(prompt_odd, reply.prompt_size = sizeof(struct csn_prompt) + 1)
BREAK(item_stride, reply.item_size = 0)
BREAK(other_origin, reply.url = STR("https://idp.example.org:8443/"))
BREAK(sub_origin, reply.url = STR("https://a.idp.example.org/"))
BREAK(unverified, reply.flags = 0)
BREAK(back_beyond, reply.back_at = 5)
BREAK(back_metadata, reply.back_at = 2)
BREAK(back_login, reply.back_at = 1)
BREAK(back_bye, reply.back_at = 3)
BREAK(back_get, (reply.back_at = 4, reply.back_by = CSN_EP_GET))
BREAK(back_odd, reply.back_by = CSN_EP_LOGOUT)
BREAK(back_post, (reply.back_at = 0, reply.back_by = CSN_EP_POST))
BREAK(no_way_back, plugin.nendpoints = 0)
BREAK(unknown_flag, reply.flags = 64)
BREAK(two_kinds, (caps = CSN_CAP_SECOND, req.flags = CSN_RQ_MAY_ENROL,
    reply.flags = CSN_RP_ENROLLED | CSN_RP_RECOVERY))
BREAK(enrols, reply.flags = CSN_RP_ENROLLED)
BREAK(recovers, reply.flags = CSN_RP_RECOVERY)
BREAK(remembers, reply.flags = CSN_RP_REMEMBERED)
BREAK(tells_groups, reply.flags = CSN_RP_GROUPS)
BREAK(unknown_reason, reply.reason = CSN_R_BACKEND + 1)
BREAK(many_groups, reply.groups = ((struct csn_strs){ strs, 2001 }))
BREAK(null_groups, reply.groups = ((struct csn_strs){ NULL, 1 }))
BREAK(empty_group, strs[7] = STR(""))
BREAK(many_fields, reply.fields = ((struct csn_pairs){ pairs, 65 }))
BREAK(no_name, pairs[3].name = STR(""))
BREAK(many_args, reply.message_args = ((struct csn_pairs){ pairs, 17 }))
BREAK(many_amr, reply.amr = ((struct csn_strs){ strs, 17 }))
BREAK(many_keys, reply.session_keys = ((struct csn_strs){ strs, 17 }))
BREAK(many_ends, reply.end_sessions = ((struct csn_strs){ strs, 1001 }))
BREAK(many_items, reply.nitems = 257)
BREAK(null_items, reply.items = NULL)

static const struct row { enum verdict_rule rule; change *good, *break_it; }
rows[] = {
	{ RULE_VERDICT, good_grant, v_done },
	{ RULE_VERDICT, good_grant, v_zero },
	{ RULE_VERDICT, good_grant, v_bit },
	{ RULE_VERDICT, good_deny, v_bit },
	{ RULE_VERDICT, good_list, v_grant },
	{ RULE_VERDICT, good_body, v_grant },
	{ RULE_ORIGIN, good_redirect, other_origin },
	{ RULE_ORIGIN, good_redirect, sub_origin },
	{ RULE_ORIGIN, good_post, other_origin },
	{ RULE_ORIGIN, good_leaving, other_origin },
	{ RULE_ORIGIN, good_answer, other_origin },
	{ RULE_ORIGIN, good_verified, unverified },
	{ RULE_BACK, good_redirect, back_beyond },
	{ RULE_BACK, good_redirect, back_metadata },
	{ RULE_BACK, good_redirect, back_bye },
	{ RULE_BACK, good_post, back_get },
	{ RULE_BACK, good_redirect, back_odd },
	{ RULE_BACK, good_redirect, no_way_back },
	{ RULE_BACK, good_leaving, back_login },
	{ RULE_BACK, good_leaving, back_post },
	{ RULE_BACK, good_answer, back_login },
	{ RULE_BACK, good_form, back_login },
	{ RULE_GRANT_EXTRA, good_grant, back_login },
	{ RULE_TAINTED, good_grant, tainted },
	{ RULE_TAINTED, good_second, tainted },
	{ RULE_TAINTED, good_form, tainted },
	{ RULE_TAINTED, good_deny, tainted },
	{ RULE_TAINTED, good_body, tainted },
	{ RULE_LIMIT, good_grant, limited },
	{ RULE_LATE, good_grant, late },
	{ RULE_LATE, good_form, late },
	{ RULE_LATE, good_deny, late },
	{ RULE_ECHO, good_grant, no_echo },
	{ RULE_ECHO, good_second, other_echo },
	{ RULE_ECHO, good_second, part_echo },
	{ RULE_ECHO, good_grant, no_exchange },
	{ RULE_GRANT_EXTRA, good_grant, with_action },
	{ RULE_GRANT_EXTRA, good_second, with_state },
	{ RULE_SUBJECT, good_grant, no_subject },
	{ RULE_TEXT, good_grant, null_subject },
	{ RULE_SUBJECT, good_grant, long_subject },
	{ RULE_SUBJECT, good_grant, tab_subject },
	{ RULE_TEXT, good_grant, nul_subject },
	{ RULE_SUBJECT, good_grant, bidi_subject },
	{ RULE_SUBJECT, good_grant, c1_subject },
	{ RULE_TEXT, good_grant, bad_subject },
	{ RULE_SUBJECT, good_deny, tab_subject },
	{ RULE_SUBJECT, good_lookup, long_subject },
	{ RULE_SECOND_NAMES, good_second, names },
	{ RULE_SECOND_NAMES, good_second, names_id },
	{ RULE_SECOND_NAMES, good_second, names_groups },
	{ RULE_AUTH_TIME, good_grant, ahead },
	{ RULE_AUTH_TIME, good_second, before },
	{ RULE_ACTION, good_form, no_action },
	{ RULE_ACTION, good_form, unknown_action },
	{ RULE_ACTION, good_form, no_prompts },
	{ RULE_ACTION, good_redirect, body_action },
	{ RULE_ACTION, good_redirect, resume_action },
	{ RULE_ACTION, good_deny, form_action },
	{ RULE_ACTION, good_deny, wait_action },
	{ RULE_ACTION, good_body, form_action },
	{ RULE_ACTION, good_list, wait_action },
	{ RULE_FIELDS, good_form, with_url },
	{ RULE_FIELDS, good_form, with_fields },
	{ RULE_FIELDS, good_form, with_body },
	{ RULE_FIELDS, good_form, with_type },
	{ RULE_FIELDS, good_redirect, no_url },
	{ RULE_FIELDS, good_redirect, with_fields },
	{ RULE_FIELDS, good_redirect, with_prompts },
	{ RULE_FIELDS, good_post, with_body },
	{ RULE_FIELDS, good_wait, with_url },
	{ RULE_FIELDS, good_deny, with_url },
	{ RULE_FIELDS, good_deny, with_prompts },
	{ RULE_FIELDS, good_body, with_url },
	{ RULE_URL, good_redirect, script_url },
	{ RULE_URL, good_redirect, http_url },
	{ RULE_URL, good_post, blank_url },
	{ RULE_URL, good_post, user_url },
	{ RULE_PROMPTS, good_form, many_prompts },
	{ RULE_PROMPTS, good_form, null_prompts },
	{ RULE_PROMPTS, good_form, kind_prompt },
	{ RULE_PROMPTS, good_form, kind_zero },
	{ RULE_PROMPTS, good_form, flags_prompt },
	{ RULE_PROMPTS, good_form, twice_prompt },
	{ RULE_PROMPTS, good_form, name_prompt },
	{ RULE_PROMPTS, good_form, case_prompt },
	{ RULE_PROMPTS, good_form, our_prompt },
	{ RULE_PROMPTS, good_form, label_prompt },
	{ RULE_PROMPTS, good_form, value_prompt },
	{ RULE_STATE, good_form, long_state },
	{ RULE_STATE, good_deny, with_state },
	{ RULE_STATE, good_list, with_state },
	{ RULE_STATE, good_grant, long_keep },
	{ RULE_TEXT, good_deny, nul_message },
	{ RULE_TEXT, good_deny, bad_message },
	{ RULE_TEXT, good_form, long_message },
	{ RULE_TEXT, good_form, null_message },
	{ RULE_TEXT, good_grant, long_acr },
	{ RULE_TEXT, good_body, long_body },
	{ RULE_TEXT, good_redirect, long_url },
	{ RULE_TEXT, good_redirect, long_resume },
	{ RULE_TEXT, good_list, item_text },
	{ RULE_WAIT, good_wait, short_wait },
	{ RULE_WAIT, good_wait, long_wait },
	{ RULE_WAIT, good_form, some_wait },
	{ RULE_WAIT, good_deny, some_wait },
	{ RULE_STRIDE, good_form, prompt_stride },
	{ RULE_STRIDE, good_form, prompt_odd },
	{ RULE_STRIDE, good_list, item_stride },
	{ RULE_KIND, good_second, unknown_flag },
	{ RULE_KIND, good_second, two_kinds },
	{ RULE_KIND, good_second, enrols },		/* not allowed: E1 */
	{ RULE_KIND, good_grant, enrols },
	{ RULE_KIND, good_second, recovers },		/* not written: E6 */
	{ RULE_KIND, good_grant, remembers },
	{ RULE_KIND, good_second, tells_groups },
	{ RULE_REASON, good_deny, unknown_reason },
	{ RULE_LISTS, good_grant, many_groups },
	{ RULE_LISTS, good_grant, null_groups },
	{ RULE_LISTS, good_lookup, empty_group },
	{ RULE_LISTS, good_post, many_fields },
	{ RULE_LISTS, good_post, no_name },
	{ RULE_LISTS, good_deny, many_args },
	{ RULE_LISTS, good_grant, many_amr },
	{ RULE_LISTS, good_grant, many_keys },
	{ RULE_LISTS, good_body, many_ends },
	{ RULE_LISTS, good_list, many_items },
	{ RULE_LISTS, good_list, null_items },
};

static void
test_rules(void **state)
{
	uint32_t seen = 1u << RULE_MEMORY;	/* test_memory() */

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		enum verdict_rule got;

		rows[i].good();
		rows[i].break_it();
		got = judge();
		if (got != rows[i].rule)
			fail_msg("row %zu: rule %d, not %d", i, (int)got,
			    (int)rows[i].rule);
		seen |= 1u << rows[i].rule;
	}
	for (unsigned i = RULE_VERDICT; i <= RULE_LIMIT; i++) {
		if ((seen >> i & 1) == 0)
			fail_msg("no row breaks rule %u", i);
		assert_string_not_equal(verdict_rule_text(
		    (enum verdict_rule)i), "an unknown rule");
	}
}

/* What the edge of each rule still lets by. */
static void
test_edges(void **state)
{
	(void)state;
	good_grant();
	reply.auth_time_ms = T_NOW + VERDICT_SKEW_MS;
	reply.subject = str_of(longest, 255);
	assert_int_equal(judge(), RULE_NONE);
	good_grant();
	reply.auth_time_ms = 0;
	assert_int_equal(judge(), RULE_NONE);
	good_second();
	req.flags = CSN_RQ_MAY_ENROL;
	reply.flags = CSN_RP_ENROLLED;
	assert_int_equal(judge(), RULE_NONE);
	good_second();
	req.flags = CSN_RQ_MAY_RECOVER;
	reply.flags = CSN_RP_RECOVERY;
	assert_int_equal(judge(), RULE_NONE);
	good_wait();
	reply.wait_ms = 60000;
	assert_int_equal(judge(), RULE_NONE);
	good_form();
	reply.prompt_size = sizeof(prompts[0]);
	reply.reason = CSN_R_CREDENTIAL;
	assert_int_equal(judge(), RULE_NONE);
}

/* P5: of all verdicts each function may return four. */
static void
test_verdicts(void **state)
{
	static const uint32_t all[] = { CSN_GRANT, CSN_DENY, CSN_CONTINUE,
	    CSN_ERROR, CSN_DONE };

	(void)state;
	for (unsigned f = VERDICT_STEP; f <= VERDICT_SERVE; f++)
		for (size_t i = 0; i < COUNT(all); i++)
			for (unsigned bit = 0; bit < 32; bit++) {
				begin((enum verdict_function)f,
				    CSN_CAP_IDENTITY);
				said = all[i] ^ 1u << bit;
				assert_int_equal(judge(), RULE_VERDICT);
			}
	begin((enum verdict_function)0, CSN_CAP_IDENTITY);
	said = CSN_GRANT;
	assert_int_equal(judge(), RULE_VERDICT);
	begin((enum verdict_function)0, CSN_CAP_IDENTITY);
	said = CSN_DONE;
	assert_int_equal(judge(), RULE_VERDICT);
}

/* ------------------------------------------------------------------ */
/* the call itself */

static uint32_t
step_scripted(const void *inst, struct csn_call *call,
    const struct csn_req *rq, struct csn_reply *ret)
{
	struct csn_reply was = { .struct_size = sizeof(was) };

	(void)inst;
	(void)rq;
	/* zeroed by the host, with room behind it */
	if (memcmp(ret, &was, sizeof(was)) != 0)
		return CSN_ERROR;
	*ret = reply;
	memset(ret + 1, 0x5a, 1024);
	if (call->nfindings == 7)
		call_taint(call, "scripted");
	return said;
}

static struct verdict
call_run(struct arena *keep, unsigned findings)
{
	struct verdict v;

	plugin.step = step_scripted;
	plugin.caps = caps;
	c.nfindings = findings;
	verdict_call(&c, function, &req, keep, &v);
	call_end(&c);
	return v;
}

/* Deep copies: nothing of the plugin's is looked at afterwards. */
static void
test_copied(void **state)
{
	char subject[] = "ann", value[] = "v";
	struct csn_pair attrs[] = { { STR("name"), { value, 1 } } };
	struct arena keep;
	struct verdict v;

	(void)state;
	arena_init(&keep, 1 << 20);
	good_grant();
	reply.subject = str_of(subject, 3);
	reply.attrs = (struct csn_pairs){ attrs, 1 };
	v = call_run(&keep, 0);
	assert_true(v.verdict == CSN_GRANT && v.broken == RULE_NONE);
	memset(subject, 'x', 3);
	value[0] = 'x';
	assert_str(v.reply.subject, "ann");
	assert_str(v.reply.attrs.v[0].value, "v");
	assert_true(v.reply.auth_time_ms == T_NOW);
	good_form();
	v = call_run(&keep, 0);
	assert_true(v.verdict == CSN_CONTINUE && v.reply.nprompts == 16);
	assert_true(v.reply.prompts != prompts);
	assert_str(v.reply.prompts[15].name, "p15");
	assert_int_equal(v.reply.state.n, CSN_STATE_MAX);
	arena_free(&keep);
}

static void
test_broken_call(void **state)
{
	struct csn_reply none;
	struct arena keep;
	struct verdict v;

	(void)state;
	memset(&none, 0, sizeof(none));
	arena_init(&keep, 1 << 20);
	good_grant();
	reply.subject = STR("");
	v = call_run(&keep, 0);
	assert_true(v.verdict == CSN_ERROR && v.broken == RULE_SUBJECT);
	assert_memory_equal(&v.reply, &none, sizeof(none));
	assert_non_null(strstr(reach.line, "factor f: rule 6: "));
	assert_int_equal(atomic_load(&factor.broken), 1);
	/* P1: a taint makes an error of everything */
	good_deny();
	v = call_run(&keep, 7);
	assert_true(v.verdict == CSN_ERROR && v.broken == RULE_TAINTED);
	assert_non_null(strstr(reach.line, "(scripted)"));
	good_grant();
	v = call_run(&keep, 7);
	assert_true(v.verdict == CSN_ERROR && v.broken == RULE_TAINTED);
	/* a function that is not there, a factor that did not open */
	begin(VERDICT_MANAGE, CSN_CAP_IDENTITY);
	said = CSN_DONE;
	v = call_run(&keep, 0);
	assert_int_equal(v.verdict, CSN_ERROR);
	good_grant();
	factor.opened = false;
	v = call_run(&keep, 0);
	assert_int_equal(v.verdict, CSN_ERROR);
	arena_free(&keep);
}

/* Rule 20: what the host cannot keep does not count. */
static void
test_memory(void **state)
{
	struct arena keep;
	struct verdict v;
	size_t n;

	(void)state;
	for (n = 16; n < 4096; n += 16) {
		arena_init(&keep, n);
		good_grant();
		v = call_run(&keep, 0);
		arena_free(&keep);
		if (v.verdict == CSN_GRANT)
			break;
		assert_int_equal(v.broken, RULE_MEMORY);
		assert_int_equal(v.verdict, CSN_ERROR);
	}
	assert_true(n > 64 && n < 4096);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_good), TEST(test_rules), TEST(test_edges),
		TEST(test_verdicts), TEST(test_copied),
		TEST(test_broken_call), TEST(test_memory),
	};

	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
