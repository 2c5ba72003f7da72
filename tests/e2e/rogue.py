# SPDX-License-Identifier: Apache-2.0
"""A scripted OpenID provider, for what an honest one cannot do.

It behaves until a test lays something over one of its answers: `over` maps a
place ("metadata", "keys", "authorize", "claims", "header", "token",
"userinfo") to a function that gets the good answer and returns another. What
it returns from a request may also be a Raw answer. It logs every request.
"""
import base64
import hashlib
import http.server
import json
import shutil
import ssl
import subprocess
import threading
import time
import urllib.parse

from servers import PEERS, folder, run


class Raw(Exception):
    """An answer as it stands: status, type, body (bytes), headers; `drip`
    seconds between two bytes."""

    def __init__(self, status=200, kind="application/json", body=b"{}",
                 drip=0, **headers):
        super().__init__(status)
        self.status, self.kind, self.body = status, kind, body
        self.drip, self.headers = drip, headers


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def js(value):
    return value if isinstance(value, bytes) else \
        json.dumps(value, separators=(",", ":")).encode()


class Key:
    """An RSA key of openssl's, and its JWK."""

    def __init__(self, folder, kid):
        self.kid, self.file = kid, folder / (kid + ".pem")
        run("openssl", "genrsa", "-out", self.file, "2048")
        text = run("openssl", "rsa", "-in", self.file, "-noout",
                   "-modulus").stdout
        n = bytes.fromhex(text.strip().split("=")[1])
        self.jwk = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid,
                    "n": b64(n), "e": "AQAB"}

    def sign(self, data):
        return subprocess.run(
            ["openssl", "dgst", "-sha256", "-sign", str(self.file)],
            input=data, stdout=subprocess.PIPE, check=True).stdout


class Rogue:
    def __init__(self):
        self.dir = folder()
        run("bash", "-c", '. "$1/common.sh"; ca_make "$2"; cert_make "$2" '
            'server /CN=op "subjectAltName=IP:127.0.0.1\n'
            'extendedKeyUsage=serverAuth"', "bash", PEERS, self.dir)
        self.ca = self.dir / "ca.crt"
        self.key, self.spare = Key(self.dir, "k1"), Key(self.dir, "k2")
        self.published = [self.key]
        self.codes, self.tokens, self.over = {}, {}, {}
        self.log, self.serial, self.name = [], 0, "alice"
        self.ahead = 0          # seconds, of its clock
        self.serve()

    # -- a server ---------------------------------------------------------

    def serve(self):
        rogue = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.answer({})

            def do_POST(self):
                n = int(self.headers.get("Content-Length", 0))
                self.answer(dict(urllib.parse.parse_qsl(
                    self.rfile.read(n).decode())))

            def answer(self, form):
                parts = urllib.parse.urlsplit(self.path)
                query = dict(urllib.parse.parse_qsl(parts.query))
                rogue.log.append((parts.path, form or query,
                                  dict(self.headers)))
                try:
                    raw = Raw(body=js(rogue.route(parts.path, form, query,
                                                  self.headers)))
                except Raw as e:
                    raw = e
                self.send(raw)

            def send(self, raw):
                self.send_response(raw.status)
                if raw.kind:
                    self.send_header("Content-Type", raw.kind)
                self.send_header("Content-Length", str(len(raw.body)))
                for name, value in raw.headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                try:
                    if raw.drip == 0:
                        self.wfile.write(raw.body)
                    for at in range(len(raw.body) if raw.drip else 0):
                        self.wfile.write(raw.body[at:at + 1])
                        self.wfile.flush()
                        if rogue.stopping.wait(raw.drip):
                            return
                except OSError:
                    pass        # it has heard enough

            def date_time_string(self, timestamp=None):
                return super().date_time_string(time.time() + rogue.ahead)

            def log_message(self, *args):
                pass
        self.stopping = threading.Event()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                      Handler)
        self.server.daemon_threads = True
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(self.dir / "server.crt", self.dir / "server.key")
        self.server.socket = tls.wrap_socket(self.server.socket,
                                             server_side=True)
        self.issuer = "https://127.0.0.1:%d" % self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever,
                                       daemon=True)
        self.thread.start()

    def close(self):
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)
        shutil.rmtree(self.dir, ignore_errors=True)

    def times(self, path):
        return len([1 for p, _, _ in self.log if p == path])

    def last(self, path):
        return next((f, h) for p, f, h in reversed(self.log) if p == path)

    # -- its answers ------------------------------------------------------

    def laid(self, place, good):
        return self.over[place](good) if place in self.over else good

    def route(self, path, form, query, headers):
        if path == "/.well-known/openid-configuration":
            return self.laid("metadata", self.metadata())
        if path == "/jwks":
            return self.laid("keys", {"keys": [k.jwk for k in
                                               self.published]})
        if path == "/auth":
            return self.authorize(query)
        if path == "/token":
            return self.laid("token", self.token(form))
        if path == "/userinfo":
            name = self.tokens.get(headers.get("Authorization", ""))
            if name is None:
                raise Raw(401, body=b'{"error":"invalid_token"}')
            return self.laid("userinfo", {
                "sub": name, "name": "User " + name,
                "email": name + "@example.test", "email_verified": True,
                "groups": ["staff"]})
        raise Raw(404, "text/html", b"<p>not here")

    def metadata(self):
        at = self.issuer
        return {"issuer": at, "authorization_endpoint": at + "/auth",
                "token_endpoint": at + "/token",
                "userinfo_endpoint": at + "/userinfo",
                "jwks_uri": at + "/jwks",
                "end_session_endpoint": at + "/end",
                "authorization_response_iss_parameter_supported": True}

    def authorize(self, asked):
        self.serial += 1
        code = "code-%d" % self.serial
        self.codes[code] = asked
        answer = self.laid("authorize", {
            "code": code, "state": asked.get("state", ""),
            "iss": self.issuer})
        pairs = answer if isinstance(answer, list) else list(answer.items())
        raise Raw(302, "", b"", Location=asked["redirect_uri"] + "?" +
                  urllib.parse.urlencode(pairs))

    def token(self, form):
        if form.get("grant_type") == "refresh_token":
            return self.granted(form["refresh_token"].split(".")[1], None)
        asked = self.codes.pop(form.get("code"), None)
        verifier = form.get("code_verifier", "").encode()
        if asked is None or asked["redirect_uri"] != form["redirect_uri"] \
                or b64(hashlib.sha256(verifier).digest()) != \
                asked["code_challenge"]:
            raise Raw(400, body=b'{"error":"invalid_grant"}')
        return self.granted(self.name, asked["nonce"])

    def granted(self, name, nonce):
        self.serial += 1
        access = "access-%d" % self.serial
        self.tokens["Bearer " + access] = name
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": name, "aud": "rp",
                  "exp": now + 300, "iat": now, "auth_time": now,
                  "sid": "sid-" + name}
        if nonce is not None:
            claims["nonce"] = nonce
        return {"access_token": access, "token_type": "Bearer",
                "id_token": self.jwt(self.laid("claims", claims)),
                "refresh_token": "refresh.%s.%d" % (name, self.serial),
                "expires_in": 300}

    def jwt(self, claims, **header):
        """Signed by the first key, unless "header" or a test says other."""
        head = dict({"alg": "RS256", "kid": self.key.kid}, **header)
        head = self.laid("header", head)
        sign = self.key.sign
        if isinstance(head, tuple):
            head, sign = head
        data = (b64(js(head)) + "." + b64(js(claims))).encode()
        return data.decode() + "." + b64(sign(data))

    def logout_token(self, **changes):
        """As a provider sends it; a value of None leaves a claim out."""
        now = int(time.time())
        self.serial += 1
        claims = {"iss": self.issuer, "aud": "rp", "iat": now,
                  "exp": now + 120, "jti": "jti-%d" % self.serial,
                  "sid": "sid-" + self.name, "sub": self.name,
                  "events": {"http://schemas.openid.net/event/"
                             "backchannel-logout": {}}}
        header = changes.pop("header", {})
        claims.update(changes)
        return self.jwt({k: v for k, v in claims.items() if v is not None},
                        **dict({"typ": "logout+jwt"}, **header))
