# SPDX-License-Identifier: Apache-2.0
"""An OpenID provider that does what an honest one cannot.

One TLS server on loopback holds any number of providers, each below a path of
its own with keys, claims and answers that a test may change at will. It
approves at once, without a page, and keeps what it was asked. Its JOSE is
written here from python-cryptography alone.
"""
import base64
import hashlib
import hmac
import http.server
import json
import shutil
import ssl
import threading
import time
import urllib.parse

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import \
    decode_dss_signature

from servers import PEERS, folder, run

SECRET = "a-very-long-client-secret-0123456789"
LOGOUT = "http://schemas.openid.net/event/backchannel-logout"


def b64(data):
    if isinstance(data, str):
        data = data.encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(n, size=0):
    return b64(n.to_bytes(size or (n.bit_length() + 7) // 8, "big"))


def compact(o):
    return json.dumps(o, separators=(",", ":"))


class Key:
    """A signing key: RS256 or PS256, ES256. RSA keys are made once for each
    slot: providers may share one, two keys of one provider may not."""

    made = {}

    def __init__(self, kid, alg="RS256", slot=0):
        self.kid, self.alg = kid, alg
        if alg == "ES256":
            self.private = ec.generate_private_key(ec.SECP256R1())
        else:
            if slot not in self.made:
                self.made[slot] = rsa.generate_private_key(65537, 2048)
            self.private = self.made[slot]

    def jwk(self, **more):
        n = self.private.public_key().public_numbers()
        if self.alg == "ES256":
            return dict({"kty": "EC", "crv": "P-256", "x": number(n.x, 32),
                         "y": number(n.y, 32), "kid": self.kid,
                         "use": "sig"}, **more)
        return dict({"kty": "RSA", "n": number(n.n), "e": number(n.e),
                     "kid": self.kid, "use": "sig"}, **more)

    def sign(self, data):
        if self.alg == "ES256":
            r, s = decode_dss_signature(
                self.private.sign(data, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        pad = padding.PKCS1v15() if self.alg == "RS256" else \
            padding.PSS(padding.MGF1(hashes.SHA256()), 32)
        return self.private.sign(data, pad, hashes.SHA256())


def jwt(header, claims, signer):
    """signer: bytes -> bytes."""
    data = b64(compact(header)) + "." + b64(
        claims if isinstance(claims, str) else compact(claims))
    return data + "." + b64(signer(data.encode()))


def half(text):
    return b64(hashlib.sha256(text.encode()).digest()[:16])


class Party:
    """One provider. What a test may change: metadata, keys, header, claims
    (members; None leaves one out), hooks by name."""

    def __init__(self, server, name):
        self.server, self.name = server, name
        self.issuer = "%s/%s" % (server.url, name)
        self.key = Key(name + "-1")
        self.keys = [self.key]
        self.metadata, self.header, self.claims = {}, {}, {}
        self.info, self.response, self.answer = {}, {}, {}
        self.asked, self.codes = [], {}
        self.lock = threading.Lock()
        self.serial = 0
        self.end_state = lambda state: state    # what comes back of it
        self.refreshed = {}     # what a refreshed ID token says otherwise
        # hooks, each from what is right to what is sent
        self.sign = None        # (header, claims) -> compact form
        self.on_jwks = None     # () before the set is given
        self.on_userinfo = None     # (claims) -> (status, type, text)
        self.on_token = None    # (answer) -> (status, type, text, headers)
        self.on_groups = None   # (answer, second) -> (status, type, text)
        self.on_metadata = None     # (document) -> (status, type, text)

    # -- what it sends ------------------------------------------------

    def document(self):
        doc = {
            "issuer": self.issuer,
            "authorization_endpoint": self.issuer + "/authorize",
            "token_endpoint": self.issuer + "/token",
            "userinfo_endpoint": self.issuer + "/userinfo",
            "jwks_uri": self.issuer + "/jwks",
            "end_session_endpoint": self.issuer + "/end",
            "pushed_authorization_request_endpoint": self.issuer + "/par",
            "response_types_supported": ["code", "id_token"],
            "response_modes_supported": ["query", "form_post", "query.jwt"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }
        doc.update(self.metadata)
        return {k: v for k, v in doc.items() if v is not None}

    def token(self, claims, header=None, changes=None):
        h = {"alg": self.key.alg, "kid": self.key.kid}
        h.update(header if header is not None else self.header)
        c = dict(claims)
        c.update(self.claims if changes is None else changes)
        h = {k: v for k, v in h.items() if v is not None}
        c = {k: v for k, v in c.items() if v is not None}
        if self.sign is not None:
            return self.sign(h, c)
        return jwt(h, c, self.key.sign)

    def id_token(self, asked, code=None, access=None):
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": "alice",
                  "aud": asked["client_id"], "exp": now + 300, "iat": now,
                  "nonce": asked.get("nonce"), "auth_time": now - 5}
        if access is not None:
            claims["at_hash"] = half(access)
        return self.token(claims)

    def logout_token(self, client, header=None, **changes):
        now = int(time.time())
        with self.lock:
            self.serial += 1
        claims = {"iss": self.issuer, "aud": client, "iat": now,
                  "exp": now + 120, "jti": "%s-%d" % (self.name, self.serial),
                  "sub": "alice", "events": {LOGOUT: {}}}
        return self.token(claims, dict({"typ": "logout+jwt"},
                                       **(header or {})), changes)

    def sent(self, path):
        return [q for p, q in self.asked if p == path]

    # -- requests -----------------------------------------------------

    def take(self, path, query, form, headers):
        """(status, content type, text, headers)"""
        with self.lock:
            self.asked.append((path, dict(query, **form)))
        do = {"/.well-known/openid-configuration": self.do_metadata,
              "/jwks": self.do_jwks, "/authorize": self.do_authorize,
              "/token": self.do_token, "/userinfo": self.do_userinfo,
              "/end": self.do_end, "/groups": self.do_groups, "/claims": self.do_claims}.get(path)
        if do is None:
            return 404, "text/plain", "", {}
        return do(query, form, headers)

    def do_metadata(self, *_):
        doc = self.document()
        if self.on_metadata is not None:
            return self.on_metadata(doc) + ({},)
        return 200, "application/json", compact(doc), {}

    def do_jwks(self, *_):
        if self.on_jwks is not None:
            self.on_jwks()
        return 200, "application/json", compact(
            {"keys": [k.jwk() if isinstance(k, Key) else k
                      for k in self.keys]}), {}

    def do_authorize(self, query, *_):
        with self.lock:
            self.serial += 1
            code = "code-%s-%d" % (self.name, self.serial)
            self.codes[code] = query
        if query["response_type"] == "id_token":
            answer = {"id_token": self.id_token(query)}
        else:
            answer = {"code": code}
        answer.update({"state": query["state"], "iss": self.issuer})
        signed = query.get("response_mode") in ("jwt", "query.jwt")
        if signed:
            answer.update(aud=query["client_id"], exp=int(time.time()) + 300)
        answer.update(self.response)
        answer = {k: v for k, v in answer.items() if v is not None}
        if signed:
            answer = {"response": self.token(answer)}
        if query.get("response_mode") == "form_post":
            return 200, "text/html", page(query["redirect_uri"], answer), {}
        return 302, "text/plain", "", {
            "Location": query["redirect_uri"] + "?" +
            urllib.parse.urlencode(answer)}

    def do_token(self, _, form, headers):
        asked = self.codes.pop(form.get("code"), None)
        if form.get("grant_type") == "refresh_token":
            return self.do_refresh(form)
        if asked is None:
            return 400, "application/json", '{"error":"invalid_grant"}', {}
        elif not proved(asked, form, headers):
            return 401, "application/json", '{"error":"invalid_client"}', {}
        access = "access-" + self.name
        answer = {"access_token": access, "token_type": "Bearer",
                  "expires_in": 60,
                  "id_token": self.id_token(asked, form.get("code"), access)}
        answer.update(self.answer)
        answer = {k: v for k, v in answer.items() if v is not None}
        if self.on_token is not None:
            return self.on_token(answer)
        return 200, "application/json", compact(answer), {}

    def do_refresh(self, form):
        if form.get("refresh_token") != "refresh-" + self.name:
            return 400, "application/json", '{"error":"invalid_grant"}', {}
        now = int(time.time())
        claims = dict({"iss": self.issuer, "sub": "alice", "aud": "client",
                       "exp": now + 300, "iat": now}, **self.refreshed)
        return 200, "application/json", compact(
            {"access_token": "access-" + self.name,
             "token_type": self.answer.get("token_type", "Bearer"),
             "refresh_token": "refresh-" + self.name,
             "id_token": self.token(claims)}), {}

    def do_userinfo(self, query, form, headers):
        if headers.get("Authorization") != "Bearer access-" + self.name:
            return 401, "text/plain", "", {}
        claims = {"sub": "alice", "name": "Alice Example",
                  "email": "alice@example.test", "email_verified": True,
                  "groups": ["staff"]}
        claims.update(self.info)
        claims = {k: v for k, v in claims.items() if v is not None}
        if self.on_userinfo is not None:
            return self.on_userinfo(claims) + ({},)
        return 200, "application/json", compact(claims), {}

    def do_end(self, query, form, _):
        to = dict(query, **form).get("post_logout_redirect_uri", "")
        state = self.end_state(dict(query, **form).get("state"))
        if state is not None:
            to += "?state=" + state
        return 302, "text/plain", "", {"Location": to}

    def do_groups(self, query, form, headers):
        """Two pages, as Microsoft Graph has them."""
        if headers.get("Authorization") != "Bearer access-" + self.name:
            return 401, "application/json", '{"error":{}}', {}
        second = query.get("page") == "2"
        answer = {"@odata.context": self.issuer + "/groups",
                  "value": [{"id": "group-%d" % n}
                            for n in ((3,) if second else (1, 2))]}
        if not second:
            answer["@odata.nextLink"] = self.issuer + "/groups?page=2"
        if self.on_groups is not None:
            return self.on_groups(answer, second) + ({},)
        return 200, "application/json", compact(answer), {}

    def do_claims(self, query, form, headers):
        if headers.get("Authorization") != "Bearer source-token":
            return 401, "text/plain", "", {}
        return 200, "application/jwt", self.token(
            {"iss": self.issuer, "groups": ["distributed"]}), {}


def proved(asked, form, headers):
    """client_secret_basic, PKCE S256, and the same redirect_uri."""
    want = b64(hashlib.sha256(form.get("code_verifier", "").encode())
               .digest())
    basic = "%s:%s" % (urllib.parse.quote(asked["client_id"], ""),
                       urllib.parse.quote(SECRET, ""))
    return hmac.compare_digest(want, asked.get("code_challenge", "")) and \
        form.get("redirect_uri") == asked["redirect_uri"] and \
        headers.get("Authorization") == "Basic " + base64.b64encode(
            basic.encode()).decode()


def page(action, fields):
    import html
    return "<html><body><form method=post action=\"%s\">%s</form></body>" \
        "</html>" % (html.escape(action), "".join(
            "<input type=hidden name=\"%s\" value=\"%s\">" % (
                html.escape(k), html.escape(v)) for k, v in fields.items()))


class Server:
    """Over TLS on loopback, in threads, with a CA of its own. A class below
    says what is served, by serve(handler)."""

    def __init__(self):
        self.dir = folder()
        run("bash", "-c", '. "$1/common.sh"; ca_make "$2"; cert_make "$2" '
            'server /CN=op "subjectAltName=IP:127.0.0.1\n'
            'extendedKeyUsage=serverAuth"', "bash", PEERS, self.dir)
        self.ca = self.dir / "ca.crt"

    class Handler(http.server.BaseHTTPRequestHandler):
        """go(form) answers GET and DELETE, with nothing, and POST."""
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.go({})

        do_DELETE = do_GET

        def do_POST(self):
            n = int(self.headers.get("Content-Length", 0))
            self.go(dict(urllib.parse.parse_qsl(self.rfile.read(n).decode())))

        def log_message(self, *args):
            pass

    def serve(self, handler):
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.http.daemon_threads = True
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(self.dir / "server.crt", self.dir / "server.key")
        self.http.socket = tls.wrap_socket(self.http.socket, server_side=True,
                                           do_handshake_on_connect=False)
        self.url = "https://127.0.0.1:%d" % self.http.server_port
        self.thread = threading.Thread(target=self.http.serve_forever,
                                       daemon=True)
        self.thread.start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()
        self.thread.join(5)
        shutil.rmtree(self.dir, ignore_errors=True)


class ScriptedProvider(Server):
    def __init__(self):
        super().__init__()
        self.parties = {}
        outer = self

        class Handler(Server.Handler):
            def go(self, form):
                path, _, raw = self.path.partition("?")
                _, name, rest = (path + "/").split("/", 2)
                party = outer.parties.get(name)
                query = dict(urllib.parse.parse_qsl(raw))
                status, kind, text, headers = (404, "text/plain", "", {}) \
                    if party is None else party.take(
                        "/" + rest.rstrip("/"), query, form, self.headers)
                body = text if isinstance(text, bytes) else text.encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                for k, v in headers.items():
                    self.send_header(k, v)
                self.end_headers()
                self.wfile.write(body)
        self.serve(Handler)

    def party(self, name):
        self.parties[name] = Party(self, name)
        return self.parties[name]
