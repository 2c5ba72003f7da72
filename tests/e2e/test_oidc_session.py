# SPDX-License-Identifier: Apache-2.0
"""What follows a login: the session renewed, left, and ended from there, with
a real provider."""
import pytest

from oidc import (SECRET, OidcSite, OpenIdProvider, Visitor, options,
                  pem_key, query)
from servers import until
from test_login import told

REFRESH = {"grant_types": ["authorization_code", "refresh_token"]}


class Life:
    def __init__(self):
        self.op = OpenIdProvider()
        names = ("one", "two", "kept", "sealed")
        more = {"sealed": {"decryption_key": "file:enc.key"}}
        self.site = OidcSite(
            {n: options(self.op, n, renew="true" if n == "kept" else "false",
                        **more.get(n, {}))
             for n in names}, start=False,
            realms="session: { groups_max_age: 1m }\n")
        self.site.secret("client.secret", SECRET)
        clients = {"kept": REFRESH, "sealed": {
            "enc": {"kid": "enc", "alg": "RSA-OAEP-256", "file": str(pem_key(
                self.site.dir / "enc.key", "RSA", "rsa_keygen_bits:2048"))},
            "id_token_encrypted_response_alg": "RSA-OAEP-256",
            "id_token_encrypted_response_enc": "A128GCM"}}
        for n in names:
            self.op.client(n, self.site.callback(n), **clients.get(n, {}))
        self.op.settings["trust"] = str(self.site.ca)
        self.op.start()
        self.site.command("init")
        self.site.start()

    def visitor(self, name):
        return Visitor(self.site, self.op, name)

    def login(self, name, path="/one", visitor=None):
        v = visitor or self.visitor(name)
        r = v.login(self.site.url("desk", path))
        assert r.url == self.site.url("desk", path) and \
            told(r)["one"]["remote-user"] == name, r
        return v

    def open(self, v, path="/one"):
        return v.browser.once("GET", self.site.url(
            "desk", path)).status == 200

    def close(self):
        self.site.close()
        self.op.close()


@pytest.fixture(scope="module")
def life():
    x = Life()
    yield x
    x.close()


@pytest.fixture
def site(life):
    return life.site


def leave(life, v):
    """Logs out here; the provider's address, which the page leads on to."""
    r = v.browser.get(life.site.url("login", "/logout"))
    r = v.browser.submit(r)
    assert r.page.screen == 4, r
    url = r.page.link("Continue")
    assert url.startswith(life.op.issuer + "/session/end?"), url
    return r, url


def sign_out(v, r):
    """The provider's pages after that; where they lead."""
    r = v.browser.click(r, "Continue")
    for _ in range(4):
        if not v.at_provider(r):
            return r
        form = r.page.forms[-1]
        url, values = v.browser.filled(r, {}) if len(r.page.forms) == 1 \
            else (None, None)
        assert url, r.text
        if any(b.get("name") == "logout" for b in form.buttons):
            values.append(("logout", "yes"))
        r = v.browser.go("POST", url, values, initiator=r.url)
    raise AssertionError("no way back: %r" % r)


def test_logout_here_and_there(life, site):
    """RP-initiated: ended here first; the hint, the way back and its state
    go along; there it is over too."""
    v = life.login("anna")
    r, url = leave(life, v)
    assert not life.open(v)
    asked = query(url)
    assert asked["client_id"] == "one" and asked["state"]
    assert asked["id_token_hint"].count(".") == 2
    assert asked["post_logout_redirect_uri"] == site.url(
        "login", "/f/one/logged-out")
    r = sign_out(v, r)
    assert r.page.screen == 29 and "did not confirm" not in r.page.text, r
    assert site.audit(event="provider-logout", reason="confirmed")
    r = v.begin(site.url("desk", "/one"))
    assert v.at_provider(r), "the provider's session is over: %r" % r


def test_logout_after_an_encrypted_id_token(life, site):
    """The hint is what was in it: what is encrypted for us nobody else can
    read (Core 3.1.2.1)."""
    v = life.login("emil", "/sealed")
    r, url = leave(life, v)
    assert query(url)["id_token_hint"].count(".") == 2, url
    r = sign_out(v, r)
    assert r.page.screen == 29 and "did not confirm" not in r.page.text, r
    r = v.begin(site.url("desk", "/sealed"))
    assert v.at_provider(r), "the provider's session is over: %r" % r


def test_tokens_are_revoked(life):
    v = life.login("bert", "/kept")
    before = life.op.requests("/token/revocation")
    leave(life, v)
    assert life.op.requests("/token/revocation") == before + 2, \
        life.op.said()[-800:]


def test_back_channel_from_the_provider(life, site):
    """One login there, two sessions here by two clients: leaving one ends the
    other by the provider's own message."""
    v = life.login("clara")
    second = v.new_browser()
    second.jar["127.0.0.1"] = dict(v.browser.jar["127.0.0.1"])
    w = Visitor(site, life.op, "clara")
    w.browser = second
    life.login("clara", "/two", w)
    # the provider gives its session another name at each login
    v.browser.jar["127.0.0.1"] = dict(second.jar["127.0.0.1"])
    assert life.open(w, "/two")
    r, _ = leave(life, v)
    sign_out(v, r)
    until("the other session is over", lambda: not life.open(w, "/two"))
    assert "backchannel.success" in life.op.said()
    assert site.audit(event="sessions-ended-by-provider", factor="two")


def test_renewal(life, site):
    """Asked in the background, half a minute after the login: what the provider
    says now is what counts. A no ends the session: a provider that starts anew
    has forgotten all tokens (invalid_grant)."""
    v = life.login("doro", "/kept")
    before = life.op.requests("/token")
    life.op.settings["claims"] = {"doro": {"groups": ["moved"]}}
    life.op.write()
    url = site.url("desk", "/kept")
    # none, should those of the login be a minute old before
    until("the groups are those of now", lambda: told(v.browser.once(
        "GET", url))["one"].get("remote-groups") == "moved", 90, pause=0.2)
    assert life.op.requests("/token") == before + 1
    life.op.stop()
    assert life.open(v, "/kept")
    life.op.start()
    until("the session is over", lambda: not life.open(v, "/kept"), 100,
          pause=0.2)
    assert site.audit(event="session-not-renewed", factor="kept")
    assert site.audit(event="plugin:refused", factor="kept")[-1][
        "details"]["why"] == "token-endpoint-invalid-grant"


def test_what_was_not_asked_for_is_not_renewed(life, site):
    """Without a refresh token nobody asks."""
    v = life.login("fritz")
    before = life.op.requests("/token")
    assert life.open(v)
    assert life.op.requests("/token") == before
    assert life.open(v)
