/* SPDX-License-Identifier: Apache-2.0 */
/* test-ip.c - each sentence of ip.h */
#include "testing.h"

#include "ip.h"

static struct ip
ip_of(const char *text)
{
	struct ip ip;

	if (ip_parse(str_from(text), &ip) != 0)
		fail_msg("refused %s", text);
	return ip;
}

static struct ip_net
net_of(const char *text)
{
	struct ip_net net;

	if (ip_net_parse(str_from(text), &net) != 0)
		fail_msg("refused %s", text);
	return net;
}

static bool
in(const char *ip, const char *net)
{
	struct ip a = ip_of(ip);
	struct ip_net n = net_of(net);

	return ip_in(&a, &n);
}

/* As read, and as RFC 5952 writes it. */
static void
test_parse_put(void **state)
{
	static const struct { const char *text, *want; bool v4; } rows[] = {
		{ "0.0.0.0", "0.0.0.0", true },
		{ "255.255.255.255", "255.255.255.255", true },
		{ "192.0.2.10", "192.0.2.10", true },
		{ "::ffff:192.0.2.10", "192.0.2.10", true },
		{ "::FFFF:c000:20a", "192.0.2.10", true },
		{ "0:0:0:0:0:ffff:192.0.2.10", "192.0.2.10", true },
		{ "::", "::", false },
		{ "::1", "::1", false },
		{ "1::", "1::", false },
		{ "::192.0.2.10", "::c000:20a", false },
		{ "0:0:0:0:0:0:0:1", "::1", false },
		{ "2001:DB8::0001", "2001:db8::1", false },
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1", false },
		{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1", false },
		{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", false },
		{ "2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1", false },
		{ "1:2:3:4:5:6:0:0", "1:2:3:4:5:6::", false },
		{ "0:0:1:2:3:4:5:6", "::1:2:3:4:5:6", false },
		{ "0:1:2:3:4:5:6:7", "0:1:2:3:4:5:6:7", false },
		{ "1:2:3:4:5:6:7:0", "1:2:3:4:5:6:7:0", false },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false },
		{ "2001:db8::192.0.2.1", "2001:db8::c000:201", false },
		{ "abcd:ef01:2345:6789:abcd:ef01:255.255.255.255",
		    "abcd:ef01:2345:6789:abcd:ef01:ffff:ffff", false },
		{ "::fffe:192.0.2.10", "::fffe:c000:20a", false },
	};
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ip ip = ip_of(rows[i].text), back;

		assert_int_equal(ip.v4, rows[i].v4);
		ip_put(&b, &ip);
		assert_str(buf_str(&b), rows[i].want);
		assert_int_equal(ip_parse(buf_str(&b), &back), 0);
		assert_memory_equal(back.b, ip.b, 16);
		buf_clear(&b);
	}
	buf_free(&b);
	assert_memory_equal(ip_of("1.2.3.4").b,
	    "\0\0\0\0\0\0\0\0\0\0\xff\xff\x01\x02\x03\x04", 16);
}

static void
test_refused(void **state)
{
	static const struct csn_str rows[] = {
		STR_INIT(""), STR_INIT("1"), STR_INIT("1.2.3"),
		STR_INIT("1.2.3.4.5"), STR_INIT("1.2.3.256"),
		STR_INIT("01.2.3.4"), STR_INIT("1.2.3.00"),
		STR_INIT("1.2.3.04"), STR_INIT("0x1.2.3.4"),
		STR_INIT("1.2.3."), STR_INIT(".1.2.3"), STR_INIT("1..2.3"),
		STR_INIT(" 1.2.3.4"), STR_INIT("1.2.3.4 "),
		STR_INIT("1.2.3.4\n"), STR_INIT("1.2.3.4\0"),
		STR_INIT("1.2.3.4\0x"), STR_INIT("1.2.3.+4"),
		STR_INIT("127.1"), STR_INIT("2130706433"),
		STR_INIT("1.2.3.4:80"), STR_INIT("1.2.3.4/32"),
		STR_INIT("localhost"), STR_INIT(":"), STR_INIT(":::"),
		STR_INIT("1:2:3:4:5:6:7"), STR_INIT("1:2:3:4:5:6:7:8:9"),
		STR_INIT("1::2::3"), STR_INIT("12345::"), STR_INIT("g::"),
		STR_INIT("::1%lo"), STR_INIT("fe80::1%25eth0"),
		STR_INIT("[::1]"), STR_INIT("::1 "), STR_INIT("::1\0"),
		STR_INIT("1:2:3:4:5:6:7::8:9"), STR_INIT(":1::2"),
		STR_INIT("1::2:"), STR_INIT("::ffff:1.2.3"),
		STR_INIT("::ffff:01.2.3.4"), STR_INIT("::1.2.3.4:5"),
		STR_INIT("1.2.3.4::"), STR_INIT("::1/128"),
		STR_INIT("00000000000000000000000000000000000000000000::1"),
		STR_INIT("abcd:ef01:2345:6789:abcd:ef01:255.255.255.2555"),
	};
	struct ip ip = { .b = { 7 } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (ip_parse(rows[i], &ip) != -1)
			fail_msg("accepted %.*s", STR_FMT(rows[i]));
		assert_int_equal(ip.b[0], 7);
	}
	assert_int_equal(ip_parse(str_of(NULL, 0), &ip), -1);
	/* only the slice counts, not what lies behind it */
	assert_int_equal(ip_parse(str_of("1.2.3.45", 7), &ip), 0);
	assert_int_equal(ip.b[15], 4);
}

static void
test_net_refused(void **state)
{
	static const char *const rows[] = {
		"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1",
		"10.0.0.0/08", "10.0.0.0/+8", "10.0.0.0/ 8", "10.0.0.0/8 ",
		"10.0.0.0/8/8", "10.0.0.0/255.0.0.0", "10.0.0.0/a",
		"10.0.0.1/8", "10.0.0.1/31", "0.0.0.1/0", "::1/0", "::1/127",
		"2001:db9::/31", "2001:db8::/129", "2001:db8::1/64",
		"::ffff:0:0/95", "::ffff:10.0.0.1/104", "10/8", "10.0.0/24",
		"10.0.0.0/18446744073709551624", "::/00", "localhost/8",
	};
	struct ip_net net = { .bits = 7 };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (ip_net_parse(str_from(rows[i]), &net) != -1)
			fail_msg("accepted %s", rows[i]);
		assert_int_equal(net.bits, 7);
	}
	assert_int_equal(ip_net_parse(str_of(NULL, 0), &net), -1);
	assert_int_equal(net_of("10.0.0.0/24").bits, 120);
	assert_int_equal(net_of("10.0.0.1").bits, 128);
	assert_int_equal(net_of("0.0.0.0/0").bits, 96);
	assert_int_equal(net_of("::/0").bits, 0);
	assert_int_equal(net_of("::1").bits, 128);
	assert_int_equal(net_of("::ffff:10.0.0.0/104").bits, 104);
	assert_true(net_of("::ffff:10.0.0.0/104").base.v4);
}

static void
test_in(void **state)
{
	(void)state;
	assert_true(in("10.1.2.3", "10.0.0.0/8"));
	assert_false(in("11.0.0.0", "10.0.0.0/8"));
	assert_false(in("9.255.255.255", "10.0.0.0/8"));
	assert_true(in("10.255.255.255", "10.0.0.0/8"));
	assert_true(in("192.0.2.129", "192.0.2.128/25"));
	assert_false(in("192.0.2.127", "192.0.2.128/25"));
	assert_true(in("192.0.2.130", "192.0.2.130/31"));
	assert_true(in("192.0.2.131", "192.0.2.130/31"));
	assert_false(in("192.0.2.132", "192.0.2.130/31"));
	assert_true(in("192.0.2.1", "192.0.2.1"));
	assert_false(in("192.0.2.2", "192.0.2.1"));
	assert_true(in("8.8.8.8", "0.0.0.0/0"));
	assert_true(in("::ffff:10.1.2.3", "10.0.0.0/8"));
	assert_true(in("10.1.2.3", "::ffff:10.0.0.0/104"));
	assert_true(in("2001:db8:0:1::5", "2001:db8:0:1::/64"));
	assert_false(in("2001:db8:0:2::5", "2001:db8:0:1::/64"));
	assert_true(in("2001:db8:8000::", "2001:db8:8000::/33"));
	assert_false(in("2001:db8:7fff::", "2001:db8:8000::/33"));
	assert_true(in("::1", "::/0"));
	/* the families do not mix */
	assert_false(in("10.1.2.3", "::/0"));
	assert_false(in("::1", "0.0.0.0/0"));
	assert_false(in("::10.1.2.3", "10.0.0.0/8"));
}

static void
test_loopback(void **state)
{
	static const struct { const char *text; bool want; } rows[] = {
		{ "127.0.0.1", true }, { "127.255.255.255", true },
		{ "::ffff:127.0.0.1", true }, { "::1", true },
		{ "126.255.255.255", false }, { "128.0.0.0", false },
		{ "0.0.0.0", false }, { "::", false }, { "::2", false },
		{ "::127.0.0.1", false }, { "1::1", false },
		{ "7f00::1", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ip ip = ip_of(rows[i].text);

		assert_int_equal(ip_loopback(&ip), rows[i].want);
	}
}

static void
assert_masked(const char *text, unsigned bits, const char *want)
{
	struct ip ip = ip_of(text), expected = ip_of(want);
	struct ip masked = ip_mask(&ip, bits);

	assert_memory_equal(masked.b, expected.b, 16);
	assert_int_equal(masked.v4, expected.v4);
}

static void
test_mask(void **state)
{
	(void)state;
	assert_masked("192.0.2.77", 128, "192.0.2.77");
	assert_masked("192.0.2.77", 120, "192.0.2.0");
	assert_masked("192.0.2.77", 64, "0.0.0.0");
	assert_masked("2001:db8:1:2:3:4:5:6", 64, "2001:db8:1:2::");
	assert_masked("2001:db8:1:2:3:4:5:6", 48, "2001:db8:1::");
	assert_masked("2001:db8:1:2:3:4:5:6", 128, "2001:db8:1:2:3:4:5:6");
	assert_masked("2001:db8:1:2:3:4:5:6", 999, "2001:db8:1:2:3:4:5:6");
	assert_masked("2001:db8:1:2:3:4:5:6", 0, "::");
	assert_masked("ffff::", 3, "e000::");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_put),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_net_refused),
		cmocka_unit_test(test_in),
		cmocka_unit_test(test_loopback),
		cmocka_unit_test(test_mask),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("ip", tests, NULL, NULL);
}
