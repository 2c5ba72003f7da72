/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_fault.c - the ways in which a request is refused, in one table
 *
 * It must never hold a text that quotes the request: the texts go to whoever
 * sent it, and to logs.
 */
#include "http.h"

static const struct {
	unsigned status;
	const char *text;
} faults[HTTP_FAULTS] = {
	[HTTP_SOUND] = { 0, "no fault" },
	[HTTP_GARBAGE] = { 400, "not an HTTP/1.1 request line" },
	[HTTP_LINE_SIZE] = { 414, "the request line is too long" },
	[HTTP_VERSION] = { 505, "only HTTP/1.0 and HTTP/1.1 are spoken here" },
	[HTTP_TARGET_FORM] = { 400, "the target does not begin with /" },
	[HTTP_TARGET_BYTES] = { 400, "a byte in the target that a URL cannot "
	    "hold unescaped" },
	[HTTP_BARE_LF] = { 400, "a line ends without CR" },
	[HTTP_FIELD_BYTES] = { 400, "a control character in a header" },
	[HTTP_FIELD_FOLDED] = { 400, "a folded header line" },
	[HTTP_FIELD_NAME] = { 400, "a header line without a proper name" },
	[HTTP_HOST_MISSING] = { 400, "no Host line" },
	[HTTP_HOST_TWICE] = { 400, "two Host lines" },
	[HTTP_HOST_BYTES] = { 400, "a Host line that names no host" },
	[HTTP_LENGTH_TWICE] = { 400, "two Content-Length lines" },
	[HTTP_LENGTH_BYTES] = { 400, "a Content-Length that is no number" },
	[HTTP_CODED] = { 501, "Transfer-Encoding is not taken; send "
	    "Content-Length" },
	[HTTP_EXPECTING] = { 417, "Expect is not taken" },
	[HTTP_HEAD_SIZE] = { 431, "the headers are too long" },
	[HTTP_FIELDS_MANY] = { 431, "more than 100 header lines" },
	[HTTP_BODY_UNWANTED] = { 400, "a body where none is taken" },
	[HTTP_BODY_SIZE] = { 413, "the body is too long" },
	[HTTP_HEAD_LATE] = { 408, "the headers took too long" },
	[HTTP_BODY_LATE] = { 408, "the body took too long" },
	[HTTP_SEND_LATE] = { 0, "the client did not take its answer" },
	[HTTP_PEER] = { 0, "a peer that is not listed" },
	[HTTP_TLS] = { 0, "no TLS handshake with a client certificate" },
	[HTTP_CROWDED] = { 0, "no room for another connection" },
	[HTTP_REPLY] = { 500, "the answer could not be sent as a response" },
	[HTTP_ASTRAY] = { 404, "a request that is not for this listener" },
};

unsigned
http_fault_status(enum http_fault fault)
{
	return (unsigned)fault < HTTP_FAULTS ? faults[fault].status : 500;
}

const char *
http_fault_text(enum http_fault fault)
{
	return (unsigned)fault < HTTP_FAULTS ? faults[fault].text : "unknown";
}

void
http_limits_default(struct http_limits *ret)
{
	*ret = (struct http_limits){
		.header_ms = 10000,
		.body_ms = 10000,
		.send_ms = 30000,
		.idle_ms = 75000,
		.line_max = 9 * 1024,
		.head_max = 32 * 1024,
		.connections_max = 4096,
	};
}

void
http_peer_put(struct buf *b, const struct http_peer *peer)
{
	if (peer->local) {
		buf_printf(b, "uid %u pid %d", (unsigned)peer->uid,
		    (int)peer->pid);
		return;
	}
	ip_put(b, &peer->ip);
	buf_printf(b, " port %u", (unsigned)peer->port);
}
