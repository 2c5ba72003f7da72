# SPDX-License-Identifier: Apache-2.0
"""Encryption: what is decrypted, what is refused, and what must not show."""
import copy

from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from cases_wrap import evil_of
from genuine import assertion, case
from samlkit import (
    A, add_signature, cut, dump, encrypted, GCM, load, q, unsigned, XENC)


def hide(g, sign_response=True, sign_assertion=True, plain=None, **how):
    r = unsigned(g.root)
    old = r.find(q("a:Assertion"))
    if old is None:
        old = r.find(q("a:EncryptedAssertion"))
    a = assertion(g)
    if sign_assertion:
        add_signature(a, g.key)
    else:
        cut(a.find(q("d:Signature")))
    r.replace(old, encrypted(plain(a) if plain else dump(a), g.sp, **how))
    if sign_response:
        add_signature(r, g.key)
    return r


def encryption_cases(g):
    for oaep in ("1", "256", "384", "512"):
        for mgf in ("1", "256"):
            case("hidden-oaep-%s-mgf-%s" % (oaep, mgf), "GRANT", hide(
                g, oaep=oaep, mgf=mgf, new=True))
    for bits in (128, 192, 256):
        case("hidden-gcm-%d" % bits, "GRANT", hide(g, bits=bits, oaep="1"))
        case("hidden-cbc-%d" % bits, "GRANT",
             hide(g, bits=bits, gcm=False, oaep="1"))
        case("hidden-cbc-%d-response-unsigned" % bits,
             "encryption-algorithm", hide(g, False, bits=bits, gcm=False))
    case("hidden-key-beside", "GRANT", hide(g, beside=True))
    case("hidden-assertion-alone-signed", "GRANT", hide(g, False))
    case("hidden-response-alone-signed", "GRANT", hide(g, True, False))
    case("hidden-unsigned", "unsigned", hide(g, False, False))
    evil = lambda a: dump(evil_of(unsigned(a)))
    case("hidden-by-anybody", "unsigned", hide(g, False, plain=evil))
    for name, uri in (("3des", XENC + "tripledes-cbc"), ("kw", XENC +
                                                         "kw-aes128"),
                      ("none", ""), ("rsa", XENC + "rsa-1_5")):
        case("hidden-method-" + name, "encryption-algorithm",
             hide(g, uri=uri))
    for name, uri in (("rsa15", XENC + "rsa-1_5"), ("kw", XENC +
                                                    "kw-aes256"),
                      ("none", "")):
        case("hidden-transport-" + name, "encryption-algorithm",
             hide(g, key_uri=uri))
    for name, spoil in (("tag", lambda d: d[:-1] + bytes([d[-1] ^ 1])),
                        ("body", lambda d: d[:40] + bytes([d[40] ^ 1]) + d[41:]),
                        ("iv", lambda d: bytes([d[0] ^ 1]) + d[1:]),
                        ("short", lambda d: d[:20]),
                        ("cut", lambda d: d[:-16])):
        for signed in (False, True):
            case("hidden-spoilt-%s-%d" % (name, signed), "decryption",
                 hide(g, signed, spoil=spoil))
    case("hidden-spoilt-cbc", "decryption|well-formed|"
         "encoding|signature", hide(
        g, gcm=False, spoil=lambda d: d[:-1] + bytes([d[-1] ^ 1])))
    case("hidden-bits-confused", "decryption", hide(g, bits=128,
                                                    uri=GCM[256]))
    other = rsa.generate_private_key(65537, 2048).public_key()
    mine, g.sp = g.sp, other
    case("hidden-for-others", "decryption", hide(g))
    g.sp = mine
    for name, plain in (
            ("garbage", lambda a: b"\0\1\2"), ("empty", lambda a: b" "),
            ("text", lambda a: b"alice"),
            ("doctype", lambda a: b"<!DOCTYPE x>" + dump(a)),
            ("comment", lambda a: dump(a) + b"<!-- x -->"),
            ("response", lambda a: dump(unsigned(g.root))),
            ("name", lambda a: b"<a:NameID xmlns:a='%s'>x</a:NameID>" %
             A.encode()), ("two", lambda a: dump(a) + dump(a)),
            ("cut", lambda a: dump(a)[:-20])):
        case("hidden-plain-%s" % name, "decryption", hide(
            g, False, plain=plain))
    def nested(a):
        return dump(encrypted(dump(a), g.sp))
    case("hidden-nested", "decryption", hide(g, False, plain=nested))
    def two(r, what):
        e = r.find(q("a:EncryptedAssertion"))
        e.append(copy.deepcopy(e[0])) if what == "data" else r.append(
            copy.deepcopy(e))
        return r
    case("hidden-two-data", "encryption-form", add_signature_to(
        two(hide(g, False), "data"), g))
    case("hidden-two-assertions", "assertions", add_signature_to(
        two(hide(g, False), "assertion"), g))
    r = hide(g, False)
    r.append(evil_of(unsigned(assertion(g))))
    case("hidden-and-plain", "assertions", r)
    for path in ("x:CipherData", "x:EncryptedData", "x:EncryptedKey",
                 "x:CipherValue"):
        r = hide(g, False)
        cut(r.find(".//" + q(path)))
        case("hidden-without-" + path[2:], "encryption-form",
             add_signature_to(r, g))
    r = hide(g, False)
    e = etree.SubElement(r.find(".//" + q("x:EncryptedKey") + "/" + q(
        "x:EncryptionMethod")), q("x:OAEPparams"))
    e.text = "AAAA"
    case("hidden-oaep-label", "encryption-algorithm", add_signature_to(r, g))
    r = hide(g, False)
    d = r.find(".//" + q("x:EncryptedData") + "/" + q("x:CipherData"))
    for c in list(d):
        d.remove(c)
    etree.SubElement(d, q("x:CipherReference"), URI="http://192.0.2.1/")
    case("hidden-by-reference", "structure", r)
    # a signature of what is outside vouches for nothing inside
    outer = unsigned(g.root)
    s = add_signature(outer, g.key)
    def borrowed(a):
        e = evil_of(unsigned(a))
        e.insert(1, copy.deepcopy(s))
        return dump(e)
    case("hidden-signature-of-response", "signature-reference", hide(
        g, False, plain=borrowed))
    def same_id(a):
        e = load(borrowed(a))
        e.set("ID", outer.get("ID"))
        return dump(e)
    case("hidden-signature-of-response-same-id", "signature", hide(
        g, False, plain=same_id))
    for name, n, want in (("four-keys", 3, "GRANT"),
                          ("five-keys", 4, "decryption")):
        r = hide(g, False)
        info = r.find(".//" + q("x:EncryptedData") + "/" + q("d:KeyInfo"))
        k = info.find(q("x:EncryptedKey"))
        for _ in range(n):
            other_key = copy.deepcopy(k)
            v = other_key.find(".//" + q("x:CipherValue"))
            v.text = "A" * (len(v.text) - 2) + "=="
            info.insert(0, other_key)
        case("hidden-" + name, want, r)
    case("hidden-name", "GRANT", name_hidden(g))
    case("hidden-name-spoilt", "decryption", name_hidden(
        g, spoil=lambda d: d[:-1] + bytes([d[-1] ^ 1])))
    case("hidden-attribute", "GRANT", attribute_hidden(g))
    case("hidden-attribute-other", "root", attribute_hidden(
        g, plain=b"<a:NameID xmlns:a='%s'>x</a:NameID>" % A.encode()))


def add_signature_to(r, g):
    add_signature(r, g.key)
    return r


def rebuilt(g, a):
    r = unsigned(g.root)
    old = r.find(q("a:Assertion"))
    if old is None:
        old = r.find(q("a:EncryptedAssertion"))
    r.replace(old, a)
    add_signature(a, g.key)
    return r


def name_hidden(g, **how):
    a = assertion(g)
    n = a.find(".//" + q("a:NameID"))
    n.getparent().replace(n, encrypted(dump(n), g.sp, "EncryptedID", **how))
    return rebuilt(g, a)


def attribute_hidden(g, plain=None, **how):
    a = assertion(g)
    n = a.find(".//" + q("a:Attribute"))
    n.getparent().replace(n, encrypted(plain or dump(n), g.sp,
                                       "EncryptedAttribute", **how))
    return rebuilt(g, a)
