#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""metadata_cases.py FOLDER: metadata of a small federation, changed in every
way that must fail

Prints a line for each case: its name, the rule that refuses it (several by
`|`) or TAKEN, whether it must be so where no signature is demanded too (`both`)
or not (`signed`), and the bytes in base64.
"""
import copy
import datetime
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.x509.oid import NameOID
from lxml import etree

import aggregate
from cases_bytes import DOCTYPES, cut_at
from cases_signature import ALGORITHMS, TRANSFORMS, find
from genuine import Genuine
from samlkit import (DS, EXC, MORE, P, add_signature, b64, dump, load,
                     q, resign)

MD = "{%s}" % aggregate.MD
EVIL = "https://evil.example/sso"


def case(name, want, data, where="both"):
    data = data if isinstance(data, bytes) else dump(data)
    print("\t".join(("metadata-" + name, want, where, b64(data))))


class Federation:
    def __init__(self, g):
        self.key = g.key
        self.plain = load(aggregate.text(8, "good").encode())
        self.root = self.sign(copy.deepcopy(self.plain))
        self.bytes = dump(self.root)

    def sign(self, root, key=None):
        s = add_signature(root, key or self.key)
        root.remove(s)
        root.insert(0, s)
        return root

    def copy(self):
        return copy.deepcopy(self.root)

    def said(self, name, want, change, where="both"):
        """Changed before it was signed."""
        r = copy.deepcopy(self.plain)
        change(r)
        case(name, want, self.sign(r), where)

    def later(self, name, want, change, where="signed"):
        """Changed afterwards."""
        r = self.copy()
        change(r)
        case(name, want, r, where)


def by_bytes(f):
    x = f.bytes
    case("good", "TAKEN", x)
    case("bom", "TAKEN", b"\xef\xbb\xbf" + x)
    for name, text in DOCTYPES:
        text = text.encode()
        case("doctype-" + name, "doctype", text + x)
        case("doctype-in-" + name, "doctype", cut_at(x, b"<md:Ent", text))
    case("doctype-behind", "doctype", x + b"<!DOCTYPE x>")
    case("cdata", "doctype", cut_at(x, b"</md:", b"<![CDATA[x]]>"))
    # what hides a DOCTYPE, or its end, from one who reads it otherwise
    bomb = dict(DOCTYPES)["bomb"].encode()
    for name, text in (
            ("short-comment", b"<!--><?x -->" + bomb + b"<!-- ?> -->"),
            ("shorter-comment", b"<!---><?x -->" + bomb + b"<!-- ?> -->"),
            ("comment-in-pi", b"<?x <!-- ?>" + bomb + b"<!-- -->"),
            ("pi-in-comment", b"<!-- <?x -->" + bomb + b"<?x ?>"),
            ("comment-unclosed", b"<!-- --" + bomb),
            ("pi-unclosed", b"<?x ?" + bomb),
            ("dashes", b"<!-- -- -->" + bomb),
            ("pi-short", b"<?>" + bomb + b"<?x?>"),
            ("declaration", b'<?xml version="1.0"?>' + bomb),
            ("declaration-tab", b'<?xml\tversion="1.0"?>' + bomb)):
        case("hidden-" + name, "doctype|well-formed|"
             "processing-instruction", text + x)
    for name, data in (
            ("nul", x[:99] + b"\0" + x[99:]),
            ("latin1", cut_at(x, b"</md:", b"\xe4")),
            ("utf16", b"\xff\xfe" + x.decode().encode("utf-16-le")),
            ("utf16be", b"\xfe\xff" + x.decode().encode("utf-16-be")),
            ("utf32", x.decode().encode("utf-32")),
            ("utf7", b'<?xml version="1.0" encoding="UTF-7"?>' + x),
            ("utf16-said", b'<?xml version="1.0" encoding="UTF-16"?>' + x),
            ("latin1-said", b'<?xml version="1.0" encoding="ISO-8859-1"?>' +
             x)):
        case("encoding-" + name, "encoding", data)
    # a declaration whose blank is no space is one for a parser all the same
    for name, blank in (("tab", b"\t"), ("line", b"\n"), ("return", b"\r")):
        for e in (b"UTF-7", b"ISO-8859-1", b"UTF-16", b"EBCDIC-CP-BE"):
            case("encoding-said-%s-%s" % (name, e.decode()), "encoding",
                 b'<?xml' + blank + b'version="1.0" encoding="' + e +
                 b'"?>' + x)
    for part in (0, 1, 10, 50, 90, 99):
        case("cut-at-%d-percent" % part, "well-formed|size",
             x[:len(x) * part // 100])
    for name, data in (
            ("second-root", x + b"<x/>"), ("text-behind", x + b"x"),
            ("amp", cut_at(x, b"</md:", b"&")),
            ("entity", cut_at(x, b"</md:", b"&x;")),
            ("unbound", x.replace(b"<md:SPSSO", b"<no:SPSSO", 1)),
            ("twice", x.replace(b' index="0"', b' index="0" index="1"', 1)),
            ("unclosed", x[:-1]), ("text", b"hello"), ("html", b"<html>")):
        case("well-formed-" + name, "well-formed|metadata|unsigned", data)
    case("depth", "depth", b"<a>" * 60000)
    inside = lambda text: cut_at(x, b"<md:EntityD", text)
    case("depth-inside", "depth", inside(b"<md:EntitiesDescriptor>" * 40))
    case("attributes", "attributes", inside(b"<x %s/>" % b" ".join(
        b'a%d=""' % i for i in range(51))))
    case("elements", "elements", inside(b"<x>%s</x>" % (b"<n/>" * 400000)))
    case("attributes-many", "attributes|elements", inside(
        b"<x>%s</x>" % (b"<n %s/>" % b" ".join(
            b'a%d=""' % i for i in range(50)) * 8000)))


def by_namespaces(f):
    wide = b"<x xmlns='urn:x' xmlns:z='urn:%s'>%%s</x>" % (b"z" * 100000)
    x = f.bytes
    for name, text in (
            ("long", wide % (b"<z:n>%s</z:n>" % (b"x" * 40) * 6000)),
            ("around", b"".join(b"<n %s>" % b" ".join(
                b"xmlns:p%d_%d='urn:%d:%d'" % (i, k, i, k)
                for k in range(40)) for i in range(20)) + b"</n>" * 20)):
        case("namespaces-" + name, "namespaces", cut_at(
            x, b"<md:EntityD", text), "signed")
        case("namespaces-taken-" + name, "TAKEN", dump(f.plain).replace(
            b"<md:EntityD", text + b"<md:EntityD", 1), "unsigned")


def by_signature(f):
    later = f.later
    case("unsigned", "unsigned", f.plain, "signed")
    sig = lambda r: r.find(q("d:Signature"))
    def moved(r):
        s = sig(r)
        r.remove(s)
        r.find(MD + "EntityDescriptor").insert(0, s)
    later("signature-moved", "unsigned", moved)
    later("signature-twice", "signature-form|signature", lambda r: r.insert(
        0, copy.deepcopy(sig(r))))
    for name, uri in (("empty", ""), ("other", "#_other"), ("bare", "_all"),
                      ("case", "#_ALL"), ("xpointer", "#xpointer(/)"),
                      ("http", "http://192.0.2.1/x"),
                      ("file", "file:///etc/passwd")):
        later("uri-" + name, "signature-reference", lambda r: (
            find(r, "Reference").set("URI", uri), resign(r, f.key)))
    later("uri-none", "signature-reference", lambda r: find(
        r, "Reference").attrib.pop("URI"))
    later("reference-twice", "signature-reference", lambda r: sig(r)[
        0].append(copy.deepcopy(find(r, "Reference"))))
    for name, uri in TRANSFORMS:
        later("transform-" + name, "signature-transform", lambda r: find(
            r, "Transforms")[-1].set("Algorithm", uri))
        later("transform-more-" + name, "signature-transform",
              lambda r: etree.SubElement(find(r, "Transforms"), q(
                  "d:Transform"), Algorithm=uri))
        later("c14n-" + name, "signature-transform", lambda r: find(
            r, "CanonicalizationMethod").set("Algorithm", uri))
    later("transform-prefixes", "signature-transform",
          lambda r: etree.SubElement(
              find(r, "Transforms")[-1], "{%s}InclusiveNamespaces" % EXC,
              PrefixList=" ".join("p%d" % i for i in range(20000))))
    for name, uri in ALGORITHMS:
        later("method-" + name, "signature-algorithm", lambda r: find(
            r, "SignatureMethod").set("Algorithm", uri))
    for name, uri in (("sha1", DS + "sha1"), ("md5", MORE + "md5")):
        later("digest-" + name, "signature-algorithm", lambda r: find(
            r, "DigestMethod").set("Algorithm", uri))
    for name, text in (("empty", ""), ("garbage", "###"),
                       ("short", "AAAA")):
        later("digest-value-" + name, "signature", lambda r: setattr(
            find(r, "DigestValue"), "text", text))
        later("value-" + name, "signature", lambda r: setattr(
            find(r, "SignatureValue"), "text", text))
    later("comment-in-digest", "signature|signature-form", lambda r: find(
        r, "DigestValue").insert(0, etree.Comment("x")))
    def manifest(r):
        o = etree.SubElement(sig(r), q("d:Object"))
        m = etree.SubElement(o, q("d:Manifest"))
        for _ in range(500):
            m.append(copy.deepcopy(find(r, "Reference")))
    later("manifest", "signature-form", manifest)
    later("object", "signature-form", lambda r: etree.SubElement(sig(r), q(
        "d:Object")))
    for name, k in (("rsa", rsa.generate_private_key(65537, 2048)),
                    ("weak", rsa.generate_private_key(65537, 1024)),
                    ("ec", ec.generate_private_key(ec.SECP256R1()))):
        r = f.sign(copy.deepcopy(f.plain), k)
        case("stranger-" + name, "signature", r, "signed")
        info = etree.SubElement(sig(r), q("d:KeyInfo"))
        etree.SubElement(etree.SubElement(info, q("d:X509Data")), q(
            "d:X509Certificate")).text = certificate(k)
        case("stranger-keyinfo-" + name, "signature", r, "signed")
        etree.SubElement(info, q("d:RetrievalMethod"),
                         URI="http://192.0.2.1/k")
        case("stranger-retrieval-" + name, "signature", r, "signed")


def evil_entity(r):
    e = copy.deepcopy(r.find(MD + "EntityDescriptor"))
    e.set("entityID", "https://idp0.example.org/")
    e.find(".//" + MD + "SingleSignOnService").set("Location", EVIL)
    return e


def by_wrapping(f):
    later, want = f.later, "unsigned|id|signature|signature-reference"
    def text(e, v):
        e.set("Location", v)
    for n, e in enumerate(f.root.iter(MD + "SingleSignOnService")):
        path = f.root.getroottree().getelementpath(e)
        later("changed-location-%d" % n, "signature", lambda r: text(
            r.find(path), EVIL))
    later("changed-added", "signature", lambda r: r.append(evil_entity(r)))
    later("changed-gone", "signature", lambda r: r.remove(r[-1]))
    later("changed-until", "signature", lambda r: r.set(
        "validUntil", "2036-01-01T00:00:00Z"))
    later("changed-until-gone", "signature", lambda r: r.attrib.pop(
        "validUntil"))
    for name in ("inside", "extensions", "signature", "same-id", "case-id",
                 "moved"):
        whole = f.copy()
        evil = etree.Element(MD + "EntitiesDescriptor", nsmap={
            "md": aggregate.MD}, ID="_evil")
        evil.append(evil_entity(whole))
        s = whole.find(q("d:Signature"))
        if name == "extensions":
            x = etree.Element(MD + "Extensions")
            x.append(whole)
            evil.insert(0, x)
        elif name == "signature":
            own = copy.deepcopy(s)
            whole.remove(s)
            own.append(whole)
            evil.insert(0, own)
        else:
            evil.append(whole)
        if name in ("same-id", "case-id", "moved"):
            evil.insert(0, copy.deepcopy(s))
        if name != "inside" and name != "extensions":
            evil.set("ID", {"same-id": "_all", "case-id": "_ALL"}.get(
                name, "_evil"))
        case("wrapped-" + name, want + "|signature-form", evil, "signed")
    later("id-none", "id", lambda r: r.attrib.pop("ID"))
    later("id-empty", "id", lambda r: r.set("ID", ""))
    later("id-twice", "id", lambda r: r[-1].set("ID", "_all"))
    # of a member, which no more is the signed element for it
    xml_id = "{http://www.w3.org/XML/1998/namespace}id"
    f.said("id-of-xml", "TAKEN", lambda r: r[-1].set(xml_id, "_all"))
    later("id-of-xml-later", "signature", lambda r: r[-1].set(xml_id,
                                                              "_all"))
    def moved(r):
        r.set("ID", "_evil")
        r[-1].set(xml_id, "_all")
    later("id-of-xml-alone", "signature-reference", moved)
    later("id-of-another-namespace", "id|signature|signature-reference",
          lambda r: (r.set("{urn:x}ID", "_all"), r.set("ID", "_other")))


def certificate(key):
    signer = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    day = datetime.datetime(2020, 1, 1)
    c = x509.CertificateBuilder().subject_name(name).issuer_name(
        name).public_key(key.public_key()).serial_number(1).not_valid_before(
            day).not_valid_after(day + datetime.timedelta(1)).sign(
                signer, hashes.SHA256())
    return b64(c.public_bytes(serialization.Encoding.DER))


def by_content(f):
    """One entity alone, so that what it lacks is all there is."""
    def one(name, want, change):
        r = copy.deepcopy(f.plain[2])       # behind a comment and a PI
        assert r.tag == MD + "EntityDescriptor", r.tag
        r.set("ID", "_one")
        change(r)
        case("one-" + name, want, f.sign(r))
    role = lambda r: r.find(MD + "IDPSSODescriptor")
    sso = lambda r: r.find(".//" + MD + "SingleSignOnService")
    certs = lambda r: list(r.iter(q("d:X509Certificate")))
    one("good", "TAKEN", lambda r: None)
    bad = "metadata"
    for name, v in (("past", "2026-11-30T12:00:00Z"), ("word", "soon"),
                    ("empty", ""), ("year-0", "0000-01-01T00:00:00Z"),
                    ("offset", "2036-01-01T00:00:00+00:00"),
                    ("date", "2036-01-01"), ("leap",
                                             "2036-12-31T23:59:60Z")):
        one("until-" + name, bad, lambda r: r.set("validUntil", v))
        one("role-until-" + name, bad, lambda r: role(r).set("validUntil",
                                                             v))
        f.said("all-until-" + name, bad, lambda r: r.set("validUntil", v))
    for name, v in (("http", "http://idp.example.org/sso"), ("empty", ""),
                    ("script", "javascript:alert(1)"), ("data", "data:,x"),
                    ("file", "file:///etc/passwd"), ("relative", "/sso"),
                    ("user", "https://a@b@idp.example.org/"),
                    ("newline", "https://idp.example.org/\r\nX: y"),
                    ("blank", "https://idp.example.org/ x")):
        one("location-" + name, bad, lambda r: sso(r).set("Location", v))
    one("location-none", bad, lambda r: sso(r).attrib.pop("Location"))
    one("binding-none", bad, lambda r: sso(r).attrib.pop("Binding"))
    one("sso-none", bad, lambda r: role(r).remove(sso(r)))
    one("binding-soap", bad, lambda r: sso(r).set("Binding", sso(r).get(
        "Binding").replace("HTTP-Redirect", "SOAP")))
    one("protocol-none", bad, lambda r: role(r).attrib.pop(
        "protocolSupportEnumeration"))
    one("protocol-other", bad, lambda r: role(r).set(
        "protocolSupportEnumeration", P.replace("2.0", "1.1")))
    one("entity-none", bad, lambda r: r.attrib.pop("entityID"))
    one("entity-empty", bad, lambda r: r.set("entityID", ""))
    one("entity-long", bad, lambda r: r.set("entityID", "x" * 1025))
    one("role-hidden", bad, lambda r: (
        etree.SubElement(r, MD + "Extensions").append(role(r))))
    one("role-other", bad, lambda r: setattr(
        role(r), "tag", MD + "SPSSODescriptor"))
    one("role-namespace", bad, lambda r: setattr(
        role(r), "tag", "{urn:x}IDPSSODescriptor"))
    one("keys-none", bad, lambda r: [role(r).remove(k) for k in role(
        r).findall(MD + "KeyDescriptor")])
    one("keys-encryption", bad, lambda r: [k.set("use", "encryption")
                                           for k in role(r).findall(
                                               MD + "KeyDescriptor")])
    one("keys-use-odd", bad, lambda r: [k.set("use", "Signing")
                                        for k in role(r).findall(
                                            MD + "KeyDescriptor")])
    for name, text in (
            ("empty", ""), ("base64", "###"), ("der", "AAAA"),
            ("key", b64(f.key.public_key().public_bytes(
                serialization.Encoding.DER,
                serialization.PublicFormat.SubjectPublicKeyInfo))),
            ("rsa-1024", certificate(rsa.generate_private_key(65537, 1024))),
            ("rsa-512", certificate(rsa.generate_private_key(65537, 512))),
            ("dsa", certificate(dsa.generate_private_key(2048))),
            ("ed25519", certificate(ed25519.Ed25519PrivateKey.generate())),
            ("p192", certificate(ec.generate_private_key(ec.SECP192R1()))),
            ("k1", certificate(ec.generate_private_key(ec.SECP256K1())))):
        one("certificate-" + name, bad, lambda r: [setattr(c, "text", text)
                                                   for c in certs(r)])
    one("certificate-expired", "TAKEN", lambda r: [setattr(
        c, "text", certificate(rsa.generate_private_key(65537, 2048)))
        for c in certs(r)])
    one("certificate-behind", bad, lambda r: [setattr(
        c, "text", b64(b"0" + bytes(9))) for c in certs(r)])
    f.said("entity-twice", bad, lambda r: r.append(evil_entity(r)))
    one("other-root", "metadata|unsigned", lambda r: setattr(
        r, "tag", MD + "AffiliationDescriptor"))
    one("other-namespace", "metadata|unsigned", lambda r: setattr(
        r, "tag", "{urn:x}EntityDescriptor"))


def main():
    f = Federation(Genuine(sys.argv[1]))
    by_bytes(f)
    by_namespaces(f)
    by_signature(f)
    by_wrapping(f)
    by_content(f)


if __name__ == "__main__":
    main()
