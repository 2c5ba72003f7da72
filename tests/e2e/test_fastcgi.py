# SPDX-License-Identifier: Apache-2.0
"""An application that nginx reaches by FastCGI: who is logged in is who we
say there too (security.md R6)."""
import json
import socketserver
import struct
import threading

import pytest

from people import Person
from proxies import ProxySite
from servers import free_port

BEGIN, END, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6


def length(data):
    """Of a name or a value, and what is behind it."""
    if data[0] < 128:
        return data[0], data[1:]
    return struct.unpack(">I", data[:4])[0] & 0x7fffffff, data[4:]


def pairs(data):
    while data:
        n, data = length(data)
        m, data = length(data)
        yield data[:n].decode("latin-1"), data[n:n + m].decode("latin-1")
        data = data[n + m:]


class Responder(socketserver.StreamRequestHandler):
    """Answers with the parameters that it was given."""

    def record(self):
        _, kind, _, n, padding, _ = struct.unpack(
            ">BBHHBB", self.rfile.read(8))
        return kind, self.rfile.read(n + padding)[:n]

    def send(self, kind, data):
        self.wfile.write(struct.pack(">BBHHBB", 1, kind, 1, len(data), 0, 0) +
                         data)

    def handle(self):
        params, kind, data = b"", None, None
        while (kind, data) != (STDIN, b""):
            kind, data = self.record()
            params += data if kind == PARAMS else b""
        self.send(STDOUT, b"Content-Type: application/json\r\n\r\n" +
                  json.dumps(list(pairs(params))).encode())
        self.send(STDOUT, b"")
        self.send(END, bytes(8))


class FastcgiSite(ProxySite):
    def __init__(self, directory, port):
        self.fastcgi = port
        super().__init__(directory, "nginx")

    def nginx_conf(self):
        name = "server_name wiki.e2e.localhost;"
        text = super().nginx_conf()
        assert text.count(name) == 1, text
        return text.replace(name, name + " location /fcgi/ { include "
                            "/etc/nginx/fastcgi_params; include "
                            "countersign/headers-fastcgi.conf; "
                            "fastcgi_pass 127.0.0.1:%d; }" % self.fastcgi)


@pytest.fixture(scope="module")
def site(directory):
    server = socketserver.ThreadingTCPServer(
        ("127.0.0.1", free_port()), Responder)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    s = FastcgiSite(directory, server.server_address[1])
    yield s
    s.close()
    server.shutdown()
    server.server_close()


def test_forged_identity(site, directory):
    p = Person(site, next(directory.fresh), "pw-u")
    assert p.login(site.url("wiki")).url == site.url("wiki")
    for name in ("Remote-User", "remote-user", "Remote_User", "Remote.User",
                 "Remote-Groups", "Remote-Name", "Remote-Email"):
        r = p.browser.once("GET", site.url("wiki", "/fcgi/x"),
                           headers={name: "root"})
        assert r.status == 200, r
        got = json.loads(r.text)
        assert not [v for _, v in got if v == "root"], (name, got)
        for key in ("HTTP_REMOTE_USER", "HTTP_REMOTE_GROUPS",
                    "HTTP_REMOTE_NAME", "HTTP_REMOTE_EMAIL", "HTTP_COOKIE"):
            assert len([k for k, _ in got if k == key]) == 1, (key, got)
        last = dict(got)
        assert last["HTTP_REMOTE_USER"] == p.name, got
        assert last["REMOTE_USER"] == p.name, got
        assert "__Host-countersign" not in r.text, got
    stranger = Person(site, "nobody", "x").browser
    r = stranger.once("GET", site.url("wiki", "/fcgi/x"),
                      headers={"Remote-User": "root"})
    assert r.status == 302, r
