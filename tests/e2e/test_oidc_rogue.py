# SPDX-License-Identifier: Apache-2.0
"""A provider that does what an honest one cannot: the modules of the OpenID
conformance suite, one test each, and worse.

Each refusal has its own word in the audit log, opens nothing, and asks for
nothing that it need not.
"""
import json
import re
import socket
import threading
import time
import urllib.parse

import pytest

from oidc import BUILD, SECRET, OidcSite, Visitor, options, pem_key, query
from rogue import Raw, Rogue, b64, js
from servers import (SANITIZED, Process, data, free_port, plugins, run, until,
                     within)
from test_login import told


class Pair:
    def __init__(self, over=lambda at: {}, **factors):
        self.op = Rogue()
        self.op.over = over(self.op.issuer)
        made = {"rp": options(self.op, "rp")}
        made.update({n: options(self.op, "rp", **lines)
                     for n, lines in factors.items()})
        self.site = OidcSite(made, start=False)
        self.site.secret("client.secret", SECRET)
        pem_key(self.site.dir / "enc.key", "RSA", "rsa_keygen_bits:2048")
        self.site.command("init")
        self.site.start()

    def login(self, path="/rp", **browser):
        self.op.log.clear()
        v = Visitor(self.site, self.op, **browser)
        return v, v.begin(self.site.url("desk", path))

    def known_here(self):
        """Somebody who has logged in, when the provider was known: who waits
        for that, elsewhere, uses up what the address may have of it."""
        self.login(source="127.0.0.2")
        return self.login()[0]

    def why(self, factor="rp"):
        return self.site.audit(event="plugin:refused",
                               factor=factor)[-1]["details"]["why"]

    def close(self):
        self.site.close()
        self.op.close()


@pytest.fixture(scope="module")
def pair_of_all():
    p = Pair(post={"response_mode": "form_post"},
             started={"initiated_login": "true"}, exact={"skew": "0s"},
             verified={"require": "{ email_verified: true }"},
             mail={"subject": "email"}, quoted={"subject": "'\"email\"'"})
    for name in ("rp", "post", "started", "exact", "mail", "quoted",
                 "verified"):
        p.login("/" + name)     # waits until the provider is known
    yield p
    p.close()


@pytest.fixture
def pair(pair_of_all):
    op = pair_of_all.op
    op.over, op.published, op.key.kid = {}, [op.key], "k1"
    yield pair_of_all
    op.over = {}


def with_claims(**changes):
    def change(claims):
        claims.update(changes)
        return {k: v for k, v in claims.items() if v is not None}
    return {"claims": change}


def with_token(**changes):
    def change(answer):
        answer.update(changes)
        return {k: v for k, v in answer.items() if v is not None}
    return {"token": change}


def with_header(**changes):
    return {"header": lambda head: {
        k: v for k, v in dict(head, **changes).items() if v is not None}}


def unsigned(head):
    return {"alg": "none"}, lambda data: b""


def other_key(pair):
    return lambda head: (head, pair.op.spare.sign)


def test_happy_flow(pair):
    """(happy), userinfo-bearer-header, client-secret-basic,
    scope-userinfo-claims, nonce, and what is sent where."""
    _, r = pair.login()
    assert told(r)["one"]["remote-user"] == "alice"
    assert told(r)["one"]["remote-groups"] == "staff"
    form, headers = pair.op.last("/token")
    assert headers["Authorization"].startswith("Basic ")
    assert form["redirect_uri"] == pair.site.callback("rp")
    assert "client_secret" not in form and len(form["code_verifier"]) == 43
    form, headers = pair.op.last("/userinfo")
    assert headers["Authorization"].startswith("Bearer ") and not form
    assert pair.op.times("/token") == pair.op.times("/userinfo") == 1


LET_IN = {
    "aud-as-array": with_claims(aud=["rp"]),
    "azp": with_claims(azp="rp"),
    "no-auth-time": with_claims(auth_time=None),
    "token-type-in-any-case": with_token(token_type="bEARer"),
    "no-expires-in": with_token(expires_in=None),
    "expires-in-as-text": with_token(expires_in="300"),
    "kid-absent-single-jwks": with_header(kid=None),
    "typ-absent": with_header(typ=None),
    "unknown-claims": with_claims(surprise={"a": [1, None]}),
}


@pytest.mark.parametrize("name", LET_IN)
def test_lets_in(pair, name):
    pair.op.over = LET_IN[name]
    _, r = pair.login()
    assert told(r)["one"]["remote-user"] == "alice"


def test_judged_when_it_came(pair):
    """A token endpoint that takes its time gives a token of now: not one of
    the future, even where no clock may be off."""
    def late(claims):
        time.sleep(1.5)
        now = int(time.time())
        return dict(claims, iat=now, exp=now + 300, auth_time=now)
    pair.op.over = {"claims": late}
    _, r = pair.login("/exact")
    assert told(r)["one"]["remote-user"] == "alice"


def test_kid_absent_multiple_jwks(pair):
    """Those that fit are tried."""
    pair.op.published = [pair.op.spare, pair.op.key]
    pair.op.over = with_header(kid="k3")
    pair.login()                # makes the keys known, by the unknown kid
    pair.op.over = with_header(kid=None)
    _, r = pair.login()
    assert told(r)["one"]["remote-user"] == "alice"


NOW = time.time()
REFUSED = {
    # ID token
    "nonce-invalid": (with_claims(nonce="x" * 43), "nonce-wrong"),
    "nonce-missing": (with_claims(nonce=None), "nonce-missing"),
    "nonce-type": (with_claims(nonce=["x"]), "nonce-type"),
    "missing-iat": (with_claims(iat=None), "iat-missing"),
    "iat-ahead": (with_claims(iat=NOW // 1 + 9000), "iat-type"),
    "iat-future": (with_claims(iat=int(NOW) + 9000, exp=int(NOW) + 9999),
                   "iat-wrong"),
    "missing-aud": (with_claims(aud=None), "aud-missing"),
    "invalid-aud": (with_claims(aud="other"), "aud-wrong"),
    "secondary-aud": (with_claims(aud=["rp", "other"], azp="rp"),
                      "aud-others"),
    "aud-empty": (with_claims(aud=[]), "aud-wrong"),
    "aud-object": (with_claims(aud={"rp": 1}), "aud-type"),
    "azp-other": (with_claims(azp="other"), "azp-wrong"),
    "missing-sub": (with_claims(sub=None), "sub-missing"),
    "sub-null": (with_claims(sub=[]), "sub-type"),
    "sub-long": (with_claims(sub="x" * 300), "sub-malformed"),
    "missing-iss": (with_claims(iss=None), "iss-missing"),
    "invalid-iss": (with_claims(iss="https://127.0.0.1:1"), "iss-wrong"),
    "iss-slash": (None, "iss-wrong"),
    "missing-exp": (with_claims(exp=None), "exp-missing"),
    "expired": (with_claims(exp=int(NOW) - 3600, iat=int(NOW) - 7200),
                "exp-wrong"),
    "exp-text": (with_claims(exp="4000000000"), "exp-type"),
    "exp-huge": (with_claims(exp=1e300), "exp-type"),
    "exp-negative": (with_claims(exp=-1), "exp-type"),
    "nbf-ahead": (with_claims(nbf=int(NOW) + 9000), "nbf-wrong"),
    "invalid-athash": (with_claims(at_hash="x" * 22), "at-hash-wrong"),
    "invalid-chash": (with_claims(c_hash="x" * 22), "c-hash-wrong"),
    "invalid-shash": (with_claims(s_hash="x" * 22), "s-hash-wrong"),
    "idtoken-sig-none": ({"header": unsigned}, "alg-none"),
    "invalid-sig-rs256": ("other-key", "signature"),
    "hmac-with-the-public-key": (with_header(alg="HS256"), "alg-other"),
    "other-alg": (with_header(alg="RS384"), "alg-other"),
    "no-alg": (with_header(alg=None), "alg-missing"),
    "crit": (with_header(crit=["exp"]), "header-crit"),
    "b64": (with_header(b64=False), "header-b64"),
    "kid-object": (with_header(kid={}), "header-kid"),
    "typ-logout": (with_header(typ="logout+jwt"), "token-type"),
    "typ-access": (with_header(typ="at+jwt"), "token-type"),
    "token-parts": (with_token(id_token="a.b"), "token-parts"),
    "token-long": (with_token(id_token="a" * 20000), "token-length"),
    "token-base64": (with_token(id_token="a===.b.c"), "token-base64"),
    "no-id-token": (with_token(id_token=None), "token-missing"),
    "jwe-unexpected": (with_token(id_token="a.b.c.d.e"), "jwe-unexpected"),
    # userinfo
    "userinfo-invalid-sub": (
        {"userinfo": lambda u: dict(u, sub="mallory")}, "sub-wrong"),
    "userinfo-missing-sub": (
        {"userinfo": lambda u: {"name": "x"}}, "sub-missing"),
    # the answer in the browser
    "iss-missing-in-answer": (
        {"authorize": lambda a: dict(a, iss="")}, "answer-iss-wrong"),
    "iss-absent-in-answer": (
        {"authorize": lambda a: {"code": a["code"], "state": a["state"]}},
        "answer-iss-missing"),
    "iss-wrong-in-answer": (
        {"authorize": lambda a: dict(a, iss="https://evil.example")},
        "answer-iss-wrong"),
    "no-code": ({"authorize": lambda a: {"state": a["state"],
                                         "iss": a["iss"]}},
                "answer-code-missing"),
    "long-code": ({"authorize": lambda a: dict(a, code="x" * 5000)},
                  "answer-code-too-long"),
    "code-of-nobody": ({"authorize": lambda a: dict(a, code="x")},
                       "token-endpoint-invalid-grant"),
    "groups-object": ({"userinfo": lambda u: dict(u, groups={"a": 1})},
                      "groups-claim-wrong"),
    "groups-mixed": ({"userinfo": lambda u: dict(u, groups=["a", 1])},
                     "groups-claim-wrong"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refuses(pair, name):
    over, why = REFUSED[name]
    if over == "other-key":
        over = {"header": other_key(pair)}
    elif over is None:
        over = with_claims(iss=pair.op.issuer + "/")
    pair.op.over = over
    v, r = pair.login()
    assert r.status == 403 and r.page.screen in (16, 27) and \
        r.page.reference, r
    assert pair.why() == why
    assert v.browser.once("GET", pair.site.url("desk", "/rp")).status == 302
    assert pair.op.times("/jwks") == 0, "no keys are fetched for that"
    if why.startswith("answer-"):
        assert pair.op.times("/token") == 0, "the code is not spent"
    if name.startswith(("iss", "nonce", "sub", "aud", "exp")) and \
            not why.startswith("answer-"):
        assert pair.op.times("/userinfo") == 0


@pytest.mark.parametrize("path", ["mail", "quoted"])
def test_mail_that_nobody_verified(pair, path):
    """However the claim is spelt; and who says that it is verified says it of
    the address that counts."""
    _, r = pair.login("/" + path)
    assert told(r)["one"]["remote-user"] == "alice@example.test"
    bob = with_claims(email="bob@example.test")
    for over in (dict(userinfo=lambda u: dict(u, email_verified=False)), bob,
                 dict(bob, userinfo=lambda u: dict(u, email=None)),
                 with_claims(email="alice@example.test",
                             email_verified=False)):
        pair.op.over = over
        _, r = pair.login("/" + path)
        assert r.status == 403 and pair.why(path) == "email-not-verified", r
    for over in (with_claims(email="alice@example.test"),
                 with_claims(email="alice@example.test",
                             email_verified="true")):
        pair.op.over = over
        _, r = pair.login("/" + path)
        assert told(r)["one"]["remote-user"] == "alice@example.test"


def test_required_flag(pair):
    """A claim that is no text, as one would write it."""
    _, r = pair.login("/verified")
    assert told(r)["one"]["remote-user"] == "alice"
    for flag in (False, "yes", None, 1):
        pair.op.over = {"userinfo": lambda u: dict(u, email_verified=flag)}
        _, r = pair.login("/verified")
        assert r.status == 403, r
        assert pair.why("verified") == "required-claim"


@pytest.mark.parametrize("path", ["mail", "quoted"])
def test_no_source_says_who_somebody_is(pair, path):
    """Not even one that is asked for something else: its statement may be of
    anybody, and of any age."""
    said = {"email": "bob@example.test", "email_verified": True,
            "groups": ["staff"]}
    pair.op.over = {
        "claims": lambda c: dict(
            c, _claim_names={n: "s" for n in said}, _claim_sources={"s": {
                "JWT": pair.op.jwt(dict(said, iss=pair.op.issuer))}}),
        "userinfo": lambda u: {"sub": u["sub"]}}
    _, r = pair.login("/" + path)
    assert r.status == 403 and pair.why(path) == "subject-claim-missing", r


def test_groups_that_are_not_told():
    """Who is not in a group is who is known not to be: not everybody, where
    the provider forgets the claim, unless that is what it means by it."""
    p = Pair(quiet={"missing_groups": "none"})
    try:
        p.site.ways = {n: n + " where not group staff" for n in ("rp",
                                                                "quiet")}
        p.site.write()
        p.site.reload()
        for groups, opens in ([], ("rp", "quiet")), (["staff"], ()), (
                ["others"], ("rp", "quiet")), (None, ("quiet",)):
            p.op.over = {"userinfo": lambda u: {
                k: v for k, v in dict(u, groups=groups).items()
                if v is not None}}
            for name in "rp", "quiet":
                v, r = p.login("/" + name)
                url = p.site.url("desk", "/" + name)
                assert (r.url == url) == (name in opens), (groups, name, r)
                assert (v.browser.once("GET", url).status == 200) == (
                    name in opens), (groups, name, r)
    finally:
        p.close()


def answer(status=200, kind="application/json", body=b"{}", **headers):
    def change(good):
        raise Raw(status, kind, body, **headers)
    return change


TROUBLE = {
    "token-html": ({"token": answer(kind="text/html", body=b"<p>hello")},
                   "token-endpoint-failed"),
    "token-500": ({"token": answer(500)}, "token-endpoint-failed"),
    "token-302": ({"token": answer(302, Location="https://127.0.0.1:1/")},
                  "token-endpoint-failed"),
    "token-empty": ({"token": answer(body=b"")}, "token-answer"),
    "token-not-json": ({"token": answer(body=b"{")}, "token-answer"),
    "token-array": ({"token": answer(body=b"[]")}, "token-answer"),
    "token-doubled": ({"token": answer(body=b'{"access_token":"a",'
                                       b'"access_token":"b"}')},
                      "token-answer"),
    "token-100-MB": ({"token": answer(body=b"x" * (100 << 20))},
                     "token-endpoint-unreachable"),
    "token-deep": ({"token": answer(body=b'{"a":' * 10000 + b"1" +
                                    b"}" * 10000)}, "token-answer"),
    "token-no-access-token": (with_token(access_token=None),
                              "token-answer-no-access-token"),
    "token-type-mac": (with_token(token_type="mac"),
                       "token-answer-token-type"),
    "token-type-missing": (with_token(token_type=None),
                           "token-answer-token-type"),
    "id-token-number": (with_token(id_token=7), "token-answer-type"),
    "client-refused": ({"token": answer(401, body=b'{"error":'
                                        b'"invalid_client"}')},
                       "token-endpoint-failed"),
    "userinfo-html": ({"userinfo": answer(kind="text/html", body=b"x")},
                      "userinfo-failed"),
    "userinfo-500": ({"userinfo": answer(500)}, "userinfo-failed"),
    "userinfo-100-MB": ({"userinfo": answer(body=b"x" * (100 << 20))},
                        "userinfo-unreachable"),
}


@pytest.mark.parametrize("name", TROUBLE)
def test_cannot_tell(pair, name):
    """No proof, and no blame: another try may do."""
    over, why = TROUBLE[name]
    pair.op.over = over
    start = time.monotonic()
    v, r = pair.login()
    assert r.status in (200, 500, 503) and r.page.screen in (1, 26, 28), r
    assert pair.why() == why
    assert v.browser.once("GET", pair.site.url("desk", "/rp")).status == 302
    assert time.monotonic() - start < 25    # half a minute is their patience
    assert pair.op.times("/token") == 1, "never a second method"


def test_slow_drip(pair):
    def drip(good):
        raise Raw(body=js(good), drip=0.4)
    pair.op.over = {"token": drip}
    start = time.monotonic()
    _, r = pair.login()
    assert r.page.screen in (26, 28), r
    assert time.monotonic() - start < 20
    assert pair.why() == "token-endpoint-unreachable"


class Trap:
    """A place that no configuration names: who comes is counted."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = "https://127.0.0.1:%d" % self.socket.getsockname()[1]
        self.came = 0
        threading.Thread(target=self.wait, daemon=True).start()

    def wait(self):
        while True:
            try:
                self.socket.accept()[0].close()
                self.came += 1
            except OSError:
                return

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


@pytest.fixture(scope="module")
def trap():
    t = Trap()
    yield t
    assert t.came == 0
    t.close()


def key_elsewhere(pair, at, **header):
    return {"header": lambda head: (dict(
        head, jku=at + "/jwks", x5u=at + "/x.pem", **header),
        pair.op.spare.sign)}


def claims_elsewhere(at):
    return {"claims": lambda c: dict(
        c, _claim_names={"groups": "s"}, _claim_sources={"s": {
            "endpoint": at + "/groups", "access_token": "x"}}),
        "userinfo": lambda u: {k: v for k, v in u.items() if k != "groups"}}


# What a provider writes to send us somewhere else, and the word for it; no
# word: the login goes on without what is there.
ELSEWHERE = {
    "jku": (key_elsewhere, "signature"),
    "jku-jwk": (lambda pair, at: key_elsewhere(
        pair, at, jwk=pair.op.spare.jwk(kid="k1")), "signature"),
    "claims-source": (lambda pair, at: claims_elsewhere(at), None),
    "iss": (lambda pair, at: with_claims(iss=at), "iss-wrong"),
    "iss-in-answer": (lambda pair, at: {"authorize": lambda a: dict(
        a, iss=at)}, "answer-iss-wrong"),
    "token-302": (lambda pair, at: {"token": answer(302, Location=at)},
                  "token-endpoint-failed"),
    "token-307": (lambda pair, at: {"token": answer(307, Location=at)},
                  "token-endpoint-failed"),
    "token-200-with-location": (lambda pair, at: {"token": answer(
        200, Location=at, Refresh="0; url=" + at)}, "token-answer"),
    "userinfo-302": (lambda pair, at: {"userinfo": answer(
        302, Location=at)}, "userinfo-failed"),
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_goes_nowhere_else(pair, trap, name):
    over, why = ELSEWHERE[name]
    pair.op.over = over(pair, trap.url)
    v, r = pair.login()
    if why is None:
        assert "remote-groups" not in told(r)["one"], r
        why = "source-elsewhere"
        assert pair.site.audit(event="plugin:claim-source-refused")[-1][
            "details"]["why"] == why
    else:
        assert why in pair.why(), pair.why()
        assert v.browser.once("GET", pair.site.url(
            "desk", "/rp")).status == 302
    assert trap.came == 0


@pytest.mark.parametrize("name", ["token_endpoint", "jwks_uri",
                                  "userinfo_endpoint", "metadata", "keys"])
def test_documents_lead_nowhere_else(pair, trap, name):
    pair.op.over = {name: answer(302, Location=trap.url)} if name in (
        "metadata", "keys") else endpoints(**{name: trap.url + "/x"})
    said = pair.site.command("test", "rp", check=False)
    assert name in said.stdout + said.stderr or "302" in \
        said.stdout + said.stderr, said
    assert trap.came == 0


def test_logout_token_leads_nowhere_else(pair, trap):
    token = pair.op.logout_token(header={"jku": trap.url, "x5u": trap.url})
    assert back(pair, token[:-6] + "AAAAAA").status == 400
    assert trap.came == 0


def peak_kb(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f
                    if line.startswith("VmHWM:"))


@pytest.mark.skipif(BUILD.name == "sanitize", reason="a sanitizer keeps what was freed")
def test_long_answers_are_not_held():
    """A hundred megabytes, wherever they come: not even a part of them."""
    p, long = Pair(), answer(body=b" " * (100 << 20))
    try:
        for _ in range(3):
            p.login()
        before = peak_kb(p.site.daemon.child.pid)
        for place in ("token", "userinfo"):
            p.op.over = {place: long}
            p.login()
            assert peak_kb(p.site.daemon.child.pid) < before + 8192, place
        for place, path in ("keys", "/jwks"), (
                "metadata", "/.well-known/openid-configuration"):
            p.op.over = {place: long}
            p.op.log.clear()
            p.site.restart()
            until(place, lambda: p.op.times(path) > 0)
            time.sleep(1)
            p.op.over = {}
            p.login()
            assert peak_kb(p.site.daemon.child.pid) < before + 8192, place
    finally:
        p.close()


# ----------------------------------------------------------------------
# The provider's refusals, in words


@pytest.mark.parametrize("error, words", [
    ("access_denied", "cancelled"), ("login_required", "Log in there"),
    ("temporarily_unavailable", "right now"),
    ("unmet_authentication_requirements", "as strongly")])
def test_errors_in_our_words(pair, error, words):
    pair.op.over = {"authorize": lambda a: {
        "error": error, "error_description": "<b>secret</b>",
        "state": a["state"], "iss": a["iss"]}}
    _, r = pair.login()
    assert r.page.screen in (16, 27) and words in r.page.text, r
    assert "secret" not in r.text
    e = pair.site.audit(event="plugin:refused")[-1]["details"]
    assert e == {"why": "provider-refused", "detail": error}


def test_who_is_not_asked_fails_at_nothing():
    """`prompt: none` without a session there is no try: it locks nobody out
    who shares the address; to cancel is one."""
    p = Pair(silent={"prompt": "none"})
    try:
        p.login("/silent")      # waits until the provider is known
        p.site.write(edit=lambda t: t.replace("per_source: 10000",
                                              "per_source: 3"))
        p.site.reload()

        def refused(error):
            p.op.over = {"authorize": lambda a: {
                "error": error, "state": a["state"], "iss": a["iss"]}}
            return p.login("/silent")[1]
        for error in ("login_required", "interaction_required",
                      "consent_required", "account_selection_required"):
            assert refused(error).page.screen == 27
        p.op.over = {}
        _, r = p.login("/silent")
        assert told(r)["one"]["remote-user"] == "alice"
        for _ in range(3):
            assert refused("access_denied").page.screen == 27
        p.op.over = {}
        _, r = p.login("/silent")
        assert r.page.screen == 25, r
    finally:
        p.close()


def test_error_in_the_providers_words(pair):
    """Quoted, cut, and never markup."""
    pair.op.over = {"authorize": lambda a: {
        "error": "org_says_no", "state": a["state"], "iss": a["iss"],
        "error_description": "<script>alert(1)</script> \u202e " +
        "long " * 100}}
    _, r = pair.login()
    assert r.page.screen == 27 and "<script>alert" not in r.text, r
    assert "alert(1)" in r.page.text and "\u202e" not in r.page.text
    assert len(r.page.text) < 1200


def test_error_with_another_issuer(pair):
    """Who answers is looked at before what is said."""
    pair.op.over = {"authorize": lambda a: {
        "error": "x", "error_description": "call 555-0100 now",
        "state": a["state"], "iss": "https://evil.example"}}
    _, r = pair.login()
    assert "555-0100" not in r.text and pair.why() == "answer-iss-wrong"


def test_form_post_error(pair):
    v, r = pair.login("/post")
    # the script answered by redirect; now as the form that was asked for
    asked = next(u for u in [*r.went, r.url] if "/auth?" in u)
    state = query(asked)["state"]
    r = v.browser.go("POST", pair.site.callback("post"), {
        "error": "access_denied", "state": state, "iss": pair.op.issuer},
        initiator=pair.op.issuer + "/")
    assert r.page.screen == 27 and "cancelled" in r.page.text, r


# ----------------------------------------------------------------------
# The callback, from elsewhere, doubled, again


def held(pair, path="/rp"):
    """A login that has come back up to the callback, which was not asked for
    yet: browser and address."""
    v = Visitor(pair.site, pair.op)
    b = v.browser
    pair.op.log.clear()
    url, callback = pair.site.url("desk", path), pair.site.callback("rp")
    for _ in range(12):
        r = b.once("GET", url, initiator=pair.op.issuer + "/")
        url = urllib.parse.urljoin(url, r.header("location"))
        if url.startswith(callback):
            return b, url
    raise AssertionError("no callback: %r" % r)


def to_the_provider(p):
    """What a fresh browser gets last, before it would go there."""
    b, url = Visitor(p.site, p.op).browser, p.site.url("desk", "/rp")
    for _ in range(6):
        r = b.once("GET", url)
        if r.status not in (302, 303):
            return r
        url = urllib.parse.urljoin(url, r.header("location"))
        if url.startswith(p.op.issuer):
            return r
    raise AssertionError("no way there: %r" % r)


def test_visits_that_push_have_an_end():
    """Anybody's visit makes us push a request to the provider: as many from
    one address as it may have of what is no try. Those who do log in use up
    nothing, and who has logged in here goes on."""
    p = Pair(over=lambda at: endpoints(
        pushed_authorization_request_endpoint=at + "/par"),
        rp={"pushed_requests": "always"})
    try:
        known = p.known_here()
        p.site.write(edit=lambda t: t.replace("per_source: 10000",
                                              "per_source: 1"))
        p.site.reload()
        for _ in range(60):
            _, r = p.login()
            assert told(r)["one"]["remote-user"] == "alice"
        p.op.log.clear()
        for _ in range(60):
            r = to_the_provider(p)
            if r.status != 303:
                break
        assert r.status == 429 and r.page.screen == 25, r
        assert 1 < p.op.times("/par") <= 50, p.op.times("/par")
        assert not p.op.times("/auth")
        b = known.browser
        for host in "login", "desk":
            b.cookies(p.site.host(host)).pop("__Host-countersign", None)
        r = known.begin(p.site.url("desk", "/rp"))
        assert told(r)["one"]["remote-user"] == "alice"
    finally:
        p.close()


def untaken(pair, r, why, factor="rp"):
    """It is in the audit log, for a reason of its own, and the page has its
    reference; no code was sent anywhere."""
    last = pair.site.audit(event="answer-refused", factor=factor)[-1]
    assert why in last["reason"], last
    assert r.page.reference and last["reference"] == r.page.reference, r
    assert pair.op.times("/token") == 0


def test_callback_doubled(pair):
    for name in ("code", "state", "iss"):
        b, url = held(pair)
        more = url + "&" + urllib.parse.urlencode(
            {name: query(url)[name]})
        r = b.once("GET", more)
        assert r.status == 400, r
        untaken(pair, r, "a parameter twice")
        r = b.get(url)
        assert r.url == pair.site.url("desk", "/rp"), \
            "nothing was used up: %r" % r


def test_callback_with_a_foreign_state(pair):
    b, url = held(pair)
    other, theirs = held(pair)
    mine = urllib.parse.urlsplit(url)._replace(query=urllib.parse.urlencode(
        dict(query(url), state=query(theirs)["state"]))).geturl()
    r = b.once("GET", mine)
    assert r.page.screen == 23, r
    untaken(pair, r, "nothing here asked for it")
    for state in ("", "x", "0" * 32, "%00"):
        r = b.once("GET", pair.site.callback("rp") + "?code=c&state=" +
                   state)
        assert r.status in (200, 400) and r.page.screen in (0, 23, 34), r


def test_callback_in_another_browser(pair):
    """The code of a login that somebody else began."""
    b, url = held(pair)
    stranger = Visitor(pair.site, pair.op).browser
    r = stranger.once("GET", url)
    assert r.page.screen in (23, 24), r
    untaken(pair, r, "nothing here asked for it")
    assert b.get(url).url == pair.site.url("desk", "/rp")


def test_callback_twice(pair):
    """The same browser goes on; the code is sent once."""
    b, url = held(pair)
    r = b.once("GET", url)
    again = b.get(url)
    assert r.status == 303 and again.status == 200, (r, again)
    assert again.page.screen in (0, 20, 21), again
    assert pair.op.times("/token") == 1
    assert b.get(pair.site.url("desk", "/rp")).status == 200


def test_callback_at_another_factor(pair):
    """The mix-up: an answer of one provider at the other's address."""
    b, url = held(pair)
    r = b.once("GET", url.replace("/f/rp/", "/f/started/"))
    assert r.status == 400, r
    untaken(pair, r, "awaited at another endpoint", "started")
    assert b.get(url).url == pair.site.url("desk", "/rp")


def test_what_strangers_send_fills_no_log():
    """What comes without a state, and what no frame may send: told for an
    address as often as it may fail; a peer's messages are not among them."""
    p = Pair(started={"initiated_login": "true"})
    try:
        p.login()               # waits until the provider is known
        p.site.write(edit=lambda t: t.replace("per_source: 10000",
                                              "per_source: 5"))
        p.site.reload()
        b = Visitor(p.site, p.op).browser
        for at in ("rp/callback?code=c", "started/login?iss=x",
                   "rp/frontchannel-logout?sid=x&iss=x"):
            for _ in range(4):
                r = b.once("GET", p.site.url("login", "/f/" + at))
                assert r.status == 400, r
        told = p.site.audit(event="plugin:refused")
        assert len(told) == 5, told
        assert back(p, "x").status == 400
        assert len(p.site.audit(event="plugin:refused")) == 6
    finally:
        p.close()


def test_signed_answer_that_was_not_asked_for(pair):
    """Where answers come plain, nothing is looked for in another sort."""
    b = Visitor(pair.site, pair.op).browser
    state = pair.op.jwt({"state": "0" * 32})
    r = b.once("GET", pair.site.callback("rp") + "?response=" + state)
    assert r.status == 400 and pair.why() == "answer-state-missing", r


def jwe(key):
    """Looks as if it were for our key: what is in it is not."""
    head = {"alg": "RSA-OAEP-256", "enc": "A128GCM"}
    return ".".join([b64(js(head)), b64(b"k" * (key.key_size // 8)),
                     b64(b"i" * 12), b64(b"text"), b64(b"t" * 16)])


def test_encrypted_answers_of_strangers_have_an_end():
    """Each costs the work of a private key: as many from an address as it may
    have of what is no try, and a login there goes on where one is known."""
    p = Pair(jarm={"response_mode": "query.jwt",
                   "decryption_key": "file:enc.key"})
    try:
        known = p.known_here()
        p.site.write(edit=lambda t: t.replace("per_source: 10000",
                                              "per_source: 1"))
        p.site.reload()
        b = Visitor(p.site, p.op).browser
        at = p.site.callback("jarm") + "?response=" + jwe(
            p.op.key.private)
        seen = [b.once("GET", at).status for _ in range(60)]
        assert set(seen[:30]) == {400} and set(seen[50:]) == {429}, seen
        for host in "login", "desk":
            known.browser.cookies(p.site.host(host)).pop(
                "__Host-countersign", None)
        r = known.begin(p.site.url("desk", "/rp"))
        assert told(r)["one"]["remote-user"] == "alice"
    finally:
        p.close()


def test_callback_by_the_other_method(pair):
    """Asked by query, it does not come as a form."""
    b, url = held(pair)
    r = b.once("POST", pair.site.callback("rp"), query(url),
               initiator=pair.op.issuer + "/")
    assert r.page.screen in (23, 24, 34), r
    untaken(pair, r, "P2: ")


# ----------------------------------------------------------------------
# Keys


def test_key_rotation():
    """signing-key-rotation, -just-before-signing: one fetch solves it; within
    the minute no other follows, whoever asks."""
    p = Pair()
    try:
        def no_fetch():     # who waited may have asked for one more
            _, r = p.login()
            assert told(r)["one"]["remote-user"] == "alice"
            return p.op.times("/jwks") == 0
        until("a login needs no keys anew", no_fetch)
        p.op.key, p.op.spare = p.op.spare, p.op.key
        p.op.published = [p.op.key]
        begun = time.monotonic()
        _, r = p.login()
        assert told(r)["one"]["remote-user"] == "alice"
        assert p.op.times("/jwks") == 1
        # signed by the withdrawn one: refused, and nothing is fetched
        p.op.over = {"header": lambda head: (dict(head, kid="k1"),
                                             p.op.spare.sign)}
        for _ in range(3):
            _, r = p.login()
            assert r.page.screen == 27 and p.why() == "kid-unknown"
            assert p.op.times("/jwks") == 0 or time.monotonic() - begun > 60
    finally:
        p.close()


def test_a_strangers_fetch_is_not_the_logins():
    """Keys that were asked for on a stranger's behalf come when the provider
    has new ones already: who logs in has a fetch of their own."""
    p = Pair()
    arrived, go_on, first = threading.Event(), threading.Event(), iter([1])

    def slowly(keys):               # those of when it was asked
        if next(first, 0):
            arrived.set()
            go_on.wait(8)
        return keys
    try:
        p.login()
        p.op.over = {"keys": slowly}
        stranger = threading.Thread(target=back, args=(
            p, p.op.logout_token(header={"kid": "nobody"})))
        stranger.start()
        assert arrived.wait(60)
        p.op.key, p.op.spare = p.op.spare, p.op.key
        p.op.published, seen = [p.op.key], []
        login = threading.Thread(target=lambda: seen.append(p.login()[1]))
        login.start()
        until("the token is given", lambda: p.op.times("/token") > 0)
        go_on.set()
        login.join(60)
        stranger.join(60)
        assert told(seen[0])["one"]["remote-user"] == "alice"
        assert p.op.times("/jwks") == 1
    finally:
        go_on.set()
        p.close()


def test_algorithm_is_pinned(pair):
    """The provider has no key for what this client accepts: nobody gets in,
    and whoever runs it is told."""
    site = OidcSite({"strict": options(pair.op, "rp", algorithms="PS256")},
                    start=False)
    try:
        site.secret("client.secret", SECRET)
        site.command("init")
        said = site.command("test", "strict", check=False)
        assert said.returncode == 1
        assert "no key for the algorithms" in said.stdout + said.stderr
    finally:
        site.close()


def test_what_the_provider_does_not_list_is_told(pair):
    """Before anybody logs in: algorithms of what is signed, and a place for
    pushed requests."""
    site = OidcSite({"strict": options(
        pair.op, "rp", client_secret="", client_key="file:ec.key",
        dpop="true", signed_requests="true", pushed_requests="always",
        response_mode="query.jwt")}, start=False)
    names = ["token_endpoint_auth_signing_alg", "dpop_signing_alg",
             "request_object_signing_alg", "authorization_signing_alg"]
    pair.op.over = endpoints(**{
        "%s_values_supported" % name: ["RS384"] for name in names})
    try:
        pem_key(site.dir / "ec.key", "EC", "ec_paramgen_curve:P-256")
        site.command("init")
        found = json.loads(site.command("--json", "test", "strict",
                                        check=False).stdout)
        said = [f["text"] for f in found["findings"]
                if f["severity"] != "info"]
        for word in names[:3]:
            assert any("ES256" in t and word in t for t in said), said
        assert any("signs its answers" in t for t in said), said
        assert any("no pushed_authorization" in t for t in said), said
        assert not found["good"]
    finally:
        site.close()


# ----------------------------------------------------------------------
# Metadata and keys that are refused


def endpoints(**changes):
    return {"metadata": lambda m: {k: v for k, v in dict(
        m, **changes).items() if v is not None}}


def keys_of(change):
    return {"keys": lambda k: {"keys": change(k["keys"])}}


DOCUMENTS = {
    "discovery-issuer-mismatch": (endpoints(issuer="https://evil.example"),
                                  "not the configured one"),
    "issuer-with-a-slash": ({"metadata": lambda m: dict(
        m, issuer=m["issuer"] + "/")}, "not the configured one"),
    "issuer-missing": (endpoints(issuer=None), "not the configured one"),
    "issuer-array": (endpoints(issuer=["x"]), "not the configured one"),
    "http-token-endpoint": (endpoints(token_endpoint="http://127.0.0.1/t"),
                            "token_endpoint"),
    "http-jwks": (endpoints(jwks_uri="http://127.0.0.1/jwks"), "jwks_uri"),
    "token-endpoint-elsewhere": (endpoints(
        token_endpoint="https://evil.example/token"), "token_endpoint"),
    "jwks-elsewhere": (endpoints(jwks_uri="https://evil.example/jwks"),
                       "jwks_uri"),
    "authorization-elsewhere": (endpoints(
        authorization_endpoint="https://evil.example/auth"),
        "authorization_endpoint"),
    "no-authorization-endpoint": (endpoints(authorization_endpoint=None),
                                  "authorization_endpoint"),
    "script-endpoint": (endpoints(authorization_endpoint="javascript:1"),
                        "authorization_endpoint"),
    "metadata-html": ({"metadata": answer(kind="text/html", body=b"<p>")},
                      "text/html"),
    "metadata-404": ({"metadata": answer(404)}, "404"),
    "metadata-redirect": ({"metadata": answer(
        302, Location="https://127.0.0.1:1/")}, "302"),
    "keys-100-MB": ({"keys": answer(body=b" " * (100 << 20))}, "longer"),
    "keys-redirect": ({"keys": answer(302, Location="https://127.0.0.1:1/")},
                      "302"),
    "metadata-100-MB": ({"metadata": answer(body=b" " * (100 << 20))},
                        "longer than allowed"),
    "metadata-array": ({"metadata": answer(body=b"[]")}, "not one object"),
    "metadata-doubled": ({"metadata": answer(
        body=b'{"issuer":"a","issuer":"b"}')}, "twice"),
    "metadata-utf8": ({"metadata": answer(body=b'{"issuer":"\xff"}')},
                      "UTF-8"),
    "metadata-deep": ({"metadata": answer(
        body=b'{"a":' * 10000 + b"1" + b"}" * 10000)}, "too deep"),
    "keys-html": ({"keys": answer(kind="text/html", body=b"<p>")},
                  "text/html"),
    "keys-500": ({"keys": answer(500)}, "500"),
    "keys-none": (keys_of(lambda k: []), "no key for the algorithms"),
    "keys-10000": (keys_of(lambda k: [dict(k[0], kid="k%d" % i)
                                      for i in range(10000)]),
                   "longer than allowed"),
    "keys-over-100": (keys_of(lambda k: [dict(k[0], kid="k%d" % i)
                                         for i in range(101)]),
                      "over 100 keys"),
    "keys-private": (keys_of(lambda k: [dict(k[0], d="AQAB")]),
                     "private key"),
    "keys-symmetric": (keys_of(lambda k: k + [{
        "kty": "oct", "kid": "s", "k": b64(b"x" * 32)}]), "symmetric"),
    "keys-same-kid": ("two-keys", "same kid"),
    "keys-small": (keys_of(lambda k: [dict(k[0], n=b64(b"\xff" * 128))]),
                   "no key for the algorithms"),
    "keys-for-encryption": (keys_of(lambda k: [dict(k[0], use="enc")]),
                            "no key for the algorithms"),
    "keys-object": ({"keys": lambda k: {"keys": {}}}, "no list of keys"),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents(pair, name):
    """By the command that an operator uses; the daemon reads them with the
    same code."""
    pair.op.over, word = DOCUMENTS[name]
    if pair.op.over == "two-keys":
        pair.op.over = keys_of(lambda k: k + [
            pair.op.spare.jwk(alg="RS256", kid="k1")])
    start = time.monotonic()
    said = pair.site.command("test", "rp", check=False)
    text = said.stdout + said.stderr
    assert said.returncode == 1 and word in text, text
    assert time.monotonic() - start < 15


def test_documents_that_drip(pair):
    """Whoever tries them is told within half a minute; whoever logs in does not
    wait, and gets in by what was there before."""
    pair.op.over = {"keys": answer(body=b" " * 999, drip=0.4)}
    said, took = [], []

    def test():
        start = time.monotonic()
        said.append(pair.site.command("test", "rp", check=False))
        took.append(time.monotonic() - start)
    trying = threading.Thread(target=test)
    pair.op.log.clear()             # before anybody asks
    trying.start()
    pair.site.restart()
    until("it has asked", lambda: pair.op.times("/jwks") > 1)
    # what they would wait for is a half minute, or the six of the whole body
    begun = time.monotonic()
    _, r = pair.login()
    assert told(r)["one"]["remote-user"] == "alice"
    assert time.monotonic() - begun < 20
    begun = time.monotonic()
    pair.site.daemon.stop()         # which is not held up by it either
    assert time.monotonic() - begun < 20
    pair.op.over = {}
    pair.site.start_daemon()
    trying.join(120)
    assert took[0] < 60             # half a minute, and a crowded machine
    assert said[0].returncode == 1
    assert "imed out" in said[0].stdout + said[0].stderr, said


@pytest.mark.parametrize("ahead,words", [
    (0, "its clock and ours agree"), (3600, "seconds ahead of ours"),
    (-3600, "seconds behind ours")])
def test_a_clock_that_is_off_is_told(pair, ahead, words):
    """By the Date of its answers; a warning, since no login hangs on it."""
    pair.op.over, pair.op.ahead = {}, ahead
    try:
        found = pair.site.json("test", "rp")
    finally:
        pair.op.ahead = 0
    told = {f["text"]: f["severity"] for f in found["findings"]}
    text = next(t for t in told if "clock" in t)
    assert words in text, told
    assert told[text] == ("warning" if ahead else "info") and found["good"]


def test_documents_refused_keep_the_old_ones():
    """What was good stays in force. At a provider of its own: another try is
    made soon, and others count what is fetched."""
    p = Pair()
    try:
        p.login()               # waits until the provider is known
        p.op.over = endpoints(issuer="https://evil.example")
        known = time.monotonic()
        until("it would ask anew", lambda: time.monotonic() > known + 5)
        p.site.restart()
        until("what came is refused", lambda: "not the configured one" in
              p.site.daemon.said())
        _, r = p.login()
        assert told(r)["one"]["remote-user"] == "alice"
    finally:
        p.close()


# ----------------------------------------------------------------------
# Logout messages


def back(pair, token, factor="rp"):
    b = Visitor(pair.site, pair.op).browser
    body = token if isinstance(token, list) else {"logout_token": token}
    return b.once("POST", pair.site.url(
        "login", "/f/%s/backchannel-logout" % factor), body)


def test_back_channel_logout(pair):
    """rp-backchannel-rpinitlogout: 200, no-store, and the session is over;
    the same message does not count again."""
    pair.op.name = "beth"
    try:
        v, r = pair.login()
        assert told(r)["one"]["remote-user"] == "beth"
        token = pair.op.logout_token()
        r = back(pair, token)
        assert r.status == 200 and r.header("cache-control") == "no-store", r
        until("the session is over", lambda: v.browser.once(
            "GET", pair.site.url("desk", "/rp")).status == 302)
        r = back(pair, token)
        assert r.status == 400 and "jti-replayed" in r.text, r
    finally:
        pair.op.name = "alice"


def test_back_channel_logout_again_after_a_failure():
    """What could not be done is not used up: the provider's second try is no
    replay, its third is."""
    p = Pair()
    try:
        p.login()
        # as long as may be: there are two restarts, on a crowded machine
        site, token = p.site, p.op.logout_token(exp=int(time.time()) + 600)
        text = site.conf.read_text()
        site.conf.write_text(text.replace("%s/audit.json" % site.dir,
                                          "/dev/full"))
        site.restart()
        assert back(p, token).status == 500
        site.conf.write_text(text)
        site.restart()
        assert back(p, token).status == 200
        r = back(p, token)
        assert r.status == 400 and "jti-replayed" in r.text, r
    finally:
        p.close()


class OtherNode:
    """A second daemon on the site's store, with sockets of its own."""

    def __init__(self, site):
        self.site, self.port = site, free_port()
        (site.dir / "run2").mkdir()
        conf = site.dir / "node2.yml"
        conf.write_text(re.sub(r'tcp: "127[^"]*"', 'tcp: "127.0.0.1:%d"' %
                               self.port, site.conf.read_text().replace(
                                   "/run/", "/run2/")))
        conf.chmod(0o600)
        self.daemon = Process(
            site.dir / "node2.log", BUILD / "gateway/countersignd", "-c",
            conf, "--plugins", plugins(), "--data", data(),
            env=dict(SANITIZED, TZ="UTC"))
        until("the other node is ready\n" + self.daemon.said(), self.ready)

    def ready(self):
        return run("curl", "-s", "-f", "-o", "/dev/null",
                   "http://127.0.0.1:%d/readyz" % self.port,
                   check=False).returncode == 0

    def post(self, url, form):
        at = urllib.parse.urlsplit(url)
        return run("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}",
                   "--unix-socket", self.site.dir / "run2/pages.sock",
                   "-H", "Host: " + at.netloc, "-H", "X-Real-IP: 192.0.2.9",
                   "-d", urllib.parse.urlencode(form),
                   "http://localhost" + at.path).stdout

    def close(self):
        self.daemon.stop()


def test_back_channel_at_another_node(pair):
    """Over on every node within a second, whichever the provider called."""
    pair.op.name, node = "nora", OtherNode(pair.site)
    url = pair.site.url("desk", "/rp")

    def end():
        v, _ = pair.login()
        for _ in range(3):
            assert v.browser.once("GET", url).status == 200
        assert node.post(pair.site.url("login", "/f/rp/backchannel-logout"), {
            "logout_token": pair.op.logout_token()}) == "200"
        return lambda: v.browser.once("GET", url).status == 302
    try:
        within(2, "the session is over here too", end)
    finally:
        pair.op.name = "alice"
        node.close()


def test_back_channel_by_sub_alone(pair):
    """All sessions of the person, and nobody else's."""
    url = pair.site.url("desk", "/rp")

    def end():
        pair.op.name = "cleo"
        hers = [pair.login()[0] for _ in range(2)]
        for v in hers:
            assert v.browser.once("GET", url).status == 200
        assert back(pair, pair.op.logout_token(sid=None)).status == 200
        return lambda: all(v.browser.once("GET", url).status == 302
                           for v in hers)
    try:
        pair.op.name = "dirk"
        other, _ = pair.login()
        within(2, "the sessions are over", end)
        assert other.browser.once("GET", url).status == 200
    finally:
        pair.op.name = "alice"


def test_back_channel_by_a_sid_that_was_not_told(pair):
    """Where the ID token had none, the person's sessions that have none are
    those that may be meant; one with a sid of its own is not."""
    pair.op.name = "elsa"
    try:
        named, _ = pair.login()
        pair.op.over = with_claims(sid=None)
        nameless, _ = pair.login()
        pair.op.name = "finn"
        other, _ = pair.login()
        pair.op.name = "elsa"
        url = pair.site.url("desk", "/rp")
        token = pair.op.logout_token
        pair.op.over = {}
        assert back(pair, token(sid="another")).status == 200
        until("the session is over", lambda: nameless.browser.once(
            "GET", url).status == 302, 2)
        for v in (named, other):
            assert v.browser.once("GET", url).status == 200
        assert back(pair, token()).status == 200
        until("this one as well", lambda: named.browser.once(
            "GET", url).status == 302, 2)
        assert other.browser.once("GET", url).status == 200
    finally:
        pair.op.name = "alice"


BACK = {
    "alg-none": (dict(header={"alg": "none"}), "alg-none"),
    "wrong-alg": (dict(header={"alg": "RS512"}), "alg-other"),
    "wrong-iss": (dict(iss="https://evil.example"), "iss-wrong"),
    "wrong-aud": (dict(aud="other"), "aud-wrong"),
    "no-event": (dict(events=None), "events-missing"),
    "wrong-event": (dict(events={"x": {}}), "events-wrong"),
    "event-no-object": (dict(events={
        "http://schemas.openid.net/event/backchannel-logout": 1}), "events"),
    "with-nonce": (dict(nonce="x"), "nonce-present"),
    "no-iat": (dict(iat=None), "iat-missing"),
    "no-jti": (dict(jti=None), "jti-missing"),
    "no-exp": (dict(exp=None), "exp-missing"),
    "neither-sub-nor-sid": (dict(sub=None, sid=None), "sub-or-sid"),
    "expired": (dict(exp=int(NOW) - 3600, iat=int(NOW) - 3700), "exp-wrong"),
    "far": (dict(exp=int(NOW) + 864000), "exp-far"),
    "typ": (dict(header={"typ": "at+jwt"}), "token-type"),
    "unknown-kid": (dict(header={"kid": "nobody"}), "kid-unknown"),
}


@pytest.mark.parametrize("name", BACK)
def test_back_channel_refuses(pair, name):
    changes, why = BACK[name]
    pair.op.log.clear()
    r = back(pair, pair.op.logout_token(**changes))
    assert r.status == 400 and r.header("cache-control") == "no-store", r
    said = json.loads(r.text)
    assert said["error"] == "invalid_request"
    assert why in said["error_description"], said
    if name != "unknown-kid":
        assert pair.op.times("/jwks") == 0, "nothing is fetched for it"


def test_back_channel_of_no_shape(pair):
    token = pair.op.logout_token()
    for body in ([("logout_token", token), ("logout_token", token)],
                 [("x", "y")], [("logout_token", "")],
                 [("logout_token", "a" * 20000)],
                 [("logout_token", token[:-6] + "AAAAAA")]):
        r = back(pair, body)
        assert r.status == 400, (body, r)
    # of two in one body none was taken
    assert back(pair, token).status == 200


def test_back_channel_unknown_kids_do_not_storm(pair):
    pair.op.log.clear()
    for i in range(5):
        assert back(pair, pair.op.logout_token(
            header={"kid": "kid-%d" % i})).status == 400
    assert pair.op.times("/jwks") <= 1


def test_front_channel_logout(pair):
    pair.op.name = "ernie"
    at = pair.site.url("login", "/f/rp/frontchannel-logout")
    b = Visitor(pair.site, pair.op).browser
    url = pair.site.url("desk", "/rp")

    def end():
        v, _ = pair.login()
        for bad in ("", "?sid=sid-ernie", "?iss=x&sid=sid-ernie",
                    "?iss=" + urllib.parse.quote(pair.op.issuer)):
            assert b.once("GET", at + bad).status == 400, bad
        assert v.browser.once("GET", url).status == 200
        r = b.once("GET", at + "?" + urllib.parse.urlencode(
            {"iss": pair.op.issuer, "sid": "sid-ernie"}))
        assert r.status == 200 and r.header("cache-control") == "no-store"
        assert pair.op.issuer in r.header("content-security-policy")
        return lambda: v.browser.once("GET", url).status == 302
    try:
        within(2, "the session is over", end)
    finally:
        pair.op.name = "alice"


# ----------------------------------------------------------------------
# A login that begins elsewhere


def test_third_party_initiated_login(pair):
    """3rd-party-init-login, by GET and POST; only who and where to."""
    target = pair.site.url("desk", "/started/x?y=1")
    at = pair.site.url("login", "/f/started/login")
    ask = {"iss": pair.op.issuer, "target_link_uri": target,
           "login_hint": "alice", "scope": "evil", "prompt": "none"}
    for method in ("GET", "POST"):
        v = Visitor(pair.site, pair.op)
        pair.op.log.clear()
        if method == "GET":
            r = v.browser.get(at + "?" + urllib.parse.urlencode(ask))
        else:
            r = v.browser.go("POST", at, ask,
                             initiator=pair.op.issuer + "/")
        r = v.onward(r, v.browser)
        assert r.url == target and told(r)["path"] == "/started/x?y=1", r
        asked, _ = pair.op.last("/auth")
        assert asked["login_hint"] == "alice"
        assert "evil" not in asked["scope"] and "prompt" not in asked


def test_third_party_initiated_login_is_narrow(pair):
    at = pair.site.url("login", "/f/started/login?")
    b = Visitor(pair.site, pair.op).browser
    for ask in ({}, {"iss": "https://evil.example"},
                {"iss": pair.op.issuer,
                 "target_link_uri": "https://evil.example/"}):
        r = b.once("GET", at + urllib.parse.urlencode(ask))
        assert "evil" not in r.header("location") and \
            r.status in (400, 500), (ask, r)
    r = b.once("GET", pair.site.url("login", "/f/rp/login?") +
               urllib.parse.urlencode({"iss": pair.op.issuer}))
    assert r.status == 400, "not configured there: %r" % r
