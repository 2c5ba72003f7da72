/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-mail.c - letters, whatever the texts in them hold
 */
#include "lib/testing.h"
#include "mail.h"

static void
addresses(void **state)
{
	static const char *const good[] = { "a@b", "taro.yamada@example.co.jp",
	    "taro+x_y@mail.example.com" };
	static const char *const bad[] = { "", "a", "@b", "a@", "a@b@c",
	    "-oQ/tmp@b", "a b@c", "a@b c", "a@b\n", "a,b@c", "<a@b>",
	    "a;b@c", "\"a\"@b", "a@b\xc3\xa9", "a'b@c", "a$b@c", "a`b@c" };
	char long_one[400];

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(mail_address_ok(str_from(good[i])));
	for (size_t i = 0; i < COUNT(bad); i++)
		if (mail_address_ok(str_from(bad[i])))
			fail_msg("taken: %s", bad[i]);
	memset(long_one, 'a', sizeof(long_one));
	long_one[1] = '@';
	assert_true(mail_address_ok(str_of(long_one, MAIL_ADDRESS_MAX)));
	assert_false(mail_address_ok(str_of(long_one, MAIL_ADDRESS_MAX + 1)));
	assert_false(mail_address_ok(str_of("a@b\0c", 5)));
}

/* Each line of the head begins with a name of ours, or goes on. */
static void
a_text_ends_no_header(void **state)
{
	static const char *const names[] = { "From: ", "To: ", "Subject: ",
	    "Date: ", "Message-ID: ", "Auto-Submitted: ", "MIME-Version: ",
	    "Content-Type: ", "Content-Transfer-Encoding: ", " " };
	struct mail m = { .from = STR("a@b"), .to = STR("c@d"),
	    .from_name = STR("Site\nBcc: x@y"), .host = STR("login.example"),
	    .subject = STR("\r\n\r\nhello\nTo: x@y, リモート接続リモート接続"
	    "リモート接続リモート接続"), .body = STR("\n.\nFrom x\n"),
	    .time_ms = INT64_C(1800000000000) };
	struct csn_str rest, line;
	struct buf b;
	size_t k;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(mail_put(&b, &m), 0);
	assert_true(str_find(buf_str(&b),
	    STR("Date: Fri, 15 Jan 2027 08:00:00 +0000\n")) > 0);
	rest = buf_str(&b);
	while (str_cut(&rest, '\n', &line) && line.n > 0) {
		assert_true(line.n < 80);
		for (k = 0; k < COUNT(names); k++)
			if (str_starts(line, str_from(names[k])))
				break;
		if (k == COUNT(names))
			fail_msg("a line of the head: %.*s", STR_FMT(line));
	}
	/* behind it nothing but base64 */
	while (str_cut(&rest, '\n', &line))
		for (size_t i = 0; i < line.n; i++)
			assert_true((line.p[i] | 32) >= 'a' ||
			    strchr("0123456789+/=", line.p[i]) != NULL);
	m.to = STR("-oQ@b");
	assert_int_equal(mail_put(&b, &m), -1);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(a_text_ends_no_header),
	};

	return cmocka_run_group_tests_name("mail", tests, NULL, NULL);
}
