# SPDX-License-Identifier: Apache-2.0
"""Logins and logouts by SAML at a real Keycloak."""
import base64

import pytest

from saml_idp import Keycloak, Visitor, form_of
from test_away import start_logout
from test_saml import Saml, request_of

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


class AtKeycloak(Saml):
    """Three factors, so that the provider need not start thrice."""

    first = ""                  # more lines for the first of them

    def provider(self, entity_id, acs, slo, certificate):
        def client(name, more):
            return tuple(u.replace("/f/partner/", "/f/%s/" % name)
                         for u in (entity_id, acs, slo)) + (certificate,
                                                            more)
        return Keycloak(client("partner", {}), client("gcm", GCM),
                        client("cbc", CBC))

    def factor(self):
        one = super().factor().replace("idp: simplesamlphp", "idp: keycloak")
        one = one.replace("    subject_id: name_id\n", "")
        return one + self.first + "".join(
            one.replace("  partner:", "  %s:" % n) for n in ("gcm", "cbc"))

    def write(self, more=""):
        super().write(more)
        policies = self.site.settings["policies"]
        for n in ("gcm", "cbc"):
            policies += "  - name: %s\n    match: { host: \"%s\", under: " \
                "/%s }\n    require:\n      - %s\n" % (
                    n, self.site.host("desk"), n, n)
        self.site.write(policies=policies)


@pytest.fixture(scope="module")
def saml(directory):
    s = AtKeycloak(directory)
    yield s
    s.close()


@pytest.fixture
def b(saml):
    return saml.new()


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
    action, fields = Visitor(saml.idp).sign_in(
        saml.ask(b, "/" + name), "alice", "alicepw")
    xml = base64.b64decode(fields["SAMLResponse"])
    assert b"EncryptedAssertion" in xml and alg.encode() in xml
    r = saml.back(b, action, fields)
    assert r.status == 200 and "alice" in r.text, (saml.refused(), r)


def test_refused_there(saml, b):
    """An unknown class: NoAuthnContext, in words and in the log."""
    saml.first = "    authn_context: urn:none\n"
    saml.write()
    saml.site.reload()
    try:
        url = saml.ask(b)
        xml, _ = request_of(url)
        assert xml.find(".//{*}AuthnContextClassRef").text == "urn:none"
        action, fields = Visitor(saml.idp).sign_in(url, "alice", "alicepw")
        r = saml.back(b, action, fields)
        assert r.status == 403, r
        assert saml.refused() == "authn-context" or saml.site.audit(
            event="plugin:refused-by-provider")
    finally:
        saml.first = ""
        saml.write()
        saml.site.reload()
