#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""soap_cases.py FOLDER: what a provider answers by SOAP, good and bad

Prints a line for each: name, what must come of it (GRANT or DONE; the rule
that refuses it; ERROR), `artifact` or `logout`, the artifact, and the answer's
body in base64. The question has the ID of the tests' seed.
"""
import copy
import hashlib
import sys

from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from genuine import Genuine, assertion
from logout_cases import ENVELOPE
from samlkit import A, P, SAML, add_signature, b64, cut, dump, q, unsigned

STATUS = SAML + "status:"
ASKED = "_6304e695733f775322691af5ebdfdd8ce1539ec1"


def line(name, want, kind, artifact, body):
    print("\t".join((name, want, kind, artifact, b64(body))))


def envelope(*parts):
    e = etree.Element("{%s}Envelope" % ENVELOPE, nsmap={"e": ENVELOPE})
    body = etree.SubElement(e, "{%s}Body" % ENVELOPE)
    for part in parts:
        body.append(part)
    return dump(e)


class Maker:
    def __init__(self, g):
        self.g = g
        self.idp = g.root.find(q("a:Issuer")).text
        self.stranger = rsa.generate_private_key(65537, 2048)

    def answer(self, tag, inner=None, key=None, sign=True, code="Success",
               sub=None):
        r = etree.Element(q("p:" + tag), nsmap={"samlp": P, "saml": A},
                          ID="_answer", Version="2.0", InResponseTo=ASKED,
                          IssueInstant=self.g.at(0))
        etree.SubElement(r, q("a:Issuer")).text = self.idp
        s = etree.SubElement(r, q("p:Status"))
        c = etree.SubElement(s, q("p:StatusCode"), Value=STATUS + code)
        if sub:
            etree.SubElement(c, q("p:StatusCode"), Value=STATUS + sub)
        if inner is not None:
            r.append(inner)
        if sign:
            add_signature(r, key or self.g.key)
        return r

    def artifact(self, idp=None, kind=4, index=0, n=44):
        source = hashlib.sha1((idp or self.idp).encode()).digest()
        return b64((kind.to_bytes(2, "big") + index.to_bytes(2, "big") +
                    source + bytes(range(20)))[:n].ljust(n, b"x"))


def changes(m, tag, kind, artifact, good, inner):
    """What holds of every answer."""
    def say(name, want, change, sign=True):
        r = m.answer(tag, inner(), sign=False)
        change(r)
        if sign:
            add_signature(r, m.g.key)
        line("%s-%s" % (kind, name), want, kind, artifact, envelope(r))
    line(kind + "-good", good, kind, artifact, envelope(
        m.answer(tag, inner())))
    line(kind + "-stranger", "signature", kind, artifact, envelope(
        m.answer(tag, inner(), m.stranger)))
    for name, v in (("other", "_other"), ("none", None), ("empty", "")):
        say("answers-" + name, "in-response-to", lambda r: r.set(
            "InResponseTo", v) if v is not None else r.attrib.pop(
                "InResponseTo"))
    for name, v in (("other", "https://other.example/"), ("empty", "")):
        say("issuer-" + name, "issuer", lambda r: setattr(
            r.find(q("a:Issuer")), "text", v))
    say("issuer-none", "issuer", lambda r: cut(r.find(q("a:Issuer"))))
    say("version", "version", lambda r: r.set("Version", "1.1"))
    say("version-none", "version", lambda r: r.attrib.pop("Version"))
    say("id-none", "id", lambda r: r.attrib.pop("ID"), False)
    say("element", "structure", lambda r: etree.SubElement(r, "{urn:x}x"))
    r = m.answer(tag, inner())
    r.set("InResponseTo", "_x")
    line(kind + "-changed", "signature", kind, artifact, envelope(r))
    r = m.answer(tag, inner())
    line(kind + "-two", "root|id", kind, artifact, envelope(
        r, m.answer(tag, inner())))
    line(kind + "-other-first", "structure|root", kind, artifact, envelope(
        etree.Element("{urn:x}x"), r))
    line(kind + "-bare", "root", kind, artifact, dump(m.answer(tag,
                                                               inner())))
    line(kind + "-nothing", "root", kind, artifact, envelope())
    line(kind + "-empty", "size", kind, artifact, b"")
    line(kind + "-text", "well-formed", kind, artifact, b"hello")
    line(kind + "-doctype", "doctype", kind, artifact, b"<!DOCTYPE x>" +
         envelope(m.answer(tag, inner())))
    line(kind + "-comment", "comment", kind, artifact, envelope(
        m.answer(tag, inner())).replace(b"</e:Body>", b"<!-- x --></e:Body>"))
    fault = etree.Element("{%s}Fault" % ENVELOPE)
    etree.SubElement(fault, "faultcode").text = "Client"
    line(kind + "-fault", "root", kind, artifact, envelope(fault))
    line(kind + "-long", "ERROR", kind, artifact, envelope(r) +
         b" " * (256 << 10))


def artifacts(m):
    good, g = m.artifact(), m.g
    changes(m, "ArtifactResponse", "artifact", good, "GRANT",
            lambda: copy.deepcopy(g.root))
    def say(name, want, r):
        line("artifact-" + name, want, "artifact", good, envelope(r))
    tag = "ArtifactResponse"
    say("unsigned", "GRANT", m.answer(tag, g.copy(), sign=False))
    say("response-unsigned", "GRANT", m.answer(tag, unsigned(g.root)))
    bare = unsigned(g.root)
    bare.replace(bare.find(q("a:Assertion")), unsigned(assertion(g)))
    say("signed-alone", "GRANT", m.answer(tag, copy.deepcopy(bare)))
    say("nothing-signed", "unsigned", m.answer(tag, bare, sign=False))
    evil = g.copy()
    evil.find(".//" + q("a:NameID")).text = "mallory"
    say("inner-changed", "signature", m.answer(tag, evil))
    say("used", "artifact", m.answer(tag))
    say("refused", "artifact", m.answer(tag, g.copy(), code="Responder"))
    say("partial", "artifact", m.answer(tag, g.copy(), sub="RequestDenied"))
    # the artifact itself, before anybody is asked
    for name, value in (
            ("of-another", m.artifact("https://other.example/")),
            ("case", m.artifact(m.idp.upper())),
            ("type", m.artifact(kind=3)), ("index", m.artifact(index=9)),
            ("index-high", m.artifact(index=65535)),
            ("short", m.artifact(n=43)), ("long", m.artifact(n=45)),
            ("empty", ""), ("text", "hello"), ("huge", "A" * 4096),
            ("url", "https://evil.example/")):
        line("artifact-of-" + name, "artifact", "artifact", value or "=",
             b"never asked")


def logouts(m):
    tag = "LogoutResponse"
    changes(m, tag, "logout", "-", "DONE", lambda: None)
    def say(name, want, r):
        line("logout-" + name, want, "logout", "-", envelope(r))
    say("unsigned", "unsigned", m.answer(tag, sign=False))
    for code, sub in (("Responder", "PartialLogout"), ("Requester", None),
                      ("Success", "PartialLogout"), ("", None)):
        say("status-%s-%s" % (code, sub), "status", m.answer(
            tag, code=code, sub=sub))
    r = m.answer("ArtifactResponse")
    say("other", "root", r)


def main():
    m = Maker(Genuine(sys.argv[1]))
    artifacts(m)
    logouts(m)


if __name__ == "__main__":
    main()
