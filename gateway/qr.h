/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qr.h - a text as a QR code, drawn as SVG inside a page
 */
#ifndef COUNTERSIGN_GATEWAY_QR_H
#define COUNTERSIGN_GATEWAY_QR_H

#include "markup.h"

#define QR_TEXT_MAX	1024u	/* bytes; more would not be scanned well */

/*
 * Within an open <svg tag: writes its viewBox, ends the tag, and draws a white
 * ground with four modules around (ISO/IEC 18004 9.1) and the dark modules,
 * neighbours in a row as one. 0; or -1, with nothing written, if the text is
 * empty, too long or memory is refused. For any thread.
 */
int qr_draw(struct markup *, struct csn_str);

#endif
