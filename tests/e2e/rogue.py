# SPDX-License-Identifier: Apache-2.0
"""A scripted OpenID provider, for what an honest one cannot do.

It behaves until a test lays something over one of its answers: `over` maps a
place ("metadata", "keys", "authorize", "claims", "header", "token",
"userinfo") to a function that gets the good answer and returns another. What
it returns from a request may also be a Raw answer. It logs every request.
"""
import hashlib
import json
import threading
import time
import urllib.parse

from scripted import Key, Server, b64


class Raw(Exception):
    """An answer as it stands: status, type, body (bytes), headers; `drip`
    seconds between two bytes."""

    def __init__(self, status=200, kind="application/json", body=b"{}",
                 drip=0, **headers):
        super().__init__(status)
        self.status, self.kind, self.body = status, kind, body
        self.drip, self.headers = drip, headers


def js(value):
    return value if isinstance(value, bytes) else \
        json.dumps(value, separators=(",", ":")).encode()


class Rogue(Server):
    def __init__(self):
        super().__init__()
        self.key, self.spare = Key("k1"), Key("k2", slot=1)
        self.published = [self.key]
        self.codes, self.tokens, self.over = {}, {}, {}
        self.pushed = {}
        self.log, self.serial, self.name = [], 0, "alice"
        self.ahead = 0          # seconds, of its clock
        self.begin()

    # -- a server ---------------------------------------------------------

    def begin(self):
        rogue = self

        class Handler(Server.Handler):
            def go(self, form):
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

        self.stopping = threading.Event()
        self.serve(Handler)
        self.issuer = self.url

    def close(self):
        self.stopping.set()
        super().close()

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
            return self.laid("keys", {"keys": [k.jwk(alg="RS256") for k in
                                               self.published]})
        if path == "/par":
            self.serial += 1
            uri = "urn:ietf:params:oauth:request_uri:%d" % self.serial
            self.pushed[uri] = form
            raise Raw(201, body=js({"request_uri": uri, "expires_in": 60}))
        if path == "/auth":
            return self.authorize(self.pushed.pop(
                query["request_uri"]) if "request_uri" in query else query)
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
