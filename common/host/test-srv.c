/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages made by hand for the parser; tests/peers/dns-stub.py for the rest.
 * The reader of resolv.conf is replaced.
 */
#include <netinet/in.h>
#include <resolv.h>

#include "lib/buf.h"
#include "lib/testing.h"
#include "lib/testing_clock.h"
#include "lib/timefmt.h"
#include "srv.h"
#include "srv_ask.h"
#include "test-peer.h"

#define ID	0x1234
#define NAME	"_ldap._tcp.corp.example"

static struct peer peer;
static char server[32], nobody[32];

static int
set_up(void **state)
{
	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	if (peer_start(&peer, "dns-stub.py", NULL) != 0)
		return -1;
	(void)snprintf(server, sizeof(server), "127.0.0.1:%u", peer.ports[0]);
	(void)snprintf(nobody, sizeof(nobody), "127.0.0.1:%u", peer.ports[1]);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	peer_stop(&peer);
	return 0;
}

/* ------------------------------------------------------------------ */
/* messages */

static void
name_put(struct buf *b, const char *text)
{
	struct csn_str rest = str_from(text), label;

	while (rest.n > 0 && str_cut(&rest, '.', &label)) {
		buf_u8(b, (uint8_t)label.n);
		buf_str_put(b, label);
	}
	buf_u8(b, 0);
}

static void
head_put(struct buf *b, uint16_t flags, uint16_t answers, uint16_t others)
{
	buf_free(b);
	buf_init(b, 0);
	buf_u16(b, ID);
	buf_u16(b, flags);
	buf_u16(b, 1);
	buf_u16(b, answers);
	buf_u16(b, 0);
	buf_u16(b, others);
	name_put(b, NAME);
	buf_u16(b, 33);
	buf_u16(b, 1);
}

/* A record whose owner is the question's name, by a pointer. */
static void
record_put(struct buf *b, uint16_t type, const void *data, size_t n)
{
	buf_u16(b, 0xc00c);
	buf_u16(b, type);
	buf_u16(b, 1);
	buf_u32(b, 60);
	buf_lv16(b, str_of(data, n));
}

static void
srv_put(struct buf *b, uint16_t priority, uint16_t weight, uint16_t port,
    const char *target)
{
	struct buf data;

	buf_init(&data, 0);
	buf_u16(&data, priority);
	buf_u16(&data, weight);
	buf_u16(&data, port);
	name_put(&data, target);
	record_put(b, 33, data.p, data.n);
	buf_free(&data);
}

static struct srv_record got[SRV_RECORDS_MAX];
static size_t ngot;

static int32_t
parsed(const struct buf *b)
{
	ngot = 99;
	return srv_parse(buf_str(b), ID, STR(NAME), got, &ngot);
}

static void
records_are_read(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	head_put(&b, 0x8180, 2, 0);
	srv_put(&b, 1, 2, 389, "DC1.corp.example");
	srv_put(&b, 65535, 65535, 65535, "dc2.corp.example");
	assert_int_equal(parsed(&b), CSN_OK);
	assert_int_equal(ngot, 2);
	assert_int_equal(got[0].priority, 1);
	assert_int_equal(got[0].weight, 2);
	assert_int_equal(got[0].port, 389);
	assert_string_equal(got[0].target, "dc1.corp.example");
	assert_int_equal(got[1].port, 65535);
	/* the target ends in a pointer to corp.example, at 12 + 11 */
	head_put(&b, 0x8180, 1, 0);
	record_put(&b, 33, "\0\1\0\2\0\3\2dc\xc0\x17", 11);
	assert_int_equal(parsed(&b), CSN_OK);
	assert_string_equal(got[0].target, "dc.corp.example");
	/* a label with a dot in it is no two labels */
	head_put(&b, 0x8180, 1, 0);
	record_put(&b, 33, "\0\1\0\2\0\3\5a.b\0c\0", 13);
	assert_int_equal(parsed(&b), CSN_OK);
	assert_string_equal(got[0].target, "a?b?c");
	buf_free(&b);
}

static void
no_records_are_told(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	head_put(&b, 0x8180, 0, 0);
	assert_int_equal(parsed(&b), CSN_E_ABSENT);
	head_put(&b, 0x8183, 0, 0);
	assert_int_equal(parsed(&b), CSN_E_ABSENT);
	for (uint16_t rcode = 1; rcode < 16; rcode++) {
		head_put(&b, 0x8180 | rcode, 0, 0);
		assert_int_equal(parsed(&b), rcode == 3 ? CSN_E_ABSENT :
		    CSN_E_BACKEND);
	}
	/* "." alone; another type; another class; another owner */
	head_put(&b, 0x8180, 1, 0);
	srv_put(&b, 0, 0, 0, "");
	assert_int_equal(parsed(&b), CSN_E_ABSENT);
	head_put(&b, 0x8180, 1, 0);
	record_put(&b, 1, "\x7f\0\0\1", 4);
	assert_int_equal(parsed(&b), CSN_E_ABSENT);
	head_put(&b, 0x8180, 1, 0);
	srv_put(&b, 0, 0, 1, "a.corp.example");
	b.p[12 + sizeof(NAME) + 1 + 4 + 5] = 3;
	assert_int_equal(parsed(&b), CSN_E_ABSENT);
	head_put(&b, 0x8180, 1, 0);
	srv_put(&b, 0, 0, 1, "a.corp.example");
	b.p[12 + sizeof(NAME) + 1 + 4 + 1] = 0x17;
	assert_int_equal(parsed(&b), CSN_E_ABSENT);
	/* cut */
	head_put(&b, 0x8380, 0, 0);
	assert_int_equal(parsed(&b), SRV_CUT);
	/* a record of the authority section is none of the answer */
	head_put(&b, 0x8180, 0, 1);
	srv_put(&b, 0, 0, 1, "a.corp.example");
	assert_int_equal(parsed(&b), CSN_E_ABSENT);
	buf_free(&b);
}

static void
answers_to_others_are_told(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	head_put(&b, 0x8180, 1, 0);
	srv_put(&b, 0, 0, 1, "a.corp.example");
	assert_int_equal(parsed(&b), CSN_OK);
	b.p[1] ^= 1;			/* the number */
	assert_int_equal(parsed(&b), SRV_OTHER);
	b.p[1] ^= 1;
	b.p[2] ^= 0x80;			/* a question */
	assert_int_equal(parsed(&b), SRV_OTHER);
	b.p[2] ^= 0x80;
	b.p[2] ^= 0x08;			/* another operation */
	assert_int_equal(parsed(&b), SRV_OTHER);
	b.p[2] ^= 0x08;
	b.p[14] ^= 1;			/* another name */
	assert_int_equal(parsed(&b), SRV_OTHER);
	b.p[14] ^= 1;
	b.p[14] ^= 0x20;		/* the same in upper case */
	assert_int_equal(parsed(&b), CSN_OK);
	b.p[12 + sizeof(NAME) + 2] ^= 1;	/* another type */
	assert_int_equal(parsed(&b), SRV_OTHER);
	b.p[12 + sizeof(NAME) + 2] ^= 1;
	b.p[12 + sizeof(NAME) + 4] ^= 2;	/* another class */
	assert_int_equal(parsed(&b), SRV_OTHER);
	b.p[12 + sizeof(NAME) + 4] ^= 2;
	b.p[5] = 2;			/* two questions */
	assert_int_equal(parsed(&b), SRV_OTHER);
	buf_free(&b);
}

static void
malformed_messages_are_refused(void **state)
{
	struct csn_str whole;
	struct buf b, part;
	int32_t rc;

	(void)state;
	buf_init(&b, 0);
	/* something left over */
	head_put(&b, 0x8180, 1, 0);
	srv_put(&b, 0, 0, 1, "a.corp.example");
	buf_u8(&b, 0);
	assert_int_equal(parsed(&b), CSN_E_BACKEND);
	/* fewer records than told, in each section */
	head_put(&b, 0x8180, 2, 0);
	srv_put(&b, 0, 0, 1, "a.corp.example");
	assert_int_equal(parsed(&b), CSN_E_BACKEND);
	head_put(&b, 0x8180, 1, 1);
	srv_put(&b, 0, 0, 1, "a.corp.example");
	assert_int_equal(parsed(&b), CSN_E_BACKEND);
	/* data too short, too long, a target that ends early or late */
	head_put(&b, 0x8180, 1, 0);
	record_put(&b, 33, "\0\0\0\0\0\1", 6);
	assert_int_equal(parsed(&b), CSN_E_BACKEND);
	head_put(&b, 0x8180, 1, 0);
	record_put(&b, 33, "\0\0\0\0\0\1\1a\0\0", 10);
	assert_int_equal(parsed(&b), CSN_E_BACKEND);
	head_put(&b, 0x8180, 1, 0);
	record_put(&b, 33, "\0\0\0\0\0\1\2a", 8);
	assert_int_equal(parsed(&b), CSN_E_BACKEND);
	/* pointers: to itself, forward, into the head; labels of no kind */
	head_put(&b, 0x8180, 1, 0);
	record_put(&b, 33, "\0\0\0\0\0\1\xc0\x3b", 8);
	assert_int_equal(b.p[b.n - 1], b.n - 2);
	assert_int_equal(parsed(&b), CSN_E_BACKEND);
	b.p[b.n - 1]++;
	assert_int_equal(parsed(&b), CSN_E_BACKEND);
	b.p[b.n - 1] = 4;
	assert_int_equal(parsed(&b), CSN_E_BACKEND);
	b.p[b.n - 2] = 0x80;
	assert_int_equal(parsed(&b), CSN_E_BACKEND);
	b.p[b.n - 2] = 0x40;
	assert_int_equal(parsed(&b), CSN_E_BACKEND);
	b.p[b.n - 2] = 0xff;
	assert_int_equal(parsed(&b), CSN_E_BACKEND);
	/* cut at each place */
	head_put(&b, 0x8180, 1, 1);
	srv_put(&b, 0, 0, 1, "a.corp.example");
	srv_put(&b, 0, 0, 1, "b.corp.example");
	assert_int_equal(parsed(&b), CSN_OK);
	whole = buf_str(&b);
	for (size_t n = 0; n < whole.n; n++) {
		buf_init(&part, 0);
		buf_put(&part, whole.p, n);
		rc = parsed(&part);
		if (rc != SRV_OTHER && rc != CSN_E_BACKEND)
			fail_msg("cut at %zu: %d", n, rc);
		buf_free(&part);
	}
	buf_free(&b);
}

static void
names_are_bounded(void **state)
{
	char label[64], *text = calloc(1, 512);
	struct buf b;

	(void)state;
	memset(label, 'a', 63);
	label[63] = '\0';
	(void)snprintf(text, 512, "%s.%s.%s.%.61s", label, label, label, label);
	assert_int_equal(strlen(text), 253);
	buf_init(&b, 0);
	head_put(&b, 0x8180, 1, 0);
	srv_put(&b, 0, 0, 1, text);
	assert_int_equal(parsed(&b), CSN_OK);
	assert_string_equal(got[0].target, text);
	(void)snprintf(text, 512, "%s.%s.%s.%.62s", label, label, label, label);
	head_put(&b, 0x8180, 1, 0);
	srv_put(&b, 0, 0, 1, text);
	assert_int_equal(parsed(&b), CSN_E_BACKEND);
	/* more records than are kept */
	head_put(&b, 0x8180, 200, 0);
	for (int i = 0; i < 200; i++)
		srv_put(&b, 0, 0, (uint16_t)i, "a");
	assert_int_equal(parsed(&b), CSN_OK);
	assert_int_equal(ngot, SRV_RECORDS_MAX);
	assert_int_equal(got[127].port, 127);
	buf_free(&b);
	free(text);
}

/* An alias loop ends; an alias that leads somewhere is followed. */
static void
aliases_are_followed(void **state)
{
	struct buf b, to;

	(void)state;
	buf_init(&b, 0);
	head_put(&b, 0x8180, 2, 0);
	record_put(&b, 5, "\xc0\x0c", 2);
	srv_put(&b, 0, 0, 1, "a.corp.example");
	assert_int_equal(parsed(&b), CSN_OK);	/* of the name itself */
	head_put(&b, 0x8180, 1, 0);
	record_put(&b, 5, "\xc0\x0c", 2);
	assert_int_equal(parsed(&b), CSN_E_ABSENT);
	head_put(&b, 0x8180, 1, 0);
	buf_init(&to, 0);
	name_put(&to, "x.corp.example");
	buf_u8(&to, 0);			/* something behind the name */
	record_put(&b, 5, to.p, to.n);
	assert_int_equal(parsed(&b), CSN_E_BACKEND);
	buf_free(&to);
	buf_free(&b);
}

/* ------------------------------------------------------------------ */
/* order */

static uint32_t chances[16];
static size_t nchances;

static void
given(void *arg, void *p, size_t n)
{
	size_t *at = arg;

	assert_int_equal(n, 4);
	assert_true(*at < nchances);
	memcpy(p, &chances[(*at)++], 4);
}

static struct srv_record
record(uint16_t priority, uint16_t weight, uint16_t port)
{
	return (struct srv_record){ priority, weight, port, "x" };
}

static void
ports_are(const struct srv_record *v, size_t n, const char *want)
{
	char text[128] = "";
	size_t at = 0;

	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%u",
		    i > 0 ? " " : "", v[i].port);
	assert_string_equal(text, want);
}

static void
priorities_come_first(void **state)
{
	struct srv_record v[] = { record(20, 9, 1), record(10, 0, 2),
		record(30, 0, 3), record(10, 5, 4) };
	size_t at = 0;

	(void)state;
	nchances = 1;
	chances[0] = 1;		/* of 0 to 5: beyond the one of no weight */
	srv_order(v, 4, given, &at);
	ports_are(v, 4, "4 2 1 3");
	assert_int_equal(at, 1);
	at = 0;
	chances[0] = 0;
	srv_order(v, 4, given, &at);
	ports_are(v, 4, "2 4 1 3");
}

static void
weights_are_chances(void **state)
{
	struct srv_record v[3];
	unsigned first[4] = { 0 };
	size_t at;

	(void)state;
	nchances = 2;
	/* weights 1, 2, 7: of 0 to 10, {0,1} {2,3} {4..10} */
	for (uint32_t c = 0; c < 11; c++) {
		v[0] = record(0, 1, 1);
		v[1] = record(0, 2, 2);
		v[2] = record(0, 7, 3);
		chances[0] = c;
		chances[1] = 0;
		at = 0;
		srv_order(v, 3, given, &at);
		first[v[0].port]++;
	}
	assert_int_equal(first[1], 2);
	assert_int_equal(first[2], 2);
	assert_int_equal(first[3], 7);
	v[0] = record(0, 65535, 1);
	v[1] = record(0, 65535, 2);
	v[2] = record(0, 65535, 3);
	chances[0] = 65535 + 196606;	/* sums do not wrap */
	chances[1] = 65536;
	at = 0;
	srv_order(v, 3, given, &at);
	ports_are(v, 3, "1 3 2");
	srv_order(v, 0, given, &at);
	srv_order(v, 1, given, &at);
}

/* ------------------------------------------------------------------ */
/* resolv.conf */

int __wrap___res_ninit(res_state);
void __wrap___res_nclose(res_state);

static struct sockaddr_in6 six = { .sin6_family = AF_INET6,
	.sin6_port = 0x3500 };
static int configured;		/* servers; -1: unreadable */

int
__wrap___res_ninit(res_state state)
{
	if (configured < 0)
		return -1;
	state->nscount = configured;
	for (int i = 0; i < configured; i++) {
		state->nsaddr_list[i].sin_family = i == 1 ? 0 : AF_INET;
		state->nsaddr_list[i].sin_port = htons((uint16_t)(53 + i));
		state->_u._ext.nsaddrs[i] = i == 1 ? &six : NULL;
	}
	return 0;
}

void
__wrap___res_nclose(res_state state)
{
	(void)state;
}

static void
servers_are_those_of_resolv_conf(void **state)
{
	struct srv_servers s;

	(void)state;
	configured = 3;
	assert_int_equal(srv_ask_servers(&s), 0);
	assert_int_equal(s.n, 3);
	assert_int_equal(s.v[0].ss_family, AF_INET);
	assert_int_equal(s.v[1].ss_family, AF_INET6);
	assert_memory_equal(&s.v[1], &six, sizeof(six));
	assert_int_equal(((struct sockaddr_in *)&s.v[2])->sin_port, htons(55));
	configured = 0;
	assert_int_equal(srv_ask_servers(&s), -1);
	configured = -1;
	assert_int_equal(srv_ask_servers(&s), -1);
}

/* ------------------------------------------------------------------ */
/* questions */

static const char *
looked_up(const char *service, int64_t ms, int32_t *ret_rc)
{
	static char text[4096];
	char name[128];
	struct srv_query q = { .domain = STR("corp.example"),
		.server = str_from(server),
		.deadline_ms = clock_mono_ms() + ms };
	struct csn_strs found = { NULL, 0 };
	struct arena a;
	size_t at = 0;

	(void)snprintf(name, sizeof(name), "%s._tcp.corp.example", service);
	q.name = str_from(name);
	arena_init(&a, 1 << 16);
	text[0] = '\0';
	*ret_rc = srv_lookup(&q, &a, &found);
	if (*ret_rc != CSN_OK)
		assert_int_equal(a.used, 0);
	for (size_t i = 0; i < found.n; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at,
		    "%s%.*s", i > 0 ? " " : "", STR_FMT(found.v[i]));
	arena_free(&a);
	return text;
}

static void
servers_are_found(void **state)
{
	static const struct {
		const char *service, *found;
		int32_t rc;
	} table[] = {
		{ "_good", "dc1.corp.example:636 dc2.corp.example:636",
		    CSN_OK },
		{ "_alias", "dc1.corp.example:389", CSN_OK },
		{ "_mixed", "corp.example:389", CSN_OK },
		{ "_forged", "dc1.corp.example:636 dc2.corp.example:636",
		    CSN_OK },
		{ "_late", "dc1.corp.example:636 dc2.corp.example:636",
		    CSN_OK },
		{ "_none", "", CSN_E_ABSENT },
		{ "_empty", "", CSN_E_ABSENT },
		{ "_nowhere", "", CSN_E_ABSENT },
		{ "_foreign", "", CSN_E_ABSENT },
		{ "_failing", "", CSN_E_BACKEND },
		{ "_notread", "", CSN_E_BACKEND },
		{ "_cutshort", "", CSN_E_BACKEND },
		{ "_cutagain", "", CSN_E_BACKEND },
		{ "_rest", "", CSN_E_BACKEND },
	};
	const char *found;
	int32_t rc;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		found = looked_up(table[i].service, 10000, &rc);
		if (rc != table[i].rc || strcmp(found, table[i].found) != 0)
			fail_msg("%s: %d \"%s\"", table[i].service, rc,
			    found);
	}
}

static void
cut_answers_come_by_tcp(void **state)
{
	unsigned n = 1;
	int32_t rc;

	(void)state;
	for (const char *p = looked_up("_many", 10000, &rc); *p != '\0'; p++)
		n += *p == ' ';
	assert_int_equal(rc, CSN_OK);
	assert_int_equal(n, SRV_TARGETS_MAX);
}

static void
silence_ends_with_the_deadline(void **state)
{
	static const char *const services[] = { "_mute", "_short", "_garbage",
		"_cutmute" };
	int64_t start, awake;
	int32_t rc;

	(void)state;
	for (size_t i = 0; i < COUNT(services); i++) {
		awake = clock_awake_ms();
		start = clock_mono_ms();
		(void)looked_up(services[i], 300, &rc);
		/* garbage with our number may look like our question */
		if (rc != CSN_E_DEADLINE)
			fail_msg("%s: %d", services[i], rc);
		assert_true(clock_mono_ms() - start >= 299);
		assert_true(clock_awake_ms() - awake < 3000);
	}
	(void)looked_up("_good", 0, &rc);
	assert_int_equal(rc, CSN_E_DEADLINE);
}

static void
others_are_not_asked(void **state)
{
	static const char *const names[] = { "", "corp.example", "_ldap",
		"_ldap._tcp", "_ldap._tcp.", "ldap._tcp.corp.example",
		"_ldap.tcp.corp.example", "_._tcp.corp.example",
		"_a b._tcp.corp.example", "_ldap._tcp.corp.example.",
		"_ldap._tcp.corp..example", "_ldap._tcp.[::1]" };
	struct srv_query q = { .domain = STR("corp.example"),
		.server = str_from(server),
		.deadline_ms = clock_mono_ms() + 10000 };
	struct csn_strs found;
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 16);
	for (size_t i = 0; i < COUNT(names); i++) {
		q.name = str_from(names[i]);
		assert_int_equal(srv_lookup(&q, &a, &found), CSN_E_INVALID);
	}
	q.name = STR("_good._tcp.corp.example");
	q.domain = STR("");
	assert_int_equal(srv_lookup(&q, &a, &found), CSN_E_INVALID);
	q.domain = STR("[::1]");
	assert_int_equal(srv_lookup(&q, &a, &found), CSN_E_INVALID);
	q.domain = STR("CORP.Example");
	assert_int_equal(srv_lookup(&q, &a, &found), CSN_OK);
	assert_int_equal(found.n, 2);
	q.server = str_from(nobody);
	assert_int_equal(srv_lookup(&q, &a, &found), CSN_E_BACKEND);
	q.server = STR("nonsense");
	assert_int_equal(srv_lookup(&q, &a, &found), CSN_E_BACKEND);
	arena_free(&a);
	arena_init(&a, 64);
	q.server = str_from(server);
	assert_int_equal(srv_lookup(&q, &a, &found), CSN_E_LIMIT);
	assert_int_equal(a.used, 0);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_read),
		cmocka_unit_test(no_records_are_told),
		cmocka_unit_test(answers_to_others_are_told),
		cmocka_unit_test(malformed_messages_are_refused),
		cmocka_unit_test(names_are_bounded),
		cmocka_unit_test(aliases_are_followed),
		cmocka_unit_test(priorities_come_first),
		cmocka_unit_test(weights_are_chances),
		cmocka_unit_test(servers_are_those_of_resolv_conf),
		cmocka_unit_test(servers_are_found),
		cmocka_unit_test(cut_answers_come_by_tcp),
		cmocka_unit_test(silence_ends_with_the_deadline),
		cmocka_unit_test(others_are_not_asked),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
