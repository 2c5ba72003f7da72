/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page_samples.c - the screens with a form, as host and plugins send them
 *
 * It must never be linked into the daemon.
 */
#include "page_samples.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define LIST(a)		.prompts = (a), .nprompts = COUNT(a)
#define WAYS(a)		.buttons = (a), .nbuttons = COUNT(a)
#define FIELDS		{ fields, COUNT(fields) }
#define NONE		STR_INIT("")
#define HOST		STR_INIT("connect.example.co.jp")
#define WHO		STR_INIT("Taro Yamada (taro.yamada)")
#define HERE		STR_INIT( \
    "https://login.example.co.jp/login?to=c2VhbGVk")
#define FORM(number, the_tone, head, text) \
    .screen = (number), .tone = (the_tone), .heading = STR_INIT(head), \
    .message = STR_INIT(text), .host = HOST, .here = HERE, \
    .action = STR_INIT("/login"), .fields = FIELDS, \
    .time_ms = SAMPLE_TIME_MS
#define PAGE(...)	{ .kind = CSN_V_PAGE, .page = { __VA_ARGS__ } }
#define PERSON \
    .who = WHO, .not_you = STR_INIT("https://login.example.co.jp/login")

static const struct csn_pair fields[] = {
	{ STR_INIT("round"), STR_INIT("Zm9ybQ.dG9rZW4") },
	{ STR_INIT("age"), STR_INIT("MTc5NTg1NDMwMDAwMA") },
	{ STR_INIT("to"), STR_INIT("c2VhbGVk") },
};

/* Ways on */

static const struct csn_pair adfs[] = {
	{ STR_INIT("provider"), STR_INIT("Partner sign-in (AD FS)") } };
static const struct csn_pair entra[] = {
	{ STR_INIT("provider"), STR_INIT("Microsoft account") } };
static const struct csn_pair windows[] = {
	{ STR_INIT("provider"), STR_INIT("Windows password") } };
static const struct csn_pair phone[] = {
	{ STR_INIT("provider"), STR_INIT("Authenticator app") } };

#define WAY(args, name)	{ STR_INIT("{provider}"), NONE, { args, 1 }, NONE, \
    NONE, STR_INIT("/login?with=" name "&to=c2VhbGVk"), 0, 0 }
#define QUIET(args, factor) { STR_INIT("{provider}"), NONE, { args, 1 }, \
    STR_INIT("factor"), STR_INIT(factor), NONE, CSN_B_QUIET, 0 }
#define MAIN(label)	{ STR_INIT(label), NONE, { NULL, 0 }, NONE, NONE, \
    NONE, CSN_B_PRIMARY, 0 }

static const struct csn_button three_ways[] = { WAY(entra, "entra"),
	WAY(adfs, "adfs"), WAY(windows, "corp-ldap") };
static const struct csn_button one_down[] = { WAY(entra, "entra"),
	{ STR_INIT("{provider}"), STR_INIT("Not answering right now"),
	    { adfs, 1 }, NONE, NONE, NONE, CSN_B_DISABLED, 0 },
	WAY(windows, "corp-ldap") };
static const struct csn_button log_in[] = { MAIN("Log in") };
static const struct csn_button log_in_or[] = { MAIN("Log in"),
	QUIET(entra, "entra"), QUIET(adfs, "adfs") };
static const struct csn_button go_on[] = { MAIN("Continue") };
static const struct csn_button go_on_or[] = { MAIN("Continue"),
	QUIET(phone, "phone") };

/* Fields */

#define NAME(text)	{ STR_INIT("username"), STR_INIT("Name"), { NULL, 0 }, \
    STR_INIT(text), CSN_P_USERNAME, 255, CSN_PF_REQUIRED, 0 }
#define PASSWORD(flag)	{ STR_INIT("password"), STR_INIT("Password"), \
    { NULL, 0 }, NONE, CSN_P_PASSWORD, 1024, CSN_PF_REQUIRED | (flag), 0 }
#define CODE(flag)	{ STR_INIT("code"), STR_INIT("Code"), { NULL, 0 }, \
    NONE, CSN_P_CODE, 64, CSN_PF_REQUIRED | (flag), 0 }
#define BLANK(text, what) { NONE, STR_INIT(text), { NULL, 0 }, \
    STR_INIT(what), CSN_P_SHOW, 0, 0, 0 }
#define PICTURE { STR_INIT("qr"), STR_INIT("Scan this picture with your " \
    "authenticator app, or type the key below into the app. Then enter the " \
    "code that the app shows. If you scanned an earlier picture, delete that " \
    "entry from the app first."), { NULL, 0 }, STR_INIT("otpauth://totp/" \
    "Example%20Remote%20Access:taro.yamada?secret=" \
    "SG7PQ4LRYPQIKSOLM6NHJB3PFKS5BLXC&issuer=Example%20Remote%20Access" \
    "&algorithm=SHA1&digits=6&period=30"), CSN_P_QR, 0, 0, 0 }
#define KEY BLANK("Key", "SG7P Q4LR YPQI KSOL M6NH JB3P FKS5 BLXC"), \
    BLANK("Name in the app", "Example Remote Access: taro.yamada")

static const struct csn_prompt ask_both[] = { NAME(""), PASSWORD(0) };
static const struct csn_prompt ask_again[] = { NAME("taro.yamada"),
	PASSWORD(CSN_PF_WRONG) };
static const struct csn_prompt ask_code[] = { CODE(0) };
static const struct csn_prompt wrong_code[] = { CODE(CSN_PF_WRONG) };
static const struct csn_prompt enrol[] = { PICTURE, KEY, CODE(0) };
static const struct csn_prompt enrol_again[] = { PICTURE, KEY,
	CODE(CSN_PF_WRONG) };
static const struct csn_prompt other_proof[] = {
	{ STR_INIT("which"), STR_INIT("Device"), { NULL, 0 },
	    STR_INIT("My phone|Tablet|Old phone"), CSN_P_CHOICE, 0,
	    CSN_PF_REQUIRED, 0 }, CODE(0),
	{ STR_INIT("remember"), STR_INIT("Remember this browser"),
	    { NULL, 0 }, NONE, CSN_P_CHECK, 0, 0, 0 },
	{ STR_INIT("recovery"), STR_INIT("Use a recovery code"), { NULL, 0 },
	    NONE, CSN_P_BUTTON, 0, 0, 0 },
};
static const struct csn_prompt many_choices[] = {
	{ STR_INIT("name"), STR_INIT("Name of the device"), { NULL, 0 },
	    STR_INIT("My phone"), CSN_P_TEXT, 64, 0, 0 },
	{ STR_INIT("which"), STR_INIT("Device"), { NULL, 0 },
	    STR_INIT("a|b|c|d|e|f|g"), CSN_P_CHOICE, 0, 0, 0 },
};
static const struct csn_prompt keep_codes[] = {
	{ STR_INIT("codes"), STR_INIT("Recovery codes"), { NULL, 0 },
	    STR_INIT("7KQM-2XWD\nH4VN-8RTA\nP9CJ-5LFE\nW3BY-6ZKU\n"
	    "D8GT-4MQX\nR2HV-7NCP\nJ5EW-9ADL\nT6FK-3YBR\nX4ZU-8GHM\n"
	    "C7QN-2VJW"), CSN_P_LIST, 0, 0, 0 },
	{ STR_INIT("kept"), STR_INIT("I have kept them"), { NULL, 0 },
	    NONE, CSN_P_CHECK, 0, CSN_PF_REQUIRED, 0 },
};
static const struct csn_prompt new_password[] = {
	PASSWORD(0),
	{ STR_INIT("new"), STR_INIT("New password"), { NULL, 0 }, NONE,
	    CSN_P_NEW_PASSWORD, 1024, CSN_PF_REQUIRED, 0 },
	{ STR_INIT("again"), STR_INIT("New password, once more"),
	    { NULL, 0 }, NONE, CSN_P_NEW_PASSWORD, 1024, CSN_PF_REQUIRED, 0 },
};
static const struct csn_prompt await[] = {
	BLANK("Number to choose on your phone", "42") };
static const struct csn_pair half_minute[] = {
	{ STR_INIT("s"), STR_INIT("30") } };
static const struct csn_pair ten_minutes[] = {
	{ STR_INIT("n"), STR_INIT("10") } };
static const struct csn_pair saml[] = {
	{ STR_INIT("SAMLRequest"), STR_INIT("PHNhbWxwOkF1dGhuUmVxdWVzdC8+") },
	{ STR_INIT("RelayState"), STR_INIT("cmVzdW1l") } };

static const struct page_sample samples[] = {
	{ "01-choose", PAGE(FORM(1, CSN_TONE_PLAIN,
	    "How do you want to log in?", ""), WAYS(three_ways)) },
	{ "02-password", PAGE(FORM(2, CSN_TONE_PLAIN, "Log in", ""),
	    LIST(ask_both), WAYS(log_in_or)) },
	{ "02-password-notice", PAGE(FORM(2, CSN_TONE_PLAIN, "Log in", ""),
	    .notice = STR_INIT("For staff and invited partners only.\n\n"
	    "Use is logged. By going on you accept the rules for remote "
	    "work."), LIST(ask_both), WAYS(log_in)) },
	{ "02-password-wrong", PAGE(FORM(2, CSN_TONE_ERROR, "Log in",
	    "The name or password is not right, or the account is locked for "
	    "now. Check Caps Lock, then try again."), LIST(ask_again),
	    WAYS(log_in_or)) },
	{ "04-going", { .kind = CSN_V_POST,
	    .url = STR_INIT("https://sts.example.co.jp/adfs/ls/"),
	    .fields = { saml, 2 }, .page = { FORM(4, CSN_TONE_PLAIN, "Log in",
	    "Select Continue to go to {provider}."), .args = { adfs, 1 },
	    WAYS(go_on) } } },
	{ "05-wait", PAGE(FORM(5, CSN_TONE_PLAIN, "Please wait",
	    "Confirm the login on your phone."), PERSON, .refresh_s = 5,
	    LIST(await), WAYS(go_on_or)) },
	{ "06-code", PAGE(FORM(6, CSN_TONE_PLAIN, "Enter your code",
	    "Enter the code that your authenticator app shows."), PERSON,
	    LIST(ask_code), WAYS(go_on)) },
	{ "06-code-wrong", PAGE(FORM(6, CSN_TONE_ERROR, "Enter your code",
	    "That code is not right. Enter the code your app shows now."),
	    PERSON, LIST(wrong_code), WAYS(go_on)) },
	{ "06-code-used", PAGE(FORM(6, CSN_TONE_ERROR, "Enter your code",
	    "That code has already been used. Wait for the next one (at most "
	    "{s} seconds)."), .args = { half_minute, 1 }, PERSON,
	    LIST(ask_code), WAYS(go_on)) },
	{ "06-code-slow", PAGE(FORM(6, CSN_TONE_ERROR, "Enter your code",
	    "The clock of your phone seems to be about {n} minutes slow. "
	    "Turn on automatic time, then enter a new code."),
	    .args = { ten_minutes, 1 }, PERSON, LIST(wrong_code),
	    WAYS(go_on)) },
	{ "07-other-proof", PAGE(FORM(7, CSN_TONE_PLAIN, "Enter your code",
	    ""), PERSON, LIST(other_proof), WAYS(go_on)) },
	{ "07-many-choices", PAGE(FORM(7, CSN_TONE_PLAIN,
	    "Continue logging in", ""), LIST(many_choices), WAYS(go_on)) },
	{ "11-enrol", PAGE(FORM(11, CSN_TONE_PLAIN,
	    "Set up your authenticator app", ""), PERSON, LIST(enrol),
	    WAYS(go_on)) },
	{ "11-enrol-wrong", PAGE(FORM(11, CSN_TONE_ERROR,
	    "Set up your authenticator app", "That code is not right. Enter "
	    "the code your app shows now."), PERSON, LIST(enrol_again),
	    WAYS(go_on)) },
	{ "12-recovery-codes", PAGE(FORM(12, CSN_TONE_PLAIN,
	    "Your recovery codes", "Keep these codes in a safe place. Each "
	    "works once when you do not have your phone. They will not be "
	    "shown again."), LIST(keep_codes), WAYS(go_on)) },
	{ "15-new-password", PAGE(FORM(15, CSN_TONE_PLAIN,
	    "Choose a new password", "Your password has expired. Choose a "
	    "new one to go on."), PERSON, LIST(new_password), WAYS(go_on)) },
	{ "17-step-up", PAGE(FORM(17, CSN_TONE_PLAIN, "Enter your code",
	    "This page needs a fresh code."), PERSON, LIST(ask_code),
	    WAYS(go_on)) },
	{ "26-down", PAGE(FORM(26, CSN_TONE_ERROR,
	    "How do you want to log in?", "{provider} is not answering right "
	    "now. Log in another way, or try again in a few minutes."),
	    .args = { adfs, 1 }, WAYS(one_down)) },
};

const struct page_sample *
page_samples_forms(size_t *ret_n)
{
	*ret_n = COUNT(samples);
	return samples;
}

struct csn_view
page_sample_in(const struct page_sample *s, struct csn_str language)
{
	struct csn_view view = s->view;

	view.page.language = language;
	return view;
}

struct csn_site
page_sample_site(struct csn_str language)
{
	static const struct csn_str languages[] = { STR_INIT("ja"),
		STR_INIT("en") };
	bool ja = str_is(language, "ja");

	return (struct csn_site){
		.name = ja ? STR("リモート接続") : STR("Example Remote Access"),
		.help_text = ja ? STR("ヘルプデスク（内線7000）") :
		    STR("the service desk, ext. 7000"),
		.help_url = STR("https://help.example.co.jp/mfa"),
		.login_host = STR("login.example.co.jp"),
		.languages = { languages, 2 },
		.time_zone = STR("Asia/Tokyo"),
		.logo = STR("<svg/>"), .logo_type = STR("image/svg+xml"),
		.base = STR(""),
	};
}
