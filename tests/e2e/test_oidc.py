# SPDX-License-Identifier: Apache-2.0
"""Logins at a real OpenID provider, through countersignd and nginx."""
import pytest

from oidc import SECRET, OidcSite, OpenIdProvider, Visitor, options, query
from test_login import told


class Pair:
    """A provider and a site that know each other."""

    def __init__(self):
        self.op = OpenIdProvider()
        self.site = OidcSite({"op": options(self.op, "op")}, start=False)
        self.site.secret("client.secret", SECRET)
        self.op.client("op", self.site.callback("op"))
        self.op.start()
        self.site.command("init")
        self.site.start()

    def close(self):
        self.site.close()
        self.op.close()


@pytest.fixture(scope="module")
def pair():
    p = Pair()
    yield p
    p.close()


@pytest.fixture
def site(pair):
    return pair.site


@pytest.fixture
def visitor(pair):
    return Visitor(pair.site, pair.op)


def test_login(site, visitor):
    url = site.url("notes", "/page?x=1")
    r = visitor.begin(url)
    assert visitor.at_provider(r), r
    asked = query(next(u for u in r.went if "/auth?" in u))
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43 and len(asked["nonce"]) == 43
    assert asked["redirect_uri"] == site.callback("op")
    assert asked["scope"].split()[0] == "openid"
    assert len(asked["state"]) >= 32
    r = visitor.through(r)
    assert r.url == url, r
    rq = told(r)
    assert rq["one"]["remote-user"] == "alice"
    assert rq["one"]["remote-name"] == "User alice"
    assert rq["one"]["remote-email"] == "alice@example.test"
    assert "cookie" not in rq["one"]
    assert [e["event"] for e in site.audit(subject="alice")][-2:] == [
        "factor-granted", "login"]


def test_code_after_it(site, pair):
    bob = Visitor(site, pair.op, "bob")
    r = bob.login(site.url("wiki"))
    assert r.page.screen == 11, r
    r = bob.enrol(r)
    assert r.url == site.url("wiki") and told(r)["one"]["remote-user"] == \
        "bob", r
    other = bob.new_browser()
    r = bob.login(site.url("wiki"), browser=other)
    assert r.page.screen == 6, r
    assert other.once("GET", site.url("wiki")).status == 302, \
        "the first factor alone opens nothing"
    r = other.submit(r, {"code": bob.device.code()})
    assert r.url == site.url("wiki"), r


def test_metadata_are_fetched_once(pair):
    """However many log in: they come from the background, and not again for
    an hour. It stands before those that make a fetch fail, which is soon done
    again."""
    visitor = Visitor(pair.site, pair.op, "dora")
    visitor.login(pair.site.url("notes"))
    path = "/.well-known/openid-configuration"
    before = pair.op.requests(path), pair.op.requests("/jwks")
    for _ in range(3):
        r = visitor.login(pair.site.url("notes"),
                          browser=visitor.new_browser())
        assert told(r)["one"]["remote-user"] == "dora"
    assert (pair.op.requests(path), pair.op.requests("/jwks")) == before


def test_provider_down(pair):
    """A restart with the provider down knows it still; a login begins, and
    goes on when it is back. Nothing of it is forgotten."""
    site, op = pair.site, pair.op
    op.stop()
    site.restart()
    visitor = Visitor(site, op, "carol")
    r = visitor.browser.once("GET", site.url("notes"))
    while r.status in (302, 303) and op.issuer not in r.header("location"):
        r = visitor.browser.once("GET", r.header("location"))
    assert r.header("location").startswith(op.issuer + "/auth?"), r
    op.start()
    r = visitor.login(site.url("notes"))
    assert told(r)["one"]["remote-user"] == "carol"


def test_waits_for_a_provider_not_known_yet(pair):
    """Nothing is known: the page waits by itself, and goes on."""
    op = pair.op
    site = OidcSite({"op": options(op, "op")}, start=False)
    visitor = Visitor(site, op)
    try:
        site.secret("client.secret", SECRET)
        op.stop()
        site.command("init")
        site.start()
        r = visitor.browser.get(site.url("notes"))
        assert r.status == 200 and r.page.screen == 5, r
        assert visitor.browser.submit(r).page.screen == 5
        op.start()
        assert visitor.at_provider(visitor.begin(site.url("notes")))
    finally:
        site.close()
        if op.process is None:
            op.start()
