# SPDX-License-Identifier: Apache-2.0
"""Changes of signatures, and of what they cover."""
import copy

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from lxml import etree

from genuine import case
from samlkit import (
    add_signature, b64, cut, digest, DS, dump, EXC, key, MORE, q, resign,
    resign_info, unsigned, XENC)


def signed_parents(r):
    return [e for e in [r] + list(r.iter(q("a:Assertion")))
            if e.find(q("d:Signature")) is not None]


def each_signature(g, name, want, change, sign=None):
    """The change, on each signature there is; `sign` makes it good again as
    far as computing goes."""
    for i in range(len(signed_parents(g.root))):
        r = g.copy()
        parent = signed_parents(r)[i]
        change(parent.find(q("d:Signature")), parent)
        if sign:
            resign_info(parent.find(q("d:Signature")), sign)
        case("signature-%s-%s" % (name, etree.QName(parent).localname), want,
             r)


def strip_cases(g):
    r = g.copy()
    for e in signed_parents(r):
        cut(e.find(q("d:Signature")))
    case("signature-stripped", "unsigned|encryption-algorithm", r)
    if g.hidden:
        r = unsigned(g.root)
        case("signature-response-stripped", "encryption-algorithm", r)
    elif g.both:
        case("signature-assertion-alone", "GRANT", unsigned(g.root))
        r = g.copy()
        cut(r.find(q("a:Assertion")).find(q("d:Signature")))
        case("signature-response-alone-not-signed-anew", "signature", r)
        resign(r, g.key)
        case("signature-response-alone-signed", "GRANT", r)


ALGORITHMS = (
    ("none", "none"), ("md5", MORE + "rsa-md5"), ("rsa-sha1",
                                                  DS + "rsa-sha1"),
    ("dsa-sha1", DS + "dsa-sha1"), ("hmac-sha1", DS + "hmac-sha1"),
    ("hmac-sha256", MORE + "hmac-sha256"),
    ("hmac-sha512", MORE + "hmac-sha512"), ("ripemd", MORE +
                                            "rsa-ripemd160"),
    ("pss", "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"),
    ("ecdsa-sha1", MORE + "ecdsa-sha1"), ("sha224", MORE + "rsa-sha224"),
    ("empty", ""), ("upper", (MORE + "rsa-sha256").upper()),
    ("blank", MORE + "rsa-sha256 "))
TRANSFORMS = (
    ("xslt", "http://www.w3.org/TR/1999/REC-xslt-19991116"),
    ("xpath", "http://www.w3.org/TR/1999/REC-xpath-19991116"),
    ("xpath2", "http://www.w3.org/2002/06/xmldsig-filter2"),
    ("base64", DS + "base64"), ("xpointer",
                                "http://www.w3.org/2001/04/xmldsig-more/"
                                "xptr"),
    ("c14n", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"),
    ("c14n-comments", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
     "#WithComments"), ("c14n11", "http://www.w3.org/2006/12/xml-c14n11"),
    ("exc-comments", EXC + "WithComments"), ("decrypt",
                                             "http://www.w3.org/2002/07/"
                                             "decrypt#XML"))


def find(s, name):
    return s.find(".//" + q("d:" + name))


def form_of_signature_cases(g):
    other = g.root.get("ID") or "x"
    for name, uri in (("empty", ""), ("other", "#_other"),
                      ("bare", other), ("xpointer", "#xpointer(/)"),
                      ("xpointer-id", "#xpointer(id('%s'))" % other),
                      ("http", "http://192.0.2.1/x"),
                      ("file", "file:///etc/passwd"), ("cid", "cid:x"),
                      ("blank", "#%s " % other), ("upper",
                                                  "#" + other.upper() + "A")):
        each_signature(g, "uri-" + name, "signature-reference",
                       lambda s, p: find(s, "Reference").set("URI", uri),
                       g.key)
    each_signature(g, "uri-none", "signature-reference", lambda s, p: find(
        s, "Reference").attrib.pop("URI"), g.key)
    each_signature(g, "reference-twice", "signature-reference",
                   lambda s, p: s[0].append(copy.deepcopy(
                       find(s, "Reference"))), g.key)
    each_signature(g, "reference-none", "signature-reference|"
                   "signature-form", lambda s, p: s[0].remove(
                       find(s, "Reference")))
    for name, uri in TRANSFORMS:
        def add(s, p):
            etree.SubElement(find(s, "Transforms"), q("d:Transform"),
                             Algorithm=uri)
        def first(s, p):
            find(s, "Transform").set("Algorithm", uri)
        def last(s, p):
            find(s, "Transforms")[-1].set("Algorithm", uri)
        each_signature(g, "transform-more-" + name, "signature-transform",
                       add, g.key)
        each_signature(g, "transform-first-" + name, "signature-transform",
                       first, g.key)
        each_signature(g, "transform-last-" + name, "signature-transform",
                       last, g.key)
        each_signature(g, "c14n-" + name, "signature-transform",
                       lambda s, p: find(s, "CanonicalizationMethod").set(
                           "Algorithm", uri), g.key)
    each_signature(g, "transforms-none", "signature-transform|"
                   "signature-form", lambda s, p: find(
                       s, "Reference").remove(find(s, "Transforms")), g.key)
    each_signature(g, "transform-enveloped-gone", "signature-transform",
                   lambda s, p: find(s, "Transforms").remove(
                       find(s, "Transform")), g.key)
    each_signature(g, "transform-order", "signature-transform",
                   lambda s, p: find(s, "Transforms").append(
                       find(s, "Transform")), g.key)
    each_signature(g, "transform-xpath-inside", "structure",
                   lambda s, p: etree.SubElement(find(s, "Transform"), q(
                       "d:XPath")).set("x", "y"))
    many = " ".join("p%d" % i for i in range(20000))
    for name, where in (("transform", "Transforms"),
                        ("c14n", "CanonicalizationMethod")):
        def prefixes(s, p):
            at = find(s, where)
            etree.SubElement(at[-1] if len(at) else at,
                             "{%s}InclusiveNamespaces" % EXC,
                             PrefixList=many)
        each_signature(g, name + "-prefixes", "signature-transform",
                       prefixes, g.key)
    for name, uri in ALGORITHMS:
        each_signature(g, "method-" + name, "signature-algorithm",
                       lambda s, p: find(s, "SignatureMethod").set(
                           "Algorithm", uri), g.key)
    each_signature(g, "method-ecdsa-by-rsa", "signature",
                   lambda s, p: find(s, "SignatureMethod").set(
                       "Algorithm", MORE + "ecdsa-sha256"), g.key)
    each_signature(g, "method-hmac-length", "structure",
                   lambda s, p: etree.SubElement(
                       find(s, "SignatureMethod"), q("d:HMACOutputLength")))
    for name, uri in (("sha1", DS + "sha1"), ("md5", MORE + "md5"),
                      ("sha224", MORE + "sha224"), ("empty", ""),
                      ("ripemd", XENC + "ripemd160")):
        each_signature(g, "digest-" + name, "signature-algorithm",
                       lambda s, p: find(s, "DigestMethod").set(
                           "Algorithm", uri), g.key)
    for name, text in (("changed", "AAAA" + "A" * 39 + "="), ("empty", ""),
                       ("short", "AAAA"), ("garbage", "###")):
        each_signature(g, "digest-value-" + name, "signature",
                       lambda s, p: setattr(find(s, "DigestValue"), "text",
                                            text), g.key)
        each_signature(g, "value-" + name, "signature",
                       lambda s, p: setattr(find(s, "SignatureValue"),
                                            "text", text))
    each_signature(g, "value-none", "signature-form", lambda s, p: s.remove(
        find(s, "SignatureValue")))
    each_signature(g, "twice", "signature-place", lambda s, p: p.insert(
        list(p).index(s), copy.deepcopy(s)))
    each_signature(g, "moved", "signature-place|unsigned",
                   lambda s, p: p.find(".//" + q("a:Subject") + "/..").find(
                       q("a:Subject")).append(s) if p.find(
                           ".//" + q("a:Subject")) is not None else
                   p.find(q("p:Status")).append(s))
    each_signature(g, "nested", "structure|signature-place",
                   lambda s, p: s.append(copy.deepcopy(s)))
    each_signature(g, "object", "structure", lambda s, p: etree.SubElement(
        s, q("d:Object")))
    each_signature(g, "manifest", "structure", lambda s, p: etree.SubElement(
        etree.SubElement(s, q("d:Object")), q("d:Manifest")))
    for name, ns in (("older", "http://www.w3.org/2000/07/xmldsig#"),
                     ("bare", DS[:-1])):
        each_signature(g, "namespace-" + name, "structure",
                       lambda s, p: renamed(s, ns))
    each_signature(g, "info-twice", "signature-form", lambda s, p: s.insert(
        1, copy.deepcopy(s[0])))
    # whichever of two is computed, the other one might be read
    each_signature(g, "info-evil-first", "signature-form", evil_info)
    for name in ("DigestValue", "DigestMethod", "Transforms",
                 "SignatureValue", "SignatureMethod",
                 "CanonicalizationMethod"):
        for first in (False, True):
            each_signature(g, "twice-%s-%d" % (name, first),
                           "signature-form|signature-transform",
                           lambda s, p: another(find(s, name), first), g.key)


def renamed(s, ns):
    for e in [s] + list(s.iter(q("d:SignedInfo"))):
        e.tag = "{%s}%s" % (ns, etree.QName(e).localname)


def another(e, first):
    """One more of it; a value is another one."""
    c = copy.deepcopy(e)
    if (c.text or "").strip():
        c.text = "AAAA"
    i = list(e.getparent()).index(e)
    e.getparent().insert(i if first else i + 1, c)


def evil_info(s, p):
    i = copy.deepcopy(s[0])
    find(i, "DigestValue").text = b64(b"x" * 32)
    s.insert(0, i)


def void_cases(g):
    """A namespace that canonicalisation refuses: what comes of that must not
    be taken for nothing, of which there is a digest as well."""
    nothing = b64(digest("256", b""))
    for name in ("kept", "of-nothing"):
        def change(s, p):
            if name == "of-nothing":
                find(s, "DigestValue").text = nothing
        for i, parent in enumerate(signed_parents(g.root)):
            r = g.copy()
            p = signed_parents(r)[i]
            s = p.find(q("d:Signature"))
            change(s, p)
            resign_info(s, g.key)
            mark = b' ID="%s"' % p.get("ID").encode()
            case("void-%s-%s" % (name, etree.QName(p).localname),
                 "signature", dump(r).replace(
                     mark, b' xmlns:v="v"' + mark, 1))
            s = dump(r).replace(b"<ds:SignedInfo", b'<ds:SignedInfo '
                                b'xmlns:v="./v"')
            if s != dump(r):
                case("void-info-%s-%s" % (name, etree.QName(p).localname),
                     "signature", s)


def stranger_cases(g):
    """Signed well, by somebody else, whose key comes along."""
    rsa_key = rsa.generate_private_key(65537, 2048)
    small = rsa.generate_private_key(65537, 1024)
    curve = ec.generate_private_key(ec.SECP256R1())
    for name, private in (("rsa", rsa_key), ("rsa-1024", small),
                          ("ec", curve), ("sp", key(g.dir / "sp.key"))):
        for info in ("none", "value", "name", "retrieval", "genuine"):
            r = g.copy()
            for parent in reversed(signed_parents(r)):
                old = parent.find(q("d:Signature"))
                s = add_signature(parent, private)
                key_info(s, old, info, private)
            case("stranger-%s-keyinfo-%s" % (name, info), "signature", r)
    if g.hidden:
        return
    r = unsigned(g.root)
    a = r.find(q("a:Assertion"))
    add_signature(a, rsa_key)
    if g.both:
        add_signature(r, g.key)
    case("stranger-inside-genuine-outside", "signature", r)
    if g.both:
        r = g.copy()
        add_signature(r, rsa_key)
        case("stranger-outside-genuine-inside", "signature", r)


def key_info(s, old, kind, private):
    info = etree.SubElement(s, q("d:KeyInfo"))
    if kind == "none":
        s.remove(info)
    elif kind == "value" and isinstance(private, rsa.RSAPrivateKey):
        n = private.public_key().public_numbers()
        v = etree.SubElement(etree.SubElement(info, q("d:KeyValue")),
                             q("d:RSAKeyValue"))
        etree.SubElement(v, q("d:Modulus")).text = b64(
            n.n.to_bytes(n.n.bit_length() // 8, "big"))
        etree.SubElement(v, q("d:Exponent")).text = b64(b"\1\0\1")
    elif kind == "retrieval":
        etree.SubElement(info, q("d:RetrievalMethod"),
                         URI="http://192.0.2.1/key", Type=DS + "X509Data")
    elif kind == "genuine" and old is not None and \
            old.find(q("d:KeyInfo")) is not None:
        s.replace(info, copy.deepcopy(old.find(q("d:KeyInfo"))))
    else:
        etree.SubElement(info, q("d:KeyName")).text = "idp"


def unsigned_changes(g):
    """Every text and attribute of what is signed, changed by one letter."""
    n = 0
    for e in g.root.iter():
        if any(a.tag == q("d:Signature") for a in
               [e] + list(e.iterancestors())):
            continue
        covered = g.both or any(a.tag == q("a:Assertion")
                                for a in [e] + list(e.iterancestors()))
        if not covered:
            continue
        path = g.root.getroottree().getelementpath(e)
        name = etree.QName(e).localname
        if len(e) == 0 and e.text and not g.hidden:
            r = g.copy()
            r.find(path).text = e.text[:-1] + (
                "x" if e.text[-1] != "x" else "y")
            case("changed-text-%s-%d" % (name, n), "signature", r)
            n += 1
        for a, v in e.attrib.items():
            if etree.QName(a).localname == "ID" or g.hidden and \
                    e.tag != q("p:Response"):
                continue
            r = g.copy()
            there = r if path == "." else r.find(path)
            there.set(a, v + "x")
            case("changed-%s-%s-%d" % (name, etree.QName(a).localname, n),
                 "signature", r)
            n += 1
    if not g.hidden:
        for tag in ("a:NameID", "a:Audience", "a:AttributeValue",
                    "a:Conditions", "a:SubjectConfirmation", "a:Attribute",
                    "a:AuthnStatement", "a:AudienceRestriction"):
            r = g.copy()
            e = r.find(".//" + q(tag))
            e.getparent().append(copy.deepcopy(e))
            case("changed-twice-" + tag[2:], "signature", r)
            r = g.copy()
            e = r.find(".//" + q(tag))
            cut(e)
            case("changed-gone-" + tag[2:], "signature", r)
