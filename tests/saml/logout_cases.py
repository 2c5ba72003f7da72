#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""logout_cases.py FOLDER: LogoutRequests of the provider, good and bad

Prints a line for each: name, what must come of it (`END n`: n session keys are
ended; or the rule that refuses it), the endpoint and method, and what is sent:
a query, a form, or a body in base64.
"""
import copy
import re
import sys
import urllib.parse
import zlib

from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from genuine import Genuine
from samlkit import (A, DS, MORE, P, add_signature, b64, cut, dump,
                     encrypted, q, sign_octets)

BASE = "https://login.example.com/f/factor/"
SLO, SOAP = BASE + "slo", BASE + "soap"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
LINES = []


class Maker:
    def __init__(self, g):
        self.g, self.serial = g, 0
        a = g.root.find(q("a:Assertion"))
        self.name = a.find(".//" + q("a:NameID"))
        self.index = a.find(".//" + q("a:AuthnStatement")).get(
            "SessionIndex")

    def request(self, to=SLO, index=True):
        self.serial += 1
        r = etree.Element(q("p:LogoutRequest"), nsmap={
            "samlp": P, "saml": A}, ID="_r%d" % self.serial, Version="2.0",
            IssueInstant=self.g.at(0))
        if to:
            r.set("Destination", to)
        issuer = etree.SubElement(r, q("a:Issuer"))
        issuer.text = self.g.root.find(q("a:Issuer")).text
        r.append(copy.deepcopy(self.name))
        if index:
            etree.SubElement(r, q("p:SessionIndex")).text = self.index
        return r

    def signed(self, r, key=None):
        add_signature(r, key or self.g.key)
        return r


def line(name, want, endpoint, method, text):
    LINES.append("\t".join((name, want, endpoint, method, text)))


def post(name, want, r, relay=None):
    fields = {"SAMLRequest": b64(r if isinstance(r, bytes) else dump(r))}
    if relay is not None:
        fields["RelayState"] = relay
    line("post-" + name, want, "slo", "POST", urllib.parse.urlencode(fields))


def soap(name, want, r, wrap=True):
    if wrap:
        e = etree.Element("{%s}Envelope" % ENVELOPE, nsmap={"e": ENVELOPE})
        body = etree.SubElement(e, "{%s}Body" % ENVELOPE)
        for part in r if isinstance(r, list) else [r]:
            body.append(part)
        r = dump(e)
    line("soap-" + name, want, "soap", "BODY", b64(r))


def deflated(data, window=-15):
    c = zlib.compressobj(9, zlib.DEFLATED, window)
    return c.compress(data) + c.flush()


def upper(s):
    return urllib.parse.quote(s, safe="")


def lower(s):
    return "".join(c if len(c) == 1 else c.lower()
                   for c in re.findall("%..|.", upper(s)))


def query_of(m, r, uri=MORE + "rsa-sha256", key=None, relay="x",
             pack=deflated, quote=upper):
    data = pack(dump(r))
    text = "SAMLRequest=" + quote(b64(data))
    if relay is not None:
        text += "&RelayState=" + quote(relay)
    text += "&SigAlg=" + quote(uri)
    return text + "&Signature=" + quote(b64(sign_octets(
        key or m.g.key, "1" if uri.endswith("sha1") else "256",
        text.encode())))


def lower_all(query):
    return re.sub("%..", lambda e: e.group().lower(), query)


def redirect(name, want, query):
    line("redirect-" + name, want, "slo", "GET", query)


def by_post(m):
    post("index", "END 1", m.signed(m.request()))
    post("relay", "END 1", m.signed(m.request()), "r" * 80)
    post("relay-long", "query", m.signed(m.request()), "r" * 81)
    post("all", "END 1", m.signed(m.request(index=False)))
    r = m.request()
    etree.SubElement(r, q("p:SessionIndex")).text = "other"
    post("two-indexes", "END 2", m.signed(r))
    r = m.request()
    n = r.find(q("a:NameID"))
    r.replace(n, encrypted(dump(n), m.g.sp, "EncryptedID"))
    post("name-hidden", "END 1", m.signed(r))
    post("unsigned", "unsigned", m.request())
    post("stranger", "signature", m.signed(
        m.request(), rsa.generate_private_key(65537, 2048)))
    r = m.signed(m.request())
    r.find(q("p:SessionIndex")).text = "other"
    post("changed", "signature", r)
    for name, change, want in (
            ("destination-other", lambda r: r.set("Destination", SOAP),
             "destination"),
            ("destination-none", lambda r: r.attrib.pop("Destination"),
             "destination"),
            ("version", lambda r: r.set("Version", "1.1"), "version"),
            ("issuer-other", lambda r: setattr(r.find(q("a:Issuer")), "text",
                                               "urn:x"), "issuer"),
            ("issuer-none", lambda r: cut(r.find(q("a:Issuer"))), "issuer"),
            ("old", lambda r: r.set("IssueInstant", m.g.at(-700)),
             "issue-instant"),
            ("ahead", lambda r: r.set("IssueInstant", m.g.at(120)),
             "issue-instant"),
            ("timeless", lambda r: r.attrib.pop("IssueInstant"),
             "issue-instant"),
            ("over", lambda r: r.set("NotOnOrAfter", m.g.at(-61)),
             "not-on-or-after"),
            ("until-bad", lambda r: r.set("NotOnOrAfter", "x"),
             "not-on-or-after"),
            ("name-none", lambda r: cut(r.find(q("a:NameID"))), "logout"),
            ("name-empty", lambda r: setattr(r.find(q("a:NameID")), "text",
                                             ""), "logout"),
            ("name-two", lambda r: r.append(copy.deepcopy(
                r.find(q("a:NameID")))), "logout"),
            ("index-empty", lambda r: setattr(r.find(q("p:SessionIndex")),
                                              "text", " "), "logout"),
            ("indexes-17", lambda r: [r.append(copy.deepcopy(
                r.find(q("p:SessionIndex")))) for _ in range(17)], "logout"),
            ("id-none", lambda r: r.attrib.pop("ID"), "id"),
            ("id-bad", lambda r: r.set("ID", "1 2"), "id"),
            ("other-root", lambda r: setattr(r, "tag", q("p:Response")),
             "root"),
            ("nested", lambda r: r.append(m.signed(m.request())),
             "structure"),
            ("extensions", lambda r: etree.SubElement(
                r, q("p:Extensions")).append(m.signed(m.request())),
             "structure")):
        r = m.request()
        change(r)
        post(name, want, m.signed(r))
    r = m.signed(m.request())
    r.insert(1, copy.deepcopy(r.find(q("d:Signature"))))
    post("signature-twice", "signature-place", r)
    # of such a name no key can be made: it must not be anybody's
    for name, text in (("long", "a" * 70000), ("longest", "a" * 200000)):
        r = m.request()
        r.find(q("a:NameID")).text = text
        post("name-" + name, "logout", m.signed(r))
        r = m.request()
        r.find(q("p:SessionIndex")).text = text
        post("index-" + name, "logout", m.signed(r))
    post("comment", "comment", dump(m.signed(m.request())).replace(
        b"</saml:NameID>", b"<!-- x --></saml:NameID>"))
    post("doctype", "doctype", b"<!DOCTYPE x>" + dump(m.signed(m.request())))
    line("post-nothing", "query", "slo", "POST", "RelayState=x")
    line("post-both", "query", "slo", "POST", "SAMLRequest=AA&SAMLResponse="
         "AA")
    line("post-base64", "base64", "slo", "POST", "SAMLRequest=A")


def by_soap(m):
    soap("index", "END 1", m.signed(m.request(SOAP)))
    # without a Destination the name says whose it is
    for name, whose, want in (
            ("ours", BASE + "metadata", "END 1"), ("nobody", None,
                                                   "destination"),
            ("another", "https://other.example.com/sp", "destination")):
        r = m.request(None)
        n = r.find(q("a:NameID"))
        n.attrib.pop("SPNameQualifier", None)
        if whose:
            n.set("SPNameQualifier", whose)
        soap("undirected-" + name, want, m.signed(r))
        if not whose:
            r = m.request(None, index=False)
            r.find(q("a:NameID")).attrib.pop("SPNameQualifier", None)
            soap("undirected-all", want, m.signed(r))
    soap("unsigned", "unsigned", m.request(SOAP))
    soap("other-destination", "destination", m.signed(m.request(SLO)))
    soap("two", "root|id|structure", [m.signed(m.request(SOAP)),
                                      m.signed(m.request(SOAP))])
    soap("nothing", "root", [])
    soap("empty", "size", b"", False)
    soap("text", "well-formed", b"hello", False)
    soap("bare", "root", dump(m.signed(m.request(SOAP))), False)
    soap("response", "root|structure|issuer", etree.Element(
        q("p:LogoutResponse"), ID="_x"))
    soap("doctype", "doctype", b"<!DOCTYPE x><x/>", False)
    soap("other-version", "root", (
        "<e:Envelope xmlns:e='http://www.w3.org/2003/05/soap-envelope'>"
        "<e:Body/></e:Envelope>").encode(), False)
    soap("long", "size", b"<x>" + b" " * (256 << 10) + b"</x>", False)
    r = m.signed(m.request(SOAP))
    s = r.find(q("d:Signature"))
    evil = m.request(SOAP)
    evil.insert(1, copy.deepcopy(s))
    soap("wrapped", "signature-reference", evil)


def by_redirect(m):
    good = query_of(m, m.request())
    redirect("index", "END 1", good)
    redirect("no-relay", "END 1", query_of(m, m.request(), relay=None))
    redirect("more", "END 1", query_of(m, m.request()) + "&other=1")
    inner = m.request()
    add_signature(inner, rsa.generate_private_key(65537, 2048))
    redirect("inner-signature-ignored", "END 1", query_of(m, inner))
    redirect("stranger", "signature", query_of(
        m, m.request(), key=rsa.generate_private_key(65537, 2048)))
    bare = query_of(m, m.request()).split("&SigAlg=")[0]
    redirect("unsigned", "unsigned", bare)
    redirect("inner-signature-alone", "unsigned", query_of(
        m, m.signed(m.request())).split("&SigAlg=")[0])
    redirect("sha1", "signature-algorithm", query_of(
        m, m.request(), DS + "rsa-sha1"))
    redirect("hmac", "signature-algorithm", query_of(
        m, m.request(), MORE + "hmac-sha256"))
    redirect("ecdsa", "signature", query_of(
        m, m.request(), MORE + "ecdsa-sha256"))
    redirect("relay-changed", "signature", query_of(
        m, m.request()).replace("RelayState=x", "RelayState=y"))
    redirect("relay-added", "signature", query_of(
        m, m.request(), relay=None) + "&RelayState=x")
    redirect("relay-long", "query", query_of(m, m.request(), relay="r" * 81))
    redirect("signature-alone", "query", query_of(
        m, m.request()).replace("&SigAlg=", "&NoAlg="))
    redirect("message-twice", "query", good + "&SAMLRequest=x")
    redirect("signature-twice", "query", good + "&Signature=x")
    redirect("both", "query", good + "&SAMLResponse=x")
    redirect("semicolon", "query", good.replace("&RelayState",
                                                ";RelayState"))
    redirect("name-escaped", "query", good.replace("&SigAlg", "&Sig%41lg"))
    redirect("encoding", "query", good + "&SAMLEncoding=urn:x")
    for name, pack in (
            ("plain", lambda d: d), ("zlib", lambda d: deflated(d, 15)),
            ("gzip", lambda d: deflated(d, 31)),
            ("more-behind", lambda d: deflated(d) + b"x"),
            ("two-behind-each-other", lambda d: deflated(d) + deflated(d)),
            ("broken-off", lambda d: deflated(d)[:-4])):
        redirect(name, "inflate", query_of(m, m.request(), pack=pack))
    # as AD FS escapes: what was signed is what came
    redirect("lower-case-escapes", "END 1", query_of(
        m, m.request(), relay="a/b=", quote=lower))
    redirect("escapes-changed", "signature", lower_all(query_of(
        m, m.request(), relay="a/b=")))
    other = query_of(m, m.request())
    redirect("algorithm-changed", "signature", other.replace(
        "rsa-sha256", "rsa-sha512"))
    redirect("message-renamed", "root|structure|signature", query_of(
        m, m.request()).replace("SAMLRequest", "SAMLResponse"))
    bomb = deflated(b"<a>" + b" " * (100 << 20))
    redirect("bomb", "inflate", "SAMLRequest=" + urllib.parse.quote(
        b64(bomb), safe="") + "&SigAlg=x&Signature=AAAA")
    redirect("base64", "base64", "SAMLRequest=A&SigAlg=x&Signature=AAAA")
    redirect("escape", "query|base64", "SAMLRequest=%zz&SigAlg=x&Signature=A")
    redirect("nothing", "query", "x=y")
    for name, change, want in (
            ("destination", lambda r: r.set("Destination", SOAP),
             "destination"),
            ("issuer", lambda r: setattr(r.find(q("a:Issuer")), "text", "u"),
             "issuer")):
        r = m.request()
        change(r)
        redirect(name, want, query_of(m, r))


def main():
    m = Maker(Genuine(sys.argv[1]))
    by_post(m)
    by_soap(m)
    by_redirect(m)
    print("\n".join(LINES))



if __name__ == "__main__":
    main()
