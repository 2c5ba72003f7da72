# SPDX-License-Identifier: Apache-2.0
"""Logins and logouts by SAML at a real LemonLDAP::NG."""
import base64
import html
import re

import pytest

from saml_idp import (
    LemonLdap, Visitor, certificate, form_of, in_manual, own_keys, pem, signed)
from saml_site import Saml, request_of
from test_away import start_logout

pytestmark = pytest.mark.skipif(LemonLdap.why_not() is not None,
                                reason="LemonLDAP: %s" % LemonLdap.why_not())


class AtLemonLdap(Saml):
    more = ""                   # lines for the factor

    def provider(self, *sp, **settings):
        return LemonLdap(*sp, **settings)

    def factor(self):
        return super().factor().replace("idp: simplesamlphp",
                                        "idp: generic").replace(
            "    subject_id: name_id\n", "    name_id_format: email\n") + \
            self.more

    def login(self, browser, user="dwho", path="/sole", visitor=None):
        return self.back(browser, *self.answer(browser, user, path,
                                               visitor)[:2])

    def answer(self, browser, user="dwho", path="/sole", visitor=None):
        """What it posts: (action, fields, the XML)."""
        visitor = visitor or Visitor(self.idp)
        action, fields = visitor.sign_in(self.ask(browser, path), user, user)
        assert action == self.acs and "SAMLResponse" in fields, (
            action, fields)
        return action, fields, base64.b64decode(fields["SAMLResponse"])


SITE = AtLemonLdap


@pytest.fixture
def setting(saml):
    """More lines for the factor, and the provider otherwise; as before
    afterwards."""
    def use(more="", **idp):
        if idp:
            saml.idp.set(**idp)
        if more != saml.more:
            saml.more = more
            saml.write()
            assert "error" not in saml.site.reload()
    before = dict(saml.idp.env)
    yield use
    changed = saml.idp.env != before
    saml.idp.env = before
    if changed:
        saml.idp.set()
    use()


def test_there_and_back(saml, b):
    r = saml.login(b)
    assert r.url == saml.site.url("desk", "/sole"), (saml.refused(), r)
    assert "dwho" in r.text, r
    r = saml.login(saml.new(), "rtyler", "/sole/x")
    assert r.url == saml.site.url("desk", "/sole/x") and "rtyler" in r.text


def test_leaving_here(saml, b):
    visitor = Visitor(saml.idp)
    saml.login(b, visitor=visitor)
    r = start_logout(saml, b)
    url = r.page.link("Continue")
    assert url.startswith(saml.idp.base), url
    at, page = visitor.fetch(url)
    if at.startswith(saml.slo):
        r = b.go("GET", at, initiator=saml.idp.base)
    else:
        action, fields = form_of(page)
        assert action == saml.slo, (at, page[:400])
        r = b.go("POST", action, fields, initiator=saml.idp.base)
    assert r.page.screen == 29 and "did not confirm" not in r.page.text, (
        saml.refused(), r)
    assert b.once("GET", saml.site.url("desk", "/sole")).status == 302


def leave(saml, b):
    """Signed in, and out at its portal: what the frame there leads to."""
    visitor = Visitor(saml.idp)
    saml.login(b, visitor=visitor)
    _, page = visitor.fetch(saml.idp.base + "/?logout=1")
    return visitor, html.unescape(re.search(
        r'<iframe[^>]* src="([^"]*)"', page).group(1))


def told(saml, visitor, b, r):
    """The session is over, and the provider takes our answer."""
    assert b.once("GET", saml.site.url("desk", "/sole")).status == 302
    said = saml.idp.said()
    if r.status == 303:
        at, page = visitor.fetch(r.header("location"))
    else:
        assert r.status == 200 and r.page.forms, (saml.refused(), r)
        at, page = visitor.fetch(r.page.form.action, dict(r.page.form.fields))
    assert at.endswith("/ok.png"), (at, page)   # as it is after an error
    assert "[error]" not in saml.idp.said()[len(said):], saml.idp.said()[-999:]


@pytest.mark.parametrize("how", ["none", "nameid"])
def test_the_provider_ends_it(saml, b, setting, how):
    """No cookie of ours comes along in a frame of its page. The NameID is in
    the clear, or encrypted by lasso."""
    if how != "none":
        setting(ENCRYPT=how)
    other = saml.new()
    saml.login(other, "rtyler")
    visitor, url = leave(saml, b)
    assert url.startswith(saml.slo + "?"), url
    xml, query = request_of(url)
    assert "Signature" in query
    assert (xml.find("{*}EncryptedID") is not None) == (how == "nameid")
    told(saml, visitor, b, saml.new().once("GET", url,
                                           initiator=saml.idp.base + "/"))
    assert other.once("GET", saml.site.url("desk", "/sole")).status == 200


def test_the_provider_ends_it_by_post(saml, b):
    saml.idp.describe("HTTP-POST")
    saml.idp.set()
    try:
        visitor, url = leave(saml, b)
        action, fields = form_of(visitor.fetch(url)[1])
        assert action == saml.slo and "SAMLRequest" in fields
        assert signed(base64.b64decode(fields["SAMLRequest"])) == [
            "LogoutRequest"]
        told(saml, visitor, b, saml.new().once(
            "POST", action, fields, initiator=saml.idp.base + "/"))
    finally:
        saml.idp.describe(*saml.idp.slo)
        saml.idp.set()


# Not possible here: the response alone signed. Of what decides about
# signatures, samlSPMetaDataOptionsSignSSOMessage is all that Issuer/SAML.pm
# reads (its three values are below), and it sets the hint for the message
# only. An assertion in the clear is signed whatever that says, and although
# our metadata say WantAssertionsSigned="false": lasso's saml-2.0/login.c calls
# lasso_server_saml2_assertion_setup_signature() for each that it builds, and
# lasso_node_export_to_xml() then signs. A version that learns it turns this
# red.
@pytest.mark.parametrize("sign,where", [
    ("1", ["Response", "Assertion"]), ("-1", ["Response", "Assertion"]),
    ("0", ["Assertion"])])
def test_signatures(saml, b, setting, sign, where):
    if sign != "1":
        setting(SIGN_SSO=sign)
    action, fields, xml = saml.answer(b)
    assert signed(xml) == where
    assert saml.back(b, action, fields).status == 200
    setting("    require_signed_response: true\n"
            "    require_signed_assertion: true\n")
    r = saml.login(saml.new())
    assert r.status == 200 if sign != "0" else (
        r.status, saml.refused()) == (403, "unsigned"), r


# Not here: an assertion whose NameID is encrypted (EncryptionMode "nameid").
# lasso encrypts it, and then Issuer/SAML.pm puts the name in anew
# (set_subject_name_id); only its LogoutRequest has it so.
def test_encrypted(saml, b, setting):
    """AES-CBC below a signed response; without that only by its switch."""
    setting("    require_encryption: true\n")
    r = saml.login(b)
    assert r.status == 403 and saml.refused() == "unencrypted", r
    setting("    require_encryption: true\n", ENCRYPT="assertion")
    b = saml.new()
    action, fields, xml = saml.answer(b)
    assert b"EncryptedAssertion" in xml and b"dwho" not in xml
    assert signed(xml) == ["Response"]
    assert saml.back(b, action, fields).status == 200
    setting(ENCRYPT="assertion", SIGN_SSO="0")
    r = saml.login(saml.new())
    assert r.status == 403 and saml.refused() == "encryption-algorithm", r
    setting("    unsigned_cbc: accepted\n")
    assert saml.login(saml.new()).status == 200


@pytest.mark.parametrize("says", [
    "was not found in registered Service Providers metadata",
    "Could not verify signature of incoming SSO request"])
def test_what_it_says_of_us(saml, b, setting, monkeypatch, says):
    """Nothing comes back, and its log says what the manual quotes."""
    if "metadata" in says:
        setting("    entity_id: urn:stranger\n")
    else:
        own_keys(saml.site.dir, "odd")
        factor = saml.factor
        monkeypatch.setattr(saml, "factor", lambda: factor().replace(
            "file:sp.", "file:odd."))
        setting("    provider_name: x\n")
    had = len(saml.idp.said())
    _, fields = Visitor(saml.idp).sign_in(saml.ask(b), "dwho", "dwho")
    monkeypatch.undo()
    assert "SAMLResponse" not in fields
    assert in_manual(says) in saml.idp.said()[had:]


def test_a_new_key_there(saml, b):
    """Its metadata name one key, so none can be announced: signed by one that
    we do not know, and, once we do, by the one before."""
    own = saml.idp.dir
    late = saml.new()
    old = saml.answer(late)
    assert certificate(old[2]) == pem(own / "idp.crt")
    for name in ("idp.key", "idp.crt"):
        (own / name).unlink()
    saml.idp.set()
    action, fields, xml = saml.answer(b)
    assert certificate(xml) == pem(own / "idp.crt")
    r = saml.back(b, action, fields)
    assert r.status == 403 and saml.refused() == "signature", r
    saml.refetch()
    assert saml.login(saml.new()).status == 200
    r = saml.back(late, *old[:2])
    assert r.status == 403 and saml.refused() == "signature", r
