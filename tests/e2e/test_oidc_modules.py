# SPDX-License-Identifier: Apache-2.0
"""The modules of the OpenID Foundation's relying party plans, mirrored.

Each row is one module: what the provider does, and either that the login
succeeds or the word by which we refuse it, with the request after which the
provider must hear nothing more. The suite itself is run elsewhere; this keeps
what it demands from being lost without it.
"""
import base64
import json
import time

import pytest

import scripted
from oidc import OidcSite, Visitor, options, query
from scripted import SECRET, Key, ScriptedProvider, b64, compact, jwt
from servers import until, within
from test_login import told

MODULES = {}
METADATA = "/.well-known/openid-configuration"


class Module:
    def __init__(self, prepare, refuse, last, settings):
        self.prepare, self.refuse = prepare, refuse
        self.last, self.settings = last, settings


def module(name, refuse=None, last="/token", **settings):
    def add(prepare):
        assert name not in MODULES
        MODULES[name] = Module(prepare, refuse, last, settings)
        return prepare
    return add


def claim(name, refuse, member, value):
    """An ID token with one member changed; None leaves it out."""
    @module(name, refuse)
    def prepare(op):
        op.claims[member] = value(op) if callable(value) else value


def flipped(token):
    head, sig = token.rsplit(".", 1)
    return head + "." + sig[:20] + ("A" if sig[20] != "A" else "B") + sig[21:]


# -- basic, config, form_post ------------------------------------------

@module("happy")
def happy(op):
    pass


@module("scope-userinfo-claims", userinfo="always")
def scope_userinfo_claims(op):
    op.info["groups"] = ["from-userinfo"]


claim("nonce-invalid", "nonce-wrong", "nonce", "another")
claim("nonce-missing", "nonce-missing", "nonce", None)
claim("missing-iat", "iat-missing", "iat", None)
claim("missing-aud", "aud-missing", "aud", None)
claim("invalid-aud", "aud-wrong", "aud", "another")
claim("missing-sub", "sub-missing", "sub", None)
claim("missing-iss", "iss-missing", "iss", None)
claim("invalid-iss", "iss-wrong", "iss", lambda op: op.issuer + "1/")
claim("missing-exp", "exp-missing", "exp", None)
claim("expired", "exp-wrong", "exp", lambda op: int(time.time()) - 100)
claim("iat-ahead", "iat-wrong", "iat", lambda op: int(time.time()) + 100)
claim("iat-of-last-hour", "iat-old", "iat", lambda op: int(time.time()) - 3600)
claim("secondary-aud", "aud-others", "aud", ["client", "another"])
claim("azp-of-another", "azp-wrong", "azp", "another")
claim("invalid-athash", "at-hash-wrong", "at_hash", "x" * 22)
claim("invalid-chash", "c-hash-wrong", "c_hash", "x" * 22)
claim("events-of-a-logout-token", "events-wrong", "events", {})


@module("aud-array")
def aud_array(op):
    op.claims["aud"] = ["client"]


# -- Entra's own claim for what acr is elsewhere ------------------------

ACRS = {"acr_claim": "acrs", "acr_values": "[c1]"}


@module("acrs-asked-for", **ACRS)
def acrs_asked_for(op):
    """A wish: whoever is given less gets in, and no guard holds."""


@module("acrs-demanded", "acr-wrong", "/userinfo", require_acr="true",
        **ACRS)
def acrs_demanded(op):
    op.claims["acrs"] = ["c2", "urn:c1"]


@module("acrs-given", require_acr="true", **ACRS)
def acrs_given(op):
    op.claims["acrs"] = ["c2", "c1"]


@module("sig-none", "alg-none")
def sig_none(op):
    op.sign = lambda h, c: b64(compact({"alg": "none"})) + "." + b64(
        compact(c)) + "."


@module("alg-null", "alg-unknown")
def alg_null(op):
    op.sign = lambda h, c: jwt({"alg": None, "kid": op.key.kid}, c,
                               op.key.sign)


@module("sig-rs256")
def sig_rs256(op):
    pass


@module("sig-es256", algorithms="[ES256]")
def sig_es256(op):
    op.key = Key(op.name + "-ec", "ES256")
    op.keys = [op.key]


@module("invalid-sig-rs256", "signature")
def invalid_sig_rs256(op):
    op.sign = lambda h, c: flipped(jwt(h, c, op.key.sign))


@module("invalid-sig-es256", "signature", algorithms="[ES256]")
def invalid_sig_es256(op):
    sig_es256(op)
    op.sign = lambda h, c: flipped(jwt(h, c, op.key.sign))


@module("invalid-sig-hs256", "signature", algorithms="[HS256]")
def invalid_sig_hs256(op):
    op.sign = lambda h, c: jwt({"alg": "HS256"}, c,
                               lambda data: b"\0" * 32)


@module("hs256-with-the-public-key", "alg-other")
def hs256_confusion(op):
    secret = compact(op.key.jwk()).encode()
    op.sign = lambda h, c: jwt(
        dict(h, alg="HS256"), c,
        lambda data: scripted.hmac.new(secret, data, "sha256").digest())


@module("wrong-alg", "alg-other", algorithms="[PS256]")
def wrong_alg(op):
    pass


@module("kid-absent-single-jwks")
def kid_absent_single(op):
    op.header["kid"] = None


@module("kid-absent-multiple-jwks")
def kid_absent_multiple(op):
    op.header["kid"] = None
    op.keys = [Key(op.name + "-0", slot=1), op.key,
               Key(op.name + "-2", "ES256")]


@module("kid-of-a-key-in-the-header", "kid-unknown")
def key_in_header(op):
    other = Key("theirs", slot=1)
    op.sign = lambda h, c: jwt({"alg": "RS256", "kid": "theirs",
                                "jwk": other.jwk()}, c, other.sign)


@module("signing-key-rotation-just-before-signing")
def rotation_before(op):
    def rotate():
        op.on_jwks = None
        op.fresh = Key(op.name + "-2", slot=1)
    op.on_jwks = rotate
    whole = op.id_token

    def id_token(*a):
        op.key = op.fresh
        op.keys = [op.fresh]
        return whole(*a)
    op.id_token = id_token


@module("userinfo-invalid-sub", "sub-wrong", "/userinfo", userinfo="always")
def userinfo_invalid_sub(op):
    op.info["sub"] = "mallory"


@module("userinfo-missing-sub", "sub-missing", "/userinfo",
        userinfo="always")
def userinfo_missing_sub(op):
    op.info["sub"] = None


@module("userinfo-signed", userinfo="always")
def userinfo_signed(op):
    op.on_userinfo = lambda c: (200, "application/jwt", op.token(
        dict(c, iss=op.issuer, aud="client")))


@module("userinfo-signed-by-another", "signature", "/userinfo",
        userinfo="always")
def userinfo_signed_by_another(op):
    other = Key(op.key.kid, slot=1)
    op.on_userinfo = lambda c: (200, "application/jwt", jwt(
        {"alg": "RS256", "kid": op.key.kid},
        dict(c, iss=op.issuer, aud="client"), other.sign))


@module("userinfo-signed-for-another", "aud-wrong", "/userinfo",
        userinfo="always")
def userinfo_signed_for_another(op):
    op.on_userinfo = lambda c: (200, "application/jwt", op.token(
        dict(c, iss=op.issuer, aud="another")))


def elsewhere(op, source, **more):
    """The groups are where the source says; userinfo has none of them."""
    op.info["groups"] = None
    op.claims.update({"_claim_names": {"groups": "src1"},
                      "_claim_sources": {"src1": source}}, **more)


def inner(op, **changes):
    """A token of the provider about a claim, and no ID token."""
    claims = {"iss": op.issuer, "sub": "alice", "groups": ["aggregated"]}
    claims.update(changes)
    return jwt({"alg": "RS256", "kid": op.key.kid}, claims, op.key.sign)


@module("aggregated-claims", userinfo="always")
def aggregated(op):
    elsewhere(op, {"JWT": inner(op)})


@module("distributed-claims", userinfo="always")
def distributed(op):
    elsewhere(op, {"endpoint": op.issuer + "/claims",
                   "access_token": "source-token"})


# A source that is not to be trusted costs the groups, not the login.
SOURCES = {"aggregated-claims": ["aggregated"],
           "distributed-claims": ["distributed"]}


def source(name, why, last="/userinfo", **settings):
    def add(prepare):
        SOURCES["source-" + name] = why
        module("source-" + name, userinfo="always", **settings)(prepare)
        return prepare
    return add


@source("of-another-person", "sub-wrong")
def source_of_another(op):
    elsewhere(op, {"JWT": inner(op, sub="mallory")})


@source("of-another-issuer", "iss-wrong")
def source_issuer(op):
    elsewhere(op, {"JWT": inner(op, iss="https://evil.example")})


@source("signed-by-another", "signature")
def source_signature(op):
    elsewhere(op, {"JWT": flipped(inner(op))})


@source("not-signed", "alg-none")
def source_none(op):
    elsewhere(op, {"JWT": b64(compact({"alg": "none"})) + "." +
                   inner(op).split(".")[1] + "."})


@source("at-a-place-not-named", "source-elsewhere")
def source_elsewhere(op):
    elsewhere(op, {"endpoint": "https://evil.example/claims"})


@source("without-tls", "claim-source")
def source_http(op):
    elsewhere(op, {"endpoint": op.issuer.replace("https", "http")})


@source("refuses-its-token", "source-answer")
def source_401(op):
    elsewhere(op, {"endpoint": op.issuer + "/claims",
                   "access_token": "wrong"})


@source("names-the-subject", "claim-source")
def source_subject(op):
    elsewhere(op, {"JWT": inner(op)}, _claim_names={"sub": "src1"})


# Too many groups for a token: asked for, all of them or none.

def overage(name, want, answer=None, **claims):
    @module("overage-" + name, userinfo="always",
            groups_endpoint=lambda op: op.issuer + "/groups")
    def prepare(op):
        op.info["groups"] = None
        op.claims.update(claims or {"hasgroups": True})
        op.on_groups = answer
    SOURCES["overage-" + name] = want


def groups_answer(change):
    def answer(a, second):
        change(a, second)
        return 200, "application/json", compact(a)
    return answer


@groups_answer
def too_many(a, second):
    a["value"] = [{"id": "g-%d" % n} for n in range(1001)]


@groups_answer
def next_elsewhere(a, second):
    a["@odata.nextLink"] = "https://evil.example/groups"


@groups_answer
def for_ever(a, second):
    a["@odata.nextLink"] = a["@odata.context"] + "?page=2"


@groups_answer
def second_page_odd(a, second):
    if second:
        a["value"] = [{"id": 7}]


ALL = ["group-1", "group-2", "group-3"]
overage("asked-for", ALL)
overage("named-by-a-source", ALL, _claim_names={"groups": "src1"},
        _claim_sources={"src1": {"endpoint": "https://graph.example/x"}})
overage("too-many", "groups-too-many", too_many)
overage("next-page-elsewhere", "groups-elsewhere", next_elsewhere)
overage("second-page-odd", "groups-answer", second_page_odd)
overage("pages-for-ever", "groups-too-many", for_ever)
overage("refused", "groups-answer",
        lambda a, second: (403, "application/json", "{}"))
overage("html", "groups-answer", lambda a, second: (200, "text/html", "<"))


@module("form-post", response_mode="form_post")
def form_post(op):
    pass


# -- answers ------------------------------------------------------------

@module("answer-iss-wrong", "answer-iss-wrong", "/authorize")
def answer_iss_wrong(op):
    op.response["iss"] = op.issuer + "x"


@module("answer-iss-missing", "answer-iss-missing", "/authorize")
def answer_iss_missing(op):
    op.response["iss"] = None


@module("answer-without-code", "answer-code-missing", "/authorize")
def answer_without_code(op):
    op.response["code"] = None


@module("token-type-in-any-case")
def token_type_case(op):
    op.answer["token_type"] = "bEARER"


@module("no-expires-in")
def no_expires_in(op):
    op.answer["expires_in"] = None


@module("token-type-wrong", "token-answer-token-type")
def token_type_wrong(op):
    op.answer["token_type"] = "N_A"


@module("no-id-token", "token-missing")
def no_id_token(op):
    op.answer["id_token"] = None


@module("id-token-a-number", "token-answer-type")
def id_token_number(op):
    op.answer["id_token"] = 7


@module("token-answer-html", "token-endpoint-failed")
def token_html(op):
    op.on_token = lambda a: (200, "text/html", "<html>", {})


@module("token-answer-500", "token-endpoint-failed")
def token_500(op):
    op.on_token = lambda a: (500, "text/plain", "no", {})


@module("token-answer-redirect", "token-endpoint-failed")
def token_redirect(op):
    op.on_token = lambda a: (302, "text/plain", "", {
        "Location": op.issuer + "/stolen"})


@module("token-answer-twice-a-name", "token-answer")
def token_twice(op):
    op.on_token = lambda a: (200, "application/json", compact(a)[:-1] +
                             ',"id_token":"x"}', {})


@module("token-answer-of-a-mebibyte", "token-endpoint-unreachable")
def token_large(op):
    op.on_token = lambda a: (200, "application/json",
                             compact(dict(a, x="x" * (1 << 20))), {})


# -- JARM (FAPI 2.0 Message Signing) ---------------------------------------

JARM = {"response_mode": "query.jwt"}


def jarm(name, refuse, **members):
    @module(name, refuse, "/authorize", **JARM)
    def prepare(op):
        op.response.update({k: v(op) if callable(v) else v
                            for k, v in members.items()})


jarm("jarm-invalid-aud", "aud-wrong", aud="another")
jarm("jarm-missing-aud", "aud-missing", aud=None)
jarm("jarm-missing-iss", "iss-missing", iss=None)
jarm("jarm-invalid-iss", "iss-wrong", iss="https://evil.example")
jarm("jarm-expired", "exp-wrong", exp=lambda op: int(time.time()) - 100)
jarm("jarm-missing-exp", "exp-missing", exp=None)
jarm("jarm-missing-state", "response-state-missing", state=None)


@module("jarm-happy", **JARM)
def jarm_happy(op):
    pass


@module("jarm-invalid-signature", "signature", "/authorize", **JARM)
def jarm_invalid_signature(op):
    op.sign = lambda h, c: flipped(jwt(h, c, op.key.sign)) \
        if "code" in c else jwt(h, c, op.key.sign)


@module("jarm-alg-none", "alg-none", "/authorize", **JARM)
def jarm_alg_none(op):
    op.sign = lambda h, c: b64(compact({"alg": "none"})) + "." + b64(
        compact(c)) + "."


# -- implicit by form_post ----------------------------------------------------

IMPLICIT = {"response_type": "id_token", "response_mode": "form_post"}


def implicit(name, refuse=None, prepare=None, **members):
    @module("implicit-" + name, refuse, "/authorize", **IMPLICIT)
    def both(op):
        op.claims.update({"groups": ["staff"]}, **members)
        if prepare is not None:
            prepare(op)


implicit("happy")
implicit("nonce-invalid", "nonce-wrong", nonce="another")
implicit("nonce-missing", "nonce-missing", nonce=None)
implicit("invalid-aud", "aud-wrong", aud="another")
implicit("missing-sub", "sub-missing", sub=None)
implicit("missing-iat", "iat-missing", iat=None)
implicit("invalid-iss", "iss-wrong", iss="https://evil.example")
implicit("sig-none", "alg-none", sig_none)
implicit("invalid-sig-rs256", "signature", invalid_sig_rs256)
implicit("kid-absent-single-jwks", None, kid_absent_single)
implicit("kid-absent-multiple-jwks", None, kid_absent_multiple)

# -- discovery: nobody is sent to such a provider -----------------------------

DISCOVERY = {}


def discovery(name, said):
    def add(prepare):
        DISCOVERY["discovery-" + name] = said
        module("discovery-" + name)(prepare)
        return prepare
    return add


def document(name, said, **members):
    @discovery(name, said)
    def prepare(op):
        op.metadata.update({k: v(op) if callable(v) else v
                            for k, v in members.items()})


ISSUER = "its issuer is not the configured one"
PLACE = "is not an https address at a place that is configured"
KEYS = "keys"
KIND = "where JSON was expected"

document("issuer-mismatch", 'byte for byte; it says "https://',
         issuer=lambda op: op.issuer + "/")
document("issuer-missing", ISSUER, issuer=None)
document("issuer-a-list", ISSUER, issuer=lambda op: [op.issuer])
document("http-endpoint", PLACE, token_endpoint=lambda op:
         op.issuer.replace("https", "http") + "/token")
document("endpoint-elsewhere", PLACE,
         token_endpoint="https://evil.example/token")
document("endpoint-with-a-user", PLACE, token_endpoint=lambda op:
         op.issuer.replace("https://", "https://op@evil.example:") + "/t")
document("keys-elsewhere", PLACE, jwks_uri="https://evil.example/jwks")
document("endpoint-a-number", PLACE, authorization_endpoint=7)


@discovery("html", KIND)
def discovery_html(op):
    op.on_metadata = lambda doc: (200, "text/html", "<html>")


@discovery("redirect", "with status 302")
def discovery_redirect(op):
    op.on_metadata = lambda doc: (302, "application/json", "")


@discovery("500", "with status 500")
def discovery_500(op):
    op.on_metadata = lambda doc: (500, "application/json", compact(doc))


@discovery("name-twice", "names a member twice")
def discovery_twice(op):
    op.on_metadata = lambda doc: (200, "application/json", compact(doc)[:-1] +
                                  ',"issuer":"%s"}' % op.issuer)


@discovery("deep", "nested too deep")
def discovery_deep(op):
    op.metadata["x"] = [[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]


@discovery("keys-private", "publishes a private key")
def keys_private(op):
    op.keys = [op.key.jwk(d="AAAA")]


@discovery("keys-symmetric", "publishes a symmetric key")
def keys_symmetric(op):
    op.keys = [op.key, {"kty": "oct", "k": "AAAA"}]


@discovery("keys-many", "over 100 keys")
def keys_many(op):
    op.keys = [op.key] * 101


@discovery("keys-of-one-kid", "the same kid")
def keys_of_one_kid(op):
    op.keys = [op.key, Key(op.key.kid, slot=1)]


# -- logout ---------------------------------------------------------------------

@module("logout", algorithms="[RS256]")
def logout(op):
    """Its other key is of an algorithm that is not the registered one."""
    op.other = Key(op.name + "-ec", "ES256")
    op.keys = [op.key, op.other]


BACK_CHANNEL = {
    "wrong-alg": ("alg-other", {"header": {"alg": "RS512"}}),
    "wrong-iss": ("iss-wrong", {"iss": "https://evil.example"}),
    "wrong-aud": ("aud-wrong", {"aud": "another"}),
    "no-event": ("events-missing", {"events": None}),
    "wrong-event": ("events-wrong", {"events": {"http://x/event": {}}}),
    "event-a-text": ("events-wrong", {"events": {scripted.LOGOUT: "x"}}),
    "with-nonce": ("nonce-present", {"nonce": "x"}),
    "no-iat": ("iat-missing", {"iat": None}),
    "no-exp": ("exp-missing", {"exp": None}),
    "no-jti": ("jti-missing", {"jti": None}),
    "no-sub-no-sid": ("sub-or-sid", {"sub": None}),
    "for-an-hour": ("exp-far", {"exp": lambda: int(time.time()) + 3600}),
    "expired": ("exp-wrong", {"exp": lambda: int(time.time()) - 100}),
    "typ-of-another": ("token-type", {"header": {"typ": "at+jwt"}}),
    "kid-unknown": ("kid-unknown", {"header": {"kid": "other"}}),
}

# -- refresh --------------------------------------------------------------------

REFRESH = {
    "refresh-token": (None, {}),
    "refresh-invalid-issuer": ("iss-wrong", {"iss": "https://evil.example"}),
    "refresh-invalid-sub": ("sub-wrong", {"sub": "mallory"}),
    "refresh-invalid-aud": ("aud-wrong", {"aud": "another"}),
    "refresh-older-iat": ("iat-old", {"iat": lambda: int(time.time()) - 300}),
    "refresh-another-nonce": ("nonce-wrong", {"nonce": "another"}),
    "refresh-expired": ("exp-wrong", {"exp": lambda: int(time.time()) - 99}),
    "refresh-another-auth-time": ("auth-time-wrong", {"auth_time": 5}),
    "refresh-invalid-signature": ("signature", {}),
}

# ----------------------------------------------------------------------


class World:
    """All modules in one configuration, each a factor."""

    def __init__(self):
        self.op = ScriptedProvider()
        factors = {}
        for name, m in sorted(MODULES.items()):
            party = self.op.party(name)
            party.ca = self.op.ca
            m.prepare(party)
            factors[name] = options(party, "client", **dict(
                {"scope": "[profile, email, groups]"},
                **{k: v(party) if callable(v) else v
                   for k, v in m.settings.items()}))
        self.site = OidcSite(factors, start=False)
        self.site.secret("client.secret", SECRET)
        self.site.command("init")
        self.site.start()

    def close(self):
        self.site.close()
        self.op.close()


@pytest.fixture(scope="module")
def worlds():
    w = World()
    yield w
    w.close()


def refusals(site, name):
    return [e for e in site.audit() if e.get("factor") == name and
            "why" in str(e)]


def went_through(visitor, r):
    """On past a page of the provider that posts by itself."""
    if visitor.at_provider(r) and r.page.forms:
        return visitor.browser.submit(r)
    return r


def sources_checked(site, party, name, headers):
    want = SOURCES.get(name)
    if want is None:
        return
    if isinstance(want, list):
        assert headers["remote-groups"] == ",".join(want)
    else:
        assert headers.get("remote-groups", "") == ""
        assert [e for e in site.audit() if e["event"] in (
            "plugin:claim-source-refused", "plugin:groups-not-asked")
            and e["factor"] == name and e["details"]["why"] == want]
    for path, q in party.asked:
        assert path != "/claims" or name in (
            "distributed-claims", "source-refuses-its-token")


LOGINS = sorted(set(MODULES) - set(DISCOVERY) - {"logout"})


@pytest.mark.parametrize("name", LOGINS)
def test_module(worlds, name):
    world = worlds
    site, party, m = world.site, world.op.parties[name], MODULES[name]
    visitor = Visitor(site, party)
    url = site.url("desk", "/" + name)
    r = went_through(visitor, visitor.begin(url))
    if m.refuse is None:
        assert r.url == url and r.status == 200, (r, refusals(site, name))
        assert told(r)["one"]["remote-user"] == "alice"
        sources_checked(site, party, name, told(r)["one"])
        assert len(party.sent("/token")) == \
            (0 if "response_type" in m.settings else 1)
        return
    assert r.url != url, "let in: %r" % r
    assert visitor.browser.once("GET", url).status == 302, "a session"
    said = refusals(site, name)
    assert said and said[-1]["details"]["why"] == m.refuse, (m.refuse, said)
    paths = [p for p, _ in party.asked]
    assert m.last in paths
    # but what comes from the background by itself: metadata, then keys
    rest = set(paths[paths.index(m.last) + 1:])
    assert rest <= {"/jwks", METADATA}, "asked on: %r" % paths
    if m.refuse != "kid-unknown":
        assert paths.count("/jwks") <= paths.count(METADATA), \
            "a bad token costs no key fetch: %r" % paths


def test_requests_are_as_demanded(worlds):
    """What the suite checks in every run."""
    world = worlds
    party = world.op.parties["happy"]
    asked = party.sent("/authorize")[-1]
    site = world.site
    assert "openid" in asked["scope"].split()
    assert asked["client_id"] == "client"
    assert asked["redirect_uri"] == site.callback("happy")
    assert 43 <= len(asked["code_challenge"]) <= 128
    assert len(asked["nonce"]) <= 43
    assert party.sent("/token")[-1]["redirect_uri"] == asked["redirect_uri"]
    for path, q in party.asked:
        assert "access_token" not in q, path
    assert query(site.url("desk")) == {}


@pytest.mark.parametrize("name", sorted(DISCOVERY))
def test_discovery(worlds, name):
    site, party = worlds.site, worlds.op.parties[name]
    visitor = Visitor(site, party)
    r = visitor.browser.get(site.url("desk", "/" + name))
    assert not visitor.at_provider(r) and r.page.screen > 0, r

    def refused():
        return [line for line in site.daemon.said().splitlines()
                if DISCOVERY[name] in line and name in line]
    until("%s: %s\n%s" % (name, DISCOVERY[name], site.daemon.said()), refused)
    r = visitor.browser.get(site.url("desk", "/" + name))
    assert not visitor.at_provider(r), r
    assert not party.sent("/authorize") and not party.sent("/token")


def signed_in(worlds):
    site = worlds.site
    party = worlds.op.parties["logout"]
    visitor = Visitor(site, party)
    url = site.url("desk", "/logout")
    r = visitor.begin(url)
    assert r.url == url, r
    return site, party, visitor, url


def back_channel(site, visitor, token):
    return visitor.new_browser().once(
        "POST", site.url("login", "/f/logout/backchannel-logout"),
        {"logout_token": token}, headers={"Sec-Fetch-Site": None,
                                          "Sec-Fetch-Mode": None,
                                          "Sec-Fetch-Dest": None})


def test_back_channel(worlds):
    """rp-backchannel-rpinitlogout and its seven bad ones, and ours."""
    site, party, visitor, url = signed_in(worlds)

    def refused(token, why):
        r = back_channel(site, visitor, token)
        assert r.status == 400, (why, r)
        assert "no-store" in r.header("cache-control"), r
        assert r.header("content-type").startswith("application/json"), r
        assert why in str(refusals(site, "logout")[-1]), why
        assert why in r.text, r
    jwks = party.sent("/jwks")
    for name, (why, changes) in BACK_CHANNEL.items():
        changes = {k: v() if callable(v) else v for k, v in changes.items()}
        refused(party.logout_token("client", **changes), why)
    key, party.key = party.key, party.other
    refused(party.logout_token("client"), "alg-other")
    party.key = key
    good = party.logout_token("client")
    refused(flipped(good), "signature")
    refused(good.rsplit(".", 1)[0], "token-parts")
    refused(b64(compact({"alg": "none"})) + "." + good.split(".")[1] + ".",
            "alg-none")
    refused("", "token-missing")
    assert len(party.sent("/jwks")) <= len(jwks) + 1, "one fetch at most"
    assert visitor.browser.once("GET", url).status == 200, "still signed in"
    r = back_channel(site, visitor, good)
    assert r.status == 200 and "no-store" in r.header("cache-control"), r
    until("the session ends", lambda:
          visitor.browser.once("GET", url).status == 302)
    refused(good, "jti-replayed")


def test_back_channel_at_once(worlds):
    def end():
        site, party, visitor, url = signed_in(worlds)
        r = back_channel(site, visitor, party.logout_token("client"))
        assert r.status == 200, r
        return lambda: visitor.browser.once("GET", url).status == 302
    within(2, "the session ends", end)


def test_back_channel_twice_a_parameter(worlds):
    site, party, visitor, url = signed_in(worlds)
    good = party.logout_token("client")
    r = visitor.new_browser().once(
        "POST", site.url("login", "/f/logout/backchannel-logout"),
        ("logout_token=%s&logout_token=%s" % (good, good)).encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert r.status == 400 and "token-missing" in r.text, r
    assert r.header("content-type").startswith("application/json"), r
    assert "no-store" in r.header("cache-control"), r
    assert visitor.browser.once("GET", url).status == 200


@pytest.mark.parametrize("name, essential", [
    ("acrs-asked-for", False), ("acrs-demanded", True)])
def test_acrs_are_demanded_where_it_is_written(worlds, name, essential):
    site, op = worlds.site, worlds.op
    v = Visitor(site, op.parties[name])
    v.begin(site.url("desk", "/" + name))
    asked = json.loads(op.parties[name].sent("/authorize")[-1]["claims"])
    assert asked == {"id_token": {"acrs": dict(
        {"essential": True} if essential else {}, value="c1")}}


class Bound:
    """What the DPoP header of each request says of its key."""

    def __init__(self, party):
        self.party, self.take, self.keys = party, party.take, []
        party.take = self.look

    def look(self, path, query, form, headers):
        proof = headers.get("DPoP")
        if proof is not None:
            head = proof.split(".")[0]
            jwk = json.loads(base64.urlsafe_b64decode(
                head + "=" * (-len(head) % 4)))["jwk"]
            self.keys.append((path, form.get("grant_type"), jwk["x"]))
            headers = {**dict(headers), "Authorization": (
                headers.get("Authorization") or "").replace(
                    "DPoP ", "Bearer ", 1)}
        return self.take(path, query, form, headers)


def test_each_login_has_a_key_of_its_own():
    """DPoP without client_key: one key for all requests of a login and its
    renewals, another one for the next login."""
    op = ScriptedProvider()
    party = op.party("bound")
    party.ca = op.ca
    party.answer.update(token_type="DPoP", refresh_token="refresh-bound")
    bound = Bound(party)
    site = OidcSite({"bound": options(party, "client", dpop="true",
                                      userinfo="always")}, start=False,
                    realms="session: { groups_max_age: 1m }\n")
    try:
        site.secret("client.secret", SECRET)
        site.command("init")
        site.start()
        url = site.url("desk", "/bound")
        visitors = [Visitor(site, party) for _ in range(2)]
        for v in visitors:
            r = v.begin(url)
            assert r.url == url, (r, refusals(site, "bound"))
        per_login = [bound.keys[:2], bound.keys[2:4]]
        for keys in per_login:
            assert [k[0] for k in keys] == ["/token", "/userinfo"]
            assert len({k[2] for k in keys}) == 1, keys
        first, second = (keys[0][2] for keys in per_login)
        assert first != second

        def renewed():
            for v in visitors:
                v.browser.once("GET", url)
            return {k[2] for k in bound.keys if k[1] == "refresh_token"} == {
                first, second}
        until("both are renewed, each by its key", renewed, 90)
        assert {k[2] for k in bound.keys} == {first, second}
        assert visitors[0].browser.once("GET", url).status == 200
    finally:
        site.close()
        op.close()


@pytest.mark.parametrize("name, state", [
    ("rp-init-logout", lambda s: s), ("other-state", lambda s: "x" * 32),
    ("no-state", lambda s: None)])
def test_rp_initiated_logout(worlds, name, state):
    """The session ends here first; whatever state comes back, no page of
    trouble and nothing else of it."""
    site, party, visitor, url = signed_in(worlds)
    party.end_state = state
    r = visitor.browser.submit(visitor.browser.get(
        site.url("login", "/logout")))
    assert visitor.browser.once("GET", url).status == 302
    r = visitor.browser.click(r, "Continue")
    asked = party.sent("/end")[-1]
    assert asked["client_id"] == "client" and asked["state"]
    assert asked["id_token_hint"].count(".") == 2
    assert r.url.startswith(site.url("login")) and r.page.screen == 29, r
    assert visitor.browser.once("GET", url).status == 302
    confirmed = site.audit(event="provider-logout", reason="confirmed")
    assert len(confirmed) == 1, (r, site.audit()[-5:])


def test_signing_key_rotation(worlds):
    """The key changes between two logins: one more fetch, and in."""
    site, party, visitor, url = signed_in(worlds)
    was, before = party.keys, len(party.sent("/jwks"))
    party.key = Key("logout-rotated", slot=1)
    party.keys = [party.key]
    try:
        r = visitor.begin(url, visitor.new_browser())
        assert r.url == url, (r, refusals(site, "logout"))
        assert len(party.sent("/jwks")) == before + 1
        # and the withdrawn key counts no more, without another fetch
        party.key = was[0]
        r = visitor.begin(url, visitor.new_browser())
        assert r.url != url, r
        assert "kid-unknown" in str(refusals(site, "logout")[-1])
        assert len(party.sent("/jwks")) == before + 1
    finally:
        party.key, party.keys = was[0], was


def rotate(party):
    """Each refresh token is good once."""
    issue, party.refreshes = party.do_refresh, 0

    def token(n):
        return "refresh-%s%s" % (party.name, "+" * n)

    def refresh(form):
        if form["refresh_token"] != token(party.refreshes):
            return 400, "application/json", '{"error":"invalid_grant"}', {}
        _, kind, text, more = issue(dict(form, refresh_token=token(0)))
        party.refreshes += 1
        return 200, kind, compact(dict(json.loads(
            text), refresh_token=token(party.refreshes))), more
    party.do_refresh = refresh


def bad_moment(party):
    """At the first refresh userinfo has one."""
    party.on_userinfo = lambda claims: (500, "text/plain", "") \
        if party.refreshes == 1 else (200, "application/json",
                                      compact(claims))


def key_ahead(party):
    """What the first refresh gives is signed by a key that is not published
    yet."""
    issue = party.do_refresh

    def refresh(form):
        if party.refreshes == 0:
            sign = party.key.sign
            party.sign = lambda h, c: jwt(dict(h, kid="ahead"), c, sign)
        try:
            return issue(form)
        finally:
            party.sign = None
    party.do_refresh = refresh


@pytest.fixture(scope="module")
def renewing():
    op = ScriptedProvider()
    factors = {}
    for name in [*REFRESH, "rotating", "ahead"]:
        party = op.party(name)
        party.ca = op.ca
        party.answer["refresh_token"] = "refresh-" + name
        factors[name] = options(party, "client")
    for name, more in (("rotating", bad_moment), ("ahead", key_ahead)):
        rotate(op.parties[name])
        more(op.parties[name])
    site = OidcSite(factors, start=False,
                    realms="session: { groups_max_age: 1m }\n")
    site.secret("client.secret", SECRET)
    site.command("init")
    site.start()
    yield site, op
    site.close()
    op.close()


def test_refresh(renewing):
    """A refreshed ID token is checked like the first, and is the same
    person's in the same login; else the session ends. All at once: a renewal
    comes half a minute after the login."""
    site, op = renewing
    visitors = {}
    for name, (why, changes) in REFRESH.items():
        party = op.parties[name]
        v = visitors[name] = Visitor(site, party)
        url = site.url("desk", "/" + name)
        r = v.begin(url)
        assert r.url == url, (r, refusals(site, name))
        party.refreshed = {k: v() if callable(v) else v
                           for k, v in changes.items()}
        if why == "signature":
            sign = party.key.sign
            party.sign = lambda h, c: flipped(jwt(h, c, sign))

    for name in ("rotating", "ahead"):
        v = visitors[name] = Visitor(site, op.parties[name])
        assert v.begin(site.url("desk", "/" + name)).url == site.url(
            "desk", "/" + name)

    def open_(name):
        return visitors[name].browser.once(
            "GET", site.url("desk", "/" + name)).status == 200
    for name, (why, _) in REFRESH.items():
        party = op.parties[name]
        until(name + " is renewed", lambda: (open_(name), [
            q for q in party.sent("/token")
            if q.get("grant_type") == "refresh_token"])[1], 60, pause=0.2)
        if why is None:
            time.sleep(1)
            assert open_(name) and not refusals(site, name)
            continue
        until(name + " is over", lambda: not open_(name), 10)
        assert why in str(refusals(site, name)[-1]), refusals(site, name)
    # a new refresh token is kept though userinfo was not to be had, and though
    # the key of its ID token was not known
    for name in ("rotating", "ahead"):
        until(name + " is asked again", lambda: (
            open_("rotating"), open_("ahead"),
            op.parties[name].refreshes > 1)[2], 90, pause=0.2)
    time.sleep(1)
    for name in ("rotating", "ahead"):
        assert open_(name), refusals(site, name)
