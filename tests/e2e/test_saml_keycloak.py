# SPDX-License-Identifier: Apache-2.0
"""Logins and logouts by SAML at a real Keycloak."""
import base64

import pytest

from saml_idp import (
    Visitor, certificate, form_of, in_manual, own_keys, pem, signed)
from saml_site import ManyClients, request_of
from test_away import start_logout, to_provider

XENC, XENC11 = "http://www.w3.org/2001/04/xmlenc#", \
    "http://www.w3.org/2009/xmlenc11#"
HIDDEN = {"saml.encrypt": "true"}
# Keycloak's default, and what SAML of 2005 had
GCM = dict(HIDDEN, **{
    "saml.encryption.algorithm": XENC11 + "aes256-gcm",
    "saml.encryption.keyAlgorithm": XENC11 + "rsa-oaep",
    "saml.encryption.digestMethod": XENC + "sha256",
    "saml.encryption.maskGenerationFunction": XENC11 + "mgf1sha1"})
CBC = dict(HIDDEN, **{
    "saml.encryption.algorithm": XENC + "aes128-cbc",
    "saml.encryption.keyAlgorithm": XENC + "rsa-oaep-mgf1p",
    "saml.encryption.digestMethod":
        "http://www.w3.org/2000/09/xmldsig#sha1"})


# whose clients differ, by the name of our factor
CLIENTS = {"partner": {}, "gcm": GCM, "cbc": CBC,
           "response": {"saml.assertion.signature": "false"},
           "assertion": {"saml.server.signature": "false"},
           "neither": {"saml.assertion.signature": "false",
                       "saml.server.signature": "false"}}


class AtKeycloak(ManyClients):
    def clients(self, certificate):
        self.lines = {}         # more of them for one of the factors
        return {n: (certificate, more) for n, more in CLIENTS.items()}

    def one(self, name, text):
        return text + self.lines.get(name, "")

    def answer(self, browser, path):
        """What it posts for alice: (action, fields, the XML)."""
        action, fields = Visitor(self.idp).sign_in(
            self.ask(browser, path), "alice", "alicepw")
        return action, fields, base64.b64decode(fields["SAMLResponse"])


SITE = AtKeycloak


def test_there_and_back(saml, b):
    """Both signed; the mail address comes along."""
    r = saml.login(b)
    assert r.url == saml.site.url("desk", "/sole") and "alice" in r.text, r
    r = saml.login(saml.new(), "bob", "/sole/x?y=z")
    assert r.url == saml.site.url("desk", "/sole/x?y=z"), r


def test_leaving_here(saml, b):
    visitor = Visitor(saml.idp)
    saml.login(b, visitor=visitor)
    r = start_logout(saml, b)
    url = r.page.link("Continue")
    assert url.startswith(saml.idp.url), url
    assert "Signature=" in url and request_of(url)[0].tag.endswith(
        "LogoutRequest")
    action, fields = visitor.sign_in(url)
    assert action == saml.slo and "SAMLResponse" in fields, (action, fields)
    r = b.go("POST", action, fields, initiator=saml.idp.base)
    assert r.page.screen == 29 and "did not confirm" not in r.page.text, (
        saml.refused(), r)
    assert saml.site.audit(event="provider-logout", reason="confirmed")


def test_the_provider_ends_it(saml, b):
    """By another site's form; the answer goes back the same way."""
    visitor = Visitor(saml.idp)
    saml.login(b, visitor=visitor)
    other = saml.new()
    saml.login(other, "bob")
    at, page = visitor.fetch(saml.idp.entity_id +
                             "/protocol/openid-connect/logout")
    action, fields = form_of(page)
    at, page = visitor.fetch(
        saml.idp.base + action if action.startswith("/") else action, fields)
    action, fields = form_of(page)
    if action == saml.slo:
        r = b.once("POST", action, fields, initiator=saml.idp.base)
    else:
        assert at.startswith(saml.slo), (at, page[:300])
        r = b.once("GET", at, initiator=saml.idp.base)
    assert b.once("GET", saml.site.url("desk", "/sole")).status == 302, (
        saml.refused(), r)
    assert other.once("GET", saml.site.url("desk", "/sole")).status == 200
    assert saml.site.audit(event="plugin:logout-by-provider")


@pytest.mark.parametrize("name,alg", [
    ("gcm", GCM["saml.encryption.algorithm"]),
    ("cbc", CBC["saml.encryption.algorithm"])])
def test_encrypted(saml, b, name, alg):
    action, fields, xml = saml.answer(b, "/" + name)
    assert b"EncryptedAssertion" in xml and alg.encode() in xml
    r = saml.back(b, action, fields)
    assert r.status == 200 and "alice" in r.text, (saml.refused(), r)


@pytest.fixture
def setting(saml):
    """More lines for factors; as before afterwards."""
    def use(**lines):
        saml.lines = lines
        saml.write()
        assert "error" not in saml.site.reload()
    yield use
    use()


@pytest.mark.parametrize("name,where", [
    ("partner", ["Response", "Assertion"]), ("response", ["Response"]),
    ("assertion", ["Assertion"])])
def test_signatures(saml, b, name, where):
    """Both, or either one alone."""
    action, fields, xml = saml.answer(b, "/sole" if name == "partner" else "/" + name)
    assert signed(xml) == where
    r = saml.back(b, action, fields)
    assert r.status == 200 and "alice" in r.text, (saml.refused(), r)


def test_signatures_that_are_demanded(saml, b, setting):
    """One does not stand for the other; none is never enough."""
    setting(response="    require_signed_assertion: true\n",
            assertion="    require_signed_response: true\n",
            partner="    require_signed_response: true\n"
                    "    require_signed_assertion: true\n")
    for name in ("response", "assertion", "neither"):
        browser = saml.new()
        action, fields, xml = saml.answer(browser, "/" + name)
        r = saml.back(browser, action, fields)
        assert r.status == 403 and saml.refused() == "unsigned", (name, r)
    assert saml.login(b).status == 200


def test_a_new_key_there(saml, b):
    """Announced, then used, then the old one withdrawn: no login fails but
    the one that the old key signed."""
    saml.idp.add_key("next", 100)
    saml.refetch()
    assert saml.login(b).status == 200
    late = saml.new()
    old = saml.answer(late, "/sole")
    saml.idp.prefer_key("next", 300)
    b = saml.new()
    new = saml.answer(b, "/sole")
    assert certificate(old[2]) == pem(saml.idp.dir / "idp.crt")
    assert certificate(new[2]) == pem(saml.idp.dir / "next.crt")
    assert saml.back(b, *new[:2]).status == 200
    saml.idp.drop_key("idp")
    saml.refetch()
    r = saml.back(late, *old[:2])
    assert r.status == 403 and saml.refused() == "signature", r
    assert saml.login(saml.new()).status == 200


def test_who_it_may_be(saml, b, setting):
    """The name of a link is in the field there, and what is left to type is
    the password; without send_hint it is not told."""
    link = saml.site.url("login", "/login?with=partner&hint=bob")

    def page(browser, visitor):
        return form_of(visitor.fetch(to_provider(browser, link,
                                                 saml.idp_at()))[1])
    assert page(saml.new(), Visitor(saml.idp))[1]["username"] == ""
    setting(partner="    send_hint: true\n")
    visitor = Visitor(saml.idp)
    action, fields = page(b, visitor)
    assert fields["username"] == "bob"
    action, fields = form_of(visitor.fetch(action, dict(
        fields, password="bobpw"))[1])
    r = saml.back(b, action, fields)
    assert r.status == 200, (saml.refused(), r)
    assert "bob" in b.get(saml.site.url("desk", "/sole")).text


@pytest.mark.parametrize("says", ["client_not_found", "invalid_signature",
                                  "invalid_redirect_uri"])
def test_what_it_says_of_us(saml, b, setting, monkeypatch, says):
    """Nothing comes back, and its log says what the manual quotes."""
    if says == "client_not_found":
        setting(partner="    entity_id: urn:stranger\n")
    elif says == "invalid_signature":
        own_keys(saml.site.dir, "odd")
        factor = saml.factor
        monkeypatch.setattr(saml, "factor", lambda: factor().replace(
            "file:sp.", "file:odd."))
        setting()
    else:
        saml.idp.move_client(saml.acs[:-3] + "metadata")
    had = len(saml.idp.said())
    _, page = Visitor(saml.idp).fetch(saml.ask(b))
    monkeypatch.undo()
    assert 'name="password"' not in page
    assert 'error="%s"' % in_manual(says) in saml.idp.said()[had:]
    if says == "invalid_redirect_uri":
        saml.idp.move_client(saml.acs[:-3] + "metadata", saml.acs)


def test_refused_there(saml, b, setting):
    """An unknown class: NoAuthnContext, in words and in the log."""
    setting(partner="    authn_context: urn:none\n")
    url = saml.ask(b)
    xml, _ = request_of(url)
    assert xml.find(".//{*}AuthnContextClassRef").text == "urn:none"
    action, fields = Visitor(saml.idp).sign_in(url, "alice", "alicepw")
    r = saml.back(b, action, fields)
    assert r.status == 403, r
    assert saml.refused() == "authn-context" or saml.site.audit(
        event="plugin:refused-by-provider")
