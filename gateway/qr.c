/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qr.c - QR codes by libqrencode
 *
 * What is encoded is a secret: it must never be kept, logged or named.
 */
#include <qrencode.h>

#include "lib/secret.h"
#include "qr.h"

#define QUIET	4

/* libqrencode: bit 0 of a module is its colour. */
static bool
dark(const QRcode *qr, int x, int y)
{
	return x < qr->width && (qr->data[y * qr->width + x] & 1) != 0;
}

static void
row(struct markup *m, const QRcode *qr, int y)
{
	for (int x = 0; x < qr->width; x++) {
		int from = x;

		while (dark(qr, x, y))
			x++;
		if (x == from)
			continue;
		MARKUP(m, "M");
		markup_number(m, from + QUIET);
		MARKUP(m, " ");
		markup_number(m, y + QUIET);
		MARKUP(m, "h");
		markup_number(m, x - from);
		MARKUP(m, "v1h-");
		markup_number(m, x - from);
		MARKUP(m, "z");
	}
}

static void
svg(struct markup *m, const QRcode *qr)
{
	int side = qr->width + 2 * QUIET;

	MARKUP(m, " viewBox=\"0 0 ");
	markup_number(m, side);
	MARKUP(m, " ");
	markup_number(m, side);
	MARKUP(m, "\" shape-rendering=\"crispEdges\">"
	    "<path fill=\"#fff\" d=\"M0 0h");
	markup_number(m, side);
	MARKUP(m, "v");
	markup_number(m, side);
	MARKUP(m, "H0z\"/><path fill=\"#000\" d=\"");
	for (int y = 0; y < qr->width; y++)
		row(m, qr, y);
	MARKUP(m, "\"/>");
}

int
qr_draw(struct markup *m, struct csn_str text)
{
	QRcode *qr;

	if (text.n == 0 || text.n > QR_TEXT_MAX)
		return -1;
	qr = QRcode_encodeData((int)text.n, (const unsigned char *)text.p, 0,
	    QR_ECLEVEL_M);
	if (qr == NULL)
		return -1;
	svg(m, qr);
	secret_wipe(qr->data, (size_t)qr->width * (size_t)qr->width);
	QRcode_free(qr);
	return 0;
}
