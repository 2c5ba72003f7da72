/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page_samples_note.c - the screens that say something, as the host sends them
 *
 * It must never be linked into the daemon.
 */
#include "page_samples.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define NONE		STR_INIT("")
#define LOGIN		STR_INIT( \
    "https://login.example.co.jp/login?to=c2VhbGVk")
#define LOGOUT		STR_INIT("https://login.example.co.jp/logout")
#define HOST		STR_INIT("connect.example.co.jp")
#define WHO		STR_INIT("Taro Yamada (taro.yamada)")
#define NOTE(number, code, the_tone, head, text, ...) \
    { .kind = CSN_V_PAGE, .status = (code), .page = { .screen = (number), \
    .tone = CSN_TONE_##the_tone, .heading = STR_INIT(head), \
    .message = STR_INIT(text), .here = LOGIN, .time_ms = SAMPLE_TIME_MS, \
    __VA_ARGS__ } }
#define WAYS(a)		.buttons = (a), .nbuttons = COUNT(a)
#define LIST(a)		(a), COUNT(a)
#define ARGS(a)		.args = { a, COUNT(a) }
#define REF		.reference = STR_INIT("K7QX-M2WD")
#define LINK(label, to)	{ STR_INIT(label), NONE, { NULL, 0 }, NONE, NONE, \
    to, CSN_B_PRIMARY, 0 }

static const struct csn_button log_in_to[] = {
	LINK("Log in to {host}", LOGIN) };
static const struct csn_button start_again[] = {
	LINK("Start again here", LOGIN) };
static const struct csn_button try_again[] = { LINK("Try again", LOGIN) };
static const struct csn_button go_on_to[] = {
	LINK("Continue to {host}", LOGIN) };
static const struct csn_button log_in_again[] = {
	LINK("Log in again", LOGIN) };
static const struct csn_button log_out_link[] = { LINK("Log out", LOGOUT) };
static const struct csn_button other_account[] = {
	LINK("Log out and use another account", LOGOUT) };
static const struct csn_button log_out[] = {
	{ STR_INIT("Log out"), NONE, { NULL, 0 }, NONE, NONE, NONE,
	    CSN_B_PRIMARY, 0 },
	{ STR_INIT("Log out on all devices"), NONE, { NULL, 0 },
	    STR_INIT("everywhere"), STR_INIT("1"), NONE, CSN_B_QUIET, 0 },
};
static const struct csn_pair token[] = {
	{ STR_INIT("token"), STR_INIT("c2VhbGVk") } };
static const struct csn_pair name[] = { { STR_INIT("name"), WHO } };
static const struct csn_pair disabled[] = {
	{ STR_INIT("state"), STR_INIT("disabled") } };
static const struct csn_pair until[] = {
	{ STR_INIT("time"), STR_INIT("@1795855500000") },
	{ STR_INIT("n"), STR_INIT("20") } };
static const struct csn_pair provider[] = {
	{ STR_INIT("provider"), STR_INIT("Microsoft account") } };
static const struct csn_pair refused[] = {
	{ STR_INIT("provider"), STR_INIT("Microsoft account") },
	{ STR_INIT("text"), STR_INIT("AADSTS50105: The user is not assigned "
	    "to a role for the application <guacamole>.") } };

static const struct csn_pair this_one[] = {
	{ STR_INIT("agent"), STR_INIT("Firefox · Windows") },
	{ STR_INIT("client"), STR_INIT("203.0.113.7") },
	{ STR_INIT("date"), STR_INIT("@1795854300000") },
	{ STR_INIT("time"), STR_INIT("@1795854300000") },
	{ STR_INIT("used"), STR_INIT("@1795855500000") },
	{ STR_INIT("until"), STR_INIT("@1795855500000") } };
static const struct csn_pair codes_left[] = {
	{ STR_INIT("n"), STR_INIT("7") } };
static const struct csn_button log_out_there[] = {
	{ STR_INIT("Log out there"), NONE, { NULL, 0 }, STR_INIT("csn-wish"),
	    STR_INIT("end:00"), NONE, 0, 0 } };
static const struct csn_button not_me[] = {
	{ STR_INIT("This was not me"), NONE, { NULL, 0 },
	    STR_INIT("csn-wish"), STR_INIT("not-me"), NONE, 0, 0 } };
static const struct csn_row sessions[] = {
	{ STR_INIT("{agent}"), STR_INIT("Since {date}, {time} · last used "
	    "{used}, {until} · {client}"), STR_INIT("This browser"),
	    { this_one, 6 }, LIST(log_out_link) },
	{ STR_INIT("Unknown browser"), STR_INIT("Since {date}, {time} · last "
	    "used {used}, {until} · {client}"), NONE, { this_one, 6 },
	    LIST(log_out_there) } };
static const struct csn_row happened[] = {
	{ STR_INIT("Logged in"), STR_INIT("{date}, {time} · {agent} · "
	    "{client}"), NONE, { this_one, 6 }, NULL, 0 } };
static const struct csn_section account[] = {
	{ STR_INIT("Recovery codes"), STR_INIT("You have {n} recovery codes "
	    "left. Each works once when you do not have your device."),
	    { codes_left, 1 }, NULL, 0, NULL, 0 },
	{ STR_INIT("Where you are logged in"), NONE, { NULL, 0 }, sessions, 2,
	    NULL, 0 },
	{ STR_INIT("What happened lately"), STR_INIT("If something here was "
	    "not you, say so: all your other sessions end, and no browser is "
	    "remembered any more."), { NULL, 0 },
	    happened, 1, LIST(not_me) } };

static const struct page_sample samples[] = {
	{ "13-link-used", NOTE(13, 404, ERROR, "Set-up link",
	    "This set-up link is not valid any more: it was used, or its "
	    "time is over. Ask {help} for a new one.", REF) },
	{ "13-link-another", NOTE(13, 403, ERROR, "Set-up link",
	    "This set-up link is for another person than {name}. Log out "
	    "first, then open it again.", ARGS(name), WAYS(log_out_link),
	    REF) },
	{ "14-not-enrolled", NOTE(14, 403, ERROR, "No authenticator app yet",
	    "You have not set up an authenticator app yet, and it cannot be "
	    "done from here. {help} can send you a set-up link.",
	    .host = HOST, .who = WHO, WAYS(try_again), REF) },
	{ "16-disabled", NOTE(16, 403, ERROR, "You are not logged in",
	    "Your password is right, but this account is {state}. Please "
	    "contact {help}.", ARGS(disabled), .host = HOST, WAYS(try_again),
	    REF) },
	{ "18-another", NOTE(18, 403, ERROR, "Another account",
	    "You are logged in as {name}, and this step was done as somebody "
	    "else. Log out first to use another account.", ARGS(name),
	    .host = HOST, WAYS(other_account), REF) },
	{ "18-mixed", NOTE(18, 403, ERROR, "Another account",
	    "The steps of this login belong to different accounts. Start "
	    "again with one of them.", .host = HOST, WAYS(start_again),
	    REF) },
	{ "19-no-access", NOTE(19, 403, ERROR, "No access",
	    "You are logged in as {name}, but this account may not use "
	    "{host}. If you need it, contact {help}.", ARGS(name),
	    .host = HOST, WAYS(other_account), REF) },
	{ "19-not-from-here", NOTE(19, 403, ERROR, "No access",
	    "This address cannot be used from here. If you need it, contact "
	    "{help}.", .host = HOST, REF) },
	{ "19-apart", NOTE(19, 403, ERROR, "No access",
	    "Your device reaches {host} and this page by different networks, "
	    "for example one of them by a VPN. Use one network for both, then "
	    "try again. If it stays like this, contact {help}.",
	    .host = HOST, WAYS(try_again), REF) },
	{ "20-logged-in", NOTE(20, 200, DONE, "You are logged in",
	    "You are logged in as {name}.", ARGS(name),
	    WAYS(log_out_link)) },
	{ "32-account", NOTE(32, 200, PLAIN, "Your account", "", ARGS(name),
	    .action = STR_INIT("/account"), .fields = { token, 1 },
	    .sections = account, .nsections = 3) },
	{ "21-done", NOTE(21, 200, PLAIN, "Already done",
	    "You have already done this step.", .host = HOST,
	    WAYS(go_on_to)) },
	{ "22-expired", NOTE(22, 200, ERROR, "This page has expired",
	    "This page was open too long and has expired. Nothing is lost.",
	    .host = HOST, WAYS(log_in_to)) },
	{ "23-other-browser", NOTE(23, 200, ERROR,
	    "Started in another browser", "This login was started in another "
	    "browser or app. Go on there, or start again here.",
	    .host = HOST, WAYS(start_again)) },
	{ "24-cookies", NOTE(24, 200, ERROR, "Cookies are blocked",
	    "Your browser did not keep the cookie that is needed to log in. "
	    "Allow cookies for {host}, or open this page in your usual "
	    "browser, then try again.", .host = HOST, WAYS(try_again)) },
	{ "25-throttled", NOTE(25, 429, ERROR, "Too many tries",
	    "Too many tries. You can try again after {time} (in about {n} "
	    "minutes). Your account has not been disabled. If you cannot "
	    "wait: {help}.", ARGS(until), .host = HOST, WAYS(try_again),
	    REF) },
	{ "27-refused", NOTE(27, 403, ERROR, "You are not logged in",
	    "{provider} did not let you log in. Its message: \"{text}\"",
	    ARGS(refused), .host = HOST, WAYS(try_again), REF) },
	{ "28-trouble", NOTE(28, 503, ERROR, "Login is not working",
	    "Login is not working at the moment. You did nothing wrong. "
	    "Please try again in a few minutes.", .host = HOST,
	    WAYS(try_again), REF) },
	{ "29-log-out", NOTE(29, 200, PLAIN, "Log out",
	    "You are logged in as {name}. Log out?", ARGS(name),
	    .action = STR_INIT("/logout"), .fields = { token, 1 },
	    WAYS(log_out)) },
	{ "29-logged-out", NOTE(29, 200, DONE, "You are logged out",
	    "You are logged out.", WAYS(log_in_again)) },
	{ "29-everywhere", NOTE(29, 200, DONE, "You are logged out",
	    "You are logged out on all devices. Close windows that are still "
	    "open, such as a remote desktop.", WAYS(log_in_again)) },
	{ "29-not-confirmed", NOTE(29, 200, PLAIN, "You are logged out",
	    "You are logged out here, but {provider} did not confirm. You may "
	    "still be logged in there: on a shared computer, close all "
	    "browser windows.", ARGS(provider), WAYS(log_in_again)) },
	{ "35-circles", NOTE(35, 503, ERROR, "Login goes in circles",
	    "You are logged in, but {host} asks for a login again and again. "
	    "You did nothing wrong: two of our servers do not agree. Please "
	    "try again in a few minutes. If it stays like this, contact "
	    "{help}.", .host = HOST, WAYS(try_again), REF) },
	{ "34-not-found", { .kind = CSN_V_PAGE, .status = 404, .page = {
	    .screen = 34, .tone = CSN_TONE_ERROR,
	    .heading = STR_INIT("Not found"),
	    .message = STR_INIT("There is no page at this address."),
	    .here = NONE } } },
};

const struct page_sample *
page_samples_notes(size_t *ret_n)
{
	*ret_n = COUNT(samples);
	return samples;
}
