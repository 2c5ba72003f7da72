# SPDX-License-Identifier: Apache-2.0
"""What we sign with keys other than RSA, at a real Keycloak (Apache Santuario
verifies it there) and by query; and that it does look."""
import base64
import re

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from saml_idp import Visitor, by_schema, form_of
from saml_site import ManyClients, request_of
from servers import run
from test_away import start_logout

MORE = "http://www.w3.org/2001/04/xmldsig-more#"
KINDS = {   # how openssl makes one, its method, and the hash of an ECDSA key
    "p256": ("EC -pkeyopt ec_paramgen_curve:P-256", MORE + "ecdsa-sha256",
             hashes.SHA256()),
    "p384": ("EC -pkeyopt ec_paramgen_curve:P-384", MORE + "ecdsa-sha384",
             hashes.SHA384()),
    "p521": ("EC -pkeyopt ec_paramgen_curve:P-521", MORE + "ecdsa-sha512",
             hashes.SHA512()),
    "ed25519": ("ED25519", "http://www.w3.org/2021/04/xmldsig-more#"
                "eddsa-ed25519", None)}
METHOD = "{*}Signature/{*}SignedInfo/{*}SignatureMethod"


def make_key(to, name, kind):
    key = to / (name + ".key")
    run("openssl", "genpkey", "-algorithm", *KINDS[kind][0].split(), "-out",
        key)
    key.chmod(0o600)
    run("openssl", "req", "-x509", "-key", key, "-days", "30", "-subj",
        "/CN=" + name, "-out", to / (name + ".crt"))


class ManyKeys(ManyClients):
    """A factor and a client for each kind; `stranger` signs with another key
    than its client is known by."""

    binding = "auto"

    def clients(self, certificate):
        own = self.site.dir
        for kind in KINDS:
            make_key(own, kind, kind)
        make_key(own, "stranger", "p256")
        known = dict({"partner": "sp"}, **{k: k for k in KINDS},
                     stranger="p256")
        return {name: (own / (crt + ".crt"),
                       {"saml.encryption.certificate": ""})
                for name, crt in known.items()}

    def one(self, name, text):
        if name == "partner":
            return text
        return text.replace("file:sp.", "file:%s." % name) + \
            "    binding: %s\n" % self.binding


SITE = ManyKeys


def posted(saml, r, name="SAMLRequest"):
    """What the page posts by itself: (action, fields, the message)."""
    action, fields = r.page.form.action, dict(r.page.form.fields)
    assert action.startswith(saml.idp.base) and name in fields, r
    return action, fields, by_schema(base64.b64decode(fields[name]))


@pytest.mark.parametrize("kind", KINDS)
def test_there_and_back(saml, b, kind):
    """Posted without being told so; then logged out, which it confirms."""
    action, fields, xml = posted(saml, b.get(
        saml.site.url("desk", "/" + kind)))
    assert xml.find(METHOD).get("Algorithm") == KINDS[kind][1]
    visitor = Visitor(saml.idp)
    action, fields = visitor.sign_in(action, "alice", "alicepw", fields)
    r = saml.back(b, action, fields)
    assert r.status == 200 and "alice" in r.text, (saml.refused(), r)
    action, fields, xml = posted(saml, start_logout(saml, b))
    assert xml.find(METHOD).get("Algorithm") == KINDS[kind][1]
    action, fields = visitor.sign_in(action, fields=fields)
    assert action.endswith("/f/%s/slo" % kind), (action, fields)
    r = b.go("POST", action, fields, initiator=saml.idp.base)
    assert r.page.screen == 29 and "did not confirm" not in r.page.text, (
        saml.refused(), r)


@pytest.mark.parametrize("kind", ["p256", "ed25519"])
def test_the_provider_ends_it(saml, b, kind):
    """It takes our answer: nothing of it is left to be logged out of."""
    action, fields, _ = posted(saml, b.get(saml.site.url("desk", "/" + kind)))
    visitor = Visitor(saml.idp)
    saml.back(b, *visitor.sign_in(action, "alice", "alicepw", fields))
    at, page = visitor.fetch(saml.idp.entity_id +
                             "/protocol/openid-connect/logout")
    action, fields = form_of(page)
    at, page = visitor.fetch(
        saml.idp.base + action if action.startswith("/") else action, fields)
    action, fields = form_of(page)
    assert action.endswith("/f/%s/slo" % kind), (at, page[:300])
    r = b.once("POST", action, fields, initiator=saml.idp.base)
    action, fields, xml = posted(saml, r, "SAMLResponse")
    assert xml.find(METHOD).get("Algorithm") == KINDS[kind][1]
    at, page = visitor.fetch(action, fields)
    assert "logged out" in page and "error" not in at, (at, page[:2000])
    assert b.once("GET", saml.site.url("desk", "/" + kind)).status == 302


def test_it_does_look(saml, b):
    """Signed by another key than the one it knows us by."""
    action, fields, _ = posted(saml, b.get(
        saml.site.url("desk", "/stranger")))
    at, page = Visitor(saml.idp).fetch(action, fields)
    assert 'name="password"' not in page and \
        "Invalid requester" in page, (at, page[:2000])


@pytest.fixture
def by_query(saml):
    saml.binding = "redirect"
    saml.write()
    assert "error" not in saml.site.reload()
    yield
    saml.binding = "auto"
    saml.write()
    saml.site.reload()


@pytest.mark.parametrize("kind", KINDS)
def test_by_query(saml, b, by_query, kind):
    """Bind 3.4.4.1, the value as in an XML signature (RFC 9231 2.3.6): r and
    s of the curve's size."""
    url = saml.ask(b, "/" + kind)
    query = request_of(url)[1]
    assert query["SigAlg"] == [KINDS[kind][1]]
    signed, _, _ = url.partition("?")[2].partition("&Signature=")
    assert re.fullmatch("SAMLRequest=[^&]*&RelayState=[^&]*&SigAlg=[^&]*",
                        signed), signed
    value = base64.b64decode(query["Signature"][0])
    key = x509.load_pem_x509_certificate(
        (saml.site.dir / (kind + ".crt")).read_bytes()).public_key()
    if kind == "ed25519":
        key.verify(value, signed.encode())
        return
    half = (key.curve.key_size + 7) // 8
    assert len(value) == 2 * half
    key.verify(utils.encode_dss_signature(
        int.from_bytes(value[:half], "big"),
        int.from_bytes(value[half:], "big")), signed.encode(),
        ec.ECDSA(KINDS[kind][2]))
