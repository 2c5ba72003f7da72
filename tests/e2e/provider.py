# SPDX-License-Identifier: Apache-2.0
"""The scripted provider of tests/plugins/relay.c, over TLS on loopback.

A test says what each code is worth and what a renewal answers; the provider
counts what it was asked.
"""
import http.server
import shutil
import ssl
import threading

from servers import PEERS, folder, run


class Provider:
    def __init__(self, client_ca=False):
        self.dir = folder()
        run("bash", "-c", '. "$1/common.sh"; tls_make "$2"; cert_make "$2" '
            'client /CN=countersign extendedKeyUsage=clientAuth', "bash",
            PEERS, self.dir)
        self.codes, self.renewals, self.asked = {}, {}, []
        self.serial = 0
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                n = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(n).decode()
                status, text = provider.answer(self.path, body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *args):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                      Handler)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(self.dir / "server.crt", self.dir / "server.key")
        if client_ca:
            tls.verify_mode = ssl.CERT_REQUIRED
            tls.load_verify_locations(self.dir / "ca.crt")
        self.server.socket = tls.wrap_socket(self.server.socket,
                                             server_side=True)
        self.url = "https://127.0.0.1:%d" % self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever,
                                       daemon=True)
        self.thread.start()

    def answer(self, path, body):
        self.asked.append((path, body))
        if path == "/token":
            return (200, self.codes.pop(body)) if body in self.codes else \
                (400, "")
        if path == "/renew":
            return self.renewals.get(body, (500, ""))
        return 200, "ok"

    def code(self, name, groups="", sid="", keep="-"):
        """A code that is good once, as somebody's login there made it."""
        self.serial += 1
        code = "code-%d" % self.serial
        self.codes[code] = "\n".join((name, groups, sid, keep))
        return code

    def times(self, path):
        return len([p for p, _ in self.asked if p == path])

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)
        shutil.rmtree(self.dir, ignore_errors=True)
