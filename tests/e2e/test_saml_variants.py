# SPDX-License-Identifier: Apache-2.0
"""Other bindings, encryption, keys and settings, at a real SimpleSAMLphp."""
import base64
import sys
import urllib.parse

import pytest

from saml_idp import (
    SimpleSamlPhp, Visitor, by_schema, certificate, in_manual, own_keys, pem)
from saml_site import FACTOR, POLICIES, Saml, request_of
from servers import PEERS, Process, free_port, until
from test_away import to_provider
from test_saml_soap import Node

SITE = Saml


@pytest.fixture
def setting(saml):
    """The site with more lines for its factor; as before afterwards."""
    def use(more="", edit=lambda t: t, **idp):
        if idp:
            saml.idp.set(**idp)
        factor = FACTOR.format(name="partner", metadata=saml.idp.metadata,
                               ca=saml.idp.ca)
        saml.site.write(factors=edit(factor) + "".join(
            "    %s\n" % line for line in more.splitlines()))
        said = saml.site.reload()
        assert "error" not in said, said
        until("the metadata", lambda: saml.known() or posts(saml))
        return saml
    before = dict(saml.idp.env)
    yield use
    changed = saml.idp.env != before
    saml.idp.env = before
    if changed:
        saml.idp.set()
    saml.write()
    # logins go on with what is known; a fetch that is still to come would
    # find what the next test does to the provider
    saml.refetch()
    until("the metadata", saml.known)


def posts(saml):
    """Is the request posted, rather than redirected?"""
    r = saml.new().get(saml.site.url("desk", "/sole"))
    return r.page.screen == 4 and len(r.page.forms) == 1 and \
        r.page.form.action.startswith(saml.idp.base)


def posted(saml, b, path="/sole"):
    """The page that posts the request: (action, fields)."""
    url = saml.site.url("desk", path)
    r = b.get(url)
    assert r.page.screen == 4, r
    form = r.page.form
    return form.action, dict(form.fields)


def test_request_by_post(saml, b, setting):
    setting("binding: post")
    action, fields = posted(saml, b)
    assert action == saml.idp.url + "SSOService.php"
    assert "Signature" not in fields
    assert by_schema(base64.b64decode(fields["SAMLRequest"])).find(
        "{*}Signature") is not None
    action, fields = Visitor(saml.idp).sign_in(action, "alice", "alicepw",
                                               fields)
    r = saml.back(b, action, fields)
    assert r.url == saml.site.url("desk", "/sole") and "alice" in r.text, r


def test_artifact(saml, b, setting):
    """The answer comes by reference, and is fetched by SOAP; once."""
    setting("response_binding: artifact")
    url = saml.ask(b)
    assert request_of(url)[0].get("ProtocolBinding").endswith("HTTP-Artifact")
    back, _ = Visitor(saml.idp).sign_in(url, "alice", "alicepw")
    assert back.startswith(saml.acs + "?") and "SAMLart=" in back, back
    r = b.go("GET", back, initiator=saml.idp.base + "/")
    assert r.url == saml.site.url("desk", "/sole") and "alice" in r.text, r
    other = saml.new()
    own = request_of(saml.ask(other))[1]["RelayState"][0]
    r = other.go("GET", "%s?SAMLart=%s&RelayState=%s" % (
        saml.acs, back.partition("SAMLart=")[2].partition("&")[0], own),
        initiator=saml.idp.base + "/")
    assert r.status == 403 and saml.refused() == "artifact", r


@pytest.fixture
def guarded(saml):
    """The provider's artifact service for those who show a certificate."""
    d, port = saml.idp.dir, free_port()
    front = Process(d / "guard.log", sys.executable, PEERS / "tls-front.py",
                    "127.0.0.1:%d" % port, "127.0.0.1:%d" % saml.idp.back,
                    d / "server.crt", d / "server.key",
                    saml.site.dir / "sp.crt")
    yield "https://127.0.0.1:%d/simplesaml/saml2/idp/" \
        "ArtifactResolutionService.php" % port
    front.stop()


def test_artifact_by_mutual_tls(saml, b, setting, guarded):
    """Bind 3.6.7: nobody without our certificate gets the answer."""
    setting("response_binding: artifact\nartifact_url: " + guarded)
    back, _ = Visitor(saml.idp).sign_in(saml.ask(b), "alice", "alicepw")
    r = b.go("GET", back, initiator=saml.idp.base + "/")
    assert r.status == 503 or r.page.screen in (26, 28), r
    setting("response_binding: artifact\nartifact_url: %s\n"
            "client_certificate: file:sp.crt" % guarded)
    b = saml.new()
    back, _ = Visitor(saml.idp).sign_in(saml.ask(b), "alice", "alicepw")
    r = b.go("GET", back, initiator=saml.idp.base + "/")
    assert r.url == saml.site.url("desk", "/sole") and "alice" in r.text, r


def test_encrypted(saml, b, setting):
    """AES-CBC below a signed response; without that only by its switch."""
    setting("require_encryption: true", ENCRYPT="true")
    assert saml.login(b).status == 200
    setting(ENCRYPT="true", SIGN_RESPONSE="false")
    r = saml.login(saml.new())
    assert r.status == 403 and saml.refused() == "encryption-algorithm", r
    setting("unsigned_cbc: accepted", ENCRYPT="true", SIGN_RESPONSE="false")
    assert saml.login(saml.new()).status == 200
    assert "unsigned_cbc" in saml.site.daemon.said()


def test_encryption_is_demanded(saml, b, setting):
    setting("require_encryption: true")
    r = saml.login(b)
    assert r.status == 403 and saml.refused() == "unencrypted", r


@pytest.mark.parametrize("what,idp", [
    ("response", {"SIGN_RESPONSE": "false"}),
    ("assertion", {"SIGN_ASSERTION": "false"})])
def test_one_signature(saml, b, setting, what, idp):
    """Either one suffices, unless the other is demanded."""
    setting(**idp)
    assert saml.login(b).status == 200
    setting("require_signed_%s: true" % what, **idp)
    r = saml.login(saml.new())
    assert r.status == 403 and saml.refused() == "unsigned", r


def test_no_signature(saml, b, setting):
    setting(SIGN_RESPONSE="false", SIGN_ASSERTION="false")
    r = saml.login(b)
    assert r.status == 403 and saml.refused() == "unsigned", r


def test_passive(saml, b, setting):
    """The provider's refusal in words, and both codes in the log."""
    setting("passive: true")
    action, fields = Visitor(saml.idp).sign_in(saml.ask(b))
    r = saml.back(b, action, fields)
    assert r.status == 403 and "needs to ask you something" in r.page.text, r
    event = saml.site.audit(event="plugin:refused-by-provider")[-1]
    assert event["details"]["sub-status"] == "NoPassive", event
    assert event["details"]["status"] == "Responder", event


def test_groups_that_are_not_told(saml, setting):
    """Who is not in a group is who is known not to be: not everybody, where
    the attribute does not come, unless that is what the provider means."""
    by = "group_attribute: %s"
    away = by % "eduPersonEntitlement"
    saml.site.write(policies=saml.site.settings["policies"].replace(
        "- partner\n", "- partner where not group partner/staff\n", 1))
    for more, opens in ("", False), (by % "mail", True), (away, False), (
            away + "\nmissing_groups: none", True):
        setting(more)
        r = saml.login(saml.new())
        assert (r.url == saml.site.url("desk", "/sole")) == opens, (more, r)
    assert "missing_groups: none" in saml.site.daemon.said()


ASKED = """\
force_authn: true
provider_name: Ex "ample" <&> Co
proxy_count: 1
send_hint: true
authn_context_comparison: minimum
authn_context:
  - urn:oasis:names:tc:SAML:2.0:ac:classes:Password
  - urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"""


def test_what_is_asked_for_arrives(saml, b, setting):
    """All of it at once is a request that it takes; who is signed in there
    proves it anew, where without force_authn nobody is asked."""
    visitor = Visitor(saml.idp)
    saml.login(b, visitor=visitor)
    _, fields = visitor.sign_in(saml.ask(saml.new()))
    assert "SAMLResponse" in fields
    setting(ASKED)
    b = saml.new()
    url = to_provider(b, saml.site.url("login", "/login?") +
                      urllib.parse.urlencode({
                          "with": "partner", "hint": "al <&> ice"}),
                      saml.idp_at())
    xml, _ = request_of(url)
    assert xml.findtext("{*}Subject/{*}NameID") == "al <&> ice"
    assert xml.get("ForceAuthn") == "true"
    assert xml.get("ProviderName") == 'Ex "ample" <&> Co'
    assert xml.find("{*}Scoping").get("ProxyCount") == "1"
    context = xml.find("{*}RequestedAuthnContext")
    assert context.get("Comparison") == "minimum" and len(context) == 1
    had = len(saml.idp.said())
    _, fields = visitor.sign_in(url)
    assert "SAMLResponse" not in fields and "password" in fields, fields
    read = saml.idp.said()[had:]
    assert "Received message:" in read and ">al &lt;&amp;&gt; ice<" in read
    action, fields = visitor.sign_in(url, "alice", "alicepw")
    r = saml.back(b, action, fields)
    assert r.status == 200 and "alice" in r.text, (saml.refused(), r)


def used_once_on_all_nodes(saml, start, action, used):
    """Another node takes one of its own, and not what this one took; as a page
    of ours sends it on."""
    node = Node(saml.site)
    try:
        r = node.post(action, used)
        assert r.status == 200 and node.rules() == [], r
        r = node.post(action, used, "same-origin")
        assert r.status == 403 and node.rules() == ["replay"], r
        _, fields = Visitor(saml.idp).sign_in(start, "bob", "bobpw")
        fields.pop("RelayState", None)
        assert node.post(action, fields, "same-origin").status in (302, 303)
        assert node.rules() == ["replay"]
        r = saml.back(saml.new(), action, fields)
        assert r.status == 403 and saml.refused() == "replay", r
    finally:
        node.close()


def test_begun_there(saml, b, setting):
    """Refused by default; accepted, it is a login of its own, once. (Its name
    is a transient one, so it is of somebody without a bound id.)"""
    start = saml.idp.url + "SSOService.php?spentityid=" + \
        saml.acs[:-3] + "metadata"
    action, fields = Visitor(saml.idp).sign_in(start, "bob", "bobpw")
    fields.pop("RelayState", None)
    r = saml.back(b, action, fields)
    assert r.status in (400, 404), r
    setting("unsolicited: true")
    r = saml.back(b, action, fields)
    assert r.status == 200 and "bob" in r.text, (
        saml.site.audit()[-4:], r.page.text)
    other = saml.new()
    r = saml.back(other, action, fields)
    assert r.status == 403 and saml.refused() == "replay", r
    used_once_on_all_nodes(saml, start, action, fields)
    # where the provider says, if that is listed
    there = saml.site.url("desk", "/sole/there?x=1")
    to = start + "&RelayState=" + urllib.parse.quote(there, safe="")
    action, fields = Visitor(saml.idp).sign_in(to, "bob", "bobpw")
    assert fields["RelayState"] == there, fields
    r = saml.back(saml.new(), action, fields)
    assert r.url == action and "bob" not in r.text, r
    setting("unsolicited: true\nunsolicited_targets: [ %s ]" % there)
    r = saml.back(saml.new(), action, fields)
    assert r.status == 200 and r.url == there, r
    # one that was asked for answers nobody's question here
    asked, answer = Visitor(saml.idp).sign_in(saml.ask(other), "alice",
                                              "alicepw")
    answer.pop("RelayState")
    r = saml.back(saml.new(), asked, answer)
    assert r.status == 403 and saml.refused() == "in-response-to", r


def test_a_new_key_told_ahead(saml, b, setting):
    """Its own roll-over: a next key beside the one that signs, then that key
    alone. We had fetched it before, so no login fails; what the old one had
    signed is refused once it is gone."""
    cert = saml.idp.dir / "cert"
    own_keys(cert, "new")
    saml.idp.set(NEXT="true")
    saml.refetch()
    late = saml.new()
    old = answer(saml, late)
    assert certificate(old[2]) == pem(cert / "idp.crt")
    assert saml.back(b, *answer(saml, b)[:2]).status == 200
    for name in ("idp.key", "idp.crt"):
        (cert / name.replace("idp", "new")).rename(cert / name)
    saml.idp.set(NEXT="false")
    b = saml.new()
    new = answer(saml, b)
    assert certificate(new[2]) == pem(cert / "idp.crt") != \
        certificate(old[2])
    assert saml.back(b, *new[:2]).status == 200
    saml.refetch()
    r = saml.back(late, *old[:2])
    assert r.status == 403 and saml.refused() == "signature", r
    assert saml.login(saml.new()).status == 200


def answer(saml, browser):
    """What it posts for alice: (action, fields, the XML)."""
    action, fields = Visitor(saml.idp).sign_in(saml.ask(browser), "alice",
                                               "alicepw")
    return action, fields, base64.b64decode(fields["SAMLResponse"])


def test_a_new_key_there(saml, b, setting):
    """Signed by a key that the metadata does not name yet."""
    for name in ("idp.key", "idp.crt"):
        (saml.idp.dir / "cert" / name).unlink()
    saml.idp.set()
    r = saml.login(b)
    assert r.status == 403 and saml.refused() == "signature", r
    saml.site.reload()
    until("the new key counts", lambda: saml.login(
        saml.new()).status == 200, 20)


UNKNOWN, SIGNATURE, PLACE = (
    "METADATANOTFOUND", "Unable to validate signature on query string",
    "Authentication request specifies invalid AssertionConsumerService")


@pytest.mark.parametrize("says", [UNKNOWN, SIGNATURE, PLACE])
def test_what_it_says_of_us(saml, b, setting, says):
    """Nothing comes back, and its log says what the manual quotes."""
    if says == UNKNOWN:
        setting("entity_id: urn:stranger")
    elif says == PLACE:
        setting(SP_ACS="https://elsewhere.example/acs")
    else:
        own_keys(saml.site.dir, "odd")
        setting(edit=lambda text: text.replace("file:sp.", "file:odd."))
    had = len(saml.idp.said())
    action, fields = Visitor(saml.idp).sign_in(saml.ask(b), "alice",
                                               "alicepw")
    assert action != saml.acs, (action, fields)
    assert in_manual(says) in saml.idp.said()[had:]


def test_by_hand_and_by_file(saml, b, setting):
    own = saml.site.dir

    def by_hand(text):
        (own / "idp.crt").write_text(
            (saml.idp.dir / "cert/idp.crt").read_text())
        return text.replace(
            "    metadata: %s\n" % saml.idp.metadata,
            "    idp_entity_id: %s\n    sso_url: %s\n    idp_certificate: "
            "file:idp.crt\n" % (saml.idp.entity_id,
                                saml.idp.url + "SSOService.php"))

    def by_file(text):
        (own / "idp.xml").write_bytes(
            (saml.idp.dir / "idp-metadata.xml").read_bytes())
        return text.replace("metadata: " + saml.idp.metadata,
                            "metadata_file: file:idp.xml")
    for edit in (by_hand, by_file):
        setting(edit=edit)
        assert saml.login(saml.new()).status == 200
    (own / "idp.xml").write_text("<x/>")
    saml.site.write(factors=by_file(FACTOR.format(
        name="partner", metadata=saml.idp.metadata, ca=saml.idp.ca)).replace(
            "file:idp.xml", "file:other.xml"))
    (own / "other.xml").write_text("<x/>")
    assert "is no SAML metadata" in saml.site.command(
        "check", check=False).stdout + saml.site.reload()


def test_the_provider_is_down(saml, b, setting):
    """A gateway starts with what it kept; the login only fails there."""
    saml.idp.stop()
    try:
        saml.site.restart()
        assert saml.ask(b).startswith(saml.idp.url)
    finally:
        saml.idp.start()
    assert saml.login(saml.new()).status == 200


def test_two_of_a_kind(saml, b, directory):
    """The same plugin twice: an answer of one is none of the other."""
    base = "https://%s/f/second/" % saml.site.host("login")
    second = SimpleSamlPhp(base + "metadata", base + "acs", base + "slo",
                           saml.site.dir / "sp.crt")
    try:
        saml.site.write(
            factors=FACTOR.format(name="partner", metadata=saml.idp.metadata,
                                  ca=saml.idp.ca) +
            FACTOR.format(name="second", metadata=second.metadata,
                          ca=second.ca).replace("realm: partner",
                                                "realm: second"),
            policies=POLICIES.format(host=saml.site.host("desk")) +
            "  - name: second\n    match: { host: \"%s\", under: /second }\n"
            "    require:\n      - second\n" % saml.site.host("desk"))
        saml.site.reload()

        class At:
            url = second.base

        def ask(browser):
            try:
                return to_provider(browser, saml.site.url("desk", "/second"),
                                   At)
            except AssertionError:
                return None
        until("the second's metadata", lambda: ask(saml.new()))
        url = ask(b)
        action, fields = Visitor(second).sign_in(url, "alice", "alicepw")
        assert action == base + "acs"
        # the first's answer to the second's question
        other = saml.new()
        own = request_of(ask(other))[1]["RelayState"][0]
        stolen, answer = Visitor(saml.idp).sign_in(
            saml.ask(saml.new()), "alice", "alicepw")
        r = other.go("POST", base + "acs", dict(answer, RelayState=own),
                     initiator=saml.idp.base)
        assert r.status == 403 and saml.refused() in (
            "signature", "issuer"), r
        r = b.go("POST", action, fields, initiator=second.base)
        assert r.url == saml.site.url("desk", "/second"), r
    finally:
        second.close()
        saml.write()
        saml.site.reload()
