/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-draw.c - pieces of a page: values, times, links, fields, buttons, policy
 */
#include "draw.h"
#include "lib/testing.h"
#include "page_samples.h"

#define JA_PO	"msgid \"\"\nmsgstr \"charset=UTF-8\\n\"\n\n" \
    "msgid \"Try after {time}\"\nmsgstr \"{time}から\"\n\n" \
    "msgid \"From {date}\"\nmsgstr \"{date}から\"\n\n" \
    "msgid \"It is {state}.\"\nmsgstr \"{state}。\"\n\n" \
    "msgid \"locked\"\nmsgstr \"ロックされています\"\n\n" \
    "msgid \"Error:\"\nmsgstr \"エラー:\"\n\n" \
    "msgid \"the help desk\"\nmsgstr \"ヘルプデスク\"\n\n" \
    "msgid \"Reference {ref} · {time}\"\n" \
    "msgstr \"お問い合わせ番号 {ref}（{time}）\"\n"

static struct catalogues *words;
static struct csn_site site;
static struct csn_view view;
static struct buf html, csp;

static void
say(void *arg, uint32_t severity, struct csn_str line)
{
	(void)arg;
	(void)severity;
	fail_msg("%.*s", STR_FMT(line));
}

static int
begin(void **state)
{
	(void)state;
	site = page_sample_site(STR("en"));
	memset(&view, 0, sizeof(view));
	view.kind = CSN_V_PAGE;
	view.page.language = STR("en");
	view.page.heading = STR("Heading");
	view.page.time_ms = SAMPLE_TIME_MS;
	buf_init(&html, 0);
	buf_init(&csp, 0);
	words = catalogues_new();
	return catalogues_add(words, STR("ja"), STR(JA_PO), "ja", say, NULL);
}

static int
end(void **state)
{
	(void)state;
	buf_free(&html);
	buf_free(&csp);
	catalogues_free(words);
	return 0;
}

static void
draw(void)
{
	buf_clear(&html);
	buf_clear(&csp);
	assert_int_equal(draw_view(words, &site, &view, &html, &csp), 0);
}

static bool
has(const char *text)
{
	return str_find(buf_str(&html), str_from(text)) >= 0;
}

#define assert_has(text) do {						\
	if (!has(text))							\
		fail_msg("no %s in %.*s", (text), STR_FMT(buf_str(&html))); \
} while (0)
#define assert_not(text) do {						\
	if (has(text))							\
		fail_msg("%s in %.*s", (text), STR_FMT(buf_str(&html))); \
} while (0)

/* Draws a message with one arg and looks for a piece of the page. */
static void
message(const char *language, const char *text, const char *name,
    const char *value, const char *want)
{
	struct csn_pair arg = { str_from(name), str_from(value) };

	view.page.language = str_from(language);
	view.page.message = str_from(text);
	view.page.args = (struct csn_pairs){ &arg, 1 };
	draw();
	assert_has(want);
	view.page.args = (struct csn_pairs){ NULL, 0 };
}

static void
values_are_text(void **state)
{
	(void)state;
	message("en", "Hello {a}, {a}!", "a", "<b>&\"'", "Hello "
	    "&lt;b&gt;&amp;&quot;&#39;, &lt;b&gt;&amp;&quot;&#39;!");
	/* braces in a value are no placeholders */
	message("en", "Hello {a}!", "a", "{help}{a}", "Hello {help}{a}!");
	message("en", "Hello {b}!", "a", "x", "Hello {b}!");
	message("en", "Said: \"{a}\"", "a", "", "Said: &quot;&quot;");
	/* no control or bidi character can turn the text around it */
	message("en", "({a})", "a", "a\xe2\x80\xae" "b\x01\x7f" "c\nd",
	    "(abc d)");
	message("en", "({a})", "a", "\xff", "(\xef\xbf\xbd)");
}

static void
keys_are_text_too(void **state)
{
	(void)state;
	message("en", "<script>&", "a", "x", "&lt;script&gt;&amp;");
	assert_not("<script");
}

static void
times_and_dates(void **state)
{
	(void)state;
	message("en", "Try after {time}", "time", "@1795825500000",
	    "Try after 09:25<");
	message("ja", "Try after {time}", "time", "@1795825500000",
	    ">9:25から");
	message("en", "From {date}", "date", "@1801440000000",
	    "From 1 February 2027<");
	message("ja", "From {date}", "date", "@1801440000000",
	    "<span class=\"date\">2027年2月1日</span>から");
	/* only by these names, and only what is a number */
	message("en", "Hello {name}", "name", "@1795825500000",
	    "Hello @1795825500000<");
	message("en", "Try after {time}", "time", "@x", "Try after @x<");
	message("en", "Try after {time}", "time", "@", "Try after @<");
	message("en", "Try after {time}", "time",
	    "@99999999999999999999999999", "@99999999999999999999999999<");
	site.time_zone = STR("Europe/Berlin");
	message("en", "Try after {time}", "time", "@1795825500000",
	    "Try after 01:25<");
}

static void
help_is_a_link(void **state)
{
	(void)state;
	message("en", "Ask {help}.", "a", "", "Ask "
	    "<a href=\"https://help.example.co.jp/mfa\">the service desk, "
	    "ext. 7000</a>.");
	site.help_url = STR("javascript:alert(1)");
	message("en", "Ask {help}.", "a", "",
	    "Ask the service desk, ext. 7000.");
	site.help_text = site.help_url = STR("");
	message("en", "Ask {help}. {help} knows.", "a", "",
	    "Ask the help desk. The help desk knows.");
	assert_not("<footer");
	message("ja", "Ask {help}.", "a", "", "Ask ヘルプデスク.");
}

static void
hosts_and_names_have_defaults(void **state)
{
	(void)state;
	view.page.who = STR("taro");
	message("en", "{host} {name}", "a", "", "login.example.co.jp taro<");
	view.page.host = STR("app.example.co.jp");
	message("en", "{host} {name}", "a", "", "app.example.co.jp taro<");
	message("en", "{host} {name}", "host", "x", "x taro<");
}

static void
words_of_ours_are_translated(void **state)
{
	(void)state;
	message("ja", "It is {state}.", "state", "locked",
	    "ロックされています。");
	message("en", "It is {state}.", "state", "locked", "It is locked.");
	/* a peer's words never are */
	message("ja", "It is {text}.", "text", "locked", "It is locked.");
}

static void
one_is_not_many(void **state)
{
	(void)state;
	message("en", "in {n} minutes", "n", "1", "in 1 minute<");
	message("en", "in {n} minutes", "n", "2", "in 2 minutes<");
	message("en", "{n} recovery codes left", "n", "1",
	    "1 recovery code left");
	message("en", "{n} apples", "n", "1", "1 apples");
}

static void
titles_say_errors_first(void **state)
{
	(void)state;
	draw();
	assert_has("<title>Heading · Example Remote Access</title>");
	view.page.tone = CSN_TONE_ERROR;
	draw();
	assert_has("<title>Error: Heading · Example");
	view.page.language = STR("ja");
	draw();
	assert_has("<html lang=\"ja\">");
	assert_has("<title>エラー: Heading · Example");
	site.name = STR("");
	draw();
	assert_has(" · login.example.co.jp</title>");
}

static void
tones_have_roles(void **state)
{
	(void)state;
	view.page.message = STR("Text");
	draw();
	assert_not("role=\"");
	view.page.tone = CSN_TONE_ERROR;
	draw();
	assert_has("role=\"alert\"><p id=\"message\">Text</p>");
	view.page.tone = CSN_TONE_DONE;
	draw();
	assert_has("role=\"status\"><p id=\"message\">Text</p>");
	view.page.message = STR("");
	draw();
	assert_not("id=\"message\"");
}

static void
languages_switch_here(void **state)
{
	(void)state;
	draw();
	assert_not("hreflang");
	view.page.here = STR("https://login.example.co.jp/login");
	draw();
	assert_has("<a href=\"https://login.example.co.jp/login?lang=ja\" "
	    "hreflang=\"ja\" lang=\"ja\">日本語</a>");
	assert_has("<span aria-current=\"true\">English</span>");
	view.page.here = STR("/login?to=x");
	draw();
	assert_has("href=\"/login?to=x&amp;lang=ja\"");
	view.page.here = STR("javascript:alert(1)");
	draw();
	assert_not("hreflang");
	view.page.here = STR("/login");
	site.languages.n = 1;
	draw();
	assert_not("hreflang");
}

static void
references_have_their_time(void **state)
{
	(void)state;
	draw();
	assert_not("reference");
	view.page.reference = STR("K7QX-M2WD");
	draw();
	assert_has("<p class=\"reference\">Reference K7QX-M2WD\302\240· "
	    "17:25</p>");
	view.page.language = STR("ja");
	draw();
	assert_has(">お問い合わせ番号 K7QX-M2WD（17:25）</p>");
}

/* ------------------------------------------------------------------ */

static const struct csn_prompt both[] = {
	{ .name = STR_INIT("username"), .label = STR_INIT("Name"),
	    .value = STR_INIT("taro\""), .kind = CSN_P_USERNAME,
	    .flags = CSN_PF_REQUIRED },
	{ .name = STR_INIT("password"), .label = STR_INIT("Password"),
	    .value = STR_INIT("Hunter2!"), .kind = CSN_P_PASSWORD,
	    .flags = CSN_PF_REQUIRED },
	{ .name = STR_INIT("new"), .label = STR_INIT("New password"),
	    .value = STR_INIT("Hunter2!"), .kind = CSN_P_NEW_PASSWORD },
	{ .name = STR_INIT("code"), .label = STR_INIT("Code"),
	    .value = STR_INIT("Hunter2!"), .kind = CSN_P_CODE },
};

static void
prompts(const struct csn_prompt *p, size_t n)
{
	view.page.action = STR("/login");
	view.page.prompts = p;
	view.page.nprompts = n;
	draw();
}

static void
fields_are_known_to_browsers(void **state)
{
	(void)state;
	prompts(both, COUNT(both));
	assert_has("<label for=\"field-1\">Name</label><input id=\"field-1\" "
	    "name=\"username\" required type=\"text\" "
	    "autocomplete=\"username\" autocapitalize=\"none\" "
	    "spellcheck=\"false\" value=\"taro&quot;\">");
	assert_has("name=\"password\" required autofocus type=\"password\" "
	    "autocomplete=\"current-password\">");
	assert_has("name=\"new\" type=\"password\" "
	    "autocomplete=\"new-password\">");
	assert_has("name=\"code\" type=\"text\" inputmode=\"numeric\" "
	    "autocomplete=\"one-time-code\"");
	assert_not("Hunter2!");
}

static void
wrong_fields_are_found(void **state)
{
	struct csn_prompt p[COUNT(both)];

	(void)state;
	memcpy(p, both, sizeof(p));
	p[3].flags = CSN_PF_WRONG;
	view.page.tone = CSN_TONE_ERROR;
	view.page.message = STR("Wrong");
	prompts(p, COUNT(p));
	assert_has("<a href=\"#field-4\">Wrong</a>");
	assert_has("name=\"code\" aria-invalid=\"true\" "
	    "aria-describedby=\"message\" autofocus");
	/* a link in a link is none */
	view.page.message = STR("Wrong, ask {help}");
	prompts(p, COUNT(p));
	assert_not("#field-4");
	/* no field is to blame: the first one is where to go */
	view.page.message = STR("Wrong");
	prompts(both, COUNT(both));
	assert_has("<a href=\"#field-1\">Wrong</a>");
	assert_not("aria-invalid");
}

static void
choices_and_checks(void **state)
{
	static const struct csn_prompt few = { .name = STR_INIT("way"),
	    .label = STR_INIT("Way"), .value = STR_INIT("a|<b>|c"),
	    .kind = CSN_P_CHOICE, .flags = CSN_PF_REQUIRED };
	static const struct csn_prompt many = { .name = STR_INIT("way"),
	    .label = STR_INIT("Way"), .value = STR_INIT("1|2|3|4|5|6|7"),
	    .kind = CSN_P_CHOICE };
	static const struct csn_prompt check = { .name = STR_INIT("keep"),
	    .label = STR_INIT("Keep"), .kind = CSN_P_CHECK };

	(void)state;
	prompts(&few, 1);
	assert_has("<legend>Way</legend><label class=\"pick\"><input "
	    "type=\"radio\" id=\"field-1\" name=\"way\" required "
	    "value=\"a\"><span>a</span></label>");
	assert_has("value=\"&lt;b&gt;\"><span>&lt;b&gt;</span>");
	prompts(&many, 1);
	assert_has("<select id=\"field-1\" name=\"way\">"
	    "<option value=\"1\">1</option>");
	prompts(&check, 1);
	assert_has("<input type=\"checkbox\" id=\"field-1\" name=\"keep\" "
	    "value=\"1\"><span>Keep</span>");
}

static void
things_to_read(void **state)
{
	static const struct csn_prompt p[] = {
		{ .label = STR_INIT("Scan"), .kind = CSN_P_QR, .value =
		    STR_INIT("otpauth://totp/a?secret=B&issuer=C") },
		{ .label = STR_INIT("Key"), .kind = CSN_P_SHOW,
		    .value = STR_INIT("SG7PQ4LRYPQIKSOL") },
		{ .label = STR_INIT("As"), .kind = CSN_P_SHOW,
		    .value = STR_INIT("Example: <taro>") },
		{ .label = STR_INIT("Codes"), .kind = CSN_P_LIST,
		    .value = STR_INIT("one\ntwo\n") },
		{ .name = STR_INIT("username"), .label = STR_INIT("Name"),
		    .kind = CSN_P_USERNAME },
		{ .name = STR_INIT("code"), .label = STR_INIT("Code"),
		    .kind = CSN_P_CODE },
	};

	(void)state;
	prompts(p, COUNT(p));
	assert_has("href=\"otpauth://totp/a?secret=B&amp;issuer=C\">Open in "
	    "the app on this phone</a>");
	assert_has("role=\"img\" aria-label=\"QR code. The same key stands "
	    "below as text\" viewBox=\"0 0 ");
	assert_has(">SG7P Q4LR YPQI KSOL</p>");
	assert_has(">Example: &lt;taro&gt;</p>");
	assert_has("<li>one</li><li>two</li></ul>");
	/* one is to read first: the page does not begin at its end */
	assert_not("autofocus");
	prompts(p + 1, 1);
	assert_not("otpauth");
}

static void
a_picture_of_something_else_has_no_link(void **state)
{
	static const struct csn_prompt p = { .label = STR_INIT("Scan"),
	    .kind = CSN_P_QR, .value = STR_INIT("javascript:alert(1)") };

	(void)state;
	prompts(&p, 1);
	assert_not("javascript:");
	assert_has("<svg ");
}

static size_t
where(const char *text)
{
	ptrdiff_t at = str_find(buf_str(&html), str_from(text));

	if (at < 0)
		fail_msg("no %s", text);
	return (size_t)at;
}

static void
buttons_stand_in_order(void **state)
{
	static const struct csn_button b[] = {
		{ .label = STR_INIT("Other"), .name = STR_INIT("factor"),
		    .value = STR_INIT("x"), .flags = CSN_B_QUIET },
		{ .label = STR_INIT("Link"), .url = STR_INIT("/a?b&c") },
		{ .label = STR_INIT("Down"), .note = STR_INIT("Broken"),
		    .url = STR_INIT("/a"), .flags = CSN_B_DISABLED },
		{ .label = STR_INIT("Bad"),
		    .url = STR_INIT("javascript:alert(1)") },
		{ .label = STR_INIT("Go"), .flags = CSN_B_PRIMARY },
	};
	static const struct csn_prompt p = { .name = STR_INIT("recovery"),
	    .label = STR_INIT("Recovery"), .kind = CSN_P_BUTTON };

	(void)state;
	view.page.buttons = b;
	view.page.nbuttons = COUNT(b);
	prompts(&p, 1);
	assert_has("<button type=\"submit\" class=\"button main\">"
	    "<span>Go</span></button>");
	assert_has("<a class=\"button\" href=\"/a?b&amp;c\">");
	assert_has("<button type=\"button\" disabled class=\"button\">"
	    "<span>Down</span> <span class=\"note\">Broken</span></button>");
	assert_has("<button type=\"submit\" name=\"factor\" value=\"x\" "
	    "formnovalidate class=\"quiet\"><span>Other</span></button>");
	assert_has("<button type=\"submit\" name=\"recovery\" value=\"1\" "
	    "formnovalidate class=\"quiet\">");
	assert_not("Bad");
	assert_true(where(">Go<") < where(">Link<"));
	assert_true(where(">Link<") < where("<h2>Other ways</h2>"));
	assert_true(where("<h2>Other ways</h2>") < where(">Other<"));
}

static void
forms_carry_what_is_hidden(void **state)
{
	static const struct csn_pair fields[] = {
		{ STR_INIT("round"), STR_INIT("a\"<b>\r\nc") } };

	(void)state;
	view.page.fields = (struct csn_pairs){ fields, 1 };
	draw();
	assert_not("<form");
	assert_not("hidden");
	view.page.action = STR("/login");
	draw();
	assert_has("<form method=\"post\" action=\"/login\">\n<input "
	    "type=\"hidden\" name=\"round\" "
	    "value=\"a&quot;&lt;b&gt;&#13;&#10;c\">");
	view.page.action = STR("javascript:alert(1)");
	draw();
	assert_not("<form");
}

static void
notices_are_paragraphs(void **state)
{
	(void)state;
	view.page.notice = STR("One <b>.\r\n\r\nTwo.\n");
	draw();
	assert_has("role=\"note\"><p>One &lt;b&gt;.</p><p>Two.</p></div>");
	view.page.notice = STR(" \n");
	draw();
	assert_not("role=\"note\"");
}

static void
waiting_pages_load_again(void **state)
{
	(void)state;
	view.page.refresh_s = 5;
	view.page.here = STR("/login?a&b");
	draw();
	assert_has("<meta http-equiv=\"refresh\" content=\"5; "
	    "url=/login?a&amp;b\">");
	view.page.here = STR("");
	draw();
	assert_has("<meta http-equiv=\"refresh\" content=\"5\">");
}

/* ------------------------------------------------------------------ */

#define CSP_BEGIN "default-src 'none'; style-src 'self'; img-src 'self'; "
#define CSP_END	"; base-uri 'none'; frame-ancestors 'none'"

static void
policies_allow_what_is_needed(void **state)
{
	static const struct csn_str origins[] = {
		STR_INIT("https://App.example.co.jp"),
		STR_INIT("https://x.example.com:8443/path"),
		STR_INIT("https://a; script-src 'unsafe-inline'"),
		STR_INIT("*"), STR_INIT("data:"), STR_INIT("") };

	(void)state;
	draw();
	assert_str(buf_str(&csp), CSP_BEGIN "form-action 'self'" CSP_END);
	view.page.form_origins = (struct csn_strs){ origins, COUNT(origins) };
	draw();
	assert_str(buf_str(&csp), CSP_BEGIN "form-action 'self' "
	    "https://app.example.co.jp https://x.example.com:8443" CSP_END);
	view.framed = 1;
	draw();
	assert_true(str_ends(buf_str(&csp), STR("; base-uri 'none'; "
	    "frame-ancestors https://app.example.co.jp "
	    "https://x.example.com:8443")));
	assert_not("<script");
}

static void
posts_submit_themselves(void **state)
{
	static const struct csn_pair fields[] = {
		{ STR_INIT("SAMLRequest"), STR_INIT("PHg+") } };

	(void)state;
	view.kind = CSN_V_POST;
	view.url = STR("https://idp.example.com/sso?x=1&y");
	view.fields = (struct csn_pairs){ fields, 1 };
	draw();
	assert_has("<script src=\"/.countersign/static/post.js\" defer>"
	    "</script>");
	assert_has("<link rel=\"stylesheet\" "
	    "href=\"/.countersign/static/style.css\">");
	assert_has("src=\"/.countersign/static/logo\"");
	assert_has("<form method=\"post\" id=\"post\" "
	    "action=\"https://idp.example.com/sso?x=1&amp;y\">\n<input "
	    "type=\"hidden\" name=\"SAMLRequest\" value=\"PHg+\">");
	/* the provider may send the form on to anywhere */
	assert_str(buf_str(&csp), CSP_BEGIN "script-src 'self'; form-action "
	    "'self' https:" CSP_END);
}

static void
a_page_may_lead_on(void **state)
{
	(void)state;
	view.page.go = STR("https://idp.example.com/sso?x=1&y");
	view.page.refresh_s = 5;
	draw();
	assert_has("<meta http-equiv=\"refresh\" content=\"0; "
	    "url=https://idp.example.com/sso?x=1&amp;y\">");
	view.page.go = STR("javascript:alert(1)");
	draw();
	assert_not("javascript:");
	view.page.go = STR("");
}

static void
bodies_may_do_nothing(void **state)
{
	static const struct csn_str origins[] = {
		STR_INIT("https://idp.example.com") };

	(void)state;
	view.kind = CSN_V_BODY;
	draw_csp(&csp, &view);
	assert_str(buf_str(&csp), "default-src 'none'; form-action 'none'"
	    CSP_END);
	buf_clear(&csp);
	view.page.form_origins = (struct csn_strs){ origins, 1 };
	view.framed = 1;
	draw_csp(&csp, &view);
	assert_str(buf_str(&csp), "default-src 'none'; form-action 'none'; "
	    "base-uri 'none'; frame-ancestors https://idp.example.com");
}

static void
other_views_are_not_drawn(void **state)
{
	(void)state;
	view.kind = CSN_V_REDIRECT;
	assert_int_equal(draw_view(words, &site, &view, &html, &csp), -1);
	view.kind = CSN_V_BODY;
	assert_int_equal(draw_view(words, &site, &view, &html, &csp), -1);
	view.kind = 0;
	assert_int_equal(draw_view(words, &site, &view, &html, &csp), -1);
	assert_int_equal(html.n, 0);
}

static void
half_a_page_is_none(void **state)
{
	(void)state;
	view.kind = CSN_V_PAGE;
	html.max = 500;
	assert_int_equal(draw_view(words, &site, &view, &html, &csp), -1);
	assert_int_equal(buf_str(&html).n, 0);
}

#define T(f)	cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(values_are_text), T(keys_are_text_too), T(times_and_dates),
		T(help_is_a_link), T(hosts_and_names_have_defaults),
		T(words_of_ours_are_translated), T(one_is_not_many),
		T(titles_say_errors_first), T(tones_have_roles),
		T(languages_switch_here), T(references_have_their_time),
		T(fields_are_known_to_browsers), T(wrong_fields_are_found),
		T(choices_and_checks), T(things_to_read),
		T(a_picture_of_something_else_has_no_link),
		T(buttons_stand_in_order), T(forms_carry_what_is_hidden),
		T(notices_are_paragraphs), T(waiting_pages_load_again),
		T(policies_allow_what_is_needed), T(posts_submit_themselves),
		T(a_page_may_lead_on), T(bodies_may_do_nothing),
		T(other_views_are_not_drawn), T(half_a_page_is_none),
	};

	return cmocka_run_group_tests_name("draw", tests, NULL, NULL);
}
