/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-qr.c - the drawn modules are exactly those of the code, with their quiet
 * zone
 */
#include <stdio.h>

#include <qrencode.h>

#include "lib/testing.h"
#include "qr.h"

#define SIDE_MAX	200
#define URI "otpauth://totp/Example:alice?secret=SG7PQ4LRYPQIKSOLM6NHJB3P"

struct picture {
	int side;
	char dark[SIDE_MAX][SIDE_MAX];
};

/* Reads back what qr_draw() wrote: "Mx yhNv1h-Nz" again and again. */
static void
picture_read(struct csn_str svg, struct picture *p)
{
	const char *at = svg.p, *end;
	int x, y, n, back, used, side;

	memset(p, 0, sizeof(*p));
	assert_int_equal(sscanf(at, " viewBox=\"0 0 %d %d\"", &p->side,
	    &side), 2);
	assert_int_equal(p->side, side);
	assert_in_range(side, 1, SIDE_MAX);
	at = strstr(at, "fill=\"#000\" d=\"");
	assert_non_null(at);
	at += strlen("fill=\"#000\" d=\"");
	end = strchr(at, '"');
	while (at < end) {
		assert_int_equal(sscanf(at, "M%d %dh%dv1h-%dz%n", &x, &y, &n,
		    &back, &used), 4);
		assert_int_equal(n, back);
		assert_true(x >= 0 && n > 0 && x + n <= side && y < side);
		for (int i = 0; i < n; i++)
			assert_int_equal(p->dark[y][x + i]++, 0);
		/* runs are merged: no neighbour is drawn on its own */
		assert_int_equal(p->dark[y][x + n], 0);
		at += used;
	}
}

static void
draws_each_module(void **state)
{
	static struct picture p;
	struct markup m;
	QRcode *qr;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	m.buf = &b;
	assert_int_equal(qr_draw(&m, STR(URI)), 0);
	picture_read(buf_str(&b), &p);
	qr = QRcode_encodeData(strlen(URI), (const unsigned char *)URI, 0,
	    QR_ECLEVEL_M);
	assert_non_null(qr);
	assert_int_equal(p.side, qr->width + 8);
	for (int y = 0; y < p.side; y++) {
		for (int x = 0; x < p.side; x++) {
			bool inside = x >= 4 && y >= 4 && x < p.side - 4 &&
			    y < p.side - 4;
			int want = inside ? qr->data[(y - 4) * qr->width +
			    x - 4] & 1 : 0;

			assert_int_equal(p.dark[y][x], want);
		}
	}
	QRcode_free(qr);
	buf_free(&b);
}

static void
refuses_too_much(void **state)
{
	static char text[QR_TEXT_MAX + 1];
	struct markup m;
	struct buf b;

	(void)state;
	memset(text, 'a', sizeof(text));
	buf_init(&b, 0);
	m.buf = &b;
	assert_int_equal(qr_draw(&m, STR("")), -1);
	assert_int_equal(qr_draw(&m, str_of(text, sizeof(text))), -1);
	assert_int_equal(b.n, 0);
	assert_int_equal(qr_draw(&m, str_of(text, QR_TEXT_MAX)), 0);
	buf_clear(&b);
	assert_int_equal(qr_draw(&m, STR("a\0b")), 0);	/* bytes */
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(draws_each_module),
		cmocka_unit_test(refuses_too_much),
	};

	return cmocka_run_group_tests_name("qr", tests, NULL, NULL);
}
