/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-view-pack.c - an answer kept and given again is the same answer
 */
#include "host_testing.h"
#include "visit.h"

/* a new field is packed, or this is changed on purpose: a page's sections are
 * not, for no page that has them answers a round */
_Static_assert(sizeof(void *) != 8 || sizeof(struct csn_view) == 424,
    "every field is packed");
_Static_assert(sizeof(void *) != 8 || sizeof(struct csn_page) == 296,
    "every field is packed");
_Static_assert(sizeof(void *) != 8 || sizeof(struct csn_button) == 104,
    "every field is packed");
_Static_assert(sizeof(void *) != 8 || sizeof(struct csn_prompt) == 80,
    "every field is packed");

static struct arena a;
static struct csn_pair pairs[] = { { STR_INIT("n1"), STR_INIT("v1") },
	{ STR_INIT("n2"), STR_INIT("") } };
static struct csn_str origins[] = { STR_INIT("https://idp.example.org") };
static struct csn_cookie cookies[] = {
	{ STR_INIT("c"), STR_INIT("value"), -1, CSN_C_NONE, 0 },
	{ STR_INIT("d"), STR_INIT(""), 60, CSN_C_CLEAR, 0 } };
static struct csn_prompt prompts[] = { { .name = STR_INIT("code"),
	.label = STR_INIT("Code of {device}"), .args = { pairs, 2 },
	.value = STR_INIT("123"), .kind = CSN_P_CODE, .max_bytes = 8,
	.flags = CSN_PF_REQUIRED } };
static struct csn_button buttons[] = { { .label = STR_INIT("Log in"),
	.note = STR_INIT("note"), .args = { pairs, 1 },
	.name = STR_INIT("go"), .value = STR_INIT("1"),
	.url = STR_INIT("/x"), .flags = CSN_B_PRIMARY } };

static struct csn_view
view_full(void)
{
	struct csn_view v = { .kind = CSN_V_PAGE, .status = 200,
	    .url = STR("https://a/"), .fields = { pairs, 2 },
	    .content_type = STR("text/html"), .body = STR("body"),
	    .file_name = STR("codes.txt"),
	    .cookies = cookies, .ncookies = 2, .retry_after_s = 9,
	    .clear_site_data = 1, .framed = 1,
	    .seen_again = 1 };

	v.page = (struct csn_page){ .screen = 7, .tone = CSN_TONE_ERROR,
	    .language = STR("ja"), .heading = STR("h"), .message = STR("m"),
	    .args = { pairs, 1 }, .host = STR("host"), .who = STR("ann"),
	    .not_you = STR("/not"), .notice = STR("notice"),
	    .action = STR("/login"), .fields = { pairs, 2 },
	    .prompts = prompts, .nprompts = 1, .buttons = buttons,
	    .nbuttons = 1, .here = STR("/here"), .reference = STR("REF"),
	    .time_ms = T_NOW, .refresh_s = 3, .go = STR("https://go/"),
	    .form_origins = { origins, 1 } };
	return v;
}

static int
unpacked(const struct buf *b, size_t n, struct csn_view *ret)
{
	return view_unpack(&a, str_of(b->p, n), ret);
}

static void
check_page(const struct csn_page *p)
{
	assert_true(p->screen == 7 && p->tone == CSN_TONE_ERROR &&
	    p->time_ms == T_NOW && p->refresh_s == 3);
	assert_str(p->go, "https://go/");
	assert_str(p->heading, "h");
	assert_str(p->message, "m");
	assert_str(p->args.v[0].value, "v1");
	assert_str(p->host, "host");
	assert_str(p->who, "ann");
	assert_str(p->not_you, "/not");
	assert_str(p->notice, "notice");
	assert_str(p->action, "/login");
	assert_int_equal(p->fields.n, 2);
	assert_str(p->prompts[0].name, "code");
	assert_str(p->prompts[0].label, "Code of {device}");
	assert_str(p->prompts[0].args.v[1].name, "n2");
	assert_str(p->prompts[0].value, "123");
	assert_true(p->prompts[0].kind == CSN_P_CODE &&
	    p->prompts[0].max_bytes == 8 &&
	    p->prompts[0].flags == CSN_PF_REQUIRED);
	assert_str(p->buttons[0].label, "Log in");
	assert_str(p->buttons[0].note, "note");
	assert_int_equal(p->buttons[0].args.n, 1);
	assert_str(p->buttons[0].name, "go");
	assert_str(p->buttons[0].value, "1");
	assert_str(p->buttons[0].url, "/x");
	assert_int_equal(p->buttons[0].flags, CSN_B_PRIMARY);
	assert_str(p->here, "/here");
	assert_str(p->reference, "REF");
	assert_str(p->form_origins.v[0], "https://idp.example.org");
}

static void
test_same(void **state)
{
	struct csn_view v = view_full(), w;
	struct buf b;

	(void)state;
	arena_init(&a, 1 << 16);
	buf_init(&b, 0);
	view_pack(&b, &v);
	assert_false(buf_failed(&b));
	assert_int_equal(unpacked(&b, b.n, &w), 0);
	assert_true(w.kind == CSN_V_PAGE && w.status == 200 &&
	    w.retry_after_s == 9 && w.clear_site_data == 1 && w.framed == 1 &&
	    w.seen_again == 1);
	assert_str(w.url, "https://a/");
	assert_str(w.fields.v[0].name, "n1");
	assert_str(w.content_type, "text/html");
	assert_str(w.body, "body");
	assert_int_equal(w.ncookies, 2);
	assert_str(w.cookies[0].value, "value");
	assert_true(w.cookies[0].max_age_s == -1 &&
	    w.cookies[0].flags == CSN_C_NONE);
	assert_str(w.cookies[1].name, "d");
	check_page(&w.page);
	buf_free(&b);
	arena_free(&a);
}

static void
test_refused(void **state)
{
	struct csn_view v = view_full(), w;
	struct buf b;

	(void)state;
	arena_init(&a, 1 << 20);
	buf_init(&b, 0);
	view_pack(&b, &v);
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(unpacked(&b, n, &w), -1);
	buf_char(&b, 'x');
	assert_int_equal(unpacked(&b, b.n, &w), -1);
	/* a list longer than any page has */
	b.n--;
	b.p[20] = 1;
	b.p[21] = 1;
	assert_int_equal(unpacked(&b, b.n, &w), -1);
	b.p[20] = 0;
	b.p[21] = 2;
	assert_int_equal(unpacked(&b, b.n, &w), 0);
	/* no room is no answer */
	arena_free(&a);
	arena_init(&a, 64);
	assert_int_equal(unpacked(&b, b.n, &w), -1);
	buf_free(&b);
	arena_free(&a);
}

static void
test_empty(void **state)
{
	struct csn_view v = { .kind = CSN_V_REDIRECT, .url = STR("/") }, w;
	struct buf b;

	(void)state;
	arena_init(&a, 1 << 12);
	buf_init(&b, 0);
	view_pack(&b, &v);
	assert_int_equal(unpacked(&b, b.n, &w), 0);
	assert_true(w.kind == CSN_V_REDIRECT && w.ncookies == 0 &&
	    w.page.nprompts == 0 && w.page.fields.n == 0);
	assert_str(w.url, "/");
	buf_free(&b);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests_name("view-pack", tests, NULL, NULL);
}
