# SPDX-License-Identifier: Apache-2.0
"""Single logout in both directions, with a real SimpleSAMLphp."""
import base64
import urllib.parse

import pytest

from saml_idp import Visitor
from saml_site import Saml, request_of
from servers import until
from test_away import start_logout

SITE = Saml


def out(saml, b):
    """Is the browser without a session?"""
    return b.once("GET", saml.site.url("desk", "/sole")).status == 302


def leave(saml, b):
    """Logs out here; where the provider is told of it."""
    r = start_logout(saml, b)
    assert r.page.screen == 4, r
    assert out(saml, b), "ended here before anything else"
    url = r.page.link("Continue")
    assert url.startswith(saml.idp.url + "SingleLogoutService.php"), url
    return url


def name_id(xml):
    return xml.find("{urn:oasis:names:tc:SAML:2.0:assertion}NameID")


def test_leaving_here(saml, b):
    """LogoutRequest by redirect, signed; the provider ends its own session
    and answers; the page says nothing of trouble."""
    visitor = Visitor(saml.idp)
    saml.login(b, visitor=visitor)
    url = leave(saml, b)
    xml, query = request_of(url)
    assert "Signature" in query and xml.get("NotOnOrAfter")
    n = name_id(xml)
    assert n.get("Format").endswith(":persistent") and n.text
    assert n.get("SPNameQualifier") == saml.acs[:-3] + "metadata"
    assert len(xml.findall("{urn:oasis:names:tc:SAML:2.0:protocol}"
                           "SessionIndex")) == 1
    back, _ = visitor.fetch(url)
    assert back.startswith(saml.slo + "?"), back
    r = b.go("GET", back, initiator=saml.idp.base + "/")
    assert r.page.screen == 29 and "did not confirm" not in r.page.text, r
    assert saml.site.audit(event="provider-logout", reason="confirmed")
    # there too the person is signed out
    action, fields = visitor.sign_in(saml.ask(saml.new()))
    assert "SAMLResponse" not in fields


@pytest.mark.parametrize("how", ["unsigned", "other-answer", "changed"])
def test_an_answer_that_is_none(saml, b, how):
    """The session here is over all the same, and the page says that the
    provider did not confirm."""
    visitor = Visitor(saml.idp)
    saml.login(b, visitor=visitor)
    back, _ = visitor.fetch(leave(saml, b))
    at, _, query = back.partition("?")
    pairs = urllib.parse.parse_qsl(query)
    if how == "unsigned":
        pairs = [p for p in pairs if p[0] not in ("SigAlg", "Signature")]
        want = "unsigned"
    elif how == "changed":
        pairs = [(n, base64.b64encode(bytes(256)).decode()
                  if n == "Signature" else v) for n, v in pairs]
        want = "signature"
    else:
        other = saml.new()
        saml.login(other, visitor=visitor, user="bob")
        answer, _ = visitor.fetch(leave(saml, other))
        own = dict(pairs)["RelayState"]
        pairs = [p for p in urllib.parse.parse_qsl(
            answer.partition("?")[2]) if p[0] != "RelayState"]
        pairs.append(("RelayState", own))
        want = "signature"
    r = b.go("GET", at + "?" + urllib.parse.urlencode(pairs),
             initiator=saml.idp.base + "/")
    assert r.page.screen == 29, r
    assert "The partner did not confirm" in r.page.text, r
    assert saml.refused() == want
    assert out(saml, b)


def test_the_provider_ends_it(saml, b):
    """A LogoutRequest with a browser: every session of that name and index
    ends, ours in this browser and the same person's copy."""
    visitor = Visitor(saml.idp)
    saml.login(b, visitor=visitor)
    bystander = saml.new()
    saml.login(bystander, "bob")
    copy = b.copy()
    url, _ = visitor.fetch(saml.idp.url + "initSLO.php?RelayState=" +
                           urllib.parse.quote(saml.idp.base + "/simplesaml/"))
    assert url.startswith(saml.slo + "?SAMLRequest="), url
    r = b.once("GET", url, initiator=saml.idp.base + "/")
    assert r.status == 303, r
    answer = r.header("location")
    assert answer.startswith(saml.idp.url + "SingleLogoutService.php?"
                             "SAMLResponse="), answer
    assert out(saml, b) and out(saml, copy)
    assert not out(saml, bystander)
    at, page = visitor.fetch(answer)
    assert at.startswith(saml.idp.base + "/simplesaml/"), at
    # the same request once more
    had = len(saml.site.audit(event="plugin:logout-by-provider"))
    r = b.once("GET", url, initiator=saml.idp.base + "/")
    assert saml.refused() == "replay"
    assert len(saml.site.audit(event="plugin:logout-by-provider")) == had


def test_forged_logouts(saml, b):
    """Unsigned, changed, doubled, by POST: nothing ends."""
    visitor = Visitor(saml.idp)
    saml.login(b, visitor=visitor)
    url, _ = visitor.fetch(saml.idp.url + "initSLO.php?RelayState=" +
                           urllib.parse.quote(saml.idp.base + "/simplesaml/"))
    at, _, query = url.partition("?")
    pairs = urllib.parse.parse_qsl(query)
    message = dict(pairs)["SAMLRequest"]

    def send(pairs, want):
        r = saml.new().once("GET", at + "?" + urllib.parse.urlencode(pairs),
                            initiator=saml.idp.base + "/")
        assert "SAMLResponse" not in r.header("location"), r
        if want:
            assert saml.refused() == want, (pairs, saml.refused())
        assert not out(saml, b)
    bare = [p for p in pairs if p[0] not in ("SigAlg", "Signature")]
    send(bare, "unsigned")
    send([(n, "x" if n == "RelayState" else v) for n, v in pairs],
         "signature")
    send([(n, "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
           if n == "SigAlg" else v) for n, v in pairs],
         "signature-algorithm")
    send(pairs + [("SAMLResponse", message)], "query")
    send(pairs[:1] + pairs, None)   # the host refuses a name twice
    r = saml.new().once("POST", at, {"SAMLRequest": message},
                        initiator=saml.idp.base + "/")
    assert "SAMLResponse" not in r.header("location") and not out(saml, b)
    until("the genuine one ends it", lambda: b.once(
        "GET", url, initiator=saml.idp.base + "/").status == 303, 5)
    assert out(saml, b)
