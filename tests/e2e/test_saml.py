# SPDX-License-Identifier: Apache-2.0
"""Logins by SAML, through countersignd and nginx, at a real SimpleSAMLphp."""
import base64
import json
import re

from lxml import etree

from saml_idp import Visitor, by_schema
from saml_site import Saml, request_of
from servers import Device
from state import logins

SITE = Saml


def test_there_and_back(saml, b):
    """Signed request by redirect, answer by another site's form."""
    url = saml.ask(b, "/sole/deep?x=1&y=%26")
    xml, query = request_of(url)
    assert xml.get("Destination") == url.split("?")[0]
    assert xml.get("AssertionConsumerServiceURL") == saml.acs
    assert re.fullmatch("_[0-9a-f]{40}", xml.get("ID"))
    assert query["SigAlg"] == [
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"]
    jar = b.cookies(saml.site.host("login"))
    assert [c.same_site for n, c in jar.items() if "-x-" in n] == ["None"]
    action, fields = Visitor(saml.idp).sign_in(url, "alice", "alicepw")
    assert action == saml.acs and fields["RelayState"] == \
        query["RelayState"][0]
    r = saml.back(b, action, fields)
    assert r.url == saml.site.url("desk", "/sole/deep?x=1&y=%26"), r
    assert r.status == 200 and "alice" in r.text, r
    assert saml.site.audit(subject="alice", event="login")


def test_then_a_code(saml, b):
    r = saml.login(b, "bob", "/both/x")
    assert r.page.screen == 11, r
    r = b.submit(r, {"code": Device(r.page.key).code()})
    assert r.url == saml.site.url("desk", "/both/x") and "bob" in r.text, r


def test_the_answer_twice(saml, b):
    """Once in this browser, in another one, and after the exchange."""
    url = saml.ask(b)
    action, fields = Visitor(saml.idp).sign_in(url, "alice", "alicepw")
    other = saml.new()
    saml.ask(other)
    r = saml.back(other, action, fields)
    assert r.page.screen == 23, r
    assert saml.back(b, action, fields).status == 200
    had = logins(saml.site)
    # the same message under a round of the thief's own
    mine, own = request_of(saml.ask(other))
    fields["RelayState"] = own["RelayState"][0]
    r = saml.back(other, action, fields)
    assert r.status == 403 and saml.refused() == "in-response-to", r
    assert logins(saml.site) == had


def test_fresh_proofs_are_asked_for(saml, b):
    """A policy that wants a fresh proof gets ForceAuthn."""
    xml, _ = request_of(saml.ask(b, "/anew"))
    assert xml.get("ForceAuthn") == "true"
    xml, _ = request_of(saml.ask(saml.new(), "/sole"))
    assert xml.get("ForceAuthn") in (None, "false")


def test_changed_on_the_way(saml, b):
    url = saml.ask(b)
    action, fields = Visitor(saml.idp).sign_in(url, "alice", "alicepw")
    xml = base64.b64decode(fields["SAMLResponse"])
    fields["SAMLResponse"] = base64.b64encode(
        xml.replace(b">alice<", b">bobby<")).decode()
    r = saml.back(b, action, fields)
    assert r.status == 403 and r.page.screen == 27, r
    assert saml.refused() == "signature"
    assert "signature" not in r.page.text


def test_metadata(saml, b):
    r = b.once("GET", saml.site.url("login", "/f/partner/metadata"))
    assert r.status == 200, r
    xml = by_schema(r.body)
    assert xml.get("entityID") == saml.site.url("login",
                                                "/f/partner/metadata")
    places = {e.get("Location") for e in xml.iter()} - {None}
    assert places == {saml.acs, saml.slo, saml.slo[:-3] + "soap",
                      saml.slo[:-3] + "login"}
    said = saml.site.command("saml-metadata", "partner").stdout
    assert said.replace(etree.fromstring(said).get("ID"), xml.get("ID")) == \
        r.text + "\n"
    gone = saml.site.command("saml-metadata", "corp", check=False)
    assert gone.returncode == 1 and "no operation" in gone.stderr, gone


def test_the_operator_looks(saml, b, tmp_path):
    """test says what to register; saml-inspect goes through the rules and
    logs nobody in."""
    found = saml.site.json("test", "partner")
    said = " ".join(f["text"] for f in found["findings"])
    assert found["good"] and saml.acs in said and saml.idp.entity_id in said
    assert "its clock and ours agree" in said
    action, fields = Visitor(saml.idp).sign_in(saml.ask(b), "alice",
                                               "alicepw")
    captured = tmp_path / "response"
    captured.write_text(fields["SAMLResponse"])
    had = logins(saml.site)
    items = {i["id"]: i["title"] for i in saml.site.json(
        "saml-inspect", "partner", captured)["items"]}
    assert items["signature"] == items["audience"] == "passed"
    assert items["subject"] == "would be" and "failed" not in items.values()
    xml = base64.b64decode(fields["SAMLResponse"])
    captured.write_bytes(xml.replace(b">alice<", b">bobby<"))
    r = saml.site.command("--json", "saml-inspect", "partner", captured,
                          check=False)
    items = {i["id"]: i["title"] for i in json.loads(r.stdout)["items"]}
    assert r.returncode == 1 and items["signature"] == "failed", r
    assert items["structure"] == "passed"
    assert items["audience"] == "not reached"
    assert logins(saml.site) == had
    # it was not used up
    assert saml.back(b, action, fields).status == 200
