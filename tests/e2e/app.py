#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""app.py SOCKET|ADDRESS:PORT - an application that says what reached it

Answers each request with it as JSON: method, path, header lines in order,
body. /status/NNN answers with that status; an Upgrade to websocket with 101
and an echo of what follows.
"""
import base64
import hashlib
import http.server
import json
import os
import re
import socketserver
import sys


GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"    # RFC 6455 1.3


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        if self.headers.get("Upgrade", "").lower() == "websocket":
            self.upgrade()
            return
        n = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(n)
        m = re.match(r"/status/(\d{3})$", self.path)
        data = json.dumps({
            "method": self.command, "path": self.requestline.split(" ")[1],
            "headers": self.headers.items(),
            "body": body.decode("latin-1")}).encode()
        self.send_response(int(m.group(1)) if m else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = answer
    do_OPTIONS = do_PROPFIND = answer

    def upgrade(self):
        key = self.headers.get("Sec-WebSocket-Key", "")
        accept = hashlib.sha1((key + GUID).encode()).digest()
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Sec-WebSocket-Accept",
                         base64.b64encode(accept).decode())
        self.send_header("Connection", "Upgrade")
        self.send_header("X-User", self.headers.get("Remote-User", ""))
        self.end_headers()
        self.wfile.write(self.rfile.readline())
        self.close_connection = True

    def address_string(self):
        return "unix"

    def log_message(self, *args):
        pass


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class TcpServer(http.server.ThreadingHTTPServer):
    daemon_threads = True


def main():
    address, _, port = sys.argv[1].rpartition(":")
    if address:
        with TcpServer((address, int(port)), Handler) as server:
            server.serve_forever()
    with Server(sys.argv[1], Handler) as server:
        os.chmod(sys.argv[1], 0o666)
        server.serve_forever()


main()
